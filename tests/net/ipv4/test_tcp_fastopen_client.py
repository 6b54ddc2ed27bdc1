"""TCP Fast Open, the client's side: what goes with the SYN, and what its answer says."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress

import pytest

import softnet
from softnet.kernel.timer import jiffies
from softnet.structs.socket import Sockaddr, SockaddrIn
from softnet.syscalls import sys_connect, sys_sendto
from softnet.uapi.socket import MSG_DONTWAIT, MSG_FASTOPEN
from softnet.uapi.tcp import TCP_FASTOPEN_CONNECT
from softnet.wire.options import RawOption
from tests.kit.tcp_peer import Dut, Peer, dut
from tests.kit.wire_host import PEER

__all__ = ["dut"]

TCP = 6
THERE = SockaddrIn(PEER, 80)
COOKIE = bytes(range(8))


def opened(dut: Dut, fd: int) -> Peer:
    """The other end of fd's connection."""
    tp = dut.sock(fd)
    return dut.peer(tp.inet_num, tp.inet_dport)


def say(dut: Dut, data: bytes, fd: int = -1, port: int = 80) -> tuple[int, int]:
    """sendto(MSG_FASTOPEN) on a new socket: it, and what was taken."""
    fd = dut.socket() if fd < 0 else fd
    flags = MSG_FASTOPEN | MSG_DONTWAIT
    return fd, int(dut.call(sys_sendto, fd, data, flags, SockaddrIn(PEER, port)))


def learn(dut: Dut, mss: int = 1000) -> None:
    """A first visit, for the cookie."""
    fd = dut.socket()
    with pytest.raises(OSError, match="progress"):
        say(dut, b"x", fd=fd, port=81)
    peer = opened(dut, fd)
    syn = peer.expect("S", seq=0, data=b"")
    assert [o.data for o in syn.options if isinstance(o, RawOption)] == [b""]
    peer.send("S.", 0, ack=1, mss=mss, options=(RawOption(34, COOKIE),))
    peer.expect(".", seq=1, ack=1)
    dut.shut(fd)
    peer.expect("F.")
    peer.send("R.", 1, ack=2)


def test_off_is_not_supported_or_not_known(dut: Dut) -> None:
    dut.sysctl("fastopen", 2)  # the server's bit alone
    with pytest.raises(OSError, match="not supported"):
        say(dut, b"x")
    dut.sysctl("fastopen", 0)
    with pytest.raises(BrokenPipeError):
        say(dut, b"x")


def test_errnos_of_addresses_and_states(dut: Dut) -> None:
    dut.sysctl("fastopen", 5)
    fd = dut.socket()
    for addr, number in ((None, errno.EINVAL), (Sockaddr(0), errno.EOPNOTSUPP)):
        with pytest.raises(OSError, match=r".") as e:
            dut.call(sys_sendto, fd, b"x", MSG_FASTOPEN, addr)
        assert e.value.errno == number
    assert say(dut, b"x", fd=fd)[1] == 1
    with pytest.raises(OSError, match="already in progress"):
        say(dut, b"x", fd=fd)
    peer = opened(dut, fd)
    peer.expect("S")
    peer.send("S.", 0, ack=2)
    assert say(dut, b"y", fd=fd)[1] == 1  # it is a connect() that ends well
    with pytest.raises(OSError, match="already connected"):
        say(dut, b"x", fd=fd)


def test_the_known_mss_bounds_the_data(dut: Dut) -> None:
    dut.sysctl("fastopen", 1)
    learn(dut, mss=600)
    fd, taken = say(dut, bytes(2000))
    assert taken == 600 - 40
    opened(dut, fd).expect("S", data=bytes(560))
    assert dut.ext("TCPFASTOPENACTIVE") == 1


def test_part_of_the_data_is_acknowledged(dut: Dut) -> None:
    dut.sysctl("fastopen", 5)
    fd, _ = say(dut, b"hello")
    peer = opened(dut, fd)
    peer.expect("S", data=b"hello")
    peer.send("S.", 0, ack=4, mss=1000)
    peer.expect("P.", seq=4, ack=1, data=b"lo")
    assert not dut.sock(fd).syn_data_acked
    assert dut.ext("TCPFASTOPENACTIVEFAIL") == 1


@pytest.mark.parametrize("ack", [0, 7])
def test_an_ack_of_anything_else_is_answered_with_a_reset(dut: Dut, ack: int) -> None:
    dut.sysctl("fastopen", 5)
    fd, _ = say(dut, b"hello")
    peer = opened(dut, fd)
    peer.expect("S")
    peer.send("S.", 0, ack=ack)
    peer.expect("R", seq=ack)


def test_an_unasked_cookie_is_not_kept(dut: Dut) -> None:
    dut.sysctl("fastopen", 1)
    fd = dut.socket()
    dut.connect(fd)
    peer = opened(dut, fd)
    peer.expect("S")
    peer.send("S.", 0, ack=1, options=(RawOption(34, COOKIE),))
    assert dut.net.ipv4.tcp.fastopen_cache == {}


def test_after_two_losses_in_a_row_the_server_is_left_in_peace(dut: Dut) -> None:
    dut.sysctl("fastopen", 1)
    learn(dut)
    fd, _ = say(dut, b"hello")
    peer = opened(dut, fd)
    peer.expect("S", data=b"hello")
    dut.pass_time(10)  # three timeouts: the second and third tell
    again = peer.take()
    assert [(seg.flags, seg.data) for seg in again] == [("S", b"")] * 3
    assert [dut.ext("TCPFASTOPENACTIVEFAIL"), dut.ext("TCPSYNRETRANS")] == [2, 3]
    assert not [o for seg in again for o in seg.options if isinstance(o, RawOption)]
    other = dut.socket()
    with pytest.raises(OSError, match="progress"):
        say(dut, b"hello", fd=other, port=82)
    syn = opened(dut, other).expect("S", data=b"")
    assert not [o for o in syn.options if isinstance(o, RawOption)]


def lose(dut: Dut, seconds: float) -> None:
    """A SYN with data that nobody answers for so long."""
    fd, _ = say(dut, b"hello")
    peer = opened(dut, fd)
    dut.pass_time(seconds)
    assert peer.take()[0].data == b"hello"
    dut.shut(fd)


def syn_has_data(dut: Dut) -> bool:
    """The next visit."""
    fd = dut.socket()
    with suppress(BlockingIOError):
        say(dut, b"hello", fd=fd, port=82)
    data = opened(dut, fd).expect("S").data
    dut.shut(fd)
    return bool(data)


@pytest.mark.parametrize(
    ("lost_for", "later", "data"),
    [
        (4, 0, True),  # repeated after 1 and 3 s: the second repetition tells, and once is nothing
        (10, 0, False),  # and after 7 s: twice
        (10, 4 * 60 - 3 - 0.002, False),  # 60 s << 2 since then
        (10, 4 * 60 - 3 + 0.002, True),
    ],
)
def test_how_long_it_is_left_in_peace(dut: Dut, lost_for: float, later: float, data: bool) -> None:
    dut.sysctl("fastopen", 1)
    learn(dut)
    lose(dut, lost_for)
    dut.pass_time(later)
    assert syn_has_data(dut) is data


@pytest.mark.parametrize("losses", [10, 11])
def test_the_longest_peace_is_seventeen_hours(dut: Dut, losses: int) -> None:
    dut.sysctl("fastopen", 1)
    learn(dut)
    dut.pass_time(1)
    known = next(iter(dut.net.ipv4.tcp.fastopen_cache.values()))
    known.syn_loss = losses
    known.last_syn_loss = dut.inside(jiffies)
    dut.pass_time((60 << 10) - 1)
    assert not syn_has_data(dut)
    dut.pass_time(1)
    assert syn_has_data(dut)


@pytest.mark.parametrize(("cookie", "losses"), [(False, 1), (True, 0)])
def test_only_the_plain_syn_got_through(dut: Dut, cookie: bool, losses: int) -> None:
    """Repeated once, and the answer takes neither data nor knows of cookies: a loss as well."""
    dut.sysctl("fastopen", 1)
    learn(dut)
    fd, _ = say(dut, b"hello")
    peer = opened(dut, fd)
    dut.pass_time(1.5)
    assert [len(s.data) for s in peer.take()] == [5, 0]
    peer.send("S.", 0, ack=1, mss=1000, options=(RawOption(34, COOKIE),) if cookie else ())
    known = next(iter(dut.net.ipv4.tcp.fastopen_cache.values()))
    assert known.syn_loss == losses


def test_connect_asks_for_a_cookie_and_then_waits_for_data(dut: Dut) -> None:
    dut.sysctl("fastopen", 1)
    fd = dut.socket()
    dut.setopt(fd, TCP, TCP_FASTOPEN_CONNECT, 1)
    task = dut.start(sys_connect, fd, THERE)
    peer = opened(dut, fd)
    syn = peer.expect("S")
    assert [o.data for o in syn.options if isinstance(o, RawOption)] == [b""]
    peer.send("S.", 0, ack=1, mss=1000, options=(RawOption(34, COOKIE),))
    assert task.finished()
    second = dut.socket()
    dut.setopt(second, TCP, TCP_FASTOPEN_CONNECT, 1)
    dut.call(sys_connect, second, SockaddrIn(PEER, 81))
    quiet = opened(dut, second)
    quiet.silent()
    assert dut.write(second, b"hello", MSG_DONTWAIT) == 5
    quiet.expect("S", data=b"hello")


def test_a_deferred_connection_can_be_closed(dut: Dut) -> None:
    dut.sysctl("fastopen", 5)
    fd = dut.socket()
    dut.setopt(fd, TCP, TCP_FASTOPEN_CONNECT, 1)
    dut.call(sys_connect, fd, THERE)
    peer = opened(dut, fd)
    dut.shut(fd)
    peer.silent()


def test_connect_option_errnos(dut: Dut) -> None:
    fd = dut.socket()
    with pytest.raises(OSError, match="not available"):
        dut.setopt(fd, TCP, TCP_FASTOPEN_CONNECT, 1)
    dut.sysctl("fastopen", 2)
    with pytest.raises(OSError, match="not supported"):
        dut.setopt(fd, TCP, TCP_FASTOPEN_CONNECT, 1)
    dut.sysctl("fastopen", 1)
    with pytest.raises(OSError, match="Invalid"):
        dut.setopt(fd, TCP, TCP_FASTOPEN_CONNECT, 2)
    conn, _ = dut.accepted()
    with pytest.raises(OSError, match="Invalid"):
        dut.setopt(conn, TCP, TCP_FASTOPEN_CONNECT, 1)


def test_two_hosts_under_the_judge_save_a_round_trip() -> None:
    """Programs on both ends; every event is judged. The second visit is shorter by one round trip."""

    def serve() -> None:
        with socket.create_server(("", 80)) as listener:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
            for _ in range(2):
                conn, _ = listener.accept()
                with conn:
                    conn.sendall(conn.recv(100).upper())

    def ask() -> bytes:
        with socket.socket() as s:
            s.sendto(b"hello", MSG_FASTOPEN, ("b", 80))
            return s.recv(100)

    with softnet.Lab(check=True) as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b, delay="20ms")
        for host in (a, b):
            host.sysctl("net.ipv4.tcp_fastopen", 3)
        b.start(serve)
        lab.run(until=1)
        times = []
        for _ in range(2):
            begin = lab.now
            assert a.call(ask) == b"HELLO"
            times.append(round(lab.now - begin, 3))
        assert times[1] < times[0] - 0.03
