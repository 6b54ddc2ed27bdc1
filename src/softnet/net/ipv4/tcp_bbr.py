"""BBR, version 1: as fast as the path delivers, with no more in flight than it holds.

Linux: net/ipv4/tcp_bbr.c (4.9). draft-cardwell-iccrg-bbr-congestion-control-00; Cardwell and others,
"BBR: congestion-based congestion control" (2016).

Two measurements are the model: bw, the largest delivery rate of the last ten round trips, and min_rtt, the
shortest round trip of the last ten seconds. bw * min_rtt (BDP) is what the path holds without a queue.
The pacing rate is pacing_gain * bw, the window cwnd_gain * BDP.

    STARTUP     gain 2.89: double per round trip, until bw grows no more
    DRAIN       gain 0.35: until the queue that STARTUP made is gone
    PROBE_BW    eight round trips: gain 1.25 to see whether there is more, 0.75 to drain that, six times 1
    PROBE_RTT   min_rtt was not seen for 10 s: four segments for 200 ms, so that it can be

Losses do not change the model. In a recovery the window follows what is delivered for one round trip,
and is restored after it.

The pacing rate is a hundredth less than that (as from 4.20 on), so that a queue does not stay for ever.

Differs from Linux: the detection of token-bucket policers (lt_bw), which the draft does not have, is
not there.
"""

from __future__ import annotations

import struct

import softnet.arch.const as const
import softnet.uapi.inet_diag as inet_diag
import softnet.uapi.tcp as tcp
from softnet.kernel.minmax import Minmax
from softnet.net.ipv4.tcp_cong import TcpReno, tcp_register_congestion_control
from softnet.net.ipv4.tcp_mss import tcp_mss_to_mtu
from softnet.net.ipv4.tcp_pacing import tcp_tso_autosize
from softnet.net.ipv4.tcp_pacing_timer import tcp_pacing_start
from softnet.structs.tcp import TcpSock
from softnet.structs.tcp_rate import TcpRate

STARTUP = 0
DRAIN = 1
PROBE_BW = 2
PROBE_RTT = 3

UNIT_BITS = 8
UNIT = 1 << UNIT_BITS  # a gain of 1
HIGH_GAIN = UNIT * 2885 // 1000 + 1  # 2 / ln 2: the least that doubles per round trip
DRAIN_GAIN = UNIT * 1000 // 2885
CWND_GAIN = 2 * UNIT  # room for delayed and bunched ACKs
CYCLE_LEN = 8
CYCLE_GAIN = (UNIT * 5 // 4, UNIT * 3 // 4, UNIT, UNIT, UNIT, UNIT, UNIT, UNIT)
BW_BITS = 10  # bw: segments per second << 10
BW_ROUNDS = 10
PACING_PERCENT = 99  # of the rate
MIN_RTT_WINDOW_NS = 10 * 1_000_000_000
PROBE_RTT_NS = 200 * 1_000_000
CWND_MIN = 4
FULL_BW_THRESH = UNIT * 5 // 4  # growing by less than a quarter ...
FULL_BW_COUNT = 3  # ... in so many round trips: the pipe is full
RTT_NONE = 0x7FFFFFFFFFFFFFFF


class Bbr:
    """struct bbr: one connection's model and state."""

    __slots__ = (
        "mode", "bw", "min_rtt_ns", "min_rtt_stamp", "min_rtt_expired", "probe_rtt_done_stamp",
        "probe_rtt_round_done", "round_count", "next_round_delivered", "round_start", "pacing_gain",
        "cwnd_gain", "full_bw", "full_bw_count", "filled_pipe", "cycle_index", "cycle_stamp",
        "prior_cwnd", "prev_ca_state", "packet_conservation", "idle_restart", "has_rtt",
    )  # fmt: skip

    mode: int
    bw: Minmax  # by round_count
    min_rtt_ns: int
    min_rtt_stamp: int  # when it was measured
    min_rtt_expired: bool  # too long ago, as this ACK found
    probe_rtt_done_stamp: int  # 0: in flight is not down yet
    probe_rtt_round_done: bool
    round_count: int  # round trips, counted in segments delivered
    next_round_delivered: int
    round_start: bool  # this ACK begins one
    pacing_gain: int
    cwnd_gain: int
    full_bw: int
    full_bw_count: int
    filled_pipe: bool
    cycle_index: int
    cycle_stamp: int
    prior_cwnd: int  # to be restored after a recovery or PROBE_RTT
    prev_ca_state: int
    packet_conservation: bool
    idle_restart: bool
    has_rtt: bool  # the pacing rate rests on a measurement

    def __init__(self, now: int) -> None:
        self.mode = STARTUP
        self.bw = Minmax()
        self.min_rtt_ns = RTT_NONE
        self.min_rtt_stamp = now
        self.min_rtt_expired = False
        self.probe_rtt_done_stamp = 0
        self.probe_rtt_round_done = False
        self.round_count = 0
        self.next_round_delivered = 0
        self.round_start = False
        self.pacing_gain = HIGH_GAIN
        self.cwnd_gain = HIGH_GAIN
        self.full_bw = 0
        self.full_bw_count = 0
        self.filled_pipe = False
        self.cycle_index = 0
        self.cycle_stamp = 0
        self.prior_cwnd = 0
        self.prev_ca_state = tcp.TCP_CA_Open
        self.packet_conservation = False
        self.idle_restart = False
        self.has_rtt = False

    def inflight(self, gain: int, quantum: int) -> int:
        """The BDP times gain, in segments, and room for three bursts of quantum segments."""
        if self.min_rtt_ns == RTT_NONE:
            return const.TCP_INIT_CWND
        us = (self.min_rtt_ns + const.NSEC_PER_USEC - 1) // const.NSEC_PER_USEC
        bdp = self.bw.v0 * us // (const.USEC_PER_SEC << BW_BITS)
        return (bdp * gain >> UNIT_BITS) + 1 + 3 * quantum

    def enter_startup(self) -> None:
        """Find the rate."""
        self.mode = STARTUP
        self.pacing_gain = HIGH_GAIN
        self.cwnd_gain = HIGH_GAIN

    def enter_probe_bw(self, now: int, skip: int) -> None:
        """Begin the cycle at any place but that which drains; skip is 0 to 6, by chance."""
        self.mode = PROBE_BW
        self.cwnd_gain = CWND_GAIN
        self.cycle_index = CYCLE_LEN - 1 - skip
        self.advance_cycle(now)

    def advance_cycle(self, now: int) -> None:
        """The next phase."""
        self.cycle_index = (self.cycle_index + 1) % CYCLE_LEN
        self.cycle_stamp = now
        self.pacing_gain = CYCLE_GAIN[self.cycle_index]

    def update_round(self, rate: TcpRate) -> None:
        """Is the segment just delivered one that was sent after the round trip began?"""
        self.round_start = False
        if rate.prior_delivered >= self.next_round_delivered:
            self.next_round_delivered = rate.delivered
            self.round_count += 1
            self.round_start = True

    def update_bw(self, rate: TcpRate) -> None:
        """bbr_update_bw(): a sample below what the path can do counts only if it is not our fault."""
        if rate.sample_delivered < 0 or rate.interval_ns <= 0:
            return
        us = rate.interval_ns // const.NSEC_PER_USEC
        bw = (rate.sample_delivered * const.USEC_PER_SEC << BW_BITS) // (us if us > 0 else 1)
        if not rate.sample_app_limited or bw >= self.bw.v0:
            self.bw.running_max(BW_ROUNDS, self.round_count, bw)

    def check_full_pipe(self, rate: TcpRate) -> None:
        """Three round trips without a quarter more: that is what the path delivers."""
        if self.filled_pipe or not self.round_start or rate.sample_app_limited:
            return
        if self.bw.v0 >= self.full_bw * FULL_BW_THRESH >> UNIT_BITS:
            self.full_bw = self.bw.v0
            self.full_bw_count = 0
            return
        self.full_bw_count += 1
        self.filled_pipe = self.full_bw_count >= FULL_BW_COUNT

    def update_min_rtt(self, rtt_ns: int, now: int) -> None:
        """bbr_update_min_rtt(), its first half. rtt_ns is -1 if this ACK measured none."""
        self.min_rtt_expired = now > self.min_rtt_stamp + MIN_RTT_WINDOW_NS
        if rtt_ns >= 0 and (rtt_ns <= self.min_rtt_ns or self.min_rtt_expired):
            self.min_rtt_ns = rtt_ns if rtt_ns > 0 else 1
            self.min_rtt_stamp = now


def bbr(tp: TcpSock) -> Bbr:
    """inet_csk_ca()"""
    ca = tp.icsk_ca_priv
    assert isinstance(ca, Bbr)
    return ca


class TcpBbr(TcpReno):
    """bbr: cong_control() does it all; ssthresh means nothing."""

    __slots__ = ()

    def __init__(self) -> None:
        TcpReno.__init__(self, "bbr")
        self.wants_rate = True

    def init(self, tp: TcpSock) -> None:
        """bbr_init()"""
        ca = Bbr(tp.sk_net.machine.clock.now)
        tp.icsk_ca_priv = ca
        tp.snd_ssthresh = const.TCP_INFINITE_SSTHRESH
        tp.sk_pacing_rate = 0
        tcp_pacing_start(tp)
        if tp.srtt:
            bbr_first_rate(tp, ca, (tp.srtt >> 3) * const.NSEC_PER_MSEC)

    def release(self, tp: TcpSock) -> None:
        """Who comes next is not paced, unless the program wants it."""
        tp.icsk_ca_priv = None
        tp.sk_pacing_rate = 0
        if tp.sk_max_pacing_rate == const.SK_PACING_UNLIMITED:
            tp.sk_pacing_status = const.SK_PACING_NONE

    def ssthresh(self, tp: TcpSock) -> int:
        """A reduction begins: remember the window."""
        bbr_save_cwnd(tp, bbr(tp))
        return tp.snd_ssthresh

    def min_cwnd(self, tp: TcpSock) -> int:
        """As it is: the stack does not reduce."""
        return tp.snd_cwnd

    def undo_cwnd(self, tp: TcpSock) -> int:
        """A loss that was none: what it seemed to say about the pipe is void."""
        ca = bbr(tp)
        ca.full_bw = 0
        ca.full_bw_count = 0
        return tp.snd_cwnd

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """Nothing: cong_control() follows."""

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """bbr_set_state(): after a timeout the window begins at one, and the pipe may be smaller."""
        if new_state == tcp.TCP_CA_Loss:
            ca = bbr(tp)
            ca.prev_ca_state = tcp.TCP_CA_Loss
            ca.full_bw = 0
            ca.round_start = True

    def cwnd_event(self, tp: TcpSock, ev: int) -> None:
        """bbr_cwnd_event(): after a pause of the program go on at the known rate, without probing."""
        rate = tp.rate
        if ev == const.CA_EVENT_TX_START and rate is not None and rate.app_limited:
            ca = bbr(tp)
            ca.idle_restart = True
            if ca.mode == PROBE_BW:
                bbr_set_pacing_rate(tp, ca, UNIT)

    def cong_control(self, tp: TcpSock, rate: TcpRate) -> None:
        """bbr_main()"""
        ca = bbr(tp)
        bbr_update_model(tp, ca, rate)
        bbr_set_pacing_rate(tp, ca, ca.pacing_gain)
        bbr_set_cwnd(tp, ca, rate)

    def get_info(self, tp: TcpSock, ext: int) -> tuple[int, bytes] | None:
        """bbr_get_info(): struct tcp_bbr_info: bw (bytes/s, 64 bits), min_rtt (us), the two gains."""
        if not ext >> (inet_diag.INET_DIAG_VEGASINFO - 1) & 1:
            return None
        ca = bbr(tp)
        bw = ca.bw.v0 * tp.mss_cache >> BW_BITS
        min_rtt = min(ca.min_rtt_ns // const.NSEC_PER_USEC, const.U32_MAX)
        info = struct.pack("<Q3I", bw, min_rtt, ca.pacing_gain, ca.cwnd_gain)
        return inet_diag.INET_DIAG_BBRINFO, info


# ---- the model


def bbr_update_model(tp: TcpSock, ca: Bbr, rate: TcpRate) -> None:
    """Take the sample in, and change the state if it is time."""
    now = tp.sk_net.machine.clock.now
    if rate.prior_delivered >= 0:
        ca.update_round(rate)
        ca.update_bw(rate)
    else:
        ca.round_start = False
    if ca.mode == PROBE_BW and bbr_next_phase(tp, ca, rate, now):
        ca.advance_cycle(now)
    ca.check_full_pipe(rate)
    bbr_check_drain(tp, ca, now)
    ca.update_min_rtt(rate.rtt_ns, now)
    bbr_check_probe_rtt(tp, ca, rate, now)


def bbr_quantum(tp: TcpSock) -> int:
    """How many segments are sent as one burst."""
    return tcp_tso_autosize(tp, tp.mss_cache) if tp.sk_gso_type else 1


def bbr_next_phase(tp: TcpSock, ca: Bbr, rate: TcpRate, now: int) -> bool:
    """bbr_is_next_cycle_phase(): has the phase done what it is for?"""
    full_length = now - ca.cycle_stamp > ca.min_rtt_ns
    gain = ca.pacing_gain
    if gain == UNIT:
        return full_length
    quantum = bbr_quantum(tp)
    if gain > UNIT:  # long enough, and in flight has risen, unless losses keep it down
        risen = rate.losses > 0 or rate.prior_in_flight >= ca.inflight(gain, quantum)
        return full_length and risen
    return full_length or rate.prior_in_flight <= ca.inflight(UNIT, quantum)


def bbr_check_drain(tp: TcpSock, ca: Bbr, now: int) -> None:
    """STARTUP to DRAIN when the pipe is full, to PROBE_BW when nothing waits in front of it."""
    if ca.mode == STARTUP and ca.filled_pipe:
        ca.mode = DRAIN
        ca.pacing_gain = DRAIN_GAIN
        ca.cwnd_gain = HIGH_GAIN
    if ca.mode == DRAIN and tp.packets_in_flight() <= ca.inflight(UNIT, bbr_quantum(tp)):
        ca.enter_probe_bw(now, tp.sk_net.rand.below(CYCLE_LEN - 1))


def bbr_check_probe_rtt(tp: TcpSock, ca: Bbr, rate: TcpRate, now: int) -> None:
    """Go into PROBE_RTT if min_rtt was not seen for long, and out when it lasted long enough."""
    if ca.mode != PROBE_RTT and ca.min_rtt_expired and not ca.idle_restart:
        bbr_save_cwnd(tp, ca)
        ca.mode = PROBE_RTT
        ca.pacing_gain = UNIT
        ca.cwnd_gain = UNIT
        ca.probe_rtt_done_stamp = 0
    if ca.mode == PROBE_RTT:
        in_flight = tp.packets_in_flight()
        limited = rate.delivered + in_flight  # samples of this time say nothing about the rate
        rate.app_limited = limited if limited > 0 else 1
        if ca.probe_rtt_done_stamp == 0:
            if in_flight <= CWND_MIN:
                ca.probe_rtt_done_stamp = now + PROBE_RTT_NS
                ca.probe_rtt_round_done = False
                ca.next_round_delivered = rate.delivered
        else:
            if ca.round_start:
                ca.probe_rtt_round_done = True
            if ca.probe_rtt_round_done and now > ca.probe_rtt_done_stamp:
                bbr_leave_probe_rtt(tp, ca, now)
    if rate.acked_sacked > 0:
        ca.idle_restart = False


def bbr_leave_probe_rtt(tp: TcpSock, ca: Bbr, now: int) -> None:
    """The shortest round trip is known anew: back to where we were."""
    ca.min_rtt_stamp = now
    bbr_restore_cwnd(tp, ca)
    if ca.filled_pipe:
        ca.enter_probe_bw(now, tp.sk_net.rand.below(CYCLE_LEN - 1))
    else:
        ca.enter_startup()


# ---- what follows from it


def bbr_first_rate(tp: TcpSock, ca: Bbr, rtt_ns: int) -> None:
    """bbr_init_pacing_rate_from_rtt(): the window per round trip, with the gain of STARTUP."""
    ca.has_rtt = True
    rtt_us = rtt_ns // const.NSEC_PER_USEC
    if rtt_us < 1:
        rtt_us = 1
    bw = (tp.snd_cwnd * const.USEC_PER_SEC << BW_BITS) // rtt_us
    tp.sk_pacing_rate = bbr_bytes(tp, bw, HIGH_GAIN)


def bbr_bytes(tp: TcpSock, bw: int, gain: int) -> int:
    """gain * bw, less the margin, in bytes/s, headers of TCP and IP included; never 0."""
    segments = (bw * gain >> UNIT_BITS) * PACING_PERCENT // 100
    rate = segments * tcp_mss_to_mtu(tp, tp.mss_cache) >> BW_BITS
    return rate if rate > 0 else 1


def bbr_set_pacing_rate(tp: TcpSock, ca: Bbr, gain: int) -> None:
    """The pacing rate; while the pipe is filled for the first time it only rises."""
    if not ca.has_rtt and tp.srtt:
        bbr_first_rate(tp, ca, (tp.srtt >> 3) * const.NSEC_PER_MSEC)
    if ca.bw.v0 == 0:
        return
    rate = bbr_bytes(tp, ca.bw.v0, gain)
    if ca.filled_pipe or rate > tp.sk_pacing_rate:
        tp.sk_pacing_rate = rate


def bbr_save_cwnd(tp: TcpSock, ca: Bbr) -> None:
    """Remember the window, the best one if it is reduced already."""
    if ca.prev_ca_state < tcp.TCP_CA_Recovery and ca.mode != PROBE_RTT:
        ca.prior_cwnd = tp.snd_cwnd
    elif tp.snd_cwnd > ca.prior_cwnd:
        ca.prior_cwnd = tp.snd_cwnd


def bbr_restore_cwnd(tp: TcpSock, ca: Bbr) -> None:
    """The remembered window, if it is larger."""
    if ca.prior_cwnd > tp.snd_cwnd:
        tp.snd_cwnd = ca.prior_cwnd


def bbr_cwnd_in_recovery(tp: TcpSock, ca: Bbr, rate: TcpRate) -> bool:
    """bbr_set_cwnd_to_recover_or_restore(). True: the window is what it must be for this ACK."""
    state = tp.icsk_ca_state
    prev = ca.prev_ca_state
    cwnd = tp.snd_cwnd
    if rate.losses > 0:
        cwnd -= rate.losses
        if cwnd < 1:
            cwnd = 1
    if state == tcp.TCP_CA_Recovery and prev != tcp.TCP_CA_Recovery:
        # The first round trip of a recovery: one segment for each that is delivered.
        ca.packet_conservation = True
        ca.next_round_delivered = rate.delivered
        cwnd = tp.packets_in_flight() + rate.acked_sacked
    elif prev >= tcp.TCP_CA_Recovery and state < tcp.TCP_CA_Recovery:
        if ca.prior_cwnd > cwnd:
            cwnd = ca.prior_cwnd
        ca.packet_conservation = False
    elif ca.packet_conservation and ca.round_start:
        ca.packet_conservation = False
    ca.prev_ca_state = state
    if ca.packet_conservation:
        least = tp.packets_in_flight() + rate.acked_sacked
        if cwnd < least:
            cwnd = least
    tp.snd_cwnd = cwnd if cwnd > 1 else 1
    return ca.packet_conservation


def bbr_set_cwnd(tp: TcpSock, ca: Bbr, rate: TcpRate) -> None:
    """The window: towards cwnd_gain * BDP, by what is delivered."""
    if rate.acked_sacked > 0 and not bbr_cwnd_in_recovery(tp, ca, rate):
        cwnd = tp.snd_cwnd
        target = ca.inflight(ca.cwnd_gain, bbr_quantum(tp))
        if ca.filled_pipe:
            cwnd += rate.acked_sacked
            if cwnd > target:
                cwnd = target
        elif cwnd < target or rate.delivered < const.TCP_INIT_CWND:
            cwnd += rate.acked_sacked
        tp.snd_cwnd = cwnd if cwnd > CWND_MIN else CWND_MIN
    if tp.snd_cwnd > tp.snd_cwnd_clamp:
        tp.snd_cwnd = tp.snd_cwnd_clamp
    if ca.mode == PROBE_RTT and tp.snd_cwnd > CWND_MIN:
        tp.snd_cwnd = CWND_MIN


def tcp_bbr_init() -> None:
    """Register bbr."""
    tcp_register_congestion_control(TcpBbr())
