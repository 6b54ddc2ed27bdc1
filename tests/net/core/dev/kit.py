"""A host with the device layer and nothing above it, test drivers, and frames for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.kernel.boot import start_kernel
from softnet.kernel.lock import Mutex, lockdep
from softnet.kernel.sysctl import SysctlTable
from softnet.machine.clock import World
from softnet.machine.cpu import Cpu, OnCpu
from softnet.net.core.dev.config import dev_close, dev_open
from softnet.net.core.dev.init import net_dev_init, netdev_net_init
from softnet.net.core.dev.receive import flush_backlog
from softnet.net.core.dev.registry import register_netdev
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.link_watch import linkwatch_init
from softnet.net.core.rtnl import rtnl_lock, rtnl_unlock
from softnet.net.core.skb_debug import SkbDebug, skb_debug_disable, skb_debug_enable
from softnet.net.core.skbuff import alloc_skb, kfree_skb
from softnet.net.core.sysctl_net_core import sysctl_core_net_init
from softnet.net.ethernet.eth import ether_setup
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice, PacketType, SoftnetData
from softnet.structs.skbuff import SkBuff

PROTO = 0x88B5  # ETH_P_802_EX1: for experiments, so nobody else handles it
MAC_A = bytes.fromhex("020000000001")
MAC_B = bytes.fromhex("020000000002")


class DevHost:
    """One machine, its init_net without lo, and this_cpu() set by use as a context manager."""

    def __init__(
        self, ncpus: int = 1, era: str = "3.2", seed: int = 1, may_leak: bool = False
    ) -> None:
        self.world = World(seed)
        self.machine = self.world.new_machine("h1", ncpus=ncpus)
        start_kernel(self.machine)
        net_dev_init()
        linkwatch_init()
        self.net = Net(self.machine, "init_net", Mutex("rtnl_mutex"), era)
        self.net.sysctl = SysctlTable(self.machine.sysctl)
        self.machine.init_net = self.net
        netdev_net_init(self.net)
        sysctl_core_net_init(self.net)
        self.on: OnCpu | None = None
        self.debug: SkbDebug | None = None
        self.may_leak = may_leak  # the test keeps frames, or breaks something on purpose

    def __enter__(self) -> DevHost:
        lockdep.set_enabled(True)
        self.debug = skb_debug_enable()
        self.on = OnCpu(self.machine.cpus[0])
        self.on.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        """Take everything down; then no lock is held and no skb is left."""
        assert self.on is not None
        assert self.debug is not None
        try:
            if exc[0] is None:
                self.shut_down()
                self.debug.verify()
                if not self.may_leak:
                    assert self.debug.leaks() == []
        finally:
            self.on.__exit__(*exc)
            lockdep.forget()
            lockdep.set_enabled(False)
            skb_debug_disable()

    def shut_down(self) -> None:
        """Close every device and free what its driver kept."""
        for net in self.net.nets:
            for dev in net.dev_base:
                with rtnl(net):
                    dev_close(dev)
                if isinstance(dev, Wire):
                    dev.release()
                flush_backlog(dev)

    def sd(self, cpu: int = 0) -> SoftnetData:
        sd = self.machine.cpus[cpu].softnet
        assert isinstance(sd, SoftnetData)
        return sd

    def new_net(self, name: str = "ns1") -> Net:
        """A second namespace, bare."""
        net = Net(self.machine, name, self.net.rtnl, self.net.era)
        net.nets = self.net.nets
        net.nets.append(net)
        net.sysctl = SysctlTable(self.machine.sysctl)
        return net

    def dmesg(self) -> str:
        return "\n".join(line.text for line in self.machine.log.lines)

    def run(self, ms: int = 0) -> None:
        """Let ms milliseconds of simulated time pass, and everybody run who can."""
        self.world.run(until_ns=self.machine.clock.now + ms * 1_000_000)


@contextmanager
def rtnl(net: Net) -> Iterator[None]:
    rtnl_lock(net)
    try:
        yield
    finally:
        rtnl_unlock(net)


@contextmanager
def softirq(cpu: Cpu) -> Iterator[None]:
    """Code that runs as if in a softirq: bottom halves are off, and stay pending afterwards."""
    cpu.softirq_count += 1
    try:
        yield
    finally:
        cpu.softirq_count -= 1


class Wire(NetDevice):
    """An Ethernet driver that keeps what it sends. `room` frames fit until complete()."""

    def __init__(self, net: Net, name: str = "eth%d", txqs: int = 1, room: int = 1 << 30) -> None:
        NetDevice.__init__(self, name, txqs)
        self.nd_net = net
        ether_setup(self)
        self.dev_addr = MAC_A
        self.sent: list[SkBuff] = []
        self.room = room
        self.calls: list[str] = []
        self.verdicts: list[int] = []  # answered first, without taking the packet

    def ndo_open(self) -> int:
        self.calls.append("open")
        return 0

    def ndo_stop(self) -> int:
        self.calls.append("stop")
        return 0

    def ndo_set_rx_mode(self) -> None:
        self.calls.append("rx_mode")

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        if self.verdicts:
            return self.verdicts.pop(0)
        txq = self.tx[skb.queue_mapping]
        if len(self.sent) >= self.room:
            txq.state |= 1 << const.QUEUE_STATE_XOFF
            return const.NETDEV_TX_BUSY
        self.sent.append(skb)
        return const.NETDEV_TX_OK

    def payloads(self) -> list[bytes]:
        return [payload(skb) for skb in self.sent]

    def release(self) -> None:
        for skb in self.sent:
            kfree_skb(skb)
        self.sent = []


class Sink(PacketType):
    """A protocol that keeps what it receives."""

    def __init__(self, type: int = PROTO, dev: NetDevice | None = None) -> None:
        PacketType.__init__(self, type, dev)
        self.got: list[SkBuff] = []
        self.frames: list[bytes] = []
        self.users: list[int] = []
        self.kinds: list[int] = []

    def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
        self.frames.append(skb.head_bytes())
        self.users.append(skb.users)
        self.kinds.append(skb.pkt_type)
        kfree_skb(skb)
        return const.NET_RX_SUCCESS


def up(dev: NetDevice) -> NetDevice:
    """Register dev and open it."""
    register_netdev(dev)
    with rtnl(dev.nd_net):
        assert dev_open(dev) == 0
    assert dev.flags & if_.IFF_UP
    return dev


def sink(net: Net, type: int = PROTO, dev: NetDevice | None = None) -> Sink:
    pt = Sink(type, dev)
    dev_add_pack(pt, net)
    return pt


def make_skb(data: bytes, headroom: int = 64) -> SkBuff:
    skb = alloc_skb(headroom + len(data) + 64)
    skb.reserve(headroom)
    o = skb.put(len(data))
    skb.shinfo.head[o : o + len(data)] = data
    return skb


def frame(
    dev: NetDevice, data: bytes = b"x", proto: int = PROTO, dst: bytes = MAC_B, priority: int = 0
) -> SkBuff:
    """A frame ready for dev_queue_xmit()."""
    skb = make_skb(dst + dev.dev_addr + proto.to_bytes(2, "big") + data)
    skb.dev = dev
    skb.protocol = proto
    skb.priority = priority
    skb.network_header = skb.data + 14
    return skb


def received(dev: NetDevice, data: bytes = b"x", proto: int = PROTO) -> SkBuff:
    """A frame as a driver hands it up, behind eth_type_trans()."""
    skb = frame(dev, data, proto, dst=dev.dev_addr)
    skb.mac_header = skb.data
    skb.pull(14)
    return skb


def payload(skb: SkBuff) -> bytes:
    """What stands behind the Ethernet header of a sent frame, fragments included."""
    data = skb.head_bytes()
    f = skb.shinfo.frags
    while f is not None:
        assert f.page is not None
        data += f.page[f.off : f.off + f.size]
        f = f.next
    return data[14:]
