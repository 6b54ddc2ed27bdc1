"""eventfd(): a counter to wait on.

Linux: fs/eventfd.c, eventfd(2)
"""

from __future__ import annotations

import errno

import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll
from softnet.fs.file import File, FileOps, PollTable, poll_wait
from softnet.kernel.wait import WaitQueueHead, wait_interruptible, wake_up

EFD_SEMAPHORE = 1
EFD_NONBLOCK = fcntl.O_NONBLOCK
EFD_CLOEXEC = fcntl.O_CLOEXEC
ULLONG_MAX = (1 << 64) - 1


class EventfdCtx:
    """struct eventfd_ctx."""

    __slots__ = ("count", "semaphore", "wqh")

    count: int
    semaphore: bool
    wqh: WaitQueueHead

    def __init__(self, count: int, semaphore: bool) -> None:
        self.count = count
        self.semaphore = semaphore
        self.wqh = WaitQueueHead()


def eventfd_file(initval: int, flags: int) -> File:
    """An open eventfd; OSError(EINVAL) for flags it does not know."""
    if flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC):
        raise OSError(errno.EINVAL, "Invalid argument")
    ctx = EventfdCtx(initval, flags & EFD_SEMAPHORE != 0)
    return File(eventfd_fops, fcntl.O_RDWR | (flags & EFD_NONBLOCK), ctx)


class EventfdOps(FileOps):
    """eventfd_fops: values are 8 bytes, little-endian as on x86-64."""

    __slots__ = ()

    def read(self, file: File, size: int) -> bytes:
        """The count (or 1 of it, as a semaphore), once it is not 0."""
        if size < 8:
            raise OSError(errno.EINVAL, "Invalid argument")
        ctx = ctx_of(file)
        while ctx.count == 0:
            if file.nonblock():
                raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
            wait_interruptible(ctx.wqh, -1)
        value = 1 if ctx.semaphore else ctx.count
        ctx.count -= value
        wake_up(ctx.wqh, poll.POLLOUT)
        return value.to_bytes(8, "little")

    def write(self, file: File, data: bytes) -> int:
        """Add the value, once that does not overflow."""
        if len(data) < 8:
            raise OSError(errno.EINVAL, "Invalid argument")
        ctx = ctx_of(file)
        value = int.from_bytes(bytes(data)[:8], "little")
        if value == ULLONG_MAX:
            raise OSError(errno.EINVAL, "Invalid argument")
        while ULLONG_MAX - ctx.count <= value:
            if file.nonblock():
                raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
            wait_interruptible(ctx.wqh, -1)
        ctx.count += value
        wake_up(ctx.wqh, poll.POLLIN)
        return 8

    def poll(self, file: File, pt: PollTable | None) -> int:
        """eventfd_poll()"""
        ctx = ctx_of(file)
        poll_wait(file, ctx.wqh, pt)
        mask = poll.POLLIN if ctx.count else 0
        return mask | poll.POLLOUT if ctx.count < ULLONG_MAX - 1 else mask


def ctx_of(file: File) -> EventfdCtx:
    """The counter behind file."""
    ctx = file.private_data
    assert isinstance(ctx, EventfdCtx)
    return ctx


eventfd_fops = EventfdOps()
