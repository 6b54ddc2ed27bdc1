"""Every call in every state of a stream socket: a matrix, one program a state."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from tests.diff.recorder import Recorder, fill

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
TCP = socket.IPPROTO_TCP
RESET = struct.pack("ii", 1, 0)


def _state(s: Any) -> int:
    """The state's number; one that only an acknowledgement parts from the next counts as that."""
    state: int = s.sock.getsockopt(TCP, socket.TCP_INFO, 1)[0]
    return {4: 5, 9: 7, 11: 7}.get(state, state)  # FIN_WAIT1, LAST_ACK, CLOSING


CALLS: tuple[Callable[[Recorder, Any], Any], ...] = (
    lambda t, s: s.poll(),
    lambda t, s: s.getsockname(),
    lambda t, s: s.getpeername(),
    lambda t, s: s.recv(3),
    lambda t, s: s.recv(3, socket.MSG_PEEK),
    lambda t, s: s.recv(3, socket.MSG_OOB),
    lambda t, s: s.recvmsg(3, 50),
    lambda t, s: s.send(b"abc"),
    lambda t, s: s.send(b""),
    lambda t, s: s.send(b"!", socket.MSG_OOB),
    lambda t, s: s.sendto(b"abc", (HERE, 9)),
    lambda t, s: s.shutdown(socket.SHUT_RD),
    lambda t, s: s.shutdown(socket.SHUT_WR),
    lambda t, s: s.shutdown(socket.SHUT_RDWR),
    lambda t, s: s.bind((HERE, 5077)),
    lambda t, s: s.listen(3),
    lambda t, s: s.accept(),
    lambda t, s: s.connect((HERE, 9)),
    lambda t, s: t.disconnect(s),
    lambda t, s: s.get(SOL, socket.SO_ERROR),
    lambda t, s: s.get(SOL, socket.SO_ACCEPTCONN),
    lambda t, s: s.set(TCP, socket.TCP_NODELAY, 1),
    lambda t, s: s.set(TCP, socket.TCP_CORK, 1),
    lambda t, s: s.set(TCP, socket.TCP_WINDOW_CLAMP, 0),
    lambda t, s: s.set(TCP, socket.TCP_CONGESTION, b"reno"),
    lambda t, s: s.set(SOL, socket.SO_KEEPALIVE, 1),
    lambda t, s: s.set(socket.IPPROTO_IP, socket.IP_TOS, 8),
    lambda t, s: s.set(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\1\1\1\0"),
    lambda t, s: t.note("state", _state(s)),
    lambda t, s: t.ioctl_int(s, 0x541B),
    lambda t, s: t.ioctl_int(s, 0x5411),
    lambda t, s: t.ioctl_int(s, 0x8905),
)


OUTQ = len(CALLS) - 2


def _matrix(t: Recorder, make: Callable[[Recorder], Any], *outq: str) -> None:
    """Each call on a socket of its own in that state, and what poll says afterwards.

    outq: what SIOCOUTQ answered on lo before it had its MTU of 65536.
    """
    for call in CALLS:
        s = make(t)
        s.sock.setblocking(False)
        if outq and call is CALLS[OUTQ]:
            t.since("3.7", outq[0], "lo's MTU is 65536")
        call(t, s)
        s.poll()
        t.note("state after it", _state(s))
        t.close_all()
        t.socks.clear()
        t.ports.clear()


def fresh(t: Recorder) -> None:
    _matrix(t, Recorder.tcp)


def bound(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        s = t.tcp()
        s.sock.setsockopt(SOL, socket.SO_REUSEADDR, 1)
        s.sock.bind((HERE, 5001))
        return s

    _matrix(t, make)


def listening(t: Recorder) -> None:
    _matrix(t, Recorder.listener)


def refused(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        s = t.tcp()
        s.sock.connect_ex((HERE, 9))
        return s

    _matrix(t, make)


def refused_and_nobody_told(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        s = t.tcp()
        s.sock.setblocking(False)
        s.sock.connect_ex((HERE, 9))
        t.pause(0.01)
        return s

    _matrix(t, make)


def connecting(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        t.listener(5001, 0)
        for _ in range(3):
            c = t.tcp()
            c.sock.setblocking(False)
            c.sock.connect_ex((HERE, 5001))
            t.pause(0.005)
        s = t.tcp()
        s.sock.setblocking(False)
        s.sock.connect_ex((HERE, 5001))
        return s

    _matrix(t, make)


def established(t: Recorder) -> None:
    _matrix(t, lambda t: t.pair()[0])


def with_data(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        b.sock.send(b"hello")
        t.pause(0.005)
        return a

    _matrix(t, make)


def peer_closed(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        b.sock.close()
        t.pause(0.005)
        return a

    _matrix(t, make)


def peer_closed_with_data(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        b.sock.send(b"hello")
        b.sock.close()
        t.pause(0.005)
        return a

    _matrix(t, make)


def peer_shut_down(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        b.sock.shutdown(socket.SHUT_WR)
        t.pause(0.005)
        return a

    _matrix(t, make)


def shut_down_to_write(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, _ = t.pair()
        a.sock.shutdown(socket.SHUT_WR)
        t.pause(0.06)  # longer than an acknowledgement is delayed
        return a

    _matrix(t, make)


def shut_down_to_read(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, _ = t.pair()
        a.sock.shutdown(socket.SHUT_RD)
        return a

    _matrix(t, make)


def closed_by_both(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        b.sock.shutdown(socket.SHUT_WR)
        a.sock.shutdown(socket.SHUT_WR)
        t.pause(0.06)  # longer than an acknowledgement is delayed
        return a

    _matrix(t, make)


def closed_by_both_we_first(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        a.sock.shutdown(socket.SHUT_WR)
        t.pause(0.06)  # longer than an acknowledgement is delayed
        b.sock.shutdown(socket.SHUT_WR)
        t.pause(0.06)  # longer than an acknowledgement is delayed
        return a

    _matrix(t, make)


def reset(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        b.sock.setsockopt(SOL, socket.SO_LINGER, RESET)
        b.sock.close()
        t.pause(0.005)
        return a

    _matrix(t, make)


def reset_with_data(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        b.sock.send(b"hello")
        t.pause(0.005)
        b.sock.setsockopt(SOL, socket.SO_LINGER, RESET)
        b.sock.close()
        t.pause(0.005)
        return a

    _matrix(t, make)


def reset_and_told(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        b.sock.setsockopt(SOL, socket.SO_LINGER, RESET)
        b.sock.close()
        t.pause(0.005)
        a.sock.getsockopt(SOL, socket.SO_ERROR)
        return a

    _matrix(t, make)


def full(t: Recorder) -> None:
    def make(t: Recorder) -> Any:
        a, b = t.pair()
        for s in (a, b):
            s.sock.setsockopt(SOL, socket.SO_SNDBUF, 20000)
            s.sock.setsockopt(SOL, socket.SO_RCVBUF, 20000)
        fill(a.sock)
        return a

    s = make(t)
    s.sock.setblocking(False)
    s.poll()
    s.send(b"x")
    s.send(b"")
    s.send(b"!", socket.MSG_OOB)
    s.shutdown(socket.SHUT_WR)
    s.poll()
    s.send(b"x")
    t.note("state", _state(s))


def disconnected(t: Recorder) -> None:
    """connect(AF_UNSPEC) on a connection: as new, and the peer is reset."""

    def make(t: Recorder) -> Any:
        a, _ = t.pair()
        t.unlike.disconnect(a.fileno())
        return a

    _matrix(t, make, "32770")


def disconnected_listener(t: Recorder) -> None:
    s = t.listener(5001)
    t.disconnect(s)
    s.getsockname()
    s.poll()
    s.listen(1)
    s.getsockname()


def the_peer_of_a_disconnected_one(t: Recorder) -> None:
    a, b = t.pair()
    t.disconnect(a)
    a.getsockname()
    a.getpeername()
    b.poll()
    b.recv(9)
    listener = t.listener(5001)
    a.connect((HERE, 5001))
    listener.accept()
    a.send(b"again")
