cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.netfilter as nf
from softnet.arch.types cimport i64
from softnet.net.core.skbuff cimport kfree_skb
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.netfilter cimport NfHookOps, NfOkfn
from softnet.structs.skbuff cimport SkBuff

cdef class NfQueueEntry:
    cdef public Net net
    cdef public SkBuff skb
    cdef public NfHookOps elem
    cdef public i64 pf, hook
    cdef public NetDevice indev, outdev
    cdef public NfOkfn okfn
    cdef public i64 id

cdef class NfQueueHandler:
    cdef public str name

    cpdef i64 outfn(self, NfQueueEntry entry, i64 queuenum) except? -1

cpdef i64 nf_hook(Net net, i64 pf, i64 hook, SkBuff skb, NetDevice indev, NetDevice outdev,
                  NfOkfn okfn) except? -1
cpdef i64 nf_key(i64 pf, i64 hook) except? -1
@cython.locals(hooks=list, elem=NfHookOps, i=i64, repeats=i64, verdict=i64, kind=i64, err=i64,
               bypass=i64, error=i64, entry=NfQueueEntry)
cpdef i64 nf_hook_slow(Net net, i64 key, i64 pf, i64 hook, SkBuff skb, NetDevice indev,
                       NetDevice outdev, NfOkfn okfn, i64 start) except? -1
cpdef i64 nf_queue(NfQueueEntry entry, i64 queuenum) except? -1
@cython.locals(net=Net, skb=SkBuff, key=i64, hooks=list, kind=i64, index=i64, start=i64,
               indev=NetDevice, outdev=NetDevice, okfn=NfOkfn)
cpdef void nf_reinject(NfQueueEntry entry, i64 verdict) except *
