"""struct flowi4: the question that a route lookup asks.

Linux: include/net/flow.h
"""

from __future__ import annotations


class Flowi4:
    """struct flowi4; every address and port a host integer, 0 for "any"."""

    __slots__ = (
        "flowi4_oif",
        "flowi4_iif",
        "flowi4_mark",
        "flowi4_tos",
        "flowi4_scope",
        "flowi4_proto",
        "flowi4_flags",
        "daddr",
        "saddr",
        "fl4_dport",
        "fl4_sport",
        "error",
    )

    flowi4_oif: int
    flowi4_iif: int
    flowi4_mark: int
    flowi4_tos: int
    flowi4_scope: int
    flowi4_proto: int
    flowi4_flags: int
    daddr: int
    saddr: int
    fl4_dport: int
    fl4_sport: int
    error: int  # out: the negative errno of a lookup that answered None

    def __init__(self, daddr: int = 0, saddr: int = 0, tos: int = 0, oif: int = 0) -> None:
        self.flowi4_oif = oif
        self.flowi4_iif = 0
        self.flowi4_mark = 0
        self.flowi4_tos = tos
        self.flowi4_scope = 0
        self.flowi4_proto = 0
        self.flowi4_flags = 0
        self.daddr = daddr
        self.saddr = saddr
        self.fl4_dport = 0
        self.fl4_sport = 0
        self.error = 0
