"""From an embryo to a connection.

Linux: net/ipv4/tcp_minisocks.c (tcp_check_req, tcp_create_openreq_child, tcp_child_process).
RFC 793 3.9 for SYN-RECEIVED, 1122 4.2.2.10.

TIME_WAIT, the other half of the C file, is in tcp_timewait.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.request_sock import reqsk_queue_add
from softnet.net.core.sock import bh_unlock_sock, sk_add_backlog, sock_put
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_reqsk_queue_drop,
    inet_csk_reqsk_queue_removed,
    inet_csk_reqsk_queue_unlink,
    inet_csk_reset_keepalive_timer,
)
from softnet.net.ipv4.tcp_clock import get_seconds, tcp_paws_reject
from softnet.net.ipv4.tcp_handshake import keepalive_time_when
from softnet.net.ipv4.tcp_input import tcp_rcv_state_process
from softnet.net.ipv4.tcp_options import tcp_parse_options
from softnet.net.ipv4.tcp_pacing_timer import tcp_pacing_start
from softnet.net.ipv4.tcp_timewait import tcp_in_window
from softnet.structs.request_sock import TcpRequestSock
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpOptionsReceived, TcpSock, new_tcp_options


def tcp_check_req(tp: TcpSock, skb: SkBuff, req: TcpRequestSock) -> TcpSock | None:
    """A segment for the embryo req of listener tp. skb stays the caller's.

    The new socket, locked and held, to process skb; tp itself if tp is to answer with a reset; None
    if skb is done with.
    """
    if trace.tcp_check_req.enabled:
        trace.tcp_check_req.fire(skb)
    flags = skb.tcp_flags & (tcp.TCPHDR_RST | tcp.TCPHDR_SYN | tcp.TCPHDR_ACK)
    opt = new_tcp_options()
    paws_reject = tcp_req_paws(tp, skb, req, opt)
    mib = tp.sk_net.mib.net
    if skb.seq == req.rcv_isn and flags == tcp.TCPHDR_SYN and not paws_reject:
        # The peer repeats its SYN: our answer got lost.
        req.rsk_ops.rtx_syn_ack(tp, req)
        return None
    if flags & tcp.TCPHDR_ACK and skb.ack_seq != mem.u32(req.snt_isn + 1):
        return tp
    begin = mem.u32(req.rcv_isn + 1)
    if paws_reject or not tcp_in_window(skb.seq, skb.end_seq, begin, mem.u32(begin + req.rcv_wnd)):
        if not flags & tcp.TCPHDR_RST:
            req.rsk_ops.send_ack(tp, skb, req)
        if paws_reject:
            mib.inc(snmp.LINUX_MIB_PAWSESTABREJECTED)
        return None
    if opt.saw_tstamp and not mem.after(skb.seq, begin):
        req.ts_recent = opt.rcv_tsval
    if skb.seq == req.rcv_isn:
        flags &= ~tcp.TCPHDR_SYN  # it lies in front of the window
    if flags & (tcp.TCPHDR_RST | tcp.TCPHDR_SYN):
        tp.sk_net.mib.tcp.inc(snmp.TCP_MIB_ATTEMPTFAILS)
        tcp_embryonic_reset(tp, skb, req, flags)
        return None
    if not flags & tcp.TCPHDR_ACK:
        return None
    queue = tp.icsk_accept_queue
    assert queue is not None
    if req.retrans < queue.rskq_defer_accept and skb.end_seq == begin:
        req.acked = True  # TCP_DEFER_ACCEPT: not without data
        mib.inc(snmp.LINUX_MIB_TCPDEFERACCEPTDROP)
        return None
    if opt.saw_tstamp and opt.rcv_tsecr:
        req.snt_synack = opt.rcv_tsecr
    elif req.retrans:
        req.snt_synack = 0  # which SYN-ACK was acknowledged?
    child = tp.icsk_af_ops.syn_recv_sock(tp, skb, req)
    if child is None:
        if tp.sysctl.abort_on_overflow:
            tcp_embryonic_reset(tp, skb, req, flags)
        else:
            req.acked = True
        return None
    assert isinstance(child, TcpSock)
    inet_csk_reqsk_queue_unlink(tp, req)
    inet_csk_reqsk_queue_removed(tp, req)
    reqsk_queue_add(queue, req, tp, child)
    return child


def tcp_req_paws(tp: TcpSock, skb: SkBuff, req: TcpRequestSock, opt: TcpOptionsReceived) -> bool:
    """Read skb's options into opt; True if its timestamp is too old for req."""
    if mem.get8(skb.ptr, skb.transport_header + 12) >> 4 <= 5:
        return False
    tcp_parse_options(skb, opt, False, tp.sysctl)
    if not opt.saw_tstamp:
        return False
    opt.ts_recent = req.ts_recent
    # When it was taken is not kept; the SYN-ACKs sent since tell about how long ago.
    opt.ts_recent_stamp = get_seconds() - (const.TCP_TIMEOUT_INIT // const.HZ << req.retrans)
    return tcp_paws_reject(opt, skb.tcp_flags & tcp.TCPHDR_RST != 0)


def tcp_embryonic_reset(tp: TcpSock, skb: SkBuff, req: TcpRequestSock, flags: int) -> None:
    """Forget req; unless skb is a reset itself, answer with one."""
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_EMBRYONICRSTS)
    if not flags & tcp.TCPHDR_RST:
        req.rsk_ops.send_reset(tp, skb)
    inet_csk_reqsk_queue_drop(tp, req)


def tcp_child_process(parent: TcpSock, child: TcpSock, skb: SkBuff) -> int:
    """Let child, locked and held, process the segment that made it; unlocks and puts it.

    As tcp_rcv_state_process().
    """
    if trace.tcp_child_process.enabled:
        trace.tcp_child_process.fire(skb)
    ret = 0
    state = child.sk_state
    if not child.owned:
        ret = tcp_rcv_state_process(child, skb)
        if state == tcp.TCP_SYN_RECV and child.sk_state != state:
            parent.sk_data_ready(0)
    else:
        sk_add_backlog(child, skb)
    bh_unlock_sock(child)
    sock_put(child)
    return ret


# ---- the new socket


def tcp_create_openreq_child(
    parent: TcpSock, newtp: TcpSock, req: TcpRequestSock, skb: SkBuff
) -> None:
    """Make newtp, a fresh socket, the connection that req agreed on. skb: the last ACK."""
    if trace.tcp_create_openreq_child.enabled:
        trace.tcp_create_openreq_child.fire(skb)
    inet_csk_inherit(parent, newtp)
    tcp_inherit(parent, newtp)
    newtp.sk_state = tcp.TCP_SYN_RECV
    newtp.inet_dport = req.rmt_port
    newtp.inet_num = req.loc_port
    newtp.inet_sport = req.loc_port
    rcv_nxt = mem.u32(req.rcv_isn + 1)
    newtp.rcv_wup = rcv_nxt
    newtp.copied_seq = rcv_nxt
    newtp.rcv_nxt = rcv_nxt
    snd_una = mem.u32(req.snt_isn + 1)
    newtp.snd_sml = snd_una
    newtp.snd_una = snd_una
    newtp.snd_nxt = snd_una
    newtp.snd_up = snd_una
    newtp.write_seq = snd_una
    newtp.pushed_seq = snd_una
    newtp.snd_wl1 = req.rcv_isn
    newtp.mdev = const.TCP_TIMEOUT_INIT
    newtp.icsk_rto = const.TCP_TIMEOUT_INIT
    newtp.snd_cwnd = const.TCP_INIT_CWND
    if newtp.sk_flags >> const.SOCK_KEEPOPEN & 1:
        inet_csk_reset_keepalive_timer(newtp, keepalive_time_when(newtp))
    tcp_openreq_options(newtp, req, skb)
    if skb.len >= tcp.TCP_MSS_DEFAULT + newtp.tcp_header_len:
        newtp.icsk_ack_last_seg_size = skb.len - newtp.tcp_header_len
    newtp.ecn_flags = const.TCP_ECN_OK if req.ecn_ok else 0
    newtp.sk_net.mib.tcp.inc(snmp.TCP_MIB_PASSIVEOPENS)


def tcp_openreq_options(newtp: TcpSock, req: TcpRequestSock, skb: SkBuff) -> None:
    """Windows and options as the handshake settled them."""
    rx_opt = newtp.rx_opt
    rx_opt.tstamp_ok = req.tstamp_ok
    rx_opt.sack_ok = 0
    if req.sack_ok:
        rx_opt.sack_ok = const.TCP_SACK_OK
        if newtp.sysctl.fack:
            rx_opt.sack_ok |= const.TCP_FACK_OK
    newtp.window_clamp = req.window_clamp
    newtp.rcv_ssthresh = req.rcv_wnd
    newtp.rcv_wnd = req.rcv_wnd
    rx_opt.wscale_ok = req.wscale_ok
    if req.wscale_ok:
        rx_opt.snd_wscale = req.snd_wscale
        rx_opt.rcv_wscale = req.rcv_wscale
    elif newtp.window_clamp > const.U16_MAX:
        newtp.window_clamp = const.U16_MAX
    window = mem.get16(skb.ptr, skb.transport_header + 14)
    newtp.snd_wnd = window << rx_opt.snd_wscale
    newtp.max_window = newtp.snd_wnd
    newtp.tcp_header_len = tcp.TCP_HLEN
    if rx_opt.tstamp_ok:
        rx_opt.ts_recent = req.ts_recent
        rx_opt.ts_recent_stamp = get_seconds()
        newtp.tcp_header_len += tcp.TCPOLEN_TSTAMP_ALIGNED
    rx_opt.mss_clamp = req.mss


def inet_csk_inherit(sk: TcpSock, newsk: TcpSock) -> None:
    """inet_csk_clone(): what an accepted socket has from its listener: all that a user can set."""
    newsk.sk_reuse = sk.sk_reuse
    newsk.sk_reuseport = sk.sk_reuseport
    newsk.sk_bound_dev_if = sk.sk_bound_dev_if
    newsk.sk_type = sk.sk_type
    newsk.sk_protocol = sk.sk_protocol
    newsk.sk_no_check = sk.sk_no_check
    newsk.sk_userlocks = sk.sk_userlocks & ~const.SOCK_BINDPORT_LOCK
    newsk.sk_rcvbuf = sk.sk_rcvbuf
    newsk.sk_sndbuf = sk.sk_sndbuf
    newsk.sk_flags = sk.sk_flags & ~(1 << const.SOCK_DONE)
    newsk.sk_lingertime = sk.sk_lingertime
    newsk.sk_rcvlowat = sk.sk_rcvlowat
    newsk.sk_rcvtimeo = sk.sk_rcvtimeo
    newsk.sk_sndtimeo = sk.sk_sndtimeo
    newsk.sk_priority = 0
    newsk.sk_mark = sk.sk_mark
    newsk.sk_max_pacing_rate = sk.sk_max_pacing_rate
    newsk.sk_uid = sk.sk_uid
    newsk.sk_filter = sk.sk_filter
    newsk.sk_route_nocaps = sk.sk_route_nocaps
    newsk.sk_gso_type = sk.sk_gso_type
    newsk.uc_ttl = sk.uc_ttl
    newsk.cmsg_flags = sk.cmsg_flags
    newsk.tos = sk.tos
    newsk.min_ttl = sk.min_ttl
    newsk.mc_loop = sk.mc_loop
    newsk.mc_all = sk.mc_all
    newsk.pmtudisc = sk.pmtudisc
    newsk.recverr = sk.recverr
    newsk.is_icsk = sk.is_icsk
    newsk.freebind = sk.freebind
    newsk.transparent = sk.transparent
    newsk.nodefrag = sk.nodefrag
    newsk.icsk_syn_retries = sk.icsk_syn_retries
    newsk.icsk_user_timeout = sk.icsk_user_timeout
    newsk.icsk_af_ops = sk.icsk_af_ops


def tcp_inherit(tp: TcpSock, newtp: TcpSock) -> None:
    """The TCP options among them. The congestion control is not: 3.2 begins with the default."""
    newtp.nonagle = tp.nonagle
    if newtp.sk_max_pacing_rate != const.SK_PACING_UNLIMITED:
        tcp_pacing_start(newtp)
    newtp.thin_lto = tp.thin_lto
    newtp.thin_dupack = tp.thin_dupack
    newtp.keepalive_time = tp.keepalive_time
    newtp.keepalive_intvl = tp.keepalive_intvl
    newtp.keepalive_probes = tp.keepalive_probes
    newtp.linger2 = tp.linger2
    newtp.reordering = tp.reordering
    newtp.rx_opt.user_mss = tp.rx_opt.user_mss
    newtp.icsk_ack_pingpong = tp.icsk_ack_pingpong
