cimport cython
cimport softnet.kernel.trace as trace
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.structs.fib cimport FibNh, FibResult, FibRule, FibTable, NetnsFib
from softnet.structs.flow cimport Flowi4
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice

cdef i64 NEXT_RULE

cpdef NetnsFib fib_of(Net net)
cpdef FibTable fib_get_table(Net net, i64 id)
@cython.locals(fib=NetnsFib, i=i64, n=i64, rule=FibRule, err=i64, rules=list)
cpdef i64 fib_lookup(Net net, Flowi4 flp, FibResult res) except? -1
@cython.locals(fits=bint)
cdef bint fib_rule_match(FibRule rule, Flowi4 flp) except? -1
@cython.locals(tb=FibTable)
cdef i64 fib4_rule_action(NetnsFib fib, FibRule rule, Flowi4 flp, FibResult res) except? -1
cpdef i64 inet_addr_type(Net net, i64 addr) except? -1
@cython.locals(local=FibTable, fl4=Flowi4, res=FibResult, nh=FibNh)
cpdef i64 inet_dev_addr_type(Net net, NetDevice dev, i64 addr) except? -1
