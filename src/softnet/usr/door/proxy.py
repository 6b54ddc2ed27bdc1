"""The real descriptor that stands for a softnet socket.

The program holds the near end of an AF_UNIX stream pair, we the far end. Both have the smallest
send buffer. What real select, poll and epoll say of the near end is what the socket's state is:

    readable        a byte of ours lies in it
    not writable    its own send buffer is full, with bytes that we leave unread
    RDHUP           the far end was shut down for writing
    HUP             ... in both directions
    PRI             an out-of-band byte of ours lies in it

A state that grows (readable, writable) is shown from the far end, one that goes is taken back at
the near end. The error of a socket (POLLERR) shows as readable and writable.
"""

from __future__ import annotations

import _socket
import os
import select

POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLRDHUP = 1, 2, 4, 8, 16, 0x2000
SHOWN = POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLRDHUP
SMALLEST = 1  # bytes of SO_SNDBUF asked for; the kernel makes 4608 of it
FILLER = bytes(1 << 16)
MARK = b"\0"

# What is left to do at the near end, by who holds it.
DRAIN, FILL, NO_OOB, NO_TRACE, KEEP, GROW = 1, 2, 4, 8, 16, 32
ROOM = 1 << 18  # bytes of SO_SNDBUF where bytes flow


class Proxy:
    """The far end, and what the near end shows."""

    __slots__ = ("far", "full", "had_oob", "hup", "ino", "marked", "oob", "rdhup")

    far: _socket.socket
    ino: int  # of the near end
    marked: bool
    full: bool
    had_oob: bool
    oob: bool
    rdhup: bool
    hup: bool

    def __init__(self, far: _socket.socket, ino: int) -> None:
        self.far = far
        self.ino = ino
        self.marked = False
        self.full = False
        self.had_oob = False
        self.oob = False
        self.rdhup = False
        self.hup = False

    def show(self, mask: int) -> int:
        """Let the near end show the POLL* bits of mask; what is left to do there."""
        left = 0
        if not self.rdhup:
            if mask & POLLRDHUP:
                # The byte that nobody reads makes an error of the near end's close: abandoned().
                self.rdhup = True
                if not self.marked:
                    send(self.far, MARK)
                self.far.shutdown(_socket.SHUT_WR)
            else:
                left |= self.show_readable(mask & (POLLIN | POLLERR) != 0, mask & POLLPRI != 0)
        if mask & POLLHUP and mask & POLLRDHUP and not self.hup:
            self.hup = True
            self.far.shutdown(_socket.SHUT_RDWR)
        if not self.hup:
            full = mask & (POLLOUT | POLLERR | POLLHUP) == 0
            if full and not self.full:
                self.full = True
                left |= FILL
            elif self.full and not full:
                self.full = False
                self.discard()
        return left

    def show_readable(self, readable: bool, oob: bool) -> int:
        """The two that a byte in the near end shows."""
        left = 0
        readable = readable or oob  # as Linux has it, and the mark stays in front
        if readable and not self.marked:
            self.marked = True
            send(self.far, MARK)
        elif self.marked and not readable:
            self.marked = False
            left = DRAIN | (NO_TRACE if self.had_oob else 0)
        if oob and not self.oob:
            self.oob = self.had_oob = True
            send(self.far, MARK, _socket.MSG_OOB)
        elif self.oob and not oob:
            self.oob = False
            left |= NO_OOB | (KEEP if self.marked else 0)
        return left

    def carry(self) -> int:
        """From now on bytes flow instead; what is left to do at the near end."""
        marked = self.marked
        left = self.show(POLLOUT)
        self.far.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, ROOM)
        return left | GROW | (DRAIN if marked or self.rdhup else 0)

    def discard(self) -> None:
        """Take what fills the near end's send buffer."""
        while receive(self.far):
            continue

    def abandoned(self, unread: bool = True) -> bool:
        """Is the last descriptor of the near end closed? unread: RDHUP left a byte in it."""
        poll = select.poll()
        poll.register(self.far, 0)
        gone = POLLERR if self.rdhup and unread else POLLHUP
        return any(events & gone for _, events in poll.poll(0))


def send(sock: _socket.socket, data: bytes, flags: int = 0) -> int:
    """Bytes that went at once; 0 if none."""
    try:
        return sock.send(data, flags | _socket.MSG_DONTWAIT | _socket.MSG_NOSIGNAL)
    except OSError:
        return 0


def receive(sock: _socket.socket, size: int = 1 << 16, flags: int = 0) -> bytes:
    """Bytes that are there; none if there are none."""
    try:
        return sock.recv(size, flags | _socket.MSG_DONTWAIT)
    except OSError:
        return b""


def borrow(fd: int) -> _socket.socket:
    """The near end as a real socket; detach() it."""
    # With SOCK_NONBLOCK the constructor leaves the descriptor's own flag alone.
    return _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_NONBLOCK, 0, fd)


def do_near(fd: int, left: int) -> None:
    """What show() left to do, with a descriptor of the near end."""
    sock = borrow(fd)
    try:
        if left & NO_OOB:
            receive(sock, 1, _socket.MSG_OOB)
        if left & DRAIN:
            receive(sock, 1)
        if left & (NO_OOB | NO_TRACE) and not left & KEEP:
            receive(sock, 1)  # Linux: an out-of-band byte that was read goes when the next is asked
        if left & GROW:
            sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, ROOM)
        if left & FILL:
            while send(sock, FILLER):
                continue
    finally:
        sock.detach()


def new_proxy() -> tuple[Proxy, int]:
    """A proxy and the descriptor of its near end, which is the caller's."""
    near, far = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC, 0)
    for end in (near, far):
        end.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, SMALLEST)
    far.setblocking(False)
    os.set_blocking(near.fileno(), True)
    return Proxy(far, os.fstat(near.fileno()).st_ino), near.detach()
