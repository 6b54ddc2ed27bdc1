"""Pacing: SO_MAX_PACING_RATE, and TCP's own timer."""

from __future__ import annotations

import errno

import pytest

from softnet.arch import const
from softnet.kernel.hrtimer import hrtimer_start_relative
from softnet.net.ipv4.tcp_pacing import (
    tcp_pacing_rate,
    tcp_tso_autosize,
    tcp_update_pacing_rate,
)
from softnet.structs.tcp import TcpSock
from softnet.syscalls import sys_close, sys_sendto, sys_setsockopt
from softnet.uapi.socket import SO_MAX_PACING_RATE, SOL_SOCKET
from softnet.uapi.tcp import TCP_CLOSE
from tests.kit.errors import os_error
from tests.kit.tcp_pair import TcpPair, open_connection, receive_all
from tests.kit.tcp_peer import Dut, Peer

MS = 1_000_000
MSS = 1000
SEGMENT = MSS + 40  # with headers
ERA = "3.2+SO_MAX_PACING_RATE"


@pytest.fixture
def dut() -> Dut:
    return Dut(era=ERA)


def paced(dut: Dut, rate: int, segments: int) -> tuple[TcpSock, Peer, int]:
    """A connection with that SO_MAX_PACING_RATE (bytes/s) that has so much to say."""
    dut.pass_time(1)
    conn, peer = dut.accepted(mss=MSS, sack=True)
    dut.setopt(conn, SOL_SOCKET, SO_MAX_PACING_RATE, rate)
    dut.write(conn, bytes(MSS * segments))
    return dut.sock(conn), peer, conn


def test_3_2_does_not_know_it() -> None:
    dut = Dut()
    conn, _ = dut.accepted()
    with os_error(errno.ENOPROTOOPT):
        dut.setopt(conn, SOL_SOCKET, SO_MAX_PACING_RATE, 1000)
    with os_error(errno.ENOPROTOOPT):
        dut.getopt(conn, SOL_SOCKET, SO_MAX_PACING_RATE)
    assert dut.sock(conn).sk_pacing_status == const.SK_PACING_NONE


@pytest.mark.parametrize("era", ["3.13", "4.9", ERA])
def test_an_era_that_does(era: str) -> None:
    dut = Dut(era=era)
    conn, _ = dut.accepted()
    assert dut.getopt(conn, SOL_SOCKET, SO_MAX_PACING_RATE) == -1  # no limit
    dut.setopt(conn, SOL_SOCKET, SO_MAX_PACING_RATE, 5000)
    assert dut.getopt(conn, SOL_SOCKET, SO_MAX_PACING_RATE) == 5000


def test_segments_leave_at_the_rate(dut: Dut) -> None:
    _, peer, _ = paced(dut, 100 * SEGMENT, 6)
    sent = []
    for _ in range(6):
        sent.append(len(peer.take()))
        dut.pass_time(0.01)
    assert sent == [1, 1, 1, 1, 1, 1]


def test_acks_do_not_bring_more(dut: Dut) -> None:
    tp, peer, _ = paced(dut, 100 * SEGMENT, 6)
    peer.take()
    peer.send(".", 1, ack=1 + MSS)
    assert peer.take() == []
    assert tp.pacing_timer is not None
    assert tp.pacing_timer.pending
    assert tp.icsk_pending == 0  # a window probe would be wrong: the window is open


def test_a_retransmission_is_paced_too(dut: Dut) -> None:
    tp, peer, _ = paced(dut, 100 * SEGMENT, 6)
    dut.pass_time(0.1)
    assert len(peer.take()) == 6
    blocks = ((1 + 2 * MSS, 1 + 6 * MSS),)
    peer.send(".", 1, ack=1, sack=blocks)
    assert [s.seq for s in peer.take()] == [1]
    peer.send(".", 1, ack=1 + MSS, sack=blocks)
    assert peer.take() == []
    dut.pass_time(0.01)
    assert [s.seq for s in peer.take()] == [1 + MSS]
    assert tp.retrans_out == 1


def test_the_rate_follows_cwnd_and_round_trip(dut: Dut) -> None:
    tp, _, _ = paced(dut, 1 << 30, 1)
    tp.srtt = 100 << 3
    tp.snd_cwnd, tp.snd_ssthresh, tp.mss_cache = 20, 100, MSS
    tcp_update_pacing_rate(tp)
    assert tp.sk_pacing_rate == 2 * 20 * MSS * 10  # slow start: twice
    tp.snd_ssthresh = 10
    tcp_update_pacing_rate(tp)
    assert tp.sk_pacing_rate == 20 * MSS * 12
    dut.sysctl("pacing_ca_ratio", 200)
    tcp_update_pacing_rate(tp)
    assert tp.sk_pacing_rate == 2 * 20 * MSS * 10
    tp.sk_max_pacing_rate = 5000
    assert tcp_pacing_rate(tp) == 5000


def test_super_packets_are_a_millisecond_long(dut: Dut) -> None:
    tp, _, _ = paced(dut, 1 << 30, 1)
    tp.sk_gso_max_size = 65536
    for rate, segs in ((1 << 30, 65), (10 << 20, 10), (1 << 20, 2), (1 << 10, 2)):
        tp.sk_pacing_rate = rate
        assert tcp_tso_autosize(tp, MSS) == segs


def test_without_a_limit_nothing_is_held(dut: Dut) -> None:
    tp, peer, _ = paced(dut, -1, 6)
    assert tp.sk_pacing_status == const.SK_PACING_NONE
    assert len(peer.take()) == 6


def test_a_child_has_its_listeners_rate(dut: Dut) -> None:
    listener = dut.listen()
    dut.setopt(listener, SOL_SOCKET, SO_MAX_PACING_RATE, 7000)
    dut.peer().handshake()
    conn = dut.accept(listener)
    assert dut.getopt(conn, SOL_SOCKET, SO_MAX_PACING_RATE) == 7000
    assert dut.sock(conn).sk_pacing_status == const.SK_PACING_NEEDED


def test_a_socket_that_a_task_owns_is_left_alone(dut: Dut) -> None:
    tp, peer, _ = paced(dut, 100 * SEGMENT, 6)
    peer.take()
    tp.owned = True
    dut.pass_time(0.015)
    assert peer.take() == []
    tp.owned = False
    dut.pass_time(0.001)
    assert len(peer.take()) == 1


def test_the_end_of_a_connection_stops_it(dut: Dut) -> None:
    tp, peer, conn = paced(dut, 100 * SEGMENT, 6)
    timer = tp.pacing_timer
    assert timer is not None
    dut.inside(hrtimer_start_relative, timer, 10**9)
    refs = tp.sk_refcnt
    peer.send("R", 1)
    assert tp.sk_state == TCP_CLOSE
    assert not timer.pending
    assert tp.sk_refcnt < refs
    dut.shut(conn)
    dut.pass_time(2)
    assert tp.sk_refcnt == 0
    assert tp.pacing_timer is None


def send_paced(address: int, rate: int, size: int) -> None:
    """Connect, set the rate, send, close."""
    fd = open_connection(address)
    sys_setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, rate.to_bytes(4, "little"))
    assert sys_sendto(fd, bytes(size), 0, None) == size
    sys_close(fd)


def test_a_transfer_with_losses() -> None:
    """Judged after every event; the rate is what was asked for, and never more."""
    with TcpPair(seed=3, delay=10 * MS, loss=0.01, era=ERA) as pair:
        server = pair.b.host.spawn(receive_all)
        client = pair.a.host.spawn(send_paced, pair.b.address, 50_000, 60_000)
        pair.run(60, server.finished)
        assert len(server.result()) == 60_000
        client.result()
        assert 1.2 < pair.world.clock.now / 1e9 < 1.6
        assert pair.a.tcp("RETRANSSEGS") > 0
