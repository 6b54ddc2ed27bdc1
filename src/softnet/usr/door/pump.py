"""The one thread of our own: timers, and what happens to descriptors behind our back.

It sleeps in a real epoll until the next timer of the stack is due, or a far end says that its near
end was closed or written to. Nobody else depends on it for what a call itself sets off.
"""

from __future__ import annotations

import _thread
import os
import select
from collections import deque
from collections.abc import Callable

from softnet.usr.door.kernel import Kernel

EVENTS = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET


class Pump:
    """The thread, and how to wake it."""

    __slots__ = ("bell", "epoll", "extra", "kernel", "rung", "stopping")

    kernel: Kernel
    epoll: select.epoll
    bell: int  # an eventfd
    rung: bool
    extra: dict[int, Callable[[], None]]  # other descriptors to serve
    stopping: bool

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.epoll = select.epoll()
        self.bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.epoll.register(self.bell, select.EPOLLIN)
        self.rung = False
        self.extra = {}
        self.stopping = False

    def start(self) -> None:
        """Begin. Not a threading.Thread: the program shall not see it."""
        self.kernel.ring = self.ring
        _thread.start_new_thread(self.run, ())

    def ring(self, far: int = -1, room: bool = False) -> None:
        """Look at the timers anew; with a far end: watch it from now on, or for room as well."""
        if room:
            self.epoll.modify(far, EVENTS | select.EPOLLOUT)
        elif far >= 0:
            self.epoll.register(far, EVENTS)
        elif not self.rung:
            self.rung = True
            os.eventfd_write(self.bell, 1)

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """Call callback in this thread whenever fd is readable."""
        self.extra[fd] = callback
        self.epoll.register(fd, select.EPOLLIN)

    def forget(self, fd: int) -> None:
        """Watch fd no more; it is about to be closed."""
        del self.extra[fd]
        self.epoll.unregister(fd)

    def run(self) -> None:
        """The thread."""
        events: deque[int] = deque()
        while not self.stopping:
            wait = self.kernel.tick()
            events.extend(fd for fd, _ in self.epoll.poll(-1 if wait < 0 else wait / 1e9))
            while events:
                fd = events.popleft()
                if fd == self.bell:
                    self.rung = False
                    os.eventfd_read(self.bell)
                elif fd in self.extra:
                    self.extra[fd]()
                else:
                    self.kernel.far_event(fd)
