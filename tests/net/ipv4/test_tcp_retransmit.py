"""Sending again: what, how much, in which shape."""

from __future__ import annotations

from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_NODELAY
from tests.kit.tcp_peer import SOL_TCP, Dut, Peer

MSS = 1000


def at(i: int) -> int:
    return 1 + i * MSS


def sending(dut: Dut, *sizes: int, sack: bool = False) -> tuple[TcpSock, Peer, int]:
    dut.pass_time(1)
    conn, peer = dut.accepted(mss=MSS, sack=sack)
    dut.setopt(conn, SOL_TCP, TCP_NODELAY, 1)
    dut.sock(conn).sk_sndbuf = 1 << 20
    for i, size in enumerate(sizes):
        dut.write(conn, bytes([i]) * size)
    peer.take()
    return dut.sock(conn), peer, conn


def test_same_bytes_same_numbers(dut: Dut) -> None:
    _, peer, _ = sending(dut, 700)
    dut.pass_time(0.25)
    peer.expect("P.", seq=1, data=bytes(700))
    assert dut.tcp("RETRANSSEGS") == 1


def test_small_neighbours_are_joined(dut: Dut) -> None:
    """tcp_retrans_collapse: what Nagle would have joined goes in one segment now."""
    sk, peer, _ = sending(dut, 100, 200, 300)
    assert sk.packets_out == 3
    dut.pass_time(0.25)
    peer.expect(seq=1, data=bytes([0]) * 100 + bytes([1]) * 200 + bytes([2]) * 300)
    assert sk.packets_out == 1


def test_joining_can_be_switched_off(dut: Dut) -> None:
    dut.sysctl("retrans_collapse", 0)
    _, peer, _ = sending(dut, 100, 200)
    dut.pass_time(0.25)
    peer.expect(seq=1, len=100)


def test_not_joined_beyond_the_segment_size(dut: Dut) -> None:
    _, peer, _ = sending(dut, 600, 600)
    dut.pass_time(0.25)
    peer.expect(seq=1, len=600)


def test_smaller_path_cuts_the_copy(dut: Dut) -> None:
    sk, peer, _ = sending(dut, MSS)
    sk.rx_opt.mss_clamp = 400
    sk.mss_cache = 400
    dut.pass_time(0.25)
    peer.expect(seq=1, len=400)
    assert sk.packets_out == 2


def test_acknowledged_half_is_not_sent_again(dut: Dut) -> None:
    _, peer, _ = sending(dut, MSS)
    peer.send(".", 1, ack=501)
    dut.pass_time(0.3)
    peer.expect(seq=501, len=500)


def test_fin_behind_known_data_goes_alone(dut: Dut) -> None:
    _, peer, conn = sending(dut, 300)
    dut.call_shutdown(conn)
    peer.take()
    peer.send(".", 1, ack=301)
    dut.pass_time(0.3)
    peer.expect("F.", seq=301, len=0)


def test_shut_window_is_asked_with_the_first_segment(dut: Dut) -> None:
    _, peer, _ = sending(dut, MSS, MSS)
    peer.send(".", 2, ack=1, win=0)  # a rude peer takes its window back
    peer.send("P.", 1, ack=1, win=0, data=b"x")
    peer.take()
    dut.pass_time(0.3)
    assert [s.seq for s in peer.take()] == [1]


def test_forward_retransmission(dut: Dut) -> None:
    """Nothing better to send: holes that nobody declared lost go too, RFC 3517."""
    sk, peer, _ = sending(dut, *[MSS] * 10, sack=True)
    peer.send(".", 1, ack=1, sack=((at(5), at(6)), (at(8), at(9))))
    sent = [s.seq for s in peer.take()]
    assert sent[0] == at(0)
    assert dut.ext("TCPFASTRETRANS") >= 1
    for _ in range(4):
        peer.send(".", 1, ack=1, sack=((at(9), at(10)), (at(5), at(6)), (at(8), at(9))))
        sent += [s.seq for s in peer.take()]
    for i in range(1, 5):
        peer.send(".", 1, ack=at(i), sack=((at(8), at(10)), (at(5), at(6))))
        sent += [s.seq for s in peer.take()]
    assert at(6) in sent
    assert len(sent) == len(set(sent))
    assert sk.total_retrans == len(sent)


def test_slow_start_retransmissions_have_their_counter(dut: Dut) -> None:
    dut.sysctl("frto", 0)
    _, peer, _ = sending(dut, MSS, MSS, MSS)
    dut.pass_time(0.25)
    peer.take()
    peer.send(".", 1, ack=at(1))
    assert dut.ext("TCPSLOWSTARTRETRANS") == 2
