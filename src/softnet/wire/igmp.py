"""IGMP messages: versions 1 and 2 (RFC 1112, 2236), and version 3 (RFC 3376 4).

    0      1      2            4                   8      9      10           12
    | type | code | csum       | group             | query, v3: S QRV | QQIC | nsrcs | sources ...

    0      1      2            4           6           8
    | 0x22 | 0    | csum       | 0         | ngrec     | group records ...

    record:  | type | auxwords | nsrcs     | group     | sources ... | aux data ... |

Linux: struct igmphdr, igmpv3_query, igmpv3_report and igmpv3_grec in include/linux/igmp.h.
"""

from __future__ import annotations

import softnet.arch.mem as mem


class IgmpHdr:
    """struct igmphdr, igmpv3_query and igmpv3_report: an IGMP message at buf[off].

    The layer proves 8 bytes for all, 12 before it asks for what only a version-3 query has.
    """

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def type(self) -> int:
        return mem.get8(self.ptr, self.off)

    def code(self) -> int:
        """Of a query: within which time to answer, in tenths of a second (see mrc())."""
        return mem.get8(self.ptr, self.off + 1)

    def csum(self) -> int:
        return mem.get16(self.ptr, self.off + 2)

    def group(self) -> int:
        return mem.get32(self.ptr, self.off + 4)

    def suppress(self) -> bool:
        """Of a version-3 query: are other routers to leave their timers alone?"""
        return mem.get8(self.ptr, self.off + 8) & 0x08 != 0

    def qrv(self) -> int:
        """Of a version-3 query: the querier's robustness variable."""
        return mem.get8(self.ptr, self.off + 8) & 0x07

    def qqic(self) -> int:
        """Of a version-3 query: the querier's interval, as a code."""
        return mem.get8(self.ptr, self.off + 9)

    def nsrcs(self) -> int:
        """Of a version-3 query: how many sources follow."""
        return mem.get16(self.ptr, self.off + 10)

    def src(self, i: int) -> int:
        """Of a version-3 query: source i. The layer has proven 12 + 4 * nsrcs() bytes."""
        return mem.get32(self.ptr, self.off + 12 + 4 * i)

    def ngrec(self) -> int:
        """Of a version-3 report: how many group records follow."""
        return mem.get16(self.ptr, self.off + 6)

    def set_type(self, type: int) -> None:
        assert 0 <= type <= 255
        mem.put8(self.ptr, self.off, type)

    def set_code(self, code: int) -> None:
        assert 0 <= code <= 255
        mem.put8(self.ptr, self.off + 1, code)

    def set_csum(self, csum: int) -> None:
        assert csum == mem.u16(csum)
        mem.put16(self.ptr, self.off + 2, csum)

    def set_group(self, group: int) -> None:
        assert group == mem.u32(group)
        mem.put32(self.ptr, self.off + 4, group)

    def set_ngrec(self, ngrec: int) -> None:
        assert ngrec == mem.u16(ngrec)
        mem.put16(self.ptr, self.off + 6, ngrec)


class IgmpGrec:
    """struct igmpv3_grec: a group record of a version-3 report at buf[off]."""

    __slots__ = ("buf", "off", "ptr")

    buf: bytearray
    ptr: mem.Mem
    off: int

    def grec_type(self) -> int:
        """IGMPV3_MODE_IS_INCLUDE and so on."""
        return mem.get8(self.ptr, self.off)

    def grec_auxwords(self) -> int:
        return mem.get8(self.ptr, self.off + 1)

    def grec_nsrcs(self) -> int:
        return mem.get16(self.ptr, self.off + 2)

    def grec_mca(self) -> int:
        """The group."""
        return mem.get32(self.ptr, self.off + 4)

    def grec_src(self, i: int) -> int:
        """Source i."""
        return mem.get32(self.ptr, self.off + 8 + 4 * i)

    def len(self) -> int:
        """Bytes of the record: the next one follows."""
        return 8 + 4 * (self.grec_nsrcs() + self.grec_auxwords())

    def set_grec_type(self, type: int) -> None:
        assert 0 <= type <= 255
        mem.put8(self.ptr, self.off, type)

    def set_grec_auxwords(self, words: int) -> None:
        assert 0 <= words <= 255
        mem.put8(self.ptr, self.off + 1, words)

    def set_grec_nsrcs(self, n: int) -> None:
        assert n == mem.u16(n)
        mem.put16(self.ptr, self.off + 2, n)

    def set_grec_mca(self, group: int) -> None:
        assert group == mem.u32(group)
        mem.put32(self.ptr, self.off + 4, group)

    def set_grec_src(self, i: int, source: int) -> None:
        assert source == mem.u32(source)
        mem.put32(self.ptr, self.off + 8 + 4 * i, source)


def igmp_view(buf: bytearray, off: int) -> IgmpHdr:
    """The IGMP message at buf[off]."""
    ih = IgmpHdr.__new__(IgmpHdr)
    ih.buf = buf
    ih.ptr = mem.addr(buf)
    ih.off = off
    return ih


def grec_view(buf: bytearray, off: int) -> IgmpGrec:
    """The group record at buf[off]."""
    grec = IgmpGrec.__new__(IgmpGrec)
    grec.buf = buf
    grec.ptr = mem.addr(buf)
    grec.off = off
    return grec


def igmpv3_mrc(code: int) -> int:
    """IGMPV3_MRC(): a maximum response code in tenths of a second; from 128 on it is a float."""
    if code < 0x80:
        return code
    return (code & 0x0F | 0x10) << ((code >> 4 & 0x07) + 3)
