cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.inet_diag as inet_diag
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport TcpReno, tcp_register_congestion_control
from softnet.structs.tcp cimport TcpSock

cdef i64 TCP_WESTWOOD_RTT_MIN, TCP_WESTWOOD_INIT_RTT


@cython.final
cdef class Westwood:
    cdef public i64 bw_ns_est, bw_est, rtt_win_sx, bk, snd_una, accounted, rtt, rtt_min
    cdef public bint first_ack, reset_rtt_min
    cpdef int update_window(self, i64 snd_una) except -1
    cpdef void filter(self, i64 delta) except *
    cpdef int update_rtt_min(self) except -1
    cpdef i64 acked_count(self, i64 snd_una, i64 mss) except? -1

cpdef Westwood westwood(TcpSock tp)
cpdef i64 tcp_westwood_bw_rttmin(TcpSock tp) except? -1


@cython.final
cdef class TcpWestwood(TcpReno):
    pass

cpdef int tcp_westwood_init() except -1
