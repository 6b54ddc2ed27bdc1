"""GRO: what is merged, held, flushed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
from softnet.net.core.dev.gro import (
    napi_get_frags,
    napi_gro_flush,
    napi_gro_frags,
    napi_gro_receive,
    skb_gro_header,
    skb_gro_len,
    skb_gro_pull,
)
from softnet.net.core.dev.napi import napi_complete, napi_enable, napi_schedule, netif_napi_add
from softnet.net.core.dev.taps import dev_add_pack, dev_remove_pack
from softnet.net.core.skbuff import skb_add_rx_frag, skb_gro_receive, skb_tobytes
from softnet.structs.netdevice import Napi, NetDevice
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import MAC_A, MAC_B, DevHost, Sink, Wire, make_skb, softirq, up

FLOWS = 0x88B6  # a protocol of ours: one byte of flow, one of flags, then payload
LAST = 1  # flag: complete the flow with this one
ALONE = 2  # flag: never hold
NORMAL = 4  # flag: not for GRO


class Flows(Sink):
    """Merges frames of one flow."""

    def __init__(self) -> None:
        Sink.__init__(self, FLOWS)
        self.bodies: list[bytes] = []
        self.sizes: list[int] = []
        self.completed = 0

    def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
        self.bodies.append(skb_tobytes(skb))
        self.sizes.append(skb.shinfo.gso_size)
        part = skb.shinfo.frag_list
        while part is not None:
            part.gro_same_flow = False  # as if another packet had its SkBuff already
            part = part.next
        return Sink.rcv(self, skb, dev, orig_dev)

    def gro_receive(self, napi: Napi, skb: SkBuff) -> int:
        if not skb_gro_header(skb, 2):
            return const.GRO_NORMAL
        flow, flags = skb.shinfo.head[skb.data], skb.shinfo.head[skb.data + 1]
        if flags & NORMAL:
            return const.GRO_NORMAL
        skb_gro_pull(skb, 2)
        assert skb_gro_len(skb) == skb.len - 2
        p = napi.gro_list
        while p is not None:
            if p.gro_same_flow and p.shinfo.head[p.data] == flow:
                if skb_gro_receive(p, skb) or flags & LAST:
                    napi.gro_pp = p
                return const.GRO_HELD
            p = p.next
        if flags & ALONE:
            skb.gro_flush = 1
        return const.GRO_HELD

    def gro_complete(self, skb: SkBuff) -> int:
        self.completed += 1
        skb.shinfo.gso_segs = skb.gro_count
        return 0


@pytest.fixture
def flows() -> Iterator[Flows]:
    pt = Flows()
    dev_add_pack(pt)
    yield pt
    dev_remove_pack(pt)


@pytest.fixture
def napi(host: DevHost) -> Iterator[Napi]:
    dev = Wire(host.net)
    up(dev)
    n = Napi(dev, 64)
    netif_napi_add(dev, n)
    napi_enable(n)
    with softirq(host.machine.cpus[0]):
        napi_schedule(n)
        yield n
        if n.sd is not None:
            napi_complete(n)


def segment(
    dev: NetDevice | None, flow: int, data: bytes, flags: int = 0, src: bytes = MAC_B
) -> SkBuff:
    skb = make_skb(MAC_A + src + FLOWS.to_bytes(2, "big") + bytes([flow, flags]) + data)
    skb.dev = dev
    skb.protocol = FLOWS
    skb.mac_header = skb.data
    skb.pull(14)
    return skb


def test_segments_of_a_flow_arrive_as_one(napi: Napi, flows: Flows) -> None:
    verdicts = [napi_gro_receive(napi, segment(napi.dev, 1, b"abc")) for _ in range(3)]
    assert verdicts == [const.GRO_HELD, const.GRO_MERGED, const.GRO_MERGED]
    assert flows.bodies == []
    napi_complete(napi)
    assert flows.bodies == [b"\1\0abcabcabc"]
    assert flows.sizes == [3]
    assert flows.completed == 1
    assert (napi.gro_list, napi.gro_count) == (None, 0)


def test_single_segment_is_no_super_packet(napi: Napi, flows: Flows) -> None:
    napi_gro_receive(napi, segment(napi.dev, 1, b"abc"))
    napi_gro_flush(napi)
    assert flows.bodies == [b"\1\0abc"]
    assert flows.sizes == [0]
    assert flows.completed == 0


def test_fragments_merge_without_a_copy(napi: Napi, flows: Flows) -> None:
    verdicts = []
    for page in (b"..aaa", b"..bbb"):
        skb = segment(napi.dev, 1, b"")
        skb_add_rx_frag(skb, page, 2, 3, 3)
        verdicts.append(napi_gro_receive(napi, skb))
    assert verdicts == [const.GRO_HELD, const.GRO_MERGED_FREE]
    napi_gro_flush(napi)
    assert flows.bodies == [b"\1\0aaabbb"]


def test_flow_that_ends_goes_up_at_once(napi: Napi, flows: Flows) -> None:
    napi_gro_receive(napi, segment(napi.dev, 1, b"abc"))
    napi_gro_receive(napi, segment(napi.dev, 2, b"xyz"))
    napi_gro_receive(napi, segment(napi.dev, 1, b"de", LAST))
    assert flows.bodies == [b"\1\0abcde"]
    assert napi.gro_count == 1


def test_what_went_up_with_its_flow_is_not_looked_at_again(napi: Napi, flows: Flows) -> None:
    """The last segment is freed with the packet it was merged into; what answers that may take its SkBuff."""
    napi_gro_receive(napi, segment(napi.dev, 1, b"abc"))
    assert napi_gro_receive(napi, segment(napi.dev, 1, b"de", LAST)) == const.GRO_MERGED
    assert flows.bodies == [b"\1\0abcde"]
    assert (napi.gro_list, napi.gro_count) == (None, 0)


def test_flows_by_other_stations_do_not_merge(napi: Napi, flows: Flows) -> None:
    napi_gro_receive(napi, segment(napi.dev, 1, b"abc"))
    napi_gro_receive(napi, segment(napi.dev, 1, b"def", src=MAC_A))
    assert napi.gro_count == 2
    napi_gro_flush(napi)
    assert sorted(flows.bodies) == [b"\1\0abc", b"\1\0def"]


def test_vlans_do_not_merge(napi: Napi, flows: Flows) -> None:
    for tci in (0x1001, 0x1002):
        skb = segment(napi.dev, 1, b"abc")
        skb.vlan_tci = tci
        napi_gro_receive(napi, skb)
    assert napi.gro_count == 2


def test_eight_flows_are_held_the_ninth_is_not(napi: Napi, flows: Flows) -> None:
    verdicts = [napi_gro_receive(napi, segment(napi.dev, n, b"abc")) for n in range(9)]
    assert verdicts == [const.GRO_HELD] * 8 + [const.GRO_NORMAL]
    assert flows.bodies == [b"\x08\0abc"]


@pytest.mark.parametrize("flag", [ALONE, NORMAL])
def test_what_must_not_be_held_goes_up(napi: Napi, flows: Flows, flag: int) -> None:
    assert napi_gro_receive(napi, segment(napi.dev, 1, b"abc", flag)) == const.GRO_NORMAL
    assert len(flows.bodies) == 1
    assert napi.gro_count == 0


def test_off_without_the_feature(napi: Napi, flows: Flows) -> None:
    assert napi.dev is not None
    napi.dev.features &= ~const.NETIF_F_GRO
    assert napi_gro_receive(napi, segment(napi.dev, 1, b"abc")) == const.GRO_NORMAL
    assert flows.bodies == [b"\1\0abc"]


def test_super_packet_is_not_merged(napi: Napi, flows: Flows) -> None:
    skb = segment(napi.dev, 1, b"abcdef")
    skb.shinfo.gso_size = 3
    assert napi_gro_receive(napi, skb) == const.GRO_NORMAL


def test_protocol_without_handler_is_dropped_upstairs(napi: Napi) -> None:
    skb = segment(napi.dev, 1, b"abc")
    assert napi_gro_receive(napi, skb) == const.GRO_DROP


def test_frame_of_fragments_only(napi: Napi, flows: Flows) -> None:
    skb = napi_get_frags(napi)
    assert napi_get_frags(napi) is skb
    page = MAC_A + MAC_B + FLOWS.to_bytes(2, "big") + b"\1\0paged"
    skb_add_rx_frag(skb, page, 0, len(page), len(page))
    assert napi_gro_frags(napi) == const.GRO_HELD
    assert napi.skb is None
    napi_gro_flush(napi)
    assert flows.bodies == [b"\1\0paged"]
