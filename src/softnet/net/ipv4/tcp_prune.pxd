cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff, SkBuffHead
from softnet.structs.tcp cimport TcpSock
from softnet.net.core.skbuff cimport (
    alloc_skb,
    kfree_skb,
    skb_copy_bits,
    skb_queue_purge,
    skb_set_owner_r,
)
from softnet.net.core.sock cimport sk_mem_reclaim, sk_rmem_schedule
from softnet.net.ipv4.tcp_rcvbuf cimport tcp_clamp_window

cdef i64 COLLAPSE_HEADROOM, COLLAPSE_MAX

cpdef i64 tcp_try_rmem_schedule(TcpSock tp, i64 size) except? -1
cpdef i64 tcp_prune_queue(TcpSock tp) except? -1
cpdef bint tcp_prune_ofo_queue(TcpSock tp) except -1
cpdef void tcp_collapse_ofo_queue(TcpSock tp) except *
cpdef void tcp_collapse(
    TcpSock tp, SkBuffHead q, SkBuff head, SkBuff tail, i64 start, i64 end
) except *
cpdef bint tcp_has_syn_or_fin(SkBuff skb) except -1
cpdef SkBuff tcp_collapse_new(TcpSock tp, SkBuffHead q, SkBuff skb, i64 start, i64 room)
cpdef SkBuff tcp_collapse_one(TcpSock tp, SkBuff skb, SkBuffHead q)
