"""struct unix_sock: a socket that reaches only this host's other sockets; what it leaves in Net.

Linux: include/net/af_unix.h, include/net/netns/unix.h; the tables are net/unix/af_unix.c's.

A name is bytes: a path; or an abstract name, whose first byte is NUL. Sockets are told apart by
type as well: "\\0x" of SOCK_STREAM and "\\0x" of SOCK_DGRAM are two names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.uapi.poll as poll
from softnet.kernel.wait import WaitQueueEntry, WaitQueueHead, remove_wait_queue, wake_up
from softnet.structs.sock import Proto, Sock

if TYPE_CHECKING:
    from softnet.fs.namei import Inode
    from softnet.structs.net_namespace import Net

WRITABLE = poll.POLLOUT | poll.POLLWRNORM | poll.POLLWRBAND


class UnixHost:
    """What the kernel keeps in globals: one for all namespaces of a host."""

    __slots__ = ("gc_in_progress", "gc_inflight", "last_ino", "ordernum", "tot_inflight")

    gc_inflight: dict[UnixSock, None]  # gc_inflight_list: sockets that are in some message
    tot_inflight: int  # unix_tot_inflight: how often
    gc_in_progress: bool
    ordernum: int  # the next name that autobind tries
    last_ino: int  # the last inode number of a socket

    def __init__(self) -> None:
        self.gc_inflight = {}
        self.tot_inflight = 0
        self.gc_in_progress = False
        self.ordernum = 1
        self.last_ino = 0


class UnixNet:
    """struct netns_unix, and the sockets of the namespace."""

    __slots__ = ("abstract", "host", "sockets", "sysctl_max_dgram_qlen")

    host: UnixHost
    sysctl_max_dgram_qlen: int
    abstract: dict[tuple[int, bytes], UnixSock]  # by type and name
    sockets: dict[UnixSock, None]  # unix_socket_table: all of them, oldest first

    def __init__(self, host: UnixHost) -> None:
        self.host = host
        self.sysctl_max_dgram_qlen = 10
        self.abstract = {}
        self.sockets = {}


class UnixSock(Sock):
    """struct unix_sock. `peer` is a reference, held for as long as it stands there."""

    __slots__ = (
        "addr",
        "gc_candidate",
        "gc_maybe_cycle",
        "inflight",
        "inode",
        "peer",
        "peer_wait",
        "peer_wake",
        "recursion_level",
    )

    addr: bytes | None  # the name it is bound to; an accepted one has its listener's
    inode: Inode | None  # of a path: the file's, kept while the socket is bound to it
    peer: UnixSock | None
    peer_wait: WaitQueueHead  # who wants our full receive queue to be read
    peer_wake: PeerWake | None  # our entry on the peer's: poll() saw its queue full
    inflight: int  # how often this socket's file is in a message
    recursion_level: int  # how deep messages with sockets lie in our receive queue
    gc_candidate: bool
    gc_maybe_cycle: bool

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        Sock.__init__(self, prot, net, family)
        self.addr = None
        self.inode = None
        self.peer = None
        self.peer_wait = WaitQueueHead("unix peer")
        self.peer_wake = None
        self.inflight = 0
        self.recursion_level = 0
        self.gc_candidate = False
        self.gc_maybe_cycle = False

    def sk_write_space(self) -> None:
        """unix_write_space(): a quarter of the send buffer is in use, or less."""
        if self.sk_wmem_alloc << 2 <= self.sk_sndbuf:
            wq = self.sk_wq
            if wq is not None and wq.first is not None:
                wake_up(wq, WRITABLE)


class PeerWake(WaitQueueEntry):
    """u->peer_wake: hangs on a peer's peer_wait, and passes its wake-up on to our own sleepers."""

    __slots__ = ("peer", "sk")

    sk: UnixSock
    peer: UnixSock | None  # whose queue it hangs on

    def __init__(self, sk: UnixSock) -> None:
        WaitQueueEntry.__init__(self)
        self.sk = sk
        self.peer = None

    def func(self, key: int) -> int:
        """unix_dgram_peer_wake_relay(): once, until the next poll() hangs it up again."""
        self.peer = None
        if self.whead is not None:
            remove_wait_queue(self.whead, self)
        wq = self.sk.sk_wq
        if wq is not None:
            wake_up(wq, key)
        return 0


def unix_net(net: Net) -> UnixNet:
    """net->unx"""
    unx = net.unx
    assert isinstance(unx, UnixNet)
    return unx


def unix_writable(sk: UnixSock) -> bool:
    """Are three quarters of the send buffer free? That is when poll() says POLLOUT."""
    return sk.sk_wmem_alloc << 2 <= sk.sk_sndbuf


def unix_recvq_full(sk: UnixSock) -> bool:
    """Are there more messages, or connections, in sk's queue than its backlog?"""
    return sk.sk_receive_queue.qlen > sk.sk_max_ack_backlog


def unix_may_send(sk: UnixSock, other: UnixSock) -> bool:
    """May a datagram go from sk to other? Who is connected hears only its peer."""
    return other.peer is None or other.peer is sk
