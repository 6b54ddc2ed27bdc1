"""All 2^16 (kind, length) pairs of TCP and IP options; options in every position of the area."""

from __future__ import annotations

import pytest

from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_bind, sys_listen, sys_socket
from softnet.wire.checksum import checksum, transport_checksum
from tests.fuzz.frames import TCP_PORT, ether
from tests.kit.wire_host import IP, PEER, WireHost

AREA = 40


def listen(dut: WireHost) -> None:
    def program() -> None:
        fd = sys_socket(2, 1)
        sys_bind(fd, SockaddrIn(0, TCP_PORT))
        sys_listen(fd, 64)
        kept.append(fd)

    kept: list[int] = []
    task = dut.host.spawn(program)
    dut.host.world.run(predicate=task.finished)
    task.result()


def syn_with(options: bytes, sport: int) -> bytes:
    """A SYN whose 40-byte option area is `options`, checksums right."""
    area = options.ljust(AREA, b"\0")
    head = bytearray(20)
    head[0:2], head[2:4] = sport.to_bytes(2, "big"), TCP_PORT.to_bytes(2, "big")
    head[4:8] = (1000).to_bytes(4, "big")
    head[12:14] = bytes([(20 + AREA) << 2, 0x02])
    head[14:16] = (8192).to_bytes(2, "big")
    segment = head + area
    segment[16:18] = transport_checksum(PEER, IP, 6, bytes(segment)).to_bytes(2, "big")
    return ipv4_with(b"", bytes(segment))


def ipv4_with(options: bytes, payload: bytes, proto: int = 6) -> bytes:
    """An IPv4 frame with a raw option area, header checksum right."""
    hdrlen = 20 + len(options)
    head = bytearray(hdrlen)
    head[0] = 0x40 | hdrlen >> 2
    head[2:4] = (hdrlen + len(payload)).to_bytes(2, "big")
    head[8:10] = bytes([64, proto])
    head[12:16], head[16:20] = PEER.to_bytes(4, "big"), IP.to_bytes(4, "big")
    head[20:] = options
    head[10:12] = checksum(bytes(head)).to_bytes(2, "big")
    return ether(bytes(head) + payload)


def all_pairs(step: int):
    """(kind, length) for every kind; every length, or every step-th with the small ones."""
    for kind in range(256):
        for length in range(256):
            if length <= AREA + 2 or length % step == 0 or length == 255:
                yield kind, length


def tcp_pairs(dut: WireHost, debug, step: int) -> None:
    listen(dut)
    answered = 0
    for n, (kind, length) in enumerate(all_pairs(step)):
        option = bytes([kind, length]) + bytes(range(38))
        errors = dut.tcp("INERRS")
        dut.feed(syn_with(option, 1024 + n % 60000))
        assert dut.tcp("INERRS") == errors, "a strange option is no reason to refuse a segment"
        answered += len(dut.take())
        if n % 200 == 199:
            dut.run(100_000_000_000)  # half-open connections give up
            dut.take()
    dut.run(200_000_000_000)
    debug.verify()
    assert answered > 0


def test_tcp_options(dut: WireHost, debug) -> None:
    tcp_pairs(dut, debug, step=64)


@pytest.mark.slow
def test_tcp_options_every_pair(dut: WireHost, debug) -> None:
    tcp_pairs(dut, debug, step=1)


def ip_pairs(dut: WireHost, debug, step: int) -> None:
    for n, (kind, length) in enumerate(all_pairs(step)):
        option = (bytes([kind, length]) + bytes(range(38)))[:AREA]
        received = dut.ip("INPKTS")
        ended = dut.ip("INHDRERRORS") + dut.ip("INDELIVERS") + dut.ip("INADDRERRORS")
        ended += dut.ip("INDISCARDS")
        dut.feed(ipv4_with(option, b"\x08\x00\xf7\xff\0\0\0\0", proto=1))
        assert dut.ip("INPKTS") == received + 1
        now = dut.ip("INHDRERRORS") + dut.ip("INDELIVERS") + dut.ip("INADDRERRORS")
        assert now + dut.ip("INDISCARDS") - ended >= 1, f"kind {kind} length {length}"
        if n % 1000 == 999:
            dut.run(1_000_000_000)
            dut.take()
    dut.run(10_000_000_000)
    debug.verify()


def test_ip_options(dut: WireHost, debug) -> None:
    ip_pairs(dut, debug, step=64)


@pytest.mark.slow
def test_ip_options_every_pair(dut: WireHost, debug) -> None:
    ip_pairs(dut, debug, step=1)


def test_ip_options_in_every_position(dut: WireHost, debug) -> None:
    for kind in (7, 68, 82, 130, 131, 136, 137, 148, 25, 0xFF):
        for at in range(AREA):
            for length in (0, 1, 2, 3, 4, 7, 8, 11, 39, 40):
                area = (b"\x01" * at + bytes([kind, length, 4, 0])).ljust(AREA, b"\x01")[:AREA]
                dut.feed(ipv4_with(area, b"\x08\x00\xf7\xff\0\0\0\0", proto=1))
        dut.take()
    dut.run(10_000_000_000)
    debug.verify()
    assert dut.ip("INHDRERRORS") > 100
