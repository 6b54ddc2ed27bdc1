"""A world: one clock, one queue of events, the machines that live by them, and the main loop.

    world = World(seed=7)
    h1, h2 = world.new_machine("h1"), world.new_machine("h2")
    world.after(1_000_000, 0, lambda: print("one millisecond"))
    world.run(until_ns=5_000_000_000)

The loop runs every runnable task first, in the order in which they became runnable, and the
softirqs that were left to ksoftirqd among them. Only when nobody can run does time pass: the
virtual clock jumps to the next event. With the real clock the same loop sleeps in epoll until
the next event is due or a watched file descriptor is readable. Nothing else differs.

This file and machine/outside are the only ones that know the real clock and the real epoll.
"""

from __future__ import annotations

import select
import signal
import time
from collections.abc import Callable
from typing import Any

from softnet.machine.cable import Flight
from softnet.machine.cpu import Board, Cpu, set_this_cpu, this_cpu
from softnet.machine.entropy import RandomStream
from softnet.machine.event import (
    CallEvent,
    Clock,
    Digest,
    Event,
    EventQueue,
    VirtualClock,
    WorldTap,
)
from softnet.machine.machine import Machine

__all__ = [
    "CallEvent",
    "Clock",
    "Digest",
    "Event",
    "EventQueue",
    "LivelockError",
    "RealClock",
    "RunQueue",
    "Runnable",
    "VirtualClock",
    "World",
]

# A compiled module does not show what it cimports. These are to be had here in both forms; compiled
# code takes them from machine/event.py.
globals().update(
    CallEvent=CallEvent,
    Clock=Clock,
    Digest=Digest,
    Event=Event,
    EventQueue=EventQueue,
    VirtualClock=VirtualClock,
)

LAB = 0  # the host id of what is no host's
# Turns of the main loop between two looks at signals, progress and the real epoll.
HOUSEKEEPING_TURNS = 1024
# With the real clock: runnables between two looks at what is due or readable.
REAL_POLL_TURNS = 16
# Tasks may switch to each other so often before the main loop looks around again.
DIRECT_SWITCHES = 64
# So much happening at one instant of virtual time is a bug that would never end.
LIVELOCK_BOUND = 10_000_000
# Real seconds between two calls of World.progress.
PROGRESS_INTERVAL = 0.1


class LivelockError(RuntimeError):
    """Time stands still while events or tasks go on: names who does."""


class RealClock(Clock):
    """Nanoseconds of real, monotonic time since this object was made."""

    __slots__ = ("start",)

    start: int

    def __init__(self) -> None:
        Clock.__init__(self)
        self.virtual = False
        self.start = time.monotonic_ns()

    def update(self) -> int:
        """Look at the real clock. `now` never goes back."""
        now = time.monotonic_ns() - self.start
        if now > self.now:
            self.now = now
        return self.now


class Runnable:
    """What can stand in the run queue: a task, or a CPU's ksoftirqd."""

    __slots__ = ("run_next", "queued", "cpu")

    run_next: Runnable | None
    queued: bool
    cpu: Cpu

    def __init__(self, cpu: Cpu) -> None:
        self.run_next = None
        self.queued = False
        self.cpu = cpu

    def run(self) -> None:
        """Run on self.cpu until done for now. Called from the main loop only."""


class RunQueue:
    """Who can run, first come first served; with a stream of luck, in an order drawn from it.

    One queue serves all machines of a world: nothing runs in parallel anyway.
    `picked` counts what was taken out, and tells the main loop of a livelock.
    """

    __slots__ = ("first", "last", "count", "picked", "luck", "direct")

    first: Runnable | None
    last: Runnable | None
    count: int
    picked: int
    luck: RandomStream | None
    direct: int  # how many more tasks may switch to each other without the main loop

    def __init__(self, luck: RandomStream | None) -> None:
        self.first = None
        self.last = None
        self.count = 0
        self.picked = 0
        self.luck = luck
        self.direct = 0

    def add(self, r: Runnable) -> None:
        """Queue r at the end; it must not be queued."""
        assert not r.queued, "a runnable is in the run queue twice"
        r.queued = True
        r.run_next = None
        if self.last is None:
            self.first = r
        else:
            self.last.run_next = r
        self.last = r
        self.count += 1

    def pop(self) -> Runnable | None:
        """Take out the one whose turn it is, None if nobody can run."""
        r = self.first
        if r is None:
            return None
        if self.luck is not None and self.count > 1:
            return self.pop_at(self.luck.below(self.count))
        self.first = r.run_next
        if self.first is None:
            self.last = None
        r.run_next = None
        r.queued = False
        self.count -= 1
        self.picked += 1
        return r

    def pop_at(self, n: int) -> Runnable:
        """Take out the n-th."""
        before: Runnable | None = None
        r = self.first
        while n > 0:
            before = r
            r = r.run_next  # type: ignore[union-attr]  # n < count
            n -= 1
        assert r is not None
        if before is None:
            self.first = r.run_next
        else:
            before.run_next = r.run_next
        if self.last is r:
            self.last = before
        r.run_next = None
        r.queued = False
        self.count -= 1
        self.picked += 1
        return r

    def discard(self, r: Runnable) -> None:
        """Take out r if it is queued (a task killed before its turn); O(count)."""
        if not r.queued:
            return
        n = 0
        at = self.first
        while at is not r:
            at = at.run_next  # type: ignore[union-attr]  # it is queued, so the walk meets it
            n += 1
        self.pop_at(n)
        self.picked -= 1


class World:
    """One clock, one event queue, any number of machines and cables. Nothing else is shared.

    order="fifo" runs tasks in the order in which they became runnable; order="seeded" in
    an order drawn from the seed, to find what depends on it.
    """

    __slots__ = (
        "clock",
        "queue",
        "runqueue",
        "seed",
        "machines",
        "boards",
        "names",
        "digest",
        "taps",
        "progress",
        "livelock_bound",
        "running",
        "stopping",
        "interrupted",
        "quiet_since",
        "turns",
        "next_progress",
        "fds",
        "epoll",
    )

    clock: Clock
    queue: EventQueue
    runqueue: RunQueue
    seed: int
    machines: list[Machine]
    boards: list[Board]  # by host id; 0 is the lab
    names: dict[str, Machine]
    digest: Digest | None
    taps: list[WorldTap]
    progress: Callable[[World], object] | None
    livelock_bound: int
    running: bool
    stopping: bool
    interrupted: bool
    quiet_since: int  # queue.fired + runqueue.picked when time last advanced
    turns: int
    next_progress: float
    fds: dict[int, Callable[[], object]]
    epoll: select.epoll | None

    def __init__(
        self, seed: int = 0, clock: Clock | None = None, order: str = "fifo", digest: bool = False
    ) -> None:
        if order not in ("fifo", "seeded"):
            raise ValueError(f"order must be 'fifo' or 'seeded', not {order!r}")
        self.clock = VirtualClock() if clock is None else clock
        self.queue = EventQueue()
        self.seed = seed
        self.runqueue = RunQueue(RandomStream(seed, "runqueue") if order == "seeded" else None)
        self.machines = []
        self.boards = [Board("lab", LAB, self.clock, self.queue)]
        self.names = {}
        self.digest = Digest() if digest else None
        self.taps = []
        self.progress = None
        self.livelock_bound = LIVELOCK_BOUND
        self.running = False
        self.stopping = False
        self.interrupted = False
        self.quiet_since = 0
        self.turns = 0
        self.next_progress = 0.0
        self.fds = {}
        self.epoll = None
        self.boards[0].world = self

    # Making things

    def new_machine(self, name: str, ncpus: int = 1, ram: int = 0) -> Machine:
        """A machine with ncpus CPUs and ram bytes of pretended memory (0: the default size)."""
        if name in self.names or name == "lab":
            raise ValueError(f"there is a machine {name!r} already")
        machine = Machine(self, name, len(self.boards), ncpus, ram)
        self.machines.append(machine)
        self.boards.append(machine)
        self.names[name] = machine
        return machine

    def forget_events(self, host_id: int) -> None:
        """What was to happen to a host will not, its timers and its cards': it lost power.

        Frames that are on their way to it arrive at whatever is plugged in then.
        """
        for event in list(self.queue.heap):
            if event.host_id == host_id and not isinstance(event, Flight):
                self.queue.cancel(event)

    def replace_machine(self, old: Machine, name: str, boots: int) -> Machine:
        """A new machine in the place of one that lost power: its host id, other luck."""
        machine = Machine(self, name, old.host_id, len(old.cpus), old.memory.size)
        machine.random = RandomStream(self.seed, f"host:{name}:boot{boots}")
        self.machines[self.machines.index(old)] = machine
        self.boards[old.host_id] = machine
        self.names[name] = machine
        return machine

    def random(self, name: str) -> RandomStream:
        """A stream of luck of its own for name; ask once per name and keep it."""
        return RandomStream(self.seed, name)

    def at(self, when_ns: int, host_id: int, fn: Callable[[], object]) -> Event:
        """Call fn at when_ns as host_id's; host 0 is the lab. A time that has passed means now."""
        event = CallEvent(fn)
        self.queue.push(event, max(when_ns, self.clock.now), host_id)
        return event

    def after(self, delay_ns: int, host_id: int, fn: Callable[[], object]) -> Event:
        """Call fn delay_ns from now."""
        return self.at(self.clock.now + delay_ns, host_id, fn)

    def watch_fd(self, fd: int, callback: Callable[[], object] | None) -> None:
        """With the real clock: call callback whenever fd is readable; None ends it."""
        if self.epoll is None:
            self.epoll = select.epoll()
        if fd in self.fds:
            self.epoll.unregister(fd)
            del self.fds[fd]
        if callback is not None:
            self.epoll.register(fd, select.EPOLLIN)
            self.fds[fd] = callback

    # Running

    def run(
        self,
        until_ns: int | None = None,
        predicate: Callable[[], object] | None = None,
        exact: bool = True,
    ) -> str:
        """Run until until_ns, or until predicate() is true, or until nothing is left to do.

        Returns why it ended: "until", "predicate", "idle" or "stopped" (somebody called stop()).
        Events due at until_ns still happen; the clock then stands at until_ns. predicate is asked
        between any two happenings; with exact=False tasks may hand over to each other up to 64
        times in between, which is twice as fast and still sees the end of a task at once. With
        somebody in `taps` they never do: a tap hears of everything.
        Ctrl-C lets the current event finish, then raises KeyboardInterrupt; a second one strikes at
        once.
        """
        if self.running:
            raise RuntimeError("world.run() inside world.run(): a task or an event called it")
        limit = -1 if until_ns is None else until_ns
        if 0 <= limit < self.clock.now:
            raise ValueError(f"cannot run until {limit} ns: it is {self.clock.now} ns already")
        self.running = True
        self.stopping = False
        self.interrupted = False
        self.turns = 0
        self.quiet_since = self.queue.fired + self.runqueue.picked
        cpu = this_cpu()
        handler = self.catch_interrupts()
        try:
            direct = 0 if self.taps or (predicate is not None and exact) else DIRECT_SWITCHES
            self.tell(LAB)  # what was done since the last run
            reason = self.loop(limit, predicate, direct)
        finally:
            self.running = False
            self.runqueue.direct = 0
            set_this_cpu(cpu)
            if handler is not None:
                signal.signal(signal.SIGINT, handler)
        if self.interrupted:
            raise KeyboardInterrupt
        return reason

    def stop(self) -> None:
        """Make run() return after the current event or task."""
        self.stopping = True
        self.runqueue.direct = 0

    def step(self) -> bool:
        """Let one thing happen: a runnable runs, or the next event; False if there is nothing."""
        if self.running:
            raise RuntimeError("world.step() inside world.run(): a task or an event called it")
        self.running = True
        cpu = this_cpu()
        try:
            r = self.runqueue.pop()
            if r is not None:
                self.run_one(r)
                return True
            when = self.queue.next_when()
            if when < 0:
                return False
            if not self.clock.virtual:
                self.wait_real(when)
                if self.clock.update() < when:
                    return True  # a file descriptor was readable before
            return self.fire_next(when)
        finally:
            self.running = False
            set_this_cpu(cpu)

    def loop(self, limit: int, predicate: Callable[[], object] | None, direct: int) -> str:
        """run(), inside its clean-up."""
        runqueue = self.runqueue
        virtual = self.clock.virtual
        while True:
            if self.stopping:
                return "stopped"
            if predicate is not None:
                set_this_cpu(None)
                if predicate():
                    return "predicate"
            self.turns += 1
            if self.turns >= HOUSEKEEPING_TURNS:
                self.turns = 0
                self.housekeeping()
            r = runqueue.pop()
            if r is not None:
                runqueue.direct = direct
                self.run_one(r)
                if virtual or self.turns % REAL_POLL_TURNS:
                    continue
            if virtual:
                when = self.queue.next_when()
                if when >= 0 and (limit < 0 or when <= limit):
                    self.fire_next(when)
                    continue
                if limit < 0:
                    return "idle"
                self.clock.now = limit
                return "until"
            if not self.turn_real(limit):
                return "until" if limit >= 0 else "idle"

    def run_one(self, r: Runnable) -> None:
        """Let a runnable run."""
        r.run()
        if self.taps:
            self.tell(r.cpu.machine.host_id)

    def fire_next(self, now: int) -> bool:
        """Let the first event happen if it is due at now; False if it is not."""
        event = self.queue.pop_due(now)
        if event is None:
            return False
        clock = self.clock
        if event.when > clock.now:
            clock.now = event.when
            self.quiet_since = self.queue.fired + self.runqueue.picked
        elif (
            clock.virtual
            and self.queue.fired + self.runqueue.picked - self.quiet_since > self.livelock_bound
        ):
            self.livelock(event)
        board = self.boards[event.host_id]
        set_this_cpu(board.boot_cpu)
        if self.digest is not None:
            self.digest.add(board.name, event.when, type(event).__name__.encode())
        event.fire()
        if self.taps:
            self.tell(board.host_id)
        return True

    def tell(self, host_id: int) -> None:
        """Tell the taps what happened, and to whom."""
        set_this_cpu(None)
        for tap in self.taps:
            tap.after_event(host_id)

    def livelock(self, event: Event | None) -> None:
        """Say who keeps time from passing."""
        who = "tasks that wake each other"
        if event is not None:
            who = f"host {self.boards[event.host_id].name!r}, event {type(event).__name__}"
            if isinstance(event, CallEvent):
                who += f" of {event.fn!r}"
        raise LivelockError(
            f"{self.livelock_bound} happenings at {self.clock.now} ns and time does not pass: {who}"
        )

    # What the loop looks at from time to time

    def housekeeping(self) -> None:
        """Look at signals, the progress hook, and tasks that never let time pass."""
        # Python runs signal handlers between the bytecodes of interpreted code only; compiled, the
        # loop may execute none for long. Evaluating a constant is one.
        eval(NOTHING)
        busy = self.queue.fired + self.runqueue.picked - self.quiet_since
        if busy > self.livelock_bound + HOUSEKEEPING_TURNS and self.clock.virtual:
            self.livelock(None)
        if self.progress is not None:
            now = time.monotonic()
            if now >= self.next_progress:
                self.next_progress = now + PROGRESS_INTERVAL
                self.progress(self)

    def on_interrupt(self, signum: int, frame: object) -> None:
        """SIGINT: end the run after the current event; the second one as usual."""
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        self.stop()

    def catch_interrupts(self) -> Any:
        """Make the first Ctrl-C wait for the current event, unless the program handles it."""
        handler = signal.getsignal(signal.SIGINT)
        if handler is not signal.default_int_handler:
            return None
        try:
            signal.signal(signal.SIGINT, self.on_interrupt)
        except ValueError:  # not the main thread: it gets no signals
            return None
        return handler

    # Real time

    def turn_real(self, limit: int) -> bool:
        """One turn with the real clock: the next due event, or sleep. False: the run is over."""
        now = self.clock.update()
        when = self.queue.next_when()
        if 0 <= when <= now and (limit < 0 or when <= limit):
            return self.fire_next(now)
        if 0 <= limit <= now:
            self.clock.now = limit
            return False
        if when < 0 and limit < 0 and not self.fds and self.runqueue.count == 0:
            return False
        self.wait_real(when if limit < 0 or 0 <= when < limit else limit)
        return True

    def wait_real(self, when: int) -> None:
        """Sleep till when (ns; -1: for ever), a readable fd or a signal; serve what is readable."""
        if self.runqueue.count:
            timeout = 0.0
        elif when < 0:
            timeout = -1.0
        else:
            timeout = max(0.0, (when - self.clock.update()) / 1e9)
        if self.epoll is None:
            time.sleep(max(0.0, timeout))
            return
        # epoll counts in milliseconds: the rest, less than one, is slept off.
        for fd, _ in self.epoll.poll(timeout if timeout <= 0 else int(timeout * 1000) / 1000):
            callback = self.fds.get(fd)
            if callback is not None:
                set_this_cpu(None)
                self.clock.update()
                callback()


NOTHING = compile("None", "<signals>", "eval")
