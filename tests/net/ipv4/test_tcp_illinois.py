"""Illinois: alpha and beta as functions of the average delay."""

from __future__ import annotations

import struct

import pytest

from softnet.net.ipv4.tcp_illinois import illinois, illinois_beta
from softnet.uapi.inet_diag import INET_DIAG_VEGASINFO
from softnet.uapi.tcp import TCP_CA_Loss
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut


@pytest.fixture
def flow(dut: Dut) -> Flow:
    return Flow(dut, "illinois")


@pytest.mark.parametrize("percent", [2, 10, 25, 50, 99, 100])
def test_alpha_is_a_hyperbola(flow: Flow, percent: int) -> None:
    """k1 / (k2 + da) through (1 %, 10) and (100 %, 0.3)."""
    da, dm = percent * 1000, 100_000
    k2 = ((dm - 1000) * 0.3) / (10 - 0.3)
    published = 10 * k2 / (k2 + da - 1000)
    assert abs(flow.dut.inside(illinois(flow.tp).next_alpha, da, dm) / 128 - published) < 0.1


def test_beta_is_linear_between_ten_and_eighty_percent() -> None:
    dm = 100_000
    for percent, published in ((5, 1 / 8), (10, 1 / 8), (45, 5 / 16), (80, 1 / 2), (95, 1 / 2)):
        assert abs(illinois_beta(percent * 1000, dm) / 64 - published) <= 1 / 64


def test_ten_per_round_trip_without_a_queue(flow: Flow) -> None:
    flow.avoidance(200)
    flow.rounds(2)
    assert 216 <= flow.tp.snd_cwnd <= 221


def test_a_third_per_round_trip_with_a_full_one(flow: Flow) -> None:
    flow.avoidance(100)
    flow.rounds(1, 100)
    flow.rounds(1, 100, 100)
    flow.avoidance(100)
    flow.rounds(7, 100, 100)
    assert 101 <= flow.tp.snd_cwnd <= 103


def test_alpha_comes_back_after_five_good_round_trips(flow: Flow) -> None:
    ca = illinois(flow.tp)
    dut = flow.dut
    ca.alpha = dut.inside(ca.next_alpha, 50_000, 100_000)
    low = ca.alpha
    answers = [dut.inside(ca.next_alpha, 0, 100_000) for _ in range(6)]
    assert answers == [low] * 4 + [1280] * 2


def test_small_windows_are_renos(flow: Flow) -> None:
    flow.avoidance(10)
    flow.rounds(1)
    assert (illinois(flow.tp).alpha, illinois(flow.tp).beta) == (128, 32)


def test_loss_by_beta(flow: Flow) -> None:
    assert flow.loss(100) == 50
    illinois(flow.tp).beta = 8
    assert flow.loss(100) == 88
    assert flow.loss(2) == 2


def test_a_timeout_makes_it_careful(flow: Flow) -> None:
    flow.dut.inside(flow.tp.icsk_ca_ops.set_state, flow.tp, TCP_CA_Loss)
    assert (illinois(flow.tp).alpha, illinois(flow.tp).beta) == (128, 32)


def test_info(flow: Flow) -> None:
    def info() -> tuple[int, ...]:
        answer = flow.tp.icsk_ca_ops.get_info(flow.tp, 1 << (INET_DIAG_VEGASINFO - 1))
        return struct.unpack("<4I", answer[1])

    assert info() == (1, 0, 0, 0x7FFFFFFF)
    flow.ack(1, 100)
    flow.ack(1, 300)
    assert info() == (1, 2, 200, 100)
    assert flow.tp.icsk_ca_ops.get_info(flow.tp, 1) is None


@pytest.mark.parametrize(("cwnd", "params"), [(14, (128, 32)), (15, (1280, 8))])
def test_small_is_below_fifteen(flow: Flow, cwnd: int, params: tuple[int, int]) -> None:
    flow.avoidance(cwnd)
    flow.tp.snd_nxt += 2000
    flow.ack(1, 100_000, flow.tp.snd_nxt - 1000)
    assert (illinois(flow.tp).alpha, illinois(flow.tp).beta) == params


def test_the_longest_round_trip(flow: Flow) -> None:
    """What ten times it in 1/128 fits into 32 bits: (2**32 - 1) / 1280 us."""
    flow.ack(1, 5_000_000)
    answer = flow.tp.icsk_ca_ops.get_info(flow.tp, 1 << (INET_DIAG_VEGASINFO - 1))
    assert struct.unpack("<4I", answer[1]) == (1, 1, 3_355_443, 3_355_443)


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("illinois")
