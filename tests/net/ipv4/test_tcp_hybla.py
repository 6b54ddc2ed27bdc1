"""Hybla: a path of 100 ms grows as one of 25 ms."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_hybla import hybla
from softnet.uapi.tcp import TCP_CA_Open, TCP_CA_Recovery
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut


def with_rtt(dut: Dut, rtt_ms: int) -> Flow:
    flow = Flow(dut, "hybla")
    flow.tp.srtt = rtt_ms << 3
    dut.inside(flow.tp.icsk_ca_ops.init, flow.tp)
    return flow


@pytest.mark.parametrize(("rtt", "rho"), [(5, 1), (25, 1), (50, 2), (100, 4), (600, 24)])
def test_rho(dut: Dut, rtt: int, rho: int) -> None:
    flow = with_rtt(dut, rtt)
    assert hybla(flow.tp).rho == rho
    assert flow.tp.snd_cwnd == rho  # the window that it begins with


def test_slow_start_multiplies_by_two_to_the_rho(dut: Dut) -> None:
    flow = with_rtt(dut, 50)
    flow.tp.snd_cwnd = 10
    flow.tp.snd_ssthresh = 10000
    for _ in range(10):
        flow.ack()
    assert flow.tp.snd_cwnd == 10 * 2**2


def test_fractions_of_rho(dut: Dut) -> None:
    """rho = 1.5: 2^1.5 - 1 = 1.83 segments for each acknowledgement."""
    flow = with_rtt(dut, 38)
    flow.tp.snd_cwnd = 100
    flow.tp.snd_ssthresh = 10000
    for _ in range(100):
        flow.ack()
    assert 280 <= flow.tp.snd_cwnd <= 284


def test_avoidance_adds_rho_squared(dut: Dut) -> None:
    flow = with_rtt(dut, 100)
    flow.avoidance(200)
    for _ in range(200):
        flow.ack()
    assert 214 <= flow.tp.snd_cwnd <= 216


def test_a_short_path_is_reno(dut: Dut) -> None:
    """But for rounding: an acknowledgement counts 128 // cwnd parts of 128."""
    flow = with_rtt(dut, 10)
    flow.avoidance(100)
    for _ in range(1000):
        flow.ack()
    assert 106 <= flow.tp.snd_cwnd <= 110


def test_a_huge_window_still_grows(dut: Dut) -> None:
    """Its step is less than 1/128 per acknowledgement."""
    flow = with_rtt(dut, 10)
    flow.avoidance(300)
    for _ in range(301):
        flow.ack()
    assert flow.tp.snd_cwnd == 301


def test_slow_start_ends_at_the_threshold(dut: Dut) -> None:
    flow = with_rtt(dut, 600)
    flow.tp.snd_cwnd = 10
    flow.tp.snd_ssthresh = 50
    flow.ack()
    assert flow.tp.snd_cwnd == 50


def test_reno_while_there_is_trouble(dut: Dut) -> None:
    flow = with_rtt(dut, 100)
    dut.inside(flow.tp.icsk_ca_ops.set_state, flow.tp, TCP_CA_Recovery)
    flow.avoidance(100)
    for _ in range(101):
        flow.ack()
    assert flow.tp.snd_cwnd == 101
    dut.inside(flow.tp.icsk_ca_ops.set_state, flow.tp, TCP_CA_Open)
    assert hybla(flow.tp).hybla_en


def test_half_after_a_loss(dut: Dut) -> None:
    assert Flow(dut, "hybla").loss(100) == 50


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("hybla")
