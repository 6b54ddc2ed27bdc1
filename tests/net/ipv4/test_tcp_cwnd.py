"""The congestion window's rules that no algorithm decides."""

from __future__ import annotations

import pytest

from softnet.kernel.timer import jiffies
from softnet.net.ipv4.tcp_cwnd import (
    tcp_current_ssthresh,
    tcp_cwnd_down,
    tcp_cwnd_restart,
    tcp_cwnd_validate,
    tcp_enter_cwr,
    tcp_init_cwnd,
    tcp_may_raise_cwnd,
    tcp_moderate_cwnd,
    tcp_update_cwnd_in_recovery,
)
from softnet.structs.tcp import TcpSock
from softnet.uapi.socket import SOCK_NOSPACE
from softnet.uapi.tcp import (
    TCP_CA_CWR,
    TCP_NODELAY,
    TCP_CA_Disorder,
    TCP_CA_Open,
    TCP_CA_Recovery,
)
from tests.kit.tcp_peer import SOL_TCP, Dut

MSS = 1000
FLAG_DATA_ACKED, FLAG_ECE = 0x04, 0x40


@pytest.fixture
def tp(dut: Dut) -> TcpSock:
    return dut.sock(dut.accepted(mss=MSS)[0])


def test_ten_segments_at_first(tp: TcpSock) -> None:
    assert tp.snd_cwnd == 10
    tp.snd_cwnd_clamp = 4
    assert tcp_init_cwnd(tp) == 4


def test_threshold_outside_a_reduction(tp: TcpSock) -> None:
    tp.snd_cwnd, tp.snd_ssthresh = 40, 10
    assert tcp_current_ssthresh(tp) == 30
    tp.icsk_ca_state = TCP_CA_CWR
    assert tcp_current_ssthresh(tp) == 10


def test_halving_per_idle_timeout(dut: Dut) -> None:
    """RFC 2861: once per RTO of silence, down to the initial window."""
    conn, peer = dut.accepted(mss=MSS)
    sk = dut.sock(conn)
    sk.snd_cwnd = 100
    dut.write(conn, bytes(10))
    peer.take()
    peer.send(".", 1, ack=11)
    sk.snd_cwnd = 100
    dut.pass_time(0.5)  # the RTO is 201 ms
    dut.write(conn, bytes(10))
    assert sk.snd_cwnd == 25


def test_no_halving_when_told_so(dut: Dut) -> None:
    dut.sysctl("slow_start_after_idle", 0)
    conn, peer = dut.accepted(mss=MSS)
    sk = dut.sock(conn)
    dut.write(conn, bytes(10))
    peer.take()
    peer.send(".", 1, ack=11)
    sk.snd_cwnd = 100
    dut.pass_time(5)
    dut.write(conn, bytes(10))
    assert sk.snd_cwnd == 100


def test_unused_window_is_not_validated(dut: Dut) -> None:
    """Sending less than the window for an RTO: half of what was not used goes."""
    conn, peer = dut.accepted(mss=MSS)
    sk = dut.sock(conn)
    dut.setopt(conn, SOL_TCP, TCP_NODELAY, 1)
    dut.write(conn, bytes(10))
    peer.take()
    peer.send(".", 1, ack=11)
    sk.snd_cwnd = 100
    for _ in range(2):
        dut.pass_time(0.15)
        assert sk.snd_cwnd == 100
        dut.write(conn, bytes(10))
    assert sk.snd_cwnd == 55  # (100 + 10) / 2
    assert sk.snd_ssthresh >= 75


@pytest.mark.parametrize(
    ("state", "wants_more", "cwnd"),
    [(TCP_CA_Open, False, 25), (TCP_CA_Open, True, 40), (TCP_CA_Disorder, False, 40)],
)
def test_who_is_held_back_by_the_buffer_or_the_path_is_valid(
    dut: Dut, tp: TcpSock, state: int, wants_more: bool, cwnd: int
) -> None:
    """A writer that waits for room, and any trouble, are no lack of data: (40 + 10) / 2 or 40."""
    dut.pass_time(10)
    tp.icsk_ca_state = state
    tp.sk_socket.flags |= wants_more << SOCK_NOSPACE
    tp.snd_cwnd, tp.snd_cwnd_used, tp.packets_out = 40, 3, 4
    dut.inside(tcp_cwnd_validate, tp)
    assert tp.snd_cwnd == cwnd
    assert tp.snd_cwnd_used == (0 if cwnd == 25 else 4)
    assert tp.snd_cwnd_stamp == dut.inside(jiffies) & 0xFFFFFFFF
    tp.packets_out = 0


def test_a_pause_keeps_three_quarters_of_the_window_as_threshold(dut: Dut, tp: TcpSock) -> None:
    dut.pass_time(10)
    tp.snd_cwnd, tp.snd_ssthresh = 40, 12
    dut.inside(tcp_cwnd_restart, tp)
    assert (tp.snd_cwnd, tp.snd_ssthresh) == (10, 30)
    tp.snd_cwnd, tp.snd_ssthresh = 40, 35  # it is above them already
    dut.inside(tcp_cwnd_restart, tp)
    assert (tp.snd_cwnd, tp.snd_ssthresh) == (10, 35)


def test_ecn_slows_down_once(dut: Dut, tp: TcpSock) -> None:
    tp.snd_cwnd = 20
    tp.packets_out = 20
    dut.inside(tcp_enter_cwr, tp, True)
    assert tp.icsk_ca_state == TCP_CA_CWR
    assert tp.snd_ssthresh == 14
    dut.inside(tcp_enter_cwr, tp, True)
    assert tp.snd_ssthresh == 14
    tp.packets_out = 0


def test_rate_halving(dut: Dut, tp: TcpSock) -> None:
    tp.snd_cwnd = 20
    tp.packets_out = 20
    dut.inside(tcp_enter_cwr, tp, True)
    for _ in range(4):
        dut.inside(tcp_cwnd_down, tp, FLAG_DATA_ACKED)
    assert tp.snd_cwnd == 18
    for _ in range(100):
        dut.inside(tcp_cwnd_down, tp, FLAG_DATA_ACKED)
    assert tp.snd_cwnd == 14
    tp.packets_out = 0


@pytest.mark.parametrize(
    ("in_flight", "ssthresh", "delivered", "sent", "acked", "cwnd"),
    [
        (18, 10, 1, 0, 1, 19),  # above: ceil(1 * 10 / 20) = 1
        (18, 10, 2, 1, 1, 18),  # ceil(2 * 10 / 20) - 1 = 0
        (5, 10, 4, 4, 1, 7),  # below: one for one, and one more (slow start)
        (9, 10, 8, 2, 1, 10),  # not beyond ssthresh
    ],
)
def test_proportional_rate_reduction(
    tp: TcpSock, in_flight: int, ssthresh: int, delivered: int, sent: int, acked: int, cwnd: int
) -> None:
    tp.packets_out = in_flight
    tp.snd_ssthresh = ssthresh
    tp.prior_cwnd = 20
    tp.prr_delivered = delivered
    tp.prr_out = sent
    tcp_update_cwnd_in_recovery(tp, acked, False)
    assert tp.snd_cwnd == cwnd
    tp.packets_out = 0


def test_fast_retransmit_always_gets_one_out(tp: TcpSock) -> None:
    tp.packets_out = 18
    tp.snd_ssthresh, tp.prior_cwnd, tp.prr_delivered, tp.prr_out = 10, 20, 0, 5
    tcp_update_cwnd_in_recovery(tp, 0, True)
    assert tp.snd_cwnd == 19
    tp.packets_out = 0


def test_no_burst(dut: Dut, tp: TcpSock) -> None:
    tp.snd_cwnd = 50
    tp.packets_out = 10
    dut.inside(tcp_moderate_cwnd, tp)
    assert tp.snd_cwnd == 13
    tp.packets_out = 0


def test_when_the_window_may_grow(tp: TcpSock) -> None:
    assert tcp_may_raise_cwnd(tp, 0)
    tp.icsk_ca_state = TCP_CA_Recovery
    assert not tcp_may_raise_cwnd(tp, 0)
    tp.icsk_ca_state = TCP_CA_Open
    tp.snd_ssthresh = 5
    assert not tcp_may_raise_cwnd(tp, FLAG_ECE)
    tp.snd_ssthresh = 50
    assert tcp_may_raise_cwnd(tp, FLAG_ECE)
