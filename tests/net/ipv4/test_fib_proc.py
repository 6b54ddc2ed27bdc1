"""/proc/net/route, fib_trie and fib_triestat."""

from __future__ import annotations

import softnet.uapi.rtnetlink as rtnl
from softnet.net.ipv4.fib_proc import ProcFibTrie, ProcFibTriestat, ProcNetRoute
from tests.net.ipv4.route_kit import RouteHost


def test_proc_route_is_in_linux_bytes(rhost: RouteHost) -> None:
    rhost.eth("192.168.1.2/24")
    rhost.route("0.0.0.0/0", gw="192.168.1.1", priority=100)
    rhost.route("10.9.0.0/16", type=rtnl.RTN_UNREACHABLE)
    text = ProcNetRoute("net/route").show(rhost.net)
    head, *rows = text.splitlines()
    assert all(len(line) == 127 for line in (head, *rows))
    assert head.rstrip() == (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
    )
    assert [r.rstrip() for r in rows] == [
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
        "*\t0000090A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0",
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    ]


def test_proc_fib_trie_is_in_linux_bytes(rhost: RouteHost) -> None:
    rhost.eth("192.168.1.2/24")
    rhost.route("0.0.0.0/0", gw="192.168.1.1")
    text = ProcFibTrie("net/fib_trie").show(rhost.net)
    assert text.startswith(
        "Main:\n"
        "  +-- 0.0.0.0/0 1 0 0\n"
        "     |-- 0.0.0.0\n"
        "        /0 universe UNICAST\n"
        "     |-- 192.168.1.0\n"
        "        /24 link UNICAST\n"
        "Local:\n"
    )
    assert "              /32 link BROADCAST\n" in text
    assert "           /8 host LOCAL\n" in text


def test_proc_fib_triestat_is_in_linux_bytes(rhost: RouteHost) -> None:
    rhost.eth("192.168.1.2/24")
    rhost.route("0.0.0.0/0", gw="192.168.1.1")
    text = ProcFibTriestat("net/fib_triestat").show(rhost.net)
    assert text.startswith(
        "Basic info: size of leaf: 40 bytes, size of tnode: 40 bytes.\n"
        "Main:\n"
        "\tAver depth:     1.00\n"
        "\tMax depth:      1\n"
        "\tLeaves:         2\n"
        "\tPrefixes:       2\n"
        "\tInternal nodes: 1\n"
        "\t  1: 1\n"
        "\tPointers: 2\n"
        "Null ptrs: 0\n"
        "Total size: 1  kB\n"
        "Local:\n"
    )
