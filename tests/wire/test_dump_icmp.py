"""ICMP messages as text; test_dump.py compares the same lines with tcpdump's."""

from __future__ import annotations

import pytest

import softnet.uapi.icmp as icmp
import softnet.uapi.in_ as in_
from softnet.wire.build import build_icmp, build_ipv4, build_udp
from softnet.wire.dump_icmp import format_icmp

QUOTED = build_ipv4(1, 0x0A000009, in_.IPPROTO_UDP, build_udp(1, 2, 5000, 53, b""))


def line(type: int, code: int, un: int = 0, payload: bytes = QUOTED) -> str:
    """The text between "ICMP" and the length."""
    text = format_icmp(bytearray(build_icmp(type, code, un, payload)))
    return text.removeprefix("ICMP ").rpartition(", length")[0]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (icmp.ICMP_NET_UNREACH, "net 10.0.0.9 unreachable"),
        (icmp.ICMP_PROT_UNREACH, "10.0.0.9 protocol 17 unreachable"),
        (icmp.ICMP_PORT_UNREACH, "10.0.0.9 udp port 53 unreachable"),
        (icmp.ICMP_FRAG_NEEDED, "10.0.0.9 unreachable - need to frag (mtu 1400)"),
        (icmp.ICMP_PKT_FILTERED, "host 10.0.0.9 unreachable - admin prohibited filter"),
        (99, "10.0.0.9 unreachable - #99"),
    ],
)
def test_what_could_not_be_reached(code: int, text: str) -> None:
    assert line(icmp.ICMP_DEST_UNREACH, code, 1400) == text


def test_errors_that_quote_too_little() -> None:
    assert line(3, icmp.ICMP_PORT_UNREACH, 0, QUOTED[:19]).startswith("[|ip]")
    assert line(icmp.ICMP_REDIRECT, 1, 0x0A0000FE, b"") == "redirect [|ip] to host 10.0.0.254"
    assert format_icmp(bytearray(b"\x08\x00")) == "ICMP [|icmp]"


def test_types_and_codes_that_nobody_knows() -> None:
    assert line(77, 0) == "type-#77"
    assert line(icmp.ICMP_TIME_EXCEEDED, 9) == "time exceeded-#9"
    assert line(icmp.ICMP_REDIRECT, 9, 0x0A0000FE) == "redirect-#9 10.0.0.9 to net 10.0.0.254"


def test_masks() -> None:
    assert line(icmp.ICMP_ADDRESSREPLY, 0, 0, b"\xff\xff\xff\0") == "address mask is 0xffffff00"
    assert line(icmp.ICMP_ADDRESSREPLY, 0, 0, b"") == "address mask is 0x?"
