"""The pacing timer: a connection may send again.

Linux: tcp_pace_kick() in net/ipv4/tcp_output.c (4.13). The hrtimer fires in hardirq context, where no
socket may be touched: a tasklet does the work.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.kernel.hrtimer import Hrtimer, hrtimer_start_relative
from softnet.kernel.softirq import Tasklet, tasklet_schedule
from softnet.net.core.sock import bh_lock_sock, bh_unlock_sock, sk_mem_reclaim, sock_hold, sock_put
from softnet.net.ipv4.tcp_mss import tcp_current_mss
from softnet.net.ipv4.tcp_retransmit import tcp_xmit_retransmit_queue
from softnet.net.ipv4.tcp_write import tcp_push_frames
from softnet.structs.tcp import TcpSock

RETRY_OWNED_NS = 1_000_000  # the socket is owned by a task, look again then
SENDING = (
    1 << tcp.TCP_ESTABLISHED
    | 1 << tcp.TCP_FIN_WAIT1
    | 1 << tcp.TCP_CLOSING
    | 1 << tcp.TCP_CLOSE_WAIT
    | 1 << tcp.TCP_LAST_ACK
)


class TcpPacingTasklet(Tasklet):
    """The softirq half."""

    __slots__ = ("sk",)

    sk: TcpSock

    def __init__(self, sk: TcpSock) -> None:
        Tasklet.__init__(self)
        self.sk = sk

    def func(self) -> None:
        """tcp_tsq_handler()"""
        tcp_pacing_due(self.sk)


class TcpPacingTimer(Hrtimer):
    """tp.pacing_timer: while it is pending, or its tasklet is, it holds a reference to sk."""

    __slots__ = ("sk", "tasklet")

    sk: TcpSock
    tasklet: TcpPacingTasklet

    def __init__(self, sk: TcpSock) -> None:
        Hrtimer.__init__(self, sk.sk_net.machine)
        self.sk = sk
        self.tasklet = TcpPacingTasklet(sk)

    def hrtimer_function(self) -> int:
        """tcp_pace_kick()"""
        tasklet_schedule(self.tasklet)
        return const.HRTIMER_NORESTART


def tcp_pacing_start(tp: TcpSock) -> None:
    """Pace tp from now on."""
    tp.sk_pacing_status = const.SK_PACING_NEEDED
    if tp.pacing_timer is None:
        tp.pacing_timer = TcpPacingTimer(tp)


def tcp_pacing_due(tp: TcpSock) -> None:
    """Send what waits: first what is lost, then what is new. Puts the timer's reference."""
    bh_lock_sock(tp)
    timer = tp.pacing_timer
    if tp.owned:
        if timer is not None and not hrtimer_start_relative(timer, RETRY_OWNED_NS):
            sock_hold(tp)
    elif SENDING >> tp.sk_state & 1:
        if tp.lost_out > tp.retrans_out:
            tcp_xmit_retransmit_queue(tp)
        if tp.sk_send_head is not None:
            tcp_push_frames(tp, tcp_current_mss(tp), tp.nonagle)
        sk_mem_reclaim(tp)
    bh_unlock_sock(tp)
    sock_put(tp)
