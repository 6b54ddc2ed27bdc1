"""CUBIC with HyStart: the default congestion control.

Linux: net/ipv4/tcp_cubic.c of 3.2. Ha, Rhee, Xu: "CUBIC: a new TCP-friendly high-speed TCP variant"
(2008), and "Taming the elephants: new TCP slow start" (2011) for HyStart.

After a loss at w_max segments the window follows w(t) = C (t - K)^3 + w_max, t being the time since
then and K = cbrt(w_max * (1 - beta) / C): steep, flat around w_max, steep again. On short paths,
where Reno would be faster, it grows like Reno (tcp_friendliness). HyStart leaves slow start
before the loss: when a train of close acknowledgements lasts half a round trip, or when the round
trip lengthens.

Time is kept in 1/1024 s, C is bic_scale / 1024 * 10 per s^3, delays are in ms times 8.

Differs from Linux: the cube root is exact; the kernel's is within 0.2 % of it.
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

BETA = 717  # of 1024: what remains of the window after a loss
BETA_SCALE = 1024
HZ_SHIFT = 10  # time is in 1/1024 s
BIC_SCALE = 41
CUBE_RTT_SCALE = BIC_SCALE * 10
CUBE_SHIFT = 10 + 3 * HZ_SHIFT
# Multiplied, as a C compiler would shift the 1 as an int: 2 ** CUBE_SHIFT has 41 bits.
CUBE_FACTOR = BETA_SCALE * BETA_SCALE * BETA_SCALE * BETA_SCALE // CUBE_RTT_SCALE
RENO_SCALE = 8 * (BETA_SCALE + BETA) // 3 // (BETA_SCALE - BETA)
OFFSET_MAX = 1 << 18  # 256 s: the cube of a longer time would not fit
ACK_RATIO_SHIFT = 4
ACK_RATIO_LIMIT = 32 << ACK_RATIO_SHIFT
UPDATE_INTERVAL = const.HZ // 32  # jiffies between computations while cwnd stands still
CNT_UNKNOWN = 20  # before a loss, and after a timeout, grow at least by 1/20 per round trip

HYSTART_ACK_TRAIN = 1
HYSTART_DELAY = 2
HYSTART_DETECT = HYSTART_ACK_TRAIN | HYSTART_DELAY
HYSTART_MIN_SAMPLES = 8
HYSTART_DELAY_MIN = 4 << 3
HYSTART_DELAY_MAX = 16 << 3
HYSTART_LOW_WINDOW = 16  # segments
HYSTART_ACK_DELTA = 2  # ms


class Bictcp:
    """struct bictcp: one connection's state, in tp.icsk_ca_priv."""

    __slots__ = (
        "cnt",
        "last_max_cwnd",
        "loss_cwnd",
        "last_cwnd",
        "last_time",
        "bic_origin_point",
        "bic_K",
        "delay_min",
        "epoch_start",
        "ack_cnt",
        "tcp_cwnd",
        "delayed_ack",
        "sample_cnt",
        "found",
        "round_start",
        "end_seq",
        "last_ack",
        "curr_rtt",
    )

    cnt: int  # cwnd grows by one for each cnt acknowledgements
    last_max_cwnd: int
    loss_cwnd: int
    last_cwnd: int
    last_time: int
    bic_origin_point: int
    bic_K: int
    delay_min: int
    epoch_start: int  # jiffies, 0 before the first update after a loss
    ack_cnt: int
    tcp_cwnd: int  # where Reno would be
    delayed_ack: int  # segments per acknowledgement, times 16
    sample_cnt: int
    found: int  # HYSTART_*
    round_start: int  # ms
    end_seq: int
    last_ack: int  # ms
    curr_rtt: int

    def __init__(self) -> None:
        self.loss_cwnd = 0
        self.sample_cnt = 0
        self.round_start = 0
        self.end_seq = 0
        self.last_ack = 0
        self.curr_rtt = 0
        self.reset()

    def reset(self) -> None:
        """bictcp_reset(): forget the curve, not what undo needs."""
        self.cnt = 0
        self.last_max_cwnd = 0
        self.last_cwnd = 0
        self.last_time = 0
        self.bic_origin_point = 0
        self.bic_K = 0
        self.delay_min = 0
        self.epoch_start = 0
        self.delayed_ack = 2 << ACK_RATIO_SHIFT
        self.ack_cnt = 0
        self.tcp_cwnd = 0
        self.found = 0

    def hystart_reset(self, tp: TcpSock) -> None:
        """A round of slow start begins; it ends when snd_nxt of now is acknowledged."""
        now = tcp_time_stamp()
        self.round_start = now
        self.last_ack = now
        self.end_seq = tp.snd_nxt
        self.curr_rtt = 0
        self.sample_cnt = 0

    def hystart_update(self, tp: TcpSock, delay: int) -> None:
        """Has slow start filled the path? Then cwnd becomes ssthresh."""
        if self.found & HYSTART_DETECT:
            return
        now = tcp_time_stamp()
        if mem.s32(now - self.last_ack) <= HYSTART_ACK_DELTA:
            self.last_ack = now
            if mem.s32(now - self.round_start) > self.delay_min >> 4:
                self.found |= HYSTART_ACK_TRAIN
        if self.sample_cnt < HYSTART_MIN_SAMPLES:
            if self.curr_rtt == 0 or self.curr_rtt > delay:
                self.curr_rtt = delay
            self.sample_cnt += 1
        else:
            thresh = self.delay_min >> 4
            if thresh < HYSTART_DELAY_MIN:
                thresh = HYSTART_DELAY_MIN
            elif thresh > HYSTART_DELAY_MAX:
                thresh = HYSTART_DELAY_MAX
            if self.curr_rtt > self.delay_min + thresh:
                self.found |= HYSTART_DELAY
        if self.found & HYSTART_DETECT:
            tp.snd_ssthresh = tp.snd_cwnd

    def update(self, cwnd: int) -> None:
        """bictcp_update(): compute cnt, the pace at which to grow from cwnd."""
        self.ack_cnt += 1
        now = tcp_time_stamp()
        if self.last_cwnd == cwnd and mem.s32(now - self.last_time) <= UPDATE_INTERVAL:
            return
        self.last_cwnd = cwnd
        self.last_time = now
        if self.epoch_start == 0:
            self.begin_epoch(cwnd, now)
        t = (mem.u32(now + (self.delay_min >> 3) - self.epoch_start) << HZ_SHIFT) // const.HZ
        offs = self.bic_K - t if t < self.bic_K else t - self.bic_K
        if offs > OFFSET_MAX:
            offs = OFFSET_MAX
        delta = (CUBE_RTT_SCALE * offs * offs * offs) >> CUBE_SHIFT
        target = self.bic_origin_point + (-delta if t < self.bic_K else delta)
        cnt = cwnd // (target - cwnd) if target > cwnd else 100 * cwnd
        if self.last_max_cwnd == 0 and cnt > CNT_UNKNOWN:
            cnt = CNT_UNKNOWN
        cnt = self.friendly(cwnd, cnt)
        cnt = (cnt << ACK_RATIO_SHIFT) // self.delayed_ack
        self.cnt = cnt if cnt > 0 else 1

    def begin_epoch(self, cwnd: int, now: int) -> None:
        """The first growth after a loss: choose the curve."""
        self.epoch_start = now
        self.ack_cnt = 1
        self.tcp_cwnd = cwnd
        if self.last_max_cwnd <= cwnd:
            self.bic_K = 0
            self.bic_origin_point = cwnd
        else:
            self.bic_K = cubic_root(CUBE_FACTOR * (self.last_max_cwnd - cwnd))
            self.bic_origin_point = self.last_max_cwnd

    def friendly(self, cwnd: int, cnt: int) -> int:
        """Not slower than Reno with the same beta would be."""
        delta = (cwnd * RENO_SCALE) >> 3
        if delta > 0 and self.ack_cnt > delta:
            steps = (self.ack_cnt - 1) // delta
            self.ack_cnt -= steps * delta
            self.tcp_cwnd += steps
        if self.tcp_cwnd > cwnd:
            max_cnt = cwnd // (self.tcp_cwnd - cwnd)
            if cnt > max_cnt:
                return max_cnt
        return cnt


def cubic_root(a: int) -> int:
    """The integer part of the cube root of a, by bisection of its bits."""
    root = 0
    bit = 1 << 20
    while bit:
        trial = root | bit
        if trial * trial * trial <= a:
            root = trial
        bit >>= 1
    return root


def bictcp(tp: TcpSock) -> Bictcp:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Bictcp)
    return ca


class TcpCubic(TcpCongestionOps):
    """cubictcp"""

    __slots__ = ()

    def init(self, tp: TcpSock) -> None:
        """A fresh curve."""
        ca = Bictcp()
        tp.icsk_ca_priv = ca
        ca.hystart_reset(tp)

    def ssthresh(self, tp: TcpSock) -> int:
        """bictcp_recalc_ssthresh(): 0.7 of cwnd; two losses in a row make room for newcomers."""
        ca = bictcp(tp)
        cwnd = tp.snd_cwnd
        ca.epoch_start = 0
        if cwnd < ca.last_max_cwnd:
            ca.last_max_cwnd = cwnd * (BETA_SCALE + BETA) // (2 * BETA_SCALE)
        else:
            ca.last_max_cwnd = cwnd
        ca.loss_cwnd = cwnd
        thresh = cwnd * BETA // BETA_SCALE
        return thresh if thresh > 2 else 2

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """bictcp_cong_avoid()"""
        if not tcp_is_cwnd_limited(tp, in_flight):
            return
        ca = bictcp(tp)
        if tp.snd_cwnd <= tp.snd_ssthresh:
            if mem.after(ack, ca.end_seq):
                ca.hystart_reset(tp)
            tcp_slow_start(tp)
        else:
            ca.update(tp.snd_cwnd)
            tcp_cong_avoid_ai(tp, ca.cnt)

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """A timeout: what was known of the path is stale."""
        if new_state == tcp.TCP_CA_Loss:
            ca = bictcp(tp)
            ca.reset()
            ca.hystart_reset(tp)

    def undo_cwnd(self, tp: TcpSock) -> int:
        """The window that was reduced for nothing."""
        ca = bictcp(tp)
        return max(tp.snd_cwnd, ca.loss_cwnd)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """bictcp_acked(): learn how acknowledgements are delayed, and the least delay."""
        ca = bictcp(tp)
        if tp.icsk_ca_state == tcp.TCP_CA_Open:
            ratio = ca.delayed_ack - (ca.delayed_ack >> ACK_RATIO_SHIFT) + num_acked
            ca.delayed_ack = ratio if ratio < ACK_RATIO_LIMIT else ACK_RATIO_LIMIT
        if rtt_us < 0:
            return
        if ca.epoch_start and mem.s32(tcp_time_stamp() - ca.epoch_start) < const.HZ:
            return  # right after a recovery the queue is not what it will be
        delay = (rtt_us << 3) // const.USEC_PER_MSEC
        if delay == 0:
            delay = 1
        if ca.delay_min == 0 or ca.delay_min > delay:
            ca.delay_min = delay
        if tp.snd_cwnd <= tp.snd_ssthresh and tp.snd_cwnd >= HYSTART_LOW_WINDOW:
            ca.hystart_update(tp, delay)


def tcp_cubic_init() -> None:
    """Register cubic."""
    tcp_register_congestion_control(TcpCubic("cubic"))
