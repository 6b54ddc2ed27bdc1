"""HighSpeed TCP: the larger the window, the bolder the steps and the smaller the reductions.

Linux: net/ipv4/tcp_highspeed.c. RFC 3649.

Up to 38 segments it is Reno. Above, a table over the window (RFC 3649, appendix B) gives the segments to
add per round trip, 1 to 73, and the part to give up after a loss, 0.5 to 0.1, such that a window of 83000
is reached at a loss rate of 10^-7.
"""

from __future__ import annotations

import math

from softnet.net.ipv4.tcp_cong import (
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp import TcpCongestionOps, TcpSock

LOW_WINDOW, HIGH_WINDOW = 38, 83000  # segments; RFC 3649 section 5
HIGH_DECREASE = 0.1

# Up to HSTCP_CWND[i] segments add i + 1 per round trip.
HSTCP_CWND = [
    38, 118, 221, 347, 495, 663, 851, 1058, 1284, 1529, 1793, 2076, 2378, 2699, 3039, 3399, 3778,
    4177, 4596, 5036, 5497, 5979, 6483, 7009, 7558, 8130, 8726, 9346, 9991, 10661, 11358, 12082,
    12834, 13614, 14424, 15265, 16137, 17042, 17981, 18955, 19965, 21013, 22101, 23230, 24402,
    25618, 26881, 28193, 29557, 30975, 32450, 33986, 35586, 37253, 38992, 40808, 42707, 44694,
    46776, 48961, 51258, 53677, 56230, 58932, 61799, 64851, 68113, 71617, 75401, 79517, 84035,
    89053, 94717,
]  # fmt: skip


def decrease(cwnd: int) -> int:
    """b(w) of RFC 3649, in 1/256: from 0.5 to 0.1, linear in the logarithm of the window."""
    at = math.log(cwnd / LOW_WINDOW) / math.log(HIGH_WINDOW / LOW_WINDOW)
    return int(((HIGH_DECREASE - 0.5) * at + 0.5) * 256)


HSTCP_MD = [decrease(w) for w in HSTCP_CWND]
HSTCP_AIMD_MAX = 73  # rows
HSTCP_CWND_MAX = 0xFFFFFFFF // 128  # so that sums over the window fit 32 bits in the kernel


class Hstcp:
    """struct hstcp: one connection's state."""

    __slots__ = ("ai",)

    ai: int  # the row of the table

    def __init__(self) -> None:
        self.ai = 0

    def find(self, cwnd: int) -> None:
        """Go to the row of cwnd; it is rarely far away."""
        while cwnd > HSTCP_CWND[self.ai] and self.ai < HSTCP_AIMD_MAX - 1:
            self.ai += 1
        while self.ai > 0 and cwnd <= HSTCP_CWND[self.ai - 1]:
            self.ai -= 1


def hstcp(tp: TcpSock) -> Hstcp:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Hstcp)
    return ca


class TcpHighspeed(TcpCongestionOps):
    """highspeed"""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """hstcp_init()"""
        tp.icsk_ca_priv = Hstcp()
        tp.snd_cwnd_clamp = min(tp.snd_cwnd_clamp, HSTCP_CWND_MAX)

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """hstcp_cong_avoid()"""
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        if tp.snd_cwnd <= tp.snd_ssthresh:
            tcp_slow_start(tp)
            return
        ca = hstcp(tp)
        ca.find(tp.snd_cwnd)
        if tp.snd_cwnd < tp.snd_cwnd_clamp:
            tp.snd_cwnd_cnt += ca.ai + 1
            if tp.snd_cwnd_cnt >= tp.snd_cwnd:
                tp.snd_cwnd_cnt -= tp.snd_cwnd
                tp.snd_cwnd += 1

    def ssthresh(self, tp: TcpSock) -> int:
        """hstcp_ssthresh()"""
        md: int = HSTCP_MD[hstcp(tp).ai]
        thresh = tp.snd_cwnd - ((tp.snd_cwnd * md) >> 8)
        return thresh if thresh > 2 else 2


def tcp_highspeed_init() -> None:
    """Register highspeed."""
    tcp_register_congestion_control(TcpHighspeed("highspeed"))
