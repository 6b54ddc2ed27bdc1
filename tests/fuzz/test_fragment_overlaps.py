"""Every overlap of two fragments up to 64 bytes, and a dense sample of three, against a model.

The model is an array of bytes that says who owns each, by the rule of 3.2's last stable release: a new
fragment loses to what begins before it, and wins over what begins where it begins or later.
"""

from __future__ import annotations

from itertools import permutations, product

import pytest

from softnet.wire.build import build_ethernet, build_ipv4
from tests.kit.wire_host import IP, MAC, PEER, PEER_MAC, WireHost

UNIT = 8
IP_MF = 0x2000
PROTO = 253  # nobody listens: a whole datagram is answered with "protocol unreachable"

Fragment = tuple[int, int, bool]  # offset and length in units, more fragments


class Model:
    """One datagram in reassembly."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []  # (offset, bytes), sorted, not overlapping
        self.end = -1  # where the last fragment said it ends
        self.reach = 0

    def add(self, offset: int, data: bytes, more: bool) -> bool:
        """Queue a fragment; False if it contradicts the others and is dropped."""
        end = offset + len(data)
        if not more:
            if end < self.reach or (self.end >= 0 and end != self.end):
                return False
            self.end = end
        elif self.end >= 0 and end > self.end:
            return False
        self.reach = max(self.reach, end)
        for o, d in self.pieces:
            if o < offset:
                cut = o + len(d) - offset
                if cut > 0:
                    if cut >= len(data):
                        return False
                    offset, data = offset + cut, data[cut:]
        kept = []
        for o, d in self.pieces:
            if o >= offset and o < end:
                if o + len(d) <= end:
                    continue
                d, o = d[end - o :], end
            kept.append((o, d))
        self.pieces = sorted([*kept, (offset, data)])
        return True

    def whole(self) -> bytes | None:
        """The datagram's payload if it is complete."""
        at = 0
        for o, d in self.pieces:
            if o != at:
                return None
            at = o + len(d)
        return b"".join(d for _, d in self.pieces) if at == self.end else None


def feed(dut: WireHost, fragments: tuple[Fragment, ...], ident: int) -> bytes | None:
    """What reassembly made of them: the payload quoted by the ICMP error, None if nothing."""
    for n, (offset, length, more) in enumerate(fragments):
        body = bytes([0x41 + n]) * (length * UNIT)
        frag_off = offset | (IP_MF if more else 0)
        dut.feed(
            build_ethernet(
                MAC,
                PEER_MAC,
                0x0800,
                build_ipv4(PEER, IP, PROTO, body, id=ident, frag_off=frag_off),
            )
        )
    out = dut.take()
    assert len(out) <= 1
    return out[0][14 + 20 + 8 + 20 :] if out else None


def model(fragments: tuple[Fragment, ...]) -> bytes | None:
    m = Model()
    for n, (offset, length, more) in enumerate(fragments):
        if offset == 0 and not more:
            return bytes([0x41 + n]) * (length * UNIT)  # no fragment at all: a whole datagram
        # As in Linux, a piece that is dropped completes nothing, even if all is there by now.
        if m.add(offset * UNIT, bytes([0x41 + n]) * (length * UNIT), more):
            whole = m.whole()
            if whole is not None:
                return whole
    return None


def check(dut: WireHost, sets, debug) -> int:
    """Feed each set as one datagram; how many became whole."""
    dut.host.sysctl("net.ipv4.icmp_ratelimit", 0)
    complete = 0
    for ident, fragments in enumerate(sets, 1):
        got, want = feed(dut, fragments, ident & 0xFFFF), model(fragments)
        assert got == want, f"{fragments}: got {got!r}, the model says {want!r}"
        complete += want is not None
        if ident % 500 == 0:
            dut.run(40_000_000_000)  # what is incomplete times out
            dut.take()
    dut.run(40_000_000_000)
    dut.take()
    debug.verify()
    assert dut.net.ipv4.frags.nqueues == 0
    return complete


def spans(limit: int) -> list[tuple[int, int]]:
    """Every (offset, length) within limit units."""
    return [(o, n) for o in range(limit) for n in range(1, limit - o + 1)]


def test_every_pair_up_to_64_bytes(dut: WireHost, debug) -> None:
    pairs = (
        ((*a, True), (*b, False)) if order == 0 else ((*b, False), (*a, True))
        for a, b in product(spans(8), spans(8))
        for order in (0, 1)
    )
    assert check(dut, pairs, debug) > 100


@pytest.mark.slow
def test_every_triple_up_to_40_bytes(dut: WireHost, debug) -> None:
    triples = (
        tuple((*span, i != last) for i, span in enumerate(spans3))
        for spans3 in product(spans(5), repeat=3)
        for last in range(3)
    )
    assert check(dut, triples, debug) > 500


def test_orders_of_one_teardrop(dut: WireHost, debug) -> None:
    pieces = ((0, 4, True), (2, 1, True), (3, 4, True), (6, 2, False))
    assert check(dut, permutations(pieces), debug) == 24
