"""TCP Fast Open, RFC 7413, Linux 3.6 and 3.7: data in the SYN. What both sides know.

Linux: net/ipv4/tcp_fastopen.c, tcp_metrics.c (the client's cache), net/core/request_sock.c.

    client    tcp_fastopen_client    a SYN with a cookie and data, and what its SYN-ACK says
    server    tcp_fastopen_server    a child from the SYN alone; its SYN-ACK timer
    here      the option, the server's cookie, the client's cache, a listener's bound

A server gives a client a cookie, a keyed function of its address, on its first visit. Later the client
sends it along with data in the SYN; the server, sure that the address is not forged, hands the data to
the program before the handshake is over. Off until net.ipv4.tcp_fastopen has bits set: TFO_*.

    34, length, cookie        the option; without a cookie it asks for one
    254, length, 0xF989, cookie   the same in the experimental form of Linux 3.6, answered in kind

Differs from Linux: the cookie is HalfSipHash of the address under net.ipv4.tcp_fastopen_key, not AES.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.kernel.era import era_has
from softnet.kernel.timer import jiffies
from softnet.net.core.secure_seq import hsiphash_3words
from softnet.net.core.sock import sock_put
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.request_sock import FastopenQueue, TcpRequestSock
from softnet.structs.tcp import TcpSock

# net.ipv4.tcp_fastopen, bits
TFO_CLIENT_ENABLE = 1
TFO_SERVER_ENABLE = 2
TFO_CLIENT_NO_COOKIE = 4  # send data in the SYN without a cookie
TFO_SERVER_COOKIE_NOT_REQD = 0x200  # and take it
TFO_SERVER_WO_SOCKOPT1 = 0x400  # each listener does, its backlog is the bound

TCP_FASTOPEN_COOKIE_MIN = 4  # bytes
TCP_FASTOPEN_COOKIE_MAX = 16
TCP_FASTOPEN_COOKIE_SIZE = 8  # of ours
FASTOPEN_CACHE_MAX = 1024  # servers remembered; the one learned first goes first
RST_PENALTY = 60 * const.HZ  # jiffies that a child ended by a RST still counts
EXP_BASE = 4  # bytes of the experimental option before the cookie
BASE = 2


class TcpFastopenRequest:
    """struct tcp_fastopen_request: what a client's SYN is to carry."""

    __slots__ = ("cookie", "copied", "iov", "off", "size")

    cookie: bytes | None  # None: no option; b"": ask for one
    iov: object  # the user's data, bytes-like
    off: int  # where it begins
    size: int
    copied: int  # bytes that went with the SYN

    def __init__(self, iov: object, off: int, size: int) -> None:
        self.cookie = None
        self.iov = iov
        self.off = off
        self.size = size
        self.copied = 0


class FastopenMetrics:
    """struct tcp_fastopen_metrics: what a client knows of a server."""

    __slots__ = ("cookie", "last_syn_loss", "mss", "syn_loss")

    mss: int  # 0: unknown
    cookie: bytes
    syn_loss: int  # SYNs with data that got lost in a row
    last_syn_loss: int  # jiffies

    def __init__(self) -> None:
        self.mss = 0
        self.cookie = b""
        self.syn_loss = 0
        self.last_syn_loss = 0


# ---- the option


def fastopen_cookie(cookie: bytes) -> bytes | None:
    """cookie, or None if no cookie is that long."""
    n = len(cookie)
    good = n == 0 or (TCP_FASTOPEN_COOKIE_MIN <= n <= TCP_FASTOPEN_COOKIE_MAX and n % 2 == 0)
    return cookie if good else None


def fastopen_option(cookie: bytes, exp: bool) -> bytes:
    """The option as it stands in a header, NOPs behind it up to a multiple of 4 bytes."""
    if exp:
        head = bytes((tcp.TCPOPT_EXP, EXP_BASE + len(cookie)))
        option = head + tcp.TCPOPT_FASTOPEN_MAGIC.to_bytes(2, "big") + cookie
    else:
        option = bytes((tcp.TCPOPT_FASTOPEN, BASE + len(cookie))) + cookie
    return option + bytes((tcp.TCPOPT_NOP,)) * (-len(option) % 4)


def tcp_fastopen_syn_option(tp: TcpSock) -> bytes | None:
    """What the SYN of tp, which has a fastopen_req, is to carry."""
    fo = tp.fastopen_req
    assert isinstance(fo, TcpFastopenRequest)
    return None if fo.cookie is None else fastopen_option(fo.cookie, False)


# ---- the server's cookie


def tcp_fastopen_cookie_gen(tp: TcpSock, addr: int) -> bytes:
    """The cookie of the client at addr: 8 bytes. The first one draws the key."""
    sysctl = tp.sysctl
    if not sysctl.fastopen_key:
        sysctl.fastopen_key = tp.sk_net.rand.bytes(16)
    key = sysctl.fastopen_key
    words = [int.from_bytes(key[at : at + 4], "little") for at in range(0, 16, 4)]
    first = hsiphash_3words(addr, 0, 0, words[0], words[1])
    second = hsiphash_3words(addr, 1, 0, words[2], words[3])
    return first.to_bytes(4, "little") + second.to_bytes(4, "little")


def fastopen_key_text(sysctl: NetnsTcp) -> str:
    """net.ipv4.tcp_fastopen_key: four hexadecimal words."""
    key = sysctl.fastopen_key or bytes(16)
    return "-".join(f"{int.from_bytes(key[at : at + 4], 'little'):08x}" for at in range(0, 16, 4))


def fastopen_set_key(sysctl: NetnsTcp, text: str) -> None:
    """Write the sysctl; OSError(EINVAL)."""
    words = text.strip().split("-")
    try:
        numbers = [int(word, 16) for word in words]
        key = b"".join(n.to_bytes(4, "little") for n in numbers)
    except (ValueError, OverflowError):
        raise OSError(22, "Invalid argument") from None
    if len(words) != 4:
        raise OSError(22, "Invalid argument")
    sysctl.fastopen_key = key


# ---- the client's cache


def tcp_fastopen_cache_get(tp: TcpSock) -> FastopenMetrics | None:
    """What is known of tp's server."""
    found = tp.sysctl.fastopen_cache.get(tp.inet_daddr)
    assert found is None or isinstance(found, FastopenMetrics)
    return found


def tcp_fastopen_cache_set(tp: TcpSock, mss: int, cookie: bytes | None, syn_lost: bool) -> None:
    """Learn: mss unless 0, cookie unless none, and whether a SYN with data got lost."""
    cache = tp.sysctl.fastopen_cache
    known = tcp_fastopen_cache_get(tp)
    if known is None:
        if len(cache) >= FASTOPEN_CACHE_MAX:
            del cache[next(iter(cache))]
        known = cache[tp.inet_daddr] = FastopenMetrics()
    if mss:
        known.mss = mss
    if cookie:
        known.cookie = cookie
    if syn_lost:
        known.syn_loss += 1
        known.last_syn_loss = jiffies()
    else:
        known.syn_loss = 0


def has_fastopen(tp: TcpSock, name: str) -> bool:
    """Is Fast Open known here, by the sysctl or by the era? name: in kernel/era."""
    return tp.sysctl.fastopen != 0 or era_has(tp.sk_net.era, name)


# ---- a listener's bound


def fastopen_queue(tp: TcpSock) -> FastopenQueue | None:
    """What bounds listener tp's Fast Open children; None if it takes none."""
    queue = tp.icsk_accept_queue
    return None if queue is None else queue.fastopenq


def fastopen_has_room(fastopenq: FastopenQueue) -> bool:
    """May there be one child more? A child ended by a RST more than a minute ago makes room."""
    if fastopenq.qlen < fastopenq.max_qlen:
        return True
    rst = fastopenq.rst
    if not rst or rst[0].expires > jiffies():
        return False
    del rst[0]
    fastopenq.qlen -= 1
    return True


def reqsk_fastopen_remove(tp: TcpSock, req: TcpRequestSock, reset: bool) -> None:
    """Child tp needs req no more: its last ACK came, or it is over. reset: by a RST.

    A RST may be the answer of a machine whose address was forged, so it counts for a while.
    """
    tp.fastopen_rsk = None
    listener = req.listener
    assert isinstance(listener, TcpSock)
    fastopenq = fastopen_queue(listener)
    assert fastopenq is not None
    req.listener = None
    if req.sk is None and reset and listener.sk_state == tcp.TCP_LISTEN:
        req.expires = jiffies() + RST_PENALTY
        fastopenq.rst.append(req)
    else:
        fastopenq.qlen -= 1
    sock_put(listener)
