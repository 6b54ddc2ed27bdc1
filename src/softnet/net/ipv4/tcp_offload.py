"""TCP as an IP protocol: its door for segments, and how super-packets are cut and merged.

Linux: tcp_tso_segment(), tcp_gro_receive() in net/ipv4/tcp.c, tcp4_gro_receive() in tcp_ipv4.c.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.net.core.dev.gro import skb_gro_header, skb_gro_len, skb_gro_pull
from softnet.net.core.skbuff import pskb_may_pull, skb_gro_receive, skb_segment
from softnet.net.ipv4.tcp_ipv4 import tcp_v4_err, tcp_v4_rcv
from softnet.net.ipv4.tcp_listen import tcp_v4_check_partial
from softnet.structs.netdevice import Napi
from softnet.structs.protocol import NetProtocol
from softnet.structs.skbuff import SkBuff

LAST_FLAGS = tcp.TCPHDR_FIN | tcp.TCPHDR_PSH  # only the last segment of a super-packet has them
FINAL_FLAGS = (
    tcp.TCP_FLAG_URG | tcp.TCP_FLAG_PSH | tcp.TCP_FLAG_RST | tcp.TCP_FLAG_SYN | tcp.TCP_FLAG_FIN
)
MAY_DIFFER = tcp.TCP_FLAG_CWR | tcp.TCP_FLAG_FIN | tcp.TCP_FLAG_PSH


class TcpProtocol(NetProtocol):
    """tcp_protocol"""

    __slots__ = ()

    def handler(self, skb: SkBuff) -> int:
        """tcp_v4_rcv()"""
        return tcp_v4_rcv(skb)

    def err_handler(self, skb: SkBuff, info: int) -> None:
        """tcp_v4_err()"""
        tcp_v4_err(skb, info)

    def gso_send_check(self, skb: SkBuff) -> int:
        """tcp_v4_gso_send_check(): a super-packet from outside: its checksum is to be computed."""
        if not pskb_may_pull(skb, tcp.TCP_HLEN):
            return -errno.EINVAL
        nh = skb.network_header
        tcp_v4_check_partial(skb, mem.get32(skb.ptr, nh + 12), mem.get32(skb.ptr, nh + 16))
        return 0

    def gso_segment(self, skb: SkBuff, features: int) -> SkBuff | None:
        """tcp_tso_segment()"""
        return tcp_tso_segment(skb, features)

    def gro_receive(self, napi_head: object, skb: SkBuff) -> int:
        """tcp4_gro_receive(): only what is known to have a good checksum is merged."""
        napi = napi_head
        assert isinstance(napi, Napi)
        if not tcp4_gro_csum_ok(skb):
            skb.gro_flush = 1
            return const.GRO_NORMAL
        return tcp_gro_receive(napi, skb)

    def gro_complete(self, skb: SkBuff) -> int:
        """tcp4_gro_complete(): make skb look as if it had been sent as one."""
        p = skb.ptr
        nh = skb.network_header
        th = skb.transport_header
        length = skb.len - (th - skb.data)
        saddr, daddr = mem.get32(p, nh + 12), mem.get32(p, nh + 16)
        pseudo = csum.csum_tcpudp_magic(saddr, daddr, length, in_.IPPROTO_TCP, 0)
        mem.put16(p, th + 16, ~pseudo & const.U16_MAX)
        skb.csum_start = th
        skb.csum_offset = 16
        skb.ip_summed = const.CHECKSUM_PARTIAL
        sh = skb.shinfo
        sh.gso_type = const.SKB_GSO_TCPV4
        sh.gso_segs = skb.gro_count
        if mem.get8(p, th + 13) & tcp.TCPHDR_CWR:
            sh.gso_type |= const.SKB_GSO_TCP_ECN
        return 0


# ---- cutting


def tcp_tso_segment(skb: SkBuff, features: int) -> SkBuff | None:
    """Cut skb, data at the TCP header, into segments of gso_size, linked by next.

    skb itself when it is malformed; None if the device can do it after all (it only had to be
    verified, as it came from outside).
    """
    if not pskb_may_pull(skb, tcp.TCP_HLEN):
        return skb
    thlen = mem.get8(skb.ptr, skb.transport_header + 12) >> 4 << 2
    if thlen < tcp.TCP_HLEN or not pskb_may_pull(skb, thlen):
        return skb
    sh = skb.shinfo
    mss = sh.gso_size
    payload = skb.len - thlen
    if payload <= mss:
        return skb
    kinds = sh.gso_type & ~const.SKB_GSO_DODGY
    if features >> const.NETIF_F_GSO_SHIFT & kinds == kinds:
        sh.gso_segs = (payload + mss - 1) // mss
        return None
    skb.pull(thlen)
    p = skb.ptr
    th = skb.transport_header
    flags = mem.get8(p, th + 13)
    seq = mem.get32(p, th + 4)
    segs = skb_segment(skb, features)
    seg = segs
    first = True
    while seg is not None:
        own = flags
        if seg.next is not None:
            own &= ~LAST_FLAGS
        if not first:
            own &= ~tcp.TCPHDR_CWR
        tcp_segment_header(seg, thlen, seq, own)
        seq = mem.u32(seq + mss)
        first = False
        seg = seg.next
    return segs


def tcp_segment_header(seg: SkBuff, thlen: int, seq: int, flags: int) -> None:
    """Write what differs from segment to segment: number, flags, checksum."""
    p = seg.ptr
    th = seg.transport_header
    nh = seg.network_header
    mem.put32(p, th + 4, seq)
    mem.put8(p, th + 13, flags)
    saddr, daddr = mem.get32(p, nh + 12), mem.get32(p, nh + 16)
    length = seg.len - (th - seg.data)
    if seg.ip_summed == const.CHECKSUM_PARTIAL:
        pseudo = csum.csum_tcpudp_magic(saddr, daddr, length, in_.IPPROTO_TCP, 0)
        mem.put16(p, th + 16, ~pseudo & const.U16_MAX)
        seg.csum_start = th
        seg.csum_offset = 16
        return
    mem.put16(p, th + 16, 0)
    s = csum.csum_partial(p, th, thlen, seg.csum)
    mem.put16(p, th + 16, csum.csum_tcpudp_magic(saddr, daddr, length, in_.IPPROTO_TCP, s))


# ---- merging


def tcp4_gro_csum_ok(skb: SkBuff) -> bool:
    """Did the device verify the checksum, or give a sum that does?"""
    if skb.ip_summed == const.CHECKSUM_COMPLETE:
        p = skb.ptr
        nh = skb.network_header
        saddr, daddr = mem.get32(p, nh + 12), mem.get32(p, nh + 16)
        length = skb_gro_len(skb)
        if csum.csum_tcpudp_magic(saddr, daddr, length, in_.IPPROTO_TCP, skb.csum):
            return False
        skb.ip_summed = const.CHECKSUM_UNNECESSARY
        return True
    return skb.ip_summed & const.CHECKSUM_UNNECESSARY != 0


def tcp_gro_receive(napi: Napi, skb: SkBuff) -> int:
    """Append skb to the held packet that it continues, if everything else in its header agrees.

    napi.gro_pp becomes the held packet that must go up now: skb does not fit it, or ends it.
    """
    off = skb.gro_offset
    if not skb_gro_header(skb, off + tcp.TCP_HLEN):
        skb.gro_flush = 1
        return const.GRO_NORMAL
    thlen = mem.get8(skb.ptr, skb.data + off + 12) >> 4 << 2
    if thlen < tcp.TCP_HLEN or not skb_gro_header(skb, off + thlen):
        skb.gro_flush = 1
        return const.GRO_NORMAL
    p = skb.ptr
    th = skb.data + off
    skb_gro_pull(skb, thlen)
    length = skb_gro_len(skb)
    word = mem.get32(p, th + 12)
    ports = mem.get32(p, th)
    found = napi.gro_list
    while found is not None:
        if found.gro_same_flow:
            if mem.get32(found.ptr, found.transport_header) == ports:
                break
            found.gro_same_flow = False
        found = found.next
    mss = 1
    if found is not None:
        mss = found.shinfo.gso_size
        if not tcp_gro_fits(found, skb, th, thlen, length) or skb_gro_receive(found, skb):
            mss = 1
        else:
            skb.gro_same_flow = True
            h = found.transport_header
            both = mem.get8(found.ptr, h + 13) | (word >> 16 & LAST_FLAGS)
            mem.put8(found.ptr, h + 13, both)
    flush = length < mss or word & FINAL_FLAGS != 0
    if found is not None and (not skb.gro_same_flow or flush):
        napi.gro_pp = found
    if flush:
        skb.gro_flush = 1
    return const.GRO_MERGED if skb.gro_same_flow else const.GRO_HELD


def tcp_gro_fits(held: SkBuff, skb: SkBuff, th: int, thlen: int, length: int) -> bool:
    """Does the segment at th of skb continue held, with the same ACK, window and options?"""
    if held.gro_flush:
        return False
    p = skb.ptr
    q = held.ptr
    h = held.transport_header
    word = mem.get32(p, th + 12)
    if word & tcp.TCP_FLAG_CWR:
        return False
    if (word ^ mem.get32(q, h + 12)) & ~MAY_DIFFER:
        return False
    if mem.get32(p, th + 8) != mem.get32(q, h + 8):
        return False
    if thlen > tcp.TCP_HLEN and not mem.equal(
        p, th + tcp.TCP_HLEN, q, h + tcp.TCP_HLEN, thlen - tcp.TCP_HLEN
    ):
        return False
    if length == 0 or length > held.shinfo.gso_size:
        return False
    return mem.u32(mem.get32(q, h + 4) + skb_gro_len(held)) == mem.get32(p, th + 4)
