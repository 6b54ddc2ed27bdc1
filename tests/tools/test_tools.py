"""The tools that run on hosts: what they print and how they end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

import softnet
from tests.kit.programs_net import fetch, web


@pytest.fixture
def lab() -> Iterator[softnet.Lab]:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        r1 = lab.router("r1")
        lab.link(h1, r1, delay="1ms")
        lab.link(r1, h2, delay="2ms")
        yield lab


def test_ping(lab: softnet.Lab) -> None:
    out = lab.node("h1").sh("ping -c 2 h2")
    assert out.returncode == 0
    assert out.splitlines()[:3] == [
        "PING h2 (10.0.1.2) 56(84) bytes of data.",
        "64 bytes from 10.0.1.2: icmp_seq=1 ttl=63 time=12.0 ms",
        "64 bytes from 10.0.1.2: icmp_seq=2 ttl=63 time=6.00 ms",
    ]
    assert "2 packets transmitted, 2 received, 0% packet loss, time 1006ms" in out
    assert "rtt min/avg/max/mdev = 6.000/9.000/12.000/3.000 ms" in out


def test_ping_with_too_small_a_ttl_and_without_a_route(lab: softnet.Lab) -> None:
    h1 = lab.node("h1")
    out = h1.sh("ping -c 1 -t 1 h2")
    assert "From 10.0.0.2 icmp_seq=1 Time to live exceeded" in out
    assert out.returncode == 1
    assert "+1 errors, 100% packet loss" in out
    out = h1.sh("ping -c 1 10.77.0.1")
    assert "Destination Net Unreachable" in out


def test_ping_of_nobody_and_wrong_words(lab: softnet.Lab) -> None:
    h1 = lab.node("h1")
    out = h1.sh("ping nobody")
    assert (out, out.returncode) == ("ping: nobody: Name or service not known", 2)
    out = h1.sh("ping -c many h2")
    assert "invalid int value" in out
    assert out.returncode == 2


def test_traceroute(lab: softnet.Lab) -> None:
    out = lab.node("h1").sh("traceroute -q 1 h2")
    assert out.splitlines() == [
        "traceroute to h2 (10.0.1.2), 30 hops max, 60 byte packets",
        " 1  r1 (10.0.0.2)  4.000 ms",
        " 2  h2 (10.0.1.2)  10.000 ms",
    ]


def test_traceroute_where_nobody_answers(lab: softnet.Lab) -> None:
    wire = lab.links["r1-h2"]
    wire.drop(match="udp")
    out = lab.node("h1").sh("traceroute -n -m 2 -w 1 h2")
    assert out.splitlines()[2] == " 2  * * *"


def test_ss(lab: softnet.Lab) -> None:
    h1, h2 = lab.node("h1"), lab.node("h2")
    h2.start(web)
    h1.call(fetch, "h2", 5000)
    listening = h2.ss("-tln").splitlines()
    assert len(listening) == 2
    assert listening[1].split() == ["LISTEN", "0", "5", "0.0.0.0:80", "0.0.0.0:*"]
    rows = json.loads(h2.ss("-ta --json"))
    assert rows[0]["state"] == "LISTEN"


def test_ss_in_the_middle_of_a_transfer(lab: softnet.Lab) -> None:
    h1, h2 = lab.node("h1"), lab.node("h2")
    lab.links["h1-r1"].set(rate="1mbit")
    h2.start(web)
    proc = h1.start(fetch, "h2", 200_000)
    lab.run_for("500ms")
    out = h2.ss("-tino")
    assert re.search(r"ESTAB +0 +\d+ +10\.0\.1\.2:80 +10\.0\.0\.1:\d+ timer:\(on,", out)
    assert re.search(r"\t ts sack cubic wscale:\d+,\d+ rto:\d+ rtt:[\d.]+/[\d.]+ .*cwnd:\d+", out)
    assert proc.wait() == 200_000


def test_ip(lab: softnet.Lab) -> None:
    h1, r1 = lab.node("h1"), lab.node("r1")
    assert "inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0" in h1.ip("addr")
    assert h1.ip("route").splitlines() == [
        "default via 10.0.0.2 dev eth0",
        "10.0.0.0/24 dev eth0 scope link",
    ]
    h1.ping("h2", 1)
    assert r1.ip("neigh").splitlines() == [
        "10.0.0.1 dev eth0 lladdr 02:00:00:01:00:00 REACHABLE",
        "10.0.1.2 dev eth1 lladdr 02:00:00:02:00:00 REACHABLE",
    ]
    statistics = h1.ip("-s -j link").json
    assert statistics[1]["dev"] == "eth0"
    assert statistics[1]["tx"]["packets"] == 2


def test_ip_wrong_words(lab: softnet.Lab) -> None:
    h1 = lab.node("h1")
    assert h1.ip("addr show eth7").returncode == 1
    assert 'Object "rule"' in h1.ip("rule")
    assert "shows only" in h1.ip("addr add 1.2.3.4/8 dev eth0")


def test_cat(lab: softnet.Lab) -> None:
    h1 = lab.node("h1")
    assert h1.sh("cat /proc/sys/net/ipv4/ip_forward /proc/net/arp").startswith("0\nIP address")
    out = h1.sh("cat /proc/nothing")
    assert (out, out.returncode) == ("cat: /proc/nothing: No such file or directory", 1)


def test_help_is_no_error(lab: softnet.Lab) -> None:
    out = lab.node("h1").sh("ping -h")
    assert out.startswith("usage: ping")
    assert out.returncode == 0
