"""Veno: Reno that asks Vegas whether a loss was congestion.

Linux: net/ipv4/tcp_veno.c of 3.2. Fu, Liew: "TCP Veno: TCP enhancement for transmission over
wireless access networks" (2003).

The estimate of the queue is Vegas's. A loss while it is short (under beta = 3 segments) was the radio's
doing: the window falls by a fifth only. While it is long the window grows by one segment in
every second round trip. Round trips are in microseconds, the queue in half segments.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_cong import (
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_reno_cong_avoid,
    tcp_slow_start,
)
from softnet.structs.tcp import TcpCongestionOps, TcpSock

V_PARAM_SHIFT = 1
BETA = 3 << V_PARAM_SHIFT
RTT_NONE = 0x7FFFFFFF  # us: nothing measured


class Veno:
    """struct veno: one connection's state."""

    __slots__ = ("doing_veno_now", "cntrtt", "minrtt", "basertt", "inc", "diff")

    doing_veno_now: bool
    cntrtt: int  # measurements
    minrtt: int  # the least since the last acknowledgement
    basertt: int  # the least of all
    inc: bool  # congested: grow in this round trip, or wait for the next?
    diff: int  # the queue, half segments

    def __init__(self) -> None:
        self.doing_veno_now = True
        self.cntrtt = 0
        self.minrtt = RTT_NONE
        self.basertt = RTT_NONE
        self.inc = True
        self.diff = 0

    def restart(self) -> None:
        """veno_init() after a pause: the path may be another one."""
        self.basertt = RTT_NONE
        self.inc = True
        self.doing_veno_now = True
        self.minrtt = RTT_NONE


def veno(tp: TcpSock) -> Veno:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Veno)
    return ca


class TcpVeno(TcpCongestionOps):
    """veno"""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """tcp_veno_init()"""
        tp.icsk_ca_priv = Veno()

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """tcp_veno_pkts_acked(): a round trip; never 0, as it is divided by."""
        if rtt_us < 0:
            return
        ca = veno(tp)
        rtt = rtt_us + 1
        if rtt < ca.basertt:
            ca.basertt = rtt
        if rtt < ca.minrtt:
            ca.minrtt = rtt
        ca.cntrtt += 1

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """tcp_veno_state()"""
        ca = veno(tp)
        ca.doing_veno_now = new_state == tcp.TCP_CA_Open
        if ca.doing_veno_now:
            ca.minrtt = RTT_NONE

    def cwnd_event(self, tp: TcpSock, ev: int) -> None:
        """tcp_veno_cwnd_event()"""
        if ev == const.CA_EVENT_CWND_RESTART or ev == const.CA_EVENT_TX_START:
            veno(tp).restart()

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """tcp_veno_cong_avoid()"""
        ca = veno(tp)
        if not ca.doing_veno_now:
            tcp_reno_cong_avoid(tp, ack, in_flight)
            return
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        if ca.cntrtt <= 2:  # one or two may be delayed ACKs
            tcp_reno_cong_avoid(tp, ack, in_flight)
        else:
            cwnd = tp.snd_cwnd
            ca.diff = (cwnd << V_PARAM_SHIFT) - (cwnd * ca.basertt << V_PARAM_SHIFT) // ca.minrtt
            if cwnd <= tp.snd_ssthresh:
                tcp_slow_start(tp)
            elif ca.diff < BETA:
                tcp_cong_avoid_ai(tp, cwnd)
            else:
                veno_congested(tp, ca)
            if tp.snd_cwnd < 2:
                tp.snd_cwnd = 2
            elif tp.snd_cwnd > tp.snd_cwnd_clamp:
                tp.snd_cwnd = tp.snd_cwnd_clamp
        ca.minrtt = RTT_NONE

    def ssthresh(self, tp: TcpSock) -> int:
        """tcp_veno_ssthresh(): four fifths if the queue was short, else half."""
        cwnd = tp.snd_cwnd
        thresh = cwnd * 4 // 5 if veno(tp).diff < BETA else cwnd >> 1
        return thresh if thresh > 2 else 2


def veno_congested(tp: TcpSock, ca: Veno) -> None:
    """The queue is long: one segment more in every second round trip."""
    if tp.snd_cwnd_cnt < tp.snd_cwnd:
        tp.snd_cwnd_cnt += 1
        return
    if ca.inc and tp.snd_cwnd < tp.snd_cwnd_clamp:
        tp.snd_cwnd += 1
        ca.inc = False
    else:
        ca.inc = True
    tp.snd_cwnd_cnt = 0


def tcp_veno_init() -> None:
    """Register veno."""
    tcp_register_congestion_control(TcpVeno("veno", rtt_stamp=True))
