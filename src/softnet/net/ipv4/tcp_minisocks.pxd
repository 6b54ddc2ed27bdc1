cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.ipv4.tcp_pacing_timer cimport tcp_pacing_start
from softnet.structs.request_sock cimport TcpRequestSock
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpOptionsReceived, TcpSock, new_tcp_options
from softnet.net.core.request_sock cimport reqsk_queue_add
from softnet.net.core.sock cimport bh_unlock_sock, sk_add_backlog, sock_put
from softnet.net.ipv4.inet_connection_sock cimport (
    inet_csk_reqsk_queue_drop,
    inet_csk_reqsk_queue_removed,
    inet_csk_reqsk_queue_unlink,
    inet_csk_reset_keepalive_timer,
)
from softnet.net.ipv4.tcp_clock cimport get_seconds, tcp_paws_reject
from softnet.net.ipv4.tcp_handshake cimport keepalive_time_when
from softnet.net.ipv4.tcp_input cimport tcp_rcv_state_process
from softnet.net.ipv4.tcp_options cimport tcp_parse_options
from softnet.net.ipv4.tcp_timewait cimport tcp_in_window

cpdef TcpSock tcp_check_req(TcpSock tp, SkBuff skb, TcpRequestSock req)
cpdef bint tcp_req_paws(
    TcpSock tp, SkBuff skb, TcpRequestSock req, TcpOptionsReceived opt
) except -1
cpdef int tcp_embryonic_reset(TcpSock tp, SkBuff skb, TcpRequestSock req, i64 flags) except -1
cpdef i64 tcp_child_process(TcpSock parent, TcpSock child, SkBuff skb) except? -1
cpdef int tcp_create_openreq_child(
    TcpSock parent, TcpSock newtp, TcpRequestSock req, SkBuff skb
) except -1
cpdef int tcp_openreq_options(TcpSock newtp, TcpRequestSock req, SkBuff skb) except -1
cpdef int inet_csk_inherit(TcpSock sk, TcpSock newsk) except -1
cpdef int tcp_inherit(TcpSock tp, TcpSock newtp) except -1
