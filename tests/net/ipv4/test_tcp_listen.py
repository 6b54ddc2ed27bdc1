"""Passive opens: SYN queue, accept queue, cookies."""

from __future__ import annotations

import errno

from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_accept4, sys_connect
from softnet.uapi.socket import SOCK_NONBLOCK
from softnet.uapi.tcp import TCP_DEFER_ACCEPT, TCP_ESTABLISHED, TCP_MAXSEG
from tests.kit.errors import os_error
from tests.kit.tcp_peer import SOL_TCP, Dut
from tests.kit.wire_host import IP


def test_three_way_handshake_offers_what_the_syn_did(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("S", 0, win=65535, mss=1460, wscale=7, sack=True, ts=(100, 0))
    syn_ack = peer.expect("S.", seq=0, ack=1, mss=1460, sack_ok=True, win=14480)
    assert syn_ack.find(type(syn_ack.options[0])) is not None
    assert peer.tsval == dut.now_ms()
    assert syn_ack.options[-1].shift in range(15)  # type: ignore[union-attr]  # the window scale
    peer.send(".", 1, ack=1, win=512, ts=(101, peer.tsval))
    conn = dut.accept(fd)
    sk = dut.sock(conn)
    assert sk.sk_state == TCP_ESTABLISHED
    assert sk.snd_wnd == 512 << 7
    assert sk.mss_cache == 1448
    assert dut.tcp("PASSIVEOPENS") == 1
    assert dut.tcp("CURRESTAB") == 1
    peer.silent()


def test_without_options_nothing_is_offered_but_the_mss(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("S", 0)
    seg = peer.expect("S.", seq=0, ack=1, mss=1460)
    assert len(seg.options) == 1


def test_without_an_mss_option_segments_are_536_bytes(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("S", 0)
    peer.expect("S.")
    peer.send(".", 1, ack=1)
    conn = dut.accept(fd)
    dut.write(conn, bytes(1000))
    peer.expect(".", seq=1, len=536)


def test_user_mss_is_offered_and_kept(dut: Dut) -> None:
    fd = dut.listen()
    dut.setopt(fd, SOL_TCP, TCP_MAXSEG, 600)
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.", mss=600)
    peer.send(".", 1, ack=1)
    dut.write(dut.accept(fd), bytes(1000))
    peer.expect(".", len=600)


def test_syn_ack_is_repeated_after_1_3_7_15_31_seconds_and_then_forgotten(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    seen = []
    for _ in range(80 * 10):
        dut.pass_time(0.1)
        if peer.take():
            seen.append(dut.now_ms() / 1000)
    # The table is scanned in parts, so each comes up to half a second late.
    assert len(seen) == 5
    for when, due in zip(seen, (1, 3, 7, 15, 31), strict=True):
        assert due <= when <= due + 0.8
    assert dut.sock(fd).icsk_accept_queue.listen_opt.qlen == 0
    assert dut.ext("TCPTIMEOUTS") == 6
    assert dut.tcp("RETRANSSEGS") == 5


def test_repeated_syn_gets_the_same_answer_again(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.", seq=0, ack=1)
    peer.send("S", 0, mss=1460)
    peer.expect("S.", seq=0, ack=1)
    peer.silent()


def test_wrong_ack_of_the_syn_ack_is_reset(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    peer.send(".", 1, ack=5)
    peer.expect("R", seq=5)


def test_reset_ends_the_embryo(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    peer.send("R", 1)
    assert dut.sock(fd).icsk_accept_queue.listen_opt.qlen == 0
    assert dut.tcp("ATTEMPTFAILS") == 1
    assert dut.ext("EMBRYONICRSTS") == 1
    peer.silent()


def test_out_of_window_segment_for_an_embryo_is_acknowledged(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    peer.send(".", 100000, ack=1)
    peer.expect(".", seq=1, ack=1, len=0)


def test_full_accept_queue_drops_the_last_ack_until_there_is_room(dut: Dut) -> None:
    fd = dut.listen(backlog=1)
    peers = [dut.peer(sport=40000 + i) for i in range(3)]
    for peer in peers[:2]:  # 3.2 lets one more in than the backlog says
        peer.handshake()
    peers[2].send("S", 0, mss=1460)
    peers[2].expect("S.")
    peers[2].send(".", 1, ack=1)
    assert dut.ext("LISTENOVERFLOWS") == 1
    assert dut.ext("LISTENDROPS") == 1
    assert dut.sock(fd).sk_ack_backlog == 2
    dut.accept(fd)
    dut.pass_time(1.9)  # the SYN-ACK again, as if the ACK had been lost
    peers[2].expect("S.")
    peers[2].send(".", 1, ack=1)
    dut.accept(fd)
    dut.accept(fd)


def test_abort_on_overflow_resets(dut: Dut) -> None:
    dut.sysctl("abort_on_overflow", 1)
    dut.listen(backlog=0)
    dut.peer(sport=40000).handshake()
    peer = dut.peer(sport=40001)
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    peer.send(".", 1, ack=1)
    peer.expect("R", seq=1)


def test_full_syn_table_without_cookies_drops(dut: Dut) -> None:
    dut.sysctl("syncookies", 0)
    fd = dut.listen(backlog=8)
    for i in range(40):
        dut.peer(sport=41000 + i).send("S", 0, mss=1460)
    lopt = dut.sock(fd).icsk_accept_queue.listen_opt
    assert lopt.qlen == 16
    assert dut.ext("TCPREQQFULLDROP") == 24


def test_full_syn_table_sends_cookies_that_connect(dut: Dut) -> None:
    fd = dut.listen(backlog=8)
    for i in range(17):
        dut.peer(sport=41000 + i).send("S", 0, mss=1460)
    assert dut.ext("TCPREQQFULLDOCOOKIES") == 1
    peer = dut.peer(sport=42000)
    peer.send("S", 0, mss=1460, wscale=5, sack=True, ts=(77, 0))
    peer.expect("S.", seq=0, ack=1)
    lopt = dut.sock(fd).icsk_accept_queue.listen_opt
    assert lopt.qlen == 16
    peer.send(".", 1, ack=1, win=100, ts=(78, peer.tsval))
    assert [dut.ext("SYNCOOKIESSENT"), dut.ext("SYNCOOKIESRECV")] == [2, 1]
    sk = dut.sock(dut.accept(fd))
    assert sk.rx_opt.snd_wscale == 5
    assert sk.is_sack()
    assert sk.rx_opt.mss_clamp == 1460


def test_cookie_without_timestamps_knows_the_mss_only(dut: Dut) -> None:
    fd = dut.listen(backlog=8)
    for i in range(17):
        dut.peer(sport=41000 + i).send("S", 0, mss=1460)
    peer = dut.peer(sport=42000)
    peer.send("S", 0, mss=1300, wscale=5, sack=True)
    seg = peer.expect("S.", sack_ok=False)
    assert seg.find(type(None)) is None
    peer.send(".", 1, ack=1)
    sk = dut.sock(dut.accept(fd))
    assert not sk.is_sack()
    assert sk.rx_opt.mss_clamp == 1024


def test_forged_cookie_is_reset(dut: Dut) -> None:
    dut.listen(backlog=8)
    for i in range(17):
        dut.peer(sport=41000 + i).send("S", 0, mss=1460)
    peer = dut.peer(sport=42000)
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    peer.send(".", 1, ack=12345)
    assert dut.ext("SYNCOOKIESFAILED") == 1
    peer.expect("R", seq=12345)


def test_old_cookie_is_refused(dut: Dut) -> None:
    dut.listen(backlog=8)
    for i in range(17):
        dut.peer(sport=41000 + i).send("S", 0, mss=1460)
    peer = dut.peer(sport=42000)
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    dut.pass_time(300)
    peer.take()
    peer.send(".", 1, ack=1)
    assert dut.ext("SYNCOOKIESFAILED") == 1


def test_defer_accept_waits_for_data(dut: Dut) -> None:
    fd = dut.listen()
    dut.setopt(fd, SOL_TCP, TCP_DEFER_ACCEPT, 3)
    assert dut.getopt(fd, SOL_TCP, TCP_DEFER_ACCEPT) == 3
    peer = dut.peer()
    peer.handshake()
    assert dut.ext("TCPDEFERACCEPTDROP") == 1
    with os_error(errno.EAGAIN):
        nonblocking_accept(dut, fd)
    peer.send("P.", 1, ack=1, data=b"hi")
    conn = dut.accept(fd)
    assert dut.read(conn) == b"hi"


def nonblocking_accept(dut: Dut, fd: int) -> None:
    dut.files.fget(fd).f_flags |= SOCK_NONBLOCK
    dut.call(sys_accept4, fd, 0)


def test_syn_with_fin_is_dropped(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.send("SF", 0, mss=1460)
    peer.silent()


def test_ack_to_a_listener_is_reset(dut: Dut) -> None:
    dut.listen()
    peer = dut.peer()
    peer.dut_isn = 0
    peer.send(".", 1, ack=99)
    peer.expect("R", seq=99, ack=0)


def test_segment_for_nobody_is_reset(dut: Dut) -> None:
    peer = dut.peer(dport=81)
    peer.send("S", 0)
    peer.expect("R.", seq=0, ack=1)
    peer.send("R", 0)
    peer.silent()


def test_data_on_the_last_ack_is_delivered(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    peer.send("P.", 1, ack=1, data=b"early")
    conn = dut.accept(fd)
    assert dut.read(conn) == b"early"


def test_closing_a_listener_resets_what_nobody_accepted(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.handshake()
    dut.shut(fd)
    peer.expect("R.", seq=1, ack=1)


def test_ecn_is_agreed_on_when_the_syn_asks(dut: Dut) -> None:
    fd = dut.listen()
    peer = dut.peer()
    peer.send("SEC", 0, mss=1460)
    peer.expect("SE.")
    peer.send(".", 1, ack=1)
    conn = dut.accept(fd)
    dut.write(conn, b"x")
    assert peer.expect("P.").tos & 3 == 2  # ECT(0)


def test_land_attack_makes_nothing(dut: Dut) -> None:
    """A SYN that seems to come from the listener itself."""
    fd = dut.listen()
    task = dut.start(sys_connect, dut.socket(), SockaddrIn(IP, 80))
    assert task.finished()  # through lo it is an ordinary connection
    assert dut.sock(fd).sk_ack_backlog == 1
