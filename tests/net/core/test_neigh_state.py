"""A neighbour's state machine and its queue."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.neighbour as nud
from softnet.kernel.timer import jiffies
from softnet.net.core.dst import dst_confirm, dst_neigh_output
from softnet.net.core.neighbour import (
    neigh_create,
    neigh_event_send,
    neigh_ifdown,
    neigh_lookup,
    neigh_output,
    neigh_update,
    netevent_ops,
    register_netevent_notifier,
)
from softnet.structs.dst import DstEntry
from softnet.structs.neighbour import Neighbour, NetEventOps
from softnet.structs.netdevice import HeaderOps
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import payload
from tests.net.ipv4.route_kit import MAC_A, MAC_B, RouteHost, Wire, ip, ip_packet, sent_arp

PEER = ip("10.0.0.2")


OVERRIDE = nud.NEIGH_UPDATE_F_OVERRIDE


ADMIN = nud.NEIGH_UPDATE_F_ADMIN


@pytest.fixture
def h() -> Iterator[RouteHost]:
    with RouteHost() as host:
        yield host


@pytest.fixture
def dev(h: RouteHost) -> Wire:
    return h.eth("10.0.0.1/24")


def entry(h: RouteHost, dev: Wire, addr: int = PEER) -> Neighbour:
    n = neigh_create(h.arp, addr, dev)
    assert n is not None
    return n


def reachable(h: RouteHost, dev: Wire) -> Neighbour:
    n = entry(h, dev)
    assert neigh_update(n, MAC_B, nud.NUD_REACHABLE, OVERRIDE) == 0
    return n


def packet(h: RouteHost, text: bytes = b"hello") -> SkBuff:
    """A packet to PEER with its route."""
    skb = ip_packet("10.0.0.1", "10.0.0.2", text)
    rt = h.rt("10.0.0.2")
    skb.dst = rt
    skb.dev = rt.dev
    return skb


def send(h: RouteHost, text: bytes = b"hello") -> int:
    skb = packet(h, text)
    assert skb.dst is not None
    return dst_neigh_output(skb.dst, skb)


def texts(dev: Wire) -> list[bytes]:
    found = [payload(skb)[20:] for skb in dev.sent]
    dev.release()
    return found


def test_first_packet_asks_at_once_and_waits(h: RouteHost, dev: Wire) -> None:
    assert send(h) == 0
    assert sent_arp(dev) == [(b"\xff" * 6, 1, MAC_A, "10.0.0.1", bytes(6), "10.0.0.2")]
    n = neigh_lookup(h.arp, PEER, dev)
    assert n is not None
    assert n.nud_state == nud.NUD_INCOMPLETE
    assert n.arp_queue.qlen == 1


def test_three_packets_wait_the_oldest_goes(h: RouteHost, dev: Wire) -> None:
    for text in (b"1", b"2", b"3", b"4", b"5"):
        send(h, text)
    n = neigh_lookup(h.arp, PEER, dev)
    assert n is not None
    assert n.arp_queue.qlen == 3
    assert h.arp.stats[0].unres_discards == 2
    dev.release()
    neigh_update(n, MAC_B, nud.NUD_REACHABLE, OVERRIDE)
    assert texts(dev) == [b"3", b"4", b"5"]
    assert n.arp_queue.qlen == 0


def test_unanswered_requests_fail_and_tell_the_sender(h: RouteHost, dev: Wire) -> None:
    for _ in range(2):
        send(h)
    h.run(ms=10_000)
    n = neigh_lookup(h.arp, PEER, dev)
    assert n is not None
    assert n.nud_state == nud.NUD_FAILED
    assert len(sent_arp(dev)) == 3
    assert h.icmp.sent == [(3, 1, 0), (3, 1, 0)]
    assert h.arp.stats[0].res_failed == 1


def test_requests_are_a_second_apart(h: RouteHost, dev: Wire) -> None:
    send(h)
    times = []
    for _ in range(40):
        if dev.sent:
            times.append(jiffies())
            dev.release()
        h.run(ms=100)
    assert [round(t - times[0], -2) for t in times] == [0, 1000, 2000]


def test_connected_output_prepends_the_header(h: RouteHost, dev: Wire) -> None:
    reachable(h, dev)
    assert send(h, b"one") == const.NET_XMIT_SUCCESS
    n = neigh_lookup(h.arp, PEER, dev)
    assert n is not None
    assert n.hh == MAC_B + MAC_A + b"\x08\x00"
    assert send(h, b"two") == const.NET_XMIT_SUCCESS
    frames = [skb.head_bytes() for skb in dev.sent]
    assert [f[:14] for f in frames] == [n.hh, n.hh]
    assert texts(dev) == [b"one", b"two"]


def test_a_new_address_makes_a_new_header(h: RouteHost, dev: Wire) -> None:
    n = reachable(h, dev)
    send(h)
    other = bytes.fromhex("020000000099")
    neigh_update(n, other, nud.NUD_REACHABLE, OVERRIDE)
    assert n.hh[:6] == other
    dev.release()
    send(h)
    assert dev.sent[0].head_bytes()[:6] == other


def test_reachable_goes_stale_then_is_probed(h: RouteHost, dev: Wire) -> None:
    n = reachable(h, dev)
    h.run(ms=n.parms.reachable_time + 2000)
    assert n.nud_state == nud.NUD_STALE
    send(h, b"in doubt")
    assert n.nud_state == nud.NUD_DELAY
    assert texts(dev) == [b"in doubt"]
    h.run(ms=5100)
    assert n.nud_state == nud.NUD_PROBE
    assert sent_arp(dev)[0][0] == MAC_B  # asked personally
    h.run(ms=4000)
    assert n.nud_state == nud.NUD_FAILED
    assert len(sent_arp(dev)) == 2


def test_confirmation_ends_the_doubt(h: RouteHost, dev: Wire) -> None:
    n = reachable(h, dev)
    h.run(ms=n.parms.reachable_time + 2000)
    send(h)
    dst_confirm(h.rt("10.0.0.2"))
    h.run(ms=5100)
    assert n.nud_state == nud.NUD_REACHABLE


def test_use_keeps_it_in_delay_not_stale(h: RouteHost, dev: Wire) -> None:
    n = reachable(h, dev)
    h.run(ms=n.parms.reachable_time - 1000)
    neigh_event_send(n, None)
    h.run(ms=1500)
    assert n.nud_state == nud.NUD_DELAY


@pytest.mark.parametrize(
    ("old", "lladdr", "new", "flags", "state", "ha"),
    [
        (nud.NUD_REACHABLE, b"B", nud.NUD_STALE, 0, nud.NUD_REACHABLE, b"B"),
        (nud.NUD_REACHABLE, b"C", nud.NUD_STALE, 0, nud.NUD_REACHABLE, b"B"),
        (nud.NUD_REACHABLE, b"C", nud.NUD_STALE, OVERRIDE, nud.NUD_STALE, b"C"),
        (nud.NUD_REACHABLE, b"C", nud.NUD_REACHABLE, OVERRIDE, nud.NUD_REACHABLE, b"C"),
        (nud.NUD_REACHABLE, b"C", nud.NUD_STALE, 2, nud.NUD_STALE, b"B"),
        (nud.NUD_STALE, b"C", nud.NUD_STALE, 2, nud.NUD_STALE, b"B"),
        (nud.NUD_STALE, b"B", nud.NUD_REACHABLE, 0, nud.NUD_REACHABLE, b"B"),
        (nud.NUD_PERMANENT, b"C", nud.NUD_REACHABLE, OVERRIDE, nud.NUD_PERMANENT, b"B"),
        (nud.NUD_PERMANENT, b"C", nud.NUD_STALE, OVERRIDE | ADMIN, nud.NUD_STALE, b"C"),
        (nud.NUD_REACHABLE, None, nud.NUD_FAILED, ADMIN, nud.NUD_FAILED, b"B"),
    ],
)
def test_who_may_change_what(
    h: RouteHost,
    dev: Wire,
    old: int,
    lladdr: bytes | None,
    new: int,
    flags: int,
    state: int,
    ha: bytes,
) -> None:
    n = entry(h, dev)
    neigh_update(n, b"B" * 6, old, OVERRIDE | ADMIN)
    neigh_update(n, None if lladdr is None else lladdr * 6, new, flags)
    assert (n.nud_state, n.ha) == (state, ha * 6)


def test_update_errors(h: RouteHost, dev: Wire) -> None:
    n = entry(h, dev)
    assert neigh_update(n, None, nud.NUD_REACHABLE, OVERRIDE) == -errno.EINVAL
    neigh_update(n, MAC_B, nud.NUD_PERMANENT, ADMIN)
    assert neigh_update(n, MAC_A, nud.NUD_STALE, OVERRIDE) == -errno.EPERM


class Heard(NetEventOps):
    def __init__(self) -> None:
        self.events: list[tuple[str, int, int]] = []

    def neigh_update(self, neigh: Neighbour) -> None:
        self.events.append(("update", neigh.primary_key, neigh.nud_state))

    def neigh_notify(self, neigh: Neighbour, event: int) -> None:
        self.events.append(("notify", neigh.primary_key, event))


def test_whoever_listens_hears_of_changes(h: RouteHost, dev: Wire) -> None:
    heard = Heard()
    register_netevent_notifier(heard)
    try:
        reachable(h, dev)
        neigh_ifdown(h.arp, dev)
    finally:
        netevent_ops.remove(heard)
    assert heard.events == [
        ("update", PEER, nud.NUD_REACHABLE),
        ("notify", PEER, 28),
        ("notify", PEER, 29),
    ]


def test_a_link_without_header_needs_no_neighbour(h: RouteHost) -> None:
    from_ = h.eth("10.0.0.1/24")
    from_.header_ops = None
    skb = packet(h)
    assert skb.dst is not None
    n = skb.dst.neighbour
    assert isinstance(n, Neighbour)
    assert n.nud_state == nud.NUD_NOARP
    assert dst_neigh_output(skb.dst, skb) == 0
    assert from_.sent[0].head_bytes()[0] == 0x45


class Refusing(HeaderOps):
    def create(
        self,
        skb: SkBuff,
        dev: object,
        type: int,
        daddr: bytes | None,
        saddr: bytes | None,
        len: int,
    ) -> int:
        return -1


def test_a_link_that_cannot_write_its_header_drops(h: RouteHost, dev: Wire) -> None:
    dev.header_ops = Refusing()
    n = reachable(h, dev)
    skb = packet(h)
    assert neigh_output(n, skb) == -errno.EINVAL
    assert dev.sent == []


def test_a_packet_without_route_is_dropped(h: RouteHost, dev: Wire) -> None:
    n = entry(h, dev)
    skb = ip_packet("10.0.0.1", "10.0.0.2")
    assert neigh_output(n, skb) == -errno.EINVAL
    lost = DstEntry(h.cache.ops, dev)
    assert dst_neigh_output(lost, ip_packet("10.0.0.1", "10.0.0.2")) == -errno.EINVAL
