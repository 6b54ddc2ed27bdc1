cimport cython
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
from softnet.arch.types cimport i64, u8
from softnet.structs.dst cimport DstEntry
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.sock cimport Sock

cdef class SkbFrag
cdef class SkbSharedInfo
cdef class SkbDestructor
cdef class SkBuff
cdef class SkBuffHead


@cython.final
@cython.no_gc
cdef class SkbFrag:
    cdef public SkbFrag next
    cdef public bytes page
    cdef const u8 *ptr
    cdef public i64 off, size


# A queue that dies with its skbs takes them down link by link; trashcan keeps that off the C stack.
@cython.final
@cython.trashcan(True)
cdef class SkbSharedInfo:
    cdef public SkbSharedInfo next
    cdef readonly bytearray head
    cdef u8 *ptr
    cdef public SkbFrag frags, frags_tail
    cdef public SkBuff frag_list
    cdef public i64 end, dataref
    cdef public i64 nr_frags, gso_size, gso_segs, gso_type, tx_flags, hwtstamp


cdef class SkbDestructor:
    cpdef void destruct(self, SkBuff skb) except *


@cython.final
@cython.trashcan(True)
cdef class SkBuff:
    cdef public SkBuff next, prev
    cdef public Sock sk
    cdef public NetDevice dev
    cdef public DstEntry dst
    cdef public SkbSharedInfo shinfo
    cdef u8 *ptr
    cdef public SkbDestructor destructor
    cdef public SkBuff gro_last
    cdef public object nfct, nf_bridge, cb, ip_opt, site
    # Neighbours are zeroed and copied together, as vectors: see reset_meta(), copy_skb_header().
    cdef public i64 data, tail, len, data_len
    cdef public i64 users, truesize
    cdef public i64 mac_header, network_header, transport_header
    cdef public i64 mac_len, hdr_len
    cdef public i64 ip_summed, csum, csum_start, csum_offset
    cdef public i64 protocol, pkt_type, priority, mark
    cdef public i64 skb_iif, queue_mapping, rxhash, vlan_tci
    cdef public i64 tc_index, tc_verd, dropcount, tstamp
    cdef public i64 nfctinfo, seq, end_seq, ack_seq
    cdef public i64 when, tcp_flags, sacked, ip_flags
    cdef public i64 gro_offset, gro_flush, gro_count
    cdef public i64 pkt_id
    cdef public bint local_df, ooo_okay, l4_rxhash, gro_same_flow, gro_free, nohdr, peeked, cloned

    cpdef int reset_meta(self) except -1
    cpdef i64 headlen(self) except? -1
    cpdef i64 headroom(self) except? -1
    cpdef i64 tailroom(self) except? -1
    cpdef int reserve(self, i64 n) except -1
    cpdef i64 put(self, i64 n) except? -1
    cpdef i64 push(self, i64 n) except? -1
    cpdef i64 pull(self, i64 n) except? -1
    cpdef int reset_mac_header(self) except -1
    cpdef int reset_network_header(self) except -1
    cpdef int reset_transport_header(self) except -1
    cpdef bint shared(self) except -1
    cpdef i64 end_offset(self) except? -1
    cpdef bytes head_bytes(self)


cpdef str skb_panic(SkBuff skb, str what)


@cython.final
cdef class SkBuffHead:
    cdef public SkBuff first, last
    cdef public i64 qlen

    cdef int init(self) except -1
    cpdef int queue_tail(self, SkBuff skb) except -1
    cpdef int queue_head(self, SkBuff skb) except -1
    cpdef int queue_after(self, SkBuff prev, SkBuff skb) except -1
    cpdef int queue_before(self, SkBuff nxt, SkBuff skb) except -1
    cpdef SkBuff dequeue(self)
    cpdef SkBuff dequeue_tail(self)
    cpdef int unlink(self, SkBuff skb) except -1
    cpdef SkBuff peek(self)
    cpdef SkBuff peek_tail(self)
    cpdef int splice_tail_init(self, SkBuffHead other) except -1
