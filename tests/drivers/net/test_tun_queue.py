"""struct virtio_net_hdr, and the queue of a tun device."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
import softnet.uapi.if_tun as if_tun
from softnet.drivers.net.tun_queue import VnetHdr, vnet_gso, vnet_hdr_of, vnet_hdr_parse
from softnet.net.core.skbuff import kfree_skb
from tests.net.core.dev.kit import make_skb


def test_header_is_ten_little_endian_bytes() -> None:
    hdr = VnetHdr()
    hdr.flags, hdr.gso_type, hdr.hdr_len, hdr.gso_size = 1, 1, 0x36, 1460
    hdr.csum_start, hdr.csum_offset = 34, 16
    assert hdr.pack() == bytes.fromhex("01013600b40522001000")
    again = vnet_hdr_parse(hdr.pack())
    assert (again.hdr_len, again.gso_size, again.csum_start) == (54, 1460, 34)


def test_the_linear_part_must_hold_the_checksum() -> None:
    assert vnet_hdr_parse(bytes.fromhex("01000000000022001000")).hdr_len == 52


@pytest.mark.parametrize(
    ("gso_type", "code"),
    [
        (const.SKB_GSO_TCPV4, 1),
        (const.SKB_GSO_TCPV6, 4),
        (const.SKB_GSO_UDP, 3),
        (const.SKB_GSO_TCPV4 | const.SKB_GSO_TCP_ECN, 0x81),
    ],
)
def test_super_packets_keep_their_kind(gso_type: int, code: int) -> None:
    skb = make_skb(bytes(100))
    skb.shinfo.gso_type = gso_type
    skb.shinfo.gso_size = 50
    hdr = vnet_hdr_of(skb)
    assert hdr is not None
    assert hdr.gso_type == code
    skb.shinfo.gso_size = skb.shinfo.gso_type = 0
    assert vnet_gso(skb, hdr) == 0
    assert skb.shinfo.gso_type == gso_type | const.SKB_GSO_DODGY
    assert skb.shinfo.gso_size == 50
    kfree_skb(skb)


def test_what_it_cannot_describe_has_no_header() -> None:
    skb = make_skb(bytes(10))
    skb.shinfo.gso_size = 5
    skb.shinfo.gso_type = const.SKB_GSO_FCOE
    assert vnet_hdr_of(skb) is None
    kfree_skb(skb)


@pytest.mark.parametrize(("kind", "size"), [(2, 100), (1, 0), (0x7F, 1)])
def test_senseless_headers_are_refused(kind: int, size: int) -> None:
    skb = make_skb(bytes(10))
    hdr = VnetHdr()
    hdr.gso_type, hdr.gso_size = kind, size
    assert vnet_gso(skb, hdr) == -22
    kfree_skb(skb)


def test_checksum_flags() -> None:
    skb = make_skb(bytes(60))
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start = skb.data + 34
    skb.csum_offset = 6
    hdr = vnet_hdr_of(skb)
    assert hdr is not None
    assert (hdr.flags, hdr.csum_start, hdr.csum_offset) == (1, 34, 6)
    skb.ip_summed = const.CHECKSUM_UNNECESSARY
    hdr = vnet_hdr_of(skb)
    assert hdr is not None
    assert hdr.flags == if_tun.VIRTIO_NET_HDR_F_DATA_VALID
    kfree_skb(skb)
