"""How sockets begin and end: what is plain, and what is left to sockets.py."""

from __future__ import annotations

import gc
import signal
import socket
import weakref
from typing import Any

import pytest

from softnet.usr import api as usr

MANY = 600  # more than the references that are kept before the dead ones are taken out


def full_listener() -> tuple[socket.socket, list[socket.socket]]:
    """A listener whose queue takes no more, and the connections that fill it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    filled = []
    for _ in range(8):
        s = socket.socket()
        s.settimeout(0.1)
        filled.append(s)
        if s.connect_ex(listener.getsockname()):
            return listener, filled
    raise AssertionError("the queue has no end")


def test_a_connect_that_a_signal_interrupts_goes_on(net: Any) -> None:
    def program() -> Any:
        listener, filled = full_listener()
        seen = []

        def handler(signum: int, frame: Any) -> None:
            seen.append(signum)
            for _ in filled:
                listener.settimeout(0.1)
                try:
                    listener.accept()[0].close()
                except TimeoutError:
                    break

        signal.signal(signal.SIGALRM, handler)
        signal.alarm(1)
        with socket.socket() as s:
            s.connect(listener.getsockname())
            return seen, s.getpeername() == listener.getsockname()

    assert net.run(program) == ([signal.SIGALRM], True)


def test_a_connect_ends_with_what_the_handler_raises(net: Any) -> None:
    def program() -> str:
        listener, _ = full_listener()

        def handler(signum: int, frame: Any) -> None:
            raise KeyError("enough")

        signal.signal(signal.SIGALRM, handler)
        signal.alarm(1)
        with socket.socket() as s, pytest.raises(KeyError) as caught:
            s.connect(listener.getsockname())
        return str(caught.value)

    assert net.run(program) == "'enough'"


def test_connect_says_what_is_wrong(net: Any) -> None:
    def program() -> list[tuple[int | None, str | None]]:
        said: list[tuple[int | None, str | None]] = []
        for blocking in (True, False):
            with socket.socket() as s:
                s.setblocking(blocking)
                with pytest.raises(OSError) as caught:
                    s.connect(("127.0.0.1", 9))
                said.append((caught.value.errno, caught.value.strerror))
        return said

    assert net.run(program) == [(111, "Connection refused"), (115, "Operation now in progress")]


@pytest.mark.parametrize("arguments", [("inet",), (2, 1, 0, None, 5)])
def test_wrong_arguments_are_errors(net: Any, arguments: tuple[Any, ...]) -> None:
    def program() -> None:
        with pytest.raises((TypeError, OverflowError)):
            socket.SocketType(*arguments)

    net.run(program)


def test_what_is_not_given_is_asked_of_the_kernel(net: Any) -> None:
    def program() -> Any:
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            same = socket.socket(fileno=s.detach())
            with same:
                return same.family, same.type, same.proto

    assert net.run(program) == (socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)


def test_sockets_that_are_kept_are_closed_with_the_last_lab(net: Any) -> None:
    kept: list[socket.socket] = []

    def program() -> None:
        for _ in range(MANY):  # many more were made and are gone
            socket.socket(type=socket.SOCK_DGRAM).close()
        kept.append(socket.socket())
        kept.append(kept[0].dup())

    net.run(program)
    assert all(s.fileno() >= 0 for s in kept)
    usr.uninstall()
    try:
        assert [s.fileno() for s in kept] == [-1, -1]
    finally:
        usr.install()


def test_closed_sockets_are_not_kept(net: Any) -> None:
    def program() -> Any:
        s = socket.socket()
        s.close()
        return weakref.ref(s)

    gone = net.run(program)
    gc.collect()
    assert gone() is None
