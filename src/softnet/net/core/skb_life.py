"""The life of an sk_buff: allocation, cloning, ownership, freeing.

Linux: net/core/skbuff.c, include/linux/skbuff.h

Whoever is handed an skb frees it or hands it on, on every path:

    consume_skb(skb)            it did what it was for
    kfree_skb(skb, reason)      it was dropped; reason is const.SKB_DROP_REASON_*

Both take back one reference (`users`); the last one frees. The bytes (SkbSharedInfo) have their own
count, `dataref`, which clones share. Its low 16 bits count all holders, the bits above those who
promised to leave the headers alone (skb_header_release).

What is freed goes to the free lists of skb_slab, or, under the sanitizer, into its quarantine.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.net.core.skb_slab as kmem
from softnet.kernel.tracepoint import next_packet_id
from softnet.machine.cpu import in_irq
from softnet.net.core.skb_slab import (
    frag_alloc,
    frag_free,
    head_alloc,
    head_free,
    skb_from_slab,
    skb_to_slab,
)
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import (
    SkbSharedInfo,
    SkBuff,
    SkBuffHead,
    skb_panic,
)
from softnet.structs.sock import Sock

SKB_DATAREF_SHIFT = 16
SKB_DATAREF_MASK = (1 << SKB_DATAREF_SHIFT) - 1
PAYLOAD_REF = (1 << SKB_DATAREF_SHIFT) + 1  # what a holder with nohdr adds to dataref


# ---- allocation


def alloc_skb(size: int) -> SkBuff:
    """An empty skb whose head has room for at least size bytes; all of it is tailroom."""
    skb = skb_over_head(head_alloc(size))
    if kmem.slab.debugging:
        kmem.slab.sanitizer.head_fresh(skb.shinfo)
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
    skb = skb_from_slab()
    skb.reset_meta()
    skb.cloned = False
    skb.data = 0
    skb.tail = 0
    skb.len = 0
    skb.data_len = 0
    skb.shinfo = sh
    skb.ptr = sh.ptr
    skb.users = 1
    skb.truesize = sh.end + const.SKB_TRUESIZE_OVERHEAD
    if kmem.slab.numbering:
        skb_id(skb)
    if kmem.slab.debugging:
        kmem.slab.sanitizer.allocated(skb)
    return skb


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
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
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
    if kmem.slab.debugging:
        kmem.slab.sanitizer.freed(skb, sh if last else None)
    else:
        skb_to_slab(skb)
        if last:
            head_free(sh)


def skb_release_head_state(skb: SkBuff) -> None:
    """Part with everything outside the packet itself: route, owner, connection tracking."""
    if skb.dst is not None:
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
    """skb_drop_list(): give back one reference to each of a list linked by next.

    Differs from Linux: 3.2 calls kfree_skb(), which makes a drop of each part of a super-packet that was
    read to its end. Whether it was dropped is said of the whole.
    """
    while skb is not None:
        nxt = skb.next
        consume_skb(skb)
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
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
    n = skb_from_slab()
    skb_clone_into(n, skb)
    if kmem.slab.debugging:
        kmem.slab.sanitizer.allocated(n)
    return n


def skb_morph(dst: SkBuff, src: SkBuff) -> SkBuff:
    """Make dst, which loses what it was, a clone of src."""
    skb_release_head_state(dst)
    sh = dst.shinfo
    if skb_data_put(dst, sh):
        if kmem.slab.debugging:
            kmem.slab.sanitizer.head_replaced(dst, sh)
        else:
            head_free(sh)
    skb_clone_into(dst, src)
    return dst


def skb_clone_into(n: SkBuff, skb: SkBuff) -> None:
    """__skb_clone(): every field of n, as a clone of skb has it."""
    copy_skb_header(n, skb)
    n.data, n.tail, n.len, n.data_len = skb.data, skb.tail, skb.len, skb.data_len
    n.truesize = skb.truesize
    n.mac_len = skb.mac_len
    n.hdr_len = skb.data if skb.nohdr else skb.hdr_len
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
    if kmem.slab.numbering:
        n.pkt_id = skb_id(skb)
    else:
        n.pkt_id = skb.pkt_id
    if n.dev is not skb.dev:
        n.dev = skb.dev
    if n.dst is not skb.dst:
        n.dst = skb.dst
    if n.nfct is not skb.nfct:
        n.nfct = skb.nfct
    if n.nf_bridge is not skb.nf_bridge:
        n.nf_bridge = skb.nf_bridge
    if n.cb is not skb.cb:
        n.cb = skb.cb
    if n.ip_opt is not skb.ip_opt:
        n.ip_opt = skb.ip_opt
    # Several at a time, neighbours in the struct: C loads and stores them as vectors.
    n.mac_header, n.network_header = skb.mac_header, skb.network_header
    n.transport_header = skb.transport_header
    n.ip_summed, n.csum, n.csum_start, n.csum_offset = (
        skb.ip_summed,
        skb.csum,
        skb.csum_start,
        skb.csum_offset,
    )
    n.protocol, n.pkt_type, n.priority, n.mark = (
        skb.protocol,
        skb.pkt_type,
        skb.priority,
        skb.mark,
    )
    n.skb_iif, n.queue_mapping, n.rxhash, n.vlan_tci = (
        skb.skb_iif,
        skb.queue_mapping,
        skb.rxhash,
        skb.vlan_tci,
    )
    n.tc_index, n.tc_verd, n.dropcount, n.tstamp = (
        skb.tc_index,
        skb.tc_verd,
        skb.dropcount,
        skb.tstamp,
    )
    n.nfctinfo, n.seq, n.end_seq, n.ack_seq = (
        skb.nfctinfo,
        skb.seq,
        skb.end_seq,
        skb.ack_seq,
    )
    n.when, n.tcp_flags, n.sacked, n.ip_flags = (
        skb.when,
        skb.tcp_flags,
        skb.sacked,
        skb.ip_flags,
    )
    n.gro_offset, n.gro_flush, n.gro_count = skb.gro_offset, skb.gro_flush, skb.gro_count
    n.local_df, n.ooo_okay, n.l4_rxhash, n.gro_same_flow, n.gro_free = (
        skb.local_df,
        skb.ooo_okay,
        skb.l4_rxhash,
        skb.gro_same_flow,
        skb.gro_free,
    )


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
    """An SkBuff that is the caller's alone: skb, or a clone in its place. Consumes skb."""
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
    if skb.sk is not None:
        skb.sk = None


def skb_set_owner_w(skb: SkBuff, sk: Sock) -> None:
    """Charge skb to sk's send buffer. sk cannot go before skb: sk_wmem_alloc holds it."""
    if trace.skb_set_owner_w.enabled:
        trace.skb_set_owner_w.fire(skb)
    if skb.destructor is not None:
        skb_orphan(skb)
    skb.sk = sk
    skb.destructor = kmem.slab.sock_wfree
    sk.sk_wmem_alloc += skb.truesize


def skb_set_owner_r(skb: SkBuff, sk: Sock) -> None:
    """Charge skb to sk's receive buffer, out of what sk_rmem_schedule() reserved."""
    if skb.destructor is not None:
        skb_orphan(skb)
    skb.sk = sk
    skb.destructor = kmem.slab.sock_rfree
    sk.sk_rmem_alloc += skb.truesize
    if sk.sk_mem is not None:
        sk.sk_forward_alloc -= skb.truesize


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
