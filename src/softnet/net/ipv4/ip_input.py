"""IPv4 input: from the device to the transport that a packet is for.

Linux: net/ipv4/ip_input.c. RFC 791, RFC 1122 3.2.1.

    ip_rcv                     is it an IPv4 datagram at all?   NF_INET_PRE_ROUTING
    ip_rcv_finish              where to? The route's dst.input: here, onwards (ip_forward), nowhere
    ip_local_deliver           whole datagrams only             NF_INET_LOCAL_IN
    ip_local_deliver_finish    raw sockets first, then the protocol's handler

Every stage consumes skb.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp_
import softnet.uapi.if_packet as if_packet
import softnet.uapi.in_ as in_
import softnet.uapi.netfilter as nf
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
from softnet.kernel.printk import net_ratelimit, printk
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    pskb_may_pull,
    pskb_trim_rcsum,
    skb_cow,
    skb_orphan,
    skb_share_check,
)
from softnet.net.ipv4.icmp import icmp_send
from softnet.net.ipv4.ip_fragment import IP_DEFRAG_LOCAL_DELIVER, ip_defrag
from softnet.net.ipv4.ip_options import ip_options_compile, ip_options_rcv_srr
from softnet.net.ipv4.protocol import inet_protocol
from softnet.net.ipv4.raw import raw_local_deliver
from softnet.net.ipv4.route import ip_route_input_noref
from softnet.net.ipv4.route_cache import format_addr
from softnet.net.netfilter.core import nf_hook
from softnet.structs.headers import ip_hdr
from softnet.structs.inet_sock import IpOptions
from softnet.structs.netdevice import NetDevice
from softnet.structs.netfilter import NfOkfn
from softnet.structs.route import DstInput, Rtable, rt_register_input

if TYPE_CHECKING:
    from softnet.structs.skbuff import SkBuff


def ip_rcv(skb: SkBuff, dev: NetDevice) -> int:
    """ip_rcv(): prove that skb is a sound IPv4 datagram, then offer it to PRE_ROUTING.

    Consumes skb on every path. RFC 1122 3.2.1: a datagram that fails a check is dropped silently; its
    counter is the only trace it leaves.
    """
    if trace.ip_rcv.enabled:
        trace.ip_rcv.fire(skb)
    if skb.pkt_type == if_packet.PACKET_OTHERHOST:  # we only see it as the NIC is promiscuous
        kfree_skb(skb, const.SKB_DROP_REASON_OTHERHOST)
        return const.NET_RX_DROP
    net = dev.nd_net
    mib = net.mib.ip
    mib.inc(snmp.IPSTATS_MIB_INPKTS)
    mib.add(snmp.IPSTATS_MIB_INOCTETS, skb.len)
    if skb.users != 1:
        skb = skb_share_check(skb)
    error = ip_header_error(skb)
    if error:
        mib.inc(error)
        reason = const.SKB_DROP_REASON_IP_INHDR
        kfree_skb(skb, reason)
        return const.NET_RX_DROP
    # The link may have padded the frame (Ethernet does, to 60 bytes). From here on skb.len is the
    # datagram's own length, and nothing of the layer below remains.
    length = mem.get16(skb.ptr, skb.network_header + 2)
    if skb.len > length and pskb_trim_rcsum(skb, length):
        mib.inc(snmp.IPSTATS_MIB_INDISCARDS)
        kfree_skb(skb, const.SKB_DROP_REASON_NOMEM)
        return const.NET_RX_DROP
    skb.ip_opt = None
    skb.ip_flags = 0
    if skb.destructor is not None:
        skb_orphan(skb)
    if net.nf_active:
        okfn = registry.rcv_finish
        ret = nf_hook(net, nf.NFPROTO_IPV4, nf.NF_INET_PRE_ROUTING, skb, dev, None, okfn)
        if ret != 1:
            return ret
    return ip_rcv_finish(skb)


def ip_header_error(skb: SkBuff) -> int:
    """The MIB counter of the first check that skb's header fails; 0 if it passes them all.

    The header is linear afterwards.
    """
    if not pskb_may_pull(skb, in_.IP_HLEN):
        return snmp.IPSTATS_MIB_INHDRERRORS
    p = skb.ptr
    o = skb.network_header
    first = mem.get8(p, o)
    hlen = (first & 0x0F) << 2
    if first >> 4 != in_.IPVERSION or hlen < in_.IP_HLEN:
        return snmp.IPSTATS_MIB_INHDRERRORS
    if hlen > in_.IP_HLEN and not pskb_may_pull(skb, hlen):
        return snmp.IPSTATS_MIB_INHDRERRORS
    p = skb.ptr
    o = skb.network_header
    if csum.ip_fast_csum(p, o, hlen >> 2):
        return snmp.IPSTATS_MIB_INHDRERRORS
    length = mem.get16(p, o + 2)
    if skb.len < length:
        return snmp.IPSTATS_MIB_INTRUNCATEDPKTS
    if length < hlen:
        return snmp.IPSTATS_MIB_INHDRERRORS
    return 0


def ip_rcv_finish(skb: SkBuff) -> int:
    """ip_rcv_finish(): route skb, unless it looped back with its route, and follow the route."""
    if trace.ip_rcv_finish.enabled:
        trace.ip_rcv_finish.fire(skb)
    dev = skb.dev
    assert dev is not None
    p = skb.ptr
    o = skb.network_header
    if skb.dst is None:
        daddr = mem.get32(p, o + 16)
        err = ip_route_input_noref(skb, daddr, mem.get32(p, o + 12), mem.get8(p, o + 1), dev)
        if err:
            return ip_rcv_unrouted(skb, dev, err)
    if mem.get8(p, o) & 0x0F > 5 and ip_rcv_options(skb):
        return const.NET_RX_DROP
    rt = skb.dst
    assert isinstance(rt, Rtable)
    if rt.rt_type == rtn.RTN_MULTICAST:
        dev.nd_net.mib.ip.inc(snmp.IPSTATS_MIB_INMCASTPKTS)
        dev.nd_net.mib.ip.add(snmp.IPSTATS_MIB_INMCASTOCTETS, skb.len)
    elif rt.rt_type == rtn.RTN_BROADCAST:
        dev.nd_net.mib.ip.inc(snmp.IPSTATS_MIB_INBCASTPKTS)
        dev.nd_net.mib.ip.add(snmp.IPSTATS_MIB_INBCASTOCTETS, skb.len)
    return rt.input(skb)


def ip_rcv_unrouted(skb: SkBuff, dev: NetDevice, err: int) -> int:
    """Routing refused skb: count why."""
    reason = const.SKB_DROP_REASON_IP_MARTIAN
    if err == -errno.EHOSTUNREACH:
        dev.nd_net.mib.ip.inc(snmp.IPSTATS_MIB_INADDRERRORS)
        reason = const.SKB_DROP_REASON_IP_INADDRERRORS
    elif err == -errno.ENETUNREACH:
        dev.nd_net.mib.ip.inc(snmp.IPSTATS_MIB_INNOROUTES)
        reason = const.SKB_DROP_REASON_IP_INNOROUTES
    elif err == -errno.EXDEV:
        dev.nd_net.mib.net.inc(snmp.LINUX_MIB_IPRPFILTER)
        reason = const.SKB_DROP_REASON_IP_RPFILTER
    kfree_skb(skb, reason)
    return const.NET_RX_DROP


def ip_rcv_options(skb: SkBuff) -> bool:
    """ip_rcv_options(): parse the header's options and follow a source route. True: skb is gone.

    Options are written into, so the header must be ours alone.
    """
    if trace.ip_rcv_options.enabled:
        trace.ip_rcv_options.fire(skb)
    dev = skb.dev
    assert dev is not None
    net = dev.nd_net
    if skb_cow(skb, skb.headroom()):
        net.mib.ip.inc(snmp.IPSTATS_MIB_INDISCARDS)
        kfree_skb(skb, const.SKB_DROP_REASON_NOMEM)
        return True
    opt = IpOptions()
    opt.optlen = ip_hdr(skb).hdrlen() - in_.IP_HLEN
    skb.ip_opt = opt
    pointer = ip_options_compile(net, opt, skb)
    if pointer:
        icmp_send(skb, icmp_.ICMP_PARAMETERPROB, 0, pointer << 24)
        net.mib.ip.inc(snmp.IPSTATS_MIB_INHDRERRORS)
        kfree_skb(skb, const.SKB_DROP_REASON_IP_OPTIONS)
        return True
    if opt.srr:
        in_dev = dev.ip_ptr
        if in_dev is not None and not (
            in_dev.cnf.accept_source_route and net.ipv4.devconf_all.accept_source_route
        ):
            conf_all = net.ipv4.devconf_all
            if (in_dev.cnf.log_martians or conf_all.log_martians) and net_ratelimit():
                iph = ip_hdr(skb)
                printk(
                    const.KERN_INFO,
                    "source route option %s -> %s",
                    format_addr(iph.saddr()),
                    format_addr(iph.daddr()),
                )
            kfree_skb(skb, const.SKB_DROP_REASON_IP_OPTIONS)
            return True
        if ip_options_rcv_srr(skb):
            kfree_skb(skb, const.SKB_DROP_REASON_IP_OPTIONS)
            return True
    return False


def ip_local_deliver(skb: SkBuff) -> int:
    """ip_local_deliver(): skb is for this host: complete it, then offer it to LOCAL_IN."""
    if trace.ip_local_deliver.enabled:
        trace.ip_local_deliver.fire(skb)
    frag_off = mem.get16(skb.ptr, skb.network_header + 6)
    if frag_off & (in_.IP_MF | in_.IP_OFFSET) and ip_defrag(skb, IP_DEFRAG_LOCAL_DELIVER):
        return 0
    dev = skb.dev
    assert dev is not None
    net = dev.nd_net
    if net.nf_active:
        okfn = registry.local_deliver_finish
        ret = nf_hook(net, nf.NFPROTO_IPV4, nf.NF_INET_LOCAL_IN, skb, dev, None, okfn)
        if ret != 1:
            return ret
    return ip_local_deliver_finish(skb)


def ip_local_deliver_finish(skb: SkBuff) -> int:
    """ip_local_deliver_finish(): to the raw sockets, then to the protocol.

    A handler that answers -n has unwrapped the packet and wants it delivered as protocol n.
    """
    if trace.ip_local_deliver_finish.enabled:
        trace.ip_local_deliver_finish.fire(skb)
    dev = skb.dev
    assert dev is not None
    net = dev.nd_net
    p = skb.ptr
    o = skb.network_header
    skb.pull((mem.get8(p, o) & 0x0F) << 2)
    skb.transport_header = skb.data
    protocol = mem.get8(p, o + 9)
    while True:
        raw = net.ipv4.raw_sockets != 0 and raw_local_deliver(skb, protocol)
        ipprot = inet_protocol(protocol)
        if ipprot is None:
            break
        ret = ipprot.handler(skb)
        if ret >= 0:
            net.mib.ip.inc(snmp.IPSTATS_MIB_INDELIVERS)
            return 0
        protocol = -ret
    if raw:
        net.mib.ip.inc(snmp.IPSTATS_MIB_INDELIVERS)
        consume_skb(skb)
    else:
        net.mib.ip.inc(snmp.IPSTATS_MIB_INUNKNOWNPROTOS)
        icmp_send(skb, icmp_.ICMP_DEST_UNREACH, icmp_.ICMP_PROT_UNREACH, 0)
        kfree_skb(skb, const.SKB_DROP_REASON_IP_NOPROTO)
    return 0


class RcvFinishOkfn(NfOkfn):
    """ip_rcv_finish() behind NF_INET_PRE_ROUTING."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        return ip_rcv_finish(skb)


class LocalDeliverFinishOkfn(NfOkfn):
    """ip_local_deliver_finish() behind NF_INET_LOCAL_IN."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        return ip_local_deliver_finish(skb)


class InputRegistry:
    """How each stage goes on when a hook held the packet back."""

    __slots__ = ("rcv_finish", "local_deliver_finish")

    rcv_finish: NfOkfn
    local_deliver_finish: NfOkfn

    def __init__(self) -> None:
        self.rcv_finish = RcvFinishOkfn()
        self.local_deliver_finish = LocalDeliverFinishOkfn()


registry = InputRegistry()


class IpLocalDeliver(DstInput):
    """dst->input = ip_local_deliver"""

    __slots__ = ()

    def input(self, skb: SkBuff) -> int:
        return ip_local_deliver(skb)


def ip_input_init() -> None:
    """Tell routing who takes packets for this host."""
    rt_register_input(const.RT_INPUT_LOCAL, IpLocalDeliver())
