"""The softnet command.

    softnet demo                  two programs talk through a router and a lossy link
    softnet run prog.py           run a program that makes labs, with seed, time limit, capture, trace
    softnet run lab.toml          run the lab of a topology file, TOML or YAML
    softnet trace prog.py tcp port 80    run it, print what packets pass; -p tcp, -p drops; or a capture
    softnet shell lab.toml        type commands on its hosts: h1 ping h2
    softnet check lab.toml        say what is wrong in it; softnet schema prints its JSON Schema
    softnet check-determinism F   run a program twice, say where the runs begin to differ
    softnet run --socket prog.py  run any program, all of its sockets on a softnet host, in real time
    softnet packetdrill a.pkt     run packetdrill scripts against a host
    softnet plot run.pcapng -o run.svg   a picture of a TCP connection in a capture
    softnet doctor                say what works on this machine, and what to do about the rest

Exit codes: 0 all is well, 1 what was run failed, 2 the words make no sense, 124 the time limit of
--until was reached, 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import softnet
from softnet.lab.run import FAILED, INTERRUPTED, OK, USAGE, is_file, run_program, with_file

COMMANDS = (
    "demo", "run", "trace", "packetdrill", "shell", "check", "schema", "check-determinism", "plot", "doctor",
    "demo-tap",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """The softnet command; its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:2] == ["run", "--socket"] and words[2:] not in ([], ["-h"], ["--help"]):
        return do_socket(words[2:])
    if words[:1] == ["packetdrill"]:  # its options are those of scripts: it reads them itself
        return do_packetdrill(words[1:])
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        unknown = importlib.import_module("softnet.lab.errors").unknown
        print(f"softnet: {unknown('command', words[0], COMMANDS)}", file=sys.stderr)
        return USAGE
    if words[:1] == ["trace"]:  # what follows -- belongs to the program, the rest is read there
        return interruptible(lambda: do_trace(words[1:]))
    parser = make_parser()
    # What follows the program's name in `softnet run` belongs to the program.
    args, rest = parser.parse_known_args(words)
    if rest and getattr(args, "program", None) is None:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if args.command is None:
        parser.print_help()
        return USAGE
    return interruptible(lambda: args.command(args))


def interruptible(do: Callable[[], int]) -> int:
    """The exit code of a command; Ctrl-C and a reader who has gone end it without a traceback."""
    try:
        return do()
    except KeyboardInterrupt:
        print("softnet: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return FAILED


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="softnet",
        description="The network subsystem of Linux 3.2 in user space: labs of hosts, links "
        "and unmodified programs, in virtual time and from a seed.",
        epilog="softnet COMMAND --help says more. Examples: softnet demo --seed 8; "
        "softnet run lab.py --until 60s --pcap run.pcapng",
    )
    parser.set_defaults(command=None)
    parser.add_argument("--version", action="version", version=f"softnet {softnet.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="two programs talk through a router and a lossy link",
        description="An unmodified urllib fetches a page from an unmodified http.server, across "
        "a router and a lossy 10 Mbit/s link, in virtual time. Leaves a capture.",
    )
    demo.add_argument("--seed", type=int, default=7, metavar="N", help="other luck (7)")
    demo.add_argument("--pcap", default="demo.pcapng", metavar="FILE", help="(demo.pcapng)")
    demo.add_argument("--everywhere", action="store_true", help="capture on every interface")
    demo.set_defaults(command=do_demo)

    run = commands.add_parser(
        "run",
        help="run a program that makes labs",
        description="Run a Python program that makes labs with softnet.Lab(). The options below "
        "apply to every lab it makes and win over what it says itself.",
    )
    run.add_argument("--seed", type=int, metavar="N", help="the luck of every lab")
    run.add_argument("--until", metavar="TIME", help="stop each lab at that virtual time: 60s")
    run.add_argument("--pcap", metavar="FILE", help="capture every interface")
    run.add_argument(
        "--trace", metavar="FILE", nargs="?", const="-", help="functions that packets pass, as text"
    )
    run.add_argument("--json", action="store_true", help="the trace as JSON lines")
    run.add_argument(
        "--socket",
        action="store_true",
        help="first of all options: a program that knows nothing of labs, or -m MODULE; its "
        "sockets live on a softnet host, in real time",
    )
    run.add_argument("--faults", metavar="TEXT", help="what goes wrong: 'drop SYN-ACK 2'")
    run.add_argument(
        "program", help="the program, or a topology file; what follows are its own arguments"
    )
    run.add_argument("args", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    run.set_defaults(command=do_run)

    commands.add_parser(
        "trace",
        help="run a program and print what packets pass, or a capture's segments",
        add_help=False,
    )
    commands.add_parser(
        "packetdrill", help="run packetdrill scripts against a host", add_help=False
    )

    add_lab_commands(commands)
    add_tcp(commands, run)
    add_machine_commands(commands)
    return parser


def add_tcp(commands: Any, run: argparse.ArgumentParser) -> None:
    """What TCP's connections think, and their pictures."""
    run.add_argument(
        "--profile",
        "-p",
        choices=("full", "tcp", "drops"),
        help="what --trace shows: tcp: windows and clocks; drops: where, why, which counter",
    )
    plot = commands.add_parser(
        "plot",
        help="a picture of a TCP connection in a capture",
        description="Time-sequence and bytes in flight of a TCP connection in a pcap or pcapng file, "
        "as SVG. Without -o: list the connections.",
    )
    plot.add_argument("file", help="the capture")
    plot.add_argument("--output", "-o", metavar="FILE", help="the picture")
    plot.add_argument("--flow", type=int, default=0, metavar="N", help="the Nth connection (0)")
    plot.add_argument("--reverse", action="store_true", help="the direction with less data")
    plot.set_defaults(command=do_plot)


def add_machine_commands(commands: Any) -> None:
    """What is about this machine."""
    doctor = commands.add_parser(
        "doctor",
        help="say what works on this machine",
        description="Look at what softnet needs and can use; say what to do about what is missing.",
    )
    doctor.add_argument("--json", action="store_true", help="for programs, with every row of it")
    doctor.set_defaults(command=do_doctor)

    tap = commands.add_parser(
        "demo-tap",
        help="the machine's own ping and curl talk to a softnet host",
        description="A softnet host behind a TAP device in a network namespace of its own; the "
        "machine's ping, curl, traceroute and iperf3 talk to it. Root, or user namespaces.",
    )
    tap.set_defaults(command=do_demo_tap)


def add_lab_commands(commands: Any) -> None:
    """What is done with topology files and programs beside running them."""
    shell = commands.add_parser(
        "shell",
        help="type commands on the hosts of a topology file",
        description="The first word is the host: h1 ping h2. Reads a terminal or a pipe; help says "
        "what else there is.",
    )
    shell.add_argument("file", help="a topology file")
    shell.set_defaults(command=do_shell)
    check = commands.add_parser("check", help="say what is wrong in a topology file")
    check.add_argument("file", help="a topology file, TOML or YAML")
    check.set_defaults(command=do_check)
    schema = commands.add_parser("schema", help="print the JSON Schema of topology files")
    schema.set_defaults(command=do_schema)
    twice = commands.add_parser(
        "check-determinism",
        help="run a program twice and say where the runs begin to differ",
        description="Run a program that makes labs several times, each with another hash seed; "
        "compare all that happens in them. Exit code 1 and the first difference if they differ.",
    )
    twice.add_argument("--runs", type=int, default=2, metavar="N", help="how many (2)")
    twice.add_argument("--both", action="store_true", help="once more on the interpreted form")
    twice.add_argument("program", help="the program; what follows are its own arguments")
    twice.add_argument("args", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    twice.set_defaults(command=do_check_determinism)


def do_demo(args: argparse.Namespace) -> int:
    """softnet demo"""
    demo = importlib.import_module("softnet.tools.demo")
    code: int = demo.run(args.seed, args.pcap, args.everywhere)
    return code


def do_demo_tap(args: argparse.Namespace) -> int:
    """softnet demo-tap"""
    try:
        demo_tap = importlib.import_module("softnet.tools.demo_tap")
    except ModuleNotFoundError:
        print("softnet: this installation has no demo-tap", file=sys.stderr)
        return FAILED
    code: int = demo_tap.main()
    return code


def do_run(args: argparse.Namespace) -> int:
    """softnet run PROGRAM: its labs read the options from the environment (lab/settings.py)."""
    if not is_file(args.program):
        return USAGE
    if args.profile and args.trace is None:
        args.trace = "-"
    names = ("seed", "until", "pcap", "trace", "profile", "faults")
    settings = {name: getattr(args, name) for name in names}
    settings["trace_json"] = "1" if args.json else None
    return run_program(args.program, args.args, settings)


def do_trace(words: Sequence[str]) -> int:
    """softnet trace [options] PROGRAM [FILTER] [-- ARGS]"""
    trace = importlib.import_module("softnet.lab.trace_main")
    code: int = trace.main(words)
    return code


def do_check(args: argparse.Namespace) -> int:
    """softnet check FILE"""

    def check(file: Any) -> int:
        print(file.check(args.file))
        return OK

    return with_file(check)


def do_schema(args: argparse.Namespace) -> int:
    """softnet schema"""

    def schema(file: Any) -> int:
        print(importlib.import_module("softnet.lab.schema").json_schema())
        return OK

    return with_file(schema)


def do_shell(args: argparse.Namespace) -> int:
    """softnet shell FILE"""

    def shell(file: Any) -> int:
        topology = file.load(args.file)
        with topology.lab() as lab:
            topology.build(lab)
            good: bool = importlib.import_module("softnet.lab.shell").run_shell(lab)
        return OK if good else FAILED

    return with_file(shell)


def do_check_determinism(args: argparse.Namespace) -> int:
    """softnet check-determinism PROGRAM"""
    if not Path(args.program).is_file():
        print(f"softnet: there is no file {args.program!r}", file=sys.stderr)
        return USAGE
    determinism = importlib.import_module("softnet.tools.determinism")
    code: int = determinism.main([args.program, *args.args], args.runs, args.both)
    return code


def do_socket(words: list[str]) -> int:
    """softnet run --socket [--silent] PROGRAM ARGS, or -m MODULE ARGS (usr/door)."""
    silent = words[0] == "--silent"
    words = words[silent:]
    if not words:
        print("softnet: run --socket needs a program", file=sys.stderr)
        return USAGE
    if words[0] == "-m" and len(words) < 2:
        print("softnet: run --socket -m needs a module", file=sys.stderr)
        return USAGE
    if words[0] != "-m" and not Path(words[0]).is_file():
        print(f"softnet: there is no file {words[0]!r}", file=sys.stderr)
        return USAGE
    stack = importlib.import_module("softnet.lab.door").DoorStack(silent=silent)
    code: int = importlib.import_module("softnet.usr.door.start").run(stack, words)
    return code


def do_packetdrill(words: Sequence[str]) -> int:
    """softnet packetdrill [options] script.pkt ..."""
    packetdrill = importlib.import_module("softnet.lab.packetdrill.main")
    code: int = packetdrill.main(words)
    return code


def do_plot(args: argparse.Namespace) -> int:
    """softnet plot"""
    plot = importlib.import_module("softnet.lab.plot_file")
    code: int = plot.main(args.file, args.output, args.flow, args.reverse)
    return code


def do_doctor(args: argparse.Namespace) -> int:
    """softnet doctor"""
    doctor = importlib.import_module("softnet.tools.doctor")
    code: int = doctor.main(as_json=args.json)
    return code
