"""e1000's transmit side: the ring, fragments, offloads, failures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
from softnet.host import Host
from softnet.machine.cable import Cable
from softnet.machine.clock import World
from softnet.net.core.dev.features import dev_set_features
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.skbuff import alloc_skb, kfree_skb, skb_fill_page_desc
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff
from softnet.wire.build import build_ethernet, build_ipv4, build_tcp, build_udp
from softnet.wire.ip import ip_view
from tests.drivers.net.e1000.kit import MS, Pair, Seen
from tests.net.core.dev.kit import MAC_A, MAC_B, frame, make_skb

SRC, DST = 0x0A000001, 0x0A000002
HEADERS = 14 + 20 + 20
PSH_ACK, FIN_PSH_ACK = 0x18, 0x19


class Wired:
    """One whole host on a cable whose other end is open: what it sends is in seen."""

    def __init__(self) -> None:
        self.world = World(1)
        self.host = Host(self.world, "h1")
        self.cable = Cable(self.world, "c", 1, 0)
        self.seen = Seen()
        self.cable.taps.append(self.seen)
        self.name = self.host.add_e1000(self.cable.a, MAC_A)
        self.dev: NetDevice = self.host.device(self.name)
        self.host.set_up(self.name)
        self.run()
        self.seen.frames.clear()

    def run(self) -> None:
        self.world.run(until_ns=self.world.clock.now + 20 * MS)

    def xmit(self, skb: SkBuff) -> list[bytes]:
        """Send skb; the frames that came out."""
        self.seen.frames.clear()
        with self.host.running():
            assert dev_queue_xmit(skb) == 0
        self.run()
        return list(self.seen.frames)

    def offload(self, feature: int, on: bool) -> None:
        with self.host.rtnl():
            assert dev_set_features(self.dev, feature, feature if on else 0)


@pytest.fixture
def wired() -> Iterator[Wired]:
    w = Wired()
    yield w
    w.host.set_down(w.name)
    assert w.host.machine.memory.leaks() == []


def tcp_packet(
    dev: NetDevice, payload: bytes, mss: int, flags: int = PSH_ACK, linear: int = 0, ident: int = 7
) -> SkBuff:
    """A TCP packet as TCP hands it down: CHECKSUM_PARTIAL, payload behind `linear` in fragments."""
    tcp = build_tcp(SRC, DST, 1000, 80, seq=0xFFFFF000, ack_seq=99, flags=flags, payload=payload)
    packet = build_ethernet(MAC_B, MAC_A, 0x0800, build_ipv4(SRC, DST, 6, tcp, id=ident))
    skb = alloc_skb(64 + HEADERS + linear)
    skb.reserve(64)
    o = skb.put(HEADERS + linear)
    skb.shinfo.head[o : o + HEADERS + linear] = packet[: HEADERS + linear]
    rest = payload[linear:]
    for at in range(0, len(rest), 20_000):
        part = rest[at : at + 20_000]
        skb_fill_page_desc(skb, b"before" + part + b"behind", 6, len(part))
    skb.dev = dev
    skb.protocol = 0x0800
    skb.mac_header = o
    skb.network_header = o + 14
    skb.transport_header = o + 34
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start = o + 34
    skb.csum_offset = 16
    seed_pseudo_header(skb, len(payload) + 20)
    if len(payload) > mss:
        skb.shinfo.gso_size = mss
        skb.shinfo.gso_segs = (len(payload) + mss - 1) // mss
        skb.shinfo.gso_type = const.SKB_GSO_TCPV4
    return skb


def seed_pseudo_header(skb: SkBuff, length: int) -> None:
    """What tcp_v4_send_check() leaves in the checksum field."""
    words = [SRC >> 16, SRC & 0xFFFF, DST >> 16, DST & 0xFFFF, 6, length]
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    at = skb.csum_start + skb.csum_offset
    skb.shinfo.head[at : at + 2] = total.to_bytes(2, "big")


def checksum_ok(packet: bytes, proto: int) -> bool:
    """Do the sums of an IPv4 packet (behind the link header) hold?"""
    ip = packet[14:]
    end = int.from_bytes(ip[2:4], "big")
    segment = ip[20:end]
    pseudo = ip[12:20] + bytes([0, proto]) + len(segment).to_bytes(2, "big")

    def total(data: bytes) -> int:
        data += bytes(len(data) % 2)
        s = sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
        while s >> 16:
            s = (s & 0xFFFF) + (s >> 16)
        return s

    return total(ip[:20]) == 0xFFFF and total(pseudo + segment) == 0xFFFF


@pytest.mark.parametrize("linear", [0, 100, 1460])
@pytest.mark.parametrize(
    ("size", "mss", "flags"),
    [
        (1461, 1460, PSH_ACK),
        (2920, 1460, FIN_PSH_ACK),
        (64_000, 1460, FIN_PSH_ACK),
        (10_001, 536, PSH_ACK),
        (60_000, 1448, 0x10),
    ],
)
def test_tso_makes_the_frames_that_software_makes(
    wired: Wired, size: int, mss: int, flags: int, linear: int
) -> None:
    payload = bytes(n * 7 & 0xFF for n in range(size))
    hardware = wired.xmit(tcp_packet(wired.dev, payload, mss, flags, linear))
    wired.offload(const.NETIF_F_TSO, False)
    software = wired.xmit(tcp_packet(wired.dev, payload, mss, flags, linear))
    assert len(hardware) == (size + mss - 1) // mss
    assert hardware == software
    assert all(checksum_ok(f, 6) for f in hardware)


def test_tso_counts_as_the_segments_it_becomes(wired: Wired) -> None:
    wired.xmit(tcp_packet(wired.dev, bytes(14_600), 1460))
    with wired.host.running():
        stats = wired.dev.ndo_get_stats()
        found = wired.dev.ethtool_ops.get_ethtool_stats(wired.dev)  # type: ignore[attr-defined]  # object
    assert stats.tx_packets == 10
    assert stats.tx_bytes == 14_600 + 10 * HEADERS
    assert found["tx_tcp_seg_good"] == 1
    assert found["tx_packets"] == 10


@pytest.mark.parametrize("size", [1, 2, 33, 1459, 1460])
def test_tcp_checksums_are_inserted(wired: Wired, size: int) -> None:
    (sent,) = wired.xmit(tcp_packet(wired.dev, (bytes(range(256)) * 6)[:size], 1460))
    assert checksum_ok(sent, 6)


def test_checksum_of_software_is_the_same(wired: Wired) -> None:
    data = bytes(range(200))
    hardware = wired.xmit(tcp_packet(wired.dev, data, 1460))
    wired.offload(const.NETIF_F_HW_CSUM, False)
    software = wired.xmit(tcp_packet(wired.dev, data, 1460))
    assert hardware == software


def test_a_udp_checksum_of_zero_is_sent_as_ones(wired: Wired) -> None:
    for payload in (n.to_bytes(2, "big") for n in range(65536)):
        udp = build_udp(SRC, DST, 0, 0, payload)
        if udp[6:8] == b"\xff\xff":
            break
    packet = build_ethernet(MAC_B, MAC_A, 0x0800, build_ipv4(SRC, DST, 17, udp))
    skb = make_skb(packet)
    skb.dev = wired.dev
    skb.protocol = 0x0800
    skb.network_header = skb.data + 14
    skb.transport_header = skb.data + 34
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start = skb.data + 34
    skb.csum_offset = 6
    words = [SRC >> 16, SRC & 0xFFFF, DST >> 16, DST & 0xFFFF, 17, len(udp)]
    skb.shinfo.head[skb.data + 40 : skb.data + 42] = (sum(words) % 0xFFFF).to_bytes(2, "big")
    (sent,) = wired.xmit(skb)
    assert sent[40:42] == b"\xff\xff"


def test_fragments_are_gathered(pair: Pair) -> None:
    got = pair.sink(1)
    skb = frame(pair.dev[0], b"head")
    skb_fill_page_desc(skb, b"xx-first-xx", 2, 7)
    skb_fill_page_desc(skb, b"second", 0, 6)
    pair.xmit(0, skb)
    pair.run()
    assert got.frames[0][:17] == b"head-first-second"


def test_short_frames_are_padded_with_zeros(pair: Pair) -> None:
    pair.send(b"abc")
    pair.run()
    (sent,) = pair.seen.frames
    assert len(sent) == 60
    assert sent[14:] == b"abc" + bytes(43)


def test_the_ring_wraps_many_times(pair: Pair) -> None:
    got = pair.sink(1)
    for n in range(1000):
        pair.send(n.to_bytes(2, "big"))
        if n % 50 == 0:
            pair.run()
    pair.run()
    assert [int.from_bytes(f[:2], "big") for f in got.frames] == list(range(1000))


def test_a_slow_cable_fills_the_ring_and_then_the_qdisc(pair: Pair) -> None:
    """10 Mbit/s: frames leave one by one; the queue stops and wakes, and none is lost."""
    pair.cable.set(rate=10_000_000)
    got = pair.sink(1)
    dev = pair.dev[0]
    for n in range(600):
        pair.send(n.to_bytes(2, "big") + bytes(998))
    assert dev.tx0.state & 1 << const.QUEUE_STATE_XOFF
    assert dev.tx_ring.unused() < 20
    assert dev.tx0.qdisc.q.qlen > 300
    pair.run(600 * MS)
    assert [int.from_bytes(f[:2], "big") for f in got.frames] == list(range(600))
    assert not dev.tx0.state & 1 << const.QUEUE_STATE_XOFF
    assert pair.ethtool(0)["tx_restart_queue"] >= 1
    gaps = [b - a for a, b in zip(pair.seen.times, pair.seen.times[1:], strict=False)]
    assert max(gaps) <= 20 * 1012 * 8 * 100, "the transmit buffer never runs dry"


def test_a_cable_with_a_queue_of_its_own_drops(pair: Pair) -> None:
    pair.cable.set(rate=10_000_000, queue_max=10)
    for _ in range(100):
        pair.send(bytes(1000))
    pair.run(200 * MS)
    assert pair.cable.ab.drops["queue"] == 89
    assert pair.stats(1).rx_packets == 11


def test_a_full_ring_answers_busy_with_the_queue_stopped(pair: Pair) -> None:
    pair.nic[0].tx.tctl = 0
    dev = pair.dev[0]
    with pair.h[0].cpu():
        dev.tx0.xmit_lock_owner = 0
        sent = 0
        while True:
            skb = frame(dev)
            if dev.ndo_start_xmit(skb) != const.NETDEV_TX_OK:
                break
            sent += 1
        dev.tx0.xmit_lock_owner = -1
        assert sent == 256 - 1 - 2
        assert dev.tx0.state & 1 << const.QUEUE_STATE_XOFF
        kfree_skb(skb)


def test_a_mapping_that_fails_drops_the_packet_and_leaves_nothing_mapped(pair: Pair) -> None:
    memory = pair.h[0].machine.memory
    got = pair.sink(1)
    for successes in range(3):
        left = [successes]

        def fail(left: list[int] = left) -> bool:
            left[0] -= 1
            return left[0] < 0

        skb = frame(pair.dev[0], b"lost")
        skb_fill_page_desc(skb, b"one", 0, 3)
        skb_fill_page_desc(skb, b"two", 0, 3)
        memory.fail = fail
        pair.xmit(0, skb)
        memory.fail = None
        assert memory.mapped == 0
    assert pair.stats(0).tx_dropped == 3
    pair.send(b"sent")
    pair.run()
    assert [f[:4] for f in got.frames] == [b"sent"]


def test_a_super_packet_shorter_than_its_headers_is_dropped(wired: Wired) -> None:
    skb = tcp_packet(wired.dev, bytes(30), 10)
    skb.shinfo.head[skb.transport_header + 12] = 0xF0  # 60 bytes of header
    assert wired.xmit(skb) == []
    assert wired.dev.ndo_get_stats().tx_packets == 0


def test_ip_header_view_of_a_segment(wired: Wired) -> None:
    frames = wired.xmit(tcp_packet(wired.dev, bytes(4000), 1460, ident=0xFFFF))
    ids = [ip_view(bytearray(f), 14).id() for f in frames]
    assert ids == [0xFFFF, 0, 1]
