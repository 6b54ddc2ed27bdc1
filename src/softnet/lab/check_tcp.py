"""What must hold of every TCP socket between any two events.

check_tcp(net) walks all sockets of a namespace and raises AssertionError with the socket and the
numbers that disagree. Sockets that a task owns are left alone: it is in the middle of something.
TcpWatch does the same for one namespace again and again: it knows what was looked at already, and that
sequence numbers only go forward.
"""

from __future__ import annotations

from collections.abc import Iterator

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.tcp as tcp
from softnet.kernel.timer import Timer, timer_pending
from softnet.net.ipv4.inet_hashtables import InetHashinfo
from softnet.net.ipv4.inet_timewait_sock import InetTimewaitDeathRow
from softnet.net.ipv4.tcp_proc import RETRANSMISSION
from softnet.structs.net_namespace import Net
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.skbuff import SkBuff, SkBuffHead
from softnet.structs.sock import Sock
from softnet.structs.tcp import TcpSackBlock, TcpSock

UNASKED = 4096  # bytes: above the truesize of a segment without data
SYNCHRONIZED = ~(
    1 << tcp.TCP_CLOSE | 1 << tcp.TCP_LISTEN | 1 << tcp.TCP_SYN_SENT | 1 << tcp.TCP_SYN_RECV
)
SENDING = 1 << tcp.TCP_ESTABLISHED | 1 << tcp.TCP_CLOSE_WAIT
SEEN_MAX = 64  # sockets that are remembered before the closed ones are forgotten


def check_tcp(net: Net, watch: TcpWatch | None = None) -> None:
    """Judge every socket of net, and what they use together."""
    hinfo = net.ipv4.tcp_hashinfo
    row = net.ipv4.tcp_death_row
    assert isinstance(hinfo, InetHashinfo)
    assert isinstance(row, InetTimewaitDeathRow)
    used = 0
    owned = False
    count = 0
    if hinfo.ehash_count:
        for i in occupied(hinfo) if watch is None else watch.buckets_of(hinfo):
            sk: Sock | None = hinfo.ehash[i]
            while sk is not None:
                assert isinstance(sk, TcpSock)
                count += 1
                used += charged(sk)
                if sk.owned:
                    owned = True
                elif watch is None or watch.changed(sk):
                    check_sock(sk)
                sk = sk.sk_next
    assert count == hinfo.ehash_count, f"{count} connections in a table of {hinfo.ehash_count}"
    for i in range(len(hinfo.listening_hash)):
        listener: Sock | None = hinfo.listening_hash[i]
        while listener is not None:
            assert isinstance(listener, TcpSock)
            owned = owned or listener.owned
            check_listener(listener)
            listener = listener.sk_next
    assert row.tw_count <= row.sysctl_max_tw_buckets
    accounts = tcp_sysctl(net).accounts
    assert accounts.allocated >= 0
    assert accounts.orphan_count >= 0
    if not owned:
        # Sockets in no table cannot be found: their memory is only bounded from above.
        assert used <= accounts.allocated * const.SK_MEM_QUANTUM, (
            f"{used} bytes in use, {accounts.allocated} pages accounted"
        )


def occupied(hinfo: InetHashinfo) -> list[int]:
    """The buckets of the table of connections that have one."""
    return [i for i, sk in enumerate(hinfo.ehash) if sk is not None]


def tcp_sysctl(net: Net) -> NetnsTcp:
    """TCP's part of a namespace."""
    sysctl = net.ipv4.tcp
    assert isinstance(sysctl, NetnsTcp)
    return sysctl


def armed(timer: Timer | None) -> bool:
    """Will timer fire?"""
    return timer is not None and timer_pending(timer)


def connections(hinfo: InetHashinfo) -> Iterator[TcpSock]:
    """Every connection of a namespace."""
    if hinfo.ehash_count == 0:
        return
    for chain in hinfo.ehash:
        sk: Sock | None = chain
        while sk is not None:
            assert isinstance(sk, TcpSock)
            yield sk
            sk = sk.sk_next


class TcpLook:
    """What a socket looked like when it was judged: if it is as it was, nothing happened to it."""

    __slots__ = (
        "state", "snd_una", "write_seq", "rcv_nxt", "copied_seq", "rcv_wup", "snd_nxt",
        "packets_out", "sacked_out", "lost_out", "retrans_out", "fackets_out", "snd_cwnd",
        "snd_ssthresh", "rto", "pending", "timeout", "ca_state", "forward_alloc", "wmem_queued",
        "rmem_alloc", "mss_cache", "snd_wnd", "rcv_wnd", "ack_pending",
    )  # fmt: skip

    state: int
    snd_una: int
    write_seq: int
    rcv_nxt: int
    copied_seq: int
    rcv_wup: int
    snd_nxt: int
    packets_out: int
    sacked_out: int
    lost_out: int
    retrans_out: int
    fackets_out: int
    snd_cwnd: int
    snd_ssthresh: int
    rto: int
    pending: int
    timeout: int
    ca_state: int
    forward_alloc: int
    wmem_queued: int
    rmem_alloc: int
    mss_cache: int
    snd_wnd: int
    rcv_wnd: int
    ack_pending: int

    def __init__(self, tp: TcpSock) -> None:
        self.take(tp)

    def fits(self, tp: TcpSock) -> bool:
        """Is tp as it was?"""
        return (
            tp.sk_state == self.state and tp.snd_una == self.snd_una
            and tp.write_seq == self.write_seq and tp.rcv_nxt == self.rcv_nxt
            and tp.copied_seq == self.copied_seq and tp.rcv_wup == self.rcv_wup
            and tp.snd_nxt == self.snd_nxt and tp.packets_out == self.packets_out
            and tp.sacked_out == self.sacked_out and tp.lost_out == self.lost_out
            and tp.retrans_out == self.retrans_out and tp.fackets_out == self.fackets_out
            and tp.snd_cwnd == self.snd_cwnd and tp.snd_ssthresh == self.snd_ssthresh
            and tp.icsk_rto == self.rto and tp.icsk_pending == self.pending
            and tp.icsk_timeout == self.timeout and tp.icsk_ca_state == self.ca_state
            and tp.sk_forward_alloc == self.forward_alloc
            and tp.sk_wmem_queued == self.wmem_queued and tp.sk_rmem_alloc == self.rmem_alloc
            and tp.mss_cache == self.mss_cache and tp.snd_wnd == self.snd_wnd
            and tp.rcv_wnd == self.rcv_wnd and tp.icsk_ack_pending == self.ack_pending
        )  # fmt: skip

    def take(self, tp: TcpSock) -> None:
        """Remember tp as it is."""
        self.state = tp.sk_state
        self.snd_una = tp.snd_una
        self.write_seq = tp.write_seq
        self.rcv_nxt = tp.rcv_nxt
        self.copied_seq = tp.copied_seq
        self.rcv_wup = tp.rcv_wup
        self.snd_nxt = tp.snd_nxt
        self.packets_out = tp.packets_out
        self.sacked_out = tp.sacked_out
        self.lost_out = tp.lost_out
        self.retrans_out = tp.retrans_out
        self.fackets_out = tp.fackets_out
        self.snd_cwnd = tp.snd_cwnd
        self.snd_ssthresh = tp.snd_ssthresh
        self.rto = tp.icsk_rto
        self.pending = tp.icsk_pending
        self.timeout = tp.icsk_timeout
        self.ca_state = tp.icsk_ca_state
        self.forward_alloc = tp.sk_forward_alloc
        self.wmem_queued = tp.sk_wmem_queued
        self.rmem_alloc = tp.sk_rmem_alloc
        self.mss_cache = tp.mss_cache
        self.snd_wnd = tp.snd_wnd
        self.rcv_wnd = tp.rcv_wnd
        self.ack_pending = tp.icsk_ack_pending

    def went_back(self, tp: TcpSock) -> str:
        """Which of tp's sequence numbers is lower than it was; "" if none is."""
        if mem.before(tp.snd_una, self.snd_una):
            return f"snd_una went back from {self.snd_una}"
        if mem.before(tp.write_seq, self.write_seq):
            return f"write_seq went back from {self.write_seq}"
        if mem.before(tp.rcv_nxt, self.rcv_nxt):
            return f"rcv_nxt went back from {self.rcv_nxt}"
        if mem.before(tp.copied_seq, self.copied_seq):
            return f"copied_seq went back from {self.copied_seq}"
        if mem.before(tp.rcv_wup, self.rcv_wup):
            return f"rcv_wup went back from {self.rcv_wup}"
        return ""


class TcpWatch:
    """What the sockets of one namespace looked like at the last event."""

    __slots__ = ("seen", "buckets")

    seen: dict[TcpSock, TcpLook]
    buckets: list[int]  # of the table of connections: those that had one

    def __init__(self) -> None:
        self.seen = {}
        self.buckets = []

    def buckets_of(self, hinfo: InetHashinfo) -> list[int]:
        """occupied(hinfo), worked out anew when it is not what it was."""
        ehash = hinfo.ehash
        known = 0
        for i in self.buckets:
            known += ehash[i] is not None
        if known < len(self.buckets) or known != len(ehash) - ehash.count(None):
            self.buckets = occupied(hinfo)
        return self.buckets

    def changed(self, tp: TcpSock) -> bool:
        """Did anything happen to tp? Sequence numbers must not have gone back."""
        look = self.seen.get(tp)
        if look is None:
            self.forget_closed()
            self.seen[tp] = TcpLook(tp)
            return True
        if look.fits(tp):
            return False
        if SYNCHRONIZED >> look.state & 1:
            error = look.went_back(tp)
            assert not error, f"{describe(tp)}: {error}"
        look.take(tp)
        return True

    def forget_closed(self) -> None:
        """Before there are too many, forget who will not be seen again."""
        if len(self.seen) > SEEN_MAX:
            for tp in [tp for tp in self.seen if tp.sk_state == tcp.TCP_CLOSE]:
                del self.seen[tp]


def charged(sk: TcpSock) -> int:
    """Bytes that sk took from the protocol's memory."""
    return sk.sk_forward_alloc + sk.sk_wmem_queued + sk.sk_rmem_alloc


def check_listener(sk: TcpSock) -> None:
    """The accept queue has the length it says, the SYN table too."""
    queue = sk.icsk_accept_queue
    assert queue is not None
    waiting = 0
    req = queue.rskq_accept_head
    while req is not None:
        waiting += 1
        req = req.dl_next
    if not sk.owned:
        assert waiting == sk.sk_ack_backlog
    assert sk.sk_ack_backlog <= sk.sk_max_ack_backlog + 1
    lopt = queue.listen_opt
    assert lopt is not None
    embryos = 0
    for chain in lopt.syn_table:
        while chain is not None:
            embryos += 1
            chain = chain.dl_next
    assert embryos == lopt.qlen
    assert 0 <= lopt.qlen_young <= lopt.qlen
    assert lopt.qlen <= 1 << lopt.max_qlen_log
    if lopt.qlen:
        assert armed(sk.sk_timer), "embryos and no SYN-ACK timer"


def check_sock(tp: TcpSock) -> None:
    """One connection."""
    try:
        check_sequence(tp)
        check_write_queue(tp)
        check_receive_queue(tp)
        check_timers(tp)
        if tp.sk_state != tcp.TCP_CLOSE:
            check_extensions(tp)
    except AssertionError as e:
        raise AssertionError(f"{describe(tp)}: {e}") from e


def describe(tp: TcpSock) -> str:
    """What an error says of a socket."""
    return (
        f"port {tp.inet_num} state {tp.sk_state} ca {tp.icsk_ca_state} una {tp.snd_una} nxt"
        f" {tp.snd_nxt} write {tp.write_seq} out {tp.packets_out} sacked {tp.sacked_out} lost"
        f" {tp.lost_out} retrans {tp.retrans_out} fackets {tp.fackets_out} cwnd {tp.snd_cwnd}"
    )


def check_sequence(tp: TcpSock) -> None:
    """Numbers are in their order."""
    # Of numbers that are below 2^32 no bit is set above, and none in what they add up to by "or".
    seqs = tp.snd_una | tp.snd_nxt | tp.write_seq | tp.rcv_nxt | tp.copied_seq | tp.rcv_wup
    assert 0 <= seqs <= const.U32_MAX, "a sequence number is not of 32 bits"
    assert not mem.after(tp.snd_una, tp.snd_nxt), "snd_una beyond snd_nxt"
    assert not mem.after(tp.snd_nxt, tp.write_seq), "snd_nxt beyond write_seq"
    if tp.sk_state != tcp.TCP_SYN_SENT:
        assert not mem.after(tp.copied_seq, tp.rcv_nxt), "read more than came"
        assert not mem.after(tp.rcv_wup, tp.rcv_nxt), "rcv_wup beyond rcv_nxt"
    if SYNCHRONIZED >> tp.sk_state & 1:
        out = mem.u32(tp.snd_nxt - tp.snd_una)
        # A FIN may go beyond; and a probe.
        assert out <= tp.max_window + 1, (
            f"{out} bytes out, the window was never over {tp.max_window}"
        )
    assert tp.snd_cwnd >= 1, "an empty congestion window"
    assert tp.snd_ssthresh >= 1
    assert 0 <= tp.icsk_rto <= const.TCP_RTO_MAX
    if tp.srtt:
        assert tp.icsk_rto >= const.TCP_RTO_MIN, f"RTO {tp.icsk_rto} ms"
    assert tp.mss_cache > 0


def queue_of(head: SkBuffHead) -> list[SkBuff]:
    """The skbs, links and count proved."""
    found = []
    prev = None
    skb = head.first
    while skb is not None:
        assert skb.prev is prev, "a broken link"
        found.append(skb)
        prev = skb
        skb = skb.next
    assert head.last is prev
    assert head.qlen == len(found)
    return found


def check_write_queue(tp: TcpSock) -> None:
    """Contiguous; the counters are sums over it."""
    head = tp.sk_write_queue
    count = out = sacked = lost = retrans = queued = reach = 0
    sent = True
    retransmit_hint, lost_hint = tp.retransmit_skb_hint, tp.lost_skb_hint
    prev: SkBuff | None = None
    skb = head.first
    while skb is not None:
        assert skb.prev is prev, "a broken link"
        if skb is tp.sk_send_head:
            sent = False
            assert skb.seq == tp.snd_nxt, "the next to send does not begin at snd_nxt"
        assert prev is None or skb.seq == prev.end_seq, "a gap in the write queue"
        count += 1
        queued += skb.truesize
        assert skb.users == 1
        marks = skb.sacked
        if sent:
            pcount = skb.shinfo.gso_segs
            assert pcount > 0
            out += pcount
            if marks & const.TCPCB_SACKED_ACKED:
                sacked += pcount
                reach = out
                assert marks & const.TCPCB_LOST == 0, "SACKed and lost"
            if marks & const.TCPCB_LOST:
                lost += pcount
            if marks & const.TCPCB_SACKED_RETRANS:
                retrans += pcount
        else:
            assert marks & const.TCPCB_TAGBITS == 0, "marked before it was sent"
        if skb is retransmit_hint:
            retransmit_hint = None
        if skb is lost_hint:
            lost_hint = None
        prev = skb
        skb = skb.next
    assert head.last is prev
    assert head.qlen == count
    if prev is not None:
        first = head.first
        assert first is not None
        assert mem.after(first.end_seq, tp.snd_una), "acknowledged, and still there"
        assert prev.end_seq == tp.write_seq, "the queue does not end at write_seq"
    if tp.sk_state == tcp.TCP_CLOSE:
        return
    assert sent or tp.sk_send_head is not None
    assert tp.sk_send_head is None or not sent, "sk_send_head is not on the queue"
    assert out == tp.packets_out, f"packets_out is {tp.packets_out}, the queue says {out}"
    assert lost == tp.lost_out, f"lost_out is {tp.lost_out}, the queue says {lost}"
    assert retrans == tp.retrans_out, f"retrans_out is {tp.retrans_out}, the queue says {retrans}"
    if tp.is_sack():
        assert sacked == tp.sacked_out, f"sacked_out is {tp.sacked_out}, the queue says {sacked}"
        assert tp.fackets_out == reach, f"fackets_out is {tp.fackets_out}, the queue says {reach}"
    assert tp.sacked_out + tp.lost_out <= tp.packets_out
    assert queued == tp.sk_wmem_queued, f"wmem_queued {tp.sk_wmem_queued}, the queue says {queued}"
    assert tp.packets_in_flight() >= 0
    assert retransmit_hint is None, "a hint to a skb that is gone"
    assert lost_hint is None, "a hint to a skb that is gone"


def check_receive_queue(tp: TcpSock) -> None:
    """In order, nothing twice; out of order is really ahead."""
    head = tp.sk_receive_queue
    count = size = 0
    prev: SkBuff | None = None
    skb = head.first
    while skb is not None:
        assert skb.prev is prev, "a broken link"
        assert prev is None or not mem.before(prev.end_seq, skb.seq), "a gap in the receive queue"
        count += 1
        size += skb.truesize
        prev = skb
        skb = skb.next
    assert head.last is prev
    assert head.qlen == count
    if prev is not None:
        first = head.first
        assert first is not None
        assert prev.end_seq == tp.rcv_nxt
        assert mem.after(first.end_seq, tp.copied_seq), "read, and still there"
    size += check_ofo_queue(tp)
    assert size == tp.sk_rmem_alloc, f"rmem_alloc {tp.sk_rmem_alloc}, the queues say {size}"
    n = tp.rx_opt.num_sacks
    assert n <= const.TCP_NUM_SACKS
    assert n == 0 or tp.out_of_order_queue.first is not None, "SACK blocks of nothing"
    for i in range(n):
        sack: TcpSackBlock = tp.selective_acks[i]
        assert mem.before(sack.start_seq, sack.end_seq)
        assert mem.after(sack.start_seq, tp.rcv_nxt), "a SACK block below rcv_nxt"
    ucopy = tp.ucopy
    if ucopy is not None:
        assert ucopy.len >= 0, "more was copied than the reader has room for"
        waiting = 0
        for left in queue_of(ucopy.prequeue):
            waiting += left.truesize
        assert waiting == ucopy.memory, f"prequeue {ucopy.memory}, its queue says {waiting}"
    # A SYN or a FIN is charged without asking, as in Linux: the reserve may be that much below 0.
    assert tp.sk_forward_alloc >= -UNASKED


def check_ofo_queue(tp: TcpSock) -> int:
    """The queue of what lies ahead; its truesize."""
    head = tp.out_of_order_queue
    count = size = 0
    prev: SkBuff | None = None
    skb = head.first
    while skb is not None:
        assert skb.prev is prev, "a broken link"
        assert mem.after(skb.seq, tp.rcv_nxt), "in the out-of-order queue, and in order"
        assert prev is None or not mem.after(prev.seq, skb.seq)
        count += 1
        size += skb.truesize
        prev = skb
        skb = skb.next
    assert head.last is prev
    assert head.qlen == count
    return size


def check_timers(tp: TcpSock) -> None:
    """Whatever is waited for has a timer that will come."""
    if tp.sk_state == tcp.TCP_CLOSE:
        for timer in (tp.icsk_retransmit_timer, tp.icsk_delack_timer, tp.sk_timer):
            assert not armed(timer), "a timer on a closed socket"
        assert tp.pacing_timer is None or not tp.pacing_timer.pending, "a closed socket is paced"
        return
    if tp.packets_out:
        assert tp.icsk_pending in RETRANSMISSION, "data in flight and no timer"
    if tp.icsk_pending:
        timer = tp.icsk_retransmit_timer
        assert timer is not None
        assert timer_pending(timer), "an event pending without its timer"
        assert timer.expires <= tp.icsk_timeout or tp.icsk_backoff, "the timer comes late"
    if tp.icsk_ack_pending & const.ICSK_ACK_TIMER:
        assert armed(tp.icsk_delack_timer), "a delayed ACK without its timer"


def check_extensions(tp: TcpSock) -> None:
    """Probes, delivery rates, pacing: what later kernels have."""
    if tp.tlp_high_seq:
        assert not mem.after(tp.tlp_high_seq, tp.snd_nxt), "a probe beyond what was sent"
    assert (tp.rate is not None) == (tp.delivery & const.TCP_NOTE_RATE != 0)
    if tp.icsk_pending == const.ICSK_TIME_REO_TIMEOUT:
        assert tp.rack is not None, "a reordering timer without RACK"
    head = tp.sk_send_head
    if (
        tp.sk_pacing_status
        and head is not None
        and head.len >= tp.mss_cache
        and tp.packets_out == 0
        and tp.icsk_pending == 0
        and not tp.tsq_flags
        and SENDING >> tp.sk_state & 1
    ):
        pacing = tp.pacing_timer
        assert pacing is not None, "paced without a timer"
        assert pacing.pending, "paced data waits for nothing"
