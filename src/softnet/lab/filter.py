"""A filter of frames as tcpdump's users write it; the part of that language that a lab needs.

    compile_filter("tcp port 80 and host 10.0.0.1")
    compile_filter("tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn")
    compile_filter("not arp and len > 100")

    expr    = term { ("and" | "&&" | "or" | "||") term }       "and" binds tighter
    term    = ("not" | "!") term | "(" expr ")" | primitive
    primitive = "arp" | "ip" | "icmp" | "igmp" | "tcp" | "udp"
              | [proto] [src|dst] ("host" ADDR | "net" ADDR/LEN | "port" N | "portrange" N-M)
              | arith ("=" | "==" | "!=" | "<" | ">" | "<=" | ">=") arith
    arith   = number | "len" | proto "[" offset [":" size] "]" | flag name | arith op arith
              with "&" "|" "+" "-" "*" and parentheses

Offsets in proto[...] count from that header's first byte; a packet without the header does not match.
Source: pcap-filter(7).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from softnet.lab.errors import LabError
from softnet.wire.addr import ip_aton, parse_prefix

Frame = bytes | bytearray
Test = Callable[[Frame], bool]
Value = Callable[[Frame], int]

TOKEN = re.compile(
    r"\s*(?:(\d+\.\d+\.\d+\.\d+(?:/\d+)?)|(0x[0-9a-fA-F]+|\d+-\d+(?=\s|$|\))|\d+)|"
    r"(&&|\|\||==|!=|<=|>=|[-\[\]():<>=!&|+*])|([a-zA-Z][\w]*(?:-[a-zA-Z]+)*))"
)
PROTOCOLS = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17}
HEADERS = ("ether", "arp", "ip", *PROTOCOLS)
NAMES = {
    "tcpflags": 13,
    "tcp-fin": 1,
    "tcp-syn": 2,
    "tcp-rst": 4,
    "tcp-push": 8,
    "tcp-ack": 16,
    "tcp-urg": 32,
    "tcp-ece": 64,
    "tcp-cwr": 128,
    "icmptype": 0,
    "icmpcode": 1,
    "icmp-echoreply": 0,
    "icmp-unreach": 3,
    "icmp-redirect": 5,
    "icmp-echo": 8,
    "icmp-timxceed": 11,
}
COMPARE: dict[str, Callable[[int, int], bool]] = {
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


class NoHeader(Exception):
    """The packet is too short for what an expression reads: it does not match."""


def compile_filter(text: str) -> Test | None:
    """A function that says whether a frame matches; None for "" (every frame). LabError."""
    if not text.strip():
        return None
    parser = Parser(text)
    test = parser.expr()
    parser.end()

    def match(frame: Frame) -> bool:
        try:
            return test(frame)
        except NoHeader:
            return False

    return match


class Parser:
    """Recursive descent over the tokens of one filter."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            match = TOKEN.match(text, at)
            if match is None:
                raise LabError(f"filter {text!r}: cannot read {text[at:].strip()!r}")
            self.tokens.append(match.group(match.lastindex or 0))
            at = match.end()
        self.at = 0

    def peek(self) -> str:
        """The next token, "" at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """The next token if it is one of wanted, else ""."""
        token = self.peek()
        if token and token in wanted:
            self.at += 1
            return token
        return ""

    def need(self, what: str) -> str:
        """The next token, whatever it is; LabError at the end."""
        token = self.peek()
        if not token:
            raise LabError(f"filter {self.text!r} ends where {what} should be")
        self.at += 1
        return token

    def end(self) -> None:
        """Nothing may be left."""
        if self.peek():
            raise LabError(
                f"filter {self.text!r}: {self.peek()!r} is not expected here; join tests with and, or"
            )

    def expr(self) -> Test:
        """or, of ands."""
        test = self.conjunction()
        while self.take("or", "||"):
            test = either(test, self.conjunction())
        return test

    def conjunction(self) -> Test:
        """and, of terms."""
        test = self.term()
        while self.take("and", "&&"):
            test = both(test, self.term())
        return test

    def term(self) -> Test:
        """not, brackets, or a primitive."""
        if self.take("not", "!"):
            return negate(self.term())
        mark = self.at
        if self.take("("):
            try:
                test = self.expr()
                if self.take(")") and self.peek() not in (*COMPARE, *ARITHMETIC):
                    return test
            except LabError:
                pass
            self.at = mark  # it was the bracket of an arithmetic expression
        return self.primitive()

    def primitive(self) -> Test:
        """A protocol, an address, a port, or a comparison."""
        token = self.peek()
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else ""
        if token in HEADERS and following == "[":
            return self.comparison()
        if token in (*HEADERS, "src", "dst", "host", "net", "port", "portrange"):
            return self.qualified()
        return self.comparison()

    def qualified(self) -> Test:
        """[proto] [src|dst] host|net|port|portrange value, or a protocol alone."""
        proto = self.take(*HEADERS)
        test = protocol(proto) if proto else None
        side = self.take("src", "dst")
        kind = self.take("host", "net", "port", "portrange")
        if not kind:
            if test is None or side:
                raise LabError(f"filter {self.text!r}: {side!r} needs host, net or port")
            return test
        word = self.need(f"a value for {kind}")
        try:
            inner = self.address(side, kind, word)
        except ValueError as e:
            raise LabError(f"filter {self.text!r}: {kind} {word!r}: {e}") from None
        return inner if test is None else both(test, inner)

    def address(self, side: str, kind: str, word: str) -> Test:
        """One of host, net, port, portrange."""
        if kind == "host":
            addr = ip_aton(word)
            return on_side(side, address_of, lambda a: a == addr)
        if kind == "net":
            net, plen = parse_prefix(word)
            mask = (0xFFFFFFFF << (32 - plen)) & 0xFFFFFFFF if plen else 0
            return on_side(side, address_of, lambda a: a & mask == net & mask)
        low, _, high = word.partition("-")
        first, last = int(low), int(high or low)
        return on_side(side, port_of, lambda p: first <= p <= last)

    def comparison(self) -> Test:
        """arith relop arith"""
        left = self.arith()
        relop = self.take(*COMPARE)
        if not relop:
            token = self.peek()
            raise LabError(
                f"filter {self.text!r}: cannot understand {repr(token) if token else 'its end'}; "
                "write for example 'tcp port 80' or 'tcp[tcpflags] & tcp-syn != 0'"
            )
        right = self.arith()
        compare = COMPARE[relop]
        return lambda frame: compare(left(frame), right(frame))

    def arith(self) -> Value:
        """Values joined by & | + - *, from left to right."""
        value = self.value()
        while op := self.take(*ARITHMETIC):
            value = joined(ARITHMETIC[op], value, self.value())
        return value

    def value(self) -> Value:
        """A number, len, a name, bytes of a header, or brackets."""
        if self.take("("):
            inner = self.arith()
            if not self.take(")"):
                raise LabError(f"filter {self.text!r}: a bracket is not closed")
            return inner
        token = self.need("a value")
        if token == "len":
            return len
        if token in HEADERS:
            return self.header_bytes(token)
        number = NAMES.get(token)
        if number is None:
            try:
                number = int(token, 0)
            except ValueError:
                raise LabError(f"filter {self.text!r}: what is {token!r}?") from None
        constant = number
        return lambda frame: constant

    def header_bytes(self, header: str) -> Value:
        """proto[offset:size]"""
        if not self.take("["):
            raise LabError(f"filter {self.text!r}: {header!r} needs [offset] in a comparison")
        offset = self.arith()
        size = int(self.need("a size")) if self.take(":") else 1
        if not self.take("]"):
            raise LabError(f"filter {self.text!r}: a ']' is missing")

        def read(frame: Frame) -> int:
            start = header_start(frame, header) + offset(frame)
            if start + size > len(frame):
                raise NoHeader
            return int.from_bytes(frame[start : start + size], "big")

        return read


def both(a: Test, b: Test) -> Test:
    """a and b; a missing header on one side is just false."""
    return lambda frame: holds(a, frame) and holds(b, frame)


def either(a: Test, b: Test) -> Test:
    """a or b."""
    return lambda frame: holds(a, frame) or holds(b, frame)


def negate(a: Test) -> Test:
    """not a."""
    return lambda frame: not holds(a, frame)


def holds(test: Test, frame: Frame) -> bool:
    """test(frame), False where the frame lacks the header that test reads."""
    try:
        return test(frame)
    except NoHeader:
        return False


def joined(op: Callable[[int, int], int], a: Value, b: Value) -> Value:
    """a op b."""
    return lambda frame: op(a(frame), b(frame))


def protocol(name: str) -> Test:
    """Is the packet of this protocol?"""
    if name == "ether":
        return lambda frame: True
    if name in ("arp", "ip"):
        ethertype = 0x0806 if name == "arp" else 0x0800
        return lambda frame: frame[12:14] == ethertype.to_bytes(2, "big")
    return lambda frame: frame[12:14] == b"\x08\x00" and frame[23:24] == bytes([PROTOCOLS[name]])


def on_side(side: str, read: Callable[[Frame, str], int], test: Callable[[int], bool]) -> Test:
    """test of the source's, the destination's, or either's address or port."""
    if side:
        return lambda frame: test(read(frame, side))
    return lambda frame: test(read(frame, "src")) or test(read(frame, "dst"))


def header_start(frame: Frame, header: str) -> int:
    """Where a header begins; NoHeader if the packet has none (or is a later fragment)."""
    if header == "ether":
        return 0
    if header in ("ip", "arp"):
        if not protocol(header)(frame):
            raise NoHeader
        return 14
    if not protocol(header)(frame) or int.from_bytes(frame[20:22], "big") & 0x1FFF:
        raise NoHeader
    return 14 + (frame[14] & 15) * 4


def address_of(frame: Frame, side: str) -> int:
    """The IPv4 address, of ARP the sender's or target's."""
    if protocol("arp")(frame):
        start = 28 if side == "src" else 38
    elif protocol("ip")(frame):
        start = 26 if side == "src" else 30
    else:
        raise NoHeader
    if len(frame) < start + 4:
        raise NoHeader
    return int.from_bytes(frame[start : start + 4], "big")


def port_of(frame: Frame, side: str) -> int:
    """The TCP or UDP port."""
    if not protocol("tcp")(frame) and not protocol("udp")(frame):
        raise NoHeader
    name = "tcp" if protocol("tcp")(frame) else "udp"
    start = header_start(frame, name) + (0 if side == "src" else 2)
    if len(frame) < start + 2:
        raise NoHeader
    return int.from_bytes(frame[start : start + 2], "big")
