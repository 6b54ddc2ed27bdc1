"""Who handles which IP protocol number.

Linux: net/ipv4/protocol.c

A transport registers a NetProtocol; ip_local_deliver_finish(), ICMP's error handling and the
offloads ask here.
"""

from __future__ import annotations

from softnet.structs.protocol import NetProtocol

MAX_INET_PROTOS = 256

inet_protos: list[NetProtocol | None] = [None] * MAX_INET_PROTOS


def inet_protocol(protocol: int) -> NetProtocol | None:
    """inet_protos[protocol]"""
    return inet_protos[protocol & 0xFF]


def inet_add_protocol(prot: NetProtocol, protocol: int) -> int:
    """inet_add_protocol(): 0, or -1 if another has that number."""
    slot = protocol & 0xFF
    old = inet_protos[slot]
    if old is not None and old is not prot:
        return -1
    inet_protos[slot] = prot
    return 0


def inet_del_protocol(prot: NetProtocol, protocol: int) -> int:
    """inet_del_protocol(): 0, or -1 if it was not prot's."""
    slot = protocol & 0xFF
    if inet_protos[slot] is not prot:
        return -1
    inet_protos[slot] = None
    return 0
