"""The filter language: what matches, what does not, and errors that help."""

from __future__ import annotations

import pytest

from softnet.lab.errors import LabError
from softnet.lab.filter import compile_filter
from softnet.wire.addr import ip_aton
from softnet.wire.build import (
    build_arp,
    build_ethernet,
    build_icmp,
    build_ipv4,
    build_tcp,
    build_udp,
)

A, B = ip_aton("10.0.0.1"), ip_aton("10.0.0.2")
MAC_A, MAC_B = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"


def ether(payload: bytes, ethertype: int = 0x0800) -> bytes:
    return build_ethernet(MAC_B, MAC_A, ethertype, payload)


def tcp_frame(flags: int, sport: int = 40000, dport: int = 80) -> bytes:
    segment = build_tcp(A, B, sport, dport, seq=1, flags=flags)
    return ether(build_ipv4(A, B, 6, segment))


SYN, SYNACK = tcp_frame(0x02), tcp_frame(0x12, 80, 40000)
UDP = ether(build_ipv4(B, A, 17, build_udp(B, A, 53, 1234, b"x" * 200)))
PING = ether(build_ipv4(A, B, 1, build_icmp(8, 0, 0, b"data")))
ARP = ether(build_arp(1, MAC_A, A, b"\0" * 6, B), 0x0806)
LATER_FRAGMENT = ether(build_ipv4(A, B, 6, b"\x00\x50" * 10, frag_off=800))
ALL = {"syn": SYN, "synack": SYNACK, "udp": UDP, "ping": PING, "arp": ARP, "frag": LATER_FRAGMENT}


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("tcp", "syn synack frag"),
        ("arp", "arp"),
        ("ip and not tcp", "udp ping"),
        ("icmp", "ping"),
        ("tcp port 80", "syn synack"),
        ("tcp dst port 80", "syn"),
        ("src host 10.0.0.2", "udp"),
        ("host 10.0.0.2", "syn synack udp ping arp frag"),
        ("net 10.0.0.0/8 and arp", "arp"),
        ("dst net 10.0.0.2/32 and icmp", "ping"),
        ("portrange 50-60", "udp"),
        ("tcp[tcpflags] & tcp-syn != 0", "syn synack"),
        ("tcp[tcpflags]&tcp-syn!=0", "syn synack"),
        ("tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", "syn"),
        ("tcp[13] = 18", "synack"),
        ("icmp[icmptype] = icmp-echo", "ping"),
        ("ip[6:2] & 0x1fff != 0", "frag"),
        ("len > 200", "udp"),
        ("udp or arp and not arp", "udp"),
        ("(udp or arp) and not arp", "udp"),
        ("! (tcp || udp)", "ping arp"),
        ("not tcp[13] = 2", "synack udp ping arp frag"),
    ],
)
def test_matches(text: str, matching: str) -> None:
    test = compile_filter(text)
    assert test is not None
    assert " ".join(name for name, frame in ALL.items() if test(frame)) == matching


def test_empty_filter_is_no_filter() -> None:
    assert compile_filter("  ") is None


def test_truncated_frames_never_raise() -> None:
    tests = [compile_filter(t) for t in ("tcp port 80", "tcp[13] & 2 != 0", "host 10.0.0.1")]
    for frame in ALL.values():
        for n in range(len(frame)):
            assert all(test(frame[:n]) in (True, False) for test in tests if test)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port", "ends where a value for port"),
        ("tcp port eighty", "'eighty'"),
        ("host 10.0.0.1 port 80", "join tests with and, or"),
        ("tcp[13", "a ']' is missing"),
        ("bogus", "what is 'bogus'"),
        ("tcp[13] & 2", "cannot understand its end"),
        ("@", "cannot read '@'"),
    ],
)
def test_errors_help(text: str, words: str) -> None:
    with pytest.raises(LabError, match=words.replace("[", r"\[").replace("]", r"\]")):
        compile_filter(text)
