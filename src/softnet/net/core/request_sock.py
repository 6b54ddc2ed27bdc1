"""The queues of a listener: embryos that wait for an ACK, and connections that wait for accept().

Linux: net/core/request_sock.c, include/net/request_sock.h

A RequestSock is in the SYN table (reqsk_queue_hash_req) until its handshake is done, then in the
accept queue (reqsk_queue_add) until accept() takes its socket. The SYN table is bounded by
1 << max_qlen_log, the accept queue by the listen() backlog. Who hashes is inet_connection_sock.
"""

from __future__ import annotations

from softnet.structs.request_sock import (
    InetRequestSock,
    ListenSock,
    RequestSock,
    RequestSockQueue,
)
from softnet.structs.sock import Sock

QLEN_MIN = 8  # entries: the least SYN backlog
QLEN_LOG_MIN = 3


def reqsk_queue_alloc(
    queue: RequestSockQueue, nr_table_entries: int, max_syn_backlog: int, hash_rnd: int
) -> None:
    """Make the SYN table of a new listener: a power of two above the lesser of both numbers."""
    n = max(min(nr_table_entries, max_syn_backlog), QLEN_MIN)
    n = 1 << n.bit_length()  # roundup_pow_of_two(n + 1)
    max_qlen_log = QLEN_LOG_MIN
    while 1 << max_qlen_log < n:
        max_qlen_log += 1
    queue.rskq_accept_head = None
    queue.rskq_accept_tail = None
    queue.listen_opt = ListenSock(n, max_qlen_log, hash_rnd)


def reqsk_queue_destroy(queue: RequestSockQueue) -> None:
    """The listener closes: free every embryo. The accept queue must be empty by now."""
    lopt = queue.listen_opt
    if lopt is None:
        return
    queue.listen_opt = None
    for i in range(lopt.nr_table_entries):
        req = lopt.syn_table[i]
        lopt.syn_table[i] = None
        while req is not None:
            nxt = req.dl_next
            req.dl_next = None
            lopt.qlen -= 1
            reqsk_free(req)
            req = nxt
    assert lopt.qlen == 0


def reqsk_free(req: RequestSock) -> None:
    """Give back what req holds. Its socket, if any, is no longer its own."""
    req.rsk_ops.destructor(req)
    req.sk = None


def reqsk_queue_is_full(queue: RequestSockQueue) -> bool:
    """Has the SYN table reached its bound?"""
    lopt = queue.listen_opt
    return lopt is not None and lopt.qlen >> lopt.max_qlen_log != 0


def reqsk_queue_len(queue: RequestSockQueue) -> int:
    """How many embryos wait."""
    lopt = queue.listen_opt
    return 0 if lopt is None else lopt.qlen


def reqsk_queue_len_young(queue: RequestSockQueue) -> int:
    """How many of them had no SYN-ACK timeout yet."""
    lopt = queue.listen_opt
    return 0 if lopt is None else lopt.qlen_young


def reqsk_queue_hash_req(
    queue: RequestSockQueue, slot: int, req: InetRequestSock, expires: int
) -> int:
    """Put req into chain slot; its SYN-ACK is due again at expires (jiffies).

    The number of embryos before: 0 tells the caller to start the SYN-ACK timer.
    """
    lopt = queue.listen_opt
    assert lopt is not None
    req.expires = expires
    req.retrans = 0
    req.sk = None
    req.slot = slot
    req.dl_next = lopt.syn_table[slot]
    lopt.syn_table[slot] = req
    before = lopt.qlen
    lopt.qlen += 1
    lopt.qlen_young += 1
    return before


def reqsk_queue_unlink(
    queue: RequestSockQueue, req: InetRequestSock, prev: RequestSock | None
) -> None:
    """Take req, which follows prev (None: first), out of its chain."""
    lopt = queue.listen_opt
    assert lopt is not None
    if prev is None:
        assert lopt.syn_table[req.slot] is req
        lopt.syn_table[req.slot] = req.dl_next
    else:
        assert prev.dl_next is req
        prev.dl_next = req.dl_next
    req.dl_next = None


def reqsk_queue_removed(queue: RequestSockQueue, req: RequestSock) -> int:
    """Count req, just unlinked, out; how many are left."""
    lopt = queue.listen_opt
    assert lopt is not None
    if req.retrans == 0:
        lopt.qlen_young -= 1
    lopt.qlen -= 1
    assert lopt.qlen >= 0
    assert lopt.qlen_young >= 0
    return lopt.qlen


def reqsk_queue_add(queue: RequestSockQueue, req: RequestSock, parent: Sock, child: Sock) -> None:
    """The handshake is done: queue req with its new socket for accept()."""
    req.sk = child
    req.dl_next = None
    parent.sk_ack_backlog += 1
    tail = queue.rskq_accept_tail
    if tail is None:
        queue.rskq_accept_head = req
    else:
        tail.dl_next = req
    queue.rskq_accept_tail = req


def reqsk_queue_get_child(queue: RequestSockQueue, parent: Sock) -> Sock:
    """The socket that waited longest; the queue must not be empty."""
    req = queue.rskq_accept_head
    assert req is not None
    child = req.sk
    assert child is not None
    queue.rskq_accept_head = req.dl_next
    if req.dl_next is None:
        queue.rskq_accept_tail = None
    req.dl_next = None
    assert parent.sk_ack_backlog > 0
    parent.sk_ack_backlog -= 1
    reqsk_free(req)
    return child


def reqsk_queue_yank_acceptq(queue: RequestSockQueue) -> RequestSock | None:
    """Take the whole accept queue away, linked by dl_next."""
    req = queue.rskq_accept_head
    queue.rskq_accept_head = None
    queue.rskq_accept_tail = None
    return req
