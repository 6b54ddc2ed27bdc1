"""Neighbours: is the next hop there, what is its link address, and sending to it.

Linux: net/core/neighbour.c

What becomes of one neighbour is in neigh_state.py: read that first. This is the table of them:
finding, making, collecting, addresses that we answer for, and what administrators do. Import both
from here.

Entries are counted: one reference is the table's, each cached route holds another. Only an entry
that the table alone holds is collected.

Differs from Linux: a dict in order of creation instead of a hash table with a random seed, and the
periodic collector sleeps while the table is empty.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.neighbour as nud
import softnet.uapi.netlink as netlink
import softnet.uapi.rtnetlink as rtnl
from softnet.kernel.timer import Timer, del_timer, jiffies, mod_timer, timer_pending
from softnet.net.core.neigh_state import (
    NeighTimerHandler,
    dev_hard_header,
    neigh_app_ns,
    neigh_connected_output,
    neigh_event_send,
    neigh_hh_output,
    neigh_notify,
    neigh_output,
    neigh_purge_queue,
    neigh_resolve_output,
    neigh_slow_output,
    neigh_stats,
    neigh_timer_handler,
    neigh_update,
    neigh_update_notify,
    netevent_ops,
    register_netevent_notifier,
)
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.neighbour import (
    Neighbour,
    NeighParms,
    NeighStatistics,
    NeighTable,
    PneighEntry,
)
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

__all__ = [
    "PROXY_ENQUEUED",
    "NeighTimerHandler",
    "dev_hard_header",
    "neigh_add",
    "neigh_app_ns",
    "neigh_changeaddr",
    "neigh_connected_output",
    "neigh_create",
    "neigh_delete",
    "neigh_event_ns",
    "neigh_event_send",
    "neigh_forced_gc",
    "neigh_hh_output",
    "neigh_hold",
    "neigh_ifdown",
    "neigh_lookup",
    "neigh_lookup_create",
    "neigh_lookup_nodev",
    "neigh_output",
    "neigh_parms_alloc",
    "neigh_parms_release",
    "neigh_periodic_work",
    "neigh_release",
    "neigh_resolve_output",
    "neigh_slow_output",
    "neigh_stat_show",
    "neigh_table_clear",
    "neigh_table_init",
    "neigh_timer_handler",
    "neigh_update",
    "neigh_update_notify",
    "netevent_ops",
    "pneigh_delete",
    "pneigh_enqueue",
    "pneigh_lookup",
    "register_netevent_notifier",
]

RAND_INTERVAL = 300  # seconds between draws of reachable_time
PROXY_ENQUEUED = 1  # skb.tcp_flags of a request that waits in the proxy queue: LOCALLY_ENQUEUED


# ---- the table


def neigh_key(tbl: NeighTable, key: int, dev: NetDevice | None) -> int:
    """The place of (key, dev) in tbl.hash and tbl.phash."""
    return (0 if dev is None else dev.ifindex) << (8 * tbl.key_len) | key


def neigh_lookup(tbl: NeighTable, key: int, dev: NetDevice) -> Neighbour | None:
    """neigh_lookup(): the entry of address key on dev. Takes no reference."""
    stats = neigh_stats(tbl)
    stats.lookups += 1
    n = tbl.hash.get(neigh_key(tbl, key, dev))
    if n is not None:
        stats.hits += 1
    return n


def neigh_lookup_nodev(tbl: NeighTable, key: int) -> Neighbour | None:
    """neigh_lookup_nodev(): the first entry of address key on whatever device."""
    stats = neigh_stats(tbl)
    stats.lookups += 1
    for n in tbl.hash.values():
        if n.primary_key == key:
            stats.hits += 1
            return n
    return None


def neigh_lookup_create(tbl: NeighTable, key: int, dev: NetDevice) -> Neighbour | None:
    """__neigh_lookup_errno(): the entry, made if need be; None: tbl.error says why."""
    n = neigh_lookup(tbl, key, dev)
    if n is None:
        n = neigh_create(tbl, key, dev)
    return n


def neigh_create(tbl: NeighTable, key: int, dev: NetDevice) -> Neighbour | None:
    """neigh_create(): a new entry. None: tbl.error is -ENOBUFS or what the constructor said."""
    if trace.neigh_create.enabled:
        trace.neigh_create.fire(None)
    now = jiffies()
    if tbl.entries >= tbl.gc_thresh3 or (
        tbl.entries >= tbl.gc_thresh2 and now > tbl.last_flush + 5 * const.HZ
    ):
        shrunk = neigh_forced_gc(tbl)
        if not shrunk and tbl.entries >= tbl.gc_thresh3:
            tbl.error = -errno.ENOBUFS
            return None
    n = Neighbour(tbl, key, dev)
    n.updated = now
    n.used = now
    err = tbl.constructor(n)
    if err < 0:
        tbl.error = err
        return None
    if n.parms.dead:
        tbl.error = -errno.EINVAL
        return None
    n.confirmed = now - (n.parms.base_reachable_time << 1)
    tbl.entries += 1
    stats = neigh_stats(tbl)
    stats.allocs += 1
    tbl.hash[neigh_key(tbl, key, dev)] = n
    neigh_gc_start(tbl)
    return n


def neigh_hold(neigh: Neighbour) -> None:
    """neigh_hold(): a cached route leads to it."""
    neigh.refcnt += 1


def neigh_release(neigh: Neighbour) -> None:
    """neigh_release()"""
    assert neigh.refcnt > 0
    neigh.refcnt -= 1


def neigh_unlink(tbl: NeighTable, n: Neighbour) -> None:
    """Take n out of the table for good: neigh_cleanup_and_release(), neigh_destroy()."""
    if trace.neigh_destroy.enabled:
        trace.neigh_destroy.fire(None)
    assert not n.dead
    del tbl.hash[neigh_key(tbl, n.primary_key, n.dev)]
    n.dead = True
    del_timer(n)
    neigh_purge_queue(n, const.SKB_DROP_REASON_NEIGH_DEAD)
    neigh_release(n)
    tbl.entries -= 1
    stats = neigh_stats(tbl)
    stats.destroys += 1
    neigh_notify(n, rtnl.RTM_DELNEIGH)


def neigh_forced_gc(tbl: NeighTable) -> int:
    """neigh_forced_gc(): drop every entry that only the table holds; did any go?"""
    stats = neigh_stats(tbl)
    stats.forced_gc_runs += 1
    shrunk = 0
    for n in list(tbl.hash.values()):
        if n.refcnt == 1 and not n.nud_state & nud.NUD_PERMANENT:
            neigh_unlink(tbl, n)
            shrunk = 1
    tbl.last_flush = jiffies()
    return shrunk


class NeighGcWork(Timer):
    """neigh_periodic_work(): half of base_reachable_time after half of base_reachable_time."""

    __slots__ = ("tbl",)

    tbl: NeighTable

    def __init__(self, tbl: NeighTable) -> None:
        Timer.__init__(self)
        self.tbl = tbl

    def function(self) -> None:
        """Collect, and come back if there is anything left to collect."""
        neigh_periodic_work(self.tbl)
        if self.tbl.entries:
            neigh_gc_start(self.tbl)


def neigh_gc_start(tbl: NeighTable) -> None:
    """See to it that the collector comes."""
    work = tbl.gc_work
    assert work is not None
    if not timer_pending(work):
        mod_timer(work, jiffies() + max(tbl.parms.base_reachable_time >> 1, 1))


def neigh_periodic_work(tbl: NeighTable) -> None:
    """neigh_periodic_work(): drop failed and long unused entries; draw reachable_time anew.

    As in 3.2, gc_thresh1 does not keep it from that, whatever the documentation says.
    """
    stats = neigh_stats(tbl)
    stats.periodic_gc_runs += 1
    now = jiffies()
    if now > tbl.last_rand + RAND_INTERVAL * const.HZ:
        tbl.last_rand = now
        neigh_draw_reach_time(tbl, tbl.parms)
        for p in tbl.parms_list:
            neigh_draw_reach_time(tbl, p)
    for n in list(tbl.hash.values()):
        state = n.nud_state
        if state & (nud.NUD_PERMANENT | nud.NUD_IN_TIMER):
            continue
        if n.used < n.confirmed:
            n.used = n.confirmed
        if n.refcnt == 1 and (state == nud.NUD_FAILED or now > n.used + n.parms.gc_staletime):
            neigh_unlink(tbl, n)


def neigh_draw_reach_time(tbl: NeighTable, p: NeighParms) -> None:
    """neigh_rand_reach_time(): 0.5 to 1.5 times base_reachable_time, so that hosts do not march in
    step. RFC 4861 6.3.2."""
    base = p.base_reachable_time
    p.reachable_time = tbl.net.rand.below(base) + (base >> 1) if base else 0


def neigh_changeaddr(tbl: NeighTable, dev: NetDevice) -> None:
    """neigh_changeaddr(): dev has another link address; what was learned on it is void."""
    neigh_flush_dev(tbl, dev)


def neigh_ifdown(tbl: NeighTable, dev: NetDevice | None) -> None:
    """neigh_ifdown(): dev (None: every device) goes down."""
    neigh_flush_dev(tbl, dev)
    for k, p in list(tbl.phash.items()):
        if dev is None or p.dev is dev:
            del tbl.phash[k]
            tbl.pdestructor(p)
    timer = tbl.proxy_timer
    if timer is not None:
        del_timer(timer)
    skb = tbl.proxy_queue.dequeue()
    while skb is not None:
        kfree_skb(skb, const.SKB_DROP_REASON_NEIGH_DEAD)
        skb = tbl.proxy_queue.dequeue()


def neigh_flush_dev(tbl: NeighTable, dev: NetDevice | None) -> None:
    """neigh_flush_dev(): forget dev's entries; routes that still hold one find a black hole."""
    for n in list(tbl.hash.values()):
        if dev is not None and n.dev is not dev:
            continue
        held = n.refcnt != 1
        neigh_unlink(tbl, n)
        if held:
            n.output = const.NEIGH_OUTPUT_BLACKHOLE
            n.set_hh(b"")
            n.nud_state = nud.NUD_NOARP if n.nud_state & nud.NUD_VALID else nud.NUD_NONE


def neigh_event_ns(tbl: NeighTable, lladdr: bytes, saddr: int, dev: NetDevice) -> Neighbour | None:
    """neigh_event_ns(): saddr asked for us, so it is at lladdr. Its entry, made if need be."""
    neigh = neigh_lookup(tbl, saddr, dev)
    if neigh is None:
        neigh = neigh_create(tbl, saddr, dev)
    if neigh is not None:
        neigh_update(neigh, lladdr, nud.NUD_STALE, nud.NEIGH_UPDATE_F_OVERRIDE)
    return neigh


# ---- addresses we answer for


def pneigh_lookup(
    tbl: NeighTable, key: int, dev: NetDevice | None, creat: bool
) -> PneighEntry | None:
    """pneigh_lookup(): do we answer for key on dev? creat makes the entry, if it may be."""
    p = tbl.phash.get(neigh_key(tbl, key, dev))
    if p is None and dev is not None:
        p = tbl.phash.get(neigh_key(tbl, key, None)) if not creat else None
    if p is not None or not creat:
        return p
    p = PneighEntry(key, dev)
    if tbl.pconstructor(p):
        return None
    tbl.phash[neigh_key(tbl, key, dev)] = p
    return p


def pneigh_delete(tbl: NeighTable, key: int, dev: NetDevice | None) -> int:
    """pneigh_delete(): 0 or -ENOENT."""
    p = tbl.phash.pop(neigh_key(tbl, key, dev), None)
    if p is None:
        return -errno.ENOENT
    tbl.pdestructor(p)
    return 0


def pneigh_enqueue(tbl: NeighTable, p: NeighParms, skb: SkBuff) -> None:
    """pneigh_enqueue(): answer skb, a request for somebody else, after a random delay."""
    now = jiffies()
    due = now + (tbl.net.rand.below(p.proxy_delay) if p.proxy_delay else 0)
    if tbl.proxy_queue.qlen > p.proxy_qlen:
        kfree_skb(skb, const.SKB_DROP_REASON_NEIGH_QUEUEFULL)
        return
    skb.when = due
    skb.tcp_flags = PROXY_ENQUEUED
    skb.dst = None
    tbl.proxy_queue.queue_tail(skb)
    timer = tbl.proxy_timer
    assert timer is not None
    if timer_pending(timer) and timer.expires < due:
        due = timer.expires
    mod_timer(timer, due)


class NeighProxyTimer(Timer):
    """tbl->proxy_timer"""

    __slots__ = ("tbl",)

    tbl: NeighTable

    def __init__(self, tbl: NeighTable) -> None:
        Timer.__init__(self)
        self.tbl = tbl

    def function(self) -> None:
        """neigh_proxy_process()"""
        neigh_proxy_process(self.tbl)


def neigh_proxy_process(tbl: NeighTable) -> None:
    """neigh_proxy_process(): answer the requests whose delay is over."""
    now = jiffies()
    queue = tbl.proxy_queue
    soonest = -1
    skb = queue.first
    while skb is not None:
        after = skb.next
        if skb.when <= now:
            queue.unlink(skb)
            dev = skb.dev
            if dev is not None and dev.state >> const.LINK_STATE_START & 1:
                tbl.proxy_redo(skb)
            else:
                kfree_skb(skb, const.SKB_DROP_REASON_DEV_DOWN)
        elif soonest < 0 or skb.when < soonest:
            soonest = skb.when
        skb = after
    if soonest >= 0 and tbl.proxy_timer is not None:
        mod_timer(tbl.proxy_timer, soonest)


# ---- tunables and tables


def neigh_parms_alloc(dev: NetDevice, tbl: NeighTable) -> NeighParms:
    """neigh_parms_alloc(): dev's own tunables, a copy of the defaults of this moment."""
    p = NeighParms(tbl, dev)
    p.copy_from(tbl.parms)
    neigh_draw_reach_time(tbl, p)
    tbl.parms_list.append(p)
    return p


def neigh_parms_release(tbl: NeighTable, p: NeighParms) -> None:
    """neigh_parms_release(): the device goes; entries that have these tunables keep them."""
    if p is tbl.parms or p not in tbl.parms_list:
        return
    tbl.parms_list.remove(p)
    p.dead = True


def neigh_table_init(tbl: NeighTable) -> None:
    """neigh_table_init(): make tbl ready to have entries."""
    tbl.machine = NeighTimerHandler()
    tbl.gc_work = NeighGcWork(tbl)
    tbl.proxy_timer = NeighProxyTimer(tbl)
    tbl.last_flush = jiffies()
    tbl.last_rand = jiffies()
    neigh_draw_reach_time(tbl, tbl.parms)


def neigh_table_clear(tbl: NeighTable) -> None:
    """neigh_table_clear(): the namespace goes, and every entry with it."""
    if tbl.gc_work is not None:
        del_timer(tbl.gc_work)
    neigh_ifdown(tbl, None)
    assert tbl.entries == 0, "neighbour leakage"


# ---- what administrators do


def neigh_add(
    tbl: NeighTable,
    key: int,
    dev: NetDevice | None,
    lladdr: bytes | None,
    state: int,
    flags: int = 0,
    nlflags: int = netlink.NLM_F_CREATE | netlink.NLM_F_REPLACE,
) -> None:
    """neigh_add(): `ip neigh add KEY lladdr … dev … nud …`; flags NTF_*, nlflags NLM_F_*.

    OSError: EINVAL, ENOENT without NLM_F_CREATE, EEXIST with NLM_F_EXCL, ENOBUFS, EPERM.
    """
    if dev is not None and lladdr is not None and len(lladdr) < dev.addr_len:
        raise OSError(errno.EINVAL, "Invalid argument")
    if flags & nud.NTF_PROXY:
        pn = pneigh_lookup(tbl, key, dev, True)
        if pn is None:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        pn.flags = flags
        return
    if dev is None:
        raise OSError(errno.EINVAL, "Invalid argument")
    update = nud.NEIGH_UPDATE_F_ADMIN | nud.NEIGH_UPDATE_F_OVERRIDE
    neigh = neigh_lookup(tbl, key, dev)
    if neigh is None:
        if not nlflags & netlink.NLM_F_CREATE:
            raise OSError(errno.ENOENT, "No such file or directory")
        neigh = neigh_create(tbl, key, dev)
        if neigh is None:
            raise OSError(-tbl.error, "neigh_create")
    else:
        if nlflags & netlink.NLM_F_EXCL:
            raise OSError(errno.EEXIST, "File exists")
        if not nlflags & netlink.NLM_F_REPLACE:
            update &= ~nud.NEIGH_UPDATE_F_OVERRIDE
    if flags & nud.NTF_USE:
        neigh_event_send(neigh, None)
        return
    ha = None if lladdr is None else bytes(lladdr[: dev.addr_len])
    err = neigh_update(neigh, ha, state, update)
    if err < 0:
        raise OSError(-err, "neigh_update")


def neigh_delete(tbl: NeighTable, key: int, dev: NetDevice | None, flags: int = 0) -> None:
    """neigh_delete(): `ip neigh del KEY dev …`. OSError: EINVAL without dev, ENOENT."""
    if flags & nud.NTF_PROXY:
        if pneigh_delete(tbl, key, dev):
            raise OSError(errno.ENOENT, "No such file or directory")
        return
    if dev is None:
        raise OSError(errno.EINVAL, "Invalid argument")
    neigh = neigh_lookup(tbl, key, dev)
    if neigh is None:
        raise OSError(errno.ENOENT, "No such file or directory")
    update = nud.NEIGH_UPDATE_F_ADMIN | nud.NEIGH_UPDATE_F_OVERRIDE
    err = neigh_update(neigh, None, nud.NUD_FAILED, update)
    if err < 0:
        raise OSError(-err, "neigh_update")


# ---- /proc/net/stat/arp_cache

STAT_HEADER = (
    "entries  allocs destroys hash_grows  lookups hits  res_failed  "
    "rcv_probes_mcast rcv_probes_ucast  periodic_gc_runs forced_gc_runs unresolved_discards\n"
)


def neigh_stat_show(tbl: NeighTable, ncpus: int) -> str:
    """neigh_stat_seq_show(): a header and a row for each CPU, numbers in hexadecimal."""
    out = [STAT_HEADER]
    while len(tbl.stats) < ncpus:
        tbl.stats.append(NeighStatistics())
    for st in tbl.stats:
        out.append(
            f"{tbl.entries:08x}  {st.allocs:08x} {st.destroys:08x} {st.hash_grows:08x}  "
            f"{st.lookups:08x} {st.hits:08x}  {st.res_failed:08x}  "
            f"{st.rcv_probes_mcast:08x} {st.rcv_probes_ucast:08x}  "
            f"{st.periodic_gc_runs:08x} {st.forced_gc_runs:08x} {st.unres_discards:08x}\n"
        )
    return "".join(out)
