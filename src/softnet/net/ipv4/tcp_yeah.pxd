cimport cython
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_cong cimport (
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.net.ipv4.tcp_vegas cimport TcpVegas, Vegas
from softnet.structs.tcp cimport TcpSock

cdef i64 ALPHA, GAMMA, DELTA, EPSILON, PHY, RHO, ZETA, SCALABLE_AI_CNT, YEAH_CWND_MAX
cdef i64 SLOW_MODE_MAX


@cython.final
cdef class Yeah(Vegas):
    cdef public i64 lastQ, doing_reno_now, reno_count, fast_count, pkts_acked

cpdef Yeah yeah(TcpSock tp)


@cython.final
cdef class TcpYeah(TcpVegas):
    pass

cpdef void yeah_choose_mode(TcpSock tp, Yeah ca) except *
cpdef int tcp_yeah_init() except -1
