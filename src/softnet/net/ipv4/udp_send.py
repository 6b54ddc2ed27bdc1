"""UDP: sending datagrams.

Linux: net/ipv4/udp.c. RFC 768, RFC 1122 4.1.

    udp_sendmsg              the address, and a connected socket's fast way
    udp_sendmsg_to           control messages, options, route
    udp_send_now             one skb at once; or
    udp_append               a cork (MSG_MORE, UDP_CORK) that udp_push_pending_frames() pulls
    udp_send_skb             header and checksum, then IP

Headers are written in place (mem.put16(p, o + 2)); their layout is in wire/udp.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket_
import softnet.uapi.tcp as tcp_
from softnet.net.core.dst import dst_confirm
from softnet.net.core.sock import (
    lock_sock,
    release_sock,
    sk_dst_check,
    sk_dst_set,
    sock_tx_timestamp,
)
from softnet.net.ipv4.ip_append import (
    IpcmCookie,
    UserFrom,
    ip_append_data,
    ip_finish_skb,
    ip_flush_pending_frames,
    ip_make_skb,
    ip_make_skb_whole,
    ip_send_skb,
)
from softnet.net.ipv4.ip_sockglue import ip_cmsg_send
from softnet.net.ipv4.route import ip_route_output_key
from softnet.net.ipv4.udp_sock import UDPLITE_SEND_CC, UdpSock
from softnet.net.ipv4.udp_table import udp_mib
from softnet.structs.flow import Flowi4
from softnet.structs.route import Rtable
from softnet.structs.socket import SockaddrIn

if TYPE_CHECKING:
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.socket import MsgHdr

UDP_HLEN = 8
UDP_CHECK = 6  # offset of the checksum in the header
MAX_DATAGRAM = 0xFFFF
TIMESTAMPING_TX = (
    1 << const.SOCK_TIMESTAMPING_TX_HARDWARE | 1 << const.SOCK_TIMESTAMPING_TX_SOFTWARE
)


def udp_sendmsg(sk: UdpSock, msg: MsgHdr, size: int) -> int:
    """udp_sendmsg(): send size bytes of msg, from msg.off on; that many, or -errno."""
    if trace.udp_sendmsg.enabled:
        trace.udp_sendmsg.fire(sk)
    flags = msg.flags
    if size > MAX_DATAGRAM:
        return -errno.EMSGSIZE
    if flags & socket_.MSG_OOB:
        return -errno.EOPNOTSUPP
    corkreq = sk.corkflag or flags & socket_.MSG_MORE != 0
    if sk.pending:
        lock_sock(sk)
        if sk.pending:
            err = udp_append(sk, msg, size, None, None, corkreq)
            release_sock(sk)
            return udp_sent(sk, size, err)
        release_sock(sk)
    name = msg.name
    connected = False
    if name is None:
        if sk.sk_state != tcp_.TCP_ESTABLISHED:
            return -errno.EDESTADDRREQ
        daddr = sk.inet_daddr
        dport = sk.inet_dport
        connected = True
    else:
        if not isinstance(name, SockaddrIn):
            return -errno.EINVAL if name.family == socket_.AF_INET else -errno.EAFNOSUPPORT
        to = name
        daddr = to.sin_addr
        dport = to.sin_port
        if dport == 0:
            return -errno.EINVAL
    if (
        connected
        and not corkreq
        and msg.control is None
        and sk.inet_opt is None
        and flags & (socket_.MSG_DONTROUTE | socket_.MSG_CONFIRM | socket_.MSG_PROBE) == 0
        and sk.sk_flags & (TIMESTAMPING_TX | 1 << const.SOCK_LOCALROUTE) == 0
    ):
        dst = sk_dst_check(sk, 0)
        if dst is not None:
            rt = dst
            assert isinstance(rt, Rtable)
            fl4 = sk.conn_fl4
            fl4.saddr = sk.inet_saddr
            fl4.daddr = daddr
            fl4.fl4_dport = dport
            fl4.fl4_sport = sk.inet_sport
            return udp_sent(sk, size, udp_send_now(sk, fl4, msg, size, None, rt, flags))
    return udp_sendmsg_to(sk, msg, size, daddr, dport, connected, corkreq)


def udp_sendmsg_to(
    sk: UdpSock, msg: MsgHdr, size: int, daddr: int, dport: int, connected: bool, corkreq: bool
) -> int:
    """The rest of udp_sendmsg(): daddr and dport are where to, connected whether they are the peer's
    and the cached route may do."""
    flags = msg.flags
    saddr = sk.inet_saddr
    oif = sk.sk_bound_dev_if
    ipc: IpcmCookie | None = None
    opt = None
    if msg.control is not None or sk.inet_opt is not None or sk.sk_flags & TIMESTAMPING_TX:
        ipc = IpcmCookie(saddr, oif)
        ipc.tx_flags = sock_tx_timestamp(sk)
        if msg.control:
            err = ip_cmsg_send(sk.sk_net, msg, ipc)
            if err:
                return err
            connected = False
        if ipc.opt is None:
            ipc.opt = sk.inet_opt
        opt = ipc.opt
        saddr = ipc.addr
        oif = ipc.oif
    faddr = daddr
    if opt is not None and opt.srr:
        if not daddr:
            return -errno.EINVAL
        faddr = opt.faddr
        connected = False
    onlink = flags & socket_.MSG_DONTROUTE != 0 or (sk.sk_flags >> const.SOCK_LOCALROUTE) & 1 != 0
    if onlink or (opt is not None and opt.is_strictroute):
        onlink = True
        connected = False
    if daddr >> 28 == in_.IN_CLASSD_IS >> 28:
        if not oif:
            oif = sk.mc_index
        if not saddr:
            saddr = sk.mc_addr
        connected = False
    fl4 = udp_flow(sk, faddr, saddr, onlink, oif, dport)
    rt = udp_route(sk, fl4, connected)
    if rt is None:
        return fl4.error
    if flags & socket_.MSG_CONFIRM:
        dst_confirm(rt)
        if flags & socket_.MSG_PROBE and size == 0:
            return 0
    if ipc is not None:
        ipc.addr = daddr if daddr else fl4.daddr
    if not corkreq:
        return udp_sent(sk, size, udp_send_now(sk, fl4, msg, size, ipc, rt, flags))
    lock_sock(sk)
    if sk.pending:  # another task corked the socket while we looked for a route
        release_sock(sk)
        return -errno.EINVAL
    udp_start_cork(sk, fl4)
    err = udp_append(sk, msg, size, ipc, rt, corkreq)
    release_sock(sk)
    return udp_sent(sk, size, err)


def udp_flow(sk: UdpSock, daddr: int, saddr: int, onlink: bool, oif: int, dport: int) -> Flowi4:
    """Say what route a datagram needs."""
    fl4 = Flowi4()
    fl4.daddr = daddr
    fl4.saddr = saddr
    fl4.flowi4_tos = sk.tos & in_.IPTOS_RT_MASK | (const.RTO_ONLINK if onlink else 0)
    fl4.flowi4_oif = oif
    fl4.flowi4_mark = sk.sk_mark
    fl4.flowi4_proto = sk.sk_protocol
    fl4.fl4_dport = dport
    fl4.fl4_sport = sk.inet_sport
    return fl4


def udp_route(sk: UdpSock, fl4: Flowi4, connected: bool) -> Rtable | None:
    """The cached route of a connected socket, or a new one; None, and fl4.error, if there is none.

    Broadcasts need SO_BROADCAST.
    """
    if connected:
        dst = sk_dst_check(sk, 0)
        if dst is not None:
            rt = dst
            assert isinstance(rt, Rtable)
            fl4.saddr = sk.inet_saddr
            fl4.daddr = sk.inet_daddr
            return rt
    if sk.transparent:
        fl4.flowi4_flags = const.FLOWI_FLAG_ANYSRC
    found = ip_route_output_key(sk.sk_net, fl4)
    if found is None:
        if fl4.error == -errno.ENETUNREACH:
            sk.sk_net.mib.ip.inc(snmp.IPSTATS_MIB_OUTNOROUTES)
        return None
    if found.rt_flags & rtn.RTCF_BROADCAST and not (sk.sk_flags >> const.SOCK_BROADCAST) & 1:
        fl4.error = -errno.EACCES
        return None
    if connected:
        sk_dst_set(sk, found)
    return found


def udp_send_now(
    sk: UdpSock,
    fl4: Flowi4,
    msg: MsgHdr,
    size: int,
    ipc: IpcmCookie | None,
    rt: Rtable,
    flags: int,
) -> int:
    """The lockless path: one datagram, nothing pending. 0 or -errno."""
    ulen = size + UDP_HLEN
    if (
        ipc is None
        and sk.pcflag == 0
        and flags & socket_.MSG_PROBE == 0
        and ulen + in_.IP_HLEN <= rt.mtu()
    ):
        skb = ip_make_skb_whole(sk, fl4, msg, ulen, UDP_HLEN, rt, flags)
    else:
        if ipc is None:
            ipc = IpcmCookie(fl4.daddr, fl4.flowi4_oif)
        skb = ip_make_skb(sk, fl4, UserFrom(msg), ulen, UDP_HLEN, ipc, rt, flags)
    if skb is None:
        return fl4.error
    return udp_send_skb(sk, skb, fl4)


def udp_start_cork(sk: UdpSock, fl4: Flowi4) -> None:
    """From now on sk builds one datagram along fl4."""
    cork = sk.cork_fl4
    cork.saddr = fl4.saddr
    cork.daddr = fl4.daddr
    cork.fl4_dport = fl4.fl4_dport
    cork.fl4_sport = sk.inet_sport
    sk.pending = socket_.AF_INET


def udp_append(
    sk: UdpSock,
    msg: MsgHdr,
    size: int,
    ipc: IpcmCookie | None,
    rt: Rtable | None,
    corkreq: bool,
) -> int:
    """Add to the datagram being built, and send it unless more is to come. 0 or -errno.

    rt and ipc are needed by the first piece only, which also brings the UDP header.
    """
    fl4 = sk.cork_fl4
    first = rt is not None
    ulen = size + UDP_HLEN if first else size
    sk.ulen += ulen
    if ipc is None:
        ipc = IpcmCookie(fl4.daddr, 0)
    flags = msg.flags | socket_.MSG_MORE if corkreq else msg.flags
    hlen = UDP_HLEN if first else 0
    err = ip_append_data(sk, fl4, UserFrom(msg), ulen, hlen, ipc, rt, flags)
    if err:
        udp_flush_pending_frames(sk)
    elif not corkreq:
        err = udp_push_pending_frames(sk)
    elif sk.sk_write_queue.first is None:
        sk.pending = 0
    return err


def udp_sent(sk: UdpSock, size: int, err: int) -> int:
    """What udp_sendmsg() answers; lack of memory and a full send buffer are counted."""
    if err == 0:
        return size
    sock = sk.sk_socket
    if err == -errno.ENOBUFS or (sock is not None and sock.flags >> socket_.SOCK_NOSPACE & 1):
        udp_mib(sk).inc(snmp.UDP_MIB_SNDBUFERRORS)
    return err


def udp_send_skb(sk: UdpSock, skb: SkBuff, fl4: Flowi4) -> int:
    """udp_send_skb(): the UDP header, then IP. 0 or -errno; consumes skb."""
    if trace.udp_send_skb.enabled:
        trace.udp_send_skb.fire(skb)
    p = skb.ptr
    o = skb.transport_header
    length = skb.len - (o - skb.network_header)
    mem.put16(p, o, fl4.fl4_sport)
    mem.put16(p, o + 2, fl4.fl4_dport)
    mem.put32(p, o + 4, length << 16)
    if sk.pcflag:
        udplite_csum(sk, skb, fl4, length)
    elif sk.sk_no_check & const.UDP_CSUM_NOXMIT:
        skb.ip_summed = const.CHECKSUM_NONE
    elif skb.ip_summed == const.CHECKSUM_PARTIAL:
        udp4_hwcsum(skb, fl4.saddr, fl4.daddr)
    else:
        s = udp_csum(skb)
        check = csum.csum_tcpudp_magic(fl4.saddr, fl4.daddr, length, in_.IPPROTO_UDP, s)
        mem.put16(p, o + UDP_CHECK, check if check else const.CSUM_MANGLED_0)
    mib = sk.sk_net.mib.udplite if sk.pcflag else sk.sk_net.mib.udp
    err = ip_send_skb(skb)
    if err == 0:
        mib.inc(snmp.UDP_MIB_OUTDATAGRAMS)
    elif err == -errno.ENOBUFS and not sk.recverr:
        mib.inc(snmp.UDP_MIB_SNDBUFERRORS)
        err = 0
    return err


def udp_csum(skb: SkBuff) -> int:
    """udp_csum(): the sum over header and data, which each skb of the datagram has of its own."""
    s = csum.csum_partial(skb.ptr, skb.transport_header, UDP_HLEN, skb.csum)
    piece = skb.shinfo.frag_list
    while piece is not None:
        s = csum.csum_add(s, piece.csum)
        piece = piece.next
    return s


def udp4_hwcsum(skb: SkBuff, saddr: int, daddr: int) -> None:
    """udp4_hwcsum(): leave the checksum to the device, or compute it if skb is several fragments."""
    p = skb.ptr
    o = skb.transport_header
    length = skb.len - (o - skb.network_header)
    piece = skb.shinfo.frag_list
    if piece is None:
        skb.csum_start = o
        skb.csum_offset = UDP_CHECK
        pseudo = csum.csum_tcpudp_magic(saddr, daddr, length, in_.IPPROTO_UDP, 0)
        mem.put16(p, o + UDP_CHECK, ~pseudo & 0xFFFF)
        return
    # The device sees fragments only: the first part was left to it, the others are summed.
    first = skb.len - (skb.network_header - skb.data)
    s = 0
    while piece is not None:
        s = csum.csum_add(s, piece.csum)
        first -= piece.len
        piece = piece.next
    s = csum.csum_partial(p, o, first - (o - skb.network_header), s)
    skb.ip_summed = const.CHECKSUM_NONE
    check = csum.csum_tcpudp_magic(saddr, daddr, length, in_.IPPROTO_UDP, s)
    mem.put16(p, o + UDP_CHECK, check if check else const.CSUM_MANGLED_0)


def udplite_csum(sk: UdpSock, skb: SkBuff, fl4: Flowi4, length: int) -> None:
    """udplite_csum(): RFC 3828 3.1: the checksum covers the first pcslen bytes; that number is in
    the header's length field (0: everything)."""
    p = skb.ptr
    o = skb.transport_header
    cover = length
    if sk.pcflag & UDPLITE_SEND_CC and 0 < sk.pcslen < length:
        cover = sk.pcslen
    mem.put16(p, o + 4, cover if cover < length else 0)
    s = 0
    left = cover
    at = o
    piece: SkBuff | None = skb
    while piece is not None and left > 0:
        n = piece.tail - at
        if n > left:
            n = left
        s = csum.csum_block_add(s, csum.csum_partial(piece.ptr, at, n, 0), cover - left)
        left -= n
        piece = skb.shinfo.frag_list if piece is skb else piece.next
        if piece is not None:
            at = piece.data
    skb.ip_summed = const.CHECKSUM_NONE
    check = csum.csum_tcpudp_magic(fl4.saddr, fl4.daddr, length, in_.IPPROTO_UDPLITE, s)
    mem.put16(p, o + UDP_CHECK, check if check else const.CSUM_MANGLED_0)


def udp_push_pending_frames(sk: UdpSock) -> int:
    """udp_push_pending_frames(): the datagram that was being built goes out. 0 or -errno."""
    if trace.udp_push_pending_frames.enabled:
        trace.udp_push_pending_frames.fire(sk)
    fl4 = sk.cork_fl4
    skb = ip_finish_skb(sk, fl4)
    err = 0
    if skb is not None:
        err = udp_send_skb(sk, skb, fl4)
    sk.ulen = 0
    sk.pending = 0
    return err


def udp_flush_pending_frames(sk: UdpSock) -> None:
    """udp_flush_pending_frames(): it does not."""
    if sk.pending:
        sk.ulen = 0
        sk.pending = 0
        ip_flush_pending_frames(sk)
