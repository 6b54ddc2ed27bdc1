"""Registering, renaming, moving, unregistering devices."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.kernel.notifier import notifier_from_errno
from softnet.net.core.dev.config import dev_open
from softnet.net.core.dev.netdev_chain import (
    NetdevNotifier,
    register_netdevice_notifier,
    unregister_netdevice_notifier,
)
from softnet.net.core.dev.queue import dev_hold, dev_put
from softnet.net.core.dev.registry import (
    default_device_exit,
    dev_change_name,
    dev_change_net_namespace,
    dev_get_by_flags,
    dev_get_by_index,
    dev_get_by_name,
    dev_getbyhwaddr,
    dev_getfirstbyhwtype,
    dev_valid_name,
    register_netdev,
    register_netdevice,
    unregister_netdev,
)
from softnet.structs.netdevice import NetDevice
from tests.net.core.dev.kit import MAC_A, DevHost, Wire, rtnl, up

EVENTS = {
    const.NETDEV_UP: "UP",
    const.NETDEV_DOWN: "DOWN",
    const.NETDEV_CHANGE: "CHANGE",
    const.NETDEV_REGISTER: "REGISTER",
    const.NETDEV_UNREGISTER: "UNREGISTER",
    const.NETDEV_GOING_DOWN: "GOING_DOWN",
    const.NETDEV_CHANGENAME: "CHANGENAME",
    const.NETDEV_PRE_UP: "PRE_UP",
    const.NETDEV_POST_INIT: "POST_INIT",
    const.NETDEV_UNREGISTER_BATCH: "UNREGISTER_BATCH",
}


class Watcher(NetdevNotifier):
    def __init__(self, veto: str = "", error: int = 0, priority: int = 0) -> None:
        NetdevNotifier.__init__(self, priority)
        self.events: list[str] = []
        self.veto = veto
        self.error = error

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        name = EVENTS.get(event, str(event))
        self.events.append(f"{dev.name} {name}")
        return notifier_from_errno(-self.error) if name == self.veto else const.NOTIFY_DONE


def watch(host: DevHost, watcher: Watcher) -> Watcher:
    with rtnl(host.net):
        assert register_netdevice_notifier(watcher, host.net) == 0
    return watcher


def test_register_gives_index_name_and_lists(host: DevHost) -> None:
    one, two = Wire(host.net), Wire(host.net)
    register_netdev(one)
    register_netdev(two)
    assert [(d.name, d.ifindex) for d in host.net.dev_base] == [("eth0", 1), ("eth1", 2)]
    assert dev_get_by_name(host.net, "eth1") is two
    assert dev_get_by_index(host.net, 1) is one
    assert dev_get_by_name(host.net, "eth2") is None
    assert (one.iflink, one.reg_state, one.refcnt) == (1, const.NETREG_REGISTERED, 1)
    assert one.features & const.NETIF_F_GRO


def test_look_up_by_address_type_and_flags(host: DevHost) -> None:
    dev = Wire(host.net)
    register_netdev(dev)
    assert dev_getbyhwaddr(host.net, 1, MAC_A) is dev
    assert dev_getbyhwaddr(host.net, 1, bytes(6)) is None
    assert dev_getfirstbyhwtype(host.net, 1) is dev
    assert dev_getfirstbyhwtype(host.net, 772) is None
    assert dev_get_by_flags(host.net, 0, if_.IFF_UP) is dev
    assert dev_get_by_flags(host.net, if_.IFF_UP, if_.IFF_UP) is None


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", errno.EINVAL),
        ("with space", errno.EINVAL),
        ("a/b", errno.EINVAL),
        (".", errno.EINVAL),
        ("..", errno.EINVAL),
        ("sixteencharacter", errno.EINVAL),
        ("eth0", errno.EEXIST),
        ("eth%s", errno.EINVAL),
        ("%d%d", errno.EINVAL),
    ],
)
def test_bad_names(host: DevHost, name: str, error: int) -> None:
    register_netdev(Wire(host.net, "eth0"))
    dev = Wire(host.net, name)
    with pytest.raises(OSError) as e:  # the errno is looked at
        register_netdev(dev)
    assert e.value.errno == error
    assert dev.reg_state == const.NETREG_UNINITIALIZED


def test_fifteen_characters_are_a_name() -> None:
    assert dev_valid_name("fifteencharsabc")


def test_first_free_number_is_taken(host: DevHost) -> None:
    for name in ("eth0", "eth2", "eth%d", "eth%d"):
        register_netdev(Wire(host.net, name))
    assert [d.name for d in host.net.dev_base] == ["eth0", "eth2", "eth1", "eth3"]


def test_ndo_init_can_refuse(host: DevHost) -> None:
    class Shy(Wire):
        def ndo_init(self) -> int:
            return -errno.ENOMEM

    with pytest.raises(OSError) as e:  # the errno is looked at
        register_netdev(Shy(host.net))
    assert e.value.errno == errno.ENOMEM
    assert host.net.dev_base == []


def test_events_of_a_life(host: DevHost) -> None:
    w = watch(host, Watcher())
    dev = Wire(host.net)
    up(dev)
    unregister_netdev(dev)
    assert w.events == [
        "eth0 POST_INIT",
        "eth0 REGISTER",
        "eth0 PRE_UP",
        "eth0 UP",
        "eth0 GOING_DOWN",
        "eth0 DOWN",
        "eth0 UNREGISTER",
        "eth0 UNREGISTER_BATCH",
    ]
    assert dev.calls == ["open", "rx_mode", "stop"]
    assert dev.reg_state == const.NETREG_RELEASED
    assert dev.refcnt == 0


def test_late_registrant_is_told_the_past(host: DevHost) -> None:
    up(Wire(host.net))
    register_netdev(Wire(host.net))
    w = watch(host, Watcher())
    assert w.events == ["eth0 REGISTER", "eth0 UP", "eth1 REGISTER"]
    w.events.clear()
    with rtnl(host.net):
        unregister_netdevice_notifier(w, host.net)
    assert w.events == [
        "eth0 GOING_DOWN",
        "eth0 DOWN",
        "eth0 UNREGISTER",
        "eth1 UNREGISTER",
    ]


def test_late_registrant_may_refuse(host: DevHost) -> None:
    register_netdev(Wire(host.net))
    w = Watcher("REGISTER", errno.EBUSY)
    with rtnl(host.net):
        assert register_netdevice_notifier(w, host.net) == -errno.EBUSY
    assert host.net.netdev_chain == []


@pytest.mark.parametrize("event", ["POST_INIT", "REGISTER"])
def test_veto_undoes_registration(host: DevHost, event: str) -> None:
    watch(host, Watcher(event, errno.EPERM))
    with pytest.raises(OSError) as e:  # the errno is looked at
        register_netdev(Wire(host.net))
    assert e.value.errno == errno.EPERM
    assert host.net.dev_base == []


def test_veto_ends_the_round(host: DevHost) -> None:
    late = watch(host, Watcher())
    watch(host, Watcher("PRE_UP", errno.EPERM, priority=1))
    dev = Wire(host.net)
    register_netdev(dev)
    with rtnl(host.net):
        assert dev_open(dev) == -errno.EPERM
    assert "eth0 PRE_UP" not in late.events
    assert not dev.flags & if_.IFF_UP


def test_rename_only_while_down(host: DevHost) -> None:
    w = watch(host, Watcher())
    dev, other = Wire(host.net), Wire(host.net)
    up(dev)
    register_netdev(other)
    with rtnl(host.net):
        assert dev_change_name(dev, "lan0") == -errno.EBUSY
        assert dev_change_name(other, "eth0") == -errno.EEXIST
        assert dev_change_name(other, "a b") == -errno.EINVAL
        assert dev_change_name(other, "lan%d") == 0
    assert w.events[-1] == "lan0 CHANGENAME"
    assert dev_get_by_name(host.net, "lan0") is other
    assert dev_get_by_name(host.net, "eth1") is None


def test_vetoed_rename_is_rolled_back(host: DevHost) -> None:
    watch(host, Watcher("CHANGENAME", errno.EINVAL))
    dev = Wire(host.net)
    register_netdev(dev)
    with rtnl(host.net):
        assert dev_change_name(dev, "lan0") == -errno.EINVAL
    assert dev_get_by_name(host.net, "eth0") is dev
    assert dev_get_by_name(host.net, "lan0") is None


def test_registering_needs_the_rtnl(host: DevHost) -> None:
    with pytest.raises(AssertionError, match="RTNL"):
        register_netdevice(Wire(host.net))


def test_device_somebody_holds_is_released_later(host: DevHost) -> None:
    dev = Wire(host.net)
    register_netdev(dev)
    dev_hold(dev)
    unregister_netdev(dev)
    assert dev.reg_state == const.NETREG_UNREGISTERED
    host.run(10_500)
    assert "unregister_netdevice: waiting for eth0 to become free. Usage count = 1" in host.dmesg()
    dev_put(dev)
    host.run(500)
    assert dev.reg_state == const.NETREG_RELEASED


def test_one_put_too_many_is_a_bug(host: DevHost) -> None:
    dev = Wire(host.net)
    register_netdev(dev)
    dev_put(dev)
    with pytest.raises(AssertionError, match="without dev_hold"):
        dev_put(dev)


# ---- namespaces


def test_move_to_another_namespace(host: DevHost) -> None:
    ns = host.new_net()
    dev = Wire(host.net)
    up(dev)
    w = watch(host, Watcher())
    there = Watcher()
    with rtnl(host.net):
        register_netdevice_notifier(there, ns)
        assert dev_change_net_namespace(dev, ns, None) == 0
    assert w.events[-4:] == [
        "eth0 GOING_DOWN",
        "eth0 DOWN",
        "eth0 UNREGISTER",
        "eth0 UNREGISTER_BATCH",
    ]
    assert there.events == ["eth0 REGISTER"]
    assert dev.nd_net is ns
    assert (host.net.dev_base, ns.dev_base) == ([], [dev])
    assert not dev.flags & if_.IFF_UP
    with rtnl(ns):
        assert dev_open(dev) == 0
    assert dev.tx0.qdisc is not None
    assert dev.tx0.qdisc.id == "pfifo_fast"


def test_move_takes_another_name_and_index_if_need_be(host: DevHost) -> None:
    ns = host.new_net()
    dev, there = Wire(host.net), Wire(ns)
    register_netdev(dev)
    register_netdev(there)
    with rtnl(host.net):
        assert dev_change_net_namespace(dev, ns, None) == -errno.EEXIST
        assert dev_change_net_namespace(dev, ns, "dev%d") == 0
    assert (dev.name, dev.ifindex, dev.iflink) == ("dev0", 2, 2)


def test_local_device_does_not_move(host: DevHost) -> None:
    dev = Wire(host.net)
    dev.features |= const.NETIF_F_NETNS_LOCAL
    register_netdev(dev)
    with rtnl(host.net):
        assert dev_change_net_namespace(dev, host.new_net(), None) == -errno.EINVAL


def test_namespace_that_goes_returns_the_hardware(host: DevHost) -> None:
    ns = host.new_net()
    nic, virtual = Wire(ns), Wire(ns)
    virtual.kind = "dummy"
    register_netdev(Wire(host.net))
    register_netdev(nic)
    register_netdev(virtual)
    with rtnl(ns):
        default_device_exit(ns)
    assert ns.dev_base == []
    assert nic.nd_net is host.net
    assert nic.name == "dev1"  # eth0 was taken
    assert virtual.reg_state == const.NETREG_RELEASED
