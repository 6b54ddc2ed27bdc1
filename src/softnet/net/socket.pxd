cimport cython
cimport softnet.arch.mem as mem
cimport softnet.uapi.fcntl as fcntl
cimport softnet.uapi.poll as poll
cimport softnet.uapi.socket as uapi
cimport softnet.uapi.sockios as sockios
from softnet.arch.types cimport i64
from softnet.fs.file cimport FdTable, File, FileOps, PollTable, new_file
from softnet.kernel.wait cimport wait_queue_head
from softnet.structs.net_namespace cimport Net
from softnet.structs.socket cimport (
    MsgHdr, NetProtoFamily, ProtoOps, Sockaddr, Socket, new_socket
)

cdef class SocketFileOps
cdef class MsgSlab


@cython.final
cdef class MsgSlab:
    cdef MsgHdr spare

cdef MsgSlab msg_slab

cpdef int sock_register(NetProtoFamily family) except -1

@cython.locals(pf=NetProtoFamily, err=i64)
cpdef Socket sock_create(Net net, i64 family, i64 type, i64 protocol, i64 kern=*)

cpdef Socket sock_alloc(i64 type)

@cython.locals(ops=ProtoOps)
cpdef int sock_release(Socket sock) except -1

cpdef File sock_alloc_file(Socket sock, i64 flags)

cpdef i64 sock_map_fd(Socket sock, FdTable files, i64 flags) except? -1

@cython.locals(sock=Socket)
cpdef Socket sock_from_file(File file)


@cython.locals(msg=MsgHdr)
cpdef MsgHdr make_msg(object iov, i64 size, i64 flags)

cpdef int free_msg(MsgHdr msg) except -1

@cython.locals(file=File, ops=ProtoOps)
cpdef i64 sock_sendmsg(Socket sock, MsgHdr msg, i64 size) except? -1

@cython.locals(file=File, ops=ProtoOps)
cpdef i64 sock_recvmsg(Socket sock, MsgHdr msg, i64 size, i64 flags) except? -1

cpdef i64 kernel_setsockopt(Socket sock, i64 level, i64 optname, bytes optval) except? -1

cpdef bytes kernel_getsockopt(Socket sock, i64 level, i64 optname, i64 optlen)

@cython.locals(ops=ProtoOps, newsock=Socket, err=i64)
cpdef tuple sock_accept(Socket sock, i64 flags)

cpdef object os_error(i64 err)

cdef class SocketFileOps(FileOps):
    cpdef bytes read(self, File file, i64 size)
    cpdef i64 write(self, File file, object data) except? -1
    cpdef i64 poll(self, File file, PollTable pt) except? -1
    cpdef object ioctl(self, File file, i64 cmd, object arg)
    cpdef void release(self, File file) except *

cdef SocketFileOps socket_file_ops
