"""Simulated descriptors in hands that are not their program's."""

from __future__ import annotations

import errno
import select
import socket
import time
from typing import Any

import pytest

from softnet.usr import api as usr


def listening(kept: list[Any]) -> None:
    """A program that lets others have what it opened."""
    sock = socket.create_server(("127.0.0.1", 80))
    epoll = select.epoll()
    epoll.register(sock)
    kept += [sock, epoll]
    time.sleep(1000)


def test_the_labs_own_code_may_only_close(net: Any) -> None:
    kept: list[Any] = []
    net.start(listening, kept)
    net.world.run(10**9)
    sock, epoll = kept
    for call in (sock.accept, sock.getsockname, lambda: epoll.unregister(5)):
        with pytest.raises(OSError, match="outside") as caught:
            call()
        assert caught.value.errno == errno.EBADF
    sock.close()
    epoll.close()
    assert sock.fileno() == -1
    assert epoll.closed


def test_another_program_may_close_and_the_owner_does_it(net: Any) -> None:
    kept: list[Any] = []

    def other() -> int:
        with pytest.raises(OSError) as caught:
            kept[0].accept()
        kept[0].close()
        kept[1].close()
        return int(caught.value.errno or 0)

    process = net.start(listening, kept)
    net.world.run(10**9)
    assert net.run(other) == errno.EBADF
    assert len(process.doomed) == 2


def test_what_is_held_when_the_last_lab_closes_is_closed(bench: Any) -> None:
    kept: list[Any] = []

    def program() -> None:
        kept.append(select.epoll())

    bench.run(program)
    bench.close()
    usr.uninstall()
    try:
        assert kept[0].closed
    finally:
        usr.install()


def test_sockets_too(net: Any) -> None:
    kept: list[Any] = []

    def program() -> None:
        kept.extend(socket.socketpair())

    net.run(program)
    net.close()
    usr.uninstall()
    try:
        assert [s.fileno() for s in kept] == [-1, -1]
        for s in kept:
            s.close()
    finally:
        usr.install()
