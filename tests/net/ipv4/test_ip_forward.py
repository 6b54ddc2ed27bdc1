"""A router between eth0 (10.0.0.1/24) and eth1 (10.1.0.1/24)."""

from __future__ import annotations

import pytest

import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
from softnet.net.core.dev.config import dev_set_mtu
from softnet.wire.ip import ip_view
from tests.kit.frame import icmp as icmp_layer
from tests.kit.frame import ip as ip_layer
from tests.kit.frame import packet, payload
from tests.net.ipv4.ip_kit import MAC_B, IpHost, Wire, eth, host, ip, ip_bytes, rtnl

__all__ = ["eth", "host"]

MAC_C = bytes.fromhex("020000000003")
SRC, DST = "10.0.0.2", "10.1.0.2"


@pytest.fixture
def out(host: IpHost, eth: Wire) -> Wire:
    dev = host.eth("10.1.0.1/24", mac=MAC_C)
    host.neigh(dev, DST)
    host.sysctl("ip_forward", 1)
    return dev


def test_a_packet_passes_with_one_hop_less(host: IpHost, eth: Wire, out: Wire) -> None:
    before = host.counters()
    host.receive(eth, ip_bytes(SRC, DST, b"payload", ttl=9, ident=99))
    packet(out.payloads()[0], ip_layer(src=SRC, dst=DST, ttl=8, proto=253), payload(b"payload"))
    assert ip_view(bytearray(out.payloads()[0]), 0).id() == 99
    assert host.ticked(before) == {
        "Ip.InReceives": 1,
        "Ip.ForwDatagrams": 1,
        "Ip.OutRequests": 1,
    }
    assert out.sent[0].head_bytes()[:12] == MAC_B + MAC_C


@pytest.mark.parametrize("ttl", [0, 1])
def test_ttl_at_its_end_is_answered(host: IpHost, eth: Wire, out: Wire, ttl: int) -> None:
    before = host.counters()
    host.receive(eth, ip_bytes(SRC, DST, b"x" * 40, ttl=ttl))
    assert out.sent == []
    assert host.ticked(before)["Ip.InHdrErrors"] == 1
    packet(
        eth.payloads()[0],
        ip_layer(src="10.0.0.1", dst=SRC),
        icmp_layer(type=icmp_.ICMP_TIME_EXCEEDED, code=icmp_.ICMP_EXC_TTL),
    )


def test_too_big_with_df_is_answered_with_the_mtu(host: IpHost, eth: Wire, out: Wire) -> None:
    with rtnl(host.net):
        assert dev_set_mtu(out, 600) == 0
    before = host.counters()
    host.receive(eth, ip_bytes(SRC, DST, bytes(700), frag=in_.IP_DF))
    assert out.sent == []
    assert host.ticked(before)["Ip.FragFails"] == 1
    packet(
        eth.payloads()[0],
        ip_layer(dst=SRC),
        icmp_layer(type=icmp_.ICMP_DEST_UNREACH, code=icmp_.ICMP_FRAG_NEEDED),
    )
    assert int.from_bytes(eth.payloads()[0][24:28], "big") == 600


def test_too_big_without_df_is_fragmented_here(host: IpHost, eth: Wire, out: Wire) -> None:
    with rtnl(host.net):
        assert dev_set_mtu(out, 600) == 0
    data = bytes(i & 0xFF for i in range(1400))
    before = host.counters()
    host.receive(eth, ip_bytes(SRC, DST, data))
    got = b""
    for piece in out.payloads():
        iph = ip_view(bytearray(piece), 0)
        assert iph.check_ok()
        assert iph.offset() == len(got)
        assert iph.ttl() == 63
        got += piece[20:]
    assert got == data
    assert [len(p) for p in out.payloads()] == [596, 596, 268]
    ticked = host.ticked(before)
    assert (ticked["Ip.FragOKs"], ticked["Ip.FragCreates"]) == (1, 3)


def test_fragments_are_fragmented_further(host: IpHost, eth: Wire, out: Wire) -> None:
    with rtnl(host.net):
        assert dev_set_mtu(out, 600) == 0
    data = bytes(800)
    host.receive(eth, ip_bytes(SRC, DST, data, frag=in_.IP_MF | 100))
    heads = [ip_view(bytearray(p), 0) for p in out.payloads()]
    assert [h.offset() for h in heads] == [800, 1376]
    assert all(h.frag_off() & in_.IP_MF for h in heads)


def test_link_broadcasts_are_not_forwarded(host: IpHost, eth: Wire, out: Wire) -> None:
    host.receive(eth, ip_bytes(SRC, DST, b"x"), dst=b"\xff" * 6)
    assert out.sent == []
    assert eth.sent == []


def test_off_the_same_link_a_redirect_goes_with_it(host: IpHost, eth: Wire, out: Wire) -> None:
    host.route("172.16.0.0/16", gw="10.0.0.3")
    host.receive(eth, ip_bytes(SRC, "172.16.0.1", b"x" * 8))
    kinds = [p[9] for p in eth.payloads()]
    assert sorted(kinds) == [in_.IPPROTO_ICMP, 253]
    redirect = eth.payloads()[kinds.index(in_.IPPROTO_ICMP)]
    packet(redirect, ip_layer(dst=SRC), icmp_layer(type=icmp_.ICMP_REDIRECT, code=1))
    assert int.from_bytes(redirect[24:28], "big") == ip("10.0.0.3")


def test_router_alert_goes_to_the_daemon(host: IpHost, eth: Wire, out: Wire) -> None:
    daemon = host.sock(socket_.SOCK_RAW, 46)
    assert daemon.set(socket_.SOL_IP, in_.IP_ROUTER_ALERT, 1) == 0
    alert = bytes([in_.IPOPT_RA, 4, 0, 0])
    host.receive(eth, ip_bytes(SRC, DST, b"rsvp", proto=46, options=alert))
    assert out.sent == []
    got = daemon.recv()
    assert isinstance(got, bytes)
    assert got.endswith(b"rsvp")
    daemon.set(socket_.SOL_IP, in_.IP_ROUTER_ALERT, 0)
    host.receive(eth, ip_bytes(SRC, DST, b"rsvp", proto=46, options=alert))
    assert len(out.sent) == 1


def test_not_forwarding_drops_and_counts(host: IpHost, eth: Wire, out: Wire) -> None:
    host.sysctl("ip_forward", 0)
    before = host.counters()
    host.receive(eth, ip_bytes(SRC, DST, b"x"))
    assert host.ticked(before) == {"Ip.InReceives": 1, "Ip.InAddrErrors": 1}
    assert out.sent == []
