"""Interrupt causes, masks and delays of the card."""

from __future__ import annotations

import softnet.uapi.e1000 as hw
from softnet.machine.irq import IrqAction
from tests.machine.nic.kit import Bench


class Handler(IrqAction):
    """Reads ICR, as a driver does, and writes down when."""

    def __init__(self, bench: Bench) -> None:
        IrqAction.__init__(self)
        self.bench = bench
        self.seen: list[tuple[int, int]] = []

    def handler(self, irq: int) -> int:
        self.seen.append((self.bench.world.clock.now, self.bench.nic.readl(hw.E1000_ICR)))
        return 1


def armed(bench: Bench) -> Handler:
    handler = Handler(bench)
    bench.nic.readl(hw.E1000_ICR)
    bench.machine.irq.request_irq(bench.nic.line.irq, handler)
    bench.nic.writel(hw.E1000_IMS, hw.IMS_ENABLE_MASK)
    return handler


def test_a_masked_cause_waits_in_icr_and_strikes_when_unmasked() -> None:
    b = Bench()
    h = armed(b)
    b.nic.writel(hw.E1000_IMC, 0xFFFFFFFF)
    b.nic.writel(hw.E1000_ICS, hw.E1000_ICR_TXDW)
    assert h.seen == []
    b.nic.writel(hw.E1000_IMS, hw.IMS_ENABLE_MASK)
    assert h.seen == [(0, hw.E1000_ICR_TXDW)]
    assert not b.nic.line.asserted


def test_throttling_keeps_the_distance_and_gathers_causes() -> None:
    b = Bench()
    h = armed(b)
    b.nic.writel(hw.E1000_ITR, 195)  # 49.92 us
    for cause in (1, 2, 4):
        b.nic.writel(hw.E1000_ICS, cause)
        b.run(1000)
    b.run()
    assert h.seen == [(0, 1), (195 * 256, 2 | 4)]


def test_masking_takes_the_line_down() -> None:
    b = Bench()
    b.nic.writel(hw.E1000_IMS, hw.IMS_ENABLE_MASK)
    b.nic.writel(hw.E1000_ICS, hw.E1000_ICR_RXT0)
    assert b.nic.line.asserted
    b.nic.writel(hw.E1000_IMC, 0xFFFFFFFF)
    assert not b.nic.line.asserted


def test_flushing_the_receive_delay_interrupts_now() -> None:
    b = Bench()
    h = armed(b)
    b.post()
    b.nic.writel(hw.E1000_RDTR, 1000)
    b.receive(bytes.fromhex("020000000001") + bytes(54))
    assert h.seen == []
    b.nic.writel(hw.E1000_RDTR, 1000 | hw.E1000_RDTR_FPD)
    assert [cause for _, cause in h.seen] == [hw.E1000_ICR_RXT0]


def test_counters_are_cleared_by_reading() -> None:
    b = Bench()
    b.nic.stats.add(hw.E1000_GPRC, 5)
    assert b.nic.readl(hw.E1000_GPRC) == 5
    assert b.nic.readl(hw.E1000_GPRC) == 0
