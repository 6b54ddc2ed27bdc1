"""TCP_NOTSENT_LOWAT, Linux 3.12: how much may wait in the write queue that was never sent.

Linux: net/ipv4/tcp.c, include/net/tcp.h (tcp_notsent_lowat, tcp_stream_memory_free).

A send buffer holds what is in flight and what waits for its turn. This bounds the latter alone: a
socket is writable, and send() takes more, only while less than so many bytes wait. So a program
decides late what to send next, and the buffer still holds a whole window.

The socket's own limit, or net.ipv4.tcp_notsent_lowat for sockets that set none (-1, the default: no limit).
"""

from __future__ import annotations

import errno

import softnet.arch.mem as mem
from softnet.kernel.era import era_has
from softnet.structs.tcp import TcpSock


def tcp_stream_memory_free(tp: TcpSock) -> bool:
    """Is so little waiting to be sent that more may be queued?"""
    limit = tp.notsent_lowat
    if limit == 0:
        limit = tp.sysctl.notsent_lowat
        if limit == -1:
            return True
    return mem.u32(tp.write_seq - tp.snd_nxt) < mem.u32(limit)


def tcp_set_notsent_lowat(tp: TcpSock, val: int) -> int:
    """setsockopt(TCP_NOTSENT_LOWAT): bytes, 0 for the namespace's limit; 0 or -ENOPROTOOPT."""
    if not has_notsent_lowat(tp):
        return -errno.ENOPROTOOPT
    tp.notsent_lowat = mem.u32(val)
    tp.sk_write_space()  # there may be room now
    return 0


def tcp_get_notsent_lowat(tp: TcpSock) -> int:
    """getsockopt(TCP_NOTSENT_LOWAT); raises OSError(ENOPROTOOPT)."""
    if not has_notsent_lowat(tp):
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")
    return tp.notsent_lowat


def has_notsent_lowat(tp: TcpSock) -> bool:
    """Does the host's kernel know the option?"""
    return era_has(tp.sk_net.era, "TCP_NOTSENT_LOWAT")
