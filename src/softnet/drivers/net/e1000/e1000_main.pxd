cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.e1000 as regs
cimport softnet.uapi.if_ as if_
from softnet.arch.types cimport i64
from softnet.drivers.net.e1000.e1000 cimport E1000_DOWN, E1000_RESETTING, E1000Adapter
from softnet.drivers.net.e1000.e1000_itr cimport e1000_set_itr
from softnet.drivers.net.e1000.e1000_rx cimport (
    e1000_alloc_rx_buffers, e1000_clean_rx_irq, e1000_clean_rx_ring
)
from softnet.drivers.net.e1000.e1000_tx cimport (
    e1000_clean_tx_irq, e1000_clean_tx_ring, e1000_xmit_frame
)
from softnet.machine.bus cimport Mmio, PciDevice, PciDriver
from softnet.machine.irq cimport IrqAction, IrqController
from softnet.machine.machine cimport Machine
from softnet.machine.nic.packet_ids cimport PacketIds
from softnet.net.core.dev.napi cimport napi_complete, napi_disable, napi_enable
from softnet.net.core.dev.poll_list cimport napi_schedule_claimed, napi_schedule_prep
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdev_stats cimport NetDeviceStats
from softnet.structs.netdevice cimport Napi
from softnet.structs.skbuff cimport SkBuff

cdef class E1000Device


@cython.final
cdef class E1000Intr(IrqAction):
    cdef public E1000Device adapter


@cython.locals(icr=i64)
cpdef i64 e1000_intr(E1000Device adapter) except? -1

cdef void link_interrupt(E1000Device adapter) except *
cdef void watch_buffers(E1000Device adapter) except *


cdef class E1000Napi(Napi):
    cdef public E1000Device adapter

    @cython.locals(adapter=E1000Device, sent_all=bint, work=i64)
    cpdef i64 poll(self, i64 budget) except? -1


cpdef int e1000_irq_enable(E1000Adapter adapter) except -1
cpdef int e1000_irq_disable(E1000Adapter adapter) except -1


@cython.final
cdef class E1000Device(E1000Adapter):
    cdef public object watchdog, reset_task
    cdef public E1000Intr irq_action


cdef class E1000Driver(PciDriver):
    cdef public Machine machine
    cdef public Net net
