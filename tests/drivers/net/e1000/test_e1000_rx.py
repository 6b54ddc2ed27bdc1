"""e1000's receive side: buffers, copybreak, checksums, overruns."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
import softnet.uapi.e1000 as regs
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff
from softnet.wire.build import build_ipv4, build_tcp, build_udp
from tests.drivers.net.e1000.kit import MS, Pair
from tests.net.core.dev.kit import Sink

SRC, DST = 0x0A000001, 0x0A000002


class Facts(Sink):
    """Keeps what the driver said about each packet."""

    def __init__(self, type: int) -> None:
        Sink.__init__(self, type)
        self.summed: list[int] = []
        self.truesize: list[int] = []
        self.headroom: list[int] = []

    def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
        self.summed.append(skb.ip_summed)
        self.truesize.append(skb.truesize)
        self.headroom.append(skb.data)
        self.frames.append(skb.head_bytes())
        kfree_skb(skb)
        return const.NET_RX_SUCCESS


def facts(pair: Pair, type: int = 0x0800) -> Facts:
    found = Facts(type)
    dev_add_pack(found, pair.h[1].net)
    return found


def test_short_frames_are_copied_and_long_ones_are_not(pair: Pair) -> None:
    found = facts(pair, 0x88B5)
    slab = pair.dev[1].rx_ring.slab
    pair.send(bytes(242))
    pair.run()
    assert len(slab.spares) == 1
    pair.send(bytes(243))
    pair.run()
    assert len(slab.spares) == 0, "its buffer went up as the head"
    small = found.truesize[0]
    large = found.truesize[1]
    assert small < large
    assert large == 2048 - const.SIZEOF_SKB_SHARED_INFO + const.SKB_TRUESIZE_OVERHEAD
    assert found.headroom[1] == const.NET_SKB_PAD + const.NET_IP_ALIGN + 14
    assert slab.written == 0


CASES = {
    "tcp": (build_ipv4(SRC, DST, 6, build_tcp(SRC, DST, 1, 2, flags=2, payload=b"odd")), True),
    "udp": (build_ipv4(SRC, DST, 17, build_udp(SRC, DST, 1, 2, b"x" * 40)), True),
    "udp without": (
        build_ipv4(SRC, DST, 17, build_udp(SRC, DST, 1, 2, b"x" * 40, check=0)),
        False,
    ),
    "icmp": (build_ipv4(SRC, DST, 1, bytes(40)), False),
    "fragment": (
        build_ipv4(SRC, DST, 17, build_udp(SRC, DST, 1, 2, b"x" * 40), frag_off=0x2000),
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_good_checksums_are_known_to_be(pair: Pair, case: str) -> None:
    found = facts(pair)
    packet, known = CASES[case]
    pair.send(packet, proto=0x0800)
    pair.run()
    wanted = const.CHECKSUM_UNNECESSARY if known else const.CHECKSUM_NONE
    assert found.summed == [wanted]
    assert pair.ethtool(1)["rx_csum_offload_good"] == int(known)


def test_a_bad_checksum_goes_up_for_the_stack_to_find(pair: Pair) -> None:
    found = facts(pair)
    packet = bytearray(CASES["tcp"][0])
    packet[-1] ^= 1
    pair.send(bytes(packet), proto=0x0800)
    pair.run()
    assert found.summed == [const.CHECKSUM_NONE]
    assert pair.ethtool(1)["rx_csum_offload_errors"] == 1


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_truncated_packets_are_not_vouched_for(pair: Pair, cut: int) -> None:
    found = facts(pair)
    packet = CASES["tcp"][0]
    pair.send(packet[: len(packet) - cut], proto=0x0800)
    pair.run()
    assert len(found.frames) == 1
    # Ethernet pads to 60 bytes: what the total length counts may be padding, which is no payload.
    assert found.summed == [const.CHECKSUM_UNNECESSARY if cut == 0 else const.CHECKSUM_NONE]


def test_without_a_poll_the_ring_and_the_buffer_fill_and_the_rest_is_missed(pair: Pair) -> None:
    got = pair.sink(1)
    line = pair.nic[1].line
    pair.h[1].machine.irq.disable_irq(line.irq)
    for n in range(600):
        pair.send(n.to_bytes(2, "big") + bytes(498))
        pair.run(100_000)
    nic = pair.nic[1]
    in_buffer = (48 << 10) // 514
    assert nic.stats.get(regs.E1000_RNBC) == 600 - 255
    assert nic.stats.get(regs.E1000_MPC) == 600 - 255 - in_buffer
    with pair.h[1].cpu():
        pair.h[1].machine.irq.enable_irq(line.irq)
    pair.run()
    assert [int.from_bytes(f[:2], "big") for f in got.frames] == list(range(255 + in_buffer))
    assert pair.stats(1).rx_missed_errors == 600 - 255 - in_buffer
    assert pair.ethtool(1)["rx_no_buffer_count"] == 600 - 255


def test_any_number_of_frames_at_one_instant_is_received(pair: Pair) -> None:
    got = pair.sink(1)
    for _ in range(20):
        for _ in range(250):
            pair.send(bytes(900))
        pair.run(MS)
    assert len(got.frames) == 5000
    assert pair.stats(1).rx_missed_errors == 0


def test_frames_of_many_buffers_are_discarded_whole(pair: Pair) -> None:
    """A card told to take long frames in short buffers: nothing of them may come up."""
    got = pair.sink(1)
    pair.nic[1].writel(regs.E1000_RCTL, pair.nic[1].readl(regs.E1000_RCTL) | regs.E1000_RCTL_LPE)
    pair.nic[1].rx.size = 512
    pair.send(bytes(1400))
    pair.run()
    pair.send(b"short")
    pair.run()
    assert [f[:5] for f in got.frames] == [b"short"]


def test_buffers_that_cannot_be_mapped_are_tried_again_later(pair: Pair) -> None:
    got = pair.sink(1)
    memory = pair.h[1].machine.memory
    memory.fail = lambda: True
    for _ in range(255):
        pair.send()
    pair.run()
    assert len(got.frames) == 255
    assert pair.dev[1].rx_ring.unused() == 255
    assert pair.dev[1].alloc_rx_buff_failed >= 1
    memory.fail = None
    pair.run(3000 * MS)
    assert pair.dev[1].rx_ring.unused() == 0
    pair.send(b"again")
    pair.run()
    assert got.frames[-1][:5] == b"again"


def test_the_budget_of_a_poll_is_kept(pair: Pair) -> None:
    polls: list[int] = []
    got = pair.sink(1)
    pair.h[1].machine.irq.disable_irq(pair.nic[1].line.irq)
    for _ in range(200):
        pair.send()
    pair.run()
    napi = pair.dev[1].napi
    polls.append(napi.weight)
    with pair.h[1].cpu():
        pair.h[1].machine.irq.enable_irq(pair.nic[1].line.irq)
    pair.run()
    assert polls == [64]
    assert len(got.frames) == 200
    assert pair.h[1].sd().time_squeeze == 0
