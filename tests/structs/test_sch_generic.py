"""What a qdisc does that overrides nothing."""

from __future__ import annotations

import softnet.arch.const as const
from softnet.structs.netdevice import NetDevice
from softnet.structs.sch_generic import Qdisc
from softnet.structs.skbuff import SkBuff


def test_base_drops_and_gives_nothing() -> None:
    dev = NetDevice("eth0")
    q = Qdisc(dev.tx0, "none")
    assert (q.id, q.refcnt, q.dev_queue, q.noqueue, q.running) == ("none", 1, dev.tx0, False, False)
    assert q.enqueue(SkBuff()) == const.NET_XMIT_DROP
    assert q.dequeue() is None
    assert q.peek() is None
    assert q.drop() == 0
    assert q.init(None) == 0
    q.reset()
    q.attach()
    q.destroy()
