"""Pacing: segments leave at a rate, not in bursts.

Linux: tcp_update_pacing_rate() and tcp_tso_autosize() (3.12), SO_MAX_PACING_RATE (3.13), pacing
by TCP's own timer (4.13): Linux had left that to the fq qdisc before, and there is none here.

A connection is paced when its program set SO_MAX_PACING_RATE or its algorithm (bbr) wants it:
sk_pacing_status. After each segment or super-packet a timer runs for as long as its bytes, IP header
included, take at the rate; until it fires nothing else goes (tcp_pacing_timer). Super-packets are no
larger than a millisecond's worth. The rate is the algorithm's, else a multiple of cwnd / srtt, and
SO_MAX_PACING_RATE at most. Acknowledgements without data are not paced.
"""

from __future__ import annotations

import softnet.arch.const as const
from softnet.kernel.hrtimer import hrtimer_cancel, hrtimer_start_relative
from softnet.net.core.sock import sock_hold, sock_put
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock

MIN_TSO_SEGS = 2  # tcp_min_tso_segs: below, the gain of super-packets is gone
SLOW_RATE = 1_200_000 // 8  # bytes/s: below, one segment is a burst already


def tcp_pacing_rate(tp: TcpSock) -> int:
    """The rate that counts, bytes/s; 0: none is known yet and none was set."""
    rate = tp.sk_pacing_rate
    if rate == 0 and tp.sk_max_pacing_rate == const.SK_PACING_UNLIMITED:
        return 0
    return rate if 0 < rate < tp.sk_max_pacing_rate else tp.sk_max_pacing_rate


def tcp_update_pacing_rate(tp: TcpSock) -> None:
    """An ACK came: twice cwnd / srtt while the window doubles, else 1.2 times, by default."""
    if tp.srtt == 0:
        return
    sysctl = tp.sysctl
    ratio = sysctl.pacing_ca_ratio
    if tp.snd_cwnd < tp.snd_ssthresh >> 1:
        ratio = sysctl.pacing_ss_ratio
    cwnd = tp.snd_cwnd if tp.snd_cwnd > tp.packets_out else tp.packets_out
    # srtt is in ms << 3.
    tp.sk_pacing_rate = cwnd * tp.mss_cache * const.MSEC_PER_SEC * 8 * ratio // (tp.srtt * 100)


def tcp_tso_autosize(tp: TcpSock, mss_now: int) -> int:
    """How many segments a super-packet of a paced connection may have: about a millisecond's."""
    rate = tcp_pacing_rate(tp)
    least = 1 if tp.rate is not None and rate < SLOW_RATE else MIN_TSO_SEGS
    size = rate >> 10
    if rate == 0 or size > tp.sk_gso_max_size:
        size = tp.sk_gso_max_size
    segs = size // mss_now
    return segs if segs > least else least


def tcp_pacing_check(tp: TcpSock) -> bool:
    """Is it too early to send?"""
    timer = tp.pacing_timer
    return timer is not None and timer.pending


def tcp_paced_sent(tp: TcpSock, skb: SkBuff) -> None:
    """tcp_internal_pacing(): skb, as it stands on the write queue, went out: wait as long as it takes."""
    rate = tcp_pacing_rate(tp)
    timer = tp.pacing_timer
    if rate == 0 or timer is None or skb.len == 0:
        return
    header = tp.tcp_header_len + tp.icsk_af_ops.net_header_len
    size = skb.len + skb.shinfo.gso_segs * header
    if not hrtimer_start_relative(timer, size * const.NSEC_PER_SEC // rate):
        sock_hold(tp)  # the timer's


def tcp_pacing_stop(tp: TcpSock) -> None:
    """The connection ends: the timer does not fire any more."""
    timer = tp.pacing_timer
    if timer is not None and hrtimer_cancel(timer):
        sock_put(tp)
