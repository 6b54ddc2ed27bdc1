"""struct Qdisc: what stands between dev_queue_xmit() and the driver.

Linux: include/net/sch_generic.h
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
from softnet.kernel.lock import SpinLock
from softnet.structs.skbuff import SkBuffHead

if TYPE_CHECKING:
    from softnet.structs.netdevice import NetdevQueue
    from softnet.structs.skbuff import SkBuff


class Qdisc:
    """struct Qdisc with its Qdisc_ops: a scheduler subclasses it and overrides enqueue, dequeue.

    `q` is the plain queue that the simple schedulers use; q.qlen of the root counts all packets.
    """

    __slots__ = (
        "id",
        "handle",
        "parent",
        "flags",
        "state",
        "limit",
        "dev_queue",
        "q",
        "gso_skb",
        "lock",
        "next_sched",
        "bytes",
        "packets",
        "drops",
        "requeues",
        "overlimits",
        "backlog",
        "refcnt",
        "noqueue",
        "running",
    )

    id: str  # ops->id: "pfifo_fast"
    handle: int
    parent: int
    flags: int  # const.TCQ_F_* bits
    state: int  # const.QDISC_STATE_* bits
    limit: int
    dev_queue: NetdevQueue
    q: SkBuffHead
    gso_skb: SkBuff | None  # the packet that the driver refused
    lock: SpinLock
    next_sched: Qdisc | None  # link in softnet_data.output_queue
    bytes: int  # bstats
    packets: int
    drops: int  # qstats
    requeues: int
    overlimits: int
    backlog: int
    refcnt: int
    noqueue: bool  # ops->enqueue is NULL: a packet goes straight to the driver
    running: bool  # __QDISC___STATE_RUNNING: somebody is dequeueing

    def __init__(self, dev_queue: NetdevQueue, id: str) -> None:
        self.id = id
        self.handle = 0
        self.parent = 0
        self.flags = 0
        self.state = 0
        self.limit = 0
        self.dev_queue = dev_queue
        self.q = SkBuffHead()
        self.gso_skb = None
        self.lock = SpinLock("qdisc_lock")
        self.next_sched = None
        self.bytes = 0
        self.packets = 0
        self.drops = 0
        self.requeues = 0
        self.overlimits = 0
        self.backlog = 0
        self.refcnt = 1
        self.noqueue = False
        self.running = False

    def enqueue(self, skb: SkBuff) -> int:
        """Take skb: NET_XMIT_SUCCESS, or NET_XMIT_DROP / _CN with skb freed."""
        return const.NET_XMIT_DROP

    def dequeue(self) -> SkBuff | None:
        """The next packet to send, None if there is none now."""
        return None

    def peek(self) -> SkBuff | None:
        """The packet that dequeue() would give, left where it is."""
        return None

    def drop(self) -> int:
        """Drop one packet to make room; its length in bytes, 0 if there was none."""
        return 0

    def reset(self) -> None:
        """Forget every packet."""

    def init(self, opt: object) -> int:
        """Take the options that tc gave (or None); 0 or -errno."""
        return 0

    def destroy(self) -> None:
        """Give back everything; no packet comes any more."""

    def attach(self) -> None:
        """ops->attach: graft yourself to the device's queues."""
