cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.skbuff cimport pskb_trim, skb_cloned
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp
from softnet.net.ipv4.tcp_mss cimport tcp_current_mss
from softnet.net.ipv4.tcp_output cimport tcp_init_nondata_skb, tcp_schedule_rto, tcp_transmit_skb
from softnet.net.ipv4.tcp_pacing cimport tcp_paced_sent, tcp_pacing_check
from softnet.net.ipv4.tcp_segment cimport (
    sk_wmem_free_skb,
    tcp_adjust_pcount,
    tcp_fragment,
    tcp_highest_sack_combine,
    tcp_highest_sack_seq,
    tcp_init_tso_segs,
    tcp_trim_head,
    tcp_unlink_write_queue,
)
from softnet.net.ipv4.tcp_write cimport tcp_may_send_now

cpdef i64 tcp_retransmit_skb(TcpSock tp, SkBuff skb) except? -1
cpdef int tcp_retransmitted(TcpSock tp, SkBuff skb) except -1
cpdef void tcp_retrans_try_collapse(TcpSock tp, SkBuff to, i64 space) except *
cpdef bint tcp_can_collapse(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_collapse_retrans(TcpSock tp, SkBuff skb) except -1
cpdef bint tcp_can_forward_retransmit(TcpSock tp) except -1
cpdef void tcp_xmit_retransmit_queue(TcpSock tp) except *
