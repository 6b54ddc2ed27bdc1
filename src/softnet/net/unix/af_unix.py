"""AF_UNIX: the family, which makes sockets, and its boot.

Linux: net/unix/af_unix.c, unix(7)

Two sockets of a host write straight into each other's receive queue: no packet leaves it, nothing is
lost. SOCK_STREAM is bytes, SOCK_SEQPACKET messages on a connection, SOCK_DGRAM messages to anybody
with a name. Files and credentials may travel along.
"""

from __future__ import annotations

import errno

import softnet.uapi.socket as uapi
from softnet.net.core.sock import proto_register
from softnet.net.socket import sock_register
from softnet.net.unix.proc import unix_proc_init
from softnet.net.unix.sysctl_net_unix import unix_sysctl_register
from softnet.net.unix.unix_dgram import unix_dgram_ops, unix_seqpacket_ops
from softnet.net.unix.unix_life import unix_create1, unix_proto
from softnet.net.unix.unix_stream import unix_stream_ops
from softnet.structs.net_namespace import Net
from softnet.structs.socket import SS_UNCONNECTED, NetProtoFamily, Socket
from softnet.structs.unix_sock import UnixHost, UnixNet, unix_net


class UnixFamily(NetProtoFamily):
    """unix_family_ops"""

    __slots__ = ()

    def create(self, net: Net, sock: Socket, protocol: int, kern: int) -> int:
        """unix_create(): 0, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT. BSD's SOCK_RAW is SOCK_DGRAM."""
        if protocol not in (0, uapi.AF_UNIX):
            return -errno.EPROTONOSUPPORT
        sock.state = SS_UNCONNECTED
        if sock.type == uapi.SOCK_RAW:
            sock.type = uapi.SOCK_DGRAM
        match sock.type:
            case uapi.SOCK_STREAM:
                sock.ops = unix_stream_ops
            case uapi.SOCK_DGRAM:
                sock.ops = unix_dgram_ops
            case uapi.SOCK_SEQPACKET:
                sock.ops = unix_seqpacket_ops
            case _:
                return -errno.ESOCKTNOSUPPORT
        unix_create1(net, sock, sock.type)
        return 0


unix_family_ops = UnixFamily(uapi.AF_UNIX)


def unix_net_init(net: Net) -> None:
    """A namespace's abstract names and its limit; the host's other tables come with the first."""
    first = net.nets[0]
    net.unx = UnixNet(UnixHost() if net is first else unix_net(first).host)
    unix_sysctl_register(net)


def unix_init() -> None:
    """af_unix_init(): once per process."""
    proto_register(unix_proto)
    sock_register(unix_family_ops)
    unix_proc_init()
