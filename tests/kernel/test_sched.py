"""Tasks: who runs, who sleeps, how they end."""

from __future__ import annotations

import contextvars
import gc
import weakref

import pytest
from greenlet import GreenletExit

import softnet.arch.const as const
import softnet.kernel.sched as sched
from softnet.kernel.sched import (
    SchedulingError,
    SwitchHooks,
    Task,
    blocked_tasks,
    cond_resched,
    crash_tasks,
    current,
    msleep,
    nsleep,
    schedule,
    schedule_timeout,
    set_current_state,
    spawn,
    wake_up_process,
)
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu, preempt_disable, preempt_enable, this_cpu
from softnet.machine.machine import Machine

MS = 1_000_000


def make(ncpus: int = 1, **settings: object) -> tuple[World, Machine, list[str]]:
    world = World(**settings)  # type: ignore[arg-type]
    return world, world.new_machine("h1", ncpus=ncpus), []


def test_a_task_runs_when_the_world_does() -> None:
    world, machine, log = make()

    def body(a: int, b: int) -> int:
        log.append(f"{current() is task} {this_cpu() is machine.cpus[0]}")
        return a + b

    task = spawn(machine, body, 2, 3)
    assert log == []
    assert not task.finished()
    assert world.run() == "idle"
    assert log == ["True True"]
    assert task.finished()
    assert task.result() == 5
    assert current() is None
    assert this_cpu() is None


def test_names_and_numbers() -> None:
    _, machine, _ = make(ncpus=2)

    def server() -> None:
        pass

    a = spawn(machine, server)
    b = spawn(machine, server, name="worker")
    thread = spawn(machine, server, process=b)
    assert (a.name, a.pid, a.tid) == ("server", 1, 1)
    assert (b.name, b.pid, b.tid) == ("worker", 2, 2)
    assert (thread.pid, thread.tid) == (2, 3)
    assert repr(thread) == "<Task h1/server pid 2 tid 3>"
    assert [t.cpu.id for t in (a, b, thread)] == [0, 1, 0]
    assert spawn(machine, server, cpu=machine.cpus[1]).cpu is machine.cpus[1]


def test_a_thread_shares_files_and_namespace() -> None:
    _, machine, _ = make()
    process = spawn(machine, lambda: None)
    process.files, process.nsproxy = object(), object()
    thread = spawn(machine, lambda: None, process=process)
    assert thread.files is process.files
    assert thread.nsproxy is process.nsproxy
    assert spawn(machine, lambda: None).files is None


def test_tasks_take_turns_in_the_order_they_came() -> None:
    world, machine, log = make()

    def body(name: str) -> None:
        for _ in range(3):
            log.append(name)
            schedule()

    for name in "abc":
        spawn(machine, body, name)
    world.run()
    assert "".join(log) == "abcabcabc"


def test_taking_turns_goes_on_past_the_bound_of_direct_switches() -> None:
    world, machine, _ = make()
    turns = {"a": 0, "b": 0}

    def body(name: str) -> None:
        for _ in range(500):
            turns[name] += 1
            schedule()
            assert abs(turns["a"] - turns["b"]) <= 1

    spawn(machine, body, "a")
    spawn(machine, body, "b")
    world.run()
    assert turns == {"a": 500, "b": 500}


def test_a_predicate_is_asked_between_two_tasks() -> None:
    world, machine, log = make()

    def body() -> None:
        for n in range(10):
            log.append(str(n))
            schedule()

    spawn(machine, body)
    spawn(machine, body)
    world.run(predicate=lambda: len(log) == 5)
    assert len(log) == 5


def test_an_inexact_predicate_still_sees_the_end_of_a_task_at_once() -> None:
    world, machine, _ = make()
    turns = [0]

    def busy() -> None:
        while True:
            turns[0] += 1
            schedule()

    def short() -> None:
        for _ in range(100):
            schedule()

    spawn(machine, busy)
    task = spawn(machine, short)
    assert world.run(predicate=task.finished, exact=False) == "predicate"
    assert turns[0] == 101
    sched.crash_all(world)


def test_a_seeded_order_differs_and_repeats() -> None:
    def order(seed: int) -> str:
        world, machine, log = make(order="seeded", seed=seed)

        def body(name: str) -> None:
            for _ in range(4):
                log.append(name)
                schedule()

        for name in "abcd":
            spawn(machine, body, name)
        world.run()
        return "".join(log)

    assert order(1) == order(1)
    assert len({order(n) for n in range(6)}) > 3
    assert sorted(order(3)) == sorted("abcd" * 4)


def test_sleep_takes_virtual_time_only() -> None:
    world, machine, log = make()

    def body(ns: int) -> None:
        assert nsleep(ns) == 0
        log.append(f"{ns} at {world.clock.now}")

    for ns in (3_600_000_000_000, 5, 5, 1):
        spawn(machine, body, ns)
    world.run()
    assert log == ["1 at 1", "5 at 5", "5 at 5", "3600000000000 at 3600000000000"]


def test_msleep_and_a_sleep_of_nothing() -> None:
    world, machine, log = make()

    def sleeper() -> None:
        nsleep(0)
        log.append("yielded")
        msleep(3)
        log.append(str(world.clock.now))

    spawn(machine, sleeper)
    spawn(machine, lambda: log.append("other"))
    world.run()
    assert log == ["other", "yielded", "3000000"]


def test_msleep_is_deaf_to_signals() -> None:
    world, machine, _ = make()
    task = spawn(machine, msleep, 10)
    world.at(2 * MS, 1, task.signal_wake_up)
    world.run()
    assert task.finished()
    assert world.clock.now == 10 * MS


def test_schedule_timeout_answers_what_is_left() -> None:
    world, machine, log = make()

    def body() -> None:
        set_current_state(const.TASK_UNINTERRUPTIBLE)
        log.append(str(schedule_timeout(100)))
        log.append(str(schedule_timeout(30)))
        log.append(str(schedule_timeout(-1)))
        log.append(str(schedule_timeout(const.MAX_SCHEDULE_TIMEOUT) == const.MAX_SCHEDULE_TIMEOUT))

    task = spawn(machine, body)
    world.at(40, 1, lambda: wake_up_process(task))
    world.at(1000, 1, lambda: wake_up_process(task))
    world.at(2000, 1, lambda: wake_up_process(task))
    world.run()
    assert log == ["60", "0", "-1", "True"]


def test_a_wake_up_before_the_sleep_keeps_it_from_sleeping() -> None:
    world, machine, log = make()

    def body() -> None:
        set_current_state(const.TASK_UNINTERRUPTIBLE)
        assert wake_up_process(task)
        log.append(str(schedule_timeout(50)))
        set_current_state(const.TASK_UNINTERRUPTIBLE)
        wake_up_process(task)
        schedule()
        log.append("went on")

    task = spawn(machine, body)
    world.run()
    assert log == ["50", "went on"]
    assert world.clock.now == 0


def test_wake_up_process_of_one_that_runs_or_is_dead_does_nothing() -> None:
    world, machine, _ = make()
    task = spawn(machine, lambda: wake_up_process(task))
    assert not wake_up_process(task)
    world.run()
    assert task.result() is False
    assert not wake_up_process(task)


def test_sleeping_outside_a_task_is_a_bug() -> None:
    _, machine, _ = make()
    with OnCpu(machine.cpus[0]):
        for sleep in (schedule, lambda: nsleep(1), lambda: msleep(1), lambda: schedule_timeout(1)):
            with pytest.raises(SchedulingError, match="only a task"):
                sleep()
        cond_resched()


def test_sleeping_while_atomic_is_a_bug() -> None:
    world, machine, log = make()

    def with_bh_off() -> None:
        local_bh_disable()
        try:
            nsleep(5)
        finally:
            local_bh_enable()

    def with_preemption_off() -> None:
        preempt_disable()
        cond_resched()
        try:
            sched.might_sleep()
        finally:
            preempt_enable()

    for body, why in ((with_bh_off, "bottom halves"), (with_preemption_off, "preemption")):
        spawn(machine, body)
        with pytest.raises(SchedulingError, match=why):
            world.run()
    assert log == []


def test_the_exception_of_a_task_ends_the_run() -> None:
    world, machine, _ = make()

    def fail() -> None:
        nsleep(5)
        raise KeyError("x")

    task = spawn(machine, fail)
    other = spawn(machine, nsleep, 100)
    with pytest.raises(KeyError):
        world.run()
    assert task.finished()
    world.run()
    assert other.finished()
    with pytest.raises(KeyError):
        task.result()


def test_a_kept_exception_waits_for_result() -> None:
    world, machine, _ = make()

    def fail() -> None:
        raise KeyError("x")

    task = spawn(machine, fail, keep_exception=True)
    world.run()
    with pytest.raises(KeyError):
        task.result()


def test_sys_exit_ends_the_task_alone() -> None:
    world, machine, _ = make()

    def leave() -> None:
        raise SystemExit(3)

    task = spawn(machine, leave)
    world.run()
    assert task.result() == 3


def test_the_result_of_a_running_task_is_a_bug() -> None:
    _, machine, _ = make()
    with pytest.raises(AssertionError, match="not finished"):
        spawn(machine, nsleep, 5).result()


def test_join_waits_for_the_end() -> None:
    world, machine, log = make()
    child = spawn(machine, nsleep, 50)

    def parent() -> None:
        log.append(f"{child.join(20)} {world.clock.now}")
        log.append(f"{child.join()} {world.clock.now}")
        log.append(f"{child.join()}")

    spawn(machine, parent)
    world.run()
    assert log == ["False 20", "True 50", "True"]


def test_a_signal_ends_a_sleep_with_the_rest() -> None:
    world, machine, log = make()

    def body() -> None:
        log.append(str(nsleep(100)))
        assert task.signal_pending()
        task.signalled = False
        log.append(str(nsleep(10)))

    task = spawn(machine, body)
    world.at(30, 1, task.signal_wake_up)
    world.run()
    assert log == ["70", "0"]


def test_kill_raises_where_the_kernel_returns_to_the_program() -> None:
    world, machine, log = make()

    def body() -> None:
        try:
            nsleep(1000)
        except GreenletExit:
            log.append(f"killed at {world.clock.now}")
            raise

    task = spawn(machine, body)
    world.at(7, 1, task.kill)
    world.run()
    assert log == ["killed at 7"]
    assert task.finished()
    assert isinstance(task.result(), GreenletExit)
    task.kill()


def test_kill_with_an_exception() -> None:
    world, machine, log = make()

    class Stop(Exception):
        """Ends it."""

    task = spawn(machine, nsleep, 1000)
    joiner = spawn(machine, lambda: log.append(str(task.join())))
    world.at(7, 1, lambda: task.kill(Stop()))
    world.run()
    assert log == ["True"]
    assert joiner.finished()
    with pytest.raises(Stop):
        task.result()


def test_a_task_that_is_killed_before_it_ran_does_not_run() -> None:
    world, machine, log = make()
    task = spawn(machine, lambda: log.append("ran"))
    task.kill()
    world.run()
    assert log == []
    assert task.finished()


def test_a_killed_task_falls_through_every_further_sleep() -> None:
    world, machine, log = make()

    def stubborn() -> None:
        for _ in range(3):
            try:
                nsleep(1000)
            except GreenletExit:
                log.append(str(world.clock.now))

    task = spawn(machine, stubborn)
    world.at(5, 1, task.kill)
    world.run()
    assert log == ["5", "5", "5"]


def test_crash_ends_tasks_here_and_now() -> None:
    world, machine, log = make()

    def body() -> None:
        try:
            set_current_state(const.TASK_UNINTERRUPTIBLE)
            schedule()
        finally:
            log.append("finally")

    for _ in range(2):
        spawn(machine, body)
    world.run()
    ready = spawn(machine, body)
    crash_tasks(machine)
    assert log == ["finally", "finally"]
    assert ready.finished()
    assert sched.tasks(world) == []
    assert world.runqueue.count == 0
    assert world.run() == "idle"


def test_a_closed_world_lets_go_of_its_tasks() -> None:
    class Thing:
        """Something to refer to."""

    def body(thing: Thing) -> None:
        nsleep(1_000_000)

    world, machine, _ = make()
    thing = Thing()
    ref = weakref.ref(thing)
    spawn(machine, body, thing)
    world.run(until_ns=5)
    del thing
    sched.crash_all(world)
    gc.collect()
    assert ref() is None


def test_blocked_tasks_say_where_they_wait() -> None:
    world, machine, _ = make()
    task = spawn(machine, nsleep, 100, name="t")
    other = spawn(machine, lambda: task.join())
    world.run(until_ns=50)
    assert blocked_tasks(world) == [(task, "nanosleep"), (other, "t")]
    assert sched.tasks(world) == [task, other]


def test_hooks_see_every_switch() -> None:
    world, machine, log = make()

    class Hooks(SwitchHooks):
        def on_switch_in(self, task: Task) -> None:
            log.append(f"+{task.name}")

        def on_switch_out(self, task: Task) -> None:
            log.append(f"-{task.name}")

    sched.sched_of(machine).hooks = Hooks()

    def body() -> None:
        schedule()

    spawn(machine, body, name="a")
    spawn(machine, body, name="b")
    world.run()
    assert log == ["+a", "-a", "+b", "-b", "+a", "-a", "+b", "-b"]


def test_contextvars_belong_to_the_task() -> None:
    world, machine, log = make()
    var: contextvars.ContextVar[str] = contextvars.ContextVar("var")

    def body(name: str) -> None:
        var.set(name)
        schedule()
        log.append(var.get())

    spawn(machine, body, "a")
    spawn(machine, body, "b")
    world.run()
    assert log == ["a", "b"]


def test_tasks_of_several_machines_share_one_run_queue() -> None:
    world, a, log = make()
    b = world.new_machine("h2")

    def body() -> None:
        log.append(f"{this_cpu().machine.name}")
        nsleep(5)
        log.append(f"{this_cpu().machine.name}")

    spawn(b, body)
    spawn(a, body)
    world.run()
    assert log == ["h2", "h1", "h1", "h2"], "at one instant, the lower host wakes first"


def test_pids_wrap_and_skip_those_in_use() -> None:
    _, machine, _ = make()
    old = spawn(machine, lambda: None)
    table = sched.sched_of(machine)
    table.last_pid = sched.PID_MAX - 2
    assert table.alloc_pid() == sched.PID_MAX - 1
    assert table.alloc_pid() == sched.RESERVED_PIDS
    table.last_pid = 0
    assert table.alloc_pid() == 2
    assert old.tid == 1


def test_a_finished_task_lets_go_of_its_arguments() -> None:
    world, machine, _ = make()

    class Thing:
        """Something to refer to."""

    thing = Thing()
    ref = weakref.ref(thing)
    task = spawn(machine, lambda x: None, thing)
    world.run()
    del thing
    gc.collect()
    assert ref() is None
    assert task.finished()


def test_deep_recursion_in_one_task_leaves_the_others_alone() -> None:
    world, machine, log = make()

    def deep(n: int) -> int:
        if n == 0:
            nsleep(5)
            return 0
        return 1 + deep(n - 1)

    a = spawn(machine, deep, 200)
    b = spawn(machine, deep, 150)
    spawn(machine, lambda: log.append("third"))
    world.run()
    assert (a.result(), b.result(), log) == (200, 150, ["third"])
