"""Making an Rtable and putting it into the cache.

Linux: rt_dst_alloc(), rt_set_nexthop(), rt_intern_hash() of net/ipv4/route.c
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnl
from softnet.kernel.printk import net_ratelimit, printk
from softnet.kernel.timer import jiffies
from softnet.net.core.dst import DstDiscardInput
from softnet.net.ipv4.route_cache import (
    RtCache,
    rt_add,
    rt_bind_peer,
    rt_cache_place,
    rt_caching,
    rt_garbage_collect,
    rt_hash_code,
)
from softnet.net.ipv4.route_ops import (
    IpError,
    IpRtBug,
    check_peer_pmtu,
    rt_bind_neighbour,
)
from softnet.structs.fib import FibInfo, FibNh, FibResult
from softnet.structs.inetpeer import InetPeer
from softnet.structs.netdevice import NetDevice
from softnet.structs.route import Rtable

discard_input = DstDiscardInput()
error_input = IpError()
rt_bug_output = IpRtBug()


# ---- making and caching


def rt_dst_alloc(rc: RtCache, dev: NetDevice) -> Rtable | None:
    """rt_dst_alloc(): a new route by dev; None if the cache is full of what is needed."""
    if trace.rt_dst_alloc.enabled:
        trace.rt_dst_alloc.fire(None)
    if rc.entries > rc.ops.gc_thresh and rt_garbage_collect(rc):
        if net_ratelimit():
            printk(const.KERN_WARNING, "dst cache overflow")
        return None
    rth = Rtable(rc.ops, dev)
    rth.obsolete = const.DST_OBSOLETE_CHECK
    rth.flags = const.DST_HOST
    rth.rt_genid = rc.rt_genid
    rth.rt_peer_genid = rc.peer_genid
    rth.lastuse = jiffies()
    rth.use = 1
    return rth


def rt_set_nexthop(
    rc: RtCache, rt: Rtable, flow_flags: int, res: FibResult, fi: FibInfo | None, itag: int
) -> None:
    """rt_set_nexthop(): gateway and metrics, from the tables and from what the peer remembers."""
    rule = res.r
    rule_class = 0 if rule is None else rule.tclassid
    if fi is not None:
        nh: FibNh = fi.fib_nh[res.nh_sel]
        if nh.nh_gw and nh.nh_scope == rtnl.RT_SCOPE_LINK:
            rt.rt_gateway = nh.nh_gw
        rt_init_metrics(rc, rt, flow_flags, fi)
        rt.tclassid = nh.nh_tclassid
    if rt.mtu() > in_.IP_MAX_MTU:
        rt.metric_set(rtnl.RTAX_MTU, in_.IP_MAX_MTU)
    if rt.metric(rtnl.RTAX_ADVMSS) > 65535 - 40:
        rt.metric_set(rtnl.RTAX_ADVMSS, 65535 - 40)
    # set_class_tag(): the low half is the destination's realm, the high half the source's.
    if not rt.tclassid & 0xFFFF:
        rt.tclassid |= rule_class & 0xFFFF
    if not rt.tclassid >> 16:
        rt.tclassid |= itag & ~0xFFFF


def rt_init_metrics(rc: RtCache, rt: Rtable, flow_flags: int, fi: FibInfo) -> None:
    """rt_init_metrics(): the peer's, if there is one; else the fib's, to be copied when written."""
    create = 1 if flow_flags & const.FLOWI_FLAG_PRECOW_METRICS else 0
    peer: InetPeer | None = rt_bind_peer(rt, rt.rt_dst, create)
    if peer is None:
        rt.fi = fi
        rt.metrics = fi.fib_metrics
        return
    if peer.metrics_new:
        peer.metrics = fi.fib_metrics[:]
        peer.metrics_new = False
    rt.metrics = peer.metrics
    rt.metrics_rw = True
    check_peer_pmtu(rt, peer)
    if peer.redirect_genid != rc.redirect_genid:
        peer.redirect_learned = 0
    if peer.redirect_learned and peer.redirect_learned != rt.rt_gateway:
        rt.rt_gateway = peer.redirect_learned
        rt.rt_flags |= rtnl.RTCF_REDIRECTED


def rt_intern_hash(rc: RtCache, hash: int, rt: Rtable) -> Rtable | None:
    """rt_intern_hash(): put rt into the cache; what is there already for its question wins.

    None: rc.error is -ENOBUFS (no room for its neighbour, even after collecting) or -EINVAL.
    """
    if trace.rt_intern_hash.enabled:
        trace.rt_intern_hash.fire(None)
    attempts = 0
    while True:
        rt.rt_hash = hash
        rt.rt_genid = rc.rt_genid
        caching = rt_caching(rc)
        if caching:
            found = rt_cache_place(rc, rt)
            if found is not None:
                found.use += 1
                found.lastuse = jiffies()
                return found
            if rt.rt_genid != rc.rt_genid:  # attacked: everything moved
                iif = rt.rt_route_iif or rt.rt_oif
                hash = rt_hash_code(rt.rt_key_dst, rt.rt_key_src, iif, rc.rt_genid)
                continue
        err = 0
        if rt.rt_type == rtnl.RTN_UNICAST or rt.rt_route_iif == 0:
            err = rt_bind_neighbour(rt)
        if err == 0:
            if caching:
                rt_add(rc, rt)
            else:
                rt.flags |= const.DST_NOCACHE
            return rt
        # Routes hold neighbours: with fewer of those there may be room for this one.
        attempts += 1
        if err != -errno.ENOBUFS or attempts > 1:
            break
        rt_collect_hard(rc)
    if err == -errno.ENOBUFS and net_ratelimit():
        printk(const.KERN_WARNING, "ipv4: Neighbour table overflow.")
    rc.error = err
    return None


def rt_collect_hard(rc: RtCache) -> None:
    """Collect as if every chain longer than 1 were too long, however lately that was done."""
    elasticity = rc.ip_rt_gc_elasticity
    interval = rc.ip_rt_gc_min_interval
    rc.ip_rt_gc_elasticity = 1
    rc.ip_rt_gc_min_interval = 0
    rt_garbage_collect(rc)
    rc.ip_rt_gc_elasticity = elasticity
    rc.ip_rt_gc_min_interval = interval


# ---- kinds of addresses


def is_multicast(addr: int) -> bool:
    """ipv4_is_multicast()"""
    return addr & in_.IN_CLASSD_TEST == in_.IN_CLASSD_IS


def is_local_multicast(addr: int) -> bool:
    """ipv4_is_local_multicast(): 224.0.0.0/24, which no router forwards."""
    return addr & in_.IN_LOCAL_MULTICAST_TEST == in_.IN_LOCAL_MULTICAST_IS


def is_loopback(addr: int) -> bool:
    """ipv4_is_loopback()"""
    return addr & in_.IN_LOOPBACK_TEST == in_.IN_LOOPBACK_IS


def is_zeronet(addr: int) -> bool:
    """ipv4_is_zeronet()"""
    return addr & in_.IN_ZERONET_TEST == 0
