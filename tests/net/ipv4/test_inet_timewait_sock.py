"""The two wheels that end mini-sockets."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.inet_timewait_sock import (
    InetTimewaitDeathRow,
    inet_twdr_hangman,
    inet_twsk_deschedule,
    inet_twsk_purge,
    inet_twsk_schedule,
)
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from tests.kit.tcp_peer import Dut

MINUTE = 60_000


@pytest.fixture
def row(dut: Dut) -> InetTimewaitDeathRow:
    found = dut.net.ipv4.tcp_death_row
    assert isinstance(found, InetTimewaitDeathRow)
    return found


def schedule(dut: Dut, row: InetTimewaitDeathRow, timeo: int) -> InetTimewaitSock:
    tw = InetTimewaitSock(dut.net)
    dut.net.ipv4.tcp_hashinfo.tw_count += 0
    dut.inside(inet_twsk_schedule, tw, row, timeo, MINUTE)
    return tw


@pytest.mark.parametrize("timeo", [100, 1000, 3000, 5000, 20_000, MINUTE])
def test_not_before_and_not_long_after(dut: Dut, row: InetTimewaitDeathRow, timeo: int) -> None:
    schedule(dut, row, timeo)
    slack = 128 if timeo < 4000 else 7500
    if timeo == MINUTE:
        dut.pass_time((timeo - 7500) / 1000)
    else:
        dut.pass_time(max(timeo - slack, 0) / 1000)
    assert row.tw_count == 1
    dut.pass_time((2 * slack + 7500) / 1000)
    assert row.tw_count == 0


def test_rescheduling_counts_once(dut: Dut, row: InetTimewaitDeathRow) -> None:
    tw = schedule(dut, row, MINUTE)
    dut.inside(inet_twsk_schedule, tw, row, MINUTE, MINUTE)
    assert row.tw_count == 1
    dut.inside(inet_twsk_deschedule, tw, row)
    assert row.tw_count == 0


def test_short_and_long_ones_side_by_side(dut: Dut, row: InetTimewaitDeathRow) -> None:
    for timeo in (500, MINUTE, 2000, 30_000):
        schedule(dut, row, timeo)
    dut.pass_time(1)
    assert row.tw_count == 3
    dut.pass_time(2)
    assert row.tw_count == 2
    dut.pass_time(70)
    assert row.tw_count == 0


def test_more_than_a_turn_s_quota(dut: Dut, row: InetTimewaitDeathRow) -> None:
    """100 in the softirq, the rest by a work item."""
    for _ in range(350):
        schedule(dut, row, MINUTE)
    dut.pass_time(70)
    assert row.tw_count == 0
    assert dut.ext("TIMEWAITED") == 350


def test_one_turn_kills_a_quota(dut: Dut, row: InetTimewaitDeathRow) -> None:
    for _ in range(250):
        schedule(dut, row, MINUTE)
    while dut.ext("TIMEWAITED") == 0:
        dut.inside(inet_twdr_hangman, row)
    assert [dut.ext("TIMEWAITED"), row.tw_count] == [100, 150]
    dut.pass_time(0)
    assert [dut.ext("TIMEWAITED"), row.tw_count] == [250, 0]


def test_purge(dut: Dut, row: InetTimewaitDeathRow) -> None:
    for timeo in (500, MINUTE):
        schedule(dut, row, timeo)
    dut.inside(inet_twsk_purge, row)
    assert row.tw_count == 0
    assert not any(row.slots)
