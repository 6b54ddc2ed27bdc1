"""Raw sockets and ICMP sockets."""

from __future__ import annotations

import socket
import struct

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
IP = socket.IPPROTO_IP
RAW = socket.SOCK_RAW
ICMP = socket.IPPROTO_ICMP


def checksum(data: bytes) -> int:
    """RFC 1071"""
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo(ident: int, seq: int, data: bytes = b"ping") -> bytes:
    """An echo request."""
    body = struct.pack(">BBHHH", 8, 0, 0, ident, seq) + data
    return body[:2] + struct.pack(">H", checksum(body)) + body[4:]


def header(proto: int, payload: bytes, src: str = HERE, dst: str = HERE, ttl: int = 64) -> bytes:
    """An IPv4 header before payload; the kernel fills in length, id and checksum."""
    return (
        struct.pack(">BBHHHBBH", 0x45, 0, 0, 0, 0, ttl, proto, 0)
        + socket.inet_aton(src)
        + socket.inet_aton(dst)
        + payload
    )


def _no_id(packet: bytes) -> bytes:
    """A packet without what differs from run to run: identification and header checksum."""
    return packet[:4] + bytes(2) + packet[6:10] + bytes(2) + packet[12:]


def echo_request_and_reply(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, ICMP)
    s.sendto(echo(77, 1), (HERE, 0))
    for _ in range(2):
        packet, peer = s.sock.recvfrom(99)
        t.note("from", peer)
        t.note("length", len(packet))
        t.note("icmp", packet[20:])
    s.poll()


def icmp_filter(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, ICMP)
    s.get(255, 1, 4)
    s.set(255, 1, struct.pack("I", ~(1 << 0) & 0xFFFFFFFF))
    s.get(255, 1, 4)
    s.get(255, 1, 2)
    s.get(255, 1, 8)
    s.sendto(echo(77, 1), (HERE, 0))
    t.note("only the reply", s.sock.recv(99)[20:])
    s.setblocking(False)
    s.recv(99)
    s.set(255, 1, b"ab")
    s.get(255, 1, 4)
    s.set(255, 2, 1)
    s.get(255, 2)
    other = t.socket(socket.AF_INET, RAW, 99)
    other.set(255, 1, bytes(4))
    other.get(255, 1, 4)


def names(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    s.getsockname()
    s.getpeername()
    s.bind((HERE, 0))
    s.getsockname()
    s.bind((HERE, 7))
    s.getsockname()
    s.connect(("127.0.0.2", 5))
    s.getpeername()
    s.getsockname()
    t.disconnect(s)
    s.getpeername()
    s.getsockname()


def bind_elsewhere(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    s.bind(("192.0.2.1", 0))
    s.bind(("255.255.255.255", 0))
    s.bind(("224.0.0.1", 0))
    s.getsockname()


def send_and_receive(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    r = t.socket(socket.AF_INET, RAW, 99)
    s.send(b"nowhere")
    s.sendto(b"hello", (HERE, 0))
    t.note("got", _no_id(r.sock.recv(99)))
    s.connect((HERE, 0))
    s.send(b"again")
    t.note("got", _no_id(r.sock.recv(99)))
    r.poll()
    other = t.socket(socket.AF_INET, RAW, 98)
    other.poll()


def connected_hears_only_its_peer(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    r = t.socket(socket.AF_INET, RAW, 99)
    r.connect(("127.0.0.2", 0))
    s.sendto(b"from 1", (HERE, 0))
    r.poll()
    s.bind(("127.0.0.2", 0))
    r.sock.close()
    r = t.socket(socket.AF_INET, RAW, 99)
    r.connect(("127.0.0.2", 0))
    s.sendto(b"from 2", ("127.0.0.2", 0))
    s.sendto(b"from 2", (HERE, 0))
    r.poll()


def bound_hears_only_its_address(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    r = t.socket(socket.AF_INET, RAW, 99)
    r.bind(("127.0.0.2", 0))
    s.sendto(b"to 1", (HERE, 0))
    r.poll()
    s.sendto(b"to 2", ("127.0.0.2", 0))
    r.poll()


def own_header(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, socket.IPPROTO_RAW)
    s.get(IP, 3)
    r = t.socket(socket.AF_INET, RAW, 99)
    s.sendto(header(99, b"mine", "10.9.8.7", HERE, 5), (HERE, 0))
    s.sendto(header(99, b"mine", "127.0.0.5", HERE, 5), (HERE, 0))
    t.note("got", _no_id(r.sock.recv(99)))
    s.sendto(b"too short", (HERE, 0))
    s.sendto(b"E" + bytes(30), (HERE, 0))


def own_header_by_option(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    r = t.socket(socket.AF_INET, RAW, 99)
    s.set(IP, 3, 1)
    s.get(IP, 3)
    s.sendto(header(99, b"mine", "0.0.0.0", HERE, 7), (HERE, 0))
    t.note("source filled in", _no_id(r.sock.recv(99)))
    s.set(IP, 3, 0)
    s.sendto(b"plain", (HERE, 0))
    t.note("got", _no_id(r.sock.recv(99)))


def raw_udp_sees_datagrams(t: Recorder) -> None:
    r = t.socket(socket.AF_INET, RAW, socket.IPPROTO_UDP)
    s = t.bound(5001)
    u = t.bound(5002)
    u.sendto(b"both see it", (HERE, 5001))
    s.recv(99)
    packet = r.sock.recv(99)
    t.note("ports", struct.unpack_from(">HHH", packet, 20))


def flags(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    s.sendto(b"x", socket.MSG_OOB, (HERE, 0))
    s.setblocking(False)
    s.recv(9, socket.MSG_OOB)
    s.sendto(b"x" * 50, (HERE, 0))
    t.note("cut", s.sock.recvmsg(4)[:3])
    s.sendto(b"x" * 50, (HERE, 0))
    t.note("whole length", len(s.sock.recv(10, socket.MSG_TRUNC)))
    s.sendto(b"x" * 65516, (HERE, 0))
    s.sendto(b"x" * 70000, (HERE, 0))
    s.listen(1)
    s.accept()
    s.shutdown(socket.SHUT_WR)


def ioctls(t: Recorder) -> None:
    r = t.socket(socket.AF_INET, RAW, 99)
    t.ioctl_int(r, 0x541B)
    r.sendto(b"12345", (HERE, 0))
    t.ioctl_int(r, 0x541B)
    t.ioctl_int(r, 0x5411)


def bad_destinations(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    s.sendto(b"x", ("192.0.2.1", 0))
    s.sendto(b"x", ("255.255.255.255", 0))
    s.sendto(b"x", ("127.255.255.255", 0))
    s.set(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.sendto(b"x", ("127.255.255.255", 0))
    s.sendto(b"x", ("224.0.0.1", 0))


def recverr(t: Recorder) -> None:
    """ICMP: no such protocol here."""
    s = t.socket(socket.AF_INET, RAW, 199)
    s.set(IP, 11, 1)
    s.connect((HERE, 0))
    s.sock.close()
    s = t.socket(socket.AF_INET, RAW, socket.IPPROTO_RAW)
    s.set(IP, 11, 1)
    s.sendto(header(199, b"nobody"), (HERE, 0))
    t.pause()
    s.poll()


def ttl_and_tos(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    s.set(IP, socket.IP_TTL, 9)
    s.set(IP, socket.IP_TOS, 0x20)
    s.sendto(b"x", (HERE, 0))
    t.note("got", _no_id(s.sock.recv(99)))


def control_messages(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, RAW, 99)
    for name in (8, 12, 13):
        s.set(IP, name, 1)
    s.sendto(b"x", (HERE, 0))
    t.note("control", s.sock.recvmsg(99, 200)[1])


def ping(t: Recorder) -> None:
    """Datagram sockets of ICMP; both sides open net.ipv4.ping_group_range for them."""
    t.unlike.allow_ping()
    s = t.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP)
    s.getsockname()
    s.bind((HERE, 77))
    s.getsockname()
    s.sendto(echo(0, 1), (HERE, 0))
    s.recvfrom(99)
    s.sendto(b"\0" * 8, (HERE, 0))
    s.sendto(b"\x08\1" + bytes(6), (HERE, 0))
    s.sendto(b"short", (HERE, 0))
    s.sendto(echo(0, 1) + bytes(66000), (HERE, 0))
    s.sendto(echo(5, 2), (HERE, 9))
    s.recvfrom(99)
    s.poll()


def ping_connected(t: Recorder) -> None:
    t.unlike.allow_ping()
    s = t.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP)
    s.send(echo(0, 1))
    s.connect((HERE, 0))
    t.note("identifier", s.port > 0)
    s.send(echo(0, 1))
    s.recv(2, socket.MSG_PEEK)
    s.recvmsg(2)
    s.set(IP, 12, 1)
    s.send(echo(0, 2))
    t.note("control", s.sock.recvmsg(99, 99)[1])
    s.get(socket.SOL_SOCKET, socket.SO_PROTOCOL)
    s.get(255, 1, 4)
    s.sendto(echo(0, 3), socket.MSG_OOB, (HERE, 0))
    t.ioctl_int(s, 0x541B)


def ping_same_identifier(t: Recorder) -> None:
    t.unlike.allow_ping()
    a = t.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP)
    b = t.socket(socket.AF_INET, socket.SOCK_DGRAM, ICMP)
    a.bind((HERE, 77))
    b.bind((HERE, 77))
    b.bind((HERE, 78))
    b.bind(("192.0.2.1", 0))
