"""Receive packet steering and flow steering."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
from softnet.machine.cpu import OnCpu, this_cpu
from softnet.net.core.dev.receive import netif_receive_skb, netif_rx_ni
from softnet.net.core.dev.rps import (
    rps_record_sock_flow,
    rps_reset_sock_flow,
    rps_set_cpus,
    rps_set_flow_cnt,
    skb_get_rxhash,
)
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.netdevice import NetDevice, PacketType
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import DevHost, Wire, received, softirq, up


class Where(PacketType):
    """Notes the CPU on which each packet was received."""

    def __init__(self, type: int = 0x0800) -> None:
        PacketType.__init__(self, type, None)
        self.cpus: list[int] = []

    def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
        self.cpus.append(this_cpu().id)
        kfree_skb(skb)
        return 0


@pytest.fixture
def eth(smp: DevHost) -> Wire:
    dev = Wire(smp.net)
    up(dev)
    return dev


@pytest.fixture
def where(smp: DevHost) -> Where:
    pt = Where()
    dev_add_pack(pt, smp.net)
    return pt


def udp(
    dev: NetDevice, sport: int, dport: int = 53, src: int = 0x0A000001, dst: int = 0x0A000002
) -> SkBuff:
    """An IPv4 packet with two ports, as the hash sees it."""
    ip = bytes([0x45, 0]) + bytes(7) + bytes([17]) + bytes(2)
    ip += src.to_bytes(4, "big") + dst.to_bytes(4, "big")
    return received(dev, ip + sport.to_bytes(2, "big") + dport.to_bytes(2, "big"), 0x0800)


def test_off_by_default(smp: DevHost, eth: Wire, where: Where) -> None:
    netif_rx_ni(udp(eth, 1))
    assert eth.rx is None
    assert where.cpus == [0]


def test_one_cpu_of_the_map_gets_everything(smp: DevHost, eth: Wire, where: Where) -> None:
    rps_set_cpus(eth, 0, [2])
    netif_rx_ni(udp(eth, 1))
    assert where.cpus == []  # the interrupt is an event of this instant
    smp.run()
    assert where.cpus == [2]
    assert smp.sd(2).received_rps == 1
    assert smp.sd(2).processed == 1
    assert smp.sd(0).processed == 0


def test_flows_spread_and_each_stays(smp: DevHost, eth: Wire, where: Where) -> None:
    rps_set_cpus(eth, 0, [0, 1, 2, 3])
    for _ in range(2):
        for sport in range(30):
            netif_rx_ni(udp(eth, sport))
            smp.run()
    assert where.cpus[:30] == where.cpus[30:]
    assert len(set(where.cpus)) == 4


def test_one_interrupt_for_a_burst(smp: DevHost, eth: Wire, where: Where) -> None:
    rps_set_cpus(eth, 0, [3])
    cpu = smp.machine.cpus[0]
    with softirq(cpu):
        for _ in range(5):
            netif_receive_skb(udp(eth, 1))
    smp.machine.cpus[0].softirq_pending |= 1 << const.NET_RX_SOFTIRQ
    netif_rx_ni(udp(eth, 1))
    smp.run()
    assert where.cpus == [3] * 6
    assert smp.sd(3).received_rps == 1


def test_hash_is_the_same_in_both_directions(smp: DevHost, eth: Wire) -> None:
    smp.may_leak = True
    there = udp(eth, 1000, 80)
    back = udp(eth, 80, 1000, src=0x0A000002, dst=0x0A000001)
    for skb in (there, back):
        skb.network_header = skb.data
    assert skb_get_rxhash(there) == skb_get_rxhash(back) != 0
    assert there.l4_rxhash
    assert 0 < there.rxhash <= 0xFFFFFFFF


def test_fragments_hash_by_address_only(smp: DevHost, eth: Wire) -> None:
    smp.may_leak = True
    one, two = udp(eth, 1), udp(eth, 2)
    for skb in (one, two):
        skb.network_header = skb.data
        skb.shinfo.head[skb.data + 6] = 0x20  # more fragments
    assert skb_get_rxhash(one) == skb_get_rxhash(two) != 0
    assert not one.l4_rxhash


def test_hash_looks_through_a_tag_and_a_tunnel(smp: DevHost, eth: Wire) -> None:
    smp.may_leak = True
    inner = udp(eth, 7)
    plain = inner.head_bytes()
    outer = bytes([0x45, 0]) + bytes(7) + bytes([4]) + bytes(2) + bytes(8)
    tagged = received(eth, b"\0\5\x08\0" + outer + plain, 0x8100)
    for skb in (inner, tagged):
        skb.network_header = skb.data
    assert skb_get_rxhash(tagged) == skb_get_rxhash(inner)


def test_ipv6_and_ports(smp: DevHost, eth: Wire) -> None:
    smp.may_leak = True
    hashes = set()
    for sport in (1, 2):
        head = bytes([0x60]) + bytes(5) + bytes([6, 64]) + bytes(15) + b"\1" + bytes(15) + b"\2"
        skb = received(eth, head + sport.to_bytes(2, "big") + b"\0\x50", 0x86DD)
        skb.network_header = skb.data
        hashes.add(skb_get_rxhash(skb))
    assert len(hashes) == 2


def test_no_flow_no_hash(smp: DevHost, eth: Wire, where: Where) -> None:
    smp.may_leak = True
    skb = received(eth, b"what is this", 0x88B6)
    skb.network_header = skb.data
    assert skb_get_rxhash(skb) == 0
    short = received(eth, b"E", 0x0800)
    short.network_header = short.data
    assert skb_get_rxhash(short) == 0


def test_rfs_follows_the_reader(smp: DevHost, eth: Wire, where: Where) -> None:
    smp.may_leak = True
    smp.net.sysctl.write("net.core.rps_sock_flow_entries", "256")
    assert smp.net.sysctl.read("net.core.rps_sock_flow_entries") == "256"
    rps_set_flow_cnt(eth, 0, 256)
    skb = udp(eth, 9)
    skb.network_header = skb.data
    hash = skb_get_rxhash(skb)
    for reader in (2, 1):
        with OnCpu(smp.machine.cpus[reader]):
            rps_record_sock_flow(hash)
        netif_rx_ni(udp(eth, 9))
        smp.run()
    assert where.cpus == [2, 1]
    rps_reset_sock_flow(hash)
    netif_rx_ni(udp(eth, 9))
    smp.run()
    assert where.cpus == [2, 1, 0]


def test_flow_does_not_move_while_its_packets_wait(smp: DevHost, eth: Wire, where: Where) -> None:
    smp.may_leak = True
    smp.net.sysctl.write("net.core.rps_sock_flow_entries", "256")
    rps_set_flow_cnt(eth, 0, 256)
    skb = udp(eth, 9)
    skb.network_header = skb.data
    hash = skb_get_rxhash(skb)
    with OnCpu(smp.machine.cpus[2]):
        rps_record_sock_flow(hash)
    netif_rx_ni(udp(eth, 9))
    with OnCpu(smp.machine.cpus[1]):
        rps_record_sock_flow(hash)
    netif_rx_ni(udp(eth, 9))  # the first still waits on CPU 2
    smp.run()
    netif_rx_ni(udp(eth, 9))
    smp.run()
    assert where.cpus == [2, 2, 1]


def test_switching_off_forgets(smp: DevHost, eth: Wire) -> None:
    rps_set_cpus(eth, 0, [1])
    rps_set_flow_cnt(eth, 0, 100)
    assert eth.rx is not None
    table = eth.rx[0].rps_flow_table
    assert table is not None
    assert table.mask == 127
    rps_set_cpus(eth, 0, [])
    rps_set_flow_cnt(eth, 0, 0)
    assert eth.rx is None


def test_errors(smp: DevHost, eth: Wire) -> None:
    with pytest.raises(OSError, match="no such receive queue"):
        rps_set_cpus(eth, 1, [0])
    with pytest.raises(OSError, match="rps_flow_cnt"):
        rps_set_flow_cnt(eth, 0, -1)
    with pytest.raises(OSError, match="rps_sock_flow_entries"):
        smp.net.sysctl.write("net.core.rps_sock_flow_entries", "-1")
