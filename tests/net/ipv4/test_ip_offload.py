"""Segmentation and merging at the IP layer, with transports that note what they are asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.in_ as in_
from softnet.net.core.skbuff import kfree_skb, skb_gro_receive, skb_segment, skb_tobytes
from softnet.net.ipv4.ip_offload import ip_packet_type
from softnet.net.ipv4.protocol import inet_add_protocol, inet_del_protocol
from softnet.structs.netdevice import Napi
from softnet.structs.protocol import NetProtocol
from softnet.structs.skbuff import SkBuff
from softnet.wire.ip import ip_view
from tests.kit.skbs import list_of, make_skb, pattern
from tests.net.ipv4.ip_kit import MAC_A, MAC_B, IpHost, eth, host, ip_bytes, udp

__all__ = ["eth", "host"]

PROTO = 251
SRC, DST = "10.0.0.2", "10.0.0.1"
LINK = MAC_A + MAC_B + b"\x08\x00"


class Cut(NetProtocol):
    """A transport with an 8 byte header that segments and merges without looking."""

    def gso_segment(self, skb: SkBuff, features: int) -> SkBuff | None:
        skb.pull(8)
        return skb_segment(skb, features)

    def gro_receive(self, napi_head: object, skb: SkBuff) -> int:
        assert isinstance(napi_head, Napi)
        skb.gro_offset += 8
        held = napi_head.gro_list
        while held is not None and not held.gro_same_flow:
            held = held.next
        if held is None:
            return const.GRO_HELD
        if held.gro_flush:
            napi_head.gro_pp = held
            return const.GRO_HELD
        assert skb_gro_receive(held, skb) == 0
        skb.gro_same_flow = True
        return const.GRO_MERGED


@pytest.fixture
def cut(host: IpHost) -> Iterator[Cut]:
    c = Cut()
    assert inet_add_protocol(c, PROTO) == 0
    yield c
    assert inet_del_protocol(c, PROTO) == 0


def super_packet(data: bytes, mss: int, type: int, proto: int = PROTO) -> SkBuff:
    head = LINK + ip_bytes(SRC, DST, bytes(8), proto, ident=500)
    skb = make_skb(head, data, room=64)
    skb.mac_header = skb.data
    skb.pull(14)
    skb.reset_network_header()
    skb.mac_len = 14
    skb.shinfo.gso_size = mss
    skb.shinfo.gso_type = type
    skb.protocol = 0x0800
    return skb


def test_segments_count_identifications_up(host: IpHost, cut: Cut) -> None:
    data = pattern(2500)
    skb = super_packet(data, 1000, const.SKB_GSO_TCPV4)
    segs = ip_packet_type.gso_segment(skb, const.NETIF_F_SG | const.NETIF_F_IP_CSUM)
    assert segs is not skb
    out = b""
    for i, seg in enumerate(list_of(segs)):
        raw = skb_tobytes(seg)
        iph = ip_view(bytearray(raw), 14)
        assert iph.check_ok()
        assert iph.id() == 500 + i
        assert iph.tot_len() == len(raw) - 14
        out += raw[14 + 28 :]
        kfree_skb(seg)
    assert out == data
    kfree_skb(skb)


@pytest.mark.parametrize("type", [1 << 9, const.SKB_GSO_TCPV6, const.SKB_GSO_FCOE])
def test_types_that_are_not_ipv4_are_refused(host: IpHost, cut: Cut, type: int) -> None:
    skb = super_packet(b"x" * 2000, 1000, type)
    assert ip_packet_type.gso_segment(skb, 0) is skb
    kfree_skb(skb)


def test_malformed_super_packets_are_refused(host: IpHost) -> None:
    for raw in (b"\x45" + bytes(10), b"\x44" + bytes(40), b"\x4f" + bytes(40)):
        skb = make_skb(LINK + raw, room=64)
        skb.mac_header = skb.data
        skb.pull(14)
        skb.reset_network_header()
        skb.mac_len = 14
        skb.shinfo.gso_size = 10
        skb.shinfo.gso_type = const.SKB_GSO_TCPV4
        assert ip_packet_type.gso_segment(skb, 0) is skb
        assert ip_packet_type.gso_send_check(skb) < 0
        kfree_skb(skb)
    nobody = super_packet(b"x" * 2000, 1000, const.SKB_GSO_TCPV4, proto=99)
    assert ip_packet_type.gso_segment(nobody, 0) is nobody
    kfree_skb(nobody)


def test_a_udp_super_packet_from_outside(host: IpHost) -> None:
    """The sum is left to us; the segments are IP fragments of one datagram."""
    data = pattern(3000)
    whole = udp(SRC, DST, 7, 9, data)
    head = LINK + ip_bytes(SRC, DST, whole[:8], in_.IPPROTO_UDP, ident=77)
    skb = make_skb(head, data, room=64)
    skb.mac_header = skb.data
    skb.pull(14)
    skb.reset_network_header()
    skb.mac_len = 14
    skb.protocol = 0x0800
    skb.shinfo.gso_size = 1480
    skb.shinfo.gso_type = const.SKB_GSO_UDP | const.SKB_GSO_DODGY
    assert ip_packet_type.gso_send_check(skb) == 0
    skb.push(skb.data - skb.network_header)
    segs = list_of(ip_packet_type.gso_segment(skb, const.NETIF_F_SG))
    payload = b""
    for i, seg in enumerate(segs):
        raw = skb_tobytes(seg)[14:]
        iph = ip_view(bytearray(raw), 0)
        assert iph.check_ok()
        assert iph.id() == 77
        assert iph.offset() == len(payload)
        assert bool(iph.frag_off() & in_.IP_MF) == (i < len(segs) - 1)
        payload += raw[20:]
        kfree_skb(seg)
    assert payload == whole
    kfree_skb(skb)


def received(host: IpHost, raw: bytes) -> SkBuff:
    skb = make_skb(LINK + raw, room=64)
    skb.mac_header = skb.data
    skb.pull(14)
    skb.reset_network_header()
    skb.protocol = 0x0800
    return skb


def gro(napi: Napi, skb: SkBuff) -> int:
    """dev_gro_receive() as far as IP sees it."""
    held = napi.gro_list
    while held is not None:
        held.gro_same_flow = True
        held.gro_flush = 0
        held = held.next
    skb.gro_offset = 0
    skb.gro_flush = 0
    skb.gro_same_flow = False
    napi.gro_pp = None
    verdict = ip_packet_type.gro_receive(napi, skb)
    if verdict == const.GRO_HELD and not skb.gro_flush and napi.gro_pp is None:
        skb.gro_count = 1
        skb.shinfo.gso_size = skb.len - skb.gro_offset
        skb.next = napi.gro_list
        napi.gro_list = skb
    return verdict


def first(ident: int = 7, **kw: int) -> bytes:
    return ip_bytes(SRC, DST, bytes(8) + b"a" * 100, PROTO, ident=ident, frag=in_.IP_DF, **kw)  # type: ignore[arg-type]


def test_segments_of_a_flow_are_merged(host: IpHost, cut: Cut) -> None:
    napi = Napi(None, 64)
    assert gro(napi, received(host, first(7))) == const.GRO_HELD
    head = napi.gro_list
    assert head is not None
    for ident in (8, 9):
        skb = received(host, first(ident))
        assert gro(napi, skb) == const.GRO_MERGED
    assert head.gro_count == 3
    assert ip_packet_type.gro_complete(head) == 0
    raw = skb_tobytes(head)
    iph = ip_view(bytearray(raw), 0)
    assert iph.check_ok()
    assert iph.tot_len() == len(raw) == 28 + 300
    kfree_skb(head)


@pytest.mark.parametrize(
    ("raw", "same", "flush"),
    [
        (first(8), True, 0),
        (first(9), True, 1),  # an identification is missing
        (first(8, ttl=63), True, 1),
        (first(8, tos=4), False, 0),
        (ip_bytes("10.0.0.3", DST, bytes(108), PROTO, ident=8, frag=in_.IP_DF), False, 0),
        (ip_bytes(SRC, DST, bytes(108), PROTO, ident=8), True, 1),  # may be fragmented
        (ip_bytes(SRC, DST, bytes(108), PROTO, ident=8, frag=in_.IP_DF) + b"pad", True, 1),
    ],
    ids=["next", "gap", "ttl", "tos", "source", "no DF", "padding"],
)
def test_what_makes_a_flow(host: IpHost, cut: Cut, raw: bytes, same: bool, flush: int) -> None:
    napi = Napi(None, 64)
    gro(napi, received(host, first(7)))
    head = napi.gro_list
    assert head is not None
    skb = received(host, raw)
    verdict = gro(napi, skb)
    assert head.gro_same_flow is same
    assert head.gro_flush == flush
    assert (verdict == const.GRO_MERGED) == (same and not flush)
    napi.gro_list = None
    head.next = None
    kfree_skb(head)
    if verdict != const.GRO_MERGED:
        skb.next = None
        kfree_skb(skb)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x45" + bytes(10),
        ip_bytes(SRC, DST, bytes(108), PROTO, options=bytes(4)),
        ip_bytes(SRC, DST, bytes(108), PROTO, check=1),
        ip_bytes(SRC, DST, bytes(108), 99),
        ip_bytes(SRC, DST, bytes(108), in_.IPPROTO_UDP),
    ],
    ids=["short", "options", "checksum", "unknown", "udp"],
)
def test_what_is_never_held(host: IpHost, cut: Cut, raw: bytes) -> None:
    napi = Napi(None, 64)
    skb = received(host, raw)
    assert gro(napi, skb) == const.GRO_NORMAL
    kfree_skb(skb)
