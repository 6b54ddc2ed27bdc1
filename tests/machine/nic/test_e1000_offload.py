"""What the card computes, judged by scapy: every field of every frame."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

import softnet.uapi.e1000 as hw
from tests.machine.nic.kit import MAC, PEER, Bench

LAST = hw.E1000_TXD_CMD_EOP | hw.E1000_TXD_CMD_RS
DATA = hw.E1000_TXD_CMD_DEXT | hw.E1000_TXD_DTYP_D


def rebuilt(frame: bytes) -> bytes:
    """The frame as scapy makes it when it computes lengths and checksums itself."""
    packet: Packet = Ether(frame)
    for layer in (IP, TCP, UDP):
        if layer in packet:
            del packet[layer].chksum
    return bytes(packet)


def pseudo(length: int, proto: int = 6) -> int:
    total = 0x0A00 + 0x0001 + 0x0A00 + 0x0002 + proto + length
    return (total & 0xFFFF) + (total >> 16)


@pytest.mark.parametrize("size", [1, 99, 100, 101, 1000])
def test_segments_are_what_scapy_would_build(size: int) -> None:
    b = Bench()
    payload = bytes(n & 0xFF for n in range(size))
    ip = IP(src="10.0.0.1", dst="10.0.0.2", id=9)
    tcp = TCP(sport=1, dport=2, seq=0xFFFFFFF0, flags="FPA")
    frame = bytearray(bytes(Ether(dst=PEER, src=MAC) / ip / tcp / payload))
    frame[16:18] = frame[24:26] = b"\0\0"
    frame[50:52] = pseudo(0).to_bytes(2, "big")
    ctx = 14 | 24 << 8 | 33 << 16
    tu = 34 | 50 << 8
    cmd = hw.E1000_TXD_CMD_DEXT | hw.E1000_TXD_CMD_TSE | hw.E1000_TXD_CMD_TCP | hw.E1000_TXD_CMD_IP
    b.desc(0, tu << 32 | ctx, cmd | size, 54 << 8 | 100 << 16)
    popts = hw.E1000_TXD_POPTS_IXSM | hw.E1000_TXD_POPTS_TXSM
    b.data(1, bytes(frame), LAST | DATA | hw.E1000_TXD_CMD_TSE, popts)
    b.go(2)
    count = (size + 99) // 100
    assert len(b.far.frames) == count
    got = b""
    for i, sent in enumerate(b.far.frames):
        packet = Ether(sent)
        end = 14 + packet[IP].len
        assert rebuilt(sent[:end]) == sent[:end]
        assert packet[IP].id == 9 + i
        assert packet[TCP].seq == (0xFFFFFFF0 + 100 * i) & 0xFFFFFFFF
        assert ("F" in packet[TCP].flags) == (i == count - 1)
        assert ("P" in packet[TCP].flags) == (i == count - 1)
        got += sent[54:end]
        assert not any(sent[end:])
    assert got == payload


@pytest.mark.parametrize("bit", range(14 * 8, 54 * 8, 5))
def test_any_flipped_bit_of_ip_or_tcp_is_found(bit: int) -> None:
    b = Bench()
    b.post()
    packet = Ether(dst=MAC, src=PEER) / IP(src="10.0.0.1", dst="10.0.0.2") / TCP(flags="S")
    frame = bytearray(bytes(packet / b"payload"))
    frame[bit >> 3] ^= 1 << (bit & 7)
    b.receive(bytes(frame))
    _, status, errors = b.written(0)
    bad = errors & (hw.E1000_RXD_ERR_IPE | hw.E1000_RXD_ERR_TCPE)
    assert bad or not status & hw.E1000_RXD_STAT_TCPCS


def test_a_context_outside_the_frame_writes_nothing() -> None:
    b = Bench()
    frame = PEER + MAC + b"\x88\xb5" + bytes(46)
    b.desc(0, (200 | 210 << 8) << 32, hw.E1000_TXD_CMD_DEXT)
    b.data(1, frame, LAST | DATA, hw.E1000_TXD_POPTS_TXSM)
    b.go(2)
    assert b.far.frames == [frame]


def test_without_offload_the_card_says_so() -> None:
    b = Bench()
    b.post()
    b.nic.writel(hw.E1000_RXCSUM, 0)
    b.receive(bytes(Ether(dst=MAC, src=PEER) / IP() / UDP() / bytes(20)))
    assert b.written(0)[1] & hw.E1000_RXD_STAT_IXSM
