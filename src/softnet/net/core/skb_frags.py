"""The parts of an sk_buff: how bytes move between fragments and the linear head, and go away.

Linux: net/core/skbuff.c, include/linux/skbuff.h

A header must lie in the linear part before it can be read: each layer's door asks pskb_may_pull().
What is cut off or pulled in never changes a page: fragments refer to immutable bytes, so only their
bounds move. CHECKSUM_COMPLETE is a statement about all of the packet's bytes: who takes some off
the front corrects skb.csum (skb_pull_rcsum), who takes some off the end gives it up
(pskb_trim_rcsum).
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.net.core.skb_life as life
import softnet.net.core.skb_slab as kmem
from softnet.net.core.skb_life import (
    consume_skb,
    skb_clone,
    skb_cloned,
    skb_data_put,
    skb_drop_list,
    skb_header_cloned,
)
from softnet.net.core.skb_slab import (
    frag_alloc,
    frag_free,
    head_alloc,
    head_free,
)
from softnet.structs.skbuff import SkbFrag, SkbSharedInfo, SkBuff, skb_panic

PULL_SLACK = 128  # bytes: a head that must grow for a pull grows by this much more

ENOMEM = 12
EFAULT = 14


# ---- the front


def pskb_may_pull(skb: SkBuff, length: int) -> bool:
    """Make the first length bytes linear. False if the packet is shorter: then nothing changed.

    The head may be a new one afterwards: make header views anew.
    """
    if length <= skb.len - skb.data_len:
        return True
    if length > skb.len:
        return False
    return pskb_pull_tail(skb, length - (skb.len - skb.data_len))


def pskb_pull(skb: SkBuff, length: int) -> int:
    """skb.pull() that makes the bytes linear first; the new data offset, -1 if too few."""
    if not pskb_may_pull(skb, length):
        return -1
    return skb.pull(length)


def pskb_pull_tail(skb: SkBuff, delta: int) -> bool:
    """__pskb_pull_tail(): move delta bytes from the fragments to the end of the linear part."""
    if trace.pskb_pull_tail.enabled:
        trace.pskb_pull_tail.fire(skb)
    assert 0 <= delta <= skb.data_len, skb_panic(skb, "pull of more than there is")
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
    missing = skb.tail + delta - skb.shinfo.end
    if missing > 0 or skb_cloned(skb) or kmem.slab.debugging:
        error = pskb_expand_head(skb, 0, missing + PULL_SLACK if missing > 0 else 0)
        if error:
            return False
    sh = skb.shinfo
    left = delta
    f = sh.frags
    while left > 0 and f is not None:
        n = f.size if f.size < left else left
        mem.copy(skb.ptr, skb.tail, f.ptr, f.off, n)
        skb.tail += n
        left -= n
        if n < f.size:
            f.off += n
            f.size -= n
            break
        f = pop_frag(sh)
    while left > 0:
        left -= pull_from_fraglist(skb, sh, left)
    skb.data_len -= delta
    return True


def pop_frag(sh: SkbSharedInfo) -> SkbFrag | None:
    """Give back the first fragment of sh; the one that is first now."""
    f = sh.frags
    assert f is not None
    sh.frags = f.next
    sh.nr_frags -= 1
    if sh.frags is None:
        sh.frags_tail = None
    f.next = None
    frag_free(f)
    return sh.frags


def pull_from_fraglist(skb: SkBuff, sh: SkbSharedInfo, length: int) -> int:
    """Move up to length bytes of the first skb of sh's frag_list to skb's tail; how many."""
    part = sh.frag_list
    assert part is not None, skb_panic(skb, "data_len promises more than the frag_list has")
    n = part.len if part.len < length else length
    error = skb_copy_bits(part, 0, skb.shinfo.head, skb.tail, n)
    assert error == 0
    skb.tail += n
    if n == part.len:
        sh.frag_list = part.next
        if part.users == 1:
            part.next = None
        consume_skb(part)
        return n
    if part.users != 1:  # another packet shows it whole: shorten a clone
        clone = skb_clone(part)
        clone.next = part.next
        sh.frag_list = clone
        consume_skb(part)
        part = clone
    taken = pskb_pull(part, n)
    assert taken >= 0
    return n


def skb_pull_rcsum(skb: SkBuff, length: int) -> int:
    """skb.pull() that keeps CHECKSUM_COMPLETE true; the new data offset."""
    start = skb.data
    data = skb.pull(length)
    assert data >= 0, skb_panic(skb, "skb_pull_rcsum() of more than there is")
    skb_postpull_rcsum(skb, start, length)
    return data


def skb_postpull_rcsum(skb: SkBuff, start: int, length: int) -> None:
    """length bytes at offset start of the head left the packet: take them out of skb.csum."""
    if skb.ip_summed == const.CHECKSUM_COMPLETE:
        skb.csum = csum.csum_sub(skb.csum, csum.csum_partial(skb.ptr, start, length, 0))


def skb_postpush_rcsum(skb: SkBuff, start: int, length: int) -> None:
    """length bytes at offset start of the head joined the packet's front."""
    if skb.ip_summed == const.CHECKSUM_COMPLETE:
        s = csum.csum_partial(skb.ptr, start, length, 0)
        skb.csum = csum.csum_block_add(s, skb.csum, length)


# ---- the end


def skb_trim(skb: SkBuff, length: int) -> None:
    """__skb_trim() of a packet that is linear: at most length bytes stay."""
    if skb.len > length:
        assert skb.data_len == 0, skb_panic(skb, "skb_trim() of a packet with fragments")
        skb.len = length
        skb.tail = skb.data + length


def pskb_trim(skb: SkBuff, length: int) -> int:
    """At most length bytes stay, wherever they lie; 0 or -ENOMEM."""
    if length >= skb.len:
        return 0
    if skb.data_len == 0:
        skb.len = length
        skb.tail = skb.data + length
        return 0
    return pskb_trim_frags(skb, length)


def pskb_trim_rcsum(skb: SkBuff, length: int) -> int:
    """pskb_trim(); a CHECKSUM_COMPLETE sum over bytes that are gone is given up."""
    if length >= skb.len:
        return 0
    if skb.ip_summed == const.CHECKSUM_COMPLETE:
        skb.ip_summed = const.CHECKSUM_NONE
    return pskb_trim(skb, length)


def pskb_trim_frags(skb: SkBuff, length: int) -> int:
    """___pskb_trim(): shorten a packet with fragments to length bytes."""
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
    if skb_cloned(skb):
        error = pskb_expand_head(skb, 0, 0)
        if error:
            return error
    sh = skb.shinfo
    keep = length - (skb.len - skb.data_len)  # bytes of fragments that stay
    if keep <= 0:
        skb.data_len = 0
        skb.tail = skb.data + length
        keep = 0
    else:
        skb.data_len = keep
    skb.len = length
    keep = trim_frags(sh, keep)
    if sh.frag_list is not None:
        trim_fraglist(sh, keep)
    return 0


def trim_frags(sh: SkbSharedInfo, keep: int) -> int:
    """Drop all but keep bytes of sh's fragments; how many of these are to be in its frag_list."""
    prev: SkbFrag | None = None
    f = sh.frags
    while f is not None and keep > 0:
        if f.size > keep:
            f.size = keep
        keep -= f.size
        prev = f
        f = f.next
    if prev is None:
        sh.frags = None
    else:
        prev.next = None
    sh.frags_tail = prev
    while f is not None:
        nxt = f.next
        sh.nr_frags -= 1
        frag_free(f)
        f = nxt
    return keep


def trim_fraglist(sh: SkbSharedInfo, keep: int) -> None:
    """Drop all but keep bytes of sh's frag_list."""
    prev: SkBuff | None = None
    part = sh.frag_list
    while part is not None and keep > 0:
        if part.users != 1:  # the links are another packet's too: go on with a list of our own
            clone = skb_clone(part)
            clone.next = part.next
            if prev is None:
                sh.frag_list = clone
            else:
                prev.next = clone
            consume_skb(part)
            part = clone
        if part.len > keep:
            error = pskb_trim(part, keep)
            assert error == 0
        keep -= part.len
        prev = part
        part = part.next
    if prev is None:
        sh.frag_list = None
    elif part is not None:
        prev.next = None
    skb_drop_list(part)
    assert keep == 0, "a frag_list shorter than data_len says"


# ---- all of it


def skb_linearize(skb: SkBuff) -> int:
    """Make all of skb linear; 0 or -ENOMEM."""
    if trace.skb_linearize.enabled:
        trace.skb_linearize.fire(skb)
    if skb.data_len and not pskb_pull_tail(skb, skb.data_len):
        return -ENOMEM
    return 0


def skb_linearize_cow(skb: SkBuff) -> int:
    """Make all of skb linear, and its bytes the caller's alone; 0 or -ENOMEM."""
    if skb.data_len or skb_cloned(skb):
        return 0 if pskb_pull_tail(skb, skb.data_len) else -ENOMEM
    return 0


def skb_has_frag_list(skb: SkBuff) -> bool:
    """Do other skbs hang below this one?"""
    return skb.shinfo.frag_list is not None


def skb_pagelen(skb: SkBuff) -> int:
    """Bytes in the linear part and the fragments, without the frag_list."""
    total = skb.len - skb.data_len
    f = skb.shinfo.frags
    while f is not None:
        total += f.size
        f = f.next
    return total


# ---- a head of its own


def pskb_expand_head(skb: SkBuff, nhead: int, ntail: int) -> int:
    """Give skb a head with nhead bytes more in front and at least ntail more behind; 0.

    What was shared with clones is skb's own afterwards, but for the pages. Header offsets move
    along. Pointers and views into the old head are dead.
    """
    if trace.pskb_expand_head.enabled:
        trace.pskb_expand_head.fire(skb)
    assert nhead >= 0
    assert ntail >= 0
    assert skb.users == 1, skb_panic(skb, "pskb_expand_head() of a shared skb")
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
    old = skb.shinfo
    new = head_alloc(nhead + old.end + ntail)
    mem.copy(new.ptr, nhead, skb.ptr, 0, skb.tail)
    new.gso_size = old.gso_size
    new.gso_segs = old.gso_segs
    new.gso_type = old.gso_type
    new.tx_flags = old.tx_flags
    new.hwtstamp = old.hwtstamp
    if not skb.cloned or old.dataref == (life.PAYLOAD_REF if skb.nohdr else 1):
        new.frags = old.frags
        new.frags_tail = old.frags_tail
        new.nr_frags = old.nr_frags
        new.frag_list = old.frag_list
        old.frags = None
        old.frags_tail = None
        old.nr_frags = 0
        old.frag_list = None
        alone = True
    else:
        skb_copy_frag_refs(new, old)
        alone = skb_data_put(skb, old)
        assert not alone
    skb.shinfo = new
    skb.ptr = new.ptr
    skb.cloned = False
    skb.nohdr = False
    skb.hdr_len = 0
    skb.data += nhead
    skb.tail += nhead
    if nhead:
        skb_headers_offset_update(skb, nhead)
    if alone:
        if kmem.slab.debugging:
            kmem.slab.sanitizer.head_replaced(skb, old)
        else:
            head_free(old)
    return 0


def skb_copy_frag_refs(new: SkbSharedInfo, old: SkbSharedInfo) -> None:
    """Let new refer to all that old refers to: the same pages, the same skbs below."""
    f = old.frags
    while f is not None:
        append_frag(new, frag_dup(f))
        f = f.next
    part = old.frag_list
    new.frag_list = part
    while part is not None:
        part.users += 1
        part = part.next


def frag_dup(f: SkbFrag) -> SkbFrag:
    """One more reference to the same bytes."""
    page = f.page
    assert page is not None
    return frag_alloc(page, f.off, f.size)


def append_frag(sh: SkbSharedInfo, f: SkbFrag) -> None:
    """Put f, which is on no list, behind the fragments of sh. Lengths are the caller's."""
    assert f.next is None
    tail = sh.frags_tail
    if tail is None:
        sh.frags = f
    else:
        tail.next = f
    sh.frags_tail = f
    sh.nr_frags += 1


def skb_headers_offset_update(skb: SkBuff, off: int) -> None:
    """The packet moved off bytes up in its head: so do the headers and csum_start."""
    if skb.ip_summed == const.CHECKSUM_PARTIAL:
        skb.csum_start += off
    if skb.mac_header >= 0:
        skb.mac_header += off
    if skb.network_header >= 0:
        skb.network_header += off
    if skb.transport_header >= 0:
        skb.transport_header += off


def skb_cow(skb: SkBuff, headroom: int) -> int:
    """Before writing to the linear part: own it, with headroom bytes in front; 0 or -ENOMEM."""
    return cow(skb, headroom, skb_cloned(skb))


def skb_cow_head(skb: SkBuff, headroom: int) -> int:
    """Before writing headers only: skb_cow() that lets a payload-only holder be; 0 or -ENOMEM."""
    return cow(skb, headroom, skb_header_cloned(skb))


def cow(skb: SkBuff, headroom: int, cloned: bool) -> int:
    """__skb_cow()"""
    delta = headroom - skb.data if headroom > skb.data else 0
    if delta or cloned:
        delta = (delta + const.NET_SKB_PAD - 1) // const.NET_SKB_PAD * const.NET_SKB_PAD
        return pskb_expand_head(skb, delta, 0)
    return 0


def skb_clone_writable(skb: SkBuff, length: int) -> bool:
    """May the first length linear bytes be written although skb is a clone?"""
    return not skb_header_cloned(skb) and skb.data + length <= skb.hdr_len


def skb_make_writable(skb: SkBuff, length: int) -> bool:
    """Make the first length bytes linear and the caller's to write. False if there are fewer.

    Linux: skb_make_writable() of netfilter, skb_ensure_writable() of later kernels.
    """
    if not pskb_may_pull(skb, length):
        return False
    if not skb_cloned(skb) or skb_clone_writable(skb, length):
        return True
    return pskb_expand_head(skb, 0, 0) == 0


# ---- bytes in and out, wherever they lie


def skb_copy_bits(skb: SkBuff, offset: int, to: bytearray, to_off: int, length: int) -> int:
    """Copy length bytes at offset (from data) to to[to_off:]; 0, -EFAULT if there are fewer."""
    if trace.skb_copy_bits.enabled:
        trace.skb_copy_bits.fire(skb)
    if offset < 0 or length < 0 or offset > skb.len - length:
        return -EFAULT
    assert 0 <= to_off <= len(to) - length
    dst = mem.addr(to)
    start = skb.len - skb.data_len
    n = start - offset
    if n > 0:
        if n > length:
            n = length
        mem.copy(dst, to_off, skb.ptr, skb.data + offset, n)
        offset += n
        to_off += n
        length -= n
    f = skb.shinfo.frags
    while length > 0 and f is not None:
        if offset < start + f.size:
            skip = offset - start
            n = f.size - skip
            if n > length:
                n = length
            mem.copy(dst, to_off, f.ptr, f.off + skip, n)
            offset += n
            to_off += n
            length -= n
        start += f.size
        f = f.next
    part = skb.shinfo.frag_list
    while length > 0:
        assert part is not None, skb_panic(skb, "len promises more than there is")
        if offset < start + part.len:
            skip = offset - start
            n = part.len - skip
            if n > length:
                n = length
            if skb_copy_bits(part, skip, to, to_off, n):
                return -EFAULT
            offset += n
            to_off += n
            length -= n
        start += part.len
        part = part.next
    return 0


def skb_header_pointer_copy(skb: SkBuff, offset: int, length: int) -> bytes | None:
    """skb_header_pointer() for those who may not move anything: a copy; None if it is too short."""
    if offset < 0 or offset > skb.len - length:
        return None
    if offset + length <= skb.len - skb.data_len:
        return mem.tobytes(skb.ptr, skb.data + offset, length)
    buf = bytearray(length)
    skb_copy_bits(skb, offset, buf, 0, length)
    return bytes(buf)


def skb_tobytes(skb: SkBuff) -> bytes:
    """All of the packet, copied out: for taps and tests."""
    if skb.data_len == 0:
        return mem.tobytes(skb.ptr, skb.data, skb.len)
    buf = bytearray(skb.len)
    skb_copy_bits(skb, 0, buf, 0, skb.len)
    return bytes(buf)
