"""Joining and leaving groups, source filters, the options of sending."""

from __future__ import annotations

import socket
import struct
from typing import Any

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
IP = socket.IPPROTO_IP
MC_IF, MC_TTL, MC_LOOP, JOIN, LEAVE = 32, 33, 34, 35, 36
UNBLOCK, BLOCK, JOIN_SOURCE, LEAVE_SOURCE, MSFILTER = 37, 38, 39, 40, 41
G_JOIN, G_BLOCK, G_UNBLOCK, G_LEAVE, G_JOIN_SOURCE, G_LEAVE_SOURCE, G_MSFILTER = range(42, 49)
MC_ALL = 49
GONE_DEVICE = "a group can be left on a device that is gone"
GROUP, OTHER = "224.1.2.3", "224.1.2.4"


def mreq(group: str, address: str = HERE) -> bytes:
    """struct ip_mreq"""
    return socket.inet_aton(group) + socket.inet_aton(address)


def mreqn(group: str, address: str, index: int) -> bytes:
    """struct ip_mreqn"""
    return mreq(group, address) + struct.pack("i", index)


def source(group: str, origin: str) -> bytes:
    """struct ip_mreq_source: group, interface, source"""
    return mreq(group) + socket.inet_aton(origin)


def storage(address: str, family: int = 2) -> bytes:
    """struct sockaddr_storage"""
    return struct.pack("<HH4s", family, 0, socket.inet_aton(address)).ljust(128, b"\0")


def group_req(group: str, index: int = 1, family: int = 2) -> bytes:
    """struct group_req"""
    return struct.pack("<I4x", index) + storage(group, family)


def group_source(group: str, origin: str, index: int = 1) -> bytes:
    """struct group_source_req"""
    return group_req(group, index) + storage(origin)


def _member(t: Recorder) -> Any:
    s = t.udp()
    s.bind(("", 5001))
    s.set(IP, JOIN, mreq(GROUP))
    return s


def join_and_leave(t: Recorder) -> None:
    s = t.udp()
    s.set(IP, JOIN, mreq(GROUP))
    s.set(IP, JOIN, mreq(GROUP))
    s.set(IP, JOIN, mreq(OTHER))
    s.set(IP, LEAVE, mreq(GROUP))
    s.set(IP, LEAVE, mreq(GROUP))
    s.set(IP, LEAVE, mreq(OTHER))


def bad_joins(t: Recorder) -> None:
    s = t.udp()
    s.set(IP, JOIN, mreq("10.0.0.1"))
    s.set(IP, JOIN, mreq(GROUP, "10.0.0.1"))
    s.set(IP, JOIN, mreqn(GROUP, "0.0.0.0", 99))
    s.set(IP, JOIN, mreq(GROUP, "0.0.0.0"))
    s.set(IP, JOIN, mreq(GROUP)[:7])
    s.set(IP, JOIN, b"")
    s.set(IP, JOIN, 1)
    t.since("4.4", "ENODEV", GONE_DEVICE)
    s.set(IP, LEAVE, mreqn(GROUP, "0.0.0.0", 99))
    s.set(IP, LEAVE, mreq("10.0.0.1"))


def of_a_stream(t: Recorder) -> None:
    s = t.tcp()
    s.set(IP, JOIN, mreq(GROUP))
    s.set(IP, LEAVE, mreq(GROUP))
    s.set(IP, MC_TTL, 1)
    s.set(IP, MC_LOOP, 1)
    s.set(IP, MC_IF, socket.inet_aton(HERE))
    s.get(IP, MC_TTL)
    s.get(IP, MC_LOOP)


def by_index(t: Recorder) -> None:
    s = t.udp()
    s.set(IP, JOIN, mreqn(GROUP, "0.0.0.0", 1))
    s.set(IP, LEAVE, mreqn(GROUP, "0.0.0.0", 1))
    s.set(IP, JOIN, mreqn(GROUP, "0.0.0.0", 1))
    s.set(IP, LEAVE, mreq(GROUP, "0.0.0.0"))


def receive(t: Recorder) -> None:
    s = _member(t)
    u = t.udp()
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    u.sendto(b"to the group", (GROUP, 5001))
    s.poll()
    s.recvfrom(99)
    u.sendto(b"to another", (OTHER, 5001))
    s.poll()
    s.set(IP, LEAVE, mreq(GROUP))
    u.sendto(b"too late", (GROUP, 5001))
    s.poll()


def no_route(t: Recorder) -> None:
    t.udp().sendto(b"x", (GROUP, 5001))
    u = t.udp()
    u.connect((GROUP, 5001))
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    u.connect((GROUP, 5001))
    u.getsockname()


def loop_off(t: Recorder) -> None:
    s = _member(t)
    u = t.udp()
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    u.set(IP, MC_LOOP, 0)
    u.get(IP, MC_LOOP)
    u.sendto(b"x", (GROUP, 5001))
    s.poll()


def ttl_values(t: Recorder) -> None:
    u = t.udp()
    u.get(IP, MC_TTL)
    for value in (0, 1, 255, 256, -1, -2, 32):
        u.set(IP, MC_TTL, value)
        u.get(IP, MC_TTL)
    u.set(IP, MC_TTL, b"\7")
    u.get(IP, MC_TTL)
    u.get(IP, MC_TTL, 1)
    u.set(IP, MC_TTL, b"")


def loop_values(t: Recorder) -> None:
    u = t.udp()
    u.get(IP, MC_LOOP)
    for value in (0, 1, 2, -1, b"\0", b"\1", b""):
        u.set(IP, MC_LOOP, value)
        u.get(IP, MC_LOOP)


def all_values(t: Recorder) -> None:
    u = t.udp()
    u.get(IP, MC_ALL)
    for value in (0, 1, 2, -1, b"\0", b""):
        u.set(IP, MC_ALL, value)
        u.get(IP, MC_ALL)


def all_off_hears_only_its_groups(t: Recorder) -> None:
    member = _member(t)
    other = t.udp()
    other.set(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    member.set(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other.bind(("", 5001))
    u = t.udp()
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    u.sendto(b"x", (GROUP, 5001))
    t.poll([(member, 1), (other, 1)])
    other.setblocking(False)
    other.recv(9)
    other.set(IP, MC_ALL, 0)
    u.sendto(b"y", (GROUP, 5001))
    other.recv(9)


def interface(t: Recorder) -> None:
    u = t.udp()
    u.get(IP, MC_IF, 4)
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    u.get(IP, MC_IF, 4)
    u.get(IP, MC_IF, 12)
    u.set(IP, MC_IF, socket.inet_aton("10.0.0.1"))
    u.set(IP, MC_IF, mreqn("0.0.0.0", HERE, 0))
    u.get(IP, MC_IF, 4)
    u.set(IP, MC_IF, mreqn("0.0.0.0", "0.0.0.0", 1))
    u.get(IP, MC_IF, 4)
    u.set(IP, MC_IF, mreqn("0.0.0.0", "0.0.0.0", 99))
    u.set(IP, MC_IF, mreqn("0.0.0.0", "0.0.0.0", 0))
    u.get(IP, MC_IF, 4)
    u.set(IP, MC_IF, b"abc")
    u.set(IP, MC_IF, b"")


def bind_to_the_group(t: Recorder) -> None:
    s = t.udp()
    s.bind((GROUP, 5001))
    s.getsockname()
    s.set(IP, JOIN, mreq(GROUP))
    u = t.udp()
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    u.sendto(b"x", (GROUP, 5001))
    s.recvfrom(9)
    u.sendto(b"y", (HERE, 5001))
    s.poll()


def block_and_unblock(t: Recorder) -> None:
    s = _member(t)
    u = t.udp()
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    s.set(IP, BLOCK, source(GROUP, HERE))
    s.set(IP, BLOCK, source(GROUP, HERE))
    u.sendto(b"blocked", (GROUP, 5001))
    s.poll()
    s.set(IP, UNBLOCK, source(GROUP, HERE))
    s.set(IP, UNBLOCK, source(GROUP, HERE))
    u.sendto(b"free", (GROUP, 5001))
    s.poll()
    s.set(IP, BLOCK, source(OTHER, HERE))
    s.set(IP, JOIN_SOURCE, source(GROUP, HERE))
    s.set(IP, BLOCK, source(GROUP, HERE)[:11])
    s.set(IP, BLOCK, source("10.0.0.1", HERE))


def source_membership(t: Recorder) -> None:
    s = t.udp()
    s.bind(("", 5001))
    s.set(IP, JOIN_SOURCE, source(GROUP, "127.0.0.9"))
    s.set(IP, JOIN_SOURCE, source(GROUP, "127.0.0.9"))
    u = t.udp()
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    u.sendto(b"wrong source", (GROUP, 5001))
    s.poll()
    s.set(IP, JOIN_SOURCE, source(GROUP, HERE))
    u.sendto(b"right", (GROUP, 5001))
    s.poll()
    s.set(IP, BLOCK, source(GROUP, HERE))
    s.set(IP, LEAVE_SOURCE, source(GROUP, "127.0.0.8"))
    s.set(IP, LEAVE_SOURCE, source(GROUP, HERE))
    s.set(IP, LEAVE_SOURCE, source(GROUP, "127.0.0.9"))
    s.set(IP, LEAVE_SOURCE, source(GROUP, "127.0.0.9"))
    s.set(IP, LEAVE, mreq(GROUP))


def leave_drops_sources(t: Recorder) -> None:
    s = t.udp()
    s.set(IP, JOIN_SOURCE, source(GROUP, HERE))
    s.set(IP, JOIN, mreq(GROUP))
    s.set(IP, LEAVE, mreq(GROUP))
    s.set(IP, LEAVE_SOURCE, source(GROUP, HERE))


def msfilter(t: Recorder) -> None:
    s = _member(t)
    one = struct.pack("<II", 1, 1) + socket.inet_aton(HERE)
    s.set(IP, MSFILTER, mreq(GROUP) + one)
    u = t.udp()
    u.set(IP, MC_IF, socket.inet_aton(HERE))
    u.sendto(b"included", (GROUP, 5001))
    s.recv(99)
    none = struct.pack("<II", 0, 1) + socket.inet_aton(HERE)
    s.set(IP, MSFILTER, mreq(GROUP) + none)
    u.sendto(b"excluded", (GROUP, 5001))
    s.poll()
    s.set(IP, MSFILTER, mreq(GROUP) + struct.pack("<II", 0, 0))
    u.sendto(b"everybody", (GROUP, 5001))
    s.poll()


def bad_msfilters(t: Recorder) -> None:
    s = _member(t)
    s.set(IP, MSFILTER, mreq(GROUP) + struct.pack("<II", 2, 0))
    s.set(IP, MSFILTER, mreq(OTHER) + struct.pack("<II", 1, 0))
    s.set(IP, MSFILTER, mreq("10.0.0.1") + struct.pack("<II", 1, 0))
    s.set(IP, MSFILTER, mreq(GROUP) + struct.pack("<II", 1, 3))
    s.set(IP, MSFILTER, mreq(GROUP) + struct.pack("<II", 1, 11) + bytes(44))
    s.set(IP, MSFILTER, mreq(GROUP) + struct.pack("<II", 1, 10) + bytes(range(40)))
    s.set(IP, MSFILTER, mreq(GROUP) + struct.pack("<II", 1, 0xFFFFFFFF))
    s.set(IP, MSFILTER, mreq(GROUP))
    s.set(IP, MSFILTER, b"")
    s.get(IP, MSFILTER, 4)


def group_join(t: Recorder) -> None:
    s = t.udp()
    s.set(IP, G_JOIN, group_req(GROUP))
    s.set(IP, G_JOIN, group_req(GROUP))
    s.set(IP, G_LEAVE, group_req(GROUP))
    s.set(IP, G_LEAVE, group_req(GROUP))
    s.set(IP, G_JOIN, group_req(GROUP, 99))
    s.set(IP, G_JOIN, group_req("10.0.0.1"))
    s.set(IP, G_JOIN, group_req(GROUP, 1, 10))
    s.set(IP, G_JOIN, group_req(GROUP)[:135])
    s.set(IP, G_JOIN, group_req(GROUP)[:30])
    t.since("4.4", "ENODEV", GONE_DEVICE)
    s.set(IP, G_LEAVE, group_req(GROUP, 99))


def group_sources(t: Recorder) -> None:
    s = t.udp()
    s.set(IP, G_JOIN_SOURCE, group_source(GROUP, HERE))
    s.set(IP, G_JOIN_SOURCE, group_source(GROUP, HERE))
    s.set(IP, G_LEAVE_SOURCE, group_source(GROUP, "127.0.0.9"))
    s.set(IP, G_LEAVE_SOURCE, group_source(GROUP, HERE))
    s.set(IP, G_BLOCK, group_source(GROUP, HERE))
    s.set(IP, G_JOIN, group_req(GROUP))
    s.set(IP, G_BLOCK, group_source(GROUP, HERE))
    s.set(IP, G_UNBLOCK, group_source(GROUP, HERE))
    s.set(IP, G_UNBLOCK, group_source(GROUP, HERE))
    s.set(IP, G_BLOCK, group_source(GROUP, HERE)[:263])
    s.set(IP, G_JOIN_SOURCE, group_source(OTHER, HERE, 99))


def group_filter(t: Recorder) -> None:
    s = _member(t)
    head = group_req(GROUP) + struct.pack("<II", 1, 1)
    s.set(IP, G_MSFILTER, head + storage(HERE))
    s.set(IP, G_MSFILTER, head)
    s.set(IP, G_MSFILTER, head[:100])
    s.set(IP, G_MSFILTER, group_req(GROUP) + struct.pack("<II", 7, 0))
    s.set(IP, G_MSFILTER, group_req(GROUP) + struct.pack("<II", 0, 0))
    s.set(IP, G_MSFILTER, group_req(GROUP) + struct.pack("<II", 1, 1) + storage(HERE, 10))


def too_many_memberships(t: Recorder) -> None:
    s = t.udp()
    for i in range(20):
        s.sock.setsockopt(IP, JOIN, mreq(f"224.1.5.{i + 1}"))
    s.set(IP, JOIN, mreq("224.1.6.1"))


def too_many_sources(t: Recorder) -> None:
    s = t.udp()
    for i in range(10):
        s.sock.setsockopt(IP, JOIN_SOURCE, source(GROUP, f"127.0.0.{i + 1}"))
    s.set(IP, JOIN_SOURCE, source(GROUP, "127.0.0.77"))


def close_leaves(t: Recorder) -> None:
    s = _member(t)
    s.close()
    again = t.udp()
    again.bind(("", 5001))
    again.set(IP, LEAVE, mreq(GROUP))
