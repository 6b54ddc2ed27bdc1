"""The netdev notifier chain: who is asked, in which order. Events of a life: test_registry.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
from softnet.kernel.notifier import notifier_from_errno
from softnet.net.core.dev.netdev_chain import (
    NetdevNotifier,
    call_netdevice_notifiers,
    netdev_chain,
    register_netdevice_notifier,
    unregister_netdevice_notifier,
)
from softnet.structs.netdevice import NetDevice
from tests.net.core.dev.kit import DevHost, Wire, rtnl

LOG: list[str] = []


class Named(NetdevNotifier):
    def __init__(self, name: str, priority: int = 0, answer: int = const.NOTIFY_DONE) -> None:
        NetdevNotifier.__init__(self, priority)
        self.name = name
        self.answer = answer

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        LOG.append(self.name)
        return self.answer


class Boot(Named):
    """One that registers for every host."""


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    LOG.clear()
    before = list(netdev_chain)
    netdev_chain.clear()
    yield
    netdev_chain[:] = before


def test_boot_time_first_then_the_namespaces_by_priority(host: DevHost) -> None:
    dev = Wire(host.net)
    register_netdevice_notifier(Boot("boot"))
    register_netdevice_notifier(Boot("again"))  # a class registers once
    with rtnl(host.net):
        for name, priority in (("a", 0), ("high", 5), ("b", 0), ("low", -1)):
            register_netdevice_notifier(Named(name, priority), host.net)
        assert call_netdevice_notifiers(const.NETDEV_UP, dev) == const.NOTIFY_DONE
    assert LOG == ["boot", "high", "a", "b", "low"]


def test_veto_stops_the_round(host: DevHost) -> None:
    dev = Wire(host.net)
    with rtnl(host.net):
        register_netdevice_notifier(Named("no", 1, notifier_from_errno(-1)), host.net)
        register_netdevice_notifier(Named("unasked"), host.net)
        call_netdevice_notifiers(const.NETDEV_PRE_UP, dev)
    assert LOG == ["no"]


def test_other_namespaces_are_not_told(host: DevHost) -> None:
    ns = host.new_net()
    with rtnl(host.net):
        register_netdevice_notifier(Named("here"), host.net)
        register_netdevice_notifier(Named("there"), ns)
        call_netdevice_notifiers(const.NETDEV_UP, Wire(ns))
    assert LOG == ["there"]


def test_unregistered_is_told_no_more(host: DevHost) -> None:
    nb, boot = Named("gone"), Boot("boot")
    register_netdevice_notifier(boot)
    with rtnl(host.net):
        register_netdevice_notifier(nb, host.net)
        unregister_netdevice_notifier(nb, host.net)
        unregister_netdevice_notifier(boot)
        call_netdevice_notifiers(const.NETDEV_UP, Wire(host.net))
    assert LOG == []


def test_telling_needs_the_rtnl(host: DevHost) -> None:
    with pytest.raises(AssertionError, match="RTNL"):
        call_netdevice_notifiers(const.NETDEV_UP, Wire(host.net))
