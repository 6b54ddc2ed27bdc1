"""Westwood+: the bandwidth filter, and the window it makes of a loss."""

from __future__ import annotations

import struct

import pytest

from softnet.arch import const
from softnet.net.ipv4.tcp_westwood import Westwood, tcp_westwood_bw_rttmin, westwood
from softnet.uapi.inet_diag import INET_DIAG_CONG, INET_DIAG_VEGASINFO
from tests.kit.tcp_cong import Flow, transfer_with
from tests.kit.tcp_peer import Dut


@pytest.fixture
def flow(dut: Dut) -> Flow:
    return Flow(dut, "westwood")


def acked(flow: Flow, nbytes: int, event: int = const.CA_EVENT_FAST_ACK) -> None:
    tp = flow.tp
    tp.snd_una = (tp.snd_una + nbytes) & 0xFFFFFFFF
    flow.dut.inside(tp.icsk_ca_ops.cwnd_event, tp, event)


def steady(flow: Flow, seconds: float, rtt_ms: int = 100, per_ms: int = 1000) -> None:
    """per_ms bytes acknowledged in each millisecond."""
    for _ in range(int(seconds * 1000)):
        flow.dut.inside(flow.tp.icsk_ca_ops.pkts_acked, flow.tp, 1, rtt_ms * 1000)
        acked(flow, per_ms)
        flow.dut.pass_time(0.001)


def test_the_estimate_is_the_rate(flow: Flow) -> None:
    steady(flow, 3)
    assert 980 <= westwood(flow.tp).bw_est <= 1010
    assert westwood(flow.tp).rtt_min == 100
    assert tcp_westwood_bw_rttmin(flow.tp) == westwood(flow.tp).bw_est * 100 // flow.tp.mss_cache


def test_the_filter_is_two_times_seven_eighths(dut: Dut, flow: Flow) -> None:
    w = westwood(flow.tp)
    w.bw_ns_est = w.bw_est = 800
    w.bk = 1600 * 100
    dut.inside(w.filter, 100)
    assert (w.bw_ns_est, w.bw_est) == (900, 812)


def test_a_sample_takes_a_round_trip_or_50_ms(flow: Flow) -> None:
    steady(flow, 0.05, rtt_ms=10)
    assert westwood(flow.tp).bw_est == 0
    steady(flow, 0.005, rtt_ms=10)
    assert westwood(flow.tp).bw_est > 0


def test_after_a_recovery_the_window_is_what_the_path_takes(dut: Dut, flow: Flow) -> None:
    steady(flow, 3)
    tp = flow.tp
    tp.snd_cwnd = 1000
    dut.inside(tp.icsk_ca_ops.cwnd_event, tp, const.CA_EVENT_COMPLETE_CWR)
    fits = westwood(tp).bw_est * 100 // tp.mss_cache
    assert tp.snd_cwnd == tp.snd_ssthresh == fits
    tp.snd_ssthresh = 5
    dut.inside(tp.icsk_ca_ops.cwnd_event, tp, const.CA_EVENT_FRTO)
    assert tp.snd_ssthresh == fits
    assert westwood(tp).reset_rtt_min
    assert tp.icsk_ca_ops.min_cwnd(tp) == fits


def test_two_segments_at_least(flow: Flow) -> None:
    assert tcp_westwood_bw_rttmin(flow.tp) == 2


def test_duplicates_count_once(dut: Dut) -> None:
    """Three duplicates stand for three segments; the ACK after them for what they did not say."""
    steady_sock = Flow(dut, "westwood")
    w = westwood(steady_sock.tp)
    w.snd_una = 1000
    assert [w.acked_count(1000, 100) for _ in range(3)] == [100, 100, 100]
    assert w.acked_count(1500, 100) == 200
    assert w.accounted == 0


def test_reno_otherwise(flow: Flow) -> None:
    flow.avoidance(100)
    flow.rounds(10)
    assert 109 <= flow.tp.snd_cwnd <= 110
    assert flow.loss(100) == 50


def test_info(flow: Flow) -> None:
    steady(flow, 1)
    kind, data = flow.tp.icsk_ca_ops.get_info(flow.tp, 1 << (INET_DIAG_VEGASINFO - 1))
    assert kind == INET_DIAG_VEGASINFO
    assert struct.unpack("<4I", data) == (1, 0, 100_000, 100_000)
    assert flow.tp.icsk_ca_ops.get_info(flow.tp, 1 << (INET_DIAG_CONG - 1)) is None


def test_state_is_a_westwood(flow: Flow) -> None:
    assert isinstance(flow.tp.icsk_ca_priv, Westwood)


def test_a_transfer_over_a_bad_cable() -> None:
    transfer_with("westwood")
