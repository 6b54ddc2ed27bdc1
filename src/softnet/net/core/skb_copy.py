"""Copies of an sk_buff, and checksums over one.

Linux: net/core/skbuff.c; skb_checksum_help() is from net/core/dev.c

skb_copy()     everything new and linear: the caller may write anywhere
pskb_copy()    the linear part new, the pages shared: the caller may write the headers
skb_clone()    nothing new (skb_life): the caller may write nothing

Sums follow the packet over odd boundaries: a part that starts at an odd offset has its bytes in the
other halves of the 16-bit words.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.net.core.skb_slab as kmem
from softnet.net.core.skb_frags import (
    pskb_expand_head,
    skb_clone_writable,
    skb_copy_bits,
    skb_copy_frag_refs,
    skb_headers_offset_update,
    skb_linearize,
)
from softnet.net.core.skb_life import (
    alloc_skb,
    copy_skb_header,
    kfree_skb,
    skb_clone,
    skb_cloned,
)
from softnet.structs.skbuff import SkBuff, skb_panic

EFAULT = 14


# ---- copies


def copy_skb_gso(n: SkBuff, skb: SkBuff) -> None:
    """copy_skb_header() of Linux is __copy_skb_header() and this: what skb wants done with it."""
    new = n.shinfo
    old = skb.shinfo
    new.gso_size = old.gso_size
    new.gso_segs = old.gso_segs
    new.gso_type = old.gso_type


def skb_copy(skb: SkBuff) -> SkBuff:
    """A copy with the same headroom, all its bytes linear and its own. skb stays the caller's."""
    if trace.skb_copy.enabled:
        trace.skb_copy.fire(skb)
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
    n = alloc_skb(skb.shinfo.end + skb.data_len)
    n.reserve(skb.data)
    n.put(skb.len)
    mem.copy(n.ptr, 0, skb.ptr, 0, skb.data)  # the headers in front of data
    error = skb_copy_bits(skb, 0, n.shinfo.head, n.data, skb.len)
    assert error == 0
    copy_skb_header(n, skb)
    copy_skb_gso(n, skb)
    return n


def pskb_copy(skb: SkBuff) -> SkBuff:
    """A copy whose linear part is its own and whose pages are skb's."""
    if trace.pskb_copy.enabled:
        trace.pskb_copy.fire(skb)
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
    n = alloc_skb(skb.shinfo.end)
    n.reserve(skb.data)
    n.put(skb.len - skb.data_len)
    mem.copy(n.ptr, 0, skb.ptr, 0, skb.tail)
    n.truesize += skb.data_len
    n.data_len = skb.data_len
    n.len = skb.len
    skb_copy_frag_refs(n.shinfo, skb.shinfo)
    copy_skb_header(n, skb)
    copy_skb_gso(n, skb)
    return n


def skb_copy_expand(skb: SkBuff, headroom: int, tailroom: int) -> SkBuff:
    """skb_copy() with other room in front and behind."""
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
    n = alloc_skb(headroom + skb.len + tailroom)
    n.reserve(headroom)
    n.put(skb.len)
    above = skb.data if skb.data < headroom else headroom
    mem.copy(n.ptr, headroom - above, skb.ptr, skb.data - above, above)
    error = skb_copy_bits(skb, 0, n.shinfo.head, n.data, skb.len)
    assert error == 0
    copy_skb_header(n, skb)
    copy_skb_gso(n, skb)
    move_headers(n, headroom - skb.data)
    return n


def move_headers(n: SkBuff, off: int) -> None:
    """skb_headers_offset_update() where a header may be left behind: then it is unset."""
    skb_headers_offset_update(n, off)
    if n.mac_header < -1:
        n.mac_header = -1
    if n.network_header < -1:
        n.network_header = -1
    if n.transport_header < -1:
        n.transport_header = -1


def skb_realloc_headroom(skb: SkBuff, headroom: int) -> SkBuff:
    """A second SkBuff with private headers and at least headroom bytes in front. skb stays.

    Neither shares what skb_push() would write: that is a pskb_copy(), or a clone that was grown.
    """
    delta = headroom - skb.data
    if delta <= 0:
        return pskb_copy(skb)
    n = skb_clone(skb)
    error = pskb_expand_head(n, (delta + 63) // 64 * 64, 0)
    assert error == 0
    return n


def skb_unshare(skb: SkBuff) -> SkBuff:
    """An SkBuff whose bytes the caller may write: skb, or a copy in its place. Consumes skb."""
    if skb_cloned(skb):
        n = skb_copy(skb)
        kfree_skb(skb)
        return n
    return skb


def skb_pad(skb: SkBuff, pad: int) -> int:
    """Zero pad bytes behind the end; len does not change. 0 or -ENOMEM.

    Differs from Linux: skb is not freed on an error (which cannot happen).
    """
    if not skb_cloned(skb) and skb.tailroom() >= pad:
        mem.fill(skb.ptr, skb.tail, pad, 0)
        return 0
    missing = skb.data_len + pad - (skb.shinfo.end - skb.tail)
    if missing > 0 or skb_cloned(skb):
        error = pskb_expand_head(skb, 0, missing if missing > 0 else 0)
        if error:
            return error
    error = skb_linearize(skb)
    if error:
        return error
    mem.fill(skb.ptr, skb.tail, pad, 0)
    return 0


def skb_padto(skb: SkBuff, length: int) -> int:
    """skb_pad() up to length bytes: for devices that send what lies behind a short frame."""
    return skb_pad(skb, length - skb.len) if skb.len < length else 0


# ---- into the packet


def skb_store_bits(skb: SkBuff, offset: int, src: bytes | bytearray, src_off: int, n: int) -> int:
    """Write n bytes of src at offset (from data); 0, -EFAULT if they do not all fit in the linear
    part.

    Differs from Linux: fragments are immutable here; skb_make_writable() first.
    """
    if offset < 0 or offset > skb.len - skb.data_len - n:
        return -EFAULT
    assert 0 <= src_off <= len(src) - n
    assert not skb_cloned(skb), skb_panic(skb, "write to bytes that a clone reads")
    mem.copy(skb.ptr, skb.data + offset, mem.addr(src), src_off, n)
    return 0


# ---- sums


def skb_checksum(skb: SkBuff, offset: int, length: int, s: int) -> int:
    """The sum s and length bytes at offset (from data), in fragments and frag_list too."""
    if trace.skb_checksum.enabled:
        trace.skb_checksum.fire(skb)
    assert 0 <= offset <= skb.len - length, skb_panic(skb, "checksum past the end")
    pos = 0  # bytes summed: says in which half of a word the next part starts
    start = skb.len - skb.data_len
    n = start - offset
    if n > 0:
        if n >= length:
            return csum.csum_partial(skb.ptr, skb.data + offset, length, s)
        s = csum.csum_partial(skb.ptr, skb.data + offset, n, s)
        offset += n
        length -= n
        pos = n
    f = skb.shinfo.frags
    while length > 0 and f is not None:
        if offset < start + f.size:
            skip = offset - start
            n = f.size - skip
            if n > length:
                n = length
            s = csum.csum_block_add(s, csum.csum_partial(f.ptr, f.off + skip, n, 0), pos)
            offset += n
            length -= n
            pos += n
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
            s = csum.csum_block_add(s, skb_checksum(part, skip, n, 0), pos)
            offset += n
            length -= n
            pos += n
        start += part.len
        part = part.next
    return s


def skb_copy_and_csum_bits(
    skb: SkBuff, offset: int, to: bytearray, to_off: int, length: int, s: int
) -> int:
    """skb_copy_bits() and skb_checksum() in one pass; the sum. The bytes must be there."""
    assert 0 <= offset <= skb.len - length, skb_panic(skb, "copy past the end")
    assert 0 <= to_off <= len(to) - length
    dst = mem.addr(to)
    pos = 0
    start = skb.len - skb.data_len
    n = start - offset
    if n > 0:
        if n > length:
            n = length
        s = csum.csum_partial_copy(skb.ptr, skb.data + offset, dst, to_off, n, s)
        offset += n
        length -= n
        pos = n
    f = skb.shinfo.frags
    while length > 0 and f is not None:
        if offset < start + f.size:
            skip = offset - start
            n = f.size - skip
            if n > length:
                n = length
            part_sum = csum.csum_partial_copy(f.ptr, f.off + skip, dst, to_off + pos, n, 0)
            s = csum.csum_block_add(s, part_sum, pos)
            offset += n
            length -= n
            pos += n
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
            part_sum = skb_copy_and_csum_bits(part, skip, to, to_off + pos, n, 0)
            s = csum.csum_block_add(s, part_sum, pos)
            offset += n
            length -= n
            pos += n
        start += part.len
        part = part.next
    return s


def skb_copy_and_csum_dev(skb: SkBuff, to: bytearray, to_off: int) -> None:
    """Copy the packet to a device that cannot sum, doing what CHECKSUM_PARTIAL asks."""
    start = skb.len - skb.data_len
    if skb.ip_summed == const.CHECKSUM_PARTIAL:
        start = skb.csum_start - skb.data
    error = skb_copy_bits(skb, 0, to, to_off, start)
    assert error == 0
    if skb.len > start:
        s = skb_copy_and_csum_bits(skb, start, to, to_off + start, skb.len - start, 0)
        if skb.ip_summed == const.CHECKSUM_PARTIAL:
            at = to_off + start + skb.csum_offset
            mem.put16(mem.addr(to), at, csum.csum_fold(s))


def skb_checksum_help(skb: SkBuff) -> int:
    """Do in software what CHECKSUM_PARTIAL asks the device to do; 0 or -ENOMEM.

    A result of 0 is sent as 0xffff, which is equal to it: in UDP 0 means "no checksum" (RFC 768).
    """
    if trace.skb_checksum_help.enabled:
        trace.skb_checksum_help.fire(skb)
    if skb.ip_summed == const.CHECKSUM_PARTIAL:
        offset = skb.csum_start - skb.data
        headlen = skb.len - skb.data_len
        assert 0 <= offset < headlen, skb_panic(skb, "csum_start outside the linear part")
        s = skb_checksum(skb, offset, skb.len - offset, 0)
        offset += skb.csum_offset
        assert offset + 2 <= headlen, skb_panic(skb, "csum_offset outside the linear part")
        if skb_cloned(skb) and not skb_clone_writable(skb, offset + 2):
            error = pskb_expand_head(skb, 0, 0)
            if error:
                return error
        check = csum.csum_fold(s)
        mem.put16(skb.ptr, skb.data + offset, check if check else const.CSUM_MANGLED_0)
    skb.ip_summed = const.CHECKSUM_NONE
    return 0


def skb_checksum_complete_head(skb: SkBuff, length: int) -> int:
    """__skb_checksum_complete_head(): the folded sum over length bytes and skb.csum, the pseudo
    header's; 0 is right, and marks skb as verified."""
    s = csum.csum_fold(skb_checksum(skb, 0, length, skb.csum))
    if s == 0:
        skb.ip_summed = const.CHECKSUM_UNNECESSARY
    return s


def skb_checksum_complete(skb: SkBuff) -> int:
    """0 if somebody verified skb or its checksum is right now; skb.csum has the pseudo header."""
    if skb.ip_summed == const.CHECKSUM_UNNECESSARY:
        return 0
    return skb_checksum_complete_head(skb, skb.len)


def skb_csum_unnecessary(skb: SkBuff) -> bool:
    """Need nobody look? CHECKSUM_PARTIAL came from this very machine: nothing could damage it."""
    return skb.ip_summed & const.CHECKSUM_UNNECESSARY != 0


def skb_partial_csum_set(skb: SkBuff, start: int, off: int) -> bool:
    """Make skb CHECKSUM_PARTIAL: sum from start (from data), stored off further. False: no room."""
    if start < 0 or off < 0 or start + off + 2 > skb.len - skb.data_len:
        return False
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start = skb.data + start
    skb.csum_offset = off
    return True


def skb_checksum_none_assert(skb: SkBuff) -> None:
    """A fresh skb says CHECKSUM_NONE already."""
    assert skb.ip_summed == const.CHECKSUM_NONE
