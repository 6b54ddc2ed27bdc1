"""struct dst_entry: where a packet goes next, decided once and kept.

Linux: include/net/dst.h, include/net/dst_ops.h

The routing layer subclasses DstEntry (Rtable) and overrides input() and output(): the two calls
that every packet makes. What lower or sideways layers need from the protocol is in DstOps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.structs.neighbour import Neighbour
    from softnet.structs.net_namespace import Net
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.skbuff import SkBuff

DST_HOST = 0x0001
DST_NOXFRM = 0x0002
DST_NOPOLICY = 0x0004
DST_NOHASH = 0x0008
DST_NOCACHE = 0x0010
DST_NOCOUNT = 0x0020

RTAX_SLOTS = 17  # metrics[RTAX_x]; RTAX_MAX of 3.2 is 14 and slot 0 is unused


class DstOps:
    """struct dst_ops: the protocol's side of a dst. One instance per family and Net."""

    __slots__ = ("entries", "family", "gc_thresh", "net", "protocol")

    net: Net
    family: int
    protocol: int  # ETH_P_*
    gc_thresh: int
    entries: int

    def __init__(self, net: Net, family: int, protocol: int, gc_thresh: int) -> None:
        self.net = net
        self.family = family
        self.protocol = protocol
        self.gc_thresh = gc_thresh
        self.entries = 0

    def gc(self) -> int:
        """Try to free entries; nonzero if there are still too many."""
        return 0

    def check(self, dst: DstEntry, cookie: int) -> DstEntry | None:
        """dst if it is still valid, None if its holder must look up again."""
        return dst

    def default_advmss(self, dst: DstEntry) -> int:
        """The MSS in bytes to advertise when no metric says."""
        return 0

    def default_mtu(self, dst: DstEntry) -> int:
        """The MTU in bytes when no metric says (3.2: ops->mtu)."""
        return 0

    def negative_advice(self, dst: DstEntry) -> DstEntry | None:
        """A holder doubts dst (retransmissions): dst to keep it, None to drop it."""
        return dst

    def link_failure(self, skb: SkBuff) -> None:
        """The neighbour of skb.dst cannot be reached: tell whoever sent skb."""

    def update_pmtu(self, dst: DstEntry, mtu: int) -> None:
        """The path of dst carries only mtu bytes."""

    def local_out(self, skb: SkBuff) -> int:
        """Send skb, which has its network header, as if made here."""
        return 0

    def neigh_lookup(self, dst: DstEntry, daddr: int) -> Neighbour | None:
        """The neighbour entry for the next hop of dst."""
        return None


class DstEntry:
    """struct dst_entry."""

    __slots__ = (
        "dev",
        "ops",
        "metrics",
        "expires",
        "neighbour",
        "error",
        "obsolete",
        "flags",
        "header_len",
        "trailer_len",
        "tclassid",
        "refcnt",
        "use",
        "lastuse",
        "next",
    )

    dev: NetDevice | None
    ops: DstOps
    metrics: list[int]  # indexed by RTAX_*; shared until written
    expires: int  # jiffies; 0 never
    neighbour: Neighbour | None
    error: int  # negative errno that input/output answer with
    obsolete: int
    flags: int
    header_len: int
    trailer_len: int
    tclassid: int
    refcnt: int
    use: int
    lastuse: int  # jiffies
    next: DstEntry | None  # in the cache's bucket

    def __init__(self, ops: DstOps, dev: NetDevice | None) -> None:
        self.dev = dev
        self.ops = ops
        self.metrics = NO_METRICS
        self.expires = 0
        self.neighbour = None
        self.error = 0
        self.obsolete = 0
        self.flags = 0
        self.header_len = 0
        self.trailer_len = 0
        self.tclassid = 0
        self.refcnt = 0
        self.use = 0
        self.lastuse = 0
        self.next = None

    def input(self, skb: SkBuff) -> int:
        """dst_input(): consume a received skb. A verdict, or a negative errno."""
        raise AssertionError("a dst without input")

    def output(self, skb: SkBuff) -> int:
        """dst_output(): consume an skb to send. 0, NET_XMIT_*, or a negative errno."""
        raise AssertionError("a dst without output")

    def metric(self, index: int) -> int:
        """dst_metric_raw(): metrics[RTAX_index], 0 when unset."""
        return 0 if self.metrics is NO_METRICS else self.metrics[index]

    def metric_set(self, index: int, value: int) -> None:
        """dst_metric_set(): copy on first write, as metrics are shared with the fib."""
        if self.metrics is NO_METRICS:
            self.metrics = [0] * RTAX_SLOTS
        self.metrics[index] = value

    def mtu(self) -> int:
        """dst_mtu(): bytes, header included."""
        mtu = self.metric(2)  # RTAX_MTU
        return mtu if mtu else self.ops.default_mtu(self)

    def advmss(self) -> int:
        """dst_metric_advmss(): bytes."""
        mss = self.metric(8)  # RTAX_ADVMSS
        return mss if mss else self.ops.default_advmss(self)


NO_METRICS: list[int] = [0] * RTAX_SLOTS


def dst_default_metrics() -> list[int]:
    """dst_default_metrics[]: the list that everything without metrics shares. Never write to it."""
    return NO_METRICS


def dst_check(dst: DstEntry, cookie: int) -> DstEntry | None:
    """dst_check(): dst itself, or None when it went stale."""
    if dst.obsolete:
        return dst.ops.check(dst, cookie)
    return dst
