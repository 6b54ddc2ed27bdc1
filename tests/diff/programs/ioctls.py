"""The ioctls of devices and routes, on lo; what ifconfig and route are made of."""

from __future__ import annotations

import array
import ctypes
import fcntl
import functools
import socket
import struct
from typing import Any

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
ADDRT, DELRT, GIFNAME, GIFCONF = 0x890B, 0x890C, 0x8910, 0x8912
GFLAGS, SFLAGS, GADDR, SADDR, GDST, SDST, GBRD, SBRD, GMASK, SMASK = range(0x8913, 0x891D)
GMETRIC, SMETRIC, GMTU, SMTU, SNAME, SHWADDR, GHWADDR = (
    0x891D,
    0x891E,
    0x8921,
    0x8922,
    0x8923,
    0x8924,
    0x8927,
)
GINDEX, GTXQLEN, STXQLEN, GMAP, ADDMULTI, DELMULTI = 0x8933, 0x8942, 0x8943, 0x8970, 0x8931, 0x8932
ETHTOOL, GMIIPHY, GENCAP = 0x8946, 0x8947, 0x8900
GPGRP, SPGRP, GETOWN, SETOWN = 0x8904, 0x8902, 0x8903, 0x8901
GARP, DARP, SARP = 0x8954, 0x8953, 0x8955
STAMP, STAMPNS = 0x8906, 0x8907


def ifreq(name: str = "lo", tail: bytes = b"") -> bytes:
    """struct ifreq, 40 bytes"""
    return (name.encode().ljust(16, b"\0") + tail).ljust(40, b"\0")


def sockaddr(address: str, port: int = 0) -> bytes:
    """struct sockaddr_in"""
    return struct.pack("<H", 2) + struct.pack(">H", port) + socket.inet_aton(address) + bytes(8)


def rtentry(dst: str, gateway: str, mask: str, flags: int) -> bytes:
    """struct rtentry of x86-64 without a device"""
    return (
        bytes(8) + sockaddr(dst) + sockaddr(gateway) + sockaddr(mask) + struct.pack("<H", flags)
    ).ljust(120, b"\0")


def addresses(t: Recorder) -> None:
    s = t.udp()
    for request in (GADDR, GBRD, GMASK, GDST):
        t.ioctl(s, request, ifreq())


def facts(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, GFLAGS, ifreq())
    t.ioctl(s, GINDEX, ifreq())
    t.ioctl(s, GHWADDR, ifreq())
    t.ioctl(s, GMETRIC, ifreq())
    t.ioctl(s, GMAP, ifreq())
    t.ioctl(s, GIFNAME, struct.pack("16si20x", b"", 1))
    t.ioctl(s, GIFNAME, struct.pack("16si20x", b"", 99))


def mtu(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, SMTU, ifreq(tail=struct.pack("i", 9000)))
    t.ioctl(s, GMTU, ifreq())
    t.ioctl(s, SMTU, ifreq(tail=struct.pack("i", -1)))
    t.ioctl(s, GMTU, ifreq())
    t.ioctl(s, SMTU, ifreq("nodev0", struct.pack("i", 9000)))


def queue_length(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, STXQLEN, ifreq(tail=struct.pack("i", 55)))
    t.ioctl(s, GTXQLEN, ifreq())
    t.ioctl(s, STXQLEN, ifreq(tail=struct.pack("i", -1)))
    t.ioctl(s, GTXQLEN, ifreq())


def no_such_device(t: Recorder) -> None:
    s = t.udp()
    for request in (GFLAGS, GADDR, GMTU, GINDEX, GHWADDR, GMETRIC, GTXQLEN, GMAP):
        t.ioctl(s, request, ifreq("nodev0"))
    for request in (SFLAGS, SADDR, SMTU, STXQLEN):
        t.ioctl(s, request, ifreq("nodev0", sockaddr("10.0.0.1")))


def set_address(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, SADDR, ifreq(tail=sockaddr("127.0.0.5")))
    t.ioctl(s, GADDR, ifreq())
    t.ioctl(s, GMASK, ifreq())
    t.ioctl(s, SMASK, ifreq(tail=sockaddr("255.255.255.0")))
    t.ioctl(s, GMASK, ifreq())
    t.ioctl(s, SMASK, ifreq(tail=sockaddr("255.0.255.0")))
    t.ioctl(s, SADDR, ifreq(tail=sockaddr("224.0.0.1")))
    t.ioctl(s, SADDR, ifreq(tail=struct.pack("<H", 10)))


def aliases(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, GADDR, ifreq("lo:1"))
    t.ioctl(s, SADDR, ifreq("lo:1", sockaddr("10.1.2.3")))
    t.ioctl(s, GADDR, ifreq("lo:1"))
    t.ioctl(s, GMASK, ifreq("lo:1"))
    t.ioctl(s, GFLAGS, ifreq("lo:1"))
    t.udp().bind(("10.1.2.3", 5001))
    t.ioctl(s, SFLAGS, ifreq("lo:1", struct.pack("H", 0)))
    t.ioctl(s, GADDR, ifreq("lo:1"))
    t.ioctl(s, GFLAGS, ifreq())


def down_and_up(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, SFLAGS, ifreq(tail=struct.pack("H", 0)))
    t.ioctl(s, GFLAGS, ifreq())
    s.sendto(b"x", (HERE, 5001))
    t.ioctl(s, SFLAGS, ifreq(tail=struct.pack("H", 1)))
    t.ioctl(s, GFLAGS, ifreq())
    s.sendto(b"x", (HERE, 5001))


def promiscuous(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, SFLAGS, ifreq(tail=struct.pack("H", 0x101)))
    t.ioctl(s, GFLAGS, ifreq())
    t.ioctl(s, SFLAGS, ifreq(tail=struct.pack("H", 0x1)))
    t.ioctl(s, GFLAGS, ifreq())


def broadcast_of_loopback(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, SBRD, ifreq(tail=sockaddr("127.255.255.255")))
    t.ioctl(s, GBRD, ifreq())
    t.ioctl(s, SDST, ifreq(tail=sockaddr("127.0.0.9")))
    t.ioctl(s, GDST, ifreq())


def names(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, SHWADDR, ifreq(tail=bytes(16)))
    t.ioctl(s, SMETRIC, ifreq(tail=struct.pack("i", 3)))
    t.since("6.2", "EBUSY", "a device can be renamed while it is up")
    t.ioctl(s, SNAME, ifreq(tail=b"lo2"))


def rename(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, SFLAGS, ifreq(tail=struct.pack("H", 0)))
    t.ioctl(s, SNAME, ifreq(tail=b"no/name"))
    t.ioctl(s, SNAME, ifreq(tail=b"lo"))
    t.ioctl(s, SNAME, ifreq(tail=b"lo2"))
    t.ioctl(s, GINDEX, ifreq("lo2"))
    t.ioctl(s, GINDEX, ifreq())
    t.ioctl(s, SNAME, ifreq("lo2", b"x%d"))
    t.ioctl(s, GINDEX, ifreq("x0"))
    t.ioctl(s, SFLAGS, ifreq("x0", struct.pack("H", 1)))
    t.ioctl(s, GFLAGS, ifreq("x0"))


def all_addresses(t: Recorder) -> None:
    """SIOCGIFCONF, the recipe that every list of cookbooks has."""
    s = t.udp()
    t.ioctl(s, SADDR, ifreq("lo:1", sockaddr("10.1.2.3")))
    room = array.array("B", bytes(4096))
    at = room.buffer_info()[0]
    for size, pointer in ((4096, at), (40, at), (79, at), (39, at), (0, at), (4096, 0), (4096, 8)):
        t.call("ifconf", functools.partial(_ifconf, s, pointer), size)
    t.note("rows", bytes(room[:80]))


def _ifconf(s: Any, pointer: int, size: int) -> int:
    """The length that struct ifconf comes back with."""
    answer: bytes = fcntl.ioctl(s.fileno(), GIFCONF, struct.pack("iP", size, pointer))
    return int(struct.unpack_from("i", answer)[0])


def ethtool(t: Recorder) -> None:
    s = t.udp()
    room = array.array("B", bytes(4096))
    at = room.buffer_info()[0]
    for cmd in (10, 1, 32, 24, 30, 35, 9999):
        room[:8] = array.array("B", struct.pack("II", cmd, 32))
        t.call(f"ethtool {cmd}", functools.partial(_ethtool, s, at))
        if cmd != 1:
            t.note("answer", bytes(room[4:8]))
    t.call("null", functools.partial(_ethtool, s, 0))


def _ethtool(s: Any, at: int) -> int:
    """SIOCETHTOOL on the struct there."""
    return len(fcntl.ioctl(s.fileno(), ETHTOOL, ifreq(tail=struct.pack("P", at))))


def route_with_a_device(t: Recorder) -> None:
    s = t.udp()
    name = ctypes.create_string_buffer(b"lo")
    wrong = ctypes.create_string_buffer(b"nodev0")
    route = bytearray(rtentry("10.0.0.0", "0.0.0.0", "255.0.0.0", 1))
    for what, at in (("lo", name), ("another", wrong)):
        route[88:96] = struct.pack("P", ctypes.addressof(at))
        t.call(what, functools.partial(fcntl.ioctl, s.fileno(), ADDRT, bytearray(route)))
    route[88:96] = struct.pack("P", 8)
    t.call("nowhere", functools.partial(fcntl.ioctl, s.fileno(), ADDRT, bytearray(route)))
    u = t.udp()
    u.connect(("10.0.0.9", 5001))
    u.getsockname()


def of_every_kind_of_socket(t: Recorder) -> None:
    for s in (t.tcp(), t.socket(socket.AF_INET, socket.SOCK_RAW, 1)):
        t.ioctl(s, GFLAGS, ifreq())
        t.ioctl(s, GADDR, ifreq())
        t.ioctl(s, GINDEX, ifreq())
    u = t.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0)
    t.ioctl(u, GFLAGS, ifreq())
    t.ioctl(u, GINDEX, ifreq())
    t.since("3.7", repr(ifreq(tail=struct.pack("i", 16436))), "lo's MTU is 65536")
    t.ioctl(u, GMTU, ifreq())
    t.ioctl(u, GADDR, ifreq())


def routes(t: Recorder) -> None:
    s = t.udp()
    gateway, host, up = 2, 4, 1
    t.ioctl(s, ADDRT, rtentry("10.0.0.0", "0.0.0.0", "255.0.0.0", up))
    t.since("3.18", "ESRCH", "a gateway without a route to it: ENETUNREACH")
    t.ioctl(s, ADDRT, rtentry("10.0.0.0", "192.0.2.9", "255.0.0.0", up | gateway))
    t.ioctl(s, ADDRT, rtentry("10.0.0.0", "127.0.0.1", "255.0.0.0", up | gateway))
    t.ioctl(s, ADDRT, rtentry("10.0.0.1", "0.0.0.0", "255.0.0.0", up))
    t.ioctl(s, ADDRT, rtentry("10.0.0.0", "0.0.0.0", "255.0.255.0", up))
    t.ioctl(s, DELRT, rtentry("10.0.0.0", "0.0.0.0", "255.0.0.0", up))
    t.ioctl(s, DELRT, rtentry("10.0.0.9", "0.0.0.0", "0.0.0.0", up | host))
    t.ioctl(s, ADDRT, rtentry("10.0.0.9", "0.0.0.0", "0.0.0.0", host | 0x200))
    t.since("4.4", "ENETUNREACH", "an unreachable route says EHOSTUNREACH")
    t.udp().connect(("10.0.0.9", 5))
    t.ioctl(s, DELRT, rtentry("10.0.0.9", "0.0.0.0", "0.0.0.0", host | 0x200))
    t.udp().connect(("10.0.0.9", 5))


def arp(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, GARP, (sockaddr("127.0.0.1") + bytes(36) + b"lo").ljust(68, b"\0"))
    t.ioctl(s, GARP, (sockaddr("192.0.2.1") + bytes(52)).ljust(68, b"\0"))
    t.ioctl(s, DARP, (sockaddr("192.0.2.1") + bytes(52)).ljust(68, b"\0"))


def owner(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, GPGRP, bytes(4))
    t.ioctl(s, GETOWN, bytes(4))


def unknown(t: Recorder) -> None:
    s = t.udp()
    t.ioctl(s, 0x8999, ifreq())
    t.ioctl(s, 0x1234, bytes(8))
    t.ioctl(s, 0x5401, bytes(64))
    t.ioctl(t.tcp(), 0x8999, ifreq())
    t.ioctl(s, 0x89F0, ifreq())


def stamps(t: Recorder) -> None:
    s = t.bound(5001)
    t.ioctl(s, STAMP, bytes(16))
    t.udp().sock.sendto(b"x", (HERE, 5001))
    s.recv(9)
    t.call("stamp", lambda: len(fcntl.ioctl(s.sock, STAMP, bytes(16))))


def nonblocking(t: Recorder) -> None:
    s = t.bound(5001)
    t.ioctl(s, 0x5421, struct.pack("i", 1))
    s.recv(1)
    t.ioctl(s, 0x5421, struct.pack("i", 0))
    s.settimeout(0.05)
    s.recv(1)
