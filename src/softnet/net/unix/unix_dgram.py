"""SOCK_DGRAM and SOCK_SEQPACKET: messages, whole or cut, in order, never lost.

Linux: net/unix/af_unix.c (unix_dgram_connect, unix_dgram_sendmsg, unix_dgram_recvmsg,
unix_dgram_poll, unix_seqpacket_*)

A receiver takes at most net.unix.max_dgram_qlen messages from those it is not connected to; who
sends more waits (peer_wait). poll() of a sender whose peer is full hangs an entry there, peer_wake.
Read unix_dgram_sendmsg() first.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.poll as poll_
import softnet.uapi.socket as uapi
import softnet.uapi.tcp as tcp
from softnet.fs.file import File, PollTable, poll_wait
from softnet.kernel.sched import need_current
from softnet.kernel.wait import add_wait_queue, wake_up, wake_up_all
from softnet.net.core.datagram import (
    skb_copy_datagram_from_iovec,
    skb_copy_datagram_iovec,
    skb_free_datagram,
    skb_recv_datagram,
)
from softnet.net.core.scm import scm_destroy
from softnet.net.core.skbuff import kfree_skb, skb_queue_purge
from softnet.net.core.sock import (
    sk_filter,
    sock_alloc_send_skb,
    sock_error,
    sock_intr_errno,
    sock_put,
    sock_recv_timestamp,
    sock_set_bit,
    sock_sndtimeo,
)
from softnet.net.unix.garbage import wait_for_unix_gc
from softnet.net.unix.unix_conn import unix_wait_for_peer
from softnet.net.unix.unix_life import (
    unix_dgram_peer_wake_disconnect,
    unix_dgram_peer_wake_disconnect_wakeup,
    unix_set_peer,
)
from softnet.net.unix.unix_name import unix_autobind, unix_find_other, unix_mkname
from softnet.net.unix.unix_ops import UnixOps, unix_sk
from softnet.net.unix.unix_scm import (
    maybe_add_creds,
    passes_cred,
    take_cookie,
    unix_scm_recv,
    unix_scm_send,
    unix_scm_to_skb,
)
from softnet.net.unix.unix_stream import unix_copy_addr
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import MsgHdr, Sockaddr, Socket
from softnet.structs.unix_sock import (
    WRITABLE,
    PeerWake,
    UnixSock,
    unix_may_send,
    unix_net,
    unix_recvq_full,
    unix_writable,
)

MSG_OVERHEAD = 32  # bytes of the send buffer that no message may use


class UnixSeqpacketOps(UnixOps):
    """unix_seqpacket_ops: a connection that keeps messages apart."""

    __slots__ = ()

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        """unix_dgram_poll()"""
        return unix_dgram_poll(file, sock, unix_sk(sock), wait)

    def sendmsg(self, sock: Socket, msg: MsgHdr, size: int) -> int:
        """unix_seqpacket_sendmsg(): an address is ignored."""
        sk = unix_sk(sock)
        err = sock_error(sk)
        if err:
            return err
        if sk.sk_state != tcp.TCP_ESTABLISHED:
            return -errno.ENOTCONN
        msg.name = None
        return send(sk, msg, size)

    def recvmsg(self, sock: Socket, msg: MsgHdr, size: int, flags: int) -> int:
        """unix_seqpacket_recvmsg()"""
        sk = unix_sk(sock)
        if sk.sk_state != tcp.TCP_ESTABLISHED:
            return -errno.ENOTCONN
        return unix_dgram_recvmsg(sk, msg, size, flags)


class UnixDgramOps(UnixOps):
    """unix_dgram_ops"""

    __slots__ = ()

    def connect(self, sock: Socket, addr: Sockaddr, flags: int) -> int:
        """unix_dgram_connect()"""
        try:
            return unix_dgram_connect(unix_sk(sock), addr)
        except OSError as e:
            return -(e.errno or errno.EINVAL)

    def accept(self, sock: Socket, newsock: Socket, flags: int) -> int:
        """There are no connections."""
        return -errno.EOPNOTSUPP

    def listen(self, sock: Socket, backlog: int) -> int:
        """Nor can one wait for them."""
        return -errno.EOPNOTSUPP

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        """unix_dgram_poll()"""
        return unix_dgram_poll(file, sock, unix_sk(sock), wait)

    def sendmsg(self, sock: Socket, msg: MsgHdr, size: int) -> int:
        """unix_dgram_sendmsg()"""
        return send(unix_sk(sock), msg, size)

    def recvmsg(self, sock: Socket, msg: MsgHdr, size: int, flags: int) -> int:
        """unix_dgram_recvmsg()"""
        return unix_dgram_recvmsg(unix_sk(sock), msg, size, flags)


# ---- connect


def unix_dgram_connect(sk: UnixSock, addr: Sockaddr) -> int:
    """Send to addr from now on and hear only it; AF_UNSPEC: to and from anybody. 0 or -EPERM."""
    other: UnixSock | None = None
    if addr.family != uapi.AF_UNSPEC:
        unix_mkname(addr)
        if passes_cred(sk):
            unix_autobind(sk)
        other = unix_find_other(sk, addr)
        if not unix_may_send(sk, other):
            return -errno.EPERM
    old = sk.peer
    unix_set_peer(sk, other)
    if old is not None:
        unix_dgram_peer_wake_disconnect_wakeup(sk, old)
        if other is not old:
            unix_dgram_disconnected(sk, old)
        sock_put(old)
    return 0


def unix_dgram_disconnected(sk: UnixSock, other: UnixSock) -> None:
    """sk left other: what it had of it goes, and other hears of that if it is connected to sk."""
    if sk.sk_receive_queue.first is None:
        return
    skb_queue_purge(sk.sk_receive_queue)
    wake_up_all(sk.peer_wait)
    if not other.flag(const.SOCK_DEAD) and other.peer is sk:
        other.sk_err = errno.ECONNRESET
        other.sk_error_report()


# ---- sending


def send(sk: UnixSock, msg: MsgHdr, size: int) -> int:
    """unix_dgram_sendmsg() with its exceptions as -errno."""
    try:
        return unix_dgram_sendmsg(sk, msg, size)
    except OSError as e:
        return -(e.errno or errno.EINVAL)


def unix_dgram_sendmsg(sk: UnixSock, msg: MsgHdr, size: int) -> int:
    """Queue one message at its receiver: size, or -errno. Raises OSError for names, files, room."""
    host = unix_net(sk.sk_net).host
    if host.tot_inflight:
        wait_for_unix_gc(host)
    cookie = unix_scm_send(msg) if msg.control is not None else None
    try:
        if msg.flags & uapi.MSG_OOB:
            return -errno.EOPNOTSUPP
        if msg.name is not None:
            unix_mkname(msg.name)
        elif sk.peer is None:
            return -errno.ENOTCONN
        if passes_cred(sk):
            unix_autobind(sk)
        if size > sk.sk_sndbuf - MSG_OVERHEAD:
            return -errno.EMSGSIZE
        skb = sock_alloc_send_skb(sk, size, msg.flags & uapi.MSG_DONTWAIT != 0)
        try:
            level = unix_scm_to_skb(cookie, skb, True)
            skb.put(size)
            err = skb_copy_datagram_from_iovec(skb, 0, msg, size)
            if err == 0:
                err = deliver(sk, msg, skb, level)
        except BaseException:
            kfree_skb(skb)
            raise
        if err:
            kfree_skb(skb)
            return size if err > 0 else err
        return size
    finally:
        if cookie is not None:
            scm_destroy(cookie)


def deliver(sk: UnixSock, msg: MsgHdr, skb: SkBuff, level: int) -> int:
    """Find the receiver and queue skb there, when it has room.

    0: it has skb. 1: its filter did not want it. -errno: skb is still the caller's.
    """
    timeo = sock_sndtimeo(sk, msg.flags & uapi.MSG_DONTWAIT != 0)
    while True:
        if msg.name is not None:
            other = unix_find_other(sk, msg.name)
        elif sk.peer is not None:
            other = sk.peer
        else:
            return -errno.ECONNRESET
        if other.sk_filter is not None and sk_filter(other, skb) < 0:
            return 1
        if not unix_may_send(sk, other):
            return -errno.EPERM
        if other.flag(const.SOCK_DEAD):
            return peer_is_dead(sk, other)
        if other.sk_shutdown & uapi.RCV_SHUTDOWN:
            return -errno.EPIPE
        if other is sk or other.peer is sk or not unix_recvq_full(other):
            break
        if timeo == 0:
            if sk.peer is not other or unix_dgram_peer_wake_me(sk, other):
                return -errno.EAGAIN
            continue
        timeo = unix_wait_for_peer(other, timeo)
        if need_current().signal_pending():
            return sock_intr_errno(timeo)
    if other.flag(const.SOCK_RCVTSTAMP):
        skb.tstamp = sk.sk_net.machine.clock.now
    maybe_add_creds(skb, sk, other)
    length = skb.len
    other.sk_receive_queue.queue_tail(skb)
    if level >= other.recursion_level:
        other.recursion_level = level + 1
    other.sk_data_ready(length)
    return 0


def peer_is_dead(sk: UnixSock, other: UnixSock) -> int:
    """Who sk is connected to was closed: it is connected no more. -ECONNREFUSED."""
    assert sk.peer is other
    sk.peer = None
    unix_dgram_peer_wake_disconnect_wakeup(sk, other)
    unix_dgram_disconnected(sk, other)
    sock_put(other)
    return -errno.ECONNREFUSED


# ---- receiving


def unix_dgram_recvmsg(sk: UnixSock, msg: MsgHdr, size: int, flags: int) -> int:
    """The next message, at most size bytes of it, to msg: how many, or -errno.

    0 is an empty message, or the end. The length before cutting is not told, MSG_TRUNC or not: that
    came with 3.4.
    """
    if flags & uapi.MSG_OOB:
        return -errno.EOPNOTSUPP
    skb = skb_recv_datagram(sk, flags, flags & uapi.MSG_DONTWAIT != 0)
    if skb is None:
        err = sk.recv_error
        ended = sk.sk_type == uapi.SOCK_SEQPACKET and sk.sk_shutdown & uapi.RCV_SHUTDOWN != 0
        return 0 if err == -errno.EAGAIN and ended else err
    if sk.peer_wait.first is not None:
        wake_up(sk.peer_wait, WRITABLE)
    if msg.want_name:
        unix_copy_addr(msg, skb)
    if size > skb.len:
        size = skb.len
    elif size < skb.len:
        msg.flags |= uapi.MSG_TRUNC
    err = skb_copy_datagram_iovec(skb, 0, msg, size)
    if err == 0:
        if sk.flag(const.SOCK_RCVTSTAMP):
            sock_recv_timestamp(msg, sk, skb)
        if skb.cb is not None or passes_cred(sk):
            unix_scm_recv(sk, msg, take_cookie(skb, flags & uapi.MSG_PEEK != 0), flags)
    skb_free_datagram(sk, skb)
    return err or size


# ---- poll


def unix_dgram_poll(file: File, sock: Socket, sk: UnixSock, wait: PollTable | None) -> int:
    """Writable means: room in our send buffer, and in the queue of whom we are connected to."""
    poll_wait(file, sock.wq, wait)
    mask = poll_.POLLERR if sk.sk_err else 0
    if sk.sk_shutdown & uapi.RCV_SHUTDOWN:
        mask |= poll_.POLLRDHUP | poll_.POLLIN | poll_.POLLRDNORM
    if sk.sk_shutdown == uapi.SHUTDOWN_MASK:
        mask |= poll_.POLLHUP
    if sk.sk_receive_queue.first is not None:
        mask |= poll_.POLLIN | poll_.POLLRDNORM
    if sk.sk_type == uapi.SOCK_SEQPACKET and sk.sk_state == tcp.TCP_CLOSE:
        mask |= poll_.POLLHUP
    writable = unix_writable(sk)
    other = sk.peer
    if writable and other is not None and other.peer is not sk:
        if unix_recvq_full(other) and unix_dgram_peer_wake_me(sk, other):
            writable = False
    if writable:
        mask |= WRITABLE
    else:
        sock_set_bit(sk, uapi.SOCK_ASYNC_NOSPACE)
    return mask


def unix_dgram_peer_wake_me(sk: UnixSock, other: UnixSock) -> bool:
    """other's queue is full: have sk's sleepers woken when it is read. False: it is not, any more.

    Nobody would wake us for one that is dead: sending to it is an answer at once.
    """
    connected = unix_dgram_peer_wake_connect(sk, other)
    if unix_recvq_full(other) and not other.flag(const.SOCK_DEAD):
        return True
    if connected:
        unix_dgram_peer_wake_disconnect(sk, other)
    return False


def unix_dgram_peer_wake_connect(sk: UnixSock, other: UnixSock) -> bool:
    """Hang our entry on other's queue, unless it hangs somewhere."""
    if sk.peer_wake is None:
        sk.peer_wake = PeerWake(sk)
    if sk.peer_wake.peer is not None:
        return False
    sk.peer_wake.peer = other
    add_wait_queue(other.peer_wait, sk.peer_wake)
    return True


unix_dgram_ops = UnixDgramOps(uapi.AF_UNIX)
unix_seqpacket_ops = UnixSeqpacketOps(uapi.AF_UNIX)
