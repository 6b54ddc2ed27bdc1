"""Waiting as stream sockets do: for a connection, for its end, for room in the send buffer.

Linux: net/core/stream.c; sk_stream_alloc_skb() is from net/ipv4/tcp.c, the inlines from sock.h

All of it in task context with the socket owned; it is released during each sleep. The waits answer
what is left of the time in ns, or a negative errno.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.poll as poll
import softnet.uapi.socket as uapi
from softnet.kernel.sched import need_current
from softnet.kernel.wait import finish_wait, prepare_to_wait, task_wait, wake_up
from softnet.net.core.skbuff import alloc_skb, kfree_skb_last, skb_queue_purge
from softnet.net.core.sock import (
    sk_mem_reclaim,
    sk_stream_moderate_sndbuf,
    sk_wait_unlocked,
    sk_wmem_schedule,
    sock_clear_bit,
    sock_error,
    sock_intr_errno,
    sock_set_bit,
)
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Sock

EAGAIN = 11
EPIPE = 32

# Sets of states, as bits 1 << sk_state: uapi.tcp numbers them.
TCPF_ESTABLISHED = 1 << 1
TCPF_SYN_SENT = 1 << 2
TCPF_SYN_RECV = 1 << 3
TCPF_FIN_WAIT1 = 1 << 4
TCPF_CLOSE_WAIT = 1 << 8
TCPF_LAST_ACK = 1 << 9
TCPF_CLOSING = 1 << 11

# A task that finds room although its protocol is out of memory waits a little: 2 jiffies, and up to
# a fifth of a second more by chance.
VM_WAIT_MIN_NS = 2 * const.TICK_NSEC
VM_WAIT_JIFFIES = const.HZ // 5


def sk_stream_min_wspace(sk: Sock) -> int:
    """How much must be free before writers are woken: half of what is queued."""
    return sk.sk_wmem_queued >> 1


def sk_stream_wspace(sk: Sock) -> int:
    """Bytes of send buffer that are free."""
    return sk.sk_sndbuf - sk.sk_wmem_queued


def sk_stream_memory_free(sk: Sock) -> bool:
    """Is there any room to send?"""
    return sk.sk_wmem_queued < sk.sk_sndbuf and sk.sk_prot.stream_memory_free(sk)


def sk_stream_is_writeable(sk: Sock) -> bool:
    """Is a third of the send buffer free, and would the protocol take more?"""
    return sk_stream_wspace(sk) >= sk_stream_min_wspace(sk) and sk.sk_prot.stream_memory_free(sk)


def sk_stream_write_space(sk: Sock) -> None:
    """Wake writers once a third of the send buffer is free: sk_write_space() of stream sockets."""
    if trace.sk_stream_write_space.enabled:
        trace.sk_stream_write_space.fire(sk)
    sock = sk.sk_socket
    if sock is not None and sk_stream_is_writeable(sk):
        sock.flags &= ~(1 << uapi.SOCK_NOSPACE)
        if sk.sk_wq is not None:
            wake_up(sk.sk_wq, poll.POLLOUT | poll.POLLWRNORM | poll.POLLWRBAND)


def sk_stream_wait_connect(sk: Sock, timeo: int) -> int:
    """Sleep until sk is connected: the time left (ns), -EPIPE, -EAGAIN, -EINTR, or its error."""
    if trace.sk_stream_wait_connect.enabled:
        trace.sk_stream_wait_connect.fire(sk)
    task = need_current()
    while True:
        err = sock_error(sk)
        if err:
            return err
        state = 1 << sk.sk_state
        if state & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT):
            return timeo
        if not state & (TCPF_SYN_SENT | TCPF_SYN_RECV):
            return -EPIPE
        if timeo == 0:
            return -EAGAIN
        if task.signal_pending():
            return sock_intr_errno(timeo)
        sk.sk_write_pending += 1
        try:
            timeo = wait_once(sk, timeo)
        finally:
            sk.sk_write_pending -= 1


def wait_once(sk: Sock, timeo: int) -> int:
    """Hang on the wait queue, release sk, sleep, own it again; the time left (ns)."""
    wq = sk.sk_wq
    assert wq is not None
    e = task_wait(need_current())
    prepare_to_wait(wq, e, const.TASK_INTERRUPTIBLE)
    try:
        return sk_wait_unlocked(sk, timeo)
    finally:
        finish_wait(wq, e)


def sk_stream_closing(sk: Sock) -> bool:
    """Is the end of our data still to be acknowledged?"""
    return 1 << sk.sk_state & (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK) != 0


def sk_stream_wait_close(sk: Sock, timeo: int) -> None:
    """Sleep until all was sent and acknowledged, a signal, or timeo (ns, 0: at once) is over."""
    if timeo == 0:
        return
    task = need_current()
    while sk_stream_closing(sk) and timeo != 0 and not task.signal_pending():
        timeo = wait_once(sk, timeo)


def sk_stream_wait_memory(sk: Sock, timeo: int) -> int:
    """Sleep until the send buffer has room: the time left (ns), -EPIPE, -EAGAIN or -EINTR.

    If it has room now, the protocol is out of memory: then sleep a little, whatever happens.
    """
    if trace.sk_stream_wait_memory.enabled:
        trace.sk_stream_wait_memory.fire(sk)
    task = need_current()
    vm_wait = 0
    if sk_stream_memory_free(sk):
        jiffies = sk.sk_net.rand.u32() % VM_WAIT_JIFFIES
        vm_wait = VM_WAIT_MIN_NS + jiffies * const.TICK_NSEC
    while True:
        sock_set_bit(sk, uapi.SOCK_ASYNC_NOSPACE)
        if sk.sk_err or sk.sk_shutdown & uapi.SEND_SHUTDOWN:
            return -EPIPE
        if timeo == 0:
            return -EAGAIN
        if task.signal_pending():
            return sock_intr_errno(timeo)
        sock_clear_bit(sk, uapi.SOCK_ASYNC_NOSPACE)
        if vm_wait == 0 and sk_stream_memory_free(sk):
            return timeo
        sock_set_bit(sk, uapi.SOCK_NOSPACE)
        sk.sk_write_pending += 1
        try:
            if vm_wait:
                slept = vm_wait - wait_once(sk, vm_wait)
                if timeo != const.MAX_SCHEDULE_TIMEOUT:
                    timeo = timeo - slept if timeo > slept else 0
                vm_wait = 0
            else:
                timeo = wait_once(sk, timeo)
        finally:
            sk.sk_write_pending -= 1


def sk_stream_error(sk: Sock, flags: int, err: int) -> int:
    """What a failed send answers: for -EPIPE the reason, if the socket knows one.

    SIGPIPE is sent where -EPIPE becomes an exception: usr/signals, broken_pipe().
    """
    if err == -EPIPE:
        reason = sock_error(sk)
        return reason if reason else -EPIPE
    return err


def sk_stream_alloc_skb(sk: Sock, size: int) -> SkBuff | None:
    """An skb for size bytes of payload and all headers, its memory reserved; None under pressure.

    Exactly size bytes of tailroom: the rest is headroom.
    """
    size = size + 3 & ~3
    skb = alloc_skb(size + sk.sk_prot.max_header)
    if sk_wmem_schedule(sk, skb.truesize):
        skb.reserve(skb.shinfo.end - size)
        return skb
    kfree_skb_last(skb)
    sk.sk_prot.enter_memory_pressure(sk)
    sk_stream_moderate_sndbuf(sk)
    return None


def sk_stream_kill_queues(sk: Sock) -> None:
    """The connection is over for good: drop what was not read; all that was sent must be gone."""
    skb_queue_purge(sk.sk_receive_queue)
    if sk.sk_error_queue is not None:
        skb_queue_purge(sk.sk_error_queue)
    assert sk.sk_write_queue.first is None
    sk_mem_reclaim(sk)
    assert sk.sk_wmem_queued == 0
    assert sk.sk_forward_alloc == 0
