cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport (
    TcpReno,
    tcp_reno_cong_avoid,
    tcp_register_congestion_control,
)
from softnet.structs.tcp cimport TcpOptionsReceived, TcpSock

cdef i64 LP_RESOL, LP_THRESHOLD, LP_INFERENCE
cdef i64 LP_VALID_RHZ, LP_VALID_OWD, LP_WITHIN_THR, LP_WITHIN_INF


@cython.final
cdef class Lp:
    cdef public i64 flag, sowd, owd_min, owd_max, owd_max_rsv, remote_hz, remote_ref_time
    cdef public i64 local_ref_time, last_drop, inference
    cpdef int mark(self, i64 bit, bint on) except -1
    cpdef i64 estimate_remote_hz(self, TcpSock tp) except? -1
    @cython.locals(rx_opt=TcpOptionsReceived)
    cpdef i64 one_way_delay(self, TcpSock tp) except? -1
    cpdef void sample(self, TcpSock tp) except *
    cpdef bint below_threshold(self) except -1

cpdef Lp lp(TcpSock tp)


@cython.final
cdef class TcpLp(TcpReno):
    pass

cpdef int tcp_lp_init() except -1
