"""TCP Fast Open for servers, Linux 3.7: a connection from the SYN alone.

Linux: net/ipv4/tcp_ipv4.c (tcp_fastopen_check, tcp_v4_conn_req_fastopen), tcp_minisocks.c
(tcp_check_req for such a child), tcp_timer.c (tcp_fastopen_synack_timer). RFC 7413 4.1.

A SYN whose cookie is right makes a child at once, in SYN_RECV, with the SYN's data in its receive
queue, and puts it into the accept queue: the program may read, and write. The embryo stays with the
child (tp.fastopen_rsk) until the last ACK; the child repeats the SYN-ACK itself, and nothing else until
then. A listener has at most TCP_FASTOPEN such children at a time.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.core.request_sock import reqsk_queue_add
from softnet.net.core.skbuff import skb_clone, skb_dst_drop, skb_set_owner_r
from softnet.net.core.sock import bh_unlock_sock, sk_rmem_schedule, sock_hold, sock_put
from softnet.net.ipv4.inet_connection_sock import inet_csk_reset_xmit_timer, inet_csk_route_req
from softnet.net.ipv4.tcp_clock import get_seconds, tcp_paws_reject, tcp_time_stamp
from softnet.net.ipv4.tcp_cong import tcp_init_congestion_control
from softnet.net.ipv4.tcp_connect import tcp_openreq_window
from softnet.net.ipv4.tcp_fastopen import (
    TFO_SERVER_COOKIE_NOT_REQD,
    TFO_SERVER_ENABLE,
    TFO_SERVER_WO_SOCKOPT1,
    fastopen_has_room,
    fastopen_option,
    fastopen_queue,
    has_fastopen,
    reqsk_fastopen_remove,
    tcp_fastopen_cookie_gen,
)
from softnet.net.ipv4.tcp_metrics import tcp_init_metrics
from softnet.net.ipv4.tcp_mss import tcp_mtup_init
from softnet.net.ipv4.tcp_options import tcp_parse_fastopen_option, tcp_parse_options
from softnet.net.ipv4.tcp_rcvbuf import tcp_init_buffer_space
from softnet.net.ipv4.tcp_rtt import tcp_valid_rtt_meas
from softnet.net.ipv4.tcp_state import tcp_reset
from softnet.net.ipv4.tcp_timewait import tcp_in_window
from softnet.structs.inet_connection_sock import icsk_queue
from softnet.structs.request_sock import FastopenQueue, TcpRequestSock
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock, new_tcp_options

AGE_SHIFT_MAX = 16  # doublings of a second: how old the timestamp of a SYN may be taken to be

# ---- the option


def tcp_set_fastopen(tp: TcpSock, val: int) -> int:
    """setsockopt(TCP_FASTOPEN): at most val children before their last ACK; 0 or -errno."""
    if not has_fastopen(tp, "TCP_FASTOPEN"):
        return -errno.ENOPROTOOPT
    if val < 0 or tp.sk_state not in (tcp.TCP_CLOSE, tcp.TCP_LISTEN):
        return -errno.EINVAL
    fastopen_init_queue(tp, val)
    return 0


def tcp_get_fastopen(tp: TcpSock) -> int:
    """getsockopt(TCP_FASTOPEN); raises OSError(ENOPROTOOPT)."""
    if not has_fastopen(tp, "TCP_FASTOPEN"):
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")
    fastopenq = fastopen_queue(tp)
    return 0 if fastopenq is None else fastopenq.max_qlen


def fastopen_init_queue(tp: TcpSock, max_qlen: int) -> None:
    """Bound tp's children from now on."""
    queue = icsk_queue(tp)
    if queue.fastopenq is None:
        queue.fastopenq = FastopenQueue(max_qlen)
    queue.fastopenq.max_qlen = max_qlen


def tcp_fastopen_listen(tp: TcpSock, backlog: int) -> None:
    """listen(): with the sysctl's bit every listener takes data in SYNs."""
    both = TFO_SERVER_ENABLE | TFO_SERVER_WO_SOCKOPT1
    if tp.sysctl.fastopen & both == both and fastopen_queue(tp) is None:
        fastopen_init_queue(tp, backlog)


# ---- the SYN


def tcp_fastopen_check(tp: TcpSock, skb: SkBuff, req: TcpRequestSock) -> bool:
    """Is the SYN skb for listener tp to make a child at once? Else req may get a cookie to send."""
    fastopen = tp.sysctl.fastopen
    fastopenq = fastopen_queue(tp)
    if not fastopen & TFO_SERVER_ENABLE or fastopenq is None or fastopenq.max_qlen == 0:
        return False
    mib = tp.sk_net.mib.net
    cookie, exp = tcp_parse_fastopen_option(skb)
    has_data = skb.end_seq != mem.u32(skb.seq + 1)
    if cookie is None and not (has_data and fastopen & TFO_SERVER_COOKIE_NOT_REQD):
        return False
    if not fastopen_has_room(fastopenq):
        mib.inc(snmp.LINUX_MIB_TCPFASTOPENLISTENOVERFLOW)
        return False
    if cookie is not None and not fastopen & TFO_SERVER_COOKIE_NOT_REQD:
        valid = tcp_fastopen_cookie_gen(tp, req.rmt_addr)
        if cookie != valid:
            req.fastopen_cookie = fastopen_option(valid, exp)
            asked = cookie == b""
            mib.inc(
                snmp.LINUX_MIB_TCPFASTOPENCOOKIEREQD
                if asked
                else snmp.LINUX_MIB_TCPFASTOPENPASSIVEFAIL
            )
            return False
    req.syn_data = mem.u32(skb.end_seq - skb.seq - 1)
    return True


def tcp_fastopen_create_child(tp: TcpSock, skb: SkBuff, req: TcpRequestSock) -> TcpSock | None:
    """The child of listener tp that the SYN skb deserves: locked, held twice; None if that cannot be.

    skb stays the caller's. What comes next is the SYN-ACK, and tcp_fastopen_start().
    """
    rt = inet_csk_route_req(tp, req)
    child = None
    if rt is not None:
        mss = rt.advmss()
        user_mss = tp.rx_opt.user_mss
        tcp_openreq_window(tp, rt, req, min(mss, user_mss) if user_mss else mss)
        child = tp.icsk_af_ops.syn_recv_sock(tp, skb, req)
    if child is None:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPFASTOPENPASSIVEFAIL)
        req.syn_data = 0
        return None
    assert isinstance(child, TcpSock)
    return child


def tcp_fastopen_start(tp: TcpSock, child: TcpSock, skb: SkBuff, req: TcpRequestSock) -> None:
    """The SYN-ACK is out: give child what the SYN brought, and child to accept(). Unlocks it."""
    req.snt_synack = tcp_time_stamp()
    fastopenq = fastopen_queue(tp)
    assert fastopenq is not None
    fastopenq.qlen += 1
    child.fastopen_rsk = req
    sock_hold(tp)
    req.listener = tp
    child.snd_wnd = mem.get16(skb.ptr, skb.transport_header + 14)  # a SYN's is not scaled
    child.max_window = child.snd_wnd
    timeout = const.TCP_TIMEOUT_INIT
    inet_csk_reset_xmit_timer(child, const.ICSK_TIME_RETRANS, timeout, const.TCP_RTO_MAX)
    reqsk_queue_add(icsk_queue(tp), req, tp, child)
    child.icsk_af_ops.rebuild_header(child)
    tcp_init_congestion_control(child)
    tcp_mtup_init(child)
    tcp_init_buffer_space(child)
    tcp_init_metrics(child)
    if req.syn_data:
        tcp_fastopen_add_skb(child, skb)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPFASTOPENPASSIVE)
    tp.sk_data_ready(0)
    bh_unlock_sock(child)
    sock_put(child)


def tcp_fastopen_add_skb(child: TcpSock, skb: SkBuff) -> None:
    """Queue the data of the SYN skb for child's program."""
    data = skb_clone(skb)
    skb_dst_drop(data)
    data.pull(mem.get8(data.ptr, data.transport_header + 12) >> 4 << 2)
    data.seq = mem.u32(skb.seq + 1)
    data.end_seq = skb.end_seq
    data.tcp_flags = skb.tcp_flags & ~tcp.TCPHDR_SYN
    sk_rmem_schedule(child, data.truesize)
    skb_set_owner_r(data, child)
    child.sk_receive_queue.queue_tail(data)
    child.rcv_nxt = data.end_seq
    child.rcv_wup = child.rcv_nxt
    child.icsk_ack_lrcvtime = tcp_time_stamp()
    child.syn_data_acked = True


# ---- until the last ACK


def tcp_fastopen_check_req(tp: TcpSock, skb: SkBuff, req: TcpRequestSock) -> bool:
    """A segment for child tp before its last ACK: is it to be processed? Else it is done with."""
    flags = skb.tcp_flags & (tcp.TCPHDR_RST | tcp.TCPHDR_SYN | tcp.TCPHDR_ACK)
    opt = new_tcp_options()
    paws_reject = False
    if mem.get8(skb.ptr, skb.transport_header + 12) >> 4 > 5:
        tcp_parse_options(skb, opt, False, tp.sysctl)
        if opt.saw_tstamp:
            opt.ts_recent = req.ts_recent
            age = const.TCP_TIMEOUT_INIT // const.HZ << min(req.retrans, AGE_SHIFT_MAX)
            opt.ts_recent_stamp = get_seconds() - age
            paws_reject = tcp_paws_reject(opt, flags & tcp.TCPHDR_RST != 0)
    if skb.seq == req.rcv_isn and flags == tcp.TCPHDR_SYN and not paws_reject:
        req.rsk_ops.rtx_syn_ack(tp, req)
        return False
    begin = mem.u32(req.rcv_isn + 1 + req.syn_data)
    end = mem.u32(begin + req.rcv_wnd)
    if paws_reject or not tcp_in_window(skb.seq, skb.end_seq, begin, end):
        if not flags & tcp.TCPHDR_RST:
            req.rsk_ops.send_ack(tp, skb, req)
        if paws_reject:
            tp.sk_net.mib.net.inc(snmp.LINUX_MIB_PAWSESTABREJECTED)
        return False
    if opt.saw_tstamp and not mem.after(skb.seq, begin):
        req.ts_recent = opt.rcv_tsval
    if skb.seq == req.rcv_isn:
        flags &= ~tcp.TCPHDR_SYN
    if flags & (tcp.TCPHDR_RST | tcp.TCPHDR_SYN):
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_EMBRYONICRSTS)
        if flags & tcp.TCPHDR_RST:
            reqsk_fastopen_remove(tp, req, True)
            tcp_reset(tp)
        else:
            req.rsk_ops.send_reset(tp, skb)
        return False
    if not flags & tcp.TCPHDR_ACK:
        return False
    if opt.saw_tstamp and opt.rcv_tsecr:
        req.snt_synack = opt.rcv_tsecr
    elif req.retrans:
        req.snt_synack = 0  # which SYN-ACK was acknowledged?
    return True


def tcp_fastopen_acked(tp: TcpSock, req: TcpRequestSock) -> None:
    """The last ACK: the embryo has done its work."""
    if req.snt_synack:
        tcp_valid_rtt_meas(tp, mem.u32(tcp_time_stamp() - req.snt_synack))
    tp.total_retrans = req.retrans
    reqsk_fastopen_remove(tp, req, False)
