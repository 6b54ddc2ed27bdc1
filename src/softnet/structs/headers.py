"""ip_hdr(skb) and friends: header views of a packet where it lies.

Linux: ip_hdr(), tcp_hdr() … in include/linux/{ip,tcp,udp,icmp,if_ether,if_arp}.h.
The view's bytes must have been proven present (may_pull) by the layer that asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softnet.wire.icmp import IcmpHdr, icmp_view
from softnet.wire.igmp import IgmpHdr, igmp_view
from softnet.wire.ip import IpHdr, ip_view
from softnet.wire.tcp import TcpHdr, tcp_view
from softnet.wire.udp import UdpHdr, udp_view

if TYPE_CHECKING:
    from softnet.structs.skbuff import SkBuff


def ip_hdr(skb: SkBuff) -> IpHdr:
    """The IPv4 header at skb.network_header."""
    return ip_view(skb.shinfo.head, skb.network_header)


def icmp_hdr(skb: SkBuff) -> IcmpHdr:
    """The ICMP header at skb.transport_header."""
    return icmp_view(skb.shinfo.head, skb.transport_header)


def igmp_hdr(skb: SkBuff) -> IgmpHdr:
    """The IGMP header at skb.transport_header."""
    return igmp_view(skb.shinfo.head, skb.transport_header)


def udp_hdr(skb: SkBuff) -> UdpHdr:
    """The UDP header at skb.transport_header."""
    return udp_view(skb.shinfo.head, skb.transport_header)


def tcp_hdr(skb: SkBuff) -> TcpHdr:
    """The TCP header at skb.transport_header."""
    return tcp_view(skb.shinfo.head, skb.transport_header)
