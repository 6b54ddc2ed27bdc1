"""sendmsg(), recvmsg(), flags of send and recv, large writes, out-of-band data."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
import time

from tests.diff.recorder import Recorder, fill

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
OOB, PEEK, WAITALL, DONTWAIT, TRUNC = (
    socket.MSG_OOB,
    socket.MSG_PEEK,
    socket.MSG_WAITALL,
    socket.MSG_DONTWAIT,
    socket.MSG_TRUNC,
)
SIOCATMARK = 0x8905


def gather_and_scatter(t: Recorder) -> None:
    a, b = t.pair()
    a.sendmsg([b"one", b"", b"two", b"three"])
    parts = [bytearray(2), bytearray(0), bytearray(20)]
    b.recvmsg_into(parts)
    t.note("parts", parts)


def very_many_buffers(t: Recorder) -> None:
    a, b = t.pair()
    a.sendmsg([b"x"] * 1024)
    b.recv(5000)
    a.sendmsg([b"x"] * 1025)
    u, s = t.udp(), t.bound(5001)
    u.sendmsg([b"y"] * 1024, [], 0, (HERE, 5001))
    s.recv(5000)
    u.sendmsg([], [], 0, (HERE, 5001))
    s.recv(9)


def nothing_sent(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"")
    a.sendmsg([])
    a.sendmsg([b"", b""])
    b.poll()


def nothing_received(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"data")
    t.pause()
    b.recv(0)
    b.recvmsg(0)
    b.recv(9)
    b.setblocking(False)
    b.recv(0)


def stream_peek(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"hello")
    b.recv(2, PEEK)
    b.recv(99, PEEK)
    b.recv(2)
    b.recv(99, PEEK)
    b.recv(99)
    b.recv(9, PEEK | DONTWAIT)


def waitall(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"hel")

    def later() -> None:
        t.pause(0.05)
        a.sock.send(b"lo")

    thread = t.thread(later)
    b.recv(5, WAITALL)
    thread.join()
    a.send(b"end")
    a.shutdown(socket.SHUT_WR)
    b.recv(9, WAITALL)


def waitall_and_dontwait(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"hel")
    t.pause()
    b.recv(9, WAITALL | DONTWAIT)
    b.recv(9, WAITALL | DONTWAIT)


def waitall_and_a_timeout(t: Recorder) -> None:
    a, b = t.pair()
    b.set(SOL, socket.SO_RCVTIMEO, struct.pack("qq", 0, 50_000))
    a.send(b"hel")
    start = time.monotonic()
    b.recv(9, WAITALL)
    t.took(start, 0.04, 0.4)
    b.recv(9)


def waitall_peek(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"hello")
    b.recv(5, WAITALL | PEEK)
    b.recv(5)


def trunc_on_a_stream(t: Recorder) -> None:
    """MSG_TRUNC throws bytes away without copying them."""
    a, b = t.pair()
    a.send(b"0123456789")
    t.pause()
    buffer = bytearray(4)
    b.recv_into(buffer, 4, TRUNC)
    t.note("untouched", buffer)
    b.recv(9)


def dontwait(t: Recorder) -> None:
    a, b = t.pair()
    b.recv(9, DONTWAIT)
    fill(a.sock)
    a.send(b"x", DONTWAIT)


def send_timeout(t: Recorder) -> None:
    a, _ = t.pair()
    fill(a.sock)
    a.settimeout(0.05)
    a.send(b"x")
    a.sendall(b"x" * 100)
    a.settimeout(None)
    a.set(SOL, socket.SO_SNDTIMEO, struct.pack("qq", 0, 50_000))
    start = time.monotonic()
    a.send(b"x")
    t.took(start, 0.04, 0.4)


def nosignal(t: Recorder) -> None:
    a, b = t.pair()
    b.close()
    a.send(b"x", socket.MSG_NOSIGNAL)
    t.pause()
    a.send(b"x", socket.MSG_NOSIGNAL)
    a.send(b"x")


def large_write(t: Recorder) -> None:
    """Ten times what the buffers hold, with a reader beside."""
    a, b = t.pair()
    data = bytes(range(256)) * 20000
    got = bytearray()

    def read() -> None:
        while chunk := b.sock.recv(100000):
            got.extend(chunk)

    thread = t.thread(read)
    a.send(data)
    a.close()
    thread.join()
    t.note("received", bytes(got) == data)


def sendall_large(t: Recorder) -> None:
    a, b = t.pair()
    data = os.urandom(1 << 20)
    got = bytearray()

    def read() -> None:
        while chunk := b.sock.recv(1 << 16):
            got.extend(chunk)

    thread = t.thread(read)
    a.sock.sendall(data)
    a.close()
    thread.join()
    t.note("received", bytes(got) == data)


def nonblocking_partial(t: Recorder) -> None:
    a, _ = t.pair()
    a.setblocking(False)
    n = a.sock.send(b"x" * 50_000_000)
    t.note("some of it", 0 < n < 50_000_000)
    fill(a.sock)
    a.setblocking(False)
    a.send(b"x")
    a.poll()


def send_with_an_address(t: Recorder) -> None:
    """A connected stream does not look at it."""
    a, b = t.pair()
    a.sendto(b"x", (HERE, 9))
    b.recv(9)
    a.sendmsg([b"y"], [], 0, (HERE, 9))
    b.recvfrom(9)
    b.setblocking(False)
    b.recvfrom(9)


def confirm_and_unknown_flags(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"x", 0x800)
    a.send(b"x", 0x8000)
    b.recv(9, 0x10000000)


def read_and_write(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"hello")
    t.call("read", lambda: os.read(b.fileno(), 3))
    t.call("readv", lambda: os.readv(b.fileno(), [bytearray(1), bytearray(9)]))
    t.call("write", lambda: os.write(a.fileno(), b"back"))
    t.call("writev", lambda: os.writev(b.fileno(), [b"an", b"swer"]))
    a.recv(99)
    t.call("lseek", lambda: os.lseek(a.fileno(), 0, 0))
    t.call("mode", lambda: os.fstat(a.fileno()).st_mode)


def read_of_zero(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"x")
    t.call("read 0", lambda: os.read(b.fileno(), 0))
    u = t.bound(5001)
    t.udp().sock.sendto(b"x", (HERE, 5001))
    t.call("read 0", lambda: os.read(u.fileno(), 0))
    u.poll()


def sendfile(t: Recorder) -> None:
    a, b = t.pair()
    with tempfile.TemporaryFile() as f:
        f.write(b"0123456789" * 1000)
        f.flush()
        t.call("sendfile", lambda: os.sendfile(a.fileno(), f.fileno(), 5, 10))
        b.recv(99)
        f.seek(0)
        t.call("sendfile", lambda: os.sendfile(a.fileno(), f.fileno(), None, 4))
        t.note("place", f.tell())
        t.call("past the end", lambda: os.sendfile(a.fileno(), f.fileno(), 10000, 10))
        t.call("whole", lambda: os.sendfile(a.fileno(), f.fileno(), 0, 1 << 20))
        t.pause()
        t.note("length", len(b.sock.recv(1 << 20, socket.MSG_WAITALL | socket.MSG_DONTWAIT)))
        b.close()
        t.call("nobody", lambda: os.sendfile(a.fileno(), f.fileno(), 0, 10))
    s = t.tcp()
    with tempfile.TemporaryFile() as f:
        f.write(b"x")
        f.flush()
        t.call("unconnected", lambda: os.sendfile(s.fileno(), f.fileno(), 0, 1))


def urgent(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"abc")
    a.send(b"!", OOB)
    t.pause()
    b.poll()
    b.recv(99)
    t.ioctl_int(b, SIOCATMARK)
    b.recv(9, OOB)
    b.recv(9, OOB)
    b.poll()
    a.send(b"def")
    b.recv(9)


def urgent_read_first(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"abc")
    a.send(b"!", OOB)
    a.send(b"def")
    t.pause()
    b.recv(9, OOB)
    t.ioctl_int(b, SIOCATMARK)
    b.recv(99)
    t.ioctl_int(b, SIOCATMARK)
    b.recv(99)
    t.ioctl_int(b, SIOCATMARK)


def urgent_inline(t: Recorder) -> None:
    a, b = t.pair()
    b.set(SOL, socket.SO_OOBINLINE, 1)
    a.send(b"abc")
    a.send(b"!", OOB)
    a.send(b"def")
    t.pause()
    b.recv(9, OOB)
    b.recv(99)
    t.ioctl_int(b, SIOCATMARK)
    b.recv(99)
    t.ioctl_int(b, SIOCATMARK)


def urgent_of_several_bytes(t: Recorder) -> None:
    """Only the last is urgent; a second urgent byte takes the place of the first."""
    a, b = t.pair()
    a.send(b"xyz", OOB)
    t.pause()
    b.recv(99)
    b.recv(9, OOB)
    b.setblocking(False)
    a.send(b"1", OOB)
    a.send(b"2", OOB)
    t.pause()
    b.recv(9, OOB)
    b.recv(9)


def urgent_peek(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"!", OOB)
    t.pause()
    b.recv(9, OOB | PEEK)
    b.recv(9, OOB)
    b.recv(9, OOB | PEEK)


def urgent_when_none(t: Recorder) -> None:
    a, b = t.pair()
    b.recv(9, OOB)
    a.shutdown(socket.SHUT_WR)
    t.pause()
    b.recv(9, OOB)
    t.tcp().recv(1, OOB)
    t.tcp().send(b"x", OOB)


def urgent_select(t: Recorder) -> None:
    a, b = t.pair()
    t.select([b], [], [b])
    a.send(b"!", OOB)
    t.pause()
    t.select([b], [], [b])
    b.recv(1, OOB)
    t.select([b], [], [b])


def rcvlowat(t: Recorder) -> None:
    a, b = t.pair()
    b.set(SOL, socket.SO_RCVLOWAT, 5)
    a.send(b"abc")
    t.pause()
    b.poll()
    a.send(b"def")
    t.pause()
    b.poll()
    b.recv(3)
    b.setblocking(False)
    b.recv(99)
    b.recv(99)


def rcvlowat_waits(t: Recorder) -> None:
    a, b = t.pair()
    b.set(SOL, socket.SO_RCVLOWAT, 5)
    a.send(b"abc")

    def later() -> None:
        t.pause(0.05)
        a.sock.send(b"defghi")

    thread = t.thread(later)
    b.recv(99)
    thread.join()


def rcvlowat_end_of_stream(t: Recorder) -> None:
    a, b = t.pair()
    b.set(SOL, socket.SO_RCVLOWAT, 50)
    a.send(b"abc")
    a.close()
    t.pause()
    b.poll()
    b.recv(99)
    b.recv(99)


def cork_holds(t: Recorder) -> None:
    a, b = t.pair()
    a.set(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    a.send(b"held")
    t.pause()
    b.poll(1)
    a.set(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
    t.pause()
    b.recv(9)


def more_holds(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"held", socket.MSG_MORE)
    t.pause()
    b.poll(1)
    a.send(b" on")
    t.pause()
    b.recv(9)


def nodelay_pushes_a_cork(t: Recorder) -> None:
    a, b = t.pair()
    a.set(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    a.send(b"held")
    a.set(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    t.pause()
    b.poll(1)
    b.setblocking(False)
    b.recv(9)


def inq_outq(t: Recorder) -> None:
    a, b = t.pair()
    t.ioctl_int(b, 0x541B)
    a.send(b"0123456789")
    t.pause()
    t.ioctl_int(b, 0x541B)
    b.recv(3)
    t.ioctl_int(b, 0x541B)
    t.ioctl_int(a, 0x5411)
    t.ioctl_int(a, 0x894B)
    a.shutdown(socket.SHUT_WR)
    t.pause()
    t.ioctl_int(b, 0x541B)
    b.recv(99)
    t.ioctl_int(b, 0x541B)
    t.ioctl_int(t.listener(), 0x541B)
    t.ioctl_int(t.tcp(), 0x541B)
    t.ioctl_int(t.tcp(), 0x5411)
    t.ioctl_int(t.listener(), 0x5411)


def recvmsg_of_a_stream(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"x")
    b.recvmsg(9, 99)
    a.close()
    b.recvmsg(9, 99)
