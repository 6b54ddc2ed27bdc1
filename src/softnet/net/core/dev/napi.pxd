cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
from softnet.arch.types cimport i64
from softnet.kernel.softirq cimport (
    SoftirqAction, local_bh_disable, local_bh_enable, raise_softirq_irqoff_nowake
)
from softnet.machine.cpu cimport Cpu, this_cpu
from softnet.machine.event cimport Clock
from softnet.net.core.dev.gro cimport napi_gro_flush
from softnet.net.core.dev.poll_list cimport (
    napi_schedule, napi_schedule_claimed, napi_schedule_prep, poll_list_add, poll_list_del
)
from softnet.net.core.dev.rps cimport net_rps_action
from softnet.net.core.skbuff cimport kfree_skb
from softnet.structs.netdevice cimport Napi, NetDevice, SoftnetData
from softnet.structs.skbuff cimport SkBuff

cdef i64 RX_ACTION_JIFFIES

@cython.locals(sd=SoftnetData)
cpdef void napi_complete(Napi napi) except *
cpdef int napi_disable(Napi napi) except -1
cpdef int napi_enable(Napi napi) except -1
cpdef int netif_napi_add(NetDevice dev, Napi napi) except -1
@cython.locals(p=Napi, skb=SkBuff, following=SkBuff, dev=NetDevice)
cpdef int netif_napi_del(Napi napi) except -1


@cython.final
cdef class NetRxSoftirq(SoftirqAction):
    pass


@cython.locals(
    cpu=Cpu, sd=SoftnetData, clock=Clock, napi=Napi, budget=i64, time_limit=i64, weight=i64,
    work=i64
)
cpdef int net_rx_action() except -1
cdef int napi_used_up(SoftnetData sd, Napi napi) except -1
@cython.locals(armed=i64, scheduled=bint)
cdef int napi_assert(Napi napi) except -1
@cython.locals(napi=Napi)
cpdef i64 napi_check(NetDevice dev) except? -1
