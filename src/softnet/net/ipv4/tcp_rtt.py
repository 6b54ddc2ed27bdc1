"""How long a round trip takes, and so how long to wait for an acknowledgement.

Linux: net/ipv4/tcp_input.c (tcp_rtt_estimator, tcp_set_rto, tcp_ack_update_rtt). RFC 6298 with
Linux's own variance: srtt is kept times 8 and mdev times 4, in jiffies.

Two things differ from the RFC. When the round trip shrinks, the deviation follows with gain 1/32
instead of 1/4, or a falling RTT would raise the timeout. And the timeout uses rttvar, the largest
mdev of the current flight, which has a floor of TCP_RTO_MIN and decays once per round trip.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.rtnetlink as rtnetlink
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.structs.tcp import TcpSock


def tcp_rto_min(tp: TcpSock) -> int:
    """The floor of rttvar, jiffies: the route's if it is locked there, else TCP_RTO_MIN."""
    dst = tp.sk_dst_cache
    if dst is not None and dst.metric(rtnetlink.RTAX_LOCK) >> rtnetlink.RTAX_RTO_MIN & 1:
        return dst.metric(rtnetlink.RTAX_RTO_MIN)
    return const.TCP_RTO_MIN


def tcp_rtt_estimator(tp: TcpSock, mrtt: int) -> None:
    """Take in one measurement of mrtt jiffies; 0 counts as 1."""
    m = mrtt if mrtt > 0 else 1
    if tp.srtt == 0:
        tp.srtt = m << 3
        tp.mdev = m << 1  # an RTO of three round trips
        tp.rttvar = max(tp.mdev, tcp_rto_min(tp))
        tp.mdev_max = tp.rttvar
        tp.rtt_seq = tp.snd_nxt
        return
    m -= tp.srtt >> 3  # the error of the estimate
    tp.srtt += m
    if m < 0:
        m = -m - (tp.mdev >> 2)
        if m > 0:
            m >>= 3
    else:
        m -= tp.mdev >> 2
    tp.mdev += m
    if tp.mdev > tp.mdev_max:
        tp.mdev_max = tp.mdev
        if tp.mdev_max > tp.rttvar:
            tp.rttvar = tp.mdev_max
    if mem.after(tp.snd_una, tp.rtt_seq):
        if tp.mdev_max < tp.rttvar:
            tp.rttvar -= (tp.rttvar - tp.mdev_max) >> 2
        tp.rtt_seq = tp.snd_nxt
        tp.mdev_max = tcp_rto_min(tp)


def tcp_set_rto(tp: TcpSock) -> None:
    """The timeout that the estimate stands for; a backoff ends here."""
    rto = (tp.srtt >> 3) + tp.rttvar
    tp.icsk_rto = rto if rto < const.TCP_RTO_MAX else const.TCP_RTO_MAX


def tcp_valid_rtt_meas(tp: TcpSock, seq_rtt: int) -> None:
    """A measurement that is beyond doubt, in jiffies."""
    tcp_rtt_estimator(tp, seq_rtt)
    tcp_set_rto(tp)
    tp.icsk_backoff = 0


def tcp_ack_update_rtt(tp: TcpSock, flag: int, seq_rtt: int) -> None:
    """An acknowledgement arrived: measure by its timestamp if it has one, else by seq_rtt.

    seq_rtt is -1 if it says nothing. A segment that was retransmitted must not be measured without
    a timestamp, for nobody knows which copy was acknowledged (Karn, RFC 6298 3); nor must a
    backed-off timeout be undone by it.
    """
    if tp.rx_opt.saw_tstamp and tp.rx_opt.rcv_tsecr:
        tcp_valid_rtt_meas(tp, mem.u32(tcp_time_stamp() - tp.rx_opt.rcv_tsecr))
    elif seq_rtt >= 0 and not flag & const.FLAG_RETRANS_DATA_ACKED:
        tcp_valid_rtt_meas(tp, seq_rtt)
