"""The route of a received packet that the cache does not know.

Linux: ip_route_input_slow(), ip_route_input_mc(), ip_mkroute_input() of net/ipv4/route.c
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnl
from softnet.kernel.printk import net_ratelimit, printk
from softnet.net.ipv4.devconf import (
    in_dev_forward,
    in_dev_log_martians,
    in_dev_mforward,
    in_dev_proxy_arp_pvlan,
    in_dev_shared_media,
)
from softnet.net.ipv4.devinet import inet_addr_onlink, inet_select_addr
from softnet.net.ipv4.fib_frontend import FibSource, fib_validate_source
from softnet.net.ipv4.fib_lookup import fib_lookup
from softnet.net.ipv4.fib_semantics import (
    fib_select_multipath,
)
from softnet.net.ipv4.route_cache import (
    RtCache,
    format_addr,
    rt_hash_code,
)
from softnet.net.ipv4.route_make import (
    error_input,
    is_local_multicast,
    is_loopback,
    is_multicast,
    is_zeronet,
    rt_bug_output,
    rt_dst_alloc,
    rt_intern_hash,
    rt_set_nexthop,
)
from softnet.structs.fib import FibResult
from softnet.structs.flow import Flowi4
from softnet.structs.headers import ip_hdr
from softnet.structs.igmp import ip_check_mc
from softnet.structs.inetdevice import InDevice
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.route import Rtable, rt_stages
from softnet.structs.skbuff import SkBuff


def ip_route_input_multicast(
    rc: RtCache, skb: SkBuff, daddr: int, saddr: int, tos: int, dev: NetDevice
) -> int:
    """Is the group ours, or do we route multicast? What only the NIC's filter let in ends here."""
    in_dev = dev.ip_ptr
    if in_dev is None:
        return -errno.EINVAL
    our = ip_check_mc(in_dev, daddr, saddr, ip_hdr(skb).protocol())
    if our or (not is_local_multicast(daddr) and in_dev_mforward(in_dev)):
        return ip_route_input_mc(rc, skb, daddr, saddr, tos, dev, our)
    return -errno.EINVAL


def ip_route_input_mc(
    rc: RtCache, skb: SkBuff, daddr: int, saddr: int, tos: int, dev: NetDevice, our: bool
) -> int:
    """ip_route_input_mc(): a multicast route."""
    if trace.ip_route_input_mc.enabled:
        trace.ip_route_input_mc.fire(skb)
    in_dev = dev.ip_ptr
    assert in_dev is not None
    if (
        is_multicast(saddr)
        or saddr == in_.INADDR_BROADCAST
        or is_loopback(saddr)
        or skb.protocol != if_ether.ETH_P_IP
    ):
        return -errno.EINVAL
    source = FibSource()
    if is_zeronet(saddr):
        if not is_local_multicast(daddr):
            return -errno.EINVAL
        source.spec_dst = inet_select_addr(dev, 0, rtnl.RT_SCOPE_LINK)
    else:
        err = fib_validate_source(skb, saddr, 0, tos, 0, dev, source)
        if err < 0:
            return err
    rth = rt_dst_alloc(rc, rc.net.loopback_dev)
    if rth is None:
        return -errno.ENOBUFS
    rt_input_key(rth, skb, daddr, saddr, tos, dev)
    rth.rt_flags = rtnl.RTCF_MULTICAST
    rth.rt_type = rtnl.RTN_MULTICAST
    rth.rt_spec_dst = source.spec_dst
    rth.tclassid = source.itag
    rth.output_op = rt_bug_output
    if our:
        rth.input_op = rt_stages().local
        rth.rt_flags |= rtnl.RTCF_LOCAL
    if not is_local_multicast(daddr) and in_dev_mforward(in_dev):
        rth.input_op = rt_stages().mr
    stat = rc.stat()
    stat.in_slow_mc += 1
    return rt_intern_input(rc, rth, skb)


def ip_route_input_slow(
    rc: RtCache, skb: SkBuff, daddr: int, saddr: int, tos: int, dev: NetDevice
) -> int:
    """ip_route_input_slow(): ask the tables about a packet that is not multicast.

    First what cannot be: a source that is no single host, a destination that never leaves a host.
    """
    if trace.ip_route_input_slow.enabled:
        trace.ip_route_input_slow.fire(skb)
    net: Net = rc.net
    in_dev = dev.ip_ptr
    if in_dev is None:
        return -errno.EINVAL
    if is_multicast(saddr) or saddr == in_.INADDR_BROADCAST or is_loopback(saddr):
        return martian_source(rc, in_dev, skb, daddr, saddr, -errno.EINVAL)
    if daddr == in_.INADDR_BROADCAST or (saddr == 0 and daddr == 0):
        return ip_route_input_brd(rc, skb, daddr, saddr, tos, dev)
    if is_zeronet(saddr):
        return martian_source(rc, in_dev, skb, daddr, saddr, -errno.EINVAL)
    if is_zeronet(daddr) or is_loopback(daddr):
        return martian_destination(rc, in_dev, daddr, saddr)

    fl4 = Flowi4(daddr, saddr, tos)
    fl4.flowi4_iif = dev.ifindex
    fl4.flowi4_mark = skb.mark
    res = FibResult()
    err = fib_lookup(net, fl4, res)
    source = FibSource()
    if err:
        if not in_dev_forward(in_dev):
            return -errno.EHOSTUNREACH
        stat = rc.stat()
        stat.in_no_route += 1
        source.spec_dst = inet_select_addr(dev, 0, rtnl.RT_SCOPE_UNIVERSE)
        error = -errno.ENETUNREACH if err == -errno.ESRCH else err
        kind = rtnl.RTN_UNREACHABLE
        return ip_route_input_local(rc, skb, daddr, saddr, tos, dev, kind, 0, source, error)
    stat = rc.stat()
    stat.in_slow_tot += 1
    if res.type == rtnl.RTN_BROADCAST:
        return ip_route_input_brd(rc, skb, daddr, saddr, tos, dev)
    if res.type == rtnl.RTN_LOCAL:
        lo = net.loopback_dev.ifindex
        err = fib_validate_source(skb, saddr, daddr, tos, lo, dev, source)
        if err < 0:
            return martian_source(rc, in_dev, skb, daddr, saddr, err)
        flags = rtnl.RTCF_DIRECTSRC if err else 0
        source.spec_dst = daddr
        return ip_route_input_local(rc, skb, daddr, saddr, tos, dev, res.type, flags, source, 0)
    if not in_dev_forward(in_dev):
        return -errno.EHOSTUNREACH
    if res.type != rtnl.RTN_UNICAST:
        return martian_destination(rc, in_dev, daddr, saddr)
    return ip_mkroute_input(rc, skb, res, in_dev, daddr, saddr, tos)


def ip_route_input_brd(
    rc: RtCache, skb: SkBuff, daddr: int, saddr: int, tos: int, dev: NetDevice
) -> int:
    """brd_input: a broadcast, from a host that may not know its address yet."""
    in_dev = dev.ip_ptr
    assert in_dev is not None
    if skb.protocol != if_ether.ETH_P_IP:
        return -errno.EINVAL
    source = FibSource()
    flags = rtnl.RTCF_BROADCAST
    if is_zeronet(saddr):
        source.spec_dst = inet_select_addr(dev, 0, rtnl.RT_SCOPE_LINK)
    else:
        err = fib_validate_source(skb, saddr, 0, tos, 0, dev, source)
        if err < 0:
            return martian_source(rc, in_dev, skb, daddr, saddr, err)
        if err:
            flags |= rtnl.RTCF_DIRECTSRC
    stat = rc.stat()
    stat.in_brd += 1
    kind = rtnl.RTN_BROADCAST
    return ip_route_input_local(rc, skb, daddr, saddr, tos, dev, kind, flags, source, 0)


def ip_route_input_local(
    rc: RtCache,
    skb: SkBuff,
    daddr: int,
    saddr: int,
    tos: int,
    dev: NetDevice,
    kind: int,
    flags: int,
    source: FibSource,
    error: int,
) -> int:
    """local_input: a route to this host; with kind RTN_UNREACHABLE, to the error."""
    rth = rt_dst_alloc(rc, rc.net.loopback_dev)
    if rth is None:
        return -errno.ENOBUFS
    rt_input_key(rth, skb, daddr, saddr, tos, dev)
    rth.rt_flags = flags | rtnl.RTCF_LOCAL
    rth.rt_type = kind
    rth.rt_spec_dst = source.spec_dst
    rth.tclassid = source.itag
    rth.input_op = rt_stages().local
    rth.output_op = rt_bug_output
    if kind == rtnl.RTN_UNREACHABLE:
        rth.input_op = error_input
        rth.error = error
        rth.rt_flags &= ~rtnl.RTCF_LOCAL
    return rt_intern_input(rc, rth, skb)


def ip_mkroute_input(
    rc: RtCache,
    skb: SkBuff,
    res: FibResult,
    in_dev: InDevice,
    daddr: int,
    saddr: int,
    tos: int,
) -> int:
    """ip_mkroute_input(): a route through this host, to another device or back out by the same."""
    if trace.ip_mkroute_input.enabled:
        trace.ip_mkroute_input.fire(skb)
    dev = in_dev.dev
    fi = res.fi
    if fi is not None and fi.fib_nhs > 1:
        fib_select_multipath(res)
    out_dev = res.dev()
    if out_dev is None or out_dev.ip_ptr is None:
        return -errno.EINVAL
    out_in_dev = out_dev.ip_ptr
    source = FibSource()
    err = fib_validate_source(skb, saddr, daddr, tos, res.oif(), dev, source)
    if err < 0:
        return martian_source(rc, in_dev, skb, daddr, saddr, err)
    flags = rtnl.RTCF_DIRECTSRC if err else 0
    back = out_in_dev is in_dev
    if (
        back
        and err
        and (in_dev_shared_media(in_dev) or inet_addr_onlink(out_in_dev, saddr, res.gw()))
    ):
        flags |= rtnl.RTCF_DOREDIRECT
    # An ARP request: an answer for somebody on the asker's own link is not ours, unless that link
    # keeps its hosts apart (RFC 3069).
    if skb.protocol != if_ether.ETH_P_IP and back and not in_dev_proxy_arp_pvlan(in_dev):
        return -errno.EINVAL
    rth = rt_dst_alloc(rc, out_dev)
    if rth is None:
        return -errno.ENOBUFS
    rt_input_key(rth, skb, daddr, saddr, tos, dev)
    rth.rt_flags = flags
    rth.rt_type = res.type
    rth.rt_spec_dst = source.spec_dst
    rth.input_op = rt_stages().forward
    rth.output_op = rt_stages().unicast
    rt_set_nexthop(rc, rth, 0, res, fi, source.itag)
    return rt_intern_input(rc, rth, skb)


def rt_input_key(
    rth: Rtable, skb: SkBuff, daddr: int, saddr: int, tos: int, dev: NetDevice
) -> None:
    """The question that rth answers: a packet like skb."""
    rth.rt_key_dst = daddr
    rth.rt_key_src = saddr
    rth.rt_key_tos = tos
    rth.rt_dst = daddr
    rth.rt_src = saddr
    rth.rt_route_iif = dev.ifindex
    rth.rt_iif = dev.ifindex
    rth.rt_oif = 0
    rth.rt_mark = skb.mark
    rth.rt_gateway = daddr


def rt_intern_input(rc: RtCache, rth: Rtable, skb: SkBuff) -> int:
    """Cache rth and give it to skb."""
    hash = rt_hash_code(rth.rt_key_dst, rth.rt_key_src, rth.rt_route_iif, rc.rt_genid)
    found = rt_intern_hash(rc, hash, rth)
    if found is None:
        return rc.error
    skb.dst = found
    return 0


def martian_source(
    rc: RtCache, in_dev: InDevice, skb: SkBuff, daddr: int, saddr: int, err: int
) -> int:
    """ip_handle_martian_source(): saddr cannot come from there. Answers err."""
    stat = rc.stat()
    stat.in_martian_src += 1
    if in_dev_log_martians(in_dev) and net_ratelimit():
        dev = in_dev.dev
        printk(
            const.KERN_WARNING,
            f"martian source {format_addr(daddr)} from {format_addr(saddr)}, on dev {dev.name}",
        )
        if dev.hard_header_len and skb.mac_header >= 0:
            o = skb.mac_header
            header = bytes(skb.shinfo.head[o : o + dev.hard_header_len])
            printk(const.KERN_WARNING, f"ll header: {header.hex(':')}")
    return err


def martian_destination(rc: RtCache, in_dev: InDevice, daddr: int, saddr: int) -> int:
    """daddr is no place that a packet from outside may go to."""
    stat = rc.stat()
    stat.in_martian_dst += 1
    if in_dev_log_martians(in_dev) and net_ratelimit():
        printk(
            const.KERN_WARNING,
            f"martian destination {format_addr(daddr)} from {format_addr(saddr)}, "
            f"dev {in_dev.dev.name}",
        )
    return -errno.EINVAL
