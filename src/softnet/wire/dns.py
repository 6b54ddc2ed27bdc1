"""DNS messages: bytes and values. RFC 1035 4, 2782 (SRV), 3596 (AAAA), 6891 (EDNS0).

    Message(7, QR | AA, [Question("web.example", A)], [Record("web.example", A, 300, "10.0.0.2")])
    pack(message)    parse(data)

Names are text without the last dot, the root is ""; letters are kept, and compared by fold(). The
data of a record by type: A, AAAA an address in text; CNAME, NS, PTR a name; MX (preference, name);
SRV (priority, weight, port, target); TXT a tuple of bytes; SOA (mname, rname, serial, refresh, retry,
expire, minimum); any other the bytes.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Any, NamedTuple

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, OPT, ANY = 1, 2, 5, 6, 12, 15, 16, 28, 33, 41, 255
TYPE_NAMES = {
    A: "A", NS: "NS", CNAME: "CNAME", SOA: "SOA", PTR: "PTR", MX: "MX", TXT: "TXT", AAAA: "AAAA",
    SRV: "SRV", ANY: "ANY",
}  # fmt: skip
IN = 1

# flags
QR = 0x8000  # a response
AA = 0x0400  # from who owns the zone
TC = 0x0200  # cut: ask by TCP
RD = 0x0100  # please ask others, too
RA = 0x0080  # that can be had
OPCODE = 0x7800
RCODE = 0x000F
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)

UDP_MAX = 512  # bytes of a message by UDP without EDNS0 (RFC 1035 4.2.1)
LABEL_MAX = 63
NAME_MAX = 255  # bytes on the wire
POINTER = 0xC0


class Question(NamedTuple):
    """What is asked."""

    name: str
    type: int
    klass: int = IN


class Record(NamedTuple):
    """A resource record; ttl in seconds."""

    name: str
    type: int
    ttl: int
    data: Any


class Message(NamedTuple):
    """A query or a response. edns: the UDP size that its OPT record offers, 0 without one."""

    id: int
    flags: int
    questions: list[Question]
    answers: list[Record] = []  # noqa: RUF012 (nobody appends to a message's rows)
    authority: list[Record] = []  # noqa: RUF012 (as above)
    additional: list[Record] = []  # noqa: RUF012 (as above)
    edns: int = 0

    def rcode(self) -> int:
        """NOERROR, NXDOMAIN ..."""
        return self.flags & RCODE


def fold(name: str) -> str:
    """What names are compared by: lower case, no last dot."""
    return name.rstrip(".").lower()


# ---- to bytes


def pack(message: Message, limit: int = 0xFFFF) -> bytes:
    """The message in at most limit bytes: records that do not fit go, from the end, and TC is set.

    Authority and additional records go without TC: nobody needs them. ValueError for bad names.
    """
    keep = [message.answers, message.authority, message.additional]
    data = pack_whole(message, keep)
    for section in (2, 1):
        if len(data) > limit:
            keep[section] = []
            data = pack_whole(message, keep)
    if len(data) <= limit:
        return data
    cut = message._replace(flags=message.flags | TC)
    while len(data) > limit and keep[0]:
        keep[0] = keep[0][:-1]
        data = pack_whole(cut, keep)
    return data


def pack_whole(message: Message, sections: list[list[Record]]) -> bytes:
    """All of it."""
    counts = [len(message.questions), *map(len, sections)]
    counts[3] += message.edns != 0
    out = bytearray(struct.pack("!6H", message.id, message.flags, *counts))
    known: dict[str, int] = {}
    for question in message.questions:
        put_name(out, question.name, known)
        out += struct.pack("!2H", question.type, question.klass)
    for records in sections:
        for record in records:
            put_record(out, record, known)
    if message.edns:
        out += struct.pack("!BHHIH", 0, OPT, message.edns, 0, 0)
    return bytes(out)


def put_name(out: bytearray, name: str, known: dict[str, int]) -> None:
    """A name, its end by a pointer if it was written before. RFC 1035 4.1.4"""
    name = name.rstrip(".")
    if len(name) > NAME_MAX - 2:
        raise ValueError(f"DNS name too long: {name!r}")
    while name:
        at = known.get(name.lower())
        if at is not None:
            out += struct.pack("!H", POINTER << 8 | at)
            return
        if len(out) < POINTER << 8 ^ 0xFFFF:
            known[name.lower()] = len(out)
        label, _, name = name.partition(".")
        raw = label.encode("latin-1")
        if not 0 < len(raw) <= LABEL_MAX:
            raise ValueError(f"bad DNS label {label!r}")
        out.append(len(raw))
        out += raw
    out.append(0)


def put_record(out: bytearray, record: Record, known: dict[str, int]) -> None:
    """A record; names in its data are compressed only where RFC 1035 has them (RFC 3597 4)."""
    put_name(out, record.name, known)
    out += struct.pack("!2HIH", record.type, IN, record.ttl, 0)
    start = len(out)
    data = record.data
    match record.type:
        case 1 | 28:  # A, AAAA
            out += ipaddress.ip_address(data).packed
        case 2 | 5 | 12:  # NS, CNAME, PTR
            put_name(out, data, known)
        case 15:  # MX
            out += struct.pack("!H", data[0])
            put_name(out, data[1], known)
        case 33:  # SRV
            out += struct.pack("!3H", *data[:3])
            put_name(out, data[3], {})
        case 6:  # SOA
            put_name(out, data[0], known)
            put_name(out, data[1], known)
            out += struct.pack("!5I", *data[2:])
        case 16:  # TXT
            for text in data:
                out.append(len(text))
                out += text
        case _:
            out += data
    struct.pack_into("!H", out, start - 2, len(out) - start)


# ---- from bytes


class Reader:
    """A message that is being read. ValueError for what is none."""

    __slots__ = ("at", "data")

    data: bytes
    at: int

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def unpack(self, form: str) -> tuple[Any, ...]:
        """The next fields."""
        size = struct.calcsize(form)
        if self.at + size > len(self.data):
            raise ValueError("DNS message cut short")
        self.at += size
        return struct.unpack_from(form, self.data, self.at - size)

    def name(self) -> str:
        """The next name. Pointers lead back only, so that none leads in a circle."""
        labels: list[str] = []
        at, end, lowest = self.at, -1, self.at
        while True:
            if at >= len(self.data):
                raise ValueError("DNS name cut short")
            length = self.data[at]
            if length & POINTER == POINTER:
                if at + 1 >= len(self.data):
                    raise ValueError("DNS name cut short")
                end = at + 2 if end < 0 else end
                at = (length & ~POINTER) << 8 | self.data[at + 1]
                if at >= lowest:
                    raise ValueError("DNS name leads forward")
                lowest = at
                continue
            if length & POINTER:
                raise ValueError("DNS label of no known kind")
            at += 1
            if length == 0:
                break
            labels.append(self.data[at : at + length].decode("latin-1"))
            if at + length > len(self.data) or sum(map(len, labels)) + len(labels) > NAME_MAX - 1:
                raise ValueError("DNS name too long")
            at += length
        self.at = at if end < 0 else end
        return ".".join(labels)

    def record(self) -> tuple[Record, int]:
        """The next record, and its class: an OPT's is a size."""
        name = self.name()
        kind, klass, ttl, length = self.unpack("!2HIH")
        end = self.at + length
        if end > len(self.data):
            raise ValueError("DNS record cut short")
        data = self.rdata(kind, end)
        if self.at != end:
            raise ValueError("DNS record of another length than it says")
        return Record(name, kind, ttl, data), klass

    def rdata(self, kind: int, end: int) -> Any:
        """A record's data, up to end."""
        match kind:
            case 1:  # A
                return str(ipaddress.IPv4Address(self.unpack("!4s")[0]))
            case 28:  # AAAA
                return str(ipaddress.IPv6Address(self.unpack("!16s")[0]))
            case 2 | 5 | 12:  # NS, CNAME, PTR
                return self.name()
            case 15:  # MX
                return (*self.unpack("!H"), self.name())
            case 33:  # SRV
                return (*self.unpack("!3H"), self.name())
            case 6:  # SOA
                return (self.name(), self.name(), *self.unpack("!5I"))
            case 16:  # TXT
                texts = []
                while self.at < end:
                    texts.append(self.unpack(f"!{self.unpack('!B')[0]}s")[0])
                return tuple(texts)
        return self.unpack(f"!{end - self.at}s")[0]


def parse(data: bytes) -> Message:
    """The message; ValueError for what is none. What follows it is ignored."""
    reader = Reader(data)
    ident, flags, *counts = reader.unpack("!6H")
    questions = []
    for _ in range(counts[0]):
        questions.append(Question(reader.name(), *reader.unpack("!2H")))
    sections: list[list[Record]] = [[], [], []]
    edns = 0
    for section, count in zip(sections, counts[1:], strict=True):
        for _ in range(count):
            record, klass = reader.record()
            if record.type == OPT:
                edns = max(klass, UDP_MAX)
            else:
                section.append(record)
    return Message(ident, flags, questions, sections[0], sections[1], sections[2], edns)


def reverse_name(address: str) -> str:
    """Where the PTR record of an address lies."""
    return ipaddress.ip_address(address).reverse_pointer
