"""Names: getaddrinfo and its kin ask the lab's table."""

from __future__ import annotations

import ctypes.util
import os
import platform
import socket
from typing import Any

import pytest

from softnet.usr import api as usr


class Table:
    """What a lab registers."""

    def __init__(self) -> None:
        self.names = {"web": ["10.0.0.2", "10.0.1.2"], "db.example": ["10.0.0.3"]}

    def resolve(self, name: str, asker: str) -> list[str]:
        return self.names.get(name, [])

    def name_of(self, address: str, asker: str) -> str | None:
        return next((n for n, addresses in self.names.items() if address in addresses), None)

    def resolv_conf(self, asker: str) -> None:
        return None

    def own_hosts(self, asker: str, name: str) -> list[str]:
        return []


@pytest.fixture
def named(net: Any) -> Any:
    usr.set_resolver(net.world, Table())
    return net


def test_getaddrinfo(named: Any) -> None:
    def program() -> Any:
        return (
            socket.getaddrinfo("web", 80, type=socket.SOCK_STREAM),
            socket.getaddrinfo("WEB.", "http", socket.AF_INET, 0, socket.IPPROTO_TCP),
            socket.getaddrinfo("10.1.2.3", None),
            socket.getaddrinfo(None, 53, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE),
            socket.getaddrinfo("localhost", 1, type=1),
            socket.getaddrinfo("db.example", 1, type=1, flags=socket.AI_CANONNAME)[0][3],
        )

    web, again, number, passive, local, canon = named.run(program)
    assert web == [(2, 1, 6, "", ("10.0.0.2", 80)), (2, 1, 6, "", ("10.0.1.2", 80))]
    assert again == web
    assert [(row[1], row[2]) for row in number] == [(1, 6), (2, 17), (3, 0)]
    assert passive == [(2, 2, 17, "", ("0.0.0.0", 53))]
    assert local == [(2, 1, 6, "", ("127.0.0.1", 1))]
    assert canon == "db.example"
    assert web[0][0] is socket.AF_INET
    assert web[0][1] is socket.SOCK_STREAM


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("nowhere", 80), socket.EAI_NONAME),
        (("10.0.0.1", 80, socket.AF_INET6), socket.EAI_ADDRFAMILY),
        (("10.0.0.1", "no-such-service"), socket.EAI_SERVICE),
        (("web", 80, 0, 0, 0, socket.AI_NUMERICHOST), socket.EAI_NONAME),
        (("10.0.0.1", 80, 99), socket.EAI_FAMILY),
        (("10.0.0.1", 80, 0, 77), socket.EAI_SOCKTYPE),
        ((None, None), socket.EAI_NONAME),
    ],
)
def test_errors_are_glibcs(named: Any, args: Any, code: int) -> None:
    def program() -> Any:
        with pytest.raises(socket.gaierror) as caught:
            socket.getaddrinfo(*args)
        return caught.value.errno, caught.value.strerror

    got = named.run(program)
    assert got[0] == code
    if args[0] != "web" and args[0] != "nowhere":
        assert got == program()  # numbers: the real resolver may be asked


def test_gethostby(named: Any) -> None:
    def program() -> Any:
        with pytest.raises(socket.herror, match="Unknown host"):
            socket.gethostbyaddr("10.9.9.9")
        with pytest.raises(socket.gaierror, match="not known"):
            socket.gethostbyname("nowhere")
        return (
            socket.gethostbyname("web"),
            socket.gethostbyname(""),
            socket.gethostbyname("127.1"),
            socket.gethostbyname_ex("web"),
            socket.gethostbyaddr("10.0.1.2"),
            socket.gethostbyaddr("web"),
            socket.getfqdn("10.0.0.3"),
            socket.gethostname(),
            os.uname().nodename,
            socket.getnameinfo(("10.0.0.2", 80), 0),
            socket.getnameinfo(("10.0.0.2", 81), socket.NI_NUMERICHOST),
            socket.getservbyname("https"),
            socket.getservbyport(53, "udp"),
            socket.getprotobyname("udp"),
        )

    assert named.run(program) == (
        "10.0.0.2",
        "0.0.0.0",
        "127.0.0.1",
        ("web", [], ["10.0.0.2", "10.0.1.2"]),
        ("web", [], ["10.0.1.2"]),
        ("web", [], ["10.0.0.2"]),
        "db.example",
        "h1",
        "h1",
        ("web", "http"),
        ("10.0.0.2", "81"),
        443,
        "domain",
        17,
    )


def test_platform_and_libraries(net: Any) -> None:
    def program() -> Any:
        node = platform.node()
        return node, platform.uname().node, platform.processor(), ctypes.util.find_library("c")

    node, again, processor, libc = net.run(program)
    assert node == again == "h1"
    assert processor == ""
    assert libc == ctypes.util.find_library("c")  # which may have asked a real process
