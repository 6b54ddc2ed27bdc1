"""A WebSocket (RFC 6455) with nothing but sockets: handshake, masked frames, fragments, ping, close.

softnet run examples/programs/websocket_by_hand.py
"""

import base64
import hashlib
import os
import socket
import struct
from typing import BinaryIO

import softnet

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10


def frame(opcode: int, data: bytes, mask: bytes = b"", last: bool = True) -> bytes:
    """One frame."""
    size = len(data)
    head = bytes([opcode | last << 7])
    flag = 0x80 if mask else 0
    if size < 126:
        head += bytes([flag | size])
    elif size < 1 << 16:
        head += struct.pack(">BH", flag | 126, size)
    else:
        head += struct.pack(">BQ", flag | 127, size)
    if mask:
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
    return head + mask + data


def read_frame(stream: BinaryIO) -> tuple[int, bool, bytes]:
    """Its opcode, whether it is the last of a message, its data."""
    first, second = stream.read(2)
    size = second & 127
    if size == 126:
        (size,) = struct.unpack(">H", stream.read(2))
    elif size == 127:
        (size,) = struct.unpack(">Q", stream.read(8))
    mask = stream.read(4) if second & 0x80 else b""
    data = stream.read(size)
    if mask:
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
    return first & 15, bool(first & 0x80), data


def accept_key(key: bytes) -> bytes:
    """What the server answers to the client's key."""
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def server() -> None:
    """Says everything backwards."""
    with socket.create_server(("", 80)) as listener:
        conn, _ = listener.accept()
    with conn, conn.makefile("rb") as stream:
        key = b""
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b": ")
            key = value if name.lower() == b"sec-websocket-key" else key
        conn.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_key(key) + b"\r\n\r\n"
        )
        message = b""
        while True:
            opcode, last, data = read_frame(stream)
            if opcode == CLOSE:
                conn.sendall(frame(CLOSE, data))
                return
            if opcode == PING:
                conn.sendall(frame(PONG, data))
                continue
            message += data
            if last:
                conn.sendall(frame(TEXT, message[::-1]))
                message = b""


def client() -> list[object]:
    """A short message, one of 70 kB in pieces with a ping between, the end."""
    seen: list[object] = []
    with socket.create_connection(("srv", 80)) as s, s.makefile("rb") as stream:
        key = base64.b64encode(os.urandom(16))
        s.sendall(
            b"GET /echo HTTP/1.1\r\nHost: srv\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )
        seen.append(stream.readline().decode().strip())
        while (line := stream.readline().strip()) != b"":
            if line.startswith(b"Sec-WebSocket-Accept"):
                seen.append(line.endswith(accept_key(key)))
        s.sendall(frame(TEXT, b"hello", os.urandom(4)))
        seen.append(read_frame(stream)[2].decode())
        long = bytes(range(65, 91)) * 2700
        s.sendall(frame(TEXT, long[:30000], os.urandom(4), last=False))
        s.sendall(frame(PING, b"still there?", os.urandom(4)))
        s.sendall(frame(CONTINUATION, long[30000:], os.urandom(4)))
        seen.append(read_frame(stream)[2].decode())
        seen.append(read_frame(stream)[2] == long[::-1])
        s.sendall(frame(CLOSE, struct.pack(">H", 1000), os.urandom(4)))
        seen.append(read_frame(stream)[0] == CLOSE)
        seen.append(stream.read())
    return seen


with softnet.Lab(seed=34, digest=True) as lab:
    srv, cli = lab.hosts("srv", "cli")
    lab.link(srv, cli, rate="2mbit", delay="40ms", loss="2%", reorder="1%")
    srv.start(server)
    print(*cli.call(client))
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
