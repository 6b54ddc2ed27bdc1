"""softnet trace: run a program and print what happens in its labs; or print a capture's segments.

    softnet trace prog.py                          every function that packets pass, on every host
    softnet trace -p tcp prog.py port 80           windows, clocks and states of connections to port 80
    softnet trace -p drops -n h2 lab.toml          what h2 and its links drop: where, why, which counter
    softnet trace run.pcapng tcp port 80           the segments of a capture

The trace is what this command prints: it goes to standard output, and what the program prints to standard
error; with -o FILE the trace goes there, and the program's output stays where it was.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO, cast

from softnet.lab.errors import LabError, unknown
from softnet.lab.filter import compile_filter
from softnet.lab.profiles import PROFILES
from softnet.lab.run import FAILED, OK, USAGE, is_file, run_program
from softnet.lab.settings import Settings
from softnet.lab.trace_file import trace_file
from softnet.lab.units import time_ns
from softnet.wire.capture_files import is_capture

DESCRIPTION = """\
Run a program or a topology file and print what happens in its labs. Or print the TCP segments of a pcap
or pcapng file. The trace goes to standard output, what the program prints to standard error; with -o
the trace goes to that file (of a second lab to FILE-2), and the program prints as always."""
EPILOG = """\
profiles: full: every function that packets pass; tcp: state, windows, round trip and timeout of each
connection's ends, whenever one changes; drops: every packet that hosts and links drop: why, where, and
which counter moved. A filter is tcpdump's, in one word or several: softnet trace prog.py tcp port 80"""


def main(words: Sequence[str]) -> int:
    """The command; its exit code: the program's own, or 2 where the words make no sense."""
    cut = list(words).index("--") if "--" in words else len(words)
    args = parse(words[:cut])
    match = " ".join(args.filter)
    try:
        check(args, match, bool(words[cut + 1 :]))
    except LabError as e:
        print(f"softnet: {e}", file=sys.stderr)
        return USAGE
    if not is_file(args.file):
        return USAGE
    if is_capture(Path(args.file)):
        return of_capture(args, match)
    return of_program(args, match, words[cut + 1 :])


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """softnet: message"""
        if message.startswith("the following arguments are required"):
            message = "name a program, a topology file or a capture"
        self.exit(USAGE, f"softnet: {message}; softnet trace --help says more\n")


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The words before --; options may stand between the others."""
    parser = Parser(
        prog="softnet trace",
        usage="softnet trace [options] PROGRAM|TOPOLOGY|CAPTURE [FILTER] [-- ARGUMENTS OF THE PROGRAM]",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--profile", "-p", metavar="|".join(PROFILES), help="what to show (full)")
    parser.add_argument("-n", dest="host", action="append", metavar="HOST", help="only that host")
    parser.add_argument("--json", action="store_true", help="JSON, one object a line")
    parser.add_argument("--output", "-o", metavar="FILE", help="where the trace goes")
    parser.add_argument("--seed", type=int, metavar="N", help="the luck of every lab")
    parser.add_argument("--until", metavar="TIME", help="stop each lab at that virtual time: 60s")
    parser.add_argument("--faults", metavar="TEXT", help="what goes wrong: 'drop SYN-ACK 2'")
    parser.add_argument("--pcap", metavar="FILE", help="capture every interface, too")
    parser.add_argument("file", metavar="FILE", help="a program, a topology file, or a capture")
    parser.add_argument("filter", metavar="FILTER", nargs="*", help="only these packets")
    args, rest = parser.parse_known_intermixed_args(words)
    if rest:
        known = [name for action in parser._actions for name in action.option_strings]
        parser.error(str(unknown("option", rest[0].partition("=")[0], known)))
    return args


def check(args: argparse.Namespace, match: str, has_own: bool) -> None:
    """What can be said before anything runs; LabError."""
    if args.profile is not None and args.profile not in PROFILES:
        raise unknown("profile", args.profile, PROFILES)
    if args.until is not None:
        time_ns(args.until, "until")
    try:
        compile_filter(match)
    except LabError as e:
        hint = "" if has_own else "; what is for the program itself goes behind --"
        raise LabError(f"{e}{hint}") from None


def of_program(args: argparse.Namespace, match: str, own: Sequence[str]) -> int:
    """Run it, traced."""
    Settings.met.clear()
    Settings.labs = 0
    settings = {
        "seed": args.seed,
        "until": args.until,
        "faults": args.faults,
        "pcap": args.pcap,
        "profile": args.profile or "full",
        "match": match,
        "on": ",".join(args.host or []),
        "trace_json": "1" if args.json else None,
        "trace": args.output or "-",
    }
    if args.output:
        code = run_program(args.file, own, settings)
    else:
        with apart() as out:
            Settings.stream = cast(TextIO, out)
            try:
                code = run_program(args.file, own, settings)
            finally:
                Settings.stream = None
        if code == OK and out.lines <= (not args.json):
            print(f"softnet: {nothing(args.profile, match)}", file=sys.stderr)
    if wrong := [name for name in args.host or [] if name not in Settings.met]:
        print(f"softnet: {unknown('host', wrong[0], Settings.met)}", file=sys.stderr)
        return code or USAGE
    return code


def nothing(profile: str | None, match: str) -> str:
    """Why a trace has no line."""
    if not Settings.met:
        return "the program made no host: nothing was traced"
    what = {"tcp": "there was no connection", "drops": "nothing was dropped"}
    words = what.get(profile or "", "no packet was seen")
    return f"{words} that passes {match!r}" if match else words


def of_capture(args: argparse.Namespace, match: str) -> int:
    """Print its segments."""
    for name in ("seed", "until", "faults", "pcap"):
        if getattr(args, name) is not None:
            print(f"softnet: {args.file} is a capture: --{name} is for programs", file=sys.stderr)
            return USAGE
    if args.profile not in (None, "tcp"):
        print(
            f"softnet: {args.file} is a capture, which has only what passed the wire: -p tcp shows "
            "its segments, softnet plot draws them",
            file=sys.stderr,
        )
        return USAGE
    if len(args.host or []) > 1:
        print("softnet: a capture is looked at from one host: one -n", file=sys.stderr)
        return USAGE
    host = args.host[0] if args.host else ""
    try:
        with written(args.output) as out:
            shown = trace_file(args.file, out, match, host, args.json)
    except (OSError, ValueError) as e:
        print(
            f"softnet: {e}" if isinstance(e, OSError) else f"softnet: {args.file}: {e}",
            file=sys.stderr,
        )
        return USAGE if isinstance(e, LabError) else FAILED
    if not shown:
        print(
            f"softnet: no TCP in this capture{match and f' that passes {match!r}'}", file=sys.stderr
        )
    return OK


@contextmanager
def written(path: str | None) -> Iterator[TextIO]:
    """A file, or standard output."""
    if path is None:
        yield cast(TextIO, Output(sys.stdout))
        return
    with Path(path).open("w") as out:
        yield out


@contextmanager
def apart() -> Iterator[Output]:
    """Standard output as it was; what is printed meanwhile goes to standard error, of real programs too."""
    stdout = sys.stdout
    stdout.flush()
    try:
        mine = stdout.fileno() == 1
    except (OSError, ValueError, AttributeError):  # somebody put something else there
        mine = False
    if not mine:
        sys.stdout = sys.stderr
        try:
            yield Output(stdout)
        finally:
            sys.stdout = stdout
        return
    saved = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(os.dup(saved), "w", buffering=1 if os.isatty(saved) else -1) as stream:
            yield Output(stream)
    finally:
        stdout.flush()
        os.dup2(saved, 1)
        os.close(saved)


class Output(io.TextIOBase):
    """A stream that counts its lines; when its reader has gone the process ends, as tcpdump would."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.lines = 0

    def write(self, text: str) -> int:
        """Write it."""
        self.lines += text.count("\n")
        try:
            return self.stream.write(text)
        except BrokenPipeError:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGPIPE)
            raise

    def flush(self) -> None:
        """Write what waits."""
        self.stream.flush()
