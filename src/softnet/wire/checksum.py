"""The Internet checksum of whole messages, for builders, tools and tests.

The data path sums in place and in parts: softnet.arch.csum. RFC 1071.
"""

from __future__ import annotations

import softnet.arch.csum as csum


def checksum(data: bytes | bytearray) -> int:
    """The checksum over data: what an IP, ICMP or IGMP header carries. 0 over sound data."""
    return csum.ip_compute_csum(data, 0, len(data))


def transport_checksum(saddr: int, daddr: int, proto: int, segment: bytes | bytearray) -> int:
    """The checksum over a TCP or UDP segment and its pseudo header. 0 over a sound segment.

    UDP sends 0xffff where this is 0: see build_udp().
    """
    s = csum.csum_partial(segment, 0, len(segment), 0)
    return csum.csum_tcpudp_magic(saddr, daddr, len(segment), proto, s)
