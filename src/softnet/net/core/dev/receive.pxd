cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.if_packet as if_packet
cimport softnet.uapi.if_vlan as if_vlan
cimport softnet.uapi.pkt_sched as pkt_sched
from softnet.arch.types cimport i64
from softnet.kernel.lock cimport HeldLock, lockdep
from softnet.kernel.softirq cimport do_softirq
from softnet.machine.cpu cimport Cpu, preempt_disable, preempt_enable, this_cpu
from softnet.net.core.dev.poll_list cimport napi_schedule_on, poll_list_del
from softnet.net.core.dev.rps cimport get_rps_cpu, net_rps_action, rps_ipi_queue
from softnet.net.core.dev.taps cimport deliver_skb, net_ptype_first, ptype_first
from softnet.net.core.skbuff cimport (
    consume_skb, kfree_skb, pskb_may_pull, skb_cow, skb_share_check
)
from softnet.structs.net_namespace cimport Net, NetnsCore
from softnet.structs.netdevice cimport (
    Napi, NetDevice, NetdevQueue, PacketType, RxHandler, SoftnetData
)
from softnet.structs.rps cimport RpsDevFlowTable
from softnet.structs.sch_generic cimport Qdisc
from softnet.structs.skbuff cimport SkBuff, SkBuffHead

cdef i64 EBUSY


cdef class VlanOps:
    cpdef bint vlan_do_receive(self, SkBuff skb) except -1


@cython.final
cdef class ReceiveState:
    cdef public VlanOps vlan


cdef ReceiveState state

cpdef int register_vlan_ops(VlanOps ops) except -1
@cython.locals(here=SoftnetData, core=NetnsCore, there=Cpu, target=i64)
cpdef i64 netif_rx(SkBuff skb) except? -1
@cython.locals(rc=i64)
cpdef i64 netif_rx_ni(SkBuff skb) except? -1
@cython.locals(backlog=Napi, q=SkBuffHead, qlen=i64)
cpdef i64 enqueue_to_backlog(SkBuff skb, SoftnetData sd, SoftnetData here) except? -1
@cython.locals(table=RpsDevFlowTable)
cdef int note_rps_flow(SoftnetData sd, SoftnetData here) except -1


@cython.final
cdef class Backlog(Napi):
    pass


@cython.locals(sd=SoftnetData, work=i64)
cpdef i64 process_backlog(Napi napi, i64 quota) except? -1
@cython.locals(work=i64, qlen=i64, pq=SkBuffHead, iq=SkBuffHead, skb=SkBuff)
cdef i64 drain_backlog(Napi napi, SoftnetData sd, i64 quota) except? -1
@cython.locals(sd=SoftnetData, core=NetnsCore, there=Cpu, target=i64)
cpdef i64 netif_receive_skb(SkBuff skb) except? -1
@cython.locals(
    sd=SoftnetData, core=NetnsCore, orig_dev=NetDevice, dev=NetDevice, handler=RxHandler,
    verdict=i64, exact=bint, untagged=SkBuff
)
cpdef i64 receive_skb(SkBuff skb) except? -1
@cython.locals(held=HeldLock)
cdef int assert_no_socket_locked() except -1
@cython.locals(pt=PacketType)
cdef int deliver_list(SkBuff skb, PacketType first, NetDevice orig_dev) except -1
@cython.locals(pt=PacketType, pt_prev=PacketType, type=i64)
cdef i64 deliver_protocol(
    SkBuff skb, NetDevice dev, NetDevice orig_dev, bint exact
) except? -1
cpdef SkBuff vlan_untag(SkBuff skb)
@cython.locals(rxq=NetdevQueue, q=Qdisc, verdict=i64)
cdef bint ing_filter(SkBuff skb, NetDevice dev) except -1
cpdef i64 netdev_rx_handler_register(NetDevice dev, RxHandler handler, object data) except? -1
cpdef int netdev_rx_handler_unregister(NetDevice dev) except -1
cpdef int net_enable_timestamp(Net net) except -1
cpdef int net_disable_timestamp(Net net) except -1
@cython.locals(cpu=Cpu, sd=SoftnetData)
cpdef int flush_backlog(NetDevice dev) except -1
cdef int flush_queue(SoftnetData sd, SkBuffHead q, NetDevice dev) except -1
