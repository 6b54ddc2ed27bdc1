"""What later kernels brought, and softnet has if asked."""

from __future__ import annotations

import socket

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
SOL, TCP = socket.SOL_SOCKET, socket.IPPROTO_TCP
REUSEADDR, REUSEPORT = 2, 15
FASTOPEN, NOTSENT_LOWAT, FASTOPEN_CONNECT = 23, 25, 30
MSG_FASTOPEN = 0x20000000


def reuseport_bind(t: Recorder) -> None:
    """Every pair of (SO_REUSEADDR, SO_REUSEPORT), stream and datagram, one listening or not."""
    t.unlike.extend()
    port = 5000
    for make in (t.tcp, t.udp):
        for first in range(4):
            for second in range(4):
                for listening in (False, True) if make == t.tcp else (False,):
                    port += 1
                    a, b = make(), make()
                    for s, bits in ((a, first), (b, second)):
                        s.set(SOL, REUSEADDR, bits & 1)
                        s.set(SOL, REUSEPORT, bits >> 1)
                    a.bind((HERE, port))
                    if listening:
                        a.listen(1)
                    b.bind((HERE, port))
                    if make == t.tcp:
                        b.listen(1)


def reuseport_addresses(t: Recorder) -> None:
    """One address, any address, another one."""
    t.unlike.extend()
    for first in ("", HERE, "127.0.0.2"):
        for second in ("", HERE):
            for make in (t.tcp, t.udp):
                a, b = make(), make()
                a.set(SOL, REUSEPORT, 1)
                a.bind((first, 5001))
                b.bind((second, 5001))
                b.set(SOL, REUSEPORT, 1)
                b.bind((second, 5001))
                a.close()
                b.close()


def reuseport_value(t: Recorder) -> None:
    t.unlike.extend()
    for s in (t.tcp(), t.udp()):
        s.get(SOL, REUSEPORT)
        for value in (1, 0, -5, 7, b"", b"\1", b"\1\0\0\0\0"):
            s.set(SOL, REUSEPORT, value)
            s.get(SOL, REUSEPORT)
        s.get(SOL, REUSEPORT, 1)


def reuseport_time_wait(t: Recorder) -> None:
    """A connection in TIME_WAIT, and a listener that comes after it."""
    t.unlike.extend()
    a = t.tcp()
    a.set(SOL, REUSEPORT, 1)
    a.bind((HERE, 5001))
    a.listen(1)
    c = t.tcp()
    c.connect((HERE, 5001))
    served = a.accept()
    a.close()
    served.close()
    c.recv(1)
    c.close()
    b = t.tcp()
    b.bind((HERE, 5001))
    b.set(SOL, REUSEPORT, 1)
    b.bind((HERE, 5001))
    b.listen(1)


def reuseport_inherited(t: Recorder) -> None:
    """The accepted socket has it, and keeps the port open to the next listener."""
    t.unlike.extend()
    a = t.tcp()
    a.set(SOL, REUSEPORT, 1)
    a.bind((HERE, 5001))
    a.listen(1)
    c = t.tcp()
    c.connect((HERE, 5001))
    served = a.accept()
    served.get(SOL, REUSEPORT)
    a.close()
    b = t.tcp()
    b.set(SOL, REUSEPORT, 1)
    b.bind((HERE, 5001))
    b.listen(1)


def notsent_lowat(t: Recorder) -> None:
    t.unlike.extend()
    s = t.tcp()
    s.get(TCP, NOTSENT_LOWAT)
    for value in (1, 0, -1, 131072, b"", b"\1\0", b"\1\0\0\0\0"):
        s.set(TCP, NOTSENT_LOWAT, value)
        s.get(TCP, NOTSENT_LOWAT)
    t.listener(5001).get(TCP, NOTSENT_LOWAT)
    u = t.udp()
    u.get(TCP, NOTSENT_LOWAT)
    u.set(TCP, NOTSENT_LOWAT, 1)


def fastopen_option(t: Recorder) -> None:
    t.unlike.extend()
    closed, listening = t.tcp(), t.listener(5001)
    connected, served = t.pair()
    for s in (closed, listening, connected, served):
        s.get(TCP, FASTOPEN)
        for value in (5, 0, -1, b"", b"\1\0"):
            s.set(TCP, FASTOPEN, value)
            s.get(TCP, FASTOPEN)
    u = t.udp()
    u.get(TCP, FASTOPEN)
    u.set(TCP, FASTOPEN, 1)


def fastopen_connect_option(t: Recorder) -> None:
    t.unlike.extend()
    closed, listening = t.tcp(), t.listener(5001)
    connected, _ = t.pair()
    for s in (closed, listening, connected):
        s.get(TCP, FASTOPEN_CONNECT)
        for value in (1, 2, -1, 0, b""):
            s.set(TCP, FASTOPEN_CONNECT, value)
            s.get(TCP, FASTOPEN_CONNECT)


def fastopen_send(t: Recorder) -> None:
    """Without a listener that does it: a connect() and a send() in one."""
    t.unlike.extend()
    listener = t.listener(5001)
    c = t.tcp()
    c.sendto(b"hello", MSG_FASTOPEN, (HERE, 5001))
    served = listener.accept()
    served.recv(10)
    c.sendto(b"again", MSG_FASTOPEN, (HERE, 5001))
    c.send(b"again")
    served.recv(10)
    c.getpeername()


def fastopen_refused(t: Recorder) -> None:
    t.unlike.extend()
    c = t.tcp()
    c.sendto(b"hello", MSG_FASTOPEN, (HERE, 9))
    c.get(SOL, socket.SO_ERROR)
    c.send(b"hello", MSG_FASTOPEN)
    listening = t.listener(5001)
    listening.send(b"x", MSG_FASTOPEN)
    listening.sendto(b"x", MSG_FASTOPEN, (HERE, 5001))
    c = t.tcp()
    c.sendto(b"x", MSG_FASTOPEN, ("255.255.255.255", 1))
    c.sendto(b"", MSG_FASTOPEN, (HERE, 5001))
    c.getpeername()


def fastopen_without_waiting(t: Recorder) -> None:
    t.unlike.extend()
    listener = t.listener(5001)
    c = t.tcp()
    c.setblocking(False)
    c.sendto(b"hello", MSG_FASTOPEN, (HERE, 5001))
    t.pause()
    c.send(b"hello")
    listener.accept().recv(10)


def fastopen_connect(t: Recorder) -> None:
    """connect() with TCP_FASTOPEN_CONNECT, no cookie known: it connects."""
    t.unlike.extend()
    listener = t.listener(5001)
    c = t.tcp()
    c.set(TCP, FASTOPEN_CONNECT, 1)
    c.connect((HERE, 5001))
    c.connect((HERE, 5001))
    c.send(b"hello")
    listener.accept().recv(10)


def fastopen_cookie(t: Recorder) -> None:
    """A listener with the option and no sysctl for servers: an ordinary one."""
    t.unlike.extend()
    listener = t.tcp()
    listener.bind((HERE, 5001))
    listener.set(TCP, FASTOPEN, 5)
    listener.listen(5)
    for _ in range(2):
        c = t.tcp()
        c.sendto(b"hello", MSG_FASTOPEN, (HERE, 5001))
        served = listener.accept()
        served.recv(10)
        served.close()
        c.recv(10)
        c.close()
