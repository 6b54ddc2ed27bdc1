"""A host's device on a real TAP: here on one end of a socket pair, which reads and writes alike."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

import pytest

import softnet.arch.const as const
from softnet.drivers.net.tun_real import TunReal, tun_real_add
from softnet.machine.clock import World
from softnet.machine.outside.tap import HEAD, HEADROOM, Tap
from softnet.net.core.dev.config import dev_close, dev_open
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.skbuff import skb_fill_page_desc
from tests.drivers.net.e1000.kit import NicHost
from tests.net.core.dev.kit import MAC_B, PROTO, frame, rtnl, sink

NO_HDR = bytes(10)


class Door:
    """A host, its device, and the far end of its wire."""

    def __init__(self, vnet_hdr: bool = True) -> None:
        self.world = World(1)
        self.host = NicHost(self.world, "h1")
        ours, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.far.setblocking(False)
        self.tap = Tap(ours.detach(), "far", vnet_hdr)
        self.dev: TunReal
        with self.host.cpu():
            self.dev = tun_real_add(self.host.net, self.tap)
            with rtnl(self.host.net):
                assert dev_open(self.dev) == 0
        self.world.run(until_ns=5_000_000)

    def poll(self) -> None:
        """What the world's epoll would call."""
        self.world.fds[self.tap.fd]()

    def close(self) -> None:
        with self.host.cpu(), rtnl(self.host.net):
            dev_close(self.dev)
        self.tap.close()
        self.far.close()


@pytest.fixture
def door() -> Iterator[Door]:
    d = Door()
    yield d
    d.close()


def test_frames_leave_with_their_header(door: Door) -> None:
    with door.host.cpu():
        skb = frame(door.dev, b"head")
        skb_fill_page_desc(skb, b"..part..", 2, 4)
        dev_queue_xmit(skb)
    data = door.far.recv(2000)
    assert data[:10] == NO_HDR
    assert data[10:] == MAC_B + door.dev.dev_addr + PROTO.to_bytes(2, "big") + b"headpart"
    assert door.dev.stats.tx_packets == 1


@pytest.mark.parametrize("size", [14, 60, HEAD - HEADROOM, HEAD - HEADROOM + 1, 60_000])
def test_frames_come_in_whatever_their_size(door: Door, size: int) -> None:
    got = sink(door.host.net)
    header = door.dev.dev_addr + MAC_B + PROTO.to_bytes(2, "big")
    door.far.send(NO_HDR + header + bytes(n & 0xFF for n in range(size - 14)))
    door.poll()
    assert door.dev.stats.rx_packets == 1
    assert door.dev.stats.rx_bytes == size
    assert len(got.frames) == 1


def test_runts_and_nonsense_are_counted(door: Door) -> None:
    door.far.send(NO_HDR + bytes(13))
    door.far.send(struct.pack("<BBHHHH", 1, 0, 0, 0, 90, 2) + bytes(60))
    door.poll()
    assert door.dev.stats.rx_length_errors == 1
    assert door.dev.stats.rx_frame_errors == 1
    assert door.dev.stats.rx_packets == 0


def test_more_than_a_poll_takes_is_read_by_the_next_round(door: Door) -> None:
    got = sink(door.host.net)
    header = door.dev.dev_addr + MAC_B + PROTO.to_bytes(2, "big")
    sent = 0
    try:
        for n in range(200):
            door.far.send(NO_HDR + header + n.to_bytes(2, "big"))
            sent += 1
    except BlockingIOError:
        pass
    for _ in range(5):
        door.poll()
        door.world.run(until_ns=door.world.clock.now + 1_000_000)
    assert [int.from_bytes(f, "big") for f in got.frames] == list(range(sent))


def test_what_the_kernel_has_no_room_for_is_lost_and_counted(door: Door) -> None:
    with door.host.cpu():
        for _ in range(2000):
            dev_queue_xmit(frame(door.dev, bytes(1000)))
    stats = door.dev.stats
    assert stats.tx_dropped > 0
    assert stats.tx_dropped == door.tap.dropped
    assert stats.tx_packets + stats.tx_dropped == 2000


def test_offloads_only_with_the_header() -> None:
    with_hdr, without = Door(True), Door(False)
    wanted = const.NETIF_F_HW_CSUM | const.NETIF_F_TSO
    assert with_hdr.dev.features & wanted == wanted
    assert not without.dev.features & wanted
    with without.host.cpu():
        dev_queue_xmit(frame(without.dev, b"bare"))
    assert without.far.recv(100)[14:] == b"bare"
    with_hdr.close()
    without.close()


def test_closed_it_does_not_listen_and_a_dead_tap_takes_the_carrier(door: Door) -> None:
    with door.host.cpu(), rtnl(door.host.net):
        dev_close(door.dev)
    assert door.tap.fd not in door.world.fds
    with door.host.cpu(), rtnl(door.host.net):
        dev_open(door.dev)
    poll = door.world.fds[door.tap.fd]
    spare = os.open("/dev/null", os.O_WRONLY)
    os.dup2(spare, door.tap.fd)  # reading it is an error from now on
    os.close(spare)
    door.world.epoll = None
    door.world.fds.clear()
    poll()
    assert door.dev.state & 1 << const.LINK_STATE_NOCARRIER
