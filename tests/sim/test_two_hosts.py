"""Two hosts over a path as bad as the seed says, judged after every event.

`make seeds` moves 10 MB each way for 200 seeds, `make seeds SEEDS=2000 FIRST=500 BYTES=1e6` something else;
a failing seed N is replayed by FIRST=N SEEDS=1. `make test` runs SEEDS of them, with fewer bytes: a
test's name has the seed and the bytes.
"""

from __future__ import annotations

import os

import pytest

from tests.sim.two_hosts import E1000_MTU_MAX, MTUS, Scenario, run

SEEDS = int(os.environ.get("SOFTNET_SIM_SEEDS") or 60)
FIRST = int(os.environ.get("SOFTNET_SIM_FIRST") or 0)


QUICK = 15  # every so manieth seed is for both forms, the others run compiled


def param(seed: int) -> object:
    marks = [pytest.mark.slow] if seed % QUICK else []
    return pytest.param(seed, marks=marks, id=f"{seed}-{Scenario.of(seed).size}-bytes")


def longest_first() -> list[int]:
    """The seeds to run: with two processes, one is not to begin the longest when the other ends."""
    seeds = range(FIRST, FIRST + SEEDS)
    return sorted(seeds, key=lambda seed: -Scenario.of(seed).segments())


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [param(seed) for seed in longest_first()])
def test_everything_arrives_and_nothing_is_left(seed: int) -> None:
    scenario = Scenario.of(seed)
    try:
        outcome = run(scenario)
    except AssertionError as e:
        raise AssertionError(f"{scenario}: {e}") from e
    if scenario.mtu <= E1000_MTU_MAX or not scenario.offload:
        assert outcome.frames > 0  # else they are super-packets, that no wire sees
    assert outcome.events > outcome.frames


def test_the_seeds_reach_every_corner() -> None:
    """Of 200 seeds: each algorithm, rate, delay and MTU."""
    drawn = [Scenario.of(seed) for seed in range(200)]
    for name, values in (
        ("congestion", 14), ("rate", 7), ("delay_ms", 8), ("loss", 5), ("reorder", 3),
        ("duplicate", 3), ("corrupt", 3), ("queue", 3), ("chunk", 4), ("buffers", 4),
    ):  # fmt: skip
        assert len({getattr(s, name) for s in drawn}) == values, name
    assert set(MTUS) < {s.mtu for s in drawn}
    assert {s.offload for s in drawn} == {True, False}


def test_a_run_is_repeatable() -> None:
    assert run(Scenario.of(9)) == run(Scenario.of(9))
