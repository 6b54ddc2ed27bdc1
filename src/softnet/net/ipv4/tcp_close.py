"""close(), shutdown(), and connect() to nowhere.

Linux: net/ipv4/tcp.c (tcp_close, tcp_shutdown, tcp_disconnect). RFC 793 3.8, 1122 4.2.2.13,
2525 2.17.

After close() the socket is an orphan: it lives until its data and FIN are acknowledged, and then as
a mini-socket. A close that throws received data away is answered with a reset, lest the peer
believe that it was read.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.kernel.printk import KERN_INFO, printk
from softnet.kernel.softirq import local_bh_disable, local_bh_enable
from softnet.net.core.skbuff import consume_skb, skb_queue_purge
from softnet.net.core.sock import (
    bh_lock_sock,
    bh_unlock_sock,
    lock_sock,
    release_sock,
    sk_dst_reset,
    sk_mem_reclaim,
    sock_hold,
    sock_orphan,
    sock_put,
)
from softnet.net.core.stream import sk_stream_wait_close
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_clear_xmit_timers,
    inet_csk_destroy_sock,
    inet_csk_listen_stop,
    inet_csk_reset_keepalive_timer,
)
from softnet.net.ipv4.tcp_cong import tcp_set_ca_state
from softnet.net.ipv4.tcp_connect import tcp_send_fin
from softnet.net.ipv4.tcp_fastopen import reqsk_fastopen_remove
from softnet.net.ipv4.tcp_input import tcp_fin_time
from softnet.net.ipv4.tcp_output import tcp_send_active_reset
from softnet.net.ipv4.tcp_pacing import tcp_pacing_stop
from softnet.net.ipv4.tcp_segment import sk_wmem_free_skb
from softnet.net.ipv4.tcp_state import tcp_close_state, tcp_set_state
from softnet.net.ipv4.tcp_timer import tcp_too_many_orphans
from softnet.net.ipv4.tcp_timewait import tcp_time_wait
from softnet.structs.tcp import TcpSock, new_tcp_options

SENDING = (
    1 << tcp.TCP_ESTABLISHED
    | 1 << tcp.TCP_SYN_SENT
    | 1 << tcp.TCP_SYN_RECV
    | 1 << tcp.TCP_CLOSE_WAIT
)
NEED_RESET = (
    1 << tcp.TCP_ESTABLISHED
    | 1 << tcp.TCP_CLOSE_WAIT
    | 1 << tcp.TCP_FIN_WAIT1
    | 1 << tcp.TCP_FIN_WAIT2
    | 1 << tcp.TCP_SYN_RECV
)
CLOSING = 1 << tcp.TCP_CLOSING | 1 << tcp.TCP_LAST_ACK


def tcp_shutdown(tp: TcpSock, how: int) -> None:
    """shutdown(): the FIN goes behind what is queued. how: RCV_SHUTDOWN, SEND_SHUTDOWN bits."""
    if not how & socket.SEND_SHUTDOWN:
        return
    if SENDING >> tp.sk_state & 1 and tcp_close_state(tp):
        tcp_send_fin(tp)


def tcp_close(tp: TcpSock, timeout: int) -> None:
    """The last descriptor is closed; timeout (ns): how long to wait for the end, SO_LINGER."""
    if trace.tcp_close.enabled:
        trace.tcp_close.fire(tp)
    lock_sock(tp)
    tp.sk_shutdown = socket.SHUTDOWN_MASK
    if tp.sk_state == tcp.TCP_LISTEN:
        tcp_set_state(tp, tcp.TCP_CLOSE)
        inet_csk_listen_stop(tp)
    else:
        unread = tcp_flush_receive_queue(tp)
        if tp.sk_state != tcp.TCP_CLOSE:
            tcp_close_connection(tp, unread)
            sk_stream_wait_close(tp, timeout)
    state = tp.sk_state
    sock_hold(tp)
    sock_orphan(tp)
    release_sock(tp)  # works off the backlog, for the last time
    local_bh_disable()
    bh_lock_sock(tp)
    assert not tp.owned
    tp.sk_mem.orphan_count += 1  # type: ignore[union-attr]  # TCP's memory is always accounted
    # The backlog, or a softirq during the wait, may have ended it already.
    if state == tcp.TCP_CLOSE or tp.sk_state != tcp.TCP_CLOSE:
        tcp_adjudge(tp)
    bh_unlock_sock(tp)
    local_bh_enable()
    sock_put(tp)


def tcp_flush_receive_queue(tp: TcpSock) -> int:
    """Throw away what was not read; how many bytes."""
    unread = 0
    while True:
        skb = tp.sk_receive_queue.dequeue()
        if skb is None:
            break
        fin = 1 if skb.tcp_flags & tcp.TCPHDR_FIN else 0
        unread += mem.u32(skb.end_seq - skb.seq - fin)
        consume_skb(skb)
    sk_mem_reclaim(tp)
    return unread


def tcp_close_connection(tp: TcpSock, unread: int) -> None:
    """Begin the end: a reset if data was lost or SO_LINGER says 0 s, else the FIN."""
    mib = tp.sk_net.mib.net
    if unread:
        mib.inc(snmp.LINUX_MIB_TCPABORTONCLOSE)
        tcp_set_state(tp, tcp.TCP_CLOSE)
        tcp_send_active_reset(tp)
    elif tp.sk_flags >> const.SOCK_LINGER & 1 and tp.sk_lingertime == 0:
        tp.sk_prot.disconnect(tp, 0)
        mib.inc(snmp.LINUX_MIB_TCPABORTONDATA)
    elif tcp_close_state(tp):
        tcp_send_fin(tp)


def tcp_adjudge(tp: TcpSock) -> None:
    """A new orphan: end it now, hand it to a mini-socket, or let it finish what it does."""
    mib = tp.sk_net.mib.net
    if tp.sk_state == tcp.TCP_FIN_WAIT2:
        if tp.linger2 < 0:
            tcp_set_state(tp, tcp.TCP_CLOSE)
            tcp_send_active_reset(tp)
            mib.inc(snmp.LINUX_MIB_TCPABORTONLINGER)
        else:
            tmo = tcp_fin_time(tp)
            if tmo > const.TCP_TIMEWAIT_LEN:
                inet_csk_reset_keepalive_timer(tp, tmo - const.TCP_TIMEWAIT_LEN)
            else:
                tcp_time_wait(tp, tcp.TCP_FIN_WAIT2, tmo)
                return
    if tp.sk_state != tcp.TCP_CLOSE:
        sk_mem_reclaim(tp)
        if tcp_too_many_orphans(tp, 0):
            printk(KERN_INFO, "TCP: too many orphaned sockets")
            tcp_set_state(tp, tcp.TCP_CLOSE)
            tcp_send_active_reset(tp)
            mib.inc(snmp.LINUX_MIB_TCPABORTONMEMORY)
    if tp.sk_state == tcp.TCP_CLOSE:
        inet_csk_destroy_sock(tp)


def tcp_write_queue_purge(tp: TcpSock) -> None:
    """Drop all that is sent or waits to be."""
    while True:
        skb = tp.sk_write_queue.dequeue()
        if skb is None:
            break
        sk_wmem_free_skb(tp, skb)
    sk_mem_reclaim(tp)
    tp.clear_all_retrans_hints()
    tp.sk_send_head = None
    tp.highest_sack = None
    tp.packets_out = 0
    tp.sacked_out = 0
    tp.fackets_out = 0


def tcp_disconnect(tp: TcpSock, flags: int) -> int:
    """connect(AF_UNSPEC), or the ABORT of RFC 793: the socket is as new, but for its options. 0."""
    if trace.tcp_disconnect.enabled:
        trace.tcp_disconnect.fire(tp)
    old_state = tp.sk_state
    if old_state != tcp.TCP_CLOSE:
        tcp_set_state(tp, tcp.TCP_CLOSE)
    if old_state == tcp.TCP_LISTEN:
        inet_csk_listen_stop(tp)
    elif NEED_RESET >> old_state & 1 or (tp.snd_nxt != tp.write_seq and CLOSING >> old_state & 1):
        tcp_send_active_reset(tp)
        tp.sk_err = errno.ECONNRESET
    elif old_state == tcp.TCP_SYN_SENT:
        tp.sk_err = errno.ECONNRESET
    inet_csk_clear_xmit_timers(tp)
    tcp_pacing_stop(tp)
    if tp.fastopen_rsk is not None:
        reqsk_fastopen_remove(tp, tp.fastopen_rsk, False)
    skb_queue_purge(tp.sk_receive_queue)
    tcp_write_queue_purge(tp)
    skb_queue_purge(tp.out_of_order_queue)
    tp.inet_dport = 0
    if not tp.sk_userlocks & const.SOCK_BINDADDR_LOCK:
        tp.inet_rcv_saddr = 0
        tp.inet_saddr = 0
    tp.sk_shutdown = 0
    tp.sk_flags &= ~(1 << const.SOCK_DONE)
    tcp_forget(tp)
    sk_dst_reset(tp)
    assert tp.inet_num == 0 or tp.icsk_bind_hash is not None
    tp.sk_error_report()
    return 0


def tcp_forget(tp: TcpSock) -> None:
    """Everything about a connection that was; the next one's sequence numbers go on from here."""
    write_seq = mem.u32(tp.write_seq + tp.max_window + 2)
    tp.write_seq = write_seq if write_seq else 1
    tp.copied_seq = tp.rcv_nxt  # else what was not read would still make it look readable
    tp.srtt = 0
    tp.icsk_backoff = 0
    tp.icsk_probes_out = 0
    tp.snd_cwnd = 2
    tp.snd_cwnd_cnt = 0
    tp.snd_ssthresh = const.TCP_INFINITE_SSTHRESH
    tp.bytes_acked = 0
    tp.window_clamp = 0
    tcp_set_ca_state(tp, tcp.TCP_CA_Open)
    tp.clear_retrans()
    tp.ack_init()
    tp.rx_opt = new_tcp_options()
    tp.urg_data = 0
    tp.frto_counter = 0
    tp.frto_highmark = 0
    tp.delivery = 0
    tp.rack = None
    tp.rate = None
    tp.tlp_high_seq = 0
    tp.fastopen_req = None
    tp.syn_fastopen = False
    tp.syn_data = False
    tp.syn_data_acked = False
    tp.defer_connect = False
