"""SOL_TCP: every option of 3.2 with its bounds, and those that came later."""

from __future__ import annotations

import socket
import struct
from typing import Any

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
TCP = socket.IPPROTO_TCP
(
    NODELAY,
    MAXSEG,
    CORK,
    KEEPIDLE,
    KEEPINTVL,
    KEEPCNT,
    SYNCNT,
    LINGER2,
    DEFER_ACCEPT,
    WINDOW_CLAMP,
    INFO,
    QUICKACK,
    CONGESTION,
    MD5SIG,
    COOKIE_TRANSACTIONS,
    THIN_LINEAR,
    THIN_DUPACK,
    USER_TIMEOUT,
) = range(1, 19)


def _bounds(t: Recorder, name: int, *values: int) -> None:
    s = t.tcp()
    s.get(TCP, name)
    for value in values:
        s.set(TCP, name, value)
        s.get(TCP, name)


def nodelay(t: Recorder) -> None:
    _bounds(t, NODELAY, 1, 0, 5, -1)


def cork(t: Recorder) -> None:
    _bounds(t, CORK, 1, 0, 7)


def keepidle(t: Recorder) -> None:
    _bounds(t, KEEPIDLE, 1, 32767, 0, 32768, -1, 100)


def keepintvl(t: Recorder) -> None:
    _bounds(t, KEEPINTVL, 1, 32767, 0, 32768, -1)


def keepcnt(t: Recorder) -> None:
    _bounds(t, KEEPCNT, 1, 127, 0, 128, -1)


def syncnt(t: Recorder) -> None:
    s = t.tcp()
    t.since("3.7", "5", "tcp_syn_retries is 6")
    s.get(TCP, SYNCNT)
    for value in (1, 127, 0, 128, -1):
        s.set(TCP, SYNCNT, value)
        s.get(TCP, SYNCNT)


def linger2(t: Recorder) -> None:
    _bounds(t, LINGER2, 1, 60, -1, 0)


def linger2_too_long(t: Recorder) -> None:
    s = t.tcp()
    s.set(TCP, LINGER2, 61)
    t.since("5.7", "60", "TCP_LINGER2 is cut at 120 s, not set back to the default")
    s.get(TCP, LINGER2)


def defer_accept(t: Recorder) -> None:
    _bounds(t, DEFER_ACCEPT, 1, 2, 3, 4, 10, 100, 1000, 0, -5)


def window_clamp(t: Recorder) -> None:
    _bounds(t, WINDOW_CLAMP, 20000, 65536, 0)
    a, _ = t.pair()
    a.set(TCP, WINDOW_CLAMP, 0)


def user_timeout(t: Recorder) -> None:
    _bounds(t, USER_TIMEOUT, 0, 1, 1000, 0x7FFFFFFF)


def maxseg(t: Recorder) -> None:
    s = t.tcp()
    for value in (87, 88, 536, 1460, 32767, 0, -1, 40000):
        if value == 0:
            t.since("4.15", "EINVAL", "TCP_MAXSEG 0 takes the limit back")
        s.set(TCP, MAXSEG, value)
    a, _ = t.pair()
    a.set(TCP, MAXSEG, 500)


def maxseg_of_a_fresh_socket(t: Recorder) -> None:
    s = t.tcp()
    s.get(TCP, MAXSEG)


def maxseg_of_a_connection(t: Recorder) -> None:
    listener = t.tcp()
    listener.set(TCP, MAXSEG, 1000)
    listener.bind((HERE, 5001))
    listener.listen(1)
    c = t.tcp()
    c.set(TCP, MAXSEG, 1200)
    c.connect((HERE, 5001))
    c.get(TCP, MAXSEG)
    a = listener.accept()
    a.get(TCP, MAXSEG)


def quickack(t: Recorder) -> None:
    a, b = t.pair()
    b.set(TCP, QUICKACK, 0)
    b.get(TCP, QUICKACK)
    b.set(TCP, QUICKACK, 1)
    b.get(TCP, QUICKACK)
    a.set(TCP, QUICKACK, 2)


def thin(t: Recorder) -> None:
    s = t.tcp()
    s.get(TCP, THIN_LINEAR)
    s.set(TCP, THIN_LINEAR, 1)
    s.get(TCP, THIN_LINEAR)
    s.set(TCP, THIN_LINEAR, 2)
    s.set(TCP, THIN_LINEAR, -1)
    s.set(TCP, THIN_DUPACK, 2)
    s.get(TCP, THIN_DUPACK)
    s.set(TCP, THIN_DUPACK, 1)
    t.since("4.15", "1", "TCP_THIN_DUPACK does nothing: RACK does its work")
    s.get(TCP, THIN_DUPACK)


def congestion(t: Recorder) -> None:
    s = t.tcp()
    t.since("3.19", repr(bytes(16)), "a socket has its congestion control from the start")
    s.get(TCP, CONGESTION, 16)
    s.set(TCP, CONGESTION, b"reno")
    s.get(TCP, CONGESTION, 16)
    s.get(TCP, CONGESTION, 2)
    s.get(TCP, CONGESTION, 100)
    s.set(TCP, CONGESTION, b"cubic\0and more")
    s.get(TCP, CONGESTION, 16)
    s.set(TCP, CONGESTION, b"nosuchthing")
    s.set(TCP, CONGESTION, b"")
    s.set(TCP, CONGESTION, b"a name that is far too long to be one")


def sizes_when_setting(t: Recorder) -> None:
    s = t.tcp()
    for name in (NODELAY, KEEPIDLE, USER_TIMEOUT, DEFER_ACCEPT):
        for size in (0, 1, 3, 4, 8):
            s.set(TCP, name, struct.pack("<q", 1)[:size])


def sizes_when_reading(t: Recorder) -> None:
    s = t.tcp()
    for size in (1, 2, 3, 4, 5, 8):
        s.get(TCP, NODELAY, size)
        s.get(TCP, KEEPIDLE, size)
        s.get(TCP, USER_TIMEOUT, size)


def unknown(t: Recorder) -> None:
    s = t.tcp()
    for name in (0, 99, 1000, -1):
        s.get(TCP, name)
        s.set(TCP, name, 1)


def read_only(t: Recorder) -> None:
    s = t.tcp()
    s.set(TCP, INFO, 1)
    s.set(TCP, INFO, bytes(200))


def info(t: Recorder) -> None:
    """The fields that cannot differ: state, options, sizes."""
    s = t.tcp()
    t.note("closed", s.sock.getsockopt(TCP, INFO, 104)[0])
    s.sock.listen(5)
    answer = s.sock.getsockopt(TCP, INFO, 104)
    t.note("listening", (answer[0], struct.unpack_from("II", answer, 24)))
    a, b = t.pair()
    answer = a.sock.getsockopt(TCP, INFO, 104)
    t.note("established", (answer[:5], answer[5] & 7))
    t.note("snd_mss", struct.unpack_from("I", answer, 16)[0] > 1000)
    t.note("packets out", struct.unpack_from("IIIII", answer, 24))
    t.note("cwnd", struct.unpack_from("I", answer, 80))
    t.note("reordering", struct.unpack_from("I", answer, 88))
    b.sock.close()
    t.note("after the peer's end", a.sock.getsockopt(TCP, INFO, 104)[0])
    a.get(TCP, INFO, 1)
    t.note("cut", len(a.sock.getsockopt(TCP, INFO, 50)))


def info_states(t: Recorder) -> None:
    a, b = t.pair()

    def state(s: Any) -> int:
        return int(s.sock.getsockopt(TCP, INFO, 1)[0])

    t.note("both", (state(a), state(b)))
    a.sock.shutdown(socket.SHUT_WR)
    t.pause()
    t.note("half", (state(a), state(b)))
    b.sock.shutdown(socket.SHUT_WR)
    t.pause()
    t.note("over", (state(a), state(b)))


def keepalive_by_socket(t: Recorder) -> None:
    a, _ = t.pair()
    a.set(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    a.set(TCP, KEEPIDLE, 10)
    a.set(TCP, KEEPINTVL, 5)
    a.get(TCP, KEEPIDLE)
    a.get(TCP, KEEPINTVL)
    a.get(TCP, KEEPCNT)


def keepidle_is_the_same_in_other_sockets(t: Recorder) -> None:
    t.tcp().set(TCP, KEEPIDLE, 77)
    t.tcp().get(TCP, KEEPIDLE)


def later_options(t: Recorder) -> None:
    """Options that 3.2 does not have."""
    s = t.tcp()
    for version, name, what in (
        ("3.5", 19, "TCP_REPAIR"),
        ("3.6", 23, "TCP_FASTOPEN"),
        ("3.9", 24, "TCP_TIMESTAMP"),
        ("3.12", 25, "TCP_NOTSENT_LOWAT"),
        ("4.1", 26, "TCP_CC_INFO"),
        ("4.2", 27, "TCP_SAVE_SYN"),
        ("4.11", 30, "TCP_FASTOPEN_CONNECT"),
        ("4.15", 34, "TCP_FASTOPEN_NO_COOKIE"),
        ("4.18", 36, "TCP_INQ"),
        ("5.0", 37, "TCP_TX_DELAY"),
    ):
        t.since(version, "ENOPROTOOPT", what)
        s.get(TCP, name)


def of_the_ip_level_too(t: Recorder) -> None:
    """SOL_TCP of a datagram socket, SOL_UDP of a stream."""
    t.udp().get(TCP, NODELAY)
    t.tcp().get(socket.IPPROTO_UDP, 1)
    t.tcp().set(socket.IPPROTO_UDP, 1, 1)
    t.tcp().get(41, 1)
    t.tcp().get(263, 1)
