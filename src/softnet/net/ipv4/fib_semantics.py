"""What makes a route sound: next hops, scopes, preferred sources; routes that share; links that
die.

Linux: net/ipv4/fib_semantics.c

A FibInfo is everything about a route except where it leads: many prefixes behind one gateway share
one. fib_create_info() checks a FibConfig and finds or makes its FibInfo. A next hop must be
nearer than what it leads to: the scope of the gateway's own route is above the route's.
When a device goes down or an address disappears, fib_sync_down_*() mark what depended on it dead,
and the tables drop it (fib_flush).
"""

from __future__ import annotations

import errno

import softnet.uapi.if_ as if_
import softnet.uapi.neighbour as nud
import softnet.uapi.rtnetlink as rtnl
from softnet.net.core.neighbour import neigh_lookup
from softnet.net.ipv4.devinet import inet_select_addr
from softnet.net.ipv4.fib_lookup import fib_lookup, fib_of, inet_addr_type
from softnet.structs.dst import RTAX_SLOTS
from softnet.structs.fib import FibAlias, FibConfig, FibInfo, FibNh, FibResult, FibTable
from softnet.structs.flow import Flowi4
from softnet.structs.neighbour import NeighTable
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice

EINVAL = -errno.EINVAL
EHOSTUNREACH = -errno.EHOSTUNREACH
EACCES = -errno.EACCES
EAGAIN = -errno.EAGAIN
ADVMSS_MAX = 65535 - 40
MTU_MAX = 65535 - 15
REACHABLE_TYPES = (
    rtnl.RTN_UNICAST,
    rtnl.RTN_LOCAL,
    rtnl.RTN_BROADCAST,
    rtnl.RTN_ANYCAST,
    rtnl.RTN_MULTICAST,
)


def fib_props_error(type: int) -> int:
    """fib_props[type].error: what following such a route answers; 0 if it leads somewhere."""
    if type <= rtnl.RTN_MULTICAST:
        return 0
    if type == rtnl.RTN_UNREACHABLE:
        return EHOSTUNREACH
    if type == rtnl.RTN_PROHIBIT:
        return EACCES
    if type == rtnl.RTN_THROW:
        return EAGAIN
    return EINVAL


def fib_props_scope(type: int) -> int:
    """fib_props[type].scope: the widest scope that a route of that type may have."""
    if type == rtnl.RTN_LOCAL:
        return rtnl.RT_SCOPE_HOST
    if type in (rtnl.RTN_BROADCAST, rtnl.RTN_ANYCAST):
        return rtnl.RT_SCOPE_LINK
    if type in (rtnl.RTN_UNSPEC, rtnl.RTN_NAT, rtnl.RTN_XRESOLVE):
        return rtnl.RT_SCOPE_NOWHERE
    return rtnl.RT_SCOPE_UNIVERSE


# ---- from a wish to a FibInfo


def fib_create_info(net: Net, cfg: FibConfig) -> tuple[FibInfo | None, int]:
    """fib_create_info(): a FibInfo for cfg, shared if there is one that says the same.

    (fi, 0) with a reference taken, or (None, -errno): EINVAL, ENODEV, ENETDOWN, or what the
    lookup of the gateway said (ESRCH if nothing leads there).
    """
    if not 0 <= cfg.fc_type <= rtnl.RTN_MAX or fib_props_scope(cfg.fc_type) > cfg.fc_scope:
        return None, -errno.EINVAL
    err, nhs = fib_get_nhs(cfg)
    if err:
        return None, err
    fi = FibInfo(net, nhs)
    fi.fib_protocol = cfg.fc_protocol
    fi.fib_scope = cfg.fc_scope
    fi.fib_flags = cfg.fc_flags
    fi.fib_priority = cfg.fc_priority
    fi.fib_prefsrc = cfg.fc_prefsrc
    err = fib_set_metrics(fi, cfg)
    if err:
        return None, err
    for nh in nhs:
        nh.nh_parent = fi
    if fib_props_error(cfg.fc_type):
        if cfg.fc_gw or cfg.fc_oif or cfg.fc_mp is not None:
            return None, -errno.EINVAL
        return fib_share_info(fi), 0
    err = fib_check_info(cfg, fi)
    if err:
        return None, err
    for nh in nhs:
        fib_info_update_nh_saddr(net, nh)
    return fib_share_info(fi), 0


def fib_get_nhs(cfg: FibConfig) -> tuple[int, list[FibNh]]:
    """fib_get_nhs(): own copies of the next hops that cfg names."""
    if cfg.fc_mp is None:
        nh = FibNh(cfg.fc_oif, cfg.fc_gw, 1, cfg.fc_flags & 0xFF)
        nh.nh_tclassid = cfg.fc_flow
        return 0, [nh]
    if not cfg.fc_mp:
        return -errno.EINVAL, []
    nhs = []
    for asked in cfg.fc_mp:
        nh = FibNh(asked.nh_oif, asked.nh_gw, asked.nh_weight, asked.nh_flags & 0xFF)
        nh.nh_tclassid = asked.nh_tclassid
        if not 1 <= nh.nh_weight <= 256:  # rtnh_hops is a byte, and counts from 0
            return -errno.EINVAL, []
        nhs.append(nh)
    first = nhs[0]
    if (
        (cfg.fc_oif and first.nh_oif != cfg.fc_oif)
        or (cfg.fc_gw and first.nh_gw != cfg.fc_gw)
        or (cfg.fc_flow and first.nh_tclassid != cfg.fc_flow)
    ):
        return -errno.EINVAL, []
    return 0, nhs


def fib_set_metrics(fi: FibInfo, cfg: FibConfig) -> int:
    """Metrics of cfg, cut to what a datagram can be."""
    if not cfg.fc_mx:
        return 0
    metrics = [0] * RTAX_SLOTS
    for index, value in cfg.fc_mx.items():
        if not 1 <= index <= rtnl.RTAX_MAX:
            return -errno.EINVAL
        if index == rtnl.RTAX_ADVMSS:
            value = min(value, ADVMSS_MAX)
        elif index == rtnl.RTAX_MTU:
            value = min(value, MTU_MAX)
        metrics[index] = value
    fi.fib_metrics = metrics
    return 0


def fib_check_info(cfg: FibConfig, fi: FibInfo) -> int:
    """The checks of a route that leads somewhere."""
    if cfg.fc_type not in REACHABLE_TYPES or cfg.fc_scope > rtnl.RT_SCOPE_HOST:
        return -errno.EINVAL
    if cfg.fc_scope == rtnl.RT_SCOPE_HOST:
        nh = fi.fib_nh[0]
        if fi.fib_nhs != 1 or nh.nh_gw:
            return -errno.EINVAL
        nh.nh_scope = rtnl.RT_SCOPE_NOWHERE
        nh.nh_dev = fi.fib_net.dev_by_index.get(nh.nh_oif)
        if nh.nh_dev is None:
            return -errno.ENODEV
    else:
        for nh in fi.fib_nh:
            err = fib_check_nh(cfg, fi, nh)
            if err:
                return err
    # An address that is just being added is not local yet, but will be.
    if (
        fi.fib_prefsrc
        and not (cfg.fc_type == rtnl.RTN_LOCAL and cfg.fc_dst and fi.fib_prefsrc == cfg.fc_dst)
        and inet_addr_type(fi.fib_net, fi.fib_prefsrc) != rtnl.RTN_LOCAL
    ):
        return -errno.EINVAL
    return 0


def fib_check_nh(cfg: FibConfig, fi: FibInfo, nh: FibNh) -> int:
    """fib_check_nh(): find the device of a next hop, and its scope.

    A gateway must itself be reached by a route whose scope is nearer than that of this one, unless
    the administrator insists that it is on the link (RTNH_F_ONLINK).
    """
    net = fi.fib_net
    if nh.nh_gw == 0:
        if nh.nh_flags & (rtnl.RTNH_F_PERVASIVE | rtnl.RTNH_F_ONLINK):
            return -errno.EINVAL
        dev = net.dev_by_index.get(nh.nh_oif)
        if dev is None or dev.ip_ptr is None:
            return -errno.ENODEV
        if not dev.flags & if_.IFF_UP:
            return -errno.ENETDOWN
        nh.nh_dev = dev
        nh.nh_scope = rtnl.RT_SCOPE_HOST
        return 0
    if nh.nh_flags & rtnl.RTNH_F_ONLINK:
        if cfg.fc_scope >= rtnl.RT_SCOPE_LINK:
            return -errno.EINVAL
        if inet_addr_type(net, nh.nh_gw) != rtnl.RTN_UNICAST:
            return -errno.EINVAL
        dev = net.dev_by_index.get(nh.nh_oif)
        if dev is None:
            return -errno.ENODEV
        if not dev.flags & if_.IFF_UP:
            return -errno.ENETDOWN
        nh.nh_dev = dev
        nh.nh_scope = rtnl.RT_SCOPE_LINK
        return 0
    fl4 = Flowi4(nh.nh_gw, oif=nh.nh_oif)
    fl4.flowi4_scope = max(cfg.fc_scope + 1, rtnl.RT_SCOPE_LINK)
    res = FibResult()
    err = fib_lookup(net, fl4, res)
    if err:
        return err
    if res.type not in (rtnl.RTN_UNICAST, rtnl.RTN_LOCAL):
        return -errno.EINVAL
    nh.nh_scope = res.scope
    nh.nh_oif = res.oif()
    nh.nh_dev = res.dev()
    if nh.nh_dev is None:
        return -errno.EINVAL
    return 0 if nh.nh_dev.flags & if_.IFF_UP else -errno.ENETDOWN


def fib_info_key(fi: FibInfo) -> object:
    """What two FibInfos must have in common to be one: fib_find_info(), nh_comp()."""
    alive = ~rtnl.RTNH_F_DEAD
    return (
        fi.fib_protocol,
        fi.fib_scope,
        fi.fib_prefsrc,
        fi.fib_priority,
        fi.fib_flags & alive,
        tuple(fi.fib_metrics),
        tuple(
            (n.nh_oif, n.nh_gw, n.nh_scope, n.nh_weight, n.nh_tclassid, n.nh_flags & alive)
            for n in fi.fib_nh
        ),
    )


def fib_share_info(fi: FibInfo) -> FibInfo:
    """fi, or the one that says the same; a reference is taken."""
    infos = fib_of(fi.fib_net).info_hash
    key = fib_info_key(fi)
    ofi = infos.get(key)
    if ofi is not None:
        ofi.fib_treeref += 1
        return ofi
    fi.fib_treeref = 1
    fi.fib_key = key
    infos[key] = fi
    return fi


def fib_release_info(fi: FibInfo) -> None:
    """fib_release_info(): one alias fewer uses fi."""
    assert fi.fib_treeref > 0
    fi.fib_treeref -= 1
    if fi.fib_treeref == 0:
        del fib_of(fi.fib_net).info_hash[fi.fib_key]
        fi.fib_dead = True


def fib_nh_match(cfg: FibConfig, fi: FibInfo) -> bool:
    """fib_nh_match(): do priority and next hops, as far as cfg names them, fit fi?"""
    if cfg.fc_priority and cfg.fc_priority != fi.fib_priority:
        return False
    if cfg.fc_oif or cfg.fc_gw:
        nh = fi.fib_nh[0]
        return cfg.fc_oif in (0, nh.nh_oif) and cfg.fc_gw in (0, nh.nh_gw)
    if cfg.fc_mp is None:
        return True
    if len(cfg.fc_mp) > fi.fib_nhs:
        return False
    return all(
        asked.nh_oif in (0, nh.nh_oif) and asked.nh_gw in (0, nh.nh_gw)
        for asked, nh in zip(cfg.fc_mp, fi.fib_nh, strict=False)
    )


# ---- what a result says about sources


def fib_info_update_nh_saddr(net: Net, nh: FibNh) -> int:
    """fib_info_update_nh_saddr(): the source address for packets by this hop, as of now."""
    fi = nh.nh_parent
    assert fi is not None
    if nh.nh_dev is not None:
        nh.nh_saddr = inet_select_addr(nh.nh_dev, nh.nh_gw, fi.fib_scope)
    nh.nh_saddr_genid = fib_of(net).addr_genid
    return nh.nh_saddr


def fib_res_prefsrc(net: Net, res: FibResult) -> int:
    """FIB_RES_PREFSRC: the route's preferred source, or what its hop's device offers."""
    fi = res.fi
    assert fi is not None
    if fi.fib_prefsrc:
        return fi.fib_prefsrc
    nh: FibNh = fi.fib_nh[res.nh_sel]
    if nh.nh_saddr_genid == fib_of(net).addr_genid:
        return nh.nh_saddr
    return fib_info_update_nh_saddr(net, nh)


# ---- devices and addresses come and go


def fib_sync_down_addr(net: Net, local: int) -> int:
    """fib_sync_down_addr(): local is no longer ours; how many FibInfos preferred it."""
    found = 0
    if local == 0:
        return 0
    for fi in fib_of(net).info_hash.values():
        if fi.fib_prefsrc == local:
            fi.fib_flags |= rtnl.RTNH_F_DEAD
            found += 1
    return found


def fib_sync_down_dev(dev: NetDevice, force: int) -> int:
    """fib_sync_down_dev(): dev cannot be used; how many FibInfos lost their last next hop.

    force 0: dev is down; routes to our own addresses on it stay. 1: it has no address left. 2: it
    is going away, and takes every route with it that names it at all.
    """
    found = 0
    spared = -1 if force else rtnl.RT_SCOPE_NOWHERE
    for fi in fib_of(dev.nd_net).info_hash.values():
        if not any(nh.nh_dev is dev for nh in fi.fib_nh):
            continue
        dead = 0
        for nh in fi.fib_nh:
            if nh.nh_flags & rtnl.RTNH_F_DEAD:
                dead += 1
            elif nh.nh_dev is dev and nh.nh_scope != spared:
                nh.nh_flags |= rtnl.RTNH_F_DEAD
                fi.fib_power -= nh.nh_power
                nh.nh_power = 0
                dead += 1
            if force > 1 and nh.nh_dev is dev:
                dead = fi.fib_nhs
                break
        if dead == fi.fib_nhs:
            fi.fib_flags |= rtnl.RTNH_F_DEAD
            found += 1
    return found


def fib_sync_up(dev: NetDevice) -> int:
    """fib_sync_up(): dev is up again; how many multipath routes got a next hop back."""
    if not dev.flags & if_.IFF_UP:
        return 0
    found = 0
    for fi in fib_of(dev.nd_net).info_hash.values():
        if not any(nh.nh_dev is dev for nh in fi.fib_nh):
            continue
        alive = 0
        for nh in fi.fib_nh:
            if not nh.nh_flags & rtnl.RTNH_F_DEAD:
                alive += 1
            elif nh.nh_dev is dev and dev.ip_ptr is not None:
                alive += 1
                nh.nh_power = 0
                nh.nh_flags &= ~rtnl.RTNH_F_DEAD
        if alive:
            fi.fib_flags &= ~rtnl.RTNH_F_DEAD
            found += 1
    return found


# ---- choosing among several


def fib_select_multipath(res: FibResult) -> None:
    """fib_select_multipath(): pick a next hop, at random in proportion to the weights.

    Each pick uses up one unit of its hop's weight; when all are used up they are dealt anew. So any
    run of picks as long as the sum of the weights is exactly fair.
    Differs from Linux: 3.2 takes jiffies for a random number.
    """
    fi = res.fi
    assert fi is not None
    if fi.fib_power <= 0:
        power = 0
        for nh in fi.fib_nh:
            if not nh.nh_flags & rtnl.RTNH_F_DEAD:
                power += nh.nh_weight
                nh.nh_power = nh.nh_weight
        fi.fib_power = power
        if power <= 0:
            res.nh_sel = 0  # all are dead by now
            return
    w = fi.fib_net.rand.below(fi.fib_power)
    for i, nh in enumerate(fi.fib_nh):
        if nh.nh_flags & rtnl.RTNH_F_DEAD or not nh.nh_power:
            continue
        w -= nh.nh_power
        if w < 0:
            nh.nh_power -= 1
            fi.fib_power -= 1
            res.nh_sel = i
            return
    res.nh_sel = 0


def fib_select_default(res: FibResult) -> None:
    """fib_select_default(): of several default routes through gateways take one that seems alive.

    The neighbour table says who is. A gateway that is not known to be dead and follows the last
    good one gets a chance; so dead gateways are gone round.
    """
    tb = res.table
    chosen = res.fi
    assert tb is not None
    assert chosen is not None
    assert res.fa_head is not None
    order = -1
    last_idx = -1
    last_resort: FibInfo | None = None
    fi: FibInfo | None = None
    for fa in res.fa_head:
        following = fa.fa_info
        if following.fib_scope != res.scope or fa.fa_type != rtnl.RTN_UNICAST:
            continue
        if following.fib_priority > chosen.fib_priority:
            break
        nh = following.fib_nh[0]
        if not nh.nh_gw or nh.nh_scope != rtnl.RT_SCOPE_LINK:
            continue
        fa.fa_accessed = True
        if fi is None:
            if following is not chosen:
                break
        else:
            verdict = fib_detect_death(fi, order, last_idx, tb.tb_default)
            if verdict == 0:
                res.fi = fi
                tb.tb_default = order
                return
            if verdict == 2:
                last_resort = fi
                last_idx = order
        fi = following
        order += 1
    if order <= 0 or fi is None:
        tb.tb_default = -1
        return
    verdict = fib_detect_death(fi, order, last_idx, tb.tb_default)
    if verdict == 0:
        res.fi = fi
        tb.tb_default = order
        return
    if verdict == 2:
        last_resort = fi
        last_idx = order
    if last_resort is not None:
        res.fi = last_resort
    tb.tb_default = last_idx


def fib_detect_death(fi: FibInfo, order: int, last_idx: int, dflt: int) -> int:
    """fib_detect_death(): 0: fi's gateway is there; 1: it seems dead; 2: so it seems, but it may
    serve as the last resort."""
    tbl = fi.fib_net.ipv4.arp_tbl
    nh = fi.fib_nh[0]
    assert isinstance(tbl, NeighTable)
    state = nud.NUD_NONE
    if nh.nh_dev is not None:
        n = neigh_lookup(tbl, nh.nh_gw, nh.nh_dev)
        if n is not None:
            state = n.nud_state
    if state == nud.NUD_REACHABLE:
        return 0
    if state & nud.NUD_VALID and order != dflt:
        return 0
    if state & nud.NUD_VALID or (last_idx < 0 and order > dflt):
        return 2
    return 1


def rtmsg_fib(event: int, key: int, fa: FibAlias, plen: int, tb: FibTable, flags: int) -> None:
    """rtmsg_fib(): tell whoever listens to routes."""
    fib_of(tb.net).notifier.route(event, key, plen, fa, tb, flags)
