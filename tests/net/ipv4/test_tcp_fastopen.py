"""TCP Fast Open: the option, the cookie, the cache, the key."""

from __future__ import annotations

import pytest

from softnet.net.core.skbuff import alloc_skb
from softnet.net.ipv4.tcp_fastopen import (
    fastopen_option,
    tcp_fastopen_cache_get,
    tcp_fastopen_cache_set,
    tcp_fastopen_cookie_gen,
)
from softnet.net.ipv4.tcp_options import tcp_parse_fastopen_option
from softnet.structs.skbuff import SkBuff
from softnet.wire.options import RawOption
from tests.kit.tcp_peer import Dut, dut

__all__ = ["dut"]

CACHE_MAX = 1024  # servers that a host remembers
FO, EXP, MAGIC = 34, 254, b"\xf9\x89"
COOKIE = bytes(range(8))


def syn_with(options: bytes) -> SkBuff:
    """A TCP header with these options."""
    doff = 20 + len(options) >> 2
    header = bytes(12) + bytes((doff << 4,)) + bytes(7) + options
    skb = alloc_skb(64)
    at = skb.put(len(header))
    memoryview(skb.shinfo.head)[at : at + len(header)] = header
    skb.transport_header = at
    return skb


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (b"", (None, False)),
        (bytes((FO, 2, 1, 1)), (b"", False)),
        (bytes((FO, 10)) + COOKIE + b"\1\1", (COOKIE, False)),
        (bytes((EXP, 12)) + MAGIC + COOKIE, (COOKIE, True)),
        (bytes((EXP, 4)) + MAGIC, (b"", True)),
        (bytes((EXP, 4)) + b"\0\0", (None, False)),
        (bytes((FO, 5, 1, 2, 3, 0, 0, 0)), (None, False)),  # no cookie has three bytes
        (bytes((FO, 20)) + bytes(18), (None, False)),  # nor eighteen
        (bytes((FO, 1, 1, 1)), (None, False)),
        (bytes((FO, 12)) + bytes(6), (None, False)),  # longer than the header
        (bytes((0,)) + bytes((FO, 2, 1)), (None, False)),  # behind the end
        (bytes((2, 4, 5, 180, 1, 1, FO, 2)), (b"", False)),
        (bytes((1, 1, 1, FO)), (None, False)),
    ],
)
def test_parse(options: bytes, found: tuple[bytes | None, bool]) -> None:
    assert tcp_parse_fastopen_option(syn_with(options)) == found


def test_an_option_is_padded_to_words() -> None:
    assert fastopen_option(b"", False) == bytes((FO, 2, 1, 1))
    assert fastopen_option(COOKIE, False) == bytes((FO, 10)) + COOKIE + b"\1\1"
    assert fastopen_option(COOKIE, True) == bytes((EXP, 12)) + MAGIC + COOKIE


def test_a_cookie_follows_the_address_and_the_key(dut: Dut) -> None:
    tp = dut.sock(dut.socket())
    assert dut.read_sysctl("fastopen_key").strip() == "-".join(["00000000"] * 4)
    one = tcp_fastopen_cookie_gen(tp, 1)
    assert len(one) == 8
    assert tcp_fastopen_cookie_gen(tp, 1) == one
    assert tcp_fastopen_cookie_gen(tp, 2) != one
    key = dut.read_sysctl("fastopen_key").strip()
    dut.sysctl("fastopen_key", "1-2-3-4")
    assert dut.read_sysctl("fastopen_key").strip() == "00000001-00000002-00000003-00000004"
    assert tcp_fastopen_cookie_gen(tp, 1) != one
    dut.sysctl("fastopen_key", key)
    assert tcp_fastopen_cookie_gen(tp, 1) == one


@pytest.mark.parametrize("key", ["", "1-2-3", "1-2-3-4-5", "1-2-3-x", "1-2-3-100000000"])
def test_a_key_of_another_form_is_refused(dut: Dut, key: str) -> None:
    with pytest.raises(OSError, match="Invalid"):
        dut.sysctl("fastopen_key", key)


def test_the_cache_learns_and_is_bounded(dut: Dut) -> None:
    tp = dut.sock(dut.socket())
    for addr in range(CACHE_MAX + 1):
        tp.inet_daddr = addr
        tcp_fastopen_cache_set(tp, 1460, COOKIE, False)
    assert len(tp.sysctl.fastopen_cache) == CACHE_MAX
    dut.inside(tcp_fastopen_cache_set, tp, 0, None, True)
    dut.inside(tcp_fastopen_cache_set, tp, 0, b"", True)
    known = tcp_fastopen_cache_get(tp)
    assert known is not None
    assert (known.mss, known.cookie, known.syn_loss) == (1460, COOKIE, 2)
    tcp_fastopen_cache_set(tp, 1000, None, False)
    assert (known.mss, known.syn_loss) == (1000, 0)
    tp.inet_daddr = 0
    assert tcp_fastopen_cache_get(tp) is None  # the first one made room


def test_syn_with_every_odd_option_is_answered(dut: Dut) -> None:
    """On the wire, both builds: a malformed option is no Fast Open."""
    dut.sysctl("fastopen", 2)
    listener = dut.listen()
    dut.setopt(listener, 6, 23, 5)
    for n, body in enumerate((bytes(3), bytes(18), bytes(1), b"", COOKIE)):
        peer = dut.peer(sport=41000 + n)
        peer.send("S", 0, mss=1000, options=(RawOption(FO, body),))
        answer = peer.expect("S.", seq=0, ack=1)
        cookies = [o.data for o in answer.options if isinstance(o, RawOption) and o.kind == FO]
        assert len(cookies) == (1 if len(body) in (0, 8) else 0)
    assert (dut.ext("TCPFASTOPENCOOKIEREQD"), dut.ext("TCPFASTOPENPASSIVEFAIL")) == (1, 1)
