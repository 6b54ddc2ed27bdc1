"""TCP-LP: low priority: take only what nobody else wants.

Linux: net/ipv4/tcp_lp.c of 3.2. Kuzmanovic, Knightly: "TCP-LP: a distributed algorithm for low
priority data transfer" (2003).

Timestamps give the one-way delay. When the smoothed delay rises above 15 % of the way from its least
to its largest value, somebody else is sending: the window is halved, and for three round trips, the
inference time, it does not grow; a second sign within them takes it down to one segment. Else it is
Reno.
Delays are in ms; the other end's clock is measured first, its zero need not be ours.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import (
    TcpReno,
    tcp_register_congestion_control,
    tcp_reno_cong_avoid,
)
from softnet.structs.tcp import TcpSock

LP_RESOL = 1000  # one-way delays are in 1/LP_RESOL s
LP_THRESHOLD = 15  # per cent of the largest delay
LP_INFERENCE = 3  # round trips

LP_VALID_RHZ = 1  # the rate of the other end's clock is known
LP_VALID_OWD = 2
LP_WITHIN_THR = 8  # the delay is below the threshold
LP_WITHIN_INF = 16  # within the inference time


class Lp:
    """struct lp: one connection's state."""

    __slots__ = (
        "flag",
        "sowd",
        "owd_min",
        "owd_max",
        "owd_max_rsv",
        "remote_hz",
        "remote_ref_time",
        "local_ref_time",
        "last_drop",
        "inference",
    )

    flag: int  # LP_*
    sowd: int  # smoothed one-way delay, times 8
    owd_min: int
    owd_max: int
    owd_max_rsv: int  # the largest of all; it becomes owd_max when it was seen twice
    remote_hz: int  # ticks of the other end's timestamps in a second
    remote_ref_time: int
    local_ref_time: int  # jiffies
    last_drop: int  # jiffies: of the last reduction
    inference: int  # jiffies

    def __init__(self) -> None:
        self.flag = 0
        self.sowd = 0
        self.owd_min = const.U32_MAX
        self.owd_max = 0
        self.owd_max_rsv = 0
        self.remote_hz = 0
        self.remote_ref_time = 0
        self.local_ref_time = 0
        self.last_drop = 0
        self.inference = 0

    def mark(self, bit: int, on: bool) -> None:
        """Set or clear one of flag's bits."""
        if on:
            self.flag |= bit
        else:
            self.flag &= ~bit

    def estimate_remote_hz(self, tp: TcpSock) -> int:
        """tcp_lp_remote_hz_estimator(): ticks per second of the other end; 63/64 of the past."""
        tsval = tp.rx_opt.rcv_tsval
        now = tcp_time_stamp()
        rhz = self.remote_hz << 6
        if (
            self.remote_ref_time
            and self.local_ref_time
            and tsval != self.remote_ref_time
            and now != self.local_ref_time
        ):
            m = const.HZ * mem.s32(tsval - self.remote_ref_time)
            m = abs(m) // mem.u32(now - self.local_ref_time)
            rhz = rhz + m - (rhz >> 6) if rhz > 0 else m << 6
        self.mark(LP_VALID_RHZ, rhz >> 6 > 0)
        self.remote_ref_time = tsval
        self.local_ref_time = now
        self.remote_hz = rhz >> 6
        return self.remote_hz

    def one_way_delay(self, tp: TcpSock) -> int:
        """tcp_lp_owd_calculator(): and what the clocks differ by, which is constant.

        Differs from Linux: a clock measured as a little faster than LP_RESOL counts as LP_RESOL;
        there the quotient would be 0 and the "delay" our own timestamp.
        """
        hz = self.estimate_remote_hz(tp)
        owd = 0
        if self.flag & LP_VALID_RHZ:
            rx_opt = tp.rx_opt
            theirs = rx_opt.rcv_tsval * (LP_RESOL // hz if hz < LP_RESOL else 1)
            owd = mem.u32(theirs - rx_opt.rcv_tsecr * (LP_RESOL // const.HZ))
        self.mark(LP_VALID_OWD, owd > 0)
        return owd

    def sample(self, tp: TcpSock) -> None:
        """tcp_lp_rtt_sample(): one more one-way delay."""
        owd = self.one_way_delay(tp)
        both = LP_VALID_RHZ | LP_VALID_OWD
        if self.flag & both != both:
            return
        if owd < self.owd_min:
            self.owd_min = owd
        if owd > self.owd_max:
            if owd > self.owd_max_rsv:
                self.owd_max = self.owd_max_rsv if self.owd_max_rsv else owd
                self.owd_max_rsv = owd
            else:
                self.owd_max = owd
        if self.sowd:
            self.sowd += owd - (self.sowd >> 3)
        else:
            self.sowd = owd << 3

    def below_threshold(self) -> bool:
        """Is the delay what it is on a free path?"""
        span = mem.u32(self.owd_max - self.owd_min)
        return self.sowd >> 3 <= self.owd_min + mem.u32(LP_THRESHOLD * span) // 100


def lp(tp: TcpSock) -> Lp:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Lp)
    return ca


class TcpLp(TcpReno):
    """lp"""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """tcp_lp_init()"""
        tp.icsk_ca_priv = Lp()

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """tcp_lp_cong_avoid(): Reno, but not within the inference time."""
        if not lp(tp).flag & LP_WITHIN_INF:
            tcp_reno_cong_avoid(tp, ack, in_flight)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """tcp_lp_pkts_acked(): is somebody else sending?"""
        ca = lp(tp)
        if rtt_us > 0:
            ca.sample(tp)
        now = tcp_time_stamp()
        tsecr = tp.rx_opt.rcv_tsecr
        if now > tsecr:
            ca.inference = LP_INFERENCE * (now - tsecr)
        within = ca.last_drop != 0 and mem.u32(now - ca.last_drop) < ca.inference
        ca.mark(LP_WITHIN_INF, within)
        below = ca.below_threshold()
        ca.mark(LP_WITHIN_THR, below)
        if below:
            return
        # The extremes may be those of another load: begin anew from the delay of now.
        ca.owd_min = ca.sowd >> 3
        ca.owd_max = ca.sowd >> 2
        ca.owd_max_rsv = ca.sowd >> 2
        if ca.flag & LP_WITHIN_INF:
            tp.snd_cwnd = 1
        else:
            tp.snd_cwnd = tp.snd_cwnd >> 1 if tp.snd_cwnd > 1 else 1
        ca.last_drop = now


def tcp_lp_init() -> None:
    """Register lp."""
    tcp_register_congestion_control(TcpLp("lp", rtt_stamp=True))
