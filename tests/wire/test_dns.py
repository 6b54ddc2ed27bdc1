"""DNS messages, judged by dnspython."""

from __future__ import annotations

import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.wire.dns as wire
from softnet.wire.dns import Message, Question, Record, pack, parse

RECORDS = [
    Record("web.example", wire.A, 300, "10.0.0.2"),
    Record("web.example", wire.AAAA, 300, "2001:db8::1"),
    Record("www.web.example", wire.CNAME, 60, "web.example"),
    Record("example", wire.NS, 60, "ns.example"),
    Record("2.0.0.10.in-addr.arpa", wire.PTR, 60, "web.example"),
    Record("example", wire.MX, 60, (10, "mail.example")),
    Record("_http._tcp.example", wire.SRV, 60, (0, 5, 80, "web.example")),
    Record("example", wire.TXT, 60, (b"one two", b'"three"')),
    Record("example", wire.SOA, 60, ("ns.example", "root.example", 1, 2, 3, 4, 5)),
]
TEXTS = [
    "web.example. 300 IN A 10.0.0.2",
    "web.example. 300 IN AAAA 2001:db8::1",
    "www.web.example. 60 IN CNAME web.example.",
    "example. 60 IN NS ns.example.",
    "2.0.0.10.in-addr.arpa. 60 IN PTR web.example.",
    "example. 60 IN MX 10 mail.example.",
    "_http._tcp.example. 60 IN SRV 0 5 80 web.example.",
    'example. 60 IN TXT "one two" "\\"three\\""',
    "example. 60 IN SOA ns.example. root.example. 1 2 3 4 5",
]

each_record = pytest.mark.parametrize(("record", "text"), list(zip(RECORDS, TEXTS, strict=True)))


@each_record
def test_dnspython_reads_what_we_write(record: Record, text: str) -> None:
    message = Message(7, wire.QR | wire.AA, [Question(record.name, record.type)], [record])
    judged = dns.message.from_wire(pack(message))
    assert judged.id == 7
    assert [rrset.to_text() for rrset in judged.answer] == [text]
    assert parse(pack(message)) == message


@each_record
def test_we_read_what_dnspython_writes(record: Record, text: str) -> None:
    name, ttl, klass, kind, data = text.split(" ", 4)
    judge = dns.message.make_response(dns.message.make_query(name, kind, use_edns=0, payload=1400))
    judge.answer.append(dns.rrset.from_text(name, int(ttl), klass, kind, data))
    read = parse(judge.to_wire())
    assert read.answers == [record]
    assert read.questions == [Question(record.name, record.type)]
    assert read.edns > 0


def test_names_are_written_once() -> None:
    records = [Record("web.example", wire.A, 1, f"10.0.0.{n}") for n in range(3)]
    data = pack(Message(1, wire.QR, [Question("web.example", wire.A)], records))
    assert data.count(b"\x03web\x07example\x00") == 1
    assert parse(data).answers == records


def test_what_does_not_fit_is_cut_and_said() -> None:
    records = [Record("web.example", wire.A, 1, f"10.0.{n}.1") for n in range(100)]
    message = Message(1, wire.QR, [Question("web.example", wire.A)], records, edns=4096)
    data = pack(message, 512)
    assert len(data) <= 512
    cut = parse(data)
    assert cut.flags & wire.TC
    assert cut.answers == records[: len(cut.answers)]
    assert 0 < len(cut.answers) < 100
    assert cut.edns == 4096
    extra = message._replace(answers=records[:2], additional=records)
    assert parse(pack(extra, 512)) == extra._replace(additional=[])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 11,
        bytes.fromhex("000100000001000000000000") + b"\x03ab",
        bytes.fromhex("000100000001000000000000") + b"\xc0\x0c\0\1\0\1",  # leads to itself
        bytes.fromhex("000100000001000000000000") + b"\xc0\xff\0\1\0\1",  # leads forward
        bytes.fromhex("000100000001000000000000") + b"\x40ab\0\0\1\0\1",  # a label of no kind
        bytes.fromhex("000180000000000100000000") + b"\0\0\1\0\1\0\0\0\0\0\x05\x0a\0\0\1",
    ],
)
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"DNS|Expected"):
        parse(data)


@given(st.binary(max_size=200))
def test_nothing_else_comes_out_of_noise(data: bytes) -> None:
    try:
        parse(bytes.fromhex("000181800001000100000000") + data)
    except ValueError:
        return


@pytest.mark.parametrize("name", ["a" * 64, "a..b", ".".join(["abcdefgh"] * 30)])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="DNS"):
        pack(Message(1, 0, [Question(name, wire.A)]))
