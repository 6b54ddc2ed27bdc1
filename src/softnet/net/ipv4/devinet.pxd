cimport cython
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.structs.inetdevice cimport InDevice, InIfaddr
from softnet.structs.netdevice cimport NetDevice

cpdef bint inet_ifa_match(i64 addr, InIfaddr ifa) except? -1
@cython.locals(in_dev=InDevice, addr=i64, ifa=InIfaddr, other=NetDevice)
cpdef i64 inet_select_addr(NetDevice dev, i64 dst, i64 scope) except? -1
@cython.locals(ifa=InIfaddr)
cpdef bint inet_addr_onlink(InDevice in_dev, i64 a, i64 b) except? -1
