"""Work that may sleep."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from softnet.kernel.sched import current, nsleep, spawn, tasks
from softnet.kernel.timer import jiffies
from softnet.kernel.workqueue import (
    CallWork,
    DelayedWork,
    cancel_delayed_work,
    cancel_work,
    cancel_work_sync,
    flush_scheduled_work,
    flush_work,
    schedule_delayed_work,
    schedule_work,
    workqueue_of,
)
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu
from softnet.machine.machine import Machine

MS = 1_000_000


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = World().new_machine("h1")
    with OnCpu(machine.cpus[0]):
        yield machine


def test_work_is_done_in_order_by_a_task_that_may_sleep(machine: Machine) -> None:
    log: list[str] = []

    def slow() -> None:
        nsleep(10)
        task = current()
        assert task is not None
        log.append(task.name)

    assert schedule_work(CallWork(slow))
    second = CallWork(lambda: log.append("second"))
    assert schedule_work(second)
    assert not schedule_work(second)
    machine.world.run()
    assert log == ["kworker/0:0", "second"]
    assert tasks(machine.world) == [], "the worker goes when there is nothing left"
    assert schedule_work(second)
    machine.world.run()
    assert log[1:] == ["second", "second"]


def test_work_may_queue_itself_again(machine: Machine) -> None:
    log: list[int] = []

    def again() -> None:
        log.append(1)
        if len(log) < 3:
            schedule_work(work)

    work = CallWork(again)
    schedule_work(work)
    machine.world.run()
    assert len(log) == 3


class Delayed(DelayedWork):
    """Notes when it is done."""

    def __init__(self, log: list[int]) -> None:
        DelayedWork.__init__(self)
        self.log = log

    def func(self) -> None:
        self.log.append(jiffies())


def test_delayed_work_waits(machine: Machine) -> None:
    log: list[int] = []
    work = Delayed(log)
    assert schedule_delayed_work(work, 50)
    assert not schedule_delayed_work(work, 5)
    machine.world.run()
    assert log == [50]
    assert schedule_delayed_work(work, 0)
    machine.world.run()
    assert log == [50, 50]


def test_cancelled_work_is_not_done(machine: Machine) -> None:
    log: list[int] = []
    delayed = Delayed(log)
    schedule_delayed_work(delayed, 50)
    assert cancel_delayed_work(delayed)
    assert not cancel_delayed_work(delayed)
    work = CallWork(lambda: log.append(1))
    assert not cancel_work(work)
    schedule_work(work)
    assert cancel_work(work)
    machine.world.run(until_ns=100 * MS)
    assert log == []
    assert schedule_delayed_work(delayed, 1)
    machine.world.run()
    assert log == [101]


def test_cancel_of_delayed_work_whose_time_came_takes_it_off_the_queue(machine: Machine) -> None:
    log: list[int] = []
    delayed = Delayed(log)
    schedule_work(CallWork(lambda: nsleep(100 * MS)))
    schedule_delayed_work(delayed, 5)
    machine.world.run(until_ns=20 * MS)
    assert cancel_work(delayed)
    machine.world.run()
    assert log == []


def test_flush_and_cancel_sync_wait_for_what_is_being_done(machine: Machine) -> None:
    log: list[str] = []

    def slow() -> None:
        nsleep(10 * MS)
        log.append("work")

    work = CallWork(slow)

    def flusher() -> None:
        schedule_work(work)
        flush_work(work)
        log.append(f"flushed {jiffies()}")
        schedule_work(work)
        nsleep(1)
        assert not cancel_work_sync(work)
        log.append(f"synced {jiffies()}")
        schedule_work(work)
        flush_scheduled_work()
        log.append(f"all {jiffies()}")

    spawn(machine, flusher)
    machine.world.run()
    assert log == ["work", "flushed 10", "work", "synced 20", "work", "all 30"]


def test_work_that_raises_does_not_keep_the_rest_from_being_done(machine: Machine) -> None:
    log: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    schedule_work(CallWork(fail))
    schedule_work(CallWork(lambda: log.append("rest")))
    with pytest.raises(ZeroDivisionError):
        machine.world.run()
    machine.world.run()
    assert log == ["rest"]
    assert workqueue_of(machine).idle()


def test_work_that_waits_for_itself_is_a_bug(machine: Machine) -> None:
    work = CallWork(lambda: flush_work(work))
    schedule_work(work)
    with pytest.raises(AssertionError, match="itself"):
        machine.world.run()
