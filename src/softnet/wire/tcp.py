"""TCP headers, RFC 793 3.1.

    0            2            4                         8
    | source     | dest       | seq                     | ack_seq                 |
    12     13    14           16           18           20              4 * doff
    | doff | flags | window   | check      | urg_ptr    | options ...   |

Linux: struct tcphdr in include/linux/tcp.h. Options as values: wire/tcp_options.py.
"""

from __future__ import annotations

import softnet.arch.mem as mem
import softnet.uapi.tcp as tcp


class TcpHdr:
    """struct tcphdr: a TCP header where it lies, at buf[off]."""

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def source(self) -> int:
        return mem.get16(self.ptr, self.off)

    def dest(self) -> int:
        return mem.get16(self.ptr, self.off + 2)

    def seq(self) -> int:
        return mem.get32(self.ptr, self.off + 4)

    def ack_seq(self) -> int:
        return mem.get32(self.ptr, self.off + 8)

    def doff(self) -> int:
        """Header length in 32-bit words, as on the wire."""
        return mem.get8(self.ptr, self.off + 12) >> 4

    def hdrlen(self) -> int:
        """Header length in bytes, options included."""
        return (mem.get8(self.ptr, self.off + 12) & 0xF0) >> 2

    def flags(self) -> int:
        """TCPHDR_* bits, CWR to FIN."""
        return mem.get8(self.ptr, self.off + 13)

    def flag_word(self) -> int:
        """tcp_flag_word(): doff, flags and window as one number, for header prediction."""
        return mem.get32(self.ptr, self.off + 12)

    def fin(self) -> bool:
        return mem.get8(self.ptr, self.off + 13) & tcp.TCPHDR_FIN != 0

    def syn(self) -> bool:
        return mem.get8(self.ptr, self.off + 13) & tcp.TCPHDR_SYN != 0

    def rst(self) -> bool:
        return mem.get8(self.ptr, self.off + 13) & tcp.TCPHDR_RST != 0

    def psh(self) -> bool:
        return mem.get8(self.ptr, self.off + 13) & tcp.TCPHDR_PSH != 0

    def ack(self) -> bool:
        return mem.get8(self.ptr, self.off + 13) & tcp.TCPHDR_ACK != 0

    def urg(self) -> bool:
        return mem.get8(self.ptr, self.off + 13) & tcp.TCPHDR_URG != 0

    def ece(self) -> bool:
        return mem.get8(self.ptr, self.off + 13) & tcp.TCPHDR_ECE != 0

    def cwr(self) -> bool:
        return mem.get8(self.ptr, self.off + 13) & tcp.TCPHDR_CWR != 0

    def window(self) -> int:
        """The window as on the wire: not scaled."""
        return mem.get16(self.ptr, self.off + 14)

    def check(self) -> int:
        return mem.get16(self.ptr, self.off + 16)

    def urg_ptr(self) -> int:
        return mem.get16(self.ptr, self.off + 18)

    def set_source(self, port: int) -> None:
        assert port == mem.u16(port)
        mem.put16(self.ptr, self.off, port)

    def set_dest(self, port: int) -> None:
        assert port == mem.u16(port)
        mem.put16(self.ptr, self.off + 2, port)

    def set_seq(self, seq: int) -> None:
        assert seq == mem.u32(seq)
        mem.put32(self.ptr, self.off + 4, seq)

    def set_ack_seq(self, ack_seq: int) -> None:
        assert ack_seq == mem.u32(ack_seq)
        mem.put32(self.ptr, self.off + 8, ack_seq)

    def set_doff_flags(self, hdrlen: int, flags: int) -> None:
        """Say a header of hdrlen bytes and these TCPHDR_* bits; the reserved bits become 0."""
        assert 20 <= hdrlen <= 60
        assert hdrlen & 3 == 0
        assert 0 <= flags <= 255
        mem.put16(self.ptr, self.off + 12, hdrlen << 10 | flags)

    def set_flags(self, flags: int) -> None:
        assert 0 <= flags <= 255
        mem.put8(self.ptr, self.off + 13, flags)

    def set_window(self, window: int) -> None:
        assert window == mem.u16(window)
        mem.put16(self.ptr, self.off + 14, window)

    def set_check(self, check: int) -> None:
        assert check == mem.u16(check)
        mem.put16(self.ptr, self.off + 16, check)

    def set_urg_ptr(self, urg_ptr: int) -> None:
        assert urg_ptr == mem.u16(urg_ptr)
        mem.put16(self.ptr, self.off + 18, urg_ptr)


def tcp_view(buf: bytearray, off: int) -> TcpHdr:
    """The TCP header at buf[off]."""
    th = TcpHdr.__new__(TcpHdr)
    th.buf = buf
    th.ptr = mem.addr(buf)
    th.off = off
    return th
