"""The LC-trie: longest prefix match against a model, its own invariants, its order."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import softnet.uapi.netlink as netlink
import softnet.uapi.rtnetlink as rtnl
from softnet.net.ipv4.fib_trie import (
    FibTrie,
    Leaf,
    RtTrieNode,
    Tnode,
    fib_table_delete,
    fib_table_dump,
    fib_table_flush,
    fib_table_insert,
    tkey_extract_bits,
    tnode_full,
)
from softnet.structs.fib import FibConfig, FibResult
from softnet.structs.flow import Flowi4
from tests.net.ipv4.route_kit import RouteHost, Wire, ip


def cfg_of(dev: Wire, dst: int, plen: int, priority: int = 0, tos: int = 0) -> FibConfig:
    cfg = FibConfig(dst, plen, oif=dev.ifindex, scope=rtnl.RT_SCOPE_LINK)
    cfg.fc_priority = priority
    cfg.fc_tos = tos
    return cfg


def find(tb: FibTrie, addr: int, tos: int = 0) -> tuple[int, int] | None:
    """(length of the prefix, priority) of what a lookup finds."""
    res = FibResult()
    err = tb.lookup(Flowi4(addr, tos=tos), res)
    if err:
        assert err == -errno.EAGAIN
        return None
    assert res.fi is not None
    return res.prefixlen, res.fi.fib_priority


def check_node(n: RtTrieNode | None, parent: Tnode | None) -> int:
    """The invariants of every node below n; the number of leaves."""
    if n is None:
        return 0
    assert n.parent is parent
    if isinstance(n, Leaf):
        assert n.infos
        assert [li.plen for li in n.infos] == sorted((li.plen for li in n.infos), reverse=True)
        return 1
    assert isinstance(n, Tnode)
    assert n.size == len(n.child) == 1 << n.bits
    assert n.empty_children == n.child.count(None)
    assert n.empty_children < n.size - 1, "path compression"
    assert n.full_children == sum(tnode_full(n, c) for c in n.child)
    assert n.pos + n.bits <= 32
    leaves = 0
    for i, c in enumerate(n.child):
        if c is not None:
            assert tkey_extract_bits(c.key, n.pos, n.bits) == i
            assert c.pos >= n.pos + n.bits
            assert (c.key ^ n.key) >> (32 - n.pos) == 0 if n.pos else True
        leaves += check_node(c, n)
    return leaves


prefixes = st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(0, 32)).map(
    lambda t: (t[0] >> (32 - t[1]) << (32 - t[1]), t[1])
)


dense = st.tuples(st.integers(0, 255), st.integers(20, 32)).map(
    lambda t: ((0x0A000000 | t[0] << 4) >> (32 - t[1]) << (32 - t[1]), t[1])
)


@settings(max_examples=60)
@given(
    st.lists(prefixes | dense, max_size=40),
    st.lists(st.integers(0, 39), max_size=30),
    st.lists(st.integers(0, 0xFFFFFFFF) | st.integers(0x0A000000, 0x0A000FFF), max_size=20),
)
def test_longest_prefix_match_as_a_dict_says(
    wanted: list[tuple[int, int]], gone: list[int], probes: list[int]
) -> None:
    with RouteHost() as h:
        dev = h.eth("192.168.0.1/16")
        tb = FibTrie(h.net, 77)
        model: dict[tuple[int, int], int] = {}
        for n, (dst, plen) in enumerate(wanted):
            err = fib_table_insert(tb, cfg_of(dev, dst, plen, n + 1))
            assert err == 0
            model.setdefault((dst, plen), n + 1)  # a lower metric wins
        for i in gone:
            if i < len(wanted) and wanted[i] in model:
                dst, plen = wanted[i]
                while fib_table_delete(tb, delete_cfg(dst, plen)) == 0:
                    pass
                del model[wanted[i]]
        assert check_node(tb.trie, None) == len({dst for dst, _ in model})
        for addr in [*probes, *(dst for dst, _ in wanted)]:
            best = None
            for (dst, plen), prio in model.items():
                if plen == 0 or (addr ^ dst) >> (32 - plen) == 0:
                    best = max(best or (-1, 0), (plen, prio))
            assert find(tb, addr) == best
        assert [(k, p) for k, p, _ in fib_table_dump(tb)] == sorted(
            ((d, p) for (d, p), n in model.items() for _ in range(wanted.count((d, p)))),
            key=lambda t: (t[0], -t[1]),
        )


def delete_cfg(dst: int, plen: int) -> FibConfig:
    return FibConfig(dst, plen, type=0, scope=rtnl.RT_SCOPE_NOWHERE, protocol=0)


def test_a_thousand_neighbours_make_a_wide_node(rhost: RouteHost) -> None:
    dev = rhost.eth("192.168.0.1/16")
    tb = FibTrie(rhost.net, 77)
    for n in range(256):
        assert fib_table_insert(tb, cfg_of(dev, ip("10.0.0.0") + (n << 8), 24)) == 0
    root = tb.trie
    assert isinstance(root, Tnode)
    assert (root.pos, root.bits, root.empty_children) == (16, 8, 0)
    assert check_node(root, None) == 256
    for n in range(250):
        assert fib_table_delete(tb, delete_cfg(ip("10.0.0.0") + (n << 8), 24)) == 0
    assert check_node(tb.trie, None) == 6
    assert isinstance(tb.trie, Tnode)
    assert tb.trie.bits < 8
    assert find(tb, ip("10.0.251.7")) == (24, 0)
    assert find(tb, ip("10.0.1.7")) is None


def test_tos_is_tried_before_plain_routes(rhost: RouteHost) -> None:
    dev = rhost.eth("192.168.0.1/16")
    tb = FibTrie(rhost.net, 77)
    for prio, tos in ((1, 0), (2, 0x10), (3, 0x08)):
        assert fib_table_insert(tb, cfg_of(dev, ip("10.0.0.0"), 8, prio, tos)) == 0
    assert [fa.fa_tos for _, _, fa in fib_table_dump(tb)] == [0x10, 0x08, 0]
    assert find(tb, ip("10.1.1.1"), 0x10) == (8, 2)
    assert find(tb, ip("10.1.1.1"), 0x08) == (8, 3)
    assert find(tb, ip("10.1.1.1"), 0x04) == (8, 1)


def test_lower_metric_wins_whatever_the_order(rhost: RouteHost) -> None:
    dev = rhost.eth("192.168.0.1/16")
    tb = FibTrie(rhost.net, 77)
    for prio in (5, 1, 9):
        assert fib_table_insert(tb, cfg_of(dev, ip("10.0.0.0"), 8, prio)) == 0
    assert find(tb, ip("10.1.1.1")) == (8, 1)
    cfg = delete_cfg(ip("10.0.0.0"), 8)
    cfg.fc_priority = 1
    assert fib_table_delete(tb, cfg) == 0
    assert find(tb, ip("10.1.1.1")) == (8, 5)


def test_insert_flags(rhost: RouteHost) -> None:
    one = rhost.eth("192.168.0.1/24")
    two = rhost.eth("192.168.1.1/24")
    tb = FibTrie(rhost.net, 77)

    def put(dev: Wire, flags: int) -> int:
        cfg = cfg_of(dev, ip("10.0.0.0"), 8)
        cfg.fc_nlflags = flags
        return fib_table_insert(tb, cfg)

    def devs() -> list[str]:
        return [fa.fa_info.dev().name for _, _, fa in fib_table_dump(tb)]  # type: ignore[union-attr]

    create = netlink.NLM_F_CREATE
    assert put(one, 0) == -errno.ENOENT
    assert put(one, create | netlink.NLM_F_EXCL) == 0
    assert put(two, create | netlink.NLM_F_EXCL) == -errno.EEXIST
    assert put(one, create | netlink.NLM_F_APPEND) == -errno.EEXIST  # the very same one
    assert put(two, create | netlink.NLM_F_APPEND) == 0
    assert devs() == ["eth0", "eth1"]
    assert put(one, create | netlink.NLM_F_REPLACE) == 0  # it is the first already
    assert put(two, create | netlink.NLM_F_REPLACE) == -errno.EEXIST  # it is there, but second
    assert devs() == ["eth0", "eth1"]
    assert fib_table_delete(tb, delete_cfg(ip("10.0.0.0"), 8)) == 0
    assert devs() == ["eth1"]
    assert put(one, create) == 0  # without EXCL and APPEND: in front
    assert devs() == ["eth0", "eth1"]
    assert put(two, 0) == -errno.EEXIST
    infos = {id(fa.fa_info) for _, _, fa in fib_table_dump(tb)}
    assert len(infos) == 2


def test_host_bits_behind_the_length_are_refused(rhost: RouteHost) -> None:
    dev = rhost.eth("192.168.0.1/24")
    tb = FibTrie(rhost.net, 77)
    assert fib_table_insert(tb, cfg_of(dev, ip("10.0.0.1"), 8)) == -errno.EINVAL
    assert fib_table_insert(tb, cfg_of(dev, ip("10.0.0.0"), 33)) == -errno.EINVAL
    assert fib_table_delete(tb, delete_cfg(ip("10.0.0.1"), 8)) == -errno.EINVAL
    assert fib_table_delete(tb, delete_cfg(ip("10.0.0.0"), 8)) == -errno.ESRCH


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (rtnl.RTN_BLACKHOLE, -errno.EINVAL),
        (rtnl.RTN_UNREACHABLE, -errno.EHOSTUNREACH),
        (rtnl.RTN_PROHIBIT, -errno.EACCES),
        (rtnl.RTN_THROW, -errno.EAGAIN),
    ],
)
def test_routes_that_lead_nowhere_answer_their_error(
    rhost: RouteHost, kind: int, error: int
) -> None:
    dev = rhost.eth("192.168.0.1/24")
    tb = FibTrie(rhost.net, 77)
    assert fib_table_insert(tb, cfg_of(dev, 0, 0)) == 0
    assert fib_table_insert(tb, FibConfig(ip("10.0.0.0"), 8, type=kind)) == 0
    res = FibResult()
    assert tb.lookup(Flowi4(ip("10.1.2.3")), res) == error
    assert tb.lookup(Flowi4(ip("11.1.2.3")), res) == 0


def test_flush_drops_what_is_dead(rhost: RouteHost) -> None:
    dev = rhost.eth("192.168.0.1/24")
    tb = FibTrie(rhost.net, 77)
    for n in range(4):
        assert fib_table_insert(tb, cfg_of(dev, n << 24, 8, n)) == 0
    for n, (_, _, fa) in enumerate(fib_table_dump(tb)):
        if n % 2:
            fa.fa_info.fib_flags |= rtnl.RTNH_F_DEAD
    assert fib_table_flush(tb) == 2
    assert [k >> 24 for k, _, _ in fib_table_dump(tb)] == [0, 2]
    assert check_node(tb.trie, None) == 2
    assert fib_table_flush(tb) == 0
