"""Link: a cable between two network cards, and what may go wrong in it.

wire = lab.link(h1, h2, rate="10mbit", delay="20ms", loss="1%")
wire.set(loss="5%")                          the others stay
wire.down(); wire.up()
wire.down(towards="h2")                      one way; nobody sees the carrier go
wire.drop(nth=3, match="tcp[tcpflags] & tcp-syn != 0")
wire.rule("delay", nth=2, match="udp", by="300ms")
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from softnet.lab.addressing import mac_address
from softnet.lab.errors import LabError, unknown
from softnet.lab.filter import compile_filter
from softnet.lab.units import Quantity, chance, rate_bps, show_chance, show_rate, show_time, time_ns
from softnet.machine.cable import ACTIONS, Cable, Direction, FrameRule

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

    def __init__(self, link: Link, node: Node, address: IPv4Interface, mtu: int = 0) -> None:
        self.link = link
        self.node = node
        self.address = address
        self.mtu = mtu
        self.mac = mac_address(node.host.machine.host_id, len(node.ends))
        self.port = link.cable.a if not hasattr(link, "a") else link.cable.b
        self.device = ""

    def plug(self) -> None:
        """A network card in the node, on this end of the cable, up and with its address."""
        host = self.node.host
        self.device = host.add_e1000(self.port, self.mac)
        if self.mtu:
            host.set_mtu(self.device, self.mtu)
        host.set_up(self.device)
        host.add_address(self.device, str(self.address.ip), self.address.network.prefixlen)

    def unplug(self) -> None:
        """The node lost power: its card sends and hears nothing any more."""
        self.port = self.link.cable.new_port(self.port)

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

    def down(self, towards: str | None = None) -> None:
        """Pull the plug: what is on the way is lost, both ends see no carrier.

        towards: the name of a node; what is sent to it is lost, and neither end sees a thing.
        """
        if towards is None:
            self.cable.set_carrier(False)
            return
        for direction in self.directions(towards):
            direction.set_cut(True)

    def up(self, towards: str | None = None) -> None:
        """Plug it in again; with towards, undo down(towards)."""
        for direction in self.directions(towards):
            direction.set_cut(False)
        if towards is None:
            self.cable.set_carrier(True)

    def hold(self, towards: str | None = None) -> None:
        """Keep every frame in the cable until release()."""
        for direction in self.directions(towards):
            direction.hold()

    def release(self, towards: str | None = None) -> None:
        """Let go what hold() kept, in order."""
        for direction in self.directions(towards):
            direction.release()

    def drop(self, nth: int = 0, match: Match = "", towards: str | None = None) -> FrameRule:
        """Drop the nth frame that matches (from now on, counted from 1), or every one.

        match: a filter as tcpdump knows it (lab/filter.py), or a function of the frame's bytes.
        The rule's `hits` says how often it struck; undrop() ends it.
        """
        return self.rule("drop", nth, match, towards)

    def rule(
        self,
        action: str,
        nth: int = 0,
        match: Match = "",
        towards: str | None = None,
        by: Quantity = "200ms",
    ) -> FrameRule:
        """As drop(), for other actions: "duplicate", "corrupt", "delay" (`by` so much), "swap".

        A delayed frame may be overtaken; a swapped one arrives behind the frame that follows it.
        """
        if action not in ACTIONS:
            raise unknown("action", action, ACTIONS)
        if nth < 0:
            raise LabError(f"nth={nth}: frames are counted from 1; 0 means every one")
        test = compile_filter(match) if isinstance(match, str) else match
        only = self.directions(towards)[0] if towards is not None else None
        return self.cable.rule(nth, test, only, action, time_ns(by, "by"))

    def undrop(self, rule: FrameRule) -> None:
        """End a rule of drop() or rule()."""
        self.cable.remove_rule(rule)

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
        for direction in (self.cable.ab, self.cable.ba):
            if direction.cut:
                end = self.b if direction is self.cable.ab else self.a
                words.append(f"down towards {end.node.name}")
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
