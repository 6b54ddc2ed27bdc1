"""What a killed thread says while it unwinds is nobody's to read: a dead process prints nothing.

Its finally blocks run, because Python has no other way to free a stack; frameworks then log that they
were cancelled, that sockets are gone, that loops were not closed. native/redef.c calls mute() around
each turn of such a thread.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from softnet.usr.task import registry


class Nowhere:
    """A text stream that keeps nothing."""

    __slots__ = ()

    encoding = "utf-8"
    errors = "strict"

    def write(self, text: str) -> int:
        """As many as there are."""
        return len(text)

    def flush(self) -> None:
        """Nothing is kept."""

    def isatty(self) -> bool:
        """No."""
        return False


class Mute:
    """What was in the place of what is silenced."""

    __slots__ = ("depth", "saved")

    depth: int
    saved: tuple[Any, ...]

    def __init__(self) -> None:
        self.depth = 0
        self.saved = ()

    def on(self) -> None:
        """Silence prints, logs, warnings and complaints of destructors."""
        self.depth += 1
        if self.depth > 1:
            return
        level = logging.root.manager.disable
        self.saved = (sys.stdout, sys.stderr, sys.unraisablehook, warnings.showwarning, level)
        sys.stdout = sys.stderr = Nowhere()
        sys.unraisablehook = ignore
        warnings.showwarning = ignore
        logging.disable(logging.CRITICAL)

    def off(self) -> None:
        """Undo one on()."""
        self.depth -= 1
        if self.depth == 0:
            sys.stdout, sys.stderr, sys.unraisablehook, warnings.showwarning, level = self.saved
            logging.disable(level)


def ignore(*args: Any, **kwargs: Any) -> None:
    """Whatever it is."""


muted = Mute()


def mute(on: bool) -> None:
    """A dying thread's turn begins or ends."""
    if on:
        muted.on()
    else:
        muted.off()


@contextmanager
def silence() -> Iterator[None]:
    """Nothing that happens inside is heard of: what dead programs left is collected."""
    muted.on()
    try:
        yield
    finally:
        muted.off()


def lose_power(where: Any) -> None:
    """Every thread of a machine, or of a world's machines, is mute from its next turn on."""
    for state in registry.hosts.values():
        if state.machine is where or state.machine.world is where:
            for process in state.processes.values():
                for thread in process.threads.values():
                    thread.dying = 1
