"""The kernel's log, one per machine: what dmesg shows.

Linux: kernel/printk.c, lib/ratelimit.c, net/core/utils.c (net_ratelimit)

    printk(const.KERN_WARNING, "%s: duplicate address %s", dev.name, text)
"""

from __future__ import annotations

from typing import Any

import softnet.arch.const as const
from softnet.machine.cpu import Board, this_cpu

KERN_EMERG = const.KERN_EMERG
KERN_ALERT = const.KERN_ALERT
KERN_CRIT = const.KERN_CRIT
KERN_ERR = const.KERN_ERR
KERN_WARNING = const.KERN_WARNING
KERN_NOTICE = const.KERN_NOTICE
KERN_INFO = const.KERN_INFO
KERN_DEBUG = const.KERN_DEBUG

LOG_LINES_MAX = 1000  # the oldest line goes when one more comes
LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


class LogLine:
    """One line of the log."""

    __slots__ = ("when", "level", "text")

    when: int  # ns
    level: int
    text: str

    def __init__(self, when: int, level: int, text: str) -> None:
        self.when = when
        self.level = level
        self.text = text

    def __str__(self) -> str:
        """As dmesg prints it: seconds and microseconds since boot."""
        seconds, ns = divmod(self.when, const.NSEC_PER_SEC)
        return f"[{seconds:5d}.{ns // 1000:06d}] {self.text}"


class RateLimit:
    """struct ratelimit_state: at most `burst` times in `interval` ns, then silence."""

    __slots__ = ("interval", "burst", "begin", "printed", "missed")

    interval: int
    burst: int
    begin: int  # of the interval, -1 if none has begun
    printed: int
    missed: int

    def __init__(self, interval: int, burst: int) -> None:
        self.interval = interval
        self.burst = burst
        self.begin = -1
        self.printed = 0
        self.missed = 0

    def allows(self, now: int) -> bool:
        """___ratelimit(): may this one through? Those that may not are counted in `missed`."""
        if self.interval == 0:
            return True
        if self.begin < 0 or now - self.begin >= self.interval:
            self.begin = now
            self.printed = 0
            self.missed = 0
        if self.printed < self.burst:
            self.printed += 1
            return True
        self.missed += 1
        return False


class LogBuffer:
    """A machine's log, machine.log; `lost` counts the lines that went out at its far end."""

    __slots__ = ("machine", "lines", "lost", "watchers", "net_ratelimit")

    machine: Board
    lines: list[LogLine]
    lost: int
    watchers: list[Any]  # called with each new line
    net_ratelimit: RateLimit

    def __init__(self, machine: Board) -> None:
        self.machine = machine
        self.lines = []
        self.lost = 0
        self.watchers = []
        # net.core.message_cost and message_burst
        self.net_ratelimit = RateLimit(5 * const.NSEC_PER_SEC, 10)

    def add(self, level: int, text: str) -> None:
        """Append a line."""
        assert const.KERN_EMERG <= level <= const.KERN_DEBUG
        if len(self.lines) >= LOG_LINES_MAX:
            del self.lines[0]
            self.lost += 1
        line = LogLine(self.machine.clock.now, level, text)
        self.lines.append(line)
        for watcher in self.watchers:
            watcher(line)

    def dmesg(self, level: int = const.KERN_DEBUG) -> list[str]:
        """The lines of this level or a graver one, as dmesg prints them."""
        return [str(line) for line in self.lines if line.level <= level]

    def clear(self) -> None:
        """dmesg -C"""
        self.lines.clear()


def log_of(machine: Board) -> LogBuffer:
    """The log of a machine."""
    if machine.log is None:
        log = LogBuffer(machine)
        machine.log = log
        machine.console = lambda text: log.add(const.KERN_ERR, text)
    found: LogBuffer = machine.log
    return found


def printk(level: int, fmt: str, *args: object) -> None:
    """Log a line on this machine; fmt % args as in the kernel."""
    log_of(this_cpu().machine).add(level, fmt % args if args else fmt)


def net_ratelimit() -> bool:
    """May one more message about the network be logged? 10 in 5 seconds, by default.

    if net_ratelimit(): printk(...)
    """
    machine = this_cpu().machine
    log = log_of(machine)
    limit = log.net_ratelimit
    now = machine.clock.now
    over = limit.begin >= 0 and now - limit.begin >= limit.interval
    missed = limit.missed
    allowed = limit.allows(now)
    if over and missed:
        log.add(const.KERN_WARNING, f"net_ratelimit: {missed} callbacks suppressed")
    return allowed


def panic(fmt: str, *args: object) -> None:
    """panic(): a bug of the stack that no assertion covers."""
    printk(const.KERN_EMERG, "Kernel panic - not syncing: " + fmt, *args)
    raise AssertionError(fmt % args if args else fmt)


def warn_on(condition: object, what: str) -> bool:
    """WARN_ON(): log that what happened, go on; returns the condition."""
    if condition:
        printk(const.KERN_WARNING, "WARNING: %s", what)
    return bool(condition)
