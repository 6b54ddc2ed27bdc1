"""What the lab knows of a real process, and of its threads: where each of them stands.

Linux: struct task_struct, as far as it goes. tree.py makes them, and lets them run.
"""

from __future__ import annotations

import os
import select
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary import status, trap, vdso
from softnet.usr.binary.descriptors import Sim
from softnet.usr.binary.listener import Call
from softnet.usr.binary.memory import Memory


class Thread:
    """A thread of a real process: also its first one."""

    __slots__ = (
        "bell", "broken", "call", "dead", "inbox", "proc", "rings", "signals", "task", "tid",
        "turn", "vforking",
    )  # fmt: skip

    proc: Proc
    tid: int
    task: Any
    call: Call | None  # that it stands in, while we answer
    inbox: Call | None  # that it stands in, not looked at yet
    broken: tuple[Call, int] | None  # a call that a signal ended, and what it would have returned
    signals: Any  # futex: a signal came
    dead: bool
    vforking: bool  # waits in the real kernel for its child to execute
    bell: int  # eventfd of the host: rings when a real file may have changed; -1: none yet
    rings: bool  # does it listen?
    turn: int  # calls since others had a turn

    def __init__(self, proc: Proc, tid: int) -> None:
        self.proc = proc
        self.tid = tid
        self.task = None
        self.call = None
        self.inbox = None
        self.broken = None
        self.signals = sys_.new_futex("signal")
        self.dead = False
        self.vforking = False
        self.bell = -1
        self.rings = False
        self.turn = 0

    @property
    def tree(self) -> Any:
        """The program."""
        return self.proc.tree

    @property
    def memory(self) -> Memory:
        """Its process's."""
        return self.proc.memory

    def sim(self, fd: int) -> Sim | None:
        """The simulated file behind a descriptor; None for a real one."""
        sim: Sim | None = self.tree.descriptors.find(self.proc.pid, fd)
        return sim

    def give(self, k: int, kind: str, cloexec: bool, at: int = -1) -> int:
        """A placeholder for the host's descriptor k in the process; its number there."""
        assert self.call is not None
        tree = self.tree
        _, theirs = tree.descriptors.make(k, kind)
        try:
            return int(tree.listener.add_fd(self.call, theirs, cloexec, at))
        finally:
            os.close(theirs)

    def give_real(self, fd: int, cloexec: bool, at: int = -1) -> int:
        """A copy of a real descriptor of ours; its number there."""
        assert self.call is not None
        return int(self.tree.listener.add_fd(self.call, fd, cloexec, at))

    def own_fd(self, fd: int) -> int:
        """A copy, for us, of a real descriptor of the process. OSError."""
        return int(trap.native().getfd(self.proc.pidfd, fd & 0x7FFFFFFF))


class Proc:
    """A real process."""

    __slots__ = (
        "alarm", "children", "dead", "execed", "fresh", "futexes", "memory", "name", "parent", "pid",
        "pidfd", "poller", "tree", "vforked",
    )  # fmt: skip

    tree: Any  # tree.Tree, which stands above
    pid: int
    parent: Proc | None
    name: str
    memory: Memory
    pidfd: int  # readable when it is dead
    poller: Any  # select.poll: its death, and calls
    dead: bool
    fresh: bool  # its execve() went through, or did it?
    execed: bool
    children: Any  # futex: one of them died
    vforked: Any  # futex: it executed, or died
    futexes: dict[int, list[Any]]  # address -> who waits there (calls_futex.py)
    alarm: Any  # calls_time.py: its interval timer

    def __init__(self, tree: Any, pid: int, parent: Proc | None, pidfd: int = -1) -> None:
        self.tree = tree
        self.pid = pid
        self.parent = parent
        self.name = parent.name if parent is not None else tree.name
        self.memory = Memory(pid)
        self.pidfd = trap.native().pidfd(pid) if pidfd < 0 else pidfd
        self.poller = select.poll()
        self.poller.register(self.pidfd, select.POLLIN)
        self.poller.register(tree.listener.fd, select.POLLIN)
        self.dead = False
        self.fresh = False
        self.execed = False
        self.children = sys_.new_futex("wait")
        self.vforked = sys_.new_futex("vfork")
        self.futexes = {}
        self.alarm = None
        tree.procs[pid] = self

    def threads(self) -> list[Thread]:
        """Those that live, in the order they were seen."""
        return [t for t in self.tree.threads.values() if t.proc is self]

    def executed(self, thread: Thread) -> None:
        """The first call after an execve(): did it go through? Then this is another program."""
        self.fresh = False
        if not vdso.replace_clock(self.memory):
            return
        st = status.status_of(self.pid)
        self.name = st.name if st is not None else self.name
        self.execed = True
        self.futexes.clear()
        for other in self.threads():
            if other is not thread:
                self.tree.thread_gone(other)
        sys_.sys_futex_wake(self.vforked, 0)
