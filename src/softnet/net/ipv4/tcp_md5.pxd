cimport softnet.arch.mem as mem
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.net.core.skbuff cimport skb_tobytes
from softnet.net.ipv4.tcp_options cimport tcp_parse_md5sig_option
from softnet.structs.net_namespace cimport Net
from softnet.structs.skbuff cimport SkBuff
from softnet.structs.tcp cimport TcpSock

cpdef bytes tcp_md5_do_lookup(TcpSock tp, i64 addr)
cpdef bytes tcp_md5_digest(SkBuff skb, bytes key, i64 saddr, i64 daddr)
cpdef bytes tcp_md5_sign_header(bytes header, bytes key, i64 saddr, i64 daddr, i64 length)
cpdef bytes tcp_md5_sum(
    bytes header, bytes data, bytes key, i64 saddr, i64 daddr, i64 length
)
cpdef int tcp_md5_hash_skb(TcpSock tp, SkBuff skb, i64 at) except -1
cpdef int tcp_md5_hash_header(SkBuff skb, i64 at, bytes key, i64 saddr, i64 daddr) except -1
cpdef bint tcp_v4_inbound_md5_hash(Net net, bytes key, SkBuff skb) except -1
