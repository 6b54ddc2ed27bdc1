from softnet.arch.types cimport i64
from softnet.machine.cpu cimport this_cpu
from softnet.machine.entropy cimport RandomStream

cpdef bytes get_random_bytes(i64 n)
cpdef i64 net_random() except? -1
cpdef i64 random32() except? -1
cpdef i64 reciprocal_scale(i64 value, i64 n) except? -1
