"""TIME_WAIT: a connection becomes a mini-socket, and what that answers.

Linux: net/ipv4/tcp_minisocks.c (tcp_time_wait, tcp_timewait_state_process). RFC 793 3.9, 1122
4.2.2.13, 1337 (assassination), 6191 (reuse by timestamp).

A mini-socket also stands in for an orphan in FIN_WAIT2 (tw_substate), which waits for the peer's
FIN and nothing else.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.inet_timewait_sock import (
    InetTimewaitDeathRow,
    inet_twsk_alloc,
    inet_twsk_deschedule,
    inet_twsk_hashdance,
    inet_twsk_schedule,
)
from softnet.net.ipv4.inetpeer import inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.tcp_clock import get_seconds, tcp_paws_reject
from softnet.net.ipv4.tcp_metrics import tcp_update_metrics
from softnet.net.ipv4.tcp_options import tcp_parse_options
from softnet.net.ipv4.tcp_state import tcp_done
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from softnet.structs.net_namespace import Net
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpOptionsReceived, TcpSock, new_tcp_options


def tcp_death_row(net: Net) -> InetTimewaitDeathRow:
    """The wheels of a namespace."""
    row = net.ipv4.tcp_death_row
    assert isinstance(row, InetTimewaitDeathRow)
    return row


def tcp_time_wait(tp: TcpSock, state: int, timeo: int) -> None:
    """Leave a mini-socket in tp's place and end tp. state: TCP_TIME_WAIT or TCP_FIN_WAIT2.

    It lives a minute; in FIN_WAIT2, timeo jiffies; with tcp_tw_recycle three and a half timeouts.
    With too many of them already, none is left and TCPTimeWaitOverflow counts.
    """
    if trace.tcp_time_wait.enabled:
        trace.tcp_time_wait.fire(tp)
    row = tcp_death_row(tp.sk_net)
    recycle_ok = False
    if row.sysctl_tw_recycle and tp.rx_opt.ts_recent_stamp:
        recycle_ok = tp.icsk_af_ops.remember_stamp(tp)
    if row.tw_count < row.sysctl_max_tw_buckets:
        tw = inet_twsk_alloc(tp, state)
        rto = (tp.icsk_rto << 2) - (tp.icsk_rto >> 1)
        rx_opt = tp.rx_opt
        tw.tw_rcv_wscale = rx_opt.rcv_wscale
        tw.tw_rcv_nxt = tp.rcv_nxt
        tw.tw_snd_nxt = tp.snd_nxt
        tw.tw_rcv_wnd = tp.receive_window()
        tw.tw_ts_recent = rx_opt.ts_recent
        tw.tw_ts_recent_stamp = rx_opt.ts_recent_stamp
        tw.tw_md5_key = tp.md5_key
        inet_twsk_hashdance(row.hashinfo, tw, tp)
        if timeo < rto:
            timeo = rto
        if recycle_ok:
            tw.tw_timeout = rto
        else:
            tw.tw_timeout = const.TCP_TIMEWAIT_LEN
            if state == tcp.TCP_TIME_WAIT:
                timeo = const.TCP_TIMEWAIT_LEN
        inet_twsk_schedule(tw, row, timeo, const.TCP_TIMEWAIT_LEN)
    else:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPTIMEWAITOVERFLOW)
    tcp_update_metrics(tp)
    tcp_done(tp)


def tcp_timewait_state_process(tw: InetTimewaitSock, skb: SkBuff, sysctl: NetnsTcp) -> int:
    """A segment for tw: what to do with it. skb stays the caller's.

    TCP_TW_SUCCESS  nothing          TCP_TW_ACK  acknowledge from tw
    TCP_TW_RST      reset            TCP_TW_SYN  a new connection: skb.when is its ISN, tw still stands
    """
    if trace.tcp_timewait_state_process.enabled:
        trace.tcp_timewait_state_process.fire(skb)
    row = tcp_death_row(tw.tw_net)
    opt = new_tcp_options()
    paws_reject = False
    rst = skb.tcp_flags & tcp.TCPHDR_RST != 0
    if tw.tw_ts_recent_stamp and mem.get8(skb.ptr, skb.transport_header + 12) >> 4 > 5:
        tcp_parse_options(skb, opt, False, sysctl)
        if opt.saw_tstamp:
            opt.ts_recent = tw.tw_ts_recent
            opt.ts_recent_stamp = tw.tw_ts_recent_stamp
            paws_reject = tcp_paws_reject(opt, rst)
    if tw.tw_substate == tcp.TCP_FIN_WAIT2:
        return tcp_timewait_fin_wait2(tw, row, skb, opt, paws_reject)
    length = mem.u32(skb.end_seq - skb.seq)
    if not paws_reject and skb.seq == tw.tw_rcv_nxt and (length == 0 or rst):
        if rst and sysctl.rfc1337 == 0:
            inet_twsk_deschedule(tw, row)  # RFC 1337: assassination, allowed by default
            return const.TCP_TW_SUCCESS
        inet_twsk_schedule(tw, row, const.TCP_TIMEWAIT_LEN, const.TCP_TIMEWAIT_LEN)
        tcp_timewait_stamp(tw, opt)
        return const.TCP_TW_SUCCESS
    syn = skb.tcp_flags & tcp.TCPHDR_SYN != 0
    ack = skb.tcp_flags & tcp.TCPHDR_ACK != 0
    if (
        syn
        and not rst
        and not ack
        and not paws_reject
        and (
            mem.after(skb.seq, tw.tw_rcv_nxt)
            or (opt.saw_tstamp and mem.s32(tw.tw_ts_recent - opt.rcv_tsval) < 0)
        )
    ):
        # RFC 1122 4.2.2.13: a new connection that cannot be mistaken for the old one.
        isn = mem.u32(tw.tw_snd_nxt + const.TCP_ISN_JUMP)
        skb.when = isn if isn else 1
        return const.TCP_TW_SYN
    if paws_reject:
        tw.tw_net.mib.net.inc(snmp.LINUX_MIB_PAWSESTABREJECTED)
    if rst:
        return const.TCP_TW_SUCCESS
    if paws_reject or ack:
        inet_twsk_schedule(tw, row, const.TCP_TIMEWAIT_LEN, const.TCP_TIMEWAIT_LEN)
    return const.TCP_TW_ACK


def tcp_timewait_fin_wait2(
    tw: InetTimewaitSock,
    row: InetTimewaitDeathRow,
    skb: SkBuff,
    opt: TcpOptionsReceived,
    paws_reject: bool,
) -> int:
    """The same while the peer's FIN is still due: data now is data that nobody will read."""
    window = mem.u32(tw.tw_rcv_nxt + tw.tw_rcv_wnd)
    if paws_reject or not tcp_in_window(skb.seq, skb.end_seq, tw.tw_rcv_nxt, window):
        return const.TCP_TW_ACK
    flags = skb.tcp_flags
    if flags & tcp.TCPHDR_RST:
        inet_twsk_deschedule(tw, row)
        return const.TCP_TW_SUCCESS
    if flags & tcp.TCPHDR_SYN and not mem.before(skb.seq, tw.tw_rcv_nxt):
        inet_twsk_deschedule(tw, row)
        return const.TCP_TW_RST
    if (
        not flags & tcp.TCPHDR_ACK
        or not mem.after(skb.end_seq, tw.tw_rcv_nxt)
        or skb.end_seq == skb.seq
    ):
        return const.TCP_TW_SUCCESS
    if not flags & tcp.TCPHDR_FIN or skb.end_seq != mem.u32(tw.tw_rcv_nxt + 1):
        inet_twsk_deschedule(tw, row)
        return const.TCP_TW_RST
    tw.tw_substate = tcp.TCP_TIME_WAIT
    tw.tw_rcv_nxt = skb.end_seq
    tcp_timewait_stamp(tw, opt)
    timeo = const.TCP_TIMEWAIT_LEN
    stamp = tw.tw_ts_recent_stamp
    recycle = row.sysctl_tw_recycle != 0 and stamp != 0
    if recycle and tcp_remember_stamp(tw.tw_net, tw.tw_daddr, tw.tw_ts_recent, stamp):
        timeo = tw.tw_timeout
    inet_twsk_schedule(tw, row, timeo, const.TCP_TIMEWAIT_LEN)
    return const.TCP_TW_ACK


def tcp_timewait_stamp(tw: InetTimewaitSock, opt: TcpOptionsReceived) -> None:
    """Remember the timestamp of a good segment."""
    if opt.saw_tstamp:
        tw.tw_ts_recent = opt.rcv_tsval
        tw.tw_ts_recent_stamp = get_seconds()


def tcp_remember_stamp(net: Net, daddr: int, ts_recent: int, stamp: int) -> bool:
    """Keep peer daddr's last timestamp where the next connection finds it (tcp_tw_recycle).

    stamp: when it came, seconds. False if there is no room for it.
    """
    peer = inet_getpeer_v4(net, daddr, 1)
    if peer is None:
        return False
    if mem.s32(peer.tcp_ts - ts_recent) <= 0 or (
        get_seconds() - peer.tcp_ts_stamp > const.TCP_PAWS_MSL and peer.tcp_ts_stamp <= stamp
    ):
        peer.tcp_ts_stamp = stamp
        peer.tcp_ts = ts_recent
    inet_putpeer(peer)
    return True


def tcp_in_window(seq: int, end_seq: int, s_win: int, e_win: int) -> bool:
    """Does the segment touch the window s_win to e_win - 1? An empty one may stand at its end."""
    if seq == s_win:
        return True
    if mem.after(end_seq, s_win) and mem.before(seq, e_win):
        return True
    return seq == e_win and seq == end_seq
