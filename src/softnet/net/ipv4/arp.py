"""The Address Resolution Protocol: neighbours of IPv4 on links with addresses of their own.

Linux: net/ipv4/arp.c. RFC 826; RFC 5227 (probes, announcements), RFC 1027 and 3069 (proxy ARP).

arp_rcv() proves a packet sound, arp_process() answers what is for us (or for whom we stand in) and
learns from the rest; arp_solicit() asks. The state machine is net/core/neighbour's. Who answers,
with which address, and who believes what, is governed by
net.ipv4.conf.*.arp_{ignore,announce,filter, accept,notify} and proxy_arp.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
import softnet.uapi.if_arp as if_arp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_packet as if_packet
import softnet.uapi.in_ as in_
import softnet.uapi.neighbour as nud
import softnet.uapi.netfilter as nf
import softnet.uapi.rtnetlink as rtnl
import softnet.uapi.snmp as snmp
from softnet.kernel.printk import printk
from softnet.kernel.timer import jiffies
from softnet.net.core.dev.netdev_chain import NetdevNotifier, register_netdevice_notifier
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.dst import dst_link_failure
from softnet.net.core.neighbour import (
    PROXY_ENQUEUED,
    neigh_app_ns,
    neigh_changeaddr,
    neigh_create,
    neigh_event_ns,
    neigh_ifdown,
    neigh_lookup,
    neigh_table_clear,
    neigh_table_init,
    neigh_update,
    pneigh_enqueue,
    pneigh_lookup,
)
from softnet.net.core.skbuff import (
    alloc_skb,
    consume_skb,
    kfree_skb,
    pskb_may_pull,
    skb_share_check,
)
from softnet.net.ipv4.devconf import (
    in_dev_arp_accept,
    in_dev_arp_announce,
    in_dev_arp_ignore,
    in_dev_arp_notify,
    in_dev_arpfilter,
    in_dev_forward,
    in_dev_medium_id,
    in_dev_proxy_arp,
    in_dev_proxy_arp_pvlan,
)
from softnet.net.ipv4.devinet import inet_addr_onlink, inet_confirm_addr, inet_select_addr
from softnet.net.ipv4.fib_lookup import inet_addr_type
from softnet.net.ipv4.route import ip_route_input_noref, ip_route_output_key
from softnet.net.ipv4.route_cache import rt_cache_flush
from softnet.net.netfilter.core import nf_hook
from softnet.structs.flow import Flowi4
from softnet.structs.headers import ip_hdr
from softnet.structs.inetdevice import InDevice
from softnet.structs.neighbour import (
    Neighbour,
    NeighOps,
    NeighParms,
    NeighTable,
    PneighEntry,
)
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice, PacketType
from softnet.structs.netfilter import NfOkfn
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff

AF_INET = 2
ARP_FIXED_LEN = 8  # what stands before the addresses
HH_ALIGN = 16  # LL_RESERVED_SPACE() rounds link headers up to this
ETHERNET_LIKE = (if_arp.ARPHRD_ETHER, if_arp.ARPHRD_IEEE802)
# Links with addresses and Ethernet's ARP, whatever number they have themselves.
ETHER_TYPES = (
    if_arp.ARPHRD_ETHER,
    if_arp.ARPHRD_IEEE802,
    if_arp.ARPHRD_IEEE802_TR,
    if_arp.ARPHRD_FDDI,
)
# Links that resolve addresses by themselves when they write their header.
SELF_RESOLVING = (if_arp.ARPHRD_ROSE, if_arp.ARPHRD_AX25, if_arp.ARPHRD_NETROM)


def arp_tbl(net: Net) -> NeighTable:
    """The namespace's ARP table."""
    tbl = net.ipv4.arp_tbl
    assert isinstance(tbl, NeighTable)
    return tbl


# ---- receiving


class ArpPacketType(PacketType):
    """arp_packet_type"""

    __slots__ = ()

    def __init__(self) -> None:
        PacketType.__init__(self, if_ether.ETH_P_ARP, None)

    def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
        """arp_rcv()"""
        return arp_rcv(skb, dev)


class ArpProcess(NfOkfn):
    """arp_process() as what follows the hook NF_ARP_IN."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        """Go on."""
        return arp_process(skb)


arp_process_okfn = ArpProcess()


def arp_rcv(skb: SkBuff, dev: NetDevice) -> int:
    """arp_rcv(): prove that skb is a whole ARP packet for a link that has ARP. Consumes skb."""
    if trace.arp_rcv.enabled:
        trace.arp_rcv.fire(skb)
    if not pskb_may_pull(skb, arp_hdr_len(dev)):
        kfree_skb(skb, const.SKB_DROP_REASON_ARP_INVALID)
        return 0
    o = skb.network_header
    if (
        mem.get8(skb.ptr, o + 4) != dev.addr_len
        or mem.get8(skb.ptr, o + 5) != 4
        or dev.flags & if_.IFF_NOARP
        or skb.pkt_type in (if_packet.PACKET_OTHERHOST, if_packet.PACKET_LOOPBACK)
    ):
        kfree_skb(skb, const.SKB_DROP_REASON_ARP_INVALID)
        return 0
    own = skb_share_check(skb)
    if own is None:
        return 0
    own.tcp_flags = 0
    net = dev.nd_net
    if nf_hook(net, nf.NFPROTO_ARP, nf.NF_ARP_IN, own, dev, None, arp_process_okfn) != 1:
        return 0
    return arp_process(own)


def arp_hdr_len(dev: NetDevice) -> int:
    """arp_hdr_len(): bytes of an ARP packet on dev's link."""
    return ARP_FIXED_LEN + (dev.addr_len + 4) * 2


class ArpFields:
    """What an ARP packet says, whatever the length of its link addresses."""

    __slots__ = ("hrd", "op", "pro", "sha", "sip", "tip")

    hrd: int
    pro: int
    op: int
    sha: bytes
    sip: int
    tip: int

    def __init__(self) -> None:
        self.hrd = 0
        self.pro = 0
        self.op = 0
        self.sha = b""
        self.sip = 0
        self.tip = 0


def arp_fields(skb: SkBuff, addr_len: int) -> ArpFields:
    """Read the packet at skb's network header, which arp_rcv() proved to be whole."""
    arp = ArpFields()
    p = skb.ptr
    o = skb.network_header
    arp.hrd = mem.get16(p, o)
    arp.pro = mem.get16(p, o + 2)
    arp.op = mem.get16(p, o + 6)
    o += ARP_FIXED_LEN
    arp.sha = mem.tobytes(p, o, addr_len)
    arp.sip = mem.get32(p, o + addr_len)
    arp.tip = mem.get32(p, o + 2 * addr_len + 4)
    return arp


def arp_process(skb: SkBuff) -> int:
    """arp_process(): answer a request that is for us, learn from everything else. Consumes skb."""
    if trace.arp_process.enabled:
        trace.arp_process.fire(skb)
    dev = skb.dev
    assert dev is not None
    in_dev = dev.ip_ptr
    if in_dev is None:
        kfree_skb(skb, const.SKB_DROP_REASON_ARP_IGNORED)
        return 0
    arp = arp_fields(skb, dev.addr_len)
    if not arp_sound(dev, arp):
        kfree_skb(skb, const.SKB_DROP_REASON_ARP_INVALID)
        return 0
    if dev.type == if_arp.ARPHRD_DLCI:  # a frame relay link's sender is always the far end
        arp.sha = dev.broadcast
    if arp.sip == 0:
        # Somebody wants to know whether the address it is about to use is free: RFC 5227.
        if (
            arp.op == if_arp.ARPOP_REQUEST
            and inet_addr_type(dev.nd_net, arp.tip) == rtnl.RTN_LOCAL
            and not arp_ignore(in_dev, 0, arp.tip)
        ):
            arp_answer(dev, arp)
        consume_skb(skb)
        return 0
    if arp.op == if_arp.ARPOP_REQUEST and ip_route_input_noref(skb, arp.tip, arp.sip, 0, dev) == 0:
        rt = skb.dst
        assert isinstance(rt, Rtable)
        if rt.rt_type == rtnl.RTN_LOCAL:
            arp_process_for_us(in_dev, arp)
            consume_skb(skb)
            return 0
        if in_dev_forward(in_dev) and arp_is_proxied(in_dev, rt, arp):
            return arp_process_proxy(in_dev, skb, arp)
    arp_learn(in_dev, skb, arp)
    consume_skb(skb)
    return 0


def arp_sound(dev: NetDevice, arp: ArpFields) -> bool:
    """Is it for IPv4 on this kind of link, a request or a reply, about a host on a link?"""
    if dev.type in ETHER_TYPES:
        if arp.hrd not in ETHERNET_LIKE:
            return False
    elif arp.hrd != dev.type:
        return False
    return (
        arp.pro == if_ether.ETH_P_IP
        and arp.op in (if_arp.ARPOP_REPLY, if_arp.ARPOP_REQUEST)
        and arp.tip & in_.IN_LOOPBACK_TEST != in_.IN_LOOPBACK_IS
        and arp.tip & in_.IN_CLASSD_TEST != in_.IN_CLASSD_IS
    )


def arp_answer(dev: NetDevice, arp: ArpFields) -> None:
    """Tell the asker that arp.tip is here."""
    arp_send(
        if_arp.ARPOP_REPLY,
        if_ether.ETH_P_ARP,
        arp.sip,
        dev,
        arp.tip,
        arp.sha,
        dev.dev_addr,
        arp.sha,
    )


def arp_process_for_us(in_dev: InDevice, arp: ArpFields) -> None:
    """A request for an address of ours: answer, if the rules let us, and remember the asker."""
    dev = in_dev.dev
    if arp_ignore(in_dev, arp.sip, arp.tip):
        return
    if in_dev_arpfilter(in_dev) and arp_filter(arp.sip, arp.tip, dev):
        return
    if neigh_event_ns(arp_tbl(dev.nd_net), arp.sha, arp.sip, dev) is not None:
        arp_answer(dev, arp)


def arp_is_proxied(in_dev: InDevice, rt: Rtable, arp: ArpFields) -> bool:
    """Do we stand in for arp.tip, which rt leads to?"""
    dev = in_dev.dev
    if rt.rt_type != rtnl.RTN_UNICAST:
        return False
    return (
        arp_fwd_proxy(in_dev, dev, rt)
        or arp_fwd_pvlan(in_dev, dev, rt, arp.sip, arp.tip)
        or (
            rt.dev is not dev
            and pneigh_lookup(arp_tbl(dev.nd_net), arp.tip, dev, False) is not None
        )
    )


def arp_process_proxy(in_dev: InDevice, skb: SkBuff, arp: ArpFields) -> int:
    """Answer for somebody else: at once if asked personally, else when proxy_delay is over.

    The delay lets the real owner, or a proxy that is nearer, answer first. Consumes skb.
    """
    dev = in_dev.dev
    tbl = arp_tbl(dev.nd_net)
    neigh_event_ns(tbl, arp.sha, arp.sip, dev)
    parms = in_dev.arp_parms
    assert isinstance(parms, NeighParms)
    if (
        skb.tcp_flags & PROXY_ENQUEUED
        or skb.pkt_type == if_packet.PACKET_HOST
        or parms.proxy_delay == 0
    ):
        arp_answer(dev, arp)
        consume_skb(skb)
    else:
        pneigh_enqueue(tbl, parms, skb)
    return 0


def arp_learn(in_dev: InDevice, skb: SkBuff, arp: ArpFields) -> None:
    """Update the sender's entry; make one only of an unasked announcement that arp_accept admits.

    A change that comes within locktime of the last one is not believed: two hosts that answer
    for one address do not make the entry flap, the first one stays.
    """
    dev = in_dev.dev
    net = dev.nd_net
    tbl = arp_tbl(net)
    n = neigh_lookup(tbl, arp.sip, dev)
    if n is None and in_dev_arp_accept(in_dev):
        announced = arp.op == if_arp.ARPOP_REPLY or arp.tip == arp.sip
        if announced and inet_addr_type(net, arp.sip) == rtnl.RTN_UNICAST:
            n = neigh_create(tbl, arp.sip, dev)
    if n is None:
        return
    override = jiffies() > n.updated + n.parms.locktime
    state = nud.NUD_REACHABLE
    # Only an answer to us proves that the way there and back works.
    if arp.op != if_arp.ARPOP_REPLY or skb.pkt_type != if_packet.PACKET_HOST:
        state = nud.NUD_STALE
    neigh_update(n, arp.sha, state, nud.NEIGH_UPDATE_F_OVERRIDE if override else 0)


def arp_ignore(in_dev: InDevice, sip: int, tip: int) -> bool:
    """arp_ignore(): shall we keep silent about our address tip?

    0: never. 1: unless it is on this device. 2: and in a subnet with the asker. 3: if it is of host
    scope. 8: always.
    """
    mode = in_dev_arp_ignore(in_dev)
    if mode == 1:
        return not inet_confirm_addr(in_dev, 0, tip, rtnl.RT_SCOPE_HOST)
    if mode == 2:
        return not inet_confirm_addr(in_dev, sip, tip, rtnl.RT_SCOPE_HOST)
    if mode == 3:
        return not inet_confirm_addr(in_dev, 0, tip, rtnl.RT_SCOPE_LINK)
    return mode == 8


def arp_filter(sip: int, tip: int, dev: NetDevice) -> bool:
    """arp_filter(): would we send to the asker by another device? Then let that one answer."""
    rt = ip_route_output_key(dev.nd_net, Flowi4(sip, tip))
    if rt is None:
        return True
    if rt.dev is dev:
        return False
    dev.nd_net.mib.net.inc(snmp.LINUX_MIB_ARPFILTER)
    return True


def arp_fwd_proxy(in_dev: InDevice, dev: NetDevice, rt: Rtable) -> bool:
    """arp_fwd_proxy(): does proxy_arp let us answer for what rt leads to, on another medium?"""
    if rt.dev is dev or not in_dev_proxy_arp(in_dev):
        return False
    imi = in_dev_medium_id(in_dev)
    if imi == 0:
        return True
    if imi == -1:
        return False
    omi = -1
    if rt.dev is not None and rt.dev.ip_ptr is not None:
        omi = in_dev_medium_id(rt.dev.ip_ptr)
    return omi not in (imi, -1)


def arp_fwd_pvlan(in_dev: InDevice, dev: NetDevice, rt: Rtable, sip: int, tip: int) -> bool:
    """arp_fwd_pvlan(): hosts of one link that cannot hear each other: RFC 3069."""
    return rt.dev is dev and sip != tip and bool(in_dev_proxy_arp_pvlan(in_dev))


# ---- sending


class ArpXmit(NfOkfn):
    """dev_queue_xmit() as what follows the hook NF_ARP_OUT."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        """Go on."""
        return dev_queue_xmit(skb)


arp_xmit_okfn = ArpXmit()


def arp_send(
    type: int,
    ptype: int,
    dest_ip: int,
    dev: NetDevice,
    src_ip: int,
    dest_hw: bytes | None,
    src_hw: bytes | None,
    target_hw: bytes | None,
) -> None:
    """arp_send(): send an ARP packet; dest_hw None: to everybody, target_hw None: zeros."""
    if dev.flags & if_.IFF_NOARP:
        return
    skb = arp_create(type, ptype, dest_ip, dev, src_ip, dest_hw, src_hw, target_hw)
    if skb is not None:
        arp_xmit(skb)


def arp_create(
    type: int,
    ptype: int,
    dest_ip: int,
    dev: NetDevice,
    src_ip: int,
    dest_hw: bytes | None,
    src_hw: bytes | None,
    target_hw: bytes | None,
) -> SkBuff | None:
    """arp_create(): an ARP packet with its link header; None if the link refused to write one."""
    n = dev.addr_len
    src = dev.dev_addr if src_hw is None else src_hw
    reserved = (dev.hard_header_len + dev.needed_headroom) // HH_ALIGN * HH_ALIGN + HH_ALIGN
    skb = alloc_skb(reserved + arp_hdr_len(dev) + dev.needed_tailroom)
    if skb is None:
        return None
    skb.reserve(reserved)
    skb.reset_network_header()
    o = skb.put(arp_hdr_len(dev))
    skb.dev = dev
    skb.protocol = if_ether.ETH_P_ARP
    p = skb.ptr
    mem.put16(p, o, dev.type)
    mem.put16(p, o + 2, if_ether.ETH_P_IP)
    mem.put8(p, o + 4, n)
    mem.put8(p, o + 5, 4)
    mem.put16(p, o + 6, type)
    o += ARP_FIXED_LEN
    mem.copy(p, o, mem.addr(src), 0, n)
    mem.put32(p, o + n, src_ip)
    if target_hw is None:
        mem.fill(p, o + n + 4, n, 0)
    else:
        mem.copy(p, o + n + 4, mem.addr(target_hw), 0, n)
    mem.put32(p, o + 2 * n + 4, dest_ip)
    ops = dev.header_ops
    dest = dev.broadcast if dest_hw is None else dest_hw
    if ops is not None and ops.create(skb, dev, ptype, dest, src, skb.len) < 0:
        kfree_skb(skb, const.SKB_DROP_REASON_DEV_HDR)
        return None
    return skb


def arp_xmit(skb: SkBuff) -> None:
    """arp_xmit(): send, unless arptables minds. Consumes skb."""
    if trace.arp_xmit.enabled:
        trace.arp_xmit.fire(skb)
    dev = skb.dev
    assert dev is not None
    net = dev.nd_net
    if nf_hook(net, nf.NFPROTO_ARP, nf.NF_ARP_OUT, skb, None, dev, arp_xmit_okfn) == 1:
        dev_queue_xmit(skb)


class ArpNeighOps(NeighOps):
    """arp_generic_ops, arp_hh_ops, arp_direct_ops, arp_broken_ops: they differ in what sends."""

    __slots__ = ()

    def solicit(self, neigh: Neighbour, skb: SkBuff | None) -> None:
        """arp_solicit()"""
        arp_solicit(neigh, skb)

    def error_report(self, neigh: Neighbour, skb: SkBuff) -> None:
        """arp_error_report(): the waiting packet's sender is told."""
        dst_link_failure(skb)
        kfree_skb(skb, const.SKB_DROP_REASON_NEIGH_FAILED)


def neigh_ops(output: int, connected: int) -> ArpNeighOps:
    """One of the four."""
    return ArpNeighOps(AF_INET, output, connected)


arp_generic_ops = neigh_ops(const.NEIGH_OUTPUT_RESOLVE, const.NEIGH_OUTPUT_CONNECTED)
arp_hh_ops = neigh_ops(const.NEIGH_OUTPUT_RESOLVE, const.NEIGH_OUTPUT_RESOLVE)
arp_direct_ops = neigh_ops(const.NEIGH_OUTPUT_DIRECT, const.NEIGH_OUTPUT_DIRECT)
arp_broken_ops = neigh_ops(const.NEIGH_OUTPUT_COMPAT, const.NEIGH_OUTPUT_COMPAT)


def arp_solicit(neigh: Neighbour, skb: SkBuff | None) -> None:
    """arp_solicit(): ask for neigh: itself, while we believe to know where it is; then everybody.

    The sender address is that of the waiting packet, as far as arp_announce lets it: 0 any of
    ours, 1 if it is in a subnet with the target, 2 never; else the best one for the target.
    """
    if trace.arp_solicit.enabled:
        trace.arp_solicit.fire(skb)
    dev = neigh.dev
    in_dev = dev.ip_ptr
    if in_dev is None:
        return
    target = neigh.primary_key
    saddr = 0
    mode = in_dev_arp_announce(in_dev)
    if skb is not None and mode < 2:
        saddr = ip_hdr(skb).saddr()
        if inet_addr_type(dev.nd_net, saddr) != rtnl.RTN_LOCAL or (
            mode == 1 and not inet_addr_onlink(in_dev, target, saddr)
        ):
            saddr = 0
    if saddr == 0:
        saddr = inet_select_addr(dev, target, rtnl.RT_SCOPE_LINK)
    dst_ha: bytes | None = None
    parms = neigh.parms
    if neigh.probes < parms.ucast_probes:
        if not neigh.nud_state & nud.NUD_VALID:
            printk(const.KERN_DEBUG, "trying to ucast probe in NUD_INVALID")
        dst_ha = neigh.ha
    elif neigh.probes < parms.ucast_probes + parms.app_probes:
        neigh_app_ns(neigh)
        return
    arp_send(
        if_arp.ARPOP_REQUEST,
        if_ether.ETH_P_ARP,
        target,
        dev,
        saddr,
        dst_ha,
        dev.dev_addr,
        None,
    )


# ---- the table


class ArpTable(NeighTable):
    """arp_tbl"""

    __slots__ = ()

    def __init__(self, net: Net) -> None:
        NeighTable.__init__(self, net, AF_INET, 4, "arp_cache", arp_generic_ops)

    def constructor(self, neigh: Neighbour) -> int:
        """arp_constructor()"""
        return arp_constructor(neigh)

    def proxy_redo(self, skb: SkBuff) -> None:
        """parp_redo()"""
        arp_process(skb)

    def pconstructor(self, pneigh: PneighEntry) -> int:
        """Nothing has to be done for an address that we answer for."""
        return 0


def arp_constructor(neigh: Neighbour) -> int:
    """arp_constructor(): what is known of an address without asking: type, state, how to send.

    -EINVAL on a device without IPv4.
    """
    dev = neigh.dev
    in_dev = dev.ip_ptr
    if in_dev is None:
        return -errno.EINVAL
    addr: int = neigh.primary_key
    neigh.type = inet_addr_type(dev.nd_net, addr)
    parms = in_dev.arp_parms
    assert isinstance(parms, NeighParms)
    neigh.parms = parms
    ops = dev.header_ops
    if ops is None:
        neigh.nud_state = nud.NUD_NOARP
        neigh.ops = arp_direct_ops
        neigh.output = const.NEIGH_OUTPUT_DIRECT
        return 0
    if dev.type in SELF_RESOLVING:
        neigh.ops = arp_broken_ops
        neigh.output = const.NEIGH_OUTPUT_COMPAT
        return 0
    if neigh.type == rtnl.RTN_MULTICAST:
        neigh.nud_state = nud.NUD_NOARP
        neigh.ha = arp_mc_map(addr, dev)
    elif dev.flags & (if_.IFF_NOARP | if_.IFF_LOOPBACK):
        neigh.nud_state = nud.NUD_NOARP
        neigh.ha = dev.dev_addr
    elif neigh.type == rtnl.RTN_BROADCAST or dev.flags & if_.IFF_POINTOPOINT:
        neigh.nud_state = nud.NUD_NOARP
        neigh.ha = dev.broadcast
    # A link that can make its header in advance sends in doubt until the first one is made.
    caches = ops.cache(neigh.ha, dev, if_ether.ETH_P_IP) != b""
    neigh.ops = arp_hh_ops if caches else arp_generic_ops
    if neigh.nud_state & nud.NUD_VALID:
        neigh.output = neigh.ops.connected_output
    else:
        neigh.output = neigh.ops.output
    return 0


def arp_mc_map(addr: int, dev: NetDevice) -> bytes:
    """arp_mc_map(): a multicast group's link address, RFC 1112 6.4; else the broadcast one."""
    if dev.type in (if_arp.ARPHRD_ETHER, if_arp.ARPHRD_FDDI, if_arp.ARPHRD_IEEE802):
        return b"\x01\x00\x5e" + (addr & 0x7FFFFF).to_bytes(3, "big")
    return dev.broadcast


class ArpNetdevEvent(NetdevNotifier):
    """arp_netdev_notifier, and the announcements that Linux makes in inetdev_event()."""

    __slots__ = ()

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        """arp_netdev_event(); inetdev_send_gratuitous_arp() on a link that changed."""
        in_dev = dev.ip_ptr
        if dev.nd_net.ipv4 is None or dev.nd_net.ipv4.arp_tbl is None:
            return const.NOTIFY_DONE
        if event == const.NETDEV_CHANGEADDR:
            neigh_changeaddr(arp_tbl(dev.nd_net), dev)
            rt_cache_flush(dev.nd_net, 0)
        if in_dev is None:
            return const.NOTIFY_DONE
        changed = event in (const.NETDEV_UP, const.NETDEV_CHANGEADDR)
        if event == const.NETDEV_NOTIFY_PEERS or (changed and in_dev_arp_notify(in_dev)):
            inetdev_send_gratuitous_arp(in_dev)
        return const.NOTIFY_DONE


def inetdev_send_gratuitous_arp(in_dev: InDevice) -> None:
    """inetdev_send_gratuitous_arp(): tell the link where our addresses are: RFC 5227 2.3."""
    dev = in_dev.dev
    for ifa in in_dev.ifa_list:
        arp_send(
            if_arp.ARPOP_REQUEST,
            if_ether.ETH_P_ARP,
            ifa.ifa_local,
            dev,
            ifa.ifa_local,
            None,
            dev.dev_addr,
            None,
        )


def arp_ifdown(dev: NetDevice) -> None:
    """arp_ifdown(): forget what was learned on dev."""
    neigh_ifdown(arp_tbl(dev.nd_net), dev)


def arp_init() -> None:
    """arp_init(): once per process."""
    if not arp_packet_types:
        arp_packet_types.append(ArpPacketType())
        dev_add_pack(arp_packet_types[0])
    register_netdevice_notifier(ArpNetdevEvent())


arp_packet_types: list[ArpPacketType] = []


def arp_net_exit(net: Net) -> None:
    """The namespace goes: forget everybody. Its devices go after this, and still find the table."""
    neigh_table_clear(arp_tbl(net))


def arp_net_init(net: Net) -> None:
    """A namespace's table; must come before its first device."""
    tbl = ArpTable(net)
    neigh_table_init(tbl)
    net.ipv4.arp_tbl = tbl
