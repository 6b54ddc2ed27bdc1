"""Link: a cable between two network cards, and what may go wrong in it.

wire = lab.link(h1, h2, rate="10mbit", delay="20ms", loss="1%")
wire.set(loss="5%")                          the others stay
wire.down(); wire.up()
wire.drop(nth=3, match="tcp[tcpflags] & tcp-syn != 0")
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from softnet.lab.errors import LabError, unknown
from softnet.lab.filter import compile_filter
from softnet.lab.units import Quantity, chance, rate_bps, show_chance, show_rate, show_time, time_ns
from softnet.machine.cable import Cable, Direction, DropRule

if TYPE_CHECKING:
    from softnet.lab.node import Node

SETTINGS = {
    "rate": rate_bps,
    "delay": time_ns,
    "jitter": time_ns,
    "loss": chance,
    "duplicate": chance,
    "reorder": chance,
    "corrupt": chance,
}
Setting = Quantity | None
Match = str | Callable[[bytes | bytearray], object]


class End:
    """One end of a link: a device of a node, with its address."""

    def __init__(self, link: Link, node: Node, device: str, address: IPv4Interface) -> None:
        self.link = link
        self.node = node
        self.device = device
        self.address = address

    def peer(self) -> End:
        """The other end."""
        return self.link.b if self.link.a is self else self.link.a

    def __str__(self) -> str:
        return f"{self.node.name}:{self.device}"


class Link:
    """A link of a lab; made by lab.link()."""

    def __init__(self, name: str, cable: Cable) -> None:
        self.name = name
        self.cable = cable
        self.a: End
        self.b: End

    def __repr__(self) -> str:
        return f"<Link {self.name} {self.describe()}>"

    def set(self, *, towards: str | None = None, **settings: Setting) -> Link:
        """Change settings: rate, delay, jitter, loss, duplicate, reorder, corrupt, queue.

        towards: the name of a node, for the direction to it only. queue: frames that may wait for
        the transmitter, "100" or "pfifo 100". Settings that are None or absent stay as they are.
        """
        for direction in self.directions(towards):
            direction.set(**cable_settings(settings))
        return self

    def down(self) -> None:
        """Pull the plug: what is on the way is lost, both ends see no carrier."""
        self.cable.set_carrier(False)

    def up(self) -> None:
        """Plug it in again."""
        self.cable.set_carrier(True)

    def drop(self, nth: int = 0, match: Match = "", towards: str | None = None) -> DropRule:
        """Drop the nth frame that matches (from now on, counted from 1), or every one.

        match: a filter as tcpdump knows it (lab/filter.py), or a function of the frame's bytes.
        The rule's `hits` says how often it struck; undrop() ends it.
        """
        if nth < 0:
            raise LabError(f"nth={nth}: frames are counted from 1; 0 means every one")
        test = compile_filter(match) if isinstance(match, str) else match
        only = self.directions(towards)[0] if towards is not None else None
        return self.cable.drop(nth, test, only)

    def undrop(self, rule: DropRule) -> None:
        """End a rule of drop()."""
        self.cable.undrop(rule)

    def directions(self, towards: str | None) -> tuple[Direction, ...]:
        """Both, or the one towards a node."""
        if towards is None:
            return (self.cable.ab, self.cable.ba)
        if towards == self.b.node.name:
            return (self.cable.ab,)
        if towards == self.a.node.name:
            return (self.cable.ba,)
        ends = [self.a.node.name, self.b.node.name]
        raise unknown("end", towards, ends, f" of link {self.name}")

    def describe(self) -> str:
        """Its settings, as one would type them: "10mbit 20ms loss 1%"."""
        d = self.cable.ab
        words = [show_rate(d.rate)] if d.rate else []
        if d.delay:
            words.append(show_time(d.delay))
        if d.jitter:
            words.append("jitter " + show_time(d.jitter))
        for name in ("loss", "duplicate", "reorder", "corrupt"):
            if getattr(d, name):
                words.append(f"{name} {show_chance(getattr(d, name))}")
        if not self.cable.up:
            words.append("down")
        return " ".join(words) or "no limits"


def cable_settings(settings: dict[str, Setting]) -> dict[str, int | float]:
    """The user's words as the cable's numbers."""
    numbers: dict[str, int | float] = {}
    for name, value in settings.items():
        if value is None:
            continue
        if name == "queue":
            numbers["queue_max"] = queue_frames(value)
        elif name in SETTINGS:
            numbers[name] = SETTINGS[name](value, name)
        else:
            raise unknown("link setting", name, [*SETTINGS, "queue"])
    return numbers


def queue_frames(value: Quantity) -> int:
    """ "100" or "pfifo 100" -> 100."""
    text = str(value).removeprefix("pfifo").strip()
    if not text.isdigit():
        raise LabError(f"queue={value!r} is no number of frames: write 100 or 'pfifo 100'")
    return int(text)
