"""Files in messages that nobody can receive any more are closed."""

from __future__ import annotations

import array
import os
import socket
from typing import Any

import pytest

from softnet.structs.unix_sock import unix_net
from tests.kit.unix import pair, unix
from tests.net.unix.conftest import ON_KERNEL

S, D, Q = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
each_type = pytest.mark.parametrize("kind", [S, D, Q])


def send(s: socket.socket, *fds: int) -> None:
    """A message with descriptors in it."""
    s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])


def collect() -> None:
    """The collector runs when a UNIX socket is closed for good."""
    for s in pair(D):
        s.close()


def closed(r: int, *, now: bool = True) -> bool:
    """Is the pipe's other end gone? A later kernel's collector runs in its own time."""
    os.set_blocking(r, ON_KERNEL and now)
    try:
        return os.read(r, 1) == b""
    except BlockingIOError:
        return False


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest, net: Any) -> Any:
    """No file may be in flight when all programs are gone."""
    yield
    if not ON_KERNEL:
        unx = unix_net(net.hosts["h1"].net)
        assert unx.host.tot_inflight == 0
        assert list(unx.host.gc_inflight) == []
        assert list(unx.sockets) == []


@each_type
def test_a_socket_in_its_own_queue(net: Any, kind: int) -> None:
    def program() -> bool:
        a, b = pair(kind)
        r, w = os.pipe()
        send(a, b.fileno(), w)  # b, and the pipe, wait in b's own queue
        os.close(w)
        held = closed(r, now=False)
        a.close()
        b.close()
        collect()
        gone = closed(r)
        os.close(r)
        return not held and gone

    assert net.run(program)


@each_type
def test_two_sockets_in_each_others_queues(net: Any, kind: int) -> None:
    def program() -> bool:
        a, b = pair(kind)
        c, d = pair(kind)
        r, w = os.pipe()
        send(a, c.fileno(), d.fileno(), w)  # in b's queue
        send(c, a.fileno(), b.fileno())  # in d's
        os.close(w)
        for s in (a, b, c):
            s.close()
        held = closed(r, now=False)  # d is open: from it all can be reached
        d.close()
        collect()
        gone = closed(r)
        os.close(r)
        return not held and gone

    assert net.run(program)


def test_what_can_be_reached_is_left_alone(net: Any) -> None:
    def program() -> Any:
        a, b = pair(D)
        c, d = pair(D)
        send(a, d.fileno())  # d travels to b, and is closed
        c.send(b"for d")
        send(c, c.fileno())  # in d's queue
        d.close()
        x, y = pair(D)
        send(x, y.fileno())
        x.close()
        y.close()  # garbage
        collect()
        _, fds, _, _ = socket.recv_fds(b, 9, 4)
        with socket.socket(fileno=fds[0]) as d2:
            got = d2.recv(9)
            _, more, _, _ = socket.recv_fds(d2, 9, 4)
        with socket.socket(fileno=more[0]) as c2:
            same = c2.getsockname() == c.getsockname()
        for s in (a, b, c):
            s.close()
        return got, same

    assert net.run(program) == (b"for d", True)


def test_garbage_that_refers_to_what_is_alive(net: Any) -> None:
    def program() -> Any:
        a, b = pair(D)
        c, d = pair(D)
        send(a, b.fileno(), d.fileno())  # b's queue: b itself, and d
        send(c, d.fileno())  # d's queue: d itself; but d is also open here
        a.close()
        b.close()
        collect()
        c.send(b"alive")
        _, fds, _, _ = socket.recv_fds(d, 9, 4)
        for fd in fds:
            os.close(fd)
        got = d.recv(9)
        c.close()
        d.close()
        return len(fds), got

    assert net.run(program) == (1, b"alive")


def test_a_connection_that_nobody_accepts(net: Any) -> None:
    def program() -> bool:
        r, w = os.pipe()
        with unix(S) as listener, unix(S) as c:
            listener.bind(b"\0softnet.gc")
            listener.listen()
            c.connect(b"\0softnet.gc")
            send(c, listener.fileno(), c.fileno(), w)
            os.close(w)
            held = closed(r, now=False)
        collect()
        gone = closed(r)
        os.close(r)
        return not held and gone

    assert net.run(program)
