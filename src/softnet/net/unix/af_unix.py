"""AF_UNIX stream sockets: a pair whose ends write straight into each other's receive queue.

Linux: net/unix/af_unix.c, unix(7)

A name is a path or, beginning with NUL, abstract; connect() finds its listener by it.
What was sent and not read counts against the sender's send buffer, and files may travel along
(SCM_RIGHTS). Differs from Linux: a path is a name in the host's table, not a file, and goes with
the socket that was bound to it.
"""

from __future__ import annotations

import errno
from collections import deque

import softnet.arch.const as const
import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll_
import softnet.uapi.socket as uapi
import softnet.uapi.sockios as sockios
import softnet.uapi.tcp as tcp
from softnet.fs.file import FdTable, File, PollTable, poll_wait
from softnet.kernel.sched import current, need_current, schedule_timeout
from softnet.kernel.wait import (
    TaskWait,
    WaitQueueHead,
    finish_wait,
    prepare_to_wait,
    prepare_to_wait_exclusive,
    wake_up,
    wake_up_all,
)
from softnet.net.core.datagram import skb_copy_datagram_from_iovec, skb_copy_datagram_iovec
from softnet.net.core.scm import ScmCookie, scm_destroy, scm_fp_dup, scm_recv, scm_send
from softnet.net.core.skbuff import consume_skb, kfree_skb, skb_queue_purge
from softnet.net.core.sock import (
    lock_sock,
    proto_register,
    release_sock,
    sk_alloc,
    sk_wait_unlocked,
    sock_alloc_send_skb,
    sock_error,
    sock_graft,
    sock_init_data,
    sock_intr_errno,
    sock_orphan,
    sock_prot_inuse_add,
    sock_put,
    sock_rcvlowat,
    sock_rcvtimeo,
    sock_sndtimeo,
)
from softnet.net.socket import sock_register
from softnet.structs.net_namespace import Net
from softnet.structs.skbuff import SkbDestructor, SkBuff
from softnet.structs.sock import Proto, Sock
from softnet.structs.socket import (
    SS_CONNECTED,
    SS_UNCONNECTED,
    MsgHdr,
    NetProtoFamily,
    ProtoOps,
    Sockaddr,
    SockaddrUn,
    Socket,
)

SKB_MAX_ALLOC = 16384 - const.SIZEOF_SKB_SHARED_INFO  # bytes one packet of a stream holds
AUTOBIND_NAMES = 1 << 20


class UnixSock(Sock):
    """struct unix_sock."""

    __slots__ = ("addr", "embryos", "listener", "peer", "peer_wait")

    addr: bytes | None  # the name it is bound to
    peer: UnixSock | None
    embryos: deque[UnixSock]  # of a listener: connected, not accepted
    listener: UnixSock | None  # of an embryo
    peer_wait: WaitQueueHead  # of a listener: who connects while the queue is full

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        Sock.__init__(self, prot, net, family)
        self.addr = None
        self.peer = None
        self.embryos = deque()
        self.listener = None
        self.peer_wait = WaitQueueHead("unix connect")

    def sk_write_space(self) -> None:
        """unix_write_space()"""
        if unix_writable(self) and self.sk_wq is not None:
            wake_up(self.sk_wq, poll_.POLLOUT | poll_.POLLWRNORM | poll_.POLLWRBAND)

    def sk_destruct(self) -> None:
        """unix_sock_destructor()"""
        skb_queue_purge(self.sk_receive_queue)
        sock_prot_inuse_add(self.sk_net, self.sk_prot, -1)


class UnixProto(Proto):
    """unix_proto"""

    __slots__ = ()

    def alloc(self, net: Net, family: int) -> Sock:
        """A UnixSock."""
        return UnixSock(self, net, family)


class UnixWfree(SkbDestructor):
    """unix_destruct_scm(): a packet with files was read, or dropped; so are they."""

    __slots__ = ("wfree",)

    wfree: SkbDestructor  # sock_wfree()

    def __init__(self, wfree: SkbDestructor) -> None:
        self.wfree = wfree

    def destruct(self, skb: SkBuff) -> None:
        """Give back files and room."""
        cookie = skb.cb
        skb.cb = None
        if isinstance(cookie, ScmCookie):
            scm_destroy(cookie)
        self.wfree.destruct(skb)


unix_proto = UnixProto("UNIX")


def unix_sk(sock: Socket) -> UnixSock:
    """unix_sk(sock->sk)"""
    sk = sock.sk
    assert isinstance(sk, UnixSock)
    return sk


def unix_writable(sk: UnixSock) -> bool:
    """Is three quarters of the send buffer free?"""
    return sk.sk_wmem_alloc << 2 <= sk.sk_sndbuf


# ---- socket(), and the end


class UnixFamily(NetProtoFamily):
    """unix_family_ops"""

    __slots__ = ()

    def create(self, net: Net, sock: Socket, protocol: int, kern: int) -> int:
        """unix_create(): 0, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT."""
        if protocol not in (0, uapi.AF_UNIX):
            return -errno.EPROTONOSUPPORT
        if sock.type != uapi.SOCK_STREAM:
            return -errno.ESOCKTNOSUPPORT
        sock.state = SS_UNCONNECTED
        sock.ops = unix_stream_ops
        unix_create1(net, sock)
        return 0


def unix_create1(net: Net, sock: Socket | None) -> UnixSock:
    """A sock in its first state; joined to sock, or an embryo's without one."""
    sk = sk_alloc(net, uapi.AF_UNIX, unix_proto)
    assert isinstance(sk, UnixSock)
    sock_init_data(sock, sk)
    sk.sk_type = uapi.SOCK_STREAM
    sk.sk_max_ack_backlog = 10  # net.unix.max_dgram_qlen, until listen()
    sock_prot_inuse_add(net, unix_proto, 1)
    return sk


def unix_release_sock(sk: UnixSock) -> None:
    """unix_release_sock(): tell the peer, drop what nobody will read. Gives up one reference."""
    sock_orphan(sk)
    sk.sk_shutdown = uapi.SHUTDOWN_MASK
    if sk.addr is not None and names(sk, sk.addr).get(sk.addr) is sk:
        del names(sk, sk.addr)[sk.addr]
    sk.addr = None
    sk.sk_state = tcp.TCP_CLOSE
    wake_up_all(sk.peer_wait)
    unread = sk.sk_receive_queue.first is not None or sk.listener is not None
    peer = sk.peer
    if peer is not None:
        sk.peer = None
        peer.sk_shutdown = uapi.SHUTDOWN_MASK
        if unread:
            peer.sk_err = errno.ECONNRESET
        peer.sk_state_change()
        if peer.peer is sk:
            peer.peer = None
    skb_queue_purge(sk.sk_receive_queue)
    while sk.embryos:
        unix_release_sock(sk.embryos.popleft())
    sock_put(sk)


# ---- names


def names(sk: UnixSock, name: bytes) -> dict[bytes, UnixSock]:
    """The table that name belongs in: abstract ones are the namespace's, paths the host's."""
    net = sk.sk_net if name[:1] == b"\0" else sk.sk_net.nets[0]
    table = net.gen.setdefault("unix", {})
    assert isinstance(table, dict)
    return table


def unix_find_other(sk: UnixSock, addr: Sockaddr) -> UnixSock | None:
    """unix_find_other(): whoever is bound to addr."""
    assert isinstance(addr, SockaddrUn)
    return names(sk, addr.path).get(addr.path)


def unix_autobind(sk: UnixSock) -> int:
    """unix_autobind(): an abstract name of five hex digits."""
    for _ in range(AUTOBIND_NAMES):
        name = b"\0%05x" % (sk.sk_net.rand.u32() % AUTOBIND_NAMES)
        if name not in names(sk, name):
            sk.addr = name
            names(sk, name)[name] = sk
            return 0
    return -errno.ENOSPC


# ---- the calls


class UnixStreamOps(ProtoOps):
    """unix_stream_ops"""

    __slots__ = ()

    def release(self, sock: Socket) -> int:
        """unix_release()"""
        if sock.sk is not None:
            sk = unix_sk(sock)
            sock.sk = None
            unix_release_sock(sk)
        return 0

    def bind(self, sock: Socket, addr: Sockaddr) -> int:
        """unix_bind()"""
        sk = unix_sk(sock)
        if not isinstance(addr, SockaddrUn):
            return -errno.EINVAL
        if sk.addr is not None:
            return -errno.EINVAL
        if not addr.path:
            return unix_autobind(sk)
        table = names(sk, addr.path)
        if addr.path in table:
            return -errno.EADDRINUSE
        sk.addr = addr.path
        table[addr.path] = sk
        return 0

    def connect(self, sock: Socket, addr: Sockaddr, flags: int) -> int:
        """unix_stream_connect()"""
        return unix_stream_connect(sock, addr, flags)

    def socketpair(self, sock: Socket, other: Socket) -> int:
        """unix_socketpair()"""
        a, b = unix_sk(sock), unix_sk(other)
        join(a, b)
        sock.state = SS_CONNECTED
        other.state = SS_CONNECTED
        return 0

    def accept(self, sock: Socket, newsock: Socket, flags: int) -> int:
        """unix_accept()"""
        return unix_accept(unix_sk(sock), newsock, flags)

    def getname(self, sock: Socket, peer: int) -> Sockaddr:
        """unix_getname(): an unnamed one has no bytes."""
        sk = unix_sk(sock)
        if peer:
            if sk.peer is None and sk.sk_state != tcp.TCP_ESTABLISHED:
                raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
            if sk.peer is None:
                return SockaddrUn(b"")
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
        if sk.sk_receive_queue.first is not None or sk.embryos:
            mask |= poll_.POLLIN | poll_.POLLRDNORM
        if sk.sk_state == tcp.TCP_CLOSE:
            mask |= poll_.POLLHUP
        if unix_writable(sk):
            mask |= poll_.POLLOUT | poll_.POLLWRNORM | poll_.POLLWRBAND
        return mask

    def ioctl(self, sock: Socket, cmd: int, arg: object) -> object:
        """unix_ioctl(): how much is unread, here (SIOCINQ) or at the peer (SIOCOUTQ)."""
        sk = unix_sk(sock)
        if cmd == sockios.SIOCOUTQ:
            return sk.sk_wmem_alloc - 1
        if cmd == sockios.SIOCINQ:
            if sk.sk_state == tcp.TCP_LISTEN:
                raise OSError(errno.EINVAL, "Invalid argument")
            total = 0
            skb = sk.sk_receive_queue.first
            while skb is not None:
                total += skb.len
                skb = skb.next
            return total
        raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")

    def listen(self, sock: Socket, backlog: int) -> int:
        """unix_listen()"""
        sk = unix_sk(sock)
        if sk.addr is None or sk.sk_state not in (tcp.TCP_CLOSE, tcp.TCP_LISTEN):
            return -errno.EINVAL
        if backlog > sk.sk_max_ack_backlog:
            wake_up_all(sk.peer_wait)
        sk.sk_max_ack_backlog = backlog
        sk.sk_state = tcp.TCP_LISTEN
        sk.sk_peer_pid = sock_pid()  # what a client's SO_PEERCRED will say
        sk.sk_peer_uid = sk.sk_peer_gid = 0
        return 0

    def shutdown(self, sock: Socket, how: int) -> int:
        """unix_shutdown(): the peer's other half ends with ours."""
        mode = (how + 1) & uapi.SHUTDOWN_MASK
        if not mode:
            return 0
        sk = unix_sk(sock)
        sk.sk_shutdown |= mode
        sk.sk_state_change()
        peer = sk.peer
        if peer is not None:
            if mode & uapi.RCV_SHUTDOWN:
                peer.sk_shutdown |= uapi.SEND_SHUTDOWN
            if mode & uapi.SEND_SHUTDOWN:
                peer.sk_shutdown |= uapi.RCV_SHUTDOWN
            peer.sk_state_change()
        return 0

    def sendmsg(self, sock: Socket, msg: MsgHdr, size: int) -> int:
        """unix_stream_sendmsg()"""
        return unix_stream_sendmsg(unix_sk(sock), msg, size)

    def recvmsg(self, sock: Socket, msg: MsgHdr, size: int, flags: int) -> int:
        """unix_stream_recvmsg()"""
        sk = unix_sk(sock)
        if sk.sk_state != tcp.TCP_ESTABLISHED:
            return -errno.EINVAL
        if flags & uapi.MSG_OOB:
            return -errno.EOPNOTSUPP
        lock_sock(sk)
        try:
            return unix_stream_recvmsg(sk, msg, size, flags)
        finally:
            release_sock(sk)


def sock_pid() -> int:
    """The process that calls; 0 for the kernel."""
    task = current()
    return task.pid if task is not None else 0


def join(a: UnixSock, b: UnixSock) -> None:
    """Make a and b each other's peer."""
    a.peer, b.peer = b, a
    for sk in (a, b):
        sk.sk_peer_pid = sock_pid()
        sk.sk_peer_uid = sk.sk_peer_gid = 0
        sk.sk_state = tcp.TCP_ESTABLISHED


# ---- connect and accept


def unix_stream_connect(sock: Socket, addr: Sockaddr, flags: int) -> int:
    """unix_stream_connect(): 0, -ECONNREFUSED, -EAGAIN (the backlog is full), -EISCONN, -EINVAL."""
    sk = unix_sk(sock)
    if not isinstance(addr, SockaddrUn) or not addr.path:
        return -errno.EINVAL
    timeo = sock_sndtimeo(sk, flags & fcntl.O_NONBLOCK != 0)
    while True:
        other = unix_find_other(sk, addr)
        if other is None and addr.path[:1] != b"\0":
            return -errno.ENOENT
        if other is None or other.sk_state != tcp.TCP_LISTEN:
            return -errno.ECONNREFUSED
        if other.sk_shutdown & uapi.RCV_SHUTDOWN:
            return -errno.ECONNREFUSED
        if len(other.embryos) <= other.sk_max_ack_backlog:
            break
        if timeo == 0:
            return -errno.EAGAIN
        task = need_current()
        entry = TaskWait(task)
        prepare_to_wait_exclusive(other.peer_wait, entry, const.TASK_INTERRUPTIBLE)
        try:
            timeo = schedule_timeout(timeo)
        finally:
            finish_wait(other.peer_wait, entry)
        if task.signal_pending():
            return sock_intr_errno(timeo)
    if sk.sk_state != tcp.TCP_CLOSE:
        return -errno.EISCONN if sk.sk_state == tcp.TCP_ESTABLISHED else -errno.EINVAL
    newsk = unix_create1(sk.sk_net, None)
    join(sk, newsk)
    newsk.addr = other.addr
    newsk.listener = other
    sk.sk_peer_pid = other.sk_peer_pid
    sock.state = SS_CONNECTED
    other.embryos.append(newsk)
    other.sk_data_ready(0)
    return 0


def unix_accept(sk: UnixSock, newsock: Socket, flags: int) -> int:
    """unix_accept(): 0, -EINVAL (no listener), -EAGAIN."""
    if sk.sk_state != tcp.TCP_LISTEN:
        return -errno.EINVAL
    timeo = sock_rcvtimeo(sk, flags & fcntl.O_NONBLOCK != 0)
    wq = sk.sk_wq
    assert wq is not None
    while not sk.embryos:
        if sk.sk_shutdown & uapi.RCV_SHUTDOWN:
            return -errno.EINVAL
        if timeo == 0:
            return -errno.EAGAIN
        task = need_current()
        entry = TaskWait(task)
        prepare_to_wait_exclusive(wq, entry, const.TASK_INTERRUPTIBLE)
        try:
            timeo = schedule_timeout(timeo)
        finally:
            finish_wait(wq, entry)
        if task.signal_pending() and not sk.embryos:
            return sock_intr_errno(timeo)
    tsk = sk.embryos.popleft()
    tsk.listener = None
    wake_up(sk.peer_wait)
    newsock.state = SS_CONNECTED
    sock_graft(tsk, newsock)
    return 0


# ---- data


def unix_stream_sendmsg(sk: UnixSock, msg: MsgHdr, size: int) -> int:
    """Queue size bytes of msg at the peer, in packets of at most half the send buffer."""
    if msg.flags & uapi.MSG_OOB:
        return -errno.EOPNOTSUPP
    if msg.name is not None:
        return -errno.EISCONN if sk.sk_state == tcp.TCP_ESTABLISHED else -errno.EOPNOTSUPP
    if sk.peer is None and sk.sk_state != tcp.TCP_ESTABLISHED:
        return -errno.ENOTCONN
    files = need_current().files
    assert isinstance(files, FdTable)
    try:
        cookie: ScmCookie | None = scm_send(msg, files)
    except OSError as e:
        return -(e.errno or errno.EINVAL)
    noblock = msg.flags & uapi.MSG_DONTWAIT != 0
    sent = 0
    try:
        while sent < size:
            peer = sk.peer
            if peer is None or sk.sk_shutdown & uapi.SEND_SHUTDOWN:
                return sent or -errno.EPIPE
            chunk = min(size - sent, (sk.sk_sndbuf >> 1) - 64, SKB_MAX_ALLOC)
            try:
                skb = sock_alloc_send_skb(sk, chunk, noblock)
            except OSError as e:
                return sent or -(e.errno or errno.EPIPE)
            skb.cb = cookie
            if cookie is not None and cookie.fp:
                assert skb.destructor is not None
                skb.destructor = UnixWfree(skb.destructor)
            cookie = None
            skb.put(chunk)
            err = skb_copy_datagram_from_iovec(skb, 0, msg, chunk)
            peer = sk.peer
            if err or peer is None or peer.sk_shutdown & uapi.RCV_SHUTDOWN:
                kfree_skb(skb)
                return sent or err or -errno.EPIPE
            peer.sk_receive_queue.queue_tail(skb)
            peer.sk_data_ready(chunk)
            sent += chunk
        return sent
    finally:
        if cookie is not None:
            scm_destroy(cookie)


def unix_stream_recvmsg(sk: UnixSock, msg: MsgHdr, size: int, flags: int) -> int:
    """Copy at most size bytes to msg; sk is locked. A message with files or others' pid ends it."""
    target = sock_rcvlowat(sk, flags & uapi.MSG_WAITALL != 0, size)
    timeo = sock_rcvtimeo(sk, flags & uapi.MSG_DONTWAIT != 0)
    copied = 0
    got: ScmCookie | None = None
    skb = sk.sk_receive_queue.first
    while copied < size:
        if skb is None:
            if copied >= target:
                break
            timeo, err = wait_data(sk, timeo)
            if err:
                copied = copied or (0 if err > 0 else err)
                break
            skb = sk.sk_receive_queue.first
            continue
        cookie = skb.cb
        if isinstance(cookie, ScmCookie):
            if got is not None and (cookie.fp or cookie.pid != got.pid):
                break
            got = got or take_cookie(skb, cookie, flags & uapi.MSG_PEEK != 0)
        chunk = min(skb.len, size - copied)
        err = skb_copy_datagram_iovec(skb, 0, msg, chunk)
        if err:
            copied = copied or err
            break
        copied += chunk
        if flags & uapi.MSG_PEEK:
            skb = skb.next
        elif chunk < skb.len:
            skb.pull(chunk)
        else:
            sk.sk_receive_queue.dequeue()
            consume_skb(skb)
            skb = sk.sk_receive_queue.first
        if got is not None and got.fp:
            break
    if got is not None:
        files = need_current().files
        assert isinstance(files, FdTable)
        passcred = sk.sk_socket is not None and sk.sk_socket.flags >> uapi.SOCK_PASSCRED & 1 != 0
        scm_recv(msg, got, files, passcred, flags & uapi.MSG_CMSG_CLOEXEC != 0)
    return copied


def take_cookie(skb: SkBuff, cookie: ScmCookie, peek: bool) -> ScmCookie:
    """What travels with skb: its files go to the receiver, or are doubled for one who peeks."""
    taken = ScmCookie()
    taken.pid, taken.uid, taken.gid = cookie.pid, cookie.uid, cookie.gid
    if peek:
        taken.fp = scm_fp_dup(cookie)
    else:
        taken.fp, cookie.fp = cookie.fp, []
    return taken


def wait_data(sk: UnixSock, timeo: int) -> tuple[int, int]:
    """unix_stream_data_wait(): (ns left, 0 when there is data, 1 at the end, or -errno)."""
    wq = sk.sk_wq
    assert wq is not None
    while sk.sk_receive_queue.first is None:
        err = sock_error(sk)
        if err:
            return timeo, err
        if sk.sk_shutdown & uapi.RCV_SHUTDOWN:
            return timeo, 1
        if timeo == 0:
            return 0, -errno.EAGAIN
        task = need_current()
        if task.signal_pending():
            return timeo, sock_intr_errno(timeo)
        entry = TaskWait(task)
        prepare_to_wait(wq, entry, const.TASK_INTERRUPTIBLE)
        try:
            timeo = sk_wait_unlocked(sk, timeo)
        finally:
            finish_wait(wq, entry)
    return timeo, 0


unix_stream_ops = UnixStreamOps(uapi.AF_UNIX)
unix_family_ops = UnixFamily(uapi.AF_UNIX)


def unix_init() -> None:
    """af_unix_init(): once per process."""
    proto_register(unix_proto)
    sock_register(unix_family_ops)
