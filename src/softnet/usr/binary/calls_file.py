"""Answers: files that say who the host is, chance, and giving way."""

from __future__ import annotations

import errno
import os
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary import etc
from softnet.usr.binary.answers import PASS, Answer, error, signed
from softnet.usr.binary.descriptors import RANDOM

CLOEXEC = 0o2000000
O_ACCMODE, O_RDONLY = 3, 0
RANDOM_MAX = 1 << 24
UTS_FIELD = 65

Args = tuple[int, ...]


def open_(t: Any, a: Args) -> int:
    """open()"""
    return open_path(t, a[0], signed(a[1]))


def openat(t: Any, a: Args) -> int:
    """openat()"""
    return open_path(t, a[1], signed(a[2]))


def open_path(t: Any, at: int, flags: int) -> int:
    """Files that are the host's own; all others are the machine's."""
    path = t.memory.text(at)
    if path in (b"/dev/urandom", b"/dev/random"):
        fd: int = t.give(-1, RANDOM, flags & CLOEXEC != 0)
        return fd
    text = etc.read_file(t, path)
    if text is None:
        return PASS
    if flags & O_ACCMODE != O_RDONLY:
        raise error(errno.EACCES)
    own = os.memfd_create(os.path.basename(os.fsdecode(path)), os.MFD_CLOEXEC)
    try:
        os.write(own, text)
        os.lseek(own, 0, os.SEEK_SET)
        given: int = t.give_real(own, flags & CLOEXEC != 0)
        return given
    finally:
        os.close(own)


def getrandom(t: Any, a: Args) -> int:
    """getrandom(): the program's own luck, from the seed."""
    size = min(a[1], RANDOM_MAX)
    t.memory.write(a[0], t.tree.random(size))
    return size


def uname(t: Any, a: Args) -> int:
    """uname(): the machine's, with the host's name."""
    real = os.uname()
    name = t.tree.clock.hostname
    fields = (real.sysname, name, real.release, real.version, real.machine, "(none)")
    raw = b"".join(f.encode()[: UTS_FIELD - 1].ljust(UTS_FIELD, b"\0") for f in fields)
    t.memory.write(a[0], raw)
    return 0


def sched_yield(t: Any, a: Args) -> int:
    """sched_yield(): the host's other tasks, and the clock of a loop that waits, go on."""
    sys_.sys_nanosleep(0)
    return 0


ANSWERS: dict[str, Answer] = {
    "open": open_,
    "openat": openat,
    "getrandom": getrandom,
    "uname": uname,
    "sched_yield": sched_yield,
}
