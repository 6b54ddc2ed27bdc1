cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_options cimport (
    TcpOutOptions,
    tcp_established_options,
    tcp_options_write,
    tcp_syn_options,
    tcp_write_timestamp,
)
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.kernel.timer cimport jiffies
from softnet.net.core.skbuff cimport alloc_skb, pskb_copy, skb_clone, skb_cloned, skb_set_owner_w
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_arm,
    inet_csk_clear_xmit_timer,
    inet_csk_reset_xmit_timer,
)
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_cwnd cimport tcp_cwnd_restart, tcp_enter_cwr
from softnet.net.ipv4.tcp_mss cimport tcp_advertise_mss
from softnet.net.ipv4.tcp_tsq cimport tcp_own_skb
from softnet.net.ipv4.tcp_window cimport tcp_select_window

cpdef i64 tcp_transmit_skb(TcpSock tp, SkBuff skb, bint clone_it) except? -1
cpdef bint tcp_only_timestamp(TcpSock tp, i64 flags) except -1
cpdef i64 tcp_segment_options(TcpSock tp, i64 flags, TcpOutOptions opts) except? -1
cpdef int tcp_build_header(TcpSock tp, SkBuff skb, i64 th, i64 header_size) except -1
cpdef int TCP_ECN_send(TcpSock tp, SkBuff skb, i64 header_size) except -1
cpdef int tcp_event_ack_sent(TcpSock tp, i64 pkts) except -1
cpdef int tcp_event_data_sent(TcpSock tp) except -1
cpdef int tcp_init_nondata_skb(SkBuff skb, i64 seq, i64 flags) except -1
cpdef i64 tcp_acceptable_seq(TcpSock tp) except? -1
cpdef void tcp_send_ack(TcpSock tp) except *
cpdef void tcp_send_delayed_ack(TcpSock tp) except *
cpdef int tcp_send_active_reset(TcpSock tp) except -1
cpdef i64 tcp_xmit_probe_skb(TcpSock tp, bint urgent) except? -1
cpdef void tcp_schedule_rto(TcpSock tp) except *
