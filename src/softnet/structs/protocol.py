"""struct net_protocol and struct inet_protosw: who handles an IP protocol number, and its sockets.

Linux: include/net/protocol.h. The registries are in net/ipv4/protocol and net/ipv4/af_inet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
from softnet.structs.sock import Proto
from softnet.structs.socket import ProtoOps

if TYPE_CHECKING:
    from softnet.structs.skbuff import SkBuff

INET_PROTOSW_REUSE = 0x01
INET_PROTOSW_PERMANENT = 0x02
INET_PROTOSW_ICSK = 0x04


class NetProtocol:
    """struct net_protocol: subclass per protocol, one instance in inet_protos[]."""

    __slots__ = ("no_policy", "netns_ok")

    no_policy: bool
    netns_ok: bool

    def __init__(self) -> None:
        self.no_policy = True
        self.netns_ok = True

    def handler(self, skb: SkBuff) -> int:
        """Consume skb, data at the transport header. 0; negative to be resubmitted as -protocol."""
        return 0

    def err_handler(self, skb: SkBuff, info: int) -> None:
        """An ICMP error about a packet of ours: skb.data at the embedded IP header (skb is the
        ICMP layer's), icmp_hdr(skb) the error, info its MTU or gateway."""

    def gso_send_check(self, skb: SkBuff) -> int:
        """0 or -errno."""
        return 0

    def gso_segment(self, skb: SkBuff, features: int) -> SkBuff | None:
        """Cut skb, data at the transport header, into a list linked by next."""
        return None

    def gro_receive(self, napi_head: object, skb: SkBuff) -> int:
        """const.GRO_*; GRO_NORMAL: this protocol merges nothing."""
        return const.GRO_NORMAL

    def gro_complete(self, skb: SkBuff) -> int:
        """0 or -errno."""
        return 0


class InetProtosw:
    """struct inet_protosw: (type, protocol) -> Proto and ProtoOps, for inet_create()."""

    __slots__ = ("type", "protocol", "prot", "ops", "no_check", "flags")

    type: int
    protocol: int
    prot: Proto
    ops: ProtoOps
    no_check: int
    flags: int

    def __init__(
        self, type: int, protocol: int, prot: Proto, ops: ProtoOps, no_check: int, flags: int
    ) -> None:
        self.type = type
        self.protocol = protocol
        self.prot = prot
        self.ops = ops
        self.no_check = no_check
        self.flags = flags
