"""struct socket: what a file descriptor leads to, and struct proto_ops: what can be asked of it.

Linux: include/linux/net.h, include/linux/socket.h

Addresses cross this boundary as Sockaddr objects in host integers, data as one buffer (MsgHdr.iov):
the drop-in layers above translate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.arch.mem import UserBuffer
    from softnet.fs.file import File, PollTable
    from softnet.kernel.wait import WaitQueueHead
    from softnet.structs.net_namespace import Net
    from softnet.structs.sock import Sock

SS_FREE = 0
SS_UNCONNECTED = 1
SS_CONNECTING = 2
SS_CONNECTED = 3
SS_DISCONNECTING = 4


class Sockaddr:
    """struct sockaddr: a family, and what subclasses add. AF_UNSPEC (0) alone disconnects."""

    __slots__ = ("family",)

    family: int

    def __init__(self, family: int) -> None:
        self.family = family

    def pack(self) -> bytes:
        """The struct in user space, x86-64: the family, and no more."""
        return self.family.to_bytes(2, "little")


class SockaddrIn(Sockaddr):
    """struct sockaddr_in: sin_addr and sin_port as host integers."""

    __slots__ = ("sin_addr", "sin_port")

    sin_addr: int
    sin_port: int

    def __init__(self, sin_addr: int, sin_port: int) -> None:
        init_sockaddr_in(self, sin_addr, sin_port)

    def pack(self) -> bytes:
        """struct sockaddr_in, 16 bytes."""
        return (
            self.family.to_bytes(2, "little")
            + self.sin_port.to_bytes(2, "big")
            + self.sin_addr.to_bytes(4, "big")
            + bytes(8)
        )


def sockaddr_in(sin_addr: int, sin_port: int) -> SockaddrIn:
    """SockaddrIn(sin_addr, sin_port), without a call of Python's when compiled."""
    addr = SockaddrIn.__new__(SockaddrIn)
    init_sockaddr_in(addr, sin_addr, sin_port)
    return addr


def init_sockaddr_in(addr: SockaddrIn, sin_addr: int, sin_port: int) -> None:
    """What SockaddrIn.__init__() does."""
    addr.family = 2  # AF_INET
    addr.sin_addr = sin_addr
    addr.sin_port = sin_port


class SockaddrUn(Sockaddr):
    """struct sockaddr_un: a path; an abstract name begins with NUL; b"" is unnamed."""

    __slots__ = ("path",)

    path: bytes

    def __init__(self, path: bytes) -> None:
        self.family = 1  # AF_UNIX
        self.path = path

    def pack(self) -> bytes:
        """struct sockaddr_un: the family and as much of the path as there is."""
        return self.family.to_bytes(2, "little") + self.path


class MsgHdr:
    """struct msghdr with a single iovec.

    iov: the buffer: bytes-like to send; writable (or fresh from mem.new_buf) to receive into.
    off: how far the kernel has read or filled it; advanced by the copy helpers. size: its end.
    name: destination, or, after a receive, where it came from. control: (level, type, data) rows.
    flags: MSG_* of the call going in, msg_flags coming out. want_name: fill name in on receive.
    fresh: iov is a mem.new_buf() that nobody has seen: it is written to though C has it as bytes.
    """

    __slots__ = (
        "name",
        "iov",
        "off",
        "size",
        "control",
        "controllen",
        "flags",
        "want_name",
        "fresh",
    )

    name: Sockaddr | None
    iov: UserBuffer
    off: int
    size: int
    control: list[tuple[int, int, bytes]] | None
    controllen: int  # room for control in bytes; more sets MSG_CTRUNC
    flags: int
    want_name: bool
    fresh: bool

    def __init__(self, iov: UserBuffer, size: int, flags: int = 0) -> None:
        self.name = None
        self.iov = iov
        self.off = 0
        self.size = size
        self.control = None
        self.controllen = 0
        self.flags = flags
        self.want_name = False
        self.fresh = False


class ProtoOps:
    """struct proto_ops: one instance per (family, kind of socket). Ints may be -errno."""

    __slots__ = ("family",)

    family: int

    def __init__(self, family: int) -> None:
        self.family = family

    def release(self, sock: Socket) -> int:
        """The file is gone: end the sock's life."""
        return 0

    def bind(self, sock: Socket, addr: Sockaddr) -> int:
        """Take a local address."""
        return -95

    def connect(self, sock: Socket, addr: Sockaddr, flags: int) -> int:
        """flags: O_NONBLOCK. -EINPROGRESS, -EALREADY, -EISCONN as in Linux."""
        return -95

    def socketpair(self, sock: Socket, other: Socket) -> int:
        """Join two fresh sockets."""
        return -95

    def accept(self, sock: Socket, newsock: Socket, flags: int) -> int:
        """Give newsock (same ops, no sk yet) the next connection."""
        return -95

    def getname(self, sock: Socket, peer: int) -> Sockaddr:
        """The local (0) or remote (1) address; raises OSError(ENOTCONN)."""
        raise OSError(95, "Operation not supported")

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        """POLL* bits that hold now; registers with wait if given."""
        return 0

    def ioctl(self, sock: Socket, cmd: int, arg: object) -> object:
        """The answer (an int or a struct as bytes); raises OSError."""
        raise OSError(25, "Inappropriate ioctl for device")

    def listen(self, sock: Socket, backlog: int) -> int:
        """Accept connections from now on."""
        return -95

    def shutdown(self, sock: Socket, how: int) -> int:
        """how: SHUT_RD, SHUT_WR or SHUT_RDWR."""
        return -95

    def setsockopt(self, sock: Socket, level: int, optname: int, optval: bytes) -> int:
        """Levels other than SOL_SOCKET."""
        return -95

    def getsockopt(self, sock: Socket, level: int, optname: int, optlen: int) -> bytes:
        """Levels other than SOL_SOCKET; raises OSError."""
        raise OSError(95, "Operation not supported")

    def sendmsg(self, sock: Socket, msg: MsgHdr, size: int) -> int:
        """Bytes sent, or -errno."""
        return -95

    def recvmsg(self, sock: Socket, msg: MsgHdr, size: int, flags: int) -> int:
        """Bytes received, or -errno."""
        return -95


class Socket:
    """struct socket."""

    __slots__ = ("state", "type", "flags", "wq", "file", "sk", "ops")

    state: int  # SS_*
    type: int  # SOCK_STREAM ...
    flags: int
    wq: WaitQueueHead
    file: File | None
    sk: Sock | None
    ops: ProtoOps | None

    def __init__(self, type: int, wq: WaitQueueHead) -> None:
        init_socket(self, type, wq)


def new_socket(type: int, wq: WaitQueueHead) -> Socket:
    """Socket(type, wq), without a call of Python's when compiled."""
    sock = Socket.__new__(Socket)
    init_socket(sock, type, wq)
    return sock


def init_socket(sock: Socket, type: int, wq: WaitQueueHead) -> None:
    """What Socket.__init__() does."""
    sock.state = 1  # SS_UNCONNECTED
    sock.type = type
    sock.flags = 0
    sock.wq = wq
    sock.file = None
    sock.sk = None
    sock.ops = None


class NetProtoFamily:
    """struct net_proto_family: registered by sock_register()."""

    __slots__ = ("family",)

    family: int

    def __init__(self, family: int) -> None:
        self.family = family

    def create(self, net: Net, sock: Socket, protocol: int, kern: int) -> int:
        """Give sock its ops and its sk; 0 or -errno."""
        return -97
