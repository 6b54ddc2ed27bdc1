"""net.core.*"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from softnet.kernel.printk import log_of
from softnet.net.core.sysctl_net_core import sysctl_core_net_init
from tests.net.core.dev.kit import DevHost


@pytest.fixture
def host() -> Iterator[DevHost]:
    with DevHost() as h:
        yield h


DEFAULTS = {
    "dev_weight": "64",
    "message_burst": "10",
    "message_cost": "5",
    "netdev_budget": "300",
    "netdev_max_backlog": "1000",
    "netdev_tstamp_prequeue": "1",
    "optmem_max": "20480",
    "rmem_default": "229376",
    "rmem_max": "229376",
    "rps_sock_flow_entries": "0",
    "somaxconn": "128",
    "warnings": "1",
    "wmem_default": "229376",
    "wmem_max": "229376",
    "xfrm_acq_expires": "30",
}


def test_defaults_of_3_2(host: DevHost) -> None:
    table = host.net.sysctl
    assert {n: table.read("net.core." + n) for n in DEFAULTS} == DEFAULTS
    assert [n for n in table.names() if n.startswith("net.core.")] == [
        "net.core." + n for n in sorted(DEFAULTS)
    ]


def test_somaxconn_is_the_namespaces_own(host: DevHost) -> None:
    ns = host.new_net()
    sysctl_core_net_init(ns)
    ns.sysctl.write("net.core.somaxconn", "7")
    assert host.net.sysctl.read("net.core.somaxconn") == "128"
    assert ns.sysctl.read("net.core.netdev_budget") == "300"  # the host's


@pytest.mark.parametrize(
    ("name", "text"),
    [("somaxconn", "65536"), ("somaxconn", "-1"), ("wmem_max", "2047"), ("rmem_max", "2303")],
)
def test_bounds(host: DevHost, name: str, text: str) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        host.net.sysctl.write("net.core." + name, text)


def test_message_cost_is_the_logs_limit(host: DevHost) -> None:
    host.net.sysctl.write("net.core.message_cost", "1")
    host.net.sysctl.write("net.core.message_burst", "2")
    limit = log_of(host.machine).net_ratelimit
    assert (limit.interval, limit.burst) == (1_000_000_000, 2)
