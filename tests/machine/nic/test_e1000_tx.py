"""The card's transmit engine, without a driver."""

from __future__ import annotations

import pytest

import softnet.uapi.e1000 as hw
from softnet.machine.memory import DmaError
from tests.machine.nic.kit import MAC, PEER, Bench

LAST = hw.E1000_TXD_CMD_EOP | hw.E1000_TXD_CMD_RS
FRAME = PEER + MAC + b"\x88\xb5" + bytes(46)


def test_a_frame_is_sent_and_its_descriptor_written_back() -> None:
    b = Bench()
    b.data(0, FRAME, LAST)
    b.go(1)
    assert b.far.frames == [FRAME]
    assert b.done(0)
    assert b.nic.readl(hw.E1000_TDH) == 1
    assert b.nic.irq.icr & hw.E1000_ICR_TXDW


def test_a_packet_waits_until_its_last_descriptor_is_there() -> None:
    b = Bench()
    b.data(0, FRAME[:20], 0)
    b.go(1)
    assert b.far.frames == []
    b.data(1, FRAME[20:], LAST)
    b.go(2)
    assert b.far.frames == [FRAME]


def test_the_ring_wraps_within_a_packet() -> None:
    b = Bench()
    for i in range(7):
        b.data(i, FRAME, LAST)
    b.go(7)
    b.data(7, FRAME[:20], 0)
    b.data(0, FRAME[20:], LAST)
    b.go(1)
    assert len(b.far.frames) == 8


def test_an_unmapped_address_is_the_drivers_bug() -> None:
    b = Bench()
    b.desc(0, 1 << 33, LAST | 60)
    with pytest.raises(DmaError):
        b.go(1)


def test_nothing_is_sent_without_link_or_enable() -> None:
    b = Bench()
    b.cable.set_carrier(False)
    b.data(0, FRAME, LAST)
    b.go(1)
    assert not b.done(0)
    b.cable.set_carrier(True)
    b.run()
    assert b.far.frames == [FRAME]


def test_on_a_slow_cable_descriptors_are_done_as_frames_leave() -> None:
    b = Bench(rate=1_000_000)  # 60 bytes: 480 us
    for i in range(3):
        b.data(i, FRAME, LAST)
    b.nic.writel(hw.E1000_TDT, 3)
    assert not b.done(0)
    b.run(500_000)
    assert [b.done(i) for i in range(3)] == [True, False, False]
    b.run(1_000_000)
    assert b.done(2)


def test_the_transmit_buffer_bounds_what_waits_for_the_cable() -> None:
    b = Bench(rate=1_000_000)
    big = PEER + MAC + b"\x88\xb5" + bytes(1486)
    b.nic.tx.fifo = 3000
    for i in range(7):
        b.data(i, big, LAST)
    b.nic.writel(hw.E1000_TDT, 7)
    assert b.nic.readl(hw.E1000_TDH) == 2
    b.run(100_000_000)
    assert len(b.far.frames) == 7
    assert b.nic.tx.fifo_used == 0


def test_interrupt_delay_begins_anew_with_each_frame_but_has_a_limit() -> None:
    b = Bench()
    b.nic.writel(hw.E1000_TIDV, 8)
    b.nic.writel(hw.E1000_TADV, 32)
    for i in range(6):
        b.data(i, FRAME, LAST | hw.E1000_TXD_CMD_IDE)
        b.nic.writel(hw.E1000_TDT, i + 1)
        b.run(6_000)
        fired = bool(b.nic.irq.icr & hw.E1000_ICR_TXDW)
        assert fired == (i == 5), "32.8 us after the first"


def test_legacy_checksum_insertion() -> None:
    b = Bench()
    frame = bytearray(FRAME)
    frame[14:18] = b"\x12\x34\x00\x01"
    b.data(0, bytes(frame), LAST | hw.E1000_TXD_CMD_IC | 20 << 16, 14 << 8)
    b.go(1)
    assert b.far.frames[0][20:22] == (0xFFFF - 0x1235).to_bytes(2, "big")


def test_a_senseless_super_packet_is_counted_and_not_sent() -> None:
    b = Bench()
    b.desc(0, 0, hw.E1000_TXD_CMD_DEXT | hw.E1000_TXD_CMD_TSE)  # mss 0
    cmd = LAST | hw.E1000_TXD_CMD_DEXT | hw.E1000_TXD_DTYP_D | hw.E1000_TXD_CMD_TSE
    b.data(1, FRAME, cmd)
    b.go(2)
    assert b.far.frames == []
    assert b.nic.readl(hw.E1000_TSCTFC) == 1
    assert b.done(1)


def test_reset_in_the_middle_forgets_what_waits() -> None:
    b = Bench(rate=1_000_000)
    for i in range(4):
        b.data(i, FRAME, LAST)
    b.nic.writel(hw.E1000_TDT, 4)
    b.nic.writel(hw.E1000_CTRL, hw.E1000_CTRL_RST)
    b.run(10_000_000)
    assert not b.done(0)
    assert b.nic.tx.fifo_used == 0
