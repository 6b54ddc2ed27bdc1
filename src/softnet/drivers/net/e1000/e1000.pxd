cimport cython
cimport softnet.arch.mem as mem
cimport softnet.uapi.e1000 as regs
from softnet.arch.types cimport i64, u8
from softnet.machine.bus cimport Mmio, PciDevice
from softnet.machine.memory cimport Memory, RxSlab
from softnet.machine.nic.packet_ids cimport PacketIds
from softnet.structs.netdevice cimport Napi, NetDevice
from softnet.structs.skbuff cimport SkBuff

cdef bytearray NO_RING
cdef object NO_ARRAY
cdef i64 NOTHING_TO_WATCH, E1000_RESETTING, E1000_DOWN


@cython.final
cdef class E1000TxRing:
    cdef public i64 count, dma
    cdef public bytearray buf
    cdef u8 *ptr
    cdef public i64 next_to_use, next_to_clean
    cdef public list skbs
    cdef public object addrs_own
    cdef i64 *addrs
    cdef public object watch_own
    cdef i64 *watch

    cpdef void forget(self) except *
    @cython.locals(i=i64)
    cpdef void back(self, Memory memory) except *
    cpdef void keep(self, i64 i, SkBuff skb) except *
    @cython.locals(n=i64)
    cpdef i64 unused(self) except? -1
    cpdef i64 after(self, i64 i) except? -1


@cython.final
cdef class E1000RxRing:
    cdef public i64 count, dma
    cdef public bytearray buf
    cdef u8 *ptr
    cdef public i64 next_to_use, next_to_clean
    cdef public RxSlab slab
    cdef public bint discarding

    cpdef void forget(self) except *
    cpdef void back(self, Memory memory) except *
    @cython.locals(n=i64)
    cpdef i64 unused(self) except? -1
    cpdef i64 after(self, i64 i) except? -1


cdef class E1000Adapter(NetDevice):
    cdef public PciDevice pdev
    cdef public Mmio io
    cdef public object hw
    cdef public Memory memory
    cdef public PacketIds ids
    cdef public object params
    cdef public Napi napi
    cdef public E1000TxRing tx_ring
    cdef public E1000RxRing rx_ring
    cdef public i64 adapter_flags, txd_cmd, rx_buffer_len
    cdef public bint rx_csum
    cdef public i64 copybreak, link_speed, itr, itr_setting, tx_itr, rx_itr
    cdef public i64 total_tx_bytes, total_tx_packets, total_rx_bytes, total_rx_packets
    cdef public i64 hw_csum_good, hw_csum_err, alloc_rx_buff_failed, restart_queue
    cdef public i64 tx_timeout_count
    cdef public dict hw_stats

    cpdef i64 resize_rings(self, i64 tx_count, i64 rx_count) except? -1
