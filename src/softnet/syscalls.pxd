cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.fcntl as fcntl
cimport softnet.uapi.socket as uapi
from softnet.arch.types cimport i64
from softnet.fs.file cimport FdTable, File, get_file
from softnet.kernel.sched cimport Task, current
from softnet.net.socket cimport (
    free_msg,
    kernel_getsockopt, kernel_setsockopt, make_msg, sock_accept, sock_create, sock_from_file,
    sock_map_fd, sock_recvmsg, sock_release, sock_sendmsg,
)
from softnet.structs.net_namespace cimport Net
from softnet.structs.socket cimport MsgHdr, ProtoOps, Sockaddr, Socket


cpdef i64 sys_socket(i64 family, i64 type, i64 protocol=*) except? -1

cpdef tuple sys_socketpair(i64 family, i64 type, i64 protocol=*)

cpdef int sys_bind(i64 fd, Sockaddr addr) except -1

@cython.locals(file=File, sock=Socket)
cpdef int sys_connect(i64 fd, Sockaddr addr) except -1

cpdef int sys_listen(i64 fd, i64 backlog) except -1

@cython.locals(files=FdTable, file=File, newsock=Socket)
cpdef tuple sys_accept4(i64 fd, i64 flags=*)

cpdef Sockaddr sys_getsockname(i64 fd)

cpdef Sockaddr sys_getpeername(i64 fd)

@cython.locals(n=i64)
cpdef i64 sys_sendto(i64 fd, object data, i64 flags=*, Sockaddr addr=*) except? -1

@cython.locals(size=i64, msg=MsgHdr, n=i64)
cpdef i64 send_or_errno(i64 fd, object data, i64 flags, Sockaddr addr) except? -1

@cython.locals(buf=bytes, msg=MsgHdr, n=i64)
cpdef tuple sys_recvfrom(i64 fd, i64 size, i64 flags=*)

@cython.locals(buf=bytes, msg=MsgHdr, n=i64)
cpdef bytes sys_recv(i64 fd, i64 size, i64 flags=*)

cdef bytes received(bytes buf, i64 n, i64 size)

@cython.locals(n=i64)
cpdef i64 sys_recv_into(i64 fd, object buf, i64 size, i64 flags=*) except? -1

@cython.locals(msg=MsgHdr, n=i64)
cpdef i64 recv_or_errno(i64 fd, object buf, i64 size, i64 flags) except? -1

@cython.locals(msg=MsgHdr, n=i64)
cpdef tuple sys_recvfrom_into(i64 fd, object buf, i64 size, i64 flags=*)

@cython.locals(size=i64, msg=MsgHdr, n=i64)
cpdef i64 sys_sendmsg(i64 fd, object buffers, list control=*, i64 flags=*,
                      Sockaddr addr=*) except? -1

@cython.locals(buf=bytes, msg=MsgHdr, n=i64)
cpdef tuple sys_recvmsg(i64 fd, i64 size, i64 controllen=*, i64 flags=*)

@cython.locals(sock=Socket, done=i64, size=i64, msg=MsgHdr, n=i64, addr=Sockaddr)
cpdef i64 sys_sendmmsg(i64 fd, object messages, i64 flags=*) except? -1

@cython.locals(sock=Socket, buf=bytes, msg=MsgHdr, n=i64)
cpdef list sys_recvmmsg(i64 fd, i64 vlen, i64 size, i64 flags=*)

cpdef int sys_shutdown(i64 fd, i64 how) except -1

cpdef int sys_setsockopt(i64 fd, i64 level, i64 optname, bytes optval) except -1

cpdef bytes sys_getsockopt(i64 fd, i64 level, i64 optname, i64 optlen)

cpdef int sys_close(i64 fd) except -1

cpdef i64 sys_dup(i64 fd) except? -1

cpdef i64 sys_dup3(i64 oldfd, i64 newfd, i64 flags=*) except? -1

cpdef i64 sys_fcntl(i64 fd, i64 cmd, i64 arg=*) except? -1

cpdef object sys_ioctl(i64 fd, i64 cmd, object arg=*)

cpdef bytes sys_read(i64 fd, i64 size)

cpdef i64 sys_write(i64 fd, object data) except? -1

cpdef i64 sys_sendfile(i64 out_fd, object data) except? -1

cpdef list sys_poll(list fds, i64 timeout_ns=*)

cpdef tuple sys_select(object r, object w, object x, i64 timeout_ns=*)

cpdef i64 sys_epoll_create1(i64 flags=*) except? -1

cpdef int sys_epoll_ctl(i64 epfd, i64 op, i64 fd, i64 events=*, object data=*) except -1

cpdef list sys_epoll_wait(i64 epfd, i64 maxevents, i64 timeout_ns=*)

cpdef tuple sys_pipe2(i64 flags=*)

cpdef i64 sys_eventfd2(i64 initval=*, i64 flags=*) except? -1

cpdef int sys_nanosleep(i64 ns) except -1

cpdef i64 sys_clock_gettime() except? -1

cpdef i64 sys_getpid() except? -1

cpdef int sys_unshare(i64 flags) except -1

cpdef int sys_setns(Net net) except -1

@cython.locals(task=Task)
cpdef Task this_task()

@cython.locals(net=Net)
cpdef Net task_net(Task task)

@cython.locals(files=FdTable)
cpdef FdTable task_files(Task task)

@cython.locals(task=Task, files=FdTable, i=i64, table=list, file=File)
cpdef Socket lookup(i64 fd)

cpdef int check(i64 err) except -1

cpdef object failure(i64 err)
