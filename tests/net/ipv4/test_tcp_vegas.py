"""Vegas: two to four segments in the queue."""

from __future__ import annotations

import struct

import pytest

from softnet.arch import const
from softnet.net.ipv4.tcp_vegas import vegas
from softnet.uapi.inet_diag import INET_DIAG_VEGASINFO
from softnet.uapi.tcp import TCP_CA_Open, TCP_CA_Recovery
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut

RTT_NONE = 0x7FFFFFFF  # us


@pytest.fixture
def flow(dut: Dut) -> Flow:
    flow = Flow(dut, "vegas")
    vegas(flow.tp).baseRTT = 100_001
    return flow


def queued(flow: Flow, cwnd: int, segments: int) -> int:
    """A round trip with so many segments in the queue; how the window moves after it."""
    queue_ms = 100 * segments // (cwnd - segments)
    flow.avoidance(cwnd)
    flow.rounds(1, 100, queue_ms)
    flow.avoidance(cwnd)
    flow.rounds(1, 100, queue_ms)
    return flow.tp.snd_cwnd - cwnd


def test_the_window_follows_the_queue(flow: Flow) -> None:
    assert queued(flow, 20, 0) == 1
    assert queued(flow, 40, 1) == 1
    assert queued(flow, 40, 3) == 0
    assert queued(flow, 40, 8) == -1


def test_one_step_per_round_trip_however_large(flow: Flow) -> None:
    flow.avoidance(500)
    flow.rounds(6)  # the first measures only
    assert flow.tp.snd_cwnd == 505


def test_slow_start_ends_before_the_loss(flow: Flow) -> None:
    """More than one segment waits: down to what the path takes, and into avoidance."""
    flow.tp.snd_cwnd = 60
    flow.tp.snd_ssthresh = 1000
    flow.rounds(1, 100, 50)
    # Compared with the first ACK of a round trip; the window may have doubled until then.
    flow.rounds(1, 100, 50)
    assert flow.tp.snd_cwnd > flow.tp.snd_ssthresh or flow.tp.snd_cwnd < 120
    assert flow.tp.snd_ssthresh < 1000


def test_reno_while_two_measurements_are_not_enough(flow: Flow) -> None:
    flow.avoidance(10)
    ca = vegas(flow.tp)
    ca.cntRTT = 2
    flow.tp.snd_nxt += 2000
    before = flow.tp.snd_cwnd_cnt
    flow.dut.inside(flow.tp.icsk_ca_ops.cong_avoid, flow.tp, flow.tp.snd_nxt, 10)
    assert flow.tp.snd_cwnd_cnt == before + 1
    assert ca.cntRTT == 0


def test_half_after_a_loss_and_reno_until_it_is_over(flow: Flow) -> None:
    assert flow.loss(100) == 50
    flow.dut.inside(flow.tp.icsk_ca_ops.set_state, flow.tp, TCP_CA_Recovery)
    assert not vegas(flow.tp).doing_vegas_now
    flow.dut.inside(flow.tp.icsk_ca_ops.set_state, flow.tp, TCP_CA_Open)
    assert vegas(flow.tp).doing_vegas_now


def test_a_pause_forgets_the_path(flow: Flow) -> None:
    flow.dut.inside(flow.tp.icsk_ca_ops.cwnd_event, flow.tp, const.CA_EVENT_TX_START)
    assert vegas(flow.tp).baseRTT == RTT_NONE


def test_info(flow: Flow) -> None:
    flow.ack(1, 99_999)
    kind, data = flow.tp.icsk_ca_ops.get_info(flow.tp, 1 << (INET_DIAG_VEGASINFO - 1))
    assert kind == INET_DIAG_VEGASINFO
    assert struct.unpack("<4I", data) == (1, 1, 100_000, 100_000)
    assert flow.tp.icsk_ca_ops.get_info(flow.tp, 1) is None


@pytest.mark.parametrize(("least", "window"), [(105_000, (21, 1000)), (110_000, (19, 18))])
def test_gamma(flow: Flow, least: int, window: tuple[int, int]) -> None:
    """Slow start goes on with 20 * 5 / 100 = 1 segment in the queue, not with 2.

    The path takes 20 * 100 / 110 = 18 of them, and one more.
    """
    tp = flow.tp
    tp.snd_cwnd, tp.snd_ssthresh = 20, 1000
    ca = vegas(tp)
    ca.baseRTT, ca.minRTT, ca.cntRTT = 100_000, least, 3
    flow.dut.inside(tp.icsk_ca_ops.cong_avoid, tp, ca.beg_snd_nxt + 1, 20)
    assert (tp.snd_cwnd, tp.snd_ssthresh) == window


@pytest.mark.parametrize(("waiting", "step"), [(1, 1), (2, 0), (4, 0), (5, -1)])
def test_alpha_and_beta(flow: Flow, waiting: int, step: int) -> None:
    """20 segments: each that waits makes the round trip a twentieth longer."""
    tp = flow.tp
    flow.avoidance(20)
    ca = vegas(tp)
    ca.baseRTT, ca.minRTT, ca.cntRTT = 100_000, 100_000 + 5000 * waiting, 3
    flow.dut.inside(tp.icsk_ca_ops.cong_avoid, tp, ca.beg_snd_nxt + 1, 20)
    assert tp.snd_cwnd == 20 + step


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("vegas")
