"""The compiled calls: what is plain, and what they must leave to sockets.py."""

from __future__ import annotations

import array
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two UDP sockets, the first connected to the second."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as a,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as b,
    ):
        b.bind(("127.0.0.1", 0))
        a.connect(b.getsockname())
        yield a, b


@pytest.mark.parametrize(
    "data",
    [
        b"four",
        bytearray(b"four"),
        memoryview(b"four"),
        memoryview(b"f-o-u-r-")[::2],
        array.array("B", b"four"),
        memoryview(array.array("H", b"four")),
    ],
)
def test_whatever_has_bytes_can_be_sent(net: Any, data: Any) -> None:
    def program() -> Any:
        with pair() as (a, b):
            sent = a.send(data), a.sendto(data, b.getsockname()), a.sendto(data, 0, b.getsockname())
            return sent, b.recv(100), b.recv(100), b.recv(100)

    assert net.run(program) == ((4, 4, 4), b"four", b"four", b"four")


def test_receiving_into_all_kinds_of_buffers(net: Any) -> None:
    def program() -> Any:
        with pair() as (a, b):
            got = []
            wide = array.array("H", bytes(8))
            for buffer in (bytearray(8), memoryview(bytearray(8)), wide, memoryview(wide)):
                a.send(b"abcdef")
                n = b.recv_into(buffer)
                got.append((n, bytes(memoryview(buffer).cast("B")[:n])))
            a.send(b"abcdef")
            short = bytearray(8)
            got.append((b.recv_into(short, nbytes=3), bytes(short)))
            return got

    assert net.run(program) == [(6, b"abcdef")] * 4 + [(3, b"abc\0\0\0\0\0")]


def test_wrong_arguments_are_the_real_ones_errors(net: Any) -> None:
    def program() -> Any:
        with pair() as (a, b):
            port = b.getsockname()[1]
            for wrong in (
                lambda: a.send("text"),  # type: ignore[arg-type]
                lambda: a.sendto(b"x", ("127.0.0.1", float(port))),  # type: ignore[arg-type]
                lambda: a.sendto(b"x"),  # type: ignore[call-overload]
                lambda: a.sendto(b"x", 0, ("127.0.0.1", port), 0),  # type: ignore[call-overload]
                lambda: b.recv_into(b"read-only"),  # type: ignore[arg-type]
            ):
                with pytest.raises(TypeError):
                    wrong()
            with pytest.raises(OverflowError):
                a.sendto(b"x", ("127.0.0.1", 65536))
            with pytest.raises(ValueError, match="negative"):
                b.recv(-1)
            with pytest.raises(ValueError, match="too small"):
                b.recv_into(bytearray(4), 5)
            with pytest.raises(ValueError, match="negative"):
                b.recv_into(bytearray(4), -1)
            # A float port equals the int that a cache of addresses may know.
            a.sendto(b"x", ("127.0.0.1", port))
            with pytest.raises(TypeError):
                a.sendto(b"x", ("127.0.0.1", float(port)))  # type: ignore[arg-type]
            return b.recvfrom(10)[0]

    assert net.run(program) == b"x"


def test_a_tuple_is_no_address_of_a_unix_socket(net: Any) -> None:
    def program() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inet:
            inet.sendto(b"x", ("127.0.0.1", 9))
        with socket.socket(socket.AF_UNIX) as unix, pytest.raises(TypeError):
            unix.sendto(b"x", ("127.0.0.1", 9))

    net.run(program)


def test_a_timeout_polls_first(net: Any) -> None:
    def program() -> Any:
        with pair() as (a, b):
            b.settimeout(0.5)
            for call in (b.recv, b.recvfrom):
                with pytest.raises(TimeoutError):
                    call(10)
            with pytest.raises(TimeoutError):
                b.recv_into(bytearray(10))
            a.send(b"late")
            return b.recv(10)

    assert net.run(program) == b"late"


def test_nothing_there(net: Any) -> None:
    def program() -> None:
        with pair() as (_, b):
            b.setblocking(False)
            with pytest.raises(BlockingIOError):
                b.recv(10)
            with pytest.raises(BlockingIOError):
                b.recv_into(bytearray(10))
            with pytest.raises(BlockingIOError):
                b.recvfrom(10)

    net.run(program)


def test_a_signal_interrupts_and_the_call_goes_on(net: Any) -> None:
    def program() -> Any:
        with pair() as (a, b):
            seen = []

            def handler(signum: int, frame: Any) -> None:
                seen.append(signum)
                a.send(b"from the handler")

            signal.signal(signal.SIGALRM, handler)
            signal.alarm(1)
            return b.recv(100), seen

    assert net.run(program) == (b"from the handler", [signal.SIGALRM])


def test_nothing_to_receive_is_eagain_each_time(net: Any) -> None:
    def program() -> Any:
        said = []
        with pair() as (_, b):
            b.setblocking(False)
            for _ in range(2):
                try:
                    b.recv_into(memoryview(bytearray(8)))
                except BlockingIOError as e:
                    said.append((e.errno, e.strerror))
        return said

    assert net.run(program) == [(11, "Resource temporarily unavailable")] * 2


def test_a_full_send_buffer_is_eagain(net: Any) -> None:
    def program() -> Any:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            with socket.create_connection(listener.getsockname()) as s:
                s.setblocking(False)
                sent = 0
                while sent < 1 << 30:
                    try:
                        sent += s.send(bytes(65536))
                    except BlockingIOError as e:
                        return e.errno, sent > 0
        return None

    assert net.run(program) == (11, True)


def test_sendall_sends_all_or_says_how_it_ended(net: Any) -> None:
    def program() -> Any:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            with socket.create_connection(listener.getsockname()) as s:
                peer, _ = listener.accept()
                s.sendall(b"one")
                s.sendall(memoryview(b"t-w-o-")[::2])
                s.sendall(bytearray(b"!"), 0)
                said = peer.recv(100)
                s.setblocking(False)
                with pytest.raises(BlockingIOError):
                    s.sendall(bytes(1 << 24))
                size = 0
                s.close()
                while part := peer.recv(1 << 20):
                    size += len(part)
                peer.close()
                return said, 0 < size < 1 << 24

    assert net.run(program) == (b"onetwo!", True)
