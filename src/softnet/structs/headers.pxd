cimport cython
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.wire.icmp cimport IcmpHdr, icmp_view
from softnet.wire.igmp cimport IgmpHdr, igmp_view
from softnet.wire.ip cimport IpHdr, ip_view
from softnet.wire.tcp cimport TcpHdr, tcp_view
from softnet.wire.udp cimport UdpHdr, udp_view

cpdef IpHdr ip_hdr(SkBuff skb)
cpdef IcmpHdr icmp_hdr(SkBuff skb)
cpdef IgmpHdr igmp_hdr(SkBuff skb)
cpdef UdpHdr udp_hdr(SkBuff skb)
cpdef TcpHdr tcp_hdr(SkBuff skb)
