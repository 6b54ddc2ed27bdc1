"""close() and shutdown(): halves, resets, lingering, what remains readable."""

from __future__ import annotations

import socket
import struct
import time

from tests.diff.recorder import Recorder, fill

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
RD, WR, BOTH = socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR


def end_of_file(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"last words")
    a.close()
    b.poll()
    b.recv(4)
    b.recv(99)
    b.recv(99)
    b.recv(99)
    b.poll()


def write_to_the_gone(t: Recorder) -> None:
    """The first write is answered by a reset, the second is a broken pipe."""
    a, b = t.pair()
    a.close()
    b.send(b"one")
    t.pause()
    b.poll()
    b.send(b"two")
    b.send(b"three")
    b.recv(9)
    b.get(SOL, socket.SO_ERROR)


def read_after_reset(t: Recorder) -> None:
    a, b = t.pair()
    a.close()
    b.send(b"one")
    t.pause()
    b.recv(9)
    b.recv(9)
    b.send(b"x")


def so_error_after_reset(t: Recorder) -> None:
    a, b = t.pair()
    a.set(SOL, socket.SO_LINGER, struct.pack("ii", 1, 0))
    a.close()
    b.poll()
    b.get(SOL, socket.SO_ERROR)
    b.get(SOL, socket.SO_ERROR)
    b.poll()
    b.recv(9)
    b.send(b"x")
    b.getpeername()
    b.shutdown(BOTH)


def unread_data_resets(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"unread")
    b.send(b"also")
    b.close()
    a.poll()
    a.recv(9)
    a.recv(9)


def unread_data_resets_a_writer(t: Recorder) -> None:
    a, b = t.pair()
    a.send(b"unread")
    b.close()
    a.send(b"x")
    a.recv(9)


def half_close(t: Recorder) -> None:
    a, b = t.pair()
    a.shutdown(WR)
    a.poll()
    b.poll()
    b.recv(9)
    b.send(b"still")
    a.recv(9)
    a.send(b"x")
    b.shutdown(WR)
    a.recv(9)
    a.poll()
    b.poll()


def shutdown_read(t: Recorder) -> None:
    a, b = t.pair()
    a.shutdown(RD)
    a.poll()
    a.recv(9)
    b.send(b"anyway")
    t.pause()
    a.poll()
    a.recv(9)
    a.send(b"out")
    b.recv(9)
    b.poll()


def shutdown_read_with_data(t: Recorder) -> None:
    a, b = t.pair()
    b.send(b"before")
    t.pause()
    a.shutdown(RD)
    a.recv(9)
    a.recv(9)


def shutdown_both(t: Recorder) -> None:
    a, b = t.pair()
    a.shutdown(BOTH)
    a.poll()
    a.send(b"x")
    a.recv(9)
    b.poll()
    b.recv(9)
    b.send(b"y")
    t.pause()
    b.send(b"z")


def shutdown_twice(t: Recorder) -> None:
    a, b = t.pair()
    a.shutdown(WR)
    a.shutdown(WR)
    a.shutdown(RD)
    a.shutdown(BOTH)
    b.shutdown(BOTH)
    a.shutdown(BOTH)
    a.getpeername()
    b.getpeername()


def shutdown_unconnected(t: Recorder) -> None:
    s = t.tcp()
    s.shutdown(WR)
    s.poll()
    s.send(b"x")
    s.recv(1)
    u = t.udp()
    u.shutdown(WR)
    u.shutdown(RD)
    u.poll()


def shutdown_bad(t: Recorder) -> None:
    a, _ = t.pair()
    a.shutdown(3)
    a.shutdown(-1)
    a.shutdown(99)
    t.tcp().shutdown(5)


def shutdown_udp(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    u.connect((HERE, 5001))
    u.shutdown(WR)
    u.send(b"x")
    u.shutdown(RD)
    u.poll()
    u.recv(9)
    s.poll()


def fresh(t: Recorder) -> None:
    s = t.tcp()
    s.poll()
    s.recv(1)
    s.send(b"x")
    s.getpeername()
    s.sendto(b"x", (HERE, 9))


def closed(t: Recorder) -> None:
    s = t.tcp()
    s.close()
    s.send(b"x")
    s.recv(1)
    s.getsockname()
    s.listen(1)
    s.close()


def linger_get_set(t: Recorder) -> None:
    s = t.tcp()
    s.get(SOL, socket.SO_LINGER, 8)
    s.set(SOL, socket.SO_LINGER, struct.pack("ii", 1, 5))
    s.get(SOL, socket.SO_LINGER, 8)
    s.get(SOL, socket.SO_LINGER, 4)
    s.get(SOL, socket.SO_LINGER, 100)
    s.set(SOL, socket.SO_LINGER, struct.pack("ii", 0, 9))
    s.get(SOL, socket.SO_LINGER, 8)
    s.set(SOL, socket.SO_LINGER, struct.pack("i", 1))
    s.set(SOL, socket.SO_LINGER, 1)
    s.set(SOL, socket.SO_LINGER, struct.pack("ii", 7, 1))
    s.get(SOL, socket.SO_LINGER, 8)


def linger_waits(t: Recorder) -> None:
    """The peer's window is full: close() waits its second, and gives up."""
    a, b = t.pair()
    b.set(SOL, socket.SO_RCVBUF, 4096)
    fill(a.sock)
    a.set(SOL, socket.SO_LINGER, struct.pack("ii", 1, 1))
    start = time.monotonic()
    a.close()
    t.took(start, 0.9, 2.5)


def linger_nonblocking_does_not_wait(t: Recorder) -> None:
    a, b = t.pair()
    a.set(SOL, socket.SO_LINGER, struct.pack("ii", 1, 1))
    a.send(b"x")
    start = time.monotonic()
    a.close()
    t.took(start, 0, 0.5)
    b.recv(9)
    b.recv(9)


def dup_keeps_it_open(t: Recorder) -> None:
    a, b = t.pair()
    copy = t.call("dup", a.sock.dup)
    a.close()
    copy.send(b"alive")
    b.recv(9)
    copy.close()
    b.recv(9)


def shutdown_acts_on_all_copies(t: Recorder) -> None:
    a, b = t.pair()
    copy = t.call("dup", a.sock.dup)
    copy.shutdown(WR)
    a.send(b"x")
    b.recv(9)


def simultaneous(t: Recorder) -> None:
    a, b = t.pair()
    a.shutdown(WR)
    b.shutdown(WR)
    a.recv(1)
    b.recv(1)
    a.close()
    b.close()


def reader_woken_by_close_of_peer(t: Recorder) -> None:
    a, b = t.pair()

    def leave() -> None:
        t.pause(0.05)
        b.sock.close()

    thread = t.thread(leave)
    a.recv(9)
    thread.join()


def reader_woken_by_own_shutdown(t: Recorder) -> None:
    a, _ = t.pair()

    def stop() -> None:
        t.pause(0.05)
        a.sock.shutdown(RD)

    thread = t.thread(stop)
    a.recv(9)
    thread.join()


def writer_woken_by_reset(t: Recorder) -> None:
    a, b = t.pair()
    fill(a.sock)

    def leave() -> None:
        t.pause(0.05)
        b.sock.close()

    thread = t.thread(leave)
    a.send(b"x" * 100000)
    thread.join()
    a.send(b"x")


def detach_leaves_it_open(t: Recorder) -> None:
    a, b = t.pair()
    fd = a.sock.detach()
    a.send(b"x")
    again = t.call("socket(fileno)", lambda: socket.socket(fileno=fd))
    again.send(b"y")
    b.recv(9)


def fin_wait_times_out(t: Recorder) -> None:
    """After close() the peer may go on writing: it is told by a reset."""
    a, b = t.pair()
    a.shutdown(WR)
    b.recv(1)
    a.close()
    b.send(b"x")
    t.pause()
    b.send(b"y")
    b.recv(1)
    b.recv(1)
