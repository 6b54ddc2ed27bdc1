cimport cython
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.structs.tcp cimport TcpSock

@cython.locals(limit=i64)
cpdef bint tcp_stream_memory_free(TcpSock tp) except -1
cpdef i64 tcp_set_notsent_lowat(TcpSock tp, i64 val) except? -1
cpdef i64 tcp_get_notsent_lowat(TcpSock tp) except? -1
cpdef bint has_notsent_lowat(TcpSock tp) except -1
