"""First come, first served."""

from __future__ import annotations

import threading

import pytest

from softnet.usr.door.turns import TurnLock


def test_whoever_asked_first_is_next() -> None:
    lock = TurnLock()
    order: list[int] = []

    def wait(number: int) -> None:
        with lock:
            order.append(number)

    with lock:
        threads = []
        for number in range(5):
            thread = threading.Thread(target=wait, args=(number,))
            thread.start()
            while len(lock.queue) <= number:
                thread.join(0.001)
            threads.append(thread)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert not lock.queue
    assert lock.owner == 0


def test_a_thread_may_take_it_again() -> None:
    lock = TurnLock()
    with lock:
        with lock:
            assert lock.depth == 2
        assert lock.owner == threading.get_ident()
    assert lock.owner == 0


def test_only_the_holder_gives_it_back() -> None:
    with pytest.raises(AssertionError, match="gives it back"):
        TurnLock().release()
