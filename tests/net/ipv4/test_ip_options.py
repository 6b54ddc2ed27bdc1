"""IP options: reading, refusing, obeying, answering, and giving them to getsockopt."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
from softnet.net.ipv4.ip_options import (
    ip_options_compile,
    ip_options_get,
    ip_options_undo,
)
from softnet.structs.inet_sock import IpOptions
from softnet.wire.ip import ip_view
from tests.net.ipv4.ip_kit import (
    IpHost,
    Wire,
    eth,
    host,
    icmp,
    ip,
    ip_bytes,
    udp,
)

__all__ = ["eth", "host"]

US, PEER = "10.0.0.1", "10.0.0.2"


def a(text: str) -> bytes:
    return ip(text).to_bytes(4, "big")


def pad(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % 4)


RR = bytes([in_.IPOPT_RR, 11, 4]) + bytes(8)
TS = bytes([in_.IPOPT_TS, 12, 5, 0]) + bytes(8)
TS_ADDR = bytes([in_.IPOPT_TS, 20, 5, 1]) + bytes(16)


# ---- what users may send


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b"\x07", 0),
        (b"\x07\x01\x04\x00", 0),
        (b"\x07\x09\x04\x00", 0),
        (bytes([7, 3, 3, 0]), 2),
        (bytes([7, 5, 4, 0, 0, 0, 0, 0]), 2),
        (RR + RR, 11),
        (bytes([131, 7, 4]) + a("1.2.3.4") + b"\0", -1),
        (bytes([131, 7, 8]) + a("1.2.3.4") + b"\0", 1),
        (bytes([131, 6, 4, 0, 0, 0, 0, 0]), 1),
        (bytes([131, 2, 4, 0]), 1),
        (bytes([131, 7, 3]) + a("1.2.3.4") + b"\0", 2),
        (bytes([131, 7, 4]) + a("1.2.3.4") + bytes([137, 7, 4]) + a("1.2.3.4") + b"\0\0", 7),
        (bytes([68, 3, 5, 0]), 1),
        (bytes([68, 4, 4, 0]), 2),
        (bytes([68, 4, 5, 0xF0]), 3),
        (bytes([68, 6, 5, 0, 0, 0, 0, 0]), 2),
        (bytes([68, 8, 5, 1, 0, 0, 0, 0]), 2),
        (TS + TS, 12),
        (bytes([148, 3, 0, 0]), 1),
        (bytes([148, 4, 0, 0]), -1),
        (bytes([134, 6, 0, 0, 0, 1, 0, 0]), 1),
        (bytes([134, 8, 0, 0, 0, 0, 1, 2]), 2),
        (bytes([134, 8, 0, 0, 0, 1, 1, 3]), 7),
        (bytes([134, 8, 0, 0, 0, 1, 1, 2]), -1),
        (bytes([99, 4, 0, 0]), -1),
        (bytes([130, 4, 0, 0]), -1),
    ],
)
def test_what_is_wrong_is_named_by_its_offset(host: IpHost, raw: bytes, pointer: int) -> None:
    opt = IpOptions()
    opt.data = bytearray(raw)
    opt.optlen = len(raw)
    expected = 20 + pointer if pointer >= 0 else 0
    assert ip_options_compile(host.net, opt, None) == expected


def test_users_options_come_back_as_they_were_given(host: IpHost) -> None:
    for raw in (RR, TS, TS_ADDR, bytes([131, 11, 4]) + a("10.0.0.9") + a("10.0.0.8")):
        opt = ip_options_get(host.net, raw)
        assert ip_options_undo(opt) == pad(raw)


def test_more_than_forty_bytes_are_too_many(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    assert s.set(socket_.SOL_IP, in_.IP_OPTIONS, bytes([1]) * 41) == -errno.EINVAL
    assert s.set(socket_.SOL_IP, in_.IP_OPTIONS, bytes([1]) * 40) == 0
    assert s.set(socket_.SOL_IP, in_.IP_OPTIONS, b"\x07\x01") == -errno.EINVAL


@given(st.binary(max_size=40))
def test_any_bytes_compile_or_fail_within_the_area(raw: bytes) -> None:
    with IpHost() as h:
        opt = IpOptions()
        opt.data = bytearray(pad(raw))
        opt.optlen = len(opt.data)
        bad = ip_options_compile(h.net, opt, None)
        assert bad == 0 or 20 <= bad < 20 + len(opt.data)


# ---- what is sent


def test_record_route_and_timestamp_get_our_entry(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    assert s.set(socket_.SOL_IP, in_.IP_OPTIONS, RR + TS_ADDR) == 0
    host.run(5)
    s.send(b"x", PEER, 7)
    head = eth.payloads()[0]
    iph = ip_view(bytearray(head), 0)
    assert iph.check_ok()
    assert iph.hdrlen() == 20 + 32
    rr, ts = head[20:31], head[31:51]
    assert rr == bytes([7, 11, 8]) + a(US) + bytes(4)
    now = (host.machine.clock.now // 1_000_000).to_bytes(4, "big")
    assert ts == bytes([68, 20, 13, 1]) + a(US) + now + bytes(8)


def test_source_route_goes_to_its_first_hop(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    route = bytes([131, 11, 4]) + a("10.0.0.3") + a("10.0.0.9")
    assert s.set(socket_.SOL_IP, in_.IP_OPTIONS, route) == 0
    s.send(b"x", "192.168.7.7", 7)
    head = eth.payloads()[0]
    assert ip_view(bytearray(head), 0).daddr() == ip("10.0.0.3")
    assert head[20:31] == bytes([131, 11, 4]) + a("10.0.0.9") + a("192.168.7.7")


def test_only_copied_options_are_in_later_fragments(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    alert = bytes([in_.IPOPT_RA, 4, 0, 0])
    assert s.set(socket_.SOL_IP, in_.IP_OPTIONS, alert + RR) == 0
    s.send(bytes(4000), PEER, 7)
    heads = [p[20 : (p[0] & 15) * 4] for p in eth.payloads()]
    assert heads[0][:4] == alert
    assert heads[0][4] == in_.IPOPT_RR
    assert len(heads) == 3
    for later in heads[1:]:
        assert later[:4] == alert
        assert later[4:15] == bytes([in_.IPOPT_NOP]) * 11


def test_options_by_control_message(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock()
    alert = bytes([in_.IPOPT_RA, 4, 0, 0])
    s.send(b"x", PEER, 7, control=[(socket_.SOL_IP, in_.IP_RETOPTS, alert)])
    assert eth.payloads()[0][20:24] == alert
    bad = [(socket_.SOL_IP, in_.IP_RETOPTS, b"\x07\x01")]
    assert s.send(b"x", PEER, 7, control=bad) == -errno.EINVAL


# ---- what is received


def test_malformed_options_are_answered_and_counted(host: IpHost, eth: Wire) -> None:
    before = host.counters()
    bad = bytes([7, 3, 3, 0])
    host.receive(eth, ip_bytes(PEER, US, udp(PEER, US, 1, 2), 17, options=bad))
    assert host.ticked(before)["Ip.InHdrErrors"] == 1
    answer = eth.payloads()[0]
    assert answer[20:22] == bytes([icmp_.ICMP_PARAMETERPROB, 0])
    assert answer[24] == 22  # the byte at fault, from the start of the header


def test_received_record_route_has_our_address(host: IpHost, eth: Wire) -> None:
    s = host.udp_sock(US, 9)
    s.set(socket_.SOL_IP, in_.IP_RECVOPTS, 1)
    host.receive(eth, ip_bytes(PEER, US, udp(PEER, US, 7, 9, b"x"), 17, options=pad(RR)))
    assert s.recv() == b"x"
    got = s.cmsg(socket_.SOL_IP, in_.IP_RECVOPTS)
    assert got == pad(bytes([7, 11, 8]) + a(US) + bytes(4))


def test_echo_answers_with_the_options(host: IpHost, eth: Wire) -> None:
    host.receive(eth, ip_bytes(PEER, US, icmp(8, 0, 1, b"x" * 8), 1, options=pad(RR)))
    head = eth.payloads()[0]
    assert ip_view(bytearray(head), 0).check_ok()
    # Our address stands there twice: once on the way in, once on the way out.
    assert head[20:31] == bytes([7, 11, 12]) + a(US) + a(US)


def test_a_source_route_is_answered_backwards(host: IpHost, eth: Wire) -> None:
    # It came from 10.0.0.2 by 10.0.0.3 and 10.0.0.9; all its hops are used up.
    host.sysctl("conf.all.accept_source_route", 1)
    host.neigh(eth, "10.0.0.9")
    route = bytes([131, 11, 12]) + a("10.0.0.3") + a("10.0.0.9") + b"\0"
    host.receive(eth, ip_bytes(PEER, US, icmp(8, 0, 1, b"x" * 8), 1, options=route))
    head = eth.payloads()[0]
    assert ip_view(bytearray(head), 0).daddr() == ip("10.0.0.9")
    assert head[20:31] == bytes([131, 11, 4]) + a("10.0.0.3") + a(PEER)


def test_a_source_route_is_followed(host: IpHost, eth: Wire) -> None:
    host.sysctl("ip_forward", 1)
    host.sysctl("conf.all.accept_source_route", 1)
    host.sysctl("conf.eth0.accept_source_route", 1)
    route = bytes([131, 7, 4]) + a("10.0.0.3") + b"\0"
    host.receive(eth, ip_bytes(PEER, US, b"data", options=route))
    onward = [p for p in eth.payloads() if p[9] == 253]
    assert len(onward) == 1
    assert ip_view(bytearray(onward[0]), 0).daddr() == ip("10.0.0.3")
    assert onward[0][20:27] == bytes([131, 7, 8]) + a(US)


def test_source_routes_are_refused_by_default(host: IpHost, eth: Wire) -> None:
    host.sysctl("ip_forward", 1)
    host.sysctl("conf.all.log_martians", 1)
    before = host.counters()
    route = bytes([131, 7, 4]) + a("10.0.0.3") + b"\0"
    host.receive(eth, ip_bytes(PEER, US, b"data", options=route))
    assert eth.sent == []
    assert host.ticked(before) == {"Ip.InReceives": 1}
    assert "source route option 10.0.0.2 -> 10.0.0.1" in host.dmesg()


def test_strict_source_route_off_the_link_fails(host: IpHost, eth: Wire) -> None:
    host.sysctl("ip_forward", 1)
    host.sysctl("conf.all.accept_source_route", 1)
    host.sysctl("conf.eth0.accept_source_route", 1)
    out = host.eth("10.1.0.1/24")
    host.neigh(out, "10.1.0.2")
    host.route("10.2.0.0/24", gw="10.1.0.2")
    route = bytes([137, 7, 4]) + a("10.2.0.7") + b"\0"
    host.receive(eth, ip_bytes(PEER, US, b"data", options=route))
    assert out.sent == []
    answer = eth.payloads()[0]
    assert answer[9] == 1
    at = (answer[0] & 15) * 4
    assert answer[at : at + 2] == bytes([icmp_.ICMP_DEST_UNREACH, icmp_.ICMP_SR_FAILED])


@given(st.binary(min_size=4, max_size=40).map(pad).map(lambda b: b[:40]))
def test_received_options_of_any_bytes_do_no_harm(raw: bytes) -> None:
    """Mutated byte by byte or made up: counted or obeyed, never more than one answer."""
    with IpHost() as h:
        dev = h.eth("10.0.0.1/24")
        h.neigh(dev, PEER)
        h.neigh(dev, "10.0.0.3")
        h.sysctl("ip_forward", 1)
        h.sysctl("conf.all.accept_source_route", 1)
        h.sysctl("conf.eth0.accept_source_route", 1)
        h.receive(dev, ip_bytes(PEER, US, icmp(8, 0, 1, b"x" * 8), 1, options=raw))
        assert len(dev.sent) <= 2
        for p in dev.payloads():
            assert ip_view(bytearray(p), 0).check_ok() or p[:1] != b"E"
        h.finish()
