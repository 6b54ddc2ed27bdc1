"""The round trip's estimate, number by number."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_rtt import tcp_ack_update_rtt, tcp_rtt_estimator, tcp_set_rto
from softnet.structs.tcp import TcpSock
from tests.kit.tcp_peer import Dut

FLAG_RETRANS_DATA_ACKED = 0x08


@pytest.fixture
def tp(dut: Dut) -> TcpSock:
    return dut.sock(dut.socket())


def test_first_measurement(tp: TcpSock) -> None:
    tcp_rtt_estimator(tp, 100)
    tcp_set_rto(tp)
    assert (tp.srtt, tp.mdev, tp.rttvar) == (800, 200, 200)
    assert tp.icsk_rto == 300


def test_variance_has_a_floor_of_200_ms(tp: TcpSock) -> None:
    tcp_rtt_estimator(tp, 1)
    tcp_set_rto(tp)
    assert tp.mdev == 2
    assert tp.icsk_rto == 201


def test_zero_counts_as_one_jiffy(tp: TcpSock) -> None:
    tcp_rtt_estimator(tp, 0)
    assert tp.srtt == 8


def test_growing_round_trip_raises_the_deviation_by_a_quarter(tp: TcpSock) -> None:
    tcp_rtt_estimator(tp, 100)
    tcp_rtt_estimator(tp, 500)  # the error is 400
    assert tp.srtt == 800 + 400
    assert tp.mdev == 200 + (400 - 50)
    assert tp.rttvar == 550


def test_shrinking_round_trip_moves_the_deviation_by_a_32nd(tp: TcpSock) -> None:
    tcp_rtt_estimator(tp, 500)
    tcp_rtt_estimator(tp, 100)
    assert tp.srtt == 4000 - 400
    assert tp.mdev == 1000 + ((400 - 250) >> 3)


def test_variance_decays_once_per_round_trip(tp: TcpSock) -> None:
    tp.snd_nxt = 1000
    tcp_rtt_estimator(tp, 400)
    assert tp.rttvar == 800
    tp.mdev_max = 200
    tp.mdev = 100
    tp.snd_una = 1001  # beyond what was sent at the first measurement
    tp.snd_nxt = 2000
    tcp_rtt_estimator(tp, 400)
    assert tp.rttvar == 800 - (600 >> 2)
    assert tp.rtt_seq == 2000
    assert tp.mdev_max == 200


def test_steady_path_converges(tp: TcpSock) -> None:
    for i in range(200):
        tp.snd_una = tp.snd_nxt = i
        tcp_rtt_estimator(tp, 80)
    tcp_set_rto(tp)
    assert tp.srtt >> 3 == 80
    assert tp.icsk_rto == 280


def test_timeout_is_at_most_120_s(tp: TcpSock) -> None:
    tcp_rtt_estimator(tp, 100_000)
    tcp_set_rto(tp)
    assert tp.icsk_rto == 120_000


def test_timestamp_wins_over_the_segment_s_own_time(dut: Dut, tp: TcpSock) -> None:
    dut.pass_time(1)
    tp.rx_opt.saw_tstamp = True
    tp.rx_opt.rcv_tsecr = 900
    dut.inside(tcp_ack_update_rtt, tp, FLAG_RETRANS_DATA_ACKED, 7)
    assert tp.srtt == 100 << 3


def test_retransmitted_segment_is_not_measured(dut: Dut, tp: TcpSock) -> None:
    tp.icsk_backoff = 2
    dut.inside(tcp_ack_update_rtt, tp, FLAG_RETRANS_DATA_ACKED, 50)
    assert tp.srtt == 0
    assert tp.icsk_backoff == 2
    dut.inside(tcp_ack_update_rtt, tp, 0, 50)
    assert tp.srtt == 400
    assert tp.icsk_backoff == 0
