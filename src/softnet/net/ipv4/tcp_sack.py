"""The scoreboard: which sent segments the peer reports to have.

Linux: net/ipv4/tcp_input.c (tcp_sacktag_write_queue and what it calls). RFC 2018, 2883 (D-SACK).

Each skb on the write queue carries marks in skb.sacked:

    S  SACKED_ACKED    the peer has it                R  SACKED_RETRANS  a copy of ours is under way
    L  LOST            given up, not sent again yet   E  EVER_RETRANS    was sent more than once

    in flight = packets_out - sacked_out (S) - lost_out (L) + retrans_out (R)

An ACK's blocks are sorted and the queue walked once, in order. recv_sack_cache holds the blocks of
the last ACK, so that what was marked then is skipped; a segment that is partly covered is
cut; SACKed neighbours are merged, so that the queue stays short however long the hole lasts.
fackets_out counts segments up to the highest reported one: with FACK, all below it that are
not SACKed are taken to be lost or on their way.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import skb_shift
from softnet.net.ipv4.tcp_cong import tcp_can_gso
from softnet.net.ipv4.tcp_delivery import tcp_skb_delivered
from softnet.net.ipv4.tcp_segment import (
    sk_wmem_free_skb,
    tcp_advance_highest_sack,
    tcp_fragment,
    tcp_highest_sack_reset,
    tcp_highest_sack_seq,
    tcp_unlink_write_queue,
    tcp_verify_left_out,
)
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSackBlock, TcpSock

MERGED_SEGS_MAX = 65535  # segments that one merged skb may stand for (CVE-2019-11477)
CUT_FAILED = -1


class TcpSacktagState:
    """struct tcp_sacktag_state: what one ACK's blocks taught."""

    __slots__ = ("reord", "fack_count", "flag")

    reord: int  # the lowest place, in segments, where reordering showed
    fack_count: int  # segments passed on the walk
    flag: int  # FLAG_*

    def __init__(self, reord: int) -> None:
        self.reord = reord
        self.fack_count = 0
        self.flag = 0


def tcp_sacktag_write_queue(tp: TcpSock, ack_skb: SkBuff, prior_snd_una: int) -> int:
    """Mark what ack_skb's SACK option reports; FLAG_* bits of what was learned."""
    if tp.sacked_out == 0:
        assert tp.fackets_out == 0
        tcp_highest_sack_reset(tp)
    state = TcpSacktagState(tp.packets_out)
    wire = tcp_sack_blocks(ack_skb)
    dup_sack = tcp_check_dsack(tp, ack_skb, wire, prior_snd_una)
    if dup_sack:
        state.flag |= const.FLAG_DSACKING_ACK
    # An ACK older than a window is too old even for its SACK blocks.
    if mem.before(ack_skb.ack_seq, mem.u32(prior_snd_una - tp.max_window)):
        return 0
    if tp.packets_out == 0:
        return state.flag
    first = wire[0] if dup_sack else None
    blocks = tcp_sack_usable(tp, ack_skb, wire, first, prior_snd_una)
    tcp_sacktag_blocks(tp, state, blocks, first)
    tp.recv_sack_cache = blocks
    tcp_mark_lost_retrans(tp)
    tcp_verify_left_out(tp)
    if (
        state.reord < tp.fackets_out
        and (tp.icsk_ca_state != tcp.TCP_CA_Loss or tp.undo_marker)
        and (tp.frto_highmark == 0 or mem.after(tp.snd_una, tp.frto_highmark))
    ):
        tcp_update_reordering(tp, tp.fackets_out - state.reord, False)
    return state.flag


def tcp_sack_blocks(skb: SkBuff) -> list[TcpSackBlock]:
    """The blocks of skb's SACK option, in the order of the wire; four at most."""
    p = skb.ptr
    o = skb.transport_header + skb.sacked
    n = (mem.get8(p, o + 1) - tcp.TCPOLEN_SACK_BASE) >> 3
    if n > const.TCP_NUM_SACKS:
        n = const.TCP_NUM_SACKS
    o += 2
    blocks = []
    while n > 0:
        blocks.append(TcpSackBlock(mem.get32(p, o), mem.get32(p, o + 4)))
        o += 8
        n -= 1
    return blocks


def tcp_check_dsack(
    tp: TcpSock, ack_skb: SkBuff, wire: list[TcpSackBlock], prior_snd_una: int
) -> bool:
    """Does the first block report a duplicate: below the ACK, or inside the second block?

    RFC 2883. A duplicate of what we sent again says that sending it was a mistake.
    """
    block = wire[0]
    dup = False
    if mem.before(block.start_seq, ack_skb.ack_seq):
        dup = True
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPDSACKRECV)
    elif len(wire) > 1:
        second = wire[1]
        if not mem.after(block.end_seq, second.end_seq) and not mem.before(
            block.start_seq, second.start_seq
        ):
            dup = True
            tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPDSACKOFORECV)
    if dup:
        tp.rx_opt.sack_ok |= const.TCP_DSACK_SEEN
        if (
            tp.undo_marker
            and tp.undo_retrans > 0
            and not mem.after(block.end_seq, prior_snd_una)
            and mem.after(block.end_seq, tp.undo_marker)
        ):
            tp.undo_retrans -= 1
    return dup


def tcp_sack_usable(
    tp: TcpSock,
    ack_skb: SkBuff,
    wire: list[TcpSackBlock],
    dup: TcpSackBlock | None,
    prior_snd_una: int,
) -> list[TcpSackBlock]:
    """Those of the blocks that make sense and are not old, by start_seq. dup: the D-SACK."""
    blocks: list[TcpSackBlock] = []
    for block in wire:
        if not tcp_is_sackblock_valid(tp, block is dup, block.start_seq, block.end_seq):
            mib = snmp.LINUX_MIB_TCPSACKDISCARD
            if block is dup:
                mib = snmp.LINUX_MIB_TCPDSACKIGNOREDOLD
                if tp.undo_marker == 0:
                    mib = snmp.LINUX_MIB_TCPDSACKIGNOREDNOUNDO
            elif ack_skb.ack_seq != tp.snd_una and not mem.after(block.end_seq, tp.snd_una):
                continue  # a reordered ACK, nothing odd
            tp.sk_net.mib.net.inc(mib)
            continue
        if not mem.after(block.end_seq, prior_snd_una):
            continue
        at = len(blocks)
        while at > 0:
            other: TcpSackBlock = blocks[at - 1]
            if not mem.after(other.start_seq, block.start_seq):
                break
            at -= 1
        blocks.insert(at, block)
    return blocks


def tcp_is_sackblock_valid(tp: TcpSock, is_dsack: bool, start_seq: int, end_seq: int) -> bool:
    """Can a peer of good will have sent this block?

    It must lie between snd_una and snd_nxt. A D-SACK may lie below, but not farther back than the
    retransmissions that we would undo for it.
    """
    if mem.after(end_seq, tp.snd_nxt) or not mem.before(start_seq, end_seq):
        return False
    if not mem.before(start_seq, tp.snd_nxt):
        return False
    if mem.after(start_seq, tp.snd_una):
        return True
    if not is_dsack or tp.undo_marker == 0:
        return False
    if mem.after(end_seq, tp.snd_una):
        return False
    if not mem.before(start_seq, tp.undo_marker):
        return True
    if not mem.after(end_seq, tp.undo_marker):
        return False
    return not mem.before(start_seq, mem.u32(end_seq - tp.max_window))


# ---- the walk


def tcp_sacktag_blocks(
    tp: TcpSock, state: TcpSacktagState, blocks: list[TcpSackBlock], dup: TcpSackBlock | None
) -> None:
    """Walk the queue along the sorted blocks and mark what they cover and the cache does not."""
    skb = tp.sk_write_queue.first
    cache = tp.recv_sack_cache if tp.sacked_out else []
    at = 0  # in the cache
    i = 0
    while i < len(blocks):
        block: TcpSackBlock = blocks[i]
        start_seq, end_seq = block.start_seq, block.end_seq
        dup_sack = block is dup
        next_dup = blocks[i + 1] if i + 1 < len(blocks) and blocks[i + 1] is dup else None
        if mem.after(end_seq, tp.high_seq):
            state.flag |= const.FLAG_DATA_LOST
        while at < len(cache) and not mem.before(start_seq, cache[at].end_seq):
            at += 1
        known = cache[at] if at < len(cache) else None
        if known is not None and not dup_sack and mem.after(end_seq, known.start_seq):
            if mem.before(start_seq, known.start_seq):
                skb = tcp_sacktag_skip(tp, skb, state, start_seq)
                skb = tcp_sacktag_walk(
                    tp, skb, next_dup, state, start_seq, known.start_seq, dup_sack
                )
            if mem.after(end_seq, known.end_seq):
                skb = tcp_maybe_skipping_dsack(tp, skb, next_dup, state, known.end_seq)
                at += 1
                if tcp_highest_sack_seq(tp) != known.end_seq:
                    skb = tcp_sacktag_skip(tp, skb, state, known.end_seq)
                    continue  # the rest of the block, against the next one of the cache
                skb = tp.highest_sack
                if skb is None:
                    break
                state.fack_count = tp.fackets_out
                skb = tcp_sacktag_walk(tp, skb, next_dup, state, start_seq, end_seq, dup_sack)
        else:
            if not mem.before(start_seq, tcp_highest_sack_seq(tp)):
                skb = tp.highest_sack
                if skb is None:
                    break
                state.fack_count = tp.fackets_out
            skb = tcp_sacktag_skip(tp, skb, state, start_seq)
            skb = tcp_sacktag_walk(tp, skb, next_dup, state, start_seq, end_seq, dup_sack)
        if mem.after(end_seq, tp.frto_highmark):
            state.flag &= ~const.FLAG_ONLY_ORIG_SACKED
        i += 1


def tcp_sacktag_skip(
    tp: TcpSock, skb: SkBuff | None, state: TcpSacktagState, skip_to_seq: int
) -> SkBuff | None:
    """The first skb from skb on that ends after skip_to_seq; those passed are counted."""
    while skb is not None and skb is not tp.sk_send_head:
        if mem.after(skb.end_seq, skip_to_seq):
            break
        state.fack_count += skb.shinfo.gso_segs
        skb = skb.next
    return skb


def tcp_maybe_skipping_dsack(
    tp: TcpSock,
    skb: SkBuff | None,
    next_dup: TcpSackBlock | None,
    state: TcpSacktagState,
    skip_to_seq: int,
) -> SkBuff | None:
    """Before skipping to skip_to_seq: treat the D-SACK that lies on the way."""
    if next_dup is None or not mem.before(next_dup.start_seq, skip_to_seq):
        return skb
    skb = tcp_sacktag_skip(tp, skb, state, next_dup.start_seq)
    return tcp_sacktag_walk(tp, skb, None, state, next_dup.start_seq, next_dup.end_seq, True)


def tcp_sacktag_walk(
    tp: TcpSock,
    skb: SkBuff | None,
    next_dup: TcpSackBlock | None,
    state: TcpSacktagState,
    start_seq: int,
    end_seq: int,
    dup_sack_in: bool,
) -> SkBuff | None:
    """Mark from skb on what lies within start_seq to end_seq; the first skb beyond."""
    while skb is not None and skb is not tp.sk_send_head:
        if not mem.before(skb.seq, end_seq):
            break
        in_sack = 0
        dup_sack = dup_sack_in
        if next_dup is not None and mem.before(skb.seq, next_dup.end_seq):
            in_sack = tcp_match_skb_to_sack(tp, skb, next_dup.start_seq, next_dup.end_seq)
            if in_sack > 0:
                dup_sack = True
        if in_sack <= 0:
            # Merging can free skb and the one behind it: go on from what is answered.
            merged = tcp_shift_skb_data(tp, skb, state, start_seq, end_seq, dup_sack)
            if merged is None:
                in_sack = tcp_match_skb_to_sack(tp, skb, start_seq, end_seq)
            elif merged is not skb:
                skb = merged.next
                continue
            else:
                in_sack = 0
        if in_sack < 0:
            break
        if in_sack:
            pcount = skb.shinfo.gso_segs
            if tp.delivery and tcp_is_news(tp, skb, skb.end_seq):
                tcp_skb_delivered(tp, skb, skb.end_seq)
            skb.sacked = tcp_sacktag_one(
                tp, state, skb.sacked, skb.seq, skb.end_seq, dup_sack, pcount
            )
            if not mem.before(skb.seq, tcp_highest_sack_seq(tp)):
                tcp_advance_highest_sack(tp, skb)
        state.fack_count += skb.shinfo.gso_segs
        skb = skb.next
    return skb


def tcp_is_news(tp: TcpSock, skb: SkBuff, end_seq: int) -> bool:
    """Is it the first time that anybody says that skb, up to end_seq, arrived?"""
    return not skb.sacked & const.TCPCB_SACKED_ACKED and mem.after(end_seq, tp.snd_una)


def tcp_match_skb_to_sack(tp: TcpSock, skb: SkBuff, start_seq: int, end_seq: int) -> int:
    """Is skb covered? 1, 0, or CUT_FAILED. A super-packet covered in part is cut first.

    Cuts are at multiples of its segment size: the peer reports what it got, and that were segments.
    """
    in_sack = not mem.after(start_seq, skb.seq) and not mem.before(end_seq, skb.end_seq)
    if in_sack:
        return 1
    if skb.shinfo.gso_segs <= 1 or not mem.after(skb.end_seq, start_seq):
        return 0
    mss = skb.shinfo.gso_size
    in_sack = not mem.after(start_seq, skb.seq)
    if in_sack:
        pkt_len = mem.u32(end_seq - skb.seq)
        if pkt_len < mss:
            return CUT_FAILED
    else:
        pkt_len = mem.u32(start_seq - skb.seq)
        if pkt_len < mss:
            pkt_len = mss
    if pkt_len > mss:
        new_len = pkt_len // mss * mss
        if not in_sack and new_len < pkt_len:
            new_len += mss
        pkt_len = new_len
    if pkt_len >= skb.len and not in_sack:
        return 0
    if tcp_fragment(tp, skb, pkt_len, mss) < 0:
        return CUT_FAILED
    return 1 if in_sack else 0


def tcp_sacktag_one(
    tp: TcpSock,
    state: TcpSacktagState,
    sacked: int,
    start_seq: int,
    end_seq: int,
    dup_sack: bool,
    pcount: int,
) -> int:
    """The peer has pcount segments marked sacked: count them, and return their new marks."""
    fack_count = state.fack_count
    if dup_sack and sacked & const.TCPCB_RETRANS:
        if tp.undo_marker and tp.undo_retrans > 0 and mem.after(end_seq, tp.undo_marker):
            tp.undo_retrans -= 1
        if sacked & const.TCPCB_SACKED_ACKED and fack_count < state.reord:
            state.reord = fack_count
    if not mem.after(end_seq, tp.snd_una):
        return sacked  # acknowledged, about to go
    if not sacked & const.TCPCB_SACKED_ACKED:
        if sacked & const.TCPCB_SACKED_RETRANS:
            # Not lost, so the copy is believed to be under way still.
            if sacked & const.TCPCB_LOST:
                sacked &= ~(const.TCPCB_LOST | const.TCPCB_SACKED_RETRANS)
                tp.lost_out -= pcount
                tp.retrans_out -= pcount
        else:
            if not sacked & const.TCPCB_RETRANS:
                # Sent once, and behind one that came later: the network reorders.
                if mem.before(start_seq, tcp_highest_sack_seq(tp)) and fack_count < state.reord:
                    state.reord = fack_count
                if not mem.after(end_seq, tp.frto_highmark):
                    state.flag |= const.FLAG_ONLY_ORIG_SACKED
            if sacked & const.TCPCB_LOST:
                sacked &= ~const.TCPCB_LOST
                tp.lost_out -= pcount
        sacked |= const.TCPCB_SACKED_ACKED
        state.flag |= const.FLAG_DATA_SACKED
        tp.sacked_out += pcount
        fack_count += pcount
        hint = tp.lost_skb_hint
        if not tp.is_fack() and hint is not None and mem.before(start_seq, hint.seq):
            tp.lost_cnt_hint += pcount
        if fack_count > tp.fackets_out:
            tp.fackets_out = fack_count
    if dup_sack and sacked & const.TCPCB_SACKED_RETRANS:
        sacked &= ~const.TCPCB_SACKED_RETRANS
        tp.retrans_out -= pcount
    return sacked


# ---- merging SACKed neighbours


def tcp_skb_seglen(skb: SkBuff) -> int:
    """Bytes of the segments that skb stands for."""
    return skb.len if skb.shinfo.gso_segs == 1 else skb.shinfo.gso_size


def tcp_shift_skb_data(
    tp: TcpSock,
    skb: SkBuff,
    state: TcpSacktagState,
    start_seq: int,
    end_seq: int,
    dup_sack: bool,
) -> SkBuff | None:
    """Move what is covered of skb to the SACKed skb in front of it.

    The skb to go on behind: that one, or skb itself if nothing is covered; None if merging is
    impossible and skb must be marked by itself.
    """
    prev = tcp_shift_target(tp, skb, dup_sack)
    if prev is None:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_SACKSHIFTFALLBACK)
        return None
    if not mem.after(start_seq, skb.seq) and not mem.before(end_seq, skb.end_seq):
        length = skb.len
        pcount = skb.shinfo.gso_segs
        mss = tcp_skb_seglen(skb)
    else:
        if not mem.after(skb.end_seq, start_seq) or skb.shinfo.gso_segs <= 1:
            return skb
        mss = skb.shinfo.gso_size
        length = mem.u32(end_seq - skb.seq)
        if not mem.after(start_seq, skb.seq) and length < mss:
            return skb
        pcount = length // mss
        length = pcount * mss
    if (
        mem.after(start_seq, skb.seq)
        or mss != tcp_skb_seglen(prev)
        or prev.shinfo.gso_segs + pcount > MERGED_SEGS_MAX
        or not mem.after(mem.u32(skb.seq + length), tp.snd_una)
        or not skb_shift(prev, skb, length)
    ):
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_SACKSHIFTFALLBACK)
        return None
    if tcp_shifted_skb(tp, skb, prev, state, pcount, length, mss, dup_sack):
        pcount += tcp_shift_next(tp, prev, state, mss)
    state.fack_count += pcount
    return prev


def tcp_shift_target(tp: TcpSock, skb: SkBuff, dup_sack: bool) -> SkBuff | None:
    """The SACKed neighbour that could take skb's bytes; None if it must stay by itself."""
    if not tcp_can_gso(tp) or not skb_can_shift(skb):
        return None
    marks = skb.sacked & (const.TCPCB_LOST | const.TCPCB_SACKED_RETRANS)
    if not dup_sack and marks == const.TCPCB_SACKED_RETRANS:
        return None
    prev = skb.prev
    if prev is None or not mem.after(skb.end_seq, tp.snd_una):
        return None
    if prev.sacked & const.TCPCB_TAGBITS != const.TCPCB_SACKED_ACKED:
        return None
    return prev


def skb_can_shift(skb: SkBuff) -> bool:
    """Only references can be moved, not linear bytes."""
    return skb.data_len != 0 and skb.len == skb.data_len


def tcp_shift_next(tp: TcpSock, prev: SkBuff, state: TcpSacktagState, mss: int) -> int:
    """A hole was filled: the SACKed skb behind it joins too. How many segments of it did."""
    skb = prev.next
    if (
        skb is None
        or skb is tp.sk_send_head
        or not skb_can_shift(skb)
        or skb.sacked & const.TCPCB_TAGBITS != const.TCPCB_SACKED_ACKED
        or mss != tcp_skb_seglen(skb)
        or prev.shinfo.gso_segs + skb.shinfo.gso_segs > MERGED_SEGS_MAX
    ):
        return 0
    length = skb.len
    pcount = skb.shinfo.gso_segs
    if not skb_shift(prev, skb, length):
        return 0
    tcp_shifted_skb(tp, skb, prev, state, pcount, length, mss, False)
    return pcount


def tcp_shifted_skb(
    tp: TcpSock,
    skb: SkBuff,
    prev: SkBuff,
    state: TcpSacktagState,
    pcount: int,
    shifted: int,
    mss: int,
    dup_sack: bool,
) -> bool:
    """shifted bytes, pcount segments, went from skb to prev: move the books. True if skb is gone."""
    seq = skb.seq
    end = mem.u32(seq + shifted)
    if tp.delivery and tcp_is_news(tp, skb, end):
        tcp_skb_delivered(tp, skb, end)
    tcp_sacktag_one(tp, state, skb.sacked, seq, end, dup_sack, pcount)
    if skb is tp.lost_skb_hint:
        tp.lost_cnt_hint += pcount
    prev.end_seq = end
    skb.seq = end
    prev.shinfo.gso_segs += pcount
    assert skb.shinfo.gso_segs >= pcount
    skb.shinfo.gso_segs -= pcount
    if prev.shinfo.gso_size == 0:
        prev.shinfo.gso_size = mss
        prev.shinfo.gso_type = tp.sk_gso_type
    if skb.shinfo.gso_segs <= 1:
        skb.shinfo.gso_size = 0
        skb.shinfo.gso_type = 0
    prev.sacked |= skb.sacked & const.TCPCB_EVER_RETRANS
    if skb.len > 0:
        assert skb.shinfo.gso_segs > 0
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_SACKSHIFTED)
        return False
    if skb is tp.retransmit_skb_hint:
        tp.retransmit_skb_hint = prev
    if skb is tp.scoreboard_skb_hint:
        tp.scoreboard_skb_hint = prev
    if skb is tp.lost_skb_hint:
        tp.lost_skb_hint = prev
        tp.lost_cnt_hint -= prev.shinfo.gso_segs
    prev.tcp_flags |= skb.tcp_flags
    if skb.tcp_flags & tcp.TCPHDR_FIN:
        prev.end_seq = skb.end_seq
    if skb is tp.highest_sack:
        tcp_advance_highest_sack(tp, skb)
    tcp_unlink_write_queue(tp, skb)
    sk_wmem_free_skb(tp, skb)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_SACKMERGED)
    return True


# ---- what the marks say


def tcp_update_reordering(tp: TcpSock, metric: int, ts: bool) -> None:
    """Segments overtake each other by metric places: be that patient before calling them lost."""
    if metric <= tp.reordering:
        return
    tp.reordering = metric if metric < const.TCP_MAX_REORDERING else const.TCP_MAX_REORDERING
    if ts:
        mib = snmp.LINUX_MIB_TCPTSREORDER
    elif tp.is_reno():
        mib = snmp.LINUX_MIB_TCPRENOREORDER
    elif tp.is_fack():
        mib = snmp.LINUX_MIB_TCPFACKREORDER
    else:
        mib = snmp.LINUX_MIB_TCPSACKREORDER
    tp.sk_net.mib.net.inc(mib)
    tp.rx_opt.sack_ok &= ~const.TCP_FACK_OK


def tcp_mark_lost_retrans(tp: TcpSock) -> None:
    """A retransmission is lost again if something sent after it was SACKed. Only with FACK."""
    received_upto = tcp_highest_sack_seq(tp)
    if (
        not tp.is_fack()
        or tp.retrans_out == 0
        or not mem.after(received_upto, tp.lost_retrans_low)
        or tp.icsk_ca_state != tcp.TCP_CA_Recovery
    ):
        return
    new_low_seq = tp.snd_nxt
    cnt = 0
    skb = tp.sk_write_queue.first
    while skb is not None and skb is not tp.sk_send_head and cnt != tp.retrans_out:
        if mem.after(skb.end_seq, tp.snd_una) and skb.sacked & const.TCPCB_SACKED_RETRANS:
            if mem.after(received_upto, skb.ack_seq):
                skb.sacked &= ~const.TCPCB_SACKED_RETRANS
                tp.retrans_out -= skb.shinfo.gso_segs
                tcp_skb_mark_lost_uncond_verify(tp, skb)
                tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPLOSTRETRANSMIT)
            else:
                if mem.before(skb.ack_seq, new_low_seq):
                    new_low_seq = skb.ack_seq
                cnt += skb.shinfo.gso_segs
        skb = skb.next
    if tp.retrans_out:
        tp.lost_retrans_low = new_low_seq


def tcp_verify_retransmit_hint(tp: TcpSock, skb: SkBuff) -> None:
    """skb is to be sent again: the next walk must not start behind it, nor end before it."""
    hint = tp.retransmit_skb_hint
    if hint is None or mem.before(skb.seq, hint.seq):
        tp.retransmit_skb_hint = skb
    if tp.lost_out == 0 or mem.after(skb.end_seq, tp.retransmit_high):
        tp.retransmit_high = skb.end_seq


def tcp_skb_mark_lost(tp: TcpSock, skb: SkBuff) -> None:
    """Mark skb L if it is neither that nor S."""
    if not skb.sacked & (const.TCPCB_LOST | const.TCPCB_SACKED_ACKED):
        tcp_verify_retransmit_hint(tp, skb)
        tp.lost_out += skb.shinfo.gso_segs
        skb.sacked |= const.TCPCB_LOST
        tcp_count_lost(tp, skb)


def tcp_count_lost(tp: TcpSock, skb: SkBuff) -> None:
    """tcp_sum_lost(): for an algorithm that wants to know how many were lost."""
    rate = tp.rate
    if rate is not None:
        rate.lost += skb.shinfo.gso_segs


def tcp_skb_mark_lost_uncond_verify(tp: TcpSock, skb: SkBuff) -> None:
    """The same, and have it sent again even if it was L already."""
    tcp_verify_retransmit_hint(tp, skb)
    tcp_count_lost(tp, skb)
    if not skb.sacked & (const.TCPCB_LOST | const.TCPCB_SACKED_ACKED):
        tp.lost_out += skb.shinfo.gso_segs
        skb.sacked |= const.TCPCB_LOST
