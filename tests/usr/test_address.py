"""Addresses as programs write them, and complaints about the others."""

from __future__ import annotations

import socket
from typing import Any

import pytest

UDP = (socket.AF_INET, socket.SOCK_DGRAM)


WRONG: list[Any] = [
    ("bind", "127.0.0.1"),
    ("bind", ("127.0.0.1",)),
    ("bind", ("127.0.0.1", "80")),
    ("bind", ("127.0.0.1", 70000)),
    ("bind", ("127.0.0.1", -1)),
    ("bind", ("127.0.0.1", 1 << 80)),
    ("bind", (5, 80)),
    ("bind", ("a\0b", 80)),
    ("connect", None),
    ("connect", ("127.0.0.1", 70000)),
    ("connect_ex", ("127.0.0.1", 1.5)),
    ("settimeout", "x"),
    ("settimeout", -1),
    ("settimeout", float("nan")),
    ("settimeout", 1e300),
    ("send", "text"),
    ("recv", -1),
    ("recv_into", b"readonly"),
    ("shutdown", "x"),
]


@pytest.mark.parametrize(("method", "arg"), WRONG)
def test_wrong_arguments_get_cpythons_complaint(net: Any, method: str, arg: Any) -> None:
    def program() -> Any:
        with socket.socket(*UDP) as s, pytest.raises(Exception) as caught:
            getattr(s, method)(arg)
        return type(caught.value), str(caught.value)

    real_type, real_text = program()
    got_type, got_text = net.run(program)
    assert got_type is real_type
    assert got_text == real_text


def test_names_in_addresses(net: Any) -> None:
    def program() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("localhost", 0))
            with pytest.raises(socket.gaierror):
                s.connect(("nowhere", 1))
            with pytest.raises(socket.gaierror):
                s.sendto(b"", ("::1", 1))

    net.run(program)
