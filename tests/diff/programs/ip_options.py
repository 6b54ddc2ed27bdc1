"""SOL_IP: every option of 3.2 read and set, on streams and on datagram sockets."""

from __future__ import annotations

import socket
import struct

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
IP = socket.IPPROTO_IP
(
    TOS,
    TTL,
    HDRINCL,
    OPTIONS,
    ROUTER_ALERT,
    RECVOPTS,
    RETOPTS,
    PKTINFO,
    PKTOPTIONS,
    MTU_DISCOVER,
    RECVERR,
    RECVTTL,
    RECVTOS,
    MTU,
    FREEBIND,
    IPSEC_POLICY,
    XFRM_POLICY,
    PASSSEC,
    TRANSPARENT,
    ORIGDSTADDR,
    MINTTL,
    NODEFRAG,
) = range(1, 23)
SWITCHES = (
    RECVOPTS,
    RETOPTS,
    PKTINFO,
    RECVERR,
    RECVTTL,
    RECVTOS,
    FREEBIND,
    PASSSEC,
    TRANSPARENT,
    ORIGDSTADDR,
)


def _bounds(t: Recorder, name: int, *values: int) -> None:
    for s in (t.tcp(), t.udp()):
        s.get(IP, name)
        for value in values:
            s.set(IP, name, value)
            s.get(IP, name)


def tos(t: Recorder) -> None:
    _bounds(t, TOS, 0x10, 0x13, 0xFF, 0x100, -1, 0)


def ttl(t: Recorder) -> None:
    _bounds(t, TTL, 1, 255, 256, -1, -2, 64)


def ttl_of_zero(t: Recorder) -> None:
    s = t.udp()
    t.since("3.10", "None", "a TTL of 0 is refused")
    s.set(IP, TTL, 0)


def mtu_discover(t: Recorder) -> None:
    _bounds(t, MTU_DISCOVER, 0, 1, 2, 3, -1, 99)


def mtu_discover_later(t: Recorder) -> None:
    s = t.udp()
    t.since("3.13", "EINVAL", "IP_PMTUDISC_INTERFACE")
    s.set(IP, MTU_DISCOVER, 4)
    t.since("3.15", "EINVAL", "IP_PMTUDISC_OMIT")
    s.set(IP, MTU_DISCOVER, 5)


def switches(t: Recorder) -> None:
    for s in (t.tcp(), t.udp()):
        for name in SWITCHES:
            s.get(IP, name)
            s.set(IP, name, 1)
            s.get(IP, name)
            s.set(IP, name, 0)
            s.get(IP, name)


def minttl(t: Recorder) -> None:
    _bounds(t, MINTTL, 0, 1, 255, 256, -1)


def of_raw_sockets_only(t: Recorder) -> None:
    for s in (t.tcp(), t.udp(), t.socket(socket.AF_INET, socket.SOCK_RAW, 1)):
        for name in (HDRINCL, NODEFRAG):
            s.get(IP, name)
            s.set(IP, name, 1)
            s.get(IP, name)


def router_alert(t: Recorder) -> None:
    t.udp().set(IP, ROUTER_ALERT, 1)
    s = t.socket(socket.AF_INET, socket.SOCK_RAW, 2)
    s.set(IP, ROUTER_ALERT, 1)
    s.set(IP, ROUTER_ALERT, 1)
    s.set(IP, ROUTER_ALERT, 0)
    s.set(IP, ROUTER_ALERT, 0)


def mtu(t: Recorder) -> None:
    u = t.udp()
    u.get(IP, MTU)
    u.set(IP, MTU, 1000)
    u.connect((HERE, 9))
    t.note("connected", u.sock.getsockopt(IP, MTU) > 16000)


def sizes_when_setting(t: Recorder) -> None:
    s = t.udp()
    for name in (TOS, TTL, MTU_DISCOVER, RECVTTL, PKTINFO, FREEBIND, MINTTL):
        for size in (0, 1, 2, 3, 4, 5):
            s.set(IP, name, b"\1" + bytes(7)[: size - 1] if size else b"")
            s.get(IP, name)


def sizes_when_reading(t: Recorder) -> None:
    s = t.udp()
    s.set(IP, TOS, 0x10)
    for name in (TOS, TTL, MTU_DISCOVER, RECVTTL):
        for size in (1, 2, 3, 4, 5, 8):
            s.get(IP, name, size)


def options(t: Recorder) -> None:
    for s in (t.udp(), t.tcp()):
        s.get(IP, OPTIONS, 40)
        s.set(IP, OPTIONS, bytes((7, 7, 4, 0, 0, 0, 0)))
        s.get(IP, OPTIONS, 40)
        s.get(IP, OPTIONS, 3)
        s.set(IP, OPTIONS, b"")
        s.get(IP, OPTIONS, 40)


def bad_options(t: Recorder) -> None:
    s = t.udp()
    for value in (
        bytes((7, 2, 4)),
        bytes((7, 7, 3, 0, 0, 0, 0)),
        bytes((7, 50, 4)),
        bytes((131, 3, 4)),
        bytes((131, 7, 4, 127, 0, 0, 1)),
        bytes((137, 7, 8, 127, 0, 0, 1)),
        bytes((68, 4, 5, 0)),
        bytes((68, 5, 5, 0, 0)),
        bytes((148, 4, 0, 0)),
        bytes((148, 3, 0)),
        bytes((1, 1, 1, 0)),
        bytes((99, 4, 0, 0)),
        bytes(41),
        bytes(40),
        b"\7",
    ):
        s.set(IP, OPTIONS, value)
        s.get(IP, OPTIONS, 40)


def source_route_through_loopback(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    u.set(IP, OPTIONS, bytes((131, 7, 4, 127, 0, 0, 9)))
    u.get(IP, OPTIONS, 40)
    s.poll()


def timestamp_option(t: Recorder) -> None:
    u = t.udp()
    u.set(IP, OPTIONS, bytes((68, 12, 5, 0)) + bytes(8))
    u.get(IP, OPTIONS, 40)
    u.set(IP, OPTIONS, bytes((68, 12, 5, 1)) + bytes(8))
    u.get(IP, OPTIONS, 40)


def unknown(t: Recorder) -> None:
    for s in (t.tcp(), t.udp()):
        for name in (0, 120, 1000, -1, 48):
            s.get(IP, name)
            s.set(IP, name, 1)


def later_options(t: Recorder) -> None:
    s = t.udp()
    for version, name, what in (
        ("4.0", 23, "IP_CHECKSUM"),
        ("4.2", 24, "IP_BIND_ADDRESS_NO_PORT"),
        ("4.4", 25, "IP_RECVFRAGSIZE"),
        ("3.3", 50, "IP_UNICAST_IF"),
        ("6.3", 51, "IP_LOCAL_PORT_RANGE"),
    ):
        t.since(version, "ENOPROTOOPT", what)
        s.get(IP, name)


def pktoptions(t: Recorder) -> None:
    a, b = t.pair()
    for s in (a, b):
        s.set(IP, PKTINFO, 1)
        s.set(IP, RECVTTL, 1)
    t.udp().get(IP, PKTOPTIONS, 100)


def mtu_and_dont_fragment(t: Recorder) -> None:
    """A datagram over the path's MTU: refused when it may not be cut."""
    s = t.bound(5001)
    u = t.udp()
    u.set(IP, MTU_DISCOVER, 2)
    u.sendto(b"x" * 1000, (HERE, 5001))
    s.recv(2000)
    u.set(IP, MTU_DISCOVER, 0)
    u.sendto(b"x" * 60000, (HERE, 5001))
    s.recv(70000)


def ttl_reaches_the_other_side(t: Recorder) -> None:
    s = t.bound(5001)
    s.set(IP, RECVTTL, 1)
    u = t.udp()
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 99)
    u.set(IP, TTL, 1)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 99)
    s.set(IP, MINTTL, 5)
    u.sendto(b"x", (HERE, 5001))
    s.recvmsg(9, 99)


def minttl_of_a_connection(t: Recorder) -> None:
    listener = t.tcp()
    listener.set(IP, MINTTL, 100)
    listener.bind((HERE, 5001))
    listener.listen(1)
    c = t.tcp()
    c.settimeout(0.3)
    c.connect((HERE, 5001))
    listener.settimeout(0.1)
    listener.accept()


def msfilter_sizes(t: Recorder) -> None:
    s = t.udp()
    s.set(IP, 41, bytes(15))
    s.set(IP, 41, bytes(16))
    s.set(IP, 41, struct.pack("4s4sII", socket.inet_aton("224.1.1.1"), bytes(4), 0, 5))
