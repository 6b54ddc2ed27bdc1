"""Ping sockets: ICMP echo for programs without privileges. socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)

Linux: net/ipv4/ping.c

A socket owns one echo identifier ("port"); it may send echo requests only, and gets the replies and
errors that carry its identifier. Who may open one: sysctl net.ipv4.ping_group_range, nobody by default.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket_
import softnet.uapi.tcp as tcp
from softnet.net.core.datagram import (
    datagram_poll,
    skb_copy_datagram_iovec,
    skb_free_datagram,
    skb_recv_datagram,
)
from softnet.net.core.dst import dst_confirm
from softnet.net.core.skbuff import kfree_skb, skb_get
from softnet.net.core.sock import (
    lock_sock,
    release_sock,
    sk_common_release,
    sk_dst_check,
    sk_dst_reset,
    sk_dst_set,
    sock_prot_inuse_add,
    sock_queue_rcv_skb,
    sock_recv_ts_and_drops,
)
from softnet.net.ipv4.datagram import ip4_datagram_connect, ipv4_is_multicast, udp_disconnect
from softnet.net.ipv4.fib_frontend import inet_addr_type
from softnet.net.ipv4.icmp_codes import icmp_err_errno, icmp_err_fatal
from softnet.net.ipv4.ip_append import (
    GetFrag,
    IpcmCookie,
    ip_append_data,
    ip_flush_pending_frames,
    ip_push_pending_frames,
)
from softnet.net.ipv4.ip_error import ip_icmp_error
from softnet.net.ipv4.ip_sockglue import (
    ip_cmsg_recv,
    ip_cmsg_send,
    ip_getsockopt,
    ip_recv_error,
    ip_setsockopt,
)
from softnet.net.ipv4.route import ip_route_output_flow
from softnet.net.ipv4.sock_destruct import inet_sock_destruct
from softnet.net.ipv4.sock_proc import SOCK_SEQ_HEADER, format_inet_sock
from softnet.structs.flow import Flowi4
from softnet.structs.headers import icmp_hdr, ip_hdr
from softnet.structs.inet_sock import InetSock
from softnet.structs.route import Rtable
from softnet.structs.sock import Proto
from softnet.structs.socket import SockaddrIn
from softnet.wire.icmp import icmp_view
from softnet.wire.ip import ip_view

if TYPE_CHECKING:
    from softnet.fs.file import File, PollTable
    from softnet.structs.net_namespace import Net
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.sock import Sock
    from softnet.structs.socket import MsgHdr, Sockaddr, Socket

MAX_DATAGRAM = 0xFFFF
IDENTS = 1 << 16


class PingSock(InetSock):
    """struct inet_sock of a ping socket. inet_num is the identifier."""

    __slots__ = ("hashed",)

    hashed: bool

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        InetSock.__init__(self, prot, net, family)
        self.hashed = False

    def sk_destruct(self) -> None:
        inet_sock_destruct(self)


class PingTable:
    """struct ping_table: a namespace's ping sockets by identifier, the newest first."""

    __slots__ = ("hash", "rover")

    hash: dict[int, list[PingSock]]
    rover: int  # ping_port_rover: the identifier chosen last

    def __init__(self) -> None:
        self.hash = {}
        self.rover = 0


class PingFrom(GetFrag):
    """struct pingfakehdr and ping_getfrag(): the user's message, its first 8 bytes left for us."""

    __slots__ = ("base", "head", "msg")

    msg: MsgHdr
    base: int
    head: bytearray

    def __init__(self, msg: MsgHdr, head: bytearray) -> None:
        self.msg = msg
        self.base = msg.off
        self.head = head

    def getfrag(self, skb: SkBuff, to: int, offset: int, length: int, odd: int) -> None:
        if offset == 0:
            offset = icmp_.ICMP_HLEN
            to += icmp_.ICMP_HLEN
            length -= icmp_.ICMP_HLEN
        head = mem.addr(skb.shinfo.head)
        s = csum.csum_copy_from_user(self.msg.iov, self.base + offset, head, to, length, 0)
        skb.csum = csum.csum_block_add(skb.csum, s, odd)


def ping_table(net: Net) -> PingTable:
    """The namespace's table."""
    table = net.ipv4.ping_table
    assert isinstance(table, PingTable)
    return table


def ping_v4_get_port(sk: PingSock, ident: int) -> int:
    """ping_v4_get_port(): give sk an identifier, the next free one for 0; nonzero if it is taken."""
    table = ping_table(sk.sk_net)
    if ident == 0:
        candidate = table.rover
        for _ in range(IDENTS):
            candidate = (candidate + 1) & 0xFFFF
            if candidate and candidate not in table.hash:
                break
        else:
            return 1
        table.rover = ident = candidate
    else:
        for other in table.hash.get(ident, []):
            if other is not sk and not (other.sk_reuse and sk.sk_reuse):
                return 1
    sk.inet_num = ident
    if not sk.hashed:
        table.hash.setdefault(ident, []).insert(0, sk)
        sk.hashed = True
        sock_prot_inuse_add(sk.sk_net, sk.sk_prot, 1)
    return 0


def ping_v4_unhash(sk: PingSock) -> None:
    """ping_v4_unhash()"""
    if not sk.hashed:
        return
    table = ping_table(sk.sk_net)
    chain = table.hash[sk.inet_num]
    chain.remove(sk)
    if not chain:
        del table.hash[sk.inet_num]
    sk.hashed = False
    sk.inet_num = 0
    sk.inet_sport = 0
    sock_prot_inuse_add(sk.sk_net, sk.sk_prot, -1)


def ping_v4_lookup(net: Net, daddr: int, ident: int, dif: int) -> PingSock | None:
    """ping_v4_lookup(): whose echo it is."""
    for sk in ping_table(net).hash.get(ident, []):
        if sk.inet_rcv_saddr and sk.inet_rcv_saddr != daddr:
            continue
        if sk.sk_bound_dev_if and sk.sk_bound_dev_if != dif:
            continue
        return sk
    return None


def ping_supported(type: int, code: int) -> bool:
    """ping_supported(): echo requests and nothing else."""
    return type == icmp_.ICMP_ECHO and code == 0


def ping_rcv(skb: SkBuff) -> None:
    """ping_rcv(): an echo reply. skb, data behind the ICMP header, stays the caller's."""
    if trace.ping_rcv.enabled:
        trace.ping_rcv.fire(skb)
    dev = skb.dev
    assert dev is not None
    skb.push(skb.data - skb.transport_header)
    ident = icmp_hdr(skb).id()
    sk = ping_v4_lookup(dev.nd_net, ip_hdr(skb).daddr(), ident, dev.ifindex)
    if sk is not None:
        ping_queue_rcv_skb(sk, skb_get(skb))


def ping_queue_rcv_skb(sk: Sock, skb: SkBuff) -> int:
    """ping_queue_rcv_skb(): consumes skb."""
    if trace.ping_queue_rcv_skb.enabled:
        trace.ping_queue_rcv_skb.fire(skb)
    if sock_queue_rcv_skb(sk, skb) < 0:
        kfree_skb(skb, const.SKB_DROP_REASON_SOCKET_RCVBUFF)
        return -1
    return 0


def ping_err(skb: SkBuff, info: int) -> None:
    """ping_err(): an ICMP error quotes an echo request of ours; data at the quoted IP header."""
    dev = skb.dev
    assert dev is not None
    iph = ip_view(skb.shinfo.head, skb.data)
    inner = icmp_view(skb.shinfo.head, skb.data + iph.hdrlen())
    if not ping_supported(inner.type(), inner.code()):
        return
    sk = ping_v4_lookup(dev.nd_net, iph.saddr(), inner.id(), dev.ifindex)
    if sk is None:
        return
    icmph = icmp_hdr(skb)
    type, code = icmph.type(), icmph.code()
    err = errno.EHOSTUNREACH
    hard = False
    if type == icmp_.ICMP_SOURCE_QUENCH or type == icmp_.ICMP_REDIRECT:
        err = errno.EREMOTEIO  # no real errors, but ping shows them
    elif type == icmp_.ICMP_PARAMETERPROB:
        err = errno.EPROTO
        hard = True
    elif type == icmp_.ICMP_DEST_UNREACH:
        if code == icmp_.ICMP_FRAG_NEEDED:
            if sk.pmtudisc == in_.IP_PMTUDISC_DONT:
                return
            err = errno.EMSGSIZE
            hard = True
        elif code <= icmp_.NR_ICMP_UNREACH:
            err = icmp_err_errno(code)
            hard = icmp_err_fatal(code)
    if sk.recverr:
        ip_icmp_error(sk, skb, err, 0, info, skb.data + iph.hdrlen())
    elif not hard or sk.sk_state != tcp.TCP_ESTABLISHED:
        return
    sk.sk_err = err
    sk.sk_error_report()


def ping_sendmsg(sk: PingSock, msg: MsgHdr, size: int) -> int:
    """ping_sendmsg(): bytes sent, or -errno. The program writes the ICMP header, we its identifier
    and checksum."""
    if trace.ping_sendmsg.enabled:
        trace.ping_sendmsg.fire(sk)
    if size > MAX_DATAGRAM:
        return -errno.EMSGSIZE
    if msg.flags & socket_.MSG_OOB:
        return -errno.EOPNOTSUPP
    if size < icmp_.ICMP_HLEN:
        return -errno.EINVAL  # CVE-2016-8399
    head = bytearray(icmp_.ICMP_HLEN)
    mem.copy_from_user(mem.addr(head), 0, msg.iov, msg.off, icmp_.ICMP_HLEN)
    if not ping_supported(head[0], head[1]):
        return -errno.EINVAL
    if msg.name is None and sk.sk_state != tcp.TCP_ESTABLISHED:
        return -errno.EDESTADDRREQ
    if msg.name is not None and not isinstance(msg.name, SockaddrIn):
        return -errno.EINVAL
    ipc = IpcmCookie(sk.inet_saddr, sk.sk_bound_dev_if)
    if msg.control:
        err = ip_cmsg_send(sk.sk_net, msg, ipc)
        if err:
            return err
    if ipc.opt is None:
        ipc.opt = sk.inet_opt
    fl4 = Flowi4()
    rt = ping_flow(sk, msg, ipc, fl4)
    if rt is None:
        return fl4.error
    if msg.flags & socket_.MSG_CONFIRM:
        dst_confirm(rt)
        if msg.flags & socket_.MSG_PROBE and not size:
            return 0
    if not ipc.addr:
        ipc.addr = fl4.daddr
    lock_sock(sk)
    head[2:6] = bytes(2) + sk.inet_sport.to_bytes(2, "big")
    err = ip_append_data(sk, fl4, PingFrom(msg, head), size, 0, ipc, rt, msg.flags)
    if err:
        ip_flush_pending_frames(sk)
    else:
        err = ping_push_pending_frames(sk, head, fl4)
    release_sock(sk)
    return err if err else size


def ping_flow(sk: PingSock, msg: MsgHdr, ipc: IpcmCookie, fl4: Flowi4) -> Rtable | None:
    """Fill in fl4 and ipc for a message; the route, or None and fl4.error."""
    connected = msg.name is None and not msg.control
    daddr = msg.name.sin_addr if isinstance(msg.name, SockaddrIn) else sk.inet_daddr
    saddr = ipc.addr
    ipc.addr = faddr = daddr
    tos = sk.tos & in_.IPTOS_RT_MASK
    if ipc.opt is not None and ipc.opt.srr:
        if not daddr:
            fl4.error = -errno.EINVAL
            return None
        faddr = ipc.opt.faddr
        connected = False
    if (
        sk.flag(const.SOCK_LOCALROUTE)
        or msg.flags & socket_.MSG_DONTROUTE
        or (ipc.opt is not None and ipc.opt.is_strictroute)
    ):
        tos |= const.RTO_ONLINK
        connected = False
    if ipv4_is_multicast(daddr):
        if not ipc.oif:
            ipc.oif = sk.mc_index
        if not saddr:
            saddr = sk.mc_addr
        connected = False
    fl4.daddr = faddr
    fl4.saddr = saddr
    fl4.flowi4_tos = tos
    fl4.flowi4_oif = ipc.oif
    fl4.flowi4_mark = sk.sk_mark
    fl4.flowi4_proto = sk.sk_protocol
    return ping_route(sk, fl4, connected)


def ping_route(sk: PingSock, fl4: Flowi4, connected: bool) -> Rtable | None:
    """A connected socket's cached route, or a new one; None and fl4.error if there is no way."""
    if connected:
        cached = sk_dst_check(sk, 0)
        if isinstance(cached, Rtable):
            fl4.saddr = sk.inet_saddr
            fl4.daddr = sk.inet_daddr
            return cached
    rt = ip_route_output_flow(sk.sk_net, fl4, sk)
    if rt is None:
        if fl4.error == -errno.ENETUNREACH:
            sk.sk_net.mib.ip.inc(snmp.IPSTATS_MIB_OUTNOROUTES)
        return None
    if rt.rt_flags & rtn.RTCF_BROADCAST and not sk.flag(const.SOCK_BROADCAST):
        fl4.error = -errno.EACCES
        return None
    if connected:
        sk_dst_set(sk, rt)
    return rt


def ping_push_pending_frames(sk: PingSock, head: bytearray, fl4: Flowi4) -> int:
    """ping_push_pending_frames(): checksum the whole message, write its header, send it."""
    skb = sk.sk_write_queue.peek()
    if skb is None:
        return 0
    s = csum.csum_partial(mem.addr(head), 0, icmp_.ICMP_HLEN, 0)
    piece: SkBuff | None = skb
    while piece is not None:
        s = csum.csum_add(s, piece.csum)
        piece = piece.next
    out = mem.addr(skb.shinfo.head)
    mem.copy(out, skb.transport_header, mem.addr(head), 0, icmp_.ICMP_HLEN)
    mem.put16(out, skb.transport_header + 2, csum.csum_fold(s))
    skb.ip_summed = const.CHECKSUM_NONE
    return ip_push_pending_frames(sk, fl4)


def ping_recvmsg(sk: PingSock, msg: MsgHdr, size: int, flags: int) -> int:
    """ping_recvmsg(): the next reply, from its ICMP header on. Bytes, or -errno."""
    if flags & socket_.MSG_OOB:
        return -errno.EOPNOTSUPP
    if flags & socket_.MSG_ERRQUEUE:
        return ip_recv_error(sk, msg, size)
    skb = skb_recv_datagram(sk, flags, flags & socket_.MSG_DONTWAIT != 0)
    if skb is None:
        return sk.recv_error
    copied = skb.len
    if copied > size:
        msg.flags |= socket_.MSG_TRUNC
        copied = size
    err = skb_copy_datagram_iovec(skb, 0, msg, copied)
    if err == 0:
        sock_recv_ts_and_drops(msg, sk, skb)
        if msg.want_name:
            msg.name = SockaddrIn(ip_hdr(skb).saddr(), 0)
        if sk.cmsg_flags:
            ip_cmsg_recv(msg, skb)
        err = copied
    skb_free_datagram(sk, skb)
    return err


def ping_bind(sk: PingSock, addr: Sockaddr) -> int:
    """ping_bind(): the port is the identifier. 0 or -errno."""
    if not isinstance(addr, SockaddrIn):
        return -errno.EINVAL
    net = sk.sk_net
    kind = inet_addr_type(net, addr.sin_addr) if addr.sin_addr else rtn.RTN_LOCAL
    anything = net.ipv4.sysctl_ip_nonlocal_bind or sk.freebind or sk.transparent
    if (not anything and kind != rtn.RTN_LOCAL) or kind in (rtn.RTN_MULTICAST, rtn.RTN_BROADCAST):
        return -errno.EADDRNOTAVAIL
    if sk.inet_num:
        return -errno.EINVAL
    sk.inet_rcv_saddr = addr.sin_addr
    sk.inet_saddr = addr.sin_addr
    if ping_v4_get_port(sk, addr.sin_port):
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


class PingProto(Proto):
    """ping_prot"""

    __slots__ = ()

    def alloc(self, net: Net, family: int) -> Sock:
        return PingSock(self, net, family)

    def init(self, sk: Sock) -> int:
        """ping_init_sock(): is the task's group (here always 0, root's) within ping_group_range?"""
        ipv4 = sk.sk_net.ipv4
        return 0 if ipv4.ping_group_low <= 0 <= ipv4.ping_group_high else -errno.EACCES

    def close(self, sk: Sock, timeout: int) -> None:
        sk_common_release(sk)

    def connect(self, sk: Sock, addr: Sockaddr) -> int:
        return ip4_datagram_connect(sk, addr)

    def disconnect(self, sk: Sock, flags: int) -> int:
        return udp_disconnect(sk, flags)

    def setsockopt(self, sk: Sock, level: int, optname: int, optval: bytes) -> int:
        return ip_setsockopt(sk, level, optname, optval)

    def getsockopt(self, sk: Sock, level: int, optname: int, optlen: int) -> bytes:
        return ip_getsockopt(sk, level, optname, optlen)

    def sendmsg(self, sk: Sock, msg: MsgHdr, size: int) -> int:
        assert isinstance(sk, PingSock)
        return ping_sendmsg(sk, msg, size)

    def recvmsg(self, sk: Sock, msg: MsgHdr, size: int, flags: int) -> int:
        assert isinstance(sk, PingSock)
        return ping_recvmsg(sk, msg, size, flags)

    def bind(self, sk: Sock, addr: Sockaddr) -> int:
        assert isinstance(sk, PingSock)
        lock_sock(sk)
        err = ping_bind(sk, addr)
        release_sock(sk)
        return err

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        return datagram_poll(file, sock, wait)

    def backlog_rcv(self, sk: Sock, skb: SkBuff) -> int:
        return ping_queue_rcv_skb(sk, skb)

    def unhash(self, sk: Sock) -> None:
        assert isinstance(sk, PingSock)
        ping_v4_unhash(sk)

    def get_port(self, sk: Sock, snum: int) -> int:
        assert isinstance(sk, PingSock)
        return ping_v4_get_port(sk, snum)


ping_prot = PingProto("PING")


def ping_seq_show(net: Net) -> str:
    """/proc/net/icmp"""
    out = [f"{SOCK_SEQ_HEADER:<127s}\n"]
    table = ping_table(net)
    for ident in sorted(table.hash):
        for sk in table.hash[ident]:
            row = format_inet_sock(sk, f"{ident & 63:5d}", sk.inet_dport, sk.inet_sport)
            out.append(f"{row:<127s}\n")
    return "".join(out)


def ping_net_init(net: Net) -> None:
    """ping_init()"""
    net.ipv4.ping_table = PingTable()
