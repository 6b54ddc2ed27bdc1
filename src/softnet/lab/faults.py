"""Schedules of faults: what goes wrong in a run, as values that print as one line and read back.

    with softnet.Lab(faults="drop SYN-ACK 2; cut a-b at 3s for 2s; crash web at 5s for 1s") as lab:

    drop KIND N [towards HOST] [on LINK]         the N-th such packet is lost (lab/packets.py: kinds)
    duplicate | corrupt | swap KIND N ...        doubled, damaged, overtaken by the next one
    delay KIND N by TIME ...                     arrives so much later
    cut LINK [towards HOST] at TIME [for TIME]   the plug is pulled; towards: one way, unseen; * is all
    crash HOST at TIME [for TIME]                power off; after `for` it boots again

A KIND may be a filter in quotes: drop 'udp port 53' 1. Packets are counted over all links that
the fault is about, from the lab's beginning, once on each cable that they cross.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from softnet.lab.errors import LabError, unknown
from softnet.lab.packets import matcher
from softnet.lab.units import TIMES, time_ns
from softnet.machine.cable import ACTIONS, FrameRule

if TYPE_CHECKING:
    from softnet.lab.link import Link
    from softnet.lab.node import Node
    from softnet.lab.topology import Lab

VERBS = (*ACTIONS, "cut", "crash")
EVERY = "*"


@dataclass(frozen=True, slots=True)
class PacketFault:
    """Something happens to one packet."""

    action: str
    what: str
    nth: int
    towards: str = ""
    link: str = ""
    by: int = 0  # ns, of a delay

    def __str__(self) -> str:
        words = [self.action, shlex.quote(self.what), str(self.nth)]
        if self.action == "delay":
            words += ["by", exact_time(self.by)]
        if self.towards:
            words += ["towards", self.towards]
        if self.link:
            words += ["on", self.link]
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class Cut:
    """A link is down for a while; length 0 is for ever."""

    link: str
    towards: str = ""
    at: int = 0  # ns
    length: int = 0  # ns

    def __str__(self) -> str:
        way = f" towards {self.towards}" if self.towards else ""
        return f"cut {self.link}{way} {when(self.at, self.length)}"


@dataclass(frozen=True, slots=True)
class Crash:
    """A host loses power, and gets it back after length, unless that is 0."""

    host: str
    at: int = 0  # ns
    length: int = 0  # ns

    def __str__(self) -> str:
        return f"crash {self.host} {when(self.at, self.length)}"


Fault = PacketFault | Cut | Crash


@dataclass(frozen=True, slots=True)
class Schedule:
    """Faults, in any order."""

    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        return "; ".join(map(str, self.faults))

    def __repr__(self) -> str:
        return f"Schedule({str(self)!r})"

    def __len__(self) -> int:
        return len(self.faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.faults)


def schedule(faults: Schedule | str | Iterable[Fault]) -> Schedule:
    """A schedule from its text, or from faults; LabError."""
    if isinstance(faults, Schedule):
        return faults
    if not isinstance(faults, str):
        return Schedule(tuple(faults))
    return Schedule(tuple(parse(part) for part in split(faults)))


def split(text: str) -> list[list[str]]:
    """The words of each fault."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";\n")
    lexer.whitespace = " \t"
    lexer.whitespace_split = True
    lexer.commenters = ""
    parts: list[list[str]] = [[]]
    try:
        for word in lexer:
            if set(word) <= {";", "\n"}:
                parts.append([])
            else:
                parts[-1].append(word)
    except ValueError as e:
        raise LabError(f"faults {text!r}: {e}") from None
    return [part for part in parts if part]


def parse(words: list[str]) -> Fault:
    """One fault from its words."""
    verb, *rest = words
    if verb not in VERBS:
        raise unknown("fault", verb, VERBS)
    usage = "write " + USAGE[verb if verb in USAGE else "drop"].replace("drop", verb)
    plain = 2 if verb in ACTIONS else 1
    options = dict(zip(rest[plain::2], rest[plain + 1 :: 2], strict=False))
    allowed = OPTIONS.get(verb, ("towards", "on"))
    for name in options:
        if name not in allowed:
            raise unknown("word", name, allowed, f" in fault {' '.join(words)!r}")
    if len(rest) < plain or len(rest) != plain + 2 * len(options):
        raise LabError(f"fault {' '.join(words)!r}: {usage}")
    if verb in ACTIONS:
        if not rest[1].isdigit() or rest[1] == "0":
            raise LabError(f"fault {' '.join(words)!r}: packets are counted from 1; {usage}")
        matcher(rest[0])
        by = time_ns(options.get("by", "200ms"), "by") if verb == "delay" else 0
        way = (options.get("towards", ""), options.get("on", ""))
        return PacketFault(verb, rest[0], int(rest[1]), *way, by)
    at, length = (time_ns(options.get(name, 0), name) for name in ("at", "for"))
    if verb == "crash":
        return Crash(rest[0], at, length)
    return Cut(rest[0], options.get("towards", ""), at, length)


USAGE = {
    "drop": "drop SYN-ACK 2 [towards HOST] [on LINK]",
    "delay": "delay DATA 2 by 200ms [towards HOST] [on LINK]",
    "cut": "cut LINK [towards HOST] at 3s [for 2s]",
    "crash": "crash HOST at 3s [for 2s]",
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "delay": ("by", "towards", "on"),
    "cut": ("towards", "at", "for"),
    "crash": ("at", "for"),
}


class Faults:
    """A schedule at work in a lab: it sees each host and link as they are made."""

    def __init__(self, lab: Lab, plan: Schedule) -> None:
        self.lab = lab
        self.plan = plan
        self.rules = [(f, rule_of(f)) for f in plan if isinstance(f, PacketFault)]

    def on_host(self, node: Node) -> None:
        """A new host: it may crash."""
        for f in self.plan:
            if isinstance(f, Crash) and f.host == node.name:
                self.during(f.at, f.length, node.crash, node.restart)

    def on_link(self, link: Link) -> None:
        """A new link: packets on it are struck, it may be cut."""
        ends = (link.a.node.name, link.b.node.name)
        for packet, rule in self.rules:
            if packet.link in ("", link.name) and packet.towards in ("", *ends):
                only = link.directions(packet.towards)[0] if packet.towards else None
                link.cable.add_rule(rule, only)
        for f in self.plan:
            if isinstance(f, Cut) and f.link in (EVERY, link.name) and f.towards in ("", *ends):
                self.cut(link, f)

    def cut(self, link: Link, f: Cut) -> None:
        """Cut link when f says so."""
        way = f.towards or None
        self.during(f.at, f.length, lambda: link.down(way), lambda: link.up(way))

    def during(
        self, at: int, length: int, begin: Callable[[], None], end: Callable[[], None]
    ) -> None:
        """begin() at that time, end() so much later, unless length is 0."""
        self.lab.world.at(at, 0, begin)
        if length:
            self.lab.world.at(at + length, 0, end)

    def idle(self) -> list[str]:
        """The faults on packets that never came."""
        return [str(fault) for fault, rule in self.rules if not rule.hits]


def rule_of(fault: PacketFault) -> FrameRule:
    """What a cable knows of a fault."""
    return FrameRule(matcher(fault.what), fault.nth, fault.action, fault.by)


def when(at: int, length: int) -> str:
    """ "at 3s for 2s" """
    return f"at {exact_time(at)}" + (f" for {exact_time(length)}" if length else "")


def exact_time(ns: int) -> str:
    """1_500_000_000 -> "1.5s": no digit is lost."""
    unit = next(u for u in ("s", "ms", "us", "ns") if ns >= TIMES[u] or u == "ns") if ns else "s"
    whole, rest = divmod(ns, TIMES[unit])
    digits = f"{rest:0{len(str(TIMES[unit])) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{digits}{unit}" if digits else f"{whole}{unit}"
