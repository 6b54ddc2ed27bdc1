"""Neighbours: is the next hop there, what is its link address, and sending to it.

Linux: net/core/neighbour.c. RFC 4861 7.3 has the state machine; ARP (RFC 826) is run by the same one.

    NONE -> INCOMPLETE -> REACHABLE -> STALE -> DELAY -> PROBE -> REACHABLE or FAILED

An entry is INCOMPLETE while its address is asked for (up to unres_qlen packets wait in arp_queue),
REACHABLE for about base_reachable_time after it was confirmed, then STALE: usable, but in doubt. The
first packet sent in doubt makes it DELAY; if nobody confirms it within delay_probe_time it is
PROBEd. A connected entry with a ready made header costs a packet one copy of 14 bytes and
dev_queue_xmit(): neigh_output() is the way in.

Entries are counted: one reference is the table's, each cached route holds another. Only an entry
that the table alone holds is collected.

Differs from Linux: a dict in order of creation instead of a hash table with a random seed, and the
periodic collector sleeps while the table is empty.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.neighbour as nud
import softnet.uapi.netlink as netlink
import softnet.uapi.rtnetlink as rtnl
from softnet.kernel.timer import Timer, del_timer, jiffies, mod_timer, timer_pending
from softnet.machine.cpu import this_cpu
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.skbuff import consume_skb, kfree_skb, skb_copy
from softnet.structs.dst import DstEntry
from softnet.structs.neighbour import (
    Neighbour,
    NeighMachine,
    NeighParms,
    NeighStatistics,
    NeighTable,
    NetEventOps,
    PneighEntry,
)
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

RAND_INTERVAL = 300  # seconds between draws of reachable_time
PROXY_ENQUEUED = 1  # skb.tcp_flags of a request that waits in the proxy queue: LOCALLY_ENQUEUED


# ---- sending: the way in, by how well the neighbour is known


def neigh_output(neigh: Neighbour, skb: SkBuff) -> int:
    """Send skb, data at its network header, to neigh. Consumes skb; NET_XMIT_* or -errno."""
    if trace.neigh_output.enabled:
        trace.neigh_output.fire(skb)
    if neigh.hh_len and neigh.nud_state & nud.NUD_CONNECTED:
        return neigh_hh_output(neigh, skb)
    return neigh_slow_output(neigh, skb)


def neigh_hh_output(neigh: Neighbour, skb: SkBuff) -> int:
    """neigh_hh_output(): prepend the ready made header."""
    if trace.neigh_hh_output.enabled:
        trace.neigh_hh_output.fire(skb)
    if neigh.hh_len == 14:  # Ethernet: a copy of known length is two moves
        mem.copy(skb.ptr, skb.push(14), neigh.hh_ptr, 0, 14)
    else:
        mem.copy(skb.ptr, skb.push(neigh.hh_len), neigh.hh_ptr, 0, neigh.hh_len)
    return dev_queue_xmit(skb)


def neigh_slow_output(neigh: Neighbour, skb: SkBuff) -> int:
    """neigh->output(neigh, skb)"""
    how = neigh.output
    if how == const.NEIGH_OUTPUT_CONNECTED:
        return neigh_connected_output(neigh, skb)
    if how == const.NEIGH_OUTPUT_RESOLVE:
        return neigh_resolve_output(neigh, skb)
    if how == const.NEIGH_OUTPUT_DIRECT:
        return neigh_direct_output(neigh, skb)
    if how == const.NEIGH_OUTPUT_COMPAT:
        return neigh_compat_output(neigh, skb)
    return neigh_blackhole(neigh, skb)


def neigh_resolve_output(neigh: Neighbour, skb: SkBuff) -> int:
    """neigh_resolve_output(): send if the address is known, else ask for it and let skb wait."""
    if trace.neigh_resolve_output.enabled:
        trace.neigh_resolve_output.fire(skb)
    dst = skb.dst
    if dst is None:
        kfree_skb(skb, const.SKB_DROP_REASON_NEIGH_FAILED)
        return -errno.EINVAL
    pull_to_network_header(skb)
    if neigh_event_send(neigh, skb):
        return 0
    if neigh.hh_len == 0:
        neigh_hh_init(neigh, dst)
    return neigh_connected_output(neigh, skb)


def neigh_connected_output(neigh: Neighbour, skb: SkBuff) -> int:
    """neigh_connected_output(): write the header anew and send."""
    if trace.neigh_connected_output.enabled:
        trace.neigh_connected_output.fire(skb)
    dev = neigh.dev
    pull_to_network_header(skb)
    if dev_hard_header(skb, dev, skb.protocol, neigh.ha, skb.len) < 0:
        kfree_skb(skb, const.SKB_DROP_REASON_DEV_HDR)
        return -errno.EINVAL
    return dev_queue_xmit(skb)


def neigh_compat_output(neigh: Neighbour, skb: SkBuff) -> int:
    """neigh_compat_output(): for links that resolve addresses themselves."""
    pull_to_network_header(skb)
    if dev_hard_header(skb, neigh.dev, skb.protocol, None, skb.len) < 0:
        kfree_skb(skb, const.SKB_DROP_REASON_DEV_HDR)
        return 0
    return dev_queue_xmit(skb)


def neigh_direct_output(neigh: Neighbour, skb: SkBuff) -> int:
    """neigh_direct_output(): the link has no header."""
    return dev_queue_xmit(skb)


def neigh_blackhole(neigh: Neighbour, skb: SkBuff) -> int:
    """neigh_blackhole(): the device is gone."""
    kfree_skb(skb, const.SKB_DROP_REASON_NEIGH_DEAD)
    return -errno.ENETDOWN


def dev_hard_header(skb: SkBuff, dev: NetDevice, type: int, daddr: bytes | None, n: int) -> int:
    """dev_hard_header(): push dev's link header; negative if it could not be completed."""
    ops = dev.header_ops
    if ops is None:
        return 0
    return ops.create(skb, dev, type, daddr, None, n)


def pull_to_network_header(skb: SkBuff) -> None:
    """Drop what a former attempt may have pushed in front of the network header."""
    if skb.network_header > skb.data:
        skb.pull(skb.network_header - skb.data)


def neigh_hh_init(neigh: Neighbour, dst: DstEntry) -> None:
    """neigh_hh_init(): make the header that dst's packets to neigh will all have."""
    ops = neigh.dev.header_ops
    if ops is not None:
        neigh.hh_type = dst.ops.protocol
        neigh.set_hh(ops.cache(neigh.ha, neigh.dev, neigh.hh_type))


# ---- the state machine


def neigh_event_send(neigh: Neighbour, skb: SkBuff | None) -> int:
    """neigh_event_send(): skb is about to be sent. 0: go on; 1: it waits or is gone."""
    now = jiffies()
    if neigh.used != now:
        neigh.used = now
    if neigh.nud_state & (nud.NUD_CONNECTED | nud.NUD_DELAY | nud.NUD_PROBE):
        return 0
    return neigh_event_send_in_doubt(neigh, skb, now)


def neigh_event_send_in_doubt(neigh: Neighbour, skb: SkBuff | None, now: int) -> int:
    """__neigh_event_send(): the same, for an entry that is not known to be there."""
    if trace.neigh_event_send.enabled:
        trace.neigh_event_send.fire(skb)
    probe_now = False
    p = neigh.parms
    state = neigh.nud_state
    if state & nud.NUD_STALE:
        neigh.nud_state = nud.NUD_DELAY
        neigh.updated = now
        mod_timer(neigh, now + p.delay_probe_time)
        return 0
    if not state & nud.NUD_INCOMPLETE:
        if p.mcast_probes + p.app_probes == 0:
            neigh.nud_state = nud.NUD_FAILED
            neigh.updated = now
            if skb is not None:
                kfree_skb(skb, const.SKB_DROP_REASON_NEIGH_FAILED)
            return 1
        neigh.probes = p.ucast_probes
        neigh.nud_state = nud.NUD_INCOMPLETE
        neigh.updated = now
        mod_timer(neigh, now + max(p.retrans_time, const.HZ // 2))
        probe_now = True
    if skb is not None:
        queue = neigh.arp_queue
        if queue.qlen >= p.queue_len:
            stats = neigh_stats(neigh.tbl)
            stats.unres_discards += 1
            oldest = queue.dequeue()
            if oldest is not None:
                kfree_skb(oldest, const.SKB_DROP_REASON_NEIGH_QUEUEFULL)
        queue.queue_tail(skb)
    if probe_now:
        neigh_probe(neigh)
    return 1


def neigh_probe(neigh: Neighbour) -> None:
    """neigh_probe(): ask once more. The protocol sees a copy: the waiting packet may go meanwhile."""
    if trace.neigh_probe.enabled:
        trace.neigh_probe.fire(None)
    first = neigh.arp_queue.peek()
    skb = None if first is None else skb_copy(first)
    neigh.ops.solicit(neigh, skb)
    neigh.probes += 1
    if skb is not None:
        consume_skb(skb)


def neigh_max_probes(neigh: Neighbour) -> int:
    """neigh_max_probes(): how often to ask before giving up."""
    p = neigh.parms
    if neigh.nud_state & nud.NUD_PROBE:
        return p.ucast_probes
    return p.ucast_probes + p.app_probes + p.mcast_probes


class NeighTimerHandler(NeighMachine):
    """neigh_timer_handler()"""

    __slots__ = ()

    def timer(self, neigh: Neighbour) -> None:
        """Time passes for neigh, whose timer fired."""
        neigh_timer_handler(neigh)


def neigh_timer_handler(neigh: Neighbour) -> None:
    """neigh_timer_handler(): REACHABLE runs out, DELAY ends, an answer did not come."""
    if trace.neigh_timer_handler.enabled:
        trace.neigh_timer_handler.fire(None)
    now = jiffies()
    state = neigh.nud_state
    p = neigh.parms
    notify = False
    expires = now + p.retrans_time
    if not state & nud.NUD_IN_TIMER:
        return
    if state & nud.NUD_REACHABLE:
        if now <= neigh.confirmed + p.reachable_time:
            expires = neigh.confirmed + p.reachable_time
        elif now <= neigh.used + p.delay_probe_time:
            neigh.nud_state = nud.NUD_DELAY
            neigh.updated = now
            neigh_suspect(neigh)
            expires = now + p.delay_probe_time
        else:
            neigh.nud_state = nud.NUD_STALE
            neigh.updated = now
            neigh_suspect(neigh)
            notify = True
    elif state & nud.NUD_DELAY:
        if now <= neigh.confirmed + p.delay_probe_time:
            neigh.nud_state = nud.NUD_REACHABLE
            neigh.updated = now
            neigh_connect(neigh)
            notify = True
            expires = neigh.confirmed + p.reachable_time
        else:
            neigh.nud_state = nud.NUD_PROBE
            neigh.updated = now
            neigh.probes = 0
    if neigh.nud_state & (nud.NUD_INCOMPLETE | nud.NUD_PROBE) and neigh.probes >= neigh_max_probes(
        neigh
    ):
        neigh.nud_state = nud.NUD_FAILED
        neigh.updated = now
        notify = True
        neigh_invalidate(neigh)
    # error_report() may have sent, and a packet sent starts the machine anew.
    if neigh.nud_state & nud.NUD_IN_TIMER:
        mod_timer(neigh, max(expires, now + const.HZ // 2))
        if neigh.nud_state & (nud.NUD_INCOMPLETE | nud.NUD_PROBE):
            neigh_probe(neigh)
    if notify:
        neigh_update_notify(neigh)


def neigh_invalidate(neigh: Neighbour) -> None:
    """neigh_invalidate(): it does not answer; tell those who wait."""
    if trace.neigh_invalidate.enabled:
        trace.neigh_invalidate.fire(None)
    stats = neigh_stats(neigh.tbl)
    stats.res_failed += 1
    neigh.updated = jiffies()
    # A report may lead back here and queue anew: stop as soon as the state is another.
    while neigh.nud_state == nud.NUD_FAILED:
        skb = neigh.arp_queue.dequeue()
        if skb is None:
            break
        neigh.ops.error_report(neigh, skb)
    neigh_purge_queue(neigh, const.SKB_DROP_REASON_NEIGH_FAILED)


def neigh_suspect(neigh: Neighbour) -> None:
    """neigh_suspect(): from now on packets make us doubt."""
    neigh.output = neigh.ops.output


def neigh_connect(neigh: Neighbour) -> None:
    """neigh_connect(): from now on packets just go."""
    neigh.output = neigh.ops.connected_output


def neigh_update(neigh: Neighbour, lladdr: bytes | None, new: int, flags: int) -> int:
    """neigh_update(): somebody knows: neigh is at lladdr (None: unchanged) and in state `new`.

    flags, NEIGH_UPDATE_F_*: OVERRIDE lets another lladdr win over a valid one; WEAK_OVERRIDE makes a
    connected entry STALE instead of taking the other lladdr; ADMIN may change NOARP and PERMANENT.
    0, or -EPERM, or -EINVAL when a valid state comes without an address.
    """
    if trace.neigh_update.enabled:
        trace.neigh_update.fire(None)
    dev = neigh.dev
    old = neigh.nud_state
    now = jiffies()
    if not flags & nud.NEIGH_UPDATE_F_ADMIN and old & (nud.NUD_NOARP | nud.NUD_PERMANENT):
        return -errno.EPERM
    if not new & nud.NUD_VALID:
        del_timer(neigh)
        if old & nud.NUD_CONNECTED:
            neigh_suspect(neigh)
        neigh.nud_state = new
        notify = old & nud.NUD_VALID != 0
        if old & (nud.NUD_INCOMPLETE | nud.NUD_PROBE) and new & nud.NUD_FAILED:
            neigh_invalidate(neigh)
            notify = True
        if notify:
            neigh_update_notify(neigh)
        return 0

    changed = False
    if dev.addr_len and lladdr is not None:
        changed = not old & nud.NUD_VALID or lladdr != neigh.ha
    elif dev.addr_len and not old & nud.NUD_VALID:
        return -errno.EINVAL

    if new & nud.NUD_CONNECTED:
        neigh.confirmed = now
    neigh.updated = now

    isrouter = flags & nud.NEIGH_UPDATE_F_OVERRIDE_ISROUTER
    if old & nud.NUD_VALID:
        if changed and not flags & nud.NEIGH_UPDATE_F_OVERRIDE:
            isrouter = 0
            if not flags & nud.NEIGH_UPDATE_F_WEAK_OVERRIDE or not old & nud.NUD_CONNECTED:
                return 0
            changed = False
            new = nud.NUD_STALE
        elif (
            not changed
            and new == nud.NUD_STALE
            and (flags & nud.NEIGH_UPDATE_F_WEAK_OVERRIDE or old & nud.NUD_CONNECTED)
        ):
            new = old
    return neigh_update_state(neigh, lladdr if changed else None, old, new, flags, isrouter)


def neigh_update_state(
    neigh: Neighbour, lladdr: bytes | None, old: int, new: int, flags: int, isrouter: int
) -> int:
    """The second half of neigh_update(): what was decided happens. lladdr: None if unchanged."""
    now = jiffies()
    if new != old:
        del_timer(neigh)
        if new & nud.NUD_IN_TIMER:
            due = now + (neigh.parms.reachable_time if new & nud.NUD_REACHABLE else 0)
            mod_timer(neigh, due)
        neigh.nud_state = new
    if lladdr is not None:
        neigh.ha = bytes(lladdr)
        neigh_update_hhs(neigh)
        if not new & nud.NUD_CONNECTED:
            neigh.confirmed = now - (neigh.parms.base_reachable_time << 1)
    if new != old:
        if new & nud.NUD_CONNECTED:
            neigh_connect(neigh)
        else:
            neigh_suspect(neigh)
        if not old & nud.NUD_VALID:
            neigh_send_waiting(neigh)
    if isrouter:
        if flags & nud.NEIGH_UPDATE_F_ISROUTER:
            neigh.flags |= nud.NTF_ROUTER
        else:
            neigh.flags &= ~nud.NTF_ROUTER
    if lladdr is not None:
        neigh_update_notify(neigh)
    return 0


def neigh_send_waiting(neigh: Neighbour) -> None:
    """The address is known now: send what waited for it."""
    while neigh.nud_state & nud.NUD_VALID:
        skb = neigh.arp_queue.dequeue()
        if skb is None:
            return
        dst = skb.dst
        n1 = neigh
        # The route may have moved to another neighbour while skb waited.
        if dst is not None and dst.neighbour is not None:
            n1 = dst.neighbour
        neigh_slow_output(n1, skb)
    neigh_purge_queue(neigh, const.SKB_DROP_REASON_NEIGH_FAILED)


def neigh_update_hhs(neigh: Neighbour) -> None:
    """neigh_update_hhs(): the address changed, so does the ready made header."""
    ops = neigh.dev.header_ops
    if ops is not None and neigh.hh_len:
        neigh.set_hh(ops.cache(neigh.ha, neigh.dev, neigh.hh_type))


def neigh_event_ns(tbl: NeighTable, lladdr: bytes, saddr: int, dev: NetDevice) -> Neighbour | None:
    """neigh_event_ns(): saddr asked for us, so it is at lladdr. Its entry, made if need be."""
    neigh = neigh_lookup(tbl, saddr, dev)
    if neigh is None:
        neigh = neigh_create(tbl, saddr, dev)
    if neigh is not None:
        neigh_update(neigh, lladdr, nud.NUD_STALE, nud.NEIGH_UPDATE_F_OVERRIDE)
    return neigh


# ---- the table


def neigh_stats(tbl: NeighTable) -> NeighStatistics:
    """NEIGH_CACHE_STAT_INC(): this CPU's counters."""
    cpu = this_cpu()
    i = 0 if cpu is None else cpu.id
    stats = tbl.stats
    while len(stats) <= i:
        stats.append(NeighStatistics())
    return stats[i]


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


def neigh_purge_queue(n: Neighbour, reason: int) -> None:
    """Drop what waits."""
    skb = n.arp_queue.dequeue()
    while skb is not None:
        kfree_skb(skb, reason)
        skb = n.arp_queue.dequeue()


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


# ---- addresses we answer for


def pneigh_lookup(
    tbl: NeighTable, key: int, dev: NetDevice | None, creat: bool
) -> PneighEntry | None:
    """pneigh_lookup(): do we answer for key on dev? creat makes the entry, None if it may not be."""
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


# ---- who else wants to know

netevent_ops: list[NetEventOps] = []


def register_netevent_notifier(ops: NetEventOps) -> None:
    """register_netevent_notifier(): ops hears of every neighbour's change, in every namespace."""
    netevent_ops.append(ops)


def neigh_update_notify(neigh: Neighbour) -> None:
    """neigh_update_notify(): state or address changed."""
    for ops in netevent_ops:
        ops.neigh_update(neigh)
    neigh_notify(neigh, rtnl.RTM_NEWNEIGH)


def neigh_notify(neigh: Neighbour, event: int) -> None:
    """__neigh_notify()"""
    for ops in netevent_ops:
        ops.neigh_notify(neigh, event)


def neigh_app_ns(neigh: Neighbour) -> None:
    """neigh_app_ns(): let a program in user space ask for neigh."""
    neigh_notify(neigh, rtnl.RTM_GETNEIGH)


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
