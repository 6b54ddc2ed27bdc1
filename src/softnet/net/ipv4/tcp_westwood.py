"""Westwood+: after a loss, the window that the measured bandwidth fills.

Linux: net/ipv4/tcp_westwood.c of 3.2. Mascolo and others: "TCP Westwood: bandwidth estimation for
enhanced transport over wireless links" (2001); Grieco, Mascolo: "Performance evaluation and
comparison of Westwood+, New Reno and Vegas" (2004).

It grows as Reno does. Once per round trip (50 ms at least) the bytes acknowledged in it make a
sample of the bandwidth, which two low-pass filters smooth. A loss sets window and threshold to the
bandwidth times the least round trip: one that congestion did not cause costs little.
"""

from __future__ import annotations

import struct

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.inet_diag as inet_diag
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import (
    TcpReno,
    tcp_register_congestion_control,
)
from softnet.structs.tcp import TcpSock

TCP_WESTWOOD_RTT_MIN = const.HZ // 20  # jiffies: the shortest time that makes a sample
TCP_WESTWOOD_INIT_RTT = 20 * const.HZ  # before the first measurement, conservatively


class Westwood:
    """struct westwood: one connection's state."""

    __slots__ = (
        "bw_ns_est",
        "bw_est",
        "rtt_win_sx",
        "bk",
        "snd_una",
        "accounted",
        "rtt",
        "rtt_min",
        "first_ack",
        "reset_rtt_min",
    )

    bw_ns_est: int  # bytes per jiffy after the first filter
    bw_est: int  # after the second
    rtt_win_sx: int  # jiffies: when the sample was begun
    bk: int  # bytes acknowledged in it
    snd_una: int
    accounted: int  # bytes that duplicate ACKs have already counted
    rtt: int  # jiffies
    rtt_min: int
    first_ack: bool
    reset_rtt_min: bool

    def __init__(self, snd_una: int) -> None:
        self.bw_ns_est = 0
        self.bw_est = 0
        self.rtt_win_sx = tcp_time_stamp()
        self.bk = 0
        self.snd_una = snd_una
        self.accounted = 0
        self.rtt = TCP_WESTWOOD_INIT_RTT
        self.rtt_min = TCP_WESTWOOD_INIT_RTT
        self.first_ack = True
        self.reset_rtt_min = True

    def update_window(self, snd_una: int) -> None:
        """westwood_update_window(): is the sample long enough? Then take it, begin another."""
        delta = mem.s32(tcp_time_stamp() - self.rtt_win_sx)
        if self.first_ack:
            self.snd_una = snd_una
            self.first_ack = False
        least = self.rtt if self.rtt > TCP_WESTWOOD_RTT_MIN else TCP_WESTWOOD_RTT_MIN
        if self.rtt and delta > least:
            self.filter(delta)
            self.bk = 0
            self.rtt_win_sx = tcp_time_stamp()

    def filter(self, delta: int) -> None:
        """westwood_filter(): bk bytes in delta jiffies; 7/8 of the past, 1/8 of the news, twice."""
        sample = self.bk // delta
        if self.bw_ns_est == 0 and self.bw_est == 0:
            self.bw_ns_est = sample
            self.bw_est = sample
        else:
            self.bw_ns_est = (7 * self.bw_ns_est + sample) >> 3
            self.bw_est = (7 * self.bw_est + self.bw_ns_est) >> 3

    def update_rtt_min(self) -> None:
        """update_rtt_min(): the least so far, or of late if the path may have changed."""
        if self.reset_rtt_min or self.rtt < self.rtt_min:
            self.rtt_min = self.rtt
        self.reset_rtt_min = False

    def acked_count(self, snd_una: int, mss: int) -> int:
        """westwood_acked_count(): the bytes that this ACK says have arrived.

        A duplicate stands for one segment; what it counted is not counted again by the ACK
        that comes after the recovery.
        """
        cumul_ack = mem.u32(snd_una - self.snd_una)
        if cumul_ack == 0:
            self.accounted += mss
            cumul_ack = mss
        if cumul_ack > mss:
            if self.accounted >= cumul_ack:
                self.accounted -= cumul_ack
                cumul_ack = mss
            else:
                cumul_ack -= self.accounted
                self.accounted = 0
        self.snd_una = snd_una
        return cumul_ack


def westwood(tp: TcpSock) -> Westwood:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Westwood)
    return ca


def tcp_westwood_bw_rttmin(tp: TcpSock) -> int:
    """The segments that fill the path at the measured bandwidth, two at least."""
    w = westwood(tp)
    cwnd = w.bw_est * w.rtt_min // tp.mss_cache
    return cwnd if cwnd > 2 else 2


class TcpWestwood(TcpReno):
    """westwood: Reno but for what it does after a loss."""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """Nothing is known of the path."""
        tp.icsk_ca_priv = Westwood(tp.snd_una)

    def min_cwnd(self, tp: TcpSock) -> int:
        """Rate halving stops at what the path takes."""
        return tcp_westwood_bw_rttmin(tp)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """tcp_westwood_pkts_acked(): keep the round trip, jiffies rounded up."""
        if rtt_us > 0:
            westwood(tp).rtt = -(-rtt_us * const.HZ // const.USEC_PER_SEC)

    def cwnd_event(self, tp: TcpSock, ev: int) -> None:
        """tcp_westwood_event()"""
        w = westwood(tp)
        if ev == const.CA_EVENT_FAST_ACK:
            w.update_window(tp.snd_una)
            w.bk += mem.u32(tp.snd_una - w.snd_una)
            w.snd_una = tp.snd_una
            w.update_rtt_min()
        elif ev == const.CA_EVENT_SLOW_ACK:
            w.update_window(tp.snd_una)
            w.bk += w.acked_count(tp.snd_una, tp.mss_cache)
            w.update_rtt_min()
        elif ev == const.CA_EVENT_COMPLETE_CWR:
            tp.snd_ssthresh = tcp_westwood_bw_rttmin(tp)
            tp.snd_cwnd = tp.snd_ssthresh
        elif ev == const.CA_EVENT_FRTO:
            tp.snd_ssthresh = tcp_westwood_bw_rttmin(tp)
            w.reset_rtt_min = True

    def get_info(self, tp: TcpSock, ext: int) -> tuple[int, bytes] | None:
        """tcp_westwood_info(): struct tcpvegas_info; round trips in microseconds."""
        if not ext >> (inet_diag.INET_DIAG_VEGASINFO - 1) & 1:
            return None
        w = westwood(tp)
        usec = const.USEC_PER_SEC // const.HZ
        info = struct.pack("<4I", 1, 0, w.rtt * usec, w.rtt_min * usec)
        return inet_diag.INET_DIAG_VEGASINFO, info


def tcp_westwood_init() -> None:
    """Register westwood."""
    tcp_register_congestion_control(TcpWestwood("westwood"))
