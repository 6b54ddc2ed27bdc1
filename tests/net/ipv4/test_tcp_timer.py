"""Timers: retransmission, probes, delayed ACKs, keepalive, giving up. To the millisecond."""

from __future__ import annotations

import errno

import pytest

from softnet.net.ipv4.tcp_timer import tcp_orphan_retries
from softnet.structs.tcp import TcpSock
from softnet.uapi.socket import SO_KEEPALIVE, SOL_SOCKET
from softnet.uapi.tcp import (
    TCP_CLOSE,
    TCP_KEEPCNT,
    TCP_KEEPIDLE,
    TCP_KEEPINTVL,
    TCP_THIN_LINEAR_TIMEOUTS,
    TCP_USER_TIMEOUT,
)
from tests.kit.errors import os_error
from tests.kit.tcp_peer import SOL_TCP, Dut, Peer

MSS = 1000


def accepted(dut: Dut, **syn: object) -> tuple[TcpSock, Peer, int]:
    dut.pass_time(1)
    conn, peer = dut.accepted(mss=MSS, **syn)
    return dut.sock(conn), peer, conn


def sent_at(dut: Dut, peer: Peer, seconds: float, step: float = 0.001) -> list[int]:
    """ms from now at which the dut sent something."""
    start = dut.now_ms()
    seen = []
    while dut.now_ms() - start < seconds * 1000:
        dut.pass_time(step)
        seen += [dut.now_ms() - start for _ in peer.take()]
    return seen


def test_timeout_doubles(dut: Dut) -> None:
    sk, peer, conn = accepted(dut)
    assert sk.icsk_rto == 201  # one jiffy, and the least variance
    dut.write(conn, b"x")
    peer.take()
    assert sent_at(dut, peer, 7) == [201, 603, 1407, 3015, 6231]
    assert dut.ext("TCPTIMEOUTS") == 1


def test_924_6_seconds(dut: Dut) -> None:
    """tcp_retries2 = 15 stands for the time that 15 doublings from 200 ms take."""
    sk, peer, conn = accepted(dut)
    dut.write(conn, b"x")
    peer.take()
    times = sent_at(dut, peer, 1100, 0.1)
    assert len(times) == 15
    assert max(b - a for a, b in zip(times, times[1:], strict=False)) == 120_000
    assert sk.sk_state == TCP_CLOSE
    with os_error(errno.ETIMEDOUT):
        dut.read(conn)
    assert dut.ext("TCPABORTONTIMEOUT") == 1


def test_user_timeout(dut: Dut) -> None:
    sk, peer, conn = accepted(dut)
    dut.setopt(conn, SOL_TCP, TCP_USER_TIMEOUT, 5000)
    dut.write(conn, b"x")
    sent_at(dut, peer, 6.1, 0.01)
    assert sk.sk_state != TCP_CLOSE
    sent_at(dut, peer, 1, 0.01)
    assert sk.sk_state == TCP_CLOSE


@pytest.mark.parametrize(
    ("sysctl", "alive", "soft_error", "retries"),
    [
        (0, True, 0, 8),
        (0, False, 0, 0),
        (3, True, 0, 3),
        (3, False, 0, 3),
        (3, False, errno.EHOSTUNREACH, 0),
        (3, True, errno.EHOSTUNREACH, 3),
    ],
)
def test_how_often_an_orphan_tries(
    dut: Dut, sysctl: int, alive: bool, soft_error: int, retries: int
) -> None:
    sk, _, _ = accepted(dut)
    dut.sysctl("orphan_retries", sysctl)
    sk.sk_err_soft = soft_error
    assert tcp_orphan_retries(sk, alive) == retries


def test_hint_of_icmp_is_the_error(dut: Dut) -> None:
    sk, _, conn = accepted(dut)
    dut.sysctl("retries2", 3)
    dut.write(conn, b"x")
    sk.sk_err_soft = errno.EHOSTUNREACH
    dut.pass_time(20)
    with os_error(errno.EHOSTUNREACH):
        dut.read(conn)


def test_thin_stream_does_not_back_off_at_first(dut: Dut) -> None:
    sk, peer, conn = accepted(dut)
    dut.setopt(conn, SOL_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1)
    sk.snd_ssthresh = 10
    dut.write(conn, b"x")
    peer.take()
    assert sent_at(dut, peer, 2) == [201, 402, 603, 804, 1005, 1206, 1407, 1809]


def test_window_probes_back_off(dut: Dut) -> None:
    sk, peer, conn = accepted(dut)
    peer.send("P.", 1, ack=1, win=65535, data=b"x")
    peer.send("P.", 2, ack=1, win=0, data=b"x")
    dut.read(conn)
    peer.take()
    dut.write(conn, bytes(10))
    peer.silent()
    times = []
    for _ in range(4):
        start = dut.now_ms()
        while not (got := peer.take()):
            dut.pass_time(0.001)
        times.append(dut.now_ms() - start)
        assert got[0].seq == 0  # the last byte again, as a question
        assert len(got[0].data) == 0
        peer.send(".", 3, ack=1, win=0)
    assert times == [201, 402, 804, 1608]
    peer.send(".", 3, ack=1, win=100)
    peer.expect("P.", seq=1, len=10)
    assert sk.icsk_probes_out == 0


def test_probes_without_answer_end_the_connection(dut: Dut) -> None:
    sk, peer, conn = accepted(dut)
    dut.sysctl("retries2", 3)
    peer.send("P.", 1, ack=1, data=b"x")
    peer.send("P.", 2, ack=1, win=0, data=b"x")
    dut.read(conn)
    dut.write(conn, bytes(10))
    dut.pass_time(20)
    assert sk.sk_state == TCP_CLOSE
    with os_error(errno.ETIMEDOUT):
        dut.read(conn)


def test_an_answering_peer_may_keep_its_window_shut_for_ever(dut: Dut) -> None:
    sk, peer, conn = accepted(dut)
    dut.sysctl("retries2", 3)
    peer.send("P.", 1, ack=1, data=b"x")
    peer.send("P.", 2, ack=1, win=0, data=b"x")
    dut.read(conn)
    dut.write(conn, bytes(10))
    for _ in range(600):
        dut.pass_time(1)
        if peer.take():
            peer.send(".", 3, ack=1, win=0)
    assert sk.sk_state != TCP_CLOSE


def lone_segment(dut: Dut) -> tuple[TcpSock, Peer]:
    """A byte came; out of quickack, without a conversation."""
    sk, peer, _ = accepted(dut)
    sk.icsk_ack_quick = 0
    sk.icsk_ack_ato = 40
    sk.icsk_ack_lrcvtime = dut.now_ms()
    peer.send("P.", 1, ack=1, data=b"x")
    return sk, peer


def test_lone_segment_is_acknowledged_after_40_ms(dut: Dut) -> None:
    _, peer = lone_segment(dut)
    assert sent_at(dut, peer, 0.2) == [40]
    assert dut.ext("DELAYEDACKS") == 1


def test_a_delayed_ack_waits_for_the_owner(dut: Dut) -> None:
    """The timer comes again after 40 ms, and counts each time."""
    sk, peer = lone_segment(dut)
    sk.owned = True
    dut.pass_time(0.1)
    sk.owned = False
    assert dut.ext("DELAYEDACKLOCKED") == 2
    assert sent_at(dut, peer, 0.1) == [20]


def test_keepalive_asks_and_gives_up(dut: Dut) -> None:
    sk, peer, conn = accepted(dut)
    dut.setopt(conn, SOL_SOCKET, SO_KEEPALIVE, 1)
    dut.setopt(conn, SOL_TCP, TCP_KEEPIDLE, 10)
    dut.setopt(conn, SOL_TCP, TCP_KEEPINTVL, 3)
    dut.setopt(conn, SOL_TCP, TCP_KEEPCNT, 2)
    times = []
    start = dut.now_ms()
    while sk.sk_state != TCP_CLOSE and dut.now_ms() - start < 60_000:
        dut.pass_time(0.01)
        for seg in peer.take():
            times.append((dut.now_ms() - start, seg.flags, seg.seq))
    assert times == [
        (10_000, ".", 0),
        (13_000, ".", 0),
        (16_000, "R.", 1),
    ]
    with os_error(errno.ETIMEDOUT):
        dut.read(conn)


def test_keepalive_answered_goes_on(dut: Dut) -> None:
    sk, peer, conn = accepted(dut)
    dut.setopt(conn, SOL_SOCKET, SO_KEEPALIVE, 1)
    dut.setopt(conn, SOL_TCP, TCP_KEEPIDLE, 10)
    dut.setopt(conn, SOL_TCP, TCP_KEEPINTVL, 10)
    for _ in range(5):
        dut.pass_time(10.01)
        peer.expect(".", seq=0)
        peer.send(".", 1, ack=1)
    assert sk.icsk_probes_out == 0


def test_default_keepalive_is_two_hours(dut: Dut) -> None:
    _, peer, conn = accepted(dut)
    dut.setopt(conn, SOL_SOCKET, SO_KEEPALIVE, 1)
    dut.pass_time(7199.9)
    peer.silent()
    dut.pass_time(0.2)
    peer.expect(".", seq=0)


def test_orphan_gives_up_sooner(dut: Dut) -> None:
    """8 retries when the peer answered lately; a socket nobody owns is not worth more."""
    sk, peer, conn = accepted(dut)
    dut.write(conn, b"x")
    peer.take()
    dut.shut(conn)
    dut.pass_time(120)
    assert sk.sk_state == TCP_CLOSE
    assert dut.net.ipv4.tcp.accounts.orphan_count == 0


def test_too_many_orphans_are_reset(dut: Dut) -> None:
    dut.sysctl("max_orphans", 0)
    _, peer, conn = accepted(dut)
    dut.write(conn, b"x")
    peer.take()
    dut.shut(conn)
    assert "R" in peer.take()[-1].flags
    assert dut.ext("TCPABORTONMEMORY") == 1


def test_mtu_probing_after_a_black_hole(dut: Dut) -> None:
    """tcp_mtu_probing 1: after tcp_retries1 timeouts segments begin to shrink."""
    dut.sysctl("mtu_probing", 1)
    sk, peer, conn = accepted(dut)
    dut.write(conn, bytes(MSS))
    dut.pass_time(10)
    assert sk.icsk_mtup_enabled
    assert len(peer.take()[-1].data) == 512
