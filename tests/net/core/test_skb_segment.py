"""Cutting packets apart and putting them together."""

from __future__ import annotations

import itertools

import pytest

import softnet.arch.const as const
import softnet.arch.csum as csum
from softnet.net.core.skbuff import (
    kfree_skb,
    skb_append_datato_frags,
    skb_clone,
    skb_gro_receive,
    skb_segment,
    skb_shift,
    skb_split,
    skb_tobytes,
)
from softnet.structs.skbuff import SkBuff
from tests.kit.skbs import add_frag_list, list_of, make_skb, pattern

pytestmark = pytest.mark.usefixtures("skb_debug")

SG = const.NETIF_F_SG
HEADERS = bytes(range(100, 154))  # 14 of Ethernet, 20 of IP, 20 of TCP


# ---- split and shift


@pytest.mark.parametrize("at", range(31))
def test_split_anywhere(at: int) -> None:
    data = pattern(30)
    skb = make_skb(data[:8], data[8:15], data[15:22], data[22:30])
    rest = make_skb(b"", size=100)
    skb_split(skb, rest, at)
    assert (skb.len, rest.len) == (at, 30 - at)
    assert skb_tobytes(skb) == data[:at]
    assert skb_tobytes(rest) == data[at:]
    kfree_skb(skb)
    kfree_skb(rest)


@pytest.mark.parametrize("n", range(1, 22))
def test_shift_moves_from_one_to_the_other(n: int) -> None:
    data = pattern(30)
    tgt = make_skb(b"", data[:9])
    skb = make_skb(b"", data[9:15], data[15:23], data[23:30])
    assert skb_shift(tgt, skb, n) == n
    assert skb_tobytes(tgt) == data[: 9 + n]
    assert skb_tobytes(skb) == data[9 + n :]
    kfree_skb(tgt)
    kfree_skb(skb)


def test_shift_joins_neighbours_of_one_page() -> None:
    page = pattern(20)
    tgt, skb = make_skb(b""), make_skb(b"")
    skb_append_datato_frags(tgt, page, 0, 8)
    skb_append_datato_frags(skb, page, 8, 12)
    assert skb_shift(tgt, skb, 5) == 5
    assert tgt.shinfo.nr_frags == 1
    assert skb_tobytes(tgt) == page[:13]
    kfree_skb(tgt)
    kfree_skb(skb)


def test_shift_is_all_or_nothing() -> None:
    tgt = make_skb(b"", *[b"x"] * const.MAX_SKB_FRAGS)
    linear = make_skb(b"linear", b"frag")
    paged = make_skb(b"", b"frag")
    assert skb_shift(tgt, linear, 1) == 0
    assert skb_shift(tgt, paged, 2) == 0
    assert skb_shift(tgt, paged, 0) == 0
    assert paged.len == 4
    for skb in (tgt, linear, paged):
        kfree_skb(skb)


def test_shift_does_not_touch_what_a_clone_reads() -> None:
    tgt, skb = make_skb(b"", b"abc"), make_skb(b"", b"defgh")
    clone = skb_clone(skb)
    assert skb_shift(tgt, skb, 2) == 2
    assert skb_tobytes(clone) == b"defgh"
    for s in (tgt, skb, clone):
        kfree_skb(s)


# ---- segmentation


def super_packet(payload: bytes, linear: int, *cuts: int, mss: int) -> SkBuff:
    """HEADERS and payload, of which `linear` bytes lie in the head and the rest in fragments."""
    edges = [linear, *cuts, len(payload)]
    frags = [payload[a:b] for a, b in itertools.pairwise(edges) if a < b]
    assert len(HEADERS) == 54
    skb = make_skb(HEADERS + payload[:linear], *frags, room=12)
    skb.mac_header, skb.network_header, skb.transport_header = 12, 26, 46
    skb.mac_len = 14
    skb.pull(len(HEADERS))
    skb.shinfo.gso_size = mss
    skb.shinfo.gso_type = const.SKB_GSO_TCPV4
    skb.mark = 77
    skb.priority = 3
    return skb


@pytest.mark.parametrize("linear", [0, 5, 10, 37])
@pytest.mark.parametrize("features", [0, SG])
@pytest.mark.parametrize("mss", [1, 7, 10, 36, 37, 50])
def test_segments_carry_the_payload_in_order(linear: int, features: int, mss: int) -> None:
    payload = pattern(37)
    skb = super_packet(payload, linear, max(linear, 11), max(linear, 12), mss=mss)
    segs = list_of(skb_segment(skb, features))
    assert len(segs) == -(-37 // mss)
    got = b""
    for seg in segs:
        data = skb_tobytes(seg)
        assert data[:54] == HEADERS
        got += data[54:]
        assert (seg.mark, seg.priority, seg.mac_len) == (77, 3, 14)
        assert seg.network_header == seg.mac_header + 14
        assert seg.transport_header == seg.mac_header + 34
        assert seg.data == seg.mac_header
        assert seg.shinfo.gso_size == 0
        kfree_skb(seg)
    assert got == payload
    assert skb_tobytes(skb) == payload
    kfree_skb(skb)


def test_scatter_gather_copies_no_page() -> None:
    skb = super_packet(pattern(30), 0, mss=10)
    f = skb.shinfo.frags
    assert f is not None
    for seg in list_of(skb_segment(skb, SG)):
        g = seg.shinfo.frags
        assert g is not None
        assert g.page is f.page
        assert seg.headlen() == 54
        kfree_skb(seg)
    kfree_skb(skb)


def test_without_scatter_gather_each_segment_has_its_sum() -> None:
    skb = super_packet(pattern(25), 4, 9, mss=10)
    for i, seg in enumerate(list_of(skb_segment(skb, 0))):
        part = pattern(25)[10 * i : 10 * i + 10]
        assert seg.data_len == 0
        assert csum.csum_fold(seg.csum) == csum.csum_fold(csum.csum_partial(part, 0, len(part), 0))
        assert seg.ip_summed == const.CHECKSUM_NONE
        kfree_skb(seg)
    kfree_skb(skb)


def test_csum_start_follows_the_headers() -> None:
    skb = super_packet(pattern(20), 20, mss=10)
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start, skb.csum_offset = skb.transport_header, 16
    for seg in list_of(skb_segment(skb, SG)):
        assert (seg.csum_start, seg.csum_offset) == (seg.transport_header, 16)
        kfree_skb(seg)
    kfree_skb(skb)


@pytest.mark.parametrize("mss", [8, 5])
def test_frag_list_is_cloned_where_it_fits_and_copied_where_not(mss: int) -> None:
    """Eight bytes a part: with MSS 8 each becomes a segment as it is, with 5 it is cut through."""
    payload = pattern(24)
    skb = super_packet(payload[:8], 8, mss=mss)
    add_frag_list(skb, make_skb(payload[8:16], room=2), make_skb(b"", payload[16:24]))
    segs = list_of(skb_segment(skb, SG))
    assert b"".join(skb_tobytes(s)[54:] for s in segs) == payload
    assert all(skb_tobytes(s)[:54] == HEADERS for s in segs)
    assert all(s.mark == 77 for s in segs)
    for seg in segs:
        kfree_skb(seg)
    assert skb_tobytes(skb) == payload
    kfree_skb(skb)


# ---- GRO


def held(payload: bytes, paged: bool) -> SkBuff:
    """A received segment, data at the network header (40 bytes of IP and TCP), as GRO sees it."""
    headers = pattern(40)
    skb = make_skb(headers, payload, room=14) if paged else make_skb(headers + payload, room=14)
    skb.mac_header, skb.network_header, skb.transport_header = 0, 14, 34
    skb.gro_offset = 40
    skb.shinfo.gso_size = len(payload)
    skb.gro_count = 1
    return skb


@pytest.mark.parametrize("paged", [True, False])
def test_gro_merges_segments(paged: bool) -> None:
    data = pattern(50)
    p = held(data[:20], paged)
    truesize = p.truesize
    for a, b in ((20, 40), (40, 50)):
        skb = held(data[a:b], paged)
        assert skb_gro_receive(p, skb) == 0
        assert skb.gro_same_flow
        assert skb.gro_free == paged
        if paged:
            kfree_skb(skb)
    assert (p.len, p.gro_count) == (90, 3)
    assert p.shinfo.gso_size == 20
    assert p.truesize > truesize
    assert (p.mac_header, p.network_header, p.transport_header) == (0, 14, 34)
    assert skb_tobytes(p) == pattern(40) + data
    assert (p.shinfo.frag_list is None) == paged
    kfree_skb(p)


def test_gro_merges_a_linear_and_a_paged_one() -> None:
    p = held(b"first", False)
    skb = held(b"second", True)
    assert skb_gro_receive(p, skb) == 0
    kfree_skb(skb)
    assert skb_tobytes(p) == pattern(40) + b"firstsecond"
    kfree_skb(p)


def test_merged_packet_segments_into_what_came() -> None:
    data = pattern(40)
    p = held(data[:20], False)
    assert skb_gro_receive(p, held(data[20:], False)) == 0
    p.mac_len = 14
    p.pull(40)
    segs = list_of(skb_segment(p, SG))
    assert [skb_tobytes(s)[54:] for s in segs] == [data[:20], data[20:]]
    for s in (*segs, p):
        kfree_skb(s)


def test_gro_stops_at_64_kib_and_at_the_fragment_limit() -> None:
    p = held(bytes(40000), True)
    more = held(bytes(26000), True)
    assert skb_gro_receive(p, more) == -7
    kfree_skb(more)
    kfree_skb(p)
    p = held(b"x", True)
    for _ in range(const.MAX_SKB_FRAGS - 1):
        skb = held(b"x", True)
        assert skb_gro_receive(p, skb) == 0
        kfree_skb(skb)
    skb = held(b"x", True)
    assert skb_gro_receive(p, skb) == -7
    kfree_skb(skb)
    kfree_skb(p)


# ---- UFO


def test_append_refers_to_bytes_and_copies_what_may_change() -> None:
    skb = make_skb(b"")
    page, mutable = b"immutable", bytearray(b"mutable")
    skb_append_datato_frags(skb, page, 2, 5)
    skb_append_datato_frags(skb, memoryview(mutable), 1, 3)
    mutable[1:4] = b"???"
    f = skb.shinfo.frags
    assert f is not None
    assert f.page is page
    assert skb_tobytes(skb) == b"mutabuta"
    assert skb.truesize == 768 + 8
    kfree_skb(skb)
