"""Throughput against loss: near the published response functions (python -m bench.response)."""

from __future__ import annotations

from functools import cache

import pytest

from bench.response import ACKS_EVERY, MSS, RTT, Measured, cubic, measure, reno


@cache
def ratio(congestion: str, losses: int, divisor: int = 0) -> tuple[float, Measured]:
    m = measure(congestion, 0.01, losses, divisor)
    return m.mbit / (reno if congestion == "reno" else cubic)(m.loss), m


@pytest.mark.timeout(600)
@pytest.mark.parametrize("congestion", ["reno", pytest.param("cubic", marks=pytest.mark.slow)])
def test_within_15_percent_where_the_card_does_not_segment(congestion: str) -> None:
    share, m = ratio(congestion, 60)
    assert 0.85 < share < 1.15
    assert m.seconds > 10


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_tso_costs_what_it_waits_for() -> None:
    """tcp_tso_win_divisor = 3: sending waits until up to a third of the window is free."""
    without, _ = ratio("reno", 60)
    of_3, _ = ratio("reno", 60, divisor=3)
    assert 0.75 < of_3 / without < 0.97
    of_8, _ = ratio("reno", 60, divisor=8)  # an eighth of so small a window is no segment
    assert of_8 / without > 0.97
    of_1, _ = ratio("reno", 60, divisor=1)  # until the window is empty
    assert of_1 < of_3 * 0.9


def test_the_functions() -> None:
    assert ACKS_EVERY == 2
    assert reno(0.01) == pytest.approx(MSS * 8 / RTT * 75**0.5 / 1e6)
    assert cubic(0.01) == reno(0.01)
    assert cubic(1e-6) > reno(1e-6)  # a long, clean path
