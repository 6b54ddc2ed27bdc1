"""The prequeue: a task that waits in recv() processes its segments itself, into its own buffer.

Linux: include/net/tcp.h (tcp_prequeue), net/ipv4/tcp.c (tcp_prequeue_process, tcp_recvmsg),
tcp_input.c (tcp_copy_to_iovec), tcp_timer.c. Linux had it until 4.13.

    tcp_prequeue             softirq: somebody waits; leave the segment for it and wake it
    tcp_prequeue_process     that task: process what was left
    tcp_copy_to_iovec        deeper down, if it is that task: the data goes where it asked for it, and
                             never to the receive queue
    tcp_prequeue_failed      the delayed ACK is due and the task did not come: do it without it

The same copying serves the backlog, when the task that waits is the one who works it off.
net.ipv4.tcp_low_latency=1 turns all of it off. What the counters say: TCPPrequeued, how often a task
worked a prequeue off; TCPPrequeueDropped, segments of one that had outgrown the receive buffer and
were processed at once; TCPDirectCopyFrom*, bytes.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.poll as poll
import softnet.uapi.snmp as snmp
from softnet.kernel.sched import current, wake_up_process
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.kernel.wait import wake_up_interruptible_sync_poll
from softnet.net.core.datagram import skb_copy_datagram_iovec
from softnet.net.ipv4.inet_connection_sock import inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_rcvbuf import tcp_rcv_space_adjust
from softnet.net.ipv4.tcp_rtt import tcp_rto_min
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock
from softnet.structs.tcp_ucopy import TcpUcopy

POLL_READ = poll.POLLIN | poll.POLLRDNORM | poll.POLLRDBAND


def tcp_prequeue(tp: TcpSock, skb: SkBuff) -> bool:
    """Leave skb for the task that waits; False if none does: skb is the caller's. Softirq.

    The first one wakes the task. It had better come within three quarters of the least RTO.
    """
    ucopy = tp.ucopy
    if ucopy is None or ucopy.task is None or tp.sysctl.low_latency:
        return False
    assert not tp.owned
    ucopy.prequeue.queue_tail(skb)
    ucopy.memory += skb.truesize
    if ucopy.memory > tp.sk_rcvbuf:
        dropped = tcp_prequeue_drain(tp, ucopy)
        tp.sk_net.mib.net.add(snmp.LINUX_MIB_TCPPREQUEUEDROPPED, dropped)
    elif ucopy.prequeue.qlen == 1:
        if tp.sk_wq is not None:
            wake_up_interruptible_sync_poll(tp.sk_wq, POLL_READ)
        if not tp.icsk_ack_pending & const.ICSK_ACK_SCHED:
            inet_csk_reset_xmit_timer(
                tp, const.ICSK_TIME_DACK, 3 * tcp_rto_min(tp) // 4, const.TCP_RTO_MAX
            )
    return True


def tcp_prequeue_process(tp: TcpSock, ucopy: TcpUcopy) -> None:
    """Process what was left. Task context, tp is owned."""
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPPREQUEUED)
    local_bh_disable()
    try:
        tcp_prequeue_drain(tp, ucopy)
    finally:
        local_bh_enable()


def tcp_prequeue_drain(tp: TcpSock, ucopy: TcpUcopy) -> int:
    """Process all segments of the prequeue, in order; how many. The socket is locked."""
    n = 0
    while True:
        skb = ucopy.prequeue.dequeue()
        if skb is None:
            ucopy.memory = 0
            return n
        n += 1
        tp.sk_prot.backlog_rcv(tp, skb)


def tcp_prequeue_failed(tp: TcpSock, ucopy: TcpUcopy) -> None:
    """The delayed ACK is due, and the task, woken long ago, did not run. tp is not owned. Softirq."""
    if ucopy.prequeue.first is not None:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPSCHEDULERFAILED)
        tcp_prequeue_drain(tp, ucopy)
    if ucopy.task is None:
        tp.ucopy = None


def tcp_ucopy_room(tp: TcpSock) -> int:
    """How many bytes of the segment that is being processed may go straight to the reader; often 0.

    Only if the task that waits for them is the one that runs, and has read all before them.
    """
    ucopy = tp.ucopy
    if (
        ucopy is None
        or not tp.owned
        or tp.copied_seq != tp.rcv_nxt
        or tp.urg_data
        or ucopy.task is None
        or ucopy.task is not current()
    ):
        return 0
    return ucopy.len


def tcp_copy_to_iovec(tp: TcpSock, skb: SkBuff, offset: int, chunk: int) -> bool:
    """Give the reader chunk bytes of skb, which has them at offset; False if its buffer is bad.

    It may be on its way to sleep, in release_sock(): then it shall not.
    """
    ucopy = tp.ucopy
    assert ucopy is not None
    assert ucopy.task is not None
    wake_up_process(ucopy.task)
    if skb_copy_datagram_iovec(skb, offset, ucopy.msg, chunk):
        return False
    ucopy.len -= chunk
    tp.copied_seq = mem.u32(tp.copied_seq + chunk)
    tcp_rcv_space_adjust(tp)
    return True
