cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport jiffies
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport (
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock

cdef i64 ALPHA_BASE, BETA_MIN, BETA_MAX, USE_RTT_SCALING, USE_BANDWIDTH_SWITCH
cdef i64 RTT_STEP_MAX, ADAPTIVE_RTT_MIN


@cython.final
cdef class Htcp:
    cdef public i64 alpha, beta
    cdef public bint modeswitch
    cdef public i64 pkts_acked, packetcount, minRTT, maxRTT, last_cong, undo_last_cong
    cdef public i64 undo_maxRTT, undo_old_maxB, minB, maxB, old_maxB, Bi, lasttime
    cpdef i64 cong_time(self) except? -1
    cpdef int reset(self) except -1
    cpdef int measure_rtt(self, TcpSock tp, i64 rtt) except -1
    cpdef void measure_throughput(self, TcpSock tp, i64 num_acked) except *
    cpdef void beta_update(self) except *
    cpdef void alpha_update(self) except *
    cpdef int param_update(self) except -1

cpdef Htcp htcp(TcpSock tp)


@cython.final
cdef class TcpHtcp(TcpCongestionOps):
    pass

cpdef int tcp_htcp_init() except -1
