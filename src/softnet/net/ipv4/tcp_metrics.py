"""What one connection teaches the next one to the same host.

Linux: net/ipv4/tcp_input.c of 3.2 (tcp_update_metrics, tcp_init_metrics): kept in the route's metrics
(and so with the peer), as long as the route lives. RFC 2140.

Round trip and deviation as in tcp_sock, scaled and in milliseconds; ssthresh, cwnd, reordering.
A metric that the administrator locked is not touched.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.rtnetlink as rtnetlink
import softnet.uapi.tcp as tcp
from softnet.net.core.dst import dst_confirm, dst_metric_locked
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cwnd import tcp_init_cwnd
from softnet.net.ipv4.tcp_rtt import tcp_rto_min, tcp_set_rto
from softnet.structs.dst import DstEntry
from softnet.structs.tcp import TcpSock


def tcp_update_metrics(tp: TcpSock) -> None:
    """The connection ends well: save what it learned."""
    if tp.sysctl.no_metrics_save:
        return
    dst = tp.sk_dst_cache
    if dst is None:
        return
    dst_confirm(dst)
    if not dst.flags & const.DST_HOST:
        return
    if tp.icsk_backoff or tp.srtt == 0:
        if not dst_metric_locked(dst, rtnetlink.RTAX_RTT):
            dst.metric_set(rtnetlink.RTAX_RTT, 0)  # nothing came back in time: forget
        return
    tcp_update_rtt_metrics(tp, dst)
    tcp_update_cwnd_metrics(tp, dst)
    if (
        not dst_metric_locked(dst, rtnetlink.RTAX_REORDERING)
        and dst.metric(rtnetlink.RTAX_REORDERING) < tp.reordering
        and tp.reordering != tp.sysctl.reordering
    ):
        dst.metric_set(rtnetlink.RTAX_REORDERING, tp.reordering)


def tcp_update_rtt_metrics(tp: TcpSock, dst: DstEntry) -> None:
    """A longer round trip is taken at once, a shorter one by an eighth: too long does less harm."""
    rtt = dst.metric(rtnetlink.RTAX_RTT)
    m = rtt - tp.srtt
    if not dst_metric_locked(dst, rtnetlink.RTAX_RTT):
        dst.metric_set(rtnetlink.RTAX_RTT, tp.srtt if m <= 0 else rtt - (m >> 3))
    if not dst_metric_locked(dst, rtnetlink.RTAX_RTTVAR):
        m = max(abs(m) >> 1, tp.mdev)
        var = dst.metric(rtnetlink.RTAX_RTTVAR)
        var = m if m >= var else var - ((var - m) >> 2)
        dst.metric_set(rtnetlink.RTAX_RTTVAR, var)


def tcp_update_cwnd_metrics(tp: TcpSock, dst: DstEntry) -> None:
    """Window and threshold, by how much this connection found out about them."""
    cwnd = dst.metric(rtnetlink.RTAX_CWND)
    ssthresh = dst.metric(rtnetlink.RTAX_SSTHRESH)
    may_cwnd = not dst_metric_locked(dst, rtnetlink.RTAX_CWND)
    may_ssthresh = not dst_metric_locked(dst, rtnetlink.RTAX_SSTHRESH)
    if tp.in_initial_slowstart():
        if ssthresh and may_ssthresh and tp.snd_cwnd >> 1 > ssthresh:
            dst.metric_set(rtnetlink.RTAX_SSTHRESH, tp.snd_cwnd >> 1)
        if may_cwnd and tp.snd_cwnd > cwnd:
            dst.metric_set(rtnetlink.RTAX_CWND, tp.snd_cwnd)
    elif tp.snd_cwnd > tp.snd_ssthresh and tp.icsk_ca_state == tcp.TCP_CA_Open:
        if may_ssthresh:
            dst.metric_set(rtnetlink.RTAX_SSTHRESH, max(tp.snd_cwnd >> 1, tp.snd_ssthresh))
        if may_cwnd:
            dst.metric_set(rtnetlink.RTAX_CWND, (cwnd + tp.snd_cwnd) >> 1)
    else:
        if may_cwnd:
            dst.metric_set(rtnetlink.RTAX_CWND, (cwnd + tp.snd_ssthresh) >> 1)
        if ssthresh and may_ssthresh and tp.snd_ssthresh > ssthresh:
            dst.metric_set(rtnetlink.RTAX_SSTHRESH, tp.snd_ssthresh)


def tcp_init_metrics(tp: TcpSock) -> None:
    """The handshake is done: begin where the last connection ended."""
    dst = tp.sk_dst_cache
    if dst is not None:
        dst_confirm(dst)
        tcp_take_metrics(tp, dst)
    if tp.srtt == 0:
        # The handshake gave no round trip, so part of it was repeated: be patient, RFC 6298 5.7.
        tp.mdev = const.TCP_TIMEOUT_FALLBACK
        tp.mdev_max = const.TCP_TIMEOUT_FALLBACK
        tp.rttvar = const.TCP_TIMEOUT_FALLBACK
        tp.icsk_rto = const.TCP_TIMEOUT_FALLBACK
    # RFC 5681 3.1: one segment after a lost SYN. One may have been repeated for nothing, as the
    # first timeout is short; so two.
    tp.snd_cwnd = 1 if tp.total_retrans > 1 else tcp_init_cwnd(tp)
    tp.snd_cwnd_stamp = tcp_time_stamp()


def tcp_take_metrics(tp: TcpSock, dst: DstEntry) -> None:
    """Take over what the route knows."""
    if dst_metric_locked(dst, rtnetlink.RTAX_CWND):
        tp.snd_cwnd_clamp = dst.metric(rtnetlink.RTAX_CWND)
    ssthresh = dst.metric(rtnetlink.RTAX_SSTHRESH)
    if ssthresh:
        tp.snd_ssthresh = min(ssthresh, tp.snd_cwnd_clamp)
    else:
        tp.snd_ssthresh = const.TCP_INFINITE_SSTHRESH
    reordering = dst.metric(rtnetlink.RTAX_REORDERING)
    if reordering and tp.reordering != reordering:
        tp.rx_opt.sack_ok &= ~const.TCP_FACK_OK
        tp.reordering = reordering
    rtt = dst.metric(rtnetlink.RTAX_RTT)
    if rtt == 0 or tp.srtt == 0:
        return
    # The segments of the handshake are small, and fast: believe what is longer.
    if rtt > tp.srtt:
        tp.srtt = rtt
        tp.rtt_seq = tp.snd_nxt
    var = dst.metric(rtnetlink.RTAX_RTTVAR)
    if var > tp.mdev:
        tp.mdev = var
        tp.rttvar = max(var, tcp_rto_min(tp))
        tp.mdev_max = tp.rttvar
    tcp_set_rto(tp)
