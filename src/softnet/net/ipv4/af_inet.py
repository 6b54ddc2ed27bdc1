"""AF_INET sockets: from a system call to a protocol.

Linux: net/ipv4/af_inet.c

socket(AF_INET, type, protocol) finds its InetProtosw in inetsw; the socket then answers through one of
three ProtoOps (stream, datagram, raw), which check states and addresses and pass on to sk.sk_prot.
Every program here runs as root, so no capability is ever missing.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.fcntl as fcntl
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.socket as socket_
import softnet.uapi.sockios as sockios
import softnet.uapi.tcp as tcp
from softnet.fs.file import File, PollTable
from softnet.kernel.sched import need_current, schedule_timeout
from softnet.kernel.wait import finish_wait, prepare_to_wait, task_wait
from softnet.net.core.dev.rps import rps_record_sock_flow
from softnet.net.core.dev.taps import find_ptype
from softnet.net.core.rtnl import rtnl_lock, rtnl_unlock
from softnet.net.core.sock import (
    lock_sock,
    proto_register,
    release_sock,
    sk_alloc,
    sk_common_release,
    sk_dst_reset,
    sock_error,
    sock_get_timestamp,
    sock_get_timestampns,
    sock_graft,
    sock_init_data,
    sock_intr_errno,
    sock_sndtimeo,
)
from softnet.net.ipv4.fib_frontend import inet_addr_type
from softnet.net.ipv4.igmp_sock import ip_mc_drop_socket
from softnet.net.ipv4.inet_ioctl import INET_IOCTLS, inet_gifconf_init, inet_struct_ioctl
from softnet.net.ipv4.ip_offload import ip_offload_init
from softnet.net.ipv4.ping import ping_prot
from softnet.net.ipv4.proc import ip_proc_init
from softnet.net.ipv4.raw import raw_prot
from softnet.net.ipv4.sysctl_net_ipv4 import ipv4_sysctl_net_init
from softnet.net.ipv4.udp import udp_init, udp_net_init, udp_prot, udplite_prot
from softnet.net.socket import sock_register
from softnet.structs.inet_sock import InetSock
from softnet.structs.inetdevice import Ipv4Devconf
from softnet.structs.net_namespace import Net
from softnet.structs.netns_ipv4 import NetnsIpv4
from softnet.structs.protocol import (
    INET_PROTOSW_ICSK,
    INET_PROTOSW_PERMANENT,
    INET_PROTOSW_REUSE,
    InetProtosw,
)
from softnet.structs.sock import Proto, Sock
from softnet.structs.socket import (
    SS_CONNECTED,
    SS_CONNECTING,
    SS_DISCONNECTING,
    SS_UNCONNECTED,
    MsgHdr,
    NetProtoFamily,
    ProtoOps,
    Sockaddr,
    SockaddrIn,
    Socket,
    sockaddr_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

PROTO_WILD = in_.IPPROTO_IP  # of an InetProtosw: any protocol; of a socket() call: the type's usual
NO_OWN_BIND = -95  # Proto.bind() of protocols that bind by get_port(): EOPNOTSUPP
TCPF_CONNECTING = 1 << tcp.TCP_SYN_SENT | 1 << tcp.TCP_SYN_RECV

inetsw: dict[int, list[InetProtosw]] = {}


# ---- socket()


class InetFamily(NetProtoFamily):
    """inet_family_ops"""

    __slots__ = ()

    def create(self, net: Net, sock: Socket, protocol: int, kern: int) -> int:
        return inet_create(net, sock, protocol, kern)


def inet_create(net: Net, sock: Socket, protocol: int, kern: int) -> int:
    """inet_create(): give sock its ops and its sk. 0, -EINVAL, -ESOCKTNOSUPPORT (no such type),
    -EPROTONOSUPPORT, or what the protocol's init says."""
    if trace.inet_create.enabled:
        trace.inet_create.fire(sock)
    if protocol < 0 or protocol >= in_.IPPROTO_MAX:
        return -errno.EINVAL
    sock.state = SS_UNCONNECTED
    rows = inetsw.get(sock.type)
    if not rows:
        return -errno.ESOCKTNOSUPPORT
    answer = inet_protosw_find(rows, protocol)
    if answer is None:
        return -errno.EPROTONOSUPPORT
    if protocol == PROTO_WILD:
        protocol = answer.protocol
    if sock.type == socket_.SOCK_RAW and protocol == PROTO_WILD:
        return -errno.EPROTONOSUPPORT
    sock.ops = answer.ops
    sk = sk_alloc(net, socket_.AF_INET, answer.prot)
    assert isinstance(sk, InetSock)
    sk.sk_no_check = answer.no_check
    if answer.flags & INET_PROTOSW_REUSE:
        sk.sk_reuse = 1
    sk.is_icsk = answer.flags & INET_PROTOSW_ICSK != 0
    if sock.type == socket_.SOCK_RAW:
        sk.inet_num = protocol
        sk.hdrincl = protocol == in_.IPPROTO_RAW
    sk.pmtudisc = in_.IP_PMTUDISC_WANT
    if net.ipv4.sysctl_ip_no_pmtu_disc:
        sk.pmtudisc = in_.IP_PMTUDISC_DONT
    sock_init_data(sock, sk)
    sk.sk_protocol = protocol
    if sk.inet_num:
        sk.inet_sport = sk.inet_num
        sk.sk_prot.hash(sk)
    err = sk.sk_prot.init(sk)
    if err:
        sk_common_release(sk)
        sock.sk = None
        sock.ops = None
    return err


def inet_protosw_find(rows: Iterable[InetProtosw], protocol: int) -> InetProtosw | None:
    """The first row that matches exactly, or by a wild card on either side."""
    for answer in rows:
        if protocol == answer.protocol:
            if protocol != PROTO_WILD:
                return answer
        elif protocol == PROTO_WILD or answer.protocol == PROTO_WILD:
            return answer
    return None


def inet_register_protosw(p: InetProtosw) -> None:
    """inet_register_protosw(): behind the permanent rows, before the others. Again changes nothing."""
    rows = inetsw.setdefault(p.type, [])
    if any(old is p for old in rows):
        return
    at = 0
    for i, old in enumerate(rows):
        if old.flags & INET_PROTOSW_PERMANENT:
            assert old.protocol != p.protocol, "a permanent protocol may not be overridden"
            at = i + 1
    rows.insert(at, p)
    proto_register(p.prot)


def inet_unregister_protosw(p: InetProtosw) -> None:
    """inet_unregister_protosw()"""
    assert not p.flags & INET_PROTOSW_PERMANENT
    inetsw[p.type].remove(p)


# ---- what all three kinds do


def inet_release(sock: Socket) -> int:
    """inet_release(): the last descriptor is closed: leave the groups, let the protocol linger."""
    sk = sock.sk
    if sk is None:
        return 0
    if trace.inet_release.enabled:
        trace.inet_release.fire(sk)
    isk = sk if isinstance(sk, InetSock) else None
    if isk is not None and isk.mc_list:
        rtnl_lock(sk.sk_net)
        ip_mc_drop_socket(isk)
        rtnl_unlock(sk.sk_net)
    timeout = sk.sk_lingertime if sk.flag(const.SOCK_LINGER) else 0
    sock.sk = None
    sk.sk_prot.close(sk, timeout)
    return 0


def inet_bind(sock: Socket, addr: Sockaddr) -> int:
    """inet_bind(): take a local address and port. 0, -EINVAL (bound already, or connected),
    -EAFNOSUPPORT, -EADDRNOTAVAIL, -EADDRINUSE."""
    sk = sock.sk
    assert isinstance(sk, InetSock)
    if trace.inet_bind.enabled:
        trace.inet_bind.fire(sk)
    err = sk.sk_prot.bind(sk, addr)
    if err != NO_OWN_BIND:
        return err
    if not isinstance(addr, SockaddrIn):
        return -errno.EAFNOSUPPORT
    # Old programs leave the family 0; that is let through for the wildcard address only.
    if addr.family != socket_.AF_INET and (addr.family or addr.sin_addr):
        return -errno.EAFNOSUPPORT
    net = sk.sk_net
    kind = inet_addr_type(net, addr.sin_addr)
    group = kind in (rtn.RTN_MULTICAST, rtn.RTN_BROADCAST)
    anything = net.ipv4.sysctl_ip_nonlocal_bind or sk.freebind or sk.transparent
    if not anything and addr.sin_addr and kind != rtn.RTN_LOCAL and not group:
        return -errno.EADDRNOTAVAIL
    lock_sock(sk)
    err = inet_bind_locked(sk, addr, group)
    release_sock(sk)
    return err


def inet_bind_locked(sk: InetSock, addr: SockaddrIn, group: bool) -> int:
    """The part of inet_bind() under the socket lock. group: a multicast or broadcast address."""
    if sk.sk_state != tcp.TCP_CLOSE or sk.inet_num:
        return -errno.EINVAL
    sk.inet_rcv_saddr = addr.sin_addr
    sk.inet_saddr = 0 if group else addr.sin_addr  # what is sent comes from the device's address
    if sk.sk_prot.get_port(sk, addr.sin_port):
        sk.inet_saddr = 0
        sk.inet_rcv_saddr = 0
        return -errno.EADDRINUSE
    if sk.inet_rcv_saddr:
        sk.sk_userlocks |= const.SOCK_BINDADDR_LOCK
    if addr.sin_port:
        sk.sk_userlocks |= const.SOCK_BINDPORT_LOCK
    sk.inet_sport = sk.inet_num
    sk.inet_daddr = 0
    sk.inet_dport = 0
    sk_dst_reset(sk)
    return 0


def inet_autobind(sk: InetSock) -> int:
    """inet_autobind(): a local port before the first datagram or connection; 0 or -EAGAIN."""
    if trace.inet_autobind.enabled:
        trace.inet_autobind.fire(sk)
    err = 0
    lock_sock(sk)
    if not sk.inet_num:
        if sk.sk_prot.get_port(sk, 0):
            err = -errno.EAGAIN
        else:
            sk.inet_sport = sk.inet_num
    release_sock(sk)
    return err


def inet_getname(sock: Socket, peer: int) -> SockaddrIn:
    """inet_getname(): getsockname() and getpeername(); OSError(ENOTCONN).

    peer 2 is accept()'s: it tells who it was of a connection that is over by now.
    """
    sk = sock.sk
    assert isinstance(sk, InetSock)
    if peer:
        gone = sk.sk_state in (tcp.TCP_CLOSE, tcp.TCP_SYN_SENT)
        if not sk.inet_dport or (gone and peer == 1):
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        return sockaddr_in(sk.inet_daddr, sk.inet_dport)
    return sockaddr_in(sk.inet_rcv_saddr or sk.inet_saddr, sk.inet_sport)


def inet_sendmsg(sock: Socket, msg: MsgHdr, size: int) -> int:
    """inet_sendmsg(): bind if need be, then the protocol."""
    if trace.inet_sendmsg.enabled:
        trace.inet_sendmsg.fire(sock)
    sk = sock.sk
    assert isinstance(sk, InetSock)
    if sk.sk_rxhash:
        rps_record_sock_flow(sk.sk_rxhash)
    prot = sk.sk_prot
    if not sk.inet_num and not prot.no_autobind:
        err = inet_autobind(sk)
        if err:
            return err
    return prot.sendmsg(sk, msg, size)


def inet_recvmsg(sock: Socket, msg: MsgHdr, size: int, flags: int) -> int:
    """inet_recvmsg()"""
    if trace.inet_recvmsg.enabled:
        trace.inet_recvmsg.fire(sock)
    sk = sock.sk
    assert sk is not None
    if sk.sk_rxhash:
        rps_record_sock_flow(sk.sk_rxhash)
    return sk.sk_prot.recvmsg(sk, msg, size, flags)


def inet_shutdown(sock: Socket, how: int) -> int:
    """inet_shutdown(): end one or both directions. 0, -EINVAL, -ENOTCONN."""
    sk = sock.sk
    assert sk is not None
    how += 1  # SHUT_RD, SHUT_WR, SHUT_RDWR as bits
    if how & ~socket_.SHUTDOWN_MASK or not how:
        return -errno.EINVAL
    lock_sock(sk)
    if sock.state == SS_CONNECTING:
        unfinished = sk.sk_state in (tcp.TCP_SYN_SENT, tcp.TCP_SYN_RECV, tcp.TCP_CLOSE)
        sock.state = SS_DISCONNECTING if unfinished else SS_CONNECTED
    err = 0
    state = sk.sk_state
    if state == tcp.TCP_SYN_SENT or (state == tcp.TCP_LISTEN and how & socket_.RCV_SHUTDOWN):
        err = sk.sk_prot.disconnect(sk, fcntl.O_NONBLOCK)
        sock.state = SS_DISCONNECTING if err else SS_UNCONNECTED
    elif state != tcp.TCP_LISTEN:
        if state == tcp.TCP_CLOSE:
            err = -errno.ENOTCONN  # but wake those who poll for POLLHUP, even on a UDP socket
        sk.sk_shutdown |= how
        sk.sk_prot.shutdown(sk, how)
    sk.sk_state_change()
    release_sock(sk)
    return err


def inet_ioctl(sock: Socket, cmd: int, arg: object) -> object:
    """inet_ioctl(): time stamps, routes, addresses, then the protocol's. Raises OSError.

    arg: the struct as bytes (ifreq, rtentry). Answers a struct as bytes, or an int.
    """
    sk = sock.sk
    assert sk is not None
    if cmd == sockios.SIOCGSTAMP:
        return sock_get_timestamp(sk)
    if cmd == sockios.SIOCGSTAMPNS:
        return sock_get_timestampns(sk)
    if cmd in INET_IOCTLS:
        return inet_struct_ioctl(sk.sk_net, cmd, arg)
    return sk.sk_prot.ioctl(sk, cmd, arg)


# ---- connecting


def inet_dgram_connect(sock: Socket, addr: Sockaddr, flags: int) -> int:
    """inet_dgram_connect(): fix the peer, or with AF_UNSPEC no longer. 0 or -errno."""
    sk = sock.sk
    assert isinstance(sk, InetSock)
    if trace.inet_dgram_connect.enabled:
        trace.inet_dgram_connect.fire(sk)
    if addr.family == socket_.AF_UNSPEC:
        return sk.sk_prot.disconnect(sk, flags)
    if not sk.inet_num and inet_autobind(sk):
        return -errno.EAGAIN
    return sk.sk_prot.connect(sk, addr)


def inet_stream_connect(sock: Socket, addr: Sockaddr, flags: int) -> int:
    """inet_stream_connect(): begin a connection, and wait for it unless O_NONBLOCK. 0, or
    -EINPROGRESS, -EALREADY, -EISCONN, -ECONNREFUSED and so on."""
    sk = sock.sk
    assert sk is not None
    if trace.inet_stream_connect.enabled:
        trace.inet_stream_connect.fire(sk)
    lock_sock(sk)
    err = inet_stream_connect_locked(sock, sk, addr, flags)
    release_sock(sk)
    return err


def inet_stream_connect_locked(sock: Socket, sk: Sock, addr: Sockaddr, flags: int) -> int:
    """The part under the socket lock, which waiting releases."""
    if addr.family == socket_.AF_UNSPEC:
        err = sk.sk_prot.disconnect(sk, flags)
        sock.state = SS_DISCONNECTING if err else SS_UNCONNECTED
        return err
    if sock.state == SS_CONNECTED:
        return -errno.EISCONN
    isk = sk if isinstance(sk, InetSock) else None
    if sock.state == SS_CONNECTING:
        if isk is not None and isk.defer_connect:
            return -errno.EISCONN
        err = -errno.EALREADY
    elif sock.state == SS_UNCONNECTED:
        if sk.sk_state != tcp.TCP_CLOSE:
            return -errno.EISCONN
        err = sk.sk_prot.connect(sk, addr)
        if err < 0:
            return err
        sock.state = SS_CONNECTING
        if isk is not None and isk.defer_connect:
            return 0  # TCP_FASTOPEN_CONNECT: the first send() will do it
        err = -errno.EINPROGRESS
    else:
        return -errno.EINVAL
    timeo = sock_sndtimeo(sk, flags & fcntl.O_NONBLOCK != 0)
    if 1 << sk.sk_state & TCPF_CONNECTING:
        if timeo == 0:
            return err
        timeo = inet_wait_for_connect(sk, timeo)
        if timeo == 0:
            return err
        if timeo < 0:
            return sock_intr_errno(-timeo)
    if sk.sk_state == tcp.TCP_CLOSE:  # reset, timed out, or somebody disconnected us
        err = sock_error(sk) or -errno.ECONNABORTED
        sock.state = SS_UNCONNECTED
        if sk.sk_prot.disconnect(sk, flags):
            sock.state = SS_DISCONNECTING
        return err
    sock.state = SS_CONNECTED
    return 0


def inet_wait_for_connect(sk: Sock, timeo: int) -> int:
    """inet_wait_for_connect(): until the handshake is over, one way or the other.

    What is left of timeo (ns); 0 when time is up; its negative when the task was interrupted.
    """
    wq = sk.sk_wq
    assert wq is not None
    task = need_current()
    wait = task_wait(task)
    prepare_to_wait(wq, wait, const.TASK_INTERRUPTIBLE)
    try:
        while 1 << sk.sk_state & TCPF_CONNECTING:
            release_sock(sk)
            timeo = schedule_timeout(timeo)
            lock_sock(sk)
            if task.signal_pending():
                return -max(timeo, 1)
            if timeo == 0:
                break
            prepare_to_wait(wq, wait, const.TASK_INTERRUPTIBLE)
    finally:
        finish_wait(wq, wait)
    return timeo


def inet_listen(sock: Socket, backlog: int) -> int:
    """inet_listen(): accept connections, or change how many may wait. 0, -EINVAL, -EADDRINUSE."""
    sk = sock.sk
    assert sk is not None
    if trace.inet_listen.enabled:
        trace.inet_listen.fire(sk)
    lock_sock(sk)
    err = -errno.EINVAL
    if (
        sock.state == SS_UNCONNECTED
        and sock.type == socket_.SOCK_STREAM
        and sk.sk_state in (tcp.TCP_CLOSE, tcp.TCP_LISTEN)
    ):
        err = 0
        if sk.sk_state != tcp.TCP_LISTEN:
            err = sk.sk_prot.listen_start(sk, backlog)
        if err == 0:
            sk.sk_max_ack_backlog = backlog
    release_sock(sk)
    return err


# TCP_SYN_RECV: a Fast Open child before its last ACK.
ACCEPTED = (tcp.TCP_ESTABLISHED, tcp.TCP_SYN_RECV, tcp.TCP_CLOSE_WAIT, tcp.TCP_CLOSE)


def inet_accept(sock: Socket, newsock: Socket, flags: int) -> int:
    """inet_accept(): give newsock the next connection. 0 or -errno."""
    sk = sock.sk
    assert sk is not None
    if trace.inet_accept.enabled:
        trace.inet_accept.fire(sk)
    try:
        child = sk.sk_prot.accept(sk, flags)
    except OSError as e:
        return -(e.errno or errno.EINVAL)
    lock_sock(child)
    assert child.sk_state in ACCEPTED
    sock_graft(child, newsock)
    newsock.state = SS_CONNECTED
    release_sock(child)
    return 0


# ---- the three kinds


class InetOps(ProtoOps):
    """What stream, datagram and raw sockets have in common."""

    __slots__ = ()

    def release(self, sock: Socket) -> int:
        return inet_release(sock)

    def bind(self, sock: Socket, addr: Sockaddr) -> int:
        return inet_bind(sock, addr)

    def getname(self, sock: Socket, peer: int) -> Sockaddr:
        return inet_getname(sock, peer)

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        sk = sock.sk
        assert sk is not None
        return sk.sk_prot.poll(file, sock, wait)

    def ioctl(self, sock: Socket, cmd: int, arg: object) -> object:
        return inet_ioctl(sock, cmd, arg)

    def shutdown(self, sock: Socket, how: int) -> int:
        return inet_shutdown(sock, how)

    def setsockopt(self, sock: Socket, level: int, optname: int, optval: bytes) -> int:
        """sock_common_setsockopt()"""
        sk = sock.sk
        assert sk is not None
        return sk.sk_prot.setsockopt(sk, level, optname, optval)

    def getsockopt(self, sock: Socket, level: int, optname: int, optlen: int) -> bytes:
        """sock_common_getsockopt()"""
        sk = sock.sk
        assert sk is not None
        return sk.sk_prot.getsockopt(sk, level, optname, optlen)

    def sendmsg(self, sock: Socket, msg: MsgHdr, size: int) -> int:
        return inet_sendmsg(sock, msg, size)

    def recvmsg(self, sock: Socket, msg: MsgHdr, size: int, flags: int) -> int:
        return inet_recvmsg(sock, msg, size, flags)


class InetStreamOps(InetOps):
    """inet_stream_ops"""

    __slots__ = ()

    def connect(self, sock: Socket, addr: Sockaddr, flags: int) -> int:
        return inet_stream_connect(sock, addr, flags)

    def listen(self, sock: Socket, backlog: int) -> int:
        return inet_listen(sock, backlog)

    def accept(self, sock: Socket, newsock: Socket, flags: int) -> int:
        return inet_accept(sock, newsock, flags)


class InetDgramOps(InetOps):
    """inet_dgram_ops"""

    __slots__ = ()

    def connect(self, sock: Socket, addr: Sockaddr, flags: int) -> int:
        return inet_dgram_connect(sock, addr, flags)


class InetSockrawOps(InetOps):
    """inet_sockraw_ops"""

    __slots__ = ()

    def connect(self, sock: Socket, addr: Sockaddr, flags: int) -> int:
        return inet_dgram_connect(sock, addr, flags)


# ---- init

inet_stream_ops = InetStreamOps(socket_.AF_INET)
inet_dgram_ops = InetDgramOps(socket_.AF_INET)
inet_sockraw_ops = InetSockrawOps(socket_.AF_INET)
inet_family_ops = InetFamily(socket_.AF_INET)


def protosw(type: int, protocol: int, prot: Proto, ops: ProtoOps, flags: int) -> InetProtosw:
    """A row of inetsw whose checksums are as usual."""
    return InetProtosw(type, protocol, prot, ops, const.UDP_CSUM_DEFAULT, flags)


# Rows of inetsw but for TCP's, which registers its own.
inetsw_array = (
    protosw(socket_.SOCK_DGRAM, in_.IPPROTO_UDP, udp_prot, inet_dgram_ops, INET_PROTOSW_PERMANENT),
    protosw(socket_.SOCK_DGRAM, in_.IPPROTO_ICMP, ping_prot, inet_dgram_ops, INET_PROTOSW_REUSE),
    protosw(socket_.SOCK_RAW, PROTO_WILD, raw_prot, inet_sockraw_ops, INET_PROTOSW_REUSE),
    protosw(
        socket_.SOCK_DGRAM,
        in_.IPPROTO_UDPLITE,
        udplite_prot,
        inet_dgram_ops,
        INET_PROTOSW_PERMANENT,
    ),
)


def inet_init() -> None:
    """inet_init(): once per process: the family, its protocols, its frames, its files in /proc."""
    udp_init()
    for row in inetsw_array:
        inet_register_protosw(row)
    sock_register(inet_family_ops)
    ip_proc_init()
    inet_gifconf_init()
    if find_ptype(0x0800) is None:  # ETH_P_IP
        ip_offload_init()


def netns_ipv4_init(net: Net) -> None:
    """struct netns_ipv4 of a new namespace: the tunables' defaults, no tables yet."""
    net.ipv4 = NetnsIpv4(Ipv4Devconf(), Ipv4Devconf())


def inet_net_init(net: Net) -> None:
    """A namespace's UDP tables and the rows of net.ipv4.* that are not routing's or TCP's."""
    udp_net_init(net)
    ipv4_sysctl_net_init(net)
