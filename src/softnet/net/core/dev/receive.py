"""The way in: from a driver's hands to the protocol's handler.

Linux: netif_rx(), enqueue_to_backlog(), process_backlog(), netif_receive_skb() of net/core/dev.c

    netif_rx            any context: onto the backlog of a CPU, received by its softirq
    netif_receive_skb   softirq, from a driver's poll: now (or to another CPU's backlog, by RPS)
      receive_skb         taps, ingress qdisc, VLAN, rx_handler (bridge, bond, macvlan), protocol

Both take an skb whose data starts behind the link header, with dev, protocol and pkt_type set by
eth_type_trans(), and consume it. The last to want a frame gets it; each before has a share
(skb.users).
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_packet as if_packet
import softnet.uapi.if_vlan as if_vlan
import softnet.uapi.pkt_sched as pkt_sched
from softnet.kernel.lock import lockdep
from softnet.kernel.softirq import do_softirq
from softnet.machine.cpu import Cpu, preempt_disable, preempt_enable, this_cpu
from softnet.net.core.dev.poll_list import napi_schedule_on, poll_list_del
from softnet.net.core.dev.rps import get_rps_cpu, net_rps_action, rps_ipi_queue
from softnet.net.core.dev.taps import deliver_skb, net_ptype_first, ptype_first
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    pskb_may_pull,
    skb_cow,
    skb_share_check,
)
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import Napi, NetDevice, PacketType, RxHandler, SoftnetData
from softnet.structs.rps import RpsDevFlowTable
from softnet.structs.sch_generic import Qdisc
from softnet.structs.skbuff import SkBuff, SkBuffHead

EBUSY = -16


class VlanOps:
    """What the VLAN layer adds to reception: net/vlan registers the one instance."""

    __slots__ = ()

    def vlan_do_receive(self, skb: SkBuff) -> bool:
        """skb, unshared, has a tag in vlan_tci: True if it is now its VLAN device's packet, False
        if there is no such device."""
        return False


class ReceiveState:
    """What this file is told once at boot."""

    __slots__ = ("vlan",)

    vlan: VlanOps

    def __init__(self) -> None:
        self.vlan = VlanOps()


state = ReceiveState()


def register_vlan_ops(ops: VlanOps) -> None:
    """Say who knows the VLAN devices."""
    state.vlan = ops


def netif_rx(skb: SkBuff) -> int:
    """Queue skb for reception by the softirq. Any context with bottom halves or interrupts off.

    NET_RX_SUCCESS, or NET_RX_DROP if the backlog is full. Consumes skb.
    """
    if trace.netif_rx.enabled:
        trace.netif_rx.fire(skb)
    dev = skb.dev
    assert dev is not None
    cpu = this_cpu()
    here: SoftnetData = cpu.softnet
    core = here.core
    if core.netstamp_needed and core.netdev_tstamp_prequeue and skb.tstamp == 0:
        skb.tstamp = cpu.machine.clock.now
    if dev.rx is not None:
        target = get_rps_cpu(dev, skb)
        if target >= 0:
            there: Cpu = cpu.machine.cpus[target]
            return enqueue_to_backlog(skb, there.softnet, here)
    return enqueue_to_backlog(skb, here, here)


def netif_rx_ni(skb: SkBuff) -> int:
    """netif_rx() from task context: the softirq it raised runs before it returns."""
    if trace.netif_rx_ni.enabled:
        trace.netif_rx_ni.fire(skb)
    preempt_disable()
    rc = netif_rx(skb)
    preempt_enable()
    do_softirq()
    return rc


def enqueue_to_backlog(skb: SkBuff, sd: SoftnetData, here: SoftnetData) -> int:
    """Put skb onto the backlog of sd's CPU and have it polled; here is this CPU's.

    The test is "at most netdev_max_backlog are there already", so one more than that fits.
    """
    if trace.enqueue_to_backlog.enabled:
        trace.enqueue_to_backlog.fire(skb)
    q = sd.input_pkt_queue
    qlen = q.qlen
    if qlen <= here.core.netdev_max_backlog:
        if qlen == 0:
            backlog = sd.backlog
            if not backlog.state & 1 << const.NAPI_STATE_SCHED:
                backlog.state |= 1 << const.NAPI_STATE_SCHED
                if sd is here:
                    napi_schedule_on(sd, backlog)
                else:
                    rps_ipi_queue(sd, here)
        q.queue_tail(skb)
        sd.input_queue_tail = mem.u32(sd.input_queue_tail + 1)
        if here.rflow_table is not None:
            note_rps_flow(sd, here)
        return const.NET_RX_SUCCESS
    if here.rflow_table is not None:
        note_rps_flow(sd, here)
    sd.dropped += 1
    dev = skb.dev
    assert dev is not None
    dev.rx_dropped += 1
    kfree_skb(skb, const.SKB_DROP_REASON_CPU_BACKLOG)
    return const.NET_RX_DROP


def note_rps_flow(sd: SoftnetData, here: SoftnetData) -> None:
    """input_queue_tail_incr_save(): the flow's last packet is the last on sd's backlog now."""
    table: RpsDevFlowTable | None = here.rflow_table
    assert table is not None
    table.last_qtail[here.rflow_index] = sd.input_queue_tail
    here.rflow_table = None


class Backlog(Napi):
    """softnet_data.backlog: the napi whose device is every driver without one."""

    __slots__ = ()

    def poll(self, budget: int) -> int:
        """process_backlog()"""
        return process_backlog(self, budget)

    def irq_armed(self) -> int:
        """It has no interrupt."""
        return -1


def process_backlog(napi: Napi, quota: int) -> int:
    """Receive at most quota packets of this CPU's backlog and say how many."""
    if trace.process_backlog.enabled:
        trace.process_backlog.fire(None)
    sd = napi.sd
    assert sd is not None
    if sd.rps_ipi_list is not None:
        net_rps_action(sd)  # the other CPUs can work while we do
    napi.weight = sd.core.weight_p
    work = -1
    try:
        work = drain_backlog(napi, sd, quota)
    finally:
        # If a handler raised: what it kept from being received is not lost.
        if work < 0 and sd.process_queue.qlen and not napi.state & 1 << const.NAPI_STATE_SCHED:
            napi.state |= 1 << const.NAPI_STATE_SCHED
            napi_schedule_on(sd, napi)
    return work


def drain_backlog(napi: Napi, sd: SoftnetData, quota: int) -> int:
    """The loop of process_backlog()."""
    work = 0
    pq = sd.process_queue
    iq = sd.input_pkt_queue
    while work < quota:
        skb = pq.dequeue() if pq.qlen else None
        while skb is not None:
            receive_skb(skb)
            sd.input_queue_head = mem.u32(sd.input_queue_head + 1)
            work += 1
            if work >= quota:
                return work
            skb = pq.dequeue() if pq.qlen else None
        qlen = iq.qlen
        if qlen:
            pq.splice_tail_init(iq)
        if qlen < quota - work:
            # These are the last: off the list first, so that a packet that comes meanwhile
            # schedules us anew.
            poll_list_del(sd, napi)
            napi.state = 0
            quota = work + qlen
    return work


def netif_receive_skb(skb: SkBuff) -> int:
    """Receive skb now. Softirq context, from a driver's poll. NET_RX_*; consumes skb."""
    if trace.netif_receive_skb.enabled:
        trace.netif_receive_skb.fire(skb)
    dev = skb.dev
    assert dev is not None
    cpu = this_cpu()
    assert cpu.softirq_count, "netif_receive_skb() outside softirq: netif_rx() is for that"
    sd: SoftnetData = cpu.softnet
    core = sd.core
    if core.netstamp_needed and core.netdev_tstamp_prequeue and skb.tstamp == 0:
        skb.tstamp = cpu.machine.clock.now
    if dev.rx is not None:
        target = get_rps_cpu(dev, skb)
        if target >= 0:
            there: Cpu = cpu.machine.cpus[target]
            return enqueue_to_backlog(skb, there.softnet, sd)
    return receive_skb(skb)


def receive_skb(skb: SkBuff) -> int:
    """__netif_receive_skb(): to the taps, then to whoever is responsible."""
    if trace.netif_receive_skb_core.enabled:
        trace.netif_receive_skb_core.fire(skb)
    orig_dev = skb.dev
    assert orig_dev is not None
    if lockdep.enabled:
        assert_no_socket_locked()
    cpu = this_cpu()
    sd: SoftnetData = cpu.softnet
    core = sd.core
    if core.netstamp_needed and skb.tstamp == 0:
        skb.tstamp = cpu.machine.clock.now
    if skb.skb_iif == 0:
        skb.skb_iif = orig_dev.ifindex
    skb.network_header = skb.data
    skb.transport_header = skb.data
    skb.mac_len = skb.data - skb.mac_header

    exact = False
    while True:
        dev = skb.dev
        assert dev is not None
        sd.processed += 1
        if skb.protocol == if_ether.ETH_P_8021Q and not skb.vlan_tci & if_vlan.VLAN_TAG_PRESENT:
            untagged = vlan_untag(skb)
            if untagged is None:
                return const.NET_RX_DROP
            skb = untagged
        if dev.ptype_taps is not None:
            deliver_list(skb, dev.ptype_taps, orig_dev)
        if dev.nd_net.ptype_all is not None:
            deliver_list(skb, dev.nd_net.ptype_all, orig_dev)
        if dev.ingress_queue is not None and ing_filter(skb, dev):
            return const.NET_RX_DROP
        handler = dev.rx_handler
        if skb.vlan_tci & if_vlan.VLAN_TAG_PRESENT:
            skb = skb_share_check(skb)
            if state.vlan.vlan_do_receive(skb):
                continue
            if handler is None and skb.vlan_tci & if_vlan.VLAN_VID_MASK:
                skb.pkt_type = if_packet.PACKET_OTHERHOST  # nobody here is in that VLAN
        if handler is not None:
            # Differs from Linux: every handler begins with this check; so they need not.
            skb = skb_share_check(skb)
            verdict = handler.handle_frame(skb)
            if verdict == const.RX_HANDLER_CONSUMED:
                return const.NET_RX_SUCCESS
            if verdict == const.RX_HANDLER_ANOTHER:
                continue
            if verdict == const.RX_HANDLER_EXACT:
                exact = True
            else:
                assert verdict == const.RX_HANDLER_PASS
        break
    return deliver_protocol(skb, dev, orig_dev, exact)


def assert_no_socket_locked() -> None:
    """No socket's spinlock may be held where packets are delivered: the handler wants it.

    The specification's 11.2. A task that owns a socket (sk_lock.owned) is fine, and so is sending
    with the lock held, which only queues: the backlog is served when bottom halves are on again.
    """
    for held in lockdep.held():
        assert not held.cls.name.startswith("slock"), "a packet is delivered under a socket's lock"


def deliver_list(skb: SkBuff, first: PacketType, orig_dev: NetDevice) -> None:
    """A share of skb for each tap of a list."""
    pt: PacketType | None = first
    while pt is not None:
        deliver_skb(skb, pt, orig_dev)
        pt = pt.next


def deliver_protocol(skb: SkBuff, dev: NetDevice, orig_dev: NetDevice, exact: bool) -> int:
    """To the handlers of skb.protocol: a share for each but the last, which gets skb itself.

    exact: only to those that asked for dev (an inactive bonding slave's packets).
    """
    type = skb.protocol
    pt_prev: PacketType | None = None
    if dev.nd_net.ptype_base is not None:
        pt = net_ptype_first(dev.nd_net, type)
        while pt is not None:
            if pt.type == type and (
                pt.dev is dev or pt.dev is orig_dev or (pt.dev is None and not exact)
            ):
                if pt_prev is not None:
                    deliver_skb(skb, pt_prev, orig_dev)
                pt_prev = pt
            pt = pt.next
    if not exact:
        pt = ptype_first(type)
        while pt is not None:
            if pt.type == type:
                if pt_prev is not None:
                    deliver_skb(skb, pt_prev, orig_dev)
                pt_prev = pt
            pt = pt.next
    if pt_prev is not None:
        return pt_prev.rcv(skb, dev, orig_dev)
    dev.rx_dropped += 1
    kfree_skb(skb, const.SKB_DROP_REASON_UNHANDLED_PROTO)
    return const.NET_RX_DROP


def vlan_untag(skb: SkBuff) -> SkBuff | None:
    """Move the VLAN tag that skb starts with to vlan_tci; None if it is too short, and freed."""
    skb = skb_share_check(skb)
    if not pskb_may_pull(skb, if_vlan.VLAN_HLEN):
        kfree_skb(skb, const.SKB_DROP_REASON_VLAN)
        return None
    tci = mem.get16(skb.ptr, skb.data)
    inner = mem.get16(skb.ptr, skb.data + 2)
    if skb_cow(skb, skb.data):
        kfree_skb(skb, const.SKB_DROP_REASON_NOMEM)
        return None
    skb.vlan_tci = tci | if_vlan.VLAN_TAG_PRESENT
    skb.pull(if_vlan.VLAN_HLEN)
    # The addresses move up to where the tag was: an untagged frame remains.
    mac = skb.mac_header
    mem.move(skb.ptr, mac + if_vlan.VLAN_HLEN, skb.ptr, mac, 2 * if_ether.ETH_ALEN)
    skb.mac_header = mac + if_vlan.VLAN_HLEN
    if inner >= if_ether.ETH_P_802_3_MIN:
        skb.protocol = inner
    elif skb.headlen() >= 2 and mem.get16(skb.ptr, skb.data) == 0xFFFF:
        skb.protocol = if_ether.ETH_P_802_3  # raw IPX
    else:
        skb.protocol = if_ether.ETH_P_802_2
    skb.network_header = skb.data
    skb.transport_header = skb.data
    skb.mac_len = skb.data - skb.mac_header
    return skb


def ing_filter(skb: SkBuff, dev: NetDevice) -> bool:
    """handle_ing(): let dev's ingress qdisc judge skb. True if skb is gone."""
    rxq = dev.ingress_queue
    assert rxq is not None
    q: Qdisc | None = rxq.qdisc
    if q is None or q.flags & const.TCQ_F_BUILTIN:
        return False
    verdict = const.NET_XMIT_SUCCESS
    q.lock.lock()
    if not q.state & 1 << const.QDISC_STATE_DEACTIVATED:
        verdict = q.enqueue(skb)
    q.lock.unlock()
    if verdict == pkt_sched.TC_ACT_SHOT:
        kfree_skb(skb, const.SKB_DROP_REASON_TC_INGRESS)
        return True
    if verdict in (pkt_sched.TC_ACT_STOLEN, pkt_sched.TC_ACT_QUEUED):
        consume_skb(skb)  # an action has its own share
        return True
    return False


def netdev_rx_handler_register(dev: NetDevice, handler: RxHandler, data: object) -> int:
    """Let handler have dev's packets: dev is a port now. 0, -EBUSY if somebody has them. RTNL."""
    if trace.netdev_rx_handler_register.enabled:
        trace.netdev_rx_handler_register.fire(None, dev.name)
    if dev.rx_handler is not None:
        return EBUSY
    dev.rx_handler = handler
    dev.rx_handler_data = data
    return 0


def netdev_rx_handler_unregister(dev: NetDevice) -> None:
    """dev's packets are its own again. RTNL."""
    dev.rx_handler = None
    dev.rx_handler_data = None


def net_enable_timestamp(net: Net) -> None:
    """Somebody on this host wants to know when packets came."""
    net.nets[0].core.netstamp_needed += 1


def net_disable_timestamp(net: Net) -> None:
    """Undo one net_enable_timestamp()."""
    core = net.nets[0].core
    core.netstamp_needed -= 1
    assert core.netstamp_needed >= 0


def flush_backlog(dev: NetDevice) -> None:
    """Free what waits on any CPU's backlog and came from dev, which goes."""
    for cpu in dev.nd_net.machine.cpus:
        sd: SoftnetData | None = cpu.softnet
        if sd is not None:
            flush_queue(sd, sd.input_pkt_queue, dev)
            flush_queue(sd, sd.process_queue, dev)


def flush_queue(sd: SoftnetData, q: SkBuffHead, dev: NetDevice) -> None:
    """flush_backlog() of one queue."""
    skb = q.first
    while skb is not None:
        nxt = skb.next
        if skb.dev is dev:
            q.unlink(skb)
            kfree_skb(skb, const.SKB_DROP_REASON_DEV_DOWN)
            sd.input_queue_head = mem.u32(sd.input_queue_head + 1)
        skb = nxt
