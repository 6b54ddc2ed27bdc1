"""IPv4 options as values: RFC 791 3.1, 1108 (security), 2113 (router alert).

    parse_options(header[20:])  -> [RecordRoute(pointer=4, slots=(0, 0, 0)), EOL]
    build_options([RouterAlert(0)]) -> bytes.fromhex("94040000")

For builders, tools and tests; the stack itself works on the bytes (net/ipv4/ip_options). An option
whose length does not fit its kind comes out as RawOption, so that build_options(parse_options(b))
is b for any b that can be cut into options at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import softnet.uapi.in_ as in_
from softnet.wire.options import Eol, Nop, Option, RawOption, cut_options, join_options


@dataclass(frozen=True, slots=True)
class RecordRoute:
    """RR: routers write their address at pointer (4 is the first slot) and move it on."""

    pointer: int
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SourceRoute:
    """LSRR or SSRR: the routers to pass, in order; pointer says which is next (4 is the first)."""

    strict: bool
    pointer: int
    addrs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Timestamp:
    """TS: entries are (None, stamp) for flag 0 (IPOPT_TS_TSONLY), else (address, stamp).

    pointer 5 is the first entry. overflow counts the routers that found no room. Stamps are
    milliseconds since midnight UT.
    """

    pointer: int
    overflow: int
    flag: int
    entries: tuple[tuple[int | None, int], ...]


@dataclass(frozen=True, slots=True)
class RouterAlert:
    """RA: every router is to look into this packet."""

    value: int


@dataclass(frozen=True, slots=True)
class Security:
    """SEC, RFC 1108: classification level and authority flags."""

    data: bytes


IpOption: TypeAlias = (
    RawOption | Nop | Eol | RecordRoute | SourceRoute | Timestamp | RouterAlert | Security
)


def parse_options(data: bytes) -> list[IpOption]:
    """The options in the bytes behind the fixed header. ValueError when a length overruns."""
    return [_parse(o) if isinstance(o, RawOption) else o for o in cut_options(data)]


def build_options(options: Sequence[IpOption]) -> bytes:
    """The bytes of these options, filled up with zeros (EOL) to a multiple of four."""
    return join_options([_build(option) for option in options])


def _parse(option: RawOption) -> IpOption:
    kind, body = option.kind, option.data
    if kind in (in_.IPOPT_RR, in_.IPOPT_LSRR, in_.IPOPT_SSRR) and len(body) % 4 == 1:
        addrs = _words(body[1:])
        if kind == in_.IPOPT_RR:
            return RecordRoute(body[0], addrs)
        return SourceRoute(kind == in_.IPOPT_SSRR, body[0], addrs)
    if kind == in_.IPOPT_TS and len(body) >= 2:
        flag, words = body[1] & 0x0F, _words(body[2:])
        if flag == in_.IPOPT_TS_TSONLY and len(body) % 4 == 2:
            return Timestamp(body[0], body[1] >> 4, flag, tuple((None, w) for w in words))
        if flag in (in_.IPOPT_TS_TSANDADDR, in_.IPOPT_TS_PRESPEC) and len(body) % 8 == 2:
            pairs = tuple(zip(words[::2], words[1::2], strict=True))
            return Timestamp(body[0], body[1] >> 4, flag, pairs)
    if kind == in_.IPOPT_RA and len(body) == 2:
        return RouterAlert(int.from_bytes(body, "big"))
    if kind == in_.IPOPT_SEC:
        return Security(body)
    return option


def _build(option: IpOption) -> Option:
    match option:
        case RawOption() | Nop() | Eol():
            return option
        case RecordRoute(pointer, slots):
            kind, body = in_.IPOPT_RR, bytes((pointer,)) + _bytes(slots)
        case SourceRoute(strict, pointer, addrs):
            kind = in_.IPOPT_SSRR if strict else in_.IPOPT_LSRR
            body = bytes((pointer,)) + _bytes(addrs)
        case Timestamp(pointer, overflow, flag, entries):
            words = tuple(w for entry in entries for w in entry if w is not None)
            kind, body = in_.IPOPT_TS, bytes((pointer, overflow << 4 | flag)) + _bytes(words)
        case RouterAlert(value):
            kind, body = in_.IPOPT_RA, value.to_bytes(2, "big")
        case Security(data):
            kind, body = in_.IPOPT_SEC, data
    return RawOption(kind, body)


def _words(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[i : i + 4], "big") for i in range(0, len(data), 4))


def _bytes(words: tuple[int, ...]) -> bytes:
    return b"".join(w.to_bytes(4, "big") for w in words)
