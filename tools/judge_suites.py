#!/usr/bin/env python3
"""Test suites of other packages, on the machine's kernel and on softnet, verdict by verdict.

    tools/judge_suites.py FOLDER                    every suite that lies unpacked in FOLDER
    tools/judge_suites.py FOLDER anyio httpx        these
    tools/judge_suites.py FOLDER --python venv/bin/python    with what the suites need, and greenlet

FOLDER holds source distributions: pip download --no-binary :all: --no-deps anyio urllib3 httpx uvicorn.
Each suite runs first on the kernel: that is the baseline. What differs on softnet is printed test by
test; docs/judges.md names what is expected, without the parameters in brackets. What differs is run
once more in both places, as tools/judge_cpython.py does, whose sibling this is.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.judge_cpython import (
    KERNEL,
    PAGE,
    ROOT,
    SOFTNET,
    Verdicts,
    absolute,
    differ,
    for_ipv6,
    kind,
    named_exceptions,
    total,
)

SECONDS = 1500  # that a suite has
EACH = 60  # s that one test has
# Suite -> its folder of tests, and what else pytest is told.
SUITES: dict[str, tuple[str, ...]] = {
    "anyio": ("tests", "-m", "not network"),
    "httpx": ("tests", "-W", "ignore"),
    "urllib3": ("test", "-W", "ignore"),
    "uvicorn": ("tests", "-W", "ignore"),
}


def main() -> int:
    """Judge; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--match", metavar="EXPRESSION", help="only these tests: pytest -k")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for each suite")
    args = parser.parse_args()
    named = named_exceptions(PAGE.read_text())
    print(f"{'suite':16} {'tests':>5} {'kernel':>18} {'softnet':>18} {'same':>5} {'IPv6':>5} "
          f"{'named':>5} {'other':>5}")  # fmt: skip
    unnamed = []
    for suite in args.suites or SUITES:
        found = sorted(args.folder.glob(f"{suite}-*/"))
        if found:
            unnamed += judge(suite, found[-1], args, named)
        else:
            print(f"{suite:16} is not in {args.folder}")
    print()
    for row in unnamed:
        print(row)
    print(f"{len(unnamed)} differences that docs/judges.md does not name")
    return 1 if unnamed else 0


def judge(suite: str, folder: Path, args: argparse.Namespace, named: set[str]) -> list[str]:
    """Run one suite in both places, print its row; its unnamed differences."""
    words = list(SUITES[suite])
    if args.match:
        words += ["-k", args.match]
    kernel, softnet = (run(folder, words, place, args) for place in (KERNEL, SOFTNET))
    flakes = set()
    again = differing(kernel, softnet, named)
    if again:
        files = sorted({file_of(test, folder) for test in again} - {""})
        for place, verdicts in ((SOFTNET, softnet), (KERNEL, kernel)):
            for test, verdict in run(folder, [*words[1:], *files], place, args).items():
                if test in again and kind(verdicts.get(test, "")) != kind(verdict):
                    flakes.add(test)
                    verdicts[test] = verdict
    other = differing(kernel, softnet, named)
    tests = kernel.keys() | softnet.keys()
    same = [t for t in tests if kind(kernel.get(t, "-")) == kind(softnet.get(t, "-"))]
    ipv6 = [t for t in tests if t not in same and for_ipv6(softnet.get(t, ""))]
    print(
        f"{folder.name:16} {len(tests):5} {total(kernel):>18} {total(softnet):>18} {len(same):5} "
        f"{len(ipv6):5} {len(tests) - len(same) - len(ipv6) - len(other):5} {len(other):5}",
        flush=True,
    )
    for test in sorted(flakes):
        print(f"    flake: {test}")
    return [f"{t}: kernel {kernel.get(t, '-')}, softnet {softnet.get(t, '-')}" for t in other]


def differing(kernel: Verdicts, softnet: Verdicts, named: set[str]) -> list[str]:
    """differ(), where the page names tests without their parameters.

    What fails on the kernel and passes on softnet was a flake of the baseline, and is none of these.
    """
    rows = differ(kernel, softnet, named)
    return [t for t in rows if softnet.get(t) != "ok" and not is_named(t, named)]


def is_named(test: str, named: set[str]) -> bool:
    """Does the page name it, with its class or without?"""
    bare = test.partition("[")[0]
    return any(bare == name or bare.endswith("." + name) for name in named)


def run(folder: Path, words: list[str], place: str, args: argparse.Namespace) -> Verdicts:
    """The verdicts of a suite in one place."""
    with tempfile.TemporaryDirectory(prefix="judge-") as temporary:
        xml, log = Path(temporary, "verdicts.xml"), Path(temporary, "log")
        door = ["-m", "softnet", "run", "--socket", "--silent"] if place == SOFTNET else []
        command = [
            args.python, *door, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:softnet",
            f"--timeout={EACH}", "-o", "junit_logging=no", f"--junit-xml={xml}", *words,
        ]  # fmt: skip
        path = os.environ.get("PYTHONPATH") or str(ROOT / "src")
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(absolute(path))}
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, cwd=folder, env=env,
                start_new_session=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                process.wait(args.seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        keep = os.environ.get("JUDGE_LOGS")
        if keep:
            Path(keep, f"{folder.name}.{place}.txt").write_bytes(log.read_bytes())
        if xml.exists():
            return from_junit(xml.read_text())
        return from_lines(log.read_text(errors="replace"))


def from_junit(text: str) -> Verdicts:
    """What pytest says at the end."""
    verdicts: Verdicts = {}
    for case in ET.fromstring(text).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        verdict = "ok"
        for child in case:
            match child.tag:
                case "failure":
                    verdict = "FAIL"
                case "error":
                    verdict = "ERROR"
                case "skipped":
                    verdict = f"skip: {child.get('message')}"
        if kind(verdicts.get(name, "ok")) in ("ok", "skip"):  # an error of its end counts, too
            verdicts[name] = verdict
    return verdicts


SAID = {"PASSED": "ok", "FAILED": "FAIL", "ERROR": "ERROR", "XFAIL": "skip: xfail", "XPASS": "ok"}


def from_lines(text: str) -> Verdicts:
    """What was said before the run ended early; the test that it ended in hung."""
    verdicts: Verdicts = {}
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        if "::" not in name or ".py" not in name:
            continue
        file, *parts = name.split("::")
        test = ".".join([file.removesuffix(".py").replace("/", "."), *parts])
        word = rest.split()[0] if rest.split() else ""
        verdicts[test] = "skip: ?" if word == "SKIPPED" else SAID.get(word, "HANG")
    return verdicts


def file_of(test: str, folder: Path) -> str:
    """The file that a test with dots stands in, for pytest; "" if there is none."""
    parts = test.partition("[")[0].split(".")
    for n in range(len(parts), 0, -1):
        path = Path(*parts[:n]).with_suffix(".py")
        if (folder / path).is_file():
            return str(path)
    return ""


if __name__ == "__main__":
    sys.exit(main())
