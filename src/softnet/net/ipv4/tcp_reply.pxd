cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnetlink
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.inet_timewait_sock cimport InetTimewaitSock
from softnet.structs.net_namespace cimport Net
from softnet.structs.request_sock cimport TcpRequestSock
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.net.ipv4.ip_append cimport ip_send_reply
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp

cdef i64 CSUM_WORD, TSTAMP_OPTION, MD5_OPTION

cpdef void tcp_v4_send_reset(TcpSock tp, SkBuff skb) except *
cpdef int tcp_v4_timewait_ack(InetTimewaitSock tw, SkBuff skb) except -1
cpdef int tcp_v4_reqsk_send_ack(TcpSock tp, SkBuff skb, TcpRequestSock req) except -1
cpdef int tcp_v4_send_ack(
    SkBuff skb, i64 seq, i64 ack, i64 win, i64 ts, i64 oif, bytes key, i64 reply_flags, i64 tos
) except -1
cpdef bytes tcp_reply_header(
    SkBuff skb, i64 seq, i64 ack_seq, i64 flags, i64 window, bytes options
)
cpdef bytes tcp_reply_sign(SkBuff skb, bytes header, bytes key)
cpdef int tcp_reply_send(
    Net net, SkBuff skb, bytes header, i64 tos, i64 reply_flags, i64 oif
) except -1
