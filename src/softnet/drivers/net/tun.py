"""tun: a device whose wire ends in a program.

Linux: drivers/net/tun.c, Documentation/networking/tuntap.txt

    file = tun_chr_open(net, flags)                        open("/dev/net/tun")
    file.f_op.ioctl(file, TUNSETIFF, b"tun0" … flags)      which device, IFF_TUN or IFF_TAP
    read: a packet that the host sent                      write: one that it receives

TUN carries IP packets, TAP Ethernet frames. Before each one stands struct tun_pi (unless IFF_NO_PI)
and struct virtio_net_hdr (with IFF_VNET_HDR), which lets super-packets of 64 KiB and packets
without their checksum pass, if TUNSETOFFLOAD allows them.

The device without its file, on the real /dev/net/tun, is in tun_real.py.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.fcntl as fcntl
import softnet.uapi.if_ as if_
import softnet.uapi.if_arp as if_arp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_tun as if_tun
import softnet.uapi.poll as poll
import softnet.uapi.sockios as sockios
from softnet.drivers.net.tun_queue import (
    TunEnd,
    TunQueue,
    VnetHdr,
    vnet_gso,
    vnet_hdr_of,
    vnet_hdr_parse,
)
from softnet.fs.file import File, FileOps, PollTable, poll_wait
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.kernel.wait import wait_interruptible, wake_up
from softnet.net.core.dev.config import dev_set_mac_address
from softnet.net.core.dev.features import netdev_update_features
from softnet.net.core.dev.queue import netif_start_queue, netif_stop_queue, netif_wake_queue
from softnet.net.core.dev.receive import netif_rx_ni
from softnet.net.core.dev.registry import (
    dev_get_by_name,
    register_netdevice,
    unregister_netdevice,
)
from softnet.net.core.link_watch import netif_carrier_off, netif_carrier_on
from softnet.net.core.rtnl import rtnl_lock, rtnl_unlock
from softnet.net.core.skbuff import (
    alloc_skb,
    consume_skb,
    kfree_skb,
    skb_fill_page_desc,
    skb_orphan,
    skb_partial_csum_set,
    skb_tobytes,
)
from softnet.net.ethernet.eth import (
    MIN_MTU,
    eth_hw_addr_random,
    eth_mac_addr,
    eth_type_trans,
    eth_validate_addr,
    ether_setup,
    is_multicast_ether_addr,
)
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

KNOWN_FLAGS = if_tun.IFF_NO_PI | if_tun.IFF_ONE_QUEUE | if_tun.IFF_VNET_HDR
USER_FEATURES = (
    const.NETIF_F_HW_CSUM
    | const.NETIF_F_TSO_ECN
    | const.NETIF_F_TSO
    | const.NETIF_F_TSO6
    | const.NETIF_F_UFO
)
LINEAR_MAX = 1664  # bytes of a written packet that go into the head; the rest become a fragment
PACKET_MAX = 65535 + if_ether.ETH_HLEN  # bytes of a written packet
SNDBUF_MAX = const.INT_MAX
IFREQ_LEN = 40


class Tun(NetDevice):
    """struct tun_struct and its net_device."""

    __slots__ = ("attached", "end", "group_id", "owner", "set_features", "tun_flags", "txflt")

    end: TunEnd | None  # None: nobody has it open
    attached: bool
    tun_flags: int  # IFF_* of if_tun
    owner: int  # uid, -1: anybody
    group_id: int
    set_features: int  # of USER_FEATURES, those the program can take
    txflt: tuple[bool, frozenset[bytes]] | None  # all groups?, addresses

    def __init__(self, net: Net, name: str, flags: int) -> None:
        """tun_setup() and tun_net_init()"""
        NetDevice.__init__(self, name)
        self.nd_net = net
        self.kind = "tun"
        self.end = None
        self.attached = False
        self.tun_flags = flags
        self.owner = -1
        self.group_id = -1
        self.set_features = 0
        self.txflt = None
        self.tx_queue_len = if_tun.TUN_READQ_SIZE
        if flags & if_tun.IFF_TAP:
            ether_setup(self)
            self.priv_flags &= ~if_.IFF_TX_SKB_SHARING
            eth_hw_addr_random(self, net.rand)
            self.tx_queue_len = if_tun.TUN_READQ_SIZE
        else:
            self.mtu = if_ether.ETH_DATA_LEN
            self.type = if_arp.ARPHRD_NONE
            self.flags = if_.IFF_POINTOPOINT | if_.IFF_NOARP | if_.IFF_MULTICAST
        self.hw_features = const.NETIF_F_SG | const.NETIF_F_FRAGLIST | USER_FEATURES
        self.features = self.hw_features

    def is_tap(self) -> bool:
        """Ethernet frames, or IP packets?"""
        return self.tun_flags & if_tun.IFF_TAP != 0

    def ndo_open(self) -> int:
        """tun_net_open()"""
        netif_start_queue(self)
        return 0

    def ndo_stop(self) -> int:
        """tun_net_close()"""
        netif_stop_queue(self)
        return 0

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        """tun_net_xmit(): to the far end. If that is full now, the queue stops behind skb."""
        if trace.tun_net_xmit.enabled:
            trace.tun_net_xmit.fire(skb)
        end = self.end
        if end is None or (self.txflt is not None and not self.passes(skb)):
            self.stats.tx_dropped += 1
            reason = const.SKB_DROP_REASON_DEV_TX
            kfree_skb(skb, reason if end is None else const.SKB_DROP_REASON_TUN_FILTER)
            return const.NETDEV_TX_OK
        if end.full():
            if self.tun_flags & if_tun.IFF_ONE_QUEUE:
                self.stats.tx_dropped += 1
                kfree_skb(skb, const.SKB_DROP_REASON_FULL_RING)
                return const.NETDEV_TX_OK
            netif_stop_queue(self)
            self.stats.tx_fifo_errors += 1
        skb_orphan(skb)  # it may lie there for ever
        end.packet(skb)
        return const.NETDEV_TX_OK

    def passes(self, skb: SkBuff) -> bool:
        """run_filter(): does the program want frames to this address?"""
        assert self.txflt is not None
        all_groups, addrs = self.txflt
        dst = skb.head_bytes()[: if_ether.ETH_ALEN]
        return dst in addrs or (all_groups and is_multicast_ether_addr(dst))

    def ndo_fix_features(self, features: int) -> int:
        """tun_net_fix_features(): offloads that the program can take."""
        return features & self.set_features | features & ~USER_FEATURES

    def ndo_change_mtu(self, new_mtu: int) -> int:
        """tun_net_change_mtu()"""
        if new_mtu < MIN_MTU or new_mtu + self.hard_header_len > 65535:
            return -errno.EINVAL
        self.mtu = new_mtu
        return 0

    def ndo_set_mac_address(self, addr: bytes) -> int:
        """eth_mac_addr(); a TUN has none."""
        return eth_mac_addr(self, addr) if self.is_tap() else -errno.EOPNOTSUPP

    def ndo_validate_addr(self) -> int:
        """eth_validate_addr()"""
        return eth_validate_addr(self) if self.is_tap() else 0

    def ndo_dellink(self) -> None:
        """`ip link del`: who has it open reads EIO from now on."""
        unregister_netdevice(self)

    def ndo_uninit(self) -> None:
        """tun_net_uninit(): wake the reader."""
        end = self.end
        self.end = None
        if isinstance(end, TunQueue):
            end.purge()
            wake_up(end.wait, poll.POLLERR)

    def attach(self, end: TunEnd) -> None:
        """tun_attach(): end gets what the host sends. OSError(EBUSY) if another has it. RTNL."""
        if self.attached:
            raise OSError(errno.EBUSY, "Device or resource busy")
        self.attached = True
        self.end = end
        netif_carrier_on(self)

    def detach(self) -> None:
        """__tun_detach(): nobody reads any more. RTNL."""
        end = self.end
        self.attached = False
        self.end = None
        netif_carrier_off(self)
        if isinstance(end, TunQueue):
            end.purge()

    def get_user(self, data: bytes) -> int:
        """tun_get_user(): data, with the headers its flags ask for, is received. Task context.

        How many bytes that was; OSError(EINVAL) for what is no packet.
        """
        if trace.tun_get_user.enabled:
            trace.tun_get_user.fire(None, self.name)
        at = 0
        proto = 0
        hdr: VnetHdr | None = None
        if not self.tun_flags & if_tun.IFF_NO_PI:
            if len(data) < if_tun.TUN_PI_LEN:
                raise OSError(errno.EINVAL, "Invalid argument")
            proto = int.from_bytes(data[2:4], "big")
            at = if_tun.TUN_PI_LEN
        if self.tun_flags & if_tun.IFF_VNET_HDR:
            if len(data) - at < if_tun.VIRTIO_NET_HDR_LEN:
                raise OSError(errno.EINVAL, "Invalid argument")
            hdr = vnet_hdr_parse(data[at : at + if_tun.VIRTIO_NET_HDR_LEN])
            at += if_tun.VIRTIO_NET_HDR_LEN
        size = len(data) - at
        least = if_ether.ETH_HLEN if self.is_tap() else 1
        if not least <= size <= PACKET_MAX or (hdr is not None and hdr.hdr_len > size):
            raise OSError(errno.EINVAL, "Invalid argument")
        linear = max(LINEAR_MAX, 0 if hdr is None else hdr.hdr_len)
        skb = packet_skb(memoryview(data)[at : at + linear], data[at + linear :])
        self.receive(skb, hdr, proto)
        return len(data)

    def receive(self, skb: SkBuff, hdr: VnetHdr | None, proto: int) -> None:
        """The second half of tun_get_user(): skb goes up. OSError(EINVAL), skb is consumed."""
        if not self.prepare(skb, hdr, proto):
            raise OSError(errno.EINVAL, "Invalid argument")
        n = skb.len + (if_ether.ETH_HLEN if self.is_tap() else 0)
        netif_rx_ni(skb)
        self.stats.rx_packets += 1
        self.stats.rx_bytes += n

    def prepare(self, skb: SkBuff, hdr: VnetHdr | None, proto: int) -> bool:
        """Make skb, which starts with the packet, one that the stack can receive.

        False if it is nonsense: counted and freed. proto is tun_pi's; without one the IP version
        decides.
        """
        if hdr is not None:
            needs_csum = hdr.flags & if_tun.VIRTIO_NET_HDR_F_NEEDS_CSUM
            if needs_csum and not skb_partial_csum_set(skb, hdr.csum_start, hdr.csum_offset):
                self.stats.rx_frame_errors += 1
                kfree_skb(skb, const.SKB_DROP_REASON_DEV_HDR)
                return False
        if self.is_tap():
            skb.protocol = eth_type_trans(skb, self)
        else:
            if self.tun_flags & if_tun.IFF_NO_PI:
                version = skb.head_bytes()[0] >> 4
                proto = {4: if_ether.ETH_P_IP, 6: if_ether.ETH_P_IPV6}.get(version, 0)
                if proto == 0:
                    self.stats.rx_dropped += 1
                    kfree_skb(skb, const.SKB_DROP_REASON_UNHANDLED_PROTO)
                    return False
            skb.reset_mac_header()
            skb.protocol = proto
            skb.dev = self
        if hdr is not None and vnet_gso(skb, hdr):
            self.stats.rx_frame_errors += 1
            kfree_skb(skb, const.SKB_DROP_REASON_DEV_HDR)
            return False
        return True

    def put_user(self, skb: SkBuff, size: int) -> bytes:
        """tun_put_user(): what a read of size bytes gets of skb; OSError(EINVAL) if not even the
        headers fit. skb stays the caller's."""
        out = b""
        if not self.tun_flags & if_tun.IFF_NO_PI:
            if size < if_tun.TUN_PI_LEN:
                raise OSError(errno.EINVAL, "Invalid argument")
            strip = if_tun.TUN_PKT_STRIP if size - if_tun.TUN_PI_LEN < skb.len else 0
            out = strip.to_bytes(2, "little") + skb.protocol.to_bytes(2, "big")
        if self.tun_flags & if_tun.IFF_VNET_HDR:
            hdr = vnet_hdr_of(skb)
            if hdr is None or size - len(out) < if_tun.VIRTIO_NET_HDR_LEN:
                raise OSError(errno.EINVAL, "Invalid argument")
            out += hdr.pack()
        room = size - len(out)
        body = skb_tobytes(skb)[:room]
        self.stats.tx_packets += 1
        self.stats.tx_bytes += len(body)
        return out + body


def packet_skb(head: bytes | memoryview, rest: bytes) -> SkBuff:
    """An skb with head in its linear part and rest, if there is any, as a fragment."""
    n = len(head)
    skb = alloc_skb(const.NET_SKB_PAD + const.NET_IP_ALIGN + n)
    skb.reserve(const.NET_SKB_PAD + const.NET_IP_ALIGN)
    o = skb.put(n)
    skb.shinfo.head[o : o + n] = head
    if rest:
        skb_fill_page_desc(skb, rest, 0, len(rest))
        skb.truesize += len(rest)
    return skb


class TunFile:
    """struct tun_file: one open /dev/net/tun, with a device after TUNSETIFF."""

    __slots__ = ("net", "queue", "tun")

    net: Net
    tun: Tun | None
    queue: TunQueue | None

    def __init__(self, net: Net) -> None:
        self.net = net
        self.tun = None
        self.queue = None


def tun_chr_open(net: Net, flags: int = 0) -> File:
    """tun_chr_open(): /dev/net/tun, for a program in net; flags: O_NONBLOCK or 0."""
    return File(tun_fops, fcntl.O_RDWR | flags & fcntl.O_NONBLOCK, TunFile(net))


def tun_set_iff(tfile: TunFile, name: str, flags: int) -> Tun:
    """tun_set_iff(): make the device, or attach to one that persists. RTNL.

    OSError: EINVAL for flags, EBUSY if it has another reader or this file another device, EEXIST.
    """
    if tfile.tun is not None:
        raise OSError(errno.EEXIST, "File exists")
    kind = flags & (if_tun.IFF_TUN | if_tun.IFF_TAP)
    if kind not in (if_tun.IFF_TUN, if_tun.IFF_TAP):
        raise OSError(errno.EINVAL, "Invalid argument")
    dev = dev_get_by_name(tfile.net, name)
    if dev is not None:
        if flags & if_tun.IFF_TUN_EXCL:
            raise OSError(errno.EBUSY, "Device or resource busy")
        if not isinstance(dev, Tun) or not dev.tun_flags & kind:
            raise OSError(errno.EINVAL, "Invalid argument")
        tun = dev
    else:
        tun = Tun(tfile.net, name or ("tun%d" if kind == if_tun.IFF_TUN else "tap%d"), kind)
        register_netdevice(tun)
        netif_carrier_off(tun)
    queue = TunQueue(tun)
    tun.attach(queue)
    tun.tun_flags = kind | flags & KNOWN_FLAGS | tun.tun_flags & if_tun.IFF_PERSIST
    tfile.tun = tun
    tfile.queue = queue
    if tun.state & 1 << const.LINK_STATE_START:
        netif_wake_queue(tun)
    return tun


def tfile_of(file: File) -> TunFile:
    """The tun_file of an open file."""
    tfile = file.private_data
    assert isinstance(tfile, TunFile)
    return tfile


def tun_of(file: File) -> Tun:
    """The device of an open file; OSError(EBADFD) before TUNSETIFF and after the device went."""
    tun = tfile_of(file).tun
    if tun is None:
        raise OSError(errno.EBADFD, "File descriptor in bad state")
    return tun


class TunFileOps(FileOps):
    """tun_fops"""

    __slots__ = ()

    def read(self, file: File, size: int) -> bytes:
        """tun_do_read(): one packet, cut to size; EIO once the device is gone."""
        tun = tun_of(file)
        queue = tfile_of(file).queue
        assert queue is not None
        if trace.tun_do_read.enabled:
            trace.tun_do_read.fire(None, tun.name)
        while True:
            skb = queue.readq.dequeue()
            if skb is not None:
                break
            if tun.reg_state != const.NETREG_REGISTERED:
                raise OSError(errno.EIO, "Input/output error")
            if file.nonblock():
                raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
            wait_interruptible(queue.wait)
        local_bh_disable()
        netif_wake_queue(tun)
        local_bh_enable()
        try:
            return tun.put_user(skb, size)
        finally:
            consume_skb(skb)

    def write(self, file: File, data: bytes) -> int:
        """tun_chr_aio_write(): one packet."""
        tun = tun_of(file)
        if tun.reg_state != const.NETREG_REGISTERED:
            raise OSError(errno.EIO, "Input/output error")
        return tun.get_user(bytes(data))

    def poll(self, file: File, pt: PollTable | None) -> int:
        """tun_chr_poll(): always writable, readable with a packet."""
        tfile = tfile_of(file)
        if tfile.tun is None or tfile.queue is None:
            return poll.POLLERR
        poll_wait(file, tfile.queue.wait, pt)
        if tfile.tun.reg_state != const.NETREG_REGISTERED:
            return poll.POLLERR
        mask = poll.POLLOUT | poll.POLLWRNORM
        if tfile.queue.readq.qlen:
            mask |= poll.POLLIN | poll.POLLRDNORM
        return mask

    def ioctl(self, file: File, cmd: int, arg: object) -> object:
        """__tun_chr_ioctl(): struct ifreq as 40 bytes in and out, the rest as integers."""
        tfile = tfile_of(file)
        if cmd == if_tun.TUNGETFEATURES:
            return if_tun.IFF_TUN | if_tun.IFF_TAP | KNOWN_FLAGS
        rtnl_lock(tfile.net)
        try:
            if cmd == if_tun.TUNSETIFF:
                name, value = ifreq_parse(arg)
                tun = tun_set_iff(tfile, name, int.from_bytes(value[:2], "little"))
                return ifreq(tun, tun.tun_flags)
            return tun_ioctl(tun_of(file), cmd, arg)
        finally:
            rtnl_unlock(tfile.net)

    def release(self, file: File) -> None:
        """tun_chr_close(): without TUNSETPERSIST the device goes with its file."""
        tfile = tfile_of(file)
        tun = tfile.tun
        tfile.tun = None
        if tun is None:
            return
        rtnl_lock(tfile.net)
        try:
            if tun.reg_state == const.NETREG_REGISTERED:
                tun.detach()
                if not tun.tun_flags & if_tun.IFF_PERSIST:
                    unregister_netdevice(tun)
        finally:
            rtnl_unlock(tfile.net)


tun_fops = TunFileOps()


def ifreq_parse(arg: object) -> tuple[str, bytes]:
    """struct ifreq: the name, and the 24 bytes of the union. OSError(EFAULT) if it is none."""
    if not isinstance(arg, bytes | bytearray) or len(arg) < if_.IFNAMSIZ + 2:
        raise OSError(errno.EFAULT, "Bad address")
    name = bytes(arg[: if_.IFNAMSIZ]).split(b"\0")[0].decode(errors="replace")
    return name, bytes(arg[if_.IFNAMSIZ :]).ljust(IFREQ_LEN - if_.IFNAMSIZ, b"\0")


def ifreq(tun: Tun, flags: int) -> bytes:
    """struct ifreq with tun's name and ifr_flags."""
    head = tun.name.encode().ljust(if_.IFNAMSIZ, b"\0")
    return (head + (flags & 0xFFFF).to_bytes(2, "little")).ljust(IFREQ_LEN, b"\0")


def number(arg: object) -> int:
    """An integer argument; OSError(EFAULT) for what is none."""
    if isinstance(arg, int):
        return arg
    if isinstance(arg, bytes | bytearray) and len(arg) >= 4:
        return int.from_bytes(arg[:4], "little", signed=True)
    raise OSError(errno.EFAULT, "Bad address")


def tun_ioctl(tun: Tun, cmd: int, arg: object) -> object:
    """The ioctls of an attached file. OSError(EINVAL) for unknown ones. RTNL."""
    if cmd == if_tun.TUNGETIFF:
        return ifreq(tun, tun.tun_flags & ~if_tun.IFF_PERSIST)
    if cmd == if_tun.TUNSETNOCSUM:
        return 0
    if cmd == if_tun.TUNSETPERSIST:
        on = number(arg) != 0
        tun.tun_flags = tun.tun_flags & ~if_tun.IFF_PERSIST | (if_tun.IFF_PERSIST if on else 0)
    elif cmd == if_tun.TUNSETOWNER:
        tun.owner = number(arg)
    elif cmd == if_tun.TUNSETGROUP:
        tun.group_id = number(arg)
    elif cmd == if_tun.TUNSETLINK:
        if tun.flags & if_.IFF_UP:
            raise OSError(errno.EBUSY, "Device or resource busy")
        tun.type = number(arg)
    elif cmd == if_tun.TUNSETOFFLOAD:
        set_offload(tun, number(arg))
    elif cmd == if_tun.TUNSETTXFILTER:
        return set_txfilter(tun, arg)
    elif cmd == if_tun.TUNGETSNDBUF:
        return SNDBUF_MAX
    elif cmd == if_tun.TUNSETSNDBUF:
        number(arg)  # what a program writes is received at once: there is nothing to limit
    elif cmd == if_tun.TUNGETVNETHDRSZ:
        return if_tun.VIRTIO_NET_HDR_LEN
    elif cmd == if_tun.TUNSETVNETHDRSZ:
        if number(arg) != if_tun.VIRTIO_NET_HDR_LEN:
            raise OSError(errno.EINVAL, "Invalid argument")
    elif cmd == sockios.SIOCGIFHWADDR:
        head = tun.name.encode().ljust(if_.IFNAMSIZ, b"\0")
        return (head + tun.type.to_bytes(2, "little") + tun.dev_addr).ljust(IFREQ_LEN, b"\0")
    elif cmd == sockios.SIOCSIFHWADDR:
        _, value = ifreq_parse(arg)
        error = dev_set_mac_address(tun, value[2:8], int.from_bytes(value[:2], "little"))
        if error:
            raise OSError(-error, "SIOCSIFHWADDR")
    else:
        raise OSError(errno.EINVAL, "Invalid argument")
    return 0


def set_offload(tun: Tun, bits: int) -> None:
    """set_offload(): what the program can take; OSError(EINVAL) for bits that nobody knows."""
    features = 0
    if bits & if_tun.TUN_F_CSUM:
        features |= const.NETIF_F_HW_CSUM
        if bits & (if_tun.TUN_F_TSO4 | if_tun.TUN_F_TSO6):
            if bits & if_tun.TUN_F_TSO_ECN:
                features |= const.NETIF_F_TSO_ECN
            if bits & if_tun.TUN_F_TSO4:
                features |= const.NETIF_F_TSO
            if bits & if_tun.TUN_F_TSO6:
                features |= const.NETIF_F_TSO6
            bits &= ~(if_tun.TUN_F_TSO_ECN | if_tun.TUN_F_TSO4 | if_tun.TUN_F_TSO6)
        if bits & if_tun.TUN_F_UFO:
            features |= const.NETIF_F_UFO
            bits &= ~if_tun.TUN_F_UFO
        bits &= ~if_tun.TUN_F_CSUM
    if bits:
        raise OSError(errno.EINVAL, "Invalid argument")
    tun.set_features = features
    netdev_update_features(tun)


def set_txfilter(tun: Tun, arg: object) -> int:
    """update_filter(): struct tun_filter, flags(2) count(2) and addresses; how many it took."""
    if not tun.is_tap():
        raise OSError(errno.EINVAL, "Invalid argument")
    if not isinstance(arg, bytes | bytearray) or len(arg) < 4:
        raise OSError(errno.EFAULT, "Bad address")
    flags = int.from_bytes(arg[:2], "little")
    count = int.from_bytes(arg[2:4], "little")
    if len(arg) < 4 + count * if_ether.ETH_ALEN:
        raise OSError(errno.EFAULT, "Bad address")
    if count == 0:
        tun.txflt = None
        return 0
    addrs = frozenset(
        bytes(arg[4 + i * if_ether.ETH_ALEN : 4 + (i + 1) * if_ether.ETH_ALEN])
        for i in range(count)
    )
    tun.txflt = (flags & if_tun.TUN_FLT_ALLMULTI != 0, addrs)
    return count
