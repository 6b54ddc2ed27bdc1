"""Where socket buffers come from: heads of kmalloc()'s sizes, free lists, and the switches.

Linux: what kmem_cache_alloc() and kmalloc() are to net/core/skbuff.c

Heads have the sizes that kmalloc() would give them, less the skb_shared_info at their end, so that
truesize, and with it every socket buffer limit, is what it is in Linux on x86-64. Freed objects go
to free lists, each with a bound; an object there keeps no reference. A sanitizer (skb_debug) can be
switched on at run time: it costs one flag test while it is off.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
from softnet.structs.skbuff import SkbDestructor, SkbFrag, SkbSharedInfo, SkBuff

# Bytes of a head from each kmalloc() cache: what skb_shared_info leaves of it.
HEAD_512 = 512 - const.SIZEOF_SKB_SHARED_INFO
HEAD_1024 = 1024 - const.SIZEOF_SKB_SHARED_INFO
HEAD_2048 = 2048 - const.SIZEOF_SKB_SHARED_INFO
HEAD_4096 = 4096 - const.SIZEOF_SKB_SHARED_INFO
HEAD_8192 = 8192 - const.SIZEOF_SKB_SHARED_INFO
HEAD_16384 = 16384 - const.SIZEOF_SKB_SHARED_INFO
HEAD_32768 = 32768 - const.SIZEOF_SKB_SHARED_INFO
KMALLOC_MAX_SIZE = 4 << 20  # bytes: alloc_skb() of more is a bug of the caller

# Bounds of the free lists, in objects: about 20 MiB when all are full.
FREE_SKBS_MAX = 8192
FREE_FRAGS_MAX = 8192
FREE_HEADS_MAX = 4096  # of 512 and 1024 bytes
FREE_BIG_HEADS_MAX = 2048  # of 2048 and 4096 bytes
FREE_LARGE_HEADS_MAX = 64  # of 8, 16 and 32 KiB: datagrams over loopback, jumbo frames


class SkbSanitizer:
    """What skb_debug hangs into this file while it is on."""

    __slots__ = ()

    def allocated(self, skb: SkBuff) -> None:
        """skb was just allocated, cloned or copied."""

    def head_fresh(self, sh: SkbSharedInfo) -> None:
        """sh is a head that nobody wrote to yet."""

    def check(self, skb: SkBuff) -> None:
        """skb is about to be used: it must be alive and sound."""

    def freed(self, skb: SkBuff, sh: SkbSharedInfo | None) -> None:
        """Keep skb, and sh if skb was the last to hold it, instead of the free lists."""

    def head_replaced(self, skb: SkBuff, sh: SkbSharedInfo) -> None:
        """skb has a new head; nobody holds the old one, sh, any more."""


class HeadCache:
    """A kmem_cache of heads of one size."""

    __slots__ = ("count", "first", "limit", "size")

    first: SkbSharedInfo | None
    count: int
    limit: int
    size: int

    def __init__(self, size: int, limit: int) -> None:
        self.first = None
        self.count = 0
        self.limit = limit
        self.size = size


class SkbSlab:
    """The free lists of this process, and the switches that this file looks at."""

    __slots__ = (
        "debugging",
        "frags",
        "h1024",
        "h16384",
        "h2048",
        "h32768",
        "h4096",
        "h512",
        "h8192",
        "nr_frags",
        "nr_skbs",
        "numbering",
        "sanitizer",
        "skbs",
        "sock_rfree",
        "sock_wfree",
    )

    skbs: SkBuff | None
    nr_skbs: int
    frags: SkbFrag | None
    nr_frags: int
    h512: HeadCache
    h1024: HeadCache
    h2048: HeadCache
    h4096: HeadCache
    h8192: HeadCache
    h16384: HeadCache
    h32768: HeadCache
    debugging: bool
    sanitizer: SkbSanitizer
    numbering: bool  # give each skb its pkt_id at birth, so that clones have the same
    sock_wfree: SkbDestructor | None
    sock_rfree: SkbDestructor | None

    def __init__(self) -> None:
        self.skbs = None
        self.nr_skbs = 0
        self.frags = None
        self.nr_frags = 0
        self.h512 = HeadCache(HEAD_512, FREE_HEADS_MAX)
        self.h1024 = HeadCache(HEAD_1024, FREE_HEADS_MAX)
        self.h2048 = HeadCache(HEAD_2048, FREE_BIG_HEADS_MAX)
        self.h4096 = HeadCache(HEAD_4096, FREE_BIG_HEADS_MAX)
        self.h8192 = HeadCache(HEAD_8192, FREE_LARGE_HEADS_MAX)
        self.h16384 = HeadCache(HEAD_16384, FREE_LARGE_HEADS_MAX)
        self.h32768 = HeadCache(HEAD_32768, FREE_LARGE_HEADS_MAX)
        self.debugging = False
        self.sanitizer = SkbSanitizer()
        self.numbering = False
        self.sock_wfree = None
        self.sock_rfree = None


slab = SkbSlab()


# ---- SkBuffs


def skb_from_slab() -> SkBuff:
    """An SkBuff that was used before or is new: links None, all else as it was left."""
    skb = slab.skbs
    if skb is None:
        return SkBuff()
    slab.skbs = skb.next
    slab.nr_skbs -= 1
    skb.next = None
    return skb


def skb_to_slab(skb: SkBuff) -> None:
    """kfree_skbmem(): skb, which holds nothing any more, goes to the free list."""
    if skb.site is not None:
        skb.site = None
    if slab.nr_skbs < FREE_SKBS_MAX:
        skb.next = slab.skbs
        slab.skbs = skb
        slab.nr_skbs += 1
    else:
        skb.next = None


# ---- heads


def head_alloc(size: int) -> SkbSharedInfo:
    """kmalloc(): a head of at least size bytes, dataref 1, no fragments."""
    assert size >= 0
    if size <= HEAD_512:
        return head_from(slab.h512)
    if size <= HEAD_1024:
        return head_from(slab.h1024)
    if size <= HEAD_2048:
        return head_from(slab.h2048)
    if size <= HEAD_4096:
        return head_from(slab.h4096)
    return head_alloc_large(size)


def head_alloc_large(size: int) -> SkbSharedInfo:
    """A head of more than a page."""
    if size <= HEAD_8192:
        return head_from(slab.h8192)
    if size <= HEAD_16384:
        return head_from(slab.h16384)
    if size <= HEAD_32768:
        return head_from(slab.h32768)
    total = 65536
    while total < size + const.SIZEOF_SKB_SHARED_INFO:
        total <<= 1
    assert total <= KMALLOC_MAX_SIZE, "alloc_skb() of more than kmalloc() can give"
    return SkbSharedInfo(bytearray(total - const.SIZEOF_SKB_SHARED_INFO))


def head_from(cache: HeadCache) -> SkbSharedInfo:
    """A head of the cache's size."""
    sh = cache.first
    if sh is None:
        return SkbSharedInfo(bytearray(cache.size))
    cache.first = sh.next
    cache.count -= 1
    sh.next = None
    sh.dataref = 1
    return sh


def head_free(sh: SkbSharedInfo) -> None:
    """kfree(): nobody holds sh any more, and it holds no fragments."""
    assert sh.frags is None
    assert sh.frag_list is None
    sh.gso_size = 0
    sh.gso_segs = 0
    sh.gso_type = 0
    sh.tx_flags = 0
    sh.hwtstamp = 0
    if sh.end == HEAD_512:
        head_to(slab.h512, sh)
    elif sh.end == HEAD_1024:
        head_to(slab.h1024, sh)
    elif sh.end == HEAD_2048:
        head_to(slab.h2048, sh)
    elif sh.end == HEAD_4096:
        head_to(slab.h4096, sh)
    elif sh.end == HEAD_8192:
        head_to(slab.h8192, sh)
    elif sh.end == HEAD_16384:
        head_to(slab.h16384, sh)
    elif sh.end == HEAD_32768:
        head_to(slab.h32768, sh)


def head_to(cache: HeadCache, sh: SkbSharedInfo) -> None:
    """Give sh back to its cache, or to Python when the cache is full."""
    if cache.count < cache.limit:
        sh.next = cache.first
        cache.first = sh
        cache.count += 1


# ---- fragments


def frag_alloc(page: bytes, off: int, size: int) -> SkbFrag:
    """A fragment that refers to size bytes at off of page."""
    assert off >= 0
    assert size >= 0
    assert off + size <= len(page)
    f = slab.frags
    if f is None:
        f = SkbFrag()
    else:
        slab.frags = f.next
        slab.nr_frags -= 1
        f.next = None
    f.page = page
    f.ptr = mem.addr(page)
    f.off = off
    f.size = size
    return f


def frag_free(f: SkbFrag) -> None:
    """__skb_frag_unref(): the reference to the page goes; f must be on no list."""
    f.page = None
    if slab.nr_frags < FREE_FRAGS_MAX:
        f.next = slab.frags
        slab.frags = f
        slab.nr_frags += 1


# ---- switches and figures


def register_sock_destructors(wfree: SkbDestructor, rfree: SkbDestructor) -> None:
    """net/core/sock says what settles the accounts of senders and receivers."""
    slab.sock_wfree = wfree
    slab.sock_rfree = rfree


def skb_number_packets(on: bool) -> None:
    """Number every skb at birth while a tracer wants to follow packets across their clones."""
    slab.numbering = on


def skb_set_sanitizer(sanitizer: SkbSanitizer | None) -> None:
    """Switch the sanitizer on (skb_debug does) or, with None, off."""
    slab.debugging = sanitizer is not None
    slab.sanitizer = SkbSanitizer() if sanitizer is None else sanitizer


def skb_slab_counts() -> dict[str, int]:
    """How many objects wait on each free list, by name; /proc/slabinfo's view."""
    return {
        "skbuff_head_cache": slab.nr_skbs,
        "skb_frag": slab.nr_frags,
        "kmalloc-512": slab.h512.count,
        "kmalloc-1024": slab.h1024.count,
        "kmalloc-2048": slab.h2048.count,
        "kmalloc-4096": slab.h4096.count,
        "kmalloc-8192": slab.h8192.count,
        "kmalloc-16384": slab.h16384.count,
        "kmalloc-32768": slab.h32768.count,
    }


def skb_slab_limits() -> dict[str, int]:
    """How many objects each free list may hold, by the same names."""
    return {
        "skbuff_head_cache": FREE_SKBS_MAX,
        "skb_frag": FREE_FRAGS_MAX,
        "kmalloc-512": slab.h512.limit,
        "kmalloc-1024": slab.h1024.limit,
        "kmalloc-2048": slab.h2048.limit,
        "kmalloc-4096": slab.h4096.limit,
        "kmalloc-8192": slab.h8192.limit,
        "kmalloc-16384": slab.h16384.limit,
        "kmalloc-32768": slab.h32768.limit,
    }


def skb_slab_shrink() -> None:
    """Give all that waits on the free lists back to Python."""
    small = (slab.h512, slab.h1024, slab.h2048, slab.h4096)
    for cache in (*small, slab.h8192, slab.h16384, slab.h32768):
        while cache.first is not None:
            cache.first = cache.first.next
        cache.count = 0
    while slab.skbs is not None:
        slab.skbs = slab.skbs.next
    slab.nr_skbs = 0
    while slab.frags is not None:
        slab.frags = slab.frags.next
    slab.nr_frags = 0
