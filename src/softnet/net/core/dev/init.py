"""The device layer's boot.

Linux: net_dev_init(), netdev_init(), default_device_ops of net/core/dev.c, and the rows of
net/core/sysctl_net_core.c that tune it

    net_dev_init()          once per process
    netdev_net_init(net)    for each namespace; for a host's first one, each CPU's softnet_data too
    netdev_net_exit(net)    a namespace goes: hardware returns to init_net, the rest is unregistered
"""

from __future__ import annotations

import softnet.arch.const as const
from softnet.kernel.softirq import open_softirq
from softnet.net.core.dev.napi import NetRxSoftirq
from softnet.net.core.dev.receive import Backlog
from softnet.net.core.dev.registry import NetTodo, default_device_exit
from softnet.net.core.dev.xmit import DevXmitOps, NetTxSoftirq
from softnet.net.core.rtnl import rtnl_lock, rtnl_register_todo, rtnl_unlock
from softnet.net.core.sch_generic import register_xmit_ops
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import SoftnetData


def net_dev_init() -> None:
    """Say who serves the two softirqs and what the files below this one call."""
    open_softirq(const.NET_TX_SOFTIRQ, NetTxSoftirq())
    open_softirq(const.NET_RX_SOFTIRQ, NetRxSoftirq())
    register_xmit_ops(DevXmitOps())
    rtnl_register_todo(NetTodo())


def netdev_net_init(net: Net) -> None:
    """A namespace without devices; with the first, the CPUs' share of the work."""
    if net is not net.nets[0]:
        return
    net.core.hashrnd = net.rand.u32()
    for cpu in net.machine.cpus:
        sd = SoftnetData(cpu, Backlog(None, net.core.weight_p))
        sd.core = net.core
        cpu.softnet = sd


def netdev_net_exit(net: Net) -> None:
    """default_device_exit() and _batch()"""
    rtnl_lock(net)
    try:
        default_device_exit(net)
    finally:
        rtnl_unlock(net)
