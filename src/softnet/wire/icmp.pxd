cimport cython
cimport softnet.arch.mem as mem

from softnet.arch.types cimport i64, u8

@cython.final
@cython.freelist(64)
cdef class IcmpHdr:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef i64 type(self) except? -1
    cpdef i64 code(self) except? -1
    cpdef i64 checksum(self) except? -1
    cpdef i64 un(self) except? -1
    cpdef i64 id(self) except? -1
    cpdef i64 sequence(self) except? -1
    cpdef i64 gateway(self) except? -1
    cpdef i64 mtu(self) except? -1
    cpdef i64 pointer(self) except? -1
    cpdef int set_type(self, i64 type) except -1
    cpdef int set_code(self, i64 code) except -1
    cpdef int set_checksum(self, i64 checksum) except -1
    cpdef int set_un(self, i64 un) except -1
    cpdef int set_id(self, i64 id) except -1
    cpdef int set_sequence(self, i64 sequence) except -1

@cython.locals(icmph=IcmpHdr)
cpdef IcmpHdr icmp_view(bytearray buf, i64 off)
