"""ioctls of devices: what ifconfig(8) and its like ask and set by a device's name.

Linux: dev_ioctl(), dev_ifconf(), dev_ifsioc() of net/core/dev.c; struct ifreq of include/linux/if.h

struct ifreq is a name in 16 bytes and a union of 24: a sockaddr, flags (16 bits), an int, a name, or
struct ifmap. Any socket answers these; what concerns addresses is answered by its family before.
"""

from __future__ import annotations

import errno
import os

import softnet.arch.const as const
import softnet.uapi.if_ as if_
import softnet.uapi.sockios as sockios
from softnet.net.core.dev.config import (
    dev_change_flags,
    dev_get_flags,
    dev_set_mac_address,
    dev_set_mtu,
)
from softnet.net.core.dev.netdev_chain import call_netdevice_notifiers
from softnet.net.core.dev.queue import netif_device_present
from softnet.net.core.dev.registry import dev_change_name, dev_get_by_index, dev_get_by_name
from softnet.net.core.dev_addr_lists import dev_mc_add_global, dev_mc_del_global
from softnet.net.core.ethtool import dev_ethtool
from softnet.net.core.rtnl import rtnl_lock, rtnl_unlock
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice

IFNAMSIZ = if_.IFNAMSIZ
IFREQ_LEN = 40
IFCONF_LEN = 16  # int ifc_len, 4 bytes of padding, a pointer
SA_DATA_LEN = 14
AF_UNSPEC = 0
PRIVATE = range(sockios.SIOCDEVPRIVATE, sockios.SIOCDEVPRIVATE + 16)
GETTERS = frozenset(
    {
        sockios.SIOCGIFFLAGS,
        sockios.SIOCGIFMETRIC,
        sockios.SIOCGIFMTU,
        sockios.SIOCGIFHWADDR,
        sockios.SIOCGIFSLAVE,
        sockios.SIOCGIFMAP,
        sockios.SIOCGIFINDEX,
        sockios.SIOCGIFTXQLEN,
    }
)
SETTERS = frozenset(
    {
        sockios.SIOCSIFFLAGS,
        sockios.SIOCSIFMETRIC,
        sockios.SIOCSIFMTU,
        sockios.SIOCSIFHWADDR,
        sockios.SIOCSIFHWBROADCAST,
        sockios.SIOCSIFTXQLEN,
        sockios.SIOCSIFNAME,
        sockios.SIOCADDMULTI,
        sockios.SIOCDELMULTI,
    }
)
# The driver's own; none of ours has any.
OF_THE_DRIVER = frozenset(
    {
        sockios.SIOCSIFMAP,
        sockios.SIOCSIFSLAVE,
        sockios.SIOCGMIIPHY,
        sockios.SIOCGMIIREG,
        sockios.SIOCSMIIREG,
        sockios.SIOCSHWTSTAMP,
        sockios.SIOCWANDEV,
        *PRIVATE,
    }
)
KNOWN = (
    GETTERS
    | SETTERS
    | OF_THE_DRIVER
    | {sockios.SIOCGIFCONF, sockios.SIOCGIFNAME, sockios.SIOCETHTOOL}
)


class GifconfOps:
    """What a family answers SIOCGIFCONF with."""

    __slots__ = ()

    def rows(self, net: Net) -> list[bytes]:
        """struct ifreq for each of its addresses."""
        return []


gifconf_list: list[GifconfOps] = []


def register_gifconf(ops: GifconfOps) -> None:
    """register_gifconf(): the same one again is fine."""
    if ops not in gifconf_list:
        gifconf_list.append(ops)


def dev_ioctl(net: Net, cmd: int, arg: object) -> bytes:
    """dev_ioctl(): the struct as it goes back. OSError: ENODEV, EINVAL, ENOTTY for what is not ours.

    SIOCGIFCONF takes struct ifconf, whose pointer only counts as null or not, and appends the rows;
    SIOCETHTOOL takes the caller's struct behind struct ifreq, and appends the answer.
    """
    if cmd not in KNOWN:
        raise error(errno.ENOTTY)
    if not isinstance(arg, bytes | bytearray | memoryview):
        raise error(errno.EFAULT)
    if cmd == sockios.SIOCGIFCONF:
        return dev_ifconf(net, bytes(arg).ljust(IFCONF_LEN, b"\0"))
    ifr = bytearray(bytes(arg[:IFREQ_LEN]).ljust(IFREQ_LEN, b"\0"))
    if cmd == sockios.SIOCGIFNAME:
        return dev_ifname(net, ifr)
    ifr[IFNAMSIZ - 1] = 0
    name = bytes(ifr[:IFNAMSIZ]).split(b"\0")[0].split(b":")[0]  # the device of an alias
    dev = dev_get_by_name(net, name.decode("latin-1"))
    if dev is None:
        raise error(errno.ENODEV)
    if cmd in GETTERS:
        value = get_value(dev, cmd)
        ifr[IFNAMSIZ : IFNAMSIZ + len(value)] = value
        return bytes(ifr)
    rtnl_lock(net)
    try:
        if cmd == sockios.SIOCETHTOOL:
            return bytes(ifr) + dev_ethtool(dev, bytes(arg[IFREQ_LEN:]))
        err = set_value(dev, cmd, bytes(ifr[IFNAMSIZ:]))
    finally:
        rtnl_unlock(net)
    if err < 0:
        raise error(-err)
    return bytes(ifr)


def dev_ifname(net: Net, ifr: bytearray) -> bytes:
    """dev_ifname(): SIOCGIFNAME: the name of an index."""
    dev = dev_get_by_index(net, int_of(ifr[IFNAMSIZ:]))
    if dev is None:
        raise error(errno.ENODEV)
    ifr[:IFNAMSIZ] = dev.name.encode("latin-1").ljust(IFNAMSIZ, b"\0")
    return bytes(ifr)


def dev_ifconf(net: Net, ifc: bytes) -> bytes:
    """dev_ifconf(): SIOCGIFCONF: as many rows as fit; without a buffer, how long they all are."""
    rows = [row for ops in gifconf_list for row in ops.rows(net)]
    if any(ifc[8:16]):
        rows = rows[: max(int_of(ifc), 0) // IFREQ_LEN]
        return int_value(len(rows) * IFREQ_LEN) + ifc[4:IFCONF_LEN] + b"".join(rows)
    return int_value(len(rows) * IFREQ_LEN) + ifc[4:IFCONF_LEN]


def get_value(dev: NetDevice, cmd: int) -> bytes:
    """dev_ifsioc_locked(): the union of struct ifreq."""
    match cmd:
        case sockios.SIOCGIFFLAGS:
            return (dev_get_flags(dev) & const.U16_MAX).to_bytes(2, "little")
        case sockios.SIOCGIFMTU:
            return int_value(dev.mtu)
        case sockios.SIOCGIFHWADDR:
            return dev.type.to_bytes(2, "little") + hw_addr(dev)
        case sockios.SIOCGIFSLAVE:
            raise error(errno.EINVAL)
        case sockios.SIOCGIFMAP:
            head = bytes(16) + (dev.base_addr & const.U16_MAX).to_bytes(2, "little")
            return (head + bytes((dev.irq & const.U8_MAX,))).ljust(24, b"\0")
        case sockios.SIOCGIFINDEX:
            return int_value(dev.ifindex)
        case sockios.SIOCGIFTXQLEN:
            return int_value(dev.tx_queue_len)
    return int_value(0)  # SIOCGIFMETRIC: Linux has none


def hw_addr(dev: NetDevice) -> bytes:
    """sa_data of the link address."""
    return bytes(dev.dev_addr[: min(dev.addr_len, SA_DATA_LEN)]).ljust(SA_DATA_LEN, b"\0")


def set_value(dev: NetDevice, cmd: int, value: bytes) -> int:
    """dev_ifsioc(): under the RTNL; 0 or -errno."""
    family = int.from_bytes(value[:2], "little")
    data = value[2 : 2 + dev.addr_len]
    match cmd:
        case sockios.SIOCSIFFLAGS:
            return dev_change_flags(dev, family)
        case sockios.SIOCSIFMTU:
            return dev_set_mtu(dev, int_of(value))
        case sockios.SIOCSIFHWADDR:
            return dev_set_mac_address(dev, data, family)
        case sockios.SIOCSIFHWBROADCAST:
            if family != dev.type:
                return -errno.EINVAL
            dev.broadcast = data
            call_netdevice_notifiers(const.NETDEV_CHANGEADDR, dev)
            return 0
        case sockios.SIOCADDMULTI | sockios.SIOCDELMULTI:
            return set_multicast(dev, cmd, family, data)
        case sockios.SIOCSIFTXQLEN:
            if int_of(value) < 0:
                return -errno.EINVAL
            dev.tx_queue_len = int_of(value)
            return 0
        case sockios.SIOCSIFNAME:
            newname = value[: IFNAMSIZ - 1].split(b"\0")[0].decode("latin-1")
            return dev_change_name(dev, newname)
    return -errno.EOPNOTSUPP  # SIOCSIFMETRIC, and what a driver would know


def set_multicast(dev: NetDevice, cmd: int, family: int, addr: bytes) -> int:
    """SIOCADDMULTI, SIOCDELMULTI: a link address that the card shall hear, too."""
    if family != AF_UNSPEC:
        return -errno.EINVAL
    if not netif_device_present(dev):
        return -errno.ENODEV
    if cmd == sockios.SIOCADDMULTI:
        return dev_mc_add_global(dev, addr)
    return dev_mc_del_global(dev, addr)


def int_of(data: bytes | bytearray) -> int:
    """The int at the front."""
    return int.from_bytes(data[:4], "little", signed=True)


def int_value(value: int) -> bytes:
    """A C int."""
    return (value & const.U32_MAX).to_bytes(4, "little")


def error(number: int) -> OSError:
    """OSError with its text."""
    return OSError(number, os.strerror(number))
