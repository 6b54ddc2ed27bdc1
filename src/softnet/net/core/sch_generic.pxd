cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.pkt_sched as pkt_sched
from softnet.arch.types cimport i64
from softnet.kernel.softirq cimport local_bh_disable, local_bh_enable, raise_softirq_irqoff
from softnet.kernel.timer cimport Timer, del_timer, jiffies, mod_timer
from softnet.machine.cpu cimport Cpu, this_cpu
from softnet.net.core.skbuff cimport kfree_skb
from softnet.structs.netdevice cimport NetDevice, NetdevQueue, SoftnetData
from softnet.structs.sch_generic cimport Qdisc
from softnet.structs.skbuff cimport SkBuff, SkBuffHead

cdef i64 WATCHDOG_TIMEO
cdef bytes PRIO2BAND


cdef class XmitOps:
    cpdef i64 hard_start_xmit(self, SkBuff skb, NetDevice dev, NetdevQueue txq) except? -1


@cython.final
cdef class SchedState:
    cdef public XmitOps xmit


cdef SchedState state

cpdef int register_xmit_ops(XmitOps ops) except -1
cpdef int qdisc_run(Qdisc q) except -1
@cython.locals(sd=SoftnetData)
cpdef int qdisc_run_loop(Qdisc q) except -1
cpdef i64 qdisc_restart(Qdisc q) except? -1
cdef SkBuff dequeue_skb(Qdisc q)
@cython.locals(locked=bint)
cpdef i64 sch_direct_xmit(SkBuff skb, Qdisc q, NetDevice dev, NetdevQueue txq) except? -1
cpdef int hard_tx_lock(NetdevQueue txq, Cpu cpu) except -1
cpdef int hard_tx_unlock(NetdevQueue txq) except -1
cpdef i64 dev_requeue_skb(SkBuff skb, Qdisc q) except? -1
@cython.locals(sd=SoftnetData)
cdef i64 handle_dev_cpu_collision(SkBuff skb, NetdevQueue txq, Qdisc q, Cpu cpu) except? -1
@cython.locals(sd=SoftnetData)
cpdef void netif_schedule(Qdisc q) except *
cpdef NetdevQueue netdev_get_tx_queue(NetDevice dev, i64 index)
cpdef int qdisc_bstats_update(Qdisc q, SkBuff skb) except -1
cpdef i64 qdisc_drop(SkBuff skb, Qdisc q) except? -1
cpdef int qdisc_reset_queue(SkBuffHead list) except -1


@cython.final
cdef class NoopQdisc(Qdisc):
    pass


@cython.final
cdef class NoqueueQdisc(Qdisc):
    pass


cdef class PfifoFast(Qdisc):
    cdef public i64 bitmap
    cdef public SkBuffHead q0, q1, q2

    @cython.locals(band=i64)
    cpdef i64 enqueue(self, SkBuff skb) except? -1
    @cython.locals(list=SkBuffHead, bits=i64, bit=i64)
    cpdef SkBuff dequeue(self)
    cpdef SkBuff peek(self)


@cython.final
cdef class MqQdisc(Qdisc):
    cdef public list qdiscs


cpdef Qdisc qdisc_create_dflt(NetdevQueue dev_queue, object ops, i64 parent)
cpdef int qdisc_reset(Qdisc q) except -1
cpdef void qdisc_destroy(Qdisc q) except *
cpdef Qdisc dev_graft_qdisc(NetdevQueue dev_queue, Qdisc qdisc)
@cython.locals(txq=NetdevQueue)
cpdef int attach_default_qdiscs(NetDevice dev) except -1
@cython.locals(txq=NetdevQueue)
cpdef void dev_activate(NetDevice dev) except *
cpdef bint transition_one_qdisc(NetdevQueue txq) except -1
@cython.locals(txq=NetdevQueue)
cpdef int dev_deactivate(NetDevice dev) except -1
cpdef void deactivate_queue(NetdevQueue txq) except *
@cython.locals(txq=NetdevQueue)
cpdef int dev_init_scheduler(NetDevice dev) except -1
@cython.locals(txq=NetdevQueue, timer=Timer)
cpdef int dev_shutdown(NetDevice dev) except -1


@cython.final
cdef class DevWatchdog(Timer):
    cdef public NetDevice dev


@cython.locals(txq=NetdevQueue, timer=Timer)
cpdef void dev_watchdog_up(NetDevice dev) except *
@cython.locals(timer=Timer)
cpdef int dev_watchdog_down(NetDevice dev) except -1
