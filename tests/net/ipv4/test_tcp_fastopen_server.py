"""TCP Fast Open, the server's side: children from a SYN, and how they end."""

from __future__ import annotations

import errno

import pytest

from softnet.uapi.tcp import TCP_FASTOPEN
from softnet.wire.options import RawOption
from tests.kit.tcp_peer import Dut, Peer, dut

__all__ = ["dut"]

TCP = 6
NO_COOKIES = 0x202
SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE = 3, 4, 5, 7


def server(dut: Dut, bound: int = 5, fastopen: int = NO_COOKIES) -> int:
    dut.sysctl("fastopen", fastopen)
    fd = dut.listen()
    dut.setopt(fd, TCP, TCP_FASTOPEN, bound)
    return fd


def visit(dut: Dut, sport: int = 40000, data: bytes = b"hello") -> Peer:
    """A SYN with data, taken."""
    peer = dut.peer(sport=sport)
    peer.send("S", 0, mss=1000, data=data)
    peer.expect("S.", seq=0, ack=1 + len(data))
    return peer


def qlen(dut: Dut, listener: int) -> int:
    return dut.sock(listener).icsk_accept_queue.fastopenq.qlen


def test_option_bounds(dut: Dut) -> None:
    fd = dut.socket()
    with pytest.raises(OSError, match="not available"):
        dut.setopt(fd, TCP, TCP_FASTOPEN, 1)
    dut.sysctl("fastopen", 2)
    assert dut.getopt(fd, TCP, TCP_FASTOPEN) == 0
    dut.setopt(fd, TCP, TCP_FASTOPEN, 7)
    assert dut.getopt(fd, TCP, TCP_FASTOPEN) == 7
    with pytest.raises(OSError, match="Invalid") as e:
        dut.setopt(fd, TCP, TCP_FASTOPEN, -1)
    assert e.value.errno == errno.EINVAL
    conn, _ = dut.accepted()
    with pytest.raises(OSError, match="Invalid"):
        dut.setopt(conn, TCP, TCP_FASTOPEN, 1)


def test_the_data_is_read_before_the_last_ack_and_once(dut: Dut) -> None:
    listener = server(dut)
    peer = visit(dut)
    conn = dut.accept(listener)
    assert dut.read(conn) == b"hello"
    tp = dut.sock(conn)
    assert tp.sk_state == SYN_RECV
    peer.send(".", 6, ack=1)
    assert (tp.sk_state, qlen(dut, listener)) == (1, 0)
    peer.send("P.", 6, ack=1, data=b" you")
    assert dut.read(conn) == b" you"
    assert dut.ext("TCPFASTOPENPASSIVE") == 1


def test_last_ack_before_accept(dut: Dut) -> None:
    listener = server(dut)
    peer = visit(dut)
    assert qlen(dut, listener) == 1
    peer.send("P.", 6, ack=1, data=b" you")
    assert qlen(dut, listener) == 0
    assert dut.read(dut.accept(listener)) == b"hello you"


def test_data_that_comes_again_is_acknowledged_again(dut: Dut) -> None:
    listener = server(dut)
    peer = visit(dut)
    peer.send("P.", 1, ack=1, data=b"hello")
    peer.expect(".", seq=1, ack=6)
    assert dut.read(dut.accept(listener)) == b"hello"


def test_closed_before_the_last_ack(dut: Dut) -> None:
    listener = server(dut)
    peer = visit(dut)
    conn = dut.accept(listener)
    assert dut.read(conn) == b"hello"
    tp = dut.sock(conn)
    dut.shut(conn)
    peer.expect("F.", seq=1, ack=6)
    assert tp.sk_state == FIN_WAIT1
    peer.send(".", 6, ack=2)
    assert qlen(dut, listener) == 0
    peer.send("F.", 6, ack=2)
    peer.expect(".", seq=2, ack=7)


def test_synacks_end_with_a_timeout(dut: Dut) -> None:
    listener = server(dut)
    peer = visit(dut)
    conn = dut.accept(listener)
    dut.pass_time(400)
    assert [seg.flags for seg in peer.take()] == ["S."] * 6
    assert dut.sock(conn).sk_state == CLOSE
    assert (dut.sock(conn).sk_err, qlen(dut, listener)) == (errno.ETIMEDOUT, 0)


@pytest.mark.parametrize("accepted", [False, True])
def test_a_closed_listener_forgets_its_children(dut: Dut, accepted: bool) -> None:
    listener = server(dut)
    peer = visit(dut)
    tp = dut.sock(listener)
    conn = dut.accept(listener) if accepted else -1
    dut.shut(listener)
    if accepted:
        peer.send(".", 6, ack=1)
        assert dut.sock(conn).sk_state == 1
        assert dut.read(conn) == b"hello"
    else:
        peer.expect("R.")
    assert tp.icsk_accept_queue.fastopenq.qlen == 0
    assert tp.sk_refcnt == 0


def test_a_syn_inside_the_window_is_reset_but_does_no_harm(dut: Dut) -> None:
    listener = server(dut)
    peer = visit(dut)
    peer.send("S", 100)
    peer.expect("R.")
    peer.send(".", 6, ack=1)
    assert dut.read(dut.accept(listener)) == b"hello"


def test_a_full_accept_queue_falls_back(dut: Dut) -> None:
    listener = server(dut)
    dut.sock(listener).sk_max_ack_backlog = 0
    visit(dut)
    other = dut.peer(sport=40001)
    other.send("S", 0, mss=1000, data=b"hello")
    other.expect("S.", seq=0, ack=1)
    assert dut.ext("TCPFASTOPENPASSIVEFAIL") == 1


def test_each_listener_may_be_made_one_by_the_sysctl(dut: Dut) -> None:
    dut.sysctl("fastopen", 0x602)
    listener = dut.listen(backlog=3)
    assert dut.getopt(listener, TCP, TCP_FASTOPEN) == 3
    visit(dut)


def test_a_cookie_is_the_clients_alone(dut: Dut) -> None:
    server(dut, fastopen=2)
    peer = dut.peer()
    peer.send("S", 0, mss=1000, options=(RawOption(34, b""),))
    (cookie,) = [o.data for o in peer.expect("S.").options if isinstance(o, RawOption)]
    again = dut.peer(sport=40001)
    again.send("S", 0, mss=1000, data=b"abc", options=(RawOption(34, cookie),))
    answer = again.expect("S.", seq=0, ack=4)
    assert not [o for o in answer.options if isinstance(o, RawOption)]
    bad = bytes((cookie[0] ^ 1,)) + cookie[1:]
    third = dut.peer(sport=40002)
    third.send("S", 0, mss=1000, data=b"abc", options=(RawOption(34, bad),))
    third.expect("S.", seq=0, ack=1)
