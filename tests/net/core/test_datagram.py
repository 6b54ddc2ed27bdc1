"""Reading datagrams, copying to and from the program's buffer, poll."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.uapi.poll as poll
import softnet.uapi.socket as uapi
from softnet.fs.file import File, FileOps, PollTable
from softnet.kernel.wait import WaitQueueHead
from softnet.net.core.datagram import (
    datagram_poll,
    skb_copy_and_csum_datagram_iovec,
    skb_copy_datagram_from_iovec,
    skb_copy_datagram_iovec,
    skb_free_datagram,
    skb_free_datagram_locked,
    skb_kill_datagram,
    skb_recv_datagram,
)
from softnet.net.core.skbuff import kfree_skb, skb_queue_purge, skb_tobytes
from softnet.net.core.sock import sock_queue_err_skb, sock_queue_rcv_skb
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import MsgHdr
from tests.kit.errors import os_error
from tests.kit.skbs import add_frag_list, make_skb, pattern
from tests.kit.socks import MS, PlainSock, SockWorld

pytestmark = pytest.mark.usefixtures("skb_debug")


@pytest.fixture
def w() -> SockWorld:
    return SockWorld()


def queue(sk: PlainSock, *datagrams: bytes) -> None:
    for data in datagrams:
        assert sock_queue_rcv_skb(sk, make_skb(data)) == 0


def recv(
    w: SockWorld, sk: PlainSock, flags: int = 0, noblock: bool = False
) -> tuple[float, object]:
    """When it ended, and the data or the error."""
    skb = skb_recv_datagram(sk, flags, noblock)
    if skb is None:
        return w.now_ms(), sk.recv_error
    data = skb_tobytes(skb)
    skb_free_datagram(sk, skb)
    return w.now_ms(), data


# ---- skb_recv_datagram


def test_datagrams_come_in_order_and_are_uncharged(w: SockWorld) -> None:
    sk = w.sock()
    queue(sk, b"a", b"b")
    assert [recv(w, sk)[1], recv(w, sk)[1]] == [b"a", b"b"]
    assert (sk.sk_rmem_alloc, sk.sk_receive_queue.qlen) == (0, 0)
    assert recv(w, sk, noblock=True)[1] == -errno.EAGAIN


def test_peek_leaves_it_and_says_it_was_seen(w: SockWorld) -> None:
    sk = w.sock()
    queue(sk, b"a")
    assert recv(w, sk, uapi.MSG_PEEK)[1] == b"a"
    assert not sk.recv_peeked
    assert recv(w, sk, uapi.MSG_PEEK)[1] == b"a"
    assert sk.recv_peeked
    assert recv(w, sk)[1] == b"a"
    assert sk.recv_peeked
    queue(sk, b"b")
    assert recv(w, sk)[1] == b"b"
    assert not sk.recv_peeked


def test_pending_error_comes_before_data(w: SockWorld) -> None:
    sk = w.sock()
    queue(sk, b"a")
    sk.sk_err = errno.ECONNREFUSED
    assert recv(w, sk)[1] == -errno.ECONNREFUSED
    assert recv(w, sk)[1] == b"a"


def test_reader_sleeps_for_a_datagram(w: SockWorld) -> None:
    sk = w.sock()
    task = w.spawn(recv, w, sk)
    w.at(3, lambda: queue(sk, b"late"))
    w.run()
    assert task.result() == (3, b"late")


def test_reader_gives_up_after_its_timeout(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_rcvtimeo = 9 * MS
    task = w.spawn(recv, w, sk)
    w.run()
    assert task.result() == (9, -errno.EAGAIN)


def test_two_readers_get_one_datagram_each(w: SockWorld) -> None:
    sk = w.sock()
    tasks = [w.spawn(recv, w, sk) for _ in range(2)]
    w.at(1, lambda: queue(sk, b"x"))
    w.at(2, lambda: queue(sk, b"y"))
    w.run()
    assert [t.result() for t in tasks] == [(1, b"x"), (2, b"y")]


def test_shutdown_ends_the_wait_without_error(w: SockWorld) -> None:
    sk = w.sock()

    def shut() -> None:
        sk.sk_shutdown = uapi.RCV_SHUTDOWN
        sk.sk_state_change()

    task = w.spawn(recv, w, sk)
    w.at(4, shut)
    w.run()
    assert task.result() == (4, 0)


def test_error_ends_the_wait(w: SockWorld) -> None:
    sk = w.sock()

    def fail() -> None:
        sk.sk_err = errno.EHOSTUNREACH
        sk.sk_error_report()

    task = w.spawn(recv, w, sk)
    w.at(4, fail)
    w.run()
    assert task.result() == (4, -errno.EHOSTUNREACH)


def test_room_in_the_send_buffer_does_not_end_the_wait(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_rcvtimeo = 9 * MS
    task = w.spawn(recv, w, sk)
    w.at(4, sk.sk_write_space)
    w.run()
    assert task.result() == (9, -errno.EAGAIN)


def test_seqpacket_needs_a_peer(w: SockWorld) -> None:
    sk = w.sock(uapi.SOCK_SEQPACKET)
    task = w.spawn(recv, w, sk)
    w.run()
    assert task.result() == (0, -errno.ENOTCONN)


@pytest.mark.parametrize(
    ("timeo", "want"), [(const.MAX_SCHEDULE_TIMEOUT, -const.ERESTARTSYS), (99 * MS, -errno.EINTR)]
)
def test_signal_ends_the_wait(w: SockWorld, timeo: int, want: int) -> None:
    sk = w.sock()
    sk.sk_rcvtimeo = timeo
    task = w.spawn(recv, w, sk)
    w.at(2, task.signal_wake_up)
    w.run()
    assert task.result() == (2, want)


def test_no_wake_up_is_lost_when_a_reader_has_a_signal(w: SockWorld) -> None:
    sk = w.sock()
    first, second = (w.spawn(recv, w, sk) for _ in range(2))

    def both() -> None:
        queue(sk, b"x")  # wakes the first
        first.signal_wake_up()  # which has a signal before it runs

    w.at(2, both)
    w.at(5, lambda: queue(sk, b"y"))
    w.run()
    assert first.result() == (2, b"x")  # data comes before signals
    assert second.result() == (5, b"y")


# ---- ends of a datagram


def test_locked_free_settles_the_protocols_account() -> None:
    w = SockWorld([10, 20, 30])
    sk = w.sock()
    assert sk.sk_mem is not None
    big = make_skb(b"x" * 6000)
    assert sock_queue_rcv_skb(sk, big) == 0
    assert sk.sk_mem.allocated == 3
    with w.on_cpu():
        skb = skb_recv_datagram(sk, uapi.MSG_PEEK, True)
        assert skb is big
        skb_free_datagram_locked(sk, skb)
        assert big.users == 1
        skb = skb_recv_datagram(sk, 0, True)
        assert skb is big
        skb_free_datagram_locked(sk, skb)
    assert (sk.sk_mem.allocated, sk.sk_forward_alloc, sk.sk_rmem_alloc) == (0, 0, 0)


def test_kill_throws_away_also_what_was_only_peeked_at(w: SockWorld) -> None:
    sk = w.sock()
    queue(sk, b"a", b"b")
    skb = skb_recv_datagram(sk, uapi.MSG_PEEK, True)
    assert skb is not None
    assert skb_kill_datagram(sk, skb, uapi.MSG_PEEK) == 0
    skb = skb_recv_datagram(sk, 0, True)
    assert skb is not None
    assert skb_tobytes(skb) == b"b"
    assert skb_kill_datagram(sk, skb, 0) == 0
    assert (sk.sk_drops, sk.sk_receive_queue.qlen, sk.sk_rmem_alloc) == (2, 0, 0)


def test_kill_of_what_another_reader_took(w: SockWorld) -> None:
    sk = w.sock()
    queue(sk, b"a")
    skb = skb_recv_datagram(sk, uapi.MSG_PEEK, True)
    assert skb is not None
    recv(w, sk)
    assert skb_kill_datagram(sk, skb, uapi.MSG_PEEK) == -errno.ENOENT


# ---- to the program


def mixed() -> SkBuff:
    data = pattern(31)
    skb = make_skb(data[:5], data[5:12], data[12:18], room=10)
    return add_frag_list(skb, make_skb(data[18:21], data[21:25]), make_skb(data[25:31]))


@pytest.mark.parametrize("offset", range(0, 32, 3))
def test_copy_from_any_part_to_any_place(offset: int) -> None:
    skb = mixed()
    for n in range(32 - offset):
        buf = bytearray(40)
        msg = MsgHdr(buf, 40)
        msg.off = 3
        assert skb_copy_datagram_iovec(skb, offset, msg, n) == 0
        assert msg.off == 3 + n
        assert bytes(buf[3 : 3 + n]) == pattern(n, offset)
        assert bytes(buf[3 + n :]) == bytes(37 - n)
    kfree_skb(skb)


def test_copy_to_a_fresh_buffer() -> None:
    skb = mixed()
    msg = MsgHdr(mem_new_buf(20), 20)
    msg.fresh = True
    assert skb_copy_datagram_iovec(skb, 2, msg, 20) == 0
    assert finished(msg, 20) == pattern(20, 2)
    kfree_skb(skb)


def mem_new_buf(n: int) -> object:
    """mem.new_buf() as compiled code would call it."""
    return bytearray(mem.new_buf(n))


def finished(msg: MsgHdr, n: int) -> bytes:
    return mem.finish_buf(msg.iov, n)


def test_copy_beyond_either_end_is_efault() -> None:
    skb = mixed()
    msg = MsgHdr(bytearray(10), 10)
    assert skb_copy_datagram_iovec(skb, 0, msg, 11) == -errno.EFAULT
    assert skb_copy_datagram_iovec(skb, 25, msg, 7) == -errno.EFAULT
    kfree_skb(skb)


def test_read_only_buffer_is_the_programs_mistake() -> None:
    skb = mixed()
    with pytest.raises(BufferError):
        skb_copy_datagram_iovec(skb, 0, MsgHdr(b"read only", 9), 5)
    kfree_skb(skb)


def udp(payload: bytes, *frags: bytes, damage: int = 0) -> SkBuff:
    """8 bytes of header and the payload, with a checksum that is right, or off by damage."""
    body = payload + b"".join(frags)
    pseudo = 0x1234
    check = csum.csum_fold(csum.csum_partial(bytes(8) + body, 0, 8 + len(body), pseudo))
    skb = make_skb(bytes(6) + (check ^ damage).to_bytes(2, "big") + payload, *frags)
    skb.csum = pseudo
    return skb


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("frags", [(), (b"abc", b"defg")])
@pytest.mark.parametrize("room", [100, 12, 11, 5])
def test_copy_and_checksum(fresh: bool, frags: tuple[bytes, ...], room: int) -> None:
    for damage, want in ((0, 0), (0x10, -errno.EINVAL)):
        skb = udp(b"hello", *frags, damage=damage)
        msg = MsgHdr(bytearray(room), room)
        msg.fresh = fresh
        assert skb_copy_and_csum_datagram_iovec(skb, 8, msg) == want
        if want == 0:
            data = (b"hello" + b"".join(frags))[:room]
            assert bytes(memoryview(msg.iov)[: len(data)]) == data
            assert msg.off == len(data)
        kfree_skb(skb)


def test_checksummed_copy_does_not_trust_the_size_the_program_gave() -> None:
    skb = udp(b"hello")
    with os_error(errno.EFAULT):
        skb_copy_and_csum_datagram_iovec(skb, 8, MsgHdr(bytearray(3), 100))
    kfree_skb(skb)


# ---- from the program


def test_fill_linear_and_paged() -> None:
    skb = make_skb(bytes(10))
    msg = MsgHdr(bytearray(pattern(30)), 30)
    assert skb_copy_datagram_from_iovec(skb, 4, msg, 26) == 0
    assert (msg.off, skb.len, skb.data_len) == (26, 30, 20)
    assert skb_tobytes(skb) == bytes(4) + pattern(26)
    assert skb_copy_datagram_from_iovec(skb, 30, msg, 5) == -errno.EFAULT
    kfree_skb(skb)


def test_bytes_are_referred_to() -> None:
    skb = make_skb(b"")
    data = pattern(50)
    assert skb_copy_datagram_from_iovec(skb, 0, MsgHdr(data, 50), 50) == 0
    f = skb.shinfo.frags
    assert f is not None
    assert f.page is data
    kfree_skb(skb)


# ---- poll


class Table(PollTable):
    def __init__(self) -> None:
        self.queues: list[WaitQueueHead] = []

    def queue(self, file: File, wq: WaitQueueHead) -> int:  # an int in C, where None would not do
        self.queues.append(wq)
        return 0


def bits(sk: PlainSock) -> int:
    assert sk.sk_socket is not None
    return datagram_poll(File(FileOps(), 0, sk.sk_socket), sk.sk_socket, None)


WRITABLE = poll.POLLOUT | poll.POLLWRNORM | poll.POLLWRBAND
READABLE = poll.POLLIN | poll.POLLRDNORM


def test_poll(w: SockWorld) -> None:
    sk = w.sock()
    assert bits(sk) == WRITABLE
    queue(sk, b"x")
    assert bits(sk) == WRITABLE | READABLE
    skb_queue_purge(sk.sk_receive_queue)
    assert sock_queue_err_skb(sk, make_skb(b"e")) == 0
    assert bits(sk) == WRITABLE | poll.POLLERR
    assert sk.sk_error_queue is not None
    skb_queue_purge(sk.sk_error_queue)
    sk.sk_shutdown = uapi.RCV_SHUTDOWN
    assert bits(sk) == WRITABLE | READABLE | poll.POLLRDHUP
    sk.sk_shutdown = uapi.SHUTDOWN_MASK
    assert bits(sk) == WRITABLE | READABLE | poll.POLLRDHUP | poll.POLLHUP


def test_poll_without_room_asks_to_be_told(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_sndbuf = 1
    assert bits(sk) == 0
    assert sk.sk_socket is not None
    assert sk.sk_socket.flags >> uapi.SOCK_ASYNC_NOSPACE & 1


@pytest.mark.parametrize(("state", "want"), [(7, WRITABLE | poll.POLLHUP), (2, 0), (1, WRITABLE)])
def test_poll_of_connection_based_socks(w: SockWorld, state: int, want: int) -> None:
    sk = w.sock(uapi.SOCK_SEQPACKET)
    sk.sk_state = state
    assert bits(sk) == want


def test_poll_hangs_on_the_sockets_queue(w: SockWorld) -> None:
    sk = w.sock()
    assert sk.sk_socket is not None
    table = Table()
    datagram_poll(File(FileOps(), 0, sk.sk_socket), sk.sk_socket, table)
    assert table.queues == [sk.sk_socket.wq]
