"""A windowed maximum or minimum, against the list of everything."""

from __future__ import annotations

import random

from softnet.kernel.minmax import Minmax


def test_the_best_stays_until_it_is_too_old() -> None:
    m = Minmax()
    assert m.running_max(10, 0, 100) == 100
    assert m.running_max(10, 4, 70) == 100
    assert m.running_max(10, 8, 80) == 100
    assert m.running_max(10, 11, 10) == 80
    assert m.running_max(10, 30, 5) == 5  # nothing for more than a window


def test_a_better_one_counts_at_once() -> None:
    m = Minmax()
    m.running_max(10, 0, 100)
    assert m.running_max(10, 1, 101) == 101
    low = Minmax()
    assert low.running_min(10, 0, 50) == 50  # nothing was measured before
    assert low.running_min(10, 1, 60) == 50
    assert low.running_min(10, 2, 40) == 40


def test_never_better_than_the_truth_and_never_older_than_the_window() -> None:
    rng = random.Random(1)
    m, low, seen = Minmax(), Minmax(), []
    for t in range(0, 2000, 3):
        v = rng.randrange(1, 1000)
        seen.append((t, v))
        window = [v for then, v in seen if then >= t - 40]
        assert v <= m.running_max(40, t, v) <= max(window)
        assert min(window) <= low.running_min(40, t, v) <= v
