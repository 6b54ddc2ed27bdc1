"""Reassembly: order, holes, overlaps, limits, time."""

from __future__ import annotations

import itertools

import pytest

import softnet.arch.const as const
import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
from softnet.net.ipv4.inet_fragment import NetnsFrags
from softnet.net.ipv4.ip_fragment import (
    IP_DEFRAG_AF_PACKET,
    ip_check_defrag,
    ip_find,
)
from tests.kit.frame import icmp as icmp_layer
from tests.kit.frame import ip as ip_layer
from tests.kit.frame import packet
from tests.kit.skbs import make_skb
from tests.net.ipv4.ip_kit import IpHost, Sock, Wire, eth, host, ip, ip_bytes, udp

__all__ = ["eth", "host"]

US, PEER = "10.0.0.1", "10.0.0.2"


def pieces(data: bytes, size: int, **kw: int) -> list[bytes]:
    """A UDP datagram from port 7 to 9, cut into fragments of at most size bytes."""
    raw = udp(PEER, US, 7, 9, data)
    out = []
    for at in range(0, len(raw), size):
        more = in_.IP_MF if at + size < len(raw) else 0
        out.append(
            ip_bytes(PEER, US, raw[at : at + size], 17, frag=more | at >> 3, **kw)  # type: ignore[arg-type]
        )
    return out


def frags(host: IpHost) -> NetnsFrags:
    nf = host.net.ipv4.frags
    assert isinstance(nf, NetnsFrags)
    return nf


@pytest.fixture
def sock(host: IpHost, eth: Wire) -> Sock:
    return host.udp_sock(US, 9)


DATA = bytes(i * 13 & 0xFF for i in range(100))


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_order_gives_the_datagram(
    host: IpHost, eth: Wire, sock: Sock, order: tuple[int, ...]
) -> None:
    parts = pieces(DATA, 32)
    assert len(parts) == 4
    before = host.counters()
    for i in order:
        assert sock.recv() == -11
        host.receive(eth, parts[i])
    assert sock.recv() == DATA
    ticked = host.ticked(before)
    assert ticked == {
        "Ip.InReceives": 4,
        "Ip.InDelivers": 1,
        "Ip.ReasmReqds": 4,
        "Ip.ReasmOKs": 1,
        "Udp.InDatagrams": 1,
    }
    assert (frags(host).mem, frags(host).nqueues) == (0, 0)


def test_duplicates_change_nothing(host: IpHost, eth: Wire, sock: Sock) -> None:
    parts = pieces(DATA, 32)
    for p in (parts[0], parts[0], parts[2], parts[2], parts[3], parts[3], parts[1]):
        host.receive(eth, p)
    assert sock.recv() == DATA
    assert frags(host).mem == 0


def test_the_largest_datagram_passes(host: IpHost, eth: Wire, sock: Sock) -> None:
    data = bytes(i & 0xFF for i in range(65507))
    for p in pieces(data, 1480):
        host.receive(eth, p)
    assert sock.recv() == data


def test_ping_of_death_is_dropped_with_all_its_pieces(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    host.receive(eth, ip_bytes(PEER, US, bytes(65512 - 8), 17, frag=in_.IP_MF))
    host.receive(eth, ip_bytes(PEER, US, bytes(1400), 17, frag=(65504) >> 3))
    ticked = host.ticked(before)
    assert ticked == {"Ip.InReceives": 2, "Ip.ReasmReqds": 2, "Ip.ReasmFails": 1}
    assert (frags(host).mem, frags(host).nqueues) == (0, 0)
    assert "Oversized IP packet from 10.0.0.2." in host.dmesg()


def test_a_last_fragment_that_lies_is_refused(host: IpHost, eth: Wire) -> None:
    host.receive(eth, ip_bytes(PEER, US, bytes(64), frag=in_.IP_MF))
    memory = frags(host).mem
    host.receive(eth, ip_bytes(PEER, US, bytes(8), frag=1))  # ends at 16, 64 are here
    host.receive(eth, ip_bytes(PEER, US, bytes(8), frag=10))  # ends at 88
    end = frags(host).mem
    host.receive(eth, ip_bytes(PEER, US, bytes(8), frag=11))  # another end
    host.receive(eth, ip_bytes(PEER, US, bytes(8), frag=in_.IP_MF | 12))  # beyond the end
    assert end > memory
    assert frags(host).mem == end


def test_empty_fragments_are_refused(host: IpHost, eth: Wire) -> None:
    host.receive(eth, ip_bytes(PEER, US, b"", frag=in_.IP_MF))
    host.receive(eth, ip_bytes(PEER, US, b"abc", frag=in_.IP_MF))  # rounds down to nothing
    assert frags(host).mem == frags(host).qsize  # the queue, with nothing in it


def model(order: list[tuple[int, int, int]]) -> list[bytes]:
    """The datagrams 3.2 makes of fragments (offset, end, fill); those with the greatest end are last.

    A byte belongs to the fragment that begins before a new one, else to the new one.
    """
    total = max(end for _, end, _ in order)
    out: list[bytes] = []
    have: list[list[int]] = []  # [start, end, fill], sorted, disjoint
    last_seen = False
    known = 0
    for start, end, fill in order:
        last = end == total
        if last and start == 0:  # no fragment at all
            out.append(bytes([fill]) * end)
            continue
        if (last and end < known) or (not last and last_seen and end > known):
            continue
        last_seen = last_seen or last
        known = max(known, end)
        i = sum(1 for f in have if f[0] < start)
        if i > 0 and have[i - 1][1] > start:
            start = have[i - 1][1]
            if end <= start:
                continue
        while i < len(have) and have[i][0] < end:
            if have[i][1] > end:
                have[i][0] = end
                break
            del have[i]
        have.insert(i, [start, end, fill])
        if last_seen and have[0][0] == 0 and sum(e - s for s, e, _ in have) == total:
            out.append(b"".join(bytes([f]) * (e - s) for s, e, f in have))
            have, last_seen, known = [], False, 0
    return out


def overlap_case(spans: tuple[tuple[int, int], ...]) -> list[tuple[int, int, int]]:
    return [(s * 8, e * 8, i + 1) for i, (s, e) in enumerate(spans)]


SPANS = [(s, e) for s in range(8) for e in range(s + 1, 9)]


def run_overlaps(cases: list[tuple[tuple[int, int], ...]]) -> None:
    with IpHost() as h:
        dev = h.eth("10.0.0.1/24")
        s = h.sock(3, 253)
        assert s.error == 0
        for ident, spans in enumerate(cases):
            case = overlap_case(spans)
            total = max(end for _, end, _ in case)
            for start, end, fill in case:
                more = 0 if end == total else in_.IP_MF
                data = bytes([fill]) * (end - start)
                h.receive(
                    dev, ip_bytes(PEER, US, data, frag=more | start >> 3, ident=ident & 0xFFFF)
                )
            got = []
            while isinstance(data := s.recv(), bytes):
                got.append(data[20:])
            assert got == model(case), spans
            if frags(h).nqueues > 100:
                h.run(31_000)
        h.finish()


def test_every_overlap_of_two_fragments_is_as_in_3_2() -> None:
    run_overlaps(list(itertools.product(SPANS, repeat=2)))


@pytest.mark.slow
def test_every_overlap_of_three_fragments_is_as_in_3_2() -> None:
    cases = list(itertools.product(SPANS, repeat=3))
    run_overlaps(cases)


def test_some_overlaps_of_three_fragments() -> None:
    run_overlaps(list(itertools.product(SPANS, repeat=3))[::61])


def test_teardrop(host: IpHost, eth: Wire) -> None:
    """The second fragment lies wholly within the first."""
    host.receive(eth, ip_bytes(PEER, US, bytes(36), 17, frag=in_.IP_MF))
    host.receive(eth, ip_bytes(PEER, US, bytes(4), 17, frag=3))
    assert frags(host).nqueues == 1


def test_the_first_to_come_wins_an_overlap_at_its_end(host: IpHost, eth: Wire) -> None:
    s = host.sock(3, 253)
    host.receive(eth, ip_bytes(PEER, US, b"A" * 24, frag=in_.IP_MF))
    host.receive(eth, ip_bytes(PEER, US, b"B" * 24, frag=2))
    got = s.recv()
    assert isinstance(got, bytes)
    assert got[20:] == b"A" * 24 + b"B" * 16


def test_the_last_to_come_wins_an_overlap_at_its_start(host: IpHost, eth: Wire) -> None:
    s = host.sock(3, 253)
    host.receive(eth, ip_bytes(PEER, US, b"B" * 24, frag=2))
    host.receive(eth, ip_bytes(PEER, US, b"A" * 24, frag=in_.IP_MF))
    got = s.recv()
    assert isinstance(got, bytes)
    assert got[20:] == b"A" * 24 + b"B" * 16


def test_time_runs_out_and_the_sender_hears(host: IpHost, eth: Wire) -> None:
    host.receive(eth, pieces(DATA, 32)[0])
    before = host.counters()
    host.run(29_000)
    assert frags(host).nqueues == 1
    host.run(1_100)
    assert (frags(host).mem, frags(host).nqueues) == (0, 0)
    ticked = host.ticked(before)
    assert (ticked["Ip.ReasmTimeout"], ticked["Ip.ReasmFails"]) == (1, 1)
    packet(
        eth.payloads()[-1],
        ip_layer(src=US, dst=PEER),
        icmp_layer(type=icmp_.ICMP_TIME_EXCEEDED, code=icmp_.ICMP_EXC_FRAGTIME),
    )


def test_without_the_first_fragment_nobody_hears(host: IpHost, eth: Wire) -> None:
    sent = len(eth.sent)
    host.receive(eth, pieces(DATA, 32)[1])
    host.run(30_100)
    assert frags(host).nqueues == 0
    assert len(eth.sent) == sent


def test_memory_has_a_bound_and_the_oldest_go(host: IpHost, eth: Wire) -> None:
    host.sysctl("ipfrag_high_thresh", 20000)
    host.sysctl("ipfrag_low_thresh", 10000)
    before = host.counters()
    peak = 0
    for ident in range(200):
        host.receive(eth, ip_bytes(PEER, US, bytes(512), frag=in_.IP_MF, ident=ident))
        peak = max(peak, frags(host).mem)
    assert peak < 20000 + 4096
    ticked = host.ticked(before)
    assert ticked["Ip.ReasmFails"] == 200 - frags(host).nqueues
    kept = [q.id for q in frags(host).lru]  # type: ignore[attr-defined]
    assert kept == list(range(200 - len(kept), 200))


def test_hash_chains_have_a_bound(host: IpHost, eth: Wire) -> None:
    nf = frags(host)
    host.sysctl("ipfrag_high_thresh", 1 << 30)
    seen = 0
    for n in range(64 * const.INETFRAGS_MAXDEPTH * 2):
        skb = make_skb(ip_bytes(PEER, US, b"", ident=n & 0xFFFF), room=64)
        skb.reset_network_header()
        found = ip_find(nf, skb, n >> 16)
        seen += found is not None
        skb.reset_meta()
        from softnet.net.core.skbuff import kfree_skb  # noqa: PLC0415  # used here only

        kfree_skb(skb)
    assert seen == 64 * const.INETFRAGS_MAXDEPTH
    assert nf.chain_overflows == 64 * const.INETFRAGS_MAXDEPTH


def test_the_hash_secret_changes_and_queues_stay_findable(
    host: IpHost, eth: Wire, sock: Sock
) -> None:
    host.sysctl("ipfrag_time", 3600)
    parts = pieces(DATA, 64)
    host.receive(eth, parts[0])
    secret = frags(host).rnd
    host.run(601_000)
    host.receive(eth, parts[1])
    assert frags(host).rnd != secret
    assert sock.recv() == DATA


def test_too_many_others_in_between_start_over(host: IpHost, eth: Wire, sock: Sock) -> None:
    parts = pieces(DATA, 64)
    host.receive(eth, parts[0])
    for ident in range(1000, 1070):
        host.receive(eth, ip_bytes(PEER, US, bytes(8), frag=in_.IP_MF, ident=ident))
    before = host.counters()
    host.receive(eth, parts[1])
    assert host.ticked(before)["Ip.ReasmFails"] == 1
    assert sock.recv() == -11
    host.receive(eth, parts[0])
    assert sock.recv() == DATA


def test_ecn_of_the_parts_is_the_wholes(host: IpHost, eth: Wire) -> None:
    s = host.sock(3, 253)
    for parts, expected in (((2, 3), 3), ((2, 0), 0), ((2, 2), 2), ((3, 0), 0)):
        host.receive(eth, ip_bytes(PEER, US, bytes(8), frag=in_.IP_MF, tos=parts[0]))
        host.receive(eth, ip_bytes(PEER, US, bytes(8), frag=1, tos=parts[1]))
        got = s.recv()
        assert isinstance(got, bytes)
        assert got[1] == expected


def test_check_defrag_leaves_whole_packets_alone(host: IpHost, eth: Wire) -> None:
    from softnet.net.core.skbuff import kfree_skb, skb_tobytes  # noqa: PLC0415  # used here only

    for raw in (ip_bytes(PEER, US, b"whole"), b"\x45", bytes(40)):
        skb = make_skb(raw, room=64)
        skb.reset_network_header()
        skb.protocol = 0x0800
        skb.dev = eth
        assert ip_check_defrag(skb, IP_DEFRAG_AF_PACKET) is skb
        kfree_skb(skb)
    out = None
    for p in pieces(DATA, 64):
        skb = make_skb(p, room=64)
        skb.reset_network_header()
        skb.protocol = 0x0800
        skb.dev = eth
        out = ip_check_defrag(skb, IP_DEFRAG_AF_PACKET)
    assert out is not None
    assert skb_tobytes(out)[28:] == DATA
    assert ip(US)
    kfree_skb(out)
