"""Received data: in order to the reader, out of order aside, and what to report of it.

Linux: net/ipv4/tcp_input.c (tcp_data_queue, tcp_ofo_queue, tcp_fin, the SACK and D-SACK we send).
RFC 793 3.9, 2018 4, 2883.

In sequence goes to sk_receive_queue, ahead of it to out_of_order_queue, ordered by sequence number.
selective_acks describes that queue for the peer, the latest change first; duplicate_sack the last
segment that was not needed.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    skb_dst_drop,
    skb_queue_purge,
    skb_set_owner_r,
)
from softnet.net.core.sock import sk_mem_reclaim
from softnet.net.ipv4.tcp_output import tcp_send_ack
from softnet.net.ipv4.tcp_prequeue import tcp_copy_to_iovec, tcp_ucopy_room
from softnet.net.ipv4.tcp_prune import tcp_try_rmem_schedule
from softnet.net.ipv4.tcp_rcvbuf import (
    TCP_ECN_check_ce,
    tcp_enter_quickack_mode,
    tcp_event_data_recv,
)
from softnet.net.ipv4.tcp_state import tcp_set_state
from softnet.net.ipv4.tcp_timewait import tcp_time_wait
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSackBlock, TcpSock


def tcp_data_queue(tp: TcpSock, skb: SkBuff) -> None:
    """Process the text and the FIN of skb, data at the TCP header. Consumes it.

    RFC 793 3.9, the seventh step.
    """
    if trace.tcp_data_queue.enabled:
        trace.tcp_data_queue.fire(skb)
    seq, end_seq = skb.seq, skb.end_seq
    if seq == end_seq:
        consume_skb(skb)
        return
    skb_dst_drop(skb)
    skb.pull(mem.get8(skb.ptr, skb.transport_header + 12) >> 4 << 2)
    if skb.tcp_flags & tcp.TCPHDR_CWR:
        tp.ecn_flags &= ~const.TCP_ECN_DEMAND_CWR
    tp.rx_opt.dsack = False
    window = tp.receive_window()
    if seq == tp.rcv_nxt:
        if window == 0:
            tcp_data_unwanted(tp, skb, const.SKB_DROP_REASON_TCP_ZEROWINDOW)
        else:
            tcp_data_in_order(tp, skb)
        return
    if not mem.after(end_seq, tp.rcv_nxt):
        # All of it is here already: sent again, as our ACK got lost or came late.
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_DELAYEDACKLOST)
        tcp_dsack_set(tp, seq, end_seq)
        tcp_data_unwanted(tp, skb, const.SKB_DROP_REASON_TCP_OLD_DATA)
        return
    if not mem.before(seq, mem.u32(tp.rcv_nxt + window)):
        tcp_data_unwanted(tp, skb, const.SKB_DROP_REASON_TCP_OVERWINDOW)
        return
    tcp_enter_quickack_mode(tp)
    if mem.before(seq, tp.rcv_nxt):
        tcp_dsack_set(tp, seq, tp.rcv_nxt)
        if window == 0:
            tcp_data_unwanted(tp, skb, const.SKB_DROP_REASON_TCP_ZEROWINDOW)
        else:
            tcp_data_in_order(tp, skb)
        return
    tcp_data_queue_ofo(tp, skb)


def tcp_data_unwanted(tp: TcpSock, skb: SkBuff, reason: int) -> None:
    """Drop skb and acknowledge at once, so that the peer knows where we are."""
    tcp_enter_quickack_mode(tp)
    tp.icsk_ack_pending |= const.ICSK_ACK_SCHED
    kfree_skb(skb, reason)


def tcp_data_in_order(tp: TcpSock, skb: SkBuff) -> None:
    """skb continues the stream (its first bytes may be known already): to the reader with it."""
    fin = skb.tcp_flags & tcp.TCPHDR_FIN != 0
    chunk = 0  # bytes that the reader, who is processing this itself, can have at once
    if tp.ucopy is not None and skb.seq == tp.rcv_nxt:
        chunk = tcp_ucopy_room(tp)
        if chunk > skb.len:
            chunk = skb.len
    eaten = chunk == skb.len and chunk > 0 and not fin
    if not eaten and tcp_try_rmem_schedule(tp, skb.truesize):
        kfree_skb(skb, const.SKB_DROP_REASON_SOCKET_RCVBUFF)
        return
    if chunk and not tcp_copy_to_iovec(tp, skb, 0, chunk):
        assert not eaten, "a buffer without the room that was said to be there"
    if not eaten:
        skb_set_owner_r(skb, tp)
        tp.sk_receive_queue.queue_tail(skb)
    tp.rcv_nxt = skb.end_seq
    if skb.len:
        tcp_event_data_recv(tp, skb)
    if fin:
        tcp_fin(tp)
    if tp.out_of_order_queue.first is not None:
        tcp_ofo_queue(tp)
        if tp.out_of_order_queue.first is None:
            tp.icsk_ack_pingpong = False  # RFC 5681 4.2: a filled gap is acknowledged at once
    if tp.rx_opt.num_sacks:
        tcp_sack_remove(tp)
    tp.fast_path_check()
    if eaten:
        consume_skb(skb)
    elif not tp.sk_flags >> const.SOCK_DEAD & 1:
        tp.sk_data_ready(0)


# ---- the end of the stream


def tcp_fin(tp: TcpSock) -> None:
    """The peer's FIN is next in sequence: it will send no more.

    RFC 793 3.9:  SYN_RECV, ESTABLISHED -> CLOSE_WAIT     FIN_WAIT1 -> CLOSING
                  CLOSE_WAIT, CLOSING, LAST_ACK: stay     FIN_WAIT2 -> TIME_WAIT
    """
    if trace.tcp_fin.enabled:
        trace.tcp_fin.fire(tp)
    tp.icsk_ack_pending |= const.ICSK_ACK_SCHED
    tp.sk_shutdown |= socket.RCV_SHUTDOWN
    tp.sk_flags |= 1 << const.SOCK_DONE
    state = tp.sk_state
    if state == tcp.TCP_ESTABLISHED or state == tcp.TCP_SYN_RECV:
        tcp_set_state(tp, tcp.TCP_CLOSE_WAIT)
        tp.icsk_ack_pingpong = True  # our own FIN may carry the ACK
    elif state == tcp.TCP_FIN_WAIT1:
        tcp_send_ack(tp)
        tcp_set_state(tp, tcp.TCP_CLOSING)
    elif state == tcp.TCP_FIN_WAIT2:
        tcp_send_ack(tp)
        tcp_time_wait(tp, tcp.TCP_TIME_WAIT, 0)
    skb_queue_purge(tp.out_of_order_queue)
    tcp_sack_reset(tp)
    sk_mem_reclaim(tp)
    if not tp.sk_flags >> const.SOCK_DEAD & 1:
        tp.sk_state_change()


# ---- out of order


def tcp_data_queue_ofo(tp: TcpSock, skb: SkBuff) -> None:
    """skb lies ahead: keep it in its place of the out-of-order queue, and report it."""
    if tp.ecn_flags & const.TCP_ECN_OK:
        TCP_ECN_check_ce(tp, skb)
    mib = tp.sk_net.mib.net
    if tcp_try_rmem_schedule(tp, skb.truesize):
        mib.inc(snmp.LINUX_MIB_TCPOFODROP)
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE)
        return
    mib.inc(snmp.LINUX_MIB_TCPOFOQUEUE)
    tp.pred_flags = 0
    tp.icsk_ack_pending |= const.ICSK_ACK_SCHED
    skb_set_owner_r(skb, tp)
    seq, end_seq = skb.seq, skb.end_seq
    q = tp.out_of_order_queue
    last = q.last
    if last is None:
        q.queue_head(skb)
        if tp.is_sack():
            tp.selective_acks = [TcpSackBlock(seq, end_seq)]
            tp.rx_opt.num_sacks = 1
        return
    if seq == last.end_seq:
        q.queue_tail(skb)
        if tp.rx_opt.num_sacks:
            newest: TcpSackBlock = tp.selective_acks[0]
            if newest.end_seq == seq:  # data in order behind the hole: the common case
                newest.end_seq = end_seq
                return
    elif not tcp_ofo_insert(tp, skb):
        mib.inc(snmp.LINUX_MIB_TCPOFOMERGE)
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_OFOMERGE)
        tcp_dsack_set(tp, seq, end_seq)
    if tp.is_sack():
        tcp_sack_new_ofo_skb(tp, seq, end_seq)


def tcp_ofo_insert(tp: TcpSock, skb: SkBuff) -> bool:
    """Put skb where it belongs; False if the queue has all of it. What it covers whole is freed.

    Looks from both ends at once: a flood of segments in falling order would else walk the whole queue.
    """
    q = tp.out_of_order_queue
    seq, end_seq = skb.seq, skb.end_seq
    ahead: SkBuff | None = q.first
    prev: SkBuff | None = q.last
    while prev is not None and mem.after(prev.seq, seq):
        prev = prev.prev
        assert ahead is not None
        if mem.after(ahead.seq, seq):
            prev = ahead.prev
        else:
            ahead = ahead.next
    if prev is not None and mem.before(seq, prev.end_seq):
        if not mem.after(end_seq, prev.end_seq):
            return False
        if mem.after(seq, prev.seq):
            tcp_dsack_set(tp, seq, prev.end_seq)
        else:
            prev = prev.prev
    if prev is None:
        q.queue_head(skb)
    else:
        q.queue_after(prev, skb)
    while True:
        nxt = skb.next
        if nxt is None or not mem.after(end_seq, nxt.seq):
            return True
        if mem.before(end_seq, nxt.end_seq):
            tcp_dsack_extend(tp, nxt.seq, end_seq)
            return True
        q.unlink(nxt)
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPOFOMERGE)
        tcp_dsack_extend(tp, nxt.seq, nxt.end_seq)
        kfree_skb(nxt, const.SKB_DROP_REASON_TCP_OFOMERGE)


def tcp_ofo_queue(tp: TcpSock) -> None:
    """The hole was filled: move what continues the stream to the receive queue."""
    if trace.tcp_ofo_queue.enabled:
        trace.tcp_ofo_queue.fire(tp)
    q = tp.out_of_order_queue
    dsack_high = tp.rcv_nxt
    while True:
        skb = q.first
        if skb is None or mem.after(skb.seq, tp.rcv_nxt):
            return
        if mem.before(skb.seq, dsack_high):
            dsack = dsack_high
            if mem.before(skb.end_seq, dsack_high):
                dsack_high = skb.end_seq
            tcp_dsack_extend(tp, skb.seq, dsack)
        q.unlink(skb)
        if not mem.after(skb.end_seq, tp.rcv_nxt):
            kfree_skb(skb, const.SKB_DROP_REASON_TCP_OFOMERGE)
            continue
        tp.sk_receive_queue.queue_tail(skb)
        tp.rcv_nxt = skb.end_seq
        if skb.tcp_flags & tcp.TCPHDR_FIN:
            tcp_fin(tp)


# ---- the SACK blocks that we send


def tcp_sack_reset(tp: TcpSock) -> None:
    """Nothing is out of order, nothing to report."""
    tp.rx_opt.dsack = False
    tp.rx_opt.num_sacks = 0


def tcp_sack_extend(sp: TcpSackBlock, seq: int, end_seq: int) -> bool:
    """Make sp cover seq to end_seq too, if the two touch; False if they don't."""
    if mem.after(seq, sp.end_seq) or mem.after(sp.start_seq, end_seq):
        return False
    if mem.before(seq, sp.start_seq):
        sp.start_seq = seq
    if mem.after(end_seq, sp.end_seq):
        sp.end_seq = end_seq
    return True


def tcp_sack_new_ofo_skb(tp: TcpSock, seq: int, end_seq: int) -> None:
    """Report a new segment: the block it belongs to moves to the front, or a new one is made.

    With four blocks already, the one that changed longest ago is forgotten.
    """
    sacks = tp.selective_acks
    n = tp.rx_opt.num_sacks
    for i in range(n):
        sp: TcpSackBlock = sacks[i]
        if tcp_sack_extend(sp, seq, end_seq):
            if i:
                del sacks[i]
                sacks.insert(0, sp)
            if n > 1:
                tcp_sack_maybe_coalesce(tp)
            return
    if n == 0:
        sacks = []
        tp.selective_acks = sacks
    elif n >= const.TCP_NUM_SACKS:
        del sacks[const.TCP_NUM_SACKS - 1 :]
    else:
        del sacks[n:]
    sacks.insert(0, TcpSackBlock(seq, end_seq))
    tp.rx_opt.num_sacks = len(sacks)


def tcp_sack_maybe_coalesce(tp: TcpSock) -> None:
    """The first block grew: swallow those that it touches now."""
    sacks = tp.selective_acks
    first: TcpSackBlock = sacks[0]
    i = 1
    while i < tp.rx_opt.num_sacks:
        other: TcpSackBlock = sacks[i]
        if tcp_sack_extend(first, other.start_seq, other.end_seq):
            del sacks[i]
            tp.rx_opt.num_sacks -= 1
        else:
            i += 1


def tcp_sack_remove(tp: TcpSock) -> None:
    """rcv_nxt advanced: blocks below it are no news."""
    if tp.out_of_order_queue.first is None:
        tp.rx_opt.num_sacks = 0
        return
    sacks = tp.selective_acks
    i = 0
    while i < tp.rx_opt.num_sacks:
        sp: TcpSackBlock = sacks[i]
        if mem.before(tp.rcv_nxt, sp.start_seq):
            i += 1
        else:
            assert not mem.before(tp.rcv_nxt, sp.end_seq)
            del sacks[i]
            tp.rx_opt.num_sacks -= 1


def tcp_dsack_set(tp: TcpSock, seq: int, end_seq: int) -> None:
    """Report that seq to end_seq came twice."""
    if not tp.is_sack() or not tp.sysctl.dsack:
        return
    mib = snmp.LINUX_MIB_TCPDSACKOFOSENT
    if mem.before(seq, tp.rcv_nxt):
        mib = snmp.LINUX_MIB_TCPDSACKOLDSENT
    tp.sk_net.mib.net.inc(mib)
    tp.rx_opt.dsack = True
    tp.duplicate_sack = TcpSackBlock(seq, end_seq)


def tcp_dsack_extend(tp: TcpSock, seq: int, end_seq: int) -> None:
    """More of the same."""
    sp = tp.duplicate_sack
    if not tp.rx_opt.dsack or sp is None:
        tcp_dsack_set(tp, seq, end_seq)
    else:
        tcp_sack_extend(sp, seq, end_seq)


def tcp_send_dupack(tp: TcpSock, skb: SkBuff) -> None:
    """skb is not acceptable: say where we are, and that we had it, if we had."""
    if skb.end_seq != skb.seq and mem.before(skb.seq, tp.rcv_nxt):
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_DELAYEDACKLOST)
        tcp_enter_quickack_mode(tp)
        end_seq = skb.end_seq
        if mem.after(end_seq, tp.rcv_nxt):
            end_seq = tp.rcv_nxt
        tcp_dsack_set(tp, skb.seq, end_seq)
    tcp_send_ack(tp)
