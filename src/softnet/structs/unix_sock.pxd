cimport cython
cimport softnet.uapi.poll as poll
from softnet.arch.types cimport i64
from softnet.kernel.wait cimport WaitQueueEntry, WaitQueueHead, remove_wait_queue, wake_up
from softnet.structs.net_namespace cimport Net
from softnet.structs.sock cimport Proto, Sock

cdef class UnixHost
cdef class UnixNet
cdef class UnixSock(Sock)
cdef class PeerWake(WaitQueueEntry)


@cython.final
cdef class UnixHost:
    cdef public dict gc_inflight
    cdef public i64 tot_inflight
    cdef public bint gc_in_progress
    cdef public i64 ordernum, last_ino


@cython.final
cdef class UnixNet:
    cdef public UnixHost host
    cdef public i64 sysctl_max_dgram_qlen
    cdef public dict abstract, sockets


cdef class UnixSock(Sock):
    cdef public bytes addr
    cdef public object inode
    cdef public UnixSock peer
    cdef public WaitQueueHead peer_wait
    cdef public PeerWake peer_wake
    cdef public i64 inflight, recursion_level
    cdef public bint gc_candidate, gc_maybe_cycle

    @cython.locals(wq=WaitQueueHead)
    cpdef void sk_write_space(self) except *


@cython.final
cdef class PeerWake(WaitQueueEntry):
    cdef public UnixSock sk, peer


cpdef UnixNet unix_net(Net net)
cpdef bint unix_writable(UnixSock sk) except -1
cpdef bint unix_recvq_full(UnixSock sk) except -1
cpdef bint unix_may_send(UnixSock sk, UnixSock other) except -1
