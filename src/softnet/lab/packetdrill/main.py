"""softnet packetdrill: run scripts, print a verdict for each.

    softnet packetdrill [options] script.pkt ...

Exit codes: 0 every script passed, 1 one failed, 2 a script or the command line makes no sense.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from softnet.lab.packetdrill.config import Config, option_names, takes_value
from softnet.lab.packetdrill.nodes import ScriptError
from softnet.lab.packetdrill.report import ERROR, FAIL, PASS, Verdict
from softnet.lab.packetdrill.runner import run_script
from softnet.lab.packetdrill.script import parse_script
from softnet.lab.packetdrill.symbols import did_you_mean

OK, FAILED, USAGE = 0, 1, 2
OWN = ("trace", "json", "quiet", "repeat", "help", "verbose")  # options that no script has
TEXT_MAX = 100  # characters of a line that makes no sense
HELP = """usage: softnet packetdrill [options] script.pkt|folder ...

Run packetdrill scripts against a softnet host, in virtual time.

  --trace                  print each packet, call and command
  --json                   verdicts as JSON, one object a line
  -q, --quiet              print failures only
  -D NAME=VALUE            give a name of the scripts a meaning (also --define NAME=VALUE)
  --tolerance_usecs=N      how early or late a packet may be; 0 if nothing is said
  --era=3.2                the kernel whose behaviour is wanted
  --repeat=N               run each script N times, with the seeds from --seed=1 up
  --dry_run                look at the scripts, run nothing
and all options that a script may have at its top: --mtu --local_ip --remote_ip --gateway_ip
--bind_port --connect_port --tcp_ts_tick_usecs --strict_segments --non_fatal --ip_version ...

Exit codes: 0 every script passed, 1 one failed, 2 a script or the command line makes no sense."""


class Usage(Exception):
    """The command line makes no sense."""


class Arguments:
    """The command line."""

    def __init__(self, words: Sequence[str]) -> None:
        self.config = Config()
        self.paths: list[str] = []
        self.trace = self.json = self.quiet = self.help = False
        self.repeat = 1
        left = list(words)
        while left:
            self.take(left.pop(0), left)
        self.trace = self.trace or self.config.verbose

    def take(self, word: str, left: list[str]) -> None:
        """One word, and its value from those that are left."""
        if word == "--":
            self.paths += left
            left.clear()
        elif word in ("-h", "--help"):
            self.help = True
        elif word in ("-v", "--verbose", "--trace"):
            self.trace = True
        elif word == "--json":
            self.json = True
        elif word in ("-q", "--quiet"):
            self.quiet = True
        elif word.startswith("-D"):
            self.set("define", word[2:].lstrip("=") or value_of(word, left))
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            name = name.replace("-", "_")
            if not equals and (name == "repeat" or (name in option_names() and takes_value(name))):
                value = value_of(word, left)
            if name == "repeat":
                self.repeat = int(value) if value.isdigit() else 0
                if not self.repeat:
                    raise Usage("--repeat is a number from 1 up")
            else:
                self.set(name, value)
        elif word.startswith("-") and len(word) > 1:
            raise Usage(f"unknown option {word}: softnet packetdrill --help has them")
        else:
            self.paths.append(word)

    def set(self, name: str, value: str) -> None:
        """One of the options that scripts have, too."""
        if name not in ("define", *option_names()):
            hint = did_you_mean(name, [*option_names(), *OWN])
            raise Usage(f"unknown option --{name}{hint or ': --help has them'}")
        try:
            self.config.set(name, value)
        except ValueError as e:
            raise Usage(str(e)) from None


def value_of(word: str, left: list[str]) -> str:
    """The value that follows an option."""
    if not left:
        raise Usage(f"{word} needs a value")
    return left.pop(0)


def main(words: Sequence[str]) -> int:
    """softnet packetdrill; the exit code."""
    try:
        args = Arguments(words)
    except Usage as e:
        print(f"softnet packetdrill: {e}", file=sys.stderr)
        return USAGE
    if args.help:
        print(HELP)
        return OK
    if not args.paths:
        print(HELP, file=sys.stderr)
        return USAGE
    ends: Counter[str] = Counter()
    worst = OK
    for path in scripts(args.paths):
        for verdict in repeat_path(path, args.config, args.repeat, args.trace):
            show(verdict, args)
            ends[verdict.verdict] += 1
            worst = max(worst, code_of(verdict))
    if ends.total() > 1 and not args.json and not (args.quiet and worst == OK):
        print(summary(ends))
    return worst


def summary(ends: Counter[str]) -> str:
    """What became of many runs, in a line."""
    words = ((PASS, "passed"), (FAIL, "failed"), (ERROR, "made no sense"))
    return ", ".join(f"{ends[end]} {said}" for end, said in words if ends[end])


def scripts(paths: Sequence[str]) -> list[str]:
    """The scripts that words name: a folder stands for all below it."""
    found: list[str] = []
    for path in paths:
        below = sorted(Path(path).rglob("*.pkt")) if Path(path).is_dir() else []
        found += [str(p) for p in below] or [path]
    return found


def repeat_path(path: str, config: Config, times: int, trace: bool = False) -> Iterator[Verdict]:
    """Run a script until it fails, at most so many times, each time with another seed."""
    for n in range(times):
        lucky = config.copy()
        lucky.seed += n
        verdict = run_path(path, lucky, trace)
        if not verdict.passed() and times > 1:
            verdict.message += f" (--seed={lucky.seed})"
        yield verdict
        if not verdict.passed():
            break


def run_path(path: str, config: Config, trace: bool = False) -> Verdict:
    """Read a script and run it."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except IsADirectoryError:
        return Verdict(path, ERROR, 0, message="no .pkt file is in this folder")
    except OSError as e:
        return Verdict(path, ERROR, 0, message=e.strerror or str(e))
    try:
        script = parse_script(path, text, config.defines)
    except ScriptError as e:
        lines = text.splitlines()
        said = lines[e.line - 1].strip() if 0 < e.line <= len(lines) else ""
        return Verdict(path, ERROR, e.line, message=e.message, script_text=said[:TEXT_MAX])
    try:
        return run_script(script, config, print if trace else None)
    except Exception as e:  # noqa: BLE001 (a bug of softnet must not hide the other scripts' verdicts)
        traceback.print_exc()
        line = script.events[0].line
        return Verdict(path, FAIL, line, message=f"softnet broke: {type(e).__name__}: {e}")


def code_of(verdict: Verdict) -> int:
    """A verdict as an exit code."""
    return {ERROR: USAGE, FAIL: FAILED}.get(verdict.verdict, OK)


def show(verdict: Verdict, args: Arguments) -> None:
    """Print a verdict."""
    if args.json:
        print(json.dumps(verdict.json()))
        return
    for warning in verdict.warnings:
        print(f"{warning} (warning)", file=sys.stderr)
    if verdict.passed():
        if not args.quiet:
            print(verdict.text())
    else:
        print(verdict.text(), file=sys.stderr)
