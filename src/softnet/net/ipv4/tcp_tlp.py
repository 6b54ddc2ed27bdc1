"""Tail loss probes: when the end of a flight may be lost, ask before the retransmit timer does.

Linux: tcp_schedule_loss_probe() and tcp_send_loss_probe() in net/ipv4/tcp_output.c (3.10). RFC 8985 7.
On with net.ipv4.tcp_early_retrans = 3 or 4, for connections with SACK.

Losses at the end of a flight bring no duplicate ACKs: only the timer, with its long wait and a window of
one, is left. So after two round trips without an ACK one segment more is sent, a new one if
there is one, else the last once more, and its SACK shows what is missing. tcp_tlp_probe sends it.

Differs from Linux: what else tcp_early_retrans means, early retransmit (values 1 to 3 of kernels 3.5 to
4.11), is not there.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.inet_connection_sock import inet_csk_reset_xmit_timer
from softnet.net.ipv4.tcp_clock import tcp_time_stamp
from softnet.structs.tcp import TcpSock

PTO_MIN = 10 * const.HZ // 1000  # jiffies: 3.10's floor, for round trips of nothing
MAX_ACK_DELAY = const.HZ // 5  # RFC 8985: a peer that got one segment may sit on its ACK


def tcp_schedule_loss_probe(tp: TcpSock) -> bool:
    """After sending, or an ACK: put a probe timer in place of the retransmit timer. True if it is."""
    if not tcp_tlp_wanted(tp):
        return False
    head = tp.sk_write_queue.first
    assert head is not None
    rtt = tp.srtt >> 3
    timeout = 2 * rtt
    if tp.packets_out == 1:
        timeout += MAX_ACK_DELAY
    if timeout < PTO_MIN:
        timeout = PTO_MIN
    # Not later than the retransmit timer would have fired.
    left = mem.s32(mem.u32(head.when + tp.icsk_rto) - tcp_time_stamp())
    if 0 < left < timeout:
        timeout = left
    inet_csk_reset_xmit_timer(tp, const.ICSK_TIME_LOSS_PROBE, timeout, const.TCP_RTO_MAX)
    return True


def tcp_tlp_wanted(tp: TcpSock) -> bool:
    """RFC 8985 7.2: something is out, nothing is known to be missing, and none is out already."""
    if tp.packets_out == 0 or not tp.is_sack() or tp.tlp_high_seq or tp.srtt == 0:
        return False
    if tp.sk_state == tcp.TCP_SYN_SENT or tp.sk_state == tcp.TCP_SYN_RECV:
        return False
    if tp.sacked_out or tp.frto_counter:
        return False
    return tp.icsk_ca_state == tcp.TCP_CA_Open or tp.icsk_ca_state == tcp.TCP_CA_CWR
