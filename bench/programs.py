"""The measured programs: plain socket code that runs on either side.

Each takes a clock and a count, and returns the seconds that its inner loop took by that clock, the
thread's CPU time (given by the caller, as on softnet the program's own time is virtual).
"""

from __future__ import annotations

import mmap
import socket
import time
from collections.abc import Callable

Clock = Callable[[], float]
LOOPBACK = "127.0.0.1"
WARM_UP = 40  # sends before a measurement


def aligned(size: int) -> memoryview:
    """A writable buffer that starts on a page."""
    return memoryview(mmap.mmap(-1, size))


def udp(clock: Clock, count: int, size: int = 64) -> float:
    """count datagrams of size bytes from one socket to another, each received before the next."""
    a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        b.bind((LOOPBACK, 0))
        b.setblocking(False)
        a.connect(b.getsockname())
        payload, buf = bytes(size), aligned(4096)
        send, recv = a.send, b.recv_into
        start = clock()
        for _ in range(count):
            send(payload)
            recv(buf)
        return clock() - start
    finally:
        a.close()
        b.close()


def stream_pair(congestion: bytes) -> tuple[socket.socket, socket.socket]:
    """Two connected TCP sockets, non-blocking, Nagle off; b"" is the host's congestion control."""
    listener = socket.socket()
    if congestion:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion)
    listener.bind((LOOPBACK, 0))
    listener.listen(8)
    a = socket.socket()
    if congestion:
        a.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion)
    a.connect(listener.getsockname())
    b, _ = listener.accept()
    listener.close()
    for s in (a, b):
        s.setblocking(False)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return a, b


def open_windows(a: socket.socket, b: socket.socket, buf: memoryview) -> None:
    """Send for a while, so that both ends' buffers grow as on a connection that is not new.

    They do so once a round-trip time; a simulated host's clock stands still while a program computes.
    """
    payload = bytes(65536)
    for _ in range(WARM_UP):
        sent = a.send(payload)
        time.sleep(0.002)
        while sent > 0:
            sent -= b.recv_into(buf)
            time.sleep(0.002)


def bulk(clock: Clock, count: int, size: int = 65536, congestion: bytes = b"") -> float:
    """count sends of size bytes through one connection, drained as they come."""
    a, b = stream_pair(congestion)
    try:
        payload, buf = bytes(size), aligned(1 << 20)
        open_windows(a, b, buf)
        total = 0
        start = clock()
        for _ in range(count):
            sent = 0
            while sent < size:
                try:  # noqa: SIM105 (suppress() would be measured too)
                    sent += a.send(payload[sent:] if sent else payload)
                except BlockingIOError:
                    pass
                try:
                    while True:
                        total += b.recv_into(buf)
                except BlockingIOError:
                    pass
        while total < count * size:
            try:  # noqa: SIM105 (the same)
                total += b.recv_into(buf)
            except BlockingIOError:
                pass
        return clock() - start
    finally:
        a.close()
        b.close()


def ping_pong(clock: Clock, count: int, size: int = 64, congestion: bytes = b"") -> float:
    """count round trips of size bytes on one connection."""
    a, b = stream_pair(congestion)
    try:
        payload, buf = bytes(size), aligned(4096)
        start = clock()
        for _ in range(count):
            a.send(payload)
            b.recv_into(buf)
            b.send(payload)
            a.recv_into(buf)
        return clock() - start
    finally:
        a.close()
        b.close()


def connect(clock: Clock, count: int) -> float:
    """count times connect, accept, close."""
    listener = socket.socket()
    try:
        listener.bind((LOOPBACK, 0))
        listener.listen(8)
        address = listener.getsockname()
        start = clock()
        for _ in range(count):
            a = socket.socket()
            a.connect(address)
            b, _ = listener.accept()
            a.close()
            b.close()
        return clock() - start
    finally:
        listener.close()
