"""The route of a packet made here that the cache does not know.

Linux: ip_route_output_slow(), __mkroute_output() of net/ipv4/route.c
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnl
from softnet.net.ipv4.devconf import (
    in_dev_mforward,
)
from softnet.net.ipv4.devinet import inet_select_addr
from softnet.net.ipv4.fib_frontend import ip_dev_find
from softnet.net.ipv4.fib_lookup import fib_lookup
from softnet.net.ipv4.fib_semantics import (
    fib_res_prefsrc,
    fib_select_default,
    fib_select_multipath,
)
from softnet.net.ipv4.route_cache import (
    RtCache,
    rt_hash_code,
)
from softnet.net.ipv4.route_make import (
    discard_input,
    is_local_multicast,
    is_loopback,
    is_multicast,
    is_zeronet,
    rt_dst_alloc,
    rt_intern_hash,
    rt_set_nexthop,
)
from softnet.structs.fib import FibResult
from softnet.structs.flow import Flowi4
from softnet.structs.igmp import ip_check_mc
from softnet.structs.inetdevice import InDevice
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.route import Rtable, rt_stages


class OutputChoice:
    """What ip_route_output_slow() has found out so far."""

    __slots__ = ("dev_out", "flags", "res")

    res: FibResult
    dev_out: NetDevice | None
    flags: int

    def __init__(self) -> None:
        self.res = FibResult()
        self.dev_out = None
        self.flags = 0


def ip_route_output_slow(rc: RtCache, fl4: Flowi4) -> Rtable | None:
    """ip_route_output_slow(): choose device and source, make the route and cache it."""
    if trace.ip_route_output_slow.enabled:
        trace.ip_route_output_slow.fire(None)
    orig_daddr = fl4.daddr
    orig_saddr = fl4.saddr
    orig_oif = fl4.flowi4_oif
    tos = fl4.flowi4_tos & const.RT_CONN_FLAGS_MASK
    fl4.flowi4_iif = rc.net.loopback_dev.ifindex
    fl4.flowi4_tos = tos & in_.IPTOS_RT_MASK
    onlink = tos & const.RTO_ONLINK
    fl4.flowi4_scope = rtnl.RT_SCOPE_LINK if onlink else rtnl.RT_SCOPE_UNIVERSE
    choice = OutputChoice()
    err = output_choose(rc, fl4, choice)
    if err < 0:
        fl4.error = err
        return None
    rth = mkroute_output(rc, fl4, choice, orig_daddr, orig_saddr, orig_oif, tos)
    if rth is None:
        return None
    hash = rt_hash_code(orig_daddr, orig_saddr, orig_oif, rc.rt_genid)
    found = rt_intern_hash(rc, hash, rth)
    if found is None:
        fl4.error = rc.error
    return found


def output_choose(rc: RtCache, fl4: Flowi4, choice: OutputChoice) -> int:
    """Fill in fl4 and choice: by the source given, the device given, or the tables. 0 or -errno."""
    net = rc.net
    if fl4.saddr:
        err = output_check_source(net, fl4, choice)
        if err <= 0:
            return err
    if fl4.flowi4_oif:
        err = output_check_device(net, fl4, choice)
        if err <= 0:
            return err
    if fl4.daddr == 0:
        fl4.daddr = fl4.saddr
        if fl4.daddr == 0:
            fl4.daddr = in_.INADDR_LOOPBACK
            fl4.saddr = in_.INADDR_LOOPBACK
        output_to_ourselves(net, fl4, choice)
        return 0
    res = choice.res
    if fib_lookup(net, fl4, res):
        res.fi = None
        if not fl4.flowi4_oif:
            return -errno.ENETUNREACH
        # The user named a device and knows better than the tables: on the link, then.
        assert choice.dev_out is not None
        if fl4.saddr == 0:
            fl4.saddr = inet_select_addr(choice.dev_out, 0, rtnl.RT_SCOPE_LINK)
        res.type = rtnl.RTN_UNICAST
        return 0
    fi = res.fi
    assert fi is not None
    if res.type == rtnl.RTN_LOCAL:
        if fl4.saddr == 0:
            fl4.saddr = fi.fib_prefsrc or fl4.daddr
        output_to_ourselves(net, fl4, choice)
        return 0
    if fl4.flowi4_oif == 0:
        if fi.fib_nhs > 1:
            fib_select_multipath(res)
        elif res.prefixlen == 0 and res.type == rtnl.RTN_UNICAST:
            table = res.table
            if table is not None and table.tb_num_default > 1:
                fib_select_default(res)
    if fl4.saddr == 0:
        fl4.saddr = fib_res_prefsrc(net, res)
    dev_out = res.dev()
    assert dev_out is not None
    choice.dev_out = dev_out
    fl4.flowi4_oif = dev_out.ifindex
    return 0


def output_to_ourselves(net: Net, fl4: Flowi4, choice: OutputChoice) -> None:
    """The destination is this host: by the loopback device, whatever device has the address."""
    choice.dev_out = net.loopback_dev
    choice.res.type = rtnl.RTN_LOCAL
    choice.res.fi = None
    choice.flags |= rtnl.RTCF_LOCAL
    fl4.flowi4_oif = net.loopback_dev.ifindex


def output_check_source(net: Net, fl4: Flowi4, choice: OutputChoice) -> int:
    """A source was given: it must be ours. 1: go on; 0: all is decided; -EINVAL."""
    saddr = fl4.saddr
    if is_multicast(saddr) or saddr == in_.INADDR_BROADCAST or is_zeronet(saddr):
        return -errno.EINVAL
    if fl4.flowi4_oif == 0 and (is_multicast(fl4.daddr) or fl4.daddr == in_.INADDR_BROADCAST):
        # vat, vic and dhclient choose the interface of a multicast by binding to its address.
        dev_out = ip_dev_find(net, saddr)
        if dev_out is None:
            return -errno.EINVAL
        choice.dev_out = dev_out
        fl4.flowi4_oif = dev_out.ifindex
        return 0
    if not fl4.flowi4_flags & const.FLOWI_FLAG_ANYSRC and ip_dev_find(net, saddr) is None:
        return -errno.EINVAL
    return 1


def output_check_device(net: Net, fl4: Flowi4, choice: OutputChoice) -> int:
    """A device was given: it must be up. 1: go on; 0: all is decided; -ENODEV, -ENETUNREACH."""
    dev_out: NetDevice | None = net.dev_by_index.get(fl4.flowi4_oif)
    if dev_out is None:
        return -errno.ENODEV
    choice.dev_out = dev_out
    if not dev_out.flags & if_.IFF_UP or dev_out.ip_ptr is None:
        return -errno.ENETUNREACH
    if is_local_multicast(fl4.daddr) or fl4.daddr == in_.INADDR_BROADCAST:
        if fl4.saddr == 0:
            fl4.saddr = inet_select_addr(dev_out, 0, rtnl.RT_SCOPE_LINK)
        return 0
    if fl4.saddr == 0:
        if is_multicast(fl4.daddr):
            fl4.saddr = inet_select_addr(dev_out, 0, fl4.flowi4_scope)
        elif fl4.daddr == 0:
            fl4.saddr = inet_select_addr(dev_out, 0, rtnl.RT_SCOPE_HOST)
    return 1


def mkroute_output(
    rc: RtCache,
    fl4: Flowi4,
    choice: OutputChoice,
    orig_daddr: int,
    orig_saddr: int,
    orig_oif: int,
    orig_tos: int,
) -> Rtable | None:
    """__mkroute_output(): a route as chosen, for the question as it was asked. None: fl4.error."""
    res = choice.res
    dev_out = choice.dev_out
    assert dev_out is not None
    fi = res.fi
    kind = res.type
    flags = choice.flags
    on_lo = dev_out.flags & if_.IFF_LOOPBACK
    fl4.error = -errno.EINVAL
    if is_loopback(fl4.saddr) and not on_lo:
        return None
    if fl4.daddr == in_.INADDR_BROADCAST:
        kind = rtnl.RTN_BROADCAST
    elif is_multicast(fl4.daddr):
        kind = rtnl.RTN_MULTICAST
    elif is_zeronet(fl4.daddr):
        return None
    in_dev = dev_out.ip_ptr
    if in_dev is None:
        return None
    if on_lo:
        flags |= rtnl.RTCF_LOCAL
    if kind == rtnl.RTN_BROADCAST:
        flags |= rtnl.RTCF_BROADCAST | rtnl.RTCF_LOCAL
        fi = None
    elif kind == rtnl.RTN_MULTICAST:
        flags |= rtnl.RTCF_MULTICAST
        if ip_check_mc(in_dev, fl4.daddr, fl4.saddr, fl4.flowi4_proto):
            flags |= rtnl.RTCF_LOCAL
        else:
            flags &= ~rtnl.RTCF_LOCAL  # nor on lo
        # Without a route for the group the default route names the device, but no gateway.
        if fi is not None and res.prefixlen < 4:
            fi = None
    rth = rt_dst_alloc(rc, dev_out)
    if rth is None:
        fl4.error = -errno.ENOBUFS
        return None
    fl4.error = 0
    rth.rt_key_dst = orig_daddr
    rth.rt_key_src = orig_saddr
    rth.rt_key_tos = orig_tos
    rth.rt_oif = orig_oif
    rth.rt_iif = orig_oif or dev_out.ifindex
    rth.rt_flags = flags
    rth.rt_type = kind
    output_answer(rth, fl4)
    output_stages(rc, rth, in_dev, flags)
    rt_set_nexthop(rc, rth, fl4.flowi4_flags, res, fi, 0)
    return rth


def output_answer(rth: Rtable, fl4: Flowi4) -> None:
    """What fl4 says by now is the answer; the next hop is the destination itself, as yet."""
    rth.rt_route_iif = 0
    rth.rt_mark = fl4.flowi4_mark
    rth.rt_dst = fl4.daddr
    rth.rt_src = fl4.saddr
    rth.rt_gateway = fl4.daddr
    rth.rt_spec_dst = fl4.saddr
    rth.output_op = rt_stages().unicast
    rth.input_op = discard_input


def output_stages(rc: RtCache, rth: Rtable, in_dev: InDevice, flags: int) -> None:
    """Who takes rth's packets: what is for us too is delivered, multicast may be routed."""
    on_lo = in_dev.dev.flags & if_.IFF_LOOPBACK
    stat = rc.stat()
    stat.out_slow_tot += 1
    if flags & rtnl.RTCF_LOCAL:
        rth.input_op = rt_stages().local
        rth.rt_spec_dst = rth.rt_dst
    if flags & (rtnl.RTCF_BROADCAST | rtnl.RTCF_MULTICAST):
        rth.rt_spec_dst = rth.rt_src
        if flags & rtnl.RTCF_LOCAL and not on_lo:
            rth.output_op = rt_stages().mc
            stat = rc.stat()
            stat.out_slow_mc += 1
        if (
            rth.rt_type == rtnl.RTN_MULTICAST
            and in_dev_mforward(in_dev)
            and not is_local_multicast(rth.rt_dst)
        ):
            rth.input_op = rt_stages().mr
            rth.output_op = rt_stages().mc
