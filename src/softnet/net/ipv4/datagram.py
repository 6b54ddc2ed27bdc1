"""Connecting a datagram socket: a fixed peer, and a route to it.

Linux: net/ipv4/datagram.c, and udp_disconnect() of net/ipv4/udp.c, which raw and ping sockets use too.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.kernel.timer import jiffies
from softnet.net.core.sock import lock_sock, release_sock, sk_dst_reset, sk_dst_set
from softnet.net.ipv4.ip_output import RT_CONN_FLAGS
from softnet.net.ipv4.route import ip_route_connect
from softnet.structs.flow import Flowi4
from softnet.structs.inet_sock import InetSock
from softnet.structs.socket import SockaddrIn

if TYPE_CHECKING:
    from softnet.structs.sock import Sock
    from softnet.structs.socket import Sockaddr


def ip4_datagram_connect(sk: Sock, addr: Sockaddr) -> int:
    """ip4_datagram_connect(): send to, and receive from, nobody but addr. 0 or -errno."""
    assert isinstance(sk, InetSock)
    if not isinstance(addr, SockaddrIn):
        return -errno.EAFNOSUPPORT
    sk_dst_reset(sk)
    lock_sock(sk)
    err = datagram_connect_locked(sk, addr)
    release_sock(sk)
    return err


def datagram_connect_locked(sk: InetSock, addr: SockaddrIn) -> int:
    """The part under the socket lock."""
    oif = sk.sk_bound_dev_if
    saddr = sk.inet_saddr
    if ipv4_is_multicast(addr.sin_addr):
        if not oif:
            oif = sk.mc_index
        if not saddr:
            saddr = sk.mc_addr
    fl4 = Flowi4()
    rt = ip_route_connect(
        sk.sk_net,
        fl4,
        addr.sin_addr,
        saddr,
        RT_CONN_FLAGS(sk),
        oif,
        sk.sk_protocol,
        sk.inet_sport,
        addr.sin_port,
        sk,
    )
    if rt is None:
        if fl4.error == -errno.ENETUNREACH:
            sk.sk_net.mib.ip.inc(snmp.IPSTATS_MIB_OUTNOROUTES)
        return fl4.error
    if rt.rt_flags & rtn.RTCF_BROADCAST and not sk.flag(const.SOCK_BROADCAST):
        return -errno.EACCES
    if not sk.inet_saddr:
        sk.inet_saddr = fl4.saddr
    if not sk.inet_rcv_saddr:
        sk.inet_rcv_saddr = fl4.saddr
        sk.sk_prot.rehash(sk)
    sk.inet_daddr = fl4.daddr
    sk.inet_dport = addr.sin_port
    sk.sk_state = tcp.TCP_ESTABLISHED
    sk.inet_id = jiffies() & 0xFFFF
    sk_dst_set(sk, rt)
    return 0


def udp_disconnect(sk: Sock, flags: int) -> int:
    """udp_disconnect(): RFC 1122 4.1.3.5 apart, connect(AF_UNSPEC) makes everybody welcome again."""
    if trace.udp_disconnect.enabled:
        trace.udp_disconnect.fire(sk)
    assert isinstance(sk, InetSock)
    sk.sk_state = tcp.TCP_CLOSE
    sk.inet_daddr = 0
    sk.inet_dport = 0
    sk.sk_rxhash = 0
    sk.sk_bound_dev_if = 0
    if not sk.sk_userlocks & const.SOCK_BINDADDR_LOCK:
        inet_reset_saddr(sk)
        if sk.sk_userlocks & const.SOCK_BINDPORT_LOCK:
            sk.sk_prot.rehash(sk)
    if not sk.sk_userlocks & const.SOCK_BINDPORT_LOCK:
        sk.sk_prot.unhash(sk)
        sk.inet_sport = 0
    sk_dst_reset(sk)
    return 0


def inet_reset_saddr(sk: InetSock) -> None:
    """inet_reset_saddr(): no local address any more."""
    sk.inet_rcv_saddr = 0
    sk.inet_saddr = 0


def ipv4_is_multicast(addr: int) -> bool:
    """224.0.0.0/4"""
    return addr >> 28 == in_.IN_CLASSD_IS >> 28
