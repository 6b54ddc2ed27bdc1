"""Receive packet steering: spread one queue's packets over CPUs, a flow always to the same one.

Linux: get_rps_cpu(), __skb_get_rxhash(), rps_trigger_softirq() of net/core/dev.c

RPS chooses among a receive queue's CPUs (rps_cpus) by the flow's hash. RFS prefers the CPU on which
the receiving task runs: recvmsg() notes it (rps_record_sock_flow), and a flow moves there as soon
as none of its packets wait on the old CPU, so that it keeps its order. Off until configured:

    rps_set_cpus(dev, 0, [1, 2, 3])       /sys/class/net/eth0/queues/rx-0/rps_cpus
    rps_set_flow_cnt(dev, 0, 2048)        …/rps_flow_cnt
    net.core.rps_sock_flow_entries

Packets for another CPU go onto its backlog; it is interrupted once for all of them.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.kernel.printk import net_ratelimit, printk
from softnet.kernel.softirq import raise_softirq_irqoff
from softnet.machine.cpu import this_cpu
from softnet.machine.irq import smp_call_function_single
from softnet.net.core.secure_seq import jhash_3words
from softnet.net.core.skbuff import pskb_may_pull
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice, SoftnetData
from softnet.structs.rps import NetdevRxQueue, RpsDevFlowTable, RpsSockFlowTable
from softnet.structs.skbuff import SkBuff

RPS_NO_CPU = -1
IPV4_HLEN_MIN = 20
IPV6_HLEN = 40
HASH_DEPTH_MAX = 8  # headers (VLAN tags, tunnels) that __skb_get_rxhash() looks through
RPS_FLOW_CNT_MAX = 1 << 30


def get_rps_cpu(dev: NetDevice, skb: SkBuff) -> int:
    """The CPU that shall receive skb, -1 for this one. dev.rx is not None.

    If RFS chose, this CPU's rflow_table and rflow_index say the flow's entry, for
    enqueue_to_backlog().
    """
    if trace.get_rps_cpu.enabled:
        trace.get_rps_cpu.fire(skb)
    rxqueues = dev.rx
    assert rxqueues is not None
    index = 0
    if skb.queue_mapping:  # skb_rx_queue_recorded()
        index = skb.queue_mapping - 1
        if index >= dev.real_num_rx_queues:
            if net_ratelimit():
                printk(
                    const.KERN_WARNING,
                    f"{dev.name} received packet on queue {index}, but number of RX queues is "
                    f"{dev.real_num_rx_queues}",
                )
            return -1
    rxqueue: NetdevRxQueue = rxqueues[index]
    cpus = rxqueue.rps_map
    flow_table = rxqueue.rps_flow_table
    ncpus = len(dev.nd_net.machine.cpus)
    if flow_table is None:
        if cpus is None:
            return -1
        if len(cpus) == 1:
            return online(cpus[0], ncpus)
    skb.reset_network_header()
    hash = skb_get_rxhash(skb)
    if hash == 0:
        return -1
    if flow_table is not None:
        cpu = get_rfs_cpu(dev, hash, flow_table)
        if cpu >= 0:
            return cpu
    if cpus is None:
        return -1
    return online(cpus[hash * len(cpus) >> 32], ncpus)


def online(cpu: int, ncpus: int) -> int:
    """cpu, -1 if the machine has no such CPU."""
    return cpu if 0 <= cpu < ncpus else -1


def get_rfs_cpu(dev: NetDevice, hash: int, flow_table: RpsDevFlowTable) -> int:
    """The CPU of the task that reads this flow, once the flow may move there; -1 if not known."""
    machine = dev.nd_net.machine
    here: SoftnetData = this_cpu().softnet
    sock_table = here.core.rps_sock_flow_table
    if sock_table is None:
        return -1
    ncpus = len(machine.cpus)
    index = hash & flow_table.mask
    cpu = flow_table.cpu[index]
    next_cpu = sock_table.ents[hash & sock_table.mask]
    if cpu != next_cpu and rfs_may_move(dev, flow_table, index, cpu):
        cpu = next_cpu
        flow_table.cpu[index] = cpu
        if online(cpu, ncpus) >= 0:
            sd: SoftnetData = machine.cpus[cpu].softnet
            flow_table.last_qtail[index] = sd.input_queue_head
    if online(cpu, ncpus) < 0:
        return -1
    here.rflow_table = flow_table
    here.rflow_index = index
    return cpu


def rfs_may_move(dev: NetDevice, flow_table: RpsDevFlowTable, index: int, cpu: int) -> bool:
    """Has cpu, which served the flow until now, taken its last packet off the backlog?"""
    machine = dev.nd_net.machine
    if online(cpu, len(machine.cpus)) < 0:
        return True
    sd: SoftnetData = machine.cpus[cpu].softnet
    return not mem.before(sd.input_queue_head, flow_table.last_qtail[index])


def skb_get_rxhash(skb: SkBuff) -> int:
    """skb's flow hash, 1 to 2**32 - 1, the same in both directions; 0 if it has no flow."""
    if skb.rxhash == 0:
        sd: SoftnetData = this_cpu().softnet
        skb_make_rxhash(skb, sd.core.hashrnd)
    return skb.rxhash


def skb_make_rxhash(skb: SkBuff, hashrnd: int) -> None:
    """__skb_get_rxhash(): from the addresses, and the ports where there are any."""
    o = skb.network_header - skb.data
    proto = skb.protocol
    depth = HASH_DEPTH_MAX
    while True:
        depth -= 1
        if depth < 0:
            return
        if proto == if_ether.ETH_P_8021Q:
            if not pskb_may_pull(skb, o + 4):
                return
            proto = mem.get16(skb.ptr, skb.data + o + 2)
            o += 4
            continue
        if proto == if_ether.ETH_P_IP:
            if not pskb_may_pull(skb, o + IPV4_HLEN_MIN):
                return
            at = skb.data + o
            # A fragment has no ports, and all fragments of a packet must go the same way.
            fragment = mem.get16(skb.ptr, at + 6) & 0x3FFF
            ip_proto = 0 if fragment else mem.get8(skb.ptr, at + 9)
            addr1 = mem.get32(skb.ptr, at + 12)
            addr2 = mem.get32(skb.ptr, at + 16)
            o += (mem.get8(skb.ptr, at) & 0x0F) * 4
        elif proto == if_ether.ETH_P_IPV6:
            if not pskb_may_pull(skb, o + IPV6_HLEN):
                return
            at = skb.data + o
            ip_proto = mem.get8(skb.ptr, at + 6)
            addr1 = mem.get32(skb.ptr, at + 20)
            addr2 = mem.get32(skb.ptr, at + 36)
            o += IPV6_HLEN
        else:
            return
        if ip_proto != in_.IPPROTO_IPIP:
            break
        proto = if_ether.ETH_P_IP  # IP in IP: look at the inner packet
    ports = 0
    at = proto_ports_offset(ip_proto)
    if at >= 0 and pskb_may_pull(skb, o + at + 4):
        sport = mem.get16(skb.ptr, skb.data + o + at)
        dport = mem.get16(skb.ptr, skb.data + o + at + 2)
        ports = sport << 16 | dport if sport < dport else dport << 16 | sport
        skb.l4_rxhash = True
    if addr2 < addr1:
        addr1, addr2 = addr2, addr1
    hash = jhash_3words(addr1, addr2, ports, hashrnd)
    skb.rxhash = hash if hash else 1


def proto_ports_offset(proto: int) -> int:
    """Where protocol proto has its two ports; -1 if it has none."""
    if proto in (
        in_.IPPROTO_TCP,
        in_.IPPROTO_UDP,
        in_.IPPROTO_DCCP,
        in_.IPPROTO_ESP,
        in_.IPPROTO_SCTP,
        in_.IPPROTO_UDPLITE,
    ):
        return 0
    return 4 if proto == in_.IPPROTO_AH else -1


def rps_ipi_queue(sd: SoftnetData, here: SoftnetData) -> None:
    """rps_ipi_queued(): the backlog of sd, another CPU's, has work; it will be interrupted soon."""
    sd.rps_ipi_next = here.rps_ipi_list
    here.rps_ipi_list = sd
    raise_softirq_irqoff(const.NET_RX_SOFTIRQ)


def net_rps_action(sd: SoftnetData) -> None:
    """net_rps_action_and_irq_enable(): interrupt the CPUs that got packets from this one."""
    if trace.net_rps_action_and_irq_enable.enabled:
        trace.net_rps_action_and_irq_enable.fire(None)
    remote = sd.rps_ipi_list
    sd.rps_ipi_list = None
    while remote is not None:
        nxt = remote.rps_ipi_next
        remote.rps_ipi_next = None
        smp_call_function_single(remote.cpu, RpsTrigger(remote).trigger)
        remote = nxt


class RpsTrigger:
    """softnet_data.csd: what the interrupt does."""

    __slots__ = ("sd",)

    sd: SoftnetData

    def __init__(self, sd: SoftnetData) -> None:
        self.sd = sd

    def trigger(self) -> None:
        """rps_trigger_softirq(): schedule this CPU's backlog. Hardirq context of that CPU."""
        if trace.rps_trigger_softirq.enabled:
            trace.rps_trigger_softirq.fire(None)
        sd = self.sd
        backlog = sd.backlog
        assert backlog.state & 1 << const.NAPI_STATE_SCHED
        last = sd.poll_last
        if last is None:
            sd.poll_first = backlog
        else:
            last.next = backlog
        sd.poll_last = backlog
        sd.received_rps += 1
        raise_softirq_irqoff(const.NET_RX_SOFTIRQ)


def rps_record_sock_flow(hash: int) -> None:
    """sock_rps_record_flow(): the task that reads the flow with this rxhash runs on this CPU."""
    cpu = this_cpu()
    sd: SoftnetData = cpu.softnet
    table = sd.core.rps_sock_flow_table
    if table is not None and hash:
        table.ents[hash & table.mask] = cpu.id


def rps_reset_sock_flow(hash: int) -> None:
    """sock_rps_reset_flow(): nobody reads that flow any more."""
    sd: SoftnetData = this_cpu().softnet
    table = sd.core.rps_sock_flow_table
    if table is not None and hash:
        table.ents[hash & table.mask] = RPS_NO_CPU


def rps_rx_queue(dev: NetDevice, index: int) -> NetdevRxQueue:
    """Receive queue index of dev, made now if RPS was never configured. OSError(ENOENT)."""
    if not 0 <= index < dev.num_rx_queues:
        raise OSError(errno.ENOENT, "no such receive queue")
    if dev.rx is None:
        dev.rx = [NetdevRxQueue(dev, i) for i in range(dev.num_rx_queues)]
    return dev.rx[index]


def rps_set_cpus(dev: NetDevice, index: int, cpus: list[int]) -> None:
    """Spread queue index over these CPUs; none switches RPS off. CPUs that are not there are left
    out, as the kernel does."""
    queue = rps_rx_queue(dev, index)
    ncpus = len(dev.nd_net.machine.cpus)
    present = sorted({cpu for cpu in cpus if 0 <= cpu < ncpus})
    queue.rps_map = present or None
    rps_forget_if_off(dev)


def rps_set_flow_cnt(dev: NetDevice, index: int, count: int) -> None:
    """RFS entries of a queue, rounded up to a power of two; 0 switches it off. OSError(EINVAL)."""
    if not 0 <= count <= RPS_FLOW_CNT_MAX:
        raise OSError(errno.EINVAL, "rps_flow_cnt")
    queue = rps_rx_queue(dev, index)
    queue.rps_flow_table = RpsDevFlowTable(1 << (count - 1).bit_length()) if count else None
    rps_forget_if_off(dev)


def rps_forget_if_off(dev: NetDevice) -> None:
    """Without any steering, dev.rx is None again: one test per packet."""
    assert dev.rx is not None
    if all(q.rps_map is None and q.rps_flow_table is None for q in dev.rx):
        dev.rx = None


def rps_set_sock_flow_entries(net: Net, count: int) -> None:
    """net.core.rps_sock_flow_entries: rounded up to a power of two; 0 switches RFS off.

    OSError(EINVAL) below 0 or above RPS_FLOW_CNT_MAX.
    """
    if not 0 <= count <= RPS_FLOW_CNT_MAX:
        raise OSError(errno.EINVAL, "rps_sock_flow_entries")
    core = net.nets[0].core
    core.rps_sock_flow_table = RpsSockFlowTable(1 << (count - 1).bit_length()) if count else None
