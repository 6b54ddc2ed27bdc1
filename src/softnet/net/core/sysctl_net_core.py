"""net.core.*: the tunables of the layers below the protocols.

Linux: net/core/sysctl_net_core.c

All but somaxconn are one for the host (machine.sysctl); the values are in init_net.core.
"""

from __future__ import annotations

import softnet.arch.const as const
from softnet.kernel.printk import log_of
from softnet.kernel.sysctl import CallRow, IntRow, JiffiesRow, numbers
from softnet.net.core.dev.rps import rps_set_sock_flow_entries
from softnet.structs.net_namespace import Net, NetnsCore

SOMAXCONN_MAX = 65535  # sk_max_ack_backlog is an unsigned short


def sysctl_core_net_init(net: Net) -> None:
    """The rows of a namespace; for init_net, those of the host too. Made when first looked at."""
    net.sysctl.later(lambda: register_rows(net))
    if net is net.nets[0]:
        net.machine.sysctl.later(net.sysctl.make_rows)


def register_rows(net: Net) -> None:
    """sysctl_core_init()"""
    core = net.core
    net.sysctl.register("net.core.somaxconn", IntRow(core, "somaxconn", 0, SOMAXCONN_MAX))
    if net is not net.nets[0]:
        return
    rows = net.machine.sysctl
    for name in ("wmem_max", "wmem_default"):
        rows.register("net.core." + name, IntRow(core, name, const.SOCK_MIN_SNDBUF))
    for name in ("rmem_max", "rmem_default"):
        rows.register("net.core." + name, IntRow(core, name, const.SOCK_MIN_RCVBUF))
    rows.register("net.core.dev_weight", IntRow(core, "weight_p"))
    for name in (
        "netdev_budget",
        "netdev_max_backlog",
        "netdev_tstamp_prequeue",
        "optmem_max",
        "warnings",
        "xfrm_acq_expires",
    ):
        rows.register("net.core." + name, IntRow(core, name))
    limits = RatelimitRows(net, core)
    rows.register("net.core.message_cost", JiffiesRow(core, "message_cost", changed=limits.changed))
    rows.register("net.core.message_burst", IntRow(core, "message_burst", changed=limits.changed))
    flows = SockFlowRow(net)
    rows.register("net.core.rps_sock_flow_entries", CallRow(flows.read, flows.write))


class RatelimitRows:
    """message_cost and message_burst: they are the log's net_ratelimit."""

    __slots__ = ("core", "net")

    net: Net
    core: NetnsCore

    def __init__(self, net: Net, core: NetnsCore) -> None:
        self.net = net
        self.core = core

    def changed(self) -> None:
        """Hand the new values over."""
        limit = log_of(self.net.machine).net_ratelimit
        limit.interval = self.core.message_cost * const.TICK_NSEC
        limit.burst = self.core.message_burst


class SockFlowRow:
    """rps_sock_flow_entries: the size of a table that is made anew."""

    __slots__ = ("net",)

    net: Net

    def __init__(self, net: Net) -> None:
        self.net = net

    def read(self) -> str:
        """How many entries there are."""
        table = self.net.core.rps_sock_flow_table
        return str(table.mask + 1 if table is not None else 0)

    def write(self, text: str) -> None:
        """OSError(EINVAL) if there cannot be so many."""
        words = numbers(text)
        rps_set_sock_flow_entries(self.net, words[0] if words else -1)
