"""What a segment looks like."""

from __future__ import annotations

from softnet.net.ipv4.tcp_output import tcp_acceptable_seq, tcp_send_active_reset
from tests.kit.tcp_peer import Dut

MSS = 1000


def test_data_segment(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, b"hello")
    seg = peer.expect("P.", seq=1, ack=1, data=b"hello")
    assert seg.tos == 0
    assert seg.ttl == 64


def test_data_carries_the_ack(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    sk = dut.sock(conn)
    sk.icsk_ack_pingpong = True
    sk.icsk_ack_quick = 0
    peer.send("P.", 1, ack=1, data=b"question")
    peer.silent()
    dut.write(conn, b"answer")
    peer.expect("P.", ack=9, data=b"answer")
    dut.pass_time(1)
    assert not [s for s in peer.take() if not s.data]


def test_active_reset(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.inside(tcp_send_active_reset, dut.sock(conn))
    peer.expect("R.", seq=1, ack=1)
    assert dut.tcp("OUTRSTS") == 1


def test_number_of_an_empty_segment_stays_in_the_window(dut: Dut) -> None:
    conn, _ = dut.accepted(mss=MSS)
    sk = dut.sock(conn)
    dut.write(conn, bytes(3 * MSS))
    assert tcp_acceptable_seq(sk) == sk.snd_nxt
    sk.snd_wnd = MSS
    assert tcp_acceptable_seq(sk) == (sk.snd_una + MSS) % 2**32


def test_conversation_turns_pingpong_on(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    sk = dut.sock(conn)
    sk.icsk_ack_quick = 0
    sk.icsk_ack_pingpong = False
    peer.send("P.", 1, ack=1, data=b"q")
    dut.write(conn, b"a")
    assert sk.icsk_ack_pingpong


def test_ecn_marks_data_only(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("SEC", 0, mss=MSS)
    assert peer.expect("SE.").tos & 3 == 0
    peer.send(".", 1, ack=1)
    conn = dut.accept(fd)
    dut.write(conn, b"x")
    assert peer.expect("P.").tos & 3 == 2
