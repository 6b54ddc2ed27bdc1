"""The table of states, its counters, and a valid reset in each state."""

from __future__ import annotations

import errno

import pytest

from softnet.net.ipv4.tcp_state import tcp_close_state, tcp_reset, tcp_set_state
from softnet.uapi.tcp import (
    TCP_CLOSE,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT1,
    TCP_FIN_WAIT2,
    TCP_LAST_ACK,
    TCP_LISTEN,
    TCP_SYN_RECV,
    TCP_SYN_SENT,
)
from tests.kit.tcp_peer import Dut


@pytest.mark.parametrize(
    ("state", "after", "fin"),
    [
        (TCP_ESTABLISHED, TCP_FIN_WAIT1, True),
        (TCP_SYN_RECV, TCP_FIN_WAIT1, True),
        (TCP_CLOSE_WAIT, TCP_LAST_ACK, True),
        (TCP_SYN_SENT, TCP_CLOSE, False),
        (TCP_FIN_WAIT1, TCP_FIN_WAIT1, False),
        (TCP_FIN_WAIT2, TCP_FIN_WAIT2, False),
        (TCP_CLOSING, TCP_CLOSING, False),
        (TCP_LAST_ACK, TCP_LAST_ACK, False),
        (TCP_LISTEN, TCP_CLOSE, False),
        (TCP_CLOSE, TCP_CLOSE, False),
    ],
)
def test_closing_our_side(dut: Dut, state: int, after: int, fin: bool) -> None:
    sk = dut.sock(dut.socket())
    sk.sk_state = state
    assert dut.inside(tcp_close_state, sk) == fin
    assert sk.sk_state == after


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (TCP_SYN_SENT, errno.ECONNREFUSED),
        (TCP_CLOSE_WAIT, errno.EPIPE),
        (TCP_ESTABLISHED, errno.ECONNRESET),
        (TCP_FIN_WAIT1, errno.ECONNRESET),
        (TCP_LAST_ACK, errno.ECONNRESET),
        (TCP_CLOSE, 0),
    ],
)
def test_error_of_a_reset(dut: Dut, state: int, error: int) -> None:
    sk = dut.sock(dut.socket())
    sk.sk_state = state
    dut.inside(tcp_reset, sk)
    assert sk.sk_err == error
    assert sk.sk_state == TCP_CLOSE


def test_counter_of_established(dut: Dut) -> None:
    conn, peer = dut.accepted()
    assert dut.tcp("CURRESTAB") == 1
    peer.send("F.", 1, ack=1)
    assert dut.sock(conn).sk_state == TCP_CLOSE_WAIT
    dut.shut(conn)
    peer.take()
    peer.send(".", 2, ack=2)
    assert dut.tcp("CURRESTAB") == 0
    assert dut.tcp("ESTABRESETS") == 0


def test_closed_is_out_of_the_tables(dut: Dut) -> None:
    conn, _ = dut.accepted()
    sk = dut.sock(conn)
    dut.inside(tcp_set_state, sk, TCP_CLOSE)
    assert dut.net.ipv4.tcp_hashinfo.ehash_count == 0
    assert dut.tcp("ESTABRESETS") == 1
