"""What descriptors have in common: copies, flags, pipes, splice, and calls on what is no socket."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from typing import Any

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"


def nonblocking_is_of_the_file(t: Recorder) -> None:
    """A copy shares it."""
    s = t.bound(5001)
    copy = t.call("dup", s.sock.dup)
    copy.setblocking(False)
    t.note("original", os.get_blocking(s.fileno()))
    t.call("read", lambda: os.read(s.fileno(), 1))
    os.set_blocking(s.fileno(), True)
    t.note("copy", os.get_blocking(copy.fileno()))


def types_with_flags(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    t.note("flags", fcntl.fcntl(s.fileno(), fcntl.F_GETFL) & os.O_NONBLOCK != 0)
    t.note("type", int(s.sock.type))
    s.accept()
    s.get(socket.SOL_SOCKET, socket.SO_TYPE)
    t.socket(socket.AF_INET, socket.SOCK_STREAM | 0x10)
    t.socket(socket.AF_INET, socket.SOCK_STREAM | 0x100000)


def accept4(t: Recorder) -> None:
    s = t.listener(5001)
    s.setblocking(False)
    for flags in (0, socket.SOCK_NONBLOCK, socket.SOCK_CLOEXEC, 1, 0x10, 0x100000):
        t.tcp().sock.connect_ex((HERE, 5001))
        t.pause(0.005)
        t.accept4(s, flags)
    t.accept4(t.tcp(), 0)
    t.accept4(t.udp(), 0)
    t.accept4(t.tcp(), 7)


def close_on_exec(t: Recorder) -> None:
    s = t.tcp()
    t.note("at first", os.get_inheritable(s.fileno()))
    os.set_inheritable(s.fileno(), True)
    t.note("then", fcntl.fcntl(s.fileno(), fcntl.F_GETFD))
    copy = s.sock.dup()
    t.note("a copy", os.get_inheritable(copy.fileno()))
    copy.close()


def file_flags(t: Recorder) -> None:
    s = t.tcp()
    t.note("getfl", fcntl.fcntl(s.fileno(), fcntl.F_GETFL))
    t.call("setfl", lambda: fcntl.fcntl(s.fileno(), fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND))
    t.note("getfl", fcntl.fcntl(s.fileno(), fcntl.F_GETFL))
    t.call("setfl", lambda: fcntl.fcntl(s.fileno(), fcntl.F_SETFL, 0))
    t.note("getfl", fcntl.fcntl(s.fileno(), fcntl.F_GETFL))
    t.call("unknown", lambda: fcntl.fcntl(s.fileno(), 9999))
    t.call("owner", lambda: fcntl.fcntl(s.fileno(), fcntl.F_GETOWN))


def dup2(t: Recorder) -> None:
    a, b = t.pair()
    spare = t.udp()
    t.call("dup2", lambda: os.dup2(a.fileno(), spare.fileno()) == spare.fileno())
    t.call("write", lambda: os.write(spare.fileno(), b"through the copy"))
    b.recv(99)
    t.call("same", lambda: os.dup2(a.fileno(), a.fileno()) == a.fileno())
    closed = os.dup(a.fileno())
    os.close(closed)
    t.call("closed", lambda: os.dup2(closed, a.fileno()))


def kinds_of_files(t: Recorder) -> None:
    r, w = os.pipe()
    for name, fd in (("socket", t.tcp().fileno()), ("pipe", r)):
        t.note(name, stat.S_IFMT(os.fstat(fd).st_mode))
    t.call("isatty", lambda: os.isatty(r))
    t.call("seek", lambda: os.lseek(r, 0, 0))
    os.close(r)
    os.close(w)


def no_socket(t: Recorder) -> None:
    r, w = os.pipe()
    t.call("a pipe as a socket", lambda: socket.socket(fileno=r))
    os.close(r)
    os.close(w)


def pipes(t: Recorder) -> None:
    r, w = os.pipe()
    os.set_blocking(r, False)
    os.set_blocking(w, False)
    t.call("empty", lambda: os.read(r, 9))
    t.call("write", lambda: os.write(w, b"hello"))
    t.call("read", lambda: os.read(r, 3))
    t.call("rest", lambda: os.read(r, 9))
    t.call("wrong end", lambda: os.read(w, 9))
    t.call("wrong end", lambda: os.write(r, b"x"))
    t.call("much", lambda: os.write(w, b"x" * 100_000))
    t.call("full", lambda: os.write(w, b"x"))
    t.call("all", lambda: len(os.read(r, 1 << 20)))
    os.close(w)
    t.call("end", lambda: os.read(r, 9))
    os.close(r)


def pipe_broken(t: Recorder) -> None:
    r, w = os.pipe()
    os.close(r)
    t.call("write", lambda: os.write(w, b"x"))
    os.close(w)


def splice_from_a_socket(t: Recorder) -> None:
    a, b = t.pair()
    r, w = os.pipe()
    a.send(b"0123456789")
    t.pause()
    t.call("splice", lambda: os.splice(b.fileno(), w, 4))
    t.call("piped", lambda: os.read(r, 99))
    t.call("splice", lambda: os.splice(b.fileno(), w, 99))
    t.call("piped", lambda: os.read(r, 99))
    b.setblocking(False)
    t.call("nothing", lambda: os.splice(b.fileno(), w, 99))
    a.close()
    t.pause()
    t.call("end", lambda: os.splice(b.fileno(), w, 99))
    os.close(r)
    os.close(w)


def splice_to_a_socket(t: Recorder) -> None:
    a, b = t.pair()
    r, w = os.pipe()
    os.write(w, b"0123456789")
    t.call("splice", lambda: os.splice(r, a.fileno(), 4))
    t.call("splice", lambda: os.splice(r, a.fileno(), 99))
    t.pause()
    b.recv(99)
    t.call("empty", lambda: os.splice(r, a.fileno(), 99, flags=os.SPLICE_F_NONBLOCK))
    t.call("two sockets", lambda: os.splice(a.fileno(), b.fileno(), 9))
    t.call("offset", lambda: os.splice(r, a.fileno(), 9, offset_dst=3))
    os.close(w)
    t.call("end", lambda: os.splice(r, a.fileno(), 99))
    os.close(r)


def splice_states(t: Recorder) -> None:
    r, w = os.pipe()
    t.call("fresh", lambda: os.splice(t.tcp().fileno(), w, 9))
    t.call("listening", lambda: os.splice(t.listener().fileno(), w, 9))
    u = t.bound(5001)
    t.udp().sock.sendto(b"x", (HERE, 5001))
    u.setblocking(False)
    t.since("6.5", "EINVAL", "a datagram socket can be spliced from")
    t.call("datagram", lambda: os.splice(u.fileno(), w, 9))
    os.write(w, b"y")
    t.call("to the unconnected", lambda: os.splice(r, t.tcp().fileno(), 9))
    os.close(r)
    os.close(w)


def eventfd(t: Recorder) -> None:
    e = os.eventfd(2, os.EFD_NONBLOCK | os.EFD_SEMAPHORE)
    for _ in range(3):
        t.call("read", lambda: os.eventfd_read(e))
    t.call("write", lambda: os.eventfd_write(e, 0xFFFFFFFFFFFFFFFE))
    t.call("no room", lambda: os.eventfd_write(e, 1))
    t.call("one", lambda: os.read(e, 8))
    t.call("flags", lambda: os.eventfd(0, 0x10))
    os.close(e)


def bad_numbers(t: Recorder) -> None:
    s = t.udp()
    fd = s.fileno()
    s.close()
    calls: tuple[tuple[str, Any], ...] = (
        ("read", lambda: os.read(fd, 1)),
        ("write", lambda: os.write(fd, b"x")),
        ("close", lambda: os.close(fd)),
        ("dup", lambda: os.dup(fd)),
        ("fstat", lambda: os.fstat(fd)),
        ("getfl", lambda: fcntl.fcntl(fd, fcntl.F_GETFL)),
        ("ioctl", lambda: fcntl.ioctl(fd, 0x541B, bytes(4))),
        ("blocking", lambda: os.get_blocking(fd)),
        ("socket", lambda: socket.socket(fileno=fd)),
    )
    for name, call in calls:
        t.call(name, call)
