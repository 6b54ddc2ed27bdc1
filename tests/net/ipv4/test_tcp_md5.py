"""Signatures, RFC 2385."""

from __future__ import annotations

import errno

import pytest

from softnet.net.ipv4.tcp_md5 import tcp_md5_sum
from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_connect
from softnet.uapi.tcp import TCP_MD5SIG
from softnet.wire.addr import ip_aton
from tests.kit.errors import os_error
from tests.kit.tcp_peer import SOL_TCP, Dut


def md5sig(address: str, key: bytes, family: int = 2) -> bytes:
    """struct tcp_md5sig"""
    data = bytearray(216)
    data[0:2] = family.to_bytes(2, "little")
    data[4:8] = ip_aton(address).to_bytes(4, "big")
    data[130:132] = len(key).to_bytes(2, "little")
    data[136 : 136 + len(key)] = key
    return bytes(data)


def test_checksum_of_the_header_does_not_count() -> None:
    header = bytes(range(20))
    other = header[:16] + b"\xff\xff" + header[18:]
    first = tcp_md5_sum(header, b"data", b"key", 1, 2, 24)
    assert first == tcp_md5_sum(other, b"data", b"key", 1, 2, 24)
    assert first != tcp_md5_sum(header, b"data", b"kez", 1, 2, 24)
    assert first != tcp_md5_sum(header, b"data", b"key", 2, 1, 24)
    assert len(first) == 16


def test_segments_without_a_signature_are_dropped(dut: Dut) -> None:
    fd = dut.listen()
    dut.setopt(fd, SOL_TCP, TCP_MD5SIG, md5sig("10.0.0.2", b"secret"))
    peer = dut.peer()
    peer.send("S", 0, mss=1460)
    peer.silent()
    assert dut.ext("TCPMD5NOTFOUND") == 1


def test_our_syn_is_signed(dut: Dut) -> None:
    fd = dut.socket()
    dut.setopt(fd, SOL_TCP, TCP_MD5SIG, md5sig("10.0.0.2", b"secret"))
    dut.connect(fd)
    frame = dut.w.take()[-1]
    assert b"\x13\x12" in frame[54:]


def test_two_hosts_with_one_key() -> None:
    dut = Dut()
    fd = dut.listen(5000)
    dut.setopt(fd, SOL_TCP, TCP_MD5SIG, md5sig("127.0.0.1", b"k"))
    client = dut.socket()
    dut.setopt(client, SOL_TCP, TCP_MD5SIG, md5sig("127.0.0.1", b"k"))
    dut.call(sys_connect, client, SockaddrIn(ip_aton("127.0.0.1"), 5000))
    conn = dut.accept(fd)
    dut.write(client, b"signed")
    assert dut.read(conn) == b"signed"
    dut.close()


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (md5sig("10.0.0.2", b"k", family=10), errno.EINVAL),
        (md5sig("10.0.0.2", b""), errno.ENOENT),
        (b"\2\0", errno.EINVAL),
    ],
)
def test_refused(dut: Dut, value: bytes, error: int) -> None:
    with os_error(error):
        dut.setopt(dut.socket(), SOL_TCP, TCP_MD5SIG, value)
