"""What the 82540EM computes on frames: checksums both ways, and TCP segmentation.

Intel: Software Developer's Manual, 3.2.9 (receive checksum), 3.5 (segmentation), 3.6 (transmit
checksum)

The card understands Ethernet, IPv4, and TCP or UDP behind it; on transmit it understands nothing,
the driver's context descriptor says which bytes to sum and where the result goes. A frame is a
pointer and its length.
"""

from __future__ import annotations

import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.uapi.e1000 as hw
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_

IP_OFFSET_MASK = 0x3FFF  # more fragments, and the offset
TCP_FIN_PSH = 0x09  # flags that only a super-packet's last segment keeps
UDP_CHECK = 6


class TxContext:
    """A context descriptor: it holds for the data descriptors after it until the next one."""

    __slots__ = (
        "ipcss",
        "ipcso",
        "ipcse",
        "tucss",
        "tucso",
        "tucse",
        "paylen",
        "hdrlen",
        "mss",
        "tucmd",
    )

    ipcss: int  # IP header: first byte, place of its checksum, last byte (0: end of the frame)
    ipcso: int
    ipcse: int
    tucss: int  # the same of what TCP or UDP sum
    tucso: int
    tucse: int
    paylen: int  # segmentation: bytes behind the headers
    hdrlen: int
    mss: int
    tucmd: int  # E1000_TXD_CMD_TCP, _IP, _TSE

    def __init__(self) -> None:
        self.ipcss = 0
        self.ipcso = 0
        self.ipcse = 0
        self.tucss = 0
        self.tucso = 0
        self.tucse = 0
        self.paylen = 0
        self.hdrlen = 0
        self.mss = 0
        self.tucmd = 0

    def load(self, p: mem.Mem, o: int) -> None:
        """Take the values of the descriptor at p + o."""
        self.ipcss = mem.get8(p, o)
        self.ipcso = mem.get8(p, o + 1)
        self.ipcse = mem.get16le(p, o + 2)
        self.tucss = mem.get8(p, o + 4)
        self.tucso = mem.get8(p, o + 5)
        self.tucse = mem.get16le(p, o + 6)
        lower = mem.get32le(p, o + hw.E1000_TXD_LOWER)
        self.paylen = lower & hw.E1000_TXD_LEN_MASK
        self.tucmd = lower & ~(hw.E1000_TXD_LEN_MASK | hw.E1000_TXD_DTYP_MASK)
        self.hdrlen = mem.get8(p, o + 13)
        self.mss = mem.get16le(p, o + 14)


def tx_checksum(p: mem.Mem, n: int, ctx: TxContext, popts: int) -> None:
    """Insert the checksums that popts (E1000_TXD_POPTS_*) asks for into the frame of n bytes at p.

    The driver left the pseudo header's sum where the transport's checksum goes.
    """
    if popts & hw.E1000_TXD_POPTS_IXSM:
        sum_into(p, n, ctx.ipcss, ctx.ipcso, ctx.ipcse, False)
    if popts & hw.E1000_TXD_POPTS_TXSM:
        udp = ctx.tucmd & hw.E1000_TXD_CMD_TCP == 0
        sum_into(p, n, ctx.tucss, ctx.tucso, ctx.tucse, udp)


def sum_into(p: mem.Mem, n: int, start: int, at: int, last: int, udp: bool) -> None:
    """Sum the bytes from start to last (0: to the end) and put the checksum at p + at.

    Places outside the frame are the driver's mistake: nothing is written.
    """
    end = last + 1 if last else n
    if start > end or end > n or at + 2 > n:
        return
    check = csum.csum_fold(csum.csum_partial(p, start, end - start, 0))
    if check == 0 and udp:
        check = 0xFFFF  # RFC 768: 0 would mean that there is none
    mem.put16(p, at, check)


def tso_count(n: int, ctx: TxContext) -> int:
    """How many frames a super-packet of n bytes becomes; 0 if the context makes no sense."""
    if ctx.mss == 0 or ctx.hdrlen < ctx.tucss + 20 or ctx.hdrlen >= n or ctx.ipcss + 20 > n:
        return 0
    return (n - ctx.hdrlen + ctx.mss - 1) // ctx.mss


def tso_segment(p: mem.Mem, n: int, ctx: TxContext, popts: int, i: int) -> bytes:
    """The i-th frame of the super-packet of n bytes at p, with its own headers and checksums.

    IPv4's id counts up, TCP's sequence number moves on, FIN and PSH stay for the last.
    """
    hdrlen = ctx.hdrlen
    off = hdrlen + i * ctx.mss
    left = n - off
    m = left if left < ctx.mss else ctx.mss
    size = hdrlen + m
    whole = size if size > hw.E1000_FRAME_MIN else hw.E1000_FRAME_MIN
    buf = mem.new_buf(whole)
    q = mem.addr(buf)
    mem.copy(q, 0, p, 0, hdrlen)
    mem.copy(q, hdrlen, p, off, m)
    if whole > size:
        mem.fill(q, size, whole - size, 0)
    ip = ctx.ipcss
    th = ctx.tucss
    if ctx.tucmd & hw.E1000_TXD_CMD_IP:
        mem.put16(q, ip + 2, size - ip)
        mem.put16(q, ip + 4, mem.get16(p, ip + 4) + i)
    else:
        mem.put16(q, ip + 4, size - ip - 40)
    mem.put32(q, th + 4, mem.get32(p, th + 4) + i * ctx.mss)
    if left > m:
        mem.put8(q, th + 13, mem.get8(p, th + 13) & ~TCP_FIN_PSH)
    if popts & hw.E1000_TXD_POPTS_IXSM:
        sum_into(q, size, ip, ctx.ipcso, ctx.ipcse, False)
    if popts & hw.E1000_TXD_POPTS_TXSM and ctx.tucso + 2 <= size:
        # The driver could not put the length into the pseudo header: it differs by segment.
        mem.put16(q, ctx.tucso, csum.csum_fold(csum.csum_partial(q, th, size - th, size - th)))
    return mem.finish_buf(buf, whole)


def rx_checksum(p: mem.Mem, n: int, rxcsum: int) -> int:
    """What the card finds about a received frame: status bits, and error bits shifted by 8.

    E1000_RXD_STAT_IXSM: nothing, look for yourself. rxcsum is the RXCSUM register.
    """
    if not rxcsum & (hw.E1000_RXCSUM_IPOFL | hw.E1000_RXCSUM_TUOFL):
        return hw.E1000_RXD_STAT_IXSM
    if n < if_ether.ETH_HLEN + 20 or mem.get16(p, 12) != if_ether.ETH_P_IP:
        return hw.E1000_RXD_STAT_IXSM
    ip = if_ether.ETH_HLEN
    vhl = mem.get8(p, ip)
    hlen = (vhl & 0x0F) << 2
    end = ip + mem.get16(p, ip + 2)
    if vhl >> 4 != 4 or hlen < 20 or ip + hlen > end or end > n:
        return hw.E1000_RXD_STAT_IXSM
    found = hw.E1000_RXD_STAT_IPCS
    if csum.csum_fold(csum.csum_partial(p, ip, hlen, 0)):
        found |= hw.E1000_RXD_ERR_IPE << 8
    if not rxcsum & hw.E1000_RXCSUM_TUOFL or mem.get16(p, ip + 6) & IP_OFFSET_MASK:
        return found
    th = ip + hlen
    proto = mem.get8(p, ip + 9)
    if proto == in_.IPPROTO_TCP:
        if end - th < 20:
            return found
    elif proto == in_.IPPROTO_UDP:
        if end - th < 8 or mem.get16(p, th + UDP_CHECK) == 0:
            return found
    else:
        return found
    s = csum.csum_partial(p, th, end - th, 0)
    found |= hw.E1000_RXD_STAT_TCPCS
    if csum.csum_tcpudp_magic(mem.get32(p, ip + 12), mem.get32(p, ip + 16), end - th, proto, s):
        found |= hw.E1000_RXD_ERR_TCPE << 8
    return found
