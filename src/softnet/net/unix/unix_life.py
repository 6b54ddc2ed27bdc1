"""The beginning and the end of a UNIX sock.

Linux: net/unix/af_unix.c (unix_create1, unix_release_sock, unix_sock_destructor)
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.socket as uapi
import softnet.uapi.tcp as tcp
from softnet.kernel.sched import current
from softnet.kernel.wait import remove_wait_queue, wake_up, wake_up_all
from softnet.net.core.skbuff import kfree_skb, skb_queue_purge
from softnet.net.core.sock import (
    sk_alloc,
    sock_hold,
    sock_init_data,
    sock_orphan,
    sock_prot_inuse_add,
    sock_put,
)
from softnet.net.unix.garbage import unix_gc
from softnet.net.unix.unix_name import unix_remove_socket
from softnet.structs.net_namespace import Net
from softnet.structs.sock import Proto, Sock
from softnet.structs.socket import Socket
from softnet.structs.unix_sock import WRITABLE, UnixSock, unix_net


class UnixProto(Proto):
    """unix_proto"""

    __slots__ = ()

    def alloc(self, net: Net, family: int) -> Sock:
        """A UnixSock."""
        return UnixOwnSock(self, net, family)


class UnixOwnSock(UnixSock):
    """UnixSock with its destructor, which needs net/core."""

    __slots__ = ()

    def sk_destruct(self) -> None:
        """unix_sock_destructor()"""
        assert self.flag(const.SOCK_DEAD), "a UNIX sock freed alive"
        assert self.inflight == 0
        skb_queue_purge(self.sk_receive_queue)
        self.addr = None
        sock_prot_inuse_add(self.sk_net, self.sk_prot, -1)


unix_proto = UnixProto("UNIX")


def unix_create1(net: Net, sock: Socket | None, type: int) -> UnixSock:
    """A sock in its first state, joined to sock; without one it is a connection not accepted yet."""
    sk = sk_alloc(net, uapi.AF_UNIX, unix_proto)
    assert isinstance(sk, UnixSock)
    sock_init_data(sock, sk)
    unx = unix_net(net)
    sk.sk_type = type
    sk.sk_max_ack_backlog = unx.sysctl_max_dgram_qlen
    if sock is not None:
        sk.sk_ino = next_ino(sk)
    unx.sockets[sk] = None
    sock_prot_inuse_add(net, unix_proto, 1)
    return sk


def next_ino(sk: UnixSock) -> int:
    """get_next_ino(): for a sock that has a file now."""
    host = unix_net(sk.sk_net).host
    host.last_ino += 1
    return host.last_ino


def unix_release_sock(sk: UnixSock, embryo: bool) -> None:
    """Tell the peer, drop what nobody will read. Gives up one reference.

    embryo: a connection that was never accepted, as its listener goes.
    """
    unix_remove_socket(sk)
    sock_orphan(sk)
    sk.sk_shutdown = uapi.SHUTDOWN_MASK
    state = sk.sk_state
    sk.sk_state = tcp.TCP_CLOSE
    wake_up_all(sk.peer_wait)
    peer = sk.peer
    if peer is not None:
        if sk.sk_type != uapi.SOCK_DGRAM:
            peer.sk_shutdown = uapi.SHUTDOWN_MASK
            if sk.sk_receive_queue.first is not None or embryo:
                peer.sk_err = errno.ECONNRESET
            peer.sk_state_change()
        unix_dgram_peer_wake_disconnect(sk, peer)
        sk.peer = None
        sock_put(peer)
    while True:
        skb = sk.sk_receive_queue.dequeue()
        if skb is None:
            break
        if state == tcp.TCP_LISTEN:
            waiting = skb.sk
            assert isinstance(waiting, UnixSock)
            unix_release_sock(waiting, True)
        kfree_skb(skb)
    host = unix_net(sk.sk_net).host
    sock_put(sk)
    if host.tot_inflight:
        unix_gc(host)


def unix_set_peer(sk: UnixSock, other: UnixSock | None) -> None:
    """unix_peer(sk) = other, which is held from now on. The old one is the caller's to put."""
    if other is not None:
        sock_hold(other)
    sk.peer = other


def init_peercred(sk: UnixSock) -> None:
    """What SO_PEERCRED of who connects to sk will say: the caller, who is root."""
    task = current()
    sk.sk_peer_pid = task.pid if task is not None else 0
    sk.sk_peer_uid = sk.sk_peer_gid = 0


def unix_dgram_peer_wake_disconnect(sk: UnixSock, other: UnixSock) -> None:
    """sk does not listen to other's queue any more, if it did."""
    entry = sk.peer_wake
    if entry is not None and entry.peer is other:
        if entry.whead is not None:
            remove_wait_queue(entry.whead, entry)
        entry.peer = None


def unix_dgram_peer_wake_disconnect_wakeup(sk: UnixSock, other: UnixSock) -> None:
    """The same; and who waited for room in other's queue looks again."""
    unix_dgram_peer_wake_disconnect(sk, other)
    if sk.sk_wq is not None:
        wake_up(sk.sk_wq, WRITABLE)
