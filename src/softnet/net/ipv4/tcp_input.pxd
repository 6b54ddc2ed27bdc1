cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.dst cimport dst_confirm
from softnet.net.core.skbuff cimport consume_skb, kfree_skb, skb_dst_drop, skb_set_owner_r
from softnet.net.ipv4.inet_connection_sock cimport inet_csk_reset_keepalive_timer
from softnet.net.ipv4.tcp_ack cimport tcp_ack, tcp_may_update_window, tcp_rearm_rto
from softnet.net.ipv4.tcp_challenge cimport tcp_send_challenge_ack
from softnet.net.ipv4.tcp_clock cimport get_seconds, tcp_paws_check, tcp_time_stamp
from softnet.net.ipv4.tcp_data cimport tcp_data_queue, tcp_send_dupack
from softnet.net.ipv4.tcp_fastopen_server cimport tcp_fastopen_acked, tcp_fastopen_check_req
from softnet.net.ipv4.tcp_handshake cimport tcp_finish_syn_recv, tcp_rcv_synsent_state_process
from softnet.net.ipv4.tcp_metrics cimport tcp_update_metrics
from softnet.net.ipv4.tcp_options cimport (
    tcp_fast_parse_options,
    tcp_parse_aligned_timestamp,
    tcp_store_ts_recent,
)
from softnet.net.ipv4.tcp_output cimport tcp_send_ack, tcp_send_delayed_ack
from softnet.net.ipv4.tcp_prequeue cimport tcp_copy_to_iovec, tcp_ucopy_room
from softnet.net.ipv4.tcp_rcvbuf cimport (
    tcp_event_data_recv,
    tcp_in_quickack_mode,
    tcp_rcv_rtt_measure_ts,
)
from softnet.net.ipv4.tcp_state cimport tcp_done, tcp_reset, tcp_set_state
from softnet.net.ipv4.tcp_timewait cimport tcp_time_wait
from softnet.net.ipv4.tcp_urg cimport tcp_urg
from softnet.net.ipv4.tcp_window cimport tcp_window_from_space
from softnet.net.ipv4.tcp_write cimport tcp_push_frames
from softnet.net.ipv4.tcp_mss cimport tcp_current_mss

cdef i64 TSTAMP_HLEN, HP_BITS

cpdef i64 tcp_rcv_established(TcpSock tp, SkBuff skb) except? -1
cpdef i64 tcp_rcv_fast_ack(TcpSock tp, SkBuff skb) except? -1
cpdef i64 tcp_rcv_fast_data(TcpSock tp, SkBuff skb, i64 hlen) except? -1
cpdef bint tcp_rcv_fast_to_user(TcpSock tp, SkBuff skb, i64 hlen) except -1
cpdef int tcp_rcv_fast_finish(TcpSock tp, SkBuff skb) except -1
cpdef bint tcp_validate_incoming(TcpSock tp, SkBuff skb, bint syn_inerr) except -1
cpdef int tcp_syn_challenge(TcpSock tp, SkBuff skb, bint syn_inerr) except -1
cpdef bint tcp_sequence(TcpSock tp, i64 seq, i64 end_seq) except -1
cpdef bint tcp_paws_discard(TcpSock tp, SkBuff skb) except -1
cpdef bint tcp_disordered_ack(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_replace_ts_recent(TcpSock tp, i64 seq) except -1
cpdef int tcp_data_snd_check(TcpSock tp) except -1
cpdef int tcp_check_space(TcpSock tp) except -1
cpdef int tcp_new_space(TcpSock tp) except -1
cpdef bint tcp_should_expand_sndbuf(TcpSock tp) except -1
cpdef int tcp_ack_snd_check(TcpSock tp) except -1
cpdef int tcp_ack_snd_check_always(TcpSock tp, bint ofo_possible) except -1
cpdef i64 tcp_rcv_state_process(TcpSock tp, SkBuff skb) except? -1
cpdef i64 tcp_rcv_listen(TcpSock tp, SkBuff skb) except? -1
cpdef i64 tcp_rcv_step_ack(TcpSock tp, SkBuff skb) except? -1
cpdef i64 tcp_fin_time(TcpSock tp) except? -1
cpdef i64 tcp_enter_fin_wait2(TcpSock tp, SkBuff skb) except? -1
cpdef i64 tcp_rcv_step_text(TcpSock tp, SkBuff skb) except? -1
