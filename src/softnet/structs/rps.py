"""Receive queues, and the tables that steer their packets to CPUs.

Linux: struct netdev_rx_queue, rps_map, rps_dev_flow_table, rps_sock_flow_table of
include/linux/netdevice.h. What uses them is net/core/dev/rps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.mem as mem

if TYPE_CHECKING:
    from softnet.arch.mem import I64s
    from softnet.structs.netdevice import NetDevice


class RpsDevFlowTable:
    """struct rps_dev_flow_table: per flow hash, the CPU that serves it and where its packets end.

    `cpu` holds -1 (RPS_NO_CPU) until the flow was steered; `last_qtail` is the input_queue_tail of
    that CPU behind the flow's last packet.
    """

    __slots__ = ("cpu", "cpu_own", "last_qtail", "last_qtail_own", "mask")

    cpu_own: object
    cpu: I64s
    last_qtail_own: object
    last_qtail: I64s
    mask: int

    def __init__(self, entries: int) -> None:
        self.mask = entries - 1
        self.cpu_own = mem.i64_array(entries)
        self.cpu = mem.i64_ptr(self.cpu_own)
        self.last_qtail_own = mem.i64_array(entries)
        self.last_qtail = mem.i64_ptr(self.last_qtail_own)
        for i in range(entries):
            self.cpu[i] = -1


class RpsSockFlowTable:
    """struct rps_sock_flow_table: per flow hash, the CPU on which a task last received."""

    __slots__ = ("ents", "ents_own", "mask")

    ents_own: object
    ents: I64s
    mask: int

    def __init__(self, entries: int) -> None:
        self.mask = entries - 1
        self.ents_own = mem.i64_array(entries)
        self.ents = mem.i64_ptr(self.ents_own)
        for i in range(entries):
            self.ents[i] = -1


class NetdevRxQueue:
    """struct netdev_rx_queue: to which CPUs the packets of one receive queue are steered."""

    __slots__ = ("dev", "index", "rps_flow_table", "rps_map")

    dev: NetDevice
    index: int
    rps_map: list[int] | None  # CPU numbers
    rps_flow_table: RpsDevFlowTable | None

    def __init__(self, dev: NetDevice, index: int) -> None:
        self.dev = dev
        self.index = index
        self.rps_map = None
        self.rps_flow_table = None
