"""UDP-Lite: coverage of the checksum."""

from __future__ import annotations

import socket

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
UDPLITE, SEND, RECV = 136, 10, 11


def options(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE)
    for name in (SEND, RECV):
        s.get(UDPLITE, name)
        for value in (0, 7, 8, 20, 65535, 65536, -1):
            s.set(UDPLITE, name, value)
            s.get(UDPLITE, name)
    s.get(UDPLITE, 99)
    s.get(socket.IPPROTO_UDP, SEND)
    t.udp().set(UDPLITE, SEND, 8)
    t.udp().set(socket.IPPROTO_UDP, SEND, 8)


def coverage(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE)
    s.bind((HERE, 5001))
    u = t.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE)
    u.sendto(b"whole", (HERE, 5001))
    s.recvfrom(99)
    u.set(UDPLITE, SEND, 20)
    u.sendto(b"0123456789abcdefghij", (HERE, 5001))
    s.recvfrom(99)
    s.set(UDPLITE, RECV, 24)
    u.sendto(b"too little of it is covered", (HERE, 5001))
    s.setblocking(False)
    s.recvfrom(99)
    u.set(UDPLITE, SEND, 24)
    u.sendto(b"enough of it is covered now", (HERE, 5001))
    s.recvfrom(99)


def ports_are_not_udp_s(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE)
    s.bind((HERE, 5001))
    t.udp().bind((HERE, 5001))
    t.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE).bind((HERE, 5001))
    u = t.socket(socket.AF_INET, socket.SOCK_DGRAM, UDPLITE)
    u.connect((HERE, 9))
    u.send(b"x")
    t.pause()
    u.get(socket.SOL_SOCKET, socket.SO_ERROR)
