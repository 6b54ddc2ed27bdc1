"""Acknowledgements: what they take off, measure and change."""

from __future__ import annotations

from softnet.uapi.tcp import TCP_CA_Open
from tests.kit.tcp_peer import Dut

MSS = 1000


def sending(dut: Dut, segments: int, **syn: object) -> tuple[object, object, int]:
    """A connection that has just sent so many segments of MSS bytes."""
    conn, peer = dut.accepted(mss=MSS, **syn)
    dut.sock(conn).sk_sndbuf = 1 << 20
    dut.write(conn, bytes(MSS * segments))
    peer.take()
    return dut.sock(conn), peer, conn


def test_acknowledged_segments_are_freed(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 4)
    assert sk.packets_out == 4
    peer.send(".", 1, ack=1 + 2 * MSS)
    assert sk.packets_out == 2
    assert sk.sk_write_queue.qlen == 2
    peer.send(".", 1, ack=1 + 4 * MSS)
    assert sk.packets_out == 0
    assert sk.sk_wmem_queued == 0
    assert sk.icsk_pending == 0


def test_part_of_a_segment_stays(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 2)
    peer.send(".", 1, ack=1 + MSS // 2)
    assert sk.packets_out == 2
    assert sk.snd_una == sk.sk_write_queue.first.seq + MSS // 2


def test_retransmit_timer_starts_afresh(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 2)
    dut.pass_time(0.15)
    peer.send(".", 1, ack=1 + MSS)
    assert sk.icsk_timeout == dut.now_ms() + sk.icsk_rto


def test_round_trip_is_measured_of_the_oldest_segment(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 1)
    sk.srtt = 0
    dut.pass_time(0.08)
    peer.send(".", 1, ack=1 + MSS)
    assert sk.srtt >> 3 == 80


def test_ack_of_the_future_is_refused(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 1)
    una = sk.snd_una
    peer.send(".", 1, ack=1 + MSS + 1)
    assert sk.snd_una == una


def test_old_ack_changes_nothing(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 3)
    peer.send(".", 1, ack=1 + 2 * MSS, win=5000)
    peer.send(".", 1, ack=1 + MSS, win=1)
    assert sk.snd_wnd == 5000
    assert sk.sacked_out == 0
    peer.silent()


def test_ack_older_than_any_window_is_challenged(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 1)
    sk.max_window = 100
    peer.send(".", 1, ack=1 + MSS)
    peer.send(".", 1, ack=1)
    peer.expect(".", ack=1)
    assert dut.ext("TCPCHALLENGEACK") == 1


def test_window_comes_from_the_newest_segment(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 1)
    peer.send("P.", 1, ack=1, data=b"w")
    peer.send("P.", 2, ack=1, win=3000, data=b"x")
    assert sk.snd_wnd == 3000
    peer.send(".", 1, ack=1, win=2000)  # from before that data
    assert sk.snd_wnd == 3000
    peer.send(".", 3, ack=1, win=2000)  # from behind it: smaller is fine
    assert sk.snd_wnd == 2000


def test_larger_window_with_the_same_numbers_is_news(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 1, win=3000)
    peer.send(".", 1, ack=1, win=9000)
    assert sk.snd_wnd == 9000
    peer.send(".", 1, ack=1, win=100)
    assert sk.snd_wnd == 9000


def test_window_is_scaled(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 1, wscale=3)
    peer.send(".", 1, ack=1 + MSS, win=1000)
    assert sk.snd_wnd == 8000


def test_pure_acks_take_the_fast_path(dut: Dut) -> None:
    _, peer, conn = sending(dut, 1)
    peer.send(".", 1, ack=1 + MSS)
    hits = dut.ext("TCPHPACKS")
    dut.write(conn, bytes(MSS))
    peer.take()
    peer.send(".", 1, ack=1 + 2 * MSS)
    assert dut.ext("TCPHPACKS") == hits + 1


def test_duplicate_ack_is_counted_as_pure(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 3)
    before = dut.ext("TCPPUREACKS")
    peer.send(".", 1, ack=1)
    assert dut.ext("TCPPUREACKS") == before + 1
    assert sk.sacked_out == 1


def test_segment_with_data_is_no_duplicate_ack(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 3)
    peer.send("P.", 1, ack=1, data=b"x")
    peer.send(".", 2, ack=1, win=60000)  # a window update is none either
    assert sk.sacked_out == 0
    assert sk.icsk_ca_state == TCP_CA_Open


def test_slow_start_from_the_acks(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 60)
    for i in range(10):
        peer.send(".", 1, ack=1 + (i + 1) * MSS)
    assert sk.snd_cwnd == 20


def test_ece_slows_down_once_per_window(dut: Dut) -> None:
    dut.sysctl("ecn", 1)
    fd = dut.listen()
    peer = dut.peer()
    peer.send("SEC", 0, mss=MSS)
    peer.expect("SE.")
    peer.send(".", 1, ack=1)
    conn = dut.accept(fd)
    sk = dut.sock(conn)
    sk.sk_sndbuf = 1 << 20
    dut.write(conn, bytes(10 * MSS))
    segments = peer.take()
    assert segments[0].tos & 3 == 2
    peer.send("E.", 1, ack=1 + MSS)
    peer.send("E.", 1, ack=1 + 2 * MSS)
    assert sk.snd_ssthresh == 7
    for i in range(3, 11):
        peer.send("E.", 1, ack=1 + i * MSS)
    assert sk.snd_ssthresh == 7
    peer.take()
    dut.write(conn, bytes(MSS))
    peer.expect("PC.")  # CWR


def test_ack_clears_a_soft_error(dut: Dut) -> None:
    sk, peer, _ = sending(dut, 1)
    sk.sk_err_soft = 113
    peer.send(".", 1, ack=1 + MSS)
    assert sk.sk_err_soft == 0
