"""Tail loss probes."""

from __future__ import annotations

import pytest

from softnet.arch import const
from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_CA_Open
from tests.kit.tcp_pair import TcpPair
from tests.kit.tcp_peer import Dut, Peer
from tests.kit.tcp_peer import flight as out

MSS = 1000
CONN = 4  # the descriptor: the listener is 3


def at(i: int) -> int:
    return 1 + i * MSS


def flight(dut: Dut, segments: int, sack: bool = True, on: int = 3) -> tuple[TcpSock, Peer]:
    """So many segments are out on a path of 100 ms."""
    dut.sysctl("early_retrans", on)
    dut.sysctl("congestion_control", "reno")
    return out(dut, segments, MSS, sack)


def test_off_unless_asked_for(dut: Dut) -> None:
    assert dut.read_sysctl("early_retrans") == "0"
    for on in (0, 1, 2):
        dut.sysctl("early_retrans", on)
    tp, peer = flight(dut, 4, on=2)
    assert tp.icsk_pending == const.ICSK_TIME_RETRANS
    dut.pass_time(0.299)
    peer.silent()
    assert dut.ext("TCPLOSSPROBES") == 0


def test_two_round_trips_without_an_answer(dut: Dut) -> None:
    tp, peer = flight(dut, 4)
    assert tp.icsk_pending == const.ICSK_TIME_LOSS_PROBE
    dut.pass_time(0.199)
    peer.silent()
    dut.pass_time(0.001)
    assert [s.seq for s in peer.take()] == [at(3)]
    assert dut.ext("TCPLOSSPROBES") == 1
    assert (tp.tlp_retrans, tp.retrans_out, tp.total_retrans) == (True, 0, 1)
    assert tp.icsk_ca_state == TCP_CA_Open
    assert tp.icsk_pending == const.ICSK_TIME_RETRANS


def test_one_segment_waits_for_the_delayed_ack_as_well(dut: Dut) -> None:
    tp, peer = flight(dut, 1)
    dut.pass_time(0.1)
    peer.send(".", 1, ack=at(1))
    tp.icsk_rto = 3000  # else that is sooner
    tp.mdev = tp.rttvar = 3000
    dut.write(CONN, bytes(MSS))
    peer.take()
    dut.pass_time(0.399)
    peer.silent()
    dut.pass_time(0.001)
    assert [s.seq for s in peer.take()] == [at(1)]


def test_without_sack_the_timer_stays(dut: Dut) -> None:
    tp, _ = flight(dut, 4, sack=False)
    assert tp.icsk_pending == const.ICSK_TIME_RETRANS


def test_the_repaired_loss_halves_the_window(dut: Dut) -> None:
    tp, peer = flight(dut, 4)
    dut.pass_time(0.2)
    peer.take()
    peer.send(".", 1, ack=at(4))  # the end of the flight, no D-SACK: not decided yet
    assert tp.tlp_high_seq
    before = tp.snd_cwnd
    dut.write(CONN, bytes(MSS))
    peer.send(".", 1, ack=at(5))
    assert tp.tlp_high_seq == 0
    assert tp.snd_cwnd == before // 2
    assert tp.icsk_ca_state == TCP_CA_Open
    assert dut.ext("TCPLOSSPROBERECOVERY") == 1


@pytest.mark.parametrize("dsack", [True, False])
def test_both_copies_arrived(dut: Dut, dsack: bool) -> None:
    """A D-SACK says so, or a duplicate ACK from a peer that sends none."""
    tp, peer = flight(dut, 4)
    dut.pass_time(0.2)
    peer.take()
    peer.send(".", 1, ack=at(4))
    peer.send(".", 1, ack=at(4), sack=((at(3), at(4)),) if dsack else False)
    assert tp.tlp_high_seq == 0
    assert dut.ext("TCPLOSSPROBERECOVERY") == 0


def test_a_transfer_whose_end_is_lost() -> None:
    """Judged after every event: the probe comes before the timer."""
    seen = []
    for on in (0, 3):
        with TcpPair(seed=7, delay=100_000_000, rate=10_000_000, loss=0.05) as pair:
            for h in pair.hosts:
                h.sysctl("early_retrans", on)
            pair.transfer(60_000)
            probes = sum(h.ext("TCPLOSSPROBES") for h in pair.hosts)
            timeouts = sum(h.ext("TCPTIMEOUTS") for h in pair.hosts)
            seen.append((probes, timeouts, pair.world.clock.now))
    assert seen[0][:2] == (0, 1)
    assert seen[1][:2] == (1, 0)
    assert seen[1][2] < seen[0][2]
