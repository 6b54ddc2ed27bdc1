"""struct inet_connection_sock: what every connection-oriented IPv4 socket has.

Linux: include/net/inet_connection_sock.h, include/net/inet_hashtables.h

Ports, listening, the three timers, the state of delayed acknowledgement and of path MTU search, and
the slots where congestion control and the address family plug in. The functions are in
net/ipv4/inet_connection_sock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
from softnet.structs.inet_sock import InetSock, init_inet_sock
from softnet.structs.request_sock import RequestSockQueue

if TYPE_CHECKING:
    from softnet.kernel.timer import Timer
    from softnet.structs.inet_timewait_sock import InetTimewaitSock
    from softnet.structs.net_namespace import Net
    from softnet.structs.request_sock import RequestSock
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.sock import Proto, Sock


class InetBindBucket:
    """struct inet_bind_bucket: who holds one local port."""

    __slots__ = (
        "port",
        "fastreuse",
        "fastreuseport",
        "fastuid",
        "num_owners",
        "owners",
        "tw_owners",
    )

    port: int
    fastreuse: int  # 1: all owners said SO_REUSEADDR and none listens; 0 not; -1 taken by a connect
    fastreuseport: bool  # all owners said SO_REUSEPORT and are fastuid's
    fastuid: int
    num_owners: int
    owners: Sock | None  # through sk_bind_next
    tw_owners: InetTimewaitSock | None  # those in TIME_WAIT, through tw_bind_next

    def __init__(self, port: int) -> None:
        self.port = port
        self.fastreuse = 0
        self.fastreuseport = False
        self.fastuid = 0
        self.num_owners = 0
        self.owners = None
        self.tw_owners = None


class InetConnectionSockAfOps:
    """struct inet_connection_sock_af_ops: the address family's part of a connection."""

    __slots__ = ("net_header_len",)

    net_header_len: int  # bytes of a header without options

    def __init__(self, net_header_len: int) -> None:
        self.net_header_len = net_header_len

    def queue_xmit(self, skb: SkBuff) -> int:
        """Hand skb, which has its transport header, to the network layer."""
        return 0

    def send_check(self, sk: InetConnectionSock, skb: SkBuff) -> None:
        """Fill in the checksum of the transport header."""

    def rebuild_header(self, sk: InetConnectionSock) -> int:
        """Make sure there is a route, choosing anew if need be; 0 or -errno."""
        return 0

    def conn_request(self, sk: InetConnectionSock, skb: SkBuff) -> int:
        """A SYN for the listener sk; skb stays the caller's. Nonzero: answer with a reset."""
        return -1

    def syn_recv_sock(
        self, sk: InetConnectionSock, skb: SkBuff, req: RequestSock
    ) -> InetConnectionSock | None:
        """The handshake of req is complete: the new socket, None if it cannot be made."""
        return None

    def remember_stamp(self, sk: InetConnectionSock) -> bool:
        """Keep the peer's last timestamp; True if that could be done."""
        return False


class InetConnectionSock(InetSock):
    """struct inet_connection_sock. Times in jiffies unless said otherwise."""

    __slots__ = (
        "icsk_accept_queue",
        "icsk_bind_hash",
        "icsk_hashed",
        "icsk_timeout",
        "icsk_retransmit_timer",
        "icsk_delack_timer",
        "icsk_rto",
        "icsk_pmtu_cookie",
        "icsk_ca_priv",
        "icsk_af_ops",
        "icsk_ca_state",
        "icsk_retransmits",
        "icsk_pending",
        "icsk_backoff",
        "icsk_syn_retries",
        "icsk_probes_out",
        "icsk_ext_hdr_len",
        "icsk_ack_pending",
        "icsk_ack_quick",
        "icsk_ack_pingpong",
        "icsk_ack_blocked",
        "icsk_ack_ato",
        "icsk_ack_timeout",
        "icsk_ack_lrcvtime",
        "icsk_ack_last_seg_size",
        "icsk_ack_rcv_mss",
        "icsk_mtup_enabled",
        "icsk_mtup_search_high",
        "icsk_mtup_search_low",
        "icsk_mtup_probe_size",
        "icsk_user_timeout",
    )

    icsk_accept_queue: RequestSockQueue | None  # made by the first listen()
    icsk_bind_hash: InetBindBucket | None
    icsk_hashed: int  # 0 in no table, 1 among the connections, 2 among the listeners
    icsk_timeout: int  # when the retransmit timer is really due
    icsk_retransmit_timer: Timer | None
    icsk_delack_timer: Timer | None
    icsk_rto: int
    icsk_pmtu_cookie: int  # the path MTU that mss_cache was computed from, bytes
    icsk_ca_priv: object  # the algorithm's own state
    icsk_af_ops: InetConnectionSockAfOps
    icsk_ca_state: int  # TCP_CA_*
    icsk_retransmits: int
    icsk_pending: int  # ICSK_TIME_*
    icsk_backoff: int
    icsk_syn_retries: int  # 0: the sysctl's
    icsk_probes_out: int
    icsk_ext_hdr_len: int  # bytes of IP options
    icsk_ack_pending: int  # ICSK_ACK_*
    icsk_ack_quick: int  # acknowledgements left to send at once
    icsk_ack_pingpong: bool  # interactive: delay them
    icsk_ack_blocked: bool  # the delack timer found the socket owned
    icsk_ack_ato: int
    icsk_ack_timeout: int
    icsk_ack_lrcvtime: int
    icsk_ack_last_seg_size: int
    icsk_ack_rcv_mss: int
    icsk_mtup_enabled: bool
    icsk_mtup_search_high: int
    icsk_mtup_search_low: int
    icsk_mtup_probe_size: int  # bytes, 0 while no probe is out
    icsk_user_timeout: int  # TCP_USER_TIMEOUT, 0 for none

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        init_inet_connection_sock(self, prot, net, family)

    def ack_init(self) -> None:
        """inet_csk_delack_init(): forget all about delayed acknowledgement."""
        self.icsk_ack_pending = 0
        self.icsk_ack_quick = 0
        self.icsk_ack_pingpong = False
        self.icsk_ack_blocked = False
        self.icsk_ack_ato = 0
        self.icsk_ack_timeout = 0
        self.icsk_ack_lrcvtime = 0
        self.icsk_ack_last_seg_size = 0
        self.icsk_ack_rcv_mss = 0

    def schedule_ack(self) -> None:
        """inet_csk_schedule_ack(): something arrived that wants acknowledging."""
        self.icsk_ack_pending |= const.ICSK_ACK_SCHED

    def ack_scheduled(self) -> bool:
        """inet_csk_ack_scheduled()"""
        return self.icsk_ack_pending & const.ICSK_ACK_SCHED != 0

    def in_pingpong_mode(self) -> bool:
        """icsk_ack.pingpong: an interactive session?"""
        return self.icsk_ack_pingpong

    def accept_queue_is_full(self) -> bool:
        """sk_acceptq_is_full(): 3.2 lets one more in than the backlog says."""
        return self.sk_ack_backlog > self.sk_max_ack_backlog


def init_inet_connection_sock(sk: InetConnectionSock, prot: Proto, net: Net, family: int) -> None:
    """What InetConnectionSock.__init__() does."""
    init_inet_sock(sk, prot, net, family)
    sk.icsk_accept_queue = None
    sk.icsk_bind_hash = None
    sk.icsk_hashed = 0
    sk.icsk_timeout = 0
    sk.icsk_retransmit_timer = None
    sk.icsk_delack_timer = None
    sk.icsk_rto = 0
    sk.icsk_pmtu_cookie = 0
    sk.icsk_ca_priv = None
    sk.icsk_af_ops = None  # type: ignore[assignment]  # see above
    sk.icsk_ca_state = 0
    sk.icsk_retransmits = 0
    sk.icsk_pending = 0
    sk.icsk_backoff = 0
    sk.icsk_syn_retries = 0
    sk.icsk_probes_out = 0
    sk.icsk_ext_hdr_len = 0
    sk.ack_init()
    sk.icsk_mtup_enabled = False
    sk.icsk_mtup_search_high = 0
    sk.icsk_mtup_search_low = 0
    sk.icsk_mtup_probe_size = 0
    sk.icsk_user_timeout = 0


def icsk_queue(icsk: InetConnectionSock) -> RequestSockQueue:
    """The queues of icsk, made now if there are none."""
    queue = icsk.icsk_accept_queue
    if queue is None:
        queue = RequestSockQueue()
        icsk.icsk_accept_queue = queue
    return queue
