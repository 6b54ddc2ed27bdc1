"""Reading from a queue of datagrams, and packets to and from the program's buffer.

Linux: net/core/datagram.c

    skb = skb_recv_datagram(sk, flags, noblock)
    if skb is None:
        return sk.recv_error
    skb_copy_datagram_iovec(skb, offset, msg, n)
    skb_free_datagram(sk, skb)

The copies advance msg.off. Nothing is checked twice: who asks for n bytes knows that the packet has
them; that the program's buffer has room is checked here, and -EFAULT if not.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.poll as poll
import softnet.uapi.socket as uapi
from softnet.fs.file import File, PollTable, poll_wait
from softnet.kernel.sched import Task, need_current, schedule_timeout, wake_up_process
from softnet.kernel.wait import (
    WaitQueueEntry,
    abort_exclusive_wait,
    finish_wait,
    prepare_to_wait_exclusive,
    remove_wait_queue,
)
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    skb_checksum_complete_head,
    skb_fill_page_desc,
    skb_orphan,
)
from softnet.net.core.sock import (
    lock_sock_fast,
    sk_mem_reclaim_partial,
    sock_error,
    sock_intr_errno,
    sock_rcvtimeo,
    sock_set_bit,
    sock_writeable,
    unlock_sock_fast,
)
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Sock
from softnet.structs.socket import MsgHdr, Socket

EAGAIN = 11
EFAULT = 14
EINVAL = 22
ENOENT = 2
ENOTCONN = 107
TCP_ESTABLISHED = 1  # sk_state, as every protocol uses it
TCP_SYN_SENT = 2
TCP_CLOSE = 7
TCP_LISTEN = 10


# ---- receiving


def skb_recv_datagram(sk: Sock, flags: int, noblock: bool) -> SkBuff | None:
    """The next datagram, the caller's to free with skb_free_datagram(); sleeps for one.

    None: sk.recv_error says why: a negative errno, or 0 when receiving was shut down. With MSG_PEEK
    in flags it stays on the queue, too. sk.recv_peeked: whether it had been peeked at before.
    """
    if trace.skb_recv_datagram.enabled:
        trace.skb_recv_datagram.fire(sk)
    if sk.sk_err:
        sk.recv_error = sock_error(sk)
        return None
    timeo = sock_rcvtimeo(sk, noblock)
    while True:
        q = sk.sk_receive_queue
        skb = q.first
        if skb is not None:
            sk.recv_peeked = skb.peeked
            if flags & uapi.MSG_PEEK:
                skb.peeked = True
                skb.users += 1
            else:
                q.dequeue()
            return skb
        if timeo == 0:
            sk.recv_error = -EAGAIN
            return None
        timeo = wait_for_packet(sk, timeo)
        if timeo < 0:
            return None


class ReceiverWait(WaitQueueEntry):
    """A task in wait_for_packet(): room in the send buffer does not wake it."""

    __slots__ = ("task",)

    task: Task

    def __init__(self, task: Task) -> None:
        WaitQueueEntry.__init__(self)
        self.task = task

    def func(self, key: int) -> int:
        """receiver_wake_function()"""
        if key and not key & (poll.POLLIN | poll.POLLERR):
            return 0
        if not wake_up_process(self.task):
            return 0
        if self.whead is not None:
            remove_wait_queue(self.whead, self)
        return 1


def wait_for_packet(sk: Sock, timeo: int) -> int:
    """Sleep until something happens to sk; what is left of timeo (ns), or -1: sk.recv_error is set.

    Exclusive: a datagram wakes one of several readers. One that has to leave passes a wake-up on.
    """
    wq = sk.sk_wq
    assert wq is not None
    task = need_current()
    e = ReceiverWait(task)
    prepare_to_wait_exclusive(wq, e, const.TASK_INTERRUPTIBLE)
    try:
        if sk.sk_err:
            sk.recv_error = sock_error(sk)
            return -1
        if sk.sk_receive_queue.first is not None:
            return timeo
        if sk.sk_shutdown & uapi.RCV_SHUTDOWN:
            sk.recv_error = 0
            return -1
        if connection_based(sk) and sk.sk_state != TCP_ESTABLISHED and sk.sk_state != TCP_LISTEN:
            sk.recv_error = -ENOTCONN
            return -1
        if task.signal_pending():
            sk.recv_error = sock_intr_errno(timeo)
            return -1
        return schedule_timeout(timeo)
    finally:
        if task.signal_pending():
            abort_exclusive_wait(wq, e, poll.POLLIN)
        else:
            finish_wait(wq, e)


def connection_based(sk: Sock) -> bool:
    """Does sk need a peer to receive from?"""
    return sk.sk_type == uapi.SOCK_SEQPACKET or sk.sk_type == uapi.SOCK_STREAM


def skb_free_datagram(sk: Sock, skb: SkBuff) -> None:
    """Done with what skb_recv_datagram() gave. sk is owned, or its protocol has no account."""
    if trace.skb_free_datagram.enabled:
        trace.skb_free_datagram.fire(skb)
    consume_skb(skb)
    sk_mem_reclaim_partial(sk)


def skb_free_datagram_locked(sk: Sock, skb: SkBuff) -> None:
    """skb_free_datagram() where the protocol's memory is accounted: settles it under sk's lock."""
    if skb.users > 1:
        skb.users -= 1
    else:
        slow = lock_sock_fast(sk)
        skb_orphan(skb)
        sk_mem_reclaim_partial(sk)
        unlock_sock_fast(sk, slow)
        consume_skb(skb)


def skb_kill_datagram(sk: Sock, skb: SkBuff, flags: int) -> int:
    """Throw away a datagram that turned out to be bad (a wrong checksum), also off the queue.

    0; with MSG_PEEK -ENOENT if somebody else took it from the queue meanwhile.
    """
    if trace.skb_kill_datagram.enabled:
        trace.skb_kill_datagram.fire(skb)
    err = 0
    if flags & uapi.MSG_PEEK:
        err = -ENOENT
        q = sk.sk_receive_queue
        if q.first is skb:
            q.unlink(skb)
            skb.users -= 1
            err = 0
    kfree_skb(skb, const.SKB_DROP_REASON_SKB_CSUM)
    sk.sk_drops += 1
    sk_mem_reclaim_partial(sk)
    return err


# ---- to the program


def skb_copy_datagram_iovec(skb: SkBuff, offset: int, msg: MsgHdr, length: int) -> int:
    """Copy length bytes of skb at offset (from data) to msg, which advances. 0 or -EFAULT."""
    if trace.skb_copy_datagram_iovec.enabled:
        trace.skb_copy_datagram_iovec.fire(skb)
    if length > msg.size - msg.off or offset > skb.len - length:
        return -EFAULT
    start = skb.len - skb.data_len
    n = start - offset
    if n > 0:
        if n > length:
            n = length
        copy_to_msg(msg, skb.ptr, skb.data + offset, n)
        if n == length:
            return 0
        offset += n
        length -= n
    f = skb.shinfo.frags
    while length > 0 and f is not None:
        if offset < start + f.size:
            skip = offset - start
            n = f.size - skip
            if n > length:
                n = length
            copy_to_msg(msg, f.ptr, f.off + skip, n)
            offset += n
            length -= n
        start += f.size
        f = f.next
    part = skb.shinfo.frag_list
    while length > 0:
        assert part is not None
        if offset < start + part.len:
            skip = offset - start
            n = part.len - skip
            if n > length:
                n = length
            err = skb_copy_datagram_iovec(part, skip, msg, n)
            if err:
                return err
            offset += n
            length -= n
        start += part.len
        part = part.next
    return 0


def copy_to_msg(msg: MsgHdr, src: mem.Mem, off: int, n: int) -> None:
    """memcpy_toiovec(): n bytes at src + off to msg, which has the room."""
    if msg.fresh:
        mem.copy(mem.addr(msg.iov), msg.off, src, off, n)
    else:
        mem.copy_to_user(msg.iov, msg.off, src, off, n)
    msg.off += n


def skb_copy_and_csum_datagram_iovec(skb: SkBuff, hlen: int, msg: MsgHdr) -> int:
    """Copy what follows hlen bytes of header to msg and verify the checksum over header and data.

    skb.csum has the pseudo header's sum. 0, -EINVAL if the checksum is wrong, -EFAULT. A buffer too
    small gets what fits, after the whole was verified.
    """
    chunk = skb.len - hlen
    room = msg.size - msg.off
    iov = msg.iov
    one_pass = msg.fresh or (type(iov) is bytearray and len(iov) >= msg.size)
    if not one_pass or chunk > room or skb.data_len:
        if skb_checksum_complete_head(skb, skb.len):
            return -EINVAL
        return skb_copy_datagram_iovec(skb, hlen, msg, chunk if chunk < room else room)
    s = csum.csum_partial(skb.ptr, skb.data, hlen, skb.csum)
    part = csum.csum_partial_copy(skb.ptr, skb.data + hlen, mem.addr(iov), msg.off, chunk, 0)
    if csum.csum_fold(csum.csum_block_add(s, part, hlen)):
        return -EINVAL
    skb.ip_summed = const.CHECKSUM_UNNECESSARY
    msg.off += chunk
    return 0


# ---- from the program


def skb_copy_datagram_from_iovec(skb: SkBuff, offset: int, msg: MsgHdr, length: int) -> int:
    """Fill the packet from offset (from data) on with length bytes of msg, which advances.

    What lies beyond the linear part is appended as a fragment: a reference if the program gave
    bytes, else a copy. Fragments already there are not touched. 0 or -EFAULT.
    """
    if length > msg.size - msg.off:
        return -EFAULT
    n = skb.len - skb.data_len - offset
    if n > 0:
        if n > length:
            n = length
        mem.copy_from_user(skb.ptr, skb.data + offset, msg.iov, msg.off, n)
        msg.off += n
        length -= n
    if length > 0:
        iov = msg.iov
        if type(iov) is bytes:
            skb_fill_page_desc(skb, iov, msg.off, length)
        else:
            buf = bytearray(length)
            mem.copy_from_user(mem.addr(buf), 0, iov, msg.off, length)
            skb_fill_page_desc(skb, bytes(buf), 0, length)
        msg.off += length
    return 0


# ---- poll


def datagram_poll(file: File, sock: Socket, wait: PollTable | None) -> int:
    """POLL* bits of a datagram socket that hold now; wait hears of changes."""
    if trace.datagram_poll.enabled:
        trace.datagram_poll.fire(sock)
    sk = sock.sk
    assert sk is not None
    poll_wait(file, sock.wq, wait)
    mask = 0
    errors = sk.sk_error_queue
    if sk.sk_err or (errors is not None and errors.first is not None):
        mask |= poll.POLLERR
    if sk.sk_shutdown & uapi.RCV_SHUTDOWN:
        mask |= poll.POLLRDHUP | poll.POLLIN | poll.POLLRDNORM
    if sk.sk_shutdown == uapi.SHUTDOWN_MASK:
        mask |= poll.POLLHUP
    if sk.sk_receive_queue.first is not None:
        mask |= poll.POLLIN | poll.POLLRDNORM
    if connection_based(sk):
        if sk.sk_state == TCP_CLOSE:
            mask |= poll.POLLHUP
        if sk.sk_state == TCP_SYN_SENT:
            return mask
    if sock_writeable(sk):
        mask |= poll.POLLOUT | poll.POLLWRNORM | poll.POLLWRBAND
    else:
        sock_set_bit(sk, uapi.SOCK_ASYNC_NOSPACE)
    return mask
