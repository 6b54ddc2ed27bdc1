"""Chance in a program is its process's own, and repeats with the seed."""

from __future__ import annotations

import os
import random
import secrets
import sys
import types
import uuid
from typing import Any

from softnet.usr import chance
from tests.kit.programs import Bench


def test_chance_is_of_the_process_and_of_the_seed(bench: Any) -> None:
    def program() -> tuple[Any, ...]:
        state = random.getstate()
        a = random.random()
        random.setstate(state)
        assert random.random() == a
        random.seed(5)
        five = random.random()
        return (
            a,
            five,
            os.urandom(4),
            secrets.token_hex(4),
            str(uuid.uuid4()),
            random.Random().random(),
            str(uuid.uuid1()),
        )

    outside = random.getstate()
    first = bench.run(program)
    other = bench.run(program, host="h2")
    assert random.getstate() == outside
    assert first[1] == other[1] == random.Random(5).random()
    assert all(a != b for n, (a, b) in enumerate(zip(first, other, strict=True)) if n != 1)
    again = type(bench)(seed=1)
    assert again.run(program) == first
    assert type(bench)(seed=2).run(program)[0] != first[0]


def test_generators_of_libraries_are_seeded_by_each_world(bench: Any) -> None:
    module = types.ModuleType("library")
    module.rng = random.Random()
    sys.modules["a_library"] = module
    chance.LIBRARIES["a_library"] = lambda m: [m.rng, "something else"]
    try:
        drawn = []
        for seed in (1, 1, 2):
            other = Bench(seed)
            drawn.append(other.run(module.rng.random))
            other.close()
    finally:
        del sys.modules["a_library"], chance.LIBRARIES["a_library"]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_node_of_uuids_is_the_processs_own(bench: Any) -> None:
    def program() -> tuple[int, int, int]:
        return uuid.getnode(), uuid.getnode(), uuid.uuid1().node

    first, again, in_uuid = bench.run(program)
    assert first == again == in_uuid
    assert first >> 40 & 1
    assert bench.run(program)[0] != first
    assert uuid.getnode() != first
