cimport cython
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport Task
from softnet.structs.skbuff cimport SkBuffHead
from softnet.structs.sock cimport new_skb_head
from softnet.structs.socket cimport MsgHdr

cdef class TcpUcopy


@cython.final
@cython.freelist(64)
cdef class TcpUcopy:
    cdef public Task task
    cdef public MsgHdr msg
    cdef public i64 len, memory
    cdef public SkBuffHead prequeue

@cython.locals(ucopy=TcpUcopy)
cpdef TcpUcopy new_tcp_ucopy(Task task, MsgHdr msg)
cpdef int init_tcp_ucopy(TcpUcopy ucopy, Task task, MsgHdr msg) except -1
