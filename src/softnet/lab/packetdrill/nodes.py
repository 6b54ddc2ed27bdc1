"""What a script is made of once it is read: options, commands, events in the order of time.

    Script.events[0]  Event(line=7, when=When(REL, 0, 0), action=Call("socket", …))

Times are integer microseconds. An argument of a system call is an int, a str (STRING), a list, a
Struct, ANY for `...`, NULL, or Unknown for a name that only the call itself can know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from softnet.wire.tcp_options import TcpOption

ABSOLUTE, RELATIVE, ANY_TIME, RANGE, RELATIVE_RANGE = range(5)
INBOUND, OUTBOUND = "<", ">"


class ScriptError(Exception):
    """A script makes no sense: file, line, what is wrong."""

    def __init__(self, path: str, line: int, message: str) -> None:
        Exception.__init__(self, f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


class Any_:
    """`...`: whatever it is."""

    def __repr__(self) -> str:
        return "..."


class Null:
    """NULL: no pointer."""

    def __repr__(self) -> str:
        return "NULL"


ANY = Any_()
NULL = Null()


@dataclass(frozen=True)
class Text:
    """A string literal; cut: it was followed by `...`, so more may come."""

    value: str
    cut: bool = False


@dataclass(frozen=True)
class Name:
    """A word that is no number: `u32` of something, an errno, a congestion control."""

    value: str


@dataclass(frozen=True)
class Struct:
    """{sa_family=AF_INET, …}: the fields by name. kind says which struct."""

    kind: str
    fields: dict[str, Value]


Value: TypeAlias = "int | Text | Name | Struct | Any_ | Null | list[Value]"


@dataclass(frozen=True)
class When:
    """When something happens: microseconds, and what they count from."""

    kind: int
    start: int = 0
    end: int = 0


@dataclass
class IpInfo:
    """What a script says of an IP header; None: nothing."""

    tos: int | None = None
    ecn: int | None = None  # two bits
    ect01: bool = False  # either ECT codepoint
    ttl: int | None = None
    flowlabel: int | None = None


@dataclass
class Outer:
    """One layer of encapsulation, outermost first: ipv4, ipv6, gre or mpls."""

    kind: str
    info: IpInfo = field(default_factory=IpInfo)
    src: str = ""
    dst: str = ""
    gre: dict[str, int] = field(default_factory=dict)  # flags sum off key seq
    labels: list[tuple[int, int, bool, int]] = field(default_factory=list)


@dataclass
class TcpSpec:
    """A TCP segment. options None: `<...>`; window None: not said; ace None: E and W are flags."""

    flags: int
    seq: int
    length: int
    ack: int = 0
    window: int | None = None
    urg: int = 0
    options: list[TcpOption] | None = None
    ace: int | None = None
    sport: int = 0  # 0: the flow's
    dport: int = 0


@dataclass
class UdpSpec:
    """A UDP datagram."""

    length: int
    sport: int = 0
    dport: int = 0


@dataclass
class IcmpSpec:
    """An ICMP message about a packet that the host sent: which protocol, where it began, how long."""

    type: int
    code: int
    mtu: int | None = None
    id: int = 0
    echoed: str = "tcp"  # tcp udp raw
    seq: int = 0
    length: int = 0


@dataclass
class PacketSpec:
    """`<` or `>` and a packet."""

    direction: str
    info: IpInfo
    body: TcpSpec | UdpSpec | IcmpSpec
    outer: list[Outer] = field(default_factory=list)


@dataclass
class Call:
    """A system call: end is None if it shall not block, else when it returns (as `when` counts)."""

    name: str
    args: list[Value]
    end: int | None
    result: Value
    error: str = ""  # EAGAIN
    note: str = ""


@dataclass
class Command:
    """`what a shell runs`"""

    text: str


@dataclass
class Code:
    """%{ Python }%"""

    text: str


Action: TypeAlias = PacketSpec | Call | Command | Code


@dataclass
class Event:
    """One thing that happens or is expected; text is what the script says, for reports."""

    line: int
    when: When
    action: Action
    text: str


@dataclass
class Script:
    """A script: options are (line, name, value)."""

    path: str
    options: list[tuple[int, str, str]] = field(default_factory=list)
    init: Event | None = None
    events: list[Event] = field(default_factory=list)
    cleanup: Event | None = None
    source: list[str] = field(default_factory=list)  # its lines

    def text(self, line: int) -> str:
        """What it says there."""
        return self.source[line - 1].strip() if 0 < line <= len(self.source) else ""
