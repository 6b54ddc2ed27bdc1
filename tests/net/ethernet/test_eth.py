"""The Ethernet header, both ways, and the defaults of an Ethernet device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.net.core.dev.config import dev_get_stats
from softnet.net.ethernet.eth import (
    dev_forward_skb,
    eth_change_mtu,
    eth_header_ops,
    eth_hw_addr_random,
    eth_mac_addr,
    eth_type_trans,
    eth_validate_addr,
    is_broadcast_ether_addr,
    is_local_ether_addr,
    is_multicast_ether_addr,
    is_valid_ether_addr,
    is_zero_ether_addr,
    random_ether_addr,
)
from tests.net.core.dev.kit import MAC_A, MAC_B, DevHost, Wire, frame, make_skb, sink, up

HOST, BROADCAST, MULTICAST, OTHERHOST = range(4)


@pytest.fixture
def host() -> Iterator[DevHost]:
    with DevHost(may_leak=True) as h:
        yield h


@pytest.fixture
def eth(host: DevHost) -> Wire:
    return Wire(host.net, "eth0")


@pytest.mark.parametrize(
    ("dst", "kind"),
    [
        (MAC_A, HOST),
        (MAC_B, OTHERHOST),
        (b"\xff" * 6, BROADCAST),
        (bytes.fromhex("01005e000001"), MULTICAST),
        (b"\xff" * 5 + b"\xfe", MULTICAST),
    ],
)
def test_type_trans_classifies(eth: Wire, dst: bytes, kind: int) -> None:
    skb = make_skb(dst + MAC_B + b"\x08\x00payload")
    start = skb.data
    assert eth_type_trans(skb, eth) == 0x0800
    assert (skb.pkt_type, skb.dev, skb.mac_header, skb.data) == (kind, eth, start, start + 14)
    assert skb.head_bytes() == b"payload"


@pytest.mark.parametrize(
    ("field", "payload", "proto"),
    [
        ("0600", b"abc", 0x0600),
        ("05ff", b"abc", 4),  # 802.2
        ("0003", b"\xff\xffx", 1),  # raw IPX
        ("0000", b"", 4),
    ],
)
def test_type_trans_of_lengths(eth: Wire, field: str, payload: bytes, proto: int) -> None:
    skb = make_skb(MAC_A + MAC_B + bytes.fromhex(field) + payload)
    assert eth_type_trans(skb, eth) == proto


def test_short_frame_is_the_drivers_bug(eth: Wire) -> None:
    with pytest.raises(AssertionError):
        eth_type_trans(make_skb(MAC_A), eth)


def test_header_is_pushed(eth: Wire) -> None:
    skb = make_skb(b"data")
    assert eth_header_ops.create(skb, eth, 0x0806, MAC_B, None, 4) == 14
    assert skb.head_bytes() == MAC_B + MAC_A + b"\x08\x06data"
    skb.reset_mac_header()
    assert eth_header_ops.parse(skb) == MAC_A


def test_header_with_other_source_and_802_3_length(eth: Wire) -> None:
    skb = make_skb(b"data")
    eth_header_ops.create(skb, eth, 1, MAC_B, MAC_B, 4)
    assert skb.head_bytes()[:14] == MAC_B + MAC_B + b"\0\4"


def test_header_without_destination(eth: Wire) -> None:
    assert eth_header_ops.create(make_skb(b""), eth, 0x0800, None, None, 0) == -14
    eth.flags |= if_.IFF_NOARP
    skb = make_skb(b"")
    assert eth_header_ops.create(skb, eth, 0x0800, None, None, 0) == 14
    assert skb.head_bytes()[:6] == bytes(6)


def test_cached_header(eth: Wire) -> None:
    assert eth_header_ops.cache(MAC_B, eth, 0x0800) == MAC_B + MAC_A + b"\x08\0"
    assert eth_header_ops.cache(MAC_B, eth, 1) == b""


def test_setup(eth: Wire) -> None:
    assert (eth.mtu, eth.hard_header_len, eth.addr_len, eth.tx_queue_len) == (1500, 14, 6, 1000)
    assert eth.flags == if_.IFF_BROADCAST | if_.IFF_MULTICAST
    assert eth.priv_flags == if_.IFF_XMIT_DST_RELEASE | if_.IFF_TX_SKB_SHARING
    assert eth.broadcast == b"\xff" * 6


def test_address_changes_only_while_down(host: DevHost, eth: Wire) -> None:
    assert eth_mac_addr(eth, MAC_B) == 0
    assert eth.dev_addr == MAC_B
    assert eth_mac_addr(eth, bytes(6)) == -99
    assert eth_mac_addr(eth, b"\1\0\0\0\0\0") == -99
    up(eth)
    assert eth_mac_addr(eth, MAC_A) == -16
    assert eth_validate_addr(eth) == 0
    eth.dev_addr = bytes(6)
    assert eth_validate_addr(eth) == -99


@pytest.mark.parametrize(("mtu", "rc"), [(67, -22), (68, 0), (1500, 0), (1501, -22)])
def test_mtu_bounds(eth: Wire, mtu: int, rc: int) -> None:
    assert eth_change_mtu(eth, mtu) == rc


def test_address_tests() -> None:
    assert is_zero_ether_addr(bytes(6))
    assert is_broadcast_ether_addr(b"\xff" * 6)
    assert is_multicast_ether_addr(b"\xff" * 6)
    assert is_local_ether_addr(MAC_A)
    assert not is_local_ether_addr(bytes.fromhex("001b21000000"))
    assert is_valid_ether_addr(MAC_A)
    assert not is_valid_ether_addr(b"\1" + bytes(5))
    assert not is_valid_ether_addr(b"12345")


def test_random_addresses_are_local_unicast_and_differ(host: DevHost, eth: Wire) -> None:
    addrs = {random_ether_addr(host.net.rand) for _ in range(50)}
    assert len(addrs) == 50
    assert all(is_valid_ether_addr(a) and is_local_ether_addr(a) for a in addrs)
    eth_hw_addr_random(eth, host.net.rand)
    assert eth.addr_assign_type == if_.NET_ADDR_RANDOM


def test_forward_makes_it_a_received_frame(host: DevHost, eth: Wire) -> None:
    up(eth)
    pt = sink(host.net)
    sender = Wire(host.net, "eth1")
    skb = frame(sender, b"over", dst=eth.dev_addr)
    skb.pkt_type = 4
    skb.tstamp = 99
    skb.skb_iif = 7
    skb.queue_mapping = 2
    assert dev_forward_skb(eth, skb) == const.NET_RX_SUCCESS
    assert (skb.tstamp, skb.skb_iif, skb.queue_mapping) == (0, 0, 0)
    host.run()
    assert pt.frames == [b"over"]
    assert pt.kinds == [HOST]


def test_forward_to_a_device_that_is_down_is_its_drop(host: DevHost, eth: Wire) -> None:
    assert dev_forward_skb(eth, frame(eth)) == const.NET_RX_DROP
    assert dev_get_stats(eth).rx_dropped == 1


@pytest.mark.parametrize(("size", "rc"), [(1504, 0), (1505, 1)])
def test_forward_drops_what_exceeds_the_mtu(host: DevHost, eth: Wire, size: int, rc: int) -> None:
    up(eth)
    sink(host.net)
    assert dev_forward_skb(eth, frame(eth, bytes(size))) == rc
    host.run()


def test_forward_lets_a_super_packet_through(host: DevHost, eth: Wire) -> None:
    up(eth)
    sink(host.net)
    skb = frame(eth, bytes(9000))
    skb.shinfo.gso_size = 1000
    assert dev_forward_skb(eth, skb) == const.NET_RX_SUCCESS
    host.run()
