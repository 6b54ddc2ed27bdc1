"""The end of an IPv4 socket.

Linux: inet_sock_destruct() in net/ipv4/af_inet.c
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
from softnet.net.core.sock import sk_mem_reclaim, sock_purge_queues

if TYPE_CHECKING:
    from softnet.structs.inet_sock import InetSock


def inet_sock_destruct(sk: InetSock) -> None:
    """inet_sock_destruct(): for an sk_destruct(): drop what waits, check that all is paid back."""
    sock_purge_queues(sk)
    sk_mem_reclaim(sk)
    if not sk.flag(const.SOCK_DEAD):
        return  # made and given up before it had a file
    assert sk.sk_rmem_alloc == 0, "a socket is gone, bytes in its receive buffer are not"
    assert sk.sk_wmem_alloc == 0, "a socket is gone, packets of it are not"
    assert sk.sk_forward_alloc == 0, "a socket is gone, memory reserved for it is not"
    sk.inet_opt = None
