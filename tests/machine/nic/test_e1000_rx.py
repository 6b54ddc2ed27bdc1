"""The card's receive engine, without a driver."""

from __future__ import annotations

import pytest

import softnet.uapi.e1000 as hw
from tests.machine.nic.kit import MAC, PEER, Bench

FRAME = MAC + PEER + b"\x88\xb5" + bytes(range(46))
DONE = hw.E1000_RXD_STAT_DD | hw.E1000_RXD_STAT_EOP | hw.E1000_RXD_STAT_IXSM


def test_a_frame_is_written_to_the_buffer_and_announced() -> None:
    b = Bench()
    b.post()
    b.receive(FRAME)
    assert b.written(0) == (60, DONE, 0)
    assert bytes(b.slab.take(0)[:60]) == FRAME
    assert b.nic.readl(hw.E1000_RDH) == 1
    assert b.nic.readl(hw.E1000_ICR) == hw.E1000_ICR_RXT0 | hw.E1000_ICR_LSC


def test_frames_wait_for_descriptors_in_the_receive_buffer() -> None:
    b = Bench()
    b.receive(FRAME)
    assert b.nic.readl(hw.E1000_RNBC) == 1
    b.post()
    assert b.written(0)[0] == 60
    assert b.nic.rx.waiting is None


def test_few_descriptors_left_ignores_the_throttle() -> None:
    b = Bench()
    b.nic.writel(hw.E1000_ITR, 0xFFFF)
    b.nic.writel(hw.E1000_IMS, hw.IMS_ENABLE_MASK)
    b.post(7)
    for _ in range(2):
        b.receive(FRAME)
    assert not b.nic.irq.icr & hw.E1000_ICR_RXDMT0
    for _ in range(2):
        b.receive(FRAME)
    assert b.nic.irq.icr & hw.E1000_ICR_RXDMT0
    assert b.nic.line.asserted


@pytest.mark.parametrize(
    ("dst", "rctl", "accepted"),
    [
        (MAC, 0, True),
        (PEER, 0, False),
        (PEER, hw.E1000_RCTL_UPE, True),
        (b"\xff" * 6, 0, True),
        (bytes.fromhex("01005e000001"), 0, False),
        (bytes.fromhex("01005e000001"), hw.E1000_RCTL_MPE, True),
        (bytes.fromhex("01005e000001"), hw.E1000_RCTL_UPE, False),
    ],
)
def test_filter(dst: bytes, rctl: int, accepted: bool) -> None:
    b = Bench()
    b.post()
    b.nic.writel(hw.E1000_RCTL, hw.E1000_RCTL_EN | hw.E1000_RCTL_BAM | rctl)
    b.receive(dst + FRAME[6:])
    assert (b.nic.readl(hw.E1000_RDH) == 1) == accepted


@pytest.mark.parametrize("offset", range(4))
def test_the_hash_takes_the_bits_that_mo_says(offset: int) -> None:
    b = Bench()
    b.post()
    shift = (4, 3, 2, 0)[offset]
    bits = 0x5A3C >> shift & 0xFFF
    b.nic.writel(hw.E1000_RCTL, b.nic.readl(hw.E1000_RCTL) | offset << hw.E1000_RCTL_MO_SHIFT)
    b.nic.writel(hw.E1000_MTA + 4 * (bits >> 5), 1 << (bits & 31))
    b.receive(bytes.fromhex("01aabbcc3c5a") + FRAME[6:])
    b.receive(bytes.fromhex("01aabbcc3ca5") + FRAME[6:])
    assert b.nic.readl(hw.E1000_RDH) == 1


def test_reception_off_and_runts_and_giants() -> None:
    b = Bench()
    b.post()
    b.receive(FRAME[:13])
    assert b.nic.readl(hw.E1000_RUC) == 1
    b.receive(FRAME + bytes(1459))
    assert b.nic.readl(hw.E1000_ROC) == 1
    b.nic.writel(hw.E1000_RCTL, 0)
    b.receive(FRAME)
    assert b.nic.readl(hw.E1000_RDH) == 0


@pytest.mark.parametrize(
    ("rctl", "size"),
    [
        (hw.E1000_RCTL_SZ_2048, 2048),
        (hw.E1000_RCTL_SZ_256, 256),
        (hw.E1000_RCTL_SZ_16384 | hw.E1000_RCTL_BSEX, 16384),
        (hw.E1000_RCTL_SZ_4096 | hw.E1000_RCTL_BSEX, 4096),
    ],
)
def test_buffer_sizes(rctl: int, size: int) -> None:
    b = Bench()
    b.nic.writel(hw.E1000_RCTL, rctl)
    assert b.nic.rx.size == size


def test_a_long_frame_spans_buffers_and_only_the_last_ends_the_packet() -> None:
    b = Bench()
    b.post()
    b.nic.writel(hw.E1000_RCTL, hw.E1000_RCTL_EN | hw.E1000_RCTL_SZ_512)
    data = MAC + PEER + b"\x88\xb5" + bytes(n & 0xFF for n in range(1186))
    b.receive(data)
    assert b.written(0)[:2] == (512, hw.E1000_RXD_STAT_DD)
    assert b.written(1)[:2] == (512, hw.E1000_RXD_STAT_DD)
    assert b.written(2)[:2] == (176, DONE)
    assert b"".join(bytes(b.slab.take(i)[:n]) for i, n in ((0, 512), (1, 512), (2, 176))) == data
