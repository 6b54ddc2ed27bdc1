cimport cython
cimport softnet.arch.mem as mem

from softnet.arch.types cimport i64, u8

@cython.final
@cython.freelist(64)
cdef class UdpHdr:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef i64 source(self) except? -1
    cpdef i64 dest(self) except? -1
    cpdef i64 len(self) except? -1
    cpdef i64 check(self) except? -1
    cpdef int set_source(self, i64 port) except -1
    cpdef int set_dest(self, i64 port) except -1
    cpdef int set_len(self, i64 n) except -1
    cpdef int set_check(self, i64 check) except -1

@cython.locals(uh=UdpHdr)
cpdef UdpHdr udp_view(bytearray buf, i64 off)
