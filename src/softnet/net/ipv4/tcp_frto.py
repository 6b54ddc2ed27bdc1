"""F-RTO: was the timeout a mistake? Find out before sending everything again.

Linux: net/ipv4/tcp_input.c (tcp_enter_frto, tcp_process_frto). RFC 5682, 4138 appendix B.

After a timeout the first segment is sent again, and what comes back decides (frto_counter):

    1   nothing came yet. An ACK of new data: send two new segments instead of old ones
    2   (3 once a small one passed Nagle) another ACK of data that was not sent again: the
        timeout was spurious. Anything else: it was right, go back to tcp_enter_loss's ways.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import tcp_set_ca_state
from softnet.net.ipv4.tcp_cwnd import tcp_current_ssthresh, tcp_enter_cwr, tcp_moderate_cwnd
from softnet.net.ipv4.tcp_recovery import tcp_undo_cwr
from softnet.net.ipv4.tcp_segment import tcp_verify_left_out
from softnet.net.ipv4.tcp_write import tcp_may_send_now
from softnet.structs.tcp import TcpSock

FRTO_SACK = 2  # sysctl tcp_frto: use SACK if the connection has it


def tcp_is_sackfrto(tp: TcpSock) -> bool:
    """The variant that can tell what arrived."""
    return tp.sysctl.frto == FRTO_SACK and not tp.is_reno()


def tcp_use_frto(tp: TcpSock) -> bool:
    """Can F-RTO judge this timeout? Not when more than the head was sent twice."""
    if not tp.sysctl.frto or tp.icsk_mtup_probe_size:
        return False
    if tp.rate is not None:  # it needs the window for itself, and that is the algorithm's
        return False
    if tcp_is_sackfrto(tp):
        return True
    if tp.retrans_out > 1:
        return False
    head = tp.sk_write_queue.first
    assert head is not None
    skb = head.next
    while skb is not None and skb is not tp.sk_send_head:
        if skb.sacked & const.TCPCB_RETRANS:
            return False
        if not skb.sacked & const.TCPCB_SACKED_ACKED:
            break
        skb = skb.next
    return True


def tcp_enter_frto(tp: TcpSock) -> None:
    """A timeout: begin to find out. The caller sends the head again."""
    if (
        (tp.frto_counter == 0 and tp.icsk_ca_state <= tcp.TCP_CA_Disorder)
        or tp.snd_una == tp.high_seq
        or ((tp.icsk_ca_state == tcp.TCP_CA_Loss or tp.frto_counter) and tp.icsk_retransmits == 0)
    ):
        tp.prior_ssthresh = tcp_current_ssthresh(tp)
        if tp.frto_counter:
            # The window was not reduced yet for the last timeout: count as if it had been.
            stored_cwnd = tp.snd_cwnd
            tp.snd_cwnd = 2
            tp.snd_ssthresh = tp.icsk_ca_ops.ssthresh(tp)
            tp.snd_cwnd = stored_cwnd
        else:
            tp.snd_ssthresh = tp.icsk_ca_ops.ssthresh(tp)
        tp.icsk_ca_ops.cwnd_event(tp, const.CA_EVENT_FRTO)
    tp.undo_marker = tp.snd_una
    tp.undo_retrans = 0
    tp.tlp_high_seq = 0
    skb = tp.sk_write_queue.first
    assert skb is not None
    if skb.sacked & const.TCPCB_RETRANS:
        tp.undo_marker = 0
    if skb.sacked & const.TCPCB_SACKED_RETRANS:
        skb.sacked &= ~const.TCPCB_SACKED_RETRANS
        tp.retrans_out -= skb.shinfo.gso_segs
    tcp_verify_left_out(tp)
    limit = tp.packets_in_flight() + 1
    if tp.snd_cwnd > limit:
        tp.snd_cwnd = limit
    recovering = (
        tp.frto_counter != 0
        or tp.icsk_ca_state == tcp.TCP_CA_Recovery
        or tp.icsk_ca_state == tcp.TCP_CA_Loss
    )
    if tcp_is_sackfrto(tp) and recovering and mem.after(tp.high_seq, tp.snd_una):
        tp.frto_highmark = tp.high_seq
    else:
        tp.frto_highmark = tp.snd_nxt
    tcp_set_ca_state(tp, tcp.TCP_CA_Disorder)
    tp.high_seq = tp.snd_nxt
    tp.frto_counter = 1


def tcp_enter_frto_loss(tp: TcpSock, allowed_segments: int, flag: int) -> None:
    """The timeout was right: what tcp_enter_loss() would have done, with some segments sent since."""
    tp.lost_out = 0
    tp.retrans_out = 0
    if tp.is_reno():
        tp.sacked_out = 0
    head = True
    skb = tp.sk_write_queue.first
    while skb is not None and skb is not tp.sk_send_head:
        skb.sacked &= ~const.TCPCB_LOST
        if head and tp.frto_counter == 1 and not flag & const.FLAG_DATA_ACKED:
            # The copy that the timeout sent is still out.
            if skb.sacked & const.TCPCB_SACKED_RETRANS:
                tp.retrans_out += skb.shinfo.gso_segs
        else:
            if skb.sacked & const.TCPCB_RETRANS:
                tp.undo_marker = 0
            skb.sacked &= ~const.TCPCB_SACKED_RETRANS
        head = False
        if not skb.sacked & const.TCPCB_SACKED_ACKED:
            skb.sacked |= const.TCPCB_LOST
            tp.lost_out += skb.shinfo.gso_segs
            tp.retransmit_high = skb.end_seq
        skb = skb.next
    tcp_verify_left_out(tp)
    tp.snd_cwnd = tp.packets_in_flight() + allowed_segments
    tp.snd_cwnd_cnt = 0
    tp.snd_cwnd_stamp = tcp_time_stamp()
    tp.frto_counter = 0
    tp.bytes_acked = 0
    if tp.reordering > tp.sysctl.reordering:
        tp.reordering = tp.sysctl.reordering
    tcp_set_ca_state(tp, tcp.TCP_CA_Loss)
    tp.high_seq = tp.snd_nxt
    tp.ecn_queue_cwr()
    tp.clear_all_retrans_hints()


def tcp_process_frto(tp: TcpSock, flag: int) -> bool:
    """An ACK came while frto_counter is set. True: the congestion window must not grow by it."""
    tcp_verify_left_out(tp)
    if flag & const.FLAG_DATA_ACKED:
        tp.icsk_retransmits = 0
    if flag & const.FLAG_NONHEAD_RETRANS_ACKED or (
        tp.frto_counter >= 2 and flag & const.FLAG_RETRANS_DATA_ACKED
    ):
        tp.undo_marker = 0
    if not mem.before(tp.snd_una, tp.frto_highmark):
        tcp_enter_frto_loss(tp, 2 if tp.frto_counter == 1 else 3, flag)
        return True
    if tcp_is_sackfrto(tp):
        done = tcp_frto_with_sack(tp, flag)
    else:
        done = tcp_frto_without_sack(tp, flag)
    if done:
        return True
    if tp.frto_counter == 1:
        tp.snd_cwnd = tp.packets_in_flight() + 2
        tp.frto_counter = 2
        if not tcp_may_send_now(tp):
            tcp_enter_frto_loss(tp, 2, flag)
        return True
    tcp_spurious_rto(tp, flag)
    return False


def tcp_frto_without_sack(tp: TcpSock, flag: int) -> bool:
    """RFC 5682 2.1. True if this ACK is dealt with."""
    if not flag & const.FLAG_ANY_PROGRESS and flag & const.FLAG_NOT_DUP:
        return True  # the peer's data or a window update: says nothing
    if not flag & const.FLAG_DATA_ACKED:
        tcp_enter_frto_loss(tp, 0 if tp.frto_counter == 1 else 3, flag)
        return True
    return False


def tcp_frto_with_sack(tp: TcpSock, flag: int) -> bool:
    """RFC 4138 appendix B. True if this ACK is dealt with."""
    if tp.frto_counter == 1:
        if flag & const.FLAG_DATA_ACKED:
            return False
        in_flight = tp.packets_in_flight()
        if in_flight == 0:
            tcp_enter_frto_loss(tp, 2, flag)
        elif tp.snd_cwnd > in_flight:
            tp.snd_cwnd = in_flight  # no new data yet
        return True
    progress = flag & const.FLAG_FORWARD_PROGRESS
    if progress and not (flag & const.FLAG_DATA_SACKED and not flag & const.FLAG_ONLY_ORIG_SACKED):
        return False
    if not progress and flag & const.FLAG_NOT_DUP:
        return True
    tcp_enter_frto_loss(tp, 3, flag)
    return True


def tcp_spurious_rto(tp: TcpSock, flag: int) -> None:
    """The timeout was a mistake: answer as tcp_frto_response says."""
    response = tp.sysctl.frto_response
    if response == 2 and not flag & const.FLAG_ECE:
        tcp_undo_cwr(tp, True)
    elif response == 1:
        if tp.snd_cwnd > tp.snd_ssthresh:
            tp.snd_cwnd = tp.snd_ssthresh
        tp.snd_cwnd_cnt = 0
        tp.bytes_acked = 0
        tp.ecn_queue_cwr()
        tcp_moderate_cwnd(tp)
    else:
        tcp_enter_cwr(tp, False)
    tp.frto_counter = 0
    tp.undo_marker = 0
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPSPURIOUSRTOS)
