"""AF_UNIX stream sockets and socketpair() in programs."""

from __future__ import annotations

import array
import errno
import os
import select
import socket
import struct
import threading
import time
from typing import Any

import pytest


def test_a_pair_talks_both_ways(net: Any) -> None:
    def program() -> Any:
        a, b = socket.socketpair()
        with a, b:
            assert (a.family, a.type, a.getsockname(), a.getpeername()) == (1, 1, "", "")
            a.sendall(b"ping")
            b.sendall(b.recv(10).replace(b"i", b"o") * 10_000)
            return len(a.recv(1 << 20, socket.MSG_PEEK)), a.recv(4)

    assert net.run(program) == (40_000, b"pong")

    def bulk() -> Any:
        a, b = socket.socketpair()
        sent = os.urandom(3_000_000)
        t = threading.Thread(target=lambda: (a.sendall(sent), a.shutdown(socket.SHUT_WR)))
        t.start()
        got = b"".join(iter(lambda: b.recv(65536), b""))
        t.join()
        a.close()
        b.close()
        return got == sent

    assert net.run(bulk)


def test_ends_and_errors(net: Any) -> None:
    def program() -> Any:
        a, b = socket.socketpair()
        a.setblocking(False)
        with pytest.raises(BlockingIOError):
            a.recv(1)
        b.sendall(b"last")
        b.close()
        assert a.recv(10) == b"last"
        assert a.recv(10) == b""
        with pytest.raises(BrokenPipeError):
            a.send(b"x")
        a.close()
        c, d = socket.socketpair()
        c.send(b"unread")
        d.close()
        with pytest.raises(ConnectionResetError):
            c.recv(1)
        c.close()
        with socket.socket(socket.AF_UNIX) as s, pytest.raises(OSError) as caught:
            s.send(b"x")
        return caught.value.errno

    assert net.run(program) == errno.ENOTCONN


def test_poll_states(net: Any) -> None:
    def program() -> Any:
        a, b = socket.socketpair()
        p = select.poll()
        p.register(a, select.POLLIN | select.POLLOUT | select.POLLRDHUP)
        seen = [dict(p.poll(0)).get(a.fileno())]
        b.send(b"x")
        seen.append(dict(p.poll(0)).get(a.fileno()))
        a.recv(1)
        b.shutdown(socket.SHUT_WR)
        seen.append(dict(p.poll(0)).get(a.fileno()))
        b.close()
        seen.append(dict(p.poll(0)).get(a.fileno()))
        a.close()
        return seen

    i, o, h, r = select.POLLIN, select.POLLOUT, select.POLLHUP, select.POLLRDHUP
    assert net.run(program) == [o, i | o, i | o | r, i | o | r | h]


@pytest.mark.parametrize("name", ["app.sock", b"\0softnet abstract"])
def test_named_sockets(net: Any, name: Any, tmp_path: Any) -> None:
    if name == "app.sock":
        name = str(tmp_path / name)

    def server(listener: socket.socket) -> None:
        with listener, listener.accept()[0] as s:
            s.sendall(s.recv(100).upper())

    def program() -> Any:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(name)
        with pytest.raises(OSError, match="in use"), socket.socket(socket.AF_UNIX) as other:
            other.bind(name)
        listener.listen()
        threading.Thread(target=server, args=(listener,)).start()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(name)
            pid = struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
            assert pid == os.getpid()
            s.sendall(b"hello")
            return s.getpeername(), s.recv(100)

    def refused() -> None:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(name)

    assert net.run(program) == (name, b"HELLO")
    with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
        net.run(refused)


def test_accept_waits_and_the_backlog_fills(net: Any) -> None:
    def program() -> Any:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(b"\0softnet-x")
        listener.listen(0)
        first, second = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        first.connect(b"\0softnet-x")
        second.setblocking(False)
        with pytest.raises(BlockingIOError):
            second.connect(b"\0softnet-x")
        second.setblocking(True)
        got: list[Any] = []
        t = threading.Thread(target=lambda: (time.sleep(1), got.append(listener.accept()[0])))
        start = time.monotonic()
        t.start()
        second.connect(b"\0softnet-x")
        when = time.monotonic() - start
        t.join()
        for s in (first, second, listener, *got):
            s.close()
        return round(when, 1)

    assert net.run(program) == 1.0


def test_files_travel(net: Any) -> None:
    def program() -> Any:
        a, b = socket.socketpair()
        r, w = os.pipe()
        socket.send_fds(a, [b"fds"], [w])
        os.close(w)
        data, fds, _, _ = socket.recv_fds(b, 10, 4)
        assert data == b"fds"
        os.write(fds[0], b"through")
        os.close(fds[0])
        got = os.read(r, 10) + os.read(r, 10)
        a.sendmsg([b"lost"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [r]))])
        a.close()
        b.close()
        os.close(r)
        return got

    assert net.run(program) == b"through"
