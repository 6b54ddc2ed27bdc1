"""ARP packets, RFC 826, for IPv4 over Ethernet.

    0       2       4     5     6       8            14           18           24           28
    | hrd   | pro   | hln | pln | op    | sender MAC | sender IP  | target MAC | target IP  |

Linux: struct arphdr in include/linux/if_arp.h, and what arp_process() reads behind it. The four
addresses are where they are for ar_hln 6 and ar_pln 4 only: arp_rcv() proves that.
"""

from __future__ import annotations

import softnet.arch.mem as mem


class ArpHdr:
    """struct arphdr and its addresses, where they lie, at buf[off]."""

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def ar_hrd(self) -> int:
        """ARPHRD_*: the kind of hardware address."""
        return mem.get16(self.ptr, self.off)

    def ar_pro(self) -> int:
        """ETH_P_*: the kind of protocol address."""
        return mem.get16(self.ptr, self.off + 2)

    def ar_hln(self) -> int:
        """Bytes of a hardware address."""
        return mem.get8(self.ptr, self.off + 4)

    def ar_pln(self) -> int:
        """Bytes of a protocol address."""
        return mem.get8(self.ptr, self.off + 5)

    def ar_op(self) -> int:
        """ARPOP_*."""
        return mem.get16(self.ptr, self.off + 6)

    def ar_sha(self) -> bytes:
        """The sender's hardware address."""
        return mem.tobytes(self.ptr, self.off + 8, 6)

    def ar_sip(self) -> int:
        """The sender's IP address."""
        return mem.get32(self.ptr, self.off + 14)

    def ar_tha(self) -> bytes:
        """The target's hardware address."""
        return mem.tobytes(self.ptr, self.off + 18, 6)

    def ar_tip(self) -> int:
        """The target's IP address."""
        return mem.get32(self.ptr, self.off + 24)

    def set_ar_hrd(self, hrd: int) -> None:
        assert hrd == mem.u16(hrd)
        mem.put16(self.ptr, self.off, hrd)

    def set_ar_pro(self, pro: int) -> None:
        assert pro == mem.u16(pro)
        mem.put16(self.ptr, self.off + 2, pro)

    def set_ar_hln(self, hln: int) -> None:
        assert 0 <= hln <= 255
        mem.put8(self.ptr, self.off + 4, hln)

    def set_ar_pln(self, pln: int) -> None:
        assert 0 <= pln <= 255
        mem.put8(self.ptr, self.off + 5, pln)

    def set_ar_op(self, op: int) -> None:
        assert op == mem.u16(op)
        mem.put16(self.ptr, self.off + 6, op)

    def set_ar_sha(self, addr: bytes) -> None:
        assert len(addr) == 6
        mem.copy(self.ptr, self.off + 8, mem.addr(addr), 0, 6)

    def set_ar_sip(self, addr: int) -> None:
        assert addr == mem.u32(addr)
        mem.put32(self.ptr, self.off + 14, addr)

    def set_ar_tha(self, addr: bytes) -> None:
        assert len(addr) == 6
        mem.copy(self.ptr, self.off + 18, mem.addr(addr), 0, 6)

    def set_ar_tip(self, addr: int) -> None:
        assert addr == mem.u32(addr)
        mem.put32(self.ptr, self.off + 24, addr)


def arp_view(buf: bytearray, off: int) -> ArpHdr:
    """The ARP packet at buf[off]."""
    arp = ArpHdr.__new__(ArpHdr)
    arp.buf = buf
    arp.ptr = mem.addr(buf)
    arp.off = off
    return arp
