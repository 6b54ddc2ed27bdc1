cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.if_arp as if_arp
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.neighbour as nud
cimport softnet.uapi.netfilter as nf
cimport softnet.uapi.rtnetlink as rtnl
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64, u8
from softnet.kernel.timer cimport jiffies
from softnet.net.core.dev.xmit cimport dev_queue_xmit
from softnet.net.core.dst cimport dst_link_failure
from softnet.net.core.neighbour cimport (
    neigh_app_ns,
    neigh_create,
    neigh_event_ns,
    neigh_lookup,
    neigh_update,
    pneigh_enqueue,
    pneigh_lookup,
)
from softnet.net.core.skbuff cimport (
    alloc_skb,
    consume_skb,
    kfree_skb,
    pskb_may_pull,
    skb_share_check,
)
from softnet.net.ipv4.devinet cimport inet_addr_onlink, inet_select_addr
from softnet.net.ipv4.fib_lookup cimport inet_addr_type
from softnet.net.ipv4.route cimport ip_route_input_noref, ip_route_output_key
from softnet.net.netfilter.core cimport nf_hook
from softnet.structs.headers cimport ip_hdr
from softnet.structs.inetdevice cimport InDevice
from softnet.structs.neighbour cimport NeighOps, NeighParms, NeighTable, Neighbour
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport HeaderOps, NetDevice, PacketType
from softnet.structs.netfilter cimport NfOkfn
from softnet.structs.route cimport Rtable
from softnet.structs.skbuff cimport SkBuff

cpdef NeighTable arp_tbl(Net net)


@cython.final
cdef class ArpPacketType(PacketType):
    pass


@cython.final
cdef class ArpProcess(NfOkfn):
    pass

@cython.locals(o=i64, own=SkBuff, net=Net)
cpdef i64 arp_rcv(SkBuff skb, NetDevice dev) except? -1
cpdef i64 arp_hdr_len(NetDevice dev) except? -1


@cython.final
cdef class ArpFields:
    cdef public i64 hrd, pro, op, sip, tip
    cdef public bytes sha

@cython.locals(p="const u8 *", o=i64)
cdef ArpFields arp_fields(SkBuff skb, i64 addr_len)
@cython.locals(dev=NetDevice, in_dev=InDevice, arp=ArpFields, rt=Rtable)
cpdef i64 arp_process(SkBuff skb) except? -1
cdef bint arp_sound(NetDevice dev, ArpFields arp) except -1
cdef void arp_answer(NetDevice dev, ArpFields arp) except *
@cython.locals(dev=NetDevice)
cdef void arp_process_for_us(InDevice in_dev, ArpFields arp) except *
@cython.locals(dev=NetDevice)
cdef bint arp_is_proxied(InDevice in_dev, Rtable rt, ArpFields arp) except -1
@cython.locals(dev=NetDevice, tbl=NeighTable, parms=NeighParms)
cdef i64 arp_process_proxy(InDevice in_dev, SkBuff skb, ArpFields arp) except? -1
@cython.locals(dev=NetDevice, net=Net, tbl=NeighTable, n=Neighbour, announced=bint, override=bint,
               state=i64)
cdef void arp_learn(InDevice in_dev, SkBuff skb, ArpFields arp) except *


@cython.final
cdef class ArpXmit(NfOkfn):
    pass

@cython.locals(skb=SkBuff)
cpdef void arp_send(i64 type, i64 ptype, i64 dest_ip, NetDevice dev, i64 src_ip, bytes dest_hw,
                    bytes src_hw, bytes target_hw) except *
@cython.locals(n=i64, src=bytes, reserved=i64, skb=SkBuff, o=i64, p="u8 *", ops=HeaderOps,
               dest=bytes)
cpdef SkBuff arp_create(i64 type, i64 ptype, i64 dest_ip, NetDevice dev, i64 src_ip,
                        bytes dest_hw, bytes src_hw, bytes target_hw)
@cython.locals(dev=NetDevice, net=Net)
cpdef void arp_xmit(SkBuff skb) except *


@cython.final
cdef class ArpNeighOps(NeighOps):
    pass

@cython.locals(dev=NetDevice, in_dev=InDevice, target=i64, saddr=i64, mode=i64, dst_ha=bytes,
               parms=NeighParms)
cpdef void arp_solicit(Neighbour neigh, SkBuff skb) except *


@cython.final
cdef class ArpTable(NeighTable):
    pass
