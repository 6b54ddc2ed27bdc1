cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport del_timer, jiffies, mod_timer
from softnet.net.core.skbuff cimport (
    alloc_skb, consume_skb, kfree_skb, pskb_expand_head, pskb_may_pull, pskb_pull, pskb_trim,
    pskb_trim_rcsum, skb_clone, skb_cloned, skb_dst_drop, skb_morph, skb_pagelen,
    skb_share_check
)
from softnet.net.core.secure_seq cimport jhash_3words
from softnet.net.ipv4.inet_fragment cimport (
    InetFragQueue, NetnsFrags, inet_frag_destroy, inet_frag_evictor, inet_frag_intern,
    inet_frag_kill, inet_frag_purge, inet_frag_secret, inet_frag_touch
)
from softnet.net.ipv4.inetpeer cimport inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.route cimport ip_route_input_noref
from softnet.structs.headers cimport ip_hdr
from softnet.structs.inetpeer cimport InetPeer
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.route cimport Rtable, rt_stages
from softnet.structs.skbuff cimport SkBuff
from softnet.wire.ip cimport IpHdr

cdef i64 IP_MAX_LEN, IPFRAG_ECN_CLEAR, IPFRAG_ECN_SET_CE


cdef class Ipq(InetFragQueue):
    cdef public i64 user
    cdef public i64 saddr
    cdef public i64 daddr
    cdef public i64 id
    cdef public i64 protocol
    cdef public i64 ecn
    cdef public i64 iif
    cdef public i64 rid
    cdef public InetPeer peer
    cdef public bint dead

@cython.locals(net=Net, nf=NetnsFrags, qp=Ipq, err=i64)
cpdef i64 ip_defrag(SkBuff skb, i64 user) except? -1
cpdef int ip_evictor(NetnsFrags nf) except -1
@cython.locals(
    iph=IpHdr, slot=i64, chain=list, q=Ipq, qp=Ipq, saddr=i64, daddr=i64, ident=i64, protocol=i64,
    rnd=i64,
)
cpdef Ipq ip_find(NetnsFrags nf, SkBuff skb, i64 user)
cdef i64 ipqhashfn(i64 saddr, i64 daddr, i64 ident, i64 protocol, i64 rnd) except? -1
@cython.locals(before=i64, rnd=i64, slot=i64, q=Ipq, chain=list)
cdef i64 ip4_frag_secret(NetnsFrags nf) except? -1
@cython.locals(iph=IpHdr, ecn=i64, offset=i64, more=i64, ihl=i64, end=i64, i=i64, prev=SkBuff,
               nxt=SkBuff)
cpdef i64 ip_frag_queue(Ipq qp, SkBuff skb) except? -1
cdef int ip_frag_link(Ipq qp, SkBuff prev, SkBuff skb, SkBuff nxt) except -1
cdef i64 ip_frag_end(Ipq qp, SkBuff skb, i64 end, i64 more) except? -2
@cython.locals(i=i64, covered=SkBuff)
cpdef SkBuff ip_frag_override(Ipq qp, SkBuff prev, SkBuff nxt, i64 end)
cpdef i64 frag_refused(SkBuff skb, i64 err) except? -1
cpdef i64 ip4_frag_ecn(i64 tos) except? -1
@cython.locals(nf=NetnsFrags, peer=InetPeer, start=i64, far=bint)
cpdef bint ip_frag_too_far(Ipq qp) except? -1
cpdef int ip_frag_reinit(Ipq qp) except -1
@cython.locals(net=Net, nf=NetnsFrags, head=SkBuff, twin=SkBuff, rest=SkBuff, piece=SkBuff,
               ihlen=i64, total=i64, iph=IpHdr)
cpdef i64 ip_frag_reasm(Ipq qp, SkBuff prev, SkBuff skb, NetDevice dev) except? -1
@cython.locals(twin=SkBuff, rest=SkBuff)
cdef int ip_frag_swap_head(Ipq qp, SkBuff prev, SkBuff skb, SkBuff head) except -1
@cython.locals(piece=SkBuff)
cdef int ip_frag_join(NetnsFrags nf, SkBuff head) except -1
cpdef int split_off_fraglist(NetnsFrags nf, SkBuff head) except -1
cpdef void ip_expire(Ipq qp) except *
cpdef void ip_expire_report(Ipq qp, SkBuff head, NetDevice dev) except *
cpdef int ipq_put(Ipq qp) except -1
cpdef int ipq_release(Ipq qp, i64 reason) except -1
cpdef int ipq_free(Ipq qp) except -1
cpdef SkBuff ip_check_defrag(SkBuff skb, i64 user)
cpdef int ipfrag_net_init(Net net) except -1
@cython.locals(nf=NetnsFrags, q=Ipq)
cpdef int ipfrag_net_exit(Net net) except -1
