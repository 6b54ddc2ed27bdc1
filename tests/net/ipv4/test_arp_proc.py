"""/proc/net/arp and stat/arp_cache."""

from __future__ import annotations

import softnet.uapi.neighbour as nud
from softnet.net.core.neighbour import neigh_add, neigh_create, neigh_event_send
from softnet.net.ipv4.arp_proc import arp_seq_show
from softnet.structs.neighbour import Neighbour
from tests.net.core.dev.kit import rtnl
from tests.net.ipv4.route_kit import (
    MAC_B,
    RouteHost,
    ip,
)


def test_proc_arp_is_in_linux_bytes(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    with rtnl(rhost.net):
        neigh_add(rhost.arp, ip("10.0.0.2"), dev, MAC_B, nud.NUD_PERMANENT)
        neigh_add(rhost.arp, ip("10.0.0.3"), dev, MAC_B, nud.NUD_STALE)
        neigh_add(rhost.arp, ip("10.0.0.5"), dev, None, 0, flags=nud.NTF_PROXY)
    neigh_create(rhost.arp, ip("10.0.0.255"), dev)  # NOARP: not shown
    n = neigh_create(rhost.arp, ip("10.0.0.4"), dev)
    assert isinstance(n, Neighbour)
    neigh_event_send(n, None)
    assert arp_seq_show(rhost.net).splitlines() == [
        "IP address       HW type     Flags       HW address            Mask     Device",
        "10.0.0.2         0x1         0x6         02:00:00:00:00:02     *        eth0",
        "10.0.0.3         0x1         0x2         02:00:00:00:00:02     *        eth0",
        "10.0.0.4         0x1         0x0         00:00:00:00:00:00     *        eth0",
        "10.0.0.5         0x1         0xc         00:00:00:00:00:00     *        eth0",
    ]
