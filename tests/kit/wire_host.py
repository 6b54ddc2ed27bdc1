"""A host with one Ethernet card whose cable is the test: feed() frames in, read `out`.

h = WireHost()
h.feed(frame)          as the card's NAPI poll would; softirqs run before it returns
h.out                  frames it sent since the last h.take()
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.if_ether as if_ether
from softnet.host import Host
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.machine.clock import World
from softnet.net.core.dev.receive import netif_receive_skb
from softnet.net.core.dev.registry import register_netdevice
from softnet.net.core.neighbour import neigh_add
from softnet.net.core.skbuff import kfree_skb, netdev_alloc_skb, skb_tobytes
from softnet.net.ethernet.eth import eth_type_trans, ether_setup
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff
from softnet.uapi import neighbour as nb
from softnet.uapi import snmp
from softnet.wire.addr import ip_aton

MAC = bytes.fromhex("020000000001")
PEER_MAC = bytes.fromhex("020000000002")
IP, PEER = ip_aton("10.0.0.1"), ip_aton("10.0.0.2")


class WireDevice(NetDevice):
    """eth0 of a WireHost: what is sent goes to a list."""

    __slots__ = ("out",)

    out: list[bytes]

    def __init__(self) -> None:
        NetDevice.__init__(self, "eth0")
        ether_setup(self)
        self.dev_addr = MAC
        self.out = []

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        self.out.append(skb_tobytes(skb))
        kfree_skb(skb)
        return const.NETDEV_TX_OK


class WireHost:
    """A host at 10.0.0.1/24 that knows 10.0.0.2's link address."""

    def __init__(self, seed: int = 1, era: str = "3.2") -> None:
        self.host = Host(World(seed), "dut", era=era)
        self.net = self.host.net
        self.dev = WireDevice()
        with self.host.rtnl():
            self.dev.nd_net = self.net
            register_netdevice(self.dev)
        self.host.set_up("eth0")
        self.host.add_address("eth0", "10.0.0.1", 24)
        with self.host.running():
            neigh_add(self.net.ipv4.arp_tbl, PEER, self.dev, PEER_MAC, nb.NUD_PERMANENT)

    def feed(self, frame: bytes) -> None:
        """Receive frame. Shorter ones than an Ethernet header the card itself drops."""
        if len(frame) < if_ether.ETH_HLEN:
            self.dev.stats.rx_length_errors += 1
            return
        with self.host.running():
            local_bh_disable()
            skb = netdev_alloc_skb(self.dev, len(frame) + 2)
            skb.reserve(2)
            at = skb.put(len(frame))
            memoryview(skb.shinfo.head)[at : at + len(frame)] = frame
            skb.protocol = eth_type_trans(skb, self.dev)
            netif_receive_skb(skb)
            local_bh_enable()

    def take(self) -> list[bytes]:
        """The frames sent since the last take()."""
        out = list(self.dev.out)
        self.dev.out.clear()
        return out

    def ip(self, name: str) -> int:
        """A counter of Ip: or IpExt:, as ip("INHDRERRORS")."""
        return self.net.mib.ip.get(getattr(snmp, "IPSTATS_MIB_" + name))

    def udp(self, name: str) -> int:
        """A counter of Udp:."""
        return self.net.mib.udp.get(getattr(snmp, "UDP_MIB_" + name))

    def tcp(self, name: str) -> int:
        """A counter of Tcp:."""
        return self.net.mib.tcp.get(getattr(snmp, "TCP_MIB_" + name))

    def icmp(self, name: str) -> int:
        """A counter of Icmp:."""
        return self.net.mib.icmp.get(getattr(snmp, "ICMP_MIB_" + name))

    def run(self, ns: int) -> None:
        """Let ns nanoseconds pass."""
        world = self.host.world
        world.run(until_ns=world.clock.now + ns)
