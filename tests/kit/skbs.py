"""Socket buffers as a test needs them: linear, in fragments, in a frag_list, or all of it.

skb = make_skb(b"header", b"fragment", b"another", room=64)
assert skb_tobytes(skb) == b"headerfragmentanother"
"""

from __future__ import annotations

import softnet.arch.mem as mem
from softnet.net.core.skbuff import alloc_skb, skb_fill_page_desc
from softnet.structs.skbuff import SkBuff


def pattern(n: int, start: int = 0) -> bytes:
    """n bytes that say where they belong: no two places within 251 bytes look alike."""
    return bytes((start + i) % 251 for i in range(n))


def write(skb: SkBuff, data: bytes) -> SkBuff:
    """Append data to the linear part."""
    o = skb.put(len(data))
    memoryview(skb.shinfo.head)[o : o + len(data)] = data
    return skb


def make_skb(linear: bytes, *frags: bytes, room: int = 0, size: int = 0) -> SkBuff:
    """linear bytes behind room bytes of headroom, then one fragment for each of frags.

    Each fragment lies inside a larger page, as they do. truesize is charged for them.
    """
    skb = alloc_skb(max(size, room + len(linear)))
    skb.reserve(room)
    write(skb, linear)
    for data in frags:
        skb_fill_page_desc(skb, b"\xee" * 7 + data + b"\xee" * 3, 7, len(data))
        skb.truesize += len(data)
    return skb


def add_frag_list(skb: SkBuff, *parts: SkBuff) -> SkBuff:
    """Hang parts below skb."""
    last: SkBuff | None = None
    for part in parts:
        if last is None:
            assert skb.shinfo.frag_list is None
            skb.shinfo.frag_list = part
        else:
            last.next = part
        last = part
        skb.len += part.len
        skb.data_len += part.len
        skb.truesize += part.truesize
    return skb


def list_of(skb: SkBuff | None) -> list[SkBuff]:
    """The skbs of a list linked by next, taken apart."""
    found = []
    while skb is not None:
        nxt = skb.next
        skb.next = None
        found.append(skb)
        skb = nxt
    return found


def peek16(skb: SkBuff, off: int) -> int:
    """The 16 bits at offset off of the linear data."""
    return mem.get16(skb.shinfo.head, skb.data + off)
