"""lo"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.drivers.net.loopback import Loopback, loopback_net_init
from softnet.net.core.dev.config import dev_get_stats, dev_open, dev_set_mtu
from softnet.net.core.dev.registry import dev_change_net_namespace
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.structs.dst import DstEntry, DstOps
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import PROTO, DevHost, Sink, frame, rtnl, sink


@pytest.fixture
def host() -> Iterator[DevHost]:
    with DevHost() as h:
        loopback_net_init(h.net)
        with rtnl(h.net):
            assert dev_open(h.net.loopback_dev) == 0
        yield h


def send(host: DevHost, data: bytes) -> SkBuff:
    lo = host.net.loopback_dev
    skb = frame(lo, data, dst=lo.dev_addr)
    assert dev_queue_xmit(skb) == const.NETDEV_TX_OK
    return skb


def test_what_is_sent_is_received(host: DevHost) -> None:
    pt = sink(host.net)
    send(host, b"hello")
    assert pt.frames == [b"hello"]
    assert pt.kinds == [0]
    stats = dev_get_stats(host.net.loopback_dev)
    assert (stats.tx_packets, stats.rx_packets, stats.tx_bytes, stats.rx_bytes) == (1, 1, 5, 5)


def test_setup(host: DevHost) -> None:
    lo = host.net.loopback_dev
    assert isinstance(lo, Loopback)
    assert (lo.name, lo.ifindex, lo.mtu, lo.tx_queue_len, lo.type) == ("lo", 1, 16436, 0, 772)
    assert lo.flags == if_.IFF_LOOPBACK | if_.IFF_UP
    assert lo.tx0.qdisc is not None
    assert lo.tx0.qdisc.id == "noqueue"
    assert lo.features & const.NETIF_F_NO_CSUM
    assert lo.features & const.NETIF_F_GSO


def test_checksum_stays_partial_and_super_packet_whole(host: DevHost) -> None:
    class Looker(Sink):
        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            assert skb.ip_summed == const.CHECKSUM_PARTIAL
            assert skb.shinfo.gso_size == 100
            return Sink.rcv(self, skb, dev, orig_dev)

    pt = Looker(PROTO)
    lo = host.net.loopback_dev
    skb = frame(lo, bytes(1000), dst=lo.dev_addr)
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start = skb.data + 14
    skb.shinfo.gso_size = 100
    skb.shinfo.gso_type = const.SKB_GSO_TCPV4
    dev_add_pack(pt, host.net)
    dev_queue_xmit(skb)
    assert len(pt.frames) == 1


def test_route_stays_with_the_packet(host: DevHost) -> None:
    class Looker(Sink):
        dst: DstEntry | None = None

        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            Looker.dst = skb.dst
            skb.dst = None
            return Sink.rcv(self, skb, dev, orig_dev)

    lo = host.net.loopback_dev
    pt = Looker(PROTO)
    dev_add_pack(pt, host.net)
    dst = DstEntry(DstOps(host.net, 2, 0x0800, 100), lo)
    skb = frame(lo, dst=lo.dev_addr)
    skb.dst = dst
    dev_queue_xmit(skb)
    assert Looker.dst is dst


def test_answer_from_the_handler_comes_back_in_the_same_softirq(host: DevHost) -> None:
    class Echo(Sink):
        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            if len(self.frames) < 100:
                send(host, b"%d" % len(self.frames))
            return Sink.rcv(self, skb, dev, orig_dev)

    pt = Echo(PROTO)
    dev_add_pack(pt, host.net)
    send(host, b"start")
    assert len(pt.frames) == 101


def test_it_never_leaves_its_namespace(host: DevHost) -> None:
    with rtnl(host.net):
        assert dev_change_net_namespace(host.net.loopback_dev, host.new_net(), None) == -22


def test_any_mtu_will_do(host: DevHost) -> None:
    with rtnl(host.net):
        assert dev_set_mtu(host.net.loopback_dev, 65536) == 0
