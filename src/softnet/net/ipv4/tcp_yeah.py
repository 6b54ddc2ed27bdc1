"""YeAH: Scalable while the path is free, Reno while it is not.

Linux: net/ipv4/tcp_yeah.c of 3.2. Baiocchi, Castellani, Vacirca: "YeAH-TCP: yet another highspeed
TCP" (2007).

Vegas's measurements say how many segments queue. Few: the fast mode, as Scalable TCP. Many, or the
round trip lengthened by an eighth: the slow mode, as Reno, and the queue is drained at once
("precautionary decongestion"), unless competitors are greedy: reno_count is what Reno would
have, and no drain goes below it. A loss in fast mode costs the queue's length, in slow mode half.
"""

from __future__ import annotations

import softnet.arch.mem as mem
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_cong import (
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.net.ipv4.tcp_vegas import TcpVegas, Vegas
from softnet.structs.tcp import TcpSock

ALPHA = 80  # segments in the queue: more is congestion
GAMMA = 1  # of the queue to be removed per round trip
DELTA = 3  # a loss costs cwnd >> DELTA at least
EPSILON = 1  # a drain costs cwnd >> EPSILON at most
PHY = 8  # a round trip lengthened by 1 / PHY is congestion
RHO = 16  # round trips in slow mode that prove that there are competitors
ZETA = 50  # round trips in fast mode that prove that there are none
SCALABLE_AI_CNT = 100  # acknowledged segments for one more
YEAH_CWND_MAX = 0xFFFFFFFF // 128
SLOW_MODE_MAX = 0xFFFFFF


class Yeah(Vegas):
    """struct yeah: one connection's state."""

    __slots__ = ("lastQ", "doing_reno_now", "reno_count", "fast_count", "pkts_acked")

    lastQ: int  # the queue of the last round trip, segments
    doing_reno_now: int  # round trips in slow mode
    reno_count: int  # the window that Reno would have
    fast_count: int  # round trips in fast mode
    pkts_acked: int

    def __init__(self, tp: TcpSock) -> None:
        Vegas.__init__(self, tp)
        self.lastQ = 0
        self.doing_reno_now = 0
        self.reno_count = 2
        self.fast_count = 0
        self.pkts_acked = 0


def yeah(tp: TcpSock) -> Yeah:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Yeah)
    return ca


class TcpYeah(TcpVegas):
    """yeah"""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """tcp_yeah_init()"""
        tp.icsk_ca_priv = Yeah(tp)
        tp.snd_cwnd_clamp = min(tp.snd_cwnd_clamp, YEAH_CWND_MAX)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """tcp_yeah_pkts_acked()"""
        ca = yeah(tp)
        if tp.icsk_ca_state == tcp.TCP_CA_Open:
            ca.pkts_acked = num_acked
        ca.measured(rtt_us)

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """tcp_yeah_cong_avoid()"""
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        ca = yeah(tp)
        if tp.snd_cwnd <= tp.snd_ssthresh:
            tcp_slow_start(tp)
        elif ca.doing_reno_now:
            tcp_cong_avoid_ai(tp, tp.snd_cwnd)
        else:
            tp.snd_cwnd_cnt += ca.pkts_acked
            cnt = tp.snd_cwnd if tp.snd_cwnd < SCALABLE_AI_CNT else SCALABLE_AI_CNT
            if tp.snd_cwnd_cnt > cnt:
                if tp.snd_cwnd < tp.snd_cwnd_clamp:
                    tp.snd_cwnd += 1
                tp.snd_cwnd_cnt = 0
            ca.pkts_acked = 1
        if mem.after(ack, ca.beg_snd_nxt):
            if ca.cntRTT > 2:  # one or two may be delayed ACKs
                yeah_choose_mode(tp, ca)
            ca.begin_round(tp)

    def ssthresh(self, tp: TcpSock) -> int:
        """tcp_yeah_ssthresh()

        Two segments at least: the stable releases of 3.2 added that bound.
        """
        ca = yeah(tp)
        cwnd = tp.snd_cwnd
        half = cwnd >> 1 if cwnd >> 1 > 2 else 2
        reduction = half
        if ca.doing_reno_now < RHO:
            reduction = ca.lastQ if ca.lastQ < half else half
            if reduction < cwnd >> DELTA:
                reduction = cwnd >> DELTA
        ca.fast_count = 0
        ca.reno_count = ca.reno_count >> 1 if ca.reno_count >> 1 > 2 else 2
        return cwnd - reduction if cwnd - reduction > 2 else 2


def yeah_choose_mode(tp: TcpSock, ca: Yeah) -> None:
    """A round trip is over: how long is the queue?"""
    waiting = ca.minRTT - ca.baseRTT
    queue = tp.snd_cwnd * waiting // ca.minRTT
    if queue <= ALPHA and waiting <= ca.baseRTT // PHY:
        ca.fast_count += 1
        if ca.fast_count > ZETA:
            ca.reno_count = 2
            ca.fast_count = 0
        ca.doing_reno_now = 0
    else:
        if queue > ALPHA and tp.snd_cwnd > ca.reno_count:
            reduction = min(queue // GAMMA, tp.snd_cwnd >> EPSILON)
            tp.snd_cwnd = max(tp.snd_cwnd - reduction, ca.reno_count)
            tp.snd_ssthresh = tp.snd_cwnd
        if ca.reno_count <= 2:
            ca.reno_count = max(tp.snd_cwnd >> 1, 2)
        else:
            ca.reno_count += 1
        ca.doing_reno_now = min(ca.doing_reno_now + 1, SLOW_MODE_MAX)
    ca.lastQ = queue


def tcp_yeah_init() -> None:
    """Register yeah."""
    tcp_register_congestion_control(TcpYeah("yeah", rtt_stamp=True))
