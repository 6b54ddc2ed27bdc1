"""Copies, and sums over every part of an sk_buff."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.arch.const as const
import softnet.arch.csum as csum
from softnet.net.core.skbuff import (
    kfree_skb,
    pskb_copy,
    skb_checksum,
    skb_checksum_complete,
    skb_checksum_help,
    skb_clone,
    skb_copy,
    skb_copy_and_csum_bits,
    skb_copy_and_csum_dev,
    skb_copy_expand,
    skb_csum_unnecessary,
    skb_header_release,
    skb_pad,
    skb_padto,
    skb_partial_csum_set,
    skb_realloc_headroom,
    skb_store_bits,
    skb_tobytes,
    skb_unshare,
)
from softnet.structs.skbuff import SkBuff
from tests.kit.skbs import add_frag_list, make_skb, pattern, peek16

pytestmark = pytest.mark.usefixtures("skb_debug")


def mixed() -> SkBuff:
    """31 bytes: 5 linear, 7 and 6 in fragments, and 13 below in two skbs. All odd on purpose."""
    data = pattern(31)
    skb = make_skb(data[:5], data[5:12], data[12:18], room=10)
    return add_frag_list(skb, make_skb(data[18:21], data[21:25]), make_skb(data[25:31]))


def folded(data: bytes) -> int:
    return csum.csum_fold(csum.csum_partial(data, 0, len(data), 0))


def test_copy_is_linear_and_its_own() -> None:
    skb = mixed()
    skb.network_header = 10
    skb.mark = 4
    skb.shinfo.gso_size = 9
    n = skb_copy(skb)
    assert (n.data_len, n.headroom(), n.network_header, n.mark) == (0, 10, 10, 4)
    assert n.shinfo.gso_size == 9
    assert skb_tobytes(n) == pattern(31)
    kfree_skb(skb)
    kfree_skb(n)


def test_copy_takes_the_headers_in_front_of_data_along() -> None:
    skb = make_skb(b"ethiptcppayload", room=16)
    skb.mac_header = 16
    skb.pull(8)
    for n in (skb_copy(skb), pskb_copy(skb)):
        assert bytes(n.shinfo.head[n.mac_header : n.data]) == b"ethiptcp"
        kfree_skb(n)
    kfree_skb(skb)


def test_pskb_copy_shares_pages_only() -> None:
    skb = mixed()
    n = pskb_copy(skb)
    f, g = skb.shinfo.frags, n.shinfo.frags
    assert f is not None
    assert g is not None
    assert f.page is g.page
    assert n.shinfo.frag_list is skb.shinfo.frag_list
    assert (n.len, n.data_len, n.cloned) == (31, 26, False)
    assert n.truesize == 768 + 26
    kfree_skb(skb)
    assert skb_tobytes(n) == pattern(31)
    kfree_skb(n)


@pytest.mark.parametrize(("headroom", "mac"), [(40, 34), (10, 4), (3, -1), (0, -1)])
def test_copy_expand_moves_headers_that_fit(headroom: int, mac: int) -> None:
    skb = make_skb(pattern(20), room=10)
    skb.mac_header, skb.network_header = 4, 10
    n = skb_copy_expand(skb, headroom, 7)
    assert (n.headroom(), n.mac_header, n.network_header) == (headroom, mac, headroom)
    assert n.tailroom() >= 7
    assert skb_tobytes(n) == pattern(20)
    kfree_skb(skb)
    kfree_skb(n)


def test_realloc_headroom_gives_private_headers() -> None:
    skb = mixed()
    for want in (5, 10, 11, 100):
        n = skb_realloc_headroom(skb, want)
        assert n.headroom() >= want
        assert n.shinfo is not skb.shinfo
        n.push(2)
        kfree_skb(n)
    assert skb_tobytes(skb) == pattern(31)
    kfree_skb(skb)


def test_unshare_copies_only_for_a_clone() -> None:
    skb = make_skb(b"abc")
    assert skb_unshare(skb) is skb
    clone = skb_clone(skb)
    own = skb_unshare(clone)
    assert own.shinfo is not skb.shinfo
    assert skb_tobytes(own) == b"abc"
    kfree_skb(own)
    kfree_skb(skb)


def test_pad_zeroes_behind_the_end_without_growing() -> None:
    for skb in (make_skb(b"abc"), mixed(), make_skb(b"x" * 128)):
        before = skb_tobytes(skb)
        assert skb_pad(skb, 60) == 0
        assert skb_tobytes(skb) == before
        assert bytes(skb.shinfo.head[skb.tail : skb.tail + 60]) == bytes(60)
        kfree_skb(skb)


def test_pad_of_a_clone_writes_to_its_own_bytes() -> None:
    skb = make_skb(b"abc")
    clone = skb_clone(skb)
    assert skb_padto(clone, 60) == 0
    assert clone.shinfo is not skb.shinfo
    assert skb_padto(clone, 2) == 0
    kfree_skb(skb)
    kfree_skb(clone)


def test_store_bits_reaches_the_linear_part_only() -> None:
    skb = mixed()
    assert skb_store_bits(skb, 1, b"__XY", 2, 2) == 0
    assert skb_tobytes(skb)[:5] == bytes([0]) + b"XY" + bytes([3, 4])
    assert skb_store_bits(skb, 4, b"ab", 0, 2) == -14
    assert skb_store_bits(skb, -1, b"ab", 0, 2) == -14
    kfree_skb(skb)


@pytest.mark.parametrize("offset", range(0, 31, 2))
def test_checksum_over_all_parts(offset: int) -> None:
    skb = mixed()
    for n in range(31 - offset + 1):
        want = folded(pattern(n, offset))
        assert csum.csum_fold(skb_checksum(skb, offset, n, 0)) == want
        buf = bytearray(n + 3)
        s = skb_copy_and_csum_bits(skb, offset, buf, 3, n, 0)
        assert csum.csum_fold(s) == want
        assert bytes(buf[3:]) == pattern(n, offset)
    kfree_skb(skb)


@given(st.lists(st.binary(max_size=7), min_size=1, max_size=6), st.data())
def test_checksum_of_any_split_is_that_of_the_bytes(
    pieces: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(pieces)
    offset = data.draw(st.integers(0, len(whole)))
    n = data.draw(st.integers(0, len(whole) - offset))
    skb = make_skb(pieces[0], *pieces[1:])
    s = skb_checksum(skb, offset, n, 0)
    assert csum.csum_fold(s) == folded(whole[offset : offset + n])
    kfree_skb(skb)


def test_checksum_past_the_end_is_a_bug() -> None:
    skb = make_skb(b"abc")
    with pytest.raises(AssertionError, match="past the end"):
        skb_checksum(skb, 1, 3, 0)
    kfree_skb(skb)


def partial(start: int, off: int) -> SkBuff:
    """40 bytes, 20 of them linear, whose checksum is to be stored."""
    skb = make_skb(
        bytes(start + off) + bytes(2) + pattern(20 - start - off - 2), pattern(20), room=8
    )
    assert skb_partial_csum_set(skb, start, off)
    return skb


def test_checksum_help_fills_in_the_checksum() -> None:
    skb = partial(4, 6)
    assert skb_checksum_help(skb) == 0
    assert skb.ip_summed == const.CHECKSUM_NONE
    assert folded(skb_tobytes(skb)[4:]) == 0
    kfree_skb(skb)


def test_checksum_help_on_a_clone_writes_to_its_own_head() -> None:
    skb = partial(4, 6)
    clone = skb_clone(skb)
    assert skb_checksum_help(clone) == 0
    assert peek16(skb, 10) == 0
    assert folded(skb_tobytes(clone)[4:]) == 0
    kfree_skb(skb)
    kfree_skb(clone)


def test_checksum_help_writes_into_headers_that_a_clone_may_write() -> None:
    skb = partial(4, 6)
    skb.pull(20)  # the owner keeps the payload only; the headers are for clones
    skb_header_release(skb)
    clone = skb_clone(skb)
    clone.push(20)
    assert skb_checksum_help(clone) == 0
    assert clone.shinfo is skb.shinfo
    assert folded(skb_tobytes(clone)[4:]) == 0
    kfree_skb(clone)
    kfree_skb(skb)


def test_checksum_help_never_sends_zero() -> None:
    skb = make_skb(bytes(6) + b"\xff\xff")
    assert skb_partial_csum_set(skb, 0, 0)
    assert skb_checksum_help(skb) == 0
    assert peek16(skb, 0) == 0xFFFF
    kfree_skb(skb)


def test_partial_csum_set_refuses_nonsense() -> None:
    skb = make_skb(b"12345678", b"frag")
    for start, off in ((-1, 0), (0, -1), (0, 7), (6, 1), (100, 0)):
        assert not skb_partial_csum_set(skb, start, off)
    assert skb_partial_csum_set(skb, 2, 4)
    assert (skb.csum_start, skb.csum_offset) == (2, 4)
    kfree_skb(skb)


def test_copy_and_csum_dev_is_checksum_help_on_the_fly() -> None:
    skb = partial(4, 6)
    buf = bytearray(50)
    skb_copy_and_csum_dev(skb, buf, 5)
    skb_checksum_help(skb)
    assert bytes(buf[5:45]) == skb_tobytes(skb)
    plain = bytearray(40)
    skb_copy_and_csum_dev(skb, plain, 0)
    assert bytes(plain) == skb_tobytes(skb)
    kfree_skb(skb)


def test_checksum_complete_verifies_once() -> None:
    data = pattern(11)
    pseudo = 0x1234
    check = csum.csum_fold(csum.csum_partial(data, 0, 11, pseudo))
    skb = make_skb(b"", data[:6], data[6:] + b"\0" + check.to_bytes(2, "big"))
    skb.csum = pseudo
    assert skb_checksum_complete(skb) == 0
    assert skb_csum_unnecessary(skb)
    skb.csum = 0
    assert skb_checksum_complete(skb) == 0
    skb.ip_summed = const.CHECKSUM_NONE
    assert skb_checksum_complete(skb) != 0
    assert not skb_csum_unnecessary(skb)
    kfree_skb(skb)
