"""poll() and select(): wait until one of several files has something to say.

Linux: fs/select.c

Both ask each file once, leaving an entry on every wait queue that could change the answer, and
sleep until one of these is woken. Nothing is lost between asking and sleeping: a wake-up sets
`triggered`.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.uapi.poll as poll
from softnet.fs.file import PollTable
from softnet.kernel.sched import Task, current, schedule_timeout, wake_up_process
from softnet.kernel.wait import (
    WaitQueueEntry,
    WaitQueueHead,
    add_wait_queue,
    remove_wait_queue,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from softnet.fs.file import FdTable, File

ALWAYS = poll.POLLERR | poll.POLLHUP | poll.POLLNVAL  # reported whether asked for or not


def do_poll(files: FdTable, fds: list[tuple[int, int]], timeout_ns: int) -> list[tuple[int, int]]:
    """(fd, events) in, (fd, revents) with something set out; timeout_ns -1 waits for ever."""
    rows: list[tuple[int, File | None, int]] = []
    for fd, events in fds:
        if fd >= 0:
            rows.append((fd, file_or_none(files, fd), events | ALWAYS))
    pwq = PollWqueues(current())
    try:
        while True:
            ready = []
            for fd, file, events in rows:
                if file is None:
                    ready.append((fd, poll.POLLNVAL))
                    continue
                revents = file.f_op.poll(file, pwq.table()) & events
                if revents:
                    ready.append((fd, revents))
                    pwq.armed = True  # an answer is there: no need to hang on the rest
            pwq.armed = True
            if ready or timeout_ns == 0:
                return ready
            timeout_ns = pwq.sleep(timeout_ns)
    finally:
        pwq.free()


def do_select(
    files: FdTable, r: Sequence[int], w: Sequence[int], x: Sequence[int], timeout_ns: int
) -> tuple[list[int], list[int], list[int]]:
    """The ready descriptors of each list, in the order given; OSError(EBADF)."""
    rows: dict[int, tuple[File, int]] = {}
    for fd in (*r, *w, *x):
        rows[fd] = (files.fget(fd), 0)
    pwq = PollWqueues(current())
    try:
        while True:
            mask = {fd: file.f_op.poll(file, pwq.table()) for fd, (file, _) in rows.items()}
            pwq.armed = True
            got = (
                [fd for fd in r if mask[fd] & poll.POLLIN_SET],
                [fd for fd in w if mask[fd] & poll.POLLOUT_SET],
                [fd for fd in x if mask[fd] & poll.POLLEX_SET],
            )
            if got[0] or got[1] or got[2] or timeout_ns == 0:
                return got
            timeout_ns = pwq.sleep(timeout_ns)
    finally:
        pwq.free()


def file_or_none(files: FdTable, fd: int) -> File | None:
    """The file behind fd, None where poll() has to say POLLNVAL."""
    try:
        return files.fget(fd)
    except OSError:
        return None


class PollEntry(WaitQueueEntry):
    """struct poll_table_entry: one wait queue that a poller hangs on."""

    __slots__ = ("pwq", "wq")

    pwq: PollWqueues
    wq: WaitQueueHead

    def __init__(self, pwq: PollWqueues, wq: WaitQueueHead) -> None:
        WaitQueueEntry.__init__(self)
        self.pwq = pwq
        self.wq = wq

    def func(self, key: int) -> int:
        """pollwake(): something happened there."""
        self.pwq.triggered = True
        wake_up_process(self.pwq.task)
        return 1


class PollWqueues(PollTable):
    """struct poll_wqueues: all the queues one sleeping poller hangs on."""

    __slots__ = ("armed", "entries", "task", "triggered")

    task: Task
    entries: list[PollEntry]
    triggered: bool
    armed: bool  # entries are in place: later rounds only ask

    def __init__(self, task: Task | None) -> None:
        assert task is not None
        self.task = task
        self.entries = []
        self.triggered = False
        self.armed = False

    def table(self) -> PollTable | None:
        """What to hand to ->poll(): ourselves until everything is hung up."""
        return None if self.armed else self

    def queue(self, file: File, wq: WaitQueueHead) -> None:
        """__pollwait()"""
        entry = PollEntry(self, wq)
        self.entries.append(entry)
        add_wait_queue(wq, entry)

    def sleep(self, timeout_ns: int) -> int:
        """Sleep until triggered; the nanoseconds left: 0 at the end, -1 for ever."""
        if not self.triggered:
            self.task.wait_channel = "poll"
            timeout_ns = schedule_timeout(timeout_ns)
            self.task.raise_if_killed()
            if self.task.signal_pending():
                raise OSError(errno.EINTR, "Interrupted system call")
        self.triggered = False
        return timeout_ns

    def free(self) -> None:
        """poll_freewait()"""
        for entry in self.entries:
            remove_wait_queue(entry.wq, entry)
        self.entries.clear()
