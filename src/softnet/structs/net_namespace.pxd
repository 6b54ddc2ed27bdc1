cimport cython
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.kernel.lock cimport Mutex
from softnet.kernel.timer cimport TimerBase
from softnet.machine.cpu cimport Board
from softnet.machine.entropy cimport RandomStream
from softnet.structs.netdevice cimport NetDevice, PacketType
from softnet.structs.netns_ipv4 cimport NetnsIpv4
from softnet.structs.rps cimport RpsSockFlowTable

cdef class SnmpMib
cdef class NetnsMib
cdef class Net
cdef class NetnsCore


@cython.final
cdef class SnmpMib:
    cdef public object own
    cdef i64 *v

    cpdef int inc(self, i64 i) except -1
    cpdef int add(self, i64 i, i64 n) except -1
    cpdef int dec(self, i64 i) except -1
    cpdef i64 get(self, i64 i) except? -1


@cython.final
cdef class NetnsMib:
    cdef public SnmpMib ip, tcp, udp, udplite, icmp
    cdef public dict icmpmsg_in, icmpmsg_out
    cdef public SnmpMib net


@cython.final
cdef class Net:
    cdef public Board machine
    cdef public str name
    cdef public Mutex rtnl
    cdef public RandomStream rand
    cdef public TimerBase timers
    cdef public list dev_base
    cdef public dict dev_by_name, dev_by_index
    cdef public i64 ifindex
    cdef public NetDevice loopback_dev
    cdef public PacketType ptype_all
    cdef public list ptype_base, netdev_chain, nets
    cdef public dict nf_hooks
    cdef public i64 nf_active
    cdef public NetnsMib mib
    cdef public object sysctl
    cdef public object proc_net
    cdef public NetnsIpv4 ipv4
    cdef public object ipv6, unx, packet, netlink
    cdef public NetnsCore core
    cdef public dict gen, sockets
    cdef public i64 inode, count
    cdef public str era


@cython.final
cdef class NetnsCore:
    cdef public i64 netdev_budget, netdev_max_backlog, weight_p, netdev_tstamp_prequeue
    cdef public i64 rmem_default, rmem_max, wmem_default, wmem_max, optmem_max, somaxconn
    cdef public i64 message_cost, message_burst, warnings, xfrm_acq_expires
    cdef public dict prot_mem
    cdef public i64 hashrnd, netstamp_needed
    cdef public RpsSockFlowTable rps_sock_flow_table
