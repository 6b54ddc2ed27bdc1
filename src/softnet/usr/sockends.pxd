cimport cython
from softnet.arch.types cimport i64
from softnet.syscalls cimport sys_accept4, sys_close, sys_connect, sys_getsockname, sys_socket
from softnet.usr.address cimport from_sockaddr
from softnet.usr.sockcalls cimport inet_sockaddr

cdef i64 AF_INET, SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC, SOL_SOCKET, SO_TYPE, SO_PROTOCOL
cdef i64 FIRST_FD, STRIDE, SPARE_REFS


cdef object my_process()


@cython.final
cdef class Live:
    cdef list refs
    cdef i64 room

    cdef int add(self, object sock) except -1

cdef Live live

@cython.locals(fd=i64, timeout=i64)
cpdef object sock_init(object self, object family=*, object type=*, object proto=*,
                       object fileno=*)
@cython.locals(flags=i64)
cdef void new_socket(object self, i64 family, i64 type, i64 proto, i64 fd, i64 timeout) except *
cdef void adopt_fd(object self, i64 fd, i64 family, i64 type, i64 proto, i64 timeout) except *
cpdef int forget_sockets() except -1
@cython.locals(fd=i64)
cpdef object accept(object self)
@cython.locals(fd=i64)
cpdef object connect(object self, object address)
@cython.locals(fd=i64, base=i64)
cpdef object close(object self)
@cython.locals(ns=i64)
cpdef object getdefaulttimeout()
