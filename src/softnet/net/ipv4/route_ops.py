"""What a cached route learns while it is used: PMTU, redirects, silence; and what it answers.

Linux: net/ipv4/route.c, ipv4_dst_ops and below

What was learned about a destination is kept in its inet_peer, not in the route: routes come and go.
When a peer learns, peer_genid moves on, and each route looks at its peer again when it is used
next. RFC 1191 (PMTU), RFC 1122 3.2.2.2 and RFC 1812 5.2.7.2 (redirects).
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp
import softnet.uapi.if_ as if_
import softnet.uapi.in_ as in_
import softnet.uapi.neighbour as nud
import softnet.uapi.rtnetlink as rtnl
import softnet.uapi.snmp as snmp
from softnet.kernel.printk import net_ratelimit, printk
from softnet.kernel.timer import jiffies
from softnet.net.core.dst import dst_confirm, dst_discard
from softnet.net.core.neighbour import (
    neigh_event_send,
    neigh_lookup_create,
    neigh_release,
    neigh_update_notify,
)
from softnet.net.core.skbuff import kfree_skb
from softnet.net.ipv4.devconf import (
    in_dev_log_martians,
    in_dev_rx_redirects,
    in_dev_sec_redirects,
    in_dev_shared_media,
    in_dev_tx_redirects,
)
from softnet.net.ipv4.devinet import inet_addr_onlink
from softnet.net.ipv4.fib_lookup import fib_of, inet_addr_type
from softnet.net.ipv4.inetpeer import inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.route_cache import (
    RtCache,
    format_addr,
    rt_bind_peer,
    rt_cache_of,
    rt_del,
    rt_garbage_collect,
    rt_get_peer,
    rt_hash_code,
)
from softnet.structs.dst import DstEntry, DstOps
from softnet.structs.inetdevice import InDevice
from softnet.structs.inetpeer import InetPeer
from softnet.structs.neighbour import Neighbour, NeighTable
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.route import DstInput, DstOutput, Rtable, rt_stages
from softnet.structs.skbuff import SkBuff
from softnet.wire.ip import IpHdr

AF_INET = 2
ETH_P_IP = 0x0800
MTU_LOCKED = 576  # through a gateway, when the MTU metric is locked: RFC 791's minimum to receive
# Likely MTUs, for routers that do not say theirs: RFC 1191 7.1.
MTU_PLATEAU = (32000, 17914, 8166, 4352, 2002, 1492, 1006, 576, 296, 216, 128, 68)


class Ipv4DstOps(DstOps):
    """ipv4_dst_ops"""

    __slots__ = ()

    def gc(self) -> int:
        """rt_garbage_collect()"""
        return rt_garbage_collect(rt_cache_of(self.net))

    def check(self, dst: DstEntry, cookie: int) -> DstEntry | None:
        """ipv4_dst_check(): None if its generation is over; else it hears its peer's news."""
        rt: Rtable = dst  # type: ignore[assignment]  # IPv4's routes are
        rc = rt_cache_of(rt.rt_net)
        if rt.rt_genid != rc.rt_genid or rt.obsolete == const.DST_OBSOLETE_DEAD:
            return None
        if rt.rt_peer_genid != rc.peer_genid:
            ipv4_validate_peer(rc, rt)
        rt.lastuse = jiffies()
        return dst

    def default_advmss(self, dst: DstEntry) -> int:
        """ipv4_default_advmss(): what fits the device behind IPv4 and TCP headers."""
        assert dst.dev is not None
        advmss = max(dst.dev.mtu - 40, rt_cache_of(self.net).ip_rt_min_advmss)
        return min(advmss, 65535 - 40)

    def default_mtu(self, dst: DstEntry) -> int:
        """ipv4_mtu(), where no metric counts: the device's, less if the metric is locked."""
        rt: Rtable = dst  # type: ignore[assignment]  # IPv4's routes are
        assert dst.dev is not None
        mtu = dst.dev.mtu
        if (
            rt.rt_gateway != rt.rt_dst
            and mtu > MTU_LOCKED
            and dst.metric(rtnl.RTAX_LOCK) >> rtnl.RTAX_MTU & 1
        ):
            mtu = MTU_LOCKED
        return mtu if mtu < in_.IP_MAX_MTU else in_.IP_MAX_MTU

    def negative_advice(self, dst: DstEntry) -> DstEntry | None:
        """ipv4_negative_advice(): its user hears nothing: drop redirects and expired PMTUs."""
        rt: Rtable = dst  # type: ignore[assignment]  # IPv4's routes are
        if rt.obsolete == const.DST_OBSOLETE_DEAD:
            return None
        if rt.rt_flags & rtnl.RTCF_REDIRECTED:
            rt_del(rt_cache_of(rt.rt_net), rt)
            rt.obsolete = const.DST_OBSOLETE_DEAD
            return None
        peer = rt.peer
        if peer is not None and peer.pmtu_expires and jiffies() >= peer.pmtu_expires:
            peer.pmtu_expires = 0
            rt.metric_set(rtnl.RTAX_MTU, peer.pmtu_orig)
        return dst

    def link_failure(self, skb: SkBuff) -> None:
        """ipv4_link_failure(): the next hop does not answer. Tell the sender; forget the PMTU."""
        rt_stages().icmp.icmp_send(skb, icmp.ICMP_DEST_UNREACH, icmp.ICMP_HOST_UNREACH, 0)
        if skb.dst is None:
            return
        rt: Rtable = skb.dst  # type: ignore[assignment]  # it led here
        peer = rt.peer
        if peer is not None and peer.pmtu_expires:
            peer.pmtu_expires = 0
            rt.metric_set(rtnl.RTAX_MTU, peer.pmtu_orig)

    def update_pmtu(self, dst: DstEntry, mtu: int) -> None:
        """ip_rt_update_pmtu()"""
        ip_rt_update_pmtu(dst, mtu)

    def local_out(self, skb: SkBuff) -> int:
        """__ip_local_out()"""
        return rt_stages().local_out.output(skb)

    def neigh_lookup(self, dst: DstEntry, daddr: int) -> Neighbour | None:
        """ipv4_neigh_lookup()"""
        return ipv4_neigh_lookup(dst, daddr)


def ipv4_neigh_lookup(dst: DstEntry, daddr: int) -> Neighbour | None:
    """ipv4_neigh_lookup(): the neighbour daddr on dst's device, made if need be.

    A loopback or point-to-point device has but one, by the name of 0. None: the table's .error says
    why."""
    dev = dst.dev
    assert dev is not None
    tbl = dev.nd_net.ipv4.arp_tbl
    assert isinstance(tbl, NeighTable)
    if dev.flags & (if_.IFF_LOOPBACK | if_.IFF_POINTOPOINT):
        daddr = 0
    return neigh_lookup_create(tbl, daddr, dev)


def rt_bind_neighbour(rt: Rtable) -> int:
    """rt_bind_neighbour(): 0, or -ENOBUFS with a full table, or what the constructor said."""
    n = ipv4_neigh_lookup(rt, rt.rt_gateway)
    if n is None:
        tbl = rt.rt_net.ipv4.arp_tbl
        assert isinstance(tbl, NeighTable)
        return tbl.error
    rt.neighbour = n
    return 0


# ---- news of the peer


def ipv4_validate_peer(rc: RtCache, rt: Rtable) -> None:
    """ipv4_validate_peer(): some peer learned something; was it ours?"""
    peer = rt_bind_peer(rt, rt.rt_dst, 0)
    if peer is not None:
        check_peer_pmtu(rt, peer)
        if peer.redirect_genid != rc.redirect_genid:
            peer.redirect_learned = 0
        if peer.redirect_learned and peer.redirect_learned != rt.rt_gateway:
            check_peer_redir(rt, peer)
    rt.rt_peer_genid = rc.peer_genid


def check_peer_pmtu(rt: Rtable, peer: InetPeer) -> None:
    """check_peer_pmtu(): take over what the peer knows; undo it when its time is over."""
    expires = peer.pmtu_expires
    if expires == 0:
        return
    if jiffies() < expires:
        if peer.pmtu_learned < rt.mtu():
            if peer.pmtu_orig == 0:
                peer.pmtu_orig = rt.metric(rtnl.RTAX_MTU)
            rt.metric_set(rtnl.RTAX_MTU, peer.pmtu_learned)
    else:
        peer.pmtu_expires = 0
        rt.metric_set(rtnl.RTAX_MTU, peer.pmtu_orig)


def check_peer_redir(rt: Rtable, peer: InetPeer) -> None:
    """check_peer_redir(): go by the gateway that a redirect named; ask for it first."""
    old_gw = rt.rt_gateway
    rt.rt_gateway = peer.redirect_learned
    n = ipv4_neigh_lookup(rt, rt.rt_gateway)
    if n is None:
        rt.rt_gateway = old_gw
        return
    old: Neighbour | None = rt.neighbour
    rt.neighbour = n
    if rt.rt_cached:
        n.refcnt += 1
        if old is not None:
            neigh_release(old)
    if n.nud_state & nud.NUD_VALID:
        rt.rt_flags |= rtnl.RTCF_REDIRECTED
        neigh_update_notify(n)
    else:
        neigh_event_send(n, None)


# ---- PMTU


def ip_rt_update_pmtu(dst: DstEntry, mtu: int) -> None:
    """ip_rt_update_pmtu(): a transport learned that only mtu bytes pass."""
    if trace.ip_rt_update_pmtu.enabled:
        trace.ip_rt_update_pmtu.fire(None)
    rt: Rtable = dst  # type: ignore[assignment]  # IPv4's routes are
    rc = rt_cache_of(rt.rt_net)
    dst_confirm(dst)
    peer = rt_get_peer(rt)
    if mtu < rc.ip_rt_min_pmtu:
        mtu = rc.ip_rt_min_pmtu
    if peer_learn_pmtu(rc, peer, mtu):
        rt.rt_peer_genid = rc.peer_genid
    check_peer_pmtu(rt, peer)


def peer_learn_pmtu(rc: RtCache, peer: InetPeer, mtu: int) -> bool:
    """Remember mtu for mtu_expires, if it is the first or less than what is known."""
    if peer.pmtu_expires and mtu >= peer.pmtu_learned:
        return False
    peer.pmtu_learned = mtu
    peer.pmtu_expires = max(jiffies() + rc.ip_rt_mtu_expires, 1)
    rc.peer_genid += 1
    return True


def ip_rt_frag_needed(net: Net, iph: IpHdr, new_mtu: int, dev: NetDevice) -> int:
    """ip_rt_frag_needed(): ICMP says that the datagram with header iph, ours, needs fragmenting.

    new_mtu: what the router said, 0 if it is too old to. Answers the MTU to tell the transport.
    """
    if trace.ip_rt_frag_needed.enabled:
        trace.ip_rt_frag_needed.fire(None)
    rc = rt_cache_of(net)
    old_mtu = iph.tot_len()
    peer = inet_getpeer_v4(net, iph.daddr(), 1)
    assert peer is not None
    mtu = new_mtu
    if new_mtu < 68 or new_mtu >= old_mtu:
        # BSD 4.2 and its kin count the header twice in the length they quote.
        if mtu == 0 and old_mtu >= 68 + iph.hdrlen():
            old_mtu -= iph.hdrlen()
        mtu = guess_mtu(old_mtu)
    if mtu < rc.ip_rt_min_pmtu:
        mtu = rc.ip_rt_min_pmtu
    learned = peer_learn_pmtu(rc, peer, mtu)
    inet_putpeer(peer)
    return mtu if learned else new_mtu


def guess_mtu(old_mtu: int) -> int:
    """guess_mtu(): the next likely MTU below old_mtu."""
    for mtu in MTU_PLATEAU:
        if old_mtu > mtu:
            return mtu
    return 68


# ---- redirects


def ip_rt_redirect(old_gw: int, daddr: int, new_gw: int, saddr: int, dev: NetDevice) -> None:
    """ip_rt_redirect(): old_gw says, by dev, that new_gw is the better way to daddr.

    saddr: the address of ours that its packet was from. Ignored: what could not be true (a gateway
    that is not on the link, or is ours), and, with secure_redirects, gateways that no route names.
    """
    if trace.ip_rt_redirect.enabled:
        trace.ip_rt_redirect.fire(None)
    in_dev = dev.ip_ptr
    if in_dev is None:
        return
    net = dev.nd_net
    rc = rt_cache_of(net)
    if (
        new_gw == old_gw
        or not in_dev_rx_redirects(in_dev)
        or not is_host_addr(new_gw)
        or not redirect_gw_fits(dev, old_gw, new_gw)
    ):
        if in_dev_log_martians(in_dev) and net_ratelimit():
            printk(
                const.KERN_INFO,
                f"Redirect from {format_addr(old_gw)} on {dev.name} about {format_addr(new_gw)} "
                f"ignored.\n  Advised path = {format_addr(saddr)} -> {format_addr(daddr)}",
            )
        return
    for src in (saddr, 0):
        for oif in (dev.ifindex, 0):
            hash = rt_hash_code(daddr, src, oif, rc.rt_genid)
            rt = rc.buckets[hash & rc.mask]
            while rt is not None:
                if (
                    rt.rt_key_dst == daddr
                    and rt.rt_key_src == src
                    and rt.rt_oif == oif
                    and rt.rt_route_iif == 0
                    and rt.rt_genid == rc.rt_genid
                    and rt.error == 0
                    and rt.dev is dev
                    and rt.rt_gateway == old_gw
                ):
                    peer = rt_get_peer(rt)
                    if peer.redirect_learned != new_gw or peer.redirect_genid != rc.redirect_genid:
                        peer.redirect_learned = new_gw
                        peer.redirect_genid = rc.redirect_genid
                        rc.peer_genid += 1
                    check_peer_redir(rt, peer)
                rt = rt.rt_next


def is_host_addr(addr: int) -> bool:
    """Neither multicast, nor broadcast, nor in 0/8."""
    return (
        addr & in_.IN_CLASSD_TEST != in_.IN_CLASSD_IS
        and addr != in_.INADDR_BROADCAST
        and addr & in_.IN_ZERONET_TEST != 0
    )


def redirect_gw_fits(dev: NetDevice, old_gw: int, new_gw: int) -> bool:
    """May new_gw be a gateway on dev's link? On shared media it need not be in our subnet."""
    in_dev = dev.ip_ptr
    assert in_dev is not None
    if in_dev_shared_media(in_dev):
        return inet_addr_type(dev.nd_net, new_gw) == rtnl.RTN_UNICAST
    if not inet_addr_onlink(in_dev, new_gw, old_gw):
        return False
    return not in_dev_sec_redirects(in_dev) or ip_fib_check_default(new_gw, dev)


def ip_fib_check_default(gw: int, dev: NetDevice) -> bool:
    """ip_fib_check_default(): is gw the gateway of some live route by dev?"""
    fib = fib_of(dev.nd_net)
    for fi in fib.info_hash.values():
        for nh in fi.fib_nh:
            if nh.nh_dev is dev and nh.nh_gw == gw and not nh.nh_flags & rtnl.RTNH_F_DEAD:
                return True
    return False


def ip_rt_send_redirect(skb: SkBuff) -> None:
    """ip_rt_send_redirect(): skb goes back out by where it came in: tell its sender the short way.

    After redirect_number redirects that were not heeded a sender is left alone for
    redirect_silence; before that the pauses double, from redirect_load on. skb stays the caller's.
    """
    if trace.ip_rt_send_redirect.enabled:
        trace.ip_rt_send_redirect.fire(skb)
    rt: Rtable = skb.dst  # type: ignore[assignment]  # forwarded packets have one
    dev = rt.dev
    assert dev is not None
    in_dev: InDevice | None = dev.ip_ptr
    if in_dev is None or not in_dev_tx_redirects(in_dev):
        return
    rc = rt_cache_of(rt.rt_net)
    peer = rt_get_peer(rt)
    now = jiffies()
    # Fresh peers have a full bucket of ICMP tokens: no redirect was ever counted there.
    if now > peer.rate_last + rc.ip_rt_redirect_silence or peer.rate_tokens > const.INT_MAX:
        peer.rate_tokens = 0
    if peer.rate_tokens >= rc.ip_rt_redirect_number:
        peer.rate_last = now
        return
    if peer.rate_tokens == 0 or now > peer.rate_last + (rc.ip_rt_redirect_load << peer.rate_tokens):
        rt_stages().icmp.icmp_send(skb, icmp.ICMP_REDIRECT, icmp.ICMP_REDIR_HOST, rt.rt_gateway)
        peer.rate_last = now
        peer.rate_tokens += 1
        if (
            in_dev_log_martians(in_dev)
            and peer.rate_tokens == rc.ip_rt_redirect_number
            and net_ratelimit()
        ):
            printk(
                const.KERN_WARNING,
                f"host {format_addr(rt.rt_src)}/if{rt.rt_iif} ignores redirects for "
                f"{format_addr(rt.rt_dst)} to {format_addr(rt.rt_gateway)}.",
            )


# ---- ends of the road


class IpError(DstInput):
    """The input of a route that leads nowhere."""

    __slots__ = ()

    def input(self, skb: SkBuff) -> int:
        """ip_error()"""
        return ip_error(skb)


def ip_error(skb: SkBuff) -> int:
    """ip_error(): tell the sender that there is no way, error_burst at once, then one per
    error_cost.

    Consumes skb.
    """
    if trace.ip_error.enabled:
        trace.ip_error.fire(skb)
    rt: Rtable = skb.dst  # type: ignore[assignment]  # it led here
    error = -rt.error
    reason = const.SKB_DROP_REASON_IP_INADDRERRORS
    code = -1
    if error == errno.EHOSTUNREACH:
        code = icmp.ICMP_HOST_UNREACH
    elif error == errno.ENETUNREACH:
        code = icmp.ICMP_NET_UNREACH
        reason = const.SKB_DROP_REASON_IP_INNOROUTES
        rt.rt_net.mib.ip.inc(snmp.IPSTATS_MIB_INNOROUTES)
    elif error == errno.EACCES:
        code = icmp.ICMP_PKT_FILTERED
    if code >= 0 and ip_error_token(rt):
        rt_stages().icmp.icmp_send(skb, icmp.ICMP_DEST_UNREACH, code, 0)
    kfree_skb(skb, reason)
    return 0


def ip_error_token(rt: Rtable) -> bool:
    """Take a token of the destination's bucket, if one is there."""
    rc = rt_cache_of(rt.rt_net)
    peer = rt_get_peer(rt)
    now = jiffies()
    peer.rate_tokens = min(peer.rate_tokens + now - peer.rate_last, rc.ip_rt_error_burst)
    peer.rate_last = now
    if peer.rate_tokens < rc.ip_rt_error_cost:
        return False
    peer.rate_tokens -= rc.ip_rt_error_cost
    return True


class IpRtBug(DstOutput):
    """The output of routes that are for input only."""

    __slots__ = ()

    def output(self, skb: SkBuff) -> int:
        """ip_rt_bug(): somebody sends by a route that was made to receive."""
        name = "?" if skb.dev is None else skb.dev.name
        printk(const.KERN_DEBUG, f"ip_rt_bug: {name}")
        return dst_discard(skb)
