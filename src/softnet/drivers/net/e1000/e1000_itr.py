"""How often the card may interrupt: few packets quickly, many together.

Linux: e1000_set_itr() and e1000_update_itr() of e1000_main.c

After each poll the traffic since the last one is put into one of three ranges. Small and few
packets are somebody waiting for an answer; big and many are a bulk transfer.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.e1000 as regs
from softnet.drivers.net.e1000.e1000 import E1000Adapter

LOWEST_LATENCY = 0
LOW_LATENCY = 1
BULK_LATENCY = 2
LOWEST_LATENCY_ITR = 70_000  # interrupts a second
LOW_LATENCY_ITR = 20_000
BULK_LATENCY_ITR = 4_000


def e1000_set_itr(adapter: E1000Adapter) -> None:
    """Adapt the throttle to what the last poll saw; upwards by a quarter of the aim at a time."""
    if adapter.link_speed != 1000:
        new_itr = BULK_LATENCY_ITR
    else:
        tx = e1000_update_itr(adapter.tx_itr, adapter.total_tx_packets, adapter.total_tx_bytes)
        rx = e1000_update_itr(adapter.rx_itr, adapter.total_rx_packets, adapter.total_rx_bytes)
        if adapter.itr_setting == 3:  # conservative
            if tx == LOWEST_LATENCY:
                tx = LOW_LATENCY
            if rx == LOWEST_LATENCY:
                rx = LOW_LATENCY
        adapter.tx_itr = tx
        adapter.rx_itr = rx
        worst = tx if tx > rx else rx
        if worst == LOWEST_LATENCY:
            new_itr = LOWEST_LATENCY_ITR
        elif worst == LOW_LATENCY:
            new_itr = LOW_LATENCY_ITR
        else:
            new_itr = BULK_LATENCY_ITR
    if new_itr != adapter.itr:
        if new_itr > adapter.itr and adapter.itr + (new_itr >> 2) < new_itr:
            new_itr = adapter.itr + (new_itr >> 2)
        adapter.itr = new_itr
        adapter.io.writel(regs.E1000_ITR, const.NSEC_PER_SEC // (new_itr * regs.E1000_ITR_NS))


def e1000_update_itr(range: int, packets: int, bytes: int) -> int:
    """The range that packets and bytes since the last look belong to, coming from range."""
    if packets == 0:
        return range
    if range == LOWEST_LATENCY:
        if bytes > 8000 * packets:
            return BULK_LATENCY  # super-packets
        if packets < 5 and bytes > 512:
            return LOW_LATENCY
    elif range == LOW_LATENCY:
        if bytes > 10000:
            if bytes > 8000 * packets or packets < 10 or bytes > 1200 * packets:
                return BULK_LATENCY
            if packets > 35:
                return LOWEST_LATENCY
        elif bytes > 2000 * packets:
            return BULK_LATENCY
        elif packets <= 2 and bytes < 512:
            return LOWEST_LATENCY
    elif bytes > 25000:
        if packets > 35:
            return LOW_LATENCY
    elif bytes < 6000:
        return LOW_LATENCY
    return range
