"""SOCK_STREAM: bytes, ends, errors; connections and their backlog."""

from __future__ import annotations

import errno
import fcntl
import select
import socket
import struct
import termios
import threading
import time
from typing import Any

import pytest

from tests.kit.unix import error, once, pair, unix
from tests.net.unix.conftest import ON_KERNEL, only_softnet

S, Q = socket.SOCK_STREAM, socket.SOCK_SEQPACKET
NAME = b"\0softnet.stream"
connections = pytest.mark.parametrize("kind", [S, Q])


def queued(s: socket.socket, request: int) -> int:
    """SIOCINQ or SIOCOUTQ."""
    answer: int = struct.unpack("i", fcntl.ioctl(s.fileno(), request, bytes(4)))[0]
    return answer


def later(seconds: float, fn: Any, *args: Any) -> threading.Timer:
    """Call fn soon."""
    timer = threading.Timer(seconds, fn, args)
    timer.start()
    return timer


def test_errors_before_and_after_a_connection(net: Any) -> None:
    def program() -> Any:
        with unix(S) as s:
            seen = [
                error(s.send, b"x"), error(s.recv, 1), error(s.sendto, b"x", NAME),
                error(s.listen), error(s.accept), error(s.getpeername), error(s.connect, ""),
                error(s.send, b""),
            ]  # fmt: skip
        a, b = pair(S)
        with a, b:
            seen += [
                error(a.sendto, b"x", NAME), error(a.connect, NAME), error(a.listen),
                error(a.accept), error(a.recv, 1, socket.MSG_DONTWAIT), error(a.send, b""),
                error(b.recv, 1, socket.MSG_DONTWAIT),
            ]  # fmt: skip
        return seen

    assert net.run(program) == [
        errno.ENOTCONN, errno.EINVAL, errno.EOPNOTSUPP, errno.EINVAL, errno.EINVAL,
        errno.ENOTCONN, errno.EINVAL, errno.ENOTCONN,
        errno.EISCONN, errno.ECONNREFUSED, errno.EINVAL, errno.EINVAL, errno.EAGAIN, 0, errno.EAGAIN,
    ]  # fmt: skip


@only_softnet
def test_nothing_is_urgent(net: Any) -> None:
    """5.15 gave UNIX streams MSG_OOB."""

    def program() -> Any:
        a, b = pair(S)
        with a, b:
            return error(a.send, b"x", socket.MSG_OOB), error(b.recv, 1, socket.MSG_OOB)

    assert net.run(program) == (errno.EOPNOTSUPP, errno.EOPNOTSUPP)


def test_how_receiving_waits(net: Any) -> None:
    def program() -> Any:
        a, b = pair(S)
        with a, b:
            a.send(b"one")
            a.send(b"two")
            seen: list[Any] = [b.recv(4, socket.MSG_PEEK), b.recv(2), b.recv(99)]
            a.send(b"123")
            t = later(0.1, a.send, b"456")
            seen.append(b.recv(6, socket.MSG_WAITALL))
            t.join()
            b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 4)
            a.send(b"abc")
            t = later(0.1, a.send, b"d")
            seen.append(b.recv(9))
            t.join()
            b.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 200_000))
            start = time.monotonic()
            seen += [error(b.recv, 9), round(time.monotonic() - start, 1)]
            a.send(b"end")
            t = later(0.1, a.shutdown, socket.SHUT_WR)
            seen += [b.recv(9, socket.MSG_WAITALL), b.recv(9)]
            t.join()
            return seen

    assert net.run(program) == [
        b"onet", b"on", b"etwo", b"123456", b"abcd", errno.EAGAIN, 0.2, b"end", b"",
    ]  # fmt: skip


def test_the_send_buffer_fills_and_empties(net: Any) -> None:
    def program() -> Any:
        a, b = pair(S)
        with a, b:
            a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
            a.setblocking(False)
            sent = 0
            while error(a.send, b"x" * 1000) == 0:
                sent += 1
            p = select.poll()
            p.register(a, select.POLLOUT)
            full = p.poll(0), sent > 2, queued(b, termios.FIONREAD) // 1000 == sent
            unread = queued(a, termios.TIOCOUTQ) > sent * 1000
            while error(b.recv, 1 << 20, socket.MSG_DONTWAIT) == 0:
                pass
            after = len(p.poll(0)), queued(a, termios.TIOCOUTQ), queued(b, termios.FIONREAD)
            a.setblocking(True)
            t = later(0.1, lambda: [b.recv(1 << 20) for _ in range(99) if a.fileno() > 0])
            a.sendall(b"y" * 100_000)
            a.shutdown(socket.SHUT_WR)
            t.join()
            return full, unread, after

    assert net.run(program) == (([], True, True), True, (1, 0, 0))


@connections
def test_shutdown_reaches_the_peer(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = pair(kind)
        with a, b:
            a.send(b"left over")
            b.shutdown(socket.SHUT_RD)
            seen: list[Any] = [error(a.send, b"x"), b.recv(99), b.recv(99), error(b.send, b"back")]
            seen += [a.recv(99), error(a.shutdown, socket.SHUT_WR), error(a.shutdown, 3)]
            b.shutdown(socket.SHUT_WR)
            return [*seen, a.recv(9), error(b.send, b"x"), error(a.send, b"")]

    assert net.run(program) == [
        errno.EPIPE, b"left over", b"", 0, b"back", 0, errno.EINVAL, b"", errno.EPIPE, errno.EPIPE,
    ]  # fmt: skip


def test_close_with_something_unread_resets(net: Any) -> None:
    def program() -> Any:
        a, b = pair(S)
        a.send(b"unread")
        b.send(b"sent before")
        b.close()
        seen = [
            a.recv(99), error(a.recv, 9), a.recv(9), error(a.send, b"x"), a.getpeername(),
            a.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
        ]  # fmt: skip
        a.close()
        return seen

    assert net.run(program) == [b"sent before", errno.ECONNRESET, b"", errno.EPIPE, "", 0]


@connections
def test_a_listener_that_goes_resets_who_waits(net: Any, kind: int) -> None:
    def program() -> Any:
        with unix(kind) as c, unix(kind) as late:
            with unix(kind) as listener:
                listener.bind(NAME)
                listener.listen(0)
                c.connect(NAME)
                name = c.getpeername()
                t = later(0.1, listener.close)
                waited = error(late.connect, NAME)
                t.join()
            return (
                name, waited, error(c.recv, 1), c.getpeername(), error(c.send, b"x"),
                once(kind, "connect", NAME),
            )  # fmt: skip

    assert net.run(program) == (
        NAME, errno.ECONNREFUSED, errno.ECONNRESET, NAME, errno.EPIPE, errno.ECONNREFUSED,
    )  # fmt: skip


@connections
def test_listen_again_and_accept(net: Any, kind: int) -> None:
    def program() -> Any:
        with unix(kind) as listener, unix(kind) as a, unix(kind) as b, unix(kind) as c:
            listener.bind(NAME)
            listener.setblocking(False)
            listener.listen(0)
            seen: list[Any] = [error(listener.accept)]
            for s in (a, b, c):
                s.setblocking(False)
                seen.append(error(s.connect, NAME))
            listener.listen(5)
            seen += [error(b.connect, NAME), error(b.connect, NAME), error(listener.recv, 1)]
            seen.append(error(listener.connect, NAME))
            a.send(b"early")
            s, address = listener.accept()
            with s:
                seen += [s.recv(9), address, s.getsockname() == NAME, s.getpeername()]
            listener.shutdown(socket.SHUT_RD)
            seen.append(error(c.connect, NAME))
            listener.accept()[0].close()
            return [*seen, error(listener.accept)]

    got = net.run(program)
    inval = errno.EINVAL if kind == S else errno.ENOTCONN
    assert got[:8] == [
        errno.EAGAIN, 0, errno.EAGAIN, errno.EAGAIN, 0, errno.EISCONN, inval, errno.EINVAL,
    ]  # fmt: skip
    # CPython has "" for the address of an unnamed peer of accept()
    assert got[8:12] == [b"early", "", True, ""]
    assert got[12:] == [errno.ECONNREFUSED, errno.EAGAIN]


def test_recvfrom_names_the_writer(net: Any) -> None:
    def program() -> Any:
        with unix(S) as listener, unix(S) as c:
            listener.bind(NAME)
            listener.listen()
            c.bind(NAME + b".client")
            c.connect(NAME)
            s, address = listener.accept()
            with s:
                c.send(b"to")
                s.send(b"fro")
                a, b = pair(S)
                with a, b:
                    a.send(b"x")
                    unnamed = b.recvfrom(9)
                return address, s.recvfrom(9), c.recvfrom(9), unnamed

    named = NAME + b".client"
    assert net.run(program) == (named, (b"to", named), (b"fro", NAME), (b"x", None))


def test_many_writers_and_readers(net: Any) -> None:
    """Nothing is lost or doubled when threads share a stream."""

    def program() -> Any:
        a, b = pair(S)
        total = [0]

        def read() -> None:
            while data := b.recv(700):
                total[0] += len(data)

        readers = [threading.Thread(target=read) for _ in range(3)]
        writers = [threading.Thread(target=a.sendall, args=(bytes(50_000),)) for _ in range(4)]
        for t in (*readers, *writers):
            t.start()
        for t in writers:
            t.join()
        a.shutdown(socket.SHUT_WR)
        for t in readers:
            t.join()
        a.close()
        b.close()
        return total[0]

    if ON_KERNEL:
        pytest.skip("real threads lose an update of the sum")
    assert net.run(program) == 200_000


def test_a_connection_waits_no_longer_than_it_may(net: Any) -> None:
    """SO_SNDTIMEO is how long connect() waits for the backlog."""

    def program() -> Any:
        with unix(S) as listener, unix(S) as a, unix(S) as b:
            listener.bind(NAME)
            listener.listen(0)
            a.connect(NAME)
            b.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 300_000))
            start = time.monotonic()
            return error(b.connect, NAME), round(time.monotonic() - start, 1)

    assert net.run(program) == (errno.EAGAIN, 0.3)
