cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.fcntl as fcntl
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.socket as socket_
cimport softnet.uapi.sockios as sockios
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.sched cimport Task, need_current, schedule_timeout
from softnet.kernel.wait cimport (
    TaskWait, WaitQueueHead, finish_wait, prepare_to_wait, task_wait
)
from softnet.net.core.dev.rps cimport rps_record_sock_flow
from softnet.net.core.sock cimport (
    lock_sock, release_sock, sk_alloc, sk_common_release, sk_dst_reset, sock_error, sock_graft,
    sock_init_data, sock_intr_errno, sock_sndtimeo
)
from softnet.structs.inet_sock cimport InetSock
from softnet.structs.net_namespace cimport Net
from softnet.structs.protocol cimport InetProtosw
from softnet.structs.sock cimport Proto, Sock
from softnet.structs.socket cimport (
    MsgHdr, NetProtoFamily, ProtoOps, Sockaddr, SockaddrIn, Socket, sockaddr_in
)

cdef i64 PROTO_WILD, NO_OWN_BIND, TCPF_CONNECTING

@cython.final
cdef class InetFamily(NetProtoFamily):
    pass

@cython.locals(rows=list, answer=InetProtosw, sk=InetSock, err=i64)
cpdef i64 inet_create(Net net, Socket sock, i64 protocol, i64 kern) except? -1
@cython.locals(answer=InetProtosw)
cdef InetProtosw inet_protosw_find(list rows, i64 protocol)
@cython.locals(sk=Sock, isk=InetSock, timeout=i64)
cpdef i64 inet_release(Socket sock) except? -1
@cython.locals(sk=InetSock, prot=Proto, err=i64)
cpdef i64 inet_sendmsg(Socket sock, MsgHdr msg, i64 size) except? -1
@cython.locals(sk=Sock)
cpdef i64 inet_recvmsg(Socket sock, MsgHdr msg, i64 size, i64 flags) except? -1
@cython.locals(err=i64)
cpdef i64 inet_autobind(InetSock sk) except? -1
@cython.locals(sk=InetSock)
cpdef SockaddrIn inet_getname(Socket sock, i64 peer)

@cython.locals(sk=Sock, err=i64)
cpdef i64 inet_stream_connect(Socket sock, Sockaddr addr, i64 flags) except? -1
@cython.locals(isk=InetSock, err=i64, timeo=i64)
cpdef i64 inet_stream_connect_locked(Socket sock, Sock sk, Sockaddr addr, i64 flags) except? -1
@cython.locals(wq=WaitQueueHead, task=Task, wait=TaskWait)
cdef i64 inet_wait_for_connect(Sock sk, i64 timeo) except? -1
@cython.locals(sk=Sock, child=Sock)
cpdef i64 inet_accept(Socket sock, Socket newsock, i64 flags) except? -1

cdef class InetOps(ProtoOps):
    @cython.locals(sk=Sock)
    cpdef i64 poll(self, object file, Socket sock, object wait) except? -1

@cython.final
cdef class InetStreamOps(InetOps):
    pass

@cython.final
cdef class InetDgramOps(InetOps):
    pass

@cython.final
cdef class InetSockrawOps(InetOps):
    pass
