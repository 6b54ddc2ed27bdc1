"""The congestion window: when it may grow, and the ways in which it shrinks.

Linux: net/ipv4/tcp_output.c (cwnd validation and restart), tcp_input.c (tcp_enter_cwr,
tcp_cwnd_down, tcp_update_cwnd_in_recovery). RFC 2861 (validation), 5681, 6937 (PRR).

How much it grows is the algorithm's affair: tcp_cong. What decides that there was a loss is in
tcp_recovery. Everything is counted in segments.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.rtnetlink as rtnetlink
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import tcp_set_ca_state
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock


def tcp_init_cwnd(tp: TcpSock) -> int:
    """The window of a new connection: the route's, else 10 (RFC 6928)."""
    dst = tp.sk_dst_cache
    cwnd = 0
    if dst is not None:
        cwnd = dst.metric(rtnetlink.RTAX_INITCWND)
    if cwnd == 0:
        cwnd = const.TCP_INIT_CWND
    return cwnd if cwnd < tp.snd_cwnd_clamp else tp.snd_cwnd_clamp


def tcp_cwnd_test(tp: TcpSock, skb: SkBuff) -> int:
    """How many segments the window lets out now. The last FIN always may go."""
    if skb.tcp_flags & tcp.TCPHDR_FIN and skb.shinfo.gso_segs == 1:
        return 1
    in_flight = tp.packets_in_flight()
    return tp.snd_cwnd - in_flight if in_flight < tp.snd_cwnd else 0


def tcp_current_ssthresh(tp: TcpSock) -> int:
    """The threshold to fall back to: outside a reduction, not below 3/4 of the window."""
    if tp.icsk_ca_state == tcp.TCP_CA_CWR or tp.icsk_ca_state == tcp.TCP_CA_Recovery:
        return tp.snd_ssthresh
    most = (tp.snd_cwnd >> 1) + (tp.snd_cwnd >> 2)
    return most if most > tp.snd_ssthresh else tp.snd_ssthresh


def tcp_cwnd_restart(tp: TcpSock) -> None:
    """Sending again after an idle RTO or more: halve the window once per RTO, RFC 2861."""
    delta = mem.s32(tcp_time_stamp() - tp.lsndtime)
    restart_cwnd = tcp_init_cwnd(tp)
    cwnd = tp.snd_cwnd
    tp.icsk_ca_ops.cwnd_event(tp, const.CA_EVENT_CWND_RESTART)
    tp.snd_ssthresh = tcp_current_ssthresh(tp)
    if restart_cwnd > cwnd:
        restart_cwnd = cwnd
    delta -= tp.icsk_rto
    while delta > 0 and cwnd > restart_cwnd:
        cwnd >>= 1
        delta -= tp.icsk_rto
    tp.snd_cwnd = cwnd if cwnd > restart_cwnd else restart_cwnd
    tp.snd_cwnd_stamp = tcp_time_stamp()
    tp.snd_cwnd_used = 0


def tcp_cwnd_validate(tp: TcpSock) -> None:
    """After sending: if the window was not filled for an RTO, it is not known to be right."""
    if tp.packets_out >= tp.snd_cwnd:
        tp.snd_cwnd_used = 0
        tp.snd_cwnd_stamp = tcp_time_stamp()
        return
    if tp.packets_out > tp.snd_cwnd_used:
        tp.snd_cwnd_used = tp.packets_out
    if (
        tp.sysctl.slow_start_after_idle
        and tp.rate is None
        and mem.s32(tcp_time_stamp() - tp.snd_cwnd_stamp) >= tp.icsk_rto
    ):
        tcp_cwnd_application_limited(tp)


def tcp_cwnd_application_limited(tp: TcpSock) -> None:
    """The application or the peer was the limit: come down halfway to what was used."""
    sock = tp.sk_socket
    if (
        tp.icsk_ca_state == tcp.TCP_CA_Open
        and sock is not None
        and not sock.flags >> socket.SOCK_NOSPACE & 1
    ):
        win_used = tcp_init_cwnd(tp)
        if tp.snd_cwnd_used > win_used:
            win_used = tp.snd_cwnd_used
        if win_used < tp.snd_cwnd:
            tp.snd_ssthresh = tcp_current_ssthresh(tp)
            tp.snd_cwnd = (tp.snd_cwnd + win_used) >> 1
        tp.snd_cwnd_used = 0
    tp.snd_cwnd_stamp = tcp_time_stamp()


# ---- growing


def tcp_may_raise_cwnd(tp: TcpSock, flag: int) -> bool:
    """May an acknowledgement with these FLAG_* bits grow the window?"""
    if flag & const.FLAG_ECE and tp.snd_cwnd >= tp.snd_ssthresh:
        return False
    state = tp.icsk_ca_state
    return state != tcp.TCP_CA_Recovery and state != tcp.TCP_CA_CWR


def tcp_cong_avoid(tp: TcpSock, ack: int, in_flight: int) -> None:
    """ack acknowledged new data, in_flight segments being out before it: let the algorithm grow."""
    tp.icsk_ca_ops.cong_avoid(tp, ack, in_flight)
    tp.snd_cwnd_stamp = tcp_time_stamp()


# ---- shrinking


def tcp_enter_cwr(tp: TcpSock, set_ssthresh: bool) -> None:
    """Slow down once per window without a loss: ECN, or our own queue overflowed."""
    tp.prior_ssthresh = 0
    tp.bytes_acked = 0
    if tp.icsk_ca_state >= tcp.TCP_CA_CWR:
        return
    tp.undo_marker = 0
    if set_ssthresh:
        tp.snd_ssthresh = tp.icsk_ca_ops.ssthresh(tp)
    limit = tp.packets_in_flight() + 1
    if tp.snd_cwnd > limit and tp.rate is None:
        tp.snd_cwnd = limit
    tp.snd_cwnd_cnt = 0
    tp.high_seq = tp.snd_nxt
    tp.snd_cwnd_stamp = tcp_time_stamp()
    tp.ecn_queue_cwr()
    tcp_set_ca_state(tp, tcp.TCP_CA_CWR)


def tcp_cwnd_down(tp: TcpSock, flag: int) -> None:
    """Rate halving in CWR: one segment less for every second acknowledgement."""
    if tp.rate is not None:  # the window is the algorithm's
        return
    progress = flag & (const.FLAG_ANY_PROGRESS | const.FLAG_DSACKING_ACK)
    if not progress and not (tp.is_reno() and not flag & const.FLAG_NOT_DUP):
        return
    decr = tp.snd_cwnd_cnt + 1
    tp.snd_cwnd_cnt = decr & 1
    decr >>= 1
    if decr and tp.snd_cwnd > tp.icsk_ca_ops.min_cwnd(tp):
        tp.snd_cwnd -= decr
    limit = tp.packets_in_flight() + 1
    if tp.snd_cwnd > limit:
        tp.snd_cwnd = limit
    tp.snd_cwnd_stamp = tcp_time_stamp()


def tcp_update_cwnd_in_recovery(tp: TcpSock, newly_acked_sacked: int, fast_rexmit: bool) -> None:
    """Proportional rate reduction, RFC 6937, in its slow start form.

    Above ssthresh send so many segments for those delivered that the window arrives at ssthresh just
    when recovery ends; below it, catch up at most as in slow start.
    """
    in_flight = tp.packets_in_flight()
    if in_flight > tp.snd_ssthresh:
        dividend = tp.snd_ssthresh * tp.prr_delivered + tp.prior_cwnd - 1
        sndcnt = dividend // tp.prior_cwnd - tp.prr_out
    else:
        limit = tp.prr_delivered - tp.prr_out
        if limit < newly_acked_sacked:
            limit = newly_acked_sacked
        sndcnt = tp.snd_ssthresh - in_flight
        if sndcnt > limit + 1:
            sndcnt = limit + 1
    if sndcnt < 0:
        sndcnt = 0
    if fast_rexmit and sndcnt < 1:
        sndcnt = 1
    tp.snd_cwnd = in_flight + sndcnt


def tcp_moderate_cwnd(tp: TcpSock) -> None:
    """No burst: at most tp.reordering segments more than are in flight."""
    limit = tp.packets_in_flight() + tp.reordering
    if tp.snd_cwnd > limit and tp.rate is None:
        tp.snd_cwnd = limit
    tp.snd_cwnd_stamp = tcp_time_stamp()


def tcp_complete_cwr(tp: TcpSock) -> None:
    """The reduction is over. What was undone meanwhile stays undone."""
    if tp.undo_marker:
        if tp.icsk_ca_state == tcp.TCP_CA_CWR:
            if tp.snd_cwnd > tp.snd_ssthresh:
                tp.snd_cwnd = tp.snd_ssthresh
            tp.snd_cwnd_stamp = tcp_time_stamp()
        elif tp.snd_ssthresh < const.TCP_INFINITE_SSTHRESH:
            tp.snd_cwnd = tp.snd_ssthresh
            tp.snd_cwnd_stamp = tcp_time_stamp()
    tp.icsk_ca_ops.cwnd_event(tp, const.CA_EVENT_COMPLETE_CWR)
