"""One sound frame of each type that a host understands, for tests to damage."""

from __future__ import annotations

from softnet.wire.build import (
    build_arp,
    build_ethernet,
    build_icmp,
    build_igmp,
    build_ipv4,
    build_tcp,
    build_udp,
)
from softnet.wire.tcp_options import TcpOption
from tests.kit.frame import ACK, SYN
from tests.kit.wire_host import IP, MAC, PEER, PEER_MAC

UDP_PORT, TCP_PORT, CLOSED_PORT = 5353, 80, 9
IP_MF = 0x2000


def ether(payload: bytes, proto: int = 0x0800, dest: bytes = MAC) -> bytes:
    return build_ethernet(dest, PEER_MAC, proto, payload)


def ipv4(proto: int, payload: bytes, **fields: int) -> bytes:
    return ether(build_ipv4(PEER, IP, proto, payload, **fields))


def tcp(flags: int, port: int = TCP_PORT, options: tuple[TcpOption, ...] = (), **fields) -> bytes:
    return ipv4(6, build_tcp(PEER, IP, 40000, port, flags=flags, options=options, **fields))


FRAMES = {
    "arp": ether(build_arp(1, PEER_MAC, PEER, b"\0" * 6, IP), 0x0806, b"\xff" * 6),
    "icmp-echo": ipv4(1, build_icmp(8, 0, 0x00070001, b"0123456789abcdef")),
    "udp": ipv4(17, build_udp(PEER, IP, 1234, UDP_PORT, b"datagram for a bound port")),
    "udp-closed": ipv4(17, build_udp(PEER, IP, 1234, CLOSED_PORT, b"datagram for nobody")),
    "fragment": ipv4(17, bytes(range(64)), id=77, frag_off=IP_MF | 1),
    "tcp-syn": tcp(SYN, seq=1000, window=8192),
    "tcp-ack": tcp(ACK, seq=1000, ack_seq=77, window=8192),
    "igmp-query": ipv4(2, build_igmp(0x11, 10)),
    "icmp-error": ipv4(
        1, build_icmp(3, 3, 0, build_ipv4(IP, PEER, 17, build_udp(IP, PEER, UDP_PORT, 7, b"x")))
    ),
}
