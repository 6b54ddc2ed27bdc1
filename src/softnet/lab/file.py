"""Topology files at work: the lab that one describes, its commands and events.

    file = load("lossy.toml")
    file.build(lab)                    hosts, links, capture, events, and the commands, not yet run
    exit_code = run_file("lossy.toml")

lab/schema.py knows what may stand in a file.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from softnet.lab.child import Child
from softnet.lab.errors import LabError, unknown
from softnet.lab.node import Node, module_main
from softnet.lab.proc import Proc
from softnet.lab.schema import HostTable, LinkTable, RunTable, Topology, read
from softnet.lab.topology import Lab
from softnet.lab.units import time_ns
from softnet.tools.commands import TOOLS
from softnet.tools.terminal import split
from softnet.usr import api as usr

SETTINGS = ("rate", "delay", "jitter", "loss", "duplicate", "reorder", "corrupt", "queue")


class TopologyFile:
    """A file that was read, and what became of its commands."""

    def __init__(self, path: Path, topology: Topology) -> None:
        self.path = path
        self.topology = topology
        self.procs: list[tuple[Proc, RunTable]] = []

    def lab(self, seed: int | None = None) -> Lab:
        """An empty lab with the file's settings."""
        t = self.topology.lab
        return Lab(
            t.seed if seed is None else seed,
            clock=t.clock,
            order=t.order,
            faults=t.faults,
            isolate=t.isolate,
        )

    def build(self, lab: Lab, start: bool = True) -> None:
        """Make what the file describes. start: its commands and events, too."""
        t = self.topology
        for name, table in t.hosts.items():
            configure(lab.host(name, **boot(table)), table)
        for name, table in t.routers.items():
            configure(lab.router(name, **boot(table)), table)
        for link in t.links:
            self.add_link(lab, link)
        if not start:
            return
        if t.capture is not None:
            lab.capture(t.capture.file, match=t.capture.filter, on=t.capture.on)
        for event in t.events:
            lab.at(event.at, command(lab, event.do))
        for name, table in (t.hosts | t.routers).items():
            for row in table.run:
                run = row if isinstance(row, RunTable) else RunTable(row)
                self.procs.append((self.start(lab.node(name), run), run))

    def add_link(self, lab: Lab, link: LinkTable) -> None:
        """One row of [[links]]."""
        defaults = self.topology.defaults.link
        settings: dict[str, Any] = {
            name: value
            for name in SETTINGS
            if (value := own(getattr(link, name), getattr(defaults, name))) is not None
        }
        ends = [end.partition(":")[0] for end in link.ends]
        for end, name in zip(link.ends, ends, strict=True):
            device = end.partition(":")[2]
            expected = f"eth{len(lab.node(name).ends)}"
            if device not in ("", expected):
                raise LabError(
                    f"{self.path}: the next device of {name!r} is {expected}, not {device!r}: "
                    "devices are numbered in the order of [[links]]"
                )
        a, b = link.addresses
        mtu = link.mtu or defaults.mtu
        lab.link(*ends, name=link.name, address_a=a, address_b=b, mtu=mtu, **settings)

    def check_command(self, node: Node, cmd: str) -> list[str]:
        """The words of a command: a tool of softnet's, python, or a real program. LabError."""
        words = split(cmd)
        if words and words[0] in TOOLS:
            return words
        if len(words) < 2 or words[0] not in ("python", "python3"):
            words = words[1:] if words[:1] == ["exec"] else words
            try:
                usr.find_program(words[0] if words else "", os.environ, str(self.path.parent))
            except FileNotFoundError as e:
                raise LabError(
                    f"{self.path}: {cmd!r} on {node.name!r} is neither 'python FILE', 'python -m "
                    f"MODULE', one of softnet's tools ({' '.join(sorted(TOOLS))}) nor a program of "
                    "this machine"
                ) from e
            except (OSError, ValueError) as e:
                raise LabError(f"{self.path}: {cmd!r} on {node.name!r}: {e}") from e
            return ["exec", *words]
        if words[1] != "-m" and not (self.path.parent / words[1]).is_file():
            raise LabError(f"{self.path}: {cmd!r} on {node.name!r}: there is no file {words[1]!r}")
        return words

    def start(self, node: Node, run: RunTable) -> Proc:
        """One command of a host."""
        words = self.check_command(node, run.cmd)
        if words[0] in TOOLS:
            return node.start(run.cmd, start_time=run.start)
        if words[0] == "exec":
            return node.popen(*words[1:], cwd=str(self.path.parent), start_time=run.start)
        if words[1] == "-m":
            argv = words[2:]
            return node.start(module_main, *argv[:1], argv, name=argv[0], start_time=run.start)
        argv = [str(self.path.parent / words[1]), *words[2:]]
        return node.start(script_main, argv, name=words[1], start_time=run.start)

    def run(self, lab: Lab, until: str | None = None) -> bool:
        """Let time pass till `stop`; without, till the commands that one expects something of are over.

        Were the expectations met? Prints what tools printed and what went wrong.
        """
        stop = until if until is not None else self.topology.lab.stop
        awaited = [proc for proc, run in self.procs if run.expect is not None]
        if awaited and stop is None:
            lab.run_until(partial(all_over, awaited))
        else:
            lab.run(until=stop)
        return self.conclude()

    def conclude(self) -> bool:
        """Print what tools printed, and what was not as expected."""
        good = True
        for proc, run in self.procs:
            if proc.stdout:
                print(f"{proc.node.name}$ {run.cmd}\n{proc.stdout}", end="")
            if isinstance(proc, Child):
                print(proc.stderr, end="", file=sys.stderr)
            code = proc.returncode
            if code == 1 and (text := proc.traceback()):
                print(text, end="", file=sys.stderr)
            if run.expect is not None and code != run.expect:
                good = False
                was = "has not ended" if code is None else f"ended with {code}"
                print(
                    f"softnet: {run.cmd!r} on {proc.node.name!r} {was}, not with {run.expect}",
                    file=sys.stderr,
                )
        return good


def load(path: str | Path) -> TopologyFile:
    """Read a file; LabError says in which line what is wrong."""
    return TopologyFile(Path(path), read(Path(path)))


def check(path: str | Path) -> str:
    """Build the file's lab without running it; what it is, in a line. LabError."""
    file = load(path)
    with file.lab() as lab:
        file.build(lab, start=False)
        if file.topology.lab.stop is not None:
            time_ns(file.topology.lab.stop, "lab.stop")
        if file.topology.capture is not None:
            lab.capture(BytesIO(), file.topology.capture.filter, file.topology.capture.on)
        for event in file.topology.events:
            time_ns(event.at, "at")
            command(lab, event.do)
        for name, table in (file.topology.hosts | file.topology.routers).items():
            for row in table.run:
                run = row if isinstance(row, RunTable) else RunTable(row)
                time_ns(run.start, f"start of {run.cmd!r}")
                file.check_command(lab.node(name), run.cmd)
        return f"{path}: {len(lab.nodes)} hosts, {len(lab.links)} links, seed {lab.seed}"


def run_file(path: str | Path, until: str | None = None) -> bool:
    """Run a file's lab; were its expectations met?"""
    file = load(path)
    with file.lab() as lab:
        file.build(lab)
        return file.run(lab, until)


def command(lab: Lab, text: str) -> Callable[[], object]:
    """What an event's `do`, or the shell, asks of the lab; LabError before anything is done."""
    words = split(text)
    if words == ["heal"]:
        return lab.heal
    if len(words) >= 3 and words[0] == "link":
        link = lab.links.get(words[1])
        if link is None:
            raise unknown("link", words[1], lab.links)
        verbs = {"down": link.down, "up": link.up, "hold": link.hold, "release": link.release}
        if words[2] in verbs and len(words) == 3:
            return verbs[words[2]]
        if words[2] in ("down", "up") and words[3:4] == ["towards"] and len(words) == 5:
            link.directions(words[4])
            return partial(verbs[words[2]], words[4])
        if words[2] == "set" and len(words) > 3 and len(words) % 2 == 1:
            settings = dict(zip(words[3::2], words[4::2], strict=True))
            if wrong := [name for name in settings if name not in SETTINGS]:
                raise unknown("link setting", wrong[0], SETTINGS)
            return partial(link.set, **settings)
        raise LabError(f"{text!r}: write 'link {link.name} down', up, hold, release or set loss 5%")
    if len(words) == 3 and words[0] == "host":
        node = lab.node(words[1])
        if words[2] not in ("crash", "restart"):
            raise unknown("verb", words[2], ["crash", "restart"])
        return node.crash if words[2] == "crash" else node.restart
    if len(words) == 3 and words[0] == "partition":
        left, right = (words[i].split(",") for i in (1, 2))
        return partial(lab.partition, left, right)
    raise LabError(
        f"{text!r} is nothing a lab can do: write 'link NAME down', 'link NAME set loss 5%', "
        "'host NAME crash', 'partition a,b c' or 'heal'"
    )


def script_main(argv: list[str]) -> None:
    """python ARGV..., in a task."""
    saved = sys.argv, sys.path
    sys.argv = argv
    sys.path = [str(Path(argv[0]).resolve().parent), *sys.path]
    try:
        runpy.run_path(argv[0], run_name="__main__")
    finally:
        sys.argv, sys.path = saved


def boot(table: HostTable) -> dict[str, object]:
    """How a host is made."""
    return {"ncpus": table.ncpus, "ram": table.ram, "era": table.era}


def configure(node: Node, table: HostTable) -> None:
    """A host's settings."""
    for name, value in table.sysctl.items():
        node.sysctl(name, value)


def own(value: object, default: object) -> object:
    """A link's own setting, or the default."""
    return default if value is None else value


def all_over(procs: list[Proc]) -> bool:
    """Are they?"""
    return all(proc.finished() for proc in procs)
