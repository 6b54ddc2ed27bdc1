"""The Internet checksum, RFC 1071 and 1624. The interpreter's twin of csum.pxd.

Two kinds of number. A *sum* (Linux: __wsum) is 32 bits of one's-complement sum in progress: add
what you like, in any order. A *checksum* (__sum16) is the 16 bits that stand in a header: the
folded sum, inverted. Both are host integers of the bytes read as big-endian 16-bit words; a block
of odd length counts as if a zero byte followed.

    s = csum.csum_partial(skb.ptr, skb.transport_header, length, 0)
    uh.set_check(csum.csum_tcpudp_magic(saddr, daddr, length, IPPROTO_UDP, s))

Sums are never unique: 0xffff and 0x1fffe stand for the same value as zero does, except that only
all-zero data sums to 0. Compare folded ones only. Linux: include/net/checksum.h, lib/checksum.c.
"""

from __future__ import annotations

import softnet.arch.mem as mem


def csum_partial(p: mem.Source, o: int, n: int, s: int) -> int:
    """The sum s and the n bytes at p + o."""
    assert min(o, n) >= 0
    block = memoryview(p)[o : o + n]
    assert len(block) == n
    return csum_add(s, _fold16(int.from_bytes(block, "big") << 8 * (n & 1)))


def csum_partial_copy(src: mem.Source, soff: int, dst: bytearray, doff: int, n: int, s: int) -> int:
    """Copy n bytes from src + soff to dst + doff, and answer the sum s and these bytes: one pass.

    Source first, as in Linux; the two must not overlap.
    """
    mem.copy(dst, doff, src, soff, n)
    return csum_partial(dst, doff, n, s)


def csum_copy_from_user(
    buf: mem.UserBuffer, off: int, dst: bytearray, doff: int, n: int, s: int
) -> int:
    """copy_from_user() and csum_partial() in one pass: Linux's csum_and_copy_from_user()."""
    mem.copy_from_user(dst, doff, buf, off, n)
    return csum_partial(dst, doff, n, s)


def csum_fold(s: int) -> int:
    """The checksum that a sum amounts to."""
    s = (s & 0xFFFF) + (s >> 16)
    s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def csum_add(s: int, addend: int) -> int:
    """The sum of two sums, its carry added at the low end."""
    s += addend
    return (s & 0xFFFFFFFF) + (s >> 32)


def csum_sub(s: int, addend: int) -> int:
    """The sum s without addend: in one's complement, minus is the inverse."""
    return csum_add(s, ~addend & 0xFFFFFFFF)


def csum_block_add(s: int, addend: int, offset: int) -> int:
    """The sum of a block and of the one that follows it after offset bytes.

    When offset is odd, each byte of the second stands in the other half of its word.
    """
    if offset & 1:
        addend = (addend & 0x00FF00FF) << 8 | addend >> 8 & 0x00FF00FF
    return csum_add(s, addend)


def csum_block_sub(s: int, addend: int, offset: int) -> int:
    """The sum of a block without the one that stands offset bytes into it."""
    return csum_block_add(s, ~addend & 0xFFFFFFFF, offset)


def csum_tcpudp_nofold(saddr: int, daddr: int, length: int, proto: int, s: int) -> int:
    """The sum s and the pseudo header of TCP and UDP over IPv4, RFC 793 3.1."""
    return csum_add(csum_add(csum_add(s, saddr), daddr), length + proto)


def csum_tcpudp_magic(saddr: int, daddr: int, length: int, proto: int, s: int) -> int:
    """The checksum of a TCP or UDP segment: pseudo header, and s, the sum of its length bytes."""
    return csum_fold(csum_tcpudp_nofold(saddr, daddr, length, proto, s))


def ip_fast_csum(p: mem.Source, o: int, ihl: int) -> int:
    """The checksum over the IP header of ihl 32-bit words at p + o; 0 says that it is right."""
    return csum_fold(csum_partial(p, o, ihl * 4, 0))


def ip_compute_csum(p: mem.Source, o: int, n: int) -> int:
    """The checksum over n bytes, as ICMP and IGMP use it."""
    return csum_fold(csum_partial(p, o, n, 0))


def csum_replace2(check: int, old: int, new: int) -> int:
    """The checksum after one 16-bit word changed from old to new: RFC 1624, equation 3."""
    return csum_fold((~check & 0xFFFF) + (~old & 0xFFFF) + new)


def csum_replace4(check: int, old: int, new: int) -> int:
    """The checksum after an aligned 32-bit word, such as an address, changed from old to new."""
    return csum_fold(csum_add(csum_add(~check & 0xFFFF, ~old & 0xFFFFFFFF), new))


def _fold16(v: int) -> int:
    """A number of any size as the one's-complement sum of its 16-bit words: 0 for 0 only."""
    return v % 0xFFFF or (0xFFFF if v else 0)
