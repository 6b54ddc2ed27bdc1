"""UDP: receiving datagrams, and errors about those sent.

Linux: net/ipv4/udp.c. RFC 768, RFC 1122 4.1, RFC 3828.

    udp_rcv                  length and checksum, then the socket (udp_table), or all (multicast)
    udp_queue_rcv_skb        the socket's limits, its lock or its backlog
    udp_recvmsg              the checksum is verified while the data is copied, unless somebody did
    udp4_lib_err             an ICMP error about a datagram of ours

Between udp_rcv and udp_recvmsg skb.seq is how many bytes the checksum covers (UDP_SKB_CB->cscov):
skb.len, but for UDP-Lite.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket_
import softnet.uapi.tcp as tcp_
from softnet.net.core.datagram import (
    skb_copy_and_csum_datagram_iovec,
    skb_copy_datagram_iovec,
    skb_free_datagram_locked,
    skb_kill_datagram,
    skb_recv_datagram,
)
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    pskb_may_pull,
    pskb_trim_rcsum,
    skb_checksum_complete_head,
    skb_clone,
)
from softnet.net.core.sock import (
    bh_lock_sock,
    bh_unlock_sock,
    sk_add_backlog,
    sk_rcvqueues_full,
    sock_queue_rcv_skb,
    sock_recv_ts_and_drops,
)
from softnet.net.ipv4.icmp import icmp_send
from softnet.net.ipv4.icmp_codes import icmp_err_errno, icmp_err_fatal
from softnet.net.ipv4.igmp_sock import ip_mc_sf_allow
from softnet.net.ipv4.ip_error import ip_icmp_error
from softnet.net.ipv4.ip_sockglue import ip_cmsg_recv, ip_recv_error
from softnet.net.ipv4.udp_sock import UDPLITE_RECV_CC, UdpSock
from softnet.net.ipv4.udp_table import UdpTable, udp4_lib_lookup, udp_mib
from softnet.structs.headers import icmp_hdr
from softnet.structs.route import Rtable
from softnet.structs.socket import SockaddrIn

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.socket import MsgHdr

UDP_HLEN = 8
UDP_CHECK = 6  # offset of the checksum in the header


def udp_rcv(skb: SkBuff, table: object, proto: int) -> int:
    """__udp4_lib_rcv(): a datagram for this host; 0, or -n to be delivered as protocol n.

    Consumes skb, whose data is at the UDP header. table: the UdpTable of the protocol.
    """
    if trace.udp_rcv.enabled:
        trace.udp_rcv.fire(skb)
    dev = skb.dev
    assert dev is not None
    net = dev.nd_net
    if not pskb_may_pull(skb, UDP_HLEN):
        return udp_drop(net, skb, proto, const.SKB_DROP_REASON_PKT_TOO_SMALL)
    p = skb.ptr
    o = skb.transport_header
    nh = skb.network_header
    saddr = mem.get32(p, nh + 12)
    daddr = mem.get32(p, nh + 16)
    ulen = mem.get16(p, o + 4)
    if proto == in_.IPPROTO_UDP:
        if ulen > skb.len or ulen < UDP_HLEN or pskb_trim_rcsum(skb, ulen):
            return udp_drop(net, skb, proto, const.SKB_DROP_REASON_UDP_LEN)
        skb.seq = ulen
        if skb.ip_summed & const.CHECKSUM_UNNECESSARY == 0:
            udp4_csum_init(skb, saddr, daddr)
    elif not udplite_checksum_init(skb, saddr, daddr, ulen):
        return udp_drop(net, skb, proto, const.SKB_DROP_REASON_UDP_CSUM)
    rt = skb.dst
    assert isinstance(rt, Rtable)
    udptable = table
    assert isinstance(udptable, UdpTable)
    if rt.rt_flags & (rtn.RTCF_BROADCAST | rtn.RTCF_MULTICAST):
        return udp4_lib_mcast_deliver(udptable, skb, saddr, daddr, dev)
    sport = mem.get16(skb.ptr, o)
    dport = mem.get16(skb.ptr, o + 2)
    sk = udp4_lib_lookup(udptable, saddr, sport, daddr, dport, dev.ifindex)
    if sk is not None:
        ret = udp_queue_rcv_skb(sk, skb)
        return -ret if ret > 0 else 0
    if not udp_checksum_ok(skb):
        return udp_drop(net, skb, proto, const.SKB_DROP_REASON_UDP_CSUM)
    mib = net.mib.udp if proto == in_.IPPROTO_UDP else net.mib.udplite
    mib.inc(snmp.UDP_MIB_NOPORTS)
    icmp_send(skb, icmp_.ICMP_DEST_UNREACH, icmp_.ICMP_PORT_UNREACH, 0)
    kfree_skb(skb, const.SKB_DROP_REASON_NO_SOCKET)
    return 0


def udp_drop(net: Net, skb: SkBuff, proto: int, reason: int) -> int:
    """A datagram that is not one."""
    mib = net.mib.udp if proto == in_.IPPROTO_UDP else net.mib.udplite
    mib.inc(snmp.UDP_MIB_INERRORS)
    kfree_skb(skb, reason)
    return 0


def udp4_csum_init(skb: SkBuff, saddr: int, daddr: int) -> None:
    """udp4_csum_init(): no checksum is right; a device's sum is compared; else skb.csum gets the
    pseudo header's, for whoever adds up the rest."""
    if mem.get16(skb.ptr, skb.transport_header + UDP_CHECK) == 0:
        skb.ip_summed = const.CHECKSUM_UNNECESSARY
        return
    if skb.ip_summed == const.CHECKSUM_COMPLETE:
        check = csum.csum_tcpudp_magic(saddr, daddr, skb.len, in_.IPPROTO_UDP, skb.csum)
        if check == 0:
            skb.ip_summed = const.CHECKSUM_UNNECESSARY
            return
    skb.csum = csum.csum_tcpudp_nofold(saddr, daddr, skb.len, in_.IPPROTO_UDP, 0)


def udplite_checksum_init(skb: SkBuff, saddr: int, daddr: int, cscov: int) -> bool:
    """udplite_checksum_init(): RFC 3828 3.1: the coverage must be sane, the checksum not absent."""
    if mem.get16(skb.ptr, skb.transport_header + UDP_CHECK) == 0:
        return False
    if cscov == 0:
        cscov = skb.len
    elif cscov < UDP_HLEN or cscov > skb.len:
        return False
    skb.seq = cscov  # UDP_SKB_CB(skb)->cscov
    if cscov < skb.len and skb.ip_summed == const.CHECKSUM_COMPLETE:
        skb.ip_summed = const.CHECKSUM_NONE
    if skb.ip_summed == const.CHECKSUM_COMPLETE:
        check = csum.csum_tcpudp_magic(saddr, daddr, skb.len, in_.IPPROTO_UDPLITE, skb.csum)
        if check == 0:
            skb.ip_summed = const.CHECKSUM_UNNECESSARY
    if skb.ip_summed & const.CHECKSUM_UNNECESSARY == 0:
        skb.csum = csum.csum_tcpudp_nofold(saddr, daddr, skb.len, in_.IPPROTO_UDPLITE, 0)
    return True


def udp_checksum_ok(skb: SkBuff) -> bool:
    """!udp_lib_checksum_complete(): is the checksum right? Computed once, if nobody did before."""
    if skb.ip_summed & const.CHECKSUM_UNNECESSARY:
        return True
    return skb_checksum_complete_head(skb, skb.seq) == 0


def udp_queue_rcv_skb(sk: UdpSock, skb: SkBuff) -> int:
    """udp_queue_rcv_skb(): queue skb for sk; consumes it. 0, -1 if it was dropped."""
    if trace.udp_queue_rcv_skb.enabled:
        trace.udp_queue_rcv_skb.fire(skb)
    if sk.pcflag and not udplite_coverage_ok(sk, skb):
        return udp_rcv_drop(sk, skb, const.SKB_DROP_REASON_UDP_CSUM)
    if sk.sk_filter is not None and not udp_checksum_ok(skb):
        return udp_rcv_drop(sk, skb, const.SKB_DROP_REASON_UDP_CSUM)
    if sk_rcvqueues_full(sk):
        udp_mib(sk).inc(snmp.UDP_MIB_RCVBUFERRORS)
        return udp_rcv_drop(sk, skb, const.SKB_DROP_REASON_SOCKET_RCVBUFF)
    bh_lock_sock(sk)
    rc = 0
    if not sk.owned:
        rc = udp_queue_rcv_one_skb(sk, skb)
    elif sk_add_backlog(sk, skb):
        bh_unlock_sock(sk)
        return udp_rcv_drop(sk, skb, const.SKB_DROP_REASON_SOCKET_BACKLOG)
    bh_unlock_sock(sk)
    return rc


def udplite_coverage_ok(sk: UdpSock, skb: SkBuff) -> bool:
    """RFC 3828 3.3: a socket may ask for full coverage, or for at least pcrlen bytes of it."""
    if not sk.pcflag & UDPLITE_RECV_CC or skb.seq >= skb.len:
        return True
    return sk.pcrlen != 0 and skb.seq >= sk.pcrlen


def udp_rcv_drop(sk: UdpSock, skb: SkBuff, reason: int) -> int:
    """sk cannot have skb."""
    udp_mib(sk).inc(snmp.UDP_MIB_INERRORS)
    sk.sk_drops += 1
    kfree_skb(skb, reason)
    return -1


def udp_queue_rcv_one_skb(sk: UdpSock, skb: SkBuff) -> int:
    """__udp_queue_rcv_skb(): sk's lock is ours; consumes skb. The route is kept for IP_PKTINFO only."""
    if trace.udp_queue_rcv_one_skb.enabled:
        trace.udp_queue_rcv_one_skb.fire(skb)
    if not sk.cmsg_flags & const.IP_CMSG_PKTINFO:
        skb.dst = None
    rc = sock_queue_rcv_skb(sk, skb)
    if rc < 0:
        reason = const.SKB_DROP_REASON_SOCKET_FILTER
        if rc == -errno.ENOMEM:
            udp_mib(sk).inc(snmp.UDP_MIB_RCVBUFERRORS)
            reason = const.SKB_DROP_REASON_SOCKET_RCVBUFF
        elif rc == -errno.ENOBUFS:
            reason = const.SKB_DROP_REASON_PROTO_MEM
        udp_mib(sk).inc(snmp.UDP_MIB_INERRORS)
        if trace.udp_fail_queue_rcv_skb.enabled:
            trace.udp_fail_queue_rcv_skb.fire(skb, "rc=%d port=%d", rc, sk.inet_num)
        kfree_skb(skb, reason)
        return -1
    return 0


def udp4_lib_mcast_deliver(
    table: UdpTable, skb: SkBuff, saddr: int, daddr: int, dev: NetDevice
) -> int:
    """__udp4_lib_mcast_deliver(): a copy to every socket that listens; consumes skb; 0."""
    if trace.udp4_lib_mcast_deliver.enabled:
        trace.udp4_lib_mcast_deliver.fire(skb)
    p = skb.ptr
    o = skb.transport_header
    sport = mem.get16(p, o)
    dport = mem.get16(p, o + 2)
    last: UdpSock | None = None
    if table.hash:
        sk = table.hash[dport & table.mask]
        while sk is not None:
            if udp_v4_mcast_match(sk, dport, daddr, sport, saddr, dev.ifindex):
                if last is not None:
                    udp_queue_rcv_skb(last, skb_clone(skb))
                last = sk
            nxt = sk.sk_next
            assert nxt is None or isinstance(nxt, UdpSock)
            sk = nxt
    if last is not None:
        udp_queue_rcv_skb(last, skb)
    else:
        consume_skb(skb)
    return 0


def udp_v4_mcast_match(
    sk: UdpSock, loc_port: int, loc_addr: int, rmt_port: int, rmt_addr: int, dif: int
) -> bool:
    """The test of udp_v4_mcast_next()."""
    return (
        sk.udp_port_hash == loc_port
        and not (sk.inet_daddr and sk.inet_daddr != rmt_addr)
        and not (sk.inet_dport and sk.inet_dport != rmt_port)
        and not (sk.inet_rcv_saddr and sk.inet_rcv_saddr != loc_addr)
        and not sk.ipv6only
        and not (sk.sk_bound_dev_if and sk.sk_bound_dev_if != dif)
        and ip_mc_sf_allow(sk, loc_addr, rmt_addr, dif)
    )


def udp_recvmsg(sk: UdpSock, msg: MsgHdr, size: int, flags: int) -> int:
    """udp_recvmsg(): the next datagram; its bytes (all of them with MSG_TRUNC), or -errno."""
    if trace.udp_recvmsg.enabled:
        trace.udp_recvmsg.fire(sk)
    if flags & socket_.MSG_ERRQUEUE:
        return ip_recv_error(sk, msg, size)
    noblock = flags & socket_.MSG_DONTWAIT != 0
    while True:
        skb = skb_recv_datagram(sk, flags, noblock)
        if skb is None:
            return sk.recv_error
        peeked = sk.recv_peeked
        ulen = skb.len - UDP_HLEN
        copied = size
        if copied > ulen:
            copied = ulen
        elif copied < ulen:
            msg.flags |= socket_.MSG_TRUNC
        err = udp_copy_datagram(skb, msg, copied, ulen)
        if err == 0 or err != -errno.EINVAL:
            break
        if skb_kill_datagram(sk, skb, flags) == 0:
            udp_mib(sk).inc(snmp.UDP_MIB_INERRORS)
        if noblock:
            return -errno.EAGAIN
        msg.flags &= ~socket_.MSG_TRUNC
    if err == 0:
        if not peeked:
            udp_mib(sk).inc(snmp.UDP_MIB_INDATAGRAMS)
        sock_recv_ts_and_drops(msg, sk, skb)
        if msg.want_name:
            p = skb.ptr
            name = SockaddrIn(0, 0)
            name.sin_addr = mem.get32(p, skb.network_header + 12)
            name.sin_port = mem.get16(p, skb.transport_header)
            msg.name = name
        if sk.cmsg_flags:
            ip_cmsg_recv(msg, skb)
        err = ulen if flags & socket_.MSG_TRUNC else copied
    skb_free_datagram_locked(sk, skb)
    return err


def udp_copy_datagram(skb: SkBuff, msg: MsgHdr, copied: int, ulen: int) -> int:
    """Copy to the program and verify: 0, -EFAULT, or -EINVAL for a wrong checksum.

    What is cut short, or only partly covered, is verified before it is copied.
    """
    if skb.ip_summed & const.CHECKSUM_UNNECESSARY:
        return skb_copy_datagram_iovec(skb, UDP_HLEN, msg, copied)
    if copied < ulen or skb.seq < skb.len:
        if not udp_checksum_ok(skb):
            return -errno.EINVAL
        return skb_copy_datagram_iovec(skb, UDP_HLEN, msg, copied)
    return skb_copy_and_csum_datagram_iovec(skb, UDP_HLEN, msg)


# ---- errors


def udp4_lib_err(skb: SkBuff, info: int, table: object) -> None:
    """__udp4_lib_err(): an ICMP error quotes a datagram of ours: skb.data at its IP header.

    RFC 1122 4.1.3.3: the error goes to the program; without IP_RECVERR only hard errors of connected
    sockets do.
    """
    if trace.udp_err.enabled:
        trace.udp_err.fire(skb)
    dev = skb.dev
    assert dev is not None
    net = dev.nd_net
    udptable = table
    assert isinstance(udptable, UdpTable)
    p = skb.ptr
    o = skb.data
    th = o + ((mem.get8(p, o) & 0x0F) << 2)
    daddr = mem.get32(p, o + 16)
    saddr = mem.get32(p, o + 12)
    dport = mem.get16(p, th + 2)
    sport = mem.get16(p, th)
    sk = udp4_lib_lookup(udptable, daddr, dport, saddr, sport, dev.ifindex)
    if sk is None:
        net.mib.icmp.inc(snmp.ICMP_MIB_INERRORS)
        return
    icmph = icmp_hdr(skb)
    type = icmph.type()
    code = icmph.code()
    err = errno.EHOSTUNREACH
    hard = False
    if type == icmp_.ICMP_SOURCE_QUENCH:
        return
    if type == icmp_.ICMP_PARAMETERPROB:
        err = errno.EPROTO
        hard = True
    elif type == icmp_.ICMP_DEST_UNREACH:
        if code == icmp_.ICMP_FRAG_NEEDED:
            if sk.pmtudisc == in_.IP_PMTUDISC_DONT:
                return
            err = errno.EMSGSIZE
            hard = True
        elif code <= icmp_.NR_ICMP_UNREACH:
            err = icmp_err_errno(code)
            hard = icmp_err_fatal(code)
    if sk.recverr:
        ip_icmp_error(sk, skb, err, dport, info, th + UDP_HLEN)
    elif not hard or sk.sk_state != tcp_.TCP_ESTABLISHED:
        return
    sk.sk_err = err
    sk.sk_error_report()
