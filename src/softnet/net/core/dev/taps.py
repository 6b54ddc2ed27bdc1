"""Who receives frames: handlers by protocol, and taps, which see everything.

Linux: ptype_base, ptype_all, dev_add_pack(), dev_queue_xmit_nit() of net/core/dev.c

Protocols register once at boot, for every host (dev_add_pack(pt)): code only, no state. Packet
sockets and captures register with their namespace (dev_add_pack(pt, net)): a tap (ETH_P_ALL) for
one device or for all, or a handler for one protocol. One frame that several want is shared by
counting skb.users; whoever changes it copies first (skb_share_check).

Differs from Linux: its two lists are for all namespaces, and each tap looks whether it is meant.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_packet as if_packet
from softnet.kernel.printk import net_ratelimit, printk
from softnet.machine.cpu import this_cpu
from softnet.net.core.skbuff import consume_skb, skb_clone
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice, PacketType, PtypeBucket
from softnet.structs.skbuff import SkBuff

PTYPE_HASH_SIZE = 16
PTYPE_HASH_MASK = PTYPE_HASH_SIZE - 1


# ptype_base: the protocols of every host.
ptype_base: list[PtypeBucket] = [PtypeBucket() for _ in range(PTYPE_HASH_SIZE)]


def dev_add_pack(pt: PacketType, net: Net | None = None) -> None:
    """Let pt.rcv() have the frames of its type: on every host, or in one namespace."""
    if net is None:
        assert pt.type != if_ether.ETH_P_ALL, "a tap belongs to a namespace"
        assert pt.dev is None
        add_to(ptype_base, pt)
    elif pt.type == if_ether.ETH_P_ALL:
        if pt.dev is None:
            pt.next = net.ptype_all
            net.ptype_all = pt
        else:
            pt.next = pt.dev.ptype_taps
            pt.dev.ptype_taps = pt
            pt.dev.tap_count += 1
    else:
        if net.ptype_base is None:
            net.ptype_base = [PtypeBucket() for _ in range(PTYPE_HASH_SIZE)]
        add_to(net.ptype_base, pt)


def dev_remove_pack(pt: PacketType, net: Net | None = None) -> None:
    """Undo dev_add_pack(pt, net). From here on pt sees no frame."""
    found = False
    if net is None:
        found = remove_from(ptype_base, pt)
    elif pt.type == if_ether.ETH_P_ALL:
        if pt.dev is None:
            net.ptype_all, found = unlink_pack(net.ptype_all, pt)
        else:
            pt.dev.ptype_taps, found = unlink_pack(pt.dev.ptype_taps, pt)
            pt.dev.tap_count -= found
    elif net.ptype_base is not None:
        found = remove_from(net.ptype_base, pt)
        if is_empty(net.ptype_base):
            net.ptype_base = None
    if not found:
        printk(const.KERN_WARNING, f"dev_remove_pack: {pt.func_name()} not found.")


def bucket_of(base: list[PtypeBucket], type: int) -> PtypeBucket:
    """The bucket of an EtherType."""
    return base[type & PTYPE_HASH_MASK]


def is_empty(base: list[PtypeBucket]) -> bool:
    """Is no handler left?"""
    for bucket in base:  # noqa: SIM110  # compiled code takes no generator expression
        if bucket.first is not None:
            return False
    return True


def add_to(base: list[PtypeBucket], pt: PacketType) -> None:
    """Put pt in front of its bucket."""
    bucket = bucket_of(base, pt.type)
    p = bucket.first
    while p is not None:
        assert p is not pt, "dev_add_pack() of one packet type twice"
        p = p.next
    pt.next = bucket.first
    bucket.first = pt


def remove_from(base: list[PtypeBucket], pt: PacketType) -> bool:
    """Take pt out of its bucket; was it there?"""
    bucket = bucket_of(base, pt.type)
    bucket.first, found = unlink_pack(bucket.first, pt)
    return found


def unlink_pack(first: PacketType | None, pt: PacketType) -> tuple[PacketType | None, bool]:
    """The list without pt, and whether it was there.

    pt.next stays: a delivery that is just at pt goes on from it.
    """
    if first is pt:
        return pt.next, True
    p = first
    while p is not None:
        if p.next is pt:
            p.next = pt.next
            return first, True
        p = p.next
    return first, False


def ptype_first(type: int) -> PacketType | None:
    """The first boot-time handler in the bucket of an EtherType."""
    return bucket_of(ptype_base, type).first


def net_ptype_first(net: Net, type: int) -> PacketType | None:
    """The first of net's own handlers in the bucket of an EtherType."""
    base = net.ptype_base
    return None if base is None else bucket_of(base, type).first


def find_ptype(type: int) -> PacketType | None:
    """The boot-time handler of an EtherType, for GSO and GRO; None if there is none."""
    pt = bucket_of(ptype_base, type).first
    while pt is not None:
        if pt.type == type:
            return pt
        pt = pt.next
    return None


def ptype_list(net: Net) -> list[PacketType]:
    """Every packet type that net sees, taps first: /proc/net/ptype."""
    firsts = [net.ptype_all]
    firsts += [dev.ptype_taps for dev in net.dev_base]
    for bucket in range(PTYPE_HASH_SIZE):
        firsts.append(ptype_first(bucket))
        firsts.append(net_ptype_first(net, bucket))
    found = []
    for first in firsts:
        pt = first
        while pt is not None:
            found.append(pt)
            pt = pt.next
    return found


def deliver_skb(skb: SkBuff, pt: PacketType, orig_dev: NetDevice | None) -> int:
    """Give pt a share of skb; the caller keeps its own."""
    if trace.deliver_skb.enabled:
        trace.deliver_skb.fire(skb)
    assert skb.dev is not None
    skb.users += 1
    return pt.rcv(skb, skb.dev, orig_dev)


def dev_queue_xmit_nit(skb: SkBuff, dev: NetDevice) -> None:
    """Show the taps of dev a copy of what is about to be sent. skb stays the caller's.

    The sender's own tap is left out. The copy says PACKET_OUTGOING, and its headers are set
    as a receiver expects them.
    """
    skb2 = nit_list(skb, None, dev, dev.nd_net.ptype_all)
    skb2 = nit_list(skb, skb2, dev, dev.ptype_taps)
    if skb2 is not None:
        consume_skb(skb2)


def nit_list(
    skb: SkBuff, skb2: SkBuff | None, dev: NetDevice, first: PacketType | None
) -> SkBuff | None:
    """Deliver the copy skb2 (made when the first tap wants it) to a list of taps; answer it."""
    pt = first
    while pt is not None:
        if pt.af_packet_priv is None or pt.af_packet_priv is not skb.sk:
            if skb2 is None:
                skb2 = nit_clone(skb, dev)
                if skb2 is None:
                    return None
            skb2.users += 1
            pt.rcv(skb2, dev, dev)
        pt = pt.next
    return skb2


def nit_clone(skb: SkBuff, dev: NetDevice) -> SkBuff | None:
    """A clone of an outgoing skb as taps want it; None without memory."""
    skb2 = skb_clone(skb)
    if skb2 is None:
        return None
    core = dev.nd_net.core
    cpu = this_cpu()
    skb2.tstamp = cpu.machine.clock.now if core.netstamp_needed else 0
    skb2.reset_mac_header()
    if skb2.network_header < skb2.data or skb2.network_header > skb2.tail:
        if net_ratelimit():
            printk(const.KERN_CRIT, f"protocol {skb2.protocol:04x} is buggy, dev {dev.name}")
        skb2.reset_network_header()
    skb2.transport_header = skb2.network_header
    skb2.pkt_type = if_packet.PACKET_OUTGOING
    return skb2
