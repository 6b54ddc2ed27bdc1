"""Reassembly of IPv4 datagrams.

Linux: net/ipv4/ip_fragment.c. RFC 791 3.2, RFC 815, RFC 1122 3.3.2.

ip_defrag() takes a fragment and answers 0 when it has become the whole datagram.

What overlaps do, as in the last stable 3.2 (3.2.102; datagrams with overlaps were first refused
as a whole in 4.19): a new fragment loses to what a fragment that begins before it already holds, and
wins over what begins where it begins or later. A piece that is covered entirely is dropped. Nothing is
ever copied beyond its fragment, a last fragment may not contradict another's end, and a datagram
whose length passes 65535 bytes is dropped with all its pieces ("ping of death").
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
import softnet.uapi.snmp as snmp
from softnet.kernel.printk import net_ratelimit, printk
from softnet.kernel.timer import del_timer, jiffies, mod_timer
from softnet.net.core.dev.registry import dev_get_by_index
from softnet.net.core.secure_seq import jhash_3words
from softnet.net.core.skbuff import (
    alloc_skb,
    consume_skb,
    kfree_skb,
    pskb_expand_head,
    pskb_may_pull,
    pskb_pull,
    pskb_trim,
    pskb_trim_rcsum,
    skb_clone,
    skb_cloned,
    skb_dst_drop,
    skb_morph,
    skb_pagelen,
    skb_share_check,
)
from softnet.net.ipv4.inet_fragment import (
    InetFragQueue,
    NetnsFrags,
    inet_frag_destroy,
    inet_frag_evictor,
    inet_frag_intern,
    inet_frag_kill,
    inet_frag_purge,
    inet_frag_secret,
    inet_frag_touch,
)
from softnet.net.ipv4.inetpeer import inet_getpeer_v4, inet_putpeer
from softnet.net.ipv4.route import ip_route_input_noref
from softnet.net.ipv4.route_cache import format_addr
from softnet.structs.headers import ip_hdr
from softnet.structs.route import Rtable, rt_stages

if TYPE_CHECKING:
    from softnet.structs.inetpeer import InetPeer
    from softnet.structs.net_namespace import Net
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.skbuff import SkBuff
    from softnet.wire.ip import IpHdr

IP_MAX_LEN = 65535
SIZEOF_IPQ = 200  # bytes of struct ipq on x86-64

# Who reassembles: queues of different users never mix (enum ip_defrag_users).
IP_DEFRAG_LOCAL_DELIVER = 0
IP_DEFRAG_CALL_RA_CHAIN = 1
IP_DEFRAG_CONNTRACK_IN = 2
IP_DEFRAG_CONNTRACK_OUT = 3
IP_DEFRAG_CONNTRACK_BRIDGE_IN = 4
IP_DEFRAG_VS_IN = 5
IP_DEFRAG_VS_OUT = 6
IP_DEFRAG_VS_FWD = 7
IP_DEFRAG_AF_PACKET = 8
IP_DEFRAG_MACVLAN = 9

# Ipq.ecn
IPFRAG_ECN_CLEAR = 0x01  # a fragment was not ECN-capable
IPFRAG_ECN_SET_CE = 0x04  # a fragment met congestion


class Ipq(InetFragQueue):
    """struct ipq: one datagram in the making."""

    __slots__ = ("user", "saddr", "daddr", "id", "protocol", "ecn", "iif", "rid", "peer", "dead")

    user: int
    saddr: int
    daddr: int
    id: int
    protocol: int
    ecn: int
    iif: int
    rid: int
    peer: InetPeer | None
    dead: bool

    def __init__(self, nf: NetnsFrags, iph: IpHdr, user: int) -> None:
        InetFragQueue.__init__(self, nf)
        self.user = user
        self.saddr = iph.saddr()
        self.daddr = iph.daddr()
        self.id = iph.id()
        self.protocol = iph.protocol()
        self.ecn = 0
        self.iif = 0
        self.rid = 0
        self.peer = inet_getpeer_v4(nf.net, self.saddr, 1) if nf.max_dist else None
        self.dead = False

    def function(self) -> None:
        ip_expire(self)


def ip_defrag(skb: SkBuff, user: int) -> int:
    """ip_defrag(): 0 and skb is the whole datagram; else skb is kept or freed. user: IP_DEFRAG_*."""
    if trace.ip_defrag.enabled:
        trace.ip_defrag.fire(skb)
    dev = skb.dev
    if dev is None:
        assert skb.dst is not None
        dev = skb.dst.dev
    assert dev is not None
    net = dev.nd_net
    net.mib.ip.inc(snmp.IPSTATS_MIB_REASMREQDS)
    nf = net.ipv4.frags
    assert isinstance(nf, NetnsFrags)
    if nf.mem > nf.high_thresh:
        ip_evictor(nf)
    qp = ip_find(nf, skb, user)
    if qp is None:
        net.mib.ip.inc(snmp.IPSTATS_MIB_REASMFAILS)
        kfree_skb(skb, const.SKB_DROP_REASON_FRAG_INVALID)
        return -errno.ENOMEM
    err = ip_frag_queue(qp, skb)
    if qp.last_in & const.INET_FRAG_COMPLETE:
        ipq_put(qp)
    return err


def ip_evictor(nf: NetnsFrags) -> None:
    """ip_evictor(): too much memory is tied up in unfinished datagrams."""
    evicted = inet_frag_evictor(nf)
    if evicted:
        nf.net.mib.ip.add(snmp.IPSTATS_MIB_REASMFAILS, evicted)


def ip_find(nf: NetnsFrags, skb: SkBuff, user: int) -> Ipq | None:
    """ip_find(): the queue that skb belongs to, a new one if need be; None if there may be no more."""
    iph = ip_hdr(skb)
    saddr, daddr, ident, protocol = iph.saddr(), iph.daddr(), iph.id(), iph.protocol()
    rnd = ip4_frag_secret(nf)
    slot = ipqhashfn(saddr, daddr, ident, protocol, rnd)
    chain = nf.hash[slot]
    if chain is not None:
        for q in chain:
            assert isinstance(q, Ipq)
            if (
                q.id == ident
                and q.saddr == saddr
                and q.daddr == daddr
                and q.protocol == protocol
                and q.user == user
            ):
                return q
    qp = Ipq(nf, iph, user)
    if not inet_frag_intern(nf, qp, slot):
        ipq_free(qp)
        return None
    return qp


def ipqhashfn(saddr: int, daddr: int, ident: int, protocol: int, rnd: int) -> int:
    """ipqhashfn(): where a datagram's queue is; senders cannot guess it, for want of rnd."""
    return jhash_3words(ident << 16 | protocol, saddr, daddr, rnd) & (const.INETFRAGS_HASHSZ - 1)


def ip4_frag_secret(nf: NetnsFrags) -> int:
    """inet_frag_secret() after which every queue is where it says."""
    before = nf.rebuilt
    rnd = inet_frag_secret(nf)
    if nf.rebuilt != before:
        for q in nf.lru:
            assert isinstance(q, Ipq)
            slot = ipqhashfn(q.saddr, q.daddr, q.id, q.protocol, rnd)
            q.hash = slot
            chain = nf.hash[slot]
            if chain is None:
                nf.hash[slot] = [q]
            else:
                chain.append(q)
    return rnd


def ip_frag_queue(qp: Ipq, skb: SkBuff) -> int:
    """ip_frag_queue(): put skb in its place. 0 and it is the datagram, or -errno and it is gone."""
    if trace.ip_frag_queue.enabled:
        trace.ip_frag_queue.fire(skb)
    if qp.last_in & const.INET_FRAG_COMPLETE:
        return frag_refused(skb, errno.ENOENT)
    if not skb.ip_flags & const.IPSKB_FRAG_COMPLETE and ip_frag_too_far(qp):
        ip_frag_reinit(qp)
    iph = ip_hdr(skb)
    ecn = ip4_frag_ecn(iph.tos())
    offset = iph.offset()
    ihl = iph.hdrlen()
    end = ip_frag_end(qp, skb, offset + skb.len - ihl, iph.frag_off() & in_.IP_MF)
    if end < 0 or end == offset:
        return frag_refused(skb, errno.EINVAL)
    if pskb_pull(skb, ihl) < 0 or pskb_trim_rcsum(skb, end - offset):
        return frag_refused(skb, errno.ENOMEM)

    prev = qp.fragments_tail
    nxt = None
    if prev is not None and prev.seq >= offset:
        prev = None
        nxt = qp.fragments
        while nxt is not None and nxt.seq < offset:
            prev = nxt
            nxt = nxt.next
    if prev is not None:
        i = prev.seq + prev.len - offset
        if i > 0:  # the older one, which begins before us, keeps its bytes
            offset += i
            if end <= offset:
                return frag_refused(skb, errno.EINVAL)
            if pskb_pull(skb, i) < 0:
                return frag_refused(skb, errno.ENOMEM)
            if skb.ip_summed != const.CHECKSUM_UNNECESSARY:
                skb.ip_summed = const.CHECKSUM_NONE
    nxt = ip_frag_override(qp, prev, nxt, end)

    skb.seq = offset  # FRAG_CB(skb)->offset
    ip_frag_link(qp, prev, skb, nxt)
    dev = skb.dev
    if dev is not None:
        qp.iif = dev.ifindex
        skb.dev = None
    qp.stamp = skb.tstamp
    qp.meat += skb.len
    qp.ecn |= ecn
    qp.frags_ns.mem += skb.truesize
    if offset == 0:
        qp.last_in |= const.INET_FRAG_FIRST_IN
    if qp.last_in == const.INET_FRAG_FIRST_IN | const.INET_FRAG_LAST_IN and qp.meat == qp.len:
        return ip_frag_reasm(qp, prev, skb, dev)
    skb_dst_drop(skb)
    inet_frag_touch(qp)
    return -errno.EINPROGRESS


def ip_frag_link(qp: Ipq, prev: SkBuff | None, skb: SkBuff, nxt: SkBuff | None) -> None:
    """Put skb between prev and nxt."""
    skb.next = nxt
    if nxt is None:
        qp.fragments_tail = skb
    if prev is not None:
        prev.next = skb
    else:
        qp.fragments = skb


def ip_frag_end(qp: Ipq, skb: SkBuff, end: int, more: int) -> int:
    """Where skb's data ends in the datagram, which it says is at `end`; -1 if that cannot be."""
    if not more:
        # A last fragment that ends before what is here, or elsewhere than another last one, lies.
        if end < qp.len or (qp.last_in & const.INET_FRAG_LAST_IN and end != qp.len):
            return -1
        qp.last_in |= const.INET_FRAG_LAST_IN
        qp.len = end
        return end
    if end & 7:
        end &= ~7
        if skb.ip_summed != const.CHECKSUM_UNNECESSARY:
            skb.ip_summed = const.CHECKSUM_NONE
    if end > qp.len:
        if qp.last_in & const.INET_FRAG_LAST_IN:
            return -1
        qp.len = end
    return end


def ip_frag_override(qp: Ipq, prev: SkBuff | None, nxt: SkBuff | None, end: int) -> SkBuff | None:
    """Take from the fragments behind a new one what it covers up to `end`; the first that is left."""
    while nxt is not None and nxt.seq < end:
        i = end - nxt.seq
        if i < nxt.len:
            if pskb_pull(nxt, i) < 0:
                return nxt
            nxt.seq += i
            qp.meat -= i
            if nxt.ip_summed != const.CHECKSUM_UNNECESSARY:
                nxt.ip_summed = const.CHECKSUM_NONE
            break
        covered = nxt
        nxt = covered.next
        if prev is not None:
            prev.next = nxt
        else:
            qp.fragments = nxt
        if nxt is None:
            qp.fragments_tail = prev
        qp.meat -= covered.len
        covered.next = None
        qp.frags_ns.mem -= covered.truesize
        kfree_skb(covered, const.SKB_DROP_REASON_DUP_FRAG)
    return nxt


def frag_refused(skb: SkBuff, err: int) -> int:
    """skb is no part of any datagram."""
    kfree_skb(skb, const.SKB_DROP_REASON_FRAG_INVALID)
    return -err


def ip4_frag_ecn(tos: int) -> int:
    """ip4_frag_ecn(): what the two ECN bits say, as one bit of Ipq.ecn."""
    ecn = tos & in_.INET_ECN_MASK
    if ecn == in_.INET_ECN_NOT_ECT:
        return IPFRAG_ECN_CLEAR
    return IPFRAG_ECN_SET_CE if ecn == in_.INET_ECN_CE else 0


def ip_frag_too_far(qp: Ipq) -> bool:
    """ip_frag_too_far(): has this sender sent so many other fragments meanwhile that its 16-bit
    identification may have come round? (ipfrag_max_dist)"""
    nf = qp.frags_ns
    peer = qp.peer
    if peer is None or not nf.max_dist:
        return False
    start = qp.rid
    peer.rid += 1
    qp.rid = peer.rid
    far = qp.fragments is not None and qp.rid - start > nf.max_dist
    if far:
        nf.net.mib.ip.inc(snmp.IPSTATS_MIB_REASMFAILS)
    return far


def ip_frag_reinit(qp: Ipq) -> None:
    """ip_frag_reinit(): forget the fragments so far, they are another datagram's."""
    mod_timer(qp, jiffies() + qp.frags_ns.timeout)
    inet_frag_purge(qp, const.SKB_DROP_REASON_FRAG_EVICTED)
    qp.last_in = 0
    qp.len = 0
    qp.meat = 0
    qp.iif = 0
    qp.ecn = 0


def ip_frag_reasm(qp: Ipq, prev: SkBuff | None, skb: SkBuff, dev: NetDevice | None) -> int:
    """ip_frag_reasm(): all is here; make skb, the fragment that came last, the datagram.

    0, or -errno with everything freed. The pieces become the frag_list of the first one.
    """
    if trace.ip_frag_reasm.enabled:
        trace.ip_frag_reasm.fire(skb)
    net = qp.frags_ns.net
    nf = qp.frags_ns
    dst = skb.dst
    inet_frag_kill(qp)
    head = qp.fragments
    assert head is not None
    if prev is not None:
        ip_frag_swap_head(qp, prev, skb, head)
        head = skb
    ihlen = ip_hdr(head).hdrlen()
    total = ihlen + qp.len
    if total > IP_MAX_LEN:
        if net_ratelimit():
            printk(const.KERN_INFO, "Oversized IP packet from %s.", format_addr(qp.saddr))
        net.mib.ip.inc(snmp.IPSTATS_MIB_REASMFAILS)
        return -errno.E2BIG
    if skb_cloned(head) and pskb_expand_head(head, 0, 0):
        net.mib.ip.inc(snmp.IPSTATS_MIB_REASMFAILS)
        return -errno.ENOMEM
    if head.shinfo.frag_list is not None:
        split_off_fraglist(nf, head)
    ip_frag_join(nf, head)
    head.dev = dev
    head.dst = dst
    head.tstamp = qp.stamp
    iph = ip_hdr(head)
    iph.set_frag_off(0)
    iph.set_tot_len(total)
    # RFC 3168 5.3: one fragment without ECN and the whole has none; else CE stays CE.
    if qp.ecn & IPFRAG_ECN_CLEAR:
        iph.set_tos(iph.tos() & ~in_.INET_ECN_MASK)
    elif qp.ecn & IPFRAG_ECN_SET_CE:
        iph.set_tos(iph.tos() | in_.INET_ECN_CE)
    iph.send_check()
    net.mib.ip.inc(snmp.IPSTATS_MIB_REASMOKS)
    qp.fragments = None
    qp.fragments_tail = None
    return 0


def ip_frag_swap_head(qp: Ipq, prev: SkBuff, skb: SkBuff, head: SkBuff) -> None:
    """Make skb, which is behind prev and which the caller knows, the head; a clone takes its place."""
    twin = skb_clone(skb)
    twin.next = skb.next
    prev.next = twin
    if skb.next is None:
        qp.fragments_tail = twin
    rest = head.next
    skb_morph(skb, head)
    skb.next = rest
    head.next = None
    consume_skb(head)  # 3.2 drops it; but skb has all of it now
    qp.fragments = skb


def ip_frag_join(nf: NetnsFrags, head: SkBuff) -> None:
    """Hang the fragments behind the first one into its frag_list; their memory is no longer ours."""
    head.shinfo.frag_list = head.next
    head.push(head.data - head.network_header)
    piece = head.next
    nf.mem -= head.truesize
    while piece is not None:
        nf.mem -= piece.truesize
        head.data_len += piece.len
        head.len += piece.len
        if head.ip_summed != piece.ip_summed:
            head.ip_summed = const.CHECKSUM_NONE
        elif head.ip_summed == const.CHECKSUM_COMPLETE:
            head.csum = csum.csum_add(head.csum, piece.csum)
        head.truesize += piece.truesize
        piece = piece.next
    head.next = None


def split_off_fraglist(nf: NetnsFrags, head: SkBuff) -> None:
    """The first fragment is a chain itself (it was reassembled before): link its tail as a piece."""
    clone = alloc_skb(0)
    clone.next = head.next
    head.next = clone
    clone.shinfo.frag_list = head.shinfo.frag_list
    head.shinfo.frag_list = None
    linear = skb_pagelen(head)
    n = head.len - linear
    clone.len = n
    clone.data_len = n
    head.data_len -= n
    head.len -= n
    clone.csum = 0
    clone.ip_summed = head.ip_summed
    nf.mem += clone.truesize


def ip_expire(qp: Ipq) -> None:
    """ip_expire(): time is up. Whoever sent the first fragment hears of it (RFC 792), from the end
    host only, and only if that fragment came."""
    if trace.ip_expire.enabled:
        trace.ip_expire.fire(qp)
    nf = qp.frags_ns
    net = nf.net
    if qp.last_in & const.INET_FRAG_COMPLETE:
        return
    inet_frag_kill(qp)
    net.mib.ip.inc(snmp.IPSTATS_MIB_REASMTIMEOUT)
    net.mib.ip.inc(snmp.IPSTATS_MIB_REASMFAILS)
    head = qp.fragments
    if qp.last_in & const.INET_FRAG_FIRST_IN and head is not None:
        dev = dev_get_by_index(net, qp.iif)
        if dev is not None:
            head.dev = dev
            ip_expire_report(qp, head, dev)
    qp.dead = True
    ipq_release(qp, const.SKB_DROP_REASON_FRAG_REASM_TIMEOUT)


def ip_expire_report(qp: Ipq, head: SkBuff, dev: NetDevice) -> None:
    """Send "fragment reassembly time exceeded" about head, unless it is not ours to say."""
    skb_dst_drop(head)
    iph = ip_hdr(head)
    if ip_route_input_noref(head, iph.daddr(), iph.saddr(), iph.tos(), dev):
        return
    rt = head.dst
    if qp.user == IP_DEFRAG_AF_PACKET or (
        qp.user == IP_DEFRAG_CONNTRACK_IN and isinstance(rt, Rtable) and rt.rt_type != rtn.RTN_LOCAL
    ):
        return
    rt_stages().icmp.icmp_send(head, icmp.ICMP_TIME_EXCEEDED, icmp.ICMP_EXC_FRAGTIME, 0)


def ipq_put(qp: Ipq) -> None:
    """ipq_put(): a queue that is done goes; what it could not use goes with it."""
    if not qp.dead:
        qp.dead = True
        ipq_release(qp, const.SKB_DROP_REASON_FRAG_INVALID)


def ipq_release(qp: Ipq, reason: int) -> None:
    """inet_frag_destroy() with the ipq's own things."""
    inet_frag_destroy(qp, reason)
    ipq_free(qp)


def ipq_free(qp: Ipq) -> None:
    """ip4_frag_free()"""
    if qp.peer is not None:
        inet_putpeer(qp.peer)
        qp.peer = None


def ip_check_defrag(skb: SkBuff, user: int) -> SkBuff | None:
    """ip_check_defrag(): for those outside the IP path: reassemble if skb is an IPv4 fragment.

    The packet to go on with; None while fragments are missing.
    """
    if skb.protocol != if_ether.ETH_P_IP or not pskb_may_pull(skb, in_.IP_HLEN):
        return skb
    iph = ip_hdr(skb)
    if iph.ihl() < 5 or iph.version() != 4 or not pskb_may_pull(skb, iph.hdrlen()):
        return skb
    iph = ip_hdr(skb)
    if skb.len < iph.tot_len() or iph.tot_len() < iph.hdrlen():
        return skb
    if not iph.is_fragment():
        return skb
    skb = skb_share_check(skb)
    if pskb_trim(skb, ip_hdr(skb).tot_len()):
        return skb
    skb.ip_opt = None
    skb.ip_flags = 0
    if ip_defrag(skb, user):
        return None
    skb.rxhash = 0
    return skb


def ipfrag_net_init(net: Net) -> None:
    """ipv4_frags_init_net()"""
    net.ipv4.frags = NetnsFrags(net, SIZEOF_IPQ)


def ipfrag_net_exit(net: Net) -> None:
    """inet_frags_exit_net(): nothing stays behind."""
    nf = net.ipv4.frags
    assert isinstance(nf, NetnsFrags)
    for q in list(nf.lru):
        assert isinstance(q, Ipq)
        del_timer(q)
        inet_frag_kill(q)
        q.dead = True
        ipq_release(q, const.SKB_DROP_REASON_FRAG_EVICTED)
