"""netif_rx(), the backlog, netif_receive_skb()."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
from softnet.kernel.lock import SpinLock
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.net.core.dev.config import dev_close, dev_get_stats
from softnet.net.core.dev.receive import (
    VlanOps,
    flush_backlog,
    net_disable_timestamp,
    net_enable_timestamp,
    netdev_rx_handler_register,
    netdev_rx_handler_unregister,
    netif_receive_skb,
    netif_rx,
    netif_rx_ni,
    register_vlan_ops,
)
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.skbuff import kfree_skb, skb_get
from softnet.structs.netdevice import NetDevice, NetdevQueue, PacketType, RxHandler
from softnet.structs.sch_generic import Qdisc
from softnet.structs.skbuff import SkBuff
from tests.net.core.dev.kit import (
    PROTO,
    DevHost,
    Wire,
    received,
    rtnl,
    sink,
    softirq,
    up,
)


@pytest.fixture
def eth(host: DevHost) -> Wire:
    dev = Wire(host.net)
    up(dev)
    return dev


def receive(host: DevHost, skb: SkBuff) -> int:
    with softirq(host.machine.cpus[0]):
        return netif_receive_skb(skb)


def test_netif_rx_ni_delivers_before_it_returns(host: DevHost, eth: Wire) -> None:
    pt = sink(host.net)
    assert netif_rx_ni(received(eth, b"one")) == const.NET_RX_SUCCESS
    assert pt.frames == [b"one"]
    assert host.sd().processed == 1
    assert host.sd().poll_first is None
    assert host.sd().backlog.state == 0


def test_netif_rx_waits_for_the_softirq(host: DevHost, eth: Wire) -> None:
    pt = sink(host.net)
    local_bh_disable()
    netif_rx(received(eth, b"one"))
    netif_rx(received(eth, b"two"))
    assert pt.frames == []
    assert host.sd().input_pkt_queue.qlen == 2
    local_bh_enable()
    assert pt.frames == [b"one", b"two"]


def test_backlog_takes_one_more_than_its_limit(host: DevHost, eth: Wire) -> None:
    host.net.sysctl.write("net.core.netdev_max_backlog", "10")
    pt = sink(host.net)
    local_bh_disable()
    verdicts = [netif_rx(received(eth, b"%d" % n)) for n in range(13)]
    local_bh_enable()
    assert verdicts == [const.NET_RX_SUCCESS] * 11 + [const.NET_RX_DROP] * 2
    assert len(pt.frames) == 11
    assert host.sd().dropped == 2
    assert dev_get_stats(eth).rx_dropped == 2
    assert eth.stats.rx_dropped == 0


def test_default_backlog_takes_1001(host: DevHost, eth: Wire) -> None:
    sink(host.net)
    local_bh_disable()
    accepted = sum(netif_rx(received(eth)) == const.NET_RX_SUCCESS for _ in range(1005))
    local_bh_enable()
    assert accepted == 1001


def test_packet_that_comes_while_the_backlog_runs_is_received_too(host: DevHost, eth: Wire) -> None:
    class Echo(PacketType):
        left = 5

        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            kfree_skb(skb)
            if self.left:
                self.left -= 1
                netif_rx(received(eth))
            return 0

    pt = Echo(PROTO, eth)

    dev_add_pack(pt, host.net)
    netif_rx_ni(received(eth))
    assert pt.left == 0
    assert host.sd().processed == 6
    assert host.sd().backlog.state == 0


def test_handler_that_raises_keeps_nobody_else_from_receiving(host: DevHost, eth: Wire) -> None:
    pt = sink(host.net)

    class Broken(PacketType):
        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            kfree_skb(skb)
            raise ZeroDivisionError

    dev_add_pack(Broken(0x88B6, None), host.net)
    local_bh_disable()
    netif_rx(received(eth, b"bad", 0x88B6))
    netif_rx(received(eth, b"good"))
    with pytest.raises(ZeroDivisionError):
        local_bh_enable()
    cpu = host.machine.cpus[0]
    assert cpu.softirq_count == 0
    host.run()
    assert pt.frames == [b"good"]


def test_outside_softirq_netif_receive_skb_is_a_bug(host: DevHost, eth: Wire) -> None:
    host.may_leak = True
    with pytest.raises(AssertionError, match="outside softirq"):
        netif_receive_skb(received(eth))


def test_under_a_sockets_lock_is_a_bug(host: DevHost, eth: Wire) -> None:
    host.may_leak = True
    slock = SpinLock("slock")
    skb = received(eth)
    slock.lock_bh()
    with pytest.raises(AssertionError, match="under a socket's lock"):
        netif_receive_skb(skb)
    slock.unlock_bh()


def test_unknown_protocol_is_dropped_and_counted(host: DevHost, eth: Wire) -> None:
    assert receive(host, received(eth, b"x", 0x88B6)) == const.NET_RX_DROP
    assert dev_get_stats(eth).rx_dropped == 1


def test_every_handler_gets_a_share_and_the_last_the_skb(host: DevHost, eth: Wire) -> None:
    last, tap, first = sink(host.net), sink(host.net, 3), sink(host.net)
    receive(host, received(eth, b"shared"))
    assert tap.users == [2]
    assert first.users == [2]
    assert last.users == [1]
    assert last.frames == first.frames == tap.frames == [b"shared"]


def test_handler_bound_to_a_device_sees_only_its_frames(host: DevHost, eth: Wire) -> None:
    other = Wire(host.net)
    up(other)
    mine = sink(host.net, PROTO, eth)
    receive(host, received(eth, b"mine"))
    receive(host, received(other, b"not mine"))
    assert mine.frames == [b"mine"]


def test_taps_of_another_namespace_see_nothing(host: DevHost, eth: Wire) -> None:
    ns = host.new_net()
    there = Wire(ns, "eth0")
    up(there)
    tap = sink(ns, 3)
    receive(host, received(eth))
    assert tap.frames == []
    receive(host, received(there))
    assert len(tap.frames) == 1


def test_headers_and_interface_are_noted(host: DevHost, eth: Wire) -> None:
    class Looker(PacketType):
        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            assert (skb.network_header, skb.transport_header) == (skb.data, skb.data)
            assert (skb.mac_len, skb.skb_iif) == (14, eth.ifindex)
            assert dev is eth
            assert orig_dev is eth
            kfree_skb(skb)
            return 7

    dev_add_pack(Looker(PROTO, None), host.net)
    assert receive(host, received(eth)) == 7


def test_timestamp_only_while_somebody_wants_it(host: DevHost, eth: Wire) -> None:
    host.run(5)
    seen = []

    class Stamps(PacketType):
        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            seen.append(skb.tstamp)
            kfree_skb(skb)
            return 0

    dev_add_pack(Stamps(PROTO, None), host.net)
    receive(host, received(eth))
    net_enable_timestamp(host.net)
    receive(host, received(eth))
    netif_rx_ni(received(eth))
    net_disable_timestamp(host.net)
    receive(host, received(eth))
    now = host.machine.clock.now
    assert seen == [0, now, now, 0]


# ---- rx_handler


class Handler(RxHandler):
    def __init__(self, verdict: int, move_to: NetDevice | None = None) -> None:
        self.verdict = verdict
        self.move_to = move_to
        self.got: list[int] = []

    def handle_frame(self, skb: SkBuff) -> int:
        self.got.append(skb.users)
        if self.verdict == const.RX_HANDLER_CONSUMED:
            kfree_skb(skb)
        if self.move_to is not None:
            skb.dev = self.move_to
        return self.verdict


def test_rx_handler_takes_the_frame(host: DevHost, eth: Wire) -> None:
    pt, tap = sink(host.net), sink(host.net, 3)
    handler = Handler(const.RX_HANDLER_CONSUMED)
    with rtnl(host.net):
        assert netdev_rx_handler_register(eth, handler, None) == 0
        assert netdev_rx_handler_register(eth, handler, None) == -16
    assert receive(host, received(eth)) == const.NET_RX_SUCCESS
    assert pt.frames == []
    assert len(tap.frames) == 1
    with rtnl(host.net):
        netdev_rx_handler_unregister(eth)
    receive(host, received(eth))
    assert len(pt.frames) == 1


def test_rx_handler_gets_a_frame_of_its_own(host: DevHost, eth: Wire) -> None:
    host.may_leak = True

    class Greedy(PacketType):
        def __init__(self) -> None:
            PacketType.__init__(self, 3, None)
            self.kept: list[SkBuff] = []

        def rcv(self, skb: SkBuff, dev: NetDevice, orig_dev: NetDevice | None) -> int:
            self.kept.append(skb)
            return 0

    tap = Greedy()
    dev_add_pack(tap, host.net)
    handler = Handler(const.RX_HANDLER_CONSUMED)
    netdev_rx_handler_register(eth, handler, None)
    receive(host, received(eth))
    assert handler.got == [1]
    assert tap.kept[0].users == 1


def test_another_round_begins_with_the_new_device(host: DevHost, eth: Wire) -> None:
    upper = Wire(host.net, "bond0")
    up(upper)
    pt, tap = sink(host.net), sink(host.net, 3, upper)
    netdev_rx_handler_register(eth, Handler(const.RX_HANDLER_ANOTHER, upper), None)
    receive(host, received(eth, b"via"))
    assert pt.frames == tap.frames == [b"via"]
    assert host.sd().processed == 2


def test_exact_reaches_only_handlers_bound_to_the_device(host: DevHost, eth: Wire) -> None:
    everybody, bound = sink(host.net), sink(host.net, PROTO, eth)
    netdev_rx_handler_register(eth, Handler(const.RX_HANDLER_EXACT), None)
    receive(host, received(eth))
    assert everybody.frames == []
    assert len(bound.frames) == 1


# ---- VLAN


def vlan_frame(dev: Wire, vid: int, data: bytes) -> SkBuff:
    return received(dev, vid.to_bytes(2, "big") + PROTO.to_bytes(2, "big") + data, 0x8100)


def test_tag_is_taken_off_and_nobodys_vlan_is_otherhost(host: DevHost, eth: Wire) -> None:
    pt = sink(host.net)
    receive(host, vlan_frame(eth, 5, b"in"))
    assert pt.frames == [b"in"]
    assert pt.kinds == [3]


def test_priority_tag_is_no_vlan(host: DevHost, eth: Wire) -> None:
    pt = sink(host.net)
    receive(host, vlan_frame(eth, 0x6000, b"in"))
    assert pt.kinds == [0]


def test_vlan_device_gets_its_frames(host: DevHost, eth: Wire) -> None:
    vlan = Wire(host.net, "eth0.5")
    up(vlan)

    class Vlans(VlanOps):
        def vlan_do_receive(self, skb: SkBuff) -> bool:
            assert skb.vlan_tci == 0x1005
            assert skb.shinfo.head[skb.mac_header + 12 : skb.mac_header + 14] == b"\x88\xb5"
            skb.vlan_tci = 0
            skb.dev = vlan
            return True

    pt, tap = sink(host.net, PROTO, vlan), sink(host.net, 3, eth)
    register_vlan_ops(Vlans())
    try:
        receive(host, vlan_frame(eth, 5, b"in"))
    finally:
        register_vlan_ops(VlanOps())
    assert pt.frames == tap.frames == [b"in"]


def test_short_vlan_frame_is_dropped(host: DevHost, eth: Wire) -> None:
    assert receive(host, received(eth, b"\0\5", 0x8100)) == const.NET_RX_DROP


# ---- ingress qdisc


@pytest.mark.parametrize(("verdict", "passes"), [(0, True), (2, False), (4, False), (3, True)])
def test_ingress_qdisc_judges(host: DevHost, eth: Wire, verdict: int, passes: bool) -> None:
    class Ingress(Qdisc):
        def enqueue(self, skb: SkBuff) -> int:
            return verdict

    rxq = NetdevQueue(eth, 0)
    rxq.qdisc = Ingress(rxq, "ingress")
    eth.ingress_queue = rxq
    pt = sink(host.net)
    receive(host, received(eth))
    assert len(pt.frames) == passes


# ---- going away


def test_flush_frees_what_came_from_the_device(host: DevHost, eth: Wire) -> None:
    host.may_leak = True
    other = Wire(host.net)
    up(other)
    pt = sink(host.net)
    mine = skb_get(received(eth, b"gone"))
    local_bh_disable()
    netif_rx(mine)
    netif_rx(received(other, b"stays"))
    with rtnl(host.net):
        dev_close(eth)
    flush_backlog(eth)
    assert mine.users == 1
    local_bh_enable()
    assert pt.frames == [b"stays"]
