"""Chance in a program is its process's own, and repeats with the seed."""

from __future__ import annotations

import os
import random
import secrets
import uuid
from typing import Any


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
