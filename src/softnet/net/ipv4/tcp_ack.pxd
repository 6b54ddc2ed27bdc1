cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.structs.tcp_rate cimport TcpRate
from softnet.net.core.dst cimport dst_confirm
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_clear_xmit_timer,
    inet_csk_reset_xmit_timer,
)
from softnet.net.ipv4.tcp_challenge cimport tcp_send_challenge_ack
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cwnd cimport tcp_cong_avoid, tcp_may_raise_cwnd
from softnet.net.ipv4.tcp_delivery cimport tcp_delivery_begin, tcp_skb_delivered
from softnet.net.ipv4.tcp_frto cimport tcp_process_frto
from softnet.net.ipv4.tcp_mss cimport tcp_sync_mss
from softnet.net.ipv4.tcp_output cimport tcp_schedule_rto
from softnet.net.ipv4.tcp_pacing cimport tcp_update_pacing_rate
from softnet.net.ipv4.tcp_rate cimport tcp_rate_acked
from softnet.net.ipv4.tcp_tlp cimport tcp_schedule_loss_probe
from softnet.net.ipv4.tcp_tlp_probe cimport tcp_process_tlp_ack
from softnet.net.ipv4.tcp_recovery cimport (
    tcp_fastretrans_alert,
    tcp_mtup_probe_success,
    tcp_remove_reno_sacks,
    tcp_try_keep_open,
)
from softnet.net.ipv4.tcp_rtt cimport tcp_ack_update_rtt
from softnet.net.ipv4.tcp_sack cimport tcp_sacktag_write_queue, tcp_update_reordering
from softnet.net.ipv4.tcp_segment cimport sk_wmem_free_skb, tcp_trim_head, tcp_unlink_write_queue

cdef class AckedState


@cython.final
cdef class AckedState:
    cdef public i64 flag, pkts_acked, reord, seq_rtt, ca_seq_rtt, last_tstamp

cpdef i64 tcp_ack(TcpSock tp, SkBuff skb, i64 flag) except? -1
@cython.locals(rate=TcpRate)
cpdef int tcp_ack_extensions(TcpSock tp, i64 flag, i64 newly_acked_sacked) except -1
cpdef i64 tcp_ack_of_nothing(TcpSock tp, i64 ack, i64 flag) except? -1
cpdef i64 tcp_old_ack(TcpSock tp, SkBuff skb, i64 ack, i64 prior_snd_una) except? -1
cpdef int tcp_count_bytes_acked(TcpSock tp, i64 acked) except -1
cpdef bint tcp_ack_is_dubious(TcpSock tp, i64 flag) except -1
cpdef bint TCP_ECN_rcv_ecn_echo(SkBuff skb) except -1
cpdef i64 tcp_ack_update_window(TcpSock tp, SkBuff skb, i64 ack, i64 ack_seq) except? -1
cpdef bint tcp_may_update_window(TcpSock tp, i64 ack, i64 ack_seq, i64 nwin) except -1
cpdef void tcp_ack_probe(TcpSock tp) except *
cpdef i64 tcp_clean_rtx_queue(TcpSock tp, i64 prior_fackets, i64 prior_snd_una) except? -1
cpdef int tcp_ack_skb(TcpSock tp, AckedState st, SkBuff skb, i64 acked_pcount, i64 now) except -1
cpdef i64 tcp_tso_acked(TcpSock tp, SkBuff skb) except? -1
cpdef int tcp_after_clean(TcpSock tp, AckedState st, i64 prior_fackets, i64 prior_sacked) except -1
cpdef void tcp_rearm_rto(TcpSock tp) except *
