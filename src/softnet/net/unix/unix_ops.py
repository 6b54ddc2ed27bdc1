"""What can be asked of every UNIX socket, whatever its type: struct proto_ops, the common half.

Linux: net/unix/af_unix.c (unix_release, unix_getname, unix_ioctl, unix_poll)
"""

from __future__ import annotations

import errno

import softnet.uapi.poll as poll_
import softnet.uapi.socket as uapi
import softnet.uapi.sockios as sockios
import softnet.uapi.tcp as tcp
from softnet.fs.file import File, PollTable, poll_wait
from softnet.net.core.sock import sk_wmem_alloc_get
from softnet.net.unix.unix_conn import (
    unix_accept,
    unix_listen,
    unix_shutdown,
    unix_socketpair,
    unix_stream_connect,
)
from softnet.net.unix.unix_life import unix_release_sock
from softnet.net.unix.unix_name import failure, unix_bind
from softnet.structs.socket import ProtoOps, Sockaddr, SockaddrUn, Socket
from softnet.structs.unix_sock import WRITABLE, UnixSock, unix_writable


def unix_sk(sock: Socket) -> UnixSock:
    """unix_sk(sock->sk)"""
    sk = sock.sk
    assert isinstance(sk, UnixSock)
    return sk


class UnixOps(ProtoOps):
    """A connection's: SOCK_STREAM takes it as it is, SOCK_SEQPACKET with messages."""

    __slots__ = ()

    def release(self, sock: Socket) -> int:
        """unix_release()"""
        if sock.sk is not None:
            sk = unix_sk(sock)
            sock.sk = None
            unix_release_sock(sk, False)
        return 0

    def bind(self, sock: Socket, addr: Sockaddr) -> int:
        """unix_bind()"""
        try:
            unix_bind(unix_sk(sock), addr)
        except OSError as e:
            return -(e.errno or errno.EINVAL)
        return 0

    def connect(self, sock: Socket, addr: Sockaddr, flags: int) -> int:
        """unix_stream_connect()"""
        try:
            return unix_stream_connect(sock, unix_sk(sock), addr, flags)
        except OSError as e:
            return -(e.errno or errno.EINVAL)

    def socketpair(self, sock: Socket, other: Socket) -> int:
        """unix_socketpair()"""
        unix_socketpair(sock, unix_sk(sock), other, unix_sk(other))
        return 0

    def accept(self, sock: Socket, newsock: Socket, flags: int) -> int:
        """unix_accept()"""
        return unix_accept(unix_sk(sock), newsock, flags)

    def getname(self, sock: Socket, peer: int) -> Sockaddr:
        """unix_getname(): an unnamed one has no bytes. A peer that was closed keeps its name."""
        sk = unix_sk(sock)
        if peer:
            if sk.peer is None:
                raise failure(errno.ENOTCONN)
            sk = sk.peer
        return SockaddrUn(sk.addr or b"")

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        """unix_poll()"""
        sk = unix_sk(sock)
        poll_wait(file, sock.wq, wait)
        mask = poll_.POLLERR if sk.sk_err else 0
        if sk.sk_shutdown == uapi.SHUTDOWN_MASK:
            mask |= poll_.POLLHUP
        if sk.sk_shutdown & uapi.RCV_SHUTDOWN:
            mask |= poll_.POLLRDHUP | poll_.POLLIN | poll_.POLLRDNORM
        if sk.sk_receive_queue.first is not None:
            mask |= poll_.POLLIN | poll_.POLLRDNORM
        if sk.sk_state == tcp.TCP_CLOSE:
            mask |= poll_.POLLHUP
        if unix_writable(sk):
            mask |= WRITABLE
        return mask

    def ioctl(self, sock: Socket, cmd: int, arg: object) -> object:
        """unix_ioctl(): bytes that the peer has not read (SIOCOUTQ), that we have not (SIOCINQ)."""
        sk = unix_sk(sock)
        if cmd == sockios.SIOCOUTQ:
            return sk_wmem_alloc_get(sk)
        if cmd == sockios.SIOCINQ:
            return unix_inq_len(sk)
        raise failure(errno.ENOTTY)

    def listen(self, sock: Socket, backlog: int) -> int:
        """unix_listen()"""
        return unix_listen(unix_sk(sock), backlog)

    def shutdown(self, sock: Socket, how: int) -> int:
        """unix_shutdown()"""
        return unix_shutdown(unix_sk(sock), how)


def unix_inq_len(sk: UnixSock) -> int:
    """All that is unread of a connection, the next message of the others; OSError(EINVAL)."""
    if sk.sk_state == tcp.TCP_LISTEN:
        raise failure(errno.EINVAL)
    total = 0
    skb = sk.sk_receive_queue.first
    while skb is not None:
        total += skb.len
        skb = skb.next if sk.sk_type != uapi.SOCK_DGRAM else None
    return total
