"""SOCK_DGRAM and SOCK_SEQPACKET: messages, their ends and their limits."""

from __future__ import annotations

import errno
import select
import socket
import threading
import time
from typing import Any

import pytest

from tests.kit.unix import error, once, pair, unix

D, Q = socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
IN, OUT, H, R, E = (
    select.POLLIN, select.POLLOUT, select.POLLHUP, select.POLLRDHUP, select.POLLERR,
)  # fmt: skip
A, B = b"\0softnet.a", b"\0softnet.b"


def events(*sockets: socket.socket) -> list[int]:
    """What poll() says of each."""
    p = select.poll()
    for s in sockets:
        p.register(s, IN | OUT | R)
    found = dict(p.poll(0))
    return [found.get(s.fileno(), 0) for s in sockets]


def test_messages_keep_their_ends_and_their_sender(net: Any) -> None:
    def program() -> Any:
        with unix(D) as a, unix(D) as b, unix(D) as nobody:
            a.bind(A)
            b.bind(B)
            a.sendto(b"one", B)
            a.sendto(b"", B)
            nobody.sendto(b"three", B)
            got = [b.recvfrom(2), b.recvfrom(9), b.recvfrom(9)]
            a.sendto(b"four", B)
            cut = b.recvmsg(2)
            a.sendto(b"five", B)
            peeked = b.recv(9, socket.MSG_PEEK), b.recv(9), error(b.recv, 9, socket.MSG_DONTWAIT)
            return got, cut, peeked

    assert net.run(program) == (
        [(b"on", A), (b"", A), (b"three", None)],
        (b"fo", [], socket.MSG_TRUNC, A),
        (b"five", b"five", errno.EAGAIN),
    )


def test_errors_of_sending(net: Any) -> None:
    def program() -> Any:
        with unix(D) as a, unix(D) as b, unix(D) as c:
            b.bind(B)
            c.bind(A)
            b.connect(A)  # it hears only A from now on
            limit = a.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) - 32
            seen = [
                error(a.send, b"x"),
                error(a.sendto, b"x", b"\0softnet.none"),
                error(a.sendto, b"x", B),
                error(a.connect, B),
                error(a.sendto, bytes(limit + 1), A),
                error(a.sendto, bytes(limit), A),
                len(c.recv(1 << 20)),
                error(a.getpeername),
                error(a.send, b"x", socket.MSG_OOB),
                error(c.recv, 1, socket.MSG_OOB),
            ]
            seen[6] = seen[6] == limit
            return seen

    assert net.run(program) == [
        errno.ENOTCONN, errno.ECONNREFUSED, errno.EPERM, errno.EPERM, errno.EMSGSIZE, 0, True,
        errno.ENOTCONN, errno.EOPNOTSUPP, errno.EOPNOTSUPP,
    ]  # fmt: skip


def test_a_peer_that_closes(net: Any) -> None:
    def program() -> Any:
        a, b = pair(D)
        a.send(b"unread")
        b.close()
        seen: list[Any] = [error(a.send, b"x"), error(a.send, b"x"), error(a.getpeername)]
        a.close()
        a, b = pair(D)
        b.send(b"unread")
        seen += [error(a.connect, A), events(a, b), error(b.recv, 1, socket.MSG_DONTWAIT)]
        a.close()
        seen += [error(b.send, b"x")]
        b.close()
        return seen

    assert net.run(program) == [
        errno.ECONNREFUSED, errno.ENOTCONN, errno.ENOTCONN,
        errno.ECONNREFUSED, [IN | OUT, OUT], errno.EAGAIN,  # nobody is called A: nothing has changed
        errno.ECONNREFUSED,
    ]  # fmt: skip


def test_reconnecting_drops_what_the_old_peer_sent(net: Any) -> None:
    def program() -> Any:
        with unix(D) as c:
            c.bind(A)
            a, b = pair(D)
            b.send(b"old")
            a.connect(A)
            seen = [
                events(b),
                b.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
                error(a.recv, 9, socket.MSG_DONTWAIT),
                error(b.send, b"x"),
                error(a.send, b"new"),
                c.recv(9),
            ]
            a.close()
            b.close()
            return seen

    assert net.run(program) == [
        [OUT | E], errno.ECONNRESET, errno.EAGAIN, errno.EPERM, 0, b"new",
    ]  # fmt: skip


def test_the_queue_of_a_stranger_fills(net: Any) -> None:
    """More than max_dgram_qlen messages of who is not one's peer do not fit."""

    def program() -> Any:
        with unix(D) as a, unix(D) as b:
            b.bind(B)
            a.connect(B)
            a.setblocking(False)
            n = 0
            while error(a.send, b"x") == 0:
                n += 1
            full = error(a.send, b"x"), events(a, b)
            b.recv(1)
            after = events(a), error(a.send, b"x"), error(a.send, b"x")
            a.setblocking(True)
            t = threading.Thread(target=lambda: (time.sleep(0.5), b.recv(1)))
            start = time.monotonic()
            t.start()
            a.send(b"waits")
            waited = time.monotonic() - start
            t.join()
            return n, full, after, round(waited, 1)

    assert net.run(program) == (
        11, (errno.EAGAIN, [0, IN | OUT]), ([OUT], 0, errno.EAGAIN), 0.5,
    )  # fmt: skip


def test_poll_of_a_full_peer_is_woken_by_its_reader(net: Any) -> None:
    def program() -> Any:
        with unix(D) as a, unix(D) as b:
            b.bind(B)
            a.connect(B)
            a.setblocking(False)
            while error(a.send, b"x") == 0:
                pass
            p = select.poll()
            p.register(a, OUT)
            before = p.poll(0)
            threading.Timer(0.2, b.recv, (1,)).start()
            woken = p.poll(5000)
            error(a.send, b"x")
            threading.Timer(0.2, b.close).start()
            closed = p.poll(5000)
            return before, len(woken), len(closed), error(a.send, b"x")

    assert net.run(program) == ([], 1, 1, errno.ECONNREFUSED)


def test_a_pair_is_bounded_by_its_buffer_alone(net: Any) -> None:
    def program() -> Any:
        a, b = pair(D)
        with a, b:
            a.setblocking(False)
            n = 0
            while error(a.send, b"x" * 100) == 0:
                n += 1
            seen = n > 100, events(a), error(a.send, b"x")
            for _ in range(n):
                b.recv(100)
            return seen, events(a), error(b.recv, 1, socket.MSG_DONTWAIT)

    assert net.run(program) == ((True, [0], errno.EAGAIN), [OUT], errno.EAGAIN)


def test_shutdown_of_datagram_sockets(net: Any) -> None:
    def program() -> Any:
        a, b = pair(D)
        with a, b:
            b.shutdown(socket.SHUT_RD)
            seen: list[Any] = [error(a.send, b"x"), b.recv(1), events(a, b)]
            a.shutdown(socket.SHUT_WR)
            seen += [error(a.send, b"x"), events(a, b), error(b.send, b"back"), a.recv(9)]
            a.shutdown(socket.SHUT_RDWR)
            return [*seen, events(a, b), error(a.shutdown, 7)]

    assert net.run(program) == [
        errno.EPIPE, b"", [OUT, IN | OUT | R], errno.EPIPE, [OUT, IN | OUT | R], 0, b"back",
        [IN | OUT | R | H, IN | OUT | R], errno.EINVAL,
    ]  # fmt: skip


def test_seqpacket_is_a_connection_of_messages(net: Any) -> None:
    def program() -> Any:
        with unix(Q) as listener, unix(Q) as c:
            seen: list[Any] = [error(c.send, b"x"), error(c.recv, 1), events(c)]
            listener.bind(A)
            listener.listen(1)
            c.connect(A)
            s = listener.accept()[0]
            c.send(b"one")
            c.send(b"two")
            seen += [s.recv(2), s.recv(9), error(s.recv, 1, socket.MSG_DONTWAIT)]
            c.sendmsg([b"thr", b"ee"])
            seen += [s.recvmsg(3)[::2], error(c.connect, A)]
            c.sendto(b"four", b"\0softnet nobody")  # a connection needs no address
            seen += [s.recvfrom(9), error(c.send, b"last")]
            c.shutdown(socket.SHUT_WR)
            seen += [s.recv(9), s.recv(9), events(s, c)]
            s.close()
            return [*seen, events(c), error(c.send, b"x"), c.recv(9)]

    got = net.run(program)
    assert got[:3] == [errno.ENOTCONN, errno.ENOTCONN, [OUT | H]]
    assert got[3:6] == [b"on", b"two", errno.EAGAIN]
    assert got[6:8] == [(b"thr", socket.MSG_TRUNC), errno.EISCONN]
    assert got[8:10] == [(b"four", None), 0]
    assert got[10:13] == [b"last", b"", [IN | OUT | R, OUT]]
    assert got[13:] == [[IN | OUT | R | H], errno.EPIPE, b""]


def test_a_connection_of_messages_is_reset(net: Any) -> None:
    def program() -> Any:
        a, b = pair(Q)
        a.send(b"unread")
        b.close()
        seen = events(a), error(a.send, b"x"), error(a.send, b"x"), a.recv(1)
        a.close()
        return seen

    assert net.run(program) == ([IN | OUT | H | R | E], errno.ECONNRESET, errno.EPIPE, b"")


@pytest.mark.parametrize("kind", [D, Q])
def test_receiving_in_a_thread_ends_with_shutdown(net: Any, kind: int) -> None:
    def program() -> Any:
        a, b = pair(kind)
        with a, b:
            got: list[Any] = []
            t = threading.Thread(target=lambda: got.append(b.recv(9)))
            t.start()
            time.sleep(0.1)
            b.shutdown(socket.SHUT_RD)
            t.join()
            return got

    assert net.run(program) == [b""]


def test_unknown_types(net: Any) -> None:
    def program() -> Any:
        with socket.socket(socket.AF_UNIX, socket.SOCK_RAW) as raw:
            kind = raw.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
        return (
            kind,
            error(socket.socket, socket.AF_UNIX, socket.SOCK_RDM),
            error(socket.socket, socket.AF_UNIX, D, 17),
            once(D, "listen", 1),
        )

    assert net.run(program) == (
        D, errno.ESOCKTNOSUPPORT, errno.EPROTONOSUPPORT, errno.EOPNOTSUPP,
    )  # fmt: skip
