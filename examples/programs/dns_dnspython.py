"""dnspython at both ends: a name server by UDP and TCP, a resolver that has to ask again.

softnet run examples/programs/dns_dnspython.py
"""

import socket
import socketserver
import struct
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

import softnet

ZONE = {
    ("www.example.", "A"): ["192.0.2.1", "192.0.2.2"],
    ("example.", "MX"): ["10 mail.example."],
    ("big.example.", "TXT"): [f'"{"x" * 200} {n}"' for n in range(10)],  # too big for a datagram
}


def answer(wire: bytes, room: int) -> bytes:
    """The answer to a query; truncated if it does not fit."""
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query)
    question = query.question[0]
    kind = dns.rdatatype.to_text(question.rdtype)
    rows = ZONE.get((question.name.to_text(), kind))
    if rows is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    else:
        reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *rows))
    data = reply.to_wire()
    if len(data) > room:
        reply.answer.clear()
        reply.flags |= dns.flags.TC
        data = reply.to_wire()
    return data


class Datagram(socketserver.BaseRequestHandler):
    """A query by UDP."""

    def handle(self) -> None:
        """At most 512 bytes back."""
        data, sock = self.request
        sock.sendto(answer(data, 512), self.client_address)


class Stream(socketserver.StreamRequestHandler):
    """Queries by TCP, each behind its length."""

    def handle(self) -> None:
        """Until the client is done."""
        while head := self.rfile.read(2):
            reply = answer(self.rfile.read(struct.unpack("!H", head)[0]), 65535)
            self.wfile.write(struct.pack("!H", len(reply)) + reply)


def server() -> None:
    """Both doors."""
    tcp = socketserver.TCPServer(("", 53), Stream)
    threading.Thread(target=tcp.serve_forever, daemon=True).start()
    socketserver.UDPServer(("", 53), Datagram).serve_forever()


def client() -> list[str]:
    """Each kind of question."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [socket.gethostbyname("ns")]
    resolver.use_edns(-1)
    resolver.timeout, resolver.lifetime = 1, 20
    report = []
    for name, kind in (("www.example", "A"), ("example", "MX"), ("big.example", "TXT")):
        found = resolver.resolve(name, kind)
        report.append(f"{name} {kind}: {len(found)} records, {len(str(found[0]))} letters")
    try:
        resolver.resolve("nowhere.example", "A")
    except dns.resolver.NXDOMAIN as e:
        report.append(str(e))
    return report


with softnet.Lab(seed=11, digest=True) as lab:
    ns, cli = lab.hosts("ns", "cli")
    lab.link(ns, cli, delay="15ms", loss="20%")
    ns.start(server)
    print(*cli.call(client), sep="\n")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
