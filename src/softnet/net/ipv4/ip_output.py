"""IPv4 output: from a transport's segment to the neighbour that takes it.

Linux: net/ipv4/ip_output.c. RFC 791, RFC 1122 3.2 and 3.3.

    ip_queue_xmit, ip_build_and_send_pkt     a socket's segment gets its header
    ip_local_out                             checksum, NF_INET_LOCAL_OUT, dst.output
    ip_output, ip_mc_output                  what dst.output is; NF_INET_POST_ROUTING
    ip_finish_output, ip_fragment            whole if it fits, in pieces if it must
    ip_finish_output2                        the neighbour writes the link header

Every stage consumes skb. Datagrams built from pieces (UDP, raw, ICMP) start in ip_append.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_packet as if_packet
import softnet.uapi.in_ as in_
import softnet.uapi.netfilter as nf
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
from softnet.net.core.dev.receive import netif_rx_ni
from softnet.net.core.neighbour import neigh_output
from softnet.net.core.skbuff import (
    alloc_skb,
    consume_skb,
    kfree_skb,
    skb_checksum_help,
    skb_clone,
    skb_cloned,
    skb_copy_bits,
    skb_pagelen,
    skb_realloc_headroom,
    skb_set_owner_w,
)
from softnet.net.core.sock import sk_dst_check, sk_setup_caps
from softnet.net.ipv4.inetpeer import inet_getid
from softnet.net.ipv4.ip_options import ip_options_build, ip_options_fragment
from softnet.net.ipv4.route import ip_route_output_ports, rt_bind_peer
from softnet.net.netfilter.core import nf_hook
from softnet.structs.flow import Flowi4
from softnet.structs.inet_sock import InetSock
from softnet.structs.netfilter import NfOkfn
from softnet.structs.route import (
    DstOutput,
    Rtable,
    rt_register_local_out,
    rt_register_output,
    rt_stages,
)

if TYPE_CHECKING:
    from softnet.structs.dst import DstEntry
    from softnet.structs.inet_sock import IpOptions
    from softnet.structs.net_namespace import Net
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.sock import Sock

HH_ALIGN = 16  # HH_DATA_MOD: link headers are reserved in such steps, in bytes
FRAG_MIN = 8  # bytes: what a fragment offset counts in
RTAX_LOCK_MTU = 1 << rtn.RTAX_MTU


def ip_queue_xmit(skb: SkBuff) -> int:
    """ip_queue_xmit(): send a segment of skb.sk, a connected socket, along its cached route.

    0, a NET_XMIT_* verdict, or a negative errno.
    """
    if trace.ip_queue_xmit.enabled:
        trace.ip_queue_xmit.fire(skb)
    sk = skb.sk
    assert isinstance(sk, InetSock)
    opt = sk.inet_opt
    net = sk.sk_net
    daddr = sk.inet_daddr
    if opt is not None and opt.srr:
        daddr = opt.faddr
    dst = skb.dst
    if dst is None:
        dst = sk_dst_check(sk, 0)
        if dst is None:
            dst = ip_queue_route(sk, daddr)
            if dst is None:
                net.mib.ip.inc(snmp.IPSTATS_MIB_OUTNOROUTES)
                kfree_skb(skb, const.SKB_DROP_REASON_IP_OUTNOROUTES)
                return -errno.EHOSTUNREACH
        skb.dst = dst
    rt = dst
    assert isinstance(rt, Rtable)
    hlen = in_.IP_HLEN
    if opt is not None:
        if opt.is_strictroute and daddr != rt.rt_gateway:
            net.mib.ip.inc(snmp.IPSTATS_MIB_OUTNOROUTES)
            kfree_skb(skb, const.SKB_DROP_REASON_IP_OUTNOROUTES)
            return -errno.EHOSTUNREACH
        hlen += opt.optlen
    o = skb.push(hlen)
    skb.network_header = o
    p = skb.ptr
    mem.put32(p, o, (0x40 | hlen >> 2) << 24 | sk.tos << 16)
    df = in_.IP_DF if not skb.local_df and ip_dont_fragment(sk, rt) else 0
    mem.put32(p, o + 4, df)
    mem.put32(p, o + 8, ip_select_ttl(sk, rt) << 24 | sk.sk_protocol << 16)
    mem.put32(p, o + 12, sk.inet_saddr)
    mem.put32(p, o + 16, daddr)
    if opt is not None and opt.optlen:
        ip_options_build(skb, opt, sk.inet_daddr, rt, 0)
    segs = skb.shinfo.gso_segs
    ip_select_ident(skb, rt, sk, segs - 1 if segs > 1 else 0)
    skb.priority = sk.sk_priority
    skb.mark = sk.sk_mark
    return ip_local_out(skb)


def ip_queue_route(sk: InetSock, daddr: int) -> DstEntry | None:
    """Route a connected socket anew and remember the route in it; None if there is no way.

    A device that fails meanwhile must not end the connection: this is asked again for each segment.
    """
    tos = RT_CONN_FLAGS(sk)
    rt = ip_route_output_ports(
        sk.sk_net,
        Flowi4(),
        sk,
        daddr,
        sk.inet_saddr,
        sk.inet_dport,
        sk.inet_sport,
        sk.sk_protocol,
        tos,
        sk.sk_bound_dev_if,
    )
    if rt is None:
        return None
    sk_setup_caps(sk, rt)
    return rt


def RT_CONN_FLAGS(sk: InetSock) -> int:
    """The TOS bits that routing looks at, and RTO_ONLINK for a socket with SO_DONTROUTE."""
    tos = sk.tos & in_.IPTOS_RT_MASK
    if (sk.sk_flags >> const.SOCK_LOCALROUTE) & 1:
        tos |= const.RTO_ONLINK
    return tos


def ip_build_and_send_pkt(
    skb: SkBuff, sk: InetSock, saddr: int, daddr: int, opt: IpOptions | None
) -> int:
    """ip_build_and_send_pkt(): a header for a segment that is routed already (SYN-ACKs)."""
    if trace.ip_build_and_send_pkt.enabled:
        trace.ip_build_and_send_pkt.fire(skb)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    hlen = in_.IP_HLEN
    to = daddr
    if opt is not None:
        hlen += opt.optlen
        if opt.srr:
            to = opt.faddr
    o = skb.push(hlen)
    skb.network_header = o
    p = skb.ptr
    mem.put32(p, o, (0x40 | hlen >> 2) << 24 | sk.tos << 16)
    mem.put32(p, o + 4, in_.IP_DF if ip_dont_fragment(sk, rt) else 0)
    mem.put32(p, o + 8, ip_select_ttl(sk, rt) << 24 | sk.sk_protocol << 16)
    mem.put32(p, o + 12, saddr)
    mem.put32(p, o + 16, to)
    ip_select_ident(skb, rt, sk, 0)
    if opt is not None and opt.optlen:
        ip_options_build(skb, opt, daddr, rt, 0)
    skb.priority = sk.sk_priority
    skb.mark = sk.sk_mark
    return ip_local_out(skb)


def ip_dont_fragment(sk: InetSock, rt: Rtable) -> bool:
    """ip_dont_fragment(): is DF to be set? Not if the route's MTU is locked, unless sk insists."""
    if sk.pmtudisc == in_.IP_PMTUDISC_DO:
        return True
    return sk.pmtudisc == in_.IP_PMTUDISC_WANT and not rt.metric(rtn.RTAX_LOCK) & RTAX_LOCK_MTU


def ip_select_ttl(sk: InetSock, rt: Rtable) -> int:
    """ip_select_ttl(): the socket's TTL, else the route's, else the sysctl's."""
    return sk.uc_ttl if sk.uc_ttl >= 0 else ip4_dst_hoplimit(rt)


def ip4_dst_hoplimit(rt: Rtable) -> int:
    """ip4_dst_hoplimit()"""
    hoplimit = rt.metric(rtn.RTAX_HOPLIMIT)
    return hoplimit if hoplimit else rt.rt_net.ipv4.sysctl_ip_default_ttl


def ip_select_ident(skb: SkBuff, rt: Rtable, sk: InetSock | None, more: int) -> None:
    """ip_select_ident(), ip_select_ident_more(): write the identification into skb's header.

    more: how many further datagrams the device will cut out of this one. A datagram that may not be
    fragmented needs none; a connected socket counts all the same, for broken header compressors.
    One that has DF but may be fragmented here (local_df) needs one: 3.2.52.
    """
    p = skb.ptr
    o = skb.network_header
    if mem.get16(p, o + 6) & in_.IP_DF and not skb.local_df:
        if sk is not None and sk.inet_daddr:
            mem.put16(p, o + 4, sk.inet_id)
            sk.inet_id = (sk.inet_id + 1 + more) & 0xFFFF
        else:
            mem.put16(p, o + 4, 0)
        return
    peer = rt.peer
    if peer is None:
        rt_bind_peer(rt, mem.get32(p, o + 16), 1)
        peer = rt.peer
        assert peer is not None
    mem.put16(p, o + 4, inet_getid(peer, more))


def ip_local_out(skb: SkBuff) -> int:
    """ip_local_out(): all but length and checksum of the header is written; send it."""
    err = ip_local_out_hook(skb)
    if err == 1:
        dst = skb.dst
        assert dst is not None
        err = dst.output(skb)
    return err


def ip_local_out_hook(skb: SkBuff) -> int:
    """__ip_local_out(): 1 if dst.output is to go on, else skb is gone and this is its result."""
    if trace.ip_local_out.enabled:
        trace.ip_local_out.fire(skb)
    p = skb.ptr
    o = skb.network_header
    mem.put16(p, o + 2, skb.len)
    mem.put16(p, o + 10, 0)
    mem.put16(p, o + 10, csum.ip_fast_csum(p, o, mem.get8(p, o) & 0x0F))
    dst = skb.dst
    assert dst is not None
    dev = dst.dev
    assert dev is not None
    net = dev.nd_net
    if net.nf_active:
        okfn = registry.dst_output
        return nf_hook(net, nf.NFPROTO_IPV4, nf.NF_INET_LOCAL_OUT, skb, None, dev, okfn)
    return 1


def ip_local_out_written(skb: SkBuff) -> int:
    """NF_INET_LOCAL_OUT and dst_output() for a packet whose header the program wrote."""
    dst = skb.dst
    assert dst is not None
    dev = dst.dev
    assert dev is not None
    net = dev.nd_net
    if net.nf_active:
        okfn = registry.dst_output
        ret = nf_hook(net, nf.NFPROTO_IPV4, nf.NF_INET_LOCAL_OUT, skb, None, dev, okfn)
        if ret != 1:
            return ret
    return dst.output(skb)


def ip_output(skb: SkBuff) -> int:
    """ip_output(): what unicast routes do with a packet to send, made here or forwarded."""
    if trace.ip_output.enabled:
        trace.ip_output.fire(skb)
    dst = skb.dst
    assert dst is not None
    dev = dst.dev
    assert dev is not None
    net = dev.nd_net
    mib = net.mib.ip
    mib.inc(snmp.IPSTATS_MIB_OUTPKTS)
    mib.add(snmp.IPSTATS_MIB_OUTOCTETS, skb.len)
    skb.dev = dev
    skb.protocol = if_ether.ETH_P_IP
    if net.nf_active and not skb.ip_flags & const.IPSKB_REROUTED:
        okfn = registry.finish_output
        ret = nf_hook(net, nf.NFPROTO_IPV4, nf.NF_INET_POST_ROUTING, skb, None, dev, okfn)
        if ret != 1:
            return ret
    return ip_finish_output(skb)


def ip_mc_output(skb: SkBuff) -> int:
    """ip_mc_output(): for multicast and broadcast routes that this host belongs to itself.

    A copy comes back as if received (RFC 1112 6.1), unless the sender's IP_MULTICAST_LOOP is off.
    """
    if trace.ip_mc_output.enabled:
        trace.ip_mc_output.fire(skb)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    dev = rt.dev
    assert dev is not None
    net = dev.nd_net
    net.mib.ip.inc(snmp.IPSTATS_MIB_OUTPKTS)
    net.mib.ip.add(snmp.IPSTATS_MIB_OUTOCTETS, skb.len)
    skb.dev = dev
    skb.protocol = if_ether.ETH_P_IP
    if rt.rt_flags & rtn.RTCF_MULTICAST:
        if sk_mc_loop(skb.sk) and (
            rt.rt_flags & rtn.RTCF_LOCAL or not skb.ip_flags & const.IPSKB_FORWARDED
        ):
            ip_mc_loopback(net, skb, dev)
        if mem.get8(skb.ptr, skb.network_header + 8) == 0:
            kfree_skb(skb, const.SKB_DROP_REASON_IP_TTL)  # ttl 0: not beyond this host
            return 0
    if rt.rt_flags & rtn.RTCF_BROADCAST:
        ip_mc_loopback(net, skb, dev)
    if net.nf_active and not skb.ip_flags & const.IPSKB_REROUTED:
        okfn = registry.finish_output
        ret = nf_hook(net, nf.NFPROTO_IPV4, nf.NF_INET_POST_ROUTING, skb, None, dev, okfn)
        if ret != 1:
            return ret
    return ip_finish_output(skb)


def sk_mc_loop(sk: Sock | None) -> bool:
    """sk_mc_loop(): does the sender want its own multicasts back?"""
    if not isinstance(sk, InetSock):
        return True
    inet = sk
    return inet.mc_loop


def ip_mc_loopback(net: Net, skb: SkBuff, dev: NetDevice) -> None:
    """The local copy of a multicast or broadcast, through POST_ROUTING like the other one."""
    newskb = skb_clone(skb)
    if net.nf_active:
        okfn = registry.loopback_xmit
        if nf_hook(net, nf.NFPROTO_IPV4, nf.NF_INET_POST_ROUTING, newskb, None, dev, okfn) != 1:
            return
    ip_dev_loopback_xmit(newskb)


def ip_dev_loopback_xmit(newskb: SkBuff) -> int:
    """ip_dev_loopback_xmit(): have newskb received on the device it was to leave by."""
    newskb.reset_mac_header()
    newskb.pull(newskb.network_header - newskb.data)
    newskb.pkt_type = if_packet.PACKET_LOOPBACK
    newskb.ip_summed = const.CHECKSUM_UNNECESSARY
    assert newskb.dst is not None
    netif_rx_ni(newskb)
    return 0


def ip_finish_output(skb: SkBuff) -> int:
    """ip_finish_output(): the hooks are passed; whole or in fragments."""
    if trace.ip_finish_output.enabled:
        trace.ip_finish_output.fire(skb)
    if skb.shinfo.gso_size == 0 and skb.len > ip_skb_dst_mtu(skb):
        return ip_fragment(skb, registry.finish_output2)
    return ip_finish_output2(skb)


def ip_skb_dst_mtu(skb: SkBuff) -> int:
    """ip_skb_dst_mtu(): a prober's packets may fill the device's MTU, others the route's. Bytes."""
    dst = skb.dst
    assert dst is not None
    sk = skb.sk
    if sk is not None and isinstance(sk, InetSock):
        inet = sk
        if inet.pmtudisc == in_.IP_PMTUDISC_PROBE:
            dev = dst.dev
            assert dev is not None
            return dev.mtu
    return dst.mtu()


def ip_finish_output2(skb: SkBuff) -> int:
    """ip_finish_output2(): hand skb to its neighbour."""
    if trace.ip_finish_output2.enabled:
        trace.ip_finish_output2.fire(skb)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    dev = rt.dev
    assert dev is not None
    if rt.rt_type == rtn.RTN_MULTICAST:
        dev.nd_net.mib.ip.inc(snmp.IPSTATS_MIB_OUTMCASTPKTS)
        dev.nd_net.mib.ip.add(snmp.IPSTATS_MIB_OUTMCASTOCTETS, skb.len)
    elif rt.rt_type == rtn.RTN_BROADCAST:
        dev.nd_net.mib.ip.inc(snmp.IPSTATS_MIB_OUTBCASTPKTS)
        dev.nd_net.mib.ip.add(snmp.IPSTATS_MIB_OUTBCASTOCTETS, skb.len)
    if dev.header_ops is not None and skb.data < LL_RESERVED_SPACE(dev):
        skb2 = skb_realloc_headroom(skb, LL_RESERVED_SPACE(dev))
        if skb.sk is not None:
            skb_set_owner_w(skb2, skb.sk)
        consume_skb(skb)
        skb = skb2
    neigh = rt.neighbour
    if neigh is not None:
        return neigh_output(neigh, skb)
    kfree_skb(skb, const.SKB_DROP_REASON_NEIGH_CREATEFAIL)
    return -errno.EINVAL


def LL_RESERVED_SPACE(dev: NetDevice) -> int:
    """Headroom to leave for dev's link header, in bytes."""
    return ((dev.hard_header_len + dev.needed_headroom) & ~(HH_ALIGN - 1)) + HH_ALIGN


def ip_fragment(skb: SkBuff, output: NfOkfn) -> int:
    """ip_fragment(): send skb in pieces that fit its route, each by output.okfn().

    0 or a negative errno; a failing piece ends it. A socket that asked for DF hears EMSGSIZE, a
    router's sender an ICMP message with the MTU.
    """
    if trace.ip_fragment.enabled:
        trace.ip_fragment.fire(skb)
    dst = skb.dst
    assert dst is not None
    dev = dst.dev
    assert dev is not None
    mib = dev.nd_net.mib.ip
    p = skb.ptr
    nh = skb.network_header
    frag_off = mem.get16(p, nh + 6)
    if frag_off & in_.IP_DF and not skb.local_df:
        mib.inc(snmp.IPSTATS_MIB_FRAGFAILS)
        mtu = ip_skb_dst_mtu(skb)
        rt_stages().icmp.icmp_send(skb, icmp.ICMP_DEST_UNREACH, icmp.ICMP_FRAG_NEEDED, mtu)
        kfree_skb(skb, const.SKB_DROP_REASON_FRAG_NEEDED)
        return -errno.EMSGSIZE
    hlen = (mem.get8(p, nh) & 0x0F) << 2
    mtu = dst.mtu() - hlen
    if mtu < FRAG_MIN:
        mib.inc(snmp.IPSTATS_MIB_FRAGFAILS)
        kfree_skb(skb, const.SKB_DROP_REASON_FRAG_NEEDED)
        return -errno.EMSGSIZE
    skb.ip_flags |= const.IPSKB_FRAG_COMPLETE
    if skb.shinfo.frag_list is not None and ip_frag_geometry_fits(skb, hlen, mtu, frag_off):
        return ip_fragment_fast(skb, output, hlen)
    return ip_fragment_slow(skb, output, hlen, mtu)


def ip_frag_geometry_fits(skb: SkBuff, hlen: int, mtu: int, frag_off: int) -> bool:
    """Is skb with its frag_list cut already as fragments must be (sockets do that)?"""
    shinfo = skb.shinfo
    first = skb_pagelen(skb) - hlen
    if first > mtu or first & 7 or frag_off & (in_.IP_MF | in_.IP_OFFSET) or skb_cloned(skb):
        return False
    frag = shinfo.frag_list
    while frag is not None:
        if (
            frag.len > mtu
            or (frag.len & 7 and frag.next is not None)
            or frag.data < hlen
            or frag.users != 1
        ):
            return False
        frag = frag.next
    return True


def ip_fragment_fast(skb: SkBuff, output: NfOkfn, hlen: int) -> int:
    """ip_fragment(), where each skb of the frag_list becomes a fragment as it stands.

    From here on each fragment is charged to the socket by itself.
    """
    dst = skb.dst
    assert dst is not None
    dev = dst.dev
    assert dev is not None
    mib = dev.nd_net.mib.ip
    shinfo = skb.shinfo
    frag = shinfo.frag_list
    ip_fragment_charge(skb, frag)
    first_len = skb_pagelen(skb)
    shinfo.frag_list = None
    skb.data_len = first_len - (skb.len - skb.data_len)
    skb.len = first_len
    ip_frag_header(skb, first_len, in_.IP_MF)
    offset = 0
    while True:
        if frag is not None:  # its header comes from skb, so before skb goes down
            frag.ip_summed = const.CHECKSUM_NONE
            frag.reset_transport_header()
            frag.push(hlen)
            frag.reset_network_header()
            mem.copy(frag.ptr, frag.network_header, skb.ptr, skb.network_header, hlen)
            ip_copy_metadata(frag, skb)
            if offset == 0:
                ip_options_fragment(frag)
            offset += skb.len - hlen
            more = in_.IP_MF if frag.next is not None else 0
            ip_frag_header(frag, frag.len, offset >> 3 | more)
        err = output.okfn(skb)
        if err == 0:
            mib.inc(snmp.IPSTATS_MIB_FRAGCREATES)
        if err or frag is None:
            break
        skb = frag
        frag = skb.next
        skb.next = None
    if err == 0:
        mib.inc(snmp.IPSTATS_MIB_FRAGOKS)
        return 0
    while frag is not None:
        nxt = frag.next
        frag.next = None
        kfree_skb(frag, const.SKB_DROP_REASON_IP_OUT)
        frag = nxt
    mib.inc(snmp.IPSTATS_MIB_FRAGFAILS)
    return err


def ip_fragment_charge(skb: SkBuff, piece: SkBuff | None) -> None:
    """Give skb's owner each of the pieces from `piece` on as a buffer of its own."""
    while piece is not None:
        assert piece.sk is None
        if skb.sk is not None:
            piece.sk = skb.sk
            piece.destructor = skb.destructor
        skb.truesize -= piece.truesize
        piece = piece.next


def ip_fragment_slow(skb: SkBuff, output: NfOkfn, hlen: int, mtu: int) -> int:
    """ip_fragment(), copying: fragments of at most mtu bytes of payload. Consumes skb."""
    dst = skb.dst
    assert dst is not None
    dev = dst.dev
    assert dev is not None
    mib = dev.nd_net.mib.ip
    if skb.ip_summed == const.CHECKSUM_PARTIAL and skb_checksum_help(skb) < 0:
        return frag_fail(skb, dev.nd_net, -errno.ENOMEM)
    frag_off = mem.get16(skb.ptr, skb.network_header + 6)
    offset = (frag_off & in_.IP_OFFSET) << 3
    not_last = frag_off & in_.IP_MF
    left = skb.len - hlen
    at = hlen
    room = LL_RESERVED_SPACE(dev)
    while left > 0:
        n = left
        if n > mtu:
            n = mtu
        if n < left:
            n &= ~7
        skb2 = alloc_skb(n + hlen + room)
        ip_copy_metadata(skb2, skb)
        skb2.reserve(room)
        skb2.put(n + hlen)
        skb2.reset_network_header()
        skb2.transport_header = skb2.network_header + hlen
        if skb.sk is not None:
            skb_set_owner_w(skb2, skb.sk)
        mem.copy(skb2.ptr, skb2.network_header, skb.ptr, skb.network_header, hlen)
        copied = skb_copy_bits(skb, at, skb2.shinfo.head, skb2.transport_header, n)
        assert copied == 0
        left -= n
        if offset == 0:
            ip_options_fragment(skb)  # the first fragment has them all
        more = in_.IP_MF if left > 0 or not_last else 0
        ip_frag_header(skb2, n + hlen, offset >> 3 | more)
        at += n
        offset += n
        err = output.okfn(skb2)
        if err:
            return frag_fail(skb, dev.nd_net, err)
        mib.inc(snmp.IPSTATS_MIB_FRAGCREATES)
    consume_skb(skb)
    mib.inc(snmp.IPSTATS_MIB_FRAGOKS)
    return 0


def frag_fail(skb: SkBuff, net: Net, err: int) -> int:
    """Fragmenting skb ended with err."""
    kfree_skb(skb, const.SKB_DROP_REASON_IP_OUT)
    net.mib.ip.inc(snmp.IPSTATS_MIB_FRAGFAILS)
    return err


def ip_frag_header(skb: SkBuff, tot_len: int, frag_off: int) -> None:
    """Finish a fragment's header: length, flags and offset, checksum."""
    p = skb.ptr
    o = skb.network_header
    mem.put16(p, o + 2, tot_len)
    mem.put16(p, o + 6, frag_off)
    mem.put16(p, o + 10, 0)
    mem.put16(p, o + 10, csum.ip_fast_csum(p, o, mem.get8(p, o) & 0x0F))


def ip_copy_metadata(to: SkBuff, from_: SkBuff) -> None:
    """ip_copy_metadata(): what a fragment has from its datagram besides bytes."""
    to.pkt_type = from_.pkt_type
    to.priority = from_.priority
    to.protocol = from_.protocol
    to.dst = from_.dst
    to.dev = from_.dev
    to.mark = from_.mark
    to.ip_flags = from_.ip_flags
    to.ip_opt = from_.ip_opt
    to.nfct = from_.nfct
    to.nfctinfo = from_.nfctinfo
    to.nf_bridge = from_.nf_bridge
    to.pkt_id = from_.pkt_id


class IpDstOutput(DstOutput):
    """dst->output = ip_output"""

    __slots__ = ()

    def output(self, skb: SkBuff) -> int:
        return ip_output(skb)


class IpDstMcOutput(DstOutput):
    """dst->output = ip_mc_output"""

    __slots__ = ()

    def output(self, skb: SkBuff) -> int:
        return ip_mc_output(skb)


class IpLocalOut(DstOutput):
    """dst_ops->local_out = __ip_local_out"""

    __slots__ = ()

    def output(self, skb: SkBuff) -> int:
        return ip_local_out_hook(skb)


class DstOutputOkfn(NfOkfn):
    """dst_output() behind NF_INET_LOCAL_OUT."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        dst = skb.dst
        assert dst is not None
        return dst.output(skb)


class FinishOutputOkfn(NfOkfn):
    """ip_finish_output() behind NF_INET_POST_ROUTING."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        return ip_finish_output(skb)


class FinishOutput2Okfn(NfOkfn):
    """ip_finish_output2() behind ip_fragment()."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        return ip_finish_output2(skb)


class LoopbackXmitOkfn(NfOkfn):
    """ip_dev_loopback_xmit() behind NF_INET_POST_ROUTING."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        return ip_dev_loopback_xmit(skb)


class OutputRegistry:
    """How each stage goes on when a hook held the packet back."""

    __slots__ = ("dst_output", "finish_output", "finish_output2", "loopback_xmit")

    dst_output: NfOkfn
    finish_output: NfOkfn
    finish_output2: NfOkfn
    loopback_xmit: NfOkfn

    def __init__(self) -> None:
        self.dst_output = DstOutputOkfn()
        self.finish_output = FinishOutputOkfn()
        self.finish_output2 = FinishOutput2Okfn()
        self.loopback_xmit = LoopbackXmitOkfn()


registry = OutputRegistry()


def ip_output_init() -> None:
    """Tell routing who sends what it routed."""
    rt_register_output(const.RT_OUTPUT_UNICAST, IpDstOutput())
    rt_register_output(const.RT_OUTPUT_MC, IpDstMcOutput())
    rt_register_local_out(IpLocalOut())
