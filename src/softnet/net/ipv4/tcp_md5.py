"""MD5 signatures of segments, for BGP.

Linux: net/ipv4/tcp_ipv4.c (tcp_v4_md5_*), TCP_MD5SIG. RFC 2385.

The signature covers a pseudo header, the TCP header without options and with its checksum 0, the
data, and the key. A socket keeps keys by peer address (md5sig_info); md5_key is the one of its own
peer. Both ends must have one, or none: a segment that has it wrong is dropped silently.
"""

from __future__ import annotations

from hashlib import md5

import softnet.arch.mem as mem
import softnet.uapi.in_ as in_
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import skb_tobytes
from softnet.net.ipv4.tcp_options import tcp_parse_md5sig_option
from softnet.structs.net_namespace import Net
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock


def tcp_md5_do_lookup(tp: TcpSock, addr: int) -> bytes | None:
    """The key that tp has for peer addr."""
    keys = tp.md5sig_info
    return None if keys is None else keys.get(addr)


def tcp_md5_digest(skb: SkBuff, key: bytes, saddr: int, daddr: int) -> bytes:
    """The signature of skb, data at its TCP header, sent from saddr to daddr."""
    segment = skb_tobytes(skb)
    hlen = segment[12] >> 4 << 2
    data = segment[hlen:]
    return tcp_md5_sum(segment[: tcp.TCP_HLEN], data, key, saddr, daddr, len(segment))


def tcp_md5_sign_header(header: bytes, key: bytes, saddr: int, daddr: int, length: int) -> bytes:
    """The signature of a segment without data: its first 20 bytes; length with all options."""
    return tcp_md5_sum(header, b"", key, saddr, daddr, length)


def tcp_md5_sum(
    header: bytes, data: bytes, key: bytes, saddr: int, daddr: int, length: int
) -> bytes:
    """RFC 2385 2.0: pseudo header, header with its checksum 0, data, key."""
    pseudo = (
        saddr.to_bytes(4, "big")
        + daddr.to_bytes(4, "big")
        + bytes((0, in_.IPPROTO_TCP))
        + length.to_bytes(2, "big")
    )
    bare = header[:16] + b"\0\0" + header[18:20]
    return md5(pseudo + bare + data + key, usedforsecurity=False).digest()


def tcp_md5_hash_skb(tp: TcpSock, skb: SkBuff, at: int) -> None:
    """Sign a segment of tp; the signature goes to offset at of its head."""
    key = tp.md5_key
    assert key is not None
    tcp_md5_hash_header(skb, at, key, tp.inet_saddr, tp.inet_daddr)


def tcp_md5_hash_header(skb: SkBuff, at: int, key: bytes, saddr: int, daddr: int) -> None:
    """The same with everything given."""
    digest = tcp_md5_digest(skb, key, saddr, daddr)
    mem.copy(skb.ptr, at, mem.addr(digest), 0, tcp.TCPOLEN_MD5SIG - 2)


def tcp_v4_inbound_md5_hash(net: Net, key: bytes | None, skb: SkBuff) -> bool:
    """Must skb, data at the TCP header, be dropped for its signature or the lack of one?"""
    found = tcp_parse_md5sig_option(skb)
    if key is None and found is None:
        return False
    if found is None:
        net.mib.net.inc(snmp.LINUX_MIB_TCPMD5NOTFOUND)
        return True
    if key is None:
        net.mib.net.inc(snmp.LINUX_MIB_TCPMD5UNEXPECTED)
        return True
    saddr = mem.get32(skb.ptr, skb.network_header + 12)
    daddr = mem.get32(skb.ptr, skb.network_header + 16)
    return tcp_md5_digest(skb, key, saddr, daddr) != found
