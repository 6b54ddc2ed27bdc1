"""ICMP headers, RFC 792.

    0      1      2            4                           8
    | type | code | checksum   | id, sequence              | data, or the packet at fault ...
                               | gateway                   |
                               | (unused), next-hop mtu    |

Linux: struct icmphdr in include/linux/icmp.h. The word at 4 depends on the type: its readings are
un.echo.id, un.echo.sequence, un.gateway and un.frag.mtu in C.
"""

from __future__ import annotations

import softnet.arch.mem as mem


class IcmpHdr:
    """struct icmphdr: an ICMP header where it lies, at buf[off]."""

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def type(self) -> int:
        return mem.get8(self.ptr, self.off)

    def code(self) -> int:
        return mem.get8(self.ptr, self.off + 1)

    def checksum(self) -> int:
        return mem.get16(self.ptr, self.off + 2)

    def un(self) -> int:
        """All 32 bits at 4."""
        return mem.get32(self.ptr, self.off + 4)

    def id(self) -> int:
        """Of an echo or timestamp message: whose it is."""
        return mem.get16(self.ptr, self.off + 4)

    def sequence(self) -> int:
        """Of an echo or timestamp message: which one it is."""
        return mem.get16(self.ptr, self.off + 6)

    def gateway(self) -> int:
        """Of a redirect: the better next hop."""
        return mem.get32(self.ptr, self.off + 4)

    def mtu(self) -> int:
        """Of ICMP_FRAG_NEEDED: what the next hop can carry, in bytes (RFC 1191); 0 is unsaid."""
        return mem.get16(self.ptr, self.off + 6)

    def pointer(self) -> int:
        """Of ICMP_PARAMETERPROB: the offset of the byte at fault."""
        return mem.get8(self.ptr, self.off + 4)

    def set_type(self, type: int) -> None:
        assert 0 <= type <= 255
        mem.put8(self.ptr, self.off, type)

    def set_code(self, code: int) -> None:
        assert 0 <= code <= 255
        mem.put8(self.ptr, self.off + 1, code)

    def set_checksum(self, checksum: int) -> None:
        assert checksum == mem.u16(checksum)
        mem.put16(self.ptr, self.off + 2, checksum)

    def set_un(self, un: int) -> None:
        assert un == mem.u32(un)
        mem.put32(self.ptr, self.off + 4, un)

    def set_id(self, id: int) -> None:
        assert id == mem.u16(id)
        mem.put16(self.ptr, self.off + 4, id)

    def set_sequence(self, sequence: int) -> None:
        assert sequence == mem.u16(sequence)
        mem.put16(self.ptr, self.off + 6, sequence)


def icmp_view(buf: bytearray, off: int) -> IcmpHdr:
    """The ICMP header at buf[off]."""
    icmph = IcmpHdr.__new__(IcmpHdr)
    icmph.buf = buf
    icmph.ptr = mem.addr(buf)
    icmph.off = off
    return icmph
