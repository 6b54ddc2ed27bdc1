"""A device's settings: up and down, flags, promiscuity, MTU, address; its statistics.

Linux: dev_open(), dev_change_flags(), dev_set_mtu() … of net/core/dev.c

All of it runs under the RTNL in task context and answers 0 or a negative errno, as the ioctl and
netlink code that calls it wants. Events go out in Linux's order: going up is PRE_UP, UP; going down
is GOING_DOWN, DOWN.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
from softnet.kernel.notifier import notifier_to_errno
from softnet.kernel.printk import printk
from softnet.net.core.dev.netdev_chain import call_netdevice_notifiers
from softnet.net.core.dev.queue import (
    netif_carrier_ok,
    netif_device_present,
    netif_dormant,
    netif_oper_up,
    netif_running,
)
from softnet.net.core.rtnl import ASSERT_RTNL
from softnet.net.core.sch_generic import dev_activate, dev_deactivate
from softnet.structs.netdev_stats import NetDeviceStats
from softnet.structs.netdevice import NetDevice

EINVAL = -22
ENODEV = -19
EOVERFLOW = -75
PROMISCUITY_MAX = 0xFFFFFFFF  # dev->promiscuity is an unsigned int

# What dev_change_flags() can change, besides IFF_UP, IFF_PROMISC and IFF_ALLMULTI.
SETTABLE_FLAGS = (
    if_.IFF_DEBUG
    | if_.IFF_NOTRAILERS
    | if_.IFF_NOARP
    | if_.IFF_DYNAMIC
    | if_.IFF_MULTICAST
    | if_.IFF_PORTSEL
    | if_.IFF_AUTOMEDIA
)
# What it leaves alone.
KEPT_FLAGS = if_.IFF_UP | if_.IFF_VOLATILE | if_.IFF_PROMISC | if_.IFF_ALLMULTI


def dev_open(dev: NetDevice) -> int:
    """Bring dev up, if it is not."""
    if trace.dev_open.enabled:
        trace.dev_open.fire(None, dev.name)
    ASSERT_RTNL(dev.nd_net)
    if dev.flags & if_.IFF_UP:
        return 0
    error = open_device(dev)
    if error < 0:
        return error
    call_netdevice_notifiers(const.NETDEV_UP, dev)
    return 0


def open_device(dev: NetDevice) -> int:
    """__dev_open(): ask everybody, then the driver; start the queues."""
    if trace.dev_open_core.enabled:
        trace.dev_open_core.fire(None, dev.name)
    if not netif_device_present(dev):
        return ENODEV
    error = notifier_to_errno(call_netdevice_notifiers(const.NETDEV_PRE_UP, dev))
    if error:
        return error
    dev.state |= 1 << const.LINK_STATE_START
    error = dev.ndo_validate_addr()
    if error == 0:
        error = dev.ndo_open()
    if error:
        dev.state &= ~(1 << const.LINK_STATE_START)
        return error
    dev.flags |= if_.IFF_UP
    dev_set_rx_mode(dev)
    dev_activate(dev)
    return 0


def dev_close(dev: NetDevice) -> int:
    """Take dev down, if it is up."""
    if trace.dev_close.enabled:
        trace.dev_close.fire(None, dev.name)
    ASSERT_RTNL(dev.nd_net)
    if not dev.flags & if_.IFF_UP:
        return 0
    close_device(dev)
    call_netdevice_notifiers(const.NETDEV_DOWN, dev)
    return 0


def close_device(dev: NetDevice) -> int:
    """__dev_close()"""
    call_netdevice_notifiers(const.NETDEV_GOING_DOWN, dev)
    dev.state &= ~(1 << const.LINK_STATE_START)
    dev_deactivate(dev)
    dev.ndo_stop()
    dev.flags &= ~if_.IFF_UP
    return 0


def dev_get_flags(dev: NetDevice) -> int:
    """The flags that user space sees: those it set itself, and the state of the link."""
    hidden = if_.IFF_RUNNING | if_.IFF_LOWER_UP | if_.IFF_DORMANT
    user = if_.IFF_PROMISC | if_.IFF_ALLMULTI
    flags = dev.flags & ~(user | hidden) | dev.gflags & user
    if netif_running(dev):
        if netif_oper_up(dev):
            flags |= if_.IFF_RUNNING
        if netif_carrier_ok(dev):
            flags |= if_.IFF_LOWER_UP
        if netif_dormant(dev):
            flags |= if_.IFF_DORMANT
    return flags


def dev_change_flags(dev: NetDevice, flags: int) -> int:
    """Make dev's flags what user space wants, and tell who needs to know."""
    if trace.dev_change_flags.enabled:
        trace.dev_change_flags.fire(None, dev.name)
    old_flags = dev.flags
    error = change_flags(dev, flags)
    if error < 0:
        return error
    dev_notify_flags(dev, old_flags)
    return 0


def change_flags(dev: NetDevice, flags: int) -> int:
    """__dev_change_flags(): without the notification."""
    ASSERT_RTNL(dev.nd_net)
    old_flags = dev.flags
    dev.flags = flags & SETTABLE_FLAGS | dev.flags & KEPT_FLAGS
    if (old_flags ^ flags) & if_.IFF_MULTICAST:
        dev_change_rx_flags(dev, if_.IFF_MULTICAST)
    dev_set_rx_mode(dev)

    error = 0
    if (old_flags ^ flags) & if_.IFF_UP:
        error = close_device(dev) if old_flags & if_.IFF_UP else open_device(dev)
        if error == 0:
            dev_set_rx_mode(dev)
    if (flags ^ dev.gflags) & if_.IFF_PROMISC:
        dev.gflags ^= if_.IFF_PROMISC
        dev_set_promiscuity(dev, 1 if flags & if_.IFF_PROMISC else -1)
    if (flags ^ dev.gflags) & if_.IFF_ALLMULTI:
        dev.gflags ^= if_.IFF_ALLMULTI
        dev_set_allmulti(dev, 1 if flags & if_.IFF_ALLMULTI else -1)
    return error


def dev_notify_flags(dev: NetDevice, old_flags: int) -> None:
    """__dev_notify_flags(): NETDEV_UP or _DOWN, and NETDEV_CHANGE for the rest of an up device."""
    changes = dev.flags ^ old_flags
    if changes & if_.IFF_UP:
        event = const.NETDEV_UP if dev.flags & if_.IFF_UP else const.NETDEV_DOWN
        call_netdevice_notifiers(event, dev)
    quiet = if_.IFF_UP | if_.IFF_PROMISC | if_.IFF_ALLMULTI | if_.IFF_VOLATILE
    if dev.flags & if_.IFF_UP and changes & ~quiet:
        call_netdevice_notifiers(const.NETDEV_CHANGE, dev)


def netdev_state_change(dev: NetDevice) -> None:
    """The link came or went, or something else changed: NETDEV_CHANGE if dev is up."""
    if dev.flags & if_.IFF_UP:
        call_netdevice_notifiers(const.NETDEV_CHANGE, dev)


def dev_change_rx_flags(dev: NetDevice, flags: int) -> None:
    """Tell the driver of an up device that a receive flag changed."""
    if dev.flags & if_.IFF_UP:
        dev.ndo_change_rx_flags(flags)


def dev_set_rx_mode(dev: NetDevice) -> None:
    """Bring the device's address filter up to date; promiscuous if it cannot filter unicast."""
    if not dev.flags & if_.IFF_UP or not netif_device_present(dev):
        return
    if not dev.priv_flags & if_.IFF_UNICAST_FLT:
        if dev.uc and not dev.uc_promisc:
            change_promiscuity(dev, 1)
            dev.uc_promisc = 1
        elif not dev.uc and dev.uc_promisc:
            change_promiscuity(dev, -1)
            dev.uc_promisc = 0
    dev.ndo_set_rx_mode()


def dev_set_promiscuity(dev: NetDevice, inc: int) -> int:
    """One user more (1) or less (-1) who wants every frame on the wire."""
    old_flags = dev.flags
    error = change_promiscuity(dev, inc)
    if error < 0:
        return error
    if dev.flags != old_flags:
        dev_set_rx_mode(dev)
    return error


def change_promiscuity(dev: NetDevice, inc: int) -> int:
    """__dev_set_promiscuity(): without the driver's filter."""
    ASSERT_RTNL(dev.nd_net)
    old_flags = dev.flags
    count = dev.promiscuity + inc
    assert count >= 0, f"{dev.name}: promiscuity below 0"
    if count > PROMISCUITY_MAX:
        printk(
            const.KERN_WARNING,
            f"{dev.name}: promiscuity touches roof, set promiscuity failed, "
            "promiscuity feature of device might be broken.",
        )
        return EOVERFLOW
    dev.promiscuity = count
    if count:
        dev.flags |= if_.IFF_PROMISC
    else:
        dev.flags &= ~if_.IFF_PROMISC
    if dev.flags != old_flags:
        how = "entered" if count else "left"
        printk(const.KERN_INFO, f"device {dev.name} {how} promiscuous mode")
        dev_change_rx_flags(dev, if_.IFF_PROMISC)
    return 0


def dev_set_allmulti(dev: NetDevice, inc: int) -> int:
    """One user more (1) or less (-1) who wants every multicast frame."""
    ASSERT_RTNL(dev.nd_net)
    old_flags = dev.flags
    count = dev.allmulti + inc
    assert count >= 0, f"{dev.name}: allmulti below 0"
    if count > PROMISCUITY_MAX:
        printk(
            const.KERN_WARNING,
            f"{dev.name}: allmulti touches roof, set allmulti failed, "
            "allmulti feature of device might be broken.",
        )
        return EOVERFLOW
    dev.allmulti = count
    if count:
        dev.flags |= if_.IFF_ALLMULTI
    else:
        dev.flags &= ~if_.IFF_ALLMULTI
    if dev.flags != old_flags:
        dev_change_rx_flags(dev, if_.IFF_ALLMULTI)
        dev_set_rx_mode(dev)
    return 0


def dev_set_mtu(dev: NetDevice, new_mtu: int) -> int:
    """Bytes of the largest packet without link header."""
    if trace.dev_set_mtu.enabled:
        trace.dev_set_mtu.fire(None, dev.name)
    ASSERT_RTNL(dev.nd_net)
    if new_mtu == dev.mtu:
        return 0
    if new_mtu < 0:
        return EINVAL
    if not netif_device_present(dev):
        return ENODEV
    error = dev.ndo_change_mtu(new_mtu)
    if error == 0 and dev.flags & if_.IFF_UP:
        call_netdevice_notifiers(const.NETDEV_CHANGEMTU, dev)
    return error


def dev_set_mac_address(dev: NetDevice, addr: bytes, family: int = -1) -> int:
    """Change the link address; family is its hardware type (ARPHRD_*), which must be dev's."""
    ASSERT_RTNL(dev.nd_net)
    if family not in (-1, dev.type) or len(addr) != dev.addr_len:
        return EINVAL
    if not netif_device_present(dev):
        return ENODEV
    error = dev.ndo_set_mac_address(addr)
    if error == 0:
        call_netdevice_notifiers(const.NETDEV_CHANGEADDR, dev)
    return error


def dev_get_stats(dev: NetDevice) -> NetDeviceStats:
    """A copy of dev's counters, with what the core itself dropped."""
    driver = dev.ndo_get_stats()
    stats = NetDeviceStats()
    for name in NetDeviceStats.__slots__:
        setattr(stats, name, getattr(driver, name))
    stats.rx_dropped += dev.rx_dropped
    return stats
