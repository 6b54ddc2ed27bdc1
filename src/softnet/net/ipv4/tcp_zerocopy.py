"""SO_ZEROCOPY, Linux 4.14: word, on the error queue, of when sent memory may be used again.

Linux: net/core/skbuff.c (sock_zerocopy_*, msg_zerocopy_callback), Documentation/networking/msg_zerocopy.rst.

TCP refers to `bytes` instead of copying them, asked or not. What this adds is the answer: each
send(MSG_ZEROCOPY) of a socket with SO_ZEROCOPY has a number, from 0 on, and when the peer has
acknowledged its last byte, recvmsg(MSG_ERRQUEUE) gets ee_info and ee_data: from that number to that
number, all done. Calls that end one after another share an answer that was not read yet. Its ee_code is
SO_EE_CODE_ZEROCOPY_COPIED where bytes were copied after all: little ones, and memory that may change.

Off unless the host's era has SO_ZEROCOPY: kernel/era. Differs from Linux: memory counts as free when it is
acknowledged, though a device may hold a clone a moment longer; and SO_ZEROCOPY may be set in any
state, as since 5.0.
"""

from __future__ import annotations

from collections import deque

import softnet.arch.const as const
import softnet.arch.mem as mem
from softnet.net.core.skbuff import alloc_skb, kfree_skb
from softnet.net.core.sock import sk_error_queue, sock_kfree_s, sock_kmalloc
from softnet.structs.errqueue import SockExterr
from softnet.structs.skbuff import SkbDestructor, SkBuff
from softnet.structs.tcp import TcpSock
from softnet.uapi.errqueue import SO_EE_CODE_ZEROCOPY_COPIED, SO_EE_ORIGIN_ZEROCOPY

UARG_SIZE = (
    768  # bytes of optmem_max that a call takes until its answer is read: Linux's empty sk_buff
)


class ZerocopyQueue:
    """The calls of a socket that have no answer yet."""

    __slots__ = ("key", "pending")

    key: int  # the number of the next call; it wraps at 2^32
    pending: deque[
        tuple[int, int, int]
    ]  # the sequence number behind its last byte, its number, ee_code

    def __init__(self) -> None:
        self.key = 0
        self.pending = deque()


def tcp_zerocopy_alloc(tp: TcpSock) -> bool:
    """sock_zerocopy_alloc(): may one call more wait for its answer? The socket is owned."""
    if not sock_kmalloc(tp, UARG_SIZE):
        return False
    if tp.zerocopy is None:
        tp.zerocopy = ZerocopyQueue()
    return True


def tcp_zerocopy_sent(tp: TcpSock, sent: int, copied: bool) -> None:
    """The call is over; sent bytes were queued, or an error. copied: they were not referred to."""
    queue = tp.zerocopy
    assert isinstance(queue, ZerocopyQueue)
    if sent <= 0:
        sock_kfree_s(tp, UARG_SIZE)
        return
    code = SO_EE_CODE_ZEROCOPY_COPIED if copied else 0
    queue.pending.append((tp.write_seq, queue.key, code))
    queue.key = mem.u32(queue.key + 1)


def tcp_zerocopy_acked(tp: TcpSock) -> None:
    """snd_una advanced: answer the calls whose bytes lie below it."""
    queue = tp.zerocopy
    assert isinstance(queue, ZerocopyQueue)
    pending = queue.pending
    told = False
    while pending and not mem.after(pending[0][0], tp.snd_una):
        _, key, code = pending.popleft()
        tcp_zerocopy_answer(tp, key, code)
        told = True
    if told and not tp.sk_flags >> const.SOCK_DEAD & 1:
        tp.sk_error_report()


def tcp_zerocopy_answer(tp: TcpSock, key: int, code: int) -> None:
    """Put call key's answer on the error queue, or join it with the last one there."""
    errors = sk_error_queue(tp)
    last = errors.last
    if last is not None:
        before = last.cb
        assert isinstance(before, SockExterr)
        if (
            before.ee_origin == SO_EE_ORIGIN_ZEROCOPY
            and before.ee_code == code
            and mem.u32(before.ee_data + 1) == key
        ):
            before.ee_data = key
            sock_kfree_s(tp, UARG_SIZE)
            return
    serr = SockExterr(0, SO_EE_ORIGIN_ZEROCOPY)
    serr.ee_code = code
    serr.ee_info = key
    serr.ee_data = key
    skb = alloc_skb(0)
    skb.cb = serr
    skb.sk = tp
    skb.destructor = ZEROCOPY_FREE
    errors.queue_tail(skb)


class ZerocopyFree(SkbDestructor):
    """sock_ofree(): an answer was read."""

    __slots__ = ()

    def destruct(self, skb: SkBuff) -> None:
        sk = skb.sk
        assert isinstance(sk, TcpSock)
        sock_kfree_s(sk, UARG_SIZE)


def tcp_zerocopy_destroy(tp: TcpSock) -> None:
    """The socket goes: nobody will ask any more."""
    queue = tp.zerocopy
    assert isinstance(queue, ZerocopyQueue)
    for _ in queue.pending:
        sock_kfree_s(tp, UARG_SIZE)
    queue.pending.clear()
    errors = tp.sk_error_queue
    while errors is not None and errors.first is not None:
        kfree_skb(errors.dequeue())
    tp.zerocopy = None


ZEROCOPY_FREE = ZerocopyFree()
