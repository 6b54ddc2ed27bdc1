cimport cython
cimport softnet.uapi.neighbour as nud
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.net.core.neighbour cimport neigh_lookup
from softnet.net.ipv4.devinet cimport inet_select_addr
from softnet.net.ipv4.fib_lookup cimport fib_lookup, fib_of, inet_addr_type
from softnet.structs.fib cimport FibAlias, FibInfo, FibNh, FibResult, FibTable
from softnet.structs.flow cimport Flowi4
from softnet.structs.neighbour cimport Neighbour, NeighTable
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice

cdef i64 EINVAL, EHOSTUNREACH, EACCES, EAGAIN

cpdef i64 fib_props_error(i64 type) except? -1
@cython.locals(fi=FibInfo)
cpdef i64 fib_info_update_nh_saddr(Net net, FibNh nh) except? -1
@cython.locals(fi=FibInfo, nh=FibNh)
cpdef i64 fib_res_prefsrc(Net net, FibResult res) except? -1
@cython.locals(fi=FibInfo, power=i64, nh=FibNh, w=i64, i=i64)
cpdef void fib_select_multipath(FibResult res) except *
@cython.locals(tb=FibTable, order=i64, last_idx=i64, last_resort=FibInfo, fi=FibInfo,
               chosen=FibInfo, fa=FibAlias, following=FibInfo, nh=FibNh, verdict=i64)
cpdef void fib_select_default(FibResult res) except *
@cython.locals(tbl=NeighTable, nh=FibNh, state=i64, n=Neighbour)
cdef i64 fib_detect_death(FibInfo fi, i64 order, i64 last_idx, i64 dflt) except? -1
