"""From an embryo to a connection."""

from __future__ import annotations

from softnet.uapi.socket import SO_KEEPALIVE, SO_RCVBUF, SOL_SOCKET
from softnet.uapi.tcp import TCP_CONGESTION, TCP_KEEPIDLE, TCP_NODELAY, TCP_SYN_RECV
from tests.kit.tcp_peer import SOL_TCP, Dut


def test_accepted_socket_has_the_listener_s_options(dut: Dut) -> None:
    fd = dut.listen()
    dut.setopt(fd, SOL_TCP, TCP_NODELAY, 1)
    dut.setopt(fd, SOL_TCP, TCP_KEEPIDLE, 77)
    dut.setopt(fd, SOL_SOCKET, SO_KEEPALIVE, 1)
    dut.setopt(fd, SOL_SOCKET, SO_RCVBUF, 50_000)
    dut.peer().handshake()
    conn = dut.accept(fd)
    assert dut.getopt(conn, SOL_TCP, TCP_NODELAY) == 1
    assert dut.getopt(conn, SOL_TCP, TCP_KEEPIDLE) == 77
    assert dut.getopt(conn, SOL_SOCKET, SO_KEEPALIVE) == 1
    assert dut.getopt(conn, SOL_SOCKET, SO_RCVBUF) == 100_000


def test_numbers_of_the_handshake(dut: Dut) -> None:
    conn, peer = dut.accepted(win=5000)
    sk = dut.sock(conn)
    assert sk.rcv_nxt == sk.copied_seq == peer.isn + 1
    assert sk.snd_una == sk.snd_nxt == (peer.dut_isn + 1) % 2**32
    assert sk.snd_wnd == 5000
    assert dut.tcp("PASSIVEOPENS") == 1


def test_congestion_control_is_the_default_not_the_listener_s(dut: Dut) -> None:
    fd = dut.listen()
    dut.setopt(fd, SOL_TCP, TCP_CONGESTION, b"reno")
    dut.peer().handshake()
    assert dut.sock(dut.accept(fd)).icsk_ca_ops.name == "cubic"


def test_old_timestamp_on_the_last_ack(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460, ts=(1000, 0))
    peer.expect("S.")
    peer.send(".", 1, ack=1, ts=(500, peer.tsval))
    assert dut.ext("PAWSESTABREJECTED") == 1
    assert dut.sock(fd).sk_ack_backlog == 0
    peer.expect(".", ack=1)


def test_syn_in_the_window_resets_the_embryo(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    peer.send("S.", 5, ack=1)
    peer.expect("R", seq=1)
    assert dut.ext("EMBRYONICRSTS") == 1


def test_round_trip_of_the_handshake(dut: Dut) -> None:
    fd = dut.listen()
    dut.pass_time(1)
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    dut.pass_time(0.12)
    peer.send(".", 1, ack=1)
    sk = dut.sock(dut.accept(fd))
    assert sk.srtt >> 3 == 120
    assert sk.sk_state != TCP_SYN_RECV
