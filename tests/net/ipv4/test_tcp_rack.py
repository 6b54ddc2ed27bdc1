"""RACK: losses by time."""

from __future__ import annotations

from softnet.arch import const
from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_CA_Disorder, TCP_CA_Loss, TCP_CA_Recovery
from tests.kit.tcp_pair import TcpPair
from tests.kit.tcp_peer import Dut, Peer
from tests.kit.tcp_peer import flight as out

MSS = 1000
CONN = 4  # the descriptor: the listener is 3


def at(i: int) -> int:
    return 1 + i * MSS


def flight(dut: Dut, segments: int, sack: bool = True, recovery: int = 1) -> tuple[TcpSock, Peer]:
    """So many segments are out on a path of 100 ms, all sent at once."""
    dut.sysctl("recovery", recovery)
    dut.sysctl("frto", 0)
    tp, peer = out(dut, segments, MSS, sack)
    dut.pass_time(0.1)
    return tp, peer


def test_off_unless_asked_for_and_only_with_sack(dut: Dut) -> None:
    assert dut.read_sysctl("recovery") == "0"
    tp, peer = flight(dut, 2, recovery=0)
    assert tp.rack is None
    assert tp.delivery == 0
    peer.send(".", 1, ack=1, sack=((at(1), at(2)),))
    dut.pass_time(0.15)
    peer.silent()


def test_without_sack_it_is_off(dut: Dut) -> None:
    tp, _ = flight(dut, 2, sack=False)
    assert tp.rack is None


def test_fack_is_off_where_rack_is_on(dut: Dut) -> None:
    tp, _ = flight(dut, 2)
    assert tp.rack is not None
    assert not tp.is_fack()


def test_one_sack_and_a_quarter_of_a_round_trip(dut: Dut) -> None:
    tp, peer = flight(dut, 2)
    peer.send(".", 1, ack=1, sack=((at(1), at(2)),))
    assert tp.icsk_ca_state == TCP_CA_Disorder
    assert tp.icsk_pending == const.ICSK_TIME_REO_TIMEOUT
    dut.pass_time(0.024)
    peer.silent()
    dut.pass_time(0.001)
    assert [s.seq for s in peer.take()] == [at(0)]
    assert tp.icsk_ca_state == TCP_CA_Recovery
    assert tp.icsk_pending == const.ICSK_TIME_RETRANS


def test_three_segments_are_proof_while_nothing_was_reordered(dut: Dut) -> None:
    tp, peer = flight(dut, 4)
    peer.send(".", 1, ack=1, sack=((at(1), at(4)),))
    assert [s.seq for s in peer.take()] == [at(0)]
    assert tp.icsk_ca_state == TCP_CA_Recovery


def test_what_comes_in_time_is_not_sent_again(dut: Dut) -> None:
    tp, peer = flight(dut, 2)
    peer.send(".", 1, ack=1, sack=((at(1), at(2)),))
    dut.pass_time(0.02)
    peer.send(".", 1, ack=at(2))
    dut.pass_time(0.2)
    peer.silent()
    assert tp.rack is not None
    assert tp.rack.reordering_seen


def test_a_lost_retransmission_is_sent_again(dut: Dut) -> None:
    tp, peer = flight(dut, 4)
    peer.send(".", 1, ack=1, sack=((at(1), at(4)),))
    assert [s.seq for s in peer.take()] == [at(0)]
    dut.pass_time(0.01)
    dut.write(CONN, bytes(MSS))
    peer.take()
    dut.pass_time(0.1)
    peer.send(".", 1, ack=1, sack=((at(1), at(5)),))
    assert [s.seq for s in peer.take()] == [at(0)]
    assert dut.ext("TCPLOSTRETRANSMIT") == 1
    assert tp.retrans_out == 1


def test_a_dsack_widens_the_window_for_sixteen_recoveries(dut: Dut) -> None:
    tp, peer = flight(dut, 4)
    rack = tp.rack
    assert rack is not None
    peer.send(".", 1, ack=1, sack=((at(1), at(4)),))
    peer.send(".", 1, ack=at(4), sack=((at(0), at(1)),))
    assert (rack.reo_wnd_mult, rack.reo_wnd_persist) == (2, 16)
    rack.reo_wnd_mult, rack.reo_wnd_persist = 3, 1
    dut.write(CONN, bytes(4 * MSS))
    dut.pass_time(0.1)
    peer.send(".", 1, ack=at(4), sack=((at(5), at(8)),))
    assert tp.icsk_ca_state == TCP_CA_Recovery
    dut.pass_time(0.1)
    peer.send(".", 1, ack=at(8))
    assert rack.reo_wnd_mult == 1


def test_a_timeout_spares_what_was_just_sent(dut: Dut) -> None:
    """RFC 8985 6.3: only the head, and what is old enough."""
    tp, peer = flight(dut, 3)
    peer.send(".", 1, ack=at(1))
    dut.pass_time(0.25)
    dut.write(CONN, bytes(MSS))
    peer.take()
    dut.pass_time(0.06)
    assert tp.icsk_ca_state == TCP_CA_Loss
    assert (tp.lost_out, tp.packets_out) == (2, 3)


def test_a_transfer_with_reordering() -> None:
    """Judged after every event: RACK sends less again than 3.2 does."""
    sent = []
    for on in (0, 1):
        with TcpPair(
            seed=2, delay=20_000_000, rate=10_000_000, reorder=0.05, jitter=3_000_000
        ) as p:
            p.a.sysctl("recovery", on)
            p.transfer(100_000)
            sent.append(p.a.tcp("RETRANSSEGS"))
    assert sent[1] <= sent[0]
