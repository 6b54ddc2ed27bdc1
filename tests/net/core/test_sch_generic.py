"""pfifo_fast, default qdiscs, the watchdog."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
import softnet.uapi.pkt_sched as pkt_sched
from softnet.net.core.dev.config import dev_close, dev_open
from softnet.net.core.dev.queue import netif_stop_queue, netif_wake_queue
from softnet.net.core.dev.registry import register_netdev, unregister_netdev
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.net.core.sch_generic import PfifoFast, dev_graft_qdisc, qdisc_destroy, qdisc_reset
from softnet.net.core.skbuff import skb_get
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.sch_generic import Qdisc
from tests.net.core.dev.kit import DevHost, Wire, frame, payload, rtnl, up


@pytest.fixture
def host() -> DevHost:  # type: ignore[misc]  # a generator
    with DevHost(may_leak=True) as h:
        yield h


@pytest.fixture
def fifo(host: DevHost) -> PfifoFast:
    dev = Wire(host.net)
    up(dev)
    return PfifoFast(dev.tx0)


def put(q: Qdisc, data: bytes, priority: int = 0) -> int:
    return q.enqueue(frame(q.dev_queue.dev, data, priority=priority))


def drain(q: Qdisc) -> list[bytes]:
    out = []
    while (skb := q.dequeue()) is not None:
        out.append(payload(skb))
    return out


@pytest.mark.parametrize("priority", range(17))
def test_band_of_each_priority(fifo: PfifoFast, priority: int) -> None:
    put(fifo, b"x", priority)
    bands = [fifo.q0.qlen, fifo.q1.qlen, fifo.q2.qlen]
    table = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    assert bands.index(1) == table[priority & 15]


def test_lower_band_first_and_fifo_within(fifo: PfifoFast) -> None:
    for n, priority in enumerate([0, 2, 6, 0, 2, 6]):
        put(fifo, b"%d" % n, priority)
    assert fifo.q.qlen == 6
    first = fifo.peek()
    assert first is not None
    assert payload(first) == b"2"
    assert drain(fifo) == [b"2", b"5", b"0", b"3", b"1", b"4"]
    assert (fifo.q.qlen, fifo.backlog, fifo.bitmap) == (0, 0, 0)
    assert (fifo.packets, fifo.bytes) == (6, 6 * 15)


def test_limit_is_tx_queue_len_over_all_bands(fifo: PfifoFast) -> None:
    fifo.dev_queue.dev.tx_queue_len = 3
    verdicts = [put(fifo, b"x", p) for p in (0, 2, 6, 0)]
    assert verdicts == [const.NET_XMIT_SUCCESS] * 3 + [const.NET_XMIT_DROP]
    assert (fifo.drops, fifo.q.qlen) == (1, 3)


def test_reset_frees_everything(fifo: PfifoFast) -> None:
    skb = skb_get(frame(fifo.dev_queue.dev))
    fifo.enqueue(skb)
    waiting = skb_get(frame(fifo.dev_queue.dev))
    fifo.gso_skb = waiting
    qdisc_reset(fifo)
    assert (skb.users, waiting.users) == (1, 1)
    assert (fifo.q.qlen, fifo.backlog) == (0, 0)
    assert fifo.dequeue() is None


def test_default_qdiscs(host: DevHost) -> None:
    plain, none, many = Wire(host.net), Wire(host.net), Wire(host.net, txqs=3)
    none.tx_queue_len = 0
    for dev in (plain, none, many):
        register_netdev(dev)
        assert dev.qdisc is not None
        assert dev.qdisc.id == "noop"
        with rtnl(host.net):
            dev_open(dev)
    assert [d.qdisc.id for d in (plain, none, many) if d.qdisc] == ["pfifo_fast", "noqueue", "mq"]
    assert [q.qdisc.id for q in many.tx if q.qdisc] == ["pfifo_fast"] * 3
    assert many.qdisc is not None
    assert many.qdisc.flags & const.TCQ_F_MQROOT
    for dev in (plain, none, many):
        unregister_netdev(dev)


def test_closing_frees_what_is_queued_and_opening_starts_anew(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    netif_stop_queue(dev)
    skb = skb_get(frame(dev))
    dev_queue_xmit(skb)
    assert skb.users == 2
    q = dev.tx0.qdisc_sleeping
    with rtnl(host.net):
        dev_close(dev)
        assert skb.users == 1
        assert dev.tx0.qdisc is not q
        dev_open(dev)
    assert dev.tx0.qdisc is q


def test_graft_takes_effect_when_activated(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    mine = PfifoFast(dev.tx0)
    with rtnl(host.net):
        dev_close(dev)
        old = dev_graft_qdisc(dev.tx0, mine)
        dev_open(dev)
    assert dev.tx0.qdisc is mine
    qdisc_destroy(old)


def test_quota_lets_others_run(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    netif_stop_queue(dev)
    for _ in range(100):
        dev_queue_xmit(frame(dev))
    dev.tx0.state = 0
    with_room = len(dev.sent)
    dev_queue_xmit(frame(dev))
    # 64 of the 101 at once; the softirq, which runs as dev_queue_xmit() returns, sends the rest.
    assert (with_room, len(dev.sent)) == (0, 101)


class Stuck(Wire):
    """A NIC whose completions never come."""

    def __init__(self, net: Net) -> None:
        Wire.__init__(self, net)
        self.timeouts: list[int] = []

    def ndo_tx_timeout(self) -> None:
        self.timeouts.append(self.nd_net.machine.clock.now // 1_000_000)


def test_watchdog_finds_a_queue_that_stays_stopped(host: DevHost) -> None:
    dev = Stuck(host.net)
    up(dev)
    host.run(3000)
    dev_queue_xmit(frame(dev))
    netif_stop_queue(dev)
    host.run(20_000)
    assert dev.watchdog_timeo == 5000
    assert dev.timeouts
    assert 8000 <= dev.timeouts[0] <= 13_001
    assert host.dmesg().count("NETDEV WATCHDOG: eth0 (): transmit queue 0 timed out") == 1
    assert dev.tx0.trans_timeout == len(dev.timeouts) >= 2


def test_watchdog_is_quiet_when_the_queue_runs_again(host: DevHost) -> None:
    dev = Stuck(host.net)
    up(dev)
    netif_stop_queue(dev)
    host.run(4000)
    netif_wake_queue(dev)
    host.run(60_000)
    assert dev.timeouts == []
    assert host.machine.timers.count == 0  # an idle host has nothing to wake up for


def test_watchdog_ends_with_the_device(host: DevHost) -> None:
    dev = Stuck(host.net)
    up(dev)
    netif_stop_queue(dev)
    with rtnl(host.net):
        dev_close(dev)
    host.run(60_000)
    assert dev.timeouts == []
    unregister_netdev(dev)


def test_device_without_handler_has_no_watchdog(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    netif_stop_queue(dev)
    assert dev.watchdog_timer is None


def test_priority_table_matches_pkt_sched() -> None:
    assert pkt_sched.TC_PRIO_MAX == 15
    assert NetDevice.ndo_tx_timeout is not Stuck.ndo_tx_timeout
