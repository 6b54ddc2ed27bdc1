cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.inet_diag as inet_diag
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_cong cimport (
    TcpReno,
    tcp_reno_cong_avoid,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.net.ipv4.tcp_cwnd cimport tcp_current_ssthresh
from softnet.structs.tcp cimport TcpSock

cdef i64 ALPHA, BETA, GAMMA, RTT_NONE


cdef class Vegas:
    cdef public i64 beg_snd_nxt
    cdef public bint doing_vegas_now
    cdef public i64 cntRTT, minRTT, baseRTT
    cpdef int enable(self, TcpSock tp) except -1
    cpdef int begin_round(self, TcpSock tp) except -1
    cpdef void measured(self, i64 rtt_us) except *

cpdef Vegas vegas(TcpSock tp)


cdef class TcpVegas(TcpReno):
    pass

cpdef void vegas_adjust(TcpSock tp, Vegas ca) except *
cpdef int vegas_ssthresh(TcpSock tp) except -1
cpdef int tcp_vegas_init() except -1
