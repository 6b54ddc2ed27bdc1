cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.e1000 as regs
from softnet.arch.types cimport i64
from softnet.drivers.net.e1000.e1000 cimport E1000Adapter

cdef i64 LOWEST_LATENCY, LOW_LATENCY, BULK_LATENCY
cdef i64 LOWEST_LATENCY_ITR, LOW_LATENCY_ITR, BULK_LATENCY_ITR


@cython.locals(new_itr=i64, tx=i64, rx=i64, worst=i64)
cpdef void e1000_set_itr(E1000Adapter adapter) except *
cpdef i64 e1000_update_itr(i64 range, i64 packets, i64 bytes) except? -1
