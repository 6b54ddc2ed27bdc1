"""Capture files: read back, byte for byte the same each time, and accepted by tshark."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.wire.build import build_ethernet, build_ipv4, build_tcp, build_udp
from softnet.wire.pcap import INBOUND, OUTBOUND, Packet, PcapngWriter, read_pcapng

MAC1, MAC2 = bytes.fromhex("525400000001"), bytes.fromhex("525400000002")
FRAMES = [
    build_ethernet(MAC2, MAC1, if_ether.ETH_P_IP, build_ipv4(1, 2, in_.IPPROTO_UDP, datagram))
    for datagram in (build_udp(1, 2, 40000, 9000, bytes(n)) for n in (1, 2, 3, 1400))
]


def capture() -> bytes:
    file = io.BytesIO()
    writer = PcapngWriter(file)
    eth0 = writer.add_interface("h1:eth0", mac=MAC1, speed=10**9, description="link h1-h2")
    eth1 = writer.add_interface("h2:eth0")
    for i, frame in enumerate(FRAMES):
        sent = 1_000_000_000 + i
        writer.write_packet(eth0, sent, frame, direction=OUTBOUND, packet_id=i, comment=f"#{i} ü")
        writer.write_packet(eth1, sent + 5000, frame, direction=INBOUND, packet_id=i)
    writer.close()
    return file.getvalue()


def read(data: bytes) -> list[Packet]:
    return list(read_pcapng(io.BytesIO(data)))


def test_what_was_written_is_read() -> None:
    packets = read(capture())
    assert [p.data for p in packets] == [f for frame in FRAMES for f in (frame, frame)]
    assert [p.time_ns for p in packets[:3]] == [1_000_000_000, 1_000_005_000, 1_000_000_001]
    assert [p.direction for p in packets[:2]] == [OUTBOUND, INBOUND]
    assert [p.packet_id for p in packets[:4]] == [0, 0, 1, 1]
    assert [p.comments for p in packets[:2]] == [["#0 ü"], []]
    eth0, eth1 = packets[0].interface, packets[1].interface
    assert (eth0.name, eth0.mac, eth0.speed) == ("h1:eth0", MAC1, 10**9)
    assert (eth0.description, eth0.tsresol, eth0.linktype) == ("link h1-h2", 10**9, 1)
    assert (eth1.name, eth1.packets) == ("h2:eth0", 4)
    assert (eth1.first_ns, eth1.last_ns) == (1_000_005_000, 1_000_005_003)


def test_equal_runs_give_equal_bytes() -> None:
    assert capture() == capture()


@given(
    data=st.binary(max_size=50),
    time_ns=st.integers(0, (1 << 63) - 1),
    cut=st.none() | st.integers(50, 9000),
    comment=st.text("aü€ ,\n", max_size=9),
)
def test_any_packet_round_trips(data: bytes, time_ns: int, cut: int | None, comment: str) -> None:
    file = io.BytesIO()
    writer = PcapngWriter(file)
    number = writer.add_interface("x")
    writer.write_packet(number, time_ns, memoryview(data), original_len=cut, comment=comment)
    (packet,) = read(file.getvalue())
    assert (packet.data, packet.time_ns) == (data, time_ns)
    assert packet.original_len == (len(data) if cut is None else cut)
    assert packet.comments == ([comment] if comment else [])


def test_other_machines_files() -> None:
    """Big endian, microseconds, a block nobody knows, and two sections."""

    def block(kind: int, body: bytes) -> bytes:
        size = struct.pack(">I", 12 + len(body))
        return struct.pack(">I", kind) + size + body + size

    section = block(0x0A0D0D0A, struct.pack(">IHHQ", 0x1A2B3C4D, 1, 0, (1 << 64) - 1))
    section += block(1, struct.pack(">HHI", 1, 0, 0)) + block(0x0BAD, b"1234")
    section += block(6, struct.pack(">IIIII", 0, 1, 5, 2, 99) + b"ab\0\0")
    big = read(section + section)
    assert [(p.data, p.original_len) for p in big] == [(b"ab", 99)] * 2
    assert big[0].time_ns == ((1 << 32) + 5) * 1000
    assert read(section + capture())[1].interface.name == "h1:eth0"


@pytest.mark.parametrize("cut", [5, 10, 20, 40, -1, -20])
def test_files_cut_short(cut: int) -> None:
    with pytest.raises(ValueError, match=r"inside a block|not a pcapng"):
        read(capture()[:cut])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GIF89a, no pcap", "not a pcapng file"),
        (bytes.fromhex("0a0d0d0a1c000000aabbccdd"), "not a pcapng file"),
        (bytes.fromhex("0a0d0d0a0d0000004d3c2b1a"), "has the length 13"),
    ],
)
def test_what_is_no_capture(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(data)


def test_an_empty_file_has_no_packets() -> None:
    assert read(b"") == []


def tshark(path: Path, *args: str) -> list[list[str]]:
    """The fields that tshark shows of each packet."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    fields = [word for name in args for word in ("-e", name)]
    checks = [w for p in ("ip", "tcp", "udp") for w in ("-o", f"{p}.check_checksum:TRUE")]
    command = ["tshark", "-n", "-r", str(path), *checks, "-T", "fields", *fields]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cut short" not in done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_tshark_reads_names_times_directions_comments(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    path.write_bytes(capture())
    rows = tshark(
        path, "frame.time_epoch", "frame.interface_name", "frame.packet_flags_direction",
        "frame.comment", "frame.len", "_ws.malformed",
    )  # fmt: skip
    assert rows[0] == ["1.000000000", "h1:eth0", "0x00000002", "#0 ü", "43", ""]
    assert rows[1] == ["1.000005000", "h2:eth0", "0x00000001", "", "43", ""]
    assert len(rows) == 8


def test_tshark_finds_our_checksums_right(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with path.open("wb") as file:
        writer = PcapngWriter(file)
        number = writer.add_interface("eth0")
        for n in range(8):
            data = bytes(range(n * 7))
            segment = build_tcp(1, 2, 3, 9000, flags=tcp.TCPHDR_ACK, payload=data)
            datagram = build_udp(1, 2, 3, 9000, data)
            for proto, payload in ((in_.IPPROTO_TCP, segment), (in_.IPPROTO_UDP, datagram)):
                packet = build_ipv4(1, 2, proto, payload)
                frame = build_ethernet(MAC2, MAC1, if_ether.ETH_P_IP, packet)
                writer.write_packet(number, n, frame)
        writer.close()
    rows = tshark(path, "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status")
    assert rows == [["1", "1", ""], ["1", "", "1"]] * 8
