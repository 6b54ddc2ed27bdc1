"""The host under test and its tun device: all it sends is kept whole, with the time.

The device takes super-packets and packets without their checksum, so that a script sees what TCP
made before anybody cut it up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import softnet.arch.const as const
import softnet.uapi.if_tun as if_tun
from softnet.drivers.net.tun import Tun, set_offload
from softnet.drivers.net.tun_queue import TunEnd
from softnet.host import Host
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.packets import Seen, dissect
from softnet.machine.clock import Clock, World
from softnet.net.core.dev.queue import netif_wake_queue
from softnet.net.core.dev.registry import register_netdevice
from softnet.net.core.skbuff import consume_skb, skb_tobytes
from softnet.structs.fib import FibConfig
from softnet.structs.skbuff import SkBuff
from softnet.wire.addr import prefix_mask
from softnet.wire.checksum import checksum, transport_checksum

BOOT_NS = 10 * const.NSEC_PER_SEC  # what a host does when its devices come up is over by then
OFFLOADS = if_tun.TUN_F_CSUM | if_tun.TUN_F_TSO4 | if_tun.TUN_F_TSO6 | if_tun.TUN_F_TSO_ECN
DEVICE = "tun0"
RAM = 4 << 30  # enough for the largest tcp_rmem and tcp_wmem: what scripts' authors had


class ScriptEnd(TunEnd):
    """The far end of the tun device: the script.

    With tx_usecs it is busy so long with each packet: meanwhile others wait in the device's qdisc.
    """

    __slots__ = ("clock", "done", "queue", "tx_usecs")

    clock: Clock
    queue: deque[Seen]
    tx_usecs: int
    done: Callable[[], object]  # to be called tx_usecs after a packet

    def __init__(self, clock: Clock, tx_usecs: int, done: Callable[[], object]) -> None:
        self.clock = clock
        self.queue = deque()
        self.tx_usecs = tx_usecs
        self.done = done

    def full(self) -> bool:
        """Is it busy from the packet that comes now on?"""
        return self.tx_usecs > 0

    def packet(self, skb: SkBuff) -> None:
        """Keep what the host sent."""
        data = skb_tobytes(skb)
        seen = dissect(data, self.clock.now)
        if not seen.fault:
            seen.fault = bad_checksum(data, skb.ip_summed == const.CHECKSUM_PARTIAL)
        self.queue.append(seen)
        consume_skb(skb)
        if self.tx_usecs:
            self.done()


def bad_checksum(data: bytes, partial: bool) -> str:
    """Which checksum of an IPv4 packet is wrong; "" if none is. partial: the device was to fill it in."""
    if data[0] >> 4 != 4:
        return ""
    hdrlen = (data[0] & 15) * 4
    if checksum(data[:hdrlen]):
        return "bad IP checksum"
    proto, body = data[9], data[hdrlen:]
    if partial or proto not in (6, 17) or (proto == 17 and body[6:8] == b"\0\0"):
        return ""
    saddr, daddr = int.from_bytes(data[12:16], "big"), int.from_bytes(data[16:20], "big")
    if transport_checksum(saddr, daddr, proto, body):
        return "bad TCP checksum" if proto == 6 else "bad UDP checksum"
    return ""


class Machine:
    """The host, its device, its world."""

    def __init__(self, config: Config) -> None:
        self.world = World(config.seed)
        self.host = Host(self.world, "dut", ram=RAM, era=config.era)
        self.end = ScriptEnd(self.world.clock, config.tx_usecs, self.busy)
        self.tun = Tun(self.host.net, DEVICE, if_tun.IFF_TUN | if_tun.IFF_NO_PI)
        with self.host.rtnl():
            register_netdevice(self.tun)
            self.tun.attach(self.end)
            set_offload(self.tun, OFFLOADS)
        if config.mtu != self.tun.mtu:
            self.host.set_mtu(DEVICE, config.mtu)
        self.host.set_up(DEVICE)
        local = config.local_ip.partition("/")[0]
        self.host.add_address(DEVICE, local, config.prefixlen())
        remote, plen = config.remote()
        self.host.add_route(
            FibConfig(dst=remote & prefix_mask(plen), dst_len=plen, gw=config.gateway())
        )
        self.world.run(until_ns=BOOT_NS)
        self.end.queue.clear()

    def offload(self, wanted: dict[str, bool]) -> None:
        """ethtool -K: tso, gso, tx and sg of the device, on or off."""
        bits = OFFLOADS
        if not wanted.get("tx", True):
            bits = 0
        elif not wanted.get("tso", True):
            bits = if_tun.TUN_F_CSUM
        with self.host.rtnl():
            for name, feature in (("gso", const.NETIF_F_GSO), ("sg", const.NETIF_F_SG)):
                if name in wanted:
                    on = self.tun.wanted_features | feature
                    self.tun.wanted_features = on if wanted[name] else on & ~feature
            set_offload(self.tun, bits)

    def busy(self) -> None:
        """The device sends a packet now, and is ready for the next in tx_usecs."""
        ns = self.end.tx_usecs * const.NSEC_PER_USEC
        self.world.after(ns, self.host.machine.host_id, self.ready)

    def ready(self) -> None:
        """The device takes the next packet."""
        local_bh_disable()
        netif_wake_queue(self.tun)
        local_bh_enable()

    def inject(self, data: bytes) -> None:
        """The host receives a packet; OSError(EINVAL) for what is none."""
        with self.host.running():
            self.tun.get_user(data)
