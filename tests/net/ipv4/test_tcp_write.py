"""When a segment goes, and how large it is."""

from __future__ import annotations

from softnet.uapi.socket import MSG_MORE
from softnet.uapi.tcp import TCP_NODELAY
from tests.kit.tcp_peer import SOL_TCP, Dut

MSS = 1000


def test_nagle_holds_a_small_one_while_another_is_out(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, b"a")
    peer.expect("P.", data=b"a")
    dut.write(conn, b"b")
    dut.write(conn, b"c")
    peer.silent()
    peer.send(".", 1, ack=2)
    peer.expect("P.", data=b"bc")


def test_minshall_lets_a_small_one_go_behind_full_ones(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, bytes(MSS + 1))
    assert [len(s.data) for s in peer.take()] == [MSS, 1]


def test_nodelay(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.setopt(conn, SOL_TCP, TCP_NODELAY, 1)
    for _ in range(3):
        dut.write(conn, b"x")
    assert len(peer.take()) == 3


def test_more_is_coming(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, b"head", MSG_MORE)
    peer.silent()
    dut.write(conn, b"body")
    peer.expect("P.", data=b"headbody")


def test_held_data_goes_after_200_ms(dut: Dut) -> None:
    """A corked rest is pushed by the probe timer."""
    dut.pass_time(1)
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, b"head", MSG_MORE)
    dut.pass_time(0.19)
    peer.silent()
    dut.pass_time(0.02)
    assert peer.take()[0].data == b"head"


def test_peer_s_window_bounds_it(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS, win=2500)
    dut.write(conn, bytes(4000))
    assert sum(len(s.data) for s in peer.take()) <= 2500


def test_congestion_window_bounds_it(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.sock(conn).sk_sndbuf = 1 << 20
    dut.write(conn, bytes(30 * MSS))
    assert len(peer.take()) == 10


def test_last_segment_is_pushed(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, bytes(3 * MSS))
    assert ["P" in s.flags for s in peer.take()] == [False, False, True]


def test_larger_mtu_is_tried(dut: Dut) -> None:
    """RFC 4821: one probe of twice the size, when enough is waiting."""
    dut.sysctl("mtu_probing", 2)
    conn, peer = dut.accepted(mss=1460)
    sk = dut.sock(conn)
    sk.sk_sndbuf = 1 << 20
    sk.snd_cwnd = 20
    dut.write(conn, bytes(60_000))
    assert {len(s.data) for s in peer.take()} == {512}
    peer.send(".", 1, ack=1 + 10 * 512)
    peer.expect(seq=1 + 20 * 512, len=1024)
    assert sk.icsk_mtup_probe_size > 0
