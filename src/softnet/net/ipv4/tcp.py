"""TCP: the protocol's functions in one object, and what happens at boot.

Linux: net/ipv4/tcp.c, and tcp_prot in tcp_ipv4.c. RFC 793 and its many additions.

The file to start with. One segment's way:

    tcp_sendmsg   user data to the write queue      tcp_write      what may go now, how large
    tcp_output    the header, and down to IP        tcp_ipv4       up from IP to the socket
    tcp_input     is it acceptable; the steps       tcp_ack        what it acknowledges
    tcp_data      its text, in and out of order     tcp_recvmsg    to the user

    tcp_listen, tcp_minisocks, tcp_handshake, tcp_connect   making a connection
    tcp_close, tcp_state, tcp_timewait                      ending it
    tcp_sack, tcp_recovery, tcp_frto, tcp_retransmit        losses
    tcp_rtt, tcp_timer                                      time
    tcp_cwnd, tcp_cong, tcp_cubic ...                       how much may be in flight
    tcp_window, tcp_rcvbuf, tcp_prune                       how much we take
    tcp_mss, tcp_segment, tcp_offload                       sizes and super-packets
    tcp_options, tcp_sockopt, tcp_sysctl, tcp_metrics, tcp_proc, tcp_md5, syncookies
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.in_ as in_
import softnet.uapi.poll as poll
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket
import softnet.uapi.sockios as sockios
import softnet.uapi.tcp as tcp
from softnet.fs.file import File, PollTable, poll_wait
from softnet.fs.proc import proc_create
from softnet.kernel.era import era_has
from softnet.net.core.skbuff import skb_queue_purge
from softnet.net.core.sock import (
    lock_sock,
    proto_mem,
    proto_register,
    release_sock,
    sk_alloc,
    sk_error_queue,
    sock_init_data,
    sock_rcvlowat,
)
from softnet.net.core.stream import sk_stream_is_writeable
from softnet.net.ipv4.af_inet import inet_register_protosw, inet_stream_ops
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_accept,
    inet_csk_clear_xmit_timers,
    inet_csk_get_port,
    inet_csk_listen_start,
)
from softnet.net.ipv4.inet_hashtables import (
    InetHashinfo,
    inet_hash,
    inet_put_port,
    inet_unhash,
)
from softnet.net.ipv4.inet_timewait_sock import (
    InetTimewaitDeathRow,
    inet_twsk_deschedule,
    inet_twsk_purge,
)
from softnet.net.ipv4.ip_sockglue import ip_getsockopt, ip_recv_error, ip_setsockopt
from softnet.net.ipv4.protocol import inet_add_protocol
from softnet.net.ipv4.tcp_clock import get_seconds
from softnet.net.ipv4.tcp_close import (
    tcp_close,
    tcp_disconnect,
    tcp_shutdown,
    tcp_write_queue_purge,
)
from softnet.net.ipv4.tcp_cong import (
    tcp_cleanup_congestion_control,
    tcp_cong_net_init,
    tcp_init_congestion_ops,
)
from softnet.net.ipv4.tcp_cong_all import tcp_cong_register_all
from softnet.net.ipv4.tcp_fastopen import reqsk_fastopen_remove
from softnet.net.ipv4.tcp_fastopen_server import tcp_fastopen_listen
from softnet.net.ipv4.tcp_ipv4 import (
    ipv4_specific,
    net_hashinfo,
    tcp_v4_connect,
    tcp_v4_do_rcv,
)
from softnet.net.ipv4.tcp_mss import tcp_sync_mss
from softnet.net.ipv4.tcp_notsent import tcp_stream_memory_free
from softnet.net.ipv4.tcp_offload import TcpProtocol
from softnet.net.ipv4.tcp_pacing import tcp_pacing_stop
from softnet.net.ipv4.tcp_pacing_timer import tcp_pacing_start
from softnet.net.ipv4.tcp_proc import ProcTcp
from softnet.net.ipv4.tcp_recvmsg import tcp_inq, tcp_recvmsg
from softnet.net.ipv4.tcp_sendmsg import tcp_sendmsg
from softnet.net.ipv4.tcp_sockopt import tcp_getsockopt, tcp_setsockopt
from softnet.net.ipv4.tcp_state import tcp_hashinfo
from softnet.net.ipv4.tcp_sysctl import tcp_init_limits, tcp_sysctl_net_init
from softnet.net.ipv4.tcp_timer import tcp_init_xmit_timers, tcp_set_keepalive
from softnet.net.ipv4.tcp_timewait import tcp_death_row
from softnet.net.ipv4.tcp_write import tcp_tsq_handler
from softnet.net.ipv4.tcp_zerocopy import tcp_zerocopy_destroy
from softnet.structs.inet_connection_sock import InetConnectionSock
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from softnet.structs.net_namespace import Net
from softnet.structs.netns_tcp import NetnsTcp
from softnet.structs.protocol import INET_PROTOSW_ICSK, INET_PROTOSW_PERMANENT, InetProtosw
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Proto, Sock
from softnet.structs.socket import MsgHdr, Sockaddr, Socket
from softnet.structs.tcp import TcpSock, new_tcp_sock

READABLE = poll.POLLIN | poll.POLLRDNORM
WRITABLE = poll.POLLOUT | poll.POLLWRNORM
OPENING = 1 << tcp.TCP_SYN_SENT | 1 << tcp.TCP_SYN_RECV


# ---- poll(), ioctl()


def tcp_poll(tp: TcpSock) -> int:
    """POLL* bits that hold now.

    A closed direction is readable (or writable) for ever: the call will not block, it will fail.
    """
    if trace.tcp_poll.enabled:
        trace.tcp_poll.fire(tp)
    if tp.sk_state == tcp.TCP_LISTEN:
        queue = tp.icsk_accept_queue
        return READABLE if queue is not None and queue.rskq_accept_head is not None else 0
    mask = 0
    if tp.sk_shutdown == socket.SHUTDOWN_MASK or tp.sk_state == tcp.TCP_CLOSE:
        mask |= poll.POLLHUP
    if tp.sk_shutdown & socket.RCV_SHUTDOWN:
        mask |= READABLE | poll.POLLRDHUP
    if not OPENING >> tp.sk_state & 1 or tp.fastopen_rsk is not None:
        mask |= tcp_poll_connected(tp)
    elif tp.defer_connect:
        mask |= WRITABLE
    if tp.sk_err or (tp.zerocopy is not None and sk_error_queue(tp).first is not None):
        mask |= poll.POLLERR
    return mask


def tcp_poll_connected(tp: TcpSock) -> int:
    """The part that is about data."""
    mask = 0
    target = sock_rcvlowat(tp, False, const.INT_MAX)
    if tp.urg_seq == tp.copied_seq and tp.urg_data and not tp.sk_flags >> const.SOCK_URGINLINE & 1:
        target += 1  # the urgent byte is not read as data
    if mem.s32(tp.rcv_nxt - tp.copied_seq) >= target:
        mask |= READABLE
    if tp.sk_shutdown & socket.SEND_SHUTDOWN or sk_stream_is_writeable(tp):
        mask |= WRITABLE
    else:
        sock = tp.sk_socket
        if sock is not None:  # whoever frees space shall wake us
            sock.flags |= 1 << socket.SOCK_ASYNC_NOSPACE | 1 << socket.SOCK_NOSPACE
    if tp.urg_data & const.TCP_URG_VALID:
        mask |= poll.POLLPRI
    return mask


def tcp_ioctl(tp: TcpSock, cmd: int) -> int:
    """SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK; raises OSError."""
    if cmd == sockios.SIOCATMARK:
        return int(tp.urg_data != 0 and tp.urg_seq == tp.copied_seq)
    if cmd not in (sockios.SIOCINQ, sockios.SIOCOUTQ, sockios.SIOCOUTQNSD):
        raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
    if tp.sk_state == tcp.TCP_LISTEN:
        raise OSError(errno.EINVAL, "Invalid argument")
    if cmd == sockios.SIOCINQ:
        lock_sock(tp)
        answer = tcp_inq(tp)
        release_sock(tp)
        return answer
    if OPENING >> tp.sk_state & 1:
        return 0
    begin = tp.snd_una if cmd == sockios.SIOCOUTQ else tp.snd_nxt
    return mem.u32(tp.write_seq - begin)


# ---- birth and death


def tcp_v4_init_sock(tp: TcpSock) -> int:
    """A new socket: 0."""
    if trace.tcp_v4_init_sock.enabled:
        trace.tcp_v4_init_sock.fire(tp)
    sysctl = tp.sysctl
    tcp_init_xmit_timers(tp)
    tp.icsk_rto = const.TCP_TIMEOUT_INIT
    tp.mdev = const.TCP_TIMEOUT_INIT
    tp.snd_cwnd = const.TCP_INIT_CWND
    tp.reordering = sysctl.reordering
    tp.icsk_ca_ops = tcp_init_congestion_ops
    tp.sk_state = tcp.TCP_CLOSE
    tp.sk_flags |= 1 << const.SOCK_USE_WRITE_QUEUE
    tp.icsk_af_ops = ipv4_specific
    tp.sk_sndbuf = sysctl.wmem[1]
    tp.sk_rcvbuf = sysctl.rmem[1]
    tp.sk_mem.sockets_allocated += 1  # type: ignore[union-attr]  # TCP's memory is always accounted
    return 0


def tcp_v4_destroy_sock(tp: TcpSock) -> None:
    """The socket is about to go: give back what it took."""
    if trace.tcp_v4_destroy_sock.enabled:
        trace.tcp_v4_destroy_sock.fire(tp)
    inet_csk_clear_xmit_timers(tp)
    tcp_pacing_stop(tp)
    if tp.fastopen_rsk is not None:
        reqsk_fastopen_remove(tp, tp.fastopen_rsk, False)
    tcp_cleanup_congestion_control(tp)
    tcp_write_queue_purge(tp)
    skb_queue_purge(tp.out_of_order_queue)
    if tp.ucopy is not None:
        skb_queue_purge(tp.ucopy.prequeue)
        tp.ucopy = None
    if tp.zerocopy is not None:
        tcp_zerocopy_destroy(tp)
    if tp.icsk_bind_hash is not None:
        inet_put_port(tcp_hashinfo(tp), tp)
    # The timers point at the socket: without this both would wait for the garbage collector.
    tp.icsk_retransmit_timer = None
    tp.icsk_delack_timer = None
    tp.sk_timer = None
    tp.pacing_timer = None
    tp.sk_mem.sockets_allocated -= 1  # type: ignore[union-attr]  # TCP's memory is always accounted


class TcpHashinfo(InetHashinfo):
    """tcp_hashinfo: what TCP adds to the tables."""

    __slots__ = ("net",)

    net: Net

    def __init__(self, net: Net, ehash_size: int) -> None:
        rand = net.rand
        InetHashinfo.__init__(self, ehash_size, rand.u32(), rand.u32(), rand.u32())
        self.net = net

    def twsk_unique(self, sk: InetConnectionSock, tw: InetTimewaitSock, connecting: bool) -> bool:
        """tcp_twsk_unique(): only if timestamps tell the two connections apart, RFC 6191.

        With tcp_tw_reuse also for a port that was not asked for, after a second.
        """
        assert isinstance(sk, TcpSock)
        reuse = sk.sysctl.tw_reuse != 0 and get_seconds() - tw.tw_ts_recent_stamp > 1
        if not tw.tw_ts_recent_stamp or (connecting and not reuse):
            return False
        write_seq = mem.u32(tw.tw_snd_nxt + const.TCP_ISN_JUMP)
        sk.write_seq = write_seq if write_seq else 1
        sk.rx_opt.ts_recent = tw.tw_ts_recent
        sk.rx_opt.ts_recent_stamp = tw.tw_ts_recent_stamp
        return True

    def twsk_deschedule(self, tw: InetTimewaitSock) -> None:
        """inet_twsk_deschedule()"""
        self.net.mib.net.inc(snmp.LINUX_MIB_TIMEWAITRECYCLED)
        inet_twsk_deschedule(tw, tcp_death_row(self.net))


def tcp_sk(sk: Sock) -> TcpSock:
    """tcp_sk()"""
    assert isinstance(sk, TcpSock)
    return sk


class TcpProto(Proto):
    """tcp_prot"""

    __slots__ = ()

    def alloc(self, net: Net, family: int) -> Sock:
        return new_tcp_sock(self, net, family)

    def init(self, sk: Sock) -> int:
        return tcp_v4_init_sock(tcp_sk(sk))

    def destroy(self, sk: Sock) -> None:
        tcp_v4_destroy_sock(tcp_sk(sk))

    def close(self, sk: Sock, timeout: int) -> None:
        tcp_close(tcp_sk(sk), timeout)

    def connect(self, sk: Sock, addr: Sockaddr) -> int:
        return tcp_v4_connect(tcp_sk(sk), addr)

    def disconnect(self, sk: Sock, flags: int) -> int:
        return tcp_disconnect(tcp_sk(sk), flags)

    def accept(self, sk: Sock, flags: int) -> Sock:
        return inet_csk_accept(tcp_sk(sk), flags)

    def ioctl(self, sk: Sock, cmd: int, arg: object) -> object:
        return tcp_ioctl(tcp_sk(sk), cmd)

    def shutdown(self, sk: Sock, how: int) -> None:
        tcp_shutdown(tcp_sk(sk), how)

    def setsockopt(self, sk: Sock, level: int, optname: int, optval: bytes) -> int:
        if level == socket.SOL_TCP:
            return tcp_setsockopt(tcp_sk(sk), optname, optval)
        return ip_setsockopt(sk, level, optname, optval)

    def getsockopt(self, sk: Sock, level: int, optname: int, optlen: int) -> bytes:
        if level == socket.SOL_TCP:
            return tcp_getsockopt(tcp_sk(sk), optname, optlen)
        return ip_getsockopt(sk, level, optname, optlen)

    def sendmsg(self, sk: Sock, msg: MsgHdr, size: int) -> int:
        return tcp_sendmsg(tcp_sk(sk), msg, size)

    def recvmsg(self, sk: Sock, msg: MsgHdr, size: int, flags: int) -> int:
        tp = tcp_sk(sk)
        if flags & socket.MSG_ERRQUEUE and tp.zerocopy is not None:
            return ip_recv_error(tp, msg, size)
        return tcp_recvmsg(tp, msg, size, flags)

    def backlog_rcv(self, sk: Sock, skb: SkBuff) -> int:
        return tcp_v4_do_rcv(tcp_sk(sk), skb)

    def hash(self, sk: Sock) -> None:
        tp = tcp_sk(sk)
        inet_hash(tcp_hashinfo(tp), tp)

    def unhash(self, sk: Sock) -> None:
        tp = tcp_sk(sk)
        inet_unhash(tcp_hashinfo(tp), tp)

    def get_port(self, sk: Sock, snum: int) -> int:
        tp = tcp_sk(sk)
        return inet_csk_get_port(tcp_hashinfo(tp), tp, snum)

    def sync_mss(self, sk: Sock, pmtu: int) -> int:
        return tcp_sync_mss(tcp_sk(sk), pmtu)

    def set_keepalive(self, sk: Sock, on: bool) -> None:
        tcp_set_keepalive(tcp_sk(sk), on)

    def set_pacing(self, sk: Sock) -> None:
        tcp_pacing_start(tcp_sk(sk))

    def listen_start(self, sk: Sock, backlog: int) -> int:
        tp = tcp_sk(sk)
        if tp.sysctl.fastopen:
            tcp_fastopen_listen(tp, backlog)
        return inet_csk_listen_start(tp, backlog, tp.sysctl.max_syn_backlog)

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        poll_wait(file, sock.wq, wait)
        sk = sock.sk
        assert sk is not None
        return tcp_poll(tcp_sk(sk))

    def release_cb(self, sk: Sock) -> None:
        """tcp_release_cb()"""
        tp = tcp_sk(sk)
        if tp.tsq_flags & const.TSQ_DEFERRED:
            tcp_tsq_handler(tp)

    def stream_memory_free(self, sk: Sock) -> bool:
        return tcp_stream_memory_free(tcp_sk(sk))

    def enter_memory_pressure(self, sk: Sock) -> None:
        """tcp_enter_memory_pressure()"""
        if not sk.sk_mem.pressure:  # type: ignore[union-attr]  # TCP's memory is always accounted
            sk.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPMEMORYPRESSURES)
            sk.sk_mem.pressure = True  # type: ignore[union-attr]  # TCP's memory is always accounted

    def memory_limits(self, sk: Sock) -> list[int] | None:
        return tcp_sk(sk).sysctl.mem

    def rmem_min(self, sk: Sock) -> int:
        return tcp_sk(sk).sysctl.rmem[0]

    def wmem_min(self, sk: Sock) -> int:
        return tcp_sk(sk).sysctl.wmem[0]


# ---- boot

tcp_prot = TcpProto("TCP")
tcp_prot.max_header = const.MAX_TCP_HEADER
tcp_prot.no_autobind = True
tcp_protocol = TcpProtocol()
tcp_protosw = InetProtosw(
    socket.SOCK_STREAM,
    in_.IPPROTO_TCP,
    tcp_prot,
    inet_stream_ops,
    0,
    INET_PROTOSW_PERMANENT | INET_PROTOSW_ICSK,
)


def tcp_init() -> None:
    """Once per process: the protocol, its sockets, its file in /proc, its congestion control."""
    tcp_cong_register_all()
    err = inet_add_protocol(tcp_protocol, in_.IPPROTO_TCP)
    assert err == 0
    proto_register(tcp_prot)
    inet_register_protosw(tcp_protosw)
    proc_create(ProcTcp("net/tcp"))


def tcp_net_init(net: Net) -> None:
    """A namespace's tables, wheels, tunables and limits; the socket that resets go out by."""
    sysctl = NetnsTcp()
    net.ipv4.tcp = sysctl
    sysctl.accounts = proto_mem(net, tcp_prot)
    ehash_size = tcp_init_limits(sysctl, net.machine.memory.size)
    hinfo = TcpHashinfo(net, ehash_size)
    net.ipv4.tcp_hashinfo = hinfo
    row = InetTimewaitDeathRow(net, hinfo)
    net.ipv4.tcp_death_row = row
    sysctl.rfc5961 = era_has(net.era, "RFC5961")
    sysctl.syncookie_secret = net.rand.bytes(16)
    tcp_cong_net_init(sysctl, "cubic")
    tcp_sysctl_net_init(net, sysctl, row)
    net.mib.tcp.v[snmp.TCP_MIB_RTOALGORITHM] = 1
    net.mib.tcp.v[snmp.TCP_MIB_RTOMIN] = const.TCP_RTO_MIN
    net.mib.tcp.v[snmp.TCP_MIB_RTOMAX] = const.TCP_RTO_MAX
    net.mib.tcp.v[snmp.TCP_MIB_MAXCONN] = -1
    net.ipv4.tcp_sock = tcp_ctl_sock(net)


def tcp_ctl_sock(net: Net) -> Sock:
    """inet_ctl_sock_create(): a raw-like socket of the kernel's own, in no table."""
    sk = sk_alloc(net, socket.AF_INET, tcp_prot)
    assert isinstance(sk, TcpSock)
    sock_init_data(None, sk)
    sk.sk_protocol = in_.IPPROTO_TCP
    sk.uc_ttl = -1
    sk.pmtudisc = in_.IP_PMTUDISC_DO
    sk.sk_flags |= 1 << const.SOCK_USE_WRITE_QUEUE
    sk.sk_mem = None
    return sk


def tcp_net_exit(net: Net) -> None:
    """The namespace ends."""
    row = tcp_death_row(net)
    inet_twsk_purge(row)
    assert net_hashinfo(net).tw_count == 0
