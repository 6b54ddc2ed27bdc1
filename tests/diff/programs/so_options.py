"""SOL_SOCKET: every option read and set, with wrong sizes and values out of bounds."""

from __future__ import annotations

import socket
import struct

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
(
    DEBUG,
    REUSEADDR,
    TYPE,
    ERROR,
    DONTROUTE,
    BROADCAST,
    SNDBUF,
    RCVBUF,
    KEEPALIVE,
    OOBINLINE,
    NO_CHECK,
    PRIORITY,
    LINGER,
    BSDCOMPAT,
    REUSEPORT,
    PASSCRED,
    PEERCRED,
    RCVLOWAT,
    SNDLOWAT,
    RCVTIMEO,
    SNDTIMEO,
) = range(1, 22)
TIMESTAMP, ACCEPTCONN, PEERSEC, SNDBUFFORCE, RCVBUFFORCE, PASSSEC = 29, 30, 31, 32, 33, 34
TIMESTAMPNS, MARK, TIMESTAMPING, PROTOCOL, DOMAIN, RXQ_OVFL = 35, 36, 37, 38, 39, 40
FLAGS = (DEBUG, DONTROUTE, BROADCAST, KEEPALIVE, OOBINLINE, REUSEADDR)


def flags_of_a_stream(t: Recorder) -> None:
    s = t.tcp()
    for name in FLAGS:
        s.get(SOL, name)
        s.set(SOL, name, 7)
        s.get(SOL, name)
        s.set(SOL, name, -1)
        s.get(SOL, name)
        s.set(SOL, name, 0)
        s.get(SOL, name)


def flags_of_a_datagram_socket(t: Recorder) -> None:
    s = t.udp()
    for name in (*FLAGS, NO_CHECK, RXQ_OVFL):
        s.get(SOL, name)
        s.set(SOL, name, 1)
        s.get(SOL, name)


def options_of_unix_sockets(t: Recorder) -> None:
    s = t.udp()
    why = "SO_PASSCRED and SO_PASSSEC are for UNIX sockets only"
    for name in (PASSCRED, PASSSEC):
        t.since("6.16", "0", why)
        s.get(SOL, name)
        t.since("6.16", "None", why)
        s.set(SOL, name, 1)
        t.since("6.16", "1", why)
        s.get(SOL, name)


def sizes_when_reading(t: Recorder) -> None:
    """An answer is cut to what there is room for."""
    s = t.tcp()
    for name in (TYPE, REUSEADDR, RCVLOWAT, PROTOCOL, LINGER, RCVTIMEO):
        for size in (1, 2, 3, 4, 5, 8, 12, 16, 20):
            s.get(SOL, name, size)


def sizes_when_setting(t: Recorder) -> None:
    s = t.tcp()
    for name in (REUSEADDR, KEEPALIVE, RCVLOWAT, PRIORITY, LINGER, RCVTIMEO, MARK):
        for size in (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17):
            s.set(SOL, name, bytes(size))


def read_only(t: Recorder) -> None:
    s = t.tcp()
    for name in (TYPE, ERROR, ACCEPTCONN, PROTOCOL, DOMAIN, PEERCRED, SNDLOWAT, PEERSEC, 28):
        s.set(SOL, name, 1)


def facts(t: Recorder) -> None:
    for s in (t.tcp(), t.udp(), t.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)):
        for name in (TYPE, PROTOCOL, DOMAIN, ACCEPTCONN, ERROR, SNDLOWAT, BSDCOMPAT, RCVLOWAT):
            s.get(SOL, name)


def unknown(t: Recorder) -> None:
    s = t.tcp()
    for name in (0, 1000, -1, 22, 24):
        s.get(SOL, name)
        s.set(SOL, name, 1)


def buffers(t: Recorder) -> None:
    """Twice what was asked, within bounds."""
    s = t.udp()
    for value in (4096, 10000, 50000, 100_000):
        s.set(SOL, SNDBUF, value)
        s.get(SOL, SNDBUF)
        s.set(SOL, RCVBUF, value)
        s.get(SOL, RCVBUF)
        s.set(SOL, SNDBUFFORCE, value)
        s.get(SOL, SNDBUF)
        s.set(SOL, RCVBUFFORCE, value)
        s.get(SOL, RCVBUF)
    s.get(SOL, SNDBUFFORCE)
    s.get(SOL, RCVBUFFORCE)


def least_buffers(t: Recorder) -> None:
    s = t.udp()
    s.set(SOL, SNDBUF, 0)
    t.since("3.12", "2048", "SOCK_MIN_SNDBUF counts two sk_buffs, not 2048 bytes")
    s.get(SOL, SNDBUF)
    s.set(SOL, RCVBUF, 0)
    s.get(SOL, RCVBUF)


def default_buffers(t: Recorder) -> None:
    s = t.tcp()
    t.since("4.20", "87380", "tcp_rmem's default is 128 KiB")
    s.get(SOL, RCVBUF)
    s.get(SOL, SNDBUF)
    u = t.udp()
    t.since("3.5", "229376", "net.core.rmem_default: skb_shared_info is smaller")
    u.get(SOL, RCVBUF)


def lowat(t: Recorder) -> None:
    s = t.tcp()
    for value in (0, 1, 100, -1, 0x7FFFFFFF):
        s.set(SOL, RCVLOWAT, value)
        if not 0 <= value <= 100:
            t.since("4.18", "2147483647", "SO_RCVLOWAT is cut to half of the largest buffer")
        s.get(SOL, RCVLOWAT)
    s.get(SOL, SNDLOWAT)
    s.set(SOL, SNDLOWAT, 5)


def timeouts(t: Recorder) -> None:
    s = t.tcp()
    for name in (RCVTIMEO, SNDTIMEO):
        s.get(SOL, name, 16)
        for sec, usec in (
            (1, 500_000),
            (0, 0),
            (5, 999_999),
            (0, 1_000_000),
            (0, -1),
            (-1, 0),
            (1 << 33, 0),
            (-5, 5),
            (3, 20_000),
        ):
            s.set(SOL, name, struct.pack("qq", sec, usec))
            s.get(SOL, name, 16)
        s.set(SOL, name, struct.pack("q", 1))
        s.set(SOL, name, 1)


def linger_of_a_datagram_socket(t: Recorder) -> None:
    s = t.udp()
    s.set(SOL, LINGER, struct.pack("ii", 1, 3))
    s.get(SOL, LINGER, 8)
    s.set(SOL, LINGER, struct.pack("ii", 1, -1))
    t.since("6.6", repr(struct.pack("ii", 1, -1)), "a negative l_linger is cut to the longest")
    s.get(SOL, LINGER, 8)


def priority_and_mark(t: Recorder) -> None:
    s = t.tcp()
    for value in (0, 6, 7, 100, -1):
        s.set(SOL, PRIORITY, value)
        s.get(SOL, PRIORITY)
        s.set(SOL, MARK, value)
        s.get(SOL, MARK)


def tos_sets_the_priority(t: Recorder) -> None:
    s = t.udp()
    for tos in (0, 0x08, 0x10, 0x02, 0x04, 0x18, 0xE0, 0xFF):
        s.set(socket.IPPROTO_IP, socket.IP_TOS, tos)
        s.get(SOL, PRIORITY)


def timestamps(t: Recorder) -> None:
    s = t.udp()
    for name, value in (
        (TIMESTAMP, 1),
        (TIMESTAMPNS, 1),
        (TIMESTAMP, 1),
        (TIMESTAMP, 0),
        (TIMESTAMPNS, 1),
        (TIMESTAMPNS, 0),
    ):
        s.set(SOL, name, value)
        s.get(SOL, TIMESTAMP)
        s.get(SOL, TIMESTAMPNS)


def timestamping(t: Recorder) -> None:
    s = t.udp()
    for value in (0, 1, 0x18, 0x7F, 0x10):
        s.set(SOL, TIMESTAMPING, value)
        s.get(SOL, TIMESTAMPING)
    s.set(SOL, TIMESTAMPING, 1 << 30)


def peercred(t: Recorder) -> None:
    s = t.tcp()
    s.get(SOL, PEERCRED, 12)
    s.get(SOL, PEERCRED, 4)
    a, _ = t.pair()
    a.get(SOL, PEERCRED, 12)


def peername(t: Recorder) -> None:
    listener = t.listener(5001)
    c = t.tcp()
    c.get(SOL, 28, 16)
    c.connect((HERE, 5001))
    listener.accept()
    c.get(SOL, 28, 16)
    c.get(SOL, 28, 8)
    c.get(SOL, 28, 17)
    c.get(SOL, 28, 0)


def detach_without_a_filter(t: Recorder) -> None:
    s = t.udp()
    s.set(SOL, 27, 0)
    t.since("3.8", "ENOPROTOOPT", "SO_GET_FILTER")
    s.get(SOL, 26, 100)


def error_is_read_once(t: Recorder) -> None:
    s = t.tcp()
    s.setblocking(False)
    s.connect((HERE, 9))
    t.pause()
    s.get(SOL, ERROR)
    s.get(SOL, ERROR)


def later_options(t: Recorder) -> None:
    """Options that 3.2 does not have."""
    s = t.tcp()
    for version, name, what in (
        ("3.9", 15, "SO_REUSEPORT"),
        ("3.3", 41, "SO_WIFI_STATUS"),
        ("3.4", 42, "SO_PEEK_OFF"),
        ("3.4", 43, "SO_NOFCS"),
        ("3.9", 44, "SO_LOCK_FILTER"),
        ("3.11", 46, "SO_BUSY_POLL"),
        ("3.13", 47, "SO_MAX_PACING_RATE"),
        ("3.14", 48, "SO_BPF_EXTENSIONS"),
        ("3.19", 49, "SO_INCOMING_CPU"),
        ("4.12", 55, "SO_MEMINFO"),
        ("4.13", 57, "SO_COOKIE"),
        ("4.14", 60, "SO_ZEROCOPY"),
    ):
        t.since(version, "ENOPROTOOPT", what)
        s.get(SOL, name)


def dontroute(t: Recorder) -> None:
    """Only to hosts on a link: lo's are."""
    s = t.bound(5001)
    u = t.udp()
    u.set(SOL, DONTROUTE, 1)
    u.sendto(b"x", (HERE, 5001))
    u.sendto(b"x", ("192.0.2.1", 5001))
    s.recv(9)
