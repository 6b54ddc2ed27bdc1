"""Options of a TCP header: what the peer said, and what we say.

Linux: net/ipv4/tcp_input.c (tcp_parse_options and its fast form), tcp_output.c (tcp_*_options,
tcp_options_write). RFC 793, 2018 (SACK), 2385 (MD5), 7323 (window scale, timestamps).

Layouts are Linux's, so that a fast receiver recognises them: an established segment starts its
options with NOP NOP TIMESTAMP, the twelve bytes of the fast path.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_fastopen import fastopen_cookie, tcp_fastopen_syn_option
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.request_sock import TcpRequestSock
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpOptionsReceived, TcpSackBlock, TcpSock

# TcpOutOptions.options, bits
OPTION_SACK_ADVERTISE = 1
OPTION_TS = 2
OPTION_MD5 = 4
OPTION_WSCALE = 8

TSTAMP_WORD = tcp.TCPOPT_NOP << 24 | tcp.TCPOPT_NOP << 16 | tcp.TCPOPT_TIMESTAMP << 8 | 10


class TcpOutOptions:
    """struct tcp_out_options: the options of a segment about to be sent."""

    __slots__ = ("options", "ws", "num_sack_blocks", "mss", "tsval", "tsecr", "fastopen")

    options: int
    ws: int
    num_sack_blocks: int
    mss: int  # 0: none
    tsval: int
    tsecr: int
    fastopen: bytes | None  # a Fast Open option as it is to stand there

    def __init__(self) -> None:
        self.options = 0
        self.ws = 0
        self.num_sack_blocks = 0
        self.mss = 0
        self.tsval = 0
        self.tsecr = 0
        self.fastopen = None


# ---- what arrives


def tcp_next_option(p: mem.Mem, o: int, end: int) -> int:
    """Where the next option with a length byte begins, at o or behind NOPs; -1 if there is none.

    None is also what is cut off at end, and all behind it. The byte there is its kind, the next its length.
    """
    while o < end:
        kind = mem.get8(p, o)
        if kind != tcp.TCPOPT_NOP:
            if kind == tcp.TCPOPT_EOL or o + 1 >= end:
                return -1
            size = mem.get8(p, o + 1)
            return -1 if size < 2 or o + size > end else o
        o += 1
    return -1


def tcp_parse_options(
    skb: SkBuff, opt_rx: TcpOptionsReceived, estab: bool, sysctl: NetnsTcp
) -> None:
    """Read the options of skb's TCP header into opt_rx. The header must be linear.

    estab: the handshake is over, so options that only a SYN may carry are ignored, and a timestamp
    counts only if it was agreed on. A malformed option ends the parsing; what came before it holds.
    skb.sacked becomes the offset of a SACK option in the header.
    """
    p = skb.ptr
    th = skb.transport_header
    syn = skb.tcp_flags & tcp.TCPHDR_SYN != 0
    end = th + (mem.get8(p, th + 12) >> 4 << 2)
    opt_rx.saw_tstamp = False
    o = tcp_next_option(p, th + tcp.TCP_HLEN, end)
    while o >= 0:
        kind = mem.get8(p, o)
        size = mem.get8(p, o + 1)
        if kind == tcp.TCPOPT_TIMESTAMP:
            if size == tcp.TCPOLEN_TIMESTAMP and (
                opt_rx.tstamp_ok if estab else sysctl.timestamps != 0
            ):
                opt_rx.saw_tstamp = True
                opt_rx.rcv_tsval = mem.get32(p, o + 2)
                opt_rx.rcv_tsecr = mem.get32(p, o + 6)
        elif kind == tcp.TCPOPT_SACK:
            if (
                size >= tcp.TCPOLEN_SACK_BASE + tcp.TCPOLEN_SACK_PERBLOCK
                and (size - tcp.TCPOLEN_SACK_BASE) % tcp.TCPOLEN_SACK_PERBLOCK == 0
                and opt_rx.sack_ok
            ):
                skb.sacked = o - th
        elif syn and not estab:
            tcp_parse_syn_option(p, o, kind, size, opt_rx, sysctl)
        o = tcp_next_option(p, o + size, end)


def tcp_parse_syn_option(
    p: mem.Mem, o: int, kind: int, size: int, opt_rx: TcpOptionsReceived, sysctl: NetnsTcp
) -> None:
    """An option that only a SYN may carry, at p + o."""
    if kind == tcp.TCPOPT_MSS:
        if size == tcp.TCPOLEN_MSS:
            mss = mem.get16(p, o + 2)
            if mss:
                if opt_rx.user_mss and opt_rx.user_mss < mss:
                    mss = opt_rx.user_mss
                opt_rx.mss_clamp = mss
    elif kind == tcp.TCPOPT_WINDOW:
        if size == tcp.TCPOLEN_WINDOW and sysctl.window_scaling:
            opt_rx.wscale_ok = True
            scale = mem.get8(p, o + 2)
            opt_rx.snd_wscale = scale if scale < tcp.MAX_TCP_WSCALE else tcp.MAX_TCP_WSCALE
    elif kind == tcp.TCPOPT_SACK_PERM:
        if size == tcp.TCPOLEN_SACK_PERM and sysctl.sack:
            opt_rx.sack_ok = const.TCP_SACK_OK
            opt_rx.dsack = False
            opt_rx.num_sacks = 0


def tcp_fast_parse_options(skb: SkBuff, tp: TcpSock) -> bool:
    """tcp_parse_options() for an established connection; False if there are no options."""
    p = skb.ptr
    th = skb.transport_header
    doff = mem.get8(p, th + 12) >> 4
    rx_opt = tp.rx_opt
    if doff == 5:
        rx_opt.saw_tstamp = False
        return False
    if rx_opt.tstamp_ok and doff == 8 and tcp_parse_aligned_timestamp(rx_opt, skb):
        return True
    tcp_parse_options(skb, rx_opt, True, tp.sysctl)
    return True


def tcp_parse_aligned_timestamp(rx_opt: TcpOptionsReceived, skb: SkBuff) -> bool:
    """Are the twelve bytes of options a timestamp in Linux's layout? Then read it."""
    p = skb.ptr
    th = skb.transport_header
    if mem.get32(p, th + 20) != TSTAMP_WORD:
        return False
    rx_opt.saw_tstamp = True
    rx_opt.rcv_tsval = mem.get32(p, th + 24)
    rx_opt.rcv_tsecr = mem.get32(p, th + 28)
    return True


def tcp_parse_md5sig_option(skb: SkBuff) -> bytes | None:
    """The 16 bytes of an MD5 signature, RFC 2385; None if there is none."""
    p = skb.ptr
    th = skb.transport_header
    end = th + (mem.get8(p, th + 12) >> 4 << 2)
    o = tcp_next_option(p, th + tcp.TCP_HLEN, end)
    while o >= 0:
        size = mem.get8(p, o + 1)
        if mem.get8(p, o) == tcp.TCPOPT_MD5SIG:
            return mem.tobytes(p, o + 2, 16) if size == tcp.TCPOLEN_MD5SIG else None
        o = tcp_next_option(p, o + size, end)
    return None


def tcp_parse_fastopen_option(skb: SkBuff) -> tuple[bytes | None, bool]:
    """The cookie that a SYN or SYN-ACK carries, b"" if it asks for one, None; and is the option 254?

    A cookie of impossible length counts as none.
    """
    p = skb.ptr
    th = skb.transport_header
    end = th + (mem.get8(p, th + 12) >> 4 << 2)
    o = tcp_next_option(p, th + tcp.TCP_HLEN, end)
    while o >= 0:
        kind = mem.get8(p, o)
        size = mem.get8(p, o + 1)
        if kind == tcp.TCPOPT_FASTOPEN:
            return fastopen_cookie(mem.tobytes(p, o + 2, size - 2)), False
        if (
            kind == tcp.TCPOPT_EXP
            and size >= 4
            and mem.get16(p, o + 2) == tcp.TCPOPT_FASTOPEN_MAGIC
        ):
            return fastopen_cookie(mem.tobytes(p, o + 4, size - 4)), True
        o = tcp_next_option(p, o + size, end)
    return None, False


# ---- what we send


def tcp_syn_options(tp: TcpSock, opts: TcpOutOptions, tsval: int, advertise_mss: int) -> int:
    """The options of our SYN; their length in bytes, NOPs included.

    All that we can do is offered. A simultaneous open's SYN-ACK offers only what the peer's SYN did.
    """
    sysctl = tp.sysctl
    answering = tp.sk_state == tcp.TCP_SYN_RECV
    rx_opt = tp.rx_opt
    left = tcp.MAX_TCP_OPTION_SPACE
    if tp.md5_key is not None:
        opts.options |= OPTION_MD5
        left -= tcp.TCPOLEN_MD5SIG_ALIGNED
    opts.mss = advertise_mss
    left -= tcp.TCPOLEN_MSS_ALIGNED
    if sysctl.timestamps and not opts.options & OPTION_MD5 and (not answering or rx_opt.tstamp_ok):
        opts.options |= OPTION_TS
        opts.tsval = tsval
        opts.tsecr = rx_opt.ts_recent
        left -= tcp.TCPOLEN_TSTAMP_ALIGNED
    if sysctl.window_scaling and (not answering or rx_opt.wscale_ok):
        opts.ws = rx_opt.rcv_wscale
        opts.options |= OPTION_WSCALE
        left -= tcp.TCPOLEN_WSCALE_ALIGNED
    if sysctl.sack and (not answering or rx_opt.sack_ok):
        opts.options |= OPTION_SACK_ADVERTISE
        if not opts.options & OPTION_TS:  # beside a timestamp it takes the place of the NOPs
            left -= tcp.TCPOLEN_SACKPERM_ALIGNED
    if tp.fastopen_req is not None:
        option = tcp_fastopen_syn_option(tp)
        if option is not None and len(option) <= left:
            opts.fastopen = option
            tp.syn_fastopen = True
            left -= len(option)
    return tcp.MAX_TCP_OPTION_SPACE - left


def tcp_synack_options(
    req: TcpRequestSock, opts: TcpOutOptions, tsval: int, mss: int, md5: bool
) -> int:
    """The options of a SYN-ACK: what the peer's SYN offered and we agree to. Bytes.

    With an MD5 signature there is no room for timestamps beside SACK: SACK wins.
    """
    left = tcp.MAX_TCP_OPTION_SPACE
    tstamp_ok = req.tstamp_ok
    if md5:
        opts.options |= OPTION_MD5
        left -= tcp.TCPOLEN_MD5SIG_ALIGNED
        tstamp_ok = tstamp_ok and not req.sack_ok
    opts.mss = mss
    left -= tcp.TCPOLEN_MSS_ALIGNED
    if req.wscale_ok:
        opts.ws = req.rcv_wscale
        opts.options |= OPTION_WSCALE
        left -= tcp.TCPOLEN_WSCALE_ALIGNED
    if tstamp_ok:
        opts.options |= OPTION_TS
        opts.tsval = tsval
        opts.tsecr = req.ts_recent
        left -= tcp.TCPOLEN_TSTAMP_ALIGNED
    if req.sack_ok:
        opts.options |= OPTION_SACK_ADVERTISE
        if not tstamp_ok:
            left -= tcp.TCPOLEN_SACKPERM_ALIGNED
    option = req.fastopen_cookie
    if option is not None and len(option) <= left:
        opts.fastopen = option
        left -= len(option)
    return tcp.MAX_TCP_OPTION_SPACE - left


def tcp_established_options(tp: TcpSock, opts: TcpOutOptions, tsval: int) -> int:
    """The options of any later segment: timestamp and SACK blocks. Bytes."""
    size = 0
    if tp.md5_key is not None:
        opts.options |= OPTION_MD5
        size += tcp.TCPOLEN_MD5SIG_ALIGNED
    rx_opt = tp.rx_opt
    if rx_opt.tstamp_ok:
        opts.options |= OPTION_TS
        opts.tsval = tsval
        opts.tsecr = rx_opt.ts_recent
        size += tcp.TCPOLEN_TSTAMP_ALIGNED
    blocks = rx_opt.num_sacks + (1 if rx_opt.dsack else 0)
    if blocks:
        room = tcp.MAX_TCP_OPTION_SPACE - size - tcp.TCPOLEN_SACK_BASE_ALIGNED
        most = room // tcp.TCPOLEN_SACK_PERBLOCK
        opts.num_sack_blocks = blocks if blocks < most else most
        size += tcp.TCPOLEN_SACK_BASE_ALIGNED + opts.num_sack_blocks * tcp.TCPOLEN_SACK_PERBLOCK
    return size


def tcp_established_size(tp: TcpSock) -> int:
    """What tcp_established_options() would answer."""
    size = 0 if tp.md5_key is None else tcp.TCPOLEN_MD5SIG_ALIGNED
    rx_opt = tp.rx_opt
    if rx_opt.tstamp_ok:
        size += tcp.TCPOLEN_TSTAMP_ALIGNED
    blocks = rx_opt.num_sacks + (1 if rx_opt.dsack else 0)
    if blocks:
        room = tcp.MAX_TCP_OPTION_SPACE - size - tcp.TCPOLEN_SACK_BASE_ALIGNED
        most = room // tcp.TCPOLEN_SACK_PERBLOCK
        n = blocks if blocks < most else most
        size += tcp.TCPOLEN_SACK_BASE_ALIGNED + n * tcp.TCPOLEN_SACK_PERBLOCK
    return size


def tcp_options_write(skb: SkBuff, tp: TcpSock | None, opts: TcpOutOptions) -> int:
    """Write the options into skb's header. tp gives the SACK blocks (None: there are none).

    Returns where in the head the MD5 signature goes, 0 if nowhere: it covers the finished header.
    """
    p = skb.ptr
    o = skb.transport_header + tcp.TCP_HLEN
    md5_at = 0
    if opts.options & OPTION_MD5:
        mem.put32(p, o, tcp.TCPOPT_NOP << 24 | tcp.TCPOPT_NOP << 16 | tcp.TCPOPT_MD5SIG << 8 | 18)
        md5_at = o + 4
        mem.fill(p, md5_at, 16, 0)
        o += tcp.TCPOLEN_MD5SIG_ALIGNED
    if opts.mss:
        mem.put32(p, o, tcp.TCPOPT_MSS << 24 | tcp.TCPOLEN_MSS << 16 | opts.mss)
        o += 4
    if opts.options & OPTION_TS:
        if opts.options & OPTION_SACK_ADVERTISE:
            mem.put32(p, o, tcp.TCPOPT_SACK_PERM << 24 | 2 << 16 | tcp.TCPOPT_TIMESTAMP << 8 | 10)
        else:
            mem.put32(p, o, TSTAMP_WORD)
        mem.put32(p, o + 4, opts.tsval)
        mem.put32(p, o + 8, opts.tsecr)
        o += 12
    elif opts.options & OPTION_SACK_ADVERTISE:
        word = tcp.TCPOPT_NOP << 24 | tcp.TCPOPT_NOP << 16 | tcp.TCPOPT_SACK_PERM << 8 | 2
        mem.put32(p, o, word)
        o += 4
    if opts.options & OPTION_WSCALE:
        mem.put32(p, o, tcp.TCPOPT_NOP << 24 | tcp.TCPOPT_WINDOW << 16 | 3 << 8 | opts.ws)
        o += 4
    if opts.num_sack_blocks:
        assert tp is not None
        tcp_write_sack_blocks(p, o, tp, opts.num_sack_blocks)
    if opts.fastopen is not None:
        mem.copy_from_user(p, o, opts.fastopen, 0, len(opts.fastopen))
    return md5_at


def tcp_write_sack_blocks(p: bytearray, o: int, tp: TcpSock, n: int) -> None:
    """A SACK option of n blocks: the D-SACK first, RFC 2883, then the newest holes."""
    length = tcp.TCPOLEN_SACK_BASE + n * tcp.TCPOLEN_SACK_PERBLOCK
    word = tcp.TCPOPT_NOP << 24 | tcp.TCPOPT_NOP << 16 | tcp.TCPOPT_SACK << 8 | length
    mem.put32(p, o, word)
    o += 4
    rx_opt = tp.rx_opt
    at = 0
    if rx_opt.dsack:
        block = tp.duplicate_sack
        assert block is not None
        mem.put32(p, o, block.start_seq)
        mem.put32(p, o + 4, block.end_seq)
        o += 8
        n -= 1
        rx_opt.dsack = False
    while at < n:
        sack: TcpSackBlock = tp.selective_acks[at]
        mem.put32(p, o, sack.start_seq)
        mem.put32(p, o + 4, sack.end_seq)
        o += 8
        at += 1


def tcp_write_timestamp(skb: SkBuff, tsval: int, tsecr: int) -> None:
    """The options of most segments, a timestamp alone, written into skb's header."""
    p = skb.ptr
    o = skb.transport_header + tcp.TCP_HLEN
    mem.put32(p, o, TSTAMP_WORD)
    mem.put32(p, o + 4, tsval)
    mem.put32(p, o + 8, tsecr)


def tcp_store_ts_recent(rx_opt: TcpOptionsReceived, now: int) -> None:
    """ts_recent becomes the timestamp just received; now in seconds."""
    rx_opt.ts_recent = rx_opt.rcv_tsval
    rx_opt.ts_recent_stamp = now
