"""socket.socket in a program: datagrams on lo, options, time-outs, errors as CPython's."""

from __future__ import annotations

import array
import errno
import gc
import os
import socket
import struct
import threading
import time
import warnings
from typing import Any

import pytest

from softnet.usr.redef import SIM_FD

UDP = (socket.AF_INET, socket.SOCK_DGRAM)


def udp(address: tuple[str, int] = ("127.0.0.1", 0)) -> socket.socket:
    """A bound datagram socket."""
    s = socket.socket(*UDP)
    s.bind(address)
    return s


def test_a_datagram_goes_over_lo(net: Any) -> None:
    def program() -> Any:
        with udp(("127.0.0.1", 5000)) as a, udp() as b:
            assert b.sendto(b"hello", ("127.0.0.1", 5000)) == 5
            data, peer = a.recvfrom(100)
            assert peer == b.getsockname()
            a.sendto(data + b" back", peer)
            return b.recv(100), a.getsockname(), a.fileno() >= SIM_FD

    assert net.run(program) == (b"hello back", ("127.0.0.1", 5000), True)


def test_attributes_are_those_of_any_socket(net: Any) -> None:
    def program() -> Any:
        with socket.socket(*UDP) as s:
            s.settimeout(2.5)
            text = repr(s)
            return s.family, s.type, s.proto, s.gettimeout(), s.getblocking(), s.timeout, text

    family, kind, proto, timeout, blocking, attribute, text = net.run(program)
    assert (family, kind, proto) == (socket.AF_INET, socket.SOCK_DGRAM, 0)
    assert family.name == "AF_INET"
    assert (timeout, blocking, attribute) == (2.5, True, 2.5)
    assert "type=2, proto=0, laddr=('0.0.0.0', 0)" in text.replace("SocketKind.SOCK_DGRAM", "2")


def test_timeout_in_virtual_time(net: Any) -> None:
    def program() -> Any:
        with udp() as s:
            s.settimeout(3.25)
            start = time.monotonic()
            with pytest.raises(TimeoutError, match="timed out") as caught:
                s.recv(10)
            return time.monotonic() - start, caught.value.errno

    took, error = net.run(program)
    assert error is None
    assert 3.25 <= took < 3.2501  # each look at the clock costs a microsecond


def test_nonblocking(net: Any) -> None:
    def program() -> Any:
        with udp() as s:
            s.setblocking(False)
            with pytest.raises(BlockingIOError) as caught:
                s.recv(10)
            assert not s.getblocking()
            assert s.gettimeout() == 0.0
            s.setblocking(True)
            return caught.value.errno, caught.value.strerror, s.gettimeout()

    assert net.run(program) == (errno.EAGAIN, "Resource temporarily unavailable", None)


def test_a_thread_blocks_in_recv_while_another_sends(net: Any) -> None:
    def program() -> Any:
        got: list[Any] = []
        with udp() as a, udp() as b:
            t = threading.Thread(target=lambda: got.append((a.recv(10), time.monotonic())))
            t.start()
            time.sleep(2)
            b.sendto(b"x", a.getsockname())
            t.join()
        return got

    [(data, when)] = net.run(program)
    assert data == b"x"
    assert when == pytest.approx(2, abs=1e-3)


def test_receive_into_buffers(net: Any) -> None:
    def program() -> Any:
        with udp() as a, udp() as b:
            a.connect(b.getsockname())
            b.connect(a.getsockname())
            for _ in range(4):
                a.send(b"abcdef")
            buf = bytearray(10)
            assert b.recv_into(buf) == 6
            assert buf[:7] == b"abcdef\0"
            arr = array.array("I", [0, 0])
            assert b.recv_into(arr, 4) == 4
            assert arr.tobytes() == b"abcd\0\0\0\0"
            view = memoryview(buf)[7:]
            n, peer = b.recvfrom_into(view, 3)
            assert (n, peer) == (3, a.getsockname())
            assert bytes(buf) == b"abcdef\0abc"
            one, two = bytearray(2), bytearray(9)
            n, anc, flags, peer = b.recvmsg_into([one, two])
            assert (n, anc, flags, peer) == (6, [], 0, a.getsockname())
            return bytes(one), bytes(two[:4])

    assert net.run(program) == (b"ab", b"cdef")


def test_sendmsg_and_recvmsg(net: Any) -> None:
    def program() -> Any:
        with udp() as a, udp() as b:
            assert (
                a.sendmsg([b"one", bytearray(b"two"), memoryview(b"3")], [], 0, b.getsockname())
                == 7
            )
            data, anc, flags, peer = b.recvmsg(5)
            assert peer == a.getsockname()
            return data, anc, flags == socket.MSG_TRUNC

    assert net.run(program) == (b"onetw", [], True)


def test_options(net: Any) -> None:
    def program() -> Any:
        with socket.socket(*UDP) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 1, 500_000))
            start = time.monotonic()
            s.bind(("", 0))
            with pytest.raises(BlockingIOError):
                s.recv(1)
            return (
                s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR),
                s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE),
                s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 4),
                round(time.monotonic() - start, 3),
            )

    assert net.run(program) == (1, socket.SOCK_DGRAM, b"\1\0\0\0", 1.5)


def test_socket_errors(net: Any) -> None:
    def program() -> Any:
        codes = []
        with udp(("127.0.0.1", 7000)) as a, socket.socket(*UDP) as b:
            for attempt in (
                lambda: b.bind(("127.0.0.1", 7000)),
                lambda: b.bind(("10.9.9.9", 0)),
                lambda: b.getpeername(),
                lambda: b.send(b"x"),
                lambda: b.sendto(b"x", ("127.0.0.1", 0)),
                lambda: b.sendto(b"x" * 70_000, ("127.0.0.1", 9)),
                lambda: b.listen(1),
                lambda: b.sendto(b"x", ("255.255.255.255", 9)),
                lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 6),
                lambda: socket.socket(77, 1),
                lambda: a.getsockopt(socket.SOL_SOCKET, 9999),
            ):
                with pytest.raises(OSError) as caught:
                    attempt()
                codes.append(caught.value.errno)
        return codes

    assert net.run(program) == [
        errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.ENOTCONN, errno.EDESTADDRREQ, errno.EINVAL,
        errno.EMSGSIZE, errno.EOPNOTSUPP, errno.ENETUNREACH, errno.EPROTONOSUPPORT,
        errno.EAFNOSUPPORT, errno.ENOPROTOOPT,
    ]  # fmt: skip


def test_refused_datagrams_come_back_as_an_error(net: Any) -> None:
    def program() -> None:
        with socket.socket(*UDP) as s:
            s.connect(("127.0.0.1", 9))
            s.send(b"anybody?")
            with pytest.raises(ConnectionRefusedError):
                s.recv(10)

    net.run(program)


def test_descriptors_can_be_copied_and_taken(net: Any) -> None:
    def program() -> Any:
        a = udp()
        name = a.getsockname()
        b = a.dup()
        c = socket.fromfd(a.fileno(), *UDP)
        assert len({a.fileno(), b.fileno(), c.fileno()}) == 3
        fd = a.detach()
        assert a.fileno() == -1
        d = socket.socket(fileno=fd)
        assert (d.family, d.type, d.proto) == (socket.AF_INET, socket.SOCK_DGRAM, 17)
        names = [s.getsockname() == name for s in (b, c, d)]
        for s in (b, c, d):
            s.close()
        with pytest.raises(OSError, match="Bad file"):
            d.getsockname()
        socket.close(os.dup(udp().detach()))
        return names

    assert net.run(program) == [True, True, True]


def test_default_timeout_is_of_the_process(net: Any) -> None:
    def program() -> Any:
        socket.setdefaulttimeout(1.5)
        with socket.socket(*UDP) as s:
            return socket.getdefaulttimeout(), s.gettimeout()

    assert net.run(program) == (1.5, 1.5)
    assert socket.getdefaulttimeout() is None
    assert net.run(socket.getdefaulttimeout) is None


def test_a_forgotten_socket_is_closed(net: Any) -> None:
    def program() -> Any:
        s = udp(("127.0.0.1", 4444))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            del s
            gc.collect()
        udp(("127.0.0.1", 4444)).close()
        return [(w.category, str(w.message).split(" fd=")[0]) for w in caught]

    assert net.run(program) == [(ResourceWarning, "unclosed <socket.socket")]


def test_a_socket_of_another_process_is_no_descriptor_here(net: Any) -> None:
    kept = []

    def owner() -> None:
        kept.append(udp())
        time.sleep(10)
        kept[0].close()

    def thief() -> None:
        time.sleep(1)
        with pytest.raises(OSError, match="Bad file descriptor"):
            kept[0].recv(1)

    process = net.start(owner)
    net.run(thief)
    net.world.run(predicate=process.finished)
    process.result()
