"""The stub resolver: what libc asks a DNS server, and what it does when none answers.

resolv.conf(5), RFC 1035 7, glibc's resolv/res_send.c and res_query.c for the numbers

    answer = query(conf, "web", (dns.A, dns.AAAA))

Queries are real datagrams of the host that asks, so that they are seen, lost and late like any others:
all types of a name go out together by one socket, each server has 5 s (`timeout`), all servers are
asked twice (`attempts`); an answer that was cut is asked for again by TCP; a port that is
unreachable sends us to the next server at once.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from typing import NamedTuple

import softnet.syscalls as sys_
import softnet.uapi.poll as poll_
import softnet.wire.dns as dns
from softnet.usr.task import interrupted, me

NS = 10**9
PORT = 53
EDNS_SIZE = 1200  # RESOLV_EDNS_BUFFER_SIZE
CNAMES_MAX = 16  # links of a chain that are followed within one answer
EAI_NONAME, EAI_AGAIN, EAI_NODATA = -2, -3, -5


class ResolvConf(NamedTuple):
    """/etc/resolv.conf of one host."""

    nameservers: tuple[str, ...]  # dotted; at most three are asked
    search: tuple[str, ...] = ()
    ndots: int = 1  # a name with fewer dots is looked for in `search` first
    timeout: float = 5  # s, for one server
    attempts: int = 2
    rotate: bool = False
    edns0: bool = False


class Answer(NamedTuple):
    """What is known of a name. code: 0, or EAI_NONAME, EAI_AGAIN, EAI_NODATA."""

    code: int
    canonical: str = ""
    aliases: tuple[str, ...] = ()
    records: tuple[dns.Record, ...] = ()  # of the types asked for, in the server's order


def query(conf: ResolvConf, name: str, types: Sequence[int]) -> Answer:
    """res_search(): name as it is, or below the domains of `search`, whichever exists."""
    absolute = name.endswith(".")
    name = name.rstrip(".")
    below = [f"{name}.{domain.strip('.')}" for domain in conf.search]
    first = [name] if absolute or name.count(".") >= conf.ndots else []
    names = first if absolute else [*first, *below, *([] if first else [name])]
    worst = Answer(EAI_NONAME)
    for candidate in names:
        answer = query_one(conf, candidate, types)
        if answer.code == 0:
            return answer
        if answer.code == EAI_AGAIN:
            return answer
        if answer.code == EAI_NODATA:
            worst = answer
    return worst


def query_one(conf: ResolvConf, name: str, types: Sequence[int]) -> Answer:
    """res_query(): one name, all types at once."""
    try:
        wanted = {ident(): dns.Question(name, kind) for kind in types}
        packets = {
            i: dns.pack(dns.Message(i, dns.RD, [q], edns=EDNS_SIZE if conf.edns0 else 0))
            for i, q in wanted.items()
        }
    except (ValueError, UnicodeError):
        return Answer(EAI_NONAME)
    replies = ask(conf, wanted, packets)
    return combine(name, types, list(replies.values()))


def ident() -> int:
    """A transaction's number."""
    return int.from_bytes(me().process.urandom(2), "big")


Wanted = dict[int, dns.Question]
Replies = dict[int, dns.Message]


def ask(conf: ResolvConf, wanted: Wanted, packets: dict[int, bytes]) -> Replies:
    """res_send(): every server in turn, and again, until all questions have an answer.

    What has one is not asked again. A server that cannot answer (SERVFAIL, NOTIMP, REFUSED) is no
    answer.
    """
    replies: Replies = {}
    servers = conf.nameservers[:3]
    if conf.rotate and servers:
        turn = me().process.urandom(1)[0] % len(servers)
        servers = servers[turn:] + servers[:turn]
    for _ in range(conf.attempts):
        for n, server in enumerate(servers):
            patience = int(conf.timeout * NS) << n
            if n:
                patience //= len(servers)
            missing = {i: q for i, q in wanted.items() if i not in replies}
            ask_by_udp(server, missing, packets, max(patience, NS), replies)
            if len(replies) == len(wanted):
                return replies
    return replies


def ask_by_udp(
    server: str, missing: Wanted, packets: dict[int, bytes], patience: int, replies: Replies
) -> None:
    """send_dg(): the questions that are missing, to one server."""
    fd = sys_.sys_socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        sys_.sys_connect(fd, address_of(server))
        for i in missing:
            sys_.sys_sendto(fd, packets[i])
        until = sys_.sys_clock_gettime() + patience
        left = dict(missing)
        while left and readable(fd, until):
            reply = valid_reply(sys_.sys_recv(fd, 0xFFFF), left)
            if reply is None:
                continue
            if reply.flags & dns.TC:
                whole = ask_by_tcp(server, packets[reply.id], reply.id, left, patience)
                if whole is None:
                    return
                reply = whole
            if reply.rcode() not in (dns.NOERROR, dns.NXDOMAIN):
                return
            replies[reply.id] = reply
            del left[reply.id]
    except OSError:
        return  # nobody listens there, or no route leads there: the next one
    finally:
        sys_.sys_close(fd)


def address_of(server: str) -> sys_.SockaddrIn:
    """A server's port 53."""
    return sys_.SockaddrIn(int.from_bytes(socket.inet_aton(server), "big"), PORT)


def readable(fd: int, until: int, events: int = poll_.POLLIN) -> bool:
    """Wait for fd until that time (ns); False when it comes."""
    while True:
        try:
            return bool(sys_.sys_poll([(fd, events)], max(until - sys_.sys_clock_gettime(), 0)))
        except InterruptedError:
            interrupted()


def valid_reply(data: bytes, left: Wanted) -> dns.Message | None:
    """The message, if it answers one of the questions that are left: else somebody made it up."""
    try:
        reply = dns.parse(data)
    except ValueError:
        return None
    question = left.get(reply.id)
    if question is None or not reply.flags & dns.QR or len(reply.questions) > 1:
        return None
    for given in reply.questions:
        if dns.fold(given.name) != dns.fold(question.name) or given.type != question.type:
            return None
    return reply


def ask_by_tcp(
    server: str, packet: bytes, number: int, left: Wanted, patience: int
) -> dns.Message | None:
    """send_vc(): one question by TCP (RFC 7766); None if that fails, too."""
    until = sys_.sys_clock_gettime() + patience
    fd = sys_.sys_socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        try:
            sys_.sys_connect(fd, address_of(server))
        except OSError as e:
            if e.errno != errno.EINPROGRESS:
                return None
        if not readable(fd, until, poll_.POLLOUT):
            return None
        sys_.sys_sendto(fd, len(packet).to_bytes(2, "big") + packet)
        size = int.from_bytes(read_exactly(fd, 2, until), "big")
        reply = valid_reply(read_exactly(fd, size, until), left)
        return reply if reply is not None and reply.id == number else None
    except (OSError, EOFError):
        return None
    finally:
        sys_.sys_close(fd)


def read_exactly(fd: int, size: int, until: int) -> bytes:
    """size bytes of a stream; EOFError if it ends or the time comes before."""
    data = b""
    while len(data) < size:
        part = sys_.sys_recv(fd, size - len(data)) if readable(fd, until) else b""
        if not part:
            raise EOFError
        data += part
    return data


def combine(name: str, types: Sequence[int], replies: list[dns.Message]) -> Answer:
    """What the replies say together: names that they lead through, records at the end."""
    records: list[dns.Record] = []
    canonical = name
    aliases: tuple[str, ...] = ()
    exists = False
    for kind in types:
        for reply in replies:
            if reply.questions and reply.questions[0].type != kind:
                continue
            exists = exists or reply.rcode() == dns.NOERROR
            end, passed = follow(name, reply)
            found = [
                r for r in reply.answers if r.type == kind and dns.fold(r.name) == dns.fold(end)
            ]
            if found:
                canonical, aliases = end, passed
                records += found
    if records:
        return Answer(0, canonical, aliases, tuple(records))
    if len(replies) < len(types):
        return Answer(EAI_AGAIN)
    return Answer(EAI_NODATA if exists else EAI_NONAME)


def follow(name: str, reply: dns.Message) -> tuple[str, tuple[str, ...]]:
    """Where the CNAMEs of a reply lead from name, and the names on the way."""
    passed: list[str] = []
    links = {dns.fold(r.name): str(r.data) for r in reply.answers if r.type == dns.CNAME}
    while dns.fold(name) in links and len(passed) < CNAMES_MAX:
        passed.append(name)
        name = links[dns.fold(name)]
    return name, tuple(passed)
