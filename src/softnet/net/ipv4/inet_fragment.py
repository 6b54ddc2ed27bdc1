"""Reassembly queues, whatever the protocol: finding them, their memory, their end.

Linux: net/ipv4/inet_fragment.c, include/net/inet_frag.h

Everything a stranger can make grow has a bound: the memory of all queues (high_thresh, evicted down
to low_thresh, the queue longest untouched first), their time, and the length of a hash chain.
The hash is keyed by a random number that changes every secret_interval. Differs from Linux: it
changes when the next fragment comes, not by a timer that would wake an idle host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
from softnet.kernel.timer import Timer, del_timer, jiffies, mod_timer
from softnet.net.core.skbuff import kfree_skb

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net
    from softnet.structs.skbuff import SkBuff

HZ = 1000


class InetFragQueue(Timer):
    """struct inet_frag_queue: the pieces of one datagram so far, linked by next, by offset.

    It is its own timer; a protocol overrides function() for what happens when time is up.
    """

    __slots__ = (
        "frags_ns",
        "hash",
        "fragments",
        "fragments_tail",
        "stamp",
        "len",
        "meat",
        "last_in",
    )

    frags_ns: NetnsFrags
    hash: int
    fragments: SkBuff | None
    fragments_tail: SkBuff | None
    stamp: int  # ns: when the last fragment arrived
    len: int  # bytes of the datagram, as far as is known
    meat: int  # bytes that are here
    last_in: int  # INET_FRAG_*

    def __init__(self, frags_ns: NetnsFrags) -> None:
        Timer.__init__(self)
        self.frags_ns = frags_ns
        self.hash = 0
        self.fragments = None
        self.fragments_tail = None
        self.stamp = 0
        self.len = 0
        self.meat = 0
        self.last_in = 0


class NetnsFrags:
    """struct netns_frags and inet_frags: all queues of one protocol in one Net, and their limits."""

    __slots__ = (
        "net",
        "nqueues",
        "mem",
        "lru",
        "timeout",
        "high_thresh",
        "low_thresh",
        "hash",
        "rnd",
        "secret_interval",
        "rebuilt",
        "qsize",
        "max_dist",
        "chain_overflows",
    )

    net: Net
    nqueues: int
    mem: int  # bytes of truesize, and qsize for each queue
    lru: dict[InetFragQueue, None]  # longest untouched first
    timeout: int  # jiffies
    high_thresh: int  # bytes
    low_thresh: int
    hash: list[list[InetFragQueue] | None]
    rnd: int
    secret_interval: int  # jiffies
    rebuilt: int  # jiffies when rnd was drawn; -1 before the first fragment
    qsize: int  # bytes charged for a queue itself
    max_dist: int
    chain_overflows: int

    def __init__(self, net: Net, qsize: int) -> None:
        self.net = net
        self.nqueues = 0
        self.mem = 0
        self.lru = {}
        self.timeout = 30 * HZ
        self.high_thresh = 256 * 1024
        self.low_thresh = 192 * 1024
        self.hash = [None] * const.INETFRAGS_HASHSZ
        self.rnd = 0
        self.secret_interval = 10 * 60 * HZ
        self.rebuilt = -1
        self.qsize = qsize
        self.max_dist = 64
        self.chain_overflows = 0


def inet_frag_secret(nf: NetnsFrags) -> int:
    """inet_frag_secret_rebuild(): the hash key of now; the table is rebuilt when it is too old."""
    now = jiffies()
    if nf.rebuilt >= 0 and now - nf.rebuilt < nf.secret_interval:
        return nf.rnd
    nf.rnd = nf.net.rand.u32()
    nf.rebuilt = now
    nf.hash = [None] * const.INETFRAGS_HASHSZ
    for q in nf.lru:
        q.hash = -1
    return nf.rnd


def inet_frag_intern(nf: NetnsFrags, q: InetFragQueue, key: int) -> bool:
    """inet_frag_intern(): make q findable under key; its time runs from now. False if its chain is
    full."""
    slot = key & (const.INETFRAGS_HASHSZ - 1)
    chain = nf.hash[slot]
    if chain is None:
        chain = []
        nf.hash[slot] = chain
    elif len(chain) >= const.INETFRAGS_MAXDEPTH:
        nf.chain_overflows += 1
        return False
    q.hash = slot
    chain.insert(0, q)
    mod_timer(q, jiffies() + nf.timeout)
    nf.lru[q] = None
    nf.nqueues += 1
    nf.mem += nf.qsize
    return True


def inet_frag_touch(q: InetFragQueue) -> None:
    """A fragment came: q is the last that the evictor takes."""
    lru = q.frags_ns.lru
    del lru[q]
    lru[q] = None


def inet_frag_kill(q: InetFragQueue) -> None:
    """inet_frag_kill(): stop the timer, take q out of the table; its fragments stay for now."""
    del_timer(q)
    if q.last_in & const.INET_FRAG_COMPLETE:
        return
    q.last_in |= const.INET_FRAG_COMPLETE
    nf = q.frags_ns
    chain = nf.hash[q.hash]
    if chain is not None:
        chain.remove(q)
        if not chain:
            nf.hash[q.hash] = None
    del nf.lru[q]
    nf.nqueues -= 1


def inet_frag_destroy(q: InetFragQueue, reason: int) -> None:
    """inet_frag_destroy(): free what q still holds and give its memory back."""
    assert q.last_in & const.INET_FRAG_COMPLETE
    nf = q.frags_ns
    inet_frag_purge(q, reason)
    nf.mem -= nf.qsize


def inet_frag_purge(q: InetFragQueue, reason: int) -> None:
    """Free q's fragments."""
    nf = q.frags_ns
    skb = q.fragments
    q.fragments = None
    q.fragments_tail = None
    while skb is not None:
        nxt = skb.next
        skb.next = None
        nf.mem -= skb.truesize
        kfree_skb(skb, reason)
        skb = nxt


def inet_frag_evictor(nf: NetnsFrags) -> int:
    """inet_frag_evictor(): down to low_thresh, the longest untouched first; how many queues went."""
    evicted = 0
    while nf.mem > nf.low_thresh and nf.lru:
        q = next(iter(nf.lru))
        inet_frag_kill(q)
        inet_frag_destroy(q, const.SKB_DROP_REASON_FRAG_EVICTED)
        evicted += 1
    return evicted
