"""RACK's reordering timer: nothing came that would have said that the overtaken were only late.

Linux: tcp_rack_reo_timeout() in net/ipv4/tcp_recovery.c (4.10). RFC 8985 6.2, last paragraph.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_cwnd import tcp_update_cwnd_in_recovery
from softnet.net.ipv4.tcp_output import tcp_schedule_rto
from softnet.net.ipv4.tcp_rack import tcp_rack_detect_loss
from softnet.net.ipv4.tcp_recovery import tcp_enter_recovery
from softnet.net.ipv4.tcp_retransmit import tcp_xmit_retransmit_queue
from softnet.structs.tcp import TcpSock


def tcp_rack_reo_timeout(tp: TcpSock) -> None:
    """Mark what is lost now, recover if that is news, and start the retransmit timer again."""
    if tp.packets_out == 0:
        return
    rack = tp.rack
    assert rack is not None
    in_flight = tp.packets_in_flight()
    tcp_rack_detect_loss(tp, rack)
    if tp.packets_in_flight() != in_flight and tp.frto_counter == 0:
        if tp.icsk_ca_state < tcp.TCP_CA_Recovery:
            tcp_enter_recovery(tp, 0)
            if tp.rate is None:
                tcp_update_cwnd_in_recovery(tp, 0, True)
        tcp_xmit_retransmit_queue(tp)
    if tp.packets_out and tp.icsk_pending != const.ICSK_TIME_RETRANS:
        tcp_schedule_rto(tp)
