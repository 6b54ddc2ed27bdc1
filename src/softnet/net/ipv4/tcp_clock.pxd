cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.structs.tcp cimport TcpOptionsReceived
from softnet.kernel.timer cimport jiffies

cpdef i64 tcp_time_stamp() except? -1
cpdef i64 get_seconds() except? -1
cpdef bint tcp_paws_check(TcpOptionsReceived rx_opt, i64 paws_win) except -1
cpdef bint tcp_paws_reject(TcpOptionsReceived rx_opt, bint rst) except -1
