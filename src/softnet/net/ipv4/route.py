"""Which way a packet goes: the route of one that came in, or of one to be sent.

Linux: net/ipv4/route.c, its second half. RFC 1122 3.3.1, RFC 1812 5.2.

    ip_route_input_noref(skb, daddr, saddr, tos, dev)    0 and skb.dst, or -errno
    ip_route_output_key(net, fl4)                        an Rtable, or None and fl4.error

Both look into the cache (route_cache.py) first: that is the fast path, and it is here. What is not
there goes the slow way (route_input.py, route_output.py): martians are refused, the tables asked,
the source validated, and an Rtable made and cached (route_make.py). Its input_op and output_op say
who continues; route_ops.py is what happens to it later, route_proc.py shows it.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnl
from softnet.kernel.timer import del_timer
from softnet.machine.machine import Machine
from softnet.net.ipv4.devinet import inet_select_addr
from softnet.net.ipv4.fib_lookup import fib_lookup
from softnet.net.ipv4.fib_semantics import (
    fib_res_prefsrc,
)
from softnet.net.ipv4.route_cache import (
    RtCache,
    RtWorker,
    rt_bind_peer,
    rt_cache_flush,
    rt_cache_of,
    rt_hash_code,
    rt_hash_size_log,
)
from softnet.net.ipv4.route_input import (
    ip_route_input_multicast,
    ip_route_input_slow,
)
from softnet.net.ipv4.route_ops import (
    AF_INET,
    Ipv4DstOps,
    ip_rt_frag_needed,
    ip_rt_redirect,
    ip_rt_send_redirect,
    ip_rt_update_pmtu,
    ipv4_validate_peer,
)
from softnet.net.ipv4.route_output import ip_route_output_slow
from softnet.structs.fib import FibResult
from softnet.structs.flow import Flowi4
from softnet.structs.headers import ip_hdr
from softnet.structs.inet_sock import InetSock
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Sock
from softnet.wire.ip import IpHdr

__all__ = [
    "ip_route_connect",
    "ip_route_input_noref",
    "ip_route_newports",
    "ip_route_output_flow",
    "ip_route_output_key",
    "ip_route_output_ports",
    "ip_rt_frag_needed",
    "ip_rt_get_source",
    "ip_rt_redirect",
    "ip_rt_send_redirect",
    "ip_rt_update_pmtu",
    "route_net_exit",
    "route_net_init",
    "rt_bind_peer",
    "rt_cache_flush",
    "rt_tos2priority",
]

TOS2PRIO = (0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4)


# ---- received packets


def ip_route_input_noref(skb: SkBuff, daddr: int, saddr: int, tos: int, dev: NetDevice) -> int:
    """ip_route_input_noref(): route skb, which came by dev. 0 and skb.dst set, or -errno.

    tos: the header's byte. Errors: -EINVAL (martian), -EHOSTUNREACH (not for us, and we are no
    router), -EXDEV (rp_filter), -ENOBUFS. skb stays the caller's.
    """
    if trace.ip_route_input_noref.enabled:
        trace.ip_route_input_noref.fire(skb)
    net = dev.nd_net
    rc: RtCache = net.ipv4.route  # type: ignore[assignment]  # route_net_init()
    tos &= in_.IPTOS_RT_MASK
    iif = dev.ifindex
    mark = skb.mark
    genid = rc.rt_genid
    rth = rc.buckets[rt_hash_code(daddr, saddr, iif, genid) & rc.mask]
    while rth is not None:
        if (
            rth.rt_key_dst == daddr
            and rth.rt_key_src == saddr
            and rth.rt_route_iif == iif
            and rth.rt_oif == 0
            and rth.rt_key_tos == tos
            and rth.rt_mark == mark
            and rth.rt_genid == genid
        ):
            if rth.rt_peer_genid != rc.peer_genid:
                ipv4_validate_peer(rc, rth)
            rth.use += 1
            rth.lastuse = net.timers.jiffies()
            stat = rc.stat0 if rc.ncpus == 1 else rc.stat()
            stat.in_hit += 1
            skb.dst = rth
            return 0
        stat = rc.stat()
        stat.in_hlist_search += 1
        rth = rth.rt_next
    if daddr & in_.IN_CLASSD_TEST == in_.IN_CLASSD_IS:
        return ip_route_input_multicast(rc, skb, daddr, saddr, tos, dev)
    return ip_route_input_slow(rc, skb, daddr, saddr, tos, dev)


# ---- packets made here


def ip_route_output_key(net: Net, fl4: Flowi4) -> Rtable | None:
    """__ip_route_output_key(): the route for a packet that this host sends. None: fl4.error says
    why.

    fl4.saddr, daddr and flowi4_oif are filled in where they were 0. Errors: -ENETUNREACH,
    -EINVAL (a source that is not ours, or makes no sense), -ENODEV, -ENOBUFS.
    """
    if trace.ip_route_output_key.enabled:
        trace.ip_route_output_key.fire(None)
    rc: RtCache = net.ipv4.route  # type: ignore[assignment]  # route_net_init()
    daddr = fl4.daddr
    saddr = fl4.saddr
    oif = fl4.flowi4_oif
    mark = fl4.flowi4_mark
    tos = fl4.flowi4_tos & const.RT_CONN_FLAGS_MASK
    genid = rc.rt_genid
    rth = rc.buckets[rt_hash_code(daddr, saddr, oif, genid) & rc.mask]
    while rth is not None:
        if (
            rth.rt_key_dst == daddr
            and rth.rt_key_src == saddr
            and rth.rt_route_iif == 0
            and rth.rt_oif == oif
            and rth.rt_mark == mark
            and rth.rt_key_tos == tos
            and rth.rt_genid == genid
        ):
            if rth.rt_peer_genid != rc.peer_genid:
                ipv4_validate_peer(rc, rth)
            rth.use += 1
            rth.lastuse = net.timers.jiffies()
            stat = rc.stat0 if rc.ncpus == 1 else rc.stat()
            stat.out_hit += 1
            if saddr == 0:
                fl4.saddr = rth.rt_src
            if daddr == 0:
                fl4.daddr = rth.rt_dst
            return rth
        stat = rc.stat()
        stat.out_hlist_search += 1
        rth = rth.rt_next
    return ip_route_output_slow(rc, fl4)


# ---- as transports ask


def ip_route_output_flow(net: Net, fl4: Flowi4, sk: Sock | None) -> Rtable | None:
    """ip_route_output_flow(): ip_route_output_key() for sk's packets: there is no IPsec."""
    return ip_route_output_key(net, fl4)


def ip_route_output_ports(
    net: Net,
    fl4: Flowi4,
    sk: Sock | None,
    daddr: int,
    saddr: int,
    dport: int,
    sport: int,
    proto: int,
    tos: int,
    oif: int,
) -> Rtable | None:
    """ip_route_output_ports(): fill in fl4 anew and ask."""
    flow_init_output(fl4, sk, daddr, saddr, dport, sport, proto, tos, oif)
    return ip_route_output_key(net, fl4)


def flow_init_output(
    fl4: Flowi4,
    sk: Sock | None,
    daddr: int,
    saddr: int,
    dport: int,
    sport: int,
    proto: int,
    tos: int,
    oif: int,
) -> None:
    """flowi4_init_output()"""
    fl4.flowi4_oif = oif
    fl4.flowi4_iif = 0
    fl4.flowi4_mark = 0
    fl4.flowi4_tos = tos
    fl4.flowi4_scope = rtnl.RT_SCOPE_UNIVERSE
    fl4.flowi4_proto = proto
    fl4.flowi4_flags = 0
    fl4.daddr = daddr
    fl4.saddr = saddr
    fl4.fl4_dport = dport
    fl4.fl4_sport = sport
    fl4.error = 0
    if sk is not None:
        fl4.flowi4_mark = sk.sk_mark
        if isinstance(sk, InetSock):
            inet = sk
            if inet.transparent:
                fl4.flowi4_flags |= const.FLOWI_FLAG_ANYSRC
        if proto == in_.IPPROTO_TCP:
            fl4.flowi4_flags |= const.FLOWI_FLAG_PRECOW_METRICS


def ip_route_connect(
    net: Net,
    fl4: Flowi4,
    dst: int,
    src: int,
    tos: int,
    oif: int,
    protocol: int,
    sport: int,
    dport: int,
    sk: Sock,
) -> Rtable | None:
    """ip_route_connect(): the route of a new connection; fl4 gets the addresses left open.

    Asks twice if one was: the route is to be the one for both addresses known.
    """
    flow_init_output(fl4, sk, dst, src, dport, sport, protocol, tos, oif)
    if dst == 0 or src == 0:
        rt = ip_route_output_key(net, fl4)
        if rt is None:
            return None
        fl4.flowi4_oif = oif
        fl4.flowi4_tos = tos
    return ip_route_output_flow(net, fl4, sk)


def ip_route_newports(
    net: Net,
    fl4: Flowi4,
    rt: Rtable,
    orig_sport: int,
    orig_dport: int,
    sport: int,
    dport: int,
    sk: InetSock,
) -> Rtable | None:
    """ip_route_newports(): ask again if a port was chosen since rt was."""
    if sport == orig_sport and dport == orig_dport:
        return rt
    fl4.fl4_dport = dport
    fl4.fl4_sport = sport
    fl4.flowi4_oif = sk.sk_bound_dev_if
    fl4.flowi4_tos = sk.tos & in_.IPTOS_RT_MASK | sk.sk_flags >> const.SOCK_LOCALROUTE & 1
    return ip_route_output_flow(net, fl4, sk)


def ip_rt_get_source(skb: SkBuff, rt: Rtable) -> int:
    """ip_rt_get_source(): our address to write into skb's options where rt leaves this host."""
    iph: IpHdr = ip_hdr(skb)
    if rt.rt_route_iif == 0:
        return iph.saddr()
    dev = rt.dev
    assert dev is not None
    fl4 = Flowi4(iph.daddr(), iph.saddr(), iph.tos() & in_.IPTOS_RT_MASK, dev.ifindex)
    fl4.flowi4_iif = 0 if skb.dev is None else skb.dev.ifindex
    fl4.flowi4_mark = skb.mark
    res = FibResult()
    if fib_lookup(rt.rt_net, fl4, res) == 0 and res.fi is not None:
        return fib_res_prefsrc(rt.rt_net, res)
    return inet_select_addr(dev, rt.rt_gateway, rtnl.RT_SCOPE_UNIVERSE)


def rt_tos2priority(tos: int) -> int:
    """rt_tos2priority(): skb.priority (TC_PRIO_*) of a header's TOS byte."""
    return TOS2PRIO[(tos & in_.IPTOS_TOS_MASK) >> 1]


def route_net_init(net: Net) -> None:
    """ip_rt_init(): a namespace's empty route cache."""
    machine = net.machine
    assert isinstance(machine, Machine)
    log = rt_hash_size_log(machine.memory.size)
    ops = Ipv4DstOps(net, AF_INET, if_ether.ETH_P_IP, 1 << log)
    rc = RtCache(net, ops, log)
    rc.worker = RtWorker(rc)
    net.ipv4.route = rc


def route_net_exit(net: Net) -> None:
    """The namespace goes: forget every route, and let the worker be."""
    rt_cache_flush(net, 0)
    worker = rt_cache_of(net).worker
    if worker is not None:
        del_timer(worker)
