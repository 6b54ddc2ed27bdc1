"""The forwarding tables' front: routes that addresses imply, validation of sources, route ioctls.

Linux: net/ipv4/fib_frontend.c

For 10.0.0.1/24 on eth0 there are made: in `local` 10.0.0.1 (local) and 10.0.0.0, 10.0.0.255
(broadcast), in `main` 10.0.0.0/24 on the link. They come and go with the address and the device.

    cfg = FibConfig(dst=0, dst_len=0, gw=0x0A0000FE)
    fib_new_route(net, cfg)                                ip route add default via 10.0.0.254
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
import softnet.uapi.in_ as in_
import softnet.uapi.netlink as netlink
import softnet.uapi.rtnetlink as rtnl
import softnet.uapi.sockios as sockios
from softnet.kernel.printk import printk
from softnet.net.core.dev.netdev_chain import NetdevNotifier, register_netdevice_notifier
from softnet.net.core.neighbour import neigh_ifdown
from softnet.net.ipv4.devconf import (
    in_dev_accept_local,
    in_dev_rpfilter,
    in_dev_src_vmark,
)
from softnet.net.ipv4.devinet import (
    InetaddrNotifier,
    inet_ifa_byprefix,
    inet_ifa_match,
    inet_select_addr,
    register_inetaddr_notifier,
)
from softnet.net.ipv4.devinet_ioctl import bad_mask
from softnet.net.ipv4.fib_lookup import (
    fib_get_table,
    fib_lookup,
    fib_of,
    inet_addr_type,
    inet_dev_addr_type,
)
from softnet.net.ipv4.fib_rules import fib4_rules_init, fib4_rules_net_init
from softnet.net.ipv4.fib_semantics import (
    fib_res_prefsrc,
    fib_sync_down_addr,
    fib_sync_down_dev,
    fib_sync_up,
)
from softnet.net.ipv4.fib_trie import (
    FibTrie,
    fib_table_delete,
    fib_table_dump,
    fib_table_flush,
    fib_table_insert,
)
from softnet.net.ipv4.route_cache import rt_cache_flush
from softnet.structs.fib import FibConfig, FibNh, FibResult, NetnsFib
from softnet.structs.flow import Flowi4
from softnet.structs.inetdevice import InDevice, InIfaddr
from softnet.structs.neighbour import NeighTable
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

__all__ = [
    "FibSource",
    "RtEntry",
    "fib_del_route",
    "fib_flush",
    "fib_frontend_init",
    "fib_frontend_net_exit",
    "fib_frontend_net_init",
    "fib_get_table",
    "fib_lookup",
    "fib_new_route",
    "fib_new_table",
    "fib_validate_source",
    "inet_addr_type",
    "inet_dev_addr_type",
    "ip_dev_find",
    "ip_rt_ioctl",
]


class FibSource:
    """What fib_validate_source() finds out besides its answer."""

    __slots__ = ("itag", "spec_dst")

    spec_dst: int  # our address to answer from
    itag: int  # the realm the packet came from

    def __init__(self) -> None:
        self.spec_dst = 0
        self.itag = 0


# ---- is a source address believable


def fib_validate_source(
    skb: SkBuff, src: int, dst: int, tos: int, oif: int, dev: NetDevice, out: FibSource
) -> int:
    """fib_validate_source(): would we send to src by dev, by which skb came from there?

    oif: 0, or the device the packet would go on by. 1: yes, and src is on the link; 0: yes, or
    nobody minds; -EXDEV: rp_filter says no (1 strict: by this very device; 2 loose: by any);
    -EINVAL: nobody can have that address.
    """
    if trace.fib_validate_source.enabled:
        trace.fib_validate_source.fire(skb)
    in_dev = dev.ip_ptr
    if in_dev is None:
        return -errno.EINVAL
    net = dev.nd_net
    rpf = in_dev_rpfilter(in_dev)
    fl4 = Flowi4(src, dst, tos)
    fl4.flowi4_iif = oif
    fl4.flowi4_mark = skb.mark if in_dev_src_vmark(in_dev) else 0
    res = FibResult()
    if fib_lookup(net, fl4, res) or res.fi is None:
        return fib_source_unknown(dev, rpf, out)
    if res.type != rtnl.RTN_UNICAST and (
        res.type != rtnl.RTN_LOCAL or not in_dev_accept_local(in_dev)
    ):
        return -errno.EINVAL
    out.spec_dst = fib_res_prefsrc(net, res)
    nh: FibNh = res.fi.fib_nh[res.nh_sel]
    out.itag = nh.nh_tclassid << 16
    scope = nh.nh_scope
    for nh in res.fi.fib_nh:
        if nh.nh_dev is dev:
            return 1 if scope >= rtnl.RT_SCOPE_HOST else 0
    if not in_dev.ifa_list:
        return fib_source_unknown(dev, rpf, out)
    if rpf == 1:
        return -errno.EXDEV
    fl4.flowi4_oif = dev.ifindex
    if fib_lookup(net, fl4, res) == 0 and res.type == rtnl.RTN_UNICAST:
        out.spec_dst = fib_res_prefsrc(net, res)
        nh = res.nh()
        return 1 if nh.nh_scope >= rtnl.RT_SCOPE_HOST else 0
    return 0


def fib_source_unknown(dev: NetDevice, rpf: int, out: FibSource) -> int:
    """No route leads back, or dev has no address to judge by."""
    if rpf:
        return -errno.EXDEV
    out.spec_dst = inet_select_addr(dev, 0, rtnl.RT_SCOPE_UNIVERSE)
    out.itag = 0
    return 0


def ip_dev_find(net: Net, addr: int) -> NetDevice | None:
    """ip_dev_find(): the device that has addr, or whose routes make it local (lo: 127/8)."""
    ifas = net.ipv4.inet_addr_lst.get(addr)
    if ifas is not None:
        ifa: InIfaddr = ifas[0]
        return ifa.ifa_dev.dev
    res = FibResult()
    local = fib_of(net).local
    if local is not None and local.lookup(Flowi4(addr), res) == 0:
        return res.dev() if res.type == rtnl.RTN_LOCAL else None
    return None


# ---- the routes of addresses


def fib_magic(cmd: int, type: int, dst: int, dst_len: int, ifa: InIfaddr) -> None:
    """fib_magic(): add or delete a route that the kernel makes on its own."""
    dev = ifa.ifa_dev.dev
    net = dev.nd_net
    cfg = FibConfig(dst, dst_len, 0, dev.ifindex, type)
    cfg.fc_protocol = rtnl.RTPROT_KERNEL
    cfg.fc_prefsrc = ifa.ifa_local
    cfg.fc_nlflags = netlink.NLM_F_CREATE | netlink.NLM_F_APPEND
    main = type == rtnl.RTN_UNICAST
    cfg.fc_table = rtnl.RT_TABLE_MAIN if main else rtnl.RT_TABLE_LOCAL
    cfg.fc_scope = rtnl.RT_SCOPE_HOST if type == rtnl.RTN_LOCAL else rtnl.RT_SCOPE_LINK
    tb = fib_new_table(net, cfg.fc_table)
    if cmd == rtnl.RTM_NEWROUTE:
        fib_table_insert(tb, cfg)
    else:
        fib_table_delete(tb, cfg)


def on_loopback(dev: NetDevice) -> int:
    """The type of a subnet's route: all of a subnet on a loopback is local."""
    return rtnl.RTN_LOCAL if dev.flags & if_.IFF_LOOPBACK else rtnl.RTN_UNICAST


def is_zeronet(addr: int) -> bool:
    """ipv4_is_zeronet()"""
    return addr & in_.IN_ZERONET_TEST == 0


def primary_of(ifa: InIfaddr) -> InIfaddr | None:
    """ifa itself, or the primary address of its subnet."""
    if not ifa.ifa_flags & rtnl.IFA_F_SECONDARY:
        return ifa
    return inet_ifa_byprefix(ifa.ifa_dev, ifa.ifa_address & ifa.ifa_mask, ifa.ifa_mask)


def fib_add_ifaddr(ifa: InIfaddr) -> None:
    """fib_add_ifaddr(): make the routes that ifa implies."""
    dev = ifa.ifa_dev.dev
    mask = ifa.ifa_mask
    prefix = ifa.ifa_address & mask
    prim = primary_of(ifa)
    if prim is None:
        printk(const.KERN_WARNING, "fib_add_ifaddr: bug: prim == NULL")
        return
    fib_magic(rtnl.RTM_NEWROUTE, rtnl.RTN_LOCAL, ifa.ifa_local, 32, prim)
    if not dev.flags & if_.IFF_UP:
        return
    if ifa.ifa_broadcast not in (0, in_.INADDR_BROADCAST):
        fib_magic(rtnl.RTM_NEWROUTE, rtnl.RTN_BROADCAST, ifa.ifa_broadcast, 32, prim)
    if (
        is_zeronet(prefix)
        or ifa.ifa_flags & rtnl.IFA_F_SECONDARY
        or (prefix == ifa.ifa_local and ifa.ifa_prefixlen == 32)
    ):
        return
    fib_magic(rtnl.RTM_NEWROUTE, on_loopback(dev), prefix, ifa.ifa_prefixlen, prim)
    if ifa.ifa_prefixlen < 31:  # RFC 3021: a /31 has no broadcast address
        fib_magic(rtnl.RTM_NEWROUTE, rtnl.RTN_BROADCAST, prefix, 32, prim)
        fib_magic(rtnl.RTM_NEWROUTE, rtnl.RTN_BROADCAST, prefix | mem.u32(~mask), 32, prim)


class StillNeeded:
    """Which routes of a vanishing address another address of its device needs as well."""

    __slots__ = ("brd", "brd0", "brd1", "gone", "local")

    local: bool  # the address itself
    brd: bool  # its assigned broadcast
    brd0: bool  # the subnet's first address
    brd1: bool  # the subnet's last address
    gone: bool  # it is out of the list: not a promotion

    def __init__(self) -> None:
        self.local = False
        self.brd = False
        self.brd0 = False
        self.brd1 = False
        self.gone = True


def fib_del_ifaddr(ifa: InIfaddr, iprim: InIfaddr | None) -> None:
    """fib_del_ifaddr(): take back the routes of ifa that no other address needs.

    iprim: the primary it had, when a promotion is under way; then ifa is still in the list.
    """
    in_dev = ifa.ifa_dev
    dev = in_dev.dev
    net = dev.nd_net
    mask = ifa.ifa_mask
    first = ifa.ifa_address & mask
    last = ifa.ifa_address | mem.u32(~mask)
    prim = primary_of(ifa)
    subnet = False
    if prim is None:
        printk(const.KERN_WARNING, "fib_del_ifaddr: bug: prim == NULL")
        return
    if ifa.ifa_flags & rtnl.IFA_F_SECONDARY:
        if iprim is not None and iprim is not prim:
            printk(const.KERN_WARNING, "fib_del_ifaddr: bug: iprim != prim")
            return
    elif not is_zeronet(first) and (first != ifa.ifa_local or ifa.ifa_prefixlen < 32):
        fib_magic(rtnl.RTM_DELROUTE, on_loopback(dev), first, ifa.ifa_prefixlen, prim)
        subnet = True

    needed = fib_still_needed(in_dev, ifa, prim, iprim)
    if not needed.brd:
        fib_magic(rtnl.RTM_DELROUTE, rtnl.RTN_BROADCAST, ifa.ifa_broadcast, 32, prim)
    if subnet and ifa.ifa_prefixlen < 31:
        if not needed.brd1:
            fib_magic(rtnl.RTM_DELROUTE, rtnl.RTN_BROADCAST, last, 32, prim)
        if not needed.brd0:
            fib_magic(rtnl.RTM_DELROUTE, rtnl.RTN_BROADCAST, first, 32, prim)
    if not needed.local:
        fib_magic(rtnl.RTM_DELROUTE, rtnl.RTN_LOCAL, ifa.ifa_local, 32, prim)
        # Nobody may prefer a source address that is not ours any more.
        if (
            needed.gone
            and inet_addr_type(net, ifa.ifa_local) != rtnl.RTN_LOCAL
            and fib_sync_down_addr(net, ifa.ifa_local)
        ):
            fib_flush(net)


def fib_still_needed(
    in_dev: InDevice, ifa: InIfaddr, prim: InIfaddr, iprim: InIfaddr | None
) -> StillNeeded:
    """Compare ifa with what stays on its device.

    A route is told apart by its preferred source too, so only addresses with the same primary
    address as ifa's (on another subnet, perhaps) share routes with it.
    """
    needed = StillNeeded()
    first = ifa.ifa_address & ifa.ifa_mask
    last = ifa.ifa_address | mem.u32(~ifa.ifa_mask)
    same_prefsrc = False  # another primary has the same address
    prim1: InIfaddr | None = None
    for ifa1 in in_dev.ifa_list:
        if ifa1 is ifa:
            needed.gone = False
            continue
        if (
            iprim is not None
            and ifa1.ifa_mask == iprim.ifa_mask
            and inet_ifa_match(ifa1.ifa_address, iprim)
        ):
            continue
        if ifa1.ifa_flags & rtnl.IFA_F_SECONDARY:
            if ifa1.ifa_mask == prim.ifa_mask and inet_ifa_match(ifa1.ifa_address, prim):
                prim1 = prim
            else:
                if not same_prefsrc:
                    continue
                if (
                    prim1 is None
                    or ifa1.ifa_mask != prim1.ifa_mask
                    or not inet_ifa_match(ifa1.ifa_address, prim1)
                ):
                    prim1 = inet_ifa_byprefix(in_dev, ifa1.ifa_address, ifa1.ifa_mask)
                if prim1 is None or prim1.ifa_local != prim.ifa_local:
                    continue
        else:
            if ifa1.ifa_local != prim.ifa_local:
                continue
            prim1 = ifa1
            if prim1 is not prim:
                same_prefsrc = True
        shares: tuple[int, ...] = (ifa1.ifa_broadcast,)
        needed.local = needed.local or ifa1.ifa_local == ifa.ifa_local
        any1 = ifa1.ifa_address & ifa1.ifa_mask
        if prim1 is ifa1 and ifa1.ifa_prefixlen < 31 and not is_zeronet(any1):
            shares = (ifa1.ifa_broadcast, any1, any1 | mem.u32(~ifa1.ifa_mask))
        needed.brd = needed.brd or ifa.ifa_broadcast in shares
        needed.brd1 = needed.brd1 or last in shares
        needed.brd0 = needed.brd0 or first in shares
    return needed


class FibInetaddrEvent(InetaddrNotifier):
    """fib_inetaddr_notifier"""

    __slots__ = ()

    def inetaddr_event(self, event: int, ifa: InIfaddr) -> None:
        """fib_inetaddr_event()"""
        dev = ifa.ifa_dev.dev
        net = dev.nd_net
        fib = fib_of(net)
        if event == const.NETDEV_UP:
            fib_add_ifaddr(ifa)
            fib_sync_up(dev)
            fib.addr_genid += 1
            rt_cache_flush(net, -1)
        elif event == const.NETDEV_DOWN:
            fib_del_ifaddr(ifa, None)
            fib.addr_genid += 1
            if ifa.ifa_dev.ifa_list:
                rt_cache_flush(net, -1)
            else:
                fib_disable_ip(dev, 1, 0)

    def fib_del_ifaddr(self, ifa: InIfaddr, iprim: InIfaddr) -> None:
        """A promotion: before."""
        fib_del_ifaddr(ifa, iprim)

    def fib_add_ifaddr(self, ifa: InIfaddr) -> None:
        """A promotion: after."""
        fib_add_ifaddr(ifa)


class FibNetdevEvent(NetdevNotifier):
    """fib_netdev_notifier"""

    __slots__ = ()

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        """fib_netdev_event()"""
        net = dev.nd_net
        if net.ipv4 is None or net.ipv4.fib is None:
            return const.NOTIFY_DONE
        if event == const.NETDEV_UNREGISTER:
            fib_disable_ip(dev, 2, -1)
            return const.NOTIFY_DONE
        in_dev = dev.ip_ptr
        if in_dev is None:
            return const.NOTIFY_DONE
        if event == const.NETDEV_UP:
            for ifa in list(in_dev.ifa_list):
                fib_add_ifaddr(ifa)
            fib_sync_up(dev)
            fib = fib_of(net)
            fib.addr_genid += 1
            rt_cache_flush(net, -1)
        elif event == const.NETDEV_DOWN:
            fib_disable_ip(dev, 0, 0)
        elif event in (const.NETDEV_CHANGEMTU, const.NETDEV_CHANGE):
            rt_cache_flush(net, 0)
        return const.NOTIFY_DONE


def fib_disable_ip(dev: NetDevice, force: int, delay: int) -> None:
    """fib_disable_ip(): nothing goes by dev any more; force as in fib_sync_down_dev()."""
    net = dev.nd_net
    if fib_sync_down_dev(dev, force):
        fib_flush(net)
    rt_cache_flush(net, delay)
    tbl = net.ipv4.arp_tbl
    assert isinstance(tbl, NeighTable)
    neigh_ifdown(tbl, dev)


# ---- tables


def fib_new_table(net: Net, id: int) -> FibTrie:
    """fib_new_table(): table `id` (0: main), made if it is not there."""
    fib = fib_of(net)
    id = id or rtnl.RT_TABLE_MAIN
    tb = fib.tables.get(id)
    if tb is None:
        tb = FibTrie(net, id)
        fib.tables[id] = tb
        if id == rtnl.RT_TABLE_LOCAL:
            fib.local = tb
        elif id == rtnl.RT_TABLE_MAIN:
            fib.main = tb
        elif id == rtnl.RT_TABLE_DEFAULT:
            fib.dflt = tb
    assert isinstance(tb, FibTrie)
    return tb


def fib_flush(net: Net) -> None:
    """fib_flush(): drop dead routes from every table."""
    flushed = 0
    for tb in fib_of(net).tables.values():
        assert isinstance(tb, FibTrie)
        flushed += fib_table_flush(tb)
    if flushed:
        rt_cache_flush(net, -1)


def fib_new_route(net: Net, cfg: FibConfig) -> None:
    """inet_rtm_newroute(): `ip route add …`. Raises OSError with what fib_table_insert() says."""
    err = fib_table_insert(fib_new_table(net, cfg.fc_table), cfg)
    if err:
        raise OSError(-err, "fib_new_route")


def fib_del_route(net: Net, cfg: FibConfig) -> None:
    """inet_rtm_delroute(): `ip route del …`: cfg as fib_table_delete() reads it. OSError(ESRCH)."""
    tb = fib_get_table(net, cfg.fc_table)
    if tb is None:
        raise OSError(errno.ESRCH, "No such process")
    assert isinstance(tb, FibTrie)
    err = fib_table_delete(tb, cfg)
    if err:
        raise OSError(-err, "fib_del_route")


# ---- ioctls


class RtEntry:
    """struct rtentry, as route(8) fills it. Addresses are host integers."""

    __slots__ = (
        "rt_dev",
        "rt_dst",
        "rt_dst_family",
        "rt_flags",
        "rt_gateway",
        "rt_gateway_family",
        "rt_genmask",
        "rt_genmask_family",
        "rt_irtt",
        "rt_metric",
        "rt_mtu",
        "rt_window",
    )

    rt_dst: int
    rt_dst_family: int
    rt_gateway: int
    rt_gateway_family: int
    rt_genmask: int
    rt_genmask_family: int
    rt_flags: int  # RTF_*
    rt_metric: int  # the metric plus 1
    rt_dev: str
    rt_mtu: int
    rt_window: int
    rt_irtt: int

    def __init__(self, dst: int = 0, genmask: int = 0, gateway: int = 0, dev: str = "") -> None:
        self.rt_dst = dst
        self.rt_dst_family = AF_INET
        self.rt_gateway = gateway
        self.rt_gateway_family = AF_INET
        self.rt_genmask = genmask
        self.rt_genmask_family = AF_INET
        self.rt_flags = rtnl.RTF_UP | (rtnl.RTF_GATEWAY if gateway else 0)
        self.rt_metric = 0
        self.rt_dev = dev
        self.rt_mtu = 0
        self.rt_window = 0
        self.rt_irtt = 0


AF_INET = 2


def ip_rt_ioctl(net: Net, cmd: int, rt: RtEntry) -> None:
    """ip_rt_ioctl(): SIOCADDRT and SIOCDELRT. The caller checks capabilities and holds the RTNL.

    OSError: EAFNOSUPPORT, EINVAL, ENODEV, and those of the tables.
    """
    cfg = rtentry_to_fib_config(net, cmd, rt)
    if cmd == sockios.SIOCDELRT:
        fib_del_route(net, cfg)
    else:
        fib_new_route(net, cfg)


def rtentry_to_fib_config(net: Net, cmd: int, rt: RtEntry) -> FibConfig:
    """rtentry_to_fib_config()"""
    if rt.rt_dst_family != AF_INET:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    plen = 32
    if not rt.rt_flags & rtnl.RTF_HOST:
        if rt.rt_genmask_family != AF_INET and (rt.rt_genmask or rt.rt_genmask_family):
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        if bad_mask(rt.rt_genmask, rt.rt_dst):
            raise OSError(errno.EINVAL, "Invalid argument")
        plen = rt.rt_genmask.bit_count()
    cfg = FibConfig(rt.rt_dst, plen, table=rtnl.RT_TABLE_UNSPEC)
    adding = cmd != sockios.SIOCDELRT
    cfg.fc_nlflags = netlink.NLM_F_CREATE if adding else 0
    cfg.fc_protocol = rtnl.RTPROT_BOOT if adding else rtnl.RTPROT_UNSPEC
    if rt.rt_metric:
        cfg.fc_priority = rt.rt_metric - 1
    if rt.rt_flags & rtnl.RTF_REJECT:
        cfg.fc_scope = rtnl.RT_SCOPE_HOST
        cfg.fc_type = rtnl.RTN_UNREACHABLE
        return cfg
    cfg.fc_scope = rtnl.RT_SCOPE_NOWHERE
    cfg.fc_type = rtnl.RTN_UNICAST
    if rt.rt_dev:
        rtentry_device(net, rt.rt_dev, cfg)
    if rt.rt_gateway_family == AF_INET and rt.rt_gateway:
        cfg.fc_gw = rt.rt_gateway
        if (
            rt.rt_flags & rtnl.RTF_GATEWAY
            and inet_addr_type(net, rt.rt_gateway) == rtnl.RTN_UNICAST
        ):
            cfg.fc_scope = rtnl.RT_SCOPE_UNIVERSE
    if not adding:
        return cfg
    if rt.rt_flags & rtnl.RTF_GATEWAY and not cfg.fc_gw:
        raise OSError(errno.EINVAL, "Invalid argument")
    if cfg.fc_scope == rtnl.RT_SCOPE_NOWHERE:
        cfg.fc_scope = rtnl.RT_SCOPE_LINK
    if rt.rt_flags & rtnl.RTF_MTU:
        cfg.fc_mx[rtnl.RTAX_ADVMSS] = rt.rt_mtu - 40
    if rt.rt_flags & rtnl.RTF_WINDOW:
        cfg.fc_mx[rtnl.RTAX_WINDOW] = rt.rt_window
    if rt.rt_flags & rtnl.RTF_IRTT:
        cfg.fc_mx[rtnl.RTAX_RTT] = rt.rt_irtt << 3
    return cfg


def rtentry_device(net: Net, name: str, cfg: FibConfig) -> None:
    """rt_dev: a device, or an alias whose address becomes the preferred source."""
    devname, colon, _ = name.partition(":")
    dev = net.dev_by_name.get(devname)
    if dev is None:
        raise OSError(errno.ENODEV, "No such device")
    cfg.fc_oif = dev.ifindex
    if colon:
        ifas = [] if dev.ip_ptr is None else dev.ip_ptr.ifa_list
        ifa = next((ifa for ifa in ifas if ifa.ifa_label == name), None)
        if ifa is None:
            raise OSError(errno.ENODEV, "No such device")
        cfg.fc_prefsrc = ifa.ifa_local


def fib_frontend_init() -> None:
    """ip_fib_init(): once per process."""
    fib4_rules_init()
    register_netdevice_notifier(FibNetdevEvent())
    register_inetaddr_notifier(FibInetaddrEvent())


def fib_frontend_net_init(net: Net) -> None:
    """fib_net_init(): a namespace's tables and rules.

    Differs from Linux: `local` and `main` are made here, not with their first routes.
    """
    net.ipv4.fib = NetnsFib(net)
    fib_new_table(net, rtnl.RT_TABLE_LOCAL)
    fib_new_table(net, rtnl.RT_TABLE_MAIN)
    fib4_rules_net_init(net)


def fib_frontend_net_exit(net: Net) -> None:
    """fib_net_exit(): the namespace goes, and every route with it."""
    for tb in list(fib_of(net).tables.values()):
        for _, _, fa in fib_table_dump(tb):  # type: ignore[arg-type]  # every table is a trie
            fa.fa_info.fib_flags |= rtnl.RTNH_F_DEAD
    fib_flush(net)
    fib_of(net).tables.clear()
    fib_of(net).rules = []
