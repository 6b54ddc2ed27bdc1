"""Answers: clocks, sleep and timers. The clock is the host's, as in usr/clock.py."""

from __future__ import annotations

import errno
import os
import signal
import struct
from typing import Any

from greenlet import GreenletExit  # type: ignore[import-untyped]  # it ships no stubs

import softnet.syscalls as sys_
from softnet.usr.binary.answers import PASS, Answer, error, invalid, signed
from softnet.usr.binary.descriptors import TIMER
from softnet.usr.binary.signals import send_signal
from softnet.usr.clock import CPU, MONOTONIC, NS, READ_COST, REALTIME, SKEW_MAX

TIMER_ABSTIME = 1
ITIMER_REAL = 0
UPTIME = NS  # CLOCK_MONOTONIC when the world begins: programs (ping) take 0 s for "not read yet"
NONBLOCK, CLOEXEC = 0o4000, 0o2000000
ITIMER = struct.Struct("=qqqq")  # interval, value: seconds and parts

Args = tuple[int, ...]


def look(t: Any) -> int:
    """Look at the host's clock: ns since the world began. It takes READ_COST."""
    state = t.tree.clock
    state.reads += 1
    clock = state.clock
    now: int = clock.update()
    if state.last_ns >= now and clock.virtual:
        now = max(now, state.last_ns + READ_COST)
        if now - clock.now > SKEW_MAX:
            sys_.sys_nanosleep(now - clock.now)
    state.last_ns = max(now, state.last_ns)
    return now


def program_now(t: Any) -> int:
    """What the host's programs believe it is, without a look."""
    state = t.tree.clock
    now: int = state.clock.update()
    return max(now, state.last_ns) if state.clock.virtual else now


def span(t: Any, ns: int) -> int:
    """A time limit of the program's, from its own now, for a system call; -1 stays."""
    if ns <= 0:
        return ns
    return ns + program_now(t) - int(t.tree.clock.clock.now)


def clock_ns(t: Any, clock_id: int) -> int:
    """What a clock shows; -1: one that is not simulated."""
    if clock_id in REALTIME:
        return look(t) + int(t.tree.clock.epoch_ns)
    if clock_id in CPU or clock_id < 0:
        look(t)
        return int(t.tree.clock.reads) * READ_COST
    return look(t) + UPTIME if clock_id in MONOTONIC else -1


def clock_gettime(t: Any, a: Args) -> int:
    """clock_gettime()"""
    ns = clock_ns(t, signed(a[0]))
    if ns < 0:
        return PASS
    t.memory.put_timespec(a[1], ns)
    return 0


def gettimeofday(t: Any, a: Args) -> int:
    """gettimeofday()"""
    seconds, ns = divmod(clock_ns(t, REALTIME[0]), NS)
    if a[0]:
        t.memory.write(a[0], struct.pack("=qq", seconds, ns // 1000))
    if a[1]:
        t.memory.write(a[1], bytes(8))
    return 0


def time_(t: Any, a: Args) -> int:
    """time()"""
    seconds = clock_ns(t, REALTIME[0]) // NS
    if a[0]:
        t.memory.write(a[0], struct.pack("=q", seconds))
    return seconds


def times(t: Any, a: Args) -> int:
    """times(): in hundredths of a second; computing takes what looking at the clock takes."""
    ticks = look(t) // 10**7
    if a[0]:
        used = int(t.tree.clock.reads) * READ_COST // 10**7
        t.memory.write(a[0], struct.pack("=qqqq", used, 0, 0, 0))
    return ticks


def nanosleep(t: Any, a: Args) -> int:
    """nanosleep()"""
    return sleep_for(t, t.memory.timespec(a[0]), a[1])


def clock_nanosleep(t: Any, a: Args) -> int:
    """clock_nanosleep()"""
    clock_id = signed(a[0])
    ns = t.memory.timespec(a[2])
    if clock_id not in REALTIME and clock_id not in MONOTONIC:
        raise invalid()
    if not signed(a[1]) & TIMER_ABSTIME:
        return sleep_for(t, ns, a[3])
    return sleep_for(t, until(t, clock_id, ns), 0)


def until(t: Any, clock_id: int, ns: int) -> int:
    """How long it is until a clock shows ns: not below 0."""
    epoch = int(t.tree.clock.epoch_ns) if clock_id in REALTIME else UPTIME
    return max(0, ns - epoch - program_now(t))


def sleep_for(t: Any, ns: int, left_at: int) -> int:
    """Sleep from the program's now on; after a signal, say what was left."""
    clock = t.tree.clock.clock
    end = program_now(t) + ns
    if ns <= 0:
        sys_.sys_nanosleep(0)
        return 0
    while clock.now < end:
        sys_.sys_nanosleep(end - clock.now)
        if t.task.signalled:
            if left_at:
                t.memory.put_timespec(left_at, max(0, end - clock.now))
            raise error(errno.EINTR)
    return 0


# Timers: a task each, that sleeps


class Timer:
    """Something that fires at a time, and again every interval."""

    __slots__ = ("at", "generation", "interval", "realtime")

    at: int  # ns of the host's time; 0: off
    interval: int
    generation: int
    realtime: bool  # a timerfd on the clock that shows the date

    def __init__(self) -> None:
        self.at = 0
        self.interval = 0
        self.generation = 0
        self.realtime = False

    def left(self, now: int) -> int:
        """ns until it fires; 0: it is off."""
        return max(1, self.at - now) if self.at else 0

    def set(self, tree: Any, now: int, value: int, interval: int, fire: Any) -> None:
        """Fire in value ns, 0: never; then every interval."""
        self.generation += 1
        self.at = now + value if value else 0
        self.interval = interval
        if value:
            sys_.sys_clone(timer_body, self, tree, self.generation, fire, name=f"{tree.name} timer")


def timer_body(timer: Timer, tree: Any, generation: int, fire: Any) -> None:
    """The task of a timer that was set."""
    try:
        while timer.generation == generation and timer.at and not tree.killed:
            now = int(tree.clock.clock.now)
            if now < timer.at:
                sys_.sys_nanosleep(timer.at - now)
                continue
            timer.at = timer.at + timer.interval if timer.interval else 0
            fire()
    except GreenletExit:
        tree.kill_all()
        raise


class Alarm:
    """What an interval timer does: SIGALRM."""

    __slots__ = ("proc",)

    def __init__(self, proc: Any) -> None:
        self.proc = proc

    def __call__(self) -> None:
        """Fire."""
        send_signal(self.proc, int(signal.SIGALRM))


class Tick:
    """What a timerfd does: it counts."""

    __slots__ = ("sim",)

    def __init__(self, sim: Any) -> None:
        self.sim = sim

    def __call__(self) -> None:
        """Fire; a timer whose descriptor is closed counts no more."""
        try:
            sys_.sys_write(self.sim.k, (1).to_bytes(8, "little"))
        except OSError:
            self.sim.timer.at = 0


def alarm(t: Any, a: Args) -> int:
    """alarm()"""
    timer, now = alarm_of(t), program_now(t)
    left = timer.left(now)
    timer.set(t.tree, now, (a[0] & 0xFFFFFFFF) * NS, 0, Alarm(t.proc))
    return -(-left // NS)


def alarm_of(t: Any) -> Timer:
    """The process's interval timer."""
    if t.proc.alarm is None:
        t.proc.alarm = Timer()
    timer: Timer = t.proc.alarm
    return timer


def setitimer(t: Any, a: Args) -> int:
    """setitimer(): ITIMER_REAL; those of CPU time are let through, and never fire."""
    if signed(a[0]) != ITIMER_REAL:
        return PASS
    interval_s, interval_us, s, us = ITIMER.unpack(t.memory.read(a[1], 32))
    getitimer(t, (a[0], a[2]))
    interval, value = interval_s * NS + interval_us * 1000, s * NS + us * 1000
    alarm_of(t).set(t.tree, program_now(t), value, interval, Alarm(t.proc))
    return 0


def getitimer(t: Any, a: Args) -> int:
    """getitimer()"""
    if signed(a[0]) != ITIMER_REAL:
        return PASS
    timer = alarm_of(t)
    if a[1]:
        s, ns = divmod(timer.left(program_now(t)), NS)
        every_s, every_ns = divmod(timer.interval, NS)
        t.memory.write(a[1], ITIMER.pack(every_s, every_ns // 1000, s, ns // 1000))
    return 0


def timer_create(t: Any, a: Args) -> int:
    """timer_create(): there is none; programs use alarm() instead."""
    raise error(errno.ENOSYS)


def timerfd_create(t: Any, a: Args) -> int:
    """timerfd_create()"""
    flags = signed(a[1])
    k = sys_.sys_eventfd2(0, flags & NONBLOCK)
    sim, theirs = t.tree.descriptors.make(k, TIMER)
    sim.timer = Timer()
    sim.timer.realtime = signed(a[0]) in REALTIME
    try:
        return int(t.tree.listener.add_fd(t.call, theirs, flags & CLOEXEC != 0))
    finally:
        os.close(theirs)


def timerfd_settime(t: Any, a: Args) -> int:
    """timerfd_settime()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    if sim.kind != TIMER:
        raise invalid()
    interval = t.memory.timespec(a[2])
    value = t.memory.timespec(a[2] + 16)
    if a[3]:
        timerfd_gettime(t, (a[0], a[3]))
    if value and signed(a[1]) & TIMER_ABSTIME:
        value = max(1, until(t, REALTIME[0] if sim.timer.realtime else MONOTONIC[0], value))
    drain(sim.k)
    sim.timer.set(t.tree, program_now(t), value, interval, Tick(sim))
    return 0


def drain(k: int) -> None:
    """Forget what a timerfd counted."""
    flags = sys_.sys_fcntl(k, 3)
    sys_.sys_fcntl(k, 4, flags | NONBLOCK)
    try:
        sys_.sys_read(k, 8)
    except BlockingIOError:
        pass
    finally:
        sys_.sys_fcntl(k, 4, flags)


def timerfd_gettime(t: Any, a: Args) -> int:
    """timerfd_gettime()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    if sim.kind != TIMER:
        raise invalid()
    t.memory.put_timespec(a[1], sim.timer.interval)
    t.memory.put_timespec(a[1] + 16, sim.timer.left(program_now(t)))
    return 0


ANSWERS: dict[str, Answer] = {
    "clock_gettime": clock_gettime,
    "gettimeofday": gettimeofday,
    "time": time_,
    "times": times,
    "nanosleep": nanosleep,
    "clock_nanosleep": clock_nanosleep,
    "alarm": alarm,
    "setitimer": setitimer,
    "getitimer": getitimer,
    "timer_create": timer_create,
    "timerfd_create": timerfd_create,
    "timerfd_settime": timerfd_settime,
    "timerfd_gettime": timerfd_gettime,
}
