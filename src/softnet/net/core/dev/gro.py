"""Generic receive offload: segments of one flow become one packet before the stack sees them.

Linux: napi_gro_receive(), dev_gro_receive(), napi_gro_complete() of net/core/dev.c

A driver's poll hands each frame to napi_gro_receive() instead of netif_receive_skb(). The napi
holds up to 8 packets, the first of their flows (napi.gro_list); a segment that continues one is
merged into it. They go up when the flow does something else, when they cannot grow, and all of them
at napi_complete(): 3.2 has no ageing, so a napi that stays scheduled may hold them over several
polls.

How the protocols say what to do, in the fields that are NAPI_GRO_CB in Linux:

    PacketType.gro_receive(napi, skb)   skb.gro_offset is where its header starts, from data.
                                        Clears p.gro_same_flow of each p of napi.gro_list that is
                                        another flow; sets p.gro_flush where p must not grow.
                                        skb.gro_flush: skb itself must not be held.
      the transport's gro_receive       finds p with gro_same_flow; skb_gro_receive(p, skb) merges,
                                        and sets skb.gro_same_flow. napi.gro_pp = p: complete p now.
    answers                             GRO_NORMAL: not mine, deliver skb as it is. Else as above.
    PacketType.gro_complete(p)          rewrites lengths and checksums, sets gso_size's type.

Off for a device without NETIF_F_GRO, for frames that are super-packets already, and for those whose
EtherType has no handler.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.if_ether as if_ether
from softnet.net.core.dev.receive import netif_receive_skb
from softnet.net.core.dev.taps import find_ptype
from softnet.net.core.skbuff import consume_skb, kfree_skb, netdev_alloc_skb, pskb_may_pull
from softnet.structs.netdevice import Napi
from softnet.structs.skbuff import SkBuff


def napi_gro_receive(napi: Napi, skb: SkBuff) -> int:
    """Receive skb, from napi's poll: merged, held or delivered. GRO_*; consumes skb."""
    if trace.napi_gro_receive.enabled:
        trace.napi_gro_receive.fire(skb)
    skb.gro_offset = 0
    return napi_skb_finish(dev_gro_receive(napi, skb), skb)


def napi_skb_finish(verdict: int, skb: SkBuff) -> int:
    """Do what dev_gro_receive() said."""
    if verdict == const.GRO_NORMAL:
        if netif_receive_skb(skb) != const.NET_RX_SUCCESS:
            return const.GRO_DROP
    elif verdict == const.GRO_DROP:
        kfree_skb(skb, const.SKB_DROP_REASON_NOT_SPECIFIED)
    elif verdict == const.GRO_MERGED_FREE:
        consume_skb(skb)
    return verdict


def dev_gro_receive(napi: Napi, skb: SkBuff) -> int:
    """Offer skb to the packets that napi holds: GRO_*, for napi_skb_finish() to act on."""
    if trace.dev_gro_receive.enabled:
        trace.dev_gro_receive.fire(skb)
    dev = skb.dev
    assert dev is not None
    sh = skb.shinfo
    if not dev.features & const.NETIF_F_GRO or sh.gso_size or sh.frag_list is not None:
        return const.GRO_NORMAL
    pt = find_ptype(skb.protocol)
    if pt is None:
        return const.GRO_NORMAL
    gro_list_prepare(napi, skb)
    skb.network_header = skb.data + skb.gro_offset
    skb.mac_len = skb.network_header - skb.mac_header
    skb.gro_same_flow = False
    skb.gro_flush = 0
    skb.gro_free = False
    napi.gro_pp = None

    verdict = pt.gro_receive(napi, skb)
    # Read before anything goes up: skb may be part of it, freed there, and somebody else's then.
    same_flow = skb.gro_same_flow
    merged = const.GRO_MERGED_FREE if skb.gro_free else const.GRO_MERGED
    done = napi.gro_pp
    if done is not None:
        napi.gro_pp = None
        gro_list_del(napi, done)
        napi_gro_complete(done)
    if verdict == const.GRO_NORMAL:
        return const.GRO_NORMAL
    if same_flow:
        return merged
    if skb.gro_flush or napi.gro_count >= const.MAX_GRO_SKBS:
        return const.GRO_NORMAL

    # The first of its flow: hold it, headers in the linear part.
    if skb.headlen() < skb.gro_offset and not pskb_may_pull(skb, skb.gro_offset):
        return const.GRO_NORMAL
    napi.gro_count += 1
    skb.gro_count = 1
    sh.gso_size = skb.len - skb.gro_offset
    assert skb.next is None
    skb.next = napi.gro_list
    napi.gro_list = skb
    return const.GRO_HELD


def gro_list_prepare(napi: Napi, skb: SkBuff) -> None:
    """Which held packets came by the same device and VLAN between the same link addresses?"""
    p = napi.gro_list
    n = skb.data + skb.gro_offset - skb.mac_header
    while p is not None:
        p.gro_flush = 0
        p.gro_same_flow = (
            p.dev is skb.dev
            and p.vlan_tci == skb.vlan_tci
            and p.data - p.mac_header == n
            and mem.equal(p.ptr, p.mac_header, skb.ptr, skb.mac_header, n)
        )
        p = p.next


def gro_list_del(napi: Napi, skb: SkBuff) -> None:
    """Take skb out of what napi holds."""
    if napi.gro_list is skb:
        napi.gro_list = skb.next
    else:
        p = napi.gro_list
        while p is not None and p.next is not skb:
            p = p.next
        assert p is not None, "napi.gro_pp is not held by this napi"
        p.next = skb.next
    skb.next = None
    napi.gro_count -= 1
    assert napi.gro_count >= 0


def napi_gro_complete(skb: SkBuff) -> int:
    """Send a held packet up, its headers made as if it had come whole. NET_RX_*."""
    if trace.napi_gro_complete.enabled:
        trace.napi_gro_complete.fire(skb)
    if skb.gro_count == 1:
        skb.shinfo.gso_size = 0
    else:
        pt = find_ptype(skb.protocol)
        assert pt is not None
        if pt.gro_complete(skb):
            kfree_skb(skb, const.SKB_DROP_REASON_GSO)
            return const.NET_RX_SUCCESS
    skb.gro_last = None
    return netif_receive_skb(skb)


def napi_gro_flush(napi: Napi) -> None:
    """Send everything up that napi holds, the latest flow first (as 3.2 does)."""
    if trace.napi_gro_flush.enabled:
        trace.napi_gro_flush.fire(None)
    skb = napi.gro_list
    napi.gro_list = None
    napi.gro_count = 0
    while skb is not None:
        following = skb.next
        skb.next = None
        napi_gro_complete(skb)
        skb = following


def skb_gro_header(skb: SkBuff, hlen: int) -> bool:
    """Are hlen bytes from data linear? Pulls them if need be; False if skb is too short."""
    return hlen <= skb.len - skb.data_len or pskb_may_pull(skb, hlen)


def skb_gro_len(skb: SkBuff) -> int:
    """Bytes from gro_offset on."""
    return skb.len - skb.gro_offset


def skb_gro_pull(skb: SkBuff, n: int) -> None:
    """The next header starts n bytes farther."""
    skb.gro_offset += n


def napi_get_frags(napi: Napi) -> SkBuff:
    """An skb for a frame that the driver will add as page fragments; napi keeps it until then."""
    skb = napi.skb
    if skb is None:
        skb = netdev_alloc_skb(napi.dev, const.GRO_MAX_HEAD)
        napi.skb = skb
    return skb


def napi_gro_frags(napi: Napi) -> int:
    """napi_gro_receive() of what napi_get_frags() gave, Ethernet header still in the fragments.

    Differs from Linux: the headers are pulled first, not looked at in the fragment.
    eth_type_trans() stands above this file, so the driver has set pkt_type; protocol is read here.
    """
    skb = napi.skb
    assert skb is not None
    napi.skb = None
    if not pskb_may_pull(skb, if_ether.ETH_HLEN):
        kfree_skb(skb, const.SKB_DROP_REASON_PKT_TOO_SMALL)
        return const.GRO_DROP
    skb.reset_mac_header()
    skb.protocol = mem.get16(skb.ptr, skb.data + 12)
    skb.pull(if_ether.ETH_HLEN)
    return napi_gro_receive(napi, skb)
