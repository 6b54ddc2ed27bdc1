"""Datagrams from pieces: what sockets write, with or without a cork, becomes IP packets.

Linux: ip_append_data(), ip_make_skb(), ip_push_pending_frames() and ip_send_reply() in
net/ipv4/ip_output.c.

Data is cut as it comes in so that each skb of the queue is one fragment of the datagram, with room
for its header in front. Pushing the queue makes one skb of it, the others its frag_list; then
ip_fragment() has only headers to write. What fits one packet takes ip_make_skb_whole() instead.

Bytes come from a GetFrag: user memory, another packet, a few constants. Differs from Linux: data
always goes into linear parts; a corked skb is as large as the MTU from the start.
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
from softnet.net.core.skbuff import (
    kfree_skb,
    pskb_trim,
    skb_copy_and_csum_bits,
    skb_fill_page_desc,
)
from softnet.net.core.sock import bh_lock_sock, bh_unlock_sock, sock_alloc_send_skb, sock_wmalloc
from softnet.net.ipv4.ip_error import ip_local_error
from softnet.net.ipv4.ip_options import ip_options_build, ip_options_echo
from softnet.net.ipv4.ip_output import (
    LL_RESERVED_SPACE,
    ip_dont_fragment,
    ip_local_out,
    ip_select_ident,
    ip_select_ttl,
)
from softnet.net.ipv4.route import ip_route_output_key
from softnet.structs.flow import Flowi4
from softnet.structs.inet_sock import IPCORK_OPT, InetCork, InetSock, IpOptions
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuffHead

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.sock import Sock
    from softnet.structs.socket import MsgHdr

CORK_OPT = IPCORK_OPT  # an int of our own: C need not look it up
SKB_SLACK = 15  # bytes that alloc rounds away
IP_MAX_LEN = 0xFFFF  # header and data of one datagram
IP_REPLY_ARG_NOSRCCHECK = 1


class IpcmCookie:
    """struct ipcm_cookie: what one sendmsg() says beyond the socket's settings.

    addr: first the source wanted (0: any), then the final destination. tx_flags: SKBTX_*.
    """

    __slots__ = ("addr", "oif", "opt", "tx_flags")

    addr: int
    oif: int
    opt: IpOptions | None
    tx_flags: int

    def __init__(self, addr: int = 0, oif: int = 0) -> None:
        self.addr = addr
        self.oif = oif
        self.opt = None
        self.tx_flags = 0


class IpReplyArg:
    """struct ip_reply_arg: a transport header to send back, for ip_send_reply().

    csum is the sum that its checksum starts from, csumoffset where that goes (in 16-bit words, -1
    for nowhere).
    """

    __slots__ = ("iov", "csum", "csumoffset", "bound_dev_if", "tos", "flags")

    iov: bytes
    csum: int
    csumoffset: int
    bound_dev_if: int
    tos: int
    flags: int

    def __init__(self, iov: bytes, csum: int, csumoffset: int) -> None:
        self.iov = iov
        self.csum = csum
        self.csumoffset = csumoffset
        self.bound_dev_if = 0
        self.tos = 0
        self.flags = 0


class GetFrag:
    """getfrag(): where the bytes of a datagram come from."""

    __slots__ = ()

    def getfrag(self, skb: SkBuff, to: int, offset: int, length: int, odd: int) -> None:
        """Copy length bytes from offset on to skb's head at `to`; raises OSError(EFAULT).

        Unless the device computes checksums (CHECKSUM_PARTIAL) they are added to skb.csum, as
        bytes that start `odd` bytes into what it sums.
        """

    def page(self, offset: int, length: int) -> bytes:
        """The same bytes as an object that never changes, for a fragment to refer to."""
        return b""


class UserFrom(GetFrag):
    """ip_generic_getfrag(): the buffer of a sendmsg(), read from msg.off on."""

    __slots__ = ("base", "msg")

    msg: MsgHdr
    base: int

    def __init__(self, msg: MsgHdr) -> None:
        self.msg = msg
        self.base = msg.off

    def getfrag(self, skb: SkBuff, to: int, offset: int, length: int, odd: int) -> None:
        iov = self.msg.iov
        at = self.base + offset
        if skb.ip_summed == const.CHECKSUM_PARTIAL:
            mem.copy_from_user(skb.ptr, to, iov, at, length)
        else:
            s = csum.csum_copy_from_user(iov, at, skb.ptr, to, length, 0)
            skb.csum = csum.csum_block_add(skb.csum, s, odd)

    def page(self, offset: int, length: int) -> bytes:
        at = self.base + offset
        iov = self.msg.iov
        if type(iov) is bytes and at == 0 and len(iov) == length:
            return iov
        head = bytearray(length)
        mem.copy_from_user(mem.addr(head), 0, iov, at, length)
        return bytes(head)


class BytesFrom(GetFrag):
    """ip_reply_glue_bits(): bytes that the kernel itself made."""

    __slots__ = ("data",)

    data: bytes

    def __init__(self, data: bytes) -> None:
        self.data = data

    def getfrag(self, skb: SkBuff, to: int, offset: int, length: int, odd: int) -> None:
        s = csum.csum_partial_copy(mem.addr(self.data), offset, skb.ptr, to, length, 0)
        skb.csum = csum.csum_block_add(skb.csum, s, odd)

    def page(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


def ip_make_skb(
    sk: InetSock,
    fl4: Flowi4,
    from_: GetFrag,
    length: int,
    transhdrlen: int,
    ipc: IpcmCookie,
    rt: Rtable,
    flags: int,
) -> SkBuff | None:
    """ip_make_skb(): a datagram that is complete at once; the socket need not be locked.

    length counts the transport header, whose transhdrlen bytes are left for the caller to write.
    None on failure, with the negative errno in fl4.error; MSG_PROBE makes nothing, and error 0.
    """
    if trace.ip_make_skb.enabled:
        trace.ip_make_skb.fire(sk)
    fl4.error = 0
    if flags & socket_.MSG_PROBE:
        return None
    queue = SkBuffHead()
    cork = InetCork()
    ip_setup_cork(sk, cork, ipc, rt)
    err = append_data(sk, fl4, queue, cork, from_, length, transhdrlen, flags)
    if err:
        flush_frames(queue, cork)
        fl4.error = err
        return None
    return make_skb(sk, fl4, queue, cork)


def ip_make_skb_whole(
    sk: InetSock, fl4: Flowi4, msg: MsgHdr, length: int, transhdrlen: int, rt: Rtable, flags: int
) -> SkBuff | None:
    """ip_make_skb() of user data without IP options that fits rt's MTU: one skb, nothing queued.

    The caller has checked length against the MTU. None and fl4.error as there.
    """
    dev = rt.dev
    assert dev is not None
    room = LL_RESERVED_SPACE(dev)
    skb: SkBuff | None = None
    try:
        size = room + in_.IP_HLEN + length + SKB_SLACK + rt.trailer_len
        skb = sock_alloc_send_skb(sk, size, flags & socket_.MSG_DONTWAIT != 0)
        skb.reserve(room)
        o = skb.put(in_.IP_HLEN + length)
        skb.network_header = o
        o += in_.IP_HLEN
        skb.transport_header = o
        o += transhdrlen
        length -= transhdrlen
        if dev.features & const.NETIF_F_V4_CSUM:
            skb.ip_summed = const.CHECKSUM_PARTIAL
            mem.copy_from_user(skb.ptr, o, msg.iov, msg.off, length)
        else:
            skb.csum = csum.csum_copy_from_user(msg.iov, msg.off, skb.ptr, o, length, 0)
    except OSError as e:
        fl4.error = -(e.errno or (errno.ENOBUFS if skb is None else errno.EFAULT))
        if skb is not None:
            kfree_skb(skb, const.SKB_DROP_REASON_IP_OUT)
        sk.sk_net.mib.ip.inc(snmp.IPSTATS_MIB_OUTDISCARDS)
        return None
    write_header(skb, sk, fl4, rt, None, 0)
    return skb


def ip_append_data(
    sk: InetSock,
    fl4: Flowi4,
    from_: GetFrag,
    length: int,
    transhdrlen: int,
    ipc: IpcmCookie,
    rt: Rtable | None,
    flags: int,
) -> int:
    """ip_append_data(): add length bytes to the datagram that sk is building; 0 or -errno.

    The first piece starts the cork, with transhdrlen bytes of it the transport header; rt and ipc
    count for that one only. The socket is locked. After an error the caller flushes.
    """
    if trace.ip_append_data.enabled:
        trace.ip_append_data.fire(sk)
    if flags & socket_.MSG_PROBE:
        return 0
    cork = sk.cork
    if cork is None:
        cork = InetCork()
        sk.cork = cork
    if sk.sk_write_queue.first is None:
        if rt is None:
            return -errno.EFAULT
        ip_setup_cork(sk, cork, ipc, rt)
    else:
        transhdrlen = 0
    return append_data(sk, fl4, sk.sk_write_queue, cork, from_, length, transhdrlen, flags)


def ip_setup_cork(sk: InetSock, cork: InetCork, ipc: IpcmCookie, rt: Rtable) -> None:
    """ip_setup_cork(): what stays the same for all pieces."""
    cork.flags = 0
    cork.opt = None
    cork.addr = 0
    if ipc.opt is not None:
        cork.opt = ipc.opt
        cork.flags = CORK_OPT
        cork.addr = ipc.addr
    dev = rt.dev
    assert dev is not None
    cork.fragsize = dev.mtu if sk.pmtudisc == in_.IP_PMTUDISC_PROBE else rt.mtu()
    cork.dst = rt
    cork.length = 0
    cork.tx_flags = ipc.tx_flags


def ip_cork_release(cork: InetCork) -> None:
    """ip_cork_release()"""
    cork.flags = 0
    cork.opt = None
    cork.dst = None
    cork.length = 0


def append_data(
    sk: InetSock,
    fl4: Flowi4,
    queue: SkBuffHead,
    cork: InetCork,
    from_: GetFrag,
    length: int,
    transhdrlen: int,
    flags: int,
) -> int:
    """__ip_append_data(): 0 or -errno."""
    rt = cork.dst
    assert isinstance(rt, Rtable)
    dev = rt.dev
    assert dev is not None
    opt = cork.opt
    mtu = cork.fragsize
    hlen = in_.IP_HLEN + (opt.optlen if opt is not None else 0)
    maxfraglen = ((mtu - hlen) & ~7) + hlen
    if cork.length + length > IP_MAX_LEN - hlen or maxfraglen <= hlen:
        ip_local_error(sk, errno.EMSGSIZE, fl4.daddr, sk.inet_dport, mtu)
        return -errno.EMSGSIZE
    partial = (
        transhdrlen != 0 and length + hlen <= mtu and dev.features & const.NETIF_F_V4_CSUM != 0
    )
    last = queue.last
    cork.length += length
    try:
        if (
            (length > mtu or (last is not None and last.shinfo.gso_size))
            and sk.sk_protocol == in_.IPPROTO_UDP
            and dev.features & const.NETIF_F_UFO
            and rt.header_len == 0
        ):
            ufo_append_data(sk, queue, cork, from_, length, hlen, transhdrlen, maxfraglen, flags)
        else:
            append_linear(
                sk, queue, cork, from_, length, hlen, transhdrlen, maxfraglen, flags, partial
            )
    except OSError as e:
        sk.sk_net.mib.ip.inc(snmp.IPSTATS_MIB_OUTDISCARDS)
        return -(e.errno or errno.ENOBUFS)
    return 0


def ufo_append_data(
    sk: InetSock,
    queue: SkBuffHead,
    cork: InetCork,
    from_: GetFrag,
    length: int,
    hlen: int,
    transhdrlen: int,
    maxfraglen: int,
    flags: int,
) -> None:
    """ip_ufo_append_data(): one skb for the whole datagram; the device will cut it."""
    skb = queue.last
    if skb is None:
        rt = cork.dst
        assert isinstance(rt, Rtable)
        dev = rt.dev
        assert dev is not None
        room = LL_RESERVED_SPACE(dev)
        size = room + hlen + transhdrlen + in_.IP_HLEN
        skb = sock_alloc_send_skb(sk, size, flags & socket_.MSG_DONTWAIT != 0)
        skb.reserve(room)
        skb.put(hlen + transhdrlen)
        skb.reset_network_header()
        skb.transport_header = skb.network_header + hlen
        skb.ip_summed = const.CHECKSUM_PARTIAL
        skb.shinfo.gso_size = maxfraglen - hlen
        skb.shinfo.gso_type = const.SKB_GSO_UDP
        skb.shinfo.tx_flags = cork.tx_flags
        queue.queue_tail(skb)
    n = length - transhdrlen
    if n <= 0:
        return
    if skb.shinfo.nr_frags >= const.MAX_SKB_FRAGS:
        raise OSError(errno.EFAULT, "Bad address")
    skb_fill_page_desc(skb, from_.page(0, n), 0, n)
    skb.truesize += n
    sk.sk_wmem_alloc += n


def append_linear(
    sk: InetSock,
    queue: SkBuffHead,
    cork: InetCork,
    from_: GetFrag,
    length: int,
    hlen: int,
    transhdrlen: int,
    maxfraglen: int,
    flags: int,
    partial: bool,
) -> None:
    """The loop of __ip_append_data(): fill the last skb, then start new ones.

    Only the last fragment may have a payload that is no multiple of 8: what an skb has beyond
    maxfraglen moves into the one that follows it (the gap).
    """
    mtu = cork.fragsize
    offset = 0
    skb = queue.last
    while length > 0 or skb is None:
        copy = 0
        if skb is not None:
            copy = mtu - skb.len
            if copy < length:
                copy = maxfraglen - skb.len
        if skb is None or copy <= 0:
            gap = skb.len - maxfraglen if skb is not None else 0
            n = length + gap
            if n > mtu - hlen:
                n = maxfraglen - hlen
            skb = append_new_skb(
                sk,
                cork,
                from_,
                offset,
                n,
                gap,
                skb,
                hlen,
                transhdrlen,
                maxfraglen,
                flags,
                partial,
            )
            queue.queue_tail(skb)
            offset += n - transhdrlen - gap
            length -= n - gap
            transhdrlen = 0
            partial = False
            continue
        if copy > length:
            copy = length
        old = skb.len
        at = skb.put(copy)
        try:
            from_.getfrag(skb, at, offset, copy, old)
        except OSError:
            skb.len = old
            skb.tail = at
            raise
        offset += copy
        length -= copy


def append_new_skb(
    sk: InetSock,
    cork: InetCork,
    from_: GetFrag,
    offset: int,
    n: int,
    gap: int,
    prev: SkBuff | None,
    hlen: int,
    transhdrlen: int,
    maxfraglen: int,
    flags: int,
    partial: bool,
) -> SkBuff:
    """One more skb of n bytes behind its IP header, the first `gap` of them from the end of prev."""
    rt = cork.dst
    assert isinstance(rt, Rtable)
    dev = rt.dev
    assert dev is not None
    room = LL_RESERVED_SPACE(dev)
    size = n + hlen
    if flags & socket_.MSG_MORE and size < cork.fragsize:
        size = cork.fragsize
    size += rt.trailer_len + room + SKB_SLACK
    if transhdrlen:
        skb = sock_alloc_send_skb(sk, size, flags & socket_.MSG_DONTWAIT != 0)
        skb.shinfo.tx_flags = cork.tx_flags
    else:
        # The datagram has begun: rather overcommit the send buffer than leave it half done.
        if sk.sk_wmem_alloc > 2 * sk.sk_sndbuf:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        more = sock_wmalloc(sk, size, True)
        if more is None:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        skb = more
    skb.ip_summed = const.CHECKSUM_PARTIAL if partial else const.CHECKSUM_NONE
    skb.csum = 0
    skb.reserve(room)
    at = skb.put(hlen + n) + hlen
    skb.reset_network_header()
    skb.transport_header = at
    if gap:
        assert prev is not None
        s = skb_copy_and_csum_bits(prev, maxfraglen, skb.shinfo.head, at + transhdrlen, gap, 0)
        skb.csum = s
        prev.csum = csum.csum_sub(prev.csum, s)
        pskb_trim(prev, maxfraglen)
    copy = n - transhdrlen - gap
    if copy > 0:
        try:
            from_.getfrag(skb, at + transhdrlen + gap, offset, copy, gap)
        except OSError:
            kfree_skb(skb, const.SKB_DROP_REASON_IP_OUT)
            raise
    return skb


def make_skb(sk: InetSock, fl4: Flowi4, queue: SkBuffHead, cork: InetCork) -> SkBuff | None:
    """__ip_make_skb(): all of queue as one skb with its IP header; None if the queue is empty."""
    skb = queue.dequeue()
    if skb is None:
        return None
    hlen = skb.transport_header - skb.network_header
    tail = None
    while True:
        piece = queue.dequeue()
        if piece is None:
            break
        piece.pull(hlen)
        if tail is None:
            skb.shinfo.frag_list = piece
        else:
            tail.next = piece
        tail = piece
        skb.len += piece.len
        skb.data_len += piece.len
        skb.truesize += piece.truesize
        piece.destructor = None
        piece.sk = None
    rt = cork.dst
    assert isinstance(rt, Rtable)
    opt = cork.opt if cork.flags & CORK_OPT else None
    write_header(skb, sk, fl4, rt, opt, cork.addr)
    ip_cork_release(cork)
    return skb


def write_header(
    skb: SkBuff, sk: InetSock, fl4: Flowi4, rt: Rtable, opt: IpOptions | None, final: int
) -> None:
    """The IP header of a datagram of sk; final: where a source route in opt ends.

    Without IP_PMTUDISC_DO the datagram may be fragmented here even where DF is set: that is for
    the routers, whose complaints tell us the path's MTU.
    """
    if sk.pmtudisc < in_.IP_PMTUDISC_DO:
        skb.local_df = True
    df = 0
    if sk.pmtudisc >= in_.IP_PMTUDISC_DO or (skb.len <= rt.mtu() and ip_dont_fragment(sk, rt)):
        df = in_.IP_DF
    ttl = sk.mc_ttl if rt.rt_type == rtn.RTN_MULTICAST else ip_select_ttl(sk, rt)
    hlen = in_.IP_HLEN + (opt.optlen if opt is not None else 0)
    p = skb.ptr
    o = skb.network_header
    mem.put32(p, o, (0x40 | hlen >> 2) << 24 | sk.tos << 16)
    mem.put32(p, o + 4, df)
    mem.put32(p, o + 8, ttl << 24 | sk.sk_protocol << 16)
    mem.put32(p, o + 12, fl4.saddr)
    mem.put32(p, o + 16, fl4.daddr)
    skb.dst = rt
    ip_select_ident(skb, rt, sk, 0)
    if opt is not None:
        ip_options_build(skb, opt, final, rt, 0)
    skb.priority = sk.sk_priority
    skb.mark = sk.sk_mark
    if sk.sk_protocol == in_.IPPROTO_ICMP:
        icmp_out_count(sk.sk_net, mem.get8(p, skb.transport_header))


def icmp_out_count(net: Net, type: int) -> None:
    """icmp_out_count(): an ICMP message of that type goes out."""
    net.mib.icmpmsg_out[type] = net.mib.icmpmsg_out.get(type, 0) + 1
    net.mib.icmp.inc(snmp.ICMP_MIB_OUTMSGS)


def ip_send_skb(skb: SkBuff) -> int:
    """ip_send_skb(): ip_local_out(), a full queue reported as -ENOBUFS and counted."""
    if trace.ip_send_skb.enabled:
        trace.ip_send_skb.fire(skb)
    dst = skb.dst
    assert dst is not None
    dev = dst.dev
    assert dev is not None
    net = dev.nd_net
    err = ip_local_out(skb)
    if err:
        if err > 0:  # net_xmit_errno()
            err = -errno.ENOBUFS if err != const.NET_XMIT_CN else 0
        if err:
            net.mib.ip.inc(snmp.IPSTATS_MIB_OUTDISCARDS)
    return err


def ip_finish_skb(sk: InetSock, fl4: Flowi4) -> SkBuff | None:
    """ip_finish_skb(): the datagram that sk was building, whole; None if it was none."""
    cork = sk.cork
    if cork is None:
        return None
    return make_skb(sk, fl4, sk.sk_write_queue, cork)


def ip_push_pending_frames(sk: InetSock, fl4: Flowi4) -> int:
    """ip_push_pending_frames(): send what sk was building; 0 or -errno."""
    if trace.ip_push_pending_frames.enabled:
        trace.ip_push_pending_frames.fire(sk)
    skb = ip_finish_skb(sk, fl4)
    if skb is None:
        return 0
    return ip_send_skb(skb)


def ip_flush_pending_frames(sk: InetSock) -> None:
    """ip_flush_pending_frames(): throw away what sk was building."""
    if trace.ip_flush_pending_frames.enabled:
        trace.ip_flush_pending_frames.fire(sk)
    cork = sk.cork
    if cork is not None:
        flush_frames(sk.sk_write_queue, cork)


def flush_frames(queue: SkBuffHead, cork: InetCork) -> None:
    """__ip_flush_pending_frames()"""
    while True:
        skb = queue.dequeue_tail()
        if skb is None:
            break
        kfree_skb(skb, const.SKB_DROP_REASON_IP_OUT)
    ip_cork_release(cork)


def ip_send_reply(sk: Sock, skb: SkBuff, arg: IpReplyArg, length: int) -> None:
    """ip_send_reply(): answer skb, which stays the caller's, with arg's transport header.

    sk is the namespace's socket for such answers; it takes over the packet's TOS and priority.
    """
    if trace.ip_send_reply.enabled:
        trace.ip_send_reply.fire(skb)
    isk = sk
    assert isinstance(isk, InetSock)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    opt = IpOptions()
    if ip_options_echo(opt, skb) < 0:
        return
    p = skb.ptr
    nh = skb.network_header
    th = skb.transport_header
    daddr = mem.get32(p, nh + 12)
    ipc = IpcmCookie(daddr)
    if opt.optlen:
        ipc.opt = opt
        if opt.srr:
            daddr = opt.faddr
    fl4 = Flowi4(daddr, rt.rt_spec_dst, mem.get8(p, nh + 1) & in_.IPTOS_RT_MASK, arg.bound_dev_if)
    protocol = mem.get8(p, nh + 9)
    fl4.flowi4_proto = protocol
    fl4.fl4_dport = mem.get16(p, th)
    fl4.fl4_sport = mem.get16(p, th + 2)
    if arg.flags & IP_REPLY_ARG_NOSRCCHECK:
        fl4.flowi4_flags = const.FLOWI_FLAG_ANYSRC
    rt = ip_route_output_key(sk.sk_net, fl4)
    if rt is None:
        return
    bh_lock_sock(isk)
    isk.tos = arg.tos
    isk.sk_priority = skb.priority
    isk.sk_protocol = protocol
    isk.sk_bound_dev_if = arg.bound_dev_if
    from_ = BytesFrom(arg.iov)
    err = ip_append_data(isk, fl4, from_, length, 0, ipc, rt, socket_.MSG_DONTWAIT)
    if err:
        ip_flush_pending_frames(isk)
    else:
        reply = isk.sk_write_queue.first
        if reply is not None:
            if arg.csumoffset >= 0:
                check = csum.csum_fold(csum.csum_add(reply.csum, arg.csum))
                mem.put16(reply.ptr, reply.transport_header + 2 * arg.csumoffset, check)
            reply.ip_summed = const.CHECKSUM_NONE
            ip_push_pending_frames(isk, fl4)
    bh_unlock_sock(isk)
