"""BIC: binary search between the window after a loss and the one before it."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_bic import bic
from softnet.uapi.tcp import TCP_CA_Loss
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut


@pytest.fixture
def flow(dut: Dut) -> Flow:
    flow = Flow(dut, "bic")
    bic(flow.tp).delayed_ack = 1 << 4  # one segment per acknowledgement
    return flow


@pytest.mark.parametrize(
    ("cwnd", "maximum", "cnt"),
    [
        (400, 1000, 400 // 16),  # far away: 16 segments per round trip
        (976, 1000, 976 // 6),  # a quarter of what is missing
        (997, 1000, 997 * 20 // 4),  # there: very slowly
        (1002, 1000, 1002 * 20 // 4),
        (1010, 1000, 1010 * 3 // 10),  # beyond: a third of the distance
        (1200, 1000, 1200 // 16),  # far beyond
        (14, 1000, 14),  # Reno
        (15, 1000, 1),  # not any more: 15 // 16, and 1 at least
    ],
)
def test_the_pace(flow: Flow, dut: Dut, cwnd: int, maximum: int, cnt: int) -> None:
    ca = bic(flow.tp)
    ca.last_max_cwnd = maximum
    dut.inside(ca.update, cwnd)
    assert ca.cnt == cnt


def test_additive_then_logarithmic(flow: Flow) -> None:
    """From 819 to 1024: 16 per round trip until 64 are missing, then a quarter of it each."""
    cwnd = flow.loss(1024)
    assert cwnd == 819
    flow.avoidance(cwnd)
    flow.rounds(8)
    assert 930 <= flow.tp.snd_cwnd <= 955
    flow.rounds(12)
    assert 1000 <= flow.tp.snd_cwnd <= 1024


def test_before_the_first_loss_it_grows_by_a_twentieth(flow: Flow) -> None:
    flow.avoidance(1000)
    flow.rounds(1)
    assert 1045 <= flow.tp.snd_cwnd <= 1065


def test_after_a_timeout_too(flow: Flow, dut: Dut) -> None:
    flow.loss(1000)
    dut.inside(flow.tp.icsk_ca_ops.set_state, flow.tp, TCP_CA_Loss)
    ca = bic(flow.tp)
    ca.delayed_ack = 1 << 4
    dut.inside(ca.update, 1000)
    assert ca.cnt == 20


def test_loss_takes_a_fifth_and_half_of_a_small_window(flow: Flow) -> None:
    assert flow.loss(1000) == 1000 * 819 // 1024
    assert flow.loss(14) == 7
    assert flow.loss(2) == 2


def test_fast_convergence(flow: Flow) -> None:
    flow.loss(1000)
    flow.loss(900)
    assert bic(flow.tp).last_max_cwnd == 900 * (1024 + 819) // 2048


def test_undo_and_timeout(flow: Flow, dut: Dut) -> None:
    flow.loss(300)
    dut.inside(flow.tp.icsk_ca_ops.set_state, flow.tp, TCP_CA_Loss)
    assert bic(flow.tp).last_max_cwnd == 0
    flow.tp.snd_cwnd = 1
    assert flow.tp.icsk_ca_ops.undo_cwnd(flow.tp) == 300


def test_delayed_acks_speed_it_up(flow: Flow, dut: Dut) -> None:
    """Half as many acknowledgements count double."""
    ca = bic(flow.tp)
    ca.delayed_ack = 2 << 4
    ca.last_max_cwnd = 1000
    dut.inside(ca.update, 400)
    assert ca.cnt == 400 // 16 // 2


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("bic")
