"""listen() and accept(): queues, states, what an accepted socket inherits."""

from __future__ import annotations

import socket
import struct

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
TCP = socket.IPPROTO_TCP

SYN_AT_A_FULL_QUEUE = "a SYN that finds the accept queue full is dropped at once"


def nothing_there(t: Recorder) -> None:
    s = t.listener()
    s.poll()
    s.setblocking(False)
    s.accept()
    s.settimeout(0.05)
    s.accept()


def not_listening(t: Recorder) -> None:
    t.tcp().accept()
    a, _ = t.pair()
    a.accept()
    t.udp().accept()
    u = t.bound()
    u.listen(1)


def listen_without_bind(t: Recorder) -> None:
    s = t.socket()
    s.listen(1)
    s.getsockname()
    c = t.tcp()
    c.connect((HERE, s.port))
    a = s.accept()
    a.getsockname()
    a.getpeername()


def listen_again_changes_backlog(t: Recorder) -> None:
    s = t.listener(5001)
    s.listen(0)
    s.listen(100)
    s.listen(100000)
    s.get(SOL, socket.SO_ACCEPTCONN)


def acceptconn(t: Recorder) -> None:
    s = t.tcp()
    s.get(SOL, socket.SO_ACCEPTCONN)
    s.listen(1)
    s.get(SOL, socket.SO_ACCEPTCONN)
    s.shutdown(socket.SHUT_RD)
    s.get(SOL, socket.SO_ACCEPTCONN)


def listener_calls(t: Recorder) -> None:
    """What a listener cannot do."""
    s = t.listener(5001)
    s.send(b"x")
    s.setblocking(False)
    s.recv(1)
    s.getpeername()
    s.sendto(b"x", (HERE, 5001))
    s.bind((HERE, 5002))
    s.poll()
    s.get(SOL, socket.SO_ERROR)


def poll_tells(t: Recorder) -> None:
    s = t.listener(5001)
    s.poll()
    c = t.tcp()
    c.connect((HERE, 5001))
    s.poll()
    s.accept()
    s.poll()


def order(t: Recorder) -> None:
    s = t.listener(5001)
    for port in (5011, 5012, 5013):
        c = t.tcp()
        c.bind((HERE, port))
        c.connect((HERE, 5001))
    for _ in range(3):
        s.accept()
    s.setblocking(False)
    s.accept()


def aborted_by_close(t: Recorder) -> None:
    """The client came, sent and left before anybody accepted."""
    s = t.listener(5001)
    c = t.tcp()
    c.connect((HERE, 5001))
    c.send(b"bye")
    c.close()
    a = s.accept()
    a.recv(9)
    a.recv(9)
    a.getpeername()


def aborted_by_reset(t: Recorder) -> None:
    s = t.listener(5001)
    c = t.tcp()
    c.connect((HERE, 5001))
    c.set(SOL, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
    s.poll()
    a = s.accept()
    if a is not None:
        a.poll()
        a.getpeername()
        a.recv(9)
        a.recv(9)


def reset_with_data(t: Recorder) -> None:
    s = t.listener(5001)
    c = t.tcp()
    c.connect((HERE, 5001))
    c.send(b"data")
    c.set(SOL, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
    a = s.accept()
    a.poll()
    a.recv(9)
    a.recv(9)
    a.send(b"x")


def inherits(t: Recorder) -> None:
    """Options of the listener that its children have."""
    s = t.tcp()
    s.set(SOL, socket.SO_KEEPALIVE, 1)
    s.set(SOL, socket.SO_OOBINLINE, 1)
    s.set(SOL, socket.SO_LINGER, struct.pack("ii", 1, 7))
    s.set(SOL, socket.SO_RCVLOWAT, 5)
    s.set(SOL, socket.SO_REUSEADDR, 1)
    s.set(SOL, socket.SO_PRIORITY, 3)
    s.set(SOL, socket.SO_RCVBUF, 20000)
    s.set(SOL, socket.SO_SNDBUF, 20000)
    s.set(SOL, socket.SO_RCVTIMEO, struct.pack("qq", 3, 0))
    s.set(TCP, socket.TCP_NODELAY, 1)
    s.set(TCP, socket.TCP_KEEPIDLE, 77)
    s.set(TCP, socket.TCP_KEEPCNT, 4)
    s.set(TCP, socket.TCP_SYNCNT, 3)
    s.set(TCP, socket.TCP_USER_TIMEOUT, 1234)
    s.set(socket.IPPROTO_IP, socket.IP_TOS, 0x10)
    s.set(socket.IPPROTO_IP, socket.IP_TTL, 33)
    s.bind((HERE, 5001))
    s.listen(1)
    c = t.tcp()
    c.connect((HERE, 5001))
    a = s.accept()
    for name in ("KEEPALIVE", "OOBINLINE", "RCVLOWAT", "REUSEADDR", "PRIORITY", "ACCEPTCONN"):
        t.note(name, a.sock.getsockopt(SOL, getattr(socket, "SO_" + name)))
    a.get(SOL, socket.SO_RCVBUF)
    a.get(SOL, socket.SO_SNDBUF)
    a.get(SOL, socket.SO_LINGER, 8)
    a.get(SOL, socket.SO_RCVTIMEO, 16)
    for name in ("NODELAY", "KEEPIDLE", "KEEPCNT", "SYNCNT", "USER_TIMEOUT"):
        t.note(name, a.sock.getsockopt(TCP, getattr(socket, "TCP_" + name)))
    a.get(socket.IPPROTO_IP, socket.IP_TOS)
    a.get(socket.IPPROTO_IP, socket.IP_TTL)
    a.get(SOL, socket.SO_TYPE)
    a.get(SOL, socket.SO_PROTOCOL)
    a.get(SOL, socket.SO_DOMAIN)


def inherits_nothing_of_blocking(t: Recorder) -> None:
    s = t.listener(5001)
    s.setblocking(False)
    t.tcp().connect((HERE, 5001))
    a = s.accept()
    a.gettimeout()


def defer_accept(t: Recorder) -> None:
    s = t.tcp()
    s.set(TCP, socket.TCP_DEFER_ACCEPT, 5)
    s.get(TCP, socket.TCP_DEFER_ACCEPT)
    s.bind((HERE, 5001))
    s.listen(1)
    c = t.tcp()
    c.connect((HERE, 5001))
    t.pause()
    s.poll()
    s.setblocking(False)
    s.accept()
    c.send(b"now")
    t.pause()
    s.poll()
    a = s.accept()
    a.recv(9)


def close_with_children_waiting(t: Recorder) -> None:
    """Connections that nobody accepted are reset when the listener goes."""
    s = t.listener(5001)
    c = t.tcp()
    c.connect((HERE, 5001))
    s.close()
    c.poll()
    c.recv(1)
    c.send(b"x")


def shutdown_of_a_listener(t: Recorder) -> None:
    s = t.listener(5001)
    s.shutdown(socket.SHUT_WR)
    c = t.tcp()
    c.connect((HERE, 5001))
    s.shutdown(socket.SHUT_RD)
    s.poll()
    s.accept()
    c.poll()
    c.recv(1)
    t.tcp().connect((HERE, 5001))
    s.getsockname()
    s.listen(1)
    s.getsockname()
    t.tcp().connect((HERE, 5001))


def shutdown_both_of_a_listener(t: Recorder) -> None:
    s = t.listener(5001)
    s.shutdown(socket.SHUT_RDWR)
    s.poll()
    s.setblocking(False)
    s.accept()
    s.connect((HERE, 9))


def shutdown_wakes_accept(t: Recorder) -> None:
    s = t.listener(5001)

    def stop() -> None:
        t.pause(0.05)
        s.sock.shutdown(socket.SHUT_RDWR)

    thread = t.thread(stop)
    s.accept()
    thread.join()


def backlog_of_zero_takes_one(t: Recorder) -> None:
    s = t.listener(5001, 0)
    one, two = t.tcp(), t.tcp()
    for c in (one, two):
        c.setblocking(False)
        c.connect((HERE, 5001))
        t.pause()
        if c is two:
            t.since("4.10", "s3: OUT|WRNORM", SYN_AT_A_FULL_QUEUE)
        c.poll()
    s.accept()
    s.setblocking(False)
    s.accept()


def data_before_accept(t: Recorder) -> None:
    s = t.listener(5001)
    c = t.tcp()
    c.connect((HERE, 5001))
    c.send(b"early")
    c.shutdown(socket.SHUT_WR)
    a = s.accept()
    a.poll()
    a.recv(9)
    a.recv(9)
    a.send(b"answer")
    c.recv(9)
