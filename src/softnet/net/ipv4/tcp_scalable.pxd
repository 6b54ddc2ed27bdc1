from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_cong cimport (
    TcpReno,
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp cimport TcpSock
cimport cython

cdef i64 TCP_SCALABLE_AI_CNT, TCP_SCALABLE_MD_SCALE


@cython.final
cdef class TcpScalable(TcpReno):
    pass

cpdef int tcp_scalable_init() except -1
