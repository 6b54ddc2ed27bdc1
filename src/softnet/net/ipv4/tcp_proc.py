"""/proc/net/tcp: every TCP socket in a row.

Linux: net/ipv4/tcp_ipv4.c (get_tcp4_sock, get_openreq4, get_timewait4_sock), exactly its format:
addresses as x86 reads their bytes, times in hundredths of a second, rows padded to 149 columns.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.tcp as tcp
from softnet.fs.proc import ProcEntry
from softnet.kernel.timer import jiffies, timer_pending
from softnet.net.ipv4.inet_hashtables import InetHashinfo
from softnet.net.ipv4.sock_proc import swab32
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from softnet.structs.net_namespace import Net
from softnet.structs.request_sock import RequestSock, TcpRequestSock
from softnet.structs.sock import Sock
from softnet.structs.tcp import TcpSock

TMPSZ = 150  # bytes of a row, newline included
HEADER = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
    "   uid  timeout inode"
)
USER_HZ = 100
TIMER_NONE, TIMER_RETRANS, TIMER_KEEPALIVE, TIMER_TIMEWAIT, TIMER_PROBE = range(5)
POINTER = "0" * 16  # kptr_restrict
# icsk_pending: what sends again, sooner or later
RETRANSMISSION = (
    const.ICSK_TIME_RETRANS,
    const.ICSK_TIME_LOSS_PROBE,
    const.ICSK_TIME_REO_TIMEOUT,
)


class ProcTcp(ProcEntry):
    """/proc/net/tcp"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """Listeners with their embryos, then connections and TIME_WAIT, by bucket."""
        assert isinstance(net, Net)
        hinfo = net.ipv4.tcp_hashinfo
        assert isinstance(hinfo, InetHashinfo)
        rows = [*listening_rows(hinfo), *established_rows(hinfo)]
        lines = [HEADER, *(f"{i:4d}: {row}" for i, row in enumerate(rows))]
        return "".join(f"{line:<{TMPSZ - 1}}\n" for line in lines)


def listening_rows(hinfo: InetHashinfo) -> list[str]:
    """Each listener, followed by what waits in its SYN table."""
    rows: list[str] = []
    for slot in range(len(hinfo.listening_hash)):
        sk = hinfo.listening_hash[slot]
        while sk is not None:
            tp = sk
            assert isinstance(tp, TcpSock)
            rows.append(get_tcp4_sock(tp))
            queue = tp.icsk_accept_queue
            if queue is not None and queue.listen_opt is not None:
                for chain in queue.listen_opt.syn_table:
                    rows.extend(openreq_rows(tp, chain))
            sk = sk.sk_next
    return rows


def openreq_rows(tp: TcpSock, chain: RequestSock | None) -> list[str]:
    """The embryos of one chain."""
    rows = []
    req = chain
    while req is not None:
        assert isinstance(req, TcpRequestSock)
        rows.append(get_openreq4(tp, req))
        req = req.dl_next
    return rows


def established_rows(hinfo: InetHashinfo) -> list[str]:
    """Connections and mini-sockets, bucket by bucket."""
    rows = []
    for slot in range(hinfo.ehash_mask + 1):
        sk: Sock | None = hinfo.ehash[slot]
        while sk is not None:
            assert isinstance(sk, TcpSock)
            rows.append(get_tcp4_sock(sk))
            sk = sk.sk_next
        tw = hinfo.twhash[slot]
        while tw is not None:
            rows.append(get_timewait4_sock(tw))
            tw = tw.tw_next
    return rows


def jiffies_to_clock_t(j: int) -> int:
    """Hundredths of a second; nothing negative."""
    return max(j, 0) * USER_HZ // const.HZ


def addresses(src: int, srcp: int, dest: int, destp: int) -> str:
    """Both ends."""
    return f"{swab32(src):08X}:{srcp:04X} {swab32(dest):08X}:{destp:04X}"


def get_tcp4_sock(tp: TcpSock) -> str:
    """A row for a full socket."""
    now = jiffies()
    active, expires = TIMER_NONE, now
    if tp.icsk_pending in RETRANSMISSION:
        active, expires = TIMER_RETRANS, tp.icsk_timeout
    elif tp.icsk_pending == const.ICSK_TIME_PROBE0:
        active, expires = TIMER_PROBE, tp.icsk_timeout
    elif tp.sk_timer is not None and timer_pending(tp.sk_timer):
        active, expires = TIMER_KEEPALIVE, tp.sk_timer.expires
    if tp.sk_state == tcp.TCP_LISTEN:
        rx_queue = tp.sk_ack_backlog
    else:
        rx_queue = max(mem.s32(tp.rcv_nxt - tp.copied_seq), 0)
    ends = addresses(tp.inet_rcv_saddr, tp.inet_sport, tp.inet_daddr, tp.inet_dport)
    ssthresh = -1 if tp.in_initial_slowstart() else tp.snd_ssthresh
    quick = tp.icsk_ack_quick << 1 | int(tp.icsk_ack_pingpong)
    return (
        f"{ends} {tp.sk_state:02X} {mem.u32(tp.write_seq - tp.snd_una):08X}:{rx_queue:08X}"
        f" {active:02X}:{jiffies_to_clock_t(expires - now):08X} {tp.icsk_retransmits:08X}"
        f" {tp.sk_uid:5d} {tp.icsk_probes_out:8d} {tp.sk_ino} {tp.sk_refcnt} {POINTER}"
        f" {jiffies_to_clock_t(tp.icsk_rto)} {jiffies_to_clock_t(tp.icsk_ack_ato)}"
        f" {quick} {tp.snd_cwnd} {ssthresh}"
    )


def get_openreq4(tp: TcpSock, req: TcpRequestSock) -> str:
    """A row for an embryo."""
    ends = addresses(req.loc_addr, tp.inet_sport, req.rmt_addr, req.rmt_port)
    ttd = jiffies_to_clock_t(req.expires - jiffies())
    return (
        f"{ends} {tcp.TCP_SYN_RECV:02X} {0:08X}:{0:08X} {TIMER_RETRANS:02X}:{ttd:08X}"
        f" {req.retrans:08X} {tp.sk_uid:5d} {0:8d} {0} {0} {POINTER}"
    )


def get_timewait4_sock(tw: InetTimewaitSock) -> str:
    """A row for a mini-socket."""
    ends = addresses(tw.tw_rcv_saddr, tw.tw_num, tw.tw_daddr, tw.tw_dport)
    ttd = jiffies_to_clock_t(tw.tw_ttd - jiffies())
    return (
        f"{ends} {tw.tw_substate:02X} {0:08X}:{0:08X} {TIMER_TIMEWAIT:02X}:{ttd:08X}"
        f" {0:08X} {0:5d} {0:8d} {0} {3} {POINTER}"
    )
