"""A real TAP device, played by a socket pair; and the real one where we may make it."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from softnet.machine.cable import Cable, CablePort
from softnet.machine.clock import World
from softnet.machine.outside.tap import HEAD, HEADROOM, Tap, TapPort, open_tap


def pair(vnet_hdr: bool) -> tuple[Tap, socket.socket]:
    ours, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    far.setblocking(False)
    return Tap(ours.detach(), "t", vnet_hdr), far


class Ear(CablePort):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def deliver(self, frame: bytes | bytearray, meta: object) -> None:
        self.frames.append(bytes(frame))


@pytest.mark.parametrize("size", [1, HEAD - HEADROOM, HEAD - HEADROOM + 1, 65_000])
def test_a_frame_is_split_into_head_and_rest(size: int) -> None:
    tap, far = pair(True)
    data = os.urandom(size)
    far.send(b"0123456789" + data)
    got = tap.read()
    assert got is not None
    head, n, rest = got
    assert bytes(tap.hdr) == b"0123456789"
    assert bytes(head[HEADROOM : HEADROOM + n]) + rest == data
    assert len(head) == HEAD
    assert tap.read() is None
    tap.close()
    far.close()


def test_writes_never_wait() -> None:
    tap, far = pair(False)
    written = 0
    while tap.write([bytes(1000), b"end"]):
        written += 1
    assert tap.dropped == 1
    assert far.recv(2000) == bytes(1000) + b"end"
    tap.close()
    far.close()


def test_a_cable_can_end_outside() -> None:
    tap, far = pair(False)
    world = World()
    cable = Cable(world, "c")
    ear = Ear()
    cable.a.attach(ear, 0)
    port = TapPort(tap, world, cable.b)
    cable.a.transmit(b"x" * 60)
    world.run()
    assert far.recv(100) == b"x" * 60
    far.send(b"short")
    world.fds[tap.fd]()
    world.run()
    assert ear.frames == [b"short" + bytes(55)]
    port.close()
    assert tap.fd not in world.fds
    tap.close()
    far.close()


def test_a_cable_takes_no_virtio_headers() -> None:
    tap, far = pair(True)
    world = World()
    with pytest.raises(ValueError, match="vnet_hdr=False"):
        TapPort(tap, world, Cable(world, "c").b)
    tap.close()
    far.close()


def test_the_real_device() -> None:
    try:
        tap = open_tap("sntest%d")
    except OSError as e:
        if e.errno not in (errno.EPERM, errno.EACCES, errno.ENOENT, errno.ENXIO, errno.ENODEV):
            raise
        pytest.skip(f"no TAP here: {e.strerror}")
    assert tap.name.startswith("sntest")
    assert Path("/sys/class/net", tap.name).exists() or not Path("/sys/class/net").exists()
    assert tap.read() is None
    tap.close()
