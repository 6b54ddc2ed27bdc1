"""Illinois: bold while the queue is short, meek while it is long.

Linux: net/ipv4/tcp_illinois.c of 3.2. Liu, Basar, Srikant: "TCP-Illinois: a loss and delay-based
congestion control algorithm for high-speed networks" (2006).

Losses decide when to reduce, as in Reno; the average queueing delay of the last round trip decides how
much: alpha segments more per round trip, 10 without a queue and 0.3 with a full one; beta of the window less
after a loss, an eighth to a half. Small windows are Reno's.

alpha is in 1/128, beta in 1/64, round trips in microseconds.
"""

from __future__ import annotations

import struct

import softnet.arch.mem as mem
import softnet.uapi.inet_diag as inet_diag
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_cong import (
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp import TcpCongestionOps, TcpSock

ALPHA_SHIFT = 7
ALPHA_SCALE = 1 << ALPHA_SHIFT
ALPHA_MIN = 3 * ALPHA_SCALE // 10
ALPHA_MAX = 10 * ALPHA_SCALE
ALPHA_BASE = ALPHA_SCALE
RTT_MAX = 0xFFFFFFFF // ALPHA_MAX  # us: 3.3 s; a longer one would overflow in the kernel
BETA_SHIFT = 6
BETA_SCALE = 1 << BETA_SHIFT
BETA_MIN = BETA_SCALE // 8
BETA_MAX = BETA_SCALE // 2
BETA_BASE = BETA_MAX
RTT_NONE = 0x7FFFFFFF

# Module parameters and their defaults
WIN_THRESH = 15  # segments: smaller windows are Reno's
THETA = 5  # round trips with a low delay before alpha goes back to its maximum


class Illinois:
    """struct illinois: one connection's state."""

    __slots__ = (
        "sum_rtt",
        "cnt_rtt",
        "base_rtt",
        "max_rtt",
        "end_seq",
        "alpha",
        "beta",
        "acked",
        "rtt_above",
        "rtt_low",
    )

    sum_rtt: int  # of this round trip's measurements
    cnt_rtt: int
    base_rtt: int  # the least of all
    max_rtt: int
    end_seq: int  # the round trip ends when this is acknowledged
    alpha: int
    beta: int
    acked: int  # segments that the last ACK covered
    rtt_above: bool  # the delay has been above 1 % of the worst
    rtt_low: int  # round trips since then with a delay below

    def __init__(self, tp: TcpSock) -> None:
        self.alpha = ALPHA_MAX
        self.beta = BETA_BASE
        self.base_rtt = RTT_NONE
        self.max_rtt = 0
        self.acked = 0
        self.rtt_above = False
        self.rtt_low = 0
        self.rtt_reset(tp)

    def rtt_reset(self, tp: TcpSock) -> None:
        """rtt_reset(): the next round trip."""
        self.end_seq = tp.snd_nxt
        self.cnt_rtt = 0
        self.sum_rtt = 0

    def measured(self, rtt_us: int) -> None:
        """The measuring part of tcp_illinois_acked()."""
        if rtt_us > RTT_MAX:
            rtt_us = RTT_MAX
        if self.base_rtt > rtt_us:
            self.base_rtt = rtt_us
        if self.max_rtt < rtt_us:
            self.max_rtt = rtt_us
        self.cnt_rtt += 1
        self.sum_rtt += rtt_us

    def update_params(self, tp: TcpSock) -> None:
        """A round trip is over: alpha and beta for the next."""
        if tp.snd_cwnd < WIN_THRESH:
            self.alpha = ALPHA_BASE
            self.beta = BETA_BASE
        elif self.cnt_rtt > 0:
            worst = self.max_rtt - self.base_rtt
            average = self.sum_rtt // self.cnt_rtt - self.base_rtt
            self.alpha = self.next_alpha(average, worst)
            self.beta = illinois_beta(average, worst)
        self.rtt_reset(tp)

    def next_alpha(self, da: int, dm: int) -> int:
        """alpha(): the increase for an average delay of da us, dm being the worst.

        A hyperbola from ALPHA_MAX at 1 % of dm to ALPHA_MIN at dm. Once it was above, THETA round trips
        below must pass: one of them may be luck.
        """
        d1 = dm // 100
        if da <= d1:
            if not self.rtt_above:
                return ALPHA_MAX
            self.rtt_low += 1
            if self.rtt_low < THETA:
                return self.alpha
            self.rtt_low = 0
            self.rtt_above = False
            return ALPHA_MAX
        self.rtt_above = True
        dm -= d1
        da -= d1
        return dm * ALPHA_MAX // (dm + da * (ALPHA_MAX - ALPHA_MIN) // ALPHA_MIN)


def illinois_beta(da: int, dm: int) -> int:
    """beta(): the reduction: from BETA_MIN at 10 % of the worst delay to BETA_MAX at 80 %."""
    d2 = dm // 10
    if da <= d2:
        return BETA_MIN
    d3 = 8 * dm // 10
    if da >= d3 or d3 <= d2:
        return BETA_MAX
    return (BETA_MIN * d3 - BETA_MAX * d2 + (BETA_MAX - BETA_MIN) * da) // (d3 - d2)


def illinois(tp: TcpSock) -> Illinois:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Illinois)
    return ca


class TcpIllinois(TcpCongestionOps):
    """illinois"""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """tcp_illinois_init()"""
        tp.icsk_ca_priv = Illinois(tp)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """tcp_illinois_acked()"""
        ca = illinois(tp)
        ca.acked = num_acked
        if rtt_us >= 0:
            ca.measured(rtt_us)

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """tcp_illinois_state(): a timeout: be careful."""
        if new_state == tcp.TCP_CA_Loss:
            ca = illinois(tp)
            ca.alpha = ALPHA_BASE
            ca.beta = BETA_BASE
            ca.rtt_low = 0
            ca.rtt_above = False
            ca.rtt_reset(tp)

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """tcp_illinois_cong_avoid()"""
        ca = illinois(tp)
        if mem.after(ack, ca.end_seq):
            ca.update_params(tp)
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        if tp.snd_cwnd <= tp.snd_ssthresh:
            tcp_slow_start(tp)
            return
        tp.snd_cwnd_cnt += ca.acked
        ca.acked = 1
        delta = (tp.snd_cwnd_cnt * ca.alpha) >> ALPHA_SHIFT
        if delta >= tp.snd_cwnd:
            cwnd = tp.snd_cwnd + delta // tp.snd_cwnd
            tp.snd_cwnd = cwnd if cwnd < tp.snd_cwnd_clamp else tp.snd_cwnd_clamp
            tp.snd_cwnd_cnt = 0

    def ssthresh(self, tp: TcpSock) -> int:
        """tcp_illinois_ssthresh()"""
        thresh = tp.snd_cwnd - ((tp.snd_cwnd * illinois(tp).beta) >> BETA_SHIFT)
        return thresh if thresh > 2 else 2

    def get_info(self, tp: TcpSock, ext: int) -> tuple[int, bytes] | None:
        """tcp_illinois_info(): struct tcpvegas_info; rtt is the average of this round trip."""
        if not ext >> (inet_diag.INET_DIAG_VEGASINFO - 1) & 1:
            return None
        ca = illinois(tp)
        average = ca.sum_rtt // ca.cnt_rtt if ca.cnt_rtt else 0
        info = struct.pack("<4I", 1, ca.cnt_rtt, average, ca.base_rtt)
        return inet_diag.INET_DIAG_VEGASINFO, info


def tcp_illinois_init() -> None:
    """Register illinois."""
    tcp_register_congestion_control(TcpIllinois("illinois", rtt_stamp=True))
