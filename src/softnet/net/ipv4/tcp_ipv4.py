"""TCP over IPv4: the door that segments come in by, connect(), and ICMP errors.

Linux: net/ipv4/tcp_ipv4.c. RFC 793, 1122 4.2.3.9 (ICMP), 1191 (path MTU), 5461, 5927.

    tcp_v4_rcv     from IP: prove the header, find the socket, respect its lock
    tcp_v4_do_rcv  the socket is ours: by its state to tcp_input, or to the listener (tcp_listen)
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp
import softnet.uapi.if_packet as if_packet
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnetlink
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.kernel.timer import jiffies
from softnet.net.core.secure_seq import secure_tcp_sequence_number
from softnet.net.core.skbuff import kfree_skb, nf_reset, pskb_may_pull, skb_checksum
from softnet.net.core.sock import (
    bh_lock_sock_nested,
    bh_unlock_sock,
    sk_add_backlog,
    sk_dst_check,
    sk_filter,
    sk_setup_caps,
    sock_put,
)
from softnet.net.ipv4.icmp_codes import icmp_err_errno
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_reqsk_queue_drop,
    inet_csk_reset_xmit_timer,
    inet_csk_search_req,
)
from softnet.net.ipv4.inet_hashtables import (
    InetHashinfo,
    inet_hash_connect,
    inet_lookup_established,
    inet_lookup_listener,
    inet_lookup_timewait,
)
from softnet.net.ipv4.inet_timewait_sock import inet_twsk_deschedule
from softnet.net.ipv4.inetpeer import inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.ip_output import RT_CONN_FLAGS, ip_dont_fragment, ip_queue_xmit
from softnet.net.ipv4.route import (
    ip_route_connect,
    ip_route_newports,
    ip_route_output_ports,
)
from softnet.net.ipv4.tcp_clock import get_seconds, tcp_time_stamp
from softnet.net.ipv4.tcp_connect import tcp_connect
from softnet.net.ipv4.tcp_fastopen_client import tcp_fastopen_defer_connect
from softnet.net.ipv4.tcp_input import tcp_rcv_established, tcp_rcv_state_process
from softnet.net.ipv4.tcp_listen import (
    tcp_v4_check_partial,
    tcp_v4_conn_request,
    tcp_v4_hnd_req,
    tcp_v4_syn_recv_sock,
)
from softnet.net.ipv4.tcp_md5 import tcp_md5_do_lookup, tcp_v4_inbound_md5_hash
from softnet.net.ipv4.tcp_minisocks import tcp_child_process
from softnet.net.ipv4.tcp_mss import tcp_sync_mss
from softnet.net.ipv4.tcp_prequeue import tcp_prequeue
from softnet.net.ipv4.tcp_recovery import tcp_simple_retransmit
from softnet.net.ipv4.tcp_reply import tcp_v4_send_reset, tcp_v4_timewait_ack
from softnet.net.ipv4.tcp_rtt import tcp_set_rto
from softnet.net.ipv4.tcp_state import tcp_done, tcp_hashinfo, tcp_set_state
from softnet.net.ipv4.tcp_timer import tcp_retransmit_timer
from softnet.net.ipv4.tcp_timewait import (
    tcp_death_row,
    tcp_remember_stamp,
    tcp_timewait_state_process,
)
from softnet.structs.flow import Flowi4
from softnet.structs.headers import icmp_hdr
from softnet.structs.inet_connection_sock import (
    InetConnectionSock,
    InetConnectionSockAfOps,
)
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from softnet.structs.net_namespace import Net
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.request_sock import RequestSock, TcpRequestSock
from softnet.structs.route import Rtable
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import Sockaddr, SockaddrIn
from softnet.structs.tcp import TcpSock

HLEN_QUOTED = 8  # bytes of a TCP header that an ICMP error must quote
DOFF_SIGNED = 10 << 4  # the header's length, in its byte, that a signature takes at least


# ---- receiving


def tcp_v4_rcv(skb: SkBuff) -> int:
    """A segment from IP, data at the TCP header. Consumes skb; 0."""
    if trace.tcp_v4_rcv.enabled:
        trace.tcp_v4_rcv.fire(skb)
    dev = skb.dev
    assert dev is not None
    net = dev.nd_net
    if skb.pkt_type != if_packet.PACKET_HOST:
        kfree_skb(skb)
        return 0
    net.mib.tcp.inc(snmp.TCP_MIB_INSEGS)
    if not tcp_v4_header_is_sound(skb):
        net.mib.tcp.inc(snmp.TCP_MIB_INERRS)
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_INVALID_HDR)
        return 0
    p = skb.ptr
    th = skb.transport_header
    nh = skb.network_header
    flags = mem.get8(p, th + 13)
    skb.tcp_flags = flags
    seq = mem.get32(p, th + 4)
    skb.seq = seq
    length = skb.len - (mem.get8(p, th + 12) >> 4 << 2)
    skb.end_seq = mem.u32(seq + length + (flags & tcp.TCPHDR_FIN) + (flags >> 1 & 1))
    skb.ack_seq = mem.get32(p, th + 8)
    skb.when = 0
    skb.sacked = 0
    saddr = mem.get32(p, nh + 12)
    daddr = mem.get32(p, nh + 16)
    ports = mem.get32(p, th)
    hinfo = net_hashinfo(net)
    dif = dev.ifindex
    skb.skb_iif = dif
    sport = ports >> 16
    dport = ports & const.U16_MAX
    icsk = inet_lookup_established(hinfo, saddr, sport, daddr, dport, dif)
    if icsk is None:
        tw = inet_lookup_timewait(hinfo, saddr, sport, daddr, dport, dif)
        if tw is not None:
            return tcp_v4_rcv_timewait(net, hinfo, tw, skb)
        icsk = inet_lookup_listener(hinfo, saddr, sport, daddr, dport, dif)
        if icsk is None:
            return tcp_v4_no_socket(skb)
    return tcp_v4_rcv_sock(net, icsk, skb)


def net_hashinfo(net: Net) -> InetHashinfo:
    """The tables of a namespace."""
    hinfo = net.ipv4.tcp_hashinfo
    assert isinstance(hinfo, InetHashinfo)
    return hinfo


def tcp_v4_header_is_sound(skb: SkBuff) -> bool:
    """Is the TCP header whole, linear, and the checksum right? No side effect but pulling."""
    if not pskb_may_pull(skb, tcp.TCP_HLEN):
        return False
    doff = mem.get8(skb.ptr, skb.transport_header + 12) >> 4 << 2
    if doff < tcp.TCP_HLEN or not pskb_may_pull(skb, doff):
        return False
    if skb.ip_summed & const.CHECKSUM_UNNECESSARY:
        return True
    p = skb.ptr
    nh = skb.network_header
    saddr = mem.get32(p, nh + 12)
    daddr = mem.get32(p, nh + 16)
    if skb.ip_summed == const.CHECKSUM_COMPLETE:
        s = skb.csum
        if csum.csum_tcpudp_magic(saddr, daddr, skb.len, in_.IPPROTO_TCP, s) == 0:
            skb.ip_summed = const.CHECKSUM_UNNECESSARY
            return True
    s = skb_checksum(skb, 0, skb.len, 0)
    if csum.csum_tcpudp_magic(saddr, daddr, skb.len, in_.IPPROTO_TCP, s) != 0:
        return False
    skb.ip_summed = const.CHECKSUM_UNNECESSARY
    return True


def tcp_v4_rcv_sock(net: Net, icsk: InetConnectionSock, skb: SkBuff) -> int:
    """skb is for icsk: process it now, or leave it for the task that owns the socket."""
    tp = icsk
    assert isinstance(tp, TcpSock)
    if tp.min_ttl and mem.get8(skb.ptr, skb.network_header + 8) < tp.min_ttl:
        net.mib.net.inc(snmp.LINUX_MIB_TCPMINTTLDROP)
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_MINTTL)
        return 0
    if skb.nfct is not None:
        nf_reset(skb)
    if tp.sk_filter is not None:
        before = skb.len
        if sk_filter(tp, skb):
            kfree_skb(skb, const.SKB_DROP_REASON_SOCKET_FILTER)
            return 0
        skb.end_seq = mem.u32(skb.end_seq - (before - skb.len))  # what was cut will come again
    skb.dev = None
    tp.sk_refcnt += 1  # it must not go away under us
    bh_lock_sock_nested(tp)
    if not tp.owned:
        if tp.ucopy is None or not tcp_prequeue(tp, skb):
            tcp_v4_do_rcv(tp, skb)
    elif sk_add_backlog(tp, skb):
        net.mib.net.inc(snmp.LINUX_MIB_TCPBACKLOGDROP)
        kfree_skb(skb, const.SKB_DROP_REASON_SOCKET_BACKLOG)
    bh_unlock_sock(tp)
    sock_put(tp)
    return 0


def tcp_v4_do_rcv(tp: TcpSock, skb: SkBuff) -> int:
    """The socket is locked, or this is its backlog: process skb. Consumes it; 0."""
    if trace.tcp_v4_do_rcv.enabled:
        trace.tcp_v4_do_rcv.fire(skb)
    state = tp.sk_state
    if (
        tp.md5sig_info is not None
        or tp.md5_key is not None
        or mem.get8(skb.ptr, skb.transport_header + 12) >= DOFF_SIGNED
    ) and tcp_v4_md5_is_bad(tp, skb):
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_MD5)
        return 0
    if state == tcp.TCP_ESTABLISHED:
        if skb.rxhash:
            tp.sk_rxhash = skb.rxhash
        tcp_rcv_established(tp, skb)
        return 0
    rsk = tp
    if state == tcp.TCP_LISTEN:
        nsk = tcp_v4_hnd_req(tp, skb)
        if nsk is None:
            kfree_skb(skb, const.SKB_DROP_REASON_TCP_CLOSE)
            return 0
        if nsk is not tp:
            if skb.rxhash:
                nsk.sk_rxhash = skb.rxhash
            if tcp_child_process(tp, nsk, skb):
                tcp_v4_send_reset(nsk, skb)
                kfree_skb(skb, const.SKB_DROP_REASON_TCP_CLOSE)
            return 0
    if tcp_rcv_state_process(rsk, skb):
        tcp_v4_send_reset(rsk, skb)
        kfree_skb(skb, const.SKB_DROP_REASON_TCP_CLOSE)
    return 0


def tcp_v4_md5_is_bad(tp: TcpSock, skb: SkBuff) -> bool:
    """Does skb lack the right signature, or have one that nobody asked for?"""
    peer = mem.get32(skb.ptr, skb.network_header + 12)
    return tcp_v4_inbound_md5_hash(tp.sk_net, tcp_md5_do_lookup(tp, peer), skb)


def tcp_v4_no_socket(skb: SkBuff) -> int:
    """Nobody wants skb: a reset says so."""
    tcp_v4_send_reset(None, skb)
    kfree_skb(skb, const.SKB_DROP_REASON_NO_SOCKET)
    return 0


def tcp_v4_rcv_timewait(net: Net, hinfo: InetHashinfo, tw: InetTimewaitSock, skb: SkBuff) -> int:
    """skb is for a mini-socket."""
    sysctl = net.ipv4.tcp
    assert isinstance(sysctl, NetnsTcp)
    verdict = tcp_timewait_state_process(tw, skb, sysctl)
    if verdict == const.TCP_TW_SYN:
        p = skb.ptr
        daddr = mem.get32(p, skb.network_header + 16)
        dport = mem.get16(p, skb.transport_header + 2)
        saddr = mem.get32(p, skb.network_header + 12)
        sport = mem.get16(p, skb.transport_header)
        listener = inet_lookup_listener(hinfo, saddr, sport, daddr, dport, skb.skb_iif)
        if listener is not None:
            inet_twsk_deschedule(tw, tcp_death_row(net))
            return tcp_v4_rcv_sock(net, listener, skb)
        verdict = const.TCP_TW_ACK
    if verdict == const.TCP_TW_ACK:
        tcp_v4_timewait_ack(tw, skb)
    elif verdict == const.TCP_TW_RST:
        return tcp_v4_no_socket(skb)
    kfree_skb(skb, const.SKB_DROP_REASON_TCP_TIMEWAIT)
    return 0


# ---- connecting


def tcp_v4_connect(tp: TcpSock, addr: Sockaddr) -> int:
    """Begin a connection: route, port, SYN. The socket is locked. 0 or -errno."""
    if trace.tcp_v4_connect.enabled:
        trace.tcp_v4_connect.fire(tp)
    if not isinstance(addr, SockaddrIn):
        return -errno.EINVAL
    if addr.family != socket.AF_INET:
        return -errno.EAFNOSUPPORT
    net = tp.sk_net
    opt = tp.inet_opt
    daddr = addr.sin_addr
    nexthop = daddr
    if opt is not None and opt.srr:
        if daddr == 0:
            return -errno.EINVAL
        nexthop = opt.faddr
    orig_sport = tp.inet_sport
    dport = addr.sin_port
    fl4 = Flowi4()
    rt = ip_route_connect(
        net,
        fl4,
        nexthop,
        tp.inet_saddr,
        RT_CONN_FLAGS(tp),
        tp.sk_bound_dev_if,
        in_.IPPROTO_TCP,
        orig_sport,
        dport,
        tp,
    )
    if rt is None:
        if fl4.error == -errno.ENETUNREACH:
            net.mib.ip.inc(snmp.IPSTATS_MIB_OUTNOROUTES)
        return fl4.error
    if rt.rt_flags & (rtnetlink.RTCF_MULTICAST | rtnetlink.RTCF_BROADCAST):
        return -errno.ENETUNREACH
    if opt is None or not opt.srr:
        daddr = fl4.daddr
    if tp.inet_saddr == 0:
        tp.inet_saddr = fl4.saddr
    tp.inet_rcv_saddr = tp.inet_saddr
    tcp_v4_inherit_stamp(tp, daddr, fl4.daddr == daddr)
    tp.inet_dport = dport
    tp.inet_daddr = daddr
    tp.icsk_ext_hdr_len = 0 if opt is None else opt.optlen
    tp.rx_opt.mss_clamp = tcp.TCP_MSS_DEFAULT
    tp.md5_key = tcp_md5_do_lookup(tp, daddr)
    err = tcp_v4_connect_routed(tp, fl4, rt, orig_sport, dport)
    if err:
        tcp_set_state(tp, tcp.TCP_CLOSE)
        tp.sk_route_caps = 0
        tp.inet_dport = 0
    return err


def tcp_v4_connect_routed(tp: TcpSock, fl4: Flowi4, rt: Rtable, orig_sport: int, dport: int) -> int:
    """The addresses are known: take a port, enter the tables, send the SYN. 0 or -errno."""
    tcp_set_state(tp, tcp.TCP_SYN_SENT)
    hinfo = tcp_hashinfo(tp)
    err = inet_hash_connect(hinfo, tp)
    if err:
        return err
    route = ip_route_newports(
        tp.sk_net, fl4, rt, orig_sport, dport, tp.inet_sport, tp.inet_dport, tp
    )
    if route is None:
        return fl4.error
    tp.sk_gso_type = const.SKB_GSO_TCPV4
    sk_setup_caps(tp, route)
    if tp.write_seq == 0:
        tp.write_seq = secure_tcp_sequence_number(
            hinfo.port_key0,
            hinfo.port_key1,
            tp.sk_net.machine.clock.now,
            tp.inet_saddr,
            tp.inet_daddr,
            tp.inet_sport,
            dport,
        )
    tp.inet_id = (tp.write_seq ^ jiffies()) & const.U16_MAX
    if tp.fastopen_connect and tcp_fastopen_defer_connect(tp):
        return 0
    return tcp_connect(tp)


def tcp_v4_inherit_stamp(tp: TcpSock, daddr: int, direct: bool) -> None:
    """What an earlier connection of the socket, or of the host (tcp_tw_recycle), knew of timestamps.

    direct: there is no source route.
    """
    rx_opt = tp.rx_opt
    if rx_opt.ts_recent_stamp and tp.inet_daddr != daddr:
        rx_opt.ts_recent = 0
        rx_opt.ts_recent_stamp = 0
        tp.write_seq = 0
    if tcp_death_row(tp.sk_net).sysctl_tw_recycle and direct and not rx_opt.ts_recent_stamp:
        peer = inet_getpeer_v4(tp.sk_net, daddr, 0)
        if peer is not None:
            if peer.tcp_ts_stamp and get_seconds() - peer.tcp_ts_stamp <= const.TCP_PAWS_MSL:
                rx_opt.ts_recent_stamp = peer.tcp_ts_stamp
                rx_opt.ts_recent = peer.tcp_ts
            inet_putpeer(peer)


# ---- what connections ask of IPv4


class Ipv4Specific(InetConnectionSockAfOps):
    """ipv4_specific"""

    __slots__ = ()

    def queue_xmit(self, skb: SkBuff) -> int:
        """ip_queue_xmit()"""
        return ip_queue_xmit(skb)

    def send_check(self, sk: InetConnectionSock, skb: SkBuff) -> None:
        """tcp_v4_send_check()"""
        tcp_v4_check_partial(skb, sk.inet_saddr, sk.inet_daddr)

    def rebuild_header(self, sk: InetConnectionSock) -> int:
        """inet_sk_rebuild_header()"""
        if sk.sk_dst_cache is not None and sk_dst_check(sk, 0) is not None:
            return 0
        return inet_sk_reroute(sk)

    def conn_request(self, sk: InetConnectionSock, skb: SkBuff) -> int:
        """tcp_v4_conn_request()"""
        assert isinstance(sk, TcpSock)
        return tcp_v4_conn_request(sk, skb)

    def syn_recv_sock(
        self, sk: InetConnectionSock, skb: SkBuff, req: RequestSock
    ) -> InetConnectionSock | None:
        """tcp_v4_syn_recv_sock()"""
        assert isinstance(sk, TcpSock)
        assert isinstance(req, TcpRequestSock)
        return tcp_v4_syn_recv_sock(sk, skb, req)

    def remember_stamp(self, sk: InetConnectionSock) -> bool:
        """tcp_remember_stamp()"""
        assert isinstance(sk, TcpSock)
        return tcp_v4_remember_stamp(sk)


ipv4_specific = Ipv4Specific(in_.IP_HLEN)


def inet_sk_reroute(sk: InetConnectionSock) -> int:
    """The route went stale: ask again; 0 or -errno, remembered as a soft error."""
    opt = sk.inet_opt
    fl4 = Flowi4()
    rt = ip_route_output_ports(
        sk.sk_net,
        fl4,
        sk,
        opt.faddr if opt is not None and opt.srr else sk.inet_daddr,
        sk.inet_saddr,
        sk.inet_dport,
        sk.inet_sport,
        sk.sk_protocol,
        RT_CONN_FLAGS(sk),
        sk.sk_bound_dev_if,
    )
    if rt is not None:
        sk_setup_caps(sk, rt)
        return 0
    sk.sk_route_caps = 0
    sk.sk_err_soft = -fl4.error
    return fl4.error


def tcp_v4_remember_stamp(tp: TcpSock) -> bool:
    """Keep the peer's last timestamp (tcp_tw_recycle)."""
    rx_opt = tp.rx_opt
    return tcp_remember_stamp(tp.sk_net, tp.inet_daddr, rx_opt.ts_recent, rx_opt.ts_recent_stamp)


# ---- ICMP


def tcp_v4_err(skb: SkBuff, info: int) -> None:
    """An ICMP error quotes a segment of ours: skb.data at its IP header. skb is the ICMP layer's.

    RFC 5927: what does not quote a sequence number in flight is ignored. Errors of an established
    connection are soft: they tell why it timed out, if it does.
    """
    if trace.tcp_v4_err.enabled:
        trace.tcp_v4_err.fire(skb)
    dev = skb.dev
    assert dev is not None
    net = dev.nd_net
    p = skb.ptr
    o = skb.data
    ihl = (mem.get8(p, o) & 0x0F) << 2
    if skb.len < ihl + HLEN_QUOTED:
        net.mib.icmp.inc(snmp.ICMP_MIB_INERRORS)
        return
    th = o + ihl
    saddr, daddr = mem.get32(p, o + 12), mem.get32(p, o + 16)
    sport, dport = mem.get16(p, th), mem.get16(p, th + 2)
    hinfo = net_hashinfo(net)
    icsk = inet_lookup_established(hinfo, daddr, dport, saddr, sport, dev.ifindex)
    if icsk is None:
        if inet_lookup_timewait(hinfo, daddr, dport, saddr, sport, dev.ifindex) is not None:
            return
        icsk = inet_lookup_listener(hinfo, daddr, dport, saddr, sport, dev.ifindex)
    if icsk is None:
        net.mib.icmp.inc(snmp.ICMP_MIB_INERRORS)
        return
    tp = icsk
    assert isinstance(tp, TcpSock)
    tp.sk_refcnt += 1
    bh_lock_sock_nested(tp)
    if tp.owned:
        net.mib.net.inc(snmp.LINUX_MIB_LOCKDROPPEDICMPS)
    if tp.sk_state != tcp.TCP_CLOSE:
        seq = mem.get32(p, th + 4)
        if mem.get8(p, o + 8) < tp.min_ttl:
            net.mib.net.inc(snmp.LINUX_MIB_TCPMINTTLDROP)
        elif tp.sk_state == tcp.TCP_LISTEN:
            tcp_v4_err_listener(tp, skb, seq, daddr, dport, saddr)
        elif not mem.between(seq, tp.snd_una, tp.snd_nxt):
            net.mib.net.inc(snmp.LINUX_MIB_OUTOFWINDOWICMPS)
        else:
            tcp_v4_err_connection(tp, skb, seq, info)
    bh_unlock_sock(tp)
    sock_put(tp)


def tcp_v4_err_code(skb: SkBuff) -> int:
    """The errno that the ICMP message means; 0 if it means nothing to us."""
    icmph = icmp_hdr(skb)
    type = icmph.type()
    if type == icmp.ICMP_PARAMETERPROB:
        return errno.EPROTO
    if type == icmp.ICMP_TIME_EXCEEDED:
        return errno.EHOSTUNREACH
    if type == icmp.ICMP_DEST_UNREACH and icmph.code() <= icmp.NR_ICMP_UNREACH:
        return icmp_err_errno(icmph.code())
    return 0


def tcp_v4_err_listener(
    tp: TcpSock, skb: SkBuff, seq: int, peer: int, port: int, local: int
) -> None:
    """An error about a SYN-ACK: forget the embryo."""
    icmph = icmp_hdr(skb)
    frag_needed = icmph.type() == icmp.ICMP_DEST_UNREACH and icmph.code() == icmp.ICMP_FRAG_NEEDED
    if frag_needed or tcp_v4_err_code(skb) == 0 or tp.owned:
        return
    req = inet_csk_search_req(tp, port, peer, local)
    if req is None:
        return
    if seq != req.snt_isn:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_OUTOFWINDOWICMPS)
        return
    inet_csk_reqsk_queue_drop(tp, req)


def tcp_v4_err_connection(tp: TcpSock, skb: SkBuff, seq: int, info: int) -> None:
    """An error about a segment in flight."""
    icmph = icmp_hdr(skb)
    code = icmph.code()
    if icmph.type() == icmp.ICMP_DEST_UNREACH:
        if code == icmp.ICMP_FRAG_NEEDED:
            if not tp.owned:
                do_pmtu_discovery(tp, info)
            return
        if code == icmp.ICMP_NET_UNREACH or code == icmp.ICMP_HOST_UNREACH:
            tcp_v4_revert_backoff(tp, seq)
    err = tcp_v4_err_code(skb)
    if err == 0:
        return
    if tp.sk_state == tcp.TCP_SYN_SENT or tp.sk_state == tcp.TCP_SYN_RECV:
        if tp.owned:
            tp.sk_err_soft = err
        else:
            tp.sk_err = err
            tp.sk_error_report()
            tcp_done(tp)
    elif not tp.owned and tp.recverr:
        tp.sk_err = err
        tp.sk_error_report()
    else:
        tp.sk_err_soft = err


def tcp_v4_revert_backoff(tp: TcpSock, seq: int) -> None:
    """A router says that the path is broken, so the loss was no congestion: undo one backoff.

    RFC 6069.
    """
    if seq != tp.snd_una or not tp.icsk_retransmits or not tp.icsk_backoff or tp.owned:
        return
    tp.icsk_backoff -= 1
    if tp.srtt:
        tcp_set_rto(tp)
    else:
        tp.icsk_rto = const.TCP_TIMEOUT_INIT
    tp.icsk_rto = min(tp.icsk_rto << tp.icsk_backoff, const.TCP_RTO_MAX)
    skb = tp.sk_write_queue.first
    assert skb is not None
    passed = mem.u32(tcp_time_stamp() - skb.when)
    if passed < tp.icsk_rto:
        inet_csk_reset_xmit_timer(
            tp, const.ICSK_TIME_RETRANS, tp.icsk_rto - passed, const.TCP_RTO_MAX
        )
    else:
        tcp_retransmit_timer(tp)


def do_pmtu_discovery(tp: TcpSock, mtu: int) -> None:
    """The path carries only mtu bytes: smaller segments, and the lost ones again at once."""
    dst = sk_dst_check(tp, 0)
    if dst is None:
        return
    dst.ops.update_pmtu(dst, mtu)
    assert isinstance(dst, Rtable)
    if mtu < dst.mtu() and ip_dont_fragment(tp, dst):
        tp.sk_err_soft = errno.EMSGSIZE
    mtu = dst.mtu()
    if tp.pmtudisc != in_.IP_PMTUDISC_DONT and tp.icsk_pmtu_cookie > mtu:
        tcp_sync_mss(tp, mtu)
        tcp_simple_retransmit(tp)
