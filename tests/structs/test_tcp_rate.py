"""Delivery rates, from what each segment took along."""

from __future__ import annotations

from softnet.arch import const
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp_rate import TcpRate
from tests.kit.skbs import make_skb

MS = 1_000_000


def sent(rate: TcpRate, ms: int, idle: bool = False) -> SkBuff:
    skb = make_skb(b"")
    skb.tstamp = ms * MS
    rate.skb_sent(skb, ms * MS, idle)
    return skb


def acked(rate: TcpRate, ms: int, *skbs: SkBuff) -> tuple[int, float]:
    """One ACK at ms: the segments of its sample, and the milliseconds."""
    rate.begin(0)
    for skb in skbs:
        rate.skb_delivered(skb, ms * MS)
    rate.finish(len(skbs), ms * MS)
    return rate.sample_delivered, rate.interval_ns / MS


def test_a_segment_in_ten_milliseconds() -> None:
    rate = TcpRate(0)
    flight = [sent(rate, 10 * i, idle=i == 0) for i in range(10)]
    assert acked(rate, 100, flight[0]) == (1, 100)
    for i in range(1, 9):
        acked(rate, 100 + 10 * i, flight[i])
    later = sent(rate, 180)
    assert acked(rate, 190, flight[9]) == (10, 190)  # sent when nothing was delivered
    assert acked(rate, 280, later) == (2, 100)  # of all delivered since 180


def test_acknowledgements_in_a_bunch_do_not_make_it_faster() -> None:
    rate = TcpRate(0)
    first = sent(rate, 0, idle=True)
    acked(rate, 10, first)
    flight = [sent(rate, 10 + 10 * i) for i in range(10)]
    # All ACKs of them come at once, right after the last was sent: sending took 100 ms.
    delivered, ms = acked(rate, 110, *flight)
    assert (delivered, ms) == (10, 100)


def test_what_the_application_held_back_is_marked() -> None:
    rate = TcpRate(0)
    rate.app_limited = 1
    skb = sent(rate, 0, idle=True)
    other = sent(rate, 0)
    acked(rate, 10, skb)
    assert rate.sample_app_limited
    acked(rate, 11, other)
    assert rate.app_limited == 0  # that is delivered
    fresh = sent(rate, 12)
    acked(rate, 22, fresh)
    assert not rate.sample_app_limited


def test_a_segment_counts_once_and_a_copy_is_not_timed() -> None:
    rate = TcpRate(0)
    skb = sent(rate, 0, idle=True)
    acked(rate, 10, skb)
    assert rate.rtt_ns == 10 * MS
    rate.begin(0)
    rate.skb_delivered(skb, 12 * MS)
    assert rate.prior_delivered == -1
    copy = sent(rate, 20)
    copy.sacked = const.TCPCB_EVER_RETRANS
    acked(rate, 25, copy)
    assert rate.rtt_ns == -1
    assert rate.retransmitted


def test_shorter_than_a_round_trip_is_no_sample() -> None:
    rate = TcpRate(0)
    acked(rate, 100, sent(rate, 0, idle=True))
    sent(rate, 300, idle=True)
    again = sent(rate, 301)
    again.sacked = const.TCPCB_EVER_RETRANS  # the ACK is for the original
    assert acked(rate, 302, again)[0] == -1


def test_losses_are_those_of_this_ack() -> None:
    rate = TcpRate(0)
    rate.lost = 3
    rate.begin(7)
    rate.lost += 2
    rate.finish(0, 5)
    assert (rate.losses, rate.prior_in_flight, rate.acked_sacked) == (2, 7, 0)
