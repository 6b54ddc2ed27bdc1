"""dummy: a device that takes every packet and forgets it.

Linux: drivers/net/dummy.c. It holds addresses that shall be there without a wire.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.net.core.dev.registry import register_netdevice, unregister_netdevice
from softnet.net.core.rtnl import RtnlLinkOps, rtnl_link_register
from softnet.net.core.skbuff import consume_skb
from softnet.net.ethernet.eth import (
    MIN_MTU,
    eth_hw_addr_random,
    eth_validate_addr,
    ether_setup,
    is_valid_ether_addr,
)
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

EINVAL = -22
EADDRNOTAVAIL = -99


class Dummy(NetDevice):
    """A dummy device."""

    __slots__ = ()

    def __init__(self, net: Net, name: str) -> None:
        """dummy_setup()"""
        NetDevice.__init__(self, name)
        self.nd_net = net
        self.kind = "dummy"
        ether_setup(self)
        self.tx_queue_len = 0
        self.flags |= if_.IFF_NOARP
        self.flags &= ~if_.IFF_MULTICAST
        self.features |= (
            const.NETIF_F_SG
            | const.NETIF_F_FRAGLIST
            | const.NETIF_F_TSO
            | const.NETIF_F_NO_CSUM
            | const.NETIF_F_HIGHDMA
            | const.NETIF_F_LLTX
        )
        eth_hw_addr_random(self, net.rand)

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        """dummy_xmit()"""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.len
        consume_skb(skb)
        return const.NETDEV_TX_OK

    def ndo_validate_addr(self) -> int:
        """eth_validate_addr()"""
        return eth_validate_addr(self)

    def ndo_set_mac_address(self, addr: bytes) -> int:
        """dummy_set_address(): up or down."""
        if not is_valid_ether_addr(addr):
            return EADDRNOTAVAIL
        self.dev_addr = addr
        return 0

    def ndo_change_mtu(self, new_mtu: int) -> int:
        """Jumbo frames fit too."""
        if new_mtu < MIN_MTU:
            return EINVAL
        self.mtu = new_mtu
        return 0

    def ndo_dellink(self) -> None:
        """`ip link del`"""
        unregister_netdevice(self)


def dummy_newlink(net: Net, name: str) -> Dummy:
    """`ip link add NAME type dummy`; name may be a pattern. RTNL; raises OSError."""
    dev = Dummy(net, name)
    register_netdevice(dev)
    return dev


class DummyLinkOps(RtnlLinkOps):
    """dummy_link_ops"""

    __slots__ = ()

    def newlink(self, net: Net, name: str, data: dict[str, object]) -> NetDevice:
        """To dummy_newlink()."""
        return dummy_newlink(net, name)


def dummy_init() -> None:
    """dummy_init_module(): offer the kind. None is made before somebody asks."""
    rtnl_link_register(DummyLinkOps("dummy"))
