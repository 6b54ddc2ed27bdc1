cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.structs.tcp_rack cimport TcpRack
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport tcp_set_ca_state
from softnet.net.ipv4.tcp_cwnd cimport (
    tcp_complete_cwr,
    tcp_current_ssthresh,
    tcp_cwnd_down,
    tcp_enter_cwr,
    tcp_moderate_cwnd,
    tcp_update_cwnd_in_recovery,
)
from softnet.net.ipv4.tcp_mss cimport tcp_current_mss, tcp_mss_to_mtu, tcp_sync_mss
from softnet.net.ipv4.tcp_output cimport tcp_schedule_rto
from softnet.net.ipv4.tcp_rack cimport tcp_rack_mark_lost, tcp_rack_recovered, tcp_rack_too_young
from softnet.net.ipv4.tcp_retransmit cimport tcp_retransmit_skb, tcp_xmit_retransmit_queue
from softnet.net.ipv4.tcp_sack cimport (
    tcp_count_lost,
    tcp_skb_mark_lost,
    tcp_skb_mark_lost_uncond_verify,
    tcp_skb_seglen,
    tcp_update_reordering,
)
from softnet.net.ipv4.tcp_segment cimport tcp_fragment, tcp_verify_left_out
from softnet.net.ipv4.tcp_write cimport tcp_may_send_now

cpdef void tcp_fastretrans_alert(
    TcpSock tp, i64 pkts_acked, i64 newly_acked_sacked, i64 flag
) except *
cpdef bint tcp_leave_state(TcpSock tp) except -1
cpdef bint tcp_ack_in_loss(TcpSock tp, i64 flag) except -1
cpdef bint tcp_ack_in_open(TcpSock tp, i64 flag, bint is_dupack) except -1
cpdef int tcp_enter_recovery(TcpSock tp, i64 flag) except -1
cpdef int tcp_sack_reneging(TcpSock tp) except -1
cpdef i64 tcp_fackets_out(TcpSock tp) except? -1
cpdef i64 tcp_dupack_heuristics(TcpSock tp) except? -1
cpdef bint tcp_skb_timedout(TcpSock tp, SkBuff skb) except -1
cpdef bint tcp_head_timedout(TcpSock tp) except -1
cpdef bint tcp_stream_is_thin(TcpSock tp) except -1
cpdef bint tcp_time_to_recover(TcpSock tp) except -1
cpdef void tcp_mark_head_lost(TcpSock tp, i64 packets, bint mark_head) except *
cpdef int tcp_update_scoreboard(TcpSock tp, bint fast_rexmit) except -1
cpdef void tcp_timeout_skbs(TcpSock tp) except *
cpdef bint tcp_limit_reno_sacked(TcpSock tp) except -1
cpdef int tcp_check_reno_reordering(TcpSock tp, i64 addend) except -1
cpdef int tcp_add_reno_sack(TcpSock tp) except -1
cpdef int tcp_remove_reno_sacks(TcpSock tp, i64 acked) except -1
cpdef bint tcp_packet_delayed(TcpSock tp) except -1
cpdef bint tcp_may_undo(TcpSock tp) except -1
cpdef int tcp_undo_cwr(TcpSock tp, bint undo_ssthresh) except -1
cpdef bint tcp_try_undo_recovery(TcpSock tp) except -1
cpdef int tcp_try_undo_dsack(TcpSock tp) except -1
cpdef bint tcp_any_retrans_done(TcpSock tp) except -1
cpdef bint tcp_try_undo_partial(TcpSock tp, i64 acked) except -1
cpdef bint tcp_try_undo_loss(TcpSock tp) except -1
cpdef int tcp_try_keep_open(TcpSock tp) except -1
cpdef void tcp_try_to_open(TcpSock tp, i64 flag) except *
cpdef int tcp_enter_loss(TcpSock tp, bint how) except -1
cpdef void tcp_simple_retransmit(TcpSock tp) except *
cpdef int tcp_mtup_probe_failed(TcpSock tp) except -1
cpdef int tcp_mtup_probe_success(TcpSock tp) except -1
@cython.locals(head=SkBuff, skb=SkBuff, rack=TcpRack, young=bint)
cpdef int tcp_mark_flight_lost(TcpSock tp, bint how) except -1
