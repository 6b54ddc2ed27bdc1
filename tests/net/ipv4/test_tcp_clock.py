"""TCP's clocks, and PAWS's arithmetic."""

from __future__ import annotations

import pytest

from softnet.net.ipv4.tcp_clock import (
    get_seconds,
    tcp_paws_check,
    tcp_paws_reject,
    tcp_time_stamp,
)
from softnet.structs.tcp import TcpOptionsReceived
from tests.kit.tcp_peer import Dut

DAY = 86400


def stamps(recent: int, got: int, age: int = 0, now: int = 1) -> TcpOptionsReceived:
    opt = TcpOptionsReceived()
    opt.ts_recent = recent
    opt.rcv_tsval = got
    opt.ts_recent_stamp = now - age
    return opt


def test_clocks_are_the_virtual_time(dut: Dut) -> None:
    assert dut.inside(tcp_time_stamp) == 0
    assert dut.inside(get_seconds) == 1
    dut.pass_time(2.5)
    assert dut.inside(tcp_time_stamp) == 2500
    assert dut.inside(get_seconds) == 3


@pytest.mark.parametrize(
    ("recent", "got", "good"),
    [
        (100, 100, True),
        (100, 101, True),
        (100, 99, False),
        (0xFFFFFFFF, 5, True),  # around the wrap
        (5, 0xFFFFFFFF, False),
        (1, 0x80000000, True),
        (0, 0xFFFFFFFF, True),  # 0: the peer was booting
    ],
)
def test_older_or_not(dut: Dut, recent: int, got: int, good: bool) -> None:
    assert dut.inside(tcp_paws_check, stamps(recent, got), 0) is good


def test_a_little_slack(dut: Dut) -> None:
    assert dut.inside(tcp_paws_check, stamps(100, 99), 1)
    assert not dut.inside(tcp_paws_check, stamps(100, 98), 1)


def test_24_days_of_silence(dut: Dut) -> None:
    assert not dut.inside(tcp_paws_check, stamps(100, 5, age=24 * DAY - 1), 0)
    assert dut.inside(tcp_paws_check, stamps(100, 5, age=24 * DAY), 0)


def test_a_reset_is_believed_after_a_minute(dut: Dut) -> None:
    assert dut.inside(tcp_paws_reject, stamps(100, 5, age=59), True)
    assert not dut.inside(tcp_paws_reject, stamps(100, 5, age=60), True)
    assert dut.inside(tcp_paws_reject, stamps(100, 5, age=60), False)
