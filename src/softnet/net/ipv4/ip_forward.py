"""Forwarding: a packet that came in goes out by another route.

Linux: net/ipv4/ip_forward.c. RFC 1812 5.2 and 5.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp_
import softnet.uapi.if_packet as if_packet
import softnet.uapi.in_ as in_
import softnet.uapi.netfilter as nf
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
from softnet.net.core.skbuff import kfree_skb, skb_clone, skb_cow
from softnet.net.ipv4.icmp import icmp_send
from softnet.net.ipv4.ip_fragment import IP_DEFRAG_CALL_RA_CHAIN, ip_defrag
from softnet.net.ipv4.ip_options import ip_forward_options
from softnet.net.ipv4.ip_output import LL_RESERVED_SPACE
from softnet.net.ipv4.ip_sockglue import ip_ra_chain
from softnet.net.ipv4.raw import raw_rcv
from softnet.net.ipv4.route import ip_rt_send_redirect, rt_tos2priority
from softnet.net.netfilter.core import nf_hook
from softnet.structs.headers import ip_hdr
from softnet.structs.inet_sock import IpOptions
from softnet.structs.netfilter import NfOkfn
from softnet.structs.route import DstInput, Rtable, rt_register_input

if TYPE_CHECKING:
    from softnet.structs.inet_sock import InetSock
    from softnet.structs.skbuff import SkBuff


def ip_forward(skb: SkBuff) -> int:
    """ip_forward(): the checks a router makes, one hop off the TTL, then NF_INET_FORWARD.

    Consumes skb. RFC 1812 5.3.1: the TTL comes first, before it is known whether the packet fits.
    """
    if trace.ip_forward.enabled:
        trace.ip_forward.fire(skb)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    dev = rt.dev
    assert dev is not None
    net = dev.nd_net
    opt = skb.ip_opt
    assert opt is None or isinstance(opt, IpOptions)
    if opt is not None and opt.router_alert and ip_call_ra_chain(skb):
        return const.NET_RX_SUCCESS
    if skb.pkt_type != if_packet.PACKET_HOST:  # RFC 1812 5.3.4: no link broadcasts
        kfree_skb(skb, const.SKB_DROP_REASON_IP_FORWARD)
        return const.NET_RX_DROP
    if skb.ip_summed == const.CHECKSUM_COMPLETE:  # skb_forward_csum()
        skb.ip_summed = const.CHECKSUM_NONE
    p = skb.ptr
    o = skb.network_header
    if mem.get8(p, o + 8) <= 1:
        net.mib.ip.inc(snmp.IPSTATS_MIB_INHDRERRORS)
        icmp_send(skb, icmp_.ICMP_TIME_EXCEEDED, icmp_.ICMP_EXC_TTL, 0)
        kfree_skb(skb, const.SKB_DROP_REASON_IP_TTL)
        return const.NET_RX_DROP
    if opt is not None and opt.is_strictroute and opt.nexthop != rt.rt_gateway:
        icmp_send(skb, icmp_.ICMP_DEST_UNREACH, icmp_.ICMP_SR_FAILED, 0)
        kfree_skb(skb, const.SKB_DROP_REASON_IP_OPTIONS)
        return const.NET_RX_DROP
    fits = skb.shinfo.gso_size != 0 or skb.len <= rt.mtu()
    if not fits and mem.get16(p, o + 6) & in_.IP_DF and not skb.local_df:
        net.mib.ip.inc(snmp.IPSTATS_MIB_FRAGFAILS)
        icmp_send(skb, icmp_.ICMP_DEST_UNREACH, icmp_.ICMP_FRAG_NEEDED, rt.mtu())
        kfree_skb(skb, const.SKB_DROP_REASON_FRAG_NEEDED)
        return const.NET_RX_DROP
    if skb_cow(skb, LL_RESERVED_SPACE(dev) + rt.header_len):  # the header changes from here on
        kfree_skb(skb, const.SKB_DROP_REASON_NOMEM)
        return const.NET_RX_DROP
    ip_hdr(skb).decrease_ttl()
    if rt.rt_flags & rtn.RTCF_DOREDIRECT and (opt is None or not opt.srr):
        ip_rt_send_redirect(skb)
    skb.priority = rt_tos2priority(mem.get8(skb.ptr, skb.network_header + 1))
    if net.nf_active:
        okfn = registry.forward_finish
        ret = nf_hook(net, nf.NFPROTO_IPV4, nf.NF_INET_FORWARD, skb, skb.dev, dev, okfn)
        if ret != 1:
            return ret
    return ip_forward_finish(skb)


def ip_forward_finish(skb: SkBuff) -> int:
    """ip_forward_finish(): the hooks agree."""
    if trace.ip_forward_finish.enabled:
        trace.ip_forward_finish.fire(skb)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    dev = rt.dev
    assert dev is not None
    dev.nd_net.mib.ip.inc(snmp.IPSTATS_MIB_OUTFORWDATAGRAMS)
    if skb.ip_opt is not None:
        ip_forward_options(skb)
    return rt.output(skb)


def ip_call_ra_chain(skb: SkBuff) -> bool:
    """ip_call_ra_chain(): routers' daemons take packets with a router alert (IP_ROUTER_ALERT).

    True if one did; then skb is gone.
    """
    if trace.ip_call_ra_chain.enabled:
        trace.ip_call_ra_chain.fire(skb)
    dev = skb.dev
    assert dev is not None
    iph = ip_hdr(skb)
    protocol = iph.protocol()
    last: InetSock | None = None
    for sk in list(ip_ra_chain(dev.nd_net)):
        if sk.inet_num != protocol or sk.sk_bound_dev_if not in (0, dev.ifindex):
            continue
        if ip_hdr(skb).is_fragment() and ip_defrag(skb, IP_DEFRAG_CALL_RA_CHAIN):
            return True
        if last is not None:
            raw_rcv(last, skb_clone(skb))
        last = sk
    if last is None:
        return False
    raw_rcv(last, skb)
    return True


class ForwardFinishOkfn(NfOkfn):
    """ip_forward_finish() behind NF_INET_FORWARD."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        return ip_forward_finish(skb)


class IpForward(DstInput):
    """dst->input = ip_forward"""

    __slots__ = ()

    def input(self, skb: SkBuff) -> int:
        return ip_forward(skb)


class ForwardRegistry:
    """How forwarding goes on when a hook held the packet back."""

    __slots__ = ("forward_finish",)

    forward_finish: NfOkfn

    def __init__(self) -> None:
        self.forward_finish = ForwardFinishOkfn()


registry = ForwardRegistry()


def ip_forward_init() -> None:
    """Tell routing who takes packets for others."""
    rt_register_input(const.RT_INPUT_FORWARD, IpForward())
