"""The ARP table as arp(8) sees it."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.if_arp as if_arp
import softnet.uapi.neighbour as nud
import softnet.uapi.sockios as sockios
from softnet.net.core.neighbour import neigh_lookup
from softnet.net.ipv4.arp_ioctl import ArpReq, arp_ioctl
from softnet.net.ipv4.arp_proc import arp_seq_show
from softnet.structs.netdevice import NetDevice
from tests.net.core.dev.kit import rtnl
from tests.net.ipv4.route_kit import (
    MAC_B,
    RouteHost,
    fails,
    ip,
)


def state(h: RouteHost, addr: str, dev: NetDevice) -> tuple[int, bytes] | None:
    n = neigh_lookup(h.arp, ip(addr), dev)
    return None if n is None else (n.nud_state, n.ha)


def test_arp_ioctls(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    net = rhost.net

    def call(cmd: int, req: ArpReq) -> ArpReq:
        with rtnl(net):
            arp_ioctl(net, cmd, req)
        return req

    perm = if_arp.ATF_PERM
    call(sockios.SIOCSARP, ArpReq(ip("10.0.0.2"), MAC_B, perm, "eth0"))
    got = call(sockios.SIOCGARP, ArpReq(ip("10.0.0.2"), dev="eth0"))
    assert (got.arp_ha, got.arp_flags, got.arp_dev) == (MAC_B, 6, "eth0")
    call(sockios.SIOCSARP, ArpReq(ip("10.0.0.3"), MAC_B, perm))  # the route names the device
    assert state(rhost, "10.0.0.3", dev) == (nud.NUD_PERMANENT, MAC_B)
    call(sockios.SIOCDARP, ArpReq(ip("10.0.0.2")))
    assert state(rhost, "10.0.0.2", dev) == (nud.NUD_FAILED, MAC_B)
    publish = ArpReq(ip("10.0.0.9"), b"", if_arp.ATF_PUBL, "eth0")
    call(sockios.SIOCSARP, publish)
    assert "10.0.0.9" in arp_seq_show(net)
    call(sockios.SIOCDARP, ArpReq(ip("10.0.0.9"), b"", if_arp.ATF_PUBL, "eth0"))
    assert "10.0.0.9" not in arp_seq_show(net)


@pytest.mark.parametrize(
    ("cmd", "req", "error"),
    [
        (sockios.SIOCGARP, ArpReq(ip("10.0.0.2")), errno.ENODEV),
        (sockios.SIOCGARP, ArpReq(ip("10.0.0.2"), dev="eth0"), errno.ENXIO),
        (sockios.SIOCGARP, ArpReq(ip("10.0.0.2"), dev="eth9"), errno.ENODEV),
        (sockios.SIOCDARP, ArpReq(ip("10.0.0.2")), errno.ENXIO),
        (sockios.SIOCSARP, ArpReq(ip("99.0.0.2"), MAC_B, 4), errno.ENETUNREACH),
        (sockios.SIOCSARP, ArpReq(ip("10.0.0.2"), MAC_B, if_arp.ATF_NETMASK), errno.EINVAL),
    ],
)
def test_arp_ioctls_that_fail(rhost: RouteHost, cmd: int, req: ArpReq, error: int) -> None:
    rhost.eth("10.0.0.1/24")
    with fails(error), rtnl(rhost.net):
        arp_ioctl(rhost.net, cmd, req)
