"""select, poll and epoll in programs."""

from __future__ import annotations

import select
import selectors
import threading
import time
from typing import Any

import pytest

from tests.usr.test_sockets import udp


def test_select(net: Any) -> None:
    def program() -> Any:
        with udp() as a, udp() as b:
            start = time.monotonic()
            assert select.select([a, b], [], [], 2) == ([], [], [])
            assert time.monotonic() - start == 2.0
            assert select.select([a], [b], [], 5) == ([], [b], [])
            threading.Timer(1, b.sendto, (b"x", a.getsockname())).start()
            start = time.monotonic()
            got = select.select([b, a, a.fileno()], [], [a])
            assert got == ([a, a.fileno()], [], [])
            return round(time.monotonic() - start, 3)

    assert net.run(program) == 1.0


def test_select_rejects(net: Any) -> None:
    def program() -> Any:
        texts = []
        for args in (
            ([], [], [], -1),
            ([], [], [], "x"),
            ([object()], [], [], 0),
            ([-1], [], [], 0),
        ):
            with pytest.raises((ValueError, TypeError)) as caught:
                select.select(*args)
            texts.append(str(caught.value))
        with pytest.raises(OSError, match="Bad file"):
            select.select([1 << 30], [], [], 0)
        with pytest.raises(OSError, match="Bad file"):
            select.select([0], [], [], 0)  # the simulator's own standard input
        return texts

    assert net.run(program)[:2] == [
        "timeout must be non-negative",
        "timeout must be a float or None",
    ]


def test_poll(net: Any) -> None:
    def program() -> Any:
        with udp() as a, udp() as b:
            p = select.poll()
            p.register(a, select.POLLIN)
            p.register(b)
            assert p.poll() == [(b.fileno(), select.POLLOUT)]
            p.modify(b, select.POLLIN)
            start = time.monotonic()
            assert p.poll(1500) == []
            assert time.monotonic() - start == 1.5
            b.sendto(b"x", a.getsockname())
            assert p.poll(None) == [(a.fileno(), select.POLLIN)]
            p.unregister(a)
            with pytest.raises(KeyError):
                p.unregister(a)
            with pytest.raises(FileNotFoundError):
                p.modify(a, 1)
            fd = b.fileno()
        return p.poll(0) == [(fd, select.POLLNVAL)]

    assert net.run(program)


def test_epoll(net: Any) -> None:
    def program() -> Any:
        with udp() as a, udp() as b, select.epoll() as ep:
            ep.register(a, select.EPOLLIN)
            ep.register(b.fileno(), select.EPOLLIN | select.EPOLLET)
            with pytest.raises(FileExistsError):
                ep.register(a)
            start = time.monotonic()
            assert ep.poll(0.5) == []
            assert time.monotonic() - start == 0.5
            a.sendto(b"x", b.getsockname())
            b.sendto(b"y", a.getsockname())
            fds = sorted(ep.poll())
            assert fds == sorted([(a.fileno(), select.EPOLLIN), (b.fileno(), select.EPOLLIN)])
            assert ep.poll(0, 5) == [(a.fileno(), select.EPOLLIN)]  # b is edge-triggered
            ep.modify(a, select.EPOLLOUT)
            assert ep.poll(1) == [(a.fileno(), select.EPOLLOUT)]
            ep.unregister(a)
            assert not ep.closed
        assert ep.closed
        with pytest.raises(ValueError, match="closed epoll"):
            ep.poll(0)
        return True

    assert net.run(program)


@pytest.mark.parametrize(
    "kind", [selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector]
)
def test_selectors(net: Any, kind: Any) -> None:
    def program() -> Any:
        with kind() as selector, udp() as a, udp() as b:
            selector.register(a, selectors.EVENT_READ, "a")
            start = time.monotonic()
            assert selector.select(0.25) == []
            assert time.monotonic() - start == 0.25
            b.sendto(b"x", a.getsockname())
            [(key, events)] = selector.select()
            return key.data, events

    assert net.run(program) == ("a", selectors.EVENT_READ)


def test_a_closed_socket_is_not_selectable(net: Any) -> None:
    def program() -> None:
        s = udp()
        s.close()
        with pytest.raises(ValueError, match="negative"):
            select.select([s], [], [], 0)

    net.run(program)
