"""The queues of a listener, without a network."""

from __future__ import annotations

import pytest

from softnet.net.core.request_sock import (
    reqsk_queue_add,
    reqsk_queue_alloc,
    reqsk_queue_destroy,
    reqsk_queue_get_child,
    reqsk_queue_hash_req,
    reqsk_queue_is_full,
    reqsk_queue_len,
    reqsk_queue_len_young,
    reqsk_queue_removed,
    reqsk_queue_unlink,
    reqsk_queue_yank_acceptq,
)
from softnet.structs.request_sock import (
    RequestSock,
    RequestSockOps,
    RequestSockQueue,
    TcpRequestSock,
)
from tests.kit.tcp_peer import Dut


class Ops(RequestSockOps):
    """Counts what is freed."""

    __slots__ = ("freed",)

    freed: int

    def __init__(self) -> None:
        RequestSockOps.__init__(self, 2)
        self.freed = 0

    def destructor(self, req: RequestSock) -> None:
        self.freed += 1


@pytest.fixture
def queue() -> RequestSockQueue:
    q = RequestSockQueue()
    reqsk_queue_alloc(q, 128, 256, 1)
    return q


@pytest.mark.parametrize(
    ("backlog", "max_syn", "entries"),
    [(1, 256, 16), (8, 256, 16), (15, 256, 16), (16, 256, 32), (128, 256, 256), (1024, 256, 512)],
)
def test_size_is_a_power_of_two_above_the_lesser(backlog: int, max_syn: int, entries: int) -> None:
    q = RequestSockQueue()
    reqsk_queue_alloc(q, backlog, max_syn, 1)
    assert q.listen_opt is not None
    assert q.listen_opt.nr_table_entries == entries
    assert 1 << q.listen_opt.max_qlen_log == entries


def test_hash_count_unlink(queue: RequestSockQueue) -> None:
    ops = Ops()
    a, b = TcpRequestSock(ops), TcpRequestSock(ops)
    assert reqsk_queue_hash_req(queue, 3, a, 1000) == 0  # the first: start the timer
    assert reqsk_queue_hash_req(queue, 3, b, 1000) == 1
    assert reqsk_queue_len(queue) == 2
    assert reqsk_queue_len_young(queue) == 2
    a.retrans = 1
    queue.listen_opt.qlen_young -= 1
    reqsk_queue_unlink(queue, a, b)  # a follows b
    assert reqsk_queue_removed(queue, a) == 1
    assert reqsk_queue_len_young(queue) == 1
    reqsk_queue_unlink(queue, b, None)
    assert reqsk_queue_removed(queue, b) == 0


def test_full_at_its_bound() -> None:
    q = RequestSockQueue()
    reqsk_queue_alloc(q, 8, 256, 1)
    for i in range(16):
        assert not reqsk_queue_is_full(q)
        reqsk_queue_hash_req(q, i, TcpRequestSock(Ops()), 0)
    assert reqsk_queue_is_full(q)


def test_destroy_frees_every_embryo(queue: RequestSockQueue) -> None:
    ops = Ops()
    for i in range(20):
        reqsk_queue_hash_req(queue, i % 4, TcpRequestSock(ops), 0)
    reqsk_queue_destroy(queue)
    assert ops.freed == 20
    assert reqsk_queue_len(queue) == 0
    reqsk_queue_destroy(queue)  # twice is harmless


def test_accept_queue_is_first_come_first_served(queue: RequestSockQueue) -> None:
    dut = Dut()
    parent = dut.sock(dut.socket())
    children = [dut.sock(dut.socket()) for _ in range(3)]
    ops = Ops()
    for child in children:
        reqsk_queue_add(queue, TcpRequestSock(ops), parent, child)
    assert parent.sk_ack_backlog == 3
    assert [reqsk_queue_get_child(queue, parent) for _ in children] == children
    assert parent.sk_ack_backlog == 0
    assert ops.freed == 3


def test_yank_takes_all_of_the_accept_queue(queue: RequestSockQueue) -> None:
    dut = Dut()
    parent = dut.sock(dut.socket())
    reqs = [TcpRequestSock(Ops()) for _ in range(2)]
    for req in reqs:
        reqsk_queue_add(queue, req, parent, parent)
    first = reqsk_queue_yank_acceptq(queue)
    assert first is reqs[0]
    assert first.dl_next is reqs[1]
    assert queue.rskq_accept_head is None
    assert queue.rskq_accept_tail is None
