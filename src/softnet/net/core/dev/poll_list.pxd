cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
from softnet.arch.types cimport i64
from softnet.kernel.softirq cimport raise_softirq_irqoff
from softnet.machine.cpu cimport this_cpu
from softnet.structs.netdevice cimport Napi, SoftnetData

@cython.locals(sd=SoftnetData)
cpdef bint napi_schedule(Napi napi) except -1
cpdef bint napi_schedule_prep(Napi napi) except -1
@cython.locals(sd=SoftnetData)
cpdef int napi_schedule_claimed(Napi napi) except -1
cpdef int napi_schedule_on(SoftnetData sd, Napi napi) except -1
cpdef int poll_list_add(SoftnetData sd, Napi napi) except -1
cpdef int poll_list_del(SoftnetData sd, Napi napi) except -1
