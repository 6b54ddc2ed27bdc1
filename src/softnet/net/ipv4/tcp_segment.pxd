cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.skb_frags cimport pop_frag
from softnet.net.core.skbuff cimport (
    consume_skb,
    pskb_expand_head,
    skb_cloned,
    skb_header_release,
    skb_split,
)
from softnet.net.core.sock cimport sk_mem_charge, sk_mem_uncharge
from softnet.net.core.stream cimport sk_stream_alloc_skb
from softnet.net.ipv4.tcp_cong cimport tcp_can_gso

cdef i64 FRAGMENT_SLACK

cpdef int tcp_add_write_queue_tail(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_insert_write_queue_after(TcpSock tp, SkBuff skb, SkBuff buff) except -1
cpdef int tcp_insert_write_queue_before(TcpSock tp, SkBuff new, SkBuff skb) except -1
cpdef int tcp_unlink_write_queue(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_check_send_head(TcpSock tp, SkBuff unlinked) except -1
cpdef int tcp_advance_send_head(TcpSock tp, SkBuff skb) except -1
cpdef int sk_wmem_free_skb(TcpSock tp, SkBuff skb) except -1
cpdef i64 tcp_highest_sack_seq(TcpSock tp) except? -1
cpdef int tcp_advance_highest_sack(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_highest_sack_reset(TcpSock tp) except -1
cpdef int tcp_highest_sack_combine(TcpSock tp, SkBuff old, SkBuff new) except -1
cpdef int tcp_set_skb_tso_segs(TcpSock tp, SkBuff skb, i64 mss_now) except -1
cpdef i64 tcp_init_tso_segs(TcpSock tp, SkBuff skb, i64 mss_now) except? -1
cpdef int tcp_adjust_pcount(TcpSock tp, SkBuff skb, i64 decr) except -1
cpdef int tcp_verify_left_out(TcpSock tp) except -1
cpdef i64 tcp_fragment(TcpSock tp, SkBuff skb, i64 length, i64 mss_now) except? -1
cpdef i64 tso_fragment(TcpSock tp, SkBuff skb, i64 length, i64 mss_now) except? -1
cpdef int tcp_split(TcpSock tp, SkBuff skb, SkBuff buff, i64 length, i64 mss_now) except -1
cpdef i64 tcp_trim_head(TcpSock tp, SkBuff skb, i64 length) except? -1
cpdef void pskb_trim_head(SkBuff skb, i64 length) except *
