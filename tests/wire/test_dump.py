"""The one-line notation, judged by tcpdump itself where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.uapi.icmp as icmp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.wire.build import (
    build_arp,
    build_ethernet,
    build_icmp,
    build_igmp,
    build_ipv4,
    build_tcp,
    build_udp,
)
from softnet.wire.dump import format_frame, format_ip
from softnet.wire.options import EOL, NOP, RawOption
from softnet.wire.pcap import PcapngWriter
from softnet.wire.tcp_options import Md5Sig, Mss, Sack, SackPerm, TcpOption, Timestamps, WScale

H1, H2 = 0x0A000001, 0x0A000002
MAC1, MAC2 = bytes.fromhex("525400000001"), bytes.fromhex("525400000002")


def ip(proto: int, payload: bytes, id: int = 0, frag_off: int = 0) -> bytes:
    packet = build_ipv4(H1, H2, proto, payload, id=id, frag_off=frag_off)
    return build_ethernet(MAC2, MAC1, if_ether.ETH_P_IP, packet)


def segment(
    flags: int, payload: bytes = b"", options: tuple[TcpOption, ...] = (), seq: int = 1000
) -> bytes:
    return ip(
        in_.IPPROTO_TCP,
        build_tcp(
            H1,
            H2,
            40000,
            9000,
            flags=flags,
            seq=seq,
            ack_seq=77,
            window=14600,
            urg_ptr=3,
            payload=payload,
            options=options,
        ),
    )


def error(type: int, code: int, un: int = 0, proto: int = in_.IPPROTO_UDP) -> bytes:
    quoted = build_ipv4(H2, 0x0A000009, proto, build_udp(H2, H1, 5000, 53, b"x" * 9))
    return ip(in_.IPPROTO_ICMP, build_icmp(type, code, un, quoted))


def arp(op: int, tha: bytes = bytes(6), tip: int = H2) -> bytes:
    return build_ethernet(b"\xff" * 6, MAC1, if_ether.ETH_P_ARP, build_arp(op, MAC1, H1, tha, tip))


SYN_OPTIONS = (Mss(1460), SackPerm(), Timestamps(1, 0), NOP, WScale(7))
ALL_OPTIONS = (Sack(((1, 5), (9, 12))), NOP, EOL)

# Lines that tcpdump -n -S prints letter by letter as we do.
FRAMES = {
    "syn": segment(tcp.TCPHDR_SYN, options=SYN_OPTIONS),
    "syn-ack": segment(tcp.TCPHDR_SYN | tcp.TCPHDR_ACK, options=(Mss(536),)),
    "ack": segment(tcp.TCPHDR_ACK, options=ALL_OPTIONS),
    "unknown option": segment(tcp.TCPHDR_ACK, options=(RawOption(253, b"\x12\x34"),)),
    "data": segment(tcp.TCPHDR_ACK | tcp.TCPHDR_PSH, b"GET /"),
    "data across the wrap": segment(tcp.TCPHDR_ACK, b"GET /", seq=0xFFFFFFFE),
    "urgent": segment(tcp.TCPHDR_ACK | tcp.TCPHDR_URG, b"GET /"),
    "fin": segment(tcp.TCPHDR_FIN | tcp.TCPHDR_ACK),
    "rst": segment(tcp.TCPHDR_RST),
    "ecn": segment(tcp.TCPHDR_SYN | tcp.TCPHDR_ECE | tcp.TCPHDR_CWR),
    "no flags": segment(0),
    "udp": ip(in_.IPPROTO_UDP, build_udp(H1, H2, 4000, 9000, b"hello")),
    "empty udp": ip(in_.IPPROTO_UDP, build_udp(H1, H2, 4000, 9000, b"")),
    "echo": ip(in_.IPPROTO_ICMP, build_icmp(icmp.ICMP_ECHO, 0, 7 << 16 | 3, bytes(56))),
    "echo reply": ip(in_.IPPROTO_ICMP, build_icmp(icmp.ICMP_ECHOREPLY, 0, 7 << 16 | 3)),
    "port unreachable": error(icmp.ICMP_DEST_UNREACH, icmp.ICMP_PORT_UNREACH),
    "tcp port unreachable": error(3, icmp.ICMP_PORT_UNREACH, proto=in_.IPPROTO_TCP),
    "other port unreachable": error(3, icmp.ICMP_PORT_UNREACH, proto=200),
    "protocol unreachable": error(3, icmp.ICMP_PROT_UNREACH, proto=200),
    "frag needed": error(3, icmp.ICMP_FRAG_NEEDED, 1400),
    "frag needed, no mtu": error(3, icmp.ICMP_FRAG_NEEDED),
    **{f"unreachable {code}": error(3, code) for code in (0, 1, *range(5, 16))},
    **{f"redirect {code}": error(icmp.ICMP_REDIRECT, code, 0x0A0000FE) for code in range(4)},
    "ttl exceeded": error(icmp.ICMP_TIME_EXCEEDED, icmp.ICMP_EXC_TTL),
    "reassembly": error(icmp.ICMP_TIME_EXCEEDED, icmp.ICMP_EXC_FRAGTIME),
    "parameter problem": error(icmp.ICMP_PARAMETERPROB, 0, 20 << 24),
    "parameter problem, code": error(icmp.ICMP_PARAMETERPROB, 1),
    "quench": error(icmp.ICMP_SOURCE_QUENCH, 0),
    "timestamp": ip(in_.IPPROTO_ICMP, build_icmp(icmp.ICMP_TIMESTAMP, 0, 1 << 16 | 2, bytes(12))),
    "mask request": ip(in_.IPPROTO_ICMP, build_icmp(icmp.ICMP_ADDRESS, 0, 0, bytes(4))),
    "igmp v2 query": ip(in_.IPPROTO_IGMP, build_igmp(icmp.IGMP_HOST_MEMBERSHIP_QUERY, 100)),
    "igmp report": ip(
        in_.IPPROTO_IGMP, build_igmp(icmp.IGMPV2_HOST_MEMBERSHIP_REPORT, 0, 0xE0000116)
    ),
    "igmp leave": ip(in_.IPPROTO_IGMP, build_igmp(icmp.IGMP_HOST_LEAVE_MESSAGE, 0, 0xE0000116)),
    "igmp v3 report": ip(
        in_.IPPROTO_IGMP,
        build_igmp(icmp.IGMPV3_HOST_MEMBERSHIP_REPORT, 0, 1, bytes.fromhex("04000000e0000116")),
    ),
    "arp request": arp(1),
    "arp request, known target": arp(1, MAC2),
    "arp reply": arp(2, MAC2),
}


def tcpdump(frames: list[bytes], path: Path) -> list[str]:
    with path.open("wb") as file:
        writer = PcapngWriter(file)
        number = writer.add_interface("eth0")
        for i, frame in enumerate(frames):
            writer.write_packet(number, i, frame)
        writer.close()
    command = ["tcpdump", "-n", "-S", "-t", "-r", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_tcpdump_prints_the_same(tmp_path: Path) -> None:
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    lines = tcpdump(list(FRAMES.values()), tmp_path / "x.pcapng")
    ours = {name: format_frame(frame) for name, frame in FRAMES.items()}
    assert ours == dict(zip(FRAMES, lines, strict=True))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "syn",
            "IP 10.0.0.1.40000 > 10.0.0.2.9000: Flags [S], seq 1000, win 14600, "
            "options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0",
        ),
        (
            "data across the wrap",
            "IP 10.0.0.1.40000 > 10.0.0.2.9000: Flags [.], seq 4294967294:3, ack 77, "
            "win 14600, length 5",
        ),
        ("udp", "IP 10.0.0.1.4000 > 10.0.0.2.9000: UDP, length 5"),
        ("echo", "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 3, length 64"),
        (
            "port unreachable",
            "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.9 udp port 53 unreachable, length 45",
        ),
        ("arp request", "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"),
        ("arp reply", "ARP, Reply 10.0.0.1 is-at 52:54:00:00:00:01, length 28"),
    ],
)
def test_lines_without_tcpdump(name: str, line: str) -> None:
    assert format_frame(FRAMES[name]) == line


def test_fragments_say_where_they_belong() -> None:
    datagram = build_udp(H1, H2, 4000, 9000, bytes(992))
    first = format_frame(ip(in_.IPPROTO_UDP, datagram[:600], 7, in_.IP_MF))
    middle = format_frame(ip(in_.IPPROTO_UDP, datagram[600:800], 7, in_.IP_MF | 75))
    last = format_frame(ip(in_.IPPROTO_UDP, datagram[800:], 7, 100))
    assert first == "IP 10.0.0.1.4000 > 10.0.0.2.9000: UDP, length 992 (frag 7:600@0+)"
    assert middle == "IP 10.0.0.1 > 10.0.0.2: ip-proto-17 (frag 7:200@600+)"
    assert last == "IP 10.0.0.1 > 10.0.0.2: ip-proto-17 (frag 7:200@800)"


def test_what_tcpdump_prints_otherwise() -> None:
    """Of unknown protocols it leaves two spaces, of digests it says that it has no key."""
    assert format_frame(ip(200, b"1234")) == "IP 10.0.0.1 > 10.0.0.2: ip-proto-200 4"
    signed = segment(tcp.TCPHDR_ACK, options=(Md5Sig(bytes(16)), NOP, NOP))
    assert f"options [md5 {'00' * 16},nop,nop]" in format_frame(signed)


def test_vlan_tags_are_shown() -> None:
    packet = build_ipv4(H1, H2, in_.IPPROTO_ICMP, build_icmp(8))
    frame = build_ethernet(MAC2, MAC1, if_ether.ETH_P_IP, packet, vlan=5 << 13 | 42)
    assert format_frame(frame) == f"vlan 42, p 5, {format_ip(packet)}"


def test_ethernet_padding_is_not_payload() -> None:
    frame = ip(in_.IPPROTO_UDP, build_udp(H1, H2, 4000, 9000, b"hi"))
    assert format_frame(frame + bytes(16)) == format_frame(frame)


@given(frame=st.sampled_from(list(FRAMES.values())), cut=st.integers(0, 90))
def test_frames_cut_short_never_raise(frame: bytes, cut: int) -> None:
    assert format_frame(frame[:cut])


@given(
    frame=st.sampled_from(list(FRAMES.values())),
    at=st.integers(12, 80),
    byte=st.integers(0, 255),
)
def test_frames_with_a_wrong_byte_never_raise(frame: bytes, at: int, byte: int) -> None:
    buf = bytearray(frame)
    if at < len(buf):
        buf[at] = byte
    assert format_frame(bytes(buf))


@given(payload=st.binary(max_size=80), proto=st.sampled_from([0x0800, 0x0806, 0x8100, 0x88B5]))
def test_garbage_never_raises(payload: bytes, proto: int) -> None:
    assert format_frame(build_ethernet(MAC2, MAC1, proto, payload))
