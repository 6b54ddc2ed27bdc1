"""Answers: threads and processes. The real kernel makes and ends them; the lab must know of each."""

from __future__ import annotations

import os
import time
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary import status
from softnet.usr.binary.answers import GONE, PASS, Answer, signed
from softnet.usr.binary.calls_futex import rescue
from softnet.usr.binary.program import is_certain, objection
from softnet.usr.binary.signals import quiesce
from softnet.usr.errors import EscapedError

CLONE_VFORK = 0x4000
WNOHANG = 1
P_ALL, P_PID = 0, 1
DEATH_S = 10.0  # real

Args = tuple[int, ...]


def clone(t: Any, a: Args) -> int:
    """clone()"""
    return make(t, a[0])


def clone3(t: Any, a: Args) -> int:
    """clone3()"""
    return make(t, int.from_bytes(t.memory.read(a[0], 8), "little"))


def fork(t: Any, a: Args) -> int:
    """fork()"""
    return make(t, 0)


def vfork(t: Any, a: Args) -> int:
    """vfork()"""
    return make(t, CLONE_VFORK)


def make(t: Any, flags: int) -> int:
    """A thread or process is made: the caller's next call waits for the first one of it."""
    tree = t.tree
    tree.newborns += 1
    tree.listener.let_pass(t.call)
    t.call = None
    if not flags & CLONE_VFORK:
        return GONE
    # The caller sleeps in the kernel until its child executes another program, or ends.
    known = set(tree.procs)
    while tree.newborns and t.inbox is None and not t.dead:
        tree.pump(t.proc.poller, 1000)
    children = [proc for pid, proc in tree.procs.items() if pid not in known]
    t.vforking = True
    while children and not (children[0].execed or children[0].dead):
        try:
            sys_.sys_futex_wait(children[0].vforked)
        except InterruptedError:
            t.task.signalled = False
    t.vforking = False
    return GONE


def execve(t: Any, a: Args) -> int:
    """execve(): what it executes stops at its calls, too."""
    return execute(t, t.memory.text(a[0]))


def execveat(t: Any, a: Args) -> int:
    """execveat()"""
    return execute(t, t.memory.text(a[1]))


def execute(t: Any, path: bytes) -> int:
    """Let an execve() go, unless what it wants could not be simulated."""
    given = t.tree.begin.given
    if t.proc is t.tree.main_proc and given:
        t.tree.give_files(t)
    where = os.path.join(b"/proc/%d/cwd" % t.proc.pid, path)
    why = objection(os.fsdecode(where)) if os.path.exists(where) else ""
    if is_certain(why):
        raise EscapedError(f"{t.tree.title(t.proc)} executes {os.fsdecode(path)}, which {why}")
    t.proc.fresh = True
    t.memory.forget()
    return PASS


def exit_(t: Any, a: Args) -> int:
    """exit() of a thread."""
    tree, proc = t.tree, t.proc
    tree.listener.let_pass(t.call)
    t.call = None
    deadline = time.monotonic() + DEATH_S
    while not status.gone(proc.pid, t.tid) and time.monotonic() < deadline:
        time.sleep(0)
    tree.thread_gone(t)
    tree.reap_dead()
    if not proc.dead:
        rescue(proc)
    return GONE


def exit_group(t: Any, a: Args) -> int:
    """exit() of a process."""
    tree, proc = t.tree, t.proc
    quiesce(proc.parent)
    tree.listener.let_pass(t.call)
    t.call = None
    tree.await_death(proc)
    return GONE


# Waiting for children


def wait4(t: Any, a: Args) -> int:
    """wait4(): goes through once there is something to say."""
    pid = signed(a[0])
    return wait_for(t, pid if pid > 0 else 0, signed(a[2]))


def waitid(t: Any, a: Args) -> int:
    """waitid()"""
    return wait_for(t, signed(a[1]) if signed(a[0]) == P_PID else 0, signed(a[3]))


def wait_for(t: Any, pid: int, options: int) -> int:
    """Sleep until a child, 0: any, has died."""
    tree = t.tree
    while not options & WNOHANG:
        forget_reaped(tree)
        kids = [p for p in tree.procs.values() if p.parent is t.proc and (not pid or p.pid == pid)]
        if not kids or any(p.dead for p in kids):
            break
        sys_.sys_futex_wait(t.proc.children)
    return PASS


def forget_reaped(tree: Any) -> None:
    """Drop the dead processes that their parents have seen."""
    for pid, proc in list(tree.procs.items()):
        if proc.dead and not os.path.exists(f"/proc/{pid}"):
            del tree.procs[pid]


def set_robust_list(t: Any, a: Args) -> int:
    """The first call of each thread: it says that there is one."""
    return PASS


ANSWERS: dict[str, Answer] = {
    "clone": clone,
    "clone3": clone3,
    "fork": fork,
    "vfork": vfork,
    "execve": execve,
    "execveat": execveat,
    "exit": exit_,
    "exit_group": exit_group,
    "wait4": wait4,
    "waitid": waitid,
    "set_robust_list": set_robust_list,
    "arch_prctl": set_robust_list,
}
