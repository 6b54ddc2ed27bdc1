cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport Task, current, might_sleep, schedule
from softnet.kernel.timer cimport Timer, del_timer, mod_timer
from softnet.kernel.wait cimport (
    TaskWait, WaitQueueHead, finish_wait, prepare_to_wait_exclusive, task_wait, wake_up
)
from softnet.net.core.skbuff cimport kfree_skb, skb_queue_purge
from softnet.structs.dst cimport DstEntry
from softnet.structs.net_namespace cimport Net, NetnsCore
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff, SkBuffHead
from softnet.structs.sock cimport Proto, ProtoMem, Sock
from softnet.structs.socket cimport Socket
cdef dict protos
cdef i64 ENOBUFS

cpdef int proto_register(Proto prot) except -1
cpdef list proto_list()
cpdef ProtoMem proto_mem(Net net, Proto prot)
cpdef int sock_prot_inuse_add(Net net, Proto prot, i64 val) except -1
cpdef i64 sock_prot_inuse_get(Net net, Proto prot) except? -1
cpdef Sock sk_alloc(Net net, i64 family, Proto prot)
cpdef int sock_init_data(Socket sock, Sock sk) except -1
cpdef int sock_hold(Sock sk) except -1
cpdef int sock_put(Sock sk) except -1
cpdef int sock_put_unref(Sock sk) except -1
cpdef int sk_free(Sock sk) except -1
cpdef int sk_free_last(Sock sk) except -1
cpdef int sk_common_release(Sock sk) except -1
cpdef int sock_orphan(Sock sk) except -1
cpdef int sock_graft(Sock sk, Socket parent) except -1
cpdef SkBuffHead sk_error_queue(Sock sk)
cpdef int sock_purge_queues(Sock sk) except -1
cpdef int lock_sock(Sock sk) except -1
@cython.locals(task=Task, wq=WaitQueueHead, e=TaskWait)
cpdef int lock_sock_wait(Sock sk) except -1
cpdef int release_sock(Sock sk) except -1
@cython.locals(task=Task)
cdef bint dying() except -1
cdef int release_backlog(Sock sk) except -1
cpdef bint lock_sock_fast(Sock sk) except -1
cpdef int unlock_sock_fast(Sock sk, bint slow) except -1
cpdef int bh_lock_sock(Sock sk) except -1
cpdef int bh_lock_sock_nested(Sock sk) except -1
cpdef int bh_unlock_sock(Sock sk) except -1
cpdef bint sock_owned_by_user(Sock sk) except -1
cpdef bint sk_rcvqueues_full(Sock sk) except -1
cpdef i64 sk_add_backlog(Sock sk, SkBuff skb) except? -1
cpdef i64 sk_backlog_rcv(Sock sk, SkBuff skb) except? -1
cpdef i64 sk_receive_skb(Sock sk, SkBuff skb) except? -1
cpdef int sk_reset_timer(Sock sk, Timer timer, i64 expires) except -1
cpdef int sk_stop_timer(Sock sk, Timer timer) except -1
cpdef int sk_dst_set(Sock sk, DstEntry dst) except -1
cpdef int sk_dst_reset(Sock sk) except -1
cpdef DstEntry sk_dst_check(Sock sk, i64 cookie)
cpdef int sk_setup_caps(Sock sk, DstEntry dst) except -1
cpdef bint sk_can_gso(Sock sk) except -1
cpdef int sk_nocaps_add(Sock sk, i64 flags) except -1
cdef Net host_net(Sock sk)
cpdef i64 sock_error(Sock sk) except? -1
cpdef i64 sock_intr_errno(i64 timeo) except? -1
cpdef i64 sock_rcvtimeo(Sock sk, bint noblock) except? -1
cpdef i64 sock_sndtimeo(Sock sk, bint noblock) except? -1
cpdef i64 sock_rcvlowat(Sock sk, bint waitall, i64 length) except? -1
cpdef int sock_set_bit(Sock sk, i64 bit) except -1
cpdef int sock_clear_bit(Sock sk, i64 bit) except -1
cpdef int sock_enable_timestamp(Sock sk, i64 flag) except -1
cpdef int sock_disable_timestamp(Sock sk, i64 flag) except -1
cpdef bint sock_wants_stamps(Sock sk) except -1
