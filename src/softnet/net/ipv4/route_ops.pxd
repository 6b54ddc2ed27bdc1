cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.icmp as icmp
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.neighbour as nud
cimport softnet.uapi.rtnetlink as rtnl
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport jiffies
from softnet.net.core.dst cimport dst_confirm, dst_discard
from softnet.net.core.neighbour cimport (
    neigh_event_send,
    neigh_lookup_create,
    neigh_release,
    neigh_update_notify,
)
from softnet.net.core.skbuff cimport kfree_skb
from softnet.net.ipv4.inetpeer cimport inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.route_cache cimport (
    RtCache,
    rt_bind_peer,
    rt_cache_of,
    rt_del,
    rt_garbage_collect,
    rt_get_peer,
    rt_hash_code,
)
from softnet.structs.dst cimport DstEntry, DstOps
from softnet.structs.inetdevice cimport InDevice
from softnet.structs.inetpeer cimport InetPeer
from softnet.structs.neighbour cimport Neighbour, NeighTable
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.route cimport DstInput, DstOutput, Rtable, rt_stages
from softnet.structs.skbuff cimport SkBuff
from softnet.wire.ip cimport IpHdr


cdef class Ipv4DstOps(DstOps):
    @cython.locals(rt=Rtable, rc=RtCache)
    cpdef DstEntry check(self, DstEntry dst, i64 cookie)
    @cython.locals(advmss=i64)
    cpdef i64 default_advmss(self, DstEntry dst) except? -1
    @cython.locals(rt=Rtable, mtu=i64)
    cpdef i64 default_mtu(self, DstEntry dst) except? -1
    @cython.locals(rt=Rtable, peer=InetPeer)
    cpdef DstEntry negative_advice(self, DstEntry dst)
    @cython.locals(rt=Rtable, peer=InetPeer)
    cpdef void link_failure(self, SkBuff skb) except *

@cython.locals(dev=NetDevice, tbl=NeighTable)
cpdef Neighbour ipv4_neigh_lookup(DstEntry dst, i64 daddr)
@cython.locals(n=Neighbour, tbl=NeighTable)
cpdef i64 rt_bind_neighbour(Rtable rt) except? -1
@cython.locals(peer=InetPeer)
cpdef void ipv4_validate_peer(RtCache rc, Rtable rt) except *
@cython.locals(expires=i64)
cpdef void check_peer_pmtu(Rtable rt, InetPeer peer) except *
@cython.locals(old_gw=i64, n=Neighbour, old=Neighbour)
cpdef void check_peer_redir(Rtable rt, InetPeer peer) except *
@cython.locals(rt=Rtable, rc=RtCache, peer=InetPeer)
cpdef void ip_rt_update_pmtu(DstEntry dst, i64 mtu) except *
cpdef bint peer_learn_pmtu(RtCache rc, InetPeer peer, i64 mtu) except -1
@cython.locals(rc=RtCache, old_mtu=i64, peer=InetPeer, mtu=i64, learned=bint)
cpdef i64 ip_rt_frag_needed(Net net, IpHdr iph, i64 new_mtu, NetDevice dev) except? -1
@cython.locals(in_dev=InDevice, net=Net, rc=RtCache, src=i64, oif=i64, hash=i64, rt=Rtable,
               peer=InetPeer)
cpdef void ip_rt_redirect(i64 old_gw, i64 daddr, i64 new_gw, i64 saddr, NetDevice dev) except *
cdef bint is_host_addr(i64 addr) except -1
@cython.locals(rt=Rtable, dev=NetDevice, in_dev=InDevice, rc=RtCache, peer=InetPeer, now=i64)
cpdef void ip_rt_send_redirect(SkBuff skb) except *


@cython.final
cdef class IpError(DstInput):
    pass

@cython.locals(rt=Rtable, error=i64, reason=i64, code=i64)
cpdef i64 ip_error(SkBuff skb) except? -1
@cython.locals(rc=RtCache, peer=InetPeer, now=i64)
cdef bint ip_error_token(Rtable rt) except -1


@cython.final
cdef class IpRtBug(DstOutput):
    pass
