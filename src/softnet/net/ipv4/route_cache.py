"""The route cache: one entry for each (daddr, saddr, tos, mark, device) that was seen lately.

Linux: net/ipv4/route.c, its first half. route.py asks and fills it, route_proc.py shows it.

A bucket's chain holds what hashes alike, newest first. Nothing is flushed entry by entry when
routes change: rt_genid moves on, and entries of another generation are dropped when somebody meets
them. A chain longer than gc_elasticity loses its least valuable entry to the newcomer; more entries
than gc_thresh wake the collector, which forgets what was not used for a time that halves until
enough went.

Differs from Linux: one cache for each namespace, in buckets that grow from 16 to the size that the
machine's memory gives (an idle host stays small); the worker sleeps while the cache is empty; an
entry that somebody holds may be evicted, and is obsolete then (see net/core/dst.py).
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.rtnetlink as rtnl
from softnet.kernel.timer import Timer, jiffies, mod_timer, timer_pending
from softnet.machine.cpu import in_softirq, this_cpu
from softnet.net.core.neighbour import neigh_release
from softnet.net.core.secure_seq import jhash_3words
from softnet.net.ipv4.inetpeer import inet_getpeer_v4, inet_putpeer
from softnet.structs.dst import DstOps
from softnet.structs.inetpeer import InetPeer
from softnet.structs.neighbour import Neighbour
from softnet.structs.net_namespace import Net
from softnet.structs.route import Rtable

BUCKETS_MIN = 16
RT_CHAIN_LENGTH_MAX = 20
RT_CACHE_REBUILD_COUNT = 4
ONE = 1 << 3  # chain lengths are measured in eighths: FRACT_BITS
LASTUSE_MASK = 0x3FFFFFFF
SCORE_VALUABLE = 1 << 31
SCORE_USEFUL = 1 << 30
SQRT_TOP_BIT = 1 << 30


class RtCacheStat:
    """struct rt_cache_stat: one CPU's counters."""

    __slots__ = (
        "in_hit",
        "in_slow_tot",
        "in_slow_mc",
        "in_no_route",
        "in_brd",
        "in_martian_dst",
        "in_martian_src",
        "out_hit",
        "out_slow_tot",
        "out_slow_mc",
        "gc_total",
        "gc_ignored",
        "gc_goal_miss",
        "gc_dst_overflow",
        "in_hlist_search",
        "out_hlist_search",
    )

    in_hit: int
    in_slow_tot: int
    in_slow_mc: int
    in_no_route: int
    in_brd: int
    in_martian_dst: int
    in_martian_src: int
    out_hit: int
    out_slow_tot: int
    out_slow_mc: int
    gc_total: int
    gc_ignored: int
    gc_goal_miss: int
    gc_dst_overflow: int
    in_hlist_search: int
    out_hlist_search: int

    def __init__(self) -> None:
        self.in_hit = 0
        self.in_slow_tot = 0
        self.in_slow_mc = 0
        self.in_no_route = 0
        self.in_brd = 0
        self.in_martian_dst = 0
        self.in_martian_src = 0
        self.out_hit = 0
        self.out_slow_tot = 0
        self.out_slow_mc = 0
        self.gc_total = 0
        self.gc_ignored = 0
        self.gc_goal_miss = 0
        self.gc_dst_overflow = 0
        self.in_hlist_search = 0
        self.out_hlist_search = 0


class RtCache:
    """One namespace's route cache (net.ipv4.route) and its tunables, net.ipv4.route.*."""

    __slots__ = (
        "net",
        "ops",
        "buckets",
        "mask",
        "entries",
        "rt_hash_log",
        "rt_genid",
        "peer_genid",
        "redirect_genid",
        "stats",
        "stat0",
        "ncpus",
        "ip_rt_max_size",
        "ip_rt_gc_timeout",
        "ip_rt_gc_interval",
        "ip_rt_gc_min_interval",
        "ip_rt_redirect_number",
        "ip_rt_redirect_load",
        "ip_rt_redirect_silence",
        "ip_rt_error_cost",
        "ip_rt_error_burst",
        "ip_rt_gc_elasticity",
        "ip_rt_mtu_expires",
        "ip_rt_min_pmtu",
        "ip_rt_min_advmss",
        "rt_chain_length_max",
        "rebuild_count",
        "rebuild_max",
        "last_gc",
        "rover",
        "expire",
        "equilibrium",
        "worker",
        "worker_rover",
        "worker_last",
        "acct",
        "error",
    )

    net: Net
    ops: DstOps
    buckets: list[Rtable | None]
    mask: int  # len(buckets) - 1
    entries: int
    rt_hash_log: int  # log2 of the number of buckets there may be
    rt_genid: int
    peer_genid: int
    redirect_genid: int
    stats: list[RtCacheStat]  # by CPU
    stat0: RtCacheStat  # the first CPU's: all there is on most machines
    ncpus: int
    ip_rt_max_size: int
    ip_rt_gc_timeout: int  # jiffies, as all times here
    ip_rt_gc_interval: int
    ip_rt_gc_min_interval: int
    ip_rt_redirect_number: int
    ip_rt_redirect_load: int
    ip_rt_redirect_silence: int
    ip_rt_error_cost: int
    ip_rt_error_burst: int
    ip_rt_gc_elasticity: int
    ip_rt_mtu_expires: int
    ip_rt_min_pmtu: int
    ip_rt_min_advmss: int
    rt_chain_length_max: int
    rebuild_count: int  # how often a chain was too long: rt_cache_rebuild_count
    rebuild_max: int  # more often, and caching stops; negative: no limit
    last_gc: int
    rover: int
    expire: int
    equilibrium: int
    worker: Timer | None
    worker_rover: int
    worker_last: int
    acct: dict[int, list[int]]  # rt_acct: realm -> o_bytes, o_packets, i_bytes, i_packets
    error: int  # why rt_intern_hash() answered None: a negative errno

    def __init__(self, net: Net, ops: DstOps, hash_log: int) -> None:
        hz = const.HZ
        self.net = net
        self.ops = ops
        self.buckets = [None] * BUCKETS_MIN
        self.mask = BUCKETS_MIN - 1
        self.entries = 0
        self.rt_hash_log = hash_log
        self.rt_genid = net.rand.u32()
        self.peer_genid = 0
        self.redirect_genid = 0
        self.stat0 = RtCacheStat()
        self.stats = [self.stat0]
        self.ncpus = len(net.machine.cpus)
        self.ip_rt_max_size = 16 << hash_log
        self.ip_rt_gc_timeout = 300 * hz
        self.ip_rt_gc_interval = 60 * hz
        self.ip_rt_gc_min_interval = hz // 2
        self.ip_rt_redirect_number = 9
        self.ip_rt_redirect_load = hz // 50
        self.ip_rt_redirect_silence = (hz // 50) << (9 + 1)
        self.ip_rt_error_cost = hz
        self.ip_rt_error_burst = 5 * hz
        self.ip_rt_gc_elasticity = 8
        self.ip_rt_mtu_expires = 10 * 60 * hz
        self.ip_rt_min_pmtu = 512 + 20 + 20
        self.ip_rt_min_advmss = 256
        self.rt_chain_length_max = RT_CHAIN_LENGTH_MAX
        self.rebuild_count = 0
        self.rebuild_max = RT_CACHE_REBUILD_COUNT
        self.last_gc = 0
        self.rover = 0
        self.expire = 300 * hz
        self.equilibrium = 0
        self.worker = None
        self.worker_rover = 0
        self.worker_last = 0
        self.acct = {}
        self.error = 0

    def stat(self) -> RtCacheStat:
        """RT_CACHE_STAT_INC(): this CPU's counters."""
        cpu = this_cpu()
        stats = self.stats
        if cpu is None or cpu.id == 0:
            return self.stat0
        while len(stats) <= cpu.id:
            stats.append(RtCacheStat())
        return stats[cpu.id]


def rt_hash_size_log(ram: int) -> int:
    """log2 of the route hash's size for ram bytes: one bucket for 32 KiB (128 KiB below 512 MiB),
    at most 512 Ki. Linux: alloc_large_system_hash() as ip_rt_init() calls it."""
    scale = 15 if ram >= 512 << 20 else 17
    wanted = max(ram >> scale, BUCKETS_MIN)
    log = (wanted - 1).bit_length()
    return min(log, 19)


# ---- generations


def rt_cache_of(net: Net) -> RtCache:
    """net.ipv4.route, with its type."""
    rc = net.ipv4.route
    assert isinstance(rc, RtCache)
    return rc


def rt_cache_invalidate(net: Net) -> None:
    """rt_cache_invalidate(): every entry is stale from now on."""
    rc = rt_cache_of(net)
    rc.rt_genid = mem.u32(rc.rt_genid + (net.rand.u32() & 0xFF) + 1)
    rc.redirect_genid += 1


def rt_cache_flush(net: Net, delay: int) -> None:
    """rt_cache_flush(): routes changed. delay negative: entries go as they are met; else all now.

    Without a cache yet (a namespace that is being made) nothing is to be done.
    """
    if net.ipv4.route is None:
        return
    if trace.rt_cache_flush.enabled:
        trace.rt_cache_flush.fire(None)
    rt_cache_invalidate(net)
    if delay >= 0:
        rt_do_flush(rt_cache_of(net))


def rt_do_flush(rc: RtCache) -> None:
    """rt_do_flush(): take every stale entry out."""
    for i in range(rc.mask + 1):
        rth = rc.buckets[i]
        kept: Rtable | None = None
        while rth is not None:
            following = rth.rt_next
            if rth.rt_genid != rc.rt_genid:
                rt_unlink(rc, i, kept, rth)
            else:
                kept = rth
            rth = following


# ---- finding, adding, removing


def rt_hash_code(daddr: int, saddr: int, idx: int, genid: int) -> int:
    """rt_hash(), before the mask."""
    return jhash_3words(daddr, saddr, idx, genid)


def rt_unlink(rc: RtCache, i: int, prev: Rtable | None, rth: Rtable) -> None:
    """Take rth, which follows prev (None: is first) in bucket i, out of the cache: rt_free()."""
    if prev is None:
        rc.buckets[i] = rth.rt_next
    else:
        prev.rt_next = rth.rt_next
    rth.rt_next = None
    rth.rt_cached = False
    rth.obsolete = const.DST_OBSOLETE_DEAD
    rc.entries -= 1
    rc.ops.entries -= 1
    n: Neighbour | None = rth.neighbour
    if n is not None:
        neigh_release(n)
    if rth.peer is not None:
        inet_putpeer(rth.peer)


def rt_add(rc: RtCache, rt: Rtable) -> None:
    """Put rt first in its bucket; from now on it counts as a holder of its neighbour and peer."""
    if rc.entries > rc.mask and rc.mask + 1 < 1 << rc.rt_hash_log:
        rt_grow(rc)
    i = rt.rt_hash & rc.mask
    rt.rt_next = rc.buckets[i]
    rc.buckets[i] = rt
    rt.rt_cached = True
    rc.entries += 1
    rc.ops.entries += 1
    n: Neighbour | None = rt.neighbour
    if n is not None:
        n.refcnt += 1
    if rt.peer is not None:
        rt.peer.refcnt += 1
    worker = rc.worker
    if worker is not None and not timer_pending(worker):
        rc.worker_last = jiffies()
        mod_timer(worker, jiffies() + max(rc.ip_rt_gc_interval, 1))


def rt_grow(rc: RtCache) -> None:
    """Twice the buckets. Chains keep their order, newest first."""
    old = rc.buckets
    size = (rc.mask + 1) * 2
    rc.buckets = [None] * size
    rc.mask = size - 1
    for i in range(len(old)):
        chain: list[Rtable] = []
        rth = old[i]
        while rth is not None:
            chain.append(rth)
            rth = rth.rt_next
        for k in range(len(chain) - 1, -1, -1):
            moved = chain[k]
            j = moved.rt_hash & rc.mask
            moved.rt_next = rc.buckets[j]
            rc.buckets[j] = moved


def rt_del(rc: RtCache, rt: Rtable) -> None:
    """rt_del(): take rt out, if it is in; and whatever is stale in its chain."""
    i = rt.rt_hash & rc.mask
    prev: Rtable | None = None
    rth = rc.buckets[i]
    while rth is not None:
        following = rth.rt_next
        if rth is rt or rth.rt_genid != rc.rt_genid:
            rt_unlink(rc, i, prev, rth)
        else:
            prev = rth
        rth = following


def compare_keys(a: Rtable, b: Rtable) -> bool:
    """compare_keys(): do they answer the same question?"""
    return (
        a.rt_key_dst == b.rt_key_dst
        and a.rt_key_src == b.rt_key_src
        and a.rt_mark == b.rt_mark
        and a.rt_key_tos == b.rt_key_tos
        and a.rt_oif == b.rt_oif
        and a.rt_route_iif == b.rt_route_iif
    )


def compare_hash_inputs(a: Rtable, b: Rtable) -> bool:
    """compare_hash_inputs(): do they hash alike for a reason?"""
    return (
        a.rt_key_dst == b.rt_key_dst
        and a.rt_key_src == b.rt_key_src
        and a.rt_route_iif == b.rt_route_iif
    )


def rt_cache_place(rc: RtCache, rt: Rtable) -> Rtable | None:
    """rt_intern_hash(), first part: make room in rt's chain.

    The entry that answers rt's question already, moved to the front; None if there is none. Stale
    entries go; if the chain is longer than gc_elasticity, so does its least valuable one.
    """
    i = rt.rt_hash & rc.mask
    chain_length = 0
    min_score = const.S64_MAX
    cand: Rtable | None = None
    cand_prev: Rtable | None = None
    prev: Rtable | None = None
    rth = rc.buckets[i]
    while rth is not None:
        following = rth.rt_next
        if rth.rt_genid != rc.rt_genid:
            rt_unlink(rc, i, prev, rth)
            rth = following
            continue
        if compare_keys(rth, rt):
            if prev is not None:
                prev.rt_next = following
                rth.rt_next = rc.buckets[i]
                rc.buckets[i] = rth
            return rth
        score = rt_score(rth)
        if rth.refcnt == 0 and score <= min_score:
            cand = rth
            cand_prev = prev
            min_score = score
        chain_length += 1
        prev = rth
        rth = following
    if cand is not None:
        if chain_length > rc.ip_rt_gc_elasticity:
            rt_unlink(rc, i, cand_prev, cand)
    elif chain_length > rc.rt_chain_length_max and rt_chain_weight(rc, i) > rc.rt_chain_length_max:
        # Nobody is so unlucky: somebody found keys that collide. Move everything elsewhere.
        rc.rebuild_count += 1
        rt_cache_invalidate(rc.net)
    return None


def rt_caching(rc: RtCache) -> bool:
    """rt_caching(): are routes cached at all?"""
    return rc.rebuild_max < 0 or rc.rebuild_count <= rc.rebuild_max


def rt_valuable(rth: Rtable) -> bool:
    """rt_valuable(): does it know something that a new lookup would not?"""
    if rth.rt_flags & (rtnl.RTCF_REDIRECTED | rtnl.RTCF_NOTIFY):
        return True
    return rth.peer is not None and rth.peer.pmtu_expires != 0


def rt_score(rth: Rtable) -> int:
    """rt_score(): the lower, the sooner it may go."""
    score = rth.lastuse & LASTUSE_MASK
    if rt_valuable(rth):
        score |= SCORE_VALUABLE
    local = rtnl.RTCF_BROADCAST | rtnl.RTCF_MULTICAST | rtnl.RTCF_LOCAL
    if rth.rt_route_iif != 0 or rth.rt_flags & local == 0:
        score |= SCORE_USEFUL
    return score


def rt_chain_weight(rc: RtCache, i: int) -> int:
    """slow_chain_length(): the length of chain i; what differs only in TOS counts once."""
    weight = 0
    head = rc.buckets[i]
    rth = head
    while rth is not None:
        weight += has_noalias(head, rth)
        rth = rth.rt_next
    return weight >> 3


def has_noalias(head: Rtable | None, rth: Rtable) -> int:
    """has_noalias(): ONE if no entry before rth in its chain hashes alike for a reason, else 0."""
    aux = head
    while aux is not rth and aux is not None:
        if compare_hash_inputs(aux, rth):
            return 0
        aux = aux.rt_next
    return ONE


# ---- ageing


def rt_may_expire(rc: RtCache, rth: Rtable, tmo1: int, tmo2: int) -> bool:
    """rt_may_expire(): unused for more than tmo1 jiffies, or tmo2 if it is valuable?"""
    age = jiffies() - rth.lastuse
    # Received broadcasts that collide with something more useful go at once: rt_fast_clean().
    brd = rtnl.RTCF_BROADCAST | rtnl.RTCF_MULTICAST
    fast = rth.rt_flags & brd != 0 and rth.rt_route_iif != 0 and rth.rt_next is not None
    if age <= tmo1 and not fast:
        return False
    return not (age <= tmo2 and rt_valuable(rth))


def rt_collect_chain(rc: RtCache, i: int, tmo1: int, tmo2: int) -> int:
    """Forget what is stale or old in chain i; each survivor halves tmo1. How many went."""
    gone = 0
    prev: Rtable | None = None
    rth = rc.buckets[i]
    while rth is not None:
        following = rth.rt_next
        if rth.rt_genid == rc.rt_genid and not rt_may_expire(rc, rth, tmo1, tmo2):
            tmo1 >>= 1
            prev = rth
        else:
            rt_unlink(rc, i, prev, rth)
            gone += 1
        rth = following
    return gone


def rt_garbage_collect(rc: RtCache) -> int:
    """rt_garbage_collect(): more than gc_thresh entries. 0, or 1 if no room could be made."""
    if trace.rt_garbage_collect.enabled:
        trace.rt_garbage_collect.fire(None)
    stat = rc.stat()
    now = jiffies()
    stat.gc_total += 1
    if now - rc.last_gc < rc.ip_rt_gc_min_interval and rc.entries < rc.ip_rt_max_size:
        stat.gc_ignored += 1
        return 0
    size = 1 << rc.rt_hash_log
    goal = rc.entries - (rc.ip_rt_gc_elasticity << rc.rt_hash_log)
    if goal <= 0:
        # Not dangerous yet: find the number of entries at which coming and going balance.
        if rc.equilibrium < rc.ops.gc_thresh:
            rc.equilibrium = rc.ops.gc_thresh
        goal = rc.entries - rc.equilibrium
        if goal > 0:
            rc.equilibrium += min(goal >> 1, size)
            goal = rc.entries - rc.equilibrium
    else:
        goal = max(goal >> 1, size)
        rc.equilibrium = rc.entries - goal
    if now - rc.last_gc >= rc.ip_rt_gc_min_interval:
        rc.last_gc = now
    if goal <= 0:
        rc.equilibrium += goal
        rt_gc_done(rc)
        return 0
    while True:
        if rt_gc_round(rc, goal):
            rt_gc_done(rc)
            return 0
        stat.gc_goal_miss += 1
        if rc.expire == 0:
            break
        rc.expire >>= 1
        if rc.entries < rc.ip_rt_max_size:
            return 0
        if in_softirq():
            break
    if rc.entries < rc.ip_rt_max_size:
        return 0
    stat.gc_dst_overflow += 1
    return 1


def rt_gc_round(rc: RtCache, goal: int) -> bool:
    """Go through the buckets once, from where the last round ended; True when goal entries went."""
    for _ in range(rc.mask + 1):
        rc.rover = (rc.rover + 1) & rc.mask
        goal -= rt_collect_chain(rc, rc.rover, rc.expire, rc.expire)
        if goal <= 0:
            return True
    return False


def rt_gc_done(rc: RtCache) -> None:
    """The goal was met: be more patient next time."""
    rc.expire += rc.ip_rt_gc_min_interval
    if rc.expire > rc.ip_rt_gc_timeout or rc.entries < rc.ops.gc_thresh:
        rc.expire = rc.ip_rt_gc_timeout


class RtWorker(Timer):
    """rt_worker_func(): every gc_interval, while anything is cached."""

    __slots__ = ("rc",)

    rc: RtCache

    def __init__(self, rc: RtCache) -> None:
        Timer.__init__(self)
        self.rc = rc

    def function(self) -> None:
        """Age a part of the cache and come back."""
        rc = self.rc
        rt_check_expire(rc)
        if rc.entries:
            mod_timer(self, jiffies() + max(rc.ip_rt_gc_interval, 1))


def rt_check_expire(rc: RtCache) -> None:
    """rt_check_expire(): forget old entries, so many buckets as to have seen all in gc_timeout.

    From the lengths it meets follows what counts as a suspiciously long chain: the average and
    four standard deviations.
    """
    now = jiffies()
    delta = now - rc.worker_last
    rc.worker_last = now
    size = rc.mask + 1
    goal = delta * size // rc.ip_rt_gc_timeout if rc.ip_rt_gc_timeout > 1 else size
    samples = 0
    total = 0
    squares = 0
    for _ in range(min(max(goal, 1), size)):
        rc.worker_rover = (rc.worker_rover + 1) & rc.mask
        i = rc.worker_rover
        samples += 1
        if rc.buckets[i] is None:
            continue
        rt_collect_chain(rc, i, rc.ip_rt_gc_timeout, rc.ip_rt_gc_timeout)
        length = 0
        head = rc.buckets[i]
        rth = head
        while rth is not None:
            length += has_noalias(head, rth)
            rth = rth.rt_next
        total += length
        squares += length * length
    avg = total // samples
    deviation = int_sqrt(squares // samples - avg * avg)
    rc.rt_chain_length_max = max(rc.ip_rt_gc_elasticity, (avg + 4 * deviation) >> 3)


def int_sqrt(x: int) -> int:
    """int_sqrt(): the square root, rounded down."""
    r = 0
    bit = SQRT_TOP_BIT
    while bit:
        if (r + bit) * (r + bit) <= x:
            r += bit
        bit >>= 1
    return r


def format_addr(addr: int) -> str:
    """%pI4"""
    return f"{addr >> 24}.{addr >> 16 & 255}.{addr >> 8 & 255}.{addr & 255}"


# ---- the peer of a route


def rt_bind_peer(rt: Rtable, daddr: int, create: int) -> InetPeer | None:
    """rt_bind_peer(): let rt have the inet_peer of daddr; create it if create is not 0."""
    peer = rt.peer
    if peer is not None:
        return peer
    peer = inet_getpeer_v4(rt.rt_net, daddr, create)
    if peer is None:
        return None
    rt.peer = peer
    rt.rt_peer_genid = rt_cache_of(rt.rt_net).peer_genid
    if not rt.rt_cached:
        inet_putpeer(peer)  # rt_add() takes the reference when rt becomes a holder
    return peer


def rt_get_peer(rt: Rtable) -> InetPeer:
    """rt_get_peer_create(): the inet_peer of rt's destination."""
    peer = rt_bind_peer(rt, rt.rt_dst, 1)
    assert peer is not None
    return peer
