"""Carrier, operational state, and what follows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.net.core.dev.config import dev_get_flags, dev_open
from softnet.net.core.dev.netdev_chain import NetdevNotifier, register_netdevice_notifier
from softnet.net.core.dev.registry import register_netdev, unregister_netdev
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.link_watch import (
    linkwatch_run_queue,
    netif_carrier_off,
    netif_carrier_on,
    netif_dormant_off,
    netif_dormant_on,
)
from softnet.structs.netdevice import NetDevice
from tests.net.core.dev.kit import DevHost, Wire, frame, rtnl


@pytest.fixture
def host() -> Iterator[DevHost]:
    with DevHost() as h:
        yield h


class Changes(NetdevNotifier):
    def __init__(self) -> None:
        NetdevNotifier.__init__(self)
        self.at: list[int] = []

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        if event == const.NETDEV_CHANGE:
            self.at.append(dev.nd_net.machine.clock.now // 1_000_000)
        return const.NOTIFY_DONE


@pytest.fixture
def eth(host: DevHost) -> Wire:
    dev = Wire(host.net)
    register_netdev(dev)
    return dev


def opened(host: DevHost, dev: Wire) -> Wire:
    with rtnl(host.net):
        assert dev_open(dev) == 0
    return dev


def test_before_registration_it_is_only_a_bit(host: DevHost) -> None:
    dev = Wire(host.net)
    netif_carrier_off(dev)
    assert dev.state & 1 << const.LINK_STATE_NOCARRIER
    assert "linkwatch" not in host.net.gen


def test_without_carrier_nothing_is_sent_and_with_it_at_once(host: DevHost, eth: Wire) -> None:
    netif_carrier_off(eth)
    host.run(2000)
    opened(host, eth)
    assert eth.tx0.qdisc is not None
    assert eth.tx0.qdisc.id == "noop"
    dev_queue_xmit(frame(eth))
    assert eth.sent == []
    netif_carrier_on(eth)
    host.run()  # urgent: the queues wait for it
    assert eth.tx0.qdisc.id == "pfifo_fast"
    assert eth.operstate == if_.IF_OPER_UP
    dev_queue_xmit(frame(eth))
    assert len(eth.sent) == 1


def test_lost_carrier_stops_the_queues_and_is_told(host: DevHost, eth: Wire) -> None:
    opened(host, eth)
    nb = Changes()
    with rtnl(host.net):
        register_netdevice_notifier(nb, host.net)
    netif_carrier_off(eth)
    assert nb.at == []
    assert not dev_get_flags(eth) & if_.IFF_LOWER_UP
    host.run(1500)
    assert len(nb.at) == 1
    assert eth.operstate == if_.IF_OPER_DOWN
    assert eth.tx0.qdisc is not None
    assert eth.tx0.qdisc.id == "noop"
    assert not dev_get_flags(eth) & if_.IFF_RUNNING


def test_events_that_are_not_urgent_come_once_a_second(host: DevHost, eth: Wire) -> None:
    opened(host, eth)
    nb = Changes()
    with rtnl(host.net):
        register_netdevice_notifier(nb, host.net)
    for _ in range(40):
        eth.state |= 1 << const.LINK_STATE_NOCARRIER
        eth.state ^= 1 << const.LINK_STATE_NOCARRIER
        netif_dormant_on(eth)
        host.run(50)
        netif_dormant_off(eth)
        host.run(50)
    assert 3 <= len(nb.at) <= 6


def test_dormant_link(host: DevHost, eth: Wire) -> None:
    opened(host, eth)
    netif_dormant_on(eth)
    host.run(1100)
    assert eth.operstate == if_.IF_OPER_DORMANT
    netif_dormant_off(eth)
    host.run(1100)
    assert eth.operstate == if_.IF_OPER_UP
    eth.link_mode = if_.IF_LINK_MODE_DORMANT
    eth.operstate = if_.IF_OPER_DOWN
    with rtnl(host.net):
        netif_dormant_on(eth)
        netif_dormant_off(eth)
        linkwatch_run_queue(host.net)
    assert eth.operstate == if_.IF_OPER_DORMANT  # somebody else says when it is up


def test_stacked_device_says_lower_layer_down(host: DevHost, eth: Wire) -> None:
    eth.iflink = 77
    opened(host, eth)
    netif_carrier_off(eth)
    host.run()
    assert eth.operstate == if_.IF_OPER_LOWERLAYERDOWN


def test_device_that_goes_is_forgotten(host: DevHost, eth: Wire) -> None:
    opened(host, eth)
    netif_carrier_off(eth)
    assert eth.refcnt == 2
    unregister_netdev(eth)
    assert eth.reg_state == const.NETREG_RELEASED
    host.run(3000)
