"""YeAH: fast while the queue is short, Reno while it is long."""

from __future__ import annotations

import struct

import pytest

from softnet.net.ipv4.tcp_yeah import yeah
from softnet.uapi.inet_diag import INET_DIAG_VEGASINFO
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut


@pytest.fixture
def flow(dut: Dut) -> Flow:
    flow = Flow(dut, "yeah")
    yeah(flow.tp).baseRTT = 100_001
    return flow


def test_fast_mode_is_scalable(flow: Flow) -> None:
    """One segment per 100 acknowledged: 1 % per round trip."""
    flow.avoidance(2000)
    flow.rounds(1)
    assert 2018 <= flow.tp.snd_cwnd <= 2021


def test_slow_mode_is_reno(flow: Flow) -> None:
    flow.avoidance(300)
    yeah(flow.tp).doing_reno_now = 1
    for _ in range(301):
        flow.ack()
    assert flow.tp.snd_cwnd == 301


def test_a_long_queue_is_drained(flow: Flow) -> None:
    """200 of 1000 segments wait: more than 80, so they go, and the mode is slow."""
    flow.avoidance(1000)
    flow.rounds(1, 100, 25)
    flow.avoidance(1000)
    flow.rounds(1, 100, 25)
    ca = yeah(flow.tp)
    assert ca.doing_reno_now > 0
    assert 780 <= flow.tp.snd_cwnd <= 830
    assert 150 <= ca.lastQ <= 205
    assert ca.reno_count > 2


def test_no_drain_below_what_reno_would_have(flow: Flow) -> None:
    ca = yeah(flow.tp)
    ca.reno_count = 990
    flow.avoidance(1000)
    flow.rounds(2, 100, 25)
    assert flow.tp.snd_cwnd >= 990


def test_a_lengthened_round_trip_is_congestion_too(flow: Flow) -> None:
    flow.avoidance(100)
    flow.rounds(2, 100, 13)
    assert yeah(flow.tp).doing_reno_now > 0
    flow.rounds(2, 100, 0)
    assert yeah(flow.tp).doing_reno_now == 0


def test_loss_in_fast_mode_costs_the_queue(flow: Flow) -> None:
    ca = yeah(flow.tp)
    ca.lastQ = 300
    assert flow.loss(1000) == 700
    ca.lastQ = 10
    assert flow.loss(1000) == 875  # an eighth at least
    ca.lastQ = 900
    assert flow.loss(1000) == 500  # half at most


def test_loss_against_competitors_costs_half(flow: Flow) -> None:
    ca = yeah(flow.tp)
    ca.doing_reno_now = 16
    ca.reno_count = 100
    assert flow.loss(1000) == 500
    assert ca.reno_count == 50
    assert flow.loss(2) == 2


def test_info_is_vegas(flow: Flow) -> None:
    flow.ack(1, 50_000)
    answer = flow.tp.icsk_ca_ops.get_info(flow.tp, 1 << (INET_DIAG_VEGASINFO - 1))
    assert struct.unpack("<4I", answer[1]) == (1, 1, 50_001, 50_001)


def round_trip(flow: Flow, cwnd: int, base: int, least: int) -> int:
    """The window after a round trip whose least delay was that."""
    ca = yeah(flow.tp)
    flow.avoidance(cwnd)
    ca.baseRTT, ca.minRTT, ca.cntRTT = base, least, 3
    flow.dut.inside(flow.tp.icsk_ca_ops.cong_avoid, flow.tp, ca.beg_snd_nxt + 1, cwnd)
    return flow.tp.snd_cwnd


def test_eighty_segments_may_wait(flow: Flow) -> None:
    """1000 * 8 / 100 = 80. Of 81 all go, and Reno would have half of the rest."""
    ca = yeah(flow.tp)
    assert round_trip(flow, 1000, 92_000, 100_000) == 1000
    assert (ca.lastQ, ca.fast_count, ca.doing_reno_now) == (80, 1, 0)
    assert round_trip(flow, 1000, 91_900, 100_000) == 919
    assert (ca.lastQ, ca.reno_count, ca.doing_reno_now) == (81, 459, 1)
    assert flow.tp.snd_ssthresh == 919


def test_a_drain_takes_half_at_most(flow: Flow) -> None:
    assert round_trip(flow, 200, 25_000, 100_000) == 100
    assert yeah(flow.tp).lastQ == 150


def test_an_eighth_longer_is_not_yet_congestion(flow: Flow) -> None:
    round_trip(flow, 10, 80_000, 90_000)
    assert yeah(flow.tp).doing_reno_now == 0
    round_trip(flow, 10, 80_000, 90_001)
    assert yeah(flow.tp).doing_reno_now == 1


def test_fifty_fast_round_trips_do_not_yet_forget_the_competitors(flow: Flow) -> None:
    ca = yeah(flow.tp)
    ca.reno_count = 100
    for _ in range(50):
        round_trip(flow, 10, 80_000, 80_000)
    assert (ca.reno_count, ca.fast_count) == (100, 50)
    round_trip(flow, 10, 80_000, 80_000)
    assert (ca.reno_count, ca.fast_count) == (2, 0)


def test_more_than_a_hundred_acknowledged_are_one_more(flow: Flow) -> None:
    flow.avoidance(1000)
    flow.ack(100)
    assert flow.tp.snd_cwnd == 1000
    flow.ack(1)
    assert (flow.tp.snd_cwnd, flow.tp.snd_cwnd_cnt) == (1001, 0)


@pytest.mark.parametrize(("slow_rounds", "left"), [(15, 700), (16, 500)])
def test_sixteen_slow_round_trips_prove_competitors(
    flow: Flow, slow_rounds: int, left: int
) -> None:
    ca = yeah(flow.tp)
    ca.lastQ, ca.doing_reno_now = 300, slow_rounds
    assert flow.loss(1000) == left


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("yeah")
