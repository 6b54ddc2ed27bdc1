"""epoll: a set of files that remembers which of them may have become ready.

Linux: fs/eventpoll.c, epoll(7)

Each watched file has an EpItem whose wait-queue entry moves it to the ready list when the file
stirs; epoll_wait() asks only those. Level-triggered items go back to the ready list after they
were reported, edge-triggered ones wait for the next stir, one-shot ones are muted.
"""

from __future__ import annotations

import errno

import softnet.uapi.eventpoll as ep_
import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll
from softnet.fs.file import EpollLink, File, FileOps, PollTable, poll_wait
from softnet.kernel.sched import current
from softnet.kernel.wait import (
    WaitQueueEntry,
    WaitQueueHead,
    add_wait_queue,
    remove_wait_queue,
    wait_interruptible,
    wake_up,
)

EP_MAX_NESTS = 4  # epoll instances that may watch each other in a row
EP_PRIVATE_BITS = ep_.EPOLLONESHOT | ep_.EPOLLET
ALWAYS = poll.POLLERR | poll.POLLHUP


class EpEntry(WaitQueueEntry):
    """struct eppoll_entry: one wait queue of a watched file."""

    __slots__ = ("item", "wq")

    item: EpItem
    wq: WaitQueueHead

    def __init__(self, item: EpItem, wq: WaitQueueHead) -> None:
        WaitQueueEntry.__init__(self)
        self.item = item
        self.wq = wq

    def func(self, key: int) -> int:
        """ep_poll_callback()"""
        item = self.item
        if not item.events & ~EP_PRIVATE_BITS:
            return 0  # muted by EPOLLONESHOT
        if key and not key & item.events:
            return 0
        item.ep.make_ready(item)
        return 1


class EpItem(PollTable):
    """struct epitem: one watched (file, fd)."""

    __slots__ = ("data", "entries", "ep", "events", "fd", "file", "ready")

    ep: Eventpoll
    file: File
    fd: int
    events: int
    data: int
    entries: list[EpEntry]
    ready: bool

    def __init__(self, ep: Eventpoll, file: File, fd: int, events: int, data: int) -> None:
        self.ep = ep
        self.file = file
        self.fd = fd
        self.events = events
        self.data = data
        self.entries = []
        self.ready = False

    def queue(self, file: File, wq: WaitQueueHead) -> None:
        """ep_ptable_queue_proc()"""
        entry = EpEntry(self, wq)
        self.entries.append(entry)
        add_wait_queue(wq, entry)

    def revents(self) -> int:
        """What holds now of what was asked for."""
        return self.file.f_op.poll(self.file, None) & self.events

    def unhook(self) -> None:
        """ep_unregister_pollwait()"""
        for entry in self.entries:
            remove_wait_queue(entry.wq, entry)
        self.entries.clear()


class Eventpoll(EpollLink):
    """struct eventpoll."""

    __slots__ = ("items", "poll_wait", "rdllist", "wq")

    items: dict[tuple[int, int], EpItem]  # by (fd, id of the file): the red-black tree
    rdllist: dict[tuple[int, int], EpItem]  # the ready list: insertion order, O(1) removal
    wq: WaitQueueHead  # epoll_wait() sleeps here
    poll_wait: WaitQueueHead  # those who poll the epoll descriptor itself

    def __init__(self) -> None:
        self.items = {}
        self.rdllist = {}
        self.wq = WaitQueueHead()
        self.poll_wait = WaitQueueHead()

    def ctl(self, op: int, file: File, fd: int, events: int, data: int) -> None:
        """sys_epoll_ctl(): OSError EEXIST, ENOENT, EINVAL, EPERM, ELOOP."""
        if file.private_data is self:
            raise OSError(errno.EINVAL, "Invalid argument")
        if type(file.f_op).poll is FileOps.poll:
            raise OSError(errno.EPERM, "Operation not permitted")
        key = (fd, id(file))
        item = self.items.get(key)
        if op == ep_.EPOLL_CTL_ADD:
            if item is not None:
                raise OSError(errno.EEXIST, "File exists")
            self.insert(key, EpItem(self, file, fd, events | ALWAYS, data))
        elif item is None:
            if op in (ep_.EPOLL_CTL_MOD, ep_.EPOLL_CTL_DEL):
                raise OSError(errno.ENOENT, "No such file or directory")
            raise OSError(errno.EINVAL, "Invalid argument")
        elif op == ep_.EPOLL_CTL_MOD:
            item.events = events | ALWAYS
            item.data = data
            if item.revents():
                self.make_ready(item)
        elif op == ep_.EPOLL_CTL_DEL:
            self.remove(item)
        else:
            raise OSError(errno.EINVAL, "Invalid argument")

    def insert(self, key: tuple[int, int], item: EpItem) -> None:
        """ep_insert()"""
        if isinstance(item.file.private_data, Eventpoll):
            check_nesting(self, item.file.private_data)
        self.items[key] = item
        if item.file.ep_links is None:
            item.file.ep_links = []
        item.file.ep_links.append(self)
        if item.file.f_op.poll(item.file, item) & item.events:
            self.make_ready(item)

    def remove(self, item: EpItem) -> None:
        """ep_remove()"""
        item.unhook()
        key = (item.fd, id(item.file))
        self.items.pop(key, None)
        self.rdllist.pop(key, None)
        if item.file.ep_links is not None:
            item.file.ep_links.remove(self)

    def file_released(self, file: File) -> None:
        """eventpoll_release_file(): file is going; forget every item that watches it."""
        for item in [i for i in self.items.values() if i.file is file]:
            self.remove(item)

    def make_ready(self, item: EpItem) -> None:
        """Put item on the ready list and wake whoever waits for that."""
        if not item.ready:
            item.ready = True
            self.rdllist[(item.fd, id(item.file))] = item
        wake_up(self.wq, poll.POLLIN)
        wake_up(self.poll_wait, poll.POLLIN)

    def wait(self, maxevents: int, timeout_ns: int) -> list[tuple[int, int]]:
        """ep_poll(): up to maxevents (events, data) rows; timeout_ns -1 waits for ever."""
        while True:
            got = self.send_events(maxevents)
            if got or timeout_ns == 0:
                return got
            task = current()
            assert task is not None
            task.wait_channel = "ep_poll"
            timeout_ns = wait_interruptible(self.wq, timeout_ns)

    def send_events(self, maxevents: int) -> list[tuple[int, int]]:
        """ep_send_events_proc(): ask the ready items, in the order they became ready."""
        got: list[tuple[int, int]] = []
        again: list[EpItem] = []
        while self.rdllist and len(got) < maxevents:
            key = next(iter(self.rdllist))
            item = self.rdllist.pop(key)
            item.ready = False
            revents = item.revents()
            if not revents:
                continue
            got.append((revents, item.data))
            if item.events & ep_.EPOLLONESHOT:
                item.events &= EP_PRIVATE_BITS
            elif not item.events & ep_.EPOLLET:
                again.append(item)
        for item in again:
            if not item.ready:
                item.ready = True
                self.rdllist[(item.fd, id(item.file))] = item
        return got

    def has_ready(self) -> bool:
        """Is there an item that would be reported? Drops those that are not."""
        for key, item in list(self.rdllist.items()):
            if item.revents():
                return True
            del self.rdllist[key]
            item.ready = False
        return False


def check_nesting(watcher: Eventpoll, watched: Eventpoll, depth: int = 0) -> None:
    """ep_loop_check(): OSError(ELOOP) for a ring or too deep a chain."""
    if depth >= EP_MAX_NESTS or watched is watcher:
        raise OSError(errno.ELOOP, "Too many levels of symbolic links")
    for item in watched.items.values():
        inner = item.file.private_data
        if isinstance(inner, Eventpoll):
            check_nesting(watcher, inner, depth + 1)


def file_eventpoll(file: File) -> Eventpoll:
    """The epoll instance behind file; OSError(EINVAL)."""
    ep = file.private_data
    if not isinstance(ep, Eventpoll):
        raise OSError(errno.EINVAL, "Invalid argument")
    return ep


def ep_file() -> File:
    """An open file for a new epoll instance."""
    return File(eventpoll_fops, fcntl.O_RDWR, Eventpoll())


class EventpollOps(FileOps):
    """eventpoll_fops"""

    __slots__ = ()

    def poll(self, file: File, pt: PollTable | None) -> int:
        """ep_eventpoll_poll()"""
        ep = file_eventpoll(file)
        poll_wait(file, ep.poll_wait, pt)
        return poll.POLLIN | poll.POLLRDNORM if ep.has_ready() else 0

    def release(self, file: File) -> None:
        """ep_eventpoll_release()"""
        ep = file_eventpoll(file)
        for item in list(ep.items.values()):
            ep.remove(item)


eventpoll_fops = EventpollOps()
