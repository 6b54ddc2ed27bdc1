"""dummy"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.drivers.net.dummy import Dummy, dummy_init
from softnet.net.core.dev.config import dev_open, dev_set_mac_address, dev_set_mtu
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.rtnl import rtnl_create_link
from softnet.net.core.skbuff import skb_get
from tests.net.core.dev.kit import MAC_B, DevHost, frame, rtnl


@pytest.fixture
def host() -> Iterator[DevHost]:
    dummy_init()
    with DevHost() as h:
        yield h


@pytest.fixture
def dummy(host: DevHost) -> Dummy:
    with rtnl(host.net):
        dev = rtnl_create_link(host.net, "dummy", "", {})
        assert dev_open(dev) == 0
    assert isinstance(dev, Dummy)
    return dev


def test_it_swallows_and_counts(host: DevHost, dummy: Dummy) -> None:
    host.may_leak = True
    skb = skb_get(frame(dummy, b"gone"))
    assert dev_queue_xmit(skb) == const.NETDEV_TX_OK
    assert skb.users == 1
    assert (dummy.stats.tx_packets, dummy.stats.tx_bytes) == (1, 18)


def test_setup(dummy: Dummy) -> None:
    assert (dummy.name, dummy.tx_queue_len, dummy.kind) == ("dummy0", 0, "dummy")
    assert dummy.flags & if_.IFF_NOARP
    assert not dummy.flags & if_.IFF_MULTICAST


def test_address_and_mtu_change_while_up(host: DevHost, dummy: Dummy) -> None:
    with rtnl(host.net):
        assert dev_set_mac_address(dummy, MAC_B) == 0
        assert dev_set_mac_address(dummy, bytes(6)) == -99
        assert dev_set_mtu(dummy, 9000) == 0
        assert dev_set_mtu(dummy, 10) == -22
