"""Veno: was the loss congestion?"""

from __future__ import annotations

import pytest

from softnet.arch import const
from softnet.net.ipv4.tcp_veno import veno
from softnet.uapi.tcp import TCP_CA_Recovery
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut

RTT_NONE = 0x7FFFFFFF  # us


@pytest.fixture
def flow(dut: Dut) -> Flow:
    flow = Flow(dut, "veno")
    ca = veno(flow.tp)
    ca.basertt = 100_001
    ca.cntrtt = 5
    return flow


def test_as_reno_while_the_queue_is_short(flow: Flow) -> None:
    flow.avoidance(100)
    for _ in range(101):
        flow.ack(1, 100_000)
    assert flow.tp.snd_cwnd == 101
    assert veno(flow.tp).diff <= 1


def test_half_as_fast_while_it_is_long(flow: Flow) -> None:
    """One segment in every second round trip."""
    flow.avoidance(50)
    veno(flow.tp).inc = False
    for _ in range(51 * 4 + 10):
        flow.ack(1, 110_000)
    assert flow.tp.snd_cwnd == 52


def test_the_queue_is_estimated(flow: Flow) -> None:
    """cwnd (1 - base / rtt) segments, in halves: 100 (1 - 1 / 1.25) = 20."""
    flow.avoidance(100)
    flow.ack(1, 125_000)
    assert 39 <= veno(flow.tp).diff <= 41


def test_a_fifth_for_a_random_loss_and_half_for_congestion(flow: Flow) -> None:
    veno(flow.tp).diff = 5
    assert flow.loss(100) == 80
    veno(flow.tp).diff = 6
    assert flow.loss(100) == 50
    assert flow.loss(2) == 2


def test_slow_start(flow: Flow) -> None:
    flow.tp.snd_cwnd = 10
    for _ in range(10):
        flow.ack(1, 100_000)
    assert flow.tp.snd_cwnd == 20


def test_reno_during_recovery_and_anew_after_a_pause(flow: Flow) -> None:
    flow.dut.inside(flow.tp.icsk_ca_ops.set_state, flow.tp, TCP_CA_Recovery)
    assert not veno(flow.tp).doing_veno_now
    flow.avoidance(10)
    for _ in range(11):
        flow.ack(1, 500_000)
    assert flow.tp.snd_cwnd == 11
    flow.dut.inside(flow.tp.icsk_ca_ops.cwnd_event, flow.tp, const.CA_EVENT_CWND_RESTART)
    assert veno(flow.tp).basertt == RTT_NONE
    assert veno(flow.tp).doing_veno_now


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("veno")
