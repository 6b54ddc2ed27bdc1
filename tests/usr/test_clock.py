"""time and datetime in a program are the host's clock; outside they are real."""

from __future__ import annotations

import datetime
import itertools
import time
import timeit
from datetime import date
from time import monotonic as early_monotonic
from time import sleep as early_sleep
from typing import Any

import pytest

from softnet.usr import api as usr
from softnet.usr.clock import set_epoch

EPOCH = 1_767_225_600


def test_sleep_takes_exactly_its_virtual_time_and_no_real_time(bench: Any) -> None:
    def program() -> float:
        start = time.monotonic()
        time.sleep(2.5)
        return time.monotonic() - start

    real = time.monotonic()
    assert bench.run(program) == 2.5
    assert time.monotonic() - real < 2
    assert bench.now() == 2.5


def test_names_taken_before_install_follow(bench: Any) -> None:
    def program() -> float:
        start = early_monotonic()
        early_sleep(1)
        return early_monotonic() - start

    assert bench.run(program) == 1.0


def test_a_loop_that_polls_the_clock_ends(bench: Any) -> None:
    def program() -> int:
        n = 0
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            n += 1
        return n

    assert bench.run(program) == 19_999  # each reading costs a microsecond


def test_others_run_while_one_polls_the_clock(bench: Any) -> None:
    seen = []

    def sleeper() -> None:
        time.sleep(0.005)
        seen.append(time.monotonic())

    def poller() -> None:
        while not seen:
            time.monotonic()

    bench.start(sleeper)
    bench.run(poller)
    assert seen[0] == pytest.approx(0.005, abs=0.0011)


def test_clocks_agree_and_never_go_back(bench: Any) -> None:
    def program() -> list[float]:
        readings = []
        for _ in range(5):
            readings += [time.time() - EPOCH, time.monotonic(), time.perf_counter()]
            readings += [time.monotonic_ns() / 1e9, (time.time_ns() - EPOCH * 10**9) / 1e9]
            readings += [time.clock_gettime(time.CLOCK_MONOTONIC)]
            readings += [time.clock_gettime_ns(time.CLOCK_REALTIME) / 1e9 - EPOCH]
            time.sleep(0.001)
        return readings

    readings = bench.run(program)
    assert all(b >= a - 1e-6 for a, b in itertools.pairwise(readings))
    assert readings[-1] < 0.0051


def test_the_epoch_is_the_first_of_january_2026(bench: Any) -> None:
    def program() -> tuple[Any, ...]:
        return (
            time.gmtime()[:6],
            datetime.datetime.now(datetime.UTC).isoformat(),
            time.strftime("%Y"),
            time.localtime().tm_year,
            time.asctime()[-4:],
            time.ctime()[-4:],
            date.today().year,
            datetime.datetime.today().year,
        )

    first, iso, *years = bench.run(program)
    assert first == (2026, 1, 1, 0, 0, 0)
    assert iso.startswith("2026-01-01T00:00:00")
    assert {int(y) for y in years} <= {2025, 2026}  # west of Greenwich it is still 2025


def test_datetime_subclasses_follow(bench: Any) -> None:
    class Mine(datetime.datetime):
        pass

    def program() -> Any:
        time.sleep(90.25)
        return Mine.now(datetime.UTC)

    got = bench.run(program)
    assert type(got) is Mine
    assert (got.minute, got.second, got.microsecond) == (1, 30, 250_000)


def test_the_epoch_can_be_set(bench: Any) -> None:
    set_epoch(bench.world, datetime.datetime(2030, 5, 6, tzinfo=datetime.UTC))
    assert bench.run(lambda: time.gmtime()[:3]) == (2030, 5, 6)


@pytest.mark.parametrize(
    ("arg", "error"),
    [(-1, ValueError), (float("nan"), ValueError), ("x", TypeError), (1e300, OverflowError)],
)
def test_sleep_rejects_what_cpython_rejects(bench: Any, arg: Any, error: type) -> None:
    def program() -> str:
        with pytest.raises(error) as caught:
            time.sleep(arg)
        return str(caught.value)

    with pytest.raises(error) as real:
        time.sleep(arg)
    assert bench.run(program) == str(real.value)


def test_outside_programs_the_clock_is_real(bench: Any) -> None:
    bench.run(lambda: time.sleep(1000))
    assert abs(time.time() - EPOCH - 1000) > 1000
    usr.install()
    before = time.monotonic()
    usr.uninstall()
    assert 0 <= time.monotonic() - before < 5


def test_patched_monotonic_costs_little_outside(bench: Any) -> None:
    """In turns, so that both meet the same moments of a busy machine; the best of each counts."""

    def cost() -> float:
        return timeit.timeit("f()", "from time import monotonic as f", number=5_000)

    plain, patched = [], []
    for _ in range(100):
        patched.append(cost())
        usr.uninstall()
        plain.append(cost())
        usr.install()
    assert min(patched) < 1.3 * min(plain) + 0.00005
