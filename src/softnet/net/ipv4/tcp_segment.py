"""The write queue, and how its segments are cut and joined.

Linux: net/ipv4/tcp_output.c (tcp_fragment, tcp_trim_head, tso_fragment), include/net/tcp.h
(tcp_*_write_queue).

sk_write_queue holds what was sent and not acknowledged, then, from sk_send_head on, what was never
sent. An skb there may stand for several segments: gso_segs counts them, and packets_out,
sacked_out, lost_out, retrans_out and fackets_out are sums of such counts, so whoever cuts an skb
corrects them here.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.skb_frags import pop_frag
from softnet.net.core.skbuff import (
    consume_skb,
    pskb_expand_head,
    skb_cloned,
    skb_header_release,
    skb_split,
)
from softnet.net.core.sock import sk_mem_charge, sk_mem_uncharge
from softnet.net.core.stream import sk_stream_alloc_skb
from softnet.net.ipv4.tcp_cong import tcp_can_gso
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock

# Bytes of truesize beyond the send buffer, half of a queue's, from which on nothing is cut any more.
FRAGMENT_SLACK = 128 * 1024

# ---- the queue


def tcp_add_write_queue_tail(tp: TcpSock, skb: SkBuff) -> None:
    """Queue new data."""
    tp.sk_write_queue.queue_tail(skb)
    if tp.sk_send_head is None:
        tp.sk_send_head = skb
        if tp.highest_sack is None:
            tp.highest_sack = skb


def tcp_insert_write_queue_after(tp: TcpSock, skb: SkBuff, buff: SkBuff) -> None:
    """Queue buff right behind skb."""
    tp.sk_write_queue.queue_after(skb, buff)


def tcp_insert_write_queue_before(tp: TcpSock, new: SkBuff, skb: SkBuff) -> None:
    """Queue new right in front of skb."""
    tp.sk_write_queue.queue_before(skb, new)
    if tp.sk_send_head is skb:
        tp.sk_send_head = new
    if tp.highest_sack is skb:
        tp.highest_sack = new


def tcp_unlink_write_queue(tp: TcpSock, skb: SkBuff) -> None:
    """Take skb off the queue; the caller sees to sk_send_head."""
    tp.sk_write_queue.unlink(skb)


def tcp_check_send_head(tp: TcpSock, unlinked: SkBuff) -> None:
    """unlinked, which was never sent, is off the queue: was it the next to send?"""
    if tp.sk_send_head is unlinked:
        tp.sk_send_head = None


def tcp_advance_send_head(tp: TcpSock, skb: SkBuff) -> None:
    """skb was sent: the next one is next."""
    tp.sk_send_head = skb.next


def sk_wmem_free_skb(tp: TcpSock, skb: SkBuff) -> None:
    """Free skb, off the write queue, and give its memory back to the socket."""
    tp.sk_flags |= 1 << const.SOCK_QUEUE_SHRUNK
    tp.sk_wmem_queued -= skb.truesize
    sk_mem_uncharge(tp, skb.truesize)
    consume_skb(skb)


def tcp_highest_sack_seq(tp: TcpSock) -> int:
    """Where the segments begin that lie above everything the peer reported."""
    if tp.sacked_out == 0:
        return tp.snd_una
    skb = tp.highest_sack
    return tp.snd_nxt if skb is None else skb.seq


def tcp_advance_highest_sack(tp: TcpSock, skb: SkBuff) -> None:
    """skb is reported now: what lies above begins with the next one, be it sent or not."""
    tp.highest_sack = skb.next


def tcp_highest_sack_reset(tp: TcpSock) -> None:
    """Nothing above the head is reported."""
    tp.highest_sack = tp.sk_write_queue.first


def tcp_highest_sack_combine(tp: TcpSock, old: SkBuff, new: SkBuff) -> None:
    """old was merged into new."""
    if tp.sacked_out and old is tp.highest_sack:
        tp.highest_sack = new


# ---- counting


def tcp_set_skb_tso_segs(tp: TcpSock, skb: SkBuff, mss_now: int) -> None:
    """Compute how many segments of mss_now bytes skb stands for."""
    sh = skb.shinfo
    if skb.len <= mss_now or not tcp_can_gso(tp):
        sh.gso_segs = 1
        sh.gso_size = 0
        sh.gso_type = 0
    else:
        sh.gso_segs = (skb.len + mss_now - 1) // mss_now
        sh.gso_size = mss_now
        sh.gso_type = tp.sk_gso_type


def tcp_init_tso_segs(tp: TcpSock, skb: SkBuff, mss_now: int) -> int:
    """The same if it was not done yet, or for another MSS; the count."""
    sh = skb.shinfo
    if sh.gso_segs == 0 or (sh.gso_segs > 1 and sh.gso_size != mss_now):
        tcp_set_skb_tso_segs(tp, skb, mss_now)
    return sh.gso_segs


def tcp_adjust_pcount(tp: TcpSock, skb: SkBuff, decr: int) -> None:
    """skb, sent already, stands for decr segments less than before."""
    tp.packets_out -= decr
    sacked = skb.sacked
    if sacked & const.TCPCB_SACKED_ACKED:
        tp.sacked_out -= decr
    if sacked & const.TCPCB_SACKED_RETRANS:
        tp.retrans_out -= decr
    if sacked & const.TCPCB_LOST:
        tp.lost_out -= decr
    if tp.is_reno():
        # Reno's sacked_out counts duplicate ACKs and belongs to no segment.
        if decr > 0:
            tp.sacked_out -= decr if decr < tp.sacked_out else tp.sacked_out
    elif tp.sacked_out and mem.after(tcp_highest_sack_seq(tp), skb.seq):
        tp.fackets_out -= decr
    hint = tp.lost_skb_hint
    if (
        hint is not None
        and mem.before(skb.seq, hint.seq)
        and (tp.is_fack() or sacked & const.TCPCB_SACKED_ACKED)
    ):
        tp.lost_cnt_hint -= decr
    tcp_verify_left_out(tp)


def tcp_verify_left_out(tp: TcpSock) -> None:
    """What left the network cannot be more than what was sent."""
    assert tp.sacked_out + tp.lost_out <= tp.packets_out


# ---- cutting


def tcp_fragment(tp: TcpSock, skb: SkBuff, length: int, mss_now: int) -> int:
    """Keep the first length bytes in skb and queue the rest as a new skb behind it.

    0, or -ENOMEM and nothing changed: for want of memory, or because cutting has made the overhead of
    the queue too large (CVE-2019-11478: a peer's SACK blocks say where to cut). The first segment, which
    may have to be sent again, and what was never sent may always be cut.
    """
    assert 0 < length <= skb.len
    if (
        tp.sk_wmem_queued >> 1 > tp.sk_sndbuf + FRAGMENT_SLACK
        and skb is not tp.sk_write_queue.first
        and mem.before(skb.seq, tp.snd_nxt)
    ):
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPWQUEUETOOBIG)
        return -errno.ENOMEM
    nsize = skb.len - skb.data_len - length
    if nsize < 0:
        nsize = 0
    if skb_cloned(skb) and skb.data_len and pskb_expand_head(skb, 0, 0):
        return -errno.ENOMEM
    buff = sk_stream_alloc_skb(tp, nsize)
    if buff is None:
        return -errno.ENOMEM
    tp.sk_wmem_queued += buff.truesize
    sk_mem_charge(tp, buff.truesize)
    nlen = skb.len - length - nsize
    buff.truesize += nlen
    skb.truesize -= nlen
    buff.sacked = skb.sacked
    buff.when = skb.when
    buff.tstamp = skb.tstamp
    old_factor = skb.shinfo.gso_segs
    tcp_split(tp, skb, buff, length, mss_now)
    if not mem.before(tp.snd_nxt, buff.end_seq):
        diff = old_factor - skb.shinfo.gso_segs - buff.shinfo.gso_segs
        if diff:
            tcp_adjust_pcount(tp, skb, diff)
    return 0


def tso_fragment(tp: TcpSock, skb: SkBuff, length: int, mss_now: int) -> int:
    """tcp_fragment() for an skb that was never sent."""
    if skb.len != skb.data_len:
        return tcp_fragment(tp, skb, length, mss_now)
    buff = sk_stream_alloc_skb(tp, 0)
    if buff is None:
        return -errno.ENOMEM
    tp.sk_wmem_queued += buff.truesize
    sk_mem_charge(tp, buff.truesize)
    nlen = skb.len - length
    buff.truesize += nlen
    skb.truesize -= nlen
    buff.sacked = 0
    tcp_split(tp, skb, buff, length, mss_now)
    return 0


def tcp_split(tp: TcpSock, skb: SkBuff, buff: SkBuff, length: int, mss_now: int) -> None:
    """Move what is behind length bytes to the empty buff, and queue that."""
    buff.seq = mem.u32(skb.seq + length)
    buff.end_seq = skb.end_seq
    skb.end_seq = buff.seq
    flags = skb.tcp_flags  # PSH and FIN belong to the last byte
    skb.tcp_flags = flags & ~(tcp.TCPHDR_FIN | tcp.TCPHDR_PSH)
    buff.tcp_flags = flags
    skb.ip_summed = const.CHECKSUM_PARTIAL
    buff.ip_summed = const.CHECKSUM_PARTIAL
    if skb.cb is not None:  # TcpTx: both parts were sent then
        buff.cb = skb.cb
    skb_split(skb, buff, length)
    tcp_set_skb_tso_segs(tp, skb, mss_now)
    tcp_set_skb_tso_segs(tp, buff, mss_now)
    skb_header_release(buff)
    tcp_insert_write_queue_after(tp, skb, buff)


def tcp_trim_head(tp: TcpSock, skb: SkBuff, length: int) -> int:
    """Drop the first length bytes of skb, acknowledged by now; 0 or -ENOMEM."""
    if skb_cloned(skb) and pskb_expand_head(skb, 0, 0):
        return -errno.ENOMEM
    pskb_trim_head(skb, length)
    skb.seq = mem.u32(skb.seq + length)
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.truesize -= length
    tp.sk_wmem_queued -= length
    sk_mem_uncharge(tp, length)
    tp.sk_flags |= 1 << const.SOCK_QUEUE_SHRUNK
    if skb.shinfo.gso_segs > 1:
        tcp_set_skb_tso_segs(tp, skb, skb.shinfo.gso_size)
    return 0


def pskb_trim_head(skb: SkBuff, length: int) -> None:
    """__pskb_trim_head(): drop length bytes off the front, out of the linear part and the fragments.

    The bytes must not be shared with a clone.
    """
    assert length < skb.len
    linear = skb.len - skb.data_len
    eat = linear if length > linear else length
    skb.data += eat
    skb.len -= eat
    length -= eat
    if length == 0:
        return
    sh = skb.shinfo
    skb.len -= length
    skb.data_len -= length
    while length > 0:
        f = sh.frags
        assert f is not None
        if f.size <= length:
            length -= f.size
            pop_frag(sh)
        else:
            f.off += length
            f.size -= length
            length = 0
