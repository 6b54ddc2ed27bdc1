cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnetlink
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.inet_sock cimport IpOptions
from softnet.structs.request_sock cimport (
    RequestSock,
    RequestSockOps,
    TcpRequestSock,
    new_tcp_request_sock,
)
from softnet.structs.route cimport Rtable
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Sock
from softnet.structs.tcp cimport TcpOptionsReceived, TcpSock, new_tcp_options
from softnet.kernel.timer cimport jiffies
from softnet.net.core.request_sock cimport (
    reqsk_free,
    reqsk_queue_add,
    reqsk_queue_is_full,
    reqsk_queue_len,
    reqsk_queue_len_young,
)
from softnet.net.core.secure_seq cimport secure_tcp_sequence_number
from softnet.net.core.sock cimport (
    bh_lock_sock_nested,
    bh_unlock_sock,
    sk_alloc,
    sk_setup_caps,
    sock_hold,
)
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_reqsk_queue_hash_add,
    inet_csk_route_req,
    inet_csk_search_req,
)
from softnet.net.ipv4.inet_hashtables cimport (
    inet_hash_nolisten,
    inet_inherit_port,
    inet_lookup_established,
)
from softnet.net.ipv4.inetpeer cimport inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.ip_output cimport ip_build_and_send_pkt
from softnet.net.ipv4.syncookies cimport (
    cookie_check,
    cookie_check_timestamp,
    cookie_init_timestamp,
    cookie_v4_init_sequence,
)
from softnet.net.ipv4.tcp_clock cimport get_seconds, tcp_time_stamp
from softnet.net.ipv4.tcp_connect cimport tcp_make_synack, tcp_openreq_window
from softnet.net.ipv4.tcp_minisocks cimport tcp_check_req, tcp_create_openreq_child
from softnet.net.ipv4.tcp_fastopen_server cimport (
    tcp_fastopen_check,
    tcp_fastopen_create_child,
    tcp_fastopen_start,
)
from softnet.net.ipv4.tcp_mss cimport tcp_initialize_rcv_mss, tcp_mtup_init, tcp_sync_mss
from softnet.net.ipv4.tcp_options cimport tcp_parse_options
from softnet.net.ipv4.tcp_reply cimport tcp_v4_reqsk_send_ack, tcp_v4_send_reset
from softnet.net.ipv4.tcp_rtt cimport tcp_valid_rtt_meas
from softnet.net.ipv4.tcp_state cimport tcp_hashinfo
from softnet.net.ipv4.tcp_timewait cimport tcp_death_row

cdef class TcpRequestSockOps


@cython.final
cdef class TcpRequestSockOps(RequestSockOps):
    pass

cpdef i64 tcp_v4_conn_request(TcpSock tp, SkBuff skb) except? -1
cpdef bint tcp_syn_flood_action(TcpSock tp, SkBuff skb) except -1
cpdef TcpRequestSock tcp_openreq_init(TcpSock tp, TcpOptionsReceived opt, SkBuff skb)
cpdef IpOptions tcp_v4_save_options(SkBuff skb)
cpdef bint tcp_v4_may_serve(TcpSock tp, TcpRequestSock req, TcpOptionsReceived opt) except -1
cpdef i64 tcp_v4_init_sequence(TcpSock tp, TcpRequestSock req) except? -1
cpdef i64 tcp_v4_send_synack(TcpSock tp, Rtable rt, TcpRequestSock req) except? -1
cpdef int tcp_v4_check_partial(SkBuff skb, i64 saddr, i64 daddr) except -1
cpdef TcpSock tcp_v4_hnd_req(TcpSock tp, SkBuff skb)
cpdef TcpSock cookie_v4_check(TcpSock tp, SkBuff skb)
cpdef bint tcp_synq_recent_overflow(TcpSock tp) except -1
@cython.locals(newtp=TcpSock)
cpdef TcpSock tcp_v4_syn_recv_sock(TcpSock tp, SkBuff skb, TcpRequestSock req)
