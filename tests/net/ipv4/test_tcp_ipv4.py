"""TCP over IPv4: bad segments, ICMP, routes."""

from __future__ import annotations

import errno

import pytest

from softnet.net.core.sock import lock_sock, release_sock
from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_connect
from softnet.uapi.if_ether import ETH_P_IP
from softnet.wire.addr import ip_aton
from softnet.wire.build import build_ethernet, build_icmp, build_ipv4
from tests.kit.errors import os_error
from tests.kit.tcp_peer import IP, MAC, PEER, PEER_MAC, Dut

MSS = 1000


def icmp_error(dut: Dut, frame: bytes, type: int, code: int, mtu: int = 0) -> None:
    """A router's complaint about a frame that the dut sent."""
    icmp_arrives(dut, frame, type, code, mtu)
    dut.pass_time(0)


def icmp_arrives(dut: Dut, frame: bytes, type: int = 3, code: int = 1, mtu: int = 0) -> None:
    """The same, and no program goes on yet."""
    quoted = frame[14 : 14 + 28]
    message = build_icmp(type, code, mtu, quoted)
    packet = build_ipv4(PEER, IP, 1, message)
    dut.w.feed(build_ethernet(MAC, PEER_MAC, ETH_P_IP, packet))


def test_wrong_checksum(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=MSS, check=1)
    peer.silent()
    assert dut.tcp("INERRS") == 1


def test_segments_are_counted(dut: Dut) -> None:
    conn, peer = dut.accepted()
    before = dut.tcp("INSEGS"), dut.tcp("OUTSEGS")
    peer.send("P.", 1, ack=1, data=b"x")
    dut.write(conn, b"y")
    assert dut.tcp("INSEGS") == before[0] + 1
    assert dut.tcp("OUTSEGS") > before[1]


@pytest.mark.parametrize(
    ("type", "code", "error"),
    [(3, 3, errno.ECONNREFUSED), (3, 1, errno.EHOSTUNREACH), (11, 0, errno.EHOSTUNREACH)],
)
def test_error_while_opening_ends_it(dut: Dut, type: int, code: int, error: int) -> None:
    task = dut.connect(dut.socket())
    (frame,) = [f for f in dut.w.take() if len(f) > 54]
    icmp_error(dut, frame, type, code)
    if not task.finished():  # the socket was owned: a hint only
        dut.pass_time(130)
    with os_error(error):
        task.result()


def test_error_in_a_connection_is_a_hint(dut: Dut) -> None:
    conn, _ = dut.accepted()
    dut.write(conn, b"x")
    frame = dut.w.take()[-1]
    icmp_error(dut, frame, 3, 1)
    sk = dut.sock(conn)
    assert sk.sk_err == 0
    assert sk.sk_err_soft == errno.EHOSTUNREACH


def test_error_about_what_is_not_in_flight_is_ignored(dut: Dut) -> None:
    """RFC 5927"""
    conn, _ = dut.accepted()
    dut.write(conn, b"x")
    frame = bytearray(dut.w.take()[-1])
    frame[38:42] = ((int.from_bytes(frame[38:42], "big") + 5000) % 2**32).to_bytes(4, "big")
    icmp_error(dut, bytes(frame), 3, 1)
    assert dut.sock(conn).sk_err_soft == 0
    assert dut.ext("OUTOFWINDOWICMPS") == 1


def test_path_mtu_discovery(dut: Dut) -> None:
    conn, peer = dut.accepted(mss=1460)
    dut.write(conn, bytes(1460))
    frame = dut.w.take()[-1]
    icmp_error(dut, frame, 3, 4, 1000)
    assert dut.sock(conn).mss_cache == 960
    assert next(len(s.data) for s in peer.take()) == 960


def test_nobody_there(dut: Dut) -> None:
    with os_error(errno.ENETUNREACH):
        dut.call(sys_connect, dut.socket(), SockaddrIn(ip_aton("172.16.0.1"), 80))
    assert dut.w.ip("OUTNOROUTES") == 1


def test_group_addresses(dut: Dut) -> None:
    with os_error(errno.ENETUNREACH):
        dut.call(sys_connect, dut.socket(), SockaddrIn(ip_aton("10.0.0.255"), 80))


def test_connecting_twice(dut: Dut) -> None:
    conn, _ = dut.accepted()
    with os_error(errno.EISCONN):
        dut.call(sys_connect, conn, SockaddrIn(PEER, 80))


def test_ttl_that_came_from_too_far(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.sock(conn).min_ttl = 255
    peer.send("P.", 1, ack=1, data=b"x")
    assert dut.sock(conn).sk_receive_queue.qlen == 0
    assert dut.ext("TCPMINTTLDROP") == 1


def test_errors_and_segments_that_find_the_socket_owned_are_counted(dut: Dut) -> None:
    """The backlog takes as much as the receive buffer may hold, and one segment more."""
    conn, peer = dut.accepted()
    tp = dut.sock(conn)
    dut.write(conn, b"x")
    frame = dut.w.take()[-1]
    tp.sk_rcvbuf = 1

    def program() -> list[int]:
        lock_sock(tp)
        icmp_arrives(dut, frame)
        for i in range(3):
            peer.send("P.", 1 + i, ack=2, data=b"y", run=False)
        seen = [dut.ext("LOCKDROPPEDICMPS"), dut.ext("TCPBACKLOGDROP"), tp.rcv_nxt]
        tp.sk_rcvbuf = 100_000
        release_sock(tp)
        return seen

    before = tp.rcv_nxt
    assert dut.call(program) == [1, 2, before]
    assert tp.rcv_nxt == before + 1


def test_an_error_about_a_segment_that_could_not_be_so_far(dut: Dut) -> None:
    """IP_MINTTL looks at the TTL that is quoted."""
    conn, _ = dut.accepted()
    dut.write(conn, b"x")
    frame = dut.w.take()[-1]
    dut.sock(conn).min_ttl = 65
    icmp_error(dut, frame, 3, 1)
    assert [dut.ext("TCPMINTTLDROP"), dut.sock(conn).sk_err_soft] == [1, 0]
    dut.sock(conn).min_ttl = 64
    icmp_error(dut, frame, 3, 1)
    assert [dut.ext("TCPMINTTLDROP"), dut.sock(conn).sk_err_soft] == [1, errno.EHOSTUNREACH]


def test_an_error_about_nobody_s_segment(dut: Dut) -> None:
    conn, _ = dut.accepted()
    dut.write(conn, b"x")
    frame = bytearray(dut.w.take()[-1])
    frame[35] ^= 1  # of the source port
    icmp_error(dut, bytes(frame), 3, 1)
    assert dut.w.icmp("INERRORS") == 1
    assert dut.ext("OUTOFWINDOWICMPS") == 0
