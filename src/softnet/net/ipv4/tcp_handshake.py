"""The handshake of an active open: SYN_SENT, and SYN_RECV when both opened at once.

Linux: net/ipv4/tcp_input.c (tcp_rcv_synsent_state_process, and step 5 for SYN_RECV). RFC 793 3.4,
3.9, 3168 6.1.1.

A passive open never gets here: its embryo is a TcpRequestSock until the last ACK (tcp_minisocks).
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import kfree_skb
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_reset_keepalive_timer,
    inet_csk_reset_xmit_timer,
)
from softnet.net.ipv4.tcp_ack import tcp_ack, tcp_rearm_rto
from softnet.net.ipv4.tcp_clock import get_seconds, tcp_paws_reject, tcp_time_stamp
from softnet.net.ipv4.tcp_cong import tcp_init_congestion_control
from softnet.net.ipv4.tcp_connect import tcp_send_synack
from softnet.net.ipv4.tcp_fastopen_client import tcp_rcv_fastopen_synack
from softnet.net.ipv4.tcp_fastopen_server import tcp_fastopen_acked
from softnet.net.ipv4.tcp_metrics import tcp_init_metrics
from softnet.net.ipv4.tcp_mss import tcp_initialize_rcv_mss, tcp_mtup_init, tcp_sync_mss
from softnet.net.ipv4.tcp_options import tcp_parse_options, tcp_store_ts_recent
from softnet.net.ipv4.tcp_output import tcp_send_ack
from softnet.net.ipv4.tcp_rcvbuf import (
    tcp_enter_quickack_mode,
    tcp_incr_quickack,
    tcp_init_buffer_space,
)
from softnet.net.ipv4.tcp_retransmit import tcp_retransmit_skb
from softnet.net.ipv4.tcp_state import tcp_reset, tcp_set_state
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock

SYN_CONSUMED = 0
SYN_RESET = 1
SYN_GO_ON = -1


def tcp_rcv_synsent_state_process(tp: TcpSock, skb: SkBuff) -> int:
    """A segment in SYN_SENT.

    SYN_CONSUMED (0). SYN_RESET (1): answer with a reset, skb is the caller's. SYN_GO_ON (-1): we are
    connected; skb is the caller's, its urgent data still to be looked at.
    """
    if trace.tcp_rcv_synsent_state_process.enabled:
        trace.tcp_rcv_synsent_state_process.fire(skb)
    rx_opt = tp.rx_opt
    saved_clamp = rx_opt.mss_clamp
    flags = skb.tcp_flags
    tcp_parse_options(skb, rx_opt, False, tp.sysctl)
    if flags & tcp.TCPHDR_ACK:
        if tcp_synsent_ack_is_bad(tp, skb):
            rx_opt.clear()
            rx_opt.mss_clamp = saved_clamp
            return SYN_RESET
        if flags & tcp.TCPHDR_RST:
            tcp_reset(tp)
            kfree_skb(skb, const.SKB_DROP_REASON_TCP_RESET)
            return SYN_CONSUMED
        if flags & tcp.TCPHDR_SYN:
            return tcp_synsent_established(tp, skb)
    elif flags & (tcp.TCPHDR_SYN | tcp.TCPHDR_RST) == tcp.TCPHDR_SYN and not (
        rx_opt.ts_recent_stamp and rx_opt.saw_tstamp and tcp_paws_reject(rx_opt, False)
    ):
        tcp_synsent_simultaneous(tp, skb)
        return SYN_CONSUMED
    rx_opt.clear()
    rx_opt.mss_clamp = saved_clamp
    kfree_skb(skb, const.SKB_DROP_REASON_TCP_FLAGS)
    return SYN_CONSUMED


def tcp_synsent_ack_is_bad(tp: TcpSock, skb: SkBuff) -> bool:
    """Does it acknowledge anything but our SYN, or echo a time at which no SYN was sent?"""
    if not mem.after(skb.ack_seq, tp.snd_una) or mem.after(skb.ack_seq, tp.snd_nxt):
        return True
    rx_opt = tp.rx_opt
    if (
        rx_opt.saw_tstamp
        and rx_opt.rcv_tsecr
        and not mem.between(rx_opt.rcv_tsecr, tp.retrans_stamp, tcp_time_stamp())
    ):
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_PAWSACTIVEREJECTED)
        return True
    return False


def tcp_synsent_established(tp: TcpSock, skb: SkBuff) -> int:
    """The SYN-ACK: we are connected."""
    rx_opt = tp.rx_opt
    flags = skb.tcp_flags
    if tp.ecn_flags & const.TCP_ECN_OK and flags & (tcp.TCPHDR_ECE | tcp.TCPHDR_CWR) != (
        tcp.TCPHDR_ECE
    ):
        tp.ecn_flags &= ~const.TCP_ECN_OK
    tp.snd_wl1 = skb.seq
    tcp_ack(tp, skb, const.FLAG_SLOWPATH)
    tp.rcv_nxt = mem.u32(skb.seq + 1)
    tp.rcv_wup = tp.rcv_nxt
    tp.snd_wnd = mem.get16(skb.ptr, skb.transport_header + 14)  # a SYN's is not scaled
    tp.snd_wl1 = skb.seq
    if not rx_opt.wscale_ok:
        rx_opt.snd_wscale = 0
        rx_opt.rcv_wscale = 0
        if tp.window_clamp > const.U16_MAX:
            tp.window_clamp = const.U16_MAX
    if rx_opt.saw_tstamp:
        rx_opt.tstamp_ok = True
        tp.tcp_header_len = tcp.TCP_HLEN + tcp.TCPOLEN_TSTAMP_ALIGNED
        tp.advmss -= tcp.TCPOLEN_TSTAMP_ALIGNED
        tcp_store_ts_recent(rx_opt, get_seconds())
    else:
        tp.tcp_header_len = tcp.TCP_HLEN
    if tp.md5_key is not None:
        tp.tcp_header_len += tcp.TCPOLEN_MD5SIG_ALIGNED
    if tp.is_sack() and tp.sysctl.fack:
        rx_opt.sack_ok |= const.TCP_FACK_OK
    tcp_mtup_init(tp)
    tcp_sync_mss(tp, tp.icsk_pmtu_cookie)
    tcp_initialize_rcv_mss(tp)
    tp.copied_seq = tp.rcv_nxt
    tcp_set_state(tp, tcp.TCP_ESTABLISHED)
    tp.icsk_af_ops.rebuild_header(tp)
    tcp_init_metrics(tp)
    tcp_init_congestion_control(tp)
    tp.lsndtime = tcp_time_stamp()
    tcp_init_buffer_space(tp)
    if tp.sk_flags >> const.SOCK_KEEPOPEN & 1:
        inet_csk_reset_keepalive_timer(tp, keepalive_time_when(tp))
    if rx_opt.snd_wscale == 0:
        tp.fast_path_on(tp.snd_wnd)
    else:
        tp.pred_flags = 0
    if not tp.sk_flags >> const.SOCK_DEAD & 1:
        tp.sk_state_change()
    return tcp_synsent_answer(tp, skb)


def tcp_synsent_answer(tp: TcpSock, skb: SkBuff) -> int:
    """Acknowledge the SYN-ACK, now or with data that follows soon."""
    if tp.syn_fastopen or tp.syn_data:
        data = tcp_rcv_fastopen_synack(tp, skb)
        if data is not None:  # what did not arrive goes again, and acknowledges
            tcp_retransmit_skb(tp, data)
            tcp_rearm_rto(tp)
            return SYN_GO_ON
    queue = tp.icsk_accept_queue
    if (
        tp.sk_write_pending
        or (queue is not None and queue.rskq_defer_accept)
        or tp.icsk_ack_pingpong
    ):
        # Data will follow soon and may carry the last ACK of the handshake.
        tp.icsk_ack_pending |= const.ICSK_ACK_SCHED
        tp.icsk_ack_lrcvtime = tcp_time_stamp()
        tp.icsk_ack_ato = const.TCP_ATO_MIN
        tcp_incr_quickack(tp)
        tcp_enter_quickack_mode(tp)
        inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_DACK, const.TCP_DELACK_MAX, const.TCP_RTO_MAX)
        kfree_skb(skb)
        return SYN_CONSUMED
    tcp_send_ack(tp)
    return SYN_GO_ON


def tcp_synsent_simultaneous(tp: TcpSock, skb: SkBuff) -> None:
    """A SYN without ACK: the peer opened at the same time (it may be ourselves). -> SYN_RECV."""
    rx_opt = tp.rx_opt
    tcp_set_state(tp, tcp.TCP_SYN_RECV)
    if rx_opt.saw_tstamp:
        rx_opt.tstamp_ok = True
        tcp_store_ts_recent(rx_opt, get_seconds())
        tp.tcp_header_len = tcp.TCP_HLEN + tcp.TCPOLEN_TSTAMP_ALIGNED
    else:
        tp.tcp_header_len = tcp.TCP_HLEN
    if tp.md5_key is not None:
        tp.tcp_header_len += tcp.TCPOLEN_MD5SIG_ALIGNED
    tp.rcv_nxt = mem.u32(skb.seq + 1)
    tp.rcv_wup = tp.rcv_nxt
    tp.snd_wnd = mem.get16(skb.ptr, skb.transport_header + 14)
    tp.snd_wl1 = skb.seq
    tp.max_window = tp.snd_wnd
    both = tcp.TCPHDR_ECE | tcp.TCPHDR_CWR
    if tp.ecn_flags & const.TCP_ECN_OK and skb.tcp_flags & both != both:
        tp.ecn_flags &= ~const.TCP_ECN_OK
    tcp_mtup_init(tp)
    tcp_sync_mss(tp, tp.icsk_pmtu_cookie)
    tcp_initialize_rcv_mss(tp)
    tcp_send_synack(tp)
    kfree_skb(skb)


def tcp_finish_syn_recv(tp: TcpSock, skb: SkBuff) -> None:
    """SYN_RECV: our SYN is acknowledged. -> ESTABLISHED, for crossed SYNs and for new sockets."""
    req = tp.fastopen_rsk
    if req is None:
        tp.copied_seq = tp.rcv_nxt
    else:
        tcp_fastopen_acked(tp, req)
    tcp_set_state(tp, tcp.TCP_ESTABLISHED)
    tp.sk_state_change()
    tp.snd_una = skb.ack_seq
    tp.snd_wnd = mem.get16(skb.ptr, skb.transport_header + 14) << tp.rx_opt.snd_wscale
    tp.snd_wl1 = skb.seq
    if tp.rx_opt.tstamp_ok:
        tp.advmss -= tcp.TCPOLEN_TSTAMP_ALIGNED
    if req is None:
        tp.icsk_af_ops.rebuild_header(tp)
        tcp_init_metrics(tp)
        tcp_init_congestion_control(tp)
        tcp_mtup_init(tp)
        tcp_init_buffer_space(tp)
    else:
        tcp_rearm_rto(tp)  # there may be data out already
    tp.lsndtime = tcp_time_stamp()
    tcp_initialize_rcv_mss(tp)
    tp.fast_path_on(tp.snd_wnd >> tp.rx_opt.snd_wscale)


def keepalive_time_when(tp: TcpSock) -> int:
    """How long a connection may be idle before it is probed, jiffies."""
    return tp.keepalive_time if tp.keepalive_time else tp.sysctl.keepalive_time


def keepalive_intvl_when(tp: TcpSock) -> int:
    """How long to wait for the answer to a probe, jiffies."""
    return tp.keepalive_intvl if tp.keepalive_intvl else tp.sysctl.keepalive_intvl


def keepalive_probes(tp: TcpSock) -> int:
    """How many probes may go unanswered."""
    return tp.keepalive_probes if tp.keepalive_probes else tp.sysctl.keepalive_probes
