"""What an address is to this host."""

from __future__ import annotations

import softnet.uapi.rtnetlink as rtnl_
from softnet.net.ipv4.fib_frontend import (
    ip_dev_find,
)
from softnet.net.ipv4.fib_lookup import inet_addr_type, inet_dev_addr_type
from tests.net.ipv4.route_kit import RouteHost, ip


def test_kinds_of_addresses(rhost: RouteHost) -> None:
    one = rhost.eth("10.0.0.1/24")
    two = rhost.eth("10.1.0.1/24")
    kinds = {
        "0.0.0.0": rtnl_.RTN_BROADCAST,
        "255.255.255.255": rtnl_.RTN_BROADCAST,
        "224.0.0.1": rtnl_.RTN_MULTICAST,
        "127.3.4.5": rtnl_.RTN_LOCAL,
        "10.0.0.1": rtnl_.RTN_LOCAL,
        "10.0.0.255": rtnl_.RTN_BROADCAST,
        "10.0.0.2": rtnl_.RTN_UNICAST,
        "99.0.0.2": rtnl_.RTN_UNICAST,
    }
    assert {a: inet_addr_type(rhost.net, ip(a)) for a in kinds} == kinds
    assert inet_dev_addr_type(rhost.net, one, ip("10.0.0.1")) == rtnl_.RTN_LOCAL
    assert inet_dev_addr_type(rhost.net, two, ip("10.0.0.1")) == rtnl_.RTN_UNICAST
    assert ip_dev_find(rhost.net, ip("10.1.0.1")) is two
    assert ip_dev_find(rhost.net, ip("127.9.9.9")) is rhost.net.loopback_dev
    assert ip_dev_find(rhost.net, ip("10.1.0.2")) is None
