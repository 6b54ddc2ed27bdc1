"""os and fcntl on simulated descriptors, and what else of os belongs to the process.

Real files stay real: these are called only for descriptors from 1 << 20 up.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from typing import Any

from greenlet import GreenletExit  # type: ignore[import-untyped]  # it ships no stubs

import softnet.syscalls as sys_
import softnet.uapi.fcntl as fcntl
from softnet.usr.clock import read_ns
from softnet.usr.pointers import read_memory, read_text, write_memory
from softnet.usr.polling import fileno
from softnet.usr.redef import SIM_FD, mute_me
from softnet.usr.signals import SOCK_STREAM, broken_pipe
from softnet.usr.sockets import set_nonblock
from softnet.usr.task import me, retry

FIONREAD = 0x541B
FIONBIO = 0x5421
TIOCOUTQ = 0x5411
SIOCATMARK = 0x8905
SIOCOUTQNSD = 0x894B
FIOGETOWN, SIOCGPGRP = 0x8903, 0x8904
INT_ANSWERS = (
    FIONREAD,
    TIOCOUTQ,
    SIOCATMARK,
    SIOCOUTQNSD,
    FIOGETOWN,
    SIOCGPGRP,
)  # requests that fill in an int
SIOCGIFCONF = 0x8912
SIOCETHTOOL = 0x8946
ETHTOOL_GPERMADDR = 32
WITH_POINTER = (SIOCGIFCONF, SIOCETHTOOL)
ROUTES = (0x890B, 0x890C)  # SIOCADDRT, SIOCDELRT: rt_dev is a name
SIZE_OF_ARG = 1024  # the longest argument fcntl() and ioctl() copy


def not_that(code: int) -> OSError:
    """An OSError in the system's words."""
    return OSError(code, os.strerror(code))


def read(fd: int, n: int, /) -> bytes:
    """os.read()"""
    if n < 0:
        raise not_that(errno.EINVAL)
    data: bytes = retry(sys_.sys_read, fd, n)
    return data


def write(fd: int, data: Any, /) -> int:
    """os.write()"""
    try:
        n: int = retry(sys_.sys_write, fd, bytes(memoryview(data)))
    except BrokenPipeError:
        broken_pipe(SOCK_STREAM, 0)
        raise
    return n


def readv(fd: int, buffers: Any, /) -> int:
    """os.readv()"""
    views = [memoryview(b).cast("B") for b in buffers]
    data = read(fd, sum(len(v) for v in views))
    at = 0
    for view in views:
        part = data[at : at + len(view)]
        view[: len(part)] = part
        at += len(part)
    return len(data)


def writev(fd: int, buffers: Any, /) -> int:
    """os.writev()"""
    return write(fd, b"".join(buffers))


def close(fd: int) -> None:
    """os.close()"""
    sys_.sys_close(fd)


def closerange(low: int, high: int, /) -> None:
    """os.closerange(): the simulated descriptors in it."""
    for fd in range(max(low, SIM_FD), min(high, me().process.fd_base + (1 << 16))):
        try:
            sys_.sys_close(fd)
        except OSError:
            continue


def dup(fd: int, /) -> int:
    """os.dup(): the copy is not inherited."""
    return sys_.sys_fcntl(fd, fcntl.F_DUPFD_CLOEXEC)


def dup2(fd: int, fd2: int, inheritable: bool = True) -> int:
    """os.dup2(): both ends simulated."""
    if fd2 < SIM_FD:
        raise not_that(errno.EBADF)
    return sys_.sys_dup3(fd, fd2, 0 if inheritable else fcntl.O_CLOEXEC)


def fstat(fd: int) -> os.stat_result:
    """os.fstat(): a socket, or a pipe."""
    kind, ino = sys_.sys_fstat(fd)
    mode = kind | 0o777 if kind else stat.S_IFIFO | 0o600
    return os.stat_result((mode, ino or fd, 0, 1, 0, 0, 0, 0, 0, 0))


def set_blocking(fd: int, blocking: bool, /) -> None:
    """os.set_blocking()"""
    set_nonblock(fd, not blocking)


def get_blocking(fd: int, /) -> bool:
    """os.get_blocking()"""
    return not sys_.sys_fcntl(fd, fcntl.F_GETFL) & fcntl.O_NONBLOCK


def set_inheritable(fd: int, inheritable: int, /) -> None:
    """os.set_inheritable()"""
    sys_.sys_fcntl(fd, fcntl.F_SETFD, 0 if inheritable else fcntl.FD_CLOEXEC)


def get_inheritable(fd: int, /) -> bool:
    """os.get_inheritable()"""
    return not sys_.sys_fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC


def isatty(fd: int, /) -> bool:
    """os.isatty()"""
    return False


def lseek(fd: int, position: int, whence: int, /) -> int:
    """os.lseek(): a stream has no place to seek to."""
    sys_.sys_fcntl(fd, fcntl.F_GETFD)
    raise not_that(errno.ESPIPE)


def sendfile(out_fd: int, in_fd: int, offset: int | None, count: int) -> int:
    """os.sendfile(): from a real file to a simulated socket."""
    if in_fd >= SIM_FD:
        raise not_that(errno.EINVAL)
    if count == 0:
        return 0
    data = os.read(in_fd, count) if offset is None else os.pread(in_fd, count, offset)
    if not data:
        return 0
    try:
        n: int = retry(sys_.sys_sendfile, out_fd, data)
    except BaseException:
        n = 0
        raise
    finally:
        if offset is None and n < len(data):
            os.lseek(in_fd, n - len(data), os.SEEK_CUR)
    return n


def splice(
    src: int,
    dst: int,
    count: int,
    offset_src: int | None = None,
    offset_dst: int | None = None,
    flags: int = 0,
) -> int:
    """os.splice(): between simulated pipes and sockets, which have no offsets."""
    if count < 0:
        raise ValueError("count cannot be negative")
    if dst < SIM_FD:
        raise not_that(errno.EBADF)
    for fd, offset in ((src, offset_src), (dst, offset_dst)):
        if offset is not None:
            pipe_end = stat.S_ISFIFO(fstat(fd).st_mode)
            raise not_that(errno.ESPIPE if pipe_end else errno.EINVAL)
    n: int = retry(sys_.sys_splice, src, dst, count, flags)
    return n


def pipe() -> tuple[int, int]:
    """os.pipe()"""
    return sys_.sys_pipe2(fcntl.O_CLOEXEC)


def pipe2(flags: int, /) -> tuple[int, int]:
    """os.pipe2()"""
    return sys_.sys_pipe2(flags)


def eventfd(initval: int, flags: int = fcntl.O_CLOEXEC) -> int:
    """os.eventfd()"""
    return sys_.sys_eventfd2(initval, flags)


def eventfd_read(fd: int) -> int:
    """os.eventfd_read()"""
    return int.from_bytes(read(fd, 8), "little")


def eventfd_write(fd: int, value: int) -> None:
    """os.eventfd_write()"""
    write(fd, value.to_bytes(8, "little"))


# fcntl


def fcntl_fcntl(file: Any, cmd: int, arg: Any = 0, /) -> int:
    """fcntl.fcntl()"""
    fd = fileno(file)
    if not isinstance(arg, int):
        raise not_that(errno.EINVAL)  # locks, owners and pipe sizes: not of these descriptors
    result: int = retry(sys_.sys_fcntl, fd, cmd, arg)
    return result


def fcntl_ioctl(file: Any, request: int, arg: Any = 0, mutate_flag: bool = True, /) -> Any:
    """fcntl.ioctl(): with a number, or a struct in bytes or in a buffer that is written back."""
    fd = fileno(file)
    request &= 0xFFFFFFFF
    if isinstance(arg, int):
        answer = sys_.sys_ioctl(fd, request, arg)
        return answer if isinstance(answer, int) else 0
    raw = bytes(arg, "utf-8") if isinstance(arg, str) else bytes(arg)
    if len(raw) > SIZE_OF_ARG and isinstance(arg, bytes | str):
        raise ValueError("ioctl string arg too long")
    value = struct.unpack_from("i", raw)[0] if request == FIONBIO else raw
    if request in WITH_POINTER or request in ROUTES:
        value = raw + pointed_at(request, raw)
    answer = sys_.sys_ioctl(fd, request, value)
    if isinstance(answer, int):
        out = struct.pack("i", answer) if request in INT_ANSWERS else raw
    else:
        out = bytes(answer)  # type: ignore[call-overload] # an int or the struct, says ProtoOps
    if request in WITH_POINTER:
        out = write_back(request, raw, out)
    out = out.ljust(len(raw), b"\0")[: len(raw)]
    if mutate_flag and not isinstance(arg, bytes | str):
        memoryview(arg).cast("B")[: len(out)] = out
        return 0
    return out


def pointed_at(request: int, raw: bytes) -> bytes:
    """What a pointer in the struct leads to: system calls take it behind the struct."""
    if request in ROUTES:
        at = int.from_bytes(raw[88:96], "little")
        return read_text(at, 15) if at else b""
    if request != SIOCETHTOOL or len(raw) < 24:
        return b""
    at = int.from_bytes(raw[16:24], "little")
    head = read_memory(at, 4)
    if head[0] == ETHTOOL_GPERMADDR:
        head = read_memory(at, 8)
    return bytes(40 - len(raw)) + read_memory(at, sys_.ethtool_request_len(head))


def write_back(request: int, raw: bytes, answer: bytes) -> bytes:
    """Put what came behind the struct where its pointer leads; the struct."""
    if request == SIOCGIFCONF:
        at = int.from_bytes(raw[8:16], "little")
        if at:
            write_memory(at, answer[16:])
        return answer[:16]
    write_memory(int.from_bytes(raw[16:24], "little"), answer[40:])
    return answer[:40]


# The process


def getpid() -> int:
    """os.getpid()"""
    return sys_.sys_getpid()


def getppid() -> int:
    """os.getppid(): the lab is init."""
    return 1


def exit_now(status: int) -> None:
    """os._exit(): the simulated process ends, the simulator does not."""
    process = me().process
    process.task.value = status
    process.exiting = True
    process.kill_others(me())
    mute_me()
    raise GreenletExit(status)


def times() -> os.times_result:
    """os.times()"""
    ticks = read_ns() / 10**9
    return os.times_result((0.0, 0.0, 0.0, 0.0, ticks))
