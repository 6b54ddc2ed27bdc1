"""The steering tables start empty."""

from __future__ import annotations

from softnet.structs.netdevice import NetDevice
from softnet.structs.rps import NetdevRxQueue, RpsDevFlowTable, RpsSockFlowTable


def test_sizes_and_queue() -> None:
    assert RpsDevFlowTable(64).mask == 63
    assert RpsSockFlowTable(1).mask == 0
    dev = NetDevice("eth0")
    queue = NetdevRxQueue(dev, 3)
    assert (queue.dev, queue.index, queue.rps_map, queue.rps_flow_table) == (dev, 3, None, None)
