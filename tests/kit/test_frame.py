"""The frame checkers must accept what is right and say what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.net.core.skbuff import kfree_skb
from softnet.wire import tcp_options
from softnet.wire.addr import ip_aton
from softnet.wire.build import (
    build_arp,
    build_ethernet,
    build_icmp,
    build_ipv4,
    build_tcp,
    build_udp,
)
from tests.kit.frame import (
    ACK,
    SYN,
    Layer,
    arp,
    eth,
    frame,
    icmp,
    ip,
    nothing,
    packet,
    payload,
    tcp,
    udp,
)
from tests.kit.skbs import make_skb

A, B = ip_aton("10.0.0.1"), ip_aton("10.0.0.2")
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def ethernet(proto: int, data: bytes) -> bytes:
    return build_ethernet(MAC_B, MAC_A, proto, data)


def syn() -> bytes:
    options = [tcp_options.Mss(1460), tcp_options.SackPerm(), tcp_options.WScale(7)]
    segment = build_tcp(A, B, 1000, 80, flags=SYN, seq=5, window=100, options=options)
    return build_ipv4(A, B, in_.IPPROTO_TCP, segment, ttl=63, frag_off=in_.IP_DF)


def datagram(check: int | None = None) -> bytes:
    data = build_udp(A, B, 53, 5353, b"answer", check=check)
    return build_ipv4(A, B, in_.IPPROTO_UDP, data)


def test_sound_frames_pass() -> None:
    out = ethernet(if_ether.ETH_P_IP, syn())
    frame(
        out,
        eth(dst="02:00:00:00:00:02", src=MAC_A, proto=0x800),
        ip(src="10.0.0.1", dst=B, ttl=63, df=True, mf=False, offset=0),
        tcp(SYN, sport=1000, dport=80, seq=5, mss=1460, wscale=7, sack_ok=True),
        nothing(),
    )
    assert frame(out, ip(), tcp()) == b""
    packet(datagram(), udp_over_ip := ip(proto=17), udp(sport=53, length=14), payload(b"answer"))
    assert packet(datagram(), udp_over_ip) == datagram()[20:]
    frame(
        ethernet(if_ether.ETH_P_ARP, build_arp(1, MAC_A, A, bytes(6), B)), arp(op=1, sip=A, tip=B)
    )
    ping = build_icmp(8, un=0x10002, payload=b"x")
    packet(build_ipv4(A, B, 1, ping), ip(), icmp(type=8, id=1, seq=2), payload(b"x"))


@pytest.mark.parametrize(
    ("layers", "complaint"),
    [
        ((ip(ttl=64),), "ip ttl: want 64, have 63"),
        ((ip(dst="10.0.0.3"),), "ip dst"),
        ((ip(), tcp(SYN | ACK)), r"tcp flags: want 'SYN\|ACK', have 'SYN'"),
        ((ip(), tcp(tsval=1)), "tcp tsval: want 1, have 'absent'"),
        ((ip(), tcp(mss=536)), "tcp mss: want 536, have 1460"),
        ((ip(), tcp(sack_ok=False)), "tcp sack_ok"),
        ((ip(), udp()), "sent protocol 6"),
        ((ip(), tcp(), payload(b"x")), "payload: want 1 bytes"),
        ((arp(),), "frame carries 0x0800"),
        ((eth(proto=0x806),), "eth proto"),
    ],
)
def test_wrong_fields_are_named(layers: tuple[Layer, ...], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        frame(ethernet(if_ether.ETH_P_IP, syn()), *layers)


def flip(at: int) -> Callable[[bytes], bytes]:
    def damage(data: bytes) -> bytes:
        return data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :]

    return damage


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (flip(8), "ip: wrong checksum"),
        (flip(0), "ip: version 0"),
        (flip(33), "udp: wrong checksum"),
        (lambda data: data[:-3], "ip: header 20, tot_len 34, have 31"),
        (lambda data: data[:15], "ip: shorter"),
    ],
)
def test_unsound_packets_are_refused_unasked(
    damage: Callable[[bytes], bytes], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        packet(damage(datagram()), ip(), udp())


def test_no_checksum_and_one_left_to_the_device() -> None:
    packet(datagram(check=0), ip(), udp(check=0))
    skb = make_skb(datagram(check=1))
    with pytest.raises(AssertionError, match="wrong checksum"):
        packet(skb, ip(), udp())
    skb.ip_summed = 3
    packet(skb, ip(), udp())
    kfree_skb(skb)
