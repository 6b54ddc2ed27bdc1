"""A program with state of its own, for test_isolation.py."""

from __future__ import annotations

import asyncio
import enum
import time
from dataclasses import dataclass

seen: list[str] = []


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1


@dataclass
class Thing:
    """A class."""

    kind: Colour


def remember(what: str, times: int) -> list[str]:
    """Note it once a second."""
    for _ in range(times):
        seen.append(what)
        time.sleep(1)
    return seen


def thing() -> Thing:
    """One of this module's things."""
    return Thing(Colour.RED)


async def later(value: int) -> int:
    """value, after a second."""
    await asyncio.sleep(1)
    return value
