"""How fast a connection's segments are delivered, measured anew by each ACK.

Linux: net/ipv4/tcp_rate.c, struct rate_sample in include/net/tcp.h (4.9). draft-cheng-iccrg-delivery-
rate-estimation. Segments, and nanoseconds.

Each segment takes along (TcpTx, in skb.cb) how many had been delivered when it was sent, and when the
last of those was. When it is delivered itself, the segments delivered meanwhile, divided by the longer
of the time they took to be sent and to be acknowledged, are the rate: acknowledgements that were held
up and come in a bunch cannot make it too high.
"""

from __future__ import annotations

import softnet.arch.const as const
from softnet.kernel.minmax import Minmax
from softnet.structs.skbuff import SkBuff

MIN_RTT_WINDOW = 300 * 1_000_000_000  # ns: tcp_min_rtt_wlen


class TcpTx:
    """tcp_skb_cb.tx: the state at the moment when a segment was sent."""

    __slots__ = ("delivered", "delivered_ns", "first_tx_ns", "app_limited")

    delivered: int
    delivered_ns: int  # when that became so many
    first_tx_ns: int  # when the first segment of this flight was sent
    app_limited: bool

    def __init__(
        self, delivered: int, delivered_ns: int, first_tx_ns: int, app_limited: bool
    ) -> None:
        self.delivered = delivered
        self.delivered_ns = delivered_ns
        self.first_tx_ns = first_tx_ns
        self.app_limited = app_limited


class TcpRate:
    """A connection's counts, and struct rate_sample of the ACK that is being processed."""

    __slots__ = (
        "delivered", "delivered_ns", "first_tx_ns", "app_limited", "lost",
        "prior_delivered", "prior_ns", "prior_lost", "prior_in_flight", "send_interval_ns",
        "sample_delivered", "interval_ns", "rtt_ns", "losses", "acked_sacked", "sample_app_limited",
        "retransmitted", "min_rtt",
    )  # fmt: skip

    delivered: int  # segments, ever
    delivered_ns: int
    first_tx_ns: int
    app_limited: int  # until so many are delivered, samples are the application's; 0: not
    lost: int  # segments marked lost, ever
    prior_delivered: int  # at the moment when the segment that the sample is of was sent; -1: none
    prior_ns: int
    prior_lost: int  # before this ACK
    prior_in_flight: int
    send_interval_ns: int
    sample_delivered: int  # segments; -1: there is no sample
    interval_ns: int
    rtt_ns: int  # the least of those that this ACK measured; -1: none
    losses: int  # segments that this ACK showed to be lost
    acked_sacked: int  # segments that it delivered
    sample_app_limited: bool
    retransmitted: bool  # the segment that the sample is of
    min_rtt: Minmax

    def __init__(self, now: int) -> None:
        self.delivered = 0
        self.delivered_ns = now
        self.first_tx_ns = now
        self.app_limited = 0
        self.lost = 0
        self.losses = 0
        self.acked_sacked = 0
        self.sample_delivered = -1
        self.interval_ns = 0
        self.min_rtt = Minmax()
        self.begin(0)

    def begin(self, in_flight: int) -> None:
        """An ACK arrives; in_flight segments are out."""
        self.prior_delivered = -1
        self.prior_ns = 0
        self.prior_lost = self.lost
        self.prior_in_flight = in_flight
        self.send_interval_ns = 0
        self.rtt_ns = -1
        self.sample_app_limited = False
        self.retransmitted = False

    def skb_sent(self, skb: SkBuff, now: int, idle: bool) -> None:
        """tcp_rate_skb_sent(): skb leaves; idle: nothing is out before it."""
        if idle:
            # A pause is no time that delivering took.
            self.first_tx_ns = now
            self.delivered_ns = now
        skb.cb = TcpTx(self.delivered, self.delivered_ns, self.first_tx_ns, self.app_limited != 0)

    def skb_delivered(self, skb: SkBuff, now: int) -> None:
        """tcp_rate_skb_delivered(): skb arrived; the one sent last decides the sample."""
        tx = skb.cb
        if not isinstance(tx, TcpTx):
            return
        skb.cb = None  # SACKed now, acknowledged later: it counts once
        again = skb.sacked & const.TCPCB_RETRANS != 0
        if not again:
            rtt = now - skb.tstamp
            self.min_rtt.running_min(MIN_RTT_WINDOW, now, rtt if rtt > 0 else 1)
            if self.rtt_ns < 0 or rtt < self.rtt_ns:
                self.rtt_ns = rtt
        if tx.delivered >= self.prior_delivered:
            self.prior_delivered = tx.delivered
            self.prior_ns = tx.delivered_ns
            self.sample_app_limited = tx.app_limited
            self.retransmitted = again
            self.first_tx_ns = skb.tstamp
            self.send_interval_ns = skb.tstamp - tx.first_tx_ns

    def finish(self, acked_sacked: int, now: int) -> None:
        """tcp_rate_gen(): the ACK delivered acked_sacked segments; make the sample.

        Shorter than the shortest round trip it cannot be: something was delivered twice.
        """
        if acked_sacked > 0:
            self.delivered += acked_sacked
            self.delivered_ns = now
        if self.app_limited and self.delivered > self.app_limited:
            self.app_limited = 0
        self.acked_sacked = acked_sacked
        self.losses = self.lost - self.prior_lost
        self.sample_delivered = -1
        self.interval_ns = 0
        if self.prior_delivered < 0:
            return
        ack_interval_ns = now - self.prior_ns
        longer = self.send_interval_ns
        if ack_interval_ns > longer:
            longer = ack_interval_ns
        if longer <= 0 or longer < self.min_rtt.v0:
            return
        self.sample_delivered = self.delivered - self.prior_delivered
        self.interval_ns = longer
