from softnet.arch.types cimport i64
from softnet.structs.protocol cimport NetProtocol

cdef list inet_protos

cpdef NetProtocol inet_protocol(i64 protocol)
cpdef i64 inet_add_protocol(NetProtocol prot, i64 protocol) except? -1
cpdef i64 inet_del_protocol(NetProtocol prot, i64 protocol) except? -1
