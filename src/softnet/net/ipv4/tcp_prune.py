"""The receive buffer is full: make room, or say no.

Linux: net/ipv4/tcp_input.c (tcp_try_rmem_schedule, tcp_prune_queue, tcp_collapse).

A peer that sends little data in large packets fills the buffer with overhead. Collapsing copies the
data of such packets together; if that is not enough, what is out of order is thrown away (the peer
has it still), and at last the new packet is.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import (
    alloc_skb,
    kfree_skb,
    skb_copy_bits,
    skb_queue_purge,
    skb_set_owner_r,
)
from softnet.net.core.sock import sk_mem_reclaim, sk_rmem_schedule
from softnet.net.ipv4.tcp_rcvbuf import tcp_clamp_window
from softnet.structs.skbuff import SkBuff, SkBuffHead
from softnet.structs.tcp import TcpSock

COLLAPSE_HEADROOM = 64  # bytes of a collapsed skb in front of the data
COLLAPSE_MAX = const.PAGE_SIZE - COLLAPSE_HEADROOM - const.SIZEOF_SKB_SHARED_INFO  # of data


def tcp_try_rmem_schedule(tp: TcpSock, size: int) -> int:
    """Reserve size bytes of truesize for a new skb, making room if need be; 0, or -1: no room."""
    if tp.sk_rmem_alloc <= tp.sk_rcvbuf and sk_rmem_schedule(tp, size):
        return 0
    if tcp_prune_queue(tp) < 0:
        return -1
    if sk_rmem_schedule(tp, size):
        return 0
    if not tcp_prune_ofo_queue(tp):
        return -1
    return 0 if sk_rmem_schedule(tp, size) else -1


def tcp_prune_queue(tp: TcpSock) -> int:
    """Bring the queues within the buffer; -1 if even the last resort did not.

    Neighbours are collapsed even where tcp_clamp_window() finds room (kernels since 4.18 spare that).
    """
    if trace.tcp_prune_queue.enabled:
        trace.tcp_prune_queue.fire(tp)
    mib = tp.sk_net.mib.net
    mib.inc(snmp.LINUX_MIB_PRUNECALLED)
    if tp.sk_rmem_alloc >= tp.sk_rcvbuf:
        tcp_clamp_window(tp)
    elif tp.sysctl.accounts.pressure and tp.rcv_ssthresh > 4 * tp.advmss:
        tp.rcv_ssthresh = 4 * tp.advmss
    tcp_collapse_ofo_queue(tp)
    first = tp.sk_receive_queue.first
    if first is not None:
        tcp_collapse(tp, tp.sk_receive_queue, first, None, tp.copied_seq, tp.rcv_nxt)
    sk_mem_reclaim(tp)
    if tp.sk_rmem_alloc <= tp.sk_rcvbuf:
        return 0
    tcp_prune_ofo_queue(tp)
    if tp.sk_rmem_alloc <= tp.sk_rcvbuf:
        return 0
    # The new packet goes; it will be sent again, and then the reader may have made room.
    mib.inc(snmp.LINUX_MIB_RCVPRUNED)
    tp.pred_flags = 0
    return -1


def tcp_prune_ofo_queue(tp: TcpSock) -> bool:
    """Throw away what is out of order, and with it what we reported; False if there was nothing."""
    if tp.out_of_order_queue.first is None:
        return False
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_OFOPRUNED)
    skb_queue_purge(tp.out_of_order_queue)
    tp.rx_opt.dsack = False
    tp.rx_opt.num_sacks = 0
    sk_mem_reclaim(tp)
    return True


def tcp_collapse_ofo_queue(tp: TcpSock) -> None:
    """Collapse each run of neighbours in the out-of-order queue.

    A segment without neighbours is left alone; when such segments are an eighth of the buffer, somebody
    makes them on purpose, and the rest is not looked at (CVE-2018-5390: else each new segment has
    all others copied).
    """
    q = tp.out_of_order_queue
    head = q.first
    if head is None:
        return
    start, end = head.seq, head.end_seq
    truesize = 0  # of the run
    tiny = 0  # of what was left alone
    skb: SkBuff | None = head
    while skb is not None:
        truesize += skb.truesize
        skb = skb.next
        if skb is None or mem.after(skb.seq, end) or mem.before(skb.end_seq, start):
            assert head is not None
            if truesize != head.truesize or mem.u32(end - start) >= COLLAPSE_MAX:
                tcp_collapse(tp, q, head, skb, start, end)
            else:
                tiny += truesize
                if tiny > tp.sk_rcvbuf >> 3:
                    return
            head = skb
            truesize = 0
            if skb is not None:
                start, end = skb.seq, skb.end_seq
        else:
            if mem.before(skb.seq, start):
                start = skb.seq
            if mem.after(skb.end_seq, end):
                end = skb.end_seq


def tcp_collapse(
    tp: TcpSock, q: SkBuffHead, head: SkBuff, tail: SkBuff | None, start: int, end: int
) -> None:
    """Copy the bytes start to end of q, from head up to tail, into as few skbs as possible.

    Segments with SYN or FIN stay as they are. Nothing happens before the first that is bloated, or
    overlaps its neighbour.
    """
    if trace.tcp_collapse.enabled:
        trace.tcp_collapse.fire(tp)
    skb: SkBuff | None = head
    while True:
        if skb is None or skb is tail:
            return
        if not mem.before(start, skb.end_seq):
            skb = tcp_collapse_one(tp, skb, q)
            continue
        if not tcp_has_syn_or_fin(skb) and (
            tp.win_from_space(skb.truesize) > skb.len or mem.before(skb.seq, start)
        ):
            break
        nxt = skb.next
        if nxt is not None and nxt is not tail and skb.end_seq != nxt.seq:
            break
        start = skb.end_seq
        skb = nxt
    if tcp_has_syn_or_fin(skb):
        return
    while mem.before(start, end):
        room = COLLAPSE_MAX
        left = mem.u32(end - start)
        if left < room:
            room = left
        nskb = tcp_collapse_new(tp, q, skb, start, room)
        while room > 0:
            offset = mem.s32(start - skb.seq)
            size = mem.s32(skb.end_seq - start)
            assert offset >= 0
            if size > 0:
                if size > room:
                    size = room
                copied = skb_copy_bits(skb, offset, nskb.shinfo.head, nskb.put(size), size)
                assert copied == 0
                nskb.end_seq = mem.u32(nskb.end_seq + size)
                room -= size
                start = mem.u32(start + size)
            if not mem.before(start, skb.end_seq):
                following = tcp_collapse_one(tp, skb, q)
                if following is None or following is tail or tcp_has_syn_or_fin(following):
                    return
                skb = following


def tcp_has_syn_or_fin(skb: SkBuff) -> bool:
    """Does skb take sequence numbers beyond its bytes?"""
    return skb.tcp_flags & (tcp.TCPHDR_SYN | tcp.TCPHDR_FIN) != 0


def tcp_collapse_new(tp: TcpSock, q: SkBuffHead, skb: SkBuff, start: int, room: int) -> SkBuff:
    """An empty skb for room bytes from start on, queued in front of skb and charged."""
    nskb = alloc_skb(COLLAPSE_HEADROOM + room)
    nskb.reserve(COLLAPSE_HEADROOM)
    nskb.transport_header = nskb.data
    nskb.network_header = nskb.data
    nskb.tcp_flags = skb.tcp_flags
    nskb.ack_seq = skb.ack_seq
    nskb.tstamp = skb.tstamp
    nskb.protocol = skb.protocol
    nskb.ip_summed = const.CHECKSUM_UNNECESSARY
    nskb.seq = start
    nskb.end_seq = start
    q.queue_before(skb, nskb)
    skb_set_owner_r(nskb, tp)
    return nskb


def tcp_collapse_one(tp: TcpSock, skb: SkBuff, q: SkBuffHead) -> SkBuff | None:
    """Free skb, whose bytes are elsewhere; the one behind it."""
    nxt = skb.next
    q.unlink(skb)
    kfree_skb(skb, const.SKB_DROP_REASON_TCP_COLLAPSE)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPRCVCOLLAPSED)
    return nxt
