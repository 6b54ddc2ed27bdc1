cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport (
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock

cdef i64 BETA_SCALE, BICTCP_B, FAST_CONVERGENCE, MAX_INCREMENT, LOW_WINDOW, BETA, SMOOTH_PART
cdef i64 ACK_RATIO_SHIFT, UPDATE_INTERVAL, CNT_UNKNOWN


@cython.final
cdef class Bic:
    cdef public i64 cnt, last_max_cwnd, loss_cwnd, last_cwnd, last_time, epoch_start, delayed_ack
    cpdef int reset(self) except -1
    cpdef void update(self, i64 cwnd) except *
    cpdef i64 below(self, i64 cwnd) except? -1
    cpdef i64 beyond(self, i64 cwnd) except? -1

cpdef Bic bic(TcpSock tp)


@cython.final
cdef class TcpBic(TcpCongestionOps):
    pass

cpdef int tcp_bic_init() except -1
