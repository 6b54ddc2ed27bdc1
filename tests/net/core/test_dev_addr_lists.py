"""Multicast and secondary unicast addresses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.uapi.if_ as if_
from softnet.net.core.dev_addr_lists import (
    dev_mc_add,
    dev_mc_add_global,
    dev_mc_del,
    dev_mc_del_global,
    dev_mc_sync,
    dev_mc_unsync,
    dev_uc_add,
    dev_uc_del,
    dev_uc_sync,
    dev_uc_unsync,
)
from tests.net.core.dev.kit import MAC_B, DevHost, Wire, rtnl, up

GROUP = bytes.fromhex("01005e000001")
OTHER = bytes.fromhex("01005e000002")


@pytest.fixture
def host() -> Iterator[DevHost]:
    with DevHost() as h:
        yield h


@pytest.fixture
def eth(host: DevHost) -> Wire:
    dev = Wire(host.net)
    up(dev)
    dev.calls.clear()
    return dev


def test_users_of_a_group_are_counted(eth: Wire) -> None:
    assert dev_mc_add(eth, GROUP) == dev_mc_add(eth, GROUP) == 0
    assert eth.mc == {GROUP: 2}
    assert dev_mc_del(eth, GROUP) == dev_mc_del(eth, GROUP) == 0
    assert eth.mc == {}
    assert dev_mc_del(eth, GROUP) == -2
    assert eth.calls == ["rx_mode"] * 4


def test_address_of_another_length_is_einval(eth: Wire) -> None:
    assert dev_mc_add(eth, b"123") == -22
    assert dev_uc_add(eth, b"123") == -22


def test_ioctl_may_ask_once(eth: Wire) -> None:
    assert dev_mc_add_global(eth, GROUP) == 0
    assert dev_mc_add_global(eth, GROUP) == -17
    assert dev_mc_del_global(eth, GROUP) == 0
    assert dev_mc_del_global(eth, GROUP) == -2
    assert eth.mc == {}


def test_unicast_makes_a_device_without_filter_promiscuous(host: DevHost, eth: Wire) -> None:
    with rtnl(host.net):
        dev_uc_add(eth, MAC_B)
        assert eth.flags & if_.IFF_PROMISC
        dev_uc_del(eth, MAC_B)
        assert not eth.flags & if_.IFF_PROMISC
        eth.priv_flags |= if_.IFF_UNICAST_FLT
        dev_uc_add(eth, MAC_B)
    assert not eth.flags & if_.IFF_PROMISC


def test_lists_follow_to_the_device_below(host: DevHost, eth: Wire) -> None:
    vlan = Wire(host.net)
    up(vlan)
    eth.priv_flags |= if_.IFF_UNICAST_FLT
    vlan.priv_flags |= if_.IFF_UNICAST_FLT
    with rtnl(host.net):
        dev_mc_add(eth, GROUP)
        dev_mc_add(vlan, GROUP)
        dev_mc_add(vlan, OTHER)
        dev_mc_sync(eth, vlan)
        dev_mc_sync(eth, vlan)
        assert eth.mc == {GROUP: 2, OTHER: 1}
        dev_mc_del(vlan, OTHER)
        dev_mc_sync(eth, vlan)
        assert eth.mc == {GROUP: 2}
        dev_mc_unsync(eth, vlan)
        assert eth.mc == {GROUP: 1}
        dev_uc_add(vlan, MAC_B)
        dev_uc_sync(eth, vlan)
        assert eth.uc == {MAC_B: 1}
        dev_uc_unsync(eth, vlan)
    assert eth.uc == {}
