"""open() and os.fdopen() of a simulated descriptor: Python's own buffering over system calls."""

from __future__ import annotations

import io
import os
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.redef import current
from softnet.usr.task import retry


class SimFile(io.RawIOBase):
    """io.FileIO of a pipe, a socket or an eventfd."""

    def __init__(self, fd: int, mode: str, closefd: bool) -> None:
        super().__init__()
        self.fd = fd
        self.name = fd
        self.mode = mode
        self.closefd = closefd

    def fileno(self) -> int:
        """The descriptor."""
        return self.fd

    def readable(self) -> bool:
        """Was it opened for that?"""
        return "r" in self.mode or "+" in self.mode

    def writable(self) -> bool:
        """Was it opened for that?"""
        return "w" in self.mode or "a" in self.mode or "+" in self.mode

    def readinto(self, buffer: Any, /) -> int | None:
        """What is there, at most a buffer full; None if that is nothing and it does not block."""
        view = memoryview(buffer).cast("B")
        try:
            data = retry(sys_.sys_read, self.fd, len(view))
        except BlockingIOError:
            return None
        view[: len(data)] = data
        return len(data)

    def write(self, data: Any, /) -> int | None:
        """As much of it as there is room for."""
        try:
            n: int = retry(sys_.sys_write, self.fd, bytes(data))
        except BlockingIOError:
            return None
        return n

    def close(self) -> None:
        """Once."""
        if not self.closed:
            super().close()
            if self.closefd:
                try:
                    os.close(self.fd)
                except OSError:
                    if current() is not None:
                        raise  # outside its program, as a finaliser may be, it is allowed


def open_fd(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Any = None,
) -> Any:
    """open(fd, ...)"""
    kinds = set(mode)
    if kinds - set("rwab+t") or len(kinds & set("rwa")) != 1:
        raise ValueError(f"invalid mode: {mode!r}")
    fd = file if isinstance(file, int) else file.fileno()
    raw = SimFile(fd, mode, closefd)
    if buffering == 0:
        if "b" not in mode:
            raise ValueError("can't have unbuffered text I/O")
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    if "+" in mode:
        buffer: Any = io.BufferedRWPair(raw, raw, size)
    elif "r" in mode:
        buffer = io.BufferedReader(raw, size)
    else:
        buffer = io.BufferedWriter(raw, size)
    if "b" in mode:
        return buffer
    text = io.TextIOWrapper(buffer, encoding, errors, newline, buffering == 1)
    text.mode = mode  # type: ignore[misc] # as open() sets it
    return text
