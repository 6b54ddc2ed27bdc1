"""The ARP table by ioctl, as arp(8) sets and reads it.

Linux: arp_ioctl() of net/ipv4/arp.c, struct arpreq of include/linux/if_arp.h
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.if_arp as if_arp
import softnet.uapi.neighbour as nud
import softnet.uapi.sockios as sockios
from softnet.net.core.neighbour import (
    neigh_lookup,
    neigh_lookup_create,
    neigh_update,
    pneigh_delete,
    pneigh_lookup,
)
from softnet.net.ipv4.arp import AF_INET, arp_tbl
from softnet.net.ipv4.arp_proc import arp_state_to_flags
from softnet.net.ipv4.route import ip_route_output_key
from softnet.structs.flow import Flowi4
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice

ADMIN_OVERRIDE = nud.NEIGH_UPDATE_F_OVERRIDE | nud.NEIGH_UPDATE_F_ADMIN


class ArpReq:
    """struct arpreq; the address a host integer."""

    __slots__ = (
        "arp_dev",
        "arp_flags",
        "arp_ha",
        "arp_ha_family",
        "arp_netmask",
        "arp_pa",
        "arp_pa_family",
    )

    arp_pa: int
    arp_pa_family: int
    arp_ha: bytes
    arp_ha_family: int  # ARPHRD_*, 0: the device's
    arp_flags: int  # ATF_*
    arp_netmask: int
    arp_dev: str

    def __init__(self, pa: int, ha: bytes = b"", flags: int = 0, dev: str = "") -> None:
        self.arp_pa = pa
        self.arp_pa_family = AF_INET
        self.arp_ha = ha
        self.arp_ha_family = 0
        self.arp_flags = flags
        self.arp_netmask = 0
        self.arp_dev = dev


def arp_ioctl(net: Net, cmd: int, r: ArpReq) -> None:
    """arp_ioctl(): SIOCSARP, SIOCDARP, SIOCGARP, which fills r in. The caller checks capabilities.

    OSError: EPFNOSUPPORT, EINVAL, ENODEV, ENXIO (no such entry), ENOBUFS.
    """
    if r.arp_pa_family != AF_INET:
        raise OSError(errno.EPFNOSUPPORT, "Protocol family not supported")
    if not r.arp_flags & if_arp.ATF_PUBL and r.arp_flags & (
        if_arp.ATF_NETMASK | if_arp.ATF_DONTPUB
    ):
        raise OSError(errno.EINVAL, "Invalid argument")
    if not r.arp_flags & if_arp.ATF_NETMASK:
        r.arp_netmask = const.U32_MAX
    dev: NetDevice | None = None
    if r.arp_dev:
        dev = net.dev_by_name.get(r.arp_dev)
        if dev is None:
            raise OSError(errno.ENODEV, "No such device")
        if not r.arp_ha_family:
            r.arp_ha_family = dev.type
        if cmd == sockios.SIOCSARP and r.arp_ha_family != dev.type:
            raise OSError(errno.EINVAL, "Invalid argument")
    elif cmd == sockios.SIOCGARP:
        raise OSError(errno.ENODEV, "No such device")
    if cmd == sockios.SIOCDARP:
        arp_req_delete(net, r, dev)
    elif cmd == sockios.SIOCSARP:
        arp_req_set(net, r, dev)
    else:
        assert cmd == sockios.SIOCGARP
        assert dev is not None
        arp_req_get(net, r, dev)


def arp_req_set(net: Net, r: ArpReq, dev: NetDevice | None) -> None:
    """arp_req_set()"""
    if r.arp_flags & if_arp.ATF_PUBL:
        arp_req_set_public(net, r, dev)
        return
    if r.arp_flags & if_arp.ATF_PERM:
        r.arp_flags |= if_arp.ATF_COM
    if dev is None:
        dev = device_towards(net, r.arp_pa)
        if r.arp_ha_family not in (0, dev.type):
            raise OSError(errno.EINVAL, "Invalid argument")
    neigh = neigh_lookup_create(arp_tbl(net), r.arp_pa, dev)
    if neigh is None:
        raise OSError(-arp_tbl(net).error, "neigh_create")
    state = nud.NUD_PERMANENT if r.arp_flags & if_arp.ATF_PERM else nud.NUD_STALE
    ha = r.arp_ha[: dev.addr_len] if r.arp_flags & if_arp.ATF_COM else None
    err = neigh_update(neigh, ha, state, ADMIN_OVERRIDE)
    if err:
        raise OSError(-err, "neigh_update")


def device_towards(net: Net, addr: int) -> NetDevice:
    """The device by which addr is on a link: RTO_ONLINK. OSError with the lookup's error."""
    fl4 = Flowi4(addr, tos=const.RTO_ONLINK)
    rt = ip_route_output_key(net, fl4)
    if rt is None:
        raise OSError(-fl4.error, "ip_route_output")
    assert rt.dev is not None
    return rt.dev


def arp_req_set_public(net: Net, r: ArpReq, dev: NetDevice | None) -> None:
    """arp_req_set_public(): answer for one address, or for all that we have routes to."""
    if r.arp_netmask not in (0, const.U32_MAX):
        raise OSError(errno.EINVAL, "Invalid argument")
    if dev is None and r.arp_flags & if_arp.ATF_COM:
        dev = next((d for d in net.dev_base if d.dev_addr == r.arp_ha[: d.addr_len] != b""), None)
        if dev is None:
            raise OSError(errno.ENODEV, "No such device")
    if r.arp_netmask:
        if pneigh_lookup(arp_tbl(net), r.arp_pa, dev, True) is None:
            raise OSError(errno.ENOBUFS, "No buffer space available")
        return
    arp_req_set_proxy(net, dev, 1)


def arp_req_set_proxy(net: Net, dev: NetDevice | None, on: int) -> None:
    """arp_req_set_proxy(): proxy_arp of a device, or of `all`."""
    if dev is None:
        net.ipv4.devconf_all.proxy_arp = on
    elif dev.ip_ptr is not None:
        dev.ip_ptr.cnf.proxy_arp = on
    else:
        raise OSError(errno.ENXIO, "No such device or address")


def arp_req_get(net: Net, r: ArpReq, dev: NetDevice) -> None:
    """arp_req_get()"""
    neigh = neigh_lookup(arp_tbl(net), r.arp_pa, dev)
    if neigh is None:
        raise OSError(errno.ENXIO, "No such device or address")
    r.arp_ha = neigh.ha
    r.arp_flags = arp_state_to_flags(neigh)
    r.arp_ha_family = dev.type
    r.arp_dev = dev.name


def arp_req_delete(net: Net, r: ArpReq, dev: NetDevice | None) -> None:
    """arp_req_delete(), arp_invalidate()"""
    if r.arp_flags & if_arp.ATF_PUBL:
        if r.arp_netmask == const.U32_MAX:
            if pneigh_delete(arp_tbl(net), r.arp_pa, dev):
                raise OSError(errno.ENOENT, "No such file or directory")
        elif r.arp_netmask:
            raise OSError(errno.EINVAL, "Invalid argument")
        else:
            arp_req_set_proxy(net, dev, 0)
        return
    if dev is None:
        dev = device_towards(net, r.arp_pa)
    neigh = neigh_lookup(arp_tbl(net), r.arp_pa, dev)
    if neigh is None or not neigh.nud_state & ~nud.NUD_NOARP:
        raise OSError(errno.ENXIO, "No such device or address")
    neigh_update(neigh, None, nud.NUD_FAILED, ADMIN_OVERRIDE)
