cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.in_ as in_
from softnet.arch.types cimport i64
from softnet.kernel.softirq cimport raise_softirq_irqoff
from softnet.machine.cpu cimport Board, Cpu, this_cpu
from softnet.net.core.secure_seq cimport jhash_3words
from softnet.net.core.skbuff cimport pskb_may_pull
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice, SoftnetData
from softnet.structs.rps cimport NetdevRxQueue, RpsDevFlowTable, RpsSockFlowTable
from softnet.structs.skbuff cimport SkBuff

cdef i64 RPS_NO_CPU, IPV4_HLEN_MIN, IPV6_HLEN, HASH_DEPTH_MAX, RPS_FLOW_CNT_MAX

@cython.locals(
    rxqueues=list, rxqueue=NetdevRxQueue, cpus=list, flow_table=RpsDevFlowTable, index=i64,
    ncpus=i64, hash=i64, cpu=i64, n=i64
)
cpdef i64 get_rps_cpu(NetDevice dev, SkBuff skb) except? -2
cdef i64 online(i64 cpu, i64 ncpus) except? -2
@cython.locals(
    machine=Board, here=SoftnetData, sock_table=RpsSockFlowTable, sd=SoftnetData, there=Cpu,
    ncpus=i64, cpu=i64, next_cpu=i64, index=i64
)
cdef i64 get_rfs_cpu(NetDevice dev, i64 hash, RpsDevFlowTable flow_table) except? -2
@cython.locals(machine=Board, sd=SoftnetData, there=Cpu)
cdef bint rfs_may_move(NetDevice dev, RpsDevFlowTable flow_table, i64 index, i64 cpu) except -1
@cython.locals(sd=SoftnetData)
cpdef i64 skb_get_rxhash(SkBuff skb) except? -1
@cython.locals(
    o=i64, proto=i64, depth=i64, at=i64, fragment=i64, ip_proto=i64, addr1=i64, addr2=i64,
    ports=i64, sport=i64, dport=i64, hash=i64, t=i64
)
cdef void skb_make_rxhash(SkBuff skb, i64 hashrnd) except *
cpdef i64 proto_ports_offset(i64 proto) except? -2
cpdef int rps_ipi_queue(SoftnetData sd, SoftnetData here) except -1
@cython.locals(remote=SoftnetData, nxt=SoftnetData)
cpdef int net_rps_action(SoftnetData sd) except -1


@cython.final
cdef class RpsTrigger:
    cdef SoftnetData sd


@cython.locals(cpu=Cpu, sd=SoftnetData, table=RpsSockFlowTable)
cpdef int rps_record_sock_flow(i64 hash) except -1
@cython.locals(sd=SoftnetData, table=RpsSockFlowTable)
cpdef int rps_reset_sock_flow(i64 hash) except -1
cpdef NetdevRxQueue rps_rx_queue(NetDevice dev, i64 index)
cpdef int rps_set_cpus(NetDevice dev, i64 index, list cpus) except -1
cpdef int rps_set_flow_cnt(NetDevice dev, i64 index, i64 count) except -1
cpdef int rps_set_sock_flow_entries(Net net, i64 count) except -1
