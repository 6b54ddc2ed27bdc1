"""A listener: SYNs come in, connections go out.

Linux: net/ipv4/tcp_ipv4.c (tcp_v4_conn_request, tcp_v4_hnd_req, tcp_v4_syn_recv_sock), syncookies.c
(cookie_v4_check). RFC 793 3.4, 4987 (SYN floods).

    SYN        tcp_v4_conn_request    an embryo in the SYN table, a SYN-ACK; cookies when it is full
    last ACK   tcp_v4_hnd_req         finds the embryo (or reads the cookie); tcp_check_req makes
                                      a socket of it by tcp_v4_syn_recv_sock, in the accept queue
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnetlink
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.kernel.printk import KERN_INFO, printk
from softnet.kernel.timer import jiffies
from softnet.net.core.request_sock import (
    reqsk_free,
    reqsk_queue_add,
    reqsk_queue_is_full,
    reqsk_queue_len,
    reqsk_queue_len_young,
)
from softnet.net.core.secure_seq import secure_tcp_sequence_number
from softnet.net.core.sock import (
    bh_lock_sock_nested,
    sk_alloc,
    sk_setup_caps,
    sock_hold,
)
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_reqsk_queue_hash_add,
    inet_csk_route_req,
    inet_csk_search_req,
)
from softnet.net.ipv4.inet_hashtables import (
    inet_hash_nolisten,
    inet_inherit_port,
    inet_lookup_established,
)
from softnet.net.ipv4.inetpeer import inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.ip_options import ip_options_echo
from softnet.net.ipv4.ip_output import ip_build_and_send_pkt
from softnet.net.ipv4.syncookies import (
    cookie_check,
    cookie_check_timestamp,
    cookie_init_timestamp,
    cookie_v4_init_sequence,
)
from softnet.net.ipv4.tcp_clock import get_seconds, tcp_time_stamp
from softnet.net.ipv4.tcp_connect import tcp_make_synack, tcp_openreq_window
from softnet.net.ipv4.tcp_fastopen_server import (
    tcp_fastopen_check,
    tcp_fastopen_create_child,
    tcp_fastopen_start,
)
from softnet.net.ipv4.tcp_md5 import tcp_md5_do_lookup
from softnet.net.ipv4.tcp_minisocks import tcp_check_req, tcp_create_openreq_child
from softnet.net.ipv4.tcp_mss import tcp_initialize_rcv_mss, tcp_mtup_init, tcp_sync_mss
from softnet.net.ipv4.tcp_options import tcp_parse_options
from softnet.net.ipv4.tcp_reply import tcp_v4_reqsk_send_ack, tcp_v4_send_reset
from softnet.net.ipv4.tcp_rtt import tcp_valid_rtt_meas
from softnet.net.ipv4.tcp_state import tcp_hashinfo
from softnet.net.ipv4.tcp_timewait import tcp_death_row
from softnet.structs.inet_sock import IpOptions
from softnet.structs.request_sock import (
    RequestSock,
    RequestSockOps,
    TcpRequestSock,
    new_tcp_request_sock,
)
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Sock
from softnet.structs.tcp import TcpOptionsReceived, TcpSock, new_tcp_options


class TcpRequestSockOps(RequestSockOps):
    """tcp_request_sock_ops"""

    __slots__ = ()

    def rtx_syn_ack(self, sk: Sock, req: RequestSock) -> int:
        """tcp_v4_rtx_synack()"""
        assert isinstance(sk, TcpSock)
        assert isinstance(req, TcpRequestSock)
        sk.sk_net.mib.tcp.inc(snmp.TCP_MIB_RETRANSSEGS)
        sk.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPSYNRETRANS)
        return tcp_v4_send_synack(sk, None, req)

    def send_ack(self, sk: Sock, skb: SkBuff, req: RequestSock) -> None:
        """tcp_v4_reqsk_send_ack()"""
        assert isinstance(sk, TcpSock)
        assert isinstance(req, TcpRequestSock)
        tcp_v4_reqsk_send_ack(sk, skb, req)

    def send_reset(self, sk: Sock, skb: SkBuff) -> None:
        """tcp_v4_send_reset()"""
        assert isinstance(sk, TcpSock)
        tcp_v4_send_reset(sk, skb)

    def syn_ack_timeout(self, sk: Sock, req: RequestSock) -> None:
        """tcp_syn_ack_timeout()"""
        sk.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPTIMEOUTS)

    def destructor(self, req: RequestSock) -> None:
        """tcp_v4_reqsk_destructor()"""
        assert isinstance(req, TcpRequestSock)
        req.opt = None


tcp_request_sock_ops = TcpRequestSockOps(2)  # AF_INET


# ---- the SYN


def tcp_v4_conn_request(tp: TcpSock, skb: SkBuff) -> int:
    """A SYN for listener tp: 0 always, as a SYN that cannot be served is dropped in silence.

    skb stays the caller's. skb.when is the ISN to use if a mini-socket made room for this, else 0.
    """
    if trace.tcp_v4_conn_request.enabled:
        trace.tcp_v4_conn_request.fire(skb)
    isn = skb.when
    rt = skb.dst
    assert isinstance(rt, Rtable)
    if rt.rt_flags & (rtnetlink.RTCF_BROADCAST | rtnetlink.RTCF_MULTICAST):
        return 0
    queue = tp.icsk_accept_queue
    assert queue is not None
    want_cookie = False
    if reqsk_queue_is_full(queue) and isn == 0:
        want_cookie = tcp_syn_flood_action(tp, skb)
        if not want_cookie:
            return 0
    # With the accept queue full, young embryos that could not be accepted anyway are enough.
    if tp.accept_queue_is_full() and reqsk_queue_len_young(queue) > 1:
        return 0
    opt = new_tcp_options()
    opt.mss_clamp = tcp.TCP_MSS_DEFAULT
    opt.user_mss = tp.rx_opt.user_mss
    tcp_parse_options(skb, opt, False, tp.sysctl)
    if want_cookie and not opt.saw_tstamp:
        opt.clear()  # a cookie alone has no room for them
    opt.tstamp_ok = opt.saw_tstamp
    req = tcp_openreq_init(tp, opt, skb)
    flags = skb.tcp_flags
    both = tcp.TCPHDR_ECE | tcp.TCPHDR_CWR
    if tp.sysctl.ecn and flags & both == both and (not want_cookie or opt.tstamp_ok):
        req.ecn_ok = True
    if want_cookie:
        req.snt_isn = cookie_v4_init_sequence(tp.sysctl, req)
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_SYNCOOKIESSENT)
        req.cookie_ts = opt.tstamp_ok
    elif isn:
        req.snt_isn = isn
    elif tcp_v4_may_serve(tp, req, opt):
        req.snt_isn = tcp_v4_init_sequence(tp, req)
    else:
        reqsk_free(req)
        return 0
    if tp.sysctl.fastopen and not want_cookie and tcp_fastopen_check(tp, skb, req):
        child = tcp_fastopen_create_child(tp, skb, req)
        if child is not None:
            tcp_v4_send_synack(tp, None, req)
            tcp_fastopen_start(tp, child, skb, req)
            return 0
    req.snt_synack = tcp_time_stamp()
    if tcp_v4_send_synack(tp, None, req) or want_cookie:
        reqsk_free(req)
        return 0
    inet_csk_reqsk_queue_hash_add(tp, req, const.TCP_TIMEOUT_INIT)
    return 0


def tcp_syn_flood_action(tp: TcpSock, skb: SkBuff) -> bool:
    """The SYN table is full: shall a cookie be sent? Says so in the log, once per listener.

    When that was is kept (tcp_synq_overflow()) where a connection keeps the time of its ts_recent.
    """
    mib = tp.sk_net.mib.net
    cookies = tp.sysctl.syncookies != 0
    mib.inc(snmp.LINUX_MIB_TCPREQQFULLDOCOOKIES if cookies else snmp.LINUX_MIB_TCPREQQFULLDROP)
    queue = tp.icsk_accept_queue
    assert queue is not None
    lopt = queue.listen_opt
    if cookies:
        tp.rx_opt.ts_recent_stamp = jiffies()
    if lopt is not None and not lopt.synflood_warned:
        lopt.synflood_warned = True
        printk(
            KERN_INFO,
            "TCP: Possible SYN flooding on port %d. %s.  Check SNMP counters.",
            tp.inet_num,
            "Sending cookies" if cookies else "Dropping request",
        )
    return cookies


def tcp_openreq_init(tp: TcpSock, opt: TcpOptionsReceived, skb: SkBuff) -> TcpRequestSock:
    """An embryo for the SYN skb, whose options are in opt."""
    p = skb.ptr
    nh = skb.network_header
    th = skb.transport_header
    req = new_tcp_request_sock(tcp_request_sock_ops)
    req.rcv_isn = skb.seq
    req.mss = opt.mss_clamp
    req.ts_recent = opt.rcv_tsval if opt.saw_tstamp else 0
    req.tstamp_ok = opt.tstamp_ok
    req.sack_ok = opt.sack_ok != 0
    req.snd_wscale = opt.snd_wscale
    req.wscale_ok = opt.wscale_ok
    req.rmt_addr = mem.get32(p, nh + 12)
    req.loc_addr = mem.get32(p, nh + 16)
    req.rmt_port = mem.get16(p, th)
    req.loc_port = mem.get16(p, th + 2)
    req.no_srccheck = tp.transparent
    req.opt = tcp_v4_save_options(skb)
    return req


def tcp_v4_save_options(skb: SkBuff) -> IpOptions | None:
    """The IP options to answer skb with: its own, a source route reversed; None if it has none."""
    opt = skb.ip_opt
    if not isinstance(opt, IpOptions) or opt.optlen == 0:
        return None
    echo = IpOptions()
    return echo if ip_options_echo(echo, skb) == 0 and echo.optlen else None


def tcp_v4_may_serve(tp: TcpSock, req: TcpRequestSock, opt: TcpOptionsReceived) -> bool:
    """With tcp_tw_recycle: is the timestamp newer than those of this peer's last connection?

    And without cookies the last quarter of the SYN table is for peers known to be alive.
    """
    sysctl = tp.sysctl
    row = tcp_death_row(tp.sk_net)
    if opt.saw_tstamp and row.sysctl_tw_recycle:
        peer = inet_getpeer_v4(tp.sk_net, req.rmt_addr, 0)
        if peer is not None:
            stamp, ts = peer.tcp_ts_stamp, peer.tcp_ts
            inet_putpeer(peer)
            if (
                stamp
                and get_seconds() - stamp < const.TCP_PAWS_MSL
                and mem.s32(ts - req.ts_recent) > const.TCP_PAWS_WINDOW
            ):
                tp.sk_net.mib.net.inc(snmp.LINUX_MIB_PAWSPASSIVEREJECTED)
                return False
        return True
    if sysctl.syncookies:
        return True
    queue = tp.icsk_accept_queue
    assert queue is not None
    room = sysctl.max_syn_backlog - reqsk_queue_len(queue)
    if room >= sysctl.max_syn_backlog >> 2:
        return True
    rt = inet_csk_route_req(tp, req)
    return rt is not None and rt.metric(rtnetlink.RTAX_RTT) != 0


def tcp_v4_init_sequence(tp: TcpSock, req: TcpRequestSock) -> int:
    """The ISN of a passive open."""
    hinfo = tcp_hashinfo(tp)
    return secure_tcp_sequence_number(
        hinfo.port_key0,
        hinfo.port_key1,
        tp.sk_net.machine.clock.now,
        req.loc_addr,
        req.rmt_addr,
        req.loc_port,
        req.rmt_port,
    )


def tcp_v4_send_synack(tp: TcpSock, rt: Rtable | None, req: TcpRequestSock) -> int:
    """Send req's SYN-ACK; 0, or what went wrong."""
    if trace.tcp_v4_send_synack.enabled:
        trace.tcp_v4_send_synack.fire(tp)
    if rt is None:
        rt = inet_csk_route_req(tp, req)
        if rt is None:
            return -1
    tsval = cookie_init_timestamp(req) if req.cookie_ts else tcp_time_stamp()
    key = tcp_md5_do_lookup(tp, req.rmt_addr)
    skb = tcp_make_synack(tp, rt, req, tsval, key)
    tcp_v4_check_partial(skb, req.loc_addr, req.rmt_addr)
    err = ip_build_and_send_pkt(skb, tp, req.loc_addr, req.rmt_addr, req.opt)
    return 0 if err == const.NET_XMIT_CN else err


def tcp_v4_check_partial(skb: SkBuff, saddr: int, daddr: int) -> None:
    """__tcp_v4_send_check(): the pseudo header's sum; the rest is left to the device, or to
    skb_checksum_help() for one that cannot."""
    th = skb.transport_header
    pseudo = csum.csum_tcpudp_magic(saddr, daddr, skb.len, in_.IPPROTO_TCP, 0)
    mem.put16(skb.ptr, th + 16, ~pseudo & const.U16_MAX)
    skb.ip_summed = const.CHECKSUM_PARTIAL
    skb.csum_start = th
    skb.csum_offset = 16


# ---- the last ACK


def tcp_v4_hnd_req(tp: TcpSock, skb: SkBuff) -> TcpSock | None:
    """A segment came to listener tp: who shall process it? skb stays the caller's.

    tp itself (a SYN, or nonsense), a new or just established socket, locked (and held), or None if
    the segment is done with.
    """
    if trace.tcp_v4_hnd_req.enabled:
        trace.tcp_v4_hnd_req.fire(skb)
    p = skb.ptr
    nh = skb.network_header
    th = skb.transport_header
    saddr = mem.get32(p, nh + 12)
    daddr = mem.get32(p, nh + 16)
    sport = mem.get16(p, th)
    req = inet_csk_search_req(tp, sport, saddr, daddr)
    if req is not None:
        return tcp_check_req(tp, skb, req)
    hinfo = tcp_hashinfo(tp)
    nsk = inet_lookup_established(hinfo, saddr, sport, daddr, mem.get16(p, th + 2), skb.skb_iif)
    if nsk is not None:
        assert isinstance(nsk, TcpSock)
        sock_hold(nsk)
        bh_lock_sock_nested(nsk)
        return nsk
    if not skb.tcp_flags & tcp.TCPHDR_SYN and tp.sysctl.syncookies:
        return cookie_v4_check(tp, skb)
    return tp


def cookie_v4_check(tp: TcpSock, skb: SkBuff) -> TcpSock | None:
    """Is skb's ACK the answer to a cookie of ours? Answers as tcp_v4_hnd_req()."""
    if not skb.tcp_flags & tcp.TCPHDR_ACK or skb.tcp_flags & tcp.TCPHDR_RST:
        return tp
    queue = tp.icsk_accept_queue
    assert queue is not None
    mib = tp.sk_net.mib.net
    opt = new_tcp_options()
    req = tcp_openreq_init(tp, opt, skb)
    req.rcv_isn = mem.u32(skb.seq - 1)
    req.snt_isn = mem.u32(skb.ack_seq - 1)
    mss = 0
    if tcp_synq_recent_overflow(tp):
        mss = cookie_check(tp.sysctl, req, req.snt_isn)
    if mss == 0:
        mib.inc(snmp.LINUX_MIB_SYNCOOKIESFAILED)
        return tp
    mib.inc(snmp.LINUX_MIB_SYNCOOKIESRECV)
    tcp_parse_options(skb, opt, False, tp.sysctl)
    if not cookie_check_timestamp(tp.sysctl, opt):
        return tp
    req.mss = mss
    req.ecn_ok = opt.dsack and tp.sysctl.ecn != 0
    req.snd_wscale = opt.snd_wscale
    req.sack_ok = opt.sack_ok != 0
    req.wscale_ok = opt.wscale_ok
    req.tstamp_ok = opt.saw_tstamp
    req.ts_recent = opt.rcv_tsval if opt.saw_tstamp else 0
    rt = inet_csk_route_req(tp, req)
    if rt is None:
        reqsk_free(req)
        return None
    tcp_openreq_window(tp, rt, req, req.mss)
    child = tcp_v4_syn_recv_sock(tp, skb, req)
    if child is None:
        reqsk_free(req)
        return None  # dropped; the client, which is connected, sends its data again
    reqsk_queue_add(queue, req, tp, child)
    return child


def tcp_synq_recent_overflow(tp: TcpSock) -> bool:
    """not tcp_synq_no_recent_overflow(): was a cookie sent lately? Else nobody can bring one back."""
    queue = tp.icsk_accept_queue
    assert queue is not None
    lopt = queue.listen_opt
    if lopt is None or not lopt.synflood_warned:
        return False  # jiffies begin at 0 here: a stamp of 0 may be one
    return jiffies() <= tp.rx_opt.ts_recent_stamp + const.TCP_TIMEOUT_FALLBACK


def tcp_v4_syn_recv_sock(tp: TcpSock, skb: SkBuff, req: TcpRequestSock) -> TcpSock | None:
    """The socket for req, whose handshake skb completes: locked, held twice; None if it can't be."""
    if trace.tcp_v4_syn_recv_sock.enabled:
        trace.tcp_v4_syn_recv_sock.fire(skb)
    mib = tp.sk_net.mib.net
    if tp.accept_queue_is_full():
        mib.inc(snmp.LINUX_MIB_LISTENOVERFLOWS)
        mib.inc(snmp.LINUX_MIB_LISTENDROPS)
        return None
    rt = inet_csk_route_req(tp, req)
    if rt is None:
        mib.inc(snmp.LINUX_MIB_LISTENDROPS)
        return None
    newtp = sk_alloc(tp.sk_net, tp.sk_family, tp.sk_prot)
    assert isinstance(newtp, TcpSock)
    err = tp.sk_prot.init(newtp)
    assert err == 0
    sock_hold(newtp)
    bh_lock_sock_nested(newtp)
    tcp_create_openreq_child(tp, newtp, req, skb)
    newtp.sk_gso_type = const.SKB_GSO_TCPV4
    newtp.inet_daddr = req.rmt_addr
    newtp.inet_rcv_saddr = req.loc_addr
    newtp.inet_saddr = req.loc_addr
    opt = req.opt
    req.opt = None
    newtp.inet_opt = opt
    newtp.icsk_ext_hdr_len = 0 if opt is None else opt.optlen
    newtp.mc_index = skb.skb_iif
    newtp.mc_ttl = mem.get8(skb.ptr, skb.network_header + 8)
    newtp.inet_id = (newtp.write_seq ^ jiffies()) & const.U16_MAX
    key = tcp_md5_do_lookup(tp, req.rmt_addr)
    if key is not None:
        newtp.md5sig_info = {req.rmt_addr: key}
        newtp.md5_key = key
        newtp.sk_route_nocaps |= const.NETIF_F_GSO_MASK
        newtp.tcp_header_len += tcp.TCPOLEN_MD5SIG_ALIGNED
    sk_setup_caps(newtp, rt)
    tcp_mtup_init(newtp)
    tcp_sync_mss(newtp, rt.mtu())
    newtp.advmss = rt.advmss()
    user_mss = tp.rx_opt.user_mss
    if user_mss and user_mss < newtp.advmss:
        newtp.advmss = user_mss
    tcp_initialize_rcv_mss(newtp)
    if req.snt_synack:
        tcp_valid_rtt_meas(newtp, mem.u32(tcp_time_stamp() - req.snt_synack))
    newtp.total_retrans = req.retrans
    hinfo = tcp_hashinfo(newtp)
    inet_inherit_port(hinfo, tp, newtp)
    inet_hash_nolisten(hinfo, newtp)
    return newtp
