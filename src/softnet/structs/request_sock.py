"""struct request_sock: a connection that is not one yet, and the queues of a listener.

Linux: include/net/request_sock.h, include/net/inet_sock.h, include/linux/tcp.h

A SYN makes a TcpRequestSock: a hundred bytes instead of a socket. It waits in the listener's SYN
table (ListenSock) for the third segment of the handshake, and then, with its new socket in `sk`,
in the accept queue. Both belong to the listener's RequestSockQueue; what works on them is in
net/core/request_sock and net/ipv4/inet_connection_sock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.structs.inet_sock import IpOptions
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.sock import Sock


class RequestSockOps:
    """struct request_sock_ops: what the protocol does for its embryos. One instance each."""

    __slots__ = ("family",)

    family: int

    def __init__(self, family: int) -> None:
        self.family = family

    def rtx_syn_ack(self, sk: Sock, req: RequestSock) -> int:
        """Send the SYN-ACK again; 0 or -errno."""
        return 0

    def send_ack(self, sk: Sock, skb: SkBuff, req: RequestSock) -> None:
        """Answer a segment outside the window with an ACK."""

    def send_reset(self, sk: Sock, skb: SkBuff) -> None:
        """Answer skb with a reset; skb stays the caller's."""

    def syn_ack_timeout(self, sk: Sock, req: RequestSock) -> None:
        """Count a SYN-ACK that nobody answered."""

    def destructor(self, req: RequestSock) -> None:
        """req goes: give back what it holds."""


class RequestSock:
    """struct request_sock"""

    __slots__ = (
        "dl_next",
        "mss",
        "retrans",
        "cookie_ts",
        "window_clamp",
        "rcv_wnd",
        "ts_recent",
        "expires",
        "rsk_ops",
        "sk",
    )

    dl_next: RequestSock | None  # in the SYN table's chain, or in the accept queue
    mss: int  # what the peer said it takes, bytes
    retrans: int  # SYN-ACK timeouts so far
    cookie_ts: bool  # the timestamp carries options, syncookies
    window_clamp: int
    rcv_wnd: int  # 0: not chosen yet
    ts_recent: int
    expires: int  # jiffies: when the SYN-ACK is to be sent again
    rsk_ops: RequestSockOps
    sk: Sock | None  # the full socket, once the handshake is done

    def __init__(self, ops: RequestSockOps) -> None:
        init_request_sock(self, ops)


class InetRequestSock(RequestSock):
    """struct inet_request_sock"""

    __slots__ = (
        "loc_port",
        "loc_addr",
        "rmt_addr",
        "rmt_port",
        "snd_wscale",
        "rcv_wscale",
        "tstamp_ok",
        "sack_ok",
        "wscale_ok",
        "ecn_ok",
        "acked",
        "no_srccheck",
        "opt",
        "slot",
    )

    loc_port: int
    loc_addr: int
    rmt_addr: int
    rmt_port: int
    snd_wscale: int
    rcv_wscale: int
    tstamp_ok: bool
    sack_ok: bool
    wscale_ok: bool
    ecn_ok: bool
    acked: bool  # the final ACK came, but TCP_DEFER_ACCEPT waits for data
    no_srccheck: bool
    opt: IpOptions | None
    slot: int  # where in the SYN table

    def __init__(self, ops: RequestSockOps) -> None:
        init_inet_request_sock(self, ops)


class TcpRequestSock(InetRequestSock):
    """struct tcp_request_sock"""

    __slots__ = ("rcv_isn", "snt_isn", "snt_synack", "syn_data", "listener", "fastopen_cookie")

    rcv_isn: int
    snt_isn: int
    snt_synack: int  # jiffies of the first SYN-ACK, 0 once its round trip says nothing
    syn_data: int  # bytes of the SYN that were taken: Fast Open
    listener: Sock | None  # held: a Fast Open child awaits the last ACK
    fastopen_cookie: bytes | None  # for the SYN-ACK, option and all

    def __init__(self, ops: RequestSockOps) -> None:
        init_tcp_request_sock(self, ops)


def init_request_sock(req: RequestSock, ops: RequestSockOps) -> None:
    """What RequestSock.__init__() does."""
    req.dl_next = None
    req.mss = 0
    req.retrans = 0
    req.cookie_ts = False
    req.window_clamp = 0
    req.rcv_wnd = 0
    req.ts_recent = 0
    req.expires = 0
    req.rsk_ops = ops
    req.sk = None


def init_inet_request_sock(req: InetRequestSock, ops: RequestSockOps) -> None:
    """What InetRequestSock.__init__() does."""
    init_request_sock(req, ops)
    req.loc_port = 0
    req.loc_addr = 0
    req.rmt_addr = 0
    req.rmt_port = 0
    req.snd_wscale = 0
    req.rcv_wscale = 0
    req.tstamp_ok = False
    req.sack_ok = False
    req.wscale_ok = False
    req.ecn_ok = False
    req.acked = False
    req.no_srccheck = False
    req.opt = None
    req.slot = 0


def init_tcp_request_sock(req: TcpRequestSock, ops: RequestSockOps) -> None:
    """What TcpRequestSock.__init__() does."""
    init_inet_request_sock(req, ops)
    req.rcv_isn = 0
    req.snt_isn = 0
    req.snt_synack = 0
    req.syn_data = 0
    req.listener = None
    req.fastopen_cookie = None


def new_tcp_request_sock(ops: RequestSockOps) -> TcpRequestSock:
    """TcpRequestSock(ops), without a call of Python's when compiled."""
    req = TcpRequestSock.__new__(TcpRequestSock)
    init_tcp_request_sock(req, ops)
    return req


class ListenSock:
    """struct listen_sock: the SYN table of one listener, nr_table_entries chains."""

    __slots__ = (
        "max_qlen_log",
        "synflood_warned",
        "qlen",
        "qlen_young",
        "clock_hand",
        "hash_rnd",
        "nr_table_entries",
        "syn_table",
    )

    max_qlen_log: int  # the queue is full at 1 << this
    synflood_warned: bool
    qlen: int
    qlen_young: int  # those whose SYN-ACK was sent once only
    clock_hand: int  # where the SYN-ACK timer goes on
    hash_rnd: int
    nr_table_entries: int  # a power of two
    syn_table: list[RequestSock | None]

    def __init__(self, nr_table_entries: int, max_qlen_log: int, hash_rnd: int) -> None:
        self.max_qlen_log = max_qlen_log
        self.synflood_warned = False
        self.qlen = 0
        self.qlen_young = 0
        self.clock_hand = 0
        self.hash_rnd = hash_rnd
        self.nr_table_entries = nr_table_entries
        self.syn_table = [None] * nr_table_entries


class FastopenQueue:
    """struct fastopen_queue: a listener that takes data in SYNs, and how many it has at once."""

    __slots__ = ("max_qlen", "qlen", "rst")

    max_qlen: int
    qlen: int  # children before their last ACK, and rst
    rst: list[RequestSock]  # those that a RST ended: they count for a minute more

    def __init__(self, max_qlen: int) -> None:
        self.max_qlen = max_qlen
        self.qlen = 0
        self.rst = []


class RequestSockQueue:
    """struct request_sock_queue: a listener's accept queue, and its SYN table."""

    __slots__ = (
        "rskq_accept_head",
        "rskq_accept_tail",
        "rskq_defer_accept",
        "listen_opt",
        "fastopenq",
    )

    rskq_accept_head: RequestSock | None
    rskq_accept_tail: RequestSock | None
    rskq_defer_accept: int  # SYN-ACK retransmissions that TCP_DEFER_ACCEPT stands for
    listen_opt: ListenSock | None  # None while not listening
    fastopenq: FastopenQueue | None  # TCP_FASTOPEN

    def __init__(self) -> None:
        self.rskq_accept_head = None
        self.rskq_accept_tail = None
        self.rskq_defer_accept = 0
        self.listen_opt = None
        self.fastopenq = None
