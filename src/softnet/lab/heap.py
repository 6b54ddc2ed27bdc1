"""A lab that closes collects its garbage, not everybody's.

Programs leave sockets in cycles, so closing a lab means a full collection, and that goes through
every object of the process: half a second in a test session of eleven thousand tests. What was
there before the first lab opened is set aside (gc.freeze) until the last one has closed.
"""

from __future__ import annotations

import gc

UNTOUCHED = gc.get_freeze_count()  # Python 3.12 starts with some


class Heap:
    """What the labs of this process know about its objects."""

    __slots__ = ("aside", "labs")

    def __init__(self) -> None:
        self.labs = 0  # open
        self.aside = False  # we have frozen, and nobody else

    def open(self) -> None:
        """A lab opens: what is older is no business of its garbage collection."""
        self.labs += 1
        if self.labs == 1 and gc.get_freeze_count() <= UNTOUCHED:
            gc.freeze()
            self.aside = True

    def close(self) -> None:
        """A lab closes: collect what it left."""
        gc.collect()
        self.labs -= 1
        if self.labs == 0 and self.aside:
            gc.unfreeze()
            self.aside = False


heap = Heap()
