from softnet.arch.types cimport i64
from softnet.structs.request_sock cimport InetRequestSock, ListenSock, RequestSock, RequestSockQueue
from softnet.structs.sock cimport Sock
cimport cython

cpdef int reqsk_queue_alloc(
    RequestSockQueue queue, i64 nr_table_entries, i64 max_syn_backlog, i64 hash_rnd
) except -1
@cython.locals(i=i64, req=RequestSock, nxt=RequestSock)
cpdef void reqsk_queue_destroy(RequestSockQueue queue) except *
cpdef int reqsk_free(RequestSock req) except -1
cpdef bint reqsk_queue_is_full(RequestSockQueue queue) except -1
cpdef i64 reqsk_queue_len(RequestSockQueue queue) except? -1
cpdef i64 reqsk_queue_len_young(RequestSockQueue queue) except? -1
cpdef i64 reqsk_queue_hash_req(
    RequestSockQueue queue, i64 slot, InetRequestSock req, i64 expires
) except? -1
cpdef int reqsk_queue_unlink(
    RequestSockQueue queue, InetRequestSock req, RequestSock prev
) except -1
cpdef i64 reqsk_queue_removed(RequestSockQueue queue, RequestSock req) except? -1
cpdef int reqsk_queue_add(
    RequestSockQueue queue, RequestSock req, Sock parent, Sock child
) except -1
cpdef Sock reqsk_queue_get_child(RequestSockQueue queue, Sock parent)
cpdef RequestSock reqsk_queue_yank_acceptq(RequestSockQueue queue)
