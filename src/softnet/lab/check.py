"""The judge: what must hold of every host after every event.

    with softnet.Lab(seed=7, check=True) as lab: ...

After each event of the run it looks at the host that the event was of, and now and then at every host:
TCP's sockets (check_tcp.py), each NAPI instance (it is scheduled or its interrupt is armed, never both), each
qdisc (its counters are sums over its queues). Every frame that a card puts on a cable must have right
lengths and checksums, and start no war of ACKs (check_acks.py). What does not hold raises CheckFailed at
the event that broke it, with the host, the time and the numbers.

settled(lab) is the judge's last word, when every program has ended: nothing may be left.

A check costs ten to a hundred times what the event does: it is for tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.uapi.if_ as if_
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.lab.check_acks import AckWatch
from softnet.lab.check_tcp import TcpWatch, check_tcp, queue_of, tcp_sysctl
from softnet.machine.cable import CORRUPT, DELIVERED, DUPLICATE, CableTap, Direction
from softnet.machine.event import Clock, WorldTap
from softnet.net.core.sch_generic import PfifoFast
from softnet.net.ipv4.inet_hashtables import InetHashinfo
from softnet.net.ipv4.inet_timewait_sock import InetTimewaitDeathRow
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import Napi, NetDevice
from softnet.structs.sch_generic import Qdisc
from softnet.wire.ip import ip_view

if TYPE_CHECKING:
    from softnet.host import Host

ETH_HLEN = 14
IP_FRAGMENT = 0x3FFF  # MF and the offset
UDP_CHECK = 6  # where a UDP header has its checksum
# After so many events all hosts are looked at: an event should change its own host only.
ALL_HOSTS = 64


class CheckFailed(AssertionError):
    """An invariant does not hold."""


class Suspect:
    """A host, and what the judge remembers of it."""

    __slots__ = ("host", "net", "watch")

    host: Host
    net: Net
    watch: TcpWatch

    def __init__(self, host: Host) -> None:
        self.host = host
        self.net = host.net
        self.watch = TcpWatch()


class Checker(WorldTap):
    """The judge of one world: one of its taps. Its `cable_tap` wants to see each cable."""

    __slots__ = ("clock", "hosts", "events", "cable_tap")

    clock: Clock
    hosts: dict[int, Suspect]  # by host id
    events: int  # how many times it looked
    cable_tap: FrameChecker

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.hosts = {}
        self.events = 0
        self.cable_tap = FrameChecker()

    @property
    def frames(self) -> int:
        """How many frames it saw."""
        return self.cable_tap.frames

    def add(self, host: Host) -> None:
        """Look at host too, from now on; or anew, as it has booted again."""
        self.hosts[host.machine.host_id] = Suspect(host)

    def forget(self, host: Host) -> None:
        """It lost power."""
        self.hosts.pop(host.machine.host_id, None)

    def after_event(self, host_id: int) -> None:
        """Judge that host, or all. CheckFailed."""
        self.events += 1
        if self.events % ALL_HOSTS and host_id in self.hosts:
            self.judge(self.hosts[host_id])
        else:
            self.judge_all()

    def judge_all(self) -> None:
        """Look at every host."""
        for suspect in self.hosts.values():
            self.judge(suspect)

    def judge(self, suspect: Suspect) -> None:
        """Look at one host."""
        try:
            check_tcp(suspect.net, suspect.watch)
            check_devices(suspect.net.dev_base)
        except AssertionError as e:
            name = suspect.host.machine.name
            raise CheckFailed(f"{name} at {self.clock.now / 1e9:.9f} s: {e}") from e


class FrameChecker(CableTap):
    """Judges what the cards put on a cable."""

    __slots__ = ("frames", "acks")

    frames: int
    acks: AckWatch

    def __init__(self) -> None:
        self.frames = 0
        self.acks = AckWatch()

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """A frame passes a cable: judge it as it was sent."""
        if verdict in (DELIVERED, CORRUPT, DUPLICATE):
            return  # seen before, or damaged by the cable
        self.frames += 1
        buf = frame if isinstance(frame, bytearray) else bytearray(frame)
        error = frame_error(buf) or self.acks.error(buf, when)
        if error:
            raise CheckFailed(f"{direction.name} at {when / 1e9:.9f} s: {error}: {frame.hex()}")


def check_devices(devices: list[NetDevice]) -> None:
    """Each of them."""
    for dev in devices:
        check_device(dev)


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
    armed = napi.irq_armed()
    if armed >= 0 and dev.flags & if_.IFF_UP:
        assert armed == 1 - scheduled, (
            f"{dev.name}: the napi is {'' if scheduled else 'not '}scheduled, and the interrupt is"
            f" {'armed' if armed else 'masked'}"
        )
    assert napi.gro_count >= 0


def check_qdisc(dev: NetDevice, qdisc: Qdisc) -> None:
    """pfifo_fast: counters are sums over the bands; a bit for each band that has packets."""
    if not isinstance(qdisc, PfifoFast):
        return
    q = qdisc
    if q.q.qlen == q.backlog == q.bitmap == q.q0.qlen == q.q1.qlen == q.q2.qlen == 0:
        assert q.gso_skb is None, f"{dev.name}: qlen is 0, and a packet waits"
        return
    length = backlog = bits = 0
    for band, head in enumerate((q.q0, q.q1, q.q2)):
        skbs = queue_of(head)
        length += len(skbs)
        backlog += sum([skb.len for skb in skbs])
        bits |= (1 if skbs else 0) << band
    waiting = length + (1 if q.gso_skb is not None else 0)
    assert q.q.qlen == waiting, f"{dev.name}: qlen {q.q.qlen}, the bands have {waiting}"
    assert q.backlog == backlog, f"{dev.name}: backlog {q.backlog}, the bands have {backlog}"
    assert q.bitmap == bits, f"{dev.name}: bitmap {q.bitmap}, the bands say {bits}"


def frame_error(frame: bytes | bytearray) -> str:
    """What is wrong with an IPv4 frame as a card sends it; "" if nothing is."""
    buf = frame if isinstance(frame, bytearray) else bytearray(frame)
    if len(buf) < ETH_HLEN + 20 or buf[12] << 8 | buf[13] != if_ether.ETH_P_IP:
        return ""
    iph = ip_view(buf, ETH_HLEN)
    hdrlen = iph.hdrlen()
    size = iph.tot_len()
    if hdrlen < 20 or size < hdrlen or ETH_HLEN + size > len(buf):
        return "lengths of the IP header"
    if not iph.check_ok():
        return "checksum of the IP header"
    at, n = ETH_HLEN + hdrlen, size - hdrlen
    proto = iph.protocol()
    whole = not iph.frag_off() & IP_FRAGMENT
    if not whole or proto not in (in_.IPPROTO_TCP, in_.IPPROTO_UDP):
        return ""
    p = mem.addr(buf)
    if proto == in_.IPPROTO_UDP and n >= 8 and mem.get16(p, at + UDP_CHECK) == 0:
        return ""  # its sender wanted none
    s = csum.csum_partial(p, at, n, 0)
    if csum.csum_tcpudp_magic(iph.saddr(), iph.daddr(), n, proto, s):
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
