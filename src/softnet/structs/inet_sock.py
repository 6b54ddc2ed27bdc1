"""struct inet_sock: what every IPv4 socket has.

Linux: include/net/inet_sock.h
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softnet.structs.sock import Proto, Sock, init_sock

if TYPE_CHECKING:
    from softnet.structs.dst import DstEntry
    from softnet.structs.net_namespace import Net

IPCORK_OPT = 1
IPCORK_ALLFRAG = 2


class IpOptions:
    """struct ip_options: an option area, parsed. Offsets count from the IP header's first byte."""

    __slots__ = (
        "faddr",
        "nexthop",
        "optlen",
        "srr",
        "rr",
        "ts",
        "is_strictroute",
        "srr_is_hit",
        "is_changed",
        "rr_needaddr",
        "ts_needtime",
        "ts_needaddr",
        "router_alert",
        "cipso",
        "data",
    )

    faddr: int  # first hop of a source route
    nexthop: int
    optlen: int
    srr: int
    rr: int
    ts: int
    is_strictroute: bool
    srr_is_hit: bool
    is_changed: bool
    rr_needaddr: bool
    ts_needtime: bool
    ts_needaddr: bool
    router_alert: int
    cipso: int
    data: bytearray  # the area as it will be sent, padded to 4 bytes

    def __init__(self) -> None:
        self.faddr = 0
        self.nexthop = 0
        self.optlen = 0
        self.srr = 0
        self.rr = 0
        self.ts = 0
        self.is_strictroute = False
        self.srr_is_hit = False
        self.is_changed = False
        self.rr_needaddr = False
        self.ts_needtime = False
        self.ts_needaddr = False
        self.router_alert = 0
        self.cipso = 0
        self.data = bytearray()


class InetCork:
    """struct inet_cork: the datagram being built under MSG_MORE or UDP_CORK."""

    __slots__ = ("flags", "addr", "opt", "fragsize", "length", "dst", "tx_flags", "saddr", "page")

    flags: int  # IPCORK_*
    addr: int
    opt: IpOptions | None
    fragsize: int
    length: int
    dst: DstEntry | None
    tx_flags: int
    saddr: int
    page: object

    def __init__(self) -> None:
        self.flags = 0
        self.addr = 0
        self.opt = None
        self.fragsize = 0
        self.length = 0
        self.dst = None
        self.tx_flags = 0
        self.saddr = 0
        self.page = None


class InetSock(Sock):
    """struct inet_sock."""

    __slots__ = (
        "inet_daddr",
        "inet_rcv_saddr",
        "inet_saddr",
        "inet_dport",
        "inet_num",
        "inet_sport",
        "inet_id",
        "inet_opt",
        "uc_ttl",
        "cmsg_flags",
        "tos",
        "min_ttl",
        "mc_ttl",
        "pmtudisc",
        "recverr",
        "is_icsk",
        "freebind",
        "hdrincl",
        "mc_loop",
        "transparent",
        "mc_all",
        "nodefrag",
        "mc_index",
        "mc_addr",
        "mc_list",
        "cork",
        "defer_connect",
    )

    inet_daddr: int  # addresses and ports are host integers
    inet_rcv_saddr: int
    inet_saddr: int
    inet_dport: int
    inet_num: int  # local port, 0 while unbound (raw: the protocol)
    inet_sport: int
    inet_id: int
    inet_opt: IpOptions | None
    uc_ttl: int  # -1: the route's
    cmsg_flags: int  # IP_CMSG_*
    tos: int
    min_ttl: int
    mc_ttl: int
    pmtudisc: int
    recverr: bool
    is_icsk: bool
    freebind: bool
    hdrincl: bool
    mc_loop: bool
    transparent: bool
    mc_all: bool
    nodefrag: bool
    mc_index: int
    mc_addr: int
    mc_list: list[object]  # ip_mc_socklist
    cork: InetCork | None  # made by the first MSG_MORE
    defer_connect: bool  # connect() was called, its SYN waits for data: TCP_FASTOPEN_CONNECT

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        init_inet_sock(self, prot, net, family)


def init_inet_sock(sk: InetSock, prot: Proto, net: Net, family: int) -> None:
    """What InetSock.__init__() does."""
    init_sock(sk, prot, net, family)
    sk.inet_daddr = 0
    sk.inet_rcv_saddr = 0
    sk.inet_saddr = 0
    sk.inet_dport = 0
    sk.inet_num = 0
    sk.inet_sport = 0
    sk.inet_id = 0
    sk.inet_opt = None
    sk.uc_ttl = -1
    sk.cmsg_flags = 0
    sk.tos = 0
    sk.min_ttl = 0
    sk.mc_ttl = 1
    sk.pmtudisc = 1
    sk.recverr = False
    sk.is_icsk = False
    sk.freebind = False
    sk.hdrincl = False
    sk.mc_loop = True
    sk.transparent = False
    sk.mc_all = True
    sk.nodefrag = False
    sk.mc_index = 0
    sk.mc_addr = 0
    sk.mc_list = []
    sk.cork = None
    sk.defer_connect = False
