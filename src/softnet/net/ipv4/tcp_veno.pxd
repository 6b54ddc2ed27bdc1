cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_cong cimport (
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_reno_cong_avoid,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock

cdef i64 V_PARAM_SHIFT, BETA, RTT_NONE


@cython.final
cdef class Veno:
    cdef public bint doing_veno_now
    cdef public i64 cntrtt, minrtt, basertt
    cdef public bint inc
    cdef public i64 diff
    cpdef int restart(self) except -1

cpdef Veno veno(TcpSock tp)


@cython.final
cdef class TcpVeno(TcpCongestionOps):
    pass

cpdef void veno_congested(TcpSock tp, Veno ca) except *
cpdef int tcp_veno_init() except -1
