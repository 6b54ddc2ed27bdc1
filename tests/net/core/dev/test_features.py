"""Which offloads a device may have, and which one packet may use."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
from softnet.net.core.dev.features import (
    can_checksum_protocol,
    dev_disable_lro,
    dev_set_features,
    net_gso_ok,
    netdev_fix_features,
    netdev_update_features,
    netif_needs_gso,
    netif_skb_features,
)
from softnet.net.core.dev.netdev_chain import NetdevNotifier, register_netdevice_notifier
from softnet.net.core.dev.registry import register_netdev
from softnet.structs.netdevice import NetDevice
from tests.net.core.dev.kit import PROTO, DevHost, Wire, frame, rtnl

SG, HW, IP, IP6 = (
    const.NETIF_F_SG,
    const.NETIF_F_HW_CSUM,
    const.NETIF_F_IP_CSUM,
    const.NETIF_F_IPV6_CSUM,
)
NO, TSO, GSO, UFO = (
    const.NETIF_F_NO_CSUM,
    const.NETIF_F_TSO,
    const.NETIF_F_GSO,
    const.NETIF_F_UFO,
)


@pytest.mark.parametrize(
    ("features", "fixed"),
    [
        (SG | HW | TSO | GSO | UFO, SG | HW | TSO | GSO | UFO),
        (SG, 0),
        (SG | IP, SG | IP),
        (HW | IP, HW),
        (HW | IP6, HW),
        (NO | HW | IP, NO),
        (HW | TSO | GSO, HW),
        (SG | HW | const.NETIF_F_TSO_ECN, SG | HW),
        (SG | HW | TSO | const.NETIF_F_TSO_ECN, SG | HW | TSO | const.NETIF_F_TSO_ECN),
        (SG | IP | UFO, SG | IP),
        (SG | IP | IP6 | UFO, SG | IP | IP6 | UFO),
        (HW | UFO, HW),
    ],
)
def test_combinations_without_sense_are_taken_out(host: DevHost, features: int, fixed: int) -> None:
    assert netdev_fix_features(Wire(host.net, "eth0"), features) == fixed


def test_user_switches_offloads(host: DevHost) -> None:
    class Watch(NetdevNotifier):
        changes = 0

        def netdev_event(self, event: int, dev: NetDevice) -> int:
            self.changes += event == const.NETDEV_FEAT_CHANGE
            return const.NOTIFY_DONE

    dev = Wire(host.net)
    dev.hw_features = SG | HW | TSO
    dev.features = SG | HW | TSO
    register_netdev(dev)
    nb = Watch()
    with rtnl(host.net):
        register_netdevice_notifier(nb, host.net)
        assert dev_set_features(dev, HW, 0)
        assert dev.features & (SG | HW | TSO | GSO) == 0  # the others stand on checksums
        assert dev_set_features(dev, HW, HW)
        assert dev.features & (SG | HW | TSO | GSO) == SG | HW | TSO | GSO
        assert dev_set_features(dev, IP, IP)  # not switchable: nothing happens
        assert not dev.features & IP
    assert nb.changes == 2


def test_driver_has_the_last_word(host: DevHost) -> None:
    class Picky(Wire):
        def ndo_fix_features(self, features: int) -> int:
            return features & ~TSO

        def ndo_set_features(self, features: int) -> int:
            return -errno.EIO if features & const.NETIF_F_RXCSUM else 0

    dev = Picky(host.net)
    dev.hw_features = SG | HW | TSO | const.NETIF_F_RXCSUM
    dev.features = SG | HW
    register_netdev(dev)
    with rtnl(host.net):
        assert not dev_set_features(dev, TSO, TSO)
        assert not dev_set_features(dev, const.NETIF_F_RXCSUM, const.NETIF_F_RXCSUM)
    assert "set_features() failed (-5)" in host.dmesg()
    assert not dev.features & (TSO | const.NETIF_F_RXCSUM)


def test_lro_is_switched_off_for_forwarding(host: DevHost) -> None:
    dev, stubborn = Wire(host.net), Wire(host.net)
    dev.hw_features = dev.features = const.NETIF_F_LRO
    stubborn.features = const.NETIF_F_LRO
    register_netdev(dev)
    register_netdev(stubborn)
    with rtnl(host.net):
        dev_disable_lro(dev)
        dev_disable_lro(stubborn)
        netdev_update_features(dev)
    assert not dev.features & const.NETIF_F_LRO
    assert "eth1: failed to disable LRO!" in host.dmesg()


@pytest.mark.parametrize(
    ("features", "proto", "can"),
    [
        (HW, PROTO, True),
        (NO, PROTO, True),
        (IP, 0x0800, True),
        (IP, 0x86DD, False),
        (IP6, 0x86DD, True),
        (IP | IP6, PROTO, False),
        (const.NETIF_F_FCOE_CRC, 0x8906, True),
    ],
)
def test_can_checksum(features: int, proto: int, can: bool) -> None:
    assert can_checksum_protocol(features, proto) is can


def test_packet_of_a_protocol_it_cannot_sum_loses_sg(host: DevHost) -> None:
    host.may_leak = True
    dev = Wire(host.net, "eth0")
    dev.features = SG | IP
    skb = frame(dev)
    assert netif_skb_features(skb) == 0
    skb.protocol = 0x0800
    assert netif_skb_features(skb) == SG | IP


def test_tagged_packet_uses_vlan_features(host: DevHost) -> None:
    host.may_leak = True
    dev = Wire(host.net, "eth0")
    dev.features = SG | HW | TSO | const.NETIF_F_HW_VLAN_TX
    dev.vlan_features = SG | HW
    skb = frame(dev)
    skb.vlan_tci = 0x1005
    assert netif_skb_features(skb) == SG | HW | const.NETIF_F_HW_VLAN_TX
    inline = frame(dev, b"\0\5\x08\0", 0x8100)
    dev.vlan_features = SG | HW | TSO
    assert netif_skb_features(inline) == SG | HW | const.NETIF_F_HW_VLAN_TX


def test_who_cuts_a_super_packet(host: DevHost) -> None:
    host.may_leak = True
    dev = Wire(host.net, "eth0")
    skb = frame(dev)
    skb.ip_summed = const.CHECKSUM_PARTIAL
    assert not netif_needs_gso(skb, 0)
    skb.shinfo.gso_size = 10
    skb.shinfo.gso_type = const.SKB_GSO_TCPV4
    assert netif_needs_gso(skb, SG | HW)
    assert not netif_needs_gso(skb, SG | HW | TSO)
    skb.ip_summed = const.CHECKSUM_NONE
    assert netif_needs_gso(skb, SG | HW | TSO)
    assert net_gso_ok(TSO | UFO, const.SKB_GSO_TCPV4 | const.SKB_GSO_UDP)
    assert not net_gso_ok(TSO, const.SKB_GSO_TCPV4 | const.SKB_GSO_TCP_ECN)
