"""IPv4 to the device layer: who receives its frames, and segmentation and merging of super-packets.

Linux: ip_packet_type, inet_gso_segment(), inet_gro_receive() in net/ipv4/af_inet.c
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.net.core.dev.gro import skb_gro_header, skb_gro_len, skb_gro_pull
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.skbuff import pskb_may_pull
from softnet.net.ipv4.ip_input import ip_rcv
from softnet.net.ipv4.protocol import inet_protocol
from softnet.structs.netdevice import Napi, NetDevice, PacketType
from softnet.structs.skbuff import SkBuff

GSO_KNOWN = const.SKB_GSO_TCPV4 | const.SKB_GSO_UDP | const.SKB_GSO_DODGY | const.SKB_GSO_TCP_ECN


def inet_gso_send_check(skb: SkBuff) -> int:
    """inet_gso_send_check(): prove the headers of a super-packet from outside; 0 or -errno."""
    ihl = gso_pull_header(skb)
    if not ihl:
        return -errno.EINVAL
    ops = inet_protocol(mem.get8(skb.ptr, skb.network_header + 9))
    return -errno.EPROTONOSUPPORT if ops is None else ops.gso_send_check(skb)


def gso_pull_header(skb: SkBuff) -> int:
    """Move data behind the IP header, to the transport's; its length, 0 if it is malformed."""
    if not pskb_may_pull(skb, in_.IP_HLEN):
        return 0
    ihl = (mem.get8(skb.ptr, skb.network_header) & 0x0F) << 2
    if ihl < in_.IP_HLEN or not pskb_may_pull(skb, ihl):
        return 0
    skb.pull(ihl)
    skb.reset_transport_header()
    return ihl


def inet_gso_segment(skb: SkBuff, features: int) -> SkBuff | None:
    """inet_gso_segment(): segments with IP headers of their own: identifications count up; those of
    a UDP datagram are its fragments."""
    if not features & const.NETIF_F_V4_CSUM:
        features &= ~const.NETIF_F_SG
    if skb.shinfo.gso_type & ~GSO_KNOWN:
        return skb
    ihl = gso_pull_header(skb)
    if not ihl:
        return skb
    p = skb.ptr
    nh = skb.network_header
    ident = mem.get16(p, nh + 4)
    proto = mem.get8(p, nh + 9)
    ops = inet_protocol(proto)
    if ops is None:
        return skb
    segs = ops.gso_segment(skb, features)
    if segs is None or segs is skb:
        return segs
    offset = 0
    seg: SkBuff | None = segs
    while seg is not None:
        p = seg.ptr
        nh = seg.network_header
        length = seg.len - seg.mac_len
        if proto == in_.IPPROTO_UDP:
            more = in_.IP_MF if seg.next is not None else 0
            mem.put16(p, nh + 4, ident)
            mem.put16(p, nh + 6, offset >> 3 | more)
            offset += length - ihl
        else:
            mem.put16(p, nh + 4, ident)
            ident += 1
        mem.put16(p, nh + 2, length)
        mem.put16(p, nh + 10, 0)
        mem.put16(p, nh + 10, csum.ip_fast_csum(p, nh, ihl >> 2))
        seg = seg.next
    return segs


def inet_gro_receive(napi: Napi, skb: SkBuff) -> int:
    """inet_gro_receive(): which held packets have the same IP header but for length, id, checksum?

    Fragments, options and anything unusual is not merged; DF must be set, as Linux's senders do.
    """
    off = skb.gro_offset
    if not skb_gro_header(skb, off + in_.IP_HLEN):
        skb.gro_flush = 1
        return const.GRO_NORMAL
    p = skb.ptr
    o = skb.data + off
    proto = mem.get8(p, o + 9)
    ops = inet_protocol(proto)
    if ops is None or mem.get8(p, o) != 0x45 or csum.ip_fast_csum(p, o, 5):
        skb.gro_flush = 1
        return const.GRO_NORMAL
    ident = mem.get16(p, o + 4)
    flush = 0
    if mem.get16(p, o + 2) != skb_gro_len(skb) or mem.get16(p, o + 6) != in_.IP_DF:
        flush = 1
    held = napi.gro_list
    while held is not None:
        if held.gro_same_flow:
            q = held.ptr
            h = held.network_header
            if (
                mem.get8(q, h + 9) != proto
                or mem.get8(q, h + 1) != mem.get8(p, o + 1)
                or mem.get32(q, h + 12) != mem.get32(p, o + 12)
                or mem.get32(q, h + 16) != mem.get32(p, o + 16)
            ):
                held.gro_same_flow = False
            else:
                expected = (mem.get16(q, h + 4) + held.gro_count) & 0xFFFF
                if mem.get8(q, h + 8) != mem.get8(p, o + 8) or expected != ident:
                    held.gro_flush = 1
                held.gro_flush |= flush
        held = held.next
    skb.gro_flush |= flush
    skb_gro_pull(skb, in_.IP_HLEN)
    skb.transport_header = skb.data + skb.gro_offset
    return ops.gro_receive(napi, skb)


def inet_gro_complete(skb: SkBuff) -> int:
    """inet_gro_complete(): the merged packet's length; the transport does the rest. 0 or -errno."""
    p = skb.ptr
    nh = skb.network_header
    ops = inet_protocol(mem.get8(p, nh + 9))
    if ops is None:
        return -errno.ENOSYS
    length = skb.len - (nh - skb.data)
    check = mem.get16(p, nh + 10)
    mem.put16(p, nh + 10, csum.csum_replace2(check, mem.get16(p, nh + 2), length))
    mem.put16(p, nh + 2, length)
    return ops.gro_complete(skb)


class IpPacketType(PacketType):
    """ip_packet_type"""

    __slots__ = ()

    def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
        return ip_rcv(skb, dev)

    def gso_segment(self, skb: SkBuff, features: int) -> SkBuff | None:
        return inet_gso_segment(skb, features)

    def gso_send_check(self, skb: SkBuff) -> int:
        return inet_gso_send_check(skb)

    def gro_receive(self, napi: Napi, skb: SkBuff) -> int:
        return inet_gro_receive(napi, skb)

    def gro_complete(self, skb: SkBuff) -> int:
        return inet_gro_complete(skb)

    def func_name(self) -> str:
        return "ip_rcv"


ip_packet_type = IpPacketType(if_ether.ETH_P_IP, None)


def ip_offload_init() -> None:
    """Take IPv4 frames from now on. Once per process; again changes nothing."""
    dev_add_pack(ip_packet_type)
