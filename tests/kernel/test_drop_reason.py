"""Drop reasons have names and meanings."""

from __future__ import annotations

import softnet.arch.const as const
from softnet.kernel.drop_reason import (
    MEANINGS,
    PREFIX,
    reason_name,
    reason_text,
    register_drop_reason,
)


def test_every_number_has_one_name_and_a_meaning() -> None:
    numbers = {k.removeprefix(PREFIX): v for k, v in vars(const).items() if k.startswith(PREFIX)}
    assert len(set(numbers.values())) == len(numbers)
    assert set(numbers) == set(MEANINGS)
    for name, number in numbers.items():
        assert reason_name(number) == name
        assert reason_text(number)


def test_a_subsystem_registers_its_own() -> None:
    number = register_drop_reason("TEST_BLACK_HOLE", "swallowed by a test")
    assert number >= 1000
    assert register_drop_reason("TEST_BLACK_HOLE", "again") == number
    assert reason_name(number) == "TEST_BLACK_HOLE"
    assert reason_text(number) == "swallowed by a test"
    assert register_drop_reason("TEST_OTHER", "x") == number + 1


def test_unknown_numbers_are_shown_as_such() -> None:
    assert reason_name(999) == "999"
    assert reason_text(999) == ""
