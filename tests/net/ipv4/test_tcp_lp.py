"""TCP-LP: out of the way as soon as somebody else sends."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_lp import lp
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut

# Inside the module, where they have no Python name when compiled.
LP_WITHIN_THR, LP_WITHIN_INF = 8, 16


@pytest.fixture
def flow(dut: Dut) -> Flow:
    flow = Flow(dut, "lp")
    dut.pass_time(10)
    return flow


def delays(flow: Flow, owd: int, count: int = 100, every: float = 0.01) -> None:
    """count acknowledgements, 10 ms apart, of segments that took owd ms to arrive."""
    tp, dut = flow.tp, flow.dut
    for _ in range(count):
        dut.pass_time(every)
        now = dut.now_ms() & 0xFFFFFFFF
        tp.rx_opt.rcv_tsval = now - 20
        tp.rx_opt.rcv_tsecr = now - 20 - owd
        dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, (owd + 20) * 1000)


def test_the_other_clock_is_measured(flow: Flow) -> None:
    delays(flow, 30)
    assert 900 <= lp(flow.tp).remote_hz <= 1000
    assert lp(flow.tp).owd_min == 30


def test_the_delay_is_smoothed(flow: Flow) -> None:
    delays(flow, 30)
    assert lp(flow.tp).sowd >> 3 == 30
    delays(flow, 100, 1)
    assert lp(flow.tp).sowd == 240 + 100 - 30


def test_a_rising_delay_halves_the_window_and_the_next_takes_it_all(flow: Flow) -> None:
    delays(flow, 30)
    flow.tp.snd_cwnd = 40
    delays(flow, 32, 1)
    delays(flow, 300, 1)
    assert flow.tp.snd_cwnd == 20  # the first sign
    delays(flow, 1200, 3)
    assert flow.tp.snd_cwnd == 1  # still rising within three round trips
    assert lp(flow.tp).flag & LP_WITHIN_INF


def test_no_growth_within_the_inference_time(flow: Flow) -> None:
    tp = flow.tp
    flow.avoidance(4)
    lp(tp).flag |= LP_WITHIN_INF
    for _ in range(20):
        flow.dut.inside(tp.icsk_ca_ops.cong_avoid, tp, 0, 4)
    assert tp.snd_cwnd == 4


def test_reno_while_nobody_else_sends(flow: Flow) -> None:
    tp = flow.tp
    delays(flow, 30)
    assert lp(tp).flag & LP_WITHIN_THR
    flow.avoidance(10)
    for _ in range(11):
        flow.dut.inside(tp.icsk_ca_ops.cong_avoid, tp, 0, 10)
    assert tp.snd_cwnd == 11
    assert flow.loss(100) == 50


def test_the_largest_delay_counts_when_it_came_twice(flow: Flow) -> None:
    delays(flow, 30)
    ca = lp(flow.tp)
    ca.owd_max = ca.owd_max_rsv = 50
    ca.sowd = 30 << 3
    delays(flow, 60, 1)
    assert (ca.owd_max, ca.owd_max_rsv) == (50, 60)


def without_a_sample(flow: Flow, delay: int, cwnd: int = 40) -> int:
    """The window after an ACK, 20 ms of round trip, when the smoothed delay is that."""
    tp, ca = flow.tp, lp(flow.tp)
    ca.owd_min, ca.owd_max, ca.sowd = 100, 200, delay << 3
    tp.snd_cwnd = cwnd
    tp.rx_opt.rcv_tsecr = (flow.dut.now_ms() & 0xFFFFFFFF) - 20
    flow.dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, -1)
    return tp.snd_cwnd


def test_fifteen_per_cent_of_the_span_are_still_quiet(flow: Flow) -> None:
    """100 ms to 200 ms: up to 115. Above it, the delay of now is the least, its double the most."""
    ca = lp(flow.tp)
    assert without_a_sample(flow, 115) == 40
    assert ca.flag & LP_WITHIN_THR
    assert without_a_sample(flow, 116) == 20
    assert not ca.flag & LP_WITHIN_THR
    assert (ca.owd_min, ca.owd_max, ca.owd_max_rsv) == (116, 232, 232)


@pytest.mark.parametrize(("later", "cwnd"), [(0.059, 1), (0.060, 20)])
def test_the_inference_time_is_three_round_trips(flow: Flow, later: float, cwnd: int) -> None:
    assert without_a_sample(flow, 150) == 20
    flow.dut.pass_time(later)
    assert without_a_sample(flow, 150) == cwnd


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("lp")
