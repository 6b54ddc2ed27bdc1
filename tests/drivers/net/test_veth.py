"""veth pairs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.drivers.net.veth import Veth, veth_init, veth_newlink
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.net.core.dev.config import (
    dev_change_flags,
    dev_close,
    dev_get_flags,
    dev_get_stats,
    dev_open,
    dev_set_mtu,
)
from softnet.net.core.dev.registry import default_device_exit
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.rtnl import rtnl_create_link
from softnet.structs.net_namespace import Net
from tests.net.core.dev.kit import DevHost, frame, rtnl, sink


@pytest.fixture
def host() -> Iterator[DevHost]:
    veth_init()
    with DevHost() as h:
        yield h


def pair(host: DevHost, peer_net: Net) -> tuple[Veth, Veth]:
    with rtnl(host.net):
        dev = veth_newlink(host.net, "v0", peer_net, "v1")
        peer = dev.peer
        assert peer is not None
        assert dev_open(dev) == dev_open(peer) == 0
    host.run()
    return dev, peer


def test_frame_comes_out_at_the_other_end(host: DevHost) -> None:
    ns = host.new_net()
    dev, peer = pair(host, ns)
    pt, wrong = sink(ns), sink(host.net)
    dev_queue_xmit(frame(dev, b"hello", dst=peer.dev_addr))
    assert pt.frames == [b"hello"]
    assert wrong.frames == []
    assert pt.kinds == [0]
    tx, rx = dev_get_stats(dev), dev_get_stats(peer)
    assert (tx.tx_packets, tx.tx_bytes, tx.rx_packets) == (1, 19, 0)
    assert (rx.rx_packets, rx.rx_bytes, rx.tx_packets) == (1, 19, 0)


def test_carrier_needs_both_ends(host: DevHost) -> None:
    with rtnl(host.net):
        dev = veth_newlink(host.net, "v0", host.net, "v1")
        assert dev.peer is not None
        dev_open(dev)
        assert not dev_get_flags(dev) & if_.IFF_LOWER_UP
        dev_open(dev.peer)
        assert dev_get_flags(dev) & if_.IFF_LOWER_UP
        assert dev_get_flags(dev.peer) & if_.IFF_LOWER_UP
        dev_close(dev.peer)
        assert not dev_get_flags(dev) & if_.IFF_LOWER_UP


def test_queue_waits_for_the_carrier(host: DevHost) -> None:
    dev, peer = pair(host, host.net)
    assert dev.tx0.qdisc is not None
    assert dev.tx0.qdisc.id == "pfifo_fast"
    assert dev.operstate == peer.operstate == if_.IF_OPER_UP


def test_full_backlog_is_the_receivers_drop(host: DevHost) -> None:
    dev, peer = pair(host, host.net)
    host.net.sysctl.write("net.core.netdev_max_backlog", "0")
    sink(host.net)
    local_bh_disable()
    dev_queue_xmit(frame(dev, dst=peer.dev_addr))
    dev_queue_xmit(frame(dev, dst=peer.dev_addr))
    local_bh_enable()
    assert dev_get_stats(dev).tx_packets == 1
    assert dev_get_stats(dev).tx_dropped == 0
    assert dev_get_stats(peer).rx_dropped == 1


def test_offloads_by_era(host: DevHost) -> None:
    old = Veth(host.net, "v0")
    assert old.features == const.NETIF_F_LLTX
    assert old.hw_features == const.NETIF_F_NO_CSUM | const.NETIF_F_SG | const.NETIF_F_RXCSUM
    with DevHost(era="4.4") as later:
        assert Veth(later.net, "v0").features & const.NETIF_F_TSO


def test_mtu_bounds(host: DevHost) -> None:
    dev, _ = pair(host, host.net)
    with rtnl(host.net):
        assert dev_set_mtu(dev, 67) == -22
        assert dev_set_mtu(dev, 65536) == -22
        assert dev_set_mtu(dev, 65535) == 0


def test_addresses_are_random_and_differ(host: DevHost) -> None:
    dev, peer = pair(host, host.net)
    assert dev.dev_addr != peer.dev_addr
    assert dev.addr_assign_type == if_.NET_ADDR_RANDOM


def test_name_that_is_taken_leaves_nothing_behind(host: DevHost) -> None:
    pair(host, host.net)
    with rtnl(host.net), pytest.raises(OSError, match="EEXIST"):
        veth_newlink(host.net, "v0", host.net, "v7")
    assert [d.name for d in host.net.dev_base] == ["v1", "v0"]


def test_deleting_one_end_deletes_both(host: DevHost) -> None:
    ns = host.new_net()
    dev, peer = pair(host, ns)
    with rtnl(host.net):
        dev.ndo_dellink()
    assert host.net.dev_base == ns.dev_base == []
    assert dev.reg_state == peer.reg_state == const.NETREG_RELEASED


def test_namespace_that_goes_takes_the_pair_along(host: DevHost) -> None:
    ns = host.new_net()
    pair(host, ns)
    with rtnl(ns):
        default_device_exit(ns)
    assert host.net.dev_base == ns.dev_base == []


def test_made_by_kind(host: DevHost) -> None:
    ns = host.new_net()
    with rtnl(host.net):
        dev = rtnl_create_link(host.net, "veth", "", {"peer": "eth0", "peer_netns": ns})
        assert dev.name == "veth0"
        assert ns.dev_by_name["eth0"].kind == "veth"
        assert dev_change_flags(dev, dev.flags | if_.IFF_UP) == 0
