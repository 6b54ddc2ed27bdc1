"""SYN, SYN-ACK, FIN and probes: segments that are no data."""

from __future__ import annotations

from softnet.net.ipv4.tcp_connect import tcp_write_wakeup
from tests.kit.tcp_peer import Dut

MSS = 1000


def test_syn_carries_nothing(dut: Dut) -> None:
    fd = dut.socket()
    dut.connect(fd)
    seg = dut.peer(80, sport=80).expect("S", len=0)
    assert seg.win == 14600
    assert dut.tcp("ACTIVEOPENS") == 1


def test_isn_is_not_the_same_twice(dut: Dut) -> None:
    isns = set()
    for i in range(5):
        dut.connect(dut.socket())
        peer = dut.peer(80, sport=80)
        peer.expect("S")
        isns.add(peer.dut_isn)
        dut.pass_time(0.001 * i)
    assert len(isns) == 5


def test_fin_rides_on_the_last_data(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, b"a")
    dut.write(conn, b"b")  # held by Nagle
    dut.call_shutdown(conn)
    assert [s.flags for s in peer.take()][-1] == "FP."


def test_fin_of_its_own(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    dut.write(conn, b"a")
    dut.call_shutdown(conn)
    peer.expect("P.", data=b"a")
    peer.expect("F.", seq=2, len=0)


def test_wakeup_repeats_the_last_acknowledged_byte(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=MSS)
    assert dut.inside(tcp_write_wakeup, dut.sock(conn)) <= 0
    peer.expect(".", seq=0, len=0)


def test_syn_ack_window_of_small_buffers(dut: Dut) -> None:
    fd = dut.listen()
    dut.setopt(fd, 1, 8, 4096)  # SO_RCVBUF
    peer = dut.peer()
    peer.send("S", 0, mss=MSS)
    assert peer.expect("S.").win <= 8192


def test_source_address_and_port_of_the_syn_ack(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=MSS)
    assert peer.expect("S.").sport == 80
