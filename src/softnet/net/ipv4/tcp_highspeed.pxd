cimport cython
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_cong cimport (
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock

cdef i64 HSTCP_AIMD_MAX, HSTCP_CWND_MAX


@cython.final
cdef class Hstcp:
    cdef public i64 ai
    cpdef int find(self, i64 cwnd) except -1

cpdef Hstcp hstcp(TcpSock tp)


@cython.final
cdef class TcpHighspeed(TcpCongestionOps):
    pass

cpdef int tcp_highspeed_init() except -1
