"""CUBIC: its curve, its friendliness, HyStart."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_cubic import Bictcp, bictcp, cubic_root
from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_CA_Loss, TCP_CA_Open
from tests.kit.tcp_peer import Dut


@pytest.fixture
def tp(dut: Dut) -> TcpSock:
    return dut.sock(dut.accepted()[0])


def avoid(dut: Dut, tp: TcpSock, ms: int, rtt: int = 100) -> None:
    """Acknowledge a full window per rtt, one segment at a time, for ms."""
    end = dut.now_ms() + ms
    while dut.now_ms() < end:
        acks = tp.snd_cwnd
        for _ in range(acks):
            dut.inside(tp.icsk_ca_ops.cong_avoid, tp, 0, tp.snd_cwnd)
        dut.pass_time(rtt / 1000)


@pytest.mark.parametrize("a", [0, 1, 7, 8, 9, 26, 27, 12345678, 10**15 - 1, 10**15, 10**15 + 1])
def test_cube_root(a: int) -> None:
    root = cubic_root(a)
    assert root**3 <= a < (root + 1) ** 3


def test_seven_tenths_after_a_loss(tp: TcpSock) -> None:
    tp.snd_cwnd = 100
    assert tp.icsk_ca_ops.ssthresh(tp) == 70
    assert bictcp(tp).last_max_cwnd == 100
    assert bictcp(tp).loss_cwnd == 100


def test_fast_convergence(tp: TcpSock) -> None:
    """A loss below the last maximum makes room: 0.85 of the window is remembered."""
    tp.snd_cwnd = 100
    tp.icsk_ca_ops.ssthresh(tp)
    tp.snd_cwnd = 80
    tp.icsk_ca_ops.ssthresh(tp)
    assert bictcp(tp).last_max_cwnd == 80 * (1024 + 717) // 2048


def test_least_threshold(tp: TcpSock) -> None:
    tp.snd_cwnd = 2
    assert tp.icsk_ca_ops.ssthresh(tp) == 2


def test_back_at_the_maximum_after_k_seconds(dut: Dut, tp: TcpSock) -> None:
    """K = cbrt(w_max * 0.3 / 0.4) s; on a long path friendliness adds nothing before."""
    dut.pass_time(1)
    tp.snd_cwnd = 1000
    tp.snd_cwnd = tp.snd_ssthresh = tp.icsk_ca_ops.ssthresh(tp)
    ca = bictcp(tp)
    ca.delayed_ack = 1 << 4
    k = (1000 * 0.3 / 0.4) ** (1 / 3)
    avoid(dut, tp, round(k * 1000 / 2), 500)
    halfway = tp.snd_cwnd
    avoid(dut, tp, round(k * 1000 / 2), 500)
    assert 940 <= halfway <= 990  # most of the way is done in half the time
    assert 985 <= tp.snd_cwnd <= 1005
    avoid(dut, tp, 9000, 500)
    assert tp.snd_cwnd > 1200  # and on to new shores


def test_as_fast_as_reno_on_a_short_path(dut: Dut, tp: TcpSock) -> None:
    """With 10 ms, Reno with the same beta (3 (1 - b) / (1 + b) per round trip) is the faster."""
    dut.pass_time(1)
    tp.snd_cwnd = 20
    tp.snd_cwnd = tp.snd_ssthresh = tp.icsk_ca_ops.ssthresh(tp)
    bictcp(tp).delayed_ack = 1 << 4
    avoid(dut, tp, 1000, 10)
    reno = 14 + 100 * 3 * 0.3 / 1.7
    assert reno * 0.8 < tp.snd_cwnd < reno * 1.2


def test_slow_start_is_exponential(dut: Dut, tp: TcpSock) -> None:
    tp.snd_cwnd = 10
    avoid(dut, tp, 300)
    assert tp.snd_cwnd == 80


def test_hystart_ends_slow_start_when_the_round_trip_grows(dut: Dut, tp: TcpSock) -> None:
    tp.snd_cwnd = 100
    ca = bictcp(tp)
    ca.end_seq = tp.snd_una
    for _ in range(10):
        dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, 50_000)
        dut.pass_time(0.003)
    assert tp.snd_ssthresh >= 1 << 30
    dut.inside(ca.hystart_reset, tp)
    for _ in range(10):
        dut.pass_time(0.003)
        dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, 62_000)
    assert tp.snd_ssthresh == 100


def test_hystart_ends_slow_start_on_a_long_train(dut: Dut, tp: TcpSock) -> None:
    """Acknowledgements at most 2 ms apart for more than half of the least delay."""
    tp.snd_cwnd = 100
    for _ in range(30):
        dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, 40_000)
        dut.pass_time(0.001)
    assert tp.snd_ssthresh == 100


@pytest.mark.parametrize(
    ("least", "longest"),
    [
        (40, 44),  # 4 ms more at least
        (160, 170),  # a sixteenth
        (400, 416),  # 16 ms at most
    ],
)
def test_hystart_s_bound_on_the_round_trip(dut: Dut, tp: TcpSock, least: int, longest: int) -> None:
    """The shortest of eight round trips counts; up to the bound nothing happens."""
    tp.snd_cwnd = 16  # the smallest window that it looks at
    ca = bictcp(tp)
    dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, least * 1000)
    for rtt, ends in ((longest, False), (longest + 1, True)):
        dut.inside(ca.hystart_reset, tp)
        for _ in range(9):
            assert tp.snd_ssthresh >= 1 << 30
            dut.pass_time(0.003)
            dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, rtt * 1000)
        assert (tp.snd_ssthresh == 16) == ends


def test_hystart_s_train_has_no_gap(dut: Dut, tp: TcpSock) -> None:
    """2 ms apart they are a train, 3 ms apart they are not."""
    tp.snd_cwnd = 100
    ca = bictcp(tp)
    for gap, ends in ((0.003, False), (0.002, True)):
        dut.inside(ca.hystart_reset, tp)
        for _ in range(30):
            dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, 40_000)
            dut.pass_time(gap)
        assert (tp.snd_ssthresh == 100) == ends


def test_hystart_leaves_small_windows_alone(dut: Dut, tp: TcpSock) -> None:
    tp.snd_cwnd = 15
    for _ in range(60):
        dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 1, 40_000)
        dut.pass_time(0.001)
    assert tp.snd_ssthresh >= 1 << 30


def test_timeout_forgets_the_curve_but_not_what_undo_needs(dut: Dut, tp: TcpSock) -> None:
    tp.snd_cwnd = 100
    tp.icsk_ca_ops.ssthresh(tp)
    dut.inside(tp.icsk_ca_ops.set_state, tp, TCP_CA_Loss)
    ca = bictcp(tp)
    assert ca.last_max_cwnd == 0
    tp.snd_cwnd = 1
    assert tp.icsk_ca_ops.undo_cwnd(tp) == 100


def test_with_no_maximum_it_grows_by_a_twentieth(dut: Dut, tp: TcpSock) -> None:
    """Before the first loss, and again after a timeout, which forgets the maximum."""
    dut.pass_time(1)
    ca = bictcp(tp)
    ca.delayed_ack = 1 << 4
    dut.inside(ca.update, 1000)
    assert ca.cnt == 20
    tp.snd_cwnd = 1000
    tp.icsk_ca_ops.ssthresh(tp)
    dut.inside(tp.icsk_ca_ops.set_state, tp, TCP_CA_Loss)
    ca.delayed_ack = 1 << 4
    dut.inside(ca.update, 500)
    assert ca.cnt == 20


def test_delayed_acks_are_learnt(dut: Dut, tp: TcpSock) -> None:
    ca = bictcp(tp)
    tp.icsk_ca_state = TCP_CA_Open
    for _ in range(100):
        dut.inside(tp.icsk_ca_ops.pkts_acked, tp, 4, -1)
    assert 60 <= ca.delayed_ack <= 64


def test_a_socket_without_cubic_has_no_state(dut: Dut) -> None:
    assert not isinstance(dut.sock(dut.socket()).icsk_ca_priv, Bictcp)
