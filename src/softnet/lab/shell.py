"""softnet shell: a lab by hand. The first word is the host, as in Mininet.

    h1 ping -c 3 h2         a tool of softnet's on h1, to its end
    h1 ss -tan &            in the background
    h1 curl http://h2       a real program; h1 exec ping h2, where a tool has its name
    run 5s                  let time pass
    link h1-h2 down         link, host, partition, heal: as in the [[events]] of a file
    help  hosts  topology  blocked  drops  now  exit

Reads a terminal, with a prompt and completion, or a pipe.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator

from softnet.lab.errors import LabError, TimeLimit, unknown
from softnet.lab.file import command
from softnet.lab.topology import Lab
from softnet.tools.commands import TOOLS
from softnet.tools.terminal import split

VERBS = ("link", "host", "partition", "heal")
PROMPT = "softnet> "


class Shell:
    """Reads lines, does what they say, prints what comes of it."""

    def __init__(self, lab: Lab, out: Callable[[str], object] = print) -> None:
        self.lab = lab
        self.out = out
        self.failed = False  # did a line make no sense?
        self.words: dict[str, Callable[[list[str]], str]] = {
            "help": self.help,
            "hosts": lambda words: " ".join(self.lab.nodes),
            "topology": lambda words: self.lab.topology(),
            "blocked": lambda words: self.lab.blocked(),
            "drops": lambda words: self.lab.drops(),
            "now": lambda words: f"{self.lab.now:.6f} s",
            "run": self.let_run,
        }

    def loop(self, lines: Iterable[str]) -> bool:
        """Every line, until exit; did all make sense?"""
        for line in lines:
            if line.strip() in ("exit", "quit"):
                break
            if text := self.line(line):
                self.out(text)
        return not self.failed

    def line(self, line: str) -> str:
        """One line; what there is to say about it."""
        try:
            words = split(line.partition("#")[0])
            return self.do(words) if words else ""
        except (LabError, TimeLimit, ValueError) as e:
            self.failed = True
            return f"softnet: {e}"
        except OSError as e:
            self.failed = True
            return f"softnet: {e.strerror or e}"

    def do(self, words: list[str]) -> str:
        """The words of a line."""
        first = words[0]
        if first in self.lab.nodes:
            return self.on_host(first, words[1:])
        if first in self.words:
            return self.words[first](words[1:])
        if first in VERBS:
            command(self.lab, " ".join(words))()
            return ""
        raise unknown("host or command", first, [*self.lab.nodes, *self.words, *VERBS])

    def on_host(self, name: str, words: list[str]) -> str:
        """A tool on a host; with & it is left to run when time passes."""
        node = self.lab.node(name)
        if words in ([], ["&"]):
            return f"{node!r} {node.address}"
        if words[0] == "exec" and len(words) > 1 and words[1] != "&":
            words = words[1:]
        elif words[0] in TOOLS:
            if words[-1] == "&":
                return f"{node.start(' '.join(words[:-1]))!r}"
            return str(node.sh(" ".join(words)))
        try:
            if words[-1] == "&":
                return f"{node.popen(*words[:-1])!r}"
            done = node.exec(*words)
            return (done.stdout + done.stderr).rstrip("\n")
        except FileNotFoundError:
            raise unknown("tool or program", words[0], TOOLS, f" for {name!r}") from None

    def let_run(self, words: list[str]) -> str:
        """run 5s: that long; run: until nothing is left to do."""
        if words:
            self.lab.run_for(words[0])
        else:
            self.lab.run()
        return f"{self.lab.now:.6f} s"

    def help(self, words: list[str]) -> str:
        """What can be typed."""
        hosts = " ".join(self.lab.nodes) or "(none)"
        return (
            f"HOST TOOL ...   hosts: {hosts}; tools: {' '.join(sorted(TOOLS))}; & leaves it running\n"
            "HOST [exec] PROGRAM ...         a real program; exec where a tool has its name\n"
            "run [TIME]      let time pass, or till nothing is left to do\n"
            "link NAME down | up | hold | release | set loss 5%\n"
            "host NAME crash | restart      partition a,b c      heal\n"
            "hosts  topology  blocked  drops  now  help  exit"
        )


def terminal_lines(lab: Lab) -> Iterator[str]:
    """Lines typed at a terminal, with completion where readline is."""
    try:
        readline = importlib.import_module("readline")
    except ModuleNotFoundError:
        readline = None
    if readline is not None:
        names = sorted({*lab.nodes, *lab.links, *TOOLS, *VERBS, "run", "help", "exit"})

        def complete(text: str, n: int) -> str | None:
            found = [name for name in names if name.startswith(text)]
            return found[n] + " " if n < len(found) else None

        readline.set_completer(complete)
        readline.parse_and_bind("tab: complete")
    while True:
        try:
            yield input(PROMPT)
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print()


def run_shell(lab: Lab) -> bool:
    """The shell on standard input; did every line make sense? At a terminal nobody asks."""
    shell = Shell(lab)
    if sys.stdin.isatty():
        shell.loop(terminal_lines(lab))
        return True
    return shell.loop(sys.stdin)
