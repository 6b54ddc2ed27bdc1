"""RACK: a segment is lost when one that was sent later has arrived, and a while has passed.

Linux: net/ipv4/tcp_recovery.c (4.4, as of 4.18). RFC 8985. On with net.ipv4.tcp_recovery = 1, for
connections with SACK; what it replaces then: the count of duplicates (tcp_reordering), FACK, and
forward retransmission. Lost retransmissions are found as everything else is.

The while, reo_wnd, is for what overtook on the way: none as long as nothing was ever seen to
overtake and three segments are SACKed or recovery runs; else a quarter of the shortest round trip, and a
quarter more for each round trip with a D-SACK, the smoothed one at most.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.inet_connection_sock import inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_sack import tcp_skb_mark_lost_uncond_verify
from softnet.net.ipv4.tcp_segment import tcp_verify_left_out
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock
from softnet.structs.tcp_rack import TcpRack

DUP_THRESH = 3  # segments: RFC 5681's, while nothing was reordered
RECOVERY_THRESH = 16  # recoveries after which a widened window is narrow again
MULT_MAX = 255


def tcp_rack_mark_lost(tp: TcpSock, rack: TcpRack, flag: int) -> None:
    """tcp_rack_mark_lost(): an odd ACK with these FLAG_* was taken in: mark what is lost by now.

    What is not lost yet but will be, if nothing comes, is looked at again by a timer.
    """
    tcp_rack_update_reo_wnd(tp, rack, flag)
    if not rack.advanced:
        return
    rack.advanced = False
    timeout = tcp_rack_detect_loss(tp, rack)
    if timeout:
        # At the first tick that is late enough.
        into = tp.sk_net.machine.clock.now % const.NSEC_PER_MSEC
        ticks = (into + timeout + const.NSEC_PER_MSEC - 1) // const.NSEC_PER_MSEC
        inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_REO_TIMEOUT, ticks, tp.icsk_rto)


def tcp_rack_update_reo_wnd(tp: TcpSock, rack: TcpRack, flag: int) -> None:
    """RFC 8985 6.2 step 4: a D-SACK says that we were too hasty, once per round trip."""
    if rack.in_dsack_round and not mem.before(tp.snd_una, rack.dsack_round):
        rack.in_dsack_round = False
    if flag & const.FLAG_DSACKING_ACK and not rack.in_dsack_round:
        rack.in_dsack_round = True
        rack.dsack_round = tp.snd_nxt
        if rack.reo_wnd_mult < MULT_MAX:
            rack.reo_wnd_mult += 1
        rack.reo_wnd_persist = RECOVERY_THRESH


def tcp_rack_recovered(rack: TcpRack) -> None:
    """Recovery ended: after a number of them the window is narrow again."""
    if rack.reo_wnd_persist > 0:
        rack.reo_wnd_persist -= 1
        if rack.reo_wnd_persist == 0:
            rack.reo_wnd_mult = 1


def tcp_rack_reo_wnd(tp: TcpSock, rack: TcpRack) -> int:
    """How long a segment may be overtaken, ns."""
    if not rack.reordering_seen:
        if tp.icsk_ca_state >= tcp.TCP_CA_Recovery or tp.sacked_out >= DUP_THRESH:
            return 0
    wnd = rack.reo_wnd_mult * rack.min_rtt.v0 >> 2
    srtt = (tp.srtt >> 3) * const.NSEC_PER_MSEC
    return srtt if 0 < srtt < wnd else wnd


def tcp_rack_detect_loss(tp: TcpSock, rack: TcpRack) -> int:
    """Mark what is lost; how long until the last of the others would be, ns, 0 if there is none."""
    allowed = rack.rtt_ns + tcp_rack_reo_wnd(tp, rack)
    now = tp.sk_net.machine.clock.now
    timeout = 0
    skb = tp.sk_write_queue.first
    while skb is not None and skb is not tp.sk_send_head:
        sacked = skb.sacked
        waits = sacked & const.TCPCB_LOST and not sacked & const.TCPCB_SACKED_RETRANS
        if not waits and not sacked & const.TCPCB_SACKED_ACKED:
            if rack.sent_after(skb.tstamp, skb.end_seq):
                if not sacked & const.TCPCB_RETRANS:
                    break  # what stands behind was sent later still
            else:
                remaining = skb.tstamp + allowed - now
                if remaining <= 0:
                    tcp_rack_mark_skb_lost(tp, skb)
                elif remaining > timeout:
                    timeout = remaining
        skb = skb.next
    tcp_verify_left_out(tp)
    return timeout


def tcp_rack_mark_skb_lost(tp: TcpSock, skb: SkBuff) -> None:
    """skb is lost, perhaps for the second time."""
    if skb.sacked & const.TCPCB_SACKED_RETRANS:
        skb.sacked &= ~const.TCPCB_SACKED_RETRANS
        tp.retrans_out -= skb.shinfo.gso_segs
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPLOSTRETRANSMIT)
    tcp_skb_mark_lost_uncond_verify(tp, skb)


def tcp_rack_too_young(tp: TcpSock, rack: TcpRack, skb: SkBuff) -> bool:
    """RFC 8985 6.3: the retransmit timer fired; was skb sent so lately that it may be on its way?"""
    allowed = rack.rtt_ns + tcp_rack_reo_wnd(tp, rack)
    return skb.tstamp + allowed > tp.sk_net.machine.clock.now
