"""The life of an sk_buff: allocation, cloning, ownership, freeing.

Linux: net/core/skbuff.c, include/linux/skbuff.h

Whoever is handed an skb frees it or hands it on, on every path:

    consume_skb(skb)            it did what it was for
    kfree_skb(skb, reason)      it was dropped; reason is const.SKB_DROP_REASON_*

Both take back one reference (`users`); the last one frees. The bytes (SkbSharedInfo) have their own
count, `dataref`, which clones share. Its low 16 bits count all holders, the bits above those who
promised to leave the headers alone (skb_header_release).

Heads have the sizes that kmalloc() would give them, less the skb_shared_info at their end, so that
truesize, and with it every socket buffer limit, is what it is in Linux on x86-64. Freed objects go
to free lists, each with a bound; an object there keeps no reference. A sanitizer (skb_debug) can be
switched on at run time: it costs one flag test here while it is off.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
from softnet.kernel.tracepoint import next_packet_id
from softnet.machine.cpu import in_irq
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import (
    SkbDestructor,
    SkbFrag,
    SkbSharedInfo,
    SkBuff,
    SkBuffHead,
    skb_panic,
)
from softnet.structs.sock import Sock

# Bytes of a head from each kmalloc() cache: what skb_shared_info leaves of it.
HEAD_512 = 512 - const.SIZEOF_SKB_SHARED_INFO
HEAD_1024 = 1024 - const.SIZEOF_SKB_SHARED_INFO
HEAD_2048 = 2048 - const.SIZEOF_SKB_SHARED_INFO
HEAD_4096 = 4096 - const.SIZEOF_SKB_SHARED_INFO
KMALLOC_MAX_SIZE = 4 << 20  # bytes: alloc_skb() of more is a bug of the caller

# Bounds of the free lists, in objects: about 16 MiB when all are full.
FREE_SKBS_MAX = 8192
FREE_FRAGS_MAX = 8192
FREE_HEADS_MAX = 4096  # of 512 and 1024 bytes
FREE_BIG_HEADS_MAX = 2048  # of 2048 and 4096 bytes

SKB_DATAREF_SHIFT = 16
SKB_DATAREF_MASK = (1 << SKB_DATAREF_SHIFT) - 1
PAYLOAD_REF = (1 << SKB_DATAREF_SHIFT) + 1  # what a holder with nohdr adds to dataref


class SkbSanitizer:
    """What skb_debug hangs into this file while it is on."""

    __slots__ = ()

    def allocated(self, skb: SkBuff) -> None:
        """skb was just allocated, cloned or copied."""

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
        "h2048",
        "h4096",
        "h512",
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
        self.debugging = False
        self.sanitizer = SkbSanitizer()
        self.numbering = False
        self.sock_wfree = None
        self.sock_rfree = None


slab = SkbSlab()


# ---- allocation


def alloc_skb(size: int) -> SkBuff:
    """An empty skb whose head has room for at least size bytes; all of it is tailroom."""
    skb = skb_over_head(head_alloc(size))
    if trace.alloc_skb.enabled:
        trace.alloc_skb.fire(skb)
    return skb


def dev_alloc_skb(length: int) -> SkBuff:
    """alloc_skb() with NET_SKB_PAD bytes of headroom, for a driver without its device at hand."""
    skb = alloc_skb(length + const.NET_SKB_PAD)
    skb.data = const.NET_SKB_PAD
    skb.tail = const.NET_SKB_PAD
    return skb


def netdev_alloc_skb(dev: NetDevice | None, length: int) -> SkBuff:
    """An skb for a frame of length bytes that dev receives; NET_SKB_PAD bytes of headroom."""
    skb = dev_alloc_skb(length)
    skb.dev = dev
    if trace.netdev_alloc_skb.enabled:
        trace.netdev_alloc_skb.fire(skb)
    return skb


def netdev_alloc_skb_ip_align(dev: NetDevice | None, length: int) -> SkBuff:
    """netdev_alloc_skb() that leaves the IP header behind an Ethernet header 4-byte aligned."""
    skb = netdev_alloc_skb(dev, length + const.NET_IP_ALIGN)
    skb.reserve(const.NET_IP_ALIGN)
    return skb


def build_skb(head: bytearray) -> SkBuff:
    """An empty skb around a buffer that exists: the whole of head, which never resizes again.

    Linux: build_skb(), where skb_shared_info stands at the end of the buffer; here it does not.
    """
    return skb_over_head(SkbSharedInfo(head))


def skb_over_head(sh: SkbSharedInfo) -> SkBuff:
    """A fresh SkBuff that owns sh."""
    skb = slab.skbs
    if skb is None:
        skb = SkBuff()
    else:
        slab.skbs = skb.next
        slab.nr_skbs -= 1
        skb.next = None
        skb.reset_meta()
        skb.cloned = False
        skb.len = 0
        skb.data_len = 0
        skb.data = 0
        skb.tail = 0
    skb.shinfo = sh
    skb.ptr = sh.ptr
    skb.users = 1
    skb.truesize = sh.end + const.SKB_TRUESIZE_OVERHEAD
    if slab.numbering:
        skb.pkt_id = next_packet_id()
    if slab.debugging:
        slab.sanitizer.allocated(skb)
    return skb


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
    total = 8192
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


def head_to(cache: HeadCache, sh: SkbSharedInfo) -> None:
    """Give sh back to its cache, or to Python when the cache is full."""
    if cache.count < cache.limit:
        sh.next = cache.first
        cache.first = sh
        cache.count += 1


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


def skb_fill_page_desc(skb: SkBuff, page: bytes, off: int, size: int) -> None:
    """Append size bytes at off of page, by reference: len and data_len grow.

    The caller charges truesize. Differs from Linux: it appends instead of setting slot i, and it
    counts the bytes (as skb_add_rx_frag() does), since nobody wants the one without the other.
    """
    sh = skb.shinfo
    assert sh.dataref & SKB_DATAREF_MASK == 1, skb_panic(skb, "fragment added to shared data")
    f = frag_alloc(page, off, size)
    tail = sh.frags_tail
    if tail is None:
        sh.frags = f
    else:
        tail.next = f
    sh.frags_tail = f
    sh.nr_frags += 1
    skb.len += size
    skb.data_len += size


def skb_add_rx_frag(skb: SkBuff, page: bytes, off: int, size: int, truesize: int) -> None:
    """skb_fill_page_desc(), and charge truesize bytes."""
    skb_fill_page_desc(skb, page, off, size)
    skb.truesize += truesize


# ---- freeing


def skb_get(skb: SkBuff) -> SkBuff:
    """Take one more reference to this very SkBuff."""
    assert skb.users > 0, skb_panic(skb, "skb_get() of a freed skb")
    skb.users += 1
    return skb


def kfree_skb(skb: SkBuff | None, reason: int = const.SKB_DROP_REASON_NOT_SPECIFIED) -> None:
    """Drop skb: give back one reference, and say why. None is nothing."""
    if skb is not None:
        if skb.users == 1:
            if trace.kfree_skb.enabled:
                trace.kfree_skb.drop(skb, reason)
            kfree_skb_last(skb)
        else:
            skb_unref(skb)


def consume_skb(skb: SkBuff | None) -> None:
    """Done with skb: give back one reference. It did not fail, so no drop is reported."""
    if skb is not None:
        if skb.users == 1:
            if trace.consume_skb.enabled:
                trace.consume_skb.fire(skb)
            kfree_skb_last(skb)
        else:
            skb_unref(skb)


def skb_unref(skb: SkBuff) -> None:
    """Give back a reference that is not the last."""
    assert skb.users > 0, skb_panic(skb, "double free")
    skb.users -= 1


def kfree_skb_last(skb: SkBuff) -> None:
    """__kfree_skb(): free skb, whose last reference this is, without a trace."""
    assert skb.users == 1, skb_panic(skb, "double free")
    if slab.debugging:
        slab.sanitizer.check(skb)
    skb_release_head_state(skb)
    sh = skb.shinfo
    last = skb_data_put(skb, sh)
    skb.users = 0
    skb.shinfo = None  # type: ignore[assignment]  # until it is allocated again
    if skb.prev is not None:
        skb.prev = None
    if skb.dev is not None:
        skb.dev = None
    if skb.cb is not None:
        skb.cb = None
    if skb.ip_opt is not None:
        skb.ip_opt = None
    if skb.gro_last is not None:
        skb.gro_last = None
    if slab.debugging:
        slab.sanitizer.freed(skb, sh if last else None)
    else:
        skb_to_slab(skb)
        if last:
            head_free(sh)


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


def skb_release_head_state(skb: SkBuff) -> None:
    """Part with everything outside the packet itself: route, owner, connection tracking."""
    skb.dst = None
    destructor = skb.destructor
    if destructor is not None:
        assert not in_irq(), "an skb with an owner freed in a hard interrupt: dev_kfree_skb_irq()"
        destructor.destruct(skb)
        skb.destructor = None
    if skb.sk is not None:
        skb.sk = None
    if skb.nfct is not None:
        skb.nfct = None
    if skb.nf_bridge is not None:
        skb.nf_bridge = None


def skb_data_put(skb: SkBuff, sh: SkbSharedInfo) -> bool:
    """skb_release_data(): skb lets go of sh. True if nobody holds sh now: then it is empty."""
    if skb.cloned:
        sh.dataref -= PAYLOAD_REF if skb.nohdr else 1
        assert sh.dataref >= 0, skb_panic(skb, "dataref below zero")
        if sh.dataref:
            return False
    if sh.frags is not None:
        skb_drop_frags(sh)
    if sh.frag_list is not None:
        skb_drop_fraglist(sh)
    return True


def skb_drop_frags(sh: SkbSharedInfo) -> None:
    """Give back all fragments of sh."""
    f = sh.frags
    while f is not None:
        nxt = f.next
        frag_free(f)
        f = nxt
    sh.frags = None
    sh.frags_tail = None
    sh.nr_frags = 0


def skb_drop_fraglist(sh: SkbSharedInfo) -> None:
    """Give back one reference to each skb of sh's frag_list."""
    skb = sh.frag_list
    sh.frag_list = None
    skb_drop_list(skb)


def skb_drop_list(skb: SkBuff | None) -> None:
    """skb_drop_list(): kfree_skb() each of a list linked by next."""
    while skb is not None:
        nxt = skb.next
        kfree_skb(skb)
        skb = nxt


def skb_queue_purge(q: SkBuffHead) -> None:
    """Drop every skb of q."""
    if trace.skb_queue_purge.enabled:
        trace.skb_queue_purge.fire(q)
    skb = q.dequeue()
    while skb is not None:
        kfree_skb(skb, const.SKB_DROP_REASON_QUEUE_PURGE)
        skb = q.dequeue()


# ---- clones and shares


def skb_clone(skb: SkBuff) -> SkBuff:
    """A second SkBuff for the same bytes, without an owner. Neither may write where both read."""
    if trace.skb_clone.enabled:
        trace.skb_clone.fire(skb)
    if slab.debugging:
        slab.sanitizer.check(skb)
    n = slab.skbs
    if n is None:
        n = SkBuff()
    else:
        slab.skbs = n.next
        slab.nr_skbs -= 1
        n.next = None
    skb_clone_into(n, skb)
    if slab.debugging:
        slab.sanitizer.allocated(n)
    return n


def skb_morph(dst: SkBuff, src: SkBuff) -> SkBuff:
    """Make dst, which loses what it was, a clone of src."""
    skb_release_head_state(dst)
    sh = dst.shinfo
    if skb_data_put(dst, sh):
        head_free(sh)
    skb_clone_into(dst, src)
    return dst


def skb_clone_into(n: SkBuff, skb: SkBuff) -> None:
    """__skb_clone(): every field of n, as a clone of skb has it."""
    copy_skb_header(n, skb)
    n.len = skb.len
    n.data_len = skb.data_len
    n.mac_len = skb.mac_len
    n.hdr_len = skb.data if skb.nohdr else skb.hdr_len
    n.data = skb.data
    n.tail = skb.tail
    n.truesize = skb.truesize
    n.cloned = True
    n.nohdr = False
    n.peeked = False
    n.users = 1
    sh = skb.shinfo
    n.shinfo = sh
    n.ptr = sh.ptr
    sh.dataref += 1
    assert sh.dataref & SKB_DATAREF_MASK, "more clones of one skb than dataref can count"
    skb.cloned = True


def copy_skb_header(n: SkBuff, skb: SkBuff) -> None:
    """__copy_skb_header(): all of skb that is neither bytes, geometry, owner nor links.

    An object in cb or ip_opt is then held by both: change it only after replacing it.
    """
    if slab.numbering:
        n.pkt_id = skb_id(skb)
    else:
        n.pkt_id = skb.pkt_id
    n.dev = skb.dev
    n.dst = skb.dst
    n.nfct = skb.nfct
    n.nf_bridge = skb.nf_bridge
    n.cb = skb.cb
    n.ip_opt = skb.ip_opt
    n.tstamp = skb.tstamp
    n.mac_header = skb.mac_header
    n.network_header = skb.network_header
    n.transport_header = skb.transport_header
    n.ip_summed = skb.ip_summed
    n.csum = skb.csum
    n.csum_start = skb.csum_start
    n.csum_offset = skb.csum_offset
    n.protocol = skb.protocol
    n.pkt_type = skb.pkt_type
    n.priority = skb.priority
    n.mark = skb.mark
    n.skb_iif = skb.skb_iif
    n.queue_mapping = skb.queue_mapping
    n.rxhash = skb.rxhash
    n.l4_rxhash = skb.l4_rxhash
    n.local_df = skb.local_df
    n.ooo_okay = skb.ooo_okay
    n.vlan_tci = skb.vlan_tci
    n.tc_index = skb.tc_index
    n.tc_verd = skb.tc_verd
    n.dropcount = skb.dropcount
    n.nfctinfo = skb.nfctinfo
    n.seq = skb.seq
    n.end_seq = skb.end_seq
    n.ack_seq = skb.ack_seq
    n.when = skb.when
    n.tcp_flags = skb.tcp_flags
    n.sacked = skb.sacked
    n.ip_flags = skb.ip_flags
    n.gro_offset = skb.gro_offset
    n.gro_flush = skb.gro_flush
    n.gro_count = skb.gro_count
    n.gro_same_flow = skb.gro_same_flow
    n.gro_free = skb.gro_free


def skb_cloned(skb: SkBuff) -> bool:
    """Does another SkBuff hold the same bytes?"""
    return skb.cloned and skb.shinfo.dataref & SKB_DATAREF_MASK != 1


def skb_header_cloned(skb: SkBuff) -> bool:
    """Does another SkBuff hold the same headers? One that kept only the payload does not count."""
    if not skb.cloned:
        return False
    dataref = skb.shinfo.dataref
    return (dataref & SKB_DATAREF_MASK) - (dataref >> SKB_DATAREF_SHIFT) != 1


def skb_header_release(skb: SkBuff) -> None:
    """Promise to write no header in front of skb's payload: a clone of it may (TCP transmit)."""
    assert not skb.nohdr
    skb.nohdr = True
    skb.shinfo.dataref += 1 << SKB_DATAREF_SHIFT


def skb_share_check(skb: SkBuff) -> SkBuff:
    """An SkBuff that is the caller's alone: skb, or a clone in its place. Consumes the reference."""
    if skb.users != 1:
        n = skb_clone(skb)
        kfree_skb(skb)
        return n
    return skb


# ---- owners


def skb_orphan(skb: SkBuff) -> None:
    """Take skb from its owner, whose accounts are settled now."""
    if trace.skb_orphan.enabled:
        trace.skb_orphan.fire(skb)
    destructor = skb.destructor
    if destructor is not None:
        destructor.destruct(skb)
        skb.destructor = None
    skb.sk = None


def skb_set_owner_w(skb: SkBuff, sk: Sock) -> None:
    """Charge skb to sk's send buffer. sk cannot go before skb: sk_wmem_alloc holds it."""
    if trace.skb_set_owner_w.enabled:
        trace.skb_set_owner_w.fire(skb)
    skb_orphan(skb)
    skb.sk = sk
    skb.destructor = slab.sock_wfree
    sk.sk_wmem_alloc += skb.truesize


def skb_set_owner_r(skb: SkBuff, sk: Sock) -> None:
    """Charge skb to sk's receive buffer, out of what sk_rmem_schedule() reserved."""
    skb_orphan(skb)
    skb.sk = sk
    skb.destructor = slab.sock_rfree
    sk.sk_rmem_alloc += skb.truesize
    if sk.sk_mem is not None:
        sk.sk_forward_alloc -= skb.truesize


def register_sock_destructors(wfree: SkbDestructor, rfree: SkbDestructor) -> None:
    """net/core/sock says what settles the accounts of senders and receivers."""
    slab.sock_wfree = wfree
    slab.sock_rfree = rfree


def skb_dst_drop(skb: SkBuff) -> None:
    """Forget the route."""
    skb.dst = None


def nf_reset(skb: SkBuff) -> None:
    """Forget connection tracking: skb starts over, in another namespace or tunnel."""
    skb.nfct = None
    skb.nfctinfo = 0
    skb.nf_bridge = None


# ---- identity


def skb_id(skb: SkBuff) -> int:
    """The packet's number for tracing, given on first use: clones, copies, segments have it too."""
    if skb.pkt_id == 0:
        skb.pkt_id = next_packet_id()
    return skb.pkt_id


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
    }


def skb_slab_shrink() -> None:
    """Give all that waits on the free lists back to Python."""
    for cache in (slab.h512, slab.h1024, slab.h2048, slab.h4096):
        while cache.first is not None:
            cache.first = cache.first.next
        cache.count = 0
    while slab.skbs is not None:
        slab.skbs = slab.skbs.next
    slab.nr_skbs = 0
    while slab.frags is not None:
        slab.frags = slab.frags.next
    slab.nr_frags = 0
