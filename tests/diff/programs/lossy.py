"""Calls that wait until the other side has spoken: they answer the same on a network that loses packets.

test_loss.py runs them on the kernel with netem; so nothing here may look before it has waited.
"""

from __future__ import annotations

import hashlib
import socket

from tests.diff.recorder import Recorder

WAITALL = socket.MSG_WAITALL
BOTH_WAYS = 200_000  # bytes


def handshake_and_one_byte(t: Recorder) -> None:
    s = t.listener(5001)
    c = t.tcp()
    c.connect(s.addr())
    a = s.accept()[0]
    c.send(b"x")
    a.recv(1)
    a.send(b"y")
    c.recv(1)


def refused(t: Recorder) -> None:
    c = t.tcp()
    c.connect(("127.0.0.1", 9))
    c.get(socket.SOL_SOCKET, socket.SO_ERROR)


def both_ways(t: Recorder) -> None:
    a, b = t.pair()
    data = bytes(range(256)) * (BOTH_WAYS // 256)

    def write_all() -> None:
        b.sock.sendall(data)

    writer = t.thread(write_all)
    got = b""
    while len(got) < len(data):
        got += a.sock.recv(65536)
    writer.join()
    t.note("sum", hashlib.sha256(got).hexdigest() == hashlib.sha256(data).hexdigest())


def half_close(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"the last words")
    a.shutdown(socket.SHUT_WR)
    b.recv(14, WAITALL)
    b.recv(1)
    b.send(b"an answer")
    b.close()
    a.recv(9, WAITALL)
    a.recv(1)
