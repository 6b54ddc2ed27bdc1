"""TCP options as values: RFC 793 3.1, 1323 (window scale, timestamps), 2018 (SACK), 2385 (MD5).

    parse_options(segment[20:hdrlen]) -> [Mss(1460), SackPerm(), Timestamps(1, 0), NOP, WScale(7)]
    build_options([Mss(1460)]) -> bytes.fromhex("020405b4")

For builders, tools and tests; the stack itself works on the bytes (net/ipv4/tcp_input). An option
whose length does not fit its kind comes out as RawOption, so that build_options(parse_options(b))
is b for any b that can be cut into options at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import softnet.uapi.tcp as tcp
from softnet.wire.options import Eol, Nop, Option, RawOption, cut_options, join_options


@dataclass(frozen=True, slots=True)
class Mss:
    """The largest segment that the sender of this SYN is ready to receive, in payload bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class WScale:
    """By how many bits to shift the windows that the sender of this SYN will advertise."""

    shift: int


@dataclass(frozen=True, slots=True)
class SackPerm:
    """The sender of this SYN understands selective acknowledgments."""


@dataclass(frozen=True, slots=True)
class Sack:
    """Blocks (left, right) that arrived out of order: right is the first byte missing behind."""

    blocks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Timestamps:
    """The sender's clock, and the last reading of the other's clock that it echoes."""

    tsval: int
    tsecr: int


@dataclass(frozen=True, slots=True)
class Md5Sig:
    """The digest of a keyed connection."""

    digest: bytes


TcpOption: TypeAlias = RawOption | Nop | Eol | Mss | WScale | SackPerm | Sack | Timestamps | Md5Sig


def parse_options(data: bytes) -> list[TcpOption]:
    """The options in the bytes behind the fixed header. ValueError when a length overruns."""
    return [_parse(o) if isinstance(o, RawOption) else o for o in cut_options(data)]


def build_options(options: Sequence[TcpOption]) -> bytes:
    """The bytes of these options, filled up with zeros (EOL) to a multiple of four."""
    return join_options([_build(option) for option in options])


def _parse(option: RawOption) -> TcpOption:
    kind, body = option.kind, option.data
    size = len(body) + 2
    if kind == tcp.TCPOPT_MSS and size == tcp.TCPOLEN_MSS:
        return Mss(int.from_bytes(body, "big"))
    if kind == tcp.TCPOPT_WINDOW and size == tcp.TCPOLEN_WINDOW:
        return WScale(body[0])
    if kind == tcp.TCPOPT_SACK_PERM and size == tcp.TCPOLEN_SACK_PERM:
        return SackPerm()
    if kind == tcp.TCPOPT_SACK and body and len(body) % tcp.TCPOLEN_SACK_PERBLOCK == 0:
        edges = [int.from_bytes(body[i : i + 4], "big") for i in range(0, len(body), 4)]
        return Sack(tuple(zip(edges[::2], edges[1::2], strict=True)))
    if kind == tcp.TCPOPT_TIMESTAMP and size == tcp.TCPOLEN_TIMESTAMP:
        return Timestamps(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:], "big"))
    if kind == tcp.TCPOPT_MD5SIG and size == tcp.TCPOLEN_MD5SIG:
        return Md5Sig(body)
    return option


def _build(option: TcpOption) -> Option:
    match option:
        case RawOption() | Nop() | Eol():
            return option
        case Mss(value):
            kind, body = tcp.TCPOPT_MSS, value.to_bytes(2, "big")
        case WScale(shift):
            kind, body = tcp.TCPOPT_WINDOW, bytes((shift,))
        case SackPerm():
            kind, body = tcp.TCPOPT_SACK_PERM, b""
        case Sack(blocks):
            kind = tcp.TCPOPT_SACK
            body = b"".join(edge.to_bytes(4, "big") for block in blocks for edge in block)
        case Timestamps(tsval, tsecr):
            kind, body = tcp.TCPOPT_TIMESTAMP, tsval.to_bytes(4, "big") + tsecr.to_bytes(4, "big")
        case Md5Sig(digest):
            kind, body = tcp.TCPOPT_MD5SIG, digest
    return RawOption(kind, body)
