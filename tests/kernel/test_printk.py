"""The log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
from softnet.kernel.printk import (
    LOG_LINES_MAX,
    LogLine,
    RateLimit,
    log_of,
    net_ratelimit,
    panic,
    printk,
    warn_on,
)
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu
from softnet.machine.machine import Machine

S = const.NSEC_PER_SEC


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = World().new_machine("h1")
    with OnCpu(machine.cpus[0]):
        yield machine


def test_lines_carry_time_and_level(machine: Machine) -> None:
    printk(const.KERN_INFO, "up")
    machine.world.run(until_ns=12 * S + 345_678_999)
    printk(const.KERN_ERR, "%s: %d%%", "eth0", 5)
    assert machine.log.dmesg() == ["[    0.000000] up", "[   12.345678] eth0: 5%"]
    assert machine.log.dmesg(const.KERN_WARNING) == ["[   12.345678] eth0: 5%"]
    machine.log.clear()
    assert machine.log.dmesg() == []


def test_a_percent_sign_without_arguments_stays(machine: Machine) -> None:
    printk(const.KERN_INFO, "100%")
    assert machine.log.dmesg() == ["[    0.000000] 100%"]


def test_the_log_is_bounded(machine: Machine) -> None:
    for n in range(LOG_LINES_MAX + 5):
        printk(const.KERN_DEBUG, "%d", n)
    assert len(machine.log.lines) == LOG_LINES_MAX
    assert machine.log.lost == 5
    assert machine.log.dmesg()[0].endswith(" 5")


def test_watchers_hear_of_each_line(machine: Machine) -> None:
    heard: list[LogLine] = []
    log_of(machine).watchers.append(heard.append)
    printk(const.KERN_NOTICE, "x")
    assert [(line.level, line.text) for line in heard] == [(5, "x")]


def test_machines_have_their_own_logs(machine: Machine) -> None:
    other = machine.world.new_machine("h2")
    printk(const.KERN_INFO, "mine")
    assert log_of(other).dmesg() == []


def test_the_hardware_complains_into_the_log(machine: Machine) -> None:
    log_of(machine)
    assert machine.console is not None
    machine.console("irq 9: nobody cared")
    assert machine.log.dmesg(const.KERN_ERR) == ["[    0.000000] irq 9: nobody cared"]


def test_ten_messages_in_five_seconds(machine: Machine) -> None:
    assert [net_ratelimit() for _ in range(13)] == [True] * 10 + [False] * 3
    machine.world.run(until_ns=5 * S - 1)
    assert not net_ratelimit()
    machine.world.run(until_ns=5 * S)
    assert net_ratelimit()
    assert machine.log.dmesg() == ["[    5.000000] net_ratelimit: 4 callbacks suppressed"]


def test_ratelimit_without_interval_lets_all_through() -> None:
    limit = RateLimit(0, 0)
    assert all(limit.allows(0) for _ in range(5))
    strict = RateLimit(10, 0)
    assert not strict.allows(0)
    assert strict.missed == 1


def test_warn_on_goes_on_and_panic_does_not(machine: Machine) -> None:
    assert not warn_on(0, "nothing")
    assert warn_on(1, "odd")
    with pytest.raises(AssertionError, match="bad 3"):
        panic("bad %d", 3)
    assert [line.text for line in machine.log.lines] == [
        "WARNING: odd",
        "Kernel panic - not syncing: bad 3",
    ]
