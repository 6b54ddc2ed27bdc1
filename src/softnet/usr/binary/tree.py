"""A real program on a simulated host: its processes, their threads, and who runs.

    tree = Tree(start, "curl")
    task = host.spawn(tree.main)        # any task of its own, with no open files
    world.run(predicate=task.finished)
    task.result()                       # its exit code, negative for a signal

The task starts the program and waits for its end; every thread of the program has a task beside it
(serve_thread), which waits, in real time and with the lab, for the thread's next call, answers it,
and waits for the next. What runs in real time is one thread, between two of its calls.

New threads and children announce themselves by their first call (libc's set_robust_list(), if no
other); the thread that made them is not answered before.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from greenlet import GreenletExit  # type: ignore[import-untyped]  # it ships no stubs

import softnet.syscalls as sys_
from softnet.usr.binary import calls, status, trap
from softnet.usr.binary.descriptors import REAL, Descriptors
from softnet.usr.binary.listener import Call, Listener
from softnet.usr.binary.process import Proc, Thread
from softnet.usr.binary.signals import BIRTH_S, is_readable, send_signal, settle, wait_readable
from softnet.usr.errors import EscapedError
from softnet.usr.task import HostState, registry

LOOK_MS = 1000  # real: how often a thread that does not call is looked at
PATIENCE = 5  # looks after which one that computes is named
STUCK_LOOKS = 2  # looks after which one that sleeps outside the simulation is given up
CALLS_PER_TURN = (
    32  # after so many others get a turn: a loop that only looks must not keep them waiting
)
DEATH_S = 10.0  # real: how long a dying thread or process may take


living: list[Tree] = []  # programs that run, of every lab


class Start(NamedTuple):
    """What to start: as native/trap.c takes it."""

    path: bytes
    argv: Sequence[bytes]
    env: Sequence[bytes]
    cwd: bytes | None
    fds: tuple[int, int, int]
    closing: Sequence[int] = ()  # descriptors of ours to close once it has its own
    # Files of whoever starts it: (descriptor there, kind, descriptor of this program's).
    given: Sequence[tuple[int, str, int]] = ()


class Tree:
    """A program and all that it starts."""

    __slots__ = (
        "begin", "clock", "descriptors", "event", "exit_code", "failure", "killed", "listener",
        "main_proc", "name", "newborns", "over", "procs", "random", "signals", "threads",
    )  # fmt: skip

    begin: Start
    name: str
    listener: Listener
    descriptors: Descriptors
    procs: dict[int, Proc]
    threads: dict[int, Thread]  # by tid
    main_proc: Proc | None
    newborns: int  # announced, and not seen yet
    event: Any  # futex: look whether it is over
    exit_code: int | None
    failure: BaseException | None
    killed: bool
    signals: list[int]  # to be sent
    over: bool  # main() has returned; what the program left behind may still run
    clock: HostState
    random: Callable[[int], bytes]

    def __init__(self, begin: Start, name: str) -> None:
        trap.native()
        self.begin = begin
        self.name = name
        self.listener = Listener(-1)
        self.descriptors = Descriptors()
        self.procs = {}
        self.threads = {}
        self.main_proc = None
        self.newborns = 0
        self.event = sys_.new_futex(name)
        self.exit_code = None
        self.failure = None
        self.killed = False
        self.signals = []
        self.over = False

    def main(self) -> int:
        """The program, from its start to its exit code. In a task with no open files of its own."""
        task = sys_.this_task()
        machine = task.machine
        self.clock = registry.host_of(machine)
        self.random = machine.world.random(f"binary:{machine.name}:{task.pid}").bytes
        try:
            self.launch()
            while self.exit_code is None and self.failure is None:
                try:
                    sys_.sys_futex_wait(self.event)
                except InterruptedError:
                    task.signalled = False
                self.act()
            if self.failure is not None:
                raise self.failure
            assert self.exit_code is not None
            return self.exit_code
        except BaseException:
            self.kill_all()
            raise
        finally:
            self.over = True
            if not self.threads:
                self.close()

    def act(self) -> None:
        """What others asked for, and what ended."""
        while self.signals:
            assert self.main_proc is not None
            send_signal(self.main_proc, self.signals.pop(0))
        self.reap_dead()
        self.descriptors.sweep()

    def send(self, signum: int) -> None:
        """Send the program a signal when it next can be: any context."""
        self.signals.append(signum)
        sys_.sys_futex_wake(self.event, 0)

    def launch(self) -> None:
        """Start the program: it stands in its execve()."""
        start = self.begin
        traps = [trap.NUMBERS[name] for name in calls.TRAPS if name in trap.NUMBERS]
        try:
            pid, pidfd, listener = trap.native().spawn(
                start.path, list(start.argv), list(start.env), start.cwd, start.fds, traps
            )
        except OSError as e:
            if e.errno in (errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.EBUSY):
                e.add_note(
                    f"softnet: {self.name} cannot be started on a simulated host: this kernel, or"
                    " the container, does not allow seccomp_unotify(2) (Linux 5.9 or newer)"
                )
            raise
        finally:
            for fd in start.closing:
                os.close(fd)
        self.listener.fd = listener
        living.append(self)
        proc = self.main_proc = Proc(self, pid, None, pidfd)
        self.add_thread(proc, pid)

    def add_thread(self, proc: Proc, tid: int) -> Thread:
        """A thread of the program, and the task that answers it."""
        thread = Thread(proc, tid)
        self.threads[tid] = thread
        thread.task = sys_.sys_clone(serve_thread, thread, name=self.name)
        return thread

    # Calls

    def next_call(self, thread: Thread) -> Call | None:
        """The next call of a thread that runs; None if it is no more. In real time."""
        looks, ticks, waited = 0, -1, 0.0
        while not thread.dead:
            if thread.inbox is not None and (not self.newborns or waited >= BIRTH_S):
                self.newborns = 0
                call, thread.inbox = thread.inbox, None
                if thread.proc.fresh:
                    thread.proc.executed(thread)
                self.descriptors.sweep()
                return call
            begun = time.monotonic()
            if self.pump(thread.proc.poller, LOOK_MS if thread.inbox is None else 50):
                looks = 0
                continue
            if thread.inbox is not None:
                waited += time.monotonic() - begun
                continue
            looks += 1
            ticks = self.look(thread, looks, ticks)
        return None

    def pump(self, poller: Any, timeout_ms: int) -> bool:
        """Wait for the kernel to tell something, and take it in; False if the time is over."""
        rows = poller.poll(timeout_ms)
        for fd, events in rows:
            if fd != self.listener.fd:
                self.reap_dead()
            elif events & select.POLLIN:
                call = self.listener.receive()
                if call is not None:
                    self.deliver(call)
            else:
                self.reap_dead()
        return bool(rows)

    def deliver(self, call: Call) -> None:
        """A call arrived: of a thread that runs, of one that a signal woke, or of a new one."""
        thread = self.threads.get(call.tid)
        if thread is None:
            self.born(call)
            return
        thread.inbox = call
        if thread.call is not None:  # a signal ended that one
            thread.task.signal_wake_up()

    def born(self, call: Call) -> None:
        """The first call of a new thread."""
        st = status.status_of(call.tid)
        if st is None:
            return
        self.newborns = max(0, self.newborns - 1)
        proc = self.procs.get(st.tgid)
        if proc is None:
            proc = Proc(self, st.tgid, self.procs.get(st.ppid))
        self.add_thread(proc, call.tid).inbox = call

    def look(self, thread: Thread, looks: int, ticks: int) -> int:
        """A thread has run for a while without a call: does it compute, or sleep outside? Its CPU time."""
        proc = thread.proc
        state, now = status.cpu_ticks(thread.tid)
        if state in ("X", "Z"):
            self.thread_gone(thread)
        elif now != ticks or state == "R":
            if looks == PATIENCE:
                sys.stderr.write(
                    f"softnet: {self.title(proc)} has run {PATIENCE} s of real time without a"
                    " system call that waits\n"
                )
        elif looks > STUCK_LOOKS and state == "S":
            nr = status.kernel_call(thread.tid)
            raise EscapedError(
                f"{self.title(proc)} waits in the kernel outside softnet: {trap.name_of(nr)}"
            )
        return now

    def title(self, proc: Proc) -> str:
        """A process for messages."""
        return f"host {self.clock.machine.name!r}: {proc.name} (pid {proc.pid})"

    # Ends

    def thread_gone(self, thread: Thread) -> None:
        """A thread ended."""
        if thread.dead:
            return
        thread.dead = True
        self.threads.pop(thread.tid, None)
        if thread.bell >= 0:
            sys_.sys_close(thread.bell)
        if thread.task is not sys_.this_task():
            thread.task.kill()

    def reap_dead(self) -> None:
        """Notice which processes died."""
        for proc in list(self.procs.values()):
            if not proc.dead and is_readable(proc.pidfd):
                self.proc_died(proc)

    def proc_died(self, proc: Proc) -> None:
        """A process died: its parent hears of it, and what only it held open closes."""
        if proc.dead:
            return
        proc.dead = True
        for thread in proc.threads():
            self.thread_gone(thread)
        os.close(proc.pidfd)
        proc.pidfd = -1
        proc.memory.forget()
        sys_.sys_futex_wake(proc.vforked, 0)
        if proc is self.main_proc:
            self.exit_code = os.waitstatus_to_exitcode(os.waitpid(proc.pid, 0)[1])
        if proc.parent is not None and not proc.parent.dead:
            sys_.sys_futex_wake(proc.parent.children, 0)
            settle(proc.parent, int(signal.SIGCHLD))
        sys_.sys_futex_wake(self.event, 0)

    def await_death(self, proc: Proc) -> None:
        """A process was told to end: wait, in real time, until it has."""
        wait_readable(proc.pidfd, DEATH_S)
        self.proc_died(proc)

    def give_files(self, thread: Thread) -> None:
        """Before the program itself begins: the simulated files that whoever started it gives it."""
        for k, kind, fd in self.begin.given:
            if kind == REAL:
                thread.give_real(k, False, fd)
            else:
                thread.give(k, kind, False, fd)
        self.forget_given()

    def forget_given(self) -> None:
        """It has its files, or never will: close our copies of the machine's."""
        for k, kind, _ in self.begin.given:
            if kind == REAL:
                os.close(k)
        self.begin = self.begin._replace(given=())

    def ring(self) -> None:
        """A real file was written to: whoever waits for a real file looks again."""
        for thread in self.threads.values():
            if thread.rings:
                sys_.sys_write(thread.bell, (1).to_bytes(8, "little"))

    def fail(self, error: BaseException) -> None:
        """It cannot go on: the program is killed, and whoever waits for it gets error."""
        if self.failure is None:
            self.failure = error
        self.kill_all()
        sys_.sys_futex_wake(self.event, 0)

    def kill_all(self) -> None:
        """End every process, with SIGKILL; any context."""
        if self.killed:
            return
        self.killed = True
        alive = [proc for proc in self.procs.values() if not proc.dead]
        for proc in alive:
            try:
                os.kill(proc.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for proc in alive:
            wait_readable(proc.pidfd, DEATH_S)
        if self.main_proc is not None and not self.main_proc.dead:
            os.waitpid(self.main_proc.pid, 0)
        for proc in alive:
            proc.dead = True
            os.close(proc.pidfd)
            proc.memory.forget()
        for thread in list(self.threads.values()):
            thread.dead = True
            thread.task.kill()
        self.threads.clear()
        self.close()

    def close(self) -> None:
        """Let go of what is real."""
        if self in living:
            living.remove(self)
        self.listener.close()
        self.descriptors.close()
        self.forget_given()


def serve_thread(thread: Thread) -> None:
    """The task of a thread: answer its calls, one after the other."""
    tree = thread.tree
    task = sys_.this_task()
    try:
        while True:
            call = tree.next_call(thread)
            if call is None:
                break
            thread.call = call
            try:
                thread.turn = (thread.turn + 1) % CALLS_PER_TURN
                if not thread.turn:
                    sys_.sys_nanosleep(0)
                calls.answer(thread, call)
            finally:
                thread.call = None
            task.signalled = False
    except GreenletExit:
        if not thread.dead:  # the host lost power, or the lab closes
            tree.kill_all()
        raise
    except Exception as e:  # noqa: BLE001 (whoever waits for the program gets it)
        tree.fail(e)
    if not tree.threads and tree.over:
        tree.descriptors.sweep()
        tree.close()


def running_on(world: Any) -> list[str]:
    """The real programs of a world: "host/name"."""
    machines = [tree.clock.machine for tree in living]
    rows = zip(machines, living, strict=True)
    return [f"{machine.name}/{tree.name}" for machine, tree in rows if machine.world is world]
