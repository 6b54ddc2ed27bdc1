"""The free lists: only while the sanitizer is off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
from softnet.net.core.skbuff import (
    alloc_skb,
    kfree_skb,
    skb_clone,
    skb_slab_counts,
    skb_slab_limits,
    skb_slab_shrink,
)
from softnet.structs.skbuff import SkBuff
from tests.kit.skbs import make_skb


@pytest.fixture(autouse=True)
def empty_slab() -> Iterator[None]:
    """Each test starts with empty free lists and leaves none to the others."""
    skb_slab_shrink()
    yield
    skb_slab_shrink()


@pytest.mark.parametrize(
    ("size", "cache"),
    [
        (100, "kmalloc-512"),
        (500, "kmalloc-1024"),
        (1500, "kmalloc-2048"),
        (3000, "kmalloc-4096"),
        (5000, "kmalloc-8192"),
        (9000, "kmalloc-16384"),
        (16436, "kmalloc-32768"),
    ],
)
def test_a_freed_skb_is_the_next_one(size: int, cache: str) -> None:
    skb = alloc_skb(size)
    kfree_skb(skb)
    assert skb_slab_counts()[cache] == 1
    again = alloc_skb(size)
    assert again is skb
    assert skb_slab_counts()[cache] == 0
    kfree_skb(again)


def test_large_heads_are_not_kept() -> None:
    kfree_skb(alloc_skb(60000))
    counts = skb_slab_counts()
    assert counts.pop("skbuff_head_cache") == 1
    assert set(counts.values()) == {0}


def test_the_lists_are_bounded() -> None:
    limits = skb_slab_limits()
    skbs = [alloc_skb(1) for _ in range(limits["skbuff_head_cache"] + 10)]
    for skb in skbs:
        kfree_skb(skb)
    counts = skb_slab_counts()
    assert counts["skbuff_head_cache"] == limits["skbuff_head_cache"]
    assert counts["kmalloc-512"] == limits["kmalloc-512"]


def test_a_freed_skb_keeps_no_reference() -> None:
    skb = make_skb(b"x", b"page")
    skb.cb = ["cb"]
    skb.nfct = ["nfct"]
    skb.ip_opt = ["opt"]
    skb.nf_bridge = ["bridge"]
    f = skb.shinfo.frags
    assert f is not None
    kfree_skb(skb)
    assert f.page is None
    assert referents(skb) == []


def referents(skb: SkBuff) -> list[object]:
    """All that the slots of skb still hold."""
    names = "next prev sk dev dst shinfo destructor gro_last nfct nf_bridge cb ip_opt site"
    return [v for v in (getattr(skb, name) for name in names.split()) if v is not None]


def test_recycled_head_has_one_holder_and_nothing_else() -> None:
    skb = make_skb(b"x", b"a", b"b")
    n = skb_clone(skb)
    skb.shinfo.gso_size = 100
    skb.shinfo.gso_type = const.SKB_GSO_TCPV4
    kfree_skb(n)
    kfree_skb(skb)
    again = alloc_skb(1)
    sh = again.shinfo
    assert (sh.dataref, sh.nr_frags, sh.frags, sh.frags_tail) == (1, 0, None, None)
    assert (sh.gso_size, sh.gso_type, sh.frag_list) == (0, 0, None)
    kfree_skb(again)


def test_double_free_is_found_even_without_the_sanitizer() -> None:
    skb = alloc_skb(1)
    kfree_skb(skb)
    with pytest.raises(AssertionError, match="double free"):
        kfree_skb(skb)
