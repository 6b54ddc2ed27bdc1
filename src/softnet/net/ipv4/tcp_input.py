"""A segment arrives for a connection.

Linux: net/ipv4/tcp_input.c (tcp_rcv_established, tcp_rcv_state_process, tcp_validate_incoming).
RFC 793 3.9, 1122 4.2.2, 5961, 7323.

    tcp_rcv_established      ESTABLISHED. Most segments have the header that pred_flags predicts
                             and take the short way
    tcp_rcv_state_process    every other state but TIME_WAIT, as a list of steps

What each step needs stands elsewhere: tcp_handshake (SYN_SENT), tcp_ack, tcp_data, tcp_urg.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.net.core.dst import dst_confirm
from softnet.net.core.skbuff import consume_skb, kfree_skb, skb_dst_drop, skb_set_owner_r
from softnet.net.ipv4.inet_connection_sock import inet_csk_reset_keepalive_timer
from softnet.net.ipv4.tcp_ack import tcp_ack, tcp_may_update_window, tcp_rearm_rto
from softnet.net.ipv4.tcp_challenge import tcp_send_challenge_ack
from softnet.net.ipv4.tcp_clock import get_seconds, tcp_paws_check, tcp_time_stamp
from softnet.net.ipv4.tcp_data import tcp_data_queue, tcp_send_dupack
from softnet.net.ipv4.tcp_fastopen_server import tcp_fastopen_acked, tcp_fastopen_check_req
from softnet.net.ipv4.tcp_handshake import tcp_finish_syn_recv, tcp_rcv_synsent_state_process
from softnet.net.ipv4.tcp_metrics import tcp_update_metrics
from softnet.net.ipv4.tcp_mss import tcp_current_mss
from softnet.net.ipv4.tcp_options import (
    tcp_fast_parse_options,
    tcp_parse_aligned_timestamp,
    tcp_store_ts_recent,
)
from softnet.net.ipv4.tcp_output import tcp_send_ack, tcp_send_delayed_ack
from softnet.net.ipv4.tcp_prequeue import tcp_copy_to_iovec, tcp_ucopy_room
from softnet.net.ipv4.tcp_rcvbuf import (
    tcp_event_data_recv,
    tcp_in_quickack_mode,
    tcp_rcv_rtt_measure_ts,
)
from softnet.net.ipv4.tcp_state import tcp_done, tcp_reset, tcp_set_state
from softnet.net.ipv4.tcp_timewait import tcp_time_wait
from softnet.net.ipv4.tcp_urg import tcp_urg
from softnet.net.ipv4.tcp_window import tcp_window_from_space
from softnet.net.ipv4.tcp_write import tcp_push_frames
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock

# The header words of the fast path, with and without a timestamp.
TSTAMP_HLEN = tcp.TCP_HLEN + tcp.TCPOLEN_TSTAMP_ALIGNED
HP_BITS = tcp.TCP_HP_BITS


def tcp_rcv_established(tp: TcpSock, skb: SkBuff) -> int:
    """Process a segment in ESTABLISHED: data at the TCP header, checksum good. Consumes skb.

    Van Jacobson's header prediction: pred_flags is the fourth header word that in-order data or a
    plain ACK has when window and flags are as ever. 0; 1 never here.
    """
    if trace.tcp_rcv_established.enabled:
        trace.tcp_rcv_established.fire(skb)
    rx_opt = tp.rx_opt
    rx_opt.saw_tstamp = False
    p = skb.ptr
    th = skb.transport_header
    if (
        mem.get32(p, th + 12) & HP_BITS == tp.pred_flags
        and skb.seq == tp.rcv_nxt
        and not mem.after(skb.ack_seq, tp.snd_nxt)
    ):
        hlen = tp.tcp_header_len
        if hlen != TSTAMP_HLEN or (
            tcp_parse_aligned_timestamp(rx_opt, skb)
            and mem.s32(rx_opt.rcv_tsval - rx_opt.ts_recent) >= 0
        ):
            if skb.len == hlen:
                return tcp_rcv_fast_ack(tp, skb)
            if skb.len > hlen:
                if tp.ucopy is not None and tcp_rcv_fast_to_user(tp, skb, hlen):
                    return 0
                if skb.truesize <= tp.sk_forward_alloc:
                    return tcp_rcv_fast_data(tp, skb, hlen)
    if not tcp_validate_incoming(tp, skb, True):
        return 0
    if not skb.tcp_flags & tcp.TCPHDR_ACK:
        if tp.sysctl.rfc5961:
            kfree_skb(skb, const.SKB_DROP_REASON_TCP_FLAGS)
            return 0
    elif tcp_ack(tp, skb, const.FLAG_SLOWPATH) < 0:
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_ACK_UNSENT_DATA)
        return 0
    tcp_rcv_rtt_measure_ts(tp, skb)
    if skb.tcp_flags & tcp.TCPHDR_URG or tp.urg_data == const.TCP_URG_NOTYET:
        tcp_urg(tp, skb)
    tcp_data_queue(tp, skb)
    tcp_data_snd_check(tp)
    tcp_ack_snd_check(tp)
    return 0


def tcp_rcv_fast_ack(tp: TcpSock, skb: SkBuff) -> int:
    """The predicted header and nothing behind it: we are the sender."""
    rx_opt = tp.rx_opt
    if rx_opt.saw_tstamp and tp.rcv_nxt == tp.rcv_wup:
        tcp_store_ts_recent(rx_opt, get_seconds())
    tcp_ack(tp, skb, 0)
    consume_skb(skb)
    tcp_data_snd_check(tp)
    return 0


def tcp_rcv_fast_data(tp: TcpSock, skb: SkBuff, hlen: int) -> int:
    """The predicted header with data behind it: we are the receiver."""
    rx_opt = tp.rx_opt
    if rx_opt.saw_tstamp and tp.rcv_nxt == tp.rcv_wup:
        tcp_store_ts_recent(rx_opt, get_seconds())
    tcp_rcv_rtt_measure_ts(tp, skb)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPHPHITS)
    skb_dst_drop(skb)
    skb.pull(hlen)
    tp.sk_receive_queue.queue_tail(skb)
    skb_set_owner_r(skb, tp)
    tcp_rcv_fast_finish(tp, skb)
    tp.sk_data_ready(0)
    return 0


def tcp_rcv_fast_to_user(tp: TcpSock, skb: SkBuff, hlen: int) -> bool:
    """The same, where the task that waits for the data is processing it: into its buffer at once.

    False: that is not so, or it has not the room for all of it.
    """
    chunk = skb.len - hlen
    if chunk > tcp_ucopy_room(tp) or not tcp_copy_to_iovec(tp, skb, hlen, chunk):
        return False
    rx_opt = tp.rx_opt
    if rx_opt.saw_tstamp and tp.rcv_nxt == tp.rcv_wup:
        tcp_store_ts_recent(rx_opt, get_seconds())
    tcp_rcv_rtt_measure_ts(tp, skb)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPHPHITSTOUSER)
    skb.pull(hlen)
    tcp_rcv_fast_finish(tp, skb)
    consume_skb(skb)
    return True


def tcp_rcv_fast_finish(tp: TcpSock, skb: SkBuff) -> None:
    """skb's data, in order, found its place: acknowledge it, take in its own ACK."""
    tp.rcv_nxt = skb.end_seq
    tcp_event_data_recv(tp, skb)
    if skb.ack_seq != tp.snd_una:
        tcp_ack(tp, skb, const.FLAG_DATA)
        tcp_data_snd_check(tp)
    if tp.icsk_ack_pending & const.ICSK_ACK_SCHED:
        tcp_ack_snd_check_always(tp, False)


# ---- is it acceptable?


def tcp_validate_incoming(tp: TcpSock, skb: SkBuff, syn_inerr: bool) -> bool:
    """The first four steps: PAWS, sequence number, RST, SYN. False: skb is consumed.

    RFC 5961: a reset counts only exactly at rcv_nxt; a SYN never does; both else get a challenge.
    syn_inerr: count a SYN as an error.
    """
    flags = skb.tcp_flags
    rst = flags & tcp.TCPHDR_RST != 0
    syn = flags & tcp.TCPHDR_SYN != 0
    if tcp_fast_parse_options(skb, tp) and tp.rx_opt.saw_tstamp and tcp_paws_discard(tp, skb):
        if not rst:
            tp.sk_net.mib.net.inc(snmp.LINUX_MIB_PAWSESTABREJECTED)
            tcp_send_dupack(tp, skb)
            kfree_skb(skb, const.SKB_DROP_REASON_TCP_RFC7323_PAWS)
            return False
    if not tcp_sequence(tp, skb.seq, skb.end_seq):
        # RFC 793: an unacceptable segment is answered with an ACK, but never a reset.
        if not rst:
            if syn and tp.sysctl.rfc5961:
                tcp_syn_challenge(tp, skb, syn_inerr)
                return False
            tcp_send_dupack(tp, skb)
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_INVALID_SEQUENCE)
        return False
    if rst:
        if tp.sysctl.rfc5961 and skb.seq != tp.rcv_nxt:
            tcp_send_challenge_ack(tp)
        else:
            tcp_reset(tp)
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_RESET)
        return False
    tcp_replace_ts_recent(tp, skb.seq)
    if syn:
        if tp.sysctl.rfc5961:
            tcp_syn_challenge(tp, skb, syn_inerr)
            return False
        if not mem.before(skb.seq, tp.rcv_nxt):
            if syn_inerr:
                tp.sk_net.mib.tcp.inc(snmp.TCP_MIB_INERRS)
            tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPABORTONSYN)
            tcp_reset(tp)
            kfree_skb(skb, const.SKB_DROP_REASON_TCP_INVALID_SYN)
            return False
    return True


def tcp_syn_challenge(tp: TcpSock, skb: SkBuff, syn_inerr: bool) -> None:
    """RFC 5961 4.2: a SYN on a connection. A peer that restarted will answer with a reset."""
    if syn_inerr:
        tp.sk_net.mib.tcp.inc(snmp.TCP_MIB_INERRS)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPSYNCHALLENGE)
    tcp_send_challenge_ack(tp)
    kfree_skb(skb, const.SKB_DROP_REASON_TCP_INVALID_SYN)


def tcp_sequence(tp: TcpSock, seq: int, end_seq: int) -> bool:
    """Does the segment touch the window, counted from what was acknowledged last?"""
    return not mem.before(end_seq, tp.rcv_wup) and not mem.after(
        seq, mem.u32(tp.rcv_nxt + tp.receive_window())
    )


def tcp_paws_discard(tp: TcpSock, skb: SkBuff) -> bool:
    """Is the timestamp too old, RFC 7323 5? A pure ACK that was overtaken is let through."""
    return not tcp_paws_check(tp.rx_opt, const.TCP_PAWS_WINDOW) and not tcp_disordered_ack(tp, skb)


def tcp_disordered_ack(tp: TcpSock, skb: SkBuff) -> bool:
    """An ACK that says nothing new, sent not longer than an RTO before ts_recent?"""
    window = mem.get16(skb.ptr, skb.transport_header + 14) << tp.rx_opt.snd_wscale
    return (
        skb.tcp_flags & tcp.TCPHDR_ACK != 0
        and skb.seq == skb.end_seq
        and skb.seq == tp.rcv_nxt
        and skb.ack_seq == tp.snd_una
        and not tcp_may_update_window(tp, skb.ack_seq, skb.seq, window)
        and mem.s32(tp.rx_opt.ts_recent - tp.rx_opt.rcv_tsval) <= tp.icsk_rto * 1024 // const.HZ
    )


def tcp_replace_ts_recent(tp: TcpSock, seq: int) -> None:
    """Take the timestamp of a segment that reaches what we acknowledged last, RFC 7323 4.3."""
    rx_opt = tp.rx_opt
    if rx_opt.saw_tstamp and not mem.after(seq, tp.rcv_wup) and tcp_paws_check(rx_opt, 0):
        tcp_store_ts_recent(rx_opt, get_seconds())


# ---- afterwards


def tcp_data_snd_check(tp: TcpSock) -> None:
    """The windows may have opened: send what waits; the send buffer may have room: wake writers."""
    if tp.sk_send_head is not None:
        tcp_push_frames(tp, tcp_current_mss(tp), tp.nonagle)
    if tp.sk_flags >> const.SOCK_QUEUE_SHRUNK & 1:
        tcp_check_space(tp)


def tcp_check_space(tp: TcpSock) -> None:
    """Something was freed: is somebody waiting for that?"""
    tp.sk_flags &= ~(1 << const.SOCK_QUEUE_SHRUNK)
    sock = tp.sk_socket
    if sock is not None and sock.flags >> socket.SOCK_NOSPACE & 1:
        tcp_new_space(tp)


def tcp_new_space(tp: TcpSock) -> None:
    """The writer is the limit, or the buffer is: let the buffer follow the congestion window."""
    if tcp_should_expand_sndbuf(tp):
        segment = tp.rx_opt.mss_clamp if tp.rx_opt.mss_clamp > tp.mss_cache else tp.mss_cache
        segment += const.MAX_TCP_HEADER + const.SKB_TRUESIZE_OVERHEAD
        demanded = tp.reordering + 1
        if tp.snd_cwnd > demanded:
            demanded = tp.snd_cwnd
        sndmem = segment * 2 * demanded
        if sndmem > tp.sk_sndbuf:
            wmem_max: int = tp.sysctl.wmem[2]
            tp.sk_sndbuf = sndmem if sndmem < wmem_max else wmem_max
        tp.snd_cwnd_stamp = tcp_time_stamp()  # what was not sent was not for want of data
    tp.sk_write_space()


def tcp_should_expand_sndbuf(tp: TcpSock) -> bool:
    """Not if the user chose its size, memory is short, or the window is filled as it is."""
    accounts = tp.sysctl.accounts
    mem_low: int = tp.sysctl.mem[0]
    return not (
        tp.sk_userlocks & const.SOCK_SNDBUF_LOCK
        or accounts.pressure
        or accounts.allocated >= mem_low
        or tp.packets_out >= tp.snd_cwnd
    )


def tcp_ack_snd_check(tp: TcpSock) -> None:
    """Acknowledge now or later, if anything is owed still."""
    if tp.icsk_ack_pending & const.ICSK_ACK_SCHED:
        tcp_ack_snd_check_always(tp, True)


def tcp_ack_snd_check_always(tp: TcpSock, ofo_possible: bool) -> None:
    """__tcp_ack_snd_check(): at once for more than a full segment, in quickack mode, or with a hole.

    RFC 1122 4.2.3.2, 5681 4.2. If the window would not move along, tcp_recvmsg() acknowledges.
    """
    if (
        (
            mem.u32(tp.rcv_nxt - tp.rcv_wup) > tp.icsk_ack_rcv_mss
            and tcp_window_from_space(tp) >= tp.rcv_wnd
        )
        or tcp_in_quickack_mode(tp)
        or (ofo_possible and tp.out_of_order_queue.first is not None)
    ):
        tcp_send_ack(tp)
    else:
        tcp_send_delayed_ack(tp)


# ---- the other states


def tcp_rcv_state_process(tp: TcpSock, skb: SkBuff) -> int:
    """Process a segment in a state other than ESTABLISHED and TIME_WAIT.

    0: skb is consumed. 1: answer it with a reset; skb is the caller's.
    """
    if trace.tcp_rcv_state_process.enabled:
        trace.tcp_rcv_state_process.fire(skb)
    tp.rx_opt.saw_tstamp = False
    state = tp.sk_state
    if state == tcp.TCP_CLOSE:
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_CLOSE)
        return 0
    if state == tcp.TCP_LISTEN:
        return tcp_rcv_listen(tp, skb)
    if state == tcp.TCP_SYN_SENT:
        queued = tcp_rcv_synsent_state_process(tp, skb)
        if queued >= 0:
            return queued
        tcp_urg(tp, skb)
        consume_skb(skb)
        tcp_data_snd_check(tp)
        return 0
    if tp.sysctl.rfc5961 and not skb.tcp_flags & (tcp.TCPHDR_ACK | tcp.TCPHDR_RST | tcp.TCPHDR_SYN):
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_FLAGS)
        return 0
    if tp.fastopen_rsk is not None and not tcp_fastopen_check_req(tp, skb, tp.fastopen_rsk):
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_FLAGS)
        return 0
    if not tcp_validate_incoming(tp, skb, False):
        return 0
    if not skb.tcp_flags & tcp.TCPHDR_ACK:
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_FLAGS)
        return 0
    verdict = tcp_rcv_step_ack(tp, skb)
    if verdict <= 0:
        return -verdict
    if skb.tcp_flags & tcp.TCPHDR_URG or tp.urg_data == const.TCP_URG_NOTYET:
        tcp_urg(tp, skb)
    return tcp_rcv_step_text(tp, skb)


def tcp_rcv_listen(tp: TcpSock, skb: SkBuff) -> int:
    """LISTEN: a SYN asks for a connection; an ACK belongs to none."""
    flags = skb.tcp_flags
    if flags & tcp.TCPHDR_ACK:
        return 1
    if flags & tcp.TCPHDR_RST or not flags & tcp.TCPHDR_SYN or flags & tcp.TCPHDR_FIN:
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_FLAGS)
        return 0
    if tp.icsk_af_ops.conn_request(tp, skb) < 0:
        return 1
    consume_skb(skb)
    return 0


def tcp_rcv_step_ack(tp: TcpSock, skb: SkBuff) -> int:
    """The fifth step, RFC 793 3.9: the ACK field. 1: go on. 0: skb is consumed. -1: reset.

    SYN_RECV  -> ESTABLISHED   our SYN is acknowledged
    FIN_WAIT1 -> FIN_WAIT2     our FIN is; an orphan leaves a mini-socket there
    CLOSING   -> TIME_WAIT     so it is
    LAST_ACK  -> CLOSE         so it is
    """
    acceptable = tcp_ack(tp, skb, const.FLAG_SLOWPATH) > 0
    state = tp.sk_state
    if state == tcp.TCP_SYN_RECV:
        if not acceptable:
            return -1
        tcp_finish_syn_recv(tp, skb)
        return 1
    if tp.fastopen_rsk is not None:  # closed before the last ACK: this is it
        tcp_fastopen_acked(tp, tp.fastopen_rsk)
        tcp_rearm_rto(tp)
    if tp.snd_una != tp.write_seq:
        return 1  # our FIN is on its way still, or was never sent
    if state == tcp.TCP_FIN_WAIT1:
        return tcp_enter_fin_wait2(tp, skb)
    if state == tcp.TCP_CLOSING:
        tcp_time_wait(tp, tcp.TCP_TIME_WAIT, 0)
        consume_skb(skb)
        return 0
    if state == tcp.TCP_LAST_ACK:
        tcp_update_metrics(tp)
        tcp_done(tp)
        consume_skb(skb)
        return 0
    return 1


def tcp_fin_time(tp: TcpSock) -> int:
    """How long an orphan stays in FIN_WAIT2, jiffies: three and a half timeouts at least."""
    fin_timeout = tp.linger2 if tp.linger2 else tp.sysctl.fin_timeout
    least = (tp.icsk_rto << 2) - (tp.icsk_rto >> 1)
    return fin_timeout if fin_timeout > least else least


def tcp_enter_fin_wait2(tp: TcpSock, skb: SkBuff) -> int:
    """Our FIN is acknowledged. As tcp_rcv_step_ack()."""
    tcp_set_state(tp, tcp.TCP_FIN_WAIT2)
    tp.sk_shutdown |= socket.SEND_SHUTDOWN
    dst = tp.sk_dst_cache
    if dst is not None:
        dst_confirm(dst)
    if not tp.sk_flags >> const.SOCK_DEAD & 1:
        tp.sk_state_change()  # close() with SO_LINGER waits for this
        return 1
    fin = 1 if skb.tcp_flags & tcp.TCPHDR_FIN else 0
    new_data = skb.end_seq != skb.seq and mem.after(mem.u32(skb.end_seq - fin), tp.rcv_nxt)
    if tp.linger2 < 0 or new_data:
        tcp_done(tp)
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPABORTONDATA)
        return -1
    tmo = tcp_fin_time(tp)
    if tmo > const.TCP_TIMEWAIT_LEN:
        inet_csk_reset_keepalive_timer(tp, tmo - const.TCP_TIMEWAIT_LEN)
    elif fin or tp.owned:
        inet_csk_reset_keepalive_timer(tp, tmo)  # the FIN is in this segment, or in the backlog
    else:
        tcp_time_wait(tp, tcp.TCP_FIN_WAIT2, tmo)
        consume_skb(skb)
        return 0
    return 1


def tcp_rcv_step_text(tp: TcpSock, skb: SkBuff) -> int:
    """The seventh step: the text. Consumes skb but when it answers 1: reset.

    After the peer's FIN there is no text; after shutdown(SHUT_RD) it would be lost: RFC 1122
    4.2.2.13 wants a reset then.
    """
    state = tp.sk_state
    queued = False
    if state == tcp.TCP_ESTABLISHED:
        queued = True
    elif state == tcp.TCP_FIN_WAIT1 or state == tcp.TCP_FIN_WAIT2:
        queued = True
    elif state == tcp.TCP_CLOSE_WAIT or state == tcp.TCP_CLOSING or state == tcp.TCP_LAST_ACK:
        queued = mem.before(skb.seq, tp.rcv_nxt)
    if queued and state != tcp.TCP_ESTABLISHED and tp.sk_shutdown & socket.RCV_SHUTDOWN:
        fin = 1 if skb.tcp_flags & tcp.TCPHDR_FIN else 0
        if skb.end_seq != skb.seq and mem.after(mem.u32(skb.end_seq - fin), tp.rcv_nxt):
            tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPABORTONDATA)
            tcp_reset(tp)
            return 1
    if queued:
        tcp_data_queue(tp, skb)
    if tp.sk_state != tcp.TCP_CLOSE:  # the FIN may have ended it
        tcp_data_snd_check(tp)
        tcp_ack_snd_check(tp)
    if not queued:
        consume_skb(skb)
    return 0
