"""The memory of a process that stands in a system call."""

from __future__ import annotations

import errno
import os
import struct

PAGE = 4096


class Memory:
    """/proc/PID/mem, opened when it is first needed and again after each execve()."""

    __slots__ = ("fd", "pid")

    pid: int
    fd: int

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.fd = -1

    def open(self) -> int:
        """Its descriptor."""
        if self.fd < 0:
            self.fd = os.open(f"/proc/{self.pid}/mem", os.O_RDWR | os.O_CLOEXEC)
        return self.fd

    def forget(self) -> None:
        """The process executes another program, or is gone."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def read(self, at: int, size: int) -> bytes:
        """size bytes; OSError(EFAULT)."""
        if size <= 0:
            return b""
        try:
            data = os.pread(self.open(), size, at)
            while 0 < len(data) < size:
                more = os.pread(self.fd, size - len(data), at + len(data))
                if not more:
                    break
                data += more
        except (OSError, OverflowError) as e:
            raise OSError(errno.EFAULT, os.strerror(errno.EFAULT)) from e
        if len(data) < size:
            raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))
        return data

    def write(self, at: int, data: bytes) -> None:
        """Put data there; OSError(EFAULT)."""
        if not data:
            return
        try:
            done = os.pwrite(self.open(), data, at)
            while done < len(data):
                done += os.pwrite(self.fd, data[done:], at + done)
        except (OSError, OverflowError) as e:
            raise OSError(errno.EFAULT, os.strerror(errno.EFAULT)) from e

    def text(self, at: int, limit: int = PAGE) -> bytes:
        """The string there, without its NUL; at most limit bytes. OSError(EFAULT)."""
        found = b""
        while len(found) < limit:
            size = PAGE - (at + len(found)) % PAGE
            part = self.read(at + len(found), size)
            end = part.find(b"\0")
            if end >= 0:
                return found + part[:end]
            found += part
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))

    def u32(self, at: int) -> int:
        """An unsigned int."""
        return int.from_bytes(self.read(at, 4), "little")

    def put_u32(self, at: int, value: int) -> None:
        """Write an unsigned int."""
        self.write(at, (value & 0xFFFFFFFF).to_bytes(4, "little"))

    def timespec(self, at: int) -> int:
        """A struct timespec as ns. OSError(EINVAL) for one that is none."""
        seconds, ns = struct.unpack("=qq", self.read(at, 16))
        if seconds < 0 or not 0 <= ns < 10**9:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return int(seconds * 10**9 + ns)

    def put_timespec(self, at: int, ns: int) -> None:
        """Write a struct timespec."""
        self.write(at, struct.pack("=qq", *divmod(ns, 10**9)))
