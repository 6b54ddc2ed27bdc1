cimport cython
cimport softnet.uapi.netlink as netlink
from softnet.arch.types cimport i64
from softnet.structs.dst cimport dst_default_metrics
from softnet.structs.flow cimport Flowi4
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice

cdef class FibNh
cdef class FibInfo
cdef class FibAlias
cdef class FibResult
cdef class FibConfig
cdef class FibTable
cdef class FibRule
cdef class FibNotifier
cdef class NetnsFib


@cython.final
cdef class FibNh:
    cdef public NetDevice nh_dev
    cdef public FibInfo nh_parent
    cdef public i64 nh_flags, nh_scope, nh_weight, nh_power, nh_tclassid, nh_oif, nh_gw
    cdef public i64 nh_saddr, nh_saddr_genid


@cython.final
cdef class FibInfo:
    cdef public Net fib_net
    cdef public i64 fib_treeref
    cdef public bint fib_dead
    cdef public i64 fib_flags, fib_protocol, fib_scope, fib_prefsrc, fib_priority
    cdef public list fib_metrics
    cdef public i64 fib_power
    cdef public list fib_nh
    cdef public i64 fib_nhs
    cdef public object fib_key

    @cython.locals(nh=FibNh)
    cpdef NetDevice dev(self)


@cython.final
cdef class FibAlias:
    cdef public FibInfo fa_info
    cdef public i64 fa_tos, fa_type
    cdef public bint fa_accessed


@cython.final
@cython.freelist(16)
cdef class FibResult:
    cdef public i64 prefixlen, nh_sel, type, scope
    cdef public FibInfo fi
    cdef public FibTable table
    cdef public list fa_head
    cdef public FibRule r

    cpdef FibNh nh(self)
    cpdef NetDevice dev(self)
    cpdef i64 oif(self) except? -1
    cpdef i64 gw(self) except? -1


@cython.final
cdef class FibConfig:
    cdef public i64 fc_dst_len, fc_tos, fc_protocol, fc_scope, fc_type, fc_table, fc_dst, fc_gw
    cdef public i64 fc_oif, fc_flags, fc_priority, fc_prefsrc
    cdef public dict fc_mx
    cdef public list fc_mp
    cdef public i64 fc_flow, fc_nlflags


cdef class FibTable:
    cdef public i64 tb_id, tb_default, tb_num_default
    cdef public Net net

    cpdef i64 lookup(self, Flowi4 flp, FibResult res) except? -1


@cython.final
cdef class FibRule:
    cdef public i64 pref, action, flags, table, target, iifindex, oifindex
    cdef public str iifname, oifname
    cdef public i64 mark, mark_mask
    cdef public FibRule ctarget
    cdef public i64 src, src_len, srcmask, dst, dst_len, dstmask, tos, tclassid


cdef class FibNotifier:
    cpdef void route(self, i64 event, i64 key, i64 plen, FibAlias fa, FibTable tb,
                     i64 flags) except *
    cpdef void rule(self, i64 event, Net net, FibRule rule) except *


@cython.final
cdef class NetnsFib:
    cdef public Net net
    cdef public dict tables
    cdef public list rules
    cdef public dict info_hash
    cdef public FibTable local, main, dflt
    cdef public i64 addr_genid
    cdef public FibNotifier notifier
