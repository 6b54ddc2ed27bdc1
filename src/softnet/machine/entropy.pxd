cimport cython
from softnet.arch.types cimport i64


cdef double STEP53


@cython.final
cdef class RandomStream:
    cdef public str name
    cdef bytes key, block
    cdef public i64 counter
    cdef i64 used

    cdef int refill(self) except -1
    @cython.locals(part=bytes)
    cpdef bytes bytes(self, i64 n)
    @cython.locals(block=bytes, v=i64, i=i64)
    cpdef i64 bits(self, i64 nbytes) except? -1
    cpdef i64 u32(self) except? -1
    cpdef object u64(self)
    @cython.locals(span=i64, limit=i64, v=i64)
    cpdef i64 below(self, i64 n) except? -1
    cpdef double uniform53(self) except? -1
    cpdef bint chance(self, double p) except -1
