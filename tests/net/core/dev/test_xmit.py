"""dev_queue_xmit() and what it calls."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
import softnet.uapi.pkt_sched as pkt_sched
from softnet.machine.cpu import OnCpu, irq_enter, irq_exit
from softnet.net.core.dev.config import dev_close
from softnet.net.core.dev.queue import netif_wake_queue
from softnet.net.core.dev.taps import dev_add_pack, dev_remove_pack
from softnet.net.core.dev.xmit import (
    dev_kfree_skb_any,
    dev_kfree_skb_irq,
    dev_queue_xmit,
)
from softnet.net.core.skbuff import skb_add_rx_frag, skb_get
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice, PacketType
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import (
    MAC_A,
    MAC_B,
    PROTO,
    DevHost,
    Wire,
    frame,
    make_skb,
    rtnl,
    sink,
    up,
)


def test_idle_qdisc_is_bypassed(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    assert dev_queue_xmit(frame(dev, b"hello")) == const.NET_XMIT_SUCCESS
    assert dev.payloads() == [b"hello"]
    q = dev.tx0.qdisc
    assert q is not None
    assert (q.id, q.packets, q.bytes, q.q.qlen) == ("pfifo_fast", 1, 19, 0)
    assert not q.running


def test_full_ring_requeues_in_order(host: DevHost) -> None:
    dev = Wire(host.net, room=1)
    up(dev)
    for n in range(3):
        assert dev_queue_xmit(frame(dev, b"%d" % n)) == const.NET_XMIT_SUCCESS
    assert dev.payloads() == [b"0"]
    q = dev.tx0.qdisc
    assert q is not None
    assert q.gso_skb is not None
    assert (q.q.qlen, q.requeues) == (2, 1)
    dev.room = 10
    netif_wake_queue(dev)
    host.run()
    assert dev.payloads() == [b"0", b"1", b"2"]
    assert q.q.qlen == 0


def test_busy_with_a_running_queue_is_a_bug(host: DevHost) -> None:
    host.may_leak = True
    dev = Wire(host.net)
    up(dev)
    dev.verdicts = [const.NETDEV_TX_BUSY]
    with pytest.raises(AssertionError, match="NETDEV_TX_BUSY with a running queue"):
        dev_queue_xmit(frame(dev))


def test_locked_driver_counts_cpu_collision(smp: DevHost) -> None:
    dev = Wire(smp.net)
    dev.features |= const.NETIF_F_LLTX
    up(dev)
    dev.verdicts = [const.NETDEV_TX_LOCKED]
    dev_queue_xmit(frame(dev, b"again"))
    smp.run()
    assert smp.sd().cpu_collision == 1
    assert dev.payloads() == [b"again"]


def test_locked_by_ourselves_is_a_dead_loop(host: DevHost) -> None:
    dev = Wire(host.net)
    dev.features |= const.NETIF_F_LLTX
    up(dev)
    dev.tx0.xmit_lock_owner = 0
    dev.verdicts = [const.NETDEV_TX_LOCKED]
    dev_queue_xmit(frame(dev))
    assert "Dead loop on netdevice eth0, fix it urgently!" in host.dmesg()
    assert host.sd().cpu_collision == 0
    assert dev.sent == []


def test_device_down_drops(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    with rtnl(host.net):
        dev_close(dev)
    assert dev_queue_xmit(frame(dev)) == const.NET_XMIT_CN
    assert dev.sent == []


def test_noqueue_device_down_is_enetdown(host: DevHost) -> None:
    dev = Wire(host.net)
    dev.tx_queue_len = 0
    up(dev)
    dev.flags &= ~if_.IFF_UP
    assert dev_queue_xmit(frame(dev)) == -100


def test_noqueue_sends_at_once(host: DevHost) -> None:
    dev = Wire(host.net)
    dev.tx_queue_len = 0
    up(dev)
    assert dev.tx0.qdisc is not None
    assert dev.tx0.qdisc.id == "noqueue"
    assert dev_queue_xmit(frame(dev, b"now")) == const.NETDEV_TX_OK
    assert dev.payloads() == [b"now"]


def test_noqueue_device_that_asks_to_queue(host: DevHost) -> None:
    dev = Wire(host.net, room=0)
    dev.tx_queue_len = 0
    up(dev)
    assert dev_queue_xmit(frame(dev)) == -100
    assert "Virtual device eth0 asks to queue packet!" in host.dmesg()


class Tunnel(NetDevice):
    """A virtual device on top of another."""

    def __init__(self, net: Net, name: str) -> None:
        NetDevice.__init__(self, name)
        self.nd_net = net
        self.dev_addr = MAC_A
        self.features = const.NETIF_F_LLTX
        self.lower: NetDevice = self
        self.depth = 0

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        self.depth += 1
        skb.dev = self.lower
        dev_queue_xmit(skb)
        return const.NETDEV_TX_OK


def test_ring_of_tunnels_ends_at_the_recursion_limit(host: DevHost) -> None:
    one, two = Tunnel(host.net, "tun1"), Tunnel(host.net, "tun2")
    one.lower, two.lower = two, one
    up(one)
    up(two)
    dev_queue_xmit(frame(one))
    assert one.depth + two.depth == 11  # RECURSION_LIMIT is 10, and is looked at before it counts
    assert "Dead loop on virtual device tun2, fix it urgently!" in host.dmesg()
    assert host.sd().xmit_recursion == 0


def test_locking_driver_that_sends_to_itself_is_a_dead_loop(host: DevHost) -> None:
    dev = Tunnel(host.net, "tun1")
    dev.features = 0
    up(dev)
    dev_queue_xmit(frame(dev))
    assert dev.depth == 1
    assert "Dead loop on virtual device tun1" in host.dmesg()


def test_from_hardirq_is_a_bug(host: DevHost) -> None:
    host.may_leak = True
    dev = Wire(host.net)
    up(dev)
    cpu = host.machine.cpus[0]
    cpu.hardirq_count += 1
    try:
        with pytest.raises(AssertionError, match="interrupt handler"):
            dev_queue_xmit(frame(dev))
    finally:
        cpu.hardirq_count -= 1


def test_driver_that_raises_leaves_the_context_right(host: DevHost) -> None:
    host.may_leak = True

    class Broken(Wire):
        def ndo_start_xmit(self, skb: SkBuff) -> int:
            raise ZeroDivisionError

    dev = Broken(host.net)
    up(dev)
    with pytest.raises(ZeroDivisionError):
        dev_queue_xmit(frame(dev))
    cpu = host.machine.cpus[0]
    assert (cpu.softirq_count, cpu.preempt_count) == (0, 0)
    assert dev.tx0.xmit_lock_owner == -1
    assert dev.tx0.qdisc is not None
    assert not dev.tx0.qdisc.running


# ---- queue choice


def test_flow_keeps_its_queue(host: DevHost) -> None:
    dev = Wire(host.net, txqs=4)
    up(dev)
    skbs = [frame(dev) for _ in range(40)]
    for i, skb in enumerate(skbs):
        skb.rxhash = i % 20 + 1
        dev_queue_xmit(skb)
    first = [skb.queue_mapping for skb in skbs[:20]]
    assert first == [skb.queue_mapping for skb in skbs[20:]]
    assert len(set(first)) > 1
    assert max(first) < 4


def test_driver_selects_the_queue(host: DevHost) -> None:
    class Choosy(Wire):
        wanted = 2

        def ndo_select_queue(self, skb: SkBuff) -> int:
            return self.wanted

    dev = Choosy(host.net, txqs=3)
    up(dev)
    skb = frame(dev)
    dev_queue_xmit(skb)
    assert skb.queue_mapping == 2
    dev.wanted = 3
    skb = frame(dev)
    dev_queue_xmit(skb)
    assert skb.queue_mapping == 0
    assert "eth0 selects TX queue 3, but real number of TX queues is 3" in host.dmesg()


def test_xps_prefers_the_cpus_queues(smp: DevHost) -> None:
    dev = Wire(smp.net, txqs=4)
    up(dev)
    dev.xps_maps = [[3], [1], None, [9]]
    for cpu, expected in ((0, 3), (1, 1)):
        with OnCpu(smp.machine.cpus[cpu]):
            skb = frame(dev)
            dev_queue_xmit(skb)
            assert skb.queue_mapping == expected


def test_forwarded_packet_uses_the_queue_it_came_by(host: DevHost) -> None:
    dev = Wire(host.net, txqs=4)
    up(dev)
    skb = frame(dev)
    skb.queue_mapping = 6  # receive queue 5
    dev_queue_xmit(skb)
    assert skb.queue_mapping == 1


# ---- taps


def test_tap_sees_outgoing_copy(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    tap = sink(host.net, 3)  # ETH_P_ALL
    dev_queue_xmit(frame(dev, b"seen"))
    assert tap.frames == [MAC_B + MAC_A + PROTO.to_bytes(2, "big") + b"seen"]
    assert tap.kinds == [4]  # PACKET_OUTGOING
    assert dev.payloads() == [b"seen"]
    assert dev.sent[0].users == 1


def test_tap_of_another_device_sees_nothing(host: DevHost) -> None:
    dev, other = Wire(host.net), Wire(host.net)
    up(dev)
    up(other)
    tap = sink(host.net, 3, other)
    dev_queue_xmit(frame(dev))
    assert tap.frames == []
    dev_queue_xmit(frame(other))
    assert len(tap.frames) == 1
    dev_remove_pack(tap, host.net)
    dev_queue_xmit(frame(other))
    assert len(tap.frames) == 1


def test_two_taps_share_one_copy(host: DevHost) -> None:
    host.may_leak = True

    class Keeper(PacketType):
        def __init__(self) -> None:
            PacketType.__init__(self, 3, None)
            self.skbs: list[SkBuff] = []

        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            self.skbs.append(skb)
            return 0

    dev = Wire(host.net)
    up(dev)
    one, two = Keeper(), Keeper()
    dev_add_pack(one, host.net)
    dev_add_pack(two, host.net)
    dev_queue_xmit(frame(dev))
    assert one.skbs[0] is two.skbs[0]
    assert one.skbs[0].users == 2
    assert one.skbs[0] is not dev.sent[0]


# ---- what the device cannot


def udp_frame(dev: NetDevice) -> SkBuff:
    """A frame whose last two bytes are to hold the sum of what stands behind the link header."""
    skb = frame(dev, bytes.fromhex("0001 0002 0003 0000"), proto=0x0800)
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start = skb.data + 14
    skb.csum_offset = 6
    return skb


def test_checksum_is_computed_for_a_device_without(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    dev_queue_xmit(udp_frame(dev))
    assert dev.payloads() == [bytes.fromhex("0001 0002 0003 fff9")]
    assert dev.sent[0].ip_summed == const.CHECKSUM_NONE
    assert dev.sent[0].transport_header == dev.sent[0].data + 14


@pytest.mark.parametrize(
    ("feature", "proto", "left"),
    [
        (const.NETIF_F_HW_CSUM, 0x0800, True),
        (const.NETIF_F_IP_CSUM, 0x0800, True),
        (const.NETIF_F_IP_CSUM, 0x86DD, False),
        (const.NETIF_F_IPV6_CSUM, 0x86DD, True),
    ],
)
def test_checksum_is_left_to_a_device_that_can(
    host: DevHost, feature: int, proto: int, left: bool
) -> None:
    dev = Wire(host.net)
    dev.features |= feature
    up(dev)
    skb = udp_frame(dev)
    skb.protocol = proto
    dev_queue_xmit(skb)
    assert (dev.sent[0].ip_summed == const.CHECKSUM_PARTIAL) is left


def test_fragments_become_linear_for_a_device_without_sg(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    skb = frame(dev, b"head-")
    from_page = b"....page...."
    skb_add_rx_frag(skb, from_page, 4, 4, 4)
    dev_queue_xmit(skb)
    assert dev.sent[0].data_len == 0
    assert dev.payloads() == [b"head-page"]


def test_vlan_tag_is_written_for_a_device_without(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    skb = frame(dev, b"tagged")
    skb.vlan_tci = 0x1000 | 42
    dev_queue_xmit(skb)
    assert dev.sent[0].head_bytes() == (
        MAC_B + MAC_A + bytes.fromhex("8100002a") + PROTO.to_bytes(2, "big") + b"tagged"
    )
    assert dev.sent[0].vlan_tci == 0


def test_vlan_tag_is_left_to_a_device_that_can(host: DevHost) -> None:
    dev = Wire(host.net)
    dev.features |= const.NETIF_F_HW_VLAN_TX
    up(dev)
    skb = frame(dev, b"tagged")
    skb.vlan_tci = 0x1000 | 42
    dev_queue_xmit(skb)
    assert dev.payloads() == [b"tagged"]
    assert dev.sent[0].vlan_tci == 0x1000 | 42


class Cutter(PacketType):
    """A protocol whose segments are its payload in pieces of gso_size."""

    broken = False

    def gso_segment(self, skb: SkBuff, features: int) -> SkBuff | None:
        if self.broken:
            return skb
        head = bytes(skb.shinfo.head[skb.mac_header : skb.data])
        body = skb.head_bytes()
        first: SkBuff | None = None
        for at in reversed(range(0, len(body), skb.shinfo.gso_size)):
            seg = make_skb(head + body[at : at + skb.shinfo.gso_size])
            seg.dev = skb.dev
            seg.protocol = skb.protocol
            seg.next = first
            first = seg
        return first


@pytest.fixture
def cutter() -> Cutter:
    return Cutter(PROTO, None)


def gso_frame(dev: NetDevice, data: bytes, size: int) -> SkBuff:
    skb = frame(dev, data)
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start = skb.data + 14
    skb.shinfo.gso_size = size
    skb.shinfo.gso_segs = -(-len(data) // size)
    skb.shinfo.gso_type = const.SKB_GSO_TCPV4
    return skb


def test_super_packet_is_cut_for_a_device_without_tso(host: DevHost, cutter: Cutter) -> None:
    dev = Wire(host.net)
    up(dev)
    dev_add_pack(cutter)
    try:
        assert dev_queue_xmit(gso_frame(dev, b"abcdefgh", 3)) == const.NET_XMIT_SUCCESS
        assert dev.payloads() == [b"abc", b"def", b"gh"]
        assert dev.tx0.qdisc is not None
        assert dev.tx0.qdisc.packets == 3
    finally:
        dev_remove_pack(cutter)


def test_rest_of_a_super_packet_waits_for_room(host: DevHost, cutter: Cutter) -> None:
    dev = Wire(host.net, room=1)
    up(dev)
    dev_add_pack(cutter)
    try:
        dev_queue_xmit(gso_frame(dev, b"abcdefgh", 3))
        dev_queue_xmit(frame(dev, b"later"))
        assert dev.payloads() == [b"abc"]
        dev.room = 2
        netif_wake_queue(dev)
        host.run()
        assert dev.payloads() == [b"abc", b"def"]
        dev.room = 9
        netif_wake_queue(dev)
        host.run()
        assert dev.payloads() == [b"abc", b"def", b"gh", b"later"]
    finally:
        dev_remove_pack(cutter)


def test_malformed_super_packet_is_dropped(host: DevHost, cutter: Cutter) -> None:
    dev = Wire(host.net)
    up(dev)
    cutter.broken = True
    dev_add_pack(cutter)
    try:
        assert dev_queue_xmit(gso_frame(dev, b"abcdefgh", 3)) == const.NET_XMIT_SUCCESS
        assert dev.sent == []
    finally:
        dev_remove_pack(cutter)


def test_super_packet_stays_whole_for_a_device_with_tso(host: DevHost) -> None:
    dev = Wire(host.net)
    dev.features |= const.NETIF_F_HW_CSUM | const.NETIF_F_SG | const.NETIF_F_TSO
    up(dev)
    dev_queue_xmit(gso_frame(dev, b"abcdefgh", 3))
    assert dev.payloads() == [b"abcdefgh"]


# ---- completion


def test_irq_completion_is_freed_by_the_softirq(host: DevHost) -> None:
    host.may_leak = True
    cpu = host.machine.cpus[0]
    skb, shared = make_skb(b"1"), skb_get(make_skb(b"2"))
    irq_enter(cpu)
    dev_kfree_skb_irq(skb)
    dev_kfree_skb_any(shared)
    assert host.sd().completion_queue is skb
    assert shared.users == 1
    irq_exit(cpu)
    assert host.sd().completion_queue is None


def test_priorities_overtake(host: DevHost) -> None:
    dev = Wire(host.net, room=0)
    up(dev)
    dev_queue_xmit(frame(dev, b"first"))
    dev_queue_xmit(frame(dev, b"bulk", priority=pkt_sched.TC_PRIO_BULK))
    dev_queue_xmit(frame(dev, b"plain"))
    dev_queue_xmit(frame(dev, b"ssh", priority=pkt_sched.TC_PRIO_INTERACTIVE))
    dev.room = 9
    netif_wake_queue(dev)
    host.run()
    assert dev.payloads() == [b"first", b"ssh", b"plain", b"bulk"]
