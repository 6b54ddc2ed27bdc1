cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.if_vlan as if_vlan
from softnet.arch.types cimport i64
from softnet.kernel.softirq cimport SoftirqAction, local_bh_enable, raise_softirq_irqoff
from softnet.kernel.timer cimport jiffies
from softnet.machine.cpu cimport Cpu, this_cpu
from softnet.net.core.dev.features cimport (
    netif_needs_gso, netif_skb_features, skb_gso_ok, skb_needs_linearize
)
from softnet.net.core.dev.taps cimport dev_queue_xmit_nit, find_ptype
from softnet.net.core.sch_generic cimport (
    XmitOps, hard_tx_lock, hard_tx_unlock, netdev_get_tx_queue, qdisc_bstats_update, qdisc_run,
    qdisc_run_loop, sch_direct_xmit
)
from softnet.net.core.secure_seq cimport jhash_3words
from softnet.net.core.skbuff cimport (
    consume_skb, kfree_skb, pskb_expand_head, skb_checksum_help, skb_cow_head, skb_dst_drop,
    skb_header_cloned, skb_id, skb_linearize, skb_orphan
)
from softnet.structs.netdevice cimport NetDevice, NetdevQueue, PacketType, SoftnetData
from softnet.structs.sch_generic cimport Qdisc
from softnet.structs.skbuff cimport SkbDestructor, SkBuff
from softnet.structs.sock cimport Sock

cdef i64 RECURSION_LIMIT, ENETDOWN

cpdef i64 dev_queue_xmit(SkBuff skb) except? -1
@cython.locals(sk=Sock)
cpdef NetdevQueue dev_pick_tx(NetDevice dev, SkBuff skb)
cdef i64 dev_cap_txqueue(NetDevice dev, i64 index) except? -1
@cython.locals(queues=list, cpu=Cpu, index=i64, n=i64)
cdef i64 get_xps_queue(NetDevice dev, SkBuff skb) except? -2
cpdef i64 skb_tx_hash(NetDevice dev, SkBuff skb) except? -1
@cython.locals(sd=SoftnetData, sk=Sock)
cdef i64 flow_hash(SkBuff skb, Cpu cpu) except? -1
@cython.locals(rc=i64, more=i64)
cdef i64 dev_xmit_skb(SkBuff skb, Qdisc q, NetDevice dev, NetdevQueue txq) except? -1
@cython.locals(sd=SoftnetData, rc=i64, locked=bint)
cdef i64 xmit_noqueue(SkBuff skb, NetDevice dev, NetdevQueue txq, Cpu cpu) except? -1
@cython.locals(sk=Sock, features=i64, rc=i64)
cpdef i64 dev_hard_start_xmit(SkBuff skb, NetDevice dev, NetdevQueue txq) except? -1


cdef class SentPacket:
    cdef public i64 pkt_id


cdef i64 traced_start_xmit(SkBuff skb, NetDevice dev) except? -1
cdef bint xmit_prepare(SkBuff skb, i64 features) except -1
cpdef i64 vlan_put_tag(SkBuff skb) except? -1


@cython.final
cdef class DevGsoDestructor(SkbDestructor):
    pass


cdef DevGsoDestructor dev_gso_destructor

cpdef i64 dev_gso_segment(SkBuff skb, i64 features) except? -1
@cython.locals(pt=PacketType, segs=SkBuff)
cpdef SkBuff skb_gso_segment(SkBuff skb, i64 features)
@cython.locals(rc=i64)
cdef i64 xmit_segments(SkBuff skb, NetDevice dev, NetdevQueue txq) except? -1


@cython.final
cdef class DevXmitOps(XmitOps):
    pass


@cython.locals(sd=SoftnetData)
cpdef void dev_kfree_skb_irq(SkBuff skb) except *
cpdef int dev_kfree_skb_any(SkBuff skb) except -1


@cython.final
cdef class NetTxSoftirq(SoftirqAction):
    pass


@cython.locals(sd=SoftnetData, skb=SkBuff, following=SkBuff, q=Qdisc, nxt=Qdisc)
cpdef int net_tx_action() except -1
