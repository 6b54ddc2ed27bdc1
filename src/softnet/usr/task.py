"""Processes and threads of simulated programs: whose code runs, and what belongs to it.

A Thread is a task's Context (native/redef.c): what changes hands when the scheduler switches. A
Process is what its threads share: descriptors, signal handlers, chance, the main thread. A
HostState is what the processes of a machine share: its clock as programs read it, its names.
"""

from __future__ import annotations

import errno
import random
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.redef import Context, switch_in, switch_out, user_call
from softnet.usr.redef import current as current_context

EPOCH = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())  # s: time.time() when a world begins
IDENT_BASE = 1 << 40  # thread idents are numbers that no real thread has
IDENTS_BACKED = 1 << 36  # bytes from there that can be read: native/redef.c says why
FD_BASE = 1 << 20  # first descriptor of the first process; native/redef.c knows it as SIM_FD
FD_STRIDE = 1 << 16  # descriptors of one process: no two processes share a number
FD_STRIDES = (1 << 31) // FD_STRIDE - FD_BASE // FD_STRIDE


class Hooks(sys_.SwitchHooks):
    """The scheduler's hooks: straight into C, which finds the Context in task.usr."""

    __slots__ = ()

    on_switch_in = staticmethod(switch_in)  # called with the task alone
    on_switch_out = staticmethod(switch_out)


hooks = Hooks()


class HostState:
    """What the programs of one machine share."""

    __slots__ = (
        "clock",
        "epoch_ns",
        "hooks",
        "hostname",
        "kids",
        "last_ns",
        "machine",
        "number",
        "private",
        "processes",
        "reads",
    )

    machine: Any
    clock: Any
    epoch_ns: int
    last_ns: int  # the latest time that any of its programs has read
    reads: int  # how often they did
    hostname: str
    number: int  # of its world, in the order in which worlds were met
    processes: dict[int, Process]  # by pid
    kids: dict[int, Any]  # real programs that they started (children.py), by pid
    hooks: sys_.SwitchHooks  # of its threads
    private: Any  # isolation.Isolated, if it is

    def __init__(self, machine: Any, number: int) -> None:
        self.machine = machine
        self.clock = machine.world.clock
        self.epoch_ns = EPOCH * 10**9
        self.last_ns = -1
        self.reads = 0
        self.hostname = machine.name
        self.number = number
        self.processes = {}
        self.kids = {}
        self.hooks = hooks
        self.private = None


class Registry:
    """Every host and process there is while installed. One for the Python process."""

    __slots__ = ("fd_bases", "hosts", "isolating", "next_base", "world_epochs", "worlds")

    hosts: dict[int, HostState]  # by id of the machine, which the state keeps
    worlds: list[Any]
    world_epochs: dict[int, int]  # by id of the world: ns
    isolating: dict[int, Callable[[HostState], sys_.SwitchHooks]]  # by id of the world
    fd_bases: deque[int]  # given back
    next_base: int

    def __init__(self) -> None:
        self.hosts = {}
        self.worlds = []
        self.world_epochs = {}
        self.isolating = {}
        self.fd_bases = deque()
        self.next_base = 0

    def clear(self) -> None:
        """The last lab closed."""
        self.hosts.clear()
        self.worlds.clear()
        self.world_epochs.clear()
        self.isolating.clear()
        self.fd_bases.clear()
        self.next_base = 0

    def host_of(self, machine: Any) -> HostState:
        """The state of a machine, made at first sight."""
        state = self.hosts.get(id(machine))
        if state is None:
            world = machine.world
            if not any(w is world for w in self.worlds):
                self.worlds.append(world)
                for begin in world_begins:
                    begin(world)
            number = next(i for i, w in enumerate(self.worlds) if w is world)
            state = self.hosts[id(machine)] = HostState(machine, number)
            state.epoch_ns = self.world_epochs.get(id(world), state.epoch_ns)
            if id(world) in self.isolating:
                state.hooks = self.isolating[id(world)](state)
        return state

    def forget_machine(self, machine: Any) -> None:
        """It lost power: its processes are no more. Their descriptors are given out again, later."""
        state = self.hosts.pop(id(machine), None)
        if state is not None:
            self.fd_bases.extend(process.fd_base for process in state.processes.values())

    def take_fd_base(self) -> int:
        """A range of FD_STRIDE descriptors of its own."""
        if self.next_base >= FD_STRIDES:
            # The longest unused first: objects that still hold its numbers are gone by now.
            if not self.fd_bases:
                raise OSError(errno.EAGAIN, "too many simulated processes")
            return self.fd_bases.popleft()
        self.next_base += 1
        return FD_BASE + (self.next_base - 1) * FD_STRIDE


registry = Registry()
world_begins: list[Callable[[Any], None]] = []  # chance.py puts its own here: it stands above


class Process:
    """A program that runs: what its threads share. `task` is its main thread's."""

    __slots__ = (
        "all_gone", "default_timeout", "doomed", "exiting", "fd_base", "files", "handlers", "host",
        "kid_died", "main", "main_object", "name", "newname", "node", "pending", "pid", "rng", "sigmask",
        "task", "threads", "timers", "urandom", "wakeup_fd", "workers",
    )  # fmt: skip

    host: HostState
    pid: int
    name: str
    task: Any
    files: Any
    fd_base: int
    main: Thread
    main_object: threading.Thread | None  # what threading.main_thread() answers
    threads: dict[int, Thread]  # by ident
    all_gone: Any  # futex: only the main thread is left
    kid_died: Any  # futex: a child ended
    newname: int  # counter of threading's names
    handlers: dict[int, Any]  # by signal number, as signal.signal() takes them
    pending: deque[int]
    sigmask: set[int]
    timers: dict[int, Any]
    wakeup_fd: int
    workers: Any  # trio's cache of idle threads (foreign.py); None: it has used none
    rng: Any  # _random.Random behind the functions of module random
    urandom: Callable[[int], bytes]
    node: bytes  # what uuid.getnode() is made of
    default_timeout: int  # ns, of new sockets; -1: none
    doomed: list[int]  # descriptors whose socket objects were collected
    exiting: bool

    def __init__(self, host: HostState, task: Any, fd_base: int) -> None:
        self.host = host
        self.task = task
        self.pid = task.pid
        self.name = task.name
        self.files = task.files
        self.fd_base = fd_base
        self.main_object = None
        self.threads = {}
        self.all_gone = sys_.new_futex("exit")
        self.kid_died = sys_.new_futex("wait")
        self.newname = 0
        self.handlers = {}
        self.pending = deque()
        self.sigmask = set()
        self.timers = {}
        self.wakeup_fd = -1
        self.workers = None
        world = host.machine.world
        luck = world.random(f"process:{host.machine.name}:{self.pid}")
        self.urandom = luck.bytes
        # The C type: random.Random's methods on it are not redirected (rule INSTANCE).
        self.rng = random.Random(luck.u64())
        self.node = world.random(f"node:{host.machine.name}:{self.pid}").bytes(6)
        self.default_timeout = -1
        self.doomed = []
        self.exiting = False
        self.main = Thread(self, task)
        host.processes[self.pid] = self

    def __repr__(self) -> str:
        return f"<Process {self.host.machine.name}/{self.name} pid {self.pid}>"

    def close_doomed(self) -> None:
        """Close what the collector found. Only from a thread of this process."""
        while self.doomed:
            fd = self.doomed.pop()
            try:
                sys_.sys_close(fd)
            except OSError:
                continue

    def thread_over(self, thread: Thread) -> None:
        """A thread ended. The main thread waits to be alone; the last one closes what is open.

        A machine that lost power closes nothing: crash() leaves `exiting` as it was.
        """
        self.threads.pop(thread.ident, None)
        if len(self.threads) <= 1:
            sys_.sys_futex_wake(self.all_gone, 0)
        if self.threads:
            return
        self.handlers.clear()  # a framework's lead to all that it had
        self.workers = None
        if self.exiting:
            self.files.close_all()
            self.host.processes.pop(self.pid, None)
            registry.fd_bases.append(self.fd_base)

    def kill_others(self, but: Thread) -> None:
        """End every thread but one."""
        for thread in list(self.threads.values()):
            if thread is not but:
                thread.dying = 1
                thread.task.kill()

    def kill(self) -> None:
        """End it as SIGKILL does: its threads unwind when they get their turn."""
        self.exiting = True
        for thread in list(self.threads.values()):
            thread.dying = 1
            thread.task.kill()

    def finished(self) -> bool:
        """Is it over?"""
        return bool(self.task.finished())

    def result(self) -> object:
        """What its main function returned; raises what it raised."""
        return self.task.result()


class Thread(Context):
    """A simulated thread."""

    __slots__ = ("ident", "process", "sentinel", "task")

    process: Process
    task: Any
    ident: int
    sentinel: Any  # 3.11, 3.12: the lock that is released when it ends

    def __init__(self, process: Process, task: Any) -> None:
        host = process.host
        self.process = process
        self.task = task
        self.ident = IDENT_BASE + (host.number << 40) + (host.machine.host_id << 20) + task.tid
        self.sentinel = None
        process.threads[self.ident] = self
        task.usr = self
        task.hooks = host.hooks


def me() -> Thread:
    """The simulated thread that runs."""
    thread = current_context()
    assert isinstance(thread, Thread), "no simulated program runs"
    return thread


def current_process() -> Process | None:
    """The simulated process whose code runs, if any."""
    thread = current_context()
    return thread.process if isinstance(thread, Thread) else None


def host() -> HostState:
    """The host of the thread that runs."""
    return me().process.host


def start_thread(fn: Callable[..., object], *args: object, name: str) -> Thread:
    """A new thread of this process: fn(*args) in kernel mode, which ends with end_thread()."""
    process = me().process
    task = sys_.sys_clone(fn, *args, name=name)
    return Thread(process, task)


def end_thread() -> None:
    """The current thread's last words: its thread-locals go, in user mode as destructors expect."""
    thread = me()
    user_call(thread.forget)
    thread.process.thread_over(thread)


def retry(fn: Callable[..., Any], *args: Any) -> Any:
    """fn(*args), again after each signal: what PEP 475 promises."""
    while True:
        try:
            return fn(*args)
        except InterruptedError:
            interrupted()


def interrupted() -> None:
    """A system call ended with EINTR: run what handlers there are. Raises what they raise."""
    task = me().task
    task.raise_if_killed()
    task.signalled = False
    run_signals()


def run_signals() -> None:
    """Run the handlers of pending signals, if this is the main thread."""
    if me().process.pending:
        signal_runner[0]()


signal_runner: list[Callable[[], None]] = []  # signals.py puts its own here: it stands above
