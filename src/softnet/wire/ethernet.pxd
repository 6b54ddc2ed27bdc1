cimport cython
cimport softnet.arch.mem as mem

from softnet.arch.types cimport i64, u8

@cython.final
@cython.freelist(64)
cdef class EthHdr:
    cdef readonly bytearray buf
    cdef u8 *ptr
    cdef readonly i64 off

    cpdef bytes h_dest(self)
    cpdef bytes h_source(self)
    cpdef i64 h_proto(self) except? -1
    cpdef bint dest_is(self, bytes addr) except -1
    cpdef bint dest_is_multicast(self) except -1
    cpdef bint dest_is_broadcast(self) except -1
    cpdef int set_h_dest(self, bytes addr) except -1
    cpdef int set_h_source(self, bytes addr) except -1
    cpdef int set_h_proto(self, i64 proto) except -1

@cython.locals(eth=EthHdr)
cpdef EthHdr eth_view(bytearray buf, i64 off)
