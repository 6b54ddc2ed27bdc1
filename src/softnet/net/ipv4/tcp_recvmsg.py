"""recv(): from the receive queue to the user's buffer.

Linux: net/ipv4/tcp.c (tcp_recvmsg, tcp_recv_urg, tcp_cleanup_rbuf). RFC 793 3.8, 1122 4.2.3.3.

Who has to wait leaves its buffer at the socket (ucopy): what arrives then it processes itself, and
the data goes there without passing the receive queue. See tcp_prequeue.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.kernel.sched import current
from softnet.net.core.datagram import skb_copy_datagram_iovec
from softnet.net.core.skbuff import consume_skb
from softnet.net.core.sock import (
    lock_sock,
    release_sock,
    signal_pending,
    sk_wait_data,
    sock_error,
    sock_intr_errno,
    sock_rcvlowat,
    sock_rcvtimeo,
)
from softnet.net.ipv4.tcp_output import tcp_send_ack
from softnet.net.ipv4.tcp_prequeue import tcp_prequeue_process
from softnet.net.ipv4.tcp_rcvbuf import tcp_rcv_space_adjust
from softnet.net.ipv4.tcp_window import tcp_window_from_space
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import MsgHdr
from softnet.structs.tcp import TcpSock
from softnet.structs.tcp_ucopy import TcpUcopy, new_tcp_ucopy

ENOTCONN = 107
EAGAIN = 11
EINVAL = 22
WAIT = 1  # tcp_recv_stop(): go on waiting


class TcpReader:
    """One call of tcp_recvmsg(): where it stands."""

    __slots__ = ("seq", "copied", "left", "urg_hole", "peek", "trunc", "fin", "ucopy")

    seq: int  # the next byte to read
    copied: int
    left: int  # bytes that the buffer has room for
    urg_hole: int  # urgent bytes skipped
    peek: bool
    trunc: bool  # count, but don't copy
    fin: bool  # the end was reached
    ucopy: TcpUcopy | None  # the socket's, since this call had to wait; None: not, or another's


def tcp_reader(seq: int, size: int, flags: int) -> TcpReader:
    """A TcpReader, made without a call of Python's when compiled."""
    reader = TcpReader.__new__(TcpReader)
    reader.seq = seq
    reader.copied = 0
    reader.left = size
    reader.urg_hole = 0
    reader.peek = flags & socket.MSG_PEEK != 0
    reader.trunc = flags & socket.MSG_TRUNC != 0
    reader.fin = False
    reader.ucopy = None
    return reader


def tcp_recvmsg(tp: TcpSock, msg: MsgHdr, size: int, flags: int) -> int:
    """Read up to size bytes into msg. Bytes read, 0 at the end of the stream, or -errno.

    Flags: MSG_PEEK, MSG_WAITALL, MSG_TRUNC (throw away), MSG_OOB, MSG_DONTWAIT.
    """
    if trace.tcp_recvmsg.enabled:
        trace.tcp_recvmsg.fire(tp)
    lock_sock(tp)
    try:
        if tp.sk_state == tcp.TCP_LISTEN:
            return -ENOTCONN
        if flags & socket.MSG_OOB:
            return tcp_recv_urg(tp, msg, size, flags)
        reader = tcp_reader(tp.copied_seq, size, flags)
        copied = tcp_recv_stream(tp, msg, reader, size, flags)
        if reader.ucopy is not None:
            copied = tcp_reader_leaves(tp, reader, copied)
        tcp_cleanup_rbuf(tp, copied)
        return copied
    finally:
        release_sock(tp)


def tcp_recv_stream(tp: TcpSock, msg: MsgHdr, reader: TcpReader, size: int, flags: int) -> int:
    """The loop of tcp_recvmsg(), with its answer."""
    timeo = sock_rcvtimeo(tp, flags & socket.MSG_DONTWAIT != 0)
    target = sock_rcvlowat(tp, flags & socket.MSG_WAITALL != 0, size)
    while True:
        if tp.urg_data and tp.urg_seq == reader.seq:
            # Stop in front of the urgent byte, so that the program can ask SIOCATMARK.
            if reader.copied:
                break
            if signal_pending():
                return sock_intr_errno(timeo) if timeo else -EAGAIN
        skb = tcp_recv_skb(tp, reader)
        if skb is not None:
            tcp_read_skb(tp, reader, msg, skb)
            if reader.fin or reader.left <= 0:
                break
            continue
        if reader.fin:
            break
        if reader.copied >= target and tp.backlog_first is None:
            break
        verdict = tcp_recv_stop(tp, reader.copied, timeo)
        if verdict != WAIT:
            if reader.copied == 0:
                return verdict
            break
        tcp_cleanup_rbuf(tp, reader.copied)
        timeo = tcp_recv_wait(tp, reader, msg, timeo, reader.copied >= target)
        if (
            not reader.peek
            or mem.u32(reader.seq - reader.copied - reader.urg_hole) != tp.copied_seq
        ):
            reader.seq = tp.copied_seq  # somebody else read meanwhile, perhaps what we peeked at
        if reader.left <= 0:
            break
    return reader.copied


def tcp_recv_wait(tp: TcpSock, reader: TcpReader, msg: MsgHdr, timeo: int, enough: bool) -> int:
    """Nothing is queued: sleep until something is, or was copied; what is left of timeo.

    enough: don't sleep, only work off the backlog.
    """
    if not reader.peek and not reader.trunc and not tp.sysctl.low_latency:
        tcp_reader_waits(tp, reader, msg)
    ucopy = reader.ucopy
    if ucopy is None:
        if not enough:
            return sk_wait_data(tp, timeo)
        release_sock(tp)
        lock_sock(tp)
        return timeo
    ucopy.len = reader.left
    if ucopy.prequeue.first is None:
        woken = False
        try:
            if enough:
                release_sock(tp)
                lock_sock(tp)
            else:
                timeo = sk_wait_data(tp, timeo)
            woken = True
        finally:
            if not woken:  # killed: what waits for us waits for the timer now
                ucopy.task = None
        tcp_reader_copied(tp, reader, ucopy, snmp.LINUX_MIB_TCPDIRECTCOPYFROMBACKLOG)
        if tp.rcv_nxt != tp.copied_seq:
            return timeo  # the receive queue has what comes first
    if ucopy.prequeue.first is not None:
        tcp_prequeue_process(tp, ucopy)
        tcp_reader_copied(tp, reader, ucopy, snmp.LINUX_MIB_TCPDIRECTCOPYFROMPREQUEUE)
    return timeo


def tcp_reader_waits(tp: TcpSock, reader: TcpReader, msg: MsgHdr) -> None:
    """Leave the buffer at the socket, unless another task did, or this one cannot sleep at all."""
    ucopy = tp.ucopy
    task = current()
    if reader.ucopy is not None or task is None:
        return
    if ucopy is None:
        ucopy = tp.ucopy = new_tcp_ucopy(task, msg)
    elif ucopy.task is None:
        ucopy.task = task
        ucopy.msg = msg
    else:
        return
    reader.ucopy = ucopy


def tcp_reader_copied(tp: TcpSock, reader: TcpReader, ucopy: TcpUcopy, mib: int) -> None:
    """Take note of what was copied to the buffer behind our back."""
    chunk = reader.left - ucopy.len
    if chunk:
        tp.sk_net.mib.net.add(mib, chunk)
        reader.left = ucopy.len
        reader.copied += chunk


def tcp_reader_leaves(tp: TcpSock, reader: TcpReader, answer: int) -> int:
    """The call is over: process what is left, and take the buffer back. The call's answer.

    Where nothing was read that is an error or the end of the stream, and stays what it is.
    """
    ucopy = reader.ucopy
    assert ucopy is not None
    if ucopy.prequeue.first is not None:
        ucopy.len = reader.left if reader.copied else 0
        tcp_prequeue_process(tp, ucopy)
        if reader.copied:
            tcp_reader_copied(tp, reader, ucopy, snmp.LINUX_MIB_TCPDIRECTCOPYFROMPREQUEUE)
    tp.ucopy = None
    return reader.copied if reader.copied else answer


def tcp_recv_skb(tp: TcpSock, reader: TcpReader) -> SkBuff | None:
    """The skb on the queue that holds the next byte; None if it did not come, or the FIN is next."""
    skb = tp.sk_receive_queue.first
    while skb is not None:
        offset = mem.u32(reader.seq - skb.seq)
        if skb.tcp_flags & tcp.TCPHDR_SYN:
            offset -= 1
        if offset < skb.len:
            return skb
        if skb.tcp_flags & tcp.TCPHDR_FIN:
            tcp_read_fin(tp, reader, skb)
            return None
        assert reader.peek
        skb = skb.next
    return None


def tcp_read_skb(tp: TcpSock, reader: TcpReader, msg: MsgHdr, skb: SkBuff) -> None:
    """Copy from skb, which holds the next byte, up to its end, the buffer's, or the urgent byte."""
    offset = mem.u32(reader.seq - skb.seq)
    if skb.tcp_flags & tcp.TCPHDR_SYN:
        offset -= 1
    used = skb.len - offset
    if reader.left < used:
        used = reader.left
    if tp.urg_data:
        urg_offset = mem.u32(tp.urg_seq - reader.seq)
        if urg_offset < used:
            if urg_offset:
                used = urg_offset
            elif not tp.sk_flags >> const.SOCK_URGINLINE & 1:
                reader.seq = mem.u32(reader.seq + 1)
                reader.urg_hole += 1
                if not reader.peek:
                    tp.copied_seq = reader.seq
                offset += 1
                used -= 1
    if used > 0:
        if not reader.trunc:
            skb_copy_datagram_iovec(skb, offset, msg, used)
        reader.seq = mem.u32(reader.seq + used)
        reader.copied += used
        reader.left -= used
        if not reader.peek:
            tp.copied_seq = reader.seq
        tcp_rcv_space_adjust(tp)
    if tp.urg_data and mem.after(tp.copied_seq, tp.urg_seq):
        tp.urg_data = 0
        tp.fast_path_check()
    if offset + used < skb.len:
        return
    if skb.tcp_flags & tcp.TCPHDR_FIN:
        tcp_read_fin(tp, reader, skb)
    elif not reader.peek:
        tp.sk_receive_queue.unlink(skb)
        consume_skb(skb)


def tcp_read_fin(tp: TcpSock, reader: TcpReader, skb: SkBuff) -> None:
    """The next sequence number is skb's FIN."""
    reader.fin = True
    reader.seq = mem.u32(reader.seq + 1)
    if not reader.peek:
        tp.copied_seq = reader.seq
        tp.sk_receive_queue.unlink(skb)
        consume_skb(skb)


def tcp_recv_stop(tp: TcpSock, copied: int, timeo: int) -> int:
    """Nothing to read now: WAIT for more, or what to answer: 0 or -errno."""
    if copied:
        stop = (
            tp.sk_err != 0
            or tp.sk_state == tcp.TCP_CLOSE
            or tp.sk_shutdown & socket.RCV_SHUTDOWN != 0
            or timeo == 0
            or signal_pending()
        )
        return 0 if stop else WAIT
    if tp.sk_flags >> const.SOCK_DONE & 1:
        return 0
    if tp.sk_err:
        return sock_error(tp)
    if tp.sk_shutdown & socket.RCV_SHUTDOWN:
        return 0
    if tp.sk_state == tcp.TCP_CLOSE:
        return -ENOTCONN  # never connected
    if timeo == 0:
        return -EAGAIN
    if signal_pending():
        return sock_intr_errno(timeo)
    return WAIT


def tcp_recv_urg(tp: TcpSock, msg: MsgHdr, size: int, flags: int) -> int:
    """MSG_OOB: the urgent byte. 1, 0 if it can never come, or -errno (-EINVAL if none is there)."""
    if tp.sk_flags >> const.SOCK_URGINLINE & 1 or tp.urg_data in (0, const.TCP_URG_READ):
        return -EINVAL
    if tp.sk_state == tcp.TCP_CLOSE and not tp.sk_flags >> const.SOCK_DONE & 1:
        return -ENOTCONN
    if tp.urg_data & const.TCP_URG_VALID:
        byte = tp.urg_data & 0xFF
        if not flags & socket.MSG_PEEK:
            tp.urg_data = const.TCP_URG_READ
        msg.flags |= socket.MSG_OOB
        if size <= 0:
            msg.flags |= socket.MSG_TRUNC
            return 0
        if not flags & socket.MSG_TRUNC:
            if msg.fresh:  # the system call's own buffer, which nobody has seen yet
                mem.put8(mem.addr(msg.iov), msg.off, byte)
            else:
                mem.copy_to_user(msg.iov, msg.off, mem.addr(bytes((byte,))), 0, 1)
            msg.off += 1
        return 1
    if tp.sk_state == tcp.TCP_CLOSE or tp.sk_shutdown & socket.RCV_SHUTDOWN:
        return 0
    return -EAGAIN


def tcp_cleanup_rbuf(tp: TcpSock, copied: int) -> None:
    """copied bytes were read: acknowledge if that was put off for us, or the window opened a lot."""
    if trace.tcp_cleanup_rbuf.enabled:
        trace.tcp_cleanup_rbuf.fire(tp)
    pending = tp.icsk_ack_pending
    if pending & const.ICSK_ACK_SCHED and (
        tp.icsk_ack_blocked
        or mem.u32(tp.rcv_nxt - tp.rcv_wup) > tp.icsk_ack_rcv_mss
        or (
            # All was read, and it ended with a small segment: the peer may wait for us.
            copied > 0
            and tp.sk_rmem_alloc == 0
            and (
                pending & const.ICSK_ACK_PUSHED2
                or (pending & const.ICSK_ACK_PUSHED and not tp.icsk_ack_pingpong)
            )
        )
    ):
        tcp_send_ack(tp)
        return
    if copied > 0 and not tp.sk_shutdown & socket.RCV_SHUTDOWN:
        window_now = tp.receive_window()
        if 2 * window_now <= tp.window_clamp:
            new_window = tcp_window_from_space(tp)
            if new_window and new_window >= 2 * window_now:
                tcp_send_ack(tp)


def tcp_inq(tp: TcpSock) -> int:
    """SIOCINQ: bytes that can be read, up to the urgent one."""
    if tp.sk_state == tcp.TCP_SYN_SENT or tp.sk_state == tcp.TCP_SYN_RECV:
        return 0
    if (
        tp.sk_flags >> const.SOCK_URGINLINE & 1
        or tp.urg_data == 0
        or mem.before(tp.urg_seq, tp.copied_seq)
        or not mem.before(tp.urg_seq, tp.rcv_nxt)
    ):
        answer = mem.u32(tp.rcv_nxt - tp.copied_seq)
        last = tp.sk_receive_queue.last
        if answer and last is not None and last.tcp_flags & tcp.TCPHDR_FIN:
            answer -= 1
        return answer
    return mem.u32(tp.urg_seq - tp.copied_seq)
