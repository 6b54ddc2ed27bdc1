"""Losses found by duplicate ACKs and SACK, and reductions taken back."""

from __future__ import annotations

from softnet.net.ipv4.tcp_recovery import tcp_mtup_probe_success, tcp_simple_retransmit
from softnet.structs.tcp import TcpSock
from softnet.uapi.tcp import (
    TCP_CA_Disorder,
    TCP_CA_Loss,
    TCP_CA_Open,
    TCP_CA_Recovery,
)
from tests.kit.tcp_peer import Dut, Peer

MSS = 1000


def at(i: int) -> int:
    """The relative number of segment i's first byte."""
    return 1 + i * MSS


def sending(dut: Dut, segments: int, **syn: object) -> tuple[TcpSock, Peer, int]:
    dut.pass_time(1)  # a timestamp of 0 says nothing
    conn, peer = dut.accepted(mss=MSS, **syn)
    dut.sock(conn).sk_sndbuf = 1 << 20
    dut.write(conn, bytes(MSS * segments))
    peer.take()
    return dut.sock(conn), peer, conn


def test_three_duplicate_acks_without_sack(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 6)
    for n in range(2):
        peer.send(".", 1, ack=1)
        peer.silent()
        assert sk.icsk_ca_state == TCP_CA_Disorder, n
    peer.send(".", 1, ack=1)
    peer.expect(seq=at(0), len=MSS)
    assert sk.icsk_ca_state == TCP_CA_Recovery
    assert dut.ext("TCPRENORECOVERY") == 1
    # Each duplicate ACK moderated the window to what is in flight plus three: 7, of which 0.7.
    assert sk.snd_ssthresh == 4


def test_sacked_segments_are_not_sent_again(dut: Dut) -> None:
    _, peer, _ = sending(dut, 8, sack=True)
    for i in range(2, 6):  # 0 and 1 are lost
        peer.send(".", 1, ack=1, sack=((at(i), at(i + 1)),))
    sent = [s.seq for s in peer.take()]
    assert sent[:2] == [at(0), at(1)]
    assert not set(sent) & {at(i) for i in range(2, 8)}
    assert dut.ext("TCPSACKRECOVERY") == 1


def test_fack_needs_one_ack_that_is_far_enough(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 8, sack=True)
    assert sk.is_fack()
    peer.send(".", 1, ack=1, sack=((at(4), at(5)),))
    assert sk.icsk_ca_state == TCP_CA_Recovery
    assert sk.lost_out == 2  # 5 - 3
    assert peer.expect(seq=at(0))


def test_sack_without_fack_counts_segments(dut: Dut) -> None:
    dut.sysctl("fack", 0)
    sk, peer, _ = sending(dut, 8, sack=True)
    for i in (4, 5):
        peer.send(".", 1, ack=1, sack=((at(i), at(i + 1)),))
        assert sk.icsk_ca_state == TCP_CA_Disorder
    peer.send(".", 1, ack=1, sack=((at(6), at(7)),))
    assert sk.icsk_ca_state == TCP_CA_Recovery


def test_recovery_ends_at_high_seq(dut: Dut) -> None:
    sk, peer, conn = sending(dut, 6, sack=True)
    peer.send(".", 1, ack=1, sack=((at(3), at(6)),))
    assert sk.icsk_ca_state == TCP_CA_Recovery
    peer.send(".", 1, ack=at(1), sack=((at(3), at(6)),))
    assert sk.icsk_ca_state == TCP_CA_Recovery
    peer.send(".", 1, ack=at(6))
    # 3.2 waits in Disorder for D-SACKs, until something newer is acknowledged.
    assert sk.icsk_ca_state == TCP_CA_Disorder
    assert sk.snd_ssthresh == 7
    assert (sk.lost_out, sk.retrans_out, sk.sacked_out) == (0, 0, 0)
    peer.take()
    dut.write(conn, bytes(MSS))
    peer.send(".", 1, ack=at(7))
    assert sk.icsk_ca_state == TCP_CA_Open


def test_partial_acks_without_sack_send_the_next_hole(dut: Dut) -> None:
    """RFC 2582: each partial ACK shows another loss."""
    _, peer, _ = sending(dut, 8)
    for _ in range(3):
        peer.send(".", 1, ack=1)
    assert [s.seq for s in peer.take()] == [at(0)]
    peer.send(".", 1, ack=at(3))
    assert peer.take()[0].seq == at(3)


def test_reno_stays_in_recovery_until_more_is_acknowledged(dut: Dut) -> None:
    """RFC 2582: duplicates of what was sent twice must not start another one."""
    sk, peer, conn = sending(dut, 6)
    for _ in range(3):
        peer.send(".", 1, ack=1)
    peer.take()
    peer.send(".", 1, ack=at(6))
    assert sk.icsk_ca_state == TCP_CA_Recovery
    dut.write(conn, bytes(MSS))
    peer.take()
    peer.send(".", 1, ack=at(7))
    assert sk.icsk_ca_state == TCP_CA_Disorder
    dut.write(conn, bytes(MSS))
    peer.send(".", 1, ack=at(8))
    assert sk.icsk_ca_state == TCP_CA_Open


def test_limited_transmit(dut: Dut) -> None:
    """RFC 3042: the first two duplicate ACKs let new data out though the window is full."""
    sk, peer, _ = sending(dut, 20)
    assert sk.packets_out == 10
    peer.send(".", 1, ack=1)
    assert [s.seq for s in peer.take()] == [at(10)]
    peer.send(".", 1, ack=1)
    assert [s.seq for s in peer.take()] == [at(11)]


def test_early_retransmit_when_few_are_out(dut: Dut) -> None:
    """Half of a small flight SACKed, at least three, and nothing new to send."""
    dut.sysctl("fack", 0)
    sk, peer, _ = sending(dut, 4, sack=True)
    sk.reordering = 5
    peer.send(".", 1, ack=1, sack=((at(1), at(3)),))
    assert sk.icsk_ca_state == TCP_CA_Disorder
    peer.send(".", 1, ack=1, sack=((at(1), at(4)),))
    assert sk.icsk_ca_state == TCP_CA_Recovery


def test_thin_stream_recovers_by_one_duplicate(dut: Dut) -> None:
    dut.sysctl("thin_dupack", 1)
    dut.sysctl("fack", 0)
    sk, peer, _ = sending(dut, 2, sack=True)
    sk.snd_ssthresh = 10  # not the first slow start
    peer.send(".", 1, ack=1, sack=((at(1), at(2)),))
    assert sk.icsk_ca_state == TCP_CA_Recovery
    peer.expect(seq=at(0))


def test_prr_sends_in_proportion(dut: Dut) -> None:
    """RFC 6937: ssthresh / cwnd of what is delivered goes out, so that the pipe ends at ssthresh."""
    dut.sysctl("congestion_control", "reno")
    sk, peer, _ = sending(dut, 60, sack=True)
    for i in range(1, 11):  # grow the window to 20
        peer.send(".", 1, ack=at(i))
    peer.take()
    assert sk.packets_out == 20
    out = []
    for i in range(11, 30):  # segment 10 is lost
        peer.send(".", 1, ack=at(10), sack=((at(11), at(i + 1)),))
        out.append(len(peer.take()))
    assert sk.snd_ssthresh == 10
    assert out[:2] == [1, 1]  # limited transmit
    recovery = out[3:]
    assert set(recovery) <= {0, 1}
    assert 6 <= sum(recovery) <= 9  # about one for two
    assert sk.packets_in_flight() == 10


def test_timestamp_undoes_a_recovery(dut: Dut) -> None:
    """RFC 3522: the ACK echoes a time from before the retransmission, so the original came."""
    sk, peer, _ = sending(dut, 6, sack=True, ts=(100, 0))
    before = peer.tsval
    peer.take()
    dut.pass_time(0.05)
    peer.send(".", 1, ack=1, sack=((at(3), at(5)),), ts=(101, before))
    assert sk.icsk_ca_state == TCP_CA_Recovery
    cwnd = sk.snd_cwnd
    assert peer.take()
    dut.pass_time(0.01)
    peer.send(".", 1, ack=at(6), ts=(102, before))
    assert sk.icsk_ca_state == TCP_CA_Open
    assert dut.ext("TCPFULLUNDO") == 1
    assert sk.snd_cwnd > cwnd
    assert sk.snd_ssthresh > 10


def test_dsack_undoes_a_recovery(dut: Dut) -> None:
    """RFC 3708: every retransmission arrived twice."""
    sk, peer, conn = sending(dut, 6, sack=True)
    peer.send(".", 1, ack=1, sack=((at(1), at(5)),))
    assert [s.seq for s in peer.take()] == [at(0)]
    peer.send(".", 1, ack=at(6))  # the delayed original
    dut.write(conn, bytes(MSS))
    peer.send(".", 1, ack=at(6), sack=((at(0), at(1)),))  # and the copy
    assert dut.ext("TCPDSACKRECV") == 1
    assert dut.ext("TCPDSACKUNDO") == 1
    assert sk.snd_ssthresh > 7
    assert sk.icsk_ca_state == TCP_CA_Open


def test_partial_undo(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 8, sack=True, ts=(100, 0))
    before = peer.tsval
    dut.pass_time(0.05)
    peer.send(".", 1, ack=1, sack=((at(4), at(6)),), ts=(101, before))
    peer.take()
    dut.pass_time(0.01)
    peer.send(".", 1, ack=at(1), sack=((at(4), at(6)),), ts=(102, before))
    assert dut.ext("TCPPARTIALUNDO") == 1
    assert sk.reordering > 3


def test_timeout_marks_everything_lost(dut: Dut) -> None:
    dut.sysctl("frto", 0)
    sk, peer, _ = sending(dut, 5)
    dut.pass_time(0.25)
    assert peer.take()[0].seq == at(0)
    assert sk.icsk_ca_state == TCP_CA_Loss
    assert sk.snd_cwnd == 1
    assert sk.lost_out == 5
    assert sk.snd_ssthresh == 7
    peer.send(".", 1, ack=at(1))  # slow start
    assert [s.seq for s in peer.take()] == [at(1), at(2)]


def test_timeout_leaves_what_is_sacked(dut: Dut) -> None:
    dut.sysctl("frto", 0)
    sk, peer, _ = sending(dut, 5, sack=True)
    peer.send(".", 1, ack=1, sack=((at(1), at(2)),))
    dut.pass_time(0.25)
    assert sk.sacked_out == 1
    assert sk.lost_out == 4
    peer.take()
    peer.send(".", 1, ack=at(2))
    assert [s.seq for s in peer.take()] == [at(2), at(3)]


def test_timeout_undone_by_a_timestamp(dut: Dut) -> None:
    dut.sysctl("frto", 0)
    sk, peer, _ = sending(dut, 5, sack=True, ts=(100, 0))
    before = peer.tsval
    cwnd = sk.snd_cwnd
    dut.pass_time(0.25)
    assert sk.icsk_ca_state == TCP_CA_Loss
    peer.take()
    peer.send(".", 1, ack=at(1), ts=(101, before))
    assert dut.ext("TCPLOSSUNDO") == 1
    assert sk.icsk_ca_state == TCP_CA_Open
    assert sk.snd_cwnd >= cwnd
    assert sk.lost_out == 0


def test_reneging_forgets_all_reports(dut: Dut) -> None:
    """The head was reported to have arrived, yet is not acknowledged."""
    sk, peer, _ = sending(dut, 6, sack=True)
    peer.send(".", 1, ack=1, sack=((at(2), at(3)),))
    assert sk.sacked_out == 1
    peer.send(".", 1, ack=at(2))
    assert dut.ext("TCPSACKRENEGING") == 1
    assert sk.icsk_ca_state == TCP_CA_Loss
    assert sk.sacked_out == 0
    assert at(2) in [s.seq for s in peer.take()]


def test_reordering_without_sack_is_learnt(dut: Dut) -> None:
    """More duplicate ACKs than can be: a whole flight was reordered."""
    sk, peer, _ = sending(dut, 4)
    for _ in range(4):
        peer.send(".", 1, ack=1)
    assert dut.ext("TCPRENOREORDER") == 1
    assert sk.reordering == 4


def test_a_smaller_path_keeps_three_quarters_of_the_window_as_threshold(dut: Dut) -> None:
    """Only the units change: the window stays, and nothing of it will be undone."""
    conn, peer = dut.accepted(mss=1460)
    sk = dut.sock(conn)
    dut.write(conn, bytes(1460))
    peer.expect("P.", len=1460)
    sk.snd_cwnd, sk.snd_ssthresh, sk.prior_ssthresh = 40, 12, 99
    sk.mss_cache = 1160
    dut.inside(tcp_simple_retransmit, sk)
    assert [len(s.data) for s in peer.take()] == [1160, 300]
    assert sk.icsk_ca_state == TCP_CA_Loss
    assert (sk.snd_cwnd, sk.snd_ssthresh, sk.prior_ssthresh) == (40, 30, 0)


def test_a_probe_that_arrived_keeps_the_window_in_bytes(dut: Dut) -> None:
    """20 segments of 512 bytes, 552 with headers, are ten of 1064; the threshold is 3/4 of those."""
    tp = dut.sock(dut.accepted(mss=1460)[0])
    tp.mss_cache, tp.icsk_mtup_probe_size = 512, 1064
    tp.snd_cwnd, tp.snd_ssthresh, tp.snd_cwnd_cnt = 20, 3, 9
    dut.inside(tcp_mtup_probe_success, tp)
    assert (tp.snd_cwnd, tp.snd_cwnd_cnt) == (10, 0)
    assert (tp.prior_ssthresh, tp.snd_ssthresh) == (15, 7)
    assert (tp.icsk_mtup_search_low, tp.icsk_mtup_probe_size) == (1064, 0)
    tp.icsk_mtup_probe_size, tp.snd_cwnd = 60_000, 1
    dut.inside(tcp_mtup_probe_success, tp)
    assert tp.snd_cwnd == 1
