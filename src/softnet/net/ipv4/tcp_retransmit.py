"""Sending old data again.

Linux: net/ipv4/tcp_output.c (tcp_retransmit_skb, tcp_xmit_retransmit_queue), tcp_input.c
(tcp_simple_retransmit). RFC 3517 (what to send in recovery), 1122 4.2.2.15 (repacketise).

tcp_recovery and tcp_timer mark segments LOST; tcp_xmit_retransmit_queue() sends those that are, as
the congestion window allows.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import pskb_trim, skb_cloned
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_mss import tcp_current_mss
from softnet.net.ipv4.tcp_output import (
    tcp_init_nondata_skb,
    tcp_schedule_rto,
    tcp_transmit_skb,
)
from softnet.net.ipv4.tcp_pacing import tcp_paced_sent, tcp_pacing_check
from softnet.net.ipv4.tcp_segment import (
    sk_wmem_free_skb,
    tcp_adjust_pcount,
    tcp_fragment,
    tcp_highest_sack_combine,
    tcp_highest_sack_seq,
    tcp_init_tso_segs,
    tcp_trim_head,
    tcp_unlink_write_queue,
)
from softnet.net.ipv4.tcp_write import tcp_may_send_now
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock


def tcp_retransmit_skb(tp: TcpSock, skb: SkBuff) -> int:
    """Send the first segment of skb, which is on the queue, once more. 0, 1 or a negative errno."""
    if trace.tcp_retransmit_skb.enabled:
        trace.tcp_retransmit_skb.fire(skb)
    tp.icsk_mtup_probe_size = 0  # a loss says nothing about the MTU
    # More copies than the buffer is large are in our own queues already.
    limit = tp.sk_wmem_queued + (tp.sk_wmem_queued >> 2)
    if limit > tp.sk_sndbuf:
        limit = tp.sk_sndbuf
    if tp.sk_wmem_alloc > limit:
        return -errno.EAGAIN
    if mem.before(skb.seq, tp.snd_una):
        assert not mem.before(skb.end_seq, tp.snd_una)
        if tcp_trim_head(tp, skb, mem.u32(tp.snd_una - skb.seq)):
            return -errno.ENOMEM
    if tp.icsk_af_ops.rebuild_header(tp):
        return -errno.EHOSTUNREACH
    cur_mss = tcp_current_mss(tp)
    # A window that shrank is respected, but a shut one is asked about with the first segment.
    if not mem.before(skb.seq, tp.wnd_end()) and skb.seq != tp.snd_una:
        return -errno.EAGAIN
    if skb.len > cur_mss:
        if tcp_fragment(tp, skb, cur_mss, cur_mss):
            return -errno.ENOMEM
    else:
        oldpcount = skb.shinfo.gso_segs
        if oldpcount > 1:
            tcp_init_tso_segs(tp, skb, cur_mss)
            tcp_adjust_pcount(tp, skb, oldpcount - skb.shinfo.gso_segs)
    tcp_retrans_try_collapse(tp, skb, cur_mss)
    # Some peers overlook a FIN behind data that they have: send it alone.
    if (
        skb.len > 0
        and skb.tcp_flags & tcp.TCPHDR_FIN
        and tp.snd_una == mem.u32(skb.end_seq - 1)
        and pskb_trim(skb, 0) == 0
    ):
        sacked = skb.sacked
        tcp_init_nondata_skb(skb, mem.u32(skb.end_seq - 1), skb.tcp_flags)
        skb.sacked = sacked
    skb.when = tcp_time_stamp()
    err = tcp_transmit_skb(tp, skb, True)
    if err == 0:
        tcp_retransmitted(tp, skb)
        if tp.sk_pacing_status:
            tcp_paced_sent(tp, skb)
    return err


def tcp_retransmitted(tp: TcpSock, skb: SkBuff) -> None:
    """Count a retransmission that went out."""
    tp.sk_net.mib.tcp.inc(snmp.TCP_MIB_RETRANSSEGS)
    if skb.tcp_flags & tcp.TCPHDR_SYN:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPSYNRETRANS)
    tp.total_retrans += 1
    if tp.retrans_out == 0:
        tp.lost_retrans_low = tp.snd_nxt
    skb.sacked |= const.TCPCB_RETRANS
    tp.retrans_out += skb.shinfo.gso_segs
    if tp.retrans_stamp == 0:
        tp.retrans_stamp = skb.when if skb.when else 1
    tp.undo_retrans += 1
    skb.ack_seq = tp.snd_nxt  # if this is SACKed and skb is not, skb was lost again


# ---- joining small neighbours


def tcp_retrans_try_collapse(tp: TcpSock, to: SkBuff, space: int) -> None:
    """Join the segments behind to with it, as long as space bytes are not exceeded."""
    if not tp.sysctl.retrans_collapse or to.tcp_flags & tcp.TCPHDR_SYN:
        return
    if not tcp_can_collapse(tp, to):
        return
    space -= to.len
    while True:
        skb = to.next
        if skb is None or not tcp_can_collapse(tp, skb):
            break
        space -= skb.len
        if space < 0 or skb.len > to.tailroom() or mem.after(skb.end_seq, tp.wnd_end()):
            break
        tcp_collapse_retrans(tp, to)


def tcp_can_collapse(tp: TcpSock, skb: SkBuff) -> bool:
    """Is skb one small, linear segment that nobody else holds, sent and not SACKed?"""
    return (
        skb.shinfo.gso_segs <= 1
        and skb.shinfo.nr_frags == 0
        and not skb_cloned(skb)
        and skb is not tp.sk_send_head
        and not skb.sacked & const.TCPCB_SACKED_ACKED
    )


def tcp_collapse_retrans(tp: TcpSock, skb: SkBuff) -> None:
    """Append the next segment to skb."""
    nxt = skb.next
    assert nxt is not None
    assert skb.shinfo.gso_segs == 1
    assert nxt.shinfo.gso_segs == 1
    tcp_highest_sack_combine(tp, nxt, skb)
    tcp_unlink_write_queue(tp, nxt)
    n = nxt.len
    mem.copy(skb.ptr, skb.put(n), nxt.ptr, nxt.data, n)
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.end_seq = nxt.end_seq
    skb.tcp_flags |= nxt.tcp_flags
    skb.sacked |= nxt.sacked & const.TCPCB_EVER_RETRANS
    tp.lost_skb_hint = None
    tp.scoreboard_skb_hint = None
    if nxt is tp.retransmit_skb_hint:
        tp.retransmit_skb_hint = skb
    tcp_adjust_pcount(tp, nxt, nxt.shinfo.gso_segs)
    sk_wmem_free_skb(tp, nxt)


# ---- recovery


def tcp_can_forward_retransmit(tp: TcpSock) -> bool:
    """May segments be sent again that nobody declared lost? Only for want of anything better."""
    if tp.rack is not None:  # what is lost will be declared so
        return False
    if tp.icsk_ca_state != tcp.TCP_CA_Recovery or tp.is_reno():
        return False
    return not tcp_may_send_now(tp)


def tcp_xmit_retransmit_queue(tp: TcpSock) -> None:
    """Send again what is LOST, oldest first, within the congestion window.

    RFC 3517 NextSeg(): when all that is lost was sent and no new data is there, what lies below the
    highest SACKed segment goes too (forward retransmission). retransmit_skb_hint remembers
    where the last call stopped.
    """
    if tp.packets_out == 0:
        return
    if tp.lost_out == 0:
        tp.retransmit_high = tp.snd_una
    skb = tp.retransmit_skb_hint
    if skb is not None:
        last_lost = skb.end_seq
        if mem.after(last_lost, tp.retransmit_high):
            last_lost = tp.retransmit_high
    else:
        skb = tp.sk_write_queue.first
        last_lost = tp.snd_una
    hole: SkBuff | None = None
    forward = False
    while skb is not None and skb is not tp.sk_send_head:
        sacked = skb.sacked
        if hole is None:
            tp.retransmit_skb_hint = skb
        if tp.packets_in_flight() >= tp.snd_cwnd:
            return
        if tp.sk_pacing_status and tcp_pacing_check(tp):
            return
        if not forward and not mem.before(skb.seq, tp.retransmit_high):
            tp.retransmit_high = last_lost
            if not tcp_can_forward_retransmit(tp):
                return
            if hole is not None:  # go back to the first that was passed over
                skb = hole
                sacked = skb.sacked
                hole = None
            forward = True
        if forward:
            if not mem.before(skb.seq, tcp_highest_sack_seq(tp)):
                return
            mib = snmp.LINUX_MIB_TCPFORWARDRETRANS
        elif not sacked & const.TCPCB_LOST:
            if hole is None and not sacked & (
                const.TCPCB_SACKED_RETRANS | const.TCPCB_SACKED_ACKED
            ):
                hole = skb
            skb = skb.next
            continue
        else:
            last_lost = skb.end_seq
            mib = snmp.LINUX_MIB_TCPFASTRETRANS
            if tp.icsk_ca_state == tcp.TCP_CA_Loss:
                mib = snmp.LINUX_MIB_TCPSLOWSTARTRETRANS
        if not sacked & (const.TCPCB_SACKED_ACKED | const.TCPCB_SACKED_RETRANS):
            if tcp_retransmit_skb(tp, skb):
                tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPRETRANSFAIL)
                return
            tp.sk_net.mib.net.inc(mib)
            if tp.icsk_ca_state == tcp.TCP_CA_Recovery:
                tp.prr_out += skb.shinfo.gso_segs
            if skb is tp.sk_write_queue.first:
                tcp_schedule_rto(tp)
        skb = skb.next
