"""SO_ATTACH_FILTER: classic BPF on every kind of socket, programs that are refused."""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import Any

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
SOL = socket.SOL_SOCKET
ATTACH, DETACH = 26, 27
LD_W, LD_H, LD_B, LD_LEN, LD_IND = 0x20, 0x28, 0x30, 0x80, 0x50
LD_IMM, LDX_IMM, LD_MEM, LDX_MEM, MSH, ST, STX = 0x00, 0x01, 0x60, 0x61, 0xB1, 0x02, 0x03
JA, JEQ, JGT, JGE, JSET, RET_K, RET_A, TAX, TXA = 0x05, 0x15, 0x25, 0x35, 0x45, 6, 0x16, 7, 0x87
ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, NEG, MOD, XOR = (0x04 + 0x10 * i for i in range(11))
X = 8
AD_OFF, NET_OFF, LL_OFF = -0x1000, -0x100000, -0x200000
ALL = 0xFFFFFFFF


def insn(code: int, k: int = 0, jt: int = 0, jf: int = 0) -> bytes:
    """struct sock_filter"""
    return struct.pack("HBBI", code, jt, jf, k & ALL)


def _attach(t: Recorder, s: Any, *insns: bytes) -> None:
    """Attach a program."""
    room = ctypes.create_string_buffer(b"".join(insns), max(8 * len(insns), 1))
    program = struct.pack("HP", len(insns), ctypes.addressof(room))
    shown = " ".join(i.hex() for i in insns[:20])
    t.call(f"attach {s.name} {shown}", lambda: s.sock.setsockopt(SOL, ATTACH, program))


def _seen(t: Recorder, *insns: bytes, data: bytes = b"0123456789") -> None:
    """What a datagram socket with that filter receives of one datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
        raw.bind((HERE, 5001))
        raw.setblocking(False)
        s = t.name(raw)
        _attach(t, s, *insns)
        t.udp().sock.sendto(data, (HERE, 5001))
        s.recv(99)


def keep_and_drop(t: Recorder) -> None:
    """A UDP socket's packet begins at the UDP header."""
    for keep in (0, 1, 8, 9, 12, 18, 100, ALL):
        _seen(t, insn(RET_K, keep))


def by_content(t: Recorder) -> None:
    for wanted in (b"0", b"1"):
        _seen(t, insn(LD_B, 8), insn(JEQ, wanted[0], 0, 1), insn(RET_K, ALL), insn(RET_K, 0))
    _seen(t, insn(LD_H, 2), insn(JEQ, 5001, 0, 1), insn(RET_K, ALL), insn(RET_K, 0))
    _seen(t, insn(LD_LEN), insn(RET_A))
    _seen(t, insn(LD_LEN), insn(SUB, 3), insn(RET_A))


def by_header(t: Recorder) -> None:
    """The IP header lies before the packet."""
    for value in (17, 6):
        _seen(t, insn(LD_B, NET_OFF + 9), insn(JEQ, value, 0, 1), insn(RET_K, ALL), insn(RET_K))
    _seen(t, insn(MSH, NET_OFF), insn(TXA), insn(RET_A))
    _seen(t, insn(LD_B, LL_OFF + 12), insn(JEQ, 8, 0, 1), insn(RET_K, ALL), insn(RET_K))


def ancillary(t: Recorder) -> None:
    for offset, value in ((0, 0x0800), (4, 0), (8, 1), (28, 772), (20, 0)):
        _seen(t, insn(LD_W, AD_OFF + offset), insn(JEQ, value, 0, 1), insn(RET_K, ALL), insn(RET_K))


def loads_outside(t: Recorder) -> None:
    for load in (
        insn(LD_W, 15),
        insn(LD_W, 14),
        insn(LD_B, 18),
        insn(LD_B, 0x7FFFFFFF),
        insn(LD_B, NET_OFF + 60000),
        insn(LD_B, -0x80000000),
    ):
        _seen(t, load, insn(RET_K, ALL))


def arithmetic(t: Recorder) -> None:
    for op, a, k, result in (
        (ADD, ALL, 2, 1),
        (SUB, 1, 2, ALL),
        (MUL, 0x80000000, 3, 0x80000000),
        (DIV, 7, 2, 3),
        (OR, 6, 3, 7),
        (AND, 6, 3, 2),
        (LSH, 3, 31, 0x80000000),
        (RSH, 0x80000000, 31, 1),
    ):
        equal = (insn(JEQ, result, 0, 1), insn(RET_K, ALL), insn(RET_K, 0))
        _seen(t, insn(LD_IMM, a), insn(op, k), *equal)
        _seen(t, insn(LD_IMM, a), insn(LDX_IMM, k), insn(op | X), *equal)
    _seen(t, insn(LD_IMM, 1), insn(NEG), insn(JEQ, ALL, 0, 1), insn(RET_K, ALL), insn(RET_K))
    _seen(t, insn(LD_IMM, 1), insn(DIV | X), insn(RET_K, ALL))


def memory(t: Recorder) -> None:
    _seen(
        t,
        insn(LD_IMM, 7),
        insn(ST, 15),
        insn(TAX),
        insn(STX, 0),
        insn(LD_MEM, 15),
        insn(LDX_MEM, 0),
        insn(ADD | X),
        insn(RET_A),
    )


def refused(t: Recorder) -> None:
    s = t.udp()
    end = insn(RET_K, ALL)
    for program in (
        [insn(LD_IMM)],
        [end, insn(LD_IMM)],
        [insn(JA, -1), end],
        [insn(JA, 1), end],
        [insn(JA, 0), end],
        [insn(JEQ, 0, 1, 0), end],
        [insn(JEQ, 0, 0, 255), end],
        [insn(0xFFFF), end],
        [insn(DIV, 0), end],
        [insn(ST, 16), end],
        [insn(LD_MEM, 16), end],
        [insn(LD_MEM, 0), end],
        [insn(JEQ, 0, 1, 0), insn(ST, 3), insn(LD_MEM, 3), end],
        [insn(JEQ, 0, 0, 2), insn(ST, 3), insn(JA, 1), insn(ST, 3), insn(LD_MEM, 3), end],
        [insn(LD_B | X), end],
        [insn(0x16 | 0x08), end],
        [insn(0x0E)],
    ):
        _attach(t, s, *program)


def refused_by_3_2_only(t: Recorder) -> None:
    s = t.udp()
    end = insn(RET_K, ALL)
    for op in (MOD, XOR):
        t.since("3.7", "EINVAL", "BPF_MOD and BPF_XOR")
        _attach(t, s, insn(op, 3), end)
    t.since("4.6", "None", "a shift by more than 31 is refused")
    _attach(t, s, insn(LSH, 32), end)
    t.since("3.9", "None", "a load of ancillary data that is unknown is refused")
    _attach(t, s, insn(LD_W, AD_OFF + 4000), end)


def sizes(t: Recorder) -> None:
    s = t.udp()
    one = ctypes.create_string_buffer(insn(RET_K, ALL), 8)
    at = ctypes.addressof(one)
    for value in (
        struct.pack("HP", 1, at),
        struct.pack("HP", 1, at)[:15],
        struct.pack("HP", 1, at) + b"x",
        struct.pack("HP", 0, at),
        struct.pack("HP", 1, 0),
        struct.pack("HP", 1, 8),
        struct.pack("HP", 5000, at),
    ):
        _raw(t, s, value)


def _raw(t: Recorder, s: Any, value: bytes) -> None:
    """Attach what is perhaps no program."""
    t.call("attach something", lambda: s.sock.setsockopt(SOL, ATTACH, value))


def too_long(t: Recorder) -> None:
    s = t.udp()
    for count in (100, 2000):
        room = ctypes.create_string_buffer(insn(RET_K, ALL) * count, 8 * count)
        _raw(t, s, struct.pack("HP", count, ctypes.addressof(room)))


def detach(t: Recorder) -> None:
    s = t.bound(5001)
    s.setblocking(False)
    s.set(SOL, DETACH, 0)
    _attach(t, s, insn(RET_K, 0))
    t.udp().sock.sendto(b"x", (HERE, 5001))
    s.recv(9)
    _attach(t, s, insn(RET_K, ALL))
    t.udp().sock.sendto(b"y", (HERE, 5001))
    s.recv(9)
    s.set(SOL, DETACH, 0)
    s.set(SOL, DETACH, 0)
    s.set(SOL, DETACH, b"")


def a_failed_attach_leaves_the_old_one(t: Recorder) -> None:
    s = t.bound(5001)
    s.setblocking(False)
    _attach(t, s, insn(RET_K, 0))
    _attach(t, s, insn(LD_IMM))
    t.udp().sock.sendto(b"x", (HERE, 5001))
    s.recv(9)


def raw_socket(t: Recorder) -> None:
    """A raw socket's packet begins at the IP header."""
    s = t.socket(socket.AF_INET, socket.SOCK_RAW, 99)
    s.setblocking(False)
    _attach(t, s, insn(LD_B, 20), insn(JEQ, 0x61, 0, 1), insn(RET_K, 22), insn(RET_K, 0))
    s.sendto(b"abc", (HERE, 0))
    t.note("kept", s.sock.recv(99)[20:])
    s.sendto(b"bcd", (HERE, 0))
    s.recv(99)


def stream_drop(t: Recorder) -> None:
    """A filter that drops all: the connection cannot be made."""
    listener = t.tcp()
    listener.bind((HERE, 5001))
    _attach(t, listener, insn(RET_K, 0))
    listener.listen(1)
    c = t.tcp()
    c.settimeout(0.2)
    c.connect((HERE, 5001))


def stream_header_is_never_cut(t: Recorder) -> None:
    """Keeping one byte keeps the TCP header: connections work, as long as no data comes."""
    a, b = t.pair()
    _attach(t, b, insn(RET_K, 1))
    a.shutdown(socket.SHUT_WR)
    b.recv(9)


def inherited(t: Recorder) -> None:
    """An accepted socket has its listener's filter: ports are at the front of a segment."""
    listener = t.listener(5001)
    _attach(t, listener, insn(LD_H, 2), insn(JEQ, 5001, 0, 1), insn(RET_K, ALL), insn(RET_K, 0))
    c = t.tcp()
    c.connect((HERE, 5001))
    a = listener.accept()
    a.set(SOL, DETACH, 0)
    c.send(b"x")
    a.recv(9)


def unix_datagrams(t: Recorder) -> None:
    a, b = (t.name(s) for s in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
    b.setblocking(False)
    _attach(t, b, insn(LD_B, 0), insn(JEQ, 0x61, 0, 1), insn(RET_K, 2), insn(RET_K, 0))
    a.send(b"abc")
    a.send(b"bcd")
    b.recv(9)
    b.recv(9)
