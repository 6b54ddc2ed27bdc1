"""struct inet_connection_sock: delayed acknowledgement's state and the accept queue's bound."""

from __future__ import annotations

import pytest

from softnet.structs.inet_connection_sock import InetBindBucket, icsk_queue
from softnet.structs.tcp import TcpSock
from tests.kit.tcp_peer import Dut


@pytest.fixture
def sk() -> TcpSock:
    dut = Dut()
    return dut.sock(dut.socket())


def test_accept_queue_takes_one_more_than_the_backlog(sk: TcpSock) -> None:
    sk.sk_max_ack_backlog = 2
    sk.sk_ack_backlog = 2
    assert not sk.accept_queue_is_full()
    sk.sk_ack_backlog = 3
    assert sk.accept_queue_is_full()


def test_ack_state(sk: TcpSock) -> None:
    sk.schedule_ack()
    assert sk.ack_scheduled()
    sk.icsk_ack_pingpong = True
    assert sk.in_pingpong_mode()
    sk.icsk_ack_quick = 3
    sk.ack_init()
    assert not sk.ack_scheduled()
    assert not sk.in_pingpong_mode()
    assert sk.icsk_ack_quick == 0


def test_queue_is_made_once(sk: TcpSock) -> None:
    assert sk.icsk_accept_queue is None
    queue = icsk_queue(sk)
    assert icsk_queue(sk) is queue


def test_bucket_begins_without_owners() -> None:
    tb = InetBindBucket(80)
    assert (tb.port, tb.num_owners, tb.owners, tb.tw_owners) == (80, 0, None, None)
