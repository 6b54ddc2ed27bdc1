"""The tunables of devices: `all`, `default`, and one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from softnet.net.ipv4.devconf import (
    in_dev_accept_local,
    in_dev_arp_accept,
    in_dev_arp_announce,
    in_dev_arp_ignore,
    in_dev_arp_notify,
    in_dev_arpfilter,
    in_dev_bootp_relay,
    in_dev_forward,
    in_dev_idtag,
    in_dev_log_martians,
    in_dev_medium_id,
    in_dev_mforward,
    in_dev_promote_secondaries,
    in_dev_proxy_arp,
    in_dev_proxy_arp_pvlan,
    in_dev_rpfilter,
    in_dev_rx_redirects,
    in_dev_sec_redirects,
    in_dev_shared_media,
    in_dev_source_route,
    in_dev_src_vmark,
    in_dev_tx_redirects,
)
from softnet.structs.inetdevice import InDevice
from tests.net.ipv4.route_kit import RouteHost, Wire


def in_dev_of(dev: Wire) -> InDevice:
    assert dev.ip_ptr is not None
    return dev.ip_ptr


def test_forwarding_of_all_is_everybodys(rhost: RouteHost) -> None:
    dev = rhost.eth("10.0.0.1/24")
    rhost.sysctl("ip_forward", 1)
    assert in_dev_of(dev).cnf.forwarding == 1
    assert rhost.net.ipv4.devconf_dflt.forwarding == 1
    assert rhost.net.ipv4.devconf_all.accept_redirects == 0
    rhost.sysctl("conf.eth0.forwarding", 0)
    assert in_dev_of(dev).cnf.forwarding == 0
    assert rhost.net.sysctl.read("net.ipv4.ip_forward") == "1"
    assert in_dev_of(rhost.eth()).cnf.forwarding == 1


def test_default_moves_only_what_nobody_set(rhost: RouteHost) -> None:
    used = rhost.eth("10.0.0.1/24")
    bare = rhost.eth()
    touched = rhost.eth()
    rhost.sysctl("conf.eth2.rp_filter", 2)
    rhost.sysctl("conf.default.rp_filter", 1)
    assert [in_dev_of(d).cnf.rp_filter for d in (used, bare, touched)] == [0, 1, 2]
    assert in_dev_of(rhost.eth()).cnf.rp_filter == 1


@pytest.mark.parametrize(
    ("ask", "name", "table"),
    [
        (in_dev_mforward, "mc_forwarding", (0, 0, 0, 1)),
        (in_dev_source_route, "accept_source_route", (0, 0, 0, 1)),
        (in_dev_bootp_relay, "bootp_relay", (0, 0, 0, 1)),
        (in_dev_src_vmark, "src_valid_mark", (0, 1, 1, 1)),
        (in_dev_accept_local, "accept_local", (0, 1, 1, 1)),
        (in_dev_log_martians, "log_martians", (0, 1, 1, 1)),
        (in_dev_proxy_arp, "proxy_arp", (0, 1, 1, 1)),
        (in_dev_shared_media, "shared_media", (0, 1, 1, 1)),
        (in_dev_tx_redirects, "send_redirects", (0, 1, 1, 1)),
        (in_dev_sec_redirects, "secure_redirects", (0, 1, 1, 1)),
        (in_dev_promote_secondaries, "promote_secondaries", (0, 1, 1, 1)),
        (in_dev_arpfilter, "arp_filter", (0, 1, 1, 1)),
        (in_dev_arp_accept, "arp_accept", (0, 1, 1, 1)),
        (in_dev_rpfilter, "rp_filter", (0, 1, 1, 1)),
        (in_dev_arp_ignore, "arp_ignore", (0, 1, 1, 1)),
        (in_dev_arp_announce, "arp_announce", (0, 1, 1, 1)),
        (in_dev_arp_notify, "arp_notify", (0, 1, 1, 1)),
        (in_dev_proxy_arp_pvlan, "proxy_arp_pvlan", (0, 1, 0, 1)),
        (in_dev_medium_id, "medium_id", (0, 1, 0, 1)),
        (in_dev_idtag, "tag", (0, 1, 0, 1)),
    ],
)
def test_how_all_and_a_device_combine(
    rhost: RouteHost, ask: Callable[[InDevice], int], name: str, table: tuple[int, ...]
) -> None:
    """table: the answer for (all, own) = (0, 0), (0, 1), (1, 0), (1, 1)."""
    in_dev = in_dev_of(rhost.eth())
    answers = []
    for every, own in ((0, 0), (0, 1), (1, 0), (1, 1)):
        setattr(rhost.net.ipv4.devconf_all, name, every)
        setattr(in_dev.cnf, name, own)
        answers.append(int(ask(in_dev)))
    assert tuple(answers) == table


def test_a_router_wants_two_yes_to_redirects(rhost: RouteHost) -> None:
    in_dev = in_dev_of(rhost.eth())
    seen = {}
    for forwarding in (0, 1):
        in_dev.cnf.forwarding = forwarding
        assert in_dev_forward(in_dev) == forwarding
        for every, own in ((0, 0), (0, 1), (1, 0), (1, 1)):
            rhost.net.ipv4.devconf_all.accept_redirects = every
            in_dev.cnf.accept_redirects = own
            seen[forwarding, every, own] = int(in_dev_rx_redirects(in_dev))
    assert [k for k, v in seen.items() if v] == [(0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 1, 1)]
