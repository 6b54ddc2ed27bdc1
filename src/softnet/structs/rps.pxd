cimport cython
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.structs.netdevice cimport NetDevice


@cython.final
cdef class RpsDevFlowTable:
    cdef public object cpu_own, last_qtail_own
    cdef i64 *cpu
    cdef i64 *last_qtail
    cdef public i64 mask


@cython.final
cdef class RpsSockFlowTable:
    cdef public object ents_own
    cdef i64 *ents
    cdef public i64 mask


@cython.final
cdef class NetdevRxQueue:
    cdef public NetDevice dev
    cdef public i64 index
    cdef public list rps_map
    cdef public RpsDevFlowTable rps_flow_table
