"""Trace points: one for each function of a packet's path, by its kernel name; free while off.

Linux: kernel/trace, include/trace/events; what they show is modelled on what people use: pwru, retis

In the stack (the flag is one load and one test):

    import softnet.kernel.trace as trace           and in the .pxd: cimport softnet.kernel.trace as trace
    if trace.ip_rcv.enabled:
        trace.ip_rcv.fire(skb)                     or fire(skb, "band %d", 1)
    if trace.kfree_skb.enabled:
        trace.kfree_skb.drop(skb, reason)

To look:

    class Printer(Tracer):
        def event(self, ev): print(ev)
    trace.attach(Printer(), ["ip_*", "kfree_skb"])   ...   trace.detach(printer)

An event carries the virtual time, host, CPU, the packet's id, the function and a detail. The id is the
skb's pkt_id, which survives clone, copy, NAT and fragmentation and travels through cables.
Kernel names that begin with underscores lose them here, or say what they skip: Python would mangle them.
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
        line = f"{seconds}.{ns:09d}  {self.host:<8} {cpu:>2}  {packet_name(self.packet):<10} {what:<26}"
        return f"{line} {self.detail}".rstrip()


class Tracer:
    """Who looks: subclass, override event(). `hosts` and `packets`, if set, narrow what it is told."""

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

# Sockets and system calls: net/socket.c, net/core/sock.c, datagram.c, stream.c
sys_socket = tracepoint("sys_socket")
sys_bind = tracepoint("sys_bind")
sys_listen = tracepoint("sys_listen")
sys_accept = tracepoint("sys_accept")
sys_connect = tracepoint("sys_connect")
sys_sendto = tracepoint("sys_sendto")
sys_recvfrom = tracepoint("sys_recvfrom")
sys_sendmsg = tracepoint("sys_sendmsg")
sys_recvmsg = tracepoint("sys_recvmsg")
sys_shutdown = tracepoint("sys_shutdown")
sys_setsockopt = tracepoint("sys_setsockopt")
sys_getsockopt = tracepoint("sys_getsockopt")
sys_close = tracepoint("sys_close")
sys_sendfile = tracepoint("sys_sendfile")
sys_splice = tracepoint("sys_splice")
sock_create = tracepoint("sock_create")
sock_alloc = tracepoint("sock_alloc")
sock_alloc_file = tracepoint("sock_alloc_file")
sock_map_fd = tracepoint("sock_map_fd")
sock_init_data = tracepoint("sock_init_data")
sock_register = tracepoint("sock_register")
sock_release = tracepoint("sock_release")
sock_sendmsg = tracepoint("sock_sendmsg")
sock_recvmsg = tracepoint("sock_recvmsg")
sk_alloc = tracepoint("sk_alloc")
sk_free = tracepoint("sk_free")
lock_sock = tracepoint("lock_sock")
release_sock = tracepoint("release_sock")
lock_sock_wait = tracepoint("__lock_sock")
sk_add_backlog = tracepoint("sk_add_backlog")
sk_backlog_rcv = tracepoint("sk_backlog_rcv")
sock_alloc_send_skb = tracepoint("sock_alloc_send_skb")
sock_alloc_send_pskb = tracepoint("sock_alloc_send_pskb")
sock_wmalloc = tracepoint("sock_wmalloc")
sock_queue_rcv_skb = tracepoint("sock_queue_rcv_skb")
sock_def_readable = tracepoint("sock_def_readable")
sock_def_write_space = tracepoint("sock_def_write_space")
sock_def_error_report = tracepoint("sock_def_error_report")
sock_def_wakeup = tracepoint("sock_def_wakeup")
sk_data_ready = tracepoint("sk_data_ready")
sock_wfree = tracepoint("sock_wfree")
sock_rfree = tracepoint("sock_rfree")
sk_stream_wait_memory = tracepoint("sk_stream_wait_memory")
sk_stream_wait_connect = tracepoint("sk_stream_wait_connect")
sk_stream_write_space = tracepoint("sk_stream_write_space")
sk_wait_data = tracepoint("sk_wait_data")
sk_mem_schedule = tracepoint("__sk_mem_schedule")
skb_recv_datagram = tracepoint("skb_recv_datagram")
skb_copy_datagram_iovec = tracepoint("skb_copy_datagram_iovec")
skb_free_datagram = tracepoint("skb_free_datagram")
skb_kill_datagram = tracepoint("skb_kill_datagram")
datagram_poll = tracepoint("datagram_poll")

# Packet buffers: net/core/skbuff.c
alloc_skb = tracepoint("alloc_skb")
netdev_alloc_skb = tracepoint("netdev_alloc_skb")
kfree_skb = tracepoint("kfree_skb")
consume_skb = tracepoint("consume_skb")
skb_clone = tracepoint("skb_clone")
skb_copy = tracepoint("skb_copy")
pskb_copy = tracepoint("pskb_copy")
pskb_expand_head = tracepoint("pskb_expand_head")
skb_copy_bits = tracepoint("skb_copy_bits")
skb_checksum = tracepoint("skb_checksum")
skb_checksum_help = tracepoint("skb_checksum_help")
skb_segment = tracepoint("skb_segment")
skb_gro_receive = tracepoint("skb_gro_receive")
skb_linearize = tracepoint("skb_linearize")
pskb_pull_tail = tracepoint("pskb_pull_tail")
skb_split = tracepoint("skb_split")
skb_set_owner_w = tracepoint("skb_set_owner_w")
skb_orphan = tracepoint("skb_orphan")
skb_queue_purge = tracepoint("skb_queue_purge")

# Devices: net/core/dev.c, link_watch.c, net/ethernet/eth.c
register_netdevice = tracepoint("register_netdevice")
register_netdev = tracepoint("register_netdev")
unregister_netdevice = tracepoint("unregister_netdevice")
dev_open = tracepoint("dev_open")
dev_open_core = tracepoint("__dev_open")
dev_close = tracepoint("dev_close")
dev_change_flags = tracepoint("dev_change_flags")
dev_set_mtu = tracepoint("dev_set_mtu")
call_netdevice_notifiers = tracepoint("call_netdevice_notifiers")
dev_activate = tracepoint("dev_activate")
dev_deactivate = tracepoint("dev_deactivate")
dev_watchdog = tracepoint("dev_watchdog")
dev_watchdog_up = tracepoint("dev_watchdog_up")
netif_carrier_on = tracepoint("netif_carrier_on")
netif_carrier_off = tracepoint("netif_carrier_off")
linkwatch_fire_event = tracepoint("linkwatch_fire_event")
eth_type_trans = tracepoint("eth_type_trans")
eth_header = tracepoint("eth_header")

# Transmitting: net/core/dev.c, net/sched
dev_queue_xmit = tracepoint("dev_queue_xmit")
dev_pick_tx = tracepoint("dev_pick_tx")
dev_xmit_skb = tracepoint("__dev_xmit_skb")
sch_direct_xmit = tracepoint("sch_direct_xmit")
qdisc_run = tracepoint("qdisc_run")
qdisc_restart = tracepoint("qdisc_restart")
dev_requeue_skb = tracepoint("dev_requeue_skb")
dev_hard_start_xmit = tracepoint("dev_hard_start_xmit")
dev_gso_segment = tracepoint("dev_gso_segment")
netif_skb_features = tracepoint("netif_skb_features")
netif_schedule = tracepoint("__netif_schedule")
net_tx_action = tracepoint("net_tx_action")
netif_start_queue = tracepoint("netif_start_queue")
netif_stop_queue = tracepoint("netif_stop_queue")
netif_wake_queue = tracepoint("netif_wake_queue")
dev_loopback_xmit = tracepoint("dev_loopback_xmit")
qdisc_enqueue = tracepoint("qdisc_enqueue")
qdisc_dequeue = tracepoint("qdisc_dequeue")
qdisc_drop = tracepoint("qdisc_drop")
pfifo_fast_enqueue = tracepoint("pfifo_fast_enqueue")
pfifo_fast_dequeue = tracepoint("pfifo_fast_dequeue")
qdisc_watchdog = tracepoint("qdisc_watchdog")
tc_classify = tracepoint("tc_classify")
dev_kfree_skb_irq = tracepoint("dev_kfree_skb_irq")
dev_kfree_skb_any = tracepoint("dev_kfree_skb_any")

# Receiving: net/core/dev.c
netif_rx = tracepoint("netif_rx")
netif_rx_ni = tracepoint("netif_rx_ni")
enqueue_to_backlog = tracepoint("enqueue_to_backlog")
process_backlog = tracepoint("process_backlog")
napi_schedule = tracepoint("napi_schedule")
napi_poll = tracepoint("napi_poll")
napi_complete = tracepoint("napi_complete")
napi_enable = tracepoint("napi_enable")
napi_disable = tracepoint("napi_disable")
net_rx_action = tracepoint("net_rx_action")
napi_gro_receive = tracepoint("napi_gro_receive")
dev_gro_receive = tracepoint("dev_gro_receive")
napi_gro_flush = tracepoint("napi_gro_flush")
napi_gro_complete = tracepoint("napi_gro_complete")
netif_receive_skb = tracepoint("netif_receive_skb")
netif_receive_skb_core = tracepoint("__netif_receive_skb")
deliver_skb = tracepoint("deliver_skb")
dev_forward_skb = tracepoint("dev_forward_skb")
get_rps_cpu = tracepoint("get_rps_cpu")
rps_trigger_softirq = tracepoint("rps_trigger_softirq")
net_rps_action_and_irq_enable = tracepoint("net_rps_action_and_irq_enable")
netdev_rx_handler_register = tracepoint("netdev_rx_handler_register")
packet_rcv = tracepoint("packet_rcv")

# Linux 3.2's own tracepoints of the network, where no function above has the name
net_dev_queue = tracepoint("net_dev_queue")
net_dev_xmit = tracepoint("net_dev_xmit")
sock_rcvqueue_full = tracepoint("sock_rcvqueue_full")
sock_exceed_buf_limit = tracepoint("sock_exceed_buf_limit")
udp_fail_queue_rcv_skb = tracepoint("udp_fail_queue_rcv_skb")

# Neighbours and ARP: net/core/neighbour.c, net/ipv4/arp.c
neigh_create = tracepoint("neigh_create")
neigh_lookup = tracepoint("neigh_lookup")
neigh_event_send = tracepoint("neigh_event_send")
neigh_update = tracepoint("neigh_update")
neigh_resolve_output = tracepoint("neigh_resolve_output")
neigh_connected_output = tracepoint("neigh_connected_output")
neigh_hh_output = tracepoint("neigh_hh_output")
neigh_output = tracepoint("neigh_output")
neigh_probe = tracepoint("neigh_probe")
neigh_timer_handler = tracepoint("neigh_timer_handler")
neigh_invalidate = tracepoint("neigh_invalidate")
neigh_destroy = tracepoint("neigh_destroy")
arp_rcv = tracepoint("arp_rcv")
arp_process = tracepoint("arp_process")
arp_send = tracepoint("arp_send")
arp_xmit = tracepoint("arp_xmit")
arp_solicit = tracepoint("arp_solicit")
arp_create = tracepoint("arp_create")
arp_error_report = tracepoint("arp_error_report")

# Routing: net/ipv4/route.c, fib_*.c
ip_route_input_noref = tracepoint("ip_route_input_noref")
ip_route_input_common = tracepoint("ip_route_input_common")
ip_route_input_slow = tracepoint("ip_route_input_slow")
ip_route_input_mc = tracepoint("ip_route_input_mc")
ip_mkroute_input = tracepoint("ip_mkroute_input")
ip_route_output_key = tracepoint("ip_route_output_key")
ip_route_output_slow = tracepoint("ip_route_output_slow")
ip_route_output_flow = tracepoint("ip_route_output_flow")
rt_intern_hash = tracepoint("rt_intern_hash")
rt_dst_alloc = tracepoint("rt_dst_alloc")
rt_cache_flush = tracepoint("rt_cache_flush")
rt_garbage_collect = tracepoint("rt_garbage_collect")
ip_rt_redirect = tracepoint("ip_rt_redirect")
ip_rt_update_pmtu = tracepoint("ip_rt_update_pmtu")
ip_rt_frag_needed = tracepoint("ip_rt_frag_needed")
ip_rt_send_redirect = tracepoint("ip_rt_send_redirect")
ip_error = tracepoint("ip_error")
fib_lookup = tracepoint("fib_lookup")
fib_table_lookup = tracepoint("fib_table_lookup")
fib_validate_source = tracepoint("fib_validate_source")
fib_rules_lookup = tracepoint("fib_rules_lookup")
dst_input = tracepoint("dst_input")
dst_output = tracepoint("dst_output")
dst_release = tracepoint("dst_release")

# IPv4: net/ipv4/ip_*.c, icmp.c, igmp.c, raw.c
ip_rcv = tracepoint("ip_rcv")
ip_rcv_finish = tracepoint("ip_rcv_finish")
ip_local_deliver = tracepoint("ip_local_deliver")
ip_local_deliver_finish = tracepoint("ip_local_deliver_finish")
ip_call_ra_chain = tracepoint("ip_call_ra_chain")
ip_rcv_options = tracepoint("ip_rcv_options")
ip_forward = tracepoint("ip_forward")
ip_forward_finish = tracepoint("ip_forward_finish")
ip_mr_input = tracepoint("ip_mr_input")
ip_defrag = tracepoint("ip_defrag")
ip_frag_queue = tracepoint("ip_frag_queue")
ip_frag_reasm = tracepoint("ip_frag_reasm")
ip_expire = tracepoint("ip_expire")
ip_local_out = tracepoint("ip_local_out")
ip_queue_xmit = tracepoint("ip_queue_xmit")
ip_build_and_send_pkt = tracepoint("ip_build_and_send_pkt")
ip_send_reply = tracepoint("ip_send_reply")
ip_append_data = tracepoint("ip_append_data")
ip_push_pending_frames = tracepoint("ip_push_pending_frames")
ip_make_skb = tracepoint("ip_make_skb")
ip_send_skb = tracepoint("ip_send_skb")
ip_flush_pending_frames = tracepoint("ip_flush_pending_frames")
ip_output = tracepoint("ip_output")
ip_mc_output = tracepoint("ip_mc_output")
ip_finish_output = tracepoint("ip_finish_output")
ip_finish_output2 = tracepoint("ip_finish_output2")
ip_fragment = tracepoint("ip_fragment")
ip_options_compile = tracepoint("ip_options_compile")
ip_options_build = tracepoint("ip_options_build")
ip_options_rcv_srr = tracepoint("ip_options_rcv_srr")
icmp_rcv = tracepoint("icmp_rcv")
icmp_send = tracepoint("icmp_send")
icmp_reply = tracepoint("icmp_reply")
icmp_echo = tracepoint("icmp_echo")
icmp_unreach = tracepoint("icmp_unreach")
icmp_redirect = tracepoint("icmp_redirect")
icmp_timestamp = tracepoint("icmp_timestamp")
icmp_push_reply = tracepoint("icmp_push_reply")
ping_rcv = tracepoint("ping_rcv")
ping_sendmsg = tracepoint("ping_sendmsg")
ping_queue_rcv_skb = tracepoint("ping_queue_rcv_skb")
raw_local_deliver = tracepoint("raw_local_deliver")
raw_rcv = tracepoint("raw_rcv")
raw_sendmsg = tracepoint("raw_sendmsg")
raw_err = tracepoint("raw_err")
igmp_rcv = tracepoint("igmp_rcv")
igmp_send_report = tracepoint("igmp_send_report")
ip_mc_join_group = tracepoint("ip_mc_join_group")
ip_mc_leave_group = tracepoint("ip_mc_leave_group")
inet_create = tracepoint("inet_create")
inet_bind = tracepoint("inet_bind")
inet_listen = tracepoint("inet_listen")
inet_accept = tracepoint("inet_accept")
inet_stream_connect = tracepoint("inet_stream_connect")
inet_dgram_connect = tracepoint("inet_dgram_connect")
inet_sendmsg = tracepoint("inet_sendmsg")
inet_recvmsg = tracepoint("inet_recvmsg")
inet_release = tracepoint("inet_release")
inet_autobind = tracepoint("inet_autobind")
inet_csk_get_port = tracepoint("inet_csk_get_port")

# Netfilter: net/netfilter/core.c, nf_conntrack_core.c
nf_hook = tracepoint("nf_hook")
nf_hook_slow = tracepoint("nf_hook_slow")
nf_iterate = tracepoint("nf_iterate")
nf_queue = tracepoint("nf_queue")
nf_reinject = tracepoint("nf_reinject")
ipt_do_table = tracepoint("ipt_do_table")
nf_conntrack_in = tracepoint("nf_conntrack_in")
nf_conntrack_confirm = tracepoint("nf_conntrack_confirm")
nf_nat_fn = tracepoint("nf_nat_fn")
nf_ct_destroy = tracepoint("nf_ct_destroy")
nf_log_packet = tracepoint("nf_log_packet")

# UDP: net/ipv4/udp.c
udp_sendmsg = tracepoint("udp_sendmsg")
udp_push_pending_frames = tracepoint("udp_push_pending_frames")
udp_send_skb = tracepoint("udp_send_skb")
udp_recvmsg = tracepoint("udp_recvmsg")
udp_rcv = tracepoint("udp_rcv")
udp_queue_rcv_skb = tracepoint("udp_queue_rcv_skb")
udp_queue_rcv_one_skb = tracepoint("udp_queue_rcv_one_skb")
udp_err = tracepoint("udp_err")
udp_disconnect = tracepoint("udp_disconnect")
udp_lib_get_port = tracepoint("udp_lib_get_port")
udp4_lib_rcv = tracepoint("__udp4_lib_rcv")
udp4_lib_lookup = tracepoint("__udp4_lib_lookup")
udp4_lib_mcast_deliver = tracepoint("__udp4_lib_mcast_deliver")

# TCP: net/ipv4/tcp*.c, inet_connection_sock.c, inet_timewait_sock.c
tcp_v4_init_sock = tracepoint("tcp_v4_init_sock")
tcp_v4_connect = tracepoint("tcp_v4_connect")
tcp_connect = tracepoint("tcp_connect")
tcp_sendmsg = tracepoint("tcp_sendmsg")
tcp_sendpage = tracepoint("tcp_sendpage")
tcp_push = tracepoint("tcp_push")
tcp_push_one = tracepoint("tcp_push_one")
tcp_push_pending_frames = tracepoint("tcp_push_pending_frames")
tcp_write_xmit = tracepoint("tcp_write_xmit")
tcp_transmit_skb = tracepoint("tcp_transmit_skb")
tcp_retransmit_skb = tracepoint("tcp_retransmit_skb")
tcp_xmit_retransmit_queue = tracepoint("tcp_xmit_retransmit_queue")
tcp_send_ack = tracepoint("tcp_send_ack")
tcp_send_delayed_ack = tracepoint("tcp_send_delayed_ack")
tcp_send_fin = tracepoint("tcp_send_fin")
tcp_send_active_reset = tracepoint("tcp_send_active_reset")
tcp_send_probe0 = tracepoint("tcp_send_probe0")
tcp_make_synack = tracepoint("tcp_make_synack")
tcp_send_synack = tracepoint("tcp_send_synack")
tcp_simple_retransmit = tracepoint("tcp_simple_retransmit")
tcp_mtu_probe = tracepoint("tcp_mtu_probe")
tcp_fragment = tracepoint("tcp_fragment")
tso_fragment = tracepoint("tso_fragment")
tcp_current_mss = tracepoint("tcp_current_mss")
tcp_sync_mss = tracepoint("tcp_sync_mss")
tcp_select_window = tracepoint("__tcp_select_window")
tcp_v4_rcv = tracepoint("tcp_v4_rcv")
tcp_v4_do_rcv = tracepoint("tcp_v4_do_rcv")
tcp_v4_hnd_req = tracepoint("tcp_v4_hnd_req")
tcp_v4_conn_request = tracepoint("tcp_v4_conn_request")
tcp_v4_send_synack = tracepoint("tcp_v4_send_synack")
tcp_v4_syn_recv_sock = tracepoint("tcp_v4_syn_recv_sock")
tcp_v4_send_reset = tracepoint("tcp_v4_send_reset")
tcp_v4_send_ack = tracepoint("tcp_v4_send_ack")
tcp_v4_err = tracepoint("tcp_v4_err")
tcp_v4_destroy_sock = tracepoint("tcp_v4_destroy_sock")
tcp_rcv_state_process = tracepoint("tcp_rcv_state_process")
tcp_rcv_established = tracepoint("tcp_rcv_established")
tcp_rcv_synsent_state_process = tracepoint("tcp_rcv_synsent_state_process")
tcp_validate_incoming = tracepoint("tcp_validate_incoming")
tcp_data_queue = tracepoint("tcp_data_queue")
tcp_data_snd_check = tracepoint("tcp_data_snd_check")
tcp_ack = tracepoint("tcp_ack")
tcp_ack_saw_tstamp = tracepoint("tcp_ack_saw_tstamp")
tcp_clean_rtx_queue = tracepoint("tcp_clean_rtx_queue")
tcp_ack_update_window = tracepoint("tcp_ack_update_window")
tcp_sacktag_write_queue = tracepoint("tcp_sacktag_write_queue")
tcp_fastretrans_alert = tracepoint("tcp_fastretrans_alert")
tcp_enter_loss = tracepoint("tcp_enter_loss")
tcp_enter_recovery = tracepoint("tcp_enter_recovery")
tcp_enter_cwr = tracepoint("tcp_enter_cwr")
tcp_enter_frto = tracepoint("tcp_enter_frto")
tcp_process_frto = tracepoint("tcp_process_frto")
tcp_undo = tracepoint("tcp_undo")
tcp_update_cwnd_in_recovery = tracepoint("tcp_update_cwnd_in_recovery")
tcp_cong_avoid = tracepoint("tcp_cong_avoid")
tcp_slow_start = tracepoint("tcp_slow_start")
tcp_reset = tracepoint("tcp_reset")
tcp_fin = tracepoint("tcp_fin")
tcp_urg = tracepoint("tcp_urg")
tcp_ofo_queue = tracepoint("tcp_ofo_queue")
tcp_prune_queue = tracepoint("tcp_prune_queue")
tcp_collapse = tracepoint("tcp_collapse")
tcp_rcv_space_adjust = tracepoint("tcp_rcv_space_adjust")
tcp_rcv_rtt_update = tracepoint("tcp_rcv_rtt_update")
tcp_rtt_estimator = tracepoint("tcp_rtt_estimator")
tcp_set_rto = tracepoint("tcp_set_rto")
tcp_event_data_recv = tracepoint("tcp_event_data_recv")
tcp_recvmsg = tracepoint("tcp_recvmsg")
tcp_cleanup_rbuf = tracepoint("tcp_cleanup_rbuf")
tcp_read_sock = tracepoint("tcp_read_sock")
tcp_splice_read = tracepoint("tcp_splice_read")
tcp_poll = tracepoint("tcp_poll")
tcp_close = tracepoint("tcp_close")
tcp_shutdown = tracepoint("tcp_shutdown")
tcp_done = tracepoint("tcp_done")
tcp_disconnect = tracepoint("tcp_disconnect")
tcp_set_state = tracepoint("tcp_set_state")
tcp_abort = tracepoint("tcp_abort")
tcp_check_req = tracepoint("tcp_check_req")
tcp_create_openreq_child = tracepoint("tcp_create_openreq_child")
tcp_child_process = tracepoint("tcp_child_process")
tcp_time_wait = tracepoint("tcp_time_wait")
tcp_timewait_state_process = tracepoint("tcp_timewait_state_process")
tcp_retransmit_timer = tracepoint("tcp_retransmit_timer")
tcp_write_timer = tracepoint("tcp_write_timer")
tcp_delack_timer = tracepoint("tcp_delack_timer")
tcp_probe_timer = tracepoint("tcp_probe_timer")
tcp_keepalive_timer = tracepoint("tcp_keepalive_timer")
tcp_write_timeout = tracepoint("tcp_write_timeout")
tcp_out_of_resources = tracepoint("tcp_out_of_resources")
tcp_orphan_retries = tracepoint("tcp_orphan_retries")
cookie_v4_init_sequence = tracepoint("cookie_v4_init_sequence")
cookie_v4_check = tracepoint("cookie_v4_check")
inet_csk_listen_start = tracepoint("inet_csk_listen_start")
inet_csk_accept = tracepoint("inet_csk_accept")
inet_csk_reqsk_queue_prune = tracepoint("inet_csk_reqsk_queue_prune")
inet_csk_destroy_sock = tracepoint("inet_csk_destroy_sock")
inet_csk_reset_xmit_timer = tracepoint("inet_csk_reset_xmit_timer")
inet_csk_complete_hashdance = tracepoint("inet_csk_complete_hashdance")
inet_hash_connect = tracepoint("inet_hash_connect")
inet_lookup_established = tracepoint("__inet_lookup_established")
inet_lookup_listener = tracepoint("__inet_lookup_listener")
inet_twsk_schedule = tracepoint("inet_twsk_schedule")
inet_twsk_kill = tracepoint("inet_twsk_kill")

# Drivers: loopback, veth, tun, e1000, virtio_net
loopback_xmit = tracepoint("loopback_xmit")
veth_xmit = tracepoint("veth_xmit")
tun_net_xmit = tracepoint("tun_net_xmit")
tun_get_user = tracepoint("tun_get_user")
tun_do_read = tracepoint("tun_do_read")
e1000_probe = tracepoint("e1000_probe")
e1000_open = tracepoint("e1000_open")
e1000_close = tracepoint("e1000_close")
e1000_configure = tracepoint("e1000_configure")
e1000_setup_all_tx_resources = tracepoint("e1000_setup_all_tx_resources")
e1000_setup_all_rx_resources = tracepoint("e1000_setup_all_rx_resources")
e1000_irq_enable = tracepoint("e1000_irq_enable")
e1000_intr = tracepoint("e1000_intr")
e1000_clean = tracepoint("e1000_clean")
e1000_clean_rx_irq = tracepoint("e1000_clean_rx_irq")
e1000_clean_tx_irq = tracepoint("e1000_clean_tx_irq")
e1000_alloc_rx_buffers = tracepoint("e1000_alloc_rx_buffers")
e1000_xmit_frame = tracepoint("e1000_xmit_frame")
e1000_tx_timeout = tracepoint("e1000_tx_timeout")
e1000_watchdog = tracepoint("e1000_watchdog")
virtnet_poll = tracepoint("virtnet_poll")
virtnet_xmit = tracepoint("virtnet_xmit")
ixgbe_intr = tracepoint("ixgbe_intr")
ixgbe_poll = tracepoint("ixgbe_poll")
ixgbe_xmit_frame = tracepoint("ixgbe_xmit_frame")
bond_start_xmit = tracepoint("bond_start_xmit")
macvlan_start_xmit = tracepoint("macvlan_start_xmit")
dummy_xmit = tracepoint("dummy_xmit")
ifb_xmit = tracepoint("ifb_xmit")

# Bridge, VLAN, packet, unix, netlink, IPv6
br_handle_frame = tracepoint("br_handle_frame")
br_handle_frame_finish = tracepoint("br_handle_frame_finish")
br_forward = tracepoint("br_forward")
br_flood_forward = tracepoint("br_flood_forward")
br_dev_xmit = tracepoint("br_dev_xmit")
br_fdb_update = tracepoint("br_fdb_update")
vlan_do_receive = tracepoint("vlan_do_receive")
vlan_dev_hard_start_xmit = tracepoint("vlan_dev_hard_start_xmit")
packet_sendmsg = tracepoint("packet_sendmsg")
packet_recvmsg = tracepoint("packet_recvmsg")
tpacket_rcv = tracepoint("tpacket_rcv")
unix_stream_sendmsg = tracepoint("unix_stream_sendmsg")
unix_stream_recvmsg = tracepoint("unix_stream_recvmsg")
unix_dgram_sendmsg = tracepoint("unix_dgram_sendmsg")
unix_dgram_recvmsg = tracepoint("unix_dgram_recvmsg")
unix_stream_connect = tracepoint("unix_stream_connect")
netlink_sendmsg = tracepoint("netlink_sendmsg")
netlink_recvmsg = tracepoint("netlink_recvmsg")
netlink_rcv_skb = tracepoint("netlink_rcv_skb")
netlink_unicast = tracepoint("netlink_unicast")
netlink_broadcast = tracepoint("netlink_broadcast")
rtnetlink_rcv_msg = tracepoint("rtnetlink_rcv_msg")
ipv6_rcv = tracepoint("ipv6_rcv")
ip6_input = tracepoint("ip6_input")
ip6_output = tracepoint("ip6_output")
ip6_xmit = tracepoint("ip6_xmit")
ip6_forward = tracepoint("ip6_forward")
ndisc_rcv = tracepoint("ndisc_rcv")
icmpv6_rcv = tracepoint("icmpv6_rcv")
icmpv6_send = tracepoint("icmpv6_send")
tcp_v6_rcv = tracepoint("tcp_v6_rcv")
udpv6_rcv = tracepoint("udpv6_rcv")

# Deferred work
raise_softirq = tracepoint("raise_softirq")
do_softirq = tracepoint("do_softirq")

# A compiled module does not show its C globals; here they are for Python code, under the same names.
globals().update(
    {point.name.lstrip("_"): point for point in points.values()},
    trace_function=trace_function,
    lock_sock_wait=lock_sock_wait,
    dev_open_core=dev_open_core,
    netif_receive_skb_core=netif_receive_skb_core,
)
