"""Connections: listen, connect, accept, socketpair, shutdown.

Linux: net/unix/af_unix.c (unix_listen, unix_stream_connect, unix_accept, unix_shutdown)

A connection waits for accept() as a packet of one byte's room in its listener's receive queue; the
packet belongs to the new sock. Read unix_stream_connect() first.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.fcntl as fcntl
import softnet.uapi.socket as uapi
import softnet.uapi.tcp as tcp
from softnet.kernel.sched import need_current, schedule_timeout
from softnet.kernel.wait import (
    finish_wait,
    prepare_to_wait_exclusive,
    task_wait,
    wake_up,
    wake_up_all,
)
from softnet.net.core.datagram import skb_free_datagram, skb_recv_datagram
from softnet.net.core.sock import sock_graft, sock_intr_errno, sock_sndtimeo, sock_wmalloc
from softnet.net.unix.unix_life import init_peercred, next_ino, unix_create1, unix_set_peer
from softnet.net.unix.unix_name import unix_autobind, unix_find_other, unix_mkname
from softnet.net.unix.unix_scm import passes_cred
from softnet.structs.socket import SS_CONNECTED, Sockaddr, Socket
from softnet.structs.unix_sock import UnixSock, unix_recvq_full


def unix_stream_connect(sock: Socket, sk: UnixSock, addr: Sockaddr, flags: int) -> int:
    """Connect sk to the listener called addr: at once, or when its backlog has room.

    0, -EAGAIN (it has none, and sk does not block), -ECONNREFUSED, -EISCONN, -EINVAL; raises
    OSError for a name that leads nowhere.
    """
    unix_mkname(addr)
    if passes_cred(sk):
        unix_autobind(sk)
    timeo = sock_sndtimeo(sk, flags & fcntl.O_NONBLOCK != 0)
    while True:
        other = unix_find_other(sk, addr)
        if other.sk_state != tcp.TCP_LISTEN or other.sk_shutdown & uapi.RCV_SHUTDOWN:
            return -errno.ECONNREFUSED
        if not unix_recvq_full(other):
            break
        if timeo == 0:
            return -errno.EAGAIN
        timeo = unix_wait_for_peer(other, timeo)
        if need_current().signal_pending():
            return sock_intr_errno(timeo)
    if sk.sk_state != tcp.TCP_CLOSE:
        return -errno.EISCONN if sk.sk_state == tcp.TCP_ESTABLISHED else -errno.EINVAL
    queue_connection(sk, other)
    sock.state = SS_CONNECTED
    return 0


def queue_connection(sk: UnixSock, other: UnixSock) -> None:
    """Make the other end of sk and leave it with the listener."""
    newsk = unix_create1(sk.sk_net, None, sk.sk_type)
    skb = sock_wmalloc(newsk, 1, False)
    assert skb is not None
    unix_set_peer(newsk, sk)
    newsk.sk_state = tcp.TCP_ESTABLISHED
    init_peercred(newsk)
    newsk.addr = other.addr
    sk.sk_peer_pid = other.sk_peer_pid  # copy_peercred(): who called listen()
    sk.sk_peer_uid = other.sk_peer_uid
    sk.sk_peer_gid = other.sk_peer_gid
    sk.sk_state = tcp.TCP_ESTABLISHED
    unix_set_peer(sk, newsk)
    other.sk_receive_queue.queue_tail(skb)
    other.sk_data_ready(0)


def unix_wait_for_peer(other: UnixSock, timeo: int) -> int:
    """Sleep until other's queue was read, or other is gone; what is left of timeo (ns)."""
    entry = task_wait(need_current())
    prepare_to_wait_exclusive(other.peer_wait, entry, const.TASK_INTERRUPTIBLE)
    try:
        if (
            not other.flag(const.SOCK_DEAD)
            and not other.sk_shutdown & uapi.RCV_SHUTDOWN
            and unix_recvq_full(other)
        ):
            timeo = schedule_timeout(timeo)
    finally:
        finish_wait(other.peer_wait, entry)
    return timeo


def unix_accept(sk: UnixSock, newsock: Socket, flags: int) -> int:
    """The oldest connection goes to newsock: 0, -EINVAL (no listener), -EAGAIN, -EINTR."""
    if sk.sk_state != tcp.TCP_LISTEN:
        return -errno.EINVAL
    skb = skb_recv_datagram(sk, 0, flags & fcntl.O_NONBLOCK != 0)
    if skb is None:
        return sk.recv_error or -errno.EINVAL  # 0: receiving was shut down
    tsk = skb.sk
    assert isinstance(tsk, UnixSock)
    skb_free_datagram(sk, skb)
    wake_up(sk.peer_wait)
    newsock.state = SS_CONNECTED
    sock_graft(tsk, newsock)
    tsk.sk_ino = next_ino(tsk)
    return 0


def unix_listen(sk: UnixSock, backlog: int) -> int:
    """0, or -EINVAL: sk has no name, or is connected."""
    if sk.addr is None or sk.sk_state not in (tcp.TCP_CLOSE, tcp.TCP_LISTEN):
        return -errno.EINVAL
    if backlog > sk.sk_max_ack_backlog:
        wake_up_all(sk.peer_wait)
    sk.sk_max_ack_backlog = backlog
    sk.sk_state = tcp.TCP_LISTEN
    init_peercred(sk)
    return 0


def unix_socketpair(a: Socket, ska: UnixSock, b: Socket, skb: UnixSock) -> None:
    """Join two fresh sockets."""
    unix_set_peer(ska, skb)
    unix_set_peer(skb, ska)
    init_peercred(ska)
    init_peercred(skb)
    if ska.sk_type != uapi.SOCK_DGRAM:
        ska.sk_state = skb.sk_state = tcp.TCP_ESTABLISHED
        a.state = b.state = SS_CONNECTED


def unix_shutdown(sk: UnixSock, how: int) -> int:
    """End sk's sending or receiving; a connection's peer cannot receive or send then. 0, -EINVAL."""
    if how not in (uapi.SHUT_RD, uapi.SHUT_WR, uapi.SHUT_RDWR):
        return -errno.EINVAL
    mode = how + 1
    sk.sk_shutdown |= mode
    sk.sk_state_change()
    peer = sk.peer
    if peer is not None and sk.sk_type != uapi.SOCK_DGRAM:
        if mode & uapi.RCV_SHUTDOWN:
            peer.sk_shutdown |= uapi.SEND_SHUTDOWN
        if mode & uapi.SEND_SHUTDOWN:
            peer.sk_shutdown |= uapi.RCV_SHUTDOWN
        peer.sk_state_change()
    return 0
