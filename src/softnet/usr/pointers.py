"""Pointers that programs put into structs: read and written where they lead.

A program and its simulated kernel share one memory, so a pointer means what it says. The kernel is
asked for the bytes (/proc/self/mem) and not the processor: a wrong pointer is EFAULT then, as it is
in a system call, and no segmentation fault.
"""

from __future__ import annotations

import ctypes
import errno
import os


def read_memory(at: int, size: int) -> bytes:
    """size bytes at that address; OSError(EFAULT)."""
    if size == 0:
        return b""
    fd = os.open("/proc/self/mem", os.O_RDONLY)
    try:
        data = os.pread(fd, size, at)
    except (OSError, OverflowError):
        raise fault() from None
    finally:
        os.close(fd)
    if len(data) != size:
        raise fault()
    return data


def write_memory(at: int, data: bytes) -> None:
    """Put data there; OSError(EFAULT)."""
    read_memory(at, len(data))
    ctypes.memmove(at, data, len(data))


def read_text(at: int, size: int) -> bytes:
    """The string there, of size bytes at most, without its NUL; OSError(EFAULT)."""
    got = b""
    while len(got) < size:
        byte = read_memory(at + len(got), 1)
        if byte == b"\0":
            break
        got += byte
    return got


def fault() -> OSError:
    """EFAULT, in the system's words."""
    return OSError(errno.EFAULT, os.strerror(errno.EFAULT))
