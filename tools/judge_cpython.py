#!/usr/bin/env python3
"""CPython's own network tests, on the machine's kernel and on softnet, verdict by verdict.

    tools/judge_cpython.py                     every module below, in both places
    tools/judge_cpython.py test_socket ...     these
    tools/judge_cpython.py --python python3.12 another interpreter; it needs greenlet

The same tests of the same Python run twice; what differs is printed test by test. Differences that
docs/judges.md names are expected, and so is a test that is skipped for want of IPv6; for any
other the exit code is 1. A test that fails in one run of a place and not in the next is a flake: a
module with unnamed differences is run once more, and the second verdict counts and is marked.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "judges.md"
SECONDS = 900  # that a module has
KERNEL, SOFTNET = "kernel", "softnet"

SELECT = ("select", "poll", "epoll", "selectors")
PROTOCOLS = (
    "ftplib", "smtplib", "poplib", "imaplib", "httplib", "httpservers", "urllib2_localnet", "xmlrpc",
    "docxmlrpc", "socketserver", "asyncore", "asynchat", "telnetlib", "logging", "wsgiref",
)  # fmt: skip
MODULES = [f"test_{name}" for name in ("socket", *SELECT, "asyncio", "ssl", *PROTOCOLS)]

Verdicts = dict[str, str]  # test -> ok, FAIL, ERROR, HANG or "skip: why"


def main() -> int:
    """Judge; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--match", metavar="PATTERN", help="only the tests that fit it")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for each module")
    parser.add_argument("--verbose", action="store_true", help="print every difference at once")
    args = parser.parse_args()
    version = subprocess.run(
        [args.python, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    named = named_exceptions(PAGE.read_text() if PAGE.exists() else "")
    print(f"CPython {version}; exceptions named in docs/judges.md: {len(named)}\n")
    print(f"{'module':24} {'tests':>5} {'kernel':>16} {'softnet':>16} {'same':>5} {'IPv6':>5} "
          f"{'named':>5} {'other':>5}")  # fmt: skip
    unnamed = []
    for module in args.modules or [m for m in MODULES if has(args.python, m)]:
        unnamed += judge(module, args, named)
    print()
    for row in unnamed:
        print(row)
    print(f"{len(unnamed)} differences that docs/judges.md does not name")
    return 1 if unnamed else 0


def has(python: str, module: str) -> bool:
    """Does this Python have these tests? (asyncore went with 3.12)"""
    find = "import importlib.util, sys; sys.exit(not importlib.util.find_spec(sys.argv[1]))"
    return subprocess.run([python, "-c", find, f"test.{module}"], check=False).returncode == 0


def judge(module: str, args: argparse.Namespace, named: set[str]) -> list[str]:
    """Run one module in both places, print its row; its unnamed differences."""
    kernel = run(module, KERNEL, args)
    softnet = run(module, SOFTNET, args)
    flakes: Counter[str] = Counter()
    for place, verdicts in ((SOFTNET, softnet), (KERNEL, kernel)):
        if any(differ(kernel, softnet, named)):
            again = run(module, place, args)
            for test, verdict in again.items():
                if kind(verdicts.get(test, "")) != kind(verdict):
                    flakes[test] += 1
            verdicts.update(again)
    other = differ(kernel, softnet, named)
    tests = kernel.keys() | softnet.keys()
    same = [t for t in tests if kind(kernel.get(t, "-")) == kind(softnet.get(t, "-"))]
    ipv6 = [t for t in tests if t not in same and for_ipv6(softnet.get(t, ""))]
    known = [t for t in tests if t not in same and t not in ipv6 and is_named(t, named)]
    print(
        f"{module:24} {len(tests):5} {total(kernel):>16} {total(softnet):>16} {len(same):5} "
        f"{len(ipv6):5} {len(known):5} {len(other):5}",
        flush=True,
    )
    rows = [f"{t}: kernel {kernel.get(t, '-')}, softnet {softnet.get(t, '-')}" for t in other]
    for test in sorted(flakes):
        print(f"    flake: {test}")
    return rows


def run(module: str, place: str, args: argparse.Namespace) -> Verdicts:
    """The verdicts of a module in one place."""
    with tempfile.TemporaryDirectory(prefix="judge-") as folder:
        xml = Path(folder, "verdicts.xml")
        words = ["-m", "test", "-v", "-u", "network", "-i", "*VSOCK*", "--junit-xml", str(xml)]
        if args.match:
            words += ["-m", args.match]
        if place == SOFTNET:
            words = ["-m", "softnet", "run", "--socket", *words]
        path = os.environ.get("PYTHONPATH") or str(ROOT / "src")
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(absolute(path))}
        log = Path(folder, "log")
        with log.open("wb") as out:
            process = subprocess.Popen(
                [args.python, *words, module], stdout=out, stderr=subprocess.STDOUT,
                cwd=folder, env=env, start_new_session=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            began = time.monotonic()
            try:
                process.wait(args.seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        keep = os.environ.get("JUDGE_LOGS")
        if keep:
            Path(keep, f"{module}.{place}.txt").write_bytes(log.read_bytes())
        text = log.read_text(errors="replace")
        if xml.exists():
            return with_skipped(from_xml(xml.read_text()), text)
        return from_log(text, time.monotonic() - began >= args.seconds)


def absolute(path: str) -> list[str]:
    """The folders of a search path, as they are called from anywhere."""
    return [str(Path(part).resolve()) for part in path.split(os.pathsep)]


def from_xml(text: str) -> Verdicts:
    """What regrtest says at the end."""
    verdicts: Verdicts = {}
    for case in ET.fromstring(text).iter("testcase"):
        name = case.get("name", "?")
        children = {child.tag: child for child in case}
        verdict = "ok"
        if "error" in children:
            verdict = "ERROR"
        elif "failure" in children:
            verdict = "FAIL"
        elif "skipped" in children:
            verdict = f"skip: {(children['skipped'].text or '').strip()}"
        if kind(verdicts.get(name, "ok")) in ("ok", "skip"):  # of subtests, the worst counts
            verdicts[name] = verdict
    return verdicts


def with_skipped(verdicts: Verdicts, log: str) -> Verdicts:
    """From 3.12.1 on a test that its decorator skips is in the log alone."""
    said = from_log(log, False)
    skipped = {t: verdict for t, verdict in said.items() if kind(verdict) == "skip"}
    return skipped | verdicts


STARTED = re.compile(r"^(\w+) \(([\w.]+)\)")
SKIPPED = re.compile(r"""skipped (['"])(.*)\1$""")


def from_log(text: str, hung: bool) -> Verdicts:
    """What was said before the run ended early."""
    verdicts: Verdicts = {}
    name = ""
    for line in text.splitlines():
        found = STARTED.match(line)
        if found:
            name = found[2] if found[2].endswith("." + found[1]) else f"{found[2]}.{found[1]}"
            verdicts[name] = "HANG" if hung else "ERROR"
        for word in ("ok", "FAIL", "ERROR"):
            if name and (line == word or line.endswith(f"... {word}")):
                verdicts[name] = word
        skipped = SKIPPED.search(line)
        if name and skipped:
            verdicts[name] = f"skip: {skipped[2]}"
    return verdicts


def kind(verdict: str) -> str:
    """A verdict without its reason."""
    return verdict.partition(":")[0]


def total(verdicts: Verdicts) -> str:
    """How many passed, were skipped, failed."""
    kinds = Counter(map(kind, verdicts.values()))
    bad = sum(kinds.values()) - kinds["ok"] - kinds["skip"]
    return f"{kinds['ok']}+{kinds['skip']}s" + (f"+{bad}bad" if bad else "")


def for_ipv6(verdict: str) -> bool:
    """Was it skipped for want of IPv6?"""
    return verdict.startswith("skip:") and ("ipv6" in verdict.lower() or "AF_INET6" in verdict)


def is_named(test: str, named: set[str]) -> bool:
    """Does the page name it, with or without the module?"""
    short = ".".join(test.split(".")[-2:])
    return test in named or short in named


def differ(kernel: Verdicts, softnet: Verdicts, named: set[str]) -> list[str]:
    """The tests whose verdicts differ without a reason that is known."""
    return sorted(
        t
        for t in kernel.keys() | softnet.keys()
        if kind(kernel.get(t, "-")) != kind(softnet.get(t, "-"))
        and (kind(kernel.get(t, "-")), softnet.get(t)) != ("skip", "ok")  # softnet can do more
        and not for_ipv6(softnet.get(t, ""))
        and not is_named(t, named)
    )


def named_exceptions(page: str) -> set[str]:
    """The tests in the first column of the page's table of exceptions."""
    return set(re.findall(r"^\| `([\w.]+)` \|", page, re.M))


if __name__ == "__main__":
    sys.exit(main())
