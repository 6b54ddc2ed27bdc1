cimport softnet.arch.const as const
cimport softnet.uapi.errqueue as errqueue
cimport softnet.uapi.socket as uapi
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport this_cpu
from softnet.net.core.skbuff cimport kfree_skb, skb_clone
from softnet.net.core.sock_life cimport (
    lock_sock, release_sock, sk_dst_reset, sock_disable_timestamp, sock_enable_timestamp,
    sock_error
)
from softnet.net.core.sock_mem cimport sock_queue_err_skb
from softnet.structs.errqueue cimport SockExterr
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.sock cimport Sock
from softnet.structs.socket cimport MsgHdr, Socket

cdef i64 FLAGS_TS_OR_DROPS


cdef class FilterOps:
    cpdef i64 attach(self, Sock sk, bytes optval) except? -1


cpdef int register_filter_ops(FilterOps ops) except -1
cpdef i64 sock_setsockopt(Socket sock, i64 optname, bytes optval) except? -1
cpdef bytes sock_getsockopt(Socket sock, i64 optname, i64 optlen)
cpdef int sock_recv_ts_and_drops(MsgHdr msg, Sock sk, SkBuff skb) except -1
cpdef int sock_recv_timestamp(MsgHdr msg, Sock sk, SkBuff skb) except -1
cpdef bytes sock_get_timestamp(Sock sk)
cpdef bytes sock_get_timestampns(Sock sk)
cpdef i64 sock_tx_timestamp(Sock sk) except? -1
cpdef int skb_tx_timestamp(SkBuff skb) except -1
cpdef void skb_tstamp_tx(SkBuff orig_skb, i64 hwtstamp) except *
