cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64, u8
from softnet.net.ipv4.tcp_fastopen cimport fastopen_cookie, tcp_fastopen_syn_option
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.request_sock cimport TcpRequestSock
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpOptionsReceived, TcpSackBlock, TcpSock

cdef i64 OPTION_SACK_ADVERTISE, OPTION_TS, OPTION_MD5, OPTION_WSCALE, TSTAMP_WORD

cdef class TcpOutOptions


@cython.final
@cython.freelist(8)
cdef class TcpOutOptions:
    cdef public i64 options, ws, num_sack_blocks, mss, tsval, tsecr
    cdef public bytes fastopen

cdef i64 tcp_next_option(const u8 *p, i64 o, i64 end) noexcept
cpdef void tcp_parse_options(
    SkBuff skb, TcpOptionsReceived opt_rx, bint estab, NetnsTcp sysctl
) except *
cdef int tcp_parse_syn_option(
    const u8 *p, i64 o, i64 kind, i64 size, TcpOptionsReceived opt_rx, NetnsTcp sysctl
) except -1
cpdef bint tcp_fast_parse_options(SkBuff skb, TcpSock tp) except -1
cpdef bint tcp_parse_aligned_timestamp(TcpOptionsReceived rx_opt, SkBuff skb) except -1
cpdef bytes tcp_parse_md5sig_option(SkBuff skb)
cpdef tuple tcp_parse_fastopen_option(SkBuff skb)
cpdef i64 tcp_syn_options(TcpSock tp, TcpOutOptions opts, i64 tsval, i64 advertise_mss) except? -1
cpdef i64 tcp_synack_options(
    TcpRequestSock req, TcpOutOptions opts, i64 tsval, i64 mss, bint md5
) except? -1
cpdef i64 tcp_established_options(TcpSock tp, TcpOutOptions opts, i64 tsval) except? -1
cpdef i64 tcp_established_size(TcpSock tp) except? -1
cpdef i64 tcp_options_write(SkBuff skb, TcpSock tp, TcpOutOptions opts) except? -1
@cython.locals(block=TcpSackBlock, sack=TcpSackBlock)
cdef int tcp_write_sack_blocks(u8 *p, i64 o, TcpSock tp, i64 n) except -1
cpdef int tcp_write_timestamp(SkBuff skb, i64 tsval, i64 tsecr) except -1
cpdef int tcp_store_ts_recent(TcpOptionsReceived rx_opt, i64 now) except -1
