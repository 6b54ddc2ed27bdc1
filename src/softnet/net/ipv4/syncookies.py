"""SYN cookies: a handshake without memory, for when the SYN table is full.

Linux: net/ipv4/syncookies.c. Bernstein (1996); RFC 4987 3.6.

The SYN-ACK's sequence number is a keyed hash of the addresses plus the peer's ISN plus the minute,
with the index of its MSS in the low 24 bits. The last ACK brings it back; if it was made within
the last four minutes, a connection is made from it. With timestamps, the low bits of ours carry
window scale, SACK and ECN as well.

Differs from Linux: HalfSipHash under a secret of the namespace takes the place of SHA-1.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
from softnet.kernel.timer import jiffies
from softnet.net.core.secure_seq import hsiphash_3words
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.request_sock import TcpRequestSock
from softnet.structs.tcp import TcpOptionsReceived

COOKIEBITS = 24  # of the cookie: the rest counts minutes
COOKIEMASK = (1 << COOKIEBITS) - 1
COUNTER_TRIES = 4  # minutes that a cookie is good for
# The MSS values that a cookie can tell, bytes.
msstab = (64, 512, 536, 1024, 1440, 1460, 4312, 8960)
# What the timestamp of a SYN-ACK carries in its low bits.
TSBITS = 6
TSMASK = (1 << TSBITS) - 1
TS_WSCALE = 0x0F  # 15: none
TS_SACK = 1 << 4
TS_ECN = 1 << 5
JIFFIES_PER_MINUTE = 60 * const.HZ


def cookie_hash(
    sysctl: NetnsTcp, which: int, saddr: int, daddr: int, ports: int, count: int
) -> int:
    """One of the two keyed hashes: 32 bits."""
    secret = sysctl.syncookie_secret
    key0 = int.from_bytes(secret[8 * which : 8 * which + 4], "big")
    key1 = int.from_bytes(secret[8 * which + 4 : 8 * which + 8], "big")
    return hsiphash_3words(saddr, daddr, ports ^ count, key0, key1)


def secure_tcp_syn_cookie(
    sysctl: NetnsTcp, saddr: int, daddr: int, ports: int, sseq: int, data: int
) -> int:
    """The cookie: data (24 bits at most) and the minute, hidden; 32 bits."""
    count = jiffies() // JIFFIES_PER_MINUTE
    base = cookie_hash(sysctl, 0, saddr, daddr, ports, 0) + sseq + (count << COOKIEBITS)
    hidden = (cookie_hash(sysctl, 1, saddr, daddr, ports, mem.u32(count)) + data) & COOKIEMASK
    return mem.u32(base + hidden)


def check_tcp_syn_cookie(
    sysctl: NetnsTcp, cookie: int, saddr: int, daddr: int, ports: int, sseq: int
) -> int:
    """The data of a cookie, -1 if it is too old or none of ours. Forged data comes out as chance."""
    count = jiffies() // JIFFIES_PER_MINUTE
    cookie = mem.u32(cookie - cookie_hash(sysctl, 0, saddr, daddr, ports, 0) - sseq)
    diff = (count - (cookie >> COOKIEBITS)) & (const.U32_MAX >> COOKIEBITS)
    if diff >= COUNTER_TRIES:
        return -1
    made = mem.u32(count - diff)
    return (cookie - cookie_hash(sysctl, 1, saddr, daddr, ports, made)) & COOKIEMASK


def cookie_v4_init_sequence(sysctl: NetnsTcp, req: TcpRequestSock) -> int:
    """The ISN that is a cookie for req; req.mss comes down to what it can tell."""
    index = len(msstab) - 1
    while index > 0 and req.mss < msstab[index]:
        index -= 1
    req.mss = msstab[index]
    return secure_tcp_syn_cookie(
        sysctl,
        req.rmt_addr,
        req.loc_addr,
        req.rmt_port << 16 | req.loc_port,
        req.rcv_isn,
        index,
    )


def cookie_check(sysctl: NetnsTcp, req: TcpRequestSock, cookie: int) -> int:
    """The MSS that the cookie stands for; 0 if it is not ours."""
    index = check_tcp_syn_cookie(
        sysctl,
        cookie,
        req.rmt_addr,
        req.loc_addr,
        req.rmt_port << 16 | req.loc_port,
        req.rcv_isn,
    )
    return msstab[index] if 0 <= index < len(msstab) else 0


def cookie_init_timestamp(req: TcpRequestSock) -> int:
    """A TSval not later than now whose low bits carry req's options."""
    options = req.snd_wscale if req.wscale_ok else TS_WSCALE
    if req.sack_ok:
        options |= TS_SACK
    if req.ecn_ok:
        options |= TS_ECN
    now = tcp_time_stamp()
    ts = now & ~TSMASK | options
    return mem.u32(ts - (1 << TSBITS)) if ts > now else ts


def cookie_check_timestamp(sysctl: NetnsTcp, opt: TcpOptionsReceived) -> bool:
    """Take the options out of the TSecr; False if they can't have been offered by us.

    Without a timestamp there are none. opt.dsack says whether ECN was agreed on.
    """
    opt.dsack = False
    if not opt.saw_tstamp:
        opt.clear()
        return True
    if not sysctl.timestamps:
        return False
    options = opt.rcv_tsecr & TSMASK
    opt.sack_ok = const.TCP_SACK_OK if options & TS_SACK else 0
    if opt.sack_ok and not sysctl.sack:
        return False
    opt.dsack = options & TS_ECN != 0
    if options & TS_WSCALE == TS_WSCALE:
        opt.wscale_ok = False
        return True
    opt.wscale_ok = True
    opt.snd_wscale = options & TS_WSCALE
    return sysctl.window_scaling != 0
