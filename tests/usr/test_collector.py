"""A callback of the garbage collector sees the real clock, and a host's clock stands still."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

import pytest

import softnet

seen: list[float] = []


def look(phase: str, info: dict[str, int]) -> None:
    seen.append(time.perf_counter())


@pytest.fixture
def watched() -> Iterator[None]:
    seen.clear()
    gc.callbacks.append(look)
    yield
    gc.callbacks.remove(look)


@pytest.mark.usefixtures("watched")
def test_a_collection_takes_no_virtual_time() -> None:
    def program() -> float:
        before = time.perf_counter()
        gc.collect()
        gc.collect()
        return time.perf_counter() - before

    with softnet.Lab() as lab:
        begin = time.perf_counter()
        seen.clear()
        assert lab.host("a").call(program) == pytest.approx(1e-6)
        assert len(seen) >= 4
        assert all(begin <= at <= time.perf_counter() for at in seen)


@pytest.mark.usefixtures("watched")
def test_callbacks_can_be_removed_meanwhile_and_are_put_back() -> None:
    with softnet.Lab():
        assert look in gc.callbacks
        gc.callbacks.remove(look)
        assert look not in gc.callbacks
        gc.callbacks.append(look)
    assert any(c is look for c in gc.callbacks)
