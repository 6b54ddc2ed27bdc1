cimport cython
cimport softnet.arch.const as const
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ as if_
from softnet.arch.types cimport i64
from softnet.net.core.sch_generic cimport (
    dev_watchdog_up, netdev_get_tx_queue, netif_schedule, qdisc_reset
)
from softnet.structs.netdevice cimport NetDevice, NetdevQueue

cpdef int netif_tx_start_queue(NetdevQueue txq) except -1
cpdef int netif_start_queue(NetDevice dev) except -1
@cython.locals(txq=NetdevQueue)
cpdef int netif_start_subqueue(NetDevice dev, i64 index) except -1
cpdef void netif_tx_stop_queue(NetdevQueue txq) except *
cpdef int netif_stop_queue(NetDevice dev) except -1
@cython.locals(txq=NetdevQueue)
cpdef int netif_tx_stop_all_queues(NetDevice dev) except -1
cpdef int netif_stop_subqueue(NetDevice dev, i64 index) except -1
cpdef int netif_tx_wake_queue(NetdevQueue txq) except -1
cpdef int netif_wake_queue(NetDevice dev) except -1
@cython.locals(txq=NetdevQueue)
cpdef int netif_tx_wake_all_queues(NetDevice dev) except -1
cpdef int netif_wake_subqueue(NetDevice dev, i64 index) except -1
cpdef bint netif_tx_queue_stopped(NetdevQueue txq) except -1
cpdef bint netif_queue_stopped(NetDevice dev) except -1
cpdef bint netif_subqueue_stopped(NetDevice dev, i64 index) except -1
cpdef int netif_tx_freeze_queue(NetdevQueue txq) except -1
cpdef int netif_tx_unfreeze_queue(NetdevQueue txq) except -1
cpdef bint netif_running(NetDevice dev) except -1
cpdef bint netif_device_present(NetDevice dev) except -1
cpdef bint netif_carrier_ok(NetDevice dev) except -1
cpdef bint netif_dormant(NetDevice dev) except -1
cpdef bint netif_oper_up(NetDevice dev) except -1
cpdef int netif_device_detach(NetDevice dev) except -1
cpdef int netif_device_attach(NetDevice dev) except -1
@cython.locals(txq=NetdevQueue, index=i64)
cpdef i64 netif_set_real_num_tx_queues(NetDevice dev, i64 count) except? -1
cpdef int dev_hold(NetDevice dev) except -1
cpdef int dev_put(NetDevice dev) except -1
