"""Active opens, and opens from both sides at once."""

from __future__ import annotations

import errno

from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_bind, sys_connect
from softnet.uapi.tcp import TCP_ESTABLISHED, TCP_SYN_RECV, TCP_SYN_SENT
from softnet.wire.tcp_options import Timestamps
from tests.kit.errors import os_error
from tests.kit.tcp_peer import Dut, Peer
from tests.kit.wire_host import PEER


def opening(dut: Dut, sport: int = 80) -> tuple[int, object, Peer]:
    """The dut connects to the peer's port; the SYN is still to be read."""
    fd = dut.socket()
    task = dut.connect(fd, sport)
    sk = dut.sock(fd)
    peer = dut.peer(sk.inet_sport, sport)
    return fd, task, peer


def test_syn_offers_everything(dut: Dut) -> None:
    fd, _, peer = opening(dut)
    syn = peer.expect("S", seq=0, ack=0, mss=1460, sack_ok=True, win=14600)
    assert syn.find(Timestamps) is not None
    assert dut.sock(fd).sk_state == TCP_SYN_SENT
    assert dut.tcp("ACTIVEOPENS") == 1


def test_without_scaling_the_clamp_is_what_16_bits_can_say(dut: Dut) -> None:
    dut.sysctl("rmem", "4096 400000 4000000")
    fd, _, peer = opening(dut)
    peer.expect("S")
    tp = dut.sock(fd)
    assert tp.window_clamp > 65535
    peer.send("S.", 0, ack=1, mss=1000)
    assert (tp.full_space(), tp.window_clamp) == (300_000, 65535)


def test_syn_ack_establishes(dut: Dut) -> None:
    fd, task, peer = opening(dut)
    peer.expect("S")
    peer.send("S.", 0, ack=1, win=4000, mss=1000, wscale=2, sack=True, ts=(5, peer.tsval))
    peer.expect(".", seq=1, ack=1)
    assert task.finished()
    sk = dut.sock(fd)
    assert sk.sk_state == TCP_ESTABLISHED
    assert sk.snd_wnd == 4000  # a SYN's window is not scaled
    assert sk.rx_opt.snd_wscale == 2
    assert sk.mss_cache == 988
    assert sk.snd_cwnd == 10


def test_what_the_syn_ack_does_not_offer_is_off(dut: Dut) -> None:
    fd, _, peer = opening(dut)
    peer.expect("S")
    peer.send("S.", 0, ack=1, mss=1460)
    ack = peer.expect(".", seq=1, ack=1)
    assert ack.options == []
    rx = dut.sock(fd).rx_opt
    assert (rx.tstamp_ok, rx.wscale_ok, rx.sack_ok, rx.rcv_wscale) == (False, False, 0, 0)


def test_syn_is_repeated_after_1_3_7_15_31_s_and_given_up_after_63(dut: Dut) -> None:
    _, task, peer = opening(dut)
    peer.expect("S")
    seen = []
    for _ in range(6400):
        dut.pass_time(0.01)
        seen += [dut.now_ms() for _ in peer.take()]
    assert seen == [1000, 3000, 7000, 15000, 31000]
    assert task.finished()
    with os_error(errno.ETIMEDOUT):
        task.result()
    assert dut.ext("TCPABORTONTIMEOUT") == 1
    assert dut.tcp("ATTEMPTFAILS") == 1


def test_a_repeated_syn_makes_the_first_timeout_3_s(dut: Dut) -> None:
    dut.sysctl("timestamps", 0)
    fd, _, peer = opening(dut)
    dut.pass_time(1.5)
    peer.take()
    peer.send("S.", 0, ack=1, mss=1460)
    sk = dut.sock(fd)
    assert sk.icsk_rto == 3000
    assert sk.snd_cwnd == 10


def test_two_lost_syns_make_the_window_one_segment(dut: Dut) -> None:
    fd, _, peer = opening(dut)
    dut.pass_time(3.5)
    peer.take()
    peer.send("S.", 0, ack=1, mss=1460)
    assert dut.sock(fd).snd_cwnd == 1


def test_reset_refuses(dut: Dut) -> None:
    _, task, peer = opening(dut)
    peer.expect("S")
    peer.send("R.", 0, ack=1)
    with os_error(errno.ECONNREFUSED):
        task.result()
    assert dut.tcp("ATTEMPTFAILS") == 1


def test_reset_that_acknowledges_nothing_of_ours_is_ignored(dut: Dut) -> None:
    _, task, peer = opening(dut)
    peer.expect("S")
    peer.send("R.", 0, ack=77)
    peer.send("R", 0)
    assert not task.finished()
    peer.silent()


def test_bad_ack_in_syn_sent_is_reset(dut: Dut) -> None:
    _, task, peer = opening(dut)
    peer.expect("S")
    peer.send("S.", 0, ack=2, mss=1460)
    peer.expect("R", seq=2)
    assert not task.finished()


def test_echo_of_a_time_that_never_was_is_reset(dut: Dut) -> None:
    dut.pass_time(1)
    _, task, peer = opening(dut)
    peer.expect("S")
    peer.send("S.", 0, ack=1, mss=1460, ts=(1, peer.tsval + 50000))
    peer.expect("R", seq=1)
    assert dut.ext("PAWSACTIVEREJECTED") == 1
    assert not task.finished()


def test_simultaneous_open(dut: Dut) -> None:
    fd, task, peer = opening(dut)
    peer.expect("S")
    peer.send("S", 0, mss=1460, wscale=3, sack=True, ts=(9, 0))
    again = peer.expect("S.", seq=0, ack=1, sack_ok=True)
    assert again.find(Timestamps).tsecr == 9
    assert dut.sock(fd).sk_state == TCP_SYN_RECV
    peer.send(".", 1, ack=1, win=100, ts=(10, peer.tsval))
    assert task.finished()
    sk = dut.sock(fd)
    assert sk.sk_state == TCP_ESTABLISHED
    assert sk.snd_wnd == 800


def test_simultaneous_open_with_a_syn_ack(dut: Dut) -> None:
    fd, task, peer = opening(dut)
    peer.expect("S")
    peer.send("S", 0, mss=1460)
    peer.expect("S.")
    peer.send("S.", 0, ack=1, mss=1460)  # the peer's SYN again, with the ACK of ours
    peer.take()
    peer.send(".", 1, ack=1)
    assert task.finished()
    assert dut.sock(fd).sk_state == TCP_ESTABLISHED


def test_connect_to_self() -> None:
    """Binding and connecting to the same port is a simultaneous open with oneself."""
    dut = Dut()
    fd = dut.socket()
    dut.call(sys_bind, fd, SockaddrIn(0x7F000001, 5555))
    dut.call(sys_connect, fd, SockaddrIn(0x7F000001, 5555))
    assert dut.write(fd, b"echo") == 4
    assert dut.read(fd) == b"echo"
    dut.close()


def test_ecn_is_offered_and_needs_a_yes(dut: Dut) -> None:
    dut.sysctl("ecn", 1)
    fd, _, peer = opening(dut)
    peer.expect("SEC")
    peer.send("S.", 0, ack=1, mss=1460)
    assert not dut.sock(fd).ecn_flags & 1
    fd, _, peer = opening(dut, 81)
    peer.expect("SEC")
    peer.send("SE.", 0, ack=1, mss=1460)
    assert dut.sock(fd).ecn_flags & 1
    fd, _, peer = opening(dut, 82)
    peer.expect("SEC")
    peer.send("SEC.", 0, ack=1, mss=1460)  # a mirror, not an answer: RFC 3168 6.1.1.1
    assert not dut.sock(fd).ecn_flags & 1


def test_nonblocking_connect_and_poll(dut: Dut) -> None:
    fd = dut.socket(0x800)
    with os_error(errno.EINPROGRESS):
        dut.call(sys_connect, fd, SockaddrIn(PEER, 80))
    with os_error(errno.EALREADY):
        dut.call(sys_connect, fd, SockaddrIn(PEER, 80))
    peer = dut.peer(dut.sock(fd).inet_sport, 80)
    peer.expect("S")
    peer.send("S.", 0, ack=1, mss=1460)
    dut.call(sys_connect, fd, SockaddrIn(PEER, 80))
    with os_error(errno.EISCONN):
        dut.call(sys_connect, fd, SockaddrIn(PEER, 80))
