"""The messages a host sends about its multicast groups.

Linux: igmp_send_report() and add_grec() in net/ipv4/igmp.c. RFC 2236, RFC 3376 4.2 and 5.

Messages go out with TTL 1 and the router alert option, versions 1 and 2 to the group (a leave to all
routers), version 3 to 224.0.0.22 with as many group records as fit the MTU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp_
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.kernel.timer import jiffies
from softnet.net.core.skbuff import alloc_skb
from softnet.net.ipv4.ip_output import LL_RESERVED_SPACE, ip_local_out, ip_select_ident
from softnet.net.ipv4.route import ip_route_output_ports
from softnet.structs.flow import Flowi4
from softnet.structs.headers import ip_hdr
from softnet.structs.igmp import MCAST_EXCLUDE, MCAST_INCLUDE, IpMcList, IpSfList
from softnet.wire.igmp import grec_view, igmp_view

if TYPE_CHECKING:
    from softnet.structs.inetdevice import InDevice
    from softnet.structs.skbuff import SkBuff

IGMP_ALL_HOSTS = in_.INADDR_ALLHOSTS_GROUP
IGMPV3_ALL_MCR = in_.INADDR_IGMPV3_GROUP
ROUTER_ALERT = bytes((in_.IPOPT_RA, 4, 0, 0))
IGMP_TOS = in_.IPTOS_PREC_INTERNETCONTROL
IGMP_IP_HLEN = in_.IP_HLEN + 4
GREC_HLEN = 8
GREC_MAX = 0xFFFF
# Records whose list may be cut where the packet ends: what is left out is let in (RFC 3376 4.2.16).
TRUNCATABLE = (icmp_.IGMPV3_MODE_IS_EXCLUDE, icmp_.IGMPV3_CHANGE_TO_EXCLUDE)


def mc_groups(in_dev: InDevice) -> list[IpMcList]:
    """The device's groups, the one joined last first."""
    groups = []
    for im in reversed(in_dev.mc_list.values()):
        assert isinstance(im, IpMcList)
        groups.append(im)
    return groups


def igmp_v1_seen(in_dev: InDevice) -> bool:
    """IGMP_V1_SEEN(): is there a version-1 router, or are we told to behave so?"""
    return igmp_seen(in_dev, 1, in_dev.mr_v1_seen)


def igmp_v2_seen(in_dev: InDevice) -> bool:
    """IGMP_V2_SEEN()"""
    return igmp_seen(in_dev, 2, in_dev.mr_v2_seen)


def igmp_seen(in_dev: InDevice, version: int, until: int) -> bool:
    """Is `version` forced, or was it heard and is that not too long ago?"""
    conf_all = in_dev.dev.nd_net.ipv4.devconf_all
    if conf_all.force_igmp_version == version or in_dev.cnf.force_igmp_version == version:
        return True
    return until != 0 and jiffies() < until


class GroupRecord:
    """struct igmpv3_grec to be written."""

    __slots__ = ("mca", "sources", "type")

    type: int
    mca: int
    sources: list[int]

    def __init__(self, type: int, mca: int, sources: list[int]) -> None:
        self.type = type
        self.mca = mca
        self.sources = sources


def igmp_send_report(in_dev: InDevice, pmc: IpMcList, type: int) -> None:
    """igmp_send_report(): a report of versions 1, 2 or 3, or a leave, about one group."""
    if trace.igmp_send_report.enabled:
        trace.igmp_send_report.fire(in_dev)
    if type == icmp_.IGMPV3_HOST_MEMBERSHIP_REPORT:
        igmpv3_send_report(in_dev, pmc)
        return
    dst = pmc.multiaddr
    if type == icmp_.IGMP_HOST_LEAVE_MESSAGE:
        dst = in_.INADDR_ALLRTRS_GROUP
    skb = igmp_packet(in_dev, dst, icmp_.IGMP_HLEN, 0)
    if skb is None:
        return
    ih = igmp_view(skb.shinfo.head, skb.transport_header)
    ih.set_type(type)
    ih.set_group(pmc.multiaddr)
    igmp_finish(skb, icmp_.IGMP_HLEN)
    ip_local_out(skb)


def igmp_packet(in_dev: InDevice, dst: int, length: int, df: int) -> SkBuff | None:
    """An skb with its IP header for `length` bytes of zeros to dst; None if there is no way."""
    dev = in_dev.dev
    fl4 = Flowi4()
    net = dev.nd_net
    proto = in_.IPPROTO_IGMP
    rt = ip_route_output_ports(net, fl4, None, dst, 0, 0, 0, proto, 0, dev.ifindex)
    if rt is None:
        return None
    room = LL_RESERVED_SPACE(dev)
    skb = alloc_skb(room + IGMP_IP_HLEN + length)
    skb.dst = rt
    skb.dev = dev
    skb.protocol = if_ether.ETH_P_IP
    skb.reserve(room)
    at = skb.put(IGMP_IP_HLEN + length)
    head = skb.shinfo.head
    mem.fill(mem.addr(head), at, IGMP_IP_HLEN + length, 0)
    skb.reset_network_header()
    skb.transport_header = skb.network_header + IGMP_IP_HLEN
    iph = ip_hdr(skb)
    iph.set_hdrlen(IGMP_IP_HLEN)
    iph.set_tos(IGMP_TOS)
    iph.set_frag_off(df)
    iph.set_ttl(1)
    iph.set_protocol(in_.IPPROTO_IGMP)
    iph.set_saddr(fl4.saddr)
    iph.set_daddr(dst)
    ip_select_ident(skb, rt, None, 0)
    head[at + in_.IP_HLEN : at + IGMP_IP_HLEN] = ROUTER_ALERT
    return skb


def igmp_finish(skb: SkBuff, length: int) -> None:
    """Checksum the message."""
    head = skb.shinfo.head
    ih = igmp_view(head, skb.transport_header)
    ih.set_csum(csum.ip_compute_csum(mem.addr(head), skb.transport_header, length))


def igmpv3_send_report(in_dev: InDevice, pmc: IpMcList | None) -> None:
    """igmpv3_send_report(): answer a query: about pmc, or (None) about every group."""
    groups: list[IpMcList] = []
    if pmc is not None:
        groups = [pmc]
    else:
        for im in reversed(in_dev.mc_list.values()):
            assert isinstance(im, IpMcList)
            if im.multiaddr != IGMP_ALL_HOSTS:
                groups.append(im)
    records: list[GroupRecord] = []
    for im in groups:
        mode = icmp_.IGMPV3_MODE_IS_INCLUDE
        if im.sfcount[MCAST_EXCLUDE]:
            mode = icmp_.IGMPV3_MODE_IS_EXCLUDE
        add_grec(records, im, mode, False, False)
    igmpv3_sendpack(in_dev, records)


def igmpv3_send_cr(in_dev: InDevice) -> None:
    """igmpv3_send_cr(): report what changed: groups left, sources come and gone, modes."""
    records: list[GroupRecord] = []
    kept: list[object] = []
    for pmc in in_dev.mc_tomb:
        assert isinstance(pmc, IpMcList)
        if pmc.sfmode == MCAST_INCLUDE:
            add_grec(records, pmc, icmp_.IGMPV3_BLOCK_OLD_SOURCES, True, False)
            add_grec(records, pmc, icmp_.IGMPV3_BLOCK_OLD_SOURCES, True, True)
        if pmc.crcount:
            if pmc.sfmode == MCAST_EXCLUDE:
                add_grec(records, pmc, icmp_.IGMPV3_CHANGE_TO_INCLUDE, True, False)
            pmc.crcount -= 1
            if pmc.crcount == 0:
                drop_reported(pmc.tomb)
                drop_reported(pmc.sources)
        if pmc.crcount or pmc.tomb or pmc.sources:
            kept.append(pmc)
    in_dev.mc_tomb = kept
    for im in reversed(in_dev.mc_list.values()):
        assert isinstance(im, IpMcList)
        gone, come = icmp_.IGMPV3_BLOCK_OLD_SOURCES, icmp_.IGMPV3_ALLOW_NEW_SOURCES
        if im.sfcount[MCAST_EXCLUDE]:
            add_grec(records, im, gone, False, False)
            add_grec(records, im, come, False, True)
        else:
            add_grec(records, im, come, False, False)
            add_grec(records, im, gone, False, True)
        if im.crcount:
            mode = icmp_.IGMPV3_CHANGE_TO_INCLUDE
            if im.sfmode == MCAST_EXCLUDE:
                mode = icmp_.IGMPV3_CHANGE_TO_EXCLUDE
            add_grec(records, im, mode, False, False)
            im.crcount -= 1
    igmpv3_sendpack(in_dev, records)


def drop_reported(sources: dict[int, IpSfList]) -> None:
    """igmpv3_clear_zeros(): forget the sources that were reported often enough."""
    for addr in [addr for addr, psf in sources.items() if psf.sf_crcount == 0]:
        del sources[addr]


def is_in(pmc: IpMcList, psf: IpSfList, type: int, gdeleted: bool, sdeleted: bool) -> bool:
    """is_in(): does psf belong into a record of that type? gdeleted: the group was left; sdeleted:
    the source is one that went."""
    if type in (icmp_.IGMPV3_MODE_IS_INCLUDE, icmp_.IGMPV3_MODE_IS_EXCLUDE):
        if gdeleted or sdeleted or (pmc.gsquery and not psf.sf_gsresp):
            return False
        if pmc.sfmode == MCAST_INCLUDE:
            return True
        if psf.sf_count[MCAST_INCLUDE]:
            return type == icmp_.IGMPV3_MODE_IS_INCLUDE
        return pmc.sfcount[MCAST_EXCLUDE] == psf.sf_count[MCAST_EXCLUDE]
    if type == icmp_.IGMPV3_CHANGE_TO_INCLUDE:
        return not gdeleted and not sdeleted and psf.sf_count[MCAST_INCLUDE] != 0
    if type == icmp_.IGMPV3_CHANGE_TO_EXCLUDE:
        if gdeleted or sdeleted:
            return False
        if pmc.sfcount[MCAST_EXCLUDE] == 0 or psf.sf_count[MCAST_INCLUDE]:
            return False
        return pmc.sfcount[MCAST_EXCLUDE] == psf.sf_count[MCAST_EXCLUDE]
    if type == icmp_.IGMPV3_ALLOW_NEW_SOURCES:
        if gdeleted or not psf.sf_crcount:
            return False
        return (pmc.sfmode == MCAST_INCLUDE) != sdeleted
    if pmc.sfmode == MCAST_INCLUDE:
        return gdeleted or (psf.sf_crcount != 0 and sdeleted)
    return psf.sf_crcount != 0 and not gdeleted and not sdeleted


def add_grec(
    records: list[GroupRecord], pmc: IpMcList, type: int, gdeleted: bool, sdeleted: bool
) -> None:
    """add_grec(): a record about pmc, if it has something to say; marks and counts used up."""
    if pmc.multiaddr == IGMP_ALL_HOSTS:
        return
    isquery = type in (icmp_.IGMPV3_MODE_IS_INCLUDE, icmp_.IGMPV3_MODE_IS_EXCLUDE)
    source_change = type in (icmp_.IGMPV3_ALLOW_NEW_SOURCES, icmp_.IGMPV3_BLOCK_OLD_SOURCES)
    pool = pmc.tomb if sdeleted else pmc.sources
    sources: list[int] = []
    for psf in list(pool.values()):
        if not is_in(pmc, psf, type, gdeleted, sdeleted):
            continue
        if isquery:
            psf.sf_gsresp = False
        sources.append(psf.sf_inaddr)
        if source_change and psf.sf_crcount:
            psf.sf_crcount -= 1
            if (sdeleted or gdeleted) and psf.sf_crcount == 0:
                del pool[psf.sf_inaddr]
    if sources or (not source_change and (pmc.crcount or isquery or pmc.gsquery)):
        records.append(GroupRecord(type, pmc.multiaddr, sources))
    if isquery:
        pmc.gsquery = False


def igmpv3_sendpack(in_dev: InDevice, records: list[GroupRecord]) -> None:
    """Send records in as few messages as the MTU allows. A list too long for one is split, or cut."""
    room = in_dev.dev.mtu - IGMP_IP_HLEN - icmp_.IGMP_HLEN
    batch: list[GroupRecord] = []
    used = 0
    for record in records:
        sources = record.sources
        while True:
            fits = (room - used - GREC_HLEN) // 4
            if batch and fits < len(sources) and (fits < 1 or record.type in TRUNCATABLE):
                igmpv3_send_batch(in_dev, batch, used)
                batch = []
                used = 0
                continue
            fits = max(min(fits, len(sources)), 0)
            batch.append(GroupRecord(record.type, record.mca, sources[:fits]))
            used += GREC_HLEN + 4 * fits
            sources = sources[fits:]
            if not sources or record.type in TRUNCATABLE or (fits == 0 and used == GREC_HLEN):
                break
    if batch:
        igmpv3_send_batch(in_dev, batch, used)


def igmpv3_send_batch(in_dev: InDevice, batch: list[GroupRecord], used: int) -> None:
    """One version-3 report with `used` bytes of records."""
    length = icmp_.IGMP_HLEN + used
    skb = igmp_packet(in_dev, IGMPV3_ALL_MCR, length, in_.IP_DF)
    if skb is None:
        return
    head = skb.shinfo.head
    ih = igmp_view(head, skb.transport_header)
    ih.set_type(icmp_.IGMPV3_HOST_MEMBERSHIP_REPORT)
    ih.set_ngrec(len(batch))
    at = skb.transport_header + icmp_.IGMP_HLEN
    for record in batch:
        grec = grec_view(head, at)
        grec.set_grec_type(record.type)
        grec.set_grec_nsrcs(len(record.sources))
        grec.set_grec_mca(record.mca)
        for i, source in enumerate(record.sources):
            grec.set_grec_src(i, source)
        at += grec.len()
    igmp_finish(skb, length)
    ip_local_out(skb)
