"""The receive buffer's size follows its reader."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_rcvbuf import (
    tcp_clamp_window,
    tcp_rcv_rtt_update,
    tcp_rcv_space_adjust,
    tcp_segment_rcvmem,
)
from softnet.structs.tcp import TcpSock
from tests.kit.tcp_pair import TcpPair, pattern, receive_all, send_all
from tests.kit.tcp_peer import Dut


@pytest.fixture
def tp(dut: Dut) -> TcpSock:
    return dut.sock(dut.accepted()[0])


def test_buffer_of_a_segment_holds_its_data(tp: TcpSock) -> None:
    rcvmem = tcp_segment_rcvmem(tp)
    assert tp.win_from_space(rcvmem) >= tp.advmss


def test_receiver_s_round_trip(tp: TcpSock) -> None:
    tcp_rcv_rtt_update(tp, 100, True)
    assert tp.rcv_rtt_est_rtt == 800
    tcp_rcv_rtt_update(tp, 200, True)  # by a window: only a smaller one counts
    assert tp.rcv_rtt_est_rtt == 800
    tcp_rcv_rtt_update(tp, 50, True)
    assert tp.rcv_rtt_est_rtt == 400
    tcp_rcv_rtt_update(tp, 100, False)
    assert tp.rcv_rtt_est_rtt == 450


def test_window_grows_with_full_segments(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=1460)
    sk = dut.sock(conn)
    before = sk.rcv_ssthresh
    peer.send(".", 1, ack=1, data=bytes(1460))
    assert sk.rcv_ssthresh > before


def test_window_grows_to_the_clamp(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=1460)
    sk = dut.sock(conn)
    sk.window_clamp = sk.rcv_ssthresh + 100
    peer.send(".", 1, ack=1, data=bytes(1460))
    assert sk.rcv_ssthresh == sk.window_clamp


def test_window_does_not_grow_with_tiny_ones(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=1460)
    sk = dut.sock(conn)
    before = sk.rcv_ssthresh
    peer.send("P.", 1, ack=1, data=b"x")
    assert sk.rcv_ssthresh == before


def test_the_clamp_follows_what_is_read(dut: Dut, tp: TcpSock) -> None:
    """100 segments in a round trip: room for 200, and a window that lets them come."""
    dut.pass_time(1)
    tp.rcv_rtt_est_rtt = 8  # 1 ms, eightfold
    tp.rcvq_space_time = (dut.now_ms() - 100) & 0xFFFFFFFF
    tp.rcvq_space_seq = (tp.copied_seq - 100 * 1460) & 0xFFFFFFFF
    dut.inside(tcp_rcv_space_adjust, tp)
    assert (tp.rcvq_space, tp.window_clamp) == (292_000, 292_000)
    assert tp.sk_rcvbuf == 200 * tcp_segment_rcvmem(tp)


@pytest.mark.parametrize(("app_win", "clamp"), [(0, 65535), (3, 57344), (31, 64075)])
def test_what_is_kept_for_the_application(dut: Dut, app_win: int, clamp: int) -> None:
    """tcp_app_win: of 65535 bytes the eighth part; or at least one segment of 1460; 0: nothing."""
    dut.sysctl("app_win", app_win)
    tp = dut.sock(dut.accepted(wscale=0)[0])
    assert tp.full_space() == 65535
    assert tp.window_clamp == clamp


def test_what_is_kept_leaves_four_segments(dut: Dut) -> None:
    """Half of 7500 bytes were less than 4 * 1460."""
    dut.sysctl("rmem", "4096 10000 10000")
    dut.sysctl("app_win", 1)
    tp = dut.sock(dut.accepted(wscale=0)[0])
    assert (tp.full_space(), tp.window_clamp) == (7500, 5840)


@pytest.mark.parametrize(("clamp", "offered"), [(65535, 2920), (1000, 1000)])
def test_an_overrun_leaves_two_segments_of_window(
    dut: Dut, tp: TcpSock, clamp: int, offered: int
) -> None:
    tp.sk_userlocks |= 2  # SOCK_RCVBUF_LOCK: it may not grow
    tp.window_clamp = clamp
    before = tp.rcv_ssthresh
    alloc, tp.sk_rmem_alloc = tp.sk_rmem_alloc, tp.sk_rcvbuf
    dut.inside(tcp_clamp_window, tp)
    assert tp.rcv_ssthresh == before
    tp.sk_rmem_alloc += 1
    dut.inside(tcp_clamp_window, tp)
    tp.sk_rmem_alloc = alloc
    assert tp.rcv_ssthresh == offered


def test_long_fat_path_gets_a_large_buffer() -> None:
    """Dynamic right-sizing: a reader that keeps up, 50 ms away."""
    with TcpPair(delay=25_000_000) as pair:
        seen = []
        pair.world.taps.clear()

        def done() -> bool:
            seen.extend(s.sk_rcvbuf for s in pair.b.socks() if s.sk_state == 1)
            return server.finished() and client.finished()

        data = pattern(3_000_000)
        server = pair.b.host.spawn(receive_all, name="server")
        client = pair.a.host.spawn(send_all, pair.b.address, data, name="client")
        pair.run(100, done)
        assert server.result() == data
        assert max(seen) > 2 * min(seen)


def test_not_when_told_so(dut: Dut) -> None:
    dut.sysctl("moderate_rcvbuf", 0)
    conn, peer = dut.accepted(mss=1460)
    sk = dut.sock(conn)
    size = sk.sk_rcvbuf
    at = 1
    for _ in range(40):
        peer.send(".", at, ack=1, data=bytes(1460))
        dut.read(conn)
        dut.pass_time(0.01)
        at += 1460
    assert sk.sk_rcvbuf == size
