"""struct rtable: an IPv4 route as the cache keeps it, and who continues a routed packet.

Linux: include/net/route.h

A cached route answers one question exactly: (daddr, saddr, tos, mark, device) of a packet to send
or of one that came in. What happens to a packet that follows it is written in `input_op` and
`output_op`. The stages that do it lie above routing (ip_local_deliver, ip_forward, ip_output …), so
they register here at boot:

    class IpLocalDeliver(DstInput):
        def input(self, skb): ...

    rt_register_input(RT_INPUT_LOCAL, IpLocalDeliver())        # in ip_input_init()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.structs.dst as dst_
import softnet.uapi.in_ as in_
from softnet.structs.dst import DstEntry, DstOps

if TYPE_CHECKING:
    from softnet.structs.fib import FibInfo
    from softnet.structs.inetpeer import InetPeer
    from softnet.structs.net_namespace import Net
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.skbuff import SkBuff

RTAX_MTU = 2

# Who continues a packet: names of the places in RtStages.
RT_INPUT_LOCAL = const.RT_INPUT_LOCAL  # ip_local_deliver()
RT_INPUT_FORWARD = const.RT_INPUT_FORWARD  # ip_forward()
RT_INPUT_MR = const.RT_INPUT_MR  # ip_mr_input(), where multicast is routed
RT_OUTPUT_UNICAST = const.RT_OUTPUT_UNICAST  # ip_output()
RT_OUTPUT_MC = const.RT_OUTPUT_MC  # ip_mc_output()


class DstInput:
    """dst->input as an object: one instance per stage."""

    __slots__ = ()

    def input(self, skb: SkBuff) -> int:
        """Consume skb, whose dst led here."""
        raise AssertionError("a packet was routed to a stage that is not there")


class DstOutput:
    """dst->output as an object."""

    __slots__ = ()

    def output(self, skb: SkBuff) -> int:
        """Consume skb, to be sent by its dst."""
        raise AssertionError("a packet was routed to a stage that is not there")


class RtIcmpOps:
    """What routing asks of ICMP; icmp registers the real one."""

    __slots__ = ()

    def icmp_send(self, skb_in: SkBuff, type: int, code: int, info: int) -> None:
        """icmp_send(): tell the sender of skb_in, which stays the caller's."""


class RtStages:
    """The registry of all this; one for the process, as it holds only code."""

    __slots__ = ("local", "forward", "mr", "unicast", "mc", "icmp", "local_out")

    local: DstInput
    forward: DstInput
    mr: DstInput
    unicast: DstOutput
    mc: DstOutput
    icmp: RtIcmpOps
    local_out: DstOutput  # __ip_local_out()

    def __init__(self) -> None:
        self.local = DstInput()
        self.forward = DstInput()
        self.mr = DstInput()
        self.unicast = DstOutput()
        self.mc = DstOutput()
        self.icmp = RtIcmpOps()
        self.local_out = DstOutput()


stages = RtStages()


def rt_stages() -> RtStages:
    """The registry, for those who route."""
    return stages


def rt_register_input(kind: int, op: DstInput) -> None:
    """From now on routes of that kind (RT_INPUT_*) hand received packets to op."""
    if kind == const.RT_INPUT_LOCAL:
        stages.local = op
    elif kind == const.RT_INPUT_FORWARD:
        stages.forward = op
    else:
        assert kind == const.RT_INPUT_MR
        stages.mr = op


def rt_register_output(kind: int, op: DstOutput) -> None:
    """From now on routes of that kind (RT_OUTPUT_*) hand packets to send to op."""
    if kind == const.RT_OUTPUT_UNICAST:
        stages.unicast = op
    else:
        assert kind == const.RT_OUTPUT_MC
        stages.mc = op


def rt_register_local_out(op: DstOutput) -> None:
    """DstOps.local_out() of IPv4: __ip_local_out()."""
    stages.local_out = op


def rt_register_icmp(op: RtIcmpOps) -> None:
    """Unreachable destinations, dead neighbours and redirects are told by op."""
    stages.icmp = op


class Rtable(DstEntry):
    """struct rtable."""

    __slots__ = (
        "rt_net",
        "rt_key_dst",
        "rt_key_src",
        "rt_key_tos",
        "rt_genid",
        "rt_flags",
        "rt_type",
        "rt_dst",
        "rt_src",
        "rt_route_iif",
        "rt_iif",
        "rt_oif",
        "rt_mark",
        "rt_gateway",
        "rt_spec_dst",
        "rt_peer_genid",
        "peer",
        "fi",
        "input_op",
        "output_op",
        "rt_next",
        "rt_hash",
        "rt_cached",
        "metrics_rw",
    )

    rt_net: Net
    rt_key_dst: int  # the question: what the flow said, 0 for "any"
    rt_key_src: int
    rt_key_tos: int
    rt_genid: int
    rt_flags: int  # RTCF_*
    rt_type: int  # RTN_*
    rt_dst: int  # the answer: where to and from
    rt_src: int
    rt_route_iif: int  # 0 for a packet made here
    rt_iif: int  # the device it came in by, or goes out by if made here
    rt_oif: int  # the device the flow asked for
    rt_mark: int
    rt_gateway: int  # the next hop: the gateway, or rt_dst itself
    rt_spec_dst: int  # RFC 1122 specific destination: the address to answer from
    rt_peer_genid: int
    peer: InetPeer | None
    fi: FibInfo | None  # whose metrics these are
    input_op: DstInput | None
    output_op: DstOutput | None
    rt_next: Rtable | None  # in the cache's bucket
    rt_hash: int  # before masking
    rt_cached: bool
    metrics_rw: bool  # metrics is ours or the peer's; else shared with the fib or with all

    def __init__(self, ops: DstOps, dev: NetDevice | None) -> None:
        DstEntry.__init__(self, ops, dev)
        self.rt_net = ops.net
        self.rt_key_dst = 0
        self.rt_key_src = 0
        self.rt_key_tos = 0
        self.rt_genid = 0
        self.rt_flags = 0
        self.rt_type = 0
        self.rt_dst = 0
        self.rt_src = 0
        self.rt_route_iif = 0
        self.rt_iif = 0
        self.rt_oif = 0
        self.rt_mark = 0
        self.rt_gateway = 0
        self.rt_spec_dst = 0
        self.rt_peer_genid = 0
        self.peer = None
        self.fi = None
        self.input_op = None
        self.output_op = None
        self.rt_next = None
        self.rt_hash = 0
        self.rt_cached = False
        self.metrics_rw = False

    def input(self, skb: SkBuff) -> int:
        """dst_input()"""
        return self.input_op.input(skb)  # type: ignore[union-attr]  # input routes have one

    def output(self, skb: SkBuff) -> int:
        """dst_output()"""
        return self.output_op.output(skb)  # type: ignore[union-attr]  # every route has one

    def metric_set(self, index: int, value: int) -> None:
        """ipv4_cow_metrics(): a fib entry's metrics are shared; the peer's are for writing."""
        peer = self.peer
        if not self.metrics_rw:
            if peer is None:
                self.metrics = self.metrics[:]
            else:
                if peer.metrics_new:
                    peer.metrics = self.metrics[:]
                    peer.metrics_new = False
                self.metrics = peer.metrics
            self.metrics_rw = True
            self.fi = None
        self.metrics[index] = value

    def mtu(self) -> int:
        """ipv4_mtu(): the metric counts for what this host sends, not for what it forwards."""
        if self.rt_route_iif == 0 and self.metrics is not dst_.NO_METRICS:
            mtu = self.metrics[RTAX_MTU]
            if mtu:
                return mtu
        if self.rt_gateway == self.rt_dst:  # a locked metric counts through a gateway only
            mtu = self.dev.mtu  # type: ignore[union-attr]  # a route has a device
            return mtu if mtu < in_.IP_MAX_MTU else in_.IP_MAX_MTU
        return self.ops.default_mtu(self)

    def is_input_route(self) -> bool:
        """rt_is_input_route(): made for a packet that came in."""
        return self.rt_route_iif != 0

    def is_output_route(self) -> bool:
        """rt_is_output_route(): made for a packet made here."""
        return self.rt_route_iif == 0
