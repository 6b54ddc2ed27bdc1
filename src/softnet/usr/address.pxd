cimport cython
from softnet.arch.types cimport i64

cdef i64 TEXTS_MAX
cdef dict texts

@cython.locals(text=str)
cpdef str ip_text(i64 addr)
cpdef object to_sockaddr(i64 family, object address, object complain)
cpdef object unix_sockaddr(object address, object complain)
cpdef object from_sockaddr(object addr)
cpdef tuple parse_type(i64 type)
