"""Real files sent over simulated sockets are real files again where they arrive."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

import pytest


def test_a_real_file_arrives(net: Any, tmp_path: Any) -> None:
    path = tmp_path / "file"

    def program() -> Any:
        a, b = socket.socketpair()
        with a, b, path.open("wb") as f:
            r, w = os.pipe()
            socket.send_fds(a, [b"x"], [f.fileno(), w])
            os.close(w)
            got = socket.recv_fds(b, 9, 4)[1]
            os.write(got[0], b"written")
            os.write(got[1], b"piped")
            same = os.fstat(got[0]).st_ino == os.fstat(f.fileno()).st_ino
            for fd in got:
                os.close(fd)
            piped = os.read(r, 9)
            os.close(r)
            return same, got[0] < 1 << 20 <= got[1], piped

    assert net.run(program) == (True, True, b"piped")
    assert path.read_bytes() == b"written"


def test_copies_that_nobody_takes_are_closed(net: Any, tmp_path: Any) -> None:
    def program() -> int:
        a, b = socket.socketpair()
        with (tmp_path / "file").open("wb") as f:
            before = len(os.listdir("/proc/self/fd"))
            socket.send_fds(a, [b"x"], [f.fileno()])
            during = len(os.listdir("/proc/self/fd"))
            a.close()
            b.close()
            return during - before, len(os.listdir("/proc/self/fd")) - before

    assert net.run(program) == (1, 0)


def test_what_is_not_open_cannot_be_sent(net: Any) -> None:
    def program() -> int:
        a, b = socket.socketpair()
        with a, b, pytest.raises(OSError) as caught:
            socket.send_fds(a, [b"x"], [999_999])
        return caught.value.errno or 0

    assert net.run(program) == errno.EBADF
