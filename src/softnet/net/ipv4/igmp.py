"""IGMP: which multicast groups this host listens to, and telling the routers.

Linux: net/ipv4/igmp.c. RFC 1112 (version 1), 2236 (version 2), 3376 (version 3).

A device's groups are IpMcLists in in_dev.mc_list, each the sum of what sockets asked for: `users`,
how many are in each filter mode (sfcount) and, per source, how many include or exclude it. A change
is reported mr_qrv times; queries are answered after a random delay. Which version speaks depends on
the routers heard last (mr_v1_seen, mr_v2_seen) and on force_igmp_version.

This file is the device's side and the protocol; igmp_report writes the messages, igmp_sock is what
sockets ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp_
import softnet.uapi.if_packet as if_packet
import softnet.uapi.in_ as in_
from softnet.fs.proc import proc_create
from softnet.kernel.timer import Timer, del_timer, jiffies, mod_timer, timer_pending
from softnet.net.core.dev_addr_lists import dev_mc_add, dev_mc_del
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    pskb_may_pull,
    skb_checksum_complete_head,
)
from softnet.net.ipv4.arp import arp_mc_map
from softnet.net.ipv4.devinet import InetdevOps, register_inetdev_ops
from softnet.net.ipv4.igmp_proc import ProcIgmp, ProcMcfilter
from softnet.net.ipv4.igmp_report import (
    igmp_send_report,
    igmp_v1_seen,
    igmp_v2_seen,
    igmpv3_send_cr,
    igmpv3_send_report,
    mc_groups,
)
from softnet.net.ipv4.protocol import inet_add_protocol
from softnet.net.ipv4.route import rt_cache_flush
from softnet.structs.headers import igmp_hdr
from softnet.structs.igmp import MCAST_EXCLUDE, MCAST_INCLUDE, IpMcList, IpSfList
from softnet.structs.protocol import NetProtocol
from softnet.structs.route import Rtable
from softnet.wire.igmp import igmpv3_mrc

if TYPE_CHECKING:
    from softnet.structs.inetdevice import InDevice
    from softnet.structs.skbuff import SkBuff
    from softnet.wire.igmp import IgmpHdr

HZ = 1000
IGMP_V1_ROUTER_PRESENT_TIMEOUT = 400 * HZ
IGMP_V2_ROUTER_PRESENT_TIMEOUT = 400 * HZ
IGMP_UNSOLICITED_REPORT_INTERVAL = 10 * HZ
IGMP_QUERY_RESPONSE_INTERVAL = 10 * HZ
IGMP_UNSOLICITED_REPORT_COUNT = 2
IGMP_INITIAL_REPORT_DELAY = 1  # jiffy
IGMP_TIMER_SCALE = 10  # max response codes are tenths of a second
IGMP_ALL_HOSTS = in_.INADDR_ALLHOSTS_GROUP
QUERY_V3_LEN = 12  # bytes of a version-3 query before its sources


# ---- timers


class IgmpGroupTimer(Timer):
    """pmc->timer: a report about one group is due."""

    __slots__ = ("im",)

    im: IpMcList

    def __init__(self, im: IpMcList) -> None:
        Timer.__init__(self)
        self.im = im

    def function(self) -> None:
        """igmp_timer_expire()"""
        im = self.im
        in_dev = im.interface
        im.tm_running = False
        if im.unsolicit_count:
            im.unsolicit_count -= 1
            igmp_start_timer(im, IGMP_UNSOLICITED_REPORT_INTERVAL)
        im.reporter = True
        if igmp_v1_seen(in_dev):
            igmp_send_report(in_dev, im, icmp_.IGMP_HOST_MEMBERSHIP_REPORT)
        elif igmp_v2_seen(in_dev):
            igmp_send_report(in_dev, im, icmp_.IGMPV2_HOST_MEMBERSHIP_REPORT)
        else:
            igmp_send_report(in_dev, im, icmp_.IGMPV3_HOST_MEMBERSHIP_REPORT)


class IgmpQueryTimer(Timer):
    """mr_gq_timer: the answer to a general version-3 query is due."""

    __slots__ = ("in_dev",)

    in_dev: InDevice

    def __init__(self, in_dev: InDevice) -> None:
        Timer.__init__(self)
        self.in_dev = in_dev

    def function(self) -> None:
        """igmp_gq_timer_expire()"""
        self.in_dev.mr_gq_running = False
        igmpv3_send_report(self.in_dev, None)


class IgmpChangeTimer(Timer):
    """mr_ifc_timer: a report of what changed is due."""

    __slots__ = ("in_dev",)

    in_dev: InDevice

    def __init__(self, in_dev: InDevice) -> None:
        Timer.__init__(self)
        self.in_dev = in_dev

    def function(self) -> None:
        """igmp_ifc_timer_expire()"""
        igmpv3_send_cr(self.in_dev)
        if self.in_dev.mr_ifc_count:
            self.in_dev.mr_ifc_count -= 1
            igmp_ifc_start_timer(self.in_dev, IGMP_UNSOLICITED_REPORT_INTERVAL)


def random_delay(in_dev: InDevice, max_delay: int) -> int:
    """Jiffies: 2 up to max_delay + 1, from the host's stream."""
    return in_dev.dev.nd_net.rand.below(max(max_delay, 1)) + 2


def igmp_start_timer(im: IpMcList, max_delay: int) -> None:
    """igmp_start_timer()"""
    assert im.timer is not None
    im.tm_running = True
    mod_timer(im.timer, jiffies() + random_delay(im.interface, max_delay))


def igmp_stop_timer(im: IpMcList) -> None:
    """igmp_stop_timer(): somebody else has reported, or we left."""
    assert im.timer is not None
    del_timer(im.timer)
    im.tm_running = False
    im.reporter = False
    im.unsolicit_count = 0


def igmp_mod_timer(im: IpMcList, max_delay: int) -> None:
    """igmp_mod_timer(): a query: report within max_delay, sooner if that was planned already."""
    assert im.timer is not None
    im.unsolicit_count = 0
    if timer_pending(im.timer) and im.timer.expires - jiffies() < max_delay:
        im.tm_running = True
        return
    igmp_start_timer(im, max_delay)


def igmp_gq_start_timer(in_dev: InDevice) -> None:
    """igmp_gq_start_timer()"""
    assert isinstance(in_dev.mr_gq_timer, Timer)
    in_dev.mr_gq_running = True
    mod_timer(in_dev.mr_gq_timer, jiffies() + random_delay(in_dev, in_dev.mr_maxdelay))


def igmp_ifc_start_timer(in_dev: InDevice, delay: int) -> None:
    """igmp_ifc_start_timer()"""
    assert isinstance(in_dev.mr_ifc_timer, Timer)
    mod_timer(in_dev.mr_ifc_timer, jiffies() + random_delay(in_dev, delay))


def igmp_ifc_event(in_dev: InDevice) -> None:
    """igmp_ifc_event(): the device's state changed; report it mr_qrv times (RFC 3376 5.1)."""
    if igmp_v1_seen(in_dev) or igmp_v2_seen(in_dev):
        return
    in_dev.mr_ifc_count = robustness(in_dev)
    igmp_ifc_start_timer(in_dev, 1)


def robustness(in_dev: InDevice) -> int:
    """How often a change is reported."""
    return in_dev.mr_qrv or IGMP_UNSOLICITED_REPORT_COUNT


# ---- receiving


def igmp_rcv(skb: SkBuff) -> int:
    """igmp_rcv(): a message for this host; consumes skb."""
    if trace.igmp_rcv.enabled:
        trace.igmp_rcv.fire(skb)
    dev = skb.dev
    assert dev is not None
    in_dev = dev.ip_ptr
    length = skb.len
    if in_dev is None or not pskb_may_pull(skb, icmp_.IGMP_HLEN) or not igmp_checksum_ok(skb):
        kfree_skb(skb, const.SKB_DROP_REASON_IGMP_INVALID)
        return 0
    type = igmp_hdr(skb).type()
    if type == icmp_.IGMP_HOST_MEMBERSHIP_QUERY:
        igmp_heard_query(in_dev, skb, length)
    elif type in (icmp_.IGMP_HOST_MEMBERSHIP_REPORT, icmp_.IGMPV2_HOST_MEMBERSHIP_REPORT):
        rt = skb.dst
        ours = isinstance(rt, Rtable) and rt.is_output_route()
        group_packet = skb.pkt_type in (if_packet.PACKET_MULTICAST, if_packet.PACKET_BROADCAST)
        if not ours and group_packet:
            igmp_heard_report(in_dev, igmp_hdr(skb).group())
    consume_skb(skb)
    return 0


def igmp_checksum_ok(skb: SkBuff) -> bool:
    """Does the whole message sum up?"""
    if skb.ip_summed == const.CHECKSUM_COMPLETE and csum.csum_fold(skb.csum) == 0:
        return True
    if skb.ip_summed in (const.CHECKSUM_COMPLETE, const.CHECKSUM_NONE):
        skb.csum = 0
        return skb_checksum_complete_head(skb, skb.len) == 0
    return True


def igmp_heard_report(in_dev: InDevice, group: int) -> None:
    """igmp_heard_report(): somebody else told the router; we need not (versions 1 and 2)."""
    im = in_dev.mc_list.get(group)
    if group != IGMP_ALL_HOSTS and isinstance(im, IpMcList):
        igmp_stop_timer(im)


def igmp_heard_query(in_dev: InDevice, skb: SkBuff, length: int) -> None:
    """igmp_heard_query(): a router asks; length tells which version it speaks (RFC 3376 7.1)."""
    ih = igmp_hdr(skb)
    group = ih.group()
    mark = False
    if length == icmp_.IGMP_HLEN:
        if ih.code() == 0:
            max_delay = IGMP_QUERY_RESPONSE_INTERVAL
            in_dev.mr_v1_seen = jiffies() + IGMP_V1_ROUTER_PRESENT_TIMEOUT
            group = 0
        else:
            max_delay = ih.code() * (HZ // IGMP_TIMER_SCALE)
            in_dev.mr_v2_seen = jiffies() + IGMP_V2_ROUTER_PRESENT_TIMEOUT
        in_dev.mr_ifc_count = 0
        assert isinstance(in_dev.mr_ifc_timer, Timer)
        del_timer(in_dev.mr_ifc_timer)
        in_dev.mc_tomb = []
    elif length < QUERY_V3_LEN:
        return
    elif igmp_v1_seen(in_dev):
        max_delay = IGMP_QUERY_RESPONSE_INTERVAL
        group = 0
    else:
        max_delay = igmpv3_mrc(ih.code()) * (HZ // IGMP_TIMER_SCALE) or 1
        if not igmp_v2_seen(in_dev):
            if not pskb_may_pull(skb, QUERY_V3_LEN):
                return
            ih = igmp_hdr(skb)
            if ih.nsrcs() and not pskb_may_pull(skb, QUERY_V3_LEN + 4 * ih.nsrcs()):
                return
            ih = igmp_hdr(skb)
            in_dev.mr_maxdelay = max_delay
            if ih.qrv():
                in_dev.mr_qrv = ih.qrv()
            if not group:
                if not ih.nsrcs():  # a general query names no sources
                    igmp_gq_start_timer(in_dev)
                return
            mark = ih.nsrcs() != 0
    for im in mc_groups(in_dev):
        if (group and group != im.multiaddr) or im.multiaddr == IGMP_ALL_HOSTS:
            continue
        im.gsquery = (im.gsquery and mark) if im.tm_running else mark
        if not im.gsquery or igmp_marksources(im, query_sources(ih)):
            igmp_mod_timer(im, max_delay)


def query_sources(ih: IgmpHdr) -> list[int]:
    """The sources that a version-3 query asks about."""
    return [ih.src(i) for i in range(ih.nsrcs())]


def igmp_marksources(pmc: IpMcList, srcs: list[int]) -> bool:
    """igmp_marksources(): mark those of srcs that the answer must name; is there anything to say?"""
    if pmc.sfmode == MCAST_EXCLUDE:
        return igmp_xmarksources(pmc, srcs)
    marked = 0
    for psf in pmc.sources.values():
        if marked == len(srcs):
            break
        if psf.sf_inaddr in srcs:
            psf.sf_gsresp = True
            marked += 1
    pmc.gsquery = marked != 0
    return pmc.gsquery


def igmp_xmarksources(pmc: IpMcList, srcs: list[int]) -> bool:
    """igmp_xmarksources(): in EXCLUDE mode there is nothing to say if all of srcs are excluded."""
    excluded = 0
    for psf in pmc.sources.values():
        if excluded == len(srcs):
            break
        active = (
            not psf.sf_count[MCAST_INCLUDE]
            and pmc.sfcount[MCAST_EXCLUDE] == psf.sf_count[MCAST_EXCLUDE]
        )
        if active and psf.sf_inaddr in srcs:
            excluded += 1
    pmc.gsquery = False
    return excluded != len(srcs)


# ---- groups of a device


def ip_mc_inc_group(in_dev: InDevice, addr: int) -> None:
    """ip_mc_inc_group(): one user more for group addr on this device, from any source."""
    im = in_dev.mc_list.get(addr)
    if isinstance(im, IpMcList):
        im.users += 1
        ip_mc_add_src(in_dev, addr, MCAST_EXCLUDE, [], False)
        return
    im = IpMcList(in_dev, addr)
    im.timer = IgmpGroupTimer(im)
    im.unsolicit_count = IGMP_UNSOLICITED_REPORT_COUNT
    in_dev.mc_list[addr] = im
    in_dev.mc_count += 1
    igmpv3_del_delrec(in_dev, addr)
    igmp_group_added(im)
    if not in_dev.dead:
        ip_rt_multicast_event(in_dev)


def ip_mc_dec_group(in_dev: InDevice, addr: int) -> None:
    """ip_mc_dec_group(): one user less; the last one's leaving is reported."""
    im = in_dev.mc_list.get(addr)
    if not isinstance(im, IpMcList):
        return
    im.users -= 1
    if im.users:
        return
    del in_dev.mc_list[addr]
    in_dev.mc_count -= 1
    igmp_group_dropped(im)
    ip_mc_clear_src(im)
    if not in_dev.dead:
        ip_rt_multicast_event(in_dev)


def ip_rt_multicast_event(in_dev: InDevice) -> None:
    """ip_rt_multicast_event(): cached routes may be wrong about what we listen to."""
    rt_cache_flush(in_dev.dev.nd_net, 0)


def igmp_group_added(im: IpMcList) -> None:
    """igmp_group_added(): let the group in at the device, and tell the routers."""
    in_dev = im.interface
    if not im.loaded:
        im.loaded = True
        link = arp_mc_map(im.multiaddr, in_dev.dev)
        if link:
            dev_mc_add(in_dev.dev, link)
    if im.multiaddr == IGMP_ALL_HOSTS or in_dev.dead:
        return
    if igmp_v1_seen(in_dev) or igmp_v2_seen(in_dev):
        igmp_start_timer(im, IGMP_INITIAL_REPORT_DELAY)
        return
    im.crcount = robustness(in_dev)
    igmp_ifc_event(in_dev)


def igmp_group_dropped(im: IpMcList) -> None:
    """igmp_group_dropped(): the opposite. In version 1 nobody leaves; in 2 the last reporter does."""
    in_dev = im.interface
    if im.loaded:
        im.loaded = False
        link = arp_mc_map(im.multiaddr, in_dev.dev)
        if link:
            dev_mc_del(in_dev.dev, link)
    if im.multiaddr == IGMP_ALL_HOSTS:
        return
    reporter = im.reporter
    igmp_stop_timer(im)
    if not in_dev.dead and not igmp_v1_seen(in_dev):
        if igmp_v2_seen(in_dev):
            if reporter:
                igmp_send_report(in_dev, im, icmp_.IGMP_HOST_LEAVE_MESSAGE)
        else:
            igmpv3_add_delrec(in_dev, im)
            igmp_ifc_event(in_dev)
    ip_mc_clear_src(im)


def ip_mc_clear_src(pmc: IpMcList) -> None:
    """ip_mc_clear_src(): the group as if from any source, for nobody in particular."""
    pmc.tomb = {}
    pmc.sources = {}
    pmc.sfmode = MCAST_EXCLUDE
    pmc.sfcount = [1, 0]


def igmpv3_add_delrec(in_dev: InDevice, im: IpMcList) -> None:
    """igmpv3_add_delrec(): remember a group that was left, to report it mr_qrv times."""
    pmc = IpMcList(in_dev, im.multiaddr)
    pmc.crcount = robustness(in_dev)
    pmc.sfmode = im.sfmode
    if pmc.sfmode == MCAST_INCLUDE:
        pmc.tomb = im.tomb
        pmc.sources = im.sources
        im.tomb = {}
        im.sources = {}
        for psf in pmc.sources.values():
            psf.sf_crcount = pmc.crcount
    in_dev.mc_tomb.insert(0, pmc)


def igmpv3_del_delrec(in_dev: InDevice, multiaddr: int) -> None:
    """igmpv3_del_delrec(): it is joined again."""
    kept = []
    for pmc in in_dev.mc_tomb:
        assert isinstance(pmc, IpMcList)
        if pmc.multiaddr != multiaddr:
            kept.append(pmc)
    in_dev.mc_tomb = list(kept)


# ---- sources of a group


def sf_markstate(pmc: IpMcList) -> None:
    """sf_markstate(): note for each source whether it is filtered now."""
    for psf in pmc.sources.values():
        psf.sf_oldin = sf_active(pmc, psf)


def sf_active(pmc: IpMcList, psf: IpSfList) -> bool:
    """Is psf part of the device's filter: excluded by all, or included by somebody?"""
    users = pmc.sfcount[MCAST_EXCLUDE]
    if users:
        return users == psf.sf_count[MCAST_EXCLUDE] and not psf.sf_count[MCAST_INCLUDE]
    return psf.sf_count[MCAST_INCLUDE] != 0


def sf_setstate(pmc: IpMcList) -> bool:
    """sf_setstate(): has a source's state changed since sf_markstate()? Plan its reports."""
    qrv = pmc.interface.mr_qrv
    changed = False
    for psf in pmc.sources.values():
        if sf_active(pmc, psf):
            if not psf.sf_oldin:
                pmc.tomb.pop(psf.sf_inaddr, None)
                psf.sf_crcount = qrv
                changed = True
        elif psf.sf_oldin:
            psf.sf_crcount = 0
            gone = pmc.tomb.get(psf.sf_inaddr)
            if gone is None:
                gone = IpSfList(psf.sf_inaddr)
                pmc.tomb[psf.sf_inaddr] = gone
            gone.sf_crcount = qrv
            changed = True
    return changed


def ip_mc_add_src(in_dev: InDevice, addr: int, mode: int, srcs: list[int], delta: bool) -> None:
    """ip_mc_add_src(): a socket's filter for group addr joins in: mode, and its sources.

    delta: only sources are added, by a socket that is counted already.
    """
    pmc = in_dev.mc_list.get(addr)
    if not isinstance(pmc, IpMcList):
        return
    sf_markstate(pmc)
    excluding = pmc.sfmode == MCAST_EXCLUDE
    if not delta:
        pmc.sfcount[mode] += 1
    for src in srcs:
        psf = pmc.sources.get(src)
        if psf is None:
            psf = IpSfList(src)
            pmc.sources[src] = psf
        psf.sf_count[mode] += 1
        if psf.sf_count[mode] == 1:
            ip_rt_multicast_event(in_dev)
    if excluding != (pmc.sfcount[MCAST_EXCLUDE] != 0):
        if pmc.sfcount[MCAST_EXCLUDE]:
            pmc.sfmode = MCAST_EXCLUDE
        elif pmc.sfcount[MCAST_INCLUDE]:
            pmc.sfmode = MCAST_INCLUDE
        ip_mc_mode_changed(in_dev, pmc)
    elif sf_setstate(pmc):
        igmp_ifc_event(in_dev)


def ip_mc_del_src(in_dev: InDevice, addr: int, mode: int, srcs: list[int], delta: bool) -> None:
    """ip_mc_del_src(): the opposite."""
    pmc = in_dev.mc_list.get(addr)
    if not isinstance(pmc, IpMcList):
        return
    sf_markstate(pmc)
    if not delta:
        if not pmc.sfcount[mode]:
            return
        pmc.sfcount[mode] -= 1
    reportable = False
    for src in srcs:
        if ip_mc_del1_src(pmc, mode, src):
            reportable = True
    if (
        pmc.sfmode == MCAST_EXCLUDE
        and pmc.sfcount[MCAST_EXCLUDE] == 0
        and pmc.sfcount[MCAST_INCLUDE]
    ):
        pmc.sfmode = MCAST_INCLUDE
        ip_mc_mode_changed(in_dev, pmc)
    elif sf_setstate(pmc) or reportable:
        igmp_ifc_event(in_dev)


def ip_mc_del1_src(pmc: IpMcList, mode: int, src: int) -> bool:
    """ip_mc_del1_src(): one socket less that filters src; True if its going is to be reported."""
    psf = pmc.sources.get(src)
    if psf is None or psf.sf_count[mode] == 0:
        return False
    in_dev = pmc.interface
    psf.sf_count[mode] -= 1
    if psf.sf_count[mode] == 0:
        ip_rt_multicast_event(in_dev)
    if psf.sf_count[MCAST_INCLUDE] or psf.sf_count[MCAST_EXCLUDE]:
        return False
    del pmc.sources[src]
    if psf.sf_oldin and not igmp_v1_seen(in_dev) and not igmp_v2_seen(in_dev):
        psf.sf_crcount = robustness(in_dev)
        pmc.tomb[src] = psf
        return True
    return False


def ip_mc_mode_changed(in_dev: InDevice, pmc: IpMcList) -> None:
    """The group's filter mode changed: one report says all, so no source needs its own."""
    pmc.crcount = robustness(in_dev)
    in_dev.mr_ifc_count = pmc.crcount
    for psf in pmc.sources.values():
        psf.sf_crcount = 0
    igmp_ifc_event(in_dev)


# ---- devices come and go


def ip_mc_init_dev(in_dev: InDevice) -> None:
    """ip_mc_init_dev()"""
    in_dev.mr_gq_timer = IgmpQueryTimer(in_dev)
    in_dev.mr_ifc_timer = IgmpChangeTimer(in_dev)
    in_dev.mr_ifc_count = 0
    in_dev.mr_qrv = IGMP_UNSOLICITED_REPORT_COUNT


def ip_mc_up(in_dev: InDevice) -> None:
    """ip_mc_up(): every host is in 224.0.0.1, and the sockets' groups are joined."""
    known = mc_groups(in_dev)
    ip_mc_inc_group(in_dev, IGMP_ALL_HOSTS)
    for pmc in known:
        igmp_group_added(pmc)


def ip_mc_down(in_dev: InDevice) -> None:
    """ip_mc_down()"""
    for pmc in mc_groups(in_dev):
        igmp_group_dropped(pmc)
    in_dev.mr_ifc_count = 0
    in_dev.mr_gq_running = False
    for timer in (in_dev.mr_ifc_timer, in_dev.mr_gq_timer):
        if isinstance(timer, Timer):
            del_timer(timer)
    in_dev.mc_tomb = []
    ip_mc_dec_group(in_dev, IGMP_ALL_HOSTS)


def ip_mc_destroy_dev(in_dev: InDevice) -> None:
    """ip_mc_destroy_dev(): the device forgets its groups; sockets keep their wish."""
    ip_mc_down(in_dev)
    for im in mc_groups(in_dev):
        igmp_stop_timer(im)
    in_dev.mc_list = {}
    in_dev.mc_count = 0


class IgmpInetdevOps(InetdevOps):
    """What devinet calls when a device gets, has or loses its IPv4 side."""

    __slots__ = ()

    def inetdev_init(self, in_dev: InDevice) -> None:
        ip_mc_init_dev(in_dev)

    def inetdev_up(self, in_dev: InDevice) -> None:
        ip_mc_up(in_dev)

    def inetdev_down(self, in_dev: InDevice) -> None:
        ip_mc_down(in_dev)

    def inetdev_destroy(self, in_dev: InDevice) -> None:
        ip_mc_destroy_dev(in_dev)

    def inetdev_unmap(self, in_dev: InDevice) -> None:
        """ip_mc_unmap()"""
        for pmc in mc_groups(in_dev):
            igmp_group_dropped(pmc)

    def inetdev_remap(self, in_dev: InDevice) -> None:
        """ip_mc_remap()"""
        for pmc in mc_groups(in_dev):
            igmp_group_added(pmc)


class IgmpProtocol(NetProtocol):
    """igmp_protocol"""

    __slots__ = ()

    def handler(self, skb: SkBuff) -> int:
        return igmp_rcv(skb)


igmp_protocol = IgmpProtocol()


def igmp_init() -> None:
    """Once per process, before the first device has addresses."""
    err = inet_add_protocol(igmp_protocol, in_.IPPROTO_IGMP)
    assert err == 0
    register_inetdev_ops(IgmpInetdevOps())
    proc_create(ProcIgmp("net/igmp"))
    proc_create(ProcMcfilter("net/mcfilter"))
