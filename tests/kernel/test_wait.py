"""Wait queues."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
import softnet.kernel.sched as sched
from softnet.kernel.sched import blocked_tasks, spawn, wake_up_process
from softnet.kernel.wait import (
    CallCondition,
    WaitQueueEntry,
    WaitQueueHead,
    abort_exclusive_wait,
    add_wait_queue,
    add_wait_queue_exclusive,
    add_wait_queue_fair,
    add_wait_queue_tail,
    finish_wait,
    prepare_to_wait,
    prepare_to_wait_exclusive,
    remove_wait_queue,
    task_wait,
    wait_event,
    wait_event_uninterruptible,
    wait_interruptible,
    wait_interruptible_exclusive,
    waitqueue_active,
    wake_up,
    wake_up_all,
    wake_up_interruptible,
    wake_up_interruptible_sync_poll,
    wake_up_nr,
    wake_up_poll,
)
from softnet.machine.clock import World
from softnet.machine.machine import Machine

MS = 1_000_000


class Entry(WaitQueueEntry):
    """Notes the key; claims to have woken somebody if told so."""

    def __init__(self, log: list[tuple[str, int]], name: str, wakes: int = 1) -> None:
        WaitQueueEntry.__init__(self)
        self.log = log
        self.name = name
        self.wakes = wakes
        self.removes: list[WaitQueueEntry] = []

    def func(self, key: int) -> int:
        self.log.append((self.name, key))
        for other in self.removes:
            if other.whead is not None:
                remove_wait_queue(other.whead, other)
        return self.wakes


def make() -> tuple[World, Machine, list[str]]:
    world = World()
    return world, world.new_machine("h1"), []


def test_nobody_waits_on_a_new_queue() -> None:
    wq = WaitQueueHead("nobody")
    assert not waitqueue_active(wq)
    assert wake_up(wq, 1) == wake_up_all(wq) == wake_up_nr(wq, 3) == 0


def test_entries_are_called_last_come_first_served_with_the_key() -> None:
    wq = WaitQueueHead()
    log: list[tuple[str, int]] = []
    for name in "abc":
        add_wait_queue(wq, Entry(log, name))
    add_wait_queue_tail(wq, Entry(log, "z"))
    assert waitqueue_active(wq)
    assert wake_up_poll(wq, 4) == 4
    assert log == [("c", 4), ("b", 4), ("a", 4), ("z", 4)]


def test_one_wake_up_serves_one_exclusive_entry_in_order() -> None:
    wq = WaitQueueHead()
    log: list[tuple[str, int]] = []
    entries = {name: Entry(log, name) for name in "xyz"}
    for e in entries.values():
        add_wait_queue_exclusive(wq, e)
    add_wait_queue(wq, Entry(log, "plain"))
    wake_up(wq)
    assert [name for name, _ in log] == ["plain", "x"]
    remove_wait_queue(wq, entries["x"])
    log.clear()
    wake_up_nr(wq, 2)
    assert [name for name, _ in log] == ["plain", "y"], "here every kind counts"
    log.clear()
    entries["y"].wakes = 0
    wake_up(wq)
    assert [name for name, _ in log] == ["plain", "y", "z"], "y slept on: the next one's turn"
    log.clear()
    wake_up_all(wq)
    assert len(log) == 3


def test_an_entry_may_take_any_off_the_queue() -> None:
    wq = WaitQueueHead()
    log: list[tuple[str, int]] = []
    a, b, c = Entry(log, "a"), Entry(log, "b"), Entry(log, "c")
    for e in (c, b, a):
        add_wait_queue(wq, e)
    a.removes = [a, b]
    wake_up(wq)
    assert [name for name, _ in log] == ["a", "c"]
    wake_up(wq)
    assert [name for name, _ in log] == ["a", "c", "c"]


def test_an_entry_hangs_on_one_queue() -> None:
    e = Entry([], "a")
    here, there = WaitQueueHead(), WaitQueueHead()
    add_wait_queue(here, e)
    with pytest.raises(AssertionError):
        add_wait_queue(there, e)
    remove_wait_queue(there, e)
    assert waitqueue_active(here)
    remove_wait_queue(here, e)
    remove_wait_queue(here, e)
    assert not waitqueue_active(here)
    add_wait_queue(there, e)


def test_a_fair_entry_stands_behind_all_but_the_exclusive_ones() -> None:
    wq = WaitQueueHead()
    log: list[tuple[str, int]] = []
    add_wait_queue_exclusive(wq, Entry(log, "x", wakes=0))
    add_wait_queue_fair(wq, Entry(log, "a"))
    add_wait_queue_fair(wq, Entry(log, "b"))
    add_wait_queue_exclusive(wq, Entry(log, "y", wakes=0))
    add_wait_queue_fair(wq, Entry(log, "c"))
    wake_up(wq)
    assert [name for name, _ in log] == ["a", "b", "c", "x", "y"]
    other = WaitQueueHead()
    for name in "pq":
        add_wait_queue_fair(other, Entry(log, name))
    log.clear()
    wake_up(other)
    assert [name for name, _ in log] == ["p", "q"]


def test_removal_from_every_place() -> None:
    for gone in range(3):
        wq = WaitQueueHead()
        log: list[tuple[str, int]] = []
        entries = [Entry(log, str(n)) for n in range(3)]
        for e in entries:
            add_wait_queue_tail(wq, e)
        remove_wait_queue(wq, entries[gone])
        wake_up(wq)
        assert [name for name, _ in log] == [str(n) for n in range(3) if n != gone]


def test_wait_event_returns_at_once_when_the_condition_holds() -> None:
    wq = WaitQueueHead()
    assert wait_event(wq, CallCondition(lambda: True)) == -1
    assert wait_event(wq, CallCondition(lambda: True), 5) == 5
    assert wait_event(wq, CallCondition(lambda: True), 0) == 1


def test_wait_event_sleeps_until_the_condition_holds() -> None:
    world, machine, log = make()
    wq = WaitQueueHead("test")
    ready: list[int] = []

    def waiter() -> None:
        left = wait_event(wq, CallCondition(lambda: ready), 100 * MS)
        log.append(f"{world.clock.now // MS} left {left // MS}")

    spawn(machine, waiter)
    world.at(10 * MS, 1, lambda: wake_up(wq))
    world.at(20 * MS, 1, lambda: ready.append(1))
    world.at(30 * MS, 1, lambda: wake_up_interruptible(wq))
    world.run(until_ns=15 * MS)
    assert [where for _, where in blocked_tasks(world)] == ["test"]
    world.run()
    assert log == ["30 left 70"]
    assert not waitqueue_active(wq)


def test_wait_event_times_out() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()

    def waiter() -> None:
        log.append(str(wait_event(wq, CallCondition(lambda: False), 7 * MS)))

    spawn(machine, waiter)
    world.run()
    assert log == ["0"]
    assert world.clock.now == 7 * MS
    assert not waitqueue_active(wq)


def test_wait_event_with_no_time_asks_once() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()
    spawn(machine, lambda: log.append(str(wait_event(wq, CallCondition(lambda: False), 0))))
    world.run()
    assert log == ["0"]
    assert world.clock.now == 0


def test_a_condition_that_comes_true_with_the_timeout_counts() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()
    ready: list[int] = []
    spawn(machine, lambda: log.append(str(wait_event(wq, CallCondition(lambda: ready), 5))))
    world.at(4, 1, lambda: ready.append(1))
    world.run()
    assert log == ["1"]


def test_a_signal_and_a_kill_end_an_interruptible_wait() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()

    def waiter() -> None:
        log.append(str(wait_event(wq, CallCondition(lambda: False))))

    for end in ("signal_wake_up", "kill"):
        task = spawn(machine, waiter)
        world.at(world.clock.now + 5, 1, getattr(task, end))
        world.run()
        assert task.finished()
    assert log == [str(-const.ERESTARTSYS)] * 2
    assert not waitqueue_active(wq)


def test_an_uninterruptible_wait_is_deaf() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()
    ready: list[int] = []

    def waiter() -> None:
        wait_event_uninterruptible(wq, CallCondition(lambda: ready))
        log.append("done")

    task = spawn(machine, waiter)
    world.run()
    task.signal_wake_up()
    task.kill()
    world.run()
    assert log == []
    ready.append(1)
    wake_up(wq)
    world.run()
    assert log == ["done"]


def test_wait_interruptible() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()

    def waiter(name: str, timeout: int) -> None:
        try:
            log.append(f"{name} {wait_interruptible(wq, timeout)}")
        except InterruptedError:
            log.append(f"{name} EINTR")

    spawn(machine, waiter, "over", 4)
    killed = spawn(machine, waiter, "killed", -1)
    spawn(machine, waiter, "woken", -1)
    spawn(machine, waiter, "left", 30)
    world.at(8, 1, killed.kill)
    world.at(10, 1, lambda: wake_up_interruptible_sync_poll(wq, 1))
    world.run()
    assert log == ["over 0", "killed EINTR", "woken -1", "left 20"]
    assert not waitqueue_active(wq)


def test_a_wake_up_between_prepare_and_sleep_is_not_lost() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()
    ready: list[int] = []

    def met() -> bool:
        """Somebody wakes the queue while the waiter looks, as an interrupt would."""
        if not ready:
            ready.append(1)
            wake_up(wq)
            return False
        return True

    spawn(machine, lambda: log.append(str(wait_event(wq, CallCondition(met)))))
    world.run()
    assert log == ["-1"]
    assert world.clock.now == 0


def test_exclusive_waiters_are_woken_one_by_one_and_the_others_all() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()

    def waiter(name: str) -> None:
        wait_interruptible_exclusive(wq)
        log.append(name)

    def plain(name: str) -> None:
        wait_interruptible(wq)
        log.append(name)

    for name in "abc":
        spawn(machine, waiter, name)
    for name in "xy":
        spawn(machine, plain, name)
    for when in (1, 2):
        world.at(when, 1, lambda: wake_up(wq))
    world.run()
    assert log == ["x", "y", "a", "b"]
    sched.crash_all(world)


def test_one_that_gives_up_passes_its_wake_up_on() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()

    def quitter() -> None:
        e = task_wait(task)
        prepare_to_wait_exclusive(wq, e, const.TASK_INTERRUPTIBLE)
        wake_up(wq)
        abort_exclusive_wait(wq, e)
        log.append("gave up")

    def waiter() -> None:
        wait_interruptible_exclusive(wq)
        log.append("got it")

    task = spawn(machine, quitter)
    other = spawn(machine, waiter)
    world.run()
    assert log == ["gave up"]
    assert not other.finished()
    log.clear()

    def quits_first() -> None:
        e = task_wait(second)
        add_wait_queue(wq, e)
        wake_up_process(second)
        remove_wait_queue(wq, e)  # as autoremove_wake_function() does
        abort_exclusive_wait(wq, e)

    second = spawn(machine, quits_first)
    world.run()
    assert log == ["got it"]


def test_finish_wait_leaves_the_task_running() -> None:
    world, machine, log = make()
    wq = WaitQueueHead()

    def body() -> None:
        e = task_wait(task)
        prepare_to_wait(wq, e, const.TASK_INTERRUPTIBLE)
        prepare_to_wait(wq, e, const.TASK_INTERRUPTIBLE)
        assert task.state == const.TASK_INTERRUPTIBLE
        finish_wait(wq, e)
        assert task.state == const.TASK_RUNNING
        log.append("ok")

    task = spawn(machine, body)
    world.run()
    assert log == ["ok"]
    assert not waitqueue_active(wq)
