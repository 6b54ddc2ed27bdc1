"""A real TAP device of the kernel that softnet runs on.

Linux: Documentation/networking/tuntap.txt, drivers/net/tun.c (the real one)

    tap = open_tap("sn0")                    needs CAP_NET_ADMIN; the name may be "sn%d"
    tap.read()   tap.write([part, part])     one frame, never waiting
    TapPort(tap, world, cable.b)             a cable whose other end is the real device

With vnet_hdr (the default) each frame has ten bytes of struct virtio_net_hdr before it, so that the
two stacks can exchange super-packets of 64 KiB and leave checksums to whoever needs them.
drivers/net/tun_real.py makes it a host's device.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Sequence
from typing import Any

import softnet.uapi.if_tun as if_tun
from softnet.machine.cable import CablePort, Port

DEVICE = "/dev/net/tun"
HEADROOM = 66  # bytes left free before a frame: NET_SKB_PAD and NET_IP_ALIGN
HEAD = 1664  # bytes of a buffer that can become an skb's head: alloc_skb(2048)'s
FRAME_MAX = 65536 + 64  # bytes of a frame that the kernel may hand us
BATCH = 64  # frames read at a time
FRAME_MIN = 60  # what a network card pads to
Part = bytes | bytearray | memoryview


class Tap:
    """An open TAP device. Closing it, or the end of the process, removes the device."""

    __slots__ = ("big", "dropped", "fd", "hdr", "name", "vnet_hdr")

    fd: int
    name: str
    vnet_hdr: bool
    hdr: bytearray  # struct virtio_net_hdr of the frame last read
    big: bytearray  # what of a frame does not fit into a head
    dropped: int  # frames that the kernel had no room for

    def __init__(self, fd: int, name: str, vnet_hdr: bool) -> None:
        """Take over fd, attached to the device name, with or without IFF_VNET_HDR."""
        os.set_blocking(fd, False)
        self.fd = fd
        self.name = name
        self.vnet_hdr = vnet_hdr
        self.hdr = bytearray(if_tun.VIRTIO_NET_HDR_LEN if vnet_hdr else 0)
        self.big = bytearray(FRAME_MAX)
        self.dropped = 0

    def fileno(self) -> int:
        """The descriptor."""
        return self.fd

    def read(self) -> tuple[bytearray, int, bytes] | None:
        """One frame: a head with the first bytes at HEADROOM, how many they are, and the rest.

        None if there is no frame now. `hdr` is the frame's struct virtio_net_hdr. OSError if the
        device is gone. The head is new each time, and the reader's.
        """
        head = bytearray(HEAD)
        view = memoryview(head)[HEADROOM:]
        try:
            if self.vnet_hdr:
                n = os.readv(self.fd, [self.hdr, view, self.big]) - if_tun.VIRTIO_NET_HDR_LEN
            else:
                n = os.readv(self.fd, [view, self.big])
        except BlockingIOError:
            return None
        finally:
            view.release()
        if n <= HEAD - HEADROOM:
            return head, n, b""
        rest = n - (HEAD - HEADROOM)
        return head, n - rest, bytes(memoryview(self.big)[:rest])

    def write(self, parts: Sequence[Part]) -> bool:
        """One frame in parts, its struct virtio_net_hdr first if there is one; False if the kernel
        has no room or does not take it: it is counted and lost."""
        try:
            os.writev(self.fd, parts)
        except OSError as e:
            if e.errno not in (errno.EAGAIN, errno.EINVAL, errno.EIO, errno.ENOBUFS, errno.ENOMEM):
                raise
            self.dropped += 1
            return False
        return True

    def close(self) -> None:
        """Remove the device."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def open_tap(name: str = "sn%d", vnet_hdr: bool = True) -> Tap:
    """Make the TAP device name in the namespace we are in; OSError (EPERM, EBUSY, ENOENT)."""
    fd = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        flags = if_tun.IFF_TAP | if_tun.IFF_NO_PI | (if_tun.IFF_VNET_HDR if vnet_hdr else 0)
        asked = struct.pack("16sH22x", name.encode(), flags)
        answer = fcntl.ioctl(fd, if_tun.TUNSETIFF, asked)
        if vnet_hdr:
            fcntl.ioctl(fd, if_tun.TUNSETOFFLOAD, if_tun.TUN_F_CSUM | if_tun.TUN_F_TSO4)
    except BaseException:
        os.close(fd)
        raise
    return Tap(fd, answer[:16].split(b"\0")[0].decode(), vnet_hdr)


class TapPort(CablePort):
    """What is on the far end of a cable: the real device, without vnet_hdr.

    A simulated card has summed and cut what it sends, and pads to 60 bytes; what comes from outside
    is padded here.
    """

    __slots__ = ("port", "tap", "world")

    tap: Tap
    world: Any  # clock.World
    port: Port

    def __init__(self, tap: Tap, world: Any, port: Port) -> None:
        if tap.vnet_hdr:
            raise ValueError("frames on a cable have no virtio_net_hdr: open_tap(vnet_hdr=False)")
        self.tap = tap
        self.world = world
        self.port = port
        port.attach(self, 0)
        world.watch_fd(tap.fd, self.readable)

    def deliver(self, frame: bytes | bytearray, meta: object) -> None:
        """A frame leaves the simulation."""
        self.tap.write([frame])

    def readable(self) -> None:
        """Frames come in, a batch at a time."""
        for _ in range(BATCH):
            try:
                got = self.tap.read()
            except OSError:
                self.close()
                return
            if got is None:
                return
            head, n, rest = got
            frame = bytes(memoryview(head)[HEADROOM : HEADROOM + n]) + rest
            self.port.transmit(frame.ljust(FRAME_MIN, b"\0"))

    def close(self) -> None:
        """The cable ends nowhere from now on."""
        if self.tap.fd >= 0:
            self.world.watch_fd(self.tap.fd, None)
        self.port.on_receive = None
