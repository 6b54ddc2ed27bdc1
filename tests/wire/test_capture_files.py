"""Classic pcap in both byte orders and both units of time; where IP begins."""

from __future__ import annotations

import io
import struct

import pytest

from softnet.wire.capture_files import ipv4_offset, read_capture
from softnet.wire.pcap import PcapngWriter

FRAME = bytes(12) + b"\x08\x00" + b"\x45" + bytes(19)


def classic(order: str, magic: int, fraction: int) -> io.BytesIO:
    head = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    packet = struct.pack(f"{order}4I", 7, fraction, len(FRAME), 99) + FRAME
    return io.BytesIO(head + packet)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "fraction"), [(0xA1B2C3D4, 5), (0xA1B23C4D, 5000)])
def test_classic(order: str, magic: int, fraction: int) -> None:
    (packet,) = read_capture(classic(order, magic, fraction))
    assert packet.time_ns == 7_000_005_000
    assert packet.data == FRAME
    assert packet.original_len == 99


def test_pcapng_too() -> None:
    file = io.BytesIO()
    writer = PcapngWriter(file)
    writer.write_packet(writer.add_interface("eth0"), 12, FRAME)
    file.seek(0)
    assert [p.time_ns for p in read_capture(file)] == [12]


def test_what_is_no_capture() -> None:
    with pytest.raises(ValueError, match="neither"):
        read_capture(io.BytesIO(b"GIF89a"))
    whole = classic("<", 0xA1B2C3D4, 0).getvalue()
    for size in (10, 30, 50):
        with pytest.raises(ValueError, match=r"ends inside|not a pcap"):
            list(read_capture(io.BytesIO(whole[:size])))


def test_where_ip_begins() -> None:
    assert ipv4_offset(1, FRAME) == 14
    assert ipv4_offset(1, FRAME[:12] + b"\x81\x00\x00\x05" + FRAME[12:]) == 18
    assert ipv4_offset(1, FRAME[:12] + b"\x86\xdd" + FRAME[14:]) == -1
    assert ipv4_offset(101, FRAME[14:]) == 0
    assert ipv4_offset(101, b"\x60") == -1
    assert ipv4_offset(113, bytes(14) + b"\x08\x00" + FRAME[14:]) == 16
    assert ipv4_offset(105, FRAME) == -1
