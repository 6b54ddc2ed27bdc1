"""veth: two Ethernet devices back to back, usually in two namespaces.

Linux: drivers/net/veth.c

What one end sends, the other receives by this CPU's backlog. The carrier is there while both ends
are up. `ip link add v0 type veth peer name v1` is veth_newlink(); deleting one end deletes both.

3.2 offers scatter-gather and checksums by ethtool and has them off at first. From 3.9 on a veth has
all transmit offloads, on from the start: a host of such an era gets them.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.kernel.era import era_has
from softnet.net.core.dev.registry import (
    register_netdevice,
    unregister_netdevice,
    unregister_netdevice_many,
)
from softnet.net.core.link_watch import netif_carrier_off, netif_carrier_on
from softnet.net.core.rtnl import RtnlLinkOps, rtnl_link_register
from softnet.net.ethernet.eth import (
    MIN_MTU,
    dev_forward_skb,
    eth_hw_addr_random,
    eth_mac_addr,
    ether_setup,
)
from softnet.structs.net_namespace import Net
from softnet.structs.netdev_stats import NetDeviceStats
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

MAX_MTU = 65535  # bytes
EINVAL = -22
ENOTCONN = -107
VETH_FEATURES_39 = (
    const.NETIF_F_SG
    | const.NETIF_F_FRAGLIST
    | const.NETIF_F_ALL_TSO
    | const.NETIF_F_HW_CSUM
    | const.NETIF_F_RXCSUM
    | const.NETIF_F_HIGHDMA
    | const.NETIF_F_UFO
    | const.NETIF_F_HW_VLAN_TX
    | const.NETIF_F_HW_VLAN_RX
)


class Veth(NetDevice):
    """One end."""

    __slots__ = ("peer",)

    peer: Veth | None

    def __init__(self, net: Net, name: str) -> None:
        """veth_setup()"""
        NetDevice.__init__(self, name)
        self.nd_net = net
        self.kind = "veth"
        self.peer = None
        ether_setup(self)
        self.priv_flags &= ~if_.IFF_TX_SKB_SHARING
        self.features |= const.NETIF_F_LLTX
        if era_has(net.era, "veth_offloads"):
            self.hw_features = VETH_FEATURES_39
            self.features |= VETH_FEATURES_39
            self.vlan_features = VETH_FEATURES_39
        else:
            self.hw_features = const.NETIF_F_NO_CSUM | const.NETIF_F_SG | const.NETIF_F_RXCSUM
        eth_hw_addr_random(self, net.rand)

    def ndo_open(self) -> int:
        """veth_open()"""
        peer = self.peer
        if peer is None:
            return ENOTCONN
        if peer.flags & if_.IFF_UP:
            netif_carrier_on(self)
            netif_carrier_on(peer)
        return 0

    def ndo_stop(self) -> int:
        """veth_close()"""
        netif_carrier_off(self)
        if self.peer is not None:
            netif_carrier_off(self.peer)
        return 0

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        """veth_xmit(): the peer receives skb; if it cannot, that is its drop, not ours.

        Differs from Linux: enqueue_to_backlog() has counted it already; 3.2 counts it twice.
        """
        rcv = self.peer
        assert rcv is not None
        # CHECKSUM_PARTIAL stays: if the frame leaves by a real wire, it is summed there.
        if skb.ip_summed == const.CHECKSUM_NONE and rcv.features & const.NETIF_F_RXCSUM:
            skb.ip_summed = const.CHECKSUM_UNNECESSARY
        n = skb.len
        if dev_forward_skb(rcv, skb) == const.NET_RX_SUCCESS:
            stats: NetDeviceStats = self.stats
            stats.tx_packets += 1
            stats.tx_bytes += n
            stats = rcv.stats
            stats.rx_packets += 1
            stats.rx_bytes += n
        return const.NETDEV_TX_OK

    def ndo_set_mac_address(self, addr: bytes) -> int:
        """eth_mac_addr()"""
        return eth_mac_addr(self, addr)

    def ndo_change_mtu(self, new_mtu: int) -> int:
        """veth_change_mtu()"""
        if new_mtu < MIN_MTU or new_mtu > MAX_MTU:
            return EINVAL
        self.mtu = new_mtu
        return 0

    def ndo_dellink(self) -> None:
        """veth_dellink(): both ends go."""
        peer = self.peer
        assert peer is not None
        self.peer = None
        peer.peer = None
        unregister_netdevice_many([self, peer])


def veth_newlink(net: Net, name: str, peer_net: Net, peer_name: str) -> Veth:
    """A pair: name in net, peer_name in peer_net; answers the first. RTNL; raises OSError.

    Names may be patterns: "veth%d". Both start down and without carrier.
    """
    peer = Veth(peer_net, peer_name)
    register_netdevice(peer)
    netif_carrier_off(peer)
    dev = Veth(net, name)
    try:
        register_netdevice(dev)
    except OSError:
        unregister_netdevice(peer)
        raise
    netif_carrier_off(dev)
    dev.peer = peer
    peer.peer = dev
    return dev


class VethLinkOps(RtnlLinkOps):
    """veth_link_ops"""

    __slots__ = ()

    def newlink(self, net: Net, name: str, data: dict[str, object]) -> NetDevice:
        """`… type veth peer name PEER netns NET`: both are optional."""
        peer_name = data.get("peer", "")
        peer_net = data.get("peer_netns", net)
        assert isinstance(peer_name, str)
        assert isinstance(peer_net, Net)
        return veth_newlink(net, name, peer_net, peer_name or "veth%d")


def veth_init() -> None:
    """Offer the kind."""
    rtnl_link_register(VethLinkOps("veth"))
