"""TCP's long waits, to the millisecond, as 3.2's constants make them."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from softnet.syscalls import sys_close, sys_recvfrom
from softnet.uapi.socket import SHUT_WR, SO_KEEPALIVE, SOL_SOCKET
from softnet.uapi.tcp import TCP_CLOSE, TCP_FIN_WAIT2
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut, Peer, dut

__all__ = ["dut"]


def when(dut: Dut, happens: Callable[[], object], within_s: float) -> int:
    """The milliseconds until it happens."""
    world = dut.host.world
    start = world.clock.now
    reason = world.run(start + round(within_s * 1e9), happens)
    assert reason == "predicate", f"it did not happen within {within_s} s"
    return round((world.clock.now - start) / 1e6)


def departures(dut: Dut, peer: Peer, count: int, within_s: float) -> list[int]:
    """When the next count segments leave, ms from now."""
    times: list[int] = []
    begin = dut.now_ms()
    for _ in range(count):
        when(dut, lambda: peer.take(), within_s)
        times.append(dut.now_ms() - begin)
    return times


def test_syn_at_0_1_3_7_15_31_and_the_end_at_63_seconds(dut: Dut) -> None:
    """tcp_syn_retries = 5: timeouts of 1, 2, 4, 8, 16 and 32 s."""
    fd = dut.socket()
    task = dut.connect(fd)
    peer = dut.peer(80)
    peer.sport, peer.dport = 80, 0
    begin = dut.now_ms()
    times = [0, *departures(dut, peer, 5, 60)] if peer.take() else []
    assert times == [0, 1000, 3000, 7000, 15000, 31000]
    when(dut, task.finished, 60)
    assert dut.now_ms() - begin == 63_000
    with os_error(errno.ETIMEDOUT):
        task.result()


def test_retries2_is_924_6_seconds(dut: Dut) -> None:
    """The doublings of an RTO of 201 ms up to 120 s; the first that ends 924.6 s or more after the first
    retransmission, the sixteenth, is the last."""
    dut.pass_time(1)  # a SYN of jiffy 0 has no round trip
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    dut.write(conn, b"x")
    peer.take()
    assert sk.icsk_rto == 201
    begin = dut.now_ms()
    times = departures(dut, peer, 15, 200)
    assert times == [201 * (2**n - 1) for n in range(1, 11)] + [
        201 * 1023 + 120_000 * n for n in range(1, 6)
    ]
    assert times[-1] - times[0] < 924_600
    when(dut, lambda: sk.sk_state == TCP_CLOSE, 200)
    ended = dut.now_ms() - begin
    assert ended == 201 * 1023 + 120_000 * 6
    assert ended - times[0] >= 924_600


def test_keepalive_after_7200_s_every_75_s_nine_times(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    dut.setopt(conn, SOL_SOCKET, SO_KEEPALIVE, 1)
    peer.take()
    task = dut.start(sys_recvfrom, conn, 1, 0)
    begin = dut.now_ms()
    times = departures(dut, peer, 9, 7300)
    assert times == [7_200_000 + 75_000 * n for n in range(9)]
    when(dut, task.finished, 100)
    assert dut.now_ms() - begin == 7_200_000 + 9 * 75_000
    assert sk.sk_state == TCP_CLOSE
    with os_error(errno.ETIMEDOUT):
        task.result()


def closed_by_us(dut: Dut, port: int) -> None:
    """A connection in TIME_WAIT."""
    conn, peer = dut.accepted(port)
    dut.shut(conn)
    peer.expect("F.", seq=1, ack=1)
    peer.send("F.", 1, ack=2)
    peer.expect(".", seq=2, ack=2)


def test_time_wait_lasts_60_seconds(dut: Dut) -> None:
    row = dut.net.ipv4.tcp_death_row
    closed_by_us(dut, 80)
    assert row.tw_count == 1
    assert when(dut, lambda: row.tw_count == 0, 100) == 60_000


def test_time_wait_of_a_second_one_ends_with_the_slot_of_the_first(dut: Dut) -> None:
    """The wheel has slots of 7.5 s."""
    row = dut.net.ipv4.tcp_death_row
    closed_by_us(dut, 80)
    dut.pass_time(1)
    closed_by_us(dut, 81)
    assert row.tw_count == 2
    assert when(dut, lambda: row.tw_count == 0, 100) == 59_000


@pytest.mark.parametrize(("timeout", "lasts"), [(60, 60_000), (30, 30_000), (90, 60_000)])
def test_fin_wait2_of_an_orphan(dut: Dut, timeout: int, lasts: int) -> None:
    """A mini-socket's slot is 7.5 s wide.

    Of 90 s the 30 beyond TCP_TIMEWAIT_LEN pass as a full socket; the mini-socket is then given
    the same 30 again, not 60.
    """
    dut.sysctl("fin_timeout", timeout)
    hinfo, row = dut.net.ipv4.tcp_hashinfo, dut.net.ipv4.tcp_death_row
    conn, peer = dut.accepted()
    dut.call_shutdown(conn, SHUT_WR)
    peer.expect("F.", seq=1, ack=1)
    peer.send(".", 1, ack=2)
    assert dut.sock(conn).sk_state == TCP_FIN_WAIT2
    dut.call(sys_close, conn)
    took = when(dut, lambda: row.tw_count == 0 and hinfo.ehash_count == 0, 200)
    assert lasts <= took <= lasts + 7_500
