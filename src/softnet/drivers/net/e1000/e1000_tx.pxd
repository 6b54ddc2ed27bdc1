cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.e1000 as regs
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.in_ as in_
from softnet.arch.types cimport i64, u8
from softnet.drivers.net.e1000.e1000 cimport (
    E1000_DOWN, NOTHING_TO_WATCH, E1000Adapter, E1000TxRing
)
from softnet.kernel.timer cimport jiffies
from softnet.machine.memory cimport Memory
from softnet.net.core.dev.queue cimport netif_start_queue, netif_stop_queue, netif_wake_queue
from softnet.net.core.dev.xmit cimport dev_kfree_skb_any
from softnet.net.core.skbuff cimport (
    kfree_skb, pskb_expand_head, pskb_may_pull, skb_checksum_help, skb_header_cloned
)
from softnet.structs.skbuff cimport SkbFrag, SkbSharedInfo, SkBuff

cdef i64 E1000_MAX_TXD_PWR, E1000_MAX_DATA_PER_TXD, TX_WAKE_THRESHOLD, SPARE, BYTE_MAX
cdef i64 IP_CHECK, IP_SADDR, IP_DADDR, TCP_CHECK


@cython.locals(tx=E1000TxRing, sh=SkbSharedInfo, gso=bint, partial=bint, count=i64, first=i64,
               lower=i64, upper=i64, data=i64, last=i64)
cpdef i64 e1000_xmit_frame(SkBuff skb, E1000Adapter adapter) except? -1
@cython.locals(count=i64, f=SkbFrag)
cdef i64 frag_descriptors(SkBuff skb) except? -1
cdef bint e1000_maybe_stop_tx(E1000Adapter adapter, i64 size) except -1
@cython.locals(i=i64, o=i64)
cdef int context(
    E1000TxRing tx, i64 ip_config, i64 tcp_config, i64 cmd_and_length, i64 seg_setup
) except -1
@cython.locals(error=i64, nh=i64, th=i64, ptr='u8 *', hdr_len=i64, saddr=i64, daddr=i64,
               pseudo=i64, ipcss=i64, tucss=i64)
cdef i64 e1000_tso(E1000Adapter adapter, SkBuff skb) except? -1
@cython.locals(start=i64, at=i64, cmd=i64)
cdef bint e1000_tx_csum(E1000Adapter adapter, SkBuff skb) except -1
cdef bint is_tcp(SkBuff skb) except -1
@cython.locals(tx=E1000TxRing, memory=Memory, first=i64, last=i64, head=bytearray, off=i64,
               left=i64, n=i64, addr=i64, f=SkbFrag, page=bytes)
cdef i64 e1000_tx_map(E1000Adapter adapter, SkBuff skb, i64 i, i64 lower, i64 upper) except? -2
@cython.locals(o=i64)
cdef int describe(E1000TxRing tx, i64 i, i64 addr, i64 lower, i64 upper) except -1
@cython.locals(tx=E1000TxRing, i=i64)
cdef i64 unmap_back(E1000Adapter adapter, i64 first, i64 last) except? -2
@cython.locals(tx=E1000TxRing, o=i64)
cdef int e1000_tx_queue(E1000Adapter adapter, i64 last) except -1
@cython.locals(tx=E1000TxRing, i=i64, count=i64, packets=i64, size=i64, last=i64, done=i64,
               skb=SkBuff, segs=i64)
cpdef bint e1000_clean_tx_irq(E1000Adapter adapter) except -1
@cython.locals(tx=E1000TxRing, skb=SkBuff, count=i64, i=i64)
cdef i64 e1000_free_packet(E1000Adapter adapter, i64 first, i64 last) except? -1
@cython.locals(tx=E1000TxRing, i=i64, last=i64)
cpdef void e1000_clean_tx_ring(E1000Adapter adapter) except *
