"""Registering handlers and taps."""

from __future__ import annotations

import pytest

from softnet.net.core.dev.taps import (
    dev_add_pack,
    dev_queue_xmit_nit,
    dev_remove_pack,
    find_ptype,
    ptype_list,
)
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.netdevice import PacketType
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Proto, Sock
from tests.net.core.dev.kit import MAC_A, MAC_B, PROTO, DevHost, Sink, Wire, frame, sink, up


def test_boot_time_handlers_are_found_by_type(host: DevHost) -> None:
    one, same_bucket = PacketType(PROTO, None), PacketType(PROTO + 16, None)
    dev_add_pack(one)
    dev_add_pack(same_bucket)
    try:
        assert find_ptype(PROTO) is one
        assert find_ptype(PROTO + 16) is same_bucket
        assert find_ptype(PROTO + 1) is None
        with pytest.raises(AssertionError, match="twice"):
            dev_add_pack(one)
    finally:
        dev_remove_pack(one)
        dev_remove_pack(same_bucket)
    assert find_ptype(PROTO) is None


def test_tap_without_namespace_is_a_bug(host: DevHost) -> None:
    with pytest.raises(AssertionError, match="belongs to a namespace"):
        dev_add_pack(PacketType(3, None))


def test_removing_what_is_not_there_is_logged(host: DevHost) -> None:
    dev_remove_pack(Sink(), host.net)
    dev_remove_pack(Sink(3), host.net)
    assert host.dmesg().count("dev_remove_pack: Sink not found.") == 2
    sink(host.net)
    dev_remove_pack(Sink(), host.net)
    assert host.dmesg().count("dev_remove_pack: Sink not found.") == 3


def test_last_socket_handler_takes_the_table_along(host: DevHost) -> None:
    one, two = sink(host.net), sink(host.net, PROTO + 1)
    dev_remove_pack(one, host.net)
    assert host.net.ptype_base is not None
    dev_remove_pack(two, host.net)
    assert host.net.ptype_base is None


def test_list_has_taps_first(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    handler, bound, tap = sink(host.net), sink(host.net, 3, dev), sink(host.net, 3)
    mine = [pt for pt in ptype_list(host.net) if isinstance(pt, Sink)]
    assert mine == [tap, bound, handler]
    assert dev.tap_count == 1
    dev_remove_pack(bound, host.net)
    assert dev.tap_count == 0


def test_senders_own_tap_is_left_out(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    sk = Sock(Proto("PACKET"), host.net, 17)
    own, other = sink(host.net, 3), sink(host.net, 3)
    own.af_packet_priv = sk
    skb = frame(dev, b"mine")
    skb.sk = sk
    dev_queue_xmit_nit(skb, dev)
    skb.sk = None
    kfree_skb(skb)
    assert own.frames == []
    assert other.frames == [MAC_B + MAC_A + PROTO.to_bytes(2, "big") + b"mine"]


def test_network_header_outside_the_packet_is_put_right(host: DevHost) -> None:
    seen: list[int] = []

    class Looker(Sink):
        def rcv(self, skb: SkBuff, dev: object, orig_dev: object) -> int:  # type: ignore[override]
            seen.append(skb.network_header - skb.data)
            kfree_skb(skb)
            return 0

    dev = Wire(host.net)
    up(dev)
    dev_add_pack(Looker(3), host.net)
    skb = frame(dev)
    skb.network_header = 0
    dev_queue_xmit_nit(skb, dev)
    kfree_skb(skb)
    assert seen == [0]
    assert "protocol 88b5 is buggy, dev eth0" in host.dmesg()


def test_copy_is_stamped_only_if_somebody_wants_it(host: DevHost) -> None:
    stamps: list[int] = []

    class Looker(Sink):
        def rcv(self, skb: SkBuff, dev: object, orig_dev: object) -> int:  # type: ignore[override]
            stamps.append(skb.tstamp)
            kfree_skb(skb)
            return 0

    host.run(7)
    dev = Wire(host.net)
    up(dev)
    dev_add_pack(Looker(3), host.net)
    for needed in (0, 1):
        host.net.core.netstamp_needed = needed
        skb = frame(dev)
        skb.tstamp = 5
        dev_queue_xmit_nit(skb, dev)
        kfree_skb(skb)
    assert stamps == [0, 7_000_000]
