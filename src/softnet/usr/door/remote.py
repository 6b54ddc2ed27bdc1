"""A forked child's sockets: the stack stays in the parent, the child calls it through a pipe.

After fork() both processes hold the same real descriptors, so both hold the same sockets, as with
a kernel. The parent's pump serves the requests (Server); the child has a Remote where the
parent has a Kernel. What is to be done at a near end that only the child holds, it does itself.

A message is a pickle behind its length, and may have descriptors with it.
"""

from __future__ import annotations

import _socket
import errno
import os
import pickle
import struct
from typing import Any

from softnet.usr.door import calls, rights
from softnet.usr.door.channel import Channel
from softnet.usr.door.kernel import Entry, Kernel, Made, inode
from softnet.usr.door.proxy import do_near
from softnet.usr.door.pump import Pump
from softnet.usr.door.rights import SCM_RIGHTS, SOL_SOCKET
from softnet.usr.door.turns import TurnLock

HEADER = struct.Struct("I")
FDS_MAX = 253  # SCM_MAX_FD
BACKLOG = 64


def send_message(sock: _socket.socket, value: Any, fds: list[int]) -> None:
    """One message."""
    data = pickle.dumps(value)
    control = [(SOL_SOCKET, SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))] if fds else []
    sock.sendmsg([HEADER.pack(len(data))], control)
    sock.sendall(data)


def receive_message(sock: _socket.socket) -> tuple[Any, list[int]]:
    """One message and its descriptors, which are the caller's; EOFError at the end."""
    head, control, _, _ = sock.recvmsg(
        HEADER.size, _socket.CMSG_SPACE(4 * FDS_MAX), _socket.MSG_CMSG_CLOEXEC
    )
    fds = [n for _, _, value in control for n in rights.numbers(value)]
    if len(head) < HEADER.size:
        raise EOFError
    size = HEADER.unpack(head)[0]
    data = sock.recv(size, _socket.MSG_WAITALL)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data), fds


def in_control(control: Any) -> list[int]:
    """The descriptors in the rows of a control message."""
    rows = (v for level, kind, v in control if (level, kind) == (SOL_SOCKET, SCM_RIGHTS))
    return [n for value in rows for n in rights.numbers(value)]


def renumber(control: Any, fds: list[int]) -> list[tuple[int, int, bytes]]:
    """The same rows with the numbers that the descriptors have here."""
    left = iter(fds)
    rows = []
    for level, kind, value in control:
        if (level, kind) == (SOL_SOCKET, SCM_RIGHTS):
            value = b"".join(struct.pack("i", next(left)) for _ in rights.numbers(value))
        rows.append((level, kind, value))
    return rows


class Server:
    """The parent's side: in the pump's thread."""

    __slots__ = ("address", "conns", "kernel", "listener", "pump")

    kernel: Kernel
    pump: Pump
    listener: _socket.socket
    address: bytes
    conns: dict[int, _socket.socket]

    def __init__(self, kernel: Kernel, pump: Pump) -> None:
        self.kernel = kernel
        self.pump = pump
        self.listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self.address = b"\0softnet-door-%d-%s" % (os.getpid(), os.urandom(8).hex().encode())
        self.listener.bind(self.address)
        self.listener.listen(BACKLOG)
        self.conns = {}
        pump.watch(self.listener.fileno(), self.accept)

    def accept(self) -> None:
        """A child calls."""
        fd, _ = self.listener._accept()  # type: ignore[attr-defined] # C's own accept()
        conn = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, fd)
        conn.settimeout(None)
        self.conns[fd] = conn
        self.pump.watch(fd, lambda: self.serve(fd))

    def serve(self, fd: int) -> None:
        """A request, or the end."""
        conn = self.conns[fd]
        try:
            (op, ino, args), fds = receive_message(conn)
            try:
                answer, sent = self.perform(op, ino, args, fds)
            finally:
                for one in fds:
                    os.close(one)
            send_message(conn, answer, sent)
            for one in sent:
                os.close(one)
        except (EOFError, OSError):
            self.pump.forget(fd)
            del self.conns[fd]
            conn.close()

    def perform(self, op: str, ino: int, args: Any, fds: list[int]) -> tuple[Any, list[int]]:
        """((value, exception, what is left to do at the near end), descriptors)."""
        kernel = self.kernel
        with kernel.lock:
            entry = kernel.entries.get(ino)
            kernel.caller, kernel.left = entry, 0
            try:
                value, sent = self.request(op, entry, args, fds)
            except Exception as e:  # noqa: BLE001 (it is the caller's: raised there)
                return (None, e, kernel.left), []
            finally:
                kernel.caller = None
            return (value, None, kernel.left), sent

    def request(
        self, op: str, entry: Entry | None, args: Any, fds: list[int]
    ) -> tuple[Any, list[int]]:
        """The value, and the descriptors in it."""
        kernel = self.kernel
        if op == "socket":
            made = kernel.socket(*args)
            return made, [made.fd]
        if op == "socketpair":
            pair = kernel.socketpair(*args)
            return pair, [made.fd for made in pair]
        if op == "what":
            return entry and (entry.family, entry.type, entry.proto), []
        if entry is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if op == "hand_over":
            return kernel.hand_over(entry, entry.near), []
        if op == "closed":
            kernel.release(entry)
            return None, []
        if op == "accept":
            made, peer = kernel.accept(entry, entry.near)
            return (made, peer), [made.fd]
        if op == "sendmsg":
            data, control, flags, addr = args
            control = renumber(control, fds)
            return kernel.sendmsg(entry, entry.near, data, control, flags, addr), []
        if op == "recvmsg":
            got = kernel.recvmsg(entry, entry.near, *args)
            return got, in_control(got[1])
        return kernel.enter(entry, entry.near, calls.CALLS[op], *args), []


class Remote(Kernel):
    """The child's side: what Kernel is to its parent."""

    __slots__ = ("address", "conn")

    address: bytes
    conn: _socket.socket | None

    def __init__(self, address: bytes, entries: dict[int, Entry]) -> None:
        self.address = address
        self.conn = None
        self.lock = TurnLock()
        self.entries = entries
        for entry in entries.values():  # socket objects hold them, so they stay the same
            entry.kfd, entry.proxy = -1, None

    def know(self, made: Made) -> Entry:
        """Remember a socket."""
        entry = self.entries[made.ino] = Entry(made, -1, None)
        return entry

    def forked(self) -> Remote:
        """A child's, which has a connection of its own."""
        if self.conn is not None:
            self.conn.close()
        return Remote(self.address, self.entries)

    def ask(self, op: str, ino: int, args: Any, fds: list[int], near: int = -1) -> Any:
        """One request: (value, descriptors that came with it)."""
        with self.lock:
            # A signal handler's request in the middle of this one takes a connection of its own.
            conn, self.conn = self.conn or self.connect(), None
            try:
                send_message(conn, (op, ino, args), fds)
                (value, error, left), came = receive_message(conn)
            except EOFError:
                raise OSError(errno.ENETDOWN, os.strerror(errno.ENETDOWN)) from None
            if self.conn is not None:
                self.conn.close()
            self.conn = conn
            if left and near >= 0:
                do_near(near, left)
        if error is not None:
            raise error
        return value, came

    def connect(self) -> _socket.socket:
        """A connection to the parent."""
        conn = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        conn.settimeout(None)
        conn.connect(self.address)
        return conn

    def call(self, entry: Entry, fd: int, name: str, *args: Any) -> Any:
        """The system call `name` on a socket."""
        plain = [bytes(a) if isinstance(a, memoryview) else a for a in args]
        return self.ask(name, entry.ino, plain, [], fd)[0]

    def call_quietly(self, entry: Entry, fd: int, name: str, *args: Any) -> Any:
        """The same: the parent is another process anyway."""
        return self.call(entry, fd, name, *args)

    def socket(self, family: int, type: int, proto: int) -> Made:
        """socket()"""
        made, fds = self.ask("socket", 0, (family, type, proto), [])
        return self.received(made, fds[0])

    def received(self, made: Made, fd: int) -> Made:
        """A socket that came, with its number here."""
        made = made._replace(fd=fd)
        self.know(made)
        return made

    def socketpair(self, family: int, type: int, proto: int) -> list[Made]:
        """socketpair()"""
        pair, fds = self.ask("socketpair", 0, (family, type, proto), [])
        return [self.received(made, fd) for made, fd in zip(pair, fds, strict=True)]

    def accept(self, entry: Entry, fd: int) -> tuple[Made, Any]:
        """accept()"""
        (made, peer), fds = self.ask("accept", entry.ino, (), [], fd)
        return self.received(made, fds[0]), peer

    def find(self, fd: int) -> Entry | None:
        """The socket behind a real descriptor; of one that is not known the parent is asked."""
        ino = inode(fd)
        if not ino or ino in self.entries:
            return self.entries.get(ino)
        what, _ = self.ask("what", ino, (), [])
        return self.know(Made(fd, ino, *what)) if what else None

    def closed(self, entry: Entry) -> None:
        """A descriptor was closed: perhaps the last anywhere."""
        try:
            self.ask("closed", entry.ino, (), [])
        except OSError:
            return  # the parent is gone, and its sockets with it

    def collected(self, entry: Entry) -> None:
        """By the garbage collector: the parent's pump sees the descriptor go."""

    def hand_over(self, entry: Entry, fd: int) -> bool:
        """C drives the descriptor from now on."""
        if self.ask("hand_over", entry.ino, (), [], fd)[0]:
            entry.channel = Channel()
        return entry.channel is not None

    def sendmsg(self, entry: Entry, fd: int, data: Any, control: Any, flags: int, addr: Any) -> int:
        """sendmsg()"""
        plain = ([bytes(part) for part in data], control, flags, addr)
        n: int
        n, _ = self.ask("sendmsg", entry.ino, plain, in_control(control), fd)
        return n

    def recvmsg(self, entry: Entry, fd: int, size: int, room: int, flags: int) -> Any:
        """recvmsg()"""
        got, fds = self.ask("recvmsg", entry.ino, (size, room, flags), [], fd)
        if not flags & rights.MSG_CMSG_CLOEXEC:
            for one in fds:
                os.set_inheritable(one, True)
        data, control, msg_flags, addr = got
        return data, renumber(control, fds), msg_flags, addr


def become_child(kernel: Kernel, pump: Pump, server: Server) -> Remote:
    """In a child just forked: what was the parent's own is closed here; its new kernel."""
    if isinstance(kernel, Remote):
        return kernel.forked()
    for entry in kernel.entries.values():
        if entry.proxy is not None:
            entry.proxy.far.close()
    for conn in server.conns.values():
        conn.close()
    server.listener.close()
    pump.epoll.close()
    os.close(pump.bell)
    return Remote(server.address, kernel.entries)
