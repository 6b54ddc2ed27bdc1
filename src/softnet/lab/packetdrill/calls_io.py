"""System calls that move data: what is sent is zeros unless the script says a string."""

from __future__ import annotations

import errno
from os import strerror

import softnet.syscalls as sys_
import softnet.uapi.socket as socket
import softnet.uapi.sockios as sockios
from softnet.lab.packetdrill.callargs import CallContext, is_udp
from softnet.lab.packetdrill.cmsg import check_control, pack_control
from softnet.lab.packetdrill.flow import CONNECTING, NEW
from softnet.lab.packetdrill.nodes import ANY, NULL, Struct, Text, Value
from softnet.structs.socket import Sockaddr, SockaddrIn

CONTROL_MAX = 4096  # bytes of ancillary data that recvmsg() has room for


def efault() -> OSError:
    """A pointer to nowhere."""
    return OSError(errno.EFAULT, strerror(errno.EFAULT))


def check_data(c: CallContext, expected: Value, data: bytes) -> None:
    """What was received, where the script has a string for it."""
    if isinstance(expected, Text):
        wanted = expected.value.encode("latin-1")
        seen = data[: len(wanted)] if expected.cut else data
        if wanted != seen:
            c.differences.append(f"data: expected {wanted!r}, seen {seen!r}")


def call_read(c: CallContext) -> int:
    """read(fd, ..., size)"""
    fd, size = c.fd(0), c.number(2)
    if c.value(1) is NULL and size:
        return read_nowhere(c, fd, size, 0)
    data = c.run.files.read(fd, size)
    if data is None:
        data = sys_.sys_read(fd, size)
    check_data(c, c.value(1), data)
    return len(data)


def read_nowhere(c: CallContext, fd: int, size: int, flags: int) -> int:
    """A read into NULL: EFAULT once there is something to copy."""
    if sys_.sys_recv(fd, size, flags | socket.MSG_PEEK):
        raise efault()
    return 0


def call_recv(c: CallContext) -> int:
    """recv(fd, ..., size, flags)"""
    if c.value(1) is NULL and c.number(2):
        return read_nowhere(c, c.fd(0), c.number(2), c.number(3))
    flags = c.number(3)
    size = c.number(2)
    if flags & socket.MSG_TRUNC:
        return truncated(c, size, flags)
    data = sys_.sys_recv(c.fd(0), size, flags)
    check_data(c, c.value(1), data)
    return len(data)


def truncated(c: CallContext, size: int, flags: int) -> int:
    """recv() with MSG_TRUNC: the number says more than the bytes that were copied."""
    return sys_.sys_recv_into(c.fd(0), bytearray(size), size, flags)


def call_recvfrom(c: CallContext) -> int:
    """recvfrom(fd, ..., size, flags, address, ...)"""
    if c.value(1) is NULL and c.number(2):
        return read_nowhere(c, c.fd(0), c.number(2), c.number(3))
    size, flags = c.number(2), c.number(3)
    if flags & socket.MSG_TRUNC:
        buf = bytearray(size)
        n, peer = sys_.sys_recvfrom_into(c.fd(0), buf, size, flags)
        data = bytes(buf[:n])
    else:
        data, peer = sys_.sys_recvfrom(c.fd(0), size, flags)
        n = len(data)
    check_data(c, c.value(1), data)
    c.check_address("address", c.value(4), peer)
    return n


def call_write(c: CallContext) -> int:
    """write(fd, ..., size)"""
    return sys_.sys_write(c.fd(0), c.data(1, c.number(2)))


def call_send(c: CallContext) -> int:
    """send(fd, ..., size, flags)"""
    return sys_.sys_sendto(c.fd(0), c.data(1, c.number(2)), c.number(3))


def call_sendto(c: CallContext) -> int:
    """sendto(fd, ..., size, flags, address, ...): `...` is where connect() would go."""
    data = c.data(1, c.number(2))
    flags = c.number(3)
    return sys_.sys_sendto(c.fd(0), data, flags, destination(c, c.value(4), flags))


def destination(c: CallContext, value: Value, flags: int) -> Sockaddr | None:
    """Where a datagram goes, or a SYN by MSG_FASTOPEN. A flow that has no peer yet gets one."""
    flow = c.flow()
    connects = is_udp(flow) or flags & socket.MSG_FASTOPEN
    if value is NULL or (value is ANY and not connects):
        return None
    address = c.address(value, c.remote())
    if isinstance(address, SockaddrIn) and flow.state == NEW:
        flow.state = CONNECTING
        flow.remote = (address.sin_addr, address.sin_port)
    return address


def iovecs(c: CallContext, value: Value, count: int) -> list[tuple[Value, int]]:
    """(base, length) of each; there must be count of them."""
    if value is ANY or value is NULL:
        return []
    if not isinstance(value, list):
        raise c.fail(f"an array of iovecs is needed, [{{..., 100}}], not {value!r}")
    vectors = []
    for item in value:
        s = c.struct(item, "iovec")
        vectors.append((s.fields["iov_base"], c.plain(s.fields.get("iov_len", ANY))))
    if len(vectors) != count:
        raise c.fail(f"{count} iovecs are announced, {len(vectors)} are there")
    return vectors


def gather(c: CallContext, vectors: list[tuple[Value, int]]) -> list[bytes]:
    """The bytes that iovecs send."""
    buffers = []
    for base, size in vectors:
        if base is NULL and size:
            raise efault()
        if isinstance(base, Text):
            c.flow().zeros = False
            buffers.append(base.value.encode("latin-1")[:size].ljust(size, b"\0"))
        else:
            buffers.append(bytes(size))
    return buffers


def call_writev(c: CallContext) -> int:
    """writev(fd, [{..., 100}, {..., 200}], 2)"""
    return sys_.sys_sendmsg(c.fd(0), gather(c, iovecs(c, c.value(1), c.number(2))))


def call_readv(c: CallContext) -> int:
    """readv(fd, [{..., 100}], 1)"""
    vectors = iovecs(c, c.value(1), c.number(2))
    data = sys_.sys_read(c.fd(0), sum(size for _, size in vectors))
    scatter(c, vectors, data)
    return len(data)


def scatter(c: CallContext, vectors: list[tuple[Value, int]], data: bytes) -> None:
    """Compare what iovecs received."""
    at = 0
    for base, size in vectors:
        check_data(c, base, data[at : at + size])
        at += size


def message(c: CallContext) -> Struct:
    """struct msghdr, the second argument."""
    return c.struct(c.value(1), "msghdr")


def message_vectors(c: CallContext, msg: Struct) -> list[tuple[Value, int]]:
    """msg_iov"""
    value = msg.fields.get("msg_iov", ANY)
    count = len(value) if isinstance(value, list) else 0
    return iovecs(c, value, c.plain(msg.fields.get("msg_iov_len", ANY), count))


def call_sendmsg(c: CallContext) -> int:
    """sendmsg(fd, {msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=0}, flags)"""
    msg = message(c)
    buffers = gather(c, message_vectors(c, msg))
    address = destination(c, msg.fields.get("msg_name", NULL), c.number(2))
    control = pack_control(c, msg.fields.get("msg_control", NULL))
    return sys_.sys_sendmsg(c.fd(0), buffers, control, c.number(2), address)


def call_recvmsg(c: CallContext) -> int:
    """recvmsg(fd, {msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=0, msg_control=[…]}, flags)"""
    msg = message(c)
    vectors = message_vectors(c, msg)
    control = msg.fields.get("msg_control", NULL)
    room = CONTROL_MAX if isinstance(control, list) else 0
    size = sum(n for _, n in vectors)
    data, rows, flags, peer = sys_.sys_recvmsg(c.fd(0), size, room, c.number(2))
    scatter(c, vectors, data)
    c.check("msg_flags", msg.fields.get("msg_flags", ANY), flags)
    c.check_address("msg_name", msg.fields.get("msg_name", NULL), peer)
    if isinstance(control, list):
        check_control(c, control, rows)
    return len(data)


def call_sendfile(c: CallContext) -> int:
    """sendfile(out, in, [offset], count)"""
    source = c.fd(1)
    offset = c.value(2)
    at = None if offset is NULL else c.number(2)
    data = c.run.files.read(source, c.number(3), at)
    if data is None:
        raise OSError(errno.EINVAL, strerror(errno.EINVAL))
    return sys_.sys_sendfile(c.fd(0), data) if data else 0


def call_splice(c: CallContext) -> int:
    """splice(in, NULL, out, NULL, size, flags): as much as is there, and no more than one wait."""
    source, target, size = c.fd(0), c.fd(2), c.number(4)
    data = c.run.files.read(source, size)
    if data is None:
        data = b"" if at_mark(source) else sys_.sys_read(source, size)
    return sys_.sys_write(target, data) if data else 0


def at_mark(fd: int) -> bool:
    """Is the next byte of a socket the urgent one? splice() does not carry that."""
    try:
        return bool(sys_.sys_ioctl(fd, sockios.SIOCATMARK, b""))
    except OSError:
        return False
