"""Two hosts with the device layer, a card each, a cable between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from softnet.drivers.net.e1000.e1000_main import e1000_net_init
from softnet.kernel.boot import start_kernel
from softnet.kernel.lock import Mutex
from softnet.kernel.sysctl import SysctlTable
from softnet.machine.cable import Cable, CableTap, Direction
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu
from softnet.machine.nic.e1000 import E1000Nic
from softnet.net.core.dev.config import dev_close, dev_open
from softnet.net.core.dev.init import net_dev_init, netdev_net_init
from softnet.net.core.dev.napi import napi_check
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.link_watch import linkwatch_init
from softnet.net.core.sysctl_net_core import sysctl_core_net_init
from softnet.structs.net_namespace import Net
from softnet.structs.netdev_stats import NetDeviceStats
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import MAC_A, MAC_B, DevHost, Sink, frame, rtnl, sink

MACS = (MAC_A, MAC_B)
MS = 1_000_000


class Seen(CableTap):
    """Every frame that was put on the cable, and when."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.times: list[int] = []
        self.metas: list[object] = []

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        if verdict == "sent":
            self.frames.append(bytes(frame))
            self.times.append(when)
            self.metas.append(meta)


class NicHost(DevHost):
    """A host in a world that others are in too, with the e1000 driver."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.machine = world.new_machine(name)
        start_kernel(self.machine)
        net_dev_init()
        linkwatch_init()
        self.net = Net(self.machine, "init_net", Mutex("rtnl_mutex"), "3.2")
        self.net.sysctl = SysctlTable(self.machine.sysctl)
        self.machine.init_net = self.net
        netdev_net_init(self.net)
        sysctl_core_net_init(self.net)
        with self.cpu():
            e1000_net_init(self.net)
        self.on = None

    def cpu(self) -> OnCpu:
        return OnCpu(self.machine.cpus[0])


class Pair:
    """h[0] and h[1], their cards and devices, and what the cable carried."""

    def __init__(self, up: bool = True, **cable: Any) -> None:
        self.world = World(1)
        self.h = [NicHost(self.world, "h1"), NicHost(self.world, "h2")]
        self.cable = Cable(self.world, "c", 1, 2, **cable)
        self.seen = Seen()
        self.cable.taps.append(self.seen)
        self.nic: list[E1000Nic] = []
        self.dev: list[Any] = []
        for host, port, mac in zip(self.h, (self.cable.a, self.cable.b), MACS, strict=True):
            with host.cpu():
                nic = E1000Nic(host.machine, mac, port)
            self.nic.append(nic)
            self.dev.append(nic.pdev.driver_data)
        if up:
            self.open(0)
            self.open(1)
            self.run()

    def open(self, i: int) -> int:
        with self.rtnl(i):
            return dev_open(self.dev[i])

    def close(self, i: int) -> None:
        with self.rtnl(i):
            dev_close(self.dev[i])

    @contextmanager
    def rtnl(self, i: int) -> Iterator[NetDevice]:
        with self.h[i].cpu(), rtnl(self.h[i].net):
            yield self.dev[i]

    def run(self, ns: int = 5 * MS) -> None:
        self.world.run(until_ns=self.world.clock.now + ns)

    def sink(self, i: int, **options: Any) -> Sink:
        return sink(self.h[i].net, **options)

    def xmit(self, i: int, skb: SkBuff) -> int:
        with self.h[i].cpu():
            return dev_queue_xmit(skb)

    def send(self, data: bytes = b"x", i: int = 0, **options: Any) -> int:
        """A frame from h[i] to the other, or to dst."""
        options.setdefault("dst", MACS[1 - i])
        return self.xmit(i, frame(self.dev[i], data, **options))

    def stats(self, i: int) -> NetDeviceStats:
        with self.h[i].cpu():
            stats: NetDeviceStats = self.dev[i].ndo_get_stats()
        return stats

    def ethtool(self, i: int) -> dict[str, int]:
        with self.h[i].cpu():
            found: dict[str, int] = self.dev[i].ethtool_ops.get_ethtool_stats(self.dev[i])
        return found

    def check(self) -> None:
        """Scheduled or armed, never both; and nothing leaks when the devices go down."""
        for i in (0, 1):
            with self.h[i].cpu():
                assert napi_check(self.dev[i]) == 1
        for i in (0, 1):
            self.close(i)
            assert self.h[i].machine.memory.leaks() == []
            assert self.h[i].machine.memory.mapped == 0
