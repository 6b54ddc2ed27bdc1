cimport cython
cimport softnet.arch.const as const
cimport softnet.uapi.if_ as if_
from softnet.arch.types cimport i64
from softnet.kernel.lock cimport SpinLock
from softnet.kernel.timer cimport Timer
from softnet.machine.cpu cimport Cpu
from softnet.structs.inetdevice cimport InDevice
from softnet.structs.net_namespace cimport Net, NetnsCore
from softnet.structs.netdev_stats cimport NetDeviceStats
from softnet.structs.rps cimport RpsDevFlowTable
from softnet.structs.sch_generic cimport Qdisc
from softnet.structs.skbuff cimport SkBuff, SkBuffHead

cdef class NetdevQueue
cdef class HeaderOps
cdef class RxHandler
cdef class Napi
cdef class PacketType
cdef class PtypeBucket
cdef class SoftnetData
cdef class NetDevice


@cython.final
cdef class NetdevQueue:
    cdef public NetDevice dev
    cdef public i64 index
    cdef public Qdisc qdisc, qdisc_sleeping
    cdef public i64 state
    cdef public SpinLock tx_lock
    cdef public i64 xmit_lock_owner, trans_start, trans_timeout


cdef class HeaderOps:
    cpdef i64 create(self, SkBuff skb, NetDevice dev, i64 type, bytes daddr, bytes saddr,
                     i64 len) except? -1
    cpdef bytes parse(self, SkBuff skb)
    cpdef bytes cache(self, bytes ha, NetDevice dev, i64 type)


cdef class RxHandler:
    cpdef i64 handle_frame(self, SkBuff skb) except? -1


cdef class Napi:
    cdef public NetDevice dev
    cdef public i64 weight, state
    cdef public Napi next
    cdef public i64 gro_count
    cdef public SkBuff gro_list, gro_pp, skb
    cdef public SoftnetData sd
    cdef public Napi napi_next

    cpdef i64 poll(self, i64 budget) except? -1
    cpdef i64 irq_armed(self) except? -2


cdef class PacketType:
    cdef public i64 type
    cdef public NetDevice dev
    cdef public PacketType next
    cdef public object af_packet_priv

    cpdef i64 rcv(self, SkBuff skb, NetDevice dev, NetDevice orig_dev) except? -1
    cpdef SkBuff gso_segment(self, SkBuff skb, i64 features)
    cpdef i64 gso_send_check(self, SkBuff skb) except? -1
    cpdef i64 gro_receive(self, Napi napi, SkBuff skb) except? -1
    cpdef i64 gro_complete(self, SkBuff skb) except? -1
    cpdef str func_name(self)


@cython.final
cdef class PtypeBucket:
    cdef public PacketType first


@cython.final
cdef class SoftnetData:
    cdef public Cpu cpu
    cdef public Qdisc output_queue, output_queue_tail
    cdef public Napi poll_first, poll_last
    cdef public SkBuff completion_queue
    cdef public SkBuffHead process_queue, input_pkt_queue
    cdef public Napi backlog
    cdef public i64 processed, time_squeeze, cpu_collision, received_rps, dropped
    cdef public SoftnetData rps_ipi_list, rps_ipi_next
    cdef public i64 xmit_recursion, input_queue_head, input_queue_tail
    cdef public RpsDevFlowTable rflow_table
    cdef public i64 rflow_index
    cdef public NetnsCore core


cdef class NetDevice:
    cdef public str name
    cdef public i64 ifindex, iflink
    cdef public Net nd_net
    cdef public i64 flags, priv_flags, gflags, promiscuity, allmulti, state, reg_state
    cdef public i64 operstate, link_mode, mtu, type, hard_header_len, needed_headroom
    cdef public i64 needed_tailroom, addr_len
    cdef public bytes dev_addr, perm_addr, broadcast
    cdef public i64 features, hw_features, wanted_features, vlan_features, gso_max_size
    cdef public NetDeviceStats stats
    cdef public HeaderOps header_ops
    cdef public RxHandler rx_handler
    cdef public object rx_handler_data
    cdef public InDevice ip_ptr
    cdef public object ip6_ptr
    cdef public list tx
    cdef public NetdevQueue tx0
    cdef public i64 num_tx_queues, real_num_tx_queues, num_rx_queues
    cdef public Qdisc qdisc
    cdef public i64 tx_queue_len, watchdog_timeo
    cdef public Timer watchdog_timer
    cdef public i64 trans_start, last_rx, irq, base_addr, refcnt
    cdef public NetDevice master
    cdef public i64 group
    cdef public dict mc, uc
    cdef public Napi napi_list
    cdef public PacketType ptype_taps
    cdef public object ethtool_ops
    cdef public i64 addr_assign_type
    cdef public str kind, ifalias
    cdef public i64 tap_count
    cdef public list rx
    cdef public i64 real_num_rx_queues, rx_dropped
    cdef public NetdevQueue ingress_queue
    cdef public list xps_maps
    cdef public i64 uc_promisc
    cdef public set mc_global, mc_synced, uc_synced

    cpdef i64 ndo_init(self) except? -1
    cpdef void ndo_uninit(self) except *
    cpdef i64 ndo_open(self) except? -1
    cpdef i64 ndo_stop(self) except? -1
    cpdef i64 ndo_start_xmit(self, SkBuff skb) except? -1
    cpdef i64 ndo_select_queue(self, SkBuff skb) except? -1
    cpdef void ndo_change_rx_flags(self, i64 flags) except *
    cpdef void ndo_set_rx_mode(self) except *
    cpdef i64 ndo_set_mac_address(self, bytes addr) except? -1
    cpdef i64 ndo_validate_addr(self) except? -1
    cpdef i64 ndo_do_ioctl(self, object ifr, i64 cmd) except? -1
    cpdef i64 ndo_change_mtu(self, i64 new_mtu) except? -1
    cpdef void ndo_tx_timeout(self) except *
    cpdef NetDeviceStats ndo_get_stats(self)
    cpdef void ndo_vlan_rx_add_vid(self, i64 vid) except *
    cpdef void ndo_vlan_rx_kill_vid(self, i64 vid) except *
    cpdef i64 ndo_set_features(self, i64 features) except? -1
    cpdef i64 ndo_fix_features(self, i64 features) except? -1
    cpdef void ndo_dellink(self) except *
