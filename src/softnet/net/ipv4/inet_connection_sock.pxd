cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.fcntl as fcntl
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer, jiffies, timer_pending
from softnet.net.ipv4.inet_hashtables cimport InetHashinfo, inet_bind_bucket_create, inet_bind_hash
from softnet.structs.inet_connection_sock cimport InetBindBucket, InetConnectionSock, icsk_queue
from softnet.structs.flow cimport Flowi4
from softnet.structs.request_sock cimport InetRequestSock, RequestSock, TcpRequestSock
from softnet.structs.route cimport Rtable
from softnet.structs.sock cimport Sock
from softnet.kernel.sched cimport need_current, schedule_timeout
from softnet.kernel.wait cimport TaskWait, finish_wait, prepare_to_wait_exclusive, task_wait
from softnet.net.core.request_sock cimport (
    reqsk_free,
    reqsk_queue_alloc,
    reqsk_queue_destroy,
    reqsk_queue_get_child,
    reqsk_queue_hash_req,
    reqsk_queue_removed,
    reqsk_queue_unlink,
    reqsk_queue_yank_acceptq,
)
from softnet.net.core.secure_seq cimport jhash_3words
from softnet.net.core.sock cimport (
    bh_lock_sock,
    bh_unlock_sock,
    lock_sock,
    release_sock,
    sk_dst_reset,
    sk_reset_timer,
    sk_stop_timer,
    sock_hold,
    sock_orphan,
    sock_put,
    sock_rcvtimeo,
)
from softnet.net.core.sock_reuseport cimport reuseport_shares
from softnet.net.core.stream cimport sk_stream_kill_queues
from softnet.net.ipv4.route cimport ip_route_output_key

cdef i64 BIND_ATTEMPTS

cpdef i64 inet_csk_get_port(InetHashinfo hinfo, InetConnectionSock sk, i64 snum) except? -1
cpdef int inet_csk_own_port(InetConnectionSock sk, InetBindBucket tb, i64 port) except -1
cpdef bint inet_csk_quick(InetConnectionSock sk, InetBindBucket tb) except -1
cpdef tuple inet_csk_find_port(InetHashinfo hinfo, InetConnectionSock sk)
cpdef bint inet_csk_bind_conflict(InetConnectionSock sk, InetBindBucket tb) except -1
cpdef bint inet_same_device(i64 a, i64 b) except -1
cpdef bint inet_same_address(i64 a, i64 b) except -1
cpdef i64 inet_csk_listen_start(
    InetConnectionSock sk, i64 nr_table_entries, i64 max_syn_backlog
) except? -1
cpdef Sock inet_csk_accept(InetConnectionSock sk, i64 flags)
cpdef void inet_csk_wait_for_connect(InetConnectionSock sk, i64 timeo) except *
cpdef int inet_csk_listen_stop(InetConnectionSock sk) except -1
cpdef int inet_csk_destroy_sock(InetConnectionSock sk) except -1
cpdef i64 inet_synq_hash(i64 raddr, i64 rport, i64 rnd, i64 size) except? -1
@cython.locals(req=RequestSock, ireq=TcpRequestSock)
cpdef TcpRequestSock inet_csk_search_req(InetConnectionSock sk, i64 rport, i64 raddr, i64 laddr)
cpdef int inet_csk_reqsk_queue_hash_add(
    InetConnectionSock sk, TcpRequestSock req, i64 timeout
) except -1
cpdef int inet_csk_reqsk_queue_unlink(InetConnectionSock sk, InetRequestSock req) except -1
cpdef int inet_csk_reqsk_queue_removed(InetConnectionSock sk, InetRequestSock req) except -1
cpdef int inet_csk_reqsk_queue_drop(InetConnectionSock sk, InetRequestSock req) except -1
cpdef void inet_csk_reqsk_queue_prune(
    InetConnectionSock parent, i64 interval, i64 timeout, i64 max_rto, i64 synack_retries
) except *
cpdef void inet_csk_reqsk_due(
    InetConnectionSock parent, InetRequestSock req, i64 now, i64 timeout, i64 max_rto, i64 thresh, i64 max_retries
) except *
cpdef Rtable inet_csk_route_req(InetConnectionSock sk, InetRequestSock req)
cpdef int inet_csk_reset_xmit_timer(
    InetConnectionSock sk, i64 what, i64 when, i64 max_when
) except -1
cpdef int inet_csk_arm(InetConnectionSock sk, Timer timer, i64 due) except -1
cpdef int inet_csk_clear_xmit_timer(InetConnectionSock sk, i64 what) except -1
cpdef int inet_csk_clear_xmit_timers(InetConnectionSock sk) except -1
cpdef int inet_csk_reset_keepalive_timer(InetConnectionSock sk, i64 len) except -1
cpdef int inet_csk_delete_keepalive_timer(InetConnectionSock sk) except -1
