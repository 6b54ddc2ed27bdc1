"""Drops: where, why, and the counter that moved for just that packet."""

from __future__ import annotations

import io
import json
import socket
import time

import softnet
from tests.kit.programs_net import fetch, web


def send(host: str, port: int, count: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(count):
            s.sendto(b"x" * 1000, (host, port))


def deaf() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("", 7))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        time.sleep(10)


def test_each_has_its_place_reason_and_counter() -> None:
    with softnet.Lab() as lab:
        a, b = lab.hosts("a", "b")
        r = lab.router("r")
        lab.link(a, r)
        wire = lab.link(r, b)
        drops = lab.trace_drops()
        a.call(send, "b", 99, 1)
        a.call(send, "9.9.9.9", 99, 1)
        wire.drop(match="udp dst port 98")
        a.call(send, "b", 98, 1)
        lab.run(until="1s")
        found = [(d.host, d.why, d.where, d.counters) for d in drops.found]
    assert sorted(found)[0] == ("b", "NO_SOCKET", "icmp_send", {"Udp.NoPorts": 1})
    assert [row for row in found if row[0] == "r"] == [
        ("r", "IP_INNOROUTES", "icmp_send", {"IpExt.InNoRoutes": 1})
    ]
    assert [row for row in found if row[0] == "wire"] == [("wire", "rule", "r-b:ab", {"rule": 1})]
    assert drops.drop_report().split("\n")[0].split() == ["1", "b:", "NO_SOCKET"]


def test_more_than_may_wait_for_an_address() -> None:
    with softnet.Lab() as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b)
        drops = lab.trace_drops(on=["a"])
        a.call(send, "b", 99, 4)
        assert [(d.why, d.counters) for d in drops.found] == [
            ("NEIGH_QUEUEFULL", {"arp_cache.unres_discards": 1})
        ]


def test_several_drops_in_one_happening() -> None:
    with softnet.Lab() as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b)
        b.start(deaf)
        drops = lab.trace_drops()
        a.ping("b", count=1)
        a.call(send, "b", 7, 9)
        lab.run(until="2s")
        full = [d for d in drops.found if d.why == "SOCKET_RCVBUFF"]
        assert len(full) >= 3
        for d in full:
            assert d.counters == {"Udp.InErrors": 1, "Udp.RcvbufErrors": 1}
            assert "10.0.0.2.7: UDP, length 1000" in d.frame


def test_what_is_read_or_reassembled_is_no_drop() -> None:
    with softnet.Lab(seed=4) as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b, rate="100mbit", delay="20ms")
        b.start(web)
        drops = lab.trace_drops()
        a.call(fetch, "b", 200_000)
        a.sh("ping -c 1 -s 4000 b")
        assert [d for d in drops.found if d.why != "TCP_TIMEWAIT"] == []


def test_a_filter_a_host_and_json() -> None:
    stream = io.StringIO()
    with softnet.Lab() as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b)
        none = lab.trace_drops(on=["a"])
        lab.trace_drops(match="udp dst port 98", stream=stream, as_json=True)
        a.call(send, "b", 97, 1)
        a.call(send, "b", 98, 1)
        lab.run(until="1s")
        assert none.lines() == []
    records = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [r["meaning"] for r in records] == ["nobody listens on that port or protocol"]
