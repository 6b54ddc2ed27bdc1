"""Congestion control: the registry of algorithms, what they share, and Reno.

Linux: net/ipv4/tcp_cong.c. RFC 5681, 3465 (tcp_abc), 3742 (tcp_max_ssthresh).

An algorithm is one TcpCongestionOps, registered at boot. A namespace lists those it has loaded, its
default first (tcp_available_congestion_control); when root names another one, as the default or for a
socket, it is loaded, as the kernel does with modules. Who is not root may choose among those
that are loaded and allowed. A connection takes the default in tcp_init_congestion_control().

    class Mine(TcpCongestionOps): ...        ssthresh() and cong_avoid() at least
    tcp_register_congestion_control(Mine("mine"))
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_delivery import tcp_delivery_algorithm, tcp_delivery_init
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.tcp import TcpCongestionOps, TcpSock

tcp_cong_list: dict[str, TcpCongestionOps] = {}


def tcp_register_congestion_control(ca: TcpCongestionOps) -> None:
    """Make ca known by its name. The same one again is fine."""
    assert ca.name not in tcp_cong_list or type(tcp_cong_list[ca.name]) is type(ca)
    tcp_cong_list.setdefault(ca.name, ca)


def tcp_ca_find(sysctl: NetnsTcp, name: str) -> TcpCongestionOps | None:
    """The algorithm name if the namespace has loaded it."""
    for ca in sysctl.cong_available:
        if ca.name == name:
            return ca
    return None


def tcp_ca_load(sysctl: NetnsTcp, name: str) -> TcpCongestionOps | None:
    """request_module("tcp_" name): the algorithm, loaded now if it was not; None if there is none."""
    ca = tcp_ca_find(sysctl, name)
    if ca is not None:
        return ca
    found = tcp_cong_list.get(name)
    if found is not None:
        sysctl.cong_available.append(found)
    return found


def tcp_set_default_congestion_control(sysctl: NetnsTcp, name: str) -> None:
    """net.ipv4.tcp_congestion_control = name: anybody may use it from now on. OSError(ENOENT)."""
    ca = tcp_ca_load(sysctl, name)
    if ca is None:
        raise OSError(errno.ENOENT, "No such file or directory")
    sysctl.cong_available.remove(ca)
    sysctl.cong_available.insert(0, ca)
    if name not in sysctl.cong_allowed:
        sysctl.cong_allowed.append(name)
    sysctl.congestion_control = ca


def tcp_set_allowed_congestion_control(sysctl: NetnsTcp, names: str) -> None:
    """net.ipv4.tcp_allowed_congestion_control = names, loaded ones.

    OSError(ENOENT), and then no change.
    """
    allowed = names.split()
    for name in allowed:
        if tcp_ca_find(sysctl, name) is None:
            raise OSError(errno.ENOENT, "No such file or directory")
    sysctl.cong_allowed = list(dict.fromkeys(allowed))


def tcp_init_congestion_control(tp: TcpSock) -> None:
    """The connection gets going: take the default if no other was chosen."""
    if tp.icsk_ca_ops is tcp_init_congestion_ops:
        tp.icsk_ca_ops = tp.sysctl.congestion_control
    tcp_delivery_init(tp)
    tp.icsk_ca_ops.init(tp)


def tcp_cleanup_congestion_control(tp: TcpSock) -> None:
    """The connection ends."""
    tp.icsk_ca_ops.release(tp)


def tcp_set_congestion_control(tp: TcpSock, name: str) -> int:
    """TCP_CONGESTION: 0, -ENOENT, or -EPERM when only root may choose it."""
    root = tp.sk_uid == 0
    ca = tcp_ca_load(tp.sysctl, name) if root else tcp_ca_find(tp.sysctl, name)
    if ca is None:
        return -errno.ENOENT
    if ca is tp.icsk_ca_ops:
        return 0
    if name not in tp.sysctl.cong_allowed and not root:
        return -errno.EPERM
    tcp_cleanup_congestion_control(tp)
    tp.icsk_ca_ops = ca
    if tp.sk_state != tcp.TCP_CLOSE:
        tcp_delivery_algorithm(tp)
        ca.init(tp)
    else:
        tp.delivery = const.TCP_NOTE_RTT if ca.rtt_stamp else 0
    return 0


# ---- what the algorithms share


def tcp_is_cwnd_limited(tp: TcpSock, in_flight: int) -> bool:
    """Is cwnd what keeps us from sending? It must not grow while the application is the limit.

    A super-packet that waits for more room (tcp_tso_should_defer) counts as limited.
    """
    if in_flight >= tp.snd_cwnd:
        return True
    left = tp.snd_cwnd - in_flight
    if (
        tp.sk_gso_type
        and left * tp.sysctl.tso_win_divisor < tp.snd_cwnd
        and left * tp.mss_cache < tp.sk_gso_max_size
    ):
        return True
    return left <= tp.reordering


def tcp_slow_start(tp: TcpSock) -> None:
    """Grow by one segment for each acknowledgement: double per round trip."""
    sysctl = tp.sysctl
    if sysctl.abc and tp.bytes_acked < tp.mss_cache:
        return
    if sysctl.max_ssthresh > 0 and tp.snd_cwnd > sysctl.max_ssthresh:
        cnt = sysctl.max_ssthresh >> 1
    else:
        cnt = tp.snd_cwnd
    if sysctl.abc > 1 and tp.bytes_acked >= 2 * tp.mss_cache:
        cnt <<= 1
    tp.bytes_acked = 0
    tp.snd_cwnd_cnt += cnt
    while tp.snd_cwnd_cnt >= tp.snd_cwnd:
        tp.snd_cwnd_cnt -= tp.snd_cwnd
        if tp.snd_cwnd < tp.snd_cwnd_clamp:
            tp.snd_cwnd += 1


def tcp_cong_avoid_ai(tp: TcpSock, w: int) -> None:
    """Grow by one segment for each w acknowledgements."""
    if tp.snd_cwnd_cnt >= w:
        if tp.snd_cwnd < tp.snd_cwnd_clamp:
            tp.snd_cwnd += 1
        tp.snd_cwnd_cnt = 0
    else:
        tp.snd_cwnd_cnt += 1


def tcp_reno_cong_avoid(tp: TcpSock, ack: int, in_flight: int) -> None:
    """Slow start below ssthresh, then one segment per round trip."""
    if not tcp_is_cwnd_limited(tp, in_flight):
        return
    if tp.snd_cwnd <= tp.snd_ssthresh:
        tcp_slow_start(tp)
    elif tp.sysctl.abc:
        if tp.bytes_acked >= tp.snd_cwnd * tp.mss_cache:
            tp.bytes_acked -= tp.snd_cwnd * tp.mss_cache
            if tp.snd_cwnd < tp.snd_cwnd_clamp:
                tp.snd_cwnd += 1
    else:
        tcp_cong_avoid_ai(tp, tp.snd_cwnd)


def tcp_reno_ssthresh(tp: TcpSock) -> int:
    """Half of cwnd, two segments at least."""
    half = tp.snd_cwnd >> 1
    return half if half > 2 else 2


class TcpReno(TcpCongestionOps):
    """Reno; also the base of algorithms that are Reno but for a detail."""

    __slots__ = ()

    def ssthresh(self, tp: TcpSock) -> int:
        """Half of cwnd."""
        return tcp_reno_ssthresh(tp)

    def min_cwnd(self, tp: TcpSock) -> int:
        """Half of the threshold: rate halving may go below it."""
        return tp.snd_ssthresh // 2

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """RFC 5681."""
        tcp_reno_cong_avoid(tp, ack, in_flight)


tcp_reno = TcpReno("reno", non_restricted=True)
# What a socket has until it is connected; nobody can choose it.
tcp_init_congestion_ops = TcpReno("")


def tcp_cong_init() -> None:
    """Reno is always there."""
    tcp_register_congestion_control(tcp_reno)


def tcp_cong_net_init(sysctl: NetnsTcp, default: str) -> None:
    """A namespace begins with Reno and its default."""
    sysctl.cong_available = [tcp_reno]
    sysctl.cong_allowed = [ca.name for ca in sysctl.cong_available if ca.non_restricted]
    tcp_set_default_congestion_control(sysctl, default)


def tcp_ca_event(tp: TcpSock, event: int) -> None:
    """Tell the algorithm of CA_EVENT_*."""
    tp.icsk_ca_ops.cwnd_event(tp, event)


def tcp_set_ca_state(tp: TcpSock, ca_state: int) -> None:
    """Enter TCP_CA_*; the algorithm hears of it first."""
    tp.icsk_ca_ops.set_state(tp, ca_state)
    tp.icsk_ca_state = ca_state


def tcp_can_gso(tp: TcpSock) -> bool:
    """sk_can_gso(): does the route's device take super-packets of our kind?"""
    wanted = tp.sk_gso_type << const.NETIF_F_GSO_SHIFT
    return wanted != 0 and tp.sk_route_caps & wanted == wanted
