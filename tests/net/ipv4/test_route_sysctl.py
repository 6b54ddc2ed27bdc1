"""net.ipv4.conf, neigh and route rows."""

from __future__ import annotations

import errno

from softnet.net.core.dev.registry import unregister_netdevice
from tests.net.ipv4.route_kit import RouteHost, fails, rtnl


def test_sysctl_rows_exist_while_the_device_does(rhost: RouteHost) -> None:
    dev = rhost.eth()
    table = rhost.net.sysctl
    assert table.read("net.ipv4.conf.eth0.accept_source_route") == "1"
    assert table.read("net/ipv4/conf/all/accept_source_route") == "0"
    assert table.read("net.ipv4.neigh.eth0.unres_qlen") == "3"
    assert table.read("net.ipv4.neigh.default.gc_thresh3") == "1024"
    assert table.read("net.ipv4.neigh.eth0.proxy_delay") == "80"
    assert table.read("net.ipv4.route.mtu_expires") == "600"
    names = table.names()
    assert "net.ipv4.conf.eth0.arp_ignore" in names
    assert all(table.row(n) for n in names if n.startswith("net.ipv4."))
    with rtnl(rhost.net):
        unregister_netdevice(dev)
    with fails(errno.ENOENT):
        table.read("net.ipv4.conf.eth0.rp_filter")
    with fails(errno.ENOENT):
        table.read("net.ipv4.conf.all.rp_filtre")
