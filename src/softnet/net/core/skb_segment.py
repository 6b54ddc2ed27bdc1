"""Cutting packets apart and putting them together: TSO in software, GRO, SACK's needs.

Linux: net/core/skbuff.c

Payload in fragments is never copied here, only referred to again. Payload in a linear part has to
be, since a head may change.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.net.core.skb_slab as kmem
from softnet.net.core.skb_copy import skb_copy_and_csum_bits
from softnet.net.core.skb_frags import (
    append_frag,
    frag_dup,
    pop_frag,
    pskb_expand_head,
    skb_copy_bits,
)
from softnet.net.core.skb_life import (
    alloc_skb,
    copy_skb_header,
    skb_clone,
    skb_cloned,
    skb_fill_page_desc,
    skb_header_release,
    skb_release_head_state,
)
from softnet.net.core.skb_slab import (
    frag_alloc,
)
from softnet.structs.skbuff import SkbSharedInfo, SkBuff

E2BIG = 7
GRO_LEN_MAX = 65536  # bytes: a merged packet must stay below what an IP header can say


# ---- one becomes two


def skb_split(skb: SkBuff, skb1: SkBuff, length: int) -> None:
    """Move all but the first length bytes of skb to skb1, which has room for what is linear.

    Neither may be shared with a clone that needs the parts that move. No frag_list.
    """
    if trace.skb_split.enabled:
        trace.skb_split.fire(skb)
    assert skb.shinfo.frag_list is None
    assert skb1.shinfo.frags is None
    headlen = skb.len - skb.data_len
    if length < headlen:
        n = headlen - length
        o = skb1.put(n)
        mem.copy(skb1.ptr, o, skb.ptr, skb.data + length, n)
        move_frags(skb1.shinfo, skb.shinfo)
        skb1.data_len = skb.data_len
        skb1.len += skb.data_len
        skb.data_len = 0
        skb.len = length
        skb.tail = skb.data + length
    elif length < skb.len:
        moved = skb.len - length
        cut_frags(skb1.shinfo, skb.shinfo, length - headlen)
        skb1.data_len = moved
        skb1.len += moved
        skb.data_len -= moved
        skb.len = length


def move_frags(to: SkbSharedInfo, sh: SkbSharedInfo) -> None:
    """All fragments of sh become those of to, which has none."""
    to.frags = sh.frags
    to.frags_tail = sh.frags_tail
    to.nr_frags = sh.nr_frags
    sh.frags = None
    sh.frags_tail = None
    sh.nr_frags = 0


def cut_frags(to: SkbSharedInfo, sh: SkbSharedInfo, keep: int) -> None:
    """Leave the first keep bytes of sh's fragments there; to, which has none, gets the rest."""
    tail = None
    f = sh.frags
    kept = 0
    while f is not None and keep >= f.size:
        keep -= f.size
        kept += 1
        tail = f
        f = f.next
    if f is not None and keep > 0:  # this one is in both
        rest = frag_dup(f)
        rest.off += keep
        rest.size -= keep
        rest.next = f.next
        f.size = keep
        f.next = None
        kept += 1
        to.frags = rest
        to.frags_tail = rest if rest.next is None else sh.frags_tail
        to.nr_frags = sh.nr_frags - kept + 1
        sh.frags_tail = f
    else:
        to.frags = f
        to.frags_tail = None if f is None else sh.frags_tail
        to.nr_frags = sh.nr_frags - kept
        sh.frags_tail = tail
        if tail is None:
            sh.frags = None
        else:
            tail.next = None
    sh.nr_frags = kept


def skb_shift(tgt: SkBuff, skb: SkBuff, shiftlen: int) -> int:
    """Move up to shiftlen bytes from the front of skb to the end of tgt; how many moved.

    All or nothing: 0 if skb has linear data, either is shared, or tgt has no fragments left.
    """
    assert 0 <= shiftlen <= skb.len
    if skb.len > skb.data_len or tgt.shinfo.frag_list is not None:
        return 0
    if skb.shinfo.frag_list is not None or not shiftlen:
        return 0
    if tgt.shinfo.nr_frags + frags_for(skb.shinfo, shiftlen) > const.MAX_SKB_FRAGS:
        return 0
    if prepare_for_shift(skb) or prepare_for_shift(tgt):
        return 0
    to = tgt.shinfo
    sh = skb.shinfo
    left = shiftlen
    f = sh.frags
    while left > 0:
        assert f is not None
        last = to.frags_tail
        n = f.size if f.size < left else left
        if last is not None and last.page is f.page and last.off + last.size == f.off:
            last.size += n
        else:
            page = f.page
            assert page is not None
            append_frag(to, frag_alloc(page, f.off, n))
        left -= n
        if n < f.size:
            f.off += n
            f.size -= n
        else:
            f = pop_frag(sh)
    # Device checksums or none: a sum over the old bytes means nothing now.
    tgt.ip_summed = const.CHECKSUM_PARTIAL
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.len -= shiftlen
    skb.data_len -= shiftlen
    skb.truesize -= shiftlen
    tgt.len += shiftlen
    tgt.data_len += shiftlen
    tgt.truesize += shiftlen
    return shiftlen


def frags_for(sh: SkbSharedInfo, length: int) -> int:
    """How many fragments the first length bytes of sh's touch."""
    count = 0
    f = sh.frags
    while length > 0 and f is not None:
        length -= f.size
        count += 1
        f = f.next
    return count


def prepare_for_shift(skb: SkBuff) -> int:
    """skb_prepare_for_shift(): own the list of fragments; 0 or -ENOMEM."""
    return pskb_expand_head(skb, 0, 0) if skb_cloned(skb) else 0


# ---- one becomes many


def skb_segment(skb: SkBuff, features: int) -> SkBuff | None:
    """Cut skb, data at the transport payload, into packets of gso_size payload bytes.

    The headers, from mac_header to data, go in front of each as they are; what differs from one
    segment to the next (lengths, ids, sequence numbers, checksums) is the protocols' to write.
    Answers a list linked by next; skb stays the caller's. mac_len must be set. Without NETIF_F_SG
    in features everything is copied and each segment's csum is the sum over its payload.
    """
    if trace.skb_segment.enabled:
        trace.skb_segment.fire(skb)
    if kmem.slab.debugging:
        kmem.slab.sanitizer.check(skb)
    mss = skb.shinfo.gso_size
    assert mss > 0
    assert skb.mac_header >= 0
    doffset = skb.data - skb.mac_header
    sg = features & const.NETIF_F_SG != 0
    headroom = skb.mac_header
    first: SkBuff | None = None
    last: SkBuff | None = None
    offset = 0  # into the payload
    while offset < skb.len:
        n = skb.len - offset
        if n > mss:
            n = mss
        hsize = skb.len - skb.data_len - offset  # what lies in the linear part
        if hsize < 0:
            hsize = 0
        if hsize > n or not sg:
            hsize = n
        whole = whole_of_fraglist(skb, offset, n) if hsize == 0 else None
        if whole is not None:
            seg = segment_from_part(skb, whole, doffset, headroom)
        else:
            seg = alloc_skb(hsize + doffset + headroom)
            seg.reserve(headroom)
            seg.put(doffset)
            copy_skb_header(seg, skb)
        segment_headers(seg, skb, doffset)
        if whole is None:
            if not sg:
                o = seg.put(n)
                seg.ip_summed = const.CHECKSUM_NONE
                seg.csum = skb_copy_and_csum_bits(skb, offset, seg.shinfo.head, o, n, 0)
            else:
                segment_payload(seg, skb, offset, hsize, n)
        if last is None:
            first = seg
        else:
            last.next = seg
        last = seg
        offset += n
    return first


def segment_headers(seg: SkBuff, skb: SkBuff, doffset: int) -> None:
    """Copy the doffset bytes of skb's headers to the front of seg, and say where each is."""
    moved = seg.data - skb.mac_header
    seg.mac_len = skb.mac_len
    seg.mac_header = seg.data
    seg.network_header = seg.data + skb.mac_len
    seg.transport_header = seg.network_header + skb.transport_header - skb.network_header
    if seg.ip_summed == const.CHECKSUM_PARTIAL:
        seg.csum_start = skb.csum_start + moved
    mem.copy(seg.ptr, seg.data, skb.ptr, skb.mac_header, doffset)


def whole_of_fraglist(skb: SkBuff, offset: int, n: int) -> SkBuff | None:
    """The skb in skb's frag_list that is exactly the n bytes at offset, if there is one."""
    part = skb.shinfo.frag_list
    if part is None:
        return None
    start = skb.len - skb.data_len
    f = skb.shinfo.frags
    while f is not None:
        start += f.size
        f = f.next
    while part is not None and start < offset:
        start += part.len
        part = part.next
    return part if part is not None and start == offset and part.len == n else None


def segment_from_part(skb: SkBuff, part: SkBuff, doffset: int, headroom: int) -> SkBuff:
    """A clone of part with room for doffset bytes of headers, which are pushed, not written."""
    seg = skb_clone(part)
    before = seg.shinfo.end
    if seg.data < doffset + headroom or skb_cloned(seg):
        nhead = doffset + headroom - seg.data
        error = pskb_expand_head(seg, nhead if nhead > 0 else 0, 0)
        assert error == 0
        seg.truesize += seg.shinfo.end - before
    skb_release_head_state(seg)
    seg.push(doffset)
    copy_skb_header(seg, skb)
    return seg


def segment_payload(seg: SkBuff, skb: SkBuff, offset: int, hsize: int, n: int) -> None:
    """Give seg the n payload bytes of skb at offset: hsize linear ones copied, pages referred to.

    Bytes of a frag_list's heads that do not make a whole segment are copied into a page.
    """
    if hsize:
        o = seg.put(hsize)
        mem.copy(seg.ptr, o, skb.ptr, skb.data + offset, hsize)
        offset += hsize
        n -= hsize
    start = skb.len - skb.data_len
    f = skb.shinfo.frags
    sh = seg.shinfo
    added = 0
    while n > 0 and f is not None:
        if offset < start + f.size:
            skip = offset - start
            m = f.size - skip
            if m > n:
                m = n
            page = f.page
            assert page is not None
            append_frag(sh, frag_alloc(page, f.off + skip, m))
            offset += m
            n -= m
            added += m
        start += f.size
        f = f.next
    if n > 0:
        buf = bytearray(n)
        error = skb_copy_bits(skb, offset, buf, 0, n)
        assert error == 0
        append_frag(sh, frag_alloc(bytes(buf), 0, n))
        added += n
    seg.len += added
    seg.data_len += added
    seg.truesize += added


# ---- many become one


def skb_gro_receive(p: SkBuff, skb: SkBuff) -> int:
    """Append skb's payload, from skb.gro_offset on, to p, which GRO holds; 0, or -E2BIG.

    p stays the same SkBuff, as in the caller's list. skb is part of it now: with gro_free set only
    an empty SkBuff is left for the caller to free, else p's frag_list has it.
    Linux: skb_gro_receive(), which may put a new skb in p's place.
    """
    if trace.skb_gro_receive.enabled:
        trace.skb_gro_receive.fire(skb)
    n = skb.len - skb.gro_offset
    offset = skb.gro_offset
    headlen = skb.len - skb.data_len
    if p.len + n >= GRO_LEN_MAX:
        return -E2BIG
    psh = p.shinfo
    sh = skb.shinfo
    if psh.frag_list is None:
        if headlen <= offset and sh.frag_list is None:
            if psh.nr_frags + sh.nr_frags > const.MAX_SKB_FRAGS:
                return -E2BIG
            skip_frags(sh, offset - headlen)
            f = sh.frags
            while f is not None:
                nxt = f.next
                f.next = None
                append_frag(psh, f)
                f = nxt
            sh.frags = None
            sh.frags_tail = None
            sh.nr_frags = 0
            skb.truesize -= skb.data_len
            skb.len -= skb.data_len
            skb.data_len = 0
            skb.gro_free = True
            gro_account(p, skb, n)
            return 0
        if p.len - p.gro_offset != psh.gso_size:
            return -E2BIG  # p has several segments in fragments: no mixing
        gro_make_fraglist(p)
    if offset > headlen:
        skip_frags(sh, offset - headlen)
        skb.data_len -= offset - headlen
        skb.len -= offset - headlen
        offset = headlen
    skb.pull(offset)
    last = p.gro_last
    assert last is not None
    last.next = skb
    p.gro_last = skb
    skb_header_release(skb)
    gro_account(p, skb, n)
    return 0


def gro_account(p: SkBuff, skb: SkBuff, n: int) -> None:
    """n bytes more are p's."""
    p.gro_count += 1
    p.data_len += n
    p.truesize += n
    p.len += n
    skb.gro_same_flow = True


def skip_frags(sh: SkbSharedInfo, n: int) -> None:
    """Take n bytes off the front of sh's fragments; the owner's lengths are the caller's."""
    f = sh.frags
    while n > 0:
        assert f is not None
        if f.size > n:
            f.off += n
            f.size -= n
            n = 0
        else:
            n -= f.size
            f = pop_frag(sh)


def gro_make_fraglist(p: SkBuff) -> None:
    """Turn p into its headers and a frag_list that holds its payload as an skb of its own."""
    payload = skb_clone(p)
    headers = p.gro_offset
    size = payload.shinfo.gso_size
    segs = payload.shinfo.gso_segs
    kind = payload.shinfo.gso_type
    error = pskb_expand_head(p, 0, 0)  # a head that is p's alone
    assert error == 0
    payload.shinfo.gso_size = 0
    skb_release_head_state(payload)
    payload.pull(headers)
    skb_header_release(payload)
    drop_payload(p, headers)
    sh = p.shinfo
    sh.gso_size = size
    sh.gso_segs = segs
    sh.gso_type = kind
    sh.frag_list = payload
    p.gro_last = payload
    p.data_len = payload.len
    p.len += payload.len
    p.truesize += payload.len


def drop_payload(p: SkBuff, headers: int) -> None:
    """Leave of p, whose head nobody shares, only the first headers bytes."""
    sh = p.shinfo
    while sh.frags is not None:
        pop_frag(sh)
    p.data_len = 0
    p.len = headers
    p.tail = p.data + headers


# ---- UDP fragmentation offload


def skb_append_datato_frags(skb: SkBuff, buf: object, off: int, length: int) -> None:
    """Append length bytes of a user's buffer as fragments, for the device to cut up.

    bytes are referred to; anything else is copied first, since its owner may change it. The owner
    of skb pays. OSError(EFAULT) if buf has fewer.
    """
    if isinstance(buf, bytes):
        page = buf
    else:
        copy = bytearray(length)
        mem.copy_from_user(mem.addr(copy), 0, buf, off, length)
        page = bytes(copy)
        off = 0
    skb_fill_page_desc(skb, page, off, length)
    skb.truesize += length
    sk = skb.sk
    if sk is not None:
        sk.sk_wmem_alloc += length
