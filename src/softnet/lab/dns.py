"""A DNS server on a host of a lab, which can be slow, lossy or lying.

    lab.dns("ns", {"web.example": "10.0.0.2", "www.example": "CNAME web.example"}, delay="30ms")

It is a program of that host, and answers real queries on UDP and TCP port 53. It knows the lab's own
names (A, and PTR for every address) and those of its zone; what it does not know is NXDOMAIN. From
then on every host of the lab asks it, where glibc would: node.resolv_conf() chooses otherwise.
"""

from __future__ import annotations

import ipaddress
import random
import socket
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import softnet.wire.dns as dns
from softnet.lab.errors import LabError
from softnet.lab.units import Quantity, chance, time_ns

if TYPE_CHECKING:
    from softnet.lab.node import Node
    from softnet.lab.proc import Proc
    from softnet.lab.topology import Lab

PORT = 53
IP_PKTINFO = 8  # linux/in.h; Python's socket module learned it late
PKTINFO_LEN = 12  # struct in_pktinfo: ifindex, the local address, the header's destination
CNAMES_MAX = 8
TYPES = {name: number for number, name in dns.TYPE_NAMES.items()}
TTL = 300  # s, of what says nothing else

Zone = Mapping[str, str | Iterable[str]]


class Query(NamedTuple):
    """A query that came in: when (virtual s), from whom, for what, by which transport."""

    time: float
    client: str
    name: str
    type: str
    transport: str


class DnsServer:
    """What lab.dns() returns. Change it at any time: its next answer is by the new settings."""

    def __init__(self, lab: Lab, node: Node, zone: Zone, ttl: int) -> None:
        self.lab = lab
        self.node = node
        self.ttl = ttl
        self.records: dict[str, list[dns.Record]] = {}
        self.lies: dict[str, str] = {}
        self.failing: dict[str, int] = {}  # name -> RCODE
        self.delay = 0.0
        self.loss = 0.0
        self.udp_max = 1232
        self.queries: list[Query] = []
        for name, texts in zone.items():
            for text in [texts] if isinstance(texts, str) else texts:
                self.add(name, text)
        self.proc: Proc = node.start(self.serve, name="dns")

    def __repr__(self) -> str:
        return f"<DnsServer on {self.node.name}, {len(self.records)} names>"

    def add(self, name: str, text: str) -> None:
        """A record more, as in a zone file: "10.0.0.2", "MX 10 mail.example", "TXT hello"."""
        record = parse_record(name, text, self.ttl)
        self.records.setdefault(dns.fold(name), []).append(record)

    def remove(self, name: str) -> None:
        """Forget every record of a name."""
        self.records.pop(dns.fold(name), None)

    def set(
        self,
        *,
        delay: Quantity | None = None,
        loss: Quantity | None = None,
        lies: Mapping[str, str] | None = None,
        fail: Mapping[str, str] | None = None,
        udp_max: int | None = None,
    ) -> None:
        """delay: of each answer. loss: queries it does not hear. lies: name -> address it tells.

        fail: name -> "SERVFAIL", "REFUSED", "NXDOMAIN", "NOTIMP" or "FORMERR"; "*" is any name.
        udp_max: bytes of an answer by UDP, at most; the rest has to come by TCP.
        """
        if delay is not None:
            self.delay = time_ns(delay, "delay") / 1e9
        if loss is not None:
            self.loss = chance(loss, "loss")
        if lies is not None:
            self.lies = {dns.fold(name): address for name, address in lies.items()}
        if fail is not None:
            self.failing = {dns.fold(name): rcode(what) for name, what in fail.items()}
        if udp_max is not None:
            self.udp_max = udp_max

    # The program

    def serve(self) -> None:
        """Answer, as a program of the host, until it ends."""
        with socket.create_server(("", PORT)) as listener:
            threading.Thread(target=self.serve_tcp, args=(listener,), daemon=True).start()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
                s.bind(("", PORT))
                while True:
                    self.serve_datagram(s)

    def serve_datagram(self, s: socket.socket) -> None:
        """One query by UDP; the answer goes out from the address that was asked."""
        data, control, _, peer = s.recvmsg(0xFFFF, socket.CMSG_SPACE(PKTINFO_LEN))
        if self.loss and random.random() < self.loss:
            return
        query, reply = self.answer(data, peer[0], "udp")
        if query is None or reply is None:
            return
        limit = min(max(query.edns, dns.UDP_MAX), self.udp_max)
        packet = dns.pack(reply, limit)
        from_there = [
            (level, kind, bytes(4) + info[4:8] + bytes(4))
            for level, kind, info in control
            if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO)
        ]
        if self.delay:
            threading.Timer(self.delay, s.sendmsg, ([packet], from_there, 0, peer)).start()
        else:
            s.sendmsg([packet], from_there, 0, peer)

    def serve_tcp(self, listener: socket.socket) -> None:
        """Connections, a thread each."""
        while True:
            conn, peer = listener.accept()
            threading.Thread(target=self.serve_stream, args=(conn, peer[0]), daemon=True).start()

    def serve_stream(self, conn: socket.socket, client: str) -> None:
        """The queries of one connection, each with its length before it. RFC 7766"""
        with conn, conn.makefile("rwb") as stream:
            while len(length := stream.read(2)) == 2:
                _, reply = self.answer(stream.read(int.from_bytes(length, "big")), client, "tcp")
                if reply is None:
                    return
                if self.delay:
                    threading.Event().wait(self.delay)
                packet = dns.pack(reply)
                stream.write(len(packet).to_bytes(2, "big") + packet)
                stream.flush()

    # What it says

    def answer(
        self, data: bytes, client: str, transport: str
    ) -> tuple[dns.Message | None, dns.Message | None]:
        """The query in data and the response; None for what is none."""
        try:
            query = dns.parse(data)
        except ValueError:
            return None, None
        if query.flags & dns.QR:
            return query, None
        flags = dns.QR | dns.AA | query.flags & (dns.RD | dns.OPCODE)
        edns = self.udp_max if query.edns else 0
        reply = dns.Message(query.id, flags, query.questions, edns=edns)
        if query.flags & dns.OPCODE:
            return query, reply._replace(flags=flags | dns.NOTIMP)
        if len(query.questions) != 1:
            return query, reply._replace(flags=flags | dns.FORMERR)
        question = query.questions[0]
        kind = dns.TYPE_NAMES.get(question.type, f"TYPE{question.type}")
        self.queries.append(Query(self.lab.now, client, question.name, kind, transport))
        code = self.failing.get(dns.fold(question.name), self.failing.get("*", dns.NOERROR))
        if code:
            return query, reply._replace(flags=flags | code)
        answers, exists = self.look_up(question.name, question.type, client)
        return query, reply._replace(
            answers=answers, flags=flags | (dns.NOERROR if exists else dns.NXDOMAIN)
        )

    def look_up(self, name: str, kind: int, client: str) -> tuple[list[dns.Record], bool]:
        """The records of a name, the CNAMEs that lead to them first; does the name exist?"""
        answers: list[dns.Record] = []
        for _ in range(CNAMES_MAX):
            known = self.known(name, client)
            found = [r for r in known if kind in (r.type, dns.ANY)]
            alias = next((r for r in known if r.type == dns.CNAME), None)
            answers += found
            if found or alias is None:
                return answers, bool(known) or bool(answers) or self.is_above(name)
            answers.append(alias)
            name = alias.data
        return answers, True

    def known(self, name: str, client: str) -> list[dns.Record]:
        """All records of a name: the lie, or the zone's, or the lab's own."""
        key = dns.fold(name)
        if key in self.lies:
            return [address_record(name, self.lies[key], self.ttl)]
        own = [r._replace(name=name) for r in self.records.get(key, [])]
        if own:
            return own
        asker = self.lab.names.name_of(client, "") or ""
        if key.endswith(".in-addr.arpa"):
            address = ".".join(reversed(key.removesuffix(".in-addr.arpa").split(".")))
            pointed = self.pointed(address)
            return [dns.Record(name, dns.PTR, self.ttl, pointed)] if pointed else []
        return [address_record(name, a, self.ttl) for a in self.lab.names.resolve(key, asker)]

    def pointed(self, address: str) -> str | None:
        """The name of an address: the zone's first A record with it, or the lab's."""
        for records in self.records.values():
            for r in records:
                if r.type in (dns.A, dns.AAAA) and r.data == address:
                    return r.name
        return self.lab.names.name_of(address, "")

    def is_above(self, name: str) -> bool:
        """Is there a name below this one? Then it exists, if without records. RFC 8020"""
        return any(known.endswith("." + dns.fold(name)) for known in self.records)


def parse_record(name: str, text: str, ttl: int) -> dns.Record:
    """A record as a zone file has it: [TTL] TYPE DATA; an address alone is A or AAAA."""
    words = text.split()
    if words and words[0].isdigit():
        ttl = int(words.pop(0))
    if len(words) == 1 and words[0].upper() not in TYPES:
        return address_record(name, words[0], ttl)
    kind = TYPES.get(words[0].upper()) if words else None
    rest = words[1:]
    try:
        match kind:
            case dns.A | dns.AAAA:
                return address_record(name, rest[0], ttl)
            case dns.CNAME | dns.NS | dns.PTR:
                return dns.Record(name, kind, ttl, rest[0].rstrip("."))
            case dns.MX:
                return dns.Record(name, kind, ttl, (int(rest[0]), rest[1].rstrip(".")))
            case dns.SRV:
                numbers = [int(word) for word in rest[:3]]
                return dns.Record(name, kind, ttl, (*numbers, rest[3].rstrip(".")))
            case dns.TXT:
                value = text.split(None, 1 + words.index(words[0]))[-1].strip('"').encode()
                chunks = [value[i : i + 255] for i in range(0, len(value), 255)]
                return dns.Record(name, kind, ttl, tuple(chunks))
            case dns.SOA:
                return dns.Record(name, kind, ttl, (rest[0], rest[1], *map(int, rest[2:7])))
    except (IndexError, ValueError):
        pass
    raise LabError(
        f"{name!r}: {text!r} is no record: write an address, or 'CNAME www.example', "
        f"'MX 10 mail.example', 'SRV 0 5 80 web.example', 'TXT words', 'NS ns', 'PTR name'"
    )


def address_record(name: str, address: str, ttl: int) -> dns.Record:
    """An A or AAAA record; LabError for what is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError as e:
        raise LabError(f"{name!r}: {address!r} is no address") from e
    return dns.Record(name, dns.A if ip.version == 4 else dns.AAAA, ttl, str(ip))


RCODES = {
    "FORMERR": dns.FORMERR, "SERVFAIL": dns.SERVFAIL, "NXDOMAIN": dns.NXDOMAIN,
    "NOTIMP": dns.NOTIMP, "REFUSED": dns.REFUSED,
}  # fmt: skip


def rcode(what: str) -> int:
    """A failure by its name."""
    if what.upper() not in RCODES:
        raise LabError(f"{what!r} is no failure that DNS knows: choose from {', '.join(RCODES)}")
    return RCODES[what.upper()]
