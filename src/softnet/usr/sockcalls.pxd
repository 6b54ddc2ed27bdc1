cimport cython
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.syscalls cimport (
    failure, recv_or_errno, send_or_errno, sys_recv, sys_recvfrom, sys_sendto, this_task
)

cdef i64 AF_INET, ADDRESSES_MAX, EAGAIN, EINTR, EPIPE, ERESTARTSYS, ELSEWHERE
cdef dict addresses

@cython.locals(size=i64)
cdef i64 room_for(object buffer, i64 nbytes) except -1
@cython.locals(fd=i64, n=i64)
cpdef object send(object self, object data, object flags=*)
@cython.locals(fd=i64, n=i64)
cpdef object sendall(object self, object data, object flags=*)
@cython.locals(n=i64)
cdef i64 send_direct(i64 fd, object data) except? -1
@cython.locals(size=i64, n=i64)
cdef i64 recv_into_direct(i64 fd, object buffer) except? -1
cdef i64 ended(i64 err) except? -1
cdef i64 taken(i64 n) except? -1
@cython.locals(fd=i64)
cpdef object recv(object self, object bufsize, object flags=*)
@cython.locals(fd=i64, size=i64, n=i64)
cpdef object recv_into(object self, object buffer, object nbytes=*, object flags=*)
@cython.locals(fd=i64, data=bytes)
cpdef object recvfrom(object self, object bufsize, object flags=*)
cpdef object inet_sockaddr(object address)
