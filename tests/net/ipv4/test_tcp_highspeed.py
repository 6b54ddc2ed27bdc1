"""HighSpeed TCP: the response function of RFC 3649."""

from __future__ import annotations

import math

import pytest

from softnet.net.ipv4.tcp_highspeed import HSTCP_CWND, HSTCP_MD, hstcp
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut


def increase(w: float) -> float:
    """a(w) of RFC 3649 section 5, from p(w) = 0.078 / w^1.2."""
    at = math.log(w / 38) / math.log(83000 / 38)
    b = (0.1 - 0.5) * at + 0.5
    return w * w * 0.078 / w**1.2 * 2 * b / (2 - b)


def test_the_table_is_the_rfcs(dut: Dut) -> None:
    """Row i holds up to where a(w) reaches i + 1; the decreases are those the RFC prints."""
    assert len(HSTCP_CWND) == len(HSTCP_MD) == 73
    for i, w in enumerate(HSTCP_CWND[1:], 2):
        assert abs(increase(w) - i) < 0.05 * i
    printed = {38: 0.50, 118: 0.44, 1058: 0.33, 10661: 0.21, 84035: 0.10}
    for w, b in printed.items():
        assert abs(HSTCP_MD[HSTCP_CWND.index(w)] / 256 - b) < 0.01


@pytest.mark.parametrize(("cwnd", "step"), [(30, 1), (100, 2), (1058, 8), (1059, 9), (50000, 61)])
def test_the_step_per_round_trip(dut: Dut, cwnd: int, step: int) -> None:
    flow = Flow(dut, "highspeed")
    flow.avoidance(cwnd)
    for _ in range(cwnd):
        flow.ack()
    assert flow.tp.snd_cwnd - cwnd in (step - 1, step)


@pytest.mark.parametrize(("cwnd", "kept"), [(30, 0.50), (118, 0.56), (1058, 0.675), (83000, 0.90)])
def test_the_reduction(dut: Dut, cwnd: int, kept: float) -> None:
    flow = Flow(dut, "highspeed")
    flow.avoidance(cwnd)
    flow.ack()
    assert abs(flow.loss(cwnd) / cwnd - kept) < 0.01


def test_the_row_goes_down_with_the_window(dut: Dut) -> None:
    flow = Flow(dut, "highspeed")
    flow.avoidance(20000)
    flow.ack()
    flow.avoidance(200)
    flow.ack()
    assert hstcp(flow.tp).ai == 2


def test_at_least_two(dut: Dut) -> None:
    assert Flow(dut, "highspeed").loss(2) == 2


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("highspeed")
