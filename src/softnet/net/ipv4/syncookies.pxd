cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
from softnet.arch.types cimport i64
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.request_sock cimport TcpRequestSock
from softnet.structs.tcp cimport TcpOptionsReceived
from softnet.kernel.timer cimport jiffies
from softnet.net.core.secure_seq cimport hsiphash_3words
from softnet.net.ipv4.tcp_clock cimport tcp_time_stamp

cdef i64 COOKIEBITS, COOKIEMASK, COUNTER_TRIES, TSBITS, TSMASK, TS_WSCALE, TS_SACK, TS_ECN
cdef i64 JIFFIES_PER_MINUTE

cpdef i64 cookie_hash(
    NetnsTcp sysctl, i64 which, i64 saddr, i64 daddr, i64 ports, i64 count
) except? -1
cpdef i64 secure_tcp_syn_cookie(
    NetnsTcp sysctl, i64 saddr, i64 daddr, i64 ports, i64 sseq, i64 data
) except? -1
cpdef i64 check_tcp_syn_cookie(
    NetnsTcp sysctl, i64 cookie, i64 saddr, i64 daddr, i64 ports, i64 sseq
) except? -1
cpdef i64 cookie_v4_init_sequence(NetnsTcp sysctl, TcpRequestSock req) except? -1
cpdef i64 cookie_check(NetnsTcp sysctl, TcpRequestSock req, i64 cookie) except? -1
cpdef i64 cookie_init_timestamp(TcpRequestSock req) except? -1
cpdef bint cookie_check_timestamp(NetnsTcp sysctl, TcpOptionsReceived opt) except -1
