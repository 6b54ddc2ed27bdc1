"""A lock that threads get in the order in which they asked for it.

threading.RLock goes to whoever runs when it is given back, which under the GIL is mostly the thread
that just had it. A thread that makes ten calls in a row would make them all before another
makes one, and programs would see connections end in orders that no kernel shows.
"""

from __future__ import annotations

from _thread import allocate_lock, get_ident
from collections import deque
from typing import Any

take = type(allocate_lock()).acquire  # C's own, whatever a program puts in its place later


class TurnLock:
    """Reentrant, first come, first served."""

    __slots__ = ("depth", "guard", "owner", "queue")

    guard: Any  # held for a few instructions
    owner: int  # the thread that has it; 0: nobody
    depth: int
    queue: deque[tuple[Any, int]]  # who waits: a lock that is released for it, and its thread

    def __init__(self) -> None:
        self.guard = allocate_lock()
        self.owner = 0
        self.depth = 0
        self.queue = deque()

    def acquire(self) -> None:
        """Wait for our turn."""
        me = get_ident()
        if self.owner == me:
            self.depth += 1
            return
        turn = allocate_lock()
        take(turn)
        with self.guard:
            if not self.owner:
                self.owner = me
                self.depth = 1
                return
            self.queue.append((turn, me))
        try:
            take(turn)
        except BaseException:  # a signal handler's
            self.give_up(turn, me)
            raise

    def give_up(self, turn: Any, me: int) -> None:
        """Out of the queue; or, if it is our turn already, to the next."""
        with self.guard:
            if (turn, me) in self.queue:
                self.queue.remove((turn, me))
                return
        self.release()

    def release(self) -> None:
        """To the next."""
        assert self.owner == get_ident(), "who does not hold the lock gives it back"
        self.depth -= 1
        if self.depth:
            return
        with self.guard:
            if self.queue:
                turn, self.owner = self.queue.popleft()
                self.depth = 1
                turn.release()
            else:
                self.owner = 0

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()
