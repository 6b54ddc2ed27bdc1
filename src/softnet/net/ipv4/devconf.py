"""The per-device tunables net.ipv4.conf.*: what a device's and those of `all` say together.

Linux: include/linux/inetdevice.h (IN_DEV_*), the last part of net/ipv4/devinet.c

Three sets of tunables play together: a device's own, `all`, and `default`, which new devices copy.
How a device's and that of `all` combine depends on the tunable: both must say yes, or one, or the
larger counts. The functions in_dev_*() know.
"""

from __future__ import annotations

from softnet.net.ipv4.route_cache import rt_cache_flush
from softnet.structs.inetdevice import InDevice, Ipv4Devconf
from softnet.structs.net_namespace import Net

# ---- IN_DEV_*(): a device's tunable together with that of `all`


def in_dev_forward(in_dev: InDevice) -> int:
    """IN_DEV_FORWARD"""
    return in_dev.cnf.forwarding


def in_dev_mforward(in_dev: InDevice) -> bool:
    """IN_DEV_MFORWARD"""
    return bool(all_conf(in_dev).mc_forwarding and in_dev.cnf.mc_forwarding)


def in_dev_rpfilter(in_dev: InDevice) -> int:
    """IN_DEV_RPFILTER"""
    return max(all_conf(in_dev).rp_filter, in_dev.cnf.rp_filter)


def in_dev_src_vmark(in_dev: InDevice) -> bool:
    """IN_DEV_SRC_VMARK"""
    return bool(all_conf(in_dev).src_valid_mark or in_dev.cnf.src_valid_mark)


def in_dev_source_route(in_dev: InDevice) -> bool:
    """IN_DEV_SOURCE_ROUTE"""
    return bool(all_conf(in_dev).accept_source_route and in_dev.cnf.accept_source_route)


def in_dev_accept_local(in_dev: InDevice) -> bool:
    """IN_DEV_ACCEPT_LOCAL"""
    return bool(all_conf(in_dev).accept_local or in_dev.cnf.accept_local)


def in_dev_bootp_relay(in_dev: InDevice) -> bool:
    """IN_DEV_BOOTP_RELAY"""
    return bool(all_conf(in_dev).bootp_relay and in_dev.cnf.bootp_relay)


def in_dev_log_martians(in_dev: InDevice) -> bool:
    """IN_DEV_LOG_MARTIANS"""
    return bool(all_conf(in_dev).log_martians or in_dev.cnf.log_martians)


def in_dev_proxy_arp(in_dev: InDevice) -> bool:
    """IN_DEV_PROXY_ARP"""
    return bool(all_conf(in_dev).proxy_arp or in_dev.cnf.proxy_arp)


def in_dev_proxy_arp_pvlan(in_dev: InDevice) -> int:
    """IN_DEV_PROXY_ARP_PVLAN"""
    return in_dev.cnf.proxy_arp_pvlan


def in_dev_shared_media(in_dev: InDevice) -> bool:
    """IN_DEV_SHARED_MEDIA"""
    return bool(all_conf(in_dev).shared_media or in_dev.cnf.shared_media)


def in_dev_tx_redirects(in_dev: InDevice) -> bool:
    """IN_DEV_TX_REDIRECTS"""
    return bool(all_conf(in_dev).send_redirects or in_dev.cnf.send_redirects)


def in_dev_sec_redirects(in_dev: InDevice) -> bool:
    """IN_DEV_SEC_REDIRECTS"""
    return bool(all_conf(in_dev).secure_redirects or in_dev.cnf.secure_redirects)


def in_dev_idtag(in_dev: InDevice) -> int:
    """IN_DEV_IDTAG"""
    return in_dev.cnf.tag


def in_dev_medium_id(in_dev: InDevice) -> int:
    """IN_DEV_MEDIUM_ID"""
    return in_dev.cnf.medium_id


def in_dev_promote_secondaries(in_dev: InDevice) -> bool:
    """IN_DEV_PROMOTE_SECONDARIES"""
    return bool(all_conf(in_dev).promote_secondaries or in_dev.cnf.promote_secondaries)


def in_dev_rx_redirects(in_dev: InDevice) -> bool:
    """IN_DEV_RX_REDIRECTS: a router wants both to say yes, a host is content with one."""
    every = all_conf(in_dev).accept_redirects
    own = in_dev.cnf.accept_redirects
    return bool(every and own) if in_dev_forward(in_dev) else bool(every or own)


def in_dev_arpfilter(in_dev: InDevice) -> bool:
    """IN_DEV_ARPFILTER"""
    return bool(all_conf(in_dev).arp_filter or in_dev.cnf.arp_filter)


def in_dev_arp_accept(in_dev: InDevice) -> bool:
    """IN_DEV_ARP_ACCEPT"""
    return bool(all_conf(in_dev).arp_accept or in_dev.cnf.arp_accept)


def in_dev_arp_announce(in_dev: InDevice) -> int:
    """IN_DEV_ARP_ANNOUNCE"""
    return max(all_conf(in_dev).arp_announce, in_dev.cnf.arp_announce)


def in_dev_arp_ignore(in_dev: InDevice) -> int:
    """IN_DEV_ARP_IGNORE"""
    return max(all_conf(in_dev).arp_ignore, in_dev.cnf.arp_ignore)


def in_dev_arp_notify(in_dev: InDevice) -> int:
    """IN_DEV_ARP_NOTIFY"""
    return max(all_conf(in_dev).arp_notify, in_dev.cnf.arp_notify)


def all_conf(in_dev: InDevice) -> Ipv4Devconf:
    """net.ipv4.conf.all of in_dev's namespace."""
    return in_dev.dev.nd_net.ipv4.devconf_all


# ---- tunables

DEVCONF_NAMES = tuple(name for name in Ipv4Devconf().__slots__ if name != "state")
ALL_SET = frozenset(DEVCONF_NAMES)
# Changing one of these makes cached routes wrong.
DEVCONF_FLUSH = ("disable_xfrm", "disable_policy", "force_igmp_version", "promote_secondaries")


def devconf_copy(to: Ipv4Devconf, from_: Ipv4Devconf) -> None:
    """Every tunable of from_; none of them counts as set by somebody."""
    for name in DEVCONF_NAMES:
        setattr(to, name, getattr(from_, name))
    to.state = frozenset()


def ipv4_devconf_setall(in_dev: InDevice) -> None:
    """ipv4_devconf_setall(): the device is in use; `default` no longer moves its tunables."""
    in_dev.cnf.state = ALL_SET


def devconf_write(net: Net, cnf: Ipv4Devconf, name: str, value: int) -> None:
    """devinet_conf_proc(): write net.ipv4.conf.X.name. cnf is that of `all`, `default`, or a
    device.

    `default` moves every device whose tunable nobody set; `forwarding` has its own rules.
    """
    if name == "forwarding":
        devinet_sysctl_forward(net, cnf, value)
        return
    changed = getattr(cnf, name) != value
    setattr(cnf, name, value)
    cnf.state = cnf.state | {name}
    if cnf is net.ipv4.devconf_dflt:
        devinet_copy_dflt_conf(net, name)
    if changed and name in DEVCONF_FLUSH:
        rt_cache_flush(net, 0)


def devinet_copy_dflt_conf(net: Net, name: str) -> None:
    """devinet_copy_dflt_conf()"""
    value = getattr(net.ipv4.devconf_dflt, name)
    for dev in net.dev_base:
        in_dev = dev.ip_ptr
        if in_dev is not None and name not in in_dev.cnf.state:
            setattr(in_dev.cnf, name, value)


def devinet_sysctl_forward(net: Net, cnf: Ipv4Devconf, value: int) -> None:
    """devinet_sysctl_forward(): `all` is net.ipv4.ip_forward and sets every device."""
    changed = cnf.forwarding != value
    cnf.forwarding = value
    if not changed:
        return
    if cnf is net.ipv4.devconf_all:
        inet_forward_change(net)
    if cnf is not net.ipv4.devconf_dflt:
        rt_cache_flush(net, 0)


def inet_forward_change(net: Net) -> None:
    """inet_forward_change(): the host becomes a router, or stops being one. RFC 1812 5.3.2: a
    router does not listen to redirects, as long as nobody says otherwise."""
    on = net.ipv4.devconf_all.forwarding
    net.ipv4.ip_forward = on
    net.ipv4.devconf_all.accept_redirects = 0 if on else 1
    net.ipv4.devconf_dflt.forwarding = on
    for dev in net.dev_base:
        if dev.ip_ptr is not None:
            dev.ip_ptr.cnf.forwarding = on
