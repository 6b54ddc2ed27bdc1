cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.snmp as snmp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer, del_timer, jiffies, mod_timer, timer_pending
from softnet.net.ipv4.inet_hashtables cimport (
    InetHashinfo,
    inet_twsk_bind,
    inet_twsk_bind_unhash,
    inet_twsk_hash,
    inet_twsk_unhash,
    inet_unhash,
)
from softnet.structs.inet_connection_sock cimport InetConnectionSock
from softnet.structs.inet_timewait_sock cimport InetTimewaitSock
from softnet.structs.net_namespace cimport Net

cdef class InetTimewaitDeathRow
cdef class TwcalTimer
cdef class TwkillTimer


@cython.final
cdef class InetTimewaitDeathRow:
    cdef public Net net
    cdef public InetHashinfo hashinfo
    cdef public i64 twcal_hand, twcal_jiffie
    cdef public TwcalTimer twcal_timer
    cdef public list slots
    cdef public i64 tw_count, slot, thread_slots
    cdef public TwkillTimer tw_timer
    cdef public object twkill_work
    cdef public i64 sysctl_tw_recycle, sysctl_max_tw_buckets


@cython.final
cdef class TwcalTimer(Timer):
    cdef public InetTimewaitDeathRow row


@cython.final
cdef class TwkillTimer(Timer):
    cdef public InetTimewaitDeathRow row

cpdef InetTimewaitSock inet_twsk_alloc(InetConnectionSock sk, i64 state)
cpdef int inet_twsk_hashdance(
    InetHashinfo hinfo, InetTimewaitSock tw, InetConnectionSock sk
) except -1
cpdef int inet_twsk_schedule(
    InetTimewaitSock tw, InetTimewaitDeathRow row, i64 timeo, i64 timewait_len
) except -1
cpdef int inet_twsk_deschedule(InetTimewaitSock tw, InetTimewaitDeathRow row) except -1
cpdef int inet_twsk_kill(InetTimewaitDeathRow row, InetTimewaitSock tw) except -1
cpdef int inet_twsk_add_dead_node(
    InetTimewaitDeathRow row, InetTimewaitSock tw, i64 slot
) except -1
cpdef bint inet_twsk_del_dead_node(InetTimewaitDeathRow row, InetTimewaitSock tw) except -1
cpdef void inet_twdr_hangman(InetTimewaitDeathRow row) except *
cpdef bint inet_twdr_do_twkill_work(InetTimewaitDeathRow row, i64 slot) except -1
cpdef int inet_twdr_twkill_work(InetTimewaitDeathRow row) except -1
cpdef void inet_twdr_twcal_tick(InetTimewaitDeathRow row) except *
cpdef i64 inet_twdr_kill_recycle_slot(InetTimewaitDeathRow row, i64 slot) except? -1
cpdef int inet_twsk_purge(InetTimewaitDeathRow row) except -1
