"""struct tcp_sock: a TCP connection, and what congestion control must offer.

Linux: include/linux/tcp.h, include/net/tcp.h. RFC 793, 1122, 2018, 7323.

    snd_una          snd_nxt        snd_una + snd_wnd      write_seq
    | sent, unacked  | may be sent  |  waits for window    |

    copied_seq              rcv_nxt        rcv_wup + rcv_wnd
    | for the user to read  | may arrive   |

Segments that are sent and those that wait are one queue, sk_write_queue; sk_send_head is the first
that was never sent. The functions that work on this are in net/ipv4/tcp*: tcp_input, tcp_ack and
tcp_output are the three to read first. Times in jiffies, sizes in bytes, unless said otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.poll as poll
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.kernel.wait import wake_up
from softnet.structs.inet_connection_sock import (
    InetConnectionSock,
    init_inet_connection_sock,
)
from softnet.structs.sock import new_skb_head

if TYPE_CHECKING:
    from softnet.kernel.hrtimer import Hrtimer
    from softnet.structs.net_namespace import Net
    from softnet.structs.netns_tcp import NetnsTcp
    from softnet.structs.request_sock import TcpRequestSock
    from softnet.structs.skbuff import SkBuff, SkBuffHead
    from softnet.structs.sock import Proto
    from softnet.structs.tcp_rack import TcpRack
    from softnet.structs.tcp_rate import TcpRate
    from softnet.structs.tcp_ucopy import TcpUcopy


class TcpSackBlock:
    """struct tcp_sack_block: the bytes start_seq to end_seq - 1."""

    __slots__ = ("start_seq", "end_seq")

    start_seq: int
    end_seq: int

    def __init__(self, start_seq: int, end_seq: int) -> None:
        self.start_seq = start_seq
        self.end_seq = end_seq


class TcpOptionsReceived:
    """struct tcp_options_received: what the peer's segments said, and what was agreed."""

    __slots__ = (
        "ts_recent_stamp",
        "ts_recent",
        "rcv_tsval",
        "rcv_tsecr",
        "saw_tstamp",
        "tstamp_ok",
        "dsack",
        "wscale_ok",
        "sack_ok",
        "snd_wscale",
        "rcv_wscale",
        "num_sacks",
        "user_mss",
        "mss_clamp",
    )

    ts_recent_stamp: int  # seconds: when ts_recent was taken
    ts_recent: int  # the timestamp to echo next
    rcv_tsval: int
    rcv_tsecr: int
    saw_tstamp: bool  # the last segment had one
    tstamp_ok: bool
    dsack: bool  # a D-SACK is to be sent
    wscale_ok: bool
    sack_ok: int  # TCP_SACK_OK ...
    snd_wscale: int
    rcv_wscale: int
    num_sacks: int
    user_mss: int  # TCP_MAXSEG
    mss_clamp: int  # the peer's limit

    def __init__(self) -> None:
        init_tcp_options(self)

    def clear(self) -> None:
        """tcp_clear_options(): nothing is agreed yet. What our SYN offered, rcv_wscale, stays."""
        self.tstamp_ok = False
        self.sack_ok = 0
        self.wscale_ok = False
        self.snd_wscale = 0
        self.saw_tstamp = False
        self.dsack = False


class TcpCongestionOps:
    """struct tcp_congestion_ops: one instance per algorithm, in tcp_cong's registry.

    The defaults of the optional calls do nothing. An algorithm keeps its own state in
    tp.icsk_ca_priv, made by init().
    """

    __slots__ = ("name", "non_restricted", "rtt_stamp", "wants_rate")

    name: str
    non_restricted: bool  # any user may choose it
    rtt_stamp: bool  # wants round trips in microseconds
    wants_rate: bool  # its cong_control() is all that sets the window, from delivery rates

    def __init__(self, name: str, non_restricted: bool = False, rtt_stamp: bool = False) -> None:
        self.name = name
        self.non_restricted = non_restricted
        self.rtt_stamp = rtt_stamp
        self.wants_rate = False

    def init(self, tp: TcpSock) -> None:
        """The connection begins to use this algorithm."""

    def release(self, tp: TcpSock) -> None:
        """The connection stops using it."""
        tp.icsk_ca_priv = None

    def ssthresh(self, tp: TcpSock) -> int:
        """The slow start threshold after a loss, segments."""
        raise AssertionError("an algorithm without ssthresh")

    def min_cwnd(self, tp: TcpSock) -> int:
        """The lower bound of cwnd in a reduction, segments."""
        return tp.snd_ssthresh

    def cong_avoid(self, tp: TcpSock, ack: int, in_flight: int) -> None:
        """New data was acknowledged: grow snd_cwnd."""
        raise AssertionError("an algorithm without cong_avoid")

    def set_state(self, tp: TcpSock, new_state: int) -> None:
        """Before icsk_ca_state becomes new_state."""

    def cwnd_event(self, tp: TcpSock, ev: int) -> None:
        """CA_EVENT_*"""

    def undo_cwnd(self, tp: TcpSock) -> int:
        """The window after a reduction turned out wrong, segments."""
        return max(tp.snd_cwnd, tp.snd_ssthresh << 1)

    def pkts_acked(self, tp: TcpSock, num_acked: int, rtt_us: int) -> None:
        """num_acked segments left the network; rtt_us is -1 if unknown."""

    def cong_control(self, tp: TcpSock, rate: TcpRate) -> None:
        """With wants_rate: an ACK was processed, rate has its sample; set cwnd and the pacing rate."""

    def get_info(self, tp: TcpSock, ext: int) -> tuple[int, bytes] | None:
        """For inet_diag: (INET_DIAG_* attribute, its payload)."""
        return None


class TcpSock(InetConnectionSock):
    """struct tcp_sock"""

    __slots__ = (
        "sysctl",
        "icsk_ca_ops",
        "tcp_header_len",
        "xmit_size_goal_segs",
        "pred_flags",
        "rcv_nxt",
        "copied_seq",
        "rcv_wup",
        "snd_nxt",
        "snd_una",
        "snd_sml",
        "rcv_tstamp",
        "lsndtime",
        "snd_wl1",
        "snd_wnd",
        "max_window",
        "mss_cache",
        "window_clamp",
        "rcv_ssthresh",
        "frto_highmark",
        "advmss",
        "frto_counter",
        "nonagle",
        "thin_lto",
        "thin_dupack",
        "srtt",
        "mdev",
        "mdev_max",
        "rttvar",
        "rtt_seq",
        "packets_out",
        "retrans_out",
        "urg_data",
        "ecn_flags",
        "reordering",
        "snd_up",
        "keepalive_probes",
        "rx_opt",
        "snd_ssthresh",
        "snd_cwnd",
        "snd_cwnd_cnt",
        "snd_cwnd_clamp",
        "snd_cwnd_used",
        "snd_cwnd_stamp",
        "prior_cwnd",
        "prr_delivered",
        "prr_out",
        "rcv_wnd",
        "write_seq",
        "pushed_seq",
        "lost_out",
        "sacked_out",
        "fackets_out",
        "tso_deferred",
        "bytes_acked",
        "lost_skb_hint",
        "scoreboard_skb_hint",
        "retransmit_skb_hint",
        "highest_sack",
        "out_of_order_queue",
        "duplicate_sack",
        "selective_acks",
        "recv_sack_cache",
        "lost_cnt_hint",
        "retransmit_high",
        "lost_retrans_low",
        "prior_ssthresh",
        "high_seq",
        "retrans_stamp",
        "undo_marker",
        "undo_retrans",
        "total_retrans",
        "urg_seq",
        "keepalive_time",
        "keepalive_intvl",
        "linger2",
        "rcv_rtt_est_rtt",
        "rcv_rtt_est_seq",
        "rcv_rtt_est_time",
        "rcvq_space",
        "rcvq_space_seq",
        "rcvq_space_time",
        "mtu_probe_seq_start",
        "mtu_probe_seq_end",
        "last_oow_ack_time",
        "md5sig_info",
        "md5_key",
        "notsent_lowat",
        "tsq_flags",
        "fastopen_req",
        "fastopen_rsk",
        "syn_fastopen",
        "syn_data",
        "syn_data_acked",
        "delivery",
        "tlp_high_seq",
        "tlp_retrans",
        "rack",
        "rate",
        "pacing_timer",
        "fastopen_connect",
        "ucopy",
        "zerocopy",
    )

    sysctl: NetnsTcp  # the namespace's, one load away
    icsk_ca_ops: TcpCongestionOps  # here, as a base's pxd must not cimport its subclass's
    tcp_header_len: int  # with the options of every segment
    xmit_size_goal_segs: int
    pred_flags: int  # the header word that the fast path expects; 0 turns it off
    rcv_nxt: int
    copied_seq: int
    rcv_wup: int  # rcv_nxt when the last window went out
    snd_nxt: int
    snd_una: int
    snd_sml: int  # end of the last small segment sent
    rcv_tstamp: int  # when the last segment came
    lsndtime: int  # when data was sent last
    snd_wl1: int  # seq of the segment that brought the window
    snd_wnd: int
    max_window: int  # the largest that the peer ever offered
    mss_cache: int  # data bytes per segment, SACK blocks not counted
    window_clamp: int
    rcv_ssthresh: int
    frto_highmark: int  # snd_nxt when the RTO fired
    advmss: int
    frto_counter: int
    nonagle: int  # TCP_NAGLE_*
    thin_lto: bool
    thin_dupack: bool
    srtt: int  # smoothed round trip, jiffies << 3
    mdev: int  # mean deviation, jiffies << 2
    mdev_max: int
    rttvar: int
    rtt_seq: int
    packets_out: int  # segments sent and not acknowledged
    retrans_out: int
    urg_data: int  # the urgent byte and TCP_URG_* flags
    ecn_flags: int
    reordering: int
    snd_up: int
    keepalive_probes: int
    rx_opt: TcpOptionsReceived
    snd_ssthresh: int
    snd_cwnd: int
    snd_cwnd_cnt: int
    snd_cwnd_clamp: int
    snd_cwnd_used: int
    snd_cwnd_stamp: int
    prior_cwnd: int
    prr_delivered: int
    prr_out: int
    rcv_wnd: int
    write_seq: int
    pushed_seq: int
    lost_out: int
    sacked_out: int
    fackets_out: int
    tso_deferred: int
    bytes_acked: int
    lost_skb_hint: SkBuff | None
    scoreboard_skb_hint: SkBuff | None
    retransmit_skb_hint: SkBuff | None
    highest_sack: SkBuff | None
    out_of_order_queue: SkBuffHead
    duplicate_sack: TcpSackBlock | None
    selective_acks: list[TcpSackBlock]  # made by the first hole
    recv_sack_cache: list[TcpSackBlock]
    lost_cnt_hint: int
    retransmit_high: int
    lost_retrans_low: int
    prior_ssthresh: int
    high_seq: int  # snd_nxt when congestion began
    retrans_stamp: int
    undo_marker: int
    undo_retrans: int
    total_retrans: int
    urg_seq: int
    keepalive_time: int
    keepalive_intvl: int
    linger2: int
    rcv_rtt_est_rtt: int
    rcv_rtt_est_seq: int
    rcv_rtt_est_time: int
    rcvq_space: int
    rcvq_space_seq: int
    rcvq_space_time: int
    mtu_probe_seq_start: int
    mtu_probe_seq_end: int
    last_oow_ack_time: int
    md5sig_info: dict[int, bytes] | None  # TCP_MD5SIG: keys by peer address
    md5_key: bytes | None  # the one for this peer
    notsent_lowat: int  # TCP_NOTSENT_LOWAT, bytes; 0: the namespace's
    tsq_flags: int  # TSQ_*: net/ipv4/tcp_tsq
    fastopen_req: object  # tcp_fastopen.TcpFastopenRequest while a SYN may carry data
    fastopen_rsk: TcpRequestSock | None  # a Fast Open server before the last ACK
    syn_fastopen: bool  # our SYN had a Fast Open option
    syn_data: bool  # and data
    fastopen_connect: bool  # TCP_FASTOPEN_CONNECT
    syn_data_acked: bool  # which the peer took with the SYN; a server: which we took
    delivery: int  # TCP_NOTE_*: what to note of each segment sent and delivered
    tlp_high_seq: int  # snd_nxt when the tail loss probe went out; 0: none is out
    tlp_retrans: bool  # it was old data
    rack: TcpRack | None  # time decides what is lost, RFC 8985
    rate: TcpRate | None  # the algorithm wants delivery rates
    pacing_timer: Hrtimer | None
    ucopy: TcpUcopy | None  # a task waits in tcp_recvmsg()
    zerocopy: object  # tcp_zerocopy.ZerocopyQueue once SO_ZEROCOPY was set

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        init_tcp_sock(self, prot, net, family)

    def is_sack(self) -> bool:
        """tcp_is_sack()"""
        return self.rx_opt.sack_ok != 0

    def is_reno(self) -> bool:
        """tcp_is_reno(): the peer sends no SACK blocks."""
        return self.rx_opt.sack_ok == 0

    def is_fack(self) -> bool:
        """tcp_is_fack(): may holes below the highest SACK count as lost?"""
        return self.rx_opt.sack_ok & const.TCP_FACK_OK != 0

    def left_out(self) -> int:
        """tcp_left_out(): segments that left the network, as far as we know."""
        return self.sacked_out + self.lost_out

    def packets_in_flight(self) -> int:
        """tcp_packets_in_flight()"""
        return self.packets_out - self.sacked_out - self.lost_out + self.retrans_out

    def in_initial_slowstart(self) -> bool:
        """tcp_in_initial_slowstart(): no loss so far?"""
        return self.snd_ssthresh >= const.TCP_INFINITE_SSTHRESH

    def wnd_end(self) -> int:
        """tcp_wnd_end(): the first sequence number beyond the peer's window."""
        return mem.u32(self.snd_una + self.snd_wnd)

    def receive_window(self) -> int:
        """tcp_receive_window(): what is left of the window that we offered, bytes."""
        win = mem.s32(self.rcv_wup + self.rcv_wnd - self.rcv_nxt)
        return win if win > 0 else 0

    def urg_mode(self) -> bool:
        """tcp_urg_mode(): urgent data of ours is not acknowledged yet."""
        return self.snd_una != self.snd_up

    def send_head(self) -> SkBuff | None:
        """tcp_send_head(): the first segment that was never sent."""
        return self.sk_send_head

    def win_from_space(self, space: int) -> int:
        """tcp_win_from_space(): the part of space bytes of buffer to offer as window."""
        return window_part(space, self.sysctl.adv_win_scale)

    def space(self) -> int:
        """tcp_space(): how much more window the receive buffer allows; may be negative."""
        return self.win_from_space(self.sk_rcvbuf - self.sk_rmem_alloc)

    def full_space(self) -> int:
        """tcp_full_space(): the same of an empty buffer."""
        return self.win_from_space(self.sk_rcvbuf)

    def enter_quickack(self, count: int) -> None:
        """Send the next count acknowledgements at once."""
        self.icsk_ack_quick = count

    def dec_quickack_mode(self, pkts: int) -> None:
        """tcp_dec_quickack_mode(): pkts acknowledgements went out."""
        if self.icsk_ack_quick:
            if pkts >= self.icsk_ack_quick:
                self.icsk_ack_quick = 0
                self.icsk_ack_ato = const.TCP_ATO_MIN  # leaving quickack: delay little at first
            else:
                self.icsk_ack_quick -= pkts

    def ecn_queue_cwr(self) -> None:
        """TCP_ECN_queue_cwr(): tell the peer with the next data that we slowed down."""
        if self.ecn_flags & const.TCP_ECN_OK:
            self.ecn_flags |= const.TCP_ECN_QUEUE_CWR

    def fast_path_on(self, snd_wnd: int) -> None:
        """__tcp_fast_path_on(): expect plain ACK segments with that window (unscaled)."""
        self.pred_flags = self.tcp_header_len << 26 | tcp.TCP_FLAG_ACK | snd_wnd

    def fast_path_check(self) -> None:
        """tcp_fast_path_check(): turn the fast path on again if nothing forbids it."""
        if (
            self.out_of_order_queue.first is None
            and self.rcv_wnd
            and self.sk_rmem_alloc < self.sk_rcvbuf
            and self.urg_data == 0
        ):
            self.fast_path_on(self.snd_wnd >> self.rx_opt.snd_wscale)

    def clear_retrans(self) -> None:
        """tcp_clear_retrans(): nothing is retransmitted, lost or to be undone."""
        self.retrans_out = 0
        self.lost_out = 0
        self.undo_marker = 0
        self.undo_retrans = 0

    def clear_all_retrans_hints(self) -> None:
        """tcp_clear_all_retrans_hints(): the write queue changed its shape."""
        self.lost_skb_hint = None
        self.scoreboard_skb_hint = None
        self.retransmit_skb_hint = None

    def sk_write_space(self) -> None:
        """sk_stream_write_space(): a third of the send buffer is free, wake the writers."""
        sock = self.sk_socket
        if sock is None or self.sk_sndbuf - self.sk_wmem_queued < self.sk_wmem_queued >> 1:
            return
        sock.flags &= ~(1 << socket.SOCK_NOSPACE)
        if self.sk_wq is not None:
            wake_up(self.sk_wq, poll.POLLOUT | poll.POLLWRNORM | poll.POLLWRBAND)


def window_part(space: int, scale: int) -> int:
    """tcp_win_from_space() by net.ipv4.tcp_adv_win_scale, where that is at hand."""
    return space >> -scale if scale <= 0 else space - (space >> scale)


def new_tcp_options() -> TcpOptionsReceived:
    """TcpOptionsReceived(), without a call of Python's when compiled."""
    opt = TcpOptionsReceived.__new__(TcpOptionsReceived)
    init_tcp_options(opt)
    return opt


def init_tcp_options(opt: TcpOptionsReceived) -> None:
    """What TcpOptionsReceived.__init__() does."""
    opt.ts_recent_stamp = 0
    opt.ts_recent = 0
    opt.rcv_tsval = 0
    opt.rcv_tsecr = 0
    opt.user_mss = 0
    opt.mss_clamp = 0
    opt.num_sacks = 0
    opt.rcv_wscale = 0
    opt.clear()


def new_tcp_sock(prot: Proto, net: Net, family: int) -> TcpSock:
    """TcpSock(prot, net, family), without a call of Python's when compiled."""
    tp = TcpSock.__new__(TcpSock)
    init_tcp_sock(tp, prot, net, family)
    return tp


def init_tcp_sock(tp: TcpSock, prot: Proto, net: Net, family: int) -> None:
    """What TcpSock.__init__() does."""
    init_inet_connection_sock(tp, prot, net, family)
    tp.sysctl = net.ipv4.tcp  # type: ignore[assignment]  # NetnsIpv4 cannot name its type
    tp.icsk_ca_ops = None  # type: ignore[assignment]  # tcp_init_congestion_control() sets it
    tp.tcp_header_len = 0
    tp.xmit_size_goal_segs = 0
    tp.pred_flags = 0
    tp.rcv_nxt = 0
    tp.copied_seq = 0
    tp.rcv_wup = 0
    tp.snd_nxt = 0
    tp.snd_una = 0
    tp.snd_sml = 0
    tp.rcv_tstamp = 0
    tp.lsndtime = 0
    tp.snd_wl1 = 0
    tp.snd_wnd = 0
    tp.max_window = 0
    tp.mss_cache = tcp.TCP_MSS_DEFAULT
    tp.window_clamp = 0
    tp.rcv_ssthresh = 0
    tp.frto_highmark = 0
    tp.advmss = 0
    tp.frto_counter = 0
    tp.nonagle = 0
    tp.thin_lto = False
    tp.thin_dupack = False
    tp.srtt = 0
    tp.mdev = 0
    tp.mdev_max = 0
    tp.rttvar = 0
    tp.rtt_seq = 0
    tp.packets_out = 0
    tp.retrans_out = 0
    tp.urg_data = 0
    tp.ecn_flags = 0
    tp.reordering = 0
    tp.snd_up = 0
    tp.keepalive_probes = 0
    tp.rx_opt = new_tcp_options()
    tp.snd_ssthresh = const.TCP_INFINITE_SSTHRESH
    tp.snd_cwnd = const.TCP_INIT_CWND
    tp.snd_cwnd_cnt = 0
    tp.snd_cwnd_clamp = const.TCP_CWND_CLAMP_NONE
    tp.snd_cwnd_used = 0
    tp.snd_cwnd_stamp = 0
    tp.prior_cwnd = 0
    tp.prr_delivered = 0
    tp.prr_out = 0
    tp.rcv_wnd = 0
    tp.write_seq = 0
    tp.pushed_seq = 0
    tp.lost_out = 0
    tp.sacked_out = 0
    tp.fackets_out = 0
    tp.tso_deferred = 0
    tp.bytes_acked = 0
    tp.lost_skb_hint = None
    tp.scoreboard_skb_hint = None
    tp.retransmit_skb_hint = None
    tp.highest_sack = None
    tp.out_of_order_queue = new_skb_head()
    tp.duplicate_sack = None
    tp.selective_acks = NO_SACKS
    tp.recv_sack_cache = NO_SACKS
    tp.lost_cnt_hint = 0
    tp.retransmit_high = 0
    tp.lost_retrans_low = 0
    tp.prior_ssthresh = 0
    tp.high_seq = 0
    tp.retrans_stamp = 0
    tp.undo_marker = 0
    tp.undo_retrans = 0
    tp.total_retrans = 0
    tp.urg_seq = 0
    tp.keepalive_time = 0
    tp.keepalive_intvl = 0
    tp.linger2 = 0
    tp.rcv_rtt_est_rtt = 0
    tp.rcv_rtt_est_seq = 0
    tp.rcv_rtt_est_time = 0
    tp.rcvq_space = 0
    tp.rcvq_space_seq = 0
    tp.rcvq_space_time = 0
    tp.mtu_probe_seq_start = 0
    tp.mtu_probe_seq_end = 0
    tp.last_oow_ack_time = 0
    tp.md5sig_info = None
    tp.md5_key = None
    tp.notsent_lowat = 0
    tp.tsq_flags = 0
    tp.fastopen_req = None
    tp.fastopen_rsk = None
    tp.syn_fastopen = False
    tp.syn_data = False
    tp.syn_data_acked = False
    tp.delivery = 0
    tp.tlp_high_seq = 0
    tp.tlp_retrans = False
    tp.rack = None
    tp.rate = None
    tp.pacing_timer = None
    tp.fastopen_connect = False
    tp.ucopy = None
    tp.zerocopy = None


NO_SACKS: list[TcpSackBlock] = []  # never appended to: the first hole makes a list of its own
