"""NAPI: drivers are polled, a budget at a time, instead of interrupting for each packet.

Linux: napi_schedule(), napi_complete(), net_rx_action() of net/core/dev.c

    interrupt        mask it, napi_schedule(napi)
    net_rx_action    napi.poll(napi.weight) for each on this CPU's list, 300 packets or 2 jiffies
    poll             fewer than budget: napi_complete(napi), unmask. Else stay on the list.

A napi is either scheduled, its interrupt masked, or its interrupt is armed: never both, never
neither. net_rx_action() asserts it after each poll of a driver that tells (Napi.irq_armed); a test
can ask napi_check() at any quiet moment. The CPU's own backlog (netif_rx) is a napi like the
others, without an interrupt.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
from softnet.kernel.softirq import (
    SoftirqAction,
    local_bh_disable,
    local_bh_enable,
    raise_softirq_irqoff_nowake,
)
from softnet.machine.cpu import Cpu, this_cpu
from softnet.machine.event import Clock
from softnet.net.core.dev.gro import napi_gro_flush
from softnet.net.core.dev.poll_list import (
    napi_schedule,
    napi_schedule_claimed,
    napi_schedule_prep,
    poll_list_add,
    poll_list_del,
)
from softnet.net.core.dev.rps import net_rps_action
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.netdevice import Napi, NetDevice, SoftnetData
from softnet.structs.skbuff import SkBuff

__all__ = [
    "NAPI_POLL_WEIGHT",
    "napi_check",
    "napi_complete",
    "napi_disable",
    "napi_enable",
    "napi_schedule",
    "napi_schedule_claimed",
    "napi_schedule_prep",
    "net_rx_action",
    "netif_napi_add",
    "netif_napi_del",
]

# A compiled module does not show what it cimports.
globals().update(
    napi_schedule=napi_schedule,
    napi_schedule_claimed=napi_schedule_claimed,
    napi_schedule_prep=napi_schedule_prep,
)

NAPI_POLL_WEIGHT = 64
RX_ACTION_JIFFIES = 2  # net_rx_action() stops when this much time went by


def napi_complete(napi: Napi) -> None:
    """The device ran dry: off the poll list; the driver arms the interrupt next."""
    if trace.napi_complete.enabled:
        trace.napi_complete.fire(None)
    if napi.state & 1 << const.NAPI_STATE_NPSVC:
        return
    if napi.gro_list is not None:
        napi_gro_flush(napi)
    sd = napi.sd
    assert napi.state & 1 << const.NAPI_STATE_SCHED, "napi_complete() of a napi not scheduled"
    assert sd is not None, "napi_complete() of a napi on no poll list"
    assert napi.gro_list is None
    poll_list_del(sd, napi)
    napi.sd = None
    napi.state &= ~(1 << const.NAPI_STATE_SCHED)


def napi_disable(napi: Napi) -> None:
    """Wait until napi is idle and keep it so until napi_enable(). Task context.

    Differs from Linux: pending softirqs of this CPU are run instead of sleeping, which is all
    that can be in the way; a napi scheduled on another CPU is taken off its list.
    """
    if trace.napi_disable.enabled:
        trace.napi_disable.fire(None)
    assert napi.state & 1 << const.NAPI_STATE_DISABLE == 0
    napi.state |= 1 << const.NAPI_STATE_DISABLE
    if napi.state & 1 << const.NAPI_STATE_SCHED:
        local_bh_disable()
        local_bh_enable()
    if napi.state & 1 << const.NAPI_STATE_SCHED and napi.sd is not None:
        napi_complete(napi)
    assert not napi.state & 1 << const.NAPI_STATE_SCHED, "napi_disable() twice"
    napi.state |= 1 << const.NAPI_STATE_SCHED
    napi.state &= ~(1 << const.NAPI_STATE_DISABLE)


def napi_enable(napi: Napi) -> None:
    """Let napi be scheduled: after netif_napi_add() or napi_disable()."""
    if trace.napi_enable.enabled:
        trace.napi_enable.fire(None)
    assert napi.state & 1 << const.NAPI_STATE_SCHED, "napi_enable() of an enabled napi"
    assert napi.sd is None
    napi.state &= ~(1 << const.NAPI_STATE_SCHED)


def netif_napi_add(dev: NetDevice, napi: Napi) -> None:
    """Tell dev of its napi, which stays disabled until napi_enable()."""
    napi.dev = dev
    napi.gro_count = 0
    napi.gro_list = None
    napi.skb = None
    napi.state = 1 << const.NAPI_STATE_SCHED
    napi.napi_next = dev.napi_list
    dev.napi_list = napi


def netif_napi_del(napi: Napi) -> None:
    """napi goes, disabled, and with it what it holds."""
    dev = napi.dev
    assert dev is not None
    if dev.napi_list is napi:
        dev.napi_list = napi.napi_next
    else:
        p = dev.napi_list
        while p is not None and p.napi_next is not napi:
            p = p.napi_next
        assert p is not None, f"netif_napi_del() of a napi that {dev.name} does not have"
        p.napi_next = napi.napi_next
    napi.napi_next = None
    if napi.skb is not None:
        kfree_skb(napi.skb, const.SKB_DROP_REASON_QUEUE_PURGE)
        napi.skb = None
    skb: SkBuff | None = napi.gro_list
    napi.gro_list = None
    napi.gro_count = 0
    while skb is not None:
        following = skb.next
        skb.next = None
        kfree_skb(skb, const.SKB_DROP_REASON_QUEUE_PURGE)
        skb = following


class NetRxSoftirq(SoftirqAction):
    """NET_RX_SOFTIRQ"""

    __slots__ = ()

    def action(self) -> None:
        """To net_rx_action()."""
        net_rx_action()


def net_rx_action() -> None:
    """Poll those on this CPU's list in turn, until none is left or the budget or the time is used.

    What is left then is counted in time_squeeze, and the softirq raised again.
    """
    if trace.net_rx_action.enabled:
        trace.net_rx_action.fire(None)
    cpu: Cpu = this_cpu()
    assert cpu.softirq_count
    sd: SoftnetData = cpu.softnet
    budget = sd.core.netdev_budget
    clock: Clock = cpu.machine.clock
    # The first instant at which jiffies is more than two later than now.
    time_limit = (clock.now // const.TICK_NSEC + RX_ACTION_JIFFIES + 1) * const.TICK_NSEC
    while True:
        napi = sd.poll_first
        if napi is None:
            break
        if not clock.virtual:
            clock.update()
        if budget <= 0 or clock.now >= time_limit:
            sd.time_squeeze += 1
            raise_softirq_irqoff_nowake(const.NET_RX_SOFTIRQ)
            break
        weight = napi.weight
        work = 0
        if napi.state & 1 << const.NAPI_STATE_SCHED:
            work = napi.poll(weight)
            if trace.napi_poll.enabled:
                trace.napi_poll.fire(None, "work %d budget %d", work, weight)
        assert 0 <= work <= weight, "poll() received more than its budget"
        budget -= work
        if work == weight:
            napi_used_up(sd, napi)
        elif napi is not sd.backlog:
            napi_assert(napi)
    if sd.rps_ipi_list is not None:
        net_rps_action(sd)


def napi_used_up(sd: SoftnetData, napi: Napi) -> None:
    """napi received its whole weight: to the end of the list, unless somebody disables it."""
    if napi is not sd.backlog:
        assert napi.sd is sd, "poll() answered its budget after napi_complete()"
        assert napi.irq_armed() != 1, "scheduled with its interrupt armed"
    if napi.state & 1 << const.NAPI_STATE_DISABLE:
        napi_complete(napi)
    elif napi.next is not None:
        poll_list_del(sd, napi)
        poll_list_add(sd, napi)


def napi_assert(napi: Napi) -> None:
    """Scheduled, or armed: one of them and only one. Disabled is scheduled without a list."""
    armed = napi.irq_armed()
    if armed >= 0:
        scheduled = napi.state & 1 << const.NAPI_STATE_SCHED != 0
        assert scheduled != (armed == 1), (
            "napi: scheduled with its interrupt armed" if scheduled else "napi: nobody will poll it"
        )


def napi_check(dev: NetDevice) -> int:
    """Assert the invariant for every napi of dev that is up; how many there are."""
    count = 0
    napi = dev.napi_list
    while napi is not None:
        if napi.sd is not None:
            assert napi.state & 1 << const.NAPI_STATE_SCHED
        napi_assert(napi)
        count += 1
        napi = napi.napi_next
    return count
