"""An acknowledgement arrives.

Linux: net/ipv4/tcp_input.c (tcp_ack, tcp_clean_rtx_queue, tcp_ack_update_window). RFC 793 3.9, 5961.

tcp_ack() takes what is acknowledged off the write queue, measures the round trip, moves the peer's
window, and lets congestion control grow or tcp_recovery act. What it learns on the way is a set
of FLAG_* bits.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.dst import dst_confirm
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_clear_xmit_timer,
    inet_csk_reset_xmit_timer,
)
from softnet.net.ipv4.tcp_challenge import tcp_send_challenge_ack
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cwnd import tcp_cong_avoid, tcp_may_raise_cwnd
from softnet.net.ipv4.tcp_delivery import tcp_delivery_begin, tcp_skb_delivered
from softnet.net.ipv4.tcp_frto import tcp_process_frto
from softnet.net.ipv4.tcp_mss import tcp_sync_mss
from softnet.net.ipv4.tcp_output import tcp_schedule_rto
from softnet.net.ipv4.tcp_pacing import tcp_update_pacing_rate
from softnet.net.ipv4.tcp_rate import tcp_rate_acked
from softnet.net.ipv4.tcp_recovery import (
    tcp_fastretrans_alert,
    tcp_mtup_probe_success,
    tcp_remove_reno_sacks,
    tcp_try_keep_open,
)
from softnet.net.ipv4.tcp_rtt import tcp_ack_update_rtt
from softnet.net.ipv4.tcp_sack import tcp_sacktag_write_queue, tcp_update_reordering
from softnet.net.ipv4.tcp_segment import (
    sk_wmem_free_skb,
    tcp_trim_head,
    tcp_unlink_write_queue,
)
from softnet.net.ipv4.tcp_tlp import tcp_schedule_loss_probe
from softnet.net.ipv4.tcp_tlp_probe import tcp_process_tlp_ack
from softnet.net.ipv4.tcp_zerocopy import tcp_zerocopy_acked
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock


class AckedState:
    """What taking segments off the write queue found out."""

    __slots__ = ("flag", "pkts_acked", "reord", "seq_rtt", "ca_seq_rtt", "last_tstamp")

    flag: int
    pkts_acked: int
    reord: int
    seq_rtt: int  # jiffies, of the oldest segment sent once; -1 unknown
    ca_seq_rtt: int  # of the newest
    last_tstamp: int  # ns: when that was sent

    def __init__(self, reord: int) -> None:
        self.flag = 0
        self.pkts_acked = 0
        self.reord = reord
        self.seq_rtt = -1
        self.ca_seq_rtt = -1
        self.last_tstamp = 0


def tcp_ack(tp: TcpSock, skb: SkBuff, flag: int) -> int:
    """Process the acknowledgement in skb, whose header is read. skb stays the caller's.

    1: fine. 0: old, its data may still be good. -1: it acknowledges what was never sent (or is too
    old to be honest): the segment must be dropped.
    """
    if trace.tcp_ack.enabled:
        trace.tcp_ack.fire(skb)
    prior_snd_una = tp.snd_una
    ack_seq = skb.seq
    ack = skb.ack_seq
    if mem.before(ack, prior_snd_una):
        return tcp_old_ack(tp, skb, ack, prior_snd_una)
    if mem.after(ack, tp.snd_nxt):
        return -1
    advanced = ack != prior_snd_una
    if advanced:
        flag |= const.FLAG_SND_UNA_ADVANCED
    if tp.sysctl.abc:
        tcp_count_bytes_acked(tp, mem.u32(ack - prior_snd_una))
    prior_fackets = tp.fackets_out
    prior_sacked = tp.sacked_out
    prior_in_flight = tp.packets_in_flight()
    if tp.delivery:
        tcp_delivery_begin(tp, prior_in_flight)
    mib = tp.sk_net.mib.net
    if not flag & const.FLAG_SLOWPATH and advanced:
        # The header was as predicted: the window did not change.
        tp.snd_wl1 = ack_seq
        tp.snd_una = ack
        flag |= const.FLAG_WIN_UPDATE
        tp.icsk_ca_ops.cwnd_event(tp, const.CA_EVENT_FAST_ACK)
        mib.inc(snmp.LINUX_MIB_TCPHPACKS)
    else:
        if ack_seq != skb.end_seq:
            flag |= const.FLAG_DATA
        else:
            mib.inc(snmp.LINUX_MIB_TCPPUREACKS)
        flag |= tcp_ack_update_window(tp, skb, ack, ack_seq)
        if skb.sacked:
            flag |= tcp_sacktag_write_queue(tp, skb, prior_snd_una)
        if tp.ecn_flags & const.TCP_ECN_OK and TCP_ECN_rcv_ecn_echo(skb):
            flag |= const.FLAG_ECE
        tp.icsk_ca_ops.cwnd_event(tp, const.CA_EVENT_SLOW_ACK)
    tp.sk_err_soft = 0  # something works
    tp.icsk_probes_out = 0
    tp.rcv_tstamp = tcp_time_stamp()
    prior_packets = tp.packets_out
    if prior_packets == 0:
        return tcp_ack_of_nothing(tp, ack, flag)
    flag |= tcp_clean_rtx_queue(tp, prior_fackets, prior_snd_una)
    pkts_acked = prior_packets - tp.packets_out
    newly_acked_sacked = prior_packets - prior_sacked - (tp.packets_out - tp.sacked_out)
    if tp.tlp_high_seq:
        tcp_process_tlp_ack(tp, ack, flag)
    frto_cwnd = tp.frto_counter != 0 and tcp_process_frto(tp, flag)
    if mem.before(tp.frto_highmark, tp.snd_una):
        tp.frto_highmark = 0
    grow = flag & const.FLAG_DATA_ACKED != 0 and not frto_cwnd
    if tcp_ack_is_dubious(tp, flag):
        if grow and tcp_may_raise_cwnd(tp, flag):
            tcp_cong_avoid(tp, ack, prior_in_flight)
        tcp_fastretrans_alert(tp, pkts_acked, newly_acked_sacked, flag)
    elif grow:
        tcp_cong_avoid(tp, ack, prior_in_flight)
    tcp_ack_extensions(tp, flag, newly_acked_sacked)
    if flag & const.FLAG_FORWARD_PROGRESS or not flag & const.FLAG_NOT_DUP:
        dst = tp.sk_dst_cache
        if dst is not None:
            dst_confirm(dst)
    return 1


def tcp_ack_of_nothing(tp: TcpSock, ack: int, flag: int) -> int:
    """An ACK while nothing is out: is the window open again? 1."""
    if tp.sk_send_head is not None:
        tcp_ack_probe(tp)
    if tp.tlp_high_seq:
        tcp_process_tlp_ack(tp, ack, flag)
    return 1


def tcp_ack_extensions(tp: TcpSock, flag: int, newly_acked_sacked: int) -> None:
    """What kernels after 3.2 do at the end of an ACK, if it is on."""
    rate = tp.rate
    if rate is not None:
        tcp_rate_acked(tp, rate, newly_acked_sacked)
    elif tp.sk_pacing_status:
        tcp_update_pacing_rate(tp)
    if (
        tp.sysctl.early_retrans >= const.TCP_EARLY_RETRANS_TLP
        and flag & const.FLAG_DATA_ACKED
        and tp.icsk_pending == const.ICSK_TIME_RETRANS
    ):
        tcp_schedule_loss_probe(tp)


def tcp_old_ack(tp: TcpSock, skb: SkBuff, ack: int, prior_snd_una: int) -> int:
    """An ACK from before: only its SACK blocks may be news.

    RFC 5961 5.2: older than the largest window ever offered, it is somebody guessing.
    """
    if tp.sysctl.rfc5961 and mem.before(ack, mem.u32(prior_snd_una - tp.max_window)):
        tcp_send_challenge_ack(tp)
        return -1
    if skb.sacked:
        tcp_sacktag_write_queue(tp, skb, prior_snd_una)
        if tp.icsk_ca_state == tcp.TCP_CA_Open:
            tcp_try_keep_open(tp)
    return 0


def tcp_count_bytes_acked(tp: TcpSock, acked: int) -> None:
    """Appropriate byte counting, RFC 3465."""
    if tp.icsk_ca_state < tcp.TCP_CA_CWR:
        tp.bytes_acked += acked
    elif tp.icsk_ca_state == tcp.TCP_CA_Loss:
        tp.bytes_acked += acked if acked < tp.mss_cache else tp.mss_cache


def tcp_ack_is_dubious(tp: TcpSock, flag: int) -> bool:
    """Is there more to it than progress in Open?"""
    return (
        not flag & const.FLAG_NOT_DUP
        or flag & const.FLAG_CA_ALERT != 0
        or tp.icsk_ca_state != tcp.TCP_CA_Open
    )


def TCP_ECN_rcv_ecn_echo(skb: SkBuff) -> bool:
    """ECE on a segment that is no SYN: a packet of ours met congestion."""
    return skb.tcp_flags & (tcp.TCPHDR_ECE | tcp.TCPHDR_SYN) == tcp.TCPHDR_ECE


# ---- the peer's window


def tcp_ack_update_window(tp: TcpSock, skb: SkBuff, ack: int, ack_seq: int) -> int:
    """Take the window from skb if it is newer than ours, RFC 793 3.9; FLAG_WIN_UPDATE if so."""
    flag = 0
    nwin = mem.get16(skb.ptr, skb.transport_header + 14)
    if not skb.tcp_flags & tcp.TCPHDR_SYN:
        nwin <<= tp.rx_opt.snd_wscale
    if tcp_may_update_window(tp, ack, ack_seq, nwin):
        flag = const.FLAG_WIN_UPDATE
        tp.snd_wl1 = ack_seq
        if tp.snd_wnd != nwin:
            tp.snd_wnd = nwin
            tp.pred_flags = 0
            tp.fast_path_check()
            if nwin > tp.max_window:
                tp.max_window = nwin
                tcp_sync_mss(tp, tp.icsk_pmtu_cookie)
    tp.snd_una = ack
    return flag


def tcp_may_update_window(tp: TcpSock, ack: int, ack_seq: int, nwin: int) -> bool:
    """Is this window newer: it acknowledges more, or comes with a later segment, or is larger?"""
    return (
        mem.after(ack, tp.snd_una)
        or mem.after(ack_seq, tp.snd_wl1)
        or (ack_seq == tp.snd_wl1 and nwin > tp.snd_wnd)
    )


def tcp_ack_probe(tp: TcpSock) -> None:
    """Nothing is out and something waits: if the window lets it go, stop probing; else go on."""
    skb = tp.sk_send_head
    assert skb is not None
    if not mem.after(skb.end_seq, tp.wnd_end()):
        tp.icsk_backoff = 0
        inet_csk_clear_xmit_timer(tp, const.ICSK_TIME_PROBE0)
        return
    when = tp.icsk_rto << tp.icsk_backoff
    inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_PROBE0, when, const.TCP_RTO_MAX)


# ---- the write queue


def tcp_clean_rtx_queue(tp: TcpSock, prior_fackets: int, prior_snd_una: int) -> int:
    """Free what lies below snd_una; FLAG_* bits of what was learned."""
    st = AckedState(tp.packets_out)
    prior_sacked = tp.sacked_out
    now = tcp_time_stamp()
    una = tp.snd_una
    while True:
        skb = tp.sk_write_queue.first
        if skb is None or skb is tp.sk_send_head:
            break
        acked_pcount = skb.shinfo.gso_segs
        fully = True
        if mem.after(skb.end_seq, una):
            if acked_pcount == 1 or not mem.after(una, skb.seq):
                break
            acked_pcount = tcp_tso_acked(tp, skb)
            if acked_pcount == 0:
                break
            fully = False
        tcp_ack_skb(tp, st, skb, acked_pcount, now)
        if not fully:
            break
        tcp_unlink_write_queue(tp, skb)
        sk_wmem_free_skb(tp, skb)
        tp.scoreboard_skb_hint = None
        if skb is tp.retransmit_skb_hint:
            tp.retransmit_skb_hint = None
        if skb is tp.lost_skb_hint:
            tp.lost_skb_hint = None
    if mem.between(tp.snd_up, prior_snd_una, una):
        tp.snd_up = una
    if skb is not None and skb.sacked & const.TCPCB_SACKED_ACKED:
        st.flag |= const.FLAG_SACK_RENEGING
    if st.flag & const.FLAG_ACKED:
        tcp_after_clean(tp, st, prior_fackets, prior_sacked)
    return st.flag


def tcp_ack_skb(tp: TcpSock, st: AckedState, skb: SkBuff, acked_pcount: int, now: int) -> None:
    """acked_pcount segments of skb, the first on the queue, are acknowledged: count them out."""
    sacked = skb.sacked
    if tp.delivery and not sacked & const.TCPCB_SACKED_ACKED:
        tcp_skb_delivered(tp, skb, skb.end_seq)
    if sacked & const.TCPCB_RETRANS:
        if sacked & const.TCPCB_SACKED_RETRANS:
            tp.retrans_out -= acked_pcount
        st.ca_seq_rtt = -1
        st.seq_rtt = -1
        if st.flag & const.FLAG_DATA_ACKED or acked_pcount > 1:
            st.flag |= const.FLAG_NONHEAD_RETRANS_ACKED
        st.flag |= const.FLAG_RETRANS_DATA_ACKED
    else:
        st.ca_seq_rtt = mem.u32(now - skb.when)
        st.last_tstamp = skb.tstamp
        if st.seq_rtt < 0:
            st.seq_rtt = st.ca_seq_rtt
        if not sacked & const.TCPCB_SACKED_ACKED and st.pkts_acked < st.reord:
            st.reord = st.pkts_acked
    if sacked & const.TCPCB_SACKED_ACKED:
        tp.sacked_out -= acked_pcount
    if sacked & const.TCPCB_LOST:
        tp.lost_out -= acked_pcount
    tp.packets_out -= acked_pcount
    st.pkts_acked += acked_pcount
    if skb.tcp_flags & tcp.TCPHDR_SYN:
        # The SYN is no data: slow start must not count it.
        st.flag |= const.FLAG_SYN_ACKED
        tp.retrans_stamp = 0
    else:
        st.flag |= const.FLAG_DATA_ACKED


def tcp_tso_acked(tp: TcpSock, skb: SkBuff) -> int:
    """snd_una is inside the super-packet skb: drop its acknowledged part; how many segments."""
    before = skb.shinfo.gso_segs
    if tcp_trim_head(tp, skb, mem.u32(tp.snd_una - skb.seq)):
        return 0
    return before - skb.shinfo.gso_segs


def tcp_after_clean(tp: TcpSock, st: AckedState, prior_fackets: int, prior_sacked: int) -> None:
    """Something was acknowledged: round trip, timer, reordering, congestion control."""
    flag = st.flag
    if tp.icsk_mtup_probe_size and not mem.after(tp.mtu_probe_seq_end, tp.snd_una):
        tcp_mtup_probe_success(tp)
    tcp_ack_update_rtt(tp, flag, st.seq_rtt)
    tcp_rearm_rto(tp)
    pkts_acked = st.pkts_acked
    if tp.is_reno():
        tcp_remove_reno_sacks(tp, pkts_acked)
    else:
        if st.reord < prior_fackets:  # a hole was filled without sending again: reordering
            tcp_update_reordering(tp, tp.fackets_out - st.reord, False)
        delta = pkts_acked if tp.is_fack() else prior_sacked - tp.sacked_out
        tp.lost_cnt_hint -= delta if delta < tp.lost_cnt_hint else tp.lost_cnt_hint
    tp.fackets_out -= pkts_acked if pkts_acked < tp.fackets_out else tp.fackets_out
    rtt_us = -1
    if not flag & const.FLAG_RETRANS_DATA_ACKED:
        if tp.icsk_ca_ops.rtt_stamp and st.last_tstamp:
            rtt_us = (tp.sk_net.machine.clock.now - st.last_tstamp) // const.NSEC_PER_USEC
        elif st.ca_seq_rtt >= 0:
            rtt_us = st.ca_seq_rtt * const.USEC_PER_MSEC
    tp.icsk_ca_ops.pkts_acked(tp, pkts_acked, rtt_us)
    if tp.zerocopy is not None:
        tcp_zerocopy_acked(tp)


def tcp_rearm_rto(tp: TcpSock) -> None:
    """RFC 6298 5.2 and 5.3: stop the timer when all is acknowledged, else start it afresh."""
    if tp.fastopen_rsk is not None:
        return  # it is the SYN-ACK's
    if tp.packets_out == 0:
        inet_csk_clear_xmit_timer(tp, const.ICSK_TIME_RETRANS)
    else:
        tcp_schedule_rto(tp)
