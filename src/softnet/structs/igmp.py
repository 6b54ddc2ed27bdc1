"""Multicast membership: what a device listens to, and what each socket asked for.

Linux: include/linux/igmp.h. RFC 3376. What joins, leaves and reports is net/ipv4/igmp; the check
that every received multicast packet meets, ip_check_mc(), stands here because routing makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.kernel.timer import Timer
    from softnet.structs.inetdevice import InDevice

MCAST_EXCLUDE = 0  # index into sfcount and sf_count; the filter modes of RFC 3376
MCAST_INCLUDE = 1
IPPROTO_IGMP = 2


class IpSfList:
    """struct ip_sf_list: one source of one group on one device."""

    __slots__ = ("sf_inaddr", "sf_count", "sf_gsresp", "sf_oldin", "sf_crcount")

    sf_inaddr: int
    sf_count: list[int]  # sockets that exclude it, and that include it
    sf_gsresp: bool  # to be named in the answer to a group-and-source query
    sf_oldin: bool  # was in the INCLUDE set before the change
    sf_crcount: int  # state-change reports still to be sent

    def __init__(self, sf_inaddr: int) -> None:
        self.sf_inaddr = sf_inaddr
        self.sf_count = [0, 0]
        self.sf_gsresp = False
        self.sf_oldin = False
        self.sf_crcount = 0


class IpMcList:
    """struct ip_mc_list: one group on one device."""

    __slots__ = (
        "interface",
        "multiaddr",
        "sfmode",
        "sources",
        "tomb",
        "sfcount",
        "users",
        "timer",
        "tm_running",
        "reporter",
        "unsolicit_count",
        "loaded",
        "gsquery",
        "crcount",
    )

    interface: InDevice
    multiaddr: int
    sfmode: int  # MCAST_EXCLUDE or MCAST_INCLUDE
    sources: dict[int, IpSfList]
    tomb: dict[int, IpSfList]  # sources gone, whose BLOCK is still to be reported
    sfcount: list[int]  # sockets in each mode
    users: int
    timer: Timer | None
    tm_running: bool
    reporter: bool  # we sent the last report: a leave message is ours to send
    unsolicit_count: int
    loaded: bool  # the device's filter lets the group in
    gsquery: bool
    crcount: int

    def __init__(self, interface: InDevice, multiaddr: int) -> None:
        self.interface = interface
        self.multiaddr = multiaddr
        self.sfmode = MCAST_EXCLUDE
        self.sources = {}
        self.tomb = {}
        self.sfcount = [1, 0]
        self.users = 1
        self.timer = None
        self.tm_running = False
        self.reporter = False
        self.unsolicit_count = 0
        self.loaded = False
        self.gsquery = False
        self.crcount = 0


class IpMcSocklist:
    """struct ip_mc_socklist: one membership of one socket, with its source filter."""

    __slots__ = ("imr_multiaddr", "imr_address", "imr_ifindex", "sfmode", "sflist")

    imr_multiaddr: int
    imr_address: int  # a local address that names the interface; 0 if the index does
    imr_ifindex: int
    sfmode: int
    sflist: list[int] | None  # sorted source addresses; None while there is no filter

    def __init__(self, imr_multiaddr: int, imr_address: int, imr_ifindex: int, sfmode: int) -> None:
        self.imr_multiaddr = imr_multiaddr
        self.imr_address = imr_address
        self.imr_ifindex = imr_ifindex
        self.sfmode = sfmode
        self.sflist = None


def ip_check_mc(in_dev: InDevice, mc_addr: int, src_addr: int, proto: int) -> bool:
    """ip_check_mc_rcu(): does this device listen to mc_addr from src_addr (0: from anyone)?

    IGMP itself is let in whatever the source filter says.
    """
    im = in_dev.mc_list.get(mc_addr)
    if im is None:
        return False
    assert isinstance(im, IpMcList)
    if proto == IPPROTO_IGMP or src_addr == 0:
        return True
    psf = im.sources.get(src_addr)
    if psf is None:
        return im.sfcount[MCAST_EXCLUDE] != 0
    if psf.sf_count[MCAST_INCLUDE]:
        return True
    return psf.sf_count[MCAST_EXCLUDE] != im.sfcount[MCAST_EXCLUDE]
