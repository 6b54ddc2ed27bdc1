"""The few ordinary files of a script: made by its commands (dd, echo), opened and read by its calls.

A host has no disk, so these live in the run. Their descriptors begin where the host's never come.
"""

from __future__ import annotations

import errno
from os import strerror

import softnet.uapi.fcntl as fcntl

FD_BASE = 1 << 20


class Files:
    """Paths with contents, descriptors with offsets."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.opened: dict[int, list[object]] = {}  # fd: path, offset
        self.next_fd = FD_BASE

    def open(self, path: str, flags: int) -> int:
        """A descriptor; OSError(ENOENT)."""
        if path not in self.contents:
            if not flags & fcntl.O_CREAT:
                raise OSError(errno.ENOENT, strerror(errno.ENOENT))
            self.contents[path] = b""
        elif flags & fcntl.O_TRUNC:
            self.contents[path] = b""
        fd = self.next_fd
        self.next_fd += 1
        self.opened[fd] = [path, 0]
        return fd

    def read(self, fd: int, size: int, at: int | None = None) -> bytes | None:
        """Bytes at an offset, or where the last read ended; None if fd is none of these."""
        if fd not in self.opened:
            return None
        path, offset = self.opened[fd]
        assert isinstance(path, str)
        assert isinstance(offset, int)
        start = offset if at is None else at
        data = self.contents[path][start : start + size]
        if at is None:
            self.opened[fd] = [path, start + len(data)]
        return data

    def close(self, fd: int) -> bool:
        """Close fd if it is one of these; is it?"""
        return self.opened.pop(fd, None) is not None
