cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.icmp as icmp
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnetlink
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.inet_hashtables cimport (
    InetHashinfo,
    inet_hash_connect,
    inet_lookup_established,
    inet_lookup_listener,
    inet_lookup_timewait,
)
from softnet.structs.flow cimport Flowi4
from softnet.structs.inet_connection_sock cimport InetConnectionSock, InetConnectionSockAfOps
from softnet.structs.inet_timewait_sock cimport InetTimewaitSock
from softnet.structs.net_namespace cimport Net
from softnet.structs.request_sock cimport RequestSock
from softnet.structs.route cimport Rtable
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.socket cimport Sockaddr
from softnet.structs.tcp cimport TcpSock
from softnet.kernel.timer cimport jiffies
from softnet.net.core.secure_seq cimport secure_tcp_sequence_number
from softnet.net.core.skbuff cimport kfree_skb, nf_reset, pskb_may_pull, skb_checksum
from softnet.net.core.sock cimport (
    bh_lock_sock_nested,
    bh_unlock_sock,
    sk_add_backlog,
    sk_dst_check,
    sk_filter,
    sk_setup_caps,
    sock_put,
)
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_reqsk_queue_drop,
    inet_csk_reset_xmit_timer,
    inet_csk_search_req,
)
from softnet.net.ipv4.inet_timewait_sock cimport inet_twsk_deschedule
from softnet.net.ipv4.inetpeer cimport inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.ip_output cimport RT_CONN_FLAGS, ip_dont_fragment, ip_queue_xmit
from softnet.net.ipv4.route cimport ip_route_connect, ip_route_newports, ip_route_output_ports
from softnet.net.ipv4.tcp_clock cimport get_seconds, tcp_time_stamp
from softnet.net.ipv4.tcp_connect cimport tcp_connect
from softnet.net.ipv4.tcp_input cimport tcp_rcv_established, tcp_rcv_state_process
from softnet.net.ipv4.tcp_listen cimport (
    tcp_v4_check_partial,
    tcp_v4_conn_request,
    tcp_v4_hnd_req,
    tcp_v4_syn_recv_sock,
)
from softnet.net.ipv4.tcp_minisocks cimport tcp_child_process
from softnet.net.ipv4.tcp_fastopen_client cimport tcp_fastopen_defer_connect
from softnet.net.ipv4.tcp_mss cimport tcp_sync_mss
from softnet.net.ipv4.tcp_prequeue cimport tcp_prequeue
from softnet.net.ipv4.tcp_recovery cimport tcp_simple_retransmit
from softnet.net.ipv4.tcp_reply cimport tcp_v4_send_reset, tcp_v4_timewait_ack
from softnet.net.ipv4.tcp_rtt cimport tcp_set_rto
from softnet.net.ipv4.tcp_state cimport tcp_done, tcp_hashinfo, tcp_set_state
from softnet.net.ipv4.tcp_timer cimport tcp_retransmit_timer
from softnet.net.ipv4.tcp_timewait cimport (
    tcp_death_row,
    tcp_remember_stamp,
    tcp_timewait_state_process,
)
from softnet.structs.headers cimport icmp_hdr

cdef i64 HLEN_QUOTED
cdef i64 DOFF_SIGNED

cdef class Ipv4Specific
cpdef i64 tcp_v4_rcv(SkBuff skb) except? -1
cpdef InetHashinfo net_hashinfo(Net net)
cpdef bint tcp_v4_header_is_sound(SkBuff skb) except -1
cpdef i64 tcp_v4_rcv_sock(Net net, InetConnectionSock icsk, SkBuff skb) except? -1
cpdef i64 tcp_v4_do_rcv(TcpSock tp, SkBuff skb) except? -1
cpdef bint tcp_v4_md5_is_bad(TcpSock tp, SkBuff skb) except -1
cpdef i64 tcp_v4_no_socket(SkBuff skb) except? -1
cpdef i64 tcp_v4_rcv_timewait(
    Net net, InetHashinfo hinfo, InetTimewaitSock tw, SkBuff skb
) except? -1
cpdef i64 tcp_v4_connect(TcpSock tp, Sockaddr addr) except? -1
cpdef i64 tcp_v4_connect_routed(
    TcpSock tp, Flowi4 fl4, Rtable rt, i64 orig_sport, i64 dport
) except? -1
cpdef int tcp_v4_inherit_stamp(TcpSock tp, i64 daddr, bint direct) except -1


@cython.final
cdef class Ipv4Specific(InetConnectionSockAfOps):
    pass

cpdef i64 inet_sk_reroute(InetConnectionSock sk) except? -1
cpdef bint tcp_v4_remember_stamp(TcpSock tp) except -1
cpdef void tcp_v4_err(SkBuff skb, i64 info) except *
cpdef i64 tcp_v4_err_code(SkBuff skb) except? -1
cpdef void tcp_v4_err_listener(
    TcpSock tp, SkBuff skb, i64 seq, i64 peer, i64 port, i64 local
) except *
cpdef void tcp_v4_err_connection(TcpSock tp, SkBuff skb, i64 seq, i64 info) except *
cpdef void tcp_v4_revert_backoff(TcpSock tp, i64 seq) except *
cpdef void do_pmtu_discovery(TcpSock tp, i64 mtu) except *
