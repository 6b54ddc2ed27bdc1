"""IPv4 addresses of devices, coming, going, and being asked for.

Linux: net/ipv4/devinet.c. The tunables are in devconf.py, the ioctls in devinet_ioctl.py.

A device has an InDevice (dev.ip_ptr) from its registration on. Its addresses stand in one list: the
primaries by falling scope number, then the secondaries, addresses in the subnet of a primary that
was there first. Whoever wants to know of addresses registers an InetaddrNotifier; the routes that
an address implies are made by net/ipv4/fib_frontend that way.

    inet_add_addr(net, dev, 0x0A000001, 24)       ip addr add 10.0.0.1/24 dev …; needs the RTNL
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.if_ as if_
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtnl
from softnet.net.core.dev.netdev_chain import NetdevNotifier, register_netdevice_notifier
from softnet.net.core.neighbour import neigh_ifdown, neigh_parms_alloc, neigh_parms_release
from softnet.net.core.rtnl import ASSERT_RTNL
from softnet.net.ipv4.devconf import (
    devconf_copy,
    in_dev_promote_secondaries,
    ipv4_devconf_setall,
)
from softnet.structs.inetdevice import InDevice, InIfaddr, Ipv4Devconf
from softnet.structs.neighbour import NeighTable
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice

IPV4_MTU_MIN = 68  # RFC 791: every link carries that much; below it a device has no IPv4


class InetaddrNotifier:
    """A listener of addresses: subclass, override, register_inetaddr_notifier()."""

    __slots__ = ("priority",)

    priority: int  # higher ones are called first

    def __init__(self, priority: int = 0) -> None:
        self.priority = priority

    def inetaddr_event(self, event: int, ifa: InIfaddr) -> None:
        """NETDEV_UP: ifa was added. NETDEV_DOWN: it is out of its device's list already."""

    def fib_del_ifaddr(self, ifa: InIfaddr, iprim: InIfaddr) -> None:
        """ifa is about to be promoted: take back the routes it has by its primary iprim."""

    def fib_add_ifaddr(self, ifa: InIfaddr) -> None:
        """Its subnet has a new primary: make ifa's routes again."""

    def rtmsg_ifa(self, event: int, ifa: InIfaddr) -> None:
        """rtmsg_ifa(): RTM_NEWADDR or RTM_DELADDR, for netlink."""


inetaddr_chain: list[InetaddrNotifier] = []


def register_inetaddr_notifier(nb: InetaddrNotifier) -> None:
    """register_inetaddr_notifier(): once at boot, one instance per class."""
    if any(type(other) is type(nb) for other in inetaddr_chain):
        return
    at = 0
    while at < len(inetaddr_chain) and inetaddr_chain[at].priority >= nb.priority:
        at += 1
    inetaddr_chain.insert(at, nb)


# ---- addresses come and go


def inet_add_addr(
    net: Net,
    dev: NetDevice,
    local: int,
    plen: int,
    peer: int = 0,
    broadcast: int = 0,
    label: str = "",
    scope: int = rtnl.RT_SCOPE_UNIVERSE,
    flags: int = 0,
) -> InIfaddr:
    """inet_rtm_newaddr(): `ip addr add LOCAL/PLEN [peer PEER/PLEN] [brd …] [label …] [scope …] dev
    …`.

    broadcast is taken as it is, 0 for none; -1 makes the subnet's own, as `brd +` does.
    OSError: EINVAL (plen, or another scope in the same subnet), ENOBUFS (a device without IPv4),
    EEXIST.
    """
    if not 0 <= plen <= 32:
        raise OSError(errno.EINVAL, "Invalid argument")
    in_dev = dev.ip_ptr
    if in_dev is None:
        raise OSError(errno.ENOBUFS, "No buffer space available")
    ipv4_devconf_setall(in_dev)
    ifa = InIfaddr(in_dev, local, plen)
    ifa.ifa_address = peer or local
    ifa.ifa_scope = scope
    ifa.ifa_flags = flags
    if label:
        ifa.ifa_label = label[: if_.IFNAMSIZ - 1]
    if broadcast == -1:
        broadcast = local | mem.u32(~ifa.ifa_mask) if plen < 31 else 0
    ifa.ifa_broadcast = broadcast
    inet_insert_ifa(in_dev, ifa)
    return ifa


def inet_del_addr(
    net: Net, dev: NetDevice, local: int, plen: int = -1, label: str = "", peer: int = -1
) -> None:
    """inet_rtm_deladdr(): `ip addr del LOCAL[/PLEN] dev …`.

    OSError: ENODEV (a device without IPv4), EADDRNOTAVAIL (no such address).
    """
    in_dev = dev.ip_ptr
    if in_dev is None:
        raise OSError(errno.ENODEV, "No such device")
    for ifa in in_dev.ifa_list:
        if ifa.ifa_local != local or (label and ifa.ifa_label != label):
            continue
        if plen >= 0 and ifa.ifa_prefixlen != plen:
            continue
        if peer >= 0 and (peer ^ ifa.ifa_address) & ifa.ifa_mask:
            continue
        inet_del_ifa(in_dev, ifa)
        return
    raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")


def inet_insert_ifa(in_dev: InDevice, ifa: InIfaddr) -> None:
    """inet_insert_ifa(): give the device the address ifa.

    OSError: EEXIST, or EINVAL for one of a known subnet with another scope. Local address 0 is
    silently forgotten.
    """
    ASSERT_RTNL(in_dev.dev.nd_net)
    if ifa.ifa_local == 0:
        return
    ifa.ifa_flags &= ~rtnl.IFA_F_SECONDARY
    ifas = in_dev.ifa_list
    behind = 0  # where a new primary goes: behind the last one of no smaller scope
    for i, ifa1 in enumerate(ifas):
        if not ifa1.ifa_flags & rtnl.IFA_F_SECONDARY and ifa.ifa_scope <= ifa1.ifa_scope:
            behind = i + 1
        if ifa1.ifa_mask == ifa.ifa_mask and inet_ifa_match(ifa1.ifa_address, ifa):
            if ifa1.ifa_local == ifa.ifa_local:
                raise OSError(errno.EEXIST, "File exists")
            if ifa1.ifa_scope != ifa.ifa_scope:
                raise OSError(errno.EINVAL, "Invalid argument")
            ifa.ifa_flags |= rtnl.IFA_F_SECONDARY
    ifas.insert(len(ifas) if ifa.ifa_flags & rtnl.IFA_F_SECONDARY else behind, ifa)
    inet_hash_insert(in_dev.dev.nd_net, ifa)
    rtmsg_ifa(rtnl.RTM_NEWADDR, ifa)
    call_inetaddr_notifiers(const.NETDEV_UP, ifa)


def inet_del_ifa(in_dev: InDevice, ifa1: InIfaddr) -> None:
    """inet_del_ifa(): take ifa1 away.

    With a primary go its secondaries; or, with promote_secondaries, the first of them becomes the
    primary and the routes of the others are made anew with it.
    """
    net = in_dev.dev.nd_net
    ASSERT_RTNL(net)
    ifas = in_dev.ifa_list
    promote: InIfaddr | None = None
    if not ifa1.ifa_flags & rtnl.IFA_F_SECONDARY:
        for ifa in ifas[ifas.index(ifa1) + 1 :]:
            if not ifa.ifa_flags & rtnl.IFA_F_SECONDARY or not same_subnet(ifa1, ifa):
                continue
            if in_dev_promote_secondaries(in_dev):
                promote = ifa
                break
            inet_hash_remove(net, ifa)
            ifas.remove(ifa)
            rtmsg_ifa(rtnl.RTM_DELADDR, ifa)
            call_inetaddr_notifiers(const.NETDEV_DOWN, ifa)

    rest = [] if promote is None else ifas[ifas.index(promote) :]
    siblings = [ifa for ifa in rest if same_subnet(ifa1, ifa)]
    for ifa in siblings:
        for nb in inetaddr_chain:
            nb.fib_del_ifaddr(ifa, ifa1)

    at = ifas.index(ifa1)
    ifas.remove(ifa1)
    inet_hash_remove(net, ifa1)
    rtmsg_ifa(rtnl.RTM_DELADDR, ifa1)
    call_inetaddr_notifiers(const.NETDEV_DOWN, ifa1)

    if promote is not None:
        ifas.remove(promote)
        behind = at
        for i, ifa in enumerate(ifas):
            if not ifa.ifa_flags & rtnl.IFA_F_SECONDARY and ifa1.ifa_scope <= ifa.ifa_scope:
                behind = max(behind, i + 1)
        promote.ifa_flags &= ~rtnl.IFA_F_SECONDARY
        ifas.insert(behind, promote)
        rtmsg_ifa(rtnl.RTM_NEWADDR, promote)
        call_inetaddr_notifiers(const.NETDEV_UP, promote)
        for ifa in siblings[1:]:
            for nb in inetaddr_chain:
                nb.fib_add_ifaddr(ifa)


def inet_ifa_match(addr: int, ifa: InIfaddr) -> bool:
    """inet_ifa_match(): is addr in ifa's subnet?"""
    return (addr ^ ifa.ifa_address) & ifa.ifa_mask == 0


def same_subnet(a: InIfaddr, b: InIfaddr) -> bool:
    """The same prefix of the same length?"""
    return a.ifa_mask == b.ifa_mask and inet_ifa_match(a.ifa_address, b)


def inet_hash_insert(net: Net, ifa: InIfaddr) -> None:
    """inet_hash_insert(): let ip_dev_find() find it."""
    net.ipv4.inet_addr_lst.setdefault(ifa.ifa_local, []).append(ifa)


def inet_hash_remove(net: Net, ifa: InIfaddr) -> None:
    """inet_hash_remove()"""
    same = net.ipv4.inet_addr_lst[ifa.ifa_local]
    same.remove(ifa)
    if not same:
        del net.ipv4.inet_addr_lst[ifa.ifa_local]


def call_inetaddr_notifiers(event: int, ifa: InIfaddr) -> None:
    """blocking_notifier_call_chain(&inetaddr_chain)"""
    for nb in list(inetaddr_chain):
        nb.inetaddr_event(event, ifa)


def rtmsg_ifa(event: int, ifa: InIfaddr) -> None:
    """rtmsg_ifa()"""
    for nb in inetaddr_chain:
        nb.rtmsg_ifa(event, ifa)


# ---- asking


def inet_select_addr(dev: NetDevice, dst: int, scope: int) -> int:
    """inet_select_addr(): the address of dev to talk to dst (0: anybody) with, not beyond scope.

    The first primary in dst's subnet, else the first primary; if dev has none that fits, the first
    of any device that is not of link scope. 0 if there is none at all.
    """
    in_dev = dev.ip_ptr
    addr = 0
    if in_dev is not None:
        for ifa in in_dev.ifa_list:
            if ifa.ifa_flags & rtnl.IFA_F_SECONDARY:
                break
            if ifa.ifa_scope > scope:
                continue
            if dst == 0 or inet_ifa_match(dst, ifa):
                return ifa.ifa_local
            if addr == 0:
                addr = ifa.ifa_local
        if addr:
            return addr
    for other in dev.nd_net.dev_base:
        in_dev = other.ip_ptr
        if in_dev is None:
            continue
        for ifa in in_dev.ifa_list:
            if ifa.ifa_flags & rtnl.IFA_F_SECONDARY:
                break
            if ifa.ifa_scope != rtnl.RT_SCOPE_LINK and ifa.ifa_scope <= scope:
                return ifa.ifa_local
    return 0


def inet_addr_onlink(in_dev: InDevice, a: int, b: int) -> bool:
    """inet_addr_onlink(): is a in a subnet of this device, and b (0: whatever) in the same?"""
    for ifa in in_dev.ifa_list:  # noqa: SIM110  compiled code has no generators
        if inet_ifa_match(a, ifa) and (b == 0 or inet_ifa_match(b, ifa)):
            return True
    return False


def inet_ifa_byprefix(in_dev: InDevice, prefix: int, mask: int) -> InIfaddr | None:
    """inet_ifa_byprefix(): the first address of exactly that subnet."""
    for ifa in in_dev.ifa_list:
        if ifa.ifa_mask == mask and inet_ifa_match(prefix, ifa):
            return ifa
    return None


def inet_confirm_addr(in_dev: InDevice, dst: int, local: int, scope: int) -> int:
    """inet_confirm_addr(): an address of ours, not beyond scope, in a subnet with dst (0: any).

    local, unless 0, must be that address. With RT_SCOPE_LINK only this device is asked, else every
    one of its namespace. 0 if there is none.
    """
    if scope != rtnl.RT_SCOPE_LINK:
        return confirm_addr_indev(in_dev, dst, local, scope)
    for dev in in_dev.dev.nd_net.dev_base:
        if dev.ip_ptr is not None:
            addr = confirm_addr_indev(dev.ip_ptr, dst, local, scope)
            if addr:
                return addr
    return 0


def confirm_addr_indev(in_dev: InDevice, dst: int, local: int, scope: int) -> int:
    """confirm_addr_indev(): inet_confirm_addr() for one device."""
    addr = 0
    same = False
    for ifa in in_dev.ifa_list:
        if addr == 0 and local in (0, ifa.ifa_local) and ifa.ifa_scope <= scope:
            addr = ifa.ifa_local
            if same:
                break
        if not same:
            same = (local == 0 or inet_ifa_match(local, ifa)) and (
                dst == 0 or inet_ifa_match(dst, ifa)
            )
            if same and addr:
                if local or dst == 0 or inet_ifa_match(addr, ifa):
                    break
                # dst is in this subnet but addr is of another: this one's own address will do.
                if ifa.ifa_scope <= scope:
                    addr = ifa.ifa_local
                    break
                same = False
    return addr if same else 0


# ---- devices come and go


def inetdev_init(dev: NetDevice) -> InDevice:
    """inetdev_init(): give dev its IPv4 side, with the tunables of `default`."""
    net = dev.nd_net
    cnf = Ipv4Devconf()
    devconf_copy(cnf, net.ipv4.devconf_dflt)
    in_dev = InDevice(dev, cnf)
    tbl = net.ipv4.arp_tbl
    assert isinstance(tbl, NeighTable)
    in_dev.arp_parms = neigh_parms_alloc(dev, tbl)
    dev.ip_ptr = in_dev
    for ops in inetdev_ops:
        ops.inetdev_init(in_dev)
    if dev.flags & if_.IFF_UP:
        for ops in inetdev_ops:
            ops.inetdev_up(in_dev)
    return in_dev


def inetdev_destroy(in_dev: InDevice) -> None:
    """inetdev_destroy(): dev has no IPv4 any more."""
    dev = in_dev.dev
    ASSERT_RTNL(dev.nd_net)
    in_dev.dead = True
    for ops in inetdev_ops:
        ops.inetdev_destroy(in_dev)
    while in_dev.ifa_list:
        inet_del_ifa(in_dev, in_dev.ifa_list[0])
    for ops in inetdev_ops:
        ops.inetdev_gone(in_dev)
    dev.ip_ptr = None
    tbl = dev.nd_net.ipv4.arp_tbl
    assert isinstance(tbl, NeighTable)
    if in_dev.arp_parms is not None:
        neigh_parms_release(tbl, in_dev.arp_parms)
    neigh_ifdown(tbl, dev)


class InetdevOps:
    """What happens to InDevices, for igmp and the sysctl tables: register_inetdev_ops()."""

    __slots__ = ()

    def inetdev_init(self, in_dev: InDevice) -> None:
        """in_dev is new: ip_mc_init_dev(), devinet_sysctl_register()."""

    def inetdev_up(self, in_dev: InDevice) -> None:
        """Its device is up: ip_mc_up()."""

    def inetdev_down(self, in_dev: InDevice) -> None:
        """Its device is going down: ip_mc_down()."""

    def inetdev_destroy(self, in_dev: InDevice) -> None:
        """in_dev is about to lose its addresses: ip_mc_destroy_dev()."""

    def inetdev_gone(self, in_dev: InDevice) -> None:
        """in_dev has no address left: devinet_sysctl_unregister()."""

    def inetdev_rename(self, in_dev: InDevice, old_name: str) -> None:
        """Its device has another name."""

    def inetdev_unmap(self, in_dev: InDevice) -> None:
        """Its link type is about to change: ip_mc_unmap()."""

    def inetdev_remap(self, in_dev: InDevice) -> None:
        """Its link type changed: ip_mc_remap()."""


inetdev_ops: list[InetdevOps] = []


def register_inetdev_ops(ops: InetdevOps) -> None:
    """Once at boot, one instance per class."""
    if not any(type(other) is type(ops) for other in inetdev_ops):
        inetdev_ops.append(ops)


class InetdevEvent(NetdevNotifier):
    """ip_netdev_notifier"""

    __slots__ = ()

    def netdev_event(self, event: int, dev: NetDevice) -> int:
        """inetdev_event(), for namespaces that have IPv4."""
        return const.NOTIFY_DONE if dev.nd_net.ipv4 is None else inetdev_event(event, dev)


def inetdev_event(event: int, dev: NetDevice) -> int:
    """inetdev_event(): what a device's life means for its addresses."""
    in_dev = dev.ip_ptr
    if in_dev is None:
        if event == const.NETDEV_REGISTER:
            in_dev = inetdev_init(dev)
            if dev.flags & if_.IFF_LOOPBACK:
                in_dev.cnf.disable_xfrm = 1
                in_dev.cnf.disable_policy = 1
        elif event == const.NETDEV_CHANGEMTU and dev.mtu >= IPV4_MTU_MIN:
            inetdev_init(dev)
        return const.NOTIFY_DONE
    if event == const.NETDEV_UP:
        if dev.mtu < IPV4_MTU_MIN:
            return const.NOTIFY_DONE
        if dev.flags & if_.IFF_LOOPBACK and not in_dev.ifa_list:
            ifa = InIfaddr(in_dev, in_.INADDR_LOOPBACK, 8)
            ifa.ifa_scope = rtnl.RT_SCOPE_HOST
            inet_insert_ifa(in_dev, ifa)
        for ops in inetdev_ops:
            ops.inetdev_up(in_dev)
    elif event == const.NETDEV_DOWN:
        for ops in inetdev_ops:
            ops.inetdev_down(in_dev)
    elif event == const.NETDEV_PRE_TYPE_CHANGE:
        for ops in inetdev_ops:
            ops.inetdev_unmap(in_dev)
    elif event == const.NETDEV_POST_TYPE_CHANGE:
        for ops in inetdev_ops:
            ops.inetdev_remap(in_dev)
    elif event == const.NETDEV_CHANGEMTU:
        if dev.mtu < IPV4_MTU_MIN:
            inetdev_destroy(in_dev)
    elif event == const.NETDEV_UNREGISTER:
        inetdev_destroy(in_dev)
    elif event == const.NETDEV_CHANGENAME:
        inetdev_changename(dev, in_dev)
    return const.NOTIFY_DONE


def inetdev_changename(dev: NetDevice, in_dev: InDevice) -> None:
    """inetdev_changename(): labels begin with the device's name, aliases keep their ":n"."""
    for n, ifa in enumerate(in_dev.ifa_list):
        _, colon, alias = ifa.ifa_label.partition(":")
        suffix = ":" + alias if colon else (f":{n}" if n else "")
        ifa.ifa_label = dev.name[: if_.IFNAMSIZ - 1 - len(suffix)] + suffix
        rtmsg_ifa(rtnl.RTM_NEWADDR, ifa)
    for ops in inetdev_ops:
        ops.inetdev_rename(in_dev, dev.name)


def devinet_init() -> None:
    """devinet_init(): once per process."""
    register_netdevice_notifier(InetdevEvent())


def devinet_net_init(net: Net) -> None:
    """devinet_init_net(): `default` lets source routes in, `all` does not, so nobody does."""
    net.ipv4.devconf_dflt.accept_source_route = 1
