"""The wire of a run: which flow a script's packet belongs to, injecting it, or waiting for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.lab.packetdrill.compare import Row, compare
from softnet.lab.packetdrill.flow import (
    CONNECTING,
    LISTENING,
    NEW,
    OPEN,
    SYN_RECEIVED,
    SYN_SENT,
    SYNACK_SENT,
    Flow,
)
from softnet.lab.packetdrill.nodes import (
    ANY_TIME,
    RANGE,
    RELATIVE_RANGE,
    Event,
    IcmpSpec,
    PacketSpec,
    TcpSpec,
    UdpSpec,
)
from softnet.lab.packetdrill.notation import seen_line, spec_line
from softnet.lab.packetdrill.packets import Seen, build_inbound
from softnet.lab.packetdrill.report import Failure
from softnet.wire.tcp_options import Timestamps

if TYPE_CHECKING:
    from softnet.lab.packetdrill.runner import Runner

FIRST_PORT = 40001  # of the script's side of connections that it opens
PATIENCE_US = 120_000_000  # how far a report looks for the packet that did not come in time
CLOSING = tcp.TCPHDR_FIN | tcp.TCPHDR_PSH


class Wire:
    """What goes in, what comes out, and whose it is."""

    def __init__(self, run: Runner) -> None:
        self.run = run
        self.queue = run.machine.end.queue
        self.current: Flow | None = None
        self.next_port = FIRST_PORT

    # Whose packet is it?

    def flow_of(self, event: Event, spec: PacketSpec) -> Flow:
        """The flow that a script's packet belongs to; the first one for a listener makes it."""
        inbound = spec.direction == "<"
        body = spec.body
        named = self.flow_by_ports(body, inbound)
        if named is not None:
            self.current = named
            return named
        flow = self.current
        listening = flow is None or flow.state in (NEW, LISTENING)
        if inbound and isinstance(body, TcpSpec) and (listening or self.is_new_syn(body)):
            return self.accept(body)
        if flow is None:
            raise Failure(event.line, "no socket of the script can have this packet")
        if isinstance(body, UdpSpec | IcmpSpec):
            self.complete(flow)
        return flow

    def flow_by_ports(self, body: TcpSpec | UdpSpec | IcmpSpec, inbound: bool) -> Flow | None:
        """The flow that has the ports that the script names, if it names any."""
        if isinstance(body, IcmpSpec) or not body.sport or not body.dport:
            return None
        local, remote = (body.dport, body.sport) if inbound else (body.sport, body.dport)
        for flow in reversed(self.run.flows):
            if flow.state > LISTENING and (flow.local[1], flow.remote[1]) == (local, remote):
                return flow
        return None

    def is_new_syn(self, body: TcpSpec) -> bool:
        """A SYN from a port that no flow has, while somebody listens."""
        syn = body.flags & (tcp.TCPHDR_SYN | tcp.TCPHDR_ACK) == tcp.TCPHDR_SYN
        return (
            syn
            and body.sport != 0
            and any(f.state == LISTENING and body.dport in (0, f.local[1]) for f in self.run.flows)
        )

    def accept(self, body: TcpSpec) -> Flow:
        """A flow for the first packet that a script sends to a listener, or to nobody."""
        config = self.run.config
        flow = Flow(in_.IPPROTO_TCP)
        flow.remote = (config.remote()[0], body.sport or self.next_port)
        flow.local = (config.local(), body.dport or config.bind_port)
        flow.remote_isn = body.seq
        flow.state = SYN_RECEIVED
        self.next_port += 1
        self.run.add_flow(flow)
        return flow

    def complete(self, flow: Flow) -> None:
        """Addresses of a datagram socket that was not connected."""
        config = self.run.config
        if not flow.remote[1]:
            flow.remote = (config.remote()[0], config.connect_port)
        if not flow.local[0]:
            flow.local = (config.local(), flow.local[1] or config.bind_port)

    # In

    def inject(self, event: Event, spec: PacketSpec) -> None:
        """The host receives a packet of the script."""
        flow = self.flow_of(event, spec)
        body = spec.body
        if isinstance(body, TcpSpec):
            syn = body.flags & tcp.TCPHDR_SYN
            if flow.state == SYNACK_SENT and body.flags & tcp.TCPHDR_ACK:
                flow.state = OPEN
            elif flow.state == SYN_SENT and syn:
                flow.remote_isn = body.seq
                if body.flags & tcp.TCPHDR_ACK:
                    flow.state = OPEN
        data = build_inbound(spec, flow, self.run.config)
        self.run.note(f"< {spec_line(spec, flow)}")
        try:
            self.run.machine.inject(data)
        except OSError as e:
            raise Failure(event.line, f"the device does not take this packet: {e.strerror}") from e

    # Out

    def expect(self, event: Event, spec: PacketSpec, begin: int, end: int) -> None:
        """Wait for a packet of the host and compare it; Failure."""
        run = self.run
        flow = self.flow_of(event, spec)
        body = spec.body
        if isinstance(body, TcpSpec):
            self.prepare(flow, body)
        slack = run.config.tolerance(begin - run.now_us()) if event.when.kind != ANY_TIME else 0
        limit = max(end + slack, run.now_us())
        seen = self.next_seen(flow, spec, limit)
        if seen is None:
            raise self.missing(event, spec, flow, begin, end)
        if isinstance(body, TcpSpec):
            self.learn(flow, body, seen)
            if not run.config.strict_segments:
                self.aggregate(flow, spec, body, seen, limit)
        run.note(f"> {seen_line(seen, flow)}", (seen.time_ns - run.start_ns) // 1000)
        self.judge(event, spec, flow, seen, begin, end)

    def prepare(self, flow: Flow, body: TcpSpec) -> None:
        """What the script's own numbers tell of the host's first segment."""
        syn, ack = body.flags & tcp.TCPHDR_SYN, body.flags & tcp.TCPHDR_ACK
        if syn and ack and flow.state == SYN_RECEIVED:
            flow.script_isn = body.seq
        elif syn and not ack and flow.state == CONNECTING:
            flow.state = SYN_SENT
            flow.script_isn = body.seq
            flow.local = (0, 0)

    def learn(self, flow: Flow, body: TcpSpec, seen: Seen) -> None:
        """What a segment of the host tells: its first number, its clock."""
        syn, ack = seen.flags & tcp.TCPHDR_SYN, seen.flags & tcp.TCPHDR_ACK
        if syn and ack and flow.state == SYN_RECEIVED and body.flags & tcp.TCPHDR_SYN:
            flow.state = SYNACK_SENT
            flow.local_isn = seen.seq
            flow.syn_seen = True
        for a in body.options or []:
            for b in seen.options:
                if isinstance(a, Timestamps) and isinstance(b, Timestamps):
                    flow.learn_ts(a.tsval, b.tsval)

    def next_seen(self, flow: Flow, spec: PacketSpec, limit: int) -> Seen | None:
        """The next packet of the flow that the host sends by limit (us); None if there is none."""
        run = self.run
        while True:
            while self.queue:
                seen = self.queue.popleft()
                if self.is_ours(flow, spec, seen):
                    return seen
            if run.ns_of(limit) < run.world.clock.now:
                return None
            reason = run.world.run(until_ns=run.ns_of(limit), predicate=self.queue.__len__)
            if reason != "predicate" and not self.queue:
                return None

    def is_ours(self, flow: Flow, spec: PacketSpec, seen: Seen) -> bool:
        """Is a packet of the host one that the script looks at? Others pass unseen."""
        if isinstance(spec.body, IcmpSpec):
            return seen.proto == in_.IPPROTO_ICMP and seen.dst[0] == flow.remote[0]
        if flow.is_outbound(seen.proto, seen.src, seen.dst):
            return True
        fresh = seen.flags & (tcp.TCPHDR_SYN | tcp.TCPHDR_ACK) == tcp.TCPHDR_SYN
        opening = (flow.state == SYN_SENT and seen.proto == in_.IPPROTO_TCP and fresh) or (
            flow.state == CONNECTING and seen.proto == flow.protocol == in_.IPPROTO_UDP
        )
        if opening and seen.dst == flow.remote and (not flow.local[0] or not flow.local[1]):
            flow.local = seen.src
            flow.local_isn = seen.seq
            flow.syn_seen = seen.proto == in_.IPPROTO_TCP
            return True
        return bool(
            seen.proto == flow.protocol == in_.IPPROTO_UDP
            and seen.dst[0] == flow.remote[0]
            and seen.src[1] == flow.local[1]
        )

    def aggregate(
        self, flow: Flow, spec: PacketSpec, body: TcpSpec, seen: Seen, limit: int
    ) -> None:
        """Put segments together that the script takes for one: seen grows."""
        size = len(seen.payload)
        while 0 < len(seen.payload) < body.length:
            more = self.next_seen(flow, spec, min(limit, self.run.now_us()))
            if more is None:
                return
            total = len(seen.payload) + len(more.payload)
            fits = (
                more.seq == (seen.seq + len(seen.payload)) & 0xFFFFFFFF
                and more.ack == seen.ack
                and (more.flags ^ seen.flags) & ~CLOSING == 0
                and not seen.flags & CLOSING
                and len(seen.payload) < total <= body.length
                and (len(more.payload) == size or total == body.length)
            )
            if not fits:
                self.queue.appendleft(more)
                return
            seen.payload += more.payload
            seen.flags |= more.flags & CLOSING

    # Judging

    def judge(
        self, event: Event, spec: PacketSpec, flow: Flow, seen: Seen, begin: int, end: int
    ) -> None:
        """Compare fields and time; Failure."""
        run = self.run
        rows = compare(spec, seen, flow, run.config)
        rows.append(self.time_row(event, seen, begin, end))
        wrong = [r.name for r in rows if not r.same]
        if not wrong:
            return
        failure = Failure(event.line, f"the packet differs in {', '.join(wrong)}")
        failure.rows = rows
        failure.script_text = event.text
        failure.time_us = (seen.time_ns - run.start_ns) // 1000
        failure.expected = spec_line(spec, flow)
        failure.seen = seen_line(seen, flow)
        if "packet" in run.config.non_fatal:
            run.warnings.append(f"{run.script.path}:{event.line}: {failure.message}")
            return
        raise failure

    def time_row(self, event: Event, seen: Seen, begin: int, end: int) -> Row:
        """Did it come when it should?"""
        at = (seen.time_ns - self.run.start_ns) // 1000
        if event.when.kind == ANY_TIME:
            return Row("time", "any", f"{at / 1e6:.6f}", True)
        text = f"{begin / 1e6:.6f}"
        if event.when.kind in (RANGE, RELATIVE_RANGE):
            text += f" ~ {end / 1e6:.6f}"
        slack = self.run.config.tolerance(begin - self.run.last_start_us)
        slack = max(slack, self.run.config.tolerance_usecs)
        return Row("time", text, f"{at / 1e6:.6f}", begin - slack <= at <= end + slack)

    def missing(self, event: Event, spec: PacketSpec, flow: Flow, begin: int, end: int) -> Failure:
        """The packet did not come: look further, so that the report can show what came instead."""
        run = self.run
        now = run.now_us()
        failure = Failure(event.line, f"no packet by {end / 1e6:.6f} s")
        failure.time_us = now
        failure.script_text = event.text
        failure.expected = spec_line(spec, flow)
        later = self.next_seen(flow, spec, now + PATIENCE_US)
        if later is None:
            failure.seen = "nothing, for two minutes"
        else:
            failure.rows = compare(spec, later, flow, run.config)
            failure.rows.append(self.time_row(event, later, begin, end))
            failure.seen = seen_line(later, flow)
        return failure
