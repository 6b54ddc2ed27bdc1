"""The ioctls of IPv4 that hand over a struct: addresses, routes, the ARP table, all addresses.

Linux: inet_ioctl() of net/ipv4/af_inet.c, and the copying in devinet.c, fib_frontend.c and arp.c

Here structs of x86-64 are taken apart and put together; what they mean is in devinet_ioctl,
fib_frontend and arp_ioctl.
"""

from __future__ import annotations

import errno

import softnet.uapi.socket as socket_
import softnet.uapi.sockios as sockios
from softnet.net.core.dev_ioctl import GifconfOps, register_gifconf
from softnet.net.core.rtnl import rtnl_lock, rtnl_unlock
from softnet.net.ipv4.arp_ioctl import ArpReq, arp_ioctl
from softnet.net.ipv4.devinet_ioctl import devinet_ioctl, inet_gifconf
from softnet.net.ipv4.fib_frontend import RtEntry, ip_rt_ioctl
from softnet.structs.net_namespace import Net

IFNAMSIZ = 16
IFREQ_LEN = 40
RTENTRY_LEN = 120
ARPREQ_LEN = 68
ARP_HA_LEN = 14  # bytes of arp_ha.sa_data
ROUTE_IOCTLS = frozenset({sockios.SIOCADDRT, sockios.SIOCDELRT})
ARP_IOCTLS = frozenset({sockios.SIOCGARP, sockios.SIOCSARP, sockios.SIOCDARP})
IFADDR_IOCTLS = frozenset(
    {
        sockios.SIOCGIFADDR,
        sockios.SIOCSIFADDR,
        sockios.SIOCGIFBRDADDR,
        sockios.SIOCSIFBRDADDR,
        sockios.SIOCGIFNETMASK,
        sockios.SIOCSIFNETMASK,
        sockios.SIOCGIFDSTADDR,
        sockios.SIOCSIFDSTADDR,
        sockios.SIOCSIFFLAGS,
    }
)
ADDR_GETTERS = frozenset(
    {
        sockios.SIOCGIFADDR,
        sockios.SIOCGIFBRDADDR,
        sockios.SIOCGIFNETMASK,
        sockios.SIOCGIFDSTADDR,
    }
)
INET_IOCTLS = IFADDR_IOCTLS | ROUTE_IOCTLS | ARP_IOCTLS | {sockios.SIOCRTMSG}


def inet_struct_ioctl(net: Net, cmd: int, arg: object) -> object:
    """One of INET_IOCTLS: the struct as it goes back, or 0. OSError."""
    if cmd in ROUTE_IOCTLS:
        return inet_route_ioctl(net, cmd, arg)
    if cmd in ARP_IOCTLS:
        return inet_arp_ioctl(net, cmd, arg)
    if cmd == sockios.SIOCRTMSG:
        raise OSError(errno.EINVAL, "Invalid argument")
    return inet_ifaddr_ioctl(net, cmd, arg)


def inet_ifaddr_ioctl(net: Net, cmd: int, arg: object) -> bytes:
    """devinet_ioctl() on a struct ifreq: name (16 bytes), then a sockaddr_in, or flags (16 bits)."""
    if not isinstance(arg, bytes | bytearray | memoryview):
        raise OSError(errno.EFAULT, "Bad address")
    ifr = bytearray(arg).ljust(IFREQ_LEN, b"\0")
    name = bytes(ifr[:IFNAMSIZ]).split(b"\0")[0].decode("ascii", "replace")
    if cmd == sockios.SIOCSIFFLAGS:
        value = int.from_bytes(ifr[IFNAMSIZ : IFNAMSIZ + 2], "little")
    else:
        family = int.from_bytes(ifr[IFNAMSIZ : IFNAMSIZ + 2], "little")
        if cmd not in ADDR_GETTERS and family != socket_.AF_INET:
            raise OSError(errno.EINVAL, "Invalid argument")
        value = int.from_bytes(ifr[IFNAMSIZ + 4 : IFNAMSIZ + 8], "big")
    rtnl_lock(net)
    try:
        answer = devinet_ioctl(net, cmd, name, value)
    finally:
        rtnl_unlock(net)
    if cmd in ADDR_GETTERS:
        ifr[IFNAMSIZ : IFNAMSIZ + 16] = sockaddr_in(answer)
    return bytes(ifr)


def inet_route_ioctl(net: Net, cmd: int, arg: object) -> int:
    """ip_rt_ioctl() on a struct rtentry of x86-64; a device name, if any, as its last 16 bytes.

    Layout: pad 8, dst 16, gateway 16, genmask 16, flags 2, pad 22, metric 2, pad 6, dev pointer 8,
    mtu 8, window 8, irtt 2. A pointer means nothing here: callers append the name to the 120 bytes.
    """
    if not isinstance(arg, bytes | bytearray | memoryview):
        raise OSError(errno.EFAULT, "Bad address")
    data = bytes(arg).ljust(RTENTRY_LEN, b"\0")
    rt = RtEntry()
    rt.rt_dst_family, rt.rt_dst = read_sockaddr_in(data, 8)
    rt.rt_gateway_family, rt.rt_gateway = read_sockaddr_in(data, 24)
    rt.rt_genmask_family, rt.rt_genmask = read_sockaddr_in(data, 40)
    rt.rt_flags = int.from_bytes(data[56:58], "little")
    rt.rt_metric = int.from_bytes(data[80:82], "little", signed=True)
    rt.rt_mtu = int.from_bytes(data[96:104], "little")
    rt.rt_window = int.from_bytes(data[104:112], "little")
    rt.rt_irtt = int.from_bytes(data[112:114], "little")
    rt.rt_dev = data[RTENTRY_LEN:].split(b"\0")[0].decode("ascii", "replace")
    rtnl_lock(net)
    try:
        ip_rt_ioctl(net, cmd, rt)
    finally:
        rtnl_unlock(net)
    return 0


def read_sockaddr_in(data: bytes, at: int) -> tuple[int, int]:
    """(family, address) of the struct sockaddr_in at that offset."""
    return int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 4 : at + 8], "big")


def inet_arp_ioctl(net: Net, cmd: int, arg: object) -> object:
    """arp_ioctl() on a struct arpreq: arp_pa 16, arp_ha 16, flags 4, netmask 16, device 16."""
    if not isinstance(arg, bytes | bytearray | memoryview):
        raise OSError(errno.EFAULT, "Bad address")
    data = bytes(arg).ljust(ARPREQ_LEN, b"\0")
    family, addr = read_sockaddr_in(data, 0)
    name = data[52:67].split(b"\0")[0].decode("ascii", "replace")
    r = ArpReq(addr, data[18 : 18 + ARP_HA_LEN], int.from_bytes(data[32:36], "little"), name)
    r.arp_pa_family = family
    r.arp_ha_family = int.from_bytes(data[16:18], "little")
    r.arp_netmask = read_sockaddr_in(data, 36)[1]
    rtnl_lock(net)
    try:
        arp_ioctl(net, cmd, r)
    finally:
        rtnl_unlock(net)
    if cmd != sockios.SIOCGARP:
        return 0
    ha = r.arp_ha_family.to_bytes(2, "little") + r.arp_ha[:ARP_HA_LEN].ljust(ARP_HA_LEN, b"\0")
    device = r.arp_dev.encode().ljust(IFNAMSIZ, b"\0")
    return data[:16] + ha + r.arp_flags.to_bytes(4, "little") + data[36:52] + device


class InetGifconf(GifconfOps):
    """The addresses of IPv4: label and sockaddr_in."""

    __slots__ = ()

    def rows(self, net: Net) -> list[bytes]:
        return [
            (label.encode().ljust(IFNAMSIZ, b"\0") + sockaddr_in(addr)).ljust(IFREQ_LEN, b"\0")
            for label, addr in inet_gifconf(net)
        ]


def sockaddr_in(addr: int) -> bytes:
    """struct sockaddr_in without a port."""
    return socket_.AF_INET.to_bytes(2, "little") + bytes(2) + addr.to_bytes(4, "big") + bytes(8)


inet_gifconf_ops = InetGifconf()


def inet_gifconf_init() -> None:
    """Once per process."""
    register_gifconf(inet_gifconf_ops)
