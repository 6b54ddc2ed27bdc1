"""net.unix.*: the one tunable of UNIX sockets.

Linux: net/unix/sysctl_net_unix.c
"""

from __future__ import annotations

from softnet.kernel.sysctl import IntRow
from softnet.structs.net_namespace import Net
from softnet.structs.unix_sock import unix_net


def unix_sysctl_register(net: Net) -> None:
    """max_dgram_qlen: the backlog of sockets made from now on, until they listen()."""
    net.sysctl.later(
        lambda: net.sysctl.register(
            "net.unix.max_dgram_qlen", IntRow(unix_net(net), "sysctl_max_dgram_qlen")
        )
    )
