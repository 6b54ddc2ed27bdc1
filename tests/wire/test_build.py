"""Builders, judged by scapy: it reads what they say, and computes the same checksums."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import softnet.uapi.icmp as icmp
import softnet.uapi.if_arp as if_arp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.wire import ip_options, tcp_options
from softnet.wire.addr import ip_ntoa, mac_ntoa
from softnet.wire.build import (
    build_arp,
    build_ethernet,
    build_icmp,
    build_igmp,
    build_ipv4,
    build_tcp,
    build_udp,
)
from softnet.wire.checksum import checksum, transport_checksum
from softnet.wire.options import NOP

layers: Any = pytest.importorskip("scapy.layers.all", reason="scapy is not installed")
igmp_layer: Any = pytest.importorskip("scapy.contrib.igmp", reason="scapy is not installed")

MAC1, MAC2 = bytes.fromhex("525400000001"), bytes.fromhex("525400000002")
U8, U16, U32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))
PAYLOAD = st.binary(max_size=60)
CHECKSUMS = {"IP": "chksum", "TCP": "chksum", "UDP": "chksum", "ICMP": "chksum", "IGMP": "chksum"}


def rebuilt(frame: bytes) -> bytes:
    """What scapy makes of a frame when it dissects it and computes every checksum anew."""
    packet = layers.Ether(frame)
    layer = packet
    while layer:
        if layer.name in CHECKSUMS:
            layer.delfieldval(CHECKSUMS[layer.name])
        layer = layer.payload
    return bytes(packet)


def ethernet(payload: bytes) -> bytes:
    return build_ethernet(MAC2, MAC1, if_ether.ETH_P_IP, payload)


@settings(max_examples=50)
@given(saddr=U32, daddr=U32, source=U16, dest=U16, payload=PAYLOAD)
def test_udp(saddr: int, daddr: int, source: int, dest: int, payload: bytes) -> None:
    datagram = build_udp(saddr, daddr, source, dest, payload)
    frame = ethernet(build_ipv4(saddr, daddr, in_.IPPROTO_UDP, datagram))
    udp = layers.Ether(frame)[layers.UDP]
    assert (udp.sport, udp.dport, udp.len) == (source, dest, 8 + len(payload))
    assert bytes(udp)[8:] == payload
    assert rebuilt(frame) == frame


@settings(max_examples=50)
@given(seq=U32, ack_seq=U32, flags=U8, window=U16, urg_ptr=U16, payload=PAYLOAD, tsval=U32)
def test_tcp(
    seq: int, ack_seq: int, flags: int, window: int, urg_ptr: int, payload: bytes, tsval: int
) -> None:
    saddr, daddr = 0x0A000001, 0xC0A80102
    segment = build_tcp(
        saddr,
        daddr,
        1234,
        80,
        flags=flags,
        seq=seq,
        ack_seq=ack_seq,
        window=window,
        urg_ptr=urg_ptr,
        options=[NOP, NOP, tcp_options.Timestamps(tsval, 7)],
        payload=payload,
    )
    frame = ethernet(build_ipv4(saddr, daddr, in_.IPPROTO_TCP, segment))
    th = layers.Ether(frame)[layers.TCP]
    assert (th.sport, th.dport, th.seq, th.ack) == (1234, 80, seq, ack_seq)
    assert (int(th.flags), th.window, th.urgptr, th.dataofs) == (flags, window, urg_ptr, 8)
    assert th.options[-1] == ("Timestamp", (tsval, 7))
    assert rebuilt(frame) == frame


def test_every_tcp_option_that_scapy_knows() -> None:
    options: list[tcp_options.TcpOption] = [
        tcp_options.Mss(1460),
        tcp_options.SackPerm(),
        tcp_options.Sack(((100, 200), (300, 400))),
        NOP,
        tcp_options.WScale(7),
    ]
    segment = build_tcp(1, 2, 3, 4, flags=tcp.TCPHDR_SYN, options=options)
    th = layers.TCP(segment)
    assert th.options[:5] == [
        ("MSS", 1460),
        ("SAckOK", b""),
        ("SAck", (100, 200, 300, 400)),
        ("NOP", None),
        ("WScale", 7),
    ]


@settings(max_examples=50)
@given(
    ttl=U8, tos=U8, id=U16, frag_off=U16, proto=st.integers(200, 250), payload=PAYLOAD, saddr=U32
)
def test_ipv4(
    ttl: int, tos: int, id: int, frag_off: int, proto: int, payload: bytes, saddr: int
) -> None:
    packet = build_ipv4(
        saddr, 0x0A000002, proto, payload, ttl=ttl, tos=tos, id=id, frag_off=frag_off
    )
    iph = layers.IP(packet)
    assert (iph.ihl, iph.len, iph.ttl, iph.tos) == (5, 20 + len(payload), ttl, tos)
    assert (iph.id, int(iph.flags) << 13 | iph.frag, iph.proto) == (id, frag_off, proto)
    assert (iph.src, iph.dst) == (ip_ntoa(saddr), "10.0.0.2")
    assert rebuilt(ethernet(packet)) == ethernet(packet)


def test_ipv4_options_that_scapy_knows() -> None:
    options: list[ip_options.IpOption] = [
        ip_options.RouterAlert(0),
        ip_options.RecordRoute(8, (0x0A000001, 0)),
        ip_options.SourceRoute(False, 4, (0x0A000009,)),
    ]
    packet = build_ipv4(1, 2, in_.IPPROTO_UDP, b"", options=options)
    alert, record, source = layers.IP(packet).options[:3]
    assert alert.option == 20
    assert (record.option, record.pointer, record.routers) == (7, 8, ["10.0.0.1", "0.0.0.0"])
    assert (source.option, source.pointer, source.routers) == (3, 4, ["10.0.0.9"])
    assert rebuilt(ethernet(packet)) == ethernet(packet)


@settings(max_examples=50)
@given(type=st.sampled_from([0, 8]), un=U32, payload=PAYLOAD)
def test_icmp_echo(type: int, un: int, payload: bytes) -> None:
    message = build_icmp(type, 0, un, payload)
    frame = ethernet(build_ipv4(1, 2, in_.IPPROTO_ICMP, message))
    icmph = layers.Ether(frame)[layers.ICMP]
    assert (icmph.type, icmph.id, icmph.seq) == (type, un >> 16, un & 0xFFFF)
    assert rebuilt(frame) == frame


def test_igmp() -> None:
    message = build_igmp(icmp.IGMPV2_HOST_MEMBERSHIP_REPORT, 0, 0xE0000116)
    ih = igmp_layer.IGMP(message)
    assert (ih.type, ih.gaddr) == (0x16, "224.0.1.22")
    assert checksum(message) == 0


def test_arp() -> None:
    packet = build_arp(if_arp.ARPOP_REPLY, MAC1, 0x0A000001, MAC2, 0x0A000002)
    arp = layers.ARP(packet)
    assert (arp.hwtype, arp.ptype, arp.hwlen, arp.plen, arp.op) == (1, 0x0800, 6, 4, 2)
    assert (arp.hwsrc, arp.psrc) == (mac_ntoa(MAC1), "10.0.0.1")
    assert (arp.hwdst, arp.pdst) == (mac_ntoa(MAC2), "10.0.0.2")


def test_vlan_tags() -> None:
    inner = build_ipv4(1, 2, in_.IPPROTO_ICMP, build_icmp(8))
    frame = build_ethernet(MAC2, MAC1, if_ether.ETH_P_IP, inner, vlan=5 << 13 | 42)
    tag = layers.Ether(frame)[layers.Dot1Q]
    assert (tag.vlan, tag.prio, tag.type) == (42, 5, if_ether.ETH_P_IP)
    assert frame[:12] + frame[16:] == ethernet(inner)


def test_a_udp_checksum_of_zero_is_sent_as_all_ones() -> None:
    saddr, daddr = 0x0A000001, 0x0A000002
    rest = transport_checksum(
        saddr, daddr, in_.IPPROTO_UDP, build_udp(saddr, daddr, 1, 2, b"\0\0", check=0)
    )
    datagram = build_udp(saddr, daddr, 1, 2, rest.to_bytes(2, "big"))
    assert datagram[6:8] == b"\xff\xff"
    assert build_udp(saddr, daddr, 1, 2, b"x", check=0)[6:8] == b"\0\0"


def test_wrong_checksums_on_request() -> None:
    assert build_ipv4(1, 2, 17, b"", check=0x1234)[10:12] == b"\x12\x34"
    assert build_icmp(8, check=0x1234)[2:4] == b"\x12\x34"
    assert build_tcp(1, 2, 3, 4, flags=0, check=0x1234)[16:18] == b"\x12\x34"
