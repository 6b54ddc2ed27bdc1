"""Arguments of system calls: numbers, names, strings, lists, the structs of C as strace writes them.

3    SOCK_STREAM|SOCK_NONBLOCK    [1]    "reno"    {onoff=1, linger=0}    ...
"""

from __future__ import annotations

import re

from softnet.lab.packetdrill.nodes import ANY, NULL, Name, Struct, Text, Value
from softnet.lab.packetdrill.scanner import NUMBER, STRING, WORD, Scanner, unescape
from softnet.lab.packetdrill.symbols import nearest, number_of
from softnet.wire.addr import ip_aton

# The struct that a first field betrays.
KINDS = {
    "sa_family": "sockaddr",
    "sin_family": "sockaddr",
    "msg_name": "msghdr",
    "cmsg_level": "cmsg",
    "cmsg_len": "cmsg",
    "ee_errno": "sock_extended_err",
    "scm_sec": "scm_timestamping",
    "fd": "pollfd",
    "events": "epoll_event",
    "tv_sec": "timeval",
    "tcpm_addr": "tcp_md5sig",
    "onoff": "linger",
    "l_onoff": "linger",
    "iov_base": "iovec",
}
# Struct fields whose words are names, not numbers.
FIELD = re.compile(r"([a-z_][a-z0-9_]*)\s*(?:\(([^()]*)\))?\s*=", re.DOTALL)
CALLS = ("htons", "htonl", "inet_addr", "inet6_addr")


def parse_values(s: Scanner, close: str) -> list[Value]:
    """Values between commas up to close, which is taken."""
    values: list[Value] = []
    if s.take(close):
        return values
    while True:
        values.append(parse_value(s))
        if s.take(close):
            return values
        s.expect(",", f", or {close}")


def parse_value(s: Scanner) -> Value:
    """One value, with | between flags."""
    value = parse_primary(s)
    while s.sees("|"):
        s.expect("|")
        other = parse_primary(s)
        if not isinstance(value, int) or not isinstance(other, int):
            s.fail("| stands between numbers or flags")
        value |= other
    return value


def parse_primary(s: Scanner) -> Value:
    """One value without operators."""
    if s.take("..."):
        return ANY
    if s.sees('"'):
        return parse_text(s)
    if s.take("["):
        return parse_values(s, "]")
    if s.take("{"):
        return parse_braces(s)
    if found := s.take(NUMBER):
        return int(found[0], 0) if "x" in found[0] or "X" in found[0] else int(found[0])
    found = s.expect(WORD, "a value")
    return parse_word(s, found[0])


def parse_text(s: Scanner) -> Text:
    """One or more string literals side by side; `...` behind them means there is more."""
    parts = []
    while found := s.take(STRING):
        parts.append(unescape(found[1]))
    return Text("".join(parts), s.take("...") is not None)


def parse_word(s: Scanner, word: str) -> Value:
    """A name: of a number, of NULL, of a conversion function, or one that -D gave a meaning."""
    if word == "NULL":
        return NULL
    if word in s.defines:
        inner = Scanner(s.path, s.defines[word], {k: v for k, v in s.defines.items() if k != word})
        return parse_value(inner)
    if word in CALLS and s.take("("):
        return parse_conversion(s, word)
    value = number_of(word)
    if value is None:
        s.fail(f"unknown name {word}{nearest(word)}")
    return value


def parse_conversion(s: Scanner, word: str) -> Value:
    """htons(n), inet_addr("a.b.c.d"): softnet's addresses are host integers, so the bytes stay."""
    value = parse_value(s)
    s.expect(")")
    if word == "inet_addr":
        if not isinstance(value, Text):
            s.fail('inet_addr() takes a string: inet_addr("192.0.2.1")')
        try:
            return ip_aton(value.value)
        except ValueError as e:
            s.fail(str(e))
    return Name(value.value) if isinstance(value, Text) else value


def parse_braces(s: Scanner) -> Value:
    """{…}: a struct, an iovec {base, len}, or a list."""
    if not FIELD.match(s.text, s.at) and not s.sees(FIELD):
        values = parse_values(s, "}")
        if len(values) == 2:
            return Struct("iovec", {"iov_base": values[0], "iov_len": values[1]})
        return values
    fields: dict[str, Value] = {}
    while True:
        found = s.expect(FIELD, "field=")
        if found[2] is not None and found[2].strip() not in ("", "..."):
            fields[found[1] + "_len"] = parse_value(Scanner(s.path, found[2], s.defines))
        fields[found[1]] = parse_value(s)
        if s.take("}"):
            break
        s.expect(",", ", or }")
    first = next(iter(fields))
    if first not in KINDS:
        s.fail(f"no struct that a script can write begins with {first}")
    kind = KINDS[first]
    if kind == "pollfd" and "events" not in fields:
        s.fail("struct pollfd is {fd=…, events=…, revents=…}")
    return Struct(kind, fields)
