cimport cython
cimport softnet.arch.mem as mem
cimport softnet.uapi.inet_diag as inet_diag
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_cong cimport (
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp cimport TcpCongestionOps, TcpSock

cdef i64 ALPHA_SHIFT, ALPHA_SCALE, ALPHA_MIN, ALPHA_MAX, ALPHA_BASE, RTT_MAX
cdef i64 BETA_SHIFT, BETA_SCALE, BETA_MIN, BETA_MAX, BETA_BASE, RTT_NONE, WIN_THRESH, THETA


@cython.final
cdef class Illinois:
    cdef public i64 sum_rtt, cnt_rtt, base_rtt, max_rtt, end_seq, alpha, beta, acked
    cdef public bint rtt_above
    cdef public i64 rtt_low
    cpdef int rtt_reset(self, TcpSock tp) except -1
    cpdef int measured(self, i64 rtt_us) except -1
    cpdef void update_params(self, TcpSock tp) except *
    cpdef i64 next_alpha(self, i64 da, i64 dm) except? -1

cpdef i64 illinois_beta(i64 da, i64 dm) except? -1
cpdef Illinois illinois(TcpSock tp)


@cython.final
cdef class TcpIllinois(TcpCongestionOps):
    pass

cpdef int tcp_illinois_init() except -1
