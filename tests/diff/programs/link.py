"""Beyond lo: an Ethernet link with 10.9.0.1/24, and nobody at its other end."""

from __future__ import annotations

import socket
import struct
import time

from tests.diff.recorder import Recorder

US, NOBODY = "10.9.0.1", "10.9.0.77"
LOWEST = "the lowest address of a network is an ordinary one; before, a broadcast address"
NOT_OURS = "no route from a source address that is not ours: ENETUNREACH"
IP, SOL = socket.IPPROTO_IP, socket.SOL_SOCKET
MTU_DISCOVER, RECVERR, MTU, MC_IF, MC_TTL, MC_LOOP, JOIN = 10, 11, 14, 32, 33, 34, 35


def source_addresses(t: Recorder) -> None:
    t.unlike.add_link()
    for address in ("10.9.0.77", "10.9.0.1", "127.0.0.1", "192.0.2.1", "10.9.0.255"):
        u = t.udp()
        u.connect((address, 5001))
        u.getsockname()
    t.since("5.14", "EACCES", LOWEST)
    t.udp().connect(("10.9.0.0", 5001))


def nobody_answers_a_datagram(t: Recorder) -> None:
    """Three questions of ARP, a second each; a connected socket hears of hard errors only."""
    t.unlike.add_link()
    u = t.udp()
    u.connect((NOBODY, 5001))
    u.send(b"x")
    u.poll()
    start = time.monotonic()
    u.poll(1, 3500)
    t.took(start, 3.4, 4.2)
    u.setblocking(False)
    u.recv(9)


def nobody_answers_a_connection(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.tcp()
    start = time.monotonic()
    s.connect((NOBODY, 5001))
    t.took(start, 2.9, 4.2)
    s.connect((US, 9))


def error_queue_of_an_unreachable_host(t: Recorder) -> None:
    t.unlike.add_link()
    u = t.udp()
    u.bind((US, 5003))
    u.set(IP, RECVERR, 1)
    u.sendto(b"payload", (NOBODY, 5001))
    u.poll(1, 5000)
    u.recvmsg(99, 200, socket.MSG_ERRQUEUE)


def no_route(t: Recorder) -> None:
    t.unlike.add_link()
    u = t.udp()
    u.sendto(b"x", ("192.0.2.1", 5001))
    u.connect(("192.0.2.1", 5001))
    t.tcp().connect(("192.0.2.1", 5001))
    u.set(SOL, socket.SO_BINDTODEVICE, b"veth0")
    u.connect(("192.0.2.1", 5001))
    u.getsockname()


def default_route(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.udp()
    route = bytes(8) + b"".join(
        struct.pack("<HH", 2, 0) + socket.inet_aton(a) + bytes(8)
        for a in ("0.0.0.0", "10.9.0.254", "0.0.0.0")
    )
    t.ioctl(s, 0x890B, (route + struct.pack("<H", 3)).ljust(120, b"\0"))
    t.ioctl(s, 0x890B, (route + struct.pack("<H", 3)).ljust(120, b"\0"))
    u = t.udp()
    u.connect(("192.0.2.1", 5001))
    u.getsockname()
    u.send(b"x")
    u.set(SOL, socket.SO_DONTROUTE, 1)
    u.connect(("192.0.2.1", 5001))


def broadcasts(t: Recorder) -> None:
    t.unlike.add_link()
    u = t.udp()
    u.sendto(b"x", ("10.9.0.255", 5001))
    u.sendto(b"x", ("255.255.255.255", 5001))
    u.set(SOL, socket.SO_BROADCAST, 1)
    u.sendto(b"x", ("10.9.0.255", 5001))
    u.sendto(b"x", ("255.255.255.255", 5001))
    u.set(SOL, socket.SO_BINDTODEVICE, b"veth0")
    u.sendto(b"x", ("255.255.255.255", 5001))
    u.connect(("10.9.0.255", 5001))
    t.tcp().connect(("10.9.0.255", 5001))


def own_broadcasts_are_heard(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.udp()
    s.bind(("", 5001))
    u = t.udp()
    u.set(SOL, socket.SO_BROADCAST, 1)
    u.sendto(b"to all", ("10.9.0.255", 5001))
    s.setblocking(False)
    s.recvfrom(9)
    b = t.udp()
    b.bind(("10.9.0.255", 5002))
    u.sendto(b"to all", ("10.9.0.255", 5002))
    b.setblocking(False)
    b.recvfrom(9)


def binds(t: Recorder) -> None:
    t.unlike.add_link()
    for address in (US, NOBODY, "10.9.0.255"):
        t.tcp().bind((address, 5001))
        t.udp().bind((address, 5001))
    for s in (t.tcp(), t.udp()):
        t.since("5.14", "None", LOWEST)
        s.bind(("10.9.0.0", 5001))


def device_of_a_socket(t: Recorder) -> None:
    """Bound to a device it hears only what came in there."""
    t.unlike.add_link()
    on_link, on_lo = t.udp(), t.udp()
    on_link.set(SOL, socket.SO_BINDTODEVICE, b"veth0")
    on_lo.set(SOL, socket.SO_BINDTODEVICE, b"lo")
    on_link.bind((US, 5001))
    on_lo.bind((US, 5001))
    t.udp().sendto(b"x", (US, 5001))
    t.since("4.13", "s2: IN", "what we send to ourselves comes in by the address's device, not lo")
    t.poll([(on_link, 1), (on_lo, 1)])
    on_link.sendto(b"y", ("127.0.0.1", 5001))
    on_lo.sendto(b"y", (NOBODY, 5001))


def multicast(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.udp()
    s.bind(("", 5001))
    group = socket.inet_aton("224.1.2.3")
    s.set(IP, JOIN, group + socket.inet_aton(US))
    u = t.udp()
    u.sendto(b"no route", ("224.1.2.3", 5001))
    u.set(IP, MC_IF, socket.inet_aton(US))
    u.sendto(b"looped", ("224.1.2.3", 5001))
    u.getsockname()
    s.set(IP, 8, 1)
    s.setblocking(False)
    t.note("heard", s.sock.recvmsg(99, 99)[0])
    u.set(IP, MC_LOOP, 0)
    u.sendto(b"silent", ("224.1.2.3", 5001))
    s.recv(99)
    u.set(IP, MC_LOOP, 1)
    u.set(IP, MC_TTL, 0)
    u.sendto(b"host only", ("224.1.2.3", 5001))
    s.recv(99)
    t.ioctl(s, 0x8933, b"veth0".ljust(40, b"\0")[:40])
    s.set(IP, 36, group + socket.inet_aton(US))
    u.sendto(b"left", ("224.1.2.3", 5001))
    s.recv(99)


def multicast_all_hosts(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.udp()
    s.bind(("", 5001))
    u = t.udp()
    u.set(IP, MC_IF, socket.inet_aton(US))
    u.sendto(b"all", ("224.0.0.1", 5001))
    s.setblocking(False)
    s.recv(99)


def path_mtu(t: Recorder) -> None:
    t.unlike.add_link()
    u = t.udp()
    u.connect((NOBODY, 5001))
    u.get(IP, MTU)
    u.get(IP, MTU_DISCOVER)
    u.send(b"x" * 1472)
    u.send(b"x" * 1473)
    u.set(IP, MTU_DISCOVER, 2)
    u.send(b"x" * 1472)
    u.send(b"x" * 1473)
    u.set(IP, MTU_DISCOVER, 3)
    u.send(b"x" * 1473)
    u.set(IP, MTU_DISCOVER, 0)
    u.send(b"x" * 5000)


def local_error_of_a_long_datagram(t: Recorder) -> None:
    t.unlike.add_link()
    u = t.udp()
    u.set(IP, RECVERR, 1)
    u.set(IP, MTU_DISCOVER, 2)
    u.sendto(b"x" * 3000, (NOBODY, 5001))
    _, control, _, name = u.sock.recvmsg(99, 200, socket.MSG_ERRQUEUE)
    t.since("3.14", "2", "a datagram that may not be cut is refused before it is sent")
    t.note("origin", control[0][2][4])
    t.note("the rest", (control[0][:2], control[0][2][:4], control[0][2][8:12], name[0]))
    u.poll()


def mtu_of_a_device(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.udp()
    for mtu in (1000, 67, 68, 65535, 65536, 0):
        t.ioctl(s, 0x8922, b"veth0".ljust(16, b"\0") + struct.pack("i20x", mtu))
    t.ioctl(s, 0x8922, b"veth0".ljust(16, b"\0") + struct.pack("i20x", 900))
    u = t.udp()
    u.connect((NOBODY, 5001))
    u.get(IP, MTU)


def device_facts(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.udp()
    name = b"veth0".ljust(40, b"\0")
    for request in (0x8913, 0x8915, 0x8919, 0x891B, 0x8917, 0x8921, 0x891D):
        t.ioctl(s, request, name)


def device_down(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.udp()
    u = t.udp()
    u.connect((NOBODY, 5001))
    t.ioctl(s, 0x8914, b"veth0".ljust(16, b"\0") + struct.pack("H22x", 0))
    u.send(b"x")
    t.udp().connect((NOBODY, 5001))
    t.tcp().connect((NOBODY, 5001))
    t.udp().bind((US, 5001))
    t.ioctl(s, 0x8914, b"veth0".ljust(16, b"\0") + struct.pack("H22x", 1))
    u.send(b"x")


def address_taken_away(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.bound(5005)
    u = t.udp()
    u.bind((US, 5001))
    t.ioctl(s, 0x8916, b"veth0".ljust(16, b"\0") + struct.pack("<HH4s16x", 2, 0, bytes(4)))
    t.ioctl(s, 0x8915, b"veth0".ljust(40, b"\0"))
    u.getsockname()
    t.since("5.10", "EINVAL", NOT_OURS)
    u.sendto(b"x", ("127.0.0.1", 5005))
    t.since("5.10", "EINVAL", NOT_OURS)
    u.sendto(b"x", (NOBODY, 5001))
    t.udp().bind((US, 5002))


def to_ourselves(t: Recorder) -> None:
    t.unlike.add_link()
    listener = t.tcp()
    listener.bind((US, 5001))
    listener.listen(1)
    c = t.tcp()
    c.connect((US, 5001))
    c.getsockname()
    a = listener.accept()
    a.getpeername()
    c.send(b"x")
    a.recv(9)
    t.tcp().connect(("127.0.0.1", 5001))


def loopback_does_not_leave(t: Recorder) -> None:
    t.unlike.add_link()
    u = t.udp()
    u.bind(("127.0.0.1", 5003))
    u.sendto(b"x", (NOBODY, 5001))
    u.connect((NOBODY, 5001))
    s = t.tcp()
    s.bind(("127.0.0.1", 5004))
    s.settimeout(0.1)
    s.connect((NOBODY, 5001))


def raw_broadcast(t: Recorder) -> None:
    t.unlike.add_link()
    s = t.socket(socket.AF_INET, socket.SOCK_RAW, 99)
    s.sendto(b"x", ("10.9.0.255", 0))
    s.set(SOL, socket.SO_BROADCAST, 1)
    s.sendto(b"x", ("10.9.0.255", 0))
    s.sendto(b"x" * 3000, (NOBODY, 0))
    s.set(IP, MTU_DISCOVER, 2)
    s.sendto(b"x" * 3000, (NOBODY, 0))
    h = t.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    h.sendto(b"E" + bytes(3000), (NOBODY, 0))
