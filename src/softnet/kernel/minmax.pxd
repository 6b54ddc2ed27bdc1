cimport cython
from softnet.arch.types cimport i64


@cython.final
cdef class Minmax:
    cdef public i64 t0, t1, t2, v0, v1, v2

    cpdef int reset(self, i64 t, i64 v) except -1
    cpdef i64 running_max(self, i64 window, i64 t, i64 v) except? -1
    cpdef i64 running_min(self, i64 window, i64 t, i64 v) except? -1
    @cython.locals(since=i64)
    cpdef int age(self, i64 window, i64 t, i64 v) except -1
