"""Buffers, the protocol's memory, receiving into a queue, waiting for room."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
import softnet.uapi.socket as uapi
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    skb_queue_purge,
    skb_set_owner_r,
    skb_set_owner_w,
    skb_tobytes,
)
from softnet.net.core.sock import (
    lock_sock,
    release_sock,
    sk_error_queue,
    sk_has_account,
    sk_mem_charge,
    sk_mem_pages,
    sk_mem_reclaim,
    sk_mem_reclaim_partial,
    sk_mem_schedule,
    sk_mem_uncharge,
    sk_rmem_schedule,
    sk_stream_moderate_sndbuf,
    sk_wait_data,
    sk_wmem_alloc_get,
    sk_wmem_free_skb,
    sk_wmem_schedule,
    sock_alloc_send_pskb,
    sock_alloc_send_skb,
    sock_kfree_s,
    sock_kmalloc,
    sock_queue_err_skb,
    sock_queue_rcv_skb,
    sock_rmalloc,
    sock_wmalloc,
    sock_writeable,
    sock_wspace,
)
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import SkFilter
from tests.kit.errors import os_error
from tests.kit.skbs import make_skb
from tests.kit.socks import MS, PlainSock, SockWorld

pytestmark = pytest.mark.usefixtures("skb_debug")

PAGE = 4096
SEND, RECV = const.SK_MEM_SEND, const.SK_MEM_RECV


@pytest.fixture
def w() -> SockWorld:
    return SockWorld()


def accounted(low: int, pressure: int, high: int) -> SockWorld:
    """A world whose protocol may use so many pages."""
    return SockWorld([low, pressure, high])


# ---- destructors


def test_send_buffer_is_charged_until_the_packet_is_gone(w: SockWorld) -> None:
    sk = w.sock()
    skb = make_skb(b"x")
    skb_set_owner_w(skb, sk)
    assert (sk_wmem_alloc_get(sk), skb.sk) == (768, sk)
    kfree_skb(skb)
    assert (sk_wmem_alloc_get(sk), sk.calls) == (0, ["write_space"])


def test_write_queue_socks_are_not_told(w: SockWorld) -> None:
    sk = w.sock()
    sk.set_flag(const.SOCK_USE_WRITE_QUEUE)
    skb = make_skb(b"x")
    skb_set_owner_w(skb, sk)
    kfree_skb(skb)
    assert (sk_wmem_alloc_get(sk), sk.calls) == (0, [])


def test_changing_owners_settles_with_the_first(w: SockWorld) -> None:
    a, b = w.sock(), w.sock()
    skb = make_skb(b"x")
    skb_set_owner_w(skb, a)
    skb_set_owner_r(skb, b)
    assert (sk_wmem_alloc_get(a), b.sk_rmem_alloc) == (0, 768)
    kfree_skb(skb)
    assert b.sk_rmem_alloc == 0


# ---- the protocol's memory


def test_without_limits_nothing_is_accounted(w: SockWorld) -> None:
    sk = w.sock()
    assert not sk_has_account(sk)
    assert sk_wmem_schedule(sk, 1 << 40)
    assert sk_rmem_schedule(sk, 1 << 40)
    sk_mem_charge(sk, 5)
    sk_mem_uncharge(sk, 7)
    assert sk.sk_forward_alloc == 0


def test_memory_is_taken_and_given_back_in_pages() -> None:
    w = accounted(10, 20, 30)
    sk = w.sock()
    assert sk.sk_mem is not None
    assert [sk_mem_pages(n) for n in (0, 1, PAGE, PAGE + 1)] == [0, 1, 1, 2]
    assert sk_rmem_schedule(sk, 5000)
    assert (sk.sk_mem.allocated, sk.sk_forward_alloc) == (2, 2 * PAGE)
    sk_mem_charge(sk, 5000)
    assert sk_rmem_schedule(sk, 3000)
    assert sk.sk_mem.allocated == 2
    sk_mem_uncharge(sk, 5000)
    sk_mem_reclaim(sk)
    assert (sk.sk_mem.allocated, sk.sk_forward_alloc) == (0, 0)


def test_partial_reclaim_keeps_a_page() -> None:
    w = accounted(10, 20, 30)
    sk = w.sock()
    assert sk.sk_mem is not None
    sk_rmem_schedule(sk, PAGE)
    sk_mem_reclaim_partial(sk)
    assert sk.sk_mem.allocated == 1
    sk_rmem_schedule(sk, PAGE + 1)
    sk_mem_reclaim_partial(sk)
    assert sk.sk_mem.allocated == 0


def test_protocol_memory_is_shared_within_a_namespace() -> None:
    w = accounted(10, 20, 30)
    assert w.sock().sk_mem is w.sock().sk_mem
    assert w.sock().sk_mem is not accounted(1, 2, 3).sock().sk_mem


def fill(sk: PlainSock, pages: int) -> None:
    """Let the protocol have used so many pages."""
    assert sk.sk_mem is not None
    sk.sk_mem.allocated = pages


def test_datagram_socks_get_their_minimum_above_low() -> None:
    w = accounted(2, 4, 6)
    sk = w.sock()
    fill(sk, 2)
    assert sk_mem_schedule(sk, 100, RECV)  # nothing received yet: below rmem_min
    sk.sk_rmem_alloc = 5000
    assert not sk_mem_schedule(sk, PAGE, RECV)
    assert sk.sk_mem is not None
    assert (sk.sk_mem.allocated, sk.sk_forward_alloc) == (3, PAGE)
    sk.sk_wmem_alloc = 100
    assert sk_mem_schedule(sk, PAGE, SEND)
    sk.sk_wmem_alloc = 5000
    assert not sk_mem_schedule(sk, PAGE, SEND)
    sk.sk_rmem_alloc, sk.sk_wmem_alloc = 0, 1


def test_nobody_gets_more_above_high() -> None:
    w = accounted(2, 4, 6)
    sk = w.sock()
    fill(sk, 6)
    assert not sk_mem_schedule(sk, 1, RECV)
    assert w.prot.pressed == 1


def test_streams_are_fine_until_pressure_and_share_it_then() -> None:
    w = accounted(2, 4, 100)
    sk = w.sock(uapi.SOCK_STREAM)
    assert sk.sk_mem is not None
    sk.sk_rmem_alloc = 9000
    fill(sk, 3)
    assert sk_mem_schedule(sk, PAGE, RECV)
    assert not sk.sk_mem.pressure
    sk.sk_mem.sockets_allocated = 10
    assert sk_mem_schedule(sk, PAGE, RECV)  # 5 of 4: pressure, but ten of its like need 50 of 100
    assert sk.sk_mem.pressure
    sk.sk_mem.sockets_allocated = 50
    assert not sk_mem_schedule(sk, PAGE, RECV)
    fill(sk, 1)
    sk.sk_forward_alloc = 0
    assert sk_mem_schedule(sk, 10, RECV)
    assert not sk.sk_mem.pressure
    sk.sk_rmem_alloc = 0


def test_reclaim_ends_pressure() -> None:
    w = accounted(2, 4, 6)
    sk = w.sock(uapi.SOCK_STREAM)
    assert sk.sk_mem is not None
    assert sk_rmem_schedule(sk, 2 * PAGE)
    sk.sk_mem.pressure = True
    sk_mem_reclaim(sk)
    assert not sk.sk_mem.pressure


def test_stream_over_its_send_buffer_may_go_on_since_it_will_block() -> None:
    w = accounted(1, 2, 3)
    sk = w.sock(uapi.SOCK_STREAM)
    fill(sk, 10)
    sk.sk_wmem_queued = 20000
    sk.sk_sndbuf = 60000
    assert sk_mem_schedule(sk, PAGE, SEND)
    assert sk.sk_sndbuf == 10000  # moderated to half of what is queued
    sk.sk_userlocks = const.SOCK_SNDBUF_LOCK
    sk.sk_sndbuf = 60000
    assert not sk_mem_schedule(sk, PAGE, SEND)
    sk.sk_wmem_queued = 0


def test_moderation_has_a_floor(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_wmem_queued = 10
    sk_stream_moderate_sndbuf(sk)
    assert sk.sk_sndbuf == const.SOCK_MIN_SNDBUF


def test_acknowledged_packet_gives_its_memory_back() -> None:
    w = accounted(10, 20, 30)
    sk = w.sock(uapi.SOCK_STREAM)
    skb = make_skb(b"data")
    assert sk_wmem_schedule(sk, skb.truesize)
    sk_mem_charge(sk, skb.truesize)
    sk.sk_wmem_queued = skb.truesize
    sk_wmem_free_skb(sk, skb)
    assert (sk.sk_wmem_queued, sk.sk_forward_alloc) == (0, PAGE)
    assert sk.flag(const.SOCK_QUEUE_SHRUNK)


def test_option_memory_has_its_own_limit(w: SockWorld) -> None:
    sk = w.sock()
    w.net.core.optmem_max = 1000
    assert not sock_kmalloc(sk, 1001)
    assert sock_kmalloc(sk, 600)
    assert not sock_kmalloc(sk, 400)
    assert sock_kmalloc(sk, 399)
    sock_kfree_s(sk, 999)
    assert sk.sk_omem_alloc == 0


# ---- receiving


def test_queued_datagram_is_charged_and_announced(w: SockWorld) -> None:
    sk = w.sock()
    skb = make_skb(b"hello")
    assert sock_queue_rcv_skb(sk, skb) == 0
    assert (sk.sk_receive_queue.qlen, sk.sk_rmem_alloc, sk.calls) == (1, 768, ["data_ready(5)"])
    skb_queue_purge(sk.sk_receive_queue)
    assert sk.sk_rmem_alloc == 0


def test_dead_sock_is_not_announced(w: SockWorld) -> None:
    sk = w.sock()
    sk.set_flag(const.SOCK_DEAD)
    assert sock_queue_rcv_skb(sk, make_skb(b"x")) == 0
    assert sk.calls == []
    skb_queue_purge(sk.sk_receive_queue)


def test_full_receive_buffer_drops_and_counts(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_rcvbuf = 800
    assert sock_queue_rcv_skb(sk, make_skb(b"1")) == 0
    assert sock_queue_rcv_skb(sk, make_skb(b"2")) == 0  # 768 < 800: one more, however large
    skb = make_skb(b"3")
    assert sock_queue_rcv_skb(sk, skb) == -errno.ENOMEM
    assert (sk.sk_drops, skb.users, skb.sk) == (1, 1, None)
    kfree_skb(skb)
    skb_queue_purge(sk.sk_receive_queue)
    assert sock_queue_rcv_skb(sk, make_skb(b"4")) == 0
    first = sk.sk_receive_queue.first
    assert first is not None
    assert first.dropcount == 1
    skb_queue_purge(sk.sk_receive_queue)


def test_datagram_without_protocol_memory_is_dropped() -> None:
    w = accounted(0, 0, 0)
    sk = w.sock()
    skb = make_skb(b"x")
    assert sock_queue_rcv_skb(sk, skb) == -errno.ENOBUFS
    assert sk.sk_drops == 1
    kfree_skb(skb)


class Keep(SkFilter):
    def __init__(self, n: int) -> None:
        self.n = n

    def run(self, skb: SkBuff) -> int:
        return self.n


@pytest.mark.parametrize(("keep", "want"), [(3, b"hel"), (100, b"hello")])
def test_filter_shortens(w: SockWorld, keep: int, want: bytes) -> None:
    sk = w.sock()
    sk.sk_filter = Keep(keep)
    assert sock_queue_rcv_skb(sk, make_skb(b"he", b"llo")) == 0
    skb = sk.sk_receive_queue.dequeue()
    assert skb is not None
    assert skb_tobytes(skb) == want
    consume_skb(skb)


def test_filter_drops(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_filter = Keep(0)
    skb = make_skb(b"x")
    assert sock_queue_rcv_skb(sk, skb) == -errno.EPERM
    assert sk.sk_drops == 0
    kfree_skb(skb)


def test_error_queue_is_charged_to_the_receive_buffer_but_not_the_protocol() -> None:
    w = accounted(10, 20, 30)
    sk = w.sock()
    assert sock_queue_err_skb(sk, make_skb(b"err")) == 0
    assert (sk.sk_rmem_alloc, sk.sk_forward_alloc) == (768, 0)
    assert sk_error_queue(sk).qlen == 1
    assert sk.calls == ["data_ready(3)"]
    sk.sk_rcvbuf = 1000
    skb = make_skb(b"more")
    assert sock_queue_err_skb(sk, skb) == -errno.ENOMEM
    kfree_skb(skb)
    skb_queue_purge(sk_error_queue(sk))
    assert (sk.sk_rmem_alloc, sk.sk_forward_alloc) == (0, 0)


# ---- sending


def test_forced_allocation_ignores_a_full_buffer(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_sndbuf = sk.sk_rcvbuf = 700
    first = sock_wmalloc(sk, 10, False)
    assert first is not None
    assert sock_wmalloc(sk, 10, False) is None
    forced = sock_wmalloc(sk, 10, True)
    assert forced is not None
    received = sock_rmalloc(sk, 10, False)
    assert received is not None
    assert sock_rmalloc(sk, 10, False) is None
    for skb in (first, forced, received):
        kfree_skb(skb)


def test_wspace_and_writeable(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_sndbuf = 2000
    assert sock_wspace(sk) == 1999
    assert sock_writeable(sk)
    skb = sock_alloc_send_skb(sk, 10, True)
    skb2 = sock_alloc_send_skb(sk, 10, True)
    assert not sock_writeable(sk)
    sk.sk_shutdown = uapi.SEND_SHUTDOWN
    assert sock_wspace(sk) == 0
    kfree_skb(skb)
    kfree_skb(skb2)


def test_paged_allocation_is_charged_ahead(w: SockWorld) -> None:
    sk = w.sock()
    skb = sock_alloc_send_pskb(sk, 100, 3000, True)
    assert (skb.truesize, skb.len, sk_wmem_alloc_get(sk)) == (768 + 3000, 0, 3768)
    kfree_skb(skb)


def test_send_errors(w: SockWorld) -> None:
    sk = w.sock()
    with os_error(errno.EMSGSIZE):
        sock_alloc_send_pskb(sk, 0, 18 * PAGE + 1, True)
    with os_error(errno.ENOBUFS):
        sock_alloc_send_skb(sk, 4 << 20, True)
    sk.sk_err = errno.ECONNREFUSED
    with os_error(errno.ECONNREFUSED):
        sock_alloc_send_skb(sk, 10, True)
    assert sk.sk_err == 0
    sk.sk_sndbuf = 1
    with os_error(errno.EAGAIN):
        sock_alloc_send_skb(sk, 10, True)
    assert sk.sk_socket is not None
    assert sk.sk_socket.flags >> uapi.SOCK_NOSPACE & 1
    sk.sk_shutdown = uapi.SEND_SHUTDOWN
    with os_error(errno.EPIPE):
        sock_alloc_send_skb(sk, 10, True)


def full(w: SockWorld) -> tuple[PlainSock, SkBuff]:
    """A sock whose send buffer is full, and the packet that fills it."""
    sk = w.sock()
    sk.sk_sndbuf = 768
    return sk, sock_alloc_send_skb(sk, 10, True)


def send(w: SockWorld, sk: PlainSock) -> tuple[float, object]:
    """When a blocking allocation ended, and with which errno (None: it got its skb)."""
    try:
        kfree_skb(sock_alloc_send_skb(sk, 10, False))
    except OSError as e:
        return w.now_ms(), e.errno
    return w.now_ms(), None


def test_sender_sleeps_until_there_is_room(w: SockWorld) -> None:
    sk, skb = full(w)
    task = w.spawn(send, w, sk)
    w.at(5, lambda: kfree_skb(skb))
    w.run()
    assert task.result() == (5, None)


def test_sender_gives_up_after_its_timeout(w: SockWorld) -> None:
    sk, skb = full(w)
    sk.sk_sndtimeo = 7 * MS
    task = w.spawn(send, w, sk)
    w.run()
    assert task.result() == (7, errno.EAGAIN)
    kfree_skb(skb)


def test_sender_is_woken_by_shutdown_and_error(w: SockWorld) -> None:
    for change, want in (("sk_shutdown", errno.EPIPE), ("sk_err", uapi.SEND_SHUTDOWN)):
        sk, skb = full(w)
        start = int(w.now_ms())

        def hit(sk: PlainSock = sk, change: str = change) -> None:
            setattr(sk, change, uapi.SEND_SHUTDOWN)
            sk.sk_state_change()

        task = w.spawn(send, w, sk)
        w.at(start + 3, hit)
        w.run()
        assert task.result() == (start + 3, want)
        kfree_skb(skb)


def test_killed_sender_answers_eintr(w: SockWorld) -> None:
    sk, skb = full(w)
    task = w.spawn(send, w, sk)
    w.at(2, task.signal_wake_up)
    w.run()
    assert task.result() == (2, errno.EINTR)
    kfree_skb(skb)


# ---- sk_wait_data


def wait(w: SockWorld, sk: PlainSock, timeo: int) -> tuple[float, int]:
    lock_sock(sk)
    left = sk_wait_data(sk, timeo)
    assert sk.owned
    release_sock(sk)
    return w.now_ms(), left


def test_wait_data_ends_with_data(w: SockWorld) -> None:
    sk = w.sock()
    task = w.spawn(wait, w, sk, 10 * MS)
    w.at(4, lambda: sock_queue_rcv_skb(sk, make_skb(b"x")))
    w.run()
    assert task.result() == (4, 6 * MS)
    skb_queue_purge(sk.sk_receive_queue)


def test_wait_data_ends_with_its_time(w: SockWorld) -> None:
    sk = w.sock()
    task = w.spawn(wait, w, sk, 10 * MS)
    w.run()
    assert task.result() == (10, 0)


def test_wait_data_does_not_sleep_when_there_is_data(w: SockWorld) -> None:
    sk = w.sock()
    sock_queue_rcv_skb(sk, make_skb(b"x"))
    task = w.spawn(wait, w, sk, const.MAX_SCHEDULE_TIMEOUT)
    w.run()
    assert task.result() == (0, const.MAX_SCHEDULE_TIMEOUT)
    skb_queue_purge(sk.sk_receive_queue)
