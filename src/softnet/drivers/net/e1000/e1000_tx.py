"""e1000's transmit side: an skb becomes descriptors, and goes when they are done.

Linux: e1000_xmit_frame(), e1000_tso(), e1000_tx_csum(), e1000_tx_map(), e1000_tx_queue(),
e1000_clean_tx_irq() of e1000_main.c

    xmit_frame   room in the ring? else stop the queue and NETDEV_TX_BUSY
      tso, tx_csum   a context descriptor that says what to cut or to sum
      tx_map         map head and fragments for the card, 4 KiB a descriptor
      tx_queue       write the descriptors, tell the card (TDT)
    clean_tx_irq   from the poll: unmap and free what was sent, wake the queue

The skb belongs to the ring until its last descriptor is written back.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.e1000 as regs
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.drivers.net.e1000.e1000 import (
    E1000_DOWN,
    NOTHING_TO_WATCH,
    E1000Adapter,
    E1000TxRing,
)
from softnet.kernel.timer import jiffies
from softnet.net.core.dev.queue import (
    netif_start_queue,
    netif_stop_queue,
    netif_wake_queue,
)
from softnet.net.core.dev.xmit import dev_kfree_skb_any
from softnet.net.core.skbuff import (
    kfree_skb,
    pskb_expand_head,
    pskb_may_pull,
    skb_checksum_help,
    skb_header_cloned,
)
from softnet.structs.skbuff import SkBuff

E1000_MAX_TXD_PWR = 12
E1000_MAX_DATA_PER_TXD = 1 << E1000_MAX_TXD_PWR
TX_WAKE_THRESHOLD = 32  # descriptors
SPARE = 2  # never filled: the tail must not reach the head
BYTE_MAX = 0xFF  # a context's offsets are bytes
IP_CHECK = 10  # offsets of fields in their headers
IP_SADDR = 12
IP_DADDR = 16
IP6_SADDR_LEN = 16
TCP_CHECK = 16


def e1000_xmit_frame(skb: SkBuff, adapter: E1000Adapter) -> int:
    """Send skb: NETDEV_TX_OK and it is the ring's, or NETDEV_TX_BUSY with the queue stopped."""
    if trace.e1000_xmit_frame.enabled:
        trace.e1000_xmit_frame.fire(skb, "tail %d", adapter.tx_ring.next_to_use)
    tx = adapter.tx_ring
    if adapter.adapter_flags & 1 << E1000_DOWN or skb.len <= 0:
        kfree_skb(skb, const.SKB_DROP_REASON_DEV_TX)
        return const.NETDEV_TX_OK
    if tx.skbs is None:
        tx.back(adapter.memory)
    sh = skb.shinfo
    gso = sh.gso_size != 0
    partial = skb.ip_summed == const.CHECKSUM_PARTIAL
    count = (skb.len - skb.data_len + E1000_MAX_DATA_PER_TXD - 1) >> E1000_MAX_TXD_PWR
    if gso or partial:
        count += 1
    if sh.frags is not None:
        count += frag_descriptors(skb)
    if tx.unused() < count + SPARE and e1000_maybe_stop_tx(adapter, count + SPARE):
        return const.NETDEV_TX_BUSY

    first = tx.next_to_use
    lower = regs.E1000_TXD_CMD_IFCS
    upper = 0
    if gso:
        if e1000_tso(adapter, skb):
            kfree_skb(skb, const.SKB_DROP_REASON_GSO)
            return const.NETDEV_TX_OK
        lower |= regs.E1000_TXD_CMD_DEXT | regs.E1000_TXD_DTYP_D | regs.E1000_TXD_CMD_TSE
        upper = regs.E1000_TXD_POPTS_TXSM | regs.E1000_TXD_POPTS_IXSM
    elif partial and e1000_tx_csum(adapter, skb):
        lower |= regs.E1000_TXD_CMD_DEXT | regs.E1000_TXD_DTYP_D
        upper = regs.E1000_TXD_POPTS_TXSM
    data = tx.next_to_use
    last = e1000_tx_map(adapter, skb, data, lower, upper)
    if last < 0:
        adapter.stats.tx_dropped += 1
        kfree_skb(skb, const.SKB_DROP_REASON_NOMEM)
        tx.next_to_use = first
        return const.NETDEV_TX_OK
    if skb.pkt_id:
        adapter.ids.note_tx(data, skb.pkt_id)
    tx.keep(last, skb)
    tx.watch[first] = last
    e1000_tx_queue(adapter, last)
    if tx.unused() < const.MAX_SKB_FRAGS + SPARE:
        e1000_maybe_stop_tx(adapter, const.MAX_SKB_FRAGS + SPARE)
    return const.NETDEV_TX_OK


def frag_descriptors(skb: SkBuff) -> int:
    """How many descriptors skb's fragments need."""
    count = 0
    f = skb.shinfo.frags
    while f is not None:
        count += (f.size + E1000_MAX_DATA_PER_TXD - 1) >> E1000_MAX_TXD_PWR
        f = f.next
    return count


def e1000_maybe_stop_tx(adapter: E1000Adapter, size: int) -> bool:
    """Stop the queue unless size descriptors are free; True if it is stopped.

    Linux looks twice, since another CPU may be cleaning; here that is over before or comes after.
    """
    if adapter.tx_ring.unused() >= size:
        return False
    netif_stop_queue(adapter)
    if adapter.tx_ring.unused() < size:
        return True
    netif_start_queue(adapter)
    adapter.restart_queue += 1
    return False


def context(
    tx: E1000TxRing, ip_config: int, tcp_config: int, cmd_and_length: int, seg_setup: int
) -> None:
    """Write a context descriptor, its four words as in struct e1000_context_desc."""
    i = tx.next_to_use
    o = i * regs.E1000_DESC_LEN
    mem.put32le(tx.ptr, o, ip_config)
    mem.put32le(tx.ptr, o + 4, tcp_config)
    mem.put32le(tx.ptr, o + regs.E1000_TXD_LOWER, cmd_and_length)
    mem.put32le(tx.ptr, o + regs.E1000_TXD_UPPER, seg_setup)
    tx.addrs[i] = 0
    tx.next_to_use = tx.after(i)


def e1000_tso(adapter: E1000Adapter, skb: SkBuff) -> int:
    """Prepare the headers of a super-packet and tell the card how to cut it; 0 or -errno.

    The card writes lengths, ids, sequence numbers and sums; TCP's checksum must hold the pseudo
    header without the length. Only IPv4: NETIF_F_TSO6 is not offered.
    """
    if skb_header_cloned(skb):
        error = pskb_expand_head(skb, 0, 0)
        if error:
            return error
    nh = skb.network_header
    th = skb.transport_header
    if not pskb_may_pull(skb, th - skb.data + 20):
        return -22
    ptr = skb.ptr
    hdr_len = th - skb.data + ((mem.get8(ptr, th + 12) & 0xF0) >> 2)
    if not pskb_may_pull(skb, hdr_len) or hdr_len > BYTE_MAX:
        return -22
    ptr = skb.ptr  # the pull may have moved the head
    nh = skb.network_header
    th = skb.transport_header
    mem.put16(ptr, nh + 2, 0)
    mem.put16(ptr, nh + IP_CHECK, 0)
    saddr = mem.get32(ptr, nh + IP_SADDR)
    daddr = mem.get32(ptr, nh + IP_DADDR)
    pseudo = csum.csum_tcpudp_magic(saddr, daddr, 0, in_.IPPROTO_TCP, 0) ^ const.U16_MAX
    mem.put16(ptr, th + TCP_CHECK, pseudo)
    ipcss = nh - skb.data
    tucss = th - skb.data
    context(
        adapter.tx_ring,
        ipcss | (ipcss + IP_CHECK) << 8 | (tucss - 1) << 16,
        tucss | (tucss + TCP_CHECK) << 8,
        regs.E1000_TXD_CMD_DEXT
        | regs.E1000_TXD_CMD_TSE
        | regs.E1000_TXD_CMD_IP
        | regs.E1000_TXD_CMD_TCP
        | (skb.len - hdr_len),
        hdr_len << 8 | skb.shinfo.gso_size << 16,
    )
    return 0


def e1000_tx_csum(adapter: E1000Adapter, skb: SkBuff) -> bool:
    """Tell the card where to put which checksum; False if it was summed here instead."""
    start = skb.csum_start - skb.data
    at = start + skb.csum_offset
    if at > BYTE_MAX:
        skb_checksum_help(skb)
        return False
    cmd = regs.E1000_TXD_CMD_DEXT
    if is_tcp(skb):
        cmd |= regs.E1000_TXD_CMD_TCP
    context(adapter.tx_ring, 0, start | at << 8, cmd, 0)
    return True


def is_tcp(skb: SkBuff) -> bool:
    """Is it TCP over IPv4 or IPv6 (without extension headers)? For all else the card assumes UDP,
    whose checksum is never 0."""
    if skb.protocol == if_ether.ETH_P_IP:
        return mem.get8(skb.ptr, skb.network_header + 9) == in_.IPPROTO_TCP
    if skb.protocol == if_ether.ETH_P_IPV6:
        return mem.get8(skb.ptr, skb.network_header + 6) == in_.IPPROTO_TCP
    return False


def e1000_tx_map(adapter: E1000Adapter, skb: SkBuff, i: int, lower: int, upper: int) -> int:
    """Map skb and write its descriptors from i on: the last one's number, -1 if mapping failed.

    Then nothing is mapped any more.
    """
    tx = adapter.tx_ring
    memory = adapter.memory
    first = i
    last = -1
    head = skb.shinfo.head
    off = skb.data
    left = skb.len - skb.data_len
    while left > 0:
        n = left if left < E1000_MAX_DATA_PER_TXD else E1000_MAX_DATA_PER_TXD
        addr = memory.dma_map_single(head, off, n, const.DMA_TO_DEVICE)
        if addr < 0:
            return unmap_back(adapter, first, last)
        describe(tx, i, addr, lower | n, upper)
        last = i
        i = tx.after(i)
        off += n
        left -= n
    f = skb.shinfo.frags
    while f is not None:
        page = f.page
        assert page is not None
        off = f.off
        left = f.size
        while left > 0:
            n = left if left < E1000_MAX_DATA_PER_TXD else E1000_MAX_DATA_PER_TXD
            addr = memory.dma_map_single(page, off, n, const.DMA_TO_DEVICE)
            if addr < 0:
                return unmap_back(adapter, first, last)
            describe(tx, i, addr, lower | n, upper)
            last = i
            i = tx.after(i)
            off += n
            left -= n
        f = f.next
    return last


def describe(tx: E1000TxRing, i: int, addr: int, lower: int, upper: int) -> None:
    """Write data descriptor i."""
    o = i * regs.E1000_DESC_LEN
    tx.addrs[i] = addr
    mem.put64le(tx.ptr, o, addr)
    mem.put32le(tx.ptr, o + regs.E1000_TXD_LOWER, lower)
    mem.put32le(tx.ptr, o + regs.E1000_TXD_UPPER, upper)


def unmap_back(adapter: E1000Adapter, first: int, last: int) -> int:
    """Undo a mapping that got no further than descriptor last (-1: nowhere). Answers -1."""
    if last >= 0:
        tx = adapter.tx_ring
        i = first
        while True:
            adapter.memory.dma_unmap_single(tx.addrs[i])
            tx.addrs[i] = 0
            if i == last:
                break
            i = tx.after(i)
    return -1


def e1000_tx_queue(adapter: E1000Adapter, last: int) -> None:
    """The packet up to descriptor last is complete: tell the card."""
    tx = adapter.tx_ring
    o = last * regs.E1000_DESC_LEN + regs.E1000_TXD_LOWER
    mem.put32le(tx.ptr, o, mem.get32le(tx.ptr, o) | adapter.txd_cmd)
    tx.next_to_use = tx.after(last)
    adapter.io.writel(regs.E1000_TDT, tx.next_to_use)


def e1000_clean_tx_irq(adapter: E1000Adapter) -> bool:
    """Take back what was sent, at most one ring full; True if that was all there is."""
    if trace.e1000_clean_tx_irq.enabled:
        trace.e1000_clean_tx_irq.fire(None, adapter.name)
    tx = adapter.tx_ring
    if tx.skbs is None:
        return True
    i = tx.next_to_clean
    count = 0
    packets = 0
    size = 0
    last = tx.watch[i]
    while last != NOTHING_TO_WATCH and count < tx.count:
        done = mem.get8(tx.ptr, last * regs.E1000_DESC_LEN + regs.E1000_TXD_UPPER)
        if not done & regs.E1000_TXD_STAT_DD:
            break
        skb = tx.skbs[last]
        assert skb is not None
        segs = skb.shinfo.gso_segs
        if segs == 0:
            segs = 1
        packets += segs
        size += (segs - 1) * (skb.len - skb.data_len) + skb.len
        count += e1000_free_packet(adapter, i, last)
        i = tx.after(last)
        last = tx.watch[i]
    tx.next_to_clean = i

    if count and adapter.tx0.state & 1 << const.QUEUE_STATE_XOFF:
        # Differs from Linux: a cable may be so slow that the ring, in motion, stays full for
        # longer than the watchdog waits.
        adapter.tx0.trans_start = jiffies()
        if (
            tx.unused() >= TX_WAKE_THRESHOLD
            and not adapter.adapter_flags & 1 << E1000_DOWN
            and not adapter.state & 1 << const.LINK_STATE_NOCARRIER
        ):
            netif_wake_queue(adapter)
            adapter.restart_queue += 1
    adapter.total_tx_bytes += size
    adapter.total_tx_packets += packets
    adapter.stats.tx_bytes += size
    adapter.stats.tx_packets += packets
    return count < tx.count


def e1000_free_packet(adapter: E1000Adapter, first: int, last: int) -> int:
    """e1000_unmap_and_free_tx_resource(): of a whole packet; how many descriptors it had."""
    tx = adapter.tx_ring
    assert tx.skbs is not None
    tx.watch[first] = NOTHING_TO_WATCH
    skb: SkBuff = tx.skbs[last]  # type: ignore[assignment]  # the caller saw it, or watched it
    tx.keep(last, None)
    count = 0
    i = first
    while True:
        if tx.addrs[i]:
            adapter.memory.dma_unmap_single(tx.addrs[i])
            tx.addrs[i] = 0
        mem.put32le(tx.ptr, i * regs.E1000_DESC_LEN + regs.E1000_TXD_UPPER, 0)
        count += 1
        if i == last:
            break
        i = tx.after(i)
    dev_kfree_skb_any(skb)
    return count


def e1000_clean_tx_ring(adapter: E1000Adapter) -> None:
    """The device goes down: free what was not sent."""
    tx = adapter.tx_ring
    if tx.skbs is None:
        return
    i = tx.next_to_clean
    while i != tx.next_to_use:
        last = tx.watch[i]
        assert last != NOTHING_TO_WATCH
        e1000_free_packet(adapter, i, last)
        adapter.stats.tx_dropped += 1
        i = tx.after(last)
    tx.next_to_use = 0
    tx.next_to_clean = 0
