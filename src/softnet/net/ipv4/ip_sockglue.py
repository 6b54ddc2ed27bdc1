"""SOL_IP: options, control messages and the error queue of IPv4 sockets.

Linux: net/ipv4/ip_sockglue.c, include/net/ip.h

Option values come and go as user space lays them out: integers little endian, addresses in network
order. Setters answer 0 or a negative errno, getters the bytes, or raise OSError.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.errqueue as errqueue
import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
import softnet.uapi.tcp as tcp
from softnet.net.core.datagram import skb_copy_datagram_iovec
from softnet.net.core.dev.registry import dev_get_by_index
from softnet.net.core.scm import put_cmsg
from softnet.net.core.skbuff import kfree_skb, skb_queue_purge
from softnet.net.core.sock import (
    lock_sock,
    release_sock,
    sk_dst_reset,
    sock_recv_timestamp,
)
from softnet.net.ipv4.fib_frontend import ip_dev_find
from softnet.net.ipv4.igmp_sock import (
    IpMreqn,
    ip_mc_join_group,
    ip_mc_leave_group,
    ip_mc_msfget,
    ip_mc_msfilter,
    ip_mc_source,
)
from softnet.net.ipv4.ip_append import IpcmCookie
from softnet.net.ipv4.ip_options import ip_options_echo, ip_options_get, ip_options_undo
from softnet.net.ipv4.route import rt_tos2priority
from softnet.structs.errqueue import SockExterr
from softnet.structs.headers import ip_hdr
from softnet.structs.inet_connection_sock import InetConnectionSock
from softnet.structs.inet_sock import InetSock, IpOptions
from softnet.structs.route import Rtable
from softnet.structs.socket import MsgHdr, SockaddrIn

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.sock import Sock

CMSG_OPTIONS = {
    in_.IP_PKTINFO: const.IP_CMSG_PKTINFO,
    in_.IP_RECVTTL: const.IP_CMSG_TTL,
    in_.IP_RECVTOS: const.IP_CMSG_TOS,
    in_.IP_RECVOPTS: const.IP_CMSG_RECVOPTS,
    in_.IP_RETOPTS: const.IP_CMSG_RETOPTS,
    in_.IP_PASSSEC: const.IP_CMSG_PASSSEC,
    in_.IP_RECVORIGDSTADDR: const.IP_CMSG_ORIGDSTADDR,
}

# Sizes of the structs of multicast options, in bytes
IP_MREQ_LEN = 8
IP_MREQN_LEN = 12
IP_MREQ_SOURCE_LEN = 12
IP_MSFILTER_HLEN = 16
GROUP_REQ_LEN = 136
GROUP_SOURCE_REQ_LEN = 264
GROUP_FILTER_HLEN = 144
SOCKADDR_STORAGE_LEN = 128
IN_PKTINFO_LEN = 12
NUMSRC_MAX = 0x3FFFFFFC  # more would overflow the size in 32 bits

MCAST_MIN, MCAST_MAX = in_.MCAST_JOIN_GROUP, in_.MCAST_MSFILTER
MRT_BASE, MRT_MAX = 200, 210  # options of multicast routing daemons
SOURCE_OPTIONS = {  # (omode, add)
    in_.IP_BLOCK_SOURCE: (in_.MCAST_EXCLUDE, True),
    in_.IP_UNBLOCK_SOURCE: (in_.MCAST_EXCLUDE, False),
    in_.IP_ADD_SOURCE_MEMBERSHIP: (in_.MCAST_INCLUDE, True),
    in_.IP_DROP_SOURCE_MEMBERSHIP: (in_.MCAST_INCLUDE, False),
    in_.MCAST_BLOCK_SOURCE: (in_.MCAST_EXCLUDE, True),
    in_.MCAST_UNBLOCK_SOURCE: (in_.MCAST_EXCLUDE, False),
    in_.MCAST_JOIN_SOURCE_GROUP: (in_.MCAST_INCLUDE, True),
    in_.MCAST_LEAVE_SOURCE_GROUP: (in_.MCAST_INCLUDE, False),
}


# ---- control messages


def ip_cmsg_recv(msg: MsgHdr, skb: SkBuff) -> None:
    """ip_cmsg_recv(): the control messages that skb.sk's owner asked for."""
    sk = skb.sk
    if not isinstance(sk, InetSock):
        return
    flags = sk.cmsg_flags
    if flags & const.IP_CMSG_PKTINFO:
        ip_cmsg_recv_pktinfo(msg, skb)
    if flags & const.IP_CMSG_TTL:
        ttl = ip_hdr(skb).ttl()
        put_cmsg(msg, socket_.SOL_IP, in_.IP_TTL, ttl.to_bytes(4, "little"))
    if flags & const.IP_CMSG_TOS:
        put_cmsg(msg, socket_.SOL_IP, in_.IP_TOS, bytes((ip_hdr(skb).tos(),)))
    if flags & const.IP_CMSG_RECVOPTS:
        ip_cmsg_recv_opts(msg, skb)
    if flags & const.IP_CMSG_RETOPTS:
        ip_cmsg_recv_retopts(msg, skb)
    if flags & const.IP_CMSG_ORIGDSTADDR:
        ip_cmsg_recv_dstaddr(msg, skb)


def ip_cmsg_recv_pktinfo(msg: MsgHdr, skb: SkBuff) -> None:
    """ip_cmsg_recv_pktinfo(): by which interface it came, to which address, and from which to answer."""
    rt = skb.dst
    ifindex = 0
    spec_dst = 0
    if isinstance(rt, Rtable):
        ifindex = rt.rt_iif
        spec_dst = rt.rt_spec_dst
    data = (
        ifindex.to_bytes(4, "little")
        + spec_dst.to_bytes(4, "big")
        + ip_hdr(skb).daddr().to_bytes(4, "big")
    )
    put_cmsg(msg, socket_.SOL_IP, in_.IP_PKTINFO, data)


def ip_cmsg_recv_opts(msg: MsgHdr, skb: SkBuff) -> None:
    """ip_cmsg_recv_opts(): the options as they came."""
    opt = skb.ip_opt
    if isinstance(opt, IpOptions) and opt.optlen:
        at = skb.network_header + in_.IP_HLEN
        data = bytes(skb.shinfo.head[at : at + opt.optlen])
        put_cmsg(msg, socket_.SOL_IP, in_.IP_RECVOPTS, data)


def ip_cmsg_recv_retopts(msg: MsgHdr, skb: SkBuff) -> None:
    """ip_cmsg_recv_retopts(): the options that an answer should carry."""
    opt = skb.ip_opt
    if not isinstance(opt, IpOptions) or opt.optlen == 0:
        return
    answer = IpOptions()
    if ip_options_echo(answer, skb):
        msg.flags |= socket_.MSG_CTRUNC
        return
    put_cmsg(msg, socket_.SOL_IP, in_.IP_RETOPTS, ip_options_undo(answer))


def ip_cmsg_recv_dstaddr(msg: MsgHdr, skb: SkBuff) -> None:
    """ip_cmsg_recv_dstaddr(): where it was going, before a redirection."""
    if skb.transport_header - skb.data + 4 > skb.len:
        return
    port = mem.get16(mem.addr(skb.shinfo.head), skb.transport_header + 2)
    data = pack_sockaddr_in(ip_hdr(skb).daddr(), port)
    put_cmsg(msg, socket_.SOL_IP, in_.IP_ORIGDSTADDR, data)


def pack_sockaddr_in(addr: int, port: int) -> bytes:
    """struct sockaddr_in: family little endian, port and address in network order, 16 bytes."""
    family = socket_.AF_INET.to_bytes(2, "little")
    return family + port.to_bytes(2, "big") + addr.to_bytes(4, "big") + bytes(8)


def ip_cmsg_send(net: Net, msg: MsgHdr, ipc: IpcmCookie) -> int:
    """ip_cmsg_send(): what the control messages of a sendmsg() say, into ipc. 0 or -EINVAL."""
    for level, type, data in msg.control or ():
        if level != socket_.SOL_IP:
            continue
        if type == in_.IP_RETOPTS:
            try:
                ipc.opt = ip_options_get(net, bytes(data[: in_.MAX_IPOPTLEN]))
            except OSError as e:
                return -(e.errno or errno.EINVAL)
        elif type == in_.IP_PKTINFO and len(data) == IN_PKTINFO_LEN:
            ipc.oif = int.from_bytes(data[0:4], "little")
            ipc.addr = int.from_bytes(data[4:8], "big")
        else:
            return -errno.EINVAL
    return 0


# ---- the error queue


def ip_recv_error(sk: InetSock, msg: MsgHdr, size: int) -> int:
    """ip_recv_error(): recvmsg(MSG_ERRQUEUE): what was sent, and in a control message why it failed.

    Bytes copied, or -EAGAIN when the queue is empty.
    """
    queue = sk.sk_error_queue
    skb = None if queue is None else queue.dequeue()
    if skb is None or queue is None:
        return -errno.EAGAIN
    copied = skb.len
    if copied > size:
        msg.flags |= socket_.MSG_TRUNC
        copied = size
    err = skb_copy_datagram_iovec(skb, 0, msg, copied)
    if err == 0:
        serr = skb.cb
        assert isinstance(serr, SockExterr)
        sock_recv_timestamp(msg, sk, skb)
        if msg.want_name and serr.ee_origin != errqueue.SO_EE_ORIGIN_ZEROCOPY:
            at = skb.network_header + serr.addr_offset
            msg.name = SockaddrIn(mem.get32(mem.addr(skb.shinfo.head), at), serr.port)
        offender = bytes(16)
        if serr.ee_origin == errqueue.SO_EE_ORIGIN_ICMP:
            offender = pack_sockaddr_in(ip_hdr(skb).saddr(), 0)
            if sk.cmsg_flags:
                ip_cmsg_recv(msg, skb)
        put_cmsg(msg, socket_.SOL_IP, in_.IP_RECVERR, serr.pack() + offender)
        msg.flags |= socket_.MSG_ERRQUEUE
        err = copied
    sk.sk_err = 0
    nxt = queue.peek()
    if nxt is not None:
        serr = nxt.cb
        assert isinstance(serr, SockExterr)
        sk.sk_err = serr.ee_errno
        sk.sk_error_report()
    kfree_skb(skb)
    return err


# ---- router alert


def ip_ra_chain(net: Net) -> list[InetSock]:
    """ip_ra_chain: the sockets that want packets with a router alert, the newest first."""
    chain = net.gen.setdefault("ip_ra_chain", [])
    assert isinstance(chain, list)
    return chain


def ip_ra_control(sk: Sock, on: bool) -> int:
    """ip_ra_control(): IP_ROUTER_ALERT. 0, -EINVAL, -EADDRINUSE; -ENOBUFS if it was not on."""
    assert isinstance(sk, InetSock)
    if sk.sk_type != socket_.SOCK_RAW or sk.inet_num == in_.IPPROTO_RAW:
        return -errno.EINVAL
    chain = ip_ra_chain(sk.sk_net)
    if sk in chain:
        if on:
            return -errno.EADDRINUSE
        chain.remove(sk)
        return 0
    if not on:
        return -errno.ENOBUFS
    chain.insert(0, sk)
    return 0


# ---- setsockopt


def ip_setsockopt(sk: Sock, level: int, optname: int, optval: bytes) -> int:
    """ip_setsockopt(): 0 or -errno."""
    assert isinstance(sk, InetSock)
    if level != socket_.SOL_IP:
        return -errno.ENOPROTOOPT
    if MRT_BASE <= optname <= MRT_MAX:
        return -errno.ENOPROTOOPT  # CONFIG_IP_MROUTE is off
    lock_sock(sk)
    try:
        return do_ip_setsockopt(sk, optname, optval)
    except OSError as e:
        return -(e.errno or errno.EINVAL)
    finally:
        release_sock(sk)


def option_int(optval: bytes) -> int:
    """An int if there are four bytes, else an unsigned char; nothing is 0."""
    if len(optval) >= 4:
        return int.from_bytes(optval[:4], "little", signed=True)
    return optval[0] if optval else 0


def do_ip_setsockopt(sk: InetSock, optname: int, optval: bytes) -> int:
    """do_ip_setsockopt(): the socket is locked. Raises OSError too."""
    flag = CMSG_OPTIONS.get(optname)
    val = option_int(optval)
    if flag is not None:
        if val:
            sk.cmsg_flags |= flag
        else:
            sk.cmsg_flags &= ~flag
        return 0
    if optname == in_.IP_OPTIONS:
        return set_ip_options(sk, optval)
    if optname in (in_.IP_ADD_MEMBERSHIP, in_.IP_DROP_MEMBERSHIP):
        return set_membership(sk, optname, optval)
    if optname == in_.IP_MULTICAST_IF:
        return set_multicast_if(sk, optval)
    if optname == in_.IP_MSFILTER:
        return set_msfilter(sk, optval)
    if in_.IP_UNBLOCK_SOURCE <= optname <= in_.IP_DROP_SOURCE_MEMBERSHIP:
        return set_source(sk, optname, optval)
    if MCAST_MIN <= optname <= MCAST_MAX:
        return set_mcast(sk, optname, optval)
    if optname == in_.IP_ROUTER_ALERT:
        return ip_ra_control(sk, val != 0)
    return set_simple(sk, optname, optval, val)


def set_simple(sk: InetSock, optname: int, optval: bytes, val: int) -> int:
    """The options that are one number."""
    match optname:
        case in_.IP_TOS:
            set_tos(sk, val)
            return 0
        case in_.IP_HDRINCL | in_.IP_NODEFRAG:
            if sk.sk_type != socket_.SOCK_RAW:
                return -errno.ENOPROTOOPT
            if optname == in_.IP_HDRINCL:
                sk.hdrincl = val != 0
            else:
                sk.nodefrag = val != 0
            return 0
        case in_.IP_MTU_DISCOVER:
            if not in_.IP_PMTUDISC_DONT <= val <= in_.IP_PMTUDISC_PROBE:
                return -errno.EINVAL
            sk.pmtudisc = val
            return 0
        case in_.IP_RECVERR:
            sk.recverr = val != 0
            if not val and sk.sk_error_queue is not None:
                skb_queue_purge(sk.sk_error_queue)
            return 0
        case in_.IP_IPSEC_POLICY | in_.IP_XFRM_POLICY:
            return -errno.ENOPROTOOPT  # CONFIG_XFRM is off
    if optname not in SIZED_OPTIONS:
        return -errno.ENOPROTOOPT
    if not optval:
        return -errno.EINVAL
    return set_sized(sk, optname, val)


SIZED_OPTIONS = frozenset(
    {
        in_.IP_TTL,
        in_.IP_MULTICAST_TTL,
        in_.IP_MULTICAST_LOOP,
        in_.IP_MULTICAST_ALL,
        in_.IP_FREEBIND,
        in_.IP_TRANSPARENT,
        in_.IP_MINTTL,
    }
)


def set_sized(sk: InetSock, optname: int, val: int) -> int:
    """Numbers that must not be missing."""
    match optname:
        case in_.IP_TTL:
            if val != -1 and not 0 <= val <= 255:
                return -errno.EINVAL
            sk.uc_ttl = val
        case in_.IP_MULTICAST_TTL:
            if sk.sk_type == socket_.SOCK_STREAM:
                return -errno.EINVAL
            if val == -1:
                val = 1
            if not 0 <= val <= 255:
                return -errno.EINVAL
            sk.mc_ttl = val
        case in_.IP_MULTICAST_LOOP:
            sk.mc_loop = val != 0
        case in_.IP_MULTICAST_ALL:
            if val not in (0, 1):
                return -errno.EINVAL
            sk.mc_all = val != 0
        case in_.IP_FREEBIND:
            sk.freebind = val != 0
        case in_.IP_TRANSPARENT:
            sk.transparent = val != 0
        case in_.IP_MINTTL:
            if not 0 <= val <= 255:
                return -errno.EINVAL
            sk.min_ttl = val
    return 0


def set_tos(sk: InetSock, val: int) -> None:
    """IP_TOS: TOS and precedence; the ECN bits of a stream are TCP's."""
    if sk.sk_type == socket_.SOCK_STREAM:
        val = (val & ~in_.INET_ECN_MASK) | (sk.tos & in_.INET_ECN_MASK)
    val &= 0xFF
    if sk.tos != val:
        sk.tos = val
        sk.sk_priority = rt_tos2priority(val)
        sk_dst_reset(sk)


def set_ip_options(sk: InetSock, optval: bytes) -> int:
    """IP_OPTIONS: for every packet from now on; a connection's segments shrink by them."""
    opt = ip_options_get(sk.sk_net, optval)
    old = sk.inet_opt
    if isinstance(sk, InetConnectionSock):
        if old is not None:
            sk.icsk_ext_hdr_len -= old.optlen
        sk.icsk_ext_hdr_len += opt.optlen
        if sk.sk_state not in (tcp.TCP_LISTEN, tcp.TCP_CLOSE):
            sk.sk_prot.sync_mss(sk, sk.icsk_pmtu_cookie)
    sk.inet_opt = opt if opt.optlen else None
    return 0


def read_mreqn(optval: bytes) -> IpMreqn:
    """struct ip_mreqn, or the shorter struct ip_mreq."""
    mreq = IpMreqn(int.from_bytes(optval[0:4], "big"), int.from_bytes(optval[4:8], "big"))
    if len(optval) >= IP_MREQN_LEN:
        mreq.imr_ifindex = int.from_bytes(optval[8:12], "little", signed=True)
    return mreq


def set_membership(sk: InetSock, optname: int, optval: bytes) -> int:
    """IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP"""
    if sk.is_icsk:
        return -errno.EPROTO
    if len(optval) < IP_MREQ_LEN:
        return -errno.EINVAL
    mreq = read_mreqn(optval)
    if optname == in_.IP_ADD_MEMBERSHIP:
        return ip_mc_join_group(sk, mreq)
    return ip_mc_leave_group(sk, mreq)


def set_multicast_if(sk: InetSock, optval: bytes) -> int:
    """IP_MULTICAST_IF: struct in_addr or struct ip_mreqn."""
    if sk.sk_type == socket_.SOCK_STREAM or len(optval) < 4:
        return -errno.EINVAL
    if len(optval) >= IP_MREQN_LEN:
        mreq = read_mreqn(optval)
    else:
        mreq = IpMreqn(0, int.from_bytes(optval[0:4], "big"))
    if mreq.imr_ifindex:
        dev = dev_get_by_index(sk.sk_net, mreq.imr_ifindex)
    else:
        if mreq.imr_address == in_.INADDR_ANY:
            sk.mc_index = 0
            sk.mc_addr = 0
            return 0
        dev = ip_dev_find(sk.sk_net, mreq.imr_address)
        if dev is not None:
            mreq.imr_ifindex = dev.ifindex
    if dev is None:
        return -errno.EADDRNOTAVAIL
    if sk.sk_bound_dev_if and mreq.imr_ifindex != sk.sk_bound_dev_if:
        return -errno.EINVAL
    sk.mc_index = mreq.imr_ifindex
    sk.mc_addr = mreq.imr_address
    return 0


def set_msfilter(sk: InetSock, optval: bytes) -> int:
    """IP_MSFILTER: struct ip_msfilter: group, interface, mode, count, sources."""
    if len(optval) < IP_MSFILTER_HLEN:
        return -errno.EINVAL
    if len(optval) > sk.sk_net.core.optmem_max:
        return -errno.ENOBUFS
    group = int.from_bytes(optval[0:4], "big")
    interface = int.from_bytes(optval[4:8], "big")
    fmode = int.from_bytes(optval[8:12], "little")
    n = int.from_bytes(optval[12:16], "little")
    if n >= NUMSRC_MAX or n > sk.sk_net.ipv4.sysctl_igmp_max_msf:
        return -errno.ENOBUFS
    if IP_MSFILTER_HLEN + 4 * n > len(optval):
        return -errno.EINVAL
    sources = [
        int.from_bytes(optval[at : at + 4], "big")
        for at in range(IP_MSFILTER_HLEN, IP_MSFILTER_HLEN + 4 * n, 4)
    ]
    return ip_mc_msfilter(sk, group, interface, fmode, sources, 0)


def set_source(sk: InetSock, optname: int, optval: bytes) -> int:
    """IP_BLOCK_SOURCE and its kin: struct ip_mreq_source: group, interface, source."""
    if len(optval) != IP_MREQ_SOURCE_LEN:
        return -errno.EINVAL
    group = int.from_bytes(optval[0:4], "big")
    interface = int.from_bytes(optval[4:8], "big")
    source = int.from_bytes(optval[8:12], "big")
    omode, add = SOURCE_OPTIONS[optname]
    if optname == in_.IP_ADD_SOURCE_MEMBERSHIP:
        err = ip_mc_join_group(sk, IpMreqn(group, interface))
        if err and err != -errno.EADDRINUSE:
            return err
    return ip_mc_source(add, omode, sk, group, interface, source, 0)


def read_storage(optval: bytes, at: int) -> tuple[int, int]:
    """(family, IPv4 address) of the struct sockaddr_storage at that offset."""
    family = int.from_bytes(optval[at : at + 2], "little")
    return family, int.from_bytes(optval[at + 4 : at + 8], "big")


def set_mcast(sk: InetSock, optname: int, optval: bytes) -> int:
    """MCAST_*: RFC 3678's protocol-independent forms."""
    if optname in (in_.MCAST_JOIN_GROUP, in_.MCAST_LEAVE_GROUP):
        if len(optval) < GROUP_REQ_LEN:
            return -errno.EINVAL
        ifindex = int.from_bytes(optval[0:4], "little")
        family, group = read_storage(optval, 8)
        if family != socket_.AF_INET:
            return -errno.EINVAL
        mreq = IpMreqn(group, 0, ifindex)
        if optname == in_.MCAST_JOIN_GROUP:
            return ip_mc_join_group(sk, mreq)
        return ip_mc_leave_group(sk, mreq)
    if optname == in_.MCAST_MSFILTER:
        return set_group_filter(sk, optval)
    if len(optval) != GROUP_SOURCE_REQ_LEN:
        return -errno.EINVAL
    ifindex = int.from_bytes(optval[0:4], "little")
    family, group = read_storage(optval, 8)
    source_family, source = read_storage(optval, 8 + SOCKADDR_STORAGE_LEN)
    if family != socket_.AF_INET or source_family != socket_.AF_INET:
        return -errno.EADDRNOTAVAIL
    omode, add = SOURCE_OPTIONS[optname]
    if optname == in_.MCAST_JOIN_SOURCE_GROUP:
        mreq = IpMreqn(group, 0, ifindex)
        err = ip_mc_join_group(sk, mreq)
        if err and err != -errno.EADDRINUSE:
            return err
        ifindex = mreq.imr_ifindex
    return ip_mc_source(add, omode, sk, group, 0, source, ifindex)


def set_group_filter(sk: InetSock, optval: bytes) -> int:
    """MCAST_MSFILTER: struct group_filter."""
    if len(optval) < GROUP_FILTER_HLEN:
        return -errno.EINVAL
    if len(optval) > sk.sk_net.core.optmem_max:
        return -errno.ENOBUFS
    ifindex = int.from_bytes(optval[0:4], "little")
    family, group = read_storage(optval, 8)
    fmode = int.from_bytes(optval[136:140], "little")
    n = int.from_bytes(optval[140:144], "little")
    if n >= 0x1FFFFFF or n > sk.sk_net.ipv4.sysctl_igmp_max_msf:
        return -errno.ENOBUFS
    if GROUP_FILTER_HLEN + SOCKADDR_STORAGE_LEN * n > len(optval):
        return -errno.EINVAL
    if family != socket_.AF_INET:
        return -errno.EADDRNOTAVAIL
    sources = []
    for i in range(n):
        family, source = read_storage(optval, GROUP_FILTER_HLEN + SOCKADDR_STORAGE_LEN * i)
        if family != socket_.AF_INET:
            return -errno.EADDRNOTAVAIL
        sources.append(source)
    return ip_mc_msfilter(sk, group, 0, fmode, sources, ifindex)


# ---- getsockopt


def ip_getsockopt(sk: Sock, level: int, optname: int, optlen: int) -> bytes:
    """ip_getsockopt(): the value in at most optlen bytes; raises OSError."""
    assert isinstance(sk, InetSock)
    if level != socket_.SOL_IP:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")
    if MRT_BASE <= optname <= MRT_MAX:
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")
    if optlen < 0:
        raise OSError(errno.EINVAL, "Invalid argument")
    lock_sock(sk)
    try:
        return do_ip_getsockopt(sk, optname, optlen)
    finally:
        release_sock(sk)


def do_ip_getsockopt(sk: InetSock, optname: int, optlen: int) -> bytes:
    """do_ip_getsockopt(): the socket is locked."""
    if optname == in_.IP_OPTIONS:
        return b"" if sk.inet_opt is None else ip_options_undo(sk.inet_opt)[:optlen]
    if optname == in_.IP_MULTICAST_IF:
        return sk.mc_addr.to_bytes(4, "big")[:optlen]
    if optname in (in_.IP_MSFILTER, in_.MCAST_MSFILTER):
        # The group asked about comes in by getsockopt_filter().
        raise OSError(errno.EINVAL, "Invalid argument")
    if optname == in_.IP_PKTOPTIONS:
        return get_pktoptions(sk, optlen)
    val = get_int(sk, optname)
    if 0 < optlen < 4 and 0 <= val <= 255:
        return bytes((val,))
    return val.to_bytes(4, "little", signed=True)[:optlen]


def get_int(sk: InetSock, optname: int) -> int:
    """The options that are one number; raises OSError ENOPROTOOPT, ENOTCONN."""
    flag = CMSG_OPTIONS.get(optname)
    if flag is not None:
        return int(sk.cmsg_flags & flag != 0)
    match optname:
        case in_.IP_TOS:
            return sk.tos
        case in_.IP_TTL:
            return sk.sk_net.ipv4.sysctl_ip_default_ttl if sk.uc_ttl == -1 else sk.uc_ttl
        case in_.IP_HDRINCL:
            return int(sk.hdrincl)
        case in_.IP_NODEFRAG:
            return int(sk.nodefrag)
        case in_.IP_MTU_DISCOVER:
            return sk.pmtudisc
        case in_.IP_MTU:
            dst = sk.sk_dst_cache
            mtu = 0 if dst is None else dst.mtu()
            if not mtu:
                raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
            return mtu
        case in_.IP_RECVERR:
            return int(sk.recverr)
        case in_.IP_MULTICAST_TTL:
            return sk.mc_ttl
        case in_.IP_MULTICAST_LOOP:
            return int(sk.mc_loop)
        case in_.IP_MULTICAST_ALL:
            return int(sk.mc_all)
        case in_.IP_FREEBIND:
            return int(sk.freebind)
        case in_.IP_TRANSPARENT:
            return int(sk.transparent)
        case in_.IP_MINTTL:
            return sk.min_ttl
    raise OSError(errno.ENOPROTOOPT, "Protocol not available")


def get_pktoptions(sk: InetSock, optlen: int) -> bytes:
    """IP_PKTOPTIONS: control messages about a connection, as the bytes of a control buffer."""
    if sk.sk_type != socket_.SOCK_STREAM:
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")
    msg = MsgHdr(None, 0)
    msg.controllen = optlen
    if sk.cmsg_flags & const.IP_CMSG_PKTINFO:
        addr = sk.inet_rcv_saddr.to_bytes(4, "big")
        info = sk.mc_index.to_bytes(4, "little") + addr + addr
        put_cmsg(msg, socket_.SOL_IP, in_.IP_PKTINFO, info)
    if sk.cmsg_flags & const.IP_CMSG_TTL:
        put_cmsg(msg, socket_.SOL_IP, in_.IP_TTL, sk.mc_ttl.to_bytes(4, "little"))
    out = bytearray()
    for level, type, data in msg.control or ():
        out += (socket_.CMSG_HDRLEN + len(data)).to_bytes(8, "little")
        out += level.to_bytes(4, "little") + type.to_bytes(4, "little")
        out += data + bytes(-len(data) & 7)
    return bytes(out[:optlen])


def getsockopt_filter(sk: InetSock, optname: int, optval: bytes) -> bytes:
    """getsockopt(IP_MSFILTER or MCAST_MSFILTER): optval names the group and how many sources fit.

    The struct with the mode, the number of sources there are, and as many as fit.
    """
    if optname == in_.IP_MSFILTER:
        if len(optval) < IP_MSFILTER_HLEN:
            raise OSError(errno.EINVAL, "Invalid argument")
        group = int.from_bytes(optval[0:4], "big")
        room = int.from_bytes(optval[12:16], "little")
        mode, sources = ip_mc_msfget(sk, group, int.from_bytes(optval[4:8], "big"), 0)
        head = optval[:8] + mode.to_bytes(4, "little") + len(sources).to_bytes(4, "little")
        return head + b"".join(src.to_bytes(4, "big") for src in sources[:room])
    if len(optval) < GROUP_FILTER_HLEN:
        raise OSError(errno.EINVAL, "Invalid argument")
    family, group = read_storage(optval, 8)
    if family != socket_.AF_INET:
        raise OSError(errno.EINVAL, "Invalid argument")
    room = int.from_bytes(optval[140:144], "little")
    mode, sources = ip_mc_msfget(sk, group, 0, int.from_bytes(optval[0:4], "little"))
    head = optval[:136] + mode.to_bytes(4, "little") + len(sources).to_bytes(4, "little")
    storage = [
        pack_sockaddr_in(src, 0) + bytes(SOCKADDR_STORAGE_LEN - 16) for src in sources[:room]
    ]
    return head + b"".join(storage)
