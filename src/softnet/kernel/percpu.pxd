cimport cython
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport Board, Cpu, this_cpu


@cython.final
cdef class PercpuCounter:
    cdef public i64 count

    cpdef int add(self, i64 amount) except -1
    cpdef int inc(self) except -1
    cpdef int dec(self) except -1
    cpdef i64 read_positive(self) except? -1
    cpdef i64 sum_positive(self) except? -1
