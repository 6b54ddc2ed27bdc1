"""Waiting as stream sockets do."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

import softnet.arch.const as const
import softnet.uapi.socket as uapi
from softnet.net.core.skbuff import kfree_skb
from softnet.net.core.sock import lock_sock, release_sock, sk_mem_charge, sock_queue_err_skb
from softnet.net.core.stream import (
    sk_stream_alloc_skb,
    sk_stream_error,
    sk_stream_kill_queues,
    sk_stream_min_wspace,
    sk_stream_wait_close,
    sk_stream_wait_connect,
    sk_stream_wait_memory,
    sk_stream_write_space,
    sk_stream_wspace,
)
from softnet.structs.sock import Sock
from tests.kit.skbs import make_skb
from tests.kit.socks import MS, PlainSock, SockWorld

pytestmark = pytest.mark.usefixtures("skb_debug")

ESTABLISHED, SYN_SENT, FIN_WAIT1, FIN_WAIT2, CLOSE, CLOSE_WAIT = 1, 2, 4, 5, 7, 8
FOREVER = const.MAX_SCHEDULE_TIMEOUT


@pytest.fixture
def w() -> SockWorld:
    return SockWorld()


def stream(w: SockWorld, state: int = ESTABLISHED) -> PlainSock:
    sk = w.sock(uapi.SOCK_STREAM)
    sk.sk_state = state
    return sk


def locked(w: SockWorld, sk: Sock, fn: Callable[[Sock, int], object], timeo: int) -> object:
    """fn with the socket owned; when it ended and what it answered."""
    lock_sock(sk)
    answer = fn(sk, timeo)
    assert sk.owned
    release_sock(sk)
    return w.now_ms(), answer


def turn(sk: PlainSock, **fields: int) -> Callable[[], None]:
    """A change of state as a softirq makes it."""

    def change() -> None:
        for name, value in fields.items():
            setattr(sk, name, value)
        sk.sk_state_change()

    return change


# ---- connect


@pytest.mark.parametrize("state", [ESTABLISHED, CLOSE_WAIT])
def test_connect_ends_when_the_state_says_so(w: SockWorld, state: int) -> None:
    sk = stream(w, SYN_SENT)
    task = w.spawn(locked, w, sk, sk_stream_wait_connect, 20 * MS)
    w.at(5, turn(sk, sk_state=state))
    w.run()
    assert task.result() == (5, 15 * MS)
    assert sk.sk_write_pending == 0


def test_connect_ends_with_the_socks_error(w: SockWorld) -> None:
    sk = stream(w, SYN_SENT)
    task = w.spawn(locked, w, sk, sk_stream_wait_connect, FOREVER)
    w.at(5, turn(sk, sk_state=CLOSE, sk_err=errno.ECONNREFUSED))
    w.run()
    assert task.result() == (5, -errno.ECONNREFUSED)


@pytest.mark.parametrize(
    ("state", "timeo", "want"),
    [
        (ESTABLISHED, FOREVER, (0, FOREVER)),
        (CLOSE, FOREVER, (0, -errno.EPIPE)),
        (SYN_SENT, 0, (0, -errno.EAGAIN)),
        (SYN_SENT, 6 * MS, (6, -errno.EAGAIN)),
    ],
)
def test_connect_without_events(
    w: SockWorld, state: int, timeo: int, want: tuple[int, int]
) -> None:
    sk = stream(w, state)
    task = w.spawn(locked, w, sk, sk_stream_wait_connect, timeo)
    w.run()
    assert task.result() == want


def test_signal_ends_connect(w: SockWorld) -> None:
    sk = stream(w, SYN_SENT)
    task = w.spawn(locked, w, sk, sk_stream_wait_connect, 50 * MS)
    w.at(3, task.signal_wake_up)
    w.run()
    assert task.result() == (3, -errno.EINTR)


# ---- close


def test_close_waits_for_the_last_acknowledgement(w: SockWorld) -> None:
    sk = stream(w, FIN_WAIT1)
    task = w.spawn(locked, w, sk, sk_stream_wait_close, 50 * MS)
    w.at(4, turn(sk, sk_state=FIN_WAIT1))
    w.at(8, turn(sk, sk_state=FIN_WAIT2))
    w.run()
    assert task.result() == (8, None) or task.result() == (8, 0)


@pytest.mark.parametrize(
    ("state", "timeo", "ms"), [(FIN_WAIT1, 9 * MS, 9), (FIN_WAIT1, 0, 0), (FIN_WAIT2, FOREVER, 0)]
)
def test_close_without_events(w: SockWorld, state: int, timeo: int, ms: int) -> None:
    sk = stream(w, state)
    w.spawn(locked, w, sk, sk_stream_wait_close, timeo)
    w.run()
    assert w.now_ms() == ms


# ---- memory


def full(w: SockWorld) -> PlainSock:
    sk = stream(w)
    sk.sk_sndbuf = 1000
    sk.sk_wmem_queued = 1000
    return sk


def test_sender_waits_for_acknowledgements(w: SockWorld) -> None:
    sk = full(w)
    task = w.spawn(locked, w, sk, sk_stream_wait_memory, 20 * MS)

    def acked() -> None:
        sk.sk_wmem_queued = 500
        sk_stream_write_space(sk)

    w.at(6, acked)
    w.run()
    assert task.result() == (6, 14 * MS)


@pytest.mark.parametrize(
    ("fields", "timeo", "want"),
    [
        ({"sk_shutdown": 2}, FOREVER, (0, -errno.EPIPE)),
        ({"sk_err": 5}, FOREVER, (0, -errno.EPIPE)),
        ({}, 0, (0, -errno.EAGAIN)),
        ({}, 8 * MS, (8, -errno.EAGAIN)),
    ],
)
def test_sender_gives_up(
    w: SockWorld, fields: dict[str, int], timeo: int, want: tuple[int, int]
) -> None:
    sk = full(w)
    for name, value in fields.items():
        setattr(sk, name, value)
    task = w.spawn(locked, w, sk, sk_stream_wait_memory, timeo)
    w.run()
    assert task.result() == want


def test_with_room_but_no_memory_it_sleeps_a_little(w: SockWorld) -> None:
    sk = stream(w)
    task = w.spawn(locked, w, sk, sk_stream_wait_memory, FOREVER)
    w.run()
    result = task.result()
    assert isinstance(result, tuple)
    assert 2 <= result[0] < 202
    assert result[1] == FOREVER


def test_a_little_is_taken_off_the_time(w: SockWorld) -> None:
    sk = stream(w)
    task = w.spawn(locked, w, sk, sk_stream_wait_memory, 1000 * MS)
    w.run()
    result = task.result()
    assert isinstance(result, tuple)
    assert result[1] == 1000 * MS - result[0] * MS


def test_write_space_wakes_at_a_third(w: SockWorld) -> None:
    sk = full(w)
    assert sk.sk_socket is not None
    sk.sk_socket.flags = 1 << uapi.SOCK_NOSPACE
    sk.sk_wmem_queued = 700
    assert (sk_stream_wspace(sk), sk_stream_min_wspace(sk)) == (300, 350)
    sk_stream_write_space(sk)
    assert sk.sk_socket.flags
    sk.sk_wmem_queued = 600
    sk_stream_write_space(sk)
    assert not sk.sk_socket.flags


# ---- the rest


def test_error_of_a_failed_send(w: SockWorld) -> None:
    sk = stream(w)
    assert sk_stream_error(sk, 0, -errno.EPIPE) == -errno.EPIPE
    sk.sk_err = errno.ECONNRESET
    assert sk_stream_error(sk, 0, -errno.EAGAIN) == -errno.EAGAIN
    assert sk_stream_error(sk, 0, -errno.EPIPE) == -errno.ECONNRESET
    assert sk.sk_err == 0


def test_alloc_leaves_exactly_the_room_for_payload(w: SockWorld) -> None:
    sk = stream(w)
    skb = sk_stream_alloc_skb(sk, 1001)
    assert skb is not None
    assert skb.tailroom() == 1004
    assert skb.headroom() >= sk.sk_prot.max_header
    kfree_skb(skb)


def test_alloc_under_pressure_fails_and_shrinks_the_send_buffer() -> None:
    w = SockWorld([0, 0, 0])
    sk = stream(w)
    sk.sk_sndbuf = 50000
    sk.sk_wmem_queued = 10
    assert sk_stream_alloc_skb(sk, 100) is None
    assert sk.sk_sndbuf == const.SOCK_MIN_SNDBUF
    assert w.prot.pressed
    sk.sk_wmem_queued = 0


def test_kill_queues_gives_everything_back() -> None:
    w = SockWorld([10, 20, 30])
    sk = stream(w)
    assert sk.sk_mem is not None
    sk.sk_receive_queue.queue_tail(make_skb(b"unread"))
    assert sock_queue_err_skb(sk, make_skb(b"err")) == 0
    sk.sk_forward_alloc, sk.sk_mem.allocated = 4096, 1
    sk_stream_kill_queues(sk)
    assert sk.sk_mem.allocated == 0
    sk_mem_charge(sk, 5)
    with pytest.raises(AssertionError):
        sk_stream_kill_queues(sk)
