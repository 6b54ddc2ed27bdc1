"""A host's device whose wire ends in a real TAP: the door between the two stacks.

    tap = open_tap("sn0")                    machine/outside/tap.py
    dev = tun_real_add(net, tap)             tap0 here, sn0 outside; up like any device

What the host sends is written to the real device at once. When it is readable, the world's epoll
interrupts the host, which polls it by NAPI: at most 64 frames, then whoever else can run. A frame
is read into what becomes its skb's head. With vnet_hdr, super-packets and packets without their
checksum pass both ways.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.if_tun as if_tun
from softnet.drivers.net.tun import Tun
from softnet.drivers.net.tun_queue import TunEnd, vnet_hdr_of, vnet_hdr_parse
from softnet.machine.cpu import irq_enter, irq_exit, set_this_cpu
from softnet.machine.outside.tap import HEADROOM, Part, Tap
from softnet.net.core.dev.gro import napi_gro_receive
from softnet.net.core.dev.napi import (
    NAPI_POLL_WEIGHT,
    napi_complete,
    napi_disable,
    napi_enable,
    napi_schedule,
    netif_napi_add,
)
from softnet.net.core.dev.registry import register_netdevice
from softnet.net.core.link_watch import netif_carrier_off
from softnet.net.core.rtnl import rtnl_lock, rtnl_unlock
from softnet.net.core.skbuff import build_skb, consume_skb, kfree_skb, skb_fill_page_desc
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import Napi
from softnet.structs.skbuff import SkBuff


class RealEnd(TunEnd):
    """The far end: the real device."""

    __slots__ = ("dev",)

    dev: TunReal

    def __init__(self, dev: TunReal) -> None:
        self.dev = dev

    def packet(self, skb: SkBuff) -> None:
        """Write it; what the real kernel has no room for is lost, and counted."""
        dev = self.dev
        parts: list[Part] = []
        if dev.tap.vnet_hdr:
            hdr = vnet_hdr_of(skb)
            if hdr is None:
                dev.stats.tx_dropped += 1
                kfree_skb(skb, const.SKB_DROP_REASON_DEV_TX)
                return
            parts.append(hdr.pack())
        parts.append(memoryview(skb.shinfo.head)[skb.data : skb.data + skb.headlen()])
        f = skb.shinfo.frags
        while f is not None:
            assert f.page is not None
            parts.append(memoryview(f.page)[f.off : f.off + f.size])
            f = f.next
        if dev.tap.write(parts):
            dev.stats.tx_packets += 1
            dev.stats.tx_bytes += skb.len
            del parts  # they hold the head
            consume_skb(skb)
        else:
            dev.stats.tx_dropped += 1
            del parts
            kfree_skb(skb, const.SKB_DROP_REASON_DEV_TX)


class TapNapi(Napi):
    """Reads the real device."""

    __slots__ = ("tun",)

    tun: TunReal

    def __init__(self, tun: TunReal) -> None:
        Napi.__init__(self, tun, NAPI_POLL_WEIGHT)
        self.tun = tun

    def poll(self, budget: int) -> int:
        """Receive at most budget frames; fewer: there are no more."""
        tun = self.tun
        work = 0
        while work < budget:
            skb = tun.read_frame()
            if skb is None:
                break
            work += 1
            n = skb.len
            hdr = vnet_hdr_parse(tun.tap.hdr) if tun.tap.vnet_hdr else None
            if n < tun.hard_header_len:
                tun.stats.rx_length_errors += 1
                kfree_skb(skb, const.SKB_DROP_REASON_PKT_TOO_SMALL)
                continue
            if not tun.prepare(skb, hdr, 0):
                continue
            tun.stats.rx_packets += 1
            tun.stats.rx_bytes += n
            napi_gro_receive(self, skb)
        if work < budget:
            napi_complete(self)
        return work


class TunReal(Tun):
    """A Tun whose far end is a Tap."""

    __slots__ = ("napi", "tap")

    tap: Tap
    napi: TapNapi

    def __init__(self, net: Net, name: str, tap: Tap) -> None:
        flags = if_tun.IFF_TAP | if_tun.IFF_NO_PI
        Tun.__init__(self, net, name, flags | (if_tun.IFF_VNET_HDR if tap.vnet_hdr else 0))
        self.tap = tap
        self.napi = TapNapi(self)
        # The list is not hw_features alone: a real TAP without vnet_hdr takes finished frames only.
        self.set_features = const.NETIF_F_HW_CSUM | const.NETIF_F_TSO if tap.vnet_hdr else 0

    def ndo_open(self) -> int:
        """Listen to the real device."""
        napi_enable(self.napi)
        self.nd_net.machine.world.watch_fd(self.tap.fd, self.readable)
        return Tun.ndo_open(self)

    def ndo_stop(self) -> int:
        """Leave it alone."""
        if self.tap.fd >= 0:
            self.nd_net.machine.world.watch_fd(self.tap.fd, None)
        napi_disable(self.napi)
        return Tun.ndo_stop(self)

    def readable(self) -> None:
        """The world's epoll says so: an interrupt of this host."""
        cpu = self.nd_net.machine.boot_cpu
        assert cpu is not None
        before = set_this_cpu(cpu)
        irq_enter(cpu)
        try:
            napi_schedule(self.napi)
        finally:
            irq_exit(cpu)
            set_this_cpu(before)

    def read_frame(self) -> SkBuff | None:
        """A frame of the real device; None if there is none, or the device is gone."""
        try:
            got = self.tap.read()
        except OSError:
            self.nd_net.machine.world.watch_fd(self.tap.fd, None)
            netif_carrier_off(self)
            return None
        if got is None:
            return None
        head, n, rest = got
        skb = build_skb(head)
        skb.dev = self
        skb.reserve(HEADROOM)
        skb.put(n)
        if rest:
            skb_fill_page_desc(skb, rest, 0, len(rest))
            skb.truesize += len(rest)
        return skb


def tun_real_add(net: Net, tap: Tap, name: str = "tap%d") -> TunReal:
    """A device in net, down, whose far end is tap. RTNL is taken; OSError as register_netdevice()."""
    dev = TunReal(net, name, tap)
    rtnl_lock(net)
    try:
        register_netdevice(dev)
        netif_napi_add(dev, dev.napi)
        dev.attach(RealEnd(dev))
    finally:
        rtnl_unlock(net)
    return dev
