"""Why packets are dropped: numbers for kfree_skb(skb, reason), names and meanings for people.

Linux: 3.2 has none; the idea and many names are those of enum skb_drop_reason of later kernels

The numbers are const.SKB_DROP_REASON_*. A subsystem with reasons of its own registers them.
"""

from __future__ import annotations

import softnet.arch.const as const

PREFIX = "SKB_DROP_REASON_"
FIRST_OWN = 1000  # numbers that register_drop_reason() gives out

MEANINGS = {
    "NOT_SPECIFIED": "the place that dropped it does not say why",
    "NO_SOCKET": "nobody listens on that port or protocol",
    "PKT_TOO_SMALL": "shorter than its headers need",
    "PKT_TOO_BIG": "longer than the device or the protocol allows",
    "HDR_TRUNC": "a header is cut short",
    "NOMEM": "out of memory",
    "OTHERHOST": "addressed to another station: the NIC is promiscuous",
    "UNHANDLED_PROTO": "no handler for its protocol",
    "DEV_DOWN": "the device is down or gone",
    "DEV_TX": "the device refused to send it",
    "DEV_HDR": "its link-layer header could not be built",
    "CPU_BACKLOG": "the CPU's backlog is full (netdev_max_backlog)",
    "FULL_RING": "the device's ring or the reader's queue is full",
    "RECURSION": "a device sends through itself, over and over",
    "RX_HANDLER": "the device's rx_handler swallowed it",
    "GSO": "a super-packet could not be segmented",
    "SKB_CSUM": "its checksum could not be computed",
    "QDISC_DROP": "the queueing discipline dropped it",
    "TC_INGRESS": "an ingress filter dropped it",
    "TC_EGRESS": "an egress filter dropped it",
    "NETFILTER_DROP": "a netfilter hook dropped it",
    "SOCKET_FILTER": "the socket's filter rejected it",
    "SOCKET_RCVBUFF": "the socket's receive buffer is full",
    "SOCKET_BACKLOG": "the socket's backlog is full",
    "SOCKET_CLOSE": "the socket is closing",
    "PROTO_MEM": "the protocol's memory limit is reached",
    "QUEUE_PURGE": "the queue it was on went away",
    "NEIGH_CREATEFAIL": "no neighbour entry could be made",
    "NEIGH_FAILED": "the neighbour does not answer",
    "NEIGH_QUEUEFULL": "too many packets wait for the neighbour's address",
    "NEIGH_DEAD": "its neighbour entry was removed",
    "ARP_INVALID": "a malformed ARP packet",
    "ARP_IGNORED": "an ARP request that is not for us",
    "IP_INHDR": "a bad IP header",
    "IP_CSUM": "a bad IP header checksum",
    "IP_NOPROTO": "no handler for its IP protocol",
    "IP_RPFILTER": "its source does not lie behind that device (rp_filter)",
    "IP_INADDRERRORS": "an address it may not have",
    "IP_INNOROUTES": "no route to its destination (forwarding)",
    "IP_OUTNOROUTES": "no route to its destination (local)",
    "IP_OPTIONS": "bad or forbidden IP options",
    "IP_TTL": "its time to live is over",
    "IP_FORWARD": "forwarding is off or forbids it",
    "IP_MARTIAN": "a source or destination that cannot be",
    "IP_OUT": "it could not be sent",
    "UNICAST_IN_L2_MULTICAST": "a unicast datagram in a multicast frame",
    "DUP_FRAG": "a fragment that is there already",
    "FRAG_REASM_TIMEOUT": "its other fragments did not come in time",
    "FRAG_INVALID": "a fragment that fits nowhere",
    "FRAG_EVICTED": "fragments use too much memory",
    "FRAG_NEEDED": "too long for the link, and must not be fragmented",
    "ICMP_CSUM": "a bad ICMP checksum",
    "ICMP_INVALID": "a malformed ICMP message",
    "ICMP_RATELIMIT": "the ICMP rate limit is reached",
    "ICMP_IGNORED": "an ICMP message that we ignore",
    "IGMP_INVALID": "a malformed IGMP message",
    "UDP_CSUM": "a bad UDP checksum",
    "UDP_LEN": "its UDP length is wrong",
    "TCP_CSUM": "a bad TCP checksum",
    "TCP_INVALID_HDR": "a malformed TCP header",
    "TCP_FLAGS": "TCP flags that make no sense in this state",
    "TCP_ZEROWINDOW": "data for a closed window",
    "TCP_OLD_DATA": "data that was received before",
    "TCP_OVERWINDOW": "data beyond the window",
    "TCP_OFOMERGE": "out-of-order data that is there already",
    "TCP_RFC7323_PAWS": "its timestamp is old (PAWS)",
    "TCP_INVALID_SEQUENCE": "a sequence number outside the window",
    "TCP_INVALID_SYN": "a SYN in the middle of a connection",
    "TCP_RESET": "the connection was reset",
    "TCP_CLOSE": "the connection is closed",
    "TCP_OLD_ACK": "an acknowledgement that is old",
    "TCP_TOO_OLD_ACK": "an acknowledgement that is too old to be true",
    "TCP_ACK_UNSENT_DATA": "it acknowledges what was never sent",
    "TCP_OFO_QUEUE_PRUNE": "out-of-order data thrown out for want of memory",
    "TCP_LISTEN_OVERFLOW": "the accept queue is full",
    "TCP_SYNQ_OVERFLOW": "the SYN queue is full",
    "TCP_COOKIE_INVALID": "a SYN cookie that does not hold",
    "TCP_ABORT_ON_DATA": "data for a socket nobody reads any more",
    "TCP_TIMEWAIT": "it came for a connection in TIME_WAIT",
    "TCP_MINTTL": "its TTL is below the socket's minimum",
    "TCP_MD5": "its MD5 signature is missing or wrong",
    "TCP_COLLAPSE": "its data was moved into another buffer",
    "VLAN": "no device for its VLAN",
    "BRIDGE": "the bridge does not forward it",
    "TUN_FILTER": "the filter of the tun device rejected it",
    "PACKET_SOCK": "a packet socket could not take it",
    "NETLINK_OVERRUN": "the netlink reader is too slow",
    "UNIX_DISCONNECT": "the peer of the UNIX socket is gone",
    "IPV6_DISABLED": "IPv6 is off on that device",
}


def register_drop_reason(name: str, meaning: str) -> int:
    """A number for a reason of a subsystem's own; the same for the same name."""
    for number, known in names.items():
        if known == name:
            return number
    number = max(FIRST_OWN, max(names) + 1)
    names[number] = name
    meanings[name] = meaning
    return number


def reason_name(reason: int) -> str:
    """SKB_DROP_REASON_IP_CSUM: IP_CSUM."""
    return names.get(reason, str(reason))


def reason_text(reason: int) -> str:
    """What it means, in words."""
    return meanings.get(reason_name(reason), "")


names: dict[int, str] = {
    number: key.removeprefix(PREFIX)
    for key, number in vars(const).items()
    if key.startswith(PREFIX)
}
meanings: dict[str, str] = dict(MEANINGS)
