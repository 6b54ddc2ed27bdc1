cimport cython
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.structs.sock cimport Sock

cdef i64 RAND_FACTOR, RAND_OFFSET

cpdef i64 set_reuseport(Sock sk, bint on) except? -1
cpdef bint has_reuseport(Sock sk) except -1
cpdef bint reuseport_shares(Sock sk, Sock other) except -1
cpdef bint reuseport_takes(i64 phash, i64 matches) except -1
cpdef i64 next_pseudo_random32(i64 seed) except? -1
