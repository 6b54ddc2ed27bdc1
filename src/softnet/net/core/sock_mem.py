"""What a sock's packets cost: buffers, destructors, a protocol's memory; queueing and waiting.

Linux: net/core/sock.c, include/net/sock.h

sk_rmem_alloc and sk_wmem_alloc count the truesize of packets to be read and on their way out,
against sk_rcvbuf and sk_sndbuf. Protocols with memory_limits() are accounted besides:
sk_forward_alloc is what sk took from the protocol's share in whole pages (SK_MEM_QUANTUM) and has
not used up; a charge comes out of it, and sk_mem_reclaim() gives whole pages back.

                allocated <= low         no questions
    low      <  allocated <= pressure    datagram sockets get their minimum; streams are fine
    pressure <  allocated <= high        enter_memory_pressure(): streams that use much get none
    high     <  allocated                no, but a stream over its send buffer, which will block
"""

from __future__ import annotations

import errno
import os

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.socket as uapi
from softnet.kernel.sched import current, need_current, schedule_timeout
from softnet.kernel.wait import finish_wait, prepare_to_wait, task_wait
from softnet.net.core.skb_slab import register_sock_destructors
from softnet.net.core.skbuff import (
    alloc_skb,
    kfree_skb_last,
    pskb_trim,
    skb_orphan,
    skb_set_owner_r,
    skb_set_owner_w,
)
from softnet.net.core.sock_life import (
    lock_sock,
    release_sock,
    sk_error_queue,
    sk_free_last,
    sock_clear_bit,
    sock_error,
    sock_intr_errno,
    sock_set_bit,
    sock_sndtimeo,
)
from softnet.structs.skbuff import SkbDestructor, SkBuff
from softnet.structs.sock import ProtoMem, Sock

SEND_SHUTDOWN = uapi.SEND_SHUTDOWN
SKB_ALLOC_MAX = (4 << 20) - const.SIZEOF_SKB_SHARED_INFO  # bytes: kmalloc() gives no more

EPERM = 1
ENOMEM = 12
EPIPE = 32
ENOBUFS = 105


# ---- destructors


class SockWfree(SkbDestructor):
    """sock_wfree(): the packet left, or was dropped on its way out."""

    __slots__ = ()

    def destruct(self, skb: SkBuff) -> None:
        sk = skb.sk
        assert sk is not None
        if trace.sock_wfree.enabled:
            trace.sock_wfree.fire(skb)
        size = skb.truesize
        if (sk.sk_flags >> const.SOCK_USE_WRITE_QUEUE) & 1 == 0:
            # All but 1 first: sk_write_space() must see the room, and find sk alive.
            sk.sk_wmem_alloc -= size - 1
            sk.sk_write_space()
            size = 1
        sk.sk_wmem_alloc -= size
        assert sk.sk_wmem_alloc >= 0
        if sk.sk_wmem_alloc == 0:
            sk_free_last(sk)


class SockRfree(SkbDestructor):
    """sock_rfree(): the packet was read, or dropped from the receive queue."""

    __slots__ = ()

    def destruct(self, skb: SkBuff) -> None:
        sk = skb.sk
        assert sk is not None
        if trace.sock_rfree.enabled:
            trace.sock_rfree.fire(skb)
        sk.sk_rmem_alloc -= skb.truesize
        assert sk.sk_rmem_alloc >= 0
        if sk.sk_mem is not None:
            sk.sk_forward_alloc += skb.truesize


class SockRmemFree(SkbDestructor):
    """sock_rmem_free(): the same for the error queue, which no protocol's memory pays."""

    __slots__ = ()

    def destruct(self, skb: SkBuff) -> None:
        sk = skb.sk
        assert sk is not None
        sk.sk_rmem_alloc -= skb.truesize
        assert sk.sk_rmem_alloc >= 0


sock_wfree = SockWfree()
sock_rfree = SockRfree()
sock_rmem_free = SockRmemFree()
register_sock_destructors(sock_wfree, sock_rfree)
# Compiled, what the .pxd declares is no attribute of the module: tcp_tsq.py imports it.
globals().update(sock_wfree=sock_wfree)


# ---- the protocol's memory


def sk_mem_pages(amt: int) -> int:
    """Pages that amt bytes take."""
    return (amt + const.SK_MEM_QUANTUM - 1) >> const.SK_MEM_QUANTUM_SHIFT


def sk_has_account(sk: Sock) -> bool:
    """Is the protocol's memory accounted?"""
    return sk.sk_mem is not None


def sk_wmem_schedule(sk: Sock, size: int) -> bool:
    """May sk have size bytes more to send? Reserves them."""
    if sk.sk_mem is None or size <= sk.sk_forward_alloc:
        return True
    return sk_mem_schedule(sk, size, const.SK_MEM_SEND)


def sk_rmem_schedule(sk: Sock, size: int) -> bool:
    """May sk have size bytes more received? Reserves them."""
    if sk.sk_mem is None or size <= sk.sk_forward_alloc:
        return True
    return sk_mem_schedule(sk, size, const.SK_MEM_RECV)


def sk_mem_schedule(sk: Sock, size: int, kind: int) -> bool:
    """__sk_mem_schedule(): take pages for size bytes from the protocol's share, if limits allow.

    kind: const.SK_MEM_SEND or SK_MEM_RECV.
    """
    if trace.sk_mem_schedule.enabled:
        trace.sk_mem_schedule.fire(sk)
    shared = sk.sk_mem
    assert shared is not None
    limits = sk.sk_prot.memory_limits(sk)
    assert limits is not None
    low = int(limits[0])
    amt = sk_mem_pages(size)
    sk.sk_forward_alloc += amt * const.SK_MEM_QUANTUM
    shared.allocated += amt
    if shared.allocated <= low:
        shared.pressure = False
        return True
    if sk_mem_over_low(sk, shared, limits, size, kind):
        return True
    if trace.sock_exceed_buf_limit.enabled:
        trace.sock_exceed_buf_limit.fire(sk, "allocated %d pages", shared.allocated)
    sk.sk_forward_alloc -= amt * const.SK_MEM_QUANTUM
    shared.allocated -= amt
    return False


def sk_mem_over_low(sk: Sock, shared: ProtoMem, limits: list[int], size: int, kind: int) -> bool:
    """Above the low mark: may sk keep what it took all the same?"""
    pressure = int(limits[1])
    high = int(limits[2])
    stream = sk.sk_type == uapi.SOCK_STREAM
    if shared.allocated > pressure:
        sk.sk_prot.enter_memory_pressure(sk)
    if shared.allocated <= high:
        if kind == const.SK_MEM_RECV:
            if sk.sk_rmem_alloc < sk.sk_prot.rmem_min(sk):
                return True
        elif (sk.sk_wmem_queued if stream else sk.sk_wmem_alloc) < sk.sk_prot.wmem_min(sk):
            return True
        if stream:  # datagram protocols know no pressure: above low they get the minimum only
            if not shared.pressure:
                return True
            mine = sk_mem_pages(sk.sk_wmem_queued + sk.sk_rmem_alloc + sk.sk_forward_alloc)
            if high > shared.sockets_allocated * mine:
                return True
    if kind == const.SK_MEM_SEND and stream:
        sk_stream_moderate_sndbuf(sk)
        # A stream socket that is over its send buffer now will block; one that is not cannot, and
        # has to fail.
        if sk.sk_wmem_queued + size >= sk.sk_sndbuf:
            return True
    return False


def sk_mem_charge(sk: Sock, size: int) -> None:
    """Use size bytes of what was reserved."""
    if sk.sk_mem is not None:
        sk.sk_forward_alloc -= size


def sk_mem_uncharge(sk: Sock, size: int) -> None:
    """Have size bytes in reserve again."""
    if sk.sk_mem is not None:
        sk.sk_forward_alloc += size


def sk_mem_reclaim(sk: Sock) -> None:
    """Give whole pages of the reserve back to the protocol."""
    if sk.sk_forward_alloc >= const.SK_MEM_QUANTUM and sk.sk_mem is not None:
        sk_mem_reclaim_pages(sk)


def sk_mem_reclaim_partial(sk: Sock) -> None:
    """sk_mem_reclaim(), unless the reserve is just a page."""
    if sk.sk_forward_alloc > const.SK_MEM_QUANTUM and sk.sk_mem is not None:
        sk_mem_reclaim_pages(sk)


def sk_mem_reclaim_pages(sk: Sock) -> None:
    """__sk_mem_reclaim()"""
    shared = sk.sk_mem
    assert shared is not None
    shared.allocated -= sk.sk_forward_alloc >> const.SK_MEM_QUANTUM_SHIFT
    assert shared.allocated >= 0
    sk.sk_forward_alloc &= const.SK_MEM_QUANTUM - 1
    if shared.pressure:
        limits = sk.sk_prot.memory_limits(sk)
        assert limits is not None
        low = int(limits[0])
        if shared.allocated < low:
            shared.pressure = False


def sk_wmem_free_skb(sk: Sock, skb: SkBuff) -> None:
    """Free skb, which was on a stream's write queue: its bytes are acknowledged."""
    sk.sk_flags |= 1 << const.SOCK_QUEUE_SHRUNK
    sk.sk_wmem_queued -= skb.truesize
    assert sk.sk_wmem_queued >= 0
    if sk.sk_mem is not None:
        sk.sk_forward_alloc += skb.truesize
    kfree_skb_last(skb)


def sk_stream_moderate_sndbuf(sk: Sock) -> None:
    """Shrink the send buffer to half of what is queued, unless the program chose its size."""
    if not sk.sk_userlocks & const.SOCK_SNDBUF_LOCK:
        size = sk.sk_wmem_queued >> 1
        if size > sk.sk_sndbuf:
            size = sk.sk_sndbuf
        sk.sk_sndbuf = size if size > const.SOCK_MIN_SNDBUF else const.SOCK_MIN_SNDBUF


def sk_wmem_alloc_get(sk: Sock) -> int:
    """Bytes of packets on their way out (SIOCOUTQ of datagram sockets)."""
    return sk.sk_wmem_alloc - 1


def sk_rmem_alloc_get(sk: Sock) -> int:
    """Bytes of packets waiting to be read."""
    return sk.sk_rmem_alloc


def sock_wspace(sk: Sock) -> int:
    """Bytes of send buffer that are free."""
    if sk.sk_shutdown & uapi.SEND_SHUTDOWN:
        return 0
    free = sk.sk_sndbuf - sk.sk_wmem_alloc
    return free if free > 0 else 0


def sock_writeable(sk: Sock) -> bool:
    """Is half of the send buffer free? That is when poll() says POLLOUT."""
    return sk.sk_wmem_alloc < sk.sk_sndbuf >> 1


def sock_kmalloc(sk: Sock, size: int) -> bool:
    """Charge size bytes of something else than packets; False beyond net.core.optmem_max."""
    optmem_max = sk.sk_net.core.optmem_max
    if size > optmem_max or sk.sk_omem_alloc + size >= optmem_max:
        return False
    sk.sk_omem_alloc += size
    return True


def sock_kfree_s(sk: Sock, size: int) -> None:
    """Give back what sock_kmalloc() charged."""
    sk.sk_omem_alloc -= size
    assert sk.sk_omem_alloc >= 0


# ---- receiving


def sk_filter(sk: Sock, skb: SkBuff) -> int:
    """Show skb to the socket's filter: 0, skb perhaps shortened, or -EPERM."""
    f = sk.sk_filter
    if f is None:
        return 0
    keep = f.run(skb)
    return pskb_trim(skb, keep) if keep else -EPERM


def sock_queue_rcv_skb(sk: Sock, skb: SkBuff) -> int:
    """Queue a datagram for the program, charge it, wake who waits. 0; or -ENOMEM, -ENOBUFS, -EPERM:
    then it was counted in sk_drops (but for the filter's) and skb is still the caller's."""
    if trace.sock_queue_rcv_skb.enabled:
        trace.sock_queue_rcv_skb.fire(skb)
    if sk.sk_rmem_alloc >= sk.sk_rcvbuf:
        sk.sk_drops += 1
        if trace.sock_rcvqueue_full.enabled:
            trace.sock_rcvqueue_full.fire(skb)
        return -ENOMEM
    if sk.sk_filter is not None:
        err = sk_filter(sk, skb)
        if err:
            return err
    if not sk_rmem_schedule(sk, skb.truesize):
        sk.sk_drops += 1
        return -ENOBUFS
    skb.dev = None
    skb_set_owner_r(skb, sk)
    length = skb.len  # once queued, skb may be read and gone
    skb.dropcount = sk.sk_drops
    sk.sk_receive_queue.queue_tail(skb)
    if (sk.sk_flags >> const.SOCK_DEAD) & 1 == 0:
        sk.sk_data_ready(length)
    return 0


def sock_queue_err_skb(sk: Sock, skb: SkBuff) -> int:
    """Put skb, whose cb says what went wrong, on the error queue (MSG_ERRQUEUE). 0, or -ENOMEM:
    then skb is still the caller's."""
    if sk.sk_rmem_alloc + skb.truesize >= sk.sk_rcvbuf:
        return -ENOMEM
    skb_orphan(skb)
    skb.sk = sk
    skb.destructor = sock_rmem_free
    sk.sk_rmem_alloc += skb.truesize
    length = skb.len
    sk_error_queue(sk).queue_tail(skb)
    if (sk.sk_flags >> const.SOCK_DEAD) & 1 == 0:
        sk.sk_data_ready(length)
    return 0


def sk_wait_data(sk: Sock, timeo: int) -> int:
    """Sleep until the receive queue is not empty or somebody wakes us; what is left of timeo (ns).

    sk is owned, and released meanwhile. The caller looks at queue, errors and signals itself.
    """
    if trace.sk_wait_data.enabled:
        trace.sk_wait_data.fire(sk)
    wq = sk.sk_wq
    assert wq is not None
    e = task_wait(need_current())
    prepare_to_wait(wq, e, const.TASK_INTERRUPTIBLE)
    sock_set_bit(sk, uapi.SOCK_ASYNC_WAITDATA)
    try:
        if sk.sk_receive_queue.first is None:
            timeo = sk_wait_unlocked(sk, timeo)
    finally:
        sock_clear_bit(sk, uapi.SOCK_ASYNC_WAITDATA)
        finish_wait(wq, e)
    return timeo


def sk_wait_unlocked(sk: Sock, timeo: int) -> int:
    """The middle of sk_wait_event(): release sk, sleep until woken, own it again.

    The caller hangs on the wait queue, so that what release_sock() finds in the backlog wakes it.
    """
    release_sock(sk)
    timeo = schedule_timeout(timeo)
    lock_sock(sk)
    return timeo


def signal_pending() -> bool:
    """Shall the running task stop waiting?"""
    task = current()
    return task is not None and task.signal_pending()


# ---- sending


def sock_wmalloc(sk: Sock, size: int, force: bool) -> SkBuff | None:
    """An skb of size bytes charged to the send buffer; None when that is full and not force."""
    if trace.sock_wmalloc.enabled:
        trace.sock_wmalloc.fire(sk)
    if force or sk.sk_wmem_alloc < sk.sk_sndbuf:
        skb = alloc_skb(size)
        skb_set_owner_w(skb, sk)
        return skb
    return None


def sock_rmalloc(sk: Sock, size: int, force: bool) -> SkBuff | None:
    """An skb of size bytes charged to the receive buffer; None when that is full and not force."""
    if force or sk.sk_rmem_alloc < sk.sk_rcvbuf:
        skb = alloc_skb(size)
        skb_set_owner_r(skb, sk)
        return skb
    return None


def sock_alloc_send_skb(sk: Sock, size: int, noblock: bool) -> SkBuff:
    """sock_alloc_send_pskb() of a linear packet."""
    if trace.sock_alloc_send_skb.enabled:
        trace.sock_alloc_send_skb.fire(sk)
    return sock_alloc_send_pskb(sk, size, 0, noblock)


def sock_alloc_send_pskb(sk: Sock, header_len: int, data_len: int, noblock: bool) -> SkBuff:
    """An skb charged to the send buffer, with header_len bytes of linear room. Sleeps for room.

    data_len bytes that the caller will add as fragments are charged already.
    Raises OSError: EAGAIN, EINTR, EPIPE, ENOBUFS, EMSGSIZE (more pages than an skb holds), or what
    sk_err says.
    """
    if trace.sock_alloc_send_pskb.enabled:
        trace.sock_alloc_send_pskb.fire(sk)
    if data_len > const.MAX_SKB_FRAGS * const.PAGE_SIZE:
        raise_errno(-errno.EMSGSIZE)
    if sk.sk_err or sk.sk_shutdown & SEND_SHUTDOWN or sk.sk_wmem_alloc >= sk.sk_sndbuf:
        sock_wait_to_send(sk, sock_sndtimeo(sk, noblock))
    if header_len > SKB_ALLOC_MAX:
        raise_errno(-ENOBUFS)
    skb = alloc_skb(header_len)
    skb.truesize += data_len
    skb_set_owner_w(skb, sk)
    return skb


def sock_wait_to_send(sk: Sock, timeo: int) -> None:
    """Sleep until the send buffer has room; timeo in ns. OSError as sock_alloc_send_pskb()."""
    while True:
        err = sock_error(sk)
        if err:
            raise_errno(err)
        if sk.sk_shutdown & SEND_SHUTDOWN:
            raise_errno(-EPIPE)
        if sk.sk_wmem_alloc < sk.sk_sndbuf:
            return
        sock_set_bit(sk, uapi.SOCK_ASYNC_NOSPACE)
        sock_set_bit(sk, uapi.SOCK_NOSPACE)
        if timeo == 0:
            raise_errno(-errno.EAGAIN)
        if signal_pending():
            raise_errno(sock_intr_errno(timeo))
        timeo = sock_wait_for_wmem(sk, timeo)


def sock_wait_for_wmem(sk: Sock, timeo: int) -> int:
    """Sleep until packets of sk left, or an error; what is left of timeo (ns)."""
    wq = sk.sk_wq
    assert wq is not None
    e = task_wait(need_current())
    sock_clear_bit(sk, uapi.SOCK_ASYNC_NOSPACE)
    try:
        while timeo != 0 and not signal_pending():
            sock_set_bit(sk, uapi.SOCK_NOSPACE)
            prepare_to_wait(wq, e, const.TASK_INTERRUPTIBLE)
            if sk.sk_wmem_alloc < sk.sk_sndbuf or sk.sk_shutdown & SEND_SHUTDOWN or sk.sk_err:
                break
            timeo = schedule_timeout(timeo)
    finally:
        finish_wait(wq, e)
    return timeo


def raise_errno(err: int) -> None:
    """Raise OSError for a negative errno; -ERESTARTSYS is EINTR."""
    number = errno.EINTR if err == -const.ERESTARTSYS else -err
    raise OSError(number, os.strerror(number))
