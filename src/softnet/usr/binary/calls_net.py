"""Answers: sockets. socket(2) and its kin; what is behind a real descriptor is the real kernel's."""

from __future__ import annotations

import array
import errno
import signal
import socket
import struct
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.binary import status
from softnet.usr.binary.answers import GONE, PASS, Answer, error, invalid, signed
from softnet.usr.binary.descriptors import SOCKET
from softnet.usr.binary.signals import send_signal
from softnet.usr.rights import RealFile
from softnet.usr.stamps import dated

AF_UNIX, AF_INET = 1, 2
NONBLOCK, CLOEXEC = 0o4000, 0o2000000
MSG_NOSIGNAL = 0x4000
MSG_CMSG_CLOEXEC = 0x40000000
WAITFORONE = 0x10000  # MSG_WAITFORONE
SOCK_STREAM = 1
SO_TYPE = 3
UN_PATH = 108
MSGHDR = struct.Struct("=QIIQQQQi4x")  # name, its length, -, iov, count, control, its length, flags
CMSGHDR = struct.Struct("=Qii")
MMSGHDR = MSGHDR.size + 8
IOV_MAX = 1024

Args = tuple[int, ...]
Row = tuple[int, int, bytes]


def socket_(t: Any, a: Args) -> int:
    """socket()"""
    k = sys_.sys_socket(signed(a[0]), signed(a[1]) & ~CLOEXEC, signed(a[2]))
    return given(t, k, a[1])


def given(t: Any, k: int, flags: int) -> int:
    """The process's number for the host's descriptor k."""
    fd: int = t.give(k, SOCKET, flags & CLOEXEC != 0)
    return fd


def socketpair(t: Any, a: Args) -> int:
    """socketpair()"""
    pair = sys_.sys_socketpair(signed(a[0]), signed(a[1]) & ~CLOEXEC, signed(a[2]))
    t.memory.write(a[3], struct.pack("=ii", *(given(t, k, a[1]) for k in pair)))
    return 0


def read_address(t: Any, at: int, size: int) -> sys_.Sockaddr:
    """A struct sockaddr in the process."""
    if size < 2 or size > 128:
        raise invalid()
    raw = t.memory.read(at, size)
    (family,) = struct.unpack_from("=H", raw)
    if family == AF_INET:
        if size < 16:
            raise invalid()
        port, address = struct.unpack_from(">HI", raw, 2)
        return sys_.SockaddrIn(address, port)
    if family == AF_UNIX:
        path = raw[2 : 2 + UN_PATH]
        return sys_.SockaddrUn(path if path[:1] == b"\0" else path.partition(b"\0")[0])
    return sys_.Sockaddr(family)


def packed(address: sys_.Sockaddr | None) -> bytes:
    """struct sockaddr of an address; nothing for none."""
    if address is None:
        return b""
    raw = address.pack()
    if isinstance(address, sys_.SockaddrUn) and address.path and address.path[:1] != b"\0":
        raw += b"\0"
    return raw


def write_address(t: Any, address: sys_.Sockaddr | None, at: int, size_at: int) -> None:
    """Put an address where the process wants it; at 0: nowhere."""
    if not at:
        return
    room = signed(t.memory.u32(size_at))
    if room < 0:
        raise invalid()
    raw = packed(address)
    t.memory.write(at, raw[:room])
    t.memory.put_u32(size_at, len(raw))


def bind(t: Any, a: Args) -> int:
    """bind()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    sys_.sys_bind(sim.k, read_address(t, a[1], signed(a[2])))
    return 0


def connect(t: Any, a: Args) -> int:
    """connect()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    sys_.sys_connect(sim.k, read_address(t, a[1], signed(a[2])))
    return 0


def listen(t: Any, a: Args) -> int:
    """listen()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    sys_.sys_listen(sim.k, signed(a[1]))
    return 0


def accept(t: Any, a: Args) -> int:
    """accept()"""
    return accept4(t, (*a[:3], 0))


def accept4(t: Any, a: Args) -> int:
    """accept4()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    k, peer = sys_.sys_accept4(sim.k, signed(a[3]))
    write_address(t, peer, a[1], a[2])
    return given(t, k, a[3])


def getsockname(t: Any, a: Args) -> int:
    """getsockname()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    write_address(t, sys_.sys_getsockname(sim.k), a[1], a[2])
    return 0


def getpeername(t: Any, a: Args) -> int:
    """getpeername()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    write_address(t, sys_.sys_getpeername(sim.k), a[1], a[2])
    return 0


def shutdown(t: Any, a: Args) -> int:
    """shutdown()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    sys_.sys_shutdown(sim.k, signed(a[1]))
    return 0


def setsockopt(t: Any, a: Args) -> int:
    """setsockopt()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    size = signed(a[4])
    if not 0 <= size <= 1 << 16:
        raise invalid()
    sys_.sys_setsockopt(sim.k, signed(a[1]), signed(a[2]), t.memory.read(a[3], size))
    return 0


def getsockopt(t: Any, a: Args) -> int:
    """getsockopt()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    room = signed(t.memory.u32(a[4]))
    if room < 0:
        raise invalid()
    value = sys_.sys_getsockopt(sim.k, signed(a[1]), signed(a[2]), room)[:room]
    t.memory.write(a[3], value)
    t.memory.put_u32(a[4], len(value))
    return 0


# Data


def sendto(t: Any, a: Args) -> int:
    """sendto(), send()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    address = read_address(t, a[4], signed(a[5])) if a[4] else None
    flags = signed(a[3])
    try:
        return sys_.sys_sendto(sim.k, t.memory.read(a[1], a[2]), flags, address)
    except BrokenPipeError:
        return broken(t, sim.k, flags)


def broken(t: Any, k: int, flags: int) -> int:
    """EPIPE, and SIGPIPE for a stream that did not ask for quiet. A program it ends says no more."""
    if flags & MSG_NOSIGNAL:
        return -errno.EPIPE
    try:
        kind = int.from_bytes(sys_.sys_getsockopt(k, socket.SOL_SOCKET, SO_TYPE, 4), "little")
    except OSError:
        kind = SOCK_STREAM  # a pipe
    if kind != SOCK_STREAM:
        return -errno.EPIPE
    st = status.status_of(t.tid)
    if st is not None and st.fate(int(signal.SIGPIPE)) == status.CATCHES:
        # Else the call would begin again after the handler: it is answered first.
        t.tree.listener.answer(t.call, -errno.EPIPE)
        send_signal(t.proc, int(signal.SIGPIPE))
        return GONE
    send_signal(t.proc, int(signal.SIGPIPE))
    return GONE if t.dead else -errno.EPIPE


def recvfrom(t: Any, a: Args) -> int:
    """recvfrom(), recv()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    size = min(a[2], 1 << 30)
    data, address = sys_.sys_recvfrom(sim.k, size, signed(a[3]))
    t.memory.write(a[1], data[:size])
    write_address(t, address, a[4], a[5])
    return len(data)


def buffers(t: Any, at: int, count: int) -> list[tuple[int, int]]:
    """(address, size) of each struct iovec."""
    if count > IOV_MAX:
        raise error(errno.EMSGSIZE)
    raw = t.memory.read(at, 16 * count)
    return list(struct.iter_unpack("=QQ", raw))


def gather(t: Any, rows: list[tuple[int, int]]) -> bytes:
    """What is in the buffers."""
    return b"".join(t.memory.read(at, size) for at, size in rows)


def scatter(t: Any, rows: list[tuple[int, int]], data: bytes) -> None:
    """Fill the buffers."""
    begin = 0
    for at, size in rows:
        if begin >= len(data):
            return
        t.memory.write(at, data[begin : begin + size])
        begin += size


def sendmsg(t: Any, a: Args) -> int:
    """sendmsg()"""
    sim = t.sim(a[0])
    return PASS if sim is None else send_one(t, sim.k, a[1], signed(a[2]))


def send_one(t: Any, k: int, at: int, flags: int) -> int:
    """Send the message of a struct msghdr."""
    name, size, _, iov, count, control, room, _ = MSGHDR.unpack(t.memory.read(at, MSGHDR.size))
    address = read_address(t, name, size) if name and size else None
    rows, made = [], []
    for row in read_control(t.memory.read(control, room)) if control and room else ():
        if row[:2] == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            row, held = rights_out(t, row)
            made += held
        rows.append(row)
    data = gather(t, buffers(t, iov, count))
    try:
        return sys_.sys_sendmsg(k, [data], rows or None, flags, address)
    except BrokenPipeError:
        return broken(t, k, flags)
    finally:
        for held_k in made:
            sys_.sys_close(held_k)


def read_control(raw: bytes) -> list[Row]:
    """The rows of a msg_control."""
    rows, at = [], 0
    while at + CMSGHDR.size <= len(raw):
        size, level, kind = CMSGHDR.unpack_from(raw, at)
        if size < CMSGHDR.size or at + size > len(raw):
            raise invalid()
        rows.append((level, kind, raw[at + CMSGHDR.size : at + size]))
        at += size + 7 & ~7
    return rows


def rights_out(t: Any, row: Row) -> tuple[Row, list[int]]:
    """Descriptors that the process sends, as the host's; and which of these to close afterwards."""
    numbers, made = array.array("i"), []
    for (fd,) in struct.iter_unpack("=i", row[2]):
        sim = t.sim(fd)
        k = sim.k if sim is not None else -1
        if k < 0:
            k = sys_.sys_foreign(RealFile(t.own_fd(fd)))
            made.append(k)
        numbers.append(k)
    return (row[0], row[1], numbers.tobytes()), made


def recvmsg(t: Any, a: Args) -> int:
    """recvmsg()"""
    sim = t.sim(a[0])
    return PASS if sim is None else recv_one(t, sim.k, a[1], signed(a[2]))


def recv_one(t: Any, k: int, at: int, flags: int) -> int:
    """Receive a message into a struct msghdr; its length."""
    name, room, _, iov, count, control, space, _ = MSGHDR.unpack(t.memory.read(at, MSGHDR.size))
    rows = buffers(t, iov, count)
    size = min(sum(size for _, size in rows), 1 << 30)
    data, ancillary, said, address = sys_.sys_recvmsg(k, size, space if control else 0, flags)
    scatter(t, rows, data)
    if name:
        raw = packed(address)
        t.memory.write(name, raw[:room])
        t.memory.put_u32(at + 8, len(raw))
    out = b""
    for row in dated(ancillary, t.tree.clock.epoch_ns):
        if row[:2] == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            row = rights_in(t, row, flags)
        out += CMSGHDR.pack(CMSGHDR.size + len(row[2]), row[0], row[1]) + row[2]
        out = out.ljust(len(out) + 7 & ~7, b"\0")
    t.memory.write(control, out[:space] if control else b"")
    t.memory.write(at + 40, struct.pack("=Qi", min(len(out), space), said & ~MSG_CMSG_CLOEXEC))
    return len(data)


def rights_in(t: Any, row: Row, flags: int) -> Row:
    """Descriptors that came for the process."""
    numbers = array.array("i")
    for (k,) in struct.iter_unpack("=i", row[2]):
        held = sys_.sys_foreign_of(k)
        if isinstance(held, RealFile):
            numbers.append(t.give_real(held.fd, flags & MSG_CMSG_CLOEXEC != 0))
            sys_.sys_close(k)
        else:
            numbers.append(t.give(k, SOCKET, flags & MSG_CMSG_CLOEXEC != 0))
    return row[0], row[1], numbers.tobytes()


def sendmmsg(t: Any, a: Args) -> int:
    """sendmmsg()"""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    done = 0
    for n in range(min(a[2], IOV_MAX)):
        at = a[1] + n * MMSGHDR
        try:
            size = send_one(t, sim.k, at, signed(a[3]))
        except OSError:
            if not done:
                raise
            break
        if size < 0:
            return done or size
        t.memory.put_u32(at + MSGHDR.size, size)
        done += 1
    return done


def recvmmsg(t: Any, a: Args) -> int:
    """recvmmsg(): its time limit is looked at between messages only, as in Linux, and so is none."""
    sim = t.sim(a[0])
    if sim is None:
        return PASS
    done, flags = 0, signed(a[3])
    for n in range(min(a[2], IOV_MAX)):
        at = a[1] + n * MMSGHDR
        try:
            size = recv_one(t, sim.k, at, flags & ~WAITFORONE)
        except OSError:
            if not done:
                raise
            break
        t.memory.put_u32(at + MSGHDR.size, size)
        done += 1
        if flags & WAITFORONE:
            flags |= socket.MSG_DONTWAIT
    return done


ANSWERS: dict[str, Answer] = {
    "socket": socket_,
    "socketpair": socketpair,
    "bind": bind,
    "connect": connect,
    "listen": listen,
    "accept": accept,
    "accept4": accept4,
    "getsockname": getsockname,
    "getpeername": getpeername,
    "shutdown": shutdown,
    "setsockopt": setsockopt,
    "getsockopt": getsockopt,
    "sendto": sendto,
    "recvfrom": recvfrom,
    "sendmsg": sendmsg,
    "recvmsg": recvmsg,
    "sendmmsg": sendmmsg,
    "recvmmsg": recvmmsg,
}
