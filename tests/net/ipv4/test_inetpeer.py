"""What is remembered of remote addresses, for how long, and how much."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from softnet.net.ipv4.inetpeer import (
    PEER_GC_SCAN,
    InetPeerBase,
    inet_getid,
    inet_getpeer_v4,
    inet_peer_gc,
    inet_peer_xrlim_allow,
    inet_putpeer,
)
from softnet.structs.inetpeer import InetPeer
from tests.net.ipv4.ip_kit import IpHost, host

__all__ = ["host"]


def base_of(host: IpHost) -> InetPeerBase:
    base = host.net.ipv4.peers
    assert isinstance(base, InetPeerBase)
    return base


def get(host: IpHost, addr: int) -> InetPeer:
    p = inet_getpeer_v4(host.net, addr, 1)
    assert p is not None
    return p


def test_one_peer_for_an_address(host: IpHost) -> None:
    assert inet_getpeer_v4(host.net, 1, 0) is None
    p = get(host, 1)
    assert inet_getpeer_v4(host.net, 1, 0) is p
    assert p.refcnt == 2
    inet_putpeer(p)
    inet_putpeer(p)
    assert p.refcnt == 0


def test_unused_peers_age_faster_the_fuller_the_table(host: IpHost) -> None:
    base = base_of(host)
    base.inet_peer_threshold = 100
    for i in range(50):
        inet_putpeer(get(host, i))
    host.run(300_000)
    assert inet_peer_gc(base) == 0  # half full: 360 s
    host.run(61_000)
    assert inet_peer_gc(base) == PEER_GC_SCAN


def test_peers_in_use_stay(host: IpHost) -> None:
    kept = get(host, 1)
    inet_putpeer(get(host, 2))
    host.run(700_000)
    get(host, 3)
    assert set(base_of(host).root) == {1, 3}
    assert kept.refcnt == 1


def test_the_table_has_a_hard_bound(host: IpHost) -> None:
    base = base_of(host)
    base.inet_peer_threshold = 50
    for i in range(1000):
        get(host, i)  # and nobody gives it back
    assert len(base.root) <= 100
    assert 999 in base.root


def test_above_the_threshold_unused_ones_go_at_once(host: IpHost) -> None:
    base = base_of(host)
    base.inet_peer_threshold = 50
    for i in range(1000):
        inet_putpeer(get(host, i))
    assert len(base.root) <= 51


@given(st.lists(st.integers(0, 40), min_size=1, max_size=50))
def test_identifications_do_not_repeat(mores: list[int]) -> None:
    p = InetPeer(1)
    p.ip_id_count = 0x7FFFFFF0
    seen: list[int] = []
    for more in mores:
        first = inet_getid(p, more)
        seen += [(first + i) & 0xFFFF for i in range(more + 1)]
    assert len(set(seen)) == len(seen)


def test_the_token_bucket(host: IpHost) -> None:
    p = get(host, 1)
    assert [inet_peer_xrlim_allow(p, 1000) for _ in range(8)] == [True] * 6 + [False] * 2
    host.run(1000)
    assert [inet_peer_xrlim_allow(p, 1000) for _ in range(2)] == [True, False]
    host.run(100_000)
    assert sum(inet_peer_xrlim_allow(p, 1000) for _ in range(20)) == 6
    assert inet_peer_xrlim_allow(None, 1000)


def test_small_machines_remember_less() -> None:
    for megabytes, expected in ((64, 65664), (32, 32832), (16, 16416), (8, 4104)):
        with IpHost() as h:
            from softnet.net.ipv4.inetpeer import inetpeer_net_init  # noqa: PLC0415  # again

            h.machine.memory.size = megabytes << 20
            inetpeer_net_init(h.net)
            assert base_of(h).inet_peer_threshold == expected
            h.finish()
