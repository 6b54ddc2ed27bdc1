"""bind(): which addresses, which ports, who may share."""

from __future__ import annotations

import socket
import struct

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
REUSE = socket.SO_REUSEADDR


def names(t: Recorder) -> None:
    s = t.socket()
    s.getsockname()
    s.bind((HERE, 5001))
    s.getsockname()
    s.getpeername()


def twice(t: Recorder) -> None:
    s = t.tcp()
    s.bind((HERE, 5001))
    s.bind((HERE, 5001))
    s.bind((HERE, 0))
    u = t.udp()
    u.bind((HERE, 5001))
    u.bind((HERE, 5002))


def any_port(t: Recorder) -> None:
    for s in (t.tcp(), t.udp()):
        s.bind((HERE, 0))
        s.getsockname()
        s.bind((HERE, 0))


def any_address(t: Recorder) -> None:
    for s in (t.tcp(), t.udp()):
        s.bind(("", 5001))
        s.getsockname()


def addresses(t: Recorder) -> None:
    for address in (
        "127.0.0.1",
        "127.9.9.9",
        "127.0.0.0",
        "127.255.255.255",
        "255.255.255.255",
        "224.0.0.1",
        "192.0.2.1",
        "240.0.0.1",
    ):
        for s in (t.tcp(), t.udp()):
            s.bind((address, 5001))
            s.getsockname()


def zero_net(t: Recorder) -> None:
    for s in (t.tcp(), t.udp()):
        t.since("5.3", "None", "0.0.0.0/8 is made of ordinary addresses; before, of broadcasts")
        s.bind(("0.0.0.1", 5001))


def family_unspec(t: Recorder) -> None:
    t.call("bind a path", t.tcp().sock.bind, "path")
    t.call("bind too many", t.tcp().sock.bind, (HERE, 1, 2))
    t.call("bind port 65536", t.tcp().sock.bind, (HERE, 65536))
    t.call("bind port -1", t.tcp().sock.bind, (HERE, -1))


def taken_stream(t: Recorder) -> None:
    t.bound(5001, socket.SOCK_STREAM)
    t.tcp().bind((HERE, 5001))
    t.tcp().bind(("127.0.0.2", 5001))
    t.tcp().bind(("", 5001))


def taken_by_any(t: Recorder) -> None:
    s = t.tcp()
    s.bind(("", 5001))
    t.tcp().bind((HERE, 5001))
    t.udp().bind((HERE, 5001))


def taken_datagram(t: Recorder) -> None:
    t.bound(5001)
    t.udp().bind((HERE, 5001))
    t.udp().bind(("127.0.0.2", 5001))
    t.udp().bind(("", 5001))


def reuse_both_stream(t: Recorder) -> None:
    one, two = t.tcp(), t.tcp()
    one.set(SOL, REUSE, 1)
    two.set(SOL, REUSE, 1)
    one.bind((HERE, 5001))
    two.bind((HERE, 5001))
    one.listen(1)
    two.listen(1)
    two.getsockname()


def reuse_one_only(t: Recorder) -> None:
    one, two = t.tcp(), t.tcp()
    one.bind((HERE, 5001))
    two.set(SOL, REUSE, 1)
    two.bind((HERE, 5001))
    three = t.tcp()
    three.set(SOL, REUSE, 1)
    three.bind((HERE, 5002))
    t.tcp().bind((HERE, 5002))


def reuse_and_a_listener(t: Recorder) -> None:
    one = t.tcp()
    one.set(SOL, REUSE, 1)
    one.bind((HERE, 5001))
    one.listen(1)
    two = t.tcp()
    two.set(SOL, REUSE, 1)
    two.bind((HERE, 5001))
    two.bind(("", 5001))
    two.bind(("127.0.0.2", 5001))


def reuse_taken_back(t: Recorder) -> None:
    """The option is read when somebody else binds."""
    one, two = t.tcp(), t.tcp()
    one.set(SOL, REUSE, 1)
    one.bind((HERE, 5001))
    one.set(SOL, REUSE, 0)
    two.set(SOL, REUSE, 1)
    t.since("6.1", "None", "bind() asks each socket of the port; before, what the port remembered")
    two.bind((HERE, 5001))


def reuse_datagrams(t: Recorder) -> None:
    one, two, three = t.udp(), t.udp(), t.udp()
    for s in (one, two):
        s.set(SOL, REUSE, 1)
        s.bind((HERE, 5001))
    three.bind((HERE, 5001))
    t.udp().sendto(b"who", (HERE, 5001))
    t.poll([(one, 1), (two, 1)])


def more_exact_wins(t: Recorder) -> None:
    wide, exact = t.udp(), t.udp()
    for s, address in ((wide, ""), (exact, HERE)):
        s.set(SOL, REUSE, 1)
        s.bind((address, 5001))
    t.udp().sendto(b"x", (HERE, 5001))
    t.udp().sendto(b"y", ("127.0.0.2", 5001))
    exact.recv(9)
    wide.recv(9)


def connected_wins(t: Recorder) -> None:
    client = t.bound(5002)
    plain, tied = t.udp(), t.udp()
    for s in (plain, tied):
        s.set(SOL, REUSE, 1)
        s.bind((HERE, 5001))
    plain.connect((HERE, 5003))
    tied.connect((HERE, 5002))
    client.sendto(b"x", (HERE, 5001))
    t.poll([(plain, 1), (tied, 1)])


def time_wait_holds_the_port(t: Recorder) -> None:
    listener = t.listener(5001)
    c = t.tcp()
    c.connect((HERE, 5001))
    a = listener.accept()
    listener.close()
    a.close()
    c.recv(1)
    c.close()
    t.pause()
    t.tcp().bind((HERE, 5001))
    s = t.tcp()
    s.set(SOL, REUSE, 1)
    s.bind((HERE, 5001))
    s.listen(1)


def open_connection_holds_the_port(t: Recorder) -> None:
    listener = t.listener(5001)
    c = t.tcp()
    c.connect((HERE, 5001))
    listener.accept()
    listener.close()
    t.tcp().bind((HERE, 5001))
    s = t.tcp()
    s.set(SOL, REUSE, 1)
    s.bind((HERE, 5001))


def inherited_reuse_lets_the_port_be_shared(t: Recorder) -> None:
    listener = t.tcp()
    listener.set(SOL, REUSE, 1)
    listener.bind((HERE, 5001))
    listener.listen(1)
    c = t.tcp()
    c.connect((HERE, 5001))
    listener.accept()
    listener.close()
    s = t.tcp()
    s.set(SOL, REUSE, 1)
    s.bind((HERE, 5001))
    s.listen(1)


def freed_by_close(t: Recorder) -> None:
    s = t.bound(5001, socket.SOCK_STREAM)
    s.close()
    t.tcp().bind((HERE, 5001))


def listen_makes_the_conflict(t: Recorder) -> None:
    one, two = t.tcp(), t.tcp()
    for s in (one, two):
        s.set(SOL, REUSE, 1)
        s.bind((HERE, 5001))
    one.listen(1)
    two.listen(1)
    one.close()
    two.listen(1)


def device(t: Recorder) -> None:
    s = t.tcp()
    s.set(SOL, socket.SO_BINDTODEVICE, b"lo\0")
    t.since("3.8", "ENOPROTOOPT", "getsockopt(SO_BINDTODEVICE)")
    s.get(SOL, socket.SO_BINDTODEVICE, 16)
    s.set(SOL, socket.SO_BINDTODEVICE, b"nodev0")
    s.set(SOL, socket.SO_BINDTODEVICE, b"")
    t.since("3.8", "ENOPROTOOPT", "getsockopt(SO_BINDTODEVICE)")
    s.get(SOL, socket.SO_BINDTODEVICE, 16)
    s.set(SOL, socket.SO_BINDTODEVICE, b"a name that is much too long for a device")


def same_port_on_devices(t: Recorder) -> None:
    one, two = t.tcp(), t.tcp()
    one.set(SOL, socket.SO_BINDTODEVICE, b"lo\0")
    one.bind((HERE, 5001))
    two.bind((HERE, 5001))


def free(t: Recorder) -> None:
    """IP_FREEBIND: an address that is not here."""
    s = t.tcp()
    s.set(socket.IPPROTO_IP, 15, 1)
    s.bind(("192.0.2.1", 5001))
    s.getsockname()
    s.listen(1)
    s.get(socket.IPPROTO_IP, 15)


def after_connect(t: Recorder) -> None:
    a, b = t.pair()
    a.bind((HERE, 5001))
    b.bind((HERE, 5001))
    u = t.udp()
    u.connect((HERE, 9))
    u.bind((HERE, 5001))


def low_port(t: Recorder) -> None:
    t.tcp().bind((HERE, 1))
    t.udp().bind((HERE, 1023))


def linger_zero_frees_at_once(t: Recorder) -> None:
    listener = t.listener(5001)
    c = t.tcp()
    c.bind((HERE, 5002))
    c.connect((HERE, 5001))
    c.set(SOL, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
    t.tcp().bind((HERE, 5002))
    listener.accept()


def bad_sockets(t: Recorder) -> None:
    t.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_UDP)
    t.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_TCP)
    t.socket(socket.AF_INET, socket.SOCK_RAW, 0)
    t.socket(socket.AF_INET, 7, 0)
    t.socket(socket.AF_INET, 99, 0)
    t.socket(99, socket.SOCK_STREAM, 0)
    t.socket(socket.AF_INET, socket.SOCK_STREAM, 300)
    t.socket(socket.AF_INET, socket.SOCK_SEQPACKET, 0)
    t.socket(socket.AF_INET, socket.SOCK_STREAM, -1)
    t.socket(0, socket.SOCK_STREAM, 0)
