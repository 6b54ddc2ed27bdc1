"""What reads a tun device: a program by its file, or the real world.

Linux: struct tun_file of drivers/net/tun.c

TunEnd is the far end of a tun device. The packets the stack sends wait in readq, at most
tx_queue_len of them; then the device's queue stops, and the qdisc drops.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.if_tun as if_tun
import softnet.uapi.poll as poll
from softnet.kernel.wait import WaitQueueHead, wake_up_interruptible_sync_poll
from softnet.net.core.skbuff import skb_queue_purge
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff, SkBuffHead

EINVAL = -22


class TunEnd:
    """The far end: subclass, override. Both calls come with bottom halves off."""

    __slots__ = ()

    def full(self) -> bool:
        """Is there no room for another packet behind the one that comes now?"""
        return False

    def packet(self, skb: SkBuff) -> None:
        """A packet that the stack sent, as it left ndo_start_xmit(); consumes it."""
        raise AssertionError("a tun device without its far end")


class TunQueue(TunEnd):
    """The end of a program: a queue that it reads and waits at."""

    __slots__ = ("dev", "readq", "wait")

    readq: SkBuffHead
    wait: WaitQueueHead
    dev: NetDevice

    def __init__(self, dev: NetDevice) -> None:
        self.dev = dev
        self.readq = SkBuffHead()
        self.wait = WaitQueueHead("tun_do_read")

    def full(self) -> bool:
        """Has it tx_queue_len packets?"""
        return self.readq.qlen >= self.dev.tx_queue_len

    def packet(self, skb: SkBuff) -> None:
        """Queue it and wake the reader."""
        self.readq.queue_tail(skb)
        key = poll.POLLIN | poll.POLLRDNORM | poll.POLLRDBAND
        wake_up_interruptible_sync_poll(self.wait, key)

    def purge(self) -> None:
        """The program went: nobody reads what is left."""
        skb_queue_purge(self.readq)


class VnetHdr:
    """struct virtio_net_hdr: what of a packet is still to be done. Ten bytes, little endian."""

    __slots__ = ("csum_offset", "csum_start", "flags", "gso_size", "gso_type", "hdr_len")

    flags: int
    gso_type: int
    hdr_len: int
    gso_size: int
    csum_start: int  # from the frame's first byte
    csum_offset: int

    def __init__(self) -> None:
        self.flags = 0
        self.gso_type = if_tun.VIRTIO_NET_HDR_GSO_NONE
        self.hdr_len = 0
        self.gso_size = 0
        self.csum_start = 0
        self.csum_offset = 0

    def pack(self) -> bytes:
        """As bytes."""
        numbers = (self.hdr_len, self.gso_size, self.csum_start, self.csum_offset)
        return bytes((self.flags, self.gso_type)) + b"".join(
            number.to_bytes(2, "little") for number in numbers
        )


def vnet_hdr_parse(data: bytes | bytearray) -> VnetHdr:
    """The header that data, ten bytes or more, begins with."""
    hdr = VnetHdr()
    hdr.flags = data[0]
    hdr.gso_type = data[1]
    hdr.hdr_len = int.from_bytes(data[2:4], "little")
    hdr.gso_size = int.from_bytes(data[4:6], "little")
    hdr.csum_start = int.from_bytes(data[6:8], "little")
    hdr.csum_offset = int.from_bytes(data[8:10], "little")
    if hdr.flags & if_tun.VIRTIO_NET_HDR_F_NEEDS_CSUM:
        hdr.hdr_len = max(hdr.hdr_len, hdr.csum_start + hdr.csum_offset + 2)
    return hdr


def vnet_hdr_of(skb: SkBuff) -> VnetHdr | None:
    """The header for skb, data at its first byte; None for a super-packet it cannot describe."""
    hdr = VnetHdr()
    sh = skb.shinfo
    if sh.gso_size:
        hdr.hdr_len = skb.headlen()
        hdr.gso_size = sh.gso_size
        if sh.gso_type & const.SKB_GSO_TCPV4:
            hdr.gso_type = if_tun.VIRTIO_NET_HDR_GSO_TCPV4
        elif sh.gso_type & const.SKB_GSO_TCPV6:
            hdr.gso_type = if_tun.VIRTIO_NET_HDR_GSO_TCPV6
        elif sh.gso_type & const.SKB_GSO_UDP:
            hdr.gso_type = if_tun.VIRTIO_NET_HDR_GSO_UDP
        else:
            return None
        if sh.gso_type & const.SKB_GSO_TCP_ECN:
            hdr.gso_type |= if_tun.VIRTIO_NET_HDR_GSO_ECN
    if skb.ip_summed == const.CHECKSUM_PARTIAL:
        hdr.flags = if_tun.VIRTIO_NET_HDR_F_NEEDS_CSUM
        hdr.csum_start = skb.csum_start - skb.data
        hdr.csum_offset = skb.csum_offset
    elif skb.ip_summed == const.CHECKSUM_UNNECESSARY:
        hdr.flags = if_tun.VIRTIO_NET_HDR_F_DATA_VALID
    return hdr


def vnet_gso(skb: SkBuff, hdr: VnetHdr) -> int:
    """Make skb the super-packet that hdr describes; 0, or -EINVAL if that makes no sense."""
    if hdr.gso_type == if_tun.VIRTIO_NET_HDR_GSO_NONE:
        return 0
    kind = hdr.gso_type & ~if_tun.VIRTIO_NET_HDR_GSO_ECN
    sh = skb.shinfo
    if kind == if_tun.VIRTIO_NET_HDR_GSO_TCPV4:
        gso_type = const.SKB_GSO_TCPV4
    elif kind == if_tun.VIRTIO_NET_HDR_GSO_TCPV6:
        gso_type = const.SKB_GSO_TCPV6
    elif kind == if_tun.VIRTIO_NET_HDR_GSO_UDP:
        gso_type = const.SKB_GSO_UDP
    else:
        return EINVAL
    if hdr.gso_size == 0:
        return EINVAL
    if hdr.gso_type & if_tun.VIRTIO_NET_HDR_GSO_ECN:
        gso_type |= const.SKB_GSO_TCP_ECN
    # A program wrote the headers: whoever cuts the packet looks at them first.
    sh.gso_type = gso_type | const.SKB_GSO_DODGY
    sh.gso_size = hdr.gso_size
    sh.gso_segs = 0
    return 0
