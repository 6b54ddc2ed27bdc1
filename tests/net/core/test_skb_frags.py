"""Pulling, trimming, growing, and bytes in and out of every part of an sk_buff."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.arch.const as const
import softnet.arch.csum as csum
from softnet.net.core.skb_debug import skb_sanitizer
from softnet.net.core.skbuff import (
    kfree_skb,
    pskb_expand_head,
    pskb_may_pull,
    pskb_pull,
    pskb_trim,
    pskb_trim_rcsum,
    skb_clone,
    skb_cloned,
    skb_copy_bits,
    skb_cow,
    skb_cow_head,
    skb_get,
    skb_header_pointer_copy,
    skb_header_release,
    skb_linearize,
    skb_linearize_cow,
    skb_make_writable,
    skb_pagelen,
    skb_postpush_rcsum,
    skb_pull_rcsum,
    skb_tobytes,
    skb_trim,
)
from softnet.structs.skbuff import SkBuff
from tests.kit.skbs import add_frag_list, make_skb, pattern

pytestmark = pytest.mark.usefixtures("skb_debug")


def mixed() -> SkBuff:
    """30 bytes: 5 linear, 7 and 6 in fragments, and 12 below in two skbs."""
    data = pattern(30)
    skb = make_skb(data[:5], data[5:12], data[12:18], room=10)
    return add_frag_list(skb, make_skb(data[18:20], data[20:24]), make_skb(data[24:30]))


def test_mixed_is_what_it_says() -> None:
    skb = mixed()
    assert (skb.len, skb.data_len, skb.headlen(), skb_pagelen(skb)) == (30, 25, 5, 18)
    assert skb_tobytes(skb) == pattern(30)
    kfree_skb(skb)


@pytest.mark.parametrize("n", range(31))
def test_may_pull_makes_bytes_linear(n: int) -> None:
    skb = mixed()
    assert pskb_may_pull(skb, n)
    assert skb.headlen() == max(n, 5)
    assert skb.len == 30
    assert skb_tobytes(skb) == pattern(30)
    assert pskb_pull(skb, n) >= 0
    assert skb_tobytes(skb) == pattern(30 - n, n)
    kfree_skb(skb)


def test_may_pull_refuses_what_is_not_there() -> None:
    skb = mixed()
    assert not pskb_may_pull(skb, 31)
    assert skb.headlen() == 5
    assert pskb_pull(skb, 31) == -1
    kfree_skb(skb)


@pytest.mark.parametrize("n", range(31))
def test_pull_of_a_clone_leaves_the_other_alone(n: int) -> None:
    skb = mixed()
    clone = skb_clone(skb)
    assert pskb_may_pull(clone, n)
    assert skb.headlen() == 5
    assert skb_tobytes(skb) == pattern(30)
    assert skb_tobytes(clone) == pattern(30)
    kfree_skb(clone)
    assert skb_tobytes(skb) == pattern(30)
    kfree_skb(skb)


@pytest.mark.parametrize("n", range(31))
def test_trim_shortens_wherever_the_end_lies(n: int) -> None:
    skb = mixed()
    assert pskb_trim(skb, n) == 0
    assert skb.len == n
    assert skb_tobytes(skb) == pattern(n)
    kfree_skb(skb)


@pytest.mark.parametrize("n", range(0, 31, 3))
def test_trim_of_a_clone_leaves_the_other_alone(n: int) -> None:
    skb = mixed()
    clone = skb_clone(skb)
    assert pskb_trim(clone, n) == 0
    assert skb_tobytes(clone) == pattern(n)
    assert skb_tobytes(skb) == pattern(30)
    kfree_skb(skb)
    assert skb_tobytes(clone) == pattern(n)
    kfree_skb(clone)


def test_trim_never_lengthens() -> None:
    skb = mixed()
    assert pskb_trim(skb, 100) == 0
    assert skb.len == 30
    skb_trim(skb, 30)
    with pytest.raises(AssertionError, match="fragments"):
        skb_trim(skb, 20)
    kfree_skb(skb)


@pytest.mark.parametrize("n", [0, 1, 5, 11, 18, 29, 30])
def test_linearize(n: int) -> None:
    skb = mixed()
    pskb_trim(skb, n)
    assert skb_linearize(skb) == 0
    assert (skb.data_len, skb.shinfo.frags, skb.shinfo.frag_list) == (0, None, None)
    assert skb_tobytes(skb) == pattern(n)
    kfree_skb(skb)


def test_linearize_cow_unshares_even_what_is_linear() -> None:
    skb = make_skb(b"abc")
    clone = skb_clone(skb)
    assert skb_linearize_cow(clone) == 0
    assert not skb_cloned(clone)
    assert clone.shinfo is not skb.shinfo
    kfree_skb(clone)
    kfree_skb(skb)


def test_pages_are_never_copied_by_growing() -> None:
    skb = make_skb(b"head", b"page")
    f = skb.shinfo.frags
    assert f is not None
    page = f.page
    clone = skb_clone(skb)
    assert pskb_expand_head(clone, 32, 0) == 0
    g = clone.shinfo.frags
    assert g is not None
    assert g is not f
    assert g.page is page
    kfree_skb(skb)
    kfree_skb(clone)


def test_expand_moves_headers_and_csum_start() -> None:
    skb = make_skb(pattern(40), room=20)
    skb.mac_header, skb.network_header = 20, 34
    skb.ip_summed, skb.csum_start = const.CHECKSUM_PARTIAL, 54
    assert pskb_expand_head(skb, 64, 0) == 0
    assert (skb.data, skb.mac_header, skb.network_header) == (84, 84, 98)
    assert (skb.transport_header, skb.csum_start) == (-1, 118)
    assert skb_tobytes(skb) == pattern(40)
    kfree_skb(skb)


def test_expand_keeps_what_the_packet_wants_done() -> None:
    skb = make_skb(b"x")
    skb.shinfo.gso_size, skb.shinfo.gso_segs, skb.shinfo.gso_type = 1460, 3, 1
    skb.shinfo.tx_flags, skb.shinfo.hwtstamp = 2, 99
    assert pskb_expand_head(skb, 0, 0) == 0
    sh = skb.shinfo
    assert (sh.gso_size, sh.gso_segs, sh.gso_type) == (1460, 3, 1)
    assert (sh.tx_flags, sh.hwtstamp) == (2, 99)
    kfree_skb(skb)


def test_expand_refuses_a_shared_skb() -> None:
    skb = make_skb(b"x")
    skb_get(skb)
    with pytest.raises(AssertionError, match="shared skb"):
        pskb_expand_head(skb, 1, 0)
    kfree_skb(skb)
    kfree_skb(skb)


def test_cow_copies_for_a_clone_or_for_headroom() -> None:
    skb = make_skb(b"abc", room=20)
    sh = skb.shinfo
    assert skb_cow(skb, 20) == 0
    assert skb.shinfo is sh
    assert skb_cow(skb, 21) == 0
    assert skb.shinfo is not sh
    assert skb.headroom() == 20 + const.NET_SKB_PAD
    clone = skb_clone(skb)
    assert skb_cow(clone, 0) == 0
    assert clone.shinfo is not skb.shinfo
    kfree_skb(clone)
    kfree_skb(skb)


def test_cow_head_minds_only_those_who_read_headers() -> None:
    skb = make_skb(b"abc", room=20)
    skb_header_release(skb)
    clone = skb_clone(skb)
    assert skb_cow_head(clone, 0) == 0
    assert clone.shinfo is skb.shinfo
    assert skb_cow(clone, 0) == 0
    assert clone.shinfo is not skb.shinfo
    kfree_skb(clone)
    kfree_skb(skb)


def test_make_writable() -> None:
    skb = mixed()
    clone = skb_clone(skb)
    assert skb_make_writable(clone, 8)
    assert clone.headlen() == 8
    memoryview(clone.shinfo.head)[clone.data : clone.data + 8] = b"XXXXXXXX"
    assert skb_tobytes(skb) == pattern(30)
    assert not skb_make_writable(clone, 31)
    kfree_skb(clone)
    kfree_skb(skb)


def test_copy_bits_answers_efault_outside() -> None:
    skb = mixed()
    buf = bytearray(40)
    for off, n in ((0, 31), (30, 1), (-1, 2), (31, 0)):
        assert skb_copy_bits(skb, off, buf, 0, n) == -14
    assert skb_copy_bits(skb, 30, buf, 40, 0) == 0
    kfree_skb(skb)


def test_header_pointer_copies_across_parts() -> None:
    skb = mixed()
    assert skb_header_pointer_copy(skb, 1, 3) == pattern(3, 1)
    assert skb_header_pointer_copy(skb, 3, 20) == pattern(20, 3)
    assert skb_header_pointer_copy(skb, 28, 3) is None
    assert skb.headlen() == 5
    kfree_skb(skb)


# ---- CHECKSUM_COMPLETE is a statement about all bytes


def summed(skb: SkBuff) -> SkBuff:
    skb.ip_summed = const.CHECKSUM_COMPLETE
    skb.csum = total(skb)
    return skb


def total(skb: SkBuff) -> int:
    data = skb_tobytes(skb)
    return csum.csum_partial(data, 0, len(data), 0)


def test_pull_rcsum_takes_the_bytes_out_of_the_sum() -> None:
    skb = summed(make_skb(pattern(40), pattern(9)))
    for n in (4, 2, 20):
        skb_pull_rcsum(skb, n)
        assert csum.csum_fold(skb.csum) == csum.csum_fold(total(skb))
    kfree_skb(skb)


def test_postpush_rcsum_puts_them_back() -> None:
    skb = summed(make_skb(pattern(40)))
    skb_pull_rcsum(skb, 14)
    skb.push(14)
    skb_postpush_rcsum(skb, skb.data, 14)
    assert csum.csum_fold(skb.csum) == csum.csum_fold(total(skb))
    kfree_skb(skb)


def test_trim_rcsum_gives_the_sum_up_only_if_it_trims() -> None:
    skb = summed(make_skb(pattern(40)))
    assert pskb_trim_rcsum(skb, 40) == 0
    assert skb.ip_summed == const.CHECKSUM_COMPLETE
    assert pskb_trim_rcsum(skb, 39) == 0
    assert (skb.ip_summed, skb.len) == (const.CHECKSUM_NONE, 39)
    kfree_skb(skb)


# ---- any packet, any sequence of operations: the model is a bytes object


parts = st.lists(st.binary(max_size=9), max_size=4)
ops = st.lists(
    st.tuples(
        st.sampled_from(["pull", "trim", "may_pull", "expand", "clone", "linearize"]),
        st.integers(0, 40),
    ),
    max_size=8,
)


@given(st.binary(max_size=12), parts, st.lists(st.tuples(st.binary(max_size=6), parts)), ops)
def test_any_operations_agree_with_bytes(
    linear: bytes,
    frags: list[bytes],
    below: list[tuple[bytes, list[bytes]]],
    steps: list[tuple[str, int]],
) -> None:
    with skb_sanitizer() as debug:
        skb = make_skb(linear, *frags, room=8)
        add_frag_list(skb, *(make_skb(b, *more) for b, more in below))
        model = linear + b"".join(frags) + b"".join(b + b"".join(more) for b, more in below)
        kept: list[tuple[SkBuff, bytes]] = []
        for op, n in steps:
            if op == "pull":
                assert (pskb_pull(skb, n) >= 0) == (n <= len(model))
                model = model[n:] if n <= len(model) else model
            elif op == "trim":
                assert pskb_trim(skb, n) == 0
                model = model[:n]
            elif op == "may_pull":
                assert pskb_may_pull(skb, n) == (n <= len(model))
            elif op == "expand":
                assert pskb_expand_head(skb, n, n // 2) == 0
            elif op == "clone":
                kept.append((skb_clone(skb), model))
            else:
                assert skb_linearize(skb) == 0
            debug.check(skb)
            assert skb_tobytes(skb) == model
        kfree_skb(skb)
        for clone, then in kept:
            assert skb_tobytes(clone) == then
            kfree_skb(clone)
        assert debug.leaks() == []
