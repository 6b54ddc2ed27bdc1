"""Challenge ACKs: make a peer prove that a suspicious segment is its own.

Linux: net/ipv4/tcp_input.c (tcp_send_challenge_ack) of 3.2.37 and later. RFC 5961 3.2, 4.2, 5.2.

Whoever guesses sequence numbers sees no answer; a real peer that sent the segment in good faith
answers our ACK with one that fits exactly. They are limited per second and namespace, lest they
become a weapon (section 7).
"""

from __future__ import annotations

import softnet.uapi.snmp as snmp
from softnet.net.ipv4.tcp_clock import get_seconds
from softnet.net.ipv4.tcp_output import tcp_send_ack
from softnet.structs.tcp import TcpSock


def tcp_send_challenge_ack(tp: TcpSock) -> None:
    """Send one unless this second's are used up."""
    sysctl = tp.sysctl
    now = get_seconds()
    if now != sysctl.challenge_timestamp:
        sysctl.challenge_timestamp = now
        sysctl.challenge_count = 0
    sysctl.challenge_count += 1
    if sysctl.challenge_count <= sysctl.challenge_ack_limit:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPCHALLENGEACK)
        tcp_send_ack(tp)
