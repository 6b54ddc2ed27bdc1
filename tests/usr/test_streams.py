"""open() of a simulated descriptor."""

from __future__ import annotations

import io
import os
import socket
import threading
from typing import Any

import pytest


def test_a_pipe_as_two_files(net: Any) -> None:
    def program() -> Any:
        r, w = os.pipe()
        with os.fdopen(w, "w") as out:
            out.write("one\ntwo\n")
        with open(r) as lines:
            return [line.strip() for line in lines], lines.name == r

    assert net.run(program) == (["one", "two"], True)


def test_binary_unbuffered_and_both_ways(net: Any) -> None:
    def program() -> Any:
        a, b = socket.socketpair()
        with b, open(a.detach(), "r+b") as both, open(b.fileno(), "rb", 0, closefd=False) as raw:
            assert isinstance(raw, io.RawIOBase)
            assert raw.readable()
            assert not raw.writable()
            both.write(b"ping")
            both.flush()
            got = raw.read(10)
            threading.Thread(target=b.sendall, args=(b"pong",)).start()
            return got, both.read(4), raw.fileno() == b.fileno()

    assert net.run(program) == (b"ping", b"pong", True)


def test_nothing_there_is_none(net: Any) -> None:
    def program() -> Any:
        r, w = os.pipe2(os.O_NONBLOCK)
        with open(r, "rb", 0) as f, open(w, "wb", 0) as g:
            return f.read(5), g.write(bytes(1 << 20))

    nothing, room = net.run(program)
    assert nothing is None
    assert 0 < room < 1 << 20


@pytest.mark.parametrize(("mode", "buffering"), [("x", -1), ("rw", -1), ("r", 0)])
def test_wrong_modes(net: Any, mode: str, buffering: int) -> None:
    def program() -> None:
        r, w = os.pipe()
        try:
            os.fdopen(r, mode, buffering)
        finally:
            os.close(r)
            os.close(w)

    with pytest.raises(ValueError, match=r"mode|unbuffered"):
        net.run(program)
