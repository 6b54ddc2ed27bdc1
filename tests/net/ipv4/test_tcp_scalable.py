"""Scalable TCP: Kelly's two factors."""

from __future__ import annotations

from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut


def test_one_segment_for_fifty_acknowledgements(dut: Dut) -> None:
    """0.01 per segment, two segments per acknowledgement: cwnd / 50 per round trip."""
    flow = Flow(dut, "scalable")
    flow.avoidance(1000)
    flow.rounds(1)
    assert flow.tp.snd_cwnd == 1000 + 1000 // 51


def test_the_growth_is_exponential(dut: Dut) -> None:
    """The time to double does not depend on the window: log 2 / log (1 + 1 / 51) rounds."""
    flow = Flow(dut, "scalable")
    flow.avoidance(400)
    flow.rounds(36)
    assert 780 <= flow.tp.snd_cwnd <= 820


def test_small_windows_grow_as_reno(dut: Dut) -> None:
    flow = Flow(dut, "scalable")
    flow.avoidance(20)
    for _ in range(21):
        flow.ack()
    assert flow.tp.snd_cwnd == 21


def test_an_eighth_less_after_a_loss(dut: Dut) -> None:
    flow = Flow(dut, "scalable")
    assert flow.loss(800) == 700
    assert flow.loss(2) == 2


def test_slow_start(dut: Dut) -> None:
    flow = Flow(dut, "scalable")
    flow.tp.snd_cwnd = 10
    flow.rounds(2)
    assert flow.tp.snd_cwnd == 40


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("scalable")
