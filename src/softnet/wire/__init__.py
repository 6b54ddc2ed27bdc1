"""Codecs: bytes on the wire and values in the host. Byte order exists here and in arch/ only.

A header is a view (buf, off): IpHdr, TcpHdr, ... have one method for each field, named as the C
struct's member, and set_*() beside it. Views trust that their bytes are there; the layer that asks
for one proves it first. May import softnet.arch and softnet.uapi.

    ethernet vlan arp ip icmp igmp udp tcp    header views, compiled
    ip_options tcp_options                    options as values, and back
    checksum addr build                       whole packets from numbers, for tests and tools
    dump pcap                                 frames as text, and as capture files

Read ip.py first, then build.py.
"""
