"""struct net and its counters."""

from __future__ import annotations

from softnet.kernel.lock import Mutex
from softnet.machine.clock import World
from softnet.structs.net_namespace import Net, SnmpMib


def test_a_new_namespace_is_empty_and_alone() -> None:
    machine = World(1).new_machine("h1")
    net = Net(machine, "init_net", Mutex("rtnl_mutex"), "3.2")
    assert net.nets == [net]
    assert (net.dev_base, net.ptype_all, net.ptype_base, net.count) == ([], None, None, 0)
    assert net.core.netdev_budget == 300
    assert net.rand is machine.random


def test_mib_counts() -> None:
    mib = SnmpMib(8)
    mib.inc(3)
    mib.add(3, 10)
    mib.dec(3)
    assert (mib.get(3), mib.get(4)) == (10, 0)
