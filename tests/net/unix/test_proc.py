"""/proc/net/unix, and the tunable beside it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

import softnet
from softnet.fs.proc import proc_read
from tests.kit.unix import pair, unix
from tests.net.unix.conftest import ON_KERNEL

pytestmark = pytest.mark.skipif(ON_KERNEL, reason="the kernel has sockets of others")


def test_every_socket_has_its_line(net: Any, tmp_path: Any) -> None:
    path = str(tmp_path / "s")

    def program() -> Any:
        with unix(socket.SOCK_STREAM) as s, unix(socket.SOCK_STREAM) as c, unix(2) as d:
            s.bind(path)
            s.listen()
            d.bind(b"\0abstract")
            c.connect(path)
            a, b = pair(socket.SOCK_SEQPACKET)
            with a, b:
                h1 = net.hosts["h1"].net
                return proc_read("/proc/net/unix", h1, h1.sysctl)

    zeros = "0" * 16
    assert net.run(program).replace(path, "PATH").splitlines() == [
        "Num       RefCount Protocol Flags    Type St Inode Path",
        f"{zeros}: 00000001 00000000 00010000 0001 01     1 PATH",
        f"{zeros}: 00000002 00000000 00000000 0001 03     2",
        f"{zeros}: 00000001 00000000 00000000 0002 01     3 @abstract",
        f"{zeros}: 00000002 00000000 00000000 0001 02     0 PATH",
        f"{zeros}: 00000002 00000000 00000000 0005 03     4",
        f"{zeros}: 00000002 00000000 00000000 0005 03     5",
    ]


def test_ss_lists_them() -> None:
    def server(ready: list[Any]) -> None:
        with unix(socket.SOCK_STREAM) as s:
            s.bind(b"\0app")
            s.listen(5)
            with unix(socket.SOCK_STREAM) as c:
                c.connect(b"\0app")
                c.send(b"12345")
                with s.accept()[0] as accepted:
                    ready.append(accepted.getsockname())
                    accepted.recv(5)
                    accepted.recv(1)

    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        ready: list[Any] = []
        h1.start(server, ready)
        assert ready == [b"\0app"]
        assert h1.ss("-xa").splitlines() == [
            "Netid State      Recv-Q Send-Q    Local Address:Port     Peer Address:Port Process",
            "u_str LISTEN     0      5                     @app 1                   * 0",
            "u_str ESTAB      0      0                        * 2                @app 3",
            "u_str ESTAB      0      0                     @app 3                   * 2",
        ]
        assert "LISTEN" not in h1.ss("-x")
        assert "@app" not in h1.ss("-ta")


def test_max_dgram_qlen(net: Any) -> None:
    h1 = net.hosts["h1"]
    assert h1.net.sysctl.read("net.unix.max_dgram_qlen") == "10"
    h1.sysctl("net.unix.max_dgram_qlen", 2)

    def program() -> int:
        with unix(socket.SOCK_DGRAM) as a, unix(socket.SOCK_DGRAM) as b:
            b.bind(b"\0b")
            a.setblocking(False)
            n = 0
            try:
                while True:
                    n += a.sendto(b"x", b"\0b")
            except BlockingIOError:
                return n

    assert net.run(program) == 3
