"""Hybla: a long path grows as fast as one of 25 ms would.

Linux: net/ipv4/tcp_hybla.c of 3.2. Caini, Firrincieli: "TCP Hybla: a TCP enhancement for
heterogeneous networks" (2004), made for satellites.

rho is the round trip over rtt0 (1 at least). Slow start multiplies the window by 2^rho per round trip,
congestion avoidance adds rho^2 segments. Everything has fractions of 1/8 (rho) and 1/128 (the window).
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_cong import (
    TcpReno,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_reno_cong_avoid,
)
from softnet.structs.tcp import TcpSock

RTT0 = 25 * const.HZ // 1000  # module parameter rtt0: the round trip of the path to equal, ms
HYBLA_CLAMP = 65535  # segments
RHO_MAX = 16  # beyond it 2^rho would overflow

# 128 * 2^(i / 8)
FRACTIONS = [128, 139, 152, 165, 181, 197, 215, 234]


class Hybla:
    """struct hybla: one connection's state."""

    __slots__ = ("hybla_en", "snd_cwnd_cents", "rho", "rho2", "rho_3ls", "rho2_7ls", "minrtt")

    hybla_en: bool  # only while all is well
    snd_cwnd_cents: int  # hundredths, so to say: 1/128 of a segment
    rho: int
    rho2: int  # rho squared
    rho_3ls: int  # times 8
    rho2_7ls: int  # times 128
    minrtt: int  # jiffies << 3, as srtt

    def __init__(self) -> None:
        self.hybla_en = True
        self.snd_cwnd_cents = 0
        self.rho = 0
        self.rho2 = 0
        self.rho_3ls = 0
        self.rho2_7ls = 0
        self.minrtt = 0

    def recalc_param(self, srtt: int) -> None:
        """hybla_recalc_param(): rho and its kin from the smoothed round trip, jiffies << 3."""
        rho_3ls = srtt // RTT0
        self.rho_3ls = rho_3ls if rho_3ls > 8 else 8
        self.rho = self.rho_3ls >> 3
        self.rho2_7ls = (self.rho_3ls * self.rho_3ls) << 1
        self.rho2 = self.rho2_7ls >> 7


def hybla(tp: TcpSock) -> Hybla:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Hybla)
    return ca


def hybla_slow_start_increment(ca: Hybla) -> int:
    """2^rho - 1, in 1/128 of a segment: for each acknowledgement."""
    rho = ca.rho if ca.rho < RHO_MAX else RHO_MAX
    fraction: int = FRACTIONS[ca.rho_3ls - (ca.rho << 3)]
    power = 1
    power <<= rho
    return power * fraction - 128


class TcpHybla(TcpReno):
    """hybla: Reno after a loss."""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """hybla_init(): begin with the window that a short path would have."""
        ca = Hybla()
        tp.icsk_ca_priv = ca
        tp.snd_cwnd_clamp = HYBLA_CLAMP
        ca.recalc_param(tp.srtt)
        ca.minrtt = tp.srtt
        tp.snd_cwnd = ca.rho

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """hybla_state(): Reno while there is trouble."""
        hybla(tp).hybla_en = new_state == tcp.TCP_CA_Open

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """hybla_cong_avoid()"""
        ca = hybla(tp)
        if tp.srtt < ca.minrtt:
            ca.recalc_param(tp.srtt)
            ca.minrtt = tp.srtt
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        if not ca.hybla_en:
            tcp_reno_cong_avoid(tp, ack, in_flight)
            return
        if ca.rho == 0:
            ca.recalc_param(tp.srtt)
        slow_start = tp.snd_cwnd < tp.snd_ssthresh
        if slow_start:
            increment = hybla_slow_start_increment(ca)
        else:
            increment = ca.rho2_7ls // tp.snd_cwnd
            if increment < 128:
                tp.snd_cwnd_cnt += 1
        tp.snd_cwnd += increment >> 7
        ca.snd_cwnd_cents += increment & 127
        while ca.snd_cwnd_cents >= 128:
            tp.snd_cwnd += 1
            ca.snd_cwnd_cents -= 128
            tp.snd_cwnd_cnt = 0
        if increment == 0 and tp.snd_cwnd_cnt >= tp.snd_cwnd:
            # The window is so large that its step is less than 1/128: Reno's, then.
            tp.snd_cwnd += 1
            tp.snd_cwnd_cnt = 0
        if slow_start and tp.snd_cwnd > tp.snd_ssthresh:
            tp.snd_cwnd = tp.snd_ssthresh
        if tp.snd_cwnd > tp.snd_cwnd_clamp:
            tp.snd_cwnd = tp.snd_cwnd_clamp


def tcp_hybla_init() -> None:
    """Register hybla."""
    tcp_register_congestion_control(TcpHybla("hybla"))
