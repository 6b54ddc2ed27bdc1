"""Destinations: what every layer may do with a route without knowing its protocol.

Linux: net/core/dst.c, include/net/dst.h

A destination lives as long as somebody has it: the interpreter counts. dst.refcnt counts only those
who keep one for long (a socket's cached route) and is what /proc/net/rt_cache shows.

Differs from Linux: a lookup lends its result without counting, and an entry may leave its cache
while it is held; it is marked obsolete then, and dst_check() sends its holder to look up again.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.rtnetlink as rtnl
from softnet.kernel.timer import jiffies
from softnet.net.core.neighbour import neigh_output
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.dst import DstEntry
from softnet.structs.neighbour import Neighbour
from softnet.structs.route import DstInput, DstOutput
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Sock


def dst_input(skb: SkBuff) -> int:
    """dst_input(): hand a received skb to whoever its route names. Consumes skb."""
    return skb.dst.input(skb)  # type: ignore[union-attr]  # routed packets have one


def dst_output(skb: SkBuff) -> int:
    """dst_output(): send skb by its route. Consumes skb."""
    return skb.dst.output(skb)  # type: ignore[union-attr]  # routed packets have one


def dst_neigh_output(dst: DstEntry, skb: SkBuff) -> int:
    """Send skb, data at its network header, to dst's next hop; consumes it. -EINVAL: no hop."""
    n: Neighbour | None = dst.neighbour
    if n is None:
        kfree_skb(skb, const.SKB_DROP_REASON_NEIGH_CREATEFAIL)
        return -22
    return neigh_output(n, skb)


def dst_confirm(dst: DstEntry | None) -> None:
    """dst_confirm(): the next hop was just seen to work (an ACK moved the window, MSG_CONFIRM)."""
    if dst is not None:
        n: Neighbour | None = dst.neighbour
        if n is not None:
            n.confirmed = jiffies()


def dst_hold(dst: DstEntry) -> DstEntry:
    """dst_hold(), dst_clone(): keep dst for long."""
    dst.refcnt += 1
    return dst


def dst_release(dst: DstEntry | None) -> None:
    """dst_release(): the opposite."""
    if dst is not None and dst.refcnt > 0:
        dst.refcnt -= 1


def dst_use(dst: DstEntry) -> DstEntry:
    """dst_use_noref(): one more packet or lookup found dst."""
    dst.use += 1
    dst.lastuse = jiffies()
    return dst


def dst_free(dst: DstEntry) -> None:
    """dst_free(): dst leaves its cache; whoever still holds it will find out by dst_check()."""
    dst.obsolete = const.DST_OBSOLETE_DEAD


def dst_metric_locked(dst: DstEntry, metric: int) -> bool:
    """dst_metric_locked(): did the administrator say that nothing may change this RTAX_*?"""
    return dst.metric(rtnl.RTAX_LOCK) >> metric & 1 != 0


def dst_feature(dst: DstEntry, feature: int) -> int:
    """dst_feature(): is RTAX_FEATURE_* on for dst?"""
    return dst.metric(rtnl.RTAX_FEATURES) & feature


def dst_set_expires(dst: DstEntry, timeout: int) -> None:
    """dst_set_expires(): dst ends in `timeout` jiffies, if not sooner."""
    expires = jiffies() + timeout
    if expires == 0:
        expires = 1
    if dst.expires == 0 or dst.expires > expires:
        dst.expires = expires


def dst_link_failure(skb: SkBuff) -> None:
    """dst_link_failure(): skb, which stays the caller's, could not be sent on its link."""
    dst = skb.dst
    if dst is not None:
        dst.ops.link_failure(skb)


def dst_update_pmtu(dst: DstEntry, mtu: int) -> None:
    """dst->ops->update_pmtu(): the path carries only mtu bytes."""
    dst.ops.update_pmtu(dst, mtu)


def dst_negative_advice(sk: Sock) -> None:
    """dst_negative_advice(): sk sees no answers; let the route be doubted."""
    dst = sk.sk_dst_cache
    if dst is not None:
        ndst = dst.ops.negative_advice(dst)
        if ndst is not dst:
            sk.sk_dst_cache = ndst
            dst_release(dst)


def dst_discard(skb: SkBuff) -> int:
    """dst_discard(): the end of a packet whose route says nowhere."""
    kfree_skb(skb, const.SKB_DROP_REASON_IP_OUTNOROUTES)
    return 0


class DstDiscardInput(DstInput):
    """dst_discard() as an input."""

    __slots__ = ()

    def input(self, skb: SkBuff) -> int:
        """Drop skb."""
        return dst_discard(skb)


class DstDiscardOutput(DstOutput):
    """dst_discard() as an output."""

    __slots__ = ()

    def output(self, skb: SkBuff) -> int:
        """Drop skb."""
        return dst_discard(skb)
