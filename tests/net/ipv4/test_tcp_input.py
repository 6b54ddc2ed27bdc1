"""Segments in a connection: acceptable or not, step by step."""

from __future__ import annotations

import errno

from softnet.uapi.tcp import TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_FIN_WAIT2
from softnet.wire.tcp_options import Timestamps
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut, Peer


def test_data_in_order_takes_the_fast_path(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"first")  # charges the memory that the fast path needs
    peer.send("P.", 6, ack=1, data=b"second")
    assert dut.ext("TCPHPHITS") == 1
    assert dut.read(conn) == b"firstsecond"


def test_old_data_is_acknowledged_and_dropped(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"abc")
    peer.take()
    peer.send("P.", 1, ack=1, data=b"abc")
    peer.expect(".", ack=4)
    assert dut.ext("DELAYEDACKLOST") == 1
    assert dut.read(conn) == b"abc"


def test_data_beyond_the_window_is_answered_with_an_ack(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 100_000, ack=1, data=b"far")
    peer.expect(".", ack=1)
    with os_error(errno.EAGAIN):
        dut.read(conn)


def test_partly_old_data_is_used(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=1, data=b"abcdef")
    peer.send("P.", 4, ack=1, data=b"defghi")
    assert dut.read(conn) == b"abcdefghi"


def test_reset_at_rcv_nxt_ends_it(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("R", 1)
    with os_error(errno.ECONNRESET):
        dut.read(conn)
    assert dut.read(conn) == b""  # the error is told once
    assert dut.tcp("ESTABRESETS") == 1
    peer.silent()


def test_reset_elsewhere_in_the_window_is_challenged(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("R", 100)
    peer.expect(".", seq=1, ack=1)
    assert dut.sock(conn).sk_state == TCP_ESTABLISHED
    assert dut.ext("TCPCHALLENGEACK") == 1


def test_reset_outside_the_window_is_ignored(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("R", 100_000)
    peer.silent()
    assert dut.sock(conn).sk_state == TCP_ESTABLISHED


def test_bare_3_2_takes_any_reset_in_the_window() -> None:
    dut = Dut(era="3.2.0")
    conn, peer = dut.accepted()
    peer.send("R", 100)
    with os_error(errno.ECONNRESET):
        dut.read(conn)
    dut.close()


def test_syn_in_a_connection_is_challenged(dut: Dut) -> None:
    conn, peer = dut.accepted()
    for seq in (0, 100, 100_000):
        peer.send("S", seq)
        peer.expect(".", seq=1, ack=1)
    assert dut.sock(conn).sk_state == TCP_ESTABLISHED
    assert dut.ext("TCPSYNCHALLENGE") == 3


def test_bare_3_2_is_reset_by_a_syn_in_the_window() -> None:
    dut = Dut(era="3.2.0")
    conn, peer = dut.accepted()
    peer.send("S", 100)
    with os_error(errno.ECONNRESET):
        dut.read(conn)
    assert dut.ext("TCPABORTONSYN") == 1
    dut.close()


def test_segment_without_ack_is_dropped(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P", 1, data=b"no ack")
    peer.silent()
    with os_error(errno.EAGAIN):
        dut.read(conn)


def test_ack_of_what_was_not_sent_drops_the_segment(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("P.", 1, ack=500, data=b"lies")
    with os_error(errno.EAGAIN):
        dut.read(conn)


def test_paws_drops_an_old_timestamp(dut: Dut) -> None:
    conn, peer = dut.accepted(ts=(1000, 0))
    peer.send("P.", 1, ack=1, data=b"ok", ts=(2000, peer.tsval))
    peer.take()
    peer.send("P.", 3, ack=1, data=b"old", ts=(1500, peer.tsval))
    seg = peer.expect(".", ack=3)
    assert seg.find(Timestamps).tsecr == 2000
    assert dut.ext("PAWSESTABREJECTED") == 1
    assert dut.read(conn) == b"ok"


def test_paws_is_off_after_24_days(dut: Dut) -> None:
    conn, peer = dut.accepted(ts=(1000, 0))
    dut.sock(conn).rx_opt.ts_recent_stamp -= 25 * 86400
    peer.send("P.", 1, ack=1, data=b"ok", ts=(10, peer.tsval))
    assert dut.read(conn) == b"ok"


def stream(dut: Dut, conn: int, peer: Peer, start: int, n: int, ts: int = 0) -> list[int]:
    """n full segments from start, each read at once; how many segments answered each."""
    answers = []
    for i in range(n):
        stamp = (ts + i, peer.tsval) if ts else None
        peer.send(".", start + 1440 * i, ack=1, data=bytes(1440), ts=stamp)
        dut.read(conn)
        answers.append(len(peer.take()))
    return answers


def test_timestamp_echo_is_of_the_segment_that_the_ack_is_for(dut: Dut) -> None:
    """RFC 7323 4.3: with a delayed ACK, the first of the segments it covers."""
    conn, peer = dut.accepted(ts=(1000, 0), mss=1460)
    stream(dut, conn, peer, 1, 24, 2000)
    base = 1 + 1440 * 24
    peer.send("P.", base, ack=1, data=b"a", ts=(3000, peer.tsval))
    peer.send("P.", base + 1, ack=1, data=b"b", ts=(3001, peer.tsval))
    peer.silent()
    dut.pass_time(1)
    assert peer.expect(".", ack=base + 2).find(Timestamps).tsecr == 3000


def test_second_full_segment_is_acknowledged_at_once(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=1440)
    stream(dut, conn, peer, 1, 24)
    assert stream(dut, conn, peer, 1 + 1440 * 24, 8) == [0, 1, 0, 1, 0, 1, 0, 1]


def test_half_close_keeps_receiving(dut: Dut) -> None:
    conn, peer = dut.accepted()
    from_peer = b"still here"
    dut.call_shutdown(conn)
    peer.expect("F.", seq=1, ack=1)
    peer.send(".", 1, ack=2)
    assert dut.sock(conn).sk_state == TCP_FIN_WAIT2
    peer.send("P.", 1, ack=2, data=from_peer)
    assert dut.read(conn) == from_peer


def test_peers_fin_is_the_end_of_the_stream(dut: Dut) -> None:
    conn, peer = dut.accepted()
    peer.send("PF.", 1, ack=1, data=b"bye")
    assert dut.sock(conn).sk_state == TCP_CLOSE_WAIT
    assert dut.read(conn) == b"bye"
    assert dut.read(conn) == b""
    assert dut.write(conn, b"answer") == 6
    peer.expect("P.", ack=5, data=b"answer")


def test_ecn_mark_is_echoed_until_cwr(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("SEC", 0, mss=1460)
    peer.expect("SE.")
    peer.send(".", 1, ack=1)
    dut.accept(fd)
    peer.send("P.", 1, ack=1, data=b"a", tos=3)  # CE
    dut.pass_time(1)
    peer.expect("E.", ack=2)
    peer.send("P.", 2, ack=1, data=b"b", tos=2)
    dut.pass_time(1)
    peer.expect("E.", ack=3)
    peer.send("PC.", 3, ack=1, data=b"c", tos=2)
    dut.pass_time(1)
    peer.expect(".", ack=4)
