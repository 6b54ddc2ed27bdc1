"""The watchdog: a program that computes for seconds without a blocking call stops the world.

Nothing can pre-empt it, and virtual time stands still meanwhile: a timer of the real process looks
every second of CPU time whether the same thread still runs, and says who it is and where.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

from softnet.usr.escape import call_site
from softnet.usr.redef import current
from softnet.usr.task import Thread

INTERVAL = 1.0  # s of CPU time between two looks
PATIENCE = 5  # looks that find the same thread before it is named


class Watchdog:
    """What the last look saw."""

    __slots__ = ("running", "seen", "ticks")

    running: bool
    seen: tuple[int, int]  # (thread, turns of the run queue)
    ticks: int

    def __init__(self) -> None:
        self.running = False
        self.seen = (0, 0)
        self.ticks = 0

    def start(self) -> None:
        """Begin to look, if this is the main thread and nobody else uses the signal."""
        if threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGVTALRM) is not signal.SIG_DFL:
            return
        signal.signal(signal.SIGVTALRM, self.look)
        signal.setitimer(signal.ITIMER_VIRTUAL, INTERVAL, INTERVAL)
        self.running = True

    def stop(self) -> None:
        """Look no more."""
        if self.running:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
            self.running = False

    def look(self, signum: int, frame: FrameType | None) -> None:
        """SIGVTALRM"""
        thread = current()
        if not isinstance(thread, Thread):
            self.ticks = 0
            return
        seen = (id(thread), thread.task.rq.picked)
        self.ticks = self.ticks + 1 if seen == self.seen else 1
        self.seen = seen
        if self.ticks == PATIENCE:
            task = thread.task
            sys.stderr.write(
                f"softnet: {task.machine.name}/{task.name} has run {PATIENCE} s of real time"
                f" without a blocking call at {call_site(frame)}\n"
            )


watchdog = Watchdog()
