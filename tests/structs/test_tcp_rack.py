"""Which segment was sent last of those that arrived."""

from __future__ import annotations

from softnet.structs.tcp_rack import TcpRack

MS = 1_000_000


def test_the_last_sent_not_the_last_in_sequence() -> None:
    rack = TcpRack(1)
    rack.advance(False, 2001, 5 * MS, 100 * MS)
    rack.advance(True, 1001, 50 * MS, 160 * MS)  # the first, once more
    assert (rack.xmit_ns, rack.end_seq, rack.rtt_ns) == (50 * MS, 1001, 110 * MS)
    rack.advance(False, 3001, 5 * MS, 170 * MS)
    assert rack.xmit_ns == 50 * MS


def test_of_those_sent_at_one_time_the_later_in_sequence() -> None:
    rack = TcpRack(1)
    rack.advance(False, 2001, 5 * MS, 100 * MS)
    assert rack.sent_after(5 * MS, 3001)
    assert not rack.sent_after(5 * MS, 1001)
    assert rack.sent_after(6 * MS, 1001)


def test_a_copy_answered_sooner_than_anything_was_not_what_is_answered() -> None:
    rack = TcpRack(1)
    rack.advance(False, 2001, 0, 100 * MS)
    rack.advance(True, 1001, 150 * MS, 200 * MS)
    assert rack.xmit_ns == 0
    assert rack.end_seq == 2001


def test_reordering_is_what_arrives_below_an_earlier_ack() -> None:
    rack = TcpRack(1)
    rack.advance(False, 3001, MS, 100 * MS)
    rack.advance(False, 2001, MS, 100 * MS)  # by the same ACK: its order says nothing
    assert not rack.reordering_seen
    rack.prior_fack = rack.fack
    rack.advance(True, 1001, 50 * MS, 200 * MS)  # a copy: nothing overtook
    assert not rack.reordering_seen
    rack.advance(False, 1001, MS, 200 * MS)
    assert rack.reordering_seen
