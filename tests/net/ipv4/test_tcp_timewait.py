"""TIME_WAIT: what a mini-socket answers."""

from __future__ import annotations

from tests.kit.tcp_peer import Dut, Peer


def time_wait(dut: Dut, ts: bool = False) -> Peer:
    """A connection that we closed first, in TIME_WAIT; the numbers are 2 and 2."""
    dut.pass_time(1)
    conn, peer = dut.accepted(ts=(100, 0) if ts else None)
    stamp = (101, peer.tsval) if ts else None
    dut.shut(conn)
    peer.take()
    peer.send("F.", 1, ack=2, ts=stamp)
    peer.expect(".", seq=2, ack=2)
    assert waiting(dut) == 1
    return peer


def waiting(dut: Dut) -> int:
    return int(dut.net.ipv4.tcp_death_row.tw_count)


def test_it_lasts_a_minute(dut: Dut) -> None:
    time_wait(dut)
    dut.pass_time(59)
    assert waiting(dut) == 1
    dut.pass_time(8.5)  # a slot is 7.5 s wide
    assert waiting(dut) == 0
    assert dut.ext("TIMEWAITED") == 1
    assert not dut.net.ipv4.tcp_hashinfo.bhash


def test_repeated_fin_is_acknowledged_and_starts_the_minute_again(dut: Dut) -> None:
    peer = time_wait(dut)
    dut.pass_time(50)
    peer.send("F.", 1, ack=2)
    peer.expect(".", seq=2, ack=2)
    dut.pass_time(50)
    assert waiting(dut) == 1


def test_reset_kills_it(dut: Dut) -> None:
    peer = time_wait(dut)
    peer.send("R", 2)
    assert waiting(dut) == 0


def test_rfc_1337_protects_it(dut: Dut) -> None:
    dut.sysctl("rfc1337", 1)
    peer = time_wait(dut)
    peer.send("R", 2)
    assert waiting(dut) == 1


def test_a_syn_ends_the_wait_for_the_peer_s_fin(dut: Dut) -> None:
    """In the window it can only be a new connection's: a reset. An old one's is acknowledged."""
    dut.pass_time(1)
    conn, peer = dut.accepted()
    dut.shut(conn)
    peer.expect("F.", seq=1, ack=1)
    peer.send(".", 1, ack=2)
    assert waiting(dut) == 1
    peer.send("S", 0, mss=1460)
    peer.expect(".", seq=2, ack=1)
    assert waiting(dut) == 1
    peer.send("S", 1, mss=1460)
    peer.expect("R.", ack=2)
    assert waiting(dut) == 0


def test_plain_ack_is_silent(dut: Dut) -> None:
    peer = time_wait(dut)
    peer.send(".", 2, ack=2)
    peer.silent()


def test_data_is_acknowledged(dut: Dut) -> None:
    peer = time_wait(dut)
    peer.send("P.", 2, ack=2, data=b"late")
    peer.expect(".", seq=2, ack=2)


def test_syn_with_a_higher_number_opens_a_new_connection(dut: Dut) -> None:
    dut.listen()
    peer = time_wait_beside_listener(dut)
    peer.send("S", 5000, mss=1460)
    old = peer.dut_isn
    seg = peer.expect("S.")
    assert seg.ack == 5001
    assert (peer.dut_isn - old) % 2**32 == 2 + 65535 + 2  # beyond all that was ever sent
    assert waiting(dut) == 0


def time_wait_beside_listener(dut: Dut) -> Peer:
    """As time_wait(), on port 80 of a listener that stays."""
    peer = dut.peer()
    peer.handshake()
    hinfo = dut.net.ipv4.tcp_hashinfo
    (sk,) = [sk for sk in hinfo.listening_hash if sk is not None]
    (fd,) = [fd for fd in range(3, 20) if is_socket(dut, fd, sk)]
    conn = dut.accept(fd)
    dut.shut(conn)
    peer.take()
    peer.send("F.", 1, ack=2)
    peer.take()
    return peer


def is_socket(dut: Dut, fd: int, sk: object) -> bool:
    try:
        return dut.sock(fd) is sk
    except OSError:
        return False


def test_syn_with_an_old_number_is_only_acknowledged(dut: Dut) -> None:
    dut.listen()
    peer = time_wait_beside_listener(dut)
    peer.send("S", 1, mss=1460)
    peer.expect(".", seq=2, ack=2)
    assert waiting(dut) == 1


def test_old_timestamp_is_refused(dut: Dut) -> None:
    peer = time_wait(dut, ts=True)
    peer.send("P.", 2, ack=2, data=b"x", ts=(50, peer.tsval))
    peer.expect(".", seq=2, ack=2)
    assert dut.ext("PAWSESTABREJECTED") == 1


def test_data_in_fin_wait2_is_reset(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.shut(conn)
    peer.take()
    peer.send(".", 1, ack=2)
    assert waiting(dut) == 1
    peer.send("P.", 1, ack=2, data=b"x")
    peer.expect("R", seq=2)
    assert waiting(dut) == 0


def test_fin_in_fin_wait2_begins_the_minute(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.shut(conn)
    peer.take()
    peer.send(".", 1, ack=2)
    dut.pass_time(30)
    peer.send("F.", 1, ack=2)
    peer.expect(".", seq=2, ack=2)
    dut.pass_time(45)
    assert waiting(dut) == 1


def test_too_many(dut: Dut) -> None:
    dut.net.ipv4.tcp_death_row.sysctl_max_tw_buckets = 0
    conn, peer = dut.accepted()
    dut.shut(conn)
    peer.take()
    peer.send("F.", 1, ack=2)
    assert waiting(dut) == 0
    assert dut.ext("TCPTIMEWAITOVERFLOW") == 1


def test_recycling_shortens_it(dut: Dut) -> None:
    dut.sysctl("tw_recycle", 1)
    dut.net.ipv4.tcp_death_row.sysctl_tw_recycle = 1
    time_wait(dut, ts=True)
    dut.pass_time(2)  # 3.5 timeouts of 201 ms
    assert waiting(dut) == 0
    assert dut.ext("TIMEWAITKILLED") == 1
