"""Carrier: what a driver says of its link, and what follows from it a little later.

Linux: net/core/link_watch.c, netif_carrier_on() and netif_carrier_off() of net/sched/sch_generic.c

netif_carrier_on() and _off() only set a bit and note the device; a task then takes the RTNL, works
out the operational state (RFC 2863), starts or stops the queues and tells NETDEV_CHANGE. Urgent
events (a carrier for a device whose queues wait for it) are handled at once, others at most once a
second.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
from softnet.kernel.timer import jiffies
from softnet.kernel.workqueue import DelayedWork, cancel_delayed_work, schedule_delayed_work
from softnet.net.core.dev.config import netdev_state_change
from softnet.net.core.dev.netdev_chain import NetdevNotifier, register_netdevice_notifier
from softnet.net.core.dev.queue import dev_hold, dev_put, netif_carrier_ok, netif_running
from softnet.net.core.rtnl import rtnl_lock, rtnl_unlock
from softnet.net.core.sch_generic import dev_activate, dev_deactivate, dev_watchdog_up
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice

LW_INTERVAL = const.HZ  # jiffies between two rounds of events that are not urgent


class LinkWatch(DelayedWork):
    """One host's link events: lweventlist and the work that serves it."""

    __slots__ = ("events", "net", "nextevent", "urgent")

    net: Net
    events: list[NetDevice]
    nextevent: int  # jiffies
    urgent: bool

    def __init__(self, net: Net) -> None:
        DelayedWork.__init__(self)
        self.net = net
        self.events = []
        self.nextevent = 0
        self.urgent = False

    def func(self) -> None:
        """linkwatch_event(): task context."""
        rtnl_lock(self.net)
        try:
            self.run_queue(self.nextevent > jiffies())
        finally:
            rtnl_unlock(self.net)

    def run_queue(self, urgent_only: bool) -> None:
        """__linkwatch_run_queue(): all events, or only those that cannot wait. RTNL."""
        now = jiffies()
        if not urgent_only:
            self.nextevent = now + LW_INTERVAL
        elif self.nextevent > now + LW_INTERVAL:
            self.nextevent = now
        self.urgent = False
        events = self.events
        self.events = []
        for dev in events:
            if urgent_only and not linkwatch_urgent_event(dev):
                self.events.append(dev)
            else:
                linkwatch_do_dev(dev)
        if self.events:
            self.schedule(False)

    def schedule(self, urgent: bool) -> None:
        """linkwatch_schedule_work(): in time for the next event."""
        if self.urgent:
            return
        delay = 0
        if urgent:
            self.urgent = True
        else:
            delay = self.nextevent - jiffies()
            if delay > LW_INTERVAL or delay < 0:
                delay = 0
        if urgent and self.pending:
            cancel_delayed_work(self)
        if not self.pending:
            schedule_delayed_work(self, delay)


def linkwatch_of(net: Net) -> LinkWatch:
    """The LinkWatch of net's host."""
    init_net = net.nets[0]
    watch = init_net.gen.get("linkwatch")
    if watch is None:
        watch = init_net.gen["linkwatch"] = LinkWatch(init_net)
    assert isinstance(watch, LinkWatch)
    return watch


def netif_carrier_on(dev: NetDevice) -> None:
    """The link is up. Any context."""
    if trace.netif_carrier_on.enabled:
        trace.netif_carrier_on.fire(None, dev.name)
    if dev.state & 1 << const.LINK_STATE_NOCARRIER:
        dev.state &= ~(1 << const.LINK_STATE_NOCARRIER)
        if dev.reg_state == const.NETREG_UNINITIALIZED:
            return
        linkwatch_fire_event(dev)
        if netif_running(dev):
            dev_watchdog_up(dev)


def netif_carrier_off(dev: NetDevice) -> None:
    """The link is down. Any context."""
    if trace.netif_carrier_off.enabled:
        trace.netif_carrier_off.fire(None, dev.name)
    if not dev.state & 1 << const.LINK_STATE_NOCARRIER:
        dev.state |= 1 << const.LINK_STATE_NOCARRIER
        if dev.reg_state == const.NETREG_UNINITIALIZED:
            return
        linkwatch_fire_event(dev)


def netif_dormant_on(dev: NetDevice) -> None:
    """The link is up, but must not carry traffic yet."""
    if not dev.state & 1 << const.LINK_STATE_DORMANT:
        dev.state |= 1 << const.LINK_STATE_DORMANT
        linkwatch_fire_event(dev)


def netif_dormant_off(dev: NetDevice) -> None:
    """It may now."""
    if dev.state & 1 << const.LINK_STATE_DORMANT:
        dev.state &= ~(1 << const.LINK_STATE_DORMANT)
        linkwatch_fire_event(dev)


def linkwatch_fire_event(dev: NetDevice) -> None:
    """dev's link changed: see to it soon."""
    if trace.linkwatch_fire_event.enabled:
        trace.linkwatch_fire_event.fire(None, dev.name)
    watch = linkwatch_of(dev.nd_net)
    urgent = linkwatch_urgent_event(dev)
    if not dev.state & 1 << const.LINK_STATE_LINKWATCH_PENDING:
        dev.state |= 1 << const.LINK_STATE_LINKWATCH_PENDING
        dev_hold(dev)
        watch.events.append(dev)
    elif not urgent:
        return
    watch.schedule(urgent)


def linkwatch_urgent_event(dev: NetDevice) -> bool:
    """Does somebody wait for this? A stacked device, or queues that wait for the carrier."""
    if not netif_running(dev):
        return False
    if dev.ifindex != dev.iflink:
        return True
    if not netif_carrier_ok(dev):
        return False
    return any(txq.qdisc is not txq.qdisc_sleeping for txq in dev.tx)  # qdisc_tx_changing()


def linkwatch_do_dev(dev: NetDevice) -> None:
    """One device: its operational state, its queues, NETDEV_CHANGE. RTNL."""
    dev.state &= ~(1 << const.LINK_STATE_LINKWATCH_PENDING)
    rfc2863_policy(dev)
    if dev.flags & if_.IFF_UP:
        if netif_carrier_ok(dev):
            dev_activate(dev)
        else:
            dev_deactivate(dev)
        netdev_state_change(dev)
    dev_put(dev)


def default_operstate(dev: NetDevice) -> int:
    """What the carrier and the dormant bit say."""
    if not netif_carrier_ok(dev):
        if dev.ifindex != dev.iflink:
            return if_.IF_OPER_LOWERLAYERDOWN
        return if_.IF_OPER_DOWN
    if dev.state & 1 << const.LINK_STATE_DORMANT:
        return if_.IF_OPER_DORMANT
    return if_.IF_OPER_UP


def rfc2863_policy(dev: NetDevice) -> None:
    """Set the operational state; in link mode DORMANT somebody else says when it is UP."""
    operstate = default_operstate(dev)
    if operstate == dev.operstate:
        return
    if dev.link_mode == if_.IF_LINK_MODE_DORMANT and operstate == if_.IF_OPER_UP:
        operstate = if_.IF_OPER_DORMANT
    dev.operstate = operstate


def linkwatch_run_queue(net: Net) -> None:
    """Handle everything that waits, now. RTNL."""
    linkwatch_of(net).run_queue(False)


def linkwatch_forget_dev(dev: NetDevice) -> None:
    """dev goes: handle its event now, if one waits. RTNL."""
    watch = linkwatch_of(dev.nd_net)
    if dev in watch.events:
        watch.events.remove(dev)
        linkwatch_do_dev(dev)


class LinkwatchNotifier(NetdevNotifier):
    """Who leaves is forgotten.

    Differs from Linux: netdev_wait_allrefs() calls linkwatch_forget_dev() there.
    """

    __slots__ = ()

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        """NETDEV_UNREGISTER"""
        if event == const.NETDEV_UNREGISTER:
            linkwatch_forget_dev(dev)
        return const.NOTIFY_DONE


def linkwatch_init() -> None:
    """Once per process."""
    register_netdevice_notifier(LinkwatchNotifier())
