"""Addresses of devices: primaries, secondaries, selection, events."""

from __future__ import annotations

import errno

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
import softnet.uapi.rtnetlink as rtnl_
from softnet.net.core.dev.config import dev_change_flags, dev_close, dev_open, dev_set_mtu
from softnet.net.core.dev.registry import dev_change_name, unregister_netdevice
from softnet.net.ipv4.devinet import (
    InetaddrNotifier,
    inet_add_addr,
    inet_addr_onlink,
    inet_confirm_addr,
    inet_del_addr,
    inet_select_addr,
    inetaddr_chain,
    register_inetaddr_notifier,
)
from softnet.structs.inetdevice import InDevice, InIfaddr
from tests.net.core.dev.kit import up
from tests.net.ipv4.route_kit import RouteHost, Wire, fails, ip, rtnl


def in_dev_of(dev: Wire) -> InDevice:
    assert dev.ip_ptr is not None
    return dev.ip_ptr


def shown(dev: Wire) -> list[tuple[str, bool]]:
    """(address, is it secondary) in the list's order."""
    return [
        (dotted(ifa.ifa_local), bool(ifa.ifa_flags & rtnl_.IFA_F_SECONDARY))
        for ifa in in_dev_of(dev).ifa_list
    ]


def dotted(addr: int) -> str:
    return ".".join(str(b) for b in addr.to_bytes(4, "big"))


def delete(h: RouteHost, dev: Wire, text: str) -> None:
    local, _, plen = text.partition("/")
    with rtnl(h.net):
        inet_del_addr(h.net, dev, ip(local), int(plen) if plen else -1)


def test_lo_has_its_address_when_it_comes_up(rhost: RouteHost) -> None:
    lo = rhost.net.loopback_dev
    assert lo.ip_ptr is not None
    (ifa,) = lo.ip_ptr.ifa_list
    assert (ifa.ifa_local, ifa.ifa_prefixlen) == (ip("127.0.0.1"), 8)
    assert (ifa.ifa_scope, ifa.ifa_label) == (rtnl_.RT_SCOPE_HOST, "lo")
    assert lo.ip_ptr.cnf.disable_policy == 1
    with rtnl(rhost.net):
        dev_close(lo)
        dev_open(lo)
    assert len(lo.ip_ptr.ifa_list) == 1


def test_second_address_of_a_subnet_is_secondary(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.2/24", "10.1.0.1/24", "10.0.0.3/24")
    assert shown(dev) == [
        ("10.0.0.1", False),
        ("10.1.0.1", False),
        ("10.0.0.2", True),
        ("10.0.0.3", True),
    ]


def test_the_same_address_in_another_subnet_is_primary(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.1/25")
    assert shown(dev) == [("10.0.0.1", False), ("10.0.0.1", False)]


def test_primaries_stand_by_scope(rhost: RouteHost) -> None:
    dev = rhost.eth()
    rhost.addr(dev, "10.0.0.1/24", scope=rtnl_.RT_SCOPE_LINK)
    rhost.addr(dev, "10.1.0.1/24")
    rhost.addr(dev, "10.2.0.1/24", scope=rtnl_.RT_SCOPE_HOST)
    assert [a for a, _ in shown(dev)] == ["10.2.0.1", "10.0.0.1", "10.1.0.1"]


@pytest.mark.parametrize(
    ("text", "scope", "error"),
    [
        ("10.0.0.1/24", 0, errno.EEXIST),
        ("10.0.0.2/24", rtnl_.RT_SCOPE_LINK, errno.EINVAL),
        ("10.0.0.2/33", 0, errno.EINVAL),
    ],
)
def test_addresses_that_are_refused(rhost: RouteHost, text: str, scope: int, error: int) -> None:
    dev = rhost.eth("10.0.0.1/24")
    with fails(error):
        rhost.addr(dev, text, scope=scope)
    assert shown(dev) == [("10.0.0.1", False)]


def test_with_the_primary_go_its_secondaries(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.2/24", "10.1.0.1/24", "10.0.0.3/24")
    delete(rhost, dev, "10.0.0.1/24")
    assert shown(dev) == [("10.1.0.1", False)]
    with fails(errno.EADDRNOTAVAIL):
        delete(rhost, dev, "10.0.0.2")


def test_promote_secondaries(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.2/24", "10.1.0.1/24", "10.0.0.3/24")
    rhost.sysctl("conf.all.promote_secondaries", 1)
    delete(rhost, dev, "10.0.0.1/24")
    assert shown(dev) == [("10.1.0.1", False), ("10.0.0.2", False), ("10.0.0.3", True)]
    assert rhost.rt("10.0.0.77").rt_src == ip("10.0.0.2")
    # What the old primary's routes were, and only they, is gone.
    assert rhost.out("10.0.0.1") == rhost.rt("10.0.0.1")
    assert rhost.rt("10.0.0.1").rt_type == rtnl_.RTN_UNICAST
    assert rhost.rt("10.0.0.3").rt_type == rtnl_.RTN_LOCAL
    assert rhost.rt("10.0.0.255").rt_type == rtnl_.RTN_BROADCAST


def test_deleting_a_secondary_leaves_the_primary(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.2/24")
    delete(rhost, dev, "10.0.0.2")
    assert shown(dev) == [("10.0.0.1", False)]
    assert rhost.rt("10.0.0.2").rt_type == rtnl_.RTN_UNICAST
    assert rhost.rt("10.0.0.255").rt_type == rtnl_.RTN_BROADCAST


def test_select_addr(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.2/24", "10.1.0.1/24")
    bare = rhost.eth()
    link = rhost.eth()
    rhost.addr(link, "169.254.1.1/16", scope=rtnl_.RT_SCOPE_LINK)
    universe, on_link = rtnl_.RT_SCOPE_UNIVERSE, rtnl_.RT_SCOPE_LINK
    assert inet_select_addr(dev, 0, universe) == ip("10.0.0.1")
    assert inet_select_addr(dev, ip("10.1.0.9"), universe) == ip("10.1.0.1")
    assert inet_select_addr(dev, ip("99.1.0.9"), universe) == ip("10.0.0.1")
    assert inet_select_addr(bare, 0, universe) == ip("10.0.0.1")
    assert inet_select_addr(link, 0, on_link) == ip("169.254.1.1")
    assert inet_select_addr(link, 0, universe) == ip("10.0.0.1")


def test_confirm_addr_and_onlink(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.1.0.1/24")
    other = rhost.eth("10.2.0.1/24")
    in_dev = in_dev_of(dev)
    host, link = rtnl_.RT_SCOPE_HOST, rtnl_.RT_SCOPE_LINK
    assert inet_confirm_addr(in_dev, 0, ip("10.0.0.1"), host) == ip("10.0.0.1")
    assert inet_confirm_addr(in_dev, 0, ip("10.2.0.1"), host) == 0
    assert inet_confirm_addr(in_dev, 0, ip("10.2.0.1"), link) == ip("10.2.0.1")
    assert inet_confirm_addr(in_dev, ip("10.1.0.9"), ip("10.1.0.1"), host) == ip("10.1.0.1")
    assert inet_confirm_addr(in_dev, ip("10.0.0.9"), ip("10.1.0.1"), host) == 0
    assert inet_confirm_addr(in_dev, ip("10.1.0.9"), 0, host) == ip("10.1.0.1")
    assert inet_addr_onlink(in_dev, ip("10.0.0.9"), ip("10.0.0.8"))
    assert not inet_addr_onlink(in_dev, ip("10.0.0.9"), ip("10.1.0.8"))
    assert inet_addr_onlink(in_dev_of(other), ip("10.2.0.9"), 0)


class Recorder(InetaddrNotifier):
    def __init__(self) -> None:
        InetaddrNotifier.__init__(self, -1)
        self.events: list[tuple[int, int]] = []

    def inetaddr_event(self, event: int, ifa: InIfaddr) -> None:
        self.events.append((event, ifa.ifa_local))


def test_whoever_listens_is_told(rhost: RouteHost) -> None:
    r = Recorder()
    register_inetaddr_notifier(r)
    register_inetaddr_notifier(r)
    try:
        assert inetaddr_chain.count(r) == 1
        dev = rhost.eth("10.0.0.1/24", "10.0.0.2/24")
        delete(rhost, dev, "10.0.0.1")
    finally:
        inetaddr_chain.remove(r)
    one, two = ip("10.0.0.1"), ip("10.0.0.2")
    up, down = const.NETDEV_UP, const.NETDEV_DOWN
    assert r.events == [(up, one), (up, two), (down, two), (down, one)]


def test_unregistering_takes_every_address(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.0.0.2/24")
    with rtnl(rhost.net):
        unregister_netdevice(dev)
    assert dev.ip_ptr is None
    assert ip("10.0.0.1") not in rhost.net.ipv4.inet_addr_lst
    assert rhost.out("10.0.0.1") == -errno.ENETUNREACH


class AnyMtu(Wire):
    def ndo_change_mtu(self, new_mtu: int) -> int:
        self.mtu = new_mtu
        return 0


def test_too_small_an_mtu_ends_ipv4_on_a_device(rhost: RouteHost) -> None:
    dev = AnyMtu(rhost.net)
    up(dev)
    rhost.addr(dev, "10.0.0.1/24")
    with rtnl(rhost.net):
        assert dev_set_mtu(dev, 67) == 0
        assert dev.ip_ptr is None
        assert dev_set_mtu(dev, 1500) == 0
    assert dev.ip_ptr is not None
    assert shown(dev) == []


def test_renaming_renames_the_labels(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24", "10.1.0.1/24")
    with rtnl(rhost.net):
        inet_add_addr(rhost.net, dev, ip("10.2.0.1"), 24, label="eth0:web")
        dev_change_flags(dev, dev.flags & ~if_.IFF_UP)
        dev_change_name(dev, "wan")
    assert [i.ifa_label for i in in_dev_of(dev).ifa_list] == ["wan", "wan:1", "wan:web"]
