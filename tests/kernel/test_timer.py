"""The timer wheel, against a sorted list and against the clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import softnet.arch.const as const
import softnet.kernel.timer as timer
from softnet.kernel.timer import (
    HZ,
    CallTimer,
    Timer,
    TimerBase,
    add_timer,
    del_timer,
    jiffies,
    mod_timer,
    mod_timer_pending,
    timer_base,
    timer_pending,
)
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu, in_serving_softirq, this_cpu
from softnet.machine.machine import Machine


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = World().new_machine("h1")
    with OnCpu(machine.cpus[0]):
        yield machine


class Note(Timer):
    """Writes down the jiffy it ran at, with its name."""

    def __init__(self, log: list[tuple[int, str]], name: str = "") -> None:
        Timer.__init__(self)
        self.log = log
        self.name = name

    def function(self) -> None:
        assert in_serving_softirq()
        assert not timer_pending(self)
        self.log.append((jiffies(), self.name))


def test_a_jiffy_is_a_millisecond(machine: Machine) -> None:
    assert HZ == 1000
    assert jiffies() == 0
    machine.world.run(until_ns=2_999_999)
    assert jiffies() == 2
    machine.world.run(until_ns=3_000_000)
    assert jiffies() == timer_base(machine).jiffies() == 3


@pytest.mark.parametrize(
    "delay", [1, 2, 255, 256, 257, 16383, 16384, 1 << 20, (1 << 20) + 77, 1 << 26, 3 << 30]
)
def test_a_timer_fires_exactly_at_its_jiffy(machine: Machine, delay: int) -> None:
    log: list[tuple[int, str]] = []
    machine.world.run(until_ns=123_456_789)
    t = Note(log)
    assert not mod_timer(t, jiffies() + delay)
    machine.world.run()
    assert log == [(123 + delay, "")]
    assert machine.world.clock.now == (123 + delay) * const.TICK_NSEC


def test_a_timer_beyond_the_wheel_is_looked_at_again(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    far = 5 << 32
    mod_timer(Note(log), far)
    machine.world.run()
    assert log == [(far, "")]


@pytest.mark.parametrize("expires", [20, 50])
@pytest.mark.parametrize("now_ns", [50_000_000, 50_500_000])
def test_a_timer_of_the_past_or_of_now_fires_at_the_next_tick(
    machine: Machine, now_ns: int, expires: int
) -> None:
    log: list[tuple[int, str]] = []
    mod_timer(Note(log, "another"), 400)  # with it the wheel stands still meanwhile
    machine.world.run(until_ns=now_ns)
    mod_timer(Note(log), expires)
    machine.world.run(until_ns=51_000_000)
    assert log == [(51, "")]


def test_one_jiffy_runs_in_order_of_arming_also_across_levels(machine: Machine) -> None:
    """The early one lies in a coarse slot when the late one is put into the fine one."""
    log: list[tuple[int, str]] = []
    mod_timer(Note(log, "early"), 1000)
    machine.world.run(until_ns=750 * const.TICK_NSEC)
    mod_timer(Note(log, "late"), 1000)
    mod_timer(Note(log, "last"), 1000)
    machine.world.run()
    assert log == [(1000, "early"), (1000, "late"), (1000, "last")]


def test_overdue_timers_run_in_order_of_arming(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    machine.world.run(until_ns=100 * const.TICK_NSEC)
    for name, expires in (("a", 50), ("b", 40), ("c", 100), ("d", 101), ("e", 49)):
        mod_timer(Note(log, name), expires)
    machine.world.run()
    assert "".join(name for _, name in log) == "abcde"


def test_moving_a_timer_later_does_not_touch_the_event_queue(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    t = Note(log)
    mod_timer(t, 40)
    queue = machine.world.queue
    before = queue.seq
    for n in range(100):
        assert mod_timer(t, 41 + n)
    assert queue.seq == before
    machine.world.run()
    assert log == [(140, "")]
    assert queue.fired == 2, "once for nothing at 40, then at 140"


def test_moving_a_timer_earlier_wakes_the_machine_earlier(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    t = Note(log)
    mod_timer(t, 5000)
    mod_timer(t, 7)
    assert machine.world.queue.pending_count() == 1
    machine.world.run()
    assert log == [(7, "")]


def test_arming_for_the_same_jiffy_keeps_the_place(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    a, b = Note(log, "a"), Note(log, "b")
    mod_timer(a, 10)
    mod_timer(b, 10)
    assert mod_timer(a, 10)
    machine.world.run()
    assert [name for _, name in log] == ["a", "b"]


def test_deleted_timers_do_not_fire(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    timers = [Note(log, str(n)) for n in range(6)]
    for t in timers:
        mod_timer(t, 300)
    for n in (0, 2, 5):
        assert timer_pending(timers[n])
        assert del_timer(timers[n])
        assert not del_timer(timers[n])
        assert not timers[n].timer_pending()
    machine.world.run()
    assert [name for _, name in log] == ["1", "3", "4"]
    assert timer_base(machine).count == 0


def test_a_timer_may_arm_itself_again(machine: Machine) -> None:
    log: list[int] = []

    def tick() -> None:
        log.append(jiffies())
        if len(log) < 5:
            mod_timer(t, jiffies() + 300)

    t = CallTimer(None, tick)
    mod_timer(t, 300)
    machine.world.run()
    assert log == [300, 600, 900, 1200, 1500]


def test_a_timer_armed_for_now_by_a_timer_waits_for_the_next_jiffy(machine: Machine) -> None:
    log: list[int] = []

    def tick() -> None:
        log.append(jiffies())
        if len(log) < 3:
            mod_timer(t, jiffies())

    t = CallTimer(None, tick)
    mod_timer(t, 10)
    machine.world.run()
    assert log == [10, 11, 12], "as in Linux: else it would never end"


def test_a_timer_may_delete_and_move_others_of_its_jiffy(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    gone, moved, stays = Note(log, "gone"), Note(log, "moved"), Note(log, "stays")

    def change() -> None:
        del_timer(gone)
        mod_timer(moved, 25)

    mod_timer(CallTimer(None, change), 20)
    for t in (gone, moved, stays):
        mod_timer(t, 20)
    machine.world.run()
    assert log == [(20, "stays"), (25, "moved")]


def test_one_that_raises_leaves_the_others_to_the_next_run(machine: Machine) -> None:
    log: list[tuple[int, str]] = []

    def fail() -> None:
        raise ZeroDivisionError

    mod_timer(CallTimer(None, fail), 20)
    mod_timer(Note(log, "after"), 20)
    mod_timer(Note(log, "later"), 30)
    with pytest.raises(ZeroDivisionError):
        machine.world.run()
    assert this_cpu() is machine.cpus[0]
    assert machine.cpus[0].idle()
    machine.world.run()
    assert [name for _, name in log] == ["after", "later"]


def test_mod_timer_pending_only_moves(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    t = Note(log)
    assert not mod_timer_pending(t, 5)
    assert not timer_pending(t)
    mod_timer(t, 5)
    assert mod_timer_pending(t, 6)
    machine.world.run()
    assert log == [(6, "")]


def test_add_timer_takes_the_expiry_of_the_timer(machine: Machine) -> None:
    log: list[tuple[int, str]] = []
    t = Note(log)
    t.expires = 12
    add_timer(t)
    with pytest.raises(AssertionError):
        add_timer(t)
    machine.world.run()
    assert log == [(12, "")]


def test_a_machine_without_timers_has_no_event() -> None:
    world = World()
    machine = world.new_machine("h1")
    with OnCpu(machine.cpus[0]):
        timer_base(machine)
        assert world.run() == "idle"
    assert world.queue.fired == 0


def test_an_idle_day_costs_a_handful_of_events(machine: Machine) -> None:
    """No tick: a timer of a day needs its own event and those where it trickles down, no more."""
    log: list[tuple[int, str]] = []
    mod_timer(Note(log), 86_400_000)
    machine.world.run()
    assert log == [(86_400_000, "")]
    assert machine.world.queue.fired <= 4


def test_a_timer_armed_from_outside_needs_its_base() -> None:
    machine = World().new_machine("h1")
    log: list[tuple[int, str]] = []
    t = Note(log)
    t.base = timer_base(machine)
    mod_timer(t, 3)
    machine.world.run()
    assert log == [(3, "")]


def test_the_pending_timers_are_listed_in_order(machine: Machine) -> None:
    a, b, c = Note([], "a"), Note([], "b"), Note([], "c")
    mod_timer(a, 90_000)
    mod_timer(b, 10)
    mod_timer(c, 10)
    assert timer_base(machine).pending() == [b, c, a]


def test_jiffies_may_start_before_the_wrap() -> None:
    machine = World().new_machine("h1")
    machine.timers = TimerBase(machine, initial_jiffies=(1 << 32) - 300 * HZ)
    log: list[tuple[int, str]] = []
    with OnCpu(machine.cpus[0]):
        assert jiffies() == 4294667296
        mod_timer(Note(log), jiffies() + 301 * HZ)
        machine.world.run()
    assert log == [((1 << 32) + HZ, "")]
    assert machine.world.clock.now == 301 * const.NSEC_PER_SEC


def test_round_jiffies(machine: Machine) -> None:
    machine.world.run(until_ns=5_300 * const.TICK_NSEC)
    assert timer.round_jiffies(7100) == 7000
    assert timer.round_jiffies(7249) == 7000
    assert timer.round_jiffies(7250) == 8000
    assert timer.round_jiffies_up(7001) == 8000
    assert timer.round_jiffies(5301) == 6000
    assert timer.round_jiffies(5200) == 5200, "rounding may not lead to the past"
    assert timer.round_jiffies_relative(1000) == 1700


def test_conversions() -> None:
    assert timer.msecs_to_jiffies(40) == 40
    assert timer.jiffies_to_msecs(200) == 200
    assert timer.nsecs_to_jiffies(1) == 1
    assert timer.nsecs_to_jiffies(1_000_000) == 1
    assert timer.nsecs_to_jiffies(1_000_001) == 2
    assert timer.jiffies_to_nsecs(3) == 3_000_000


DELAYS = st.one_of(
    st.integers(0, 300), st.integers(200, 20_000), st.integers(0, 1 << 21), st.integers(0, 1 << 34)
)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.sampled_from(["arm", "move", "del", "wait"]), st.integers(0, 7), DELAYS),
        max_size=60,
    )
)
def test_the_wheel_is_a_sorted_list(ops: list[tuple[str, int, int]]) -> None:
    """Against a model: whatever is armed, moved, deleted and however time passes in between."""
    machine = World().new_machine("h1")
    world = machine.world
    ran: list[tuple[int, str]] = []
    timers = [Note(ran, str(n)) for n in range(8)]
    model: dict[int, tuple[int, int]] = {}  # which -> (expires, order)
    expected: list[tuple[int, str]] = []
    order = 0

    def pass_time(until: int) -> None:
        """Run both to the end of jiffy `until`."""
        world.run(until_ns=until * const.TICK_NSEC)
        due = sorted((e, o, n) for n, (e, o) in model.items() if e <= until)
        for expires, _, n in due:
            expected.append((expires, str(n)))
            del model[n]

    with OnCpu(machine.cpus[0]):
        for op, n, delay in ops:
            order += 1
            now = jiffies()
            if op == "wait":
                pass_time(now + delay)
            elif op == "del":
                assert del_timer(timers[n]) == (n in model)
                model.pop(n, None)
            elif delay:  # a delay of 0 is due at once: another test
                same = n in model and model[n][0] == now + delay
                assert mod_timer(timers[n], now + delay) == (n in model)
                if not same:
                    model[n] = (now + delay, order)
            assert timer_base(machine).count == len(model)
        pass_time(jiffies() + (1 << 35))
    assert ran == expected
    assert timer_base(machine).next_expiry() == 1 << 62
