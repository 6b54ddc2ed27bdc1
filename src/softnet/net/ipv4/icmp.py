"""ICMP: telling senders what went wrong, and listening when others tell.

Linux: net/ipv4/icmp.c. RFC 792, RFC 1122 3.2.2, RFC 1191, RFC 1812 4.3.

icmp_send() is what every layer calls; the rules about when to keep quiet are all in
icmp_may_answer(). icmp_rcv() dispatches what comes in; errors end in the err_handler of the
protocol of the packet that they quote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp_
import softnet.uapi.if_ as if_
import softnet.uapi.if_packet as if_packet
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket_
from softnet.kernel.printk import net_ratelimit, printk
from softnet.net.core.dev.registry import dev_get_by_index
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    pskb_may_pull,
    pskb_pull,
    skb_checksum_complete_head,
    skb_copy_and_csum_bits,
    skb_copy_bits,
    skb_header_pointer_copy,
)
from softnet.net.ipv4.devinet import inet_select_addr
from softnet.net.ipv4.fib_frontend import inet_addr_type
from softnet.net.ipv4.inetpeer import inet_peer_xrlim_allow
from softnet.net.ipv4.ip_append import (
    GetFrag,
    IpcmCookie,
    ip_append_data,
    ip_flush_pending_frames,
    ip_push_pending_frames,
)
from softnet.net.ipv4.ip_options import inet_current_timestamp, ip_options_echo
from softnet.net.ipv4.ping import ping_err, ping_rcv
from softnet.net.ipv4.protocol import inet_add_protocol, inet_protocol
from softnet.net.ipv4.raw import inet_ctl_sock_create, raw_icmp_error
from softnet.net.ipv4.route import (
    ip_route_output_key,
    ip_rt_frag_needed,
    ip_rt_redirect,
    rt_bind_peer,
)
from softnet.net.ipv4.route_cache import format_addr
from softnet.structs.flow import Flowi4
from softnet.structs.headers import icmp_hdr, ip_hdr
from softnet.structs.inet_sock import InetSock, IpOptions
from softnet.structs.protocol import NetProtocol
from softnet.structs.route import Rtable, RtIcmpOps, rt_register_icmp
from softnet.wire.ip import IpHdr, ip_view

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net
    from softnet.structs.skbuff import SkBuff

ICMP_QUOTE_MAX = 576  # bytes of a whole error message: RFC 1812 4.3.2.3
ICMP_SNDBUF = 2 * (65536 + const.SKB_TRUESIZE_OVERHEAD)  # two messages of the largest size
TIMES_LEN = 12  # originate, receive and transmit timestamps

# icmp_pointers[].error: messages that an error must not answer (RFC 1122 3.2.2)
ICMP_ERRORS = frozenset(
    {
        1,
        2,
        icmp_.ICMP_DEST_UNREACH,
        icmp_.ICMP_SOURCE_QUENCH,
        icmp_.ICMP_REDIRECT,
        6,
        7,
        9,
        10,
        icmp_.ICMP_TIME_EXCEEDED,
        icmp_.ICMP_PARAMETERPROB,
    }
)


class IcmpParam(GetFrag):
    """struct icmp_bxm: a message to send: head (header and what is computed), then quoted bytes."""

    __slots__ = ("data_len", "head", "offset", "replyopts", "skb")

    head: bytearray
    skb: SkBuff  # quoted from, at offset (from its data)
    offset: int
    data_len: int
    replyopts: IpOptions

    def __init__(self, skb: SkBuff, type: int, code: int, info: int) -> None:
        self.head = bytearray((type, code, 0, 0)) + info.to_bytes(4, "big")
        self.skb = skb
        self.offset = 0
        self.data_len = 0
        self.replyopts = IpOptions()

    def getfrag(self, skb: SkBuff, to: int, offset: int, length: int, odd: int) -> None:
        """icmp_glue_bits()"""
        head = skb.shinfo.head
        s = skb_copy_and_csum_bits(self.skb, self.offset + offset, head, to, length, 0)
        skb.csum = csum.csum_block_add(skb.csum, s, odd)


def icmp_send(skb_in: SkBuff, type: int, code: int, info: int) -> None:
    """icmp_send(): tell the sender of skb_in, a received packet, what happened to it.

    info: the 32 bits behind the checksum (gateway, MTU, pointer << 24). skb_in stays the caller's;
    its network header must be set and its dst an input route.
    """
    if trace.icmp_send.enabled:
        trace.icmp_send.fire(skb_in)
    rt = skb_in.dst
    if not isinstance(rt, Rtable) or not icmp_may_answer(skb_in, rt, type):
        return
    dev = rt.dev
    assert dev is not None
    net = dev.nd_net
    sk = icmp_xmit_lock(net)
    if sk is None:
        return
    iph = ip_hdr(skb_in)
    # RFC 1812 4.3.2.4: answer from the address that was asked, else by the outgoing interface.
    saddr = iph.daddr()
    if not rt.rt_flags & rtn.RTCF_LOCAL:
        saddr = 0
        if rt.is_input_route() and net.ipv4.sysctl_icmp_errors_use_inbound_ifaddr:
            in_dev = dev_get_by_index(net, rt.rt_iif)
            if in_dev is not None:
                saddr = inet_select_addr(in_dev, 0, rtn.RT_SCOPE_LINK)
    tos = iph.tos()
    if type in ICMP_ERRORS:
        tos = (tos & in_.IPTOS_TOS_MASK) | in_.IPTOS_PREC_INTERNETCONTROL
    param = IcmpParam(skb_in, type, code, info)
    pulled = skb_in.data - skb_in.network_header  # what transports took off: it is quoted too
    if pulled > 0:
        skb_in.push(pulled)
    param.offset = skb_in.network_header - skb_in.data
    if ip_options_echo(param.replyopts, skb_in) == 0:
        sk.tos = tos
        opt = param.replyopts
        ipc = IpcmCookie(iph.saddr())
        ipc.opt = opt if opt.optlen else None
        daddr = opt.faddr if opt.srr else iph.saddr()
        fl4 = Flowi4(daddr, saddr, tos & in_.IPTOS_RT_MASK)
        fl4.flowi4_proto = in_.IPPROTO_ICMP
        rt = ip_route_output_key(net, fl4)
        if rt is not None and icmpv4_xrlim_allow(net, rt, fl4, type, code):
            room = min(rt.mtu(), ICMP_QUOTE_MAX) - in_.IP_HLEN - opt.optlen - icmp_.ICMP_HLEN
            param.data_len = min(skb_in.len - param.offset, room)
            icmp_push_reply(param, fl4, ipc, rt, sk)
    if pulled > 0:
        skb_in.pull(pulled)
    icmp_xmit_unlock(sk)


def icmp_may_answer(skb_in: SkBuff, rt: Rtable, type: int) -> bool:
    """May an ICMP message of that type be sent about skb_in? RFC 1122 3.2.2, RFC 1812 4.3.2.7.

    Not about link or IP broadcasts and multicasts, nor later fragments, nor, with an error, about
    an ICMP error or something we do not know.
    """
    if skb_in.network_header < 0 or skb_in.network_header + in_.IP_HLEN > skb_in.tail:
        return False
    if skb_in.pkt_type != if_packet.PACKET_HOST:
        return False
    if rt.rt_flags & (rtn.RTCF_BROADCAST | rtn.RTCF_MULTICAST):
        return False
    iph = ip_hdr(skb_in)
    if iph.frag_off() & in_.IP_OFFSET:
        return False
    if type in ICMP_ERRORS and iph.protocol() == in_.IPPROTO_ICMP:
        at = skb_in.network_header + iph.hdrlen() - skb_in.data
        if at < 0:  # the ICMP header was pulled already, it lies in the head
            inner = skb_in.shinfo.head[skb_in.data + at]
        else:
            quoted = skb_header_pointer_copy(skb_in, at, 1)
            if quoted is None:
                return False
            inner = quoted[0]
        if inner > icmp_.NR_ICMP_TYPES or inner in ICMP_ERRORS:
            return False
    return True


def icmp_xmit_lock(net: Net) -> InetSock | None:
    """icmp_xmit_lock(): the namespace's ICMP socket; None while a message is being sent already.

    That happens when sending one fails and the failure would be reported by another.
    """
    sk = net.ipv4.icmp_sk
    if not isinstance(sk, InetSock) or sk.owned:
        return None
    sk.owned = True
    return sk


def icmp_xmit_unlock(sk: InetSock) -> None:
    """icmp_xmit_unlock()"""
    sk.owned = False


def icmpv4_xrlim_allow(net: Net, rt: Rtable, fl4: Flowi4, type: int, code: int) -> bool:
    """icmpv4_xrlim_allow(): does the peer's token bucket have one? For types in icmp_ratemask."""
    if type > icmp_.NR_ICMP_TYPES:
        return True
    if type == icmp_.ICMP_DEST_UNREACH and code == icmp_.ICMP_FRAG_NEEDED:
        return True
    dev = rt.dev
    if dev is not None and dev.flags & if_.IFF_LOOPBACK:
        return True
    if not net.ipv4.sysctl_icmp_ratemask >> type & 1:
        return True
    if rt.peer is None:
        rt_bind_peer(rt, fl4.daddr, 1)
    return inet_peer_xrlim_allow(rt.peer, net.ipv4.sysctl_icmp_ratelimit)


def icmp_push_reply(
    param: IcmpParam, fl4: Flowi4, ipc: IpcmCookie, rt: Rtable, sk: InetSock
) -> None:
    """icmp_push_reply(): build the message, checksum it, send it."""
    if trace.icmp_push_reply.enabled:
        trace.icmp_push_reply.fire(sk)
    head_len = len(param.head)
    total = param.data_len + head_len
    flags = socket_.MSG_DONTWAIT
    if ip_append_data(sk, fl4, param, total, head_len, ipc, rt, flags) < 0:
        sk.sk_net.mib.icmp.inc(snmp.ICMP_MIB_OUTERRORS)
        ip_flush_pending_frames(sk)
        return
    skb = sk.sk_write_queue.first
    if skb is None:
        return
    param.head[2:4] = b"\0\0"
    s = csum.csum_partial(mem.addr(param.head), 0, head_len, 0)
    piece = skb.next
    s = csum.csum_add(s, skb.csum)
    while piece is not None:
        s = csum.csum_add(s, piece.csum)
        piece = piece.next
    head = mem.addr(skb.shinfo.head)
    mem.copy(head, skb.transport_header, mem.addr(param.head), 0, head_len)
    mem.put16(head, skb.transport_header + 2, csum.csum_fold(s))
    skb.ip_summed = const.CHECKSUM_NONE
    ip_push_pending_frames(sk, fl4)


def icmp_reply(param: IcmpParam, skb: SkBuff) -> None:
    """icmp_reply(): answer a query, from the address it came to, with its TOS and options."""
    if trace.icmp_reply.enabled:
        trace.icmp_reply.fire(skb)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    dev = rt.dev
    assert dev is not None
    net = dev.nd_net
    opt = param.replyopts
    if ip_options_echo(opt, skb) < 0:
        return
    sk = icmp_xmit_lock(net)
    if sk is None:
        return
    iph = ip_hdr(skb)
    sk.tos = iph.tos()
    daddr = iph.saddr()
    ipc = IpcmCookie(daddr)
    if opt.optlen:
        ipc.opt = opt
        if opt.srr:
            daddr = opt.faddr
    fl4 = Flowi4(daddr, rt.rt_spec_dst, iph.tos() & in_.IPTOS_RT_MASK)
    fl4.flowi4_proto = in_.IPPROTO_ICMP
    out = ip_route_output_key(net, fl4)
    if out is not None and icmpv4_xrlim_allow(net, out, fl4, param.head[0], param.head[1]):
        icmp_push_reply(param, fl4, ipc, out, sk)
    icmp_xmit_unlock(sk)


def icmp_rcv(skb: SkBuff) -> int:
    """icmp_rcv(): a message for this host. Consumes skb; 0."""
    if trace.icmp_rcv.enabled:
        trace.icmp_rcv.fire(skb)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    dev = rt.dev
    assert dev is not None
    net = dev.nd_net
    net.mib.icmp.inc(snmp.ICMP_MIB_INMSGS)
    if not icmp_checksum_ok(skb):
        return icmp_error(net, skb, const.SKB_DROP_REASON_ICMP_CSUM)
    if pskb_pull(skb, icmp_.ICMP_HLEN) < 0:
        return icmp_error(net, skb, const.SKB_DROP_REASON_PKT_TOO_SMALL)
    type = icmp_hdr(skb).type()
    net.mib.icmpmsg_in[type] = net.mib.icmpmsg_in.get(type, 0) + 1
    if type > icmp_.NR_ICMP_TYPES:  # RFC 1122 3.2.2: unknown ones are silently discarded
        return icmp_error(net, skb, const.SKB_DROP_REASON_ICMP_INVALID)
    if rt.rt_flags & (rtn.RTCF_BROADCAST | rtn.RTCF_MULTICAST):
        query = type == icmp_.ICMP_ECHO or type == icmp_.ICMP_TIMESTAMP
        if query and net.ipv4.sysctl_icmp_echo_ignore_broadcasts:
            return icmp_error(net, skb, const.SKB_DROP_REASON_ICMP_IGNORED)
        if not query and type != icmp_.ICMP_ADDRESS and type != icmp_.ICMP_ADDRESSREPLY:
            return icmp_error(net, skb, const.SKB_DROP_REASON_ICMP_INVALID)
    icmp_dispatch(net, skb, type)
    consume_skb(skb)
    return 0


def icmp_error(net: Net, skb: SkBuff, reason: int) -> int:
    """Count skb as a bad ICMP message and drop it."""
    net.mib.icmp.inc(snmp.ICMP_MIB_INERRORS)
    kfree_skb(skb, reason)
    return 0


def icmp_checksum_ok(skb: SkBuff) -> bool:
    """Does the whole message sum up?"""
    if skb.ip_summed == const.CHECKSUM_COMPLETE and csum.csum_fold(skb.csum) == 0:
        return True
    if skb.ip_summed in (const.CHECKSUM_COMPLETE, const.CHECKSUM_NONE):
        skb.csum = 0
        return skb_checksum_complete_head(skb, skb.len) == 0
    return True


def icmp_dispatch(net: Net, skb: SkBuff, type: int) -> None:
    """icmp_pointers[type].handler(): skb, data behind the ICMP header, stays the caller's."""
    if type == icmp_.ICMP_ECHO:
        icmp_echo(net, skb)
    elif type == icmp_.ICMP_ECHOREPLY:
        ping_rcv(skb)
    elif type == icmp_.ICMP_REDIRECT:
        icmp_redirect(net, skb)
    elif type == icmp_.ICMP_TIMESTAMP:
        icmp_timestamp(net, skb)
    elif type in (
        icmp_.ICMP_DEST_UNREACH,
        icmp_.ICMP_SOURCE_QUENCH,
        icmp_.ICMP_TIME_EXCEEDED,
        icmp_.ICMP_PARAMETERPROB,
    ):
        icmp_unreach(net, skb)
    # Information and address mask messages are obsolete: icmp_discard().


def icmp_unreach(net: Net, skb: SkBuff) -> None:
    """icmp_unreach(): an error about a packet of ours; tell its protocol.

    Also time exceeded, parameter problem (info: the pointer) and source quench.
    """
    if trace.icmp_unreach.enabled:
        trace.icmp_unreach.fire(skb)
    icmph = icmp_hdr(skb)
    if not pskb_may_pull(skb, in_.IP_HLEN):
        net.mib.icmp.inc(snmp.ICMP_MIB_INERRORS)
        return
    icmph = icmp_hdr(skb)
    iph = ip_view(skb.shinfo.head, skb.data)
    if iph.ihl() < 5:
        net.mib.icmp.inc(snmp.ICMP_MIB_INERRORS)
        return
    info = 0
    if icmph.type() == icmp_.ICMP_DEST_UNREACH:
        if icmph.code() & 15 == icmp_.ICMP_FRAG_NEEDED and not net.ipv4.sysctl_ip_no_pmtu_disc:
            dev = skb.dev
            assert dev is not None
            info = ip_rt_frag_needed(net, iph, icmph.mtu(), dev)
            if not info:
                return
        if icmph.code() > icmp_.NR_ICMP_UNREACH:
            return
    elif icmph.type() == icmp_.ICMP_PARAMETERPROB:
        info = icmph.pointer()
    # RFC 1122 3.2.2.6: nobody may complain about a broadcast. Whoever does is told in the log.
    if (
        not net.ipv4.sysctl_icmp_ignore_bogus_error_responses
        and inet_addr_type(net, iph.daddr()) == rtn.RTN_BROADCAST
    ):
        icmp_bogus(skb, iph)
        return
    # Eight bytes behind the header: what transports need, and all that RFC 792 promises.
    if not pskb_may_pull(skb, iph.hdrlen() + 8):
        return
    iph = ip_view(skb.shinfo.head, skb.data)
    protocol = iph.protocol()
    raw_icmp_error(skb, protocol, info)
    ipprot = inet_protocol(protocol)
    if ipprot is not None:
        ipprot.err_handler(skb, info)


def icmp_bogus(skb: SkBuff, iph: IpHdr) -> None:
    """Say in the log that skb's sender complains about broadcasts."""
    if not net_ratelimit():
        return
    icmph = icmp_hdr(skb)
    dev = skb.dev
    assert dev is not None
    printk(
        const.KERN_WARNING,
        "%s sent an invalid ICMP type %u, code %u error to a broadcast: %s on %s",
        format_addr(ip_hdr(skb).saddr()),
        icmph.type(),
        icmph.code(),
        format_addr(iph.daddr()),
        dev.name,
    )


def icmp_redirect(net: Net, skb: SkBuff) -> None:
    """icmp_redirect(): a router knows a better next hop. Network redirects count as for the host."""
    if trace.icmp_redirect.enabled:
        trace.icmp_redirect.fire(skb)
    if skb.len < in_.IP_HLEN:
        net.mib.icmp.inc(snmp.ICMP_MIB_INERRORS)
        return
    if not pskb_may_pull(skb, in_.IP_HLEN):
        return
    iph = ip_view(skb.shinfo.head, skb.data)
    icmph = icmp_hdr(skb)
    if icmph.code() & 7 <= icmp_.ICMP_REDIR_HOSTTOS:
        dev = skb.dev
        assert dev is not None
        old_gw = ip_hdr(skb).saddr()
        ip_rt_redirect(old_gw, iph.daddr(), icmph.gateway(), iph.saddr(), dev)
    quotes_icmp = iph.protocol() == in_.IPPROTO_ICMP and iph.ihl() >= 5
    if quotes_icmp and pskb_may_pull(skb, iph.hdrlen() + 8):
        ping_err(skb, icmp_hdr(skb).gateway())


def icmp_echo(net: Net, skb: SkBuff) -> None:
    """icmp_echo(): RFC 1122 3.2.2.6: every host answers, unless the administrator forbids."""
    if trace.icmp_echo.enabled:
        trace.icmp_echo.fire(skb)
    if net.ipv4.sysctl_icmp_echo_ignore_all:
        return
    icmph = icmp_hdr(skb)
    param = IcmpParam(skb, icmp_.ICMP_ECHOREPLY, icmph.code(), icmph.un())
    param.data_len = skb.len
    icmp_reply(param, skb)


def icmp_timestamp(net: Net, skb: SkBuff) -> None:
    """icmp_timestamp(): RFC 1122 3.2.2.8: our milliseconds since midnight UT, twice."""
    if trace.icmp_timestamp.enabled:
        trace.icmp_timestamp.fire(skb)
    if skb.len < 4:
        net.mib.icmp.inc(snmp.ICMP_MIB_INERRORS)
        return
    param = IcmpParam(skb, icmp_.ICMP_TIMESTAMPREPLY, 0, icmp_hdr(skb).un())
    times = bytearray(TIMES_LEN)
    now = inet_current_timestamp(net).to_bytes(4, "big")
    times[4:8] = now
    times[8:12] = now
    copied = skb_copy_bits(skb, 0, times, 0, 4)
    assert copied == 0
    param.head += times
    icmp_reply(param, skb)


class IcmpProtocol(NetProtocol):
    """icmp_protocol; errors about our own ICMP messages concern ping sockets."""

    __slots__ = ()

    def handler(self, skb: SkBuff) -> int:
        return icmp_rcv(skb)

    def err_handler(self, skb: SkBuff, info: int) -> None:
        ping_err(skb, info)


class IcmpOps(RtIcmpOps):
    """What the files below call icmp_send() by."""

    __slots__ = ()

    def icmp_send(self, skb_in: SkBuff, type: int, code: int, info: int) -> None:
        icmp_send(skb_in, type, code, info)


icmp_protocol = IcmpProtocol()


def icmp_init() -> None:
    """Register the protocol, and icmp_send() for the files below."""
    err = inet_add_protocol(icmp_protocol, in_.IPPROTO_ICMP)
    assert err == 0
    rt_register_icmp(IcmpOps())


def icmp_net_init(net: Net) -> None:
    """icmp_sk_init(): the socket that answers; room for two messages of the largest size."""
    sk = inet_ctl_sock_create(net, in_.IPPROTO_ICMP)
    sk.sk_sndbuf = ICMP_SNDBUF
    sk.pmtudisc = in_.IP_PMTUDISC_DONT
    net.ipv4.icmp_sk = sk
