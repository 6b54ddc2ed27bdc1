"""The stack as the threads of one real process call it.

    sock = kernel.socket(AF_INET, SOCK_STREAM, 0)         a Made: its real descriptor and what it is
    n = kernel.call(entry, fd, "send", data, flags)       calls.py has the names

One lock is held while the stack runs: system calls, what they set off, and the timers. None of it
sleeps. On the way out every socket whose state changed shows it at its real descriptor; who got
BlockingIOError polls that. Callers know a socket by an Entry, found by the inode of the descriptor,
so copies of it and copies in other processes lead to the same socket.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from typing import Any, NamedTuple, Protocol

import softnet.syscalls as sys_
from softnet.usr.door import calls, rights
from softnet.usr.door.channel import Channel
from softnet.usr.door.proxy import SHOWN, Proxy, do_near, new_proxy, receive
from softnet.usr.door.turns import TurnLock

SOCK_STREAM = 1
EPOLL_CTL_ADD = 1
EPOLLET = 1 << 31
CHANGES = 256  # sockets whose change is asked for at once
QUIET_NS = 1_000_000  # how much later others wake up after call_quietly()


class Stack(Protocol):
    """lab.door.DoorStack."""

    def enter(self) -> None:
        """System calls follow."""

    def leave(self) -> None:
        """No more."""

    def advance(self, now_ns: int) -> int:
        """Run up to now; when the next event is due."""

    def busy(self) -> bool:
        """Is there something to do at once?"""


class Made(NamedTuple):
    """A new socket: the descriptor is the receiver's."""

    fd: int
    ino: int
    family: int
    type: int
    proto: int


class Entry:
    """A socket as this process knows it."""

    __slots__ = (
        "channel", "family", "given", "ino", "kfd", "near", "pending", "proto", "proxy", "type",
    )  # fmt: skip

    ino: int
    family: int
    type: int
    proto: int
    kfd: int  # the host's descriptor; -1 in a child
    proxy: Proxy | None  # None in a child
    near: int  # the real descriptor that was used last
    pending: bytes  # written to the descriptor by who knows nothing of us, and not sent yet
    given: bool  # handed over: its descriptor carries bytes as soon as it is connected
    channel: Channel | None  # and it does

    def __init__(self, made: Made, kfd: int, proxy: Proxy | None) -> None:
        self.ino = made.ino
        self.family = made.family
        self.type = made.type
        self.proto = made.proto
        self.kfd = kfd
        self.proxy = proxy
        self.near = made.fd
        self.pending = b""
        self.given = False
        self.channel = None


def inode(fd: int) -> int:
    """The inode of a socket's descriptor, 0 for what is no socket. OSError(EBADF)."""
    st = os.fstat(fd)
    return st.st_ino if stat.S_ISSOCK(st.st_mode) else 0


class Kernel:
    """The stack, in the process that it lives in."""

    __slots__ = (
        "by_far", "caller", "depth", "doomed", "entries", "epfd", "left", "lock", "moved", "next_ns",
        "ring", "quiet", "quiet_ns", "stack", "start",
    )  # fmt: skip

    stack: Stack
    lock: TurnLock
    depth: int  # the thread that holds the lock is in the stack
    entries: dict[int, Entry]  # by inode
    by_far: dict[int, Entry]  # by the far end's descriptor
    doomed: list[Entry]  # closed while the stack ran: by the garbage collector
    caller: Entry | None  # the socket that another process calls on
    left: int  # what is left for it to do at its near end
    moved: bool  # a channel moved something: the stack has to run
    epfd: int  # the host's epoll instance that tells of changes
    quiet: bool  # leave it to the pump to show what changed at other sockets
    quiet_ns: int  # and it to wait until then
    start: int
    next_ns: int  # when the pump will look at the timers; -1: not before it is rung
    ring: Any  # wakes the pump: ring(far descriptor to watch, or -1; whether for room, too)

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.lock = TurnLock()
        self.depth = 0
        self.entries = {}
        self.by_far = {}
        self.doomed = []
        self.caller = None
        self.left = 0
        self.moved = False
        self.quiet = False
        self.quiet_ns = 0
        self.start = time.monotonic_ns()
        self.next_ns = 0
        self.ring = None
        stack.enter()
        try:
            self.epfd = sys_.sys_epoll_create1()
        finally:
            stack.leave()

    # Entering and leaving the stack

    def call(self, entry: Entry, fd: int, name: str, *args: Any) -> Any:
        """The system call `name` on a socket, by who holds descriptor fd of it."""
        return self.enter(entry, fd, calls.CALLS[name], *args)

    def call_quietly(self, entry: Entry, fd: int, name: str, *args: Any) -> Any:
        """call(), after which others wake up a little later, as on another processor."""
        with self.lock:
            self.quiet = True
            try:
                return self.enter(entry, fd, calls.CALLS[name], *args)
            finally:
                self.quiet = False
                self.quiet_ns = time.monotonic_ns() - self.start + QUIET_NS
                self.ring()

    def enter(self, entry: Entry, fd: int, fn: Any, *args: Any) -> Any:
        """fn(host's descriptor, *args) in the stack; then show what changed."""
        with self.lock:
            entry.near = fd
            self.depth += 1
            try:
                self.catch_up()
                try:
                    if entry.channel is not None and entry.proxy is not None:
                        entry.channel.move(entry.kfd, entry.proxy.far)
                    return fn(entry.kfd, *args)
                finally:
                    self.stack.leave()
                    self.settle(entry)
            finally:
                self.depth -= 1
                if self.doomed and not self.depth:
                    self.bury()

    def catch_up(self) -> None:
        """Bring the host's clock up to the present, and enter."""
        self.stack.advance(time.monotonic_ns() - self.start)
        self.stack.enter()

    def settle(self, entry: Entry | None) -> None:
        """Let follow what the call set off, and let descriptors show it."""
        while True:
            self.moved = False
            when = self.stack.advance(time.monotonic_ns() - self.start)
            self.stack.enter()
            try:
                self.show_changes(entry)
            finally:
                self.stack.leave()
            if not self.moved:
                break
        if when >= 0 and (self.next_ns < 0 or when < self.next_ns) and self.ring is not None:
            self.next_ns = when
            self.ring()

    def show_changes(self, entry: Entry | None) -> None:
        """Let the descriptors of entry, and of all that changed, show it."""
        if entry is not None and entry.kfd >= 0:
            self.show(entry)
        while not self.quiet:
            changed = sys_.sys_epoll_wait(self.epfd, CHANGES, 0)
            for _, ino in changed:
                other = self.entries.get(ino)
                if other is not None and other is not entry:
                    self.show(other)
            if len(changed) < CHANGES:
                break

    def show(self, entry: Entry) -> None:
        """Let the real descriptor show the socket's state, or carry its bytes."""
        proxy = entry.proxy
        assert proxy is not None
        if entry.given and entry.channel is None and is_connected(entry.kfd):
            self.finish(entry, proxy.carry())
            entry.channel = Channel(proxy.rdhup)
        if entry.channel is not None:
            if entry.channel.move(entry.kfd, proxy.far):
                self.moved = True
            if not entry.channel.outward and proxy.abandoned(unread=False):
                self.doomed.append(entry)
            return
        ready = sys_.sys_poll([(entry.kfd, SHOWN)], 0)
        self.finish(entry, proxy.show(ready[0][1] if ready else 0))

    def finish(self, entry: Entry, left: int) -> None:
        """What is left to do at a near end: here, or by who calls from another process."""
        if left:
            fd = self.near_of(entry)
            if fd >= 0:
                do_near(fd, left)
            elif entry is self.caller:
                self.left |= left

    def near_of(self, entry: Entry) -> int:
        """A descriptor of the near end in this process, -1 if there is none that is known."""
        try:
            return entry.near if inode(entry.near) == entry.ino else -1
        except OSError:
            return -1

    def tick(self) -> int:
        """Run the timers; ns until they are to be run again, -1 for whenever something happens."""
        with self.lock:
            self.depth += 1
            try:
                now = time.monotonic_ns() - self.start
                self.next_ns = self.stack.advance(now)
                self.quiet = now < self.quiet_ns
                self.settle(None)
                if self.quiet and (self.next_ns < 0 or self.quiet_ns < self.next_ns):
                    self.next_ns = self.quiet_ns
            finally:
                self.quiet = False
                self.depth -= 1
            if self.doomed:
                self.bury()
            return -1 if self.next_ns < 0 else max(0, self.next_ns - now)

    # Sockets come and go

    def socket(self, family: int, type: int, proto: int) -> Made:
        """socket()"""
        return self.create(lambda _: [sys_.sys_socket(family, type | calls.SOCK_NONBLOCK, proto)])[
            0
        ]

    def socketpair(self, family: int, type: int, proto: int) -> list[Made]:
        """socketpair()"""
        return self.create(
            lambda _: list(sys_.sys_socketpair(family, type | calls.SOCK_NONBLOCK, proto))
        )

    def accept(self, entry: Entry, fd: int) -> tuple[Made, Any]:
        """accept(): the new socket and its peer's address."""
        peer = []

        def accept4(kfd: int) -> list[int]:
            new, addr = sys_.sys_accept4(kfd, calls.SOCK_NONBLOCK)
            peer.append(calls.from_sockaddr(addr))
            return [new]

        with self.lock:
            return self.create(accept4, entry, fd)[0], peer[0]

    def create(self, fn: Any, entry: Entry | None = None, fd: int = -1) -> list[Made]:
        """Sockets for the host's descriptors that fn() answers."""
        with self.lock:
            self.depth += 1
            try:
                if entry is not None:
                    entry.near = fd
                self.catch_up()
                try:
                    made = [self.wrap(kfd) for kfd in fn(entry.kfd if entry else -1)]
                finally:
                    self.stack.leave()
                    self.settle(entry)
                return made
            finally:
                self.depth -= 1
                if self.doomed and not self.depth:
                    self.bury()

    def wrap(self, kfd: int) -> Made:
        """A real descriptor for the host's."""
        proxy, fd = new_proxy()
        what = [number(kfd, name) for name in (calls.SO_DOMAIN, calls.SO_TYPE, calls.SO_PROTOCOL)]
        made = Made(fd, proxy.ino, *what)
        entry = Entry(made, kfd, proxy)
        self.entries[proxy.ino] = entry
        far = proxy.far.fileno()
        self.by_far[far] = entry
        sys_.sys_epoll_ctl(self.epfd, EPOLL_CTL_ADD, kfd, SHOWN | EPOLLET, proxy.ino)
        self.show(entry)
        if self.ring is not None:
            self.ring(far)
        return made

    def find(self, fd: int) -> Entry | None:
        """The socket behind a real descriptor, None if it is none of ours. OSError(EBADF)."""
        return self.entries.get(inode(fd))

    def closed(self, entry: Entry) -> None:
        """A descriptor was closed: if it was the last, the socket goes."""
        with self.lock:
            if self.depth:
                self.doomed.append(entry)
            else:
                self.release(entry)

    def collected(self, entry: Entry) -> None:
        """closed(), by the garbage collector: it may have come in the middle of anything."""
        self.doomed.append(entry)
        if self.ring is not None:
            self.ring()

    def bury(self) -> None:
        """Close what was closed meanwhile."""
        while self.doomed:
            self.release(self.doomed.pop())

    def release(self, entry: Entry) -> None:
        """Close the host's descriptor, if no real one is left."""
        proxy = entry.proxy
        if entry.kfd < 0 or proxy is None or not proxy.abandoned(entry.channel is None):
            return
        if entry.channel is not None and not self.flushed(entry):
            return  # show() has it buried when that is done
        kfd, entry.kfd = entry.kfd, -1
        del self.entries[entry.ino]
        del self.by_far[proxy.far.fileno()]
        proxy.far.close()
        self.depth += 1
        try:
            self.stack.enter()
            try:
                sys_.sys_close(kfd)
            except OSError:
                pass
            finally:
                self.stack.leave()
                self.settle(None)
        finally:
            self.depth -= 1

    def flushed(self, entry: Entry) -> bool:
        """Send what was written to a descriptor that carried bytes; is it all gone?"""
        assert entry.proxy is not None
        assert entry.channel is not None
        self.depth += 1
        try:
            self.catch_up()
            try:
                entry.channel.move(entry.kfd, entry.proxy.far)
            finally:
                self.stack.leave()
                self.settle(None)
        finally:
            self.depth -= 1
        return not entry.channel.outward

    # What others did to a real descriptor

    def far_event(self, far: int) -> None:
        """The pump saw something at a far end: its near end was closed, or written to directly."""
        with self.lock:
            entry = self.by_far.get(far)
            if entry is None or entry.proxy is None:
                return
            if entry.channel is not None:
                self.enter(entry, entry.near, calls.nothing)
            elif not entry.proxy.full:
                entry.pending += receive(entry.proxy.far)
                if entry.pending:
                    self.forward(entry)
            self.release(entry)

    def forward(self, entry: Entry) -> None:
        """Send what was written to the descriptor past the door: by signal.set_wakeup_fd()."""
        try:
            n = self.enter(entry, entry.near, calls.send, entry.pending, 0x4000)  # MSG_NOSIGNAL
        except BlockingIOError:
            return
        except OSError:
            n = len(entry.pending)
        entry.pending = entry.pending[n:]

    def hand_over(self, entry: Entry, fd: int) -> bool:
        """C drives the descriptor from now on: it carries the bytes. Does it already?"""
        with self.lock:
            entry.given = entry.type == SOCK_STREAM
            if entry.given and self.ring is not None and entry.proxy is not None:
                self.ring(entry.proxy.far.fileno(), True)
            self.enter(entry, fd, calls.nothing)
            return entry.channel is not None

    # SCM_RIGHTS

    def sendmsg(self, entry: Entry, fd: int, data: Any, control: Any, flags: int, addr: Any) -> int:
        """sendmsg(): descriptors in control are real ones."""
        n: int = self.enter(entry, fd, rights.sendmsg, data, control, flags, addr)
        return n

    def recvmsg(self, entry: Entry, fd: int, size: int, room: int, flags: int) -> Any:
        """recvmsg(): descriptors that came are real ones, and the caller's."""
        return self.enter(entry, fd, rights.recvmsg, size, room, flags)


def is_connected(kfd: int) -> bool:
    """Has it a peer?"""
    try:
        sys_.sys_getpeername(kfd)
    except OSError:
        return False
    return True


def number(kfd: int, name: int) -> int:
    """An option of SOL_SOCKET."""
    value = sys_.sys_getsockopt(kfd, calls.SOL_SOCKET, name, 4)
    return int.from_bytes(value, sys.byteorder)
