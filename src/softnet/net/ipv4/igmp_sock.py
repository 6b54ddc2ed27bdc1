"""What sockets ask of multicast: join, leave, and whom to listen to.

Linux: ip_mc_join_group() to ip_mc_sf_allow() in net/ipv4/igmp.c. RFC 3376 3, RFC 3678.

Each socket has a list of memberships (IpMcSocklist); each membership counts in the device's group.
Errors are negative errnos, as setsockopt() shows them.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
from softnet.net.core.dev.registry import dev_get_by_index
from softnet.net.ipv4.datagram import ipv4_is_multicast
from softnet.net.ipv4.fib_frontend import ip_dev_find
from softnet.net.ipv4.igmp import (
    ip_mc_add_src,
    ip_mc_dec_group,
    ip_mc_del_src,
    ip_mc_inc_group,
)
from softnet.net.ipv4.route import ip_route_output_key
from softnet.structs.flow import Flowi4
from softnet.structs.igmp import IpMcSocklist

if TYPE_CHECKING:
    from softnet.structs.inet_sock import InetSock
    from softnet.structs.inetdevice import InDevice
    from softnet.structs.net_namespace import Net


class IpMreqn:
    """struct ip_mreqn: a group, and the interface by address or by index (0: the route's)."""

    __slots__ = ("imr_address", "imr_ifindex", "imr_multiaddr")

    imr_multiaddr: int
    imr_address: int
    imr_ifindex: int

    def __init__(self, imr_multiaddr: int, imr_address: int = 0, imr_ifindex: int = 0) -> None:
        self.imr_multiaddr = imr_multiaddr
        self.imr_address = imr_address
        self.imr_ifindex = imr_ifindex


def ip_mc_find_dev(net: Net, imr: IpMreqn) -> InDevice | None:
    """ip_mc_find_dev(): which interface imr means; its index is filled in."""
    if imr.imr_ifindex:
        dev = dev_get_by_index(net, imr.imr_ifindex)
        return None if dev is None else dev.ip_ptr
    dev = None
    if imr.imr_address:
        dev = ip_dev_find(net, imr.imr_address)
        if dev is None:
            return None
    if dev is None:
        rt = ip_route_output_key(net, Flowi4(imr.imr_multiaddr))
        if rt is not None:
            dev = rt.dev
    if dev is None:
        return None
    imr.imr_ifindex = dev.ifindex
    return dev.ip_ptr


def socket_groups(sk: InetSock) -> list[IpMcSocklist]:
    """The socket's memberships, the newest first."""
    groups = []
    for pmc in sk.mc_list:
        assert isinstance(pmc, IpMcSocklist)
        groups.append(pmc)
    return groups


def find_membership(sk: InetSock, multiaddr: int, ifindex: int) -> IpMcSocklist | None:
    """The membership for that group on that interface."""
    for pmc in socket_groups(sk):
        if pmc.imr_multiaddr == multiaddr and pmc.imr_ifindex == ifindex:
            return pmc
    return None


def ip_mc_join_group(sk: InetSock, imr: IpMreqn) -> int:
    """ip_mc_join_group(): 0, -EINVAL, -ENODEV, -EADDRINUSE, or -ENOBUFS (igmp_max_memberships)."""
    if trace.ip_mc_join_group.enabled:
        trace.ip_mc_join_group.fire(sk)
    if not ipv4_is_multicast(imr.imr_multiaddr):
        return -errno.EINVAL
    net = sk.sk_net
    in_dev = ip_mc_find_dev(net, imr)
    if in_dev is None:
        return -errno.ENODEV
    if find_membership(sk, imr.imr_multiaddr, imr.imr_ifindex) is not None:
        return -errno.EADDRINUSE
    if len(sk.mc_list) >= net.ipv4.sysctl_igmp_max_memberships:
        return -errno.ENOBUFS
    iml = IpMcSocklist(imr.imr_multiaddr, imr.imr_address, imr.imr_ifindex, in_.MCAST_EXCLUDE)
    sk.mc_list.insert(0, iml)
    ip_mc_inc_group(in_dev, imr.imr_multiaddr)
    return 0


def ip_mc_leave_group(sk: InetSock, imr: IpMreqn) -> int:
    """ip_mc_leave_group(): 0, -ENODEV, or -EADDRNOTAVAIL if sk was not a member."""
    if trace.ip_mc_leave_group.enabled:
        trace.ip_mc_leave_group.fire(sk)
    group = imr.imr_multiaddr
    in_dev = ip_mc_find_dev(sk.sk_net, imr)
    if in_dev is None:
        return -errno.ENODEV
    ifindex = imr.imr_ifindex
    for iml in socket_groups(sk):
        if iml.imr_multiaddr != group:
            continue
        if ifindex:
            if iml.imr_ifindex != ifindex:
                continue
        elif imr.imr_address and imr.imr_address != iml.imr_address:
            continue
        ip_mc_leave_src(iml, in_dev)
        sk.mc_list.remove(iml)
        ip_mc_dec_group(in_dev, group)
        return 0
    return -errno.EADDRNOTAVAIL


def ip_mc_leave_src(iml: IpMcSocklist, in_dev: InDevice | None) -> None:
    """ip_mc_leave_src(): the membership's filter no longer counts."""
    if in_dev is not None:
        ip_mc_del_src(in_dev, iml.imr_multiaddr, iml.sfmode, iml.sflist or [], False)
    iml.sflist = None


def ip_mc_source(
    add: bool, omode: int, sk: InetSock, group: int, interface: int, source: int, ifindex: int
) -> int:
    """ip_mc_source(): add a source to a membership's filter, or take it out.

    omode: MCAST_INCLUDE for joining and leaving sources, MCAST_EXCLUDE for blocking. 0 or -errno.
    """
    if not ipv4_is_multicast(group):
        return -errno.EINVAL
    imr = IpMreqn(group, interface, ifindex)
    in_dev = ip_mc_find_dev(sk.sk_net, imr)
    if in_dev is None:
        return -errno.ENODEV
    pmc = find_membership(sk, group, imr.imr_ifindex)
    if pmc is None:
        return -errno.EINVAL
    if pmc.sflist is not None:
        if pmc.sfmode != omode:
            return -errno.EINVAL
    elif pmc.sfmode != omode:  # an empty filter may change its mode
        ip_mc_add_src(in_dev, group, omode, [], False)
        ip_mc_del_src(in_dev, group, pmc.sfmode, [], False)
        pmc.sfmode = omode
    sources = pmc.sflist
    if not add:
        if sources is None or source not in sources:
            return -errno.EADDRNOTAVAIL
        if len(sources) == 1 and omode == in_.MCAST_INCLUDE:  # listening to nobody is leaving
            return ip_mc_leave_group(sk, imr)
        ip_mc_del_src(in_dev, group, omode, [source], True)
        sources.remove(source)
        return 0
    if sources is not None and len(sources) >= sk.sk_net.ipv4.sysctl_igmp_max_msf:
        return -errno.ENOBUFS
    if sources is None:
        pmc.sflist = sources = []
    if source in sources:
        return -errno.EADDRNOTAVAIL
    sources.append(source)
    ip_mc_add_src(in_dev, group, omode, [source], True)
    return 0


def ip_mc_msfilter(
    sk: InetSock, group: int, interface: int, fmode: int, sources: list[int], ifindex: int
) -> int:
    """ip_mc_msfilter(): a whole new filter for a membership. 0 or -errno."""
    if not ipv4_is_multicast(group):
        return -errno.EINVAL
    if fmode not in (in_.MCAST_INCLUDE, in_.MCAST_EXCLUDE):
        return -errno.EINVAL
    imr = IpMreqn(group, interface, ifindex)
    in_dev = ip_mc_find_dev(sk.sk_net, imr)
    if in_dev is None:
        return -errno.ENODEV
    if fmode == in_.MCAST_INCLUDE and not sources:
        return ip_mc_leave_group(sk, imr)
    pmc = find_membership(sk, group, imr.imr_ifindex)
    if pmc is None:
        return -errno.EINVAL
    ip_mc_add_src(in_dev, group, fmode, sources, False)
    ip_mc_del_src(in_dev, group, pmc.sfmode, pmc.sflist or [], False)
    pmc.sflist = list(sources) if sources else None
    pmc.sfmode = fmode
    return 0


def ip_mc_msfget(sk: InetSock, group: int, interface: int, ifindex: int) -> tuple[int, list[int]]:
    """ip_mc_msfget(), ip_mc_gsfget(): a membership's filter mode and sources; raises OSError."""
    if not ipv4_is_multicast(group):
        raise OSError(errno.EINVAL, "Invalid argument")
    imr = IpMreqn(group, interface, ifindex)
    if ip_mc_find_dev(sk.sk_net, imr) is None:
        raise OSError(errno.ENODEV, "No such device")
    pmc = find_membership(sk, group, imr.imr_ifindex)
    if pmc is None:
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    return pmc.sfmode, list(pmc.sflist or [])


def ip_mc_sf_allow(sk: InetSock, loc_addr: int, rmt_addr: int, dif: int) -> bool:
    """ip_mc_sf_allow(): does sk want a multicast to loc_addr from rmt_addr by device dif?

    A socket that is no member gets what the host gets, unless IP_MULTICAST_ALL is off.
    """
    if not ipv4_is_multicast(loc_addr):
        return True
    pmc = find_membership(sk, loc_addr, dif)
    if pmc is None:
        return sk.mc_all
    if pmc.sflist is None:
        return pmc.sfmode == in_.MCAST_EXCLUDE
    return (rmt_addr in pmc.sflist) == (pmc.sfmode == in_.MCAST_INCLUDE)


def ip_mc_drop_socket(sk: InetSock) -> None:
    """ip_mc_drop_socket(): the socket is closed: it leaves everything."""
    for iml in socket_groups(sk):
        dev = dev_get_by_index(sk.sk_net, iml.imr_ifindex)
        in_dev = None if dev is None else dev.ip_ptr
        ip_mc_leave_src(iml, in_dev)
        if in_dev is not None:
            ip_mc_dec_group(in_dev, iml.imr_multiaddr)
    sk.mc_list = []
