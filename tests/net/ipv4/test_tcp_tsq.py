"""TCP small queues: throttled, told, going on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import softnet.arch.const as const
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.net.core.dev.queue import netif_stop_queue, netif_wake_queue
from softnet.net.core.sock import lock_sock, release_sock
from tests.kit.tcp_pair import TcpPair
from tests.kit.tcp_peer import Dut, Peer, dut

__all__ = ["dut"]

LIMIT = 4000  # bytes: two segments with their overhead


@contextmanager
def busy_device(dut: Dut) -> Iterator[None]:
    """What is sent in the block waits in the device's qdisc until its end."""
    netif_stop_queue(dut.w.dev)
    yield
    dut.inside(wake, dut)


def wake(dut: Dut) -> None:
    local_bh_disable()
    netif_wake_queue(dut.w.dev)
    local_bh_enable()


def connected(dut: Dut, limit: int = LIMIT) -> tuple[int, Peer]:
    conn, peer = dut.accepted(mss=1000)
    dut.sock(conn).sk_sndbuf = 100_000
    dut.sysctl("limit_output_bytes", limit)
    return conn, peer


def test_what_is_below_is_bounded_and_its_end_goes_on(dut: Dut) -> None:
    conn, peer = connected(dut)
    tp = dut.sock(conn)
    with busy_device(dut):
        dut.write(conn, bytes(10_000))
        assert tp.tsq_flags == const.TSQ_THROTTLED
        assert tp.packets_out == 2
        assert LIMIT <= tp.sk_wmem_alloc < LIMIT + 3000
        peer.silent()
    assert tp.tsq_flags == 0
    assert tp.sk_wmem_alloc == 1
    assert [seg.seq for seg in peer.take()] == list(range(1, 10_001, 1000))


def test_off_nothing_is_held_back(dut: Dut) -> None:
    conn, _ = connected(dut, 0)
    with busy_device(dut):
        dut.write(conn, bytes(10_000))
        assert dut.sock(conn).packets_out == 10
        assert dut.sock(conn).tsq_flags == 0


def test_an_owner_goes_on_when_it_lets_go(dut: Dut) -> None:
    conn, peer = connected(dut)
    tp = dut.sock(conn)

    def program() -> int:
        lock_sock(tp)
        wake(dut)
        assert tp.owned
        assert tp.tsq_flags == const.TSQ_DEFERRED
        sent = tp.packets_out
        release_sock(tp)
        return sent

    netif_stop_queue(dut.w.dev)
    dut.write(conn, bytes(6000))
    assert dut.call(program) == 2
    assert not tp.sk_deferred
    assert len(peer.take()) == 6


def test_a_limit_below_one_segment_lets_one_at_a_time(dut: Dut) -> None:
    conn, peer = connected(dut, 1)
    with busy_device(dut):
        dut.write(conn, bytes(3000))
        assert dut.sock(conn).packets_out == 1
    assert len(peer.take()) == 3


def test_a_closed_socket_sends_what_it_held_back(dut: Dut) -> None:
    conn, peer = connected(dut)
    with busy_device(dut):
        dut.write(conn, bytes(5000))
        dut.shut(conn)
    last = peer.take()[-1]
    assert (last.seq, last.flags) == (4001, "FP.")


@pytest.mark.parametrize("limit", [1, 131072])
def test_a_transfer_of_super_packets(limit: int) -> None:
    with TcpPair(seed=5, offload=True) as pair:
        for host in pair.hosts:
            host.sysctl("limit_output_bytes", limit)
        pair.transfer(300_000)
