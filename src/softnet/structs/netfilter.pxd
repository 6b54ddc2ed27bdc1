cimport cython
cimport softnet.uapi.netfilter as netfilter
from softnet.arch.types cimport i64
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.skbuff cimport SkBuff

cdef class NfHookOps
cdef class NfOkfn


cdef class NfHookOps:
    cdef public i64 pf, hooknum, priority

    cpdef i64 hook(self, i64 hooknum, SkBuff skb, NetDevice indev, NetDevice outdev) except? -1


cdef class NfOkfn:
    cpdef i64 okfn(self, SkBuff skb) except? -1
