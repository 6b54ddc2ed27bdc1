"""The receive buffer's size follows its reader."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_rcvbuf import tcp_rcv_rtt_update, tcp_segment_rcvmem
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


def test_window_does_not_grow_with_tiny_ones(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=1460)
    sk = dut.sock(conn)
    before = sk.rcv_ssthresh
    peer.send("P.", 1, ack=1, data=b"x")
    assert sk.rcv_ssthresh == before


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
