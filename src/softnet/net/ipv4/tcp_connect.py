"""Opening and closing: SYN, SYN-ACK, FIN; and the probes of a shut window.

Linux: net/ipv4/tcp_output.c (tcp_connect, tcp_make_synack, tcp_send_fin, tcp_write_wakeup).
RFC 793 3.4, 3.5, 1122 4.2.2.17 (probing), 3168 6.1.1 (ECN negotiation).
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.rtnetlink as rtnetlink
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.skbuff import alloc_skb, skb_cloned, skb_copy, skb_header_release
from softnet.net.core.sock import sk_mem_charge, sock_wmalloc
from softnet.net.ipv4.inet_connection_sock import inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_fastopen_client import tcp_connect_queue_skb, tcp_send_syn_data
from softnet.net.ipv4.tcp_md5 import tcp_md5_hash_header
from softnet.net.ipv4.tcp_mss import (
    tcp_current_mss,
    tcp_initialize_rcv_mss,
    tcp_mtup_init,
    tcp_sync_mss,
)
from softnet.net.ipv4.tcp_options import (
    TcpOutOptions,
    tcp_options_write,
    tcp_synack_options,
)
from softnet.net.ipv4.tcp_output import (
    tcp_init_nondata_skb,
    tcp_schedule_rto,
    tcp_transmit_skb,
    tcp_xmit_probe_skb,
)
from softnet.net.ipv4.tcp_segment import (
    sk_wmem_free_skb,
    tcp_add_write_queue_tail,
    tcp_fragment,
    tcp_set_skb_tso_segs,
    tcp_unlink_write_queue,
)
from softnet.net.ipv4.tcp_window import tcp_select_initial_window
from softnet.net.ipv4.tcp_write import tcp_event_new_data_sent, tcp_push_frames
from softnet.structs.dst import DstEntry
from softnet.structs.request_sock import TcpRequestSock
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock

SYN_TAILROOM = 15  # bytes
URG_REACH = 0xFFFF  # how far an urgent pointer points


# ---- SYN


def tcp_connect_init(tp: TcpSock) -> None:
    """Before the SYN: everything that can be chosen without the peer."""
    dst = tp.sk_dst_cache
    assert dst is not None
    sysctl = tp.sysctl
    tp.tcp_header_len = tcp.TCP_HLEN
    if sysctl.timestamps:
        tp.tcp_header_len += tcp.TCPOLEN_TSTAMP_ALIGNED
    if tp.md5_key is not None:
        tp.tcp_header_len += tcp.TCPOLEN_MD5SIG_ALIGNED
    rx_opt = tp.rx_opt
    if rx_opt.user_mss:
        rx_opt.mss_clamp = rx_opt.user_mss
    tp.max_window = 0
    tcp_mtup_init(tp)
    tcp_sync_mss(tp, dst.mtu())
    if tp.window_clamp == 0:
        tp.window_clamp = dst.metric(rtnetlink.RTAX_WINDOW)
    tp.advmss = dst.advmss()
    if rx_opt.user_mss and rx_opt.user_mss < tp.advmss:
        tp.advmss = rx_opt.user_mss
    tcp_initialize_rcv_mss(tp)
    full_space = tp.full_space()
    if tp.sk_userlocks & const.SOCK_RCVBUF_LOCK and (
        tp.window_clamp > full_space or tp.window_clamp == 0
    ):
        tp.window_clamp = full_space
    tp.rcv_wnd, tp.window_clamp, rx_opt.rcv_wscale = tcp_select_initial_window(
        sysctl,
        tp.sk_net.core.rmem_max,
        full_space,
        tp.advmss - (tp.tcp_header_len - tcp.TCP_HLEN if rx_opt.ts_recent_stamp else 0),
        tp.window_clamp,
        sysctl.window_scaling != 0,
        dst.metric(rtnetlink.RTAX_INITRWND),
    )
    tp.rcv_ssthresh = tp.rcv_wnd
    tp.sk_err = 0
    tp.sk_flags &= ~(1 << const.SOCK_DONE)
    tp.snd_wnd = 0
    tp.snd_wl1 = 0
    tp.snd_una = tp.write_seq
    tp.snd_sml = tp.write_seq
    tp.snd_up = tp.write_seq
    tp.rcv_nxt = 0
    tp.rcv_wup = 0
    tp.copied_seq = 0
    tp.icsk_rto = const.TCP_TIMEOUT_INIT
    tp.icsk_retransmits = 0
    tp.clear_retrans()


def tcp_connect(tp: TcpSock) -> int:
    """Send the SYN, and see that it is repeated. 0, or -ECONNREFUSED."""
    if trace.tcp_connect.enabled:
        trace.tcp_connect.fire(tp)
    tcp_connect_init(tp)
    buff = alloc_skb(const.MAX_TCP_HEADER + SYN_TAILROOM)
    buff.reserve(const.MAX_TCP_HEADER)
    tp.snd_nxt = tp.write_seq
    tcp_init_nondata_skb(buff, tp.write_seq, tcp.TCPHDR_SYN)
    tp.ecn_flags = 0
    if tp.sysctl.ecn == 1:
        buff.tcp_flags |= tcp.TCPHDR_ECE | tcp.TCPHDR_CWR
        tp.ecn_flags = const.TCP_ECN_OK
    buff.when = tcp_time_stamp()
    tp.retrans_stamp = buff.when if buff.when else mem.u32(-1)  # 0: nothing was repeated
    tcp_connect_queue_skb(tp, buff)
    if tp.fastopen_req is None:
        err = tcp_transmit_skb(tp, buff, True)
    else:
        err = tcp_send_syn_data(tp, buff)
    if err == -errno.ECONNREFUSED:
        return err
    # Only now, so that the SYN counts in OutSegs.
    tp.snd_nxt = tp.write_seq
    tp.pushed_seq = tp.write_seq
    tp.sk_net.mib.tcp.inc(snmp.TCP_MIB_ACTIVEOPENS)
    tcp_schedule_rto(tp)
    return 0


def tcp_send_synack(tp: TcpSock) -> int:
    """Simultaneous open: our SYN, sent already, goes again as a SYN-ACK."""
    skb = tp.sk_write_queue.first
    assert skb is not None
    assert skb.tcp_flags & tcp.TCPHDR_SYN
    if not skb.tcp_flags & tcp.TCPHDR_ACK:
        if skb_cloned(skb):
            nskb = skb_copy(skb)
            nskb.seq = skb.seq
            nskb.end_seq = skb.end_seq
            nskb.sacked = skb.sacked
            nskb.tcp_flags = skb.tcp_flags
            tcp_unlink_write_queue(tp, skb)
            skb_header_release(nskb)
            tp.sk_write_queue.queue_head(nskb)
            sk_wmem_free_skb(tp, skb)
            tp.sk_wmem_queued += nskb.truesize
            sk_mem_charge(tp, nskb.truesize)
            skb = nskb
        skb.tcp_flags |= tcp.TCPHDR_ACK
        skb.tcp_flags &= ~tcp.TCPHDR_CWR
        if not tp.ecn_flags & const.TCP_ECN_OK:
            skb.tcp_flags &= ~tcp.TCPHDR_ECE
    skb.when = tcp_time_stamp()
    return tcp_transmit_skb(tp, skb, True)


# ---- SYN-ACK


def tcp_make_synack(
    tp: TcpSock, dst: DstEntry, req: TcpRequestSock, tsval: int, md5_key: bytes | None
) -> SkBuff:
    """The SYN-ACK that listener tp answers req with; all but the checksum is filled in.

    tsval: the timestamp to send, which with SYN cookies carries options.
    """
    if trace.tcp_make_synack.enabled:
        trace.tcp_make_synack.fire(tp)
    skb = sock_wmalloc(tp, const.MAX_TCP_HEADER + SYN_TAILROOM, True)
    assert skb is not None
    skb.reserve(const.MAX_TCP_HEADER)
    skb.dst = dst
    mss = dst.advmss()
    if tp.rx_opt.user_mss and tp.rx_opt.user_mss < mss:
        mss = tp.rx_opt.user_mss
    if req.rcv_wnd == 0:
        tcp_openreq_window(tp, dst, req, mss)
    opts = TcpOutOptions()
    size = tcp_synack_options(req, opts, tsval, mss, md5_key is not None) + tcp.TCP_HLEN
    tcp_init_nondata_skb(skb, req.snt_isn, tcp.TCPHDR_SYN | tcp.TCPHDR_ACK)
    skb.when = tsval
    th = skb.push(size)
    skb.transport_header = th
    flags = tcp.TCPHDR_SYN | tcp.TCPHDR_ACK
    if req.ecn_ok:
        flags |= tcp.TCPHDR_ECE
    window = req.rcv_wnd if req.rcv_wnd < const.U16_MAX else const.U16_MAX
    p = skb.ptr
    mem.put32(p, th, req.loc_port << 16 | req.rmt_port)
    mem.put32(p, th + 4, skb.seq)
    mem.put32(p, th + 8, mem.u32(req.rcv_isn + 1 + req.syn_data))
    mem.put32(p, th + 12, (size << 10 | flags) << 16 | window)
    mem.put32(p, th + 16, 0)
    md5_at = tcp_options_write(skb, None, opts)
    if md5_at and md5_key is not None:
        tcp_md5_hash_header(skb, md5_at, md5_key, req.loc_addr, req.rmt_addr)
    tp.sk_net.mib.tcp.add(snmp.TCP_MIB_OUTSEGS, 1)
    return skb


def tcp_openreq_window(tp: TcpSock, dst: DstEntry, req: TcpRequestSock, mss: int) -> None:
    """The first SYN-ACK: choose the window that the new connection will offer."""
    clamp = tp.window_clamp if tp.window_clamp else dst.metric(rtnetlink.RTAX_WINDOW)
    full_space = tp.full_space()
    if tp.sk_userlocks & const.SOCK_RCVBUF_LOCK and (clamp > full_space or clamp == 0):
        clamp = full_space
    req.rcv_wnd, req.window_clamp, req.rcv_wscale = tcp_select_initial_window(
        tp.sysctl,
        tp.sk_net.core.rmem_max,
        full_space,
        mss - (tcp.TCPOLEN_TSTAMP_ALIGNED if req.tstamp_ok else 0),
        clamp,
        req.wscale_ok,
        dst.metric(rtnetlink.RTAX_INITRWND),
    )


# ---- FIN


def tcp_queue_skb(tp: TcpSock, skb: SkBuff) -> None:
    """Queue skb behind all others; write_seq becomes its end."""
    tp.write_seq = skb.end_seq
    skb_header_release(skb)
    tcp_add_write_queue_tail(tp, skb)
    tp.sk_wmem_queued += skb.truesize
    sk_mem_charge(tp, skb.truesize)


def tcp_send_fin(tp: TcpSock) -> None:
    """No more data from us: the last segment that waits gets the FIN, else one of its own."""
    if trace.tcp_send_fin.enabled:
        trace.tcp_send_fin.fire(tp)
    mss_now = tcp_current_mss(tp)
    if tp.sk_send_head is not None:
        skb = tp.sk_write_queue.last
        assert skb is not None
        skb.tcp_flags |= tcp.TCPHDR_FIN
        skb.end_seq = mem.u32(skb.end_seq + 1)
        tp.write_seq = mem.u32(tp.write_seq + 1)
    else:
        skb = alloc_skb(const.MAX_TCP_HEADER)
        skb.reserve(const.MAX_TCP_HEADER)
        tcp_init_nondata_skb(skb, tp.write_seq, tcp.TCPHDR_ACK | tcp.TCPHDR_FIN)
        tcp_queue_skb(tp, skb)
    tcp_push_frames(tp, mss_now, const.TCP_NAGLE_OFF)


# ---- probes


def tcp_write_wakeup(tp: TcpSock) -> int:
    """Make the peer tell its window: with data if a little fits, else with an old ACK.

    0 if something went out, 1 if our own queue dropped it, or negative.
    """
    if tp.sk_state == tcp.TCP_CLOSE:
        return -1
    skb = tp.sk_send_head
    if skb is None or not mem.before(skb.seq, tp.wnd_end()):
        if mem.between(tp.snd_up, mem.u32(tp.snd_una + 1), mem.u32(tp.snd_una + URG_REACH)):
            tcp_xmit_probe_skb(tp, True)
        return tcp_xmit_probe_skb(tp, False)
    mss = tcp_current_mss(tp)
    seg_size = mem.u32(tp.wnd_end() - skb.seq)
    if mem.before(tp.pushed_seq, skb.end_seq):
        tp.pushed_seq = skb.end_seq
    if seg_size < mem.u32(skb.end_seq - skb.seq) or skb.len > mss:
        if seg_size > mss:
            seg_size = mss
        skb.tcp_flags |= tcp.TCPHDR_PSH
        if tcp_fragment(tp, skb, seg_size, mss):
            return -1
    elif skb.shinfo.gso_segs == 0:
        tcp_set_skb_tso_segs(tp, skb, mss)
    skb.tcp_flags |= tcp.TCPHDR_PSH
    skb.when = tcp_time_stamp()
    err = tcp_transmit_skb(tp, skb, True)
    if err == 0:
        tcp_event_new_data_sent(tp, skb)
    return err


def tcp_send_probe0(tp: TcpSock) -> None:
    """The probe timer: ask again, and wait twice as long for the next time, RFC 1122 4.2.2.17."""
    if trace.tcp_send_probe0.enabled:
        trace.tcp_send_probe0.fire(tp)
    err = tcp_write_wakeup(tp)
    if tp.packets_out or tp.sk_send_head is None:
        tp.icsk_probes_out = 0
        tp.icsk_backoff = 0
        return
    if err <= 0:
        if tp.icsk_backoff < tp.sysctl.retries2:
            tp.icsk_backoff += 1
        tp.icsk_probes_out += 1
        limit = const.TCP_RTO_MAX
    else:
        # Our own queue is full: that is no backoff of the peer's.
        if tp.icsk_probes_out == 0:
            tp.icsk_probes_out = 1
        limit = const.TCP_RESOURCE_PROBE_INTERVAL
    when = tp.icsk_rto << tp.icsk_backoff
    if when > limit:
        when = limit
    inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_PROBE0, when, const.TCP_RTO_MAX)
