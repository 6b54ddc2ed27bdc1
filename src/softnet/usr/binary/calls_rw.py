"""Answers: reading, writing, and what else is done with a descriptor of any kind.

A real file that can make its reader or writer wait (a pipe, a terminal) would stop the lab: such a
call is let through once it will not wait.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import struct
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary.answers import PASS, Answer, error, invalid, signed
from softnet.usr.binary.calls_net import broken, buffers, gather, scatter
from softnet.usr.binary.descriptors import RANDOM, READER, SOCKET, TIMER, WRITER, Sim
from softnet.usr.stamps import SIOCGSTAMP, SIOCGSTAMPNS, date

RW_MAX = 1 << 30
NONBLOCK, CLOEXEC = 0o4000, 0o2000000
F_GETFL, F_SETFL, F_GETOWN, F_SETPIPE_SZ, F_GETPIPE_SZ = 3, 4, 9, 1031, 1032
PIPE_SIZE = 65536
FIONBIO, FIOCLEX, FIONCLEX, SIOCGIFCONF = 0x5421, 0x5451, 0x5450, 0x8912
IFREQ = 40

Args = tuple[int, ...]


def read(t: Any, a: Args) -> int:
    """read()"""
    sim = t.sim(a[0])
    if sim is None:
        return real(t, a[0], select.POLLIN)
    data = read_sim(t, sim, min(a[2], RW_MAX))
    t.memory.write(a[1], data)
    return len(data)


def readv(t: Any, a: Args) -> int:
    """readv()"""
    sim = t.sim(a[0])
    if sim is None:
        return real(t, a[0], select.POLLIN)
    rows = buffers(t, a[1], a[2])
    data = read_sim(t, sim, min(sum(size for _, size in rows), RW_MAX))
    scatter(t, rows, data)
    return len(data)


def read_sim(t: Any, sim: Sim, size: int) -> bytes:
    """At most size bytes of a simulated file."""
    if sim.kind == RANDOM:
        luck: bytes = t.tree.random(min(size, 1 << 20))
        return luck
    return sys_.sys_read(sim.k, size)


def write(t: Any, a: Args) -> int:
    """write()"""
    sim = t.sim(a[0])
    if sim is None:
        return real(t, a[0], select.POLLOUT)
    return write_sim(t, sim, t.memory.read(a[1], min(a[2], RW_MAX)))


def writev(t: Any, a: Args) -> int:
    """writev()"""
    sim = t.sim(a[0])
    if sim is None:
        return real(t, a[0], select.POLLOUT)
    return write_sim(t, sim, gather(t, buffers(t, a[1], a[2])))


def write_sim(t: Any, sim: Sim, data: bytes) -> int:
    """How many bytes a simulated file took."""
    if sim.kind == RANDOM:
        return len(data)
    try:
        return sys_.sys_write(sim.k, data)
    except BrokenPipeError:
        return broken(t, sim.k, 0)


def real(t: Any, fd: int, events: int) -> int:
    """A real file: wait, in virtual time, until the call will not wait."""
    if waits(t, fd):
        while not ready(t, fd, events):
            listen_for_bell(t)
            try:
                sys_.sys_poll([(t.bell, select.POLLIN)])
            finally:
                quiet_bell(t)
        if events == select.POLLOUT:
            t.tree.ring()
    return PASS


def waits(t: Any, fd: int) -> bool:
    """Can this real file make somebody wait?"""
    try:
        mode = os.stat(f"/proc/{t.proc.pid}/fd/{signed(fd)}").st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)


def ready(t: Any, fd: int, events: int) -> int:
    """Which of the events hold for a real file now; POLLNVAL if it cannot be asked."""
    try:
        own = t.own_fd(fd)
    except OSError:
        return select.POLLNVAL
    try:
        poller = select.poll()
        poller.register(own, events)
        return sum(found for _, found in poller.poll(0))
    finally:
        os.close(own)


def listen_for_bell(t: Any) -> None:
    """Hear from now on when a real file may have changed."""
    if t.bell < 0:
        t.bell = sys_.sys_eventfd2(0, NONBLOCK)
    t.rings = True


def quiet_bell(t: Any) -> None:
    """Hear no more."""
    t.rings = False
    try:
        sys_.sys_read(t.bell, 8)
    except BlockingIOError:
        return


def sendfile(t: Any, a: Args) -> int:
    """sendfile(): from a real file to a simulated one."""
    out = t.sim(a[0])
    if t.sim(a[1]) is not None:
        raise invalid()
    if out is None:
        return PASS
    own = t.own_fd(a[1])
    try:
        if not a[2]:
            data = os.read(own, min(a[3], 1 << 20))
            n = write_sim(t, out, data) if data else 0
            if 0 <= n < len(data):
                os.lseek(own, n - len(data), os.SEEK_CUR)
            return n
        (offset,) = struct.unpack("=q", t.memory.read(a[2], 8))
        data = os.pread(own, min(a[3], 1 << 20), offset)
        n = write_sim(t, out, data) if data else 0
        t.memory.write(a[2], struct.pack("=q", offset + max(n, 0)))
        return n
    finally:
        os.close(own)


def splice(t: Any, a: Args) -> int:
    """splice(), tee(), copy_file_range(): programs read and write instead where it is EINVAL."""
    for fd in (a[0], a[2]):
        if t.sim(fd) is not None:
            raise invalid()
    return PASS


def tee(t: Any, a: Args) -> int:
    """tee()"""
    return splice(t, (a[0], 0, a[1]))


def fcntl_(t: Any, a: Args) -> int:
    """fcntl(): what belongs to the file is the host's, what belongs to the number the kernel's."""
    cmd = signed(a[1])
    if cmd not in (F_GETFL, F_SETFL, F_GETOWN, F_SETPIPE_SZ, F_GETPIPE_SZ):
        return PASS
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    if cmd in (F_SETPIPE_SZ, F_GETPIPE_SZ):
        if sim.kind not in (READER, WRITER):
            raise error(errno.EBADF)
        return PIPE_SIZE
    if sim.k < 0:
        return 0
    value = sys_.sys_fcntl(sim.k, cmd, signed(a[2]))
    if cmd == F_GETFL and sim.kind in (SOCKET, TIMER):
        value |= os.O_RDWR
    return value


def ioctl(t: Any, a: Args) -> int:
    """ioctl()"""
    request = a[1] & 0xFFFFFFFF
    if request in (FIOCLEX, FIONCLEX):
        return PASS
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    if sim.k < 0:
        raise error(errno.ENOTTY)
    if request == FIONBIO:
        sys_.sys_ioctl(sim.k, request, t.memory.u32(a[2]))
        return 0
    if request == SIOCGIFCONF:
        return interface_list(t, sim.k, a[2])
    try:
        raw = t.memory.read(a[2], IFREQ)
    except OSError:
        raw = bytes(IFREQ)
    value = sys_.sys_ioctl(sim.k, request, raw)
    if isinstance(value, int):
        t.memory.put_u32(a[2], value)
    elif isinstance(value, bytes | bytearray):
        raw = bytes(value)
        if request in (SIOCGSTAMP, SIOCGSTAMPNS):
            raw = date(raw[:16], t.tree.clock.epoch_ns)
        t.memory.write(a[2], raw[:IFREQ])
    return 0


def interface_list(t: Any, k: int, at: int) -> int:
    """SIOCGIFCONF: a length, and a pointer to room for the list."""
    raw = t.memory.read(at, 16)
    answer = bytes(sys_.sys_ioctl(k, SIOCGIFCONF, raw))  # type: ignore[call-overload] # a struct
    (to,) = struct.unpack_from("=Q", raw, 8)
    if to:
        t.memory.write(to, answer[16:])
    t.memory.write(at, answer[:4])
    return 0


def pipe(t: Any, a: Args) -> int:
    """pipe()"""
    return pipe2(t, (a[0], 0))


def pipe2(t: Any, a: Args) -> int:
    """pipe2()"""
    flags = signed(a[1])
    r, w = sys_.sys_pipe2(flags & ~CLOEXEC)
    cloexec = flags & CLOEXEC != 0
    pair = t.give(r, READER, cloexec), t.give(w, WRITER, cloexec)
    t.memory.write(a[0], struct.pack("=ii", *pair))
    return 0


def eventfd(t: Any, a: Args) -> int:
    """eventfd()"""
    return eventfd2(t, (a[0], 0))


def eventfd2(t: Any, a: Args) -> int:
    """eventfd2()"""
    flags = signed(a[1])
    k = sys_.sys_eventfd2(a[0] & 0xFFFFFFFF, flags & ~CLOEXEC)
    fd: int = t.give(k, SOCKET, flags & CLOEXEC != 0)
    return fd


ANSWERS: dict[str, Answer] = {
    "read": read,
    "readv": readv,
    "write": write,
    "writev": writev,
    "sendfile": sendfile,
    "splice": splice,
    "copy_file_range": splice,
    "tee": tee,
    "fcntl": fcntl_,
    "ioctl": ioctl,
    "pipe": pipe,
    "pipe2": pipe2,
    "eventfd": eventfd,
    "eventfd2": eventfd2,
}
