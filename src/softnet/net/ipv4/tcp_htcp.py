"""H-TCP: the pace grows with the time since the last loss.

Linux: net/ipv4/tcp_htcp.c of 3.2. Leith, Shorten: "H-TCP: TCP congestion control for high
bandwidth-delay product paths" (draft-leith-tcp-htcp; PFLDnet 2004).

For a second after a loss the window grows as Reno's. Then the increase per round trip is
1 + 10 d + (d / 2)^2, d being the seconds beyond that one, scaled by the round trip to be fair. The
reduction is the ratio of the least and the largest round trip, 0.5 to 0.8, so that the queue just
runs empty; 0.5 when the throughput has changed a lot since the loss before.

alpha and beta are in 1/128, B in segments per second.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.tcp as tcp
from softnet.kernel.timer import jiffies
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import (
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp import TcpCongestionOps, TcpSock

ALPHA_BASE = 1 << 7  # 1.0
BETA_MIN = 1 << 6  # 0.5
BETA_MAX = 102  # 0.8

# Module parameters and their defaults
USE_RTT_SCALING = 1
USE_BANDWIDTH_SWITCH = 1

RTT_STEP_MAX = 20 * const.HZ // 1000  # a larger jump of the round trip is an outlier
ADAPTIVE_RTT_MIN = 10 * const.HZ // 1000  # a shorter round trip cannot be told from noise


class Htcp:
    """struct htcp: one connection's state. Times in jiffies."""

    __slots__ = (
        "alpha",
        "beta",
        "modeswitch",
        "pkts_acked",
        "packetcount",
        "minRTT",
        "maxRTT",
        "last_cong",
        "undo_last_cong",
        "undo_maxRTT",
        "undo_old_maxB",
        "minB",
        "maxB",
        "old_maxB",
        "Bi",
        "lasttime",
    )

    alpha: int
    beta: int
    modeswitch: bool  # the adaptive reduction may be used from the second loss on
    pkts_acked: int
    packetcount: int  # segments acknowledged since lasttime
    minRTT: int
    maxRTT: int
    last_cong: int
    undo_last_cong: int
    undo_maxRTT: int
    undo_old_maxB: int
    minB: int
    maxB: int
    old_maxB: int
    Bi: int
    lasttime: int

    def __init__(self) -> None:
        self.alpha = ALPHA_BASE
        self.beta = BETA_MIN
        self.modeswitch = False
        self.pkts_acked = 1
        self.packetcount = 0
        self.minRTT = 0
        self.maxRTT = 0
        now = jiffies()
        self.last_cong = now if now else 1  # 0 says "nothing to undo"
        self.undo_last_cong = 0
        self.undo_maxRTT = 0
        self.undo_old_maxB = 0
        self.minB = 0
        self.maxB = 0
        self.old_maxB = 0
        self.Bi = 0
        self.lasttime = 0

    def cong_time(self) -> int:
        """htcp_cong_time(): since the last loss."""
        return jiffies() - self.last_cong

    def reset(self) -> None:
        """htcp_reset(): a loss; the time begins anew, undo may want the old one."""
        self.undo_last_cong = self.last_cong
        self.undo_maxRTT = self.maxRTT
        self.undo_old_maxB = self.old_maxB
        self.last_cong = jiffies()

    def measure_rtt(self, tp: TcpSock, rtt: int) -> None:
        """measure_rtt(): the extremes of the round trip."""
        if self.minRTT > rtt or self.minRTT == 0:
            self.minRTT = rtt
        if tp.icsk_ca_state == tcp.TCP_CA_Open:
            if self.maxRTT < self.minRTT:
                self.maxRTT = self.minRTT
            if self.maxRTT < rtt <= self.maxRTT + RTT_STEP_MAX:
                self.maxRTT = rtt

    def measure_throughput(self, tp: TcpSock, num_acked: int) -> None:
        """measure_achieved_throughput(): a sample of B for each window's worth of segments."""
        now = tcp_time_stamp()
        if tp.icsk_ca_state > tcp.TCP_CA_Disorder:
            self.packetcount = 0
            self.lasttime = now
            return
        self.packetcount += num_acked
        slack = self.alpha >> 7 if self.alpha >> 7 else 1
        took = mem.s32(now - self.lasttime)
        if self.packetcount < tp.snd_cwnd - slack or took < self.minRTT or self.minRTT <= 0:
            return
        cur_Bi = self.packetcount * const.HZ // took
        if self.cong_time() // self.minRTT <= 3:
            self.Bi = cur_Bi  # just after a loss: begin anew
            self.minB = cur_Bi
            self.maxB = cur_Bi
        else:
            self.Bi = (3 * self.Bi + cur_Bi) // 4
            if self.Bi > self.maxB:
                self.maxB = self.Bi
            if self.minB > self.maxB:
                self.minB = self.maxB
        self.packetcount = 0
        self.lasttime = now

    def beta_update(self) -> None:
        """htcp_beta_update(): how deep the next reduction is to be."""
        if USE_BANDWIDTH_SWITCH:
            old_maxB = self.old_maxB
            self.old_maxB = self.maxB
            if not 4 * old_maxB <= 5 * self.maxB <= 6 * old_maxB:
                self.beta = BETA_MIN
                self.modeswitch = False
                return
        if self.modeswitch and self.minRTT > ADAPTIVE_RTT_MIN and self.maxRTT:
            beta = (self.minRTT << 7) // self.maxRTT
            self.beta = BETA_MIN if beta < BETA_MIN else BETA_MAX if beta > BETA_MAX else beta
        else:
            self.beta = BETA_MIN
            self.modeswitch = True

    def alpha_update(self) -> None:
        """htcp_alpha_update(): the increase per round trip for the time since the last loss."""
        factor = 1
        diff = self.cong_time()
        if diff > const.HZ:
            diff -= const.HZ
            factor = 1 + (10 * diff + (diff // 2) * (diff // 2) // const.HZ) // const.HZ
        if USE_RTT_SCALING and self.minRTT:
            scale = (const.HZ << 3) // (10 * self.minRTT)
            scale = 4 if scale < 4 else 80 if scale > 80 else scale  # round trips of 10 to 200 ms
            factor = (factor << 3) // scale
            if factor == 0:
                factor = 1
        alpha = 2 * factor * ((1 << 7) - self.beta)
        self.alpha = alpha if alpha else ALPHA_BASE

    def param_update(self) -> None:
        """htcp_param_update(): a loss; and let an old largest round trip fade."""
        min_rtt = self.minRTT
        max_rtt = self.maxRTT
        self.beta_update()
        self.alpha_update()
        if 0 < min_rtt < max_rtt:
            self.maxRTT = min_rtt + (max_rtt - min_rtt) * 95 // 100


def htcp(tp: TcpSock) -> Htcp:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Htcp)
    return ca


class TcpHtcp(TcpCongestionOps):
    """htcp"""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """As after a loss just now."""
        tp.icsk_ca_priv = Htcp()

    def ssthresh(self, tp: TcpSock) -> int:
        """htcp_recalc_ssthresh()"""
        ca = htcp(tp)
        ca.param_update()
        thresh = (tp.snd_cwnd * ca.beta) >> 7
        return thresh if thresh > 2 else 2

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """htcp_cong_avoid(): alpha segments more per round trip."""
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        if tp.snd_cwnd <= tp.snd_ssthresh:
            tcp_slow_start(tp)
            return
        ca = htcp(tp)
        if (tp.snd_cwnd_cnt * ca.alpha) >> 7 >= tp.snd_cwnd:
            if tp.snd_cwnd < tp.snd_cwnd_clamp:
                tp.snd_cwnd += 1
            tp.snd_cwnd_cnt = 0
            ca.alpha_update()
        else:
            tp.snd_cwnd_cnt += ca.pkts_acked
        ca.pkts_acked = 1

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """htcp_state()"""
        ca = htcp(tp)
        if new_state == tcp.TCP_CA_Open:
            if ca.undo_last_cong:
                ca.last_cong = jiffies()
                ca.undo_last_cong = 0
        elif new_state >= tcp.TCP_CA_CWR:
            ca.reset()

    def undo_cwnd(self, tp: TcpSock) -> int:
        """htcp_cwnd_undo(): there was no loss; time goes on as if nothing had been."""
        ca = htcp(tp)
        if ca.undo_last_cong:
            ca.last_cong = ca.undo_last_cong
            ca.maxRTT = ca.undo_maxRTT
            ca.old_maxB = ca.undo_old_maxB
            ca.undo_last_cong = 0
        return max(tp.snd_cwnd, (tp.snd_ssthresh << 7) // ca.beta)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """measure_achieved_throughput()"""
        ca = htcp(tp)
        if tp.icsk_ca_state == tcp.TCP_CA_Open:
            ca.pkts_acked = num_acked
        if rtt_us > 0:
            ca.measure_rtt(tp, -(-rtt_us * const.HZ // const.USEC_PER_SEC))
        if USE_BANDWIDTH_SWITCH:
            ca.measure_throughput(tp, num_acked)


def tcp_htcp_init() -> None:
    """Register htcp."""
    tcp_register_congestion_control(TcpHtcp("htcp"))
