"""TCP small queues, Linux 3.6: a bound on what one socket has below TCP.

Linux: net/ipv4/tcp_output.c (tcp_wfree, tcp_tasklet_func, tcp_release_cb).

Without it a connection puts its whole congestion window into the queue of its device: every other
flow waits behind it, and so do its own retransmissions. With net.ipv4.tcp_limit_output_bytes set (Linux:
131072; here 0, off) tcp_write_xmit() stops when that many bytes of the socket (sk_wmem_alloc, overhead
included) are in qdiscs and devices, and says so in tsq_flags. When one of them is freed, its destructor
has a tasklet go on sending; or, if a task owns the socket then, release_sock() does.

Segments keep their owner until the device is done with them: a driver that lets go of it early
(loopback, tun) is never what throttles.
"""

from __future__ import annotations

import softnet.arch.const as const
from softnet.kernel.softirq import Tasklet, tasklet_schedule
from softnet.net.core.sock import bh_lock_sock, bh_unlock_sock, sock_hold, sock_put
from softnet.net.core.sock_mem import sock_wfree
from softnet.structs.skbuff import SkbDestructor, SkBuff
from softnet.structs.tcp import TcpSock


class TcpWfree(SkbDestructor):
    """tcp_wfree(): sock_wfree(), and the socket may go on if it was stopped."""

    __slots__ = ()

    def destruct(self, skb: SkBuff) -> None:
        tp = skb.sk
        assert isinstance(tp, TcpSock)
        if tp.tsq_flags & (const.TSQ_THROTTLED | const.TSQ_QUEUED) != const.TSQ_THROTTLED:
            sock_wfree.destruct(skb)
            return
        tp.tsq_flags = tp.tsq_flags & ~const.TSQ_THROTTLED | const.TSQ_QUEUED
        sock_hold(tp)  # for the tasklet
        sock_wfree.destruct(skb)
        tsq_tasklet(tp).add(tp)


class TsqTasklet(Tasklet):
    """struct tsq_tasklet: the sockets that may go on. One a namespace."""

    __slots__ = ("socks",)

    socks: list[TcpSock]

    def __init__(self) -> None:
        Tasklet.__init__(self)
        self.socks = []

    def add(self, tp: TcpSock) -> None:
        """Let tp, held, go on in a softirq."""
        self.socks.append(tp)
        tasklet_schedule(self)

    def func(self) -> None:
        """tcp_tasklet_func()"""
        socks = self.socks
        self.socks = []
        for tp in socks:
            tsq_go_on(tp)


def tsq_go_on(tp: TcpSock) -> None:
    """Send what waited, or leave it to the owner. Puts tp."""
    bh_lock_sock(tp)
    tp.tsq_flags = tp.tsq_flags & ~const.TSQ_QUEUED | const.TSQ_DEFERRED
    if tp.owned:
        tp.sk_deferred = True
    else:
        tp.sk_prot.release_cb(tp)
    bh_unlock_sock(tp)
    sock_put(tp)


def tsq_tasklet(tp: TcpSock) -> TsqTasklet:
    """The tasklet of tp's namespace."""
    tasklet = tp.sysctl.tsq
    if tasklet is None:
        tasklet = tp.sysctl.tsq = TsqTasklet()
    assert isinstance(tasklet, TsqTasklet)
    return tasklet


def tcp_own_skb(tp: TcpSock, skb: SkBuff) -> None:
    """skb, charged to tp, is to keep its owner down to the device, and to tell when it goes."""
    skb.destructor = tcp_wfree
    skb.shinfo.tx_flags |= const.SKBTX_DRV_NEEDS_SK_REF


tcp_wfree = TcpWfree()
