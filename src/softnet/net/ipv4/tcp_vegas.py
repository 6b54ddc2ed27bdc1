"""Vegas: the queue shows in the round trip; keep two to four segments in it.

Linux: net/ipv4/tcp_vegas.c of 3.2. Brakmo, Peterson: "TCP Vegas: end to end congestion avoidance on
a global Internet" (1995).

Once per round trip the window is compared with what the path would take without a queue:
diff = cwnd (rtt - baseRTT) / baseRTT segments are waiting somewhere. Fewer than alpha: one segment more;
more than beta: one less. Slow start ends when more than gamma wait, and grows only as Reno does.
Losses are handled as in Reno. Round trips are in microseconds.
"""

from __future__ import annotations

import struct

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.inet_diag as inet_diag
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_cong import (
    TcpReno,
    tcp_register_congestion_control,
    tcp_reno_cong_avoid,
    tcp_slow_start,
)
from softnet.net.ipv4.tcp_cwnd import tcp_current_ssthresh
from softnet.structs.tcp import TcpSock

# Module parameters and their defaults, segments in the queue
ALPHA = 2
BETA = 4
GAMMA = 1

RTT_NONE = 0x7FFFFFFF  # us: nothing measured


class Vegas:
    """struct vegas: one connection's state; YeAH has it too."""

    __slots__ = ("beg_snd_nxt", "doing_vegas_now", "cntRTT", "minRTT", "baseRTT")

    beg_snd_nxt: int  # the round trip ends when this is acknowledged
    doing_vegas_now: bool
    cntRTT: int  # measurements in this round trip
    minRTT: int  # the least of them
    baseRTT: int  # the least of all: what the path takes without a queue

    def __init__(self, tp: TcpSock) -> None:
        self.baseRTT = RTT_NONE
        self.enable(tp)

    def enable(self, tp: TcpSock) -> None:
        """vegas_enable(): begin at the next round trip."""
        self.doing_vegas_now = True
        self.beg_snd_nxt = tp.snd_nxt
        self.cntRTT = 0
        self.minRTT = RTT_NONE

    def begin_round(self, tp: TcpSock) -> None:
        """The next round trip."""
        self.beg_snd_nxt = tp.snd_nxt
        self.cntRTT = 0
        self.minRTT = RTT_NONE

    def measured(self, rtt_us: int) -> None:
        """tcp_vegas_pkts_acked(): a round trip; never 0, as it is divided by."""
        if rtt_us < 0:
            return
        rtt = rtt_us + 1
        if rtt < self.baseRTT:
            self.baseRTT = rtt
        if rtt < self.minRTT:
            self.minRTT = rtt
        self.cntRTT += 1


def vegas(tp: TcpSock) -> Vegas:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Vegas)
    return ca


class TcpVegas(TcpReno):
    """vegas: Reno after a loss."""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """tcp_vegas_init()"""
        tp.icsk_ca_priv = Vegas(tp)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """A round trip was measured, perhaps."""
        vegas(tp).measured(rtt_us)

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """tcp_vegas_state(): round trips during a recovery say nothing."""
        if new_state == tcp.TCP_CA_Open:
            vegas(tp).enable(tp)
        else:
            vegas(tp).doing_vegas_now = False

    def cwnd_event(self, tp: TcpSock, ev: int) -> None:
        """tcp_vegas_cwnd_event(): after a pause the path may be another one."""
        if ev == const.CA_EVENT_CWND_RESTART or ev == const.CA_EVENT_TX_START:
            ca = vegas(tp)
            ca.baseRTT = RTT_NONE
            ca.enable(tp)

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """tcp_vegas_cong_avoid()"""
        ca = vegas(tp)
        if not ca.doing_vegas_now:
            tcp_reno_cong_avoid(tp, ack, in_flight)
        elif mem.after(ack, ca.beg_snd_nxt):
            if ca.cntRTT <= 2:  # one or two may be delayed ACKs
                tcp_reno_cong_avoid(tp, ack, in_flight)
            else:
                vegas_adjust(tp, ca)
            ca.begin_round(tp)
        elif tp.snd_cwnd <= tp.snd_ssthresh:
            tcp_slow_start(tp)

    def get_info(self, tp: TcpSock, ext: int) -> tuple[int, bytes] | None:
        """tcp_vegas_get_info(): struct tcpvegas_info."""
        if not ext >> (inet_diag.INET_DIAG_VEGASINFO - 1) & 1:
            return None
        ca = vegas(tp)
        info = struct.pack("<4I", ca.doing_vegas_now, ca.cntRTT, ca.baseRTT, ca.minRTT)
        return inet_diag.INET_DIAG_VEGASINFO, info


def vegas_adjust(tp: TcpSock, ca: Vegas) -> None:
    """A round trip is over: the window follows the queue."""
    cwnd = tp.snd_cwnd
    diff = cwnd * (ca.minRTT - ca.baseRTT) // ca.baseRTT
    if tp.snd_cwnd <= tp.snd_ssthresh:
        if diff > GAMMA:
            # Out of slow start, down to what the path takes without a queue.
            target = cwnd * ca.baseRTT // ca.minRTT + 1
            tp.snd_cwnd = cwnd if cwnd < target else target
            vegas_ssthresh(tp)
        else:
            tcp_slow_start(tp)
    elif diff > BETA:
        tp.snd_cwnd -= 1
        vegas_ssthresh(tp)
    elif diff < ALPHA:
        tp.snd_cwnd += 1
    if tp.snd_cwnd < 2:
        tp.snd_cwnd = 2
    elif tp.snd_cwnd > tp.snd_cwnd_clamp:
        tp.snd_cwnd = tp.snd_cwnd_clamp
    tp.snd_ssthresh = tcp_current_ssthresh(tp)


def vegas_ssthresh(tp: TcpSock) -> None:
    """tcp_vegas_ssthresh(): below the window, so that slow start does not come back."""
    if tp.snd_ssthresh > tp.snd_cwnd - 1:
        tp.snd_ssthresh = tp.snd_cwnd - 1


def tcp_vegas_init() -> None:
    """Register vegas."""
    tcp_register_congestion_control(TcpVegas("vegas", rtt_stamp=True))
