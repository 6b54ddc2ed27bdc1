"""os and fcntl on simulated descriptors; real ones stay real."""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import termios
import threading
from typing import Any

import pytest

from tests.usr.test_sockets import udp


def test_pipes_and_eventfds(net: Any) -> None:
    def program() -> Any:
        r, w = os.pipe()
        threading.Timer(1, os.write, (w, b"data")).start()
        assert select.select([r], [], []) == ([r], [], [])
        assert os.read(r, 10) == b"data"
        assert not os.get_inheritable(r)
        os.set_inheritable(r, True)
        assert os.get_inheritable(r)
        os.set_blocking(r, False)
        assert not os.get_blocking(r)
        with pytest.raises(BlockingIOError):
            os.read(r, 1)
        os.close(w)
        assert os.read(r, 1) == b""
        os.close(r)
        with pytest.raises(OSError, match="Bad file"):
            os.close(r)
        fd = os.eventfd(3)
        os.eventfd_write(fd, 4)
        assert os.eventfd_read(fd) == 7
        os.close(fd)
        with udp() as s:
            assert os.fstat(s.fileno()).st_mode & 0o170000 == 0o140000
        return True

    assert net.run(program)
    r, w = os.pipe()  # real ones
    os.close(r)
    os.close(w)


def test_real_files_stay_real(net: Any, tmp_path: Any) -> None:
    def program() -> str:
        path = tmp_path / "file"
        path.write_text("text")
        fd = os.open(path, os.O_RDONLY)
        try:
            return os.read(fd, 10).decode() + path.read_text()
        finally:
            os.close(fd)

    assert net.run(program) == "texttext"


def test_copies_and_refusals(net: Any) -> None:
    def program() -> Any:
        r, w = os.pipe()
        spare = os.dup(w)
        assert os.dup2(w, spare) == spare
        with pytest.raises(OSError, match="Bad file"):
            os.dup2(w, 1)  # the simulator's own standard output
        with pytest.raises(OSError, match="Illegal seek"):
            os.lseek(r, 0, os.SEEK_CUR)
        assert not os.isatty(r)
        assert os.writev(spare, [b"ab", b"cd"]) == 4
        buffers = [bytearray(3), bytearray(3)]
        assert os.readv(r, buffers) == 4
        for fd in (r, w, spare):
            os.close(fd)
        return [bytes(b) for b in buffers]

    assert net.run(program) == [b"abc", b"d\0\0"]


def test_fcntl_and_ioctl(net: Any) -> None:
    def program() -> Any:
        with udp() as a, udp() as b:
            flags = fcntl.fcntl(a, fcntl.F_GETFL)
            fcntl.fcntl(a.fileno(), fcntl.F_SETFL, flags | os.O_NONBLOCK)
            with pytest.raises(BlockingIOError):
                a.recv(1)
            assert fcntl.fcntl(a.fileno(), fcntl.F_GETFD) == fcntl.FD_CLOEXEC
            b.sendto(b"12345", a.getsockname())
            buf = bytearray(4)
            fcntl.ioctl(a.fileno(), termios.FIONREAD, buf)
            again = fcntl.ioctl(a.fileno(), termios.FIONREAD, bytes(4))
            return struct.unpack("i", buf)[0], struct.unpack("i", again)[0]

    assert net.run(program) == (5, 5)


def test_sendfile(net: Any, tmp_path: Any) -> None:
    def program() -> Any:
        a, b = socket.socketpair()
        path = tmp_path / "file"
        path.write_bytes(b"0123456789")
        with path.open("rb") as f, a, b:
            assert a.sendfile(f, 2, 5) == 5
            fd = os.open(path, os.O_RDONLY)
            assert os.sendfile(a.fileno(), fd, None, 3) == 3
            rest = os.read(fd, 100)
            os.close(fd)
            return b.recv(100), rest

    assert net.run(program) == (b"23456012", b"3456789")
