"""AF_UNIX: pairs, paths and abstract names, and what of the options they share."""

from __future__ import annotations

import array
import os
import socket
import struct
from typing import Any

from tests.diff.recorder import Recorder

SOL = socket.SOL_SOCKET
UNIX, STREAM, DGRAM, SEQ = (
    socket.AF_UNIX,
    socket.SOCK_STREAM,
    socket.SOCK_DGRAM,
    socket.SOCK_SEQPACKET,
)
NAME = "\0softnet-diff"


def _pair(t: Recorder, kind: int = STREAM) -> tuple[Any, Any]:
    a, b = socket.socketpair(UNIX, kind)
    return t.name(a), t.name(b)


def pair(t: Recorder) -> None:
    a, b = _pair(t)
    a.getsockname()
    a.getpeername()
    a.send(b"hello")
    b.recv(3)
    b.recv(9)
    a.poll()
    a.close()
    b.poll()
    b.recv(9)
    b.send(b"x")


def pair_of_datagrams(t: Recorder) -> None:
    a, b = _pair(t, DGRAM)
    a.send(b"one")
    a.send(b"two")
    b.recv(2)
    b.recvmsg(9)
    b.setblocking(False)
    b.recv(9)
    a.close()
    b.send(b"x")
    b.poll()


def pair_of_packets(t: Recorder) -> None:
    a, b = _pair(t, SEQ)
    a.send(b"one")
    a.send(b"two")
    b.recvmsg(2)
    b.recvmsg(9)
    a.close()
    b.recv(9)


def bad_pairs(t: Recorder) -> None:
    for family, kind, proto in (
        (socket.AF_INET, STREAM, 0),
        (UNIX, socket.SOCK_RAW, 0),
        (UNIX, STREAM, 5),
        (UNIX, 99, 0),
        (99, STREAM, 0),
    ):
        t.call("socketpair", _paired, family, kind, proto)


def _paired(family: int, kind: int, proto: int) -> int:
    """A pair that is closed at once."""
    for s in socket.socketpair(family, kind, proto):
        s.close()
    return 2


def abstract(t: Recorder) -> None:
    s = t.socket(UNIX, STREAM)
    s.bind(NAME)
    s.getsockname()
    t.socket(UNIX, STREAM).bind(NAME)
    c = t.socket(UNIX, STREAM)
    c.connect(NAME)
    s.listen(1)
    c.connect(NAME)
    c.connect(NAME)
    c.getsockname()
    c.getpeername()
    a = s.accept()
    a.getpeername()
    a.getsockname()
    s.close()
    t.socket(UNIX, STREAM).connect(NAME)


def states(t: Recorder) -> None:
    s = t.socket(UNIX, STREAM)
    s.listen(1)
    s.accept()
    s.send(b"x")
    s.recv(1)
    s.getpeername()
    s.shutdown(socket.SHUT_WR)
    s.poll()
    d = t.socket(UNIX, DGRAM)
    d.send(b"x")
    d.listen(1)
    d.poll()
    d.sendto(b"x", NAME)


def connection_refused(t: Recorder) -> None:
    t.socket(UNIX, STREAM).connect(NAME)
    t.socket(UNIX, DGRAM).connect(NAME)
    s = t.socket(UNIX, STREAM)
    s.bind(NAME)
    t.socket(UNIX, DGRAM).connect(NAME)
    t.socket(UNIX, STREAM).connect(NAME)


def half_close(t: Recorder) -> None:
    a, b = _pair(t)
    a.shutdown(socket.SHUT_WR)
    a.send(b"x")
    b.recv(9)
    b.send(b"back")
    a.recv(9)
    a.poll()
    b.poll()
    b.shutdown(socket.SHUT_RDWR)
    a.poll()


def unread_data_resets(t: Recorder) -> None:
    a, b = _pair(t)
    a.send(b"unread")
    b.close()
    a.recv(9)
    a.recv(9)
    a.send(b"x")


def datagrams_by_name(t: Recorder) -> None:
    s = t.socket(UNIX, DGRAM)
    s.bind(NAME)
    c = t.socket(UNIX, DGRAM)
    c.sendto(b"from nobody", NAME)
    s.recvfrom(99)
    c.bind("\0softnet-client")
    c.sendto(b"from client", NAME)
    s.recvfrom(99)
    c.connect(NAME)
    c.send(b"connected")
    s.recvfrom(99)
    s.close()
    c.send(b"x")


def options(t: Recorder) -> None:
    s = t.socket(UNIX, STREAM)
    for name in (socket.SO_TYPE, socket.SO_DOMAIN, socket.SO_PROTOCOL, socket.SO_ACCEPTCONN):
        s.get(SOL, name)
    for name in (socket.SO_PASSCRED, socket.SO_REUSEADDR, socket.SO_KEEPALIVE, socket.SO_BROADCAST):
        s.get(SOL, name)
        s.set(SOL, name, 1)
        s.get(SOL, name)
    s.set(SOL, socket.SO_SNDBUF, 10000)
    s.get(SOL, socket.SO_SNDBUF)
    s.get(socket.IPPROTO_TCP, 1)
    s.set(socket.IPPROTO_TCP, 1, 1)


def peercred(t: Recorder) -> None:
    a, _ = _pair(t)
    answer = a.sock.getsockopt(SOL, socket.SO_PEERCRED, 12)
    pid, uid, gid = struct.unpack("iii", answer)
    t.note("mine", (pid == os.getpid(), uid, gid))
    t.socket(UNIX, STREAM).get(SOL, socket.SO_PEERCRED, 12)


def passed_descriptors(t: Recorder) -> None:
    a, b = _pair(t)
    u = t.bound(5001)
    a.sock.sendmsg([b"x"], [(SOL, socket.SCM_RIGHTS, array.array("i", [u.fileno()]))])
    data, control, flags, _ = b.sock.recvmsg(9, 100)
    t.note("came", (data, len(control), flags))
    fd = array.array("i", control[0][2])[0]
    again = t.name(socket.socket(fileno=fd))
    again.getsockname()
    u.close()
    t.udp().sock.sendto(b"to the passed one", ("127.0.0.1", 5001))
    again.recv(99)


def passed_and_lost(t: Recorder) -> None:
    a, b = _pair(t)
    r, w = os.pipe()
    a.sock.sendmsg([b"x"], [(SOL, socket.SCM_RIGHTS, array.array("i", [w]))])
    os.close(w)
    b.recv(9)
    t.call("end of the pipe", lambda: os.read(r, 1))
    os.close(r)


def passed_without_room(t: Recorder) -> None:
    a, b = _pair(t)
    u = t.udp()
    a.sock.sendmsg([b"x"], [(SOL, socket.SCM_RIGHTS, array.array("i", [u.fileno()]))])
    b.recvmsg(9, 10)


def credentials(t: Recorder) -> None:
    a, b = _pair(t, DGRAM)
    b.set(SOL, socket.SO_PASSCRED, 1)
    a.send(b"x")
    data, control, flags, _ = b.sock.recvmsg(9, 100)
    t.note("came", (data, [(level, kind, len(value)) for level, kind, value in control], flags))
    pid, uid, gid = struct.unpack("iii", control[0][2])
    t.note("mine", (pid == os.getpid(), uid, gid))


def waiting_bytes(t: Recorder) -> None:
    a, b = _pair(t)
    a.send(b"12345")
    t.ioctl_int(b, 0x541B)
    a, b = _pair(t, DGRAM)
    a.send(b"123")
    a.send(b"45")
    t.ioctl_int(b, 0x541B)
    t.since("5.15", "ENOTTY", "out-of-band data on UNIX streams")
    t.ioctl_int(a, 0x8905)


def peek_and_trunc(t: Recorder) -> None:
    a, b = _pair(t)
    a.send(b"hello")
    b.recv(3, socket.MSG_PEEK)
    b.recv(9)
    a, b = _pair(t, DGRAM)
    a.send(b"hello")
    b.recv(3, socket.MSG_PEEK)
    t.since("3.4", "3", "MSG_TRUNC tells the whole length of a UNIX datagram")
    t.note("length", len(b.sock.recv(3, socket.MSG_TRUNC)))


def disconnect(t: Recorder) -> None:
    a, _ = _pair(t, DGRAM)
    t.disconnect(a)
    a.send(b"x")
    a.getpeername()


def long_names(t: Recorder) -> None:
    t.socket(UNIX, STREAM).bind("\0" + "x" * 107)
    t.socket(UNIX, STREAM).bind("\0" + "x" * 108)
    t.socket(UNIX, STREAM).bind("/" + "x" * 108)
    t.socket(UNIX, STREAM).connect("")


def backlog(t: Recorder) -> None:
    s = t.socket(UNIX, STREAM)
    s.bind(NAME)
    s.listen(0)
    for _ in range(2):
        c = t.socket(UNIX, STREAM)
        c.setblocking(False)
        c.connect(NAME)


def send_with_an_address(t: Recorder) -> None:
    a, _ = _pair(t)
    a.sendto(b"x", NAME)
    a, _ = _pair(t, DGRAM)
    a.sendto(b"x", NAME)
    c = t.socket(UNIX, STREAM)
    c.sendto(b"x", NAME)


def out_of_band(t: Recorder) -> None:
    a, _ = _pair(t)
    t.since("5.15", "ENOTSUP", "out-of-band data on UNIX streams")
    a.send(b"x", socket.MSG_OOB)
