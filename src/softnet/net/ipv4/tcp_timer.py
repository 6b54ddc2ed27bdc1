"""The three timers of a connection.

Linux: net/ipv4/tcp_timer.c. RFC 6298 5, 1122 4.2.3.5 (R1, R2), 4.2.3.6 (keepalive).

    retransmit  one timer for two things, icsk_pending: RETRANS while something is in flight,
                PROBE0 while the peer's window is shut; of later kernels LOSS_PROBE and REO_TIMEOUT,
                which come before RETRANS
    delack      an acknowledgement that was put off
    keepalive   sk_timer: also a listener's SYN-ACKs, and the end of an orphan's FIN_WAIT2

A timer that finds the socket owned by a task comes again a little later. One that fires early, as
the event was put off meanwhile, goes back to sleep (inet_csk_reset_xmit_timer).
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.kernel.printk import KERN_INFO, printk
from softnet.kernel.timer import Timer, init_timer, jiffies
from softnet.net.core.dst import dst_negative_advice
from softnet.net.core.sock import (
    bh_lock_sock,
    bh_unlock_sock,
    sk_dst_reset,
    sk_mem_reclaim,
    sk_mem_reclaim_partial,
    sk_reset_timer,
    sock_put,
)
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_delete_keepalive_timer,
    inet_csk_reqsk_queue_prune,
    inet_csk_reset_keepalive_timer,
    inet_csk_reset_xmit_timer,
)
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.net.ipv4.tcp_connect import tcp_send_probe0, tcp_write_wakeup
from softnet.net.ipv4.tcp_fastopen_client import tcp_fastopen_syn_lost
from softnet.net.ipv4.tcp_frto import tcp_enter_frto, tcp_use_frto
from softnet.net.ipv4.tcp_handshake import (
    keepalive_intvl_when,
    keepalive_probes,
    keepalive_time_when,
)
from softnet.net.ipv4.tcp_input import tcp_fin_time
from softnet.net.ipv4.tcp_mss import tcp_mss_to_mtu, tcp_mtu_to_mss, tcp_sync_mss
from softnet.net.ipv4.tcp_output import tcp_send_ack, tcp_send_active_reset
from softnet.net.ipv4.tcp_prequeue import tcp_prequeue_failed
from softnet.net.ipv4.tcp_rack_timer import tcp_rack_reo_timeout
from softnet.net.ipv4.tcp_recovery import tcp_enter_loss, tcp_stream_is_thin
from softnet.net.ipv4.tcp_retransmit import tcp_retransmit_skb
from softnet.net.ipv4.tcp_rtt import tcp_set_rto
from softnet.net.ipv4.tcp_state import tcp_done
from softnet.net.ipv4.tcp_timewait import tcp_time_wait
from softnet.net.ipv4.tcp_tlp_probe import tcp_send_loss_probe
from softnet.structs.request_sock import TcpRequestSock
from softnet.structs.tcp import TcpSock

SYNACK_BACKOFF_MAX = 7  # doublings: beyond TCP_RTO_MAX
RETRY_OWNED = const.HZ // 20  # jiffies: the socket is owned by a task, look again then
ORPHAN_RETRIES = 8  # for a peer that answered lately: above 100 s
MTU_MIN = 68  # bytes


class TcpWriteTimer(Timer):
    """icsk_retransmit_timer"""

    __slots__ = ("sk",)

    sk: TcpSock

    def function(self) -> None:
        """tcp_write_timer()"""
        tcp_write_timer(self.sk)


class TcpDelackTimer(Timer):
    """icsk_delack_timer"""

    __slots__ = ("sk",)

    sk: TcpSock

    def function(self) -> None:
        """tcp_delack_timer()"""
        tcp_delack_timer(self.sk)


class TcpKeepaliveTimer(Timer):
    """sk_timer"""

    __slots__ = ("sk",)

    sk: TcpSock

    def function(self) -> None:
        """tcp_keepalive_timer()"""
        tcp_keepalive_timer(self.sk)


def tcp_init_xmit_timers(tp: TcpSock) -> None:
    """Give a new socket its timers, without calls of Python's when compiled."""
    write = TcpWriteTimer.__new__(TcpWriteTimer)
    init_timer(write)
    write.sk = tp
    tp.icsk_retransmit_timer = write
    delack = TcpDelackTimer.__new__(TcpDelackTimer)
    init_timer(delack)
    delack.sk = tp
    tp.icsk_delack_timer = delack
    keepalive = TcpKeepaliveTimer.__new__(TcpKeepaliveTimer)
    init_timer(keepalive)
    keepalive.sk = tp
    tp.sk_timer = keepalive


# ---- giving up


def tcp_write_err(tp: TcpSock) -> None:
    """Nobody answers: end the connection, with the error that ICMP hinted at, if any."""
    tp.sk_err = tp.sk_err_soft if tp.sk_err_soft else errno.ETIMEDOUT
    tp.sk_error_report()
    tcp_done(tp)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPABORTONTIMEOUT)


def tcp_too_many_orphans(tp: TcpSock, shift: int) -> bool:
    """Are there more orphans, each weighing 1 << shift, or is there less memory, than allowed?"""
    sysctl = tp.sysctl
    accounts = sysctl.accounts
    if accounts.orphan_count << shift > sysctl.max_orphans:
        return True
    mem_high: int = sysctl.mem[2]
    return tp.sk_wmem_queued > const.SOCK_MIN_SNDBUF and accounts.allocated > mem_high


def tcp_out_of_resources(tp: TcpSock, do_reset: bool) -> bool:
    """An orphan that costs too much is ended; with a reset if the peer may still be there."""
    shift = 0
    idle = mem.s32(tcp_time_stamp() - tp.lsndtime)
    if idle > 2 * const.TCP_RTO_MAX or not do_reset:
        shift += 1
    if tp.sk_err_soft:
        shift += 1
    if not tcp_too_many_orphans(tp, shift):
        return False
    printk(KERN_INFO, "Out of socket memory")
    if idle <= const.TCP_TIMEWAIT_LEN or (tp.snd_wnd == 0 and tp.packets_out == 0):
        do_reset = True
    if do_reset:
        tcp_send_active_reset(tp)
    tcp_done(tp)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPABORTONMEMORY)
    return True


def tcp_orphan_retries(tp: TcpSock, alive: bool) -> int:
    """How often to try for a socket that nobody owns any more."""
    retries = tp.sysctl.orphan_retries
    if tp.sk_err_soft and not alive:
        retries = 0
    if retries == 0 and alive:
        retries = ORPHAN_RETRIES
    return retries


def retransmits_timed_out(tp: TcpSock, boundary: int, timeout: int, syn_set: bool) -> bool:
    """Have we been retransmitting as long as boundary timeouts, doubling, would take?

    timeout (jiffies) instead if not 0: TCP_USER_TIMEOUT. Time is compared, not the number of
    retransmissions: 15 times means 924.6 s whatever the round trip.
    """
    if tp.icsk_retransmits == 0:
        return False
    start_ts = tp.retrans_stamp
    if start_ts == 0:
        skb = tp.sk_write_queue.first
        assert skb is not None
        start_ts = skb.when
    if timeout == 0:
        rto_base = const.TCP_TIMEOUT_INIT if syn_set else const.TCP_RTO_MIN
        thresh = 0  # so often can the timeout double before it reaches TCP_RTO_MAX
        while rto_base << (thresh + 1) <= const.TCP_RTO_MAX:
            thresh += 1
        if boundary <= thresh:
            timeout = ((2 << boundary) - 1) * rto_base
        else:
            timeout = ((2 << thresh) - 1) * rto_base + (boundary - thresh) * const.TCP_RTO_MAX
    return mem.u32(tcp_time_stamp() - start_ts) >= timeout


def tcp_write_timeout(tp: TcpSock) -> bool:
    """Before a retransmission: has it been too long? True if the connection was ended."""
    sysctl = tp.sysctl
    user_timeout = tp.icsk_user_timeout
    syn_set = tp.sk_state == tcp.TCP_SYN_SENT or tp.sk_state == tcp.TCP_SYN_RECV
    if syn_set:
        if tp.icsk_retransmits:
            dst_negative_advice(tp)
            tcp_fastopen_syn_lost(tp)
        retry_until = tp.icsk_syn_retries if tp.icsk_syn_retries else sysctl.syn_retries
        user_timeout = 0
    else:
        if retransmits_timed_out(tp, sysctl.retries1, 0, False):
            tcp_mtu_probing(tp)  # a router may swallow large packets and not say so
            dst_negative_advice(tp)
        retry_until = sysctl.retries2
        if tp.sk_flags >> const.SOCK_DEAD & 1:
            alive = tp.icsk_rto < const.TCP_RTO_MAX
            retry_until = tcp_orphan_retries(tp, alive)
            do_reset = alive or not retransmits_timed_out(tp, retry_until, 0, False)
            if tcp_out_of_resources(tp, do_reset):
                return True
    if retransmits_timed_out(tp, retry_until, user_timeout, syn_set):
        tcp_write_err(tp)
        return True
    return False


def tcp_mtu_probing(tp: TcpSock) -> None:
    """Black hole suspected: with tcp_mtu_probing, search from small sizes upwards, RFC 4821."""
    sysctl = tp.sysctl
    if not sysctl.mtu_probing:
        return
    if not tp.icsk_mtup_enabled:
        tp.icsk_mtup_enabled = True
    else:
        mss = tcp_mtu_to_mss(tp, tp.icsk_mtup_search_low) >> 1
        mss = max(min(sysctl.base_mss, mss), MTU_MIN - tp.tcp_header_len)
        tp.icsk_mtup_search_low = tcp_mss_to_mtu(tp, mss)
    tcp_sync_mss(tp, tp.icsk_pmtu_cookie)


# ---- retransmission and window probes


def tcp_write_timer(tp: TcpSock) -> None:
    """The retransmit timer fired; it held a reference to tp."""
    bh_lock_sock(tp)
    if tp.owned:
        sk_reset_timer(tp, need_timer(tp.icsk_retransmit_timer), jiffies() + RETRY_OWNED)
    else:
        if tp.sk_state != tcp.TCP_CLOSE and tp.icsk_pending:
            if tp.icsk_timeout > jiffies():
                sk_reset_timer(tp, need_timer(tp.icsk_retransmit_timer), tp.icsk_timeout)
            else:
                event = tp.icsk_pending
                tp.icsk_pending = 0
                if event == const.ICSK_TIME_RETRANS:
                    tcp_retransmit_timer(tp)
                elif event == const.ICSK_TIME_PROBE0:
                    tcp_probe_timer(tp)
                elif event == const.ICSK_TIME_LOSS_PROBE:
                    tcp_send_loss_probe(tp)
                else:
                    tcp_rack_reo_timeout(tp)
        sk_mem_reclaim(tp)
    bh_unlock_sock(tp)
    sock_put(tp)


def need_timer(timer: Timer | None) -> Timer:
    """A timer that fired exists."""
    assert timer is not None
    return timer


def tcp_retransmit_timer(tp: TcpSock) -> None:
    """Nothing was acknowledged for an RTO: send the oldest segment again."""
    if trace.tcp_retransmit_timer.enabled:
        trace.tcp_retransmit_timer.fire(tp)
    if tp.fastopen_rsk is not None:
        tcp_fastopen_synack_timer(tp, tp.fastopen_rsk)
        return
    if tp.packets_out == 0:
        return
    head = tp.sk_write_queue.first
    assert head is not None
    opening = tp.sk_state == tcp.TCP_SYN_SENT or tp.sk_state == tcp.TCP_SYN_RECV
    if tp.snd_wnd == 0 and not tp.sk_flags >> const.SOCK_DEAD & 1 and not opening:
        # The peer took its window back. What we send is a probe then, and while it answers
        # anything at all the connection lives.
        if mem.u32(tcp_time_stamp() - tp.rcv_tstamp) > const.TCP_RTO_MAX:
            tcp_write_err(tp)
            return
        tcp_enter_loss(tp, False)
        tcp_retransmit_skb(tp, head)
        sk_dst_reset(tp)
        tcp_backoff_rto(tp)
        return
    if tcp_write_timeout(tp):
        return
    if tp.icsk_retransmits == 0:
        tp.sk_net.mib.net.inc(tcp_timeout_mib(tp))
    if tcp_use_frto(tp):
        tcp_enter_frto(tp)
    else:
        tcp_enter_loss(tp, False)
    head = tp.sk_write_queue.first
    assert head is not None
    if tcp_retransmit_skb(tp, head) > 0:
        # Our own queue dropped it: that says nothing about the network.
        if tp.icsk_retransmits == 0:
            tp.icsk_retransmits = 1
        when = tp.icsk_rto
        if when > const.TCP_RESOURCE_PROBE_INTERVAL:
            when = const.TCP_RESOURCE_PROBE_INTERVAL
        inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_RETRANS, when, const.TCP_RTO_MAX)
        return
    tp.icsk_backoff += 1
    tp.icsk_retransmits += 1
    tcp_backoff_rto(tp)


def tcp_fastopen_synack_timer(tp: TcpSock, req: TcpRequestSock) -> None:
    """The last ACK of a Fast Open child did not come: repeat the SYN-ACK, and nothing else.

    Once more than for an embryo: the program may be at work already.
    """
    retries = tp.icsk_syn_retries if tp.icsk_syn_retries else tp.sysctl.synack_retries + 1
    req.rsk_ops.syn_ack_timeout(tp, req)
    if req.retrans >= retries:
        tcp_write_err(tp)
        return
    req.rsk_ops.rtx_syn_ack(tp, req)
    req.retrans += 1
    when = const.TCP_TIMEOUT_INIT << min(req.retrans, SYNACK_BACKOFF_MAX)
    inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_RETRANS, when, const.TCP_RTO_MAX)


def tcp_timeout_mib(tp: TcpSock) -> int:
    """Which counter the first timeout ticks: what recovery it put an end to."""
    state = tp.icsk_ca_state
    if state == tcp.TCP_CA_Recovery:
        return (
            snmp.LINUX_MIB_TCPSACKRECOVERYFAIL
            if tp.is_sack()
            else snmp.LINUX_MIB_TCPRENORECOVERYFAIL
        )
    if state == tcp.TCP_CA_Loss:
        return snmp.LINUX_MIB_TCPLOSSFAILURES
    if state == tcp.TCP_CA_Disorder or tp.sacked_out:
        return snmp.LINUX_MIB_TCPSACKFAILURES if tp.is_sack() else snmp.LINUX_MIB_TCPRENOFAILURES
    return snmp.LINUX_MIB_TCPTIMEOUTS


def tcp_backoff_rto(tp: TcpSock) -> None:
    """Wait twice as long for the next time, RFC 6298 5.5; a thin stream does so only later."""
    if (
        tp.sk_state == tcp.TCP_ESTABLISHED
        and (tp.thin_lto or tp.sysctl.thin_linear_timeouts)
        and tcp_stream_is_thin(tp)
        and tp.icsk_retransmits <= const.TCP_THIN_LINEAR_RETRIES
    ):
        tp.icsk_backoff = 0
        tcp_set_rto(tp)
    else:
        rto = tp.icsk_rto << 1
        tp.icsk_rto = rto if rto < const.TCP_RTO_MAX else const.TCP_RTO_MAX
    inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_RETRANS, tp.icsk_rto, const.TCP_RTO_MAX)
    if retransmits_timed_out(tp, tp.sysctl.retries1 + 1, 0, False):
        sk_dst_reset(tp)


def tcp_probe_timer(tp: TcpSock) -> None:
    """The peer's window is shut still: ask, or give up if it does not answer at all."""
    if trace.tcp_probe_timer.enabled:
        trace.tcp_probe_timer.fire(tp)
    if tp.packets_out or tp.sk_send_head is None:
        tp.icsk_probes_out = 0
        return
    max_probes = tp.sysctl.retries2
    if tp.sk_flags >> const.SOCK_DEAD & 1:
        alive = tp.icsk_rto << tp.icsk_backoff < const.TCP_RTO_MAX
        max_probes = tcp_orphan_retries(tp, alive)
        if tcp_out_of_resources(tp, alive or tp.icsk_probes_out <= max_probes):
            return
    if tp.icsk_probes_out > max_probes:
        tcp_write_err(tp)
    else:
        tcp_send_probe0(tp)


# ---- delayed acknowledgement


def tcp_delack_timer(tp: TcpSock) -> None:
    """The delayed ACK is due; the timer held a reference to tp."""
    bh_lock_sock(tp)
    timer = need_timer(tp.icsk_delack_timer)
    if tp.owned:
        tp.icsk_ack_blocked = True
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_DELAYEDACKLOCKED)
        sk_reset_timer(tp, timer, jiffies() + const.TCP_DELACK_MIN)
    else:
        sk_mem_reclaim_partial(tp)
        if tp.sk_state != tcp.TCP_CLOSE and tp.icsk_ack_pending & const.ICSK_ACK_TIMER:
            if tp.icsk_ack_timeout > jiffies():
                sk_reset_timer(tp, timer, tp.icsk_ack_timeout)
            else:
                tcp_delack_due(tp)
        if tp.sysctl.accounts.pressure:
            sk_mem_reclaim(tp)
    bh_unlock_sock(tp)
    sock_put(tp)


def tcp_delack_due(tp: TcpSock) -> None:
    """Nothing carried the ACK in time: send it, and learn from that."""
    tp.icsk_ack_pending &= ~const.ICSK_ACK_TIMER
    if tp.ucopy is not None:
        tcp_prequeue_failed(tp, tp.ucopy)
    if not tp.icsk_ack_pending & const.ICSK_ACK_SCHED:
        return
    if trace.tcp_delack_timer.enabled:
        trace.tcp_delack_timer.fire(tp)
    if tp.icsk_ack_pingpong:
        tp.icsk_ack_pingpong = False  # no conversation after all
        tp.icsk_ack_ato = const.TCP_ATO_MIN
    else:
        ato = tp.icsk_ack_ato << 1
        tp.icsk_ack_ato = ato if ato < tp.icsk_rto else tp.icsk_rto
    tcp_send_ack(tp)
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_DELAYEDACKS)


# ---- keepalive, SYN-ACKs, FIN_WAIT2


def tcp_keepalive_timer(tp: TcpSock) -> None:
    """sk_timer fired; it held a reference to tp."""
    bh_lock_sock(tp)
    if tp.owned:
        inet_csk_reset_keepalive_timer(tp, RETRY_OWNED)
    elif tp.sk_state == tcp.TCP_LISTEN:
        inet_csk_reqsk_queue_prune(
            tp,
            const.TCP_SYNQ_INTERVAL,
            const.TCP_TIMEOUT_INIT,
            const.TCP_RTO_MAX,
            tp.sysctl.synack_retries,
        )
    elif tp.sk_state == tcp.TCP_FIN_WAIT2 and tp.sk_flags >> const.SOCK_DEAD & 1:
        tcp_fin_wait2_timeout(tp)
    elif tp.sk_flags >> const.SOCK_KEEPOPEN & 1 and tp.sk_state != tcp.TCP_CLOSE:
        tcp_keepalive(tp)
    bh_unlock_sock(tp)
    sock_put(tp)


def tcp_fin_wait2_timeout(tp: TcpSock) -> None:
    """An orphan's FIN_WAIT2: what is left of its time is a mini-socket's, else it is over."""
    if tp.linger2 >= 0:
        tmo = tcp_fin_time(tp) - const.TCP_TIMEWAIT_LEN
        if tmo > 0:
            tcp_time_wait(tp, tcp.TCP_FIN_WAIT2, tmo)
            return
    tcp_send_active_reset(tp)
    tcp_done(tp)


def tcp_keepalive(tp: TcpSock) -> None:
    """Is the peer still there? RFC 1122 4.2.3.6."""
    if trace.tcp_keepalive_timer.enabled:
        trace.tcp_keepalive_timer.fire(tp)
    when = keepalive_time_when(tp)
    if tp.packets_out or tp.sk_send_head is not None:
        inet_csk_reset_keepalive_timer(tp, when)  # the other timers find that out
        return
    now = tcp_time_stamp()
    elapsed = min(mem.u32(now - tp.icsk_ack_lrcvtime), mem.u32(now - tp.rcv_tstamp))
    if elapsed < when:
        inet_csk_reset_keepalive_timer(tp, when - elapsed)
        return
    user_timeout = tp.icsk_user_timeout
    if user_timeout:
        dead = elapsed >= user_timeout and tp.icsk_probes_out > 0
    else:
        dead = tp.icsk_probes_out >= keepalive_probes(tp)
    if dead:
        tcp_send_active_reset(tp)
        tcp_write_err(tp)
        return
    if tcp_write_wakeup(tp) <= 0:
        tp.icsk_probes_out += 1
        wait = keepalive_intvl_when(tp)
    else:
        wait = const.TCP_RESOURCE_PROBE_INTERVAL
    sk_mem_reclaim(tp)
    inet_csk_reset_keepalive_timer(tp, wait)


def tcp_set_keepalive(tp: TcpSock, on: bool) -> None:
    """SO_KEEPALIVE is being switched; the flag follows."""
    if tp.sk_state == tcp.TCP_CLOSE or tp.sk_state == tcp.TCP_LISTEN:
        return
    if on and not tp.sk_flags >> const.SOCK_KEEPOPEN & 1:
        inet_csk_reset_keepalive_timer(tp, keepalive_time_when(tp))
    elif not on:
        inet_csk_delete_keepalive_timer(tp)
