"""struct in_device: a device's IPv4 side. Addresses, and the ipv4.conf.* tunables.

Linux: include/linux/inetdevice.h. What makes and changes them is net/ipv4/devinet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.structs.neighbour import NeighParms
    from softnet.structs.netdevice import NetDevice


class Ipv4Devconf:
    """struct ipv4_devconf: net.ipv4.conf.<dev>.*, defaults of 3.2."""

    __slots__ = (
        "forwarding",
        "mc_forwarding",
        "accept_redirects",
        "secure_redirects",
        "send_redirects",
        "shared_media",
        "rp_filter",
        "accept_source_route",
        "bootp_relay",
        "log_martians",
        "tag",
        "arp_filter",
        "medium_id",
        "disable_xfrm",
        "disable_policy",
        "force_igmp_version",
        "arp_announce",
        "arp_ignore",
        "promote_secondaries",
        "arp_accept",
        "arp_notify",
        "accept_local",
        "src_valid_mark",
        "proxy_arp",
        "proxy_arp_pvlan",
        "state",
    )

    forwarding: int
    mc_forwarding: int
    accept_redirects: int
    secure_redirects: int
    send_redirects: int
    shared_media: int
    rp_filter: int
    accept_source_route: int
    bootp_relay: int
    log_martians: int
    tag: int
    arp_filter: int
    medium_id: int
    disable_xfrm: int
    disable_policy: int
    force_igmp_version: int
    arp_announce: int
    arp_ignore: int
    promote_secondaries: int
    arp_accept: int
    arp_notify: int
    accept_local: int
    src_valid_mark: int
    proxy_arp: int
    proxy_arp_pvlan: int
    state: frozenset[
        str
    ]  # the tunables that somebody set here: `default` does not move them any more

    def __init__(self) -> None:
        self.forwarding = 0
        self.mc_forwarding = 0
        self.accept_redirects = 1
        self.secure_redirects = 1
        self.send_redirects = 1
        self.shared_media = 1
        self.rp_filter = 0
        self.accept_source_route = 0
        self.bootp_relay = 0
        self.log_martians = 0
        self.tag = 0
        self.arp_filter = 0
        self.medium_id = 0
        self.disable_xfrm = 0
        self.disable_policy = 0
        self.force_igmp_version = 0
        self.arp_announce = 0
        self.arp_ignore = 0
        self.promote_secondaries = 0
        self.arp_accept = 0
        self.arp_notify = 0
        self.accept_local = 0
        self.src_valid_mark = 0
        self.proxy_arp = 0
        self.proxy_arp_pvlan = 0
        self.state = frozenset()


class InIfaddr:
    """struct in_ifaddr: one address on a device."""

    __slots__ = (
        "ifa_dev",
        "ifa_local",
        "ifa_address",
        "ifa_mask",
        "ifa_broadcast",
        "ifa_anycast",
        "ifa_scope",
        "ifa_flags",
        "ifa_prefixlen",
        "ifa_label",
    )

    ifa_dev: InDevice
    ifa_local: int
    ifa_address: int  # the peer's on a point-to-point link
    ifa_mask: int
    ifa_broadcast: int
    ifa_anycast: int
    ifa_scope: int
    ifa_flags: int  # IFA_F_*
    ifa_prefixlen: int
    ifa_label: str

    def __init__(self, ifa_dev: InDevice, ifa_local: int, ifa_prefixlen: int) -> None:
        self.ifa_dev = ifa_dev
        self.ifa_local = ifa_local
        self.ifa_address = ifa_local
        self.ifa_mask = inet_make_mask(ifa_prefixlen)
        self.ifa_broadcast = 0
        self.ifa_anycast = 0
        self.ifa_scope = 0
        self.ifa_flags = 0
        self.ifa_prefixlen = ifa_prefixlen
        self.ifa_label = ifa_dev.dev.name


class InDevice:
    """struct in_device."""

    __slots__ = (
        "dev",
        "dead",
        "ifa_list",
        "mc_list",
        "mc_count",
        "mr_v1_seen",
        "mr_v2_seen",
        "mr_maxdelay",
        "mr_qrv",
        "mr_gq_running",
        "mr_gq_timer",
        "mr_ifc_count",
        "mr_ifc_timer",
        "mc_tomb",
        "arp_parms",
        "cnf",
    )

    dev: NetDevice
    dead: bool
    ifa_list: list[InIfaddr]  # primaries first, in the kernel's order
    mc_list: dict[int, object]  # group -> ip_mc_list
    mc_count: int
    mr_v1_seen: int  # jiffies
    mr_v2_seen: int
    mr_maxdelay: int
    mr_qrv: int
    mr_gq_running: bool
    mr_gq_timer: object
    mr_ifc_count: int
    mr_ifc_timer: object
    mc_tomb: list[object]
    arp_parms: NeighParms | None
    cnf: Ipv4Devconf

    def __init__(self, dev: NetDevice, cnf: Ipv4Devconf) -> None:
        self.dev = dev
        self.dead = False
        self.ifa_list = []
        self.mc_list = {}
        self.mc_count = 0
        self.mr_v1_seen = 0
        self.mr_v2_seen = 0
        self.mr_maxdelay = 0
        self.mr_qrv = 2
        self.mr_gq_running = False
        self.mr_gq_timer = None
        self.mr_ifc_count = 0
        self.mr_ifc_timer = None
        self.mc_tomb = []
        self.arp_parms = None
        self.cnf = cnf


def inet_make_mask(plen: int) -> int:
    """inet_make_mask(): 24 -> 0xFFFFFF00."""
    return (0xFFFFFFFF << (32 - plen)) & 0xFFFFFFFF if plen else 0
