"""What a driver says about its transmit queues, and the questions everybody asks of a device.

Linux: include/linux/netdevice.h (netif_*_queue, netif_running, netif_carrier_ok …), net/core/dev.c

A driver whose ring is full stops the queue and wakes it when a completion made room. While it is
stopped, ndo_start_xmit() is not called. Answering NETDEV_TX_BUSY with the queue running is a bug:
the packet would be tried again for ever (the specification's 9.5); xmit.py asserts against it.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
from softnet.net.core.sch_generic import (
    dev_watchdog_up,
    netdev_get_tx_queue,
    netif_schedule,
    qdisc_reset,
)
from softnet.structs.netdevice import NetDevice, NetdevQueue


def netif_tx_start_queue(txq: NetdevQueue) -> None:
    """Allow transmission, from ndo_open()."""
    if trace.netif_start_queue.enabled:
        trace.netif_start_queue.fire(None, txq.dev.name)
    txq.state &= ~(1 << const.QUEUE_STATE_XOFF)


def netif_start_queue(dev: NetDevice) -> None:
    """netif_tx_start_queue() of the first queue."""
    netif_tx_start_queue(dev.tx0)


def netif_start_subqueue(dev: NetDevice, index: int) -> None:
    """netif_tx_start_queue() of queue index."""
    netif_tx_start_queue(netdev_get_tx_queue(dev, index))


def netif_tx_stop_queue(txq: NetdevQueue) -> None:
    """The ring is full: no packet until netif_tx_wake_queue(). The watchdog starts to count."""
    if trace.netif_stop_queue.enabled:
        trace.netif_stop_queue.fire(None, txq.dev.name)
    if txq.state & 1 << const.QUEUE_STATE_XOFF:
        return
    txq.state |= 1 << const.QUEUE_STATE_XOFF
    if txq.dev.state & 1 << const.LINK_STATE_START:
        dev_watchdog_up(txq.dev)


def netif_stop_queue(dev: NetDevice) -> None:
    """netif_tx_stop_queue() of the first queue."""
    netif_tx_stop_queue(dev.tx0)


def netif_tx_stop_all_queues(dev: NetDevice) -> None:
    """netif_tx_stop_queue() of every queue."""
    for txq in dev.tx:
        netif_tx_stop_queue(txq)


def netif_stop_subqueue(dev: NetDevice, index: int) -> None:
    """netif_tx_stop_queue() of queue index."""
    netif_tx_stop_queue(netdev_get_tx_queue(dev, index))


def netif_tx_wake_queue(txq: NetdevQueue) -> None:
    """There is room again: let packets in, and have the softirq send those that wait."""
    if trace.netif_wake_queue.enabled:
        trace.netif_wake_queue.fire(None, txq.dev.name)
    if txq.state & 1 << const.QUEUE_STATE_XOFF:
        txq.state &= ~(1 << const.QUEUE_STATE_XOFF)
        q = txq.qdisc
        if q is not None:
            netif_schedule(q)


def netif_wake_queue(dev: NetDevice) -> None:
    """netif_tx_wake_queue() of the first queue."""
    netif_tx_wake_queue(dev.tx0)


def netif_tx_wake_all_queues(dev: NetDevice) -> None:
    """netif_tx_wake_queue() of every queue."""
    for txq in dev.tx:
        netif_tx_wake_queue(txq)


def netif_wake_subqueue(dev: NetDevice, index: int) -> None:
    """netif_tx_wake_queue() of queue index."""
    netif_tx_wake_queue(netdev_get_tx_queue(dev, index))


def netif_tx_queue_stopped(txq: NetdevQueue) -> bool:
    """Did the driver stop txq?"""
    return txq.state & 1 << const.QUEUE_STATE_XOFF != 0


def netif_queue_stopped(dev: NetDevice) -> bool:
    """Did the driver stop its first queue?"""
    return dev.tx0.state & 1 << const.QUEUE_STATE_XOFF != 0


def netif_subqueue_stopped(dev: NetDevice, index: int) -> bool:
    """__netif_subqueue_stopped()"""
    return netif_tx_queue_stopped(netdev_get_tx_queue(dev, index))


def netif_tx_freeze_queue(txq: NetdevQueue) -> None:
    """netif_tx_lock(): keep everybody out of the driver's transmit function, without stopping."""
    txq.state |= 1 << const.QUEUE_STATE_FROZEN


def netif_tx_unfreeze_queue(txq: NetdevQueue) -> None:
    """netif_tx_unlock(): the opposite; packets that came meanwhile are sent by the softirq."""
    txq.state &= ~(1 << const.QUEUE_STATE_FROZEN)
    q = txq.qdisc
    if q is not None and not txq.state & 1 << const.QUEUE_STATE_XOFF:
        netif_schedule(q)


def netif_running(dev: NetDevice) -> bool:
    """Is dev open (between ndo_open() and ndo_stop())?"""
    return dev.state & 1 << const.LINK_STATE_START != 0


def netif_device_present(dev: NetDevice) -> bool:
    """Is the hardware there (not suspended, not unplugged)?"""
    return dev.state & 1 << const.LINK_STATE_PRESENT != 0


def netif_carrier_ok(dev: NetDevice) -> bool:
    """Has the link a carrier?"""
    return dev.state & 1 << const.LINK_STATE_NOCARRIER == 0


def netif_dormant(dev: NetDevice) -> bool:
    """Does the link wait for something else (802.1X) before it carries traffic?"""
    return dev.state & 1 << const.LINK_STATE_DORMANT != 0


def netif_oper_up(dev: NetDevice) -> bool:
    """Is the operational state UP or unknown?"""
    return dev.operstate in (if_.IF_OPER_UP, if_.IF_OPER_UNKNOWN)


def netif_device_detach(dev: NetDevice) -> None:
    """The hardware is going away (suspend): nothing more to the driver."""
    if dev.state & 1 << const.LINK_STATE_PRESENT:
        dev.state &= ~(1 << const.LINK_STATE_PRESENT)
        if netif_running(dev):
            netif_tx_stop_all_queues(dev)


def netif_device_attach(dev: NetDevice) -> None:
    """The hardware is back."""
    if not netif_device_present(dev):
        dev.state |= 1 << const.LINK_STATE_PRESENT
        if netif_running(dev):
            netif_tx_wake_all_queues(dev)
            dev_watchdog_up(dev)


def netif_set_real_num_tx_queues(dev: NetDevice, count: int) -> int:
    """How many of its transmit queues the driver uses; 0 or -EINVAL (22)."""
    if not 1 <= count <= dev.num_tx_queues:
        return -22
    if dev.reg_state == const.NETREG_REGISTERED:
        index = count
        while index < dev.real_num_tx_queues:
            txq = netdev_get_tx_queue(dev, index)
            if txq.qdisc is not None:
                qdisc_reset(txq.qdisc)  # nobody will send what waits there
            index += 1
    dev.real_num_tx_queues = count
    return 0


def dev_hold(dev: NetDevice) -> None:
    """One more reference to dev."""
    dev.refcnt += 1


def dev_put(dev: NetDevice) -> None:
    """One reference less; unregister_netdevice() waits for the last."""
    dev.refcnt -= 1
    assert dev.refcnt >= 0, f"dev_put() of {dev.name} without dev_hold()"
