"""H-TCP: growth by elapsed time, reduction by the ratio of the round trips."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_htcp import htcp
from softnet.uapi.tcp import TCP_CA_CWR, TCP_CA_Open, TCP_CA_Recovery
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut


@pytest.fixture
def flow(dut: Dut) -> Flow:
    return Flow(dut, "htcp")


def alpha_after(flow: Flow, seconds: float, rtt_ms: int = 100) -> float:
    ca = htcp(flow.tp)
    ca.minRTT = rtt_ms
    flow.dut.pass_time(seconds)
    flow.dut.inside(ca.alpha_update)
    return ca.alpha / 128


def test_reno_in_the_first_second(flow: Flow) -> None:
    assert alpha_after(flow, 0.9) == 1.0  # 2 (1 - beta) = 1


@pytest.mark.parametrize("seconds", [2, 5, 11])
def test_alpha_is_the_published_polynomial(dut: Dut, seconds: int) -> None:
    """1 + 10 d + (d / 2)^2 for d seconds beyond the first, at the scaling's fixed point, 100 ms."""
    d = seconds - 1
    published = 1 + 10 * d + (d / 2) ** 2
    assert abs(alpha_after(Flow(dut, "htcp"), seconds) - published) <= 1


def test_alpha_is_scaled_by_the_round_trip(dut: Dut) -> None:
    """Twice the round trip, twice the step; bounded at 200 ms."""
    base = 1 + 10 * 4 + 4
    for rtt, factor in ((50, 0.5), (200, 2.0), (400, 2.0), (10, 0.1), (1, 0.1)):
        flow = Flow(Dut(), "htcp")
        assert abs(alpha_after(flow, 5, rtt) - base * factor) <= 2
        flow.dut.close()


def test_the_window_grows_by_alpha_per_round_trip(flow: Flow) -> None:
    ca = htcp(flow.tp)
    ca.minRTT = 100
    flow.dut.pass_time(3)
    flow.avoidance(2000)
    flow.dut.inside(ca.alpha_update)
    step = ca.alpha / 128
    flow.rounds(1)
    assert step * 0.9 <= flow.tp.snd_cwnd - 2000 <= step * 1.1


def test_half_after_the_first_loss(flow: Flow) -> None:
    assert flow.loss(100) == 50


def test_the_reduction_empties_the_queue(flow: Flow) -> None:
    """minRTT / maxRTT from the second loss at the same throughput, within 0.5 and 0.8."""
    for rtts, expected in (((70, 100), 700), ((95, 100), 796), ((30, 100), 500)):
        ca = htcp(flow.tp)
        ca.minRTT, ca.maxRTT = rtts
        ca.maxB = ca.old_maxB = 1000
        ca.modeswitch = True
        assert abs(flow.loss(1000) - expected) <= 8


def test_half_when_the_throughput_changed(flow: Flow) -> None:
    ca = htcp(flow.tp)
    ca.minRTT, ca.maxRTT, ca.modeswitch = 70, 100, True
    ca.old_maxB, ca.maxB = 1000, 1300
    assert flow.loss(1000) == 500
    assert not ca.modeswitch


def test_the_largest_round_trip_fades(flow: Flow) -> None:
    ca = htcp(flow.tp)
    ca.minRTT, ca.maxRTT = 100, 200
    flow.loss(100)
    assert ca.maxRTT == 195


def test_undo_gives_the_time_back(flow: Flow) -> None:
    dut, tp = flow.dut, flow.tp
    ca = htcp(tp)
    dut.pass_time(5)
    began = ca.last_cong
    tp.snd_ssthresh = flow.loss(100)
    dut.inside(tp.icsk_ca_ops.set_state, tp, TCP_CA_Recovery)
    assert ca.last_cong > began
    assert dut.inside(tp.icsk_ca_ops.undo_cwnd, tp) == 100
    assert ca.last_cong == began


def test_time_begins_when_the_recovery_ends(flow: Flow) -> None:
    dut, tp = flow.dut, flow.tp
    dut.inside(tp.icsk_ca_ops.set_state, tp, TCP_CA_CWR)
    dut.pass_time(1)
    dut.inside(tp.icsk_ca_ops.set_state, tp, TCP_CA_Open)
    assert dut.inside(htcp(tp).cong_time) == 0


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("htcp")
