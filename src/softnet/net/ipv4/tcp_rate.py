"""Delivery rates: the end of an ACK, and who is the limit.

Linux: net/ipv4/tcp_rate.c (4.9). draft-cheng-iccrg-delivery-rate-estimation 3.3 and 3.4. The counts and
the sample are structs/tcp_rate's.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
from softnet.net.ipv4.tcp_retransmit import tcp_xmit_retransmit_queue
from softnet.structs.tcp import TcpSock
from softnet.structs.tcp_rate import TcpRate


def tcp_rate_acked(tp: TcpSock, rate: TcpRate, acked_sacked: int) -> None:
    """tcp_cong_control(): an ACK that delivered so many segments is processed but for its answer."""
    rate.finish(acked_sacked, tp.sk_net.machine.clock.now)
    tp.icsk_ca_ops.cong_control(tp, rate)
    if tp.lost_out > tp.retrans_out:
        tcp_xmit_retransmit_queue(tp)


def tcp_rate_check_app_limited(tp: TcpSock, rate: TcpRate) -> None:
    """The program is about to write: if all that could be sent is sent, it was the limit so far.

    What is delivered until the present flight is says nothing about the path.
    """
    if (
        mem.s32(mem.u32(tp.write_seq - tp.snd_nxt)) < tp.mss_cache
        and tp.sk_wmem_alloc < const.SK_MEM_QUANTUM
        and tp.packets_in_flight() < tp.snd_cwnd
        and tp.lost_out <= tp.retrans_out
    ):
        limited = rate.delivered + tp.packets_in_flight()
        rate.app_limited = limited if limited > 0 else 1
