"""select(), poll() and epoll on every kind of socket and in every state."""

from __future__ import annotations

import os
import select
import socket
import struct
import time

from tests.diff.recorder import Recorder, fill

HERE = "127.0.0.1"
IN, PRI, OUT, ERR, HUP, RDHUP = 1, 2, 4, 8, 16, 0x2000
ET, ONESHOT = 1 << 31, 1 << 30
ALL = IN | PRI | OUT | RDHUP


def fresh_sockets(t: Recorder) -> None:
    t.tcp().poll()
    t.udp().poll()
    t.listener().poll()
    t.bound(5001, socket.SOCK_STREAM).poll()
    a, b = t.pair()
    a.poll()
    b.poll()


def nothing_asked(t: Recorder) -> None:
    """ERR and HUP come unasked."""
    a, b = t.pair()
    a.poll(0)
    b.close()
    a.poll(0)
    a.shutdown(socket.SHUT_WR)
    a.poll(0)
    t.tcp().poll(0)


def readable(t: Recorder) -> None:
    a, b = t.pair()
    b.poll(IN)
    a.send(b"x")
    t.pause()
    b.poll(IN)
    b.poll(IN | OUT)
    b.recv(1)
    b.poll(IN)
    a.shutdown(socket.SHUT_WR)
    t.pause()
    b.poll(IN)
    b.poll(RDHUP)
    b.poll(IN | RDHUP)


def writable(t: Recorder) -> None:
    a, b = t.pair()
    fill(a.sock)
    a.poll()
    b.setblocking(False)
    while True:
        try:
            b.sock.recv(1 << 20)
        except BlockingIOError:
            break
    t.pause(0.3)
    a.poll()


def bad_descriptors(t: Recorder) -> None:
    s = t.udp()
    fd = s.fileno()
    poller = select.poll()
    poller.register(fd, IN)
    s.close()
    t.note("closed", [bits for _, bits in poller.poll(0)])
    t.call("select", lambda: select.select([fd], [], [], 0))


def select_groups(t: Recorder) -> None:
    a, b = t.pair()
    t.select([a, b], [a, b], [a, b])
    a.send(b"x")
    t.pause()
    t.select([a, b], [], [])
    t.select([b], [b], [b])
    a.close()
    t.pause()
    b.recv(9)
    t.select([b], [b], [b])


def select_of_a_refused_one(t: Recorder) -> None:
    s = t.tcp()
    s.setblocking(False)
    s.connect((HERE, 9))
    t.pause()
    t.select([s], [s], [s])


def select_timeout(t: Recorder) -> None:
    s = t.udp()
    start = time.monotonic()
    t.select([s], [], [], 0.05)
    t.took(start, 0.045, 0.4)
    t.select([], [], [], 0)


def poll_timeout(t: Recorder) -> None:
    s = t.bound()
    start = time.monotonic()
    s.poll(IN, 50)
    t.took(start, 0.045, 0.4)


def poll_woken(t: Recorder) -> None:
    a, b = t.pair()

    def later() -> None:
        t.pause(0.05)
        a.sock.send(b"x")

    thread = t.thread(later)
    b.poll(IN, 2000)
    thread.join()


def poll_same_descriptor_twice(t: Recorder) -> None:
    a, _ = t.pair()
    poller = select.poll()
    poller.register(a.fileno(), IN)
    poller.register(a.fileno(), OUT)
    t.note("last mask wins", [bits for _, bits in poller.poll(0)])


def normal_and_band(t: Recorder) -> None:
    a, b = t.pair()
    b.poll(0x40 | 0x80 | 0x100 | 0x200)
    a.send(b"x")
    a.send(b"!", socket.MSG_OOB)
    t.pause()
    b.poll(0x40 | 0x80 | 0x100 | 0x200)
    b.poll(PRI)
    t.udp().poll(0x40 | 0x80 | 0x100 | 0x200)


def epoll_levels(t: Recorder) -> None:
    a, b = t.pair()
    e = t.epoll()
    e.register(b, IN)
    e.poll()
    a.send(b"xy")
    t.pause()
    e.poll()
    e.poll()
    b.recv(1)
    e.poll()
    b.recv(1)
    e.poll()
    e.close()


def epoll_edges(t: Recorder) -> None:
    a, b = t.pair()
    e = t.epoll()
    e.register(b, IN | ET)
    e.poll()
    a.send(b"x")
    t.pause()
    e.poll()
    e.poll()
    a.send(b"y")
    t.pause()
    e.poll()
    b.recv(1)
    e.poll()
    e.modify(b, IN | ET)
    e.poll()
    e.poll()
    e.close()


def epoll_edge_of_a_new_registration(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"x")
    t.pause()
    e = t.epoll()
    e.register(b, IN | OUT | ET)
    e.poll()
    e.poll()
    a.send(b"y")
    t.pause()
    e.poll()
    e.close()


def epoll_oneshot(t: Recorder) -> None:
    a, b = t.pair()
    e = t.epoll()
    e.register(b, IN | ONESHOT)
    a.send(b"x")
    t.pause()
    e.poll()
    e.poll()
    a.send(b"y")
    t.pause()
    e.poll()
    e.modify(b, IN | ONESHOT)
    e.poll()
    e.poll()
    e.close()


def epoll_errors(t: Recorder) -> None:
    a, b = t.pair()
    e = t.epoll()
    e.register(a, IN)
    e.register(a, IN)
    e.unregister(b)
    e.modify(b, IN)
    e.unregister(a)
    e.unregister(a)
    t.call("maxevents 0", lambda: e.epoll.poll(0, 0))
    t.call("bad fd", lambda: e.epoll.register(999999, IN))
    e.close()
    t.call("closed", lambda: e.epoll.poll(0))


def epoll_hangups(t: Recorder) -> None:
    a, b = t.pair()
    e = t.epoll()
    e.register(b, 0)
    e.poll()
    a.shutdown(socket.SHUT_WR)
    t.pause()
    e.poll()
    e.modify(b, RDHUP)
    e.poll()
    b.shutdown(socket.SHUT_WR)
    t.pause()
    e.poll()
    e.modify(b, 0)
    e.poll()
    e.close()


def epoll_reset(t: Recorder) -> None:
    a, b = t.pair()
    e = t.epoll()
    e.register(b, IN | OUT | RDHUP)
    a.set(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    a.close()
    t.pause()
    e.poll()
    e.poll()
    b.recv(1)
    e.poll()
    e.close()


def epoll_forgets_the_closed(t: Recorder) -> None:
    a, b = t.pair()
    e = t.epoll()
    e.register(a, OUT)
    e.poll()
    a.close()
    e.poll()
    e.register(b, OUT)
    e.poll()
    e.close()


def epoll_and_a_copy(t: Recorder) -> None:
    """A copy of the descriptor keeps the registration alive."""
    a, _ = t.pair()
    e = t.epoll()
    e.register(a, OUT)
    copy = a.sock.dup()
    a.close()
    e.poll()
    copy.close()
    e.poll()
    e.close()


def epoll_maxevents(t: Recorder) -> None:
    pairs = [t.pair() for _ in range(3)]
    e = t.epoll()
    for a, _ in pairs:
        e.register(a, OUT)
    t.note("two", len(e.epoll.poll(0, 2)))
    t.note("one", len(e.epoll.poll(0, 1)))
    t.note("all", len(e.epoll.poll(0, 10)))
    e.close()


def epoll_takes_turns(t: Recorder) -> None:
    """With fewer events than ready sockets each has its turn."""
    pairs = [t.pair() for _ in range(3)]
    e = t.epoll()
    for a, _ in pairs:
        e.register(a, OUT)
    for _ in range(6):
        e.poll(0, 1)
    e.close()


def epoll_in_epoll(t: Recorder) -> None:
    a, b = t.pair()
    inner, outer = select.epoll(), select.epoll()
    inner.register(b.fileno(), IN)
    outer.register(inner.fileno(), IN)
    t.note("quiet", len(outer.poll(0)))
    a.send(b"x")
    t.pause()
    t.note("loud", [bits for _, bits in outer.poll(0)])
    t.call("a ring", lambda: inner.register(outer.fileno(), IN))
    t.call("itself", lambda: inner.register(inner.fileno(), IN))
    inner.close()
    outer.close()


def epoll_is_pollable(t: Recorder) -> None:
    a, b = t.pair()
    e = select.epoll()
    e.register(b.fileno(), IN)
    poller = select.poll()
    poller.register(e.fileno(), 0x2FFF)
    t.note("quiet", [bits for _, bits in poller.poll(0)])
    a.send(b"x")
    t.pause()
    t.note("loud", [bits for _, bits in poller.poll(0)])
    e.close()


def epoll_woken(t: Recorder) -> None:
    a, b = t.pair()
    e = t.epoll()
    e.register(b, IN)

    def later() -> None:
        t.pause(0.05)
        a.sock.send(b"x")

    thread = t.thread(later)
    e.poll(2)
    thread.join()
    e.close()


def epoll_timeout(t: Recorder) -> None:
    s = t.bound()
    e = t.epoll()
    e.register(s, IN)
    start = time.monotonic()
    e.poll(0.05)
    t.took(start, 0.045, 0.4)
    e.close()


def epoll_connecting(t: Recorder) -> None:
    t.listener(5001)
    s = t.tcp()
    s.setblocking(False)
    e = t.epoll()
    e.register(s, IN | OUT | ET)
    e.poll()
    s.connect((HERE, 5001))
    t.pause()
    e.poll()
    e.poll()
    e.close()


def epoll_edge_out_after_full(t: Recorder) -> None:
    a, b = t.pair()
    fill(a.sock)
    e = t.epoll()
    e.register(a, OUT | ET)
    e.poll()
    b.setblocking(False)
    while True:
        try:
            b.sock.recv(1 << 20)
        except BlockingIOError:
            break
    t.pause(0.3)
    e.poll()
    e.poll()
    e.close()


def epoll_exclusive_and_unknown_bits(t: Recorder) -> None:
    a, _ = t.pair()
    e = t.epoll()
    e.register(a, OUT | 0x00080000)
    e.poll()
    e.modify(a, OUT | 1 << 29)
    e.close()


def listener_with_edges(t: Recorder) -> None:
    s = t.listener(5001)
    e = t.epoll()
    e.register(s, IN | ET)
    t.tcp().sock.connect((HERE, 5001))
    t.pause()
    e.poll()
    e.poll()
    t.tcp().sock.connect((HERE, 5001))
    t.pause()
    e.poll()
    s.accept()
    s.accept()
    e.poll()
    e.close()


def udp_error_is_readable(t: Recorder) -> None:
    u = t.udp()
    u.connect((HERE, 9))
    e = t.epoll()
    e.register(u, IN)
    u.send(b"x")
    t.pause()
    e.poll()
    t.select([u], [u], [u])
    u.recv(9)
    e.poll()
    e.close()


def pipe_and_eventfd(t: Recorder) -> None:
    r, w = os.pipe()
    poller = select.poll()
    poller.register(r, 0x2FFF)
    poller.register(w, 0x2FFF)
    t.note("empty", [bits for _, bits in poller.poll(0)])
    os.write(w, b"x")
    t.note("full", [bits for _, bits in poller.poll(0)])
    os.close(w)
    poller.unregister(w)
    t.note("writer gone", [bits for _, bits in poller.poll(0)])
    os.read(r, 9)
    t.note("end", [bits for _, bits in poller.poll(0)])
    os.close(r)
    r, w = os.pipe()
    os.close(r)
    poller = select.poll()
    poller.register(w, 0x2FFF)
    t.note("reader gone", [bits for _, bits in poller.poll(0)])
    t.call("write", lambda: os.write(w, b"x"))
    os.close(w)
    e = os.eventfd(0, os.EFD_NONBLOCK)
    poller = select.poll()
    poller.register(e, 0x2FFF)
    t.note("zero", [bits for _, bits in poller.poll(0)])
    t.call("read", lambda: os.eventfd_read(e))
    os.eventfd_write(e, 3)
    t.note("three", [bits for _, bits in poller.poll(0)])
    t.call("read", lambda: os.eventfd_read(e))
    t.call("too much", lambda: os.write(e, b"\xff" * 8))
    t.call("too short", lambda: os.write(e, b"\1"))
    t.call("short read", lambda: os.read(e, 4))
    os.close(e)
