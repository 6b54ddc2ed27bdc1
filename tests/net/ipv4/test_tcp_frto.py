"""F-RTO: telling a late ACK from a loss."""

from __future__ import annotations

import pytest

from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import TCP_CA_CWR, TCP_CA_Disorder, TCP_CA_Loss, TCP_CA_Open
from tests.kit.tcp_peer import Dut, Peer

MSS = 1000


def at(i: int) -> int:
    return 1 + i * MSS


def timed_out(
    dut: Dut, segments: int = 6, more: int = 6, sack: bool = False
) -> tuple[TcpSock, Peer]:
    """So many segments were sent, the timeout fired, the head was sent again; more is waiting."""
    dut.pass_time(1)
    conn, peer = dut.accepted(mss=MSS, sack=sack)
    sk = dut.sock(conn)
    sk.sk_sndbuf = 1 << 20
    sk.snd_cwnd = segments
    dut.write(conn, bytes(MSS * (segments + more)))
    assert len(peer.take()) == segments
    dut.pass_time(0.25)
    assert [s.seq for s in peer.take()] == [at(0)]
    return sk, peer


def test_timeout_enters_frto_in_disorder(dut: Dut) -> None:
    sk, _ = timed_out(dut)
    assert sk.frto_counter == 1
    assert sk.icsk_ca_state == TCP_CA_Disorder


@pytest.mark.parametrize("sack", [False, True])
def test_spurious_timeout(dut: Dut, sack: bool) -> None:
    """Two ACKs for what was sent once: new data goes, nothing else is sent again."""
    sk, peer = timed_out(dut, sack=sack)
    peer.send(".", 1, ack=at(1))
    assert [s.seq for s in peer.take()] == [at(6), at(7)]
    assert sk.frto_counter == 3
    peer.send(".", 1, ack=at(2))
    assert dut.ext("TCPSPURIOUSRTOS") == 1
    assert sk.icsk_ca_state == TCP_CA_CWR  # tcp_frto_response 0: rate halving
    assert sk.frto_counter == 0
    assert not [s for s in peer.take() if s.seq < at(6)]


@pytest.mark.parametrize("sack", [False, True])
def test_duplicate_ack_means_that_it_was_lost(dut: Dut, sack: bool) -> None:
    sk, peer = timed_out(dut, sack=sack)
    peer.send(".", 1, ack=at(1))
    peer.take()
    blocks = ((at(6), at(7)),) if sack else False
    peer.send(".", 1, ack=at(1), sack=blocks)
    assert sk.icsk_ca_state == TCP_CA_Loss
    assert dut.ext("TCPSPURIOUSRTOS") == 0
    assert at(1) in [s.seq for s in peer.take()]


def test_duplicate_ack_at_once(dut: Dut) -> None:
    sk, peer = timed_out(dut)
    peer.send(".", 1, ack=at(0))
    assert sk.icsk_ca_state == TCP_CA_Loss
    assert sk.snd_cwnd == sk.packets_in_flight()


def test_everything_acknowledged_by_the_copy(dut: Dut) -> None:
    """An ACK beyond what was out at the timeout: it was the only loss."""
    sk, peer = timed_out(dut)
    peer.send(".", 1, ack=at(6))
    assert sk.frto_counter == 0
    assert dut.ext("TCPSPURIOUSRTOS") == 0
    assert peer.take()[0].seq == at(6)


def test_nothing_new_to_send_makes_it_a_plain_timeout(dut: Dut) -> None:
    sk, peer = timed_out(dut, more=0)
    peer.send(".", 1, ack=at(1))
    assert sk.icsk_ca_state == TCP_CA_Loss
    assert [s.seq for s in peer.take()] == [at(1), at(2)]


def test_the_peer_s_data_says_nothing(dut: Dut) -> None:
    sk, peer = timed_out(dut)
    peer.send("P.", 1, ack=at(0), data=b"x")
    assert sk.frto_counter == 1


@pytest.mark.parametrize(
    ("response", "state"), [(0, TCP_CA_CWR), (1, TCP_CA_Open), (2, TCP_CA_Open)]
)
def test_responses(dut: Dut, response: int, state: int) -> None:
    dut.sysctl("frto_response", response)
    sk, peer = timed_out(dut)
    peer.send(".", 1, ack=at(1))
    peer.send(".", 1, ack=at(2))
    assert dut.ext("TCPSPURIOUSRTOS") == 1
    assert sk.icsk_ca_state == state
    if response == 2:
        assert sk.snd_ssthresh >= 1 << 30


def test_switched_off(dut: Dut) -> None:
    dut.sysctl("frto", 0)
    sk, _ = timed_out(dut)
    assert sk.frto_counter == 0
    assert sk.icsk_ca_state == TCP_CA_Loss


def test_not_without_sack_when_more_was_sent_again(dut: Dut) -> None:
    sk, peer = timed_out(dut, more=0)
    peer.send(".", 1, ack=at(1))  # slow start after the loss: two are sent again
    peer.take()
    dut.pass_time(1)
    assert sk.frto_counter == 0
    assert sk.icsk_ca_state == TCP_CA_Loss


def test_a_window_of_one(dut: Dut) -> None:
    """All that was out is acknowledged: two segments go on, in slow start from two."""
    sk, peer = timed_out(dut, segments=1)
    assert (sk.snd_cwnd, sk.snd_ssthresh, sk.frto_counter) == (1, 2, 1)
    peer.send(".", 1, ack=at(1))
    assert [s.seq for s in peer.take()] == [at(1), at(2)]
    assert (sk.snd_cwnd, sk.frto_counter, sk.icsk_ca_state) == (2, 0, TCP_CA_Loss)


def test_a_second_timeout_counts_as_if_the_window_had_come_down(dut: Dut) -> None:
    """After the first ACK: the threshold is that of two segments, the window what is out and one."""
    sk, peer = timed_out(dut, segments=12)
    peer.send(".", 1, ack=at(1))
    assert len(peer.take()) == 2
    assert (sk.packets_out, sk.snd_cwnd, sk.snd_ssthresh) == (13, 13, 8)
    dut.pass_time(1)
    assert peer.take()[0].seq == at(1)
    assert (sk.snd_cwnd, sk.snd_ssthresh, sk.frto_counter) == (13, 2, 1)


def test_an_unused_window_comes_down_to_what_is_out_and_one(dut: Dut) -> None:
    dut.pass_time(1)
    conn, peer = dut.accepted(mss=MSS)
    sk = dut.sock(conn)
    dut.write(conn, bytes(6 * MSS))
    assert (len(peer.take()), sk.snd_cwnd) == (6, 10)
    dut.pass_time(0.25)
    assert (len(peer.take()), sk.snd_cwnd) == (1, 7)
