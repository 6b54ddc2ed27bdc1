"""VLAN tags, IEEE 802.1Q: four bytes between the source address and the type of the payload.

    12       14              16       18
    | 0x8100 | PCP C VLAN id | type   | payload ...

Linux: struct vlan_hdr in include/linux/if_vlan.h. off is that of the tag control information (14).
"""

from __future__ import annotations

import softnet.arch.mem as mem


class VlanHdr:
    """struct vlan_hdr: the part of the tag behind the 0x8100, where it lies, at buf[off]."""

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def h_vlan_tci(self) -> int:
        """The tag control information: priority << 13 | CFI << 12 | VLAN id."""
        return mem.get16(self.ptr, self.off)

    def h_vlan_encapsulated_proto(self) -> int:
        return mem.get16(self.ptr, self.off + 2)

    def vid(self) -> int:
        """The VLAN, 0 to 4095; 0 says that only the priority counts."""
        return mem.get16(self.ptr, self.off) & 0x0FFF

    def priority(self) -> int:
        return mem.get16(self.ptr, self.off) >> 13

    def set_h_vlan_tci(self, tci: int) -> None:
        assert tci == mem.u16(tci)
        mem.put16(self.ptr, self.off, tci)

    def set_h_vlan_encapsulated_proto(self, proto: int) -> None:
        assert proto == mem.u16(proto)
        mem.put16(self.ptr, self.off + 2, proto)


def vlan_view(buf: bytearray, off: int) -> VlanHdr:
    """The VLAN header at buf[off]."""
    vh = VlanHdr.__new__(VlanHdr)
    vh.buf = buf
    vh.ptr = mem.addr(buf)
    vh.off = off
    return vh
