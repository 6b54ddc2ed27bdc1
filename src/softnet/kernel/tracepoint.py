"""How trace points work: what fires, what an event holds, who looks. The points are in trace.py.

    class Printer(Tracer):
        def event(self, ev): print(ev)

    attach(printer, ["ip_*", "kfree_skb"])   ...   detach(printer)

An event carries the virtual time, host, CPU, the packet's id, the function and a detail. The id is
the skb's pkt_id, which survives clone, copy, NAT and fragmentation and travels through cables.
Who follows packets across clones asks net/core/skbuff to number every skb at birth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from softnet.kernel.drop_reason import reason_name
from softnet.machine.cpu import Cpu, in_serving_softirq, this_cpu

HOST_SHIFT = 40  # a packet's id: the host that numbered it, and its count
BUFFER_MAX = 100_000  # events that a TraceBuffer keeps


class TraceEvent:
    """One event. str() of it is the line that `softnet trace` prints."""

    __slots__ = ("when", "host", "cpu", "packet", "function", "detail", "reason", "context", "obj")

    when: int  # ns
    host: str
    cpu: int  # -1 outside every CPU
    packet: int  # 0 if it is about no packet
    function: str
    detail: str
    reason: int  # SKB_DROP_REASON_*; -1 if it is not a drop
    context: str  # "task", "softirq", "hardirq" or "-"
    obj: Any  # the skb or what else; good only during Tracer.event()

    def __init__(self, function: str, obj: Any) -> None:
        self.function = function
        self.obj = obj
        self.packet = packet_id(obj)
        self.detail = ""
        self.reason = -1
        cpu = this_cpu()
        if cpu is None:
            self.when = 0
            self.host = "-"
            self.cpu = -1
            self.context = "-"
        else:
            self.when = cpu.machine.clock.now
            self.host = cpu.machine.name
            self.cpu = cpu.id
            self.context = context_name(cpu)

    def __str__(self) -> str:
        seconds, ns = divmod(self.when, 1_000_000_000)
        cpu = "-" if self.cpu < 0 else str(self.cpu)
        what = f"DROP {reason_name(self.reason)}" if self.reason >= 0 else self.function
        where = f"{seconds}.{ns:09d}  {self.host:<8} {cpu:>2}"
        return f"{where}  {packet_name(self.packet):<10} {what:<26} {self.detail}".rstrip()


class Tracer:
    """Who looks: subclass, override event(). `hosts` and `packets` narrow what it is told."""

    __slots__ = ("hosts", "packets")

    hosts: set[str] | None
    packets: set[int] | None

    def __init__(self) -> None:
        self.hosts = None
        self.packets = None

    def event(self, ev: TraceEvent) -> None:
        """Something happened. It must not change anything in the stack."""

    def wants(self, ev: TraceEvent) -> bool:
        """Does ev pass the filters?"""
        if self.hosts is not None and ev.host not in self.hosts:
            return False
        return self.packets is None or ev.packet in self.packets


class TraceBuffer(Tracer):
    """Keeps the last `limit` events; `lost` counts the older ones."""

    __slots__ = ("events", "limit", "lost")

    events: deque[TraceEvent]
    limit: int
    lost: int

    def __init__(self, limit: int = BUFFER_MAX) -> None:
        Tracer.__init__(self)
        self.events = deque()
        self.limit = limit
        self.lost = 0

    def event(self, ev: TraceEvent) -> None:
        """Keep it, without the object it was about."""
        ev.obj = None
        if len(self.events) >= self.limit:
            self.events.popleft()
            self.lost += 1
        self.events.append(ev)

    def functions(self) -> list[str]:
        """The names, in order: what tests compare."""
        return [ev.function for ev in self.events]


class TracePoint:
    """One place in the stack. Test `enabled` before fire() or drop()."""

    __slots__ = ("name", "enabled", "tracers")

    name: str
    enabled: bool
    tracers: list[Tracer]

    def __init__(self, name: str) -> None:
        self.name = name
        self.enabled = False
        self.tracers = []

    def fire(self, obj: Any, detail: object = "", a: object = None, b: object = None) -> None:
        """Tell the tracers that the function runs on obj, an skb or what else.

        detail is text, or a format for a and b.
        """
        ev = TraceEvent(self.name, obj)
        text = str(detail)
        if b is not None:
            text = text % (a, b)
        elif a is not None:
            text = text % (a,)
        ev.detail = text
        self.tell(ev)

    def drop(self, skb: Any, reason: int, detail: object = "") -> None:
        """Tell the tracers that skb is dropped, and why."""
        ev = TraceEvent(self.name, skb)
        ev.reason = reason
        ev.detail = str(detail)
        self.tell(ev)

    def tell(self, ev: TraceEvent) -> None:
        """Hand ev to whoever wants it."""
        for tracer in self.tracers:
            if tracer.wants(ev):
                tracer.event(ev)

    def __repr__(self) -> str:
        return f"<TracePoint {self.name}{' on' if self.enabled else ''}>"


class FunctionTrace:
    """Trace points by name: `if trace_function.enabled: trace_function.fire("ip_output", skb)`.

    For functions without a point of their own below, and for cold code; `enabled` while any is on.
    """

    __slots__ = ("enabled",)

    enabled: bool

    def __init__(self) -> None:
        self.enabled = False

    def fire(self, name: str, obj: Any, detail: object = "") -> None:
        """Fire the point of that name if it is on."""
        point = points.get(name)
        if point is None:
            point = tracepoint(name)
            for tracer, patterns in attached:
                connect(point, tracer, patterns)
        if point.enabled:
            point.fire(obj, detail)


def tracepoint(name: str) -> TracePoint:
    """The trace point of a kernel function, made if there is none."""
    point = points.get(name)
    if point is None:
        point = points[name] = TracePoint(name)
    return point


def attach(tracer: Tracer, patterns: Iterable[str] = ("*",)) -> int:
    """Tell tracer of the functions that match (shell patterns); of how many that are."""
    wanted = list(patterns)
    attached.append((tracer, wanted))
    count = sum(connect(point, tracer, wanted) for point in points.values())
    trace_function.enabled = True
    return count


def connect(point: TracePoint, tracer: Tracer, patterns: list[str]) -> bool:
    """Join one point and one tracer if the name matches."""
    if tracer in point.tracers or not any(fnmatchcase(point.name, p) for p in patterns):
        return False
    point.tracers.append(tracer)
    point.enabled = True
    return True


def detach(tracer: Tracer) -> None:
    """Tell tracer nothing more."""
    attached[:] = [row for row in attached if row[0] is not tracer]
    for point in points.values():
        if tracer in point.tracers:
            point.tracers.remove(tracer)
            point.enabled = bool(point.tracers)
    trace_function.enabled = bool(attached)


def packet_id(obj: Any) -> int:
    """The packet's number, given now if it has none; 0 for what is no packet."""
    number = getattr(obj, "pkt_id", None)
    if number is None:
        return 0
    if number == 0:
        number = obj.pkt_id = next_packet_id()
    return int(number)


def next_packet_id() -> int:
    """A number no packet had: (host id << 40) + count. 0 outside every host."""
    cpu = this_cpu()
    if cpu is None:
        return 0
    percpu = cpu.machine.cpus[0].percpu
    count: int = percpu.get("packet_id", 0) + 1
    percpu["packet_id"] = count
    return (cpu.machine.host_id << HOST_SHIFT) + count


def packet_name(number: int) -> str:
    """A packet's number for people: #41, with the host's number before it where that is not 1."""
    if number == 0:
        return "-"
    host, count = number >> HOST_SHIFT, number & ((1 << HOST_SHIFT) - 1)
    return f"#{count}" if host == 0 else f"#{host}.{count}"


def context_name(cpu: Cpu) -> str:
    """What runs on cpu, which is this CPU."""
    if cpu.hardirq_count:
        return "hardirq"
    return "softirq" if in_serving_softirq() else "task"


points: dict[str, TracePoint] = {}
attached: list[tuple[Tracer, list[str]]] = []
trace_function = FunctionTrace()
# A compiled module does not show its C globals.
globals().update(trace_function=trace_function)
