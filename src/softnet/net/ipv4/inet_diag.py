"""What sockets say about themselves, for ss(8): /proc/softnet/inet_diag, a JSON object a line.

Linux: net/ipv4/{inet_diag,tcp_diag}.c, whose fields these are (struct inet_diag_msg, with
INET_DIAG_INFO, INET_DIAG_CONG, INET_DIAG_VEGASINFO and INET_DIAG_MEMINFO).

Differs from Linux: a file instead of a netlink socket carries it, so that tools can read it that
have nothing but files; times in it are milliseconds, addresses numbers.
"""

from __future__ import annotations

import json

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.fs.proc import ProcEntry, proc_create
from softnet.kernel.timer import jiffies, timer_pending
from softnet.net.ipv4.inet_hashtables import InetHashinfo
from softnet.net.ipv4.tcp_proc import RETRANSMISSION
from softnet.net.ipv4.tcp_sockopt import tcp_get_info
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from softnet.structs.net_namespace import Net
from softnet.structs.request_sock import TcpRequestSock
from softnet.structs.sock import Sock
from softnet.structs.tcp import TcpSock
from softnet.uapi.inet_diag import INET_DIAG_VEGASINFO

TIMER_NONE, TIMER_RETRANS, TIMER_KEEPALIVE, TIMER_TIMEWAIT, TIMER_PROBE = range(5)

Record = dict[str, object]


class ProcInetDiag(ProcEntry):
    """/proc/softnet/inet_diag"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """TCP: listeners with their embryos, then connections and mini-sockets, by bucket."""
        assert isinstance(net, Net)
        hinfo = net.ipv4.tcp_hashinfo
        assert isinstance(hinfo, InetHashinfo)
        records = [*listening(hinfo), *established(hinfo)]
        return "".join(json.dumps(record) + "\n" for record in records)


def listening(hinfo: InetHashinfo) -> list[Record]:
    """inet_diag_dump(): the listeners, each followed by what waits in its SYN table."""
    records = []
    for chain in hinfo.listening_hash:
        sk: Sock | None = chain
        while sk is not None:
            assert isinstance(sk, TcpSock)
            records.append(inet_csk_diag_fill(sk))
            queue = sk.icsk_accept_queue
            if queue is not None and queue.listen_opt is not None:
                for reqs in queue.listen_opt.syn_table:
                    req = reqs
                    while req is not None:
                        assert isinstance(req, TcpRequestSock)
                        records.append(inet_diag_fill_req(sk, req))
                        req = req.dl_next
            sk = sk.sk_next
    return records


def established(hinfo: InetHashinfo) -> list[Record]:
    """inet_diag_dump(): connections and mini-sockets."""
    records = []
    for slot in range(hinfo.ehash_mask + 1):
        sk: Sock | None = hinfo.ehash[slot]
        while sk is not None:
            assert isinstance(sk, TcpSock)
            records.append(inet_csk_diag_fill(sk))
            sk = sk.sk_next
        tw = hinfo.twhash[slot]
        while tw is not None:
            records.append(inet_twsk_diag_fill(tw))
            tw = tw.tw_next
    return records


def inet_csk_diag_fill(tp: TcpSock) -> Record:
    """A full socket."""
    now = jiffies()
    timer, retrans, expires = TIMER_NONE, 0, now
    if tp.icsk_pending in RETRANSMISSION:
        timer, retrans, expires = TIMER_RETRANS, tp.icsk_retransmits, tp.icsk_timeout
    elif tp.icsk_pending == const.ICSK_TIME_PROBE0:
        timer, retrans, expires = TIMER_PROBE, tp.icsk_probes_out, tp.icsk_timeout
    elif tp.sk_timer is not None and timer_pending(tp.sk_timer):
        timer, retrans, expires = TIMER_KEEPALIVE, tp.icsk_probes_out, tp.sk_timer.expires
    if tp.sk_state == tcp.TCP_LISTEN:
        rqueue, wqueue = tp.sk_ack_backlog, tp.sk_max_ack_backlog
    else:
        rqueue = max(mem.s32(tp.rcv_nxt - tp.copied_seq), 0)
        wqueue = mem.u32(tp.write_seq - tp.snd_una)
    record = header(
        tp.sk_state,
        (tp.inet_rcv_saddr, tp.inet_sport, tp.inet_daddr, tp.inet_dport),
        (timer, retrans, expires - now),
        (rqueue, wqueue),
    )
    record["uid"] = tp.sk_uid
    record["inode"] = tp.sk_ino
    record["cong"] = tp.icsk_ca_ops.name
    if tp.icsk_ca_priv is not None:
        vegas = tp.icsk_ca_ops.get_info(tp, 1 << (INET_DIAG_VEGASINFO - 1))
        if vegas is not None:
            record["vegas"] = vegas[1].hex()
    record["meminfo"] = [
        tp.sk_rmem_alloc, tp.sk_wmem_queued, tp.sk_forward_alloc, tp.sk_wmem_alloc,
        tp.sk_rcvbuf, tp.sk_sndbuf,
    ]  # fmt: skip
    record["info"] = tcp_get_info(tp).hex()
    return record


def inet_diag_fill_req(tp: TcpSock, req: TcpRequestSock) -> Record:
    """A connection request that waits for its last ACK."""
    ends = (req.loc_addr, tp.inet_sport, req.rmt_addr, req.rmt_port)
    timer = (TIMER_RETRANS, req.retrans, req.expires - jiffies())
    return header(tcp.TCP_SYN_RECV, ends, timer, (0, 0))


def inet_twsk_diag_fill(tw: InetTimewaitSock) -> Record:
    """A mini-socket."""
    ends = (tw.tw_rcv_saddr, tw.tw_num, tw.tw_daddr, tw.tw_dport)
    return header(tw.tw_substate, ends, (TIMER_TIMEWAIT, 0, tw.tw_ttd - jiffies()), (0, 0))


def header(
    state: int,
    ends: tuple[int, int, int, int],
    timer: tuple[int, int, int],
    queues: tuple[int, int],
) -> Record:
    """struct inet_diag_msg. timer: which, retransmissions, jiffies until it fires."""
    return {
        "protocol": in_.IPPROTO_TCP,
        "state": state,
        "src": ends[0],
        "sport": ends[1],
        "dst": ends[2],
        "dport": ends[3],
        "timer": timer[0],
        "retrans": timer[1],
        "expires": max(timer[2], 0) * 1000 // const.HZ,
        "rqueue": queues[0],
        "wqueue": queues[1],
    }


def inet_diag_init() -> None:
    """inet_diag_init(): once per process."""
    proc_create(ProcInetDiag("softnet/inet_diag"))
