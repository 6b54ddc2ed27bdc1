cimport cython
cimport softnet.uapi.poll as poll_
cimport softnet.uapi.socket as uapi
cimport softnet.uapi.sockios as sockios
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.fs.file cimport File, PollTable, poll_wait
from softnet.net.core.sock cimport sk_wmem_alloc_get
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.socket cimport ProtoOps, Sockaddr, SockaddrUn, Socket
from softnet.structs.unix_sock cimport UnixSock, unix_writable

cpdef UnixSock unix_sk(Socket sock)


cdef class UnixOps(ProtoOps):
    @cython.locals(sk=UnixSock, mask=i64)
    cpdef i64 poll(self, object file, Socket sock, object wait) except? -1


@cython.locals(total=i64, skb=SkBuff)
cpdef i64 unix_inq_len(UnixSock sk) except? -1
