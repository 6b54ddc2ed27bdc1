"""Addresses by ioctl, as ifconfig(8) sets and reads them.

Linux: devinet_ioctl() and inet_gifconf() of net/ipv4/devinet.c
"""

from __future__ import annotations

import errno

import softnet.arch.mem as mem
import softnet.uapi.if_ as if_
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnl
import softnet.uapi.sockios as sockios
from softnet.net.core.dev.config import dev_change_flags
from softnet.net.ipv4.devconf import ipv4_devconf_setall
from softnet.net.ipv4.devinet import inet_del_ifa, inet_insert_ifa
from softnet.structs.inetdevice import InIfaddr, inet_make_mask
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice


def devinet_ioctl(net: Net, cmd: int, name: str, value: int = 0) -> int:
    """devinet_ioctl(): SIOC[GS]IF{ADDR,BRDADDR,DSTADDR,NETMASK} and SIOCSIFFLAGS, for "eth0" or
    "eth0:1".

    value is the address or the flags to set; answers the address asked for, or 0. OSError: ENODEV,
    EADDRNOTAVAIL, EINVAL. The caller checks capabilities and holds the RTNL.
    """
    devname, colon, _ = name.partition(":")
    dev = net.dev_by_name.get(devname)
    if dev is None:
        raise OSError(errno.ENODEV, "No such device")
    in_dev = dev.ip_ptr
    ifa: InIfaddr | None = None
    if in_dev is not None:
        for other in in_dev.ifa_list:
            if other.ifa_label == name:
                ifa = other
                break
    if ifa is None and cmd not in (sockios.SIOCSIFADDR, sockios.SIOCSIFFLAGS):
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    if cmd == sockios.SIOCSIFADDR:
        return devinet_set_addr(dev, name, ifa, value)
    if cmd == sockios.SIOCSIFFLAGS:
        if not colon:
            error = dev_change_flags(dev, value)
            if error:
                raise OSError(-error, "SIOCSIFFLAGS")
            return 0
        if ifa is None or in_dev is None:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        if not value & if_.IFF_UP:
            inet_del_ifa(in_dev, ifa)
        return 0
    assert ifa is not None
    if cmd == sockios.SIOCGIFADDR:
        return ifa.ifa_local
    if cmd == sockios.SIOCGIFBRDADDR:
        return ifa.ifa_broadcast
    if cmd == sockios.SIOCGIFDSTADDR:
        return ifa.ifa_address
    if cmd == sockios.SIOCGIFNETMASK:
        return ifa.ifa_mask
    return devinet_change_ifa(dev, ifa, cmd, value)


def devinet_set_addr(dev: NetDevice, name: str, ifa: InIfaddr | None, addr: int) -> int:
    """SIOCSIFADDR: a new address under that label, with the mask of its class."""
    in_dev = dev.ip_ptr
    if inet_abc_len(addr) < 0:
        raise OSError(errno.EINVAL, "Invalid argument")
    if in_dev is None:
        raise OSError(errno.ENOBUFS, "No buffer space available")
    if ifa is None:
        ifa = InIfaddr(in_dev, addr, 32)
        ifa.ifa_label = name
    else:
        if ifa.ifa_local == addr:
            return 0
        inet_del_ifa(in_dev, ifa)
        ifa.ifa_broadcast = 0
        ifa.ifa_scope = rtnl.RT_SCOPE_UNIVERSE
    ifa.ifa_local = addr
    ifa.ifa_address = addr
    if not dev.flags & if_.IFF_POINTOPOINT:
        set_prefixlen(ifa, inet_abc_len(addr))
        if dev.flags & if_.IFF_BROADCAST and ifa.ifa_prefixlen < 31:
            ifa.ifa_broadcast = addr | mem.u32(~ifa.ifa_mask)
    else:
        set_prefixlen(ifa, 32)
    inet_set_ifa(dev, ifa)
    return 0


def devinet_change_ifa(dev: NetDevice, ifa: InIfaddr, cmd: int, value: int) -> int:
    """SIOCSIF{BRDADDR,DSTADDR,NETMASK}: the address goes and comes back changed."""
    in_dev = ifa.ifa_dev
    if cmd == sockios.SIOCSIFBRDADDR:
        if ifa.ifa_broadcast != value:
            inet_del_ifa(in_dev, ifa)
            ifa.ifa_broadcast = value
            inet_insert_ifa(in_dev, ifa)
        return 0
    if cmd == sockios.SIOCSIFDSTADDR:
        if ifa.ifa_address != value:
            if inet_abc_len(value) < 0:
                raise OSError(errno.EINVAL, "Invalid argument")
            inet_del_ifa(in_dev, ifa)
            ifa.ifa_address = value
            inet_insert_ifa(in_dev, ifa)
        return 0
    if cmd != sockios.SIOCSIFNETMASK:
        raise OSError(errno.EINVAL, "Invalid argument")
    if bad_mask(value, 0):
        raise OSError(errno.EINVAL, "Invalid argument")
    if ifa.ifa_mask != value:
        old_mask = ifa.ifa_mask
        inet_del_ifa(in_dev, ifa)
        set_prefixlen(ifa, value.bit_count())
        # A broadcast address that went with the old mask follows to the new one.
        if (
            dev.flags & if_.IFF_BROADCAST
            and ifa.ifa_prefixlen < 31
            and ifa.ifa_broadcast == ifa.ifa_local | mem.u32(~old_mask)
        ):
            ifa.ifa_broadcast = ifa.ifa_local | mem.u32(~ifa.ifa_mask)
        inet_insert_ifa(in_dev, ifa)
    return 0


def inet_set_ifa(dev: NetDevice, ifa: InIfaddr) -> None:
    """inet_set_ifa(): what SIOCSIFADDR sets; 127/8 is of host scope."""
    in_dev = dev.ip_ptr
    if in_dev is None:
        raise OSError(errno.ENOBUFS, "No buffer space available")
    ipv4_devconf_setall(in_dev)
    if ifa.ifa_local & in_.IN_LOOPBACK_TEST == in_.IN_LOOPBACK_IS:
        ifa.ifa_scope = rtnl.RT_SCOPE_HOST
    inet_insert_ifa(in_dev, ifa)


def set_prefixlen(ifa: InIfaddr, plen: int) -> None:
    """Length and mask belong together."""
    ifa.ifa_prefixlen = plen
    ifa.ifa_mask = inet_make_mask(plen)


def bad_mask(mask: int, addr: int) -> bool:
    """bad_mask(): is mask no prefix, or does addr have bits outside it?"""
    inverse = mem.u32(~mask)
    return addr & inverse != 0 or inverse & (inverse + 1) != 0


def inet_abc_len(addr: int) -> int:
    """inet_abc_len(): the prefix length of the address's class; 0 for 0.0.0.0, -1 for D and E."""
    if addr & in_.IN_ZERONET_TEST == 0:
        return 0
    if addr & in_.IN_CLASSA_TEST == in_.IN_CLASSA_IS:
        return 8
    if addr & in_.IN_CLASSB_TEST == in_.IN_CLASSB_IS:
        return 16
    if addr & in_.IN_CLASSC_TEST == in_.IN_CLASSC_IS:
        return 24
    return -1


def inet_gifconf(net: Net) -> list[tuple[str, int]]:
    """inet_gifconf(): SIOCGIFCONF: (label, address) of every address, by device."""
    found: list[tuple[str, int]] = []
    for dev in net.dev_base:
        if dev.ip_ptr is not None:
            found += [(ifa.ifa_label, ifa.ifa_local) for ifa in dev.ip_ptr.ifa_list]
    return found
