"""SOCK_STREAM: bytes that go straight into the peer's receive queue.

Linux: net/unix/af_unix.c (unix_stream_sendmsg, unix_stream_recvmsg)

What was sent and not read counts against the sender's send buffer. Messages lose their ends, but a
receive does not go on over files, or from one writer to another where somebody asked who writes.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.socket as uapi
import softnet.uapi.tcp as tcp
from softnet.kernel.sched import need_current, schedule_timeout
from softnet.kernel.wait import finish_wait, prepare_to_wait, task_wait
from softnet.net.core.datagram import skb_copy_datagram_from_iovec, skb_copy_datagram_iovec
from softnet.net.core.scm import Creds, ScmCookie, scm_destroy
from softnet.net.core.skbuff import consume_skb, kfree_skb
from softnet.net.core.sock import (
    sock_alloc_send_skb,
    sock_error,
    sock_intr_errno,
    sock_rcvlowat,
    sock_rcvtimeo,
)
from softnet.net.unix.garbage import wait_for_unix_gc
from softnet.net.unix.unix_ops import UnixOps, unix_sk
from softnet.net.unix.unix_scm import (
    maybe_add_creds,
    passes_cred,
    take_cookie,
    unix_scm_recv,
    unix_scm_send,
    unix_scm_to_skb,
)
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import MsgHdr, SockaddrUn, Socket
from softnet.structs.unix_sock import UnixSock, unix_net

SKB_MAX_ALLOC = 16384 - const.SIZEOF_SKB_SHARED_INFO  # bytes one packet of a stream holds


class UnixStreamOps(UnixOps):
    """unix_stream_ops"""

    __slots__ = ()

    def sendmsg(self, sock: Socket, msg: MsgHdr, size: int) -> int:
        """unix_stream_sendmsg()"""
        try:
            return unix_stream_sendmsg(unix_sk(sock), msg, size)
        except OSError as e:
            return -(e.errno or errno.EINVAL)

    def recvmsg(self, sock: Socket, msg: MsgHdr, size: int, flags: int) -> int:
        """unix_stream_recvmsg()"""
        return unix_stream_recvmsg(unix_sk(sock), msg, size, flags)


# ---- sending


def unix_stream_sendmsg(sk: UnixSock, msg: MsgHdr, size: int) -> int:
    """Queue size bytes of msg at the peer. How many; -errno; raises OSError for bad control data.

    SIGPIPE is sent where -EPIPE becomes an exception: usr/signals, broken_pipe().
    """
    host = unix_net(sk.sk_net).host
    if host.tot_inflight:
        wait_for_unix_gc(host)
    cookie = unix_scm_send(msg) if msg.control is not None else None
    try:
        if msg.flags & uapi.MSG_OOB:
            return -errno.EOPNOTSUPP
        if msg.name is not None:
            return -errno.EISCONN if sk.sk_state == tcp.TCP_ESTABLISHED else -errno.EOPNOTSUPP
        if sk.peer is None:
            return -errno.ENOTCONN
        if sk.sk_shutdown & uapi.SEND_SHUTDOWN:
            return -errno.EPIPE
        sent = 0
        while sent < size:
            n = send_packet(sk, msg, size - sent, cookie, sent == 0)
            if n < 0:
                return sent if sent else n
            sent += n
        return sent
    finally:
        if cookie is not None:
            scm_destroy(cookie)


def send_packet(
    sk: UnixSock, msg: MsgHdr, size: int, cookie: ScmCookie | None, send_fds: bool
) -> int:
    """Queue one packet, of at most half the send buffer; its bytes, or -errno."""
    limit = (sk.sk_sndbuf >> 1) - 64  # two of them are under way, so that both ends have work
    if size > limit:
        size = limit
    if size > SKB_MAX_ALLOC:
        size = SKB_MAX_ALLOC
    try:
        skb = sock_alloc_send_skb(sk, size, msg.flags & uapi.MSG_DONTWAIT != 0)
    except OSError as e:
        return -(e.errno or errno.EPIPE)
    level = 0
    if cookie is not None:
        try:
            level = unix_scm_to_skb(cookie, skb, send_fds)
        except OSError as e:
            kfree_skb(skb)
            return -(e.errno or errno.ETOOMANYREFS)
    skb.put(size)
    err = skb_copy_datagram_from_iovec(skb, 0, msg, size)
    if err:
        kfree_skb(skb)
        return err
    other = sk.peer
    assert other is not None
    if other.sk_flags >> const.SOCK_DEAD & 1 or other.sk_shutdown & uapi.RCV_SHUTDOWN:
        kfree_skb(skb)
        return -errno.EPIPE
    maybe_add_creds(skb, sk, other)
    other.sk_receive_queue.queue_tail(skb)
    if level >= other.recursion_level:
        other.recursion_level = level + 1
    other.sk_data_ready(size)
    return size


# ---- receiving


def unix_stream_recvmsg(sk: UnixSock, msg: MsgHdr, size: int, flags: int) -> int:
    """Copy at most size bytes to msg: how many, 0 at the end, or -errno."""
    if sk.sk_state != tcp.TCP_ESTABLISHED:
        return -errno.EINVAL
    if flags & uapi.MSG_OOB:
        return -errno.EOPNOTSUPP
    target = sock_rcvlowat(sk, flags & uapi.MSG_WAITALL != 0, size)
    timeo = sock_rcvtimeo(sk, flags & uapi.MSG_DONTWAIT != 0)
    peek = flags & uapi.MSG_PEEK != 0
    copied = 0
    first = True
    writer: Creds | None = None
    files: ScmCookie | None = None
    q = sk.sk_receive_queue
    skb = q.first
    while copied < size:
        if skb is None:
            sk.recursion_level = 0
            if copied >= target:
                break
            err = sock_error(sk)
            if err or sk.sk_shutdown & uapi.RCV_SHUTDOWN:
                copied = copied if copied else err
                break
            if timeo == 0:
                copied = copied if copied else -errno.EAGAIN
                break
            timeo = unix_stream_data_wait(sk, timeo)
            if need_current().signal_pending():
                copied = copied if copied else sock_intr_errno(timeo)
                break
            skb = q.first
            continue
        if first:
            first = False
            writer = creds_of(skb)
            if msg.want_name:
                unix_copy_addr(msg, skb)
        elif creds_of(skb) != writer:
            break  # somebody else's bytes never stand in one answer with these
        chunk = skb.len if skb.len < size - copied else size - copied
        err = skb_copy_datagram_iovec(skb, 0, msg, chunk)
        if err:
            copied = copied if copied else err
            break
        copied += chunk
        if skb.cb is not None:  # its files are the receiver's even if it was read in part
            files = take_cookie(skb, peek)
        if peek:
            skb = skb.next
        elif chunk < skb.len:
            skb.pull(chunk)
            break
        else:
            q.dequeue()
            consume_skb(skb)
            skb = q.first
        if files is not None and files.fp:
            break
    if not first and (files is not None or passes_cred(sk)):
        give_ancillary(sk, msg, files, writer, flags)
    return copied


def creds_of(skb: SkBuff) -> Creds | None:
    """Who wrote it, where that was asked for."""
    cookie = skb.cb
    return cookie.creds if isinstance(cookie, ScmCookie) else None


def give_ancillary(
    sk: UnixSock, msg: MsgHdr, files: ScmCookie | None, writer: Creds | None, flags: int
) -> None:
    """What came beside the bytes."""
    cookie = files if files is not None else ScmCookie()
    cookie.creds = writer
    unix_scm_recv(sk, msg, cookie, flags)


def unix_copy_addr(msg: MsgHdr, skb: SkBuff) -> None:
    """The sender's name; none if it has none."""
    sender = skb.sk
    assert isinstance(sender, UnixSock)
    msg.name = SockaddrUn(sender.addr) if sender.addr is not None else None


def unix_stream_data_wait(sk: UnixSock, timeo: int) -> int:
    """Sleep until there is something to read, to report or to do; what is left of timeo (ns)."""
    wq = sk.sk_wq
    assert wq is not None
    task = need_current()
    entry = task_wait(task)
    while True:
        prepare_to_wait(wq, entry, const.TASK_INTERRUPTIBLE)
        if (
            sk.sk_receive_queue.first is not None
            or sk.sk_err
            or sk.sk_shutdown & uapi.RCV_SHUTDOWN
            or task.signal_pending()
            or timeo == 0
            or sk.flag(const.SOCK_DEAD)
        ):
            break
        try:
            timeo = schedule_timeout(timeo)
        except BaseException:
            finish_wait(wq, entry)
            raise
    finish_wait(wq, entry)
    return timeo


unix_stream_ops = UnixStreamOps(uapi.AF_UNIX)
