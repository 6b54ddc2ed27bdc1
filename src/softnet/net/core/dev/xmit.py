"""The way out: from a protocol's hands to ndo_start_xmit().

Linux: dev_queue_xmit(), dev_pick_tx(), dev_hard_start_xmit(), net_tx_action() of net/core/dev.c

    dev_queue_xmit            consumes skb on every path; may be called in any context but hardirq
      dev_pick_tx             which transmit queue
      dev_xmit_skb            a device with a queue: qdisc, then sch_generic sends what it may
      dev_hard_start_xmit     a device without (noqueue), at once; and what the qdisc gives
        netif_skb_features    what the device lacks is done here: GSO, linear copy, checksum
        ndo_start_xmit        the driver

A driver answers NETDEV_TX_OK (skb is its own now), NETDEV_TX_BUSY (its ring is full: skb stays
ours, and the queue must be stopped) or, with NETIF_F_LLTX, NETDEV_TX_LOCKED.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.if_ as if_
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_vlan as if_vlan
from softnet.kernel.printk import net_ratelimit, printk
from softnet.kernel.softirq import (
    SoftirqAction,
    local_bh_enable,
    raise_softirq_irqoff,
)
from softnet.kernel.timer import jiffies
from softnet.machine.cpu import Cpu, this_cpu
from softnet.net.core.dev.features import (
    netif_needs_gso,
    netif_skb_features,
    skb_gso_ok,
    skb_needs_linearize,
)
from softnet.net.core.dev.taps import dev_queue_xmit_nit, find_ptype
from softnet.net.core.sch_generic import (
    XmitOps,
    hard_tx_lock,
    hard_tx_unlock,
    netdev_get_tx_queue,
    qdisc_bstats_update,
    qdisc_run,
    qdisc_run_loop,
    sch_direct_xmit,
)
from softnet.net.core.secure_seq import jhash_3words
from softnet.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    pskb_expand_head,
    skb_checksum_help,
    skb_cow_head,
    skb_dst_drop,
    skb_header_cloned,
    skb_id,
    skb_linearize,
    skb_orphan,
)
from softnet.structs.netdevice import NetDevice, NetdevQueue, SoftnetData
from softnet.structs.sch_generic import Qdisc
from softnet.structs.skbuff import SkbDestructor, SkBuff
from softnet.structs.sock import Sock

RECURSION_LIMIT = 10  # of virtual devices on top of each other, per CPU
ENETDOWN = -100


def dev_queue_xmit(skb: SkBuff) -> int:
    """Send skb by skb.dev, its link header in place. Consumes skb on every path.

    NET_XMIT_SUCCESS, NET_XMIT_DROP or _CN (congestion: a hint for TCP), or a negative errno. That
    skb was queued says nothing about its getting there.
    """
    if trace.dev_queue_xmit.enabled:
        trace.dev_queue_xmit.fire(skb)
    dev = skb.dev
    assert dev is not None
    cpu = this_cpu()
    assert cpu.hardirq_count == 0, "dev_queue_xmit() from an interrupt handler"
    cpu.softirq_count += const.SOFTIRQ_DISABLE_OFFSET  # rcu_read_lock_bh()
    try:
        if dev.real_num_tx_queues == 1:
            skb.queue_mapping = 0
            txq = dev.tx0
        else:
            txq = dev_pick_tx(dev, skb)
        q = txq.qdisc
        assert q is not None, "dev_queue_xmit() to an unregistered device"
        if trace.net_dev_queue.enabled:
            trace.net_dev_queue.fire(skb, "dev %s len %d", dev.name, skb.len)
        if q.noqueue:
            return xmit_noqueue(skb, dev, txq, cpu)
        return dev_xmit_skb(skb, q, dev, txq)
    finally:
        local_bh_enable()


def dev_pick_tx(dev: NetDevice, skb: SkBuff) -> NetdevQueue:
    """The transmit queue for skb: the driver's choice, the socket's last one, XPS, or by hash."""
    if trace.dev_pick_tx.enabled:
        trace.dev_pick_tx.fire(skb)
    if dev.real_num_tx_queues == 1:
        skb.queue_mapping = 0
        return dev.tx0
    index = dev.ndo_select_queue(skb)
    if index >= 0:
        index = dev_cap_txqueue(dev, index)
    else:
        sk = skb.sk
        index = -1 if sk is None else sk.sk_tx_queue_mapping
        if index < 0 or skb.ooo_okay or index >= dev.real_num_tx_queues:
            # Changing the queue of a flow reorders it, unless nothing of it is under way.
            old = index
            index = get_xps_queue(dev, skb)
            if index < 0:
                index = skb_tx_hash(dev, skb)
            if (
                sk is not None
                and index != old
                and sk.sk_dst_cache is not None
                and sk.sk_dst_cache is skb.dst
            ):
                sk.sk_tx_queue_mapping = index
    skb.queue_mapping = index
    return netdev_get_tx_queue(dev, index)


def dev_cap_txqueue(dev: NetDevice, index: int) -> int:
    """What ndo_select_queue() chose, 0 if there is no such queue."""
    if index < dev.real_num_tx_queues:
        return index
    if net_ratelimit():
        printk(
            const.KERN_WARNING,
            f"{dev.name} selects TX queue {index}, but real number of TX queues is "
            f"{dev.real_num_tx_queues}",
        )
    return 0


def get_xps_queue(dev: NetDevice, skb: SkBuff) -> int:
    """XPS: a queue of those meant for this CPU; -1 if none is."""
    maps = dev.xps_maps
    if maps is None:
        return -1
    cpu = this_cpu()
    if cpu.id >= len(maps):
        return -1
    queues = maps[cpu.id]
    if not queues:
        return -1
    index = queues[flow_hash(skb, cpu) * len(queues) >> 32]
    return index if index < dev.real_num_tx_queues else -1


def skb_tx_hash(dev: NetDevice, skb: SkBuff) -> int:
    """A queue by the queue skb came from, if it is forwarded, else by its flow."""
    count = dev.real_num_tx_queues
    if skb.queue_mapping:  # skb_rx_queue_recorded(): its number plus one
        return (skb.queue_mapping - 1) % count
    return flow_hash(skb, this_cpu()) * count >> 32


def flow_hash(skb: SkBuff, cpu: Cpu) -> int:
    """32 bits that tell flows apart: the socket's hash, or protocol and rxhash."""
    sd: SoftnetData = cpu.softnet
    sk = skb.sk
    if sk is not None and sk.sk_hash:
        return jhash_3words(sk.sk_hash, 0, 0, sd.core.hashrnd)
    return jhash_3words(skb.protocol ^ skb.rxhash, 0, 0, sd.core.hashrnd)


def dev_xmit_skb(skb: SkBuff, q: Qdisc, dev: NetDevice, txq: NetdevQueue) -> int:
    """__dev_xmit_skb(): into the qdisc and run it, or straight to the driver if it is idle."""
    if trace.dev_xmit_skb.enabled:
        trace.dev_xmit_skb.fire(skb)
    q.lock.lock()
    try:
        if q.state & 1 << const.QDISC_STATE_DEACTIVATED:
            kfree_skb(skb, const.SKB_DROP_REASON_DEV_DOWN)
            rc = const.NET_XMIT_DROP
        elif q.flags & const.TCQ_F_CAN_BYPASS and q.q.qlen == 0 and not q.running:
            # Nobody is before us: what enqueue and dequeue would do is count.
            q.running = True
            qdisc_bstats_update(q, skb)
            more = 0
            try:
                more = sch_direct_xmit(skb, q, dev, txq)
            finally:
                q.running = False
            if more:
                qdisc_run(q)
            rc = const.NET_XMIT_SUCCESS
        else:
            rc = q.enqueue(skb) & const.NET_XMIT_MASK
            if not q.running:
                q.running = True
                qdisc_run_loop(q)
    finally:
        q.lock.unlock()
    return rc


def xmit_noqueue(skb: SkBuff, dev: NetDevice, txq: NetdevQueue, cpu: Cpu) -> int:
    """Send at once by a device without a queue: loopback, tunnels, VLANs.

    These call dev_queue_xmit() again for the device below. A ring of them would never
    end: the limit, and the owner of the transmit lock, find it.
    """
    if dev.flags & if_.IFF_UP:
        sd: SoftnetData = cpu.softnet
        if txq.xmit_lock_owner != cpu.id and sd.xmit_recursion <= RECURSION_LIMIT:
            rc = const.NETDEV_TX_BUSY
            locked = not dev.features & const.NETIF_F_LLTX
            if locked:
                hard_tx_lock(txq, cpu)
            sd.xmit_recursion += 1
            try:
                if not txq.state & 1 << const.QUEUE_STATE_XOFF:
                    rc = dev_hard_start_xmit(skb, dev, txq)
            finally:
                sd.xmit_recursion -= 1
                if locked:
                    hard_tx_unlock(txq)
            if rc < const.NET_XMIT_MASK:
                return rc
            if net_ratelimit():
                printk(const.KERN_CRIT, f"Virtual device {dev.name} asks to queue packet!")
            kfree_skb(skb, const.SKB_DROP_REASON_DEV_TX)
            return ENETDOWN
        if net_ratelimit():
            printk(const.KERN_CRIT, f"Dead loop on virtual device {dev.name}, fix it urgently!")
        kfree_skb(skb, const.SKB_DROP_REASON_RECURSION)
        return ENETDOWN
    kfree_skb(skb, const.SKB_DROP_REASON_DEV_DOWN)
    return ENETDOWN


def dev_hard_start_xmit(skb: SkBuff, dev: NetDevice, txq: NetdevQueue) -> int:
    """Show skb to the taps, do what the device cannot, and give it to the driver.

    Answers what the driver did. If dev_xmit_complete(rc) is not true, skb is the caller's; it may
    then hold the rest of its segments in skb.next.
    """
    if trace.dev_hard_start_xmit.enabled:
        trace.dev_hard_start_xmit.fire(skb)
    if skb.next is not None:
        return xmit_segments(skb, dev, txq)

    if dev.priv_flags & if_.IFF_XMIT_DST_RELEASE:
        skb_dst_drop(skb)
    if dev.ptype_taps is not None or dev.nd_net.ptype_all is not None:
        dev_queue_xmit_nit(skb, dev)
    sk: Sock | None = skb.sk
    if sk is not None and not skb.shinfo.tx_flags:
        # skb_orphan_try(): the sender's buffer is free again; its flow hash stays.
        if skb.rxhash == 0:
            skb.rxhash = sk.sk_hash
        skb_orphan(skb)

    # Nearly every packet is plain; only the others ask what the device can do.
    if (
        skb.data_len != 0
        or skb.shinfo.gso_size != 0
        or skb.ip_summed == const.CHECKSUM_PARTIAL
        or skb.vlan_tci & if_vlan.VLAN_TAG_PRESENT
    ):
        features = netif_skb_features(skb)
        if skb.vlan_tci & if_vlan.VLAN_TAG_PRESENT and not features & const.NETIF_F_HW_VLAN_TX:
            if vlan_put_tag(skb):
                kfree_skb(skb, const.SKB_DROP_REASON_NOMEM)
                return const.NETDEV_TX_OK
            features = netif_skb_features(skb)
        if netif_needs_gso(skb, features):
            if dev_gso_segment(skb, features):
                kfree_skb(skb, const.SKB_DROP_REASON_GSO)
                return const.NETDEV_TX_OK
            if skb.next is not None:
                return xmit_segments(skb, dev, txq)
        elif not xmit_prepare(skb, features):
            kfree_skb(skb, const.SKB_DROP_REASON_NOMEM)
            return const.NETDEV_TX_OK
    traced = trace.net_dev_xmit.enabled
    rc = traced_start_xmit(skb, dev) if traced else dev.ndo_start_xmit(skb)
    if rc == const.NETDEV_TX_OK and txq.xmit_lock_owner != -1:  # txq_trans_update()
        txq.trans_start = jiffies()
    return rc


class SentPacket:
    """A packet's number, for an event about an skb that is not ours any more."""

    __slots__ = ("pkt_id",)

    pkt_id: int

    def __init__(self, pkt_id: int) -> None:
        self.pkt_id = pkt_id


def traced_start_xmit(skb: SkBuff, dev: NetDevice) -> int:
    """ndo_start_xmit(), and the event that says what the driver answered."""
    sent = SentPacket(skb_id(skb))
    n = skb.len
    rc = dev.ndo_start_xmit(skb)
    trace.net_dev_xmit.fire(sent, f"dev {dev.name} len {n} rc {rc}")
    return rc


def xmit_prepare(skb: SkBuff, features: int) -> bool:
    """Linear copy and checksum for a device that has not these offloads. False without memory."""
    if skb_needs_linearize(skb, features) and skb_linearize(skb):
        return False
    if skb.ip_summed == const.CHECKSUM_PARTIAL:
        skb.transport_header = skb.csum_start
        if not features & const.NETIF_F_ALL_CSUM and skb_checksum_help(skb):
            return False
    return True


def vlan_put_tag(skb: SkBuff) -> int:
    """__vlan_put_tag(): write skb.vlan_tci into the frame; 0 or -errno, skb stays the caller's."""
    error = skb_cow_head(skb, if_vlan.VLAN_HLEN)
    if error:
        return error
    o = skb.push(if_vlan.VLAN_HLEN)
    mem.move(skb.ptr, o, skb.ptr, o + if_vlan.VLAN_HLEN, 2 * if_ether.ETH_ALEN)
    skb.mac_header = o
    mem.put16(skb.ptr, o + 12, if_ether.ETH_P_8021Q)
    mem.put16(skb.ptr, o + 14, skb.vlan_tci & ~if_vlan.VLAN_TAG_PRESENT)
    skb.protocol = if_ether.ETH_P_8021Q
    skb.vlan_tci = 0
    return 0


class DevGsoDestructor(SkbDestructor):
    """dev_gso_skb_destructor(): frees the segments that were not sent when their skb goes."""

    __slots__ = ()

    def destruct(self, skb: SkBuff) -> None:
        """Free skb.next and all behind it, then do what skb's own destructor does."""
        seg = skb.next
        skb.next = None
        while seg is not None:
            following = seg.next
            seg.next = None
            kfree_skb(seg, const.SKB_DROP_REASON_GSO)
            seg = following
        own = skb.cb
        skb.cb = None
        if isinstance(own, SkbDestructor):
            own.destruct(skb)


dev_gso_destructor = DevGsoDestructor()


def dev_gso_segment(skb: SkBuff, features: int) -> int:
    """Cut skb into segments that the device can send, and hang them behind it (skb.next).

    0 with skb.next None: the device can cut it, only the headers needed a look. Else 0, or -EINVAL.
    """
    if trace.dev_gso_segment.enabled:
        trace.dev_gso_segment.fire(skb)
    segs = skb_gso_segment(skb, features)
    if segs is skb:
        return -22
    if segs is None:
        return 0 if skb_gso_ok(skb, features | const.NETIF_F_GSO_ROBUST) else -22
    skb.next = segs
    skb.cb = skb.destructor
    skb.destructor = dev_gso_destructor
    return 0


def skb_gso_segment(skb: SkBuff, features: int) -> SkBuff | None:
    """Have skb's protocol cut it, its link header copied to each segment; skb stays whole.

    The segments, linked by next; None if the device can do it and the headers are sound; skb itself
    if they are not, or if nobody knows the protocol.
    """
    skb.reset_mac_header()
    skb.mac_len = skb.network_header - skb.mac_header
    type = skb.protocol
    at = if_ether.ETH_HLEN
    while type == if_ether.ETH_P_8021Q:
        if at + if_vlan.VLAN_HLEN > skb.headlen():
            return skb
        type = mem.get16(skb.ptr, skb.data + at + 2)
        at += if_vlan.VLAN_HLEN
    pt = find_ptype(type)
    if pt is None or skb.pull(skb.mac_len) < 0:
        return skb
    segs: SkBuff | None = skb
    error = 0
    if skb.ip_summed != const.CHECKSUM_PARTIAL and skb_header_cloned(skb):
        error = pskb_expand_head(skb, 0, 0)
    if error == 0 and skb.ip_summed != const.CHECKSUM_PARTIAL:
        error = pt.gso_send_check(skb)
        if error == 0 and skb_gso_ok(skb, features):
            segs = None
        skb.push(skb.data - skb.network_header)
    if error == 0 and segs is not None:
        segs = pt.gso_segment(skb, features)
    skb.push(skb.data - skb.mac_header)
    return segs


def xmit_segments(skb: SkBuff, dev: NetDevice, txq: NetdevQueue) -> int:
    """Send the segments behind skb one by one; what the driver refuses stays there."""
    while True:
        nskb = skb.next
        assert nskb is not None
        skb.next = nskb.next
        nskb.next = None
        if dev.priv_flags & if_.IFF_XMIT_DST_RELEASE:
            skb_dst_drop(nskb)
        if trace.net_dev_xmit.enabled:
            rc = traced_start_xmit(nskb, dev)
        else:
            rc = dev.ndo_start_xmit(nskb)
        if rc != const.NETDEV_TX_OK:
            if rc & ~const.NETDEV_TX_MASK:
                break
            nskb.next = skb.next
            skb.next = nskb
            return rc
        if txq.xmit_lock_owner != -1:
            txq.trans_start = jiffies()
        if skb.next is None:
            break
        if txq.state & 1 << const.QUEUE_STATE_XOFF:
            return const.NETDEV_TX_BUSY
    if skb.next is None:
        own = skb.cb
        skb.cb = None
        skb.destructor = own if isinstance(own, SkbDestructor) else None
        consume_skb(skb)
    else:
        kfree_skb(skb, const.SKB_DROP_REASON_DEV_TX)
    return rc


class DevXmitOps(XmitOps):
    """What sch_generic calls."""

    __slots__ = ()

    def hard_start_xmit(self, skb: SkBuff, dev: NetDevice, txq: NetdevQueue) -> int:
        """To dev_hard_start_xmit()."""
        return dev_hard_start_xmit(skb, dev, txq)


def dev_kfree_skb_irq(skb: SkBuff) -> None:
    """Free skb, which was sent, from an interrupt handler: NET_TX_SOFTIRQ does it."""
    if trace.dev_kfree_skb_irq.enabled:
        trace.dev_kfree_skb_irq.fire(skb)
    if skb.users != 1:
        skb.users -= 1
        assert skb.users > 0
        return
    sd: SoftnetData = this_cpu().softnet
    assert skb.next is None
    skb.next = sd.completion_queue
    sd.completion_queue = skb
    raise_softirq_irqoff(const.NET_TX_SOFTIRQ)


def dev_kfree_skb_any(skb: SkBuff) -> None:
    """Free skb, which was sent, from wherever we are."""
    if trace.dev_kfree_skb_any.enabled:
        trace.dev_kfree_skb_any.fire(skb)
    cpu = this_cpu()
    if cpu.hardirq_count or cpu.irqs_disabled:
        dev_kfree_skb_irq(skb)
    else:
        consume_skb(skb)


class NetTxSoftirq(SoftirqAction):
    """NET_TX_SOFTIRQ"""

    __slots__ = ()

    def action(self) -> None:
        """To net_tx_action()."""
        net_tx_action()


def net_tx_action() -> None:
    """Free what interrupt handlers left to free, and run the qdiscs that were scheduled."""
    if trace.net_tx_action.enabled:
        trace.net_tx_action.fire(None)
    cpu = this_cpu()
    assert cpu.softirq_count
    sd: SoftnetData = cpu.softnet
    skb = sd.completion_queue
    sd.completion_queue = None
    while skb is not None:
        following = skb.next
        skb.next = None
        consume_skb(skb)
        skb = following

    q = sd.output_queue
    sd.output_queue = None
    sd.output_queue_tail = None
    while q is not None:
        nxt = q.next_sched
        q.next_sched = None
        q.state &= ~(1 << const.QDISC_STATE_SCHED)
        q.lock.lock()
        try:
            qdisc_run(q)
        finally:
            q.lock.unlock()
        q = nxt
