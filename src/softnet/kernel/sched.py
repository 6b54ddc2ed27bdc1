"""Tasks and who runs next.

Linux: kernel/sched.c, kernel/fork.c, kernel/exit.c, kernel/timer.c (schedule_timeout)

    task = spawn(machine, fn, arg, name="client")
    world.run(predicate=task.finished)
    task.result()

A task is a greenlet with a machine, a CPU, a pid and a name. It runs until it sleeps: nothing
preempts it but interrupts of its own doing. Sleeping is schedule(); kernel/wait.py builds on it.
The state says what schedule() means: TASK_RUNNING only lets others go first, TASK_INTERRUPTIBLE
sleeps until wake_up_process(), a signal or kill(), TASK_UNINTERRUPTIBLE until wake_up_process()
alone.

kill(exc) is the simulator's SIGKILL: every interruptible wait ends with -ERESTARTSYS, and
where the kernel returns to the program, raise_if_killed() raises exc there.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial
from typing import Any

from greenlet import (  # type: ignore[import-untyped]  # it ships no stubs
    GreenletExit,
    getcurrent,
    greenlet,
)

import softnet.arch.const as const
from softnet.machine.clock import Runnable, RunQueue, World
from softnet.machine.cpu import Board, Cpu, in_atomic, set_this_cpu, this_cpu
from softnet.machine.event import Event

PID_MAX = 32768  # of one machine, as kernel.pid_max; then they wrap to RESERVED_PIDS
RESERVED_PIDS = 300


class SchedulingError(AssertionError):
    """Sleeping where one may not sleep."""


class SwitchHooks:
    """What must change hands when a task starts and stops running: subclass, override."""

    __slots__ = ()

    def on_switch_in(self, task: Task) -> None:
        """task is about to run."""

    def on_switch_out(self, task: Task) -> None:
        """task stops running: it sleeps, yields or is dead. Still on its own stack."""


class SleepTimer(Event):
    """Wakes a task that sleeps with a timeout."""

    __slots__ = ("task",)

    task: Task

    def __init__(self, task: Task) -> None:
        Event.__init__(self)
        self.task = task

    def fire(self) -> None:
        """The time is up."""
        wake_up_process(self.task)


class Task(Runnable):
    """struct task_struct. `result()` is what its function returned.

    pid is the process (Linux's tgid), tid the thread; the first thread of a process has tid == pid.
    Slots below `wait_channel` belong to the layers above: fs, syscalls, usr.
    """

    __slots__ = (
        "rq",
        "machine",
        "pid",
        "tid",
        "name",
        "state",
        "woken",
        "fn",
        "args",
        "glet",
        "resume",
        "value",
        "exception",
        "keep_exception",
        "killed",
        "signalled",
        "joiners",
        "timer",
        "held_locks",
        "hooks",
        "wait_channel",
        "files",
        "nsproxy",
        "sighand",
        "tstate",
        "kernel",
        "usr",
    )

    rq: RunQueue
    machine: Board
    pid: int
    tid: int
    name: str
    state: int  # TASK_*
    woken: bool  # since it got ready to sleep
    fn: Callable[..., object]
    args: tuple[object, ...]
    glet: greenlet | None
    resume: Callable[[], object]  # glet.switch
    value: object
    exception: BaseException | None
    keep_exception: bool  # for whoever asks for result(); else it ends the world's run()
    killed: BaseException | None
    signalled: bool  # TIF_SIGPENDING
    joiners: list[Task]
    timer: SleepTimer | None
    held_locks: list[Any] | None  # kernel.lock: held while it sleeps (mutexes)
    hooks: SwitchHooks | None
    wait_channel: object  # what it waits for, for reports: a string or a wait queue
    files: Any  # fs.file.FdTable
    nsproxy: Any  # structs.net_namespace.Net
    sighand: Any
    tstate: Any  # usr: PyThreadState.dict and the like
    kernel: Any
    usr: Any

    def __init__(
        self, cpu: Cpu, pid: int, tid: int, name: str, fn: Callable[..., object], args: Any
    ) -> None:
        Runnable.__init__(self, cpu)
        self.machine = cpu.machine
        self.rq = cpu.machine.world.runqueue
        self.pid = pid
        self.tid = tid
        self.name = name
        self.state = const.TASK_UNINTERRUPTIBLE
        self.woken = False
        self.fn = fn
        self.args = args
        self.glet = None
        self.resume = nothing
        self.value = None
        self.exception = None
        self.keep_exception = False
        self.killed = None
        self.signalled = False
        self.joiners = []
        self.timer = None
        self.held_locks = None
        self.hooks = None
        self.wait_channel = None
        self.files = None
        self.nsproxy = None
        self.sighand = None
        self.tstate = None
        self.kernel = None
        self.usr = None

    def __repr__(self) -> str:
        return f"<Task {self.machine.name}/{self.name} pid {self.pid} tid {self.tid}>"

    # What the scheduler does

    def run(self) -> None:
        """From the main loop: run this task, and whom it switches to, until one goes back here."""
        state.hub = getcurrent()
        self.switch_to()
        state.current = None
        set_this_cpu(None)
        if state.failure is not None:
            failure = state.failure
            state.failure = None
            raise failure
        if state.handoff is not None:
            daemon = state.handoff
            state.handoff = None
            daemon.run()

    def switch_to(self) -> None:
        """Make this the current task and go on with it; returns in the caller's next turn."""
        cpu = self.cpu
        state.current = self
        set_this_cpu(cpu)
        cpu.current = self
        cpu.held_locks = self.held_locks
        if self.hooks is not None:
            self.hooks.on_switch_in(self)
        if self.glet is None:
            self.glet = greenlet(self.body, state.hub)
            self.resume = self.glet.switch
        self.resume()

    def enter(self) -> None:
        """switch_to() for a task that gave up its turn and got it back at once."""
        self.cpu.current = self
        self.cpu.held_locks = self.held_locks
        if self.hooks is not None:
            self.hooks.on_switch_in(self)

    def leave(self) -> None:
        """Stop being the current task; somebody else is switched to next."""
        cpu = self.cpu
        if self.hooks is not None:
            self.hooks.on_switch_out(self)
        self.held_locks = cpu.held_locks
        cpu.held_locks = None
        cpu.current = None

    def body(self) -> None:
        """The bottom of the task's own stack. Returning from it goes to the main loop."""
        self.woken = False
        try:
            self.raise_if_killed()
            self.value = self.fn(*self.args)
        except GreenletExit as e:
            # Its frames end with it: what they held would be collected at some later time.
            e.__traceback__ = None
            e.__context__ = None
            self.value = e
        except SystemExit as e:  # sys.exit() ends this program, not the simulator
            self.value = e.code
        except BaseException as e:  # noqa: BLE001 (kept for result(), or raised by world.run())
            self.exception = e
        self.exit()

    def exit(self) -> None:
        """do_exit(): wake who waits for the end, then go for ever."""
        self.leave()
        self.bury()
        if self.exception is not None and self.killed is None and not self.keep_exception:
            state.failure = self.exception
        glet = self.glet
        self.glet = None
        self.resume = nothing
        if glet is not None and glet.parent is not state.hub:
            glet.parent = state.hub

    def bury(self) -> None:
        """Take a task that will not run again out of every list."""
        self.state = const.TASK_DEAD
        self.wait_channel = None
        if self.timer is not None:
            self.machine.queue.cancel(self.timer)
            self.timer = None
        self.rq.discard(self)
        del sched_of(self.machine).tasks[self.tid]
        self.fn = nothing
        self.args = ()
        for task in self.joiners:
            wake_up_process(task)
        self.joiners = []

    # What others ask

    def finished(self) -> bool:
        """Is it over?"""
        return self.state == const.TASK_DEAD

    def result(self) -> object:
        """What its function returned, or the exception that ended it; it must be finished."""
        assert self.finished(), f"{self!r} is not finished"
        if self.exception is not None:
            raise self.exception
        return self.value

    def signal_pending(self) -> bool:
        """signal_pending(): shall an interruptible wait end?"""
        return self.signalled or self.killed is not None

    def signal_wake_up(self) -> None:
        """A signal came: end an interruptible wait. Who handles it clears `signalled`."""
        self.signalled = True
        if self.state == const.TASK_INTERRUPTIBLE:
            wake_up_process(self)

    def kill(self, exc: BaseException | None = None) -> None:
        """End the task by raising exc (GreenletExit if None) where it returns to its program."""
        if self.finished():
            return
        self.killed = GreenletExit() if exc is None else exc
        if self.state == const.TASK_INTERRUPTIBLE:
            wake_up_process(self)

    def raise_if_killed(self) -> None:
        """On the way back to the program: raise what kill() was given."""
        if self.killed is not None:
            raise self.killed

    def crash(self) -> None:
        """End the task here and now, unasked: its machine lost power, or the lab closes.

        Called from outside every task. Its finally blocks run, and may not sleep.
        """
        assert state.current is None, "crash() is for the main loop's side"
        if self.finished():
            return
        self.killed = GreenletExit()
        self.keep_exception = True
        if self.glet is None:
            self.value = self.killed
            self.bury()
            return
        self.rq.discard(self)
        state.hub = getcurrent()
        self.resume = partial(self.glet.throw, self.killed)
        self.switch_to()
        state.current = None
        set_this_cpu(None)
        assert self.finished(), f"{self!r} did not go"

    def join(self, timeout_ns: int = -1) -> bool:
        """Sleep until it is over, at most timeout_ns (-1: as long as it takes); is it?

        Ends early when the caller has a signal; raises if the caller is killed.
        """
        me = need_current()
        assert me is not self, "a task cannot wait for itself"
        while not self.finished() and timeout_ns != 0:
            self.joiners.append(me)
            me.wait_channel = self
            set_current_state(const.TASK_INTERRUPTIBLE)
            try:
                timeout_ns = schedule_timeout(timeout_ns)
            finally:
                if me in self.joiners:
                    self.joiners.remove(me)
            me.raise_if_killed()
            if me.signalled:
                break
        return self.finished()


class SchedState:
    """What is one for the process: the current task, and the greenlet of the main loop."""

    __slots__ = ("current", "hub", "handoff", "failure")

    current: Task | None
    hub: greenlet | None
    handoff: Runnable | None  # picked by a task that switches, to be run by the main loop
    failure: BaseException | None  # of a task that ended just now, on its way to world.run()

    def __init__(self) -> None:
        self.current = None
        self.hub = None
        self.handoff = None
        self.failure = None


state = SchedState()


class Sched:
    """One machine's tasks, machine.sched."""

    __slots__ = ("machine", "tasks", "last_pid", "next_cpu", "hooks")

    machine: Board
    tasks: dict[int, Task]  # by tid
    last_pid: int
    next_cpu: int
    hooks: SwitchHooks | None  # given to every new task

    def __init__(self, machine: Board) -> None:
        self.machine = machine
        self.tasks = {}
        self.last_pid = 0
        self.next_cpu = 0
        self.hooks = None

    def alloc_pid(self) -> int:
        """alloc_pidmap(): the next number nobody has; OSError(EAGAIN) if there is none."""
        pid = self.last_pid
        for _ in range(PID_MAX):
            pid += 1
            if pid >= PID_MAX:
                pid = RESERVED_PIDS
            if pid not in self.tasks:
                self.last_pid = pid
                return pid
        raise OSError(errno.EAGAIN, "out of process ids")


def sched_of(machine: Board) -> Sched:
    """The tasks of a machine."""
    if machine.sched is None:
        machine.sched = Sched(machine)
    sched: Sched = machine.sched
    return sched


def nothing(*args: object) -> object:
    """What a dead task would run."""
    return None


def spawn(
    machine: Board,
    fn: Callable[..., object],
    *args: object,
    name: str = "",
    process: Task | None = None,
    cpu: Cpu | None = None,
    keep_exception: bool = False,
) -> Task:
    """A new task on machine that will call fn(*args), once the world runs and its turn comes.

    process: make it a thread of that task's process, with its files and namespace; without, it is a
    process of its own. An exception that fn lets out ends world.run(), unless keep_exception.
    """
    sched = sched_of(machine)
    tid = sched.alloc_pid()
    if cpu is None:
        cpu = machine.cpus[sched.next_cpu % len(machine.cpus)]
        sched.next_cpu += 1
    pid = tid if process is None else process.pid
    task = Task(cpu, pid, tid, name or getattr(fn, "__name__", "task"), fn, args)
    task.keep_exception = keep_exception
    task.hooks = sched.hooks
    if process is not None:
        task.files = process.files
        task.nsproxy = process.nsproxy
        task.sighand = process.sighand
    sched.tasks[tid] = task
    wake_up_process(task)
    return task


def outsider(machine: Board, name: str) -> Task:
    """A task for code that has no stack here: threads of the real system that call in from outside.

    Between adopt(task) and adopt(None) it is the current task. It cannot sleep: a wait that a
    signal could end is ended by one at once, so its descriptors must not block.
    """
    sched = sched_of(machine)
    tid = sched.alloc_pid()
    task = Task(machine.cpus[0], tid, tid, name, nothing, ())
    task.state = const.TASK_RUNNING
    sched.tasks[tid] = task
    return task


def adopt(task: Task | None) -> None:
    """Make an outsider the current task; None: nobody is again. From outside every task."""
    if task is None:
        state.current = None
        set_this_cpu(None)
        return
    assert state.current is None, "adopt() is for the main loop's side"
    cpu = task.cpu
    state.current = task
    set_this_cpu(cpu)
    cpu.current = task
    cpu.held_locks = None
    task.state = const.TASK_RUNNING
    task.signalled = False
    task.woken = True  # cond_resched() finds nobody to give way to


def current() -> Task | None:
    """The running task; None in an event's or a lab's code. An interrupt has the task it hit."""
    return state.current


def need_current() -> Task:
    """current(), where only a task may be."""
    task = state.current
    if task is None:
        raise SchedulingError("only a task can sleep: this is code of an event, a lab or a test")
    return task


def wake_up_process(task: Task) -> bool:
    """Make task runnable; False if it was, or is dead. Any context."""
    if task.state == const.TASK_RUNNING or task.state == const.TASK_DEAD:
        return False
    task.state = const.TASK_RUNNING
    task.woken = True
    if task is not state.current:  # else it has not gone to sleep yet, and will not
        task.rq.add(task)
    return True


def set_current_state(new: int) -> None:
    """Say what the next schedule() shall mean. A wake-up from now on makes it return at once."""
    task = need_current()
    task.state = new
    task.woken = False


def schedule() -> None:
    """Let others run: until woken, or, in TASK_RUNNING, until it is this task's turn again."""
    me = need_current()
    if in_atomic():
        complain_atomic(me)
    rq = me.rq
    if me.state == const.TASK_INTERRUPTIBLE and (me.glet is None or me.signal_pending()):
        me.signalled = me.signalled or me.glet is None  # an outsider: see outsider()
        me.state = const.TASK_RUNNING
    elif me.state != const.TASK_RUNNING:
        give_way(me, rq)
    elif not me.woken and rq.count:
        rq.add(me)
        give_way(me, rq)
    me.woken = False


def give_way(me: Task, rq: RunQueue) -> None:
    """context_switch(): to the next task, or to the main loop; returns in our next turn."""
    me.leave()
    if rq.direct <= 0:
        state.hub.switch()  # type: ignore[union-attr]  # a task runs, so there is a main loop
        return
    rq.direct -= 1
    runnable = rq.pop()
    if runnable is me:
        me.enter()
    elif isinstance(runnable, Task):
        task: Task = runnable
        task.switch_to()
    else:
        state.handoff = runnable
        state.hub.switch()  # type: ignore[union-attr]  # as above


def complain_atomic(me: Task) -> None:
    """Raise for a task that sleeps where it must not."""
    cpu = this_cpu()
    why = []
    if cpu.hardirq_count:
        why.append("in an interrupt handler")
    if cpu.softirq_count & const.SOFTIRQ_OFFSET:
        why.append("in a softirq")
    elif cpu.softirq_count:
        why.append("with bottom halves disabled")
    if cpu.irqs_disabled:
        why.append("with interrupts disabled")
    if cpu.preempt_count:
        held = ", ".join(str(h) for h in cpu.held_locks or []) or "preemption disabled"
        why.append(f"holding {held}")
    raise SchedulingError(f"sleeping while atomic: {me!r}, {' and '.join(why)}")


def might_sleep() -> None:
    """Assert that the caller may sleep: it will, if not this time."""
    if in_atomic() and state.current is not None:
        complain_atomic(state.current)


def schedule_timeout(timeout_ns: int) -> int:
    """Sleep until woken or timeout_ns is over; the nanoseconds left, 0 at the end of the time.

    -1 and MAX_SCHEDULE_TIMEOUT are for ever, and returned as they are. The state was set by
    prepare_to_wait() or set_current_state(); where it was not, the sleep is interruptible.
    """
    me = need_current()
    if me.state == const.TASK_RUNNING and not me.woken:
        me.state = const.TASK_INTERRUPTIBLE
    if timeout_ns < 0 or timeout_ns >= const.MAX_SCHEDULE_TIMEOUT:
        schedule()
        me.woken = False
        return timeout_ns
    clock = me.machine.clock
    queue = me.machine.queue
    deadline = clock.update() + timeout_ns
    if me.timer is None:
        me.timer = SleepTimer(me)
    timer = me.timer
    queue.push(timer, deadline, me.machine.host_id)
    try:
        schedule()
    finally:
        queue.cancel(timer)
        me.state = const.TASK_RUNNING
        me.woken = False
    left = deadline - clock.update()
    return left if left > 0 else 0


def nsleep(ns: int) -> int:
    """nanosleep(): sleep ns nanoseconds of the machine's time; the rest if a signal ended it.

    Raises what kill() was given. 0 lets the others run once.
    """
    me = need_current()
    if ns <= 0:
        schedule()
        me.raise_if_killed()
        return 0
    while ns > 0:
        me.wait_channel = "nanosleep"
        set_current_state(const.TASK_INTERRUPTIBLE)
        ns = schedule_timeout(ns)
        me.raise_if_killed()
        if me.signalled:
            break
    return ns


def msleep(ms: int) -> None:
    """Sleep ms milliseconds whatever happens, as kernel code does."""
    me = need_current()
    ns = ms * const.NSEC_PER_MSEC
    while ns > 0:
        me.wait_channel = "msleep"
        set_current_state(const.TASK_UNINTERRUPTIBLE)
        ns = schedule_timeout(ns)


def cond_resched() -> None:
    """Let others run if there are any."""
    if state.current is not None and not in_atomic():
        schedule()


def tasks(world: World) -> list[Task]:
    """Every task of a world, by host and tid."""
    return [
        sched.tasks[tid]
        for sched in (m.sched for m in world.machines)
        if sched is not None
        for tid in sorted(sched.tasks)
    ]


def blocked_tasks(world: World) -> list[tuple[Task, str]]:
    """Who sleeps, and where: for reports of a world that has nothing left to do."""
    return [
        (task, describe_channel(task.wait_channel))
        for task in tasks(world)
        if task.state not in (const.TASK_RUNNING, const.TASK_DEAD)
    ]


def describe_channel(channel: object) -> str:
    """A wait channel in words."""
    if channel is None:
        return "?"
    return str(getattr(channel, "name", channel))


def crash_tasks(machine: Board) -> None:
    """End every task of a machine at once: it lost power. From outside every task."""
    sched = sched_of(machine)
    while sched.tasks:
        sched.tasks[min(sched.tasks)].crash()


def crash_all(world: World) -> None:
    """End every task of a world: the lab closes.

    Without it a task that sleeps for ever keeps itself and all it refers to: the garbage collector
    does not look into the stacks of greenlets.
    """
    for machine in world.machines:
        if machine.sched is not None:
            crash_tasks(machine)
