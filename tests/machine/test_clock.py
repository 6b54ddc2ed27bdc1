"""The main loop: who runs when, and how a run ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from softnet.kernel.sched import nsleep, schedule, spawn
from softnet.kernel.timer import CallTimer, jiffies, mod_timer
from softnet.machine.cable import Cable
from softnet.machine.clock import LivelockError, RealClock, Runnable, RunQueue, World
from softnet.machine.cpu import Cpu, this_cpu
from softnet.machine.event import WorldTap

MS = 1_000_000


class Step(Runnable):
    """Runs a function when its turn comes."""

    def __init__(self, cpu: Cpu, fn: Callable[[], object]) -> None:
        Runnable.__init__(self, cpu)
        self.fn = fn

    def run(self) -> None:
        self.fn()


def make(**settings: object) -> tuple[World, Cpu]:
    world = World(**settings)  # type: ignore[arg-type]
    return world, world.new_machine("h1").cpus[0]


def test_time_jumps_from_event_to_event() -> None:
    world, _ = make()
    seen: list[int] = []
    for when in (3 * MS, MS, 7 * MS):
        world.at(when, 1, lambda: seen.append(world.clock.now))
    assert world.run() == "idle"
    assert seen == [MS, 3 * MS, 7 * MS]


def test_a_run_ends_at_its_time_with_what_is_due_then_done() -> None:
    world, _ = make()
    seen: list[int] = []
    for when in (1, 5, 6):
        world.at(when, 1, lambda: seen.append(world.clock.now))
    assert world.run(until_ns=5) == "until"
    assert (seen, world.clock.now) == ([1, 5], 5)
    assert world.run(until_ns=100) == "until"
    assert (seen, world.clock.now) == ([1, 5, 6], 100)
    with pytest.raises(ValueError, match="already"):
        world.run(until_ns=99)


def test_a_predicate_ends_a_run_between_two_events() -> None:
    world, _ = make()
    seen: list[int] = []
    for when in range(10):
        world.at(when, 1, lambda: seen.append(1))
    assert world.run(predicate=lambda: len(seen) == 4) == "predicate"
    assert world.clock.now == 3


class Notes(WorldTap):
    """Keeps whose each happening was."""

    def __init__(self) -> None:
        self.hosts: list[int] = []
        self.cpus: set[Cpu | None] = set()

    def after_event(self, host_id: int) -> None:
        self.hosts.append(host_id)
        self.cpus.add(this_cpu())


def test_a_tap_hears_whose_each_happening_was() -> None:
    world, cpu = make()
    world.new_machine("h2")
    notes = Notes()
    world.taps.append(notes)
    for when, host in ((1, 2), (2, 0), (3, 1)):
        world.at(when, host, lambda: None)
    world.runqueue.add(Step(cpu, lambda: None))
    world.run(until_ns=2)
    assert notes.hosts == [0, 1, 2, 0]  # the first: what was done before the run
    assert world.step()
    assert notes.hosts[4:] == [1]
    assert notes.cpus == {None}


def test_with_a_tap_tasks_do_not_switch_to_each_other_unheard() -> None:
    for taps, heard in (([], 0), ([Notes()], 21)):
        world = World()
        machine = world.new_machine("h1")
        world.taps.extend(taps)

        def take_turns() -> None:
            for _ in range(9):
                schedule()

        for _ in range(2):
            spawn(machine, take_turns)
        world.run()
        assert sum(len(tap.hosts) for tap in taps) == heard


def test_runnables_go_before_time_passes() -> None:
    world, cpu = make()
    order: list[str] = []
    world.at(0, 1, lambda: order.append("event"))
    world.runqueue.add(Step(cpu, lambda: order.append("task")))
    world.run()
    assert order == ["task", "event"]


def test_events_run_on_the_boot_cpu_of_their_host_and_the_lab_on_none() -> None:
    world, cpu = make()
    seen: list[Cpu | None] = []
    world.at(1, 1, lambda: seen.append(this_cpu()))
    world.at(2, 0, lambda: seen.append(this_cpu()))
    world.run()
    assert seen == [cpu, None]
    assert this_cpu() is None


def test_after_counts_from_now_and_a_past_time_means_now() -> None:
    world, _ = make()
    seen: list[int] = []
    world.at(
        10,
        1,
        lambda: (world.after(5, 1, lambda: seen.append(world.clock.now)), world.at(3, 1, late)),
    )

    def late() -> None:
        seen.append(world.clock.now)

    world.run()
    assert seen == [10, 15]


def test_stop_ends_a_run_after_the_current_event() -> None:
    world, _ = make()
    seen: list[int] = []
    world.at(1, 1, lambda: (world.stop(), seen.append(1)))
    world.at(1, 1, lambda: seen.append(2))
    assert world.run() == "stopped"
    assert seen == [1]
    assert world.run() == "idle"
    assert seen == [1, 2]


def test_step_does_one_thing() -> None:
    world, cpu = make()
    order: list[str] = []
    world.at(5, 1, lambda: order.append("event"))
    world.runqueue.add(Step(cpu, lambda: order.append("task")))
    assert world.step()
    assert (order, world.clock.now) == (["task"], 0)
    assert world.step()
    assert (order, world.clock.now) == (["task", "event"], 5)
    assert not world.step()


def test_run_inside_run_is_refused() -> None:
    world, _ = make()
    world.at(1, 1, lambda: world.run())
    with pytest.raises(RuntimeError, match="inside"):
        world.run()
    assert not world.running
    world.at(2, 1, lambda: world.step())
    with pytest.raises(RuntimeError, match="inside"):
        world.run()


def test_an_exception_of_an_event_ends_the_run_and_the_next_goes_on() -> None:
    world, _ = make()
    seen: list[int] = []

    def fail() -> None:
        raise ZeroDivisionError

    world.at(1, 1, fail)
    world.at(2, 1, lambda: seen.append(2))
    with pytest.raises(ZeroDivisionError):
        world.run()
    assert this_cpu() is None
    world.run()
    assert seen == [2]


def test_events_that_never_let_time_pass_are_named() -> None:
    world, _ = make()
    world.livelock_bound = 1000

    def again() -> None:
        world.after(0, 1, again)

    again()
    with pytest.raises(LivelockError, match=r"host 'h1', event CallEvent of .*again"):
        world.run()


def test_runnables_that_never_let_time_pass_are_found() -> None:
    world, cpu = make()
    world.livelock_bound = 1000
    step = Step(cpu, lambda: world.runqueue.add(step))
    world.runqueue.add(step)
    with pytest.raises(LivelockError, match="tasks"):
        world.run()


def test_many_events_over_time_are_no_livelock() -> None:
    world, _ = make()
    world.livelock_bound = 100
    count = [0]

    def again() -> None:
        count[0] += 1
        if count[0] < 3000:
            world.after(count[0] % 2, 1, again)

    again()
    world.run()
    assert count[0] == 3000


def test_machines_have_different_names() -> None:
    world, _ = make()
    with pytest.raises(ValueError, match="already"):
        world.new_machine("h1")
    with pytest.raises(ValueError, match="already"):
        world.new_machine("lab")


def test_the_progress_hook_is_called() -> None:
    world, _ = make()
    calls: list[int] = []
    world.progress = lambda w: calls.append(w.clock.now)
    count = [0]

    def again() -> None:
        count[0] += 1
        if count[0] < 3000:
            world.after(1, 1, again)

    again()
    world.run()
    assert calls
    assert 0 < calls[0] < 3000


@pytest.fixture
def sigint() -> Iterator[None]:
    """Python's own handler, though the suite may run where control-C is ignored (in the background)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("sigint")
def test_control_c_lets_the_event_finish_then_raises() -> None:
    world, _ = make()
    done: list[str] = []

    def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        done.append("finished")

    before = signal.getsignal(signal.SIGINT)
    world.at(1, 1, interrupted)
    world.at(2, 1, lambda: done.append("too far"))
    with pytest.raises(KeyboardInterrupt):
        world.run()
    assert done == ["finished"]
    assert signal.getsignal(signal.SIGINT) is before
    world.run()
    assert done == ["finished", "too far"]


@pytest.mark.usefixtures("sigint")
def test_a_second_control_c_strikes_at_once() -> None:
    world, _ = make()
    done: list[str] = []

    def stuck() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        done.append("not reached")

    world.at(1, 1, stuck)
    with pytest.raises(KeyboardInterrupt):
        world.run()
    assert done == []


def test_the_digest_tells_runs_apart() -> None:
    def digest(*times: int) -> str:
        world, _ = make(digest=True)
        for when in times:
            world.at(when, 1, lambda: None)
        world.run()
        assert world.digest is not None
        return world.digest.hexdigest()

    assert digest(1, 2) == digest(2, 1)
    assert digest(1, 2) != digest(1, 3)


def test_the_digest_of_a_seed_is_the_same_in_both_forms_and_for_ever() -> None:
    """Tasks, timers and a lossy cable: what changes this changes every recorded run."""
    world, cpu = make(seed=42, digest=True)
    peer = world.new_machine("h2")
    cable = Cable(world, "h1-h2", 1, 2, delay=MS, rate=10_000_000, loss=0.2, jitter=1000)

    def talk() -> None:
        for _ in range(20):
            cable.a.transmit(cpu.machine.random.bytes(60))
            nsleep(cpu.machine.random.below(MS))
            mod_timer(CallTimer(None, lambda: None), jiffies() + 3)

    spawn(cpu.machine, talk)
    spawn(peer, nsleep, 7)
    world.run()
    assert world.digest is not None
    assert cable.ab.drops == {"loss": 4}
    assert world.digest.hexdigest()[:16] == "f24410cb460e3d93"


def test_runqueue_is_first_come_first_served() -> None:
    world, cpu = make()
    queue = RunQueue(None)
    steps = [Step(cpu, lambda: None) for _ in range(4)]
    for step in steps:
        queue.add(step)
    with pytest.raises(AssertionError):
        queue.add(steps[0])
    queue.discard(steps[1])
    queue.discard(steps[1])
    assert [queue.pop() for _ in range(4)] == [steps[0], steps[2], steps[3], None]
    assert (queue.count, queue.picked) == (0, 3)
    assert world.runqueue is not queue


def test_discard_of_the_last_leaves_a_sound_queue() -> None:
    _, cpu = make()
    queue = RunQueue(None)
    a, b, c = (Step(cpu, lambda: None) for _ in range(3))
    for step in (a, b):
        queue.add(step)
    queue.discard(b)
    queue.add(c)
    assert [queue.pop() for _ in range(3)] == [a, c, None]


def test_a_seeded_order_is_another_one_and_repeats() -> None:
    def order(seed: int) -> list[int]:
        world, cpu = make(seed=seed, order="seeded")
        out: list[int] = []
        for n in range(20):
            world.runqueue.add(Step(cpu, lambda n=n: out.append(n)))  # type: ignore[misc]
        world.run()
        return out

    assert sorted(order(1)) == list(range(20))
    assert order(1) == order(1)
    assert order(1) != order(2)
    with pytest.raises(ValueError, match="order"):
        World(order="random")


def test_the_real_clock_moves_by_itself_and_wakes_for_events() -> None:
    world, _ = make(clock=RealClock())
    seen: list[int] = []
    start = world.clock.update()
    world.at(start + 2 * MS, 1, lambda: seen.append(world.clock.now))
    assert world.run() == "idle"
    assert seen[0] >= start + 2 * MS
    assert world.clock.update() >= seen[0]


def test_the_real_clock_ends_a_run_at_its_time() -> None:
    world, _ = make(clock=RealClock())
    until = world.clock.update() + 2 * MS
    assert world.run(until_ns=until) == "until"
    assert world.clock.now == until


def test_the_real_clock_serves_readable_descriptors() -> None:
    world, _ = make(clock=RealClock())
    r, w = os.pipe()
    got: list[bytes] = []
    try:
        world.watch_fd(r, lambda: got.append(os.read(r, 10)))
        world.at(world.clock.update() + MS, 1, lambda: os.write(w, b"hello"))
        assert world.run(predicate=lambda: got) == "predicate"
        assert got == [b"hello"]
        world.watch_fd(r, None)
        os.write(w, b"ignored")
        assert world.run() == "idle"
        assert got == [b"hello"]
    finally:
        os.close(r)
        os.close(w)


def test_the_real_clock_looks_at_descriptors_between_tasks() -> None:
    world, cpu = make(clock=RealClock())
    r, w = os.pipe()
    got: list[bytes] = []
    turns = [0]

    def busy() -> None:
        turns[0] += 1
        if not got:
            world.runqueue.add(step)

    step = Step(cpu, busy)
    try:
        world.watch_fd(r, lambda: got.append(os.read(r, 10)))
        os.write(w, b"x")
        world.runqueue.add(step)
        world.run(predicate=lambda: got or turns[0] > 5000)
        assert got == [b"x"]
    finally:
        world.watch_fd(r, None)
        os.close(r)
        os.close(w)


def test_step_with_the_real_clock_waits() -> None:
    world, _ = make(clock=RealClock())
    seen: list[int] = []
    world.at(world.clock.update() + MS, 1, lambda: seen.append(1))
    assert world.step()
    assert seen == [1]
