"""struct udp_sock: a UDP or UDP-Lite socket.

Linux: include/linux/udp.h, include/net/udplite.h
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softnet.net.ipv4.sock_destruct import inet_sock_destruct
from softnet.structs.flow import Flowi4
from softnet.structs.inet_sock import InetSock
from softnet.structs.sock import Proto

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net

# pcflag
UDPLITE_BIT = 0x1  # a UDP-Lite socket
UDPLITE_SEND_CC = 0x2  # UDPLITE_SEND_CSCOV was set
UDPLITE_RECV_CC = 0x4  # UDPLITE_RECV_CSCOV was set


class UdpSock(InetSock):
    """struct udp_sock."""

    __slots__ = (
        "pending",
        "corkflag",
        "encap_type",
        "ulen",
        "pcflag",
        "pcslen",
        "pcrlen",
        "hashed",
        "udp_port_hash",
        "udp_portaddr_hash",
        "udp_portaddr_next",
        "ipv6only",
        "cork_fl4",
        "conn_fl4",
    )

    pending: int  # AF_INET while a datagram is being built
    corkflag: bool  # UDP_CORK
    encap_type: int
    ulen: int  # up->len: bytes of the datagram being built, UDP header included
    pcflag: int
    pcslen: int  # checksum coverage in bytes: of what is sent
    pcrlen: int  # and the least accepted
    hashed: bool
    udp_port_hash: int  # the local port; the slot before masking
    udp_portaddr_hash: int
    udp_portaddr_next: UdpSock | None  # link in the second table
    ipv6only: bool
    cork_fl4: Flowi4  # cork.fl: the flow of the datagram being built
    conn_fl4: Flowi4  # the flow of a connected socket

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        InetSock.__init__(self, prot, net, family)
        self.pending = 0
        self.corkflag = False
        self.encap_type = 0
        self.ulen = 0
        self.pcflag = 0
        self.pcslen = 0
        self.pcrlen = 0
        self.hashed = False
        self.udp_port_hash = 0
        self.udp_portaddr_hash = 0
        self.udp_portaddr_next = None
        self.ipv6only = False
        self.cork_fl4 = Flowi4()
        self.conn_fl4 = Flowi4()

    def sk_destruct(self) -> None:
        inet_sock_destruct(self)
