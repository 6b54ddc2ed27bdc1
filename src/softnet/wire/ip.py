"""IPv4 headers, RFC 791 3.1.

     0      1      2             4             6             8      9      10
    | 4  ihl| tos  | tot_len     | id          | frag_off    | ttl  | proto| check      |
    12                          16                          20                   4 * ihl
    | saddr                     | daddr                     | options ...        |

Linux: struct iphdr in include/linux/ip.h; ip_send_check(), ip_decrease_ttl() and
ip_is_fragment() of include/net/ip.h are methods here.
"""

from __future__ import annotations

import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.uapi.in_ as in_


class IpHdr:
    """struct iphdr: an IPv4 header where it lies, at buf[off]. Nothing is copied.

    Accessors trust that the bytes are there; ip_rcv() proves it once, at the door.
    They take and return host integers: byte order does not exist outside wire/.
    """

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def version(self) -> int:
        return mem.get8(self.ptr, self.off) >> 4

    def ihl(self) -> int:
        """Header length in 32-bit words, as on the wire."""
        return mem.get8(self.ptr, self.off) & 0x0F

    def hdrlen(self) -> int:
        """Header length in bytes, options included."""
        return (mem.get8(self.ptr, self.off) & 0x0F) << 2

    def tos(self) -> int:
        return mem.get8(self.ptr, self.off + 1)

    def tot_len(self) -> int:
        """Bytes of header and payload."""
        return mem.get16(self.ptr, self.off + 2)

    def id(self) -> int:
        return mem.get16(self.ptr, self.off + 4)

    def frag_off(self) -> int:
        """IP_DF, IP_MF and the offset in units of 8 bytes (IP_OFFSET), as on the wire."""
        return mem.get16(self.ptr, self.off + 6)

    def offset(self) -> int:
        """Where in its datagram this fragment's payload belongs, in bytes."""
        return (mem.get16(self.ptr, self.off + 6) & in_.IP_OFFSET) << 3

    def is_fragment(self) -> bool:
        """ip_is_fragment(): is this a part of a datagram, first, middle or last?"""
        return mem.get16(self.ptr, self.off + 6) & (in_.IP_MF | in_.IP_OFFSET) != 0

    def ttl(self) -> int:
        return mem.get8(self.ptr, self.off + 8)

    def protocol(self) -> int:
        return mem.get8(self.ptr, self.off + 9)

    def check(self) -> int:
        return mem.get16(self.ptr, self.off + 10)

    def saddr(self) -> int:
        return mem.get32(self.ptr, self.off + 12)

    def daddr(self) -> int:
        return mem.get32(self.ptr, self.off + 16)

    def set_hdrlen(self, n: int) -> None:
        """Say version 4 and a header of n bytes."""
        assert 20 <= n <= 60
        assert n & 3 == 0
        mem.put8(self.ptr, self.off, 0x40 | n >> 2)

    def set_tos(self, tos: int) -> None:
        assert 0 <= tos <= 255
        mem.put8(self.ptr, self.off + 1, tos)

    def set_tot_len(self, n: int) -> None:
        assert n == mem.u16(n)
        mem.put16(self.ptr, self.off + 2, n)

    def set_id(self, v: int) -> None:
        assert v == mem.u16(v)
        mem.put16(self.ptr, self.off + 4, v)

    def set_frag_off(self, v: int) -> None:
        assert v == mem.u16(v)
        mem.put16(self.ptr, self.off + 6, v)

    def set_ttl(self, ttl: int) -> None:
        assert 0 <= ttl <= 255
        mem.put8(self.ptr, self.off + 8, ttl)

    def set_protocol(self, protocol: int) -> None:
        assert 0 <= protocol <= 255
        mem.put8(self.ptr, self.off + 9, protocol)

    def set_check(self, check: int) -> None:
        assert check == mem.u16(check)
        mem.put16(self.ptr, self.off + 10, check)

    def set_saddr(self, addr: int) -> None:
        assert addr == mem.u32(addr)
        mem.put32(self.ptr, self.off + 12, addr)

    def set_daddr(self, addr: int) -> None:
        assert addr == mem.u32(addr)
        mem.put32(self.ptr, self.off + 16, addr)

    def check_ok(self) -> bool:
        """Does the header sum up to its checksum? The layer has proven hdrlen() bytes."""
        return csum.ip_fast_csum(self.ptr, self.off, mem.get8(self.ptr, self.off) & 0x0F) == 0

    def send_check(self) -> None:
        """ip_send_check(): compute the checksum; all other fields are in place."""
        mem.put16(self.ptr, self.off + 10, 0)
        check = csum.ip_fast_csum(self.ptr, self.off, mem.get8(self.ptr, self.off) & 0x0F)
        mem.put16(self.ptr, self.off + 10, check)

    def decrease_ttl(self) -> int:
        """ip_decrease_ttl(): one hop less, the checksum mended (RFC 1624); the new ttl."""
        word = mem.get16(self.ptr, self.off + 8)
        assert word > 0xFF
        check = csum.csum_replace2(mem.get16(self.ptr, self.off + 10), word, word - 0x100)
        mem.put16(self.ptr, self.off + 8, word - 0x100)
        mem.put16(self.ptr, self.off + 10, check)
        return (word >> 8) - 1


def ip_view(buf: bytearray, off: int) -> IpHdr:
    """The IPv4 header at buf[off]."""
    iph = IpHdr.__new__(IpHdr)
    iph.buf = buf
    iph.ptr = mem.addr(buf)
    iph.off = off
    return iph
