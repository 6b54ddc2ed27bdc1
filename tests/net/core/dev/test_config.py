"""Up and down, flags, promiscuity, MTU, address, statistics."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.net.core.dev.config import (
    dev_change_flags,
    dev_close,
    dev_get_flags,
    dev_get_stats,
    dev_open,
    dev_set_allmulti,
    dev_set_mac_address,
    dev_set_mtu,
    dev_set_promiscuity,
)
from softnet.net.core.dev.netdev_chain import NetdevNotifier, register_netdevice_notifier
from softnet.net.core.dev.queue import netif_device_attach, netif_device_detach, netif_running
from softnet.net.core.dev.registry import register_netdev
from softnet.structs.netdevice import NetDevice
from tests.net.core.dev.kit import MAC_A, MAC_B, DevHost, Wire, rtnl, up


class Events(NetdevNotifier):
    def __init__(self) -> None:
        NetdevNotifier.__init__(self)
        self.seen: list[int] = []

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        self.seen.append(event)
        return const.NOTIFY_OK


@pytest.fixture
def eth(host: DevHost) -> Wire:
    dev = Wire(host.net)
    register_netdev(dev)
    return dev


@pytest.fixture
def events(host: DevHost, eth: Wire) -> Events:
    nb = Events()
    with rtnl(host.net):
        register_netdevice_notifier(nb, host.net)
    nb.seen.clear()
    return nb


def test_open_failure_leaves_it_down(host: DevHost) -> None:
    class Broken(Wire):
        def ndo_open(self) -> int:
            return -errno.EIO

    dev = Broken(host.net)
    register_netdev(dev)
    with rtnl(host.net):
        assert dev_open(dev) == -errno.EIO
    assert not netif_running(dev)
    assert not dev.flags & if_.IFF_UP
    assert dev.tx0.qdisc is not None
    assert dev.tx0.qdisc.id == "noop"


def test_bad_address_keeps_it_down(host: DevHost) -> None:
    class Checked(Wire):
        def ndo_validate_addr(self) -> int:
            return -errno.EADDRNOTAVAIL

    dev = Checked(host.net)
    register_netdev(dev)
    with rtnl(host.net):
        assert dev_open(dev) == -errno.EADDRNOTAVAIL
    assert dev.calls == []


def test_open_and_close_twice_do_nothing_more(host: DevHost, eth: Wire, events: Events) -> None:
    with rtnl(host.net):
        assert dev_open(eth) == dev_open(eth) == 0
        assert dev_close(eth) == dev_close(eth) == 0
    assert events.seen == [
        const.NETDEV_PRE_UP,
        const.NETDEV_UP,
        const.NETDEV_GOING_DOWN,
        const.NETDEV_DOWN,
    ]


def test_absent_hardware_is_enodev(host: DevHost, eth: Wire) -> None:
    netif_device_detach(eth)
    with rtnl(host.net):
        assert dev_open(eth) == -errno.ENODEV
        assert dev_set_mtu(eth, 1400) == -errno.ENODEV
        assert dev_set_mac_address(eth, MAC_B) == -errno.ENODEV
    netif_device_attach(eth)
    with rtnl(host.net):
        assert dev_open(eth) == 0


def test_flags_that_user_space_sees(host: DevHost, eth: Wire) -> None:
    base = if_.IFF_BROADCAST | if_.IFF_MULTICAST
    assert dev_get_flags(eth) == base
    with rtnl(host.net):
        dev_open(eth)
    assert dev_get_flags(eth) == base | if_.IFF_UP | if_.IFF_RUNNING | if_.IFF_LOWER_UP
    eth.state |= 1 << const.LINK_STATE_DORMANT
    eth.operstate = if_.IF_OPER_DORMANT
    assert dev_get_flags(eth) == base | if_.IFF_UP | if_.IFF_LOWER_UP | if_.IFF_DORMANT


def test_change_flags_opens_and_closes(host: DevHost, eth: Wire, events: Events) -> None:
    with rtnl(host.net):
        assert dev_change_flags(eth, eth.flags | if_.IFF_UP) == 0
        assert events.seen == [const.NETDEV_PRE_UP, const.NETDEV_UP]
        assert dev_change_flags(eth, eth.flags | if_.IFF_NOARP) == 0
        assert events.seen[2:] == [const.NETDEV_CHANGE]
        assert dev_change_flags(eth, eth.flags & ~if_.IFF_UP) == 0
    assert events.seen[3:] == [const.NETDEV_GOING_DOWN, const.NETDEV_DOWN]


def test_volatile_flags_cannot_be_set(host: DevHost, eth: Wire) -> None:
    with rtnl(host.net):
        dev_change_flags(eth, if_.IFF_LOOPBACK | if_.IFF_RUNNING | if_.IFF_DEBUG)
    assert eth.flags & (if_.IFF_LOOPBACK | if_.IFF_RUNNING) == 0
    assert eth.flags & if_.IFF_DEBUG
    assert eth.flags & if_.IFF_BROADCAST


def test_promiscuity_counts_its_users(host: DevHost, eth: Wire) -> None:
    up_calls = eth.calls
    with rtnl(host.net):
        dev_open(eth)
        up_calls.clear()
        dev_set_promiscuity(eth, 1)
        dev_set_promiscuity(eth, 1)
        assert (eth.promiscuity, up_calls) == (2, ["rx_mode"])
        dev_set_promiscuity(eth, -1)
        assert eth.flags & if_.IFF_PROMISC
        dev_set_promiscuity(eth, -1)
    assert not eth.flags & if_.IFF_PROMISC
    log = host.dmesg()
    assert "device eth0 entered promiscuous mode" in log
    assert "device eth0 left promiscuous mode" in log


def test_user_sees_promiscuous_only_if_it_asked(host: DevHost, eth: Wire) -> None:
    with rtnl(host.net):
        dev_set_promiscuity(eth, 1)
        assert not dev_get_flags(eth) & if_.IFF_PROMISC
        dev_change_flags(eth, eth.flags | if_.IFF_PROMISC)
        assert eth.promiscuity == 2
        assert dev_get_flags(eth) & if_.IFF_PROMISC
        dev_change_flags(eth, dev_get_flags(eth) & ~if_.IFF_PROMISC)
    assert eth.promiscuity == 1
    assert eth.flags & if_.IFF_PROMISC


def test_promiscuity_does_not_overflow(host: DevHost, eth: Wire) -> None:
    eth.promiscuity = eth.allmulti = 0xFFFFFFFF
    with rtnl(host.net):
        assert dev_set_promiscuity(eth, 1) == -errno.EOVERFLOW
        assert dev_set_allmulti(eth, 1) == -errno.EOVERFLOW
    assert eth.promiscuity == eth.allmulti == 0xFFFFFFFF
    assert "touches roof" in host.dmesg()


def test_allmulti(host: DevHost, eth: Wire) -> None:
    with rtnl(host.net):
        dev_set_allmulti(eth, 1)
        assert eth.flags & if_.IFF_ALLMULTI
        dev_set_allmulti(eth, -1)
    assert not eth.flags & if_.IFF_ALLMULTI


def test_mtu(host: DevHost, eth: Wire, events: Events) -> None:
    with rtnl(host.net):
        assert dev_set_mtu(eth, 1400) == 0
        assert events.seen == []  # nobody needs to know while it is down
        dev_open(eth)
        events.seen.clear()
        assert dev_set_mtu(eth, 1300) == 0
        assert dev_set_mtu(eth, 1300) == 0
        assert dev_set_mtu(eth, 67) == -errno.EINVAL
        assert dev_set_mtu(eth, -1) == -errno.EINVAL
    assert eth.mtu == 1300
    assert events.seen == [const.NETDEV_CHANGEMTU]


def test_mac_address(host: DevHost, eth: Wire, events: Events) -> None:
    with rtnl(host.net):
        assert dev_set_mac_address(eth, MAC_B) == 0
        assert dev_set_mac_address(eth, MAC_A, 772) == -errno.EINVAL
        assert dev_set_mac_address(eth, b"short") == -errno.EINVAL
    assert eth.dev_addr == MAC_B
    assert events.seen == [const.NETDEV_CHANGEADDR]


def test_stats_are_a_copy_with_the_cores_drops(host: DevHost, eth: Wire) -> None:
    eth.stats.rx_packets = 7
    eth.stats.rx_dropped = 1
    eth.rx_dropped = 2
    stats = dev_get_stats(eth)
    assert (stats.rx_packets, stats.rx_dropped) == (7, 3)
    stats.rx_packets = 0
    assert eth.stats.rx_packets == 7


def test_all_of_it_needs_the_rtnl(host: DevHost, eth: Wire) -> None:
    for call in (dev_open, dev_close):
        with pytest.raises(AssertionError, match="RTNL"):
            call(eth)
    with pytest.raises(AssertionError, match="RTNL"):
        dev_set_mtu(eth, 1000)
    up_again = Wire(host.net)
    up(up_again)
