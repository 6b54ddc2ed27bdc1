"""BIC: binary search for the window at which the path overflows.

Linux: net/ipv4/tcp_bic.c of 3.2. Xu, Harfoush, Rhee: "Binary increase congestion control for fast
long-distance networks" (2004).

After a loss at last_max_cwnd the window goes up by a fraction of what is missing to it: fast when far
away (but max_increment segments per round trip at most), slowly when near, and beyond it the other
way round, to find a new maximum. Below low_window it is Reno.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import (
    tcp_cong_avoid_ai,
    tcp_is_cwnd_limited,
    tcp_register_congestion_control,
    tcp_slow_start,
)
from softnet.structs.tcp import TcpCongestionOps, TcpSock

BETA_SCALE = 1024
BICTCP_B = 4  # the step towards the maximum is a quarter of the distance

# Module parameters and their defaults
FAST_CONVERGENCE = 1
MAX_INCREMENT = 16  # segments per round trip
LOW_WINDOW = 14  # segments: below it, Reno
BETA = 819  # of 1024: what remains of the window after a loss
SMOOTH_PART = 20  # round trips, times BICTCP_B / cwnd, near the maximum

ACK_RATIO_SHIFT = 4
UPDATE_INTERVAL = const.HZ // 32  # jiffies between computations while cwnd stands still
CNT_UNKNOWN = 20  # before a loss, and after a timeout, grow at least by 1/20 per round trip


class Bic:
    """struct bictcp of tcp_bic.c: one connection's state."""

    __slots__ = (
        "cnt",
        "last_max_cwnd",
        "loss_cwnd",
        "last_cwnd",
        "last_time",
        "epoch_start",
        "delayed_ack",
    )

    cnt: int  # cwnd grows by one for each cnt acknowledgements
    last_max_cwnd: int
    loss_cwnd: int
    last_cwnd: int
    last_time: int  # jiffies
    epoch_start: int
    delayed_ack: int  # segments per acknowledgement, times 16

    def __init__(self) -> None:
        self.loss_cwnd = 0
        self.reset()

    def reset(self) -> None:
        """bictcp_reset(): forget the maximum, not what undo needs."""
        self.cnt = 0
        self.last_max_cwnd = 0
        self.last_cwnd = 0
        self.last_time = 0
        self.epoch_start = 0
        self.delayed_ack = 2 << ACK_RATIO_SHIFT

    def update(self, cwnd: int) -> None:
        """bictcp_update(): compute cnt, the pace at which to grow from cwnd."""
        now = tcp_time_stamp()
        if self.last_cwnd == cwnd and mem.s32(now - self.last_time) <= UPDATE_INTERVAL:
            return
        self.last_cwnd = cwnd
        self.last_time = now
        if self.epoch_start == 0:
            self.epoch_start = now
        if cwnd <= LOW_WINDOW:
            self.cnt = cwnd
            return
        cnt = self.below(cwnd) if cwnd < self.last_max_cwnd else self.beyond(cwnd)
        if self.last_max_cwnd == 0 and cnt > CNT_UNKNOWN:
            cnt = CNT_UNKNOWN
        cnt = (cnt << ACK_RATIO_SHIFT) // self.delayed_ack
        self.cnt = cnt if cnt > 0 else 1

    def below(self, cwnd: int) -> int:
        """The pace under the last maximum: binary search, bounded above and below."""
        dist = (self.last_max_cwnd - cwnd) // BICTCP_B
        if dist > MAX_INCREMENT:
            return cwnd // MAX_INCREMENT
        if dist <= 1:
            return cwnd * SMOOTH_PART // BICTCP_B
        return cwnd // dist

    def beyond(self, cwnd: int) -> int:
        """The pace above it: the same, mirrored."""
        over = cwnd - self.last_max_cwnd
        if over < BICTCP_B:
            return cwnd * SMOOTH_PART // BICTCP_B
        if over < MAX_INCREMENT * (BICTCP_B - 1):
            return cwnd * (BICTCP_B - 1) // over
        return cwnd // MAX_INCREMENT


def bic(tp: TcpSock) -> Bic:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Bic)
    return ca


class TcpBic(TcpCongestionOps):
    """bic"""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """No maximum yet."""
        tp.icsk_ca_priv = Bic()

    def ssthresh(self, tp: TcpSock) -> int:
        """bictcp_recalc_ssthresh(): 0.8 of cwnd; two losses in a row make room for newcomers."""
        ca = bic(tp)
        cwnd = tp.snd_cwnd
        ca.epoch_start = 0
        if cwnd < ca.last_max_cwnd and FAST_CONVERGENCE:
            ca.last_max_cwnd = cwnd * (BETA_SCALE + BETA) // (2 * BETA_SCALE)
        else:
            ca.last_max_cwnd = cwnd
        ca.loss_cwnd = cwnd
        thresh = cwnd >> 1 if cwnd <= LOW_WINDOW else cwnd * BETA // BETA_SCALE
        return thresh if thresh > 2 else 2

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """bictcp_cong_avoid()"""
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        if tp.snd_cwnd <= tp.snd_ssthresh:
            tcp_slow_start(tp)
        else:
            ca = bic(tp)
            ca.update(tp.snd_cwnd)
            tcp_cong_avoid_ai(tp, ca.cnt)

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """A timeout: what was known of the path is stale."""
        if new_state == tcp.TCP_CA_Loss:
            bic(tp).reset()

    def undo_cwnd(self, tp: TcpSock) -> int:
        """The window that was reduced for nothing."""
        return max(tp.snd_cwnd, bic(tp).loss_cwnd)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """bictcp_acked(): learn how acknowledgements are delayed."""
        if tp.icsk_ca_state == tcp.TCP_CA_Open:
            ca = bic(tp)
            ca.delayed_ack += num_acked - (ca.delayed_ack >> ACK_RATIO_SHIFT)


def tcp_bic_init() -> None:
    """Register bic."""
    tcp_register_congestion_control(TcpBic("bic"))
