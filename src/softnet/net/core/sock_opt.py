"""SOL_SOCKET: setsockopt() and getsockopt(), and the control messages that they switch on.

Linux: net/core/sock.c, and sock_recv_timestamp() and neighbours of net/socket.c

Values are what x86-64 user space hands over, little endian: int 4 bytes, struct linger 8 (l_onoff,
l_linger), struct timeval 16 (tv_sec, tv_usec), struct ucred 12 (pid, uid, gid). A longer value than
the option needs is fine, a shorter one EINVAL; an answer is cut to what the caller has room for.

Programs run as root here: no option asks for a capability in vain.
"""

from __future__ import annotations

import errno
import os

import softnet.arch.const as const
import softnet.uapi.errqueue as errqueue
import softnet.uapi.in_ as in_
import softnet.uapi.socket as uapi
from softnet.kernel.era import era_has
from softnet.machine.cpu import this_cpu
from softnet.net.core.scm import put_cmsg
from softnet.net.core.skbuff import kfree_skb, skb_clone
from softnet.net.core.sock_life import (
    lock_sock,
    release_sock,
    sk_dst_reset,
    sock_disable_timestamp,
    sock_enable_timestamp,
    sock_error,
)
from softnet.net.core.sock_mem import sock_queue_err_skb
from softnet.net.core.sock_reuseport import has_reuseport, set_reuseport
from softnet.structs.errqueue import SockExterr
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Sock
from softnet.structs.socket import MsgHdr, Socket

IFNAMSIZ = 16
INT_LEN = 4
LINGER_LEN = 8
TIMEVAL_LEN = 16
ENOTSUPP = 524  # no errno of user space's, and yet what Linux answers
TCP_LISTEN = 10

# option -> flag, where the option is a plain switch
FLAG_OF = {
    uapi.SO_DEBUG: const.SOCK_DBG,
    uapi.SO_DONTROUTE: const.SOCK_LOCALROUTE,
    uapi.SO_BROADCAST: const.SOCK_BROADCAST,
    uapi.SO_KEEPALIVE: const.SOCK_KEEPOPEN,
    uapi.SO_OOBINLINE: const.SOCK_URGINLINE,
    uapi.SO_RXQ_OVFL: const.SOCK_RXQ_OVFL,
}

# the same for those that struct socket keeps
SOCKET_BIT_OF = {
    uapi.SO_PASSCRED: uapi.SOCK_PASSCRED,
    uapi.SO_PASSSEC: uapi.SOCK_PASSSEC,
}

# SOF_TIMESTAMPING_* -> flag, but for RX_SOFTWARE, which is more than a flag
TIMESTAMPING_FLAG_OF = {
    errqueue.SOF_TIMESTAMPING_TX_HARDWARE: const.SOCK_TIMESTAMPING_TX_HARDWARE,
    errqueue.SOF_TIMESTAMPING_TX_SOFTWARE: const.SOCK_TIMESTAMPING_TX_SOFTWARE,
    errqueue.SOF_TIMESTAMPING_RX_HARDWARE: const.SOCK_TIMESTAMPING_RX_HARDWARE,
    errqueue.SOF_TIMESTAMPING_SOFTWARE: const.SOCK_TIMESTAMPING_SOFTWARE,
    errqueue.SOF_TIMESTAMPING_SYS_HARDWARE: const.SOCK_TIMESTAMPING_SYS_HARDWARE,
    errqueue.SOF_TIMESTAMPING_RAW_HARDWARE: const.SOCK_TIMESTAMPING_RAW_HARDWARE,
}

# A receive that sets any of these has a control message to write.
FLAGS_TS_OR_DROPS = (
    1 << const.SOCK_RXQ_OVFL
    | 1 << const.SOCK_RCVTSTAMP
    | 1 << const.SOCK_TIMESTAMPING_RX_SOFTWARE
    | 1 << const.SOCK_TIMESTAMPING_SOFTWARE
    | 1 << const.SOCK_TIMESTAMPING_RAW_HARDWARE
    | 1 << const.SOCK_TIMESTAMPING_SYS_HARDWARE
)


class FilterOps:
    """SO_ATTACH_FILTER: net/core/filter checks the program and gives sk.sk_filter an SkFilter."""

    __slots__ = ()

    def attach(self, sk: Sock, optval: bytes) -> int:
        """0 or -errno. A kernel without filters does not know the option."""
        return -errno.ENOPROTOOPT


filters = [FilterOps()]


def register_filter_ops(ops: FilterOps) -> None:
    """net/core/filter says who attaches programs."""
    filters[0] = ops


def s32(data: bytes) -> int:
    """The int at the front of a value."""
    return int.from_bytes(data[:4], "little", signed=True)


def s64(data: bytes, at: int) -> int:
    """The long at offset at of a value."""
    return int.from_bytes(data[at : at + 8], "little", signed=True)


def int_value(v: int) -> bytes:
    """An int as an answer."""
    return (v & 0xFFFFFFFF).to_bytes(4, "little")


def wrap_int(v: int) -> int:
    """What a C int keeps of v."""
    return (v + 0x80000000 & 0xFFFFFFFF) - 0x80000000


# ---- setsockopt


def sock_setsockopt(sock: Socket, optname: int, optval: bytes) -> int:
    """Set an option of SOL_SOCKET; 0 or -errno."""
    sk = sock.sk
    assert sk is not None
    if optname == uapi.SO_BINDTODEVICE:
        return sock_bindtodevice(sk, optval)
    if len(optval) < INT_LEN:
        return -errno.EINVAL
    lock_sock(sk)
    try:
        return set_locked(sock, sk, optname, optval, s32(optval))
    finally:
        release_sock(sk)


def set_locked(sock: Socket, sk: Sock, optname: int, optval: bytes, val: int) -> int:
    """sock_setsockopt() with sk owned and the int read."""
    if optname in FLAG_OF:
        if optname == uapi.SO_KEEPALIVE:
            sk.sk_prot.set_keepalive(sk, val != 0)
        valbool_flag(sk, FLAG_OF[optname], val != 0)
        return 0
    if optname in SOCKET_BIT_OF:
        bit = 1 << SOCKET_BIT_OF[optname]
        sock.flags = sock.flags | bit if val else sock.flags & ~bit
        return 0
    match optname:
        case uapi.SO_REUSEADDR:
            sk.sk_reuse = int(val != 0)
        case uapi.SO_REUSEPORT:
            return set_reuseport(sk, val != 0)
        case uapi.SO_SNDBUF | uapi.SO_SNDBUFFORCE:
            set_sndbuf(sk, val, optname == uapi.SO_SNDBUFFORCE)
        case uapi.SO_RCVBUF | uapi.SO_RCVBUFFORCE:
            set_rcvbuf(sk, val, optname == uapi.SO_RCVBUFFORCE)
        case uapi.SO_NO_CHECK:
            sk.sk_no_check = int(val != 0)
        case uapi.SO_PRIORITY:
            sk.sk_priority = val & 0xFFFFFFFF
        case uapi.SO_LINGER:
            return set_linger(sk, optval)
        case uapi.SO_BSDCOMPAT:
            return 0  # obsolete since 2.2: taken, and nothing happens
        case uapi.SO_TIMESTAMP | uapi.SO_TIMESTAMPNS:
            set_timestamp(sk, optname == uapi.SO_TIMESTAMPNS, val != 0)
        case uapi.SO_TIMESTAMPING:
            return set_timestamping(sk, val)
        case uapi.SO_RCVLOWAT:
            sk.sk_rcvlowat = const.INT_MAX if val < 0 else val or 1
        case uapi.SO_RCVTIMEO:
            err, timeo = read_timeout(optval)
            if err == 0:
                sk.sk_rcvtimeo = timeo
            return err
        case uapi.SO_SNDTIMEO:
            err, timeo = read_timeout(optval)
            if err == 0:
                sk.sk_sndtimeo = timeo
            return err
        case uapi.SO_ATTACH_FILTER:
            return filters[0].attach(sk, optval)
        case uapi.SO_DETACH_FILTER:
            if sk.sk_filter is None:
                return -errno.ENOENT
            sk.sk_filter = None
        case uapi.SO_MARK:
            sk.sk_mark = val & 0xFFFFFFFF
        case uapi.SO_MAX_PACING_RATE if era_has(sk.sk_net.era, "SO_MAX_PACING_RATE"):
            sk.sk_max_pacing_rate = val & 0xFFFFFFFF
            if sk.sk_max_pacing_rate != const.SK_PACING_UNLIMITED:
                sk.sk_prot.set_pacing(sk)
        case uapi.SO_ZEROCOPY if era_has(sk.sk_net.era, "SO_ZEROCOPY"):
            return set_zerocopy(sk, val)
        case _:
            return -errno.ENOPROTOOPT
    return 0


def set_zerocopy(sk: Sock, val: int) -> int:
    """SO_ZEROCOPY: 0, -EINVAL, or -ENOTSUPP for what is not TCP."""
    if sk.sk_protocol != in_.IPPROTO_TCP:
        return -ENOTSUPP
    if val not in (0, 1):
        return -errno.EINVAL
    valbool_flag(sk, const.SOCK_ZEROCOPY, val != 0)
    return 0


def valbool_flag(sk: Sock, bit: int, on: bool) -> None:
    """sock_valbool_flag()"""
    if on:
        sk.set_flag(bit)
    else:
        sk.reset_flag(bit)


def set_sndbuf(sk: Sock, val: int, force: bool) -> None:
    """Twice val, as bookkeeping takes its share; at most twice wmem_max unless forced.

    A negative val is a huge one, as Linux compares without a sign; forced it is tiny.
    """
    limit = sk.sk_net.core.wmem_max
    if not force and (val < 0 or val > limit):
        val = limit
    sk.sk_userlocks |= const.SOCK_SNDBUF_LOCK
    sk.sk_sndbuf = max(wrap_int(val * 2), const.SOCK_MIN_SNDBUF)
    sk.sk_write_space()  # who sleeps may have room now


def set_rcvbuf(sk: Sock, val: int, force: bool) -> None:
    """The same for received packets, and rmem_max."""
    limit = sk.sk_net.core.rmem_max
    if not force and (val < 0 or val > limit):
        val = limit
    sk.sk_userlocks |= const.SOCK_RCVBUF_LOCK
    sk.sk_rcvbuf = max(wrap_int(val * 2), const.SOCK_MIN_RCVBUF)


def set_linger(sk: Sock, optval: bytes) -> int:
    """struct linger: close() waits up to l_linger seconds for the data to be sent."""
    if len(optval) < LINGER_LEN:
        return -errno.EINVAL
    if s32(optval) == 0:
        sk.reset_flag(const.SOCK_LINGER)
    else:
        sk.sk_lingertime = (s32(optval[4:]) & 0xFFFFFFFF) * const.NSEC_PER_SEC
        sk.set_flag(const.SOCK_LINGER)
    return 0


def set_timestamp(sk: Sock, nanoseconds: bool, on: bool) -> None:
    """SO_TIMESTAMP and SO_TIMESTAMPNS: one switch, the later call says in what unit."""
    if on:
        valbool_flag(sk, const.SOCK_RCVTSTAMPNS, nanoseconds)
        sk.set_flag(const.SOCK_RCVTSTAMP)
        sock_enable_timestamp(sk, const.SOCK_TIMESTAMP)
    else:
        sk.reset_flag(const.SOCK_RCVTSTAMP)
        sk.reset_flag(const.SOCK_RCVTSTAMPNS)


def set_timestamping(sk: Sock, val: int) -> int:
    """SO_TIMESTAMPING: SOF_TIMESTAMPING_* bits."""
    if val & ~errqueue.SOF_TIMESTAMPING_MASK:
        return -errno.EINVAL
    for bit, flag in TIMESTAMPING_FLAG_OF.items():
        valbool_flag(sk, flag, val & bit != 0)
    if val & errqueue.SOF_TIMESTAMPING_RX_SOFTWARE:
        sock_enable_timestamp(sk, const.SOCK_TIMESTAMPING_RX_SOFTWARE)
    else:
        sock_disable_timestamp(sk, const.SOCK_TIMESTAMPING_RX_SOFTWARE)
    return 0


def read_timeout(optval: bytes) -> tuple[int, int]:
    """sock_set_timeout(): (0, ns) or (-errno, 0). 0 is for ever, a negative time no time at all.

    Rounded up to jiffies, as getsockopt() shows.
    """
    if len(optval) < TIMEVAL_LEN:
        return -errno.EINVAL, 0
    sec, usec = s64(optval, 0), s64(optval, 8)
    if not 0 <= usec < const.USEC_PER_SEC:
        return -errno.EDOM, 0
    if sec < 0:
        return 0, 0
    tick_usec = const.USEC_PER_SEC // const.HZ
    ns = sec * const.NSEC_PER_SEC + -(-usec // tick_usec) * const.TICK_NSEC
    if ns == 0 or ns >= const.MAX_SCHEDULE_TIMEOUT:
        return 0, const.MAX_SCHEDULE_TIMEOUT
    return 0, ns


def sock_bindtodevice(sk: Sock, optval: bytes) -> int:
    """SO_BINDTODEVICE: talk over one device only; the empty name is any. 0 or -ENODEV."""
    name = optval[: IFNAMSIZ - 1].split(b"\0")[0].decode("latin-1")
    index = 0
    if name:
        dev = sk.sk_net.dev_by_name.get(name)
        if dev is None:
            return -errno.ENODEV
        index = dev.ifindex
    lock_sock(sk)
    sk.sk_bound_dev_if = index
    sk_dst_reset(sk)
    release_sock(sk)
    return 0


# ---- getsockopt


def sock_getsockopt(sock: Socket, optname: int, optlen: int) -> bytes:
    """An option of SOL_SOCKET, at most optlen bytes of it. Raises OSError."""
    if optlen < 0:
        raise os_error(errno.EINVAL)
    sk = sock.sk
    assert sk is not None
    return get_value(sock, sk, optname, optlen)[:optlen]


def get_value(sock: Socket, sk: Sock, optname: int, optlen: int) -> bytes:
    """The whole value."""
    if optname in FLAG_OF:
        return int_value(int(sk.flag(FLAG_OF[optname])))
    if optname in SOCKET_BIT_OF:
        return int_value(sock.flags >> SOCKET_BIT_OF[optname] & 1)
    match optname:
        case uapi.SO_LINGER:
            seconds = sk.sk_lingertime // const.NSEC_PER_SEC
            return int_value(int(sk.flag(const.SOCK_LINGER))) + int_value(seconds)
        case uapi.SO_RCVTIMEO:
            return timeval_value(sk.sk_rcvtimeo)
        case uapi.SO_SNDTIMEO:
            return timeval_value(sk.sk_sndtimeo)
        case uapi.SO_PEERCRED:
            uid, gid = sk.sk_peer_uid, sk.sk_peer_gid
            return int_value(sk.sk_peer_pid) + int_value(uid) + int_value(gid)
        case uapi.SO_PEERNAME:
            return get_peername(sock, optlen)
    return int_value(get_int(sk, optname))


def get_int(sk: Sock, optname: int) -> int:
    """An option that is an int."""
    match optname:
        case uapi.SO_SNDBUF:
            return sk.sk_sndbuf
        case uapi.SO_RCVBUF:
            return sk.sk_rcvbuf
        case uapi.SO_REUSEADDR:
            return sk.sk_reuse
        case uapi.SO_REUSEPORT:
            if has_reuseport(sk):
                return sk.sk_reuseport
        case uapi.SO_ZEROCOPY if era_has(sk.sk_net.era, "SO_ZEROCOPY"):
            return int(sk.flag(const.SOCK_ZEROCOPY))
        case uapi.SO_TYPE:
            return sk.sk_type
        case uapi.SO_PROTOCOL:
            return sk.sk_protocol
        case uapi.SO_DOMAIN:
            return sk.sk_family
        case uapi.SO_ERROR:
            return take_error(sk)
        case uapi.SO_NO_CHECK:
            return sk.sk_no_check
        case uapi.SO_PRIORITY:
            return sk.sk_priority
        case uapi.SO_BSDCOMPAT:
            return 0
        case uapi.SO_TIMESTAMP:
            ns = sk.flag(const.SOCK_RCVTSTAMPNS)
            return int(sk.flag(const.SOCK_RCVTSTAMP) and not ns)
        case uapi.SO_TIMESTAMPNS:
            return int(sk.flag(const.SOCK_RCVTSTAMPNS))
        case uapi.SO_TIMESTAMPING:
            return get_timestamping(sk)
        case uapi.SO_RCVLOWAT:
            return sk.sk_rcvlowat
        case uapi.SO_SNDLOWAT:
            return 1
        case uapi.SO_ACCEPTCONN:
            return int(sk.sk_state == TCP_LISTEN)
        case uapi.SO_MARK:
            return sk.sk_mark
        case uapi.SO_MAX_PACING_RATE if era_has(sk.sk_net.era, "SO_MAX_PACING_RATE"):
            return sk.sk_max_pacing_rate
    raise os_error(errno.ENOPROTOOPT)


def take_error(sk: Sock) -> int:
    """SO_ERROR: the pending error, else the soft one, as a positive errno; asking clears it."""
    err = -sock_error(sk)
    if err == 0:
        err = sk.sk_err_soft
        sk.sk_err_soft = 0
    return err


def get_timestamping(sk: Sock) -> int:
    """The SOF_TIMESTAMPING_* bits that are on."""
    val = 0
    for bit, flag in TIMESTAMPING_FLAG_OF.items():
        if sk.flag(flag):
            val |= bit
    if sk.flag(const.SOCK_TIMESTAMPING_RX_SOFTWARE):
        val |= errqueue.SOF_TIMESTAMPING_RX_SOFTWARE
    return val


def timeval_value(ns: int) -> bytes:
    """A timeout as struct timeval; for ever is 0."""
    if ns == const.MAX_SCHEDULE_TIMEOUT:
        ns = 0
    return stamp_value(ns, const.NSEC_PER_USEC)


def stamp_value(ns: int, unit: int) -> bytes:
    """16 bytes: whole seconds, and the rest in units of unit ns (timeval: 1000, timespec: 1)."""
    sec, rest = divmod(ns, const.NSEC_PER_SEC)
    return sec.to_bytes(8, "little", signed=True) + (rest // unit).to_bytes(8, "little")


def get_peername(sock: Socket, optlen: int) -> bytes:
    """SO_PEERNAME: the peer as a struct sockaddr; ENOTCONN, or EINVAL if optlen asks for more."""
    ops = sock.ops
    assert ops is not None
    try:
        addr = ops.getname(sock, 2)
    except OSError:
        raise os_error(errno.ENOTCONN) from None
    value = addr.pack()
    if len(value) < optlen:
        raise os_error(errno.EINVAL)
    return value


def os_error(number: int) -> OSError:
    """OSError with its text."""
    return OSError(number, os.strerror(number))


# ---- what a receive tells besides the data


def sock_recv_ts_and_drops(msg: MsgHdr, sk: Sock, skb: SkBuff) -> None:
    """Time stamp and drop count of a datagram just read, as the socket's options ask."""
    if sk.sk_flags & FLAGS_TS_OR_DROPS:
        sock_recv_timestamp(msg, sk, skb)
        if sk.flag(const.SOCK_RXQ_OVFL) and skb.dropcount:
            put_cmsg(msg, uapi.SOL_SOCKET, uapi.SO_RXQ_OVFL, int_value(skb.dropcount))
    else:
        sk.sk_stamp = skb.tstamp


def sock_recv_timestamp(msg: MsgHdr, sk: Sock, skb: SkBuff) -> None:
    """Only the time stamp: a control message if asked for, else kept for SIOCGSTAMP."""
    hw = skb.shinfo.hwtstamp
    if (
        sk.flag(const.SOCK_RCVTSTAMP)
        or sk.flag(const.SOCK_TIMESTAMPING_RX_SOFTWARE)
        or (skb.tstamp and sk.flag(const.SOCK_TIMESTAMPING_SOFTWARE))
        or (hw and sk.flag(const.SOCK_TIMESTAMPING_RAW_HARDWARE))
    ):
        write_timestamp(msg, sk, skb, hw)
    else:
        sk.sk_stamp = skb.tstamp


def write_timestamp(msg: MsgHdr, sk: Sock, skb: SkBuff, hw: int) -> None:
    """__sock_recv_timestamp()"""
    if sk.flag(const.SOCK_RCVTSTAMP):
        if skb.tstamp == 0:  # it came before anybody asked for stamps
            skb.tstamp = ktime_get_real(sk)
        if sk.flag(const.SOCK_RCVTSTAMPNS):
            value = stamp_value(skb.tstamp, 1)
            put_cmsg(msg, uapi.SOL_SOCKET, uapi.SCM_TIMESTAMPNS, value)
        else:
            value = stamp_value(skb.tstamp, const.NSEC_PER_USEC)
            put_cmsg(msg, uapi.SOL_SOCKET, uapi.SCM_TIMESTAMP, value)
    soft = skb.tstamp if sk.flag(const.SOCK_TIMESTAMPING_SOFTWARE) else 0
    raw = hw if sk.flag(const.SOCK_TIMESTAMPING_RAW_HARDWARE) else 0
    if soft or raw:
        three = stamp_value(soft, 1) + stamp_value(0, 1) + stamp_value(raw, 1)
        put_cmsg(msg, uapi.SOL_SOCKET, uapi.SCM_TIMESTAMPING, three)


def sock_get_timestamp(sk: Sock) -> bytes:
    """SIOCGSTAMP: when the last packet read came, as struct timeval; OSError ENOENT before any."""
    return get_stamp(sk, const.NSEC_PER_USEC)


def sock_get_timestampns(sk: Sock) -> bytes:
    """SIOCGSTAMPNS: the same as struct timespec."""
    return get_stamp(sk, 1)


def get_stamp(sk: Sock, unit: int) -> bytes:
    """The stamp kept by the last receive. Asking once has packets stamped from then on."""
    sock_enable_timestamp(sk, const.SOCK_TIMESTAMP)
    if sk.sk_stamp == -1:
        raise os_error(errno.ENOENT)
    if sk.sk_stamp == 0:
        sk.sk_stamp = ktime_get_real(sk)
    return stamp_value(sk.sk_stamp, unit)


def ktime_get_real(sk: Sock) -> int:
    """Now, in ns, as packets are stamped."""
    return sk.sk_net.machine.clock.now


# ---- stamps of what was sent


def sock_tx_timestamp(sk: Sock) -> int:
    """What SO_TIMESTAMPING asks of a packet to be sent: bits for shinfo.tx_flags."""
    flags = 0
    if sk.flag(const.SOCK_TIMESTAMPING_TX_HARDWARE):
        flags |= const.SKBTX_HW_TSTAMP
    if sk.flag(const.SOCK_TIMESTAMPING_TX_SOFTWARE):
        flags |= const.SKBTX_SW_TSTAMP
    return flags


def skb_tx_timestamp(skb: SkBuff) -> None:
    """A driver hands skb to its hardware now: stamp it if the sender asked and the NIC will not."""
    flags = skb.shinfo.tx_flags
    if flags & const.SKBTX_SW_TSTAMP and not flags & const.SKBTX_IN_PROGRESS:
        skb_tstamp_tx(skb, 0)


def skb_tstamp_tx(orig_skb: SkBuff, hwtstamp: int) -> None:
    """Tell the sender of orig_skb when it left: a clone on its error queue with the stamp.

    hwtstamp: the hardware's, in ns; 0 takes this moment as a software stamp.
    """
    sk = orig_skb.sk
    if sk is None:
        return
    skb = skb_clone(orig_skb)
    if hwtstamp:
        skb.shinfo.hwtstamp = hwtstamp
    else:
        skb.tstamp = this_cpu().machine.clock.now
    serr = SockExterr(errno.ENOMSG, errqueue.SO_EE_ORIGIN_TIMESTAMPING)
    skb.cb = serr
    if sock_queue_err_skb(sk, skb):
        kfree_skb(skb, const.SKB_DROP_REASON_SOCKET_RCVBUFF)
