"""time and datetime: a host's clock as its programs read it.

Virtual time stands still while a program computes, so a loop that polls the clock would never end.
Therefore a reading is at least READ_COST after the reading before it on the same host. Who gets too
far ahead of the world's clock (SKEW_MAX) sleeps until the world has caught up. Whatever waits for a
span of time waits from the program's own now: add skew_ns().
"""

from __future__ import annotations

import datetime as datetime_
import math
import sys
import time
import warnings
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.redef import Redirect
from softnet.usr.task import HostState, host, interrupted, me, registry

READ_COST = 1000  # ns of virtual time that a look at the clock takes
SKEW_MAX = 1_000_000  # ns that programs may be ahead of the world
NS = 10**9
DEPRECATED_UTCNOW = sys.version_info >= (3, 12)

originals: dict[str, Redirect] = {}  # filled by patch.py: "time.sleep" -> its redirect


def set_epoch(world: Any, epoch: float | datetime_.datetime) -> None:
    """What time.time() says when the world begins: seconds since 1970, or an aware datetime."""
    if isinstance(epoch, datetime_.datetime):
        epoch = epoch.timestamp()
    registry.world_epochs[id(world)] = round(epoch * NS)
    for state in registry.hosts.values():
        if state.machine.world is world:
            state.epoch_ns = registry.world_epochs[id(world)]


def read_ns() -> int:
    """Look at the clock: ns since the world began."""
    state = host()
    state.reads += 1
    clock = state.clock
    now: int = clock.update()
    if state.last_ns >= now and clock.virtual:
        now = max(now, state.last_ns + READ_COST)
        if now - clock.now > SKEW_MAX:
            catch_up(state, now)
    state.last_ns = max(now, state.last_ns)
    return now


def catch_up(state: HostState, now: int) -> None:
    """Sleep until the world's clock is at now."""
    while state.clock.now < now:
        try:
            sys_.sys_nanosleep(now - state.clock.now)
        except InterruptedError:
            interrupted()
        if me().task.signalled:
            interrupted()


def now_ns(state: HostState) -> int:
    """What the program believes it is, without looking."""
    now: int = state.clock.update()
    return max(now, state.last_ns) if state.clock.virtual else now


def skew_ns(state: HostState) -> int:
    """How far the programs are ahead of the world: to be added to each relative time-out."""
    return now_ns(state) - int(state.clock.now)


def timeout_ns(seconds: float) -> int:
    """A finite span in seconds as nanoseconds, rounded up as CPython's _PyTime_ROUND_TIMEOUT."""
    if isinstance(seconds, int):
        return seconds * NS
    whole = math.floor(seconds)
    return whole * NS + math.ceil((seconds - whole) * NS)


def sleep_ns(ns: int) -> None:
    """Sleep from the program's now on, through signals."""
    state = host()
    if ns <= 0:
        sys_.sys_nanosleep(0)
        return
    catch_up(state, now_ns(state) + ns)


def original(name: str) -> Any:
    """The real function behind a redirected one."""
    return originals[name].original


# time


def sleep(seconds: float, /) -> None:
    """time.sleep()"""
    if not isinstance(seconds, int | float):
        try:
            seconds = seconds.__index__()
        except AttributeError:
            original("time.sleep")(seconds)  # raises
            raise
    if not 0 <= seconds < 1 << 33:
        original("time.sleep")(seconds)  # raises
    sleep_ns(timeout_ns(seconds))


def time_ns() -> int:
    """time.time_ns()"""
    return read_ns() + host().epoch_ns


def time_time() -> float:
    """time.time()"""
    return time_ns() / NS


def monotonic_ns() -> int:
    """time.monotonic_ns(), time.perf_counter_ns()"""
    return read_ns()


def monotonic() -> float:
    """time.monotonic(), time.perf_counter()"""
    return read_ns() / NS


def process_time_ns() -> int:
    """time.process_time_ns(), thread_time_ns(): computing takes no time but looks at the clock."""
    read_ns()
    return host().reads * READ_COST


def process_time() -> float:
    """time.process_time(), thread_time()"""
    return process_time_ns() / NS


REALTIME = (time.CLOCK_REALTIME, 5, getattr(time, "CLOCK_TAI", 11))  # and CLOCK_REALTIME_COARSE
CPU = (time.CLOCK_PROCESS_CPUTIME_ID, time.CLOCK_THREAD_CPUTIME_ID)
MONOTONIC = (time.CLOCK_MONOTONIC, time.CLOCK_MONOTONIC_RAW, 6, time.CLOCK_BOOTTIME)


def clock_gettime_ns(clk_id: int, /) -> int:
    """time.clock_gettime_ns()"""
    if clk_id in REALTIME:
        return time_ns()
    if clk_id in CPU:
        return process_time_ns()
    if clk_id in MONOTONIC:
        return read_ns()
    result: int = original("time.clock_gettime_ns")(clk_id)
    return result


def clock_gettime(clk_id: int, /) -> float:
    """time.clock_gettime()"""
    return clock_gettime_ns(clk_id) / NS


def clock_settime(clk_id: int, when: float, /) -> None:
    """time.clock_settime(), clock_settime_ns(): programs are not root."""
    raise PermissionError(1, "Operation not permitted")


def seconds_or_now(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of gmtime() and its kin, with the clock looked at here."""
    return (time_time(),) if not args or args[0] is None else args


def gmtime(*args: Any) -> Any:
    """time.gmtime()"""
    return original("time.gmtime")(*seconds_or_now(args))


def localtime(*args: Any) -> Any:
    """time.localtime()"""
    return original("time.localtime")(*seconds_or_now(args))


def ctime(*args: Any) -> Any:
    """time.ctime()"""
    return original("time.ctime")(*seconds_or_now(args))


def asctime(*args: Any) -> Any:
    """time.asctime()"""
    return original("time.asctime")(*(args or (localtime(),)))


def strftime(*args: Any) -> Any:
    """time.strftime()"""
    if len(args) == 1:
        args = (args[0], localtime())
    return original("time.strftime")(*args)


# datetime


def datetime_now(cls: Any, tz: Any = None) -> Any:
    """datetime.datetime.now()"""
    seconds, ns = divmod(time_ns(), NS)
    return cls.fromtimestamp(seconds, tz).replace(microsecond=ns // 1000)


def datetime_utcnow(cls: Any) -> Any:
    """datetime.datetime.utcnow()"""
    if DEPRECATED_UTCNOW:
        warnings.warn(
            "datetime.datetime.utcnow() is deprecated and scheduled for removal in a future"
            " version. Use timezone-aware objects to represent datetimes in UTC:"
            " datetime.datetime.now(datetime.UTC).",
            DeprecationWarning,
            stacklevel=2,
        )
    return datetime_now(cls, datetime_.UTC).replace(tzinfo=None)


def date_today(cls: Any) -> Any:
    """datetime.date.today()"""
    return cls.fromtimestamp(time_time())
