"""The real descriptor that shows a socket's state."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator

import pytest

from softnet.usr.door.proxy import (
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDHUP,
    Proxy,
    do_near,
    new_proxy,
)

ALL = POLLIN | POLLOUT | POLLPRI | POLLRDHUP


@pytest.fixture
def pair() -> Iterator[tuple[Proxy, int]]:
    """A proxy and the program's descriptor."""
    proxy, fd = new_proxy()
    yield proxy, fd
    proxy.far.close()
    os.close(fd)


def seen(fd: int) -> int:
    """What poll() says."""
    poll = select.poll()
    poll.register(fd, ALL)
    return dict(poll.poll(0)).get(fd, 0)


def show(pair: tuple[Proxy, int], mask: int) -> int:
    """Let it show mask; what poll() says then."""
    proxy, fd = pair
    left = proxy.show(mask)
    if left:
        do_near(fd, left)
    return seen(fd)


def test_every_state_shows_after_every_other(pair: tuple[Proxy, int]) -> None:
    states = [r | w | p for r in (0, POLLIN) for w in (0, POLLOUT) for p in (0, POLLPRI)]
    for before in states:
        for after in states:
            show(pair, before)
            # Linux counts the out-of-band byte as something to read.
            expected = after | POLLIN if after & POLLPRI else after
            assert show(pair, after) == expected, (before, after)


def test_epoll_and_select_say_the_same(pair: tuple[Proxy, int]) -> None:
    fd = pair[1]
    with select.epoll() as epoll:
        epoll.register(fd, ALL)
        show(pair, POLLIN)
        assert epoll.poll(0) == [(fd, POLLIN)]
        assert select.select([fd], [fd], [fd], 0) == ([fd], [], [])
        show(pair, POLLOUT)
        assert epoll.poll(0) == [(fd, POLLOUT)]
        assert select.select([fd], [fd], [fd], 0) == ([], [fd], [])


def test_the_ends_of_a_connection(pair: tuple[Proxy, int]) -> None:
    assert show(pair, POLLIN | POLLOUT | POLLRDHUP) == POLLIN | POLLOUT | POLLRDHUP
    ended = POLLIN | POLLOUT | POLLRDHUP | POLLHUP
    assert show(pair, ended) == ended


def test_an_error_is_readable_and_writable(pair: tuple[Proxy, int]) -> None:
    show(pair, 0)
    assert show(pair, POLLERR) == POLLIN | POLLOUT


@pytest.mark.parametrize("mask", [0, POLLOUT, POLLIN | POLLRDHUP, POLLIN | POLLRDHUP | POLLHUP])
def test_the_last_close_is_seen(mask: int) -> None:
    proxy, fd = new_proxy()
    left = proxy.show(mask)
    if left:
        do_near(fd, left)
    copy = os.dup(fd)
    os.close(fd)
    assert not proxy.abandoned()
    os.close(copy)
    assert proxy.abandoned()
    proxy.far.close()
