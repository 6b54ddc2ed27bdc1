"""lo: what is sent is received.

Linux: drivers/net/loopback.c

It has no queue: dev_queue_xmit() calls loopback_xmit() at once, which gives the packet to this
CPU's backlog; it is received by the softirq that runs as soon as bottom halves are on again.
Checksums are never computed, super-packets never cut, and the route of a packet stays with it. One
per namespace, which it never leaves.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.if_ as if_
import softnet.uapi.if_arp as if_arp
import softnet.uapi.if_ether as if_ether
from softnet.net.core.dev.receive import netif_rx
from softnet.net.core.dev.registry import register_netdev
from softnet.net.core.skbuff import skb_orphan
from softnet.net.ethernet.eth import NO_ADDR, eth_header_ops, eth_type_trans
from softnet.structs.ethtool import EthtoolOps
from softnet.structs.net_namespace import Net
from softnet.structs.netdev_stats import NetDeviceStats
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

LOOPBACK_MTU = 16 * 1024 + 20 + 20 + 12  # bytes: room for 16 KiB and TCP's headers with timestamps


class Loopback(NetDevice):
    """The loopback device."""

    __slots__ = ()

    def __init__(self, net: Net) -> None:
        """loopback_setup()"""
        NetDevice.__init__(self, "lo")
        self.nd_net = net
        self.ethtool_ops = EthtoolOps()  # loopback_ethtool_ops: there is a link, and no more
        self.mtu = LOOPBACK_MTU
        self.hard_header_len = if_ether.ETH_HLEN
        self.addr_len = if_ether.ETH_ALEN
        self.dev_addr = NO_ADDR
        self.broadcast = NO_ADDR
        self.tx_queue_len = 0
        self.type = if_arp.ARPHRD_LOOPBACK
        self.flags = if_.IFF_LOOPBACK
        self.priv_flags &= ~if_.IFF_XMIT_DST_RELEASE
        self.hw_features = const.NETIF_F_ALL_TSO | const.NETIF_F_UFO
        self.features = (
            const.NETIF_F_SG
            | const.NETIF_F_FRAGLIST
            | const.NETIF_F_ALL_TSO
            | const.NETIF_F_UFO
            | const.NETIF_F_NO_CSUM
            | const.NETIF_F_RXCSUM
            | const.NETIF_F_HIGHDMA
            | const.NETIF_F_LLTX
            | const.NETIF_F_NETNS_LOCAL
            | const.NETIF_F_VLAN_CHALLENGED
            | const.NETIF_F_LOOPBACK
        )
        self.header_ops = eth_header_ops

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        """loopback_xmit(): the sent packet is a received one now."""
        if skb.sk is not None:
            skb_orphan(skb)
        skb.protocol = eth_type_trans(skb, self)
        n = skb.len
        if netif_rx(skb) == const.NET_RX_SUCCESS:
            stats: NetDeviceStats = self.stats
            stats.tx_packets += 1
            stats.tx_bytes += n
            stats.rx_packets += 1
            stats.rx_bytes += n
        return const.NETDEV_TX_OK

    def ndo_change_mtu(self, new_mtu: int) -> int:
        """Any MTU will do."""
        self.mtu = new_mtu
        return 0


def loopback_net_init(net: Net) -> None:
    """Give a new namespace its lo."""
    dev = Loopback(net)
    register_netdev(dev)
    net.loopback_dev = dev
