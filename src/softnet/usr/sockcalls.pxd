cimport cython
from softnet.arch.types cimport i64
from softnet.syscalls cimport sys_recv, sys_recv_into, sys_recvfrom, sys_sendto

cdef i64 AF_INET, ADDRESSES_MAX
cdef dict addresses

cdef bint sendable(object data) except -1
@cython.locals(size=i64)
cdef i64 room_for(object buffer, i64 nbytes) except -1
@cython.locals(fd=i64)
cpdef object send(object self, object data, object flags=*)
@cython.locals(fd=i64)
cpdef object recv(object self, object bufsize, object flags=*)
@cython.locals(fd=i64, size=i64)
cpdef object recv_into(object self, object buffer, object nbytes=*, object flags=*)
@cython.locals(fd=i64, data=bytes)
cpdef object recvfrom(object self, object bufsize, object flags=*)
cdef object inet_sockaddr(object address)
