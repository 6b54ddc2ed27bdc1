"""Several threads on the same sockets: who is woken, and with what."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from typing import Any

from tests.diff.recorder import Recorder, fill

HERE = "127.0.0.1"


def _at_once(count: int, fn: Callable[[], Any]) -> tuple[list[threading.Thread], list[Any]]:
    """Start fn in so many threads; what they return comes into the list."""
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(fn())) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, got


def _errno(fn: Callable[[], Any]) -> Callable[[], Any]:
    """fn, or the errno of what it raises."""

    def call() -> Any:
        try:
            return fn()
        except OSError as e:
            return e.errno

    return call


def each_accepts_one(t: Recorder) -> None:
    s = t.listener(5001)
    threads, got = _at_once(3, lambda: s.sock.accept()[0].close())
    t.pause(0.05)
    for _ in range(3):
        c = t.tcp()
        c.connect((HERE, 5001))
    for thread in threads:
        thread.join()
    t.note("accepted", len(got))


def each_reads_one_datagram(t: Recorder) -> None:
    s = t.bound(5001)
    threads, got = _at_once(3, lambda: s.sock.recv(9))
    t.pause(0.05)
    for data in (b"a", b"b", b"c"):
        t.udp().sock.sendto(data, (HERE, 5001))
    for thread in threads:
        thread.join()
    t.note("read", sorted(got))


def the_end_wakes_all(t: Recorder) -> None:
    a, b = t.pair()
    threads, got = _at_once(3, lambda: b.sock.recv(9))
    t.pause(0.05)
    a.close()
    for thread in threads:
        thread.join()
    t.note("read", got)


def a_reset_wakes_all_and_one_is_told(t: Recorder) -> None:
    a, b = t.pair()
    threads, got = _at_once(3, _errno(lambda: b.sock.recv(9)))
    t.pause(0.05)
    a.set(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    a.close()
    for thread in threads:
        thread.join()
    t.note("read", sorted(map(str, got)))


def own_shutdown_wakes_all(t: Recorder) -> None:
    _, b = t.pair()
    threads, got = _at_once(3, lambda: b.sock.recv(9))
    t.pause(0.05)
    b.shutdown(socket.SHUT_RD)
    for thread in threads:
        thread.join()
    t.note("read", got)


def own_shutdown_wakes_a_datagram_reader(t: Recorder) -> None:
    u = t.udp()
    u.connect((HERE, 9))
    threads, got = _at_once(2, _errno(lambda: u.sock.recv(9)))
    t.pause(0.05)
    u.shutdown(socket.SHUT_RD)
    for thread in threads:
        thread.join()
    t.note("read", got)


def own_shutdown_wakes_a_writer(t: Recorder) -> None:
    a, _ = t.pair()
    fill(a.sock)
    threads, got = _at_once(1, _errno(lambda: a.sock.send(b"x" * 100_000)))
    t.pause(0.05)
    a.shutdown(socket.SHUT_WR)
    for thread in threads:
        thread.join()
    t.note("sent", got)


def disconnect_wakes_a_reader(t: Recorder) -> None:
    a, _ = t.pair()
    threads, got = _at_once(1, _errno(lambda: a.sock.recv(9)))
    t.pause(0.05)
    t.disconnect(a)
    for thread in threads:
        thread.join()
    t.since("6.7", "[104]", "who reads while another disconnects is told EPIPE")
    t.note("read", got)


def a_listener_is_polled_by_two(t: Recorder) -> None:
    s = t.listener(5001)

    def wait() -> int:
        poller = select.poll()
        poller.register(s.sock, 1)
        return len(poller.poll(2000))

    threads, got = _at_once(2, wait)
    t.pause(0.05)
    c = t.tcp()
    c.connect((HERE, 5001))
    for thread in threads:
        thread.join()
    t.note("woken", got)


def read_and_write_at_once(t: Recorder) -> None:
    """Both directions of a connection, a megabyte each."""
    a, b = t.pair()
    data = bytes(range(256)) * 4096

    def read(s: Any) -> int:
        left = len(data)
        while left:
            left -= len(s.recv(left))
        return left

    threads, got = [], []
    for s in (a, b):
        more, results = _at_once(1, lambda s=s: read(s.sock))
        threads += more
        got.append(results)
    writers, _ = _at_once(1, lambda: a.sock.sendall(data))
    b.sock.sendall(data)
    for thread in threads + writers:
        thread.join()
    t.note("left", got)
