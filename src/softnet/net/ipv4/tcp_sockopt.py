"""Options of SOL_TCP, and TCP_INFO.

Linux: net/ipv4/tcp.c (do_tcp_setsockopt, do_tcp_getsockopt, tcp_get_info), include/linux/tcp.h.

Values are C structs as bytes, little endian; an int option wants four bytes at least. The bounds and
errnos are Linux 3.2's.
"""

from __future__ import annotations

import errno
import struct

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.net.core.sock import lock_sock, release_sock, sk_nocaps_add
from softnet.net.ipv4.inet_connection_sock import inet_csk_reset_keepalive_timer
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_cong import tcp_set_congestion_control
from softnet.net.ipv4.tcp_fastopen import has_fastopen
from softnet.net.ipv4.tcp_fastopen_client import tcp_set_fastopen_connect
from softnet.net.ipv4.tcp_fastopen_server import tcp_get_fastopen, tcp_set_fastopen
from softnet.net.ipv4.tcp_handshake import (
    keepalive_intvl_when,
    keepalive_probes,
    keepalive_time_when,
)
from softnet.net.ipv4.tcp_notsent import tcp_get_notsent_lowat, tcp_set_notsent_lowat
from softnet.net.ipv4.tcp_recvmsg import tcp_cleanup_rbuf
from softnet.net.ipv4.tcp_write import tcp_push_pending_frames
from softnet.structs.inet_connection_sock import icsk_queue
from softnet.structs.tcp import TcpSock

INT_LEN = 4
RETRANS_MAX = 255  # of TCP_DEFER_ACCEPT: an 8-bit field
TCP_INFO_FORMAT = "<8B24I"
MD5_ADDR_AT = (
    4  # in struct tcp_md5sig: a sockaddr_in in 128 bytes, then __pad1, keylen, __pad2, key
)
MD5_KEYLEN_AT = 130
MD5_KEY_AT = 136
CLOSED = 1 << tcp.TCP_CLOSE | 1 << tcp.TCP_LISTEN
CONNECTED = 1 << tcp.TCP_ESTABLISHED | 1 << tcp.TCP_CLOSE_WAIT


def tcp_setsockopt(tp: TcpSock, optname: int, optval: bytes) -> int:
    """setsockopt(SOL_TCP): 0 or -errno."""
    if optname == tcp.TCP_CONGESTION:
        if len(optval) < 1:
            return -errno.EINVAL
        name = optval[: tcp.TCP_CA_NAME_MAX - 1].split(b"\0")[0].decode("ascii", "replace")
        lock_sock(tp)
        err = tcp_set_congestion_control(tp, name)
        release_sock(tp)
        return err
    if len(optval) < INT_LEN:
        return -errno.EINVAL
    val = int.from_bytes(optval[:INT_LEN], "little", signed=True)
    lock_sock(tp)
    try:
        if optname == tcp.TCP_MD5SIG:
            return tcp_set_md5sig(tp, optval)
        err = tcp_set_simple(tp, optname, val)
        return tcp_set_acting(tp, optname, val) if err == -errno.ENOPROTOOPT else err
    finally:
        release_sock(tp)


def tcp_set_simple(tp: TcpSock, optname: int, val: int) -> int:
    """The options that are a number within bounds; -ENOPROTOOPT if optname is none of them."""
    if optname == tcp.TCP_MAXSEG:
        if not const.TCP_MIN_MSS <= val <= tcp.MAX_TCP_WINDOW:
            return -errno.EINVAL
        tp.rx_opt.user_mss = val
    elif optname in (tcp.TCP_THIN_LINEAR_TIMEOUTS, tcp.TCP_THIN_DUPACK):
        if val not in (0, 1):
            return -errno.EINVAL
        if optname == tcp.TCP_THIN_DUPACK:
            tp.thin_dupack = val != 0
        else:
            tp.thin_lto = val != 0
    elif optname == tcp.TCP_KEEPINTVL:
        if not 1 <= val <= const.MAX_TCP_KEEPINTVL:
            return -errno.EINVAL
        tp.keepalive_intvl = val * const.HZ
    elif optname == tcp.TCP_KEEPCNT:
        if not 1 <= val <= const.MAX_TCP_KEEPCNT:
            return -errno.EINVAL
        tp.keepalive_probes = val
    elif optname == tcp.TCP_SYNCNT:
        if not 1 <= val <= const.MAX_TCP_SYNCNT:
            return -errno.EINVAL
        tp.icsk_syn_retries = val
    elif optname == tcp.TCP_LINGER2:
        if val < 0:
            tp.linger2 = -1
        else:
            tp.linger2 = 0 if val > tp.sysctl.fin_timeout // const.HZ else val * const.HZ
    elif optname == tcp.TCP_DEFER_ACCEPT:
        icsk_queue(tp).rskq_defer_accept = secs_to_retrans(val)
    elif optname == tcp.TCP_WINDOW_CLAMP:
        if val == 0:
            if tp.sk_state != tcp.TCP_CLOSE:
                return -errno.EINVAL
            tp.window_clamp = 0
        else:
            tp.window_clamp = max(val, const.SOCK_MIN_RCVBUF // 2)
    elif optname == tcp.TCP_USER_TIMEOUT:
        tp.icsk_user_timeout = mem.u32(val)  # ms, and so jiffies
    else:
        return -errno.ENOPROTOOPT
    return 0


def tcp_set_acting(tp: TcpSock, optname: int, val: int) -> int:
    """The options that do something at once."""
    if optname == tcp.TCP_NODELAY:
        if val:
            tp.nonagle |= const.TCP_NAGLE_OFF | const.TCP_NAGLE_PUSH
            tcp_push_pending_frames(tp)
        else:
            tp.nonagle &= ~const.TCP_NAGLE_OFF
    elif optname == tcp.TCP_CORK:
        if val:
            tp.nonagle |= const.TCP_NAGLE_CORK
        else:
            tp.nonagle &= ~const.TCP_NAGLE_CORK
            if tp.nonagle & const.TCP_NAGLE_OFF:
                tp.nonagle |= const.TCP_NAGLE_PUSH
            tcp_push_pending_frames(tp)
    elif optname == tcp.TCP_KEEPIDLE:
        return tcp_set_keepidle(tp, val)
    elif optname == tcp.TCP_QUICKACK:
        tcp_set_quickack(tp, val)
    elif optname == tcp.TCP_NOTSENT_LOWAT:
        return tcp_set_notsent_lowat(tp, val)
    elif optname == tcp.TCP_FASTOPEN:
        return tcp_set_fastopen(tp, val)
    elif optname == tcp.TCP_FASTOPEN_CONNECT and has_fastopen(tp, "TCP_FASTOPEN_CONNECT"):
        return tcp_set_fastopen_connect(tp, val)
    else:
        return -errno.ENOPROTOOPT
    return 0


def tcp_set_keepidle(tp: TcpSock, val: int) -> int:
    """TCP_KEEPIDLE, seconds: a timer that runs is set anew, counting the time that passed."""
    if not 1 <= val <= const.MAX_TCP_KEEPIDLE:
        return -errno.EINVAL
    tp.keepalive_time = val * const.HZ
    if tp.sk_flags >> const.SOCK_KEEPOPEN & 1 and not CLOSED >> tp.sk_state & 1:
        now = tcp_time_stamp()
        elapsed = min(mem.u32(now - tp.icsk_ack_lrcvtime), mem.u32(now - tp.rcv_tstamp))
        inet_csk_reset_keepalive_timer(tp, max(tp.keepalive_time - elapsed, 0))
    return 0


def tcp_set_quickack(tp: TcpSock, val: int) -> None:
    """TCP_QUICKACK: 0 delay, odd at once from now on, even at once this time only."""
    if not val:
        tp.icsk_ack_pingpong = True
        return
    tp.icsk_ack_pingpong = False
    if CONNECTED >> tp.sk_state & 1 and tp.icsk_ack_pending & const.ICSK_ACK_SCHED:
        tp.icsk_ack_pending |= const.ICSK_ACK_PUSHED
        tcp_cleanup_rbuf(tp, 1)
        if not val & 1:
            tp.icsk_ack_pingpong = True


def tcp_set_md5sig(tp: TcpSock, optval: bytes) -> int:
    """TCP_MD5SIG, struct tcp_md5sig: the key for a peer; a key of no bytes removes it."""
    if len(optval) < tcp.TCP_MD5SIG_LEN:
        return -errno.EINVAL
    if int.from_bytes(optval[:2], "little") != socket.AF_INET:
        return -errno.EINVAL
    addr = int.from_bytes(optval[MD5_ADDR_AT : MD5_ADDR_AT + 4], "big")
    keylen = int.from_bytes(optval[MD5_KEYLEN_AT : MD5_KEYLEN_AT + 2], "little")
    keys = tp.md5sig_info
    if keylen == 0:
        if keys is None or keys.pop(addr, None) is None:
            return -errno.ENOENT
        if not keys:
            tp.md5sig_info = None
        if addr == tp.inet_daddr:
            tp.md5_key = None
        return 0
    if keylen > tcp.TCP_MD5SIG_MAXKEYLEN:
        return -errno.EINVAL
    if keys is None:
        keys = tp.md5sig_info = {}
        sk_nocaps_add(tp, const.NETIF_F_GSO_MASK)  # each segment has a signature of its own
    keys[addr] = optval[MD5_KEY_AT : MD5_KEY_AT + keylen]
    if addr == tp.inet_daddr:
        tp.md5_key = keys[addr]
    return 0


def secs_to_retrans(seconds: int) -> int:
    """How many SYN-ACK timeouts, doubling from 1 s, fill so many seconds."""
    if seconds <= 0:
        return 0
    timeout = const.TCP_TIMEOUT_INIT // const.HZ
    period = timeout
    res = 1
    while seconds > period and res < RETRANS_MAX:
        res += 1
        timeout = min(timeout << 1, const.TCP_RTO_MAX // const.HZ)
        period += timeout
    return res


def retrans_to_secs(retrans: int) -> int:
    """The inverse: the whole seconds that so many timeouts take."""
    timeout = const.TCP_TIMEOUT_INIT // const.HZ
    period = 0
    for _ in range(retrans):
        period += timeout
        timeout = min(timeout << 1, const.TCP_RTO_MAX // const.HZ)
    return period


# ---- reading


def tcp_getsockopt(tp: TcpSock, optname: int, optlen: int) -> bytes:
    """getsockopt(SOL_TCP): the value, optlen bytes of it at most; raises OSError."""
    if optlen < 0:
        raise OSError(errno.EINVAL, "Invalid argument")
    if optname == tcp.TCP_INFO:
        return tcp_get_info(tp)[:optlen]
    if optname == tcp.TCP_CONGESTION:
        name = tp.icsk_ca_ops.name.encode().ljust(tcp.TCP_CA_NAME_MAX, b"\0")
        return name[:optlen]
    val = tcp_get_int(tp, optname)
    return mem.u32(val).to_bytes(INT_LEN, "little")[:optlen]


def tcp_get_int(tp: TcpSock, optname: int) -> int:
    """The value of an int option."""
    sysctl = tp.sysctl
    if optname == tcp.TCP_MAXSEG:
        val = tp.mss_cache
        if not val and CLOSED >> tp.sk_state & 1:
            val = tp.rx_opt.user_mss
        return val
    if optname == tcp.TCP_LINGER2:
        if tp.linger2 < 0:
            return tp.linger2
        return (tp.linger2 if tp.linger2 else sysctl.fin_timeout) // const.HZ
    if optname == tcp.TCP_DEFER_ACCEPT:
        return retrans_to_secs(icsk_queue(tp).rskq_defer_accept)
    if optname == tcp.TCP_NOTSENT_LOWAT:
        return tcp_get_notsent_lowat(tp)
    if optname == tcp.TCP_FASTOPEN:
        return tcp_get_fastopen(tp)
    if optname == tcp.TCP_FASTOPEN_CONNECT and has_fastopen(tp, "TCP_FASTOPEN_CONNECT"):
        return int(tp.fastopen_connect)
    simple = {
        tcp.TCP_NODELAY: int(tp.nonagle & const.TCP_NAGLE_OFF != 0),
        tcp.TCP_CORK: int(tp.nonagle & const.TCP_NAGLE_CORK != 0),
        tcp.TCP_KEEPIDLE: keepalive_time_when(tp) // const.HZ,
        tcp.TCP_KEEPINTVL: keepalive_intvl_when(tp) // const.HZ,
        tcp.TCP_KEEPCNT: keepalive_probes(tp),
        tcp.TCP_SYNCNT: tp.icsk_syn_retries if tp.icsk_syn_retries else sysctl.syn_retries,
        tcp.TCP_WINDOW_CLAMP: tp.window_clamp,
        tcp.TCP_QUICKACK: int(not tp.icsk_ack_pingpong),
        tcp.TCP_THIN_LINEAR_TIMEOUTS: int(tp.thin_lto),
        tcp.TCP_THIN_DUPACK: int(tp.thin_dupack),
        tcp.TCP_USER_TIMEOUT: tp.icsk_user_timeout,
    }
    if optname not in simple:
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")
    return simple[optname]


def jiffies_to_usecs(j: int) -> int:
    """A jiffy is a millisecond."""
    return j * const.USEC_PER_MSEC


def tcp_get_info(tp: TcpSock) -> bytes:
    """struct tcp_info of 3.2: 104 bytes. Eight bytes, then 24 32-bit numbers; times in us and ms."""
    rx_opt = tp.rx_opt
    options = 0
    wscale = 0
    if rx_opt.tstamp_ok:
        options |= tcp.TCPI_OPT_TIMESTAMPS
    if tp.is_sack():
        options |= tcp.TCPI_OPT_SACK
    if rx_opt.wscale_ok:
        options |= tcp.TCPI_OPT_WSCALE
        wscale = rx_opt.snd_wscale | rx_opt.rcv_wscale << 4
    if tp.ecn_flags & const.TCP_ECN_OK:
        options |= tcp.TCPI_OPT_ECN
    if tp.ecn_flags & const.TCP_ECN_SEEN:
        options |= tcp.TCPI_OPT_ECN_SEEN
    if tp.syn_data_acked:
        options |= tcp.TCPI_OPT_SYN_DATA
    listening = tp.sk_state == tcp.TCP_LISTEN
    now = tcp_time_stamp()
    numbers = (
        jiffies_to_usecs(tp.icsk_rto),
        jiffies_to_usecs(tp.icsk_ack_ato),
        tp.mss_cache,
        tp.icsk_ack_rcv_mss,
        tp.sk_ack_backlog if listening else tp.packets_out,
        tp.sk_max_ack_backlog if listening else tp.sacked_out,
        tp.lost_out,
        tp.retrans_out,
        tp.fackets_out,
        mem.u32(now - tp.lsndtime),
        0,  # tcpi_last_ack_sent is not kept
        mem.u32(now - tp.icsk_ack_lrcvtime),
        mem.u32(now - tp.rcv_tstamp),
        tp.icsk_pmtu_cookie,
        tp.rcv_ssthresh,
        jiffies_to_usecs(tp.srtt) >> 3,
        jiffies_to_usecs(tp.mdev) >> 2,
        tp.snd_ssthresh,
        tp.snd_cwnd,
        tp.advmss,
        tp.reordering,
        jiffies_to_usecs(tp.rcv_rtt_est_rtt) >> 3,
        tp.rcvq_space,
        tp.total_retrans,
    )
    small = (
        tp.sk_state,
        tp.icsk_ca_state,
        tp.icsk_retransmits,
        tp.icsk_probes_out,
        tp.icsk_backoff,
        options,
        wscale,
        0,
    )
    return struct.pack(
        TCP_INFO_FORMAT, *(v & const.U8_MAX for v in small), *(mem.u32(v) for v in numbers)
    )
