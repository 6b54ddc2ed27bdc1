"""struct inet_timewait_sock: what is left of a connection after both sides closed it.

Linux: include/net/inet_timewait_sock.h, include/linux/tcp.h

A TIME_WAIT connection needs an answer for late segments and nothing else: a mini-socket of a few
words stands in for the socket, in the second chain of its hash bucket. It is not a Sock.
The wheels that end it are in net/ipv4/inet_timewait_sock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.structs.inet_connection_sock import InetBindBucket
    from softnet.structs.net_namespace import Net


class InetTimewaitSock:
    """struct inet_timewait_sock and tcp_timewait_sock in one: TCP is its only user."""

    __slots__ = (
        "tw_net",
        "tw_next",
        "tw_prev",
        "tw_hash",
        "tw_death_next",
        "tw_death_prev",
        "tw_death_slot",
        "tw_tb",
        "tw_daddr",
        "tw_rcv_saddr",
        "tw_dport",
        "tw_num",
        "tw_bound_dev_if",
        "tw_substate",
        "tw_reuse",
        "tw_reuseport",
        "tw_rcv_wscale",
        "tw_tos",
        "tw_transparent",
        "tw_mark",
        "tw_timeout",
        "tw_ttd",
        "tw_rcv_nxt",
        "tw_snd_nxt",
        "tw_rcv_wnd",
        "tw_ts_recent",
        "tw_ts_recent_stamp",
        "tw_bind_next",
        "tw_bind_prev",
        "tw_md5_key",
    )

    tw_net: Net
    tw_next: InetTimewaitSock | None  # in the hash bucket's second chain
    tw_prev: InetTimewaitSock | None
    tw_hash: int
    tw_death_next: InetTimewaitSock | None  # in its slot of a death wheel
    tw_death_prev: InetTimewaitSock | None
    tw_death_slot: int  # -1 while in none; recycle slots count from 0, kill slots from 32
    tw_tb: InetBindBucket | None
    tw_daddr: int
    tw_rcv_saddr: int
    tw_dport: int
    tw_num: int
    tw_bound_dev_if: int
    tw_substate: int  # TCP_TIME_WAIT, or TCP_FIN_WAIT2 of an orphan that waits for the FIN
    tw_reuse: int
    tw_reuseport: int
    tw_rcv_wscale: int
    tw_tos: int
    tw_transparent: bool
    tw_mark: int
    tw_timeout: int  # jiffies
    tw_ttd: int  # jiffies: when it is due
    tw_rcv_nxt: int
    tw_snd_nxt: int
    tw_rcv_wnd: int
    tw_ts_recent: int
    tw_ts_recent_stamp: int  # seconds
    tw_bind_next: InetTimewaitSock | None  # among the owners of its local port
    tw_bind_prev: InetTimewaitSock | None
    tw_md5_key: bytes | None

    def __init__(self, net: Net) -> None:
        self.tw_net = net
        self.tw_next = None
        self.tw_prev = None
        self.tw_hash = 0
        self.tw_death_next = None
        self.tw_death_prev = None
        self.tw_death_slot = -1
        self.tw_tb = None
        self.tw_daddr = 0
        self.tw_rcv_saddr = 0
        self.tw_dport = 0
        self.tw_num = 0
        self.tw_bound_dev_if = 0
        self.tw_substate = 0
        self.tw_reuse = 0
        self.tw_reuseport = 0
        self.tw_rcv_wscale = 0
        self.tw_tos = 0
        self.tw_transparent = False
        self.tw_mark = 0
        self.tw_timeout = 0
        self.tw_ttd = 0
        self.tw_rcv_nxt = 0
        self.tw_snd_nxt = 0
        self.tw_rcv_wnd = 0
        self.tw_ts_recent = 0
        self.tw_ts_recent_stamp = 0
        self.tw_bind_next = None
        self.tw_bind_prev = None
        self.tw_md5_key = None
