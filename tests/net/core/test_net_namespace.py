"""The life of a namespace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from softnet.kernel.boot import start_kernel
from softnet.kernel.lock import Mutex
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu
from softnet.net.core.net_namespace import (
    PernetFns,
    copy_net_ns,
    create_init_net,
    for_each_net,
    get_net,
    pernet_list,
    put_net,
    register_pernet_subsys,
    unregister_pernet_subsys,
)
from softnet.structs.net_namespace import Net


@pytest.fixture
def log() -> Iterator[list[str]]:
    """The registry with three entries of our own, and what they were asked to do."""
    events: list[str] = []
    before = list(pernet_list)
    pernet_list.clear()
    for name in ("a", "b", "c"):
        register_pernet_subsys(
            PernetFns(
                name,
                lambda net, name=name: events.append(f"{net.name} {name} init"),
                lambda net, name=name: events.append(f"{net.name} {name} exit"),
            )
        )
    yield events
    pernet_list[:] = before


@pytest.fixture
def init_net(log: list[str]) -> Iterator[Net]:
    machine = World(1).new_machine("h1")
    start_kernel(machine)
    with OnCpu(machine.cpus[0]):
        yield create_init_net(machine, Mutex("rtnl_mutex"), "3.2")


def test_init_in_order_exit_backwards(init_net: Net, log: list[str]) -> None:
    assert log == ["init_net a init", "init_net b init", "init_net c init"]
    log.clear()
    net = copy_net_ns(init_net, "ns1")
    put_net(net)
    assert log == [f"ns1 {x}" for x in ("a init", "b init", "c init", "c exit", "b exit", "a exit")]


def test_namespaces_of_a_host_know_each_other(init_net: Net) -> None:
    one = copy_net_ns(init_net, "ns1")
    two = copy_net_ns(one, "ns2")
    assert for_each_net(two) == [init_net, one, two]
    assert two.rtnl is init_net.rtnl
    assert len({net.inode for net in two.nets}) == 3
    assert two.sysctl is not one.sysctl
    assert two.sysctl.parent is init_net.machine.sysctl


def test_last_user_takes_it_apart(init_net: Net, log: list[str]) -> None:
    net = copy_net_ns(init_net, "ns1")
    get_net(net)
    log.clear()
    put_net(net)
    assert log == []
    put_net(net)
    assert len(log) == 3
    assert for_each_net(init_net) == [init_net]


def test_failed_init_undoes_those_before(init_net: Net, log: list[str]) -> None:
    def fail(net: Net) -> None:
        raise OSError(12, "Cannot allocate memory")

    register_pernet_subsys(PernetFns("bad", fail))
    log.clear()
    with pytest.raises(OSError, match="Cannot allocate memory"):
        copy_net_ns(init_net, "ns1")
    assert log[3:] == ["ns1 c exit", "ns1 b exit", "ns1 a exit"]
    assert for_each_net(init_net) == [init_net]
    unregister_pernet_subsys("bad")
    copy_net_ns(init_net, "ns1")


def test_registering_twice_changes_nothing(init_net: Net, log: list[str]) -> None:
    register_pernet_subsys(PernetFns("a", lambda net: log.append("other")))
    log.clear()
    copy_net_ns(init_net, "ns1")
    assert "other" not in log


def test_init_net_stays(init_net: Net) -> None:
    with pytest.raises(AssertionError, match="init_net stays"):
        put_net(init_net)
