cimport cython
from softnet.arch.types cimport i64
from softnet.fs.file cimport File
from softnet.kernel.wait cimport WaitQueueHead
from softnet.structs.net_namespace cimport Net
from softnet.structs.sock cimport Sock

cdef class Sockaddr
cdef class SockaddrIn
cdef class SockaddrUn
cdef class MsgHdr
cdef class ProtoOps
cdef class Socket
cdef class NetProtoFamily


cdef class Sockaddr:
    cdef public i64 family

    cpdef bytes pack(self)


@cython.final
cdef class SockaddrIn(Sockaddr):
    cdef public i64 sin_addr, sin_port


@cython.final
cdef class SockaddrUn(Sockaddr):
    cdef public bytes path


# One a system call: what it holds cannot lead back to it, so the collector need not know it.
@cython.final
@cython.no_gc
@cython.freelist(8)
cdef class MsgHdr:
    cdef public Sockaddr name
    cdef public object iov
    cdef public i64 off, size
    cdef public list control
    cdef public i64 controllen, flags
    cdef public bint want_name, fresh


cdef class ProtoOps:
    cdef public i64 family

    cpdef i64 release(self, Socket sock) except? -1
    cpdef i64 bind(self, Socket sock, Sockaddr addr) except? -1
    cpdef i64 connect(self, Socket sock, Sockaddr addr, i64 flags) except? -1
    cpdef i64 socketpair(self, Socket sock, Socket other) except? -1
    cpdef i64 accept(self, Socket sock, Socket newsock, i64 flags) except? -1
    cpdef Sockaddr getname(self, Socket sock, i64 peer)
    cpdef i64 poll(self, object file, Socket sock, object wait) except? -1
    cpdef object ioctl(self, Socket sock, i64 cmd, object arg)
    cpdef i64 listen(self, Socket sock, i64 backlog) except? -1
    cpdef i64 shutdown(self, Socket sock, i64 how) except? -1
    cpdef i64 setsockopt(self, Socket sock, i64 level, i64 optname, bytes optval) except? -1
    cpdef bytes getsockopt(self, Socket sock, i64 level, i64 optname, i64 optlen)
    cpdef i64 sendmsg(self, Socket sock, MsgHdr msg, i64 size) except? -1
    cpdef i64 recvmsg(self, Socket sock, MsgHdr msg, i64 size, i64 flags) except? -1


@cython.locals(addr=SockaddrIn)
cpdef SockaddrIn sockaddr_in(i64 sin_addr, i64 sin_port)
cdef int init_sockaddr_in(SockaddrIn addr, i64 sin_addr, i64 sin_port) except -1
@cython.locals(sock=Socket)
cpdef Socket new_socket(i64 type, WaitQueueHead wq)
cdef int init_socket(Socket sock, i64 type, WaitQueueHead wq) except -1


@cython.final
@cython.freelist(64)
cdef class Socket:
    cdef public i64 state, type, flags
    cdef public WaitQueueHead wq
    cdef public File file
    cdef public Sock sk
    cdef public ProtoOps ops


cdef class NetProtoFamily:
    cdef public i64 family

    cpdef i64 create(self, Net net, Socket sock, i64 protocol, i64 kern) except? -1
