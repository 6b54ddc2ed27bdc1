"""Who is told what happens to devices: the netdevice notifier chain.

Linux: netdev_chain, register_netdevice_notifier() and call_netdevice_notifiers() of net/core/dev.c

    class ArpNetdevEvent(NetdevNotifier):
        def netdev_event(self, event: int, dev: NetDevice) -> int: ...

Protocols register at boot, for every host. Whoever wants the events of one namespace only (a
watcher in a lab, a module loaded late) registers with it, and is first told of what is there
already: NETDEV_REGISTER for each device, NETDEV_UP for each that is up. RTNL is held whenever a
notifier is called.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
from softnet.kernel.notifier import NotifierBlock, notifier_to_errno
from softnet.net.core.rtnl import ASSERT_RTNL
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice


class NetdevNotifier(NotifierBlock):
    """A block of the netdev chain: subclass, override netdev_event()."""

    __slots__ = ()

    def call(self, event: int, ptr: object) -> int:
        """To netdev_event()."""
        assert isinstance(ptr, NetDevice)
        return self.netdev_event(event, ptr)

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        """NETDEV_* happened to dev: const.NOTIFY_DONE or NOTIFY_OK. notifier_from_errno(-errno)
        says no to PRE_UP, REGISTER, POST_INIT and CHANGENAME and ends the round."""
        return const.NOTIFY_DONE


netdev_chain: list[NotifierBlock] = []


def register_netdevice_notifier(nb: NetdevNotifier, net: Net | None = None) -> int:
    """Tell nb of all events from now on: on every host (once, at boot), or in net.

    With net, replays the past. A veto to a replayed NETDEV_REGISTER takes everything back and
    is answered as -errno; 0 if all is well.
    """
    if net is None:
        insert_notifier(netdev_chain, nb)
        return 0
    ASSERT_RTNL(net)
    insert_notifier(net.netdev_chain, nb)
    told: list[NetDevice] = []
    for dev in list(net.dev_base):
        error = notifier_to_errno(nb.netdev_event(const.NETDEV_REGISTER, dev))
        if error:
            for other in told:
                tell_gone(nb, other)
            net.netdev_chain.remove(nb)
            return error
        told.append(dev)
        if dev.flags & if_.IFF_UP:
            nb.netdev_event(const.NETDEV_UP, dev)
    return 0


def unregister_netdevice_notifier(nb: NetdevNotifier, net: Net | None = None) -> None:
    """Tell nb nothing any more; with net, let it take leave of every device first."""
    if net is None:
        netdev_chain.remove(nb)
        return
    ASSERT_RTNL(net)
    net.netdev_chain.remove(nb)
    for dev in list(net.dev_base):
        tell_gone(nb, dev)


def tell_gone(nb: NetdevNotifier, dev: NetDevice) -> None:
    """As if dev went away, for one notifier."""
    if dev.flags & if_.IFF_UP:
        nb.netdev_event(const.NETDEV_GOING_DOWN, dev)
        nb.netdev_event(const.NETDEV_DOWN, dev)
    nb.netdev_event(const.NETDEV_UNREGISTER, dev)


def insert_notifier(chain: list[NotifierBlock], nb: NotifierBlock) -> None:
    """Behind those of its priority. Registering one class a second time at boot changes nothing."""
    if chain is netdev_chain and any(type(other) is type(nb) for other in chain):
        return
    assert nb not in chain
    at = 0
    while at < len(chain) and chain[at].priority >= nb.priority:
        at += 1
    chain.insert(at, nb)


def call_netdevice_notifiers(event: int, dev: NetDevice) -> int:
    """Tell everybody; the answer of the last one asked, for notifier_to_errno()."""
    if trace.call_netdevice_notifiers.enabled:
        trace.call_netdevice_notifiers.fire(None, "%s event %d", dev.name, event)
    ASSERT_RTNL(dev.nd_net)
    ret = const.NOTIFY_DONE
    for chain in (netdev_chain, dev.nd_net.netdev_chain):
        for nb in list(chain):
            ret = nb.call(event, dev)
            if ret & const.NOTIFY_STOP_MASK:
                return ret
    return ret
