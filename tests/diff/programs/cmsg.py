"""Control messages of received datagrams: which, how long, cut to the room there is."""

from __future__ import annotations

import socket
import struct

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
IP = socket.IPPROTO_IP
IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVOPTS, IP_RETOPTS, ORIGDST = 8, 12, 13, 6, 7, 20


def _two(t: Recorder, *options: int) -> tuple[object, object]:
    s = t.bound(5001)
    for name in options:
        s.set(IP, name, 1)
    return s, t.udp()


def pktinfo(t: Recorder) -> None:
    s, u = _two(t, IP_PKTINFO)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 100)


def pktinfo_of_any_address(t: Recorder) -> None:
    s = t.udp()
    s.bind(("", 5001))
    s.set(IP, IP_PKTINFO, 1)
    t.udp().sendto(b"x", ("127.3.4.5", 5001))
    s.recvmsg(9, 100)


def ttl_and_tos(t: Recorder) -> None:
    s, u = _two(t, IP_RECVTTL, IP_RECVTOS)
    u.set(IP, socket.IP_TTL, 7)
    u.set(IP, socket.IP_TOS, 0x1C)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 100)


def all_of_them(t: Recorder) -> None:
    s, u = _two(t, IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVOPTS, IP_RETOPTS, ORIGDST)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 500)


def no_room(t: Recorder) -> None:
    s, u = _two(t, IP_PKTINFO, IP_RECVTTL)
    for room in (0, 1, 15, 16, 20, 27, 28, 30, 32, 40, 47, 48, 51, 52, 56, 100):
        u.sock.sendto(b"x", (HERE, 5001))
        s.recvmsg(9, room)


def plain_recv_loses_them(t: Recorder) -> None:
    s, u = _two(t, IP_PKTINFO)
    u.sendto(b"x", (HERE, 5001))
    s.recv(9)
    u.sendto(b"y", (HERE, 5001))
    s.recvmsg(9)


def switched_off(t: Recorder) -> None:
    s, u = _two(t, IP_RECVTTL)
    s.get(IP, IP_RECVTTL)
    s.set(IP, IP_RECVTTL, 0)
    s.get(IP, IP_RECVTTL)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 100)


def record_route(t: Recorder) -> None:
    """IP options: as they came, and turned for an answer."""
    s, u = _two(t, IP_RECVOPTS, IP_RETOPTS)
    u.set(IP, socket.IP_OPTIONS, bytes((7, 11, 4)) + bytes(8) + b"\0")
    u.get(IP, socket.IP_OPTIONS, 40)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 200)


def send_pktinfo(t: Recorder) -> None:
    """The source address of one datagram."""
    s = t.bound(5001)
    u = t.udp()
    info = struct.pack("i4s4s", 0, socket.inet_aton("127.0.0.77"), bytes(4))
    u.sendmsg([b"x"], [(IP, IP_PKTINFO, info)], 0, (HERE, 5001))
    s.recvfrom(9)
    info = struct.pack("i4s4s", 1, bytes(4), bytes(4))
    u.sendmsg([b"x"], [(IP, IP_PKTINFO, info)], 0, (HERE, 5001))
    s.recvfrom(9)
    info = struct.pack("i4s4s", 99, bytes(4), bytes(4))
    u.sendmsg([b"x"], [(IP, IP_PKTINFO, info)], 0, (HERE, 5001))
    info = struct.pack("i4s4s", 0, socket.inet_aton("192.0.2.1"), bytes(4))
    t.since("5.10", "EINVAL", "no route from a source address that is not ours: ENETUNREACH")
    u.sendmsg([b"x"], [(IP, IP_PKTINFO, info)], 0, (HERE, 5001))


def send_bad(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    u.sendmsg([b"x"], [(IP, IP_PKTINFO, b"short")], 0, (HERE, 5001))
    u.sendmsg([b"x"], [(IP, 99, b"what")], 0, (HERE, 5001))
    u.sendmsg([b"x"], [(12345, 1, b"not ours")], 0, (HERE, 5001))
    s.recv(9)


def send_ttl_and_tos(t: Recorder) -> None:
    _, u = _two(t, IP_RECVTTL)
    t.since("3.13", "EINVAL", "a sendmsg() may carry IP_TTL and IP_TOS")
    u.sendmsg([b"x"], [(IP, socket.IP_TTL, struct.pack("i", 9))], 0, (HERE, 5001))


def timestamp_sizes(t: Recorder) -> None:
    """The stamps differ; their levels, types and lengths do not."""
    s = t.bound(5001)
    u = t.udp()
    t.pause()
    for name in (29, 35, 37):
        s.set(SOL, name, 0x18 if name == 37 else 1)
        t.pause(0.1)  # a kernel begins to stamp a little later
        u.sock.sendto(b"x", (HERE, 5001))
        control = s.sock.recvmsg(9, 200)[1]
        t.note("stamps", [(level, kind, len(value)) for level, kind, value in control])
        s.set(SOL, name, 0)


def stream_has_none(t: Recorder) -> None:
    a, b = t.pair()
    b.set(IP, IP_PKTINFO, 1)
    a.send(b"x")
    b.recvmsg(9, 100)


def peek_has_them_too(t: Recorder) -> None:
    s, u = _two(t, IP_RECVTTL)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 100, socket.MSG_PEEK)
    s.recvmsg(9, 100)


def origdst(t: Recorder) -> None:
    s, u = _two(t, ORIGDST)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 100)


def drops(t: Recorder) -> None:
    """SO_RXQ_OVFL: how many datagrams were lost before this one."""
    s = t.bound(5001)
    s.set(SOL, 40, 1)
    s.get(SOL, 40)
    t.udp().sock.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 100)
