"""Notifier chains."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
from softnet.kernel.notifier import (
    NotifierBlock,
    NotifierChain,
    notifier_from_errno,
    notifier_to_errno,
)


class Note(NotifierBlock):
    """Writes its name down and answers what it is told to."""

    def __init__(self, log: list[str], name: str, priority: int = 0, answer: int = 0) -> None:
        NotifierBlock.__init__(self, priority)
        self.log = log
        self.name = name
        self.answer = answer

    def call(self, event: int, ptr: object) -> int:
        self.log.append(f"{self.name}{event}{ptr}")
        return self.answer


def test_higher_priorities_are_told_first_and_equals_in_order() -> None:
    chain, log = NotifierChain(), []  # type: tuple[NotifierChain, list[str]]
    for name, priority in (("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", -1)):
        chain.register(Note(log, name, priority))
    assert chain.call_chain(1, "x") == const.NOTIFY_DONE
    assert log == ["b1x", "d1x", "a1x", "c1x", "e1x"]


def test_a_stop_ends_the_chain() -> None:
    chain, log = NotifierChain(), []  # type: tuple[NotifierChain, list[str]]
    chain.register(Note(log, "a", answer=const.NOTIFY_OK))
    chain.register(Note(log, "b", answer=const.NOTIFY_BAD))
    chain.register(Note(log, "c"))
    assert chain.call_chain(2, None) == const.NOTIFY_BAD
    assert log == ["a2None", "b2None"]


def test_registering_twice_or_removing_a_stranger_is_an_error() -> None:
    chain = NotifierChain()
    nb = NotifierBlock()
    chain.register(nb)
    with pytest.raises(FileExistsError):
        chain.register(nb)
    chain.unregister(nb)
    with pytest.raises(FileNotFoundError):
        chain.unregister(nb)
    assert chain.call_chain(1, None) == const.NOTIFY_DONE


def test_a_block_may_leave_while_it_is_told() -> None:
    chain, log = NotifierChain(), []  # type: tuple[NotifierChain, list[str]]

    class Leaver(Note):
        def call(self, event: int, ptr: object) -> int:
            chain.unregister(self)
            return Note.call(self, event, ptr)

    chain.register(Leaver(log, "a"))
    chain.register(Note(log, "b"))
    chain.call_chain(1, "")
    chain.call_chain(2, "")
    assert log == ["a1", "b1", "b2"]


def test_errors_travel_in_verdicts() -> None:
    verdict = notifier_from_errno(-errno.EBUSY)
    assert verdict & const.NOTIFY_STOP_MASK
    assert notifier_to_errno(verdict) == -errno.EBUSY
    assert notifier_from_errno(0) == const.NOTIFY_OK
    assert notifier_to_errno(const.NOTIFY_OK) == 0
    assert notifier_to_errno(const.NOTIFY_DONE) == 0
