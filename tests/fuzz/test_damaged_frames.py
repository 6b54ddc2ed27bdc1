"""Every single-bit flip in the first 64 bytes of each frame type, and every truncation.

Nothing may be raised, leaked or written where it does not belong, and whatever IP received must be
accounted for: a counter of Ip, or delivery. For UDP the counter is known bit by bit.
"""

from __future__ import annotations

import pytest

from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_bind, sys_fcntl, sys_listen, sys_recv, sys_socket
from softnet.uapi import fcntl
from tests.fuzz.frames import FRAMES, TCP_PORT, UDP_PORT
from tests.kit.wire_host import WireHost

FLIPPED_BYTES = 64
# Where a received datagram may end, as /proc/net/snmp and netstat count it.
ENDS = (
    "INHDRERRORS",
    "INADDRERRORS",
    "INUNKNOWNPROTOS",
    "INDISCARDS",
    "INTRUNCATEDPKTS",
    "INNOROUTES",
    "REASMREQDS",
    "INDELIVERS",
)


def open_sockets(dut: WireHost) -> list[int]:
    """A bound UDP socket and a TCP listener; their descriptors."""

    def program() -> list[int]:
        udp, tcp = sys_socket(2, 2), sys_socket(2, 1)
        sys_bind(udp, SockaddrIn(0, UDP_PORT))
        sys_bind(tcp, SockaddrIn(0, TCP_PORT))
        sys_listen(tcp, 16)
        sys_fcntl(udp, fcntl.F_SETFL, fcntl.O_NONBLOCK)
        return [udp, tcp]

    task = dut.host.spawn(program)
    dut.host.world.run(predicate=task.finished)
    dut.program_files = task.files
    return task.result()


def recv_udp(dut: WireHost, fd: int) -> bytes | None:
    """What the UDP socket has, None if nothing."""

    def program() -> bytes | None:
        try:
            return sys_recv(fd, 4096)
        except BlockingIOError:
            return None

    task = dut.host.spawn(program)
    task.files = dut.program_files
    dut.host.world.run(predicate=task.finished)
    return task.result()


def flips(frame: bytes) -> list[tuple[int, bytes]]:
    """(byte, frame with one of its bits flipped) for each bit of the first 64 bytes."""
    out = []
    for i in range(min(FLIPPED_BYTES, len(frame))):
        for bit in range(8):
            damaged = bytearray(frame)
            damaged[i] ^= 1 << bit
            out.append((i, bytes(damaged)))
    return out


def ends(dut: WireHost) -> int:
    return sum(dut.ip(name) for name in ENDS)


@pytest.mark.parametrize("name", FRAMES)
def test_bit_flips_are_accounted_for(dut: WireHost, debug, name: str) -> None:
    open_sockets(dut)
    for at, damaged in flips(FRAMES[name]):
        received, ended = dut.ip("INPKTS"), ends(dut)
        dut.feed(damaged)
        received, ended = dut.ip("INPKTS") - received, ends(dut) - ended
        assert received in (0, 1)
        assert ended >= received, f"byte {at}: received, and no counter says where it ended"
        dut.take()
    dut.run(200_000_000_000)  # reassembly and handshakes give up
    debug.verify()


@pytest.mark.parametrize("name", FRAMES)
def test_truncated_frames_of_every_length(dut: WireHost, debug, name: str) -> None:
    open_sockets(dut)
    frame = FRAMES[name]
    for n in range(len(frame)):
        received, ended = dut.ip("INPKTS"), ends(dut)
        dut.feed(frame[:n])
        received, ended = dut.ip("INPKTS") - received, ends(dut) - ended
        assert ended >= received, f"{n} bytes: received, and no counter says where it ended"
        assert received == (1 if n >= 14 and name != "arp" else 0)
    dut.run(200_000_000_000)
    debug.verify()


def udp_flip_counter(at: int, damaged: bytes) -> str:
    """The counter that a flip in byte `at` of FRAMES["udp"] makes tick, "" for none of IP's."""
    if at < 6:  # not our address; but IP does not mind a unicast datagram in a multicast frame
        return "delivered" if damaged[0] & 1 else ""
    if at < 12:
        return "delivered"  # another sender
    if at < 14:
        return ""  # another protocol
    return "ip" if at < 34 else "udp"


def test_udp_flips_tick_exactly_their_counter(dut: WireHost) -> None:
    udp, _ = open_sockets(dut)
    for at, damaged in flips(FRAMES["udp"]):
        before = (
            dut.ip("INHDRERRORS") + dut.ip("INTRUNCATEDPKTS"),
            dut.udp("INERRORS") + dut.udp("NOPORTS"),
        )
        dut.feed(damaged)
        got = recv_udp(dut, udp)
        ticked = (
            dut.ip("INHDRERRORS") + dut.ip("INTRUNCATEDPKTS") - before[0],
            dut.udp("INERRORS") + dut.udp("NOPORTS") - before[1],
        )
        end = udp_flip_counter(at, damaged)
        want = {"": (0, 0), "delivered": (0, 0), "ip": (1, 0), "udp": (0, 1)}[end]
        assert ticked == want, f"byte {at}: {damaged.hex()}"
        assert (got is not None) == (end == "delivered"), f"byte {at}"
