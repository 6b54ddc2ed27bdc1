"""Trace points: who is told what, and that all are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import softnet.arch.const as const
import softnet.kernel.trace as trace
from softnet.kernel.tracepoint import TraceBuffer, TraceEvent, Tracer, next_packet_id, tracepoint
from softnet.machine.clock import World
from softnet.machine.cpu import OnCpu
from softnet.machine.machine import Machine

SRC = Path(__file__).parents[2] / "src" / "softnet" / "kernel"

# Section 4's relay of a send and of a receive, and Appendix A.
PATH = (
    "sock_create sock_alloc sock_map_fd inet_create sk_alloc sock_init_data tcp_v4_init_sock "
    "sock_sendmsg tcp_sendmsg tcp_push tcp_write_xmit tcp_transmit_skb ip_queue_xmit "
    "ip_local_out ip_output ip_finish_output ip_finish_output2 neigh_output dev_queue_xmit "
    "dev_pick_tx qdisc_run sch_direct_xmit dev_hard_start_xmit e1000_intr napi_schedule "
    "net_rx_action e1000_clean napi_gro_receive netif_receive_skb ip_rcv ip_rcv_finish "
    "ip_route_input_noref ip_local_deliver ip_local_deliver_finish tcp_v4_rcv tcp_v4_do_rcv "
    "tcp_rcv_established tcp_rcv_state_process tcp_data_queue sock_queue_rcv_skb "
    "sk_data_ready netif_rx enqueue_to_backlog process_backlog register_netdevice dev_open "
    "udp_sendmsg tcp_v4_connect tcp_connect tcp_ack lock_sock release_sock alloc_skb "
    "kfree_skb skb_clone skb_copy netdev_alloc_skb netif_stop_queue netif_wake_queue "
    "dev_watchdog get_rps_cpu "
)


class Packet:
    """What an skb is to a trace point."""

    def __init__(self) -> None:
        self.pkt_id = 0


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = World().new_machine("h1")
    with OnCpu(machine.cpus[0]):
        yield machine


@pytest.fixture
def buffer() -> Iterator[TraceBuffer]:
    buffer = TraceBuffer()
    yield buffer
    trace.detach(buffer)


def test_all_are_off_at_first() -> None:
    assert [p.name for p in trace.points.values() if p.enabled] == []
    assert not trace.trace_function.enabled


def test_attach_switches_on_what_matches(machine: Machine, buffer: TraceBuffer) -> None:
    assert trace.attach(buffer, ["ip_rcv", "tcp_v4_*"]) > 5
    assert trace.ip_rcv.enabled
    assert trace.tcp_v4_rcv.enabled
    assert not trace.udp_rcv.enabled
    trace.ip_rcv.fire(Packet())
    trace.tcp_v4_rcv.fire(Packet(), "%d>%d", 80, 40000)
    assert buffer.functions() == ["ip_rcv", "tcp_v4_rcv"]
    assert [ev.detail for ev in buffer.events] == ["", "80>40000"]
    trace.detach(buffer)
    assert not trace.ip_rcv.enabled
    assert not trace.trace_function.enabled


def test_an_event_says_when_where_and_what(machine: Machine, buffer: TraceBuffer) -> None:
    trace.attach(buffer, ["ip_rcv"])
    machine.world.run(until_ns=1_000_067_200)
    skb = Packet()
    trace.ip_rcv.fire(skb, "len %d", 60)
    machine.cpus[0].softirq_count = 1
    trace.ip_rcv.fire(skb)
    machine.cpus[0].softirq_count = 0
    ev, second = buffer.events
    assert (ev.when, ev.host, ev.cpu, ev.context) == (1_000_067_200, "h1", 0, "task")
    assert second.context == "softirq"
    assert ev.packet == second.packet == skb.pkt_id != 0
    assert ev.obj is None
    assert str(ev) == "1.000067200  h1        0  #1.1       ip_rcv                     len 60"


def test_a_drop_says_why(machine: Machine, buffer: TraceBuffer) -> None:
    trace.attach(buffer, ["kfree_skb"])
    trace.kfree_skb.drop(Packet(), const.SKB_DROP_REASON_IP_CSUM, "ip_rcv")
    (ev,) = buffer.events
    assert ev.reason == const.SKB_DROP_REASON_IP_CSUM
    assert "DROP IP_CSUM" in str(ev)
    assert str(ev).endswith("ip_rcv")


def test_packets_are_numbered_per_host_and_keep_their_number(machine: Machine) -> None:
    other = machine.world.new_machine("h2")
    first = next_packet_id()
    assert next_packet_id() == first + 1
    with OnCpu(other.cpus[0]):
        assert next_packet_id() == (2 << 40) + 1
    assert trace.packet_name(first) == "#1.1"
    assert trace.packet_name(0) == "-"
    assert trace.packet_name(5) == "#5"


def test_outside_every_host_there_is_no_number() -> None:
    assert next_packet_id() == 0
    assert str(TraceEvent("x", None)).split() == ["0.000000000", "-", "-", "-", "x"]


def test_filters_narrow_what_a_tracer_is_told(machine: Machine, buffer: TraceBuffer) -> None:
    other = machine.world.new_machine("h2")
    trace.attach(buffer, ["ip_rcv"])
    a, b = Packet(), Packet()
    for host in (machine, other):
        with OnCpu(host.cpus[0]):
            trace.ip_rcv.fire(a)
            trace.ip_rcv.fire(b)
    assert len(buffer.events) == 4
    buffer.events.clear()
    buffer.hosts = {"h2"}
    buffer.packets = {b.pkt_id}
    for host in (machine, other):
        with OnCpu(host.cpus[0]):
            trace.ip_rcv.fire(a)
            trace.ip_rcv.fire(b)
    assert [(ev.host, ev.packet) for ev in buffer.events] == [("h2", b.pkt_id)]


def test_two_tracers_are_told_and_one_goes(machine: Machine, buffer: TraceBuffer) -> None:
    seen: list[str] = []

    class Other(Tracer):
        def event(self, ev: TraceEvent) -> None:
            seen.append(ev.function)

    other = Other()
    trace.attach(buffer, ["ip_rcv"])
    trace.attach(other, ["ip_*"])
    assert trace.attach(other, ["ip_rcv"]) == 0, "not told twice"
    trace.ip_rcv.fire(None)
    trace.detach(other)
    assert trace.ip_rcv.enabled
    assert not trace.ip_output.enabled
    trace.ip_rcv.fire(None)
    assert (len(buffer.events), seen) == (2, ["ip_rcv"])


def test_a_buffer_keeps_the_last_events(machine: Machine, buffer: TraceBuffer) -> None:
    buffer.limit = 3
    trace.attach(buffer, ["ip_rcv"])
    for n in range(5):
        trace.ip_rcv.fire(None, n)
    assert [ev.detail for ev in buffer.events] == ["2", "3", "4"]
    assert buffer.lost == 2


def test_functions_without_a_point_are_traced_by_name(
    machine: Machine, buffer: TraceBuffer
) -> None:
    trace.attach(buffer, ["ip_rcv", "test_made_up"])
    assert trace.trace_function.enabled
    trace.trace_function.fire("ip_rcv", None)
    trace.trace_function.fire("test_made_up", None, "x")
    trace.trace_function.fire("test_unwanted", None)
    assert buffer.functions() == ["ip_rcv", "test_made_up"]


def test_a_name_is_one_point() -> None:
    assert tracepoint("ip_rcv") is trace.ip_rcv
    assert repr(trace.netif_receive_skb_core) == "<TracePoint __netif_receive_skb>"


def test_the_pxd_lists_the_points_of_the_source() -> None:
    made = re.findall(r"^(\w+) = tp\.tracepoint\(", (SRC / "trace.py").read_text(), re.M)
    declared = re.findall(r"^cdef tp\.TracePoint (.*)$", (SRC / "trace.pxd").read_text(), re.M)
    assert made == [name for line in declared for name in line.split(", ")]
    assert len(set(made)) == len(made)
    for name in made:
        kernel_name = getattr(trace, name).name
        assert kernel_name.lstrip("_") == name or trace.RENAMED[kernel_name].name == kernel_name


def test_the_path_of_the_specification_is_there() -> None:
    for name in PATH.split():
        assert getattr(trace, name).name == name
