"""net.ipv4.conf.*, net.ipv4.neigh.*, net.ipv4.route.* and net.ipv4.ip_forward.

Linux: devinet_sysctl_register() of devinet.c, neigh_sysctl_register() of neighbour.c,
ipv4_route_table of route.c

Each device has forty of these rows. They are made when somebody asks for one, so that thousands of
idle hosts do not carry them, and a device that is renamed or goes takes its rows with it.
"""

from __future__ import annotations

import errno
from typing import Any

import softnet.arch.const as const
from softnet.kernel.sysctl import (
    CallRow,
    IntRow,
    JiffiesRow,
    MsJiffiesRow,
    SysctlRow,
    SysctlTable,
    UserHzRow,
    dotted,
)
from softnet.net.ipv4.arp import arp_tbl
from softnet.net.ipv4.devconf import DEVCONF_NAMES, devconf_write
from softnet.net.ipv4.route_cache import rt_cache_flush, rt_cache_of
from softnet.structs.inetdevice import Ipv4Devconf
from softnet.structs.neighbour import NeighParms
from softnet.structs.net_namespace import Net

CONF = "net.ipv4.conf."
NEIGH = "net.ipv4.neigh."
ROUTE = "net.ipv4.route."

# name: (field, kind of row)
NEIGH_ROWS: dict[str, tuple[str, type[IntRow]]] = {
    "mcast_solicit": ("mcast_probes", IntRow),
    "ucast_solicit": ("ucast_probes", IntRow),
    "app_solicit": ("app_probes", IntRow),
    "retrans_time": ("retrans_time", UserHzRow),
    "base_reachable_time": ("base_reachable_time", JiffiesRow),
    "delay_first_probe_time": ("delay_probe_time", JiffiesRow),
    "gc_stale_time": ("gc_staletime", JiffiesRow),
    "unres_qlen": ("queue_len", IntRow),
    "proxy_qlen": ("proxy_qlen", IntRow),
    "anycast_delay": ("anycast_delay", UserHzRow),
    "proxy_delay": ("proxy_delay", UserHzRow),
    "locktime": ("locktime", UserHzRow),
    "retrans_time_ms": ("retrans_time", MsJiffiesRow),
    "base_reachable_time_ms": ("base_reachable_time", MsJiffiesRow),
}
NEIGH_TABLE_ROWS: dict[str, type[IntRow]] = {
    "gc_interval": JiffiesRow,
    "gc_thresh1": IntRow,
    "gc_thresh2": IntRow,
    "gc_thresh3": IntRow,
}
ROUTE_ROWS: dict[str, tuple[str, type[IntRow]]] = {
    "max_size": ("ip_rt_max_size", IntRow),
    "gc_min_interval": ("ip_rt_gc_min_interval", JiffiesRow),
    "gc_min_interval_ms": ("ip_rt_gc_min_interval", MsJiffiesRow),
    "gc_timeout": ("ip_rt_gc_timeout", JiffiesRow),
    "gc_interval": ("ip_rt_gc_interval", JiffiesRow),
    "redirect_load": ("ip_rt_redirect_load", IntRow),
    "redirect_number": ("ip_rt_redirect_number", IntRow),
    "redirect_silence": ("ip_rt_redirect_silence", IntRow),
    "error_cost": ("ip_rt_error_cost", IntRow),
    "error_burst": ("ip_rt_error_burst", IntRow),
    "gc_elasticity": ("ip_rt_gc_elasticity", IntRow),
    "mtu_expires": ("ip_rt_mtu_expires", JiffiesRow),
    "min_pmtu": ("ip_rt_min_pmtu", IntRow),
    "min_adv_mss": ("ip_rt_min_advmss", IntRow),
}


class DevconfRow(IntRow):
    """One tunable of one device, or of `all` or `default`."""

    __slots__ = ("net",)

    net: Net

    def __init__(self, net: Net, cnf: Ipv4Devconf, name: str) -> None:
        IntRow.__init__(self, cnf, name, mode=0o444 if name == "mc_forwarding" else 0o644)
        self.net = net

    def set(self, value: Any) -> None:
        """devinet_conf_proc()"""
        devconf_write(self.net, self.obj, self.attr, value)


class Ipv4DevSysctl(SysctlTable):
    """A link in a namespace's chain of tables, whose rows exist while they are looked at."""

    __slots__ = ("net",)

    net: Net

    def __init__(self, net: Net, parent: SysctlTable | None) -> None:
        SysctlTable.__init__(self, parent)
        self.net = net

    def row(self, path: str) -> SysctlRow:
        """The row of a path; OSError(ENOENT)."""
        found = self.make_row(dotted(path))
        if found is not None:
            return found
        return SysctlTable.row(self, path)

    def make_row(self, path: str) -> SysctlRow | None:
        """A row of ours, or None."""
        net = self.net
        where, _, name = path.rpartition(".")
        if path == "net.ipv4.ip_forward":
            return DevconfRow(net, net.ipv4.devconf_all, "forwarding")
        if path == "net.ipv4.rt_cache_rebuild_count":
            return IntRow(rt_cache_of(net), "rebuild_max")
        if path.startswith(CONF) and name in DEVCONF_NAMES:
            cnf = self.conf_of(where[len(CONF) :])
            return None if cnf is None else DevconfRow(net, cnf, name)
        if path.startswith(NEIGH):
            dev = where[len(NEIGH) :]
            if dev == "default" and name in NEIGH_TABLE_ROWS:
                return NEIGH_TABLE_ROWS[name](arp_tbl(net), name, 0)
            parms = self.parms_of(dev)
            if parms is not None and name in NEIGH_ROWS:
                field, kind = NEIGH_ROWS[name]
                return kind(parms, field)
        if path.startswith(ROUTE):
            return self.route_row(path[len(ROUTE) :])
        return None

    def route_row(self, name: str) -> SysctlRow | None:
        """ipv4_route_table"""
        rc = rt_cache_of(self.net)
        if name == "gc_thresh":
            return IntRow(rc.ops, "gc_thresh")
        if name == "flush":
            row = CallRow(str, self.flush)
            row.mode = 0o200
            return row
        if name in ROUTE_ROWS:
            field, kind = ROUTE_ROWS[name]
            return kind(rc, field)
        return None

    def flush(self, text: str) -> None:
        """ipv4_sysctl_rtcache_flush(): a delay in seconds; negative: entries go as they are met."""
        try:
            delay = int(text, 0)
        except ValueError:
            raise OSError(errno.EINVAL, "Invalid argument") from None
        rt_cache_flush(self.net, delay * const.HZ)

    def conf_of(self, dev: str) -> Ipv4Devconf | None:
        """The tunables of "all", "default" or a device."""
        if dev == "all":
            return self.net.ipv4.devconf_all
        if dev == "default":
            return self.net.ipv4.devconf_dflt
        found = self.net.dev_by_name.get(dev)
        return None if found is None or found.ip_ptr is None else found.ip_ptr.cnf

    def parms_of(self, dev: str) -> NeighParms | None:
        """The neighbour tunables of "default" or a device."""
        if dev == "default":
            return arp_tbl(self.net).parms
        found = self.net.dev_by_name.get(dev)
        if found is None or found.ip_ptr is None:
            return None
        parms = found.ip_ptr.arp_parms
        assert parms is None or isinstance(parms, NeighParms)
        return parms

    def names(self) -> list[str]:
        """Every path, sorted."""
        devs = [dev.name for dev in self.net.dev_base if dev.ip_ptr is not None]
        ours = ["net.ipv4.ip_forward", "net.ipv4.rt_cache_rebuild_count"]
        ours += [
            f"{CONF}{dev}.{name}" for dev in ["all", "default", *devs] for name in DEVCONF_NAMES
        ]
        ours += [f"{NEIGH}{dev}.{name}" for dev in ["default", *devs] for name in NEIGH_ROWS]
        ours += [f"{NEIGH}default.{name}" for name in NEIGH_TABLE_ROWS]
        ours += [ROUTE + name for name in (*ROUTE_ROWS, "gc_thresh", "flush")]
        return sorted({*ours, *SysctlTable.names(self)})


def route_sysctl_net_init(net: Net) -> None:
    """Put net's rows before those that all namespaces share. After devinet, arp and route."""
    net.sysctl.parent = Ipv4DevSysctl(net, net.sysctl.parent)
