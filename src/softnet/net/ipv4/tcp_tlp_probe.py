"""The tail loss probe goes out, and what its ACK says.

Linux: tcp_send_loss_probe() in net/ipv4/tcp_output.c, tcp_process_tlp_ack() in tcp_input.c (3.10).
RFC 8985 7.3 and 7.4.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import tcp_ca_event, tcp_set_ca_state
from softnet.net.ipv4.tcp_mss import tcp_current_mss
from softnet.net.ipv4.tcp_output import tcp_schedule_rto, tcp_transmit_skb
from softnet.net.ipv4.tcp_recovery import tcp_try_keep_open
from softnet.net.ipv4.tcp_segment import tcp_fragment, tcp_init_tso_segs, tso_fragment
from softnet.net.ipv4.tcp_write import tcp_event_new_data_sent, tcp_snd_wnd_test
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock


def tcp_send_loss_probe(tp: TcpSock) -> None:
    """The probe timer fired: send one segment, be the window full or not, and start the RTO."""
    if tp.packets_out == 0:
        return
    if tp.tlp_high_seq == 0:
        mss = tcp_current_mss(tp)
        again = not tcp_probe_new(tp, mss)
        if not again or tcp_probe_again(tp, mss):
            tp.tlp_high_seq = tp.snd_nxt
            tp.tlp_retrans = again
            tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPLOSSPROBES)
    tcp_schedule_rto(tp)


def tcp_probe_new(tp: TcpSock, mss: int) -> bool:
    """Send one new segment if there is one and the peer has room for it."""
    skb = tp.sk_send_head
    if skb is None:
        return False
    tcp_init_tso_segs(tp, skb, mss)
    if not tcp_snd_wnd_test(tp, skb, mss):
        return False
    if skb.len > mss and tso_fragment(tp, skb, mss, mss):
        return False
    skb.when = tcp_time_stamp()
    if tcp_transmit_skb(tp, skb, True):
        return False
    tcp_event_new_data_sent(tp, skb)
    if skb.len < mss:
        tp.snd_sml = skb.end_seq
    return True


def tcp_probe_again(tp: TcpSock, mss: int) -> bool:
    """Send the last segment of the flight once more.

    It is not counted into retrans_out: nobody says that the first copy is lost.
    """
    skb = tcp_last_sent(tp)
    pcount = skb.shinfo.gso_segs
    if pcount > 1 and skb.len > (pcount - 1) * mss:
        if tcp_fragment(tp, skb, (pcount - 1) * mss, mss):
            return False
        following = skb.next
        assert following is not None
        skb = following
    if skb.seq != tp.snd_una and not mem.before(skb.seq, tp.wnd_end()):
        return False
    if tp.icsk_af_ops.rebuild_header(tp):
        return False
    skb.when = tcp_time_stamp()
    skb.sacked |= const.TCPCB_EVER_RETRANS  # Karn: its ACK must not be measured
    if tcp_transmit_skb(tp, skb, True):
        return False
    tp.sk_net.mib.tcp.inc(snmp.TCP_MIB_RETRANSSEGS)
    tp.total_retrans += 1
    return True


def tcp_last_sent(tp: TcpSock) -> SkBuff:
    """The last skb of the flight."""
    head = tp.sk_send_head
    skb = tp.sk_write_queue.last if head is None else head.prev
    assert skb is not None
    return skb


def tcp_process_tlp_ack(tp: TcpSock, ack: int, flag: int) -> None:
    """A probe is out and an ACK came: did the probe repair a loss that nobody else will notice?

    RFC 8985 7.4: an ACK of more than the flight without a D-SACK says that only one copy arrived: the
    last segment was lost, and the network is congested. With a D-SACK, or with a plain duplicate
    ACK from a peer that sends none, both arrived.
    """
    if mem.before(ack, tp.tlp_high_seq):
        return
    if not tp.tlp_retrans or flag & const.FLAG_DSACKING_ACK:
        tp.tlp_high_seq = 0
    elif mem.after(ack, tp.tlp_high_seq):
        tp.tlp_high_seq = 0
        tcp_tlp_repaired(tp)
    elif not flag & (const.FLAG_SND_UNA_ADVANCED | const.FLAG_NOT_DUP | const.FLAG_DATA_SACKED):
        tp.tlp_high_seq = 0


def tcp_tlp_repaired(tp: TcpSock) -> None:
    """The loss is repaired, the window still has to come down, as after a recovery."""
    tp.prior_ssthresh = 0
    tp.undo_marker = 0
    tp.bytes_acked = 0
    tp.snd_cwnd_cnt = 0
    tp.high_seq = tp.snd_nxt
    tp.snd_ssthresh = tp.icsk_ca_ops.ssthresh(tp)
    tp.ecn_queue_cwr()
    tcp_set_ca_state(tp, tcp.TCP_CA_CWR)
    if tp.rate is None and tp.snd_cwnd > tp.snd_ssthresh:
        tp.snd_cwnd = tp.snd_ssthresh
    tp.snd_cwnd_stamp = tcp_time_stamp()
    tcp_ca_event(tp, const.CA_EVENT_COMPLETE_CWR)
    tcp_try_keep_open(tp)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPLOSSPROBERECOVERY)
