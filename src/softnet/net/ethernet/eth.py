"""Ethernet devices: writing and reading the link header, and the defaults of a driver.

Linux: net/ethernet/eth.c, include/linux/etherdevice.h, dev_forward_skb() of net/core/dev.c

A driver makes itself an Ethernet device by ether_setup(dev), and gives each received frame to
eth_type_trans(), which classifies it:

    skb.protocol = eth_type_trans(skb, dev)

Differs from Linux: dev_forward_skb() is here, not in net/core/dev: only Ethernet devices use
it, and it needs eth_type_trans().
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
import softnet.uapi.if_arp as if_arp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_packet as if_packet
import softnet.uapi.if_vlan as if_vlan
from softnet.machine.entropy import RandomStream
from softnet.net.core.dev.receive import netif_rx
from softnet.net.core.skbuff import kfree_skb, nf_reset, skb_dst_drop, skb_orphan
from softnet.structs.netdevice import HeaderOps, NetDevice
from softnet.structs.skbuff import SkBuff

BROADCAST = b"\xff" * if_ether.ETH_ALEN
NO_ADDR = bytes(if_ether.ETH_ALEN)
MIN_MTU = 68  # bytes: RFC 791
EBUSY = -16
EINVAL = -22
EADDRNOTAVAIL = -99


def eth_type_trans(skb: SkBuff, dev: NetDevice) -> int:
    """Take the Ethernet header off skb: sets dev, mac_header and pkt_type, answers the protocol.

    The frame must have 14 linear bytes. A type below 1536 is an 802.3 length; what follows
    it is then 802.2, or Novell's raw IPX, which is known by two bytes of ones.
    """
    if trace.eth_type_trans.enabled:
        trace.eth_type_trans.fire(skb)
    assert skb.len - skb.data_len >= if_ether.ETH_HLEN
    assert len(dev.dev_addr) == if_ether.ETH_ALEN
    ptr = skb.ptr
    o = skb.data
    skb.dev = dev
    skb.mac_header = o
    skb.data = o + if_ether.ETH_HLEN
    skb.len -= if_ether.ETH_HLEN
    if mem.get8(ptr, o) & 1:
        if mem.equal(ptr, o, mem.addr(dev.broadcast), 0, if_ether.ETH_ALEN):
            skb.pkt_type = if_packet.PACKET_BROADCAST
        else:
            skb.pkt_type = if_packet.PACKET_MULTICAST
    else:
        own = mem.addr(dev.dev_addr)
        if mem.get32(ptr, o) != mem.get32(own, 0) or mem.get16(ptr, o + 4) != mem.get16(own, 4):
            skb.pkt_type = if_packet.PACKET_OTHERHOST
    proto = mem.get16(ptr, o + 12)
    if proto >= if_ether.ETH_P_802_3_MIN:
        return proto
    if skb.len - skb.data_len >= 2 and mem.get16(ptr, skb.data) == 0xFFFF:
        return if_ether.ETH_P_802_3
    return if_ether.ETH_P_802_2


class EthHeaderOps(HeaderOps):
    """eth_header_ops: of every Ethernet device."""

    __slots__ = ()

    def create(
        self,
        skb: SkBuff,
        dev: NetDevice,
        type: int,
        daddr: bytes | None,
        saddr: bytes | None,
        len: int,
    ) -> int:
        """eth_header(): push 14 bytes; -14 while the destination is unknown.

        For ETH_P_802_3 and ETH_P_802_2 the type field gets the length len instead.
        """
        if trace.eth_header.enabled:
            trace.eth_header.fire(skb)
        o = skb.push(if_ether.ETH_HLEN)
        ptr = skb.ptr
        if type in (if_ether.ETH_P_802_3, if_ether.ETH_P_802_2):
            mem.put16(ptr, o + 12, len)
        else:
            mem.put16(ptr, o + 12, type)
        if saddr is None:
            saddr = dev.dev_addr
        mem.copy(ptr, o + if_ether.ETH_ALEN, mem.addr(saddr), 0, if_ether.ETH_ALEN)
        if daddr is not None:
            mem.copy(ptr, o, mem.addr(daddr), 0, if_ether.ETH_ALEN)
            return if_ether.ETH_HLEN
        mem.fill(ptr, o, if_ether.ETH_ALEN, 0)
        if dev.flags & (if_.IFF_LOOPBACK | if_.IFF_NOARP):
            return if_ether.ETH_HLEN  # nobody looks at the destination
        return -if_ether.ETH_HLEN

    def parse(self, skb: SkBuff) -> bytes:
        """eth_header_parse(): who sent the frame."""
        return mem.tobytes(skb.ptr, skb.mac_header + if_ether.ETH_ALEN, if_ether.ETH_ALEN)

    def cache(self, ha: bytes, dev: NetDevice, type: int) -> bytes:
        """eth_header_cache(): the 14 bytes to ha; b"" for 802.3, whose length varies."""
        if type == if_ether.ETH_P_802_3:
            return b""
        return ha[: if_ether.ETH_ALEN] + dev.dev_addr + bytes([type >> 8, type & 0xFF])


eth_header_ops = EthHeaderOps()


def ether_setup(dev: NetDevice) -> None:
    """What all Ethernet devices start with."""
    dev.header_ops = eth_header_ops
    dev.type = if_arp.ARPHRD_ETHER
    dev.hard_header_len = if_ether.ETH_HLEN
    dev.mtu = if_ether.ETH_DATA_LEN
    dev.addr_len = if_ether.ETH_ALEN
    dev.tx_queue_len = 1000  # Ethernet wants good queues
    dev.flags = if_.IFF_BROADCAST | if_.IFF_MULTICAST
    dev.priv_flags |= if_.IFF_TX_SKB_SHARING
    dev.broadcast = BROADCAST
    if not dev.dev_addr:
        dev.dev_addr = NO_ADDR


def eth_mac_addr(dev: NetDevice, addr: bytes) -> int:
    """ndo_set_mac_address() of most drivers: only while down; 0 or -errno."""
    if dev.state & 1 << const.LINK_STATE_START:
        return EBUSY
    if not is_valid_ether_addr(addr):
        return EADDRNOTAVAIL
    dev.dev_addr = addr
    return 0


def eth_change_mtu(dev: NetDevice, new_mtu: int) -> int:
    """ndo_change_mtu() of a device without jumbo frames: 68 to 1500 bytes."""
    if new_mtu < MIN_MTU or new_mtu > if_ether.ETH_DATA_LEN:
        return EINVAL
    dev.mtu = new_mtu
    return 0


def eth_validate_addr(dev: NetDevice) -> int:
    """ndo_validate_addr(): 0, or -EADDRNOTAVAIL."""
    return 0 if is_valid_ether_addr(dev.dev_addr) else EADDRNOTAVAIL


def is_zero_ether_addr(addr: bytes) -> bool:
    """00:00:00:00:00:00?"""
    return addr == NO_ADDR


def is_multicast_ether_addr(addr: bytes) -> bool:
    """A group's address? Broadcast is one too."""
    return addr[0] & 1 != 0


def is_broadcast_ether_addr(addr: bytes) -> bool:
    """ff:ff:ff:ff:ff:ff?"""
    return addr == BROADCAST


def is_local_ether_addr(addr: bytes) -> bool:
    """Assigned locally, not by a maker of hardware?"""
    return addr[0] & 2 != 0


def is_valid_ether_addr(addr: bytes) -> bool:
    """Can a station have it?"""
    return len(addr) == if_ether.ETH_ALEN and not addr[0] & 1 and addr != NO_ADDR


def random_ether_addr(stream: RandomStream) -> bytes:
    """A local unicast address from a stream of luck."""
    addr = stream.bytes(if_ether.ETH_ALEN)
    return bytes([addr[0] & 0xFE | 0x02]) + addr[1:]


def eth_hw_addr_random(dev: NetDevice, stream: RandomStream) -> None:
    """dev_hw_addr_random(): give dev a random address, and say so in addr_assign_type."""
    dev.dev_addr = random_ether_addr(stream)
    dev.addr_assign_type |= if_.NET_ADDR_RANDOM


def dev_forward_skb(dev: NetDevice, skb: SkBuff) -> int:
    """Receive skb, a whole frame that another device sent, as dev's: the other end of a veth.

    NET_RX_SUCCESS or NET_RX_DROP; consumes skb. What the sender knew of it (owner, route,
    connection, time) does not come with it.
    """
    if trace.dev_forward_skb.enabled:
        trace.dev_forward_skb.fire(skb)
    skb_orphan(skb)
    nf_reset(skb)
    if not is_skb_forwardable(dev, skb):
        dev.rx_dropped += 1
        down = not dev.flags & if_.IFF_UP
        reason = const.SKB_DROP_REASON_DEV_DOWN if down else const.SKB_DROP_REASON_PKT_TOO_BIG
        kfree_skb(skb, reason)
        return const.NET_RX_DROP
    sender = skb.dev
    if sender is not None and sender.nd_net is not dev.nd_net:
        skb_dst_drop(skb)
    skb.skb_iif = 0
    skb.tstamp = 0
    skb.queue_mapping = 0
    skb.pkt_type = if_packet.PACKET_HOST
    skb.protocol = eth_type_trans(skb, dev)
    return netif_rx(skb)


def is_skb_forwardable(dev: NetDevice, skb: SkBuff) -> bool:
    """Is dev up, and skb within its MTU? A super-packet will be cut where it leaves."""
    if not dev.flags & if_.IFF_UP:
        return False
    if skb.len <= dev.mtu + dev.hard_header_len + if_vlan.VLAN_HLEN:
        return True
    return skb.shinfo.gso_size != 0
