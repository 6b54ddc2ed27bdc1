cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.core.request_sock cimport reqsk_queue_add
from softnet.net.core.skbuff cimport skb_clone, skb_dst_drop, skb_set_owner_r
from softnet.net.core.sock cimport bh_unlock_sock, sk_rmem_schedule, sock_hold, sock_put
from softnet.net.ipv4.inet_connection_sock cimport inet_csk_reset_xmit_timer, inet_csk_route_req
from softnet.net.ipv4.tcp_clock cimport get_seconds, tcp_paws_reject, tcp_time_stamp
from softnet.net.ipv4.tcp_cong cimport tcp_init_congestion_control
from softnet.net.ipv4.tcp_connect cimport tcp_openreq_window
from softnet.net.ipv4.tcp_fastopen cimport (
    fastopen_has_room,
    fastopen_option,
    fastopen_queue,
    has_fastopen,
    reqsk_fastopen_remove,
    tcp_fastopen_cookie_gen,
)
from softnet.net.ipv4.tcp_metrics cimport tcp_init_metrics
from softnet.net.ipv4.tcp_mss cimport tcp_mtup_init
from softnet.net.ipv4.tcp_options cimport tcp_parse_fastopen_option, tcp_parse_options
from softnet.net.ipv4.tcp_rcvbuf cimport tcp_init_buffer_space
from softnet.net.ipv4.tcp_rtt cimport tcp_valid_rtt_meas
from softnet.net.ipv4.tcp_state cimport tcp_reset
from softnet.net.ipv4.tcp_timewait cimport tcp_in_window
from softnet.structs.inet_connection_sock cimport icsk_queue
from softnet.structs.request_sock cimport FastopenQueue, TcpRequestSock
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock, new_tcp_options

cdef i64 AGE_SHIFT_MAX

cpdef i64 tcp_set_fastopen(TcpSock tp, i64 val) except? -1
cpdef i64 tcp_get_fastopen(TcpSock tp) except? -1
cpdef int fastopen_init_queue(TcpSock tp, i64 max_qlen) except -1
cpdef int tcp_fastopen_listen(TcpSock tp, i64 backlog) except -1
cpdef bint tcp_fastopen_check(TcpSock tp, SkBuff skb, TcpRequestSock req) except -1
cpdef TcpSock tcp_fastopen_create_child(TcpSock tp, SkBuff skb, TcpRequestSock req)
cpdef int tcp_fastopen_start(TcpSock tp, TcpSock child, SkBuff skb, TcpRequestSock req) except -1
cpdef int tcp_fastopen_add_skb(TcpSock child, SkBuff skb) except -1
cpdef bint tcp_fastopen_check_req(TcpSock tp, SkBuff skb, TcpRequestSock req) except -1
cpdef int tcp_fastopen_acked(TcpSock tp, TcpRequestSock req) except -1
