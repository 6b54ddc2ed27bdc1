"""Scripts, read: options, an optional `init command`, events, an optional `cleanup command`.

    script = parse_script("a.pkt", Path("a.pkt").read_text(), {"CC": '"reno"'})

    --tolerance_usecs=100                                      an option
    0     socket(..., SOCK_STREAM, IPPROTO_TCP) = 3            absolute time, a system call
    +.1   < S 0:0(0) win 32792 <mss 1460,nop,wscale 7>         so long after what was before it
    +0~+1 > S. 0:0(0) ack 1 <...>                              within a range
    *     > . 1:1(0) ack 1                                     whenever
    +0...0.2 read(3, ..., 1000) = 1000                         a call that blocks for 0.2 s
    +0    `sysctl -q net.ipv4.tcp_sack=0`                      a command
    +0    %{ assert tcpi_snd_cwnd == 10 }%                     Python

ScriptError says where and what is wrong. Packets are read by packet_parser.py, arguments by values.py.
"""

from __future__ import annotations

import re

from softnet.lab.packetdrill.nodes import (
    ABSOLUTE,
    ANY_TIME,
    OUTBOUND,
    RANGE,
    RELATIVE,
    RELATIVE_RANGE,
    Action,
    Call,
    Code,
    Command,
    Event,
    PacketSpec,
    Script,
    ScriptError,
    When,
)
from softnet.lab.packetdrill.packet_parser import parse_packet
from softnet.lab.packetdrill.scanner import BACKQUOTED, WORD, Scanner, unescape
from softnet.lab.packetdrill.values import parse_value, parse_values

OPTION = re.compile(r"--([A-Za-z0-9_]+)")
OPTION_VALUE = re.compile(r'=[ \t]*("(?:\\.|[^"\\])*"|(?:[^\s"`]|"[^"]*"|`[^`]*`)+)')
SHORT_DEFINE = re.compile(r"-D[ \t]*([A-Za-z_][A-Za-z0-9_]*=\S+)")
TIME = re.compile(r"[0-9]*\.[0-9]+|[0-9]+")
CODE = re.compile(r"%\{(.*?)\}%", re.DOTALL)
NOTE = re.compile(r"\(([^()]*)\)")
ERRNO = re.compile(r"E[A-Z0-9]+(?=\s*\()|E[A-Z0-9]+\b")


def parse_script(path: str, text: str, defines: dict[str, str] | None = None) -> Script:
    """The script in text; defines are the -D of the command line, --define adds to them."""
    s = Scanner(path, text, dict(defines or {}))
    script = Script(path, source=text.split("\n"))
    parse_options(s, script)
    if s.sees("`"):
        script.init = command_event(s)
    while not s.done() and not s.sees("`"):
        script.events.append(parse_event(s))
    if s.sees("`"):
        script.cleanup = command_event(s)
    if not s.done():
        s.fail(f"the cleanup command is the last thing in a script, but {s.excerpt()} follows")
    if not script.events:
        s.fail("a script needs at least one event")
    check_times(script)
    return script


def parse_options(s: Scanner, script: Script) -> None:
    """--name=value and --name, in front of everything else."""
    while True:
        line = s.line()
        if found := s.take(SHORT_DEFINE):
            name, value = "define", found[1]
        elif found := s.take(OPTION):
            name = found[1]
            found = OPTION_VALUE.match(s.text, s.at)
            value = found[1] if found else ""
            s.at = found.end() if found else s.at
            if value[:1] == '"':
                value = unescape(value[1:-1])
        else:
            return
        if name == "define":
            symbol, _, meaning = value.partition("=")
            s.defines[symbol] = meaning
        script.options.append((line, name, value))


def command_event(s: Scanner) -> Event:
    """A `command` without a time."""
    s.skip()
    line = s.line()
    text = s.expect(BACKQUOTED, "a `command`")[1]
    return Event(line, When(ABSOLUTE), Command(text), f"`{text}`")


def parse_event(s: Scanner) -> Event:
    """One event."""
    s.skip()
    line = s.line()
    start = s.at
    when = parse_when(s)
    action = parse_action(s, when)
    outbound = isinstance(action, PacketSpec) and action.direction == OUTBOUND
    if when.kind == ANY_TIME and not outbound:
        raise ScriptError(s.path, line, "the time * is for packets that are expected: `* > …`")
    if when.kind in (RANGE, RELATIVE_RANGE) and not outbound:
        raise ScriptError(
            s.path, line, "a range of time is for packets that are expected: `a~b > …`"
        )
    return Event(line, when, action, " ".join(s.text[start : s.at].split()))


def parse_when(s: Scanner) -> When:
    """The time of an event."""
    if s.take("*"):
        return When(ANY_TIME)
    relative = s.take("+") is not None
    start = parse_time(s)
    if not s.take("~"):
        return When(RELATIVE if relative else ABSOLUTE, start, start)
    if (s.take("+") is not None) != relative:
        s.fail("a range is a~b or +a~+b")
    end = parse_time(s)
    if end < start:
        s.fail("the range of time ends before it begins")
    return When(RELATIVE_RANGE if relative else RANGE, start, end)


def parse_time(s: Scanner) -> int:
    """Seconds, as microseconds."""
    text = s.expect(TIME, "a time: seconds, +seconds or *")[0]
    whole, _, part = text.partition(".")
    return int(whole or "0") * 1_000_000 + int((part + "000000")[:6])


def parse_action(s: Scanner, when: When) -> Action:
    """What happens or is expected."""
    if s.sees("<") or s.sees(">"):
        return parse_packet(s)
    if found := s.take(BACKQUOTED):
        return Command(found[1])
    if s.sees("%{"):
        return Code(s.expect(CODE, "}% behind %{")[1].strip(" \t"))
    word = s.sees(WORD)
    if word is not None and s.defines.get(word[0], "")[:1] == "`":
        s.at = word.end()
        return Command(s.defines[word[0]].strip("`"))
    return parse_call(s)


def parse_call(s: Scanner) -> Call:
    """[...end] name(arguments) = result [ERRNO (text)]"""
    end = None
    if s.take("..."):
        end = parse_time(s)
    name = s.expect(WORD, "a packet (< or >), a system call, a `command` or %{ code }%")[0]
    s.expect("(", f"( behind {name}")
    args = parse_values(s, ")")
    s.expect("=", f"= and what {name}() returns")
    result = parse_value(s)
    error = ""
    if found := s.take(ERRNO):
        error = found[0]
    note = s.take(NOTE)
    return Call(name, args, end, result, error, note[1].strip() if note else "")


def check_times(script: Script) -> None:
    """The first event is at 0, and absolute times never go back."""
    first = script.events[0]
    if first.when.start != 0:
        raise ScriptError(script.path, first.line, "the first event should be at time 0")
    last: int | None = None
    for event in script.events:
        if event.when.kind in (ABSOLUTE, RANGE):
            if last is not None and event.when.start < last:
                message = f"time goes back, from {last / 1e6:.6f} to {event.when.start / 1e6:.6f}"
                raise ScriptError(script.path, event.line, message)
            last = event.when.start
        else:
            last = None
    blocked = [e for e in script.events if isinstance(e.action, Call) and e.action.end is not None]
    for event in blocked:
        assert isinstance(event.action, Call)
        if event.action.end is not None and event.action.end < event.when.start:
            raise ScriptError(script.path, event.line, "the call returns before it begins")
