"""UDP headers, RFC 768.

    0            2            4            6            8
    | source     | dest       | len        | check      | payload ...

Linux: struct udphdr in include/linux/udp.h.
"""

from __future__ import annotations

import softnet.arch.mem as mem


class UdpHdr:
    """struct udphdr: a UDP header where it lies, at buf[off]."""

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def source(self) -> int:
        return mem.get16(self.ptr, self.off)

    def dest(self) -> int:
        return mem.get16(self.ptr, self.off + 2)

    def len(self) -> int:
        """Bytes of header and payload; of UDP-Lite, those that the checksum covers (0 is all)."""
        return mem.get16(self.ptr, self.off + 4)

    def check(self) -> int:
        """The checksum; 0 says that the sender computed none."""
        return mem.get16(self.ptr, self.off + 6)

    def set_source(self, port: int) -> None:
        assert port == mem.u16(port)
        mem.put16(self.ptr, self.off, port)

    def set_dest(self, port: int) -> None:
        assert port == mem.u16(port)
        mem.put16(self.ptr, self.off + 2, port)

    def set_len(self, n: int) -> None:
        assert n == mem.u16(n)
        mem.put16(self.ptr, self.off + 4, n)

    def set_check(self, check: int) -> None:
        assert check == mem.u16(check)
        mem.put16(self.ptr, self.off + 6, check)


def udp_view(buf: bytearray, off: int) -> UdpHdr:
    """The UDP header at buf[off]."""
    uh = UdpHdr.__new__(UdpHdr)
    uh.buf = buf
    uh.ptr = mem.addr(buf)
    uh.off = off
    return uh
