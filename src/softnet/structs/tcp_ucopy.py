"""What a task that waits in tcp_recvmsg() leaves at its socket: where received data may go at once.

Linux: the member ucopy of struct tcp_sock (include/linux/tcp.h, up to 4.13). net/ipv4/tcp_prequeue
works with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softnet.structs.sock import new_skb_head

if TYPE_CHECKING:
    from softnet.kernel.sched import Task
    from softnet.structs.skbuff import SkBuffHead
    from softnet.structs.socket import MsgHdr


class TcpUcopy:
    """struct ucopy. A socket has one only while a task waits, or while the prequeue holds something."""

    __slots__ = ("task", "msg", "len", "memory", "prequeue")

    task: Task | None  # who waits; None: it was killed meanwhile
    msg: MsgHdr  # its buffer
    len: int  # bytes that the buffer still has room for
    memory: int  # truesize of the prequeue
    prequeue: SkBuffHead  # segments as they came, for the task to process

    def __init__(self, task: Task, msg: MsgHdr) -> None:
        init_tcp_ucopy(self, task, msg)


def new_tcp_ucopy(task: Task, msg: MsgHdr) -> TcpUcopy:
    """TcpUcopy(task, msg), without a call of Python's when compiled."""
    ucopy = TcpUcopy.__new__(TcpUcopy)
    init_tcp_ucopy(ucopy, task, msg)
    return ucopy


def init_tcp_ucopy(ucopy: TcpUcopy, task: Task, msg: MsgHdr) -> None:
    """What TcpUcopy.__init__() does."""
    ucopy.task = task
    ucopy.msg = msg
    ucopy.len = 0
    ucopy.memory = 0
    ucopy.prequeue = new_skb_head()
