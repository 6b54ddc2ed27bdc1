"""e1000: probe, open and close, interrupts, the link, filters, MTU, features."""

from __future__ import annotations

import errno
import sys

import pytest

import softnet.arch.const as const
import softnet.uapi.e1000 as regs
import softnet.uapi.if_ as if_
from softnet.net.core.dev.config import dev_change_flags, dev_set_mac_address, dev_set_mtu
from softnet.net.core.dev.features import dev_set_features
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.dev_addr_lists import dev_mc_add, dev_mc_del, dev_uc_add
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff
from tests.drivers.net.e1000.kit import MS, Pair
from tests.net.core.dev.kit import MAC_A, MAC_B, Sink, frame

GROUP = bytes.fromhex("01005e010203")
OTHER = bytes.fromhex("020000000099")


def test_probe_reads_the_address_from_the_eeprom_and_registers() -> None:
    pair = Pair(up=False)
    dev = pair.dev[0]
    assert dev.name == "eth0"
    assert dev.dev_addr == dev.perm_addr == MAC_A
    assert dev.features & (const.NETIF_F_SG | const.NETIF_F_HW_CSUM | const.NETIF_F_TSO)
    assert dev.state & 1 << const.LINK_STATE_NOCARRIER
    assert dev.irq == pair.nic[0].line.irq
    assert pair.h[0].machine.memory.leaks() == []


def test_open_finds_the_carrier_and_the_interrupt_is_armed(pair: Pair) -> None:
    dev = pair.dev[0]
    assert not dev.state & 1 << const.LINK_STATE_NOCARRIER
    assert dev.napi.irq_armed() == 1
    assert "eth0 NIC Link is Up 1000 Mbps Full Duplex" in pair.h[0].dmesg()
    assert dev.tx_ring.count == dev.rx_ring.count == 256


def test_the_carrier_is_there_before_a_task_that_starts_after_open() -> None:
    pair = Pair(up=False)
    pair.open(0)
    while pair.world.runqueue.count:
        pair.world.step()
    assert pair.world.clock.now == 0
    assert not pair.dev[0].state & 1 << const.LINK_STATE_NOCARRIER


def test_frames_pass_both_ways(pair: Pair) -> None:
    got = [pair.sink(0), pair.sink(1)]
    pair.send(b"to h2", 0)
    pair.send(b"to h1", 1)
    pair.run()
    assert got[1].frames == [b"to h2".ljust(46, b"\0")]
    assert got[0].frames == [b"to h1".ljust(46, b"\0")]
    assert pair.stats(0).tx_packets == pair.stats(0).rx_packets == 1


def test_open_without_memory_leaves_nothing_behind() -> None:
    pair = Pair(up=False)
    memory = pair.h[0].machine.memory
    for successes in range(2):
        left = [successes]

        def fail(left: list[int] = left) -> bool:
            left[0] -= 1
            return left[0] < 0

        memory.fail = fail
        assert pair.open(0) == -errno.ENOMEM
        memory.fail = None
        assert memory.leaks() == []
    assert pair.open(0) == 0
    pair.close(0)
    assert memory.leaks() == []


def test_an_idle_card_costs_little() -> None:
    pair = Pair()
    memory = pair.h[0].machine.memory
    dev, nic = pair.dev[0], pair.nic[0]
    rings = sum(len(area.buf) for area in set(memory.coherent.values()) if area.buf is not None)
    assert rings == 4096, "the receive descriptors; those for transmission are not there yet"
    assert dev.tx_ring.skbs is None
    assert dev.rx_ring.slab.written == 0
    lists = [dev.rx_ring.slab.bufs, dev.rx_ring.slab.posted, nic.rx.ra, nic.regs]
    assert sum(map(sys.getsizeof, lists)) < 12 * 1024


def test_interrupts_are_throttled_to_the_rate_of_itr(pair: Pair) -> None:
    pair.sink(1)
    line = pair.nic[1].line
    before = line.counts[0]
    start = pair.world.clock.now
    for i in range(100):
        pair.world.at(start + i * 5_000, 1, lambda: pair.send())
    pair.run(10 * MS)
    interrupts = line.counts[0] - before
    assert pair.stats(1).rx_packets == 100
    # 100 frames in half a millisecond: at most 20000 interrupts a second and one for the first.
    assert 5 <= interrupts <= 20


def test_a_frame_that_comes_while_polling_is_masked_is_not_forgotten(pair: Pair) -> None:
    got = pair.sink(1)
    nic, dev = pair.nic[1], pair.dev[1]
    nic.irq.mask(const.U32_MAX)
    pair.send()
    pair.run()
    assert got.frames == []
    assert nic.irq.icr & regs.E1000_ICR_RXT0
    with pair.h[1].cpu():
        nic.irq.unmask(regs.IMS_ENABLE_MASK)
    pair.run()
    assert len(got.frames) == 1
    assert dev.napi.irq_armed() == 1


def test_pulling_the_cable_takes_the_carrier_and_the_queues(pair: Pair) -> None:
    pair.cable.set_carrier(False)
    pair.run(1100 * MS)
    for i in (0, 1):
        assert pair.dev[i].state & 1 << const.LINK_STATE_NOCARRIER
        assert "NIC Link is Down" in pair.h[i].dmesg()
    assert pair.dev[0].tx0.qdisc is not pair.dev[0].tx0.qdisc_sleeping
    pair.cable.set_carrier(True)
    pair.run()
    got = pair.sink(1)
    pair.send()
    pair.run()
    assert len(got.frames) == 1


def test_frames_in_the_ring_when_the_link_goes_are_given_up(pair: Pair) -> None:
    pair.cable.set(rate=1_000_000)
    for _ in range(50):
        pair.send(bytes(1000))
    pair.run(MS)
    assert pair.dev[0].tx_ring.unused() < 255
    pair.cable.set_carrier(False)
    pair.run(10 * MS)
    assert pair.dev[0].tx_ring.unused() == 255
    assert pair.h[0].machine.memory.mapped == 0
    assert pair.dev[0].tx_timeout_count == 1


def test_tx_timeout_resets_the_card_and_traffic_goes_on(pair: Pair) -> None:
    pair.nic[0].tx.tctl = 0  # it hangs
    for _ in range(300):
        pair.send()
    pair.run(11_000 * MS)
    assert pair.dev[0].tx_timeout_count >= 1
    got = pair.sink(1)
    pair.run(2000 * MS)
    pair.send(b"again")
    pair.run()
    assert b"again".ljust(46, b"\0") in got.frames


def test_other_unicast_is_filtered_unless_promiscuous(pair: Pair) -> None:
    got = pair.sink(1)
    pair.send(dst=OTHER)
    pair.run()
    assert pair.stats(1).rx_packets == 0
    with pair.rtnl(1) as dev:
        dev_change_flags(dev, dev.flags | if_.IFF_PROMISC)
    pair.send(dst=OTHER)
    pair.run()
    assert pair.stats(1).rx_packets == 1
    assert len(got.frames) == 1


def test_groups_need_membership_and_broadcast_does_not(pair: Pair) -> None:
    got = pair.sink(1)
    pair.send(b"a", dst=GROUP)
    pair.send(b"b", dst=b"\xff" * 6)
    pair.run()
    assert [f[:1] for f in got.frames] == [b"b"]
    with pair.rtnl(1) as dev:
        dev_mc_add(dev, GROUP)
    pair.send(b"c", dst=GROUP)
    pair.run()
    with pair.rtnl(1) as dev:
        dev_mc_del(dev, GROUP)
    pair.send(b"d", dst=GROUP)
    pair.run()
    assert [f[:1] for f in got.frames] == [b"b", b"c"]


def test_more_groups_than_registers_go_into_the_hash_table(pair: Pair) -> None:
    groups = [bytes.fromhex("01005e0000") + bytes([i]) for i in range(40)]
    with pair.rtnl(1) as dev:
        for group in groups:
            dev_mc_add(dev, group)
    got = pair.sink(1)
    for group in groups:
        pair.send(dst=group)
    pair.send(dst=bytes.fromhex("01005e7fff80"))
    pair.run()
    assert len(got.frames) == 40


def test_secondary_unicast_addresses_have_registers(pair: Pair) -> None:
    with pair.rtnl(1) as dev:
        dev_uc_add(dev, OTHER)
    pair.send(dst=OTHER)
    pair.run()
    assert pair.stats(1).rx_packets == 1
    assert not pair.dev[1].flags & if_.IFF_PROMISC


def test_a_new_address_is_filtered_for_at_once(pair: Pair) -> None:
    with pair.rtnl(1) as dev:
        assert dev_set_mac_address(dev, OTHER) == 0
        assert dev_set_mac_address(dev, GROUP) == -errno.EADDRNOTAVAIL
    got = pair.sink(1)
    pair.send(dst=OTHER)
    pair.send(dst=MAC_B)
    pair.run()
    assert len(got.frames) == 1


@pytest.mark.parametrize("mtu", [45, 16111, 70000])
def test_impossible_mtus_are_refused(pair: Pair, mtu: int) -> None:
    with pair.rtnl(0) as dev:
        assert dev_set_mtu(dev, mtu) == -errno.EINVAL
    assert pair.dev[0].mtu == 1500


@pytest.mark.parametrize("mtu", [46, 1500, 1501, 4000, 9000, 16110])
def test_frames_of_every_mtu_pass(pair: Pair, mtu: int) -> None:
    for i in (0, 1):
        with pair.rtnl(i) as dev:
            assert dev_set_mtu(dev, mtu) == 0
    pair.run()
    got = pair.sink(1)
    data = bytes(n & 0xFF for n in range(mtu))
    pair.send(data)
    pair.run()
    assert got.frames == [data.ljust(46, b"\0")]


def test_a_frame_above_the_mtu_of_the_receiver_is_lost_and_counted(pair: Pair) -> None:
    with pair.rtnl(0) as dev:
        dev_set_mtu(dev, 9000)
    pair.run()
    pair.send(bytes(5000))
    pair.run()
    assert pair.stats(1).rx_length_errors == pair.stats(1).rx_errors == 1
    assert pair.stats(1).rx_packets == 0


def test_receive_checksums_can_be_switched_off(pair: Pair) -> None:
    with pair.rtnl(1) as dev:
        assert dev_set_features(dev, const.NETIF_F_RXCSUM, 0)
    assert pair.nic[1].rx.rxcsum == 0
    pair.run()
    got = pair.sink(1)
    pair.send()
    pair.run()
    assert len(got.frames) == 1


def test_pulling_the_card_out_unregisters_the_device() -> None:
    pair = Pair()
    with pair.h[0].cpu():
        pair.nic[0].unplug()
    pair.run()
    assert pair.h[0].net.dev_base == []
    assert pair.h[0].machine.memory.leaks() == []


class Ids(Sink):
    """Keeps the packets' trace ids."""

    def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
        self.users.append(skb.pkt_id)
        kfree_skb(skb)
        return const.NET_RX_SUCCESS


def test_a_packet_keeps_its_trace_id_across_the_cable(pair: Pair) -> None:
    ids = Ids()
    dev_add_pack(ids, pair.h[1].net)
    for pkt_id in (41, 0, 43):
        skb = frame(pair.dev[0])
        skb.pkt_id = pkt_id
        pair.xmit(0, skb)
    pair.run()
    assert pair.seen.metas == [41, None, 43]
    assert ids.users == [41, 0, 43]
