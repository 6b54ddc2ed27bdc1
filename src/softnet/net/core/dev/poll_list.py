"""The poll list of a CPU, and how a napi comes onto it.

Linux: napi_schedule_prep(), __napi_schedule() of net/core/dev.c and include/linux/netdevice.h

Below receive.py, which schedules the backlog, and napi.py, which polls. Drivers import from
napi.py.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
from softnet.kernel.softirq import raise_softirq_irqoff
from softnet.machine.cpu import this_cpu
from softnet.structs.netdevice import Napi, SoftnetData


def napi_schedule(napi: Napi) -> bool:
    """Have napi polled by this CPU; True if it was not scheduled before: mask the interrupt."""
    if trace.napi_schedule.enabled:
        trace.napi_schedule.fire(None)
    if not napi_schedule_prep(napi):
        return False
    sd: SoftnetData = this_cpu().softnet
    napi_schedule_on(sd, napi)
    return True


def napi_schedule_prep(napi: Napi) -> bool:
    """Claim napi: True if it may be scheduled, and is marked so now."""
    if napi.state & (1 << const.NAPI_STATE_DISABLE | 1 << const.NAPI_STATE_SCHED):
        return False
    napi.state |= 1 << const.NAPI_STATE_SCHED
    return True


def napi_schedule_claimed(napi: Napi) -> None:
    """__napi_schedule(): onto this CPU's poll list; napi_schedule_prep() said True."""
    sd: SoftnetData = this_cpu().softnet
    napi_schedule_on(sd, napi)


def napi_schedule_on(sd: SoftnetData, napi: Napi) -> None:
    """____napi_schedule(): onto the end of sd's poll list, this CPU's, and raise the softirq."""
    assert napi.state & 1 << const.NAPI_STATE_SCHED
    poll_list_add(sd, napi)
    raise_softirq_irqoff(const.NET_RX_SOFTIRQ)


def poll_list_add(sd: SoftnetData, napi: Napi) -> None:
    """list_add_tail(&napi->poll_list, &sd->poll_list)"""
    last = sd.poll_last
    assert napi.next is None
    assert last is not napi
    napi.sd = sd
    if last is None:
        sd.poll_first = napi
    else:
        last.next = napi
    sd.poll_last = napi


def poll_list_del(sd: SoftnetData, napi: Napi) -> None:
    """list_del(&napi->poll_list); nearly always it is the first."""
    nxt = napi.next
    napi.next = None
    if sd.poll_first is napi:
        sd.poll_first = nxt
        if nxt is None:
            sd.poll_last = None
    else:
        p = sd.poll_first
        while p is not None and p.next is not napi:
            p = p.next
        assert p is not None, "a napi that is scheduled, but on no poll list"
        p.next = nxt
        if nxt is None:
            sd.poll_last = p
