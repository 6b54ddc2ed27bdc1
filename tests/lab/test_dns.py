"""A DNS server on a host, and hosts that ask it."""

from __future__ import annotations

import asyncio
import io
import socket
import time
from collections.abc import Iterator
from typing import Any

import dns.message
import dns.query
import dns.rdatatype
import dns.resolver
import dns.reversename
import pytest

import softnet
from softnet.lab.errors import LabError

ZONE: dict[str, Any] = {
    "web.example": ["10.7.0.1", "10.7.0.2", "2001:db8::1"],
    "www.example": "CNAME web.example",
    "example": ["MX 10 mail.example", "TXT v=spf1 -all", "NS ns.example"],
    "_http._tcp.example": "SRV 0 5 80 web.example",
    "mail.example": "60 A 10.7.0.9",
    "six.example": "2001:db8::6",
    "many.example": [f"10.8.{n}.1" for n in range(60)],
}


@pytest.fixture
def lab() -> Iterator[softnet.Lab]:
    with softnet.Lab(seed=5) as lab:
        lab.star(2, delay="5ms")
        lab.link("hub", lab.host("ns"), delay="5ms")
        yield lab


def error_of(fn: Any, *args: Any) -> Any:
    """The code a look-up fails with, and how long it took."""
    start = time.monotonic()
    try:
        found = fn(*args)
    except OSError as e:
        return e.errno, round(time.monotonic() - start)
    return found


def test_a_name_costs_a_round_trip(lab: softnet.Lab) -> None:
    server = lab.dns("ns", ZONE)

    def program() -> Any:
        socket.gethostbyname("mail.example")  # neighbours get to know each other
        start = time.monotonic()
        found = socket.getaddrinfo("web.example", 80, socket.AF_INET, socket.SOCK_STREAM)
        return [row[4] for row in found], round(time.monotonic() - start, 2)

    assert lab.node("h1").call(program) == ([("10.7.0.1", 80), ("10.7.0.2", 80)], 0.02)
    query = server.queries[1]
    assert query[1:] == (lab.node("h1").address, "web.example", "A", "udp")
    assert query.time == pytest.approx(0.05, abs=0.001)


def test_every_kind_of_look_up(lab: softnet.Lab) -> None:
    lab.dns("ns", ZONE)

    def program() -> Any:
        stream = socket.SOCK_STREAM
        return (
            [row[4][0] for row in socket.getaddrinfo("www.example", 1, type=stream)],
            socket.getaddrinfo("www.example", 1, 2, stream, 0, socket.AI_CANONNAME)[0][3],
            [row[4][0] for row in socket.getaddrinfo("web.example", 1, 10, stream)],
            [row[4][0] for row in socket.getaddrinfo("web.example", 1, 0, 1, 0, 0x20)],
            socket.gethostbyname_ex("www.example"),
            socket.gethostbyaddr("10.7.0.2"),
            socket.getnameinfo(("10.7.0.9", 80), 0),
            socket.getnameinfo(("10.99.0.9", 80), 0),
            socket.gethostbyname("ns"),
            socket.gethostbyaddr(socket.gethostbyname("h2"))[0],
            socket.gethostbyname("localhost"),
            error_of(socket.gethostbyname, "nowhere.example"),
            error_of(socket.getaddrinfo, "six.example", 1, socket.AF_INET),
            error_of(socket.getaddrinfo, "_tcp.example", 1),
            error_of(socket.gethostbyaddr, "10.99.0.9"),
            error_of(socket.getaddrinfo, "web.example.", 1, 0, 1)[0][4],
            error_of(socket.getaddrinfo, "web..example", 1),
        )

    v4, v6 = ["10.7.0.1", "10.7.0.2"], ["2001:db8::1"]
    assert lab.node("h2").call(program) == (
        [*v4, *v6],
        "web.example",
        v6,
        v4,
        ("web.example", ["www.example"], v4),
        ("web.example", [], ["10.7.0.2"]),
        ("mail.example", "http"),
        ("10.99.0.9", "http"),
        "10.0.2.2",
        "h2",
        "127.0.0.1",
        (socket.EAI_NONAME, 0),
        (-5, 0),  # EAI_NODATA
        (-5, 0),
        (1, 0),  # HOST_NOT_FOUND
        ("10.7.0.1", 1),
        (socket.EAI_NONAME, 0),
    )


def test_what_is_too_long_comes_by_tcp(lab: softnet.Lab) -> None:
    server = lab.dns("ns", ZONE)

    def program() -> int:
        return len(socket.gethostbyname_ex("many.example")[2])

    h2 = lab.node("h2")
    assert h2.call(program) == 60
    assert [q.transport for q in server.queries] == ["udp", "tcp"]
    h2.resolv_conf("ns", edns0=True)
    assert h2.call(program) == 60
    assert [q.transport for q in server.queries] == ["udp", "tcp", "udp"]
    server.set(udp_max=600)
    assert h2.call(program) == 60
    assert [q.transport for q in server.queries[3:]] == ["udp", "tcp"]


def test_time_outs_are_glibcs(lab: softnet.Lab) -> None:
    server = lab.dns("ns", ZONE, loss="100%")
    h1 = lab.node("h1")
    ask = (error_of, socket.gethostbyname, "web.example")
    assert h1.call(*ask) == (socket.EAI_AGAIN, 10)  # two attempts of 5 s
    h1.resolv_conf("ns", timeout="1s", attempts=3)
    assert h1.call(*ask) == (socket.EAI_AGAIN, 3)
    h1.resolv_conf("ns", "10.99.0.1")  # nobody is there: 5 s more in each round
    assert h1.call(*ask) == (socket.EAI_AGAIN, 20)
    h1.resolv_conf("h2", "ns")  # nobody listens on h2
    server.set(loss=0)
    assert h1.call(*ask) == "10.7.0.1"
    h1.resolv_conf()
    assert h1.call(*ask) == (socket.EAI_NONAME, 0)


def test_lost_queries_are_asked_again(lab: softnet.Lab) -> None:
    lab.dns("ns", ZONE)
    lab.links["hub-ns"].set(loss="100%")
    lab.at("3s", lambda: lab.links["hub-ns"].set(loss=0))

    def program() -> Any:
        return socket.gethostbyname("web.example"), round(time.monotonic(), 1)

    assert lab.node("h1").call(program) == ("10.7.0.1", 5.0)


def test_slow_failing_and_lying_servers(lab: softnet.Lab) -> None:
    slow = lab.dns("ns", ZONE, delay="2s")
    second = lab.dns("h2", ZONE, everyone=False)
    h1 = lab.node("h1")

    def program(name: str) -> Any:
        start = time.monotonic()
        return error_of(socket.gethostbyname, name), round(time.monotonic() - start)

    assert h1.call(program, "web.example") == ("10.7.0.1", 2)
    slow.set(delay="6s")
    assert h1.call(program, "web.example") == ((socket.EAI_AGAIN, 10), 10)
    h1.resolv_conf(slow.node, second.node)
    assert h1.call(program, "web.example") == ("10.7.0.1", 5)
    slow.set(delay=0, fail={"web.example": "SERVFAIL", "mail.example": "nxdomain"})
    assert h1.call(program, "web.example") == ("10.7.0.1", 0)  # the second one's answer
    assert h1.call(program, "mail.example") == ((socket.EAI_NONAME, 0), 0)
    slow.set(fail={}, lies={"WEB.example": "6.6.6.6"})
    assert h1.call(program, "web.example") == ("6.6.6.6", 0)
    slow.set(fail={"*": "REFUSED"})
    second.set(fail={"*": "SERVFAIL"})
    assert h1.call(program, "web.example") == ((socket.EAI_AGAIN, 0), 0)


def test_search_and_hosts(lab: softnet.Lab) -> None:
    server = lab.dns("ns", ZONE)
    h1 = lab.node("h1")
    h1.resolv_conf("ns", search=("corp.example", "example"))
    h1.etc_hosts("10.1.1.1", "db", "db.example")

    def program() -> Any:
        names = ("mail", "mail.example", "mail.", "DB", "h1")
        return [error_of(socket.gethostbyname, name) for name in names]

    assert h1.call(program) == [
        "10.7.0.9", "10.7.0.9", (socket.EAI_NONAME, 0), "10.1.1.1", lab.node("h1").address,
    ]  # fmt: skip
    assert [q.name for q in server.queries] == [
        "mail.corp.example", "mail.example", "mail.example", "mail",
    ]  # fmt: skip


def test_queries_are_packets(lab: softnet.Lab) -> None:
    file = io.BytesIO()
    file.close = lambda: None  # type: ignore[method-assign] # to be read when the lab is closed
    lab.dns("ns", ZONE)
    lab.capture(file, "udp port 53", on="h1")
    lab.node("h1").call(socket.gethostbyname, "web.example")
    lab.close()
    assert file.getvalue().count(b"\x03web\x07example\x00") == 2


def test_asyncio_asks(lab: softnet.Lab) -> None:
    lab.dns("ns", ZONE)

    async def program() -> Any:
        loop = asyncio.get_running_loop()
        rows = await asyncio.gather(
            *(loop.getaddrinfo(n, 1, type=1, family=2) for n in ("web.example", "mail.example"))
        )
        return [row[0][4][0] for row in rows]

    assert lab.node("h2").call(program) == ["10.7.0.1", "10.7.0.9"]


def test_dnspython_agrees(lab: softnet.Lab) -> None:
    lab.dns("ns", ZONE)
    address = lab.names.resolve("ns", "h2")[0]

    def program() -> Any:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [address]
        found = {}
        for name, kind in (
            ("www.example", "A"), ("web.example", "AAAA"), ("example", "MX"), ("example", "TXT"),
            ("_http._tcp.example", "SRV"), ("many.example", "A"), ("example", "NS"),
        ):  # fmt: skip
            found[name, kind] = sorted(r.to_text() for r in resolver.resolve(name, kind))
        found["ptr"] = [r.to_text() for r in resolver.resolve_address("10.7.0.9")]
        errors = []
        for name, kind in (("nowhere.example", "A"), ("mail.example", "MX")):
            try:
                resolver.resolve(name, kind)
            except dns.resolver.NXDOMAIN:
                errors.append("NXDOMAIN")
            except dns.resolver.NoAnswer:
                errors.append("NoAnswer")
        query = dns.message.make_query("many.example", "A", use_edns=0, payload=4096)
        reply = dns.query.udp(query, address, timeout=5)
        errors.append(len(reply.answer[0]))
        errors.append(reply.payload)
        return found, errors

    found, errors = lab.node("h2").call(program)  # type: ignore[misc] # it is a pair
    assert found["www.example", "A"] == ["10.7.0.1", "10.7.0.2"]
    assert found["web.example", "AAAA"] == ["2001:db8::1"]
    assert found["example", "MX"] == ["10 mail.example."]
    assert found["example", "TXT"] == ['"v=spf1 -all"']
    assert found["_http._tcp.example", "SRV"] == ["0 5 80 web.example."]
    assert found["example", "NS"] == ["ns.example."]
    assert len(found["many.example", "A"]) == 60
    assert found["ptr"] == ["mail.example."]
    assert errors == ["NXDOMAIN", "NoAnswer", 60, 1232]


def test_answers_that_nobody_asked_for(lab: softnet.Lab) -> None:
    """A forged answer with another number, name or type is no answer."""

    def forger() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("", 53))
            data, peer = s.recvfrom(512)
            query = dns.message.from_wire(data)
            for number, name in ((query.id ^ 1, "web.example"), (query.id, "bad.example")):
                forged = dns.message.make_response(dns.message.make_query(name, "A"))
                forged.id = number
                s.sendto(forged.to_wire(), peer)
            s.sendto(b"noise", peer)

    lab.node("ns").start(forger)
    lab.node("h1").resolv_conf("ns", timeout="1s")
    assert lab.node("h1").call(error_of, socket.gethostbyname, "web.example") == (
        socket.EAI_AGAIN, 1,  # the forger is gone when we ask again: its port is unreachable
    )  # fmt: skip


def test_two_runs_are_one() -> None:
    def digest() -> str:
        with softnet.Lab(seed=3, digest=True) as lab:
            a, b = lab.hosts("a", "b")
            lab.link(a, b, delay="3ms", loss="10%")
            lab.dns("b", ZONE, loss="30%", delay="5ms")
            a.call(lambda: [error_of(socket.gethostbyname, "web.example") for _ in range(5)])
            return lab.digest

    assert digest() == digest()


@pytest.mark.parametrize(
    "text", ["", "MX mail", "SRV 1 2", "300.1.2.3", "A here", "NAPTR x y", "CNAME"]
)
def test_records_that_are_none(lab: softnet.Lab, text: str) -> None:
    with pytest.raises(LabError, match=r"no record|no address"):
        lab.dns("ns", {"x": text})


def test_failures_that_are_none(lab: softnet.Lab) -> None:
    with pytest.raises(LabError, match="SERVFAIL"):
        lab.dns("ns", fail={"x": "BROKEN"})


def test_it_starts_again_with_its_host(lab: softnet.Lab) -> None:
    lab.dns("ns", ZONE)
    ns = lab.node("ns")
    ns.crash()
    ns.restart()
    assert lab.node("h1").call(socket.gethostbyname, "web.example") == "10.7.0.1"
