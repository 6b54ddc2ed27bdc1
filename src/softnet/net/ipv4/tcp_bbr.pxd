cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.inet_diag as inet_diag
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.minmax cimport Minmax
from softnet.net.ipv4.tcp_cong cimport TcpReno, tcp_register_congestion_control
from softnet.net.ipv4.tcp_mss cimport tcp_mss_to_mtu
from softnet.net.ipv4.tcp_pacing cimport tcp_tso_autosize
from softnet.net.ipv4.tcp_pacing_timer cimport tcp_pacing_start
from softnet.structs.tcp cimport TcpSock
from softnet.structs.tcp_rate cimport TcpRate

cdef i64 STARTUP, DRAIN, PROBE_BW, PROBE_RTT, UNIT_BITS, UNIT, HIGH_GAIN, DRAIN_GAIN, CWND_GAIN
cdef i64 CYCLE_LEN, BW_BITS, BW_ROUNDS, PACING_PERCENT, MIN_RTT_WINDOW_NS, PROBE_RTT_NS, CWND_MIN
cdef i64 FULL_BW_THRESH, FULL_BW_COUNT, RTT_NONE
cdef tuple CYCLE_GAIN


@cython.final
cdef class Bbr:
    cdef public i64 mode
    cdef public Minmax bw
    cdef public i64 min_rtt_ns, min_rtt_stamp
    cdef public bint min_rtt_expired
    cdef public i64 probe_rtt_done_stamp
    cdef public bint probe_rtt_round_done
    cdef public i64 round_count, next_round_delivered
    cdef public bint round_start
    cdef public i64 pacing_gain, cwnd_gain, full_bw, full_bw_count
    cdef public bint filled_pipe
    cdef public i64 cycle_index, cycle_stamp, prior_cwnd, prev_ca_state
    cdef public bint packet_conservation, idle_restart, has_rtt

    @cython.locals(us=i64, bdp=i64)
    cpdef i64 inflight(self, i64 gain, i64 quantum) except? -1
    cpdef int enter_startup(self) except -1
    cpdef int enter_probe_bw(self, i64 now, i64 skip) except -1
    cpdef int advance_cycle(self, i64 now) except -1
    cpdef int update_round(self, TcpRate rate) except -1
    @cython.locals(us=i64, bw=i64)
    cpdef void update_bw(self, TcpRate rate) except *
    cpdef void check_full_pipe(self, TcpRate rate) except *
    cpdef int update_min_rtt(self, i64 rtt_ns, i64 now) except -1

cpdef Bbr bbr(TcpSock tp)


cdef class TcpBbr(TcpReno):
    pass

@cython.locals(now=i64)
cpdef int bbr_update_model(TcpSock tp, Bbr ca, TcpRate rate) except -1
cpdef i64 bbr_quantum(TcpSock tp) except? -1
@cython.locals(full_length=bint, gain=i64, quantum=i64, risen=bint)
cpdef bint bbr_next_phase(TcpSock tp, Bbr ca, TcpRate rate, i64 now) except -1
cpdef int bbr_check_drain(TcpSock tp, Bbr ca, i64 now) except -1
@cython.locals(in_flight=i64, limited=i64)
cpdef int bbr_check_probe_rtt(TcpSock tp, Bbr ca, TcpRate rate, i64 now) except -1
cpdef int bbr_leave_probe_rtt(TcpSock tp, Bbr ca, i64 now) except -1
@cython.locals(rtt_us=i64, bw=i64)
cpdef int bbr_first_rate(TcpSock tp, Bbr ca, i64 rtt_ns) except -1
@cython.locals(segments=i64, rate=i64)
cpdef i64 bbr_bytes(TcpSock tp, i64 bw, i64 gain) except? -1
@cython.locals(rate=i64)
cpdef void bbr_set_pacing_rate(TcpSock tp, Bbr ca, i64 gain) except *
cpdef int bbr_save_cwnd(TcpSock tp, Bbr ca) except -1
cpdef int bbr_restore_cwnd(TcpSock tp, Bbr ca) except -1
@cython.locals(state=i64, prev=i64, cwnd=i64, least=i64)
cpdef bint bbr_cwnd_in_recovery(TcpSock tp, Bbr ca, TcpRate rate) except -1
@cython.locals(cwnd=i64, target=i64)
cpdef int bbr_set_cwnd(TcpSock tp, Bbr ca, TcpRate rate) except -1
cpdef int tcp_bbr_init() except -1
