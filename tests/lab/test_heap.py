"""What was there before a lab is set aside while it is open, and only then."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from softnet.lab.heap import UNTOUCHED, Heap, heap


class Node:
    """Something in a cycle."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def own() -> Iterator[Heap]:
    assert heap.labs == 0
    gc.unfreeze()
    yield Heap()
    gc.unfreeze()


def test_what_a_lab_leaves_is_collected_and_what_was_before_is_not(own: Heap) -> None:
    gc.disable()
    try:
        before = weakref.ref(Node())
        own.open()
        within = weakref.ref(Node())
        own.close()
        assert within() is None
        assert before() is not None
        gc.collect()
        assert before() is None
    finally:
        gc.enable()


def test_the_last_of_several_puts_everything_back(own: Heap) -> None:
    own.open()
    frozen = gc.get_freeze_count()
    own.open()
    own.close()
    assert gc.get_freeze_count() > UNTOUCHED
    assert frozen > UNTOUCHED
    own.close()
    assert gc.get_freeze_count() == 0


def test_what_the_program_froze_stays_frozen(own: Heap) -> None:
    gc.freeze()
    own.open()
    own.close()
    assert gc.get_freeze_count() > UNTOUCHED
