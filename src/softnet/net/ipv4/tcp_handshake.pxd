cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.request_sock cimport TcpRequestSock
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.skbuff cimport kfree_skb
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_reset_keepalive_timer,
    inet_csk_reset_xmit_timer,
)
from softnet.net.ipv4.tcp_ack cimport tcp_ack, tcp_rearm_rto
from softnet.net.ipv4.tcp_clock cimport get_seconds, tcp_paws_reject, tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport tcp_init_congestion_control
from softnet.net.ipv4.tcp_connect cimport tcp_send_synack
from softnet.net.ipv4.tcp_fastopen_client cimport tcp_rcv_fastopen_synack
from softnet.net.ipv4.tcp_fastopen_server cimport tcp_fastopen_acked
from softnet.net.ipv4.tcp_metrics cimport tcp_init_metrics
from softnet.net.ipv4.tcp_mss cimport tcp_initialize_rcv_mss, tcp_mtup_init, tcp_sync_mss
from softnet.net.ipv4.tcp_options cimport tcp_parse_options, tcp_store_ts_recent
from softnet.net.ipv4.tcp_output cimport tcp_send_ack
from softnet.net.ipv4.tcp_rcvbuf cimport (
    tcp_enter_quickack_mode,
    tcp_incr_quickack,
    tcp_init_buffer_space,
)
from softnet.net.ipv4.tcp_retransmit cimport tcp_retransmit_skb
from softnet.net.ipv4.tcp_state cimport tcp_reset, tcp_set_state

cdef i64 SYN_CONSUMED, SYN_RESET, SYN_GO_ON

cpdef i64 tcp_rcv_synsent_state_process(TcpSock tp, SkBuff skb) except? -1
cpdef bint tcp_synsent_ack_is_bad(TcpSock tp, SkBuff skb) except -1
cpdef i64 tcp_synsent_established(TcpSock tp, SkBuff skb) except? -1
cpdef i64 tcp_synsent_answer(TcpSock tp, SkBuff skb) except? -1
cpdef int tcp_synsent_simultaneous(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_finish_syn_recv(TcpSock tp, SkBuff skb) except -1
cpdef i64 keepalive_time_when(TcpSock tp) except? -1
cpdef i64 keepalive_intvl_when(TcpSock tp) except? -1
cpdef i64 keepalive_probes(TcpSock tp) except? -1
