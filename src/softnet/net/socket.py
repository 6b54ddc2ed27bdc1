"""The socket layer: from a descriptor to a protocol family, and nothing about any protocol.

Linux: net/socket.c

A Socket is made by the family that registered for its number (sock_register), hangs on a File whose
operations stand below, and answers through its ProtoOps. syscalls.py is the caller of everything
here. Read sock_create() first, then sock_sendmsg().
"""

from __future__ import annotations

import errno
from os import strerror
from typing import TYPE_CHECKING

import softnet.arch.mem as mem
import softnet.uapi.fcntl as fcntl
import softnet.uapi.poll as poll
import softnet.uapi.socket as uapi
import softnet.uapi.sockios as sockios
from softnet.fs.file import File, FileOps, new_file
from softnet.kernel.wait import wait_queue_head
from softnet.net.core.dev_ioctl import dev_ioctl
from softnet.net.core.sock import sock_getsockopt, sock_setsockopt
from softnet.structs.socket import MsgHdr, Socket, new_socket

if TYPE_CHECKING:
    from softnet.fs.file import FdTable, PollTable
    from softnet.structs.net_namespace import Net
    from softnet.structs.socket import NetProtoFamily, ProtoOps, Sockaddr

NPROTO = 40  # families that numbers exist for (AF_MAX of 3.2)

net_families: list[NetProtoFamily | None] = [None] * NPROTO


def sock_register(family: NetProtoFamily) -> None:
    """Let family answer socket(family.family, ...). The same one again is fine."""
    old = net_families[family.family]
    assert old is None or type(old) is type(family), "this family number is taken"
    net_families[family.family] = family


def sock_create(net: Net, family: int, type: int, protocol: int, kern: int = 0) -> Socket:
    """A new socket; OSError EAFNOSUPPORT, EINVAL, or what the family says."""
    if family < 0 or family >= NPROTO:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    if type < 0 or type >= uapi.SOCK_MAX:
        raise OSError(errno.EINVAL, "Invalid argument")
    if family == uapi.AF_INET and type == uapi.SOCK_PACKET:
        family = uapi.AF_PACKET  # how libpcap asked, a long time ago
    pf = net_families[family]
    if pf is None:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    sock = sock_alloc(type)
    err = pf.create(net, sock, protocol, kern)
    if err < 0:
        sock_release(sock)
        raise os_error(err)
    return sock


def sock_alloc(type: int) -> Socket:
    """A struct socket with nothing behind it."""
    return new_socket(type, wait_queue_head(None))


def sock_release(sock: Socket) -> None:
    """The file is gone: let the protocol end the sock's life."""
    ops = sock.ops
    if ops is not None:
        ops.release(sock)
        sock.ops = None
    sock.file = None


def sock_alloc_file(sock: Socket, flags: int) -> File:
    """A File for sock; flags: O_NONBLOCK or 0."""
    file = new_file(socket_file_ops, fcntl.O_RDWR | (flags & fcntl.O_NONBLOCK), sock)
    sock.file = file
    return file


def sock_map_fd(sock: Socket, files: FdTable, flags: int) -> int:
    """The lowest free descriptor, leading to sock; flags: SOCK_NONBLOCK | SOCK_CLOEXEC."""
    file = sock_alloc_file(sock, fcntl.O_NONBLOCK if flags & uapi.SOCK_NONBLOCK else 0)
    try:
        return files.fd_install(file, flags & uapi.SOCK_CLOEXEC != 0)
    except OSError:
        sock_release(sock)
        raise


def sock_from_file(file: File) -> Socket:
    """The socket behind file; OSError(ENOTSOCK)."""
    if file.f_op is not socket_file_ops:
        raise OSError(errno.ENOTSOCK, "Socket operation on non-socket")
    sock = file.private_data
    assert isinstance(sock, Socket)
    return sock


class MsgSlab:
    """The MsgHdr that the last call gave back: a call that blocks has one of its own meanwhile."""

    __slots__ = ("spare",)

    spare: MsgHdr | None

    def __init__(self) -> None:
        self.spare = None


msg_slab = MsgSlab()


def make_msg(iov: object, size: int, flags: int) -> MsgHdr:
    """MsgHdr(iov, size, flags), without a call of Python's when compiled."""
    msg = msg_slab.spare
    if msg is None:
        msg = MsgHdr.__new__(MsgHdr)
        msg.name = None
        msg.control = None
    else:
        msg_slab.spare = None
    msg.iov = iov
    msg.off = 0
    msg.size = size
    msg.controllen = 0
    msg.flags = flags
    msg.want_name = False
    msg.fresh = False
    return msg


def free_msg(msg: MsgHdr) -> None:
    """The call is over and nobody looks at msg again. After an exception it goes by itself."""
    msg.iov = None
    if msg.name is not None:
        msg.name = None
    if msg.control is not None:
        msg.control = None
    msg_slab.spare = msg


def sock_sendmsg(sock: Socket, msg: MsgHdr, size: int) -> int:
    """Send msg; bytes taken, or -errno."""
    file = sock.file
    if file is not None and file.f_flags & fcntl.O_NONBLOCK:
        msg.flags |= uapi.MSG_DONTWAIT
    ops = sock.ops
    assert ops is not None
    return ops.sendmsg(sock, msg, size)


def sock_recvmsg(sock: Socket, msg: MsgHdr, size: int, flags: int) -> int:
    """Receive into msg; bytes, or -errno."""
    file = sock.file
    if file is not None and file.f_flags & fcntl.O_NONBLOCK:
        flags |= uapi.MSG_DONTWAIT
    ops = sock.ops
    assert ops is not None
    msg.flags = 0
    return ops.recvmsg(sock, msg, size, flags)


def kernel_setsockopt(sock: Socket, level: int, optname: int, optval: bytes) -> int:
    """SOL_SOCKET is the core's, every other level the family's."""
    ops = sock.ops
    assert ops is not None
    if level == uapi.SOL_SOCKET:
        return sock_setsockopt(sock, optname, optval)
    return ops.setsockopt(sock, level, optname, optval)


def kernel_getsockopt(sock: Socket, level: int, optname: int, optlen: int) -> bytes:
    """At most optlen bytes of the option; OSError."""
    ops = sock.ops
    assert ops is not None
    if optlen < 0:
        raise OSError(errno.EINVAL, "Invalid argument")
    if level == uapi.SOL_SOCKET:
        return sock_getsockopt(sock, optname, optlen)
    return ops.getsockopt(sock, level, optname, optlen)


def sock_accept(sock: Socket, flags: int) -> tuple[Socket, Sockaddr]:
    """The next connection and its peer's address. OSError."""
    ops = sock.ops
    assert ops is not None
    newsock = sock_alloc(sock.type)
    newsock.ops = ops
    err = ops.accept(sock, newsock, flags)
    if err < 0:
        sock_release(newsock)
        raise os_error(err)
    try:
        return newsock, ops.getname(newsock, 2)
    except OSError as gone:
        sock_release(newsock)
        raise OSError(errno.ECONNABORTED, "Software caused connection abort") from gone


def os_error(err: int) -> OSError:
    """The exception for a negative errno, with Linux's own words."""
    return OSError(-err, strerror(-err))


class SocketFileOps(FileOps):
    """socket_file_ops: what read, write, poll, ioctl and the last close do to a socket."""

    __slots__ = ()

    def read(self, file: File, size: int) -> bytes:
        """sock_aio_read(): none of it, as System V has it, if nothing is asked for."""
        sock = sock_from_file(file)
        if size == 0:
            return b""
        buf = mem.new_buf(size)
        msg = make_msg(buf, size, 0)
        msg.fresh = True
        n = sock_recvmsg(sock, msg, size, 0)
        if n < 0:
            raise os_error(n)
        return mem.finish_buf(buf, n)

    def write(self, file: File, data: bytes) -> int:
        """sock_aio_write()"""
        size = mem.buf_len(data)
        n = sock_sendmsg(sock_from_file(file), make_msg(data, size, 0), size)
        if n < 0:
            raise os_error(n)
        return n

    def poll(self, file: File, pt: PollTable | None) -> int:
        """sock_poll()"""
        sock = sock_from_file(file)
        return sock.ops.poll(file, sock, pt) if sock.ops is not None else poll.POLLNVAL

    def ioctl(self, file: File, cmd: int, arg: object) -> object:
        """sock_ioctl(): what the family does not know may be a device's."""
        sock = sock_from_file(file)
        ops: ProtoOps | None = sock.ops
        sk = sock.sk
        assert ops is not None
        if cmd in (sockios.FIOGETOWN, sockios.SIOCGPGRP):
            return 0  # nobody: there is no SIGIO
        try:
            return ops.ioctl(sock, cmd, arg)
        except OSError as e:
            if e.errno != errno.ENOTTY or sk is None:
                raise
        return dev_ioctl(sk.sk_net, cmd, arg)

    def release(self, file: File) -> None:
        """sock_close()"""
        sock_release(sock_from_file(file))


socket_file_ops = SocketFileOps()
# A compiled module does not show its C globals; tests make files of their own.
globals().update(socket_file_ops=socket_file_ops)
