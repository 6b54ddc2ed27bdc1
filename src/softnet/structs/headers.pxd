cimport cython
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkBuff
from softnet.wire.arp cimport ArpHdr
from softnet.wire.ethernet cimport EthHdr
from softnet.wire.icmp cimport IcmpHdr
from softnet.wire.igmp cimport IgmpHdr
from softnet.wire.ip cimport IpHdr
from softnet.wire.tcp cimport TcpHdr
from softnet.wire.udp cimport UdpHdr

cpdef EthHdr eth_hdr(SkBuff skb)
cpdef ArpHdr arp_hdr(SkBuff skb)
cpdef IpHdr ip_hdr(SkBuff skb)
cpdef IcmpHdr icmp_hdr(SkBuff skb)
cpdef IgmpHdr igmp_hdr(SkBuff skb)
cpdef UdpHdr udp_hdr(SkBuff skb)
cpdef TcpHdr tcp_hdr(SkBuff skb)
