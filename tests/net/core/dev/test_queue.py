"""Stopping and waking transmit queues."""

from __future__ import annotations

import softnet.arch.const as const
from softnet.net.core.dev.queue import (
    netif_device_attach,
    netif_device_detach,
    netif_queue_stopped,
    netif_set_real_num_tx_queues,
    netif_start_queue,
    netif_start_subqueue,
    netif_stop_queue,
    netif_stop_subqueue,
    netif_subqueue_stopped,
    netif_tx_freeze_queue,
    netif_tx_stop_all_queues,
    netif_tx_unfreeze_queue,
    netif_tx_wake_all_queues,
    netif_wake_queue,
    netif_wake_subqueue,
)
from softnet.net.core.dev.xmit import dev_queue_xmit
from tests.net.core.dev.kit import DevHost, Wire, frame, up


def test_stopped_queue_keeps_packets_until_woken(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    netif_stop_queue(dev)
    assert netif_queue_stopped(dev)
    for n in range(3):
        assert dev_queue_xmit(frame(dev, b"%d" % n)) == const.NET_XMIT_SUCCESS
    assert dev.sent == []
    netif_wake_queue(dev)
    assert dev.sent == []  # the softirq sends
    host.run()
    assert dev.payloads() == [b"0", b"1", b"2"]


def test_start_does_not_send_what_waits(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    netif_stop_queue(dev)
    dev_queue_xmit(frame(dev, b"waits"))
    netif_start_queue(dev)
    host.run()
    assert dev.sent == []


def test_queues_stop_one_by_one(host: DevHost) -> None:
    dev = Wire(host.net, txqs=2)
    up(dev)
    netif_stop_subqueue(dev, 1)
    assert not netif_subqueue_stopped(dev, 0)
    assert netif_subqueue_stopped(dev, 1)
    netif_wake_subqueue(dev, 1)
    assert not netif_subqueue_stopped(dev, 1)
    netif_tx_stop_all_queues(dev)
    assert netif_subqueue_stopped(dev, 0)
    netif_start_subqueue(dev, 0)
    netif_tx_wake_all_queues(dev)
    assert not netif_subqueue_stopped(dev, 1)


def test_frozen_queue_sends_afterwards(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    netif_tx_freeze_queue(dev.tx0)
    dev_queue_xmit(frame(dev, b"cold"))
    host.run()
    assert dev.sent == []
    netif_tx_unfreeze_queue(dev.tx0)
    host.run()
    assert dev.payloads() == [b"cold"]


def test_detach_stops_and_attach_wakes(host: DevHost) -> None:
    dev = Wire(host.net)
    up(dev)
    netif_device_detach(dev)
    assert netif_queue_stopped(dev)
    netif_device_attach(dev)
    assert not netif_queue_stopped(dev)


def test_number_of_queues_in_use(host: DevHost) -> None:
    dev = Wire(host.net, txqs=4)
    up(dev)
    assert netif_set_real_num_tx_queues(dev, 5) == -22
    assert netif_set_real_num_tx_queues(dev, 0) == -22
    netif_tx_stop_all_queues(dev)
    waiting = frame(dev)
    waiting.queue_mapping = 4  # came by receive queue 3, so it leaves by transmit queue 3
    dev_queue_xmit(waiting)
    q = dev.tx[3].qdisc
    assert q is not None
    assert q.q.qlen == 1
    assert netif_set_real_num_tx_queues(dev, 1) == 0
    assert q.q.qlen == 0
    netif_tx_wake_all_queues(dev)
    host.run()
    skb = frame(dev)
    dev_queue_xmit(skb)
    assert skb.queue_mapping == 0
