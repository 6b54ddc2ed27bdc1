"""The largest, or the least, of what was measured in the last so many units of time.

Linux: lib/win_minmax.c. The idea is Kathleen Nichols': keep the best measurement, the best of those
after it, and the best after that, so that when the first gets too old a good one takes its place.
Three pairs instead of a list of all.
"""

from __future__ import annotations


class Minmax:
    """One windowed maximum or minimum; t must not go back. Use it as one of the two, never both."""

    __slots__ = ("t0", "t1", "t2", "v0", "v1", "v2")

    t0: int  # when v0 was measured, in the caller's unit
    v0: int  # the best of all
    t1: int
    v1: int  # the best after t0
    t2: int
    v2: int  # the best after t1

    def __init__(self) -> None:
        self.reset(0, 0)

    def reset(self, t: int, v: int) -> None:
        """Forget all but this."""
        self.t0 = self.t1 = self.t2 = t
        self.v0 = self.v1 = self.v2 = v

    def running_max(self, window: int, t: int, v: int) -> int:
        """Measured v at time t: the largest of the last window units."""
        if v >= self.v0 or t - self.t2 > window:
            self.reset(t, v)
        elif v >= self.v1:
            self.t1 = self.t2 = t
            self.v1 = self.v2 = v
        elif v >= self.v2:
            self.t2 = t
            self.v2 = v
        self.age(window, t, v)
        return self.v0

    def running_min(self, window: int, t: int, v: int) -> int:
        """Measured v at time t: the least of the last window units. 0 counts as nothing measured."""
        if self.v0 == 0 or v <= self.v0 or t - self.t2 > window:
            self.reset(t, v)
        elif v <= self.v1:
            self.t1 = self.t2 = t
            self.v1 = self.v2 = v
        elif v <= self.v2:
            self.t2 = t
            self.v2 = v
        self.age(window, t, v)
        return self.v0

    def age(self, window: int, t: int, v: int) -> None:
        """Drop the best when it is too old; see that the others are not all of one moment."""
        since = t - self.t0
        if since > window:
            self.t0, self.v0 = self.t1, self.v1
            self.t1, self.v1 = self.t2, self.v2
            self.t2, self.v2 = t, v
            if t - self.t0 > window:
                self.t0, self.v0 = self.t1, self.v1
                self.t1, self.v1 = self.t2, self.v2
        elif self.t1 == self.t0 and since > window // 4:
            self.t1 = self.t2 = t
            self.v1 = self.v2 = v
        elif self.t2 == self.t1 and since > window // 2:
            self.t2 = t
            self.v2 = v
