"""e1000's receive side: a written descriptor becomes an skb, and gets a new buffer.

Linux: e1000_clean_rx_irq(), e1000_rx_checksum(), e1000_check_copybreak(), e1000_alloc_rx_buffers()
of e1000_main.c

The card writes a frame into the buffer of its descriptor. A long frame's buffer becomes the skb's
head as it is; a short one is copied into an skb of its size and the buffer used again.

Differs from Linux: a jumbo frame gets one buffer that is large enough instead of several pages.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.e1000 as regs
from softnet.drivers.net.e1000.e1000 import E1000Adapter
from softnet.machine.memory import RxSlab
from softnet.net.core.dev.gro import napi_gro_receive
from softnet.net.core.skbuff import build_skb, netdev_alloc_skb_ip_align
from softnet.net.ethernet.eth import eth_type_trans
from softnet.structs.skbuff import SkBuff

E1000_RX_BUFFER_WRITE = 16  # descriptors are given back to the card in bundles of so many
RX_HEADROOM = const.NET_SKB_PAD + const.NET_IP_ALIGN
STATUS_SHIFT = 32  # of the status and the errors in the second half of a descriptor
ERRORS_SHIFT = 40
LENGTH_MASK = 0xFFFF


def e1000_clean_rx_irq(adapter: E1000Adapter, budget: int) -> int:
    """Receive what the card has written, at most budget frames; how many."""
    if trace.e1000_clean_rx_irq.enabled:
        trace.e1000_clean_rx_irq.fire(None, adapter.name)
    rx = adapter.rx_ring
    slab = rx.slab
    if slab is None:
        return 0
    i = rx.next_to_clean
    work = 0
    cleaned = 0
    size = 0
    while work < budget:
        o = i * regs.E1000_DESC_LEN + regs.E1000_RXD_LENGTH
        desc = mem.get64le(rx.ptr, o)
        status = desc >> STATUS_SHIFT & 0xFF
        if not status & regs.E1000_RXD_STAT_DD:
            break
        mem.put64le(rx.ptr, o, 0)
        work += 1
        length = desc & LENGTH_MASK
        errors = desc >> ERRORS_SHIFT & 0xFF
        skb = e1000_receive(adapter, slab, i, length, status, errors)
        cleaned += 1
        i = rx.after(i)
        rx.next_to_clean = i
        if skb is not None:
            size += length
            skb.protocol = eth_type_trans(skb, adapter)
            napi_gro_receive(adapter.napi, skb)
        if cleaned >= E1000_RX_BUFFER_WRITE:
            e1000_alloc_rx_buffers(adapter, cleaned)
            cleaned = 0
    cleaned = rx.unused()
    if cleaned:
        e1000_alloc_rx_buffers(adapter, cleaned)
    adapter.total_rx_packets += work
    adapter.total_rx_bytes += size
    adapter.stats.rx_packets += work
    adapter.stats.rx_bytes += size
    return work


def e1000_receive(
    adapter: E1000Adapter, slab: RxSlab, i: int, length: int, status: int, errors: int
) -> SkBuff | None:
    """The frame in buffer i as an skb; None if it is not a whole good one: the buffer is free."""
    rx = adapter.rx_ring
    pkt_id = 0
    if adapter.ids.rx:
        pkt_id = adapter.ids.take_rx(i)
    if rx.discarding or not status & regs.E1000_RXD_STAT_EOP:
        # A frame longer than a buffer: longer than anything we asked for.
        rx.discarding = not status & regs.E1000_RXD_STAT_EOP
        slab.unpost(i)
        return None
    if errors & regs.E1000_RXD_ERR_FRAME_ERR_MASK:
        slab.unpost(i)
        return None
    buf = slab.take(i)
    if length <= adapter.copybreak:
        skb = netdev_alloc_skb_ip_align(adapter, length)
        mem.copy(skb.ptr, skb.data, mem.addr(buf), slab.headroom, length)
        slab.recycle(buf)
    else:
        skb = build_skb(buf)
        skb.dev = adapter
        skb.reserve(slab.headroom)
    skb.put(length)
    if pkt_id:
        skb.pkt_id = pkt_id
    if not status & regs.E1000_RXD_STAT_IXSM and adapter.rx_csum:
        e1000_rx_checksum(adapter, skb, status, errors)
    return skb


def e1000_rx_checksum(adapter: E1000Adapter, skb: SkBuff, status: int, errors: int) -> None:
    """What the card says about TCP's or UDP's checksum. A bad one is for the stack to find."""
    if errors & regs.E1000_RXD_ERR_TCPE:
        adapter.hw_csum_err += 1
    elif status & regs.E1000_RXD_STAT_TCPCS:
        skb.ip_summed = const.CHECKSUM_UNNECESSARY
        adapter.hw_csum_good += 1


def e1000_alloc_rx_buffers(adapter: E1000Adapter, count: int) -> None:
    """Give the next count descriptors a buffer and tell the card (RDT).

    If a mapping fails it is counted, and tried again after the next frame or by the watchdog.
    """
    if trace.e1000_alloc_rx_buffers.enabled:
        trace.e1000_alloc_rx_buffers.fire(None, adapter.name)
    rx = adapter.rx_ring
    slab = rx.slab
    assert slab is not None
    i = rx.next_to_use
    while count > 0:
        addr = slab.post(i)
        if addr < 0:
            adapter.alloc_rx_buff_failed += 1
            break
        mem.put64le(rx.ptr, i * regs.E1000_DESC_LEN, addr)
        i = rx.after(i)
        count -= 1
    if i != rx.next_to_use:
        rx.next_to_use = i
        adapter.io.writel(regs.E1000_RDT, i)


def e1000_clean_rx_ring(adapter: E1000Adapter) -> None:
    """The device goes down: take all buffers back."""
    rx = adapter.rx_ring
    slab = rx.slab
    if slab is None:
        return
    i = rx.next_to_clean
    while i != rx.next_to_use:
        slab.unpost(i)
        o = i * regs.E1000_DESC_LEN + regs.E1000_RXD_LENGTH
        mem.put64le(rx.ptr, o, 0)
        i = rx.after(i)
    rx.next_to_use = 0
    rx.next_to_clean = 0
    rx.discarding = False
