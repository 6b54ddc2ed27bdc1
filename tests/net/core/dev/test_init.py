"""Boot and end of the device layer."""

from __future__ import annotations

import softnet.arch.const as const
from softnet.drivers.net.loopback import loopback_net_init
from softnet.net.core.dev.init import net_dev_init, netdev_net_exit, netdev_net_init
from softnet.net.core.dev.receive import netif_rx_ni
from softnet.net.core.dev.registry import register_netdev
from tests.net.core.dev.kit import DevHost, Wire, received, sink, up


def test_every_cpu_has_its_share(smp: DevHost) -> None:
    assert [smp.sd(n).cpu.id for n in range(4)] == [0, 1, 2, 3]
    assert all(smp.sd(n).core is smp.net.core for n in range(4))
    assert len({id(smp.sd(n).backlog) for n in range(4)}) == 4
    assert smp.sd().backlog.weight == 64


def test_hosts_hash_with_their_own_secret() -> None:
    with DevHost(seed=1) as one, DevHost(seed=2) as two, DevHost(seed=1) as again:
        assert one.net.core.hashrnd != two.net.core.hashrnd
        assert one.net.core.hashrnd == again.net.core.hashrnd


def test_a_second_namespace_shares_the_cpus(host: DevHost) -> None:
    sd = host.sd()
    netdev_net_init(host.new_net())
    assert host.sd() is sd


def test_after_a_second_call_a_frame_is_still_served_once(host: DevHost) -> None:
    net_dev_init()
    pt, dev = sink(host.net), Wire(host.net)
    up(dev)
    assert netif_rx_ni(received(dev, b"one")) == const.NET_RX_SUCCESS
    assert pt.frames == [b"one"]


def test_end_of_a_namespace_takes_its_loopback(host: DevHost) -> None:
    ns = host.new_net()
    loopback_net_init(ns)
    nic = Wire(ns)
    register_netdev(nic)
    netdev_net_exit(ns)
    assert ns.dev_base == []
    assert nic.nd_net is host.net
