"""struct file, and the table that gives each process its small integers.

Linux: fs/file.c, fs/file_table.c, include/linux/{fs,fdtable,poll}.h
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll_

if TYPE_CHECKING:
    from softnet.kernel.wait import WaitQueueHead

NR_OPEN = 1 << 20  # descriptors one process may have: sysctl fs.nr_open
FD_BASE_SIMULATED = 1 << 20  # first fd of an unmodified program: above every real one


class FdTable:
    """struct files_struct: descriptors of one process, shared by its threads.

    `base` is the lowest descriptor given out: 0 as in Linux, or FD_BASE_SIMULATED, so that a
    simulated fd that leaks to the real kernel can only be EBADF there.
    """

    __slots__ = ("base", "cloexec", "count", "files", "limit", "next_fd")

    base: int
    files: list[File | None]  # index: fd - base
    cloexec: set[int]
    count: int
    limit: int  # RLIMIT_NOFILE
    next_fd: int  # no free descriptor lies below it

    def __init__(self, base: int = 0, limit: int = NR_OPEN) -> None:
        self.base = base
        self.files = []
        self.cloexec = set()
        self.count = 0
        self.limit = limit
        self.next_fd = 0

    def fget(self, fd: int) -> File:
        """The file behind fd; OSError(EBADF) if there is none."""
        i = fd - self.base
        if i >= 0 and i < len(self.files):
            file = self.files[i]
            if file is not None:
                return file
        raise OSError(errno.EBADF, "Bad file descriptor")

    def fd_install(self, file: File, cloexec: bool = False, start: int = 0) -> int:
        """get_unused_fd() and fd_install(): the lowest free fd not below start.

        Takes over the caller's reference. Raises OSError(EMFILE).
        """
        files = self.files
        i = max(self.next_fd, start - self.base)
        size = len(files)
        while i < size and files[i] is not None:
            i += 1
        if i >= self.limit:
            raise OSError(errno.EMFILE, "Too many open files")
        while len(files) <= i:
            files.append(None)
        files[i] = file
        self.count += 1
        if start - self.base <= self.next_fd:
            self.next_fd = i + 1
        if cloexec:
            self.cloexec.add(i + self.base)
        return i + self.base

    def replace(self, file: File, fd: int, cloexec: bool) -> int:
        """do_dup2(): make fd lead to file, closing what was there. Raises OSError(EBADF)."""
        i = fd - self.base
        if i < 0 or i >= self.limit:
            raise OSError(errno.EBADF, "Bad file descriptor")
        if i < len(self.files) and self.files[i] is not None:
            self.close(fd)
        while len(self.files) <= i:
            self.files.append(None)
        self.files[i] = file
        self.count += 1
        self.cloexec.discard(fd)
        if cloexec:
            self.cloexec.add(fd)
        return fd

    def close(self, fd: int) -> None:
        """sys_close(): OSError(EBADF) if fd is not open."""
        file = self.fget(fd)
        i = fd - self.base
        self.files[i] = None
        self.count -= 1
        self.cloexec.discard(fd)
        if i < self.next_fd:
            self.next_fd = i
        fput(file)

    def close_all(self) -> None:
        """close_files(): the process exits."""
        for i, file in enumerate(self.files):
            if file is not None:
                self.close(i + self.base)

    def fork(self) -> FdTable:
        """dup_fd(): a copy that shares the open files."""
        new = FdTable(self.base, self.limit)
        new.files = list(self.files)
        new.cloexec = set(self.cloexec)
        new.count = self.count
        new.next_fd = self.next_fd
        for file in new.files:
            if file is not None:
                file.f_count += 1
        return new


class PollTable:
    """poll_table: who wants to hear when a file's state changes. Subclassed by poll and epoll."""

    __slots__ = ()

    def queue(self, file: File, wq: WaitQueueHead) -> None:
        """_qproc: hang an entry on wq."""


class FileOps:
    """struct file_operations: one instance per kind of file. Errors are OSError."""

    __slots__ = ()

    def read(self, file: File, size: int) -> bytes:
        """At most size bytes; b"" at the end."""
        raise OSError(errno.EINVAL, "Invalid argument")

    def write(self, file: File, data: bytes) -> int:
        """Bytes taken of a bytes-like object."""
        raise OSError(errno.EINVAL, "Invalid argument")

    def poll(self, file: File, pt: PollTable | None) -> int:
        """POLL* bits that hold now; pt, if given, hears of changes."""
        return poll_.POLLIN | poll_.POLLOUT | poll_.POLLRDNORM | poll_.POLLWRNORM

    def ioctl(self, file: File, cmd: int, arg: object) -> object:
        """The answer; OSError(ENOTTY) for what this file does not know."""
        raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")

    def release(self, file: File) -> None:
        """The last reference went."""


class File:
    """struct file: an open file; several descriptors may lead to it."""

    __slots__ = ("ep_links", "f_count", "f_flags", "f_op", "private_data")

    f_op: FileOps
    f_flags: int  # O_*
    f_count: int
    private_data: object  # the Socket, Eventpoll, Pipe …
    ep_links: list[object] | None  # epoll items that watch this file

    def __init__(self, f_op: FileOps, f_flags: int, private_data: object) -> None:
        init_file(self, f_op, f_flags, private_data)

    def nonblock(self) -> bool:
        """Is O_NONBLOCK set?"""
        return self.f_flags & fcntl.O_NONBLOCK != 0


def new_file(f_op: FileOps, f_flags: int, private_data: object) -> File:
    """File(f_op, f_flags, private_data), without a call of Python's when compiled."""
    file = File.__new__(File)
    init_file(file, f_op, f_flags, private_data)
    return file


def init_file(file: File, f_op: FileOps, f_flags: int, private_data: object) -> None:
    """What File.__init__() does."""
    file.f_op = f_op
    file.f_flags = f_flags
    file.f_count = 1
    file.private_data = private_data
    file.ep_links = None


class EpollLink:
    """What an epoll instance leaves with each file it watches, to be told when the file goes."""

    __slots__ = ()

    def file_released(self, file: File) -> None:
        """eventpoll_release()"""


def get_file(file: File) -> File:
    """One reference more."""
    file.f_count += 1
    return file


def fput(file: File) -> None:
    """One reference less; the last one releases the file."""
    file.f_count -= 1
    assert file.f_count >= 0
    if file.f_count == 0:
        if file.ep_links is not None:
            for link in list(file.ep_links):
                assert isinstance(link, EpollLink)
                link.file_released(file)
        file.f_op.release(file)


def poll_wait(file: File, wq: WaitQueueHead, pt: PollTable | None) -> None:
    """poll_wait(): let pt (if any) hear of wake-ups on wq."""
    if pt is not None:
        pt.queue(file, wq)
