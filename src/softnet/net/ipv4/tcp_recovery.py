"""Losses: noticing them, answering them, and taking the answer back.

Linux: net/ipv4/tcp_input.c (tcp_fastretrans_alert and its kind, tcp_enter_loss). RFC 5681, 2582,
3517, 3522 and 3708 (undo by timestamp and by D-SACK).

The connection is in one of five states (icsk_ca_state):

    Open       nothing odd                         Disorder   duplicate ACKs, or something to undo
    CWR        slowing down, nothing lost          Recovery   fast retransmit
    Loss       the retransmit timer fired

and leaves one when high_seq, the snd_nxt of when it was entered, is acknowledged. A reduction
can be undone while undo_marker is set: when every retransmission proved needless (undo_retrans is 0)
or the ACK echoes a timestamp from before the first of them.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import tcp_set_ca_state
from softnet.net.ipv4.tcp_cwnd import (
    tcp_complete_cwr,
    tcp_current_ssthresh,
    tcp_cwnd_down,
    tcp_enter_cwr,
    tcp_moderate_cwnd,
    tcp_update_cwnd_in_recovery,
)
from softnet.net.ipv4.tcp_mss import tcp_current_mss, tcp_mss_to_mtu, tcp_sync_mss
from softnet.net.ipv4.tcp_output import tcp_schedule_rto
from softnet.net.ipv4.tcp_rack import tcp_rack_mark_lost, tcp_rack_recovered, tcp_rack_too_young
from softnet.net.ipv4.tcp_retransmit import tcp_retransmit_skb, tcp_xmit_retransmit_queue
from softnet.net.ipv4.tcp_sack import (
    tcp_count_lost,
    tcp_skb_mark_lost,
    tcp_skb_mark_lost_uncond_verify,
    tcp_skb_seglen,
    tcp_update_reordering,
)
from softnet.net.ipv4.tcp_segment import tcp_fragment, tcp_verify_left_out
from softnet.net.ipv4.tcp_write import tcp_may_send_now
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock


def tcp_fastretrans_alert(tp: TcpSock, pkts_acked: int, newly_acked_sacked: int, flag: int) -> None:
    """Something is odd about an acknowledgement, or was before: run the state machine.

    pkts_acked: segments it took off the queue; newly_acked_sacked: delivered, as far as it says.
    """
    is_dupack = not flag & (const.FLAG_SND_UNA_ADVANCED | const.FLAG_NOT_DUP)
    do_lost = is_dupack or (
        flag & const.FLAG_DATA_SACKED != 0 and tcp_fackets_out(tp) > tp.reordering
    )
    assert tp.packets_out or not tp.sacked_out
    assert tp.sacked_out or not tp.fackets_out
    if flag & const.FLAG_ECE:
        tp.prior_ssthresh = 0  # a reduction that was asked for is not undone
    if flag & const.FLAG_SACK_RENEGING:
        tcp_sack_reneging(tp)
        return
    if (
        flag & const.FLAG_DATA_LOST
        and tp.is_fack()
        and mem.before(tp.snd_una, tp.high_seq)
        and tp.icsk_ca_state != tcp.TCP_CA_Open
        and tp.fackets_out > tp.reordering
    ):
        tcp_mark_head_lost(tp, tp.fackets_out - tp.reordering, False)
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPLOSS)
    tcp_verify_left_out(tp)
    if tp.icsk_ca_state == tcp.TCP_CA_Open:
        assert tp.retrans_out == 0
        tp.retrans_stamp = 0
    elif not mem.before(tp.snd_una, tp.high_seq) and tcp_leave_state(tp):
        return
    rack = tp.rack
    if rack is not None and tp.frto_counter == 0:
        tcp_rack_mark_lost(tp, rack, flag)
    fast_rexmit = False
    state = tp.icsk_ca_state
    if state == tcp.TCP_CA_Recovery:
        if flag & const.FLAG_SND_UNA_ADVANCED:
            do_lost = tcp_try_undo_partial(tp, pkts_acked)
        elif is_dupack and tp.is_reno():
            tcp_add_reno_sack(tp)
    else:
        if state == tcp.TCP_CA_Loss and tcp_ack_in_loss(tp, flag):
            return
        if not tcp_ack_in_open(tp, flag, is_dupack):
            return
        fast_rexmit = True
    if rack is None and (do_lost or (tp.is_fack() and tcp_head_timedout(tp))):
        tcp_update_scoreboard(tp, fast_rexmit)
    if tp.rate is not None:  # the algorithm has the word first
        return
    tp.prr_delivered += newly_acked_sacked
    tcp_update_cwnd_in_recovery(tp, newly_acked_sacked, fast_rexmit)
    tcp_xmit_retransmit_queue(tp)


def tcp_leave_state(tp: TcpSock) -> bool:
    """high_seq is acknowledged: leave the state. True if that was all this ACK is for."""
    state = tp.icsk_ca_state
    if state >= tcp.TCP_CA_Recovery and tp.rack is not None:
        tcp_rack_recovered(tp.rack)
    if state == tcp.TCP_CA_Loss:
        tp.icsk_retransmits = 0
        return tcp_try_undo_recovery(tp)
    if state == tcp.TCP_CA_CWR:
        # Only an ACK above high_seq shows that the peer saw our CWR.
        if tp.snd_una != tp.high_seq:
            tcp_complete_cwr(tp)
            tcp_set_ca_state(tp, tcp.TCP_CA_Open)
    elif state == tcp.TCP_CA_Disorder:
        tcp_try_undo_dsack(tp)
        # With SACK wait for the D-SACKs of all that was sent for nothing.
        if tp.undo_marker == 0 or tp.is_reno() or tp.snd_una != tp.high_seq:
            tp.undo_marker = 0
            tcp_set_ca_state(tp, tcp.TCP_CA_Open)
    elif state == tcp.TCP_CA_Recovery:
        if tp.is_reno():
            tp.sacked_out = 0
        if tcp_try_undo_recovery(tp):
            return True
        tcp_complete_cwr(tp)
    return False


def tcp_ack_in_loss(tp: TcpSock, flag: int) -> bool:
    """An ACK after a timeout: go on in slow start, unless the timeout was a mistake. True: done."""
    if flag & const.FLAG_DATA_ACKED:
        tp.icsk_retransmits = 0
    if tp.is_reno() and flag & const.FLAG_SND_UNA_ADVANCED:
        tp.sacked_out = 0
    if not tcp_try_undo_loss(tp):
        tcp_moderate_cwnd(tp)
        if tp.rate is None:
            tcp_xmit_retransmit_queue(tp)
        return True
    return tp.icsk_ca_state != tcp.TCP_CA_Open


def tcp_ack_in_open(tp: TcpSock, flag: int, is_dupack: bool) -> bool:
    """An ACK in Open, Disorder or CWR: is it time to recover? Then Recovery is entered."""
    if tp.is_reno():
        if flag & const.FLAG_SND_UNA_ADVANCED:
            tp.sacked_out = 0
        if is_dupack:
            tcp_add_reno_sack(tp)
    if tp.icsk_ca_state == tcp.TCP_CA_Disorder:
        tcp_try_undo_dsack(tp)
    if not tcp_time_to_recover(tp):
        tcp_try_to_open(tp, flag)
        return False
    if (
        tp.icsk_ca_state < tcp.TCP_CA_CWR
        and tp.icsk_mtup_probe_size
        and tp.snd_una == tp.mtu_probe_seq_start
    ):
        # The probe of a larger MTU is what was lost: no sign of congestion.
        tcp_mtup_probe_failed(tp)
        tp.snd_cwnd += 1
        tcp_simple_retransmit(tp)
        return False
    tcp_enter_recovery(tp, flag)
    return True


def tcp_enter_recovery(tp: TcpSock, flag: int) -> None:
    """Fast retransmit begins."""
    mib = snmp.LINUX_MIB_TCPRENORECOVERY if tp.is_reno() else snmp.LINUX_MIB_TCPSACKRECOVERY
    tp.sk_net.mib.net.inc(mib)
    tp.high_seq = tp.snd_nxt
    tp.prior_ssthresh = 0
    tp.undo_marker = tp.snd_una
    tp.undo_retrans = tp.retrans_out
    if tp.icsk_ca_state < tcp.TCP_CA_CWR:
        if not flag & const.FLAG_ECE:
            tp.prior_ssthresh = tcp_current_ssthresh(tp)
        tp.snd_ssthresh = tp.icsk_ca_ops.ssthresh(tp)
        tp.ecn_queue_cwr()
    tp.bytes_acked = 0
    tp.snd_cwnd_cnt = 0
    tp.prior_cwnd = tp.snd_cwnd
    tp.prr_delivered = 0
    tp.prr_out = 0
    tp.tlp_high_seq = 0
    if tp.icsk_pending == const.ICSK_TIME_LOSS_PROBE:
        tcp_schedule_rto(tp)  # what a probe would show is known
    tcp_set_ca_state(tp, tcp.TCP_CA_Recovery)


def tcp_sack_reneging(tp: TcpSock) -> None:
    """The peer threw away what it had reported: forget all reports and start over."""
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPSACKRENEGING)
    tcp_enter_loss(tp, True)
    tp.icsk_retransmits += 1
    skb = tp.sk_write_queue.first
    assert skb is not None
    tcp_retransmit_skb(tp, skb)
    tcp_schedule_rto(tp)


# ---- noticing


def tcp_fackets_out(tp: TcpSock) -> int:
    """Segments up to the highest that arrived; for Reno, duplicate ACKs and one."""
    return tp.sacked_out + 1 if tp.is_reno() else tp.fackets_out


def tcp_dupack_heuristics(tp: TcpSock) -> int:
    """What is compared with the reordering degree: duplicate ACKs, or with FACK the distance."""
    return tp.fackets_out if tp.is_fack() else tp.sacked_out + 1


def tcp_skb_timedout(tp: TcpSock, skb: SkBuff) -> bool:
    """Was skb sent longer than an RTO ago?"""
    return mem.u32(tcp_time_stamp() - skb.when) > tp.icsk_rto


def tcp_head_timedout(tp: TcpSock) -> bool:
    """The same of the oldest segment."""
    skb = tp.sk_write_queue.first
    return tp.packets_out != 0 and skb is not None and tcp_skb_timedout(tp, skb)


def tcp_stream_is_thin(tp: TcpSock) -> bool:
    """So few segments in flight that three duplicate ACKs cannot come?"""
    return tp.packets_out < 4 and not tp.in_initial_slowstart()


def tcp_time_to_recover(tp: TcpSock) -> bool:
    """Is a loss proven, or likely enough?"""
    if tp.frto_counter:
        return False
    if tp.lost_out:
        return True
    if tp.rack is not None:
        return False
    if tcp_dupack_heuristics(tp) > tp.reordering:
        return True
    if tp.is_fack() and tcp_head_timedout(tp):
        return True
    # With nothing more to send, no more duplicate ACKs will come: half of the flight is enough.
    enough = tp.packets_out // 2
    if enough < tp.sysctl.reordering:
        enough = tp.sysctl.reordering
    if tp.packets_out <= tp.reordering and tp.sacked_out >= enough and not tcp_may_send_now(tp):
        return True
    return (
        (tp.thin_dupack or tp.sysctl.thin_dupack != 0)
        and tcp_stream_is_thin(tp)
        and tcp_dupack_heuristics(tp) > 1
        and tp.is_sack()
        and tp.sk_send_head is None
    )


def tcp_mark_head_lost(tp: TcpSock, packets: int, mark_head: bool) -> None:
    """Mark the first `packets` segments lost: with SACK but not FACK, all before so many SACKed ones.

    mark_head: the first skb only. A super-packet is cut where the count ends.
    """
    assert packets <= tp.packets_out
    skb = tp.lost_skb_hint
    if skb is not None:
        cnt = tp.lost_cnt_hint
        if mark_head and skb is not tp.sk_write_queue.first:
            return
    else:
        skb = tp.sk_write_queue.first
        cnt = 0
    by_sack = tp.is_sack() and not tp.is_fack()
    while skb is not None and skb is not tp.sk_send_head:
        tp.lost_skb_hint = skb
        tp.lost_cnt_hint = cnt
        if mem.after(skb.end_seq, tp.high_seq):
            break
        oldcnt = cnt
        is_sacked = skb.sacked & const.TCPCB_SACKED_ACKED != 0
        if not by_sack or is_sacked:
            cnt += skb.shinfo.gso_segs
        if cnt > packets:
            if by_sack or is_sacked or oldcnt >= packets:
                break
            mss = skb.shinfo.gso_size
            if tcp_fragment(tp, skb, (packets - oldcnt) * mss, mss) < 0:
                break
            cnt = packets
        tcp_skb_mark_lost(tp, skb)
        if mark_head:
            break
        skb = skb.next
    tcp_verify_left_out(tp)


def tcp_update_scoreboard(tp: TcpSock, fast_rexmit: bool) -> None:
    """Mark what is to be taken for lost now."""
    if tp.is_reno():
        tcp_mark_head_lost(tp, 1, True)
    elif tp.is_fack():
        lost = tp.fackets_out - tp.reordering
        tcp_mark_head_lost(tp, lost if lost > 0 else 1, False)
    else:
        sacked_upto = tp.sacked_out - tp.reordering
        if sacked_upto >= 0:
            tcp_mark_head_lost(tp, sacked_upto, False)
        elif fast_rexmit:
            tcp_mark_head_lost(tp, 1, True)
    tcp_timeout_skbs(tp)


def tcp_timeout_skbs(tp: TcpSock) -> None:
    """With FACK: what was sent longer than an RTO ago is lost too."""
    if not tp.is_fack() or not tcp_head_timedout(tp):
        return
    skb = tp.scoreboard_skb_hint
    if skb is None:
        skb = tp.sk_write_queue.first
    while skb is not None and skb is not tp.sk_send_head:
        if not tcp_skb_timedout(tp, skb):
            break
        tcp_skb_mark_lost(tp, skb)
        skb = skb.next
    tp.scoreboard_skb_hint = skb
    tcp_verify_left_out(tp)


# ---- without SACK: duplicate ACKs stand for segments


def tcp_limit_reno_sacked(tp: TcpSock) -> bool:
    """Not more duplicate ACKs can come than segments are out; True if more did: reordering."""
    holes = tp.lost_out if tp.lost_out > 1 else 1
    if holes > tp.packets_out:
        holes = tp.packets_out
    if tp.sacked_out + holes > tp.packets_out:
        tp.sacked_out = tp.packets_out - holes
        return True
    return False


def tcp_check_reno_reordering(tp: TcpSock, addend: int) -> None:
    """More duplicate ACKs than holes allow show reordering by a whole flight."""
    if tcp_limit_reno_sacked(tp):
        tcp_update_reordering(tp, tp.packets_out + addend, False)


def tcp_add_reno_sack(tp: TcpSock) -> None:
    """A duplicate ACK: some segment arrived."""
    tp.sacked_out += 1
    tcp_check_reno_reordering(tp, 0)
    tcp_verify_left_out(tp)


def tcp_remove_reno_sacks(tp: TcpSock, acked: int) -> None:
    """acked segments were acknowledged: all but the one that filled the hole had been counted."""
    if acked > 0:
        if acked - 1 >= tp.sacked_out:
            tp.sacked_out = 0
        else:
            tp.sacked_out -= acked - 1
    tcp_check_reno_reordering(tp, acked)
    tcp_verify_left_out(tp)


# ---- taking it back


def tcp_packet_delayed(tp: TcpSock) -> bool:
    """Does the ACK echo a time before the first retransmission, so that the original arrived?"""
    rx_opt = tp.rx_opt
    return tp.retrans_stamp == 0 or (
        rx_opt.saw_tstamp
        and rx_opt.rcv_tsecr != 0
        and mem.before(rx_opt.rcv_tsecr, tp.retrans_stamp)
    )


def tcp_may_undo(tp: TcpSock) -> bool:
    """Was the reduction a mistake?"""
    return tp.undo_marker != 0 and (tp.undo_retrans == 0 or tcp_packet_delayed(tp))


def tcp_undo_cwr(tp: TcpSock, undo_ssthresh: bool) -> None:
    """Restore the window, and the threshold if asked to."""
    if tp.prior_ssthresh:
        tp.snd_cwnd = tp.icsk_ca_ops.undo_cwnd(tp)
        if undo_ssthresh and tp.prior_ssthresh > tp.snd_ssthresh:
            tp.snd_ssthresh = tp.prior_ssthresh
            tp.ecn_flags &= ~const.TCP_ECN_QUEUE_CWR
    elif tp.snd_cwnd < tp.snd_ssthresh and tp.rate is None:
        tp.snd_cwnd = tp.snd_ssthresh
    tp.snd_cwnd_stamp = tcp_time_stamp()


def tcp_try_undo_recovery(tp: TcpSock) -> bool:
    """At the end of Recovery or Loss. True: stay in it until something above high_seq is ACKed."""
    if tcp_may_undo(tp):
        tcp_undo_cwr(tp, True)
        mib = snmp.LINUX_MIB_TCPFULLUNDO
        if tp.icsk_ca_state == tcp.TCP_CA_Loss:
            mib = snmp.LINUX_MIB_TCPLOSSUNDO
        tp.sk_net.mib.net.inc(mib)
        tp.undo_marker = 0
    if tp.snd_una == tp.high_seq and tp.is_reno():
        # RFC 2582: duplicate ACKs of what was sent twice must not start another recovery.
        tcp_moderate_cwnd(tp)
        return True
    tcp_set_ca_state(tp, tcp.TCP_CA_Open)
    return False


def tcp_try_undo_dsack(tp: TcpSock) -> None:
    """Every retransmission was reported as a duplicate: nothing had been lost."""
    if tp.undo_marker and tp.undo_retrans == 0:
        tcp_undo_cwr(tp, True)
        tp.undo_marker = 0
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPDSACKUNDO)


def tcp_any_retrans_done(tp: TcpSock) -> bool:
    """Was anything that is still out sent twice? Looking at the head is enough."""
    if tp.retrans_out:
        return True
    skb = tp.sk_write_queue.first
    return skb is not None and skb.sacked & const.TCPCB_EVER_RETRANS != 0


def tcp_try_undo_partial(tp: TcpSock, acked: int) -> bool:
    """A partial ACK in Recovery. True if the next hole is to be marked lost (Hoe)."""
    failed = tp.is_reno() or tcp_fackets_out(tp) > tp.reordering
    if tcp_may_undo(tp):
        # The hole was filled by the delayed original; the others are probably late as well.
        if not tcp_any_retrans_done(tp):
            tp.retrans_stamp = 0
        tcp_update_reordering(tp, tcp_fackets_out(tp) + acked, True)
        tcp_undo_cwr(tp, False)
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPPARTIALUNDO)
        failed = False
    return failed


def tcp_try_undo_loss(tp: TcpSock) -> bool:
    """The timeout was a mistake: nothing is lost. True if so."""
    if not tcp_may_undo(tp):
        return False
    skb = tp.sk_write_queue.first
    while skb is not None and skb is not tp.sk_send_head:
        skb.sacked &= ~const.TCPCB_LOST
        skb = skb.next
    tp.clear_all_retrans_hints()
    tp.lost_out = 0
    tcp_undo_cwr(tp, True)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPLOSSUNDO)
    tp.icsk_retransmits = 0
    tp.undo_marker = 0
    if tp.is_sack():
        tcp_set_ca_state(tp, tcp.TCP_CA_Open)
    return True


def tcp_try_keep_open(tp: TcpSock) -> None:
    """Open, or Disorder while anything is odd."""
    state = tcp.TCP_CA_Open
    if tp.left_out() or tcp_any_retrans_done(tp) or tp.undo_marker:
        state = tcp.TCP_CA_Disorder
    if tp.icsk_ca_state != state:
        tcp_set_ca_state(tp, state)
        tp.high_seq = tp.snd_nxt


def tcp_try_to_open(tp: TcpSock, flag: int) -> None:
    """No loss: slow down if the network says so (ECE), else be Open or in Disorder."""
    tcp_verify_left_out(tp)
    if tp.frto_counter == 0 and not tcp_any_retrans_done(tp):
        tp.retrans_stamp = 0
    if flag & const.FLAG_ECE:
        tcp_enter_cwr(tp, True)
    if tp.icsk_ca_state == tcp.TCP_CA_CWR:
        tcp_cwnd_down(tp, flag)
        return
    tcp_try_keep_open(tp)
    if tp.icsk_ca_state != tcp.TCP_CA_Open:
        tcp_moderate_cwnd(tp)


# ---- timeouts and path MTU


def tcp_enter_loss(tp: TcpSock, how: bool) -> None:
    """The retransmit timer fired: all that is not SACKed is lost; one segment at a time again.

    how: even what is SACKed, as the peer reneged.
    """
    if (
        tp.icsk_ca_state <= tcp.TCP_CA_Disorder
        or tp.snd_una == tp.high_seq
        or (tp.icsk_ca_state == tcp.TCP_CA_Loss and tp.icsk_retransmits == 0)
    ):
        tp.prior_ssthresh = tcp_current_ssthresh(tp)
        tp.snd_ssthresh = tp.icsk_ca_ops.ssthresh(tp)
        tp.icsk_ca_ops.cwnd_event(tp, const.CA_EVENT_LOSS)
    tp.snd_cwnd = 1
    tp.snd_cwnd_cnt = 0
    tp.snd_cwnd_stamp = tcp_time_stamp()
    tp.bytes_acked = 0
    tp.clear_retrans()
    if tp.is_reno():
        tp.sacked_out = 0
    if how:
        tp.sacked_out = 0
        tp.fackets_out = 0
    else:
        tp.undo_marker = tp.snd_una
    tp.clear_all_retrans_hints()
    tp.tlp_high_seq = 0
    tcp_mark_flight_lost(tp, how)
    tcp_verify_left_out(tp)
    if tp.rack is not None:
        tp.snd_cwnd = tp.packets_in_flight() + 1
    if tp.reordering > tp.sysctl.reordering:
        tp.reordering = tp.sysctl.reordering
    tcp_set_ca_state(tp, tcp.TCP_CA_Loss)
    tp.high_seq = tp.snd_nxt
    tp.ecn_queue_cwr()
    tp.frto_counter = 0


def tcp_mark_flight_lost(tp: TcpSock, how: bool) -> None:
    """Forget what was sent again, and mark all lost but what is SACKed; how: that as well.

    With RACK not what was sent so lately that it can be on its way, unless it is the head.
    """
    head = skb = tp.sk_write_queue.first
    rack = tp.rack
    while skb is not None and skb is not tp.sk_send_head:
        if skb.sacked & const.TCPCB_RETRANS:
            tp.undo_marker = 0
        skb.sacked &= ~const.TCPCB_TAGBITS | const.TCPCB_SACKED_ACKED
        if how or not skb.sacked & const.TCPCB_SACKED_ACKED:
            young = rack is not None and skb is not head and tcp_rack_too_young(tp, rack, skb)
            if how or not young:
                skb.sacked &= ~const.TCPCB_SACKED_ACKED
                skb.sacked |= const.TCPCB_LOST
                tp.lost_out += skb.shinfo.gso_segs
                tp.retransmit_high = skb.end_seq
                tcp_count_lost(tp, skb)
        skb = skb.next


def tcp_simple_retransmit(tp: TcpSock) -> None:
    """Segments are too large for the path now: send them again in smaller pieces.

    No sign of congestion, so the window stays; the threshold too.
    """
    mss = tcp_current_mss(tp)
    prior_lost = tp.lost_out
    skb = tp.sk_write_queue.first
    while skb is not None and skb is not tp.sk_send_head:
        if tcp_skb_seglen(skb) > mss and not skb.sacked & const.TCPCB_SACKED_ACKED:
            if skb.sacked & const.TCPCB_SACKED_RETRANS:
                skb.sacked &= ~const.TCPCB_SACKED_RETRANS
                tp.retrans_out -= skb.shinfo.gso_segs
            tcp_skb_mark_lost_uncond_verify(tp, skb)
        skb = skb.next
    tp.lost_skb_hint = None
    tp.scoreboard_skb_hint = None
    if prior_lost == tp.lost_out:
        return
    if tp.is_reno():
        tcp_limit_reno_sacked(tp)
    tcp_verify_left_out(tp)
    if tp.icsk_ca_state != tcp.TCP_CA_Loss:
        tp.high_seq = tp.snd_nxt
        tp.snd_ssthresh = tcp_current_ssthresh(tp)
        tp.prior_ssthresh = 0
        tp.undo_marker = 0
        tcp_set_ca_state(tp, tcp.TCP_CA_Loss)
    tcp_xmit_retransmit_queue(tp)


def tcp_mtup_probe_failed(tp: TcpSock) -> None:
    """The path does not take the probe's size."""
    tp.icsk_mtup_search_high = tp.icsk_mtup_probe_size - 1
    tp.icsk_mtup_probe_size = 0


def tcp_mtup_probe_success(tp: TcpSock) -> None:
    """It does: use it. The window stays the same in bytes."""
    tp.prior_ssthresh = tcp_current_ssthresh(tp)
    tp.snd_cwnd = tp.snd_cwnd * tcp_mss_to_mtu(tp, tp.mss_cache) // tp.icsk_mtup_probe_size
    if tp.snd_cwnd < 1:
        tp.snd_cwnd = 1
    tp.snd_cwnd_cnt = 0
    tp.snd_cwnd_stamp = tcp_time_stamp()
    tp.snd_ssthresh = tcp_current_ssthresh(tp)
    tp.icsk_mtup_search_low = tp.icsk_mtup_probe_size
    tp.icsk_mtup_probe_size = 0
    tcp_sync_mss(tp, tp.icsk_pmtu_cookie)
