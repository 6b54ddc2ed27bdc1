"""A neighbour's life: sending to it, asking for it, believing answers.

Linux: net/core/neighbour.c, neigh_*_output(), neigh_timer_handler(), neigh_update() and what they
call. RFC 4861 7.3 has the state machine; ARP (RFC 826) is run by the same one.

    NONE -> INCOMPLETE -> REACHABLE -> STALE -> DELAY -> PROBE -> REACHABLE or FAILED

An entry is INCOMPLETE while its address is asked for (up to unres_qlen packets wait in arp_queue),
REACHABLE for about base_reachable_time after it was confirmed, then STALE: usable, but in doubt.
The first packet sent in doubt makes it DELAY; if nobody confirms it within delay_probe_time it is
PROBEd. A connected entry with a ready made header costs a packet one copy of 14 bytes and
dev_queue_xmit(): neigh_output() is the way in.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.neighbour as nud
import softnet.uapi.rtnetlink as rtnl
from softnet.kernel.timer import del_timer, jiffies, mod_timer
from softnet.machine.cpu import this_cpu
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.skbuff import consume_skb, kfree_skb, skb_copy
from softnet.structs.dst import DstEntry
from softnet.structs.neighbour import (
    Neighbour,
    NeighMachine,
    NeighStatistics,
    NeighTable,
    NetEventOps,
)
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

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
    """neigh_probe(): ask once more. The protocol sees a copy: the packet may go meanwhile."""
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

    flags, NEIGH_UPDATE_F_*: OVERRIDE lets another lladdr win over a valid one; WEAK_OVERRIDE makes
    a connected entry STALE instead of taking the other lladdr; ADMIN may change NOARP and
    PERMANENT. 0, or -EPERM, or -EINVAL when a valid state comes without an address.
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


def neigh_purge_queue(n: Neighbour, reason: int) -> None:
    """Drop what waits."""
    skb = n.arp_queue.dequeue()
    while skb is not None:
        kfree_skb(skb, reason)
        skb = n.arp_queue.dequeue()


def neigh_stats(tbl: NeighTable) -> NeighStatistics:
    """NEIGH_CACHE_STAT_INC(): this CPU's counters."""
    cpu = this_cpu()
    i = 0 if cpu is None else cpu.id
    stats = tbl.stats
    while len(stats) <= i:
        stats.append(NeighStatistics())
    return stats[i]


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
