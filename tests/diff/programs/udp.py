"""Datagrams: connecting and leaving, sizes, truncation, errors that come back."""

from __future__ import annotations

import socket
import struct
import time

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
TRUNC, PEEK, DONTWAIT = socket.MSG_TRUNC, socket.MSG_PEEK, socket.MSG_DONTWAIT


def round_trip(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    u.sendto(b"hello", (HERE, 5001))
    _, peer = s.recvfrom(99)
    s.sendto(b"you too", peer)
    u.recvfrom(99)


def empty_datagram(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    u.sendto(b"", (HERE, 5001))
    s.poll()
    s.recvfrom(9)
    s.poll()


def cut_short(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    for _ in range(5):
        u.sock.sendto(b"0123456789", (HERE, 5001))
    s.recv(4)
    s.recvmsg(4)
    t.note("whole length", len(s.sock.recv(4, TRUNC)))
    s.recv(0)
    s.recvmsg(0)
    s.setblocking(False)
    s.recv(4)


def peek(t: Recorder) -> None:
    s = t.bound(5001)
    t.udp().sock.sendto(b"0123456789", (HERE, 5001))
    s.recv(4, PEEK)
    s.recvmsg(4, 0, PEEK)
    s.recv_into(bytearray(4), 4, PEEK | TRUNC)
    s.recv(99)
    s.recv(99, PEEK | DONTWAIT)


def unconnected(t: Recorder) -> None:
    u = t.udp()
    u.send(b"x")
    u.getpeername()
    u.getsockname()
    u.setblocking(False)
    u.recv(9)
    u.poll()
    u.getsockname()


def port_unreachable_when_connected(t: Recorder) -> None:
    u = t.udp()
    u.connect((HERE, 9))
    u.send(b"x")
    u.poll()
    u.get(SOL, socket.SO_ERROR)
    u.get(SOL, socket.SO_ERROR)
    u.send(b"y")
    u.send(b"z")
    u.send(b"z")
    u.recv(9)
    u.setblocking(False)
    u.recv(9)


def port_unreachable_when_not(t: Recorder) -> None:
    u = t.udp()
    u.sendto(b"x", (HERE, 9))
    u.poll()
    u.get(SOL, socket.SO_ERROR)
    u.sendto(b"x", (HERE, 9))


def recverr_unconnected(t: Recorder) -> None:
    u = t.udp()
    u.bind((HERE, 5003))
    u.set(socket.IPPROTO_IP, 11, 1)
    u.sendto(b"payload", (HERE, 9))
    u.poll()
    u.sendto(b"more", (HERE, 9))
    u.recvmsg(99, 200, socket.MSG_ERRQUEUE)
    u.poll()
    u.recvmsg(99, 200, socket.MSG_ERRQUEUE)
    u.recvmsg(99, 200, socket.MSG_ERRQUEUE)
    u.get(SOL, socket.SO_ERROR)


def recverr_connected(t: Recorder) -> None:
    u = t.udp()
    u.set(socket.IPPROTO_IP, 11, 1)
    u.connect((HERE, 9))
    u.send(b"payload")
    u.poll()
    u.recv(9)
    u.recvmsg(3, 200, socket.MSG_ERRQUEUE)
    u.poll()
    u.recvmsg(99, 200, socket.MSG_ERRQUEUE)
    u.send(b"again")
    u.set(socket.IPPROTO_IP, 11, 0)
    u.recvmsg(99, 200, socket.MSG_ERRQUEUE)


def recverr_control_too_small(t: Recorder) -> None:
    u = t.udp()
    u.set(socket.IPPROTO_IP, 11, 1)
    u.connect((HERE, 9))
    u.send(b"payload")
    u.recvmsg(99, 20, socket.MSG_ERRQUEUE)
    u.send(b"payload")
    u.send(b"payload")
    u.recvmsg(99, 0, socket.MSG_ERRQUEUE)


def errqueue_never_waits(t: Recorder) -> None:
    u = t.bound(5001)
    u.recvmsg(99, 99, socket.MSG_ERRQUEUE)
    a, _ = t.pair()
    a.setblocking(False)
    a.recvmsg(99, 99, socket.MSG_ERRQUEUE)


def too_long(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    u.sendto(b"x" * 65508, (HERE, 5001))
    u.sendto(b"x" * 65507, (HERE, 5001))
    s.recv(70000)
    u.sendto(b"x" * 100000, (HERE, 5001))


def too_long_and_recverr(t: Recorder) -> None:
    u = t.udp()
    u.set(socket.IPPROTO_IP, 11, 1)
    u.sendto(b"x" * 65508, (HERE, 5001))
    t.note("what went wrong", u.sock.recvmsg(9, 100, socket.MSG_ERRQUEUE)[1][0][2][:8])


def port_zero(t: Recorder) -> None:
    u = t.udp()
    u.sendto(b"x", (HERE, 0))
    u.connect((HERE, 0))
    u.send(b"x")


def broadcast_needs_permission(t: Recorder) -> None:
    u = t.udp()
    u.sendto(b"x", ("127.255.255.255", 5001))
    u.sendto(b"x", ("255.255.255.255", 5001))
    u.set(SOL, socket.SO_BROADCAST, 1)
    u.sendto(b"x", ("127.255.255.255", 5001))
    u.get(SOL, socket.SO_BROADCAST)


def connected_hears_only_its_peer(t: Recorder) -> None:
    a, b, c = t.bound(5001), t.bound(5002), t.bound(5003)
    a.connect((HERE, 5002))
    c.sendto(b"from c", (HERE, 5001))
    b.sendto(b"from b", (HERE, 5001))
    a.recvfrom(99)
    a.poll()
    c.poll()
    c.setblocking(False)
    c.recv(9)


def sendto_elsewhere_when_connected(t: Recorder) -> None:
    b, c = t.bound(5002), t.bound(5003)
    a = t.udp()
    a.connect((HERE, 5002))
    a.sendto(b"to c", (HERE, 5003))
    c.recv(99)
    b.poll()
    a.getpeername()


def connect_sets_the_local_address(t: Recorder) -> None:
    u = t.udp()
    u.getsockname()
    u.connect((HERE, 5002))
    u.getsockname()
    t.disconnect(u)
    u.getsockname()
    u.getpeername()
    u.send(b"x")


def disconnect_keeps_a_bound_port(t: Recorder) -> None:
    u = t.bound(5001)
    u.connect((HERE, 5002))
    t.disconnect(u)
    u.getsockname()
    u.getpeername()
    t.udp().sock.sendto(b"anybody", (HERE, 5001))
    u.recv(99)


def datagrams_stay_apart(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    for data in (b"a", b"bb", b"ccc"):
        u.sock.sendto(data, (HERE, 5001))
    s.recv(99)
    s.recv(99)
    s.recv(99)


def receive_buffer_overflows(t: Recorder) -> None:
    """What does not fit is lost, the rest stays in order."""
    s = t.bound(5001)
    s.set(SOL, socket.SO_RCVBUF, 0)
    u = t.udp()
    for i in range(50):
        u.sock.sendto(bytes([i]) * 1000, (HERE, 5001))
    s.setblocking(False)
    s.recv(1)
    for _ in range(50):
        try:
            s.sock.recv(2000)
        except BlockingIOError:
            break
    u.sendto(b"fits again", (HERE, 5001))
    s.recv(99)


def cork(t: Recorder) -> None:
    """UDP_CORK and MSG_MORE: one datagram of several writes."""
    s = t.bound(5001)
    u = t.udp()
    u.connect((HERE, 5001))
    u.send(b"one ", socket.MSG_MORE)
    u.send(b"two ", socket.MSG_MORE)
    s.poll()
    u.send(b"three")
    s.recv(99)
    u.set(socket.IPPROTO_UDP, 1, 1)
    u.get(socket.IPPROTO_UDP, 1)
    u.send(b"four ")
    u.send(b"five")
    s.poll()
    u.set(socket.IPPROTO_UDP, 1, 0)
    s.recv(99)


def cork_address_change(t: Recorder) -> None:
    s, r = t.bound(5001), t.bound(5002)
    u = t.udp()
    u.sendto(b"one ", socket.MSG_MORE, (HERE, 5001))
    u.sendto(b"two", (HERE, 5002))
    s.poll()
    r.poll()
    s.recv(9)


def udp_options(t: Recorder) -> None:
    u = t.udp()
    u.get(socket.IPPROTO_UDP, 1)
    u.get(socket.IPPROTO_UDP, 100)
    u.get(socket.IPPROTO_UDP, 99)
    u.set(socket.IPPROTO_UDP, 99, 1)
    u.set(socket.IPPROTO_UDP, 100, 1)
    u.set(socket.IPPROTO_UDP, 100, 77)
    u.set(socket.IPPROTO_UDP, 1, b"x")
    u.get(socket.IPPROTO_TCP, 1)
    u.set(socket.IPPROTO_TCP, 1, 1)
    u.set(12345, 1, 1)
    u.get(12345, 1)


def oob_flag(t: Recorder) -> None:
    u = t.bound(5001)
    u.sendto(b"x", socket.MSG_OOB, (HERE, 5001))
    u.setblocking(False)
    u.recv(1, socket.MSG_OOB)


def recv_timeout(t: Recorder) -> None:
    u = t.bound(5001)
    u.settimeout(0.05)
    u.recv(9)
    u.recvfrom(9)
    u.recvmsg(9)
    u.recv_into(bytearray(9))


def kernel_timeout(t: Recorder) -> None:
    u = t.bound(5001)
    u.set(SOL, socket.SO_RCVTIMEO, struct.pack("qq", 0, 50_000))
    start = time.monotonic()
    u.recv(9)
    t.took(start, 0.04, 0.3)


def connect_to_itself(t: Recorder) -> None:
    u = t.bound(5001)
    u.connect((HERE, 5001))
    u.send(b"me")
    u.recvfrom(9)


def inq_and_outq(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    t.ioctl_int(s, 0x541B)
    for size in (10, 20):
        u.sock.sendto(b"x" * size, (HERE, 5001))
    t.ioctl_int(s, 0x541B)
    s.recv(99)
    t.ioctl_int(s, 0x541B)
    t.ioctl_int(u, 0x5411)
