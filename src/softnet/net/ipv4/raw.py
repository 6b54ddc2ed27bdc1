"""Raw IPv4 sockets: packets of one IP protocol, header and all.

Linux: net/ipv4/raw.c

Received packets are copies: whatever else the host does with the protocol it still does. What is
sent gets a header by the kernel, unless IP_HDRINCL says that the program writes it.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket_
import softnet.uapi.sockios as sockios
import softnet.uapi.tcp as tcp
from softnet.net.core.datagram import (
    datagram_poll,
    skb_copy_datagram_iovec,
    skb_free_datagram,
    skb_recv_datagram,
)
from softnet.net.core.dst import dst_confirm
from softnet.net.core.skbuff import kfree_skb, nf_reset, pskb_may_pull, skb_clone, skb_dst_drop
from softnet.net.core.sock import (
    lock_sock,
    release_sock,
    sk_alloc,
    sk_common_release,
    sk_dst_reset,
    sk_wmem_alloc_get,
    sock_alloc_send_skb,
    sock_init_data,
    sock_prot_inuse_add,
    sock_queue_rcv_skb,
    sock_recv_ts_and_drops,
)
from softnet.net.ipv4.datagram import ip4_datagram_connect, ipv4_is_multicast, udp_disconnect
from softnet.net.ipv4.fib_frontend import inet_addr_type
from softnet.net.ipv4.icmp_codes import icmp_err_errno, icmp_err_fatal
from softnet.net.ipv4.ip_append import (
    IpcmCookie,
    UserFrom,
    icmp_out_count,
    ip_append_data,
    ip_flush_pending_frames,
    ip_push_pending_frames,
)
from softnet.net.ipv4.ip_error import ip_icmp_error, ip_local_error
from softnet.net.ipv4.ip_output import (
    LL_RESERVED_SPACE,
    RT_CONN_FLAGS,
    ip_local_out_written,
    ip_select_ident,
)
from softnet.net.ipv4.ip_sockglue import (
    ip_cmsg_recv,
    ip_cmsg_send,
    ip_getsockopt,
    ip_ra_control,
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
from softnet.wire.ip import ip_view

if TYPE_CHECKING:
    from softnet.fs.file import File, PollTable
    from softnet.structs.net_namespace import Net
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.sock import Sock
    from softnet.structs.socket import MsgHdr, Sockaddr, Socket

ICMP_FILTER_TYPES = 32  # types that struct icmp_filter has a bit for
MAX_DATAGRAM = 0xFFFF


class RawSock(InetSock):
    """struct raw_sock. inet_num is the IP protocol."""

    __slots__ = ("filter", "hashed")

    filter: int  # struct icmp_filter: bit n set keeps ICMP type n out
    hashed: bool

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        InetSock.__init__(self, prot, net, family)
        self.filter = 0
        self.hashed = False

    def sk_destruct(self) -> None:
        inet_sock_destruct(self)


class RawHashinfo:
    """struct raw_hashinfo: a namespace's raw sockets by protocol, the newest first."""

    __slots__ = ("ht",)

    ht: dict[int, list[RawSock]]

    def __init__(self) -> None:
        self.ht = {}


def raw_hash_sk(sk: RawSock) -> None:
    """raw_hash_sk()"""
    info = sk.sk_net.ipv4.raw_hash
    assert isinstance(info, RawHashinfo)
    if not sk.hashed:
        info.ht.setdefault(sk.inet_num & 0xFF, []).insert(0, sk)
        sk.hashed = True
        sk.sk_net.ipv4.raw_sockets += 1
        sock_prot_inuse_add(sk.sk_net, sk.sk_prot, 1)


def raw_unhash_sk(sk: RawSock) -> None:
    """raw_unhash_sk()"""
    info = sk.sk_net.ipv4.raw_hash
    assert isinstance(info, RawHashinfo)
    if sk.hashed:
        chain = info.ht[sk.inet_num & 0xFF]
        chain.remove(sk)
        if not chain:
            del info.ht[sk.inet_num & 0xFF]
        sk.hashed = False
        sk.sk_net.ipv4.raw_sockets -= 1
        sock_prot_inuse_add(sk.sk_net, sk.sk_prot, -1)


def raw_v4_match(sk: RawSock, num: int, raddr: int, laddr: int, dif: int) -> bool:
    """The test of __raw_v4_lookup(): does sk want packets from raddr to laddr by device dif?"""
    return (
        sk.inet_num == num
        and not (sk.inet_daddr and sk.inet_daddr != raddr)
        and not (sk.inet_rcv_saddr and sk.inet_rcv_saddr != laddr)
        and not (sk.sk_bound_dev_if and sk.sk_bound_dev_if != dif)
    )


def raw_local_deliver(skb: SkBuff, protocol: int) -> bool:
    """raw_local_deliver(): a copy of skb, data at the transport header, to each socket that wants
    it. Was there one? skb stays the caller's."""
    if trace.raw_local_deliver.enabled:
        trace.raw_local_deliver.fire(skb)
    dev = skb.dev
    assert dev is not None
    info = dev.nd_net.ipv4.raw_hash
    assert isinstance(info, RawHashinfo)
    if not info.ht:
        return False
    chain = info.ht.get(protocol)
    if chain is None:
        return False
    iph = ip_hdr(skb)
    delivered = False
    for sk in list(chain):
        if raw_v4_match(sk, protocol, iph.saddr(), iph.daddr(), dev.ifindex):
            delivered = True
            if protocol != in_.IPPROTO_ICMP or not icmp_filter(sk, skb):
                raw_rcv(sk, skb_clone(skb))
    return delivered


def icmp_filter(sk: RawSock, skb: SkBuff) -> bool:
    """icmp_filter(): does sk's ICMP_FILTER keep this message out? Unknown types pass."""
    if not pskb_may_pull(skb, icmp_.ICMP_HLEN):
        return True
    type = icmp_hdr(skb).type()
    return type < ICMP_FILTER_TYPES and sk.filter >> type & 1 == 1


def raw_rcv(sk: Sock, skb: SkBuff) -> int:
    """raw_rcv(): queue skb, from its IP header on, for sk. Consumes skb."""
    if trace.raw_rcv.enabled:
        trace.raw_rcv.fire(skb)
    assert isinstance(sk, InetSock)
    nf_reset(skb)
    skb.push(skb.data - skb.network_header)
    return raw_rcv_skb(sk, skb)


def raw_rcv_skb(sk: InetSock, skb: SkBuff) -> int:
    """raw_rcv_skb()"""
    if not sk.cmsg_flags & const.IP_CMSG_PKTINFO:
        skb_dst_drop(skb)
    if sock_queue_rcv_skb(sk, skb) < 0:
        kfree_skb(skb, const.SKB_DROP_REASON_SOCKET_RCVBUFF)
        return const.NET_RX_DROP
    return const.NET_RX_SUCCESS


def raw_icmp_error(skb: SkBuff, protocol: int, info: int) -> None:
    """raw_icmp_error(): an ICMP error quotes a packet of that protocol; tell the sockets that may
    have sent it. skb: data at the quoted IP header, the caller's."""
    dev = skb.dev
    assert dev is not None
    table = dev.nd_net.ipv4.raw_hash
    assert isinstance(table, RawHashinfo)
    chain = table.ht.get(protocol)
    if chain is None:
        return
    iph = ip_view(skb.shinfo.head, skb.data)
    daddr, saddr = iph.daddr(), iph.saddr()
    for sk in list(chain):
        if raw_v4_match(sk, protocol, daddr, saddr, dev.ifindex):
            raw_err(sk, skb, info)


def raw_err(sk: RawSock, skb: SkBuff, info: int) -> None:
    """raw_err(): an unconnected socket hears of errors only if it asked to (IP_RECVERR)."""
    if trace.raw_err.enabled:
        trace.raw_err.fire(skb)
    icmph = icmp_hdr(skb)
    type, code = icmph.type(), icmph.code()
    if not sk.recverr and sk.sk_state != tcp.TCP_ESTABLISHED:
        return
    err = errno.EHOSTUNREACH
    hard = False
    if type == icmp_.ICMP_SOURCE_QUENCH:
        return
    if type == icmp_.ICMP_PARAMETERPROB:
        err = errno.EPROTO
        hard = True
    elif type == icmp_.ICMP_DEST_UNREACH and code <= icmp_.NR_ICMP_UNREACH:
        err = icmp_err_errno(code)
        hard = icmp_err_fatal(code)
        if code == icmp_.ICMP_FRAG_NEEDED:
            hard = sk.pmtudisc != in_.IP_PMTUDISC_DONT
            err = errno.EMSGSIZE
    if sk.recverr:
        payload = skb.data
        if not sk.hdrincl:
            payload += ip_view(skb.shinfo.head, skb.data).hdrlen()
        ip_icmp_error(sk, skb, err, 0, info, payload)
    if sk.recverr or hard:
        sk.sk_err = err
        sk.sk_error_report()


def raw_sendmsg(sk: RawSock, msg: MsgHdr, size: int) -> int:
    """raw_sendmsg(): bytes sent, or -errno."""
    if trace.raw_sendmsg.enabled:
        trace.raw_sendmsg.fire(sk)
    if size > MAX_DATAGRAM:
        return -errno.EMSGSIZE
    if msg.flags & socket_.MSG_OOB:
        return -errno.EOPNOTSUPP
    name = msg.name
    if name is not None:
        # AF_UNSPEC with an address is let through, as in Linux, for programs of old.
        if not isinstance(name, SockaddrIn):
            return -errno.EINVAL if name.family == socket_.AF_INET else -errno.EAFNOSUPPORT
        daddr = name.sin_addr
    else:
        if sk.sk_state != tcp.TCP_ESTABLISHED:
            return -errno.EDESTADDRREQ
        daddr = sk.inet_daddr
    ipc = IpcmCookie(sk.inet_saddr, sk.sk_bound_dev_if)
    if msg.control:
        err = ip_cmsg_send(sk.sk_net, msg, ipc)
        if err:
            return err
    saddr = ipc.addr
    ipc.addr = daddr
    if ipc.opt is None:
        ipc.opt = sk.inet_opt
    if ipc.opt is not None:
        if sk.hdrincl:
            return -errno.EINVAL
        if ipc.opt.srr:
            if not daddr:
                return -errno.EINVAL
            daddr = ipc.opt.faddr
    tos = RT_CONN_FLAGS(sk)
    if msg.flags & socket_.MSG_DONTROUTE:
        tos |= const.RTO_ONLINK
    if ipv4_is_multicast(daddr):
        if not ipc.oif:
            ipc.oif = sk.mc_index
        if not saddr:
            saddr = sk.mc_addr
    fl4 = Flowi4(daddr, saddr, tos, ipc.oif)
    fl4.flowi4_mark = sk.sk_mark
    fl4.flowi4_proto = in_.IPPROTO_RAW if sk.hdrincl else sk.sk_protocol
    if sk.transparent or sk.hdrincl:
        fl4.flowi4_flags = const.FLOWI_FLAG_ANYSRC
    rt = ip_route_output_flow(sk.sk_net, fl4, sk)
    if rt is None:
        return fl4.error
    if rt.rt_flags & rtn.RTCF_BROADCAST and not sk.flag(const.SOCK_BROADCAST):
        return -errno.EACCES
    if msg.flags & socket_.MSG_CONFIRM:
        dst_confirm(rt)
        if msg.flags & socket_.MSG_PROBE and not size:
            return 0
    err = raw_send_routed(sk, msg, size, fl4, ipc, rt)
    return err if err < 0 else size


def raw_send_routed(
    sk: RawSock, msg: MsgHdr, size: int, fl4: Flowi4, ipc: IpcmCookie, rt: Rtable
) -> int:
    """The way is known: send. 0 or -errno."""
    if sk.hdrincl:
        return raw_send_hdrinc(sk, fl4, msg, size, rt, msg.flags)
    if not ipc.addr:
        ipc.addr = fl4.daddr
    lock_sock(sk)
    err = ip_append_data(sk, fl4, UserFrom(msg), size, 0, ipc, rt, msg.flags)
    if err:
        ip_flush_pending_frames(sk)
    elif not msg.flags & socket_.MSG_MORE:
        err = ip_push_pending_frames(sk, fl4)
        if err == -errno.ENOBUFS and not sk.recverr:
            err = 0
    release_sock(sk)
    return err


def raw_send_hdrinc(
    sk: RawSock, fl4: Flowi4, msg: MsgHdr, length: int, rt: Rtable, flags: int
) -> int:
    """raw_send_hdrinc(): the program wrote the header; complete what it left 0. 0 or -errno."""
    dev = rt.dev
    assert dev is not None
    net = sk.sk_net
    if length > dev.mtu:
        ip_local_error(sk, errno.EMSGSIZE, fl4.daddr, sk.inet_dport, dev.mtu)
        return -errno.EMSGSIZE
    if length < in_.IP_HLEN:
        return -errno.EINVAL
    if flags & socket_.MSG_PROBE:
        return 0
    room = LL_RESERVED_SPACE(dev)
    try:
        skb = sock_alloc_send_skb(sk, length + room + 15, flags & socket_.MSG_DONTWAIT != 0)
    except OSError as e:
        net.mib.ip.inc(snmp.IPSTATS_MIB_OUTDISCARDS)
        return hdrinc_result(sk, -(e.errno or errno.ENOBUFS))
    skb.reserve(room)
    skb.priority = sk.sk_priority
    skb.mark = sk.sk_mark
    skb.dst = rt
    skb.reset_network_header()
    at = skb.put(length)
    head = skb.shinfo.head
    try:
        mem.copy_from_user(mem.addr(head), at, msg.iov, msg.off, length)
    except OSError as e:
        kfree_skb(skb, const.SKB_DROP_REASON_IP_OUT)
        net.mib.ip.inc(snmp.IPSTATS_MIB_OUTDISCARDS)
        return -(e.errno or errno.EFAULT)
    iph = ip_hdr(skb)
    hlen = iph.hdrlen()
    if hlen > length:
        kfree_skb(skb, const.SKB_DROP_REASON_IP_OUT)
        net.mib.ip.inc(snmp.IPSTATS_MIB_OUTDISCARDS)
        return -errno.EINVAL
    skb.transport_header = skb.network_header + hlen
    if hlen >= in_.IP_HLEN:
        if not iph.saddr():
            iph.set_saddr(fl4.saddr)
        iph.set_tot_len(length)
        if not iph.id():
            ip_select_ident(skb, rt, None, 0)
        iph.send_check()
    if iph.protocol() == in_.IPPROTO_ICMP and hlen < length:
        icmp_out_count(net, head[skb.transport_header])
    err = ip_local_out_written(skb)
    if err > 0:
        err = -errno.ENOBUFS if err != const.NET_XMIT_CN else 0
    if err:
        net.mib.ip.inc(snmp.IPSTATS_MIB_OUTDISCARDS)
        return hdrinc_result(sk, err)
    return 0


def hdrinc_result(sk: RawSock, err: int) -> int:
    """A full queue is no error to programs that did not ask for errors."""
    if err == -errno.ENOBUFS and not sk.recverr:
        return 0
    return err


def raw_recvmsg(sk: RawSock, msg: MsgHdr, size: int, flags: int) -> int:
    """raw_recvmsg(): the next packet, from its IP header on. Bytes, or -errno."""
    if flags & socket_.MSG_OOB:
        return -errno.EOPNOTSUPP
    if flags & socket_.MSG_ERRQUEUE:
        return ip_recv_error(sk, msg, size)
    skb = skb_recv_datagram(sk, flags, flags & socket_.MSG_DONTWAIT != 0)
    if skb is None:
        return sk.recv_error
    copied = skb.len
    if size < copied:
        msg.flags |= socket_.MSG_TRUNC
        copied = size
    err = skb_copy_datagram_iovec(skb, 0, msg, copied)
    if err == 0:
        sock_recv_ts_and_drops(msg, sk, skb)
        if msg.want_name:
            msg.name = SockaddrIn(ip_hdr(skb).saddr(), 0)
        if sk.cmsg_flags:
            ip_cmsg_recv(msg, skb)
        err = skb.len if flags & socket_.MSG_TRUNC else copied
    skb_free_datagram(sk, skb)
    return err


def raw_bind(sk: RawSock, addr: Sockaddr) -> int:
    """raw_bind(): 0, -EINVAL, or -EADDRNOTAVAIL."""
    if sk.sk_state != tcp.TCP_CLOSE or not isinstance(addr, SockaddrIn):
        return -errno.EINVAL
    kind = inet_addr_type(sk.sk_net, addr.sin_addr)
    group = kind == rtn.RTN_MULTICAST or kind == rtn.RTN_BROADCAST
    if addr.sin_addr and kind != rtn.RTN_LOCAL and not group:
        return -errno.EADDRNOTAVAIL
    sk.inet_rcv_saddr = addr.sin_addr
    sk.inet_saddr = 0 if group else addr.sin_addr
    sk_dst_reset(sk)
    return 0


class RawProto(Proto):
    """raw_prot"""

    __slots__ = ()

    def alloc(self, net: Net, family: int) -> Sock:
        return RawSock(self, net, family)

    def close(self, sk: Sock, timeout: int) -> None:
        """raw_close()"""
        ip_ra_control(sk, False)
        sk_common_release(sk)

    def destroy(self, sk: Sock) -> None:
        """raw_destroy()"""
        assert isinstance(sk, RawSock)
        lock_sock(sk)
        ip_flush_pending_frames(sk)
        release_sock(sk)

    def connect(self, sk: Sock, addr: Sockaddr) -> int:
        return ip4_datagram_connect(sk, addr)

    def disconnect(self, sk: Sock, flags: int) -> int:
        return udp_disconnect(sk, flags)

    def ioctl(self, sk: Sock, cmd: int, arg: object) -> object:
        """raw_ioctl()"""
        if cmd == sockios.SIOCOUTQ:
            return sk_wmem_alloc_get(sk)
        if cmd == sockios.SIOCINQ:
            skb = sk.sk_receive_queue.peek()
            return 0 if skb is None else skb.len
        raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")

    def setsockopt(self, sk: Sock, level: int, optname: int, optval: bytes) -> int:
        """raw_setsockopt()"""
        assert isinstance(sk, RawSock)
        if level != socket_.SOL_RAW:
            return ip_setsockopt(sk, level, optname, optval)
        if optname != icmp_.ICMP_FILTER:
            return -errno.ENOPROTOOPT
        if sk.inet_num != in_.IPPROTO_ICMP:
            return -errno.EOPNOTSUPP
        data = optval[:4]
        sk.filter = int.from_bytes(data, "little") | sk.filter >> 8 * len(data) << 8 * len(data)
        return 0

    def getsockopt(self, sk: Sock, level: int, optname: int, optlen: int) -> bytes:
        """raw_getsockopt()"""
        assert isinstance(sk, RawSock)
        if level != socket_.SOL_RAW:
            return ip_getsockopt(sk, level, optname, optlen)
        if optname != icmp_.ICMP_FILTER:
            raise OSError(errno.ENOPROTOOPT, "Protocol not available")
        if sk.inet_num != in_.IPPROTO_ICMP:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        return sk.filter.to_bytes(4, "little")[:optlen]

    def sendmsg(self, sk: Sock, msg: MsgHdr, size: int) -> int:
        assert isinstance(sk, RawSock)
        return raw_sendmsg(sk, msg, size)

    def recvmsg(self, sk: Sock, msg: MsgHdr, size: int, flags: int) -> int:
        assert isinstance(sk, RawSock)
        return raw_recvmsg(sk, msg, size, flags)

    def bind(self, sk: Sock, addr: Sockaddr) -> int:
        assert isinstance(sk, RawSock)
        return raw_bind(sk, addr)

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        return datagram_poll(file, sock, wait)

    def backlog_rcv(self, sk: Sock, skb: SkBuff) -> int:
        assert isinstance(sk, RawSock)
        return raw_rcv_skb(sk, skb)

    def hash(self, sk: Sock) -> None:
        assert isinstance(sk, RawSock)
        raw_hash_sk(sk)

    def unhash(self, sk: Sock) -> None:
        assert isinstance(sk, RawSock)
        raw_unhash_sk(sk)


raw_prot = RawProto("RAW")


def inet_ctl_sock_create(net: Net, protocol: int) -> RawSock:
    """inet_ctl_sock_create(): a socket for the kernel's own use, that receives nothing."""
    sk = sk_alloc(net, socket_.AF_INET, raw_prot)
    assert isinstance(sk, RawSock)
    sock_init_data(None, sk)
    sk.sk_type = socket_.SOCK_RAW
    sk.sk_protocol = protocol
    sk.inet_num = protocol
    return sk


def raw_seq_show(net: Net) -> str:
    """/proc/net/raw"""
    out = [SOCK_SEQ_HEADER + "\n"]
    info = net.ipv4.raw_hash
    assert isinstance(info, RawHashinfo)
    for bucket in sorted(info.ht):
        for sk in info.ht[bucket]:
            out.append(format_inet_sock(sk, f"{bucket:4d}", 0, sk.inet_num) + "\n")
    return "".join(out)


def raw_net_init(net: Net) -> None:
    """An empty table."""
    net.ipv4.raw_hash = RawHashinfo()
