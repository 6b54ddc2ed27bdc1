"""Options of a header as a list of kind, length, value: what IPv4 and TCP have in common.

    0      1        2                     RFC 791 3.1 and RFC 793 3.1. Kind 0 (end of list) and
    | kind | length | value ... |         kind 1 (no operation) are one byte, without a length.

ip_options.py and tcp_options.py give the values a meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RawOption:
    """Any option with a length byte; data is what follows it."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Nop:
    """One byte that aligns the next option."""


@dataclass(frozen=True, slots=True)
class Eol:
    """The end of the list; padding holds what stands behind it."""

    padding: bytes = b""


Option: TypeAlias = RawOption | Nop | Eol
NOP = Nop()
EOL = Eol()
ROOM = 40  # bytes that a header has for options


def cut_options(data: bytes) -> list[Option]:
    """The options in the bytes behind a fixed header. ValueError when a length overruns."""
    options: list[Option] = []
    at = 0
    while at < len(data):
        kind = data[at]
        if kind == 0:
            options.append(Eol(data[at + 1 :]))
            break
        if kind == 1:
            options.append(NOP)
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        if size < 2 or at + size > len(data):
            raise ValueError(f"option {kind} at byte {at} has the length {size}")
        options.append(RawOption(kind, data[at + 2 : at + size]))
        at += size
    return options


def join_options(options: Sequence[Option]) -> bytes:
    """The bytes of these options, filled up with zeros (end of list) to a multiple of four."""
    data = b"".join(_join_one(option) for option in options)
    data += bytes(-len(data) % 4)
    if len(data) > ROOM:
        raise ValueError(f"{len(data)} bytes of options: a header has room for {ROOM}")
    return data


def _join_one(option: Option) -> bytes:
    match option:
        case Nop():
            return b"\x01"
        case Eol(padding):
            return b"\x00" + padding
        case RawOption(kind, data):
            return bytes((kind, len(data) + 2)) + data
