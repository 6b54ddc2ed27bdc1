cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport (
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)

cdef i64 BETA, BETA_SCALE, HZ_SHIFT, BIC_SCALE, CUBE_RTT_SCALE, CUBE_SHIFT, CUBE_FACTOR
cdef i64 RENO_SCALE, OFFSET_MAX, ACK_RATIO_SHIFT, ACK_RATIO_LIMIT, UPDATE_INTERVAL
cdef i64 CNT_UNKNOWN, HYSTART_ACK_TRAIN, HYSTART_DELAY, HYSTART_DETECT
cdef i64 HYSTART_MIN_SAMPLES, HYSTART_DELAY_MIN, HYSTART_DELAY_MAX, HYSTART_LOW_WINDOW
cdef i64 HYSTART_ACK_DELTA

cdef class Bictcp
cdef class TcpCubic


@cython.final
cdef class Bictcp:
    cdef public i64 cnt, last_max_cwnd, loss_cwnd, last_cwnd, last_time, bic_origin_point
    cdef public i64 bic_K, delay_min, epoch_start, ack_cnt, tcp_cwnd, delayed_ack, sample_cnt
    cdef public i64 found, round_start, end_seq, last_ack, curr_rtt
    cpdef int reset(self) except -1
    cpdef int hystart_reset(self, TcpSock tp) except -1
    cpdef void hystart_update(self, TcpSock tp, i64 delay) except *
    cpdef void update(self, i64 cwnd) except *
    cpdef int begin_epoch(self, i64 cwnd, i64 now) except -1
    cpdef i64 friendly(self, i64 cwnd, i64 cnt) except? -1

cpdef i64 cubic_root(i64 a) except? -1
cpdef Bictcp bictcp(TcpSock tp)


@cython.final
cdef class TcpCubic(TcpCongestionOps):
    pass

cpdef int tcp_cubic_init() except -1
