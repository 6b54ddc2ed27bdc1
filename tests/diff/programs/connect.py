"""connect(): refused, in progress, done, again; and what the socket says of itself meanwhile."""

from __future__ import annotations

import socket
import struct

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
TENTH = struct.pack("qq", 0, 100_000)  # struct timeval


def _full_listener(t: Recorder) -> None:
    """Port 5001 with its accept queue full, and two young requests: a further SYN is dropped."""
    t.listener(5001, 0)
    for _ in range(3):
        c = t.tcp()
        c.sock.setblocking(False)
        c.sock.connect_ex((HERE, 5001))
        t.pause()


def refused(t: Recorder) -> None:
    s = t.socket()
    s.connect((HERE, 9))
    s.get(socket.SOL_SOCKET, socket.SO_ERROR)
    s.poll()
    s.getpeername()
    s.send(b"x")
    s.recv(1)


def refused_then_accepted(t: Recorder) -> None:
    s = t.tcp()
    s.connect((HERE, 5001))
    listener = t.listener(5001)
    s.connect((HERE, 5001))
    s.getpeername()
    listener.accept()


def refused_keeps_the_port(t: Recorder) -> None:
    s = t.tcp()
    s.bind((HERE, 5001))
    s.connect((HERE, 9))
    s.getsockname()
    s.connect((HERE, 9))
    s.getsockname()


def refused_without_a_bind(t: Recorder) -> None:
    s = t.tcp()
    s.getsockname()
    s.connect((HERE, 9))
    s.getsockname()
    s.bind((HERE, 5002))
    s.getsockname()


def nonblocking_refused(t: Recorder) -> None:
    s = t.tcp()
    s.setblocking(False)
    s.connect((HERE, 9))
    t.pause()
    s.poll()
    s.get(socket.SOL_SOCKET, socket.SO_ERROR)
    s.get(socket.SOL_SOCKET, socket.SO_ERROR)
    s.poll()


def nonblocking_refused_then_connect_tells(t: Recorder) -> None:
    s = t.tcp()
    s.setblocking(False)
    s.connect((HERE, 9))
    t.pause()
    s.connect((HERE, 9))
    s.connect((HERE, 9))
    t.pause()
    s.recv(1)
    s.recv(1)
    s.send(b"x")


def nonblocking_refused_then_recv_tells(t: Recorder) -> None:
    s = t.tcp()
    s.setblocking(False)
    s.connect((HERE, 9))
    t.pause()
    s.recv(1)
    s.recv(1)
    s.get(socket.SOL_SOCKET, socket.SO_ERROR)


def nonblocking_refused_then_send_tells(t: Recorder) -> None:
    s = t.tcp()
    s.setblocking(False)
    s.connect((HERE, 9))
    t.pause()
    s.send(b"x")
    s.send(b"x")


def nonblocking(t: Recorder) -> None:
    listener = t.listener(5001)
    s = t.tcp()
    s.setblocking(False)
    s.poll()
    s.connect((HERE, 5001))
    t.pause()
    s.poll()
    s.connect((HERE, 5001))
    s.connect((HERE, 5001))
    s.get(socket.SOL_SOCKET, socket.SO_ERROR)
    listener.accept()
    s.connect((HERE, 5001))


def connect_ex_codes(t: Recorder) -> None:
    t.listener(5001)
    s = t.tcp()
    s.connect_ex((HERE, 9))
    s.connect_ex((HERE, 5001))
    s.connect_ex((HERE, 5001))
    s.connect_ex((HERE, 9))


def twice(t: Recorder) -> None:
    a, _ = t.pair()
    a.connect((HERE, 9))
    a.connect(a.sock.getpeername())


def the_accepted_end(t: Recorder) -> None:
    _, b = t.pair()
    b.connect((HERE, 9))


def a_listener(t: Recorder) -> None:
    s = t.listener(5001)
    s.connect((HERE, 9))
    s.connect((HERE, 5001))


def port_zero(t: Recorder) -> None:
    s = t.tcp()
    s.connect((HERE, 0))
    u = t.udp()
    u.connect((HERE, 0))
    u.getpeername()
    u.send(b"x")


def any_address_is_this_host(t: Recorder) -> None:
    listener = t.listener(5001)
    s = t.tcp()
    s.connect(("0.0.0.0", 5001))
    s.getpeername()
    s.getsockname()
    listener.accept()


def whole_of_127(t: Recorder) -> None:
    listener = t.socket()
    listener.bind(("0.0.0.0", 5001))
    listener.listen(1)
    s = t.tcp()
    s.connect(("127.1.2.3", 5001))
    s.getpeername()
    s.getsockname()
    c = listener.accept()
    c.getsockname()
    c.getpeername()


def broadcast_and_multicast(t: Recorder) -> None:
    t.tcp().connect(("255.255.255.255", 5001))
    t.tcp().connect(("224.0.0.1", 5001))
    t.tcp().connect(("127.255.255.255", 5001))
    u = t.udp()
    u.connect(("255.255.255.255", 5001))
    u.connect(("127.255.255.255", 5001))
    u.set(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    u.connect(("127.255.255.255", 5001))


def unreachable(t: Recorder) -> None:
    t.tcp().connect(("192.0.2.1", 5001))
    u = t.udp()
    u.connect(("192.0.2.1", 5001))
    u.sendto(b"x", ("192.0.2.1", 5001))
    u.getsockname()


def to_itself(t: Recorder) -> None:
    """A socket that connects to its own address meets itself: simultaneous open."""
    s = t.tcp()
    s.bind((HERE, 5001))
    s.connect((HERE, 5001))
    s.getpeername()
    s.send(b"me")
    s.recv(9)
    s.shutdown(socket.SHUT_WR)
    s.recv(9)


def to_itself_of_another_family(t: Recorder) -> None:
    s = t.tcp()
    t.call("connect a path", s.sock.connect, "/no/tuple")


def bound_first(t: Recorder) -> None:
    listener = t.listener(5001)
    s = t.tcp()
    s.bind(("127.0.0.2", 5009))
    s.connect((HERE, 5001))
    s.getsockname()
    c = listener.accept()
    c.getpeername()


def same_four_numbers(t: Recorder) -> None:
    """The connection exists already: another socket cannot have it."""
    t.listener(5001)
    a, b = t.tcp(), t.tcp()
    for s in (a, b):
        s.set(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((HERE, 5009))
    a.connect((HERE, 5001))
    b.connect((HERE, 5001))
    b.connect((HERE, 5001))


def timeout_while_the_queue_is_full(t: Recorder) -> None:
    """With the accept queue full a further SYN gets no answer."""
    _full_listener(t)
    s = t.tcp()
    s.settimeout(0.2)
    s.connect((HERE, 5001))
    s.poll()


def sndtimeo_limits_connect(t: Recorder) -> None:
    _full_listener(t)
    s = t.tcp()
    s.set(socket.SOL_SOCKET, socket.SO_SNDTIMEO, TENTH)
    s.connect((HERE, 5001))
    s.connect((HERE, 5001))


def in_progress_states(t: Recorder) -> None:
    """A connection under way: every call on it."""
    _full_listener(t)
    s = t.tcp()
    s.setblocking(False)
    s.connect((HERE, 5001))
    s.connect((HERE, 5001))
    s.getpeername()
    s.getsockname()
    s.send(b"x")
    s.recv(1)
    s.listen(1)
    s.bind((HERE, 5002))
    s.poll()
    s.get(socket.SOL_SOCKET, socket.SO_ERROR)
    s.shutdown(socket.SHUT_WR)
    s.poll()
    s.connect((HERE, 5001))


def shutdown_in_progress(t: Recorder) -> None:
    _full_listener(t)
    for how in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
        s = t.tcp()
        s.setblocking(False)
        s.connect((HERE, 5001))
        s.shutdown(how)
        s.poll()
        s.recv(1)
        s.send(b"x")
        s.get(socket.SOL_SOCKET, socket.SO_ERROR)


def listen_after_connect(t: Recorder) -> None:
    a, b = t.pair()
    a.listen(1)
    b.listen(1)


def connected_udp_and_back(t: Recorder) -> None:
    server = t.bound(5001)
    u = t.udp()
    u.connect((HERE, 5001))
    u.getpeername()
    u.send(b"one")
    server.recvfrom(9)
    u.connect(("127.0.0.1", 9))
    u.getpeername()
    u.connect((HERE, 5001))
    u.send(b"two")
    server.recvfrom(9)
