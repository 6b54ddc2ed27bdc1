"""What is remembered about remote addresses beyond one connection or one route.

Linux: net/ipv4/inetpeer.c, include/net/inetpeer.h

A peer keeps the next IP identification, the ICMP token bucket, learned PMTUs and redirects, and
TCP's last timestamp. Peers nobody refers to age out: the fuller the table, the sooner.

Differs from Linux: a dict in the order of creation instead of an AVL tree, one for each Net; and at
twice inet_peer_threshold the oldest goes whoever holds it, so that the table has a hard bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softnet.kernel.timer import jiffies
from softnet.structs.inetpeer import InetPeer

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net

HZ = 1000
INET_PEER_THRESHOLD = 65536 + 128  # peers; above it every unused one goes
INET_PEER_MINTTL = 120 * HZ  # an unused peer's life when the table is full
INET_PEER_MAXTTL = 10 * 60 * HZ  # and when it is empty
PEER_GC_SCAN = 40  # candidates looked at per creation (the kernel's tree depth)
XRLIM_BURST_FACTOR = 6  # ICMP errors that may go out in one burst
FULL_BUCKET = 1 << 40  # tokens of a fresh peer; capped at the burst when first used


class InetPeerBase:
    """struct inet_peer_base with its tunables: net.ipv4.inet_peer_*."""

    __slots__ = ("inet_peer_maxttl", "inet_peer_minttl", "inet_peer_threshold", "root")

    root: dict[int, InetPeer]
    inet_peer_threshold: int
    inet_peer_minttl: int  # jiffies
    inet_peer_maxttl: int

    def __init__(self) -> None:
        self.root = {}
        self.inet_peer_threshold = INET_PEER_THRESHOLD
        self.inet_peer_minttl = INET_PEER_MINTTL
        self.inet_peer_maxttl = INET_PEER_MAXTTL


def inet_getpeer_v4(net: Net, daddr: int, create: int) -> InetPeer | None:
    """inet_getpeer_v4(): the peer of daddr, a reference taken; None only if not create."""
    base = net.ipv4.peers
    assert isinstance(base, InetPeerBase)
    p = base.root.get(daddr)
    if p is None:
        if not create:
            return None
        inet_peer_gc(base)
        p = InetPeer(daddr)
        p.ip_id_count = net.rand.u32() & 0x7FFFFFFF
        p.rate_tokens = FULL_BUCKET
        p.rate_last = jiffies()
        base.root[daddr] = p
    p.refcnt += 1
    return p


def inet_putpeer(p: InetPeer) -> None:
    """inet_putpeer(): give a reference back; the last one starts the peer's ageing."""
    assert p.refcnt > 0
    p.dtime = jiffies()
    p.refcnt -= 1


def inet_peer_gc(base: InetPeerBase) -> int:
    """inet_peer_gc(): look at the PEER_GC_SCAN oldest and drop the stale; how many went."""
    root = base.root
    total = len(root)
    threshold = base.inet_peer_threshold
    if total >= threshold:
        ttl = 0
    else:
        span = base.inet_peer_maxttl - base.inet_peer_minttl
        ttl = base.inet_peer_maxttl - span // HZ * total // threshold * HZ
    now = jiffies()
    stale: list[int] = []
    kept: list[int] = []
    for addr in root:
        p = root[addr]
        if p.refcnt == 0 and now - p.dtime >= ttl:
            stale.append(addr)
        else:
            kept.append(addr)
        if len(stale) + len(kept) >= PEER_GC_SCAN:
            break
    for addr in kept:  # to the end, so that the next call looks at others
        root[addr] = root.pop(addr)
    for addr in stale:
        del root[addr]
    while len(root) >= 2 * threshold:
        del root[next(iter(root))]
    return len(stale)


def inet_getid(p: InetPeer, more: int) -> int:
    """inet_getid(): reserve more + 1 IP identifications; the first of them, 0 to 65535.

    Differs from Linux: 3.2 answers with the last of the reserved ones, whereby the segments of a
    super-packet share identifications with what is sent next.
    """
    first = p.ip_id_count + 1
    p.ip_id_count = (p.ip_id_count + 1 + more) & 0x7FFFFFFF
    return first & 0xFFFF


def inet_peer_xrlim_allow(p: InetPeer | None, timeout: int) -> bool:
    """inet_peer_xrlim_allow(): may an ICMP message go out now? timeout: jiffies per message.

    A token bucket of XRLIM_BURST_FACTOR messages; None is always allowed.
    """
    if p is None:
        return True
    now = jiffies()
    token = p.rate_tokens + now - p.rate_last
    p.rate_last = now
    if token > XRLIM_BURST_FACTOR * timeout:
        token = XRLIM_BURST_FACTOR * timeout
    allowed = token >= timeout
    p.rate_tokens = token - timeout if allowed else token
    return allowed


def inetpeer_net_init(net: Net) -> None:
    """inet_initpeers(): an empty table; 3.2 lowers the threshold on machines of 128 MB and less."""
    base = InetPeerBase()
    ram = net.machine.memory.size
    if ram <= 32 << 20:
        base.inet_peer_threshold >>= 1
    if ram <= 16 << 20:
        base.inet_peer_threshold >>= 1
    if ram <= 8 << 20:
        base.inet_peer_threshold >>= 2
    net.ipv4.peers = base
