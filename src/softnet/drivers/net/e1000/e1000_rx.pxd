cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.e1000 as regs
from softnet.arch.types cimport i64
from softnet.drivers.net.e1000.e1000 cimport E1000Adapter, E1000RxRing
from softnet.machine.memory cimport RxSlab
from softnet.net.core.dev.gro cimport napi_gro_receive
from softnet.net.core.skbuff cimport build_skb, netdev_alloc_skb_ip_align
from softnet.net.ethernet.eth cimport eth_type_trans
from softnet.structs.skbuff cimport SkBuff

cdef i64 E1000_RX_BUFFER_WRITE, STATUS_SHIFT, ERRORS_SHIFT, LENGTH_MASK


@cython.locals(rx=E1000RxRing, slab=RxSlab, i=i64, work=i64, cleaned=i64, size=i64, o=i64,
               desc=i64, status=i64, length=i64, errors=i64, skb=SkBuff)
cpdef i64 e1000_clean_rx_irq(E1000Adapter adapter, i64 budget) except? -1
@cython.locals(rx=E1000RxRing, pkt_id=i64, buf=bytearray, skb=SkBuff)
cdef SkBuff e1000_receive(
    E1000Adapter adapter, RxSlab slab, i64 i, i64 length, i64 status, i64 errors
)
cdef int e1000_rx_checksum(E1000Adapter adapter, SkBuff skb, i64 status, i64 errors) except -1
@cython.locals(rx=E1000RxRing, slab=RxSlab, i=i64, addr=i64)
cpdef void e1000_alloc_rx_buffers(E1000Adapter adapter, i64 count) except *
@cython.locals(rx=E1000RxRing, slab=RxSlab, i=i64, o=i64)
cpdef void e1000_clean_rx_ring(E1000Adapter adapter) except *
