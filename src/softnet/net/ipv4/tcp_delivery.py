"""What is noted of each segment when it goes out and when it arrives, for those who want to know.

Linux: the calls of tcp_rack_advance() and tcp_rate_skb_*() in net/ipv4/tcp_input.c and tcp_output.c
(4.4, 4.9). Off in 3.2: tp.delivery, a set of TCP_NOTE_*, is 0, and nothing here runs. RTT: an algorithm
wants round trips in microseconds (3.2 has that). RACK: time decides what is lost. RATE: an algorithm
wants delivery rates.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock
from softnet.structs.tcp_rack import TcpRack
from softnet.structs.tcp_rate import TcpRate


def tcp_delivery_init(tp: TcpSock) -> None:
    """The connection is established, its algorithm known: what is to be noted from now on.

    Differs from Linux: tcp_recovery is looked at here, once, as segments sent before it was set
    would lack their times. An algorithm of the time of RACK (bbr) has it in any case: it goes on
    sending through losses, so that retransmissions are lost as well.
    """
    if (tp.sysctl.recovery or tp.icsk_ca_ops.wants_rate) and tp.is_sack():
        tp.rack = TcpRack(tp.snd_una)
        tp.rx_opt.sack_ok &= ~const.TCP_FACK_OK  # two opinions about losses would be one too many
        tp.delivery |= const.TCP_NOTE_RACK
    tcp_delivery_algorithm(tp)


def tcp_delivery_algorithm(tp: TcpSock) -> None:
    """The connection's algorithm is another one: note what it asks for."""
    ops = tp.icsk_ca_ops
    tp.delivery &= const.TCP_NOTE_RACK
    tp.rate = None
    if ops.rtt_stamp:
        tp.delivery |= const.TCP_NOTE_RTT
    if ops.wants_rate:
        tp.delivery |= const.TCP_NOTE_RATE
        tp.rate = TcpRate(tp.sk_net.machine.clock.now)


def tcp_delivery_begin(tp: TcpSock, in_flight: int) -> None:
    """An ACK arrives, in_flight segments being out before it."""
    rack = tp.rack
    if rack is not None:
        rack.prior_fack = rack.fack
    rate = tp.rate
    if rate is not None:
        rate.begin(in_flight)


def tcp_skb_delivered(tp: TcpSock, skb: SkBuff, end_seq: int) -> None:
    """skb, or its part up to end_seq, is SACKed or acknowledged for the first time."""
    if skb.tstamp == 0:  # sent before anything was noted
        return
    now = tp.sk_net.machine.clock.now
    rate = tp.rate
    if rate is not None:
        rate.skb_delivered(skb, now)
    rack = tp.rack
    if rack is None:
        return
    again = skb.sacked & const.TCPCB_RETRANS != 0
    if again and tp.rx_opt.saw_tstamp and mem.before(tp.rx_opt.rcv_tsecr, skb.when):
        return  # the ACK echoes the original, not what was sent last
    rack.advance(again, end_seq, skb.tstamp, now)
