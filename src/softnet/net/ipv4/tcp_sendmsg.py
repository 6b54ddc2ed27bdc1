"""send(): from the user's buffer to the write queue.

Linux: net/ipv4/tcp.c (tcp_sendmsg, tcp_sendpage, tcp_push). RFC 793 3.8, 1122 4.2.2.2 (PSH).

Bytes that never change (a `bytes` object, COPY_MAX or more of it) are not copied: the skb refers to
them. All else is copied once: little into the linear part of an skb, much into a bytes object of
its own that the skb refers to.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.fcntl as fcntl
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import skb_fill_page_desc, skb_header_release
from softnet.net.core.sock import (
    lock_sock,
    release_sock,
    sk_mem_charge,
    sk_wmem_schedule,
    sock_sndtimeo,
)
from softnet.net.core.stream import (
    sk_stream_alloc_skb,
    sk_stream_error,
    sk_stream_wait_connect,
    sk_stream_wait_memory,
)
from softnet.net.ipv4.af_inet import inet_stream_connect_locked
from softnet.net.ipv4.tcp_connect import tcp_connect
from softnet.net.ipv4.tcp_fastopen import TFO_CLIENT_ENABLE, TcpFastopenRequest, has_fastopen
from softnet.net.ipv4.tcp_mss import tcp_current_mss, tcp_xmit_size_goal
from softnet.net.ipv4.tcp_notsent import tcp_stream_memory_free
from softnet.net.ipv4.tcp_rate import tcp_rate_check_app_limited
from softnet.net.ipv4.tcp_segment import (
    sk_wmem_free_skb,
    tcp_add_write_queue_tail,
    tcp_check_send_head,
    tcp_unlink_write_queue,
)
from softnet.net.ipv4.tcp_state import tcp_set_state
from softnet.net.ipv4.tcp_write import tcp_push_frames, tcp_push_one
from softnet.net.ipv4.tcp_zerocopy import tcp_zerocopy_alloc, tcp_zerocopy_sent
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import MsgHdr, Sockaddr
from softnet.structs.tcp import TcpSock

COPY_MAX = 1024  # bytes: less is copied even if it could be referred to
# What Linux puts into the linear part when the device gathers: the rest of a 2 KiB allocation.
LINEAR_MAX = 2048 - const.MAX_TCP_HEADER - const.SIZEOF_SKB_SHARED_INFO

EPIPE = 32
SENDING = 1 << tcp.TCP_ESTABLISHED | 1 << tcp.TCP_CLOSE_WAIT
NO_ROOM = -1
NO_MEMORY = -2


def tcp_sendmsg(tp: TcpSock, msg: MsgHdr, size: int) -> int:
    """Queue size bytes of msg and send what may go. Bytes taken, or -errno.

    Blocks for room unless MSG_DONTWAIT. Flags: MSG_OOB, MSG_MORE.
    """
    if trace.tcp_sendmsg.enabled:
        trace.tcp_sendmsg.fire(tp)
    lock_sock(tp)
    try:
        flags = msg.flags
        if flags & socket.MSG_FASTOPEN or tp.defer_connect:
            return tcp_sendmsg_fastopen(tp, msg, size)
        return tcp_sendmsg_connected(tp, msg, size)
    finally:
        release_sock(tp)


def tcp_sendmsg_connected(tp: TcpSock, msg: MsgHdr, size: int) -> int:
    """tcp_sendmsg() with the socket owned, and nothing to be done for Fast Open."""
    flags = msg.flags
    timeo = sock_sndtimeo(tp, flags & socket.MSG_DONTWAIT != 0)
    err = tcp_may_send(tp, timeo)
    if err < 0:
        return sk_stream_error(tp, flags, err)
    if err != const.MAX_SCHEDULE_TIMEOUT:
        timeo = err
    if flags & socket.MSG_ZEROCOPY and tp.sk_flags >> const.SOCK_ZEROCOPY & 1 and size:
        return tcp_sendmsg_zerocopy(tp, msg, size, timeo)
    return tcp_sendmsg_locked(tp, msg, size, timeo)


def tcp_sendmsg_zerocopy(tp: TcpSock, msg: MsgHdr, size: int, timeo: int) -> int:
    """The same for a MSG_ZEROCOPY that wants word: -ENOBUFS if too many answers were not read."""
    if not tcp_zerocopy_alloc(tp):
        return -errno.ENOBUFS
    sent = tcp_sendmsg_locked(tp, msg, size, timeo)
    tcp_zerocopy_sent(tp, sent, type(msg.iov) is not bytes or size < COPY_MAX)
    return sent


def tcp_sendmsg_fastopen(tp: TcpSock, msg: MsgHdr, size: int) -> int:
    """MSG_FASTOPEN: connect to msg.name with some of the data in the SYN, then send the rest.

    Without the sysctl a kernel that knows the flag answers EOPNOTSUPP, and one that does not ignores it.
    """
    if not tp.sysctl.fastopen & TFO_CLIENT_ENABLE:
        known = tp.sysctl.fastopen or has_fastopen(tp, "TCP_FASTOPEN")
        return -errno.EOPNOTSUPP if known else tcp_sendmsg_connected(tp, msg, size)
    if tp.fastopen_req is not None:
        return -errno.EALREADY
    fo = TcpFastopenRequest(msg.iov, msg.off, size)
    tp.fastopen_req = fo
    bias = 1 if size else 0  # the last ACK shall ride on what follows
    tp.sk_write_pending += bias
    try:
        err = tcp_connect_with(tp, msg)
    finally:
        tp.sk_write_pending -= bias
        tp.fastopen_req = None
    copied = fo.copied
    msg.off += copied
    if err == -errno.EINPROGRESS and copied:
        return copied
    if err:
        return sk_stream_error(tp, msg.flags, err)
    if copied == size:
        return copied
    sent = tcp_sendmsg_connected(tp, msg, size - copied)
    return sent + copied if sent >= 0 else copied or sent


def tcp_connect_with(tp: TcpSock, msg: MsgHdr) -> int:
    """The connect() of a MSG_FASTOPEN, or the one that waited for data. 0 or -errno."""
    sock = tp.sk_socket
    assert sock is not None
    addr = msg.name
    deferred = tp.defer_connect
    if deferred:
        tp.defer_connect = False
        err = tcp_connect(tp)
        if err:
            tcp_set_state(tp, tcp.TCP_CLOSE)
            tp.sk_route_caps = 0
            tp.inet_dport = 0
            return err
    elif addr is not None and addr.family == socket.AF_UNSPEC:
        return -errno.EOPNOTSUPP
    if addr is None or deferred:
        addr = Sockaddr(socket.AF_INET)
    flags = fcntl.O_NONBLOCK if msg.flags & socket.MSG_DONTWAIT else 0
    err = inet_stream_connect_locked(sock, tp, addr, flags)
    return -errno.EINPROGRESS if deferred and err == -errno.EALREADY else err


def tcp_may_send(tp: TcpSock, timeo: int) -> int:
    """Wait for the connection if it is being made: the time left (ns), or -errno."""
    if not SENDING >> tp.sk_state & 1 and tp.fastopen_rsk is None:
        timeo = sk_stream_wait_connect(tp, timeo)
        if timeo < 0:
            return timeo
    sock = tp.sk_socket
    if sock is not None:
        sock.flags &= ~(1 << socket.SOCK_ASYNC_NOSPACE)
    if tp.sk_err or tp.sk_shutdown & socket.SEND_SHUTDOWN:
        return -EPIPE
    return timeo


def tcp_sendmsg_locked(tp: TcpSock, msg: MsgHdr, size: int, timeo: int) -> int:
    """The loop of tcp_sendmsg()."""
    flags = msg.flags
    copied = 0
    rate = tp.rate
    if rate is not None:
        tcp_rate_check_app_limited(tp, rate)
    mss_now = tcp_current_mss(tp)
    size_goal = tcp_xmit_size_goal(tp, mss_now, not flags & socket.MSG_OOB)
    while copied < size:
        n = tcp_append(tp, msg, size - copied, size_goal, copied == 0)
        if n > 0:
            copied += n
            skb = tp.sk_write_queue.last
            assert skb is not None
            if copied == size or skb.len < size_goal or flags & socket.MSG_OOB:
                continue
            if forced_push(tp):
                tcp_mark_push(tp, skb)
                tcp_push_frames(tp, mss_now, const.TCP_NAGLE_PUSH)
            elif skb is tp.sk_send_head:
                tcp_push_one(tp, mss_now)
            continue
        sock = tp.sk_socket
        if n == NO_ROOM and sock is not None:
            sock.flags |= 1 << socket.SOCK_NOSPACE
        if copied:
            tcp_push(tp, flags & ~socket.MSG_MORE, mss_now, const.TCP_NAGLE_PUSH)
        timeo = sk_stream_wait_memory(tp, timeo)
        if timeo < 0:
            if copied:
                break
            return sk_stream_error(tp, flags, timeo)
        mss_now = tcp_current_mss(tp)
        size_goal = tcp_xmit_size_goal(tp, mss_now, not flags & socket.MSG_OOB)
    if copied:
        tcp_push(tp, flags, mss_now, tp.nonagle)
    return copied


def tcp_append(tp: TcpSock, msg: MsgHdr, left: int, size_goal: int, first: bool) -> int:
    """Put some of msg's left bytes behind what is queued; how many, or NO_ROOM, or NO_MEMORY.

    Fills the last skb if it was never sent, else begins a new one. first: of this call.
    """
    skb = tp.sk_write_queue.last
    room = 0
    if tp.sk_send_head is not None and skb is not None:
        room = size_goal - skb.len
        if skb.tailroom() == 0 and skb.shinfo.nr_frags >= const.MAX_SKB_FRAGS:
            tcp_mark_push(tp, skb)
            room = 0
    if room <= 0:
        if tp.sk_wmem_queued >= tp.sk_sndbuf or not tcp_stream_memory_free(tp):
            return NO_ROOM
        skb = sk_stream_alloc_skb(tp, 0 if left >= COPY_MAX else LINEAR_MAX)
        if skb is None:
            return NO_MEMORY
        skb.ip_summed = const.CHECKSUM_PARTIAL
        skb_entail(tp, skb)
        room = size_goal
    assert skb is not None
    n = left if left < room else room
    tailroom = skb.tailroom()
    try:
        if tailroom > 0:
            if n > tailroom:
                n = tailroom
            mem.copy_from_user(skb.ptr, skb.tail, msg.iov, msg.off, n)
            skb.put(n)
        elif not tcp_append_page(tp, skb, msg, n):
            return NO_MEMORY
    finally:
        if skb.len == 0:
            tcp_drop_empty(tp, skb)
    msg.off += n
    if first:
        skb.tcp_flags &= ~tcp.TCPHDR_PSH
    tp.write_seq = mem.u32(tp.write_seq + n)
    skb.end_seq = mem.u32(skb.end_seq + n)
    skb.shinfo.gso_segs = 0
    return n


def tcp_append_page(tp: TcpSock, skb: SkBuff, msg: MsgHdr, n: int) -> bool:
    """Let skb refer to the next n bytes of msg; False if memory is short."""
    if not sk_wmem_schedule(tp, n):
        return False
    iov = msg.iov
    if type(iov) is bytes:
        page = iov
        off = msg.off
        assert off + n <= len(page)
    else:
        page = bytes(memoryview(iov).cast("B")[msg.off : msg.off + n])
        off = 0
        assert len(page) == n
    skb_fill_page_desc(skb, page, off, n)
    skb.truesize += n
    tp.sk_wmem_queued += n
    sk_mem_charge(tp, n)
    return True


def tcp_drop_empty(tp: TcpSock, skb: SkBuff) -> None:
    """Nothing came into a new skb: take it off the queue again."""
    tcp_unlink_write_queue(tp, skb)
    tcp_check_send_head(tp, skb)
    sk_wmem_free_skb(tp, skb)


def skb_entail(tp: TcpSock, skb: SkBuff) -> None:
    """Queue an empty skb for new data."""
    skb.seq = tp.write_seq
    skb.end_seq = tp.write_seq
    skb.tcp_flags = tcp.TCPHDR_ACK
    skb.sacked = 0
    skb_header_release(skb)
    tcp_add_write_queue_tail(tp, skb)
    tp.sk_wmem_queued += skb.truesize
    sk_mem_charge(tp, skb.truesize)
    if tp.nonagle & const.TCP_NAGLE_PUSH:
        tp.nonagle &= ~const.TCP_NAGLE_PUSH


# ---- pushing


def forced_push(tp: TcpSock) -> bool:
    """Half of the peer's largest window without a PSH? It should look at what it has."""
    return mem.after(tp.write_seq, mem.u32(tp.pushed_seq + (tp.max_window >> 1)))


def tcp_mark_push(tp: TcpSock, skb: SkBuff) -> None:
    """Set PSH in skb, the last one."""
    skb.tcp_flags |= tcp.TCPHDR_PSH
    tp.pushed_seq = tp.write_seq


def tcp_push(tp: TcpSock, flags: int, mss_now: int, nonagle: int) -> None:
    """The call is done: set PSH and URG as it wants, and send what may go."""
    if tp.sk_send_head is None:
        return
    skb = tp.sk_write_queue.last
    assert skb is not None
    more = flags & socket.MSG_MORE != 0
    if not more or forced_push(tp):
        tcp_mark_push(tp, skb)
    if flags & socket.MSG_OOB:
        tp.snd_up = tp.write_seq
    tcp_push_frames(tp, mss_now, const.TCP_NAGLE_CORK if more else nonagle)
