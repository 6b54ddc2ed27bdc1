"""The state of a connection: changing it, and ending it.

Linux: net/ipv4/tcp.c (tcp_set_state, tcp_close_state, tcp_done), tcp_input.c (tcp_reset, tcp_fin's
table is in tcp_input). RFC 793 3.2:

    CLOSE -> SYN_SENT -> ESTABLISHED            an active open
    LISTEN -> SYN_RECV -> ESTABLISHED           a passive one
    we close first:   FIN_WAIT1 -> FIN_WAIT2 -> TIME_WAIT     (CLOSING if both at once)
    the peer first:   CLOSE_WAIT -> LAST_ACK -> CLOSE
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.net.ipv4.inet_connection_sock import (
    inet_csk_clear_xmit_timers,
    inet_csk_destroy_sock,
)
from softnet.net.ipv4.inet_hashtables import InetHashinfo, inet_put_port
from softnet.net.ipv4.tcp_fastopen import reqsk_fastopen_remove
from softnet.net.ipv4.tcp_pacing import tcp_pacing_stop
from softnet.structs.tcp import TcpSock

# close() and shutdown(SHUT_WR): the state after, and whether a FIN is to be sent.
NEW_STATE = {
    tcp.TCP_ESTABLISHED: (tcp.TCP_FIN_WAIT1, True),
    tcp.TCP_SYN_SENT: (tcp.TCP_CLOSE, False),
    tcp.TCP_SYN_RECV: (tcp.TCP_FIN_WAIT1, True),
    tcp.TCP_FIN_WAIT1: (tcp.TCP_FIN_WAIT1, False),
    tcp.TCP_FIN_WAIT2: (tcp.TCP_FIN_WAIT2, False),
    tcp.TCP_TIME_WAIT: (tcp.TCP_CLOSE, False),
    tcp.TCP_CLOSE: (tcp.TCP_CLOSE, False),
    tcp.TCP_CLOSE_WAIT: (tcp.TCP_LAST_ACK, True),
    tcp.TCP_LAST_ACK: (tcp.TCP_LAST_ACK, False),
    tcp.TCP_LISTEN: (tcp.TCP_CLOSE, False),
    tcp.TCP_CLOSING: (tcp.TCP_CLOSING, False),
}


def tcp_set_state(tp: TcpSock, state: int) -> None:
    """Enter a state. CurrEstab counts ESTABLISHED and CLOSE_WAIT; CLOSE leaves the tables."""
    if trace.tcp_set_state.enabled:
        trace.tcp_set_state.fire(tp)
    oldstate = tp.sk_state
    mib = tp.sk_net.mib.tcp
    if state == tcp.TCP_ESTABLISHED:
        if oldstate != tcp.TCP_ESTABLISHED:
            mib.inc(snmp.TCP_MIB_CURRESTAB)
    else:
        if state == tcp.TCP_CLOSE:
            if oldstate == tcp.TCP_CLOSE_WAIT or oldstate == tcp.TCP_ESTABLISHED:
                mib.inc(snmp.TCP_MIB_ESTABRESETS)
            tp.sk_prot.unhash(tp)
            if tp.icsk_bind_hash is not None and not (tp.sk_userlocks & const.SOCK_BINDPORT_LOCK):
                inet_put_port(tcp_hashinfo(tp), tp)
        if oldstate == tcp.TCP_ESTABLISHED:
            mib.dec(snmp.TCP_MIB_CURRESTAB)
    # Out of the tables first: nobody may find a closed socket there.
    tp.sk_state = state


def tcp_hashinfo(tp: TcpSock) -> InetHashinfo:
    """The tables of tp's namespace."""
    hinfo = tp.sk_net.ipv4.tcp_hashinfo
    assert isinstance(hinfo, InetHashinfo)
    return hinfo


def tcp_close_state(tp: TcpSock) -> bool:
    """We close our side: the next state; True if a FIN is to be sent."""
    state, fin = NEW_STATE[tp.sk_state]
    tcp_set_state(tp, state)
    return fin


def tcp_done(tp: TcpSock) -> None:
    """The connection is over. An orphan ends now, a socket with an owner at its close()."""
    if tp.sk_state == tcp.TCP_SYN_SENT or tp.sk_state == tcp.TCP_SYN_RECV:
        tp.sk_net.mib.tcp.inc(snmp.TCP_MIB_ATTEMPTFAILS)
    tcp_set_state(tp, tcp.TCP_CLOSE)
    inet_csk_clear_xmit_timers(tp)
    if tp.pacing_timer is not None:
        tcp_pacing_stop(tp)
    if tp.fastopen_rsk is not None:
        reqsk_fastopen_remove(tp, tp.fastopen_rsk, False)
    tp.sk_shutdown = socket.SHUTDOWN_MASK
    if tp.sk_flags >> const.SOCK_DEAD & 1:
        inet_csk_destroy_sock(tp)
    else:
        tp.sk_state_change()


def tcp_reset(tp: TcpSock) -> None:
    """The peer sent a valid RST."""
    state = tp.sk_state
    if state == tcp.TCP_SYN_SENT:
        tp.sk_err = errno.ECONNREFUSED
    elif state == tcp.TCP_CLOSE_WAIT:
        tp.sk_err = errno.EPIPE
    elif state == tcp.TCP_CLOSE:
        return
    else:
        tp.sk_err = errno.ECONNRESET
    if not tp.sk_flags >> const.SOCK_DEAD & 1:
        tp.sk_error_report()
    tcp_done(tp)
