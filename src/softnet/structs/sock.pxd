cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.poll as poll
from softnet.arch.types cimport i64
from softnet.kernel.lock cimport SpinLock
from softnet.kernel.timer cimport Timer
from softnet.kernel.wait cimport WaitQueueHead, wake_up
from softnet.structs.dst cimport DstEntry
from softnet.structs.net_namespace cimport Net
from softnet.structs.skbuff cimport SkBuff, SkBuffHead
from softnet.structs.socket cimport MsgHdr, Sockaddr, Socket

cdef SpinLock SLOCK

cdef class SkFilter
cdef class ProtoMem
cdef class Proto
cdef class Sock


cdef class SkFilter:
    cpdef i64 run(self, SkBuff skb) except? -1


@cython.final
cdef class ProtoMem:
    cdef public i64 allocated, sockets_allocated, orphan_count
    cdef public bint pressure


cdef class Proto:
    cdef public str name
    cdef public i64 max_header
    cdef public bint no_autobind

    cpdef Sock alloc(self, Net net, i64 family)
    cpdef i64 init(self, Sock sk) except? -1
    cpdef void destroy(self, Sock sk) except *
    cpdef void close(self, Sock sk, i64 timeout) except *
    cpdef i64 connect(self, Sock sk, Sockaddr addr) except? -1
    cpdef i64 disconnect(self, Sock sk, i64 flags) except? -1
    cpdef Sock accept(self, Sock sk, i64 flags)
    cpdef object ioctl(self, Sock sk, i64 cmd, object arg)
    cpdef void shutdown(self, Sock sk, i64 how) except *
    cpdef i64 setsockopt(self, Sock sk, i64 level, i64 optname, bytes optval) except? -1
    cpdef bytes getsockopt(self, Sock sk, i64 level, i64 optname, i64 optlen)
    cpdef i64 sendmsg(self, Sock sk, MsgHdr msg, i64 size) except? -1
    cpdef i64 recvmsg(self, Sock sk, MsgHdr msg, i64 size, i64 flags) except? -1
    cpdef i64 bind(self, Sock sk, Sockaddr addr) except? -1
    cpdef i64 backlog_rcv(self, Sock sk, SkBuff skb) except? -1
    cpdef void hash(self, Sock sk) except *
    cpdef void unhash(self, Sock sk) except *
    cpdef i64 sync_mss(self, Sock sk, i64 pmtu) except? -1
    cpdef void rehash(self, Sock sk) except *
    cpdef i64 get_port(self, Sock sk, i64 snum) except? -1
    cpdef void set_keepalive(self, Sock sk, bint on) except *
    cpdef void set_pacing(self, Sock sk) except *
    cpdef i64 listen_start(self, Sock sk, i64 backlog) except? -1
    cpdef i64 poll(self, object file, Socket sock, object wait) except? -1
    cpdef void release_cb(self, Sock sk) except *
    cpdef bint stream_memory_free(self, Sock sk) except -1
    cpdef void enter_memory_pressure(self, Sock sk) except *
    cpdef list memory_limits(self, Sock sk)
    cpdef i64 rmem_min(self, Sock sk) except? -1
    cpdef i64 wmem_min(self, Sock sk) except? -1


cdef class Sock:
    cdef public i64 sk_family, sk_state, sk_reuse, sk_reuseport, sk_bound_dev_if
    cdef public Proto sk_prot
    cdef public Net sk_net
    cdef public i64 sk_shutdown, sk_no_check, sk_userlocks, sk_protocol, sk_type
    cdef public i64 sk_refcnt, sk_hash
    cdef public Sock sk_next, sk_pprev, sk_bind_next, sk_bind_prev
    cdef public SpinLock slock
    cdef public bint owned
    cdef public WaitQueueHead lock_wq
    cdef public SkBuff backlog_first, backlog_last
    cdef public i64 backlog_len
    cdef public WaitQueueHead sk_wq
    cdef public DstEntry sk_dst_cache
    cdef public i64 sk_rmem_alloc, sk_wmem_alloc, sk_omem_alloc, sk_rcvbuf, sk_sndbuf
    cdef public SkBuffHead sk_receive_queue, sk_write_queue, sk_error_queue
    cdef public i64 sk_wmem_queued, sk_forward_alloc, sk_route_caps, sk_route_nocaps
    cdef public i64 sk_gso_type, sk_gso_max_size, sk_rcvlowat, sk_flags, sk_lingertime
    cdef public i64 sk_err, sk_err_soft, sk_drops, sk_ack_backlog, sk_max_ack_backlog
    cdef public i64 sk_priority, sk_peer_pid, sk_peer_uid, sk_peer_gid, sk_uid
    cdef public i64 sk_rcvtimeo, sk_sndtimeo
    cdef public SkFilter sk_filter
    cdef public ProtoMem sk_mem
    cdef public i64 sk_tx_queue_mapping, recv_error
    cdef public bint recv_peeked
    cdef public Timer sk_timer
    cdef public i64 sk_stamp
    cdef public Socket sk_socket
    cdef public SkBuff sk_send_head
    cdef public i64 sk_write_pending, sk_mark, sk_rxhash, sk_tx_flags
    cdef public object sk_user_data
    cdef public i64 sk_ino
    cdef public bint sk_deferred
    cdef public i64 sk_pacing_status, sk_pacing_rate, sk_max_pacing_rate

    cpdef bint flag(self, i64 bit) except -1
    cpdef void set_flag(self, i64 bit) except *
    cpdef void reset_flag(self, i64 bit) except *
    cpdef void sk_state_change(self) except *
    cpdef void sk_data_ready(self, i64 len) except *
    cpdef void sk_write_space(self) except *
    cpdef void sk_error_report(self) except *
    cpdef void sk_destruct(self) except *

@cython.locals(head=SkBuffHead)
cpdef SkBuffHead new_skb_head()
cpdef int init_sock(Sock sk, Proto prot, Net net, i64 family) except -1
cpdef bint sock_flag(Sock sk, i64 bit) except -1
cpdef int sock_set_flag(Sock sk, i64 bit) except -1
cpdef int sock_reset_flag(Sock sk, i64 bit) except -1
