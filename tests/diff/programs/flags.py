"""MSG_* flags of sends and receives, one after another, on each kind of socket."""

from __future__ import annotations

import functools
import socket
from typing import Any

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
FASTOPEN, ZEROCOPY = 0x20000000, 0x4000000
SENDING = (
    0x1,  # OOB
    0x2,  # PEEK
    0x4,  # DONTROUTE
    0x8,  # CTRUNC
    0x10,  # PROBE
    0x20,  # TRUNC
    0x40,  # DONTWAIT
    0x80,  # EOR
    0x100,  # WAITALL
    0x200,  # FIN
    0x400,  # SYN
    0x800,  # CONFIRM
    0x1000,  # RST
    0x2000,  # ERRQUEUE
    0x4000,  # NOSIGNAL
    0x10000,  # WAITFORONE
    0x40000000,  # CMSG_CLOEXEC
)
RECEIVING = (0x2, 0x4, 0x8, 0x10, 0x40, 0x80, 0x100, 0x200, 0x800, 0x4000, 0x8000, 0x40000000)


def sending_on_a_stream(t: Recorder) -> None:
    for flags in SENDING:
        a, b = t.pair()
        a.send(b"abc", flags)
        t.pause(0.005)
        b.recvmsg(9, 50, socket.MSG_DONTWAIT)


def sending_datagrams(t: Recorder) -> None:
    s = t.bound(5001)
    for flags in SENDING:
        u = t.udp()
        u.sendto(b"abc", flags, (HERE, 5001))
        s.recvmsg(9, 50, socket.MSG_DONTWAIT)


def sending_raw(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, socket.SOCK_RAW, 99)
    for flags in SENDING:
        s.sendto(b"abc", flags, (HERE, 0))
        t.call("got", functools.partial(_payload, s.sock))


def _payload(s: Any) -> bytes:
    """What came behind the IP header."""
    data: bytes = s.recv(99, socket.MSG_DONTWAIT)
    return data[20:]


def receiving_from_a_stream(t: Recorder) -> None:
    for flags in RECEIVING:
        a, b = t.pair()
        a.send(b"abc")
        t.pause(0.005)
        b.recvmsg(3, 50, flags)


def receiving_datagrams(t: Recorder) -> None:
    for flags in RECEIVING:
        s = t.bound()
        t.udp().sock.sendto(b"abc", s.addr)
        s.recvmsg(2, 50, flags)


def receiving_nothing(t: Recorder) -> None:
    """With MSG_DONTWAIT beside each."""
    for flags in RECEIVING:
        a, _ = t.pair()
        a.recvmsg(3, 50, flags | socket.MSG_DONTWAIT)
        t.bound().recvmsg(3, 50, flags | socket.MSG_DONTWAIT)


def later_flags(t: Recorder) -> None:
    t.listener(5001)
    s = t.tcp()
    t.since("3.13", "EPIPE", "TCP Fast Open for clients is on at first")
    s.sendto(b"abc", FASTOPEN, (HERE, 5001))
    a, b = t.pair()
    a.send(b"abc", ZEROCOPY)
    t.pause(0.005)
    b.recv(9)


def peek_of_several_segments(t: Recorder) -> None:
    a, b = t.pair()
    a.set(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for part in (b"one", b"two", b"three"):
        a.send(part)
    t.pause(0.01)
    b.recv(99, socket.MSG_PEEK)
    b.recv(4, socket.MSG_PEEK)
    b.recv(2)
    b.recv(99, socket.MSG_PEEK | socket.MSG_WAITALL | socket.MSG_DONTWAIT)
    b.recv(99)


def no_room_for_anything(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    for _ in range(3):
        u.sock.sendto(b"abc", (HERE, 5001))
    s.recvmsg(0, 0, socket.MSG_TRUNC)
    s.recvmsg(0, 0, socket.MSG_PEEK)
    s.recvfrom(0)
    s.recvfrom(9, socket.MSG_DONTWAIT)
