"""Which descriptors of a real process are the simulated host's: placeholders.

A simulated socket, pipe or epoll instance is a descriptor of the program's host; in the real
process its place is held by one end of a real socket pair or pipe, whose other end is ours. The
real kernel then does all that belongs to descriptors: numbers, limits, dup(), inheritance, closing
on exec, passing from process to process. A placeholder is known by its inode. When its last copy is closed,
wherever that was, our end hangs up, and the host's descriptor is closed as well.
"""

from __future__ import annotations

import os
import select
import socket

import softnet.syscalls as sys_

SOCKET, READER, WRITER, EPOLL, RANDOM, TIMER = "socket", "r", "w", "epoll", "random", "timer"
REAL = "real"  # none: a descriptor of the machine's that is given to a program


class Sim:
    """One simulated file of a program."""

    __slots__ = ("end", "inode", "k", "kind", "real", "timer")

    k: int  # its descriptor on the host; -1: it has none there (RANDOM)
    kind: str
    end: int  # ours
    inode: tuple[int, int]
    real: dict[
        tuple[int, int], tuple[int, int]
    ]  # EPOLL: real files in it: (pid, fd) -> (events, data)
    timer: object  # TIMER

    def __init__(self, k: int, kind: str, end: int, inode: tuple[int, int]) -> None:
        self.k = k
        self.kind = kind
        self.end = end
        self.inode = inode
        self.real = {}
        self.timer = None


class Descriptors:
    """The placeholders of one program."""

    __slots__ = ("by_end", "by_inode", "watch")

    by_inode: dict[tuple[int, int], Sim]
    by_end: dict[int, Sim]
    watch: select.epoll  # hears of ends that hang up

    def __init__(self) -> None:
        self.by_inode = {}
        self.by_end = {}
        self.watch = select.epoll()

    def find(self, pid: int, fd: int) -> Sim | None:
        """What is behind fd in a process; None: a real file, or nothing."""
        try:
            st = os.stat(f"/proc/{pid}/fd/{fd & 0xFFFFFFFF}")
        except OSError:
            return None
        return self.by_inode.get((st.st_dev, st.st_ino))

    def make(self, k: int, kind: str) -> tuple[Sim, int]:
        """A placeholder for the host's descriptor k; and its real end, to be given away and closed."""
        if kind == READER:
            theirs, ours = os.pipe()
        elif kind == WRITER:
            ours, theirs = os.pipe()
        else:
            a, b = socket.socketpair()
            a.shutdown(socket.SHUT_WR)  # a read that slips through ends at once
            ours, theirs = a.detach(), b.detach()
        st = os.fstat(theirs)
        sim = Sim(k, kind, ours, (st.st_dev, st.st_ino))
        self.by_inode[sim.inode] = sim
        self.by_end[ours] = sim
        self.watch.register(ours, 0)  # hanging up is always reported
        return sim, theirs

    def sweep(self) -> None:
        """Close what no process has any more. From a task of the program."""
        if self.watch.closed:
            return
        for end, _ in self.watch.poll(0):
            sim = self.by_end.pop(end)
            self.watch.unregister(end)
            del self.by_inode[sim.inode]
            os.close(end)
            if sim.k >= 0:
                sys_.sys_close(sim.k)

    def close(self) -> None:
        """Forget everything; the host is not told."""
        for end in self.by_end:
            os.close(end)
        self.by_end.clear()
        self.by_inode.clear()
        if not self.watch.closed:
            self.watch.close()
