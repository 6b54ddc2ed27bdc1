"""threading, queue and concurrent.futures on simulated threads, in virtual time."""

from __future__ import annotations

import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

EARLY_LOCK = threading.Lock()
EARLY_RLOCK = threading.RLock()
EARLY_CONDITION = threading.Condition()
EARLY_QUEUE: queue.Queue[int] = queue.Queue()
EARLY_EVENT = threading.Event()


def test_join_waits_in_virtual_time(bench: Any) -> None:
    def program() -> tuple[bool, float]:
        thread = threading.Thread(target=time.sleep, args=(5,))
        thread.start()
        thread.join(2)
        alive = thread.is_alive()
        thread.join()
        return alive, time.monotonic()

    alive, when = bench.run(program)
    assert alive
    assert when == pytest.approx(5, abs=1e-5)


def test_a_lock_keeps_others_out(bench: Any) -> None:
    order = []

    def worker(lock: Any, name: str) -> None:
        with lock:
            order.append((name, round(time.monotonic(), 3)))
            time.sleep(1)

    def program(lock: Any) -> None:
        threads = [threading.Thread(target=worker, args=(lock, n)) for n in "abc"]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    for lock in (threading.Lock(), threading.RLock(), EARLY_LOCK, EARLY_RLOCK, EARLY_CONDITION):
        order.clear()
        start = round(bench.now(), 3)
        bench.run(program, lock)
        assert [n for n, _ in order] == ["a", "b", "c"]
        assert [round(t - start, 2) for _, t in order] == [0.0, 1.0, 2.0]


def test_lock_timeouts(bench: Any) -> None:
    def program(lock: Any) -> list[Any]:
        got: list[Any] = [lock.acquire()]

        def other() -> None:
            start = time.monotonic()
            got.append(lock.acquire(timeout=0.5))
            got.append(round(time.monotonic() - start, 4))
            got.append(lock.acquire(blocking=False))

        t = threading.Thread(target=other)
        t.start()
        t.join()
        lock.release()
        return got

    assert bench.run(program, threading.Lock()) == [True, False, 0.5, False]
    assert bench.run(program, threading.RLock()) == [True, False, 0.5, False]


@pytest.mark.parametrize("args", [(False, 1), (True, -2), (True, 1e300)])
@pytest.mark.parametrize("make", [threading.Lock, threading.RLock])
def test_acquire_rejects_what_cpython_rejects(bench: Any, make: Any, args: Any) -> None:
    def program() -> Any:
        with pytest.raises((ValueError, OverflowError)) as caught:
            make().acquire(*args)
        return repr(caught.value)

    assert bench.run(program) == program()


def test_rlock_counts_by_simulated_thread(bench: Any) -> None:
    rlock = threading.RLock()

    def program() -> list[Any]:
        rlock.acquire()
        rlock.acquire()
        seen: list[Any] = []

        def other() -> None:
            seen.append(rlock.acquire(blocking=False))
            with pytest.raises(RuntimeError, match="un-acquired"):
                rlock.release()

        t = threading.Thread(target=other)
        t.start()
        t.join()
        rlock.release()
        rlock.release()
        with pytest.raises(RuntimeError, match="un-acquired"):
            rlock.release()
        return seen

    assert bench.run(program) == [False]


def test_condition_and_event(bench: Any) -> None:
    def program(condition: Any, event: Any) -> list[Any]:
        got: list[Any] = []
        ready: list[int] = []

        def waiter() -> None:
            with condition:
                got.append(condition.wait_for(lambda: ready, timeout=10))
            got.append(event.wait(2.5))
            got.append(round(time.monotonic(), 4))
            got.append(event.wait(100))
            got.append(round(time.monotonic(), 4))

        t = threading.Thread(target=waiter)
        t.start()
        time.sleep(1)
        with condition:
            ready.append(1)
            condition.notify()
        time.sleep(9)
        event.set()
        t.join()
        event.clear()
        return got

    assert bench.run(program, EARLY_CONDITION, EARLY_EVENT) == [[1], False, 3.5, True, 10.0]


def test_queues(bench: Any) -> None:
    def program(q: Any) -> list[Any]:
        got: list[Any] = []

        def consumer() -> None:
            while (item := q.get()) is not None:
                got.append((item, round(time.monotonic() - start, 3)))

        start = time.monotonic()
        t = threading.Thread(target=consumer)
        t.start()
        for i in range(3):
            time.sleep(1)
            q.put(i)
        q.put(None)
        t.join()
        with pytest.raises(queue.Empty):
            q.get(timeout=4)
        got.append(round(time.monotonic() - start, 3))
        return got

    expected = [(0, 1.0), (1, 2.0), (2, 3.0), 7.0]
    for q in (queue.Queue(), queue.SimpleQueue(), EARLY_QUEUE):
        assert bench.run(program, q) == expected


def test_thread_pool(bench: Any) -> None:
    def program() -> tuple[list[int], float]:
        with ThreadPoolExecutor(4) as executor:
            results = list(executor.map(lambda n: (time.sleep(n), n)[1], [3, 1, 2, 2]))
        return results, time.monotonic()

    results, when = bench.run(program)
    assert results == [3, 1, 2, 2]
    assert when == pytest.approx(3, abs=1e-3)


def test_thread_locals_are_of_the_thread(bench: Any) -> None:
    local = threading.local()
    local.x = "outside"

    def worker(out: list[Any], n: int) -> None:
        assert not hasattr(local, "x")
        local.x = n
        time.sleep(1)
        out.append(local.x)

    def program() -> list[Any]:
        out: list[Any] = []
        threads = [threading.Thread(target=worker, args=(out, n)) for n in range(3)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return out

    assert bench.run(program) == [0, 1, 2]
    assert local.x == "outside"


def test_thread_locals_die_with_their_thread(bench: Any) -> None:
    local = threading.local()
    gone = []

    class Tattler:
        def __del__(self) -> None:
            gone.append(threading.get_ident())

    def program() -> None:
        def worker() -> None:
            local.x = Tattler()

        t = threading.Thread(target=worker)
        t.start()
        t.join()
        assert len(gone) == 1

    bench.run(program)


def test_the_main_thread_is_a_real_thread_object(bench: Any) -> None:
    outside = threading.current_thread()

    def program() -> list[Any]:
        me = threading.current_thread()
        assert me is threading.main_thread()
        assert me is not outside
        assert me.ident == threading.get_ident()
        assert me.native_id == threading.get_native_id()
        inside: list[Any] = []

        def worker() -> None:
            inside.append(threading.main_thread() is me)
            inside.append(threading.current_thread().name)

        t = threading.Thread(target=worker)
        t.start()
        t.join()
        return [me.name, type(me).__name__, *inside]

    got = bench.run(program)
    assert got[:3] == ["MainThread", "_MainThread", True]
    assert got[3].startswith("Thread-1")
    assert threading.current_thread() is outside
    assert threading.enumerate() == [outside] or outside in threading.enumerate()
    assert not [t for t in threading._active.values() if isinstance(t, threading._DummyThread)]


def test_thread_names_do_not_depend_on_what_ran_before(bench: Any) -> None:
    def program() -> list[str]:
        return [threading.Thread(target=print).name for _ in range(2)]

    assert bench.run(program) == bench.run(program) == ["Thread-1 (print)", "Thread-2 (print)"]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="3.13 keeps no such set")
def test_the_sentinel_of_a_thread_that_ended_is_kept_nowhere(bench: Any) -> None:
    locks: set[object] = vars(threading)["_shutdown_locks"]
    before = set(locks)
    counts = []

    def program() -> None:
        threads = [threading.Thread(target=lambda: time.sleep(1)) for _ in range(5)]
        for thread in threads:
            thread.start()
        counts.append(len(locks - before))
        for thread in threads:
            thread.join()
        counts.append(len(locks - before))

    bench.run(program)
    assert counts[0] >= 5
    assert counts[1] == counts[0] - 5
    assert locks == before
