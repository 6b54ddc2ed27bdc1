cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSackBlock, TcpSock
from softnet.structs.tcp_rate cimport TcpRate
from softnet.net.core.skbuff cimport skb_shift
from softnet.net.ipv4.tcp_cong cimport tcp_can_gso
from softnet.net.ipv4.tcp_delivery cimport tcp_skb_delivered
from softnet.net.ipv4.tcp_segment cimport (
    sk_wmem_free_skb,
    tcp_advance_highest_sack,
    tcp_fragment,
    tcp_highest_sack_reset,
    tcp_highest_sack_seq,
    tcp_unlink_write_queue,
    tcp_verify_left_out,
)

cdef i64 MERGED_SEGS_MAX, CUT_FAILED

cdef class TcpSacktagState


@cython.final
cdef class TcpSacktagState:
    cdef public i64 reord, fack_count, flag

cpdef i64 tcp_sacktag_write_queue(TcpSock tp, SkBuff ack_skb, i64 prior_snd_una) except? -1
cpdef list tcp_sack_blocks(SkBuff skb)
cpdef bint tcp_check_dsack(TcpSock tp, SkBuff ack_skb, list wire, i64 prior_snd_una) except -1
cpdef list tcp_sack_usable(
    TcpSock tp, SkBuff ack_skb, list wire, TcpSackBlock dup, i64 prior_snd_una
)
cpdef bint tcp_is_sackblock_valid(TcpSock tp, bint is_dsack, i64 start_seq, i64 end_seq) except -1
cpdef int tcp_sacktag_blocks(
    TcpSock tp, TcpSacktagState state, list blocks, TcpSackBlock dup
) except -1
cpdef SkBuff tcp_sacktag_skip(TcpSock tp, SkBuff skb, TcpSacktagState state, i64 skip_to_seq)
cpdef SkBuff tcp_maybe_skipping_dsack(
    TcpSock tp, SkBuff skb, TcpSackBlock next_dup, TcpSacktagState state, i64 skip_to_seq
)
cpdef SkBuff tcp_sacktag_walk(
    TcpSock tp, SkBuff skb, TcpSackBlock next_dup, TcpSacktagState state, i64 start_seq, i64 end_seq, bint dup_sack_in
)
cpdef i64 tcp_match_skb_to_sack(TcpSock tp, SkBuff skb, i64 start_seq, i64 end_seq) except? -1
cpdef i64 tcp_sacktag_one(
    TcpSock tp, TcpSacktagState state, i64 sacked, i64 start_seq, i64 end_seq, bint dup_sack, i64 pcount
) except? -1
cpdef i64 tcp_skb_seglen(SkBuff skb) except? -1
cpdef SkBuff tcp_shift_skb_data(
    TcpSock tp, SkBuff skb, TcpSacktagState state, i64 start_seq, i64 end_seq, bint dup_sack
)
cpdef SkBuff tcp_shift_target(TcpSock tp, SkBuff skb, bint dup_sack)
cpdef bint skb_can_shift(SkBuff skb) except -1
cpdef i64 tcp_shift_next(TcpSock tp, SkBuff prev, TcpSacktagState state, i64 mss) except? -1
cpdef bint tcp_shifted_skb(
    TcpSock tp, SkBuff skb, SkBuff prev, TcpSacktagState state, i64 pcount, i64 shifted, i64 mss, bint dup_sack
) except -1
cpdef void tcp_update_reordering(TcpSock tp, i64 metric, bint ts) except *
cpdef void tcp_mark_lost_retrans(TcpSock tp) except *
cpdef int tcp_verify_retransmit_hint(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_skb_mark_lost(TcpSock tp, SkBuff skb) except -1
cpdef int tcp_skb_mark_lost_uncond_verify(TcpSock tp, SkBuff skb) except -1
cpdef bint tcp_is_news(TcpSock tp, SkBuff skb, i64 end_seq) except -1
@cython.locals(rate=TcpRate)
cpdef int tcp_count_lost(TcpSock tp, SkBuff skb) except -1
