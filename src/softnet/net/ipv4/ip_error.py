"""The error queue of IPv4 sockets: what IP_RECVERR lets a program read.

Linux: ip_icmp_error() and ip_local_error() in net/ipv4/ip_sockglue.c, include/linux/errqueue.h

An entry is an skb: its data is what is left of the packet the error is about, its cb a SockExterr
(structs/errqueue).
Reading it is ip_recv_error() in ip_sockglue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.errqueue as errqueue
from softnet.net.core.skbuff import alloc_skb, kfree_skb, skb_clone
from softnet.net.core.sock import sock_queue_err_skb
from softnet.structs.errqueue import SockExterr
from softnet.structs.headers import icmp_hdr
from softnet.structs.inet_sock import InetSock

if TYPE_CHECKING:
    from softnet.structs.skbuff import SkBuff

IP_HLEN = 20
ICMP_HLEN = 8
DADDR_OFFSET = 16  # of daddr in an IP header


def ip_icmp_error(sk: InetSock, skb: SkBuff, err: int, port: int, info: int, payload: int) -> None:
    """ip_icmp_error(): queue an ICMP error for sk, if it asked for that.

    skb (the caller's) is the ICMP message; payload the offset in its head of what the program had
    sent; err a positive errno.
    """
    if not sk.recverr:
        return
    clone = skb_clone(skb)
    icmph = icmp_hdr(clone)
    serr = SockExterr(err, errqueue.SO_EE_ORIGIN_ICMP)
    serr.ee_type = icmph.type()
    serr.ee_code = icmph.code()
    serr.ee_info = info
    embedded = clone.transport_header + ICMP_HLEN
    serr.addr_offset = embedded + DADDR_OFFSET - clone.network_header
    serr.port = port
    clone.cb = serr
    if payload - clone.data <= clone.headlen():
        clone.pull(payload - clone.data)
        clone.reset_transport_header()
        if sock_queue_err_skb(sk, clone) == 0:
            return
    kfree_skb(clone, const.SKB_DROP_REASON_SOCKET_RCVBUFF)


def ip_local_error(sk: InetSock, err: int, daddr: int, port: int, info: int) -> None:
    """ip_local_error(): the same for a packet that did not leave; info: the MTU it was too big for."""
    if not sk.recverr:
        return
    skb = alloc_skb(IP_HLEN)
    skb.put(IP_HLEN)
    skb.reset_network_header()
    mem.fill(mem.addr(skb.shinfo.head), skb.network_header, IP_HLEN, 0)
    mem.put32(mem.addr(skb.shinfo.head), skb.network_header + DADDR_OFFSET, daddr)
    serr = SockExterr(err, errqueue.SO_EE_ORIGIN_LOCAL)
    serr.ee_info = info
    serr.addr_offset = DADDR_OFFSET
    serr.port = port
    skb.cb = serr
    skb.pull(IP_HLEN)
    skb.reset_transport_header()
    if sock_queue_err_skb(sk, skb):
        kfree_skb(skb, const.SKB_DROP_REASON_SOCKET_RCVBUFF)
