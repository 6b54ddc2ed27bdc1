"""Devices by name and number; how one comes, is renamed, moves to another namespace, and goes.

Linux: register_netdevice(), unregister_netdevice(), dev_change_net_namespace() … of net/core/dev.c

    dev = Loopback(net, "lo"); register_netdev(dev)

A NetDevice is made by its driver, which sets nd_net. register_netdevice() gives it an index, puts
it into the lists and tells NETDEV_REGISTER. unregister_netdevice() takes it down and out and tells
NETDEV_UNREGISTER; when the RTNL is free again, netdev_run_todo() finishes it.

Control path: registration, renaming and moving raise OSError with Linux's errno; RTNL throughout.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
from softnet.kernel.notifier import notifier_to_errno
from softnet.kernel.printk import printk
from softnet.kernel.timer import Timer, jiffies, mod_timer
from softnet.net.core.dev.config import dev_close
from softnet.net.core.dev.features import update_features
from softnet.net.core.dev.napi import netif_napi_del
from softnet.net.core.dev.netdev_chain import call_netdevice_notifiers
from softnet.net.core.dev.queue import dev_hold, dev_put
from softnet.net.core.dev.receive import flush_backlog
from softnet.net.core.rtnl import ASSERT_RTNL, RtnlTodo, rtnl_lock, rtnl_unlock
from softnet.net.core.sch_generic import dev_init_scheduler, dev_shutdown
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice

MAX_NETDEVICES = 8 * const.PAGE_SIZE  # names that one "eth%d" can have
REFS_POLL = const.HZ // 4  # jiffies between two looks at a device that somebody still holds
REFS_WARN = 10 * const.HZ  # jiffies until that is said


def dev_get_by_name(net: Net, name: str) -> NetDevice | None:
    """The device called name, not held: __dev_get_by_name()."""
    return net.dev_by_name.get(name)


def dev_get_by_index(net: Net, ifindex: int) -> NetDevice | None:
    """The device with this index, not held: __dev_get_by_index()."""
    return net.dev_by_index.get(ifindex)


def dev_getbyhwaddr(net: Net, type: int, addr: bytes) -> NetDevice | None:
    """The first device of hardware type (ARPHRD_*) with this address."""
    for dev in net.dev_base:
        if dev.type == type and dev.dev_addr[: dev.addr_len] == addr:
            return dev
    return None


def dev_getfirstbyhwtype(net: Net, type: int) -> NetDevice | None:
    """The first device of hardware type (ARPHRD_*)."""
    for dev in net.dev_base:
        if dev.type == type:
            return dev
    return None


def dev_get_by_flags(net: Net, if_flags: int, mask: int) -> NetDevice | None:
    """The first device whose flags in mask are if_flags."""
    for dev in net.dev_base:
        if (dev.flags ^ if_flags) & mask == 0:
            return dev
    return None


def dev_valid_name(name: str) -> bool:
    """May a device be called so? It becomes a file name in sysfs."""
    if not name or len(name) >= if_.IFNAMSIZ or name in (".", ".."):
        return False
    return not any(c == "/" or c.isspace() for c in name)


def dev_alloc_name(dev: NetDevice, name: str) -> int:
    """Give dev the first free name of a pattern like "eth%d"; the number, or -errno."""
    at = name.find("%")
    if at < 0:
        if dev_get_by_name(dev.nd_net, name) is not None:
            return -errno.ENFILE
        dev.name = name
        return 0
    if name[at + 1 : at + 2] != "d" or "%" in name[at + 2 :]:
        return -errno.EINVAL
    for i in range(MAX_NETDEVICES):
        full = name[:at] + str(i) + name[at + 2 :]
        if len(full) >= if_.IFNAMSIZ:
            break
        if full not in dev.nd_net.dev_by_name:
            dev.name = full
            return i
    return -errno.ENFILE


def dev_get_valid_name(dev: NetDevice, name: str) -> int:
    """Call dev name, or a name made from that pattern, within dev.nd_net; >= 0, or -errno."""
    if not dev_valid_name(name):
        return -errno.EINVAL
    if "%" in name:
        return dev_alloc_name(dev, name)
    if dev_get_by_name(dev.nd_net, name) is not None:
        return -errno.EEXIST
    dev.name = name
    return 0


def dev_new_index(net: Net) -> int:
    """An interface index that net does not use."""
    while True:
        net.ifindex += 1
        if net.ifindex > const.INT_MAX:
            net.ifindex = 1
        if net.ifindex not in net.dev_by_index:
            return net.ifindex


def list_netdevice(dev: NetDevice) -> None:
    """Put dev into its namespace's lists."""
    net = dev.nd_net
    net.dev_base.append(dev)
    net.dev_by_name[dev.name] = dev
    net.dev_by_index[dev.ifindex] = dev


def unlist_netdevice(dev: NetDevice) -> None:
    """Take dev out of its namespace's lists."""
    net = dev.nd_net
    net.dev_base.remove(dev)
    del net.dev_by_name[dev.name]
    del net.dev_by_index[dev.ifindex]


def register_netdev(dev: NetDevice) -> None:
    """register_netdevice() with the RTNL taken for it."""
    if trace.register_netdev.enabled:
        trace.register_netdev.fire(None, dev.name)
    rtnl_lock(dev.nd_net)
    try:
        register_netdevice(dev)
    finally:
        rtnl_unlock(dev.nd_net)


def register_netdevice(dev: NetDevice) -> None:
    """Make dev known. OSError: EINVAL, EEXIST or ENFILE for its name, or what ndo_init() or a
    notifier answered; then dev is as before."""
    if trace.register_netdevice.enabled:
        trace.register_netdevice.fire(None, dev.name)
    net = dev.nd_net
    assert net is not None, "register_netdevice() needs nd_net"
    assert dev.reg_state == const.NETREG_UNINITIALIZED
    ASSERT_RTNL(net)
    raise_error(dev_get_valid_name(dev, dev.name), dev.name)
    dev.iflink = -1
    error = dev.ndo_init()
    if error:
        raise_error(-errno.EIO if error > 0 else error, dev.name)
    dev.ifindex = dev_new_index(net)
    if dev.iflink == -1:
        dev.iflink = dev.ifindex

    # GSO and GRO are the stack's own work: every device has them.
    dev.hw_features |= const.NETIF_F_SOFT_FEATURES
    dev.features |= const.NETIF_F_SOFT_FEATURES
    dev.wanted_features = dev.features & dev.hw_features
    dev.hw_features |= const.NETIF_F_NOCACHE_COPY
    if dev.features & const.NETIF_F_ALL_CSUM and not dev.features & const.NETIF_F_NO_CSUM:
        dev.wanted_features |= const.NETIF_F_NOCACHE_COPY
        dev.features |= const.NETIF_F_NOCACHE_COPY
    dev.vlan_features |= const.NETIF_F_GRO | const.NETIF_F_HIGHDMA

    error = notifier_to_errno(call_netdevice_notifiers(const.NETDEV_POST_INIT, dev))
    if error:
        dev.ndo_uninit()
        raise_error(error, dev.name)
    dev.reg_state = const.NETREG_REGISTERED
    update_features(dev)
    dev.state |= 1 << const.LINK_STATE_PRESENT
    dev_init_scheduler(dev)
    dev_hold(dev)
    list_netdevice(dev)
    error = notifier_to_errno(call_netdevice_notifiers(const.NETDEV_REGISTER, dev))
    if error:
        rollback_registered(dev)
        dev.reg_state = const.NETREG_UNREGISTERED
        raise_error(error, dev.name)


def raise_error(error: int, name: str) -> None:
    """OSError for a negative errno, nothing otherwise."""
    if error < 0:
        raise OSError(-error, errno.errorcode.get(-error, ""), name)


def unregister_netdev(dev: NetDevice) -> None:
    """unregister_netdevice() with the RTNL taken for it."""
    net = dev.nd_net
    rtnl_lock(net)
    try:
        unregister_netdevice(dev)
    finally:
        rtnl_unlock(net)


def unregister_netdevice(dev: NetDevice) -> None:
    """Take dev down and out, and tell everybody; rtnl_unlock() does the rest."""
    if trace.unregister_netdevice.enabled:
        trace.unregister_netdevice.fire(None, dev.name)
    unregister_netdevice_many([dev])


def unregister_netdevice_many(devs: list[NetDevice]) -> None:
    """unregister_netdevice() of several devices, step by step for all."""
    if not devs:
        return
    rollback_registered_many(devs)
    for dev in devs:
        todo_of(dev.nd_net).append(dev)


def rollback_registered(dev: NetDevice) -> None:
    """Undo register_netdevice() but for its last step."""
    rollback_registered_many([dev])


def rollback_registered_many(devs: list[NetDevice]) -> None:
    """rollback_registered() of several devices."""
    for dev in devs:
        ASSERT_RTNL(dev.nd_net)
        assert dev.reg_state == const.NETREG_REGISTERED, f"{dev.name} is not registered"
    for dev in devs:
        dev_close(dev)
    for dev in devs:
        unlist_netdevice(dev)
        dev.reg_state = const.NETREG_UNREGISTERING
    for dev in devs:
        dev_shutdown(dev)
        call_netdevice_notifiers(const.NETDEV_UNREGISTER, dev)
        flush_addr_lists(dev)
        dev.ndo_uninit()
        assert dev.master is None, f"{dev.name} left without leaving its master"
    call_netdevice_notifiers(const.NETDEV_UNREGISTER_BATCH, devs[0])
    for dev in devs:
        dev_put(dev)


def flush_addr_lists(dev: NetDevice) -> None:
    """dev_uc_flush(), dev_mc_flush(): whoever added an address did not take it back."""
    dev.uc.clear()
    dev.uc_synced.clear()
    dev.mc.clear()
    dev.mc_global.clear()
    dev.mc_synced.clear()


class NetTodo(RtnlTodo):
    """net_todo_list: devices whose last step waits for the RTNL to be free."""

    __slots__ = ()

    def run(self, net: Net) -> None:
        """netdev_run_todo()"""
        waiting = todo_of(net)
        if waiting:
            devs = list(waiting)
            waiting.clear()
            for dev in devs:
                netdev_finish_unregister(dev)


class RefsTimer(Timer):
    """netdev_wait_allrefs(): somebody holds a device that is gone."""

    __slots__ = ("dev", "waited")

    dev: NetDevice
    waited: int  # jiffies

    def __init__(self, dev: NetDevice) -> None:
        Timer.__init__(self)
        self.base = dev.nd_net.timers
        self.dev = dev
        self.waited = 0

    def function(self) -> None:
        """Look again."""
        self.waited += REFS_POLL
        netdev_look_for_refs(self)


def todo_of(net: Net) -> list[NetDevice]:
    """The host's devices on their way out."""
    gen = net.nets[0].gen
    devs = gen.get("net_todo_list")
    if devs is None:
        devs = gen["net_todo_list"] = []
    assert isinstance(devs, list)
    return devs


def netdev_finish_unregister(dev: NetDevice) -> None:
    """The last step: nothing of dev is left on any CPU, and nobody holds it."""
    assert dev.reg_state == const.NETREG_UNREGISTERING
    dev.reg_state = const.NETREG_UNREGISTERED
    flush_backlog(dev)
    while dev.napi_list is not None:
        netif_napi_del(dev.napi_list)
    if dev.refcnt:
        netdev_look_for_refs(RefsTimer(dev))
    else:
        dev.reg_state = const.NETREG_RELEASED


def netdev_look_for_refs(timer: RefsTimer) -> None:
    """Is dev free now? Else look again later, and complain now and then.

    Differs from Linux: the caller of unregister_netdevice() does not wait, a timer does; nor is
    NETDEV_UNREGISTER told again to those who did not listen.
    """
    dev = timer.dev
    if dev.refcnt == 0:
        dev.reg_state = const.NETREG_RELEASED
        return
    if timer.waited and timer.waited % REFS_WARN == 0:
        printk(
            const.KERN_EMERG,
            f"unregister_netdevice: waiting for {dev.name} to become free. "
            f"Usage count = {dev.refcnt}",
        )
    if timer.waited < 60 * REFS_WARN:
        mod_timer(timer, jiffies() + REFS_POLL)


def dev_change_name(dev: NetDevice, newname: str) -> int:
    """Rename dev, which must be down, to newname or by that pattern. 0 or -errno."""
    ASSERT_RTNL(dev.nd_net)
    if dev.flags & if_.IFF_UP:
        return -errno.EBUSY
    if newname == dev.name:
        return 0
    oldname = dev.name
    error = rename(dev, newname)
    if error < 0:
        return error
    error = notifier_to_errno(call_netdevice_notifiers(const.NETDEV_CHANGENAME, dev))
    if error:
        rename(dev, oldname)
        call_netdevice_notifiers(const.NETDEV_CHANGENAME, dev)
    return error


def rename(dev: NetDevice, newname: str) -> int:
    """Change the name and the list by names; >= 0, or -errno with nothing changed."""
    by_name = dev.nd_net.dev_by_name
    oldname = dev.name
    error = dev_get_valid_name(dev, newname)
    if error >= 0:
        del by_name[oldname]
        by_name[dev.name] = dev
    return error


def dev_change_net_namespace(dev: NetDevice, net: Net, pat: str | None) -> int:
    """Move dev, down and bare, to net; by pattern pat ("eth%d") if its name is taken there.

    0, or -errno with nothing changed: EINVAL for a device that may not move or is not
    registered, EEXIST if the name is taken.
    """
    ASSERT_RTNL(dev.nd_net)
    if dev.features & const.NETIF_F_NETNS_LOCAL or dev.reg_state != const.NETREG_REGISTERED:
        return -errno.EINVAL
    if dev.nd_net is net:
        return 0
    assert net.machine is dev.nd_net.machine, "a device does not leave its host"
    name = dev.name
    if dev_get_by_name(net, name) is not None:
        if pat is None:
            return -errno.EEXIST
        name = free_name(net, pat)
        if not name:
            return -errno.EEXIST

    dev_close(dev)
    unlist_netdevice(dev)
    dev_shutdown(dev)
    # reg_state stays REGISTERED: macvlan and vlan devices see by that that it only moves.
    call_netdevice_notifiers(const.NETDEV_UNREGISTER, dev)
    call_netdevice_notifiers(const.NETDEV_UNREGISTER_BATCH, dev)
    flush_addr_lists(dev)
    flush_backlog(dev)

    dev.nd_net = net
    dev.name = name
    if dev_get_by_index(net, dev.ifindex) is not None:
        own = dev.iflink == dev.ifindex
        dev.ifindex = dev_new_index(net)
        if own:
            dev.iflink = dev.ifindex
    list_netdevice(dev)
    call_netdevice_notifiers(const.NETDEV_REGISTER, dev)
    return 0


def free_name(net: Net, pat: str) -> str:
    """A name for pattern (or plain name) pat that is free in net, "" if there is none."""
    probe = NetDevice("")
    probe.nd_net = net
    return probe.name if dev_get_valid_name(probe, pat) >= 0 else ""


def default_device_exit(net: Net) -> None:
    """The namespace goes: hardware returns to init_net, virtual devices are unregistered. RTNL.

    Hardware is what has no kind (rtnl_link_ops); what may not move goes with the namespace.
    """
    init_net = net.nets[0]
    for dev in list(net.dev_base):
        if dev.features & const.NETIF_F_NETNS_LOCAL or dev.kind:
            continue
        error = dev_change_net_namespace(dev, init_net, f"dev{dev.ifindex}")
        assert error == 0, f"failed to move {dev.name} to init_net: {error}"
    while len(net.dev_base) > 1 or (net.dev_base and net.dev_base[0] is not net.loopback_dev):
        dev = net.dev_base[-1]
        if dev.kind:
            dev.ndo_dellink()
        if dev.reg_state == const.NETREG_REGISTERED:
            unregister_netdevice(dev)
    if net.dev_base:
        unregister_netdevice(net.loopback_dev)
