"""The functions of os, fcntl and subprocess that meet a softnet socket's real descriptor.

The descriptor carries no data: read, write and sendfile on it become the stack's. Closing it tells
the stack. What asks only about the descriptor (fstat, dup, blocking, inheritable) is
the real one's business. For a program that is started with such a descriptor see stream.py.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from typing import Any

from softnet.usr.buffers import data_of
from softnet.usr.door.sock import POLLIN, POLLOUT, Waiter, here

FIONBIO, FIONREAD, TIOCOUTQ, SIOCATMARK = 0x5421, 0x541B, 0x5411, 0x8905

real: dict[str, Any] = {}  # name -> the function of os that was there


def ours(fd: Any) -> Any:
    """The softnet socket behind a descriptor; None if it is none, or nothing at all."""
    if type(fd) is not int or fd < 0:
        return None
    try:
        return here.kernel.find(fd)
    except OSError:
        return None


def run(fd: int, events: int, name: str, *args: Any) -> Any:
    """A system call on a descriptor, which blocks if that does."""
    waiter = None
    while True:
        entry = ours(fd)
        if entry is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        try:
            return here.kernel.call(entry, fd, name, *args)
        except BlockingIOError:
            if not os.get_blocking(fd):
                raise
        waiter = waiter or Waiter(fd, events, None, 0)
        waiter.wait()


def read(fd: int, n: int, /) -> bytes:
    """os.read()"""
    if ours(fd) is None or n < 0:
        data: bytes = real["read"](fd, n)
        return data
    got: bytes = run(fd, POLLIN, "recv", n, 0)
    return got


def readv(fd: int, buffers: Any, /) -> int:
    """os.readv()"""
    if ours(fd) is None:
        n: int = real["readv"](fd, buffers)
        return n
    views = [memoryview(b).cast("B") for b in buffers]
    data = read(fd, sum(len(v) for v in views))
    at = 0
    for view in views:
        part = data[at : at + len(view)]
        view[: len(part)] = part
        at += len(part)
    return len(data)


def write(fd: int, data: Any, /) -> int:
    """os.write(): on a blocking descriptor all of it."""
    if ours(fd) is None:
        n: int = real["write"](fd, data)
        return n
    view = memoryview(data_of(data))
    done: int = run(fd, POLLOUT, "send", view, 0)
    while done < len(view) and os.get_blocking(fd):
        done += run(fd, POLLOUT, "send", view[done:], 0)
    return done


def writev(fd: int, buffers: Any, /) -> int:
    """os.writev()"""
    if ours(fd) is None:
        n: int = real["writev"](fd, buffers)
        return n
    return write(fd, b"".join(buffers))


def close(fd: int) -> None:
    """os.close()"""
    entry = ours(fd)
    real["close"](fd)
    if entry is not None:
        here.kernel.closed(entry)


def sendfile(out_fd: int, in_fd: int, offset: int | None, count: int) -> int:
    """os.sendfile()"""
    if ours(out_fd) is None:
        n: int = real["sendfile"](out_fd, in_fd, offset, count)
        return n
    count = min(count, 1 << 20)
    position = os.lseek(in_fd, 0, os.SEEK_CUR) if offset is None else offset
    data = os.pread(in_fd, count, position)
    if not data:
        return 0
    done: int = run(out_fd, POLLOUT, "send", data, 0)
    if offset is None:
        os.lseek(in_fd, position + done, os.SEEK_SET)
    return done


def ioctl(fd: Any, request: int, arg: Any = 0, mutate_flag: bool = True, /) -> Any:
    """fcntl.ioctl(): what asks a socket for numbers and interfaces goes to the stack."""
    number = fd if isinstance(fd, int) else fd.fileno()
    entry = ours(number)
    request &= 0xFFFFFFFF
    if entry is None or request == FIONBIO:
        return real["ioctl"](fd, request, arg, mutate_flag)
    if isinstance(arg, int):
        answer = here.kernel.call(entry, number, "ioctl", request, arg)
        return answer if isinstance(answer, int) else 0
    raw = arg.encode() if isinstance(arg, str) else bytes(arg)
    answer = here.kernel.call(entry, number, "ioctl", request, raw)
    if isinstance(answer, int):
        queue = request in (FIONREAD, TIOCOUTQ, SIOCATMARK)
        out = struct.pack("i", answer) if queue else raw
    else:
        out = bytes(answer)
    out = out.ljust(len(raw), b"\0")[: len(raw)]
    if mutate_flag and not isinstance(arg, bytes | str):
        memoryview(arg).cast("B")[: len(out)] = out
        return 0
    return out


REPLACED = (read, readv, write, writev, close, sendfile)


def install(posix: Any) -> None:
    """Put them in the place of the real ones; posix: the module that os takes them from."""
    for fn in REPLACED:
        name = fn.__name__
        real[name] = getattr(posix, name)
        setattr(posix, name, fn)
        setattr(os, name, fn)
    real["ioctl"] = fcntl.ioctl
    fcntl.ioctl = ioctl
