"""/proc/net/unix, and what ss(8) wants to know beyond it.

Linux: unix_seq_show() in net/unix/af_unix.c; net/unix/diag.c (3.3) for /proc/softnet/unix_diag,
which is a JSON object a line as inet_diag's is.

Differs from Linux: sockets stand in the order of their making, not of hashes.
"""

from __future__ import annotations

import json

import softnet.uapi.tcp as tcp
from softnet.fs.proc import ProcEntry, proc_create
from softnet.net.core.sock import sk_wmem_alloc_get
from softnet.net.unix.unix_ops import unix_inq_len
from softnet.structs.net_namespace import Net
from softnet.structs.socket import SS_CONNECTED, SS_CONNECTING, SS_DISCONNECTING, SS_UNCONNECTED
from softnet.structs.unix_sock import UnixSock, unix_net

HEADER = "Num       RefCount Protocol Flags    Type St Inode Path\n"
SO_ACCEPTCON = 1 << 16  # __SO_ACCEPTCON
POINTER = "0" * 16  # kptr_restrict


class ProcNetUnix(ProcEntry):
    """/proc/net/unix"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """A line for each socket of the namespace; '@' stands for an abstract name's NUL."""
        assert isinstance(net, Net)
        return HEADER + "".join(unix_line(sk) for sk in unix_net(net).sockets)


def unix_line(sk: UnixSock) -> str:
    """unix_seq_show()"""
    flags = SO_ACCEPTCON if sk.sk_state == tcp.TCP_LISTEN else 0
    line = (
        f"{POINTER}: {sk.sk_refcnt:08X} {0:08X} {flags:08X}"
        f" {sk.sk_type:04X} {socket_state(sk):02X} {sk.sk_ino:5d}"
    )
    return line + (f" {name_text(sk.addr)}\n" if sk.addr is not None else "\n")


def socket_state(sk: UnixSock) -> int:
    """SS_*: connected or not, accepted or not."""
    established = sk.sk_state == tcp.TCP_ESTABLISHED
    if sk.sk_socket is not None:
        return SS_CONNECTED if established else SS_UNCONNECTED
    return SS_CONNECTING if established else SS_DISCONNECTING


def name_text(addr: bytes) -> str:
    """A name as /proc shows it."""
    if addr[:1] == b"\0":
        return "@" + addr[1:].decode("utf-8", "surrogateescape")
    return addr.decode("utf-8", "surrogateescape")


class ProcUnixDiag(ProcEntry):
    """/proc/softnet/unix_diag"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """unix_diag_dump()"""
        assert isinstance(net, Net)
        return "".join(json.dumps(sk_diag_fill(sk)) + "\n" for sk in unix_net(net).sockets)


def sk_diag_fill(sk: UnixSock) -> dict[str, object]:
    """A listener's queues are its connections that wait, and how many may."""
    listening = sk.sk_state == tcp.TCP_LISTEN
    return {
        "type": sk.sk_type,
        "state": sk.sk_state,
        "name": name_text(sk.addr) if sk.addr is not None else "",
        "inode": sk.sk_ino,
        "peer": sk.peer.sk_ino if sk.peer is not None else 0,
        "peer_name": name_text(sk.peer.addr) if sk.peer is not None and sk.peer.addr else "",
        "rqueue": sk.sk_receive_queue.qlen if listening else unix_inq_len(sk),
        "wqueue": sk.sk_max_ack_backlog if listening else sk_wmem_alloc_get(sk),
        "shutdown": sk.sk_shutdown,
    }


def unix_proc_init() -> None:
    """Once per process."""
    proc_create(ProcNetUnix("net/unix"))
    proc_create(ProcUnixDiag("softnet/unix_diag"))
