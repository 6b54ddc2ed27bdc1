"""The progress of a long run: one line that changes on a terminal, else a line every ten seconds.

0:12:31.4 virtual   21 %  48x real time  212k events/s  1.9k frames in flight  ETA 0:03:05
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from softnet.lab.topology import Lab
    from softnet.machine.clock import World

PATIENCE = 2.0  # s of real time before anything is said
LOG_INTERVAL = 10.0  # s between two lines that are not on a terminal
CLEAR = "\r\033[K"


class Progress:
    """World.progress of a lab: called some times a second while the world runs."""

    def __init__(self, lab: Lab, stream: TextIO | None = None) -> None:
        self.lab = lab
        self.stream = sys.stderr if stream is None else stream
        self.tty = self.stream.isatty()
        self.until_ns: int | None = None
        self.started = self.said = 0.0  # real time
        self.first_ns = self.first_events = 0
        self.shown = False

    def begin(self, until_ns: int | None) -> None:
        """A run begins."""
        self.until_ns = until_ns
        self.started = self.said = time.monotonic()
        self.first_ns = self.lab.world.clock.now
        self.first_events = self.lab.world.queue.fired
        self.shown = False

    def __call__(self, world: World) -> None:
        """Say where the run is, if it is time to."""
        now = time.monotonic()
        if now - self.started < PATIENCE:
            return
        if self.tty:
            self.stream.write(CLEAR + self.line(now))
            self.stream.flush()
            self.shown = True
        elif now - self.said >= LOG_INTERVAL:
            self.said = now
            self.stream.write(self.line(now) + "\n")
            self.stream.flush()

    def end(self) -> None:
        """The run is over: the line goes."""
        if self.shown:
            self.stream.write(CLEAR)
            self.stream.flush()

    def line(self, now: float) -> str:
        """Where the run is."""
        world = self.lab.world
        real = max(now - self.started, 1e-9)
        passed = world.clock.now - self.first_ns
        words = [f"{show_time(world.clock.now / 1e9)} virtual"]
        if self.until_ns is not None and self.until_ns > self.first_ns:
            part = passed / (self.until_ns - self.first_ns)
            words.append(f"{part:4.0%}")
        words.append(f"{passed / 1e9 / real:.3g}x real time")
        words.append(f"{show_count((world.queue.fired - self.first_events) / real)} events/s")
        flying = sum(
            link.cable.ab.in_flight + link.cable.ba.in_flight for link in self.lab.links.values()
        )
        words.append(f"{show_count(flying)} frames in flight")
        if self.until_ns is not None and passed > 0:
            left = (self.until_ns - world.clock.now) * real / passed
            words.append(f"ETA {show_time(left).rsplit('.', 1)[0]}")
        return "  ".join(words)


def show_time(seconds: float) -> str:
    """0:12:31.4"""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}"


def show_count(n: float) -> str:
    """950, 1.9k, 212k, 3.1M."""
    for unit, scale in (("M", 1e6), ("k", 1e3)):
        if n >= scale:
            return f"{n / scale:.3g}{unit}"
    return f"{n:.0f}"
