"""TCP_* options: bounds, errors, effects; struct tcp_info by its layout."""

from __future__ import annotations

import errno
import struct

import pytest

from softnet.uapi import tcp
from tests.kit.errors import os_error
from tests.kit.tcp_peer import SOL_TCP, Dut

INFO = "<8B24I"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TCP_MAXSEG", 1000),
        ("TCP_KEEPIDLE", 32767),
        ("TCP_KEEPINTVL", 1),
        ("TCP_KEEPCNT", 127),
        ("TCP_SYNCNT", 127),
        ("TCP_LINGER2", 30),
        ("TCP_NODELAY", 1),
        ("TCP_CORK", 1),
        ("TCP_THIN_LINEAR_TIMEOUTS", 1),
        ("TCP_THIN_DUPACK", 1),
        ("TCP_USER_TIMEOUT", 12345),
    ],
)
def test_what_was_set_is_read(dut: Dut, name: str, value: int) -> None:
    fd = dut.socket()
    option = getattr(tcp, name)
    dut.setopt(fd, SOL_TCP, option, value)
    if name == "TCP_MAXSEG":
        assert dut.sock(fd).rx_opt.user_mss == value
    else:
        assert dut.getopt(fd, SOL_TCP, option) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TCP_MAXSEG", 87),
        ("TCP_MAXSEG", 32768),
        ("TCP_KEEPIDLE", 0),
        ("TCP_KEEPIDLE", 32768),
        ("TCP_KEEPINTVL", 0),
        ("TCP_KEEPCNT", 128),
        ("TCP_SYNCNT", 128),
        ("TCP_THIN_DUPACK", 2),
        ("TCP_THIN_LINEAR_TIMEOUTS", -1),
    ],
)
def test_out_of_bounds(dut: Dut, name: str, value: int) -> None:
    with os_error(errno.EINVAL):
        dut.setopt(dut.socket(), SOL_TCP, getattr(tcp, name), value)


def test_unknown_option(dut: Dut) -> None:
    fd = dut.socket()
    with os_error(errno.ENOPROTOOPT):
        dut.setopt(fd, SOL_TCP, 99, 1)
    with os_error(errno.ENOPROTOOPT):
        dut.getopt(fd, SOL_TCP, 99)


def test_too_short_a_value(dut: Dut) -> None:
    with os_error(errno.EINVAL):
        dut.setopt(dut.socket(), SOL_TCP, tcp.TCP_NODELAY, b"\1")


@pytest.mark.parametrize(("seconds", "told"), [(0, 0), (1, 1), (2, 3), (3, 3), (4, 7), (100, 127)])
def test_defer_accept_is_counted_in_timeouts(dut: Dut, seconds: int, told: int) -> None:
    fd = dut.socket()
    dut.setopt(fd, SOL_TCP, tcp.TCP_DEFER_ACCEPT, seconds)
    assert dut.getopt(fd, SOL_TCP, tcp.TCP_DEFER_ACCEPT) == told


def test_window_clamp_has_a_floor_and_none_only_when_closed(dut: Dut) -> None:
    fd = dut.socket()
    dut.setopt(fd, SOL_TCP, tcp.TCP_WINDOW_CLAMP, 1)
    assert dut.getopt(fd, SOL_TCP, tcp.TCP_WINDOW_CLAMP) == (2048 + 256) // 2
    dut.setopt(fd, SOL_TCP, tcp.TCP_WINDOW_CLAMP, 0)
    conn, _ = dut.accepted()
    with os_error(errno.EINVAL):
        dut.setopt(conn, SOL_TCP, tcp.TCP_WINDOW_CLAMP, 0)


def test_defaults(dut: Dut) -> None:
    fd = dut.socket()
    for name, value in {
        "TCP_KEEPIDLE": 7200,
        "TCP_KEEPINTVL": 75,
        "TCP_KEEPCNT": 9,
        "TCP_SYNCNT": 5,
        "TCP_LINGER2": 60,
        "TCP_QUICKACK": 1,
        "TCP_NODELAY": 0,
    }.items():
        assert dut.getopt(fd, SOL_TCP, getattr(tcp, name)) == value, name


def test_cork_holds_and_uncork_sends(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.setopt(conn, SOL_TCP, tcp.TCP_CORK, 1)
    dut.write(conn, b"head")
    dut.write(conn, b"tail")
    peer.silent()
    dut.setopt(conn, SOL_TCP, tcp.TCP_CORK, 0)
    peer.expect("P.", data=b"headtail")


def test_nodelay_sends_what_waits(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.write(conn, b"first")
    dut.write(conn, b"second")
    peer.expect("P.", data=b"first")
    peer.silent()
    dut.setopt(conn, SOL_TCP, tcp.TCP_NODELAY, 1)
    peer.expect("P.", data=b"second")


def test_quickack_sends_the_owed_ack(dut: Dut) -> None:
    conn, peer = dut.accepted()
    sk = dut.sock(conn)
    sk.icsk_ack_quick = 0
    sk.icsk_ack_ato = 40
    sk.icsk_ack_pingpong = True
    peer.send("P.", 1, ack=1, data=b"x")
    dut.read(conn)
    peer.silent()
    dut.setopt(conn, SOL_TCP, tcp.TCP_QUICKACK, 1)
    peer.expect(".", ack=2)


def test_info_of_a_connection(dut: Dut) -> None:
    dut.pass_time(1)
    conn, peer = dut.accepted(sack=True, wscale=7, ts=(1, 0), mss=1460)
    dut.write(conn, bytes(5000))
    peer.take()
    data = dut.call_getsockopt(conn, SOL_TCP, tcp.TCP_INFO, 256)
    assert len(data) == 104
    fields = struct.unpack(INFO, data)
    state, ca_state, _, _, _, options, scales, _ = fields[:8]
    assert state == 1
    assert ca_state == 0
    assert options == 1 | 2 | 4  # timestamps, SACK, scaling
    assert scales & 15 == 7
    words = fields[8:]
    assert words[0] == 201_000  # rto, us
    assert words[2] == 1448  # snd_mss
    assert words[4] == 4  # unacked
    assert words[18] == 10  # snd_cwnd


def test_info_is_cut_to_what_was_asked_for(dut: Dut) -> None:
    conn, _ = dut.accepted()
    assert len(dut.call_getsockopt(conn, SOL_TCP, tcp.TCP_INFO, 8)) == 8
