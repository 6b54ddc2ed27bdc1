"""ip(8) as far as scripts change things with it: routes and their metrics, addresses, links."""

from __future__ import annotations

from collections.abc import Callable
from os import strerror

import softnet.uapi.netlink as netlink
import softnet.uapi.rtnetlink as rt
from softnet.host import Host
from softnet.structs.fib import FibConfig
from softnet.wire.addr import parse_prefix

METRICS = {
    "mtu": rt.RTAX_MTU,
    "window": rt.RTAX_WINDOW,
    "rtt": rt.RTAX_RTT,
    "rttvar": rt.RTAX_RTTVAR,
    "ssthresh": rt.RTAX_SSTHRESH,
    "cwnd": rt.RTAX_CWND,
    "advmss": rt.RTAX_ADVMSS,
    "reordering": rt.RTAX_REORDERING,
    "hoplimit": rt.RTAX_HOPLIMIT,
    "initcwnd": rt.RTAX_INITCWND,
    "rto_min": rt.RTAX_RTO_MIN,
    "initrwnd": rt.RTAX_INITRWND,
}
TIMES = {"rtt": 8, "rttvar": 4, "rto_min": 1}  # milliseconds times this
NLM = {
    "add": netlink.NLM_F_CREATE | netlink.NLM_F_EXCL,
    "append": netlink.NLM_F_CREATE | netlink.NLM_F_APPEND,
    "change": netlink.NLM_F_REPLACE,
    "replace": netlink.NLM_F_CREATE | netlink.NLM_F_REPLACE,
}
TYPES = {
    "unicast": rt.RTN_UNICAST,
    "local": rt.RTN_LOCAL,
    "blackhole": rt.RTN_BLACKHOLE,
    "unreachable": rt.RTN_UNREACHABLE,
    "prohibit": rt.RTN_PROHIBIT,
    "throw": rt.RTN_THROW,
}
TABLES = {"main": rt.RT_TABLE_MAIN, "local": rt.RT_TABLE_LOCAL, "default": rt.RT_TABLE_DEFAULT}


class IpError(Exception):
    """Words that ip does not understand."""


def run_ip(host: Host, words: list[str]) -> tuple[int, str, bool]:
    """(exit code, output, is it for the tool that shows things?)."""
    words = [w for w in words if w not in ("-4", "-family", "inet")]
    if not words:
        return 255, "", True
    objects: dict[str, Callable[[Host, list[str]], bool]] = {
        "route": ip_route,
        "address": ip_address,
        "link": ip_link,
        "tcp_metrics": ip_nothing,
        "rule": ip_nothing,
        "neighbour": ip_nothing,
        "netns": ip_nothing,
    }
    name = next((o for o in objects if o.startswith(words[0])), "")
    if words[0] in ("li", "l"):
        name = "link"
    if not name or "-6" in words:
        return 0 if "-6" in words else 255, "", not name and "-6" not in words
    try:
        return 0, "", not objects[name](host, words[1:])
    except OSError as e:
        return 2, f"RTNETLINK answers: {strerror(e.errno or 0)}", False
    except (IpError, ValueError, StopIteration) as e:
        return 255, f"ip {' '.join(words)}: {e}", False


def ip_nothing(host: Host, words: list[str]) -> bool:
    """What has no effect on a host with one peer."""
    return True


def ip_route(host: Host, words: list[str]) -> bool:
    """ip route add|change|replace|append|del …; False: show."""
    if not words or "show".startswith(words[0]) or words[0] in ("list", "get"):
        return False
    verb = words[0]
    if verb == "flush":
        host.sysctl("net.ipv4.route.flush", "1")
        return True
    cfg = route_config(host, words[1:])
    if "delete".startswith(verb) and len(verb) > 2:
        cfg.fc_scope, cfg.fc_protocol = rt.RT_SCOPE_NOWHERE, 0  # whatever they are
        if words[1] not in TYPES:
            cfg.fc_type = rt.RTN_UNSPEC
        host.del_route(cfg)
        return True
    if verb not in NLM:
        raise IpError(f"{verb!r} is unknown")
    cfg.fc_nlflags = NLM[verb]
    host.add_route(cfg)
    return True


def route_config(host: Host, words: list[str]) -> FibConfig:
    """The words behind `ip route add`."""
    it = iter(words)
    word = next(it)
    kind = TYPES.get(word)
    if kind is not None:
        word = next(it)
    dst, plen = (0, 0) if word == "default" else parse_prefix(word)
    cfg = FibConfig(dst=dst, dst_len=plen)
    if kind is not None:
        cfg.fc_type = kind
    for word in it:
        if word == "via":
            cfg.fc_gw = parse_prefix(next(it))[0]
        elif word == "dev":
            cfg.fc_oif = host.device(next(it)).ifindex
        elif word == "src":
            cfg.fc_prefsrc = parse_prefix(next(it))[0]
        elif word in ("metric", "priority", "preference"):
            cfg.fc_priority = int(next(it))
        elif word == "table":
            name = next(it)
            cfg.fc_table = TABLES.get(name) or int(name)
        elif word in ("proto", "scope", "protocol"):
            next(it)
        elif word == "features":
            cfg.fc_mx[rt.RTAX_FEATURES] = rt.RTAX_FEATURE_ECN if next(it) == "ecn" else 0
        elif word in METRICS:
            value = next(it)
            if value == "lock":
                lock = cfg.fc_mx.get(rt.RTAX_LOCK, 0)
                cfg.fc_mx[rt.RTAX_LOCK] = lock | 1 << METRICS[word]
                value = next(it)
            cfg.fc_mx[METRICS[word]] = metric(word, value)
        elif word not in ("onlink", "quickack", "congctl", "fastopen_no_cookie"):
            raise IpError(f"{word!r} is unknown")
        elif word != "onlink":
            next(it)
    return cfg


def metric(name: str, value: str) -> int:
    """A metric as the kernel keeps it; times are milliseconds unless they say s."""
    if name not in TIMES:
        return int(value)
    if value.endswith("ms"):
        ms = float(value[:-2])
    elif value.endswith("s"):
        ms = float(value[:-1]) * 1000
    else:
        return int(value)
    return int(ms) * TIMES[name]


def ip_address(host: Host, words: list[str]) -> bool:
    """ip addr add A/P dev D; False: show."""
    if not words or words[0] != "add":
        return not (not words or "show".startswith(words[0]) or words[0] == "list")
    addr, _, plen = words[1].partition("/")
    host.add_address(words[words.index("dev") + 1], addr, int(plen or 32))
    return True


def ip_link(host: Host, words: list[str]) -> bool:
    """ip link set [dev] D up|down|mtu N; False: show."""
    if not words or words[0] != "set":
        return not (not words or "show".startswith(words[0]) or words[0] == "list")
    rest = [w for w in words[1:] if w != "dev"]
    name = rest[0]
    it = iter(rest[1:])
    for word in it:
        if word == "up":
            host.set_up(name)
        elif word == "down":
            host.set_down(name)
        elif word == "mtu":
            host.set_mtu(name, int(next(it)))
        else:
            next(it)
    return True
