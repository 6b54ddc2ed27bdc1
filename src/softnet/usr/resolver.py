"""Names and addresses: getaddrinfo and its kin, asked of the lab, or of a DNS server in it.

A Resolver is registered for a world by set_resolver(). Without one, a host knows localhost, itself
and numbers. It says whom a host asks (resolv.conf): then queries go out (dns.py); else it answers
itself. Answers and errors are glibc's, for a host whose kernel has no IPv6.
"""

from __future__ import annotations

import platform
import socket
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import softnet.wire.dns as wire
from softnet.usr import dns
from softnet.usr.clock import original
from softnet.usr.task import host

AF_INET = 2
AF_INET6 = 10
AI_PASSIVE = 0x1
AI_CANONNAME = 0x2
AI_NUMERICHOST = 0x4
AI_ADDRCONFIG = 0x20
AI_NUMERICSERV = 0x400
NI_NUMERICHOST = 1
NI_NUMERICSERV = 2
NI_NOFQDN = 4
NI_NAMEREQD = 8
NI_DGRAM = 16
KINDS = ((1, 6), (2, 17), (3, 0))  # (socket type, protocol) in glibc's order
EAI = {
    -2: "Name or service not known",
    -3: "Temporary failure in name resolution",
    -5: "No address associated with hostname",
    -6: "ai_family not supported",
    -7: "ai_socktype not supported",
    -8: "Servname not supported for ai_socktype",
    -9: "Address family for hostname not supported",
}
# /etc/services as far as the standard library speaks it: name -> (port, protocols)
SERVICES = {
    "echo": (7, "tcp udp"), "discard": (9, "tcp udp"), "daytime": (13, "tcp udp"),
    "chargen": (19, "tcp udp"), "ftp-data": (20, "tcp"), "ftp": (21, "tcp"), "ssh": (22, "tcp"),
    "telnet": (23, "tcp"), "smtp": (25, "tcp"), "time": (37, "tcp udp"), "domain": (53, "tcp udp"),
    "bootps": (67, "udp"), "bootpc": (68, "udp"), "tftp": (69, "udp"), "http": (80, "tcp"),
    "kerberos": (88, "tcp udp"), "pop3": (110, "tcp"), "sunrpc": (111, "tcp udp"),
    "nntp": (119, "tcp"), "ntp": (123, "udp"), "imap2": (143, "tcp"), "snmp": (161, "tcp udp"),
    "ldap": (389, "tcp udp"), "https": (443, "tcp udp"), "submissions": (465, "tcp"),
    "syslog": (514, "udp"), "submission": (587, "tcp"), "ldaps": (636, "tcp udp"),
    "ftps": (990, "tcp"), "imaps": (993, "tcp"), "pop3s": (995, "tcp"), "mysql": (3306, "tcp"),
    "postgresql": (5432, "tcp"), "redis": (6379, "tcp"), "http-alt": (8080, "tcp udp"),
}  # fmt: skip
PROTOCOLS = {"ip": 0, "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "udplite": 136}


class Resolver(Protocol):
    """What a lab registers: its hosts table."""

    def resolve(self, name: str, asker: str) -> Sequence[str]:
        """The IPv4 addresses of name as host `asker` sees them, dotted; empty if unknown."""

    def name_of(self, address: str, asker: str) -> str | None:
        """The name of a dotted address; None if it has none."""

    def resolv_conf(self, asker: str) -> dns.ResolvConf | None:
        """Whom asker asks; None: this resolver."""

    def own_hosts(self, asker: str, name: str) -> Sequence[str]:
        """What asker's own /etc/hosts says of name."""

    def hosts_table(self, asker: str) -> list[tuple[str, tuple[str, ...]]]:
        """All that asker's /etc/hosts says: (address, names)."""


class Found(NamedTuple):
    """A name that exists."""

    canonical: str
    aliases: tuple[str, ...]
    addresses: list[str]


resolvers: list[tuple[Any, Resolver]] = []  # (world, resolver)


def set_resolver(world: Any, resolver: Resolver | None) -> None:
    """Let resolver answer for every host of world; None takes it away."""
    resolvers[:] = [row for row in resolvers if row[0] is not world]
    if resolver is not None:
        resolvers.append((world, resolver))


def the_resolver() -> Resolver | None:
    """The one of the current world."""
    return the_resolver_of(host().machine.world)


def the_resolver_of(world: Any) -> Resolver | None:
    """The one of a world."""
    for row in resolvers:
        if row[0] is world:
            return row[1]
    return None


def gaierror(code: int) -> socket.gaierror:
    """As glibc says it."""
    return socket.gaierror(code, EAI[code])


def host_text(name: Any) -> str:
    """A host argument as text: str goes through IDNA, as in C."""
    if isinstance(name, str):
        if not name.isascii():
            try:
                name = name.encode("idna").decode("ascii")
            except UnicodeError as e:
                raise TypeError("encoding of hostname failed") from e
    elif isinstance(name, bytes | bytearray):
        name = bytes(name).decode("utf-8", "surrogateescape")
    else:
        raise TypeError(f"str, bytes or bytearray expected, not {type(name).__name__}")
    if "\0" in name:
        raise TypeError("host name must not contain null character")
    return str(name)


def numeric_ipv4(name: str) -> str | None:
    """The dotted form of what inet_aton() takes."""
    if not name or not (name[0].isdigit()):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        return None


def numeric_ipv6(name: str) -> str | None:
    """The canonical form of an IPv6 literal."""
    if ":" not in name:
        return None
    try:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, name))
    except OSError:
        return None


def lookup(name: str, types: tuple[int, ...] = (wire.A,)) -> Found:
    """The addresses of a name that is no number: /etc/hosts, then DNS or the lab's table.

    gaierror: EAI_NONAME, EAI_AGAIN, EAI_NODATA.
    """
    key = name.rstrip(".").lower()
    state = host()
    asker = state.machine.name
    resolver = the_resolver()
    if key == "localhost" or key.endswith(".localhost"):
        return Found(name, (), ["127.0.0.1"])
    found = list(resolver.own_hosts(asker, key)) if resolver is not None else []
    conf = resolver.resolv_conf(asker) if resolver is not None else None
    own = key == state.hostname.lower()
    if not found and resolver is not None and (own or conf is None):
        found = list(resolver.resolve(key, asker))
    if not found and own:
        found = ["127.0.1.1"]
    if found or conf is None:
        if not found:
            raise gaierror(dns.EAI_NONAME)
        return Found(name, (), found)
    answer = dns.query(conf, name, types)
    if answer.code:
        raise gaierror(answer.code)
    return Found(answer.canonical, answer.aliases, [r.data for r in answer.records])


def reverse(address: str) -> str | None:
    """The name of an address; None if it has none. gaierror(EAI_AGAIN)."""
    if address.startswith("127."):
        return "localhost" if address == "127.0.0.1" else host().hostname
    resolver = the_resolver()
    asker = host().machine.name
    conf = resolver.resolv_conf(asker) if resolver is not None else None
    if conf is None:
        return resolver.name_of(address, asker) if resolver is not None else None
    answer = dns.query(conf, wire.reverse_name(address) + ".", (wire.PTR,))
    if answer.code == dns.EAI_AGAIN:
        raise gaierror(answer.code)
    return answer.records[0].data if answer.records else None


def resolve_address(name: Any) -> int:
    """setipaddr(): the host part of an AF_INET address as a host integer."""
    if name == "" or name == b"":
        return 0
    text = host_text(name)
    if text == "<broadcast>":
        return 0xFFFFFFFF
    dotted = numeric_ipv4(text)
    if dotted is None:
        if numeric_ipv6(text) is not None:
            raise gaierror(-9)
        dotted = lookup(text).addresses[0]
    return int.from_bytes(socket.inet_aton(dotted), "big")


def service_port(port: Any, kinds: list[tuple[int, int]], flags: int) -> list[tuple[int, int, int]]:
    """(type, protocol, port) of each kind that the service exists for."""
    if isinstance(port, bytes):
        port = port.decode()
    if port is None:
        port = 0
    if isinstance(port, str):
        if not port.strip().lstrip("+-").isdigit():
            if flags & AI_NUMERICSERV:
                raise gaierror(-2)
            row = SERVICES.get(port)
            if row is None:
                raise gaierror(-8)
            names = {6: "tcp", 17: "udp"}
            fit = [(t, p, row[0]) for t, p in kinds if names.get(p, "-") in row[1].split()]
            if not fit:
                raise gaierror(-8)
            return fit
        port = int(port)
    elif not isinstance(port, int):
        raise OSError("Int or String expected")
    return [(t, p, port & 0xFFFF) for t, p in kinds]


def getaddrinfo(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[tuple[int, int, int, str, tuple[Any, ...]]]:
    """_socket.getaddrinfo()"""
    if host is None and port is None:
        raise gaierror(-2)
    if family not in (0, AF_INET, AF_INET6):
        raise gaierror(-6)
    kinds = [
        (t, proto if t == 3 else p)
        for t, p in KINDS
        if (not type or t == type) and (not proto or t == 3 or p == proto)
    ]
    if type and proto and len(kinds) > 1:
        kinds = [k for k in kinds if k[0] == type]
    if not type and proto in (6, 17):
        kinds = [k for k in kinds if k[0] != 3]
    if not kinds:
        raise gaierror(-7)
    rows = service_port(port, kinds, flags)
    name, addresses = find_addresses(host, family, flags)
    canonical = name if flags & AI_CANONNAME else ""
    answer: list[tuple[int, int, int, str, tuple[Any, ...]]] = []
    for address in addresses:
        for t, p, number in rows:
            canon, canonical = canonical, ""
            if ":" in address:
                answer.append((AF_INET6, t, p, canon, (address, number, 0, 0)))
            else:
                answer.append((AF_INET, t, p, canon, (address, number)))
    return answer


def find_addresses(name: Any, family: int, flags: int) -> tuple[str, list[str]]:
    """(canonical name, addresses) for getaddrinfo()."""
    if name is None:
        v6 = family == AF_INET6
        if flags & AI_PASSIVE:
            return "", ["::" if v6 else "0.0.0.0"]
        return "", ["::1" if v6 else "127.0.0.1"]
    text = host_text(name)
    dotted, v6text = numeric_ipv4(text), numeric_ipv6(text)
    if dotted is not None or v6text is not None:
        if (dotted is not None and family == AF_INET6) or (
            v6text is not None and family == AF_INET
        ):
            raise gaierror(-9)
        return text, [dotted or v6text or ""]
    if flags & AI_NUMERICHOST or not text:
        raise gaierror(-2)
    types = {AF_INET: (wire.A,), AF_INET6: (wire.AAAA,)}.get(family, (wire.A, wire.AAAA))
    if flags & AI_ADDRCONFIG:
        types = (wire.A,)  # no host of ours has an IPv6 address
    found = lookup(text, types)
    addresses = [a for a in found.addresses if (":" in a) == (family == AF_INET6) or not family]
    if not addresses or (flags & AI_ADDRCONFIG and family == AF_INET6):
        raise gaierror(dns.EAI_NODATA)
    return found.canonical, addresses


def gethostbyname(name: Any, /) -> str:
    """_socket.gethostbyname()"""
    address = resolve_address(name)
    return socket.inet_ntoa(address.to_bytes(4, "big"))


def gethostbyname_ex(name: Any, /) -> tuple[str, list[str], list[str]]:
    """_socket.gethostbyname_ex()"""
    text = host_text(name)
    dotted = numeric_ipv4(text)
    if dotted is not None:
        return text, [], [dotted]
    found = lookup(text)
    return found.canonical, list(found.aliases), found.addresses


def gethostbyaddr(name: Any, /) -> tuple[str, list[str], list[str]]:
    """_socket.gethostbyaddr(): takes a name as well; http.server's getfqdn() gives it one."""
    address = gethostbyname(name)
    try:
        found = reverse(address)
    except socket.gaierror as e:
        raise socket.herror(2, "Host name lookup failure") from e
    if found is None:
        raise socket.herror(1, "Unknown host")
    return found, [], [address]


def getnameinfo(sockaddr: Any, flags: int, /) -> tuple[str, str]:
    """_socket.getnameinfo()"""
    if not isinstance(sockaddr, tuple):
        raise TypeError("getnameinfo() argument 1 must be a tuple")
    address, port = sockaddr[0], sockaddr[1]
    dotted = numeric_ipv4(address)
    if dotted is None:
        if numeric_ipv6(address) is None:
            raise gaierror(-2)
        dotted = address
    name = None if flags & NI_NUMERICHOST else reverse(dotted)
    if name is None:
        if flags & NI_NAMEREQD:
            raise gaierror(-2)
        name = dotted
    elif flags & NI_NOFQDN:
        name = name.split(".")[0]
    service = None
    if not flags & NI_NUMERICSERV:
        service = service_name(port, "udp" if flags & NI_DGRAM else "tcp")
    return name, service or str(port)


def service_name(port: int, protocol: str) -> str | None:
    """The service at a port."""
    for name, (number, protocols) in SERVICES.items():
        if number == port and protocol in protocols.split():
            return name
    return None


def getservbyname(name: str, protocol: str | None = None, /) -> int:
    """_socket.getservbyname()"""
    row = SERVICES.get(name)
    if row is None or (protocol is not None and protocol not in row[1].split()):
        raise OSError("service/proto not found")
    return row[0]


def getservbyport(port: int, protocol: str | None = None, /) -> str:
    """_socket.getservbyport()"""
    if not 0 <= port <= 0xFFFF:
        raise OverflowError("getservbyport: port must be 0-65535.")
    for one in (protocol,) if protocol is not None else ("tcp", "udp"):
        name = service_name(port, one)
        if name is not None:
            return name
    raise OSError("port/proto not found")


def getprotobyname(name: str, /) -> int:
    """_socket.getprotobyname()"""
    if name not in PROTOCOLS:
        raise OSError("protocol not found")
    return PROTOCOLS[name]


def gethostname() -> str:
    """_socket.gethostname()"""
    return host().hostname


def sethostname(name: Any, /) -> None:
    """_socket.sethostname(): of this host alone."""
    host().hostname = name if isinstance(name, str) else bytes(name).decode()


def uname() -> Any:
    """os.uname(): the machine's, with this host's name."""
    real = original("posix.uname")()
    return type(real)((real[0], host().hostname, *real[2:]))


def platform_uname() -> platform.uname_result:
    """platform.uname(), which keeps what it once found."""
    real = original("platform.uname")()
    node = host().hostname
    return platform.uname_result(real.system, node, real.release, real.version, real.machine)


def platform_processor() -> str:
    """platform.processor(): the real one asks a process."""
    return ""


def find_library(name: str) -> str | None:
    """ctypes.util.find_library(): of the real machine, by processes of its own if need be."""
    found: str | None = original("ctypes.util.find_library")(name)
    return found
