"""Commands of scripts: the words a shell would run, mapped to what this host has.

    `sysctl -q net.ipv4.tcp_sack=0`        `ip route change 192.0.2.0/24 via 192.168.0.2 initcwnd 4`
    `tc qdisc add dev tun0 root pfifo`     `nstat TcpExtTCPLoss | grep -q ' 1 '`

A tunable that this kernel does not have is ignored, as scripts name many. Queueing disciplines are
accepted: nothing waits in the device's queue, so which one it is makes no difference. A command
that nobody knows fails.
"""

from __future__ import annotations

import difflib
import io
import re
import shlex
from collections.abc import Callable
from os import strerror
from pathlib import Path
from typing import TYPE_CHECKING

from softnet.lab.packetdrill.ip_command import run_ip
from softnet.lab.packetdrill.symbols import did_you_mean
from softnet.tools.commands import TOOLS
from softnet.tools.terminal import Terminal, run_tool

if TYPE_CHECKING:
    from softnet.lab.packetdrill.runner import Runner

ARITHMETIC = re.compile(r"\$\(\(([-+*/%() 0-9]+)\)\)")
VARIABLE = re.compile(r"\$\{?(PPID|PID|\$)\}?")
SILENCE = re.compile(r"[012]?>&[012]|&>\s*/dev/null|[012]?>>?\s*/dev/null|<\s*/dev/null")
REDIRECTION = re.compile(r"(?<![=<-])1?>>?\s*(\S+)")
QUIET = (
    "chmod", "export", "ip6tables", "iptables", "logger", "mkdir", "modprobe", "set",
    "sync", "tc", "ulimit",
)  # fmt: skip
DEFAULTS = ("defaults.sh", "defaults-linux.sh")
# What the defaults.sh of the well-known suites sets, for scripts that came without it: bigger buffers than
# the kernel's, and what their authors did not want to meet.
KNOWN_DEFAULTS = """
sysctl -q net.ipv4.tcp_rmem="4096 540000 15728640" net.ipv4.tcp_wmem="4096 262144 4194304"
sysctl -q net.ipv4.tcp_fack=0 net.ipv4.tcp_ecn=0 net.ipv4.tcp_slow_start_after_idle=0
sysctl -q net.ipv4.tcp_syn_retries=5 net.ipv4.tcp_synack_retries=5 net.ipv4.tcp_syncookies=1
"""
COMMENT_LINE = re.compile(r"^\s*#.*$", re.MULTILINE)
UNFINISHED = re.compile(r"(&&|\|)[ \t]*(?:#.*)?\n\s*")  # the command goes on in the next line
UNKNOWN = 127
PPID = "1"


class ShellError(Exception):
    """A command failed: which, and what it said."""


def run_command(run: Runner, text: str) -> None:
    """Run what stands between backquotes; ShellError if its last command fails."""
    code, output = run_lines(run, expand(text))
    if code:
        raise ShellError(f"the command ended with {code}: {output.strip() or text.strip()}")


def expand(text: str) -> str:
    """$((1024*1024)) and ${PPID}, as far as scripts use them."""

    def arithmetic(found: re.Match[str]) -> str:
        return str(int(eval(found[1].replace("/", "//"), {"__builtins__": {}})))

    text = ARITHMETIC.sub(arithmetic, text.replace("\\\n", " "))
    return VARIABLE.sub(PPID, text)


def run_lines(run: Runner, text: str) -> tuple[int, str]:
    """The commands of a text, one after another; the last one's exit code and output."""
    code, output = 0, ""
    for line in UNFINISHED.sub(r"\1 ", COMMENT_LINE.sub("", text)).split("\n"):
        for part, glue in chain(SILENCE.sub(" ", line)):
            if (glue == "&&" and code) or (glue == "||" and not code):
                continue
            code, output = run_pipeline(run, part)
    return code, output


def chain(line: str) -> list[tuple[str, str]]:
    """(command, what stands before it: ; && ||) of a line. Comments go."""
    parts: list[tuple[str, str]] = []
    words = shlex.shlex(line, posix=False, punctuation_chars=";|&")
    words.whitespace_split = True
    words.commenters = "#"
    current: list[str] = []
    glue = ";"
    for word in words:
        if word in (";", "&&", "||", "&"):
            if current:
                parts.append((" ".join(current), glue))
            current, glue = [], word
        else:
            current.append(word)
    if current:
        parts.append((" ".join(current), glue))
    return parts


def run_pipeline(run: Runner, line: str) -> tuple[int, str]:
    """a | b | c"""
    code, data = 0, ""
    for part in split_pipes(line):
        target = ""
        for found in REDIRECTION.finditer(part):
            target = found[1] or target
        words = shlex.split(REDIRECTION.sub(" ", part), comments=True)
        while words and re.fullmatch(r"[A-Za-z_]\w*=.*", words[0]):
            words = words[1:]
        if words[:1] == ["!"]:
            inner, data = run_words(run, words[1:], data)
            code = int(not inner)
        elif words:
            code, data = run_words(run, words, data)
        if target:
            run.files.contents[target] = data.encode()
            data = ""
    return code, data


def split_pipes(line: str) -> list[str]:
    """The commands of a pipeline."""
    words = shlex.shlex(line, posix=False, punctuation_chars="|")
    words.whitespace_split = True
    words.commenters = ""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(p) for p in parts]


def run_words(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """One command."""
    name = words[0].rsplit("/", 1)[-1]
    if name in ("sh", "bash") and len(words) > 2 and words[1] == "-c":
        return run_lines(run, words[2])
    if name in ("sudo", "timeout", "nice", "env", "python3", "python", "sh", "bash"):
        rest = [w for w in words[1:] if not re.fullmatch(r"[0-9.]+[smh]?", w)]
        return run_words(run, rest, data) if rest else (0, "")
    if name in DEFAULTS or name == "set_sysctls.py" or name.startswith("sysctl_restore"):
        return run_helper(run, name, words)
    if name in COMMANDS:
        return COMMANDS[name](run, words, data)
    if name in QUIET:
        return 0, ""
    if name in TOOLS:
        return run_on_host(run, [name, *words[1:]])
    known = [*COMMANDS, *QUIET, *TOOLS]
    return UNKNOWN, f"{words[0]}: command not found{did_you_mean(name, known)}"


def run_helper(run: Runner, name: str, words: list[str]) -> tuple[int, str]:
    """The helper scripts of well-known test suites: tunables to set, by a file or in words."""
    path = Path(run.script.path).parent / words[0]
    if name in DEFAULTS:
        text = path.read_text() if path.is_file() else KNOWN_DEFAULTS
        return 0, run_lines(run, expand(text))[1]
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if equals:
            set_sysctl(run, key.removeprefix("/proc/sys/").replace("/", "."), value)
    return 0, ""


TYPO = 0.95  # how like a name that exists one must be to be taken for a slip of the pen


def set_sysctl(run: Runner, name: str, value: str) -> None:
    """sysctl NAME=VALUE; what this kernel does not have is ignored, a bad value is an error."""
    try:
        run.host.sysctl(name.replace("/", "."), value.strip().strip("\"'"))
    except FileNotFoundError:
        message = f"sysctl {name}: this kernel has none; ignored"
        run.note(message)
        known = run.host.net.sysctl.names()
        if close := difflib.get_close_matches(name.replace("/", "."), known, 1, TYPO):
            where = f"{run.script.path}:{run.line}"
            run.warnings.append(f"{where}: {message}: did you mean {close[0]}?")
    except OSError as e:
        raise ShellError(f"sysctl {name}={value}: {strerror(e.errno or 0)}") from None


def sysctl(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """sysctl [-q] [-w] name=value …; sysctl name"""
    out = []
    args = [w for w in words[1:] if not w.startswith("-")]
    for i, word in enumerate(args):
        name, equals, value = word.partition("=")
        if not equals and i + 1 < len(args) and args[i + 1].startswith("="):
            value, equals = args[i + 1][1:] or (args[i + 2] if i + 2 < len(args) else ""), "="
        if equals:
            if name:
                set_sysctl(run, name, value)
            continue
        try:
            with run.host.running():
                out.append(f"{name} = {run.host.net.sysctl.read(name.replace('/', '.'))}")
        except OSError:
            return 255, f"sysctl: cannot stat /proc/sys/{name.replace('.', '/')}"
    return 0, "\n".join(out) + "\n"


def run_on_host(run: Runner, argv: list[str]) -> tuple[int, str]:
    """One of softnet's own tools, as a task of the host."""
    out = io.StringIO()
    terminal = Terminal(argv, run.host.name, out, NoNames())
    code = run.call_on_host(lambda: run_tool(TOOLS[argv[0]], terminal))
    assert isinstance(code, int)
    return code, out.getvalue()


class NoNames:
    """A host without a hosts table."""

    def resolve(self, name: str, asker: str) -> list[str]:
        """Nobody has a name."""
        return []

    def name_of(self, address: str, asker: str) -> str | None:
        """Nobody has a name."""
        return None


def ip(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """ip(8): what changes something here, what shows something in tools/ip."""
    code, output, show = run_ip(run.host, words[1:])
    return run_on_host(run, ["ip", *words[1:]]) if show else (code, output)


def cat(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """cat FILE…"""
    out = data if len(words) == 1 else ""
    for path in words[1:]:
        text = read(run, path)
        if text is None:
            return 1, f"cat: {path}: No such file or directory"
        out += text
    return 0, out


def read(run: Runner, path: str) -> str | None:
    """A file of /proc, or one of the script's."""
    if path in run.files.contents:
        return run.files.contents[path].decode("latin-1")
    code, text = run_on_host(run, ["cat", path])
    return text if code == 0 else None


def ethtool(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """ethtool -K DEVICE tso off gso off …: whether super-packets leave the host; all else is accepted."""
    if words[1:2] == ["-K"]:
        settings = dict(zip(words[3::2], words[4::2], strict=False))
        run.machine.offload({name: value == "on" for name, value in settings.items()})
    return 0, ""


def grep(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """grep [-qviEc] PATTERN [FILE…]"""
    options = "".join(w[1:] for w in words[1:] if w.startswith("-") and len(w) > 1)
    rest = [w for w in words[1:] if not w.startswith("-")]
    if not rest:
        return 2, "grep: no pattern"
    text = "".join(read(run, path) or "" for path in rest[1:]) if rest[1:] else data
    pattern = re.compile(rest[0], re.IGNORECASE if "i" in options else 0)
    rows = [r for r in text.splitlines() if bool(pattern.search(r)) != ("v" in options)]
    code = 0 if rows else 1
    if "q" in options:
        return code, ""
    return code, f"{len(rows)}\n" if "c" in options else "".join(f"{r}\n" for r in rows)


def nstat(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """nstat [-asz] [NAME…]: counters since boot, a line each: "TcpExtTCPMD5NotFound 1 0.0"."""
    wanted = [re.compile(w.replace("*", ".*")) for w in words[1:] if not w.startswith("-")]
    out = []
    for path in ("/proc/net/snmp", "/proc/net/netstat"):
        rows = [row.split() for row in (read(run, path) or "").splitlines()]
        for names, values in zip(rows[::2], rows[1::2], strict=True):
            for name, value in zip(names[1:], values[1:], strict=True):
                full = names[0][:-1] + name
                if not wanted or any(pattern.fullmatch(full) for pattern in wanted):
                    out.append(f"{full:<31} {value:<18} 0.0\n")
    return 0, "".join(out)


def sleep(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """sleep SECONDS, of virtual time"""
    run.advance(int(float(words[1]) * 1e9))
    return 0, ""


def echo(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """echo WORDS"""
    rest = words[1:]
    end = "\n"
    if rest[:1] == ["-n"]:
        rest, end = rest[1:], ""
    return 0, " ".join(rest) + end


def dd(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """dd if=/dev/zero of=FILE bs=N count=N"""
    args = dict(w.partition("=")[::2] for w in words[1:])
    size = int(args.get("bs", "512")) * int(args.get("count", "1"))
    run.files.contents[args.get("of", "")] = bytes(size)
    return 0, ""


def remove(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """rm [-f] FILE…"""
    for path in words[1:]:
        run.files.contents.pop(path, None)
    return 0, ""


def always(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """true, :, exit 0"""
    return (int(words[1]) if words[0] == "exit" and len(words) > 1 else 0), ""


def never(run: Runner, words: list[str], data: str) -> tuple[int, str]:
    """false"""
    return 1, ""


COMMANDS: dict[str, Callable[[Runner, list[str], str], tuple[int, str]]] = {
    ":": always,
    "cat": cat,
    "dd": dd,
    "echo": echo,
    "ethtool": ethtool,
    "egrep": grep,
    "exit": always,
    "false": never,
    "grep": grep,
    "ip": ip,
    "nstat": nstat,
    "rm": remove,
    "sleep": sleep,
    "sysctl": sysctl,
    "true": always,
}
