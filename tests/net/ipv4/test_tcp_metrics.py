"""What a route remembers of the connections over it."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_metrics import tcp_init_metrics, tcp_update_metrics
from softnet.structs.tcp import TcpSock
from softnet.uapi.rtnetlink import (
    RTAX_CWND,
    RTAX_REORDERING,
    RTAX_RTT,
    RTAX_RTTVAR,
    RTAX_SSTHRESH,
)
from softnet.uapi.tcp import TCP_CA_Recovery
from tests.kit.tcp_peer import Dut


@pytest.fixture
def tp(dut: Dut) -> TcpSock:
    sk = dut.sock(dut.accepted()[0])
    assert sk.sk_dst_cache is not None
    return sk


def saved(dut: Dut, tp: TcpSock, which: int) -> int:
    """That metric of the route, after the connection's have been saved there."""
    dut.inside(tcp_update_metrics, tp)
    return tp.sk_dst_cache.metric(which)


def test_longer_round_trip_is_taken_at_once(dut: Dut, tp: TcpSock) -> None:
    tp.srtt, tp.mdev = 800, 100
    assert saved(dut, tp, RTAX_RTT) == 800
    tp.srtt = 1600
    assert saved(dut, tp, RTAX_RTT) == 1600


def test_shorter_one_by_an_eighth(dut: Dut, tp: TcpSock) -> None:
    tp.srtt, tp.mdev = 1600, 100
    dut.inside(tcp_update_metrics, tp)
    tp.srtt = 800
    assert saved(dut, tp, RTAX_RTT) == 1500


def test_the_variance_shrinks_by_a_quarter(dut: Dut, tp: TcpSock) -> None:
    tp.srtt, tp.mdev = 800, 500
    assert saved(dut, tp, RTAX_RTTVAR) == 500
    tp.mdev = 100
    assert saved(dut, tp, RTAX_RTTVAR) == 400


def test_the_window_is_met_halfway(dut: Dut, tp: TcpSock) -> None:
    """Above the threshold by the window; in a reduction by the threshold."""
    tp.srtt, tp.mdev, tp.snd_cwnd, tp.snd_ssthresh = 800, 100, 40, 20
    assert saved(dut, tp, RTAX_CWND) == 20
    tp.icsk_ca_state = TCP_CA_Recovery
    tp.snd_ssthresh = 30
    assert saved(dut, tp, RTAX_CWND) == 25


def test_reordering_is_saved_if_it_is_news(dut: Dut, tp: TcpSock) -> None:
    tp.srtt, tp.mdev = 800, 100
    assert saved(dut, tp, RTAX_REORDERING) == 0
    tp.reordering = 9
    dut.inside(tcp_update_metrics, tp)
    tp.reordering = 7
    assert saved(dut, tp, RTAX_REORDERING) == 9


def test_backed_off_connection_is_forgotten(dut: Dut, tp: TcpSock) -> None:
    tp.srtt, tp.mdev = 800, 100
    dut.inside(tcp_update_metrics, tp)
    tp.icsk_backoff = 1
    assert saved(dut, tp, RTAX_RTT) == 0


def test_window_in_slow_start(dut: Dut, tp: TcpSock) -> None:
    tp.srtt, tp.mdev, tp.snd_cwnd = 800, 100, 50
    assert saved(dut, tp, RTAX_CWND) == 50
    assert tp.sk_dst_cache.metric(RTAX_SSTHRESH) == 0


def test_threshold_after_losses(dut: Dut, tp: TcpSock) -> None:
    tp.srtt, tp.mdev, tp.snd_cwnd, tp.snd_ssthresh = 800, 100, 50, 20
    assert saved(dut, tp, RTAX_SSTHRESH) == 25


def test_nothing_is_saved_when_told_so(dut: Dut, tp: TcpSock) -> None:
    dut.sysctl("no_metrics_save", 1)
    tp.srtt = 800
    assert saved(dut, tp, RTAX_RTT) == 0


def test_next_connection_begins_there(dut: Dut, tp: TcpSock) -> None:
    dst = tp.sk_dst_cache
    dst.metric_set(RTAX_RTT, 2400)
    dst.metric_set(RTAX_RTTVAR, 500)
    dst.metric_set(RTAX_SSTHRESH, 33)
    tp.srtt, tp.mdev = 80, 20
    dut.inside(tcp_init_metrics, tp)
    assert tp.srtt == 2400
    assert tp.snd_ssthresh == 33
    assert tp.icsk_rto == 300 + 500


def test_without_a_measurement_be_patient(dut: Dut, tp: TcpSock) -> None:
    tp.srtt = 0
    dut.inside(tcp_init_metrics, tp)
    assert tp.icsk_rto == 3000
