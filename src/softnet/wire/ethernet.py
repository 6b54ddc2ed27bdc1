"""Ethernet II headers.

    0            6              12       14
    | destination | source      | type   | payload ...

Linux: struct ethhdr in include/linux/if_ether.h, and the address tests of linux/etherdevice.h.
Addresses are bytes objects, as dev_addr is.
"""

from __future__ import annotations

import softnet.arch.mem as mem


class EthHdr:
    """struct ethhdr: an Ethernet header where it lies, at buf[off]."""

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def h_dest(self) -> bytes:
        return mem.tobytes(self.ptr, self.off, 6)

    def h_source(self) -> bytes:
        return mem.tobytes(self.ptr, self.off + 6, 6)

    def h_proto(self) -> int:
        """An ETH_P_* number; below ETH_P_802_3_MIN it is the length of an 802.3 frame."""
        return mem.get16(self.ptr, self.off + 12)

    def dest_is(self, addr: bytes) -> bool:
        """Is the frame addressed to these six bytes? (compare_ether_addr())"""
        assert len(addr) == 6
        return mem.equal(self.ptr, self.off, mem.addr(addr), 0, 6)

    def dest_is_multicast(self) -> bool:
        """Is it for more than one station: a group, or everybody?"""
        return mem.get8(self.ptr, self.off) & 1 != 0

    def dest_is_broadcast(self) -> bool:
        p, o = self.ptr, self.off
        return mem.get16(p, o) & mem.get16(p, o + 2) & mem.get16(p, o + 4) == 0xFFFF

    def set_h_dest(self, addr: bytes) -> None:
        assert len(addr) == 6
        mem.copy(self.ptr, self.off, mem.addr(addr), 0, 6)

    def set_h_source(self, addr: bytes) -> None:
        assert len(addr) == 6
        mem.copy(self.ptr, self.off + 6, mem.addr(addr), 0, 6)

    def set_h_proto(self, proto: int) -> None:
        assert proto == mem.u16(proto)
        mem.put16(self.ptr, self.off + 12, proto)


def eth_view(buf: bytearray, off: int) -> EthHdr:
    """The Ethernet header at buf[off]."""
    eth = EthHdr.__new__(EthHdr)
    eth.buf = buf
    eth.ptr = mem.addr(buf)
    eth.off = off
    return eth
