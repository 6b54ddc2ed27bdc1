"""The generic packet scheduler: pfifo_fast, and the loop from a qdisc to a driver.

Linux: net/sched/sch_generic.c, net/sched/sch_mq.c, __netif_schedule() of net/core/dev.c

A packet that dev_queue_xmit() puts into a qdisc leaves it here: qdisc_run() dequeues under the root
lock, sch_direct_xmit() lets go of it, takes the queue's transmit lock and calls the driver. Only
one CPU at a time runs a qdisc (q.running); the others leave their packet and go. What the driver
refuses waits in q.gso_skb, and is the first to be tried again.

dev_activate() gives a device that goes up its default qdiscs; dev_deactivate() takes them away;
the watchdog calls ndo_tx_timeout() for a queue that stays stopped.
Read qdisc_run() first. The driver's side of stopping and waking is in net/core/dev/queue.

Differs from Linux: the function that calls the driver, dev_hard_start_xmit(), stands above this
file (net/core/dev/xmit); it comes in by XmitOps. The noop qdisc is one per device, not one for all.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.pkt_sched as pkt_sched
from softnet.kernel.printk import net_ratelimit, printk
from softnet.kernel.softirq import local_bh_disable, local_bh_enable, raise_softirq_irqoff
from softnet.kernel.timer import Timer, del_timer, jiffies, mod_timer
from softnet.machine.cpu import Cpu, this_cpu
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.netdevice import NetDevice, NetdevQueue, SoftnetData
from softnet.structs.sch_generic import Qdisc
from softnet.structs.skbuff import SkBuff, SkBuffHead

PFIFO_FAST_BANDS = 3
# skb->priority to band: TC_PRIO_INTERACTIVE and _CONTROL go first, _BULK and _FILLER last.
PRIO2BAND = bytes([1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
WATCHDOG_TIMEO = 5 * const.HZ  # of a driver that has ndo_tx_timeout() and does not say
NO_TX_TIMEOUT = vars(NetDevice)["ndo_tx_timeout"]  # what a driver has that does not override it


class XmitOps:
    """How a qdisc hands a packet to the device: net/core/dev/xmit registers the one instance."""

    __slots__ = ()

    def hard_start_xmit(self, skb: SkBuff, dev: NetDevice, txq: NetdevQueue) -> int:
        """dev_hard_start_xmit(): NETDEV_TX_*, NET_XMIT_* or -errno; skb is consumed unless
        dev_xmit_complete() denies it."""
        raise AssertionError("net_dev_init() was not called")


class SchedState:
    """What this file is told once at boot."""

    __slots__ = ("xmit",)

    xmit: XmitOps

    def __init__(self) -> None:
        self.xmit = XmitOps()


state = SchedState()


def register_xmit_ops(ops: XmitOps) -> None:
    """Say who calls the driver."""
    state.xmit = ops


def qdisc_run(q: Qdisc) -> None:
    """Send what q gives, unless somebody is at it already. Called with the root lock, bh off."""
    if trace.qdisc_run.enabled:
        trace.qdisc_run.fire(None)
    if not q.running:
        q.running = True
        qdisc_run_loop(q)


def qdisc_run_loop(q: Qdisc) -> None:
    """__qdisc_run(): the caller has set q.running. At most dev_weight packets, then the softirq."""
    sd: SoftnetData = this_cpu().softnet
    quota = sd.core.weight_p
    try:
        while qdisc_restart(q):
            quota -= 1
            if quota <= 0:
                netif_schedule(q)
                break
    finally:
        q.running = False


def qdisc_restart(q: Qdisc) -> int:
    """Dequeue one packet and send it. Nonzero if it makes sense to go on."""
    if trace.qdisc_restart.enabled:
        trace.qdisc_restart.fire(None)
    skb = dequeue_skb(q)
    if skb is None:
        return 0
    dev = q.dev_queue.dev
    return sch_direct_xmit(skb, q, dev, netdev_get_tx_queue(dev, skb.queue_mapping))


def dequeue_skb(q: Qdisc) -> SkBuff | None:
    """The packet that was refused if its queue runs again, else the next one."""
    skb = q.gso_skb
    if skb is None:
        return q.dequeue()
    txq = netdev_get_tx_queue(q.dev_queue.dev, skb.queue_mapping)
    if txq.state & const.QUEUE_STATE_XOFF_OR_FROZEN:
        return None
    q.gso_skb = None
    q.q.qlen -= 1
    return skb


def sch_direct_xmit(skb: SkBuff, q: Qdisc, dev: NetDevice, txq: NetdevQueue) -> int:
    """Give skb to the driver, or put it back. Nonzero if q has more and the driver takes more.

    The root lock is held on entry and exit, not while the driver runs.
    """
    if trace.sch_direct_xmit.enabled:
        trace.sch_direct_xmit.fire(skb)
    rc = const.NETDEV_TX_BUSY
    q.lock.unlock()
    cpu = this_cpu()
    locked = not dev.features & const.NETIF_F_LLTX
    if locked:
        hard_tx_lock(txq, cpu)
    try:
        if not txq.state & const.QUEUE_STATE_XOFF_OR_FROZEN:
            rc = state.xmit.hard_start_xmit(skb, dev, txq)
    finally:
        if locked:
            hard_tx_unlock(txq)
        q.lock.lock()

    if rc < const.NET_XMIT_MASK:  # dev_xmit_complete(): sent, or consumed with an error
        left = q.q.qlen
    elif rc == const.NETDEV_TX_LOCKED:
        left = handle_dev_cpu_collision(skb, txq, q, cpu)
    else:
        # Else the packet would be tried again for ever: the driver forgot netif_stop_queue().
        assert txq.state & const.QUEUE_STATE_XOFF_OR_FROZEN, (
            f"{dev.name}: NETDEV_TX_BUSY with a running queue"
        )
        if rc != const.NETDEV_TX_BUSY and net_ratelimit():
            printk(const.KERN_WARNING, f"BUG {dev.name} code {rc} qlen {q.q.qlen}")
        left = dev_requeue_skb(skb, q)
    if left and txq.state & const.QUEUE_STATE_XOFF_OR_FROZEN:
        return 0
    return left


def hard_tx_lock(txq: NetdevQueue, cpu: Cpu) -> None:
    """HARD_TX_LOCK(): not for a driver that does its own locking (NETIF_F_LLTX)."""
    txq.tx_lock.lock()
    txq.xmit_lock_owner = cpu.id


def hard_tx_unlock(txq: NetdevQueue) -> None:
    """HARD_TX_UNLOCK()"""
    txq.xmit_lock_owner = -1
    txq.tx_lock.unlock()


def dev_requeue_skb(skb: SkBuff, q: Qdisc) -> int:
    """The driver refused skb: keep it, in front of everything, and try again in the softirq."""
    if trace.dev_requeue_skb.enabled:
        trace.dev_requeue_skb.fire(skb)
    assert q.gso_skb is None
    q.gso_skb = skb
    q.requeues += 1
    q.q.qlen += 1  # it counts as queued
    netif_schedule(q)
    return 0


def handle_dev_cpu_collision(skb: SkBuff, txq: NetdevQueue, q: Qdisc, cpu: Cpu) -> int:
    """The driver's own lock was taken (NETDEV_TX_LOCKED): by us, a dead loop; else wait a turn."""
    if txq.xmit_lock_owner == cpu.id:
        kfree_skb(skb, const.SKB_DROP_REASON_RECURSION)
        if net_ratelimit():
            name = txq.dev.name
            printk(const.KERN_WARNING, f"Dead loop on netdevice {name}, fix it urgently!")
        return q.q.qlen
    sd: SoftnetData = cpu.softnet
    sd.cpu_collision += 1
    return dev_requeue_skb(skb, q)


def netif_schedule(q: Qdisc) -> None:
    """__netif_schedule(): have NET_TX_SOFTIRQ of this CPU run q, unless it is going to already."""
    if trace.netif_schedule.enabled:
        trace.netif_schedule.fire(None)
    if q.state & 1 << const.QDISC_STATE_SCHED:
        return
    q.state |= 1 << const.QDISC_STATE_SCHED
    sd: SoftnetData = this_cpu().softnet
    last = sd.output_queue_tail
    assert q.next_sched is None
    if last is None:
        sd.output_queue = q
    else:
        last.next_sched = q
    sd.output_queue_tail = q
    raise_softirq_irqoff(const.NET_TX_SOFTIRQ)


def netdev_get_tx_queue(dev: NetDevice, index: int) -> NetdevQueue:
    """dev->_tx[index]"""
    if index == 0:
        return dev.tx0
    txq: NetdevQueue = dev.tx[index]
    return txq


def qdisc_bstats_update(q: Qdisc, skb: SkBuff) -> None:
    """Count skb as sent through q; a super-packet counts as what it will become."""
    q.bytes += skb.len
    segs = skb.shinfo.gso_segs
    q.packets += segs if skb.shinfo.gso_size and segs else 1


def qdisc_drop(skb: SkBuff, q: Qdisc) -> int:
    """No room: free skb, count it, say NET_XMIT_DROP."""
    if trace.qdisc_drop.enabled:
        trace.qdisc_drop.fire(skb)
    kfree_skb(skb, const.SKB_DROP_REASON_QDISC_DROP)
    q.drops += 1
    return const.NET_XMIT_DROP


def qdisc_reset_queue(list: SkBuffHead) -> None:
    """__qdisc_reset_queue(): free what a list holds."""
    while True:
        skb = list.dequeue()
        if skb is None:
            break
        kfree_skb(skb, const.SKB_DROP_REASON_QUEUE_PURGE)


class NoopQdisc(Qdisc):
    """noop_qdisc: of a device that is down. Loses everything."""

    __slots__ = ()

    def __init__(self, dev_queue: NetdevQueue) -> None:
        Qdisc.__init__(self, dev_queue, "noop")
        self.flags = const.TCQ_F_BUILTIN

    def enqueue(self, skb: SkBuff) -> int:
        """noop_enqueue()"""
        kfree_skb(skb, const.SKB_DROP_REASON_DEV_DOWN)
        return const.NET_XMIT_CN


class NoqueueQdisc(Qdisc):
    """noqueue_qdisc: of a device without a queue (tx_queue_len 0), sent to directly."""

    __slots__ = ()

    def __init__(self, dev_queue: NetdevQueue) -> None:
        Qdisc.__init__(self, dev_queue, "noqueue")
        self.flags = const.TCQ_F_BUILTIN
        self.noqueue = True


class PfifoFast(Qdisc):
    """pfifo_fast: three bands by skb->priority, a lower band always first, tx_queue_len packets."""

    __slots__ = ("bitmap", "q0", "q1", "q2")

    bitmap: int  # bit n: band n has packets
    q0: SkBuffHead
    q1: SkBuffHead
    q2: SkBuffHead

    def __init__(self, dev_queue: NetdevQueue) -> None:
        Qdisc.__init__(self, dev_queue, "pfifo_fast")
        self.flags = const.TCQ_F_CAN_BYPASS
        self.bitmap = 0
        self.q0 = SkBuffHead()
        self.q1 = SkBuffHead()
        self.q2 = SkBuffHead()

    def enqueue(self, skb: SkBuff) -> int:
        """pfifo_fast_enqueue()"""
        if trace.pfifo_fast_enqueue.enabled:
            trace.pfifo_fast_enqueue.fire(skb)
        if self.q.qlen >= self.dev_queue.dev.tx_queue_len:
            return qdisc_drop(skb, self)
        band = PRIO2BAND[skb.priority & pkt_sched.TC_PRIO_MAX]
        if band == 0:
            self.q0.queue_tail(skb)
        elif band == 1:
            self.q1.queue_tail(skb)
        else:
            self.q2.queue_tail(skb)
        self.bitmap |= 1 << band
        self.q.qlen += 1
        self.backlog += skb.len
        return const.NET_XMIT_SUCCESS

    def dequeue(self) -> SkBuff | None:
        """pfifo_fast_dequeue()"""
        bits = self.bitmap
        if bits == 0:
            return None
        if bits & 1:
            list = self.q0
            bit = 1
        elif bits & 2:
            list = self.q1
            bit = 2
        else:
            list = self.q2
            bit = 4
        skb = list.dequeue()
        assert skb is not None
        if list.qlen == 0:
            self.bitmap = bits ^ bit
        self.q.qlen -= 1
        self.backlog -= skb.len
        qdisc_bstats_update(self, skb)
        return skb

    def peek(self) -> SkBuff | None:
        """pfifo_fast_peek()"""
        if self.bitmap & 1:
            return self.q0.first
        if self.bitmap & 2:
            return self.q1.first
        return self.q2.first

    def reset(self) -> None:
        """pfifo_fast_reset()"""
        qdisc_reset_queue(self.q0)
        qdisc_reset_queue(self.q1)
        qdisc_reset_queue(self.q2)
        self.bitmap = 0
        self.backlog = 0
        self.q.qlen = 0


class MqQdisc(Qdisc):
    """mq: the root of a device with several queues; each has a qdisc of its own."""

    __slots__ = ("qdiscs",)

    qdiscs: list[Qdisc]  # until attach() grafts them

    def __init__(self, dev_queue: NetdevQueue) -> None:
        Qdisc.__init__(self, dev_queue, "mq")
        self.flags = const.TCQ_F_MQROOT
        self.qdiscs = []

    def init(self, opt: object) -> int:
        """mq_init()"""
        for txq in self.dev_queue.dev.tx:
            qdisc = qdisc_create_dflt(txq, PfifoFast, self.handle | txq.index + 1)
            self.qdiscs.append(qdisc)
        return 0

    def attach(self) -> None:
        """mq_attach()"""
        for qdisc in self.qdiscs:
            old = dev_graft_qdisc(qdisc.dev_queue, qdisc)
            qdisc_destroy(old)
        self.qdiscs = []

    def destroy(self) -> None:
        """mq_destroy()"""
        for qdisc in self.qdiscs:
            qdisc_destroy(qdisc)
        self.qdiscs = []


def qdisc_create_dflt(dev_queue: NetdevQueue, ops: type[Qdisc], parent: int) -> Qdisc:
    """A qdisc of class ops for dev_queue, with default options."""
    q: Qdisc = ops(dev_queue)  # type: ignore[call-arg]  # a scheduler's class takes only its queue
    q.parent = parent
    error = q.init(None)
    assert error == 0
    return q


def qdisc_reset(q: Qdisc) -> None:
    """Forget every packet of q."""
    q.reset()
    skb = q.gso_skb
    if skb is not None:
        q.gso_skb = None
        kfree_skb(skb, const.SKB_DROP_REASON_QUEUE_PURGE)
        q.q.qlen = 0


def qdisc_destroy(q: Qdisc | None) -> None:
    """Drop one reference to q; the last one empties and destroys it."""
    if q is None or q.flags & const.TCQ_F_BUILTIN:
        return
    q.refcnt -= 1
    assert q.refcnt >= 0
    if q.refcnt == 0:
        qdisc_reset(q)
        q.destroy()


def dev_graft_qdisc(dev_queue: NetdevQueue, qdisc: Qdisc | None) -> Qdisc | None:
    """Make qdisc (None: noop) the one that dev_activate() will put to work; answer the old one."""
    old = dev_queue.qdisc_sleeping
    if old is not None and old.refcnt <= 1:
        qdisc_reset(old)
    noop = NoopQdisc(dev_queue)
    dev_queue.qdisc_sleeping = noop if qdisc is None else qdisc
    dev_queue.qdisc = noop
    return old


def attach_default_qdiscs(dev: NetDevice) -> None:
    """pfifo_fast, mq above it on several queues, or noqueue where tx_queue_len is 0."""
    if dev.num_tx_queues == 1 or dev.tx_queue_len == 0:
        for txq in dev.tx:
            if dev.tx_queue_len:
                txq.qdisc_sleeping = qdisc_create_dflt(txq, PfifoFast, pkt_sched.TC_H_ROOT)
            else:
                txq.qdisc_sleeping = NoqueueQdisc(txq)
        root = dev.tx0.qdisc_sleeping
        assert root is not None
        root.refcnt += 1
        dev.qdisc = root
    else:
        mq = qdisc_create_dflt(dev.tx0, MqQdisc, pkt_sched.TC_H_ROOT)
        mq.attach()
        dev.qdisc = mq


def dev_activate(dev: NetDevice) -> None:
    """Let packets pass: put each queue's qdisc to work, if there is a carrier. RTNL."""
    if trace.dev_activate.enabled:
        trace.dev_activate.fire(None, dev.name)
    if isinstance(dev.qdisc, NoopQdisc):
        attach_default_qdiscs(dev)
    if dev.state & 1 << const.LINK_STATE_NOCARRIER:
        return  # link_watch calls again when it comes
    need_watchdog = False
    for txq in dev.tx:
        if transition_one_qdisc(txq):
            need_watchdog = True
    if dev.ingress_queue is not None:
        transition_one_qdisc(dev.ingress_queue)
    if need_watchdog:
        dev.trans_start = jiffies()
        dev_watchdog_up(dev)


def transition_one_qdisc(txq: NetdevQueue) -> bool:
    """Wake the sleeping qdisc of txq; does it need the watchdog?"""
    q = txq.qdisc_sleeping
    assert q is not None
    if not q.flags & const.TCQ_F_BUILTIN:
        q.state &= ~(1 << const.QDISC_STATE_DEACTIVATED)
    txq.qdisc = q
    if q.noqueue:
        return False
    txq.trans_start = 0
    return True


def dev_deactivate(dev: NetDevice) -> None:
    """Stop the flow: every queue gets noop, what is queued is freed. RTNL, task context.

    Differs from Linux: there is nobody to wait for. A qdisc that is still on a CPU's output
    queue stays there; net_tx_action() finds it empty.
    """
    if trace.dev_deactivate.enabled:
        trace.dev_deactivate.fire(None, dev.name)
    for txq in dev.tx:
        deactivate_queue(txq)
    if dev.ingress_queue is not None:
        deactivate_queue(dev.ingress_queue)
    dev_watchdog_down(dev)


def deactivate_queue(txq: NetdevQueue) -> None:
    """dev_deactivate_queue()"""
    q = txq.qdisc
    if q is None:
        return
    local_bh_disable()
    q.lock.lock()
    assert not q.running, "dev_deactivate() from inside a running qdisc"
    if not q.flags & const.TCQ_F_BUILTIN:
        q.state |= 1 << const.QDISC_STATE_DEACTIVATED
    txq.qdisc = NoopQdisc(txq)
    qdisc_reset(q)
    q.lock.unlock()
    local_bh_enable()


def dev_init_scheduler(dev: NetDevice) -> None:
    """Before a device is first up: noop everywhere."""
    noop = NoopQdisc(dev.tx0)
    dev.qdisc = noop
    for txq in dev.tx:
        txq.qdisc = noop
        txq.qdisc_sleeping = noop
    if dev.ingress_queue is not None:
        dev.ingress_queue.qdisc = noop
        dev.ingress_queue.qdisc_sleeping = noop


def dev_shutdown(dev: NetDevice) -> None:
    """Before a device goes: destroy every qdisc. It is down already. RTNL."""
    noop = NoopQdisc(dev.tx0)
    queues = list(dev.tx)
    if dev.ingress_queue is not None:
        queues.append(dev.ingress_queue)
    for txq in queues:
        q = txq.qdisc_sleeping
        if q is not None:
            txq.qdisc = noop
            txq.qdisc_sleeping = noop
            qdisc_destroy(q)
    qdisc_destroy(dev.qdisc)
    dev.qdisc = noop
    timer = dev.watchdog_timer
    assert timer is None or not timer.timer_pending()


class DevWatchdog(Timer):
    """dev->watchdog_timer."""

    __slots__ = ("dev",)

    dev: NetDevice

    def __init__(self, dev: NetDevice) -> None:
        Timer.__init__(self)
        self.base = dev.nd_net.timers
        self.dev = dev

    def function(self) -> None:
        """dev_watchdog(): is a queue stopped for too long?"""
        if trace.dev_watchdog.enabled:
            trace.dev_watchdog.fire(None, self.dev.name)
        dev = self.dev
        gone = 1 << const.LINK_STATE_NOCARRIER
        up = 1 << const.LINK_STATE_START | 1 << const.LINK_STATE_PRESENT
        if isinstance(dev.tx0.qdisc, NoopQdisc) or dev.state & (up | gone) != up:
            return
        stopped = False
        late = -1
        for txq in dev.tx:
            if txq.state & 1 << const.QUEUE_STATE_XOFF:
                stopped = True
                since = txq.trans_start or dev.trans_start
                if jiffies() - since > dev.watchdog_timeo:
                    txq.trans_timeout += 1
                    late = txq.index
                    break
        if late >= 0:
            if netdev_get_tx_queue(dev, late).trans_timeout == 1:  # said once
                printk(
                    const.KERN_INFO,
                    f"NETDEV WATCHDOG: {dev.name} ({dev.kind}): transmit queue {late} timed out",
                )
            dev.ndo_tx_timeout()
        if stopped:
            mod_timer(self, jiffies() + dev.watchdog_timeo)


def dev_watchdog_up(dev: NetDevice) -> None:
    """__netdev_watchdog_up(): watch dev's queues, if the driver knows what to do on a time-out.

    Differs from Linux: the timer runs only while a queue is stopped (netif_tx_stop_queue() comes
    here), so that an idle host has nothing to wake up for. A time-out is noticed in one
    to two periods, as there.
    """
    if trace.dev_watchdog_up.enabled:
        trace.dev_watchdog_up.fire(None, dev.name)
    if type(dev).ndo_tx_timeout is NO_TX_TIMEOUT:
        return
    if dev.watchdog_timeo <= 0:
        dev.watchdog_timeo = WATCHDOG_TIMEO
    for txq in dev.tx:
        if txq.state & 1 << const.QUEUE_STATE_XOFF:
            timer = dev.watchdog_timer
            if timer is None:
                timer = DevWatchdog(dev)
                dev.watchdog_timer = timer
            if not timer.timer_pending():
                mod_timer(timer, jiffies() + dev.watchdog_timeo)
            return


def dev_watchdog_down(dev: NetDevice) -> None:
    """Stop watching."""
    timer = dev.watchdog_timer
    if timer is not None:
        del_timer(timer)
