"""The judge: what must hold of every host after every event.

    with softnet.Lab(seed=7, check=True) as lab: ...

After each event of the run it looks at every host: TCP's sockets (check_tcp.py), each NAPI instance
(it is scheduled or its interrupt is armed, never both), each qdisc (its counters are sums over its
queues). Every frame that a card puts on a cable must have right lengths and checksums. What does not
hold raises CheckFailed at the event that broke it, with the host, the time and the numbers.

settled(lab) is the judge's last word, when every program has ended: nothing may be left.

A check costs ten to a hundred times what the event does: it is for tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import softnet.arch.const as const
from softnet.lab.check_tcp import TcpWatch, check_tcp, queue_of, tcp_sysctl
from softnet.machine.cable import CORRUPT, DELIVERED, DUPLICATE, CableTap, Direction
from softnet.net.core.sch_generic import PfifoFast
from softnet.net.ipv4.inet_hashtables import InetHashinfo
from softnet.net.ipv4.inet_timewait_sock import InetTimewaitDeathRow
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import Napi, NetDevice
from softnet.structs.sch_generic import Qdisc
from softnet.uapi.if_ import IFF_UP
from softnet.uapi.if_ether import ETH_P_IP
from softnet.uapi.in_ import IPPROTO_TCP, IPPROTO_UDP
from softnet.wire.checksum import checksum, transport_checksum
from softnet.wire.ip import ip_view

if TYPE_CHECKING:
    from softnet.host import Host

ETH_HLEN = 14
IP_FRAGMENT = 0x3FFF  # MF and the offset
UDP_CHECK = 6  # where a UDP header has its checksum


class CheckFailed(AssertionError):
    """An invariant does not hold."""


class Checker(CableTap):
    """The judge of one world: after_event() looks at its hosts, on_frame() at what they send."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.hosts: list[tuple[Host, TcpWatch]] = []
        self.events = 0  # how many times it looked
        self.frames = 0

    def add(self, host: Host) -> None:
        """Look at host too, from now on."""
        self.hosts.append((host, TcpWatch()))

    def after_event(self) -> None:
        """Judge every host. CheckFailed."""
        self.events += 1
        for host, watch in self.hosts:
            try:
                check_tcp(host.net, watch)
                for dev in host.net.dev_base:
                    check_device(dev)
            except AssertionError as e:
                raise CheckFailed(f"{host.machine.name} at {self.now() / 1e9:.9f} s: {e}") from e

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """A frame passes a cable: judge it as it was sent."""
        if verdict in (DELIVERED, CORRUPT, DUPLICATE):
            return  # seen before, or damaged by the cable
        self.frames += 1
        error = frame_error(frame)
        if error:
            raise CheckFailed(f"{direction.name} at {when / 1e9:.9f} s: {error}: {frame.hex()}")


def check_device(dev: NetDevice) -> None:
    """Its NAPI instances and its qdiscs."""
    napi = dev.napi_list
    while napi is not None:
        check_napi(dev, napi)
        napi = napi.napi_next
    for queue in dev.tx:
        if queue.qdisc is not None:
            check_qdisc(dev, queue.qdisc)
        if queue.qdisc_sleeping is not None and queue.qdisc_sleeping is not queue.qdisc:
            check_qdisc(dev, queue.qdisc_sleeping)


def check_napi(dev: NetDevice, napi: Napi) -> None:
    """Either processing packets or waiting for interrupts, never both."""
    scheduled = napi.state >> const.NAPI_STATE_SCHED & 1
    armed = getattr(napi, "irq_armed", None)
    if armed is not None and dev.flags & IFF_UP:
        assert armed() == 1 - scheduled, (
            f"{dev.name}: the napi is {'' if scheduled else 'not '}scheduled, and the interrupt is"
            f" {'armed' if armed() else 'masked'}"
        )
    assert napi.gro_count >= 0


def check_qdisc(dev: NetDevice, q: Qdisc) -> None:
    """pfifo_fast: counters are sums over the bands; a bit for each band that has packets."""
    if not isinstance(q, PfifoFast):
        return
    if q.q.qlen == q.backlog == q.bitmap == q.q0.qlen == q.q1.qlen == q.q2.qlen == 0:
        assert q.gso_skb is None, f"{dev.name}: qlen is 0, and a packet waits"
        return
    length = backlog = bits = 0
    for band, head in enumerate((q.q0, q.q1, q.q2)):
        skbs = queue_of(head)
        length += len(skbs)
        backlog += sum(skb.len for skb in skbs)
        bits |= (1 if skbs else 0) << band
    waiting = length + (1 if q.gso_skb is not None else 0)
    assert q.q.qlen == waiting, f"{dev.name}: qlen {q.q.qlen}, the bands have {waiting}"
    assert q.backlog == backlog, f"{dev.name}: backlog {q.backlog}, the bands have {backlog}"
    assert q.bitmap == bits, f"{dev.name}: bitmap {q.bitmap}, the bands say {bits}"


def frame_error(frame: bytes | bytearray) -> str:
    """What is wrong with an IPv4 frame as a card sends it; "" if nothing is."""
    if len(frame) < ETH_HLEN + 20 or int.from_bytes(frame[12:14], "big") != ETH_P_IP:
        return ""
    iph = ip_view(bytearray(frame), ETH_HLEN)
    size = iph.tot_len()
    if iph.hdrlen() < 20 or size < iph.hdrlen() or ETH_HLEN + size > len(frame):
        return "lengths of the IP header"
    if checksum(frame[ETH_HLEN : ETH_HLEN + iph.hdrlen()]):
        return "checksum of the IP header"
    segment = bytes(frame[ETH_HLEN + iph.hdrlen() : ETH_HLEN + size])
    proto = iph.protocol()
    whole = not iph.frag_off() & IP_FRAGMENT
    if not whole or proto not in (IPPROTO_TCP, IPPROTO_UDP):
        return ""
    if proto == IPPROTO_UDP and segment[UDP_CHECK : UDP_CHECK + 2] == b"\0\0":
        return ""  # its sender wanted none
    if transport_checksum(iph.saddr(), iph.daddr(), proto, segment):
        return "checksum of the segment"
    return ""


def settled(net: Net) -> None:
    """Every program has ended and time has passed: no socket, no memory, nothing queued."""
    hinfo = net.ipv4.tcp_hashinfo
    row = net.ipv4.tcp_death_row
    assert isinstance(hinfo, InetHashinfo)
    assert isinstance(row, InetTimewaitDeathRow)
    accounts = tcp_sysctl(net).accounts
    left = {
        "connections": hinfo.ehash_count,
        "mini-sockets": row.tw_count,
        "pages": accounts.allocated,
        "orphans": accounts.orphan_count,
        "sockets": accounts.sockets_allocated,
        "packets in qdiscs": sum(q.qdisc.q.qlen for dev in net.dev_base for q in dev.tx if q.qdisc),
    }
    assert not any(left.values()), f"left behind: { {k: v for k, v in left.items() if v} }"
